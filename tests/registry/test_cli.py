"""The command

- starts quickly: help brings none of the heavy parts in
- data goes to stdout, the rest to stderr; --json prints one object
- exit codes: 2 usage, 3 not found, 5 conflict, 6 pending, 7 mismatch, 1 other; errors show flaws and a next step
- a holder: makes a key, fingerprints, files, signs offline, asks for the state
- an auditor: an untouched read model is clean, an altered row is named, a rebuilt one is as before
- a registrar that leaves: writes a hand-over, anyone checks it, the successor takes it when the chain says so
- a registrar's desk: which papers are kept until when; what may go before is erased by an officer, what may not is not
- a second service on one port is told so, and nothing else happens
- a builder: a plan before anything is sent; a foreign chain without a deployment is refused
"""

import io
import json
import shutil
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from registry.client import Client
from registry.deployment.building import administer
from registry.fingerprint import fingerprint
from registry.hashes import from_hex
from registry.keys import Key, own
from registry.messages import party_of
from registry.registrations.acts import Withdraw
from registry.settings import Settings
from registry.up import Running, up
from tests.machine import NOBODY
from tests.registry.commands import Command
from tests.registry.filed import form_of, fresh_root


@pytest.fixture
def holder(tmp_path: Path) -> tuple[Path, Key]:
    """A keystore with its password beside it, and its key."""
    key = own(tmp_path / "keys", "me")
    return tmp_path / "keys" / "me.json", key


@pytest.fixture
def form(tmp_path: Path, holder: tuple[Path, Key]) -> Path:
    path = tmp_path / "form.json"
    path.write_text(json.dumps(form_of(holder[1])))
    return path


@pytest.fixture
def some_data(tmp_path: Path) -> Path:
    path = tmp_path / "data.csv"
    path.write_text(f"measured,{time.time_ns()}\n")
    return path


class TestHelp:
    def test_brings_in_nothing_heavy(self) -> None:
        heavy = "{'web3', 'fastapi', 'sqlalchemy', 'eth', 'httpx2', 'uvicorn'}"
        asked = f"import sys, registry.cli; print({heavy} & set(sys.modules))"
        done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True)
        assert done.stdout.strip() == "set()", done.stderr

    def test_names_every_command_and_the_exit_codes(self, registry: Command) -> None:
        said = registry("--help")
        assert said.code == 0
        for command in (
            *("up", "demo", "key", "fingerprint", "file", "sign", "status", "verify"),
            *("audit", "rebuild", "deploy", "serve", "follow", "relay", "handover", "bridge"),
            *("due", "casework", "erase"),
        ):
            assert f"\n  {command} " in said.out
        assert "7" in said.out.partition("Exit codes")[2]

    def test_wrong_usage_is_2(self, registry: Command) -> None:
        assert registry("status").code == 2
        assert registry("dance").code == 2
        assert registry("serve").code == 2


class TestFingerprint:
    def test_prints_the_root_alone(self, registry: Command, some_data: Path) -> None:
        said = registry("fingerprint", some_data)
        assert (said.code, said.out) == (0, fingerprint(some_data).root + "\n")

    def test_by_sm3_as_json(self, registry: Command, some_data: Path) -> None:
        found = registry("fingerprint", some_data, "--sm3", "--json").json
        assert found == fingerprint(some_data, algorithm="sm3").statement()

    def test_what_is_not_there_is_3(self, registry: Command, tmp_path: Path) -> None:
        said = registry("fingerprint", tmp_path / "nothing")
        assert said.code == 3
        assert said.out == ""


class TestKey:
    def test_makes_a_key_once(self, registry: Command, tmp_path: Path) -> None:
        first = registry("key", tmp_path / "own" / "me.json", "--json")
        assert first.json["party"] == party_of(first.json["address"])
        assert Path(first.json["keystore"]).stat().st_mode & 0o077 == 0
        assert registry("key", tmp_path / "own" / "me.json", "--json").json == first.json


