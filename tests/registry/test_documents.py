"""The store for forms, papers and salts.

A document
├── is found by the hash of its content, also after reopening; put again it is the same one
├── keeps its media type; JSON is kept in its canonical form, and refused where it has none
├── is refused beyond the limit, and not found before it was put
├── lies nowhere in plain, nor does its hash
└── when altered, swapped, cut or robbed of its key is named, and healed by putting it again
The master key
├── is made once, for its owner alone, also by many at once
└── is missed, refused when it is another's, no key, or open to others
Erasing
├── is told from what was never there, leaves no data key behind, and is done once
├── stands when older databases are put back beside its tombstone
├── holds for every key that the document ever had
├── is finished when the store opens, when it died between tombstone and key
├── survives a torn last line, refuses a line that is no tombstone
└── lets the same content be put again, and erased again
An opening
├── is found by registration and by fingerprint, and a repeat is no error
├── is refused when it contradicts the one that is kept
└── leaves both indexes when it is erased, also in a restored backup
The log of readings
├── has the RFC 9162 root over its rows, whatever their number (property)
├── answers who read what, in order, and shows nothing in plain
└── names a row that was altered, removed or cut off
Together: all or nothing; a refusal of one part does not spoil the rest
Trouble: a full disk refuses writes, reads go on, and it recovers; several threads, several openers;
five kill -9 leave every acknowledged document whole
"""

import json
import os
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from registry.documents import Documents, Opening
from registry.errors import (
    Conflict,
    Erased,
    Malformed,
    Mismatch,
    NotFound,
    StorageFull,
    TooLarge,
    Unavailable,
)
from registry.hashes import content_hash, digest, to_hex, tree_root

ROOT = Path(__file__).resolve().parents[2]
FORM = b'{"name":"canary-form"}'
WHY = "asked by the holder"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "documents"


@pytest.fixture
def documents(folder: Path) -> Iterator[Documents]:
    with closing(Documents.open(folder)) as store:
        yield store


def word(fill: str) -> str:
    return "0x" + fill * 32


def opening(registration: str = "aa", *, fingerprint: str = "bb", form: str = "cc") -> Opening:
    return Opening(
        registration=word(registration),
        data=word("dd"),
        salt=word("ee"),
        fingerprint_root=word(fingerprint),
        form=word(form),
        parties=(word("01"), word("02")),
    )


def sql(path: Path, statement: str, *values: object) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as connection, connection:
        return connection.execute(statement, values).fetchall()


def backup(path: Path, to: Path) -> None:
    """As an operator would: a copy of one database at one moment."""
    with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(to)) as target:
        source.backup(target)


