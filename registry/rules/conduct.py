"""Whether a case was conducted as the law says: every date computed again, every person compared.

Knows neither the database nor the chain. A fault is of the procedure; what it does to a registration is for
an authority or a court (guide arts. 29, 38).
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from registry.rules import NeedInfo, Refused
from registry.rules import objection_clocks as disputes
from registry.rules.clocks import (
    Acceptance,
    History,
    Standing,
    acceptance,
    bound,
    count_extensions,
    finish,
)
from registry.rules.identifiers import SANDBOX_PREFIX
from registry.rules.profiles import Kind, Profile
from registry.rules.terms import Event, Term, term
from registry.rules.validity import last_second
from registry.rules.workdays import Calendar

OURS: Final = "ours; art. 10(1), (7)"
ONE_PERSON: Final = "art. 10(7)"


@dataclass(frozen=True, slots=True)
class Fault:
    """What was not done as it should; `done` None while it is not done at all.

    `rule` is the name of a clock, or of the rule that was broken; `due` None where no date was missed.
    """

    rule: str
    article: str
    what: str
    due: datetime | None = None
    done: datetime | None = None


@dataclass(frozen=True, slots=True)
class Conduct:
    """What is known of a case beside its history; moments are aware, keys are addresses.

    `deemed` is when somebody stated that silence had accepted it; `until` when the notice was announced to
    end; `attested` the moment of attestation in law and `expiry` the last of its validity; `is_decided`
    whether the registrar ended the case, not the applicant. `receipts` says of publication and attestation,
    as far as they happened, whether a receipt of the national system was named.
    """

    reviewers: frozenset[str] = frozenset()
    approvers: frozenset[str] = frozenset()
    applicants: frozenset[str] = frozenset()
    deemed: datetime | None = None
    until: datetime | None = None
    attested: datetime | None = None
    expiry: datetime | None = None
    is_decided: bool = False
    receipts: tuple[bool, ...] = ()


def faults(
    history: History,
    conduct: Conduct,
    *,
    at: datetime,
    profile: Profile,
    calendar: Calendar | None = None,
) -> Iterator[Fault | NeedInfo]:
    """Every fault of a case as it stands at a moment; NeedInfo for a date that cannot be computed."""
    moment = min(at, history.closed) if history.closed is not None else at
    found = acceptance(history, at=moment, profile=profile, calendar=calendar)
    if isinstance(found, NeedInfo):
        yield found
    else:
        yield from _answer(history, found, moment, profile=profile)
        yield from _deemed(found, conduct)
        if found.since is not None:
            yield from _finish(
                found.since, history, conduct, moment, profile=profile, calendar=calendar
            )
    yield from _notice(history, conduct, profile=profile, calendar=calendar)
    yield from _objections(history, moment, profile=profile, calendar=calendar)
    yield from _validity(history, conduct, profile=profile)
    yield from _persons(conduct)
    if profile.code_prefix != SANDBOX_PREFIX and not all(conduct.receipts):
        yield Fault("receipt", "arts. 24, 26", "no receipt of the national system was named")


def dispute_faults(
    history: disputes.History,
    *,
    at: datetime,
    profile: Profile,
    calendar: Calendar | None = None,
) -> Iterator[Fault | NeedInfo]:
    """Of an objection to what stands: whether the holders were told in time (art. 29 ¶2).

    `at` is now, or when the objection ended.
    """
    if history.complete is None or disputes.FORWARDING not in profile.clocks:
        return
    ends = term(disputes.FORWARDING, history.complete, profile=profile, calendar=calendar)
    yield from _late(ends, history.notified, at, "the holders were told too late")


def _late(
    ends: Term | Refused | NeedInfo, done: datetime | None, at: datetime, what: str
) -> Iterator[Fault | NeedInfo]:
    if isinstance(ends, NeedInfo):
        yield ends
        return
    if not isinstance(ends, Term) or ends.due is None:
        return  # it stands still
    if (done or at).replace(microsecond=0) > ends.due:
        yield Fault(ends.clock, ends.rule.article, what, ends.due, done)


def _answer(
    history: History, found: Acceptance, moment: datetime, *, profile: Profile
) -> Iterator[Fault | NeedInfo]:
    for step in found.findings:
        is_told = step.event is Event.DISREGARDED and step.at != history.told_accepted
        if is_told:
            yield Fault("non_acceptance", step.article, step.note, None, step.at)
    if found.answer is None:
        return
    if found.standing is Standing.DEEMED_ACCEPTED:
        why = "no written answer in time: accepted by silence"
        article = profile.settings["silence_accepts"].source
        due = found.answer.due
        yield Fault("answer", article, why, due, history.told_accepted)
    else:
        why = "the answer came too late"
        yield from _late(found.answer, history.told_accepted, moment, why)


def _deemed(found: Acceptance, conduct: Conduct) -> Iterator[Fault]:
    """The chain knows a floor in seconds, the law a working day."""
    if conduct.deemed is None:
        return
    if found.since is None or conduct.deemed < found.since:
        article = "art. 17 ¶3" if found.answer is None else found.answer.rule.article
        why = "entered as accepted by silence before it was"
        yield Fault("deemed_acceptance", article, why, found.since, conduct.deemed)


def _finish(
    accepted: datetime,
    history: History,
    conduct: Conduct,
    moment: datetime,
    *,
    profile: Profile,
    calendar: Calendar | None,
) -> Iterator[Fault | NeedInfo]:
    counted, void = count_extensions(accepted, history, profile=profile, calendar=calendar)
    for extension, refused in void:
        yield Fault("extension", refused.basis, refused.why, None, extension.granted)
    clock = bound(history, profile)
    done = history.closed if conduct.attested is None else conduct.attested
    if clock == "review" and history.published is not None:
        done = history.published
    if history.closed is not None and not conduct.is_decided and done is history.closed:
        return  # the applicant took it back; whether the time would have been kept nobody knows
    judged = replace(history, extensions=counted)
    ends = finish(accepted, judged, profile=profile, calendar=calendar)
    yield from _late(ends, done, moment, "the case was not finished in time")


def _notice(
    history: History, conduct: Conduct, *, profile: Profile, calendar: Calendar | None
) -> Iterator[Fault | NeedInfo]:
    if history.published is None:
        return
    ends = term("notice", history.published, profile=profile, calendar=calendar)
    if isinstance(ends, NeedInfo):
        yield ends
        return
    if ends.due is None:
        return
    article = ends.rule.article
    if conduct.until is not None and conduct.until < ends.due.replace(microsecond=0):
        yield Fault("notice", article, "announced to end too early", ends.due, conduct.until)
    if conduct.attested is not None and conduct.attested <= ends.due:
        yield Fault("notice", article, "attested before its end", ends.due, conduct.attested)


def _objections(
    history: History, moment: datetime, *, profile: Profile, calendar: Calendar | None
) -> Iterator[Fault | NeedInfo]:
    if "investigation" not in profile.clocks:
        return
    for each in history.objections:
        ends = term("investigation", each.first, profile=profile, calendar=calendar)
        yield from _late(ends, each.last, moment, "an objection was investigated too long")


def _validity(history: History, conduct: Conduct, *, profile: Profile) -> Iterator[Fault]:
    """Of first registrations: what a renewal or a transfer may give hangs on what stood before."""
    if conduct.attested is None or conduct.expiry is None or history.kind is not Kind.INITIAL:
        return
    longest = last_second(conduct.attested, profile=profile)
    if conduct.expiry > longest:
        article = profile.clocks["validity"].article
        yield Fault("validity", article, "valid for too long", longest, conduct.expiry)


def _persons(conduct: Conduct) -> Iterator[Fault]:
    for key in sorted(conduct.reviewers & conduct.approvers):
        yield Fault("reviewer_is_approver", OURS, f"{key} reviewed and approved")
    for key in sorted((conduct.reviewers | conduct.approvers) & conduct.applicants):
        yield Fault("officer_is_applicant", ONE_PERSON, f"{key} acted for both sides")
