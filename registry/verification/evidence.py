"""Reading evidence: RLP, headers, Merkle-Patricia proofs, EIP-712 and ECDSA, each in a few lines."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from coincurve import PublicKey
from eth_hash.auto import keccak as _keccak

HALF_ORDER = 0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0
DOMAIN = b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"


class Wrong(Exception):
    """The evidence contradicts the claim."""


class Unknown(Exception):
    """The evidence neither shows nor contradicts the claim."""


def keccak(data: bytes) -> bytes:
    return bytes(_keccak(data))


def text(data: bytes) -> str:
    return "0x" + data.hex()


def octets(hexadecimal: str) -> bytes:
    return bytes.fromhex(hexadecimal[2:])


def checksummed(address: str) -> str:
    """EIP-55; empty for what is no address."""
    digits = address[2:].lower()
    if len(digits) != 40 or not address.startswith("0x") or set(digits) - set("0123456789abcdef"):
        return ""
    case = keccak(digits.encode()).hex()
    return "0x" + "".join(d.upper() if c > "7" else d for d, c in zip(digits, case, strict=False))


def rlp(data: bytes) -> Any:
    """The bytes, or nested list of bytes, that RLP encodes. Raises: Wrong."""
    item, end = _rlp_item(data, 0, len(data))
    if end != len(data):
        raise Wrong("bytes follow the end of the RLP")
    return item


def _rlp_item(data: bytes, at: int, end: int) -> tuple[Any, int]:
    """The item that begins at a place, and where it ends: not behind `end`."""
    if at >= end:
        raise Wrong("the RLP ends too early")
    first, start = data[at], at + 1
    if first < 0x80:
        return data[at:start], start
    is_list = first >= 0xC0
    length = first - (0xC0 if is_list else 0x80)
    if length > 55:
        size, start = length - 55, at + 1 + length - 55
        length = int.from_bytes(data[at + 1 : at + 1 + size], "big")
    stop = start + length
    if stop > end:
        raise Wrong("the RLP ends too early")
    if not is_list:
        return data[start:stop], stop
    items = []
    while start < stop:
        item, start = _rlp_item(data, start, stop)
        items.append(item)
    return items, stop


@dataclass(frozen=True)
class Header:
    """What is read of a block's header; `time` in Unix seconds, whatever unit the chain counts in."""

    hash: str
    parent: str
    receipts: bytes
    number: int
    time: int


def header(encoded: str) -> Header:
    """A header from its RLP: parent is member 0, receiptsRoot 5, number 8, timestamp 11."""
    raw = octets(encoded)
    fields = rlp(raw)
    time = int.from_bytes(fields[11], "big")
    return Header(
        hash=text(keccak(raw)),
        parent=text(fields[0]),
        receipts=fields[5],
        number=int.from_bytes(fields[8], "big"),
        time=time // 1000 if time > 100_000_000_000 else time,
    )


def prove(root: bytes, index: int, proof: list[str]) -> bytes:
    """The receipt at a place of a block, walked to from the block's receiptsRoot. Raises: Wrong."""
    length = (index.bit_length() + 7) // 8
    number = index.to_bytes(length, "big")
    key = number if 0 < index < 0x80 else bytes([0x80 + length]) + number
    path, expected = key.hex(), root
    for depth, node in enumerate(map(octets, proof)):
        if keccak(node) != expected:
            raise Wrong(f"proof node {depth} is not the one that the node above it names")
        parts = rlp(node)
        while True:
            if len(parts) == 17 and path:
                child, path = parts[int(path[0], 16)], path[1:]
            elif len(parts) == 2:
                prefix, child = parts[0].hex(), parts[1]
                flags = int(prefix[0], 16)
                own = prefix[1:] if flags & 1 else prefix[2:]
                if not path.startswith(own):
                    raise Wrong(f"proof node {depth} leads to another receipt")
                path = path[len(own) :]
                if flags & 2:
                    if path or depth != len(proof) - 1:
                        raise Wrong(f"proof node {depth} is a leaf, but the path goes on")
                    return bytes(child)
            else:
                raise Wrong(f"proof node {depth} has no such branch")
            if isinstance(child, bytes):
                break
            parts = child  # a node shorter than a hash stands inside its parent
        expected = child
    raise Wrong("the proof ends before the receipt")


def logs(receipt: bytes) -> list[tuple[str, list[bytes], bytes]]:
    """(address, topics, data) of a receipt, which may begin with its type (EIP-2718)."""
    entries = rlp(receipt[1:] if receipt[0] < 0x80 else receipt)[3]
    return [(checksummed(text(address)), topics, data) for address, topics, data in entries]


def event_word(kind: str, word: bytes) -> Any:
    """A member of an event, from its 32 bytes."""
    if kind.startswith("uint"):
        return int.from_bytes(word, "big")
    if kind == "address":
        return checksummed(text(word[12:]))
    return text(word) if kind == "bytes32" else word.rstrip(b"\x00").decode("ascii")


def digest(types: Mapping[str, str], kind: str, message: Any, chain_id: int, contract: str) -> str:
    """What is signed: EIP-712 over the member lists of `types`."""
    domain = keccak(DOMAIN) + keccak(b"Data Rights Registry") + keccak(b"1")
    domain += _word(types, "uint256", chain_id) + _word(types, "address", contract)
    return text(keccak(b"\x19\x01" + keccak(domain) + _word(types, kind, message)))


def _word(types: Mapping[str, str], kind: str, value: Any) -> bytes:
    if kind.endswith("[]"):
        return keccak(b"".join(_word(types, kind[:-2], each) for each in value))
    if kind in types:
        members = [member.split(" ") for member in types[kind].split(",")]
        parts = {part.removesuffix("[]") for part, _ in members} & set(types)
        full = "".join(f"{each}({types[each]})" for each in (kind, *sorted(parts)))
        words = [_word(types, part, value[name]) for part, name in members]
        return keccak(keccak(full.encode()) + b"".join(words))
    return value.to_bytes(32, "big") if kind.startswith("uint") else octets(value).rjust(32, b"\0")


def require_signature(digest: str, signature: str, by: str, whose: str) -> None:
    """That the key of `by` made it; only the canonical form counts. Raises: Wrong, naming `whose`."""
    raw = octets(signature)
    if len(raw) != 65 or raw[64] not in (27, 28):
        raise Wrong(f"{whose}: a signature is 65 bytes and ends in 27 or 28")
    if not 0 < int.from_bytes(raw[32:64], "big") <= HALF_ORDER:
        raise Wrong(f"{whose}: the signature is not canonical, s is zero or high")
    try:
        recoverable = raw[:64] + bytes([raw[64] - 27])
        key = PublicKey.from_signature_and_message(recoverable, octets(digest), hasher=None)
    except Exception:  # libsecp256k1's binding raises a bare Exception
        raise Wrong(f"{whose}: no key could have made this signature") from None
    if checksummed(text(keccak(key.format(compressed=False)[1:])[12:])) != by:
        raise Wrong(f"{whose}: the signature was not made by {by} over this")
