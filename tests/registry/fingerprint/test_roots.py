"""The fingerprint of files and folders

A file
├── of any size around a chunk's border has the root over its chunks, on one worker and on several
├── has the hash of nothing when empty, and the same root under any name
├── is stated without its name, and reports how far it was read
└── is refused as a link, a pipe, a thing that changes or cannot be read, or nothing at all
A folder
├── is ordered by the bytes of its paths, hidden files and empty files included
├── is the same in NFC and NFD, and refused when two names become one
├── keeps no trace of an empty folder, and is refused when it holds no file
├── is refused for a link or a pipe inside, or a name that is no UTF-8
├── is refused when a file comes, goes or changes while it is read
└── never has the root of a file that spells out its entries
Verifying: what is the same passes; what differs, is new or is missing is named
"""

import os
import subprocess
import sys
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from registry.errors import Malformed, Mismatch, NotFound
from registry.fingerprint import CHUNK, fingerprint, verify
from registry.hashes import Algorithm, from_hex
from tests.machine import ROOT
from tests.registry.fingerprint.definition import (
    FILES,
    HASHES,
    folder_root,
    lay,
    patterned,
    root_of,
)


def rule_of(refused: pytest.ExceptionInfo[Malformed]) -> str:
    return refused.value.flaws[0].rule


# Root may read every file; so whoever is root becomes nobody, once all is imported.
AS_NOBODY = """
import os
from pathlib import Path
from registry.errors import Malformed
from registry.fingerprint import fingerprint

if os.geteuid() == 0:
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
fingerprint(Path("open"))
try:
    fingerprint(Path("closed"))
except Malformed as refused:
    print(refused.flaws[0].rule)
"""
SIZES = [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 3 * CHUNK - 1, 5 * CHUNK + 7]


