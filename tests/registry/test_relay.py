"""The relay

- on its way: every received filing gets to the chain once, in order, and is said to be final
- refused: the reason, for as long as the act stays executable; never for its neighbours, never for
  want of gas, never for what is already done, never for want of an act that came earlier
- killed at any point, and at random: nothing lost, nothing doubled, no nonce left out
- the lane: one relay at a time; who lost it writes nothing; a nonce that another used is given up
- the chain takes a block back, drops a transaction, raises its price, loses replies
"""

import json
import multiprocessing
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from secrets import token_bytes
from threading import Thread
from typing import Any
from urllib.request import Request, urlopen

import pytest
from sqlalchemy import select, update

from registry.chain import Chain, RpcError
from registry.deployment import Deployment
from registry.embedded import EmbeddedChain, serve
from registry.errors import Unavailable, WrongChain
from registry.hashes import to_hex
from registry.messages import Message, party_of
from registry.outbox import Outbox, State, Submission, attempts, submissions
from registry.registrations.acts import INITIAL, Accept, Claim, File, Withdraw
from registry.relay import Pace, Relay
from registry.relay.lane import Lane, LeaseLost
from registry.settings import Settings
from registry.signatures import sign
from registry.transactions import Attempt, Transaction
from tests.machine import running_anvil
from tests.registry.local_chain import Sender, address_of, deploy, filing, filings_on_chain
from tests.registry.relay_process import Order, carry_out

# The server has imported all that is slow before it is asked for the first process.
PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["registry.relay"])
WEALTH = 10**24
PATIENCE_SECONDS = 30
HOUR = 3600


@dataclass(frozen=True)
class Ground:
    """A chain with the contracts on it, and the key that pays."""

    chain: Chain
    deployment: Deployment
    key: bytes

    @property
    def sender(self) -> Sender:
        return Sender(self.chain, self.key)

    def relay(self, outbox: Outbox, *, pace: Pace | None = None, **settings: int) -> Relay:
        told = Settings.model_validate(settings)
        return Relay(self.chain, self.deployment, outbox, self.key, told, pace=pace)


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """The embedded chain, which makes a block of each transaction at once."""
    key = token_bytes(32)
    path = tmp_path_factory.mktemp("chain") / "chain.db"
    funded = {address_of(key): WEALTH}
    with (
        EmbeddedChain.open(path, funded=funded, interval=0, controls=True) as embedded,
        serve(embedded) as url,
    ):
        chain = Chain(url)
        yield Ground(chain, deploy(chain, key), key)


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    outbox = Outbox.open(tmp_path / "outbox.db")
    yield outbox
    outbox.close()


@pytest.fixture
def holder() -> bytes:
    return token_bytes(32)


@pytest.fixture
def stranger() -> bytes:
    return token_bytes(32)


