"""An amendment

changes what the closed list of art. 35 names, field by field, and nothing else
├── identity particulars; a number or kind of person only where the holder is shown to be the same
├── description and time span of the data
└── never rights, scope, term, holder or source, whatever else it changes
of public data is what a change of source is for, and never of the registrant itself
says what it finds before it changes it, and leaves a form that is judged as any form
"""

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.errors import Malformed, NotAllowed
from registry.rules import Allowed, NeedInfo, Refused
from registry.rules.amendments import amended, amendment, differences
from registry.rules.applications import parse
from registry.rules.initial_form import InitialForm
from registry.rules.later_forms import AmendmentForm, Cause, Change
from registry.rules.profiles import Kind
from registry.rules.public_form import PublicForm
from registry.rules.settled import words
from tests.registry.rules.sample_form import HASH, Form, a_form, an_applicant
from tests.registry.rules.sample_later import (
    NATIONAL,
    PUBLIC,
    SANDBOX,
    a_later_form,
    a_public_form,
    settled,
)
from tests.registry.rules.test_form_shape import put

REGISTERED = InitialForm.model_validate_json(json.dumps(a_form()))


def initial(form: Form) -> InitialForm:
    found = parse(Kind.INITIAL, form, profile=SANDBOX)
    assert isinstance(found, InitialForm)
    return found


def public(form: Form) -> PublicForm:
    found = parse(Kind.INITIAL, form, profile=PUBLIC)
    assert isinstance(found, PublicForm)
    return found


def changed(at: str, value: Any) -> InitialForm:
    form = a_form()
    put(form, at.strip("/").split("/"), value)
    return initial(form)


class TestAmendment:
    @pytest.mark.parametrize(
        ("at", "value"),
        [
            ("/applicants/0/name", "示范轨道数据（集团）有限公司"),
            ("/applicants/0/address", "示范市新区新路2号"),
            ("/applicants/0/contact", "联系人乙"),
            ("/applicants/0/business_status", "法定代表人变更为某某"),
            ("/data/name", "2024年至2025年全国城市轨道交通客流数据集"),
            ("/data/overview", "概述有误，现予更正。"),
            ("/data/time_scope/last", "2025-12-31"),
            ("/data/volume", "24条"),
            ("/data/media", ["TABLE", "TEXT"]),
        ],
    )
    def test_of_what_the_list_names_is_allowed(self, at: str, value: Any) -> None:
        found = amendment(REGISTERED, changed(at, value), profile=SANDBOX)
        assert found == Allowed("guide art. 35")

    @pytest.mark.parametrize(
        ("at", "value"),
        [
            ("/applicants/0/party", "0x" + "33" * 32),
            ("/applicants/0/claim/rights", ["HOLD", "USE"]),
            ("/applicants/0/claim/until", "2030-01-01"),
            ("/applicants/0/claim/limits", "不得转售"),
            ("/data/restrictions", "不得出境"),
            ("/data/source/situation", "FUSED"),
            ("/data/facts/intrusion", False),
            ("/other_holders", [{"name": "他", "id": "0", "rights": ["USE"], "limits": "无"}]),
            ("/sample", "0x" + "cd" * 32),
            ("/outbound", "INTENDED"),
        ],
    )
    def test_of_anything_else_is_refused_with_the_article(self, at: str, value: Any) -> None:
        form = a_form()
        if at == "/data/source/situation":
            form["data"]["facts"] |= {"contract_states": False, "participants_consent": True}
        before = initial(form)
        put(form, at.strip("/").split("/"), value)
        for same_holder in (True, None):
            found = amendment(before, initial(form), profile=SANDBOX, same_holder=same_holder)
            assert isinstance(found, Refused)
            assert found.basis == "guide art. 35"
            assert found.why.startswith(at)

    def test_that_adds_an_applicant_is_refused(self) -> None:
        form = a_form()
        form["applicants"].append(an_applicant("示范客流科技有限公司", "33"))
        found = amendment(REGISTERED, initial(form), profile=SANDBOX, same_holder=True)
        assert isinstance(found, Refused)

    def test_of_a_number_needs_the_same_holder(self) -> None:
        other = an_applicant("别的公司", "22")["id"]
        form = changed("/applicants/0/id", other)
        asked = amendment(REGISTERED, form, profile=SANDBOX)
        assert isinstance(asked, NeedInfo)
        assert asked.what == ("same_holder",)
        allowed = amendment(REGISTERED, form, profile=SANDBOX, same_holder=True)
        assert isinstance(allowed, Allowed)
        refused = amendment(REGISTERED, form, profile=SANDBOX, same_holder=False)
        assert isinstance(refused, Refused)

    def test_of_nothing_is_refused(self) -> None:
        found = amendment(REGISTERED, initial(a_form()), profile=SANDBOX)
        assert isinstance(found, Refused)
        assert "Nothing differs" in found.why

    def test_of_the_source_may_be_a_slip_of_the_pen_where_the_profile_reads_it_so(self) -> None:
        lenient = settled(SANDBOX, source_text_may_be_corrected=True)
        form = changed("/data/facts/intrusion", False)
        asked = amendment(REGISTERED, form, profile=lenient)
        assert isinstance(asked, NeedInfo)
        assert asked.what == ("is_clerical",)
        for is_clerical, answer in ((True, Allowed), (False, Refused)):
            found = amendment(REGISTERED, form, profile=lenient, is_clerical=is_clerical)
            assert isinstance(found, answer)

    def test_of_rights_or_source_is_opened_by_no_list(self) -> None:
        careless = settled(
            SANDBOX, amendable_fields=("/applicants", "/data", "/other_holders"), identity_fields=()
        )
        for at, value in (
            ("/applicants/0/claim/rights", ["USE"]),
            ("/applicants/0/party", "0x" + "33" * 32),
            ("/data/facts/intrusion", False),
        ):
            found = amendment(REGISTERED, changed(at, value), profile=careless)
            assert isinstance(found, Refused), at


