"""Questions about registrations, answered from the facts. Knows neither HTTP nor RPC.

`at` is always a block number, the last whose facts count; None for all that was read.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, and_, bindparam, func, literal, or_, select

from registry.errors import NotFound
from registry.facts import ActSigned, Block, Fact
from registry.registrations.acts import Claim, File
from registry.registrations.facts import (
    ApplicantJoined,
    CorrectionRequested,
    FilingsHalted,
    ObjectionMade,
    ObjectionResolved,
    Progress,
    RegistrationAttested,
    RegistrationFiled,
    RegistrationPublished,
    SupplementRequested,
)
from registry.rules.states import State


@dataclass(frozen=True)
class Registration:
    """Where one registration stands, with what its certificate needs.

    Times are Unix seconds. `until` is the last second of the correction, supplement or notice that
    runs; None when none does. `deemed` tells an acceptance by silence from an express one.
    """

    id: str
    data: str
    registrar: int
    profile: int
    kind: int
    claims: tuple[Claim, ...]
    deadline: int
    filed: int
    state: State
    step: int
    changed: int
    block: int
    until: int | None
    open_objections: int
    upheld: bool
    publication: RegistrationPublished | None
    attestation: RegistrationAttested | None

    @property
    def receipts(self) -> tuple[str, ...]:
        """Hashes of the national system's receipts; complete in law only with that of attestation."""
        found = [fact.receipt for fact in (self.publication, self.attestation) if fact is not None]
        return tuple(each for each in found if int(each, 16))


@dataclass(frozen=True)
class Change:
    """One step of a registration's life."""

    step: int
    event: str
    state: State
    act: str
    signer: str | None
    block: int
    position: int
    time: int


@dataclass(frozen=True)
class Objection:
    """One party's objection; `outcome` and `decision` are None while it is open."""

    id: str
    registration: str
    objector: str
    serial: int
    grounds: str
    made: int
    outcome: int | None
    decision: str | None
    decided: int | None


# Above every block's number: "at any block".
_NEVER = 2**53
_RUNNING: dict[State, type[Fact]] = {
    State.CORRECTION_REQUESTED: CorrectionRequested,
    State.SUPPLEMENT_REQUESTED: SupplementRequested,
    State.PUBLISHED: RegistrationPublished,
}


_CHANGE = Progress.__table__.alias("change")


def _standings() -> Select[Any]:
    """Filings, each with its newest change up to block :at."""
    filed_in, changed_in = Block.__table__.alias("filed_in"), Block.__table__.alias("changed_in")
    newest = (
        select(func.max(Progress.step))
        .where(
            Progress.registration == RegistrationFiled.registration,
            Progress.block <= bindparam("at"),
        )
        .correlate(RegistrationFiled)
        .scalar_subquery()
    )
    change = _CHANGE
    return (
        select(
            RegistrationFiled.__table__,
            filed_in.c.time.label("filed"),
            change.c.step,
            change.c.state,
            change.c.block.label("changed_block"),
            changed_in.c.time.label("changed"),
        )
        .join(filed_in, filed_in.c.number == RegistrationFiled.block)
        .join(
            change,
            and_(change.c.registration == RegistrationFiled.registration, change.c.step == newest),
        )
        .join(changed_in, changed_in.c.number == change.c.block)
    )


def _newest(fact: type[Fact]) -> Select[Any]:
    columns = fact.__table__.columns
    return (
        select(fact.__table__)
        .where(columns["registration"] == bindparam("id"), columns["block"] <= bindparam("at"))
        .order_by(columns["step"].desc())
        .limit(1)
    )


def _known(id: str, at: int | None) -> dict[str, Any]:
    return {"id": id, "at": _NEVER if at is None else at}


