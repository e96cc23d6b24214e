"""Questions about rights, answered from the facts. Knows neither HTTP nor RPC.

`at` is always a block number, the last whose facts count; None for all that was read.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection, bindparam, select, tuple_

from registry.errors import NotFound
from registry.facts import ActSigned, Block
from registry.hashes import from_hex, keccak, to_hex
from registry.registrations import questions as registrations
from registry.registrations.questions import up_to
from registry.rights.facts import (
    EntryChange,
    RemarkCarried,
    RemarkLifted,
    RenewalAnnounced,
    RightAttested,
    RightCancelled,
    RightExecuted,
    RightGiven,
    RightReceived,
    RightRemarked,
    RightRenewed,
)
from registry.rules.rights import NO_RIGHT, Right
from registry.rules.states import PENDING, State

_BIRTH = {RightAttested.event, RightReceived.event}
_TAKEN = {RightGiven.event, RightCancelled.event, RightExecuted.event}
# Where a pending renewal keeps rights alive until it is decided, whenever that is.
UNTIL_DECIDED = 2**40


@dataclass(frozen=True)
class Entry:
    """What one party holds from one registration.

    `ends` has the last second at which each right held stands. `renewal` is the registration that was
    last filed to renew the rights `renewing`; while it is pending they do not lapse (guide art. 36),
    which is until `renewal_until`, and zero once it was decided.
    """

    id: str
    registration: str
    holder: str
    since: int
    ends: Mapping[Right, int]
    step: int
    block: int
    renewal: str | None = None
    renewing: Right = NO_RIGHT
    renewal_until: int = 0

    @property
    def rights(self) -> Right:
        """Those held, whether their time is over or not."""
        held = NO_RIGHT
        for right in self.ends:
            held |= right
        return held

    @property
    def expiry(self) -> int | None:
        """The last second of the right that stands longest; None when none is left."""
        return max(self.ends.values(), default=None)

    def standing(self, moment: int) -> Right:
        """The rights that stand at a moment in Unix seconds; none before the entry began."""
        found = NO_RIGHT
        for right, end in self.ends.items():
            if end >= moment or (right in self.renewing and moment <= self.renewal_until):
                found |= right
        return found if moment >= self.since else NO_RIGHT


@dataclass(frozen=True)
class Change:
    """One change of an entry. `cause` is a registration or an act; `signer` of the act, when it is one."""

    right: str
    step: int
    event: str
    cause: str
    rights: Right
    expiry: int | None
    signer: str | None
    block: int
    position: int
    time: int


@dataclass(frozen=True)
class Remark:
    """A remark on an entry. `acts` is a mask of `Exercise`; `lifted` the block of its lifting.

    `origin` is the entry on which it was made, before any transfer carried it here.
    """

    right: str
    origin: str
    serial: int
    kind: int
    instrument: str
    rights: Right
    acts: int
    until: int
    act: str
    block: int
    lifted: int | None
    lifting: str | None

    def bars(self, rights: Right, act: int, moment: int) -> bool:
        """Whether it bars an act on any of the rights at a moment in Unix seconds."""
        is_running = self.lifted is None and moment <= self.until
        return is_running and bool(self.rights & rights) and bool(self.acts & act)


def id_of(registration: str, holder: str) -> str:
    """The id of the entry of a party from a registration."""
    return to_hex(keccak(from_hex(registration) + from_hex(holder)))


def entry(connection: Connection, id: str, *, at: int | None = None) -> Entry:
    """One entry. Raises: NotFound, also when it was born after block `at`."""
    found = _assemble(connection, _changes(connection, [id], at), at)
    if not found:
        raise NotFound(f"no right {id}")
    return found[0]


def entries(
    connection: Connection,
    *,
    registration: str | None = None,
    holder: str | None = None,
    after: tuple[int, int] | None = None,
    limit: int = 50,
    at: int | None = None,
) -> list[tuple[tuple[int, int], Entry]]:
    """Entries in the order of their birth, each with its cursor (block, position); all after `after`."""
    born = EntryChange.__table__.c
    question = (
        select(born.right, born.block, born.position)
        .where(born.registration.is_not(None), born.step == 0, up_to(born.block, at))
        .order_by(born.block, born.position)
        .limit(limit)
    )
    if registration is not None:
        question = question.where(born.registration == registration)
    if holder is not None:
        question = question.where(born.holder == holder)
    if after is not None:
        question = question.where(tuple_(born.block, born.position) > tuple_(*after))
    places = {row.right: (row.block, row.position) for row in connection.execute(question)}
    found = _assemble(connection, _changes(connection, list(places), at), at)
    return [(places[each.id], each) for each in sorted(found, key=lambda e: places[e.id])]


def of_registration(connection: Connection, id: str, *, at: int | None = None) -> list[Entry]:
    """All entries of a registration, in the order of their birth: one a party that ever held of it."""
    return [each for _, each in entries(connection, registration=id, limit=1000, at=at)]


def changes(connection: Connection, ids: Sequence[str], *, at: int | None = None) -> list[Change]:
    """Every change of these entries, in the order of the ledger."""
    reach = {"ids": list(ids), "at": registrations.NEVER if at is None else at}
    rows = connection.execute(_TOLD, reach)
    return [
        Change(
            right=row.right,
            step=row.step,
            event=row.event,
            cause=row.cause,
            rights=Right(row.rights),
            expiry=row.expiry,
            signer=row.signer,
            block=row.block,
            position=row.position,
            time=row.time,
        )
        for row in rows
    ]


_TOLD = (
    select(
        EntryChange.__table__,
        Block.time,
        select(ActSigned.signer)
        .where(ActSigned.act == EntryChange.cause, ActSigned.block == EntryChange.block)
        .limit(1)
        .scalar_subquery()
        .label("signer"),
    )
    .join(Block, Block.number == EntryChange.block)
    .where(
        EntryChange.right.in_(bindparam("ids", expanding=True)),
        EntryChange.block <= bindparam("at"),
    )
    .order_by(EntryChange.block, EntryChange.position)
)


def remarks(
    connection: Connection, ids: Sequence[str], *, at: int | None = None
) -> dict[str, list[Remark]]:
    """The remarks on these entries, by entry, first one first; none for an entry without any."""
    made, lifted = RightRemarked.__table__.c, RemarkLifted.__table__.c
    gone = {
        (row.right, row.serial): row
        for row in connection.execute(
            select(RemarkLifted.__table__).where(lifted.right.in_(ids), up_to(lifted.block, at))
        )
    }
    found: dict[str, list[Remark]] = {}
    for row in connection.execute(
        select(RightRemarked.__table__)
        .where(made.right.in_(ids), up_to(made.block, at))
        .order_by(made.right, made.serial)
    ):
        lifting = gone.get((row.right, row.serial))
        found.setdefault(row.right, []).append(
            Remark(
                right=row.right,
                origin=row.right,
                serial=row.serial,
                kind=row.kind,
                instrument=row.instrument,
                rights=Right(row.rights),
                acts=row.acts,
                until=row.until,
                act=row.act,
                block=row.block,
                lifted=None if lifting is None else lifting.block,
                lifting=None if lifting is None else lifting.instrument,
            )
        )
    came = RemarkCarried.__table__.c
    carried = connection.execute(
        select(RemarkCarried.__table__).where(came.right.in_(ids), up_to(came.block, at))
    ).all()
    if not carried:
        return found
    # A transfer gives birth to the receiver's entry, so that this ends with the first entry.
    former = remarks(connection, sorted({row.origin for row in carried}), at=at)
    for row in carried:
        first = next(each for each in former[row.origin] if each.serial == row.former)
        lifting = gone.get((row.right, row.serial))
        found.setdefault(row.right, []).append(
            replace(
                first,
                right=row.right,
                serial=row.serial,
                rights=Right(row.rights),
                act=row.registration,
                block=row.block,
                lifted=None if lifting is None else lifting.block,
                lifting=None if lifting is None else lifting.instrument,
            )
        )
    return {right: sorted(several, key=lambda r: r.serial) for right, several in found.items()}


_CHANGES = (
    select(EntryChange.__table__)
    .where(
        EntryChange.right.in_(bindparam("ids", expanding=True)),
        EntryChange.block <= bindparam("at"),
    )
    .order_by(EntryChange.right, EntryChange.block, EntryChange.position)
)


def _changes(connection: Connection, ids: Sequence[str], at: int | None) -> Sequence[Any]:
    reach = registrations.NEVER if at is None else at
    return connection.execute(_CHANGES, {"ids": list(ids), "at": reach}).all()


def _assemble(connection: Connection, rows: Iterable[Any], at: int | None) -> list[Entry]:
    lives: dict[str, list[Any]] = {}
    for row in rows:
        lives.setdefault(row.right, []).append(row)
    return [_entry(connection, life, at) for life in lives.values()]


def _entry(connection: Connection, life: list[Any], at: int | None) -> Entry:
    birth = life[0]
    ends: dict[Right, int] = {}
    renewal: str | None = None
    renewing = NO_RIGHT
    for row in life:
        changed = Right(row.rights)
        if row.event in _BIRTH or row.event == RightRenewed.event:
            ends |= {right: row.expiry for right in changed}
        elif row.event in _TAKEN:
            ends = {right: end for right, end in ends.items() if right not in changed}
        if row.event == RenewalAnnounced.event:
            renewal, renewing = row.cause, changed
        elif row.event == RightRenewed.event:
            renewal, renewing = None, NO_RIGHT
    return Entry(
        id=birth.right,
        registration=birth.registration,
        holder=birth.holder,
        since=birth.since,
        ends=MappingProxyType(dict(sorted(ends.items()))),
        step=life[-1].step,
        block=birth.block,
        renewal=renewal,
        renewing=renewing,
        renewal_until=0 if renewal is None else _pending_until(connection, renewal, at),
    )


def _pending_until(connection: Connection, renewal: str, at: int | None) -> int:
    """The last second at which a renewal is pending as far as the facts go; 0 when it was decided."""
    found = registrations.registration(connection, renewal, at=at)
    if found.state not in PENDING:
        return 0
    if found.state is State.CORRECTION_REQUESTED and found.until is not None:
        return found.until
    return UNTIL_DECIDED
