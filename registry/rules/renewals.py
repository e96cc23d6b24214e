"""Renewal before a term ends, and what becomes of a term that nobody renewed.

Guide art. 36 with annex 4; public data: 发改数据规〔2025〕26号 art. 15.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from registry.rules import Allowed, Answer, NeedInfo, Refused
from registry.rules.later_forms import RenewalForm
from registry.rules.profiles import Kind, Profile, Unit
from registry.rules.refusals import refused
from registry.rules.rights import Exercise
from registry.rules.settled import Regime, is_barred_by_dispute, is_so, regime, word
from registry.rules.subjects import Entry, Subject
from registry.rules.validity import BEIJING, end_of, last_second, renewal_window
from registry.rules.workdays import months_after


@dataclass(frozen=True, slots=True)
class Operation:
    """An agreement of authorised operation: first and last day agreed, both included.

    `ended` is the day on which operation ended early, None while it goes on.
    """

    first: date
    last: date
    ended: date | None = None


def renewal(form: RenewalForm, subject: Subject, *, filed: datetime, profile: Profile) -> Answer:
    """Whether a renewal filed at a moment is in time and for what still stands.

    Renewal disposes of nothing, so that an instrument bars it only by naming it. It may name only
    some of the rights held.
    """
    refusal = next(_refusals(form, subject, filed, profile), None)
    if refusal is not None:
        return refusal
    if subject.is_disputed is None and is_barred_by_dispute(Kind.RENEWAL, profile):
        return NeedInfo(("is_disputed",), "guide art. 22(3)")
    return Allowed(_article(profile))


def in_window(expiry: datetime, *, filed: datetime, profile: Profile) -> Answer:
    """Whether renewal of what expires then may be applied for at a moment; exact to the day."""
    window = renewal_window(expiry, profile=profile)
    day = filed.astimezone(BEIJING).date()
    if day < window.first:
        return refused("renewal_not_open", _article(profile), first=window.first, day=day)
    if day > window.last:
        return refused("renewal_closed", _article(profile), last=window.last, day=day)
    return Allowed(_article(profile))


def longest_expiry(old_expiry: datetime, *, attested: datetime, profile: Profile) -> datetime:
    """The last second of the longest renewed term, in UTC; `attested` is the renewal's own.

    After the old term: the day that corresponds to the last old day, years on, and no later, so a
    term that ended on 28 February does not creep to the 29th (Civil Code art. 202).
    """
    if word(profile, "renewed_term_starts") != "AFTER_OLD_TERM":
        return last_second(attested, profile=profile)
    clock = profile.clocks["validity"]
    if clock.unit is not Unit.YEAR:
        raise ValueError(f"{profile.name} counts validity in {clock.unit}, expected years")
    old_last_day = old_expiry.astimezone(BEIJING).date()
    return end_of(months_after(old_last_day, 12 * clock.length))


def stands(
    expiry: datetime, *, at: datetime, renewal_filed: datetime | None, profile: Profile
) -> Answer:
    """Whether a certificate stands at a moment; `renewal_filed` is of a renewal not yet decided.

    What lapses is the certificate; that the rights end the guide does not say.
    """
    if at <= expiry:
        return Allowed(_article(profile))
    is_pending = renewal_filed is not None and isinstance(
        in_window(expiry, filed=renewal_filed, profile=profile), Allowed
    )
    if is_pending and is_so(profile, "pending_renewal_prevents_lapse"):
        source = profile.settings["pending_renewal_prevents_lapse"].source
        return Allowed(source, ("the renewal applied for in time is decided",))
    if not is_so(profile, "lapse_is_automatic"):
        return Allowed(_article(profile), ("the registrar cancels it",))
    return refused("lapsed", _article(profile), last=_day(expiry))


def public_expiry(assigned: datetime, *, operation: Operation | None, profile: Profile) -> datetime:
    """The last second of a result of public data, in UTC; `assigned` is when the code was given.

    Three years; under an agreement of no more than three years, the actual time of operation
    (art. 15 ¶1: 不超过 includes three years to the day; 实际 means that an early end shortens it).
    """
    longest = last_second(assigned, profile=profile)
    if operation is None:
        return longest
    # A term of three years from 1 March runs to the last day of February, or to 1 March as those
    # put it who do not count the first day; both are three years.
    three_years = months_after(operation.first, 12 * profile.clocks["validity"].length)
    if operation.last > three_years:
        return longest
    actual = operation.last if operation.ended is None else min(operation.last, operation.ended)
    return min(longest, end_of(actual))


def _refusals(
    form: RenewalForm, subject: Subject, filed: datetime, profile: Profile
) -> Iterator[Refused]:
    article = _article(profile)
    if form.subject != subject.registration or form.certificate != subject.certificate:
        yield refused("another_registration", article)
    if subject.is_ended:
        yield refused("ended", article)
    if subject.is_disputed and is_barred_by_dispute(Kind.RENEWAL, profile):
        yield refused("disputed", "guide art. 22(3)")
    for share in form.shares:
        lacking = share.rights & ~subject.holds(share.party)
        if not subject.entries_of(share.party):
            yield refused("no_entry", article)
        if lacking:
            yield refused("renewer_lacks", article, rights=lacking)
        for entry in subject.entries_of(share.party):
            if entry.rights & share.rights or regime(profile) is Regime.PUBLIC_DATA:
                yield from _untimely(form, entry, filed, profile)
            barred = entry.barred(Exercise.RENEWAL) & share.rights
            if barred:
                yield refused("barred", "guide art. 23(2), (3)", rights=barred)


def _untimely(
    form: RenewalForm, entry: Entry, filed: datetime, profile: Profile
) -> Iterator[Refused]:
    timely = in_window(entry.expiry, filed=filed, profile=profile)
    if isinstance(timely, Refused):
        yield timely
    if form.until is None:
        return
    longest = longest_expiry(entry.expiry, attested=filed, profile=profile)
    if end_of(form.until) > longest:
        article, last = _article(profile), _day(longest)
        yield refused("beyond_longest", article, until=form.until, longest=last)
    if end_of(form.until) <= entry.expiry:
        yield refused("no_longer", _article(profile), last=_day(entry.expiry))


def _day(moment: datetime) -> date:
    return moment.astimezone(BEIJING).date()


def _article(profile: Profile) -> str:
    law = regime(profile)
    return law.cite("art. 15 ¶2" if law is Regime.PUBLIC_DATA else "art. 36")
