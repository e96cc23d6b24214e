"""Which rights may be claimed in data obtained in a certain way (guide arts. 15, 20, 21).

The rules themselves are the edition of `eligibility/` that a profile names; this module only
applies them. An unknown fact is asked for, never assumed.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Final, Literal

from pydantic import Field

from registry.rules import Allowed, Answer, NeedInfo, Refused
from registry.rules.profiles import Profile
from registry.rules.rights import LABELS, NO_RIGHT, Right, Rights
from registry.rules.tables import Origin, Table, Words


class Way(StrEnum):
    """Ways of obtaining data, as annex 1 words them."""

    SELF_GENERATED = "SELF_GENERATED"
    AUTOMATED_PUBLIC = "AUTOMATED_PUBLIC"
    BY_AGREEMENT = "BY_AGREEMENT"
    DERIVED = "DERIVED"


class Situation(StrEnum):
    """What arts. 15 and 21 tell apart within those ways."""

    SELF_GENERATED = "SELF_GENERATED"
    COMMISSIONED = "COMMISSIONED"
    NATURAL_PERSON = "NATURAL_PERSON"
    PUBLIC_WEB = "PUBLIC_WEB"
    PUBLIC_WEB_PRODUCT = "PUBLIC_WEB_PRODUCT"
    BY_AGREEMENT = "BY_AGREEMENT"
    FUSED = "FUSED"
    DERIVED = "DERIVED"
    ENTRUSTED = "ENTRUSTED"
    DUTY_DATA = "DUTY_DATA"
    DUTY_DATA_COMMISSIONED = "DUTY_DATA_COMMISSIONED"
    AUTHORISED_PRODUCT = "AUTHORISED_PRODUCT"
    UTILITIES = "UTILITIES"


class DutyOf(StrEnum):
    """In whose performance of duties the data arose (art. 15(1))."""

    NONE = "NONE"
    PARTY_OR_GOVERNMENT = "PARTY_OR_GOVERNMENT"
    PUBLIC_INSTITUTION = "PUBLIC_INSTITUTION"


class PublicRegistration(StrEnum):
    """What of a public data product is registered as public data (art. 15(2))."""

    NONE = "NONE"
    RESOURCE_ONLY = "RESOURCE_ONLY"
    PRODUCT = "PRODUCT"


class Source(Table):
    """How the applicants came by the data."""

    way: Way
    situation: Situation


class Facts(Table):
    """Answers to the questions that the rules ask; `None` is not answered.

    `question(name)` has the wording and the article of each.
    """

    lawfully_obtained: bool | None = None
    duty_of: DutyOf | None = None
    ownership_dispute: bool | None = None
    registered_before: bool | None = None
    personal_information: bool | None = None
    personal_information_lawful: bool | None = None
    important_data: bool | None = None
    important_data_lawful: bool | None = None
    contract_kept: bool | None = None
    civil_contract: bool | None = None
    caused_by_applicant: bool | None = None
    data_obtained: bool | None = None
    applicant_is_natural_person: bool | None = None
    publicly_available: bool | None = None
    graded_and_protected: bool | None = None
    intrusion: bool | None = None
    interference: bool | None = None
    circumvention: bool | None = None
    harm_to_others: bool | None = None
    substitutes_source: bool | None = None
    contract_states: bool | None = None
    contract_grants: Rights | None = None
    supplement_grants: Rights | None = None
    participants_consent: bool | None = None
    use_on_source: bool | None = None
    parties_protected: bool | None = None
    substantial_change: bool | None = None
    markedly_higher_value: bool | None = None
    processor_exception: Rights | None = None
    public_registration: PublicRegistration | None = None
    public_product_code: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    from_public_service: bool | None = None
    otherwise_provided: bool | None = None


class Question(Table):
    """What to ask an applicant for one fact, and why."""

    kind: Literal["bool", "rights", "duty", "public", "text"]
    article: str
    question: Words


class _Must(Table):
    """The fact must have one of the expected values."""

    fact: str
    expected: tuple[bool | str, ...]
    article: str
    otherwise: Words


class _Granted(Table):
    """The fact is a set of rights and must contain the right claimed."""

    granted_by: str
    article: str
    otherwise: Words


class _Present(Table):
    """The fact must be known; its value is not judged."""

    present: str
    article: str
    otherwise: Words


class _Never(Table):
    article: str
    never: Words


class _When(Table):
    when: str
    expected: tuple[bool | str, ...]
    then: "tuple[_Requirement, ...]"
    otherwise: "tuple[_Requirement, ...]" = Field(alias="else")


class _Block(Table):
    """Requirements that several situations share."""

    block: str


class _Obtained(Table):
    """Requirements that some ways of obtaining the data bring with them."""

    ways: tuple[Way, ...]
    then: "tuple[_Requirement, ...]"


_Requirement = _Must | _Granted | _Present | _Never | _When | _Block | _Obtained


class _Share(Table):
    rights: Rights
    requires: tuple[_Requirement, ...]


class _Situation(Table):
    label: Words
    article: str
    ways: tuple[Way, ...]
    requires: tuple[_Requirement, ...]
    rights: tuple[_Share, ...]
    papers: tuple[Words, ...]
    note: str


class _Eligibility(Table):
    origin: Origin
    ways: dict[Way, Words]
    facts: dict[str, Question]
    blocks: dict[str, tuple[_Requirement, ...]]
    situations: dict[Situation, _Situation]


TABLE: Final = "eligibility"


def _table(profile: Profile) -> _Eligibility:
    return profile.table(TABLE).as_table(_Eligibility)


def claimable(*, source: Source, rights: Right, facts: Facts, profile: Profile) -> Answer:
    """Whether all the rights of a set may be claimed together.

    Refused as soon as one of them is, saying which; Allowed names the papers to be shown. Raises:
    NotAllowed, as all here, for a profile that has no such rules.
    """
    if rights == NO_RIGHT:
        return Refused("No right is claimed. 未主张任何权利。", "guide annex 1")
    answers = eligibility(source, facts, profile=profile)
    missing: list[str] = []
    articles: list[str] = []
    for right in rights:
        answer = answers[right]
        if isinstance(answer, Refused):
            label = LABELS[right]
            why = f"{right.name} ({label['zh']}): {answer.why}"
            return Refused(why, answer.basis)
        if isinstance(answer, NeedInfo):
            missing += answer.what
            articles.append(answer.basis)
    if missing:
        return NeedInfo(tuple(dict.fromkeys(missing)), "; ".join(dict.fromkeys(articles)))
    situation = _table(profile).situations[source.situation]
    return Allowed(_cite(situation.article), tuple(paper.both() for paper in situation.papers))


def eligibility(source: Source, facts: Facts, *, profile: Profile) -> dict[Right, Answer]:
    """The answer for each right by itself."""
    table = _table(profile)
    situation = table.situations[source.situation]
    if source.way not in situation.ways:
        ways = ", ".join(situation.ways)
        why = f"{source.situation} is not obtained by {source.way}, but by {ways}."
        return dict.fromkeys(Right, Refused(why, "guide annex 1"))
    answers: dict[Right, Answer] = {}
    for right in Right:
        share = next(share for share in situation.rights if right in share.rights)
        case = _Case(table, right, source.way, facts)
        answers[right] = case.verdict((*situation.requires, *share.requires)).answer(
            situation, table
        )
    return answers


def question(fact: str, *, profile: Profile) -> Question:
    """The wording of a fact that an answer named, in both languages, and its article."""
    return _table(profile).facts[fact]


def way_label(way: Way, *, profile: Profile) -> Words:
    """What annex 1 calls a way of obtaining data."""
    return _table(profile).ways[way]


def situation_label(situation: Situation, *, profile: Profile) -> Words:
    return _table(profile).situations[situation].label


def situations(way: Way, *, profile: Profile) -> tuple[Situation, ...]:
    """The situations that one way of obtaining data can be refined to."""
    return tuple(name for name, entry in _table(profile).situations.items() if way in entry.ways)


@dataclass(frozen=True)
class _Verdict:
    """What the requirements say together: the refusals and the open questions, in their order."""

    refusals: tuple[Refused, ...] = ()
    missing: tuple[str, ...] = ()

    def answer(self, situation: _Situation, table: _Eligibility) -> Answer:
        # A refusal stands whatever the open questions turn out to be; an open question only matters
        # when nothing refuses yet.
        if self.refusals:
            return self.refusals[0]
        if self.missing:
            asked = tuple(dict.fromkeys(self.missing))
            articles: Mapping[str, None] = dict.fromkeys(table.facts[f].article for f in asked)
            return NeedInfo(asked, _cite("; ".join(articles)))
        return Allowed(_cite(situation.article), tuple(paper.both() for paper in situation.papers))


@dataclass(frozen=True)
class _Case:
    """One right claimed in data obtained in one way, before one edition of the rules."""

    table: _Eligibility
    right: Right
    way: Way
    facts: Facts

    def verdict(self, requirements: Iterable["_Requirement"]) -> _Verdict:
        found = [self._of(requirement) for requirement in requirements]
        return _Verdict(
            tuple(refusal for each in found for refusal in each.refusals),
            tuple(fact for each in found for fact in each.missing),
        )

    def _of(self, requirement: "_Requirement") -> _Verdict:
        facts = self.facts
        match requirement:
            case _Block():
                return self.verdict(self.table.blocks[requirement.block])
            case _Obtained():
                applies = self.way in requirement.ways
                return self.verdict(requirement.then if applies else ())
            case _Never():
                return _Verdict(refusals=(_refusal(requirement.never, requirement.article),))
            case _When():
                value = getattr(facts, requirement.when)
                if value is None:
                    return _Verdict(missing=(requirement.when,))
                is_so = value in requirement.expected
                return self.verdict(requirement.then if is_so else requirement.otherwise)
            case _Present():
                value = getattr(facts, requirement.present)
                return _Verdict(missing=(requirement.present,)) if value is None else _Verdict()
            case _Granted():
                granted: Right | None = getattr(facts, requirement.granted_by)
                if granted is None:
                    return _Verdict(missing=(requirement.granted_by,))
                is_met = self.right in granted
            case _Must():
                value = getattr(facts, requirement.fact)
                if value is None:
                    return _Verdict(missing=(requirement.fact,))
                is_met = value in requirement.expected
        if is_met:
            return _Verdict()
        return _Verdict(refusals=(_refusal(requirement.otherwise, requirement.article),))


def _refusal(words: Words, article: str) -> Refused:
    return Refused(words.both(), _cite(article))


def _cite(article: str) -> str:
    return f"guide {article}"
