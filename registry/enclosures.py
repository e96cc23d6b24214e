"""The documents that acts name: which, and what shows that their sender had them.

Knows neither HTTP nor RPC. On the chain a document is a hash alone, which anybody may repeat; it is
read through an act only if its ticket came with the act.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from hmac import compare_digest
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection, select

from registry.bodies import malformed, parse
from registry.documents import Documents, Enclosure
from registry.facts import Fact
from registry.messages import ZERO, Bytes32, Message
from registry.objections import facts as disputes
from registry.objections import questions as objections
from registry.registrations import facts
from registry.registrations.acts import File
from registry.registrations.questions import up_to
from registry.rights import facts as rights_facts
from registry.rights import questions as rights

# Members of messages that are the content hash of a document, and those that say whom they are about.
MEMBERS = ("list", "papers", "grounds", "notice", "decision", "instrument")
SUBJECTS = ("registration", "objection", "right")
# The fact that an act is, the member that names the document, and whose own it is beside the applicants'.
_NAMING: tuple[tuple[type[Fact], str, str | None], ...] = (
    (facts.CorrectionRequested, "list", None),
    (facts.RegistrationCorrected, "papers", "party"),
    (facts.SupplementRequested, "list", None),
    (facts.RegistrationSupplemented, "papers", "party"),
    (facts.ObjectionMade, "grounds", "objector"),
    (facts.ObjectionResolved, "decision", "objector"),
    (facts.RegistrationRefused, "decision", None),
    (facts.RegistrationTerminated, "decision", None),
)
_NAMING_OF_RIGHTS: tuple[tuple[type[Fact], str, str], ...] = (
    (rights_facts.RightRemarked, "instrument", "act"),
    (rights_facts.RemarkLifted, "instrument", "act"),
    (rights_facts.RightExecuted, "instrument", "act"),
    (rights_facts.RightCancelled, "decision", "cause"),
)
# What either side puts forward is under a commitment: see `registry.objections.papers`.
_NAMING_OF_OBJECTIONS: tuple[tuple[type[Fact], str], ...] = (
    (disputes.EvidenceRequested, "list"),
    (disputes.HolderNotified, "notice"),
    (disputes.ObjectionConcluded, "decision"),
    (disputes.InstrumentRecorded, "instrument"),
    (disputes.ObjectionLapsed, "decision"),
)


class Tickets(BaseModel):
    """What came with an act that is no filing: what we answered when its documents were given to us."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    tickets: dict[Bytes32, Bytes32] = Field(default_factory=dict)


@dataclass(frozen=True)
class Named:
    """A document that an executed act names; `party` is the objector whose objection it is about."""

    document: str
    act: str
    party: str | None


def named(connection: Connection, registration: str, *, at: int | None = None) -> Iterator[Named]:
    """What the acts upon a registration name, as far as they were executed until block `at`."""
    for fact, member, party in _NAMING:
        columns = fact.__table__.columns
        for row in connection.execute(
            select(fact.__table__).where(
                columns["registration"] == registration, up_to(columns["block"], at)
            )
        ).mappings():
            yield Named(row[member], row["act"], None if party is None else row[party])
    entries = [each.id for each in rights.of_registration(connection, registration, at=at)]
    for fact, member, act in _NAMING_OF_RIGHTS:
        columns = fact.__table__.columns
        for document, cause in connection.execute(
            select(columns[member], columns[act]).where(
                columns["right"].in_(entries), up_to(columns["block"], at)
            )
        ).all():
            yield Named(document, cause, None)
    filed = disputes.ObjectionFiled.__table__.columns
    for fact, member in _NAMING_OF_OBJECTIONS:
        columns = fact.__table__.columns
        for document, act, party in connection.execute(
            select(columns[member], columns["act"], filed["objector"])
            .join(disputes.ObjectionFiled.__table__, filed["objection"] == columns["objection"])
            .where(filed["registration"] == registration, up_to(columns["block"], at))
        ).all():
            yield Named(document, act, party)


def takes_papers(message: type[Message]) -> bool:
    """Whether papers may come with an act of this type."""
    members = message.model_fields.keys()
    return message is File or bool(members & set(MEMBERS) and members & set(SUBJECTS))


def documents_of(message: Message) -> set[str]:
    """The documents that a message names."""
    values = message.model_dump()
    return {values[member] for member in MEMBERS if member in values} - {ZERO}


def of(message: Message, digest: str, tickets: dict[str, str], connection: Connection) -> Enclosure:
    """What came with an act, bound to the registration that it is about. Raises: NotFound for none."""
    values = message.model_dump()
    registration = values.get("registration")
    if registration is None and "objection" in values:
        registration = objections.objection(connection, values["objection"]).registration
    if registration is None:
        registration = rights.entry(connection, values["right"]).registration
    return Enclosure(digest, registration, tuple(sorted(tickets)))


def checked(message: Message, given: Any, documents: Documents) -> dict[str, str]:
    """The tickets that came with an act. Raises: Malformed."""
    if given is None:
        return {}
    tickets = parse(Tickets, given, "/papers").tickets
    check_tickets(tickets, documents_of(message), documents)
    return tickets


def check_tickets(tickets: dict[str, str], named: set[str], documents: Documents) -> None:
    """Raises: Malformed for a document that is not named, was not given to us, or is here no more."""
    for name, ticket in tickets.items():
        pointer = f"/papers/tickets/{name}"
        if name not in named:
            raise malformed(pointer, "unnamed", "no such document is named")
        if not compare_digest(ticket, documents.ticket(name)):
            raise malformed(pointer, "ticket", "not what we answered when it was given to us")
        if not documents.has(name):
            raise malformed(pointer, "gone", "it was erased since; give it again")
