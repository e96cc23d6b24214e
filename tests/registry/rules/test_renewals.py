"""A renewal

may be applied for in its window, exact to the day
├── from six months before the last day to the day before it
├── of public data in the last sixty calendar days, whatever the readings of their edges
└── of the rights named alone
is refused for what is not held, ended or in dispute, beyond the longest new term, or by an instrument
gives a new term after the old one, which does not creep at a month's end
keeps a certificate alive while it is pending
"""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.rules import Allowed, NeedInfo, Refused
from registry.rules.applications import parse
from registry.rules.later_forms import RenewalForm
from registry.rules.profiles import Kind, Profile
from registry.rules.renewals import (
    in_window,
    renewal,
    stands,
)
from registry.rules.rights import ALL_RIGHTS, Exercise, Right
from registry.rules.subjects import Bar, Entry, Subject
from registry.rules.validity import BEIJING, end_of, last_second, renewal_window, renewed_until
from registry.rules.workdays import months_after
from tests.registry.rules.sample_later import (
    ATTESTED,
    EXPIRY,
    NATIONAL,
    PUBLIC,
    SANDBOX,
    A,
    B,
    a_later_form,
    a_public_later_form,
    a_public_subject,
    a_subject,
    settled,
)

PUBLIC_EXPIRY = last_second(ATTESTED, profile=PUBLIC)
IN_WINDOW = datetime(2031, 8, 1, 9, tzinfo=BEIJING)


def first_second(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=BEIJING)


def a_renewal(*rights: str, **more: object) -> RenewalForm:
    form = a_later_form(Kind.RENEWAL) | more
    form["shares"][0]["rights"] = list(rights or ("HOLD", "USE", "OPERATE"))
    found = parse(Kind.RENEWAL, form, profile=SANDBOX)
    assert isinstance(found, RenewalForm)
    return found


class TestVectors:
    """domain.md §14, as corrected (corrections B1, B2, B29)."""

    def test_attested_2026_11_20_for_5_years(self) -> None:
        # Last valid day 2031-11-20; the window opens 2031-05-20 and closes the day before expiry.
        assert end_of(date(2031, 11, 20)) == EXPIRY
        for moment, is_open in (
            (end_of(date(2031, 5, 19)), False),
            (first_second(date(2031, 5, 20)), True),
            (end_of(date(2031, 11, 19)), True),
            (first_second(date(2031, 11, 20)), False),
        ):
            found = in_window(EXPIRY, filed=moment, profile=NATIONAL)
            assert isinstance(found, Allowed) is is_open
            assert found.basis == "guide art. 36"

    def test_attested_2026_11_20_where_the_last_valid_day_is_the_day_before(self) -> None:
        pinned = settled(NATIONAL, last_valid_day="DAY_BEFORE")
        expiry = last_second(ATTESTED, profile=pinned)
        assert expiry == end_of(date(2031, 11, 19))
        window = renewal_window(expiry, profile=pinned)
        assert (window.first, window.last) == (date(2031, 5, 19), date(2031, 11, 18))

    def test_public_data_code_2026_11_20_in_the_last_60_calendar_days(self) -> None:
        assert end_of(date(2029, 11, 20)) == PUBLIC_EXPIRY
        window = renewal_window(PUBLIC_EXPIRY, profile=PUBLIC)
        assert (window.first, window.last) == (date(2029, 9, 21), date(2029, 11, 20))
        assert (window.last - window.first).days == 60

    @pytest.mark.parametrize(
        ("counts_last", "open_on_last", "first", "last"),
        [
            (False, True, date(2029, 9, 21), date(2029, 11, 20)),
            (True, True, date(2029, 9, 22), date(2029, 11, 20)),
            (False, False, date(2029, 9, 21), date(2029, 11, 19)),
            (True, False, date(2029, 9, 22), date(2029, 11, 19)),
        ],
    )
    def test_the_edges_of_the_60_days_are_settings(
        self, counts_last: bool, open_on_last: bool, first: date, last: date
    ) -> None:
        profile = settled(
            PUBLIC, renewal_counts_last_day=counts_last, renewal_on_last_day=open_on_last
        )
        window = renewal_window(PUBLIC_EXPIRY, profile=profile)
        assert (window.first, window.last) == (first, last)


