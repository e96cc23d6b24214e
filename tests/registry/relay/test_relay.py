"""The relay

- on its way: every received filing gets to the chain once, in order, and is said to be final
- killed at any point, and at random: nothing lost, nothing doubled, no nonce left out
- the chain takes a block back: what was in it is brought again, and a refusal falls with its block
"""

import multiprocessing
import random
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from registry.outbox import Outbox, State
from registry.relay import Pace
from tests.registry.local_chain import filing, filings_on_chain
from tests.registry.relay.ground import (
    PATIENCE_SECONDS,
    Ground,
    assert_each_once,
    drain,
    filing_signed_by,
    now,
    run_until,
)
from tests.registry.relay.process import Order, carry_out

# The server has imported all that is slow before it is asked for the first process.
PROCESSES = multiprocessing.get_context("forkserver")


PROCESSES.set_forkserver_preload(["registry.relay"])


class TestOnItsWay:
    def test_every_filing_gets_there_once_and_in_order(
        self, ground: Ground, outbox: Outbox, holder: bytes
    ) -> None:
        held = outbox.receive(*(filing(ground.deployment, holder) for _ in range(120)))

        drain(ground.relay(outbox))

        ours = {each.digest for each in held}
        said = filings_on_chain(ground.chain, ground.deployment)
        assert [id for id in said if id in ours] == [each.digest for each in held]
        settled = outbox.submissions(limit=200)
        assert {each.state for each in settled} == {State.FINAL}
        assert len({each.transaction for each in settled}) == 2

    def test_says_block_and_transaction(
        self, ground: Ground, outbox: Outbox, holder: bytes
    ) -> None:
        (held,) = outbox.receive(filing(ground.deployment, holder))

        drain(ground.relay(outbox))

        found = now(outbox, held)
        receipt = ground.chain.receipt(str(found.transaction))
        assert receipt is not None
        assert (hex(found.block or 0), found.block_hash) == (
            receipt["blockNumber"],
            receipt["blockHash"],
        )

    def test_does_nothing_where_nothing_waits(self, ground: Ground, outbox: Outbox) -> None:
        assert ground.relay(outbox).step() is False


class Killed:
    """A relay in a process of its own, until it dies."""

    def __init__(self, ground: Ground, folder: Path, **order: Any) -> None:
        self._ours, theirs = PROCESSES.Pipe(duplex=False)
        told = Order(ground.chain.url, ground.deployment, folder / "outbox.db", ground.key, **order)
        self.process = PROCESSES.Process(target=carry_out, args=(told, theirs), daemon=True)
        self.process.start()
        theirs.close()

    def first(self) -> str:
        """Waits for the first digest that it promised."""
        assert self._ours.poll(PATIENCE_SECONDS)
        return str(self._ours.recv())

    def kill(self) -> None:
        self.process.kill()

    def promised(self) -> list[str]:
        """The further digests; returns once it is dead."""
        said = []
        # A message that the kill cut short ends the pipe too, and is no promise.
        with suppress(EOFError, OSError):
            while self._ours.poll(PATIENCE_SECONDS):
                said.append(self._ours.recv())
        self.process.join(PATIENCE_SECONDS)
        assert self.process.exitcode is not None
        return said


def assert_kept(ground: Ground, folder: Path, promised: list[str], *, finality: int = 0) -> None:
    """Another relay brings all to its end: each promise once on the chain, and no nonce left out."""
    outbox = Outbox.open(folder / "outbox.db")
    held = outbox.submissions(limit=10_000)
    relay = ground.relay(outbox, finality=finality)

    def is_over() -> bool:
        if finality:
            ground.chain.rpc("evm_mine")
        return all(each.is_settled for each in outbox.submissions(limit=10_000))

    run_until(relay, is_over)

    assert set(promised) <= {each.digest for each in held}
    assert {now(outbox, each).state for each in held} == {State.FINAL}
    assert_each_once(ground, held)
    lane = relay._hold()
    assert lane is not None
    assert lane.next_nonce() == ground.chain.nonce(relay.sender)
    assert lane.slots() == []
    relay.release()
    outbox.close()


class TestKilled:
    @pytest.mark.parametrize(
        ("point", "finality"),
        [
            ("after_receive", 0),
            ("before_sign", 0),
            ("after_sign", 0),
            ("after_send", 0),
            ("before_settle", 0),
            ("after_settle", 0),
            ("before_final", 1),
            ("after_final", 1),
        ],
    )
    def test_at_each_point_nothing_is_lost_or_doubled(
        self, ground: Ground, tmp_path: Path, point: str, finality: int
    ) -> None:
        killed = Killed(ground, tmp_path, crash_at=point, finality=finality)

        promised = killed.promised()

        assert killed.process.exitcode == 137
        assert_kept(ground, tmp_path, promised, finality=finality)

    def test_at_any_moment_nothing_is_lost_or_doubled(self, ground: Ground, tmp_path: Path) -> None:
        dice = random.Random(20260101)
        promised = []
        for _ in range(8):
            killed = Killed(ground, tmp_path, at_once=2, pause=0.01)
            promised.append(killed.first())
            killed.process.join(dice.uniform(0.05, 0.5))
            killed.kill()
            promised += killed.promised()

        assert len(promised) > 8
        assert_kept(ground, tmp_path, promised)


class TestTheChainTakesBack:
    def test_a_lost_block_is_brought_again_with_the_same_bytes(
        self, ground: Ground, outbox: Outbox, holder: bytes
    ) -> None:
        relay = ground.relay(outbox, finality=2, pace=Pace(resend=0.0))
        snapshot = ground.chain.rpc("evm_snapshot")
        (held,) = outbox.receive(filing(ground.deployment, holder))
        run_until(relay, lambda: now(outbox, held).state is State.INCLUDED)
        before = now(outbox, held)

        assert ground.chain.rpc("evm_revert", snapshot)
        ground.chain.rpc("evm_mine")
        run_until(
            relay,
            lambda: (
                now(outbox, held).state is State.INCLUDED
                and now(outbox, held).block_hash != before.block_hash
            ),
        )
        assert relay.step() is False, "final two blocks too early"
        ground.chain.rpc("evm_mine")
        ground.chain.rpc("evm_mine")
        drain(relay)

        after = now(outbox, held)
        assert after.state is State.FINAL
        assert after.transaction == before.transaction
        assert_each_once(ground, [held])

    def test_a_refusal_falls_with_its_block(
        self, ground: Ground, outbox: Outbox, stranger: bytes, holder: bytes
    ) -> None:
        relay = ground.relay(outbox, finality=2, pace=Pace(resend=0.0))
        snapshot = ground.chain.rpc("evm_snapshot")
        forged = filing_signed_by(ground, filing(ground.deployment, holder), stranger)
        (held,) = outbox.receive(forged)
        run_until(relay, lambda: now(outbox, held).state is State.REJECTED)
        versions = now(outbox, held).version

        assert ground.chain.rpc("evm_revert", snapshot)
        ground.chain.rpc("evm_mine")
        run_until(
            relay,
            lambda: (
                now(outbox, held).version >= versions + 2
                and now(outbox, held).state is State.REJECTED
            ),
        )
        relay.release()