def restore(path: Path, copy: Path) -> None:
    for suffix in ("-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    shutil.copy(copy, path)


def bytes_in(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


class TestDocument:
    def test_is_found_by_the_hash_of_its_content_also_after_reopening(self, folder: Path) -> None:
        with closing(Documents.open(folder)) as store:
            name = store.put(FORM)
            assert name == content_hash(FORM)
            assert store.get(name) == FORM
        with closing(Documents.open(folder)) as store:
            assert store.get(name) == FORM
            assert store.has(name)

    def test_is_the_same_when_put_again(self, documents: Documents, folder: Path) -> None:
        assert documents.put(FORM) == documents.put(FORM, media="text/plain")
        assert sql(folder / "keys.db", "SELECT count(*) FROM data_key") == [(1,)]
        assert documents.media(content_hash(FORM)) == "application/json"

    @given(data=st.binary(max_size=4096))
    @settings(
        max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
    )
    def test_comes_back_byte_for_byte(self, documents: Documents, data: bytes) -> None:
        name = documents.put(data, media="application/octet-stream")
        assert documents.get(name) == data
        assert documents.media(name) == "application/octet-stream"

    def test_keeps_json_in_its_canonical_form(self, documents: Documents) -> None:
        one = documents.put_json({"b": 1, "a": "数据"})
        assert one == documents.put_json({"a": "数据", "b": 1})
        assert documents.get(one) == '{"a":"数据","b":1}'.encode()

    @pytest.mark.parametrize("value", [float("nan"), 2**60, "\ud800", {1: 2}, object()])
    def test_refuses_json_that_has_no_canonical_form(
        self, documents: Documents, value: object
    ) -> None:
        with pytest.raises(Malformed):
            documents.put_json(value)

    def test_refuses_more_than_the_limit(self, folder: Path) -> None:
        with closing(Documents.open(folder, limit=8)) as store:
            store.put(b"12345678")
            with pytest.raises(TooLarge, match="9 bytes, expected at most 8"):
                store.put(b"123456789")
            assert not store.has(content_hash(b"123456789"))

    @pytest.mark.parametrize("name", [word("ab"), "", "0x", "\ud800", "' OR 1=1"])
    def test_does_not_find_what_was_never_put(self, documents: Documents, name: str) -> None:
        assert not documents.has(name)
        with pytest.raises(NotFound) as missing:
            documents.get(name)
        assert missing.value.status == 404

    def test_lies_nowhere_in_plain_nor_does_its_hash(
        self, documents: Documents, folder: Path
    ) -> None:
        name = documents.put(FORM)
        documents.keep_opening(opening(fingerprint="b7", form="c7"))
        documents.log_read("canary-resource", purpose="canary-purpose", reader="0xca", at=1)
        documents.erase(name, reason=WHY)
        documents.put(FORM)
        kept = bytes_in(folder)
        hashes = [word(each) for each in ("b7", "c7", "ee")]
        for secret in ("canary", name, name[2:], *hashes, *(each[2:] for each in hashes)):
            assert secret.encode() not in kept
        for secret in (name, *hashes):
            assert bytes.fromhex(secret[2:]) not in kept

    @pytest.mark.parametrize(
        "harm",
        [
            "UPDATE sealed SET content = zeroblob(60)",
            "UPDATE sealed SET content = x'00'",
            "UPDATE sealed SET content = substr(content, 1, length(content) - 1)",
            "UPDATE sealed SET media = 'text/html'",
            "UPDATE sealed SET generation = 2",
            "UPDATE sealed SET key = zeroblob(16)",
        ],
    )
    def test_is_named_when_altered_and_healed_by_putting_it_again(
        self, documents: Documents, folder: Path, harm: str
    ) -> None:
        names = [documents.put(FORM), documents.put(b"another of other length")]
        sql(folder / "documents.db", harm)
        for name in names:
            with pytest.raises(Mismatch, match=name):
                documents.get(name)
        documents.put(FORM)
        assert documents.get(names[0]) == FORM

    @pytest.mark.parametrize(
        "harm",
        [
            "UPDATE data_key SET wrapped = zeroblob(60)",
            "UPDATE data_key SET generation = 2",
            "DELETE FROM data_key",
        ],
    )
    def test_is_named_when_its_key_is_altered_or_gone(
        self, documents: Documents, folder: Path, harm: str
    ) -> None:
        name = documents.put(FORM)
        sql(folder / "keys.db", harm)
        if "generation" in harm:
            sql(folder / "documents.db", "UPDATE sealed SET generation = 2")
        with pytest.raises(Mismatch, match=name):
            documents.get(name)
        assert documents.put(FORM) == name
        assert documents.get(name) == FORM

    def test_is_named_when_swapped_with_another(self, documents: Documents, folder: Path) -> None:
        names = [documents.put(FORM), documents.put(b"another")]
        with closing(sqlite3.connect(folder / "documents.db")) as live, live:
            rows = live.execute("SELECT name FROM sealed").fetchall()
            for name, other in ((b"aside", rows[0]), (rows[0], rows[1]), (rows[1], b"aside")):
                old, new = (each if isinstance(each, bytes) else each[0] for each in (other, name))
                live.execute("UPDATE sealed SET name = ? WHERE name = ?", (new, old))
        for name in names:
            with pytest.raises(Mismatch, match=name):
                documents.get(name)


class TestMasterKey:
    def test_is_made_once_for_its_owner_alone(self, folder: Path) -> None:
        Documents.open(folder).close()
        path = folder / "keys" / "documents.key"
        first = path.read_text()
        assert path.stat().st_mode & 0o777 == 0o600
        Documents.open(folder).close()
        assert path.read_text() == first
        assert [each.name for each in path.parent.iterdir()] == ["documents.key"]
        for each in (folder, path.parent):
            assert each.stat().st_mode & 0o777 == 0o700
        for each in folder.iterdir():
            assert each.is_dir() or each.stat().st_mode & 0o777 == 0o600

    def test_is_one_when_many_open_at_once(self, folder: Path) -> None:
        with ThreadPoolExecutor(8) as pool:
            stores = list(pool.map(lambda _: Documents.open(folder), range(8)))
        for place, store in enumerate(stores):
            store.put(b"%d" % place)
        for place in range(8):
            assert stores[-1 - place].get(content_hash(b"%d" % place)) == b"%d" % place
        for store in stores:
            store.close()

    def test_may_lie_elsewhere(self, folder: Path, tmp_path: Path) -> None:
        elsewhere = tmp_path / "safe" / "key"
        with closing(Documents.open(folder, key_file=elsewhere)) as store:
            store.put(FORM)
        assert elsewhere.exists()
        assert not (folder / "keys").exists()

    def test_is_missed_and_never_replaced(self, folder: Path) -> None:
        Documents.open(folder).close()
        (folder / "keys" / "documents.key").unlink()
        with pytest.raises(Mismatch, match="is missing"):
            Documents.open(folder)
        assert not (folder / "keys" / "documents.key").exists()

    def test_is_refused_when_it_is_of_another_store(self, folder: Path, tmp_path: Path) -> None:
        Documents.open(folder).close()
        Documents.open(tmp_path / "other").close()
        shutil.copy(tmp_path / "other/keys/documents.key", folder / "keys/documents.key")
        with pytest.raises(Mismatch, match="not the key of this store"):
            Documents.open(folder)

    @pytest.mark.parametrize("content", ["", "abc", "zz" * 32, "ab" * 31])
    def test_is_refused_when_it_is_no_key(self, folder: Path, content: str) -> None:
        Documents.open(folder).close()
        (folder / "keys" / "documents.key").write_text(content)
        with pytest.raises(Malformed, match="holds no key"):
            Documents.open(folder)

    def test_is_refused_when_others_may_read_it(self, folder: Path) -> None:
        Documents.open(folder).close()
        (folder / "keys" / "documents.key").chmod(0o640)
        with pytest.raises(Malformed, match="expected mode 0600"):
            Documents.open(folder)


class TestErase:
    def test_is_told_from_what_was_never_there(self, documents: Documents) -> None:
        name = documents.put(FORM)
        documents.erase(name, reason=WHY)
        assert not documents.has(name)
        with pytest.raises(Erased, match=WHY) as gone:
            documents.get(name)
        assert (gone.value.status, gone.value.code) == (410, "erased")
        with pytest.raises(Erased):
            documents.erase(name, reason="again")
        with pytest.raises(NotFound):
            documents.erase(word("ab"), reason=WHY)

    def test_leaves_no_data_key_behind(self, documents: Documents, folder: Path) -> None:
        kept, name = documents.put(b"kept"), documents.put(FORM)
        wrapped = {bytes(row[0]) for row in sql(folder / "keys.db", "SELECT wrapped FROM data_key")}  # type: ignore[call-overload]
        documents.erase(name, reason=WHY)
        left = {bytes(row[0]) for row in sql(folder / "keys.db", "SELECT wrapped FROM data_key")}  # type: ignore[call-overload]
        assert len(left) == 1
        (gone,) = wrapped - left
        assert gone not in bytes_in(folder)
        assert documents.get(kept) == b"kept"

    @pytest.mark.parametrize("old", [("documents.db",), ("keys.db",), ("documents.db", "keys.db")])
    def test_stands_when_older_databases_are_put_back(
        self, folder: Path, tmp_path: Path, old: tuple[str, ...]
    ) -> None:
        with closing(Documents.open(folder)) as store:
            name, kept = store.put(FORM), store.put(b"kept")
            for each in old:
                backup(folder / each, tmp_path / each)
            store.erase(name, reason=WHY)
        for each in old:
            restore(folder / each, tmp_path / each)
        with closing(Documents.open(folder)) as store:
            assert not store.has(name)
            with pytest.raises(Erased):
                store.get(name)
            assert store.get(kept) == b"kept"
        assert sql(folder / "keys.db", "SELECT count(*) FROM data_key") == [(1,)]
        assert sql(folder / "documents.db", "SELECT count(*) FROM sealed") == [(1,)]

    def test_holds_for_every_key_that_the_document_ever_had(
        self, folder: Path, tmp_path: Path
    ) -> None:
        with closing(Documents.open(folder)) as store:
            name = store.put(FORM)
            backup(folder / "documents.db", tmp_path / "documents.db")
            backup(folder / "keys.db", tmp_path / "keys.db")
            sql(folder / "documents.db", "UPDATE sealed SET content = x'00'")
            store.put(FORM)
            assert sql(folder / "keys.db", "SELECT count(*) FROM data_key") == [(2,)]
            store.erase(name, reason=WHY)
            assert sql(folder / "keys.db", "SELECT count(*) FROM data_key") == [(0,)]
        restore(folder / "documents.db", tmp_path / "documents.db")
        restore(folder / "keys.db", tmp_path / "keys.db")
        with closing(Documents.open(folder)) as store, pytest.raises(Erased):
            store.get(name)

    def test_is_finished_when_it_died_between_tombstone_and_key(
        self, folder: Path, tmp_path: Path
    ) -> None:
        with closing(Documents.open(folder)) as store, closing(Documents.open(folder)) as other:
            name = store.put(FORM)
            backup(folder / "keys.db", tmp_path / "keys.db")
            backup(folder / "documents.db", tmp_path / "documents.db")
            store.erase(name, reason=WHY)
            # Exactly what stands on the disk if the process dies after the tombstone is written.
            for database, table in (("keys.db", "data_key"), ("documents.db", "sealed")):
                with closing(sqlite3.connect(folder / database)) as live:
                    live.execute("ATTACH ? AS old", (str(tmp_path / database),))
                    live.execute(f"INSERT INTO {table} SELECT * FROM old.{table}")
                    live.commit()
            for each in (store, other):
                assert not each.has(name)
                with pytest.raises(Erased):
                    each.get(name)
        Documents.open(folder).close()
        assert sql(folder / "keys.db", "SELECT count(*) FROM data_key") == [(0,)]

    def test_is_seen_at_once_by_who_has_the_store_open(self, folder: Path) -> None:
        with closing(Documents.open(folder)) as store, closing(Documents.open(folder)) as other:
            name = store.put(FORM)
            assert other.get(name) == FORM
            store.erase(name, reason=WHY)
            with pytest.raises(Erased):
                other.get(name)

    def test_survives_a_torn_last_line(self, folder: Path) -> None:
        with closing(Documents.open(folder)) as store:
            first, second = store.put(b"1"), store.put(b"2")
            store.erase(first, reason=WHY)
        with (folder / "erased.log").open("ab") as file:
            file.write(b'{"name": "' + b"ab" * 500)
        with closing(Documents.open(folder)) as store:
            assert store.get(second) == b"2"
            store.erase(second, reason=WHY)
        with closing(Documents.open(folder)) as store:
            for name in (first, second):
                with pytest.raises(Erased):
                    store.get(name)
        lines = (folder / "erased.log").read_text().splitlines()
        assert [json.loads(line)["reason"] for line in lines] == [WHY, WHY]

    @pytest.mark.parametrize("line", ["nonsense", '{"name": "zz"}', "[]", "{}"])
    def test_refuses_a_line_that_is_no_tombstone(self, folder: Path, line: str) -> None:
        Documents.open(folder).close()
        (folder / "erased.log").write_text(line + "\n")
        with pytest.raises(Mismatch, match="no tombstone"):
            Documents.open(folder)

    def test_lets_the_same_content_be_put_again_and_erased_again(
        self, folder: Path, tmp_path: Path
    ) -> None:
        with closing(Documents.open(folder)) as store:
            for _ in range(3):
                name = store.put(FORM)
                assert store.get(name) == FORM
                backup(folder / "keys.db", tmp_path / "keys.db")
                backup(folder / "documents.db", tmp_path / "documents.db")
                store.erase(name, reason=WHY)
            store.put(FORM)
        with closing(Documents.open(folder)) as store:
            assert store.get(name) == FORM
        restore(folder / "keys.db", tmp_path / "keys.db")
        restore(folder / "documents.db", tmp_path / "documents.db")
        with closing(Documents.open(folder)) as store, pytest.raises(Erased):
            store.get(name)


class TestOpening:
    def test_is_found_by_registration_and_by_fingerprint(self, folder: Path) -> None:
        with closing(Documents.open(folder)) as store:
            store.keep_opening(opening("a2"))
            store.keep_opening(opening("a1"))
            store.keep_opening(opening("a3", fingerprint="b3"))
            store.keep_opening(opening("a2"))
        with closing(Documents.open(folder)) as store:
            assert store.opening(word("a1")) == opening("a1")
            assert store.filings_of(word("bb")) == [word("a2"), word("a1")]
            assert store.filings_of(word("b3")) == [word("a3")]
            assert store.filings_of(word("b4")) == []
            with pytest.raises(NotFound):
                store.opening(word("a4"))

    def test_is_refused_when_it_contradicts_the_one_that_is_kept(
        self, documents: Documents
    ) -> None:
        documents.keep_opening(opening())
        for other in (opening(fingerprint="b2"), replace(opening(), parties=())):
            with pytest.raises(Conflict):
                documents.keep_opening(other)
        assert documents.opening(word("aa")) == opening()

    def test_leaves_both_indexes_when_erased_also_in_a_restored_backup(
        self, folder: Path, tmp_path: Path
    ) -> None:
        with closing(Documents.open(folder)) as store:
            form = store.put(FORM)
            store.keep_opening(opening("a1"))
            store.keep_opening(opening("a2"))
            for each in ("keys.db", "documents.db"):
                backup(folder / each, tmp_path / each)
            store.erase_opening(word("a1"), reason=WHY)
            assert store.filings_of(word("bb")) == [word("a2")]
            assert sql(folder / "documents.db", "SELECT count(*) FROM opening") == [(1,)]
        for each in ("keys.db", "documents.db"):
            restore(folder / each, tmp_path / each)
        with closing(Documents.open(folder)) as store:
            with pytest.raises(Erased):
                store.opening(word("a1"))
            assert store.filings_of(word("bb")) == [word("a2")]
            assert sql(folder / "documents.db", "SELECT count(*) FROM opening") == [(1,)]
            assert store.get(form) == FORM

    def test_is_named_when_altered(self, documents: Documents, folder: Path) -> None:
        documents.keep_opening(opening())
        sql(folder / "documents.db", "UPDATE sealed SET content = zeroblob(60)")
        with pytest.raises(Mismatch, match=f"opening {word('aa')}"):
            documents.opening(word("aa"))
        documents.keep_opening(opening())
        assert documents.opening(word("aa")) == opening()
        assert documents.filings_of(word("bb")) == [word("aa")]


class TestLogOfReadings:
    def test_begins_with_the_hash_of_nothing(self, documents: Documents) -> None:
        assert documents.log_head() == (0, to_hex(digest(b"")))
        documents.check_log()

    @given(counts=st.lists(st.integers(0, 9), max_size=4))
    @settings(
        max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
    )
    def test_has_the_root_over_its_rows_whatever_their_number(
        self, documents: Documents, counts: list[int]
    ) -> None:
        for count in counts:
            for n in range(count):
                documents.log_read("all", purpose=str(n), reader="0x1", at=n)
            rows = documents.reads("all")
            leaves = [digest(b"\x00" + row.encode()) for row in rows]
            assert documents.log_head() == (len(rows), to_hex(tree_root(leaves)))
        documents.check_log()

    def test_answers_who_read_what_in_order(self, folder: Path) -> None:
        with closing(Documents.open(folder)) as store:
            store.log_read("a", purpose="审查", reader="0x1", at=5)
            store.log_read("b", purpose="objection", reader="0x2", at=6)
            store.log_read("a", purpose="inspection", reader="0x3", at=4)
        with closing(Documents.open(folder)) as store:
            told = [(row.ordinal, row.purpose, row.reader, row.at) for row in store.reads("a")]
            assert told == [(0, "审查", "0x1", 5), (2, "inspection", "0x3", 4)]
            assert store.reads("c") == ()
            assert store.log_head()[0] == 3

    @pytest.mark.parametrize(
        ("harm", "told"),
        [
            ("UPDATE reading SET content = zeroblob(99) WHERE ordinal = 3", "reading 3 was"),
            ("UPDATE reading SET leaf = zeroblob(32) WHERE ordinal = 3", "leaf of reading 3"),
            ("DELETE FROM reading WHERE ordinal = 3", "reading 3 is missing"),
            ("DELETE FROM reading WHERE ordinal = 6", "6 rows"),
            ("UPDATE reading_head SET count = 6", "7 rows"),
            (
                "UPDATE reading SET content = (SELECT content FROM reading WHERE ordinal = 2),"
                " leaf = (SELECT leaf FROM reading WHERE ordinal = 2) WHERE ordinal = 3",
                "reading 3 was",
            ),
        ],
    )
    def test_names_what_was_altered_removed_or_cut_off(
        self, documents: Documents, folder: Path, harm: str, told: str
    ) -> None:
        for n in range(7):
            documents.log_read("a", purpose=str(n), reader="0x1", at=n)
        documents.check_log()
        sql(folder / "documents.db", harm)
        with pytest.raises(Mismatch, match=told):
            documents.check_log()


class TestTogether:
    def test_keeps_all_or_nothing(self, documents: Documents) -> None:
        with documents.together():
            name = documents.put(FORM)
            documents.keep_opening(opening())
        assert documents.get(name) == FORM

        def broken_off() -> None:
            with documents.together():
                other = documents.put(b"other")
                documents.keep_opening(opening("a2"))
                documents.log_read("a", purpose="p", reader="0x1", at=1)
                assert documents.get(other) == b"other"
                raise KeyError

        with pytest.raises(KeyError):
            broken_off()
        assert not documents.has(content_hash(b"other"))
        assert documents.filings_of(word("bb")) == [word("aa")]
        assert documents.log_head()[0] == 0

    def test_is_not_spoiled_by_the_refusal_of_one_part(self, documents: Documents) -> None:
        documents.keep_opening(opening())
        with documents.together():
            name = documents.put(FORM)
            with pytest.raises(Conflict):
                documents.keep_opening(opening(form="c2"))
        assert documents.get(name) == FORM

    def test_does_not_let_go_of_an_erasure(self, documents: Documents, folder: Path) -> None:
        name = documents.put(FORM)

        def broken_off() -> None:
            with documents.together():
                documents.erase(name, reason=WHY)
                raise KeyError

        with pytest.raises(KeyError):
            broken_off()
        with pytest.raises(Erased):
            documents.get(name)
        Documents.open(folder).close()
        assert sql(folder / "keys.db", "SELECT count(*) FROM data_key") == [(0,)]


@pytest.fixture
def full_disk() -> Iterator[Callable[[int], None]]:
    """No file may grow beyond so many bytes: a disk is full, as far as a writer can tell."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)

    def fill(size: int) -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))

    yield fill
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


class TestTrouble:
    def test_refuses_writes_on_a_full_disk_reads_on_and_recovers(
        self, documents: Documents, folder: Path, full_disk: Callable[[int], None]
    ) -> None:
        name = documents.put(FORM)
        documents.keep_opening(opening())
        documents.erase(documents.put(b"first"), reason=WHY)
        big = os.urandom(4 << 20)
        full_disk(1 << 20)
        with pytest.raises(StorageFull) as refused:
            documents.put(big)
        assert (refused.value.status, refused.value.code) == (503, "storage_full")
        assert documents.get(name) == FORM

        def put_with_opening() -> None:
            with documents.together():
                documents.keep_opening(opening("a2"))
                documents.put(big)

        with pytest.raises(StorageFull):
            put_with_opening()
        full_disk((folder / "erased.log").stat().st_size + 9)
        with pytest.raises(StorageFull):
            documents.erase(name, reason=WHY)
        full_disk(-1)
        assert documents.get(name) == FORM
        assert not documents.has(content_hash(big))
        assert documents.filings_of(word("bb")) == [word("aa")]
        documents.put(big)
        documents.erase(name, reason=WHY)
        with closing(Documents.open(folder)) as again:
            assert again.get(content_hash(big)) == big
            with pytest.raises(Erased):
                again.get(name)

    def test_never_commits_the_rest_of_what_a_full_disk_broke(
        self, documents: Documents, full_disk: Callable[[int], None]
    ) -> None:
        def put_around() -> None:
            with documents.together():
                documents.put(b"before")
                with pytest.raises(StorageFull):
                    documents.put(os.urandom(16 << 20))
                full_disk(-1)
                documents.put(b"after")

        full_disk(1 << 20)
        with pytest.raises(Unavailable):
            put_around()
        assert not documents.has(content_hash(b"before"))
        assert not documents.has(content_hash(b"after"))

    def test_names_a_damaged_file(self, folder: Path) -> None:
        Documents.open(folder).close()
        (folder / "documents.db").write_bytes(b"no database at all" * 300)
        with pytest.raises(Mismatch, match="damaged"):
            Documents.open(folder)

    def test_serves_several_threads_and_several_openers(self, folder: Path) -> None:
        with closing(Documents.open(folder)) as one, closing(Documents.open(folder)) as two:

            def work(place: int) -> None:
                store = (one, two)[place % 2]
                for n in range(6):
                    name = store.put(b"%d %d" % (place, n))
                    shared = store.put(b"shared %d" % n)
                    store.keep_opening(opening(f"{place:x}{n}"))
                    store.log_read("all", purpose=str(n), reader="0x1", at=n)
                    assert store.get(name) == b"%d %d" % (place, n)
                    assert store.get(shared) == b"shared %d" % n

            with ThreadPoolExecutor(6) as pool:
                list(pool.map(work, range(6)))
            assert len(one.filings_of(word("bb"))) == 36
            assert two.log_head() == one.log_head()
            assert one.log_head()[0] == 36
            one.check_log()

    def test_keeps_every_acknowledged_document_through_five_kills(self, folder: Path) -> None:
        acknowledged: list[str] = []
        erased: list[str] = []
        for round in range(5):
            child = subprocess.Popen(
                [sys.executable, "-c", WRITER, str(folder), str(round)],
                stdout=subprocess.PIPE,
                text=True,
                cwd=ROOT,
            )
            assert child.stdout is not None
            timer = threading.Timer(20, child.kill)
            timer.start()
            for line in child.stdout:
                word_, _, name = line.rstrip("\n").partition(" ")
                (acknowledged if word_ == "put" else erased).append(name)
                if len(acknowledged) >= 20 * (round + 1) + round:
                    child.send_signal(signal.SIGKILL)
            timer.cancel()
            child.wait()
            child.stdout.close()
            assert child.returncode == -signal.SIGKILL
            with closing(Documents.open(folder)) as store:
                for name in erased:
                    with pytest.raises(Erased):
                        store.get(name)
                for name in set(acknowledged) - set(erased):
                    try:
                        assert content_hash(store.get(name)) == name
                    except Erased:
                        # The word of its erasure did not get out.
                        assert name == acknowledged[-1]
                        erased.append(name)
                store.check_log()
                assert store.log_head()[0] >= len(acknowledged)
        assert len(acknowledged) >= 100
        assert len(erased) >= 10


WRITER = """
import sys
from pathlib import Path
from registry.documents import Documents

store = Documents.open(Path(sys.argv[1]))
n = 0
while True:
    n += 1
    store.log_read("all", purpose="p", reader="0x1", at=n)
    name = store.put(f"{sys.argv[2]} {n}".encode() * 1000)
    print("put", name, flush=True)
    if n % 4 == 0:
        store.erase(name, reason="test")
        print("erased", name, flush=True)
"""
