"""What was erased: a small file that only grows, and that no backup of the databases can undo."""

import fcntl
import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from registry.documents.master import sync_folder
from registry.errors import Mismatch, StorageFull


@dataclass(frozen=True)
class Tombstone:
    """One erasure of what is stored under the blinded name `name` (hex), up to `generation`.

    What is put again after it is of the next generation and lives. `at` is Unix seconds.
    """

    name: str
    generation: int
    at: int
    reason: str


class Tombstones:
    """The tombstones of one store. Other processes may add to the file at any time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.RLock()
        self._read_to = 0
        self._newest: dict[bytes, Tombstone] = {}
        if not path.exists():
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600))
            sync_folder(path.parent)

    def of(self, name: bytes) -> Tombstone | None:
        """The newest of this name."""
        with self._lock:
            self._refresh()
            return self._newest.get(name)

    def all(self) -> list[Tombstone]:
        """The newest of each name."""
        with self._lock:
            self._refresh()
            return list(self._newest.values())

    def add(self, tombstone: Tombstone) -> None:
        """On the disk when it returns. Raises: StorageFull; then the file is as it was."""
        line = json.dumps(asdict(tombstone), ensure_ascii=False).encode() + b"\n"
        try:
            with self._lock, self._locked() as descriptor:
                self._refresh()
                try:
                    os.ftruncate(descriptor, self._read_to)
                    _write(descriptor, self._read_to, line)
                    os.fsync(descriptor)
                except OSError:
                    os.ftruncate(descriptor, self._read_to)
                    raise
        except OSError as e:
            raise StorageFull(f"{self._path.name} cannot be written: {e.strerror}") from e

    @contextmanager
    def _locked(self) -> Iterator[int]:
        descriptor = os.open(self._path, os.O_WRONLY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield descriptor
        finally:
            os.close(descriptor)

    def _refresh(self) -> None:
        if self._path.stat().st_size == self._read_to:
            return
        with self._path.open("rb") as file:
            file.seek(self._read_to)
            # A line without its end was being written when its writer died: that erasure was never
            # acknowledged, and the next one is written over it.
            lines = file.read().split(b"\n")[:-1]
        for line in lines:
            try:
                tombstone = Tombstone(**json.loads(line))
                self._newest[bytes.fromhex(tombstone.name)] = tombstone
            except (ValueError, TypeError) as e:
                raise Mismatch(
                    f"{self._path} has a line that is no tombstone: {line[:80]!r}"
                ) from e
            self._read_to += len(line) + 1


def _write(descriptor: int, at: int, line: bytes) -> None:
    while line:
        written = os.pwrite(descriptor, line, at)
        at, line = at + written, line[written:]
