"""Law as pure functions over versioned tables; every answer is one of three, never a bare boolean.

Knows neither the database nor the chain. What is arguable or unverified is data in the files
beside this one, with its source.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Allowed:
    """The rule permits it; `basis` cites the article, `conditions` what must be shown for it."""

    basis: str
    conditions: tuple[str, ...] = ()


@dataclass(frozen=True)
class Refused:
    """The rule forbids it; `why` is a sentence for the applicant, `basis` cites the article."""

    why: str
    basis: str


@dataclass(frozen=True)
class NeedInfo:
    """The rule cannot be applied until `what` is known; never a silent default."""

    what: tuple[str, ...]
    basis: str


Answer = Allowed | Refused | NeedInfo
