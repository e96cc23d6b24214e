"""The life of a right: every change that an entry can undergo has an article behind it. The lives themselves
are told over HTTP, in `api/test_life.py`, and in the second story."""

from registry.rights.facts import CHANGES
from registry.timeline import ARTICLES


def test_every_change_of_an_entry_has_its_article() -> None:
    assert set(ARTICLES) == {change.event for change in CHANGES}
