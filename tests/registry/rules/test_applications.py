"""An application of any kind

has the form that its kind has under the profile
├── annexes 1 to 5 under the guide, the materials of art. 9 for public data
├── and is refused where nobody can apply for the kind
is taken when sound, whatever its kind, in one byte form
is refused, all flaws at once and each at its JSON pointer
├── certificate code, identities, roles, parties that nothing concerns
├── hostile Unicode in every free text; above the advice there is only a warning
├── papers not there
└── what the form alone shows the law to refuse
names who signs, the rights concerned, its documents, and what a notice may show of it
has a label with an article for every field, in both languages, printed as docs/forms.md
"""

import copy
import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from registry.errors import Malformed, NotAllowed, TooLarge
from registry.hashes import canonical
from registry.rules import applications
from registry.rules.applications import Form as AnyForm
from registry.rules.applications import claims, documents, parse, parsed, public_extract, subject
from registry.rules.form_fields import as_markdown, fields_of, papers_of, title_of
from registry.rules.initial_form import InitialForm
from registry.rules.profiles import Kind, Profile, load
from registry.rules.rights import ALL_RIGHTS, NO_RIGHT, Right
from registry.rules.settled import regime
from tests.machine import ROOT
from tests.registry.rules.sample_form import HASH, Form, a_form
from tests.registry.rules.sample_later import (
    CODE,
    NATIONAL,
    PUBLIC,
    REGISTRATION,
    SANDBOX,
    A,
    B,
    E,
    a_change,
    a_conveyance,
    a_later_form,
    a_person,
    a_public_form,
    a_public_later_form,
    settled,
)
from tests.registry.rules.test_form_shape import leaves, put

LATER = (Kind.TRANSFER, Kind.AMENDMENT, Kind.RENEWAL, Kind.CANCELLATION)
PUBLIC_LATER = (Kind.AMENDMENT, Kind.RENEWAL, Kind.CANCELLATION, Kind.CORRECTION)
ALL = [
    (Kind.INITIAL, SANDBOX, a_form),
    *((kind, SANDBOX, lambda kind=kind: a_later_form(kind)) for kind in LATER),
    (Kind.INITIAL, PUBLIC, a_public_form),
    *((kind, PUBLIC, lambda kind=kind: a_public_later_form(kind)) for kind in PUBLIC_LATER),
]
every_form = pytest.mark.parametrize(
    ("kind", "profile", "make"), ALL, ids=[f"{p.name}-{k.name}" for k, p, _ in ALL]
)
Make = Callable[[], Form]


def flaws_of(kind: Kind, form: object, profile: Profile) -> list[tuple[str, str]]:
    with pytest.raises((Malformed, NotAllowed)) as refusal:
        parse(kind, form, profile=profile)
    return [(flaw.pointer, flaw.rule) for flaw in refusal.value.flaws]


class TestKinds:
    @pytest.mark.parametrize(
        ("kind", "profile"),
        [
            (Kind.CORRECTION, SANDBOX),
            (Kind.REVOCATION, SANDBOX),
            (Kind.TRANSFER, PUBLIC),
            (Kind.REVOCATION, PUBLIC),
        ],
    )
    def test_that_nobody_can_apply_for_are_refused(self, kind: Kind, profile: Profile) -> None:
        with pytest.raises(NotAllowed, match=kind.name):
            parse(kind, a_later_form(kind), profile=profile)
        with pytest.raises(NotAllowed, match=kind.name):
            applications.labels(kind, profile=profile)

    @every_form
    def test_are_taken_when_sound(self, kind: Kind, profile: Profile, make: Make) -> None:
        form, content = parsed(kind, make(), profile=profile)
        assert content == canonical(make())
        assert applications.review(form, profile=profile).warnings == ()
        one = applications.canonical_form(form)
        again = parse(kind, json.loads(one), profile=profile)
        assert (again, applications.canonical_form(again)) == (form, one)

    @every_form
    def test_are_refused_as_one_another(self, kind: Kind, profile: Profile, make: Make) -> None:
        others = [other for other, law, _ in ALL if law is profile and other is not kind]
        for other in others:
            with pytest.raises(Malformed):
                parse(other, make(), profile=profile)

    @every_form
    def test_refuse_core_data_and_repeat_nothing(
        self, kind: Kind, profile: Profile, make: Make
    ) -> None:
        with pytest.raises(NotAllowed) as refusal:
            parse(kind, make() | {"grade": "CORE"}, profile=profile)
        assert [flaw.pointer for flaw in refusal.value.flaws] == ["/grade"]

    def test_of_initial_registration_are_what_they_were(self, form: Form) -> None:
        assert isinstance(parse(Kind.INITIAL, form, profile=SANDBOX), InitialForm)

    @settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(
        kind=st.sampled_from(LATER),
        field=st.sampled_from(["subject", "applicants", "papers", "shares", "changes", "name"]),
        value=st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(st.sampled_from(["party", "at", "after"]), inner, max_size=3)
            ),
        ),
    )
    def test_meet_any_json_with_an_answer_of_ours(
        self, kind: Kind, field: str, value: object
    ) -> None:
        # Anything but an answer of ours would be raised through.
        with suppress(Malformed, NotAllowed, TooLarge):
            parse(kind, a_later_form(kind) | {field: value}, profile=SANDBOX)


