"""Transfer, amendment, renewal, cancellation and correction: one procedure, each its own effect.

Later kinds
├── filing: names an attested registration of the same registrar and of the same family of codes
├── attesting
│   ├── a published kind after its notice, another once a reviewer accepted it; never by silence alone
│   ├── one that can take no effect is skipped and does not stop its neighbours
│   └── no officer of the registrar is a party, whatever the kind
├── transfer: rights move, none to more or longer than before; remarks go along; the vector of §14
├── amendment: leaves holder, rights and ends as they are
├── renewal: in its window; alive while pending; too long or too short a term is skipped
├── cancellation: ends the rights named for good
└── correction: takes effect on no right
"""

from typing import Any

import pytest

from registry.messages import ZERO
from registry.registrations.acts import (
    DeemAccepted,
    Refuse,
    RequestCorrection,
    RequestSupplement,
    Withdraw,
)
from registry.rules.profiles import Kind
from registry.rules.states import State
from tests.contracts.acts import DECISION, LIST, hindered, slot_of
from tests.contracts.evm import Fact, Fault, Refused
from tests.contracts.house import (
    ALICE,
    APPROVER,
    APPROVING,
    BOB,
    CAROL,
    DAY,
    GRACE,
    HOLD,
    OPERATE,
    OTHER_REGISTRAR,
    REGISTRAR,
    RENEWAL_WINDOW,
    REVIEWING,
    SILENCE,
    STRANGER,
    USE,
    VALIDITY,
    House,
    Person,
    commitment,
    profile,
)
from tests.contracts.later import (
    GIVE,
    application,
    attest,
    attestable,
    attested,
    execute,
    filed,
    lift,
    remark,
)
from tests.contracts.model import Obstacle

ERIN = Person("erin")
EARNEST = 8
LATER = [Kind.TRANSFER, Kind.AMENDMENT, Kind.RENEWAL, Kind.CANCELLATION, Kind.CORRECTION]


@pytest.fixture
def subject(house: House) -> str:
    """ALICE holds all three rights."""
    return house.attested(ALICE)[1]


def claims_of(kind: Kind) -> dict[Person, int]:
    return {ALICE: 7 | GIVE, BOB: 7} if kind is Kind.TRANSFER else {ALICE: 7}


def end_of(house: House, registration: str, person: Person = ALICE) -> int:
    return house.entry(registration, person.party)[1]


def to_window(house: House, registration: str, before: int = 30 * DAY) -> int:
    """Goes to a moment before ALICE's rights end; returns their last second."""
    end = end_of(house, registration)
    house.now = end - before
    return end


def last(facts: list[Fact]) -> Fact:
    return facts[-1]


