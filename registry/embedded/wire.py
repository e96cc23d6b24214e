"""Values as they travel in JSON-RPC: read from parameters, written into answers.

Addresses are written in lower case, as nodes do.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from inspect import signature
from typing import Any

from registry.embedded.store import Block, FoundLog, Transaction
from registry.hashes import to_hex

INVALID_REQUEST = -32600
METHOD_NOT_FOUND = -32601
INVALID_PARAMS = -32602
INTERNAL = -32603
SERVER = -32000
LIMIT_EXCEEDED = -32005
REVERTED = 3

QUANTITY = re.compile("0x[0-9a-fA-F]{1,64}")
OCTETS = re.compile("0x[0-9a-fA-F]*")


class RpcError(Exception):
    """A refusal in the words that Ethereum clients know; `data` carries revert bytes as 0x text."""

    def __init__(self, code: int, message: str, data: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.data = data

    def as_json(self) -> dict[str, Any]:
        error: dict[str, Any] = {"code": self.code, "message": self.message}
        return error if self.data is None else error | {"data": self.data}


@dataclass(frozen=True, slots=True)
class Call:
    """What eth_call and eth_estimateGas are asked to try; `to` is None for a creation."""

    sender: bytes
    to: bytes | None
    data: bytes
    value: int
    gas: int | None


def quantity(value: object) -> int:
    """A number of at most 256 bits as 0x text (leading zeros forgiven) or a plain JSON integer."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 256:
        return value
    if isinstance(value, str) and QUANTITY.fullmatch(value):
        return int(value, 16)
    raise RpcError(INVALID_PARAMS, f"expected a quantity as 0x text, got {str(value)[:80]!r}")


def octets(value: object, length: int | None = None) -> bytes:
    """Bytes as 0x text, of exactly `length` where one is given."""
    if isinstance(value, str) and OCTETS.fullmatch(value) and len(value) % 2 == 0:
        data = bytes.fromhex(value[2:])
        if length is None or len(data) == length:
            return data
    size = "" if length is None else f"{length} "
    raise RpcError(INVALID_PARAMS, f"expected {size}bytes as 0x text, got {str(value)[:80]!r}")


def fitting(method: str, function: Callable[..., Any], params: list[Any]) -> Callable[[], Any]:
    """`function` with its parameters; Raises: RpcError when there are too few or too many."""
    try:
        bound = signature(function).bind(*params)
    except TypeError as fault:
        raise RpcError(INVALID_PARAMS, f"{method}: {fault}") from fault
    return partial(function, *bound.args)


def call(value: object) -> Call:
    """The transaction object of eth_call; fees are ignored, since trying costs nothing."""
    if not isinstance(value, dict):
        raise RpcError(INVALID_PARAMS, "expected a transaction object")
    given = {name: item for name, item in value.items() if item is not None}
    inputs = {octets(given[name]) for name in ("input", "data") if name in given}
    if len(inputs) > 1:
        raise RpcError(INVALID_PARAMS, "both input and data are set and not equal")
    return Call(
        sender=octets(given.get("from", "0x" + "00" * 20), 20),
        to=octets(given["to"], 20) if "to" in given else None,
        data=inputs.pop() if inputs else b"",
        value=quantity(given.get("value", 0)),
        gas=quantity(given["gas"]) if "gas" in given else None,
    )


def log(found: FoundLog) -> dict[str, Any]:
    row = found.log
    topics = (row.topic0, row.topic1, row.topic2, row.topic3)
    return {
        "address": to_hex(row.address),
        "topics": [to_hex(topic) for topic in topics if topic is not None],
        "data": to_hex(row.data),
        "blockNumber": hex(row.block),
        "blockHash": to_hex(found.block_hash),
        "transactionHash": to_hex(found.transaction_hash),
        "transactionIndex": hex(row.transaction_position),
        "logIndex": hex(row.position),
        "removed": False,
    }


def receipt(row: Transaction, block_hash: bytes, logs: list[FoundLog]) -> dict[str, Any]:
    return {
        "transactionHash": to_hex(row.hash),
        "transactionIndex": hex(row.position),
        "blockHash": to_hex(block_hash),
        "blockNumber": hex(row.block),
        "from": to_hex(row.sender),
        "to": None if row.recipient is None else to_hex(row.recipient),
        "contractAddress": None if row.contract is None else to_hex(row.contract),
        "type": hex(row.kind),
        "status": hex(row.succeeded),
        "gasUsed": hex(row.gas_used),
        "cumulativeGasUsed": hex(row.gas_so_far),
        "effectiveGasPrice": hex(int.from_bytes(row.gas_price)),
        "logsBloom": to_hex(row.bloom),
        "logs": [log(found) for found in logs],
    }


