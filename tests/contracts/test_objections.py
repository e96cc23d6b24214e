"""Objections to what stands registered, as the table has them (registry/rules/objections.py).

Objections
├── state × verb: what the table permits takes effect and leads where it says; all else is refused
├── O4: every change is a fact that bears the next step and the state it led to
├── an act names the step it is for; who sends it does not matter; what its signer voided is dead
├── contest: an attested registration of the registrar named; one open a party, 255 open at most; once
├── evidence: asked for and supplied in time, or the objection lapses; once referred, proof of proceedings
├── respond: each holder once, also late; one who contests outweighs all who admit; nobody answers himself
├── conclude: after a contest, or once the time to answer is over
├── accept, refuse: both sides, until it is acted upon; an objector that also holds is one side alone
├── instrument: whatever went before; the later one counts; nothing is dropped after it
├── close: by an approver, with the measure where one is owed and with none where none is
├── O1: the counter says how many are open
└── O3: no right and no record of a registration changes by any of it
"""

import pytest

from registry.hashes import from_hex
from registry.messages import ZERO, Void
from registry.parties import ReplaceKey
from registry.rules.objections import ENDED, OPEN, Forum, Outcome, State, Verb, row
from tests.contracts.disputes import (
    ADMITS,
    DISMISSED,
    MEASURE,
    NONE,
    Case,
    contest,
    dispute,
    hindered,
    in_state,
    open_objections,
    opened,
    ready,
    standing,
)
from tests.contracts.evm import Fault
from tests.contracts.house import (
    ALICE,
    APPROVER,
    APPROVING,
    BOB,
    CAROL,
    DAY,
    OTHER_APPROVING,
    OTHER_REGISTRAR,
    OTHER_REVIEWING,
    REGISTRAR,
    REVIEWER,
    REVIEWING,
    STRANGER,
    House,
    Person,
    commitment,
)
from tests.contracts.objection_model import ObjectionObstacle

OF_OFFICERS = (
    Verb.REQUEST_EVIDENCE,
    Verb.NOTIFY_HOLDER,
    Verb.CONCLUDE,
    Verb.RECORD_INSTRUMENT,
    Verb.CLOSE_OBJECTION,
    Verb.LAPSE_OBJECTION,
)
LATER = [verb for verb in Verb if verb is not Verb.CONTEST]


def a_case_for(house: House, verb: Verb) -> Case:
    """An objection on which this verb's usual act would take effect."""
    state = next(state for state in State if row(state, verb))
    case = in_state(house, state)
    ready(case, verb)
    return case


