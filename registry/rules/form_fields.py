"""What is known of each field of a form: label, article, length, whether it is published.

The tables are the editions of `initial_form/`, `later_forms/` and `public_forms/` that a profile
names; a field is named by its JSON pointer with `*` for a place in a list.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from registry.rules import eligibility
from registry.rules.initial_form import InitialForm, PaperKind
from registry.rules.profiles import Kind, Profile
from registry.rules.settled import Regime, regime
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
        advised: int = getattr(profile.advice, self.advice)
        return advised

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


class _Kind(Table):
    title: Words
    basis: str
    required_papers: dict[str, RequiredPaper]
    fields: dict[str, FormField]


class _Forms(Table):
    origin: Origin
    shared: dict[str, FormField]
    forms: dict[str, _Kind]


Fields = Mapping[str, FormField]


TABLE: Final = "initial_form"


def _form(profile: Profile) -> _Form:
    return profile.table(TABLE).as_table(_Form)


def _forms(profile: Profile) -> _Forms:
    is_public = regime(profile) is Regime.PUBLIC_DATA
    return profile.table("public_forms" if is_public else "later_forms").as_table(_Forms)


def fields(profile: Profile) -> Fields:
    """All fields of annex 1 but the facts, whose questions are in `eligibility`."""
    return _form(profile).fields


def fields_of(kind: Kind, *, profile: Profile) -> Fields:
    """All fields of the form of a kind, the facts of annex 1 excepted."""
    if _is_annex_1(kind, profile):
        return fields(profile)
    table = _forms(profile)
    own = table.forms[kind.name].fields
    return own if kind is Kind.INITIAL else {**table.shared, **own}


def title_of(kind: Kind, *, profile: Profile) -> tuple[Words, str]:
    """What a form is called, and the annex or article it follows."""
    if _is_annex_1(kind, profile):
        return _form(profile).origin.title, "annex 1"
    form = _forms(profile).forms[kind.name]
    return form.title, form.basis


def required_papers(profile: Profile) -> Mapping[PaperKind, RequiredPaper]:
    """The papers of guide art. 33 that have no field of their own."""
    return _form(profile).required_papers


def papers_of(kind: Kind, *, profile: Profile) -> Mapping[str, RequiredPaper]:
    """The papers that a form must name, by their kind."""
    if _is_annex_1(kind, profile):
        return {str(kind): paper for kind, paper in required_papers(profile).items()}
    return _forms(profile).forms[kind.name].required_papers


def labels(profile: Profile) -> dict[str, Words]:
    """What each field of annex 1 is called, the questions behind the facts included."""
    found = {pattern: field.label for pattern, field in fields(profile).items()}
    for fact in eligibility.Facts.model_fields:
        found[f"/data/facts/{fact}"] = eligibility.question(fact, profile=profile).question
    return found


def labels_of(kind: Kind, *, profile: Profile) -> dict[str, Words]:
    """What each field of the form of a kind is called."""
    if _is_annex_1(kind, profile):
        return labels(profile)
    return {at: field.label for at, field in fields_of(kind, profile=profile).items()}


def texts(form: InitialForm, *, profile: Profile) -> Iterator[tuple[str, FormField, str]]:
    """Every free text of an initial form, with its pointer and its field."""
    yield from texts_in(form, {**fields(profile), _CODE_AT: _CODE})


def texts_in(form: Table, known: Fields) -> Iterator[tuple[str, FormField, str]]:
    """Every free text of a form, with its pointer and its field."""
    for pointer, pattern, text in _leaves(form.model_dump(mode="json", exclude_none=True)):
        field = known.get(pattern)
        if field and (field.limit or field.advice):
            yield pointer, field, text


# The one fact that is free text.
_CODE_AT: Final = "/data/facts/public_product_code"
_CODE: Final = FormField(
    label=Words(zh="公共数据登记编码", en="public data code"), basis="art. 15(2)", limit=100
)


def _is_annex_1(kind: Kind, profile: Profile) -> bool:
    return kind is Kind.INITIAL and regime(profile) is Regime.PROPERTY_RIGHTS


def _leaves(value: object, pointer: str = "", pattern: str = "") -> Iterator[tuple[str, str, str]]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _leaves(item, f"{pointer}/{key}", f"{pattern}/{key}")
    elif isinstance(value, list | tuple):
        for i, item in enumerate(value):
            yield from _leaves(item, f"{pointer}/{i}", f"{pattern}/*")
    elif isinstance(value, str):
        yield pointer, pattern, value


def as_markdown(*profiles: Profile) -> str:
    """`docs/forms.md`, whole: every form of these profiles with what is known of its fields."""
    lines = [_HEAD]
    for profile in profiles:
        lines += ["", f"## {profile.title.en} {profile.title.zh}"]
        for kind in Kind:
            if _is_annex_1(kind, profile) or kind.name in _forms(profile).forms:
                lines += _printed(kind, profile)
    return "\n".join([*lines, ""])


def _printed(kind: Kind, profile: Profile) -> Iterator[str]:
    title, basis = title_of(kind, profile=profile)
    yield from ("", f"### {kind.name}: {title.en} {title.zh} ({basis})", "")
    for name, paper in papers_of(kind, profile=profile).items():
        yield f"- paper `{name}`, {paper.article}: {paper.text.both()}"
    yield from (
        "",
        "| field | 中文 | English | source | characters | shown |",
        "|---|---|---|---|---|---|",
    )
    for at, field in fields_of(kind, profile=profile).items():
        advised = field.advised(profile)
        length = (
            f"{field.limit or ''}" if advised is None else f"{advised}, cap {field.cap(profile)}"
        )
        shown = "public" if field.public else "never" if field.personal else ""
        words = field.label
        yield f"| `{at}` | {words.zh} | {words.en} | {field.basis} | {length} | {shown} |"


_HEAD: Final = """# Forms

Printed from the rule files beside `registry/rules/form_fields.py`; a test compares the two. A field
is named by its JSON pointer, `*` standing for a place in a list. Where two numbers of characters
stand, the first is advice (不宜超过) above which there is a warning, the second is refused when
exceeded; all other lengths are caps of ours. `public` fields are shown by a notice (guide art. 24;
发改数据规〔2025〕26号 art. 12), `never` marks what says something of a person. The questions behind
`/data/facts` are in the eligibility rules. Why a kind of application is refused is asked of
`transfers`, `amendments`, `renewals`, `cancellations` and `public_data`."""
