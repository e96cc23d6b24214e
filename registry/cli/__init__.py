"""The command `registry`: data on stdout, everything else on stderr, `--json` everywhere.

Exit codes: 0 done, 1 another fault, 2 wrong usage, 3 not found, 5 conflict, 6 not settled in time,
7 a verification or an audit found a mismatch.
"""

from registry.cli.app import main

__all__ = ["main"]
