"""What the chain said: each contract event as a class that is at once the event and its table.

A fact row belongs to its block and falls with it. Knows neither HTTP nor RPC.
"""

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Annotated, Any, ClassVar, cast, get_args, get_origin

import msgspec
from eth_utils.address import to_checksum_address
from sqlalchemy import (
    BigInteger,
    Dialect,
    Executable,
    ForeignKey,
    Integer,
    LargeBinary,
    MetaData,
    String,
    TypeDecorator,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from registry.errors import Malformed
from registry.hashes import keccak, to_hex
from registry.messages import Solidity

Bytes32 = Annotated[str, Solidity("bytes32")]
Bytes15 = Annotated[str, Solidity("bytes15")]
Bytes2 = Annotated[str, Solidity("bytes2")]
Address = Annotated[str, Solidity("address")]
Uint8 = Annotated[int, Solidity("uint8")]
Uint16 = Annotated[int, Solidity("uint16")]
Uint32 = Annotated[int, Solidity("uint32")]
Uint40 = Annotated[int, Solidity("uint40")]


def _solidity(note: Any) -> str:
    inner = get_args(note)[0] if get_args(note) else note
    return next(meta.name for meta in inner.__metadata__ if isinstance(meta, Solidity))


@lru_cache(maxsize=65536)
def _checksummed(word: str) -> str:
    return cast(str, to_checksum_address("0x" + word[24:]))


def _text(word: str) -> str:
    return bytes.fromhex(word).rstrip(b"\x00").decode("ascii")


def _integer(word: str) -> int:
    return int(word, 16)


# From a log's word to what the driver is given.
_READERS: dict[str, Callable[[str], Any]] = {
    "bytes32": bytes.fromhex,
    "bytes15": _text,
    "bytes2": _text,
    "address": _checksummed,
    "uint8": _integer,
    "uint16": _integer,
    "uint32": _integer,
    "uint40": _integer,
}


class HashText(TypeDecorator[str]):
    """A hash: `0x` text to whoever asks, 32 bytes in the file, which halves every index."""

    impl = LargeBinary(32)
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> bytes | None:
        return None if value is None else bytes.fromhex(value[2:])

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> str | None:
        return None if value is None else "0x" + value.hex()


class ReadModel(DeclarativeBase):
    """The tables of the read model: all of it can be thrown away and rebuilt from the chain."""

    metadata = MetaData()
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        Bytes32: HashText,
        Bytes15: String(15),
        Bytes2: String(2),
        Address: String(42),
        Uint8: Integer,
        Uint16: Integer,
        Uint32: BigInteger,
        Uint40: BigInteger,
    }


class Block(ReadModel):
    """A block that we have read; deleting it deletes its facts."""

    __tablename__ = "block"

    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    hash: Mapped[Bytes32] = mapped_column(unique=True)
    parent: Mapped[Bytes32]
    time: Mapped[Uint40]


class Final(ReadModel):
    """One row: the highest block that was ever final to us. It does not fall with any block."""

    __tablename__ = "final"

    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)


class Tip(ReadModel):
    """Running hash and count of a contract after a block in which it said something."""

    __tablename__ = "tip"

    block: Mapped[int] = mapped_column(
        ForeignKey("block.number", ondelete="CASCADE"), primary_key=True
    )
    contract: Mapped[str] = mapped_column(String(32), primary_key=True)
    head: Mapped[str] = mapped_column(String(50))
    count: Mapped[int]


class Fact(ReadModel):
    """One event, as said by one of `contracts`. The first member is the subject, the one indexed argument.

    `position` is the log's place in its block, `ordinal` the contract's `count` once it was said.
    """

    __abstract__ = True

    contracts: ClassVar[tuple[str, ...]]
    event: ClassVar[str]
    members: ClassVar[dict[str, str]]
    topic: ClassVar[str]
    stored: ClassVar[Callable[["Log"], tuple[Any, ...]]]

    block: Mapped[int] = mapped_column(
        ForeignKey("block.number", ondelete="CASCADE"), primary_key=True, sort_order=-5
    )
    position: Mapped[int] = mapped_column(primary_key=True, sort_order=-4)
    contract: Mapped[str] = mapped_column(String(32), sort_order=-3)
    ordinal: Mapped[int] = mapped_column(sort_order=-2)
    transaction: Mapped[Bytes32] = mapped_column(sort_order=-1)

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "contracts" not in cls.__dict__:
            return
        cls.event = cls.__name__
        cls.members = {
            name: _solidity(note)
            for name, note in cls.__annotations__.items()
            if get_origin(note) is cast(Any, Mapped)
        }
        cls.topic = to_hex(keccak(f"{cls.event}({','.join(cls.members.values())})".encode()))
        readers = [_READERS[kind] for kind in cls.members.values()]

        def stored(log: Log) -> tuple[Any, ...]:
            words = log.words()
            if len(words) != len(readers):
                raise Malformed(f"{cls.event}: got {len(words)} words, expected {len(readers)}")
            return tuple([read(word) for read, word in zip(readers, words)])  # noqa: B905

        cls.stored = staticmethod(stored)


# Statements that fill what is derived from the facts of blocks :first to :last, in their transaction.
# Each fills a table whose rows fall with their block; the nouns that own such tables append to it.
DERIVED: list[Executable] = []


class Log(msgspec.Struct, frozen=True, rename="camel"):
    """A log as a node gives it: everything is `0x` text, decoded straight from its JSON."""

    address: str
    topics: tuple[str, ...]
    data: str
    block_number: str
    block_hash: str
    log_index: str
    transaction_hash: str

    @property
    def block(self) -> int:
        return int(self.block_number, 16)

    @property
    def position(self) -> int:
        """Its place in the block."""
        return int(self.log_index, 16)

    @property
    def transaction(self) -> str:
        return self.transaction_hash

    def words(self) -> list[str]:
        """The arguments as 64 hex digits each: the subject, then the data."""
        data = self.data
        return [
            self.topics[1][2:],
            *(data[i : i + 64] for i in range(2, len(data), 64)),
        ]

    def extend(self, head: bytes) -> bytes:
        """The contract's 24-byte head after this fact (contracts/interfaces/ILedger.sol)."""
        said = keccak(bytes.fromhex(self.topics[0][2:] + self.topics[1][2:] + self.data[2:]))
        return keccak(head + bytes(8) + said)[:24]


def fact_types() -> Iterator[type[Fact]]:
    """Every fact class that has been declared."""
    for child in Fact.__subclasses__():
        if "contracts" in child.__dict__:
            yield child


class ActSigned(Fact):
    """A signed act took effect; the facts that name it follow in the same transaction."""

    contracts: ClassVar[tuple[str, ...]] = ("Parties", "Registrations", "Rights", "Objections")
    __tablename__ = "act_signed"

    act: Mapped[Bytes32] = mapped_column(index=True)
    signer: Mapped[Address]


class ActVoided(Fact):
    """A signer took an act back before it was executed."""

    contracts: ClassVar[tuple[str, ...]] = ("Parties", "Registrations", "Rights", "Objections")
    __tablename__ = "act_voided"

    act: Mapped[Bytes32] = mapped_column(index=True)
    signer: Mapped[Address]
