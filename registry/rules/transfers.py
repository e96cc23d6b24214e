"""Transfer of rights from who no longer keeps them (guide art. 34, annex 2)."""

from collections.abc import Iterator
from datetime import datetime

from registry.rules import Allowed, Answer, NeedInfo, Refused, renewals
from registry.rules.later_forms import Conveyance, TransferForm
from registry.rules.profiles import Kind, Profile
from registry.rules.refusals import refused
from registry.rules.rights import NO_RIGHT, Exercise, Right
from registry.rules.settled import is_barred_by_dispute, is_so, word
from registry.rules.subjects import Entry, Subject
from registry.rules.validity import BEIJING, end_of, last_second

ARTICLE = "guide art. 34"


def transfer(form: TransferForm, subject: Subject, *, at: datetime, profile: Profile) -> Answer:
    """Whether the transfer may be registered at a moment.

    The transferor must hold what it transfers, valid and not barred; nothing is retained; the
    transferee gets no longer a term than was left. That both apply is the form's.
    """
    alone = conveyable(form, profile=profile)
    if isinstance(alone, Refused):
        return alone
    refusal = next(_refusals(form, subject, at, profile), None)
    if refusal is not None:
        return refusal
    missing = tuple(_missing(form, subject, profile))
    if missing:
        return NeedInfo(missing, f"{ARTICLE}; arts. 21(5), 22(3)")
    return Allowed(ARTICLE, ("the transferor's certificate is adjusted",))


def conveyable(form: TransferForm, *, profile: Profile) -> Answer:
    """What the form alone shows: nothing is retained, split or multiplied."""
    if form.is_retained:
        return refused("retained", ARTICLE)
    is_split = not all(conveyance.is_whole for conveyance in form.conveyances)
    if is_split and not is_so(profile, "transfer_splits_data"):
        source = profile.settings["transfer_splits_data"].source
        return refused("split", source)
    if not is_so(profile, "transfer_multiplies_right"):
        given: dict[str, Right] = {}
        for conveyance in form.conveyances:
            twice = given.get(conveyance.transferor, NO_RIGHT) & conveyance.rights
            if twice:
                source = profile.settings["transfer_multiplies_right"].source
                return refused("multiplied", source, rights=twice)
            given[conveyance.transferor] = (
                given.get(conveyance.transferor, NO_RIGHT) | conveyance.rights
            )
    return Allowed(ARTICLE)


def longest_term(entry: Entry, *, at: datetime, profile: Profile) -> datetime:
    """The last second that a transferee may get of an entry, by the setting `transferred_term`."""
    if word(profile, "transferred_term") == "NEW":
        return last_second(at, profile=profile)
    return entry.expiry


def transferred(
    form: TransferForm, subject: Subject, *, at: datetime, profile: Profile
) -> tuple[Subject, tuple[Entry, ...]]:
    """The registration as the transfer leaves it, and the entries that the transfer itself bears.

    The transferor's entries shrink; what a transferee gets stands under the transfer, which is what
    its own later applications name. To be asked only of what `transfer` allows.
    """
    left, gained = subject, list[Entry]()
    for conveyance in form.conveyances:
        for entry in subject.entries_of(conveyance.transferor):
            moved = entry.rights & conveyance.rights
            if moved:
                expiry = _expiry(conveyance, entry, at, profile)
                gained.append(Entry(conveyance.transferee, moved, expiry, is_transferred=True))
        left = left.without(conveyance.transferor, conveyance.rights)
    return left, tuple(gained)


def _expiry(conveyance: Conveyance, entry: Entry, at: datetime, profile: Profile) -> datetime:
    longest = longest_term(entry, at=at, profile=profile)
    return longest if conveyance.until is None else min(longest, end_of(conveyance.until))


def _refusals(
    form: TransferForm, subject: Subject, at: datetime, profile: Profile
) -> Iterator[Refused]:
    if form.subject != subject.registration or form.certificate != subject.certificate:
        yield refused("another_registration", "guide arts. 33, 34")
    if subject.is_ended:
        yield refused("ended", "guide art. 37")
    if subject.is_disputed and is_barred_by_dispute(Kind.TRANSFER, profile):
        yield refused("disputed", "guide art. 22(3)")
    for conveyance in form.conveyances:
        yield from _refused(conveyance, subject, at, profile)
    if form.participants_consent is False and _operates_fused(form, subject, profile):
        yield refused("participants_disagree", "guide art. 21(5)")


def _refused(
    conveyance: Conveyance, subject: Subject, at: datetime, profile: Profile
) -> Iterator[Refused]:
    lacking = conveyance.rights & ~subject.holds(conveyance.transferor)
    if lacking:
        yield refused("transferor_lacks", ARTICLE, rights=lacking)
    for entry in subject.entries_of(conveyance.transferor):
        moved = entry.rights & conveyance.rights
        if not moved:
            continue
        filed = entry.renewal_filed if moved in entry.renewing else None
        standing = renewals.stands(entry.expiry, at=at, renewal_filed=filed, profile=profile)
        if isinstance(standing, Refused):
            yield standing
        if entry.is_transferred and not is_so(profile, "transferee_may_transfer"):
            setting = profile.settings["transferee_may_transfer"]
            yield refused("transferor_acquired", setting.source)
        barred = moved & entry.barred(Exercise.TRANSFER)
        if barred:
            yield refused("barred", "guide art. 23(2), (3)", rights=barred)
        if conveyance.until is not None:
            longest = longest_term(entry, at=at, profile=profile)
            if end_of(conveyance.until) > longest:
                source = profile.settings["transferred_term"].source
                last = longest.astimezone(BEIJING).date()
                yield refused("beyond_term", source, until=conveyance.until, longest=last)


def _missing(form: TransferForm, subject: Subject, profile: Profile) -> Iterator[str]:
    if subject.is_disputed is None and is_barred_by_dispute(Kind.TRANSFER, profile):
        yield "is_disputed"
    conveys_operate = any(Right.OPERATE in each.rights for each in form.conveyances)
    if conveys_operate and is_so(profile, "fused_transfer_needs_consent"):
        if subject.is_fused is None:
            yield "is_fused"
        if subject.is_fused and form.participants_consent is None:
            yield "participants_consent"


def _operates_fused(form: TransferForm, subject: Subject, profile: Profile) -> bool:
    return (
        is_so(profile, "fused_transfer_needs_consent")
        and subject.is_fused is True
        and any(Right.OPERATE in each.rights for each in form.conveyances)
    )
