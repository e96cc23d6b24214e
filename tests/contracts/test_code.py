"""The fifteen characters of a certificate code, against Python's calendar.

Code
├── its month is that of Beijing, for every second that forty bits can name and datetime knows
├── it turns at midnight in Beijing, at the end of every month, leap years included
├── it is prefix, registrar, month, serial, each in its width
└── after serial 9999 a month has no more codes, and the next month begins with 0001
"""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from registry.hashes import keccak
from tests.contracts.evm import Fault, artefact
from tests.contracts.house import (
    ALICE,
    APPROVING,
    DAY,
    REGISTRAR,
    STRANGER,
    House,
)
from tests.contracts.model import Obstacle

BEIJING = timezone(timedelta(hours=8))
LAST = int(datetime(9999, 12, 31, 15, 59, 59, tzinfo=UTC).timestamp())


def month_of(moment: int) -> int:
    """YYYYMM of a moment in Unix seconds, Beijing time."""
    there = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=moment)
    return int(there.astimezone(BEIJING).strftime("%Y%m"))


@pytest.fixture(scope="module")
def codes(built: House) -> House:
    house = built.fork()
    house.contracts = house.contracts | {
        "Codes": house.evm.create("Codes", sender=STRANGER.address)
    }
    return house


@settings(max_examples=300, deadline=None)
@given(st.integers(0, LAST))
@example(0)
@example(LAST)
def test_the_month_is_that_of_beijing(codes: House, moment: int) -> None:
    assert codes.ask("Codes", "monthOf", moment) == month_of(moment)


@settings(max_examples=200, deadline=None)
@given(st.integers(1970, 9998), st.integers(1, 12))
@example(2024, 2)
@example(2026, 2)
@example(2000, 2)
@example(2100, 2)
@example(2026, 12)
def test_the_month_turns_at_midnight_in_beijing(codes: House, year: int, month: int) -> None:
    following = (year + month // 12, month % 12 + 1)
    turn = int(datetime(*following, 1, tzinfo=BEIJING).timestamp())
    assert codes.ask("Codes", "monthOf", turn - 1) == year * 100 + month
    assert codes.ask("Codes", "monthOf", turn) == following[0] * 100 + following[1]


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from([b"SJ", b"XX"]),
    st.integers(0, 999),
    st.integers(1970, 9999),
    st.integers(1, 12),
    st.integers(1, 9999),
)
def test_the_code_is_written_in_its_widths(
    codes: House, prefix: bytes, registrar: int, year: int, month: int, serial: int
) -> None:
    made = codes.ask("Codes", "code", prefix, registrar, year * 100 + month, serial)
    expected = f"{prefix.decode()}{registrar:03}{year:04}{month:02}{serial:04}"
    assert bytes.fromhex(made[2:]).decode() == expected


def serial_slot(house: House, prefix: bytes, registrar: int, month: int) -> int:
    """Where `_serials` keeps the count of a month."""
    layout = artefact("Registrations")["storageLayout"]["storage"]
    place = next(int(one["slot"]) for one in layout if one["label"] == "_serials")
    stem = f"{prefix.decode()}{registrar:03}{month}".encode().ljust(32, b"\0")
    return int.from_bytes(keccak(stem + place.to_bytes(32, "big")), "big")


class TestSerials:
    def test_the_last_of_a_month_is_9999_and_then_there_is_none(self, house: House) -> None:
        first, one = house.published(ALICE, number=1)
        second, two = house.published(ALICE, number=2)
        house.now = house.record(two).until + 2 * 3600
        month = month_of(house.now)
        slot = serial_slot(house, b"XX", REGISTRAR, month)
        house.evm.set_word(house.contracts["Registrations"], slot, 9998)
        assert house.ask("Registrations", "serials", b"XX", REGISTRAR, month) == 9998

        facts = house.act(house.attest(one, two), APPROVING, filings=(first, second))
        attested = next(f for f in facts if f.event == "RegistrationAttested")
        assert bytes.fromhex(attested.members["code"][2:])[-4:] == b"9999"
        skipped = next(f for f in facts if f.event == "RegistrationSkipped")
        assert skipped.members["obstacle"] == Obstacle.SERIALS_SPENT
        assert house.record(two).state == 5

        alone = house.attest(two)
        fault = Fault("Hindered", (two, Obstacle.SERIALS_SPENT))
        assert house.refusal(alone, APPROVING, filings=(second,)) == fault

        house.now += 31 * DAY
        facts = house.act(house.attest(two), APPROVING, filings=(second,))
        attested = next(f for f in facts if f.event == "RegistrationAttested")
        assert bytes.fromhex(attested.members["code"][2:])[-4:] == b"0001"

    def test_each_month_counts_for_itself(self, house: House) -> None:
        _, one = house.attested(ALICE, number=1)
        month = month_of(house.now)
        house.attested(ALICE, number=2)
        assert house.ask("Registrations", "serials", b"XX", REGISTRAR, month) >= 1
        assert house.ask("Registrations", "serials", b"SJ", REGISTRAR, month) == 0
        assert house.record(one).state == 6
