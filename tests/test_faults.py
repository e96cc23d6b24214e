"""Kill -9 over the whole pipeline

A registry in a process of its own is sent filings without a pause and killed at random, while it builds
itself, while it starts and while it works, again and again on the same folder. Afterwards
- every filing that was answered with 202 is final
- each of them is on the chain exactly once
- what was sent and never answered can be sent again, and is then one filing
- the index is complete by the contracts' own word, and an audit finds nothing
- told to stop, it stops cleanly
"""

import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from registry.audit import audit
from registry.chain import Chain
from registry.client import Client
from registry.database import open_read_model
from registry.deployment import Deployment
from registry.errors import RegistryError, Unavailable
from registry.indexer import compare_tips
from registry.keys import Key
from registry.settings import Settings
from registry.tenancy import who_lives_in
from tests.registry.filed import form_of, fresh_root
from tests.registry.local_chain import filings_on_chain

KILLS_WHILE_BUILDING = 2
KILLS_AT_WORK = 4
KILLS_AT_START = 2
PATIENCE_SECONDS = 60


class Victim:
    """`registry up` on one folder and one port, started as often as it takes."""

    def __init__(self, folder: Path) -> None:
        self.settings = Settings(data=folder / "data", port=free_port())
        self.url = f"http://127.0.0.1:{self.settings.port}"
        self.log = folder / "up.log"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [sys.executable, "-m", "registry.cli", "up"]
        where = ["--data", str(self.settings.data), "--port", str(self.settings.port)]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen([*command, *where], stdout=log, stderr=log)

    def kill(self) -> None:
        assert self.process is not None
        assert self.process.poll() is None, self.log.read_text()[-3000:]
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=30)


class Filer:
    """Files fresh data without a pause, whether or not somebody answers."""

    def __init__(self, url: str, papers: Path) -> None:
        self.client = Client(url, papers=papers, timeout=5)
        self.answered: list[str] = []
        self.faults: list[RegistryError] = []
        self.news = threading.Condition()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        if self._thread.ident is not None:
            self._thread.join()

    def wait_for_news(self) -> None:
        """Until one more filing than now was answered."""
        with self.news:
            known = len(self.answered)
            heard = self.news.wait_for(lambda: len(self.answered) > known, PATIENCE_SECONDS)
        assert heard, "nothing was received"

    def heard(self, digest: str) -> None:
        with self.news:
            self.answered.append(digest)
            self.news.notify_all()

    def _run(self) -> None:
        while not self._stop.is_set():
            key = Key.fresh()
            try:
                filing = self.client.prepare(fresh_root(), form_of(key), key)
                self._send(filing.save(self.client.papers))
            except Unavailable:
                self._stop.wait(0.05)
            except RegistryError as e:
                self.faults.append(e)

    def _send(self, papers: Path) -> None:
        """The very same again, until somebody answers; not knowing is no reason for another filing."""
        while not self._stop.is_set():
            try:
                self.heard(self.client.send_again(papers).digest)
                break
            except Unavailable:
                self._stop.wait(0.05)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def victim(tmp_path: Path) -> Iterator[Victim]:
    made = Victim(tmp_path)
    yield made
    if made.process is not None and made.process.poll() is None:
        made.process.kill()
        made.process.wait()


def test_what_was_received_survives_every_kill(victim: Victim, tmp_path: Path) -> None:
    chance = random.Random()
    filer = Filer(victim.url, tmp_path / "papers")
    begun = time.monotonic()
    try:
        for _ in range(KILLS_WHILE_BUILDING):
            victim.start()
            time.sleep(chance.uniform(1, 5))
            victim.kill()
        filer.start()
        victim.start()
        filer.wait_for_news()
        for _ in range(KILLS_AT_WORK):
            time.sleep(chance.uniform(0, 1.5))
            victim.kill()
            victim.start()
            filer.wait_for_news()
        for _ in range(KILLS_AT_START):
            victim.kill()
            victim.start()
            time.sleep(chance.uniform(0.5, 4))
        victim.kill()
        victim.start()
        filer.wait_for_news()
    finally:
        filer.stop()
    assert filer.faults == []
    killed = KILLS_WHILE_BUILDING + KILLS_AT_WORK + KILLS_AT_START + 1
    print(f"{len(filer.answered)} received over {killed} kills, {time.monotonic() - begun:.0f} s")

    unanswered = {path.stem for path in filer.client.papers.glob("0x*.json")} - {*filer.answered}
    for digest in unanswered:
        filer.client.send_again(filer.client.papers / f"{digest}.json")
    everything = {*filer.answered, *unanswered}
    for digest in everything:
        assert filer.client.wait(digest, timeout=PATIENCE_SECONDS)["state"] == "final"

    note = who_lives_in(victim.settings.data)
    assert note is not None
    chain, deployment = Chain(note.rpc_url), Deployment.load(victim.settings.deployment)
    assert Counter(filings_on_chain(chain, deployment)) == Counter(everything)
    engine = open_read_model(victim.settings.read_db)
    with engine.connect() as connection:
        counts = compare_tips(chain, deployment, connection)
    assert counts["Registrations"] >= len(everything)
    assert audit(chain, deployment, engine).is_clean
    engine.dispose()
    assert victim.stop() == 0


def test_two_processes_cannot_run_on_one_folder(victim: Victim) -> None:
    victim.start()
    filer = Filer(victim.url, victim.settings.data.parent / "papers")
    begun = time.monotonic()
    filer.start()
    filer.wait_for_news()
    print(f"first filing received {time.monotonic() - begun:.1f} s after the first start")
    filer.stop()
    second = subprocess.run(
        [sys.executable, "-m", "registry.cli", "up", "--port=0", "--data", victim.settings.data],
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
    )
    assert second.returncode == 5
    assert "another process" in second.stderr
