"""Who stands behind a party.

Parties
├── a party is its first address until its key is replaced
├── replaceKey: signed by the old key and by the new one, at the party's step
├── proposeKey: by an approver and the new key; the notice is neither too short nor too long
├── keepKey: by the old key, or by an approver of the registrar that proposed
├── concludeKey: by anyone after the notice, while the officer who proposed is still one
├── every act of the party is judged by the key of today; the old key is dead
└── the word that answers for parties whose key never changed answers rightly for all
"""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from registry.hashes import from_hex, keccak
from registry.messages import ZERO, Message, address_of
from registry.parties import ConcludeKey, KeepKey, ProposeKey, ReplaceKey
from tests.contracts.evm import Fault, Refused, artefact
from tests.contracts.house import (
    ALICE,
    APPROVING,
    BOB,
    CAROL,
    DAY,
    KEY_NOTICE,
    OTHER_APPROVING,
    OTHER_REGISTRAR,
    REGISTRAR,
    REVIEWING,
    STRANGER,
    House,
    Person,
    Signing,
    Wallet,
    commitment,
)

OTHERS = (OTHER_REGISTRAR, OTHER_APPROVING)


def replacement(house: House, party: str, key: Signing, step: int = 0) -> ReplaceKey:
    return ReplaceKey(party=party, key=key.address, step=step, deadline=house.now + DAY)


class TestKeyOf:
    def test_is_the_first_address_at_first(self, house: House) -> None:
        assert house.ask("Parties", "keyOf", from_hex(ALICE.party)) == ALICE.address
        assert house.ask("Parties", "stepOf", from_hex(ALICE.party)) == 0

    def test_refuses_a_name_with_more_than_160_bits(self, house: House) -> None:
        wild = from_hex("0x" + "00" * 11 + "01" + ALICE.party[26:])
        with pytest.raises(Refused) as refused:
            house.ask("Parties", "keyOf", wild)
        assert refused.value.fault == Fault("NotAParty", ("0x" + wild.hex(),))


class TestReplaceKey:
    def test_says_the_new_key_and_the_step(self, house: House) -> None:
        message = replacement(house, ALICE.party, BOB)
        act = house.digest(message)
        facts = house.act(message, ALICE, BOB)
        assert [(fact.event, fact.members) for fact in facts] == [
            ("ActSigned", {"act": act, "signer": ALICE.address}),
            ("KeyReplaced", {"party": ALICE.party, "act": act, "step": 1, "key": BOB.address}),
        ]
        assert house.ask("Parties", "keyOf", from_hex(ALICE.party)) == BOB.address
        assert house.ask("Parties", "stepOf", from_hex(ALICE.party)) == 1

    @pytest.mark.parametrize(
        ("signers", "refused"), [((ALICE, ALICE), BOB), ((BOB, BOB), ALICE), ((BOB, ALICE), ALICE)]
    )
    def test_is_signed_by_the_old_and_the_new(
        self, house: House, signers: tuple[Person, Person], refused: Person
    ) -> None:
        message = replacement(house, ALICE.party, BOB)
        assert house.refusal(message, *signers) == Fault("SignatureRefused", (refused.address,))

    @pytest.mark.parametrize("signers", [(), (ALICE,), (ALICE, BOB, BOB)])
    def test_wants_two_signatures(self, house: House, signers: tuple[Person, ...]) -> None:
        message = replacement(house, ALICE.party, BOB)
        assert house.refusal(message, *signers) == Fault("TwoSignatures")

    def test_names_the_step(self, house: House) -> None:
        ahead = replacement(house, ALICE.party, BOB, step=1)
        fault = Fault("PartyStepPassed", (ALICE.party, 1))
        assert house.refusal(ahead, ALICE, BOB) == fault
        first = replacement(house, ALICE.party, BOB)
        house.act(first, ALICE, BOB)
        assert house.refusal(first, ALICE, BOB) == Fault("PartyStepPassed", (ALICE.party, 0))

    def test_nobody_hands_a_party_to_address_zero(self, house: House) -> None:
        nobody = Wallet("0x" + "00" * 20)
        message = replacement(house, ALICE.party, nobody)
        fault = Fault("SignatureRefused", (nobody.address,))
        assert house.refusal(message, ALICE, nobody) == fault

    def test_the_old_key_is_dead_and_the_party_lives(self, house: House) -> None:
        house.act(replacement(house, ALICE.party, BOB), ALICE, BOB)
        message = house.file(ALICE)
        assert house.refusal(message, ALICE) == Fault("SignatureRefused", (BOB.address,))
        house.act(message, BOB)

    def test_a_key_may_stand_behind_several_parties(self, house: House) -> None:
        house.act(replacement(house, ALICE.party, BOB), ALICE, BOB)
        message = house.file(ALICE, BOB)
        house.act(message, BOB, BOB)

    def test_a_party_may_return_to_its_first_key(self, house: House) -> None:
        house.act(replacement(house, ALICE.party, BOB), ALICE, BOB)
        house.act(replacement(house, ALICE.party, ALICE, step=1), BOB, ALICE)
        assert house.ask("Parties", "keyOf", from_hex(ALICE.party)) == ALICE.address
        # The first replacement names a step that has passed, though its signers are the same again.
        stale = replacement(house, ALICE.party, BOB)
        assert house.refusal(stale, ALICE, BOB).error == "PartyStepPassed"

    def test_rights_stay_with_the_party(self, house: House) -> None:
        _, registration = house.attested(ALICE)
        house.act(replacement(house, ALICE.party, BOB), ALICE, BOB)
        assert house.rights(registration, ALICE.party) == 7
        assert house.rights(registration, BOB.party) == 0


