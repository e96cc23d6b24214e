"""The clocks of public data (发改数据规〔2025〕26号)

accept an application
├── never by silence, however late the answer is
├── with the three days reckoned from its resubmission, whenever that comes
└── not while it is incomplete, and without its lapsing
bound the formal review, not the whole
├── by twenty working days from acceptance, which nothing stops and nothing extends
├── until its outcome is published, and then the notice of ten runs alone
└── and owe reasons when it is missed
bound a cancellation by ten working days instead
bind a registrant to apply
├── within twenty working days of delivery
└── within thirty of the law's first day, for what was delivered before
"""

from dataclasses import replace
from datetime import date, datetime

import pytest

from registry.rules import NeedInfo, Refused
from registry.rules.clocks import (
    Extension,
    History,
    NonAcceptance,
    Span,
    Standing,
    acceptance,
    deadlines,
    finish,
)
from registry.rules.profiles import Kind, load
from registry.rules.public_data import register_by
from registry.rules.terms import Event, Term, lateness
from registry.rules.units import day_of
from registry.rules.validity import BEIJING
from tests.registry.rules.test_clocks import at, day, standing

PUBLIC = load("CN_PUBLIC_2025")
SUBMITTED = History(received=at("11-02"))
ACCEPTED = replace(SUBMITTED, told_accepted=at("11-05"))


def running(history: History, moment: datetime) -> dict[str, date | None]:
    """The clocks that run at a moment, with their last days."""
    found = {}
    for each in deadlines(history, at=moment, profile=PUBLIC):
        assert isinstance(each.ends, Term)
        found[each.clock] = each.ends.due_day
    return found


class TestAcceptance:
    def test_the_answer_is_due_on_the_third_working_day(self) -> None:
        assert running(SUBMITTED, at("11-03")) == {"answer": day("11-05")}

    def test_silence_accepts_nothing(self) -> None:
        found = standing(SUBMITTED, at("12-24"), PUBLIC)
        assert (found.standing, found.since) == (Standing.WAITING, None)
        assert found.answer is not None
        assert lateness(found.answer, at("12-24"), profile=PUBLIC) == 35

    def test_an_acceptance_after_the_limit_counts_from_the_day_it_was_told(self) -> None:
        late = replace(SUBMITTED, told_accepted=at("11-10"))
        found = standing(late, at("11-11"), PUBLIC)
        assert (found.standing, found.since) == (Standing.ACCEPTED, at("11-10"))

    def test_is_reckoned_from_the_resubmission(self) -> None:
        asked = NonAcceptance(at("11-04"), deadline=at("11-20"), corrected=at("11-09"))
        found = standing(replace(SUBMITTED, non_acceptances=(asked,)), at("11-10"), PUBLIC)
        assert found.answer is not None
        assert (found.answer.start, found.answer.due_day) == (at("11-09"), day("11-12"))

    def test_takes_a_resubmission_after_the_day_that_the_registrar_named(self) -> None:
        asked = NonAcceptance(at("11-04"), deadline=at("11-06"), corrected=at("11-16"))
        found = standing(replace(SUBMITTED, non_acceptances=(asked,)), at("11-17"), PUBLIC)
        assert found.answer is not None
        assert found.answer.due_day == day("11-19")

    def test_waits_for_what_is_missing_and_does_not_lapse(self) -> None:
        asked = NonAcceptance(at("11-04"), deadline=at("11-06"))
        incomplete = replace(SUBMITTED, non_acceptances=(asked,))
        for moment in (at("11-05"), at("12-24")):
            found = standing(incomplete, moment, PUBLIC)
            assert (found.standing, found.answer) == (Standing.CORRECTING, None)
        told = replace(incomplete, told_accepted=at("11-12"))
        assert standing(told, at("11-13"), PUBLIC).since == at("11-12")

    def test_a_list_after_the_limit_still_counts_for_nothing_was_accepted_by_then(self) -> None:
        asked = NonAcceptance(at("11-10"), deadline=at("11-20"))
        found = standing(replace(SUBMITTED, non_acceptances=(asked,)), at("11-11"), PUBLIC)
        assert found.standing is Standing.CORRECTING

    def test_a_second_list_counts_as_none(self) -> None:
        first = NonAcceptance(at("11-04"), deadline=at("11-20"), corrected=at("11-09"))
        second = NonAcceptance(at("11-10"), deadline=at("11-20"))
        found = standing(replace(SUBMITTED, non_acceptances=(first, second)), at("11-11"), PUBLIC)
        assert found.standing is Standing.WAITING
        assert [step.event for step in found.findings][-1] is Event.DISREGARDED


