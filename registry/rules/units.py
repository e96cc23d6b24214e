"""What a clock counts in: working days, calendar days or seconds, each as numbered positions.

Knows neither stops nor the procedure. Moments are aware; days are Beijing days.
"""

from datetime import UTC, date, datetime, time
from functools import lru_cache
from math import floor
from typing import Final, Protocol

from registry.rules.profiles import Clock, Profile, Unit
from registry.rules.validity import BEIJING
from registry.rules.workdays import Calendar, official

_BEIJING_AHEAD: Final = 8 * 3_600
_BEIJING_BEGINS: Final = 16
_EPOCH: Final = date(1970, 1, 1).toordinal()


class Line(Protocol):
    """Time as a profile's unit sees it: numbered positions, of which some count."""

    calendar: str | None
    limit: int  # the last position of which it can be said whether it counts

    def position(self, moment: datetime) -> int:
        """The day or second in which a moment falls."""

    def after(self, position: int, n: int) -> int:
        """The n-th position that counts after one; the same for 0."""

    def before(self, position: int, n: int) -> int:
        """The n-th position that counts before one; the same for 0."""

    def count(self, first: int, last: int) -> int:
        """How many count, both ends included."""

    def opening(self, position: int) -> datetime:
        """The first moment of a position, in UTC."""

    def closing(self, position: int) -> datetime:
        """The last moment of a position that is in time, in UTC."""


class CalendarDays:
    """Every day counts."""

    calendar: str | None = None
    limit = date.max.toordinal()

    def __init__(self, *, closes: time) -> None:
        self._closes = closes
        # Many cases begin and end on few days.
        self._openings: dict[int, datetime] = {}
        self._closings: dict[int, datetime] = {}

    def position(self, moment: datetime) -> int:
        return ordinal_of(moment)

    def after(self, position: int, n: int) -> int:
        return position + n

    def before(self, position: int, n: int) -> int:
        return position - n

    def count(self, first: int, last: int) -> int:
        return max(0, last - first + 1)

    def opening(self, position: int) -> datetime:
        found = self._openings.get(position)
        if found is None:
            found = self._openings[position] = opening_of(date.fromordinal(position))
        return found

    def closing(self, position: int) -> datetime:
        found = self._closings.get(position)
        if found is None:
            day = date.fromordinal(position)
            found = datetime.combine(day, self._closes, BEIJING).astimezone(UTC)
            self._closings[position] = found
        return found


class WorkingDays(CalendarDays):
    """Days of the State Council's calendar; raises `UnknownCalendar` beyond it."""

    def __init__(self, calendar: Calendar, *, closes: time) -> None:
        super().__init__(closes=closes)
        self._days = calendar
        self._after: dict[tuple[int, int], int] = {}
        self.calendar = calendar.version
        self.limit = calendar.last.toordinal()

    def after(self, position: int, n: int) -> int:
        found = self._after.get((position, n))
        if found is None:
            found = self._after[position, n] = self._days.ordinal_after(position, n)
        return found

    def before(self, position: int, n: int) -> int:
        return self._days.nth_before(date.fromordinal(position), n).toordinal()

    def count(self, first: int, last: int) -> int:
        return self._days.ordinals_between(first, last)


class Seconds:
    """Unix seconds, for a profile whose clocks are not those of a law."""

    calendar: str | None = None
    limit = 2**62

    def position(self, moment: datetime) -> int:
        if moment.tzinfo is None:
            raise ValueError(f"{moment} has no time zone")
        return floor(moment.timestamp())

    def after(self, position: int, n: int) -> int:
        return position + n

    def before(self, position: int, n: int) -> int:
        return position - n

    def count(self, first: int, last: int) -> int:
        return max(0, last - first + 1)

    def opening(self, position: int) -> datetime:
        return datetime.fromtimestamp(position, UTC)

    def closing(self, position: int) -> datetime:
        return datetime.fromtimestamp(position, UTC)


def line_of(rule: Clock, *, profile: Profile, calendar: Calendar | None = None) -> Line:
    """What the clock counts on."""
    days = (calendar or official()) if rule.unit is Unit.WORKING_DAY else None
    return _line(rule.unit, str(profile.settings["day_ends"].value), days)


def days_of(profile: Profile) -> Line:
    """Calendar days as the profile ends them."""
    return _line(Unit.CALENDAR_DAY, str(profile.settings["day_ends"].value), None)


@lru_cache(maxsize=64)
def _line(unit: Unit, day_ends: str, calendar: Calendar | None) -> Line:
    if unit is Unit.SECOND:
        return Seconds()
    closes = time(23, 59, 59) if day_ends == "MIDNIGHT" else time.fromisoformat(day_ends)
    return CalendarDays(closes=closes) if calendar is None else WorkingDays(calendar, closes=closes)


def day_of(moment: datetime) -> date:
    """The Beijing day. Raises: ValueError for a naive moment."""
    return date.fromordinal(ordinal_of(moment))


def ordinal_of(moment: datetime) -> int:
    """The proleptic ordinal of the Beijing day. Raises: ValueError for a naive moment."""
    if moment.tzinfo is UTC:
        # Nearly all moments are, and there are many: Beijing's day begins at 16:00 of the day before.
        return moment.toordinal() + (moment.hour >= _BEIJING_BEGINS)
    if moment.tzinfo is None:
        raise ValueError(f"{moment} has no time zone")
    return int((moment.timestamp() + _BEIJING_AHEAD) // 86_400) + _EPOCH


def opening_of(day: date) -> datetime:
    """The first moment of a Beijing day, in UTC."""
    return datetime.combine(day, time(), BEIJING).astimezone(UTC)
