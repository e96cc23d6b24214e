"""Which rights may be claimed

follows the situation (guide arts. 15, 20, 21), each row of the table in domain words
├── self-generated, commissioned, natural person, utilities: all three
├── public data collected by automated means: hold and use; a product from them: all three
├── by agreement: what it grants; silent: what a supplement grants
├── fused: the contract; silent: hold and use, operate with everybody's consent
├── derived: use of the source first, then the contract, then change and value
├── entrusted: nothing, unless law or contract says so, and never more than the way allows
├── duty data: nothing, whoever applies, commissioned or not
└── product of authorised operation: after its own public registration, what the agreement gives
asks for every fact it needs, and for no other
├── leaving any one out is asked for, never assumed
└── every fact it can ask for has wording in both languages and an article
cites an article in every answer
"""

import json
from functools import partial
from typing import Any

import pytest

from registry.errors import NotAllowed
from registry.rules import Allowed, NeedInfo, Refused
from registry.rules import eligibility as rules
from registry.rules.eligibility import (
    DutyOf,
    Facts,
    PublicRegistration,
    Situation,
    Source,
    Way,
)
from registry.rules.profiles import load
from registry.rules.rights import ALL_RIGHTS, NO_RIGHT, Right
from registry.rules.tables import FOLDER

LAW = load("CN_NDA_2026")
claimable = partial(rules.claimable, profile=LAW)
eligibility = partial(rules.eligibility, profile=LAW)
question = partial(rules.question, profile=LAW)
situation_label = partial(rules.situation_label, profile=LAW)
situations = partial(rules.situations, profile=LAW)
way_label = partial(rules.way_label, profile=LAW)

H, U, O = Right.HOLD, Right.USE, Right.OPERATE  # noqa: E741

SOUND: dict[str, Any] = {
    "lawfully_obtained": True,
    "ownership_dispute": False,
    "registered_before": False,
    "personal_information": False,
    "important_data": False,
}
NO_DUTY: dict[str, Any] = {**SOUND, "duty_of": DutyOf.NONE}
WEB: dict[str, Any] = {
    **NO_DUTY,
    "publicly_available": True,
    "graded_and_protected": True,
    "intrusion": False,
    "interference": False,
    "circumvention": False,
    "harm_to_others": False,
}
COMMISSION: dict[str, Any] = {
    **NO_DUTY,
    "civil_contract": True,
    "caused_by_applicant": True,
    "data_obtained": True,
}
DERIVING: dict[str, Any] = {**NO_DUTY, "use_on_source": True, "parties_protected": True}
CHANGED: dict[str, Any] = {
    **DERIVING,
    "contract_states": False,
    "substantial_change": True,
    "markedly_higher_value": True,
}
SILENT: dict[str, Any] = {**NO_DUTY, "contract_states": False}
PRODUCT: dict[str, Any] = {
    **SOUND,
    "public_registration": PublicRegistration.PRODUCT,
    "public_product_code": "4403-0001",
    "contract_states": True,
    "contract_grants": ALL_RIGHTS,
}
UTILITY: dict[str, Any] = {
    **NO_DUTY,
    "contract_kept": True,
    "from_public_service": True,
    "otherwise_provided": False,
}


def granting(rights: Right) -> dict[str, Any]:
    return {**NO_DUTY, "contract_states": True, "contract_grants": rights}