class TestRenewal:
    def test_is_taken_in_its_window(self) -> None:
        found = renewal(a_renewal(), a_subject(), filed=IN_WINDOW, profile=SANDBOX)
        assert isinstance(found, Allowed)

    def test_may_name_only_some_rights(self) -> None:
        subject = a_subject(
            Entry(A, Right.HOLD, EXPIRY), Entry(A, Right.USE, EXPIRY + timedelta(days=700))
        )
        some = renewal(a_renewal("HOLD"), subject, filed=IN_WINDOW, profile=SANDBOX)
        assert isinstance(some, Allowed)
        # The other right's own window is not open yet.
        both = renewal(a_renewal("HOLD", "USE"), subject, filed=IN_WINDOW, profile=SANDBOX)
        assert isinstance(both, Refused)

    @pytest.mark.parametrize(
        "subject",
        [
            a_subject(Entry(B, ALL_RIGHTS, EXPIRY)),
            a_subject(Entry(A, Right.USE, EXPIRY)),
            replace(a_subject(), is_ended=True),
            replace(a_subject(), is_disputed=True),
            replace(a_subject(), certificate="XX4412026110008"),
        ],
    )
    def test_is_refused_for_what_does_not_stand(self, subject: Subject) -> None:
        found = renewal(a_renewal(), subject, filed=IN_WINDOW, profile=SANDBOX)
        assert isinstance(found, Refused)

    def test_asks_whether_there_is_a_dispute(self) -> None:
        subject = replace(a_subject(), is_disputed=None)
        found = renewal(a_renewal(), subject, filed=IN_WINDOW, profile=SANDBOX)
        assert isinstance(found, NeedInfo)
        bold = settled(SANDBOX, dispute_bars=("TRANSFER",))
        found = renewal(a_renewal(), subject, filed=IN_WINDOW, profile=bold)
        assert isinstance(found, Allowed)

    def test_is_barred_only_by_an_instrument_that_names_it(self) -> None:
        for act, answer in ((~Exercise.RENEWAL, Allowed), (Exercise.RENEWAL, Refused)):
            seized = a_subject(Entry(A, ALL_RIGHTS, EXPIRY, bars=(Bar(ALL_RIGHTS, act),)))
            found = renewal(a_renewal(), seized, filed=IN_WINDOW, profile=SANDBOX)
            assert isinstance(found, answer)

    @pytest.mark.parametrize(
        ("until", "is_allowed"),
        [
            ("2036-11-20", True),
            ("2036-11-21", False),
            ("2031-11-21", True),
            ("2031-11-20", False),
        ],
    )
    def test_is_for_more_than_there_is_and_no_more_than_there_may_be(
        self, until: str, is_allowed: bool
    ) -> None:
        form = a_renewal(until=until)
        found = renewal(form, a_subject(), filed=IN_WINDOW, profile=SANDBOX)
        assert isinstance(found, Allowed) is is_allowed

    def test_of_public_data_needs_no_rights_and_no_search_for_disputes(self) -> None:
        form = parse(Kind.RENEWAL, a_public_later_form(Kind.RENEWAL), profile=PUBLIC)
        assert isinstance(form, RenewalForm)
        for day, is_allowed in ((20, False), (21, True)):
            filed = datetime(2029, 9, day, 12, tzinfo=BEIJING)
            found = renewal(form, a_public_subject(), filed=filed, profile=PUBLIC)
            assert isinstance(found, Allowed) is is_allowed
            assert found.basis == "发改数据规〔2025〕26号 art. 15 ¶2"


class TestRenewedUntil:
    @pytest.mark.parametrize(
        ("old", "new"),
        [
            (date(2031, 11, 20), date(2036, 11, 20)),
            (date(2031, 2, 28), date(2036, 2, 28)),  # a leap year; no month-end drift
            (date(2028, 2, 29), date(2033, 2, 28)),
            (date(2031, 8, 31), date(2036, 8, 31)),
        ],
    )
    def test_follows_the_old_term(self, old: date, new: date) -> None:
        filed = datetime(2031, 1, 1, tzinfo=UTC)
        found = renewed_until(end_of(old), attested=filed, profile=NATIONAL)
        assert found == end_of(new)

    def test_of_public_data_is_three_years_more(self) -> None:
        found = renewed_until(PUBLIC_EXPIRY, attested=IN_WINDOW, profile=PUBLIC)
        assert found == end_of(date(2032, 11, 20))

    def test_starts_with_the_renewal_where_the_profile_reads_it_so(self) -> None:
        at_once = settled(NATIONAL, renewed_term_starts="AT_ATTESTATION")
        found = renewed_until(EXPIRY, attested=IN_WINDOW, profile=at_once)
        assert found == end_of(date(2036, 8, 1))


