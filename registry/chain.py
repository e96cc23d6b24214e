"""The only door to a chain: JSON-RPC behind web3's provider, in the types of this house.

A failed call is never read as an answer: what a node does not say is `Unavailable`, not absent.
"""

import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, cast

import msgspec
import rlp  # type: ignore[import-untyped]
from eth_abi.abi import decode as abi_decode
from eth_abi.abi import encode as abi_encode
from eth_abi.exceptions import DecodingError
from eth_typing import URI
from web3 import HTTPProvider
from web3.types import RPCEndpoint

from registry.errors import RegistryError, Unavailable
from registry.facts import Log
from registry.hashes import from_hex, keccak, to_hex

# A library below web3 raises the limit a hundredfold; a deeply nested body would then overrun the stack
# of the process instead of being refused.
sys.setrecursionlimit(min(sys.getrecursionlimit(), 10_000))

CONTRACTS = ("Parties", "Registrars", "Rights", "Registrations", "Objections")


class Reverted(RegistryError):
    """The chain would refuse, or refused, a call; `error` is the name of our custom error, if it is one of ours."""

    status = 409
    code = "contract_refuses"
    title = {"en": "The contract refuses", "zh": "合约拒绝"}

    def __init__(self, error: str, arguments: dict[str, Any], data: str) -> None:
        shown = ", ".join(f"{name}={value}" for name, value in arguments.items())
        super().__init__(f"{error}({shown})")
        self.error = error
        self.arguments = arguments
        self.data = data


class RpcError(RegistryError):
    """The node answered with an error that is not a revert."""

    status = 503
    code = "node_error"
    title = {"en": "The node answered with an error", "zh": "节点返回错误"}

    def __init__(self, number: int, message: str, data: Any = None) -> None:
        super().__init__(f"{message} ({number})")
        self.number = number
        self.message = message
        self.data = data


@dataclass(frozen=True)
class BlockHeader:
    """A block's place; `raw` is the node's own JSON of it."""

    number: int
    hash: str
    parent: str
    time: int
    raw: dict[str, Any]


