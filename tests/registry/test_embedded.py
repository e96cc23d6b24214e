"""The embedded chain, spoken to as JSON-RPC.

A new chain
├── draws a chain id that JavaScript can hold, and a genesis hash of its own
├── funds the accounts it was told to, and keeps all of it when opened again
├── is refused to a second opener, and readable by its owner alone
└── refuses a file of another format
A transaction
├── is mined with a receipt, a log and a moved state
├── is found while it waits, and waits for the nonces before it
├── is refused in the usual words: known, nonce too low, no funds, wrong chain, malleable, too large
├── is replaced by one that pays more, and is dropped when it can no longer pay
└── may create, revert, carry set-code authorisations, and call itself as deep as gas allows
A block
├── hashes to its hash from its JSON fields alone, whatever it holds
├── has the receipts root of the receipts that the RPC hands out
├── is stamped max(now, parent + 1), as calls on the pending block see it
├── comes at most once an interval, and never ahead of the clock
├── waits, with what is to go into it, for a full disk to have room again
└── is found by number, hash and tag, and hands out its receipts
A call
├── needs no ether, takes input or data, and runs on any old block
├── hands a revert over as code 3 with its bytes
└── is estimated so that it succeeds, also where it looks at its own gas
Logs
├── are found by address, topic, position, alternative, range and block hash
├── are 10,000 in well under a second, and refused beyond a limit
└── agree with the receipts whatever was mined, snapshotted and reverted (property)
Undoing: a revert forgets blocks, receipts and logs, and the same transaction then has another block
The door: batches, notifications, malformed requests, foreign hosts and content types
Being killed: every acknowledged receipt is there after each of five kill -9
"""

import http.client
import json
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import rlp  # type: ignore[import-untyped]
from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_utils.crypto import keccak
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from trie.hexary import HexaryTrie
from web3 import HTTPProvider, Web3
from web3.exceptions import ContractCustomError

import registry
from registry.embedded import EmbeddedChain, RpcError, serve
from registry.embedded.store import Store
from registry.errors import Conflict, Mismatch, TooLarge

ETHER = 10**18
SECP256K1_N = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
RUNG = "0x" + keccak(text="Rung(uint256)").hex()
OTHER = "0x" + "ee" * 32


def initcode(runtime: bytes) -> str:
    """Creation code that leaves `runtime` behind."""
    size = len(runtime).to_bytes(2).hex()
    return f"0x61{size}600f60003961{size}6000f300" + runtime.hex()


# Returns slot 0 when called without data; else keeps the first word there and logs it.
BELL = bytes.fromhex(
    "36600f5760005460005260206000f35b60003580600055806000527f" + RUNG[2:] + "60206000a200"
)
# Reverts with its calldata.
ECHO = bytes.fromhex("366000600037366000fd")
# Returns the block's time and number.
WATCH = bytes.fromhex("426000524360205260406000f3")
# Reverts unless more than 300,000 gas is left.
MISER = bytes.fromhex("620493e05a11600e5760006000fd5b00")
# Calls itself with all the gas that it may pass on.
MIRROR = bytes.fromhex("60006000600060006000305af100")


class Signer:
    """An account with ether and its own count of nonces."""

    def __init__(self, chain: EmbeddedChain, account: LocalAccount) -> None:
        self.chain = chain
        self.account = account
        self.address: str = account.address

    def sign(self, **fields: Any) -> str:
        """A raw transaction; the nonce is the next pending one unless it is given."""
        transaction = {
            "chainId": self.chain.chain_id,
            "gas": 1_000_000,
            "maxFeePerGas": 1_000,
            "maxPriorityFeePerGas": 0,
            "value": 0,
            "to": "0x" + "11" * 20,
            **fields,
        }
        if transaction["to"] is not None:
            transaction["to"] = Web3.to_checksum_address(transaction["to"])
        if "nonce" not in transaction:
            transaction["nonce"] = self.nonce("pending")
        # A creation has no `to`, a plain transaction none of the later fees.
        present = {name: value for name, value in transaction.items() if value is not None}
        raw: str = self.account.sign_transaction(present).raw_transaction.to_0x_hex()
        return raw

    def nonce(self, tag: str = "latest") -> int:
        return int(self.chain.request("eth_getTransactionCount", [self.address, tag]), 16)

    def send(self, **fields: Any) -> str:
        digest: str = self.chain.request("eth_sendRawTransaction", [self.sign(**fields)])
        return digest

    def receipt(self, **fields: Any) -> Any:
        return self.chain.request("eth_getTransactionReceipt", [self.send(**fields)])

    def deploy(self, runtime: bytes) -> str:
        receipt = self.receipt(to=None, data=initcode(runtime))
        assert receipt["status"] == "0x1"
        address: str = receipt["contractAddress"]
        return address


def word(number: int) -> str:
    return "0x" + number.to_bytes(32).hex()


def awaited(chain: EmbeddedChain, digest: str) -> Any:
    """The receipt, as soon as there is one."""
    stop = time.monotonic() + 20
    while time.monotonic() < stop:
        if receipt := chain.request("eth_getTransactionReceipt", [digest]):
            return receipt
        time.sleep(0.005)
    raise AssertionError(f"{digest} was not mined within 20 s")


