"""Find the one exact Solidity compiler on this machine, and ask it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

SOLC = "0.8.37"
SCRIPTS = Path(__file__).resolve().parent
DOWNLOAD_SECONDS = 20


class CompileFault(Exception):
    """What to do about it stands in the message."""


def compiler() -> list[str]:
    """The command that answers `--standard-json`, for exactly this version of solc.

    Raises:
        CompileFault: there is none; every place that was looked at is named.
    """
    try:
        return [native_compiler()]
    except CompileFault as fault:
        tried = str(fault)
    try:
        return npm_compiler()
    except CompileFault as fault:
        raise CompileFault(f"No solc {SOLC}: {tried}; {fault}") from None


def native_compiler() -> str:
    """The path of py-solc-x's solc, downloaded if it can be had quickly."""
    try:
        import solcx
        import solcx.install
    except ImportError:
        raise CompileFault("py-solc-x is not installed") from None
    if SOLC not in map(str, solcx.get_installed_solc_versions()):
        # A process of its own, because the download knows no deadline.
        download = [sys.executable, "-c", f"import solcx; solcx.install_solc({SOLC!r})"]
        try:
            subprocess.run(download, check=True, capture_output=True, timeout=DOWNLOAD_SECONDS)
        except (subprocess.SubprocessError, OSError):
            raise CompileFault("py-solc-x has no such version and cannot fetch it") from None
    return str(solcx.install.get_executable(SOLC))


def npm_compiler() -> list[str]:
    """npm's WebAssembly build behind our wrapper."""
    node = shutil.which("node")
    if node is None:
        raise CompileFault("no node in PATH for npm's solc")
    manifest = SCRIPTS / "node_modules/solc/package.json"
    if not manifest.is_file():
        raise CompileFault("npm's solc is not installed, run npm install in scripts/")
    version = json.loads(manifest.read_text(encoding="utf-8"))["version"]
    if version != SOLC:
        raise CompileFault(f"npm's solc is {version}")
    return [node, str(SCRIPTS / "solc-wasm.cjs")]


def compile_input(data: bytes) -> dict[str, Any]:
    """solc's standard-JSON output; a warning about our own sources is an error.

    Warnings about vendored sources stay unsaid: they are not ours to mend.
    """
    done = subprocess.run([*compiler(), "--standard-json"], input=data, capture_output=True)
    if done.returncode != 0:
        raise CompileFault(f"solc failed: {done.stderr.decode(errors='replace').strip()}")
    output: dict[str, Any] = json.loads(done.stdout)
    fatal = False
    for message in output.get("errors", []):
        is_vendored = message.get("sourceLocation", {}).get("file", "").startswith("@")
        if is_vendored and message["severity"] != "error":
            continue
        print(message["formattedMessage"], file=sys.stderr)
        fatal = fatal or message["severity"] != "info"
    if fatal:
        raise CompileFault("solc found fault with the sources (warnings count as errors)")
    return output
