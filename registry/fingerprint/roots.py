"""The root of a file and of a folder."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from registry.errors import Mismatch
from registry.fingerprint.chunks import CHUNK, cores, read_pieces
from registry.fingerprint.files import is_file, refuse_changes, scan
from registry.hashes import Algorithm, digest, from_hex, to_hex, tree_root

Kind = Literal["file", "folder"]


@dataclass(frozen=True)
class FileEntry:
    """One file; `path` is relative to the folder, empty where the file itself was fingerprinted."""

    path: str
    size: int
    root: str

    def leaf(self, algorithm: Algorithm) -> bytes:
        """Its leaf in the folder's tree; the fixed lengths before the path make it unambiguous."""
        data = from_hex(self.root) + self.size.to_bytes(8, "big") + self.path.encode()
        return digest(b"\x02" + data, algorithm)


@dataclass(frozen=True)
class Fingerprint:
    """What stands for the data: `size` is the bytes of all files, `files` is in the order of the tree."""

    algorithm: Algorithm
    kind: Kind
    root: str
    size: int
    files: tuple[FileEntry, ...]
    chunk_size: int = CHUNK

    def statement(self) -> dict[str, Any]:
        """What a filing says of it; the names of files stay with the holder."""
        return {
            "algorithm": self.algorithm,
            "kind": self.kind,
            "root": self.root,
            "size": self.size,
            "chunk_size": self.chunk_size,
            "files": len(self.files),
        }


def fingerprint(
    path: Path,
    *,
    algorithm: Algorithm = "sha256",
    workers: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> Fingerprint:
    """Reads all of a file or a folder once, in memory of 32 bytes a MiB of the largest file.

    `workers` threads hash at once, as many as there are cores where it is None. `progress` is called
    in the caller's thread with the bytes done so far. Raises: NotFound, Malformed, Unavailable.
    """
    seen = scan(path)
    kind: Kind = "file" if is_file(seen) else "folder"
    entries = []
    leaves: list[bytes] = []
    done = 0
    for piece, some in read_pieces(seen, algorithm, workers or cores()):
        leaves += some
        if piece.is_last:
            root = to_hex(tree_root(leaves, algorithm))
            entries.append(FileEntry(piece.file.path, piece.file.size, root))
            leaves = []
        done += piece.size
        if progress is not None:
            progress(done)
    refuse_changes(seen, scan(path))
    return Fingerprint(algorithm, kind, _top(kind, entries, algorithm), done, tuple(entries))


def verify(path: Path, known: Fingerprint) -> None:
    """Reads the data again. Raises: Mismatch naming the first file that differs; as `fingerprint`."""
    found = fingerprint(path, algorithm=known.algorithm)
    if (found.kind, found.root) == (known.kind, known.root):
        return
    if found.kind != known.kind:
        raise Mismatch(f"{path} is a {found.kind}, expected a {known.kind}")
    before = {entry.path: entry for entry in known.files}
    after = {entry.path: entry for entry in found.files}
    for name in sorted(before.keys() | after.keys(), key=str.encode):
        if before.get(name) != after.get(name):
            what = "is missing" if name not in after else "differs" if name in before else "is new"
            raise Mismatch(f"{path / name} {what}; the root is {found.root}, expected {known.root}")
    raise Mismatch(f"the root is {found.root}, expected {known.root}")


def _top(kind: Kind, entries: list[FileEntry], algorithm: Algorithm) -> str:
    if kind == "file":
        return entries[0].root
    return to_hex(tree_root([entry.leaf(algorithm) for entry in entries], algorithm))
