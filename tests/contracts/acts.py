"""An act of each verb that is sound in every respect, and registrations in each state."""

from collections.abc import Callable
from typing import Any

from registry.hashes import from_hex, keccak
from registry.messages import Message
from registry.registrations.acts import (
    Correct,
    DeemAccepted,
    File,
    Refuse,
    RequestCorrection,
    RequestSupplement,
    Resolve,
    Supplement,
    Terminate,
    Withdraw,
)
from registry.rules.states import State, Verb
from tests.contracts.evm import Fault, artefact
from tests.contracts.house import (
    ALICE,
    APPROVING,
    BOB,
    DAY,
    REGISTRAR,
    REVIEWING,
    STRANGER,
    House,
    Person,
    commitment,
)
from tests.contracts.model import Obstacle

PAPERS, DECISION, LIST = commitment(70), commitment(71), commitment(72)
Act = tuple[Message, tuple[Person, ...], tuple[File, ...]]


def hindered(registration: str, obstacle: Obstacle) -> Fault:
    return Fault("Hindered", (registration, obstacle))


def in_state(house: House, state: State) -> tuple[File, str]:
    """ALICE's registration in a state; with notice and grace over where it is published."""
    message = house.file(ALICE)
    registration = house.digest(message)
    if state is State.NONE:
        return message, registration
    if state is State.ATTESTED:
        return house.attested(ALICE)
    if state is State.PUBLISHED:
        message, registration = house.attestable(ALICE)
        return message, registration
    house.act(message, ALICE)
    more = {"list": LIST, "until": house.now + DAY}
    if state is State.CORRECTION_REQUESTED:
        house.act(RequestCorrection(**house.officer(registration, 1, **more)), REVIEWING)
    elif state is State.REFUSED:
        act = Refuse(**house.officer(registration, 1, ground=1, decision=DECISION))
        house.act(act, REVIEWING)
    elif state is State.WITHDRAWN:
        taken_back = Withdraw(
            party=ALICE.party, registration=registration, step=1, deadline=house.now
        )
        house.act(taken_back, ALICE, filings=(message,))
    elif state is not State.SUBMITTED:
        house.act(house.accept(registration), REVIEWING)
        if state is not State.ACCEPTED:
            house.act(RequestSupplement(**house.officer(registration, 2, **more)), REVIEWING)
        if state is State.TERMINATED:
            house.now += DAY + 1
            end = Terminate(**house.officer(registration, 3, decision=DECISION))
            house.act(end, REVIEWING)
    return message, registration


def act_of(house: House, verb: Verb, filing: File, registration: str) -> Act:
    step = house.record(registration).step
    by: dict[str, Any] = {
        "party": ALICE.party,
        "registration": registration,
        "step": step,
        "deadline": house.now + 2 * DAY,
    }
    request = {"list": LIST, "until": house.now + DAY}

    def officer(kind: Any, **more: Any) -> Act:
        return kind(**house.officer(registration, step, **more)), (REVIEWING,), ()

    makers: dict[Verb, Callable[[], Act]] = {
        Verb.FILE: lambda: (filing, (ALICE,), ()),
        Verb.ACCEPT: lambda: (house.accept(registration, step=step), (REVIEWING,), ()),
        Verb.DEEM_ACCEPTED: lambda: (
            DeemAccepted(
                sender=STRANGER.address,
                registration=registration,
                step=step,
                deadline=house.now + DAY,
            ),
            (STRANGER,),
            (),
        ),
        Verb.REQUEST_CORRECTION: lambda: officer(RequestCorrection, **request),
        Verb.CORRECT: lambda: (Correct(papers=PAPERS, **by), (ALICE,), (filing,)),
        Verb.REQUEST_SUPPLEMENT: lambda: officer(RequestSupplement, **request),
        Verb.SUPPLEMENT: lambda: (Supplement(papers=PAPERS, **by), (ALICE,), (filing,)),
        Verb.PUBLISH: lambda: (house.publish(registration, step=step), (REVIEWING,), ()),
        Verb.OBJECT: lambda: (house.object(BOB, registration), (BOB,), ()),
        Verb.RESOLVE: lambda: (resolution(house, registration, (BOB,)), (REVIEWING,), ()),
        Verb.ATTEST: lambda: (house.attest(registration, step=step), (APPROVING,), (filing,)),
        Verb.REFUSE: lambda: officer(Refuse, ground=1, decision=DECISION),
        Verb.TERMINATE: lambda: officer(Terminate, decision=DECISION),
        Verb.WITHDRAW: lambda: (Withdraw(**by), (ALICE,), (filing,)),
    }
    return makers[verb]()


def resolution(
    house: House, registration: str, who: tuple[Person, ...], outcome: int = 1, **changes: Any
) -> Resolve:
    values: dict[str, Any] = {
        "registrar": REGISTRAR,
        "officer": REVIEWING.address,
        "registration": registration,
        "objectors": tuple(person.party for person in who),
        "serials": (0,) * len(who),
        "outcome": outcome,
        "decision": DECISION,
        "deadline": house.now + DAY,
    }
    return Resolve(**values | changes)


def with_step(message: Message, change: int) -> Message:
    values = {name: getattr(message, name) for name in type(message).model_fields}
    if "steps" in values:
        values["steps"] = tuple(step + change for step in values["steps"])
    else:
        values["step"] += change
    return type(message)(**values)


def record_slot(registration: str) -> int:
    return slot_of("Registrations", "_records", registration)


def slot_of(contract: str, mapping: str, key: str) -> int:
    """Where a mapping from hashes keeps the word of one."""
    layout = artefact(contract)["storageLayout"]["storage"]
    place = next(int(one["slot"]) for one in layout if one["label"] == mapping)
    return int.from_bytes(keccak(from_hex(key) + place.to_bytes(32, "big")), "big")
