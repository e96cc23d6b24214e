"""What officers do to standing rights: remark, lift, cancel, execute.

Ex officio
├── each names the entry's step, an officer of its registrar with the role, and can be voided
├── remark
│   ├── bars the acts and rights that it names until its last second, and nothing else
│   ├── a mere record bars nothing
│   └── names rights and acts together, a moment ahead, a kind; 255 an entry, ever
├── lift: one that stands, once
├── cancel: the rights named, on a ground; barred where a remark says so
└── execute
    ├── takes rights from one and gives them to another, or extinguishes them; no remark stands in its way
    └── gives nobody what it holds, nor what is past its end, and is executed once
"""

from collections.abc import Callable

import pytest

from registry.messages import ZERO, Message, Void
from registry.rights.acts import Cancel, Execute, Lift, Remark
from registry.rules.profiles import Kind
from tests.contracts.acts import hindered, slot_of
from tests.contracts.evm import Fault
from tests.contracts.house import (
    ALICE,
    APPROVER,
    APPROVING,
    BOB,
    CAROL,
    DAY,
    HOLD,
    OPERATE,
    OTHER_APPROVING,
    OTHER_REGISTRAR,
    REGISTRAR,
    REVIEWING,
    STRANGER,
    USE,
    House,
    Person,
    commitment,
)
from tests.contracts.later import (
    DECISION,
    GIVE,
    INSTRUMENT,
    SEIZURE,
    attestable,
    attested,
    cancel,
    execute,
    filed,
    lift,
    remark,
    step_of,
)
from tests.contracts.model import Obstacle

LICENCE = 8


@pytest.fixture
def subject(house: House) -> str:
    """ALICE holds all three rights, and a remark without consequences stands on them."""
    subject = house.attested(ALICE)[1]
    right = house.right(subject, ALICE.party)
    house.act(remark(house, right, rights=0, acts=0, until=0), REVIEWING)
    return subject


@pytest.fixture
def right(house: House, subject: str) -> str:
    return house.right(subject, ALICE.party)


Maker = Callable[..., Remark | Lift | Cancel | Execute]


def of(house: House, subject: str) -> dict[str, tuple[Maker, str]]:
    right = house.right(subject, ALICE.party)
    return {
        "remark": (lambda **more: remark(house, right, **more), right),
        "lift": (lambda **more: lift(house, right, **more), right),
        "cancel": (lambda **more: cancel(house, right, **more), right),
        "execute": (lambda **more: execute(house, subject, **more), right),
    }


def by(verb: str) -> Person:
    return REVIEWING if verb in ("remark", "lift") else APPROVING


