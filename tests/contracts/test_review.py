"""From acceptance to publication.

Review
├── acceptance: of what the profile knows; deemed after silence
├── corrections and supplements: asked for with a moment, answered by an applicant; corrections in time
├── publication: as long as the profile says, whatever national moment is named
└── acts on many records serve those they can and say why not of the others; serving none, they revert
"""

from typing import Any

import pytest

from registry.registrations.acts import (
    RequestCorrection,
    RequestSupplement,
    Terminate,
    Withdraw,
)
from registry.rules.states import State, Verb
from tests.contracts.acts import DECISION, LIST, PAPERS, act_of, hindered, in_state
from tests.contracts.evm import Fault
from tests.contracts.house import (
    ALICE,
    APPROVING,
    BOB,
    GATED,
    GRACE,
    NOTICE,
    OTHER_REGISTRAR,
    REVIEWING,
    SILENCE,
    STRANGER,
    House,
    commitment,
    profile,
)
from tests.contracts.model import Obstacle

NARROW = 9


class TestAcceptance:
    @pytest.mark.parametrize("changes", [{"profile": NARROW}, {"profile": 77}])
    def test_only_of_what_the_profile_knows(self, house: House, changes: dict[str, int]) -> None:
        house.grant(("Registrations", "enact", NARROW, bytes(32), profile(kinds=1 << 2)))
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

    def test_a_correction_is_filed_to_the_last_second(self, house: House) -> None:
        filing, registration = in_state(house, State.CORRECTION_REQUESTED)
        message, _, witnesses = act_of(house, Verb.CORRECT, filing, registration)
        house.now = house.record(registration).until + 1
        fault = house.refusal(message, ALICE, filings=witnesses)
        assert fault == hindered(registration, Obstacle.TOO_LATE)
        house.now -= 1
        facts = house.act(message, ALICE, filings=witnesses)
        assert facts[1].members["papers"] == PAPERS
        assert facts[1].members["party"] == ALICE.party

    def test_a_supplement_is_filed_until_the_registrar_ends_it(self, house: House) -> None:
        filing, registration = in_state(house, State.SUPPLEMENT_REQUESTED)
        message, _, witnesses = act_of(house, Verb.SUPPLEMENT, filing, registration)
        house.now = house.record(registration).until + 1
        facts = house.act(message, ALICE, filings=witnesses)
        assert facts[1].members["papers"] == PAPERS
        assert house.record(registration).state == State.ACCEPTED

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


class TestMany:
    def test_serves_whom_it_can_and_says_why_not_of_the_others(self, house: House) -> None:
        _, one = house.filed(ALICE, number=1)
        _, accepted = house.accepted(ALICE, number=2)
        _, elsewhere = house.filed(ALICE, number=3, registrar=OTHER_REGISTRAR)
        _, unknown = house.filed(ALICE, number=4, profile=77)
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
