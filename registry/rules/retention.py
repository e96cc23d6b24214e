"""How long the papers of a filing are kept, and what may be erased before (guide art. 10(2)).

The guide says twenty years; from when, and of which papers, are settings of the profile. Knows
neither the database nor the documents.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from registry.rules import Allowed, NeedInfo, Refused, prior
from registry.rules.profiles import PaperGround, Profile, Unit
from registry.rules.settled import word
from registry.rules.terms import Term, term
from registry.rules.validity import BEIJING


class Ending(StrEnum):
    """What became of a filing, as far as keeping its papers goes; OPEN while the procedure lasts."""

    OPEN = "OPEN"
    ATTESTED = "ATTESTED"
    REFUSED = "REFUSED"
    TERMINATED = "TERMINATED"
    WITHDRAWN = "WITHDRAWN"
    LAPSED = "LAPSED"


@dataclass(frozen=True, slots=True)
class Life:
    """What the clock counts from; moments are aware.

    `ended` is the end of the entry's life or, of a filing that was not attested, of its procedure:
    None while it goes on, in the future where it is known. `awaits` says then what it goes on for.
    `prior` names the rules of former law under which the data were registered before (guide art. 41).
    """

    ending: Ending
    filed: datetime
    attested: datetime | None = None
    ended: datetime | None = None
    awaits: str = ""
    prior: str | None = None


@dataclass(frozen=True, slots=True)
class Keeping:
    """From when the clock runs and how long; both None while it cannot begin, `why` saying for what.

    Papers may be erased after `until`, its last second, and not at it. `basis` cites what says so.
    """

    since: datetime | None
    until: datetime | None
    years: int
    basis: str
    why: str


_START_OF: Final[Mapping[str, str]] = MappingProxyType(
    {
        "END_OF_ENTRY": "from the end of the entry's life",
        "ATTESTATION": "from attestation",
        "FILING": "from filing",
    }
)


def keeping(life: Life, *, profile: Profile) -> Keeping | NeedInfo:
    """How long the papers of a filing are kept. NeedInfo where the calendar of a year is missing."""
    clock, years, basis = profile.clocks["retention"], *_years(life, profile)
    if clock.unit is not Unit.YEAR:
        raise ValueError(f"{profile.name}: retention is counted in {clock.unit}, expected years")
    if life.ending is Ending.OPEN:
        return Keeping(None, None, years, basis, "the procedure is open")
    begun, why = _begun(life, profile)
    if begun is None:
        return Keeping(None, None, years, basis, life.awaits or "the entry stands")
    counted = replace(
        profile,
        clocks=profile.clocks | {"retention": clock.model_copy(update={"length": years})},  # type: ignore[operator]
    )
    found = term("retention", begun, profile=counted)
    return (
        Keeping(begun, found.due, years, basis, f"{years} years {why}")
        if isinstance(found, Term)
        else found
    )


def erasable(
    life: Life, *, at: datetime, profile: Profile, ground: str | None = None
) -> Allowed | Refused | NeedInfo:
    """Whether the papers of a filing may be erased at a moment: when their time is over, or on a ground.

    Never while the procedure is open. `ground` is a name among the profile's `erasure_grounds`.
    """
    kept = keeping(life, profile=profile)
    if isinstance(kept, NeedInfo):
        return kept
    if life.ending is Ending.OPEN:
        return Refused("the procedure is open: its papers are still needed", kept.basis)
    if kept.until is not None and at > kept.until:
        return Allowed(kept.basis)
    if ground is not None:
        found = erasure_ground(ground, profile=profile)
        if isinstance(found, Refused):
            return found
        if life.ending.value in found.reaches:
            return Allowed(found.article)
        return Refused(f"{found.name} does not reach what is {life.ending}", found.article)
    if kept.until is None:
        return Refused(f"its papers are kept {kept.years} years: {kept.why}", kept.basis)
    day = kept.until.astimezone(BEIJING).date()
    return Refused(f"its papers are kept until {day}, {kept.why}", kept.basis)


def erasure_ground(name: str, *, profile: Profile) -> PaperGround | Refused:
    """The ground of this name; Refused naming those that there are."""
    grounds = {each.name: each for each in profile.erasure_grounds.values()}
    if name in grounds:
        return grounds[name]
    return Refused(f"no ground {name[:40]!r}; there are {', '.join(grounds)}", profile.name)


def _begun(life: Life, profile: Profile) -> tuple[datetime | None, str]:
    if life.ending is not Ending.ATTESTED:
        return life.ended, "from the end of the procedure"
    starts = word(profile, "retention_starts")
    begun = {"END_OF_ENTRY": life.ended, "ATTESTATION": life.attested, "FILING": life.filed}
    return begun[starts], _START_OF[starts]


def _years(life: Life, profile: Profile) -> tuple[int, str]:
    clock = profile.clocks["retention"]
    years, basis = clock.length, clock.article
    if life.ending not in (Ending.ATTESTED, Ending.OPEN):
        setting = profile.settings["unattested_kept_years"]
        years, basis = int(str(setting.value)), setting.source
    if life.prior is None:
        return years, basis
    rules = prior.load(life.prior)
    if rules.settings["files_kept_for"].value != "LONGER_OF_BOTH":
        return years, basis
    former = rules.kept_years.value
    return (former, f"{basis}; {rules.name}, {former} years") if former > years else (years, basis)
