"""Notes and reports with the usual contents."""

from typing import Any

from registry.casework.acts import Note, Report
from tests.contracts.house import CAROL, DAY, REGISTRAR, REVIEWING, House, commitment

PAPER = commitment(800)


def note(house: House, subject: str, serial: int = 0, **changes: Any) -> Note:
    values: dict[str, Any] = {
        "registrar": REGISTRAR,
        "officer": REVIEWING.address,
        "subject": subject,
        "serial": serial,
        "kind": 1,
        "document": PAPER,
        "occurred": house.now,
        "length": 0,
        "deadline": house.now + DAY,
    }
    return Note(**values | changes)


def report(house: House, subject: str, serial: int = 0, **changes: Any) -> Report:
    values: dict[str, Any] = {
        "issuer": CAROL.party,
        "subject": subject,
        "serial": serial,
        "kind": 1,
        "document": PAPER,
        "issued": house.now,
        "deadline": house.now + DAY,
    }
    return Report(**values | changes)