class TestFiling:
    def test_says_what_it_concerns(self, house: House, subject: str) -> None:
        message = application(house, Kind.AMENDMENT, subject, {ALICE: 7})
        facts = house.act(message, ALICE)
        assert [fact.event for fact in facts] == ["RegistrationFiled", "SubjectNamed"]
        assert facts[0].members["kind"] == Kind.AMENDMENT
        assert facts[1].members == {"registration": house.digest(message), "subject": subject}

    @pytest.mark.parametrize("kind", LATER)
    def test_names_a_subject(self, house: House, kind: Kind) -> None:
        message = application(house, kind, ZERO, claims_of(kind))
        signers = sorted(claims_of(kind), key=lambda p: p.party)
        assert house.refusal(message, *signers) == Fault("WrongSubject", (kind, ZERO))

    def test_a_first_registration_names_none(self, house: House, subject: str) -> None:
        message = application(house, Kind.INITIAL, subject, {BOB: 7})
        assert house.refusal(message, BOB) == Fault("WrongSubject", (1, subject))

    @pytest.mark.parametrize("state", ["published", "unknown", "elsewhere"])
    def test_names_an_attested_one_of_the_same_registrar(self, house: House, state: str) -> None:
        changes: dict[str, Any] = {}
        named = commitment(5)
        if state == "published":
            _, named = house.published(ALICE)
        elif state == "elsewhere":
            _, named = house.attested(ALICE)
            changes["registrar"] = OTHER_REGISTRAR
        message = application(house, Kind.AMENDMENT, named, {ALICE: 7}, **changes)
        fault = hindered(house.digest(message), Obstacle.SUBJECT_NOT_ATTESTED)
        assert house.refusal(message, ALICE) == fault

    def test_what_was_tried_is_never_moved_into_earnest(self, house: House, subject: str) -> None:
        """A profile of another prefix gives other codes: those of one are no subjects of the other."""
        house.grant(("Registrations", "enact", EARNEST, bytes(32), profile(prefix=b"SJ")))
        message = application(
            house, Kind.TRANSFER, subject, {ALICE: 7 | GIVE, BOB: 7}, profile=EARNEST
        )
        signers = sorted((ALICE, BOB), key=lambda p: p.party)
        fault = hindered(house.digest(message), Obstacle.NOT_IN_PROFILE)
        assert house.refusal(message, *signers) == fault

    def test_only_a_transfer_gives(self, house: House, subject: str) -> None:
        message = application(house, Kind.AMENDMENT, subject, {ALICE: 7 | GIVE})
        assert house.refusal(message, ALICE) == Fault("WrongClaims", (0,))

    def test_giving_is_giving_something(self, house: House, subject: str) -> None:
        message = application(house, Kind.TRANSFER, subject, {ALICE: GIVE})
        assert house.refusal(message, ALICE) == Fault("WrongClaims", (0,))

    def test_every_party_signs(self, house: House, subject: str) -> None:
        message = application(house, Kind.TRANSFER, subject, {ALICE: 7 | GIVE, BOB: 7})
        signers = [ALICE if p is ALICE else STRANGER for p in sorted((ALICE, BOB), key=by_party)]
        assert house.refusal(message, *signers) == Fault("SignatureRefused", (BOB.address,))


def by_party(person: Person) -> str:
    return person.party