def proposal(house: House, party: str, key: Signing, step: int = 0, **changes: Any) -> ProposeKey:
    values: dict[str, Any] = {
        "registrar": REGISTRAR,
        "officer": APPROVING.address,
        "party": party,
        "step": step,
        "instrument": commitment(5),
        "until": house.now + KEY_NOTICE + DAY,
        "key": key.address,
        "deadline": house.now + DAY,
    }
    return ProposeKey(**values | changes)


def keeping(house: House, party: str, signer: Person, step: int = 1) -> KeepKey:
    return KeepKey(
        party=party, signer=signer.address, instrument=ZERO, step=step, deadline=house.now + DAY
    )


def conclusion(house: House, party: str, step: int = 1, sender: Person = STRANGER) -> ConcludeKey:
    return ConcludeKey(sender=sender.address, party=party, step=step, deadline=house.now + DAY)


@pytest.fixture
def proposed(house: House) -> House:
    """BOB's key is proposed for ALICE; its notice has just begun."""
    house.act(proposal(house, ALICE.party, BOB), APPROVING, BOB)
    return house


class TestProposeKey:
    def test_says_who_proposes_what_until_when(self, house: House) -> None:
        message = proposal(house, ALICE.party, BOB)
        act = house.digest(message)
        facts = house.act(message, APPROVING, BOB)
        assert [fact.event for fact in facts] == ["ActSigned", "KeyProposed"]
        assert facts[0].members == {"act": act, "signer": APPROVING.address}
        assert facts[1].members == {
            "party": ALICE.party,
            "act": act,
            "step": 1,
            "registrar": REGISTRAR,
            "officer": APPROVING.address,
            "key": BOB.address,
            "instrument": commitment(5),
            "until": message.until,
        }
        found = house.ask("Parties", "proposalOf", from_hex(ALICE.party))
        assert found == (BOB.address, message.until, REGISTRAR, APPROVING.address)

    def test_leaves_the_old_key_in_place(self, proposed: House) -> None:
        assert proposed.ask("Parties", "keyOf", from_hex(ALICE.party)) == ALICE.address
        proposed.act(proposed.file(ALICE), ALICE)

    def test_is_for_approvers_of_a_registrar_that_may_act(self, house: House) -> None:
        for officer, registrar in ((REVIEWING, REGISTRAR), (APPROVING, OTHER_REGISTRAR)):
            message = proposal(
                house, ALICE.party, BOB, officer=officer.address, registrar=registrar
            )
            fault = Fault("NotAnApprover", (registrar, officer.address))
            assert house.refusal(message, officer, BOB) == fault
        house.revoke("Registrars", "suspend", REGISTRAR, bytes(32))
        fault = Fault("NotAnApprover", (REGISTRAR, APPROVING.address))
        assert house.refusal(proposal(house, ALICE.party, BOB), APPROVING, BOB) == fault

    @pytest.mark.parametrize(
        ("signers", "refused"),
        [((APPROVING, ALICE), BOB), ((BOB, BOB), APPROVING), ((BOB, APPROVING), APPROVING)],
    )
    def test_is_signed_by_the_officer_and_the_new_key(
        self, house: House, signers: tuple[Person, Person], refused: Person
    ) -> None:
        message = proposal(house, ALICE.party, BOB)
        assert house.refusal(message, *signers) == Fault("SignatureRefused", (refused.address,))

    def test_wants_two_signatures(self, house: House) -> None:
        message = proposal(house, ALICE.party, BOB)
        assert house.refusal(message, APPROVING) == Fault("TwoSignatures")

    @pytest.mark.parametrize("off", [-1, 3 * KEY_NOTICE + 1])
    def test_gives_a_notice_of_the_right_length(self, house: House, off: int) -> None:
        earliest, latest = house.now + KEY_NOTICE, house.now + 4 * KEY_NOTICE
        until = earliest + off
        message = proposal(house, ALICE.party, BOB, until=until)
        fault = Fault("WrongNotice", (until, earliest, latest))
        assert house.refusal(message, APPROVING, BOB) == fault

    @pytest.mark.parametrize("off", [0, 3 * KEY_NOTICE])
    def test_counts_both_ends_in(self, house: House, off: int) -> None:
        until = house.now + KEY_NOTICE + off
        house.act(proposal(house, ALICE.party, BOB, until=until), APPROVING, BOB)

    def test_names_the_step_and_is_never_executed_twice(self, proposed: House) -> None:
        again = proposal(proposed, ALICE.party, BOB)
        fault = Fault("PartyStepPassed", (ALICE.party, 0))
        assert proposed.refusal(again, APPROVING, BOB) == fault
        proposed.act(keeping(proposed, ALICE.party, ALICE), ALICE)
        assert proposed.refusal(again, APPROVING, BOB) == fault

    def test_of_another_registrar_waits_while_one_runs(self, proposed: House) -> None:
        until = proposed.ask("Parties", "proposalOf", from_hex(ALICE.party))[1]
        other = proposal(
            proposed,
            ALICE.party,
            CAROL,
            1,
            registrar=OTHER_REGISTRAR,
            officer=OTHER_APPROVING.address,
        )
        fault = Fault("KeyIsProposed", (ALICE.party, until))
        assert proposed.refusal(other, OTHER_APPROVING, CAROL) == fault
        # Who proposed is no officer any more: the proposal is dead, and stands in nobody's way.
        proposed.revoke("Registrars", "dismiss", REGISTRAR, APPROVING.address)
        proposed.act(other, OTHER_APPROVING, CAROL)

    def test_of_the_same_registrar_takes_the_place_of_its_last(self, proposed: House) -> None:
        proposed.now += DAY
        anew = proposal(proposed, ALICE.party, CAROL, 1)
        proposed.act(anew, APPROVING, CAROL)
        found = proposed.ask("Parties", "proposalOf", from_hex(ALICE.party))
        assert found[:2] == (CAROL.address, anew.until)

    def test_leaves_the_last_steps_to_the_party(self, house: House) -> None:
        layout = artefact("Parties")["storageLayout"]["storage"]
        place = next(int(one["slot"]) for one in layout if one["label"] == "_keys")
        slot = int.from_bytes(keccak(from_hex(ALICE.party) + place.to_bytes(32, "big")), "big")
        house.evm.set_word(house.contracts["Parties"], slot, 60_001 << 160)
        message = proposal(house, ALICE.party, BOB, 60_001)
        fault = Fault("TooManyProposals", (ALICE.party,))
        assert house.refusal(message, APPROVING, BOB) == fault
        house.act(replacement(house, ALICE.party, BOB, 60_001), ALICE, BOB)


