"""What counts as signed.

A signature
├── every canonical ECDSA signature counts, and what the service calls canonical the contract does too
├── 64 or 66 bytes, v 0 or 1, a high s, zeros, another key: refused
├── of a contract (ERC-1271)
│   ├── accepted when it answers the accepting word; refused when it refuses, reverts or answers less
│   ├── one that burns all gas or returns megabytes harms itself alone
│   ├── one that changes its mind between simulation and block ends as a clean failure
│   └── one that calls back finds nothing written and can write nothing
└── of an account with EIP-7702 code: plain ECDSA counts, and what its code accepts counts too
An act
├── holds to its deadline and not a second longer
├── holds on one contract of one chain
├── is executed once
└── never after its signer voided it; nobody voids another's
"""

from typing import Any

import pytest
import rlp  # type: ignore[import-untyped]
from coincurve import PrivateKey
from eth_abi.abi import encode
from eth_utils.address import to_canonical_address
from hypothesis import example, given, settings
from hypothesis import strategies as st

from registry.errors import BadSignature
from registry.hashes import from_hex, keccak, to_hex
from registry.messages import Void, party_of
from registry.parties import ReplaceKey
from registry.registrations.acts import Accept
from registry.signatures import recover
from tests.contracts.evm import Fault, Refused
from tests.contracts.house import (
    ALICE,
    APPROVING,
    BOB,
    CHAIN_ID,
    DAY,
    RELAYER,
    REVIEWING,
    STRANGER,
    House,
    Person,
    Wallet,
)

ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141


def parts(signature: str) -> tuple[int, int, int]:
    raw = from_hex(signature)
    return int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:64], "big"), raw[64]


def joined(r: int, s: int, v: int) -> str:
    return to_hex(r.to_bytes(32, "big") + s.to_bytes(32, "big") + bytes([v]))


def compact(signature: str) -> str:
    """The same in 64 bytes (EIP-2098)."""
    r, s, v = parts(signature)
    return to_hex(r.to_bytes(32, "big") + (s | (v - 27) << 255).to_bytes(32, "big"))


def wallet(house: House, kind: str, *arguments: Any) -> Wallet:
    return Wallet(house.evm.create(kind, *arguments, sender=STRANGER.address))


class TestEcdsa:
    def test_takes_a_canonical_signature(self, house: House) -> None:
        message = house.file(ALICE)
        assert house.act(message, ALICE)[0].event == "RegistrationFiled"

    @pytest.mark.parametrize(
        "spoil",
        [
            compact,
            lambda s: s + "00",
            lambda s: s[:-2],
            lambda s: joined(parts(s)[0], parts(s)[1], parts(s)[2] - 27),
            lambda s: joined(parts(s)[0], parts(s)[1], 55 - parts(s)[2]),
            lambda s: joined(parts(s)[0], ORDER - parts(s)[1], 55 - parts(s)[2]),
            lambda s: joined(0, 0, 27),
            lambda s: joined(ORDER, parts(s)[1], parts(s)[2]),
            lambda s: "0x",
        ],
        ids=[
            "64 bytes of EIP-2098",
            "66 bytes",
            "64 bytes",
            "v 0 or 1",
            "the other v",
            "high s",
            "zeros",
            "r too large",
            "nothing",
        ],
    )
    def test_refuses_what_is_not_canonical(self, house: House, spoil: Any) -> None:
        message = house.file(ALICE)
        signature = spoil(ALICE.sign(house.digest(message)))
        assert house.refusal(message, signature) == Fault("SignatureRefused", (ALICE.address,))

    def test_refuses_another_key(self, house: House) -> None:
        fault = Fault("SignatureRefused", (ALICE.address,))
        assert house.refusal(house.file(ALICE), BOB) == fault

    def test_nobody_signs_for_address_zero(self, house: House) -> None:
        # An invalid signature recovers to the zero address, which must not be taken for a signer.
        message = Void(act="0x" + "11" * 32, signer="0x" + "00" * 20, deadline=house.now)
        fault = Fault("SignatureRefused", ("0x" + "00" * 20,))
        assert house.refusal(message, joined(1, 1, 29)) == fault
        assert house.refusal(message, "0x" + "00" * 65) == fault

    @settings(max_examples=120, deadline=None)
    @given(st.data())
    def test_the_service_calls_canonical_what_the_contract_takes(
        self, built: House, data: st.DataObject
    ) -> None:
        house = built.fork()
        message = house.file(ALICE)
        digest = house.digest(message)
        r, s, _ = parts(ALICE.sign(digest))
        near = st.sampled_from([0, 1, 27, 28, 26, 29, 255])
        signature = data.draw(
            st.one_of(
                st.builds(joined, st.just(r), st.just(s), near),
                st.builds(joined, st.just(r), st.sampled_from([s, ORDER - s, 0, 1, ORDER]), near),
                st.builds(joined, st.sampled_from([r, 0, ORDER, 2**256 - 1]), st.just(s), near),
                st.binary(max_size=70).map(to_hex),
            )
        )
        try:
            is_signed = recover(digest, signature) == ALICE.address
        except BadSignature:
            is_signed = False
        assert (house.send(message, signature).fault is None) == is_signed