class TestFile:
    def test_files_and_waits_until_it_is_final(
        self,
        registry: Command,
        running: Running,
        holder: tuple[Path, Key],
        form: Path,
        some_data: Path,
        tmp_path: Path,
    ) -> None:
        mine = ("--key", holder[0], "--url", running.url, "--papers", tmp_path / "papers")
        given = ("--sample", some_data, "--paper", f"OTHER={some_data}")
        filled = json.loads(form.read_text())
        filled["data"]["name"] += "长" * 40
        form.write_text(json.dumps(filled))
        said = registry("file", some_data, "--form", form, *mine, *given, "--json")
        assert said.code == 0, said.err
        assert "/data/name [long]" in said.err
        assert said.json["state"] == "final"
        assert "received" in said.err
        papers = json.loads(Path(said.json["papers"]).read_text())
        assert papers["form"]["papers"][-1] == {"kind": "OTHER", "hash": papers["form"]["sample"]}
        status = registry("status", said.json["registration"], "--url", running.url)
        assert (status.code, status.out) == (0, "final SUBMITTED\n")
        again = registry("file", some_data, "--form", form, *mine)
        assert again.code == 5
        assert "filed_before" in again.err

    def test_what_is_not_settled_in_time_is_6(
        self,
        registry: Command,
        running: Running,
        holder: tuple[Path, Key],
        form: Path,
        some_data: Path,
        tmp_path: Path,
    ) -> None:
        mine = ("--key", holder[0], "--url", running.url, "--papers", tmp_path / "papers")
        said = registry("file", some_data, "--form", form, *mine, "--timeout", "0.001")
        assert said.code == 6
        assert "registry status" in said.err

    def test_a_form_that_is_not_allowed_shows_the_article(
        self,
        registry: Command,
        running: Running,
        holder: tuple[Path, Key],
        form: Path,
        some_data: Path,
    ) -> None:
        wrong = json.loads(form.read_text()) | {"grade": "CORE"}
        form.write_text(json.dumps(wrong))
        given = ("--sample", form, "--paper", f"OTHER={form}")
        # Nobody listens there: the sample of core data, too, is refused before anything is sent.
        for url in (running.url, NOBODY):
            mine = ("--key", holder[0], "--url", url)
            said = registry("file", some_data, "--form", form, *mine, *given)
            assert said.code == 1
            assert "/grade [" in said.err
            assert "next:" in said.err

    def test_an_error_as_json(self, registry: Command) -> None:
        said = registry("status", fresh_root(), "--url", NOBODY, "--json")
        assert (said.code, said.out) == (1, "")
        assert json.loads(said.err)["error"] == "unavailable"


class TestStatus:
    def test_what_nobody_knows_is_3(self, registry: Command, running: Running) -> None:
        assert registry("status", fresh_root(), "--url", running.url).code == 3
        assert registry("status", "XX9902026019999", "--url", running.url).code == 3

    def test_finds_the_registry_that_runs_on_the_folder(
        self, registry: Command, running: Running
    ) -> None:
        said = registry("status", fresh_root(), "--data", running.settings.data)
        assert said.code == 3, said.err


