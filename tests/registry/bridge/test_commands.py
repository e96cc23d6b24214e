"""The command `registry bridge`, on an installation that runs and on one that was stopped

- export: to a file that goes on, or to stdout; the cursor on stdout
- take: prints the hash that an act names; the same again prints the same; a fault names its place
- reconcile: 0 when both agree, 7 when they differ, with a row each
- schema: prints that of a form
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from registry.client import Client
from registry.hashes import content_hash
from registry.keys import Key
from registry.settings import Settings
from registry.up import Running, up
from tests.registry.bridge.sample_receipt import SYSTEM, fresh, item, receipt, written
from tests.registry.commands import Command, Said
from tests.registry.filed import form_of, fresh_root


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with up(Settings(data=tmp_path_factory.mktemp("bridge") / "data", port=0)) as found:
        yield found


@pytest.fixture(scope="module")
def filed(running: Running, tmp_path_factory: pytest.TempPathFactory) -> str:
    key = Key.fresh()
    client = Client(running.url, papers=tmp_path_factory.mktemp("papers"))
    digest = client.file(fresh_root(), form_of(key), key).digest
    client.wait(digest)
    return digest


@pytest.fixture
def bridge(registry: Command, running: Running) -> Command:
    def run(verb: str, *arguments: str | Path) -> Said:
        return registry("bridge", verb, *arguments, "--data", running.settings.data)

    return run


def published(id: str, folder: Path, **changes: Any) -> Path:
    path = folder / "receipt.json"
    path.write_bytes(written(receipt("PUBLICATION", item(id, until=2**39), **changes)))
    return path


class TestExport:
    def test_goes_on_with_its_file(self, bridge: Command, filed: str, tmp_path: Path) -> None:
        path = tmp_path / "events.jsonl"
        said = bridge("export", "--out", path, "--json")
        assert said.code == 0, said.err
        told = [json.loads(line) for line in path.read_text().splitlines()]
        assert said.json["cursor"] == told[-1]["cursor"]
        assert filed in {each["registration"] for each in told}
        again = bridge("export", "--out", path, "--json").json
        assert (again["events"], again["cursor"]) == (0, said.json["cursor"])
        assert bridge("export", "--out", path, "--since", "0-0").code == 5

    def test_to_stdout_after_a_cursor(self, bridge: Command, filed: str) -> None:
        lines = bridge("export").out.splitlines()
        first = json.loads(lines[0])
        assert bridge("export", "--since", first["cursor"]).out.splitlines() == lines[1:]
        assert bridge("export", "--since", "yesterday").code == 1
        assert bridge("export", "--registrar", "443").out == ""


class TestTake:
    def test_prints_the_hash_that_an_act_names(
        self, bridge: Command, filed: str, tmp_path: Path
    ) -> None:
        paper = tmp_path / "original.pdf"
        paper.write_bytes(b"%PDF-1.7 " + filed.encode())
        path = published(filed, tmp_path, original=content_hash(paper.read_bytes()))
        assert bridge("take", path).code == 3
        for _ in range(2):
            said = bridge("take", path, "--original", paper)
            assert (said.code, said.out.strip()) == (0, content_hash(path.read_bytes())), said.err
        differs = bridge("reconcile", "--json")
        assert differs.code == 7
        row = next(row for row in differs.json["rows"] if row["registration"] == filed)
        assert row["finding"] == "RECEIPT_WITHOUT_PUBLICATION"
        assert bridge("reconcile", "--at-block", "1").code == 0

    def test_a_fault_names_its_place(self, bridge: Command, filed: str, tmp_path: Path) -> None:
        assert bridge("take", tmp_path / "nothing.json").code == 3
        unknown = bridge("take", published(fresh(), tmp_path))
        assert (unknown.code, "/items/0/registration" in unknown.err) == (3, True)
        other = bridge("take", published(filed, tmp_path, registrar=443))
        assert (other.code, "/registrar" in other.err) == (1, True)
        path = tmp_path / "notes.txt"
        path.write_text("not JSON")
        assert bridge("take", path).code == 1


class TestReconcile:
    def test_compares_with_a_listing(self, bridge: Command, filed: str, tmp_path: Path) -> None:
        path = tmp_path / "standing.json"
        listed = {"registration": filed, "record": None, "state": "ATTESTED", "effective": 1}
        value = {
            "form": "registry.standing/1",
            "issuer": SYSTEM,
            "registrar": 990,
            "as_of": 1_790_000_000,
            "registrations": [listed | {"code": None, "expiry": None}],
        }
        path.write_bytes(written(value))
        said = bridge("reconcile", "--theirs", path)
        assert said.code == 7
        assert "STATE_MISMATCH" in said.out
        assert "completes on the national system" in said.err


class TestSchema:
    def test_prints_that_of_a_form(self, registry: Command) -> None:
        for form in ("event", "receipt", "standing"):
            assert registry("bridge", "schema", form).json["type"] == "object"
        assert registry("bridge", "schema", "deed").code == 3


class TestStopped:
    def test_everything_is_there_though_nothing_runs(
        self, registry: Command, tmp_path: Path
    ) -> None:
        folder, key = tmp_path / "data", Key.fresh()
        with up(Settings(data=folder, port=0)) as found:
            client = Client(found.url, papers=tmp_path / "papers")
            id = client.file(fresh_root(), form_of(key), key).digest
            client.wait(id)
        taken = registry("bridge", "take", published(id, tmp_path), "--data", folder)
        assert taken.code == 0, taken.err
        (folder / "read.db").unlink()
        told = registry("bridge", "export", "--data", folder)
        assert id in told.out
        assert registry("bridge", "reconcile", "--data", folder).code == 7