class Chain:
    """One JSON-RPC endpoint. Safe to share between threads; `timeout` in seconds for one call."""

    def __init__(self, url: str, *, timeout: float = 10.0) -> None:
        self.url = url
        self._provider = HTTPProvider(
            url, request_kwargs={"timeout": timeout}, exception_retry_configuration=None
        )

    def rpc(self, method: str, *params: Any) -> Any:
        """The result of a call. Raises: Unavailable, RpcError, Reverted."""
        try:
            body = self._provider.encode_rpc_request(RPCEndpoint(method), list(params))
            answer = msgspec.json.decode(self._post(body))
        except Exception as e:  # requests, urllib3 and json each have a tree of their own
            raise Unavailable(f"{method}: no answer from the node: {type(e).__name__}: {e}") from e
        return _result(method, answer)

    def rpc_many(self, calls: Sequence[tuple[str, Sequence[Any]]]) -> list[Any]:
        """The results of several calls in one request, errors as values. Raises: Unavailable."""
        if not calls:
            return []
        requests = [(RPCEndpoint(method), list(params)) for method, params in calls]
        try:
            body = self._provider.encode_batch_rpc_request(requests)
            answers = msgspec.json.decode(self._post(body))
        except Exception as e:
            raise Unavailable(f"no answer to a batch: {type(e).__name__}: {e}") from e
        if not isinstance(answers, list) or len(answers) != len(calls):
            raise Unavailable("the node did not answer every call of a batch")
        by_place = sorted(answers, key=lambda answer: answer["id"])
        return [
            _attempt(method, answer) for (method, _), answer in zip(calls, by_place, strict=True)
        ]

    def _post(self, body: bytes) -> bytes:
        return self._provider._request_session_manager.make_post_request(
            URI(self.url), body, headers=self._provider.get_request_headers(), timeout=30
        )

    def chain_id(self) -> int:
        return int(self.rpc("eth_chainId"), 16)

    def block(self, which: int | str = "latest") -> BlockHeader | None:
        """A block by number, tag or hash, with the hashes of its transactions; None when there is none."""
        if isinstance(which, str) and len(which) == 66:
            raw = self.rpc("eth_getBlockByHash", which, False)
        else:
            name = hex(which) if isinstance(which, int) else which
            raw = self.rpc("eth_getBlockByNumber", name, False)
        return None if raw is None else _header(raw)

    def blocks(self, first: int, last: int) -> list[BlockHeader]:
        """The blocks `first` to `last`, both included. Raises: Unavailable when one is missing."""
        numbers = range(first, last + 1)
        answers = self.rpc_many([("eth_getBlockByNumber", (hex(n), False)) for n in numbers])
        return [_header(answer) for answer in answers]

    def head(self) -> BlockHeader:
        """The newest block. Raises: Unavailable, also when the node has none."""
        block = self.block("latest")
        if block is None:
            raise Unavailable("the node has no latest block")
        return block

    def logs(self, addresses: Iterable[str], first: int, last: int) -> list[Log]:
        """All logs of these contracts in blocks `first` to `last`, both included, in order of the chain."""
        return self._logs(
            {"address": list(addresses), "fromBlock": hex(first), "toBlock": hex(last)}
        )

    def logs_of_block(self, addresses: Iterable[str], block_hash: str) -> list[Log]:
        """All logs of these contracts in the one block of this hash."""
        return self._logs({"address": list(addresses), "blockHash": block_hash})

    def _logs(self, wanted: dict[str, Any]) -> list[Log]:
        # Straight from JSON into Log: by way of dictionaries it takes three times as long.
        method = RPCEndpoint("eth_getLogs")
        try:
            raw = self._post(self._provider.encode_rpc_request(method, [wanted]))
            answer = _LOGS.decode(raw)
        except Exception as e:
            raise Unavailable(f"eth_getLogs: no answer from the node: {e}") from e
        if answer.result is None:
            return cast(list[Log], _result("eth_getLogs", {"error": answer.error}))
        return answer.result

    def receipt(self, transaction: str) -> dict[str, Any] | None:
        """A transaction's receipt; None when the node knows none."""
        return cast(dict[str, Any] | None, self.rpc("eth_getTransactionReceipt", transaction))

    def receipts(self, block: BlockHeader) -> list[dict[str, Any]]:
        """All receipts of a block in order; one by one where the node has no eth_getBlockReceipts."""
        try:
            found = self.rpc("eth_getBlockReceipts", hex(block.number))
        except RpcError:
            found = [self.receipt(each) for each in block.raw["transactions"]]
        if found is None or any(r is None or r["blockHash"] != block.hash for r in found):
            raise Unavailable(f"block {block.number} changed while its receipts were read")
        return cast(list[dict[str, Any]], found)

    def nonce(self, address: str, at: str = "latest") -> int:
        return int(self.rpc("eth_getTransactionCount", address, at), 16)

    def code(self, address: str, at: int | str = "latest") -> bytes:
        return from_hex(self.rpc("eth_getCode", address, _where(at)))

    def call(self, to: str, data: bytes, *, at: int | str = "latest") -> bytes:
        """The return data of a call at a block's number, tag or hash (EIP-1898).

        Raises: Reverted with our error decoded; RpcError when the node lacks the block.
        """
        return from_hex(self.rpc("eth_call", {"to": to, "data": to_hex(data)}, _where(at)))

    def rehearse(
        self, batch: str, target: str, limit: int, acts: Sequence[bytes]
    ) -> list[Reverted | None]:
        """What each act on `target` would revert with in the next block, upon those before it; None if it stands.

        `batch` is the address of Batch, `limit` the gas of each act.
        """
        data = _REHEARSE + abi_encode(["address", "uint256", "bytes[]"], [target, limit, acts])
        try:
            self.call(batch, data, at="pending")
        except Reverted as e:
            if e.error != "Rehearsed":
                raise
            outcomes = zip(e.arguments["stood"], e.arguments["reasons"], strict=True)
            return [None if stood else decode_revert(reason) for stood, reason in outcomes]
        raise Unavailable("the node did not rehearse: it answered a call that always reverts")

    def ask(
        self, contract: str, address: str, question: str, *arguments: Any, at: int | str = "latest"
    ) -> Any:
        """The answer of a view function of one of our contracts: a value, or a tuple of several."""
        entry = _function(contract, question)
        kinds = [_kind(each) for each in entry["inputs"]]
        selector = keccak(f"{question}({','.join(kinds)})".encode())[:4]
        data = self.call(address, selector + abi_encode(kinds, arguments), at=at)
        if not data and entry["outputs"]:
            raise Unavailable(f"{contract} at {address} says nothing at {at}: it has no code there")
        values = abi_decode([_kind(each) for each in entry["outputs"]], data)
        return values[0] if len(values) == 1 else values

    def send(self, raw: bytes) -> str:
        """Hands a signed transaction to the node; one that it already has is no error.

        Raises: RpcError when the node refuses it, Unavailable when nothing is known.
        """
        known = to_hex(keccak(raw))
        try:
            return cast(str, self.rpc("eth_sendRawTransaction", to_hex(raw)))
        except RpcError as e:
            if "already known" in e.message.lower() or "already imported" in e.message.lower():
                return known
            raise


def _header(raw: Any) -> BlockHeader:
    if isinstance(raw, RegistryError):
        raise raw
    if raw is None:
        raise Unavailable("the node lacks a block below its own head")
    return BlockHeader(
        number=int(raw["number"], 16),
        hash=raw["hash"],
        parent=raw["parentHash"],
        time=int(raw["timestamp"], 16),
        raw=raw,
    )


