"""The registration of public data resources: by when, first, corrected, revoked, linked to property.

发改数据规〔2025〕26号, whose articles are cited bare where the guide is not named. Knows neither HTTP
nor the document store.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from registry.errors import Flaw, Malformed
from registry.rules import Allowed, Answer, NeedInfo, identifiers
from registry.rules.eligibility import PublicRegistration, Situation
from registry.rules.form_checks import (
    FormReview,
    advice,
    core_flaw,
    identity_flaws,
    length_and_script_flaws,
    public_code_flaws,
    repeated,
)
from registry.rules.form_fields import fields_of, papers_of, texts_in
from registry.rules.grading import Grade
from registry.rules.initial_form import ApplicantKind
from registry.rules.later_forms import CorrectionForm, ProofKind, Role
from registry.rules.profiles import Kind, Profile
from registry.rules.public_form import Basis, Capacity, PublicForm, PublicPaperKind
from registry.rules.refusals import refused
from registry.rules.settled import Regime, regime
from registry.rules.subjects import Subject
from registry.rules.terms import Term, term
from registry.rules.units import opening_of
from registry.rules.validity import BEIJING
from registry.rules.workdays import Calendar

_BASES: Final = MappingProxyType(
    {
        Capacity.HOLDER: (Basis.DUTIES, Basis.PUBLIC_SERVICE),
        Capacity.OPERATOR: (Basis.AUTHORISED_OPERATION,),
        Capacity.UTILITY: (Basis.PUBLIC_SERVICE,),
    }
)


def review(form: PublicForm, *, profile: Profile) -> FormReview:
    """All rules over one form of a first registration; nothing is raised."""
    if form.grade is Grade.CORE:
        return FormReview((), (core_flaw(profile),), ())
    found = tuple(texts_in(form, fields_of(Kind.INITIAL, profile=profile)))
    return FormReview(
        malformed=(*length_and_script_flaws(found, profile), *_malformed(form, profile)),
        refusals=tuple(_refusals(form, profile)),
        warnings=tuple(advice(found, profile)),
    )


def public_extract(form: PublicForm) -> dict[str, Any]:
    """What art. 12 publishes: registrant, kind, name and summary of the data."""
    return {
        "applicants": [applicant.name for applicant in form.applicants],
        "kind": Kind.INITIAL.name,
        "name": form.resource.name,
        "overview": form.resource.overview,
    }


def attested_before(form: PublicForm, *, filed: datetime) -> Answer:
    """Whether the data were attested before the application, as art. 7 ¶2 asks."""
    day = filed.astimezone(BEIJING).date()
    if form.attestation.on > day:
        return refused("attested_late", _cite("art. 7"), on=form.attestation.on, day=day)
    return Allowed(_cite("art. 7"))


def register_by(
    delivered: datetime, *, profile: Profile, calendar: Calendar | None = None
) -> Term | NeedInfo | None:
    """By when the first registration of what an authorised operation delivered is to be applied for.

    What was delivered before the law was in force has a period from its first day (art. 9(1)). To be
    late is no ground of refusal. None under a profile that knows no such duty.
    """
    if "first_registration" not in profile.clocks:
        return None
    if profile.in_force is not None:
        entry = opening_of(profile.in_force.first)
        if delivered < entry:
            return term("legacy_registration", entry, profile=profile, calendar=calendar)
    return term("first_registration", delivered, profile=profile, calendar=calendar)


def correction(
    form: CorrectionForm,
    subject: Subject,
    *,
    profile: Profile,
    is_error_shown: bool | None,
) -> Answer:
    """Whether what an entry says may be corrected (art. 9(3)).

    The registrant consents in writing, by applying itself or by a paper; or evidence shows that the
    entry is wrong, `is_error_shown` being what the registrar made of it, None before it looked.
    """
    article = _cite("art. 9(3)")
    if regime(profile) is not Regime.PUBLIC_DATA:
        return refused("no_corrections", "guide art. 32")
    if form.subject != subject.registration or form.certificate != subject.certificate:
        return refused("another_registration", article)
    if subject.is_ended:
        return refused("ended", article)
    registrants = {entry.party for entry in subject.entries}
    for person in form.applicants:
        if person.role is Role.APPLICANT and person.party not in registrants:
            return refused("not_the_registrant", article, name=person.name)
    papers = {paper.kind for paper in form.papers}
    applying = {person.party for person in form.applicants}
    if registrants <= applying or ProofKind.CONSENT in papers:
        return Allowed(article)
    if ProofKind.EVIDENCE not in papers:
        return NeedInfo(("consent", "evidence"), article)
    if is_error_shown is None:
        return NeedInfo(("is_error_shown",), article)
    if not is_error_shown:
        return refused("error_not_shown", article)
    return Allowed(article)


def revocation(
    ground: int,
    subject: Subject,
    *,
    profile: Profile,
    is_verified: bool | None,
) -> Answer:
    """Whether the registrar may revoke a registration (art. 20): a ground of four, and verified.

    It is no application: nobody but the registrar asks.
    """
    article = _cite("art. 20")
    if regime(profile) is not Regime.PUBLIC_DATA:
        # Fraud is met there by objection and cancellation.
        return refused("no_revocation", "guide arts. 29, 37, 39")
    if ground not in profile.revocation_grounds:
        known = ", ".join(str(number) for number in profile.revocation_grounds)
        return refused("unknown_ground", article, ground=ground, known=known)
    if subject.is_ended:
        return refused("ended", article)
    if is_verified is None:
        return NeedInfo(("is_verified",), article)
    if not is_verified:
        return refused("not_verified", article)
    return Allowed(article)


@dataclass(frozen=True, slots=True)
class PublicRecord:
    """What the register of public data says behind a code; `stands`: neither lapsed nor ended."""

    code: str
    registered: PublicRegistration
    stands: bool


def public_product(
    situation: Situation,
    code: str | None,
    record: PublicRecord | None,
    *,
    profile: Profile,
) -> Answer:
    """Whether a product of authorised operation may be registered as property (guide art. 15(2)).

    The product must have its own code there; the code of the resource behind it does not do.
    `record` is None where the register was not asked. By the setting `public_product_refused_at`
    the answer bars the filing itself or only the registration.
    """
    article = "guide art. 15(2)"
    if situation is not Situation.AUTHORISED_PRODUCT:
        return Allowed(article)
    if code is None:
        return NeedInfo(("public_product_code",), article)
    if public_code_flaws(code, pointer="", profile=profile):
        return refused("no_public_code", article, code=repr(code[:40]))
    if record is None:
        return NeedInfo(("public_record",), article)
    if record.code != code:
        return refused("other_record", article, got=record.code, expected=code)
    if record.registered is not PublicRegistration.PRODUCT:
        return refused("product_not_registered", article)
    if not record.stands:
        return refused("public_record_ended", article)
    return Allowed(article)


def _malformed(form: PublicForm, profile: Profile) -> Iterator[Flaw]:
    for i, applicant in enumerate(form.applicants):
        at = f"/applicants/{i}/id"
        yield from identity_flaws(applicant.kind, applicant.id, pointer=at, profile=profile)
    yield from repeated([each.party for each in form.applicants], name="party")
    yield from repeated([each.id for each in form.applicants], name="id")
    try:
        identifiers.industry(form.resource.industry, pointer="/resource/industry")
    except Malformed as wrong:
        yield from wrong.flaws
    scope, operation = form.resource.time_scope, form.operation
    if scope.first > scope.last:
        detail = f"ends {scope.last}, before it begins {scope.first}"
        yield Flaw("/resource/time_scope/last", "time_scope", detail)
    if operation is not None and operation.first > operation.last:
        detail = f"ends {operation.last}, before it begins {operation.first}"
        yield Flaw("/operation/last", "time_scope", detail)


def _refusals(form: PublicForm, profile: Profile) -> Iterator[Flaw]:
    named = {str(paper.kind) for paper in form.papers}
    if form.agreeing and PublicPaperKind.JOINT_CONSENT not in named:
        yield Flaw("/papers", _cite("art. 7"), "That one applies for several needs their consent.")
    for paper, required in papers_of(Kind.INITIAL, profile=profile).items():
        if paper not in named:
            yield Flaw("/papers", _cite(required.article), required.text.both())
    for i, applicant in enumerate(form.applicants):
        at = f"/applicants/{i}"
        if applicant.kind is ApplicantKind.NATURAL:
            yield Flaw(f"{at}/kind", _cite("art. 3"), "A registrant is a body or a legal person.")
        bases = _BASES[applicant.capacity]
        if form.source.basis not in bases:
            detail = f"{applicant.capacity} registers data of {' or '.join(bases)}"
            yield Flaw("/source/basis", _cite("art. 3"), detail)
    is_operated = form.source.basis is Basis.AUTHORISED_OPERATION
    if is_operated and form.operation is None:
        yield Flaw("/operation", _cite("arts. 3, 15"), "The agreement of operation is missing.")
    if is_operated and form.product is None:
        yield Flaw("/product", _cite("arts. 5, 9(1)"), "Operators register products and services.")


def _cite(article: str) -> str:
    return Regime.PUBLIC_DATA.cite(article)
