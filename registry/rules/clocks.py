"""The clocks of one registration over what has happened to it (guide arts. 17, 18, 24, 25, 28).

Under the public-data measures (发改数据规〔2025〕26号 arts. 9 to 12) the same events meet other clocks:
silence accepts nothing, the formal review is bounded instead of the whole, and a cancellation apart.

Knows neither the database nor the chain: its input is the moments of a history and a profile.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from registry.rules import NeedInfo, Refused
from registry.rules.profiles import Kind, Profile
from registry.rules.terms import (
    Cause,
    Event,
    More,
    Step,
    Stop,
    Term,
    run,
    term,
)
from registry.rules.units import Line, line_of
from registry.rules.workdays import Calendar, UnknownCalendar


@dataclass(frozen=True, slots=True)
class NonAcceptance:
    """A written non-acceptance (不予受理), by the day the applicant was told (art. 17(1)).

    `is_compliant`: it lists all that is missing and gives a deadline. `deadline` is the last moment
    for correction, `corrected` when all of it was corrected, None while it is not.
    """

    told: datetime
    deadline: datetime
    is_compliant: bool = True
    corrected: datetime | None = None


@dataclass(frozen=True, slots=True)
class Span:
    """Something asked or raised, and when it was answered or decided; None while it is not."""

    first: datetime
    last: datetime | None = None


@dataclass(frozen=True, slots=True)
class Extension:
    """More time to finish, in the unit of the profile's clock `extension` (art. 28).

    `ground` is the recorded reason: complex sources, a huge quantity of data, or the like.
    """

    granted: datetime
    length: int
    ground: str


@dataclass(frozen=True, slots=True)
class History:
    """What has happened by the moment of the question; moments are aware.

    `told_accepted` is when the applicant was told of an express acceptance, not when it was
    decided; a record of a deemed one is no such telling. `published` is publication on the national
    system, which alone starts a notice (art. 24), or its stand-in here. Objections run from receipt
    to decision. `closed` is any end of the procedure.
    """

    received: datetime
    non_acceptances: tuple[NonAcceptance, ...] = ()
    told_accepted: datetime | None = None
    supplements: tuple[Span, ...] = ()
    published: datetime | None = None
    objections: tuple[Span, ...] = ()
    extensions: tuple[Extension, ...] = ()
    closed: datetime | None = None
    kind: Kind = Kind.INITIAL


class Standing(StrEnum):
    """Whether an application is accepted, and by what."""

    WAITING = "WAITING"
    CORRECTING = "CORRECTING"
    LAPSED = "LAPSED"
    ACCEPTED = "ACCEPTED"
    DEEMED_ACCEPTED = "DEEMED_ACCEPTED"


@dataclass(frozen=True, slots=True)
class Acceptance:
    """Where an application stands at a moment.

    `since` is the moment of acceptance, None unless accepted; `answer` is the registrar's clock,
    None while the applicant corrects and once the filing has lapsed; `findings` are what was made
    of each thing done.
    """

    standing: Standing
    since: datetime | None
    answer: Term | None
    findings: tuple[Step, ...]

    @property
    def steps(self) -> tuple[Step, ...]:
        """Findings and the registrar's clock, in order of time."""
        steps = self.findings if self.answer is None else (*self.findings, *self.answer.steps)
        return tuple(sorted(steps, key=lambda step: step.at))

    @property
    def is_accepted(self) -> bool:
        return self.since is not None


def acceptance(
    history: History, *, at: datetime, profile: Profile, calendar: Calendar | None = None
) -> Acceptance | NeedInfo:
    """Whether and since when an application is accepted, at a moment (art. 17).

    Where silence accepts, it does so by operation of law on the first working day after the limit;
    what ends it is a written, compliant and timely non-acceptance alone. NeedInfo names the year
    whose calendar is missing.
    """
    try:
        return _acceptance(history, at, profile=profile, calendar=calendar)
    except UnknownCalendar as unknown:
        return unknown.need


def finish(
    accepted: datetime, history: History, *, profile: Profile, calendar: Calendar | None = None
) -> Term | Refused | NeedInfo:
    """Until when all is to be done, attestation and certificate included (art. 28).

    Time for supplements, notice and objections is excluded, from extensions too. Refused when an
    extension exceeds the cap, lacks its ground, or came when the time had run out, or where the law
    knows none. Of public data the formal review, or the cancellation: whichever is bounded.
    """
    notice = _notice(history, profile=profile, calendar=calendar)
    if isinstance(notice, NeedInfo):
        return notice
    clock = _bound(history, profile)
    return _finish(clock, accepted, history, notice, profile=profile, calendar=calendar)


