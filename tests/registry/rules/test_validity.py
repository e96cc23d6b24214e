"""Validity

ends with the corresponding day five years on, Beijing time
├── which is the month's last day where there is none
└── or a day earlier where the profile reads it so
can be renewed from six months before that day to the day before it
fits under the contract's ceiling, whatever the second of attestation
"""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.rules.profiles import Profile, Setting, load
from registry.rules.validity import BEIJING, last_second, renewal_window

NATIONAL = load("CN_NDA_2026")


def with_setting(name: str, value: bool | str) -> Profile:
    setting = Setting(value=value, reason="tried here", source="test", certainty=0)
    return replace(NATIONAL, settings=MappingProxyType({**NATIONAL.settings, name: setting}))


@pytest.mark.parametrize(
    ("attested", "last_day"),
    [
        ("2026-11-20T10:00:00+08:00", date(2031, 11, 20)),
        ("2026-11-19T16:00:00+00:00", date(2031, 11, 20)),  # already the 20th in Beijing
        ("2026-02-28T12:00:00+08:00", date(2031, 2, 28)),
        ("2028-02-29T12:00:00+08:00", date(2033, 2, 28)),
    ],
)
def test_ends_with_the_corresponding_day(attested: str, last_day: date) -> None:
    end = last_second(datetime.fromisoformat(attested), profile=NATIONAL)
    assert end.astimezone(BEIJING).date() == last_day
    assert (end + timedelta(seconds=1)).astimezone(BEIJING).date() == last_day + timedelta(days=1)
    assert end.tzinfo is UTC


def test_ends_a_day_earlier_where_the_profile_reads_it_so() -> None:
    attested = datetime(2026, 11, 20, 10, tzinfo=BEIJING)
    end = last_second(attested, profile=with_setting("last_valid_day", "DAY_BEFORE"))
    assert end.astimezone(BEIJING).date() == date(2031, 11, 19)


def test_renewal_opens_six_months_before_and_closes_the_day_before() -> None:
    end = last_second(datetime(2026, 11, 20, 10, tzinfo=BEIJING), profile=NATIONAL)
    window = renewal_window(end, profile=NATIONAL)
    assert (window.first, window.last) == (date(2031, 5, 20), date(2031, 11, 19))


def test_renewal_opens_on_the_last_day_of_a_shorter_month() -> None:
    end = datetime(2031, 8, 31, 23, 59, 59, tzinfo=BEIJING)
    assert renewal_window(end, profile=NATIONAL).first == date(2031, 2, 28)


def test_renewal_stays_open_on_the_last_day_where_the_profile_reads_it_so() -> None:
    end = datetime(2031, 11, 20, 23, 59, 59, tzinfo=BEIJING)
    window = renewal_window(end, profile=with_setting("renewal_on_last_day", True))
    assert window.last == date(2031, 11, 20)


def test_refuses_to_count_years_in_seconds() -> None:
    clocks = {**NATIONAL.clocks, "validity": load("SANDBOX").clocks["notice"]}
    with pytest.raises(ValueError, match="expected years"):
        last_second(datetime.now(UTC), profile=replace(NATIONAL, clocks=clocks))


@given(st.datetimes(datetime(2026, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC)))
def test_never_exceeds_the_ceiling_of_the_contract(attested: datetime) -> None:
    span = last_second(attested, profile=NATIONAL) - attested
    assert span.total_seconds() <= NATIONAL.floors.longest_validity
