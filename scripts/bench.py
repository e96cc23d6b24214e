"""Measure the marks that the design set, one at a time; each prints one JSON object.

    bench.py received     acts received by the door, checked and on the disk
    bench.py embedded     filings and whole procedures, received to final, on the embedded chain
    bench.py node         filings, received to final, on a node of this machine (anvil)
    bench.py index        events read from a node into SQLite, heads recomputed
    bench.py visible      from mined to visible in a query
    bench.py lookup       look-ups over HTTP against a route that answers a constant (needs wrk)
    bench.py deadlines    reading all open cases, and computing their clocks
    bench.py command      `registry --help`

Gas has bench_gas.py, fingerprints bench_fingerprint.py. Seconds are of the machine at hand; only
ratios travel.
"""

import argparse
import copy
import json
import os
import secrets
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from registry import own_chain  # noqa: E402
from registry.chain import Chain  # noqa: E402
from registry.database import open_read_model  # noqa: E402
from registry.deployment.building import deploy  # noqa: E402
from registry.facts import ReadModel  # noqa: E402
from registry.hashes import canonical, content_hash, to_hex  # noqa: E402
from registry.house import House  # noqa: E402
from registry.indexer import Indexer, Step  # noqa: E402
from registry.keys import Key  # noqa: E402
from registry.messages import ZERO, Message, party_of  # noqa: E402
from registry.registrations import questions  # noqa: E402
from registry.registrations.acts import (  # noqa: E402
    Accept,
    Attest,
    Claim,
    File,
    Publish,
    commitment,
)
from registry.registrations.cases import due, open_cases  # noqa: E402
from registry.rules import profiles  # noqa: E402
from registry.settings import Settings  # noqa: E402
from tests.machine import running_anvil  # noqa: E402
from tests.registry.rules.sample_form import a_form  # noqa: E402
from tests.registry.sandbox import REGISTRAR, Staff  # noqa: E402

PROFILE = profiles.load("SANDBOX")


class Bench:
    """A house on a chain, fed through its door as the HTTP routes feed it."""

    def __init__(self, house: House, staff: Staff) -> None:
        self.house = house
        self.staff = staff

    def digest(self, message: Message) -> str:
        return message.digest(self.house.deployment.domain(message.contract))

    def line(self, message: Message, *keys: Key, **more: Any) -> bytes:
        digest = self.digest(message)
        return json.dumps(
            {
                "type": type(message).__name__,
                "message": message.model_dump(mode="json"),
                "signatures": [key.sign(digest) for key in keys],
                **more,
            }
        ).encode()

    def filings(self, number: int) -> tuple[list[File], list[bytes]]:
        """Filings of fresh data by one holder, signed."""
        key = Key.fresh()
        party = party_of(key.address)
        form = copy.deepcopy(a_form())
        form["applicants"][0]["party"] = party
        form_hash = content_hash(canonical(form))
        messages, lines = [], []
        for _ in range(number):
            papers: dict[str, Any] = {
                "salt": to_hex(secrets.token_bytes(32)),
                "fingerprint": to_hex(secrets.token_bytes(32)),
                "form": form,
            }
            data = commitment(
                salt=papers["salt"],
                fingerprint=papers["fingerprint"],
                form=form_hash,
                parties=(party,),
                chain_id=self.house.deployment.chain_id,
                registrations=self.house.deployment.contracts["Registrations"],
            )
            message = File(
                claims=(Claim(party=party, rights=7),),
                data=data,
                registrar=REGISTRAR,
                profile=PROFILE.number,
                kind=1,
                deadline=int(time.time()) + 86400,
            )
            messages.append(message)
            lines.append(self.line(message, key, papers=papers))
        return messages, lines

    def receive(self, lines: Sequence[bytes]) -> list[str]:
        results: list[str] = []
        for start in range(0, len(lines), 500):
            for kept in self.house.intake.receive_many(list(lines[start : start + 500])):
                if isinstance(kept, Exception):
                    raise kept
                results.append(kept.submission.digest)
        return results

    def settle(self, digests: Sequence[str]) -> None:
        """Waits until all are final and indexed."""
        while self.house.outbox.waiting():
            time.sleep(0.02)
        block = max(self.house.outbox.find(each).block or 0 for each in digests)  # type: ignore[union-attr]
        while (reach := self.house.indexer.reach()) is None or reach.number < block:
            time.sleep(0.01)

    def procedure(self, number: int) -> float:
        """Whole procedures, the registrar signing over a hundred each; seconds without the notice."""
        staff, spent = self.staff, 0.0
        messages, lines = self.filings(number)
        ids = [self.digest(message) for message in messages]

        def timed(lines: Sequence[bytes]) -> None:
            nonlocal spent
            start = time.perf_counter()
            self.settle(self.receive(lines))
            spent += time.perf_counter() - start

        def over(build: Callable[[tuple[str, ...]], Message], key: Key) -> list[bytes]:
            return [self.line(build(tuple(ids[i : i + 100])), key) for i in range(0, number, 100)]

        soon = int(time.time()) + 86400
        common: dict[str, Any] = {"registrar": REGISTRAR, "deadline": soon}
        timed(lines)
        timed(
            over(
                lambda some: Accept(
                    officer=staff.reviewer.address,
                    registrations=some,
                    steps=(1,) * len(some),
                    **common,
                ),
                staff.reviewer,
            )
        )
        until = self.house.chain.head().time + 15
        national: dict[str, Any] = {"receipt": ZERO, "effective": 0, "profile": PROFILE.number}
        timed(
            over(
                lambda some: Publish(
                    officer=staff.reviewer.address,
                    registrations=some,
                    steps=(2,) * len(some),
                    until=until,
                    **national,
                    **common,
                ),
                staff.reviewer,
            )
        )
        while time.time() < until + 3:
            time.sleep(0.1)
        timed(
            over(
                lambda some: Attest(
                    officer=staff.approver.address,
                    registrations=some,
                    steps=(3,) * len(some),
                    expiry=until + 86400,
                    **national,
                    **common,
                ),
                staff.approver,
            )
        )
        return spent


