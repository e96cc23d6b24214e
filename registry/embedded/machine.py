"""The Ethereum machine (py-evm, Prague): builds blocks and tries calls over the store's nodes.

The only importer of py-evm, which takes a second to import: import this module late. Knows neither
JSON nor threads; one machine belongs to one store and so to one thread.
"""

import secrets
import sqlite3
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, cast

import rlp  # type: ignore[import-untyped]
from eth import EVM_RECURSION_LIMIT
from eth._utils.address import generate_contract_address
from eth.abc import ComputationAPI
from eth.constants import (
    CREATE_CONTRACT_ADDRESS,
    MAX_PREV_HEADER_DEPTH,
    SECPK1_N,
    ZERO_HASH32,
)
from eth.db.atomic import AtomicDB
from eth.db.backends.base import BaseDB
from eth.db.trie import make_trie_root_and_nodes
from eth.exceptions import Revert
from eth.vm.chain_context import ChainContext
from eth.vm.forks.prague.blocks import PragueBlockHeader
from eth.vm.forks.prague.transactions import PragueTransactionBuilder
from eth.vm.interrupt import EVMMissingData
from eth.vm.spoof import SpoofTransaction
from eth_abi.abi import decode as decode_abi
from eth_abi.exceptions import DecodingError
from eth_hash.auto import keccak as eth_keccak
from eth_typing import Address, BlockNumber, Hash32
from eth_utils.exceptions import ValidationError

from registry.embedded.opcodes import VM
from registry.embedded.store import Block, Log, Mined, Store, Transaction
from registry.embedded.wire import REVERTED, SERVER, Call, RpcError
from registry.hashes import keccak, to_hex

# py-evm needs this much for 1,024 calls in calls, and sees to it; but its py_ecc asks for 100,000,
# with which a hostile body of brackets makes json overrun an 8 MiB stack and kills the process.
sys.setrecursionlimit(EVM_RECURSION_LIMIT)
# The quicker of the two implementations at hand; py-evm asks for it tens of times an act.
cast(Any, eth_keccak).hasher = keccak

BLOCK_GAS = 60_000_000
# Sends wait while a block is built, so one block takes no more than this makes of the pool.
BUILD_SECONDS = 1.0
# The least that falls back to itself in empty blocks under EIP-1559 and is still not nothing, which
# some wallets cannot read.
BASE_FEE = 7
# Of some hundred bytes each, but for the code of contracts.
NODES_IN_MEMORY = 20_000
ERROR_STRING = bytes.fromhex("08c379a0")


class Unfit(Exception):
    """A transaction that the next block cannot take; the block is to be built without it."""

    def __init__(self, position: int, reason: str) -> None:
        super().__init__(reason)
        self.position = position


@dataclass(frozen=True, slots=True)
class Tried:
    """`spent` is the gas that had to be at hand, before any refund; `fault` is None on success."""

    output: bytes
    spent: int
    fault: RpcError | None


class _Nodes(BaseDB):
    """The store as py-evm's key-value database; what is new waits in `fresh` for its block."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.fresh: dict[bytes, bytes] = {}
        # A node's name is its hash, so what was once read stays right whatever is undone.
        self._stored = lru_cache(maxsize=NODES_IN_MEMORY)(self._read)

    def __getitem__(self, key: bytes) -> bytes:
        return self.fresh.get(key) or self._stored(key)

    def _read(self, key: bytes) -> bytes:
        value = self._store.node(key)
        if value is None:
            raise KeyError(key)
        return value

    def __setitem__(self, key: bytes, value: bytes) -> None:
        self.fresh[key] = value

    def __delitem__(self, key: bytes) -> None:
        raise NotImplementedError("old states stay readable: no node is ever deleted")

    def _exists(self, key: bytes) -> bool:
        return key in self.fresh or self._store.node(key) is not None


class _ChainDatabase:
    """The two things that a VM asks of py-evm's ChainDB."""

    def __init__(self, store: Store, nodes: _Nodes) -> None:
        self._store = store
        self.db = AtomicDB(nodes)

    def get_block_header_by_hash(self, block_hash: bytes) -> Any:
        block = self._store.block(block_hash)
        if block is None:
            raise LookupError(f"no block {to_hex(block_hash)}")
        return decode_header(block)


def decode_header(block: Block) -> Any:
    return rlp.decode(block.header, sedes=PragueBlockHeader)


def decode_transaction(raw: bytes) -> Any:
    return PragueTransactionBuilder.decode(raw)


