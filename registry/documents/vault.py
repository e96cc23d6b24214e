"""What is sealed under a name, and how it is erased; the only place that touches keys and ciphertexts."""

import secrets
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cryptography.exceptions import InvalidTag

from registry.documents.master import (
    Master,
    make_master,
    read_master,
    seal,
    sync_folder,
    unseal,
)
from registry.documents.tombstones import Tombstone, Tombstones
from registry.errors import Erased, Mismatch, NotFound, StorageFull, Unavailable

KEYS = """
CREATE TABLE IF NOT EXISTS data_key (
    id BLOB PRIMARY KEY, name BLOB NOT NULL, generation INTEGER NOT NULL, wrapped BLOB NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS data_key_of ON data_key (name);
CREATE TABLE IF NOT EXISTS master (mark BLOB PRIMARY KEY) WITHOUT ROWID;
"""
DOCUMENTS = """
CREATE TABLE IF NOT EXISTS sealed (
    name BLOB PRIMARY KEY, generation INTEGER NOT NULL, key BLOB NOT NULL, media TEXT NOT NULL,
    content BLOB NOT NULL
);
"""
UNWRITABLE = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR}
DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


class Vault:
    """Bytes by kind and name, each under a data key of its own. Safe to share between threads.

    The key is committed before the document that it seals, so that a document is there only with its
    key; a tombstone is on the disk before the key is deleted, so that an erasure once begun is finished
    when the store opens again. `schema` makes the tables that lie beside the sealed ones.
    """

    def __init__(self, folder: Path, key_file: Path, schema: str) -> None:
        self._lock = threading.RLock()
        self._depth = 0
        self._is_spoiled = False
        with _told("the document store"):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._keys = _open(folder / "keys.db", KEYS)
            self._documents = _open(folder / "documents.db", DOCUMENTS + schema)
            sync_folder(folder)
            self.master = self._read_master(key_file)
            self._tombstones = Tombstones(folder / "erased.log")
            self._apply_tombstones()

    def close(self) -> None:
        with self._lock:
            self._keys.close()
            self._documents.close()

    @contextmanager
    def together(self) -> Iterator[None]:
        """All that is written inside is there at the end, at the price of one commit, or none of it is.

        Raises: StorageFull, Unavailable, Mismatch for a damaged file.
        """
        with self._lock:
            if self._depth:
                yield
                return
            self._is_spoiled = False
            self._depth += 1
            try:
                with _told("the document store"):
                    self._keys.execute("BEGIN IMMEDIATE")
                    self._documents.execute("BEGIN IMMEDIATE")
                yield
                if self._is_spoiled:
                    raise Unavailable("a part of what belongs together could not be written")
                with _told("the document store"):
                    self._keys.execute("COMMIT")
                    # If we die here, keys stand that seal nothing.
                    self._documents.execute("COMMIT")
            finally:
                self._depth -= 1
                for connection in (self._keys, self._documents):
                    if connection.in_transaction:
                        connection.execute("ROLLBACK")

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """The connection to documents.db, inside `together`."""
        with self.together():
            try:
                with _told("the document store"):
                    yield self._documents
            except (Unavailable, Mismatch):
                # SQLite may have rolled back by itself: what follows must not be committed alone.
                self._is_spoiled = True
                raise

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """The connection to documents.db for questions, held for this thread alone."""
        with self._lock, _told("the document store"):
            yield self._documents

    def keep(self, kind: str, name: str, data: bytes, *, media: str) -> bytes:
        """Seals under a fresh key, in place of what had the name; returns the blinded name."""
        key, id = secrets.token_bytes(32), secrets.token_bytes(16)
        blinded = self.master.blind(kind, name)
        content = seal(key, data, _bound(kind, name, media))
        with self.writing() as documents:
            grave = self._tombstones.of(blinded)
            generation = 1 if grave is None else grave.generation + 1
            wrapped = self.master.wrap(key, _key_bound(id, blinded, generation))
            self._keys.execute(
                "INSERT INTO data_key VALUES (?, ?, ?, ?)", (id, blinded, generation, wrapped)
            )
            documents.execute(
                "INSERT INTO sealed VALUES (?, ?, ?, ?, ?) ON CONFLICT (name) DO UPDATE SET "
                "generation = excluded.generation, key = excluded.key, media = excluded.media, "
                "content = excluded.content",
                (blinded, generation, id, media, content),
            )
        return blinded

    def find(self, kind: str, name: str) -> tuple[bytes, str]:
        """The bytes and their media type. Raises: NotFound, Erased, Mismatch when altered."""
        blinded = self.master.blind(kind, name)
        with self.reading() as documents:
            row = documents.execute(
                "SELECT generation, key, media, content FROM sealed WHERE name = ?", (blinded,)
            ).fetchone()
            wrapped = None if row is None else self._wrapped(row[1])
        self._refuse_absent(kind, name, blinded, row)
        generation, id, media, content = row
        if wrapped is None:
            raise Mismatch(f"the key of {kind} {name} is missing from keys.db")
        try:
            key = self.master.unwrap(wrapped, _key_bound(id, blinded, generation))
            return unseal(key, content, _bound(kind, name, media)), media
        except InvalidTag as e:
            raise Mismatch(f"{kind} {name} was altered in the store") from e

    def holds(self, kind: str, name: str) -> bool:
        """Whether it is there with its key; what it holds is only checked when it is read."""
        blinded = self.master.blind(kind, name)
        with self.reading() as documents:
            row = documents.execute(
                "SELECT generation, key FROM sealed WHERE name = ?", (blinded,)
            ).fetchone()
            if row is None or self._wrapped(row[1]) is None:
                return False
        return not self._is_dead(blinded, row[0])

    def erase(self, kind: str, name: str, *, reason: str) -> None:
        """For good, backups included, even where what surrounds it is rolled back.

        Raises: NotFound, Erased when it is no longer there; StorageFull.
        """
        blinded = self.master.blind(kind, name)
        with self.writing() as documents:
            row = documents.execute(
                "SELECT generation FROM sealed WHERE name = ?", (blinded,)
            ).fetchone()
            self._refuse_absent(kind, name, blinded, row)
            grave = Tombstone(blinded.hex(), row[0], int(time.time()), reason)
            self._tombstones.add(grave)
            # If we die here, the next opening of the store goes on.
            self._bury([grave])
        self.forget_pages()

    def grave(self, kind: str, name: str) -> Tombstone | None:
        """The tombstone of what was erased and not put again since; None for all else."""
        found = self._tombstones.of(self.master.blind(kind, name))
        return None if found is None or self.holds(kind, name) else found

    def _bury(self, graves: list[Tombstone]) -> None:
        dead = [(bytes.fromhex(grave.name), grave.generation) for grave in graves]
        with self.writing() as documents:
            self._keys.executemany("DELETE FROM data_key WHERE name = ? AND generation <= ?", dead)
            documents.executemany("DELETE FROM sealed WHERE name = ? AND generation <= ?", dead)

    def forget_pages(self) -> None:
        """Deleted pages still lie in the write-ahead logs, until these are written back and cut.

        Done after each erasure; after several inside `together`, it is for the caller.
        """
        if self._depth:
            return
        with self._lock, _told("the document store"):
            for connection in (self._keys, self._documents):
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def _apply_tombstones(self) -> None:
        risen = [grave for grave in self._tombstones.all() if self._has_risen(grave)]
        if risen:
            self._bury(risen)
            self.forget_pages()

    def _has_risen(self, grave: Tombstone) -> bool:
        dead = (bytes.fromhex(grave.name), grave.generation)
        return any(
            connection.execute(
                f"SELECT 1 FROM {table} WHERE name = ? AND generation <= ?", dead
            ).fetchone()
            for connection, table in ((self._keys, "data_key"), (self._documents, "sealed"))
        )

    def _is_dead(self, blinded: bytes, generation: int) -> bool:
        grave = self._tombstones.of(blinded)
        return grave is not None and generation <= grave.generation

    def _refuse_absent(
        self, kind: str, name: str, blinded: bytes, row: tuple[int, ...] | None
    ) -> None:
        grave = self._tombstones.of(blinded)
        if grave is not None and (row is None or row[0] <= grave.generation):
            raise Erased(f"{kind} {name} was erased: {grave.reason}")
        if row is None:
            raise NotFound(f"there is no {kind} {name}")

    def _wrapped(self, id: bytes) -> bytes | None:
        row = self._keys.execute("SELECT wrapped FROM data_key WHERE id = ?", (id,)).fetchone()
        return None if row is None else bytes(row[0])

    def _read_master(self, path: Path) -> Master:
        known = self._keys.execute("SELECT mark FROM master").fetchone()
        if not path.exists():
            if known is not None:
                raise Mismatch(f"{path} is missing, and keys.db holds keys that only it can unwrap")
            make_master(path)
        master = read_master(path)
        mark = master.blind("master", "")
        if known is None:
            self._keys.execute("INSERT OR IGNORE INTO master VALUES (?)", (mark,))
        elif known[0] != mark:
            raise Mismatch(f"{path} is not the key of this store")
        return master


def _bound(kind: str, name: str, media: str) -> bytes:
    return f"{kind}\0{name}\0{media}".encode()


def _key_bound(id: bytes, blinded: bytes, generation: int) -> bytes:
    return id + blinded + generation.to_bytes(8, "big")


def _open(path: Path, schema: str) -> sqlite3.Connection:
    path.touch(mode=0o600)
    connection = sqlite3.connect(path, timeout=30, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA foreign_keys=ON")
    connection.execute("PRAGMA secure_delete=ON")
    connection.executescript(schema)
    return connection


@contextmanager
def _told(what: str) -> Iterator[None]:
    """Says in our words what SQLite says."""
    try:
        yield
    except sqlite3.Error as e:
        code = getattr(e, "sqlite_errorcode", 0) & 0xFF
        if code in UNWRITABLE:
            raise StorageFull(f"{what} cannot be written: {e}") from e
        if code in DAMAGED:
            raise Mismatch(f"{what} is damaged: {e}") from e
        raise Unavailable(f"{what} does not answer: {e}") from e
    except OSError as e:
        raise StorageFull(f"{what} cannot be written: {e}") from e
