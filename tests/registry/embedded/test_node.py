"""The embedded chain as a whole

A new chain
├── draws a chain id that JavaScript can hold, and a genesis hash of its own
├── funds the accounts it was told to, and keeps all of it when opened again
├── is refused to a second opener, and readable by its owner alone
└── refuses a file of another format
Undoing: a revert forgets blocks, receipts and logs, and the same transaction then has another block
Whatever was mined, snapshotted and reverted, logs, receipts and state agree (property)
"""

import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from eth_account import Account
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from registry.embedded import EmbeddedChain
from registry.errors import Conflict, Mismatch
from tests.machine import ROOT
from tests.registry.embedded.signer import BELL, ETHER, Signer, initcode, refusal, word


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
                env=os.environ | {"PYTHONPATH": str(ROOT)},
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
