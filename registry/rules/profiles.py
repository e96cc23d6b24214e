"""Rule profiles: which law a registration follows, as versioned files under `profiles/`.

A file is never edited once a record names it: a change of law is a new file with a new number. The
working-day calendar that the clocks need has its own files; nothing here counts days.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from functools import cache
from types import MappingProxyType
from typing import Annotated, Generic, Literal, TypeVar

from pydantic import Field

from registry.errors import NotFound
from registry.hashes import keccak, to_hex
from registry.rules.tables import FOLDER, Origin, Table, Words, read


class Kind(IntEnum):
    """Kinds of registration, numbered as on chain (guide art. 32)."""

    INITIAL = 1
    TRANSFER = 2
    AMENDMENT = 3
    RENEWAL = 4
    CANCELLATION = 5
    CORRECTION = 6
    REVOCATION = 7


class Unit(StrEnum):
    """What a clock counts in; working days need the State Council's calendar."""

    SECOND = "SECOND"
    WORKING_DAY = "WORKING_DAY"
    CALENDAR_DAY = "CALENDAR_DAY"
    MONTH = "MONTH"
    YEAR = "YEAR"


class Clock(Table):
    """One statutory period.

    `starts` and `missed` are sentences; `stops` names what suspends the clock; `verified` says
    whether the article was read in the stored text of the guide.
    """

    article: str
    length: Annotated[int, Field(gt=0)]
    unit: Unit
    starts: str
    stops: tuple[Literal["SUPPLEMENT", "NOTICE", "OBJECTION"], ...]
    missed: str
    verified: bool


class Ground(Table):
    """A ground of refusal; `number` is what the act `Refuse` carries."""

    number: Annotated[int, Field(ge=1, le=255)]
    article: str
    text: Words


class Setting(Table):
    """A point on which the law may be read in more than one way, and the reading taken.

    `certainty` is the confidence of the reading, in percent.
    """

    value: bool | int | str | tuple[str, ...]
    reason: str
    source: str
    certainty: Annotated[int, Field(ge=0, le=100)]


class Advice(Table):
    """Lengths that annex 1 advises against exceeding (不宜超过), in characters, and our hard cap.

    Above the advice a form is warned about; above `cap_factor` times it, refused.
    """

    name: Annotated[int, Field(gt=0)]
    overview: Annotated[int, Field(gt=0)]
    cap_factor: Annotated[int, Field(gt=1)]
    source: str
    verified: bool


V = TypeVar("V")


class Sourced(Table, Generic[V]):
    """A value with its source; `verified` means read there, not merely believed or designed."""

    value: V
    source: str
    verified: bool


Seconds = Annotated[int, Field(ge=0, lt=2**32)]


class _Floors(Table):
    silence: Sourced[Seconds]
    notice: Sourced[Seconds]
    grace: Sourced[Seconds]
    longest_validity: Sourced[Seconds]


class _File(Table):
    number: Annotated[int, Field(ge=1, lt=2**16)]
    name: Annotated[str, Field(pattern=r"^[A-Z0-9_]+$")]
    version: Annotated[int, Field(ge=1)]
    title: Words
    law: Origin
    sandbox: bool
    code_prefix: Sourced[Annotated[str, Field(pattern=r"^[A-Z]{2}$")]]
    kinds: Sourced[tuple[Kind, ...]]
    floors: _Floors
    advice: Advice
    clocks: dict[str, Clock]
    refusal_grounds: tuple[Ground, ...]
    settings: dict[str, Setting]


@dataclass(frozen=True)
class Floors:
    """What the chain enforces of a profile, in calendar seconds.

    `silence`: from filing to the first moment of a deemed acceptance. `notice`: the shortest public
    notice. `grace`: from the notice's last second to attestation. `longest_validity`: from
    attestation to the last second of the rights; the exact day is `validity.last_second`.
    """

    silence: int
    notice: int
    grace: int
    longest_validity: int


@dataclass(frozen=True)
class Profile:
    """One version of one body of rules.

    `number` names it on chain; `sandbox` means that its parties and certificates are fictitious and
    must look it; `content` is the file in canonical form.
    """

    number: int
    name: str
    version: int
    title: Words
    law: Origin
    sandbox: bool
    code_prefix: str
    kinds: frozenset[Kind]
    floors: Floors
    advice: Advice
    clocks: Mapping[str, Clock]
    refusal_grounds: Mapping[int, Ground]
    settings: Mapping[str, Setting]
    content: bytes = field(repr=False)

    @property
    def kind_mask(self) -> int:
        """The kinds as the contract wants them: bit k is set when kind k is known."""
        return sum(1 << kind for kind in self.kinds)


def load(name: str) -> Profile:
    """The newest version of a profile. Raises: NotFound."""
    versions = [profile for profile in _all().values() if profile.name == name]
    if not versions:
        known = sorted({profile.name for profile in _all().values()})
        raise NotFound(f"no rule profile is called {name[:40]!r}; known are {', '.join(known)}")
    return max(versions, key=lambda profile: profile.version)


def load_by_number(number: int) -> Profile:
    """The profile that a record on chain names. Raises: NotFound."""
    try:
        return _all()[number]
    except KeyError:
        known = ", ".join(str(n) for n in sorted(_all()))
        raise NotFound(f"no rule profile has the number {number}; known are {known}") from None


def version_hash(profile: Profile) -> str:
    """The keccak-256 of the file's canonical content, as `0x` text: what the chain remembers."""
    return to_hex(keccak(profile.content))


@cache
def _all() -> Mapping[int, Profile]:
    found: dict[int, Profile] = {}
    for path in sorted((FOLDER / "profiles").glob("*.json")):
        file, content = read(path, _File)
        if file.number in found:
            raise ValueError(f"{path.name} and {found[file.number].name} share a number")
        found[file.number] = _profile(file, content)
    return MappingProxyType(found)


def _profile(file: _File, content: bytes) -> Profile:
    grounds = {ground.number: ground for ground in file.refusal_grounds}
    if len(grounds) != len(file.refusal_grounds):
        raise ValueError(f"{file.name}: a ground of refusal is numbered twice")
    return Profile(
        number=file.number,
        name=file.name,
        version=file.version,
        title=file.title,
        law=file.law,
        sandbox=file.sandbox,
        code_prefix=file.code_prefix.value,
        kinds=frozenset(file.kinds.value),
        floors=Floors(
            silence=file.floors.silence.value,
            notice=file.floors.notice.value,
            grace=file.floors.grace.value,
            longest_validity=file.floors.longest_validity.value,
        ),
        advice=file.advice,
        clocks=MappingProxyType(file.clocks),
        refusal_grounds=MappingProxyType(grounds),
        settings=MappingProxyType(file.settings),
        content=content,
    )
