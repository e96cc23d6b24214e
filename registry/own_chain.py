"""Starting the embedded chain in a process of its own: it computes, and must not keep the API waiting."""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from registry.errors import Conflict, Mismatch, RegistryError, Unavailable

LAST_BLOCK_SECONDS = 15.0


class OwnChain:
    """A chain that runs as long as we do; `url` is its JSON-RPC."""

    def __init__(self, url: str, orders: IO[str]) -> None:
        self.url = url
        self._orders = orders

    def set_interval(self, seconds: float) -> None:
        """The least time between two blocks from now on."""
        _order(self._orders, {"interval": seconds})


@contextmanager
def running(
    path: Path, *, funded: Mapping[str, int], interval: float, port: int = 0
) -> Iterator[OwnChain]:
    """The chain in the file `path`; `funded` gives wei to addresses when it is new.

    It ends when this is left, and when this process dies. Raises: Conflict when another process has
    it open; Mismatch for a file of another format; Unavailable when it does not start.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", "registry.embedded"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        wanted = {"path": str(path), "funded": dict(funded), "interval": interval, "port": port}
        _order(process.stdin, wanted)
        yield OwnChain(_url(process.stdout.readline()), process.stdin)
    finally:
        process.stdin.close()
        try:
            process.wait(LAST_BLOCK_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()


def _order(orders: IO[str], what: dict[str, Any]) -> None:
    try:
        orders.write(json.dumps(what) + "\n")
        orders.flush()
    except BrokenPipeError as e:
        raise Unavailable("the embedded chain has stopped") from e


def _url(line: str) -> str:
    if not line:
        raise Unavailable("the embedded chain did not start; its reason is on stderr")
    said = json.loads(line)
    if "url" in said:
        return str(said["url"])
    refusals: dict[str, type[RegistryError]] = {e.code: e for e in (Conflict, Mismatch)}
    raise refusals.get(said["code"], Unavailable)(said["detail"])