class TestStateByVerb:
    @pytest.mark.parametrize("verb", list(Verb))
    @pytest.mark.parametrize("state", list(State))
    def test_follows_the_table(self, house: House, state: State, verb: Verb) -> None:
        case = in_state(house, state)
        permitted = row(state, verb)
        if permitted:
            ready(case, verb)
        if verb is Verb.CONTEST:
            # In its own time, so that only the state can be in the way.
            house.now = min(house.now, case.opening.deadline)
        before = case.stands
        message, signer = case.sound(verb)
        if permitted is None:
            expected = hindered(case.id, ObjectionObstacle.WRONG_STATE)
            if verb is Verb.CONTEST:
                expected = Fault("AlreadyContested", (case.id,))
            assert case.refusal(message, signer) == expected
            return
        signed, fact = case.act(message, signer)
        after = case.stands
        assert after.state is permitted.after[0]
        assert (after.step, after.changed) == (before.step + 1, house.now)
        act = house.digest(message)
        assert (signed.event, signed.members) == (
            "ActSigned",
            {"act": act, "signer": signer.address},
        )
        assert fact.members["objection"] == case.id
        if verb is not Verb.CONTEST:
            said = [fact.members[name] for name in ("act", "step", "reached")]
            assert said == [act, after.step, after.state]

    @pytest.mark.parametrize("verb", LATER)
    def test_an_act_names_the_step_it_is_for(self, house: House, verb: Verb) -> None:
        case = a_case_for(house, verb)
        for step in (case.stands.step - 1, case.stands.step + 1):
            fault = case.refuses(verb, step=step)
            assert fault == hindered(case.id, ObjectionObstacle.STEP_PASSED)

    @pytest.mark.parametrize("verb", list(Verb))
    def test_an_act_holds_until_its_deadline(self, house: House, verb: Verb) -> None:
        case = a_case_for(house, verb)
        message, signer = case.sound(verb, deadline=house.now - 1)
        assert case.refusal(message, signer) == Fault("DeadlinePassed", (house.now - 1,))
        case.do(verb, deadline=house.now)

    @pytest.mark.parametrize("verb", list(Verb))
    def test_an_act_is_its_signers_alone(self, house: House, verb: Verb) -> None:
        case = a_case_for(house, verb)
        message, signer = case.sound(verb)
        assert case.refusal(message, STRANGER) == Fault("SignatureRefused", (signer.address,))

    def test_what_its_signer_voided_is_dead(self, house: House) -> None:
        case = in_state(house, State.NOTIFIED)
        message, signer = case.sound(Verb.RESPOND)
        void = Void(act=house.digest(message), signer=signer.address, deadline=house.now)
        signature = from_hex(signer.sign(void.digest(house.domain("Objections"))))
        house.run("Objections", "void", void.abi_value(), signature)
        assert case.refusal(message, signer) == Fault("ActIsVoid", (house.digest(message),))

    @pytest.mark.parametrize("state", ENDED)
    def test_what_ended_says_so_and_keeps_no_time(self, house: House, state: State) -> None:
        case = in_state(house, state)
        assert case.stands.until == 0
        assert open_objections(house, case.registration) == 0
        assert not house.ask(
            "Objections", "isContesting", from_hex(case.registration), from_hex(CAROL.party)
        )


class TestOfficers:
    @pytest.mark.parametrize("verb", OF_OFFICERS)
    def test_have_the_role_when_the_act_is_executed(self, house: House, verb: Verb) -> None:
        case = a_case_for(house, verb)
        message, officer = case.sound(verb)
        house.revoke("Registrars", "dismiss", REGISTRAR, officer.address)
        role = APPROVER if verb is Verb.CLOSE_OBJECTION else REVIEWER
        expected = Fault("NotAnOfficer", (REGISTRAR, officer.address, role))
        assert case.refusal(message, officer) == expected

    @pytest.mark.parametrize("verb", OF_OFFICERS)
    def test_are_of_the_registrar_asked(self, house: House, verb: Verb) -> None:
        case = a_case_for(house, verb)
        other = OTHER_APPROVING if verb is Verb.CLOSE_OBJECTION else OTHER_REVIEWING
        fault = case.refuses(verb, by=other, registrar=OTHER_REGISTRAR)
        assert fault == hindered(case.id, ObjectionObstacle.OTHER_REGISTRAR)

    def test_of_a_suspended_registrar_can_do_nothing(self, house: House) -> None:
        case = in_state(house, State.FILED)
        house.revoke("Registrars", "suspend", REGISTRAR, bytes(32))
        assert case.refuses(Verb.NOTIFY_HOLDER).error == "NotAnOfficer"

    def test_a_reviewer_does_not_close(self, house: House) -> None:
        case = in_state(house, State.DECIDED)
        fault = case.refuses(Verb.CLOSE_OBJECTION, by=REVIEWING)
        assert fault == Fault("NotAnOfficer", (REGISTRAR, REVIEWING.address, APPROVER))


