"""The clocks of a registration

keep the test vectors, day by day
accept an application
├── on the day the applicant is told, not the day of decision
├── by silence on the first working day after the limit, and not before that day begins
├── although a refusal came late, lacked its list, or was a second one
├── not while the applicant corrects, nor after a correction missed its deadline
├── anew counted from a complete correction, or counted on where the profile reads it so
└── never by silence where the profile knows no such rule
bound the finishing
├── without the time of supplement, notice and objection, each day once
├── and stand still while one of them lasts
├── longer by extensions, each with its ground, in all no more than the cap, none after the end
└── with the notice of the statutory length alone excluded
name what runs in a case at a moment
say which year's calendar is missing, and only when it is needed
run in seconds for the sandbox
"""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from types import MappingProxyType

import pytest

from registry.rules import NeedInfo, Refused
from registry.rules.clocks import (
    Acceptance,
    Extension,
    History,
    NonAcceptance,
    Span,
    Standing,
    acceptance,
    deadlines,
    finish,
)
from registry.rules.profiles import Clock, Profile, Setting, Unit, load
from registry.rules.terms import Event, Term, latest_before, term
from registry.rules.units import day_of
from registry.rules.validity import BEIJING, last_second, renewal_window
from registry.rules.workdays import Calendar, official
from tests.registry.rules.sample_calendar import a_year, off

NATIONAL = load("CN_NDA_2026")
SANDBOX = load("SANDBOX")


def at(day: str, hour: int = 10) -> datetime:
    """A moment of a Beijing day of 2026, given as month and day."""
    return datetime.fromisoformat(f"2026-{day}").replace(hour=hour, tzinfo=BEIJING)


def day(text: str) -> date:
    return date.fromisoformat(f"2026-{text}")


def with_setting(name: str, value: bool | int | str, profile: Profile = NATIONAL) -> Profile:
    setting = Setting(value=value, reason="tried here", source="test", certainty=0)
    return replace(profile, settings=MappingProxyType({**profile.settings, name: setting}))


def standing(history: History, moment: datetime, profile: Profile = NATIONAL) -> Acceptance:
    found = acceptance(history, at=moment, profile=profile)
    assert isinstance(found, Acceptance)
    return found


def finishing(history: History, accepted: datetime, profile: Profile = NATIONAL) -> Term:
    found = finish(accepted, history, profile=profile)
    assert isinstance(found, Term)
    return found


def since(found: Acceptance) -> date:
    assert found.since is not None
    return day_of(found.since)


SUBMITTED = History(received=at("11-02"))
DEEMED = at("11-06", 0)


class TestVectors:
    """Domain §14, as corrected."""

    def test_submitted_monday_the_answer_is_due_thursday(self) -> None:
        answer = standing(SUBMITTED, at("11-03")).answer
        assert answer is not None
        assert answer.due_day == day("11-05")

    def test_no_answer_is_acceptance_on_friday(self) -> None:
        found = standing(SUBMITTED, at("11-06"))
        assert found.standing is Standing.DEEMED_ACCEPTED
        assert since(found) == day("11-06")

    def test_the_tenth_working_day_is_friday_the_20th(self) -> None:
        assert finishing(SUBMITTED, DEEMED).due_day == day("11-20")

    def test_with_full_extension_friday_the_4th(self) -> None:
        extended = replace(SUBMITTED, extensions=(Extension(at("11-19"), 10, "来源复杂"),))
        assert finishing(extended, DEEMED).due_day == day("12-04")

    def test_a_supplement_leaves_eight_days_from_the_18th(self) -> None:
        asked = replace(SUBMITTED, supplements=(Span(at("11-11")),))
        waiting = finishing(asked, DEEMED)
        assert (waiting.due, waiting.left) == (None, 8)
        supplied = replace(SUBMITTED, supplements=(Span(at("11-11"), at("11-17")),))
        assert finishing(supplied, DEEMED).due_day == day("11-27")

    def test_a_notice_published_thursday_ends_with_thursday_at_24(self) -> None:
        found = term("notice", at("11-12"), profile=NATIONAL)
        assert isinstance(found, Term)
        assert found.due == datetime(2026, 11, 19, 23, 59, 59, tzinfo=BEIJING)

    def test_an_objection_of_the_18th_is_investigated_until_the_2nd(self) -> None:
        found = term("investigation", at("11-18"), profile=NATIONAL)
        assert isinstance(found, Term)
        assert found.due_day == day("12-02")

    def test_attested_for_five_years_and_renewable_in_the_last_six_months(self) -> None:
        # The vector leaves the 19th or the 20th open; corrections B1 settles the 20th.
        end = last_second(at("11-20"), profile=NATIONAL)
        assert day_of(end) == date(2031, 11, 20)
        window = renewal_window(end, profile=NATIONAL)
        assert (window.first, window.last) == (date(2031, 5, 20), date(2031, 11, 19))

    def test_a_public_code_of_three_years_is_renewable_in_the_last_sixty_calendar_days(
        self,
    ) -> None:
        # 发改数据规〔2025〕26号, art. 15; no calendar of 2029 is needed.
        clocks = {
            "validity": a_clock(3, Unit.YEAR),
            "renewal_opens": a_clock(60, Unit.CALENDAR_DAY),
        }
        public = replace(NATIONAL, clocks=MappingProxyType(clocks))
        valid = term("validity", at("11-20"), profile=public)
        assert isinstance(valid, Term)
        assert valid.due is not None
        assert valid.due_day == date(2029, 11, 20)
        opens = latest_before("renewal_opens", valid.due, profile=public)
        assert isinstance(opens, datetime)
        assert day_of(opens) == date(2029, 9, 21)