class TestKeepKey:
    def test_by_the_old_key_ends_the_proposal(self, proposed: House) -> None:
        message = keeping(proposed, ALICE.party, ALICE)
        act = proposed.digest(message)
        facts = proposed.act(message, ALICE)
        assert [(fact.event, fact.members) for fact in facts] == [
            ("ActSigned", {"act": act, "signer": ALICE.address}),
            ("KeyKept", {"party": ALICE.party, "act": act, "step": 2, "instrument": ZERO}),
        ]
        nobody = "0x" + "00" * 20
        found = proposed.ask("Parties", "proposalOf", from_hex(ALICE.party))
        assert found == (nobody, 0, 0, nobody)

    def test_holds_after_the_notice_while_nobody_has_concluded(self, proposed: House) -> None:
        proposed.now += 5 * KEY_NOTICE
        proposed.act(keeping(proposed, ALICE.party, ALICE), ALICE)
        fault = proposed.refusal(conclusion(proposed, ALICE.party, 2), STRANGER)
        assert fault == Fault("NoKeyProposed", (ALICE.party,))

    def test_by_the_registrar_that_proposed(self, proposed: House) -> None:
        proposed.act(keeping(proposed, ALICE.party, APPROVING), APPROVING)

    @pytest.mark.parametrize("signer", [BOB, STRANGER, REVIEWING, OTHER_APPROVING])
    def test_by_nobody_else(self, proposed: House, signer: Person) -> None:
        fault = Fault("NotAnApprover", (REGISTRAR, signer.address))
        assert proposed.refusal(keeping(proposed, ALICE.party, signer), signer) == fault

    def test_wants_a_proposal(self, house: House) -> None:
        fault = Fault("NoKeyProposed", (ALICE.party,))
        assert house.refusal(keeping(house, ALICE.party, ALICE, 0), ALICE) == fault

    def test_a_replacement_by_the_old_key_ends_the_proposal_too(self, proposed: House) -> None:
        proposed.act(replacement(proposed, ALICE.party, CAROL, 1), ALICE, CAROL)
        proposed.now += 2 * KEY_NOTICE
        fault = proposed.refusal(conclusion(proposed, ALICE.party, 2), STRANGER)
        assert fault == Fault("NoKeyProposed", (ALICE.party,))


