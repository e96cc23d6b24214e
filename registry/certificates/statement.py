"""The certificate: a statement about one attested registration, derived from the ledger.

Nothing of it is stored; where the two differ the ledger prevails.
"""

import json
from typing import Any

from sqlalchemy import Connection, select

from registry.deployment import Deployment
from registry.documents import Documents
from registry.errors import NotFound
from registry.facts import Block, Final
from registry.registrations import questions
from registry.registrations.facts import ProfileEnacted
from registry.registrations.questions import Registration
from registry.rights import questions as rights
from registry.rules import profiles
from registry.rules.rights import names
from registry.verification.shapes import CERTIFICATE, LEGAL, described


def certificate(
    connection: Connection,
    documents: Documents,
    registration: str,
    *,
    deployment: Deployment,
    at: int | None = None,
) -> dict[str, Any]:
    """The certificate of an attested registration as it stood after block `at`, or after the newest.

    Of the form it repeats names and limits, which art. 26 has attested and art. 24 publishes.
    It says what became of the rights since: a transfer or cancellation shrinks them, a renewal
    extends them (guide arts. 34 to 37). Raises: NotFound when there is no such registration, it is not
    attested, or it is of a kind that is given no code.
    """
    found = questions.registration(connection, registration, at=at)
    attested, published = found.attestation, found.publication
    if attested is None or published is None or not attested.code:
        raise NotFound(f"{registration} is not attested, or given no certificate of its own")
    entries = rights.of_registration(connection, registration, at=at)
    return {
        "certificate": CERTIFICATE,
        "ledger": {
            "chain_id": deployment.chain_id,
            "registrations": deployment.contracts["Registrations"],
        },
        "code": attested.code,
        "registration": registration,
        "data": found.data,
        "kind": found.kind,
        "subject": found.subject,
        "registrar": found.registrar,
        "profile": _profile(connection, found.profile),
        "rights": [
            {
                "right": each.id,
                "holder": each.holder,
                "ends": [{"right": right.name, "expiry": end} for right, end in each.ends.items()],
            }
            for each in entries
        ],
        "since": attested.since,
        "expiry": max((each.expiry for each in entries if each.expiry), default=None),
        "national": {
            "publication": _reference(published),
            "attestation": _reference(attested),
        },
        "described": _described(documents, found),
        "remarks": _remarks(connection, entries, at),
        "legal": LEGAL[_reference(attested) is not None],
        "as_of": _as_of(connection, at),
    }


def _remarks(
    connection: Connection, entries: list[rights.Entry], at: int | None
) -> list[dict[str, Any]]:
    """Those that stand, lifted ones left out (guide art. 23)."""
    found = rights.remarks(connection, [each.id for each in entries], at=at)
    return [
        {
            "right": each.right,
            "serial": each.serial,
            "kind": each.kind,
            "instrument": each.instrument,
            "rights": list(names(each.rights)),
            "acts": each.acts,
            "until": each.until,
        }
        for right in sorted(found)
        for each in found[right]
        if each.lifted is None
    ]


def _as_of(connection: Connection, at: int | None) -> dict[str, Any]:
    question = select(Block.number, Block.hash).order_by(Block.number.desc()).limit(1)
    if at is not None:
        question = question.where(Block.number <= at)
    block = connection.execute(question).one()
    return {
        "block": block.number,
        "hash": block.hash,
        "final": block.number <= final_block(connection),
    }


def final_block(connection: Connection) -> int:
    final = connection.execute(select(Final.number)).scalar()
    return -1 if final is None else final


def _profile(connection: Connection, number: int) -> dict[str, Any]:
    version = connection.execute(
        select(ProfileEnacted.version).where(ProfileEnacted.profile == number)
    ).scalar_one()
    return {"number": number, "name": profiles.load_by_number(number).name, "version": version}


def _reference(fact: Any) -> dict[str, Any] | None:
    """The national system's receipt; None without one."""
    if not int(fact.receipt, 16):
        return None
    return {"receipt": fact.receipt, "effective": fact.effective}


def _described(documents: Documents, found: Registration) -> dict[str, Any] | None:
    """Names and limits; None when the form was deleted or is not ours."""
    try:
        form = json.loads(documents.form(documents.opening(found.id).form))
    except NotFound:
        return None
    return described(form, [claim.party for claim in found.claims])
