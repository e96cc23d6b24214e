"""Who lives in a data folder: one process at a time, and a note at the door saying where it answers."""

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from registry.errors import Conflict

LOCK = "lock"
NOTE = "running.json"
PATIENCE_SECONDS = 0.2


@dataclass(frozen=True)
class Note:
    """Where the process that runs on a folder answers; `rpc_url` is its node's JSON-RPC."""

    url: str
    rpc_url: str
    pid: int


@contextmanager
def living_in(folder: Path) -> Iterator[None]:
    """Keeps all others out; the kernel lets go when we die. Raises: Conflict."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    held = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if not _locked(held):
            raise Conflict(f"another process runs on {folder}; stop it, or choose another --data")
        yield
    finally:
        os.close(held)


def _locked(held: int) -> bool:
    # Patient for a moment: who only asks who lives here holds the lock as long as it takes to ask.
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except OSError:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.02)


@contextmanager
def saying(folder: Path, note: Note) -> Iterator[None]:
    """Leaves the note while it is true; after a kill it stays, and `who_lives_in` does not believe it."""
    path = folder / NOTE
    beside = folder / f".{NOTE}"
    beside.write_text(json.dumps(asdict(note)))
    beside.replace(path)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


def who_lives_in(folder: Path) -> Note | None:
    """The process that runs on a folder; None when there is none, or it does not answer yet."""
    if not (folder / NOTE).is_file():
        return None
    try:
        with living_in(folder):
            return None
    except Conflict:
        pass
    try:
        return Note(**json.loads((folder / NOTE).read_text()))
    except (FileNotFoundError, ValueError, TypeError):
        return None