def a_clock(length: int, unit: Unit) -> Clock:
    return Clock(
        article="test", length=length, unit=unit, starts="", stops=(), missed="", verified=False
    )


class TestAcceptance:
    def test_counts_from_the_day_the_applicant_is_told(self) -> None:
        told = replace(SUBMITTED, told_accepted=at("11-04"))
        found = standing(told, at("11-20"))
        assert found.standing is Standing.ACCEPTED
        assert since(found) == day("11-04")
        assert found.since is not None
        assert finishing(told, found.since).due_day == day("11-18")

    def test_waits_until_the_limit_has_passed(self) -> None:
        assert standing(SUBMITTED, at("11-05", 23)).standing is Standing.WAITING

    def test_is_deemed_from_the_first_second_of_the_day(self) -> None:
        found = standing(SUBMITTED, at("11-06", 0))
        assert found.since == datetime(2026, 11, 5, 16, tzinfo=UTC)
        assert standing(SUBMITTED, DEEMED - timedelta(seconds=1)).standing is Standing.WAITING

    def test_waits_over_a_weekend_for_the_first_working_day(self) -> None:
        received = History(received=at("11-03"))  # the limit is Friday the 6th
        assert standing(received, at("11-08")).standing is Standing.WAITING
        assert since(standing(received, at("11-09"))) == day("11-09")

    def test_an_express_acceptance_on_that_weekend_counts_from_its_day(self) -> None:
        received = History(received=at("11-03"), told_accepted=at("11-07"))
        found = standing(received, at("11-20"))
        assert (found.standing, since(found)) == (Standing.ACCEPTED, day("11-07"))

    def test_a_later_express_acceptance_does_not_move_the_day(self) -> None:
        late = replace(SUBMITTED, told_accepted=at("11-10"))
        found = standing(late, at("11-20"))
        assert (found.standing, since(found)) == (Standing.DEEMED_ACCEPTED, day("11-06"))
        assert Event.DISREGARDED in [step.event for step in found.steps]

    def test_holidays_and_make_up_days_are_counted_as_the_notices_say(self) -> None:
        # National Day 2026: off from the 1st to the 7th; Saturday the 10th works.
        found = standing(History(received=at("09-30")), at("10-11"))
        assert found.answer is not None
        assert found.answer.due_day == day("10-10")
        assert found.standing is Standing.WAITING

    def test_a_received_day_off_is_not_counted_either(self) -> None:
        found = standing(History(received=at("11-01")), at("11-02"))
        assert found.answer is not None
        assert found.answer.due_day == day("11-04")

    def test_the_day_of_receipt_is_the_day_in_beijing(self) -> None:
        late = History(received=datetime(2026, 11, 1, 16, 30, tzinfo=UTC))
        answer = standing(late, at("11-02")).answer
        assert answer is not None
        assert answer.due_day == day("11-05")

    def test_silence_accepts_nothing_where_the_profile_knows_no_such_rule(self) -> None:
        found = standing(SUBMITTED, at("11-20"), with_setting("silence_accepts", False))
        assert found.standing is Standing.WAITING


