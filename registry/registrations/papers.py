"""The documents that acts upon a registration name: which, and what shows that their sender had them.

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
from registry.registrations.facts import (
    CorrectionRequested,
    ObjectionMade,
    ObjectionResolved,
    RegistrationCorrected,
    RegistrationRefused,
    RegistrationSupplemented,
    RegistrationTerminated,
    SupplementRequested,
)
from registry.rights import questions as rights
from registry.rights.facts import RemarkLifted, RightCancelled, RightExecuted, RightRemarked

# Members of messages that are the content hash of a document.
MEMBERS = ("list", "papers", "grounds", "decision", "instrument")
# The fact that an act is, the member that names the document, and whose own it is beside the applicants'.
_NAMING: tuple[tuple[type[Fact], str, str | None], ...] = (
    (CorrectionRequested, "list", None),
    (RegistrationCorrected, "papers", "party"),
    (SupplementRequested, "list", None),
    (RegistrationSupplemented, "papers", "party"),
    (ObjectionMade, "grounds", "objector"),
    (ObjectionResolved, "decision", "objector"),
    (RegistrationRefused, "decision", None),
    (RegistrationTerminated, "decision", None),
)
_NAMING_OF_RIGHTS: tuple[tuple[type[Fact], str, str], ...] = (
    (RightRemarked, "instrument", "act"),
    (RemarkLifted, "instrument", "act"),
    (RightExecuted, "instrument", "act"),
    (RightCancelled, "decision", "cause"),
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


def named(connection: Connection, registration: str) -> Iterator[Named]:
    """What the acts upon a registration name, as far as they were executed."""
    for fact, member, party in _NAMING:
        columns = fact.__table__.columns
        for row in connection.execute(
            select(fact.__table__).where(columns["registration"] == registration)
        ).mappings():
            yield Named(row[member], row["act"], None if party is None else row[party])
    entries = [each.id for each in rights.of_registration(connection, registration)]
    for fact, member, act in _NAMING_OF_RIGHTS:
        columns = fact.__table__.columns
        for document, cause in connection.execute(
            select(columns[member], columns[act]).where(columns["right"].in_(entries))
        ).all():
            yield Named(document, cause, None)


def documents_of(message: Message) -> set[str]:
    """The documents that a message names."""
    values = message.model_dump()
    return {values[member] for member in MEMBERS if member in values} - {ZERO}


def enclosure(
    message: Message, digest: str, given: Any, documents: Documents, connection: Connection
) -> Enclosure | None:
    """What came with an act, None when nothing did. Raises: Malformed; NotFound for no such right."""
    if given is None:
        return None
    tickets = parse(Tickets, given, "/papers").tickets
    check_tickets(tickets, documents_of(message), documents)
    if not tickets:
        return None
    values = message.model_dump()
    registration = values.get("registration")
    if registration is None:
        registration = rights.entry(connection, values["right"]).registration
    return Enclosure(digest, registration, tuple(sorted(tickets)))


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