def refusal(chain: EmbeddedChain, method: str, *params: Any) -> RpcError:
    with pytest.raises(RpcError) as caught:
        chain.request(method, list(params))
    return caught.value


@pytest.fixture(scope="module")
def holder_account() -> LocalAccount:
    account: LocalAccount = Account.create()
    return account


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "chain" / "chain.db"


@pytest.fixture
def chain(path: Path, holder_account: LocalAccount) -> Iterator[EmbeddedChain]:
    funded: dict[str, int] = {holder_account.address: 1000 * ETHER}
    with EmbeddedChain.open(path, funded=funded, interval=0, controls=True) as opened:
        yield opened


@pytest.fixture
def patient(path: Path, holder_account: LocalAccount) -> Iterator[EmbeddedChain]:
    """A chain that mines only when told to."""
    funded: dict[str, int] = {holder_account.address: 1000 * ETHER}
    with EmbeddedChain.open(path, funded=funded, interval=None, controls=True) as opened:
        yield opened


@pytest.fixture
def holder(request: pytest.FixtureRequest, holder_account: LocalAccount) -> Signer:
    which = "patient" if "patient" in request.fixturenames else "chain"
    return Signer(request.getfixturevalue(which), holder_account)


@pytest.fixture
def stranger(chain: EmbeddedChain) -> Signer:
    """Someone without ether."""
    return Signer(chain, Account.create())


class TestNewChain:
    def test_draws_a_chain_id_that_javascript_can_hold(self, tmp_path: Path) -> None:
        ids, genesis = set(), set()
        for name in ("a", "b", "c"):
            with EmbeddedChain.open(tmp_path / name / "chain.db") as chain:
                ids.add(int(chain.request("eth_chainId"), 16))
                genesis.add(chain.request("eth_getBlockByNumber", ["0x0"])["hash"])
                assert chain.request("net_version") == str(chain.chain_id)
        assert len(ids) == len(genesis) == 3
        assert all(2**32 <= drawn < 2**52 for drawn in ids)

    def test_funds_several_accounts_at_once(self, path: Path) -> None:
        rich = {Account.create().address: n for n in range(1, 9)}
        with EmbeddedChain.open(path, funded=rich) as chain:
            for address, wei in rich.items():
                assert int(chain.request("eth_getBalance", [address, "latest"]), 16) == wei

    def test_keeps_id_genesis_and_funds_when_opened_again(self, path: Path) -> None:
        rich = Account.create().address
        with EmbeddedChain.open(path, funded={rich: 7}) as chain:
            first = chain.chain_id, chain.request("eth_getBlockByNumber", ["earliest"])
        with EmbeddedChain.open(path, funded={rich: 9}) as chain:
            assert (chain.chain_id, chain.request("eth_getBlockByNumber", ["0x0"])) == first
            assert chain.request("eth_getBalance", [rich, "latest"]) == "0x7"

    def test_is_refused_to_a_second_opener_until_it_is_closed(self, path: Path) -> None:
        with (
            EmbeddedChain.open(path),
            pytest.raises(Conflict, match=f"already open in process {os.getpid()}"),
        ):
            EmbeddedChain.open(path)
        EmbeddedChain.open(path).close()

    def test_is_refused_to_a_second_process(self, path: Path) -> None:
        code = "import sys, registry.embedded as e; e.EmbeddedChain.open(sys.argv[1])"
        with EmbeddedChain.open(path):
            ran = subprocess.run(
                [sys.executable, "-c", code, str(path)],
                env=os.environ | {"PYTHONPATH": _root()},
                capture_output=True,
                text=True,
                check=False,
            )
        assert ran.returncode != 0
        assert f"already open in process {os.getpid()}" in ran.stderr

    def test_is_readable_by_its_owner_alone(self, path: Path, chain: EmbeddedChain) -> None:
        chain.request("evm_mine")
        files = {file.name: file.stat().st_mode & 0o777 for file in path.parent.iterdir()}
        assert set(files) >= {"chain.db", "chain.db-wal", "chain.db-shm", "chain.db.lock"}
        assert set(files.values()) == {0o600}
        assert path.parent.stat().st_mode & 0o777 == 0o700

    def test_refuses_a_file_of_another_format(self, path: Path) -> None:
        EmbeddedChain.open(path).close()
        with sqlite3.connect(path) as sql:
            sql.execute("PRAGMA user_version = 99")
        with pytest.raises(Mismatch, match="got chain format 99, expected 1"):
            EmbeddedChain.open(path)

    def test_answers_the_test_controls_only_where_they_are_asked_for(self, path: Path) -> None:
        with EmbeddedChain.open(path) as chain:
            for method in ("evm_mine", "evm_revert", "evm_snapshot", "evm_increaseTime"):
                assert refusal(chain, method).code == -32601


