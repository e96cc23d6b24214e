"""What is known of each field of the form: label, article, length, whether it is published.

The table is the edition of `initial_form/` that a profile names; a field is named by its JSON
pointer with `*` for a place in a list.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from registry.rules import eligibility
from registry.rules.initial_form import InitialForm, PaperKind
from registry.rules.profiles import Profile
from registry.rules.tables import Origin, Table, Words


class FormField(Table):
    """One field.

    `limit` is a hard cap in characters; `advice` names a length of the profile instead. `personal`
    is never published; `public` is what the notice shows (guide art. 24).
    """

    label: Words
    basis: str
    limit: int | None = None
    advice: str | None = None
    multiline: bool = False
    personal: bool = False
    public: bool = False

    def advised(self, profile: Profile) -> int | None:
        """The length that annex 1 advises not to exceed; None where it advises nothing."""
        if self.advice is None:
            return None
        length: int = getattr(profile.advice, self.advice)
        return length

    def cap(self, profile: Profile) -> int:
        """The length that is refused when exceeded."""
        advised = self.advised(profile)
        if advised is not None:
            return advised * profile.advice.cap_factor
        assert self.limit is not None, "a field of free text has a limit"
        return self.limit


class RequiredPaper(Table):
    """A paper without which no application is complete."""

    article: str
    text: Words


class _Form(Table):
    origin: Origin
    required_papers: dict[PaperKind, RequiredPaper]
    fields: dict[str, FormField]


TABLE: Final = "initial_form"


def _form(profile: Profile) -> _Form:
    return profile.table(TABLE).as_table(_Form)


def fields(profile: Profile) -> Mapping[str, FormField]:
    """All fields but the facts, whose questions are in `eligibility`."""
    return _form(profile).fields


def required_papers(profile: Profile) -> Mapping[PaperKind, RequiredPaper]:
    """The papers of guide art. 33 that have no field of their own."""
    return _form(profile).required_papers


def labels(profile: Profile) -> dict[str, Words]:
    """What each field is called, the questions behind the facts included."""
    found = {pattern: field.label for pattern, field in fields(profile).items()}
    for fact in eligibility.Facts.model_fields:
        found[f"/data/facts/{fact}"] = eligibility.question(fact, profile=profile).question
    return found


def texts(form: InitialForm, *, profile: Profile) -> Iterator[tuple[str, FormField, str]]:
    """Every free text of a form, with its pointer and its field."""
    known = fields(profile)
    for pointer, pattern, text in _leaves(form.model_dump(mode="json", exclude_none=True)):
        field = _CODE if pattern == _CODE_AT else known.get(pattern)
        if field and (field.limit or field.advice):
            yield pointer, field, text


# The one fact that is free text.
_CODE_AT: Final = "/data/facts/public_product_code"
_CODE: Final = FormField(
    label=Words(zh="公共数据登记编码", en="public data code"), basis="art. 15(2)", limit=100
)


def _leaves(value: object, pointer: str = "", pattern: str = "") -> Iterator[tuple[str, str, str]]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _leaves(item, f"{pointer}/{key}", f"{pattern}/{key}")
    elif isinstance(value, list | tuple):
        for i, item in enumerate(value):
            yield from _leaves(item, f"{pointer}/{i}", f"{pattern}/*")
    elif isinstance(value, str):
        yield pointer, pattern, value