class TestAttesting:
    def test_an_unpublished_kind_waits_for_no_notice(self, house: House, subject: str) -> None:
        message, id = filed(house, Kind.AMENDMENT, subject, {ALICE: 7})
        house.act(house.accept(id), REVIEWING)
        facts = attest(house, message)
        event = next(f for f in facts if f.event == "RegistrationAttested")
        assert event.members["code"] == "0x" + "00" * 15
        assert house.record(id).state == State.ATTESTED

    def test_and_can_be_published_all_the_same(self, house: House, subject: str) -> None:
        message, id = filed(house, Kind.AMENDMENT, subject, {ALICE: 7})
        house.act(house.accept(id), REVIEWING)
        house.act(house.publish(id), REVIEWING)
        early = house.attest(id)
        fault = hindered(id, Obstacle.TOO_EARLY)
        assert house.refusal(early, APPROVING, filings=(message,)) == fault
        house.now = house.record(id).until + GRACE + 1
        attest(house, message)

    def test_a_published_kind_is_not_attested_before(self, house: House, subject: str) -> None:
        claims = {ALICE: 7 | GIVE, BOB: 7}
        message, id = filed(house, Kind.TRANSFER, subject, claims)
        house.act(house.accept(id), REVIEWING)
        act = house.attest(id, step=2)
        fault = hindered(id, Obstacle.WRONG_STATE)
        assert house.refusal(act, APPROVING, filings=(message,)) == fault

    def test_silence_alone_registers_nothing(self, house: House, subject: str) -> None:
        message, id = filed(house, Kind.AMENDMENT, subject, {ALICE: 7})
        house.now += SILENCE
        deemed = DeemAccepted(sender=STRANGER.address, registration=id, step=1, deadline=house.now)
        house.act(deemed, STRANGER)
        act = house.attest(id, step=2)
        fault = hindered(id, Obstacle.NOT_REVIEWED)
        assert house.refusal(act, APPROVING, filings=(message,)) == fault

    def test_the_reviewer_who_accepted_does_not_attest(self, house: House, subject: str) -> None:
        house.grant(("Registrars", "appoint", REGISTRAR, REVIEWING.address, 3))
        message, id = filed(house, Kind.AMENDMENT, subject, {ALICE: 7})
        house.act(house.accept(id), REVIEWING)
        act = house.attest(id, step=2, officer=REVIEWING.address)
        fault = hindered(id, Obstacle.REVIEWER_IS_APPROVER)
        assert house.refusal(act, REVIEWING, filings=(message,)) == fault

    def test_a_national_moment_is_not_before_the_acceptance(
        self, house: House, subject: str
    ) -> None:
        message, id = attestable(house, Kind.AMENDMENT, subject, {ALICE: 7})
        act = house.attest(id, step=2, effective=house.now - 1)
        fault = hindered(id, Obstacle.TOO_EARLY)
        assert house.refusal(act, APPROVING, filings=(message,)) == fault

    @pytest.mark.parametrize("kind", LATER)
    def test_no_officer_of_the_registrar_is_a_party(
        self, house: House, subject: str, kind: Kind
    ) -> None:
        """I2, whoever of the parties it is: giver, receiver or holder (guide art. 10(7))."""
        party = BOB if kind is Kind.TRANSFER else ALICE
        if kind is Kind.RENEWAL:
            to_window(house, subject)
        message, id = attestable(house, kind, subject, claims_of(kind))
        house.grant(("Registrars", "appoint", REGISTRAR, party.address, APPROVER))
        act = house.attest(id, step=house.record(id).step)
        fault = hindered(id, Obstacle.REGISTRAR_IS_APPLICANT)
        assert house.refusal(act, APPROVING, filings=(message,)) == fault

    def test_one_without_effect_does_not_stop_its_neighbours(
        self, house: House, subject: str
    ) -> None:
        """The same right given twice, amended by a stranger, cancelled, in one act."""
        made = [
            filed(house, Kind.AMENDMENT, subject, {BOB: 7}, 1),
            filed(house, Kind.CANCELLATION, subject, {ALICE: OPERATE}, 2),
            filed(house, Kind.CANCELLATION, subject, {ALICE: OPERATE | USE}, 3),
            filed(house, Kind.AMENDMENT, subject, {ALICE: HOLD}, 4),
        ]
        ids = [id for _, id in made]
        house.act(house.accept(*ids), REVIEWING)
        act = house.attest(*ids, step=2)
        facts = house.act(act, APPROVING, filings=tuple(m for m, _ in made))
        skipped = [
            (f.members["registration"], f.members["obstacle"])
            for f in facts
            if f.event == "RegistrationSkipped"
        ]
        assert skipped == [(ids[0], Obstacle.NOT_HELD), (ids[2], Obstacle.NOT_HELD)]
        assert house.rights(subject, ALICE.party) == HOLD | USE

    @pytest.mark.parametrize("kind", [0, 7, 15])
    def test_a_kind_without_an_effect_takes_none(
        self, house: House, subject: str, kind: int
    ) -> None:
        """Even where a profile was enacted that knows it."""
        house.grant(("Registrations", "enact", 9, bytes(32), profile(kinds=0xFFFF, noticed=0)))
        message = application(house, kind, subject, {ALICE: 7}, profile=9)
        id = house.digest(message)
        house.act(message, ALICE)
        house.act(house.accept(id), REVIEWING)
        act = house.attest(id, step=2, profile=9)
        fault = hindered(id, Obstacle.NOT_IN_PROFILE)
        assert house.refusal(act, APPROVING, filings=(message,)) == fault


