"""Whether a case was conducted as the law says

- nothing is said of a case that kept every clock
- answering: too late, by silence, or not at all; a refusal that counts as none
- silence: stated on the chain before the law's day
- finishing: too late, or not at all; not where the applicant took it back; extensions moved it, void ones not
- the notice: announced too short, attested before its end
- objections: investigated too long; to what stands, told too late
- validity: too long, of a first registration
- persons: who reviewed approved, or applied
- receipts of the national system, which the sandbox has not
- what hangs on a calendar that is not announced is asked for, not guessed
- extensions: the cap is on all together; the first ones stay when a later one is void
"""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from registry.rules import NeedInfo
from registry.rules.clocks import Extension, History, NonAcceptance, Span, count_extensions
from registry.rules.conduct import Conduct, Fault, dispute_faults, faults
from registry.rules.objection_clocks import History as DisputeHistory
from registry.rules.profiles import Profile, load
from registry.rules.units import day_of
from registry.rules.validity import BEIJING

NATIONAL, SANDBOX = load("CN_NDA_2026"), load("SANDBOX")
GROUND = "0x" + "77" * 32


def at(day: str, hour: int = 10) -> datetime:
    """A moment of a Beijing day of 2026, given as month and day."""
    return datetime.fromisoformat(f"2026-{day}").replace(hour=hour, tzinfo=BEIJING)


def day(text: str) -> date:
    return date.fromisoformat(f"2026-{text}")


# Filed on Monday the 2nd; accepted the next day; published on the 9th, so that the notice ends with the 16th;
# attested on the 17th. Ten working days without the notice, its first day included, end on the 25th.
KEPT = History(
    received=at("11-02"), told_accepted=at("11-03"), published=at("11-09"), closed=at("11-17")
)
DONE = Conduct(
    reviewers=frozenset({"reviewer"}),
    approvers=frozenset({"approver"}),
    applicants=frozenset({"applicant"}),
    until=at("11-17"),
    attested=at("11-17"),
    expiry=datetime(2031, 11, 17, 15, 59, 59, tzinfo=UTC),
    is_decided=True,
    receipts=(True, True),
)
LATER = at("12-10")


def found(
    history: History = KEPT, conduct: Conduct = DONE, profile: Profile = NATIONAL, **changes: Any
) -> list[Fault | NeedInfo]:
    return list(faults(history, replace(conduct, **changes), at=LATER, profile=profile))


def rules(told: list[Fault | NeedInfo]) -> list[str]:
    return [each.rule if isinstance(each, Fault) else "unknown" for each in told]


def only(told: list[Fault | NeedInfo]) -> Fault:
    (fault,) = told
    assert isinstance(fault, Fault)
    return fault


def days(fault: Fault) -> tuple[date | None, date | None]:
    return (
        None if fault.due is None else day_of(fault.due),
        None if fault.done is None else day_of(fault.done),
    )


def test_a_case_that_kept_every_clock_has_no_fault() -> None:
    assert found() == []


class TestAnswer:
    def test_that_came_too_late_was_accepted_by_silence(self) -> None:
        fault = only(found(replace(KEPT, told_accepted=at("11-09", 9))))
        assert (fault.rule, days(fault)) == ("answer", (day("11-05"), day("11-09")))
        assert "17" in fault.article

    def test_that_never_came_is_named_while_the_case_is_open(self) -> None:
        waiting = History(received=at("11-02"))
        judged = faults(waiting, Conduct(), at=at("11-06"), profile=NATIONAL)
        fault = only(list(judged))
        assert (fault.rule, days(fault)) == ("answer", (day("11-05"), None))

    def test_is_not_missed_before_its_day_is_over(self) -> None:
        waiting = History(received=at("11-02"))
        assert not [*faults(waiting, Conduct(), at=at("11-05", 23), profile=NATIONAL)]

    @pytest.mark.parametrize(
        ("refusal", "why"),
        [
            (NonAcceptance(at("11-06"), at("11-13")), "after the limit"),
            (NonAcceptance(at("11-03", 9), at("11-13"), is_compliant=False), "without a full list"),
        ],
    )
    def test_that_refuses_wrongly_counts_as_none(self, refusal: NonAcceptance, why: str) -> None:
        told = found(replace(KEPT, non_acceptances=(refusal,), told_accepted=None))
        assert rules(told) == ["non_acceptance", "answer"]
        assert isinstance(told[0], Fault)
        assert why in told[0].what


class TestSilence:
    SILENT = replace(KEPT, told_accepted=None)

    def test_is_not_stated_before_the_first_working_day_after_the_limit(self) -> None:
        told = found(self.SILENT, deemed=at("11-05", 20))
        assert rules(told) == ["answer", "deemed_acceptance"]
        assert isinstance(told[1], Fault)
        assert days(told[1]) == (day("11-06"), day("11-05"))

    def test_may_be_stated_any_time_after(self) -> None:
        assert rules(found(self.SILENT, deemed=at("11-06"))) == ["answer"]


