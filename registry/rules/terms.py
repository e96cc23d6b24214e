"""One statutory period: from its start over its stops to its last moment, step by step.

Knows neither the procedure nor the database. Moments are aware; days are Beijing days. Its values are
structs, which cost a fifth of a dataclass: a desk's list makes half a million of them at once.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final

from msgspec import Struct

from registry.rules import NeedInfo
from registry.rules.profiles import Clock, Profile, Unit
from registry.rules.units import Line, day_of, days_of, line_of
from registry.rules.workdays import Calendar, UnknownCalendar, months_after, official


class Cause(StrEnum):
    """What suspends a clock, named as in a profile's `stops`; a correction as settings read it."""

    SUPPLEMENT = "SUPPLEMENT"
    NOTICE = "NOTICE"
    OBJECTION = "OBJECTION"
    CORRECTION = "CORRECTION"


class Event(StrEnum):
    """What a step of a computation is."""

    STARTED = "STARTED"
    STOP_BEGAN = "STOP_BEGAN"
    STOP_ENDED = "STOP_ENDED"
    EXTENDED = "EXTENDED"
    DUE = "DUE"
    NOT_ACCEPTED = "NOT_ACCEPTED"
    DISREGARDED = "DISREGARDED"
    CORRECTED = "CORRECTED"
    LAPSED = "LAPSED"
    ACCEPTED = "ACCEPTED"
    DEEMED_ACCEPTED = "DEEMED_ACCEPTED"


class Step(Struct, frozen=True, gc=False):
    """One step of a computation with the article that makes it; `note` says why, where it helps."""

    event: Event
    at: datetime
    article: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Stop:
    """Time that does not run: from what began it to what ended it, None while it lasts.

    Which of the two days count is the profile's setting `stop_days`.
    """

    cause: Cause
    first: datetime
    last: datetime | None = None

    def __post_init__(self) -> None:
        if self.last is not None and self.last < self.first:
            raise ValueError(f"a stop ends {self.last}, before it began {self.first}")


class More(Struct, frozen=True, gc=False):
    """A length added to a term, under the rule that allows it."""

    granted: datetime
    length: int
    rule: Clock
    ground: str


class Term(Struct, frozen=True, gc=False):
    """A period as it stands.

    `due` is its last moment in UTC (the last second that is still in time), None while a stop
    lasts. `left` is what remains from that stop on, in units of `rule`; None when no stop lasts.
    `stops` are those that fell into the period; `counted_by` is the source of the way of counting.
    `calendar` is the version of the calendar used, None where no working day was counted.
    """

    clock: str
    rule: Clock
    start: datetime
    due: datetime | None
    left: int | None
    stops: tuple[Stop, ...]
    more: tuple[More, ...]
    counted_by: str
    calendar: str | None

    @property
    def due_day(self) -> date | None:
        """The last day, in Beijing."""
        return None if self.due is None else day_of(self.due)

    @property
    def steps(self) -> tuple[Step, ...]:
        """How the end came about, in order of time."""
        article = self.rule.article
        between = [Step(Event.STOP_BEGAN, stop.first, article, stop.cause) for stop in self.stops]
        between += [
            Step(Event.STOP_ENDED, stop.last, article, stop.cause)
            for stop in self.stops
            if stop.last is not None
        ]
        between += [
            Step(Event.EXTENDED, more.granted, more.rule.article, more.ground) for more in self.more
        ]
        between.sort(key=lambda step: step.at)
        begun = Step(Event.STARTED, self.start, f"{article}; {self.counted_by}", self.rule.starts)
        if self.due is None:
            return begun, *between
        return begun, *between, Step(Event.DUE, self.due, article, self.rule.missed)


# How far the days on which a stop begins and ends lie outside it, by the setting `stop_days`.
_EDGES: Final = {
    "NEITHER_COUNTED": (0, 0),
    "FIRST_COUNTED": (1, 0),
    "LAST_COUNTED": (0, 1),
    "BOTH_COUNTED": (1, 1),
}


def term(
    clock: str,
    start: datetime,
    *,
    profile: Profile,
    stops: Iterable[Stop] = (),
    calendar: Calendar | None = None,
) -> Term | NeedInfo:
    """A period of the profile from the moment of its event.

    Stops of causes that the clock does not know are passed over. By default the day of the event is
    not counted (Civil Code art. 201; setting `first_day`). `calendar` is the official one unless
    given; NeedInfo says which year of it is missing. Until when an attested right stands is asked
    of `validity`. Raises: KeyError for a clock the profile does not have, ValueError for a naive
    moment or a period of months that is to be stopped.
    """
    rule = profile.clocks[clock]
    try:
        if rule.unit in (Unit.MONTH, Unit.YEAR):
            return _months(clock, rule, start, profile=profile, calendar=calendar)
        line = line_of(rule, profile=profile, calendar=calendar)
        return run(clock, start, line=line, profile=profile, stops=stops)
    except UnknownCalendar as unknown:
        return unknown.need


