"""The master key and what it does: wrap data keys, seal documents, blind what is looked up."""

import hmac
import os
import secrets
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from registry.errors import Malformed

NONCE = 12


@dataclass(frozen=True)
class Master:
    """Keys derived from the one in the file, each for a single purpose."""

    wrapping: bytes = field(repr=False)
    blinding: bytes = field(repr=False)
    logging: bytes = field(repr=False)

    @staticmethod
    def of(key: bytes) -> "Master":
        def derived(purpose: bytes) -> bytes:
            return HKDF(SHA256(), 32, salt=None, info=b"documents/1/" + purpose).derive(key)

        return Master(derived(b"wrapping"), derived(b"blinding"), derived(b"logging"))

    def blind(self, kind: str, text: str) -> bytes:
        """What stands in a database for a text that it must find but not show."""
        return hmac.digest(
            self.blinding, f"{kind}\0{text}".encode("utf-8", "surrogatepass"), sha256
        )

    def wrap(self, key: bytes, id: bytes) -> bytes:
        return seal(self.wrapping, key, id)

    def unwrap(self, wrapped: bytes, id: bytes) -> bytes:
        """Raises: InvalidTag."""
        return unseal(self.wrapping, wrapped, id)


def seal(key: bytes, data: bytes, bound: bytes) -> bytes:
    """AES-256-GCM: a random nonce, then the ciphertext; opens only beside the same `bound` bytes."""
    nonce = secrets.token_bytes(NONCE)
    return nonce + AESGCM(key).encrypt(nonce, data, bound)


def unseal(key: bytes, sealed: bytes, bound: bytes) -> bytes:
    """Raises: InvalidTag."""
    if len(sealed) < NONCE:
        raise InvalidTag
    return AESGCM(key).decrypt(sealed[:NONCE], sealed[NONCE:], bound)


def read_master(path: Path) -> Master:
    """Raises: Malformed for a file that others may read or that holds no key."""
    if path.stat().st_mode & 0o077:
        raise Malformed(f"{path} is open to others, expected mode 0600")
    try:
        key = bytes.fromhex(path.read_text().strip())
    except ValueError:
        key = b""
    if len(key) != 32:
        raise Malformed(f"{path} holds no key, expected 64 hex digits")
    return Master.of(key)


def make_master(path: Path) -> None:
    """Draws a key and puts it in place whole or not at all; of two who do so at once the first wins."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_hex(32) + "\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            return
    finally:
        draft.unlink()
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Makes a new name in a folder survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