@pytest.mark.parametrize("verb", ["remark", "lift", "cancel", "execute"])
class TestEveryAct:
    def test_raises_the_step_by_one_and_says_who_signed(
        self, house: House, subject: str, verb: str
    ) -> None:
        make, right = of(house, subject)[verb]
        act = make()
        signed, fact = house.act(act, by(verb))
        assert signed.members == {"act": house.digest(act), "signer": by(verb).address}
        assert fact.members["right"] == right
        assert fact.members["act" if verb != "cancel" else "cause"] == house.digest(act)
        assert fact.members["step"] == step_of(house, right) == 2

    def test_names_the_step_it_is_for(self, house: House, subject: str, verb: str) -> None:
        make, right = of(house, subject)[verb]
        for step in (0, 2):
            fault = house.refusal(make(step=step), by(verb))
            assert fault == hindered(right, Obstacle.STEP_PASSED)

    def test_is_executed_once(self, house: House, subject: str, verb: str) -> None:
        make, right = of(house, subject)[verb]
        act = make()
        house.act(act, by(verb))
        assert house.refusal(act, by(verb)) == hindered(right, Obstacle.STEP_PASSED)

    def test_is_of_an_officer_of_the_entrys_registrar(
        self, house: House, subject: str, verb: str
    ) -> None:
        make, right = of(house, subject)[verb]
        other = make(registrar=OTHER_REGISTRAR, officer=OTHER_APPROVING.address)
        assert house.refusal(other, OTHER_APPROVING) == hindered(right, Obstacle.OTHER_REGISTRAR)
        role = 3 if verb in ("remark", "lift") else APPROVER
        fault = Fault("NotAnOfficer", (REGISTRAR, STRANGER.address, role))
        assert house.refusal(make(officer=STRANGER.address), STRANGER) == fault
        forged = Fault("SignatureRefused", (by(verb).address,))
        assert house.refusal(make(), STRANGER) == forged

    def test_takes_the_approver_where_a_right_ends(
        self, house: House, subject: str, verb: str
    ) -> None:
        make, _ = of(house, subject)[verb]
        act = make(officer=REVIEWING.address)
        if verb in ("remark", "lift"):
            house.act(act, REVIEWING)
        else:
            fault = Fault("NotAnOfficer", (REGISTRAR, REVIEWING.address, APPROVER))
            assert house.refusal(act, REVIEWING) == fault

    def test_dies_with_its_deadline(self, house: House, subject: str, verb: str) -> None:
        make, _ = of(house, subject)[verb]
        act = make(deadline=house.now - 1)
        assert house.refusal(act, by(verb)) == Fault("DeadlinePassed", (house.now - 1,))

    def test_is_voided_by_its_signer_at_rights(self, house: House, subject: str, verb: str) -> None:
        make, _ = of(house, subject)[verb]
        act = make()
        void = Void(act=house.digest(act), signer=by(verb).address, deadline=house.now)
        signature = by(verb).sign(void.digest(house.domain("Rights")))
        data = void.calldata((signature,), ())
        receipt = house.evm.send(house.contracts["Rights"], data, sender=STRANGER.address)
        assert [fact.event for fact in house.facts(receipt)] == ["ActVoided"]
        assert house.refusal(act, by(verb)) == Fault("ActIsVoid", (house.digest(act),))
        house.act(make(deadline=house.now), by(verb))

    def test_is_on_an_entry_that_there_is(self, house: House, subject: str, verb: str) -> None:
        nowhere = commitment(3)
        act: Message
        if verb == "execute":
            act = execute(house, nowhere)
            nowhere = house.right(nowhere, ALICE.party)
        else:
            act = of(house, subject)[verb][0](right=nowhere, step=0)
        assert house.refusal(act, by(verb)) == hindered(nowhere, Obstacle.NOT_HELD)

    def test_never_raises_the_last_step(self, house: House, subject: str, verb: str) -> None:
        """Beyond it the step would begin anew, and every act of the past with it."""
        make, right = of(house, subject)[verb]
        slot, address = slot_of("Rights", "_entries", right), house.contracts["Rights"]
        word = house.evm.word(address, slot)
        house.evm.set_word(address, slot, word | 0xFFFF << 16)
        assert house.refusal(make(), by(verb)) == hindered(right, Obstacle.STEP_PASSED)


class TestRemark:
    def test_says_what_it_bars(self, house: House, right: str) -> None:
        act = remark(house, right, rights=HOLD, acts=1 << LICENCE)
        assert house.act(act, REVIEWING)[1].members == {
            "right": right,
            "act": house.digest(act),
            "step": 2,
            "serial": 1,
            "kind": SEIZURE,
            "instrument": INSTRUMENT,
            "rights": HOLD,
            "acts": 1 << LICENCE,
            "until": act.until,
        }

    def test_bars_what_it_names_to_its_last_second(self, house: House, right: str) -> None:
        until = house.now + DAY
        act = remark(house, right, rights=HOLD | USE, acts=1 << LICENCE, until=until)
        house.act(act, REVIEWING)
        found = {
            (rights, kind, moment): house.ask(
                "Rights", "isBarred", bytes.fromhex(right[2:]), rights, kind, moment
            )
            for rights in (HOLD, USE, OPERATE, HOLD | OPERATE)
            for kind in (Kind.TRANSFER, LICENCE)
            for moment in (house.now, until, until + 1)
        }
        assert {key for key, barred in found.items() if barred} == {
            (rights, LICENCE, moment)
            for rights in (HOLD, USE, HOLD | OPERATE)
            for moment in (house.now, until)
        }

    @pytest.mark.parametrize(
        "changes",
        [
            {"rights": 0},
            {"acts": 0},
            {"rights": 8},
            {"kind": 0},
            {"rights": 0, "acts": 0, "kind": 0},
            {"until": 1},
        ],
    )
    def test_is_whole(self, house: House, right: str, changes: dict[str, int]) -> None:
        act = remark(house, right, **changes)
        fault = Fault("WrongLimit", (act.rights, act.acts, act.until))
        assert house.refusal(act, REVIEWING) == fault

    def test_there_are_255_ever(self, house: House, right: str) -> None:
        slot, address = slot_of("Rights", "_entries", right), house.contracts["Rights"]
        word = house.evm.word(address, slot)
        house.evm.set_word(address, slot, word & ~(0xFF << 200) | 254 << 200)
        house.act(remark(house, right), REVIEWING)
        act = remark(house, right)
        fault = Fault("WrongLimit", (act.rights, act.acts, act.until))
        assert house.refusal(act, REVIEWING) == fault
        house.act(lift(house, right, 254), REVIEWING)

    def test_what_a_seizure_does_not_name_stays_possible(
        self, house: House, subject: str, right: str
    ) -> None:
        """Renewal and change of name (law-corrections A13)."""
        acts = 1 << Kind.TRANSFER | 1 << Kind.CANCELLATION | 1 << LICENCE
        house.act(remark(house, right, acts=acts, until=2**40 - 1), REVIEWING)
        attested(house, Kind.AMENDMENT, subject, {ALICE: 7}, 1)
        end = house.entry(subject, ALICE.party)[1]
        house.now = end - 30 * DAY
        attested(house, Kind.RENEWAL, subject, {ALICE: 7}, 2)
        assert house.entry(subject, ALICE.party)[1] > end

    def test_stops_a_transfer_that_was_filed_before_it(
        self, house: House, subject: str, right: str
    ) -> None:
        message, id = attestable(house, Kind.TRANSFER, subject, {ALICE: 7 | GIVE, BOB: 7})
        house.act(remark(house, right, acts=1 << Kind.TRANSFER), REVIEWING)
        fault = hindered(id, Obstacle.BARRED)
        assert house.refusal(house.attest(id), APPROVING, filings=(message,)) == fault


