"""Many acts in one transaction.

Batch
├── runs them in order; one that fails is reported with its reason, the rest stand
├── a reason is cut at four bytes and four words; without one all is zero
├── refuses a target that is no contract
├── never gives an act less gas than its limit: then the whole transaction reverts, however large the act
├── an act that would burn everything burns its limit
└── a rehearsal says of each act what a run would do with it, upon those before it, and leaves nothing
"""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from registry.hashes import keccak
from tests.contracts.evm import Fact, Fault
from tests.contracts.house import (
    ALICE,
    BOB,
    CAROL,
    RELAYER,
    REVIEWING,
    STRANGER,
    House,
    Wallet,
    call_data,
)

NOTHING = ("0x" + "00" * 32,) * 4


def failures(facts: list[Fact]) -> list[int]:
    return [fact.members["act"] for fact in facts if fact.event == "ActFailed"]


def runs(house: House, acts: list[bytes], limit: int, gas: int) -> bool:
    return house.fork().batch("Registrations", acts, limit=limit, gas=gas).fault is None


def stands(house: House, acts: list[bytes], limit: int, gas: int) -> bool:
    """Whether the transaction runs and no act in it fails."""
    receipt = house.fork().batch("Registrations", acts, limit=limit, gas=gas)
    return receipt.fault is None and not failures(house.facts(receipt))


def least(enough: int, holds: Callable[[int], bool]) -> int:
    """The least number from which on something holds; it holds for `enough`."""
    low, high = 0, enough
    assert holds(high)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high


class TestRun:
    def test_runs_acts_in_order(self, house: House) -> None:
        filing = house.file(ALICE)
        registration = house.digest(filing)
        acts = [
            house.calldata(filing, ALICE),
            house.calldata(house.accept(registration), REVIEWING),
            house.calldata(house.publish(registration), REVIEWING),
        ]
        facts = house.facts(house.batch("Registrations", acts))
        assert failures(facts) == []
        assert house.record(registration).step == 3

    def test_reports_one_that_fails_and_lets_the_rest_stand(self, house: House) -> None:
        known, registration = house.filed(ALICE, number=9)
        acts = [
            house.calldata(house.file(ALICE), ALICE),
            house.calldata(known, ALICE),
            house.calldata(house.file(BOB, number=2), CAROL),
            house.calldata(house.file(CAROL, number=3), CAROL),
        ]
        facts = house.facts(house.batch("Registrations", acts))
        assert failures(facts) == [1, 2]
        one, other = (fact.members for fact in facts if fact.event == "ActFailed")
        assert one["fault"] == "0x" + keccak(b"AlreadyFiled(bytes32)")[:4].hex()
        assert one["reason"] == (registration, *NOTHING[1:])
        assert other["fault"] == "0x" + keccak(b"SignatureRefused(address)")[:4].hex()
        assert other["reason"][0] == BOB.party

    def test_refuses_a_target_without_code(self, house: House) -> None:
        data = call_data("Batch", "run", STRANGER.address, 100_000, [b""])
        receipt = house.evm.send(house.contracts["Batch"], data, sender=RELAYER.address)
        assert receipt.fault == Fault("NoContract", (STRANGER.address,))

    def test_an_act_without_data_fails_without_reason(self, house: House) -> None:
        facts = house.facts(house.batch("Registrations", [b"", b"\x01\x02\x03"]))
        assert failures(facts) == [0, 1]
        assert {fact.members["fault"] for fact in facts} == {"0x00000000"}
        assert {fact.members["reason"] for fact in facts} == {NOTHING}

    def test_nothing_to_run_is_nothing(self, house: House) -> None:
        assert house.facts(house.batch("Registrations", [])) == []


class TestReasons:
    @pytest.fixture
    def echo(self, house: House) -> str:
        """A contract that reverts with its calldata."""
        address = "0x" + "ec" * 20
        house.evm.set_code(address, bytes.fromhex("3660006000373660 00fd".replace(" ", "")))
        house.contracts = house.contracts | {"Echo": address}
        return address

    @settings(max_examples=40, deadline=None)
    @given(st.binary(max_size=300))
    def test_are_cut_at_four_bytes_and_four_words(self, built: House, data: bytes) -> None:
        house = built.fork()
        address = "0x" + "ec" * 20
        house.evm.set_code(address, bytes.fromhex("366000600037366000fd"))
        house.contracts = house.contracts | {"Echo": address}
        (fact,) = house.facts(house.batch("Echo", [data]))
        if len(data) < 4:
            assert (fact.members["fault"], fact.members["reason"]) == ("0x00000000", NOTHING)
            return
        padded = data[:132].ljust(132, b"\0")
        assert fact.members["fault"] == "0x" + padded[:4].hex()
        words = tuple("0x" + padded[i : i + 32].hex() for i in range(4, 132, 32))
        assert fact.members["reason"] == words

    def test_do_not_leak_into_the_next(self, house: House, echo: str) -> None:
        facts = house.facts(house.batch("Echo", [b"\xff" * 200, b"\x01" * 5, b"\x02"]))
        assert facts[1].members["fault"] == "0x01010101"
        assert facts[1].members["reason"] == ("0x01" + "00" * 31, *NOTHING[1:])
        assert facts[2].members["fault"] == "0x00000000"