class TestPublicData:
    @pytest.mark.parametrize(
        ("at", "value"),
        [
            ("/source/statement", "履职产生，并自其他机关共享"),
            ("/resource/overview", "新增线路。"),
            ("/product/overview", "新增到站预测。"),
            ("/attestation/digest", "0x" + "cd" * 32),
            ("/applicants/0/name", "示范甲集团有限公司"),
        ],
    )
    def test_may_change_its_source_and_all_that_article_9_2_names(
        self, at: str, value: str
    ) -> None:
        form = a_public_form()
        put(form, at.strip("/").split("/"), value)
        found = amendment(public(a_public_form()), public(form), profile=PUBLIC)
        assert found == Allowed("发改数据规〔2025〕26号 art. 9(2)")

    def test_may_not_change_its_registrant(self) -> None:
        form = a_public_form()
        form["applicants"][0]["party"] = "0x" + "33" * 32
        found = amendment(public(a_public_form()), public(form), profile=PUBLIC)
        assert isinstance(found, Refused)
        assert "首次登记" in found.why


class TestAmended:
    def change(self, at: str, before: Any, after: Any) -> Change:
        return Change(at=at, cause=Cause.WRONG, before=before, after=after)

    def test_carries_out_the_rows_of_a_form(self) -> None:
        form = parse(Kind.AMENDMENT, a_later_form(Kind.AMENDMENT), profile=SANDBOX)
        assert isinstance(form, AmendmentForm)
        after = initial(amended(REGISTERED, form.changes))
        assert differences(REGISTERED, after) == {"/data/time_scope/last": "/data/time_scope/last"}
        assert isinstance(amendment(REGISTERED, after, profile=SANDBOX), Allowed)

    def test_answers_a_field_that_was_not_answered(self) -> None:
        after = amended(REGISTERED, (self.change("/data/facts/intrusion", None, False),))
        assert after["data"]["facts"]["intrusion"] is False

    def test_leaves_what_is_registered_as_it_is(self) -> None:
        before = copy.deepcopy(REGISTERED)
        amended(REGISTERED, (self.change("/data/volume", "12条", "13条"),))
        assert before == REGISTERED

    @pytest.mark.parametrize(
        ("at", "before", "rule"),
        [
            ("/data/volume", "11条", "outdated"),
            ("/applicants/1/name", "示范", "unknown_field"),
            ("/data/volume/unit", "条", "unknown_field"),
            ("/applicants/name", "示范", "unknown_field"),
        ],
    )
    def test_refuses_rows_that_do_not_fit(self, at: str, before: str, rule: str) -> None:
        with pytest.raises(Malformed) as refusal:
            amended(REGISTERED, (self.change(at, before, "新"),))
        assert [flaw.rule for flaw in refusal.value.flaws] == [rule]

    def test_leaves_a_form_that_the_law_judges_anew(self) -> None:
        after = amended(
            REGISTERED, (self.change("/data/time_scope/last", "2024-12-31", "1999-01-01"),)
        )
        with pytest.raises((Malformed, NotAllowed)):
            initial(after)