class TestLift:
    def test_ends_one_remark_and_leaves_the_others(self, house: House, right: str) -> None:
        house.act(remark(house, right, rights=HOLD), REVIEWING)
        house.act(remark(house, right, rights=HOLD), REVIEWING)
        question = bytes.fromhex(right[2:]), HOLD, Kind.TRANSFER, house.now
        act = lift(house, right, 1)
        assert house.act(act, REVIEWING)[1].members == {
            "right": right,
            "act": house.digest(act),
            "step": 4,
            "serial": 1,
            "instrument": INSTRUMENT,
        }
        assert house.ask("Rights", "isBarred", *question)
        house.act(lift(house, right, 2), REVIEWING)
        assert not house.ask("Rights", "isBarred", *question)

    @pytest.mark.parametrize("serial", [1, 255])
    def test_of_none_is_refused(self, house: House, right: str, serial: int) -> None:
        fault = hindered(right, Obstacle.STEP_PASSED)
        assert house.refusal(lift(house, right, serial), REVIEWING) == fault

    def test_twice_is_refused(self, house: House, right: str) -> None:
        house.act(lift(house, right), REVIEWING)
        fault = hindered(right, Obstacle.STEP_PASSED)
        assert house.refusal(lift(house, right), REVIEWING) == fault


class TestCancel:
    def test_ends_the_rights_named_for_good(self, house: House, subject: str, right: str) -> None:
        act = cancel(house, right, rights=HOLD | USE)
        assert house.act(act, APPROVING)[1].members == {
            "right": right,
            "cause": house.digest(act),
            "step": 2,
            "rights": HOLD | USE,
            "ground": 2,
            "decision": DECISION,
        }
        assert house.rights(subject, ALICE.party) == OPERATE
        again = cancel(house, right, rights=HOLD)
        assert house.refusal(again, APPROVING) == hindered(right, Obstacle.NOT_HELD)

    def test_names_a_ground(self, house: House, right: str) -> None:
        assert house.refusal(cancel(house, right, ground=0), APPROVING) == Fault("NoDecision")

    @pytest.mark.parametrize("rights", [0, 8, 15])
    def test_names_rights(self, house: House, right: str, rights: int) -> None:
        fault = Fault("WrongRights", (rights,))
        assert house.refusal(cancel(house, right, rights=rights), APPROVING) == fault

    def test_a_remark_bars_it_for_what_it_names(self, house: House, right: str) -> None:
        limit = remark(house, right, rights=HOLD, acts=1 << Kind.CANCELLATION)
        house.act(limit, REVIEWING)
        fault = hindered(right, Obstacle.BARRED)
        assert house.refusal(cancel(house, right), APPROVING) == fault
        house.act(cancel(house, right, rights=USE | OPERATE), APPROVING)