class TestTransfer:
    def test_moves_what_it_names_and_leaves_the_rest(self, house: House) -> None:
        """§14 "Rights.": A transfers OPERATE to E, keeping HOLD and USE."""
        _, subject = house.attested(ALICE)
        end = end_of(house, subject)
        claims = {ALICE: OPERATE | GIVE, ERIN: OPERATE}
        message, id = attestable(house, Kind.TRANSFER, subject, claims)
        facts = attest(house, message)
        assert house.rights(subject, ALICE.party) == HOLD | USE
        assert house.rights(id, ERIN.party) == OPERATE
        assert house.entry(id, ERIN.party) == (house.now, 0, 0, end, REGISTRAR, 0)
        given = next(f for f in facts if f.event == "RightGiven")
        assert given.members == {
            "right": house.right(subject, ALICE.party),
            "registration": id,
            "step": 1,
            "rights": OPERATE,
        }
        event = next(f for f in facts if f.event == "RegistrationAttested")
        assert event.members["code"] != "0x" + "00" * 15

    def test_a_court_remark_on_one_right_bars_that_right_alone(self, house: House) -> None:
        """§14 "Rights.": remark on A's HOLD: A cannot transfer HOLD; E's OPERATE is untouched."""
        _, subject = house.attested(ALICE)
        mine = house.right(subject, ALICE.party)
        moved = attested(house, Kind.TRANSFER, subject, {ALICE: OPERATE | GIVE, ERIN: OPERATE})
        house.act(remark(house, mine, rights=HOLD, acts=1 << Kind.TRANSFER), REVIEWING)
        held, hold = attestable(house, Kind.TRANSFER, subject, {ALICE: HOLD | GIVE, BOB: HOLD}, 2)
        act = house.attest(hold)
        fault = hindered(hold, Obstacle.BARRED)
        assert house.refusal(act, APPROVING, filings=(held,)) == fault
        assert house.rights(moved, ERIN.party) == OPERATE
        attested(house, Kind.TRANSFER, subject, {ALICE: USE | GIVE, BOB: USE}, 3)
        attested(house, Kind.TRANSFER, moved, {ERIN: OPERATE | GIVE, CAROL: OPERATE}, 4)
        house.act(lift(house, mine), REVIEWING)
        attest(house, held)
        assert house.rights(hold, BOB.party) == HOLD
        assert house.rights(subject, ALICE.party) == 0

    @pytest.mark.parametrize(
        "claims",
        [
            {ALICE: 7 | GIVE, BOB: 7, CAROL: 7},
            {ALICE: 7 | GIVE, BOB: 3},
            {ALICE: 3 | GIVE, BOB: 7},
            {ALICE: 7 | GIVE},
            {BOB: 7},
        ],
    )
    def test_neither_multiplies_nor_loses_rights(
        self, house: House, subject: str, claims: dict[Person, int]
    ) -> None:
        message, id = attestable(house, Kind.TRANSFER, subject, claims)
        fault = hindered(id, Obstacle.UNBALANCED)
        assert house.refusal(house.attest(id), APPROVING, filings=(message,)) == fault

    def test_splits_among_several(self, house: House, subject: str) -> None:
        id = attested(
            house, Kind.TRANSFER, subject, {ALICE: 7 | GIVE, BOB: HOLD | USE, CAROL: OPERATE}
        )
        assert house.rights(id, BOB.party) == HOLD | USE
        assert house.rights(id, CAROL.party) == OPERATE
        assert house.rights(subject, ALICE.party) == 0

    def test_nobody_gives_what_another_holds(self, house: House, subject: str) -> None:
        message, id = attestable(house, Kind.TRANSFER, subject, {BOB: 7 | GIVE, CAROL: 7})
        fault = hindered(id, Obstacle.NOT_HELD)
        assert house.refusal(house.attest(id), APPROVING, filings=(message,)) == fault

    def test_lasts_no_longer_than_asked_nor_than_what_was_given(
        self, house: House, subject: str
    ) -> None:
        end = end_of(house, subject)
        id = attested(house, Kind.TRANSFER, subject, {ALICE: 4 | GIVE, BOB: 4}, expiry=2**40 - 1)
        assert house.entry(id, BOB.party)[3] == end
        sooner = end - 100 * DAY
        id = attested(house, Kind.TRANSFER, subject, {ALICE: 2 | GIVE, BOB: 2}, 2, expiry=sooner)
        assert house.entry(id, BOB.party)[2] == sooner

    def test_never_ends_before_it_begins(self, house: House, subject: str) -> None:
        """A national moment gone by does not let a right end in the past: it would be lost."""
        message, id = attestable(house, Kind.TRANSFER, subject, {ALICE: 7 | GIVE, BOB: 7})
        gone = house.now - 10
        act = house.attest(id, effective=gone, expiry=gone + 5)
        fault = Fault("WrongMoment", (gone + 5,))
        assert house.refusal(act, APPROVING, filings=(message,)) == fault

    def test_of_what_ended_there_is_none_even_while_its_renewal_is_pending(
        self, house: House, subject: str
    ) -> None:
        end = to_window(house, subject)
        filed(house, Kind.RENEWAL, subject, {ALICE: 7})
        house.now = end + 1
        assert house.rights(subject, ALICE.party) == 7
        message, id = attestable(house, Kind.TRANSFER, subject, {ALICE: 7 | GIVE, BOB: 7}, 2)
        fault = hindered(id, Obstacle.NOT_HELD)
        assert house.refusal(house.attest(id), APPROVING, filings=(message,)) == fault

    def test_remarks_go_along_with_what_they_limit(self, house: House, subject: str) -> None:
        """Else a transfer would clear a right of a limit that bars no transfer."""
        mine = house.right(subject, ALICE.party)
        licences = 1 << 8
        until = house.now + 300 * DAY
        limits: list[dict[str, Any]] = [
            {"rights": HOLD, "acts": licences, "until": until},
            {"rights": USE | OPERATE, "acts": licences, "until": until},
            {"rights": 0, "acts": 0, "until": 0},
            {"rights": OPERATE, "acts": licences, "until": until},
            {"rights": OPERATE, "acts": licences, "until": house.now + 1},
        ]
        for limit in limits:
            house.act(remark(house, mine, kind=1, **limit), REVIEWING)
        house.act(lift(house, mine, 3), REVIEWING)
        message, id = attestable(house, Kind.TRANSFER, subject, {ALICE: 4 | GIVE, BOB: 4})
        facts = attest(house, message)
        theirs = house.right(id, BOB.party)
        assert [f.members for f in facts if f.event == "RemarkCarried"] == [
            {
                "right": theirs,
                "registration": id,
                "step": place + 1,
                "serial": place,
                "origin": mine,
                "former": former,
                "rights": rights,
            }
            for place, (former, rights) in enumerate([(1, OPERATE), (2, 0)])
        ]
        assert is_barred(house, theirs, OPERATE, 8)
        assert not is_barred(house, theirs, USE, 8)
        assert house.entry(id, BOB.party)[-1] == 2
        house.act(lift(house, theirs, 0), REVIEWING)
        assert not is_barred(house, theirs, OPERATE, 8)
        assert is_barred(house, mine, USE, 8)

    def test_more_remarks_than_one_entry_can_bear_bar_it(self, house: House) -> None:
        _, subject = house.attested(ALICE, BOB)
        for person in (ALICE, BOB):
            right = house.right(subject, person.party)
            for _ in range(128):
                act = remark(house, right, rights=0, acts=0, until=0)
                house.act(act, REVIEWING)
        claims = {ALICE: 1 | GIVE, BOB: 2 | GIVE, CAROL: 3}
        message, id = attestable(house, Kind.TRANSFER, subject, claims)
        fault = hindered(id, Obstacle.BARRED)
        assert house.refusal(house.attest(id), APPROVING, filings=(message,)) == fault


