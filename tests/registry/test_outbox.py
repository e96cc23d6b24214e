"""The outbox

- what was received is on the disk: another process, or the same after a kill, finds it
- a digest is received once: by repeats, by other signatures, by fifty threads at once
- questions: one, many in order, the filing behind a registration, a change awaited
- a disk that takes no more refuses, and nothing was received
"""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from secrets import token_bytes

import pytest

from registry.deployment import Deployment
from registry.errors import Unavailable
from registry.messages import address_of
from registry.outbox import Outbox, State, read_message
from registry.registrations.acts import File
from tests.registry.local_chain import filing

ADDRESS = address_of("0x" + "00" * 12 + "11" * 20)
DEPLOYMENT = Deployment(1, "0x" + "00" * 32, 0, {"Registrations": ADDRESS}, {})
KEY = token_bytes(32)

RECEIVE_ONE = """
import json, sys
from pathlib import Path
from registry.outbox import Outbox, Submission
order = json.loads(sys.argv[1])
order["submission"]["calldata"] = b""
Outbox.open(Path(order["path"]), crash_at=order["crash_at"]).receive(Submission(**order["submission"]))
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "outbox.db"


@pytest.fixture
def outbox(path: Path) -> Iterator[Outbox]:
    outbox = Outbox.open(path)
    yield outbox
    outbox.close()


class TestReceive:
    def test_returns_what_it_holds_in_the_order_given(self, outbox: Outbox) -> None:
        given = [filing(DEPLOYMENT, KEY) for _ in range(600)]

        held = outbox.receive(*given)

        assert [each.digest for each in held] == [each.digest for each in given]
        assert [each.position for each in held] == list(range(1, 601))
        assert {each.state for each in held} == {State.RECEIVED}
        assert held[7].calldata == given[7].calldata

    def test_a_repeat_returns_the_first(self, outbox: Outbox) -> None:
        act = filing(DEPLOYMENT, KEY)
        first = outbox.receive(act)

        assert outbox.receive(act, act) == first * 2
        assert outbox.waiting() == 1

    def test_keeps_the_first_of_two_signatures(self, outbox: Outbox) -> None:
        act = filing(DEPLOYMENT, KEY)
        other = read_message(File, act.message)
        outbox.receive(act)

        (held,) = outbox.receive(type(act).of(other, ("0x" + "22" * 65,), deployment=DEPLOYMENT))

        assert held.signatures == act.signatures
        assert held.calldata == act.calldata

    def test_receives_once_what_fifty_threads_bring_at_once(self, outbox: Outbox) -> None:
        act = filing(DEPLOYMENT, KEY)
        own = [filing(DEPLOYMENT, KEY) for _ in range(50)]
        start = threading.Barrier(50)
        positions = []

        def bring(mine: int) -> None:
            start.wait()
            shared, alone = outbox.receive(act, own[mine])
            assert alone.digest == own[mine].digest
            positions.append(shared.position)

        threads = [threading.Thread(target=bring, args=(i,)) for i in range(50)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert len(positions) == 50
        assert len(set(positions)) == 1
        assert outbox.waiting() == 51

    def test_nothing_is_received_on_a_full_disk_and_all_is_well_after(self, outbox: Outbox) -> None:
        with outbox.engine.connect() as connection:
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
            connection.exec_driver_sql(f"PRAGMA max_page_count={pages + 2}")
        many = [filing(DEPLOYMENT, KEY) for _ in range(200)]

        with pytest.raises(Unavailable, match="full"):
            outbox.receive(*many)

        assert outbox.submissions() == []
        with outbox.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA max_page_count=1073741823")
        assert len(outbox.receive(*many)) == 200

    def test_a_commit_waits_for_the_disk(self, outbox: Outbox) -> None:
        with outbox.engine.connect() as connection:
            assert connection.exec_driver_sql("PRAGMA synchronous").scalar_one() == 2  # FULL
            assert connection.exec_driver_sql("PRAGMA journal_mode").scalar_one() == "wal"


class TestKill:
    @pytest.mark.parametrize(
        ("point", "kept"), [("before_receive", False), ("after_receive", True)]
    )
    def test_holds_what_was_committed_and_nothing_else(
        self, path: Path, point: str, kept: bool
    ) -> None:
        act = filing(DEPLOYMENT, KEY)
        fields = ("digest", "type", "message", "signatures", "contract", "deadline", "received_at")
        order = {
            "path": str(path),
            "crash_at": point,
            "submission": {name: getattr(act, name) for name in fields},
        }

        died = subprocess.run([sys.executable, "-c", RECEIVE_ONE, json.dumps(order)], check=False)

        assert died.returncode == 137
        outbox = Outbox.open(path)
        assert (outbox.find(act.digest) is not None) is kept
        outbox.close()


class TestQuestions:
    def test_pages_in_order_of_arrival(self, outbox: Outbox) -> None:
        held = outbox.receive(*(filing(DEPLOYMENT, KEY) for _ in range(5)))

        assert outbox.submissions(limit=2) == held[:2]
        assert outbox.submissions(after=held[1].position) == held[2:]

    def test_knows_the_filing_behind_a_registration(self, outbox: Outbox) -> None:
        (held,) = outbox.receive(filing(DEPLOYMENT, KEY))

        found = outbox.filing(held.digest)

        assert found is not None
        assert found.digest(DEPLOYMENT.domain("Registrations")) == held.digest
        assert outbox.filing("0x" + "00" * 32) is None

    def test_waits_no_longer_than_told_for_a_change(self, outbox: Outbox) -> None:
        (held,) = outbox.receive(filing(DEPLOYMENT, KEY))

        assert outbox.changed(held.digest, State.RECEIVED, timeout=0.01) is None
        assert outbox.changed(held.digest, State.INCLUDED, timeout=10) == held

    def test_another_process_sees_what_we_received(self, outbox: Outbox, path: Path) -> None:
        other = Outbox.open(path)
        (held,) = outbox.receive(filing(DEPLOYMENT, KEY))

        assert other.find(held.digest) == held
        other.close()