# situation, way, sufficient facts, rights that may be claimed on them
ROWS: list[tuple[Situation, Way, dict[str, Any], Right]] = [
    (
        Situation.SELF_GENERATED,
        Way.SELF_GENERATED,
        {**NO_DUTY, "contract_kept": True},
        ALL_RIGHTS,
    ),
    (Situation.COMMISSIONED, Way.BY_AGREEMENT, COMMISSION, ALL_RIGHTS),
    (
        Situation.NATURAL_PERSON,
        Way.SELF_GENERATED,
        {**NO_DUTY, "applicant_is_natural_person": True},
        ALL_RIGHTS,
    ),
    (Situation.PUBLIC_WEB, Way.AUTOMATED_PUBLIC, WEB, H | U),
    (
        Situation.PUBLIC_WEB_PRODUCT,
        Way.AUTOMATED_PUBLIC,
        {**WEB, "substitutes_source": False},
        ALL_RIGHTS,
    ),
    (Situation.BY_AGREEMENT, Way.BY_AGREEMENT, granting(U), U),
    (Situation.BY_AGREEMENT, Way.BY_AGREEMENT, granting(H | O), H | O),
    (Situation.BY_AGREEMENT, Way.BY_AGREEMENT, {**SILENT, "supplement_grants": H | U}, H | U),
    (Situation.FUSED, Way.DERIVED, granting(O), O),
    (Situation.FUSED, Way.DERIVED, {**SILENT, "participants_consent": False}, H | U),
    (Situation.FUSED, Way.DERIVED, {**SILENT, "participants_consent": True}, ALL_RIGHTS),
    (
        Situation.DERIVED,
        Way.DERIVED,
        {**DERIVING, "contract_states": True, "contract_grants": H},
        H,
    ),
    (Situation.DERIVED, Way.DERIVED, CHANGED, ALL_RIGHTS),
    (Situation.ENTRUSTED, Way.BY_AGREEMENT, {**NO_DUTY, "processor_exception": NO_RIGHT}, NO_RIGHT),
    (Situation.ENTRUSTED, Way.BY_AGREEMENT, {**NO_DUTY, "processor_exception": U}, U),
    (Situation.ENTRUSTED, Way.AUTOMATED_PUBLIC, {**WEB, "processor_exception": ALL_RIGHTS}, H | U),
    (Situation.DUTY_DATA, Way.SELF_GENERATED, {}, NO_RIGHT),
    (Situation.DUTY_DATA_COMMISSIONED, Way.BY_AGREEMENT, {}, NO_RIGHT),
    (Situation.AUTHORISED_PRODUCT, Way.DERIVED, PRODUCT, ALL_RIGHTS),
    (
        Situation.AUTHORISED_PRODUCT,
        Way.BY_AGREEMENT,
        {**PRODUCT, "contract_grants": O},
        O,
    ),
    (Situation.UTILITIES, Way.SELF_GENERATED, UTILITY, ALL_RIGHTS),
]

