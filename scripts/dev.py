"""The two commands of a fresh machine; needs Python 3.11 and its standard library, nothing else.

python3 scripts/dev.py run  [options of `registry up`]   install, play the story, keep serving
python3 scripts/dev.py test [options of pytest]          install what tests need, run them all
python3 scripts/dev.py lock                              regenerate the lock files (needs uv)
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RUN_LOCK = ROOT / "scripts/requirements.lock"
TEST_LOCK = ROOT / "scripts/requirements-dev.lock"
SLITHER_LOCK = ROOT / "scripts/requirements-slither.lock"
SLITHER = "slither-analyzer==0.11.6"  # pins web3 below 8, hence an environment of its own
OLDEST = (3, 11)


def say(sentence: str) -> None:
    print(f"dev: {sentence}", file=sys.stderr, flush=True)


class Environment:
    """A virtual environment that holds what a lock file names.

    Two notes stand inside it: `.installing` while it is being changed, and `.installed` with the
    fingerprints of what it holds. Killed in between, `.installing` remains, and the next start
    builds the environment anew instead of trusting half of one. So it does when the checkout was
    moved or the interpreter replaced. An environment without notes is somebody's own: it is used.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.installing = folder / ".installing"
        self.installed = folder / ".installed"

    def command(self, name: str) -> Path:
        if os.name == "nt":
            return self.folder / "Scripts" / f"{name}.exe"
        return self.folder / "bin" / name

    @property
    def identity(self) -> str:
        """Changes with the interpreter and with the place, which its scripts name."""
        return hashlib.sha256(f"{sys.version}\n{self.folder}".encode()).hexdigest()

    def fingerprint(self, lock: Path, package: Path | None) -> str:
        """Changes with the identity, the lock and the package's own metadata."""
        told = hashlib.sha256(self.identity.encode() + lock.read_bytes())
        if package is not None:
            told.update((package / "pyproject.toml").read_bytes())
        return told.hexdigest()

    def notes(self) -> list[str]:
        """What it holds; nothing while it is being changed."""
        if self.installing.exists() or not self.installed.is_file():
            return []
        return self.installed.read_text(encoding="utf-8").split()

    def install(
        self, lock: Path, *, package: Path | None = None, also: tuple[Path, ...] = ()
    ) -> None:
        """Make it hold `lock` and, editable, the project in `package`; at once if it does.

        `also` are the locks that `lock` contains.

        Raises:
            subprocess.CalledProcessError: pip's own words are on stderr.
            SystemExit: this Python cannot make virtual environments.
        """
        fingerprint = self.fingerprint(lock, package)
        if fingerprint in self.notes():
            return
        started = time.monotonic()
        say(f"installing into {self.folder.name} (once; a later start takes seconds)")
        self.make_ready()
        self.pip("--require-hashes", "--requirement", str(lock))
        if package is not None:
            self.pip("--no-deps", "--no-build-isolation", "--editable", str(package))
        held = [self.identity, fingerprint, *(self.fingerprint(part, package) for part in also)]
        self.installed.write_text("\n".join(held) + "\n", encoding="utf-8")
        self.installing.unlink()
        say(f"installed in {time.monotonic() - started:.0f} s")

    def make_ready(self) -> None:
        """An environment of this interpreter with pip, marked as unfinished."""
        is_usable = self.is_usable()
        if not is_usable:
            require_venv()
            shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(exist_ok=True)
        self.installing.touch()
        self.installed.unlink(missing_ok=True)
        if not is_usable:
            self.create()

    def is_usable(self) -> bool:
        if self.installing.exists() or not self.command("python").exists():
            return False
        if self.installed.exists():
            return self.identity in self.notes()
        look = [str(self.command("python")), "-c", "import pip"]
        return subprocess.run(look, capture_output=True).returncode == 0

    def create(self, *options: str) -> None:
        subprocess.run([sys.executable, "-m", "venv", *options, self.folder], check=True)

    def pip(self, *arguments: str) -> None:
        # Compiling all of it costs six seconds; most is never imported.
        quiet = ("--quiet", "--no-input", "--disable-pip-version-check", "--no-compile")
        subprocess.run(
            [self.command("python"), "-m", "pip", "install", *quiet, *arguments],
            check=True,
            stdin=subprocess.DEVNULL,
        )


def require_venv() -> None:
    if importlib.util.find_spec("ensurepip") is None:
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        sys.exit(
            "dev: this Python cannot make virtual environments. On Debian and Ubuntu:"
            f" apt-get install python{version}-venv"
        )


def replace_by(command: Path, *arguments: str) -> int:
    """Become the command, so that signals and the exit code are its own."""
    words = [str(command), *arguments]
    if os.name == "nt":
        return subprocess.run(words).returncode
    sys.stdout.flush()
    sys.stderr.flush()
    return os.execv(command, words)


def run(*arguments: str) -> int:
    home = Environment(ROOT / ".venv")
    home.install(RUN_LOCK, package=ROOT)
    return replace_by(home.command("registry"), "up", "--demo", *arguments)


def test(*arguments: str) -> int:
    home = Environment(ROOT / ".venv")
    home.install(TEST_LOCK, package=ROOT, also=(RUN_LOCK,))
    return replace_by(home.command("python"), str(ROOT / "scripts/test.py"), *arguments)


def lock(*_arguments: str) -> int:
    uv = os.environ.get("UV") or shutil.which("uv")
    if uv is None:
        sys.exit("dev: no uv in PATH; it alone can lock for every platform at once")
    options = ["--universal", "--python-version", "3.11", "--generate-hashes", "--quiet"]
    options += ["--no-emit-index-url", "--no-annotate", "--no-header", "--output-file"]
    project, build = str(ROOT / "pyproject.toml"), ("--extra", "build")
    compile_pins = [uv, "pip", "compile"]
    subprocess.run([*compile_pins, project, *build, *options, RUN_LOCK], check=True)
    development = (*build, "--extra", "dev", "--constraint", str(RUN_LOCK))
    subprocess.run([*compile_pins, project, *development, *options, TEST_LOCK], check=True)
    subprocess.run(
        [*compile_pins, "-", *options, SLITHER_LOCK], check=True, input=SLITHER, text=True
    )
    return 0


VERBS = {"run": run, "test": test, "lock": lock}


def main() -> int:
    if sys.version_info < OLDEST:
        sys.exit(f"dev: Python {sys.version.split()[0]} is too old; 3.11 or later is needed")
    verb, *arguments = sys.argv[1:] or [""]
    if verb not in VERBS:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        return VERBS[verb](*arguments)
    except subprocess.CalledProcessError as failure:
        words = " ".join(map(str, failure.cmd))
        say(f"failed with exit code {failure.returncode}: {words}")
        return 1


if __name__ == "__main__":
    sys.exit(main())
