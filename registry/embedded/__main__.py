"""The embedded chain in a process of its own, which lives as long as its standard input is open.

Reads one JSON object a line from standard input: first where the chain is and who is funded, later
`{"interval": seconds}`. Writes one line, `{"url": ...}` or the refusal. When its starter dies, however
it dies, the input ends, and so does the chain.
"""

import json
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from registry.embedded import EmbeddedChain, serve
from registry.errors import Conflict, RegistryError

# A starter that was killed leaves its chain to finish the block it was making.
PATIENCE_SECONDS = 10.0


def main() -> int:
    # Ctrl-C reaches the whole group; our starter closes the input when it is done with us.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    orders = _orders()
    wanted = next(orders)
    try:
        with _open(wanted) as chain, serve(chain, port=wanted["port"]) as url:
            _say({"url": url})
            for order in orders:
                chain.interval = order["interval"]
    except RegistryError as refusal:
        _say({"code": refusal.code, "detail": refusal.detail})
        return 1
    return 0


def _open(wanted: dict[str, Any]) -> EmbeddedChain:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            return EmbeddedChain.open(
                Path(wanted["path"]), funded=wanted["funded"], interval=wanted["interval"]
            )
        except Conflict:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def _orders() -> Iterator[dict[str, Any]]:
    for line in sys.stdin:
        yield json.loads(line)


def _say(what: dict[str, Any]) -> None:
    print(json.dumps(what), flush=True)


if __name__ == "__main__":
    sys.exit(main())
