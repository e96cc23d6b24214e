"""The procedure of registration: every verb, every obstacle, every state.

Registrations
├── state × verb: what the table of states permits takes effect and leads where it says; all else is refused
├── file: halted, late, known, no or too many applicants, out of order, wrong rights, wrong signatures
├── each later verb: who may, when, on what, and what it says
├── acts on many records serve those they can and say why not of the others; serving none, they revert
├── attestation: never before notice and grace, over an objection, by the reviewer, for the registrar itself
├── objections: one open a party, 255 a registration, none so late that the steps run out
└── roles: profiles are enacted once, halts end
"""

from collections.abc import Callable
from typing import Any

import pytest

from registry.hashes import from_hex, keccak, to_hex
from registry.messages import ZERO, Message
from registry.registrations.acts import (
    Claim,
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
from registry.rules.states import State, Verb, row
from tests.contracts.evm import Fault, Refused, artefact
from tests.contracts.house import (
    ALICE,
    APPROVER,
    APPROVING,
    BOB,
    CAROL,
    DAY,
    GATED,
    GRACE,
    GUARDIAN,
    NOBODY,
    NOTICE,
    OTHER_REGISTRAR,
    OTHER_REVIEWING,
    REGISTRAR,
    REVIEWER,
    REVIEWING,
    SANDBOX,
    SILENCE,
    STRANGER,
    VALIDITY,
    House,
    Person,
    commitment,
    profile,
)
from tests.contracts.model import LAST_STEP_TO_OBJECT, Obstacle

PAPERS, DECISION, LIST = commitment(70), commitment(71), commitment(72)
Act = tuple[Message, tuple[Person, ...], tuple[File, ...]]


def hindered(registration: str, obstacle: Obstacle) -> Fault:
    return Fault("Hindered", (registration, obstacle))


# --- reaching a state, and an act of each verb that is sound in every other respect ---------------


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


class TestStateByVerb:
    @pytest.mark.parametrize("verb", list(Verb))
    @pytest.mark.parametrize("state", list(State))
    def test_follows_the_table(self, house: House, state: State, verb: Verb) -> None:
        filing, registration = in_state(house, state)
        permitted = row(state, verb)
        if permitted and verb is Verb.DEEM_ACCEPTED:
            house.now += SILENCE
        if permitted and verb is Verb.TERMINATE:
            house.now += DAY + 1
        if permitted and verb is Verb.RESOLVE:
            house.act(house.object(BOB, registration), BOB)
        if verb is Verb.FILE:
            # In its own time, so that only the state can be in the way.
            house.now = min(house.now, filing.deadline)
        before = house.record(registration)
        message, signers, witnesses = act_of(house, verb, filing, registration)
        if permitted is None:
            fault = house.refusal(message, *signers, filings=witnesses)
            known = Fault("AlreadyFiled", (registration,))
            assert fault in (known, hindered(registration, Obstacle.WRONG_STATE))
            return
        facts = house.act(message, *signers, filings=witnesses)
        after = house.record(registration)
        assert after.state == permitted.after
        assert after.step == before.step + 1
        assert after.changed == house.now
        changes = [f for f in facts if f.members.get("registration") == registration]
        if verb is not Verb.FILE:
            assert {f.members["act"] for f in changes if "act" in f.members} == {
                house.digest(message)
            }
            assert [f.members["step"] for f in changes if "step" in f.members] == [after.step]
            assert facts[0].event == "ActSigned"
            assert facts[0].members == {
                "act": house.digest(message),
                "signer": signers[0].address,
            }

    @pytest.mark.parametrize("verb", [v for v in Verb if v not in (Verb.FILE,)])
    def test_an_act_names_the_step_it_is_for(self, house: House, verb: Verb) -> None:
        if verb in (Verb.OBJECT, Verb.RESOLVE):
            # These name a serial instead: a step would let one objector's act kill another's.
            filing, registration = house.published(ALICE)
            house.act(house.object(BOB, registration), BOB)
            house.act(house.object(CAROL, registration), CAROL)
            stale: tuple[Message, Person] = (house.object(BOB, registration), BOB)
            if verb is Verb.RESOLVE:
                stale = resolution(house, registration, (BOB,), serials=(1,)), REVIEWING
            fault = house.refusal(*stale)
            assert fault == hindered(registration, Obstacle.STEP_PASSED)
            return
        state = next(s for s in State if s is not State.NONE and row(s, verb))
        filing, registration = in_state(house, state)
        message, signers, witnesses = act_of(house, verb, filing, registration)
        for change in (-1, 1):
            other = with_step(message, change)
            fault = house.refusal(other, *signers, filings=witnesses)
            assert fault == hindered(registration, Obstacle.STEP_PASSED)


def with_step(message: Message, change: int) -> Message:
    values = {name: getattr(message, name) for name in type(message).model_fields}
    if "steps" in values:
        values["steps"] = tuple(step + change for step in values["steps"])
    else:
        values["step"] += change
    return type(message)(**values)


class TestFile:
    def test_says_what_was_filed(self, house: House) -> None:
        first, second, third = sorted((ALICE, BOB, CAROL), key=lambda p: p.party)
        message = house.file(ALICE, BOB, CAROL, rights=3)
        facts = house.act(message, first, second, third)
        id = house.digest(message)
        assert facts[0].members == {
            "registration": id,
            "data": message.data,
            "registrar": REGISTRAR,
            "profile": SANDBOX,
            "kind": 1,
            "applicants": 3,
            "party": first.party,
            "rights": 3,
            "deadline": message.deadline,
        }
        assert [fact.members for fact in facts[1:]] == [
            {"registration": id, "party": second.party, "rights": 3},
            {"registration": id, "party": third.party, "rights": 3},
        ]

    def test_the_id_is_the_digest_and_is_known_before(self, house: House) -> None:
        message = house.file(ALICE)
        assert house.record(house.digest(message)).state == State.NONE
        house.act(message, ALICE)
        assert house.record(house.digest(message)).state == State.SUBMITTED

    def test_a_repeat_finds_it_there(self, house: House) -> None:
        message, registration = house.filed(ALICE)
        assert house.refusal(message, ALICE) == Fault("AlreadyFiled", (registration,))

    def test_wants_an_applicant(self, house: House) -> None:
        assert house.refusal(house.file()) == Fault("WrongClaims", (0,))

    def test_takes_thirty_two_applicants_and_no_more(self, house: House) -> None:
        people = sorted((Person(f"one of many {i}") for i in range(33)), key=lambda p: p.party)
        house.act(house.file(*people[:32]), *people[:32])
        assert house.refusal(house.file(*people), *people) == Fault("WrongClaims", (33,))

    def test_wants_applicants_in_order_each_once(self, house: House) -> None:
        one, other = sorted((ALICE, BOB), key=lambda p: p.party)
        claims = tuple(Claim(party=p.party, rights=1) for p in (other, one))
        fault = house.refusal(house.file(claims=claims), other, one)
        assert fault == Fault("WrongClaims", (1,))
        twice = tuple(Claim(party=p.party, rights=1) for p in (one, one))
        assert house.refusal(house.file(claims=twice), one, one) == Fault("WrongClaims", (1,))

    def test_nobody_is_no_party(self, house: House) -> None:
        claims = (Claim(party=ZERO, rights=1),)
        assert house.refusal(house.file(claims=claims), ALICE) == Fault("WrongClaims", (0,))

    def test_a_party_has_a_hundred_and_sixty_bits(self, house: House) -> None:
        wild = "0x01" + ALICE.party[4:]
        message = house.file(claims=(Claim(party=wild, rights=1),))
        assert house.refusal(message, ALICE) == Fault("NotAParty", (wild,))

    @pytest.mark.parametrize("rights", [0, 8, 255])
    def test_wants_between_one_and_all_rights(self, house: House, rights: int) -> None:
        fault = house.refusal(house.file(ALICE, rights=rights), ALICE)
        assert fault == Fault("WrongClaims", (0,))

    def test_every_applicant_signs(self, house: House) -> None:
        one, other = sorted((ALICE, BOB), key=lambda p: p.party)
        message = house.file(ALICE, BOB)
        assert house.refusal(message, one) == Fault("WrongNumber", (1, 2))
        assert house.refusal(message, one, one) == Fault("SignatureRefused", (other.address,))
        assert house.refusal(message, other, one) == Fault("SignatureRefused", (one.address,))
        house.act(message, one, other)

    def test_a_copied_commitment_under_another_applicant_is_another_filing(
        self, house: House
    ) -> None:
        message, registration = house.filed(ALICE)
        stolen = house.file(STRANGER, data=message.data)
        house.act(stolen, STRANGER)
        assert house.digest(stolen) != registration

    def test_the_relayer_cannot_swap_the_applicant(self, house: House) -> None:
        signature = ALICE.sign(house.digest(house.file(ALICE)))
        fault = house.refusal(house.file(STRANGER), signature)
        assert fault == Fault("SignatureRefused", (STRANGER.address,))


class TestHalt:
    def test_stops_filings_to_its_last_second_and_nothing_else(self, house: House) -> None:
        message, registration = house.attestable(ALICE)
        until = house.now + DAY
        house.revoke("Registrations", "haltFilings", until)
        house.now = until
        fresh = house.file(BOB)
        assert house.refusal(fresh, BOB) == Fault("FilingsAreHalted", (until,))
        house.act(house.object(BOB, registration), BOB)
        house.act(resolution(house, registration, (BOB,)), REVIEWING)
        house.act(house.attest(registration, step=5), APPROVING, filings=(message,))
        house.now += 1
        house.act(fresh, BOB)

    def test_lasts_thirty_days_at_most(self, house: House) -> None:
        house.revoke("Registrations", "haltFilings", house.now + 30 * DAY)
        with pytest.raises(Refused) as refused:
            house.revoke("Registrations", "haltFilings", house.now + 30 * DAY + 1)
        assert refused.value.fault.error == "HaltTooLong"

    def test_can_be_ended_and_keeps_the_ledger(self, house: House) -> None:
        head, count = house.tip("Registrations")
        house.revoke("Registrations", "haltFilings", house.now + DAY)
        facts = house.revoke("Registrations", "haltFilings", 0)
        assert facts[0].members == {"by": GUARDIAN.address, "until": 0}
        assert house.tip("Registrations")[1] == count + 2
        assert house.tip("Registrations")[0] != head
        house.filed(ALICE)


class TestProfiles:
    def test_a_number_is_enacted_once(self, house: House) -> None:
        with pytest.raises(Refused) as refused:
            house.grant(("Registrations", "enact", SANDBOX, bytes(32), profile()))
        assert refused.value.fault == Fault("ProfileStands", (SANDBOX,))

    def test_says_all_of_its_terms(self, house: House) -> None:
        terms = profile(prefix=b"SJ", kinds=0b1110)
        facts = house.grant(("Registrations", "enact", 9, bytes([7]) * 32, terms))
        assert facts[0].members == {
            "profile": 9,
            "version": "0x" + "07" * 32,
            "prefix": "0x" + b"SJ".hex(),
            "silence": SILENCE,
            "notice": NOTICE,
            "grace": GRACE,
            "validity": VALIDITY,
            "kinds": 0b1110,
            "gate": NOBODY,
        }
        assert house.ask("Registrations", "profileOf", 9) == terms

    def test_knows_a_kind_at_least(self, house: House) -> None:
        with pytest.raises(Refused) as refused:
            house.grant(("Registrations", "enact", 9, bytes(32), profile(kinds=0)))
        assert refused.value.fault.error == "ProfileStands"


class TestAcceptance:
    @pytest.mark.parametrize("changes", [{"kind": 2}, {"profile": 77}, {"kind": 255}])
    def test_only_of_what_the_profile_knows(self, house: House, changes: dict[str, int]) -> None:
        _, registration = house.filed(ALICE, **changes)
        fault = hindered(registration, Obstacle.NOT_IN_PROFILE)
        assert house.refusal(house.accept(registration), REVIEWING) == fault
        house.now += SILENCE
        act = act_of(house, Verb.DEEM_ACCEPTED, house.file(ALICE), registration)
        assert house.refusal(act[0], STRANGER) == fault

    def test_is_deemed_after_silence_and_not_before(self, house: House) -> None:
        filing, registration = house.filed(ALICE)
        house.now += SILENCE - 1
        early, _, _ = act_of(house, Verb.DEEM_ACCEPTED, filing, registration)
        assert house.refusal(early, STRANGER) == hindered(registration, Obstacle.TOO_EARLY)
        house.now += 1
        facts = house.act(early, STRANGER)
        assert facts[1].event == "RegistrationDeemedAccepted"

    def test_silence_counts_anew_after_a_correction(self, house: House) -> None:
        filing, registration = in_state(house, State.CORRECTION_REQUESTED)
        house.act(*act_of(house, Verb.CORRECT, filing, registration)[:1], ALICE, filings=(filing,))
        house.now += SILENCE - 1
        message, _, _ = act_of(house, Verb.DEEM_ACCEPTED, filing, registration)
        assert house.refusal(message, STRANGER) == hindered(registration, Obstacle.TOO_EARLY)


class TestRequests:
    @pytest.mark.parametrize(
        ("kind", "state"),
        [(RequestCorrection, State.SUBMITTED), (RequestSupplement, State.ACCEPTED)],
    )
    def test_name_a_moment_ahead(self, house: House, kind: Any, state: State) -> None:
        _, registration = in_state(house, state)
        step = house.record(registration).step
        act = kind(**house.officer(registration, step, list=LIST, until=house.now))
        assert house.refusal(act, REVIEWING) == Fault("WrongMoment", (house.now,))

    @pytest.mark.parametrize(
        ("verb", "state"),
        [
            (Verb.CORRECT, State.CORRECTION_REQUESTED),
            (Verb.SUPPLEMENT, State.SUPPLEMENT_REQUESTED),
        ],
    )
    def test_are_answered_to_the_last_second(self, house: House, verb: Verb, state: State) -> None:
        filing, registration = in_state(house, state)
        message, _, witnesses = act_of(house, verb, filing, registration)
        house.now = house.record(registration).until + 1
        fault = house.refusal(message, ALICE, filings=witnesses)
        assert fault == hindered(registration, Obstacle.TOO_LATE)
        house.now -= 1
        facts = house.act(message, ALICE, filings=witnesses)
        assert facts[1].members["papers"] == PAPERS
        assert facts[1].members["party"] == ALICE.party

    def test_termination_waits_for_the_last_second(self, house: House) -> None:
        _, registration = in_state(house, State.SUPPLEMENT_REQUESTED)
        house.now = house.record(registration).until
        act = Terminate(**house.officer(registration, 3, decision=DECISION))
        assert house.refusal(act, REVIEWING) == hindered(registration, Obstacle.TOO_EARLY)

    @pytest.mark.parametrize("verb", [Verb.CORRECT, Verb.SUPPLEMENT, Verb.WITHDRAW])
    def test_any_one_applicant_answers_and_nobody_else(self, house: House, verb: Verb) -> None:
        state = {Verb.CORRECT: State.CORRECTION_REQUESTED}.get(verb, State.SUPPLEMENT_REQUESTED)
        filing, registration = in_state(house, state)
        message, _, witnesses = act_of(house, verb, filing, registration)
        values = {name: getattr(message, name) for name in type(message).model_fields}
        others = type(message)(**values | {"party": BOB.party})
        fault = house.refusal(others, BOB, filings=witnesses)
        assert fault == hindered(registration, Obstacle.NOT_AN_APPLICANT)
        forged = (house.file(ALICE, BOB),)
        fault = house.refusal(others, BOB, filings=forged)
        assert fault == hindered(registration, Obstacle.NOT_THE_FILING)
        fault = house.refusal(message, BOB, filings=witnesses)
        assert fault == Fault("SignatureRefused", (ALICE.address,))


class TestPublication:
    def test_says_the_national_reference(self, house: House) -> None:
        _, registration = house.accepted(ALICE)
        message = house.publish(registration, receipt=commitment(1), effective=house.now)
        published = house.act(message, REVIEWING)[1]
        assert published.members == {
            "registration": registration,
            "act": house.digest(message),
            "step": 3,
            "until": message.until,
            "receipt": commitment(1),
            "effective": house.now,
        }

    def test_a_notice_is_as_long_as_the_profile_says(self, house: House) -> None:
        _, registration = house.accepted(ALICE)
        short = house.now + NOTICE - 1
        fault = Fault("WrongMoment", (short,))
        assert house.refusal(house.publish(registration, until=short), REVIEWING) == fault
        house.act(house.publish(registration, until=short + 1), REVIEWING)

    def test_a_national_moment_does_not_lie_ahead(self, house: House) -> None:
        _, registration = house.accepted(ALICE)
        ahead = house.publish(registration, effective=house.now + 1)
        assert house.refusal(ahead, REVIEWING) == Fault("WrongMoment", (house.now + 1,))

    def test_a_backdated_national_moment_does_not_shorten_it(self, house: House) -> None:
        _, registration = house.accepted(ALICE)
        back = house.publish(registration, effective=house.now - NOTICE, until=house.now + 1)
        assert house.refusal(back, REVIEWING) == Fault("WrongMoment", (house.now + 1,))

    def test_under_another_profile_there_is_none(self, house: House) -> None:
        _, registration = house.accepted(ALICE, profile=GATED)
        fault = hindered(registration, Obstacle.NOT_IN_PROFILE)
        assert house.refusal(house.publish(registration), REVIEWING) == fault


class TestObjection:
    def test_says_whose_and_why(self, house: House) -> None:
        _, registration = house.published(ALICE)
        message = house.object(BOB, registration)
        made = house.act(message, BOB)[1]
        assert made.members == {
            "registration": registration,
            "act": house.digest(message),
            "step": 4,
            "objector": BOB.party,
            "serial": 0,
            "grounds": message.grounds,
        }
        assert house.record(registration).open == 1

    def test_is_heard_after_the_notice_until_attestation(self, house: House) -> None:
        filing, registration = house.attestable(ALICE)
        house.act(house.object(BOB, registration), BOB)
        act = house.attest(registration, step=4)
        fault = hindered(registration, Obstacle.OBJECTION_OPEN)
        assert house.refusal(act, APPROVING, filings=(filing,)) == fault

    def test_an_attestation_signed_before_it_dies_with_it(self, house: House) -> None:
        filing, registration = house.attestable(ALICE)
        signed = house.attest(registration)
        house.act(house.object(BOB, registration), BOB)
        house.act(resolution(house, registration, (BOB,)), REVIEWING)
        fault = house.refusal(signed, APPROVING, filings=(filing,))
        assert fault == hindered(registration, Obstacle.STEP_PASSED)

    def test_a_party_has_one_open(self, house: House) -> None:
        _, registration = house.published(ALICE)
        house.act(house.object(BOB, registration), BOB)
        fault = house.refusal(house.object(BOB, registration, serial=1), BOB)
        assert fault == hindered(registration, Obstacle.OBJECTION_OPEN)
        house.act(resolution(house, registration, (BOB,)), REVIEWING)
        house.act(house.object(BOB, registration, serial=1), BOB)

    def test_dismissed_it_is_no_obstacle_upheld_it_bars_for_good(self, house: House) -> None:
        filing, registration = house.attestable(ALICE)
        for serial, outcome in ((0, 2), (1, 1)):
            house.act(house.object(BOB, registration, serial=serial), BOB)
            act = resolution(house, registration, (BOB,), outcome, serials=(serial,))
            house.act(act, REVIEWING)
        assert house.record(registration).upheld
        fault = hindered(registration, Obstacle.OBJECTION_UPHELD)
        act7 = house.attest(registration, step=7)
        assert house.refusal(act7, APPROVING, filings=(filing,)) == fault
        refuse = Refuse(**house.officer(registration, 7, ground=3, decision=DECISION))
        house.act(refuse, REVIEWING)

    def test_several_are_decided_under_one_signature(self, house: House) -> None:
        _, registration = house.published(ALICE)
        for person in (BOB, CAROL):
            house.act(house.object(person, registration), person)
        facts = house.act(resolution(house, registration, (BOB, CAROL)), REVIEWING)
        assert [f.members["step"] for f in facts[1:]] == [6, 7]
        assert {f.members["outcome"] for f in facts[1:]} == {1}
        assert house.record(registration).open == 0

    def test_none_is_decided_twice(self, house: House) -> None:
        _, registration = house.published(ALICE)
        for person in (BOB, CAROL):
            house.act(house.object(person, registration), person)
        twice = resolution(house, registration, (BOB, BOB))
        assert house.refusal(twice, REVIEWING) == hindered(registration, Obstacle.STEP_PASSED)
        assert house.record(registration).open == 2

    def test_a_decision_decides_something(self, house: House) -> None:
        _, registration = house.published(ALICE)
        house.act(house.object(BOB, registration), BOB)
        none = resolution(house, registration, (BOB,), 0)
        assert house.refusal(none, REVIEWING) == Fault("NoDecision")
        nobody = resolution(house, registration, ())
        assert house.refusal(nobody, REVIEWING) == Fault("WrongNumber", (0, 0))
        uneven = resolution(house, registration, (BOB,), serials=(0, 0))
        assert house.refusal(uneven, REVIEWING) == Fault("WrongNumber", (2, 1))
        # No such outcome: solc refuses the word before anything else, and says nothing.
        assert house.refusal(resolution(house, registration, (BOB,), 3), REVIEWING) == Fault("")

    def test_at_most_two_hundred_and_fifty_five_are_open(self, house: House) -> None:
        _, registration = house.published(ALICE)
        slot = record_slot(registration)
        registrations = house.contracts["Registrations"]
        word = house.evm.word(registrations, slot)
        house.evm.set_word(registrations, slot, word + (254 << 64))
        house.act(house.object(BOB, registration), BOB)
        assert house.record(registration).open == 255
        fault = house.refusal(house.object(CAROL, registration), CAROL)
        assert fault == hindered(registration, Obstacle.TOO_MANY_OBJECTIONS)

    def test_a_flood_never_spends_the_steps_that_ending_it_needs(self, house: House) -> None:
        _, registration = house.published(ALICE)
        slot = record_slot(registration)
        registrations = house.contracts["Registrations"]
        word = house.evm.word(registrations, slot)
        house.evm.set_word(registrations, slot, word + ((LAST_STEP_TO_OBJECT - 3) << 8))
        house.act(house.object(BOB, registration), BOB)
        fault = house.refusal(house.object(CAROL, registration), CAROL)
        assert fault == hindered(registration, Obstacle.TOO_MANY_OBJECTIONS)
        house.act(resolution(house, registration, (BOB,)), REVIEWING)
        step = house.record(registration).step
        refuse = Refuse(**house.officer(registration, step, ground=1, decision=DECISION))
        house.act(refuse, REVIEWING)


def record_slot(registration: str) -> int:
    layout = artefact("Registrations")["storageLayout"]["storage"]
    place = next(int(one["slot"]) for one in layout if one["label"] == "_records")
    return int.from_bytes(keccak(from_hex(registration) + place.to_bytes(32, "big")), "big")


class TestAttestation:
    def test_says_code_and_validity_and_enters_the_rights(self, house: House) -> None:
        filing, registration = house.attestable(ALICE, BOB, rights=5)
        message = house.attest(registration, receipt=commitment(5))
        signed, attested, *entered = house.act(message, APPROVING, filings=(filing,))
        assert signed.event == "ActSigned"
        assert attested.members == {
            "registration": registration,
            "act": house.digest(message),
            "step": 4,
            "code": attested.members["code"],
            "since": house.now,
            "expiry": message.expiry,
            "receipt": commitment(5),
            "effective": 0,
        }
        assert [(f.contract, f.members["holder"], f.members["rights"]) for f in entered] == [
            ("Rights", claim.party, 5) for claim in filing.claims
        ]
        record = house.record(registration)
        assert (record.state, record.until) == (State.ATTESTED, message.expiry)

    def test_waits_for_notice_and_grace(self, house: House) -> None:
        filing, registration = house.attestable(ALICE)
        house.now -= 1
        fault = hindered(registration, Obstacle.TOO_EARLY)
        act = house.attest(registration)
        assert house.refusal(act, APPROVING, filings=(filing,)) == fault
        house.now += 1
        house.act(act, APPROVING, filings=(filing,))

    def test_cannot_date_itself_back_before_the_end_of_the_notice(self, house: House) -> None:
        filing, registration = house.attestable(ALICE)
        until = house.record(registration).until
        expiry = until + DAY
        back = house.attest(registration, effective=until, expiry=expiry)
        fault = hindered(registration, Obstacle.TOO_EARLY)
        assert house.refusal(back, APPROVING, filings=(filing,)) == fault
        house.act(
            house.attest(registration, effective=until + 1, expiry=expiry),
            APPROVING,
            filings=(filing,),
        )
        assert house.entry(registration, ALICE.party)[0] == until + 1

    def test_a_national_moment_does_not_lie_ahead(self, house: House) -> None:
        filing, registration = house.attestable(ALICE)
        ahead = house.attest(registration, effective=house.now + 1)
        fault = Fault("WrongMoment", (house.now + 1,))
        assert house.refusal(ahead, APPROVING, filings=(filing,)) == fault

    def test_lasts_no_longer_than_the_profile_says(self, house: House) -> None:
        filing, registration = house.attestable(ALICE)
        longest = house.now + VALIDITY
        over = house.attest(registration, expiry=longest + 1)
        fault = Fault("WrongMoment", (longest + 1,))
        assert house.refusal(over, APPROVING, filings=(filing,)) == fault
        before = house.attest(registration, expiry=house.now - 1)
        assert house.refusal(before, APPROVING, filings=(filing,)).error == "WrongMoment"
        act = house.attest(registration, expiry=longest)
        house.act(act, APPROVING, filings=(filing,))

    def test_the_reviewer_who_published_never_attests(self, house: House) -> None:
        house.grant(("Registrars", "appoint", REGISTRAR, REVIEWING.address, REVIEWER | APPROVER))
        filing, registration = house.attestable(ALICE)
        act = house.attest(registration, officer=REVIEWING.address)
        fault = hindered(registration, Obstacle.REVIEWER_IS_APPROVER)
        assert house.refusal(act, REVIEWING, filings=(filing,)) == fault

    def test_no_applicant_is_of_the_registrar(self, house: House) -> None:
        filing, registration = house.attestable(ALICE, BOB)
        house.grant(("Registrars", "appoint", REGISTRAR, BOB.address, REVIEWER))
        fault = hindered(registration, Obstacle.REGISTRAR_IS_APPLICANT)
        act = house.attest(registration)
        assert house.refusal(act, APPROVING, filings=(filing,)) == fault
        house.revoke("Registrars", "dismiss", REGISTRAR, BOB.address)
        house.act(act, APPROVING, filings=(filing,))

    def test_an_officer_of_another_registrar_may_apply(self, house: House) -> None:
        filing, registration = house.attestable(OTHER_REVIEWING)
        house.act(house.attest(registration), APPROVING, filings=(filing,))

    def test_wants_the_filing_as_it_was_signed(self, house: House) -> None:
        filing, registration = house.attestable(ALICE, rights=1)
        more = File(
            **{name: getattr(filing, name) for name in File.model_fields}
            | {"claims": (Claim(party=ALICE.party, rights=7),)}
        )
        fault = hindered(registration, Obstacle.NOT_THE_FILING)
        act = house.attest(registration)
        assert house.refusal(act, APPROVING, filings=(more,)) == fault
        assert house.refusal(act, APPROVING) == Fault("WrongNumber", (0, 1))

    def test_another_profile_changes_nothing(self, house: House) -> None:
        filing, registration = house.attestable(ALICE)
        act = house.attest(registration, profile=GATED)
        fault = hindered(registration, Obstacle.NOT_IN_PROFILE)
        assert house.refusal(act, APPROVING, filings=(filing,)) == fault

    def test_a_notice_to_the_end_of_time_hinders_itself_alone(self, house: House) -> None:
        # Its end and the grace together do not fit forty bits; the other registration is served.
        endless, one = house.accepted(ALICE, number=1)
        house.act(house.publish(one, until=2**40 - 1), REVIEWING)
        filing, other = house.attestable(BOB, number=2)
        facts = house.act(house.attest(one, other), APPROVING, filings=(endless, filing))
        skipped = next(f for f in facts if f.event == "RegistrationSkipped")
        assert skipped.members["obstacle"] == Obstacle.TOO_EARLY
        assert house.record(other).state == State.ATTESTED


class TestMany:
    def test_serves_whom_it_can_and_says_why_not_of_the_others(self, house: House) -> None:
        _, one = house.filed(ALICE, number=1)
        _, accepted = house.accepted(ALICE, number=2)
        _, elsewhere = house.filed(ALICE, number=3, registrar=OTHER_REGISTRAR)
        _, unknown = house.filed(ALICE, number=4, kind=9)
        missing = commitment(999)
        ids = (one, accepted, elsewhere, unknown, missing, one)
        steps = (1, 2, 1, 1, 0, 1)
        message = house.accept(*ids, steps=steps)
        signed, *facts = house.act(message, REVIEWING)
        assert signed.event == "ActSigned"
        assert facts[0].event == "RegistrationAccepted"
        assert [(f.members["registration"], f.members["obstacle"]) for f in facts[1:]] == [
            (accepted, Obstacle.WRONG_STATE),
            (elsewhere, Obstacle.OTHER_REGISTRAR),
            (unknown, Obstacle.NOT_IN_PROFILE),
            (missing, Obstacle.WRONG_STATE),
            (one, Obstacle.STEP_PASSED),
        ]
        assert [f.members["step"] for f in facts[1:]] == [2, 1, 1, 0, 1]

    def test_a_registration_named_twice_is_attested_once(self, house: House) -> None:
        filing, registration = house.attestable(ALICE)
        act = house.attest(registration, registration)
        facts = house.act(act, APPROVING, filings=(filing, filing))
        assert [f.event for f in facts].count("RegistrationAttested") == 1
        assert [f.event for f in facts].count("RightAttested") == 1
        assert facts[-1].members["obstacle"] == Obstacle.STEP_PASSED

    def test_a_withdrawal_does_not_sink_its_neighbours(self, house: House) -> None:
        one, first = house.attestable(ALICE, number=1)
        two, second = house.published(BOB, number=2)
        house.now = house.record(second).until + GRACE + 1
        signed = house.attest(first, second)
        gone = Withdraw(party=ALICE.party, registration=first, step=3, deadline=house.now)
        house.act(gone, ALICE, filings=(one,))
        house.act(signed, APPROVING, filings=(one, two))
        assert house.record(second).state == State.ATTESTED
        assert house.rights(first, ALICE.party) == 0

    def test_serving_none_it_reverts_with_the_last_reason(self, house: House) -> None:
        _, one = house.accepted(ALICE)
        message = house.accept(one, commitment(5), steps=(2, 1))
        fault = hindered(commitment(5), Obstacle.STEP_PASSED)
        assert house.refusal(message, REVIEWING) == fault

    @pytest.mark.parametrize("verb", ["accept", "publish", "attest"])
    def test_wants_a_step_for_each_and_one_at_least(self, house: House, verb: str) -> None:
        filing, one = house.filed(ALICE)
        officer = APPROVING if verb == "attest" else REVIEWING
        more = {"filings": (filing,)} if verb == "attest" else {}
        make = getattr(house, verb)
        fault = house.refusal(make(one, steps=(1, 1)), officer, **more)
        assert fault == Fault("WrongNumber", (2, 1))
        assert house.refusal(make(steps=()), officer, **more) == Fault("WrongNumber", (0, 0))


class TestOfficers:
    @pytest.mark.parametrize("verb", [Verb.ACCEPT, Verb.PUBLISH, Verb.REFUSE, Verb.ATTEST])
    def test_have_the_role_at_the_registrar_when_the_act_is_executed(
        self, house: House, verb: Verb
    ) -> None:
        state = next(s for s in State if row(s, verb) and s is not State.NONE)
        filing, registration = in_state(house, state)
        message, (officer,), witnesses = act_of(house, verb, filing, registration)
        role = APPROVER if verb is Verb.ATTEST else REVIEWER
        house.revoke("Registrars", "dismiss", REGISTRAR, officer.address)
        fault = house.refusal(message, officer, filings=witnesses)
        assert fault == Fault("NotAnOfficer", (REGISTRAR, officer.address, role))

    def test_of_a_suspended_registrar_can_do_nothing(self, house: House) -> None:
        _, registration = house.filed(ALICE)
        house.revoke("Registrars", "suspend", REGISTRAR, bytes(32))
        fault = house.refusal(house.accept(registration), REVIEWING)
        assert fault == Fault("NotAnOfficer", (REGISTRAR, REVIEWING.address, REVIEWER))

    def test_the_other_registrars_officer_is_none_here(self, house: House) -> None:
        _, registration = house.filed(ALICE)
        message = house.accept(
            registration, registrar=OTHER_REGISTRAR, officer=OTHER_REVIEWING.address
        )
        fault = hindered(registration, Obstacle.OTHER_REGISTRAR)
        assert house.refusal(message, OTHER_REVIEWING) == fault

    def test_a_refusal_names_a_ground(self, house: House) -> None:
        _, registration = house.filed(ALICE)
        act = Refuse(**house.officer(registration, 1, ground=0, decision=DECISION))
        assert house.refusal(act, REVIEWING) == Fault("NoDecision")


class TestWithdrawal:
    def test_before_it_was_filed_makes_the_filing_impossible(self, house: House) -> None:
        filing = house.file(ALICE, registrar=65535, profile=65535, kind=255)
        id = house.digest(filing)
        act = Withdraw(party=ALICE.party, registration=id, step=0, deadline=house.now)
        facts = house.act(act, ALICE, filings=(filing,))
        assert facts[1].event == "RegistrationWithdrawn"
        assert house.refusal(filing, ALICE) == Fault("AlreadyFiled", (id,))

    def test_nobody_else_can_do_that(self, house: House) -> None:
        filing = house.file(ALICE)
        id = house.digest(filing)
        act = Withdraw(party=STRANGER.party, registration=id, step=0, deadline=house.now)
        fault = hindered(id, Obstacle.NOT_AN_APPLICANT)
        assert house.refusal(act, STRANGER, filings=(filing,)) == fault

    def test_at_step_zero_does_nothing_to_what_was_filed(self, house: House) -> None:
        filing, id = house.filed(ALICE)
        act = Withdraw(party=ALICE.party, registration=id, step=0, deadline=house.now)
        fault = hindered(id, Obstacle.STEP_PASSED)
        assert house.refusal(act, ALICE, filings=(filing,)) == fault


class TestWords:
    """A word of calldata that its type cannot hold is refused, though digests are taken in place."""

    @pytest.mark.parametrize(
        ("verb", "place"),
        [
            (Verb.REFUSE, 0),
            (Verb.REFUSE, 1),
            (Verb.REFUSE, 3),
            (Verb.REFUSE, 4),
            (Verb.REFUSE, 6),
            (Verb.TERMINATE, 5),
            (Verb.REQUEST_CORRECTION, 5),
            (Verb.OBJECT, 2),
            (Verb.DEEM_ACCEPTED, 0),
            (Verb.DEEM_ACCEPTED, 2),
        ],
    )
    def test_with_bits_above_its_type_is_refused(
        self, house: House, verb: Verb, place: int
    ) -> None:
        state = next(s for s in State if row(s, verb) and s is not State.NONE)
        filing, registration = in_state(house, state)
        if verb in (Verb.TERMINATE, Verb.DEEM_ACCEPTED):
            house.now += SILENCE
        message, signers, witnesses = act_of(house, verb, filing, registration)
        # Signed over the dirty word, as only its own signer could.
        words = message.calldata((("0x"),), witnesses)[4:]
        size = 32 * len(type(message).model_fields)
        dirty = bytearray(words)
        dirty[32 * place] = 1
        domain = house.domain()
        kind = keccak(type(message).type_string.encode())
        digest = to_hex(keccak(b"\x19\x01" + domain.separator + keccak(kind + bytes(dirty[:size]))))
        data = bytearray(house.calldata(message, signers[0].sign(digest), filings=witnesses))
        data[4 + 32 * place] = 1
        receipt = house.evm.send(domain.contract, bytes(data), sender=STRANGER.address)
        assert receipt.fault == Fault("")

    def test_a_dirty_step_among_many_is_refused(self, house: House) -> None:
        _, registration = house.filed(ALICE)
        message = house.accept(registration)
        data = bytearray(house.calldata(message, REVIEWING))
        at = data.index((1).to_bytes(32, "big") + (1).to_bytes(32, "big"))
        data[at + 32] = 1
        receipt = house.evm.send(
            house.contracts["Registrations"], bytes(data), sender=STRANGER.address
        )
        assert receipt.fault is not None
        assert house.record(registration).step == 1


def test_who_sends_an_act_does_not_matter(built: House) -> None:
    """The same acts sent by different people leave the same records and the same heads."""
    tips = []
    for sender in (ALICE, STRANGER, REVIEWING, GUARDIAN):
        house = built.fork()
        filing = house.file(ALICE)
        registration = house.digest(filing)
        house.act(filing, ALICE, sender=sender)
        house.act(house.accept(registration), REVIEWING, sender=sender)
        house.act(house.publish(registration), REVIEWING, sender=sender)
        house.now = house.record(registration).until + GRACE + 1
        act = house.attest(registration)
        house.act(act, APPROVING, filings=(filing,), sender=sender)
        tips.append((house.tip("Registrations"), house.tip("Rights"), house.storage()))
    assert all(tip == tips[0] for tip in tips)
