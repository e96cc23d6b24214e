"""Until when an attested right stands, and when it may be renewed: exact days, Beijing time.

Years and months are calendar years and months; no holiday moves them.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Final

from registry.rules.profiles import Profile, Unit
from registry.rules.workdays import months_after

# The law's clock: UTC+8 without summer time since 1991.
BEIJING: Final = timezone(timedelta(hours=8))


@dataclass(frozen=True)
class Window:
    """Days on which renewal may be applied for, both included."""

    first: date
    last: date


def last_second(attested: datetime, *, profile: Profile) -> datetime:
    """The last second of the longest validity the profile allows (guide art. 26).

    `attested` is aware; in law it is the national system's moment. By the Civil Code, arts. 201 and
    202, years end on the corresponding day, or on the month's last day where there is none; the
    profile's setting `last_valid_day` may take the day before. The answer is in UTC.
    """
    clock = profile.clocks["validity"]
    if clock.unit is not Unit.YEAR:
        raise ValueError(f"{profile.name} counts validity in {clock.unit}, expected years")
    day = months_after(attested.astimezone(BEIJING).date(), 12 * clock.length)
    if profile.settings["last_valid_day"].value == "DAY_BEFORE":
        day -= timedelta(days=1)
    return end_of(day)


def end_of(day: date) -> datetime:
    """The last second of a day in Beijing, in UTC."""
    return datetime.combine(day, time(23, 59, 59), BEIJING).astimezone(UTC)


def renewal_window(expiry: datetime, *, profile: Profile) -> Window:
    """When renewal may be applied for, `expiry` being on day E.

    E - 6 months to E - 1 (guide art. 36); for public data from E - 60 days on (art. 15). Whether E
    is one of the days counted, and whether one may still apply on it, are settings of the profile.
    """
    last_day = expiry.astimezone(BEIJING).date()
    clock = profile.clocks["renewal_opens"]
    if clock.unit is Unit.MONTH:
        first = months_after(last_day, -clock.length)
    elif clock.unit is Unit.CALENDAR_DAY:
        counts_last = profile.settings["renewal_last_day_counts"].value is True
        first = last_day - timedelta(days=clock.length - counts_last)
    else:
        raise ValueError(f"{profile.name} opens renewal by {clock.unit}, expected months or days")
    is_open_on_last_day = profile.settings["renewal_on_last_day"].value is True
    return Window(
        first=first,
        last=last_day if is_open_on_last_day else last_day - timedelta(days=1),
    )
