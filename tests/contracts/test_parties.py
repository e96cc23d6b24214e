"""Who stands behind a party.

Parties
├── a party is its first address until its key is replaced
├── replaceKey: signed by the old key and by the new one, at the party's step
├── every act of the party is judged by the key of today; the old key is dead
└── the word that answers for parties whose key never changed answers rightly for all
"""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from registry.hashes import from_hex
from registry.messages import address_of
from registry.parties import ReplaceKey
from tests.contracts.evm import Fault, Refused
from tests.contracts.house import ALICE, BOB, CAROL, DAY, STRANGER, House, Person, Signing, Wallet


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
