"""Rule profiles: which law a registration follows, as versioned files under `profiles/`.

A file is never edited once a record names it: a change of law is a new file with a new number, and
so is a change of a table that it names. The working-day calendar that the clocks need has its own
files; nothing here counts days. Rules of former law, under which nothing is filed, are `prior`.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import IntEnum, StrEnum
from functools import cache, cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Final, Generic, Literal, TypeVar

from pydantic import BaseModel, Field

from registry.errors import NotAllowed, NotFound
from registry.hashes import canonical, keccak, to_hex
from registry.rules.rights import NO_RIGHT, Right
from registry.rules.tables import FOLDER, Edition, Origin, Table, Words, edition, read

# The law that governs where a question names none. What a local demo enacts is another matter: its
# clocks are seconds, and nothing registered under it has any effect.
DEFAULT: Final = "CN_NDA_2026"
DEMO: Final = "SANDBOX"


class Kind(IntEnum):
    """Kinds of registration, numbered as on chain (guide art. 32).

    CORRECTION and REVOCATION are known to public data alone (发改数据规〔2025〕26号 arts. 9(3), 20).
    """

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
    whether the article was read in the stored text of the law.
    """

    article: str
    length: Annotated[int, Field(gt=0)]
    unit: Unit
    starts: str
    stops: tuple[Literal["SUPPLEMENT", "NOTICE", "OBJECTION"], ...]
    missed: str
    verified: bool


class Ground(Table):
    """A ground of refusal, cancellation or revocation; acts carry its `number`.

    `verified` means that the words are the article's, not ours.
    """

    number: Annotated[int, Field(ge=1, le=255)]
    article: str
    text: Words
    verified: bool


class RemarkKind(Ground):
    """What a remark (备注) records; `name` is its code word."""

    name: Annotated[str, Field(pattern=r"^[A-Z_]+$")]


class PaperGround(RemarkKind):
    """Why papers that are not public may be read, or erased before their time.

    `reaches` names the matters that it opens, or what became of the filings whose papers may go.
    """

    reaches: tuple[str, ...]
    reason: str
    certainty: Annotated[int, Field(ge=0, le=100)]


G = TypeVar("G", bound=Ground)


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


class InForce(Table):
    """The days on which the law is in force, both included; `last` is None while none is set."""

    first: date
    last: date | None
    source: str
    verified: bool


Seconds = Annotated[int, Field(ge=0, lt=2**32)]


class _Floors(Table):
    silence: Sourced[Seconds]
    notice: Sourced[Seconds]
    grace: Sourced[Seconds]
    longest_validity: Sourced[Seconds]
    renewal_window: Sourced[Seconds]


class Header(BaseModel):
    """What every file has, of whatever shape the rest is."""

    number: Annotated[int, Field(ge=1, lt=2**16)]
    name: Annotated[str, Field(pattern=r"^[A-Z0-9_]+$")]
    serves: Literal["FILING", "IMPORT"]


_TableName = Annotated[str, Field(pattern=r"^[a-z_]+/[a-z0-9_.]+$")]


class _File(Table):
    serves: Literal["FILING"]
    number: Annotated[int, Field(ge=1, lt=2**16)]
    name: Annotated[str, Field(pattern=r"^[A-Z0-9_]+$")]
    version: Annotated[int, Field(ge=1)]
    title: Words
    law: Origin
    sandbox: bool
    code_prefix: Sourced[Annotated[str, Field(pattern=r"^[A-Z]{2}$")]]
    in_force: InForce | None
    kinds: Sourced[Annotated[tuple[Kind, ...], Field(min_length=1)]]
    tables: dict[str, _TableName]
    floors: _Floors
    advice: Advice
    clocks: dict[str, Clock]
    refusal_grounds: tuple[Ground, ...]
    cancellation_grounds: tuple[Ground, ...]
    revocation_grounds: tuple[Ground, ...]
    remark_kinds: tuple[RemarkKind, ...]
    erasure_grounds: tuple[PaperGround, ...]
    reading_grounds: tuple[PaperGround, ...]
    settings: dict[str, Setting]


