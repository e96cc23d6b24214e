"""Cancellation, on application or by the registrar of its own motion, by right.

Guide art. 37 with annex 5; public data: 发改数据规〔2025〕26号 arts. 9(4) and 15 ¶3.
"""

from collections.abc import Iterable, Iterator

from registry.rules import Allowed, Answer, NeedInfo, Refused
from registry.rules.later_forms import CancellationForm, Share
from registry.rules.profiles import Profile
from registry.rules.refusals import refused
from registry.rules.rights import NO_RIGHT, Exercise, Right
from registry.rules.settled import Regime, regime, words
from registry.rules.subjects import Subject


def cancellation(
    form: CancellationForm, subject: Subject, *, profile: Profile, is_ordered: bool = False
) -> Answer:
    """Whether a cancellation applied for may be registered.

    Rights under an instrument that bars it are not cancelled at the holder's wish, unless the
    court or authority orders it itself (`is_ordered`). A dispute alone bars nothing.
    """
    article = _article(profile)
    if form.subject != subject.registration or form.certificate != subject.certificate:
        return refused("another_registration", article)
    if str(form.ground) not in words(profile, "cancellation_on_application"):
        source = profile.settings["cancellation_on_application"].source
        return refused("ground_of_registrar", source, ground=form.ground)
    return _cancellable(form.shares, subject, profile=profile, is_ordered=is_ordered)


def cancellation_ex_officio(
    ground: int,
    shares: Iterable[Share],
    subject: Subject,
    *,
    profile: Profile,
    notice: str | None,
    instrument: str | None = None,
    is_ordered: bool = False,
) -> Answer:
    """Whether the registrar may cancel of its own motion (guide art. 37 ¶2).

    `notice` is the hash of the written notice to the registrant, `instrument` that of the outcome,
    judgment or award that a ground rests on; None where there is none yet.
    """
    if str(ground) not in words(profile, "cancellation_ex_officio"):
        source = profile.settings["cancellation_ex_officio"].source
        return refused("ground_of_applicant", source, ground=ground)
    answer = _cancellable(tuple(shares), subject, profile=profile, is_ordered=is_ordered)
    if isinstance(answer, Refused):
        return answer
    missing: list[str] = []
    if notice is None:
        missing.append("notice")
    if instrument is None and str(ground) in words(profile, "cancellation_ground_documents"):
        missing.append("instrument")
    return NeedInfo(tuple(missing), _article(profile)) if missing else answer


def cancelled(shares: Iterable[Share], subject: Subject) -> Subject:
    """The registration without the rights cancelled; to be asked only of what is allowed."""
    found = subject
    for share in shares:
        found = found.without(share.party, _named(share, subject))
    return found


def _named(share: Share, subject: Subject) -> Right:
    # Public data are not registered by right: none named is all that the entry bears.
    return share.rights or subject.holds(share.party)


def _cancellable(
    shares: tuple[Share, ...], subject: Subject, *, profile: Profile, is_ordered: bool
) -> Answer:
    article = _article(profile)
    if subject.is_ended:
        return refused("ended", article)
    refusal = next(_refusals(shares, subject, profile, is_ordered), None)
    return refusal or Allowed(article)


def _refusals(
    shares: tuple[Share, ...], subject: Subject, profile: Profile, is_ordered: bool
) -> Iterator[Refused]:
    article = _article(profile)
    for share in shares:
        held = subject.holds(share.party)
        if not subject.entries_of(share.party):
            yield refused("no_entry", article)
        if share.rights & ~held:
            yield refused("nothing_to_cancel", article, rights=share.rights & ~held)
        if share.rights == NO_RIGHT and regime(profile) is Regime.PROPERTY_RIGHTS:
            yield refused("no_right_named", article)
        for entry in subject.entries_of(share.party):
            barred = entry.barred(Exercise.CANCELLATION) & _named(share, subject)
            if barred and not is_ordered:
                yield refused("barred", "guide art. 23(2), (3)", rights=barred)


def _article(profile: Profile) -> str:
    law = regime(profile)
    return law.cite("art. 9(4)" if law is Regime.PUBLIC_DATA else "art. 37")
