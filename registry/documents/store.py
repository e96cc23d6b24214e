"""Documents by the hash of their content, the openings of filings, and who read them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from shutil import disk_usage
from typing import Any

from registry.documents import readings, receipts
from registry.documents.openings import Enclosure, Opening
from registry.documents.readings import Reading
from registry.documents.tombstones import Tombstone
from registry.documents.vault import Vault
from registry.errors import (
    Conflict,
    Flaw,
    Malformed,
    Mismatch,
    NotFound,
    StorageFull,
    TooLarge,
)
from registry.hashes import canonical, content_hash, to_hex

LIMIT = 16 << 20
JSON = "application/json"
# An opening falls with what is sealed, also when a tombstone is applied to a restored backup.
OPENINGS = """
CREATE TABLE IF NOT EXISTS opening (
    registration TEXT PRIMARY KEY,
    fingerprint BLOB NOT NULL,
    sealed BLOB NOT NULL REFERENCES sealed (name) ON DELETE CASCADE
);
CREATE INDEX IF NOT EXISTS opening_by_fingerprint ON opening (fingerprint);
CREATE INDEX IF NOT EXISTS opening_by_sealed ON opening (sealed);
CREATE TABLE IF NOT EXISTS opening_of_party (
    mark BLOB NOT NULL,
    registration TEXT NOT NULL REFERENCES opening (registration) ON DELETE CASCADE,
    PRIMARY KEY (mark, registration)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS opening_of_party_by_registration ON opening_of_party (registration);
CREATE TABLE IF NOT EXISTS enclosure (
    act TEXT PRIMARY KEY,
    registration TEXT NOT NULL,
    sealed BLOB NOT NULL REFERENCES sealed (name) ON DELETE CASCADE
);
CREATE INDEX IF NOT EXISTS enclosure_of ON enclosure (registration);
CREATE INDEX IF NOT EXISTS enclosure_by_sealed ON enclosure (sealed);
CREATE TABLE IF NOT EXISTS enclosed (
    mark BLOB NOT NULL,
    registration TEXT NOT NULL,
    sealed BLOB NOT NULL REFERENCES sealed (name) ON DELETE CASCADE,
    PRIMARY KEY (mark, sealed)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS enclosed_by_sealed ON enclosed (sealed);
"""


class Documents:
    """The store in a folder. What a call has returned is on the disk. Safe to share between threads."""

    def __init__(self, vault: Vault, folder: Path, limit: int, reserve: int) -> None:
        self._vault = vault
        self.receipts = receipts.Receipts(vault)
        self._folder = folder
        self._limit = limit
        self._reserve = reserve

    @staticmethod
    def open(
        folder: Path, *, key_file: Path | None = None, limit: int = LIMIT, reserve: int = 0
    ) -> "Documents":
        """Opens or makes the store; the master key is `keys/documents.key` in it unless told otherwise.

        `limit` is the bytes of one document at most, `reserve` what documents must leave free on the
        disk: anybody may give one, and what lies beside them must go on. Raises: Mismatch for a missing or foreign key,
        Malformed for one that is open to others, StorageFull.
        """
        vault = Vault(
            folder,
            key_file or folder / "keys" / "documents.key",
            OPENINGS + readings.SCHEMA + receipts.SCHEMA,
        )
        return Documents(vault, folder, limit, reserve)

    def close(self) -> None:
        self._vault.close()

    @contextmanager
    def together(self) -> Iterator[None]:
        """What is put and kept inside is there at the end, for the price of one commit, or none of it."""
        with self._vault.together():
            yield

    def put(self, data: bytes, *, media: str = JSON) -> str:
        """Keeps a document and returns its name; of a repeat the first media type stands.

        Raises: TooLarge, StorageFull.
        """
        return self._put("document", data, media)

    def put_form(self, data: bytes) -> str:
        """Keeps a form, canonical JSON, where no paper is looked for. Raises: as `put`."""
        return self._put("form", data, JSON)

    def _put(self, kind: str, data: bytes, media: str) -> str:
        if len(data) > self._limit:
            raise TooLarge(f"{len(data)} bytes, expected at most {self._limit}")
        name = content_hash(data)
        try:
            self._get(kind, name)
        except (NotFound, Mismatch):
            if disk_usage(self._folder).free - len(data) < self._reserve:
                raise StorageFull("no room is left for documents") from None
            # Never here, erased before, or damaged: putting it again gives it a key of its own.
            self._vault.keep(kind, name, data, media=media)
        return name

    def put_json(self, value: Any) -> str:
        """Keeps the canonical form (RFC 8785). Raises: Malformed for what has none; as `put`."""
        try:
            data = canonical(value)
        except (ValueError, RecursionError) as e:
            flaw = Flaw("", "canonical", str(e))
            raise Malformed(f"the value has no canonical JSON: {e}", flaws=(flaw,)) from e
        return self.put(data)

    def get(self, name: str) -> bytes:
        """Raises: NotFound, Erased, Mismatch when what is kept is not what was put."""
        return self._get("document", name)

    def form(self, name: str) -> bytes:
        """Raises: as `get`."""
        return self._get("form", name)

    def _get(self, kind: str, name: str) -> bytes:
        data, _ = self._vault.find(kind, name)
        if content_hash(data) != name:
            raise Mismatch(f"{kind} {name} has the hash {content_hash(data)}")
        return data

    def media(self, name: str) -> str:
        """The media type that it was put with. Raises: as `get`."""
        return self._vault.find("document", name)[1]

    def ticket(self, name: str) -> str:
        """What only who gave us the document is told: it shows that a filing names what its filer had."""
        return to_hex(self._vault.master.blind("ticket", name))

    def has(self, name: str) -> bool:
        return self._vault.holds("document", name)

    def erase(self, name: str, *, reason: str) -> None:
        """Destroys its key for good; `reason` is kept and must name nobody. Raises: NotFound, Erased."""
        self._vault.erase("document", name, reason=reason)

    def keep_opening(self, opening: Opening) -> None:
        """A repeat is no error. Raises: Conflict for another opening of the same registration."""
        with self._vault.together():
            try:
                kept = self.opening(opening.registration)
            except (NotFound, Mismatch):
                self._keep_opening(opening)
                return
        # Which documents came with it is not part of what the commitment binds.
        if replace(kept, documents=opening.documents) != opening:
            raise Conflict(f"registration {opening.registration} has another opening")

    def _keep_opening(self, opening: Opening) -> None:
        sealed = self._vault.keep("opening", opening.registration, opening.encode(), media=JSON)
        with self._vault.writing() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO opening VALUES (?, ?, ?)",
                (opening.registration, self._blind(opening.fingerprint_root), sealed),
            )
            connection.executemany(
                "INSERT OR IGNORE INTO opening_of_party VALUES (?, ?)",
                [
                    (self._blind_pair(opening.fingerprint_root, party), opening.registration)
                    for party in opening.parties
                ],
            )
        self._mark(opening.registration, sealed, _named_by(opening))

    def keep_enclosure(self, enclosure: Enclosure) -> None:
        """What came with an act upon a registration; a repeat adds what is new."""
        with self._vault.together():
            with suppress(NotFound, Mismatch):
                kept = self._enclosure(enclosure.act)
                if set(enclosure.documents) <= set(kept.documents):
                    return
                both = sorted({*kept.documents, *enclosure.documents})
                enclosure = replace(enclosure, documents=tuple(both))
            sealed = self._vault.keep("enclosure", enclosure.act, enclosure.encode(), media=JSON)
            with self._vault.writing() as connection:
                connection.execute(
                    "INSERT OR REPLACE INTO enclosure VALUES (?, ?, ?)",
                    (enclosure.act, enclosure.registration, sealed),
                )
            named = [("document", name) for name in enclosure.documents]
            self._mark(enclosure.registration, sealed, named)

    def _mark(self, registration: str, sealed: bytes, named: list[tuple[str, str]]) -> None:
        rows = [(self._blind_use(*each), registration, sealed) for each in named]
        with self._vault.writing() as connection:
            connection.executemany("INSERT OR IGNORE INTO enclosed VALUES (?, ?, ?)", rows)

    def enclosures(self, registration: str) -> list[Enclosure]:
        """What came with the acts upon a registration, in the order in which it came."""
        with self._vault.reading() as connection:
            rows = connection.execute(
                "SELECT act FROM enclosure WHERE registration = ? ORDER BY rowid", (registration,)
            ).fetchall()
        return [self._enclosure(act) for (act,) in rows if self._vault.holds("enclosure", act)]

    def _enclosure(self, act: str) -> Enclosure:
        return Enclosure.decode(self._vault.find("enclosure", act)[0])

    def opening(self, registration: str) -> Opening:
        """Raises: NotFound, Erased, Mismatch when altered."""
        return Opening.decode(self._vault.find("opening", registration)[0])

    def filings_of(self, fingerprint_root: str) -> list[str]:
        """The registrations whose data has this fingerprint, in the order in which they were kept."""
        with self._vault.reading() as connection:
            rows = connection.execute(
                "SELECT registration FROM opening WHERE fingerprint = ? ORDER BY rowid",
                (self._blind(fingerprint_root),),
            ).fetchall()
        return [id for (id,) in rows if self._vault.holds("opening", id)]

    def filings_by(self, fingerprint_root: str, party: str) -> list[str]:
        """The registrations of this fingerprint that name the party, in no order.

        One look however many others filed the same data: anybody may, at the price of a signature.
        """
        with self._vault.reading() as connection:
            rows = connection.execute(
                "SELECT registration FROM opening_of_party WHERE mark = ?",
                (self._blind_pair(fingerprint_root, party),),
            ).fetchall()
        return [id for (id,) in rows if self._vault.holds("opening", id)]

    def keep_papers(self, act: str, papers: bytes) -> None:
        """Keeps what opens the commitment of an act that is no filing. Raises: Conflict, StorageFull."""
        with self._vault.together():
            try:
                kept = self.papers(act)
            except (NotFound, Mismatch):
                self._vault.keep("papers", act, papers, media=JSON)
                return
        if kept != papers:
            raise Conflict(f"act {act} has other papers")

    def papers(self, act: str) -> bytes:
        """Raises: NotFound, Erased, Mismatch when altered."""
        return self._vault.find("papers", act)[0]

    def erase_filing(
        self, registration: str, *, reason: str, crash: Callable[[str], None] = lambda point: None
    ) -> None:
        """Destroys the opening of a filing, its form, and all papers that came with it or with an act
        about it, statements in objections included.

        What another filing names stays. The opening goes last, for it says what there is to erase:
        who died on the way calls again. `crash` is called between any two writes. Raises: NotFound,
        Erased when all was done before; StorageFull.
        """
        # Nobody else can name a paper between our look and its end.
        with self._vault.together():
            opening = self.opening(registration)
            enclosures = self.enclosures(registration)
            named = _named_by(opening)
            named += [("document", name) for each in enclosures for name in each.documents]
            for kind, name in dict.fromkeys(named):
                if not self._is_named_elsewhere(registration, kind, name):
                    with suppress(NotFound):
                        self._vault.erase(kind, name, reason=reason)
                    crash(kind)
            for each in enclosures:
                # What opens the commitment of an objection or of an answer to one.
                if self._vault.holds("papers", each.act):
                    self._vault.erase("papers", each.act, reason=reason)
                    crash("papers")
                self._vault.erase("enclosure", each.act, reason=reason)
                crash("enclosure")
            self._vault.erase("opening", registration, reason=reason)
            crash("opening")
        self._vault.forget_pages()

    def erasure(self, registration: str) -> Tombstone | None:
        """When and why the opening of a filing was erased; None when it was not."""
        return self._vault.grave("opening", registration)

    def _is_named_elsewhere(self, registration: str, kind: str, name: str) -> bool:
        with self._vault.reading() as connection:
            rows = connection.execute(
                "SELECT registration FROM enclosed WHERE mark = ? AND registration != ?",
                (self._blind_use(kind, name), registration),
            ).fetchall()
        return any(self._vault.grave("opening", other) is None for (other,) in rows)

    def log_read(
        self,
        resource: str,
        *,
        purpose: str,
        reader: str,
        at: int,
        ground: str = "",
        admission: str = "",
    ) -> None:
        """Enters a reading, before what is read is handed out; `at` is Unix seconds."""
        with self._vault.writing() as connection:
            readings.append(
                connection,
                self._vault.master,
                resource=resource,
                purpose=purpose,
                reader=reader,
                at=at,
                ground=ground,
                admission=admission,
            )

    def keep_warrant(self, digest: str, warrant: bytes) -> None:
        """What an officer signed: who may read, what is to be erased; a repeat is no error."""
        if not self._vault.holds("warrant", digest):
            self._vault.keep("warrant", digest, warrant, media=JSON)

    def warrant(self, digest: str) -> bytes:
        """Raises: NotFound, Mismatch."""
        return self._vault.find("warrant", digest)[0]

    def reads(self, resource: str) -> tuple[Reading, ...]:
        """Who read it, oldest first. Raises: Mismatch naming an altered row."""
        with self._vault.reading() as connection:
            return readings.of(connection, self._vault.master, resource)

    def log_head(self) -> tuple[int, str]:
        """How many readings there were, and the RFC 9162 root over them."""
        with self._vault.reading() as connection:
            return readings.head(connection)

    def check_log(self) -> None:
        """Reads the whole log. Raises: Mismatch naming the first row that is altered or missing."""
        with self._vault.reading() as connection:
            readings.check(connection, self._vault.master)

    def _blind(self, fingerprint_root: str) -> bytes:
        return self._vault.master.blind("fingerprint", fingerprint_root)

    def _blind_use(self, kind: str, name: str) -> bytes:
        return self._vault.master.blind("enclosed", f"{kind}/{name}")

    def _blind_pair(self, fingerprint_root: str, party: str) -> bytes:
        return self._vault.master.blind("filed", f"{fingerprint_root}/{party}")


def _named_by(opening: Opening) -> list[tuple[str, str]]:
    """Form and papers of a filing, each with its kind."""
    return [("form", opening.form), *(("document", name) for name in opening.documents)]
