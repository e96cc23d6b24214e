"""Erasing
├── is told from what was never there, leaves no data key behind, and is done once
├── stands when older databases are put back beside its tombstone
├── holds for every key that the document ever had
├── is finished when the store opens, when it died between tombstone and key
├── survives a torn last line, refuses a line that is no tombstone
└── lets the same content be put again, and erased again
"""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from registry.documents import Documents
from registry.errors import (
    Erased,
    Mismatch,
    NotFound,
)
from tests.registry.documents.on_disk import FORM, WHY, backup, bytes_in, restore, sql, word


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