@dataclass(frozen=True)
class Floors:
    """What the chain enforces of a profile, in calendar seconds.

    `silence`: from filing to the first moment of a deemed acceptance; the greatest number where
    silence accepts nothing. `notice`: the shortest public notice. `grace`: from the notice's last
    second to attestation. `longest_validity`: from attestation to the last second of the rights;
    the exact day is `validity.last_second`. `renewal_window`: the longest time before that second
    at which a renewal can be filed; the exact days are `validity.renewal_window`.
    """

    silence: int
    notice: int
    grace: int
    longest_validity: int
    renewal_window: int


@dataclass(frozen=True)
class Profile:
    """One version of one body of rules.

    `number` names it on chain; `sandbox` means that its parties and certificates are fictitious and
    must look it; grounds and kinds of remarks go by their numbers; `tables` are the editions that
    judge a filing under it; `content` is the file in canonical form.
    """

    number: int
    name: str
    version: int
    title: Words
    law: Origin
    sandbox: bool
    code_prefix: str
    in_force: InForce | None
    kinds: frozenset[Kind]
    tables: Mapping[str, Edition]
    floors: Floors
    advice: Advice
    clocks: Mapping[str, Clock]
    refusal_grounds: Mapping[int, Ground]
    cancellation_grounds: Mapping[int, Ground]
    revocation_grounds: Mapping[int, Ground]
    remark_kinds: Mapping[int, RemarkKind]
    erasure_grounds: Mapping[int, PaperGround]
    reading_grounds: Mapping[int, PaperGround]
    settings: Mapping[str, Setting]
    content: bytes = field(repr=False)

    @property
    def kind_mask(self) -> int:
        """The kinds as the contract wants them: bit k is set when kind k is known."""
        return _mask(self.kinds)

    @property
    def noticed_mask(self) -> int:
        """Bit k is set when kind k passes through the public notice."""
        return _mask(self._kinds_of("notice_by_kind"))

    @property
    def coded_mask(self) -> int:
        """Bit k is set when an attestation of kind k is given a certificate code of its own."""
        return _mask(self._kinds_of("code_by_kind"))

    @property
    def bears(self) -> Right:
        """The rights that an attestation can bear."""
        return Right(sum({Right[word] for word in _words(self.settings["bears"])}))

    @property
    def bears_mask(self) -> int:
        """The same as the contract wants it: the sum of HOLD 1, USE 2 and OPERATE 4."""
        return int(self.bears)

    @cached_property
    def _version(self) -> str:
        """`version_hash`, computed once."""
        content = {
            "profile": json.loads(self.content),
            "tables": {name: each.hash for name, each in self.tables.items()},
        }
        return to_hex(keccak(canonical(content)))

    def table(self, name: str) -> Edition:
        """The edition of a table that judges under this profile. Raises: NotAllowed for none."""
        try:
            return self.tables[name]
        except KeyError:
            raise NotAllowed(f"{self.name} has no rules called {name!r}") from None

    def _kinds_of(self, setting: str) -> frozenset[Kind]:
        return frozenset(Kind[word] for word in _words(self.settings[setting]))


@dataclass(frozen=True)
class Rulebook:
    """All profiles of one folder by number, and the names of the prior rules among them."""

    profiles: Mapping[int, Profile]
    prior: Mapping[int, str]

    def load(self, name: str) -> Profile:
        """The newest version of a profile. Raises: NotFound; NotAllowed for rules of former law."""
        self._refuse_prior(name)
        versions = [profile for profile in self.profiles.values() if profile.name == name]
        if not versions:
            known = sorted({profile.name for profile in self.profiles.values()})
            raise NotFound(f"no rule profile is called {name[:40]!r}; known are {', '.join(known)}")
        return max(versions, key=lambda profile: profile.version)

    def load_by_number(self, number: int) -> Profile:
        """The profile that a record names. Raises: NotFound; NotAllowed for rules of former law."""
        found = self.profiles.get(number)
        if found is None:
            self._refuse_prior(self.prior.get(number))
            known = ", ".join(str(n) for n in sorted(self.profiles))
            raise NotFound(f"no rule profile has the number {number}; known are {known}")
        return found

    def _refuse_prior(self, name: str | None) -> None:
        if name in self.prior.values():
            raise NotAllowed(
                f"nothing is filed under {name}: its certificates are imported (guide art. 41)"
            )


