"""A relay in a process of its own, to be killed: receives filings, reports each, relays them."""

import threading
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from secrets import token_bytes

from registry.chain import Chain
from registry.deployment import Deployment
from registry.outbox import Outbox
from registry.relay import Pace, Relay
from registry.settings import Settings
from tests.registry.local_chain import filing


@dataclass(frozen=True)
class Order:
    """What to do: `at_once` filings every `pause` seconds, until killed or at the point `crash_at`."""

    url: str
    deployment: Deployment
    outbox: Path
    key: bytes
    finality: int = 0
    crash_at: str | None = None
    at_once: int = 3
    pause: float = 0.2


def carry_out(order: Order, promises: "Connection[str, None]") -> None:
    """Sends the digest of each filing once it was received."""
    chain = Chain(order.url)
    outbox = Outbox.open(order.outbox, crash_at=order.crash_at)
    settings = Settings.model_validate({"batch_acts": 2, "finality": order.finality})
    pace = Pace(poll=0.01)
    relay = Relay(chain, order.deployment, outbox, order.key, settings, pace=pace)
    stop = threading.Event()
    threading.Thread(target=relay.run, args=(stop,), daemon=True).start()
    holder = token_bytes(32)
    while True:
        for held in outbox.receive(
            *(filing(order.deployment, holder) for _ in range(order.at_once))
        ):
            promises.send(held.digest)
        if order.finality:
            chain.rpc("evm_mine")
        stop.wait(order.pause)
