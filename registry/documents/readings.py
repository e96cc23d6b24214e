"""Who read what for which purpose, as rows of an append-only log (RFC 9162)."""

import json
import secrets
import sqlite3
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag

from registry.documents.master import Master, seal, unseal
from registry.errors import Mismatch
from registry.hashes import canonical, digest, to_hex, tree_root

SCHEMA = """
CREATE TABLE IF NOT EXISTS reading (
    ordinal INTEGER PRIMARY KEY, resource BLOB NOT NULL, content BLOB NOT NULL, leaf BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS reading_of ON reading (resource);
CREATE TABLE IF NOT EXISTS reading_head (count INTEGER NOT NULL, peaks BLOB NOT NULL);
"""


@dataclass(frozen=True)
class Reading:
    """One row; `ordinal` counts from 0, `at` is Unix seconds. Its leaf is H(0x00 || canonical JSON).

    The salt keeps the leaf from confirming a guess of the row. `ground` is a name among the profile's
    reading grounds; `admission` the digest of an officer's admission, empty where none was needed.
    """

    ordinal: int
    resource: str
    purpose: str
    reader: str
    at: int
    salt: str
    ground: str = ""
    admission: str = ""

    def encode(self) -> bytes:
        return canonical(vars(self))


def append(
    connection: sqlite3.Connection,
    master: Master,
    *,
    resource: str,
    purpose: str,
    reader: str,
    at: int,
    ground: str = "",
    admission: str = "",
) -> Reading:
    """Adds a row and moves the head, inside the transaction of the caller."""
    count, peaks = _head(connection)
    row = Reading(count, resource, purpose, reader, at, secrets.token_hex(16), ground, admission)
    data = row.encode()
    leaf = digest(b"\x00" + data)
    connection.execute(
        "INSERT INTO reading VALUES (?, ?, ?, ?)",
        (count, _blind(master, resource), seal(master.logging, data, _bound(count)), leaf),
    )
    peaks.append(leaf)
    # Two peaks of one height become one: as in adding one to `count` in binary.
    while count & 1:
        right, left = peaks.pop(), peaks.pop()
        peaks.append(tree_root((left, right)))
        count >>= 1
    connection.execute("DELETE FROM reading_head")
    connection.execute("INSERT INTO reading_head VALUES (?, ?)", (row.ordinal + 1, b"".join(peaks)))
    return row


def of(connection: sqlite3.Connection, master: Master, resource: str) -> tuple[Reading, ...]:
    """The rows of one resource, oldest first. Raises: Mismatch naming an altered row."""
    rows = connection.execute(
        "SELECT ordinal, content, leaf FROM reading WHERE resource = ? ORDER BY ordinal",
        (_blind(master, resource),),
    ).fetchall()
    return tuple(_opened(master, *row) for row in rows)


def head(connection: sqlite3.Connection) -> tuple[int, str]:
    """How many rows, and the root over their leaves; from the peaks alone, so it costs the same always."""
    count, peaks = _head(connection)
    if not peaks:
        return 0, to_hex(tree_root(()))
    root = peaks.pop()
    while peaks:
        root = tree_root((peaks.pop(), root))
    return count, to_hex(root)


def check(connection: sqlite3.Connection, master: Master) -> None:
    """Reads the whole log against its head. Raises: Mismatch naming the first row that is wrong."""
    count, root = head(connection)
    leaves = []
    rows = connection.execute("SELECT ordinal, content, leaf FROM reading ORDER BY ordinal")
    for expected, row in enumerate(rows):
        if row[0] != expected:
            raise Mismatch(f"reading {expected} is missing from the log")
        _opened(master, *row)
        leaves.append(row[2])
    found = to_hex(tree_root(leaves))
    if (len(leaves), found) != (count, root):
        raise Mismatch(
            f"the log of readings has {len(leaves)} rows under {found}, expected {count} under {root}"
        )


def _head(connection: sqlite3.Connection) -> tuple[int, list[bytes]]:
    row = connection.execute("SELECT count, peaks FROM reading_head").fetchone()
    if row is None:
        return 0, []
    return row[0], [row[1][i : i + 32] for i in range(0, len(row[1]), 32)]


def _opened(master: Master, ordinal: int, content: bytes, leaf: bytes) -> Reading:
    try:
        data = unseal(master.logging, content, _bound(ordinal))
    except InvalidTag as e:
        raise Mismatch(f"reading {ordinal} was altered in the log") from e
    if digest(b"\x00" + data) != leaf:
        raise Mismatch(f"the leaf of reading {ordinal} was altered in the log")
    return Reading(**json.loads(data))


def _blind(master: Master, resource: str) -> bytes:
    return master.blind("reading", resource)


def _bound(ordinal: int) -> bytes:
    return b"reading\0%d" % ordinal
