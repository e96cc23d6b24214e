"""Filing, and taking back what was filed.

Filing
├── says all that was signed; its id is known before; a repeat finds it there
├── one to thirty-two applicants, in order, each with rights, each signing
├── halts stop filings alone, and end
├── profiles are enacted once, for good
└── withdrawal: by any applicant while pending, and before it was filed
"""

import pytest

from registry.messages import ZERO
from registry.registrations.acts import (
    Claim,
    Withdraw,
)
from registry.rules.states import State
from tests.contracts.acts import hindered, resolution
from tests.contracts.evm import Fault, Refused
from tests.contracts.house import (
    ALICE,
    APPROVING,
    BOB,
    CAROL,
    DAY,
    GRACE,
    GUARDIAN,
    NOBODY,
    NOTICE,
    REGISTRAR,
    RENEWAL_WINDOW,
    REVIEWING,
    SANDBOX,
    SILENCE,
    STRANGER,
    VALIDITY,
    House,
    Person,
    profile,
)
from tests.contracts.model import Obstacle


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
            "renewal": RENEWAL_WINDOW,
            "kinds": 0b1110,
            "noticed": 0b10110,
            "coded": 0b110,
            "bears": 7,
            "gate": NOBODY,
        }
        assert house.ask("Registrations", "profileOf", 9) == terms

    def test_knows_a_kind_at_least(self, house: House) -> None:
        with pytest.raises(Refused) as refused:
            house.grant(("Registrations", "enact", 9, bytes(32), profile(kinds=0)))
        assert refused.value.fault.error == "ProfileStands"


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
