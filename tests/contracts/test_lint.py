"""What no contract of the house may have.

Lint
├── no function that moves or approves a token (ERC-20, 721, 1155)
├── no function that takes money, no receive, no fallback
├── no argument that carries text; bytes only as signatures and as a batch's acts
├── no event with a member of variable length; of facts, the first member alone is indexed
└── no contract near the limit of code size
"""

import json
from typing import Any

import pytest

from registry.hashes import keccak
from tests.machine import ROOT

FOREIGN = {"AccessManager"}
ABIS: dict[str, dict[str, Any]] = {
    path.stem: json.loads(path.read_text(encoding="utf-8"))
    for path in sorted((ROOT / "registry/abi").glob("*.json"))
    if path.stem not in FOREIGN | {"standard-input"}
}
DEPLOYED = {name: made for name, made in ABIS.items() if made["bytecode"] != "0x"}
# Of the 24,576 bytes that a contract may have.
LARGEST = 24_000
TOKENS = (
    "transfer(address,uint256)",
    "transferFrom(address,address,uint256)",
    "approve(address,uint256)",
    "safeTransferFrom(address,address,uint256)",
    "safeTransferFrom(address,address,uint256,bytes)",
    "setApprovalForAll(address,bool)",
    "safeTransferFrom(address,address,uint256,uint256,bytes)",
    "safeBatchTransferFrom(address,address,uint256[],uint256[],bytes)",
)
SELECTORS = {keccak(text.encode())[:4].hex() for text in TOKENS}
FACTLESS = {"AuthorityUpdated", "EIP712DomainChanged"}


def entries(name: str, kind: str) -> list[dict[str, Any]]:
    return [entry for entry in ABIS[name]["abi"] if entry["type"] == kind]


def members(inputs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Members at every depth."""
    return [
        deep
        for member in inputs
        for deep in (member, *members(member.get("components", [])))
        if not deep["type"].startswith("tuple")
    ]


def test_there_is_something_to_look_at() -> None:
    assert {"Registrations", "Rights", "Parties", "Registrars", "Batch"} <= DEPLOYED.keys()


@pytest.mark.parametrize("name", ABIS)
class TestAbi:
    def test_moves_no_token(self, name: str) -> None:
        assert not SELECTORS & set(ABIS[name]["methodIdentifiers"].values())

    def test_takes_no_money(self, name: str) -> None:
        abi = ABIS[name]["abi"]
        assert not [e for e in abi if e["type"] in ("receive", "fallback")]
        assert not [e for e in abi if e.get("stateMutability") == "payable"]

    def test_takes_no_text(self, name: str) -> None:
        for entry in entries(name, "function"):
            for member in members(entry["inputs"]):
                assert not member["type"].startswith("string"), entry["name"]
                if member["type"].startswith("bytes") and member["type"] in ("bytes", "bytes[]"):
                    assert member["name"] in ("signature", "signatures", "acts"), entry["name"]
                    assert (member["name"] == "acts") == (name in ("Batch", "IBatch"))

    def test_says_nothing_of_variable_length(self, name: str) -> None:
        for event in entries(name, "event"):
            if event["name"] in FACTLESS:
                continue
            for member in members(event["inputs"]):
                assert member["type"] not in ("string", "bytes"), event["name"]
                assert not member["type"].endswith("[]"), event["name"]
            indexed = [member["indexed"] for member in event["inputs"]]
            assert indexed == [True] + [False] * (len(indexed) - 1), event["name"]


@pytest.mark.parametrize("name", DEPLOYED)
def test_is_smaller_than_the_limit_by_far(name: str) -> None:
    assert len(DEPLOYED[name]["deployedBytecode"]) // 2 - 1 < LARGEST
