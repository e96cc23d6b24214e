"""What a person signs: EIP-712 messages as Python classes, their digests and their calldata.

A message class *is* the EIP-712 type: same name, same members, same order. Knows neither HTTP nor RPC.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, cast, get_args, get_origin

from eth_abi.abi import encode as abi_encode
from eth_utils.address import is_checksum_address, to_checksum_address
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from registry.hashes import from_hex, keccak, to_hex


@dataclass(frozen=True)
class Solidity:
    """The Solidity type of an annotated Python type."""

    name: str


def _bytes32(text: str) -> str:
    if len(text) != 66 or not text.startswith("0x") or text != text.lower():
        raise ValueError("expected 0x and 64 lower-case hex digits")
    int(text, 16)
    return text


def _address(text: str) -> str:
    if not is_checksum_address(text):
        raise ValueError("expected a checksummed address (EIP-55)")
    return text


Bytes32 = Annotated[str, Solidity("bytes32"), AfterValidator(_bytes32)]
Address = Annotated[str, Solidity("address"), AfterValidator(_address)]
Uint8 = Annotated[int, Solidity("uint8"), Field(ge=0, lt=2**8)]
Uint16 = Annotated[int, Solidity("uint16"), Field(ge=0, lt=2**16)]
Uint40 = Annotated[int, Solidity("uint40"), Field(ge=0, lt=2**40)]
# Never in an act of the chain, where no argument carries text.
Text = Annotated[str, Solidity("string"), Field(min_length=1, max_length=200)]
# A name from a table of a rule profile; empty where none is meant. Never in an act of the chain.
Word = Annotated[str, Solidity("string"), Field(max_length=40)]

ZERO = "0x" + "00" * 32


def party_of(address: str) -> str:
    """The party that a first address names."""
    return "0x" + "00" * 12 + address[2:].lower()


@lru_cache(maxsize=4096)
def address_of(party: str) -> str:
    """The first address of a party."""
    return cast(str, to_checksum_address("0x" + party[26:]))


@dataclass(frozen=True)
class Domain:
    """The EIP-712 domain: an act signed for one contract of one chain holds nowhere else."""

    chain_id: int
    contract: str
    name: str = "Data Rights Registry"
    version: str = "1"

    @cached_property
    def separator(self) -> bytes:
        return keccak(
            keccak(
                b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
            )
            + keccak(self.name.encode())
            + keccak(self.version.encode())
            + self.chain_id.to_bytes(32, "big")
            + bytes(12)
            + from_hex(self.contract)
        )


@dataclass(frozen=True)
class Signer:
    """Who must sign: a party, whose key the chain knows, or a key itself."""

    kind: Literal["party", "key"]
    id: str


Encoder = Callable[[Any], bytes]


class Struct(BaseModel):
    """An EIP-712 struct; members in the order of the type string."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    # The EIP-712 name, which is the class's own unless that says otherwise.
    primary: ClassVar[str]
    members: ClassVar[dict[str, str]]
    type_string: ClassVar[str]
    abi_type: ClassVar[str]
    _type_hash: ClassVar[bytes]
    _encoders: ClassVar[tuple[tuple[str, Encoder], ...]]
    _parts: ClassVar[tuple[type["Struct"], ...]]

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        annotations: dict[str, Any] = {}
        for base in reversed(cls.__mro__):
            annotations |= vars(base).get("__annotations__", {})
        shapes = {name: _shape(annotations[name]) for name in cls.model_fields}
        cls.members = {name: shape.name for name, shape in shapes.items()}
        cls._parts = tuple(shape.struct for shape in shapes.values() if shape.struct)
        cls.primary = vars(cls).get("primary", cls.__name__)
        own = f"{cls.primary}({','.join(f'{kind} {name}' for name, kind in cls.members.items())})"
        cls.type_string = own + "".join(part.type_string for part in cls._parts)
        cls.abi_type = "(" + ",".join(shape.abi for shape in shapes.values()) + ")"
        cls._type_hash = keccak(cls.type_string.encode())
        cls._encoders = tuple((name, shape.encode) for name, shape in shapes.items())

    def struct_hash(self) -> bytes:
        """hashStruct of EIP-712."""
        words = [encode(getattr(self, name)) for name, encode in self._encoders]
        return keccak(self._type_hash + b"".join(words))

    def abi_value(self) -> tuple[Any, ...]:
        """The value as eth_abi takes a tuple."""
        return tuple(_abi_value(getattr(self, name), kind) for name, kind in self.members.items())


@dataclass(frozen=True)
class _Shape:
    name: str
    abi: str
    encode: Encoder
    struct: type[Struct] | None = None


def _shape(annotation: Any) -> _Shape:
    if get_origin(annotation) is tuple:
        item = _shape(get_args(annotation)[0])
        return _Shape(
            item.name + "[]",
            item.abi + "[]",
            lambda values: keccak(b"".join(map(item.encode, values))),
            item.struct,
        )
    if isinstance(annotation, type) and issubclass(annotation, Struct):
        return _Shape(
            annotation.primary, annotation.abi_type, lambda value: value.struct_hash(), annotation
        )
    kind = next(note.name for note in annotation.__metadata__ if isinstance(note, Solidity))
    if kind == "bytes32":
        return _Shape(kind, kind, lambda value: bytes.fromhex(value[2:]))
    if kind == "address":
        return _Shape(kind, kind, lambda value: bytes(12) + bytes.fromhex(value[2:]))
    if kind == "string":
        return _Shape(kind, kind, lambda value: keccak(value.encode()))
    return _Shape(kind, kind, lambda value: value.to_bytes(32, "big"))


