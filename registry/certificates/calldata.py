"""The signed acts inside a transaction, read back from the chain whoever sent them."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from eth_abi.abi import decode as abi_decode
from eth_abi.exceptions import DecodingError
from eth_utils.address import to_checksum_address

from registry.chain import Chain
from registry.deployment import Deployment
from registry.errors import Unavailable
from registry.hashes import from_hex, keccak, to_hex
from registry.messages import Message, act_types

RUN = keccak(b"run(address,uint256,bytes[])")[:4]


@dataclass(frozen=True)
class SignedAct:
    """A message as it was sent to a contract, with its signatures."""

    message: Message
    signatures: tuple[str, ...]


def acts_in(chain: Chain, deployment: Deployment, transaction: str) -> Iterator[SignedAct]:
    """The acts that a transaction carried, alone or in a `Batch`, whether or not they took effect.

    Nothing for a transaction that reached the contracts by another way. Raises: Unavailable.
    """
    raw = chain.rpc("eth_getTransactionByHash", transaction)
    if raw is None:
        raise Unavailable(f"the node no longer has the transaction {transaction}")
    to, data = to_checksum_address(raw["to"] or "0x" + "00" * 20), from_hex(raw["input"])
    calls = [(to, data)]
    if to == deployment.contracts["Batch"] and data[:4] == RUN:
        target, _, acts = abi_decode(["address", "uint256", "bytes[]"], data[4:])
        calls = [(to_checksum_address(target), act) for act in acts]
    by_address = {address: name for name, address in deployment.contracts.items()}
    for address, call in calls:
        kind = _kinds().get((by_address.get(address, ""), call[:4]))
        if kind is not None:
            try:
                arguments = abi_decode(kind.arguments(), call[4:])
            except DecodingError:
                continue  # what cannot be decoded cannot have taken effect
            signatures = arguments[-1] if kind.many_signatures else (arguments[-1],)
            yield SignedAct(
                kind.model_validate(_members(kind, arguments[0])), tuple(map(to_hex, signatures))
            )


@cache
def _kinds() -> dict[tuple[str, bytes], type[Message]]:
    """Message types by contract and selector of their verb."""
    found = {}
    for kind in act_types().values():
        call = f"{kind.verb}({','.join(kind.arguments())})"
        found[kind.contract, keccak(call.encode())[:4]] = kind
    return found


def _members(kind: Any, values: tuple[Any, ...]) -> dict[str, Any]:
    """A struct's members from its ABI values; parts that are structs again by their own class."""
    parts = {part.__name__: part for part in kind._parts}
    return {
        name: _value(solidity, value, parts)
        for (name, solidity), value in zip(kind.members.items(), values, strict=True)
    }


def _value(solidity: str, value: Any, parts: dict[str, Any]) -> Any:
    if solidity.endswith("[]"):
        return tuple(_value(solidity[:-2], each, parts) for each in value)
    if solidity in parts:
        return parts[solidity](**_members(parts[solidity], value))
    if solidity == "address":
        return to_checksum_address(value)
    return to_hex(value) if isinstance(value, bytes) else value
