"""The demonstration: a whole story on real data with fictitious parties, over HTTP like anyone else."""

from registry.demo.story import Story, run

__all__ = ["Story", "run"]
