"""Signed checkpoints: hashes of final blocks that the operator can never deny again.

Whoever keeps one can show a later rewrite; on a chain of one operator that detects, it does not
prevent. Knows neither HTTP nor RPC.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Protocol

from coincurve import PrivateKey
from pydantic import Field
from sqlalchemy import Column, Engine, Integer, MetaData, Row, String, Table, select
from sqlalchemy.dialects.sqlite import insert

from registry.database import open_sqlite
from registry.errors import Mismatch
from registry.messages import Bytes32, Domain, Signable, Signer, Solidity
from registry.signatures import address_of_key, sign

Uint64 = Annotated[int, Solidity("uint64"), Field(ge=0, lt=2**64)]

CHECKPOINTS = MetaData()

checkpoints = Table(
    "checkpoint",
    CHECKPOINTS,
    # The primary key is the promise: one number, one hash.
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("hash", String(66), nullable=False),
    Column("key", String(42), nullable=False),
    Column("signature", String(132), nullable=False),
)


# Named as the EIP-712 type is; what is kept and handed out is `SignedCheckpoint`.
class Checkpoint(Signable):
    """States that a block is final; signed for the domain of Registrars, never sent to a chain."""

    number: Uint64
    hash: Bytes32

    def signers(self) -> tuple[Signer, ...]:
        """Nobody in particular: whichever key the directory lets sign checkpoints."""
        return ()


@dataclass(frozen=True)
class SignedCheckpoint:
    """A checkpoint with its signature, by `key`."""

    number: int
    hash: str
    key: str
    signature: str

    def as_json(self) -> dict[str, Any]:
        return {
            "number": self.number,
            "hash": self.hash,
            "key": self.key,
            "signature": self.signature,
        }


class Place(Protocol):
    """A block as `registry.chain` or the read model has it."""

    @property
    def number(self) -> int: ...

    @property
    def hash(self) -> str: ...


class Checkpoints:
    """All that we ever signed, in a durable file. Safe to share between threads and processes."""

    def __init__(self, engine: Engine, key: bytes | None, domain: Domain) -> None:
        self._engine = engine
        self._key = key
        self._domain = domain

    @staticmethod
    def open(path: Path, key: bytes | None, domain: Domain) -> "Checkpoints":
        """`domain` is that of Registrars; without a `key` nothing new is signed."""
        engine = open_sqlite(path, durable=True)
        CHECKPOINTS.create_all(engine)
        return Checkpoints(engine, key, domain)

    def close(self) -> None:
        self._engine.dispose()

    def sign_final(self, block: Place) -> SignedCheckpoint | None:
        """Signs a block that the caller knows to be final; a repeat answers the first signature.

        On the disk before it is answered. None when there is no checkpoint and no key to make one.
        Raises: Mismatch when another hash was signed for this number: evidence of a rewrite.
        """
        known = self._at(block.number)
        if known is None:
            if self._key is None:
                return None
            digest = Checkpoint(number=block.number, hash=block.hash).digest(self._domain)
            signer = address_of_key(PrivateKey(self._key).public_key)
            new = SignedCheckpoint(block.number, block.hash, signer, sign(digest, self._key))
            with self._engine.begin() as connection:
                # Should another have signed meanwhile, what counts is what the file holds.
                connection.execute(
                    insert(checkpoints).values(**new.as_json()).on_conflict_do_nothing()
                )
            known = self._at(block.number)
            assert known is not None
        if known.hash != block.hash:
            raise Mismatch(
                f"block {block.number} was signed as {known.hash} by {known.key}; the chain now has "
                f"{block.hash}: final history was rewritten, and nothing was signed"
            )
        return known

    def at_or_after(self, number: int) -> SignedCheckpoint | None:
        """The first checkpoint of this block or a later one."""
        return self._first(
            select(checkpoints)
            .where(checkpoints.c.number >= number)
            .order_by(checkpoints.c.number)
            .limit(1)
        )

    def latest(self) -> SignedCheckpoint | None:
        return self._first(select(checkpoints).order_by(checkpoints.c.number.desc()).limit(1))

    def _at(self, number: int) -> SignedCheckpoint | None:
        return self._first(select(checkpoints).where(checkpoints.c.number == number))

    def _first(self, question: Any) -> SignedCheckpoint | None:
        with self._engine.connect() as connection:
            row: Row[Any] | None = connection.execute(question).first()
        return None if row is None else SignedCheckpoint(**row._mapping)
