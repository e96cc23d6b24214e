"""The grade of data (GB/T 43697-2024), and what a grade means for registration.

That data *are* important is found by catalogue or notification, never by this matrix: the matrix
only tells an applicant what to expect.
"""

from collections.abc import Iterable, Mapping
from enum import IntEnum, StrEnum
from typing import Annotated, Final

from pydantic import BeforeValidator, Field, PlainSerializer, WithJsonSchema

from registry.rules import Allowed, Answer, NeedInfo, Refused
from registry.rules.profiles import Profile
from registry.rules.tables import Origin, Table, Words


class Grade(IntEnum):
    """Grades in ascending order of harm; a set has the highest grade of its parts."""

    GENERAL = 1
    IMPORTANT = 2
    CORE = 3


class Impact(StrEnum):
    """Whom a leak, alteration, loss or abuse would harm."""

    NATIONAL_SECURITY = "NATIONAL_SECURITY"
    ECONOMIC_OPERATION = "ECONOMIC_OPERATION"
    SOCIAL_ORDER = "SOCIAL_ORDER"
    PUBLIC_INTEREST = "PUBLIC_INTEREST"
    ORGANISATION_RIGHTS = "ORGANISATION_RIGHTS"
    PERSONAL_RIGHTS = "PERSONAL_RIGHTS"


class Degree(StrEnum):
    """How badly: 特别严重危害, 严重危害, 一般危害."""

    EXTREME = "EXTREME"
    SERIOUS = "SERIOUS"
    ORDINARY = "ORDINARY"


class Outbound(StrEnum):
    """Whether supply abroad is intended; access from Hong Kong, Macao or Taiwan counts as such."""

    NONE = "NONE"
    INTENDED = "INTENDED"


def _by_name(value: object) -> object:
    if isinstance(value, Grade):
        return value
    if isinstance(value, str) and value in Grade.__members__:
        return Grade[value]
    raise ValueError(f"expected one of {', '.join(Grade.__members__)}")


# A grade as a field: JSON has its name, Python has a `Grade`.
GradeName = Annotated[
    Grade,
    BeforeValidator(_by_name),
    PlainSerializer(lambda grade: grade.name, return_type=str),
    WithJsonSchema({"enum": [grade.name for grade in Grade]}),
]
_Certainty = Annotated[int, Field(ge=0, le=100)]


class _Core(Table):
    article: str
    text: Words
    certainty: _Certainty


class _Important(_Core):
    papers: tuple[str, ...]
    conditions: tuple[Words, ...]
    question: Words


class _Outbound(Table):
    article: str
    conditions: tuple[Words, ...]
    general_conditions: tuple[Words, ...]
    question: Words
    certainty: _Certainty


class _Grading(Table):
    origin: Origin
    matrix: dict[Impact, dict[Degree, GradeName]]
    core: _Core
    important: _Important
    outbound: _Outbound


TABLE: Final = "grading"


def _table(profile: Profile) -> _Grading:
    return profile.table(TABLE).as_table(_Grading)


def grade_of(impacts: Mapping[Impact, Degree], *, profile: Profile) -> Grade:
    """The highest grade that any impact leads to; no impact at all is GENERAL."""
    matrix = _table(profile).matrix
    return highest(matrix[impact][degree] for impact, degree in impacts.items())


def highest(grades: Iterable[Grade]) -> Grade:
    """The grade of a set of data; of an empty set, GENERAL."""
    return max(grades, default=Grade.GENERAL)


def registrable(
    grade: Grade,
    outbound: Outbound | None,
    *,
    has_important_data_proof: bool | None,
    profile: Profile,
) -> Answer:
    """Whether data of a grade may be registered, and what must be shown for it.

    CORE is refused whatever else is known, so it can be asked before anything is stored. `None`
    means not answered. Raises: NotAllowed for a profile that has no such rules.
    """
    table = _table(profile)
    if grade is Grade.CORE:
        return Refused(table.core.text.both(), table.core.article)
    missing = []
    if outbound is None:
        missing.append("outbound")
    if grade is Grade.IMPORTANT and has_important_data_proof is None:
        missing.append("important_data_proof")
    if missing:
        basis = table.outbound.article if outbound is None else table.important.article
        return NeedInfo(tuple(missing), basis)
    goes_abroad = outbound is Outbound.INTENDED
    if grade is Grade.GENERAL:
        # At home no ground of refusal hangs on the grade: the article that bars core data is silent.
        basis = table.outbound.article if goes_abroad else table.core.article
        conditions = table.outbound.general_conditions if goes_abroad else ()
        return Allowed(basis, tuple(words.both() for words in conditions))
    if has_important_data_proof is False:
        return Refused(table.important.text.both(), table.important.article)
    basis, conditions = table.important.article, table.important.conditions
    if goes_abroad:
        basis = f"{basis}; {table.outbound.article}"
        conditions += table.outbound.conditions
    return Allowed(basis, tuple(words.both() for words in conditions))


def important_papers(profile: Profile) -> frozenset[str]:
    """Kinds of papers that together prove the lawful processing of important data."""
    return frozenset(_table(profile).important.papers)


def question(fact: str, *, profile: Profile) -> Words:
    """The question behind a fact that `registrable` found missing."""
    return {
        "outbound": _table(profile).outbound.question,
        "important_data_proof": _table(profile).important.question,
    }[fact]
