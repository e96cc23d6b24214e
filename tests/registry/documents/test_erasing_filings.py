"""Erasing a filing

- takes its opening, its form, its papers and those that came with acts upon it
- leaves what another filing names, until that is erased too
- is finished by whoever calls again, wherever it died (killed between any two writes)
- is told by its tombstone; a repeat is refused; a form is never found as a paper
"""

import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from registry.documents import Documents, Enclosure
from registry.errors import Erased, NotFound
from tests.machine import ROOT
from tests.registry.documents.on_disk import FORM, WHY, opening, restore, sql, word

OURS, THEIRS, ACT = word("a1"), word("a2"), word("ac")
PAPERS = (b"own paper", b"shared paper", b"grounds")


def filled(store: Documents) -> tuple[str, str, str, str]:
    """Two filings of one form and one shared paper, and an objection to the first."""
    form = store.put_form(FORM)
    own, shared, grounds = (store.put(each) for each in PAPERS)
    store.keep_opening(replace(opening("a1"), form=form, documents=(own, shared)))
    store.keep_opening(replace(opening("a2"), form=form, documents=(shared,)))
    store.keep_enclosure(Enclosure(ACT, OURS, (grounds,)))
    return form, own, shared, grounds


def left(folder: Path) -> tuple[object, ...]:
    """All that the store still has, past the store."""
    return (
        sql(folder / "documents.db", "SELECT count(*) FROM sealed"),
        sql(folder / "documents.db", "SELECT registration FROM opening"),
        sql(folder / "documents.db", "SELECT act FROM enclosure"),
        sql(folder / "documents.db", "SELECT count(*) FROM enclosed"),
        sql(folder / "keys.db", "SELECT count(*) FROM data_key"),
    )


class TestErasingAFiling:
    def test_takes_all_of_it_and_leaves_what_another_names(self, documents: Documents) -> None:
        form, own, shared, grounds = filled(documents)
        documents.erase_filing(OURS, reason=WHY)
        with pytest.raises(Erased):
            documents.opening(OURS)
        for gone in (own, grounds):
            with pytest.raises(Erased, match=WHY):
                documents.get(gone)
        assert documents.enclosures(OURS) == []
        assert documents.form(form) == FORM
        assert documents.get(shared) == PAPERS[1]
        documents.erase_filing(THEIRS, reason=WHY)
        with pytest.raises(Erased):
            documents.form(form)
        with pytest.raises(Erased):
            documents.get(shared)

    def test_is_told_by_its_tombstone_and_done_once(self, documents: Documents) -> None:
        filled(documents)
        assert documents.erasure(OURS) is None
        documents.erase_filing(OURS, reason=WHY)
        told = documents.erasure(OURS)
        assert told is not None
        assert told.reason == WHY
        assert documents.erasure(THEIRS) is None
        with pytest.raises(Erased):
            documents.erase_filing(OURS, reason="again")
        with pytest.raises(NotFound):
            documents.erase_filing(word("ff"), reason=WHY)

    def test_stands_when_an_older_backup_is_put_back(self, folder: Path, tmp_path: Path) -> None:
        with closing(Documents.open(folder)) as store:
            filled(store)
        for each in ("keys.db", "documents.db"):
            (tmp_path / each).write_bytes((folder / each).read_bytes())
        with closing(Documents.open(folder)) as store:
            store.erase_filing(OURS, reason=WHY)
        after = left(folder)
        for each in ("keys.db", "documents.db"):
            restore(folder / each, tmp_path / each)
        Documents.open(folder).close()
        assert left(folder) == after

    @pytest.mark.parametrize("point", range(4))
    def test_is_finished_by_whoever_calls_again_wherever_it_died(
        self, folder: Path, tmp_path: Path, point: int
    ) -> None:
        for each in (folder, tmp_path / "whole"):
            with closing(Documents.open(each)) as store:
                filled(store)
        with closing(Documents.open(tmp_path / "whole")) as store:
            store.erase_filing(OURS, reason=WHY)
        died = subprocess.run(
            [sys.executable, "-c", ERASER, str(folder), OURS, str(point)], cwd=ROOT, check=False
        )
        assert died.returncode == 137
        with closing(Documents.open(folder)) as store:
            if store.erasure(OURS) is None:
                store.erase_filing(OURS, reason=WHY)
            assert store.erasure(OURS) is not None
        assert left(folder) == left(tmp_path / "whole")

    def test_a_form_is_never_found_as_a_paper(self, documents: Documents) -> None:
        form = documents.put_form(FORM)
        with pytest.raises(NotFound):
            documents.get(form)
        paper = documents.put(b"paper")
        with pytest.raises(NotFound):
            documents.form(paper)

    def test_what_came_with_an_act_in_two_parts_is_one_enclosure(
        self, documents: Documents
    ) -> None:
        first, second = documents.put(b"1"), documents.put(b"2")
        for each in ((first,), (second,), (first,)):
            documents.keep_enclosure(Enclosure(ACT, OURS, each))
        (found,) = documents.enclosures(OURS)
        assert set(found.documents) == {first, second}


ERASER = """
import os, sys
from pathlib import Path
from registry.documents import Documents

points = iter(range(100))

def crash(point):
    if next(points) == int(sys.argv[3]):
        os._exit(137)

Documents.open(Path(sys.argv[1])).erase_filing(sys.argv[2], reason="asked by the holder", crash=crash)
"""