def block(row: Block, header: Any, transactions: list[Any]) -> dict[str, Any]:
    """`header` is the decoded form of `row.header`."""
    return _header(header) | {
        "hash": to_hex(row.hash),
        "size": hex(row.size),
        "transactions": transactions,
        "uncles": [],
        "withdrawals": [],
    }


def pending_block(header: Any, transactions: list[Any]) -> dict[str, Any]:
    """The block that would come next; what only mining decides is null."""
    return _header(header) | {
        "hash": None,
        "nonce": None,
        "miner": None,
        "logsBloom": None,
        "stateRoot": None,
        "transactionsRoot": None,
        "receiptsRoot": None,
        "size": None,
        "transactions": transactions,
        "uncles": [],
        "withdrawals": [],
    }


def _header(header: Any) -> dict[str, Any]:
    return {
        "number": hex(header.block_number),
        "parentHash": to_hex(header.parent_hash),
        "sha3Uncles": to_hex(header.uncles_hash),
        "miner": to_hex(header.coinbase),
        "stateRoot": to_hex(header.state_root),
        "transactionsRoot": to_hex(header.transaction_root),
        "receiptsRoot": to_hex(header.receipt_root),
        "logsBloom": to_hex(header.bloom.to_bytes(256)),
        "difficulty": hex(header.difficulty),
        "gasLimit": hex(header.gas_limit),
        "gasUsed": hex(header.gas_used),
        "timestamp": hex(header.timestamp),
        "extraData": to_hex(header.extra_data),
        "mixHash": to_hex(header.mix_hash),
        "nonce": to_hex(header.nonce),
        "baseFeePerGas": hex(header.base_fee_per_gas),
        "withdrawalsRoot": to_hex(header.withdrawals_root),
        "blobGasUsed": hex(header.blob_gas_used),
        "excessBlobGas": hex(header.excess_blob_gas),
        "parentBeaconBlockRoot": to_hex(header.parent_beacon_block_root),
        "requestsHash": to_hex(header.requests_hash),
    }


def transaction(
    tx: Any, *, sender: bytes, price: int, block: Block | None, position: int | None
) -> dict[str, Any]:
    """`tx` is the decoded transaction, `price` what it pays (or offers) per gas; a waiting
    transaction has neither block nor position."""
    kind = tx.type_id or 0
    answer: dict[str, Any] = {
        "hash": to_hex(tx.hash),
        "type": hex(kind),
        "blockHash": None if block is None else to_hex(block.hash),
        "blockNumber": None if block is None else hex(block.number),
        "transactionIndex": None if position is None else hex(position),
        "from": to_hex(sender),
        "to": to_hex(tx.to) if tx.to else None,
        "nonce": hex(tx.nonce),
        "gas": hex(tx.gas),
        "gasPrice": hex(price),
        "value": hex(tx.value),
        "input": to_hex(tx.data),
        "v": hex(tx.y_parity if kind else tx.v),
        "r": hex(tx.r),
        "s": hex(tx.s),
    }
    if tx.chain_id is not None:
        answer["chainId"] = hex(tx.chain_id)
    if kind:
        answer["yParity"] = hex(tx.y_parity)
        answer["accessList"] = [
            {"address": to_hex(at), "storageKeys": [to_hex(slot.to_bytes(32)) for slot in slots]}
            for at, slots in tx.access_list
        ]
    if kind in (2, 4):
        answer["maxFeePerGas"] = hex(tx.max_fee_per_gas)
        answer["maxPriorityFeePerGas"] = hex(tx.max_priority_fee_per_gas)
    if kind == 4:
        answer["authorizationList"] = [
            {
                "chainId": hex(given.chain_id),
                "address": to_hex(given.address),
                "nonce": hex(given.nonce),
                "yParity": hex(given.y_parity),
                "r": hex(given.r),
                "s": hex(given.s),
            }
            for given in tx.authorization_list
        ]
    return answer
