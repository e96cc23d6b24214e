"""Every act on every objection at every moment by anybody, against the plain Python model.

Machine
├── objections of four parties to three registrations, one of which does not stand
├── what the table permits, done as it should be; and anything at all, done by anyone at any time
├── acts sent again, acts voided
└── after every act
    ├── the contract refused with the model's reason and left nothing behind, or took effect as the model did
    ├── O1: the counters say how many objections are open, one a party and registration at most
    ├── O2: nothing is closed but what was admitted, settled, silently accepted or decided
    ├── O3: rights and registrations are as they were
    └── O4: each fact bears the next step and the state it led to; head and count follow from the logs
"""

from typing import Any, ClassVar

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from registry.hashes import from_hex
from registry.messages import ZERO, Message, Void
from registry.objections.acts import Contest
from registry.rules.objections import ENDED, OPEN, Outcome, State, Verb, row, verbs
from tests.contracts.disputes import KINDS, MEASURE, Case, contest, dispute, open_objections
from tests.contracts.evm import Fault
from tests.contracts.house import (
    ALICE,
    APPROVER,
    APPROVING,
    BOB,
    CAROL,
    DAY,
    OTHER_REGISTRAR,
    OTHER_REVIEWING,
    REGISTRAR,
    REVIEWER,
    REVIEWING,
    STRANGER,
    House,
    Person,
    commitment,
    replay,
)
from tests.contracts.objection_model import ObjectionModel, ObjectionObstacle
from tests.contracts.watched import uniform

PEOPLE = (ALICE, BOB, CAROL, STRANGER)
OFFICERS = (REVIEWING, APPROVING, OTHER_REVIEWING)
UNTOUCHED = ("Rights", "Registrations", "Registrars", "Parties")
# What some run came to: verbs that took effect, obstacles and errors that were met, states reached.
REACHED: set[str] = set()
_STANDING: list[tuple[House, tuple[str, ...]]] = []


def standing() -> tuple[House, tuple[str, ...]]:
    """Two registrations that stand, of ALICE and BOB and of ALICE alone, and one that is published."""
    if not _STANDING:
        house = House.build()
        both = house.attested(ALICE, BOB)[1]
        one = house.attested(ALICE, number=1)[1]
        _STANDING.append((house, (both, one, house.published(BOB, number=2)[1])))
    return _STANDING[0]


