"""What each verb costs, exactly: Prague, first access cold, keys from fixed seeds.

Whole transactions, 21,000 and calldata included. `each` divides a transaction by its records.
"""

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

from registry.messages import Message, Void
from registry.parties import ConcludeKey, KeepKey, ProposeKey, ReplaceKey
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
from registry.rules.objections import State, Verb
from registry.rules.profiles import Kind
from tests.contracts import later
from tests.contracts.acts import resolution
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
    for number in (1, MANY):
        figures |= life(settled.fork(), number)
        figures |= later_kinds(settled.fork(), number)
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


class Office:
    """What a registrar does for some parties at each stage: one act each, or all of them at once."""

    def __init__(self, house: House, number: int) -> None:
        self.house = house
        self.people = [Person(f"applicant {i}") for i in range(number)]
        self.paid: dict[str, int] = {}

    def filings(self, kind: int, subjects: list[str], give: bool = False) -> list[File]:
        """An application of each party; a transfer gives all to another."""
        found = []
        for i, (person, subject) in enumerate(zip(self.people, subjects, strict=True)):
            claims = {person: 7}
            if give:
                claims = {person: 7 | later.GIVE, Person(f"receiver {i}"): 7}
            found.append(later.application(self.house, kind, subject, claims, i))
        return found

    def signers(self, message: File) -> list[Person]:
        everybody = self.people + [Person(f"receiver {i}") for i in range(len(self.people))]
        by_party = {person.party: person for person in everybody}
        return [by_party[claim.party] for claim in message.claims]

    def each(self, name: str, messages: list[Message], signers: list[list[Person]]) -> None:
        """An act for each party, through Batch when there are several."""
        house = self.house
        if len(messages) == 1:
            gas = paid(house.send(messages[0], *signers[0]))
        else:
            acts = [house.calldata(m, *s) for m, s in zip(messages, signers, strict=True)]
            receipt = house.batch(messages[0].contract, acts)
            assert not [log for log in receipt.logs if log.address == house.contracts["Batch"]]
            gas = paid(receipt)
        self.paid[name] = round(gas / len(messages))

    def all(
        self, name: str, message: Message, signer: Person, filings: tuple[File, ...] = ()
    ) -> None:
        """One act for all parties."""
        receipt = self.house.send(message, signer, filings=filings)
        self.paid[name] = round(paid(receipt) / len(self.people))

    def file(self, name: str, filings: list[File]) -> list[str]:
        self.each(name, list(filings), [self.signers(filing) for filing in filings])
        return [self.house.digest(filing) for filing in filings]

    def notice(self, ids: list[str]) -> None:
        self.house.now = self.house.record(ids[0]).until + GRACE + 1

    def attest(self, name: str, ids: list[str], filings: list[File], step: int) -> None:
        message = self.house.attest(*ids, step=step)
        self.all(name, message, APPROVING, tuple(filings))

    def rights(self, ids: list[str]) -> list[str]:
        return [self.house.right(id, p.party) for id, p in zip(ids, self.people, strict=True)]

    def initial(self) -> list[str]:
        """A first registration of each party, attested."""
        house = self.house
        filings = [house.file(person, number=i) for i, person in enumerate(self.people)]
        ids = self.file("file", filings)
        self.all("accept", house.accept(*ids), REVIEWING)
        self.all("publish", house.publish(*ids), REVIEWING)
        self.notice(ids)
        self.attest("attest", ids, filings, 3)
        return ids

    def initial_again(self) -> list[str]:
        """Other first registrations, whose cost is known."""
        known = dict(self.paid)
        ids = self.initial()
        self.paid = known
        return ids

    def to_the_window(self, ids: list[str]) -> None:
        self.house.now = self.house.entry(ids[0], self.people[0].party)[1] - 30 * DAY


def suffix(number: int) -> str:
    return "" if number == 1 else f", {number} at once, each"


def life(built: House, number: int) -> dict[str, int]:
    """The ten acts of a right's full life, and with the applications that two of them rest on."""
    office = Office(built, number)
    house, people = built, office.people
    filings = [house.file(person, number=i) for i, person in enumerate(people)]
    ids = office.file("file", filings)
    office.all("accept", house.accept(*ids), REVIEWING)
    office.all("publish", house.publish(*ids), REVIEWING)
    office.each("object", [house.object(BOB, id) for id in ids], [[BOB]] * number)
    decisions: list[Message] = [resolution(house, id, (BOB,)) for id in ids]
    office.each("resolve", decisions, [[REVIEWING]] * number)
    office.notice(ids)
    office.attest("attest", ids, filings, 5)
    amendments = office.filings(Kind.AMENDMENT, ids)
    amended = office.file("file an amendment", amendments)
    office.all("accept an amendment", house.accept(*amended), REVIEWING)
    office.attest("amend", amended, amendments, 2)
    rights = office.rights(ids)
    freezes: list[Message] = [later.remark(house, right) for right in rights]
    office.each("freeze", freezes, [[REVIEWING]] * number)
    thaws: list[Message] = [later.lift(house, right) for right in rights]
    office.each("lift", thaws, [[REVIEWING]] * number)
    office.to_the_window(ids)
    renewals = office.filings(Kind.RENEWAL, ids)
    renewed = office.file("file a renewal", renewals)
    office.all("accept a renewal", house.accept(*renewed), REVIEWING)
    office.all("publish a renewal", house.publish(*renewed), REVIEWING)
    office.notice(renewed)
    office.attest("renew", renewed, renewals, 3)
    return {
        f"life of ten acts{suffix(number)}": sum(office.paid[name] for name in TEN_ACTS),
        f"life of ten acts and what they rest on{suffix(number)}": sum(office.paid.values()),
    }


TEN_ACTS = (
    "file",
    "accept",
    "publish",
    "object",
    "resolve",
    "attest",
    "amend",
    "freeze",
    "lift",
    "renew",
)


def later_kinds(house: House, number: int) -> dict[str, int]:
    office = Office(house, number)
    subjects = office.initial()
    office.paid.clear()
    rights = office.rights(subjects)
    officers: list[list[Person]] = [[APPROVING]] * number

    def registered(kind: int, give: bool = False) -> list[str]:
        name = Kind(kind).name
        filings = office.filings(kind, subjects, give)
        ids = office.file(f"file, {name}", filings)
        step = 2
        house.act(house.accept(*ids), REVIEWING)
        if kind in later.NOTICED:
            house.act(house.publish(*ids), REVIEWING)
            office.notice(ids)
            step = 3
        office.attest(f"attest, {name}", ids, filings, step)
        return ids

    registered(Kind.AMENDMENT)
    freezes: list[Message] = [later.remark(house, right) for right in rights]
    office.each("remark", freezes, [[REVIEWING]] * number)
    thaws: list[Message] = [later.lift(house, right) for right in rights]
    office.each("lift", thaws, [[REVIEWING]] * number)
    executions: list[Message] = [
        later.execute(house, id, person, BOB.party, rights=1)
        for id, person in zip(subjects, office.people, strict=True)
    ]
    office.each("execute", executions, officers)
    cancellations: list[Message] = [later.cancel(house, right, rights=2) for right in rights]
    office.each("cancel", cancellations, officers)
    subjects = office.initial_again()
    registered(Kind.TRANSFER, give=True)
    subjects = office.initial_again()
    office.to_the_window(subjects)
    registered(Kind.RENEWAL)
    registered(Kind.CANCELLATION)
    return {f"{name}{suffix(number)}": gas for name, gas in office.paid.items()}
