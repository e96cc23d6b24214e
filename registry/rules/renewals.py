"""Renewal before a term ends, and what becomes of a term that nobody renewed.

Guide art. 36 with annex 4; public data: 发改数据规〔2025〕26号 art. 15.
"""

from collections.abc import Iterator
from datetime import datetime

from registry.rules import Allowed, Answer, NeedInfo, Refused
from registry.rules.later_forms import RenewalForm
from registry.rules.profiles import Kind, Profile
from registry.rules.rights import LABELS, Right, names
from registry.rules.settled import Regime, is_barred_by_dispute, is_so, regime
from registry.rules.subjects import Entry, Subject
from registry.rules.validity import BEIJING, end_of, has_lapsed, renewal_window, renewed_until


def renewal(form: RenewalForm, subject: Subject, *, filed: datetime, profile: Profile) -> Answer:
    """Whether a renewal filed at a moment is in time and for what still stands.

    No instrument bars it: renewal disposes of nothing. It may name only some of the rights held.
    """
    refused = next(_refusals(form, subject, filed, profile), None)
    if refused is not None:
        return refused
    if subject.is_disputed is None and is_barred_by_dispute(Kind.RENEWAL, profile):
        return NeedInfo(("is_disputed",), "guide art. 22(3)")
    return Allowed(_article(profile))


def in_window(expiry: datetime, *, filed: datetime, profile: Profile) -> Answer:
    """Whether renewal of what expires then may be applied for at a moment; exact to the day."""
    window = renewal_window(expiry, profile=profile)
    day = filed.astimezone(BEIJING).date()
    if day < window.first:
        return Refused(f"Renewal opens on {window.first}, got {day}.", _article(profile))
    if day > window.last:
        return Refused(f"Renewal closed after {window.last}, got {day}.", _article(profile))
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
    if not has_lapsed(expiry, at=at, is_renewal_pending=is_pending, profile=profile):
        if is_so(profile, "lapses_by_itself"):
            source = profile.settings["pending_renewal_prevents_lapse"].source
            return Allowed(source, ("the renewal applied for in time is decided",))
        return Allowed(_article(profile), ("the registrar cancels it",))
    return Refused(f"It expired at {expiry} and no renewal was applied for.", _article(profile))


def _refusals(
    form: RenewalForm, subject: Subject, filed: datetime, profile: Profile
) -> Iterator[Refused]:
    article = _article(profile)
    if form.subject != subject.registration or form.certificate != subject.certificate:
        yield Refused("Form and certificate are of another registration.", article)
    if subject.is_ended:
        yield Refused("The registration was cancelled.", article)
    if subject.is_disputed and is_barred_by_dispute(Kind.RENEWAL, profile):
        yield Refused("A dispute over the rights is unresolved.", "guide art. 22(3)")
    for share in form.shares:
        lacking = share.rights & ~subject.holds(share.party)
        if lacking or not subject.entries_of(share.party):
            called = ", ".join(f"{n} {LABELS[Right[n]]['zh']}" for n in names(lacking)) or "entry"
            yield Refused(f"The applicant holds no {called} here.", article)
        for entry in subject.entries_of(share.party):
            if entry.rights & share.rights or regime(profile) is Regime.PUBLIC_DATA:
                yield from _untimely(form, entry, filed, profile)


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
        why = f"Until {form.until} was asked, but {longest.astimezone(BEIJING).date()} is the last."
        yield Refused(why, _article(profile))
    if end_of(form.until) <= entry.expiry:
        yield Refused(f"It stands until {entry.expiry} already.", _article(profile))


def _article(profile: Profile) -> str:
    law = regime(profile)
    return law.cite("art. 15 ¶2" if law is Regime.PUBLIC_DATA else "art. 36")