def is_barred(house: House, right: str, rights: int, act: int) -> bool:
    question = bytes.fromhex(right[2:]), rights, act, house.now
    return bool(house.ask("Rights", "isBarred", *question))


class TestAmendment:
    def test_leaves_what_is_held(self, house: House, subject: str) -> None:
        before = house.entry(subject, ALICE.party)
        message, id = attestable(house, Kind.AMENDMENT, subject, {ALICE: 7})
        facts = attest(house, message)
        assert house.entry(subject, ALICE.party) == (*before[:-1], 1)
        assert next(f for f in facts if f.contract == "Rights").members == {
            "right": house.right(subject, ALICE.party),
            "registration": id,
            "step": 1,
            "rights": 7,
        }

    def test_of_what_ended_there_is_none(self, house: House, subject: str) -> None:
        house.now = end_of(house, subject) + 1
        message, id = attestable(house, Kind.AMENDMENT, subject, {ALICE: 7})
        act = house.attest(id, step=2)
        fault = hindered(id, Obstacle.NOT_HELD)
        assert house.refusal(act, APPROVING, filings=(message,)) == fault

    def test_while_a_renewal_is_pending_it_reaches_only_what_is_renewed(
        self, house: House, subject: str
    ) -> None:
        end = to_window(house, subject)
        filed(house, Kind.RENEWAL, subject, {ALICE: USE})
        house.now = end + 1
        assert house.rights(subject, ALICE.party) == USE
        message, id = attestable(house, Kind.AMENDMENT, subject, {ALICE: HOLD}, 2)
        act = house.attest(id, step=2)
        fault = hindered(id, Obstacle.NOT_HELD)
        assert house.refusal(act, APPROVING, filings=(message,)) == fault
        attested(house, Kind.AMENDMENT, subject, {ALICE: USE}, 3)

    def test_never_spends_the_steps_that_officers_need(self, house: House, subject: str) -> None:
        set_step(house, house.right(subject, ALICE.party), 60_000)
        for number, kind in enumerate((Kind.AMENDMENT, Kind.TRANSFER, Kind.CANCELLATION)):
            message, id = attestable(house, kind, subject, claims_of(kind), number)
            act = house.attest(id, step=house.record(id).step)
            fault = hindered(id, Obstacle.STEP_PASSED)
            assert house.refusal(act, APPROVING, filings=(message,)) == fault
        house.act(execute(house, subject, rights=1), APPROVING)