# situation, way, facts that suffice, the one that is spoilt, its article
SPOILT: list[tuple[Situation, Way, dict[str, Any], dict[str, Any], str]] = [
    *(
        (Situation.SELF_GENERATED, Way.SELF_GENERATED, ROWS[0][2], spoil, article)
        for spoil, article in (
            ({"lawfully_obtained": False}, "art. 20"),
            ({"ownership_dispute": True}, "art. 22(3)"),
            ({"registered_before": True}, "39(2)"),
            ({"contract_kept": False}, "art. 21(1)"),
            ({"duty_of": DutyOf.PARTY_OR_GOVERNMENT}, "art. 15(1)"),
            (
                {"personal_information": True, "personal_information_lawful": False},
                "art. 20(5)",
            ),
            ({"important_data": True, "important_data_lawful": False}, "art. 20(5)"),
        )
    ),
    *(
        (Situation.COMMISSIONED, Way.SELF_GENERATED, COMMISSION, {fact: False}, "art. 21(2)")
        for fact in ("civil_contract", "caused_by_applicant", "data_obtained")
    ),
    *(
        (Situation.PUBLIC_WEB, Way.AUTOMATED_PUBLIC, WEB, spoil, article)
        for spoil, article in (
            ({"publicly_available": False}, "art. 20(3)"),
            ({"graded_and_protected": False}, "art. 21(4)"),
            ({"intrusion": True}, "art. 21(4)"),
            ({"interference": True}, "art. 21(4)"),
            ({"circumvention": True}, "art. 21(4)"),
            ({"harm_to_others": True}, "art. 21(4)"),
        )
    ),
    (
        Situation.PUBLIC_WEB_PRODUCT,
        Way.DERIVED,
        WEB,
        {"substitutes_source": True},
        "art. 21(4)",
    ),
    (Situation.DERIVED, Way.DERIVED, CHANGED, {"use_on_source": False}, "art. 20(4)"),
    (Situation.DERIVED, Way.DERIVED, CHANGED, {"parties_protected": False}, "art. 21(6)"),
    (Situation.DERIVED, Way.DERIVED, CHANGED, {"substantial_change": False}, "art. 20(4)"),
    (Situation.DERIVED, Way.DERIVED, CHANGED, {"markedly_higher_value": False}, "art. 20(4)"),
    (
        Situation.ENTRUSTED,
        Way.AUTOMATED_PUBLIC,
        {**WEB, "processor_exception": ALL_RIGHTS},
        {"circumvention": True},
        "art. 21(4)",
    ),
    *(
        (Situation.AUTHORISED_PRODUCT, Way.DERIVED, PRODUCT, spoil, article)
        for spoil, article in (
            ({"public_registration": PublicRegistration.RESOURCE_ONLY}, "art. 15(2)"),
            ({"contract_grants": O}, "art. 20(2)"),
            ({"contract_states": False, "supplement_grants": O}, "art. 20(2)"),
        )
    ),
    (Situation.UTILITIES, Way.SELF_GENERATED, UTILITY, {"contract_kept": False}, "art. 21(1)"),
    (
        Situation.UTILITIES,
        Way.SELF_GENERATED,
        UTILITY,
        {"duty_of": DutyOf.PARTY_OR_GOVERNMENT},
        "art. 15(1)",
    ),
    (
        Situation.UTILITIES,
        Way.SELF_GENERATED,
        UTILITY,
        {"from_public_service": False},
        "art. 15(3)",
    ),
    (
        Situation.UTILITIES,
        Way.SELF_GENERATED,
        UTILITY,
        {"otherwise_provided": True},
        "art. 15(3)",
    ),
]


@pytest.mark.parametrize(("situation", "way", "facts", "rights"), ROWS)
class TestEachRow:
    def test_allows_these_rights_and_refuses_the_others(
        self, situation: Situation, way: Way, facts: dict[str, Any], rights: Right
    ) -> None:
        answers = eligibility(Source(way=way, situation=situation), Facts(**facts))
        for right in Right:
            assert isinstance(answers[right], Allowed if right in rights else Refused)

    def test_cites_an_article_in_every_answer(
        self, situation: Situation, way: Way, facts: dict[str, Any], rights: Right
    ) -> None:
        for given in (facts, {}):
            answers = eligibility(Source(way=way, situation=situation), Facts(**given))
            assert all("art" in answer.basis for answer in answers.values())

    def test_asks_for_each_fact_left_out_and_for_no_other(
        self, situation: Situation, way: Way, facts: dict[str, Any], rights: Right
    ) -> None:
        source = Source(way=way, situation=situation)
        for fact in facts:
            rest = Facts(**{name: value for name, value in facts.items() if name != fact})
            answers = eligibility(source, rest)
            asking = [a for a in answers.values() if isinstance(a, NeedInfo)]
            assert asking or rights == NO_RIGHT
            assert all(answer.what == (fact,) for answer in asking)
            allowed = {right for right, answer in answers.items() if isinstance(answer, Allowed)}
            assert allowed <= set(rights)


@pytest.mark.parametrize(("situation", "way", "facts", "spoil", "article"), SPOILT)
def test_refuses_when_one_condition_fails(
    situation: Situation, way: Way, facts: dict[str, Any], spoil: dict[str, Any], article: str
) -> None:
    source = Source(way=way, situation=situation)
    answer = claimable(source=source, rights=H, facts=Facts(**{**facts, **spoil}))
    assert isinstance(answer, Refused)
    assert article in answer.basis