class TestConcludeKey:
    def test_puts_the_new_key_behind_the_party(self, proposed: House) -> None:
        proposed.now += KEY_NOTICE + DAY + 1
        message = conclusion(proposed, ALICE.party)
        act = proposed.digest(message)
        facts = proposed.act(message, STRANGER)
        assert [(fact.event, fact.members) for fact in facts] == [
            ("ActSigned", {"act": act, "signer": STRANGER.address}),
            ("KeyReplaced", {"party": ALICE.party, "act": act, "step": 2, "key": BOB.address}),
        ]
        assert proposed.ask("Parties", "keyOf", from_hex(ALICE.party)) == BOB.address
        filed = proposed.file(ALICE)
        assert proposed.refusal(filed, ALICE) == Fault("SignatureRefused", (BOB.address,))
        proposed.act(filed, BOB)

    def test_waits_for_the_last_second(self, proposed: House) -> None:
        proposed.now += KEY_NOTICE + DAY
        fault = proposed.refusal(conclusion(proposed, ALICE.party), STRANGER)
        assert fault == Fault("NoticeRuns", (ALICE.party, proposed.now))

    @pytest.mark.parametrize("verb", ["suspend", "expel", "dismiss"])
    def test_what_a_stopped_officer_began_is_stopped(self, proposed: House, verb: str) -> None:
        last = APPROVING.address if verb == "dismiss" else bytes(32)
        proposed.revoke("Registrars", verb, REGISTRAR, last)
        proposed.now += 2 * KEY_NOTICE
        fault = proposed.refusal(conclusion(proposed, ALICE.party), STRANGER)
        assert fault == Fault("NotAnApprover", (REGISTRAR, APPROVING.address))

    def test_wants_a_proposal_and_happens_once(self, proposed: House) -> None:
        proposed.now += 2 * KEY_NOTICE
        message = conclusion(proposed, ALICE.party)
        proposed.act(message, STRANGER)
        fault = Fault("PartyStepPassed", (ALICE.party, 1))
        assert proposed.refusal(message, STRANGER) == fault
        fault = Fault("NoKeyProposed", (ALICE.party,))
        assert proposed.refusal(conclusion(proposed, ALICE.party, 2), STRANGER) == fault

    def test_rights_stay_with_the_party(self, house: House) -> None:
        _, registration = house.attested(ALICE)
        house.act(proposal(house, ALICE.party, BOB), APPROVING, BOB)
        house.now += 2 * KEY_NOTICE
        house.act(conclusion(house, ALICE.party), STRANGER)
        assert house.rights(registration, ALICE.party) == 7


