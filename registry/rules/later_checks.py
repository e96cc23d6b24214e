"""Judging a form of a later kind by itself: what it says, not what it says it about.

Knows nothing of the registration concerned, but the codes and fields that such ones have.
"""

import re
from collections.abc import Iterator
from typing import Final

from pydantic import JsonValue

from registry.errors import Flaw, Malformed
from registry.rules import Refused, transfers
from registry.rules.form_checks import (
    FormReview,
    FoundText,
    advice,
    identity_flaws,
    length_and_script_flaws,
    public_code_flaws,
    repeated,
)
from registry.rules.form_fields import FormField, fields_of, papers_of, texts_in
from registry.rules.identifiers import CertificateCode
from registry.rules.later_forms import (
    AmendmentForm,
    CancellationForm,
    CorrectionForm,
    LaterForm,
    RenewalForm,
    Role,
    Share,
    TransferForm,
)
from registry.rules.profiles import Kind, Profile
from registry.rules.rights import NO_RIGHT
from registry.rules.settled import Regime, regime, words
from registry.rules.tables import Words

_ROLES: Final = {
    Kind.TRANSFER: {Role.TRANSFEROR, Role.TRANSFEREE},
    Kind.CORRECTION: {Role.APPLICANT, Role.INTERESTED_PARTY},
}


def kind_of(form: LaterForm) -> Kind:
    """The kind that a form of a later application is for."""
    match form:
        case TransferForm():
            return Kind.TRANSFER
        case AmendmentForm():
            return Kind.AMENDMENT
        case RenewalForm():
            return Kind.RENEWAL
        case CancellationForm():
            return Kind.CANCELLATION
        case CorrectionForm():
            return Kind.CORRECTION
        case _:
            raise TypeError(f"{type(form).__name__} is no form of a later application")


def review(form: LaterForm, *, profile: Profile) -> FormReview:
    """All that is to be said about the form alone; nothing is raised."""
    found = (
        *texts_in(form, fields_of(kind_of(form), profile=profile)),
        *_changed_texts(form, profile),
    )
    return FormReview(
        malformed=(*length_and_script_flaws(found, profile), *_malformed(form, profile)),
        refusals=tuple(_refusals(form, profile)),
        warnings=tuple(advice(found, profile)),
    )


def _malformed(form: LaterForm, profile: Profile) -> Iterator[Flaw]:
    yield from certificate_flaws(form.certificate, pointer="/certificate", profile=profile)
    may_be = _ROLES.get(kind_of(form), {Role.APPLICANT})
    for i, person in enumerate(form.applicants):
        at = f"/applicants/{i}"
        if person.role not in may_be:
            expected = ", ".join(sorted(may_be))
            yield Flaw(f"{at}/role", "role", f"got {person.role}, expected {expected}")
        yield from identity_flaws(person.kind, person.id, pointer=f"{at}/id", profile=profile)
    yield from repeated([person.party for person in form.applicants], name="party")
    yield from repeated([person.id for person in form.applicants], name="id")
    match form:
        case TransferForm():
            yield from _conveyance_flaws(form)
        case AmendmentForm() | CorrectionForm():
            yield from _change_flaws(form, profile)
        case RenewalForm() | CancellationForm():
            yield from _share_flaws(form, form.shares, regime(profile))


def certificate_flaws(code: str, *, pointer: str, profile: Profile) -> tuple[Flaw, ...]:
    """What is wrong with the code of a registration of this profile."""
    if regime(profile) is Regime.PUBLIC_DATA:
        return public_code_flaws(code, pointer=pointer, profile=profile)
    try:
        found = CertificateCode.parse(code, pointer=pointer)
    except Malformed as wrong:
        return wrong.flaws
    if found.prefix != profile.code_prefix:
        detail = f"got {found.prefix!r}, expected {profile.code_prefix!r} under {profile.name}"
        return (Flaw(pointer, "code_prefix", detail),)
    return ()