class TestStands:
    def test_lapses_with_the_second_after_unless_renewal_is_pending(self) -> None:
        after = EXPIRY + timedelta(seconds=1)
        found = stands(EXPIRY, at=EXPIRY, renewal_filed=None, profile=NATIONAL)
        assert isinstance(found, Allowed)
        found = stands(EXPIRY, at=after, renewal_filed=None, profile=NATIONAL)
        assert isinstance(found, Refused)
        found = stands(EXPIRY, at=after, renewal_filed=IN_WINDOW, profile=NATIONAL)
        assert isinstance(found, Allowed)
        assert found.conditions

    def test_is_not_helped_by_a_renewal_out_of_time(self) -> None:
        after = EXPIRY + timedelta(days=3)
        late = first_second(date(2031, 11, 20))
        found = stands(EXPIRY, at=after, renewal_filed=late, profile=NATIONAL)
        assert isinstance(found, Refused)

    def test_is_not_helped_where_the_profile_reads_it_so(self) -> None:
        strict = settled(NATIONAL, pending_renewal_prevents_lapse=False)
        after = EXPIRY + timedelta(days=3)
        found = stands(EXPIRY, at=after, renewal_filed=IN_WINDOW, profile=strict)
        assert isinstance(found, Refused)

    def test_of_public_data_until_the_registrar_cancels(self) -> None:
        after = PUBLIC_EXPIRY + timedelta(days=30)
        found = stands(PUBLIC_EXPIRY, at=after, renewal_filed=None, profile=PUBLIC)
        assert found == Allowed(found.basis, ("the registrar cancels it",))


days = st.dates(date(2026, 1, 1), date(2090, 12, 31))
profiles = st.sampled_from(
    [
        *(settled(NATIONAL, renewal_on_last_day=on_last) for on_last in (False, True)),
        *(
            settled(PUBLIC, renewal_counts_last_day=counts, renewal_on_last_day=on_last)
            for counts in (False, True)
            for on_last in (False, True)
        ),
    ]
)


@given(last_day=days, profile=profiles)
def test_the_window_is_exact_at_both_edges(last_day: date, profile: Profile) -> None:
    expiry = end_of(last_day)
    window = renewal_window(expiry, profile=profile)
    for day, is_open in (
        (window.first - timedelta(days=1), False),
        (window.first, True),
        (window.last, True),
        (window.last + timedelta(days=1), False),
    ):
        for moment in (first_second(day), end_of(day)):
            found = in_window(expiry, filed=moment, profile=profile)
            assert isinstance(found, Allowed) is is_open
    on_last = profile.settings["renewal_on_last_day"].value is True
    assert window.last == last_day - timedelta(days=not on_last)
    if profile.name == "CN_PUBLIC_2025":
        counts = profile.settings["renewal_counts_last_day"].value is True
        assert (last_day - window.first).days == 60 - counts
    else:
        assert window.first == months_after(last_day, -6)
        assert window.first.day in (last_day.day, 28, 29, 30)


@given(last_day=days, rounds=st.integers(1, 8), profile=st.sampled_from([NATIONAL, PUBLIC]))
def test_a_term_renewed_again_and_again_does_not_drift(
    last_day: date, rounds: int, profile: Profile
) -> None:
    expiry = end_of(last_day)
    for _ in range(rounds):
        expiry = renewed_until(expiry, attested=expiry, profile=profile)
    found = expiry.astimezone(BEIJING).date()
    years = profile.clocks["validity"].length * rounds
    assert (found.year, found.month) == (last_day.year + years, last_day.month)
    # Only 29 February can become the 28th, and never the other way round.
    assert found.day == last_day.day or (last_day.month, last_day.day, found.day) == (2, 29, 28)
