"""The operator's own transactions, by the journal of a deployment

The journal
├── loses the half line that it died writing
└── is refused to another chain, and to a second process
The sender
├── sends again what a node forgot
├── refuses a nonce that was used elsewhere
└── names a transaction that took the place of its own
"""

from pathlib import Path

import pytest

from registry.chain import Chain
from registry.deployment import verify
from registry.deployment.blueprint import CONTRACTS
from registry.deployment.building import addresses, deploy
from registry.deployment.sender import Sender
from registry.errors import Conflict, Unavailable
from registry.transactions import Transaction
from tests.registry.deployment.mortal import SENDS, Died, Mortal
from tests.registry.sandbox import Sandbox, Staff, embedded


class TestJournal:
    def test_drops_the_half_line_of_its_journal(
        self, url: str, fresh: Staff, tmp_path: Path
    ) -> None:
        journal = tmp_path / "journal"
        with pytest.raises(Died):
            deploy(Mortal(url, 3, after=False), fresh.owner, fresh.plan(), journal)
        # The third line was being written when the machine stopped.
        journal.write_bytes(journal.read_bytes()[:-100])
        deployment = deploy(Chain(url), fresh.owner, fresh.plan(), journal)
        assert deployment.contracts == addresses(fresh.owner.address, 0)
        assert deploy(Chain(url), fresh.owner, fresh.plan(), journal) == deployment

    def test_refuses_the_journal_of_another_chain(
        self, deployed: Sandbox, url: str, fresh: Staff
    ) -> None:
        with pytest.raises(Conflict, match="chain_id"):
            deploy(Chain(url), fresh.owner, fresh.plan(), deployed.journal)

    def test_refuses_a_second_process(self, url: str, fresh: Staff, tmp_path: Path) -> None:
        class Crowded(Chain):
            """While its first transaction is under way, another deploys by the same journal."""

            def send(self, raw: bytes) -> str:
                with pytest.raises(Conflict, match="another process"):
                    deploy(Chain(url), fresh.owner, fresh.plan(), tmp_path / "journal")
                raise Died

        with pytest.raises(Died):
            deploy(Crowded(url), fresh.owner, fresh.plan(), tmp_path / "journal")


class TestSender:
    def test_sends_again_what_a_node_forgot(self, tmp_path: Path) -> None:
        staff = Staff()
        journal = tmp_path / "journal"
        with embedded(tmp_path, staff.owner, interval=None) as (_, url), pytest.raises(Unavailable):
            deploy(Chain(url), staff.owner, staff.plan(), journal, patience=0.05)
        with embedded(tmp_path) as (_, url):
            assert Chain(url).nonce(staff.owner.address, "pending") == 0
            deployment = deploy(Chain(url), staff.owner, staff.plan(), journal)
            assert verify(Chain(url), deployment) == []
            assert Chain(url).nonce(staff.owner.address) == SENDS

    def test_refuses_a_nonce_that_was_used_elsewhere(
        self, url: str, fresh: Staff, tmp_path: Path
    ) -> None:
        with pytest.raises(Died):
            deploy(Mortal(url, 3, after=False), fresh.owner, fresh.plan(), tmp_path / "journal")
        chain = Chain(url)
        Sender(chain, fresh.owner, patience=5).run("elsewhere", fresh.owner.address, b"")
        for _ in range(2):
            with pytest.raises(Conflict, match=r"nonce 2 .* was to create Parties and was used"):
                deploy(chain, fresh.owner, fresh.plan(), tmp_path / "journal")
        assert chain.nonce(fresh.owner.address) == 3

    def test_names_another_transaction_in_the_place_of_its_own(self, tmp_path: Path) -> None:
        staff, journal = Staff(), tmp_path / "journal"
        with embedded(tmp_path, staff.owner, interval=None) as (node, url):
            chain = Chain(url)
            for _ in range(2):
                with pytest.raises(Unavailable):
                    deploy(chain, staff.owner, staff.plan(), journal, patience=0.05)
                if chain.nonce(staff.owner.address) == 0:
                    node.request("evm_mine")
            roles = len(CONTRACTS)
            elsewhere = Transaction(
                chain_id=chain.chain_id(),
                nonce=roles,
                tip=10**9,
                fee=10**12,
                gas=30_000,
                to=staff.relayer.address,
                data=b"",
            )
            chain.send(elsewhere.sign(staff.owner.secret))
            with pytest.raises(Conflict, match=rf"our nonce {roles} .* in use elsewhere"):
                deploy(chain, staff.owner, staff.plan(), journal, patience=0.05)
            node.request("evm_mine")
            # No address hangs on this nonce, so that the next run can go on.
            for _ in range(2):
                with pytest.raises(Unavailable):
                    deploy(chain, staff.owner, staff.plan(), journal, patience=0.05)
                node.request("evm_mine")
            deployment = deploy(chain, staff.owner, staff.plan(), journal)
            assert deployment.contracts == addresses(staff.owner.address, 0)
            assert chain.nonce(staff.owner.address) == SENDS + 1
