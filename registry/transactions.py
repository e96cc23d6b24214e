"""Transactions of type 2 (EIP-1559): their bytes, the attempts on a nonce, what a mined one did. Knows no node."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import cast

import rlp  # type: ignore[import-untyped]

from registry.hashes import from_hex, keccak, to_hex
from registry.outbox import Rejection
from registry.signatures import sign

TYPE = b"\x02"
INTRINSIC_GAS = 21_000


@dataclass(frozen=True)
class Transaction:
    """A call that pays no value; `tip` and `fee` are the most wei per gas, `to` an address."""

    chain_id: int
    nonce: int
    tip: int
    fee: int
    gas: int
    to: str
    data: bytes

    def sign(self, key: bytes) -> bytes:
        """The raw bytes that a node takes; the same for the same key, always."""
        fields = [
            self.chain_id,
            self.nonce,
            self.tip,
            self.fee,
            self.gas,
            from_hex(self.to),
            0,
            self.data,
            [],
        ]
        signature = from_hex(sign(to_hex(keccak(TYPE + rlp.encode(fields))), key))
        r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:64], "big")
        return TYPE + cast(bytes, rlp.encode([*fields, signature[64] - 27, r, s]))

    @staticmethod
    def read(raw: bytes) -> "Transaction":
        """What `sign` was called on."""
        chain_id, nonce, tip, fee, gas, to, _, data, *_ = rlp.decode(raw[1:])
        return Transaction(
            chain_id=int.from_bytes(chain_id, "big"),
            nonce=int.from_bytes(nonce, "big"),
            tip=int.from_bytes(tip, "big"),
            fee=int.from_bytes(fee, "big"),
            gas=int.from_bytes(gas, "big"),
            to=to_hex(to),
            data=data,
        )

    def paying(self, *, fee: int, tip: int) -> "Transaction":
        """The same for a price that a node takes as a replacement: each at least an eighth more."""
        return replace(self, fee=max(fee, raised(self.fee)), tip=max(tip, raised(self.tip)))


@dataclass(frozen=True)
class Attempt:
    """A signed transaction; `acts` are the digests of what it carries, by place."""

    transaction: str
    nonce: int
    raw: bytes
    acts: tuple[str, ...]

    @staticmethod
    def of(raw: bytes, *, nonce: int, acts: Sequence[str]) -> "Attempt":
        return Attempt(hash_of(raw), nonce, raw, tuple(acts))


@dataclass(frozen=True)
class Slot:
    """A nonce and all attempts on it, oldest first: any one of them may be mined."""

    nonce: int
    attempts: tuple[Attempt, ...]

    @property
    def newest(self) -> Attempt:
        return self.attempts[-1]


@dataclass(frozen=True)
class Place:
    """Where in the chain; final once no reorg is expected to take the block."""

    transaction: str
    block: int
    block_hash: str
    is_final: bool


@dataclass(frozen=True)
class Again:
    """How to run an act again: its gas limit, and the most acts beside it; None for as before."""

    gas: int | None = None
    crowd: int | None = None


@dataclass
class Settlement:
    """What a mined transaction did to its acts, by digest.

    `elsewhere` took effect by another's transaction; `again` was not run.
    """

    slot: Slot
    place: Place
    included: list[str] = field(default_factory=list)
    elsewhere: dict[str, Place] = field(default_factory=dict)
    refused: dict[str, Rejection] = field(default_factory=dict)
    again: dict[str, Again] = field(default_factory=dict)


def raised(price: int) -> int:
    """An eighth more, rounded up, and never nothing (geth asks a tenth of a replacement, others 12.5 %)."""
    return price + price // 8 + 1


def calldata_gas(data: bytes) -> int:
    """What a call's bytes cost: 4 for a zero, 16 for any other (EIP-2028)."""
    return 16 * len(data) - 12 * data.count(0)


def least_gas(data: bytes) -> int:
    """The least that a call costs, however little it does (EIP-7623)."""
    return INTRINSIC_GAS + 10 * calldata_gas(data) // 4


def hash_of(raw: bytes) -> str:
    return to_hex(keccak(raw))