def refused(told: str, *, corrected: str | None = None, is_compliant: bool = True) -> NonAcceptance:
    return NonAcceptance(
        told=at(told),
        deadline=at("11-13", 23),
        is_compliant=is_compliant,
        corrected=None if corrected is None else at(corrected),
    )


class TestNonAcceptance:
    def test_in_time_ends_the_silence(self) -> None:
        history = replace(SUBMITTED, non_acceptances=(refused("11-05"),))
        found = standing(history, at("11-12"))
        assert (found.standing, found.answer) == (Standing.CORRECTING, None)

    def test_a_day_late_counts_as_none(self) -> None:
        history = replace(SUBMITTED, non_acceptances=(refused("11-06"),))
        found = standing(history, at("11-12"))
        assert (found.standing, since(found)) == (Standing.DEEMED_ACCEPTED, day("11-06"))

    def test_without_a_list_counts_as_none_unless_the_profile_lets_it_stand(self) -> None:
        history = replace(SUBMITTED, non_acceptances=(refused("11-04", is_compliant=False),))
        assert standing(history, at("11-12")).standing is Standing.DEEMED_ACCEPTED
        lenient = with_setting("refusal_without_list_is_none", False)
        assert standing(history, at("11-12"), lenient).standing is Standing.CORRECTING

    def test_uncorrected_by_the_deadline_the_filing_counts_as_never_made(self) -> None:
        history = replace(SUBMITTED, non_acceptances=(refused("11-04"),))
        assert standing(history, at("11-13", 22)).standing is Standing.CORRECTING
        assert standing(history, at("11-14")).standing is Standing.LAPSED

    def test_corrected_late_the_filing_counts_as_never_made(self) -> None:
        history = replace(SUBMITTED, non_acceptances=(refused("11-04", corrected="11-16"),))
        assert standing(history, at("11-16")).standing is Standing.LAPSED

    def test_corrected_the_answer_is_due_three_days_on(self) -> None:
        history = replace(SUBMITTED, non_acceptances=(refused("11-04", corrected="11-10"),))
        answer = standing(history, at("11-10")).answer
        assert answer is not None
        assert answer.due_day == day("11-13")
        assert since(standing(history, at("11-16"))) == day("11-16")

    def test_corrected_the_old_clock_goes_on_where_the_profile_reads_it_so(self) -> None:
        history = replace(SUBMITTED, non_acceptances=(refused("11-04", corrected="11-10"),))
        answer = standing(history, at("11-10"), with_setting("correction_restarts_answer", False))
        assert answer.answer is not None
        assert answer.answer.due_day == day("11-12")  # one day used: 11-03

    def test_a_second_one_counts_as_none(self) -> None:
        second = refused("11-12")
        history = replace(SUBMITTED, non_acceptances=(second, refused("11-04", corrected="11-10")))
        assert since(standing(history, at("11-16"))) == day("11-16")
        two_rounds = with_setting("correction_rounds", 2)
        assert standing(history, at("11-13"), two_rounds).standing is Standing.CORRECTING

    @pytest.mark.parametrize("corrected", [None, "11-10"])
    def test_an_acceptance_told_before_the_correction_stands(self, corrected: str | None) -> None:
        history = replace(
            SUBMITTED,
            non_acceptances=(refused("11-04", corrected=corrected),),
            told_accepted=at("11-09"),
        )
        found = standing(history, at("11-20"))
        assert (found.standing, since(found)) == (Standing.ACCEPTED, day("11-09"))

    def test_one_that_comes_after_the_acceptance_changes_nothing(self) -> None:
        history = replace(SUBMITTED, told_accepted=at("11-03"), non_acceptances=(refused("11-04"),))
        found = standing(history, at("11-20"))
        assert since(found) == day("11-03")
        assert Event.NOT_ACCEPTED not in [step.event for step in found.steps]

    def test_an_acceptance_told_after_the_lapse_revives_nothing(self) -> None:
        history = replace(SUBMITTED, non_acceptances=(refused("11-04"),), told_accepted=at("11-16"))
        assert standing(history, at("11-20")).standing is Standing.LAPSED

    def test_in_the_last_second_of_the_limit_is_in_time(self) -> None:
        told = datetime(2026, 11, 5, 23, 59, 59, 500_000, tzinfo=BEIJING)
        history = replace(SUBMITTED, non_acceptances=(replace(refused("11-05"), told=told),))
        assert standing(history, at("11-06")).standing is Standing.CORRECTING


