"""Hash functions, canonical JSON and the Merkle tree of RFC 9162, in the forms the registry uses.

Hashes travel as lower-case `0x` text, except inside trees, where they are raw digests.
"""

import hashlib
from collections.abc import Sequence
from typing import Any, Literal, Protocol, cast

import rfc8785
from cryptography.hazmat.primitives import hashes as primitives
from sha3 import keccak_256  # type: ignore[import-untyped]

Algorithm = Literal["sha256", "sm3"]


class Hasher(Protocol):
    """What `hashlib` hands out, and what the SM3 of `cryptography` is dressed as."""

    def update(self, data: bytes | memoryview, /) -> None: ...

    def digest(self) -> bytes: ...


class _Sm3:
    """SM3 from the OpenSSL inside `cryptography`, which is there even where Python's has none."""

    def __init__(self) -> None:
        self._hash = primitives.Hash(primitives.SM3())

    def update(self, data: bytes | memoryview, /) -> None:
        self._hash.update(data)

    def digest(self) -> bytes:
        return self._hash.copy().finalize()


def hasher(algorithm: Algorithm) -> Hasher:
    """A fresh hash; `sm3` is GB/T 32905-2016."""
    if algorithm == "sm3":
        return hashlib.new("sm3") if "sm3" in hashlib.algorithms_available else _Sm3()
    return hashlib.sha256()


def digest(data: bytes, algorithm: Algorithm = "sha256") -> bytes:
    h = hasher(algorithm)
    h.update(data)
    return h.digest()


def keccak(data: bytes) -> bytes:
    return cast(bytes, keccak_256(data).digest())


def to_hex(data: bytes) -> str:
    return "0x" + data.hex()


def from_hex(text: str) -> bytes:
    """The bytes of `0x` text; Raises: ValueError when the prefix is missing or a digit is not hex."""
    if not text.startswith("0x"):
        raise ValueError(f"expected 0x text, got {text[:12]!r}")
    return bytes.fromhex(text[2:])


def canonical(value: Any) -> bytes:
    """The one byte form of a JSON value (RFC 8785)."""
    return rfc8785.dumps(value)


def content_hash(data: bytes) -> str:
    """The name of a document in the store: SHA-256 of its bytes."""
    return to_hex(hashlib.sha256(data).digest())


def tree_root(leaves: Sequence[bytes], algorithm: Algorithm = "sha256") -> bytes:
    """The root over already hashed leaves (RFC 9162 §2.1.1); the hash of nothing for no leaves."""
    if not leaves:
        return digest(b"", algorithm)
    row = list(leaves)
    while len(row) > 1:
        # Pairing from the left and carrying an odd last node up gives RFC 9162's left-heavy tree.
        paired = [
            digest(b"\x01" + row[i] + row[i + 1], algorithm) for i in range(0, len(row) - 1, 2)
        ]
        row = paired + (row[-1:] if len(row) % 2 else [])
    return row[0]