class TestContest:
    def test_says_all_that_was_signed(self, house: House) -> None:
        case = standing(house)
        _, fact = case.do(Verb.CONTEST)
        assert fact.members == {"objection": case.id, **case.opening.model_dump()}

    def test_is_against_what_stands_attested(self, house: House) -> None:
        _, registration = house.attestable(ALICE)
        for id in (registration, commitment(1)):
            message = contest(house, id)
            fault = house.refusal(message, CAROL)
            assert fault == hindered(house.digest(message), ObjectionObstacle.NOT_ATTESTED)

    def test_names_the_registrar_that_attested_it(self, house: House) -> None:
        case = standing(house)
        message = contest(house, case.registration, registrar=OTHER_REGISTRAR)
        fault = house.refusal(message, CAROL)
        assert fault == hindered(house.digest(message), ObjectionObstacle.OTHER_REGISTRAR)

    def test_a_party_has_one_open_to_a_registration(self, house: House) -> None:
        case = opened(house)
        again = contest(house, case.registration, grounds=commitment(9))
        fault = house.refusal(again, CAROL)
        assert fault == hindered(house.digest(again), ObjectionObstacle.ALREADY_OPEN)
        house.act(contest(house, case.registration, by=STRANGER), STRANGER)
        case.do(Verb.DROP_OBJECTION)
        house.act(again, CAROL)
        assert dispute(house, house.digest(again)).state is State.FILED

    def test_the_same_message_is_heard_once(self, house: House) -> None:
        case = opened(house)
        case.do(Verb.DROP_OBJECTION)
        assert case.refusal(case.opening, CAROL) == Fault("AlreadyContested", (case.id,))

    def test_no_more_than_255_are_open_to_a_registration(self, house: House) -> None:
        case = opened(house)
        people = [Person(f"objector {i}") for i in range(255)]
        for person in people[:-1]:
            house.act(contest(house, case.registration, by=person), person)
        assert open_objections(house, case.registration) == 255
        last = contest(house, case.registration, by=people[-1])
        fault = house.refusal(last, people[-1])
        assert fault == hindered(house.digest(last), ObjectionObstacle.TOO_MANY)
        case.do(Verb.DROP_OBJECTION)
        house.act(last, people[-1])

    def test_has_no_limit_of_time(self, house: House) -> None:
        _, registration = house.attested(ALICE)
        house.now += 30 * 366 * DAY
        assert house.rights(registration, ALICE.party) == 0
        house.act(contest(house, registration), CAROL)


class TestWitness:
    @pytest.mark.parametrize(
        "verb", [v for v in LATER if v not in OF_OFFICERS] + [Verb.LAPSE_OBJECTION]
    )
    def test_is_the_message_that_opened_the_objection(self, house: House, verb: Verb) -> None:
        case = a_case_for(house, verb)
        message, signer = case.sound(verb)
        other = case.opening.model_copy(update={"deadline": case.opening.deadline + 1})
        fault = house.refusal(message, signer, filings=(other,))
        assert fault == hindered(case.id, ObjectionObstacle.NOT_THE_OPENING)


class TestEvidence:
    @pytest.mark.parametrize("state", [State.EVIDENCE_REQUESTED, State.REFERRED])
    def test_is_supplied_by_the_last_second_or_the_objection_lapses(
        self, house: House, state: State
    ) -> None:
        case = in_state(house, state)
        if state is State.REFERRED:
            case.do(Verb.REQUEST_EVIDENCE)
        house.now = case.stands.until
        fault = case.refuses(Verb.LAPSE_OBJECTION)
        assert fault == hindered(case.id, ObjectionObstacle.TOO_EARLY)
        late, early = house.fork(), house
        case.do(Verb.SUPPLY_EVIDENCE)
        assert dispute(early, case.id).until == 0
        other = Case(late, case.registration, case.opening)
        other.over()
        fault = other.refuses(Verb.SUPPLY_EVIDENCE)
        assert fault == hindered(case.id, ObjectionObstacle.TOO_LATE)
        other.do(Verb.LAPSE_OBJECTION)

    def test_is_the_objectors(self, house: House) -> None:
        case = in_state(house, State.EVIDENCE_REQUESTED)
        fault = case.refuses(Verb.SUPPLY_EVIDENCE, by=ALICE)
        assert fault == hindered(case.id, ObjectionObstacle.NOT_THE_OBJECTOR)

    def test_is_asked_for_ahead_of_time(self, house: House) -> None:
        case = opened(house)
        fault = case.refuses(Verb.REQUEST_EVIDENCE, until=house.now)
        assert fault == Fault("WrongMoment", (house.now,))

    def test_of_proceedings_is_asked_for_one_thing_at_a_time(self, house: House) -> None:
        case = in_state(house, State.REFERRED)
        for verb in (Verb.SUPPLY_EVIDENCE, Verb.LAPSE_OBJECTION):
            assert case.refuses(verb) == hindered(case.id, ObjectionObstacle.NOT_ASKED)
        case.do(Verb.REQUEST_EVIDENCE)
        fault = case.refuses(Verb.REQUEST_EVIDENCE)
        assert fault == hindered(case.id, ObjectionObstacle.ALREADY_ASKED)
        case.do(Verb.SUPPLY_EVIDENCE)
        case.do(Verb.REQUEST_EVIDENCE)
        assert case.stands.state is State.REFERRED


