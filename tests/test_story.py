"""The story of the demonstration, on real data, over HTTP

- as the command tells it, on the embedded chain: one JSON object, bundles and a trust file left behind
- played again on the same folder it files what is new
- its bundle verifies by the command, offline; changed by a byte it does not
- on a node of another make, deployed to by the command
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from registry.chain import Chain
from registry.demo import Story, run
from registry.settings import Settings
from registry.up import WEALTH, Running, Staff, up

# Steps of an objection to what stands registered, the first and the last.
KEY = {"ObjectionFiled", "ObjectionClosed"}
COMMAND = [sys.executable, "-m", "registry.cli"]


def command(*arguments: str | Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [*COMMAND, *map(str, arguments)], capture_output=True, text=True, timeout=120
    )


def played(*arguments: str | Path) -> dict[str, Any]:
    done = command("demo", "--json", *arguments)
    assert done.returncode == 0, done.stderr
    story: dict[str, Any] = json.loads(done.stdout)
    return story


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo") / "data"


@pytest.fixture(scope="module")
def story(folder: Path) -> dict[str, Any]:
    return played("--data", folder)


def is_whole(story: dict[str, Any]) -> None:
    first, second = story["registrations"]
    assert (first["state"], second["state"]) == ("ATTESTED", "ATTESTED")
    assert first["code"].startswith("XX990")
    assert first["code"] != second["code"]
    assert (first["rights"], second["rights"]) == (["HOLD", "USE", "OPERATE"], ["HOLD", "USE"])
    assert "虚构" in first["holder"]
    assert story["refused"]["kept"] is False
    assert [flaw["rule"] for flaw in story["refused"]["flaws"]] == ["guide art. 15(1)"]
    assert story["objection"]["outcome"] == 1
    assert story["verification"]["exit_code"] == 0
    assert story["tampering"]["exit_code"] == 7
    assert [claim["name"] for claim in story["tampering"]["false"]] == ["certificate"]
    assert "expiry" in story["tampering"]["false"][0]["because"]
    lived_through(story["life"])


def lived_through(life: dict[str, Any]) -> None:
    assert (life["transfer"]["received"], life["transfer"]["left"]) == (
        ["OPERATE"],
        ["HOLD", "USE"],
    )
    assert life["freeze"]["barred"] == ["TRANSFER", "CANCELLATION"]
    assert "已被依法采取限制措施" in life["freeze"]["refused"]
    assert life["renewal"]["to"] > life["renewal"]["from"]
    objection = life["objection"]
    assert objection["disputed"] == [True, False]
    assert "尚未解决" in objection["refused"]
    assert (objection["state"], objection["outcome"]) == ("CLOSED", "DISMISSED")
    assert (life["cancellation"]["rights"], life["left"]) == (["USE"], ["HOLD"])
    assert [each["event"] for each in life["moments"] if each["right"] or each["event"] in KEY] == [
        "RightAttested",
        "RenewalAnnounced",
        "RightRemarked",
        "RightGiven",
        "RightRenewed",
        "ObjectionFiled",
        "ObjectionClosed",
        "RightCancelled",
        "RemarkLifted",
    ]
    assert all(each["article"] for each in life["moments"])


class TestOnTheEmbeddedChain:
    def test_is_told_whole(self, story: dict[str, Any]) -> None:
        is_whole(story)

    def test_two_holders_of_the_same_data_stand_unlinked(self, story: dict[str, Any]) -> None:
        kept = [json.loads(Path(each["papers"]).read_text()) for each in story["registrations"]]
        assert kept[0]["fingerprint"] == kept[1]["fingerprint"]
        assert kept[0]["message"]["data"] != kept[1]["message"]["data"]

    def test_the_bundle_verifies_by_the_command_and_the_tampered_one_does_not(
        self, story: dict[str, Any]
    ) -> None:
        for registered in story["registrations"]:
            data = Path(story["verification"]["data"])
            done = command(
                "verify", registered["bundle"], "--trust", story["trust"], "--data", data
            )
            assert done.returncode == 0, done.stdout
        caught = command("verify", story["tampering"]["file"], "--trust", story["trust"])
        assert caught.returncode == 7
        assert "FALSE" in caught.stdout

    def test_without_a_trust_file_no_authority_is_established(self, story: dict[str, Any]) -> None:
        done = command("verify", story["registrations"][0]["bundle"], "--json")
        verdicts = {each["name"]: each["verdict"] for each in json.loads(done.stdout)["claims"]}
        assert done.returncode == 7
        assert (verdicts["officers"], verdicts["facts"]) == ("not established", "established")

    def test_plays_again_on_the_same_folder(self, folder: Path, story: dict[str, Any]) -> None:
        again = played("--data", folder)
        is_whole(again)
        codes = {each["code"] for told in (story, again) for each in told["registrations"]}
        assert len(codes) == 4
        assert len(list(folder.glob("*.bundle.json"))) == 4

    def test_plays_against_a_registry_that_runs(self, running: Running) -> None:
        told = run(running.url, running.settings.data)
        assert isinstance(told, Story)
        is_whole(told.as_json())


class TestOnAnotherNode:
    def test_is_told_whole_after_a_deployment_by_the_command(
        self, anvil: str, tmp_path: Path
    ) -> None:
        settings = Settings(data=tmp_path / "data", port=0, rpc_url=anvil, finality=1)
        staff = Staff.of(settings)
        for key in (staff.owner, staff.relayer):
            Chain(anvil).rpc("anvil_setBalance", key.address, hex(WEALTH))
        where = ("--rpc-url", anvil, "--data", settings.data)
        keystore = settings.keys / "owner.json"
        done = command("deploy", *where, "--keystore", keystore, "--json")
        assert done.returncode == 0, done.stderr
        assert command("deploy", *where, "--verify").returncode == 0
        with up(settings) as registry:
            is_whole(run(registry.url, settings.data).as_json())