class TestFinish:
    def test_excludes_the_notice_from_publication_to_its_last_day(self) -> None:
        # 11-09 to 11-11 are used; the notice takes 11-12 to 11-19; seven days are left.
        published = replace(SUBMITTED, published=at("11-12"))
        assert finishing(published, DEEMED).due_day == day("11-30")

    def test_an_objection_within_the_notice_counts_once(self) -> None:
        published = replace(SUBMITTED, published=at("11-12"))
        decided = replace(published, objections=(Span(at("11-13"), at("11-18")),))
        assert finishing(decided, DEEMED).due == finishing(published, DEEMED).due

    def test_an_objection_beyond_the_notice_adds_what_lies_beyond(self) -> None:
        published = replace(SUBMITTED, published=at("11-12"))
        decided = replace(published, objections=(Span(at("11-18"), at("11-23")),))
        assert finishing(decided, DEEMED).due_day == day("12-02")  # 11-20 and 11-23 more

    def test_stands_still_over_an_open_objection(self) -> None:
        open_ = replace(SUBMITTED, published=at("11-12"), objections=(Span(at("11-18")),))
        found = finishing(open_, DEEMED)
        assert (found.due, found.due_day, found.left) == (None, None, 7)

    def test_stops_that_lie_before_or_after_change_nothing(self) -> None:
        outside = replace(
            SUBMITTED,
            supplements=(
                Span(at("11-02"), at("11-05")),
                Span(at("11-04"), at("11-06")),  # ends on the day of acceptance
                Span(at("11-23"), at("11-25")),
            ),
        )
        found = finishing(outside, DEEMED)
        assert (found.due_day, found.stops) == (day("11-20"), ())

    @pytest.mark.parametrize(
        ("reading", "due"),
        [
            ("NEITHER_COUNTED", "11-27"),
            ("FIRST_COUNTED", "11-26"),
            ("LAST_COUNTED", "11-26"),
            ("BOTH_COUNTED", "11-25"),
        ],
    )
    def test_counts_the_days_of_stop_and_resume_as_the_profile_reads_it(
        self, reading: str, due: str
    ) -> None:
        supplied = replace(SUBMITTED, supplements=(Span(at("11-11"), at("11-17")),))
        profile = with_setting("stop_days", reading)
        assert finishing(supplied, DEEMED, profile).due_day == day(due)

    def test_a_supplement_on_the_day_it_is_asked_for_takes_nothing_where_both_days_count(
        self,
    ) -> None:
        supplied = replace(SUBMITTED, supplements=(Span(at("11-11", 9), at("11-11", 17)),))
        both = with_setting("stop_days", "BOTH_COUNTED")
        assert finishing(supplied, DEEMED, both).due_day == day("11-20")

    def test_the_last_day_of_a_notice_never_counts(self) -> None:
        published = replace(SUBMITTED, published=at("11-12"))
        last = with_setting("stop_days", "LAST_COUNTED")
        assert finishing(published, DEEMED, last).due_day == day("11-30")

    def test_counts_the_first_day_where_the_profile_reads_it_so(self) -> None:
        assert finishing(SUBMITTED, DEEMED, with_setting("first_day", "INCLUDED")).due_day == day(
            "11-19"
        )

    def test_ends_at_close_of_business_where_the_profile_reads_it_so(self) -> None:
        found = finishing(SUBMITTED, DEEMED, with_setting("day_ends", "17:00"))
        assert found.due == datetime(2026, 11, 20, 17, tzinfo=BEIJING)

    def test_says_step_by_step_how_the_day_came_about(self) -> None:
        history = replace(
            SUBMITTED,
            published=at("11-12"),
            objections=(Span(at("11-13"), at("11-23")),),
            extensions=(Extension(at("11-24"), 2, "规模巨大"),),
        )
        steps = finishing(history, DEEMED).steps
        assert [(step.event, step.note, day_of(step.at)) for step in steps[1:-1]] == [
            (Event.STOP_BEGAN, "NOTICE", day("11-12")),
            (Event.STOP_BEGAN, "OBJECTION", day("11-13")),
            (Event.STOP_ENDED, "NOTICE", day("11-19")),
            (Event.STOP_ENDED, "OBJECTION", day("11-23")),
            (Event.EXTENDED, "规模巨大", day("11-24")),
        ]
        assert (steps[0].event, steps[-1].event) == (Event.STARTED, Event.DUE)
        assert all(step.article.startswith("art. 28") for step in steps)
        assert "Civil Code art. 201" in steps[0].article