class TestRespond:
    @pytest.mark.parametrize("person", [STRANGER, REVIEWING])
    def test_is_for_holders_alone(self, house: House, person: Person) -> None:
        case = in_state(house, State.NOTIFIED)
        fault = case.refuses(Verb.RESPOND, by=person)
        assert fault == hindered(case.id, ObjectionObstacle.NOT_A_HOLDER)

    def test_one_who_contests_outweighs_all_who_admit(self, house: House) -> None:
        case = in_state(house, State.NOTIFIED)
        reached = []
        for answer in (ADMITS, {"by": BOB}):
            case.do(Verb.RESPOND, **answer)
            reached.append(case.stands.state)
        assert reached == [State.ADMITTED, State.CONTESTED]

    def test_an_admission_after_a_contest_changes_nothing(self, house: House) -> None:
        case = in_state(house, State.CONTESTED)
        _, fact = case.do(Verb.RESPOND, **ADMITS)
        assert fact.members["answer"] == 1
        assert case.stands.state is State.CONTESTED

    def test_two_admissions_are_an_admission(self, house: House) -> None:
        case = in_state(house, State.ADMITTED)
        case.do(Verb.RESPOND, **ADMITS)
        assert case.stands.state is State.ADMITTED

    def test_a_holder_answers_once(self, house: House) -> None:
        case = in_state(house, State.ADMITTED)
        fault = case.refuses(Verb.RESPOND, by=BOB)
        assert fault == hindered(case.id, ObjectionObstacle.ALREADY_SAID)
        question = from_hex(case.id), from_hex(BOB.party)
        assert house.ask("Objections", "said", *question) == (True, False)

    def test_is_heard_after_its_time(self, house: House) -> None:
        case = in_state(house, State.NOTIFIED)
        case.over()
        case.do(Verb.RESPOND)

    def test_says_something(self, house: House) -> None:
        case = in_state(house, State.NOTIFIED)
        assert case.refuses(Verb.RESPOND, answer=0) == Fault("NoDecision", ())
        assert case.refuses(Verb.RESPOND, answer=3) == Fault("", ())

    def test_is_signed_by_the_key_behind_the_holder_today(self, house: House) -> None:
        case = in_state(house, State.NOTIFIED)
        new = ReplaceKey(party=ALICE.party, key=STRANGER.address, step=0, deadline=house.now)
        house.act(new, ALICE, STRANGER)
        message, _ = case.sound(Verb.RESPOND)
        assert case.refusal(message, ALICE) == Fault("SignatureRefused", (STRANGER.address,))
        case.act(message, STRANGER)

    def test_a_holder_whose_term_is_over_still_answers(self, house: House) -> None:
        case = in_state(house, State.NOTIFIED)
        house.now += 30 * 366 * DAY
        case.do(Verb.RESPOND)

    def test_nobody_answers_himself(self, house: House) -> None:
        _, registration = house.attested(ALICE, BOB)
        case = Case(house, registration, contest(house, registration, by=ALICE))
        house.act(case.opening, ALICE)
        case.do(Verb.NOTIFY_HOLDER)
        fault = case.refuses(Verb.RESPOND, **ADMITS)
        assert fault == hindered(case.id, ObjectionObstacle.NOT_A_HOLDER)
        case.do(Verb.RESPOND, by=BOB)


class TestConclude:
    @pytest.mark.parametrize("state", [State.NOTIFIED, State.ADMITTED])
    def test_waits_for_the_answers(self, house: House, state: State) -> None:
        case = in_state(house, state)
        house.now = case.stands.until
        fault = case.refuses(Verb.CONCLUDE)
        assert fault == hindered(case.id, ObjectionObstacle.TOO_EARLY)
        case.over()
        case.do(Verb.CONCLUDE)

    def test_needs_an_outcome_and_a_time_to_accept_it(self, house: House) -> None:
        case = in_state(house, State.CONTESTED)
        assert case.refuses(Verb.CONCLUDE, outcome=0) == Fault("NoDecision", ())
        fault = case.refuses(Verb.CONCLUDE, until=house.now)
        assert fault == Fault("WrongMoment", (house.now,))


