"""Follow the chain into facts, and forget what the chain forgot.

One transaction a block (or a run of old blocks) with all its facts. What was read is complete: each
contract's running hash and count are recomputed from the logs and compared with its own `tip`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

import structlog
from sqlalchemy import Connection, Engine, delete, func, insert, select

from registry import parties, registrars, rights
from registry.chain import CONTRACTS, BlockHeader, Chain
from registry.deployment import Deployment
from registry.errors import Mismatch, Unavailable
from registry.facts import DERIVED, Block, Fact, Final, Log, ReadModel, Tip, fact_types
from registry.hashes import from_hex, to_hex
from registry.objections import facts as disputes
from registry.registrations import facts as procedure

log = structlog.get_logger()

# A fact class counts once its module is imported; here is all that the contracts can say.
NOUNS = (parties, registrars, rights, procedure, disputes)

# These say something outside their ledger: who may call what is AccessManager's own record, and
# EIP-5267 announces a change of domain that our contracts cannot make.
OUTSIDE = frozenset(
    {
        "0x2f658b440c35314f52658ea8a740e05b284cdc84dc9ae01e891f21b8933e7cad",  # AuthorityUpdated
        "0x0a6387c9ea3628b88a633bb4f3b151770f70085117a15f9bf3787cda53f13d31",  # EIP712DomainChanged
    }
)


BEFORE_THE_FIRST = bytes(24), 0


class Step(Enum):
    """What one step did."""

    NOTHING_NEW = "nothing new"
    EXTENDED = "extended"
    FORGOT = "forgot"


@dataclass(frozen=True)
class Reach:
    """How far we have read: the newest block and when it was made, in Unix seconds."""

    number: int
    hash: str
    time: int


class Reader:
    """Enters blocks with their logs into one read model, and recomputes head and count on the way."""

    def __init__(self, contracts: Mapping[str, str], engine: Engine, *, finality: int = 0) -> None:
        self.engine = engine
        self.finality = finality
        self._names = {contracts[name].lower(): name for name in CONTRACTS}
        self._facts = {(name, fact.topic): fact for fact in fact_types() for name in fact.contracts}
        ReadModel.metadata.create_all(engine)

    def read(self, headers: Sequence[BlockHeader], logs: Sequence[Log]) -> None:
        """Enters these blocks, which follow ours, with all that the contracts said in them.

        Raises: Mismatch for a fact that this release does not know.
        """
        with self.engine.begin() as connection:
            tips = self._tips(connection)
            rows, moved = self._rows(logs, tips)
            self._insert(connection, headers, rows, moved)

    def _final_number(self, connection: Connection) -> int:
        """The highest block that was ever final to us: `finality` below the highest that we read."""
        return connection.execute(select(func.max(Final.number))).scalar() or -1

    def _tips(self, connection: Connection) -> dict[str, tuple[bytes, int]]:
        return {name: tip_of(connection, name) for name in CONTRACTS}

    def _rows(
        self, logs: Sequence[Log], tips: dict[str, tuple[bytes, int]]
    ) -> tuple[dict[type[Fact], list[tuple[Any, ...]]], dict[tuple[int, str], tuple[bytes, int]]]:
        rows: dict[type[Fact], list[tuple[Any, ...]]] = {}
        moved: dict[tuple[int, str], tuple[bytes, int]] = {}
        for entry in logs:
            if entry.topics[0] in OUTSIDE:
                continue
            name = self._names[entry.address.lower()]
            fact = self._facts.get((name, entry.topics[0]))
            if fact is None:
                raise Mismatch(f"{name} said {entry.topics[0]}, which this release does not know")
            head, count = tips[name]
            block, count = entry.block, count + 1
            tips[name] = moved[block, name] = (entry.extend(head), count)
            transaction = bytes.fromhex(entry.transaction_hash[2:])
            rows.setdefault(fact, []).append(
                (block, entry.position, name, count, transaction, *fact.stored(entry))
            )
        return rows, moved

    def _insert(
        self,
        connection: Connection,
        headers: Sequence[BlockHeader],
        rows: dict[type[Fact], list[tuple[Any, ...]]],
        moved: dict[tuple[int, str], tuple[bytes, int]],
    ) -> None:
        blocks = [
            {"number": each.number, "hash": each.hash, "parent": each.parent, "time": each.time}
            for each in headers
        ]
        connection.execute(insert(Block), blocks)
        for fact, values in rows.items():
            columns = [column.name for column in fact.__table__.columns]
            names = ", ".join(f'"{name}"' for name in columns)
            marks = ", ".join("?" * len(columns))
            # Plain tuples to the driver: SQLAlchemy's own executemany takes three times as long.
            connection.exec_driver_sql(
                f"INSERT INTO {fact.__tablename__} ({names}) VALUES ({marks})", values
            )
        reach = {"first": headers[0].number, "last": headers[-1].number}
        for statement in DERIVED:
            connection.execute(statement, reach)
        if moved:
            connection.execute(
                insert(Tip),
                [
                    {"block": block, "contract": name, "head": to_hex(head), "count": count}
                    for (block, name), (head, count) in moved.items()
                ],
            )
        final = headers[-1].number - self.finality
        if final > self._final_number(connection):
            connection.execute(delete(Final))
            connection.execute(insert(Final), {"number": final})


class Indexer(Reader):
    """Reads one deployment into one read model; a single writer."""

    def __init__(
        self,
        chain: Chain,
        deployment: Deployment,
        engine: Engine,
        *,
        finality: int = 0,
        window: int = 2000,
    ) -> None:
        super().__init__(deployment.contracts, engine, finality=finality)
        self.chain = chain
        self.deployment = deployment
        self.window = window

    def reach(self) -> Reach | None:
        """The newest block that we have read; None before the first."""
        with self.engine.connect() as connection:
            return newest(connection)

    def step(self) -> Step:
        """Reads at most one window of blocks. Raises: Unavailable, Mismatch; nothing half-read stays.

        The four cases of the chain's next block against our newest one:
        1. there is none above ours and ours still stands: nothing new;
        2. its parent is ours: read it;
        3. ours is no longer the chain's: forget it, and its facts with it;
        4. what the chain lost was final: stop, for nothing final may be forgotten in silence.
        """
        ours = self.reach()
        head = self.chain.head()
        if ours is not None:
            if head.hash == ours.hash:
                return Step.NOTHING_NEW
            if head.parent == ours.hash:  # mostly, for who follows closely; nothing more to ask
                return self._extend([head])
            theirs = self.chain.block(ours.number)
            if theirs is None or theirs.hash != ours.hash:
                return self._forget(ours, head)
            if head.number <= ours.number:
                return Step.NOTHING_NEW
        first = self.deployment.start_block if ours is None else ours.number + 1
        if head.number < first:
            return Step.NOTHING_NEW
        last = min(head.number, first + self.window - 1)
        # The unfinal end is read block by block, each with its header, since each may fall alone.
        settled = min(last, head.number - self.finality)
        return self._extend(self._headers(first, max(first, settled), ours))

    def catch_up(self) -> None:
        """Steps until there is nothing new."""
        while self.step() is not Step.NOTHING_NEW:
            pass

    def _forget(self, ours: Reach, head: BlockHeader) -> Step:
        with self.engine.begin() as connection:
            if ours.number <= self._final_number(connection):
                raise Mismatch(
                    f"the chain no longer holds final block {ours.number} {ours.hash}: its operator "
                    "rewrote it or another chain answers; nothing was forgotten"
                )
            connection.execute(delete(Block).where(Block.number == ours.number))
        log.info("indexer.forgot", block=ours.number, hash=ours.hash, head=head.number)
        return Step.FORGOT

    def _extend(self, headers: Sequence[BlockHeader]) -> Step:
        """Reads these blocks, the first of which follows ours."""
        first, last = headers[0].number, headers[-1].number
        addresses = [self.deployment.contracts[name] for name in CONTRACTS]
        if first == last:
            logs = self.chain.logs_of_block(addresses, headers[0].hash)
        else:
            logs = self.chain.logs(addresses, first, last)
        hashes = {header.number: header.hash for header in headers}
        for entry in logs:
            if hashes.get(entry.block) != entry.block_hash:
                raise Unavailable(f"block {entry.block} changed while its logs were read")
        self.read(headers, logs)
        log.debug("indexer.read", first=first, last=last, facts=len(logs))
        return Step.EXTENDED

    def _headers(self, first: int, last: int, ours: Reach | None) -> list[BlockHeader]:
        headers = self.chain.blocks(first, last)
        parent = ours.hash if ours is not None else headers[0].parent
        for header in headers:
            if header.parent != parent:
                raise Unavailable(f"block {header.number} does not follow the one before it")
            parent = header.hash
        return headers


def newest(connection: Connection) -> Reach | None:
    """The newest block that we have read."""
    row = connection.execute(
        select(Block.number, Block.hash, Block.time).order_by(Block.number.desc()).limit(1)
    ).first()
    return None if row is None else Reach(row.number, row.hash, row.time)


def tip_of(connection: Connection, contract: str, at: int | None = None) -> tuple[bytes, int]:
    """A contract's head and count after block `at`, or after the newest; zero before its first fact."""
    question = select(Tip.head, Tip.count.label("said")).where(Tip.contract == contract)
    if at is not None:
        question = question.where(Tip.block <= at)
    row = connection.execute(question.order_by(Tip.block.desc()).limit(1)).first()
    return BEFORE_THE_FIRST if row is None else (from_hex(row.head), row.said)


def compare_tips(chain: Chain, deployment: Deployment, connection: Connection) -> dict[str, int]:
    """The number of facts of each contract, all of them proven to be in the read model.

    Asked at our newest block. Raises: Mismatch naming the contract whose head or count differ.
    """
    reached = newest(connection)
    counts = {}
    for name in CONTRACTS:
        ours = tip_of(connection, name)
        # By hash: a block that was replaced since must not be taken for ours.
        at = "latest" if reached is None else reached.hash
        address = deployment.contracts[name]
        if ours == BEFORE_THE_FIRST and not chain.code(address, at=at):
            counts[name] = 0  # a block from before its creation
            continue
        head, count = chain.ask(name, address, "tip", at=at)
        if (head, count) != ours:
            raise Mismatch(
                f"{name} has said {count} facts with head {to_hex(head)}; "
                f"the read model has {ours[1]} with head {to_hex(ours[0])}"
            )
        counts[name] = count
    return counts