class TestText:
    @every_form
    def test_is_guarded_wherever_it_is_free(self, kind: Kind, profile: Profile, make: Make) -> None:
        model = applications.shape(kind, profile=profile)
        known = fields_of(kind, profile=profile)
        guarded = {at for at, field in known.items() if field.limit or field.advice}
        assert guarded == {at for at, annotation in leaves(model) if annotation is str}

    @pytest.mark.parametrize(
        ("kind", "pointer"),
        [
            (Kind.TRANSFER, "/conveyances/0/data_range"),
            (Kind.TRANSFER, "/applicants/1/name"),
            (Kind.RENEWAL, "/matter"),
            (Kind.CANCELLATION, "/reason"),
            (Kind.AMENDMENT, "/changes/0/after"),
            (Kind.AMENDMENT, "/changes/0/before"),
        ],
    )
    @pytest.mark.parametrize("hostile", ["甲\u200b乙", "甲\u202e乙", "甲\x00乙"])
    def test_that_is_hostile_is_caught(self, kind: Kind, pointer: str, hostile: str) -> None:
        form = a_later_form(kind)
        put(form, pointer.strip("/").split("/"), hostile)
        ((found, rule),) = flaws_of(kind, form, SANDBOX)
        assert (found, rule) in {(pointer, "format_control"), (pointer, "control")}

    def test_deep_in_a_change_is_caught(self) -> None:
        form = a_later_form(Kind.AMENDMENT)
        form["changes"] = [a_change("/data/media", ["TABLE"], ["TABLE", "甲\u202e乙"])]
        assert flaws_of(Kind.AMENDMENT, form, SANDBOX) == [("/changes/0/after/1", "format_control")]

    def test_of_a_change_is_held_to_the_length_of_its_field(self) -> None:
        form = a_later_form(Kind.AMENDMENT)
        form["changes"] = [a_change("/applicants/0/phone", "1", "1" * 41)]
        assert flaws_of(Kind.AMENDMENT, form, SANDBOX) == [("/changes/0/after", "too_long")]

    def test_above_the_advice_is_warned_about_and_not_refused(self) -> None:
        form = a_later_form(Kind.AMENDMENT)
        form["name"] = "据" * 41
        form["changes"] = [a_change("/data/overview", "旧", "据" * 401)]
        found = parse(Kind.AMENDMENT, form, profile=SANDBOX)
        warnings = applications.review(found, profile=SANDBOX).warnings
        assert [(flaw.pointer, flaw.rule) for flaw in warnings] == [
            ("/name", "long"),
            ("/changes/0/after", "long"),
        ]

    def test_ten_times_the_advice_is_refused(self) -> None:
        form = a_later_form(Kind.RENEWAL) | {"name": "据" * 401}
        assert flaws_of(Kind.RENEWAL, form, SANDBOX) == [("/name", "too_long")]


