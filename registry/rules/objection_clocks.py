"""The clocks of one objection to what stands registered (guide art. 29).

Knows neither the database nor the chain. Dates that the registrar sets itself, to supply, to answer
and to accept, are no terms of the law and not repeated here; how early they may end is.
"""

from dataclasses import dataclass
from datetime import datetime

from registry.rules import Allowed, Answer, NeedInfo, Refused
from registry.rules.clocks import Deadline
from registry.rules.profiles import Profile
from registry.rules.terms import term
from registry.rules.workdays import Calendar

FORWARDING, RESPONSE, ACCEPTANCE = "objection_forwarding", "objection_response", "conclusion_answer"


@dataclass(frozen=True, slots=True)
class History:
    """What has happened by the moment of the question; moments are aware.

    `complete` is the receipt of complete material, None while something is asked for; `notified` is
    when the holders were told, None while they are not.
    """

    complete: datetime | None
    notified: datetime | None = None


def deadlines(
    history: History, *, profile: Profile, calendar: Calendar | None = None
) -> tuple[Deadline, ...]:
    """The registrar's five working days to tell the holders, while they run (art. 29 ¶2)."""
    if history.complete is None or history.notified is not None:
        return ()
    if FORWARDING not in profile.clocks:
        return ()
    ends = term(FORWARDING, history.complete, profile=profile, calendar=calendar)
    return (Deadline(FORWARDING, ends),)


def time_given(
    clock: str,
    until: datetime,
    *,
    at: datetime,
    profile: Profile,
    calendar: Calendar | None = None,
) -> Answer:
    """Whether `until` leaves the other side the time that the profile's clock gives from `at`."""
    if clock not in profile.clocks:
        return Allowed(f"{profile.name} names no such time")
    least = term(clock, at, profile=profile, calendar=calendar)
    if isinstance(least, NeedInfo):
        return least
    if least.due is not None and until < least.due.replace(microsecond=0):
        why = f"ends {until.isoformat()}, expected {least.due.isoformat()} or later"
        return Refused(why, least.rule.article)
    return Allowed(least.rule.article)
