"""The store as a whole

Together: all or nothing; a refusal of one part does not spoil the rest
Reserve: what documents must leave free they leave, and what is kept is still read
Trouble: a full disk refuses writes, reads go on, and it recovers; several threads, several openers;
five kill -9 leave every acknowledged document whole
"""

import os
import resource
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from registry.documents import Documents
from registry.errors import (
    Conflict,
    Erased,
    Mismatch,
    StorageFull,
    Unavailable,
)
from registry.hashes import content_hash
from tests.machine import ROOT
from tests.registry.documents.on_disk import FORM, WHY, opening, sql, word


class TestReserve:
    def test_is_left_free(self, folder: Path) -> None:
        with closing(Documents.open(folder)) as store:
            kept = store.put(FORM)
        with closing(Documents.open(folder, reserve=1 << 60)) as store:
            with pytest.raises(StorageFull, match="no room"):
                store.put(b"one more")
            assert not store.has(content_hash(b"one more"))
            assert store.put(FORM) == kept
            assert store.get(kept) == FORM


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