class TestCertificate:
    @pytest.mark.parametrize(
        ("code", "rule"),
        [
            ("XX4412026110000", "code_serial"),
            ("SJ4412026110007", "code_prefix"),
            ("1", "code_shape"),
        ],
    )
    def test_has_the_code_of_the_profile(self, code: str, rule: str) -> None:
        for kind in LATER:
            form = a_later_form(kind) | {"certificate": code}
            assert flaws_of(kind, form, SANDBOX) == [("/certificate", rule)]

    def test_of_public_data_has_a_code_without_sentences(self) -> None:
        form = a_public_later_form(Kind.RENEWAL) | {"certificate": "公共数据登记一号"}
        assert flaws_of(Kind.RENEWAL, form, PUBLIC) == [("/certificate", "public_code")]


class TestApplicants:
    def test_of_a_transfer_are_both_sides(self) -> None:
        form = a_later_form(Kind.TRANSFER)
        form["applicants"].pop()
        assert flaws_of(Kind.TRANSFER, form, SANDBOX) == [("/conveyances/0/transferee", "role")]
        form = a_later_form(Kind.TRANSFER)
        form["applicants"][1]["role"] = "TRANSFEROR"
        assert flaws_of(Kind.TRANSFER, form, SANDBOX) == [("/conveyances/0/transferee", "role")]

    def test_cannot_transfer_to_themselves(self) -> None:
        form = a_later_form(Kind.TRANSFER)
        form["applicants"][1] = a_person(A, "TRANSFEREE")
        form["conveyances"] = [a_conveyance(A, A, "HOLD")]
        assert ("/applicants/1/party", "repeated") in flaws_of(Kind.TRANSFER, form, SANDBOX)

    @pytest.mark.parametrize(
        ("kind", "role"),
        [
            (Kind.AMENDMENT, "TRANSFEROR"),
            (Kind.RENEWAL, "INTERESTED_PARTY"),
            (Kind.CANCELLATION, "TRANSFEREE"),
        ],
    )
    def test_have_a_role_that_the_kind_knows(self, kind: Kind, role: str) -> None:
        form = a_later_form(kind)
        form["applicants"][0]["role"] = role
        assert flaws_of(kind, form, SANDBOX) == [("/applicants/0/role", "role")]

    def test_of_a_correction_may_be_an_interested_party(self) -> None:
        form = a_later_form(Kind.CORRECTION)
        form["applicants"] = [a_person(B, "INTERESTED_PARTY")]
        assert parse(Kind.CORRECTION, form, profile=PUBLIC)

    def test_that_nothing_concerns_are_named(self) -> None:
        transfer, renewal = a_later_form(Kind.TRANSFER), a_later_form(Kind.RENEWAL)
        transfer["applicants"].append(a_person(B, "TRANSFEREE"))
        renewal["applicants"].append(a_person(B, "APPLICANT"))
        assert flaws_of(Kind.TRANSFER, transfer, SANDBOX) == [("/applicants/2/party", "unnamed")]
        assert flaws_of(Kind.RENEWAL, renewal, SANDBOX) == [("/applicants/1/party", "unnamed")]

    def test_have_real_codes(self) -> None:
        for kind, profile, make in ALL:
            form = make()
            form["applicants"][0]["id"] = "91000000000000000X"
            assert flaws_of(kind, form, profile) == [("/applicants/0/id", "uscc_check_digit")]


