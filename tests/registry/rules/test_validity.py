"""Validity

ends with the corresponding day five years on, Beijing time
├── which is the month's last day where there is none
└── or a day earlier where the profile reads it so
can be renewed from six months before that day to the day before it
├── or in the last 60 calendar days, of public data, its last day included
└── for a term that follows the old one, or its own attestation where the profile reads it so
lapses by itself after it, unless a renewal is pending; never where the registrar must cancel
is that of the operation where public data are operated under a short agreement
├── of three years at most, three included, and to the day it ended
└── never beyond three years from the code, unless the profile reads it so
fits under the contract's ceilings, whatever the second of attestation
"""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.rules.profiles import Profile, Setting, load
from registry.rules.units import opening_of
from registry.rules.validity import (
    BEIJING,
    OperationTerm,
    end_of,
    has_lapsed,
    last_second,
    renewal_window,
    renewed_until,
)

NATIONAL = load("CN_NDA_2026")
PUBLIC = load("CN_PUBLIC_2025")
CODED = datetime(2026, 11, 20, 10, tzinfo=BEIJING)


def with_setting(name: str, value: bool | str, profile: Profile = NATIONAL) -> Profile:
    setting = Setting(value=value, reason="tried here", source="test", certainty=0)
    return replace(profile, settings=MappingProxyType({**profile.settings, name: setting}))


def day(text: str) -> date:
    return date.fromisoformat(text)


def last_day(moment: datetime) -> date:
    return moment.astimezone(BEIJING).date()


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
    with pytest.raises(ValueError, match="expected months or years"):
        last_second(datetime.now(UTC), profile=replace(NATIONAL, clocks=clocks))


class TestPublicData:
    def test_stands_three_years_from_the_code(self) -> None:
        assert last_day(last_second(CODED, profile=PUBLIC)) == day("2029-11-20")

    @pytest.mark.parametrize(
        ("agreed", "ended", "expected"),
        [
            ("2028-05-31", None, "2028-05-31"),
            ("2028-05-31", "2027-03-31", "2027-03-31"),
            ("2029-05-31", None, "2029-05-31"),
            ("2029-06-01", None, "2029-06-01"),  # three years, the first day not counted
            ("2029-06-02", None, "2029-11-20"),
            ("2029-06-02", "2027-03-31", "2029-11-20"),
        ],
    )
    def test_stands_for_the_actual_operation_under_a_short_agreement(
        self, agreed: str, ended: str | None, expected: str
    ) -> None:
        term = OperationTerm(day("2026-06-01"), day(agreed), None if ended is None else day(ended))
        assert last_day(last_second(CODED, profile=PUBLIC, operation=term)) == day(expected)

    def test_a_long_agreement_by_a_day_where_the_first_day_counts(self) -> None:
        term = OperationTerm(day("2026-06-01"), day("2029-06-01"))
        counted = with_setting("first_day", "INCLUDED", PUBLIC)
        assert last_day(last_second(CODED, profile=counted, operation=term)) == day("2029-11-20")

    def test_an_operation_that_begins_later_is_capped_unless_read_otherwise(self) -> None:
        term = OperationTerm(day("2027-01-01"), day("2029-12-31"))
        assert last_day(last_second(CODED, profile=PUBLIC, operation=term)) == day("2029-11-20")
        actual = with_setting("operating_term", "ACTUAL", PUBLIC)
        assert last_day(last_second(CODED, profile=actual, operation=term)) == day("2029-12-31")

    def test_an_operation_means_nothing_to_property_rights(self) -> None:
        term = OperationTerm(day("2026-06-01"), day("2028-05-31"))
        assert last_day(last_second(CODED, profile=NATIONAL, operation=term)) == day("2031-11-20")

    def test_is_renewed_in_the_last_sixty_calendar_days(self) -> None:
        window = renewal_window(end_of(day("2029-11-20")), profile=PUBLIC)
        assert (window.first, window.last) == (day("2029-09-21"), day("2029-11-20"))

    def test_renewal_opens_a_day_later_where_the_last_day_counts(self) -> None:
        counted = with_setting("renewal_counts_last_day", True, PUBLIC)
        window = renewal_window(end_of(day("2029-11-20")), profile=counted)
        assert window.first == day("2029-09-22")


class TestRenewal:
    @pytest.mark.parametrize(
        ("profile", "expected"), [(PUBLIC, "2032-11-20"), (NATIONAL, "2034-11-20")]
    )
    def test_follows_the_old_term(self, profile: Profile, expected: str) -> None:
        until = renewed_until(
            end_of(day("2029-11-20")), attested=end_of(day("2029-10-01")), profile=profile
        )
        assert until == end_of(day(expected))

    def test_follows_its_attestation_where_the_profile_reads_it_so(self) -> None:
        at_once = with_setting("renewed_term_starts", "ATTESTATION")
        until = renewed_until(
            end_of(day("2029-11-20")), attested=end_of(day("2029-10-01")), profile=at_once
        )
        assert until == end_of(day("2034-10-01"))


class TestLapse:
    EXPIRY = end_of(day("2031-11-20"))
    AFTER = EXPIRY + timedelta(seconds=1)

    def test_comes_after_the_last_second(self) -> None:
        for moment, lapsed in ((self.EXPIRY, False), (self.AFTER, True)):
            found = has_lapsed(self.EXPIRY, at=moment, is_renewal_pending=False, profile=NATIONAL)
            assert found is lapsed

    def test_waits_for_a_pending_renewal(self) -> None:
        assert not has_lapsed(self.EXPIRY, at=self.AFTER, is_renewal_pending=True, profile=NATIONAL)
        strict = with_setting("pending_renewal_prevents_lapse", False)
        assert has_lapsed(self.EXPIRY, at=self.AFTER, is_renewal_pending=True, profile=strict)

    def test_never_comes_where_the_registrar_must_cancel(self) -> None:
        years_on = self.AFTER + timedelta(days=1000)
        assert not has_lapsed(self.EXPIRY, at=years_on, is_renewal_pending=False, profile=PUBLIC)


@pytest.mark.parametrize("profile", [NATIONAL, PUBLIC], ids=["property", "public"])
@given(attested=st.datetimes(datetime(2026, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC)))
def test_never_exceeds_the_ceilings_of_the_contract(profile: Profile, attested: datetime) -> None:
    expiry = last_second(attested, profile=profile)
    assert (expiry - attested).total_seconds() <= profile.floors.longest_validity
    renewed = renewed_until(expiry, attested=attested, profile=profile)
    assert (renewed - expiry).total_seconds() <= profile.floors.longest_validity
    opens = opening_of(renewal_window(expiry, profile=profile).first)
    assert (expiry - opens).total_seconds() <= profile.floors.renewal_window
