"""A chain with the contracts on it, and what relays are told, asked and held to on it."""

import json
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from registry.chain import Chain, RpcError
from registry.deployment import Deployment
from registry.errors import Unavailable
from registry.messages import Message
from registry.outbox import Outbox, Submission
from registry.registrations.acts import File
from registry.relay import Pace, Relay
from registry.settings import Settings
from registry.signatures import sign
from tests.registry.local_chain import filings_on_chain, sender

PATIENCE_SECONDS = 30


HOUR = 3600


@dataclass(frozen=True)
class Ground:
    """A chain with the contracts on it, and the key that pays."""

    chain: Chain
    deployment: Deployment
    key: bytes

    def send(self, to: str, data: bytes = b"") -> dict[str, Any]:
        """A transaction of the key's own, beside the relay; its receipt."""
        return sender(self.chain, self.key).run("beside the relay", to, data)

    def relay(self, outbox: Outbox, *, pace: Pace | None = None, **settings: int) -> Relay:
        told = Settings.model_validate(settings)
        return Relay(self.chain, self.deployment, outbox, self.key, told, pace=pace)


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


def filing_signed_by(ground: Ground, act: Submission, key: bytes) -> Submission:
    file = File.model_validate_json(json.dumps(act.message))
    return act_of(ground, file, key)


def assert_each_once(ground: Ground, held: list[Submission]) -> None:
    said = filings_on_chain(ground.chain, ground.deployment)
    assert [said.count(each.digest) for each in held] == [1] * len(held)