class TestContent:
    @pytest.mark.parametrize(
        ("kind", "spoil", "pointer", "rule"),
        [
            (Kind.TRANSFER, lambda f: f["conveyances"][0].update(rights=[]), "rights", "empty"),
            (Kind.RENEWAL, lambda f: f["shares"][0].update(rights=[]), "rights", "empty"),
            (Kind.RENEWAL, lambda f: f["shares"].append(f["shares"][0]), "party", "repeated"),
            (
                Kind.AMENDMENT,
                lambda f: f["changes"].append(f["changes"][0]),
                "/changes/1/at",
                "repeated",
            ),
            (
                Kind.AMENDMENT,
                lambda f: f["changes"][0].update(at="/data/colour"),
                "/changes/0/at",
                "unknown_field",
            ),
            (
                Kind.AMENDMENT,
                lambda f: f["changes"][0].update(after="2024-12-31"),
                "/changes/0/after",
                "unchanged",
            ),
            (
                Kind.TRANSFER,
                lambda f: f["conveyances"].append(f["conveyances"][0]),
                "/conveyances/1",
                "repeated",
            ),
        ],
    )
    def test_is_refused_where_it_is_wrong(
        self, kind: Kind, spoil: Callable[[Form], Any], pointer: str, rule: str
    ) -> None:
        form = a_later_form(kind)
        spoil(form)
        found = flaws_of(kind, form, SANDBOX)
        assert (found[0][0].endswith(pointer), found[0][1]) == (True, rule)

    def test_of_public_data_names_no_rights(self) -> None:
        form = a_public_later_form(Kind.RENEWAL)
        form["shares"][0]["rights"] = ["HOLD"]
        assert flaws_of(Kind.RENEWAL, form, PUBLIC) == [("/shares/0/rights", "not_empty")]

    @pytest.mark.parametrize(
        ("at", "is_known"),
        [
            ("/data/facts/contract_kept", True),
            ("/applicants/0/claim/rights", True),  # known; the rule of amendments refuses it
            ("/applicants/00x/name", False),
            ("data/name", False),
            ("/Data/name", False),
        ],
    )
    def test_names_fields_by_pointer(self, at: str, is_known: bool) -> None:
        form = a_later_form(Kind.AMENDMENT)
        form["changes"] = [a_change(at, "旧", "新")]
        if is_known:
            assert parse(Kind.AMENDMENT, form, profile=SANDBOX)
        else:
            assert flaws_of(Kind.AMENDMENT, form, SANDBOX)[0][0] == "/changes/0/at"


class TestLaw:
    @every_form
    def test_asks_for_the_papers(self, kind: Kind, profile: Profile, make: Make) -> None:
        required = papers_of(kind, profile=profile)
        form = make() | {"papers": [{"kind": "OTHER", "hash": HASH}]}
        if not required:
            assert parse(kind, form, profile=profile)
            return
        cited = [regime(profile).cite(paper.article) for paper in required.values()]
        assert flaws_of(kind, form, profile) == [("/papers", article) for article in cited]

    def test_does_not_know_licences(self) -> None:
        form = a_later_form(Kind.TRANSFER) | {"is_retained": True}
        assert flaws_of(Kind.TRANSFER, form, SANDBOX) == [("/conveyances", "guide art. 34")]

    def test_splits_no_data_unless_the_profile_reads_it_so(self) -> None:
        form = a_later_form(Kind.TRANSFER)
        form["conveyances"][0]["is_whole"] = False
        assert flaws_of(Kind.TRANSFER, form, SANDBOX)[0][0] == "/conveyances"
        splitting = settled(SANDBOX, transfer_splits_data=True)
        assert parse(Kind.TRANSFER, form, profile=splitting)

    def test_lets_a_right_pass_to_one_unless_the_profile_reads_it_otherwise(self) -> None:
        form = a_later_form(Kind.TRANSFER)
        form["applicants"].append(a_person(B, "TRANSFEREE"))
        form["conveyances"].append(a_conveyance(A, B, "OPERATE"))
        assert flaws_of(Kind.TRANSFER, form, SANDBOX)[0][0] == "/conveyances"
        assert parse(Kind.TRANSFER, form, profile=settled(SANDBOX, transfer_multiplies_right=True))
        form["conveyances"][1]["rights"] = ["USE"]
        assert parse(Kind.TRANSFER, form, profile=SANDBOX)

    def test_knows_the_grounds_to_apply_on(self) -> None:
        for ground, is_known in ((1, True), (2, True), (3, False), (4, False), (5, False)):
            form = a_later_form(Kind.CANCELLATION) | {"ground": ground}
            if is_known:
                assert parse(Kind.CANCELLATION, form, profile=SANDBOX)
            else:
                assert flaws_of(Kind.CANCELLATION, form, SANDBOX)[0][0] == "/ground"