def received_transaction(raw: bytes) -> Any:
    """The same for bytes from outside, signature checked and sender recovered.

    Raises: RpcError when they are not a transaction that this chain takes.
    """
    if raw[:1] == b"\x03":
        raise RpcError(SERVER, "transaction type not supported")
    try:
        tx = decode_transaction(raw)
        tx.validate()
        is_canonical = tx.encode() == raw
    # The decoders raise anything from IndexError to rlp's own for bytes that are not theirs.
    except Exception as fault:
        raise RpcError(SERVER, f"not a valid transaction: {fault}"[:200]) from fault
    if not is_canonical:
        raise RpcError(SERVER, "not the canonical encoding of this transaction")
    try:
        tx.check_signature_validity()
        is_signed = len(tx.sender) == 20 and tx.s <= SECPK1_N // 2
    except Exception:
        is_signed = False
    if not is_signed:
        raise RpcError(SERVER, "invalid sender: invalid transaction v, r, s values")
    return tx


def least_gas(tx: Any) -> int:
    """What a transaction costs before it runs, or its EIP-7623 floor if that is more."""
    zeros = tx.data.count(0)
    floor = 21_000 + 10 * (zeros + 4 * (len(tx.data) - zeros))
    return int(max(tx.intrinsic_gas, floor))


def price_paid(tx: Any, base_fee: int) -> int:
    """Per unit of gas, in wei."""
    return min(int(tx.max_fee_per_gas), int(tx.max_priority_fee_per_gas) + base_fee)


