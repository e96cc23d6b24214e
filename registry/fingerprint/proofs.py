"""Proofs that a chunk belongs to a fingerprint, which whoever has the chunk and the root can check."""

from dataclasses import dataclass
from pathlib import Path

from registry.errors import Mismatch, NotFound
from registry.fingerprint.chunks import CHUNK, chunks, cores, read_pieces
from registry.fingerprint.files import scan
from registry.fingerprint.roots import FileEntry, Fingerprint, fingerprint
from registry.hashes import Algorithm, digest, from_hex, to_hex, tree_root


@dataclass(frozen=True)
class Inclusion:
    """An RFC 9162 inclusion proof: the place of a leaf among `leaves`, and the hashes on its way up."""

    index: int
    leaves: int
    hashes: tuple[str, ...]

    @staticmethod
    def of(leaves: list[bytes], index: int, algorithm: Algorithm) -> "Inclusion":
        hashes = []
        row, place = leaves, index
        while len(row) > 1:
            if place ^ 1 < len(row):  # an odd last node has no neighbour and moves up as it is
                hashes.append(to_hex(row[place ^ 1]))
            pairs = [tree_root(row[i : i + 2], algorithm) for i in range(0, len(row), 2)]
            row, place = pairs, place >> 1
        return Inclusion(index, len(leaves), tuple(hashes))

    def root(self, leaf: bytes, algorithm: Algorithm) -> bytes:
        """The root that the leaf leads to (RFC 9162 §2.1.3.2). Raises: Mismatch."""
        if not 0 <= self.index < self.leaves:
            raise Mismatch(f"leaf {self.index} of {self.leaves} cannot be")
        place, last, root = self.index, self.leaves - 1, leaf
        for each in self.hashes:
            if last == 0:
                raise Mismatch(f"the proof has more hashes than {self.leaves} leaves allow")
            if place & 1 or place == last:
                root = digest(b"\x01" + from_hex(each) + root, algorithm)
                while place and not place & 1:
                    place, last = place >> 1, last >> 1
            else:
                root = digest(b"\x01" + root + from_hex(each), algorithm)
            place, last = place >> 1, last >> 1
        if last != 0:
            raise Mismatch(f"the proof has fewer hashes than {self.leaves} leaves need")
        return root


@dataclass(frozen=True)
class ChunkProof:
    """That a chunk belongs to a file, and in a folder that the file belongs to it (`entry`).

    In a folder the root binds path, size and so the chunk's place; for a single file its size, and with
    it the place of a chunk, is the prover's word.
    """

    algorithm: Algorithm
    path: str
    size: int
    chunk: Inclusion
    entry: Inclusion | None

    def verify(self, chunk: bytes, root: str) -> None:
        """Raises: Mismatch, when the chunk is another, in another place, or of other data."""
        length = min(CHUNK, self.size - self.chunk.index * CHUNK)
        if self.chunk.leaves != chunks(self.size) or len(chunk) != length:
            raise Mismatch(
                f"chunk {self.chunk.index} of {self.chunk.leaves} has {len(chunk)} bytes, expected "
                f"{length} in a file of {self.size} bytes"
            )
        found = self.chunk.root(digest(b"\x00" + chunk, self.algorithm), self.algorithm)
        if self.entry is not None:
            leaf = FileEntry(self.path, self.size, to_hex(found)).leaf(self.algorithm)
            found = self.entry.root(leaf, self.algorithm)
        if to_hex(found) != root:
            raise Mismatch(f"the chunk leads to {to_hex(found)}, expected {root}")


def prove(
    path: Path,
    index: int,
    *,
    file: str = "",
    known: Fingerprint | None = None,
    algorithm: Algorithm = "sha256",
) -> ChunkProof:
    """Proves chunk `index`, from 0, of a file, or of the folder's `file`.

    With the `known` fingerprint of a folder only that one file is read. Raises: NotFound where there is
    no such file or chunk; Mismatch where the file is no longer the known one; as `fingerprint`.
    """
    known = known or fingerprint(path, algorithm=algorithm)
    place = next((i for i, entry in enumerate(known.files) if entry.path == file), None)
    if place is None:
        raise NotFound(f"{path} has no file {file!r}")
    entry = known.files[place]
    if not 0 <= index < chunks(entry.size):
        raise NotFound(f"chunk {index} of {chunks(entry.size)} of {path / file}")
    seen = tuple(each for each in scan(path) if each.path == file)
    leaves = [leaf for _, some in read_pieces(seen, known.algorithm, cores()) for leaf in some]
    if to_hex(tree_root(leaves, known.algorithm)) != entry.root:
        raise Mismatch(f"{path / file} is no longer the file of {known.root}")
    folder = None
    if known.kind == "folder":
        rows = [each.leaf(known.algorithm) for each in known.files]
        folder = Inclusion.of(rows, place, known.algorithm)
    chunk = Inclusion.of(leaves, index, known.algorithm)
    return ChunkProof(known.algorithm, file, entry.size, chunk, folder)
