"""Questions about registrations, answered from the facts. Knows neither HTTP nor RPC.

`at` is always a block number, the last whose facts count; None for all that was read.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    ScalarSelect,
    Select,
    and_,
    bindparam,
    func,
    literal,
    or_,
    select,
    tuple_,
)

from registry.errors import NotFound
from registry.facts import Block, Fact
from registry.messages import ZERO
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
    SubjectNamed,
    SupplementRequested,
)
from registry.rules.states import State


@dataclass(frozen=True)
class Registration:
    """Where one registration stands, with what its certificate needs.

    Times are Unix seconds. `until` is the last second of the correction, supplement or notice that
    runs; None when none does. `subject` is the registration that a later kind concerns.
    """

    id: str
    data: str
    registrar: int
    profile: int
    kind: int
    subject: str | None
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


# Above every block's number: "at any block".
NEVER = 2**53
_RUNNING: dict[State, type[Fact]] = {
    State.CORRECTION_REQUESTED: CorrectionRequested,
    State.SUPPLEMENT_REQUESTED: SupplementRequested,
    State.PUBLISHED: RegistrationPublished,
}


CHANGE = Progress.__table__.alias("change")


def stands(at: Any) -> ColumnElement[bool]:
    """That a row of CHANGE is a registration's newest, after block `at` or after all that was read."""
    is_newest: ColumnElement[bool] = CHANGE.c.superseded.is_(None)
    if at is None:
        return is_newest
    return and_(CHANGE.c.block <= at, or_(is_newest, CHANGE.c.superseded > at))


def _standings(at: Any) -> Select[Any]:
    """Filings, each with its newest change."""
    filed_in, changed_in = Block.__table__.alias("filed_in"), Block.__table__.alias("changed_in")
    return (
        select(
            RegistrationFiled.__table__,
            filed_in.c.time.label("filed"),
            CHANGE.c.step,
            CHANGE.c.state,
            CHANGE.c.block.label("changed_block"),
            changed_in.c.time.label("changed"),
            SubjectNamed.subject,
        )
        .select_from(RegistrationFiled)
        .join(filed_in, filed_in.c.number == RegistrationFiled.block)
        .join(CHANGE, and_(CHANGE.c.registration == RegistrationFiled.registration, stands(at)))
        .join(changed_in, changed_in.c.number == CHANGE.c.block)
        .outerjoin(SubjectNamed, SubjectNamed.registration == RegistrationFiled.registration)
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
    return {"id": id, "at": NEVER if at is None else at}


# Built once: to build a statement takes longer than to run it.
_STANDING = _standings(None).where(RegistrationFiled.registration == bindparam("id"))
_STANDING_AT = _standings(bindparam("at")).where(
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
    question = _STANDING if at is None else _STANDING_AT
    row = connection.execute(question, _known(id, at)).first()
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
    subject: str | None = None,
    kind: int | None = None,
    at: int | None = None,
) -> list[tuple[tuple[int, int], Registration]]:
    """Registrations in order of filing, each with its cursor (block, position); all after `after`."""
    question = _standings(at).where(up_to(RegistrationFiled.block, at)).limit(limit)
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
    if subject is not None:
        question = question.where(SubjectNamed.subject == subject)
    if kind is not None:
        question = question.where(RegistrationFiled.kind == kind)
    if party is not None:
        joined = select(ApplicantJoined.registration).where(ApplicantJoined.party == party)
        question = question.where(
            or_(RegistrationFiled.party == party, RegistrationFiled.registration.in_(joined))
        )
    if state is None:
        question = question.order_by(RegistrationFiled.block, RegistrationFiled.position)
    else:
        # The same order, and the one in which an index has those of a state.
        question = question.where(CHANGE.c.state == int(state)).order_by(CHANGE.c.filing)
        if after is not None:
            question = question.where(CHANGE.c.filing > _ordinal(after))
    rows = connection.execute(question, {"at": NEVER if at is None else at}).all()
    return [((row.block, row.position), _assemble(connection, row, at)) for row in rows]


def _ordinal(place: tuple[int, int]) -> ScalarSelect[int]:
    """The ordinal of the last filing at or before a place in the chain."""
    return (
        select(RegistrationFiled.ordinal)
        .where(tuple_(RegistrationFiled.block, RegistrationFiled.position) <= tuple_(*place))
        .order_by(RegistrationFiled.block.desc(), RegistrationFiled.position.desc())
        .limit(1)
        .scalar_subquery()
    )


def kinds(connection: Connection, ids: Sequence[str]) -> dict[str, int]:
    """The kind of each of these registrations that there is."""
    return {row.registration: row.kind for row in connection.execute(_KINDS, {"ids": list(ids)})}


_KINDS = select(RegistrationFiled.registration, RegistrationFiled.kind).where(
    RegistrationFiled.registration.in_(bindparam("ids", expanding=True))
)


def filing(connection: Connection, id: str) -> File:
    """The message that filed a registration, rebuilt from what the chain said. Raises: NotFound."""
    found = filings(connection, [id])
    if id not in found:
        raise NotFound(f"no registration {id}")
    return found[id]


def filings(connection: Connection, ids: Sequence[str]) -> dict[str, File]:
    """The messages that filed these registrations, by id; unknown ones are left out."""
    rows = connection.execute(
        select(RegistrationFiled.__table__, SubjectNamed.subject)
        .select_from(RegistrationFiled)
        .outerjoin(SubjectNamed, SubjectNamed.registration == RegistrationFiled.registration)
        .where(RegistrationFiled.registration.in_(ids))
    ).all()
    return {
        row.registration: File(
            claims=_claims(connection, row),
            data=row.data,
            subject=row.subject or ZERO,
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
        subject=row.subject,
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


def up_to(column: Any, at: int | None) -> Any:
    """That a block is not after `at`."""
    return literal(True) if at is None else column <= at


def by_hash(connection: Connection, text: str) -> list[tuple[str, str]]:
    """Registrations that a hash leads to, each with why: id, data, transaction or act."""
    filed = RegistrationFiled.__table__
    found: dict[str, str] = {}
    for column, why in ((filed.c.registration, "id"), (filed.c.data, "data")):
        for (id,) in connection.execute(select(filed.c.registration).where(column == text)):
            found.setdefault(id, why)
    for (id,) in connection.execute(
        select(Progress.registration).where(Progress.act == text, Progress.step > 1).limit(100)
    ):
        found.setdefault(id, "act")
    for (id,) in connection.execute(
        select(filed.c.registration).where(filed.c.transaction == text).limit(100)
    ):
        found.setdefault(id, "transaction")
    return list(found.items())