TEXTS = st.text(alphabet="甲乙丙丁0123", min_size=1, max_size=8)
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "/applicants/0/name": TEXTS,
    "/applicants/0/party": st.sampled_from(["0x" + "22" * 32, "0x" + "33" * 32]),
    "/applicants/0/phone": TEXTS,
    "/applicants/0/id": TEXTS,
    "/applicants/0/claim/rights": st.lists(
        st.sampled_from(["HOLD", "USE", "OPERATE"]), min_size=1, unique=True
    ),
    "/applicants/0/claim/until": st.none() | st.just("2030-01-01"),
    "/applicants/0/claim/limits": TEXTS,
    "/other_holders": st.just([{"name": "他", "id": "0", "rights": ["USE"], "limits": "无"}]),
    "/data/name": TEXTS,
    "/data/overview": TEXTS,
    "/data/time_scope/last": st.dates().map(str),
    "/data/source/situation": st.sampled_from(["SELF_GENERATED", "FUSED", "UTILITIES"]),
    "/data/source/way": st.sampled_from(["SELF_GENERATED", "DERIVED"]),
    "/data/facts/contract_kept": st.booleans(),
    "/data/restrictions": TEXTS,
    "/grade": st.sampled_from(["GENERAL", "IMPORTANT"]),
    "/sample": st.sampled_from([HASH, "0x" + "cd" * 32]),
}


@given(
    st.lists(st.sampled_from(sorted(VALUES)), min_size=1, max_size=6, unique=True).flatmap(
        lambda fields: st.fixed_dictionaries({at: VALUES[at] for at in fields})
    ),
    st.none() | st.booleans(),
)
def test_an_amendment_never_changes_rights_holder_or_source(
    changes: dict[str, Any], same_holder: bool | None
) -> None:
    form = a_form()
    for at, value in changes.items():
        put(form, at.strip("/").split("/"), value)
    after = InitialForm.model_validate_json(json.dumps(form))
    found = amendment(REGISTERED, after, profile=NATIONAL, same_holder=same_holder)
    if not isinstance(found, Allowed):
        return
    assert [a.party for a in after.applicants] == [a.party for a in REGISTERED.applicants]
    assert [a.claim for a in after.applicants] == [a.claim for a in REGISTERED.applicants]
    assert after.other_holders == REGISTERED.other_holders
    assert (after.data.source, after.data.facts) == (
        REGISTERED.data.source,
        REGISTERED.data.facts,
    )
    assert after.data.restrictions == REGISTERED.data.restrictions
    assert (after.sample, after.grade) == (REGISTERED.sample, REGISTERED.grade)
    patterns = set(differences(REGISTERED, after).values())
    listed = words(NATIONAL, "amendable_fields")
    assert patterns
    assert all(
        any(pattern == each or pattern.startswith(each + "/") for each in listed)
        for pattern in patterns
    )