class TestErase:
    def withdrawn(self, running: Running, folder: Path) -> str:
        client, key = Client(running.url, papers=folder), Key.fresh()
        id = client.file(fresh_root(), form_of(key), key).digest
        client.wait(id)
        act = Withdraw(
            party=party_of(key.address), registration=id, step=1, deadline=int(time.time()) + 3600
        )
        client.wait(client.send(act, key).digest)
        return id

    def test_erases_on_a_ground_what_is_kept(
        self, registry: Command, running: Running, tmp_path: Path
    ) -> None:
        id, there = self.withdrawn(running, tmp_path), ("--data", running.settings.data)
        listed = registry("due", "--papers", *there)
        line = next(line for line in listed.out.splitlines() if id in line)
        assert "is kept" in line
        assert "art. 10(2)" in line
        assert line.endswith("before on WITHDRAWN, PERSONAL_INFORMATION, INSTRUMENT")
        mine = ("--key", running.settings.keys / "reviewer.json", "--yes", *there)
        refused = registry("erase", id, *mine)
        assert refused.code == 1
        assert "art. 10(2)" in refused.err
        assert "until 20" in refused.err
        said = registry("erase", id, "--ground", "WITHDRAWN", "--reference", "2026-1", *mine)
        assert said.code == 0, said.err
        assert "erased: by 0x" in said.out
        assert "remains: the facts on the chain" in said.out
        assert id not in registry("due", "--papers", *there).out

    def test_asks_before_it_erases(
        self, registry: Command, running: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        id = self.withdrawn(running, tmp_path)
        monkeypatch.setattr("sys.stdin", io.StringIO("n\n"))
        key, there = running.settings.keys / "reviewer.json", running.settings.data
        more = ("--ground", "WITHDRAWN", "--reference", "1", "--data", there)
        assert registry("erase", id, "--key", key, *more).code == 1
        assert running.house.documents.erasure(id) is None

    def test_what_nobody_filed_is_3(self, registry: Command, running: Running) -> None:
        key, there = running.settings.keys / "reviewer.json", running.settings.data
        assert registry("erase", fresh_root(), "--key", key, "--yes", "--data", there).code == 3


class TestUp:
    def test_says_that_its_port_is_taken(
        self, registry: Command, running: Running, stopped: Path
    ) -> None:
        port = running.url.rpartition(":")[2]
        said = registry("up", "--data", stopped, "--port", port)
        assert (said.code, said.out) == (1, "")
        assert f"cannot listen on 127.0.0.1:{port}" in said.err
        assert "Traceback" not in said.err
        assert "--port" in said.err


class TestSign:
    def test_signs_offline_what_holds_its_domain(
        self, registry: Command, running: Running, holder: tuple[Path, Key], tmp_path: Path
    ) -> None:
        keystore, key = holder
        act = Withdraw(
            party=party_of(key.address),
            registration=fresh_root(),
            step=0,
            deadline=int(time.time()) + 3600,
        )
        domain = running.house.deployment.domain("Registrations")
        message = tmp_path / "withdraw.json"
        message.write_text(json.dumps(act.typed_data(domain)))
        said = registry("sign", message, "--key", keystore, "--url", NOBODY, "--json")
        assert said.code == 0, said.err
        assert said.json["digest"] == act.digest(domain)
        assert said.json["signatures"] == [key.sign(act.digest(domain))]
        assert "registration: " in said.err

    def test_an_unknown_type_is_3(
        self, registry: Command, holder: tuple[Path, Key], tmp_path: Path
    ) -> None:
        message = tmp_path / "mint.json"
        message.write_text('{"type": "Mint", "message": {}}')
        assert registry("sign", message, "--key", holder[0]).code == 3


@pytest.fixture(scope="module")
def settled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a registry that held one filing and was stopped."""
    folder = tmp_path_factory.mktemp("settled") / "data"
    with up(Settings(data=folder, port=0)) as registry:
        key = Key.fresh()
        client = Client(registry.url, papers=folder / "papers")
        client.wait(client.file(fresh_root(), form_of(key), key).digest)
    return folder


@pytest.fixture
def stopped(settled: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(settled, tmp_path / "copy"))


def rows(folder: Path) -> list[str]:
    with sqlite3.connect(folder / "read.db") as connection:
        return sorted(connection.iterdump())


def alter(folder: Path, statement: str) -> None:
    connection = sqlite3.connect(folder / "read.db")
    assert connection.execute(statement).rowcount == 1
    connection.commit()
    connection.close()


class TestAudit:
    def test_an_untouched_read_model_is_clean(self, registry: Command, stopped: Path) -> None:
        said = registry("audit", "--data", stopped, "--json")
        assert said.code == 0, said.err
        assert said.json["clean"]
        assert said.json["facts"]["Registrations"] > 0

    def test_one_that_is_in_use_can_be_audited(self, registry: Command, running: Running) -> None:
        assert registry("audit", "--data", running.settings.data).code == 0

    @pytest.mark.parametrize(
        ("statement", "told"),
        [
            ("UPDATE registration_filed SET registrar = 991", "registrar is 991, expected 990"),
            ("DELETE FROM registration_filed", "registration_filed lacks the row"),
            ("UPDATE progress SET state = 7", "progress"),
            (
                "UPDATE tip SET count = count + 1 WHERE contract = 'Registrations'"
                " AND block = (SELECT max(block) FROM tip)",
                "Registrations has said",
            ),
        ],
    )
    def test_names_what_was_altered(
        self, registry: Command, stopped: Path, statement: str, told: str
    ) -> None:
        alter(stopped, statement)
        said = registry("audit", "--data", stopped)
        assert said.code == 7
        assert f"MISMATCH {told}" in said.err or told in said.err

    def test_a_rebuilt_read_model_is_as_it_was(self, registry: Command, stopped: Path) -> None:
        before = rows(stopped)
        alter(stopped, "DELETE FROM registration_filed")
        assert registry("rebuild", "--data", stopped).code == 0
        assert rows(stopped) == before

    def test_nobody_rebuilds_under_a_running_service(
        self, registry: Command, running: Running
    ) -> None:
        assert registry("rebuild", "--data", running.settings.data).code == 5

    def test_an_empty_folder_is_3(self, registry: Command, tmp_path: Path) -> None:
        assert registry("audit", "--data", tmp_path).code == 3
        assert registry("audit", "--procedure", "--data", tmp_path).code == 3

    def test_of_the_procedure_names_what_was_late(self, registry: Command, stopped: Path) -> None:
        # Nobody answered: the sandbox's two seconds are long over.
        with sqlite3.connect(stopped / "read.db") as connection:
            connection.execute("UPDATE block SET time = time - 3600")
        said = registry("audit", "--procedure", "--data", stopped, "--json")
        assert said.code == 7
        assert "FAULT" in said.err
        rules = {each["rule"]: each for each in said.json["faults"]}
        assert rules["answer"]["done"] is None
        assert "17" in rules["answer"]["article"]

    def test_of_the_procedure_of_no_case_is_clean(self, registry: Command, stopped: Path) -> None:
        with sqlite3.connect(stopped / "read.db") as connection:
            connection.execute("DELETE FROM progress")
        said = registry("audit", "--procedure", "--data", stopped, "--json")
        assert (said.code, said.json["clean"]) == (0, True)


class TestCasework:
    def test_prints_the_file_of_a_case(
        self, registry: Command, running: Running, holder: tuple[Path, Key], tmp_path: Path
    ) -> None:
        client = Client(running.url, papers=tmp_path / "papers")
        id = client.file(fresh_root(), form_of(holder[1]), holder[1]).digest
        client.wait(id)
        said = registry("casework", id, "--url", running.url)
        assert said.code == 0, said.err
        assert "RegistrationFiled" in said.out
        assert registry("casework", "0x" + "77" * 32, "--url", running.url).code == 3


class TestHandover:
    def test_is_written_checked_and_taken(
        self, registry: Command, stopped: Path, tmp_path: Path
    ) -> None:
        out, key, trust = tmp_path / "out", tmp_path / "key", tmp_path / "trust.json"
        with up(Settings(data=stopped, port=0)) as running:
            trust.write_text(json.dumps(Client(running.url).trust_file()))
        given = ("--registrar", "990", "--out", out, "--key", key)
        said = registry("handover", *given, "--data", stopped, "--json")
        assert said.code == 0, said.err
        manifest = said.json["manifest"]
        again = registry("handover", *given, "--data", stopped)
        assert again.code == 5
        seen = ("handover", "verify", out, "--trust", trust, "--key", key)
        assert registry(*seen).code == 7  # no node was asked
        said = registry(*seen, "--data", stopped, "--json")
        assert said.code == 0, said.out + said.err
        assert said.json["claims"][-1]["verdict"] == "not established"
        early = registry("handover", "take", out, "--key", key, "--data", stopped)
        assert early.code == 5
        with up(Settings(data=stopped, port=0)) as running:
            hand_over(running, manifest)
            said = registry(*seen, "--rpc-url", running.house.chain.url, "--json")
            assert {each["verdict"] for each in said.json["claims"]} == {"established"}
        said = registry("handover", "take", out, "--key", key, "--data", stopped, "--json")
        assert said.json == {"openings": 1, "documents": 1}

    def test_wrong_usage_is_2_and_what_is_not_there_is_3(
        self, registry: Command, stopped: Path, tmp_path: Path
    ) -> None:
        assert registry("handover", "--data", stopped).code == 2
        lacking = ("--registrar", "123", "--out", tmp_path / "o", "--data", stopped)
        assert registry("handover", *lacking).code == 3
        nothing = ("verify", tmp_path / "nothing", "--trust", tmp_path / "nothing")
        assert registry("handover", *nothing).code == 3


def hand_over(running: Running, manifest: str) -> None:
    """The owner expels the sandbox's registrar and names another as its successor."""
    for function, arguments in (
        ("admit", (991,)),
        ("expel", (990, b"x" * 32)),
        ("handOver", (990, 991, b"i" * 32, from_hex(manifest))),
    ):
        house = running.house
        administer(
            house.chain, house.deployment, running.staff.owner, "Registrars", function, *arguments
        )
    deadline = time.monotonic() + 30
    while house.indexer.reach().number < house.chain.head().number:  # type: ignore[union-attr]
        assert time.monotonic() < deadline
        time.sleep(0.01)


class TestDeploy:
    def test_says_its_plan_and_sends_nothing(
        self, registry: Command, running: Running, holder: tuple[Path, Key], tmp_path: Path
    ) -> None:
        rpc = running.house.chain.url
        before = running.house.chain.head().number
        where = ("--rpc-url", rpc, "--data", tmp_path / "data")
        said = registry("deploy", *where, "--keystore", holder[0], "--plan")
        assert said.code == 0, said.err
        assert said.out.splitlines()[0] == "create AccessManager"
        assert running.house.chain.nonce(holder[1].address) == 0
        assert running.house.chain.head().number >= before

    def test_verifies_what_stands(self, registry: Command, running: Running) -> None:
        where = ("--rpc-url", running.house.chain.url, "--data", running.settings.data)
        assert registry("deploy", *where, "--verify").code == 0

    def test_up_refuses_a_chain_without_a_deployment(
        self, registry: Command, running: Running, tmp_path: Path
    ) -> None:
        where = ("--rpc-url", running.house.chain.url, "--data", tmp_path / "data")
        said = registry("up", *where, "--port", "0")
        assert said.code == 3
        assert "registry deploy" in said.err
