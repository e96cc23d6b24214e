"""What every test may ask for, and what none may do: reach beyond this machine."""

from __future__ import annotations

import ipaddress
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from tests.machine import running_anvil

if TYPE_CHECKING:
    from registry.up import Running


class BeyondThisMachine(ConnectionError):
    """A test tried to reach another machine."""


def is_local(host: str) -> bool:
    """Whether a name or an address can only mean this machine."""
    if host in ("", "localhost", "127.0.0.1", "::1"):
        return True
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def refuse_other_machines(event: str, arguments: tuple[Any, ...]) -> None:
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        target = arguments[1]  # (host, port, …); text or bytes for a socket in the file system
        host = target[0] if isinstance(target, tuple) else None
    elif event == "socket.getaddrinfo":
        host = arguments[0]
    else:
        return
    if isinstance(host, bytes):
        host = host.decode("idna")
    if isinstance(host, str) and not is_local(host):
        raise BeyondThisMachine(f"{event}: {host}")


# An audit hook, because nothing in the process can go around it. Children have none.
sys.addaudithook(refuse_other_machines)


@pytest.fixture(scope="session")
def anvil() -> Iterator[str]:
    """The URL of one node for the whole run: one block a second, ten rich accounts."""
    with running_anvil() as url:
        yield url


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A whole registry on a chain of its own, for the whole run: what `registry up` runs."""
    from registry import logs
    from registry.settings import Settings
    from registry.up import up

    logs.to_stderr(verbose=False)
    with up(Settings(data=tmp_path_factory.mktemp("installation"), port=0)) as registry:
        yield registry
