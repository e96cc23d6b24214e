"""A form of an initial registration

is taken when its codes and its claims hold
is refused, all flaws at once and each at its JSON pointer
├── codes: credit code, industry
├── law: rights the source does not allow, facts not answered, papers not there
└── contradictions between what it says in two places
is refused at once for CORE data, and nothing of it is repeated
shows the public applicant, name, overview and limits, and nothing else
has one byte form
"""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from registry.errors import NotAllowed
from registry.hashes import canonical
from registry.rules.form_fields import fields
from registry.rules.forms import canonical_form, check, claims, public_extract, review
from registry.rules.profiles import Profile, load
from registry.rules.rights import Right
from tests.registry.rules.sample_form import HASH, Form, a_form, an_applicant, flaws_of


class TestCheck:
    def test_takes_a_sound_form(self, form: Form, sandbox: Profile) -> None:
        found = check(form, profile=sandbox)
        assert found.applicants[0].claim.rights == Right.HOLD | Right.USE | Right.OPERATE
        assert review(found, profile=sandbox).warnings == ()

    def test_names_all_flaws_at_once(self, form: Form, sandbox: Profile) -> None:
        form["applicants"][0]["id"] = "91000000000000000X"
        form["applicants"][0]["name"] = "示范\u202e公司"
        form["data"]["industry"] = "G99"
        form["data"]["source"] = {"way": "AUTOMATED_PUBLIC", "situation": "PUBLIC_WEB"}
        form["papers"] = form["papers"][:1]
        found = flaws_of(form, sandbox)
        assert ("/applicants/0/id", "uscc_check_digit") in found
        assert ("/applicants/0/name", "format_control") in found
        assert ("/data/industry", "industry_division") in found
        assert ("/applicants/0/claim/rights", "guide art. 21(4)") in found
        assert ("/data/facts/publicly_available", "unanswered") in found
        assert found.count(("/papers", "guide art. 33")) == 2

    def test_refuses_a_right_the_source_does_not_allow(self, form: Form, sandbox: Profile) -> None:
        form["data"]["source"] = {"way": "BY_AGREEMENT", "situation": "BY_AGREEMENT"}
        facts = form["data"]["facts"]
        del facts["contract_kept"]
        facts |= {"contract_states": True, "contract_grants": ["USE"]}
        with pytest.raises(NotAllowed) as refusal:
            check(form, profile=sandbox)
        (flaw,) = refusal.value.flaws
        assert (flaw.pointer, flaw.rule) == ("/applicants/0/claim/rights", "guide art. 20(2)")
        assert flaw.detail.startswith("HOLD 数据持有权, OPERATE 数据经营权")
        form["applicants"][0]["claim"]["rights"] = ["USE"]
        assert check(form, profile=sandbox)

    def test_asks_for_what_it_does_not_know(self, form: Form, sandbox: Profile) -> None:
        form["data"]["facts"] = {}
        found = flaws_of(form, sandbox)
        assert {rule for _, rule in found} == {"unanswered"}
        assert ("/data/facts/lawfully_obtained", "unanswered") in found

    def test_a_code_of_the_other_world_is_refused(self, form: Form) -> None:
        assert flaws_of(form, load("CN_NDA_2026")) == [("/applicants/0/id", "uscc_region")]

    def test_a_natural_person_has_no_credit_code(self, form: Form, sandbox: Profile) -> None:
        form["applicants"][0] |= {"kind": "NATURAL", "id": "示范证件0001"}
        assert check(form, profile=sandbox)


class TestContradictions:
    def test_a_grade_that_the_facts_deny(self, form: Form, sandbox: Profile) -> None:
        form["data"]["facts"] |= {"important_data": True, "important_data_lawful": True}
        assert flaws_of(form, sandbox) == [("/grade", "contradiction")]

    def test_an_enterprise_that_is_a_natural_person(self, form: Form, sandbox: Profile) -> None:
        form["data"]["source"]["situation"] = "NATURAL_PERSON"
        form["data"]["facts"]["applicant_is_natural_person"] = True
        assert flaws_of(form, sandbox) == [("/applicants/0/kind", "contradiction")]

    def test_a_time_scope_that_ends_before_it_begins(self, form: Form, sandbox: Profile) -> None:
        form["data"]["time_scope"]["last"] = "2023-12-31"
        assert flaws_of(form, sandbox) == [("/data/time_scope/last", "time_scope")]

    def test_an_applicant_named_twice(self, form: Form, sandbox: Profile) -> None:
        form["applicants"].append(form["applicants"][0] | {"name": "另一公司"})
        assert flaws_of(form, sandbox) == [
            ("/applicants/1/party", "repeated"),
            ("/applicants/1/id", "repeated"),
        ]

    def test_an_applicant_that_claims_nothing(self, form: Form, sandbox: Profile) -> None:
        form["applicants"][0]["claim"]["rights"] = []
        assert flaws_of(form, sandbox) == [("/applicants/0/claim/rights", "empty")]

    def test_another_holder_of_nothing(self, form: Form, sandbox: Profile) -> None:
        form["other_holders"] = [{"name": "别的主体", "id": "0", "rights": [], "limits": "无"}]
        assert flaws_of(form, sandbox) == [("/other_holders/0/rights", "empty")]


