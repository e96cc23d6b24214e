"""What each verb costs, exactly: Prague, first access cold, keys from fixed seeds.

Whole transactions, 21,000 and calldata included. `each` divides a transaction by its records.
"""

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

from registry.messages import Void
from registry.parties import ConcludeKey, KeepKey, ProposeKey, ReplaceKey
from registry.registrations.acts import (
    Correct,
    DeemAccepted,
    Refuse,
    RequestCorrection,
    RequestSupplement,
    Resolve,
    Supplement,
    Terminate,
    Withdraw,
)
from registry.rules.objections import State, Verb
from tests.contracts.disputes import in_state, ready
from tests.contracts.evm import Receipt
from tests.contracts.house import (
    ALICE,
    APPROVING,
    BOB,
    CAROL,
    DAY,
    GATED,
    GRACE,
    KEY_NOTICE,
    REGISTRAR,
    REVIEWING,
    SILENCE,
    STRANGER,
    House,
    Person,
    commitment,
)

FILE = Path(__file__).with_name("gas.json")
MANY = 100
LIST = commitment(900)


def paid(receipt: Receipt) -> int:
    assert receipt.fault is None, receipt.fault
    return receipt.gas


def measure(built: House) -> dict[str, int]:
    """Name → gas. A first filing of another party wakes the ledger before each figure."""
    settled = built.fork()
    settled.filed(STRANGER, number=10_000)
    figures: dict[str, int] = {}
    for name, scenario in ONE.items():
        figures[name] = scenario(settled.fork())
    figures |= many(settled.fork())
    return figures


def filing(*people: Person) -> Callable[[House], int]:
    def scenario(house: House) -> int:
        signers = sorted(people, key=lambda person: person.party)
        return paid(house.send(house.file(*people), *signers))

    return scenario


def filing_after_replacement(house: House) -> int:
    replacement = ReplaceKey(party=ALICE.party, key=BOB.address, step=0, deadline=house.now)
    house.act(replacement, ALICE, BOB)
    return paid(house.send(house.file(ALICE), BOB))


def accept(house: House) -> int:
    _, registration = house.filed(ALICE)
    return paid(house.send(house.accept(registration), REVIEWING))


def deem_accepted(house: House) -> int:
    _, registration = house.filed(ALICE)
    house.now += SILENCE
    act = DeemAccepted(
        sender=STRANGER.address, registration=registration, step=1, deadline=house.now
    )
    return paid(house.send(act, STRANGER))


def request_correction(house: House) -> int:
    _, registration = house.filed(ALICE)
    act = RequestCorrection(**house.officer(registration, 1, list=LIST, until=house.now + DAY))
    return paid(house.send(act, REVIEWING))


def correct(house: House) -> int:
    message, registration = house.filed(ALICE)
    act = RequestCorrection(**house.officer(registration, 1, list=LIST, until=house.now + DAY))
    house.act(act, REVIEWING)
    answer = Correct(
        party=ALICE.party, registration=registration, step=2, papers=LIST, deadline=house.now
    )
    return paid(house.send(answer, ALICE, filings=(message,)))


def request_supplement(house: House) -> int:
    _, registration = house.accepted(ALICE)
    act = RequestSupplement(**house.officer(registration, 2, list=LIST, until=house.now + DAY))
    return paid(house.send(act, REVIEWING))


def supplement(house: House) -> int:
    message, registration = house.accepted(ALICE)
    act = RequestSupplement(**house.officer(registration, 2, list=LIST, until=house.now + DAY))
    house.act(act, REVIEWING)
    answer = Supplement(
        party=ALICE.party, registration=registration, step=3, papers=LIST, deadline=house.now
    )
    return paid(house.send(answer, ALICE, filings=(message,)))


def terminate(house: House) -> int:
    _, registration = house.accepted(ALICE)
    act = RequestSupplement(**house.officer(registration, 2, list=LIST, until=house.now + DAY))
    house.act(act, REVIEWING)
    house.now += DAY + 1
    end = Terminate(**house.officer(registration, 3, decision=LIST))
    return paid(house.send(end, REVIEWING))