class TestFinish:
    LATE = replace(KEPT, closed=at("11-27"))

    def test_that_came_too_late_names_both_days(self) -> None:
        fault = only(found(self.LATE, attested=at("11-26")))
        assert (fault.rule, days(fault)) == ("finish", (day("11-25"), day("11-26")))
        assert fault.article == "art. 28"

    def test_is_in_time_on_the_last_day(self) -> None:
        assert found(self.LATE, attested=at("11-25", 23)) == []

    def test_counts_a_refusal_and_not_a_withdrawal(self) -> None:
        ended: dict[str, Any] = {"attested": None, "expiry": None, "receipts": (True,)}
        assert rules(found(self.LATE, **ended)) == ["finish"]
        assert found(self.LATE, is_decided=False, **ended) == []

    def test_is_late_while_it_is_not_done(self) -> None:
        open_ = replace(KEPT, closed=None)
        fault = only(found(open_, Conduct(receipts=(True,))))
        assert (fault.rule, fault.done) == ("finish", None)

    def test_is_moved_by_an_extension(self) -> None:
        extended = replace(self.LATE, extensions=(Extension(at("11-20"), 3, GROUND),))
        assert found(extended, attested=at("11-27")) == []

    def test_is_not_moved_by_one_that_came_when_the_time_was_over(self) -> None:
        late = replace(self.LATE, extensions=(Extension(at("11-26"), 3, GROUND),))
        assert rules(found(late, attested=at("11-27"))) == ["extension", "finish"]


class TestNotice:
    def test_is_not_announced_to_end_early(self) -> None:
        fault = only(found(until=at("11-16", 12)))
        assert (fault.rule, days(fault)) == ("notice", (day("11-16"), day("11-16")))

    def test_is_over_before_the_attestation(self) -> None:
        early = found(replace(KEPT, closed=at("11-16")), attested=at("11-16"), expiry=None)
        assert (only(early).rule, only(early).what) == ("notice", "attested before its end")


class TestObjections:
    def test_are_investigated_in_ten_working_days(self) -> None:
        long = Span(at("11-10"), at("11-25"))
        fault = only(
            found(
                replace(KEPT, objections=(long,), closed=at("11-26")),
                attested=at("11-26"),
                expiry=None,
            )
        )
        assert (fault.rule, days(fault)) == ("investigation", (day("11-24"), day("11-25")))

    def test_to_what_stands_are_told_to_the_holders_in_five(self) -> None:
        told = DisputeHistory(complete=at("11-09"), notified=at("11-17"))
        fault = only(list(dispute_faults(told, at=LATER, profile=NATIONAL)))
        assert (fault.rule, days(fault)) == ("objection_forwarding", (day("11-16"), day("11-17")))
        in_time = replace(told, notified=at("11-16"))
        assert not [*dispute_faults(in_time, at=LATER, profile=NATIONAL)]
        silent = replace(told, notified=None)
        assert only(list(dispute_faults(silent, at=LATER, profile=NATIONAL))).done is None
        assert not [*dispute_faults(silent, at=at("11-12"), profile=NATIONAL)]


def test_validity_is_not_longer_than_the_profile_says() -> None:
    one_more = datetime(2031, 11, 17, 16, tzinfo=UTC)
    assert only(found(expiry=one_more)).rule == "validity"


class TestPersons:
    def test_who_reviewed_does_not_approve(self) -> None:
        assert only(found(approvers=frozenset({"reviewer"}))).rule == "reviewer_is_approver"

    @pytest.mark.parametrize("role", ["reviewers", "approvers"])
    def test_who_applies_decides_nothing(self, role: str) -> None:
        changed: dict[str, Any] = {role: frozenset({"applicant"})}
        fault = only(found(conduct=replace(DONE, **changed)))
        assert (fault.rule, fault.article) == ("officer_is_applicant", "art. 10(7)")


def test_receipts_are_named_except_in_the_sandbox() -> None:
    assert only(found(receipts=(True, False))).rule == "receipt"
    quick = History(received=at("11-02"), told_accepted=at("11-02"), closed=at("11-02"))
    assert found(quick, Conduct(receipts=(False,)), SANDBOX) == []


def test_a_date_beyond_the_announced_calendar_is_asked_for() -> None:
    late = History(received=at("12-28"), told_accepted=at("12-29"))
    (unknown,) = {*faults(late, Conduct(), at=at("12-30"), profile=NATIONAL)}
    assert isinstance(unknown, NeedInfo)
    assert "2027" in unknown.what[0]


class TestExtensions:
    def counted(self, *lengths: int) -> tuple[list[int], list[str]]:
        given = tuple(
            Extension(at("11-10") + timedelta(hours=n), length, GROUND)
            for n, length in enumerate(lengths)
        )
        history = History(received=at("11-02"), told_accepted=at("11-03"), extensions=given)
        kept, void = count_extensions(at("11-03"), history, profile=NATIONAL)
        return [each.length for each in kept], [refused.basis for _, refused in void]

    def test_share_one_cap(self) -> None:
        assert self.counted(10) == ([10], [])
        assert self.counted(4, 6) == ([4, 6], [])
        assert self.counted(11) == ([], ["art. 28"])

    def test_that_exceed_it_move_nothing_and_leave_the_others(self) -> None:
        assert self.counted(6, 5, 4) == ([6, 4], ["art. 28"])
