"""What is asked of every form, of whatever kind: JSON that can be signed, shape, text, identities.

Knows no rule of law but the lengths and codes; those are `forms`, `later_forms` and `public_forms`.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final, TypeVar

from pydantic import ValidationError

from registry.errors import Flaw, Malformed, NotAllowed, TooLarge
from registry.hashes import canonical
from registry.rules import Refused, grading, identifiers
from registry.rules.form_fields import FormField
from registry.rules.grading import Grade
from registry.rules.initial_form import ApplicantKind
from registry.rules.profiles import Profile
from registry.rules.settled import word
from registry.rules.tables import Table
from registry.rules.text import look_alikes, text_flaws

LARGEST: Final = 256 * 1024  # bytes of canonical JSON
DEEPEST: Final = 8
MOST_FLAWS: Final = 100

FoundText = tuple[str, FormField, str]  # pointer, field, text
F = TypeVar("F", bound=Table)


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

    def insist(self) -> None:
        """Raises: Malformed, or NotAllowed when only the law stands against it; up to 100 flaws."""
        flaws = (*self.malformed, *self.refusals)[:MOST_FLAWS]
        if self.malformed:
            raise Malformed("the form holds values that cannot be accepted", flaws=flaws)
        if self.refusals:
            raise NotAllowed("the rules do not allow what the form asks for", flaws=flaws)


def shaped(
    form_json: object, model: type[F], *, template: str, profile: Profile
) -> tuple[F, bytes]:
    """Parsed JSON as a form, and its canonical bytes (RFC 8785).

    `template` names the form to the reader of an error. Raises: NotAllowed at once, repeating
    nothing of the form, for CORE data; TooLarge; Malformed.
    """
    _refuse_core(form_json, profile)
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
        return model.model_validate_json(content), content
    except ValidationError as wrong:
        found = tuple(islice(_model_flaws(wrong), MOST_FLAWS))
        raise Malformed(f"the form does not have the shape of {template}", flaws=found) from None


def core_flaw(profile: Profile) -> Flaw:
    """That core data are not registered; says nothing of the data."""
    answer = grading.registrable(Grade.CORE, None, has_important_data_proof=None, profile=profile)
    assert isinstance(answer, Refused)
    return Flaw("/grade", answer.basis, answer.why)


def length_and_script_flaws(found: Iterable[FoundText], profile: Profile) -> Iterator[Flaw]:
    """What is wrong with texts that may not be stored or would deceive a reader."""
    for pointer, field, text in found:
        cap = field.cap(profile)
        yield from text_flaws(text, pointer=pointer, limit=cap, multiline=field.multiline)


def advice(found: Iterable[FoundText], profile: Profile) -> Iterator[Flaw]:
    """What is better avoided: lengths beyond the annexes' 不宜超过, letters that look alike."""
    for pointer, field, text in found:
        advised = field.advised(profile)
        if advised is not None and len(text) > advised:
            detail = f"{len(text)} characters; annex 1 advises at most {advised}"
            yield Flaw(pointer, "long", detail)
        scripts = look_alikes(text)
        if scripts:
            detail = f"letters of {' and '.join(scripts)} together can be mistaken for each other"
            yield Flaw(pointer, "look_alikes", detail)


def identity_flaws(
    kind: ApplicantKind, number: str, *, pointer: str, profile: Profile
) -> tuple[Flaw, ...]:
    """What is wrong with a number that must be a unified social credit code."""
    must_be_uscc = kind is ApplicantKind.LEGAL or (
        kind is ApplicantKind.UNINCORPORATED and len(number) == 18
    )
    if not must_be_uscc:
        return ()
    return identifiers.uscc_flaws(number, fictitious=profile.sandbox, pointer=pointer)


def public_code_flaws(code: str, *, pointer: str, profile: Profile) -> tuple[Flaw, ...]:
    """What is wrong with a code of the register of public data, as far as its shape is known."""
    pattern = word(profile, "public_code_pattern")
    if re.fullmatch(pattern, code):
        return ()
    return (Flaw(pointer, "public_code", f"got {code[:40]!r}, expected {pattern}"),)


def repeated(values: Sequence[str], *, name: str, place: str = "/applicants") -> Iterator[Flaw]:
    """A flaw for each value of a list's members that an earlier member has."""
    for i, value in enumerate(values):
        if value in values[:i]:
            detail = f"the same {name} as {place.strip('/')[:-1]} {values.index(value) + 1}"
            yield Flaw(f"{place}/{i}/{name}", "repeated", detail)


def _refuse_core(form_json: object, profile: Profile) -> None:
    # Before the shape is judged: a refusal of shape would repeat parts of the form.
    if isinstance(form_json, dict) and form_json.get("grade") == Grade.CORE.name:
        raise NotAllowed("core data are not registered", flaws=(core_flaw(profile),))


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
