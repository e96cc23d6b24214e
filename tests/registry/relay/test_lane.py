"""The lane

- one relay at a time; who lost it writes nothing; a nonce that another used is given up
- the node drops a transaction, raises its price, loses replies
"""

import random
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from secrets import token_bytes
from threading import Thread
from typing import Any
from urllib.request import Request, urlopen

import pytest
from sqlalchemy import select

from registry.chain import Chain
from registry.deployment import Deployment
from registry.errors import WrongChain
from registry.hashes import to_hex
from registry.outbox import Outbox, State, Submission, attempts
from registry.relay import Pace, Relay
from registry.relay.lane import Lane, LeaseLost
from registry.settings import Settings
from registry.transactions import Attempt, Transaction
from tests.machine import running_anvil
from tests.registry.local_chain import address_of, deploy, filing
from tests.registry.relay.ground import (
    HOUR,
    Ground,
    assert_each_once,
    drain,
    now,
    run_until,
)
from tests.registry.sandbox import WEALTH


class TestLane:
    def test_one_relay_at_a_time(self, ground: Ground, outbox: Outbox, holder: bytes) -> None:
        first, second = ground.relay(outbox), ground.relay(outbox)
        first.step()
        (held,) = outbox.receive(filing(ground.deployment, holder))

        assert second.step() is False
        assert now(outbox, held).transaction is None

        first.release()
        drain(second)
        assert now(outbox, held).state is State.FINAL

    def test_who_lost_the_lane_writes_nothing(
        self, ground: Ground, outbox: Outbox, holder: bytes
    ) -> None:
        stale = ground.relay(outbox, pace=Pace(lease=0.001))
        stale.step()
        # Renewal is due only after half the lease, by a clock that the other need not share.
        assert stale._lane is not None
        stale._lane._renew_at = time.monotonic() + HOUR
        fresh = ground.relay(outbox)
        run_until(fresh, lambda: fresh.step() or fresh._lane is not None)
        (held,) = outbox.receive(filing(ground.deployment, holder))

        with pytest.raises(LeaseLost):
            stale.step()

        assert now(outbox, held) == held
        drain(fresh)
        assert_each_once(ground, [held])

    def test_the_token_is_checked_with_the_nonce(self, outbox: Outbox) -> None:
        sender = address_of(token_bytes(32))
        stale = Lane.take(outbox, sender, nonce=0, lease=0.0)
        fresh = Lane.take(outbox, sender, nonce=0, lease=10.0)
        assert stale is not None
        assert fresh is not None

        with pytest.raises(LeaseLost):
            stale.commit([Attempt.of(b"stale", nonce=0, acts=())])

        fresh.commit([Attempt.of(b"fresh", nonce=0, acts=())])
        assert [slot.newest.raw for slot in fresh.slots()] == [b"fresh"]

    def test_a_holder_that_is_gone_is_not_waited_for(self, outbox: Outbox) -> None:
        sender = address_of(token_bytes(32))
        take = (
            "import sys; from pathlib import Path; from registry.outbox import Outbox;"
            "from registry.relay.lane import Lane;"
            "assert Lane.take(Outbox.open(Path(sys.argv[1])), sys.argv[2], nonce=0, lease=3600)"
        )
        path = str(outbox.engine.url.database)
        subprocess.run([sys.executable, "-c", take, path, sender], check=True)

        assert Lane.take(outbox, sender, nonce=0, lease=1.0) is not None

    def test_a_nonce_that_another_used_is_given_up(
        self, ground: Ground, outbox: Outbox, holder: bytes
    ) -> None:
        relay = ground.relay(outbox, pace=Pace(resend=0.0))
        relay.step()
        ground.send(address_of(holder))
        (held,) = outbox.receive(filing(ground.deployment, holder))

        drain(relay)

        assert now(outbox, held).state is State.FINAL
        assert_each_once(ground, [held])

    def test_refuses_another_chain(self, ground: Ground, outbox: Outbox) -> None:
        elsewhere = Deployment(**{**vars(ground.deployment), "genesis": to_hex(token_bytes(32))})
        with pytest.raises(WrongChain):
            Relay(ground.chain, elsewhere, outbox, ground.key, Settings.model_validate({})).step()


@pytest.fixture
def anvil_ground(tmp_path: Path) -> Iterator[Ground]:
    """A node that makes a block only when told, once the contracts are there."""
    with running_anvil(block_time=None) as url:
        chain, key = Chain(url), token_bytes(32)
        chain.rpc("anvil_setBalance", address_of(key), hex(WEALTH))
        chain.rpc("evm_setAutomine", True)
        deployment = deploy(chain, key, tmp_path)
        chain.rpc("evm_setAutomine", False)
        yield Ground(chain, deployment, key)