@dataclass(frozen=True, slots=True)
class Deadline:
    """One running clock of a case, by its name in the profile, and what is known of its end."""

    clock: str
    ends: Term | Refused | NeedInfo


def deadlines(
    history: History, *, at: datetime, profile: Profile, calendar: Calendar | None = None
) -> tuple[Deadline, ...]:
    """Every statutory clock that runs or stands still in a case at a moment; none once it is closed.

    The applicant's deadlines to correct and to supplement are the registrar's own dates, not terms
    of the law, and are not repeated here.
    """
    if history.closed is not None and history.closed <= at:
        return ()
    return tuple(_deadlines(history, at, profile=profile, calendar=calendar))


def _deadlines(
    history: History, at: datetime, *, profile: Profile, calendar: Calendar | None
) -> Iterator[Deadline]:
    found = acceptance(history, at=at, profile=profile, calendar=calendar)
    notice = _notice(history, profile=profile, calendar=calendar)
    if isinstance(found, NeedInfo):
        yield Deadline("answer", found)
    elif found.since is None:
        if found.answer is not None:
            yield Deadline("answer", found.answer)
    else:
        clock = _bound(history, profile)
        # A clock of the review alone has done its work once its outcome is published.
        if notice is None or clock != "review":
            ends: Term | Refused | NeedInfo = (
                notice
                if isinstance(notice, NeedInfo)
                else _finish(
                    clock, found.since, history, notice, profile=profile, calendar=calendar
                )
            )
            yield Deadline(clock, ends)
    if isinstance(notice, NeedInfo) or (notice and (notice.due is None or at <= notice.due)):
        yield Deadline("notice", notice)
    for objection in history.objections:
        if objection.last is None and "investigation" in profile.clocks:
            begun = objection.first
            until = term("investigation", begun, profile=profile, calendar=calendar)
            yield Deadline("investigation", until)


def _bound(history: History, profile: Profile) -> str:
    # What bounds the registrar's work once the application is accepted.
    if history.kind is Kind.CANCELLATION and "cancellation" in profile.clocks:
        return "cancellation"
    return "finish" if "finish" in profile.clocks else "review"


def _acceptance(
    history: History, at: datetime, *, profile: Profile, calendar: Calendar | None
) -> Acceptance:
    line = line_of(profile.clocks["answer"], profile=profile, calendar=calendar)
    article = profile.clocks["answer"].article
    steps: list[Step] = []
    start, stops, rounds = history.received, list[Stop](), 0
    answer = run("answer", start, line=line, profile=profile)
    for refusal in sorted(history.non_acceptances, key=lambda refusal: refusal.told):
        if history.told_accepted is not None and history.told_accepted <= refusal.told:
            break
        flaw = _flaw(refusal, answer, rounds, profile=profile)
        if flaw is not None:
            steps.append(Step(Event.DISREGARDED, refusal.told, *flaw))
            continue
        rounds += 1
        steps.append(Step(Event.NOT_ACCEPTED, refusal.told, article))
        corrected, lapses = refusal.corrected, _lapses(profile)
        if corrected is None or (lapses and corrected > refusal.deadline):
            return _uncorrected(refusal, history, at, steps, profile=profile)
        steps.append(Step(Event.CORRECTED, corrected, article))
        if profile.settings["correction_restarts_answer"].value is True:
            start = corrected
        else:
            stops.append(Stop(Cause.CORRECTION, refusal.told, corrected))
        answer = run("answer", start, line=line, profile=profile, stops=stops)
    return _answered(history, at, answer, steps, line=line, profile=profile)


def _flaw(
    refusal: NonAcceptance, answer: Term, rounds: int, *, profile: Profile
) -> tuple[str, str] | None:
    # Why a written non-acceptance counts as none, with its source; None when it counts.
    article = profile.clocks["answer"].article
    settings = profile.settings
    # Only where silence accepts has the application been accepted by then.
    accepts = settings["silence_accepts"].value is True
    if accepts and answer.due is not None and refusal.told.replace(microsecond=0) > answer.due:
        return article, "told after the limit: counts as none"
    strict = settings["refusal_without_list_is_none"]
    if strict.value is True and not refusal.is_compliant:
        return strict.source, "without a full list or a deadline: counts as none"
    allowed = settings["correction_rounds"]
    if rounds >= int(str(allowed.value)):
        return allowed.source, "all that is missing is named once: a further round counts as none"
    return None