def latest_before(
    clock: str, event: datetime, *, profile: Profile, calendar: Calendar | None = None
) -> datetime | NeedInfo:
    """The last moment for what must be done a period ahead of an event, in UTC.

    The day of the event is not counted. Raises: KeyError, ValueError as `term`.
    """
    rule = profile.clocks[clock]
    try:
        if rule.unit in (Unit.MONTH, Unit.YEAR):
            day = months_after(day_of(event), -_months_of(rule))
            return days_of(profile).closing(day.toordinal())
        line = line_of(rule, profile=profile, calendar=calendar)
        return line.closing(line.before(line.position(event), rule.length))
    except UnknownCalendar as unknown:
        return unknown.need


def lateness(
    term: Term, done: datetime, *, profile: Profile, calendar: Calendar | None = None
) -> int | NeedInfo:
    """By how many of the term's units `done` is late; 0 in time or while the term stands still.

    A period of months or years is late by calendar days. What is late at all is late by 1 at least,
    though it was done on a day off.
    """
    if term.due is None or done.replace(microsecond=0) <= term.due:
        return 0
    try:
        line = line_of(profile.clocks[term.clock], profile=profile, calendar=calendar)
        return max(1, line.count(line.position(term.due) + 1, line.position(done)))
    except UnknownCalendar as unknown:
        return unknown.need


def run(
    clock: str,
    start: datetime,
    *,
    line: Line,
    profile: Profile,
    stops: Iterable[Stop] = (),
    more: Iterable[More] = (),
) -> Term:
    """`term` on a line already at hand, with `more` added to it. Raises: UnknownCalendar."""
    rule, first_day = profile.clocks[clock], profile.settings["first_day"]
    begins = line.position(start) - (first_day.value == "INCLUDED")
    if not stops and not more:
        ends = line.closing(line.after(begins, rule.length))
        return Term(clock, rule, start, ends, None, (), (), first_day.source, line.calendar)
    stops, more = tuple(stops), tuple(more)
    met: list[Stop] = []
    spans = _spans(stops, rule, line=line, profile=profile) if stops else []
    end, left = _count_on(begins, rule.length, line=line, spans=spans, met=met)
    for added in more:
        if left is not None:
            left += added.length
        elif end is not None:
            spans = _spans(stops, added.rule, line=line, profile=profile)
            end, left = _count_on(end, added.length, line=line, spans=spans, met=met)
    due = None if end is None else line.closing(end)
    return Term(clock, rule, start, due, left, tuple(met), more, first_day.source, line.calendar)


def _count_on(
    begins: int,
    length: int,
    *,
    line: Line,
    spans: list[tuple[int, int | None, Stop]],
    met: list[Stop],
) -> tuple[int | None, int | None]:
    # The last position of `length` after `begins`; or None and what is left, when a stop lasts.
    # Overlapping stops count once; each that falls into the period is `met`.
    reached, used = begins, 0
    for first, last, stop in spans:
        if last is not None and last <= begins:
            continue
        # What an earlier stop covers lies behind `reached` and is not met again.
        run_off = used + line.count(reached + 1, min(first - 1, line.limit))
        if run_off >= length or first > line.limit:
            break
        used = run_off
        met.append(stop)
        if last is None:
            return None, length - used
        reached = max(reached, last)
    return line.after(reached, length - used), None


def _spans(
    stops: tuple[Stop, ...], rule: Clock, *, line: Line, profile: Profile
) -> list[tuple[int, int | None, Stop]]:
    # Positions that do not count for a clock, both ends included, by their beginning.
    before, after = _EDGES[str(profile.settings["stop_days"].value)]
    spans: list[tuple[int, int | None, Stop]] = []
    for stop in stops:
        if stop.cause not in rule.stops and stop.cause is not Cause.CORRECTION:
            continue
        first = line.position(stop.first) + before
        if stop.last is None:
            spans.append((first, None, stop))
            continue
        # A notice ends with its last day, so that no part of that day is left to work in.
        last = line.position(stop.last) - (0 if stop.cause is Cause.NOTICE else after)
        if first <= last:
            spans.append((first, last, stop))
    return sorted(spans, key=lambda span: span[0]) if len(spans) > 1 else spans


def _months(
    clock: str, rule: Clock, start: datetime, *, profile: Profile, calendar: Calendar | None
) -> Term:
    if rule.stops:
        raise ValueError(f"{clock} counts {rule.unit} and cannot be stopped")
    first_day, rest = profile.settings["first_day"], profile.settings["last_day_at_rest"]
    last = months_after(day_of(start), _months_of(rule))
    if first_day.value == "INCLUDED":
        last -= timedelta(days=1)
    version = None
    if rest.value == "MOVES":
        days = calendar or official()
        version = days.version
        last = last if days.is_working(last) else days.next_after(last)
    due = days_of(profile).closing(last.toordinal())
    counted_by = f"{first_day.source}; {rest.source}"
    return Term(clock, rule, start, due, None, (), (), counted_by, version)


def _months_of(rule: Clock) -> int:
    return rule.length * (12 if rule.unit is Unit.YEAR else 1)
