"""Measures the fingerprint of a file beside the plain hash of the same file; prints one JSON object.

Speeds are ratios in one run: `times_plain` is how many times as fast as `hashlib` reading the same
warm file into the same buffer size, the median of rounds that take turns.
"""

import argparse
import hashlib
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from registry.fingerprint import CHUNK, fingerprint
from registry.hashes import Algorithm, hasher


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mib", type=int, default=1024, help="size of the file")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=Path, help="where the file is made; it is removed again")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        path = Path(folder) / "data"
        with path.open("wb") as file:
            for _ in range(given.mib):
                file.write(os.urandom(1 << 20))
        result = {
            "mib": given.mib,
            "sha256": compared(path, "sha256", given.rounds),
            "sm3": compared(path, "sm3", given.rounds),
        }
    json.dump(result, sys.stdout, indent=2)
    print()
    return 0


def compared(path: Path, algorithm: Algorithm, rounds: int) -> dict[str, Any]:
    """The plain hash, and the tree on one worker and on two, turn by turn."""
    contenders: dict[str, Callable[[], object]] = {
        "plain": lambda: plain(path, algorithm),
        "one_worker": lambda: fingerprint(path, algorithm=algorithm, workers=1),
        "two_workers": lambda: fingerprint(path, algorithm=algorithm, workers=2),
    }
    if algorithm == "sha256":
        contenders["file_digest"] = lambda: hashlib.file_digest(path.open("rb"), "sha256")
    seconds: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, run in contenders.items():
            started = time.perf_counter()
            run()
            seconds[name].append(time.perf_counter() - started)
    ratios = {
        name: statistics.median(p / s for p, s in zip(seconds["plain"], taken, strict=True))
        for name, taken in seconds.items()
    }
    mib = path.stat().st_size / 2**20
    return {
        name: {
            "mib_per_second": round(mib / statistics.median(taken), 1),
            "times_plain": round(ratios[name], 3),
        }
        for name, taken in seconds.items()
    }


def plain(path: Path, algorithm: Algorithm) -> bytes:
    """The flat hash, read in blocks of a chunk into one buffer."""
    h = hasher(algorithm)
    block = memoryview(bytearray(CHUNK))
    with path.open("rb", buffering=0) as file:
        while got := file.readinto(block):
            h.update(block[:got])
    return h.digest()


if __name__ == "__main__":
    sys.exit(main())