class TestClaimable:
    source = Source(way=Way.AUTOMATED_PUBLIC, situation=Situation.PUBLIC_WEB)

    def test_names_the_right_that_may_not_be_claimed(self) -> None:
        answer = claimable(source=self.source, rights=ALL_RIGHTS, facts=Facts(**WEB))
        assert isinstance(answer, Refused)
        assert answer.why.startswith("OPERATE (数据经营权)")
        assert answer.basis == "guide art. 21(4)"

    def test_refuses_before_any_fact_is_known(self) -> None:
        assert isinstance(claimable(source=self.source, rights=O, facts=Facts()), Refused)

    def test_allows_with_the_papers_to_be_shown(self) -> None:
        answer = claimable(source=self.source, rights=H | U, facts=Facts(**WEB))
        assert isinstance(answer, Allowed)
        assert any("佐证材料" in paper for paper in answer.conditions)

    def test_asks_for_all_unknown_facts_at_once(self) -> None:
        answer = claimable(source=self.source, rights=H | U, facts=Facts())
        assert isinstance(answer, NeedInfo)
        assert set(answer.what) == set(WEB)

    def test_refuses_to_claim_nothing(self) -> None:
        answer = claimable(source=self.source, rights=NO_RIGHT, facts=Facts(**WEB))
        assert isinstance(answer, Refused)

    def test_refuses_a_situation_that_is_no_case_of_the_way(self) -> None:
        source = Source(way=Way.DERIVED, situation=Situation.PUBLIC_WEB)
        answer = claimable(source=source, rights=H, facts=Facts(**WEB))
        assert isinstance(answer, Refused)
        assert "AUTOMATED_PUBLIC" in answer.why

    def test_duty_data_of_a_public_institution_are_not_barred(self) -> None:
        facts = Facts(**{**ROWS[0][2], "duty_of": DutyOf.PUBLIC_INSTITUTION})
        source = Source(way=Way.SELF_GENERATED, situation=Situation.SELF_GENERATED)
        assert isinstance(claimable(source=source, rights=ALL_RIGHTS, facts=facts), Allowed)

    def test_a_registration_that_stands_no_more_is_not_asked_about(self) -> None:
        assert "still stand" in question("registered_before").question.en
        assert "未失效、未注销" in question("registered_before").question.zh

    def test_somebody_else_s_registration_of_the_same_data_is_not_asked_about(self) -> None:
        assert "somebody else does not count" in question("registered_before").question.en


class TestTable:
    def test_is_none_for_public_data_in_which_no_property_right_is_claimed(self) -> None:
        source = Source(way=Way.SELF_GENERATED, situation=Situation.SELF_GENERATED)
        with pytest.raises(NotAllowed, match="CN_PUBLIC_2025 has no rules called 'eligibility'"):
            rules.eligibility(source, Facts(), profile=load("CN_PUBLIC_2025"))

    def test_words_every_fact_and_no_other(self) -> None:
        table = json.loads((FOLDER / "eligibility/1.json").read_text())
        assert set(table["facts"]) == set(Facts.model_fields)
        for fact in Facts.model_fields:
            assert question(fact).article

    def test_uses_every_fact(self) -> None:
        text = json.dumps(
            {
                name: part
                for name, part in json.loads((FOLDER / "eligibility/1.json").read_text()).items()
                if name in ("blocks", "situations")
            }
        )
        assert [fact for fact in Facts.model_fields if f'"{fact}"' not in text] == []

    def test_knows_every_situation_and_every_way(self) -> None:
        assert {s for way in Way for s in situations(way)} == set(Situation)
        assert all(situation_label(s).zh and situation_label(s).en for s in Situation)
        assert way_label(Way.AUTOMATED_PUBLIC).zh == "通过自动化程序收集公开数据"

    def test_has_a_row_here_for_every_situation(self) -> None:
        assert {row[0] for row in ROWS} == set(Situation)