def publish(house: House) -> int:
    _, registration = house.accepted(ALICE)
    return paid(house.send(house.publish(registration), REVIEWING))


def object_(house: House) -> int:
    _, registration = house.published(ALICE)
    return paid(house.send(house.object(BOB, registration), BOB))


def resolve(number: int) -> Callable[[House], int]:
    def scenario(house: House) -> int:
        _, registration = house.published(ALICE)
        people = [Person(f"objector {i}") for i in range(number)]
        for person in people:
            house.act(house.object(person, registration), person)
        act = Resolve(
            registrar=441,
            officer=REVIEWING.address,
            registration=registration,
            objectors=tuple(person.party for person in people),
            serials=(0,) * number,
            outcome=1,
            decision=LIST,
            deadline=house.now,
        )
        return paid(house.send(act, REVIEWING))

    return scenario


def attest(*people: Person, profile: int = 1) -> Callable[[House], int]:
    def scenario(house: House) -> int:
        message, registration = house.attestable(*people, profile=profile)
        act = house.attest(registration, profile=profile)
        return paid(house.send(act, APPROVING, filings=(message,)))

    return scenario


def refuse(house: House) -> int:
    _, registration = house.filed(ALICE)
    act = Refuse(**house.officer(registration, 1, ground=1, decision=LIST))
    return paid(house.send(act, REVIEWING))


def withdraw(house: House) -> int:
    message, registration = house.filed(ALICE)
    act = Withdraw(party=ALICE.party, registration=registration, step=1, deadline=house.now)
    return paid(house.send(act, ALICE, filings=(message,)))


def withdraw_unfiled(house: House) -> int:
    message = house.file(ALICE)
    registration = house.digest(message)
    act = Withdraw(party=ALICE.party, registration=registration, step=0, deadline=house.now)
    return paid(house.send(act, ALICE, filings=(message,)))


def void(house: House) -> int:
    act = Void(act=LIST, signer=ALICE.address, deadline=house.now)
    return paid(house.send(act, ALICE))


def replace_key(house: House) -> int:
    act = ReplaceKey(party=ALICE.party, key=BOB.address, step=0, deadline=house.now)
    return paid(house.send(act, ALICE, BOB))


def objection(verb: Verb, state: State, **changes: Any) -> Callable[[House], int]:
    """An act on an objection in a state, to a registration of two holders."""

    def scenario(house: House) -> int:
        case = in_state(house, state)
        ready(case, verb)
        message, signer = case.sound(verb, **changes)
        return paid(house.send(message, signer, filings=case.witness(message)))

    return scenario


def proposal_of(house: House) -> ProposeKey:
    return ProposeKey(
        registrar=REGISTRAR,
        officer=APPROVING.address,
        party=ALICE.party,
        step=0,
        instrument=LIST,
        until=house.now + KEY_NOTICE,
        key=BOB.address,
        deadline=house.now,
    )


def propose_key(house: House) -> int:
    return paid(house.send(proposal_of(house), APPROVING, BOB))


def keep_key(house: House) -> int:
    house.act(proposal_of(house), APPROVING, BOB)
    act = KeepKey(
        party=ALICE.party, signer=ALICE.address, instrument=LIST, step=1, deadline=house.now
    )
    return paid(house.send(act, ALICE))


def conclude_key(house: House) -> int:
    house.act(proposal_of(house), APPROVING, BOB)
    house.now += KEY_NOTICE + 1
    act = ConcludeKey(sender=STRANGER.address, party=ALICE.party, step=1, deadline=house.now)
    return paid(house.send(act, STRANGER))


def accept_by(generations: int) -> Callable[[House], int]:
    """Accepting what was filed with a registrar so many hand-overs ago."""

    def scenario(house: House) -> int:
        _, registration = house.filed(ALICE)
        line = (REGISTRAR, *range(100, 100 + generations))
        house.grant(*(("Registrars", "admit", number) for number in line[1:]))
        house.grant(("Registrars", "appoint", line[-1], CAROL.address, 1))
        for number, heir in pairwise(line):
            house.revoke("Registrars", "expel", number, bytes(32))
            house.grant(("Registrars", "handOver", number, heir, bytes(32), b"m" * 32))
        act = house.accept(registration, officer=CAROL.address, deadline=house.now + DAY)
        return paid(house.send(act, CAROL))

    return scenario


