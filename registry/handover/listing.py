"""What a registrar has: its records, rights and open cases, as the facts say. Knows no node."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, select

from registry import enclosures
from registry.facts import Block
from registry.messages import ZERO
from registry.registrations import facts, questions
from registry.registrations.cases import due, open_cases
from registry.rights import questions as rights
from registry.rights.questions import Entry
from registry.rules import NeedInfo, Refused


def listed(connection: Connection, registrar: int, *, at: int) -> dict[str, Any]:
    """A registrar's registrations, rights and running clocks after block `at`, as JSON.

    Clocks are judged at that block's time.
    """
    ids = filings(connection, registrar, at=at)
    time = connection.execute(select(Block.time).where(Block.number == at)).scalar_one()
    moment = datetime.fromtimestamp(time, UTC)
    return {
        "registrations": [_registration(connection, id, at) for id in ids],
        "rights": [
            _right(entry) for id in ids for entry in rights.of_registration(connection, id, at=at)
        ],
        "cases": [
            {
                "registration": each.registration,
                "state": each.state.name,
                "clock": each.deadline.clock,
                **_ends(each.deadline.ends),
            }
            for each in due(open_cases(connection, registrar=registrar, at=at), at=moment)
        ],
    }


def filings(connection: Connection, registrar: int, *, at: int) -> list[str]:
    """The registrations filed with a registrar until block `at`, in the order of filing."""
    table = facts.RegistrationFiled.__table__
    question = (
        select(table.c.registration)
        .where(table.c.registrar == registrar, table.c.block <= at)
        .order_by(table.c.block, table.c.position)
    )
    return list(connection.execute(question).scalars())


def named_papers(connection: Connection, registration: str, *, at: int) -> list[str]:
    """Hashes in the facts about a registration that may be those of papers."""
    found = {each.document for each in enclosures.named(connection, registration, at=at)}
    for fact in (facts.RegistrationPublished, facts.RegistrationAttested):
        rested = select(fact.receipt).where(fact.registration == registration, fact.block <= at)
        found |= set(connection.execute(rested).scalars())
    return sorted(found - {ZERO})


def _registration(connection: Connection, id: str, at: int) -> dict[str, Any]:
    found = questions.registration(connection, id, at=at)
    attestation = found.attestation
    return {
        "registration": id,
        "data": found.data,
        "profile": found.profile,
        "kind": found.kind,
        "claims": [{"party": each.party, "rights": each.rights} for each in found.claims],
        "state": found.state.name,
        "step": found.step,
        "filed": found.filed,
        "until": found.until,
        "open_objections": found.open_objections,
        "code": None if attestation is None else attestation.code,
        "expiry": None if attestation is None else attestation.expiry,
    }


def _right(entry: Entry) -> dict[str, Any]:
    return {
        "right": entry.id,
        "registration": entry.registration,
        "holder": entry.holder,
        "since": entry.since,
        "ends": {right.name: end for right, end in entry.ends.items()},
        "step": entry.step,
        "renewal": entry.renewal,
    }


def _ends(ends: Any) -> dict[str, Any]:
    if isinstance(ends, NeedInfo | Refused):
        return {"due": None, "left": None, "unknown": str(ends)}
    due = None if ends.due is None else int(ends.due.timestamp())
    return {"due": due, "left": ends.left, "unknown": None}