class Disputes(RuleBasedStateMachine):
    people: ClassVar[Any] = uniform(PEOPLE)

    has_objection = precondition(lambda self: bool(self.model.openings))

    @initialize()
    def open(self) -> None:
        house, self.registrations = standing()
        self.house = house.fork()
        both, one, _ = self.registrations
        self.model = ObjectionModel(
            now=self.house.now,
            attested={both: REGISTRAR, one: REGISTRAR},
            holders={both: {ALICE.party, BOB.party}, one: {ALICE.party}},
            officers={
                (REGISTRAR, REVIEWING.address): REVIEWER,
                (REGISTRAR, APPROVING.address): APPROVER,
                (OTHER_REGISTRAR, OTHER_REVIEWING.address): REVIEWER,
            },
        )
        self.untouched = self.roots_of(UNTOUCHED)
        self.root = self.roots_of(("Objections",))
        self.head, self.count = bytes(24), 0
        self.made = 0
        self.done: list[tuple[Message, Person, tuple[Message, ...]]] = []
        self.object(CAROL, both, forged=False)

    def roots_of(self, names: tuple[str, ...]) -> dict[str, bytes]:
        storage = self.house.storage()
        return {name: storage[name] for name in names}

    # --- rules ----------------------------------------------------------------------------------

    @rule(seconds=uniform([1, 3600, DAY, 8 * DAY]))
    def wait(self, seconds: int) -> None:
        self.house.now = self.model.now = self.model.now + seconds

    @rule(data=st.data(), later=uniform([0, 1]))
    @has_objection
    def wait_for_the_end_of_something(self, data: st.DataObject, later: int) -> None:
        until = self.model.dispute(self.some(data)).until + later
        if self.model.now < until:
            self.house.now = self.model.now = until

    @rule(person=people, place=uniform([0, 0, 0, 1, 1, 2]), forged=uniform([False] * 7 + [True]))
    def contest(self, person: Person, place: int, forged: bool) -> None:
        self.object(person, self.registrations[place], forged=forged)

    @rule(data=st.data())
    @has_objection
    def go_on(self, data: st.DataObject) -> None:
        """What the table permits in the state, as it should be done, if its time has come."""
        self.do(data, self.some(data))

    @rule(data=st.data())
    @has_objection
    def see_to_the_end(self, data: st.DataObject) -> None:
        """As above, one act after another, waiting where one must."""
        id = self.some(data)
        for _ in range(10):
            stands = self.model.dispute(id)
            if stands.state in ENDED:
                return
            if data.draw(uniform([True, False])) and stands.until >= self.model.now:
                self.house.now = self.model.now = stands.until + 1
            self.do(data, id)

    @rule(data=st.data(), answer=uniform([1, 1, 2]))
    @has_objection
    def tell_and_answer(self, data: st.DataObject, answer: int) -> None:
        case = self.case(self.some(data, State.FILED))
        self.send(*case.sound(Verb.NOTIFY_HOLDER))
        self.send(*case.sound(Verb.RESPOND, answer=answer), opening=case.opening)

    @rule(data=st.data(), outcome=uniform([1, 2]), others=uniform([True, False]))
    @has_objection
    def conclude_and_accept(self, data: st.DataObject, outcome: int, others: bool) -> None:
        """From wherever it stands; most go this way, so that a few runs are sure to have come to its end."""
        case = self.case(self.some(data, State.CONTESTED, State.FILED))
        if case.stands.state is State.FILED:
            self.send(*case.sound(Verb.NOTIFY_HOLDER))
            self.send(*case.sound(Verb.RESPOND, answer=2), opening=case.opening)
        self.send(*case.sound(Verb.CONCLUDE, outcome=outcome))
        objector = next(p for p in PEOPLE if p.party == case.opening.objector)
        for person in (ALICE, objector) if others else (objector, ALICE):
            message, signer = case.sound(Verb.ACCEPT_CONCLUSION, by=person)
            self.send(message, signer, opening=case.opening)

    @rule(data=st.data(), verb=uniform([verb for verb in Verb if verb is not Verb.CONTEST]))
    @has_objection
    def do_anything(self, data: st.DataObject, verb: Verb) -> None:
        """A verb on whatever is there, by whoever, about whatever."""
        case = self.case(self.some(data))
        _, usual, _ = KINDS[verb]
        crowd = OFFICERS if usual in OFFICERS else PEOPLE
        changes: dict[str, Any] = {}
        if usual in OFFICERS and data.draw(uniform([False] * 5 + [True])):
            changes["registrar"] = OTHER_REGISTRAR
        for name, choices in (
            ("until", [self.model.now + DAY, self.model.now + DAY, self.model.now]),
            ("outcome", [0, 1, 2]),
            ("forum", [0, 1, 2]),
            ("answer", [0, 1, 2]),
            ("measure", [ZERO, MEASURE]),
        ):
            if name in KINDS[verb][0].members:
                changes[name] = data.draw(uniform(choices))
        step = case.stands.step + data.draw(uniform([0] * 7 + [1, -1]))
        by = data.draw(uniform([usual, *crowd]))
        deadline = self.model.now + data.draw(uniform([DAY, DAY, DAY, 0, -1]))
        message, signer = case.sound(verb, by=by, step=step, deadline=deadline, **changes)
        signer = data.draw(uniform([signer] * 7 + [STRANGER]))
        opening = (
            self.model.openings[self.some(data)] if data.draw(uniform(range(8))) == 0 else None
        )
        self.send(message, signer, opening=opening or case.opening)

    @rule(data=st.data())
    @precondition(lambda self: bool(self.done))
    def send_again(self, data: st.DataObject) -> None:
        message, signer, witnesses = data.draw(uniform(self.done))
        opening = witnesses[0] if witnesses else None
        assert self.send(message, signer, opening=opening) is not None

    @rule(data=st.data())
    @has_objection
    def void(self, data: st.DataObject) -> None:
        """Voided before it is sent, an act is refused for good."""
        case = self.case(self.some(data))
        verb = data.draw(uniform(verbs(case.stands.state) or (Verb.RESPOND,)))
        message, signer = case.sound(verb)
        deadline = self.house.now + DAY
        void = Void(act=self.house.digest(message), signer=signer.address, deadline=deadline)
        signature = signer.sign(void.digest(self.house.domain("Objections")))
        expected = self.model.void("", void, signer.address)
        data_ = void.calldata((signature,))
        receipt = self.house.evm.send(
            self.house.contracts["Objections"], data_, sender=STRANGER.address
        )
        assert receipt.fault == expected
        if expected is None:
            self.follow(receipt.logs)
        assert self.send(message, signer, opening=case.opening) is not None

    # --- sending --------------------------------------------------------------------------------

    def some(self, data: st.DataObject, *states: State) -> str:
        """An objection in one of these states; any, the open ones first, when none is."""
        ids = sorted(self.model.openings)
        if those := [id for id in ids if self.model.dispute(id).state in states]:
            return data.draw(uniform(those))
        alive = [id for id in ids if self.model.dispute(id).state in OPEN]
        return data.draw(uniform(alive * 3 + ids))

    def case(self, id: str) -> Case:
        opening = self.model.openings[id]
        return Case(self.house, opening.registration, opening)

    def object(self, person: Person, registration: str, *, forged: bool) -> None:
        self.made += 1
        message = contest(self.house, registration, by=person, grounds=commitment(self.made))
        self.send(message, BOB if forged and person is not BOB else person)

    def do(self, data: st.DataObject, id: str) -> None:
        case = self.case(id)
        state = case.stands.state
        choices = verbs(state)
        if not choices:
            return
        # A drop or an instrument ends what could become longer.
        rare = (Verb.DROP_OBJECTION, Verb.RECORD_INSTRUMENT)
        verb = data.draw(uniform([v for v in choices if v not in rare] * 3 + list(choices)))
        changes: dict[str, Any] = {}
        holders = [p for p in PEOPLE if p.party in self.model.holders[case.registration]]
        objector = next(p for p in PEOPLE if p.party == case.opening.objector)
        if verb in (Verb.SUPPLY_EVIDENCE, Verb.DROP_OBJECTION):
            changes["by"] = objector
        elif verb is Verb.RESPOND:
            changes |= {"by": data.draw(uniform(holders)), "answer": data.draw(uniform([1, 2]))}
        elif verb in (Verb.ACCEPT_CONCLUSION, Verb.REFUSE_CONCLUSION):
            changes["by"] = data.draw(uniform([*holders, objector]))
        elif verb in (Verb.CONCLUDE, Verb.RECORD_INSTRUMENT):
            changes["outcome"] = data.draw(uniform([1, 2]))
        elif verb is Verb.CLOSE_OBJECTION:
            is_owed = state is State.ADMITTED or case.stands.outcome is Outcome.UPHELD
            changes["measure"] = MEASURE if is_owed else ZERO
        message, signer = case.sound(verb, **changes)
        self.send(message, signer, opening=case.opening)

    def send(self, message: Any, signer: Person, *, opening: Message | None = None) -> Fault | None:
        house, model = self.house, self.model
        witnesses = (opening,) if message.witness == "opening" and opening else ()
        act = house.digest(message)
        witness = None
        if witnesses:
            assert isinstance(opening, Contest)
            witness = house.digest(opening), opening
        before = model.dispute(getattr(message, "objection", act))
        expected = model.apply(act, message, signer.address, witness)
        receipt = house.send(message, signer, filings=witnesses)
        assert receipt.fault == expected, (message, expected)
        if expected is not None:
            obstacle = expected.error == "ObjectionHindered"
            REACHED.add(ObjectionObstacle(expected.members[1]).name if obstacle else expected.error)
            assert self.roots_of(("Objections",)) == self.root
            return expected
        self.done.append((message, signer, witnesses))
        REACHED.add(type(message).__name__)
        signed, fact = house.facts(receipt)
        id = fact.members["objection"]
        after = model.dispute(id)
        REACHED.add(after.state.name)
        self.check_move(before.state, after.state, type(message).verb)
        assert signed.members == {"act": act, "signer": signer.address}
        if "step" in fact.members:
            assert (fact.members["step"], fact.members["reached"]) == (before.step + 1, after.state)
        self.follow(receipt.logs)
        return None

    def check_move(self, before: State, after: State, verb: str) -> None:
        """O2: nothing happens that the table does not have."""
        permitted = row(before, Verb(verb))
        assert permitted
        assert after in permitted.after

    def follow(self, logs: Any) -> None:
        """O4: head and count follow from the logs alone."""
        ours = [log for log in logs if log.address == self.house.contracts["Objections"]]
        self.head, self.count = replay(self.head, ours), self.count + len(ours)
        assert self.house.tip("Objections") == ("0x" + self.head.hex(), self.count)
        self.root = self.roots_of(("Objections",))

    # --- what always holds ----------------------------------------------------------------------

    @invariant()
    def every_objection_is_the_models(self) -> None:
        for id in getattr(self, "model", _NOTHING).openings:
            assert dispute(self.house, id) == self.model.dispute(id)

    @invariant()
    def the_counters_say_what_is_open(self) -> None:
        """O1."""
        for registration in getattr(self, "registrations", ()):
            assert open_objections(self.house, registration) == self.model.open_to(registration)
            for person in PEOPLE:
                question = from_hex(registration), from_hex(person.party)
                found = self.house.ask("Objections", "isContesting", *question)
                assert int(found) == self.model.open_to(registration, person.party)

    @invariant()
    def nothing_else_changes(self) -> None:
        """O3."""
        if hasattr(self, "untouched"):
            assert self.roots_of(UNTOUCHED) == self.untouched


_NOTHING = ObjectionModel(0, {}, {}, {})
SEEDS = 12
VERBS = {verb.__name__ for verb in ObjectionModel.VERBS}
STATES = {state.name for state in State if state}
# That a registration is full takes 255 objectors, and is tested elsewhere.
OBSTACLES = {each.name for each in ObjectionObstacle if each} - {"TOO_MANY"}


def test_the_contract_answers_as_the_model_does() -> None:
    for number in range(SEEDS):
        # Several fixed seeds with few examples each, because hypothesis varies what it tried before.
        seed(number)(Disputes)
        run_state_machine_as_test(
            Disputes,
            settings=settings(
                max_examples=3,
                stateful_step_count=40,
                deadline=None,
                database=None,
                # A run that fails is one to read; to shrink it takes minutes.
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            ),
        )
    assert VERBS <= REACHED, f"never took effect: {VERBS - REACHED}"
    assert STATES <= REACHED, f"never reached: {STATES - REACHED}"
    # Each obstacle has its own test elsewhere; here most are met in passing.
    assert len(OBSTACLES & REACHED) >= 9, f"never met: {OBSTACLES - REACHED}"