class TestReview:
    def test_is_due_on_the_twentieth_working_day_from_acceptance(self) -> None:
        assert running(ACCEPTED, at("11-06")) == {"review": day("12-03")}

    def test_owes_reasons_when_it_is_missed(self) -> None:
        found = finish(at("11-05"), ACCEPTED, profile=PUBLIC)
        assert isinstance(found, Term)
        assert found.rule.article == "art. 11"
        assert "reasons" in found.steps[-1].note

    def test_is_stopped_by_nothing(self) -> None:
        asked = replace(ACCEPTED, supplements=(Span(at("11-10"), at("11-20")),))
        assert running(asked, at("11-23")) == {"review": day("12-03")}

    def test_is_over_once_its_outcome_is_published(self) -> None:
        published = replace(ACCEPTED, published=at("12-03"))
        assert running(published, at("12-04")) == {"notice": day("12-17")}
        assert running(published, at("12-18")) == {}

    def test_is_over_although_the_end_of_the_notice_is_not_known_yet(self) -> None:
        published = replace(ACCEPTED, published=at("12-21"))
        (found,) = deadlines(published, at=at("12-22"), profile=PUBLIC)
        assert found.clock == "notice"
        assert isinstance(found.ends, NeedInfo)

    def test_an_objection_has_no_clock_here(self) -> None:
        objected = replace(ACCEPTED, published=at("12-03"), objections=(Span(at("12-07")),))
        assert running(objected, at("12-08")) == {"notice": day("12-17")}

    def test_cannot_be_extended(self) -> None:
        longer = replace(ACCEPTED, extensions=(Extension(at("11-10"), 5, "来源复杂"),))
        found = finish(at("11-05"), longer, profile=PUBLIC)
        assert isinstance(found, Refused)
        assert (found.why, found.basis) == ("this law knows no extension", "art. 11")


class TestCancellation:
    def test_is_done_within_ten_working_days_of_acceptance(self) -> None:
        cancelling = replace(ACCEPTED, kind=Kind.CANCELLATION)
        assert running(cancelling, at("11-06")) == {"cancellation": day("11-19")}

    def test_of_property_rights_knows_no_clock_of_its_own(self) -> None:
        cancelling = replace(ACCEPTED, kind=Kind.CANCELLATION)
        (found,) = deadlines(cancelling, at=at("11-06"), profile=load("CN_NDA_2026"))
        assert found.clock == "finish"


class TestRegisterBy:
    def test_is_twenty_working_days_after_delivery(self) -> None:
        found = register_by(at("11-12"), profile=PUBLIC)
        assert isinstance(found, Term)
        assert (found.clock, found.due_day) == ("first_registration", day("12-10"))

    @pytest.mark.parametrize("delivered", ["2024-06-01T10:00", "2025-02-28T23:59:59"])
    def test_is_thirty_working_days_after_the_law_came_for_what_was_before(
        self, delivered: str
    ) -> None:
        moment = datetime.fromisoformat(delivered).replace(tzinfo=BEIJING)
        found = register_by(moment, profile=PUBLIC)
        assert isinstance(found, Term)
        # Over the Qingming holiday of Friday 2025-04-04.
        assert (found.clock, found.due_day) == ("legacy_registration", date(2025, 4, 14))

    def test_on_the_laws_first_day_the_common_period_runs(self) -> None:
        found = register_by(datetime(2025, 3, 1, tzinfo=BEIJING), profile=PUBLIC)
        assert isinstance(found, Term)
        assert (found.clock, found.due_day) == ("first_registration", date(2025, 3, 28))

    def test_names_the_year_whose_calendar_is_missing(self) -> None:
        found = register_by(at("12-15"), profile=PUBLIC)
        assert isinstance(found, NeedInfo)
        assert found.what == ("unknown calendar 2027",)

    def test_is_no_duty_of_property_rights(self) -> None:
        assert register_by(at("11-12"), profile=load("CN_NDA_2026")) is None


def test_every_computed_step_cites_an_article_of_the_measures() -> None:
    found = acceptance(ACCEPTED, at=at("11-06"), profile=PUBLIC)
    assert not isinstance(found, NeedInfo)
    assert {step.article.split(";")[0] for step in found.steps} == {"art. 10"}
    assert day_of(found.steps[0].at) == day("11-02")
