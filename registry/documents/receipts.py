"""Which documents are receipts that were taken in, and which registrations each is about.

A document alone proves nothing: anybody may give one. What stands here, the desk took in.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from registry.documents.vault import Vault

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


class Receipts:
    """What the desk took in; the receipts themselves are documents."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    def enter(self, taken: Taken, codes: Mapping[str, str | None]) -> None:
        """Enters a document as a receipt; whether it may stand is the caller's to judge, within `together`.

        `codes` by registration: the code that the receipt names, None where it names none.
        """
        sealed = self._vault.master.blind("document", taken.name)
        with self._vault.writing() as connection:
            connection.execute(
                "INSERT INTO receipt (name, kind, reference, replaces, taken_at, sealed) "
                "VALUES (?, ?, ?, ?, ?, ?)",
                (taken.name, taken.kind, taken.reference, taken.replaces, taken.taken_at, sealed),
            )
            connection.executemany(
                "INSERT INTO receipt_of VALUES (?, ?, ?)",
                [(taken.name, registration, code) for registration, code in codes.items()],
            )

    def by_name(self, name: str) -> Taken | None:
        """The receipt of this hash; None for a document that was never taken in as one."""
        return self._one("name = ?", name)

    def by_reference(self, reference: str) -> Taken | None:
        return self._one("reference = ?", reference)

    def replacement(self, name: str) -> Taken | None:
        """The receipt that corrects this one."""
        return self._one("replaces = ?", name)

    def of(self, registration: str) -> tuple[Taken, ...]:
        """All that are about a registration, in the order in which they were taken in."""
        return self._several(
            "name IN (SELECT name FROM receipt_of WHERE registration = ?)", registration
        )

    def until(self, moment: int) -> tuple[Taken, ...]:
        """All that were taken in by a moment, in Unix seconds, in order."""
        return self._several("taken_at <= ?", moment)

    def registrations_with(self, code: str) -> set[str]:
        """The registrations to which receipts give this code."""
        with self._vault.reading() as connection:
            rows = connection.execute(
                "SELECT registration FROM receipt_of WHERE code = ?", (code,)
            ).fetchall()
        return {registration for (registration,) in rows}

    def _several(self, condition: str, value: str | int) -> tuple[Taken, ...]:
        with self._vault.reading() as connection:
            rows = connection.execute(
                f"SELECT {_COLUMNS} FROM receipt WHERE {condition} ORDER BY position", (value,)
            ).fetchall()
        return tuple(Taken(*row) for row in rows)

    def _one(self, condition: str, value: str) -> Taken | None:
        return next(iter(self._several(condition, value)), None)
