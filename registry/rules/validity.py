"""Until when an attested right stands, and when it may be renewed: exact days, Beijing time.

Years and months are calendar years and months; no holiday moves them.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Final

from registry.rules.profiles import Clock, Profile, Unit
from registry.rules.workdays import months_after

# The law's clock: UTC+8 without summer time since 1991.
BEIJING: Final = timezone(timedelta(hours=8))


@dataclass(frozen=True)
class Window:
    """Days on which renewal may be applied for, both included."""

    first: date
    last: date


@dataclass(frozen=True)
class OperationTerm:
    """An authorised operation of public data: the first and the last day agreed, both included.

    `ended` is the last day of the actual operation, None while that is as agreed.
    """

    first: date
    agreed: date
    ended: date | None = None


def last_second(
    attested: datetime, *, profile: Profile, operation: OperationTerm | None = None
) -> datetime:
    """The last second of the longest validity the profile allows (guide art. 26).

    `attested` is aware; in law it is the national system's moment, of public data the assignment of
    the code. By the Civil Code, arts. 201 and 202, years end on the corresponding day, or on the
    month's last day where there is none; the profile's setting `last_valid_day` may take the day
    before. What is registered under an `operation` agreed for no longer than the clock
    `short_operation` stands for its actual term (发改数据规〔2025〕26号 art. 15). The answer is in UTC.
    """
    day = months_after(_day_of(attested), _months(profile, "validity"))
    if profile.settings["last_valid_day"].value == "DAY_BEFORE":
        day -= timedelta(days=1)
    if operation is not None and "short_operation" in profile.clocks:
        longest = months_after(operation.first, _months(profile, "short_operation"))
        if profile.settings["first_day"].value == "INCLUDED":
            longest -= timedelta(days=1)
        if operation.agreed <= longest:
            actual = operation.ended or operation.agreed
            is_capped = profile.settings["operating_term"].value == "ACTUAL_CAPPED"
            day = min(day, actual) if is_capped else actual
    return end_of(day)


def renewed_until(expiry: datetime, *, attested: datetime, profile: Profile) -> datetime:
    """The last second of the longest term that a renewal gives, in UTC.

    `expiry` is the last moment of the old term, `attested` the renewal's own attestation; which of
    them the new term follows is the setting `renewed_term_starts`.
    """
    if profile.settings["renewed_term_starts"].value != "AFTER_OLD_TERM":
        return last_second(attested, profile=profile)
    clock = "renewed_term" if "renewed_term" in profile.clocks else "validity"
    return end_of(months_after(_day_of(expiry), _months(profile, clock)))


def has_lapsed(
    expiry: datetime, *, at: datetime, is_renewal_pending: bool, profile: Profile
) -> bool:
    """Whether a certificate has lapsed without anybody's act (guide art. 36).

    Never where the registrar must cancel what was not renewed (setting `lapses_by_itself`).
    """
    if profile.settings["lapses_by_itself"].value is not True or at <= expiry:
        return False
    return not (
        is_renewal_pending and profile.settings["pending_renewal_prevents_lapse"].value is True
    )


def end_of(day: date) -> datetime:
    """The last second of a day in Beijing, in UTC."""
    return datetime.combine(day, time(23, 59, 59), BEIJING).astimezone(UTC)


def _day_of(moment: datetime) -> date:
    """The Beijing day of an aware moment."""
    return moment.astimezone(BEIJING).date()


def renewal_window(expiry: datetime, *, profile: Profile) -> Window:
    """When renewal may be applied for, `expiry` being on day E.

    Months count back to the corresponding day (guide art. 36: E - 6 months to E - 1); calendar days
    from E, itself counted or not (setting `renewal_counts_last_day`). Whether E is too late is the
    setting `renewal_on_last_day`.
    """
    clock, last_day = profile.clocks["renewal_opens"], _day_of(expiry)
    if clock.unit is Unit.CALENDAR_DAY:
        counts_last = profile.settings["renewal_counts_last_day"].value is True
        first = last_day - timedelta(days=clock.length - counts_last)
    else:
        first = months_after(last_day, -_months_of(clock, "renewal_opens"))
    is_open_on_last_day = profile.settings["renewal_on_last_day"].value is True
    last = last_day if is_open_on_last_day else last_day - timedelta(days=1)
    return Window(first, last)


def _months(profile: Profile, clock: str) -> int:
    return _months_of(profile.clocks[clock], f"{clock} of {profile.name}")


def _months_of(clock: Clock, name: str) -> int:
    if clock.unit not in (Unit.MONTH, Unit.YEAR):
        raise ValueError(f"{name} is counted in {clock.unit}, expected months or years")
    return clock.length * (12 if clock.unit is Unit.YEAR else 1)