def header_rlp(raw: dict[str, Any]) -> bytes:
    """The bytes that hash to the block's hash, from a node's JSON of it. Raises: Unavailable when they do not."""
    fields = [
        "parentHash",
        "sha3Uncles",
        "miner",
        "stateRoot",
        "transactionsRoot",
        "receiptsRoot",
        "logsBloom",
        "difficulty",
        "number",
        "gasLimit",
        "gasUsed",
        "timestamp",
        "extraData",
        "mixHash",
        "nonce",
        # London, Shanghai, Cancun and Prague each append to the list; older chains lack them.
        "baseFeePerGas",
        "withdrawalsRoot",
        "blobGasUsed",
        "excessBlobGas",
        "parentBeaconBlockRoot",
        "requestsHash",
    ]
    quantities = {
        "difficulty",
        "number",
        "gasLimit",
        "gasUsed",
        "timestamp",
        "baseFeePerGas",
        "blobGasUsed",
        "excessBlobGas",
    }
    items = [
        rlp.sedes.big_endian_int.serialize(int(raw[name], 16))
        if name in quantities
        else from_hex(raw[name])
        for name in fields
        if raw.get(name) is not None
    ]
    encoded = cast(bytes, rlp.encode(items))
    if to_hex(keccak(encoded)) != raw["hash"]:
        raise Unavailable(
            f"the header of block {raw['number']} does not hash to {raw['hash']}: "
            "this chain seals its headers in a form that we do not know"
        )
    return encoded


_REHEARSE = keccak(b"rehearse(address,uint256,bytes[])")[:4]


def _where(at: int | str) -> Any:
    if isinstance(at, int):
        return hex(at)
    return {"blockHash": at} if len(at) == 66 else at


class _Logs(msgspec.Struct):
    result: list[Log] | None = None
    error: Any = None


_LOGS = msgspec.json.Decoder(_Logs)


def artefact(contract: str) -> dict[str, Any]:
    """The committed compilation of a contract: abi, bytecode and what else scripts/compile wrote."""
    return _artefact(contract)


@cache
def _artefact(contract: str) -> dict[str, Any]:
    text = files("registry.abi").joinpath(f"{contract}.json").read_text()
    return cast(dict[str, Any], json.loads(text))


@cache
def _function(contract: str, name: str) -> dict[str, Any]:
    return next(
        entry
        for entry in artefact(contract)["abi"]
        if entry["type"] == "function" and entry["name"] == name
    )


def _kind(entry: dict[str, Any]) -> str:
    if not entry["type"].startswith("tuple"):
        return cast(str, entry["type"])
    inner = ",".join(map(_kind, entry["components"]))
    return f"({inner}){entry['type'][5:]}"


@cache
def _errors() -> dict[bytes, dict[str, Any]]:
    known = {}
    for contract in (*CONTRACTS, "Batch", "AccessManager"):
        for entry in artefact(contract)["abi"]:
            if entry["type"] == "error":
                signature = f"{entry['name']}({','.join(map(_kind, entry['inputs']))})"
                known[keccak(signature.encode())[:4]] = entry
    return known


def decode_revert(data: bytes) -> Reverted:
    """What a contract said when it refused; trailing zeros beyond the error's arguments do no harm."""
    entry = _errors().get(data[:4])
    if entry is None:
        name = "Panic" if data[:4] == bytes.fromhex("4e487b71") else "Unknown"
        return Reverted(name, {}, to_hex(data))
    kinds = [_kind(each) for each in entry["inputs"]]
    try:
        values = abi_decode(kinds, data[4:], strict=False)
    except DecodingError:
        # A stranger's contract may borrow the selector of an error of ours.
        return Reverted("Unknown", {}, to_hex(data))
    names = [each["name"] for each in entry["inputs"]]
    shown = [to_hex(value) if isinstance(value, bytes) else value for value in values]
    return Reverted(entry["name"], dict(zip(names, shown, strict=True)), to_hex(data))


def _attempt(method: str, answer: dict[str, Any]) -> Any:
    try:
        return _result(method, answer)
    except RegistryError as e:
        return e


def _result(method: str, answer: dict[str, Any]) -> Any:
    if "error" not in answer:
        if "result" not in answer:
            raise Unavailable(f"{method}: the node's answer has neither result nor error")
        return answer["result"]
    error = answer["error"]
    if isinstance(error, str):
        raise RpcError(-32000, error)
    data = error.get("data")
    if isinstance(data, dict):  # some nodes wrap it once more
        data = data.get("data")
    if isinstance(data, str) and data.startswith("0x") and error.get("code") in (3, -32000, -32015):
        raise decode_revert(from_hex(data))
    raise RpcError(error.get("code", -32000), str(error.get("message", "")), data)