def _abi_value(value: Any, kind: str) -> Any:
    if isinstance(value, tuple):
        return [_abi_value(item, kind[:-2]) for item in value]
    if isinstance(value, Struct):
        return value.abi_value()
    return bytes.fromhex(value[2:]) if kind == "bytes32" else value


class Signable(Struct):
    """A struct that people sign."""

    def signers(self) -> tuple[Signer, ...]:
        """Who must sign, in the order of the signatures."""
        raise NotImplementedError

    def digest(self, domain: Domain) -> str:
        """What is signed; for a creation, the id of what it creates."""
        return to_hex(keccak(b"\x19\x01" + domain.separator + self.struct_hash()))

    @classmethod
    def types(cls) -> dict[str, list[dict[str, str]]]:
        """The `types` of eth_signTypedData_v4."""
        own = {
            part.primary: [{"name": n, "type": t} for n, t in part.members.items()]
            for part in (cls, *cls._parts)
        }
        domain = {
            "name": "string",
            "version": "string",
            "chainId": "uint256",
            "verifyingContract": "address",
        }
        return {"EIP712Domain": [{"name": n, "type": t} for n, t in domain.items()], **own}

    def typed_data(self, domain: Domain) -> dict[str, Any]:
        """The whole of what a wallet shows and signs (EIP-712, eth_signTypedData_v4)."""
        return {
            "types": self.types(),
            "primaryType": self.primary,
            "domain": {
                "name": domain.name,
                "version": domain.version,
                "chainId": domain.chain_id,
                "verifyingContract": domain.contract,
            },
            "message": self.model_dump(mode="json"),
        }


# What an act must bring to show whom it concerns: the message that made the record it acts on.
Witness = Literal["none", "filing", "filings", "opening"]


class Message(Signable):
    """A signed act: `contract` and `verb` say where it is executed."""

    contract: ClassVar[str]
    verb: ClassVar[str]
    witness: ClassVar[Witness] = "none"
    many_signatures: ClassVar[bool] = False

    if TYPE_CHECKING:
        # Every act declares it last, in the order of its type string.
        deadline: int

    @classmethod
    def arguments(cls) -> tuple[str, ...]:
        """The ABI types of the verb's arguments."""
        return (
            cls.abi_type,
            *WITNESSES[cls.witness],
            "bytes[]" if cls.many_signatures else "bytes",
        )

    def calldata(self, signatures: tuple[str, ...], filings: tuple["Message", ...] = ()) -> bytes:
        """The call that executes the act; `filings` are the messages it needs as witnesses."""
        kinds = self.arguments()
        selector = keccak(f"{self.verb}({','.join(kinds)})".encode())[:4]
        values: list[Any] = [self.abi_value()]
        if self.witness in ("filing", "opening"):
            values.append(filings[0].abi_value())
        elif self.witness == "filings":
            values.append([filing.abi_value() for filing in filings])
        raw = [from_hex(signature) for signature in signatures]
        values.append(raw if self.many_signatures else raw[0])
        return selector + abi_encode(kinds, values)


FILING = "((bytes32,uint8)[],bytes32,bytes32,uint16,uint16,uint8,uint40)"
# The message that opened an objection.
OPENING = "(bytes32,bytes32,uint16,bytes32,uint40)"
WITNESSES: dict[str, tuple[str, ...]] = {
    "none": (),
    "filing": (FILING,),
    "filings": (FILING + "[]",),
    "opening": (OPENING,),
}


class Void(Message):
    """Takes back an act of the signer's own that was not executed yet: one for Registrations.

    Each contract that executes acts has a voiding of its own, for no other knows of it.
    """

    contract: ClassVar[str] = "Registrations"
    verb: ClassVar[str] = "void"

    act: Bytes32
    signer: Address
    deadline: Uint40

    def signers(self) -> tuple[Signer, ...]:
        return (Signer("key", self.signer),)


class VoidAtRights(Void):
    """Takes back an act of the signer's own that was not executed yet: one for Rights."""

    primary: ClassVar[str] = "Void"
    contract: ClassVar[str] = "Rights"


class VoidAtObjections(Void):
    """Takes back an act of the signer's own that was not executed yet: one for Objections."""

    primary: ClassVar[str] = "Void"
    contract: ClassVar[str] = "Objections"


class VoidAtCasework(Void):
    """Takes back an act of the signer's own that was not executed yet: one for Casework."""

    primary: ClassVar[str] = "Void"
    contract: ClassVar[str] = "Casework"


class VoidAtParties(Void):
    """Takes back an act of the signer's own that was not executed yet: one for Parties."""

    primary: ClassVar[str] = "Void"
    contract: ClassVar[str] = "Parties"


def message_types(root: type[Message] = Message) -> Iterator[type[Message]]:
    """Every message class that has been declared."""
    for child in root.__subclasses__():
        yield child
        yield from message_types(child)


def act_types() -> dict[str, type[Message]]:
    """The classes of all acts that have been declared, by name."""
    return {each.__name__: each for each in message_types() if hasattr(each, "verb")}


def voiding_at(contract: str) -> type[Void]:
    """The class that takes back acts for a contract."""
    kinds: tuple[type[Void], ...] = (Void, *Void.__subclasses__())
    return next(each for each in kinds if each.contract == contract)