class TestContractWallet:
    def test_signs_by_its_own_rule(self, house: House) -> None:
        _, registration = house.filed(wallet(house, "AcceptingWallet"))
        assert house.record(registration).step == 1

    @pytest.mark.parametrize(
        "kind",
        [
            "RefusingWallet",
            "SloppyWallet",
            "CurtWallet",
            "RevertingWallet",
            "RevertingBombWallet",
            "Batch",
        ],
    )
    def test_refuses_unless_the_wallet_answers_the_accepting_word(
        self, house: House, kind: str
    ) -> None:
        party = wallet(house, kind)
        fault = Fault("SignatureRefused", (party.address,))
        assert house.refusal(house.file(party), party) == fault

    def test_copies_no_more_than_a_word_of_the_answer(self, house: House) -> None:
        party = wallet(house, "BombWallet")
        message = house.file(party)
        # Two megabytes of memory cost the wallet 7.8 million gas; copied, they would cost us as much.
        assert house.send(message, party).gas < 8_000_000

    def test_an_officer_may_be_a_contract(self, house: House) -> None:
        officer = wallet(house, "AcceptingWallet")
        house.grant(("Registrars", "appoint", 441, officer.address, 1))
        _, registration = house.filed(ALICE)
        house.act(house.accept(registration, officer=officer.address), officer)
        assert house.record(registration).step == 2

    @pytest.mark.parametrize("kind", ["BurningWallet", "BombWallet", "RevertingBombWallet"])
    def test_a_hostile_wallet_harms_itself_alone(self, house: House, kind: str) -> None:
        party = wallet(house, kind)
        acts = [
            house.calldata(house.file(ALICE), ALICE),
            house.calldata(house.file(party, number=1), party),
            house.calldata(house.file(BOB, number=2), BOB),
        ]
        receipt = house.batch("Registrations", acts, limit=300_000)
        assert receipt.fault is None
        assert [fact.event for fact in house.facts(receipt)] == [
            "RegistrationFiled",
            "ActFailed",
            "RegistrationFiled",
        ]
        assert receipt.gas < 21_000 + 3 * 300_000 + 60_000

    def test_one_that_changed_its_mind_ends_as_a_clean_failure(self, house: House) -> None:
        party = wallet(house, "FlippingWallet")
        message = house.file(party)
        data = house.calldata(message, party)
        to = house.contracts["Registrations"]
        assert house.evm.call(to, data, sender=RELAYER.address).fault is None
        house.evm.send(party.address, keccak(b"flip()")[:4], sender=STRANGER.address)
        assert house.refusal(message, party) == Fault("SignatureRefused", (party.address,))

    def test_one_that_calls_back_can_write_nothing(self, house: House) -> None:
        party = wallet(house, "ReenteringWallet", house.contracts["Registrations"])
        act = house.calldata(house.file(BOB, number=5), BOB)
        prepare = keccak(b"prepare(bytes)")[:4] + encode(["bytes"], [act])
        assert house.evm.send(party.address, prepare, sender=STRANGER.address).fault is None
        facts = house.act(house.file(party), party)
        assert [fact.event for fact in facts] == ["RegistrationFiled"]
        house.act(house.file(BOB, number=5), BOB)

    def test_one_that_looks_finds_nothing_written_yet(self, house: House) -> None:
        party = wallet(house, "WatchingWallet", house.contracts["Registrations"])
        first, second = sorted((party, wallet(house, "AcceptingWallet")), key=lambda w: w.party)
        house.act(house.file(first, second), first, second)


