"""The fingerprint of files and folders.

The tree (RFC 9162, against its recursive definition)
├── has the root that the definition gives, in SHA-256 and in SM3
└── has inclusion proofs as long as the definition's, that lead to the root, and to no other (property)
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
Proving: every chunk of a file and of a folder; tampered chunk, path, size, index and root are refused
"""

import hashlib
import os
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes as primitives
from hypothesis import given
from hypothesis import strategies as st

from registry.errors import Malformed, Mismatch, NotFound
from registry.fingerprint import CHUNK, Fingerprint, Inclusion, fingerprint, prove, verify
from registry.hashes import Algorithm, from_hex, tree_root

Hash = Callable[[bytes], bytes]


def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def sm3(data: bytes) -> bytes:
    h = primitives.Hash(primitives.SM3())
    h.update(data)
    return h.finalize()


HASHES: dict[Algorithm, Hash] = {"sha256": sha256, "sm3": sm3}


def split(n: int) -> int:
    """The largest power of two smaller than n (RFC 9162 §2.1.1)."""
    k = 1
    while k * 2 < n:
        k *= 2
    return k


def mth(leaves: list[bytes], h: Hash = sha256) -> bytes:
    """MTH over hashed leaves, word for word as RFC 9162 §2.1.1 defines it."""
    if not leaves:
        return h(b"")
    if len(leaves) == 1:
        return leaves[0]
    k = split(len(leaves))
    return h(b"\x01" + mth(leaves[:k], h) + mth(leaves[k:], h))


def path_of(m: int, leaves: list[bytes]) -> list[bytes]:
    """PATH(m, D_n), word for word as RFC 9162 §2.1.3.1 defines it."""
    if len(leaves) == 1:
        return []
    k = split(len(leaves))
    if m < k:
        return [*path_of(m, leaves[:k]), mth(leaves[k:])]
    return [*path_of(m - k, leaves[k:]), mth(leaves[:k])]


def root_of(data: bytes, h: Hash = sha256) -> str:
    chunks = [data[i : i + CHUNK] for i in range(0, len(data), CHUNK)]
    return "0x" + mth([h(b"\x00" + chunk) for chunk in chunks], h).hex()


def folder_root(files: dict[str, bytes], h: Hash = sha256) -> str:
    leaves = [
        h(b"\x02" + from_hex(root_of(data, h)) + len(data).to_bytes(8, "big") + path.encode())
        for path, data in sorted(files.items(), key=lambda each: each[0].encode())
    ]
    return "0x" + mth(leaves, h).hex()