class TestExecute:
    def test_gives_rights_to_another(self, house: House, subject: str, right: str) -> None:
        end = house.entry(subject, ALICE.party)[1]
        act = execute(house, subject, receiver=BOB.party, rights=HOLD)
        digest = house.digest(act)
        _, taken, received = house.act(act, APPROVING)
        assert taken.members == {
            "right": right,
            "act": digest,
            "step": 2,
            "rights": HOLD,
            "receiver": BOB.party,
            "instrument": INSTRUMENT,
        }
        assert received.members == {
            "right": house.right(subject, BOB.party),
            "act": digest,
            "step": 0,
            "registration": subject,
            "holder": BOB.party,
            "rights": HOLD,
            "since": house.now,
            "expiry": end,
        }
        assert house.rights(subject, ALICE.party) == USE | OPERATE
        assert house.entry(subject, BOB.party) == (house.now, end, 0, 0, REGISTRAR, 0)

    def test_extinguishes_them(self, house: House, subject: str) -> None:
        facts = house.act(execute(house, subject, rights=OPERATE), APPROVING)
        assert [fact.event for fact in facts] == ["ActSigned", "RightExecuted"]
        assert house.rights(subject, ALICE.party) == HOLD | USE

    def test_no_remark_stands_in_its_way(self, house: House, subject: str, right: str) -> None:
        house.act(remark(house, right), REVIEWING)
        house.act(execute(house, subject, receiver=BOB.party), APPROVING)
        assert house.rights(subject, BOB.party) == 7

    def test_adds_to_what_the_receiver_holds(self, house: House) -> None:
        _, subject = house.attested(ALICE, BOB, rights=HOLD | USE)
        house.act(cancel(house, house.right(subject, BOB.party), rights=USE), APPROVING)
        held = execute(house, subject, receiver=BOB.party, rights=HOLD | USE)
        assert house.refusal(held, APPROVING) == Fault("WrongRights", (HOLD | USE,))
        facts = house.act(execute(house, subject, receiver=BOB.party, rights=USE), APPROVING)
        assert facts[-1].members["step"] == 2
        assert house.rights(subject, BOB.party) == HOLD | USE

    def test_brings_back_what_the_receiver_held_once(self, house: House) -> None:
        """BOB's time is over, ALICE renewed: what stands in BOB's entry is no obstacle."""
        _, subject = house.attested(ALICE, BOB)
        end = house.entry(subject, ALICE.party)[1]
        house.now = end - 30 * DAY
        attested(house, Kind.RENEWAL, subject, {ALICE: 7})
        house.now = end + 1
        assert house.rights(subject, BOB.party) == 0
        house.act(execute(house, subject, receiver=BOB.party), APPROVING)
        assert house.rights(subject, BOB.party) == 7

    def test_gives_nobody_what_is_past_its_end(
        self, house: House, subject: str, right: str
    ) -> None:
        """It stands by ALICE's own renewal, which would die with it: the right would be lost."""
        end = house.entry(subject, ALICE.party)[1]
        house.now = end - 30 * DAY
        filed(house, Kind.RENEWAL, subject, {ALICE: 7})
        house.now = end + 1
        act = execute(house, subject, receiver=BOB.party)
        assert house.refusal(act, APPROVING) == hindered(right, Obstacle.NOT_HELD)
        house.act(execute(house, subject), APPROVING)

    def test_of_what_is_not_held_is_refused(self, house: House, subject: str, right: str) -> None:
        house.act(cancel(house, right, rights=HOLD), APPROVING)
        act = execute(house, subject, receiver=BOB.party, rights=HOLD | USE)
        assert house.refusal(act, APPROVING) == hindered(right, Obstacle.NOT_HELD)

    def test_rests_on_an_instrument(self, house: House, subject: str) -> None:
        act = execute(house, subject, instrument=ZERO)
        assert house.refusal(act, APPROVING) == Fault("NoDecision")

    def test_nobody_receives_from_itself(self, house: House, subject: str) -> None:
        act = execute(house, subject, receiver=ALICE.party)
        assert house.refusal(act, APPROVING) == Fault("SameParty", (ALICE.party,))

    @pytest.mark.parametrize("rights", [0, 8])
    def test_names_rights(self, house: House, subject: str, rights: int) -> None:
        fault = Fault("WrongRights", (rights,))
        assert house.refusal(execute(house, subject, rights=rights), APPROVING) == fault

    def test_reaches_what_was_transferred(self, house: House, subject: str) -> None:
        id = attested(house, Kind.TRANSFER, subject, {ALICE: 7 | GIVE, BOB: 7})
        house.act(execute(house, id, BOB, CAROL.party), APPROVING)
        assert house.rights(id, CAROL.party) == 7
