"""The file of a case: every step of its procedure with notes and reports, in the order of the chain.

Knows neither HTTP nor RPC. `at` is always a block number, the last whose facts count; None for all that
was read.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, func, select

from registry.casework.facts import ReportEntered, StepNoted
from registry.errors import NotFound
from registry.facts import ActSigned, Block, Fact, Tip, fact_types
from registry.messages import ZERO
from registry.objections import questions as disputes
from registry.objections.facts import VERB_OF as DISPUTE_VERB_OF
from registry.objections.facts import ObjectionFiled
from registry.registrations.facts import VERB_OF, ApplicantJoined, RegistrationFiled
from registry.registrations.history import life
from registry.registrations.questions import up_to
from registry.rules import casework as rules
from registry.rules import objections as dispute_rules
from registry.rules import states

OFFICER = "an officer of the registrar"
ISSUER = "a third party"
# What a file is proven by: the running hash and count of those that speak in it.
SPEAKERS = ("Registrations", "Objections", "Casework")
_PAPERS = ("data", "list", "papers", "grounds", "decision", "receipt", "notice", "instrument")


@dataclass(frozen=True)
class Step:
    """One step of a case, as said in a block.

    `subject` is the registration or one of its objections. `time` is the block's, `occurred` when the step
    was taken in law where somebody states it; both in Unix seconds. `by` says in which role `signer`
    signed; a filing is signed by every party named, and names no single signer. `papers` are hashes by
    what they are. `serial` and `length` are a note's, `kind` the name of what was noted or reported, None
    for a number without a meaning.
    """

    subject: str
    event: str
    article: str
    by: str
    block: int
    position: int
    time: int
    occurred: int
    act: str
    signer: str | None
    parties: tuple[str, ...] = ()
    papers: Mapping[str, str] = field(default_factory=dict)
    kind: str | None = None
    number: int | None = None
    serial: int | None = None
    length: int | None = None


def log(connection: Connection, registration: str, *, at: int | None = None) -> list[Step]:
    """All steps of a registration's case and of the objections to it. Raises: NotFound."""
    found = [*_procedure(connection, registration, at)]
    if not found:
        raise NotFound(f"no registration {registration}")
    filed = ObjectionFiled.__table__.c
    objections = [
        *connection.execute(
            select(filed.objection).where(
                filed.registration == registration, up_to(filed.block, at)
            )
        ).scalars()
    ]
    for objection in objections:
        found += _dispute(connection, objection, at)
    subjects = [registration, *objections]
    found += _notes(connection, subjects, at)
    found += _reports(connection, subjects, at)
    return sorted(found, key=lambda step: (step.block, step.position))


def notes(connection: Connection, subject: str, *, at: int | None = None) -> int:
    """How many notes a file holds."""
    said = StepNoted.__table__.c
    return connection.execute(
        select(func.count()).where(said.subject == subject, up_to(said.block, at))
    ).scalar_one()


def reports(connection: Connection, subject: str, issuer: str, *, at: int | None = None) -> int:
    """How many reports of an issuer a file holds."""
    said = ReportEntered.__table__.c
    return connection.execute(
        select(func.count()).where(
            said.subject == subject, said.issuer == issuer, up_to(said.block, at)
        )
    ).scalar_one()


def tips(connection: Connection, *, at: int | None = None) -> dict[str, tuple[str, int]]:
    """Head and count of each contract that speaks in files: who has them can prove that none is lacking."""
    found = {}
    for contract in SPEAKERS:
        newest = (
            select(Tip.head, Tip.count.label("said"))
            .where(Tip.contract == contract, up_to(Tip.block, at))
            .order_by(Tip.block.desc())
            .limit(1)
        )
        row = connection.execute(newest).first()
        found[contract] = ("0x" + "00" * 24, 0) if row is None else (row.head, row.said)
    return found


