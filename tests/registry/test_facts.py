"""Facts

- in step: every event of every ledger contract has its class, and every class its event, member by member
- in step: every enum of the interfaces has its Python twin, number by number
- a log is stored as its class says, and read back as the chain said it
- a log of the wrong length is refused
- a head is what the contract computes
"""

import re

import pytest
from eth_abi.abi import encode
from hypothesis import given
from hypothesis import strategies as st

import registry.indexer
from registry.chain import CONTRACTS, artefact
from registry.errors import Malformed
from registry.facts import Fact, Log, fact_types
from registry.hashes import keccak, to_hex
from registry.registrations.facts import RegistrationAttested, RegistrationFiled
from registry.rules.states import State
from tests.machine import ROOT

EVENTS = {
    (contract, entry["name"]): entry
    for contract in CONTRACTS
    for entry in artefact(contract)["abi"]
    if entry["type"] == "event"
}


def signature(entry: dict[str, list[dict[str, str]]], name: str) -> str:
    return f"{name}({','.join(each['type'] for each in entry['inputs'])})"


def a_log(topics: tuple[str, ...], data: str) -> Log:
    return Log(
        address="0x" + "aa" * 20,
        topics=topics,
        data=data,
        block_number="0x10",
        block_hash="0x" + "bb" * 32,
        log_index="0x2",
        transaction_hash="0x" + "cc" * 32,
    )


class TestInStep:
    @pytest.mark.parametrize("key", EVENTS, ids=".".join)
    def test_every_event_has_its_class(self, key: tuple[str, str]) -> None:
        contract, name = key
        entry = EVENTS[key]
        topic = to_hex(keccak(signature(entry, name).encode()))
        if topic in registry.indexer.OUTSIDE:
            return
        fact = next(each for each in fact_types() if each.event == name)
        assert contract in fact.contracts
        assert fact.topic == topic
        assert fact.members == {each["name"]: each["type"] for each in entry["inputs"]}
        assert [each["indexed"] for each in entry["inputs"]] == [True] + [False] * (
            len(entry["inputs"]) - 1
        )

    def test_every_class_has_its_event(self) -> None:
        said = {(contract, fact.event) for fact in fact_types() for contract in fact.contracts}
        assert said <= set(EVENTS)

    @pytest.mark.parametrize("twin", [State])
    def test_every_enum_has_its_twin(self, twin: type[State]) -> None:
        text = (ROOT / "contracts/interfaces/IRegistrations.sol").read_text()
        found = re.search(rf"enum {twin.__name__} \{{([^}}]*)\}}", text)
        assert found is not None
        names = [name.strip() for name in found.group(1).split(",")]
        assert names == [each.name for each in sorted(twin)]
        assert [int(each) for each in sorted(twin)] == list(range(len(names)))


class TestStoring:
    @given(
        subject=st.binary(min_size=32, max_size=32),
        registrar=st.integers(0, 999),
        deadline=st.integers(0, 2**40 - 1),
    )
    def test_a_log_is_stored_as_the_chain_said_it(
        self, subject: bytes, registrar: int, deadline: int
    ) -> None:
        kinds = list(RegistrationFiled.members.values())[1:]
        values = [b"\x01" * 32, registrar, 60001, 1, 1, b"\x02" * 32, 7, deadline]
        log = a_log((RegistrationFiled.topic, to_hex(subject)), to_hex(encode(kinds, values)))
        assert RegistrationFiled.stored(log) == (subject, *values)

    def test_a_code_is_text(self) -> None:
        kinds = list(RegistrationAttested.members.values())[1:]
        values = [b"\x01" * 32, 6, b"XX9902026110001", 1, 2, bytes(32), 0]
        log = a_log((RegistrationAttested.topic, "0x" + "00" * 32), to_hex(encode(kinds, values)))
        assert RegistrationAttested.stored(log)[3] == "XX9902026110001"

    @pytest.mark.parametrize("fact", list(fact_types()), ids=lambda fact: fact.event)
    def test_refuses_a_log_of_the_wrong_length(self, fact: type[Fact]) -> None:
        words = len(fact.members)
        with pytest.raises(Malformed):
            fact.stored(a_log((fact.topic, "0x" + "00" * 32), "0x" + "00" * 32 * words))


class TestHead:
    def test_chains_topics_and_data(self) -> None:
        log = a_log(("0x" + "01" * 32, "0x" + "02" * 32), "0x" + "03" * 64)
        said = keccak(b"\x01" * 32 + b"\x02" * 32 + b"\x03" * 64)
        head = b"\x09" * 24
        assert log.extend(head) == keccak(head + bytes(8) + said)[:24]
