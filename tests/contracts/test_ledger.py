"""Every fact extends a running hash.

Ledger
├── head and count follow from the logs by ILedger.sol's formula, from the first fact of each contract on
├── a missing, altered, added or moved log gives another head or count
└── every log of a contract that keeps facts is a fact, but for the one that AccessManaged says at its birth
"""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from registry.facts import Log
from registry.hashes import from_hex, to_hex
from tests.contracts.evm import RawLog, artefact
from tests.contracts.house import (
    ALICE,
    APPROVING,
    BOB,
    GRACE,
    LEDGERS,
    REVIEWING,
    House,
    commitment,
    replay,
)


@pytest.fixture(scope="module")
def story(built: House) -> tuple[House, list[RawLog], str]:
    """Logs of Registrations from a procedure for two, and the head they began with."""
    house = built.fork()
    before = house.tip("Registrations")[0]
    logs: list[RawLog] = []
    filings = (house.file(ALICE, number=1), house.file(BOB, number=2))
    ids = [house.digest(filing) for filing in filings]
    receipts = [
        house.send(filings[0], ALICE),
        house.send(filings[1], BOB),
        house.send(house.accept(*ids), REVIEWING),
        house.send(house.publish(*ids), REVIEWING),
    ]
    house.now = house.record(ids[0]).until + GRACE + 1
    receipts.append(house.send(house.attest(*ids), APPROVING, filings=filings))
    for receipt in receipts:
        assert receipt.fault is None
        logs += [log for log in receipt.logs if log.address == house.contracts["Registrations"]]
    return house, logs, before


@pytest.mark.parametrize("name", LEDGERS)
def test_a_fresh_contract_has_said_nothing(name: str) -> None:
    fresh = House.build()
    # Only these have spoken while the house was furnished.
    spoken = {"Registrars": 6, "Rights": 1, "Registrations": 2}
    head, count = fresh.tip(name)
    assert count == spoken.get(name, 0)
    assert (head == "0x" + "00" * 24) == (count == 0)


def test_head_and_count_follow_from_the_logs(story: tuple[House, list[RawLog], str]) -> None:
    house, logs, before = story
    head, count = house.tip("Registrations")
    assert to_hex(replay(from_hex(before), logs)) == head
    assert count == 2 + len(logs)


def test_the_package_extends_heads_in_the_same_way(
    story: tuple[House, list[RawLog], str],
) -> None:
    house, logs, before = story
    head = from_hex(before)
    for position, log in enumerate(logs):
        found = Log(
            address=log.address,
            topics=log.topics,
            data=log.data,
            block_number="0x1",
            block_hash=commitment(0),
            log_index=hex(position),
            transaction_hash=commitment(0),
        )
        head = found.extend(head)
    assert to_hex(head) == house.tip("Registrations")[0]


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_falsified_copy_has_another_head(
    story: tuple[House, list[RawLog], str], data: st.DataObject
) -> None:
    house, logs, before = story
    false = list(logs)
    place = data.draw(st.integers(0, len(false) - 1))
    kind = data.draw(st.sampled_from(["drop", "repeat", "swap", "topic", "data"]))
    log = false[place]
    if kind == "drop":
        del false[place]
    elif kind == "repeat":
        false.insert(place, log)
    elif kind == "swap":
        other = data.draw(st.integers(0, len(false) - 1).filter(lambda i: i != place))
        false[place], false[other] = false[other], false[place]
    else:
        raw = bytearray(from_hex(log.data if kind == "data" else log.topics[1]))
        at = data.draw(st.integers(0, len(raw) - 1))
        raw[at] ^= data.draw(st.integers(1, 255))
        text = to_hex(bytes(raw))
        if kind == "data":
            false[place] = RawLog(log.address, log.topics, text)
        else:
            false[place] = RawLog(log.address, (log.topics[0], text), log.data)
    assert to_hex(replay(from_hex(before), false)) != house.tip("Registrations")[0]


def test_every_log_is_a_fact_but_for_the_one_at_birth(
    story: tuple[House, list[RawLog], str],
) -> None:
    house, logs, _ = story
    assert all(len(log.topics) == 2 for log in logs)
    said = {e["name"] for e in artefact("Registrations")["abi"] if e["type"] == "event"}
    outside = {"AuthorityUpdated", "EIP712DomainChanged"}
    interface = artefact("IRegistrations")["abi"] + artefact("ISigned")["abi"]
    assert said - outside == {e["name"] for e in interface if e["type"] == "event"}
    assert house.tip("Registrations")[1] > len(logs)