def run_until(relay: Relay, is_done: Callable[[], bool]) -> None:
    """Steps, as `run` does, until it is so."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not is_done():
        assert time.monotonic() < deadline, "the relay did not get there"
        with suppress(Unavailable, RpcError):
            relay.step()


def drain(relay: Relay) -> None:
    """Steps until every submission has an outcome for good."""
    held = relay.outbox.submissions(limit=10_000)
    run_until(relay, lambda: all(now(relay.outbox, each).is_settled for each in held))
    relay.release()


def now(outbox: Outbox, submission: Submission) -> Submission:
    found = outbox.find(submission.digest)
    assert found is not None
    return found


def act_of(ground: Ground, message: Message, key: bytes, *filings: File) -> Submission:
    digest = message.digest(ground.deployment.domain(message.contract))
    return Submission.of(
        message, (sign(digest, key),), deployment=ground.deployment, filings=filings
    )


def joint_filing(ground: Ground, keys: list[bytes]) -> tuple[File, Submission]:
    keys = sorted(keys, key=lambda key: party_of(address_of(key)))
    message = File(
        claims=tuple(Claim(party=party_of(address_of(key)), rights=3) for key in keys),
        data=to_hex(token_bytes(32)),
        registrar=1,
        profile=1,
        kind=INITIAL,
        deadline=int(time.time()) + HOUR,
    )
    digest = message.digest(ground.deployment.domain("Registrations"))
    signatures = tuple(sign(digest, key) for key in keys)
    return message, Submission.of(message, signatures, deployment=ground.deployment)


def withdrawal(ground: Ground, file: File, key: bytes, *, step: int) -> Submission:
    message = Withdraw(
        party=party_of(address_of(key)),
        registration=file.digest(ground.deployment.domain("Registrations")),
        step=step,
        deadline=int(time.time()) + HOUR,
    )
    return act_of(ground, message, key, file)


def assert_each_once(ground: Ground, held: list[Submission]) -> None:
    said = filings_on_chain(ground.chain, ground.deployment)
    assert [said.count(each.digest) for each in held] == [1] * len(held)


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

    def test_cuts_transactions_by_bytes(
        self, ground: Ground, outbox: Outbox, holder: bytes
    ) -> None:
        outbox.receive(*(filing(ground.deployment, holder) for _ in range(12)))

        drain(ground.relay(outbox, batch_bytes=4000))

        with outbox.engine.connect() as connection:
            sizes = [len(row.raw) for row in connection.execute(select(attempts.c.raw))]
        assert max(sizes) <= 4000
        assert len(sizes) > 1

    def test_cuts_transactions_by_gas(self, ground: Ground, outbox: Outbox, holder: bytes) -> None:
        held = outbox.receive(*(filing(ground.deployment, holder) for _ in range(25)))

        drain(ground.relay(outbox, batch_gas=1_000_000))

        assert_each_once(ground, held)

    def test_a_transaction_that_no_node_takes_goes_in_smaller_ones(
        self, ground: Ground, outbox: Outbox, holder: bytes
    ) -> None:
        held = outbox.receive(*(filing(ground.deployment, holder) for _ in range(230)))

        drain(ground.relay(outbox, batch_acts=300, batch_bytes=400_000))

        assert_each_once(ground, held)
        with outbox.engine.connect() as connection:
            raws = connection.execute(select(attempts.c.raw)).scalars().all()
        assert max(map(len, raws)) > 131_072, "none was too large: the test tries nothing"

    def test_an_act_that_no_transaction_can_carry_is_given_up(
        self, ground: Ground, outbox: Outbox, holder: bytes
    ) -> None:
        huge = filing(ground.deployment, holder, signatures=(to_hex(token_bytes(140_000)),))
        sound = filing(ground.deployment, holder)
        outbox.receive(huge, sound)

        drain(ground.relay(outbox))

        found = now(outbox, huge)
        assert found.error is not None
        assert found.error.error == "TooLarge"
        assert_each_once(ground, [sound])

    def test_does_nothing_where_nothing_waits(self, ground: Ground, outbox: Outbox) -> None:
        assert ground.relay(outbox).step() is False


class TestRefused:
    def test_says_why_and_the_neighbours_stand(
        self, ground: Ground, outbox: Outbox, holder: bytes, stranger: bytes
    ) -> None:
        sound = [filing(ground.deployment, holder) for _ in range(4)]
        forged = filing(ground.deployment, holder)
        forged = filing_signed_by(ground, forged, stranger)
        outbox.receive(*sound[:2], forged, *sound[2:])

        drain(ground.relay(outbox))

        found = now(outbox, forged)
        assert found.state is State.REJECTED
        assert found.error is not None
        assert found.error.error == "SignatureRefused"
        assert found.error.arguments["signer"].lower() == address_of(holder).lower()
        assert found.error.executable_until == forged.deadline
        assert_each_once(ground, sound)

    def test_what_another_brought_is_not_refused(
        self, ground: Ground, outbox: Outbox, tmp_path: Path, holder: bytes
    ) -> None:
        act = filing(ground.deployment, holder)
        other = Outbox.open(tmp_path / "other.db")
        other.receive(act)
        drain(ground.relay(other))
        outbox.receive(act)

        drain(ground.relay(outbox))

        found = now(outbox, act)
        assert found.state is State.FINAL
        assert found.transaction == now(other, act).transaction
        assert_each_once(ground, [act])
        other.close()

    def test_a_filing_withdrawn_beforehand_was_never_filed(
        self, ground: Ground, outbox: Outbox, holder: bytes
    ) -> None:
        file, act = joint_filing(ground, [holder])
        outbox.receive(withdrawal(ground, file, holder, step=0), act)

        drain(ground.relay(outbox))

        found = now(outbox, act)
        assert found.state is State.REJECTED
        assert found.error is not None
        assert found.error.error == "AlreadyFiled"

    def test_one_whose_time_is_over_is_not_sent(
        self, ground: Ground, outbox: Outbox, holder: bytes
    ) -> None:
        past = ground.chain.head().time - 1
        (held,) = outbox.receive(filing(ground.deployment, holder, deadline=past))

        drain(ground.relay(outbox))

        found = now(outbox, held)
        assert found.error is not None
        assert found.error.error == "DeadlinePassed"
        assert found.transaction is None

    def test_one_whose_time_is_over_counts_if_it_was_done_in_time(
        self, ground: Ground, outbox: Outbox, tmp_path: Path, holder: bytes
    ) -> None:
        act = filing(ground.deployment, holder, deadline=ground.chain.head().time + 60)
        other = Outbox.open(tmp_path / "other.db")
        other.receive(act)
        drain(ground.relay(other))
        outbox.receive(act)
        snapshot = ground.chain.rpc("evm_snapshot")
        ground.chain.rpc("evm_increaseTime", 120)
        ground.chain.rpc("evm_mine")

        drain(ground.relay(outbox))

        assert now(outbox, act).state is State.FINAL
        assert ground.chain.rpc("evm_revert", snapshot)
        other.close()

    def test_no_officer_no_acceptance(
        self, ground: Ground, outbox: Outbox, stranger: bytes
    ) -> None:
        message = Accept(
            registrar=1,
            officer=address_of(stranger),
            registrations=(to_hex(token_bytes(32)),),
            steps=(1,),
            deadline=int(time.time()) + HOUR,
        )
        (held,) = outbox.receive(act_of(ground, message, stranger))

        drain(ground.relay(outbox))

        found = now(outbox, held)
        assert found.error is not None
        assert found.error.error == "NotAnOfficer"

    def test_an_act_that_overtook_what_it_needs_is_run_again(
        self, ground: Ground, outbox: Outbox, holder: bytes
    ) -> None:
        early, _ = joint_filing(ground, [holder])
        late, act = joint_filing(ground, [holder, *(token_bytes(32) for _ in range(4))])
        # The joint filing needs a limit of its own, so that the second withdrawal goes with the first.
        held = outbox.receive(
            withdrawal(ground, early, holder, step=0), act, withdrawal(ground, late, holder, step=1)
        )

        drain(ground.relay(outbox))

        assert [now(outbox, each).state for each in held] == [State.FINAL] * 3

    def test_what_ran_out_of_gas_is_run_again_with_more(
        self, ground: Ground, outbox: Outbox, holder: bytes
    ) -> None:
        (held,) = outbox.receive(filing(ground.deployment, holder))
        with outbox.writing() as connection:
            connection.execute(update(submissions).values(gas=30_000))

        drain(ground.relay(outbox))

        found = now(outbox, held)
        assert found.state is State.FINAL
        assert found.attempts == 1

    def test_wallets_that_burn_all_gas_do_not_take_their_neighbours_along(
        self, ground: Ground, outbox: Outbox, holder: bytes
    ) -> None:
        # PUSH4 <loop> PUSH1 0 MSTORE, RETURN its four bytes; the loop: JUMPDEST PUSH1 0 JUMP.
        receipt = ground.sender.send("0x", bytes.fromhex("635b600056600052" + "6004601cf3"))
        wallet = party_of(receipt["contractAddress"])
        burning = [filing_of_wallet(ground, wallet) for _ in range(20)]
        sound = [filing(ground.deployment, holder) for _ in range(5)]
        outbox.receive(*burning, *sound)

        drain(ground.relay(outbox))

        assert {now(outbox, each).state for each in burning} == {State.REJECTED}
        assert_each_once(ground, sound)
        with outbox.engine.connect() as connection:
            hashes = connection.execute(select(attempts.c.transaction)).scalars().all()
        statuses = [(ground.chain.receipt(each) or {})["status"] for each in hashes]
        assert "0x0" in statuses, "no transaction failed whole: the test tries nothing"


def filing_signed_by(ground: Ground, act: Submission, key: bytes) -> Submission:
    file = File.model_validate_json(json.dumps(act.message))
    return act_of(ground, file, key)


def filing_of_wallet(ground: Ground, wallet: str) -> Submission:
    file = File(
        claims=(Claim(party=wallet, rights=1),),
        data=to_hex(token_bytes(32)),
        registrar=1,
        profile=1,
        kind=INITIAL,
        deadline=int(time.time()) + HOUR,
    )
    return act_of(ground, file, token_bytes(32))


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
        ground.sender.send(address_of(holder), b"")
        (held,) = outbox.receive(filing(ground.deployment, holder))

        drain(relay)

        assert now(outbox, held).state is State.FINAL
        assert_each_once(ground, [held])

    def test_refuses_another_chain(self, ground: Ground, outbox: Outbox) -> None:
        elsewhere = Deployment(**{**vars(ground.deployment), "genesis": to_hex(token_bytes(32))})
        with pytest.raises(WrongChain):
            Relay(ground.chain, elsewhere, outbox, ground.key, Settings.model_validate({})).step()


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


@pytest.fixture
def anvil_ground(request: pytest.FixtureRequest) -> Iterator[Ground]:
    """A node that makes a block only when told, once the contracts are there."""
    with running_anvil(block_time=None) as url:
        chain, key = Chain(url), token_bytes(32)
        chain.rpc("anvil_setBalance", address_of(key), hex(WEALTH))
        chain.rpc("evm_setAutomine", True)
        deployment = deploy(chain, key)
        chain.rpc("evm_setAutomine", False)
        yield Ground(chain, deployment, key)


class TestTheNode:
    def test_pays_more_when_the_price_rises(
        self, anvil_ground: Ground, outbox: Outbox, holder: bytes
    ) -> None:
        chain = anvil_ground.chain
        relay = anvil_ground.relay(outbox, pace=Pace(resend=0.0))
        (held,) = outbox.receive(filing(anvil_ground.deployment, holder))
        relay.step()
        first = now(outbox, held).transaction
        chain.rpc("anvil_setNextBlockBaseFeePerGas", hex(50 * 10**9))
        chain.rpc("evm_mine")

        run_until(relay, lambda: now(outbox, held).transaction != first)
        chain.rpc("evm_mine")
        drain(relay)

        found = now(outbox, held)
        assert found.state is State.FINAL
        assert found.transaction != first
        assert_each_once(anvil_ground, [held])

    def test_whichever_attempt_is_mined_counts(
        self, anvil_ground: Ground, outbox: Outbox, holder: bytes
    ) -> None:
        chain = anvil_ground.chain
        relay = anvil_ground.relay(outbox, pace=Pace(resend=0.0))
        (held,) = outbox.receive(filing(anvil_ground.deployment, holder))
        relay.step()
        first = now(outbox, held).transaction
        chain.rpc("anvil_setNextBlockBaseFeePerGas", hex(50 * 10**9))
        chain.rpc("evm_mine")
        run_until(relay, lambda: now(outbox, held).transaction != first)
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
        anvil_ground.chain.rpc("anvil_setNextBlockBaseFeePerGas", hex(50 * 10**9))
        anvil_ground.chain.rpc("evm_mine")

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