class TestFile:
    @pytest.mark.parametrize("size", SIZES)
    @pytest.mark.parametrize("algorithm", ["sha256", "sm3"])
    def test_has_the_root_over_its_chunks(
        self, tmp_path: Path, size: int, algorithm: Algorithm
    ) -> None:
        data = patterned(size)
        path = tmp_path / "data"
        path.write_bytes(data)
        for workers in (1, 3, None):
            found = fingerprint(path, algorithm=algorithm, workers=workers)
            assert found.root == root_of(data, HASHES[algorithm])
            assert (found.kind, found.size, found.algorithm) == ("file", size, algorithm)

    @pytest.mark.parametrize("workers", [1, 2])
    def test_is_whole_when_it_takes_several_loads(self, tmp_path: Path, workers: int) -> None:
        data = patterned(70 * CHUNK + 3)
        path = tmp_path / "data"
        path.write_bytes(data)
        told: list[int] = []
        found = fingerprint(path, workers=workers, progress=told.append)
        assert found.root == root_of(data)
        assert len(told) > 1
        assert told == sorted(told)
        assert told[-1] == len(data)

    def test_has_the_hash_of_nothing_when_empty(self, tmp_path: Path) -> None:
        path = tmp_path / "empty"
        path.touch()
        empty = "0xe3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        assert fingerprint(path).root == empty

    def test_does_not_depend_on_its_name(self, tmp_path: Path) -> None:
        lay(tmp_path, {"a": b"same", "b": b"same"})
        assert fingerprint(tmp_path / "a") == fingerprint(tmp_path / "b")

    def test_is_stated_without_names(self, tmp_path: Path) -> None:
        lay(tmp_path, {"secret-name": b"data"})
        assert fingerprint(tmp_path / "secret-name").statement() == {
            "algorithm": "sha256",
            "kind": "file",
            "root": root_of(b"data"),
            "size": 4,
            "chunk_size": 1048576,
            "files": 1,
        }

    def test_refuses_a_link(self, tmp_path: Path) -> None:
        lay(tmp_path, {"real": b"data"})
        (tmp_path / "link").symlink_to("real")
        with pytest.raises(Malformed) as refused:
            fingerprint(tmp_path / "link")
        assert rule_of(refused) == "link"

    def test_refuses_a_pipe_without_waiting_on_it(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "pipe")
        with pytest.raises(Malformed) as refused:
            fingerprint(tmp_path / "pipe")
        assert rule_of(refused) == "special"

    def test_refuses_what_is_not_there(self, tmp_path: Path) -> None:
        with pytest.raises(NotFound, match="nothing"):
            fingerprint(tmp_path / "nothing")

    def test_refuses_what_it_may_not_read(self, tmp_path: Path) -> None:
        lay(tmp_path, {"open": b"data", "closed": b"data"})
        for path, mode in ((tmp_path, 0o755), (tmp_path / "open", 0o644), (tmp_path / "closed", 0)):
            path.chmod(mode)
        ran = subprocess.run(
            [sys.executable, "-c", AS_NOBODY],
            cwd=tmp_path,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert (ran.stdout, ran.returncode) == ("unreadable\n", 0), ran.stderr

    @pytest.mark.parametrize("workers", [1, 2])
    @pytest.mark.parametrize("change", ["append", "cut", "rewrite", "replace", "link", "remove"])
    def test_refuses_a_file_that_changes_while_it_is_read(
        self, tmp_path: Path, change: str, workers: int
    ) -> None:
        path = tmp_path / "data"
        path.write_bytes(patterned(70 * CHUNK))
        before = path.stat()

        def meddle(done: int) -> None:
            if done == before.st_size:
                return
            if change == "append":
                with path.open("ab") as file:
                    file.write(b"more")
            elif change == "cut":
                os.truncate(path, CHUNK)
            elif change == "rewrite":
                with path.open("r+b") as file:
                    file.write(b"other")
                os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
            elif change == "replace":
                fresh = tmp_path / "fresh"
                fresh.write_bytes(patterned(70 * CHUNK))
                os.utime(fresh, ns=(before.st_atime_ns, before.st_mtime_ns))
                fresh.replace(path)
            elif change == "link" and not path.is_symlink():
                path.rename(tmp_path / "aside")
                path.symlink_to("aside")
            elif change == "remove":
                path.unlink(missing_ok=True)

        with pytest.raises((Malformed, NotFound)):
            fingerprint(path, workers=workers, progress=meddle)


class TestFolder:
    @pytest.mark.parametrize("algorithm", ["sha256", "sm3"])
    @pytest.mark.parametrize("workers", [1, 2])
    def test_is_ordered_by_the_bytes_of_its_paths(
        self, tmp_path: Path, algorithm: Algorithm, workers: int
    ) -> None:
        found = fingerprint(lay(tmp_path, FILES), algorithm=algorithm, workers=workers)
        assert found.root == folder_root(FILES, HASHES[algorithm])
        assert found.kind == "folder"
        assert found.size == sum(map(len, FILES.values()))
        assert [entry.path for entry in found.files] == sorted(FILES, key=str.encode)
        assert [entry.path for entry in found.files][:4] == ["Z", "a.csv", "a/.hidden", "a/z.csv"]

    def test_takes_a_thousand_small_files(self, tmp_path: Path) -> None:
        files = {f"{n % 7}/{n}": str(n).encode() for n in range(1000)}
        assert fingerprint(lay(tmp_path, files)).root == folder_root(files)

    def test_is_the_same_in_every_unicode_form(self, tmp_path: Path) -> None:
        composed = unicodedata.normalize("NFC", "données/é.csv")
        split_up = unicodedata.normalize("NFD", composed)
        assert composed != split_up
        one = fingerprint(lay(tmp_path / "one", {composed: b"1"}))
        two = fingerprint(lay(tmp_path / "two", {split_up: b"1"}))
        assert one == two
        assert one.files[0].path == composed

    @pytest.mark.parametrize("pattern", ["{}", "{}/inside"])
    def test_refuses_two_names_that_become_one(self, tmp_path: Path, pattern: str) -> None:
        names = {pattern.format(form): form.encode() for form in ("\u00e9", "e\u0301")}
        lay(tmp_path, names)
        if len(list(tmp_path.iterdir())) < 2:
            pytest.skip("this file system keeps one form of a name")
        with pytest.raises(Malformed, match="one name") as refused:
            fingerprint(tmp_path)
        assert rule_of(refused) == "same_name"

    def test_keeps_no_trace_of_an_empty_folder(self, tmp_path: Path) -> None:
        lay(tmp_path / "one", {"a": b"1"})
        lay(tmp_path / "two", {"a": b"1"})
        (tmp_path / "two" / "empty" / "emptier").mkdir(parents=True)
        assert fingerprint(tmp_path / "one") == fingerprint(tmp_path / "two")

    def test_refuses_a_folder_without_a_file(self, tmp_path: Path) -> None:
        with pytest.raises(Malformed) as refused:
            fingerprint(tmp_path)
        assert rule_of(refused) == "empty"

    def test_refuses_a_link_inside_wherever_it_leads(self, tmp_path: Path) -> None:
        for place, target in enumerate(("a", "nowhere", ".")):
            folder = lay(tmp_path / str(place), {"a": b"1"})
            (folder / "link").symlink_to(target)
            with pytest.raises(Malformed, match="link is a symbolic link") as refused:
                fingerprint(folder)
            assert rule_of(refused) == "link"

    def test_refuses_a_pipe_inside(self, tmp_path: Path) -> None:
        os.mkfifo(lay(tmp_path, {"a": b"1"}) / "pipe")
        with pytest.raises(Malformed) as refused:
            fingerprint(tmp_path)
        assert rule_of(refused) == "special"

    def test_refuses_a_name_that_is_no_utf8(self, tmp_path: Path) -> None:
        try:
            with open(os.fsencode(tmp_path) + b"/\xff\xfe", "wb"):
                pass
        except OSError:
            pytest.skip("this file system has UTF-8 names alone")
        with pytest.raises(Malformed) as refused:
            fingerprint(tmp_path)
        assert rule_of(refused) == "encoding"
        refused.value.detail.encode()

    @pytest.mark.parametrize("change", ["add", "remove", "rewrite"])
    def test_refuses_a_folder_that_changes_while_it_is_read(
        self, tmp_path: Path, change: str
    ) -> None:
        lay(tmp_path, {"a": b"1", "b": b"2"})

        def meddle(_: int) -> None:
            if change == "add":
                (tmp_path / "c").write_bytes(b"3")
            elif change == "remove":
                (tmp_path / "a").unlink(missing_ok=True)
            else:
                (tmp_path / "b").write_bytes(b"longer")

        with pytest.raises(Malformed, match="changed while") as refused:
            fingerprint(tmp_path, workers=1, progress=meddle)
        assert rule_of(refused) == "changed"

    def test_refuses_a_folder_that_is_swapped_and_put_back(self, tmp_path: Path) -> None:
        folder = lay(tmp_path / "folder", {"a": patterned(64 * CHUNK), "d/b": b"1"})
        other = lay(tmp_path, {"other/b": b"2"}) / "other"

        def swap(_: int) -> None:
            (folder / "d").rename(tmp_path / "aside")
            other.rename(folder / "d")
            (tmp_path / "aside").rename(other)

        with pytest.raises(Malformed, match="changed while"):
            fingerprint(folder, workers=1, progress=swap)

    def test_never_has_the_root_of_a_file_that_spells_out_its_entries(self, tmp_path: Path) -> None:
        folder = fingerprint(lay(tmp_path / "folder", {"a": b"1"}))
        entry = from_hex(root_of(b"1")) + (1).to_bytes(8, "big") + b"a"
        for spelled in (entry, b"\x02" + entry):
            (tmp_path / "file").write_bytes(spelled)
            assert fingerprint(tmp_path / "file").root != folder.root


class TestVerify:
    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        return lay(tmp_path, {"a": b"1", "b/c": b"2"})

    def test_passes_what_is_the_same(self, folder: Path) -> None:
        verify(folder, fingerprint(folder))
        verify(folder / "a", fingerprint(folder / "a", algorithm="sm3"))

    @pytest.mark.parametrize(
        ("meddle", "told"),
        [
            (lambda folder: (folder / "b/c").write_bytes(b"3"), "b/c differs"),
            (lambda folder: (folder / "b/c").unlink(), "b/c is missing"),
            (lambda folder: (folder / "b/d").touch(), "b/d is new"),
        ],
    )
    def test_names_the_file_that_differs(
        self, folder: Path, meddle: Callable[[Path], object], told: str
    ) -> None:
        known = fingerprint(folder)
        meddle(folder)
        with pytest.raises(Mismatch, match=told):
            verify(folder, known)

    def test_tells_a_file_from_a_folder(self, folder: Path) -> None:
        with pytest.raises(Mismatch, match="is a file, expected a folder"):
            verify(folder / "a", fingerprint(folder))

    def test_does_not_believe_a_root_that_the_files_do_not_have(self, folder: Path) -> None:
        forged = replace(fingerprint(folder), root="0x" + "00" * 32)
        with pytest.raises(Mismatch, match="the root is"):
            verify(folder, forged)