# Built once: to build a statement takes longer than to run it.
_STANDING = _standings().where(
    RegistrationFiled.registration == bindparam("id"), RegistrationFiled.block <= bindparam("at")
)
_ASKED_FOR: tuple[type[Fact], ...] = (
    CorrectionRequested,
    SupplementRequested,
    RegistrationPublished,
    RegistrationAttested,
)
_NEWEST = {fact: _newest(fact) for fact in _ASKED_FOR}
_OBJECTED = select(
    select(func.count())
    .where(ObjectionMade.registration == bindparam("id"), ObjectionMade.block <= bindparam("at"))
    .scalar_subquery(),
    *(
        select(func.count())
        .where(
            ObjectionResolved.registration == bindparam("id"),
            ObjectionResolved.outcome == outcome,
            ObjectionResolved.block <= bindparam("at"),
        )
        .scalar_subquery()
        for outcome in (1, 2)
    ),
)


def registration(connection: Connection, id: str, *, at: int | None = None) -> Registration:
    """One registration. Raises: NotFound, also when it was filed after `at`."""
    row = connection.execute(_STANDING, _known(id, at)).first()
    if row is None:
        raise NotFound(f"no registration {id}" + (f" at block {at}" if at is not None else ""))
    return _assemble(connection, row, at)


def registrations(
    connection: Connection,
    *,
    after: tuple[int, int] | None = None,
    limit: int = 50,
    state: State | None = None,
    registrar: int | None = None,
    party: str | None = None,
    data: str | None = None,
    at: int | None = None,
) -> list[tuple[tuple[int, int], Registration]]:
    """Registrations in order of filing, each with its cursor (block, position); all after `after`."""
    question = (
        _standings()
        .where(_until(RegistrationFiled.block, at))
        .order_by(RegistrationFiled.block, RegistrationFiled.position)
        .limit(limit)
    )
    if after is not None:
        question = question.where(
            or_(
                RegistrationFiled.block > after[0],
                and_(RegistrationFiled.block == after[0], RegistrationFiled.position > after[1]),
            )
        )
    if registrar is not None:
        question = question.where(RegistrationFiled.registrar == registrar)
    if data is not None:
        question = question.where(RegistrationFiled.data == data)
    if party is not None:
        joined = select(ApplicantJoined.registration).where(ApplicantJoined.party == party)
        question = question.where(
            or_(RegistrationFiled.party == party, RegistrationFiled.registration.in_(joined))
        )
    if state is not None:
        question = question.where(_CHANGE.c.state == int(state))
    rows = connection.execute(question, {"at": _NEVER if at is None else at}).all()
    return [((row.block, row.position), _assemble(connection, row, at)) for row in rows]


def history(connection: Connection, id: str, *, at: int | None = None) -> list[Change]:
    """The whole life of a registration, first step first; empty when it is unknown."""
    # One of them: an act on many records may be executed twice in a block, and says each time who signed.
    signer = (
        select(ActSigned.signer)
        .where(ActSigned.act == Progress.act, ActSigned.block == Progress.block)
        .limit(1)
        .scalar_subquery()
    )
    rows = connection.execute(
        select(Progress.__table__, Block.time, signer.label("signer"))
        .join(Block, Block.number == Progress.block)
        .where(Progress.registration == id, _until(Progress.block, at))
        .order_by(Progress.step)
    )
    return [
        Change(
            step=row.step,
            event=row.event,
            state=State(row.state),
            act=row.act,
            signer=row.signer,
            block=row.block,
            position=row.position,
            time=row.time,
        )
        for row in rows
    ]


def objections(connection: Connection, id: str, *, at: int | None = None) -> list[Objection]:
    """All objections to a registration, in the order in which they were made."""
    made, decided = ObjectionMade.__table__, ObjectionResolved.__table__
    decision_block = Block.__table__.alias("decision_block")
    rows = connection.execute(
        select(
            made.c.act,
            made.c.objector,
            made.c.serial,
            made.c.grounds,
            Block.time,
            decided.c.outcome,
            decided.c.decision,
            decision_block.c.time.label("decided"),
        )
        .join(Block, Block.number == made.c.block)
        .outerjoin(
            decided,
            and_(
                decided.c.registration == made.c.registration,
                decided.c.objector == made.c.objector,
                decided.c.serial == made.c.serial,
                _until(decided.c.block, at),
            ),
        )
        .outerjoin(decision_block, decision_block.c.number == decided.c.block)
        .where(made.c.registration == id, _until(made.c.block, at))
        .order_by(made.c.step)
    )
    return [
        Objection(
            id=row.act,
            registration=id,
            objector=row.objector,
            serial=row.serial,
            grounds=row.grounds,
            made=row.time,
            outcome=row.outcome,
            decision=row.decision,
            decided=row.decided,
        )
        for row in rows
    ]


