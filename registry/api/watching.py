"""Waiting for acts to change, any number of clients on one thread.

The pool that answers requests is small: a client that holds a thread of it while it waits takes it from all.
"""

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar

from starlette.concurrency import run_in_threadpool

from registry.outbox import ASK_AGAIN_SECONDS, Outbox, Submission

T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class _Waiter:
    """Someone who waits on an event loop for another state of an act."""

    known: Submission
    loop: asyncio.AbstractEventLoop
    answer: asyncio.Future[Submission]

    def tell(self, found: Submission) -> None:
        self._call(self.answer.set_result, found)

    def fail(self, error: Exception) -> None:
        self._call(self.answer.set_exception, error)

    def _call(self, set_answer: Callable[[T], None], value: T) -> None:
        def once() -> None:
            if not self.answer.done():
                set_answer(value)

        with suppress(RuntimeError):  # its loop was closed: nobody waits any more
            self.loop.call_soon_threadsafe(once)


class Watch:
    """One outbox, watched while anybody waits. Safe to share between threads and event loops."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox
        self._lock = threading.Lock()
        self._waiters: set[_Waiter] = set()
        self._is_watching = False

    @property
    def waiting(self) -> int:
        """How many wait now."""
        with self._lock:
            return len(self._waiters)

    async def changed(self, known: Submission, *, timeout: float | None = None) -> Submission:
        """The act once its state is another; as it was when `timeout` seconds pass first."""
        loop = asyncio.get_running_loop()
        waiter = _Waiter(known, loop, loop.create_future())
        self._join(waiter)
        try:
            # What changed before we joined, nobody will tell us.
            found = await run_in_threadpool(self._outbox.find, known.digest)
            if found is not None and found.state != known.state:
                return found
            return await asyncio.wait_for(waiter.answer, timeout)
        except TimeoutError:
            return known
        finally:
            with self._lock:
                self._waiters.discard(waiter)

    def _join(self, waiter: _Waiter) -> None:
        with self._lock:
            self._waiters.add(waiter)
            if not self._is_watching:
                self._is_watching = True
                threading.Thread(target=self._watch, name="watch", daemon=True).start()

    def _watch(self) -> None:
        while waiters := self._here():
            try:
                seen = self._outbox.changes()
                held = self._outbox.held(sorted({each.known.digest for each in waiters}))
                for each in waiters:
                    found = held.get(each.known.digest)
                    if found is not None and found.state != each.known.state:
                        each.tell(found)
                self._outbox.wait_for_change(seen, timeout=ASK_AGAIN_SECONDS)
            except Exception as e:
                # They are told instead of waiting for ever; whoever comes next begins anew.
                with self._lock:
                    self._is_watching = False
                for each in waiters:
                    each.fail(e)
                return

    def _here(self) -> list[_Waiter]:
        with self._lock:
            self._is_watching = bool(self._waiters)
            return list(self._waiters)
