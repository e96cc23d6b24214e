"""Canonical ECDSA signatures: 65 bytes, low s, v 27 or 28; whatever else is refused as the contracts refuse it.

Knows neither HTTP nor RPC.
"""

from typing import cast

from coincurve import PrivateKey, PublicKey
from eth_utils.address import to_checksum_address

from registry.errors import BadSignature
from registry.hashes import from_hex, keccak, to_hex

HALF_ORDER = 0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0


def recover(digest: str, signature: str) -> str:
    """The address whose key signed. Raises: BadSignature, saying which rule of canonical form is broken."""
    raw = _raw(signature)
    if len(raw) != 65:
        raise BadSignature(f"expected 65 bytes, got {len(raw)}")
    r, s, v = int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:64], "big"), raw[64]
    if v not in (27, 28):
        raise BadSignature(f"expected v 27 or 28, got {v}")
    if s > HALF_ORDER:
        raise BadSignature("expected the low s of the two; a high s makes the signature malleable")
    if r == 0 or s == 0:
        raise BadSignature("r and s must not be zero")
    try:
        key = PublicKey.from_signature_and_message(
            raw[:64] + bytes([v - 27]), from_hex(digest), hasher=None
        )
    except Exception as e:  # libsecp256k1 answers a bare Exception: no such point
        raise BadSignature("no key could have made this signature") from e
    return address_of_key(key)


def sign(digest: str, key: bytes) -> str:
    """The canonical signature of a digest; libsecp256k1 always gives the low s."""
    raw = PrivateKey(key).sign_recoverable(from_hex(digest), hasher=None)
    return to_hex(raw[:64] + bytes([raw[64] + 27]))


def address_of_key(key: PublicKey) -> str:
    """The checksummed address of a public key."""
    return cast(str, to_checksum_address(keccak(key.format(compressed=False)[1:])[12:]))


def _raw(signature: str) -> bytes:
    try:
        return from_hex(signature)
    except ValueError as e:
        raise BadSignature("expected 0x and hex digits") from e
