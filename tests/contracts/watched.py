"""A house and its model side by side: each act goes to both, and what must always hold is looked at."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
)

from registry.hashes import from_hex, keccak
from registry.messages import Message
from registry.registrations.acts import File
from registry.rights.acts import Execute
from registry.rights.questions import id_of
from registry.rules.profiles import Kind
from registry.rules.states import State
from tests.contracts.evm import Fact, Fault, Receipt
from tests.contracts.house import (
    ALICE,
    APPROVER,
    APPROVING,
    BOB,
    CAROL,
    GATED,
    GRACE,
    LEDGERS,
    NOTICE,
    OTHER_REGISTRAR,
    OTHER_REVIEWING,
    REGISTRAR,
    RELAYER,
    RENEWAL_WINDOW,
    REVIEWER,
    REVIEWING,
    SANDBOX,
    SILENCE,
    VALIDITY,
    House,
    Person,
    replay,
)
from tests.contracts.later import NOTICED
from tests.contracts.model import BITS, Held, Model, Obstacle, Terms
from tests.contracts.test_code import month_of

PEOPLE = (ALICE, BOB, CAROL)
OFFICERS = (REVIEWING, APPROVING, OTHER_REVIEWING)
TERMS = Terms(
    prefix="XX",
    silence=SILENCE,
    notice=NOTICE,
    grace=GRACE,
    validity=VALIDITY,
    renewal=RENEWAL_WINDOW,
    kinds=sum(1 << kind for kind in Kind if kind != Kind.REVOCATION),
    noticed=sum(1 << kind for kind in NOTICED),
    coded=1 << Kind.INITIAL | 1 << Kind.TRANSFER,
    bears=7,
)
T = TypeVar("T")
_BUILT: list[House] = []
# What some run of the machine came to: verbs that took effect, obstacles and errors that were met.
REACHED: set[str] = set()


def hindered(fault: Fault) -> bool:
    return fault.error == "Hindered"


def built() -> House:
    if not _BUILT:
        _BUILT.append(House.build())
    return _BUILT[0]


@dataclass(frozen=True)
class Sent:
    """An act as it was sent, to be sent again."""

    message: Message
    signers: tuple[Person, ...]
    filings: tuple[File, ...]


def registrations_of(message: Any) -> tuple[str, ...]:
    """The registrations that an act names."""
    one = getattr(message, "registration", None)
    return (one,) if one else getattr(message, "registrations", ())


def uniform(options: Sequence[T]) -> st.SearchStrategy[T]:
    """Each as likely as the others: `sampled_from` favours the first, and rare acts would stay rare."""

    def chosen(number: int) -> T:
        return options[int.from_bytes(keccak(number.to_bytes(8, "big"))[:8], "big") % len(options)]

    return st.integers(0, 2**63).map(chosen)


class Watched(RuleBasedStateMachine):
    """The rules are in test_machine.py."""

    def furnish(self) -> None:
        self.house = built().fork()
        self.model = Model(
            now=self.house.now,
            profiles={
                SANDBOX: TERMS,
                GATED: replace(TERMS, is_shut=lambda party: party == CAROL.party),
            },
            officers={
                (REGISTRAR, REVIEWING.address): REVIEWER,
                (REGISTRAR, APPROVING.address): APPROVER,
                (OTHER_REGISTRAR, OTHER_REVIEWING.address): REVIEWER,
            },
            month_of=month_of,
        )
        self.house.revoke("BarredParties", "bar", from_hex(CAROL.party), bytes(32), 2**40 - 1)
        self.filings: dict[str, File] = {}
        self.sent: list[Sent] = []
        self.done: list[Sent] = []
        self.codes: list[tuple[int, int, str]] = []
        # Rights that ended: an entry and a bit.
        self.ended: set[tuple[str, int]] = set()
        self.roots = self.house.storage()
        self.resync()
        self.keys = {person.party: person for person in PEOPLE}

    # --- sending --------------------------------------------------------------------------------

    def send(self, message: Message, *signers: Person, filings: tuple[File, ...] = ()) -> Receipt:
        house, model = self.house, self.model
        steps = {id: r.step for id, r in model.records.items()}
        before = dict(model.rights)
        self.look_at_ends()
        witnesses = tuple((house.digest(filing), filing) for filing in filings)
        digest = house.digest(message)
        expected = model.apply(
            digest, message, tuple(person.address for person in signers), witnesses
        )
        receipt = house.send(message, *signers, filings=filings)
        assert receipt.fault == expected, (message, expected)
        if expected is not None:
            REACHED.add(
                Obstacle(expected.members[1]).name if hindered(expected) else expected.error
            )
            # I10: a refused act leaves nothing behind.
            assert house.storage() == self.roots
            return receipt
        self.done.append(Sent(message, signers, filings))
        REACHED.add(type(message).__name__)
        REACHED.update(obstacle.name for _, obstacle in model.skipped)
        facts = house.facts(receipt)
        assert facts
        self.check_facts([fact for fact in facts if fact.contract != "Rights"], steps)
        self.check_changes([fact for fact in facts if fact.contract == "Rights"], before)
        self.check_ends(isinstance(message, Execute))
        self.check_heads(receipt)
        self.roots = house.storage()
        for id in {self.house.digest(message), *registrations_of(message)} & self.filings.keys():
            self.compare(id)
            for claim in self.filings[id].claims:
                self.compare_entry(id_of(self.filings[id].subject, claim.party))
        if right := getattr(message, "right", None):
            self.compare_entry(right)
        return receipt

    def check_changes(self, facts: list[Fact], before: dict[str, Held]) -> None:
        """I9 and I12: each change of an entry is a fact with its next step; a transfer moves rights."""
        steps = {right: held.step for right, held in before.items()}
        moved: dict[int, int] = {}
        for fact in facts:
            right, rights = fact.members.get("right"), fact.members.get("rights", 0)
            if right is None:
                continue
            if fact.event == "RightAttested" or (
                fact.event == "RightReceived" and right not in steps
            ):
                steps[right] = 0
            elif fact.event == "RenewalAnnounced":
                assert fact.members["step"] == steps[right]
            else:
                steps[right] += 1
                assert fact.members["step"] == steps[right]
            sign = {"RightGiven": -1, "RightAttested": 1}.get(fact.event, 0)
            for bit in BITS:
                moved[bit] = moved.get(bit, 0) + sign * bool(rights & bit)
        assert steps == {right: held.step for right, held in self.model.rights.items()}
        if any(fact.event == "RightGiven" for fact in facts):
            initial = [
                fact
                for fact in facts
                if fact.event == "RightAttested"
                and self.filings[fact.members["registration"]].kind == Kind.INITIAL
            ]
            for bit in BITS:
                assert moved[bit] == sum(bool(f.members["rights"] & bit) for f in initial)

    def look_at_ends(self) -> None:
        for right, held in self.model.rights.items():
            standing = self.model.standing(right)
            self.ended |= {(right, bit) for bit in held.ends if not bit & standing}

    def check_ends(self, by_instrument: bool) -> None:
        """I14: what ended comes back by an instrument alone."""
        for right in self.model.rights:
            standing = self.model.standing(right)
            back = {(right, bit) for bit in BITS if bit & standing} & self.ended
            assert by_instrument or not back
            self.ended -= back

    def check_facts(self, facts: list[Fact], steps: dict[str, int]) -> None:
        """I9: each change of a record is a fact that bears the next step."""
        for fact in facts:
            if "step" in fact.members and "registration" in fact.members:
                id = fact.members["registration"]
                if fact.event == "RegistrationSkipped":
                    continue
                assert fact.members["step"] == steps.get(id, 0) + 1
                steps[id] = fact.members["step"]
            elif fact.event == "RegistrationFiled":
                steps[fact.members["registration"]] = 1
            if fact.event == "RegistrationAttested":
                kind = self.filings[fact.members["registration"]].kind
                code = bytes.fromhex(fact.members["code"][2:]).decode()
                if not TERMS.coded >> kind & 1:
                    assert not code.strip("\0")
                    continue
                assert code[:5] == "XX" + str(REGISTRAR)
                self.codes.append((REGISTRAR, int(code[5:11]), code))
        assert steps == {id: r.step for id, r in self.model.records.items()}
        skips = [f for f in facts if f.event == "RegistrationSkipped"]
        said = [(f.members["registration"], f.members["obstacle"]) for f in skips]
        assert said == [(id, int(obstacle)) for id, obstacle in self.model.skipped]

    def check_heads(self, receipt: Receipt) -> None:
        """I4: head and count follow from the logs alone."""
        for name in LEDGERS:
            head, count = self.heads[name]
            logs = [log for log in receipt.logs if log.address == self.house.contracts[name]]
            new = "0x" + replay(from_hex(head), logs).hex(), count + len(logs)
            assert self.house.tip(name) == new
            self.heads[name] = new

    def step_of(self, id: str) -> int:
        return self.model.record(id).step

    def some(self, data: st.DataObject, *states: State) -> str:
        """A filing in one of these states; any filing when none is."""
        ids = [id for id in sorted(self.filings) if self.model.record(id).state in states]
        return data.draw(uniform(ids or sorted(self.filings)))

    def key(self, person: Person) -> Person:
        return self.keys[person.party]

    def resync(self) -> None:
        self.heads = {name: self.house.tip(name) for name in LEDGERS}
        self.roots = self.house.storage()

    # --- what always holds ----------------------------------------------------------------------

    def teardown(self) -> None:
        for id in getattr(self, "filings", ()):
            self.compare(id)

    def compare(self, id: str) -> None:
        """I1 and I8: what stands is what was attested, and nothing else ever touches it."""
        if id not in self.filings:
            return
        r = self.model.record(id)
        assert self.house.record(id) == r
        for person in PEOPLE:
            if (id, person.party) not in self.model.objections and r.state != State.PUBLISHED:
                continue
            question = from_hex(id), from_hex(person.party)
            found = self.house.ask("Registrations", "objection", *question)
            assert found == self.model.objections.get((id, person.party), (0, False))
        for claim in self.filings[id].claims:
            right = id_of(id, claim.party)
            if right in self.model.rights:
                assert r.state == State.ATTESTED
                assert not r.open
                assert not r.upheld
            self.compare_entry(right)

    def compare_entry(self, right: str) -> None:
        known = self.model.rights.get(right)
        held = known or Held(0, {}, 0)
        ends = tuple(held.ends.get(bit, 0) for bit in BITS)
        key, now = from_hex(right), self.house.now
        assert self.house.ask("Rights", "entry", key) == (
            held.since,
            *ends,
            held.registrar,
            held.step,
        )
        if known is None:
            return
        assert self.house.ask("Rights", "standing", key, now) == self.model.standing(right)
        # I13: what bars an act is what the remarks that stand name.
        for rights, act in ((1, Kind.TRANSFER), (6, Kind.CANCELLATION)) if held.remarks else ():
            barred = self.house.ask("Rights", "isBarred", key, rights, act, now)
            assert barred == self.model.is_barred(right, rights, act)

    @invariant()
    def codes_are_unique_and_without_gaps(self) -> None:
        """I7."""
        by_month: dict[int, list[str]] = {}
        for _, month, code in self.codes:
            by_month.setdefault(month, []).append(code[11:])
        for month, serials in by_month.items():
            assert serials == [f"{i:04}" for i in range(1, len(serials) + 1)]
            assert self.model.serials[REGISTRAR, month] == len(serials)

    @invariant()
    def the_relayer_has_no_name_anywhere(self) -> None:
        """I6: who sends the transaction leaves no trace in what is remembered."""
        assert self.house.ask("Parties", "stepOf", from_hex(RELAYER.party)) == 0
