"""A block of the embedded chain

├── hashes to its hash from its JSON fields alone, whatever it holds
├── has the receipts root of the receipts that the RPC hands out
├── is stamped max(now, parent + 1), as calls on the pending block see it
├── comes at most once an interval, and never ahead of the clock
├── waits, with what is to go into it, for a full disk to have room again
└── is found by number, hash and tag, and hands out its receipts
"""

import time
from pathlib import Path
from typing import Any

import rlp  # type: ignore[import-untyped]
from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_utils.crypto import keccak
from trie.hexary import HexaryTrie
from web3 import Web3

from registry.embedded import EmbeddedChain
from tests.registry.embedded.signer import (
    BELL,
    ECHO,
    ETHER,
    OTHER,
    WATCH,
    Signer,
    awaited,
    initcode,
    integer,
    refusal,
    word,
)


class TestBlock:
    def test_hashes_to_its_hash_from_its_json_fields(
        self, patient: EmbeddedChain, holder: Signer
    ) -> None:
        _fill(patient, holder)
        for number in range(int(patient.request("eth_blockNumber"), 16) + 1):
            block = patient.request("eth_getBlockByNumber", [hex(number)])
            assert "0x" + keccak(rlp.encode(_header_fields(block))).hex() == block["hash"]
            if number:
                before = patient.request("eth_getBlockByNumber", [hex(number - 1)])
                assert block["parentHash"] == before["hash"]

    def test_has_the_receipts_root_of_its_receipts(
        self, patient: EmbeddedChain, holder: Signer
    ) -> None:
        _fill(patient, holder)
        seen = set()
        for number in range(int(patient.request("eth_blockNumber"), 16) + 1):
            block = patient.request("eth_getBlockByNumber", [hex(number)])
            receipts = patient.request("eth_getBlockReceipts", [hex(number)])
            assert (
                _trie_root([_receipt_bytes(receipt) for receipt in receipts])
                == block["receiptsRoot"]
            )
            for receipt, digest in zip(receipts, block["transactions"], strict=True):
                assert patient.request("eth_getTransactionReceipt", [digest]) == receipt
                seen.add((receipt["type"], receipt["status"]))
        assert seen >= {("0x0", "0x1"), ("0x1", "0x1"), ("0x2", "0x1"), ("0x2", "0x0")}

    def test_has_the_transactions_root_of_its_transactions(
        self, patient: EmbeddedChain, holder: Signer
    ) -> None:
        raws = [holder.sign(nonce=nonce) for nonce in range(5)]
        for raw in raws:
            patient.request("eth_sendRawTransaction", [raw])
        patient.request("evm_mine")
        block = patient.request("eth_getBlockByNumber", ["latest"])
        assert _trie_root([bytes.fromhex(raw[2:]) for raw in raws]) == block["transactionsRoot"]

    def test_bears_the_wall_clock_and_at_least_a_second_more_than_its_parent(
        self, patient: EmbeddedChain
    ) -> None:
        def mine() -> int:
            patient.request("evm_mine")
            return int(patient.request("eth_getBlockByNumber", ["latest"])["timestamp"], 16)

        before = int(time.time())
        first = mine()
        assert before <= first <= time.time() + 1
        assert [mine(), mine(), mine()] == [first + 1, first + 2, first + 3]
        patient.request("evm_increaseTime", [86_400])
        assert before + 86_400 <= mine() <= time.time() + 86_401

    def test_shows_calls_on_pending_the_time_it_would_bear(
        self, patient: EmbeddedChain, holder: Signer
    ) -> None:
        holder.send(to=None, data=initcode(WATCH))
        patient.request("evm_mine")
        head = patient.request("eth_getBlockByNumber", ["latest"])
        watch = patient.request("eth_getBlockReceipts", ["latest"])[0]["contractAddress"]

        def seen(tag: str) -> tuple[int, int]:
            answer = patient.request("eth_call", [{"to": watch}, tag])
            return int(answer[2:66], 16), int(answer[66:], 16)

        patient.request("evm_increaseTime", [1000])
        assert seen("latest") == (int(head["timestamp"], 16), 1)
        at, number = seen("pending")
        assert number == 2
        assert time.time() + 998 <= at <= time.time() + 1001
        pending = patient.request("eth_getBlockByNumber", ["pending"])
        assert at <= int(pending["timestamp"], 16) <= at + 1
        assert pending["hash"] is None
        # Twenty blocks in a moment run ahead of the clock; pending follows its parent then.
        for _ in range(20):
            patient.request("evm_mine")
        head = patient.request("eth_getBlockByNumber", ["latest"])
        assert seen("pending") == (int(head["timestamp"], 16) + 1, 22)

    def test_keeps_the_moved_clock_when_opened_again(
        self, path: Path, patient: EmbeddedChain
    ) -> None:
        assert patient.request("evm_increaseTime", [5000]) == 5000
        patient.close()
        with EmbeddedChain.open(path, interval=None, controls=True) as again:
            again.request("evm_mine")
            stamp = again.request("eth_getBlockByNumber", ["latest"])["timestamp"]
            assert int(stamp, 16) >= time.time() + 4990

    def test_comes_at_most_once_an_interval_and_never_ahead_of_the_clock(
        self, path: Path, holder_account: LocalAccount
    ) -> None:
        with EmbeddedChain.open(path, funded={holder_account.address: ETHER}) as chain:
            signer = Signer(chain, holder_account)
            stamps: list[int] = []
            mined_at = []
            for nonce in range(3):
                digest = signer.send(nonce=nonce)
                receipt = awaited(chain, digest)
                mined_at.append(time.monotonic())
                block = chain.request("eth_getBlockByHash", [receipt["blockHash"]])
                stamps.append(int(block["timestamp"], 16))
                assert stamps[-1] <= time.time() + 1
            assert mined_at[2] - mined_at[0] > 1.8
            assert stamps[0] < stamps[1] < stamps[2]

    def test_waits_for_a_full_disk_to_have_room_again(
        self, path: Path, holder_account: LocalAccount
    ) -> None:
        funded: dict[str, int] = {holder_account.address: 1000 * ETHER}
        with EmbeddedChain.open(path, funded=funded, interval=0.02) as chain:
            signer = Signer(chain, holder_account)
            disk = chain._store._sql
            (pages,) = disk.execute("PRAGMA page_count").fetchone()
            disk.execute(f"PRAGMA max_page_count = {pages}")

            def sent(nonce: int) -> tuple[str, str]:
                """Its hash, and what a repeat is told as soon as it no longer just waits."""
                data = "0x" + "ab" * 2000
                raw = signer.sign(nonce=nonce, to=Account.create().address, data=data)
                digest: str = chain.request("eth_sendRawTransaction", [raw])
                answer = "already known"
                while answer == "already known":
                    answer = refusal(chain, "eth_sendRawTransaction", raw).message
                return digest, answer

            before = []
            waiting, answer = sent(0)
            while answer.startswith("nonce too low"):
                before.append(waiting)
                waiting, answer = sent(len(before))
            assert answer == "the chain cannot write: database or disk is full"
            assert chain.request("eth_getTransactionReceipt", [waiting]) is None
            assert chain.request("eth_blockNumber") == hex(len(before))
            disk.execute("PRAGMA max_page_count = 1000000")
            assert awaited(chain, waiting)["blockNumber"] == hex(len(before) + 1)

    def test_takes_all_that_waits(self, path: Path, holder_account: LocalAccount) -> None:
        with EmbeddedChain.open(path, funded={holder_account.address: ETHER}) as chain:
            signer = Signer(chain, holder_account)
            digests = [signer.send(nonce=nonce) for nonce in range(30)]
            last = awaited(chain, digests[-1])
            assert int(last["blockNumber"], 16) <= 3

    def test_is_found_by_number_hash_and_tag(self, chain: EmbeddedChain, holder: Signer) -> None:
        holder.send(value=1)
        digest = holder.send(value=2)
        head = chain.request("eth_getBlockByNumber", ["0x2", False])
        assert head["transactions"] == [digest]
        for tag in ("latest", "finalized", "safe", hex(2)):
            assert chain.request("eth_getBlockByNumber", [tag, False]) == head
        assert chain.request("eth_getBlockByHash", [head["hash"], False]) == head
        (full,) = chain.request("eth_getBlockByNumber", ["latest", True])["transactions"]
        assert full == chain.request("eth_getTransactionByHash", [digest])
        assert chain.request("eth_getBlockByNumber", ["earliest"])["number"] == "0x0"
        assert chain.request("eth_getBlockByNumber", ["0x3"]) is None
        assert chain.request("eth_getBlockByNumber", ["0x" + "f" * 60]) is None
        assert chain.request("eth_getBlockByHash", [OTHER]) is None
        assert chain.request("eth_getBlockReceipts", [head["hash"]])[0]["blockNumber"] == "0x2"
        assert chain.request("eth_getBlockReceipts", ["0x3"]) is None
        assert chain.request("eth_getTransactionByHash", [OTHER]) is None

    def test_keeps_its_gas_limit_and_its_low_base_fee(
        self, patient: EmbeddedChain, holder: Signer
    ) -> None:
        for nonce in range(2):
            holder.send(nonce=nonce, gas=30_000_000)
        late = holder.send(nonce=2, gas=1_000_000)
        patient.request("evm_mine")
        first = patient.request("eth_getBlockByNumber", ["latest"])
        assert len(first["transactions"]) == 2
        patient.request("evm_mine")
        second = patient.request("eth_getBlockByNumber", ["latest"])
        assert second["transactions"] == [late]
        assert {block["gasLimit"] for block in (first, second)} == {hex(60_000_000)}
        assert {block["baseFeePerGas"] for block in (first, second)} == {"0x7"}
        history = patient.request("eth_feeHistory", ["0x5", "latest", [50]])
        assert history["oldestBlock"] == "0x0"
        assert history["baseFeePerGas"] == ["0x7"] * 4
        assert history["reward"] == [["0x0"]] * 3
        assert int(patient.request("eth_gasPrice"), 16) >= 7
        assert patient.request("eth_maxPriorityFeePerGas") == "0x0"