WAYS = ("propose", "propose by other", "keep", "drop", "conclude", "replace", "wait", "dismiss")


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(WAYS), max_size=12))
def test_k1_no_key_changes_but_by_the_old_one_or_after_a_whole_notice(
    built: House, story: list[str]
) -> None:
    """K1: a key is replaced by the old key's signature, or after a notice that nobody ended, proposed
    by one who is still an approver. K2: the step rises by one with each change, and with nothing else.
    """
    house = built.fork()
    key, step = ALICE, 0
    running: tuple[Person, Person, int] | None = None  # officer, key, last second
    approvers = {"propose": (REGISTRAR, APPROVING), "propose by other": OTHERS}
    alive = {APPROVING, OTHER_APPROVING}
    for place, what in enumerate(story):
        new = Person(f"new key {place}")
        if what == "wait":
            house.now += KEY_NOTICE // 2 + 1
            continue
        if what == "dismiss":
            if APPROVING in alive:
                house.revoke("Registrars", "dismiss", REGISTRAR, APPROVING.address)
                alive.discard(APPROVING)
            continue
        message: Message
        signers: tuple[Person, ...]
        after: tuple[Person, tuple[Person, Person, int] | None]
        if what in approvers:
            registrar, officer = approvers[what]
            until = house.now + KEY_NOTICE
            changes = {"registrar": registrar, "officer": officer.address, "until": until}
            message = proposal(house, ALICE.party, new, step, **changes)
            signers = (officer, new)
            is_free = running is None or running[0] not in alive or running[0] is officer
            is_sound = officer in alive and is_free
            after = (key, (officer, new, until))
        elif what in ("keep", "drop"):
            signer = key if what == "keep" else APPROVING
            message, signers = keeping(house, ALICE.party, signer, step), (signer,)
            is_own = running is not None and running[0] is APPROVING and APPROVING in alive
            is_sound = running is not None and (what == "keep" or is_own)
            after = (key, None)
        elif what == "conclude":
            message, signers = conclusion(house, ALICE.party, step), (STRANGER,)
            is_sound = running is not None and running[0] in alive and house.now > running[2]
            after = (running[1] if running else key, None)
        else:
            message, signers = replacement(house, ALICE.party, new, step), (key, new)
            is_sound, after = True, (new, None)
        if is_sound:
            house.act(message, *signers)
            (key, running), step = after, step + 1
        else:
            house.refusal(message, *signers)
        assert house.ask("Parties", "keyOf", from_hex(ALICE.party)) == key.address
        assert house.ask("Parties", "stepOf", from_hex(ALICE.party)) == step


@settings(max_examples=15, deadline=None)
@given(st.lists(st.sampled_from([ALICE, BOB, CAROL]), max_size=5), st.data())
def test_the_word_for_unchanged_keys_never_lies(
    built: House, changes: list[Person], data: st.DataObject
) -> None:
    house = built.fork()
    keys: dict[str, Person] = {}
    for step, person in enumerate(changes):
        before = sum(1 for earlier in changes[:step] if earlier is person)
        new = Person(f"{person.name} {step}")
        act = replacement(house, person.party, new, step=before)
        house.act(act, keys.get(person.party, person), new)
        keys[person.party] = new
    # Parties that share their last byte with a changed one, and parties that do not.
    tail = data.draw(st.sampled_from([p.party[-2:] for p in (ALICE, BOB, CAROL)] + ["00", "ff"]))
    neighbour = STRANGER.party[:-2] + tail
    for person in (ALICE, BOB, CAROL):
        expected = keys.get(person.party, person).address
        assert house.ask("Parties", "keyOf", from_hex(person.party)) == expected
    assert house.ask("Parties", "keyOf", from_hex(neighbour)) == address_of(neighbour)
