"""Further conditions of attestation.

Gates
├── a barred party is not attested to the last second of the bar; lifting it opens the gate
├── AllOf is open when each of its gates is; it has one to eight
└── a gate that reverts, or is no contract, is shut
"""

from typing import Any

import pytest

from registry.hashes import from_hex
from tests.contracts.evm import Fault, Refused
from tests.contracts.house import (
    ALICE,
    APPROVING,
    BOB,
    DAY,
    GATED,
    STRANGER,
    House,
    profile,
)
from tests.contracts.model import Obstacle


def bar(house: House, until: int) -> None:
    said = house.revoke("BarredParties", "bar", from_hex(ALICE.party), b"i" * 32, until)
    assert said[0].members == {
        "party": ALICE.party,
        "instrument": "0x" + "69" * 32,
        "until": until,
    }


def shut(house: House, filing: Any, registration: str, number: int) -> None:
    act = house.attest(registration, profile=number)
    fault = Fault("Hindered", (registration, Obstacle.GATE_SHUT))
    assert house.refusal(act, APPROVING, filings=(filing,)) == fault


def opened(house: House, filing: Any, registration: str, number: int) -> None:
    act = house.attest(registration, profile=number)
    house.act(act, APPROVING, filings=(filing,))


def behind(house: House, gate: str) -> int:
    """A profile that names this gate."""
    house.grant(("Registrations", "enact", 50, bytes(32), profile(gate=gate)))
    return 50


class TestBarredParties:
    def test_is_shut_to_the_last_second_of_the_bar(self, house: House) -> None:
        filing, registration = house.attestable(ALICE, profile=GATED)
        bar(house, house.now)
        shut(house, filing, registration, GATED)
        house.now += 1
        opened(house, filing, registration, GATED)

    def test_opens_when_the_bar_is_lifted(self, house: House) -> None:
        filing, registration = house.attestable(ALICE, profile=GATED)
        bar(house, house.now + DAY)
        bar(house, 0)
        opened(house, filing, registration, GATED)

    def test_one_barred_applicant_shuts_it_for_all(self, house: House) -> None:
        filing, registration = house.attestable(ALICE, BOB, profile=GATED)
        bar(house, house.now)
        shut(house, filing, registration, GATED)

    def test_does_not_hinder_the_neighbours(self, house: House) -> None:
        one, first = house.attestable(ALICE, profile=GATED, number=1)
        two, second = house.attestable(BOB, profile=GATED, number=2)
        bar(house, house.now)
        act = house.attest(first, second, profile=GATED)
        facts = house.act(act, APPROVING, filings=(one, two))
        assert facts[1].members["obstacle"] == Obstacle.GATE_SHUT
        assert house.record(second).state == 6

    def test_what_was_attested_stays(self, house: House) -> None:
        _, registration = house.attested(ALICE, profile=GATED)
        bar(house, house.now + DAY)
        assert house.rights(registration, ALICE.party) == 7


class TestAllOf:
    @pytest.mark.parametrize("number", [0, 9])
    def test_has_one_to_eight_gates(self, house: House, number: int) -> None:
        with pytest.raises(Refused) as refused:
            house.evm.create("AllOf", [STRANGER.address] * number, sender=STRANGER.address)
        assert refused.value.fault == Fault("WrongNumberOfGates", (number,))

    def test_is_open_when_all_are(self, house: House) -> None:
        picky = house.evm.create("NoOperating", sender=STRANGER.address)
        gates = [house.contracts["BarredParties"], picky]
        number = behind(house, house.evm.create("AllOf", gates, sender=STRANGER.address))
        filing, registration = house.attestable(ALICE, profile=number, rights=4)
        shut(house, filing, registration, number)
        other, second = house.attestable(BOB, profile=number, rights=3)
        opened(house, other, second, number)

    def test_is_shut_when_one_reverts(self, house: House) -> None:
        broken = house.evm.create("RevertingGate", sender=STRANGER.address)
        gates = [house.contracts["BarredParties"], broken]
        number = behind(house, house.evm.create("AllOf", gates, sender=STRANGER.address))
        filing, registration = house.attestable(ALICE, profile=number)
        shut(house, filing, registration, number)


class TestBrokenGate:
    def test_that_reverts_is_shut(self, house: House) -> None:
        number = behind(house, house.evm.create("RevertingGate", sender=STRANGER.address))
        filing, registration = house.attestable(ALICE, profile=number)
        shut(house, filing, registration, number)

    def test_that_is_no_contract_is_never_open(self, house: House) -> None:
        number = behind(house, STRANGER.address)
        filing, registration = house.attestable(ALICE, profile=number)
        act = house.attest(registration, profile=number)
        house.refusal(act, APPROVING, filings=(filing,))
