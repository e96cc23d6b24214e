"""A statutory period

never counts a day on which it is stopped
├── overlapping stops count once, however they are cut or ordered
├── more stops never make it end earlier
├── and what is left when a stop lasts is what runs when it ends
ends the same whether extended at once or in parts
passes over a stop that its article does not know
in months and years ends on the corresponding day, calendar or not
└── unless the profile moves an end on a day off
counted back from an event names the last moment before it
says by how much an act is late
refuses a moment without a time zone and a stop that ends before it begins
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.rules import NeedInfo
from registry.rules.clocks import Extension, History, Span, finish
from registry.rules.profiles import Profile, Setting, load
from registry.rules.terms import Cause, Stop, Term, lateness, latest_before, term
from registry.rules.units import day_of
from registry.rules.validity import BEIJING, last_second
from registry.rules.workdays import official

NATIONAL = load("CN_NDA_2026")
SANDBOX = load("SANDBOX")
FIRST = date(2023, 1, 2)
READINGS = ["NEITHER_COUNTED", "FIRST_COUNTED", "LAST_COUNTED", "BOTH_COUNTED"]


def on(day: date, hour: int = 10) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=BEIJING)


def with_setting(name: str, value: bool | str) -> Profile:
    setting = Setting(value=value, reason="tried here", source="test", certainty=0)
    return replace(NATIONAL, settings=MappingProxyType({**NATIONAL.settings, name: setting}))


def finished(start: date, stops: Iterable[Stop], profile: Profile = NATIONAL) -> Term:
    found = term("finish", on(start), profile=profile, stops=stops)
    assert isinstance(found, Term)
    return found


def due(start: date, stops: Iterable[Stop], profile: Profile = NATIONAL) -> date:
    found = finished(start, stops, profile).due_day
    assert found is not None
    return found


starts = st.dates(FIRST, date(2026, 1, 31))


@st.composite
def spans(draw: st.DrawFn, start: date) -> Stop:
    first = start + timedelta(days=draw(st.integers(-10, 45)))
    last = first + timedelta(days=draw(st.integers(0, 25)))
    cause = draw(st.sampled_from([Cause.SUPPLEMENT, Cause.NOTICE, Cause.OBJECTION]))
    return Stop(cause, on(first, draw(st.integers(0, 9))), on(last, draw(st.integers(10, 23))))


@st.composite
def cases(draw: st.DrawFn) -> tuple[date, list[Stop]]:
    start = draw(starts)
    return start, draw(st.lists(spans(start), max_size=5))


def stopped_days(stops: Iterable[Stop]) -> set[date]:
    """The days that stops take, both ends included, by walking them."""
    return {
        day_of(stop.first) + timedelta(days=n)
        for stop in stops
        if stop.last is not None
        for n in range((day_of(stop.last) - day_of(stop.first)).days + 1)
    }


class TestStops:
    @given(cases())
    def test_a_stopped_day_never_counts(self, case: tuple[date, list[Stop]]) -> None:
        start, stops = case
        end = due(start, stops)
        counted = [
            day
            for n in range(1, (end - start).days + 1)
            if official().is_working(day := start + timedelta(days=n))
            and day not in stopped_days(stops)
        ]
        assert len(counted) == NATIONAL.clocks["finish"].length
        assert counted[-1] == end

    @given(cases(), st.data(), st.integers(0, 20))
    def test_overlapping_stops_count_once(
        self, case: tuple[date, list[Stop]], data: st.DataObject, cut: int
    ) -> None:
        start, stops = case
        pieces = [*stops, *stops]
        for stop in stops:
            assert stop.last is not None
            middle = min(stop.first + timedelta(days=cut), stop.last)
            pieces += [replace(stop, last=middle), replace(stop, first=middle)]
        assert due(start, data.draw(st.permutations(pieces))) == due(start, stops)

    @given(cases(), st.data(), st.sampled_from(READINGS))
    def test_more_stops_never_make_it_end_earlier(
        self, case: tuple[date, list[Stop]], data: st.DataObject, reading: str
    ) -> None:
        start, stops = case
        profile = with_setting("stop_days", reading)
        more = [*stops, data.draw(spans(start))]
        assert due(start, more, profile) >= due(start, stops, profile)
        lasting = data.draw(spans(start))
        still = finished(start, [*stops, replace(lasting, last=None)], profile)
        assert still.due is None or still.due_day == due(start, stops, profile)

    @given(cases(), st.data())
    def test_what_is_left_runs_when_the_stop_ends(
        self, case: tuple[date, list[Stop]], data: st.DataObject
    ) -> None:
        start, stops = case
        begun = start + timedelta(days=data.draw(st.integers(0, 20)))
        before = [stop for stop in stops if stop.last is not None and day_of(stop.last) < begun]
        lasting = finished(start, [*before, Stop(Cause.SUPPLEMENT, on(begun))])
        if lasting.left is None:  # it had run out before
            assert due(start, before) < begun
            return
        ended = begun + timedelta(days=data.draw(st.integers(0, 20)))
        resumed = due(start, [*before, Stop(Cause.SUPPLEMENT, on(begun), on(ended))])
        assert resumed == official().nth_after(max(start, ended), lasting.left)

    @given(cases(), st.integers(1, 9))
    def test_extended_in_parts_is_extended_at_once(
        self, case: tuple[date, list[Stop]], part: int
    ) -> None:
        start, stops = case
        supplements = tuple(Span(stop.first, stop.last) for stop in stops)
        history = History(received=on(start), supplements=supplements)
        granted = on(start)
        parts = (Extension(granted, part, "复杂"), Extension(granted, 10 - part, "复杂"))
        whole = (Extension(granted, 10, "复杂"),)
        ends = [
            finish(on(start), replace(history, extensions=extensions), profile=NATIONAL)
            for extensions in (parts, whole)
        ]
        assert all(isinstance(end, Term) for end in ends)
        assert len({end.due for end in ends if isinstance(end, Term)}) == 1

    @given(cases())
    def test_a_clock_that_knows_no_stop_runs_on(self, case: tuple[date, list[Stop]]) -> None:
        start, stops = case
        plain = term("answer", on(start), profile=NATIONAL)
        assert term("answer", on(start), profile=NATIONAL, stops=stops) == plain
        assert isinstance(plain, Term)
        assert plain.due_day == official().nth_after(start, 3)

    def test_refuses_a_stop_that_ends_before_it_begins(self) -> None:
        with pytest.raises(ValueError, match="before it began"):
            Stop(Cause.NOTICE, on(FIRST), on(FIRST) - timedelta(seconds=1))

    def test_names_the_calendar_by_which_it_was_counted(self) -> None:
        assert finished(FIRST, ()).calendar == official().version


class TestArticles:
    @pytest.mark.parametrize(
        ("clock", "article", "ends"),
        [
            ("objection_forwarding", "art. 29", date(2026, 10, 12)),
            ("registrar_change_update", "art. 12", date(2026, 10, 12)),
            ("exit_decision", "art. 13", date(2026, 11, 2)),
            ("exit_forwarding", "art. 13", date(2026, 10, 12)),
        ],
    )
    def test_end_over_national_day_and_its_make_up_day(
        self, clock: str, article: str, ends: date
    ) -> None:
        found = term(clock, on(date(2026, 9, 29)), profile=NATIONAL)
        assert isinstance(found, Term)
        assert (found.rule.article, found.due_day) == (article, ends)


class TestMonths:
    def test_end_on_the_corresponding_day_and_need_no_calendar(self) -> None:
        # Twenty years on is a Saturday in a year without calendar.
        found = term("retention", on(date(2026, 11, 19)), profile=NATIONAL)
        assert isinstance(found, Term)
        assert found.due_day == date(2046, 11, 19)
        assert found.calendar is None
        assert found.due == datetime(2046, 11, 19, 15, 59, 59, tzinfo=UTC)

    def test_end_a_day_earlier_where_the_first_day_counts(self) -> None:
        found = term(
            "retention", on(date(2026, 11, 19)), profile=with_setting("first_day", "INCLUDED")
        )
        assert isinstance(found, Term)
        assert found.due_day == date(2046, 11, 18)

    def test_move_off_a_day_of_rest_only_where_the_profile_reads_it_so(self) -> None:
        moving = with_setting("last_day_at_rest", "MOVES")
        # Twenty years on: National Day 2026, off until the 7th, and a Saturday that makes up for it.
        for begun, ends in (
            (date(2006, 10, 1), date(2026, 10, 8)),
            (date(2006, 10, 10), date(2026, 10, 10)),
        ):
            found = term("retention", on(begun), profile=moving)
            assert isinstance(found, Term)
            assert found.due_day == ends
        unknown = term("retention", on(date(2026, 11, 19)), profile=moving)
        assert isinstance(unknown, NeedInfo)

    @given(st.datetimes(datetime(2026, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC)))
    def test_agree_with_the_validity_of_a_right(self, attested: datetime) -> None:
        found = term("validity", attested, profile=NATIONAL)
        assert isinstance(found, Term)
        assert found.due == last_second(attested, profile=NATIONAL)

    def test_cannot_be_stopped(self) -> None:
        clock = NATIONAL.clocks["validity"].model_copy(update={"stops": ("NOTICE",)})
        clocks = MappingProxyType({**NATIONAL.clocks, "validity": clock})
        with pytest.raises(ValueError, match="cannot be stopped"):
            term("validity", on(FIRST), profile=replace(NATIONAL, clocks=clocks))


class TestBefore:
    @pytest.mark.parametrize(
        ("clock", "event", "last"),
        [
            # Art. 12: five working days ahead of Thursday 2026-10-15, over National Day.
            ("registrar_change_report", date(2026, 10, 15), date(2026, 10, 9)),
            ("registrar_change_report", date(2026, 10, 12), date(2026, 9, 29)),
            # Art. 13: six months ahead, calendar or not.
            ("exit_report", date(2026, 8, 31), date(2026, 2, 28)),
            ("exit_report", date(2031, 3, 1), date(2030, 9, 1)),
        ],
    )
    def test_names_the_last_day(self, clock: str, event: date, last: date) -> None:
        found = latest_before(clock, on(event), profile=NATIONAL)
        assert isinstance(found, datetime)
        assert day_of(found) == last
        assert (found + timedelta(seconds=1)).astimezone(BEIJING).hour == 0

    def test_says_which_calendar_is_missing(self) -> None:
        found = latest_before("registrar_change_report", on(date(2023, 1, 4)), profile=NATIONAL)
        assert found == NeedInfo(("unknown calendar 2022",), found.basis)  # type: ignore[union-attr]

    def test_counts_seconds_in_the_sandbox(self) -> None:
        event = datetime(2026, 11, 2, tzinfo=UTC)
        length = SANDBOX.clocks["exit_report"].length
        found = latest_before("exit_report", event, profile=SANDBOX)
        assert found == event - timedelta(seconds=length)


class TestLateness:
    @pytest.mark.parametrize(
        ("done", "late"),
        [
            (datetime(2026, 11, 20, 23, 59, 59, 999_999, tzinfo=BEIJING), 0),
            (datetime(2026, 11, 21, 0, tzinfo=BEIJING), 1),  # a Saturday
            (datetime(2026, 11, 23, 9, tzinfo=BEIJING), 1),
            (datetime(2026, 11, 25, 9, tzinfo=BEIJING), 3),
        ],
    )
    def test_is_in_working_days(self, done: datetime, late: int) -> None:
        assert lateness(finished(date(2026, 11, 6), ()), done, profile=NATIONAL) == late

    def test_is_none_while_the_clock_stands_still(self) -> None:
        still = finished(date(2026, 11, 6), [Stop(Cause.OBJECTION, on(date(2026, 11, 9)))])
        assert lateness(still, on(date(2030, 1, 1)), profile=NATIONAL) == 0

    def test_needs_the_calendar_of_the_day(self) -> None:
        found = lateness(finished(date(2026, 11, 6), ()), on(date(2027, 1, 4)), profile=NATIONAL)
        assert isinstance(found, NeedInfo)


def test_refuses_a_moment_without_a_time_zone() -> None:
    for profile in (NATIONAL, SANDBOX):
        with pytest.raises(ValueError, match="no time zone"):
            term("answer", datetime(2026, 11, 2), profile=profile)


def test_refuses_a_clock_that_the_profile_does_not_have() -> None:
    with pytest.raises(KeyError, match="patience"):
        term("patience", on(FIRST), profile=NATIONAL)
