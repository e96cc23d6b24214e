"""Transactions that wait for a block, kept in memory only. Knows neither EVM nor file."""

import heapq
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from registry.embedded.wire import RpcError

CAPACITY = 4096


@dataclass(frozen=True, slots=True)
class Waiting:
    """A transaction that was let in; `arrival` counts up, `decoded` is the machine's form of it."""

    hash: bytes
    sender: bytes
    nonce: int
    gas: int
    fee: int
    tip: int
    arrival: int
    decoded: Any


class Pool:
    """Written by the chain's thread; other threads only read, by `find`, `nonces` and `waiting`.

    Nothing here survives the process: who sends must ask for the receipt and send again.
    """

    def __init__(self) -> None:
        self._by_hash: dict[bytes, Waiting] = {}
        self._by_sender: dict[bytes, dict[int, Waiting]] = defaultdict(dict)

    def __len__(self) -> int:
        return len(self._by_hash)

    def find(self, digest: bytes) -> Waiting | None:
        return self._by_hash.get(digest)

    def nonces(self, sender: bytes) -> set[int]:
        return set(self._by_sender.get(sender, {}))

    def waiting(self) -> list[Waiting]:
        """All, first come first."""
        return sorted(list(self._by_hash.values()), key=lambda waiting: waiting.arrival)

    def add(self, waiting: Waiting) -> None:
        """Raises: RpcError when it is there, when the pool is full, or when a replacement does not
        pay a tenth more than what it replaces."""
        if waiting.hash in self._by_hash:
            raise RpcError(-32000, "already known")
        rival = self._by_sender.get(waiting.sender, {}).get(waiting.nonce)
        if rival is None and len(self._by_hash) >= CAPACITY:
            raise RpcError(-32000, "txpool is full")
        if rival is not None:
            if waiting.fee * 10 < rival.fee * 11 or waiting.tip * 10 < rival.tip * 11:
                raise RpcError(-32000, "replacement transaction underpriced")
            self.discard(rival)
        self._by_hash[waiting.hash] = waiting
        self._by_sender[waiting.sender][waiting.nonce] = waiting

    def discard(self, waiting: Waiting) -> None:
        if self._by_hash.pop(waiting.hash, None) is None:
            return
        queue = self._by_sender[waiting.sender]
        del queue[waiting.nonce]
        if not queue:
            del self._by_sender[waiting.sender]

    def clear(self) -> None:
        self._by_hash.clear()
        self._by_sender.clear()

    def ready(
        self, nonce_of: Callable[[bytes], int], *, base_fee: int, gas: int, count: int
    ) -> list[Waiting]:
        """What can go into the next block: first come first, each sender's nonces in order.

        At most `count`, their gas limits within `gas`, each willing to pay `base_fee`. What has
        fallen behind its account's nonce is dropped.
        """
        chosen: list[Waiting] = []
        for waiting in self._in_order(nonce_of, base_fee):
            if len(chosen) == count or waiting.gas > gas:
                break
            chosen.append(waiting)
            gas -= waiting.gas
        return chosen

    def _in_order(self, nonce_of: Callable[[bytes], int], base_fee: int) -> Iterator[Waiting]:
        heads: list[tuple[int, Waiting]] = []
        for sender in list(self._by_sender):
            nonce = nonce_of(sender)
            queue = self._by_sender[sender]
            first = queue.get(nonce)
            for old in [waiting for waiting in queue.values() if waiting.nonce < nonce]:
                self.discard(old)
            if first is not None:
                heads.append((first.arrival, first))
        heapq.heapify(heads)
        while heads:
            _, waiting = heapq.heappop(heads)
            if waiting.fee < base_fee:
                continue
            yield waiting
            following = self._by_sender.get(waiting.sender, {}).get(waiting.nonce + 1)
            if following is not None:
                heapq.heappush(heads, (following.arrival, following))
