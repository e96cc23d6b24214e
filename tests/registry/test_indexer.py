"""The indexer

- reads what the chain said, complete: head and count equal the contracts'
- reading twice finds nothing new
- a block that the chain replaced is forgotten with its facts and all that is derived from them
  - and the read model equals, row by row, one that is read afresh
  - one of equal height too
- a final block that the chain no longer holds stops it, and nothing is forgotten
- a node that withholds a log is found out
- a node that does not answer leaves nothing half-read
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select

from registry.chain import Chain
from registry.database import open_read_model
from registry.deployment import Deployment
from registry.errors import Mismatch, Unavailable
from registry.facts import Log, ReadModel
from registry.hashes import from_hex
from registry.indexer import Indexer, Step, compare_tips
from registry.keys import Key
from registry.messages import party_of
from registry.outbox import read_message
from registry.registrations import questions
from registry.registrations.acts import File, Withdraw
from registry.rules.states import State
from registry.signatures import sign
from tests.registry.local_chain import address_of, deploy, filing, sender
from tests.registry.sandbox import embedded


@dataclass
class Node:
    """A node with the contracts on it, and a holder who files."""

    chain: Chain
    deployment: Deployment
    key: bytes
    filings: dict[str, File] = field(default_factory=dict)

    def file(self, times: int = 1) -> list[str]:
        by = sender(self.chain, self.key)
        filed = []
        for _ in range(times):
            kept = filing(self.deployment, self.key)
            by.run("file", self.deployment.contracts["Registrations"], kept.calldata)
            filed.append(kept.digest)
            self.filings[kept.digest] = read_message(File, kept.message)
        return filed

    def withdraw(self, id: str) -> None:
        message = Withdraw(
            party=party_of(address_of(self.key)), registration=id, step=1, deadline=2**40 - 1
        )
        digest = message.digest(self.deployment.domain("Registrations"))
        call = message.calldata((sign(digest, self.key),), (self.filings[id],))
        sender(self.chain, self.key).run(
            "withdraw", self.deployment.contracts["Registrations"], call
        )

    def snapshot(self) -> str:
        taken: str = self.chain.rpc("evm_snapshot")
        return taken

    def revert(self, snapshot: str) -> None:
        assert self.chain.rpc("evm_revert", snapshot)


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    key = Key.fresh()
    with embedded(tmp_path, key) as (_, url):
        chain = Chain(url)
        yield Node(chain, deploy(chain, key.secret, tmp_path), key.secret)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = open_read_model(tmp_path / "read.db")
    yield engine
    engine.dispose()


def rows(engine: Engine) -> dict[str, list[Any]]:
    """All rows of all tables, in order."""
    with engine.connect() as connection:
        return {
            table.name: [
                tuple(row)
                for row in connection.execute(select(table).order_by(*table.primary_key.columns))
            ]
            for table in ReadModel.metadata.sorted_tables
        }


def read_afresh(node: Node, folder: Path, finality: int) -> dict[str, list[Any]]:
    engine = open_read_model(folder / "fresh.db")
    Indexer(node.chain, node.deployment, engine, finality=finality).catch_up()
    found = rows(engine)
    engine.dispose()
    return found


class TestStep:
    def test_reads_all_that_the_chain_said(self, node: Node, engine: Engine) -> None:
        filed = node.file(3)
        indexer = Indexer(node.chain, node.deployment, engine)
        indexer.catch_up()
        with engine.connect() as connection:
            assert compare_tips(node.chain, node.deployment, connection)["Registrations"] == 3
            for id in filed:
                assert (
                    questions.filing(connection, id).digest(node.deployment.domain("Registrations"))
                    == id
                )

    def test_finds_nothing_new_in_what_it_read(self, node: Node, engine: Engine) -> None:
        indexer = Indexer(node.chain, node.deployment, engine)
        indexer.catch_up()
        assert indexer.step() is Step.NOTHING_NEW

    def test_is_complete_at_each_block_of_a_deployment_too(
        self, node: Node, engine: Engine
    ) -> None:
        reach = node.chain.head().number
        indexer = Indexer(node.chain, node.deployment, engine, finality=reach)
        seen = 0
        while indexer.step() is Step.EXTENDED:
            with engine.connect() as connection:
                compare_tips(node.chain, node.deployment, connection)
            seen += 1
        assert seen > 1

    def test_reads_in_windows_as_at_once(self, node: Node, engine: Engine, tmp_path: Path) -> None:
        node.file(5)
        Indexer(node.chain, node.deployment, engine, window=2).catch_up()
        assert rows(engine) == read_afresh(node, tmp_path, 0)


class TestForgetting:
    @pytest.mark.parametrize("after", [0, 1, 3], ids=["shorter", "equal height", "longer"])
    def test_equals_a_fresh_reading_after_a_reorganisation(
        self, node: Node, engine: Engine, tmp_path: Path, after: int
    ) -> None:
        kept = node.file(1)
        snapshot = node.snapshot()
        lost = node.file(1)
        indexer = Indexer(node.chain, node.deployment, engine, finality=10)
        indexer.catch_up()
        with engine.connect() as connection:
            assert questions.registration(connection, lost[0]).step == 1

        node.revert(snapshot)
        node.file(after)
        indexer.catch_up()

        fresh = read_afresh(node, tmp_path, 10)
        found = rows(engine)
        found.pop("final")
        fresh.pop(
            "final"
        )  # what was once final stays so; the fresh reading never saw the longer chain
        assert found == fresh
        ids = {row.registration for row in _filed(engine)}
        assert kept[0] in ids
        assert lost[0] not in ids

    def test_a_forgotten_change_gives_its_place_back(
        self, node: Node, engine: Engine, tmp_path: Path
    ) -> None:
        kept, taken_back = node.file(2)
        snapshot = node.snapshot()
        node.withdraw(taken_back)
        indexer = Indexer(node.chain, node.deployment, engine, finality=10)
        indexer.catch_up()
        assert self.standing(engine, State.WITHDRAWN) == [taken_back]
        assert self.standing(engine, State.SUBMITTED) == [kept]
        with engine.connect() as connection:
            before = node.chain.head().number - 1
            assert questions.registration(connection, taken_back, at=before).step == 1

        node.revert(snapshot)
        indexer.step()
        assert self.standing(engine, State.SUBMITTED) == [kept, taken_back]
        node.withdraw(kept)
        indexer.catch_up()
        assert self.standing(engine, State.SUBMITTED) == [taken_back]
        found, fresh = rows(engine), read_afresh(node, tmp_path, 10)
        assert found["progress"] == fresh["progress"]

    def standing(self, engine: Engine, state: State) -> list[str]:
        with engine.connect() as connection:
            found = questions.registrations(connection, state=state, limit=1)
            if found:
                found += questions.registrations(connection, state=state, after=found[0][0])
        return [each.id for _, each in found]

    def test_forgets_one_block_at_a_time(self, node: Node, engine: Engine) -> None:
        snapshot = node.snapshot()
        node.file(3)
        indexer = Indexer(node.chain, node.deployment, engine, finality=10)
        indexer.catch_up()
        node.revert(snapshot)
        assert [indexer.step() for _ in range(3)] == [Step.FORGOT] * 3
        assert indexer.step() is Step.NOTHING_NEW

    def test_stops_at_a_final_block_that_is_gone(self, node: Node, engine: Engine) -> None:
        snapshot = node.snapshot()
        node.file(3)
        indexer = Indexer(node.chain, node.deployment, engine, finality=1)
        indexer.catch_up()
        before = rows(engine)
        node.revert(snapshot)
        assert indexer.step() is Step.FORGOT  # the newest block was not final yet
        with pytest.raises(Mismatch, match="no longer holds final block"):
            indexer.step()
        assert len(rows(engine)["block"]) == len(before["block"]) - 1


class Withholding(Chain):
    """A node that leaves out the last log of every answer."""

    def logs(self, addresses: Any, first: int, last: int) -> list[Log]:
        return super().logs(addresses, first, last)[:-1]


class Failing(Chain):
    """A node that dies after the headers."""

    def logs(self, addresses: Any, first: int, last: int) -> list[Log]:
        raise Unavailable("gone")


class TestDistrust:
    def test_finds_out_a_node_that_withholds_a_log(self, node: Node, engine: Engine) -> None:
        node.file(2)
        Indexer(Withholding(node.chain.url), node.deployment, engine).catch_up()
        with (
            engine.connect() as connection,
            pytest.raises(Mismatch, match="Registrations has said 2"),
        ):
            compare_tips(node.chain, node.deployment, connection)

    def test_leaves_nothing_half_read(self, node: Node, engine: Engine) -> None:
        node.file(2)
        with pytest.raises(Unavailable):
            Indexer(Failing(node.chain.url), node.deployment, engine).step()
        assert rows(engine)["block"] == []


def _filed(engine: Engine) -> list[Any]:
    table = ReadModel.metadata.tables["registration_filed"]
    with engine.connect() as connection:
        return list(connection.execute(select(table)))


def test_a_head_is_24_bytes(node: Node, engine: Engine) -> None:
    node.file(1)
    Indexer(node.chain, node.deployment, engine).catch_up()
    tips = {row[1]: row[2] for row in rows(engine)["tip"]}
    assert len(from_hex(tips["Registrations"])) == 24
