"""Objections and attestation.

Attestation
├── objections: heard until attestation, one open a party, 255 a registration, decided once
└── attestation: never before notice and grace, over an objection, by the reviewer, for the registrar itself
"""

from registry.registrations.acts import (
    Claim,
    File,
    Refuse,
)
from registry.rules.states import State
from tests.contracts.acts import DECISION, hindered, record_slot, resolution
from tests.contracts.evm import Fault
from tests.contracts.house import (
    ALICE,
    APPROVER,
    APPROVING,
    BOB,
    CAROL,
    DAY,
    GATED,
    OTHER_REVIEWING,
    REGISTRAR,
    REVIEWER,
    REVIEWING,
    VALIDITY,
    House,
    commitment,
)
from tests.contracts.model import LAST_STEP_TO_OBJECT, Obstacle


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
        fault = hindered(registration, Obstacle.TOO_LONG)
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