class TestGrade:
    def test_core_is_refused_and_nothing_is_repeated(self, sandbox: Profile) -> None:
        secret = "绝不可见之内容"
        cases: list[Form] = [a_form() | {"grade": "CORE"}, {"grade": "CORE", secret: secret}]
        for form in cases:
            if "data" in form:
                form["data"]["name"] = secret + "\u202e"
            with pytest.raises(NotAllowed) as refusal:
                check(form, profile=sandbox)
            (flaw,) = refusal.value.flaws
            assert (flaw.pointer, flaw.rule) == ("/grade", "guide art. 22(1)")
            assert secret not in f"{refusal.value.detail}{refusal.value.flaws}"

    def test_important_data_need_proof(self, form: Form, sandbox: Profile) -> None:
        form["grade"] = "IMPORTANT"
        form["data"]["facts"] |= {"important_data": True, "important_data_lawful": True}
        for kind in ("IMPORTANT_DATA_PROOF", "RISK_ASSESSMENT"):
            ((pointer, rule),) = flaws_of(form, sandbox)
            assert pointer == "/papers"
            assert rule.startswith("guide art. 20(5)")
            form["papers"].append({"kind": kind, "hash": HASH})
        assert check(form, profile=sandbox)

    def test_supply_abroad_is_warned_about_and_bars_nothing(
        self, form: Form, sandbox: Profile
    ) -> None:
        form["outbound"] = "INTENDED"
        (warning,) = review(check(form, profile=sandbox), profile=sandbox).warnings
        assert warning.pointer == "/outbound"
        assert "CAC Order 16" in warning.rule


class TestPublicExtract:
    def test_shows_what_article_24_publishes(self, form: Form, sandbox: Profile) -> None:
        assert public_extract(check(form, profile=sandbox)) == {
            "applicants": ["示范轨道数据有限公司"],
            "name": form["data"]["name"],
            "overview": form["data"]["overview"],
            "limits": {
                "restrictions": "无",
                "claims": [
                    {
                        "applicant": "示范轨道数据有限公司",
                        "rights": ["HOLD", "USE", "OPERATE"],
                        "until": None,
                        "limits": "无",
                    }
                ],
            },
        }

    def test_shows_the_items_that_the_profile_names(self, form: Form, sandbox: Profile) -> None:
        shown = public_extract(check(form, profile=sandbox))
        for profile in (sandbox, load("CN_NDA_2026")):
            assert tuple(shown) == profile.settings["notice_fields"].value

    def test_shows_no_text_of_a_field_that_is_not_public(self, sandbox: Profile) -> None:
        form = a_form()
        form["other_holders"] = [
            {"name": "别的主体", "id": "别的证件", "rights": ["USE"], "limits": "别的限制"}
        ]
        found = check(form, profile=sandbox)
        shown = json.dumps(public_extract(found), ensure_ascii=False)
        for pattern, field in fields(sandbox).items():
            for text in texts_at(form, pattern.strip("/").split("/")):
                if not field.public and text not in ("无",):
                    assert json.dumps(text, ensure_ascii=False) not in shown, pattern

    def test_marks_nothing_both_personal_and_public(self, sandbox: Profile) -> None:
        assert not [at for at, field in fields(sandbox).items() if field.personal and field.public]


class TestByteForm:
    def test_is_one_for_one_form(self, form: Form, sandbox: Profile) -> None:
        plain = canonical_form(check(form, profile=sandbox))
        form["other_holders"] = []
        form["applicants"][0]["claim"]["until"] = None
        form["data"]["facts"]["intrusion"] = None
        assert canonical_form(check(form, profile=sandbox)) == plain

    def test_reads_back_to_the_same_form(self, form: Form, sandbox: Profile) -> None:
        found = check(form, profile=sandbox)
        again = check(json.loads(canonical_form(found)), profile=sandbox)
        assert again == found
        assert canonical_form(again) == canonical(json.loads(canonical_form(found)))

    def test_changes_with_every_word(self, form: Form, sandbox: Profile) -> None:
        before = canonical_form(check(form, profile=sandbox))
        form["data"]["volume"] = "13条"
        assert canonical_form(check(form, profile=sandbox)) != before

    def test_claims_are_in_the_order_that_the_message_wants(
        self, form: Form, sandbox: Profile
    ) -> None:
        other = an_applicant("示范客流科技有限公司", "11")
        other["claim"]["rights"] = ["USE"]
        form["applicants"].append(other)
        assert claims(check(form, profile=sandbox)) == (
            (other["party"], Right.USE),
            (form["applicants"][0]["party"], Right.HOLD | Right.USE | Right.OPERATE),
        )


def texts_at(node: Any, path: list[str]) -> Iterator[str]:
    if not path:
        if isinstance(node, str):
            yield node
    elif path[0] == "*":
        for item in node:
            yield from texts_at(item, path[1:])
    elif path[0] in node:
        yield from texts_at(node[path[0]], path[1:])