class TestAcceptance:
    @pytest.mark.parametrize("first", [ALICE, CAROL])
    def test_settles_once_both_sides_accept(self, house: House, first: Person) -> None:
        case = in_state(house, State.CONCLUDED)
        case.do(Verb.ACCEPT_CONCLUSION, by=first)
        assert case.stands.state is State.CONCLUDED
        fault = case.refuses(Verb.ACCEPT_CONCLUSION, by=first)
        assert fault == hindered(case.id, ObjectionObstacle.ALREADY_SAID)
        case.do(Verb.ACCEPT_CONCLUSION, by=CAROL if first is ALICE else ALICE)
        settled = case.stands
        assert (settled.state, settled.accepted) == (State.SETTLED, 3)
        case.do(Verb.ACCEPT_CONCLUSION, by=BOB)
        assert case.stands.state is settled.state

    @pytest.mark.parametrize("verb", [Verb.ACCEPT_CONCLUSION, Verb.REFUSE_CONCLUSION])
    def test_is_for_the_two_sides_alone(self, house: House, verb: Verb) -> None:
        case = in_state(house, State.CONCLUDED)
        fault = case.refuses(verb, by=STRANGER)
        assert fault == hindered(case.id, ObjectionObstacle.NOT_A_SIDE)

    @pytest.mark.parametrize("person", [ALICE, BOB, CAROL])
    def test_may_turn_into_a_refusal_until_it_is_acted_upon(
        self, house: House, person: Person
    ) -> None:
        case = in_state(house, State.SETTLED)
        case.do(Verb.REFUSE_CONCLUSION, by=person)
        assert (case.stands.state, case.stands.until) == (State.REFERRED, 0)
        fault = case.refuses(Verb.CLOSE_OBJECTION)
        assert fault == hindered(case.id, ObjectionObstacle.WRONG_STATE)

    def test_by_an_objector_that_also_holds_is_one_sides_alone(self, house: House) -> None:
        _, registration = house.attested(ALICE, BOB)
        case = Case(house, registration, contest(house, registration, by=ALICE))
        house.act(case.opening, ALICE)
        case.do(Verb.NOTIFY_HOLDER)
        case.do(Verb.RESPOND, by=BOB)
        case.do(Verb.CONCLUDE)
        case.do(Verb.ACCEPT_CONCLUSION, by=ALICE)
        assert (case.stands.state, case.stands.accepted) == (State.CONCLUDED, 1)


class TestInstrument:
    def test_of_later_date_takes_the_place_of_an_earlier(self, house: House) -> None:
        case = in_state(house, State.DECIDED)
        case.do(Verb.RECORD_INSTRUMENT, forum=int(Forum.ARBITRATION), **DISMISSED)
        assert case.stands.outcome is Outcome.DISMISSED
        case.do(Verb.CLOSE_OBJECTION, **NONE)

    def test_decides_whatever_the_conclusion_was(self, house: House) -> None:
        case = in_state(house, State.REFERRED)
        assert case.stands.outcome is Outcome.UPHELD
        case.do(Verb.RECORD_INSTRUMENT, **DISMISSED)
        assert case.refuses(Verb.CLOSE_OBJECTION) == Fault("WrongMeasure", (MEASURE,))

    @pytest.mark.parametrize("lack", ["forum", "outcome"])
    def test_comes_from_somewhere_and_says_something(self, house: House, lack: str) -> None:
        case = in_state(house, State.REFERRED)
        assert case.refuses(Verb.RECORD_INSTRUMENT, **{lack: 0}) == Fault("NoDecision", ())

    def test_leaves_nothing_to_drop(self, house: House) -> None:
        case = in_state(house, State.DECIDED)
        fault = case.refuses(Verb.DROP_OBJECTION)
        assert fault == hindered(case.id, ObjectionObstacle.WRONG_STATE)