def filing(connection: Connection, id: str) -> File:
    """The message that filed a registration, rebuilt from what the chain said. Raises: NotFound."""
    found = filings(connection, [id])
    if id not in found:
        raise NotFound(f"no registration {id}")
    return found[id]


def filings(connection: Connection, ids: Sequence[str]) -> dict[str, File]:
    """The messages that filed these registrations, by id; unknown ones are left out."""
    rows = connection.execute(
        select(RegistrationFiled.__table__).where(RegistrationFiled.registration.in_(ids))
    ).all()
    return {
        row.registration: File(
            claims=_claims(connection, row),
            data=row.data,
            registrar=row.registrar,
            profile=row.profile,
            kind=row.kind,
            deadline=row.deadline,
        )
        for row in rows
    }


def halted_until(connection: Connection) -> int:
    """Until when filings are halted, in Unix seconds; long past, or 0, when they are not."""
    newest = select(FilingsHalted.until).order_by(
        FilingsHalted.block.desc(), FilingsHalted.position.desc()
    )
    return connection.execute(newest.limit(1)).scalar() or 0


def by_code(connection: Connection, code: str) -> str:
    """The registration that a certificate code stands for. Raises: NotFound."""
    found = connection.execute(
        select(RegistrationAttested.registration).where(RegistrationAttested.code == code)
    ).scalar()
    if found is None:
        raise NotFound(f"no certificate {code}")
    return found


def _assemble(connection: Connection, row: Any, at: int | None) -> Registration:
    known = _known(row.registration, at)
    state = State(row.state)
    publication: Any = None
    attestation: Any = None
    asked: Any = None
    made = dismissed = upheld = 0
    if state is State.ATTESTED:
        attestation = connection.execute(_NEWEST[RegistrationAttested], known).one()
    elif state in _RUNNING:
        asked = connection.execute(_NEWEST[_RUNNING[state]], known).one()
    if state >= State.PUBLISHED:
        publication = connection.execute(_NEWEST[RegistrationPublished], known).first()
    if publication is not None:
        made, dismissed, upheld = connection.execute(_OBJECTED, known).one()
    return Registration(
        id=row.registration,
        data=row.data,
        registrar=row.registrar,
        profile=row.profile,
        kind=row.kind,
        claims=_claims(connection, row),
        deadline=row.deadline,
        filed=row.filed,
        state=state,
        step=row.step,
        changed=row.changed,
        block=row.changed_block,
        until=None if asked is None else asked.until,
        open_objections=made - dismissed - upheld,
        upheld=upheld > 0,
        publication=publication,
        attestation=attestation,
    )


def _claims(connection: Connection, filed: Any) -> tuple[Claim, ...]:
    first = Claim(party=filed.party, rights=filed.rights)
    if filed.applicants == 1:
        return (first,)
    joined = connection.execute(
        select(ApplicantJoined.party, ApplicantJoined.rights)
        .where(ApplicantJoined.registration == filed.registration)
        .order_by(ApplicantJoined.position)
    )
    return (first, *(Claim(party=row.party, rights=row.rights) for row in joined))


def _until(column: Any, at: int | None) -> Any:
    return literal(True) if at is None else column <= at


def by_hash(connection: Connection, text: str) -> list[tuple[str, str]]:
    """Registrations that a hash leads to, each with why: id, data, transaction or act."""
    filed = RegistrationFiled.__table__
    found: dict[str, str] = {}
    for column, why in ((filed.c.registration, "id"), (filed.c.data, "data")):
        for (id,) in connection.execute(select(filed.c.registration).where(column == text)):
            found.setdefault(id, why)
    for (id,) in connection.execute(
        select(Progress.registration).where(Progress.act == text).limit(100)
    ):
        found.setdefault(id, "act")
    for (id,) in connection.execute(
        select(filed.c.registration).where(filed.c.transaction == text).limit(100)
    ):
        found.setdefault(id, "transaction")
    return list(found.items())
