"""Applications of later kinds taken to any stage, and officers' acts on what is held."""

from collections.abc import Mapping
from typing import Any

from registry.hashes import from_hex
from registry.messages import ZERO
from registry.registrations.acts import Claim, File
from registry.rights.acts import Cancel, Execute, Lift, Remark
from registry.rules.profiles import Kind
from registry.rules.states import State
from tests.contracts.evm import Fact
from tests.contracts.house import (
    ALICE,
    APPROVING,
    DAY,
    GRACE,
    REGISTRAR,
    REVIEWING,
    House,
    Person,
    commitment,
)

INSTRUMENT, DECISION = commitment(800), commitment(801)
GIVE = 8
SEIZURE, AGREED = 2, 1
NOTICED = (Kind.INITIAL, Kind.TRANSFER, Kind.RENEWAL)
Claims = Mapping[Person, int]


def application(
    house: House, kind: int, subject: str, claims: Claims, number: int = 0, **changes: Any
) -> File:
    values: dict[str, Any] = {
        "claims": tuple(
            Claim(party=person.party, rights=rights)
            for person, rights in sorted(claims.items(), key=lambda item: item[0].party)
        ),
        "kind": int(kind),
        "subject": subject,
    }
    return house.file(number=number, **values | changes)


def filed(
    house: House, kind: int, subject: str, claims: Claims, number: int = 0, **changes: Any
) -> tuple[File, str]:
    message = application(house, kind, subject, claims, number, **changes)
    house.act(message, *sorted(claims, key=lambda person: person.party))
    return message, house.digest(message)


def attestable(
    house: House, kind: int, subject: str, claims: Claims, number: int = 0, **changes: Any
) -> tuple[File, str]:
    """Accepted, and published with notice and grace over where its kind is published."""
    message, registration = filed(house, kind, subject, claims, number, **changes)
    house.act(house.accept(registration), REVIEWING)
    if kind in NOTICED:
        house.act(house.publish(registration), REVIEWING)
        house.now = house.record(registration).until + GRACE + 1
    return message, registration


def attest(house: House, message: File, **changes: Any) -> list[Fact]:
    registration = house.digest(message)
    step = house.record(registration).step
    act = house.attest(registration, step=step, **changes)
    return house.act(act, APPROVING, filings=(message,))


def attested(
    house: House, kind: int, subject: str, claims: Claims, number: int = 0, **changes: Any
) -> str:
    message, registration = attestable(house, kind, subject, claims, number)
    attest(house, message, **changes)
    assert house.record(registration).state == State.ATTESTED
    return registration


def step_of(house: House, right: str) -> int:
    answer: tuple[int, ...] = house.ask("Rights", "entry", from_hex(right))
    return answer[-1]


def _officer(house: House, officer: Person) -> dict[str, Any]:
    return {"registrar": REGISTRAR, "officer": officer.address, "deadline": house.now + DAY}


def remark(house: House, right: str, /, **changes: Any) -> Remark:
    """A seizure of everything that bars every act, for a year."""
    values: dict[str, Any] = {
        "right": right,
        "step": step_of(house, right),
        "kind": SEIZURE,
        "instrument": INSTRUMENT,
        "rights": 7,
        "acts": 0xFFFF,
        "until": house.now + 365 * DAY,
    }
    return Remark(**_officer(house, REVIEWING) | values | changes)


def lift(house: House, right: str, serial: int = 0, /, **changes: Any) -> Lift:
    values: dict[str, Any] = {
        "right": right,
        "step": step_of(house, right),
        "serial": serial,
        "instrument": INSTRUMENT,
    }
    return Lift(**_officer(house, REVIEWING) | values | changes)


def cancel(house: House, right: str, /, **changes: Any) -> Cancel:
    values: dict[str, Any] = {
        "right": right,
        "step": step_of(house, right),
        "rights": 7,
        "ground": 2,
        "decision": DECISION,
    }
    return Cancel(**_officer(house, APPROVING) | values | changes)


def execute(
    house: House, registration: str, holder: Person = ALICE, receiver: str = ZERO, **changes: Any
) -> Execute:
    values: dict[str, Any] = {
        "registration": registration,
        "holder": holder.party,
        "receiver": receiver,
        "step": step_of(house, house.right(registration, holder.party)),
        "rights": 7,
        "instrument": INSTRUMENT,
    }
    return Execute(**_officer(house, APPROVING) | values | changes)