def _lapses(profile: Profile) -> bool:
    # Whether what is not corrected in time counts as never applied for.
    return profile.settings["missed_correction_lapses"].value is True


def _uncorrected(
    refusal: NonAcceptance, history: History, at: datetime, steps: list[Step], *, profile: Profile
) -> Acceptance:
    told, article = history.told_accepted, profile.clocks["answer"].article
    until = min(at, refusal.deadline) if _lapses(profile) else at
    if told is not None and told <= until:
        steps.append(Step(Event.ACCEPTED, told, article))
        return Acceptance(Standing.ACCEPTED, told, None, tuple(steps))
    if at > until:
        steps.append(Step(Event.LAPSED, refusal.deadline, article, "counts as never applied for"))
        return Acceptance(Standing.LAPSED, None, None, tuple(steps))
    return Acceptance(Standing.CORRECTING, None, None, tuple(steps))


def _answered(
    history: History,
    at: datetime,
    answer: Term,
    steps: list[Step],
    *,
    line: Line,
    profile: Profile,
) -> Acceptance:
    told, article = history.told_accepted, answer.rule.article
    silence = profile.settings["silence_accepts"]
    is_silent = told is None or (answer.due is not None and told > answer.due)
    if silence.value is True and is_silent and answer.due is not None and at > answer.due:
        deemed = line.opening(line.after(line.position(answer.due), 1))
        if deemed <= at and (told is None or deemed <= told):
            steps.append(Step(Event.DEEMED_ACCEPTED, deemed, silence.source))
            if told is not None and told <= at:
                steps.append(Step(Event.DISREGARDED, told, silence.source, "accepted already"))
            return Acceptance(Standing.DEEMED_ACCEPTED, deemed, answer, tuple(steps))
    if told is not None and told <= at:
        steps.append(Step(Event.ACCEPTED, told, article))
        return Acceptance(Standing.ACCEPTED, told, answer, tuple(steps))
    return Acceptance(Standing.WAITING, None, answer, tuple(steps))


def _notice(
    history: History, *, profile: Profile, calendar: Calendar | None
) -> Term | NeedInfo | None:
    if history.published is None:
        return None
    return term("notice", history.published, profile=profile, calendar=calendar)


def _finish(
    clock: str,
    accepted: datetime,
    history: History,
    notice: Term | None,
    *,
    profile: Profile,
    calendar: Calendar | None,
) -> Term | Refused | NeedInfo:
    line = line_of(profile.clocks[clock], profile=profile, calendar=calendar)
    stops = _stops(history, notice)
    rule, more = profile.clocks.get("extension"), list[More]()
    if rule is None and history.extensions:
        return Refused("this law knows no extension", profile.clocks[clock].article)
    try:
        found = run(clock, accepted, line=line, profile=profile, stops=stops)
        for extension in sorted(history.extensions, key=lambda extension: extension.granted):
            assert rule is not None
            if not extension.ground.strip() or extension.length < 1:
                return Refused("an extension needs a recorded ground and a length", rule.article)
            if found.due is not None and extension.granted > found.due:
                return Refused("what has run out cannot be extended", rule.article)
            more.append(More(extension.granted, extension.length, rule, extension.ground))
            found = run(clock, accepted, line=line, profile=profile, stops=stops, more=more)
    except UnknownCalendar as unknown:
        return unknown.need
    if rule is not None and sum(added.length for added in more) > rule.length:
        return Refused(f"all extensions together exceed {rule.length}", rule.article)
    if len(more) > 1 and profile.settings["extensions"].value == "ONCE":
        return Refused("there may be one extension only", profile.settings["extensions"].source)
    return found


def _stops(history: History, notice: Term | None) -> list[Stop]:
    stops = [Stop(Cause.SUPPLEMENT, span.first, span.last) for span in history.supplements]
    stops += [Stop(Cause.OBJECTION, span.first, span.last) for span in history.objections]
    if notice is not None:
        # The statutory notice stops the clock, not a longer one of the registrar's own choice.
        stops.append(Stop(Cause.NOTICE, notice.start, notice.due))
    return stops
