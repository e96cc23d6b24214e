"""A registrar's own clocks.

- an exit: six months from the report, the province's twenty working days, its five to forward (art. 13)
- a change: reported five working days before, entered five after its confirmation (art. 12)
"""

from datetime import UTC, date, datetime, timedelta

import pytest

from registry.rules import NeedInfo, profiles
from registry.rules.exits import Leaving, change_report, change_update, exit_deadlines
from registry.rules.terms import Term
from registry.rules.units import day_of

LAW = profiles.load("CN_NDA_2026")
REPORTED = datetime(2026, 3, 2, 4, tzinfo=UTC)  # a Monday, noon in Beijing


def ends(exit: Leaving) -> dict[str, date | None]:
    found = {}
    for each in exit_deadlines(exit, profile=LAW):
        assert isinstance(each.ends, Term)
        found[each.clock] = each.ends.due_day
    return found


class TestExit:
    def test_waits_for_the_province_at_first(self) -> None:
        assert ends(Leaving(REPORTED)) == {
            "exit_report": date(2026, 9, 2),
            "exit_decision": date(2026, 3, 30),
        }

    def test_is_forwarded_within_five_working_days(self) -> None:
        agreed = datetime(2026, 3, 20, 4, tzinfo=UTC)
        assert ends(Leaving(REPORTED, agreed))["exit_forwarding"] == date(2026, 3, 27)

    def test_has_no_clock_but_the_six_months_once_forwarded(self) -> None:
        agreed = datetime(2026, 3, 20, 4, tzinfo=UTC)
        forwarded = agreed + timedelta(days=2)
        assert set(ends(Leaving(REPORTED, agreed, forwarded))) == {"exit_report"}

    def test_says_which_calendar_is_unknown(self) -> None:
        far = Leaving(datetime(2036, 3, 3, tzinfo=UTC))
        decision = exit_deadlines(far, profile=LAW)[1]
        assert isinstance(decision.ends, NeedInfo)


class TestChange:
    @pytest.mark.parametrize(
        ("change", "latest"),
        [(date(2026, 10, 15), date(2026, 10, 9)), (date(2026, 10, 12), date(2026, 9, 29))],
    )
    def test_is_reported_five_working_days_before(self, change: date, latest: date) -> None:
        moment = datetime(change.year, change.month, change.day, 4, tzinfo=UTC)
        found = change_report(moment, profile=LAW)
        assert isinstance(found, datetime)
        assert day_of(found) == latest

    def test_is_entered_five_working_days_after_its_confirmation(self) -> None:
        found = change_update(REPORTED, profile=LAW)
        assert isinstance(found, Term)
        assert found.due_day == date(2026, 3, 9)