class TestGas:
    def test_a_miserly_sender_can_make_no_sound_act_fail(self, house: House) -> None:
        acts = [house.calldata(house.file(p, number=1), p) for p in (ALICE, BOB)]
        limit = least(100_000, lambda limit: stands(house, acts, limit, gas=1_000_000))
        gas = least(1_000_000, lambda gas: runs(house, acts, limit, gas))
        assert stands(house, acts, limit, gas)
        assert house.fork().batch("Registrations", acts, limit=limit, gas=gas - 1).logs == ()

    def test_nor_one_whose_copy_alone_costs_more_than_the_reserve(self, house: House) -> None:
        # What is left after the act ran dry is a 64th: only a large act leaves enough to report it.
        ids = [house.filed(ALICE, number=number)[1] for number in range(60)]
        # What trails behind the arguments is copied into the call like the rest, and ignored there.
        acts = [house.calldata(house.accept(*ids), REVIEWING) + bytes(150_000)]
        limit = least(2_000_000, lambda limit: stands(house, acts, limit, gas=5_000_000))
        gas = least(5_000_000, lambda gas: runs(house, acts, limit, gas))
        assert stands(house, acts, limit, gas)

    def test_a_limit_beyond_reason_is_refused(self, house: House) -> None:
        data = call_data("Batch", "run", house.contracts["Registrations"], 2**256 - 1, [b""])
        receipt = house.evm.send(house.contracts["Batch"], data, sender=RELAYER.address)
        assert receipt.fault is not None

    def test_one_that_burns_all_burns_its_limit(self, house: House) -> None:
        wallet = Wallet(house.evm.create("BurningWallet", sender=STRANGER.address))
        act = house.calldata(house.file(wallet), wallet)
        one = house.fork().batch("Registrations", [act], limit=200_000)
        assert failures(house.facts(one)) == [0]
        assert 200_000 < one.gas < 200_000 + 21_000 + 15_000


class TestRehearsal:
    def rehearsed(self, house: House, acts: list[bytes]) -> tuple[list[bool], list[str]]:
        target = house.contracts["Registrations"]
        data = call_data("Batch", "rehearse", target, 1_000_000, acts)
        receipt = house.evm.send(house.contracts["Batch"], data, sender=RELAYER.address)
        assert receipt.logs == ()
        assert receipt.fault is not None
        assert receipt.fault.error == "Rehearsed"
        stood, reasons = receipt.fault.members
        return list(stood), list(reasons)

    @settings(max_examples=25, deadline=None)
    @given(chosen=st.lists(st.integers(0, 4), max_size=6))
    def test_says_what_a_run_would_do(self, built: House, chosen: list[int]) -> None:
        house = built.fork()
        filing = house.file(ALICE)
        registration = house.digest(filing)
        choices = [
            house.calldata(filing, ALICE),
            house.calldata(house.accept(registration), REVIEWING),
            house.calldata(house.publish(registration), REVIEWING),
            house.calldata(house.file(BOB, number=2), CAROL),
            b"",
        ]
        acts = [choices[i] for i in chosen]
        before = house.storage()
        stood, _ = self.rehearsed(house, acts)
        assert house.storage() == before
        run = failures(house.facts(house.batch("Registrations", acts, limit=1_000_000)))
        assert [place for place, stands in enumerate(stood) if not stands] == run

    def test_gives_the_whole_reason(self, house: House) -> None:
        known, registration = house.filed(ALICE)
        _, (reason,) = self.rehearsed(house, [house.calldata(known, ALICE)])
        # The decoder shows bytes as 0x text.
        assert reason == "0x" + (keccak(b"AlreadyFiled(bytes32)")[:4]).hex() + registration[2:]

    def test_refuses_a_target_without_code(self, house: House) -> None:
        data = call_data("Batch", "rehearse", STRANGER.address, 100_000, [b""])
        receipt = house.evm.send(house.contracts["Batch"], data, sender=RELAYER.address)
        assert receipt.fault == Fault("NoContract", (STRANGER.address,))


def test_a_batch_keeps_nothing(house: House) -> None:
    house.batch("Registrations", [house.calldata(house.file(ALICE), ALICE)])
    assert [house.evm.word(house.contracts["Batch"], slot) for slot in range(4)] == [0] * 4