@contextmanager
def on_embedded(folder: Path) -> Iterator[Bench]:
    """A house on an embedded chain that makes a block a second, as `registry up` runs it."""
    staff = Staff()
    funded = {key.address: 10**24 for key in (staff.owner, staff.relayer)}
    with own_chain.running(folder / "chain.db", funded=funded, interval=1.0) as chain:
        yield from _house(folder, chain.url, staff)


@contextmanager
def on_anvil(folder: Path) -> Iterator[Bench]:
    staff = Staff()
    with running_anvil("--gas-limit=300000000", block_time=1) as url:
        chain = Chain(url)
        for key in (staff.owner, staff.relayer):
            chain.rpc("anvil_setBalance", key.address, hex(10**24))
        yield from _house(folder, url, staff)


def _house(folder: Path, url: str, staff: Staff) -> Iterator[Bench]:
    deployment = deploy(Chain(url), staff.owner, staff.plan(), folder / "deployment.journal")
    settings = Settings(data=folder / "house")
    deployment.save(settings.deployment)
    house = House.open(
        settings,
        url,
        relay_key=staff.relayer.secret,
        checkpoint_key=staff.checkpointer.secret,
    )
    house.start()
    while house.indexer.reach() is None:
        time.sleep(0.01)
    try:
        yield Bench(house, staff)
    finally:
        house.close()


