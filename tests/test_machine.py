"""The tests' own ground.

Sockets
├── may reach this machine
└── may not reach another: by address, by name, connected or not
Anvil
├── serves a chain id of its own and mines by the clock
└── dies with the process that started it, however that dies
"""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import BeyondThisMachine
from tests.machine import ROOT, anvil_binary, running_anvil

PARENT = """
import os, sys, time
from tests.machine import running_anvil
with running_anvil() as url:
    with open(sys.argv[1] + ".draft", "w") as draft:
        draft.write(url)
    os.replace(sys.argv[1] + ".draft", sys.argv[1])
    time.sleep(60)
"""


def ask(url: str, method: str) -> int:
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": []}).encode()
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return int(json.load(answer)["result"], 16)


def is_deaf(url: str) -> bool:
    host, port = url.removeprefix("http://").split(":")
    with socket.socket() as reaching:
        return reaching.connect_ex((host, int(port))) != 0


def awaited(question: Callable[[], str]) -> str:
    """The first answer that is not empty."""
    deadline = time.monotonic() + 30
    while not (answer := question()):
        assert time.monotonic() < deadline, "waited for 30 s in vain"
        time.sleep(0.02)
    return answer


class TestSockets:
    def test_may_reach_this_machine(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as server:
            socket.create_connection(server.getsockname(), timeout=5).close()

    @pytest.mark.parametrize("address", ["192.0.2.1", "2001:db8::1"])
    def test_may_not_connect_to_another_machine(self, address: str) -> None:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        with socket.socket(family) as reaching, pytest.raises(BeyondThisMachine, match=address):
            reaching.connect((address, 80))

    def test_may_not_look_up_a_name(self) -> None:
        with pytest.raises(BeyondThisMachine, match=r"example\.org"):
            socket.getaddrinfo("example.org", 80)

    def test_may_not_send_a_datagram(self) -> None:
        datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        with datagrams, pytest.raises(BeyondThisMachine):
            datagrams.sendto(b"", ("192.0.2.1", 53))


class TestAnvil:
    def test_has_a_chain_id_of_its_own(self, anvil: str) -> None:
        with running_anvil(block_time=None) as other:
            assert ask(anvil, "eth_chainId") != ask(other, "eth_chainId")

    def test_without_a_block_time_mines_only_when_asked(self) -> None:
        with running_anvil(block_time=None) as url:
            assert ask(url, "eth_blockNumber") == 0
            ask(url, "evm_mine")
            assert ask(url, "eth_blockNumber") == 1

    @pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child of its parent")
    def test_dies_with_a_parent_that_is_killed(self, tmp_path: Path) -> None:
        anvil_binary()
        note = tmp_path / "url"
        parent = subprocess.Popen([sys.executable, "-c", PARENT, note], cwd=ROOT)
        try:
            url = awaited(lambda: note.read_text() if note.exists() else "")
            assert ask(url, "eth_blockNumber") >= 0
        finally:
            os.kill(parent.pid, signal.SIGKILL)
            parent.wait()
        assert awaited(lambda: "gone" if is_deaf(url) else "") == "gone"