APPLICANTS = tuple(Person(f"applicant {i}") for i in range(32))

ONE: dict[str, Callable[[House], int]] = {
    "file": filing(ALICE),
    "file, 2 applicants": filing(ALICE, BOB),
    "file, 3 applicants": filing(ALICE, BOB, CAROL),
    "file, 32 applicants": filing(*APPLICANTS),
    "file, by a party that changed its key": filing_after_replacement,
    "accept": accept,
    "deemAccepted": deem_accepted,
    "requestCorrection": request_correction,
    "correct": correct,
    "requestSupplement": request_supplement,
    "supplement": supplement,
    "terminate": terminate,
    "publish": publish,
    "object": object_,
    "resolve": resolve(1),
    "resolve, 10 objections": resolve(10),
    "attest": attest(ALICE),
    "attest, 3 applicants": attest(ALICE, BOB, CAROL),
    "attest, 32 applicants": attest(*APPLICANTS),
    "attest, behind a gate": attest(ALICE, profile=GATED),
    "refuse": refuse,
    "withdraw": withdraw,
    "withdraw, before it was filed": withdraw_unfiled,
    "void": void,
    "replaceKey": replace_key,
    "contest": objection(Verb.CONTEST, State.NONE),
    "requestEvidence": objection(Verb.REQUEST_EVIDENCE, State.FILED),
    "supplyEvidence": objection(Verb.SUPPLY_EVIDENCE, State.EVIDENCE_REQUESTED),
    "notifyHolder": objection(Verb.NOTIFY_HOLDER, State.FILED),
    "respond": objection(Verb.RESPOND, State.NOTIFIED),
    "conclude": objection(Verb.CONCLUDE, State.CONTESTED),
    "acceptConclusion": objection(Verb.ACCEPT_CONCLUSION, State.CONCLUDED),
    "refuseConclusion": objection(Verb.REFUSE_CONCLUSION, State.CONCLUDED),
    "recordInstrument": objection(Verb.RECORD_INSTRUMENT, State.REFERRED),
    "closeObjection": objection(Verb.CLOSE_OBJECTION, State.DECIDED),
    "lapseObjection": objection(Verb.LAPSE_OBJECTION, State.EVIDENCE_REQUESTED),
    "dropObjection": objection(Verb.DROP_OBJECTION, State.FILED),
    "proposeKey": propose_key,
    "keepKey": keep_key,
    "concludeKey": conclude_key,
    "accept, by a successor": accept_by(1),
    "accept, after 8 hand-overs": accept_by(8),
}


def many(house: House) -> dict[str, int]:
    """The whole procedure for a hundred parties at once, a party a filing."""
    people = [Person(f"applicant {i}") for i in range(MANY)]
    filings = tuple(house.file(person, number=i) for i, person in enumerate(people))
    ids = [house.digest(message) for message in filings]
    signed = list(zip(filings, people, strict=True))
    total = 0
    figures: dict[str, int] = {}

    def each(name: str, receipt: Receipt) -> None:
        nonlocal total
        total += paid(receipt)
        assert len(receipt.logs) >= MANY
        figures[f"{name}, {MANY} at once, each"] = round(receipt.gas / MANY)

    each("file", house.batch("Registrations", [house.calldata(m, p) for m, p in signed]))
    each("accept", house.send(house.accept(*ids), REVIEWING))
    each("publish", house.send(house.publish(*ids), REVIEWING))
    house.now = house.record(ids[0]).until + GRACE + 1
    each("attest", house.send(house.attest(*ids), APPROVING, filings=filings))
    figures[f"whole procedure, {MANY} at once, each"] = round(total / MANY)
    bulk = tuple(house.file(ALICE, number=1000 + i) for i in range(MANY))
    acts = [house.calldata(message, ALICE) for message in bulk]
    figures[f"file, {MANY} of one party at once, each"] = round(
        paid(house.batch("Registrations", acts)) / MANY
    )
    return figures