def raise_price(chain: Chain) -> None:
    chain.rpc("anvil_setNextBlockBaseFeePerGas", hex(50 * 10**9))
    chain.rpc("evm_mine")


def outbid(relay: Relay, held: Submission) -> str | None:
    """Sends it, and again for more when the price has risen; the hash of the first transaction."""
    relay.step()
    first = now(relay.outbox, held).transaction
    raise_price(relay.chain)
    run_until(relay, lambda: now(relay.outbox, held).transaction != first)
    return first


class TestTheNode:
    def test_pays_more_when_the_price_rises(
        self, anvil_ground: Ground, outbox: Outbox, holder: bytes
    ) -> None:
        chain, relay = anvil_ground.chain, anvil_ground.relay(outbox, pace=Pace(resend=0.0))
        (held,) = outbox.receive(filing(anvil_ground.deployment, holder))
        first = outbid(relay, held)
        chain.rpc("evm_mine")
        drain(relay)

        found = now(outbox, held)
        assert found.state is State.FINAL
        assert found.transaction != first
        assert_each_once(anvil_ground, [held])

    def test_whichever_attempt_is_mined_counts(
        self, anvil_ground: Ground, outbox: Outbox, holder: bytes
    ) -> None:
        chain, relay = anvil_ground.chain, anvil_ground.relay(outbox, pace=Pace(resend=0.0))
        (held,) = outbox.receive(filing(anvil_ground.deployment, holder))
        first = outbid(relay, held)
        with outbox.engine.connect() as connection:
            (old, _) = connection.execute(
                select(attempts.c.raw).order_by(attempts.c.position)
            ).scalars()
        chain.rpc("anvil_dropAllTransactions")
        chain.rpc("anvil_setNextBlockBaseFeePerGas", hex(1))
        chain.rpc("evm_mine")
        chain.send(old)
        chain.rpc("evm_mine")

        drain(relay)

        assert now(outbox, held).transaction == first
        assert_each_once(anvil_ground, [held])

    def test_never_pays_more_than_the_most(
        self, anvil_ground: Ground, outbox: Outbox, holder: bytes
    ) -> None:
        most = 10 * 10**9
        relay = anvil_ground.relay(outbox, pace=Pace(resend=0.0, most_fee=most))
        outbox.receive(filing(anvil_ground.deployment, holder))
        relay.step()
        raise_price(anvil_ground.chain)

        for _ in range(5):
            relay.step()

        with outbox.engine.connect() as connection:
            tried = connection.execute(select(attempts.c.raw)).scalars().all()
        fees = [Transaction.read(raw).fee for raw in tried]
        assert max(fees) <= most
        assert len(fees) <= 2, "one rise to what is allowed, and no more"

    def test_sends_again_what_the_node_dropped(
        self, anvil_ground: Ground, outbox: Outbox, holder: bytes
    ) -> None:
        chain = anvil_ground.chain
        relay = anvil_ground.relay(outbox, pace=Pace(resend=0.0))
        (held,) = outbox.receive(filing(anvil_ground.deployment, holder))
        relay.step()
        sent = now(outbox, held).transaction
        chain.rpc("anvil_dropTransaction", sent)

        relay.step()
        chain.rpc("evm_mine")
        drain(relay)

        assert now(outbox, held).transaction == sent

    @pytest.mark.parametrize("share", [0.13, 0.4])
    def test_replies_that_get_lost_are_no_answers(
        self, ground: Ground, outbox: Outbox, holder: bytes, share: float
    ) -> None:
        held = outbox.receive(*(filing(ground.deployment, holder) for _ in range(10)))
        with losing_replies(ground.chain.url, share) as url:
            far = Ground(Chain(url), ground.deployment, ground.key)
            drain(far.relay(outbox, batch_acts=2, pace=Pace(resend=0.0)))

        assert {now(outbox, each).state for each in held} == {State.FINAL}
        assert_each_once(ground, held)


@contextmanager
def losing_replies(url: str, share: float) -> Iterator[str]:
    """A road to the node on which a share of requests, and of replies to others, gets lost."""
    dice = random.Random(7)

    class Road(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            if dice.random() < share / 2:
                self.send_error(502)
                return
            asked = Request(url, body, {"content-type": "application/json"})
            with urlopen(asked) as answered:
                answer = answered.read()
            if dice.random() < share / 2:
                answer = answer[: len(answer) // 2]
            self.send_response(200)
            self.send_header("content-length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    road = ThreadingHTTPServer(("127.0.0.1", 0), Road)
    thread = Thread(target=road.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{road.server_port}"
    finally:
        road.shutdown()
        thread.join()
        road.server_close()
