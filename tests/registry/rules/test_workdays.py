"""The working-day calendar

is read from the State Council's notices
├── each of which is named with number, date and source
├── whose holidays take as many weekdays as the law on holidays gives
├── whose days match the notices, day by day, where a weekday rests or a weekend works
└── whose files are refused when a count, a weekday or a year does not fit
knows what it does not know
├── a year before the first or after the last notice
├── the last days of a year whose successor is not announced, which that notice may move
└── and knows them once it is entered
counts
├── as walking day by day would
├── one by one as all at once
└── back as forth
counts months without any calendar
"""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from registry.rules import NeedInfo
from registry.rules.tables import FOLDER, read
from registry.rules.workdays import Calendar, UnknownCalendar, Year, months_after, official
from tests.registry.rules.sample_calendar import a_year, off

FILES = sorted((FOLDER / "calendar").glob("*.json"))
DAYS = st.dates(date(2023, 1, 1), date(2026, 6, 30))


class TestNotices:
    @pytest.mark.parametrize(
        ("year", "number", "issued"),
        [
            (2023, "国办发明电〔2022〕16号", date(2022, 12, 8)),
            (2024, "国办发明电〔2023〕7号", date(2023, 10, 25)),
            (2025, "国办发明电〔2024〕12号", date(2024, 11, 12)),
            (2026, "国办发明电〔2025〕7号", date(2025, 11, 4)),
        ],
    )
    def test_each_year_names_its_notice(self, year: int, number: str, issued: date) -> None:
        found = next(known for known in official().years if known.year == year)
        assert [(notice.number, notice.issued) for notice in found.notices] == [(number, issued)]
        assert str(year) in found.notices[0].title
        assert found.notices[0].source
        assert found.notices[0].verified

    def test_each_file_bears_the_name_of_its_year(self) -> None:
        assert [read(path, Year)[0].year for path in FILES] == [int(path.stem) for path in FILES]

    @pytest.mark.parametrize(("year", "holidays"), [(2023, 11), (2024, 11), (2025, 13), (2026, 13)])
    def test_weekdays_off_less_days_made_up_are_the_holidays_of_the_law(
        self, year: int, holidays: int
    ) -> None:
        # 全国年节及纪念日放假办法: 11 days, from 2025 on 13; one that falls on a weekend is made good.
        found = next(known for known in official().years if known.year == year)
        rested = [
            span.first + timedelta(days=n)
            for span in found.days_off
            for n in range((span.last - span.first).days + 1)
        ]
        weekdays = [day for day in rested if day.weekday() < 5]
        assert len(weekdays) - len(found.make_up_days) == holidays

    @pytest.mark.parametrize(
        ("year", "worked"),
        [
            (2023, "01-28 01-29 04-23 05-06 06-25 10-07 10-08"),
            (2024, "02-04 02-18 04-07 04-28 05-11 09-14 09-29 10-12"),
            (2025, "01-26 02-08 04-27 09-28 10-11"),
            (2026, "01-04 02-14 02-28 05-09 09-20 10-10"),
        ],
    )
    def test_works_on_the_weekend_days_that_the_notices_name_and_no_other(
        self, year: int, worked: str
    ) -> None:
        span = [date(year, 1, 1) + timedelta(days=n) for n in range(359)]
        found = [day for day in span if day.weekday() >= 5 and official().is_working(day)]
        assert " ".join(f"{day:%m-%d}" for day in found) == worked

    @pytest.mark.parametrize(
        ("year", "rested"),
        [
            (
                2023,
                "01-02 01-23 01-24 01-25 01-26 01-27 04-05 05-01 05-02 05-03 06-22 06-23 "
                "09-29 10-02 10-03 10-04 10-05 10-06",
            ),
            (
                2024,
                "01-01 02-12 02-13 02-14 02-15 02-16 04-04 04-05 05-01 05-02 05-03 06-10 "
                "09-16 09-17 10-01 10-02 10-03 10-04 10-07",
            ),
            (
                2025,
                "01-01 01-28 01-29 01-30 01-31 02-03 02-04 04-04 05-01 05-02 05-05 06-02 "
                "10-01 10-02 10-03 10-06 10-07 10-08",
            ),
            (
                2026,
                "01-01 01-02 02-16 02-17 02-18 02-19 02-20 02-23 04-06 05-01 05-04 05-05 "
                "06-19 09-25 10-01 10-02 10-05 10-06 10-07",
            ),
        ],
    )
    def test_rests_on_the_weekdays_that_the_notices_name_and_no_other(
        self, year: int, rested: str
    ) -> None:
        span = [date(year, 1, 1) + timedelta(days=n) for n in range(359)]
        found = [day for day in span if day.weekday() < 5 and not official().is_working(day)]
        assert " ".join(f"{day:%m-%d}" for day in found) == rested

    def test_new_years_eve_of_2024_was_a_working_day(self) -> None:
        # The notice only encourages employers to give it off.
        assert official().is_working(date(2024, 2, 9))