def load(name: str = DEFAULT) -> Profile:
    """The newest version of a profile; of the law in force unless named.

    Raises: NotFound; NotAllowed for rules of former law.
    """
    return _ours().load(name)


def load_by_number(number: int) -> Profile:
    """The profile that a record names. Raises: NotFound; NotAllowed for rules of former law."""
    return _ours().load_by_number(number)


def version_hash(profile: Profile) -> str:
    """What the chain remembers of a profile, as `0x` text: the keccak-256 of file and tables.

    It is that of the canonical JSON (RFC 8785) of `{"profile": the file's content, "tables": {name:
    hash of the edition's canonical content}}`.
    """
    return profile._version


def rulebook(folder: Path) -> Rulebook:
    """All files of `folder/profiles`, with the tables that they name, which lie in `folder`.

    Raises: pydantic.ValidationError, ValueError or OSError when a file is not what it must be.
    """
    profiles: dict[int, Profile] = {}
    prior: dict[int, str] = {}
    for path in sorted((folder / "profiles").glob("*.json")):
        header = Header.model_validate_json(path.read_bytes())
        if header.number in profiles.keys() | prior.keys():
            raise ValueError(f"{path.name} has the number {header.number} of another file")
        if header.serves == "IMPORT":
            prior[header.number] = header.name
        else:
            profiles[header.number] = _profile(path, folder)
    return Rulebook(MappingProxyType(profiles), MappingProxyType(prior))


@cache
def _ours() -> Rulebook:
    return rulebook(FOLDER)


def _profile(path: Path, folder: Path) -> Profile:
    file, content = read(path, _File)
    profile = Profile(
        number=file.number,
        name=file.name,
        version=file.version,
        title=file.title,
        law=file.law,
        sandbox=file.sandbox,
        code_prefix=file.code_prefix.value,
        in_force=file.in_force,
        kinds=frozenset(file.kinds.value),
        tables=MappingProxyType({each: edition(at, folder) for each, at in file.tables.items()}),
        floors=Floors(
            silence=file.floors.silence.value,
            notice=file.floors.notice.value,
            grace=file.floors.grace.value,
            longest_validity=file.floors.longest_validity.value,
            renewal_window=file.floors.renewal_window.value,
        ),
        advice=file.advice,
        clocks=MappingProxyType(file.clocks),
        refusal_grounds=_by_number(path, file.refusal_grounds),
        cancellation_grounds=_by_number(path, file.cancellation_grounds),
        revocation_grounds=_by_number(path, file.revocation_grounds),
        remark_kinds=_by_number(path, file.remark_kinds),
        erasure_grounds=_by_number(path, file.erasure_grounds),
        reading_grounds=_by_number(path, file.reading_grounds),
        settings=MappingProxyType(file.settings),
        content=content,
    )
    if (profile.noticed_mask | profile.coded_mask) & ~profile.kind_mask:
        raise ValueError(f"{path.name}: a kind is noticed or coded that the profile does not know")
    if profile.bears == NO_RIGHT:
        raise ValueError(f"{path.name}: an attestation must bear some right")
    return profile


def _by_number(path: Path, grounds: tuple[G, ...]) -> Mapping[int, G]:
    found = {ground.number: ground for ground in grounds}
    if len(found) != len(grounds):
        raise ValueError(f"{path.name}: a ground is numbered twice")
    return MappingProxyType(found)


def _words(setting: Setting) -> tuple[str, ...]:
    if not isinstance(setting.value, tuple):
        raise ValueError(f"got {setting.value!r}, expected a list of words")
    return setting.value


def _mask(kinds: Iterable[Kind]) -> int:
    return sum(1 << kind for kind in kinds)
