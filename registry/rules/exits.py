"""The clocks of a registrar itself: its changes (guide art. 12) and its exit (art. 13).

Knows neither the database nor the chain.
"""

from dataclasses import dataclass
from datetime import datetime

from registry.rules import NeedInfo
from registry.rules.clocks import Deadline
from registry.rules.profiles import Profile
from registry.rules.terms import Term, latest_before, term
from registry.rules.workdays import Calendar


@dataclass(frozen=True, slots=True)
class Leaving:
    """An exit by the moments of its stages, as they were in law; None for what has not come."""

    reported: datetime
    agreed: datetime | None = None
    forwarded: datetime | None = None


def exit_deadlines(
    exit: Leaving, *, profile: Profile, calendar: Calendar | None = None
) -> tuple[Deadline, ...]:
    """What runs in an exit: the province's decision, its report to the national body, and when the six
    months are over, before which nobody may leave."""
    running = [("exit_report", exit.reported)]
    if exit.agreed is None:
        running.append(("exit_decision", exit.reported))
    elif exit.forwarded is None:
        running.append(("exit_forwarding", exit.agreed))
    return tuple(
        Deadline(clock, term(clock, since, profile=profile, calendar=calendar))
        for clock, since in running
    )


def change_report(
    change: datetime, *, profile: Profile, calendar: Calendar | None = None
) -> datetime | NeedInfo:
    """The last moment to report a change of the registrar's name, seat, capital, head or control."""
    return latest_before("registrar_change_report", change, profile=profile, calendar=calendar)


def change_update(
    confirmed: datetime, *, profile: Profile, calendar: Calendar | None = None
) -> Term | NeedInfo:
    """Until when a change is entered in the national system: from its confirmation, not the change."""
    return term("registrar_change_update", confirmed, profile=profile, calendar=calendar)