def _fill(chain: EmbeddedChain, holder: Signer) -> None:
    """Blocks with nothing, with one, and with many transactions of every kind and outcome."""
    holder.send(nonce=0, to=None, data=initcode(BELL))
    holder.send(nonce=1, to=None, data=initcode(ECHO))
    chain.request("evm_mine")
    bell, echo = (
        Web3.to_checksum_address(receipt["contractAddress"])
        for receipt in chain.request("eth_getBlockReceipts", ["latest"])
    )
    chain.request("evm_mine")
    plain = {"maxFeePerGas": None, "maxPriorityFeePerGas": None, "gasPrice": 50}
    slots = [{"address": bell, "storageKeys": [word(0)]}]
    kinds: list[dict[str, Any]] = [
        {"to": bell, "data": word(1)},
        {"to": bell, "data": word(2), **plain},
        {"to": bell, "data": word(3), "accessList": slots, "type": 1, **plain},
        {"to": echo, "data": "0x01"},
        {"value": 5},
    ]
    for position in range(130):
        holder.send(nonce=2 + position, **kinds[position % len(kinds)])
    while holder.nonce() < 132:
        chain.request("evm_mine")


def _header_fields(block: dict[str, Any]) -> list[bytes]:
    """A Prague header in its RLP order, read from JSON alone."""
    data = [
        "parentHash",
        "sha3Uncles",
        "miner",
        "stateRoot",
        "transactionsRoot",
        "receiptsRoot",
        "logsBloom",
    ]
    numbers = ["difficulty", "number", "gasLimit", "gasUsed", "timestamp"]
    fields = [bytes.fromhex(block[name][2:]) for name in data]
    fields += [integer(int(block[name], 16)) for name in numbers]
    fields += [bytes.fromhex(block[name][2:]) for name in ("extraData", "mixHash", "nonce")]
    fields += [integer(int(block["baseFeePerGas"], 16))]
    fields += [bytes.fromhex(block["withdrawalsRoot"][2:])]
    fields += [integer(int(block[name], 16)) for name in ("blobGasUsed", "excessBlobGas")]
    tail = ("parentBeaconBlockRoot", "requestsHash")
    return fields + [bytes.fromhex(block[name][2:]) for name in tail]


def _receipt_bytes(receipt: dict[str, Any]) -> bytes:
    """A receipt as the trie holds it (EIP-2718), read from JSON alone."""
    logs = [
        [
            bytes.fromhex(log["address"][2:]),
            [bytes.fromhex(topic[2:]) for topic in log["topics"]],
            bytes.fromhex(log["data"][2:]),
        ]
        for log in receipt["logs"]
    ]
    status = integer(int(receipt["status"], 16))
    gas = integer(int(receipt["cumulativeGasUsed"], 16))
    body: bytes = rlp.encode([status, gas, bytes.fromhex(receipt["logsBloom"][2:]), logs])
    kind = int(receipt["type"], 16)
    return bytes([kind]) + body if kind else body


def _trie_root(values: list[bytes]) -> str:
    trie = HexaryTrie({})
    for position, value in enumerate(values):
        trie[rlp.encode(position)] = value
    return "0x" + trie.root_hash.hex()