class TestDelegatedAccount:
    """EIP-7702: a key's account that bears code."""

    def delegated(self, house: House, person: Person, kind: str) -> None:
        code = house.evm.create(kind, sender=STRANGER.address)
        nonce = house.evm.nonce(person.address)
        signed = keccak(b"\x05" + rlp.encode([CHAIN_ID, to_canonical_address(code), nonce]))
        raw = PrivateKey(person.key).sign_recoverable(signed, hasher=None)
        authorization: dict[str, int | bytes] = {
            "chain_id": CHAIN_ID,
            "address": to_canonical_address(code),
            "nonce": nonce,
            "y_parity": raw[64],
            "r": int.from_bytes(raw[:32], "big"),
            "s": int.from_bytes(raw[32:64], "big"),
        }
        house.evm.send(
            STRANGER.address, b"", sender=RELAYER.address, authorizations=[authorization]
        )
        assert house.evm.code(person.address) == b"\xef\x01\x00" + to_canonical_address(code)

    def test_its_plain_signature_counts(self, house: House) -> None:
        self.delegated(house, ALICE, "RefusingWallet")
        house.act(house.file(ALICE), ALICE)

    def test_what_its_code_accepts_counts(self, house: House) -> None:
        self.delegated(house, ALICE, "AcceptingWallet")
        house.act(house.file(ALICE), "0x1234")

    def test_what_neither_signed_is_refused(self, house: House) -> None:
        self.delegated(house, ALICE, "RefusingWallet")
        fault = Fault("SignatureRefused", (ALICE.address,))
        assert house.refusal(house.file(ALICE), BOB) == fault


class TestDeadline:
    def test_is_the_last_second(self, house: House) -> None:
        house.act(house.file(ALICE, deadline=house.now), ALICE)

    def test_refuses_a_second_later(self, house: House) -> None:
        message = house.file(ALICE, deadline=house.now)
        house.now += 1
        assert house.refusal(message, ALICE) == Fault("DeadlinePassed", (message.deadline,))

    def test_holds_for_every_later_act_too(self, house: House) -> None:
        _, registration = house.filed(ALICE)
        message = house.accept(registration)
        house.now = message.deadline + 1
        assert house.refusal(message, REVIEWING) == Fault("DeadlinePassed", (message.deadline,))


class TestReplay:
    def test_refuses_on_another_chain(self, house: House) -> None:
        other = House.build(chain_id=CHAIN_ID + 1)
        message = house.file(ALICE)
        signature = ALICE.sign(house.digest(message))
        assert other.refusal(message, signature) == Fault("SignatureRefused", (ALICE.address,))

    def test_refuses_on_a_fork_that_took_another_chain_id(self, house: House) -> None:
        message = house.file(ALICE)
        signature = ALICE.sign(house.digest(message))
        house.evm.chain_id += 1
        assert house.refusal(message, signature) == Fault("SignatureRefused", (ALICE.address,))
        house.act(message, ALICE)

    def test_refuses_at_another_contract(self, house: House) -> None:
        message = Void(act="0x" + "11" * 32, signer=ALICE.address, deadline=house.now)
        signature = ALICE.sign(house.digest(message))
        data = message.calldata((signature,))
        receipt = house.evm.send(house.contracts["Parties"], data, sender=RELAYER.address)
        assert receipt.fault == Fault("SignatureRefused", (ALICE.address,))