def set_step(house: House, right: str, step: int) -> None:
    """For steps that would take tens of thousands of acts to reach."""
    slot = slot_of("Rights", "_entries", right)
    address = house.contracts["Rights"]
    word = house.evm.word(address, slot)
    house.evm.set_word(address, slot, word & ~(0xFFFF << 16) | step << 16)


class TestRenewal:
    def test_is_filed_within_its_window(self, house: House, subject: str) -> None:
        end = end_of(house, subject)
        house.now = end - RENEWAL_WINDOW - 1
        message = application(house, Kind.RENEWAL, subject, {ALICE: 7})
        fault = hindered(house.digest(message), Obstacle.TOO_EARLY)
        assert house.refusal(message, ALICE) == fault
        house.now += 1
        facts = house.act(message, ALICE)
        assert last(facts).members == {
            "right": house.right(subject, ALICE.party),
            "registration": house.digest(message),
            "step": 0,
            "rights": 7,
        }

    def test_is_not_filed_after_the_end(self, house: House, subject: str) -> None:
        house.now = end_of(house, subject) + 1
        message = application(house, Kind.RENEWAL, subject, {ALICE: 7})
        fault = hindered(house.digest(message), Obstacle.NOT_HELD)
        assert house.refusal(message, ALICE) == fault
        house.now -= 1
        house.act(message, ALICE)

    def test_of_what_another_holds_is_not_filed(self, house: House, subject: str) -> None:
        to_window(house, subject)
        message = application(house, Kind.RENEWAL, subject, {BOB: 7})
        fault = hindered(house.digest(message), Obstacle.NOT_HELD)
        assert house.refusal(message, BOB) == fault

    def test_keeps_the_rights_alive_until_it_is_decided(self, house: House, subject: str) -> None:
        end = to_window(house, subject)
        message, id = filed(house, Kind.RENEWAL, subject, {ALICE: HOLD | USE})
        house.now = end + 100 * DAY
        assert house.rights(subject, ALICE.party) == HOLD | USE
        house.act(house.accept(id), REVIEWING)
        house.act(house.publish(id), REVIEWING)
        house.now = house.record(id).until + GRACE + 1
        attest(house, message, expiry=house.now + VALIDITY)
        since, hold, use, operate, _, step = house.entry(subject, ALICE.party)
        assert (hold, use, operate) == (house.now + VALIDITY, house.now + VALIDITY, end)
        assert step == 1
        assert since < end

    @pytest.mark.parametrize("how", ["refused", "withdrawn", "lapsed"])
    def test_that_fails_keeps_nothing_alive_and_is_not_filed_again(
        self, house: House, subject: str, how: str
    ) -> None:
        end = to_window(house, subject)
        message, id = filed(house, Kind.RENEWAL, subject, {ALICE: 7})
        house.now = end + DAY
        if how == "refused":
            house.act(Refuse(**house.officer(id, 1, ground=1, decision=DECISION)), REVIEWING)
        elif how == "withdrawn":
            gone = Withdraw(party=ALICE.party, registration=id, step=1, deadline=house.now)
            house.act(gone, ALICE, filings=(message,))
        else:
            until = house.now + DAY
            act = RequestCorrection(**house.officer(id, 1, list=LIST, until=until))
            house.act(act, REVIEWING)
            house.now = until
            assert house.rights(subject, ALICE.party) == 7
            house.now += 1
        assert house.rights(subject, ALICE.party) == 0
        again = application(house, Kind.RENEWAL, subject, {ALICE: 7}, 2)
        fault = hindered(house.digest(again), Obstacle.NOT_HELD)
        assert house.refusal(again, ALICE) == fault

    def test_stays_pending_while_a_supplement_is_awaited(self, house: House, subject: str) -> None:
        """Its time being over ends nothing: termination is the registrar's decision (art. 18)."""
        end = to_window(house, subject)
        _, id = filed(house, Kind.RENEWAL, subject, {ALICE: 7})
        house.act(house.accept(id), REVIEWING)
        act = RequestSupplement(**house.officer(id, 2, list=LIST, until=house.now + DAY))
        house.act(act, REVIEWING)
        house.now = end + 30 * DAY
        assert house.rights(subject, ALICE.party) == 7

    def test_one_is_pending_at_a_time(self, house: House, subject: str) -> None:
        to_window(house, subject)
        message, id = filed(house, Kind.RENEWAL, subject, {ALICE: 7})
        again = application(house, Kind.RENEWAL, subject, {ALICE: HOLD}, 2)
        fault = hindered(house.digest(again), Obstacle.RENEWAL_PENDING)
        assert house.refusal(again, ALICE) == fault
        gone = Withdraw(party=ALICE.party, registration=id, step=1, deadline=house.now)
        house.act(gone, ALICE, filings=(message,))
        house.act(again, ALICE)

    def test_does_not_touch_what_a_co_holder_has(self, house: House) -> None:
        _, subject = house.attested(ALICE, BOB)
        end = to_window(house, subject)
        attested(house, Kind.RENEWAL, subject, {ALICE: 7})
        house.now = end + 1
        assert house.rights(subject, ALICE.party) == 7
        assert house.rights(subject, BOB.party) == 0

    def test_ends_neither_before_the_old_end_nor_too_late(self, house: House, subject: str) -> None:
        end = to_window(house, subject)
        message, id = attestable(house, Kind.RENEWAL, subject, {ALICE: 7})
        for expiry, obstacle in (
            (end - 1, Obstacle.TOO_SHORT),
            (end + VALIDITY + 1, Obstacle.TOO_LONG),
            (2**40 - 1, Obstacle.TOO_LONG),
        ):
            act = house.attest(id, expiry=expiry)
            assert house.refusal(act, APPROVING, filings=(message,)) == hindered(id, obstacle)
        attest(house, message, expiry=end + VALIDITY)
        assert end_of(house, subject) == end + VALIDITY

    def test_does_not_bring_back_what_was_cancelled(self, house: House, subject: str) -> None:
        to_window(house, subject)
        message, id = attestable(house, Kind.RENEWAL, subject, {ALICE: HOLD})
        attested(house, Kind.CANCELLATION, subject, {ALICE: HOLD}, 2)
        fault = hindered(id, Obstacle.NOT_HELD)
        assert house.refusal(house.attest(id), APPROVING, filings=(message,)) == fault
        assert house.rights(subject, ALICE.party) == USE | OPERATE

    def test_filing_and_withdrawing_it_does_not_outrun_an_officer(
        self, house: House, subject: str
    ) -> None:
        """A holder could else kill every freeze signed for the step that the entry had."""
        to_window(house, subject)
        freeze = remark(house, house.right(subject, ALICE.party))
        for number in range(3):
            message, id = filed(house, Kind.RENEWAL, subject, {ALICE: 7}, number)
            gone = Withdraw(party=ALICE.party, registration=id, step=1, deadline=house.now)
            house.act(gone, ALICE, filings=(message,))
        house.act(freeze, REVIEWING)

    def test_stands_while_its_source_is_retired(self, house: House, subject: str) -> None:
        end = to_window(house, subject)
        message, id = attestable(house, Kind.RENEWAL, subject, {ALICE: 7})
        registrations = house.contracts["Registrations"]
        house.revoke("Rights", "retireSource", registrations)
        house.now = end + 1
        assert house.rights(subject, ALICE.party) == 7
        fault = Fault("NotASource", (registrations,))
        assert house.refusal(house.attest(id), APPROVING, filings=(message,)) == fault
        again = application(house, Kind.RENEWAL, subject, {ALICE: 7}, 2)
        assert house.refusal(again, ALICE) == fault
        house.act(Refuse(**house.officer(id, 3, ground=1, decision=DECISION)), REVIEWING)
        assert house.rights(subject, ALICE.party) == 0


