"""The JSON-RPC methods that only read, answered from the index and from old or new states."""

from collections.abc import Callable
from typing import Any

from registry.embedded import wire
from registry.embedded.clock import Clock
from registry.embedded.machine import (
    BLOCK_GAS,
    Machine,
    decode_header,
    decode_transaction,
)
from registry.embedded.pool import Pool, Waiting
from registry.embedded.store import Block, Store, Transaction
from registry.embedded.wire import (
    INVALID_PARAMS,
    LIMIT_EXCEEDED,
    SERVER,
    RpcError,
    octets,
    quantity,
)
from registry.errors import TooLarge
from registry.hashes import to_hex

MOST_LOGS = 100_000
MOST_HISTORY = 1024

# Nothing is above a mined block on a chain of one, so it is safe and final at once.
HEAD_TAGS = ("latest", "safe", "finalized")


class Questions:
    """Answers on one thread with one store; every answer sees the chain at one moment.

    `pending` is the state of the head with the number and the time of the next block; only
    eth_getTransactionCount and eth_getBlockByNumber look into the pool.
    """

    def __init__(self, store: Store, chain_id: int, *, pool: Pool, clock: Clock) -> None:
        self._store = store
        self._machine = Machine(store, chain_id)
        self._chain_id = chain_id
        self._pool = pool
        self._clock = clock
        self.methods: dict[str, Callable[..., Any]] = {
            "eth_blockNumber": self._block_number,
            "eth_getBlockByNumber": self._block_by_number,
            "eth_getBlockByHash": self._block_by_hash,
            "eth_getBlockReceipts": self._block_receipts,
            "eth_getTransactionByHash": self._transaction,
            "eth_getTransactionReceipt": self._receipt,
            "eth_getLogs": self._logs,
            "eth_call": self._call,
            "eth_estimateGas": self._estimate,
            "eth_getCode": self._code,
            "eth_getStorageAt": self._storage,
            "eth_getBalance": self._balance,
            "eth_getTransactionCount": self._transaction_count,
            "eth_gasPrice": self._gas_price,
            "eth_feeHistory": self._fee_history,
        }

    def answer(self, method: str, params: list[Any]) -> Any:
        question = wire.fitting(method, self.methods[method], params)
        with self._store.reading():
            return question()

    # Which block is meant

    def _header(self, reference: object) -> Any:
        """The header that `reference` names; Raises: RpcError when there is none."""
        if reference == "pending":
            head = decode_header(self._store.head())
            stamp = self._clock.stamp(head.timestamp)
            return self._machine.next_header(head, timestamp=stamp)
        block = self._find(reference)
        if block is None:
            raise RpcError(SERVER, "header not found")
        return decode_header(block)

    def _find(self, reference: object) -> Block | None:
        if isinstance(reference, dict):
            digest = reference.get("blockHash")
            reference = reference.get("blockNumber") if digest is None else digest
        if reference is None or reference in HEAD_TAGS:
            return self._store.head()
        if reference == "earliest":
            return self._store.block(0)
        if isinstance(reference, str) and len(reference) == 66:
            return self._store.block(octets(reference, 32))
        return self._store.block(quantity(reference))

    # Blocks, transactions, receipts

    def _block_number(self) -> str:
        return hex(self._store.head().number)

    def _block_by_number(self, reference: object, full: bool = False) -> Any:
        if reference != "pending":
            return self._block(self._find(reference), full)
        waiting = self._pool.waiting()
        entries = [self._waiting(item) if full else to_hex(item.hash) for item in waiting]
        return wire.pending_block(self._header("pending"), entries)

    def _block_by_hash(self, digest: object, full: bool = False) -> Any:
        return self._block(self._store.block(octets(digest, 32)), full)

    def _block(self, block: Block | None, full: bool) -> Any:
        if block is None:
            return None
        rows = self._store.transactions(block.number)
        entries = [self._mined(row, block) if full else to_hex(row.hash) for row in rows]
        return wire.block(block, decode_header(block), entries)

    def _transaction(self, digest: object) -> Any:
        wanted = octets(digest, 32)
        # The pool is asked first: a transaction leaves it after its block is written, so that in
        # this order it is always found in one of the two.
        waiting = self._pool.find(wanted)
        row = self._store.transaction(wanted)
        if row is not None:
            return self._mined(row, self._block_of(row))
        return None if waiting is None else self._waiting(waiting)

    def _mined(self, row: Transaction, block: Block) -> dict[str, Any]:
        price = int.from_bytes(row.gas_price)
        tx = decode_transaction(row.raw)
        return wire.transaction(
            tx, sender=row.sender, price=price, block=block, position=row.position
        )

    def _waiting(self, waiting: Waiting) -> dict[str, Any]:
        return wire.transaction(
            waiting.decoded, sender=waiting.sender, price=waiting.fee, block=None, position=None
        )

    def _block_of(self, row: Transaction) -> Block:
        block = self._store.block(row.block)
        assert block is not None
        return block

    def _receipt(self, digest: object) -> Any:
        row = self._store.transaction(octets(digest, 32))
        if row is None:
            return None
        return wire.receipt(row, self._block_of(row).hash, self._store.logs_of(row))

    def _block_receipts(self, reference: object) -> Any:
        block = self._find(reference)
        if block is None:
            return None
        rows = self._store.transactions(block.number)
        return [wire.receipt(row, block.hash, self._store.logs_of(row)) for row in rows]

    def _logs(self, wanted: object) -> Any:
        if not isinstance(wanted, dict):
            raise RpcError(INVALID_PARAMS, "expected a filter object")
        first, last = self._range(wanted)
        addresses = wanted.get("address") or []
        topics = wanted.get("topics") or []
        if not isinstance(topics, list) or len(topics) > 4:
            raise RpcError(INVALID_PARAMS, "expected at most four topics")
        try:
            found = self._store.logs(
                first,
                last,
                addresses=[octets(item, 20) for item in _listed(addresses)],
                topics=[[octets(item, 32) for item in _listed(any_of)] for any_of in topics],
                limit=MOST_LOGS,
            )
        except TooLarge as fault:
            raise RpcError(LIMIT_EXCEEDED, fault.detail) from fault
        return [wire.log(item) for item in found]

    def _range(self, wanted: dict[str, Any]) -> tuple[int, int]:
        digest = wanted.get("blockHash")
        if digest is None:
            head = self._store.head().number
            references = (wanted.get("fromBlock"), wanted.get("toBlock"))
            first, last = (_number(reference, head) for reference in references)
            # A follower may ask from its next block to the latest: nothing yet, and no fault.
            if first > last and not any(_is_head(reference) for reference in references):
                raise RpcError(SERVER, "invalid block range params")
            return first, last
        if "fromBlock" in wanted or "toBlock" in wanted:
            raise RpcError(INVALID_PARAMS, "cannot specify both blockHash and fromBlock/toBlock")
        block = self._store.block(octets(digest, 32))
        if block is None:
            raise RpcError(SERVER, "unknown block")
        return block.number, block.number

    # States

    def _call(self, transaction: object, reference: object = "latest") -> str:
        call = wire.call(transaction)
        gas = min(call.gas or BLOCK_GAS, BLOCK_GAS)
        tried = self._machine.attempt(self._header(reference), call, gas=gas)
        if tried.fault is not None:
            raise tried.fault
        return to_hex(tried.output)

    def _estimate(self, transaction: object, reference: object = "pending") -> str:
        # In doubt the next block: that is where the transaction will run, at that block's time.
        return hex(self._machine.estimate(self._header(reference), wire.call(transaction)))

    def _state(self, reference: object) -> Any:
        return self._machine.state(self._header(reference))

    def _code(self, account: object, reference: object = "latest") -> str:
        return to_hex(self._state(reference).get_code(octets(account, 20)))

    def _storage(self, account: object, slot: object, reference: object = "latest") -> str:
        value: int = self._state(reference).get_storage(octets(account, 20), quantity(slot))
        return to_hex(value.to_bytes(32))

    def _balance(self, account: object, reference: object = "latest") -> str:
        return hex(self._state(reference).get_balance(octets(account, 20)))

    def _transaction_count(self, account: object, reference: object = "latest") -> str:
        who = octets(account, 20)
        # Asked before the state, for the same reason as in eth_getTransactionByHash.
        waiting = self._pool.nonces(who) if reference == "pending" else set()
        nonce = int(self._state(reference).get_nonce(who))
        while nonce in waiting:
            nonce += 1
        return hex(nonce)

    # Fees

    def _gas_price(self) -> str:
        # Twice the base fee, so that a price named now still pays when blocks fill up.
        return hex(2 * self._header("pending").base_fee_per_gas)

    def _fee_history(self, count: object, newest: object, percentiles: object = None) -> Any:
        last = self._header("latest" if newest == "pending" else newest).block_number
        wanted = min(quantity(count), MOST_HISTORY, last + 1)
        headers = [self._header(number) for number in range(last - wanted + 1, last + 1)]
        following = self._machine.next_header(self._header(last), timestamp=1 << 62)
        answer: dict[str, Any] = {
            "oldestBlock": hex(last - wanted + 1),
            "baseFeePerGas": [hex(header.base_fee_per_gas) for header in [*headers, following]],
            "gasUsedRatio": [header.gas_used / header.gas_limit for header in headers],
        }
        if isinstance(percentiles, list) and percentiles:
            answer["reward"] = [["0x0"] * len(percentiles) for _ in headers]
        return answer


def _listed(value: object) -> list[Any]:
    """One, several or none (null) of something, as a list."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _is_head(reference: object) -> bool:
    return reference is None or reference == "pending" or reference in HEAD_TAGS


def _number(reference: object, head: int) -> int:
    if _is_head(reference):
        return head
    return 0 if reference == "earliest" else quantity(reference)
