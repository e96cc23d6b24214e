"""The table of objections, and their clocks

the table
├── is what the contract and the page say: states, verbs, messages, docs/objections.md
├── reaches every state and leaves every one but the ended
├── lets an instrument in, and the objector out, wherever the dispute is open
├── closes by another person than concludes
└── names a source in every row
the clock of art. 29
├── gives five working days from complete material, day of receipt not counted, make-up days counted
├── stands still while something is asked for, and ends with the notice
├── says so where the calendar is unknown
└── profiles without it have none
the time given to others is at least the profile's, and more is the registrar's to give
"""

import re
from dataclasses import replace
from datetime import date, datetime, timedelta
from types import MappingProxyType

import pytest

from registry.rules import Allowed, NeedInfo, Refused
from registry.rules.objection_clocks import (
    ACCEPTANCE,
    FORWARDING,
    RESPONSE,
    History,
    deadlines,
    time_given,
)
from registry.rules.objections import (
    ENDED,
    OPEN,
    ROWS,
    Signer,
    State,
    Verb,
    as_markdown,
    row,
    verbs,
)
from registry.rules.profiles import load
from registry.rules.terms import Term
from registry.rules.validity import BEIJING
from tests.machine import ROOT

INTERFACE = (ROOT / "contracts" / "interfaces" / "IObjections.sol").read_text()
NATIONAL = load("CN_NDA_2026")


def on(day: date, hour: int = 10) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=BEIJING)


class TestTable:
    def test_has_the_states_of_the_contract(self) -> None:
        body = re.search(r"enum ObjectionState \{(.*?)\}", INTERFACE, re.DOTALL)
        assert body
        assert re.findall(r"\w+", body[1]) == [state.name for state in State]

    @pytest.mark.parametrize("verb", Verb)
    def test_has_the_functions_of_the_contract(self, verb: Verb) -> None:
        (message,) = {row.message for row in ROWS if row.verb is verb}
        assert re.search(rf"function {verb}\(\s*{message} calldata message", INTERFACE)
        assert f"struct {message} {{" in INTERFACE

    def test_is_the_page(self) -> None:
        assert (ROOT / "docs" / "objections.md").read_text() == as_markdown()

    def test_has_one_row_for_an_act_in_a_state(self) -> None:
        assert len({(row.before, row.verb) for row in ROWS}) == len(ROWS)

    def test_cites_a_source_in_every_row(self) -> None:
        assert all(row.article.startswith(("art", "ours")) for row in ROWS)

    def test_reaches_every_state_and_leaves_all_but_the_ended(self) -> None:
        reached = {State.NONE}
        while True:
            further = reached | {s for row in ROWS if row.before in reached for s in row.after}
            if further == reached:
                break
            reached = further
        assert reached == set(State)
        assert {state for state in State if not verbs(state)} == set(ENDED)
        assert {State.NONE, *OPEN, *ENDED} == set(State)

    @pytest.mark.parametrize("state", OPEN)
    def test_lets_an_instrument_in_wherever_a_dispute_is_open(self, state: State) -> None:
        instrument = row(state, Verb.RECORD_INSTRUMENT)
        assert instrument
        assert instrument.after == (State.DECIDED,)
        assert (row(state, Verb.DROP_OBJECTION) is None) is (state is State.DECIDED)

    def test_closes_by_another_person_than_concludes(self) -> None:
        signers = {row.verb: row.signer for row in ROWS}
        assert signers[Verb.CONCLUDE] is Signer.REVIEWER
        assert signers[Verb.CLOSE_OBJECTION] is Signer.APPROVER
        closed = {row.before for row in ROWS if State.CLOSED in row.after}
        assert closed == {State.ADMITTED, State.CONCLUDED, State.SETTLED, State.DECIDED}


class TestClock:
    def ends(self, history: History) -> Term:
        (found,) = deadlines(history, profile=NATIONAL)
        assert found.clock == FORWARDING
        assert isinstance(found.ends, Term)
        return found.ends

    @pytest.mark.parametrize(
        ("received", "due"),
        [
            (date(2026, 11, 18), date(2026, 11, 25)),
            # National Day is off until the 7th; Saturday the 10th is worked.
            (date(2026, 9, 30), date(2026, 10, 13)),
        ],
    )
    def test_gives_five_working_days(self, received: date, due: date) -> None:
        ends = self.ends(History(complete=on(received)))
        assert ends.due_day == due
        assert ends.rule.article == "art. 29"

    def test_stands_still_while_something_is_asked_for(self) -> None:
        assert deadlines(History(complete=None), profile=NATIONAL) == ()

    def test_ends_with_the_notice(self) -> None:
        history = History(complete=on(date(2026, 11, 18)), notified=on(date(2026, 11, 19)))
        assert deadlines(history, profile=NATIONAL) == ()

    def test_says_so_where_the_calendar_is_unknown(self) -> None:
        (found,) = deadlines(History(complete=on(date(2026, 12, 30))), profile=NATIONAL)
        assert isinstance(found.ends, NeedInfo)

    def test_is_none_of_a_profile_that_lacks_it(self) -> None:
        clocks = {name: clock for name, clock in NATIONAL.clocks.items() if name != FORWARDING}
        other = replace(NATIONAL, clocks=MappingProxyType(clocks))
        assert deadlines(History(complete=on(date(2026, 11, 18))), profile=other) == ()


class TestTimeGiven:
    @pytest.mark.parametrize("clock", [RESPONSE, ACCEPTANCE])
    def test_is_at_least_the_profiles(self, clock: str) -> None:
        told = on(date(2026, 11, 18))
        # Ten working days: 2026-12-02, to its end.
        last = on(date(2026, 12, 3), hour=0) - timedelta(seconds=1)
        assert isinstance(time_given(clock, last, at=told, profile=NATIONAL), Allowed)
        short = time_given(clock, last - timedelta(seconds=1), at=told, profile=NATIONAL)
        assert isinstance(short, Refused)
        assert short.basis.startswith("ours")

    def test_is_unknown_where_the_calendar_is(self) -> None:
        told = on(date(2026, 12, 28))
        found = time_given(RESPONSE, told + timedelta(days=60), at=told, profile=NATIONAL)
        assert isinstance(found, NeedInfo)

    def test_is_the_registrars_where_the_profile_names_none(self) -> None:
        other = replace(NATIONAL, clocks=MappingProxyType({}))
        told = on(date(2026, 11, 18))
        assert isinstance(time_given(RESPONSE, told, at=told, profile=other), Allowed)