class TestCancellation:
    def test_ends_the_rights_named(self, house: House, subject: str) -> None:
        message, id = attestable(house, Kind.CANCELLATION, subject, {ALICE: OPERATE})
        facts = attest(house, message)
        assert house.rights(subject, ALICE.party) == HOLD | USE
        assert next(f for f in facts if f.contract == "Rights").members == {
            "right": house.right(subject, ALICE.party),
            "cause": id,
            "step": 1,
            "rights": OPERATE,
            "ground": 0,
            "decision": ZERO,
        }

    def test_a_remark_bars_it(self, house: House, subject: str) -> None:
        message, id = attestable(house, Kind.CANCELLATION, subject, {ALICE: 7})
        right = house.right(subject, ALICE.party)
        house.act(remark(house, right, acts=1 << Kind.CANCELLATION), REVIEWING)
        act = house.attest(id, step=2)
        fault = hindered(id, Obstacle.BARRED)
        assert house.refusal(act, APPROVING, filings=(message,)) == fault


class TestCorrection:
    def test_takes_effect_on_no_right(self, house: House, subject: str) -> None:
        before = house.entry(subject, ALICE.party)
        message, id = attestable(house, Kind.CORRECTION, subject, {BOB: HOLD})
        facts = attest(house, message)
        assert {f.contract for f in facts} == {"Registrations"}
        assert house.record(id).state == State.ATTESTED
        assert house.entry(subject, ALICE.party) == before


class TestSources:
    @pytest.mark.parametrize("verb", ["announce", "alter"])
    def test_nobody_else_changes_an_entry(self, house: House, verb: str) -> None:
        arguments: tuple[Any, ...] = (bytes(32), bytes(32), [], 0)
        if verb == "alter":
            arguments = (5, bytes(32), bytes(32), REGISTRAR, [], 0, 0, 0)
        with pytest.raises(Refused) as refused:
            house.run("Rights", verb, *arguments, sender=STRANGER)
        assert refused.value.fault == Fault("NotASource", (STRANGER.address,))
