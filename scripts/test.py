"""Run every check that this machine allows; called by `dev.py test` inside its environment.

Order: ruff check, ruff format, mypy, pytest. All run even when one fails; pytest comes last, so
that its summary, skips with their reasons included, is the last thing said.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
if not __package__:
    sys.path[0] = str(ROOT)  # not scripts/, whose names would hide others

from scripts.dev import SLITHER_LOCK, Environment, say  # noqa: E402

NPM = ["install", "--no-save", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"]
CHECKS = (
    ("ruff", "check", "."),
    ("ruff", "format", "--check", "."),
    ("mypy",),
)


def install_npm() -> None:
    """solc and anvil; without them the tests that need them say so themselves."""
    folder = ROOT / "scripts"
    npm = shutil.which("npm")
    if npm is None:
        return say("no npm in PATH: neither solc nor anvil is installed")
    wanted = hashlib.sha256((folder / "package-lock.json").read_bytes()).hexdigest()
    installed = folder / "node_modules/.installed"
    if installed.is_file() and installed.read_text(encoding="utf-8") == wanted:
        return None
    # Not `npm ci`: the lock may have been written where only one platform's anvil could be had.
    done = subprocess.run([npm, *NPM], cwd=folder, stdin=subprocess.DEVNULL)
    if done.returncode != 0:
        return say("npm could not install solc and anvil")
    installed.write_text(wanted, encoding="utf-8")
    return None


def install_slither() -> None:
    try:
        Environment(ROOT / ".venv-slither").install(SLITHER_LOCK)
    except subprocess.CalledProcessError:
        say("slither could not be installed")


def main() -> int:
    install_npm()
    install_slither()
    failed = []
    for check in CHECKS:
        print(f"$ {' '.join(check)}", flush=True)
        done = subprocess.run([sys.executable, "-m", *check], cwd=ROOT)
        if done.returncode != 0:
            failed.append(check[0])
    if failed:
        print(f"FAILED before pytest: {', '.join(failed)}", flush=True)
    print("$ pytest", flush=True)
    pytest = [sys.executable, "-m", "pytest", *sys.argv[1:]]
    status = subprocess.run(pytest, cwd=ROOT).returncode
    if status < 0:  # then it could not say its summary itself
        print(f"FAILED: pytest was killed by signal {-status}", flush=True)
    return abs(status) or int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
