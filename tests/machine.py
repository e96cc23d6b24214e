"""What a machine may lack, and the nodes that tests start on it.

Each question answers with the thing itself, or skips the test with the reason; under `CI=true`
a lack is a failure.
"""

from __future__ import annotations

import os
import platform
import re
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import pytest

from scripts.slither import slither
from scripts.solc import CompileFault, compiler

ROOT = Path(__file__).resolve().parent.parent
MEMORY_CAP = 4 << 30
ANVIL_START_SECONDS = 20
# Nothing listens there: the port is reserved (RFC 6335: 0 to 1023 are assigned; 1 is tcpmux).
NOBODY = "http://127.0.0.1:1"

# Runs in the child, so that this process, which has threads, need not run Python after a fork.
# Both the signal and the cap are inherited by what it becomes.
LEASH = """
import ctypes, os, resource, signal, sys
parent, cap, *command = sys.argv[1:]
if sys.platform == "linux":
    PR_SET_PDEATHSIG = 1
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    resource.setrlimit(resource.RLIMIT_DATA, (int(cap), int(cap)))
    if os.getppid() != int(parent):
        sys.exit("the parent died first")
os.execv(command[0], command)
"""


def lacking(reason: str) -> NoReturn:
    if os.environ.get("CI") == "true":
        pytest.fail(f"required under CI=true: {reason}", pytrace=False)
    pytest.skip(reason)


def anvil_binary() -> Path:
    """The platform's own binary, not npm's shim around it."""
    systems = {"Linux": "linux", "Darwin": "darwin", "Windows": "win32"}
    processors = {"x86_64": "amd64", "AMD64": "amd64", "aarch64": "arm64", "arm64": "arm64"}
    system = systems.get(platform.system(), platform.system())
    name = f"anvil-{system}-{processors.get(platform.machine(), platform.machine())}"
    file = "anvil.exe" if system == "win32" else "anvil"
    binary = ROOT / "scripts/node_modules/@foundry-rs" / name / "bin" / file
    if not binary.is_file():
        lacking(f"anvil: no {name} in scripts/node_modules (npm install there brings it)")
    return binary


def slither_command() -> Path:
    command = slither()
    if not command.is_file():
        lacking("slither: no .venv-slither (scripts/dev.py test makes it)")
    return command


def solc_available() -> list[str]:
    """The command of the one exact compiler."""
    try:
        return compiler()
    except CompileFault as fault:
        lacking(f"solc: {fault}")


@contextmanager
def running_anvil(*options: str, block_time: float | None = 1) -> Iterator[str]:
    """The URL of a fresh node with a chain id of its own; it dies with the block or with us.

    `block_time` is in seconds; None mines on `evm_mine` alone. Never automatic mining: that stalls
    or eats all memory under concurrent sends.
    """
    command = [
        str(anvil_binary()),
        "--host=127.0.0.1",
        "--port=0",
        f"--chain-id={2**20 + secrets.randbelow(2**31)}",
        "--hardfork=prague",
        "--enable-tx-gas-limit",
        "--prune-history",
        "--no-mining" if block_time is None else f"--block-time={block_time}",
        *options,
    ]
    leash = [sys.executable, "-ISc", LEASH, str(os.getpid()), str(MEMORY_CAP)]
    on_leash = command if os.name == "nt" else leash + command
    with tempfile.TemporaryFile() as log:
        # A file, because a pipe that nobody reads would stop the node when it is full.
        node = subprocess.Popen(
            on_leash, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT
        )
        try:
            yield f"http://{listening_at(node, log.fileno())}"
        finally:
            node.terminate()
            try:
                node.wait(timeout=5)
            except subprocess.TimeoutExpired:
                node.kill()
                node.wait()


def listening_at(node: subprocess.Popen[bytes], log: int) -> str:
    """host:port, once the node says so."""
    deadline = time.monotonic() + ANVIL_START_SECONDS
    while True:
        said = os.pread(log, 1 << 20, 0).decode(errors="replace")
        if found := re.search(r"^Listening on (\S+)", said, re.MULTILINE):
            return found[1]
        if node.poll() is not None or time.monotonic() > deadline:
            pytest.fail(f"anvil did not start:\n{said[-2000:]}", pytrace=False)
        time.sleep(0.01)
