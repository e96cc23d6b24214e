"""Proofs of parts

The tree (RFC 9162, against its recursive definition)
├── has the root that the definition gives, in SHA-256 and in SM3
└── has inclusion proofs as long as the definition's, that lead to the root, and to no other (property)
Proving: every chunk of a file and of a folder; tampered chunk, path, size, index and root are refused
"""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.errors import Mismatch, NotFound
from registry.fingerprint import CHUNK, Fingerprint, Inclusion, fingerprint, prove
from registry.hashes import Algorithm, from_hex, tree_root
from tests.registry.fingerprint.definition import (
    FILES,
    HASHES,
    lay,
    mth,
    path_of,
    patterned,
    sha256,
)

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
