"""Renewal before a term ends, and what becomes of a term that nobody renewed.

Guide art. 36 with annex 4; public data: 发改数据规〔2025〕26号 art. 15.
"""

from collections.abc import Iterator
from datetime import date, datetime

from registry.rules import Allowed, Answer, NeedInfo, Refused
from registry.rules.later_forms import RenewalForm
from registry.rules.profiles import Kind, Profile
from registry.rules.refusals import refused
from registry.rules.rights import Exercise
from registry.rules.settled import Regime, is_barred_by_dispute, is_so, regime
from registry.rules.subjects import Entry, Subject
from registry.rules.validity import BEIJING, end_of, renewal_window, renewed_until


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
    if not is_so(profile, "lapses_by_itself"):
        return Allowed(_article(profile), ("the registrar cancels it",))
    return refused("lapsed", _article(profile), last=_day(expiry))


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
    longest = renewed_until(entry.expiry, attested=filed, profile=profile)
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
