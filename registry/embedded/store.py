"""The chain's one file: blocks, transactions, logs and state nodes. Knows no EVM and no JSON."""

import fcntl
import os
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from registry.errors import Conflict, Mismatch, TooLarge

FORMAT = 1

# A log is found by block, by address or by its first topic; a row falls with its block.
SCHEMA = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE nodes (hash BLOB PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE blocks (
    number INTEGER PRIMARY KEY,
    hash BLOB NOT NULL UNIQUE,
    header BLOB NOT NULL,
    size INTEGER NOT NULL
) STRICT;
CREATE TABLE transactions (
    block INTEGER NOT NULL REFERENCES blocks (number) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    hash BLOB NOT NULL UNIQUE,
    kind INTEGER NOT NULL,
    sender BLOB NOT NULL,
    recipient BLOB,
    contract BLOB,
    succeeded INTEGER NOT NULL,
    gas_used INTEGER NOT NULL,
    gas_so_far INTEGER NOT NULL,
    gas_price BLOB NOT NULL,
    bloom BLOB NOT NULL,
    raw BLOB NOT NULL,
    PRIMARY KEY (block, position)
) STRICT, WITHOUT ROWID;
CREATE TABLE logs (
    block INTEGER NOT NULL REFERENCES blocks (number) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    transaction_position INTEGER NOT NULL,
    address BLOB NOT NULL,
    topic0 BLOB,
    topic1 BLOB,
    topic2 BLOB,
    topic3 BLOB,
    data BLOB NOT NULL,
    PRIMARY KEY (block, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX logs_by_address ON logs (address, block);
CREATE INDEX logs_by_topic0 ON logs (topic0, block);
"""


@dataclass(frozen=True, slots=True)
class Block:
    """`header` is the header's RLP, `size` the bytes of the whole block's RLP."""

    number: int
    hash: bytes
    header: bytes
    size: int


@dataclass(frozen=True, slots=True)
class Transaction:
    """A mined transaction with its receipt; `position` within its block.

    `recipient` is None for a creation, `contract` is None for all others. `gas_price` is the price
    paid, as big-endian bytes because it may exceed SQLite's integers. `gas_so_far` is the block's
    gas up to and with this transaction.
    """

    block: int
    position: int
    hash: bytes
    kind: int
    sender: bytes
    recipient: bytes | None
    contract: bytes | None
    succeeded: int
    gas_used: int
    gas_so_far: int
    gas_price: bytes
    bloom: bytes
    raw: bytes


@dataclass(frozen=True, slots=True)
class Log:
    """`position` within the block; missing topics are None."""

    block: int
    position: int
    transaction_position: int
    address: bytes
    topic0: bytes | None
    topic1: bytes | None
    topic2: bytes | None
    topic3: bytes | None
    data: bytes


@dataclass(frozen=True, slots=True)
class FoundLog:
    """A log with the hashes that a reader needs beside it."""

    log: Log
    block_hash: bytes
    transaction_hash: bytes


@dataclass(frozen=True, slots=True)
class Mined:
    """All that one block adds to the file."""

    block: Block
    transactions: Sequence[Transaction]
    logs: Sequence[Log]
    nodes: Mapping[bytes, bytes]


_TRANSACTION = "SELECT " + ", ".join(Transaction.__slots__) + " FROM transactions "
_LOG = (
    "SELECT "
    + ", ".join("l." + column for column in Log.__slots__)
    + ", b.hash, t.hash FROM logs l JOIN blocks b ON b.number = l.block"
    " JOIN transactions t ON t.block = l.block AND t.position = l.transaction_position "
)


def claim(path: Path) -> int:
    """Hold the chain at `path` for this process; the descriptor, when closed, lets it go.

    Raises: Conflict when another process (or this one) already holds it.
    """
    # A file of its own: closing any descriptor of chain.db would drop SQLite's POSIX locks on it.
    held = os.open(path.with_name(path.name + ".lock"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as fault:
        holder = os.pread(held, 32, 0).decode("ascii", "replace").strip() or "unknown"
        os.close(held)
        raise Conflict(f"the chain {path} is already open in process {holder}") from fault
    os.ftruncate(held, 0)
    os.pwrite(held, str(os.getpid()).encode(), 0)
    return held


class Store:
    """One connection to the file; to be used by one thread at a time.

    A block is written with `synchronous=FULL` in one SQLite transaction: after `append` returns it
    is on the disk whole, and if we die before that, nothing of it is.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        # SQLite gives its WAL and shared-memory files the permissions of the database file.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        self._sql = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        try:
            self._sql.execute("PRAGMA journal_mode = WAL")
        except sqlite3.DatabaseError as fault:
            self._sql.close()
            if fault.sqlite_errorcode != sqlite3.SQLITE_NOTADB:
                raise
            raise Mismatch(f"{path}: got a file of another kind, expected a chain") from fault
        self._sql.execute("PRAGMA synchronous = FULL")
        self._sql.execute("PRAGMA foreign_keys = ON")
        self._sql.execute("PRAGMA busy_timeout = 10000")
        self._sql.execute("PRAGMA mmap_size = 268435456")
        (self._format,) = self._sql.execute("PRAGMA user_version").fetchone()
        if self._format not in (0, FORMAT):
            self._sql.close()
            raise Mismatch(f"{path}: got chain format {self._format}, expected {FORMAT}")

    @property
    def is_new(self) -> bool:
        """True until a genesis block has been written."""
        return bool(self._format == 0)

    def close(self) -> None:
        self._sql.close()

    @contextmanager
    def _writing(self) -> Iterator[None]:
        self._sql.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            # SQLite has rolled back by itself where the disk is full.
            if self._sql.in_transaction:
                self._sql.execute("ROLLBACK")
            raise
        self._sql.execute("COMMIT")

    @contextmanager
    def reading(self) -> Iterator[None]:
        """All questions asked inside see the file at one moment."""
        self._sql.execute("BEGIN")
        try:
            yield
        finally:
            if self._sql.in_transaction:
                self._sql.execute("COMMIT")

    def create(self, genesis: Mined, *, meta: Mapping[str, int]) -> None:
        """Write the tables, the meta values and the genesis block, all or nothing."""
        with self._writing():
            for statement in SCHEMA.split(";\n"):
                self._sql.execute(statement)
            for name, value in meta.items():
                self.set_meta(name, value)
            self._insert(genesis)
            self._sql.execute(f"PRAGMA user_version = {FORMAT}")
        self._format = FORMAT
        # SQLite syncs the folder of its file; the folder itself may be as new as the chain.
        above = os.open(self._path.parent.parent, os.O_RDONLY)
        os.fsync(above)
        os.close(above)

    def append(self, mined: Mined) -> None:
        with self._writing():
            self._insert(mined)

    def _insert(self, mined: Mined) -> None:
        run = self._sql.executemany
        # A node's key is the hash of its value, so one that is there already is the same.
        run("INSERT OR IGNORE INTO nodes VALUES (?, ?)", mined.nodes.items())
        block = mined.block
        self._sql.execute(
            "INSERT INTO blocks VALUES (?, ?, ?, ?)",
            (block.number, block.hash, block.header, block.size),
        )
        run(_insertion("transactions", Transaction), map(_values, mined.transactions))
        run(_insertion("logs", Log), map(_values, mined.logs))

    def truncate(self, number: int) -> None:
        """Forget every block above `number`, its transactions and its logs."""
        with self._writing():
            self._sql.execute("DELETE FROM blocks WHERE number > ?", (number,))

    def meta(self, name: str) -> int:
        (value,) = self._sql.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        return int(value)

    def set_meta(self, name: str, value: int) -> None:
        self._sql.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, value))

    def node(self, key: bytes) -> bytes | None:
        if self.is_new:
            return None  # genesis is being built, and the trie asks before there are tables
        row = self._sql.execute("SELECT value FROM nodes WHERE hash = ?", (key,)).fetchone()
        return None if row is None else bytes(row[0])

    def head(self) -> Block:
        return Block(*self._sql.execute("SELECT * FROM blocks ORDER BY number DESC").fetchone())

    def block(self, key: int | bytes) -> Block | None:
        """The block of that number (int) or that hash (bytes)."""
        # A number past SQLite's range is past every block.
        if isinstance(key, int) and key >= 1 << 63:
            return None
        column = "number" if isinstance(key, int) else "hash"
        row = self._sql.execute(f"SELECT * FROM blocks WHERE {column} = ?", (key,)).fetchone()
        return None if row is None else Block(*row)

    def transaction(self, digest: bytes) -> Transaction | None:
        row = self._sql.execute(_TRANSACTION + "WHERE hash = ?", (digest,)).fetchone()
        return None if row is None else Transaction(*row)

    def transactions(self, block: int) -> list[Transaction]:
        """Those of one block, in order."""
        rows = self._sql.execute(_TRANSACTION + "WHERE block = ? ORDER BY position", (block,))
        return [Transaction(*row) for row in rows]

    def logs(
        self,
        first: int,
        last: int,
        *,
        addresses: Sequence[bytes] = (),
        topics: Sequence[Sequence[bytes]] = (),
        limit: int,
    ) -> list[FoundLog]:
        """Logs of the blocks `first` to `last`, both included, in the chain's order.

        No addresses, or no topics at a position, means any. Raises: TooLarge above `limit`.
        """
        wanted = ["l.block BETWEEN ? AND ?"]
        values: list[int | bytes] = [min(first, 1 << 62), min(last, 1 << 62)]
        columns = {"address": addresses} | {f"topic{i}": any_of for i, any_of in enumerate(topics)}
        for column, any_of in columns.items():
            if any_of:
                wanted.append(f"l.{column} IN ({', '.join('?' * len(any_of))})")
                values.extend(any_of)
        # A filter that names n topic positions skips logs with fewer topics, as every node does.
        if topics:
            wanted.append(f"l.topic{len(topics) - 1} IS NOT NULL")
        condition = " AND ".join(wanted)
        rows = self._sql.execute(
            _LOG + f"WHERE {condition} ORDER BY l.block, l.position LIMIT {limit + 1}", values
        ).fetchall()
        if len(rows) > limit:
            raise TooLarge(f"query returned more than {limit} results")
        return [FoundLog(Log(*row[:-2]), row[-2], row[-1]) for row in rows]

    def logs_of(self, transaction: Transaction) -> list[FoundLog]:
        rows = self._sql.execute(
            _LOG + "WHERE l.block = ? AND l.transaction_position = ? ORDER BY l.position",
            (transaction.block, transaction.position),
        )
        return [FoundLog(Log(*row[:-2]), row[-2], row[-1]) for row in rows]


def _values(row: Transaction | Log) -> tuple[int | bytes | None, ...]:
    return tuple(getattr(row, name) for name in row.__slots__)


def _insertion(table: str, kind: type[Transaction] | type[Log]) -> str:
    return f"INSERT INTO {table} VALUES ({', '.join('?' * len(kind.__slots__))})"
