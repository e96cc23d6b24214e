"""An environment holds what its lock names, or is built anew.

Environment
├── once installed, is not touched again
├── is installed again when the lock changes
├── killed while installing, or moved, is built from nothing
└── a bigger lock answers for the smaller one that it contains
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.dev import OLDEST, ROOT, Environment


class Listening(Environment):
    """Notes what pip would be asked; the environment around it is real, but without pip."""

    asked: list[tuple[str, ...]]

    def create(self, *options: str) -> None:
        super().create("--without-pip", *options)

    def pip(self, *arguments: str) -> None:
        self.asked.append(arguments)


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    path = tmp_path / "requirements.lock"
    path.write_text("one==1\n", encoding="utf-8")
    return path


@pytest.fixture
def environment(tmp_path: Path) -> Listening:
    made = Listening(tmp_path / ".venv")
    made.asked = []
    return made


def test_is_not_touched_again_once_installed(environment: Listening, lock: Path) -> None:
    environment.install(lock)
    assert environment.asked == [("--require-hashes", "--requirement", str(lock))]
    environment.install(lock)
    assert len(environment.asked) == 1


def test_is_installed_again_when_the_lock_changes(environment: Listening, lock: Path) -> None:
    environment.install(lock)
    lock.write_text("one==2\n", encoding="utf-8")
    environment.install(lock)
    assert len(environment.asked) == 2


def test_is_built_anew_when_it_was_killed_while_installing(
    environment: Listening, lock: Path
) -> None:
    environment.install(lock)
    half_installed = environment.folder / "half-installed"
    half_installed.touch()
    environment.installing.touch()
    environment.install(lock)
    assert not half_installed.exists()
    assert not environment.installing.exists()


def test_a_bigger_lock_answers_for_the_smaller_one(
    environment: Listening, lock: Path, tmp_path: Path
) -> None:
    bigger = tmp_path / "requirements-dev.lock"
    bigger.write_text("one==1\ntwo==2\n", encoding="utf-8")
    environment.install(bigger, also=(lock,))
    environment.install(lock)
    assert len(environment.asked) == 1


def test_is_built_anew_when_it_was_moved(
    environment: Listening, lock: Path, tmp_path: Path
) -> None:
    environment.install(lock)
    moved = Listening(environment.folder.rename(tmp_path / "moved"))
    moved.asked = []
    foreign = moved.folder / "names-the-old-place"
    foreign.touch()
    moved.install(lock)
    assert len(moved.asked) == 1
    assert not foreign.exists()


def test_no_lock_names_a_host() -> None:
    locks = sorted((ROOT / "scripts").glob("*.lock"))
    assert len(locks) == 3
    for path in locks:
        assert "://" not in path.read_text(encoding="utf-8"), path.name
    assert '"resolved"' not in (ROOT / "scripts/package-lock.json").read_text(encoding="utf-8")


@pytest.mark.skipif(os.name == "nt", reason="dev.py is asked through a POSIX shell here")
def test_an_unknown_verb_is_answered_with_the_usage() -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "scripts/dev.py", "dance"], capture_output=True, text=True
    )
    assert done.returncode == 2
    assert "dev.py run" in done.stderr
    assert sys.version_info >= OLDEST