class TestExtension:
    def test_may_be_granted_in_parts(self) -> None:
        parts = (Extension(at("11-18"), 4, "来源复杂"), Extension(at("11-25"), 6, "规模巨大"))
        assert finishing(replace(SUBMITTED, extensions=parts), DEEMED).due_day == day("12-04")

    def test_is_stopped_as_the_term_itself(self) -> None:
        history = replace(
            SUBMITTED,
            extensions=(Extension(at("11-19"), 5, "来源复杂"),),
            supplements=(Span(at("11-24"), at("11-26")),),
        )
        assert finishing(history, DEEMED).due_day == day("12-02")

    def test_lengthens_what_is_left_of_a_stopped_clock(self) -> None:
        history = replace(
            SUBMITTED,
            extensions=(Extension(at("11-19"), 5, "来源复杂"),),
            supplements=(Span(at("11-11")),),
        )
        assert finishing(history, DEEMED).left == 13

    @pytest.mark.parametrize(
        ("extensions", "why"),
        [
            ([("11-19", 11, "来源复杂")], "exceed 10"),
            ([("11-18", 6, "来源复杂"), ("11-19", 5, "规模巨大")], "exceed 10"),
            ([("11-19", 5, "  ")], "recorded ground"),
            ([("11-19", 0, "来源复杂")], "length"),
            ([("11-23", 5, "来源复杂")], "cannot be extended"),
            ([("11-19", 1, "来源复杂"), ("11-24", 1, "规模巨大")], "cannot be extended"),
        ],
    )
    def test_is_refused(self, extensions: list[tuple[str, int, str]], why: str) -> None:
        granted = tuple(Extension(at(when), n, ground) for when, n, ground in extensions)
        found = finish(DEEMED, replace(SUBMITTED, extensions=granted), profile=NATIONAL)
        assert isinstance(found, Refused)
        assert why in found.why
        assert found.basis == "art. 28"

    def test_a_second_is_refused_where_the_profile_reads_it_so(self) -> None:
        granted = (Extension(at("11-18"), 1, "来源复杂"), Extension(at("11-19"), 1, "规模巨大"))
        once = with_setting("extensions", "ONCE")
        assert isinstance(
            finish(DEEMED, replace(SUBMITTED, extensions=granted), profile=once), Refused
        )


class TestDeadlines:
    def test_name_the_answer_before_acceptance_and_the_finish_after(self) -> None:
        before = deadlines(SUBMITTED, at=at("11-04"), profile=NATIONAL)
        assert [deadline.clock for deadline in before] == ["answer"]
        after = deadlines(SUBMITTED, at=at("11-06"), profile=NATIONAL)
        assert [deadline.clock for deadline in after] == ["finish"]

    def test_name_notice_and_every_open_objection(self) -> None:
        history = replace(
            SUBMITTED,
            published=at("11-12"),
            objections=(
                Span(at("11-13"), at("11-16")),
                Span(at("11-17")),
                Span(at("11-18")),
            ),
        )
        found = deadlines(history, at=at("11-19"), profile=NATIONAL)
        assert [deadline.clock for deadline in found] == [
            "finish",
            "notice",
            "investigation",
            "investigation",
        ]
        over = deadlines(history, at=at("11-20"), profile=NATIONAL)
        assert "notice" not in [deadline.clock for deadline in over]

    def test_are_none_while_the_applicant_corrects_and_once_closed(self) -> None:
        correcting = replace(SUBMITTED, non_acceptances=(refused("11-04"),))
        assert deadlines(correcting, at=at("11-05"), profile=NATIONAL) == ()
        closed = replace(SUBMITTED, closed=at("11-10"))
        assert deadlines(closed, at=at("11-10"), profile=NATIONAL) == ()
        assert deadlines(closed, at=at("11-09"), profile=NATIONAL) != ()


