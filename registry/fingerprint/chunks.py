"""Reading files in chunks and hashing them, on one thread or several."""

import mmap
import os
import threading
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from io import FileIO

from registry.errors import NotFound
from registry.fingerprint.files import Seen, change_of, told
from registry.hashes import Algorithm, hasher

CHUNK = 1 << 20
# What a worker takes at a time. Opening costs; but of several workers all wait for the last one.
LOAD_BYTES_ALONE = 64 * CHUNK
LOAD_BYTES = 16 * CHUNK
LOAD_FILES = 256
MOST_WORKERS = 8


def chunks(size: int) -> int:
    return -(-size // CHUNK)


@dataclass(frozen=True)
class Piece:
    """A run of whole chunks of one file, from the byte `start`; empty for an empty file."""

    file: Seen
    start: int
    size: int

    @property
    def is_last(self) -> bool:
        return self.start + self.size == self.file.size


class _Buffer(threading.local):
    """A chunk with its prefix before it, one a thread and read into again and again.

    The chunk begins on a page: kernels copy into odd addresses a tenth to a third slower.
    """

    def __init__(self) -> None:
        self.leaf = memoryview(mmap.mmap(-1, mmap.PAGESIZE + CHUNK))[mmap.PAGESIZE - 1 :]


_buffer = _Buffer()


def read_pieces(
    files: tuple[Seen, ...], algorithm: Algorithm, workers: int
) -> Iterator[tuple[Piece, list[bytes]]]:
    """Every piece with its leaves, in order; `workers` loads are read at once."""
    loads = _loads(files, LOAD_BYTES_ALONE if workers == 1 else LOAD_BYTES)
    if workers == 1:
        for load in loads:
            yield from zip(load, _leaves(load, algorithm), strict=True)
        return
    waiting: deque[tuple[list[Piece], Future[list[list[bytes]]]]] = deque()
    pool = ThreadPoolExecutor(workers, "fingerprint")
    try:
        for load in loads:
            waiting.append((load, pool.submit(_leaves, load, algorithm)))
            if len(waiting) >= 4 * workers:
                oldest, answer = waiting.popleft()
                yield from zip(oldest, answer.result(), strict=True)
        for load, answer in waiting:
            yield from zip(load, answer.result(), strict=True)
    finally:
        pool.shutdown(cancel_futures=True)


def _loads(files: tuple[Seen, ...], most: int) -> Iterator[list[Piece]]:
    load: list[Piece] = []
    room = most
    for file in files:
        for start in range(0, file.size or 1, most):
            load.append(Piece(file, start, min(most, file.size - start)))
            room -= load[-1].size
            if room <= 0 or len(load) == LOAD_FILES:
                yield load
                load, room = [], most
    if load:
        yield load


def _leaves(load: list[Piece], algorithm: Algorithm) -> list[list[bytes]]:
    return [_leaves_of(piece, algorithm) for piece in load]


def _leaves_of(piece: Piece, algorithm: Algorithm) -> list[bytes]:
    where = piece.file.where
    leaves = []
    try:
        with told(where), _open(piece.file) as file:
            file.seek(piece.start)
            for offset in range(0, piece.size, CHUNK):
                length = min(CHUNK, piece.size - offset)
                _fill(file, _buffer.leaf[1 : 1 + length], where)
                h = hasher(algorithm)
                h.update(_buffer.leaf[: 1 + length])
                leaves.append(h.digest())
    except NotFound as e:
        raise change_of(where) from e
    return leaves


def _open(seen: Seen) -> FileIO:
    # A link or a pipe that took the file's place since the scan must neither lead away nor block.
    flags = ("O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC", "O_BINARY")
    descriptor = os.open(seen.where, os.O_RDONLY | sum(getattr(os, flag, 0) for flag in flags))
    file = FileIO(descriptor)
    if Seen.at(seen.path, seen.where, os.fstat(descriptor)) != seen:
        file.close()
        raise change_of(seen.where)
    return file


def _fill(file: FileIO, room: memoryview, where: str) -> None:
    while room:
        got = file.readinto(room)
        if not got:
            raise change_of(where)
        room = room[got:]


def cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return min(MOST_WORKERS, len(os.sched_getaffinity(0)))
    return min(MOST_WORKERS, os.cpu_count() or 1)