class TestFiles:
    @pytest.mark.parametrize(
        ("altered", "fault"),
        [
            ({"days_off": [off("2030-05-01", "2030-05-05", 4)]}, "5 days, not 4"),
            ({"days_off": [off("2030-05-05", "2030-05-01")]}, "are -3 days"),
            ({"make_up_days": ["2030-05-06"]}, "on a weekday"),
            ({"make_up_days": ["2031-05-03"]}, "another year"),
            ({"days_off": [off("2029-11-30", "2029-12-01")]}, "another year"),
            ({"make_up_days": ["2030-05-04", "2030-05-04"]}, "twice"),
            (
                {"days_off": [off("2030-05-01", "2030-05-05")], "make_up_days": ["2030-05-04"]},
                "twice",
            ),
            ({"settled_through": "2029-12-31"}, "another year"),
            ({"notices": []}, "at least 1"),
        ],
    )
    def test_refuses_what_cannot_be(self, altered: dict[str, Any], fault: str) -> None:
        with pytest.raises(ValidationError, match=fault):
            a_year(2030, **altered)

    def test_refuses_years_with_a_gap(self) -> None:
        with pytest.raises(ValueError, match="consecutive"):
            Calendar([a_year(2030), a_year(2032)])

    def test_names_its_content_by_a_hash(self, tmp_path: Path) -> None:
        contents = [read(path, Year) for path in FILES]
        whole = b"\n".join(text for _, text in contents)
        assert Calendar([year for year, _ in contents], content=whole).version == official().version
        altered = Calendar([year for year, _ in contents], content=whole + b" ")
        assert altered.version != official().version


class TestUnknown:
    @pytest.mark.parametrize(
        ("day", "year"),
        [
            (date(2022, 12, 30), 2022),
            (date(2022, 12, 31), 2022),  # moved by the notice for 2023, but 2022 itself is not kept
            (date(2026, 12, 28), 2027),
            (date(2027, 3, 1), 2027),
            (date(2031, 3, 3), 2031),
        ],
    )
    def test_says_which_year_is_missing(self, day: date, year: int) -> None:
        with pytest.raises(UnknownCalendar, match=f"unknown calendar.*{year}") as raised:
            official().is_working(day)
        assert raised.value.year == year
        need = raised.value.need
        assert isinstance(need, NeedInfo)
        assert need.what == (f"unknown calendar {year}",)

    def test_never_counts_across_the_border(self) -> None:
        with pytest.raises(UnknownCalendar) as raised:
            official().nth_after(date(2026, 12, 18), 10)
        assert raised.value.year == 2027
        with pytest.raises(UnknownCalendar) as raised:
            official().nth_before(date(2023, 1, 10), 10)
        assert raised.value.year == 2022

    def test_counts_up_to_the_last_settled_day(self) -> None:
        assert official().nth_after(date(2026, 12, 18), 5) == date(2026, 12, 25)
        assert official().last == date(2026, 12, 25)

    def test_a_notice_may_move_days_of_the_december_before(self) -> None:
        # As the notice for 2019 did, which made Monday 2018-12-31 a day off.
        before = a_year(2018, settled_through="2018-12-28")
        with pytest.raises(UnknownCalendar):
            Calendar([before]).is_working(date(2018, 12, 31))
        after = a_year(
            2019, days_off=[off("2018-12-30", "2019-01-01", 3)], make_up_days=["2018-12-29"]
        )
        both = Calendar([before, after])
        assert both.is_working(date(2018, 12, 29))
        assert not both.is_working(date(2018, 12, 31))
        assert both.nth_after(date(2018, 12, 28), 2) == date(2019, 1, 2)

    def test_refuses_to_count_backwards_by_a_negative_number(self) -> None:
        with pytest.raises(ValueError, match="-1 days"):
            official().nth_after(date(2026, 1, 1), -1)
        with pytest.raises(ValueError, match="-1 days"):
            official().nth_before(date(2026, 1, 1), -1)


class TestCounting:
    @given(DAYS, st.integers(0, 40))
    def test_counts_as_walking_would(self, day: date, n: int) -> None:
        walked, met = day, 0
        while met < n:
            walked += timedelta(days=1)
            met += official().is_working(walked)
        assert official().nth_after(day, n) == walked
        assert official().count(day + timedelta(days=1), walked) == n

    @given(DAYS, st.lists(st.integers(0, 15), max_size=6))
    def test_adding_one_by_one_is_adding_all_at_once(self, day: date, parts: list[int]) -> None:
        reached = day
        for n in parts:
            for _ in range(n):
                reached = official().next_after(reached)
        assert reached == official().nth_after(day, sum(parts))

    @given(DAYS, st.integers(0, 40))
    def test_counting_back_returns(self, day: date, n: int) -> None:
        begun = official().next_after(day)
        assert official().nth_before(official().nth_after(begun, n), n) == begun

    @given(DAYS)
    def test_the_next_working_day_works_and_none_lies_between(self, day: date) -> None:
        following = official().next_after(day)
        assert official().is_working(following)
        assert official().count(day + timedelta(days=1), following) == 1

    def test_a_span_that_ends_before_it_begins_has_no_day(self) -> None:
        assert official().count(date(2026, 11, 20), date(2026, 11, 19)) == 0


class TestMonths:
    @pytest.mark.parametrize(
        ("day", "months", "expected"),
        [
            (date(2031, 8, 31), -6, date(2031, 2, 28)),
            (date(2026, 2, 28), 60, date(2031, 2, 28)),
            (date(2028, 2, 29), 12, date(2029, 2, 28)),
            (date(2026, 11, 30), 3, date(2027, 2, 28)),
            (date(2026, 1, 31), -1, date(2025, 12, 31)),
        ],
    )
    def test_end_on_the_corresponding_day_or_the_last(
        self, day: date, months: int, expected: date
    ) -> None:
        assert months_after(day, months) == expected
