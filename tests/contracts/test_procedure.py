"""The procedure as the table of states has it (registry/rules/states.py).

Procedure
├── state × verb: what the table permits takes effect and leads where it says; all else is refused
├── an act names the step it is for, or the serial of an objection
├── officers have their role at the registrar when the act is executed, not when it is signed
├── a word of calldata that its type cannot hold is refused
└── who sends an act does not matter
"""

import pytest

from registry.hashes import keccak, to_hex
from registry.messages import Message
from registry.registrations.acts import (
    Refuse,
)
from registry.rules.profiles import Kind
from registry.rules.states import State, Verb, row
from tests.contracts.acts import DECISION, act_of, hindered, in_state, resolution, with_step
from tests.contracts.evm import Fault
from tests.contracts.house import (
    ALICE,
    APPROVER,
    APPROVING,
    BOB,
    CAROL,
    DAY,
    GRACE,
    GUARDIAN,
    OTHER_REGISTRAR,
    OTHER_REVIEWING,
    REGISTRAR,
    REVIEWER,
    REVIEWING,
    SILENCE,
    STRANGER,
    House,
    Person,
)
from tests.contracts.later import attestable
from tests.contracts.model import Obstacle


class TestStateByVerb:
    @pytest.mark.parametrize("verb", list(Verb))
    @pytest.mark.parametrize("state", list(State))
    def test_follows_the_table(self, house: House, state: State, verb: Verb) -> None:
        filing, registration = in_state(house, state)
        permitted = row(state, verb)
        if (state, verb) == (State.ACCEPTED, Verb.ATTEST):
            # Only a kind that is not published.
            act = act_of(house, verb, filing, registration)
            fault = house.refusal(act[0], *act[1], filings=act[2])
            assert fault == hindered(registration, Obstacle.WRONG_STATE)
            _, subject = house.attested(ALICE, number=1)
            filing, registration = attestable(house, Kind.AMENDMENT, subject, {ALICE: 7})
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
        changes = [
            fact
            for fact in facts
            if fact.contract == "Registrations" and fact.members.get("registration") == registration
        ]
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
