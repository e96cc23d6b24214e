"""The log of readings
├── has the RFC 9162 root over its rows, whatever their number (property)
├── answers who read what, in order, and shows nothing in plain
└── names a row that was altered, removed or cut off
"""

from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from registry.documents import Documents
from registry.errors import (
    Mismatch,
)
from registry.hashes import digest, to_hex, tree_root
from tests.registry.documents.on_disk import sql


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