class TestUnknownCalendar:
    def test_ten_days_from_mid_december_need_the_year_after(self) -> None:
        found = finish(at("12-14"), History(received=at("12-11")), profile=NATIONAL)
        assert isinstance(found, NeedInfo)
        assert found.what == ("unknown calendar 2027",)
        assert "A20" in found.basis

    def test_the_same_question_is_answered_once_the_year_is_entered(self) -> None:
        entered = Calendar(
            [*official().years, a_year(2027, days_off=[off("2027-01-01", "2027-01-03")])]
        )
        history = History(received=at("12-11"))
        found = finish(at("12-21"), history, profile=NATIONAL, calendar=entered)
        assert isinstance(found, Term)
        assert found.due_day == date(2027, 1, 5)
        assert found.calendar == entered.version

    def test_an_application_at_the_years_end_cannot_be_told_to_be_accepted(self) -> None:
        found = acceptance(History(received=at("12-24")), at=at("12-30"), profile=NATIONAL)
        assert isinstance(found, NeedInfo)
        assert (
            deadlines(History(received=at("12-24")), at=at("12-30"), profile=NATIONAL)[0].ends
            == found
        )

    def test_acceptance_told_in_time_needs_no_day_beyond_the_limit(self) -> None:
        history = History(received=at("12-22"), told_accepted=at("12-23"))
        assert since(standing(history, at("12-24"))) == day("12-23")
        waiting = standing(History(received=at("12-22")), at("12-24"))
        assert waiting.standing is Standing.WAITING

    def test_a_clock_that_stands_still_needs_no_day_beyond_its_stop(self) -> None:
        stopped = History(received=at("12-15"), supplements=(Span(at("12-18")),))
        assert finishing(stopped, at("12-16")).left == 9

    def test_what_came_after_the_end_needs_no_calendar(self) -> None:
        after = Span(datetime(2027, 1, 11, tzinfo=BEIJING))
        history = History(received=at("11-27"), supplements=(after,))
        assert finishing(history, at("12-01")).due_day == day("12-15")

    def test_a_stop_in_a_year_without_calendar_leaves_the_rest_unknown(self) -> None:
        after = Span(datetime(2027, 1, 11, tzinfo=BEIJING))
        history = History(received=at("12-15"), supplements=(after,))
        assert isinstance(finish(at("12-16"), history, profile=NATIONAL), NeedInfo)

    def test_a_notice_that_runs_on_into_the_unknown_makes_the_finish_unknown(self) -> None:
        history = History(received=at("12-15"), published=at("12-22"))
        assert isinstance(finish(at("12-16"), history, profile=NATIONAL), NeedInfo)
        found = deadlines(
            replace(history, told_accepted=at("12-16")), at=at("12-23"), profile=NATIONAL
        )
        assert [type(deadline.ends) for deadline in found] == [NeedInfo, NeedInfo]


class TestSandbox:
    def test_silence_accepts_in_the_second_after_the_limit(self) -> None:
        received = datetime(2026, 11, 2, 2, 0, 0, tzinfo=UTC)
        history = History(received=received)
        limit = received + timedelta(seconds=SANDBOX.clocks["answer"].length)
        assert standing(history, limit, SANDBOX).standing is Standing.WAITING
        found = standing(history, limit + timedelta(seconds=1), SANDBOX)
        assert found.since == limit + timedelta(seconds=1)

    def test_stops_are_excluded_by_the_second(self) -> None:
        accepted = datetime(2026, 11, 2, tzinfo=UTC)
        asked, supplied = accepted + timedelta(seconds=3), accepted + timedelta(seconds=50)
        history = History(received=accepted, supplements=(Span(asked, supplied),))
        length = SANDBOX.clocks["finish"].length
        found = finishing(history, accepted, SANDBOX)
        assert found.due == supplied + timedelta(seconds=length - 2)
        assert found.calendar is None