class TestTransaction:
    def test_is_mined_with_receipt_log_and_state(self, holder: Signer) -> None:
        chain = holder.chain
        bell = holder.deploy(BELL)
        receipt = holder.receipt(to=bell, data=word(42))
        assert receipt["status"] == "0x1"
        assert receipt["from"] == holder.address.lower()
        assert receipt["to"] == bell
        assert receipt["type"] == "0x2"
        assert receipt["effectiveGasPrice"] == "0x7"
        assert receipt["contractAddress"] is None
        (log,) = receipt["logs"]
        assert (log["address"], log["topics"], log["data"]) == (bell, [RUNG, word(42)], word(42))
        for field in ("blockHash", "blockNumber", "transactionHash", "transactionIndex"):
            assert log[field] == receipt[field]
        assert int(receipt["logsBloom"], 16).bit_count() in range(4, 10)
        assert chain.request("eth_call", [{"to": bell}, "latest"]) == word(42)
        assert chain.request("eth_getStorageAt", [bell, "0x0", "latest"]) == word(42)
        assert chain.request("eth_getCode", [bell, "latest"]) == "0x" + BELL.hex()

    def test_is_found_while_it_waits_and_after(
        self, patient: EmbeddedChain, holder: Signer
    ) -> None:
        digest = holder.send(value=5)
        waiting = patient.request("eth_getTransactionByHash", [digest])
        assert waiting["blockHash"] is waiting["blockNumber"] is waiting["transactionIndex"] is None
        assert patient.request("eth_getTransactionReceipt", [digest]) is None
        assert patient.request("eth_getBlockByNumber", ["pending"])["transactions"] == [digest]
        patient.request("evm_mine")
        mined = patient.request("eth_getTransactionByHash", [digest])
        assert mined["blockNumber"] == "0x1"
        assert mined["transactionIndex"] == "0x0"
        assert mined["value"] == "0x5"
        assert mined["chainId"] == hex(patient.chain_id)
        unchanged = ("hash", "from", "to", "nonce", "gas", "v", "r", "s", "yParity", "type")
        assert all(mined[field] == waiting[field] for field in unchanged)

    def test_waits_for_the_nonces_before_it(self, patient: EmbeddedChain, holder: Signer) -> None:
        last, first = holder.send(nonce=2), holder.send(nonce=0)
        assert (holder.nonce(), holder.nonce("pending")) == (0, 1)
        patient.request("evm_mine")
        assert patient.request("eth_getTransactionReceipt", [first])["status"] == "0x1"
        assert patient.request("eth_getTransactionReceipt", [last]) is None
        middle = holder.send(nonce=1)
        assert (holder.nonce(), holder.nonce("pending")) == (1, 3)
        patient.request("evm_mine")
        block = patient.request("eth_getBlockByNumber", ["latest"])
        assert block["transactions"] == [middle, last]
        assert (holder.nonce(), holder.nonce("pending")) == (3, 3)

    def test_is_refused_in_the_usual_words(self, patient: EmbeddedChain, holder: Signer) -> None:
        def words(raw: str) -> str:
            error = refusal(patient, "eth_sendRawTransaction", raw)
            assert error.code == -32000
            return error.message

        raw = holder.sign(nonce=0)
        patient.request("eth_sendRawTransaction", [raw])
        assert words(raw) == "already known"
        patient.request("evm_mine")
        assert words(raw) == "nonce too low: next nonce 1, tx nonce 0"
        assert words(holder.sign(value=1001 * ETHER)).startswith(
            "insufficient funds for gas * price + value: balance "
        )
        assert words(holder.sign(chainId=1)).startswith("invalid sender: invalid chain id")
        assert words(holder.sign(gas=20_999)).startswith("intrinsic gas too low")
        # EIP-7623: 21,000 + 40 for each byte that is not zero.
        assert words(holder.sign(gas=24_999, data="0x" + "ff" * 100)).endswith("needed 25000")
        assert words(holder.sign(gas=60_000_001)) == "exceeds block gas limit"
        assert words(holder.sign(maxPriorityFeePerGas=1001)).startswith("max priority fee")
        assert words(holder.sign(data="0x" + "00" * 131_072)).startswith("oversized data")
        for nonsense in ("0x", "0x00", "0x02", "0x02c0", "0xc0", "0xff", "0x7f", "0x" + "c1" * 99):
            assert words(nonsense).startswith("not a valid transaction")
        assert words("0x03" + raw[4:]) == "transaction type not supported"
        assert holder.nonce("pending") == 1

    def test_is_refused_with_a_malleable_or_broken_signature(
        self, patient: EmbeddedChain, holder: Signer
    ) -> None:
        parts = rlp.decode(bytes.fromhex(holder.sign()[4:]))
        parity, s = int.from_bytes(parts[-3]), int.from_bytes(parts[-1])
        for other_parity, other_s in ((1 - parity, SECP256K1_N - s), (parity, 0), (5, s)):
            changed = [*parts[:-3], _integer(other_parity), parts[-2], _integer(other_s)]
            raw = "0x02" + rlp.encode(changed).hex()
            message = refusal(patient, "eth_sendRawTransaction", raw).message
            assert message == "invalid sender: invalid transaction v, r, s values"

    def test_is_refused_unprotected(self, patient: EmbeddedChain, holder: Signer) -> None:
        raw = holder.sign(
            chainId=None, maxFeePerGas=None, maxPriorityFeePerGas=None, gasPrice=1000, nonce=0
        )
        assert "replay-protected" in refusal(patient, "eth_sendRawTransaction", raw).message

    def test_is_replaced_only_by_one_that_pays_a_tenth_more(
        self, patient: EmbeddedChain, holder: Signer
    ) -> None:
        first = holder.send(nonce=0, maxFeePerGas=100, maxPriorityFeePerGas=10)
        cheap = holder.sign(nonce=0, maxFeePerGas=109, maxPriorityFeePerGas=11)
        message = refusal(patient, "eth_sendRawTransaction", cheap).message
        assert message == "replacement transaction underpriced"
        second = holder.send(nonce=0, maxFeePerGas=110, maxPriorityFeePerGas=11)
        assert patient.request("eth_getTransactionByHash", [first]) is None
        patient.request("evm_mine")
        receipt = patient.request("eth_getTransactionReceipt", [second])
        assert receipt["effectiveGasPrice"] == hex(7 + 11)

    def test_is_dropped_when_it_can_no_longer_pay_and_the_rest_stands(
        self, patient: EmbeddedChain, holder: Signer
    ) -> None:
        poor = Signer(patient, Account.create())
        holder.send(to=poor.address, value=ETHER)
        patient.request("evm_mine")
        first = poor.send(nonce=0, value=ETHER // 2)
        second = poor.send(nonce=1, value=ETHER * 2 // 3)
        third = poor.send(nonce=2)
        neighbour = holder.send()
        patient.request("evm_mine")
        mined = patient.request("eth_getBlockByNumber", ["latest"])["transactions"]
        assert mined == [first, neighbour]
        assert patient.request("eth_getTransactionReceipt", [first])["status"] == "0x1"
        assert patient.request("eth_getTransactionByHash", [second]) is None
        assert patient.request("eth_getTransactionByHash", [third])["blockHash"] is None
        refused = refusal(patient, "eth_sendRawTransaction", poor.sign(nonce=1, value=ETHER))
        assert refused.message.startswith("insufficient funds")

    def test_that_reverts_is_mined_and_costs(self, holder: Signer) -> None:
        echo = holder.deploy(ECHO)
        receipt = holder.receipt(to=echo, data="0xdeadbeef")
        assert receipt["status"] == "0x0"
        assert receipt["logs"] == []
        assert int(receipt["gasUsed"], 16) > 21_000

    def test_with_authorisations_gives_an_account_code(
        self, chain: EmbeddedChain, holder: Signer
    ) -> None:
        watch = holder.deploy(WATCH)
        other: LocalAccount = Account.create()
        granted = other.sign_authorization(
            {"chainId": chain.chain_id, "address": watch, "nonce": 0}
        )
        receipt = holder.receipt(to=other.address, authorizationList=[granted])
        assert (receipt["status"], receipt["type"]) == ("0x1", "0x4")
        code = chain.request("eth_getCode", [other.address, "latest"])
        assert code == "0xef0100" + watch[2:]
        mined = chain.request("eth_getTransactionByHash", [receipt["transactionHash"]])
        assert mined["authorizationList"][0]["address"] == watch

    def test_may_call_itself_as_deep_as_gas_allows(
        self, chain: EmbeddedChain, holder: Signer
    ) -> None:
        mirror = holder.deploy(MIRROR)
        assert holder.receipt(to=mirror, gas=30_000_000)["status"] == "0x1"
        assert chain.request("eth_call", [{"to": mirror}, "latest"]) == "0x"


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


class TestCall:
    def test_needs_no_ether_and_takes_input_or_data(
        self, chain: EmbeddedChain, holder: Signer, stranger: Signer
    ) -> None:
        bell = holder.deploy(BELL)
        holder.receipt(to=bell, data=word(7))
        ask = {"from": stranger.address, "to": bell, "gas": hex(100_000), "gasPrice": hex(10**12)}
        assert chain.request("eth_call", [ask, "latest"]) == word(7)
        assert chain.request("eth_call", [{"to": bell, "input": word(1)}, "latest"]) == "0x"
        assert chain.request("eth_call", [{"to": bell}]) == word(7), "a call leaves nothing behind"
        both = {"to": bell, "input": word(1), "data": word(2)}
        assert refusal(chain, "eth_call", both, "latest").code == -32602
        paying = {"from": stranger.address, "to": bell, "value": "0x1"}
        assert "insufficient funds" in refusal(chain, "eth_call", paying, "latest").message

    def test_runs_on_any_old_block(self, chain: EmbeddedChain, holder: Signer) -> None:
        bell = holder.deploy(BELL)
        receipts = [holder.receipt(to=bell, data=word(number)) for number in range(1, 6)]
        for number, receipt in enumerate(receipts, start=1):
            for reference in (
                receipt["blockNumber"],
                receipt["blockHash"],
                {"blockHash": receipt["blockHash"], "requireCanonical": True},
                {"blockNumber": receipt["blockNumber"]},
            ):
                assert chain.request("eth_call", [{"to": bell}, reference]) == word(number)
                assert chain.request("eth_getStorageAt", [bell, "0x0", reference]) == word(number)
                nonce = chain.request("eth_getTransactionCount", [holder.address, reference])
                assert nonce == hex(number + 1)
        assert chain.request("eth_getCode", [bell, "0x0"]) == "0x"
        assert refusal(chain, "eth_call", {"to": bell}, "0x99").message == "header not found"
        assert refusal(chain, "eth_call", {"to": bell}, OTHER).message == "header not found"

    def test_hands_a_revert_over_as_code_3_with_its_bytes(
        self, chain: EmbeddedChain, holder: Signer
    ) -> None:
        echo = holder.deploy(ECHO)
        for method in ("eth_call", "eth_estimateGas"):
            error = refusal(chain, method, {"to": echo, "data": "0xdeadbeef01"}, "latest")
            assert (error.code, error.message) == (3, "execution reverted")
            assert error.data == "0xdeadbeef01"
        reason = "0x08c379a0" + word(32)[2:] + word(2)[2:] + "6e6f" + "00" * 30
        error = refusal(chain, "eth_call", {"to": echo, "data": reason}, "latest")
        assert (error.message, error.data) == ("execution reverted: no", reason)
        error = refusal(chain, "eth_call", {"to": echo, "data": "0x08c379a0ff"}, "latest")
        assert (error.code, error.data) == (3, "0x08c379a0ff")

    def test_that_fails_otherwise_says_why(self, chain: EmbeddedChain, holder: Signer) -> None:
        bell = holder.deploy(BELL)
        poor = {"to": bell, "data": word(1), "gas": hex(22_000)}
        assert "gas" in refusal(chain, "eth_call", poor, "latest").message.lower()
        assert refusal(chain, "eth_call", {"data": "0xfe"}, "latest").code == -32000

    def test_is_estimated_so_that_it_succeeds(self, chain: EmbeddedChain, holder: Signer) -> None:
        bell, miser, mirror = (holder.deploy(code) for code in (BELL, MISER, MIRROR))
        for target, data in ((bell, word(1)), (bell, word(2)), (miser, "0x"), (OTHER[:42], "0x")):
            ask = {"from": holder.address, "to": target, "data": data}
            gas = int(chain.request("eth_estimateGas", [ask]), 16)
            receipt = holder.receipt(to=target, data=data, gas=gas)
            assert receipt["status"] == "0x1"
        ask = {"from": holder.address, "data": initcode(BELL)}
        gas = int(chain.request("eth_estimateGas", [ask]), 16)
        assert holder.receipt(to=None, data=initcode(BELL), gas=gas)["status"] == "0x1"
        needs = int(chain.request("eth_estimateGas", [{"to": miser}]), 16)
        assert 321_000 <= needs <= 321_100 * 1.016
        assert int(chain.request("eth_estimateGas", [{"to": mirror}]), 16) <= 60_000_000

    def test_finds_the_hashes_of_earlier_blocks(self, chain: EmbeddedChain, holder: Signer) -> None:
        # BLOCKHASH of the number in the calldata, returned.
        oracle = holder.deploy(bytes.fromhex("6000354060005260206000f3"))
        for _ in range(3):
            chain.request("evm_mine")
        head = int(chain.request("eth_blockNumber"), 16)
        for number in range(head):
            ask = {"to": oracle, "data": word(number)}
            block = chain.request("eth_getBlockByNumber", [hex(number)])
            assert chain.request("eth_call", [ask, "latest"]) == block["hash"]
        ask = {"to": oracle, "data": word(head)}
        assert chain.request("eth_call", [ask, "latest"]) == word(0)


class TestLogs:
    def test_are_found_by_address_topic_range_and_block(
        self, chain: EmbeddedChain, holder: Signer
    ) -> None:
        one, two = holder.deploy(BELL), holder.deploy(BELL)
        rung = [holder.receipt(to=(one, two)[n % 2], data=word(n)) for n in range(6)]
        logs = [receipt["logs"][0] for receipt in rung]

        def found(**wanted: Any) -> list[Any]:
            answer: list[Any] = chain.request(
                "eth_getLogs", [{"fromBlock": "earliest", "toBlock": "latest", **wanted}]
            )
            return answer

        assert found() == logs
        assert found(address=one) == logs[0::2]
        assert found(address=Web3.to_checksum_address(one)) == logs[0::2]
        assert found(address=[one, two]) == logs
        assert found(address=[]) == logs
        assert found(topics=[]) == logs
        assert found(topics=[RUNG]) == logs
        assert found(topics=[OTHER]) == []
        assert found(topics=[[OTHER, RUNG]]) == logs
        assert found(topics=[None, word(3)]) == [logs[3]]
        assert found(topics=[None, [word(3), word(4)]]) == logs[3:5]
        assert found(address=two, topics=[RUNG, [word(3), word(4)]]) == [logs[3]]
        assert found(topics=[None, None, None]) == []
        assert found(fromBlock=rung[2]["blockNumber"], toBlock=rung[3]["blockNumber"]) == logs[2:4]
        assert found(fromBlock="latest") == logs[5:]
        assert found(fromBlock=hex(1000)) == []
        by_hash = [{"blockHash": rung[4]["blockHash"]}]
        assert chain.request("eth_getLogs", by_hash) == [logs[4]]
        genesis = chain.request("eth_getBlockByNumber", ["0x0"])["hash"]
        assert chain.request("eth_getLogs", [{"blockHash": genesis}]) == []

    def test_are_refused_for_filters_that_make_no_sense(self, chain: EmbeddedChain) -> None:
        assert refusal(chain, "eth_getLogs", {"blockHash": OTHER}).message == "unknown block"
        backwards = {"fromBlock": "0x2", "toBlock": "0x1"}
        assert refusal(chain, "eth_getLogs", backwards).message == "invalid block range params"
        senseless: list[Any] = [
            {"blockHash": OTHER, "fromBlock": "0x0"},
            {"address": "0x12"},
            {"topics": ["0x12"]},
            {"topics": [None] * 5},
            {"topics": "0x"},
            {"fromBlock": "yesterday"},
            [],
        ]
        for wanted in senseless:
            assert refusal(chain, "eth_getLogs", wanted).code == -32602

    def test_are_ten_thousand_in_well_under_a_second(
        self, patient: EmbeddedChain, holder: Signer
    ) -> None:
        # LOG0 a hundred times in a loop: counter at 0, JUMPDEST at 2.
        loop = bytes.fromhex("60645b60006000a060019003806002570000")
        holder.send(to=None, data=initcode(loop))
        patient.request("evm_mine")
        many = patient.request("eth_getBlockReceipts", ["latest"])[0]["contractAddress"]
        for nonce in range(1, 101):
            holder.send(nonce=nonce, to=many)
        for _ in range(20):
            if holder.nonce() == 101:
                break
            patient.request("evm_mine")
        began = time.perf_counter()
        logs = patient.request("eth_getLogs", [{"fromBlock": "0x0", "address": many}])
        took = time.perf_counter() - began
        assert len(logs) == 10_000
        # A quadratic look-up takes minutes; this is no benchmark.
        assert took < 5
        (one,) = {log["blockNumber"] for log in logs[-100:]}
        assert [int(log["logIndex"], 16) for log in logs if log["blockNumber"] == one][:3] == [
            0,
            1,
            2,
        ]

    def test_are_refused_beyond_a_limit(
        self, path: Path, chain: EmbeddedChain, holder: Signer
    ) -> None:
        bell = holder.deploy(BELL)
        for number in range(3):
            holder.send(to=bell, data=word(number))
        store = Store(path)
        assert len(store.logs(0, 9, limit=3)) == 3
        with pytest.raises(TooLarge, match="more than 2 results"):
            store.logs(0, 9, limit=2)
        store.close()


class TestUndoing:
    def test_forgets_blocks_receipts_and_logs(self, chain: EmbeddedChain, holder: Signer) -> None:
        bell = holder.deploy(BELL)
        before = chain.request("eth_getBlockByNumber", ["latest"])
        place = chain.request("evm_snapshot")
        raw = holder.sign(to=bell, data=word(1))
        digest = chain.request("eth_sendRawTransaction", [raw])
        first = chain.request("eth_getTransactionReceipt", [digest])
        assert chain.request("evm_revert", [place]) is True
        assert chain.request("eth_getBlockByNumber", ["latest"]) == before
        assert chain.request("eth_getTransactionReceipt", [digest]) is None
        assert chain.request("eth_getTransactionByHash", [digest]) is None
        assert chain.request("eth_getBlockByHash", [first["blockHash"]]) is None
        assert chain.request("eth_getLogs", [{"fromBlock": "0x0"}]) == []
        assert chain.request("eth_call", [{"to": bell}, "latest"]) == word(0)
        assert chain.request("eth_sendRawTransaction", [raw]) == digest
        second = chain.request("eth_getTransactionReceipt", [digest])
        assert second["blockNumber"] == first["blockNumber"]
        assert second["blockHash"] != first["blockHash"]
        assert len(chain.request("eth_getLogs", [{"fromBlock": "0x0"}])) == 1

    def test_survives_being_opened_again(self, path: Path, chain: EmbeddedChain) -> None:
        place = chain.request("evm_snapshot")
        for _ in range(3):
            chain.request("evm_mine")
        chain.request("evm_revert", [place])
        chain.request("evm_mine")
        head = chain.request("eth_getBlockByNumber", ["latest"])
        chain.close()
        with EmbeddedChain.open(path) as again:
            assert again.request("eth_getBlockByNumber", ["latest"]) == head

    def test_takes_a_snapshot_back_only_once(self, chain: EmbeddedChain) -> None:
        first, second = chain.request("evm_snapshot"), chain.request("evm_snapshot")
        assert chain.request("evm_revert", [first]) is True
        assert chain.request("evm_revert", [first]) is False
        assert chain.request("evm_revert", [second]) is False
        assert chain.request("evm_revert", ["0x0"]) is False

    def test_drops_what_waits(self, patient: EmbeddedChain, holder: Signer) -> None:
        place = patient.request("evm_snapshot")
        digest = holder.send()
        patient.request("evm_revert", [place])
        assert patient.request("eth_getTransactionByHash", [digest]) is None
        assert holder.nonce("pending") == 0


@pytest.fixture
def url(chain: EmbeddedChain) -> Iterator[str]:
    with serve(chain) as address:
        yield address


def post(url: str, body: bytes, **headers: str) -> tuple[int, Any]:
    host = url.removeprefix("http://")
    connection = http.client.HTTPConnection(host, timeout=20)
    sent = {"Content-Type": "application/json", "Host": host} | headers
    connection.request("POST", "/", body, sent)
    answer = connection.getresponse()
    text = answer.read()
    connection.close()
    is_json = (answer.getheader("content-type") or "").startswith("application/json")
    return answer.status, json.loads(text) if is_json else text


class TestDoor:
    def test_serves_web3(self, chain: EmbeddedChain, url: str, holder: Signer) -> None:
        web3 = Web3(HTTPProvider(url))
        assert web3.eth.chain_id == chain.chain_id
        sender = holder.account.address
        fields: Any = {"from": sender, "data": initcode(ECHO)}
        gas = web3.eth.estimate_gas(fields)
        raw = holder.sign(to=None, data=initcode(ECHO), gas=gas)
        receipt = web3.eth.wait_for_transaction_receipt(web3.eth.send_raw_transaction(raw))  # type: ignore[arg-type]
        assert receipt["status"] == 1
        echo = receipt["contractAddress"]
        with pytest.raises(ContractCustomError) as caught:
            web3.eth.call({"to": echo, "data": "0xdeadbeef"})  # type: ignore[typeddict-item]
        assert caught.value.data == "0xdeadbeef"
        assert web3.eth.get_block("latest")["hash"] == receipt["blockHash"]
        assert web3.eth.get_block("pending")["number"] == receipt["blockNumber"] + 1
        assert web3.eth.fee_history(2, "latest", [10])["oldestBlock"] == 0
        assert web3.client_version.startswith("registry-embedded")

    def test_answers_batches_in_order_and_notifications_not_at_all(self, url: str) -> None:
        batch = [
            {"jsonrpc": "2.0", "id": 1, "method": "eth_blockNumber", "params": []},
            {"jsonrpc": "2.0", "id": "two", "method": "eth_nonsense"},
            {"jsonrpc": "2.0", "method": "eth_blockNumber"},
            "nonsense",
            {"jsonrpc": "2.0", "id": None, "method": "eth_getCode", "params": ["0x1"]},
        ]
        status, answers = post(url, json.dumps(batch).encode())
        assert status == 200
        assert [answer["id"] for answer in answers] == [1, "two", None, None]
        assert answers[0]["result"] == "0x0"
        assert [answer["error"]["code"] for answer in answers[1:]] == [-32601, -32600, -32602]
        notification = json.dumps({"jsonrpc": "2.0", "method": "eth_blockNumber"})
        assert post(url, notification.encode())[0] == 204

    @pytest.mark.parametrize(
        ("body", "code"),
        [
            (b"", -32700),
            (b"{", -32700),
            (b"[" * 100_000, -32700),
            (b"\xff\xfe", -32700),
            (b"[]", -32600),
            (b"7", -32600),
            (b'{"id": 1, "method": 5}', -32600),
            (b'{"id": 1, "method": "eth_call", "params": {"a": 1}}', -32600),
            (b"[" + b"1," * 1000 + b"1]", -32600),
        ],
    )
    def test_refuses_malformed_requests(self, url: str, body: bytes, code: int) -> None:
        status, answer = post(url, body)
        assert status in (200, 400)
        assert answer["error"]["code"] == code

    def test_refuses_what_a_browser_may_send_from_a_foreign_page(self, url: str) -> None:
        body = b'{"id": 1, "method": "evm_mine"}'
        assert post(url, body, **{"Content-Type": "text/plain"})[0] == 415
        assert post(url, body, Host="rebound.example")[0] == 400
        assert post(url, b'{"id": 1, "method": "eth_blockNumber"}')[1]["result"] == "0x0"

    def test_refuses_a_body_beyond_its_limit(self, url: str) -> None:
        status, answer = post(url, b" " * (32 * 1024 * 1024 + 1))
        assert status == 413
        assert answer["error"]["code"] == -32600

    def test_refuses_all_when_closed(self, chain: EmbeddedChain) -> None:
        chain.close()
        chain.close()
        assert refusal(chain, "eth_blockNumber").message == "the chain is closed"


class Ledger(RuleBasedStateMachine):
    """Whatever is rung, mined, marked and undone, logs, receipts and state tell one story."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="embedded-"))
        account = Account.create()
        self.chain = EmbeddedChain.open(
            self.folder / "c" / "chain.db",
            funded={account.address: ETHER},
            interval=None,
            controls=True,
        )
        self.signer = Signer(self.chain, account)
        self.marks: list[tuple[str, list[int]]] = []
        self.mined: list[int] = []
        self.waiting: list[int] = []
        self.count = 0

    @initialize()
    def deploy(self) -> None:
        self.signer.send(to=None, data=initcode(BELL))
        self.chain.request("evm_mine")
        self.bell = self.chain.request("eth_getBlockReceipts", ["latest"])[0]["contractAddress"]

    @rule()
    def ring(self) -> None:
        self.count += 1
        self.signer.send(to=self.bell, data=word(self.count))
        self.waiting.append(self.count)

    @rule()
    def mine(self) -> None:
        self.chain.request("evm_mine")
        self.mined += self.waiting
        self.waiting = []

    @rule()
    def mark(self) -> None:
        self.marks.append((self.chain.request("evm_snapshot"), list(self.mined)))

    @rule(data=st.data())
    def undo(self, data: st.DataObject) -> None:
        if self.marks:
            place = data.draw(st.integers(0, len(self.marks) - 1))
            mark, self.mined = self.marks[place]
            del self.marks[place:]
            self.waiting = []
            assert self.chain.request("evm_revert", [mark]) is True

    @rule()
    def reopen(self) -> None:
        path = self.folder / "c" / "chain.db"
        self.chain.close()
        self.chain = EmbeddedChain.open(path, interval=None, controls=True)
        self.signer.chain = self.chain
        self.waiting, self.marks = [], []

    @invariant()
    def tells_one_story(self) -> None:
        if not hasattr(self, "bell"):
            return
        logs = self.chain.request("eth_getLogs", [{"fromBlock": "0x0"}])
        assert [int(log["data"], 16) for log in logs] == self.mined
        head = int(self.chain.request("eth_blockNumber"), 16)
        scanned = [
            log
            for number in range(head + 1)
            for receipt in self.chain.request("eth_getBlockReceipts", [hex(number)])
            for log in receipt["logs"]
        ]
        assert scanned == logs
        kept = self.chain.request("eth_call", [{"to": self.bell}, "latest"])
        assert int(kept, 16) == (self.mined[-1] if self.mined else 0)
        assert self.signer.nonce() == len(self.mined) + 1
        assert self.signer.nonce("pending") == len(self.mined) + len(self.waiting) + 1

    def teardown(self) -> None:
        self.chain.close()
        shutil.rmtree(self.folder)


TestLedger = Ledger.TestCase
TestLedger.settings = settings(
    max_examples=15,
    stateful_step_count=20,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)

KILLED = """
import sys
from registry.embedded import EmbeddedChain

chain = EmbeddedChain.open(sys.argv[1], interval=0)
for raw in sys.stdin:
    digest = chain.request("eth_sendRawTransaction", [raw.strip()])
    assert chain.request("eth_getTransactionReceipt", [digest])["status"] == "0x1"
    print(digest, flush=True)
"""


class TestBeingKilled:
    def test_loses_no_acknowledged_receipt_in_five_kills(
        self, path: Path, holder_account: LocalAccount
    ) -> None:
        funded: dict[str, int] = {holder_account.address: ETHER}
        with EmbeddedChain.open(path, funded=funded, interval=0) as chain:
            signer = Signer(chain, holder_account)
            bell = signer.deploy(BELL)
            raws = [signer.sign(to=bell, data=word(n), nonce=n) for n in range(1, 1500)]
        acknowledged: list[str] = []
        mined = 0
        chance = random.Random(0)
        for _ in range(5):
            acknowledged += _killed(path, raws[mined:], after=chance.randint(1, 40))
            with EmbeddedChain.open(path, interval=0) as chain:
                for digest in acknowledged:
                    receipt = chain.request("eth_getTransactionReceipt", [digest])
                    assert receipt["status"] == "0x1"
                    assert len(receipt["logs"]) == 1
                mined = Signer(chain, holder_account).nonce() - 1
                # One more may be mined whose acknowledgement never left the process.
                assert len(acknowledged) <= mined <= len(acknowledged) + 5
                logs = chain.request("eth_getLogs", [{"fromBlock": "0x0"}])
                assert [int(log["data"], 16) for log in logs] == list(range(1, mined + 1))
                assert int(chain.request("eth_call", [{"to": bell}]), 16) == mined
        assert len(acknowledged) > 5


def _killed(path: Path, raws: list[str], *, after: int) -> list[str]:
    """Feed a process raw transactions, kill it after so many answers, return all it answered."""
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(path)],
        env=os.environ | {"PYTHONPATH": _root()},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    # As many as the pipe holds without blocking us.
    process.stdin.write("\n".join(raws[:150]) + "\n")
    process.stdin.flush()
    answers = [process.stdout.readline() for _ in range(after)]
    process.kill()
    answers += process.stdout.readlines()
    process.wait()
    process.stdin.close()
    process.stdout.close()
    # The last line may have been cut in two.
    return [line.strip() for line in answers if line.endswith("\n")]


def _root() -> str:
    return str(Path(str(registry.__file__)).parent.parent)


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


def _integer(number: int) -> bytes:
    return number.to_bytes((number.bit_length() + 7) // 8)


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
    fields += [_integer(int(block[name], 16)) for name in numbers]
    fields += [bytes.fromhex(block[name][2:]) for name in ("extraData", "mixHash", "nonce")]
    fields += [_integer(int(block["baseFeePerGas"], 16))]
    fields += [bytes.fromhex(block["withdrawalsRoot"][2:])]
    fields += [_integer(int(block[name], 16)) for name in ("blobGasUsed", "excessBlobGas")]
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
    status = _integer(int(receipt["status"], 16))
    gas = _integer(int(receipt["cumulativeGasUsed"], 16))
    body: bytes = rlp.encode([status, gas, bytes.fromhex(receipt["logsBloom"][2:]), logs])
    kind = int(receipt["type"], 16)
    return bytes([kind]) + body if kind else body


def _trie_root(values: list[bytes]) -> str:
    trie = HexaryTrie({})
    for position, value in enumerate(values):
        trie[rlp.encode(position)] = value
    return "0x" + trie.root_hash.hex()
