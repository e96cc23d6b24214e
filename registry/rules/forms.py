"""Judging a form before anything is signed, stored or sent: every fault at once, each with its
place and its rule.

Knows neither HTTP nor the document store. The shape is `initial_form`, what is known of each field
`form_fields`.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from registry.errors import Flaw, Malformed
from registry.hashes import canonical
from registry.rules import Allowed, Answer, NeedInfo, Refused, eligibility, grading, identifiers
from registry.rules.form_checks import (
    LARGEST,
    FormReview,
    advice,
    core_flaw,
    identity_flaws,
    length_and_script_flaws,
    public_code_flaws,
    repeated,
    shaped,
)
from registry.rules.form_fields import labels, required_papers, texts
from registry.rules.grading import Grade, Outbound
from registry.rules.initial_form import ApplicantKind, InitialForm
from registry.rules.profiles import Profile
from registry.rules.rights import LABELS, NO_RIGHT, Right, names
from registry.rules.settled import word
from registry.rules.text import text_flaws

__all__ = [
    "LARGEST",
    "FormReview",
    "InitialForm",
    "canonical_form",
    "check",
    "claims",
    "labels",
    "public_extract",
    "review",
]


def check(form_json: object, *, profile: Profile) -> InitialForm:
    """The form, if it may be filed under a profile.

    `form_json` is parsed JSON. Raises: NotAllowed at once, repeating nothing of the form, for CORE
    data; TooLarge; Malformed for shape and text; NotAllowed when only the law stands against it.
    The flaws are all there are, up to 100.
    """
    return checked(form_json, profile=profile)[0]


def checked(form_json: object, *, profile: Profile) -> tuple[InitialForm, bytes]:
    """The same, with the canonical bytes (RFC 8785) that a commitment binds."""
    form, content = shaped(form_json, InitialForm, template="annex 1", profile=profile)
    review(form, profile=profile).insist()
    return form, content


def review(form: InitialForm, *, profile: Profile) -> FormReview:
    """All rules over one form; nothing is raised, so that a desk can show what it found."""
    if form.grade is Grade.CORE:
        return FormReview((), (core_flaw(profile),), ())
    found = tuple(texts(form, profile=profile))
    refusals = tuple(_refusals(form, profile))
    later = () if _is_code_needed(profile) else tuple(filter(_is_of_public_code, refusals))
    return FormReview(
        malformed=(*length_and_script_flaws(found, profile), *_malformed(form, profile)),
        refusals=tuple(flaw for flaw in refusals if flaw not in later),
        warnings=(*advice(found, profile), *_conditions(form, profile), *later),
    )


def canonical_form(form: InitialForm) -> bytes:
    """The one byte form of a form (RFC 8785), unanswered and empty optional fields left out."""
    return canonical(form.model_dump(mode="json", exclude_none=True))


def claims(form: InitialForm) -> tuple[tuple[str, Right], ...]:
    """Party id and rights of each applicant, ascending by party: what the message `File` names."""
    return tuple(sorted((a.party, a.claim.rights) for a in form.applicants))


def public_extract(form: InitialForm) -> dict[str, Any]:
    """What the notice publishes of a form (guide art. 24): applicants, name, overview, limits.

    The list of art. 24 is open (等); this is its named part. "登记申请人信息" is read as names: the
    name of a natural person is published, as the article says, and nothing else about a person.
    """
    return {
        "applicants": [applicant.name for applicant in form.applicants],
        "name": form.data.name,
        "overview": form.data.overview,
        "limits": {
            "restrictions": form.data.restrictions,
            "claims": [
                {
                    "applicant": applicant.name,
                    "rights": list(names(applicant.claim.rights)),
                    "until": applicant.claim.until and applicant.claim.until.isoformat(),
                    "limits": applicant.claim.limits,
                }
                for applicant in form.applicants
            ],
        },
    }


def _malformed(form: InitialForm, profile: Profile) -> Iterator[Flaw]:
    for i, applicant in enumerate(form.applicants):
        yield from identity_flaws(
            applicant.kind, applicant.id, pointer=f"/applicants/{i}/id", profile=profile
        )
        if applicant.claim.rights == NO_RIGHT:
            yield Flaw(f"/applicants/{i}/claim/rights", "empty", "expected at least one right")
    for i, holder in enumerate(form.other_holders):
        if holder.rights == NO_RIGHT:
            yield Flaw(f"/other_holders/{i}/rights", "empty", "expected at least one right")
    yield from repeated([a.party for a in form.applicants], name="party")
    yield from repeated([a.id for a in form.applicants], name="id")
    try:
        identifiers.industry(form.data.industry, pointer="/data/industry")
    except Malformed as wrong:
        yield from wrong.flaws
    at, code = "/data/facts/public_product_code", form.data.facts.public_product_code
    if code is not None and not text_flaws(code, pointer=at, limit=len(code)):
        yield from public_code_flaws(code, pointer=at, profile=profile)
    scope = form.data.time_scope
    if scope.first > scope.last:
        detail = f"ends {scope.last}, before it begins {scope.first}"
        yield Flaw("/data/time_scope/last", "time_scope", detail)


def _is_code_needed(profile: Profile) -> bool:
    # Or else it bars only registration, and whoever attests asks `public_data.public_product`.
    return word(profile, "public_product_refused_at") == "FILING"


def _is_of_public_code(flaw: Flaw) -> bool:
    facts = ("/data/facts/public_registration", "/data/facts/public_product_code")
    return flaw.rule == "guide art. 15(2)" or (flaw.rule == "unanswered" and flaw.pointer in facts)


def _refusals(form: InitialForm, profile: Profile) -> Iterator[Flaw]:
    answers = eligibility.eligibility(form.data.source, form.data.facts, profile=profile)
    for i, applicant in enumerate(form.applicants):
        yield from _barred(answers, applicant.claim.rights, f"/applicants/{i}/claim/rights")
    claimed = [applicant.claim.rights for applicant in form.applicants]
    yield from _unanswered(answers, claimed, profile)
    yield from _contradictions(form)
    paper_kinds = {paper.kind for paper in form.papers}
    graded = _graded(form, profile)
    if isinstance(graded, Refused):
        yield Flaw("/papers", graded.basis, graded.why)
    for kind, required in required_papers(profile).items():
        if kind not in paper_kinds:
            yield Flaw("/papers", f"guide {required.article}", required.text.both())


def _graded(form: InitialForm, profile: Profile) -> Answer:
    paper_kinds = {paper.kind for paper in form.papers}
    return grading.registrable(
        form.grade,
        form.outbound,
        has_important_data_proof=grading.important_papers(profile) <= paper_kinds,
        profile=profile,
    )


def _conditions(form: InitialForm, profile: Profile) -> Iterator[Flaw]:
    """What supply abroad will need; registration does not hang on it."""
    graded = _graded(form, profile)
    if form.outbound is Outbound.INTENDED and isinstance(graded, Allowed):
        for condition in graded.conditions:
            yield Flaw("/outbound", graded.basis, condition)


def _barred(answers: Mapping[Right, Answer], rights: Right, pointer: str) -> Iterator[Flaw]:
    barred: dict[Refused, list[str]] = {}
    for right in rights:
        answer = answers[right]
        if isinstance(answer, Refused):
            barred.setdefault(answer, []).append(f"{right.name} {LABELS[right]['zh']}")
    for answer, refused in barred.items():
        yield Flaw(pointer, answer.basis, f"{', '.join(refused)}: {answer.why}")


def _unanswered(
    answers: Mapping[Right, Answer], claimed: Iterable[Right], profile: Profile
) -> Iterator[Flaw]:
    asked: dict[str, None] = {}
    for rights in claimed:
        for right in rights:
            answer = answers[right]
            if isinstance(answer, NeedInfo):
                asked |= dict.fromkeys(answer.what)
    for fact in asked:
        entry = eligibility.question(fact, profile=profile)
        detail = f"{entry.question.both()} (guide {entry.article})"
        yield Flaw(f"/data/facts/{fact}", "unanswered", detail)


def _contradictions(form: InitialForm) -> Iterator[Flaw]:
    stated = form.data.facts.important_data
    if stated is not None and stated is not (form.grade is Grade.IMPORTANT):
        detail = f"important_data is {str(stated).lower()}, but the grade is {form.grade.name}"
        yield Flaw("/grade", "contradiction", detail)
    if form.data.facts.applicant_is_natural_person:
        for i, applicant in enumerate(form.applicants):
            if applicant.kind is not ApplicantKind.NATURAL:
                detail = f"applicant_is_natural_person is true, but this one is {applicant.kind}"
                yield Flaw(f"/applicants/{i}/kind", "contradiction", detail)