def _conveyance_flaws(form: TransferForm) -> Iterator[Flaw]:
    roles = {person.party: person.role for person in form.applicants}
    for i, conveyance in enumerate(form.conveyances):
        at = f"/conveyances/{i}"
        for name, party, role in (
            ("transferor", conveyance.transferor, Role.TRANSFEROR),
            ("transferee", conveyance.transferee, Role.TRANSFEREE),
        ):
            if roles.get(party) is not role:
                yield Flaw(f"{at}/{name}", "role", f"expected an applicant whose role is {role}")
        if conveyance.rights == NO_RIGHT:
            yield Flaw(f"{at}/rights", "empty", "expected at least one right")
    pairs = [f"{each.transferor}{each.transferee}" for each in form.conveyances]
    for flaw in repeated(pairs, name="pair", place="/conveyances"):
        yield Flaw(flaw.pointer.removesuffix("/pair"), flaw.rule, flaw.detail)
    named = {p for each in form.conveyances for p in (each.transferor, each.transferee)}
    for i, person in enumerate(form.applicants):
        if person.party not in named:
            yield Flaw(f"/applicants/{i}/party", "unnamed", "no conveyance is to or from this one")


def _share_flaws(form: LaterForm, shares: tuple[Share, ...], law: Regime) -> Iterator[Flaw]:
    parties = {person.party for person in form.applicants}
    for i, share in enumerate(shares):
        at = f"/shares/{i}"
        if share.party not in parties:
            yield Flaw(f"{at}/party", "unnamed", "expected one of the applicants")
        if law is Regime.PROPERTY_RIGHTS and share.rights == NO_RIGHT:
            yield Flaw(f"{at}/rights", "empty", "expected at least one right")
        if law is Regime.PUBLIC_DATA and share.rights != NO_RIGHT:
            detail = "a registration of public data is not of rights; expected none"
            yield Flaw(f"{at}/rights", "not_empty", detail)
    yield from repeated([share.party for share in shares], name="party", place="/shares")
    for i, person in enumerate(form.applicants):
        if person.party not in {share.party for share in shares}:
            yield Flaw(f"/applicants/{i}/party", "unnamed", "no share is of this one")


def _change_flaws(form: AmendmentForm | CorrectionForm, profile: Profile) -> Iterator[Flaw]:
    for i, change in enumerate(form.changes):
        if _registered_field(change.at, profile) is None:
            detail = f"got {change.at!r}, expected a field of the form as registered"
            yield Flaw(f"/changes/{i}/at", "unknown_field", detail)
        if change.before == change.after:
            yield Flaw(f"/changes/{i}/after", "unchanged", "the same as before")
    yield from repeated([change.at for change in form.changes], name="at", place="/changes")


# What a registered fact is called is a question; as a text it is held to this.
_FACT: Final = FormField(label=Words(zh="情况", en="fact"), basis="arts. 15, 20, 21", limit=100)


def _registered_field(at: str, profile: Profile) -> FormField | None:
    if at.startswith("/data/facts/"):
        return _FACT
    pattern = re.sub(r"/[0-9]+(?=/|$)", "/*", at)
    return fields_of(Kind.INITIAL, profile=profile).get(pattern)


def _changed_texts(form: LaterForm, profile: Profile) -> Iterator[FoundText]:
    if isinstance(form, AmendmentForm | CorrectionForm):
        for i, change in enumerate(form.changes):
            field = _registered_field(change.at, profile) or _FACT
            if not (field.limit or field.advice):
                field = field.model_copy(update={"limit": _FACT.limit})
            for side, value in (("before", change.before), ("after", change.after)):
                for place, text in _strings(value):
                    yield f"/changes/{i}/{side}{place}", field, text


def _strings(value: JsonValue, place: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield place, value
    elif isinstance(value, list):
        for i, item in enumerate(value):
            yield from _strings(item, f"{place}/{i}")
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _strings(item, f"{place}/{key}")


def _refusals(form: LaterForm, profile: Profile) -> Iterator[Flaw]:
    law, kind = regime(profile), kind_of(form)
    named = {str(paper.kind) for paper in form.papers}
    for paper, required in papers_of(kind, profile=profile).items():
        if paper not in named:
            yield Flaw("/papers", law.cite(required.article), required.text.both())
    if isinstance(form, TransferForm):
        answer = transfers.conveyable(form, profile=profile)
        if isinstance(answer, Refused):
            yield Flaw("/conveyances", answer.basis, answer.why)
    if isinstance(form, CancellationForm):
        grounds = words(profile, "cancellation_on_application")
        if str(form.ground) not in grounds:
            detail = f"got {form.ground}, expected a ground to apply on: {', '.join(grounds)}"
            yield Flaw("/ground", profile.settings["cancellation_on_application"].source, detail)