class TestVoid:
    def test_makes_an_act_impossible(self, house: House) -> None:
        _, registration = house.filed(ALICE)
        act = house.accept(registration)
        void = Void(act=house.digest(act), signer=REVIEWING.address, deadline=house.now)
        assert [(f.event, f.members) for f in house.act(void, REVIEWING)] == [
            ("ActVoided", {"act": house.digest(act), "signer": REVIEWING.address})
        ]
        assert house.refusal(act, REVIEWING) == Fault("ActIsVoid", (house.digest(act),))

    def test_leaves_what_was_executed(self, house: House) -> None:
        _, registration = house.accepted(ALICE)
        before = house.record(registration)
        act = house.digest(house.accept(registration))
        house.act(Void(act=act, signer=REVIEWING.address, deadline=house.now), REVIEWING)
        assert house.record(registration) == before

    def test_nobody_voids_anothers_act(self, house: House) -> None:
        _, registration = house.filed(ALICE)
        act = house.accept(registration)
        digest = house.digest(act)
        house.act(Void(act=digest, signer=STRANGER.address, deadline=house.now), STRANGER)
        void = Void(act=digest, signer=REVIEWING.address, deadline=house.now)
        assert house.refusal(void, STRANGER) == Fault("SignatureRefused", (REVIEWING.address,))
        house.act(act, REVIEWING)

    def test_leaves_acts_whose_hashes_end_alike(self, house: House) -> None:
        _, registration = house.filed(ALICE)

        def ending(act: Accept) -> int:
            signer = bytes(12) + to_canonical_address(act.officer)
            return keccak(from_hex(house.digest(act)) + signer)[-1]

        first = house.accept(registration)
        later = (house.accept(registration, deadline=first.deadline + i) for i in range(1, 10_000))
        alike = next(act for act in later if ending(act) == ending(first))
        digest = house.digest(first)
        house.act(Void(act=digest, signer=REVIEWING.address, deadline=house.now), REVIEWING)
        assert house.refusal(first, REVIEWING) == Fault("ActIsVoid", (digest,))
        house.act(alike, REVIEWING)

    def test_is_itself_executed_once(self, house: House) -> None:
        void = Void(act="0x" + "11" * 32, signer=ALICE.address, deadline=house.now + DAY)
        house.act(void, ALICE)
        assert house.refusal(void, ALICE) == Fault("ActIsVoid", (void.act,))

    def test_the_new_key_of_a_party_can_void_its_replacement(self, house: House) -> None:
        act = ReplaceKey(party=ALICE.party, key=BOB.address, step=0, deadline=house.now)
        digest = house.digest(act)
        data = Void(act=digest, signer=BOB.address, deadline=house.now)
        domain = house.domain("Parties")
        receipt = house.evm.send(
            domain.contract, data.calldata((BOB.sign(data.digest(domain)),)), sender=RELAYER.address
        )
        assert receipt.fault is None
        assert house.refusal(act, ALICE, BOB) == Fault("ActIsVoid", (digest,))

    def test_a_filing_is_taken_back_by_withdrawing_it_instead(self, house: House) -> None:
        # Written down because it surprises: asking for a void filing would cost each applicant 2,200 gas.
        message = house.file(ALICE)
        void = Void(act=house.digest(message), signer=ALICE.address, deadline=house.now)
        house.act(void, ALICE)
        house.act(message, ALICE)


class TestClock:
    def test_counts_seconds_where_the_chain_counts_milliseconds(self) -> None:
        house = House.build(unit=1000)
        message, registration = house.filed(ALICE)
        assert house.record(registration).changed == house.now
        house.act(house.accept(registration), REVIEWING)
        notice = house.publish(registration, until=house.now + 5 * DAY - 1)
        assert house.refusal(notice, REVIEWING).error == "WrongMoment"
        house.act(house.publish(registration), REVIEWING)
        until = house.record(registration).until
        house.now = until + 3600
        attest = house.attest(registration)
        assert house.refusal(attest, APPROVING, filings=(message,)).error == "Hindered"
        house.now += 1
        receipt = house.batch(
            "Registrations", [house.calldata(attest, APPROVING, filings=(message,))]
        )
        assert [f.event for f in house.facts(receipt)][:2] == ["ActSigned", "RegistrationAttested"]
        assert house.rights(registration, ALICE.party) == 7


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**40 - 1), st.integers(0, 2**40 - 1))
@example(1_795_536_000, 1_795_536_000)
def test_an_act_lives_exactly_to_its_deadline(built: House, deadline: int, now: int) -> None:
    house = built.fork()
    house.now = now
    void = Void(act="0x" + "11" * 32, signer=ALICE.address, deadline=deadline)
    fault = house.send(void, ALICE).fault
    assert fault == (None if now <= deadline else Fault("DeadlinePassed", (deadline,)))


def test_a_wallet_party_has_no_other_name(house: House) -> None:
    party = party_of(ALICE.address)
    with pytest.raises(Refused) as refused:
        house.ask("Parties", "keyOf", bytes([1]) + from_hex(party)[1:])
    assert refused.value.fault.error == "NotAParty"