class TestReading:
    def form(self, kind: Kind) -> AnyForm:
        return parse(kind, a_later_form(kind), profile=SANDBOX)

    def test_names_the_registration_concerned(self, form: Form) -> None:
        assert {subject(self.form(kind)) for kind in LATER} == {REGISTRATION}
        assert subject(parse(Kind.INITIAL, form, profile=SANDBOX)) is None
        assert subject(parse(Kind.INITIAL, a_public_form(), profile=PUBLIC)) is None

    def test_claims_name_all_who_sign_in_ascending_order(self) -> None:
        assert claims(self.form(Kind.TRANSFER)) == ((A, Right.OPERATE), (E, Right.OPERATE))
        assert claims(self.form(Kind.RENEWAL)) == ((A, ALL_RIGHTS),)
        assert claims(self.form(Kind.AMENDMENT)) == ((A, NO_RIGHT),)
        form = a_later_form(Kind.TRANSFER)
        form["applicants"].append(a_person(B, "TRANSFEREE"))
        form["conveyances"].append(a_conveyance(A, B, "HOLD"))
        found = parse(Kind.TRANSFER, form, profile=SANDBOX)
        assert claims(found) == (
            (A, Right.HOLD | Right.OPERATE),
            (B, Right.HOLD),
            (E, Right.OPERATE),
        )

    def test_names_every_document_once(self, form: Form) -> None:
        other = "0x" + "cd" * 32
        form["prior_registration"] = {
            "profile": "SZ_2023",
            "paper": "RESOURCE_CERTIFICATE",
            "number": "深数登字2024第0001号",
            "issued_by": "示范登记机构",
            "issued": "2024-05-01",
            "certificate": other,
            "matters": ["SOURCE"],
        }
        assert documents(parse(Kind.INITIAL, form, profile=SANDBOX)) == {HASH, other}
        public = a_public_form()
        public["operation"]["agreement"] = other
        assert documents(parse(Kind.INITIAL, public, profile=PUBLIC)) == {HASH, other}
        assert documents(self.form(Kind.RENEWAL)) == {HASH}

    @every_form
    def test_shows_no_text_of_a_field_that_is_not_public(
        self, kind: Kind, profile: Profile, make: Make
    ) -> None:
        form = make()
        for i, applicant in enumerate(form["applicants"]):
            applicant |= {
                "contact": f"不得公示之人{i}",
                "phone": f"0755-{i}",
                "address": "不得公示",
            }
        shown = json.dumps(public_extract(parse(kind, form, profile=profile)), ensure_ascii=False)
        for applicant in form["applicants"]:
            assert applicant["name"] in shown
            for name in ("contact", "phone", "address", "id", "party"):
                assert applicant[name] not in shown

    def test_shows_the_items_of_article_12_of_public_data(self) -> None:
        found = public_extract(parse(Kind.INITIAL, a_public_form(), profile=PUBLIC))
        assert set(found) == {"applicants", "kind", "name", "overview"}

    def test_shows_who_applies_as_what(self) -> None:
        found = public_extract(self.form(Kind.TRANSFER))
        assert [(c["role"], c["rights"]) for c in found["limits"]["claims"]] == [
            ("TRANSFEROR", ["OPERATE"]),
            ("TRANSFEREE", ["OPERATE"]),
        ]


class TestLabels:
    @every_form
    def test_name_every_field_with_its_article(
        self, kind: Kind, profile: Profile, make: Make
    ) -> None:
        model = applications.shape(kind, profile=profile)
        found = applications.labels(kind, profile=profile)
        assert {at for at, _ in leaves(model)} <= set(found)
        assert all(words.zh and words.en for words in found.values())
        for field in fields_of(kind, profile=profile).values():
            assert field.basis

    def test_mark_nothing_both_personal_and_public(self) -> None:
        for kind, profile, _ in ALL:
            for at, field in fields_of(kind, profile=profile).items():
                assert not (field.personal and field.public), at

    def test_follow_the_annexes(self) -> None:
        bases = [title_of(kind, profile=SANDBOX)[1] for kind in (Kind.INITIAL, *LATER)]
        assert bases == ["annex 1", "annex 2", "annex 3", "annex 4", "annex 5"]


def test_the_page_of_forms_is_printed_from_the_tables() -> None:
    printed = as_markdown(NATIONAL, load("CN_PUBLIC_2025"))
    assert (ROOT / "docs" / "forms.md").read_text() == printed
    assert "### TRANSFER" in printed
    assert "### CORRECTION" in printed


def test_a_national_form_needs_a_national_code() -> None:
    form = copy.deepcopy(a_later_form(Kind.RENEWAL))
    assert form["certificate"] == CODE
    found = flaws_of(Kind.RENEWAL, form, NATIONAL)
    assert found == [("/certificate", "code_prefix"), ("/applicants/0/id", "uscc_region")]
