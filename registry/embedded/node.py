"""The chain as a node: it lets transactions in, makes blocks in time, and answers JSON-RPC."""

import logging
import os
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from secrets import randbelow
from typing import Any

from registry.embedded.clock import Clock
from registry.embedded.machine import (
    BLOCK_GAS,
    Machine,
    Unfit,
    decode_header,
    least_gas,
    received_transaction,
)
from registry.embedded.pool import Pool, Waiting
from registry.embedded.questions import Questions
from registry.embedded.store import Store, claim
from registry.embedded.wire import (
    INTERNAL,
    METHOD_NOT_FOUND,
    SERVER,
    RpcError,
    fitting,
    octets,
    quantity,
)
from registry.hashes import to_hex

logger = logging.getLogger(__name__)

VERSION = "registry-embedded/1 (prague)"
BLOCK_TRANSACTIONS = 500
# The largest transaction that geth's pool takes; ours takes no larger one, so that what runs here
# runs there.
TRANSACTION_BYTES = 131_072
# Chain ids are numbers in JavaScript wallets, and no well-known chain lives in this range.
CHAIN_IDS = range(2**32, 2**52 - 2**32)

CALLS = frozenset({"eth_call", "eth_estimateGas"})


class EmbeddedChain:
    """A Prague chain in one SQLite file, alive while this object is open.

    A mined block is on the disk, whole, before anyone can see it; it is final. A transaction that
    eth_sendRawTransaction took but no block holds yet lives in memory only: if we die then, it is
    gone, and whoever sent it must ask for its receipt and send the same bytes again.

    One thread writes. Index reads and EVM calls have a thread and a connection each, so that
    neither waits for a block nor for the other.
    """

    def __init__(
        self,
        path: Path,
        *,
        funded: Mapping[str, int],
        interval: float | None,
        controls: bool,
    ) -> None:
        self._store = Store(path)
        if self._store.is_new:
            _create(self._store, funded)
        self.chain_id = self._store.meta("chain_id")
        self.interval = interval
        self._machine = Machine(self._store, self.chain_id)
        self._head = decode_header(self._store.head())
        self._pool = Pool()
        self._clock = Clock(self._store.meta("clock_offset"))
        self._snapshots: list[tuple[int, bytes, int]] = []
        self._arrivals = 0
        self._fault: Exception | None = None
        self._due = 0.0

        self._reader_stores = [Store(path), Store(path)]
        self._index, self._evm = (
            Questions(store, self.chain_id, pool=self._pool, clock=self._clock)
            for store in self._reader_stores
        )
        self._writes: dict[str, Callable[..., Any]] = {"eth_sendRawTransaction": self._send}
        if controls:
            self._writes |= {
                "evm_mine": self._mine_now,
                "evm_increaseTime": self._increase_time,
                "evm_snapshot": self._snapshot,
                "evm_revert": self._revert,
            }
        self._constants: dict[str, Any] = {
            "eth_chainId": hex(self.chain_id),
            "net_version": str(self.chain_id),
            "net_listening": True,
            "web3_clientVersion": VERSION,
            "eth_syncing": False,
            "eth_accounts": [],
            "eth_maxPriorityFeePerGas": "0x0",
        }
        self._chain_thread, self._index_thread, self._evm_thread = (
            ThreadPoolExecutor(1, thread_name_prefix=f"chain-{name}")
            for name in ("writer", "index", "evm")
        )
        self._wake = threading.Event()
        self._closing = threading.Event()
        self._producer = threading.Thread(target=self._produce, name="chain-producer", daemon=True)
        self._held: int | None = None

    @classmethod
    def open(
        cls,
        path: Path | str,
        *,
        funded: Mapping[str, int] | None = None,
        interval: float | None = 1.0,
        controls: bool = False,
    ) -> "EmbeddedChain":
        """Open the chain in the file `path`, or make one there.

        `funded` gives wei to addresses in block 0 and is not looked at when the chain exists.
        `interval` is the least number of seconds between two blocks; 0 mines inside
        eth_sendRawTransaction, and then, as two blocks never bear one time, a busy chain's clock
        runs ahead; None mines only on evm_mine. `controls` answers the evm_ methods, which move
        the clock and undo blocks: for tests.

        Raises: Conflict when the chain is already open; Mismatch for a file of another format.
        """
        path = Path(path).absolute()
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        held = claim(path)
        try:
            chain = cls(path, funded=funded or {}, interval=interval, controls=controls)
        except BaseException:
            os.close(held)
            raise
        chain._held = held
        chain._producer.start()
        return chain

    def close(self) -> None:
        """Stop making blocks and let go of the file; what still waits in the pool is lost."""
        if self._closing.is_set():
            return
        self._closing.set()
        self._wake.set()
        self._producer.join()
        for thread in (self._chain_thread, self._index_thread, self._evm_thread):
            thread.shutdown()
        for store in (*self._reader_stores, self._store):
            store.close()
        if self._held is not None:
            os.close(self._held)

    def __enter__(self) -> "EmbeddedChain":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def request(self, method: str, params: list[Any] | None = None) -> Any:
        """The result of one JSON-RPC method, from any thread. Raises: RpcError."""
        return self.submit(method, params).result()

    def submit(self, method: str, params: list[Any] | None = None) -> "Future[Any]":
        """The same without waiting; an unknown method fails in the future too."""
        arguments = [] if params is None else params
        if self._closing.is_set():
            return _settled(RpcError(SERVER, "the chain is closed"))
        if method in self._constants:
            return _settled(self._constants[method])
        if method in self._writes:
            thread, answer = self._chain_thread, self._write
        elif method in CALLS:
            thread, answer = self._evm_thread, self._evm.answer
        elif method in self._index.methods:
            thread, answer = self._index_thread, self._index.answer
        else:
            message = f"the method {method[:60]} does not exist/is not available"
            return _settled(RpcError(METHOD_NOT_FOUND, message))
        return thread.submit(_guarded, answer, method, arguments)

    # The chain's thread from here on

    def _write(self, method: str, params: list[Any]) -> Any:
        return fitting(method, self._writes[method], params)()

    def _send(self, raw_text: object) -> str:
        if self._fault is not None:
            raise RpcError(INTERNAL, f"the chain cannot write: {self._fault}")
        raw = octets(raw_text)
        if len(raw) > TRANSACTION_BYTES:
            size = f"transaction size {len(raw)}, limit {TRANSACTION_BYTES}"
            raise RpcError(SERVER, f"oversized data: {size}")
        tx = received_transaction(raw)
        self._admit(tx)
        self._arrivals += 1
        fee, tip = int(tx.max_fee_per_gas), int(tx.max_priority_fee_per_gas)
        digest = bytes(tx.hash)
        waiting = Waiting(digest, tx.sender, tx.nonce, tx.gas, fee, tip, self._arrivals, tx)
        self._pool.add(waiting)
        if self.interval == 0:
            self._mine_at_once(waiting)
        elif self.interval is not None:
            self._wake.set()
        return to_hex(digest)

    def _mine_at_once(self, waiting: Waiting) -> None:
        try:
            while self._mine_ready():
                pass
        except BaseException:
            # No producer would try again: who is told of a fault must be free to send again.
            self._pool.discard(waiting)
            raise

    def _admit(self, tx: Any) -> None:
        """What can be said before a block is tried, in the words of geth. Raises: RpcError."""
        if self._pool.find(tx.hash) is not None:
            raise RpcError(SERVER, "already known")
        if tx.chain_id is None:
            raise RpcError(SERVER, "only replay-protected (EIP-155) transactions allowed over RPC")
        if tx.chain_id != self.chain_id:
            ids = f"have {tx.chain_id} want {self.chain_id}"
            raise RpcError(SERVER, f"invalid sender: invalid chain id for signer: {ids}")
        if tx.max_priority_fee_per_gas > tx.max_fee_per_gas:
            raise RpcError(SERVER, "max priority fee per gas higher than max fee per gas")
        if tx.gas > BLOCK_GAS:
            raise RpcError(SERVER, "exceeds block gas limit")
        least = least_gas(tx)
        if tx.gas < least:
            message = f"intrinsic gas too low: gas {tx.gas}, minimum needed {least}"
            raise RpcError(SERVER, message)
        state = self._machine.state(self._head)
        nonce = state.get_nonce(tx.sender)
        if tx.nonce < nonce:
            detail = f"next nonce {nonce}, tx nonce {tx.nonce}"
            raise RpcError(SERVER, f"nonce too low: {detail}")
        cost = tx.gas * tx.max_fee_per_gas + tx.value
        balance = state.get_balance(tx.sender)
        if balance < cost:
            detail = f"balance {balance}, tx cost {cost}, overshot {cost - balance}"
            raise RpcError(SERVER, f"insufficient funds for gas * price + value: {detail}")

    def _produce(self) -> None:
        """The producer's own thread: it only waits, and lets the chain's thread do the work."""
        while True:
            self._wake.wait()
            if self._closing.wait(max(0.0, self._due - time.monotonic())):
                return
            self._wake.clear()
            try:
                more = self._chain_thread.submit(self._mine_ready).result()
            # A full disk, say: the pool keeps what waits, sends are refused with the reason, and
            # the next interval tries again.
            except Exception as fault:
                self._fault = fault
                self._due = time.monotonic() + (self.interval or 1.0)
                logger.exception("no block could be made")
                more = True
            else:
                self._fault = None
            if more:
                self._wake.set()

    def _mine_ready(self) -> bool:
        """Make one block if anything can go into it; True when more may be waiting."""
        ready = self._ready()
        if not ready:
            return False
        self._mine(ready, stamp=self._clock.stamp(self._head.timestamp))
        return len(self._pool) > 0

    def _ready(self) -> list[Waiting]:
        state = self._machine.state(self._head)
        return self._pool.ready(
            state.get_nonce,
            base_fee=self._machine.next_header(self._head, timestamp=1 << 62).base_fee_per_gas,
            gas=BLOCK_GAS,
            count=BLOCK_TRANSACTIONS,
        )

    def _mine(self, ready: list[Waiting], *, stamp: int) -> None:
        self._due = time.monotonic() + (self.interval or 0.0)
        while True:
            try:
                transactions = [waiting.decoded for waiting in ready]
                mined = self._machine.build(self._head, transactions, timestamp=stamp)
                break
            except Unfit as fault:
                # It leaves the pool, or it would spoil every block to come. Its sender finds
                # neither receipt nor pending transaction, sends again, and is told the reason.
                unfit = ready[fault.position]
                self._pool.discard(unfit)
                # What follows it from the same sender waits on for its nonce.
                ready = ready[: fault.position] + [
                    waiting
                    for waiting in ready[fault.position + 1 :]
                    if waiting.sender != unfit.sender
                ]
                logger.warning("dropped %s: %s", to_hex(unfit.hash), fault)
        self._store.append(mined)
        self._head = decode_header(mined.block)
        for waiting in ready[: len(mined.transactions)]:
            self._pool.discard(waiting)

    # What tests do to a chain

    def _mine_now(self, timestamp: object = None) -> str:
        earliest = self._head.timestamp + 1
        now = self._clock.stamp(self._head.timestamp)
        self._mine(
            self._ready(), stamp=now if timestamp is None else max(quantity(timestamp), earliest)
        )
        return "0x0"

    def _increase_time(self, seconds: object) -> int:
        self._move_clock(self._clock.offset + quantity(seconds))
        return self._clock.offset

    def _move_clock(self, offset: int) -> None:
        self._store.set_meta("clock_offset", offset)
        self._clock.offset = offset

    def _snapshot(self) -> str:
        head = self._store.head()
        self._snapshots.append((head.number, head.hash, self._clock.offset))
        return hex(len(self._snapshots))

    def _revert(self, snapshot: object) -> bool:
        """Forget all blocks since the snapshot, all that waits, and the later snapshots."""
        place = quantity(snapshot)
        if not 1 <= place <= len(self._snapshots):
            return False
        number, digest, offset = self._snapshots[place - 1]
        del self._snapshots[place - 1 :]
        block = self._store.block(number)
        if block is None or block.hash != digest:
            return False
        self._pool.clear()
        self._store.truncate(number)
        self._head = decode_header(block)
        self._move_clock(offset)
        return True


def _create(store: Store, funded: Mapping[str, int]) -> None:
    chain_id = CHAIN_IDS[randbelow(len(CHAIN_IDS))]
    accounts = {octets(address, 20): wei for address, wei in funded.items()}
    genesis = Machine(store, chain_id).genesis(timestamp=int(time.time()), funded=accounts)
    store.create(genesis, meta={"chain_id": chain_id, "clock_offset": 0})


def _guarded(answer: Callable[[str, list[Any]], Any], method: str, params: list[Any]) -> Any:
    try:
        return answer(method, params)
    except RpcError:
        raise
    except Exception as fault:
        logger.exception("%s failed", method)
        raise RpcError(INTERNAL, f"{type(fault).__name__}: {fault}"[:200]) from fault


def _settled(outcome: Any) -> "Future[Any]":
    future: Future[Any] = Future()
    if isinstance(outcome, RpcError):
        future.set_exception(outcome)
    else:
        future.set_result(outcome)
    return future