def patterned(size: int) -> bytes:
    block = hashlib.shake_128(b"pattern").digest(65521)
    return (block * (size // len(block) + 1))[:size]


def lay(folder: Path, files: dict[str, bytes]) -> Path:
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


def rule_of(refused: pytest.ExceptionInfo[Malformed]) -> str:
    return refused.value.flaws[0].rule


leaves_strategy = st.integers(0, 70).map(lambda n: [sha256(bytes([i])) for i in range(n)])


class TestTree:
    @given(leaves=leaves_strategy, algorithm=st.sampled_from(["sha256", "sm3"]))
    def test_has_the_root_of_the_definition(
        self, leaves: list[bytes], algorithm: Algorithm
    ) -> None:
        assert tree_root(leaves, algorithm) == mth(leaves, HASHES[algorithm])

    @given(leaves=leaves_strategy.filter(bool), data=st.data())
    def test_has_the_proofs_of_the_definition(
        self, leaves: list[bytes], data: st.DataObject
    ) -> None:
        index = data.draw(st.integers(0, len(leaves) - 1))
        proof = Inclusion.of(leaves, index, "sha256")
        assert [from_hex(each) for each in proof.hashes] == path_of(index, leaves)
        assert proof.root(leaves[index], "sha256") == mth(leaves)

    @given(leaves=leaves_strategy.filter(lambda each: len(each) > 1), data=st.data())
    def test_leads_to_another_root_when_anything_is_changed(
        self, leaves: list[bytes], data: st.DataObject
    ) -> None:
        index = data.draw(st.integers(0, len(leaves) - 1))
        proof = Inclusion.of(leaves, index, "sha256")
        assert proof.root(sha256(b"another"), "sha256") != mth(leaves)
        place = data.draw(st.integers(0, len(proof.hashes) - 1))
        other = list(proof.hashes)
        other[place] = "0x" + sha256(b"another").hex()
        changed = replace(proof, hashes=tuple(other))
        assert changed.root(leaves[index], "sha256") != mth(leaves)

    @given(leaves=leaves_strategy.filter(lambda each: len(each) > 1), data=st.data())
    def test_refuses_a_proof_of_the_wrong_length(
        self, leaves: list[bytes], data: st.DataObject
    ) -> None:
        index = data.draw(st.integers(0, len(leaves) - 1))
        proof = Inclusion.of(leaves, index, "sha256")
        for hashes in (proof.hashes[:-1], (*proof.hashes, proof.hashes[0])):
            with pytest.raises(Mismatch, match="hashes than"):
                replace(proof, hashes=hashes).root(leaves[index], "sha256")

    def test_refuses_a_place_beyond_the_leaves(self) -> None:
        with pytest.raises(Mismatch, match="leaf 3 of 3"):
            Inclusion(3, 3, ()).root(sha256(b""), "sha256")


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

    @pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
    def test_refuses_what_it_may_not_read(self, tmp_path: Path) -> None:
        lay(tmp_path, {"closed": b"data"})
        (tmp_path / "closed").chmod(0)
        with pytest.raises(Malformed) as refused:
            fingerprint(tmp_path / "closed")
        assert rule_of(refused) == "unreadable"

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


FILES = {
    "b.csv": b"b",
    "a/z.csv": b"az",
    "a.csv": b"a",
    "a/.hidden": b"",
    "数据/地铁.csv": patterned(CHUNK + 5),
    "数据/公交.csv": b"bus",
    "Z": b"capital",
}


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


class TestProve:
    @pytest.mark.parametrize("chunks", range(1, 8))
    def test_proves_every_chunk_of_a_file_and_no_other(self, tmp_path: Path, chunks: int) -> None:
        data = patterned(chunks * CHUNK - 9)
        path = tmp_path / "data"
        path.write_bytes(data)
        known = fingerprint(path)
        for index in range(chunks):
            chunk = data[index * CHUNK : (index + 1) * CHUNK]
            proof = prove(path, index, known=known)
            proof.verify(chunk, known.root)
            altered = bytes([chunk[0] ^ 1]) + chunk[1:]
            for wrong, root in (
                (altered, known.root),
                (chunk[:-1], known.root),
                (chunk, "0x" + "00" * 32),
            ):
                with pytest.raises(Mismatch):
                    proof.verify(wrong, root)

    @pytest.mark.parametrize("algorithm", ["sha256", "sm3"])
    def test_proves_every_chunk_of_a_folder(self, tmp_path: Path, algorithm: Algorithm) -> None:
        folder = lay(tmp_path, FILES)
        known = fingerprint(folder, algorithm=algorithm)
        proven = 0
        for path, data in FILES.items():
            for index in range(-(-len(data) // CHUNK)):
                proof = prove(folder, index, file=path, algorithm=algorithm)
                assert proof == prove(folder, index, file=path, known=known)
                proof.verify(data[index * CHUNK : (index + 1) * CHUNK], known.root)
                proven += 1
        assert proven == 7

    def test_binds_path_size_and_place_in_a_folder(self, tmp_path: Path) -> None:
        data = patterned(3 * CHUNK)
        folder = lay(tmp_path, {"a": data, "b": b"2"})
        root = fingerprint(folder).root
        proof = prove(folder, 2, file="a")
        chunk = data[2 * CHUNK :]
        proof.verify(chunk, root)
        assert proof.entry is not None
        # In a tree of two leaves the second's proof has the shape of the third's in a tree of three.
        moved = replace(proof.chunk, index=1, leaves=2)
        for forged in (
            replace(proof, path="b"),
            replace(proof, size=3 * CHUNK - 1),
            replace(proof, chunk=moved),
            replace(proof, size=2 * CHUNK, chunk=moved),
            replace(proof, chunk=replace(proof.chunk, index=0)),
            replace(proof, entry=replace(proof.entry, index=1)),
            replace(proof, entry=None),
            replace(proof, algorithm="sm3"),
        ):
            with pytest.raises(Mismatch):
                forged.verify(chunk, root)

    def test_refuses_chunks_and_files_that_are_not_there(self, tmp_path: Path) -> None:
        folder = lay(tmp_path, {"a": b"1", "empty": b""})
        for file, index in (("a", 1), ("a", -1), ("empty", 0), ("b", 0), ("", 0)):
            with pytest.raises(NotFound):
                prove(folder, index, file=file)

    def test_refuses_a_file_that_is_no_longer_the_known_one(self, tmp_path: Path) -> None:
        folder = lay(tmp_path, {"a": b"1", "b": b"2"})
        known: Fingerprint = fingerprint(folder)
        (folder / "a").write_bytes(b"3")
        prove(folder, 0, file="b", known=known)
        with pytest.raises(Mismatch, match="no longer"):
            prove(folder, 0, file="a", known=known)