def _procedure(connection: Connection, registration: str, at: int | None) -> Iterator[Step]:
    before = states.State.NONE
    for change in life(connection, registration, at=at):
        said = _said(connection, change.event, change.block, change.position)
        permitted = states.row(before, VERB_OF[change.event])
        parties = _party(said)
        if change.event == RegistrationFiled.event:
            parties = (*parties, *_joined(connection, registration))
        yield Step(
            subject=registration,
            event=change.event,
            article=change.article,
            by="" if permitted is None else permitted.signer.value,
            block=change.block,
            position=change.position,
            time=change.time,
            occurred=said.get("effective") or change.time,
            act=change.act,
            signer=change.signer,
            parties=parties,
            papers=_papers(said),
        )
        before = change.state


def _dispute(connection: Connection, objection: str, at: int | None) -> Iterator[Step]:
    before = dispute_rules.State.NONE
    for change in disputes.history(connection, objection, at=at):
        said = _said(connection, change.event, change.block, change.position)
        permitted = dispute_rules.row(before, DISPUTE_VERB_OF[change.event])
        yield Step(
            subject=objection,
            event=change.event,
            article=change.article,
            by="" if permitted is None else permitted.signer.value,
            block=change.block,
            position=change.position,
            time=change.time,
            occurred=change.time,
            act=change.act,
            signer=change.signer,
            parties=_party(said),
            papers=_papers(said),
        )
        before = change.state


def _notes(connection: Connection, subjects: Sequence[str], at: int | None) -> Iterator[Step]:
    for row in _entries(connection, StepNoted, subjects, at):
        kind = rules.kinds().note(row.kind)
        yield Step(
            subject=row.subject,
            event=StepNoted.event,
            article="" if kind is None else kind.article,
            by=OFFICER,
            block=row.block,
            position=row.position,
            time=row.time,
            occurred=row.occurred,
            act=row.act,
            signer=row.signer,
            papers={} if row.document == ZERO else {"document": row.document},
            kind=None if kind is None else kind.name,
            number=row.kind,
            serial=row.serial,
            length=row.length,
        )


def _reports(connection: Connection, subjects: Sequence[str], at: int | None) -> Iterator[Step]:
    for row in _entries(connection, ReportEntered, subjects, at):
        kind = rules.kinds().report(row.kind)
        yield Step(
            subject=row.subject,
            event=ReportEntered.event,
            article="" if kind is None else kind.article,
            by=ISSUER,
            block=row.block,
            position=row.position,
            time=row.time,
            occurred=row.issued,
            act=row.act,
            signer=row.signer,
            parties=(row.issuer,),
            papers={"document": row.document},
            kind=None if kind is None else kind.name,
            number=row.kind,
            serial=row.serial,
        )


def _entries(
    connection: Connection, fact: type[Fact], subjects: Sequence[str], at: int | None
) -> Sequence[Any]:
    said, signed = fact.__table__.c, ActSigned.__table__.c
    return connection.execute(
        select(fact.__table__, Block.time, signed.signer)
        .join(Block, Block.number == said.block)
        .outerjoin(ActSigned, (signed.act == said.act) & (signed.contract == said.contract))
        .where(said.subject.in_(subjects), up_to(said.block, at))
    ).all()


_FACTS = {fact.event: fact for fact in fact_types()}


def _said(connection: Connection, event: str, block: int, position: int) -> dict[str, Any]:
    """The members of one fact."""
    table = _FACTS[event].__table__
    row = connection.execute(
        select(table).where(table.c.block == block, table.c.position == position)
    ).one()
    return dict(row._mapping)


def _papers(said: Mapping[str, Any]) -> dict[str, str]:
    return {name: said[name] for name in _PAPERS if said.get(name, ZERO) != ZERO}


def _party(said: Mapping[str, Any]) -> tuple[str, ...]:
    named = said.get("party") or said.get("objector")
    return () if named is None else (named,)


def _joined(connection: Connection, registration: str) -> Sequence[str]:
    said = ApplicantJoined.__table__.c
    return (
        connection.execute(
            select(said.party).where(said.registration == registration).order_by(said.position)
        )
        .scalars()
        .all()
    )
