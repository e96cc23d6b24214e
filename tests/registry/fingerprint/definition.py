"""What a fingerprint is, word for word as it is defined, and data to take one of."""

import hashlib
from collections.abc import Callable
from pathlib import Path

from cryptography.hazmat.primitives import hashes as primitives

from registry.fingerprint import CHUNK
from registry.hashes import Algorithm, from_hex

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


FILES = {
    "b.csv": b"b",
    "a/z.csv": b"az",
    "a.csv": b"a",
    "a/.hidden": b"",
    "数据/地铁.csv": patterned(CHUNK + 5),
    "数据/公交.csv": b"bus",
    "Z": b"capital",
}
