"""Working days of the State Council's calendar, and calendar days and months, which need none.

Knows no clock and no profile. A day whose year has no announced calendar is never guessed.
"""

from bisect import bisect_left
from calendar import monthrange
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from functools import cache
from typing import Annotated, Final, Self

from pydantic import Field, model_validator

from registry.hashes import keccak, to_hex
from registry.rules import NeedInfo
from registry.rules.tables import FOLDER, Table, Words, read

BASIS: Final = "the State Council's yearly notice of holidays; corrections A20"
SATURDAY: Final = 5


class UnknownCalendar(LookupError):
    """A day cannot be told to be a working day until the notice for `year` is entered."""

    def __init__(self, year: int) -> None:
        super().__init__(f"unknown calendar: no notice of holidays for {year} is entered")
        self.year = year

    @property
    def need(self) -> NeedInfo:
        return NeedInfo((f"unknown calendar {self.year}",), BASIS)


class Notice(Table):
    """A notice of holidays; `verified` means that its text was read at the source."""

    title: Annotated[str, Field(min_length=1)]
    number: Annotated[str, Field(min_length=1)]
    issued: date
    source: Annotated[str, Field(min_length=1)]
    verified: bool


class DaysOff(Table):
    """Consecutive days off, both ends included; `stated_days` is the notice's own count of them.

    None where the notice only joins a day to the weekend (与周末连休).
    """

    occasion: Words
    first: date
    last: date
    stated_days: int | None

    @model_validator(mode="after")
    def _is_as_stated(self) -> Self:
        days = (self.last - self.first).days + 1
        if days < 1 or (self.stated_days is not None and days != self.stated_days):
            raise ValueError(f"{self.first} to {self.last} are {days} days, not {self.stated_days}")
        return self


class Year(Table):
    """One year's calendar, as its notices and any that amended them leave it.

    A notice may move days of the December before its year. So the days after `settled_through`, the
    Friday before the year's last whole weekend, are known only with the next year's notice.
    """

    year: int
    version: Annotated[int, Field(ge=1)]
    notices: Annotated[tuple[Notice, ...], Field(min_length=1)]
    days_off: tuple[DaysOff, ...]
    make_up_days: tuple[date, ...]
    settled_through: date
    note: str

    @model_validator(mode="after")
    def _is_sound(self) -> Self:
        earliest, latest = date(self.year - 1, 12, 1), date(self.year, 12, 31)
        named = [day for span in self.days_off for day in _days(span.first, span.last)]
        named += self.make_up_days
        if len(set(named)) != len(named):
            raise ValueError(f"the calendar of {self.year} names a day twice")
        if not all(earliest <= day <= latest for day in named):
            raise ValueError(f"the calendar of {self.year} names a day of another year")
        if any(day.weekday() < SATURDAY for day in self.make_up_days):
            raise ValueError(f"the calendar of {self.year} makes up for a holiday on a weekday")
        if self.settled_through.year != self.year:
            raise ValueError(f"the calendar of {self.year} is settled in another year")
        return self


class Calendar:
    """Consecutive years; `first` to `last` are the days of which it can speak.

    Every question about another day raises `UnknownCalendar`. `version` is the keccak-256 of the
    files' canonical content, so that a date computed once can be recomputed.
    """

    def __init__(self, years: Sequence[Year], *, content: bytes = b"") -> None:
        numbers = [year.year for year in years]
        if not numbers or numbers != list(range(numbers[0], numbers[0] + len(numbers))):
            raise ValueError(f"the calendar has the years {numbers}, expected consecutive ones")
        self.first = date(numbers[0], 1, 1)
        self.last = years[-1].settled_through
        self.years = tuple(years)
        self.version = to_hex(keccak(content))
        off = {
            day for year in years for span in year.days_off for day in _days(span.first, span.last)
        }
        made_up = {day for year in years for day in year.make_up_days}
        self._working = [
            day.toordinal()
            for day in _days(self.first, self.last)
            if day in made_up or (day.weekday() < SATURDAY and day not in off)
        ]
        # How many working days lie before a day, so that counting never walks over days.
        self._base = self.first.toordinal()
        self._before = [
            bisect_left(self._working, ordinal)
            for ordinal in range(self._base, self.last.toordinal() + 2)
        ]

    def is_working(self, day: date) -> bool:
        ordinal = day.toordinal()
        return self._rank(ordinal + 1) > self._rank(ordinal)

    def nth_after(self, day: date, n: int) -> date:
        """The n-th working day after a day, which itself is not counted; `day` itself for 0."""
        return date.fromordinal(self.ordinal_after(day.toordinal(), n))

    def nth_before(self, day: date, n: int) -> date:
        """The n-th working day before a day, which itself is not counted; `day` itself for 0."""
        if n < 0:
            raise ValueError(f"cannot count {n} days")
        self._rank(day.toordinal() + 1)
        index = self._rank(day.toordinal()) - n
        if n and index < 0:
            raise UnknownCalendar(self.first.year - 1)
        return date.fromordinal(self._working[index]) if n else day

    def next_after(self, day: date) -> date:
        """The next working day, never `day` itself."""
        return self.nth_after(day, 1)

    def count(self, first: date, last: date) -> int:
        """Working days from first to last, both included; 0 when last lies before first."""
        return self.ordinals_between(first.toordinal(), last.toordinal())

    def ordinal_after(self, ordinal: int, n: int) -> int:
        """`nth_after` on proleptic ordinals, for those who count many."""
        if n < 0:
            raise ValueError(f"cannot count {n} days")
        index = self._rank(ordinal + 1) + n - 1
        if n and index >= len(self._working):
            raise UnknownCalendar(self.last.year + 1)
        return self._working[index] if n else ordinal

    def ordinals_between(self, first: int, last: int) -> int:
        """`count` on proleptic ordinals."""
        return self._rank(last + 1) - self._rank(first) if first <= last else 0

    def _rank(self, ordinal: int) -> int:
        # Working days before an ordinal; the day after the last known one may still be asked.
        index = ordinal - self._base
        if index < 0:
            raise UnknownCalendar(date.fromordinal(ordinal).year)
        if index >= len(self._before):
            raise UnknownCalendar(max(date.fromordinal(ordinal).year, self.last.year + 1))
        return self._before[index]


@cache
def official() -> Calendar:
    """The calendar of the files under `calendar/`. Raises as `tables.read`."""
    found = [read(path, Year) for path in sorted((FOLDER / "calendar").glob("*.json"))]
    return Calendar([year for year, _ in found], content=b"\n".join(text for _, text in found))


def months_after(day: date, months: int) -> date:
    """The corresponding day, or the month's last day where there is none (Civil Code art. 202)."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _days(first: date, last: date) -> Iterable[date]:
    return (first + timedelta(days=n) for n in range((last - first).days + 1))
