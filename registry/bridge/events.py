"""What happened to registrations, as events in the form `registry.bridge/1`: final, ordered, without gaps.

Knows neither HTTP nor RPC. Derived from the facts, so that the same cursor is the same event for ever.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from heapq import merge
from itertools import islice
from typing import Annotated, Any, Final, Literal

from pydantic import Field
from sqlalchemy import ColumnElement, Connection, Integer, Select, bindparam, func, select, tuple_

from registry import notices
from registry.bridge.receipt import Hash, Part
from registry.bridge.told import TOLD
from registry.facts import Block, Fact
from registry.facts import Final as FinalBlock
from registry.notices import Notice
from registry.objections.facts import ObjectionFiled
from registry.registrations.facts import (
    ObjectionMade,
    ProfileEnacted,
    RegistrationAttested,
    RegistrationFiled,
    RegistrationPublished,
    SubjectNamed,
)
from registry.rights.facts import EntryChange
from registry.rules import profiles
from registry.rules.objections import State as ObjectionState
from registry.rules.profiles import Kind

FORM: Final = "registry.bridge/1"
Place = tuple[int, int]
Cursor = Annotated[str, Field(pattern=r"^[0-9]{1,15}-[0-9]{1,9}$")]
BEGINNING: Place = (-1, -1)


class Rules(Part):
    """The rule profile of a registration, for good."""

    number: int = Field(description="Its number on the chain.")
    name: str = Field(description="Such as CN_NDA_2026.")
    version: Hash = Field(description="The hash of the rule file that the chain enacted.")


class Proof(Part):
    """Where the fact stands, for whoever asks a node or a bundle."""

    chain_id: int
    contract: str = Field(description="The contract's name.")
    address: str = Field(description="Its address, checksummed.")
    block: int
    block_hash: Hash
    transaction: Hash = Field(description="Hash of the transaction.")
    log_index: int = Field(description="The log's place in the block.")
    ordinal: int = Field(
        description="The contract's count of facts with this one: what it said before and after."
    )
    digest: Hash = Field(
        description="The EIP-712 digest of the signed act that brought it about; of a filing the "
        "registration's id."
    )


class Event(Part):
    """One thing that happened to a registration."""

    form: Literal["registry.bridge/1"] = Field(description="Form and version.")
    cursor: Cursor = Field(description="Its place in the chain, block and log index: `12-3`.")
    previous: Cursor | None = Field(
        description="Cursor of the event before it, null for the first: who lacks that one has a gap."
    )
    event: str = Field(description="The fact's name, as the table of events has it.")
    time: int = Field(description="Unix seconds of the block.")
    registration: Hash = Field(description="The registration that it belongs to.")
    subject: Hash | None = Field(
        description="The attested registration that a later kind concerns (arts. 34 to 37)."
    )
    registrar: str = Field(description="Three digits: region two, registrar one.")
    kind: str = Field(description="Kind of the registration, such as INITIAL (art. 32).")
    profile: Rules
    state: str | None = Field(
        description="The state that the registration, or the objection, came to; null for rights."
    )
    code: str | None = Field(
        description="The certificate's code, once there is one; a later kind without one has that of "
        "its subject."
    )
    right: Hash | None = Field(description="The entry that was changed; null but for rights.")
    objection: str | None = Field(
        description="The objection's id; of one made to a notice the cursor of its making."
    )
    members: dict[str, int | str] = Field(
        description="Further members of the fact, by the table of events."
    )
    notice: dict[str, Any] | None = Field(
        description="What art. 24 publishes, with RegistrationPublished and RegistrationAttested. The one "
        "member that may be null later: an application that came to nothing, or was erased, is shown "
        "no more."
    )
    proof: Proof


@dataclass(frozen=True)
class _Said:
    """A row of a fact, with the registration that it belongs to."""

    fact: type[Fact]
    row: Any

    @property
    def place(self) -> Place:
        return self.row.block, self.row.position

    @property
    def cause(self) -> str:
        """What brought it about: an act, or the registration whose attestation did."""
        for name in ("act", "cause", "registration", "objection"):
            if name in self.row._fields:
                return str(getattr(self.row, name))
        raise AssertionError(self.fact)


def cursor_of(place: Place) -> str:
    return f"{place[0]}-{place[1]}"


def reach(connection: Connection) -> int:
    """The highest block whose events can be told for good; -1 for none.

    It is final, and what was published in it stands in our notices.
    """
    last = connection.execute(select(FinalBlock.number)).scalar()
    entered = select(func.coalesce(func.max(Notice.block), -1)).scalar_subquery()
    waiting = connection.execute(
        select(func.min(RegistrationPublished.block)).where(RegistrationPublished.block > entered)
    ).scalar()
    if last is None:
        return -1
    return last if waiting is None else min(last, waiting - 1)


def events(
    connection: Connection,
    *,
    chain_id: int,
    contracts: Mapping[str, str],
    after: Place = BEGINNING,
    limit: int = 200,
    registrar: int | None = None,
) -> list[Event]:
    """The first events after a place, in final blocks alone; none when all were told.

    Of one registrar's registrations, `previous` is the one before among its own.
    """
    known = {"registrar": registrar, "last": reach(connection), "limit": limit}
    known |= {"block": after[0], "position": after[1]}
    rows = (
        [_Said(fact, row) for row in connection.execute(_later(fact, registrar is None), known)]
        for fact in TOLD
    )
    said = list(islice(merge(*rows, key=lambda each: each.place), limit))
    if not said:
        return []
    about = _About.of(connection, said)
    previous = _before(connection, after, registrar)
    found = []
    for each in said:
        found.append(_event(connection, each, about, previous, chain_id, contracts))
        previous = each.place
    return found


def _event(
    connection: Connection,
    said: _Said,
    about: "_About",
    previous: Place | None,
    chain_id: int,
    contracts: Mapping[str, str],
) -> Event:
    fact, row = said.fact, said.row
    filed = about.filed[row.home]
    is_shown = fact in (RegistrationPublished, RegistrationAttested)
    return Event(
        form=FORM,
        cursor=cursor_of(said.place),
        previous=None if previous is None else cursor_of(previous),
        event=fact.event,
        time=about.blocks[row.block].time,
        registration=row.home,
        subject=about.subjects.get(row.home),
        registrar=f"{filed.registrar:03d}",
        kind=Kind(filed.kind).name,
        profile=about.rules[filed.profile],
        state=_state(said),
        code=about.code(row.home, said.place),
        right=getattr(row, "right", None),
        objection=about.objection(said),
        members={name: getattr(row, name) for name in TOLD[fact]},
        notice=notices.notice(connection, row.home) if is_shown else None,
        proof=Proof(
            chain_id=chain_id,
            contract=row.contract,
            address=contracts[row.contract],
            block=row.block,
            block_hash=about.blocks[row.block].hash,
            transaction=row.transaction,
            log_index=row.position,
            ordinal=row.ordinal,
            digest=about.digests.get((said.cause, row.transaction), said.cause),
        ),
    )


def _state(said: _Said) -> str | None:
    if "reached" in said.row._fields:
        return ObjectionState(said.row.reached).name
    if said.fact is ObjectionFiled:
        return ObjectionState.FILED.name
    state = vars(said.fact).get("state")
    return None if state is None else str(state.name)


@dataclass(frozen=True)
class _About:
    """What the events of a page are about, asked for once."""

    filed: dict[str, Any]
    subjects: dict[str, str]
    codes: dict[str, tuple[Place, str]]
    blocks: dict[int, Any]
    rules: dict[int, Rules]
    digests: dict[tuple[str, str], str]
    objections: dict[tuple[str, str, int], Place]

    @staticmethod
    def of(connection: Connection, said: list[_Said]) -> "_About":
        homes = {each.row.home for each in said}
        subjects = _subjects(connection, homes)
        filed = {each.registration: each for each in _filed(connection, homes)}
        numbers = {each.row.block for each in said}
        blocks = connection.execute(select(Block.__table__).where(Block.number.in_(numbers)))
        attested = RegistrationAttested
        causes = {each.cause for each in said}
        digests = connection.execute(
            select(attested.registration, attested.transaction, attested.act).where(
                attested.registration.in_(causes)
            )
        )
        return _About(
            filed=filed,
            subjects=subjects,
            codes=_codes(connection, homes | set(subjects.values())),
            blocks={each.number: each for each in blocks},
            rules=_rules(connection, {each.profile for each in filed.values()}),
            digests={(id, transaction): act for id, transaction, act in digests},
            objections=_objections(connection, homes),
        )

    def code(self, registration: str, at: Place) -> str | None:
        given = self.codes.get(registration)
        if given is not None and given[0] <= at:
            return given[1]
        subject = self.subjects.get(registration)
        return None if subject is None else self.code(subject, at)

    def objection(self, said: _Said) -> str | None:
        if "serial" in said.row._fields and "objector" in said.row._fields:
            made = self.objections[said.row.home, said.row.objector, said.row.serial]
            return cursor_of(made)
        return getattr(said.row, "objection", None)


def _filed(connection: Connection, ids: Iterable[str]) -> list[Any]:
    table = RegistrationFiled.__table__
    return list(connection.execute(select(table).where(table.c.registration.in_(ids))))


def _subjects(connection: Connection, ids: Iterable[str]) -> dict[str, str]:
    """What they concern, what that concerns, and so on."""
    found: dict[str, str] = {}
    wanted = set(ids)
    while wanted:
        rows = connection.execute(
            select(SubjectNamed.registration, SubjectNamed.subject).where(
                SubjectNamed.registration.in_(wanted)
            )
        )
        new = {id: subject for id, subject in rows}
        found |= new
        wanted = set(new.values()) - found.keys()
    return found


def _codes(connection: Connection, ids: Iterable[str]) -> dict[str, tuple[Place, str]]:
    table = RegistrationAttested.__table__
    rows = connection.execute(
        select(table).where(table.c.registration.in_(ids), table.c.code != "")
    )
    return {row.registration: ((row.block, row.position), row.code) for row in rows}


def _rules(connection: Connection, numbers: Iterable[int]) -> dict[int, Rules]:
    rows = connection.execute(
        select(ProfileEnacted.profile, ProfileEnacted.version).where(
            ProfileEnacted.profile.in_(numbers)
        )
    )
    return {
        number: Rules(number=number, name=profiles.load_by_number(number).name, version=version)
        for number, version in rows
    }


def _objections(connection: Connection, ids: Iterable[str]) -> dict[tuple[str, str, int], Place]:
    table = ObjectionMade.__table__
    rows = connection.execute(select(table).where(table.c.registration.in_(ids)))
    return {(row.registration, row.objector, row.serial): (row.block, row.position) for row in rows}


def _before(connection: Connection, place: Place, registrar: int | None) -> Place | None:
    """The last event at or before a place."""
    known = {"registrar": registrar, "block": place[0], "position": place[1]}
    found = (connection.execute(_earlier(fact, registrar is None), known).first() for fact in TOLD)
    return max(((row.block, row.position) for row in found if row is not None), default=None)


# Built once: to build a statement takes longer than to run it.
@cache
def _later(fact: type[Fact], of_all: bool) -> Select[Any]:
    columns = fact.__table__.c
    place = tuple_(columns.block, columns.position)
    question = (
        select(fact.__table__, _home(fact).label("home"))
        .where(place > _bound_place(), columns.block <= bindparam("last"))
        .order_by(columns.block, columns.position)
        .limit(bindparam("limit", type_=Integer))
    )
    return question if of_all else question.where(_is_of_registrar(fact))


@cache
def _earlier(fact: type[Fact], of_all: bool) -> Select[Any]:
    columns = fact.__table__.c
    question = (
        select(columns.block, columns.position)
        .where(tuple_(columns.block, columns.position) <= _bound_place())
        .order_by(columns.block.desc(), columns.position.desc())
        .limit(1)
    )
    return question if of_all else question.where(_is_of_registrar(fact))


def _bound_place() -> Any:
    return tuple_(bindparam("block", type_=Integer), bindparam("position", type_=Integer))


def _is_of_registrar(fact: type[Fact]) -> ColumnElement[bool]:
    own = select(RegistrationFiled.registration).where(
        RegistrationFiled.registrar == bindparam("registrar")
    )
    return _home(fact).in_(own)


def _home(fact: type[Fact]) -> ColumnElement[str]:
    """The registration that a fact belongs to: of a right that which bore it, not that which changes it."""
    columns = fact.__table__.c
    if "right" in columns:
        return (
            select(EntryChange.registration)
            .where(EntryChange.right == columns.right, EntryChange.registration.is_not(None))
            .limit(1)
            .correlate(fact.__table__)
            .scalar_subquery()
        )
    if "objection" in columns and fact is not ObjectionFiled:
        return (
            select(ObjectionFiled.registration)
            .where(ObjectionFiled.objection == columns.objection)
            .correlate(fact.__table__)
            .scalar_subquery()
        )
    return columns.registration
