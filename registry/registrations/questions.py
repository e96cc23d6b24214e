"""Questions about registrations, answered from the facts. Knows neither HTTP nor RPC.

`at` is always a block number, the last whose facts count; None for all that was read.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, and_, func, literal, or_, select

from registry.errors import NotFound
from registry.facts import ActSigned, Block
from registry.registrations.acts import Claim, File
from registry.registrations.facts import (
    ApplicantJoined,
    CorrectionRequested,
    ObjectionMade,
    ObjectionResolved,
    Progress,
    RegistrationAttested,
    RegistrationFiled,
    RegistrationPublished,
    RegistrationRefused,
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


def registration(connection: Connection, id: str, *, at: int | None = None) -> Registration:
    """One registration. Raises: NotFound, also when it was filed after `at`."""
    filed = connection.execute(
        select(RegistrationFiled.__table__, Block.time)
        .join(Block, Block.number == RegistrationFiled.block)
        .where(RegistrationFiled.registration == id, _until(RegistrationFiled.block, at))
    ).first()
    if filed is None:
        raise NotFound(f"no registration {id}" + (f" at block {at}" if at is not None else ""))
    return _assemble(connection, filed, at)


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
        select(RegistrationFiled.__table__, Block.time)
        .join(Block, Block.number == RegistrationFiled.block)
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
        question = question.where(RegistrationFiled.registration.in_(_standing_in(state, at)))
    rows = connection.execute(question).all()
    return [((row.block, row.position), _assemble(connection, row, at)) for row in rows]


def history(connection: Connection, id: str, *, at: int | None = None) -> list[Change]:
    """The whole life of a registration, first step first; empty when it is unknown."""
    rows = connection.execute(
        select(Progress.__table__, Block.time, ActSigned.signer)
        .join(Block, Block.number == Progress.block)
        .outerjoin(
            ActSigned, and_(ActSigned.act == Progress.act, ActSigned.block == Progress.block)
        )
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
    row = connection.execute(
        select(RegistrationFiled.__table__).where(RegistrationFiled.registration == id)
    ).first()
    if row is None:
        raise NotFound(f"no registration {id}")
    return File(
        claims=_claims(connection, row),
        data=row.data,
        registrar=row.registrar,
        profile=row.profile,
        kind=row.kind,
        deadline=row.deadline,
    )


def by_code(connection: Connection, code: str) -> str:
    """The registration that a certificate code stands for. Raises: NotFound."""
    found = connection.execute(
        select(RegistrationAttested.registration).where(RegistrationAttested.code == code)
    ).scalar()
    if found is None:
        raise NotFound(f"no certificate {code}")
    return found


def _assemble(connection: Connection, filed: Any, at: int | None) -> Registration:
    newest = connection.execute(
        select(Progress.step, Progress.state, Progress.block, Block.time)
        .join(Block, Block.number == Progress.block)
        .where(Progress.registration == filed.registration, _until(Progress.block, at))
        .order_by(Progress.step.desc())
        .limit(1)
    ).one()
    state = State(newest.state)
    published = state >= State.PUBLISHED
    made, dismissed, upheld = (
        _objected(connection, filed.registration, at) if published else (0,) * 3
    )
    return Registration(
        id=filed.registration,
        data=filed.data,
        registrar=filed.registrar,
        profile=filed.profile,
        kind=filed.kind,
        claims=_claims(connection, filed),
        deadline=filed.deadline,
        filed=filed.time,
        state=state,
        step=newest.step,
        changed=newest.time,
        block=newest.block,
        until=_running_until(connection, filed.registration, state, at),
        open_objections=made - dismissed - upheld,
        upheld=upheld > 0,
        publication=_newest(connection, RegistrationPublished, filed.registration, at)
        if published
        else None,
        attestation=_newest(connection, RegistrationAttested, filed.registration, at)
        if state is State.ATTESTED
        else None,
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


def _objected(connection: Connection, id: str, at: int | None) -> tuple[int, int, int]:
    made = connection.execute(
        select(func.count()).where(
            ObjectionMade.registration == id, _until(ObjectionMade.block, at)
        )
    ).scalar_one()
    if not made:
        return 0, 0, 0
    rows = connection.execute(
        select(ObjectionResolved.outcome, func.count().label("number"))
        .where(ObjectionResolved.registration == id, _until(ObjectionResolved.block, at))
        .group_by(ObjectionResolved.outcome)
    )
    decided = {row.outcome: row.number for row in rows}
    return made, decided.get(1, 0), decided.get(2, 0)


_RUNNING = {
    State.CORRECTION_REQUESTED: CorrectionRequested,
    State.SUPPLEMENT_REQUESTED: SupplementRequested,
    State.PUBLISHED: RegistrationPublished,
}


def _running_until(connection: Connection, id: str, state: State, at: int | None) -> int | None:
    asked = _RUNNING.get(state)
    if asked is None:
        return None
    found = _newest(connection, asked, id, at)
    return None if found is None else found.until


def _newest(connection: Connection, fact: Any, id: str, at: int | None) -> Any:
    return connection.execute(
        select(fact.__table__)
        .where(fact.registration == id, _until(fact.block, at))
        .order_by(fact.step.desc())
        .limit(1)
    ).first()


def _standing_in(state: State, at: int | None) -> Select[Any]:
    later = Progress.__table__.alias("later")
    return select(Progress.registration).where(
        Progress.state == int(state),
        _until(Progress.block, at),
        ~select(later.c.step)
        .where(
            later.c.registration == Progress.registration,
            later.c.step > Progress.step,
            _until(later.c.block, at),
        )
        .exists(),
    )


def _until(column: Any, at: int | None) -> Any:
    return literal(True) if at is None else column <= at


def refusal(connection: Connection, id: str) -> Any:
    """The refusal of a registration; None when it was not refused."""
    return _newest(connection, RegistrationRefused, id, None)


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
