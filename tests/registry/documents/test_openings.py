"""An opening
├── is found by registration, by fingerprint, by fingerprint and party, and a repeat is no error
├── is refused when it contradicts the one that is kept
└── leaves both indexes when it is erased, also in a restored backup
"""

from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from registry.documents import Documents
from registry.errors import (
    Conflict,
    Erased,
    Mismatch,
    NotFound,
)
from tests.registry.documents.on_disk import FORM, WHY, backup, opening, restore, sql, word


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

    def test_is_found_by_fingerprint_and_party_alone(self, folder: Path) -> None:
        ours, theirs = word("01"), word("02")
        with closing(Documents.open(folder)) as store:
            store.keep_opening(replace(opening("a1"), parties=(ours,)))
            store.keep_opening(replace(opening("a2"), parties=(ours, theirs)))
            store.keep_opening(replace(opening("a3", fingerprint="b3"), parties=(theirs,)))
        with closing(Documents.open(folder)) as store:
            assert store.filings_by(word("bb"), ours) == [word("a1"), word("a2")]
            assert store.filings_by(word("bb"), theirs) == [word("a2")]
            assert store.filings_by(word("b3"), ours) == []
            store.erase_filing(word("a2"), reason=WHY)
            assert store.filings_by(word("bb"), theirs) == []
            marks = sql(folder / "documents.db", "SELECT count(*) FROM opening_of_party")
            assert marks == [(2,)]

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
            store.erase_filing(word("a1"), reason=WHY)
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
