"""Which documents are receipts that were taken in, and which registrations each is about.

A document alone proves nothing: anybody may give one. What stands here, the desk took in.
"""

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass

# A receipt falls with the document that is sealed, also when a tombstone is applied to a backup.
SCHEMA = """
CREATE TABLE IF NOT EXISTS receipt (
    position INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, kind TEXT NOT NULL,
    reference TEXT NOT NULL UNIQUE, replaces TEXT UNIQUE, taken_at INTEGER NOT NULL,
    sealed BLOB NOT NULL REFERENCES sealed (name) ON DELETE CASCADE
);
CREATE INDEX IF NOT EXISTS receipt_by_sealed ON receipt (sealed);
CREATE TABLE IF NOT EXISTS receipt_of (
    name TEXT NOT NULL REFERENCES receipt (name) ON DELETE CASCADE,
    registration TEXT NOT NULL, code TEXT,
    PRIMARY KEY (registration, name)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS receipt_of_by_name ON receipt_of (name);
CREATE INDEX IF NOT EXISTS receipt_of_by_code ON receipt_of (code);
"""
_COLUMNS = "name, kind, reference, replaces, taken_at"


@dataclass(frozen=True)
class Taken:
    """A receipt that was taken in; `name` is its document's hash, `taken_at` Unix seconds.

    `reference` is its issuer's and unique; `replaces` names the receipt that it corrects.
    """

    name: str
    kind: str
    reference: str
    replaces: str | None
    taken_at: int


def enter(
    connection: sqlite3.Connection, taken: Taken, codes: Mapping[str, str | None], sealed: bytes
) -> None:
    """`codes` by registration: the code that the receipt names, None where it names none."""
    connection.execute(
        "INSERT INTO receipt (name, kind, reference, replaces, taken_at, sealed) "
        "VALUES (?, ?, ?, ?, ?, ?)",
        (taken.name, taken.kind, taken.reference, taken.replaces, taken.taken_at, sealed),
    )
    connection.executemany(
        "INSERT INTO receipt_of VALUES (?, ?, ?)",
        [(taken.name, registration, code) for registration, code in codes.items()],
    )


def by_name(connection: sqlite3.Connection, name: str) -> Taken | None:
    return _one(connection, "name = ?", name)


def by_reference(connection: sqlite3.Connection, reference: str) -> Taken | None:
    return _one(connection, "reference = ?", reference)


def replacement(connection: sqlite3.Connection, name: str) -> Taken | None:
    """The receipt that corrects this one."""
    return _one(connection, "replaces = ?", name)


def of(connection: sqlite3.Connection, registration: str) -> tuple[Taken, ...]:
    """All that are about a registration, in the order in which they were taken in."""
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM receipt WHERE name IN "
        "(SELECT name FROM receipt_of WHERE registration = ?) ORDER BY position",
        (registration,),
    )
    return tuple(Taken(*row) for row in rows)


def until(connection: sqlite3.Connection, moment: int) -> tuple[Taken, ...]:
    """All that were taken in by a moment, in order."""
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM receipt WHERE taken_at <= ? ORDER BY position", (moment,)
    )
    return tuple(Taken(*row) for row in rows)


def registrations_with(connection: sqlite3.Connection, code: str) -> set[str]:
    """The registrations to which receipts give this code."""
    rows = connection.execute("SELECT registration FROM receipt_of WHERE code = ?", (code,))
    return {registration for (registration,) in rows}


def _one(connection: sqlite3.Connection, condition: str, value: str) -> Taken | None:
    row = connection.execute(
        f"SELECT {_COLUMNS} FROM receipt WHERE {condition}", (value,)
    ).fetchone()
    return None if row is None else Taken(*row)
