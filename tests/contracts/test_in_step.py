"""Contracts and package say the same, declared by hand once on each side.

In step
├── every message class has its verb, and every verb that takes a signature its message class
├── a message's members are the verb's struct, in name, type and order
├── the type string in the contract is the message's
├── every event of a contract is a fact class, and every fact class an event
└── every enum has its numbers on both sides
"""

import re
from enum import IntEnum
from typing import Any

import pytest

import registry.objections.acts
import registry.objections.facts
import registry.registrars
import registry.registrations.facts
import registry.rights.acts
import registry.rights.facts  # noqa: F401
from registry.facts import fact_types
from registry.messages import Message, Struct, message_types
from registry.registrars import ExitStage, Standing
from registry.registrations.acts import Claim
from registry.rules import objections
from registry.rules.states import State
from tests.contracts.evm import artefact
from tests.contracts.model import Obstacle
from tests.contracts.objection_model import ObjectionObstacle
from tests.machine import ROOT

SIGNED = ("Registrations", "Parties", "Rights", "Objections")
MESSAGES = {kind for kind in message_types() if "verb" in kind.__dict__}
ORDERED: list[type[Message]] = sorted(MESSAGES, key=str)
SOURCES = {
    path.name: path.read_text(encoding="utf-8")
    for path in sorted((ROOT / "contracts").rglob("*.sol"))
    if "vendor" not in path.parts and "test" not in path.parts
}
# Said by OpenZeppelin's own contracts, or by Batch: no facts.
FACTLESS = {"AuthorityUpdated", "EIP712DomainChanged", "ActFailed"}
LEDGERS = ("Registrations", "Objections", "Parties", "Registrars", "Rights")


def functions(contract: str) -> dict[str, dict[str, Any]]:
    return {e["name"]: e for e in artefact(contract)["abi"] if e["type"] == "function"}


def signed_verbs(contract: str) -> dict[str, dict[str, Any]]:
    return {
        name: entry
        for name, entry in functions(contract).items()
        if any(m["name"] in ("signature", "signatures") for m in entry["inputs"])
    }


def struct_name(member: dict[str, Any]) -> str:
    return str(member["internalType"]).removeprefix("struct ").removesuffix("[]").split(".")[-1]


def shape(member: dict[str, Any]) -> list[tuple[str, str]]:
    return [
        (m["name"], struct_name(m) + m["type"][5:] if m["type"].startswith("tuple") else m["type"])
        for m in member["components"]
    ]


def enum(name: str) -> dict[str, int]:
    """A Solidity enum by its members' names."""
    for text in SOURCES.values():
        if found := re.search(rf"^enum {name} \{{(.*?)\}}", text, re.MULTILINE | re.DOTALL):
            words = re.sub(r"//.*", "", found[1]).replace(",", " ").split()
            return {word: number for number, word in enumerate(words)}
    raise AssertionError(f"no enum {name}")


@pytest.mark.parametrize("contract", SIGNED)
def test_every_signed_verb_has_its_message_and_no_message_lacks_its_verb(contract: str) -> None:
    # A Void is executed wherever the act was meant to be.
    classes = {
        kind.verb: kind.__name__
        for kind in MESSAGES
        if kind.contract == contract or kind.__name__ == "Void"
    }
    verbs = {
        verb: struct_name(entry["inputs"][0]) for verb, entry in signed_verbs(contract).items()
    }
    assert verbs == classes


@pytest.mark.parametrize("kind", ORDERED)
class TestMessage:
    def test_has_the_members_of_its_struct(self, kind: type[Message]) -> None:
        for contract in SIGNED if kind.__name__ == "Void" else (kind.contract,):
            message, *others = functions(contract)[kind.verb]["inputs"]
            assert shape(message) == list(kind.members.items())
            assert [o["name"] for o in others] == {
                "none": [],
                "filing": ["filing"],
                "filings": ["filings"],
                "opening": ["opening"],
            }[kind.witness] + ["signatures" if kind.many_signatures else "signature"]

    def test_is_called_as_the_contract_is(self, kind: type[Message]) -> None:
        selectors = artefact(kind.contract)["methodIdentifiers"]
        assert f"{kind.verb}({','.join(kind.arguments())})" in selectors

    def test_has_its_type_string_in_the_contract(self, kind: type[Message]) -> None:
        assert any(f'"{kind.type_string}"' in text for text in SOURCES.values())

    def test_ends_with_its_deadline(self, kind: type[Message]) -> None:
        assert list(kind.members)[-1] == "deadline"


def test_no_type_string_in_a_contract_lacks_its_message() -> None:
    texts = {t for text in SOURCES.values() for t in re.findall(r'keccak256\("([^"]+)"\)', text)}
    classes: set[type[Struct]] = {*MESSAGES, Claim}
    assert texts == {kind.type_string for kind in classes}


def events(contract: str) -> dict[str, dict[str, str]]:
    return {
        e["name"]: {m["name"]: m["type"] for m in e["inputs"]}
        for e in artefact(contract)["abi"]
        if e["type"] == "event" and e["name"] not in FACTLESS
    }


@pytest.mark.parametrize("contract", LEDGERS)
def test_every_event_is_a_fact_and_every_fact_an_event(contract: str) -> None:
    facts = {fact.event: dict(fact.members) for fact in fact_types() if contract in fact.contracts}
    assert events(contract) == facts
    order = {name: list(members) for name, members in facts.items()}
    assert {name: list(members) for name, members in events(contract).items()} == order


def test_states_have_their_numbers() -> None:
    assert enum("State") == {state.name: state.value for state in State}


def test_obstacles_have_their_numbers() -> None:
    assert enum("Obstacle") == {obstacle.name: obstacle.value for obstacle in Obstacle}


def test_outcomes_have_their_numbers() -> None:
    assert enum("Outcome") == {each.name: each.value for each in objections.Outcome}


@pytest.mark.parametrize(
    ("name", "ours"),
    [
        ("ObjectionState", objections.State),
        ("ObjectionObstacle", ObjectionObstacle),
        ("Answer", objections.Answer),
        ("Forum", objections.Forum),
    ],
)
def test_enums_of_objections_have_their_numbers(name: str, ours: type[IntEnum]) -> None:
    assert enum(name) == {each.name: each.value for each in ours}


def test_standings_and_exits_have_their_numbers() -> None:
    assert enum("Standing") == {standing.name: standing.value for standing in Standing}
    assert enum("ExitStage") == {stage.name: stage.value for stage in ExitStage}