def received(number: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder, on_embedded(Path(folder)) as bench:
        _, lines = bench.filings(number)
        start = time.perf_counter()
        bench.receive(lines)
        spent = time.perf_counter() - start
        return {"acts": number, "per_second": round(number / spent)}


def on_chain(open_chain: Callable[[Path], Any], number: int, whole: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder, open_chain(Path(folder)) as bench:
        _, lines = bench.filings(number)
        start = time.perf_counter()
        bench.settle(bench.receive(lines))
        spent = time.perf_counter() - start
        found: dict[str, Any] = {"filings": number, "filings_per_second": round(number / spent, 1)}
        if whole:
            found |= {
                "procedures": whole,
                "procedures_per_second": round(whole / bench.procedure(whole), 1),
            }
        return found


def index(number: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as name, on_anvil(Path(name)) as bench:
        for done in range(0, number, 5000):
            _, lines = bench.filings(min(5000, number - done))
            bench.settle(bench.receive(lines))
        rates: list[float] = []
        for turn in range(3):
            engine = open_read_model(Path(name) / f"fresh{turn}.db")
            indexer = Indexer(bench.house.chain, bench.house.deployment, engine, window=200)
            start = time.perf_counter()
            indexer.catch_up()
            rates.append(number / (time.perf_counter() - start))
            engine.dispose()
        return {"events": number, "per_second": [round(rate) for rate in rates]}


def visible(number: int) -> dict[str, Any]:
    waits = []
    with tempfile.TemporaryDirectory() as folder, on_embedded(Path(folder)) as bench:
        mined: dict[int, float] = {}
        chain, indexer = bench.house.chain, bench.house.indexer

        def watch() -> None:
            while len(mined) < number + 50:
                head = chain.head().number
                mined.setdefault(head, time.perf_counter())
                time.sleep(0.001)

        threading.Thread(target=watch, daemon=True).start()
        for _ in range(number):
            _, lines = bench.filings(1)
            digest = bench.receive(lines)[0]
            while True:
                with bench.house.engine.connect() as connection:
                    try:
                        found = questions.registration(connection, digest)
                        break
                    except Exception:
                        time.sleep(0.001)
            waits.append(time.perf_counter() - mined.get(found.block, time.perf_counter()))
        assert indexer.step() is not Step.FORGOT
    return {"filings": number, "milliseconds_median": round(1000 * median(waits), 1)}


def lookup(number: int) -> dict[str, Any]:
    """`number` registrations made up in the read model, asked for by one connection and by 64."""
    folder = Path(tempfile.mkdtemp())
    path = folder / "read.db"
    engine = open_read_model(path)
    ReadModel.metadata.create_all(engine)
    engine.dispose()
    ids = _made_up(path, number)
    script = folder / "ids.lua"
    listed = ",".join(f'"{each}"' for each in ids)
    script.write_text(
        f"ids={{{listed}}} n=0\n"
        'request=function() n=n+1 return wrk.format("GET","/v1/registrations/"..ids[n%#ids+1]) end\n'
    )
    code = (
        "import sys,uvicorn\nfrom types import SimpleNamespace\nfrom pathlib import Path\n"
        "from registry.api import create_app\nfrom registry.database import open_read_model\n"
        "from registry.outbox import Outbox\nfrom registry.settings import Settings\n"
        "path=Path(sys.argv[1])\n"
        "house=SimpleNamespace(engine=open_read_model(path),settings=Settings(),"
        "outbox=Outbox.open(path.with_name('outbox.db')))\n"
        "app=create_app(house)\n"
        "@app.get('/constant')\nasync def constant(): return {'answer': 42}\n"
        "uvicorn.run(app,port=int(sys.argv[2]),log_level='error')\n"
    )
    port = 18000 + os.getpid() % 1000
    server = subprocess.Popen([sys.executable, "-c", code, str(path), str(port)], cwd=ROOT)
    try:
        base = f"http://127.0.0.1:{port}"
        _await(f"{base}/constant")
        found: dict[str, Any] = {"registrations": number}
        for connections in (1, 64):
            constant = _wrk(connections, f"{base}/constant")
            asked = _wrk(connections, base, "-s", str(script))
            found[f"connections_{connections}"] = {
                "constant_per_second": constant["rate"],
                "lookups_per_second": asked["rate"],
                "ratio": round(asked["rate"] / constant["rate"], 2),
                "p99": asked["p99"],
            }
        return found
    finally:
        server.kill()
        server.wait()


def _await(url: str) -> None:
    """Until a server answers there."""
    deadline = time.monotonic() + 60
    while True:
        try:
            urllib.request.urlopen(url, timeout=1).close()
            return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def _made_up(path: Path, number: int, each: int = 1000) -> list[str]:
    """Their ids, 20,000 at most; `each` filings share a block, and a moment."""
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA synchronous=OFF")
        for block in range(number // each):
            connection.execute(
                "INSERT INTO block VALUES (?,?,?,?)",
                (block, os.urandom(32), os.urandom(32), 1_790_000_000 + block),
            )
            rows = [
                (
                    *(block, i, "Registrations", block * each + i),
                    *(os.urandom(32) for _ in range(3)),
                    *(REGISTRAR, PROFILE.number, 1, 1, os.urandom(32), 7, 1_900_000_000),
                )
                for i in range(each)
            ]
            marks = ",".join("?" * 14)
            connection.executemany(f"INSERT INTO registration_filed VALUES ({marks})", rows)
            connection.executemany(
                "INSERT INTO progress VALUES (?,1,?,?,?,1,'RegistrationFiled',?,NULL)",
                [(row[5], row[3], block, row[1], row[5]) for row in rows],
            )
        connection.execute("INSERT INTO final VALUES (?)", (number // each,))
        step = max(1, number // 20_000)
        return [
            "0x" + row[0].hex()
            for row in connection.execute(
                "SELECT registration FROM registration_filed WHERE ordinal % ? = 0", (step,)
            )
        ]


def _wrk(connections: int, url: str, *more: str) -> dict[str, Any]:
    text = subprocess.run(
        ["wrk", "-t1", f"-c{connections}", "-d5", "--latency", *more, url],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "Non-2xx" not in text, text
    fields = {
        line.split()[0]: line.split()[1] for line in text.splitlines() if len(line.split()) > 1
    }
    return {"rate": float(fields["Requests/sec:"]), "p99": fields["99%"]}


def deadlines(number: int) -> dict[str, Any]:
    """`number` open cases made up in the read model, every second of them published."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "read.db"
        engine = open_read_model(path)
        ReadModel.metadata.create_all(engine)
        _made_up(path, number, each=10)
        with sqlite3.connect(path) as connection:
            connection.executescript(PUBLISH_HALF)
        with engine.connect() as connection:
            start = time.perf_counter()
            cases = sum(1 for _ in open_cases(connection))
            read = time.perf_counter()
            clocks = sum(1 for _ in due(open_cases(connection), at=datetime.now(UTC)))
            end = time.perf_counter()
        engine.dispose()
        return {
            "cases": cases,
            "clocks": clocks,
            "seconds_reading": round(read - start, 2),
            "seconds_in_all": round(end - read, 2),
        }


PUBLISH_HALF = """
UPDATE registration_filed SET profile = 1;
CREATE TEMP TABLE half AS SELECT * FROM registration_filed WHERE ordinal % 2 = 0;
INSERT INTO progress SELECT registration, 2, ordinal, block, position, 3, 'RegistrationAccepted',
    registration, block FROM half;
INSERT INTO progress SELECT registration, 3, ordinal, block, position, 5, 'RegistrationPublished',
    registration, NULL FROM half;
UPDATE progress SET superseded = block
    WHERE step = 1 AND registration IN (SELECT registration FROM half);
INSERT INTO registration_published
    (block, position, contract, ordinal, "transaction", registration, act, step, until, receipt, effective)
    SELECT block, position, contract, ordinal, registration, registration, registration, 3, 0,
    zeroblob(32), 0 FROM half;
"""


def command(number: int) -> dict[str, Any]:
    spent = []
    for _ in range(number):
        start = time.perf_counter()
        subprocess.run(
            [
                sys.executable,
                "-c",
                "import sys; sys.argv=['registry','--help'];from registry.cli import main; main()",
            ],
            stdout=subprocess.DEVNULL,
            check=True,
            cwd=ROOT,
        )
        spent.append(time.perf_counter() - start)
    return {"seconds_median": round(median(spent), 3)}


MARKS: dict[str, tuple[Callable[[int], dict[str, Any]], int]] = {
    "received": (received, 2000),
    "embedded": (lambda number: on_chain(on_embedded, number, 1500), 1500),
    "node": (lambda number: on_chain(on_anvil, number, 0), 10_000),
    "index": (index, 100_000),
    "visible": (visible, 30),
    "lookup": (lookup, 1_000_000),
    "deadlines": (deadlines, 100_000),
    "command": (command, 5),
}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("mark", choices=MARKS)
    parser.add_argument("--number", type=int)
    chosen = parser.parse_args()
    measure, number = MARKS[chosen.mark]
    print(json.dumps({"mark": chosen.mark, **measure(chosen.number or number)}))


if __name__ == "__main__":
    main()