class Machine:
    def __init__(self, store: Store, chain_id: int) -> None:
        self._nodes = _Nodes(store)
        self._chain = _ChainDatabase(store, self._nodes)
        self._context = ChainContext(chain_id)

    def genesis(self, *, timestamp: int, funded: Mapping[bytes, int]) -> Mined:
        """Block 0; it names the chain id, so that two chains never share a genesis hash."""
        before = PragueBlockHeader(
            difficulty=0, block_number=BlockNumber(0), gas_limit=0, timestamp=0
        )
        state = self.state(before)
        for account, wei in funded.items():
            state.set_balance(account, wei)
        state.persist()
        header = VM.create_genesis_header(
            timestamp=timestamp,
            gas_limit=BLOCK_GAS,
            base_fee_per_gas=BASE_FEE,
            state_root=state.state_root,
            extra_data=self._context.chain_id.to_bytes(8),
            parent_beacon_block_root=ZERO_HASH32,
        )
        return self._mined(header, [], [])

    def next_header(self, parent: Any, *, timestamp: int) -> Any:
        return VM.create_header_from_parent(
            parent,
            timestamp=timestamp,
            gas_limit=BLOCK_GAS,
            # Random, so that a block mined again after a revert never has the hash it had before.
            mix_hash=secrets.token_bytes(32),
            extra_data=b"",
            parent_beacon_block_root=ZERO_HASH32,
        )

    def build(self, parent: Any, transactions: Sequence[Any], *, timestamp: int) -> Mined:
        """The next block, not yet written, with as many of the transactions as fit its time.

        Raises: Unfit for the first that cannot be included.
        """
        self._nodes.fresh.clear()
        header = self.next_header(parent, timestamp=timestamp)
        vm = VM(header, cast(Any, self._chain), self._context, cast(Any, None))
        receipts: list[Any] = []
        stop = time.monotonic() + BUILD_SECONDS
        # The state is hashed once, at the end: py-evm's own mining hashes after each transaction.
        for position, tx in enumerate(transactions):
            try:
                receipt, _ = vm.apply_transaction(header, tx)
            # A disk that fails or a node that is missing is no fault of the transaction.
            except (sqlite3.Error, OSError, MemoryError, EVMMissingData):
                raise
            except Exception as fault:
                raise Unfit(position, str(fault)) from fault
            header = vm.add_receipt_to_header(header, receipt)
            receipts.append(receipt)
            if time.monotonic() > stop:
                break
        transactions = transactions[: len(receipts)]
        vm.state.persist()
        header = header.copy(
            state_root=vm.state.state_root,
            transaction_root=make_trie_root_and_nodes(transactions)[0],
            receipt_root=make_trie_root_and_nodes(receipts)[0],
        )
        return self._mined(header, transactions, receipts)

    def _mined(self, header: Any, transactions: Sequence[Any], receipts: Sequence[Any]) -> Mined:
        raws = [tx.encode() for tx in transactions]
        # In a block's RLP a typed transaction is a byte string, a plain one is a list in place.
        listed = [
            raw if tx.type_id else rlp.decode(raw)
            for tx, raw in zip(transactions, raws, strict=True)
        ]
        encoded = rlp.encode(header)
        size = len(rlp.encode([rlp.decode(encoded), listed, [], []]))
        rows: list[Transaction] = []
        logs: list[Log] = []
        gas_so_far = 0
        for position, (tx, raw, receipt) in enumerate(
            zip(transactions, raws, receipts, strict=True)
        ):
            creates = tx.to == CREATE_CONTRACT_ADDRESS
            price = price_paid(tx, header.base_fee_per_gas)
            rows.append(
                Transaction(
                    block=header.block_number,
                    position=position,
                    hash=tx.hash,
                    kind=tx.type_id or 0,
                    sender=tx.sender,
                    recipient=None if creates else tx.to,
                    contract=generate_contract_address(tx.sender, tx.nonce) if creates else None,
                    succeeded=int(receipt.state_root == b"\x01"),
                    gas_used=receipt.gas_used - gas_so_far,
                    gas_so_far=receipt.gas_used,
                    gas_price=price.to_bytes(32),
                    bloom=receipt.bloom.to_bytes(256),
                    raw=raw,
                )
            )
            gas_so_far = receipt.gas_used
            for entry in receipt.logs:
                topics: list[bytes | None] = [topic.to_bytes(32) for topic in entry.topics]
                first, second, third, fourth = topics + [None] * (4 - len(topics))
                logs.append(
                    Log(
                        block=header.block_number,
                        position=len(logs),
                        transaction_position=position,
                        address=entry.address,
                        topic0=first,
                        topic1=second,
                        topic2=third,
                        topic3=fourth,
                        data=entry.data,
                    )
                )
        block = Block(header.block_number, header.hash, encoded, size)
        return Mined(block, rows, logs, dict(self._nodes.fresh))

    def state(self, header: Any, *, ancestors: Iterable[bytes] = ()) -> Any:
        """The state after the block of `header`; BLOCKHASH finds the hashes in `ancestors`."""
        hashes = cast(Iterable[Hash32], ancestors)
        return VM.build_state(self._chain.db, header, self._context, hashes)

    def attempt(self, header: Any, call: Call, *, gas: int) -> Tried:
        """Run a call on the state and in the surroundings of `header`, and forget its writes.

        The sender needs no ether for gas, only what it sends along.
        """
        free = header.copy(base_fee_per_gas=0)
        state = self.state(free, ancestors=self._ancestors(header))
        tx = _unsigned(call, gas=gas, nonce=state.get_nonce(call.sender), context=self._context)
        least = least_gas(tx)
        if gas < least:
            fault = RpcError(SERVER, f"intrinsic gas too low: gas {gas}, minimum needed {least}")
            return Tried(b"", least, fault)
        balance = state.get_balance(call.sender)
        if balance < call.value:
            detail = f"balance {balance}, tx cost {call.value}, overshot {call.value - balance}"
            message = f"insufficient funds for gas * price + value: {detail}"
            return Tried(b"", least, RpcError(SERVER, message))
        try:
            computation = state.apply_transaction(tx)
        except ValidationError as fault:
            return Tried(b"", least, RpcError(SERVER, str(fault)))
        spent = max(gas - computation.get_gas_remaining(), least)
        return Tried(computation.output, spent, _fault(computation))

    def _ancestors(self, header: Any) -> Iterator[bytes]:
        # The lazy walk of BLOCKHASH: most calls never ask for the first.
        parent = header.parent_hash
        for _ in range(min(MAX_PREV_HEADER_DEPTH, header.block_number)):
            yield parent
            parent = self._chain.get_block_header_by_hash(parent).parent_hash

    def estimate(self, header: Any, call: Call) -> int:
        """The least gas limit with which the call succeeds, at most 1.5 % too high.

        Raises: RpcError with which the call fails at the highest limit.
        """
        highest = min(call.gas or BLOCK_GAS, BLOCK_GAS)
        first = self.attempt(header, call, gas=highest)
        if first.fault is not None:
            raise first.fault
        # Enough unless the call makes calls, which are handed only 63/64 of what is left, or asks
        # how much gas is left: then halve the distance, guessing first what one level needs.
        lowest = first.spent
        if self.attempt(header, call, gas=lowest).fault is None:
            return lowest
        middle = lowest * 64 // 63 + 2300
        while (highest - lowest) * 1000 > highest * 15:
            if self.attempt(header, call, gas=middle).fault is None:
                highest = middle
            else:
                lowest = middle
            middle = min((highest + lowest) // 2, lowest * 2)
        return highest


def _unsigned(call: Call, *, gas: int, nonce: int, context: ChainContext) -> SpoofTransaction:
    plain = PragueTransactionBuilder.new_unsigned_dynamic_fee_transaction(
        chain_id=context.chain_id,
        nonce=nonce,
        max_priority_fee_per_gas=0,
        max_fee_per_gas=0,
        gas=gas,
        to=Address(call.to or CREATE_CONTRACT_ADDRESS),
        value=call.value,
        data=call.data,
        access_list=(),
    )
    return SpoofTransaction(plain, from_=call.sender)


def _fault(computation: ComputationAPI) -> RpcError | None:
    if not computation.is_error:
        return None
    fault = computation.error
    if not isinstance(fault, Revert):
        return RpcError(SERVER, f"{type(fault).__name__}: {fault}"[:200])
    data = fault.args[0] if fault.args and isinstance(fault.args[0], bytes) else b""
    return RpcError(REVERTED, "execution reverted" + _reason(data), to_hex(data))


def _reason(data: bytes) -> str:
    if data[:4] != ERROR_STRING:
        return ""
    try:
        return f": {decode_abi(['string'], data[4:])[0]}"
    except DecodingError:
        return ""
