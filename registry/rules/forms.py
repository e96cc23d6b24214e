"""Judging a form before anything is signed, stored or sent: every fault at once, each with its
place and its rule.

Knows neither HTTP nor the document store. The shape is `initial_form`, what is known of each field
`form_fields`.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

from pydantic import ValidationError

from registry.errors import Flaw, Malformed, NotAllowed, TooLarge
from registry.hashes import canonical
from registry.rules import Allowed, Answer, NeedInfo, Refused, eligibility, grading, identifiers
from registry.rules.form_fields import FormField, labels, required_papers, texts
from registry.rules.grading import Grade, Outbound
from registry.rules.initial_form import ApplicantKind, InitialForm
from registry.rules.profiles import Profile
from registry.rules.rights import LABELS, NO_RIGHT, Right, names
from registry.rules.text import look_alikes, text_flaws

__all__ = [
    "FormReview",
    "InitialForm",
    "canonical_form",
    "check",
    "claims",
    "labels",
    "public_extract",
    "review",
]

LARGEST: Final = 256 * 1024  # bytes of canonical JSON
DEEPEST: Final = 8
MOST_FLAWS: Final = 100

FoundText = tuple[str, FormField, str]  # pointer, field, text


@dataclass(frozen=True)
class FormReview:
    """What there is to say about a form of the right shape.

    `malformed`: a value that cannot be what it claims to be. `refusals`: a rule of law stands
    against it, or a fact is missing that a rule needs (rule word `unanswered`). `warnings` bar
    nothing.
    """

    malformed: tuple[Flaw, ...]
    refusals: tuple[Flaw, ...]
    warnings: tuple[Flaw, ...]


def check(form_json: object, *, profile: Profile) -> InitialForm:
    """The form, if it may be filed under a profile.

    `form_json` is parsed JSON. Raises: NotAllowed at once, repeating nothing of the form, for CORE
    data; TooLarge; Malformed for shape and text; NotAllowed when only the law stands against it.
    The flaws are all there are, up to 100.
    """
    return checked(form_json, profile=profile)[0]


def checked(form_json: object, *, profile: Profile) -> tuple[InitialForm, bytes]:
    """The same, with the canonical bytes (RFC 8785) that a commitment binds."""
    _refuse_core(form_json)
    form, content = _parse(form_json)
    found = review(form, profile=profile)
    flaws = (*found.malformed, *found.refusals)[:MOST_FLAWS]
    if found.malformed:
        raise Malformed("the form holds values that cannot be accepted", flaws=flaws)
    if found.refusals:
        raise NotAllowed("the rules do not allow what the form asks for", flaws=flaws)
    return form, content


def review(form: InitialForm, *, profile: Profile) -> FormReview:
    """All rules over one form; nothing is raised, so that a desk can show what it found."""
    if form.grade is Grade.CORE:
        return FormReview((), (_core_flaw(),), ())
    found = tuple(texts(form))
    return FormReview(
        malformed=(*_text_flaws(found, profile), *_malformed(form, profile)),
        refusals=tuple(_refusals(form)),
        warnings=(*_warnings(found, profile), *_conditions(form)),
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


def _refuse_core(form_json: object) -> None:
    # Before the shape is judged: a refusal of shape would repeat parts of the form.
    if isinstance(form_json, dict) and form_json.get("grade") == Grade.CORE.name:
        raise NotAllowed("core data are not registered", flaws=(_core_flaw(),))


def _core_flaw() -> Flaw:
    answer = grading.registrable(Grade.CORE, None, has_important_data_proof=None)
    assert isinstance(answer, Refused)
    return Flaw("/grade", answer.basis, answer.why)


def _parse(form_json: object) -> tuple[InitialForm, bytes]:
    flaws = tuple(_shape_flaws(form_json))
    if flaws:
        raise Malformed("the form is not JSON that can be signed", flaws=flaws)
    try:
        content = canonical(form_json)
    except ValueError as wrong:
        raise Malformed(f"the form has no canonical form: {wrong}") from None
    if len(content) > LARGEST:
        raise TooLarge(f"{len(content)} bytes, expected at most {LARGEST}")
    try:
        return InitialForm.model_validate_json(content), content
    except ValidationError as wrong:
        found = tuple(islice(_model_flaws(wrong), MOST_FLAWS))
        raise Malformed("the form does not have the shape of annex 1", flaws=found) from None


_SURROGATE: Final = re.compile("[\ud800-\udfff]")


def _shape_flaws(form_json: object) -> Iterator[Flaw]:
    # With a stack of our own: a body nested ten thousand deep must not end the interpreter's.
    stack: list[tuple[str, object, int]] = [("", form_json, 0)]
    while stack:
        pointer, value, depth = stack.pop()
        if depth > DEEPEST:
            yield Flaw(pointer, "too_deep", f"nested deeper than {DEEPEST}")
            return
        if isinstance(value, dict):
            for key, item in value.items():
                if not isinstance(key, str) or not key.isascii():
                    yield Flaw(pointer, "unknown_field", "a field's name is not ASCII")
                    return
                stack.append((f"{pointer}/{_escaped(key)}", item, depth + 1))
        elif isinstance(value, list):
            stack += ((f"{pointer}/{i}", item, depth + 1) for i, item in enumerate(value))
        elif isinstance(value, str) and _SURROGATE.search(value):
            yield Flaw(pointer, "surrogate", "half of a surrogate pair is not text")


_RULES: Final = {"extra_forbidden": "unknown_field"}


def _model_flaws(wrong: ValidationError) -> Iterator[Flaw]:
    errors = wrong.errors(include_url=False, include_input=False, include_context=False)
    places = [error["loc"] for error in errors]
    for error in errors:
        place = error["loc"]
        if error["type"] == "too_short" and any(p[:-1][: len(place)] == place for p in places):
            # Pydantic counts only the sound items of a list: the flaw is within, not the length.
            continue
        pointer = "".join(f"/{_escaped(str(part))}" for part in place)
        yield Flaw(pointer, _RULES.get(error["type"], error["type"]), error["msg"])


def _escaped(part: str) -> str:
    return part[:60].replace("~", "~0").replace("/", "~1")


def _text_flaws(found: Iterable[FoundText], profile: Profile) -> Iterator[Flaw]:
    for pointer, field, text in found:
        cap = field.cap(profile)
        yield from text_flaws(text, pointer=pointer, limit=cap, multiline=field.multiline)


def _malformed(form: InitialForm, profile: Profile) -> Iterator[Flaw]:
    for i, applicant in enumerate(form.applicants):
        must_be_uscc = applicant.kind is ApplicantKind.LEGAL or (
            applicant.kind is ApplicantKind.UNINCORPORATED and len(applicant.id) == 18
        )
        if must_be_uscc:
            yield from identifiers.uscc_flaws(
                applicant.id, fictitious=profile.sandbox, pointer=f"/applicants/{i}/id"
            )
        if applicant.claim.rights == NO_RIGHT:
            yield Flaw(f"/applicants/{i}/claim/rights", "empty", "expected at least one right")
    for i, holder in enumerate(form.other_holders):
        if holder.rights == NO_RIGHT:
            yield Flaw(f"/other_holders/{i}/rights", "empty", "expected at least one right")
    yield from _repeated("party", [a.party for a in form.applicants])
    yield from _repeated("id", [a.id for a in form.applicants])
    try:
        identifiers.industry(form.data.industry, pointer="/data/industry")
    except Malformed as wrong:
        yield from wrong.flaws
    scope = form.data.time_scope
    if scope.first > scope.last:
        detail = f"ends {scope.last}, before it begins {scope.first}"
        yield Flaw("/data/time_scope/last", "time_scope", detail)


def _repeated(name: str, values: list[str]) -> Iterator[Flaw]:
    for i, value in enumerate(values):
        if value in values[:i]:
            detail = f"the same {name} as applicant {values.index(value) + 1}"
            yield Flaw(f"/applicants/{i}/{name}", "repeated", detail)


def _refusals(form: InitialForm) -> Iterator[Flaw]:
    answers = eligibility.eligibility(form.data.source, form.data.facts)
    for i, applicant in enumerate(form.applicants):
        yield from _barred(answers, applicant.claim.rights, f"/applicants/{i}/claim/rights")
    yield from _unanswered(answers, [applicant.claim.rights for applicant in form.applicants])
    yield from _contradictions(form)
    paper_kinds = {paper.kind for paper in form.papers}
    graded = _graded(form)
    if isinstance(graded, Refused):
        yield Flaw("/papers", graded.basis, graded.why)
    for kind, required in required_papers().items():
        if kind not in paper_kinds:
            yield Flaw("/papers", f"guide {required.article}", required.text.both())


def _graded(form: InitialForm) -> Answer:
    paper_kinds = {paper.kind for paper in form.papers}
    return grading.registrable(
        form.grade,
        form.outbound,
        has_important_data_proof=grading.important_papers() <= paper_kinds,
    )


def _conditions(form: InitialForm) -> Iterator[Flaw]:
    """What supply abroad will need; registration does not hang on it."""
    graded = _graded(form)
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


def _unanswered(answers: Mapping[Right, Answer], claimed: Iterable[Right]) -> Iterator[Flaw]:
    asked: dict[str, None] = {}
    for rights in claimed:
        for right in rights:
            answer = answers[right]
            if isinstance(answer, NeedInfo):
                asked |= dict.fromkeys(answer.what)
    for fact in asked:
        entry = eligibility.question(fact)
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


def _warnings(found: Iterable[FoundText], profile: Profile) -> Iterator[Flaw]:
    for pointer, field, text in found:
        advised = field.advised(profile)
        if advised is not None and len(text) > advised:
            detail = f"{len(text)} characters; annex 1 advises at most {advised}"
            yield Flaw(pointer, "long", detail)
        scripts = look_alikes(text)
        if scripts:
            detail = f"letters of {' and '.join(scripts)} together can be mistaken for each other"
            yield Flaw(pointer, "look_alikes", detail)