class TestClose:
    """O2: with the measure where one is owed, with none where none is."""

    @pytest.mark.parametrize("state", [State.ADMITTED, State.SETTLED, State.DECIDED])
    def test_of_what_is_upheld_names_the_measure(self, house: House, state: State) -> None:
        case = in_state(house, state)
        assert case.refuses(Verb.CLOSE_OBJECTION, **NONE) == Fault("WrongMeasure", (ZERO,))
        _, fact = case.do(Verb.CLOSE_OBJECTION)
        assert fact.members["measure"] == MEASURE

    def test_of_what_is_dismissed_names_none(self, house: House) -> None:
        case = in_state(house, State.CONTESTED)
        case.do(Verb.CONCLUDE, **DISMISSED)
        for person in (ALICE, CAROL):
            case.do(Verb.ACCEPT_CONCLUSION, by=person)
        assert case.refuses(Verb.CLOSE_OBJECTION) == Fault("WrongMeasure", (MEASURE,))
        case.do(Verb.CLOSE_OBJECTION, **NONE)

    def test_by_silence_waits_for_the_time_to_accept(self, house: House) -> None:
        case = in_state(house, State.CONCLUDED)
        house.now = case.stands.until
        fault = case.refuses(Verb.CLOSE_OBJECTION)
        assert fault == hindered(case.id, ObjectionObstacle.TOO_EARLY)
        case.over()
        case.do(Verb.CLOSE_OBJECTION)

    def test_an_approver_that_is_a_reviewer_too_may_do_both(self, house: House) -> None:
        house.grant(("Registrars", "appoint", REGISTRAR, APPROVING.address, REVIEWER | APPROVER))
        case = in_state(house, State.REFERRED)
        case.do(Verb.RECORD_INSTRUMENT, by=APPROVING)
        case.do(Verb.CLOSE_OBJECTION, by=APPROVING)


class TestCounter:
    def test_counts_what_is_open(self, house: House) -> None:
        """O1."""
        case = opened(house)
        assert open_objections(house, case.registration) == 1
        other = Case(house, case.registration, contest(house, case.registration, by=STRANGER))
        house.act(other.opening, STRANGER)
        assert open_objections(house, case.registration) == 2
        case.do(Verb.DROP_OBJECTION)
        assert open_objections(house, case.registration) == 1
        assert open_objections(house, commitment(1)) == 0

    @pytest.mark.parametrize("state", OPEN)
    def test_counts_every_state_that_is_no_end(self, house: House, state: State) -> None:
        case = in_state(house, state)
        assert open_objections(house, case.registration) == 1


def test_no_right_and_no_record_changes_by_an_objection(house: House) -> None:
    """O3."""
    case = standing(house)
    others = ("Rights", "Registrations", "Registrars", "Parties")
    before = {name: house.evm.storage_root(house.contracts[name]) for name in others}
    case.do(Verb.CONTEST)
    case.do(Verb.NOTIFY_HOLDER)
    case.do(Verb.RESPOND)
    case.do(Verb.CONCLUDE)
    case.do(Verb.REFUSE_CONCLUSION)
    case.do(Verb.RECORD_INSTRUMENT)
    case.do(Verb.CLOSE_OBJECTION)
    assert before == {name: house.evm.storage_root(house.contracts[name]) for name in others}


def test_a_word_that_its_type_cannot_hold_is_refused(house: House) -> None:
    case = in_state(house, State.CONTESTED)
    message, signer = case.sound(Verb.CONCLUDE)
    data = bytearray(house.calldata(message, signer))
    data[4 + 4 * 32] = 1  # the outcome's word
    receipt = house.evm.send(house.contracts["Objections"], bytes(data), sender=STRANGER.address)
    assert receipt.fault is not None


def test_who_sends_an_act_does_not_matter(built: House) -> None:
    tips = []
    for sender in (STRANGER, CAROL):
        house = built.fork()
        case = standing(house)
        house.act(case.opening, CAROL, sender=sender)
        message, signer = case.sound(Verb.NOTIFY_HOLDER)
        house.act(message, signer, sender=sender)
        tips.append((house.tip("Objections"), house.storage()))
    assert tips[0] == tips[1]
