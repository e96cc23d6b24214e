"""Public data

are registered first with the materials of art. 9(1)
├── by whom art. 3 names, of data that such a one has
├── after attestation, business review and risk assessment, several by one with their consent
└── core data never
are corrected with the registrant's consent or on evidence
are revoked on one of four grounds, and verified
open the way to property when the product itself has its code
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from registry.errors import Malformed, NotAllowed
from registry.rules import Allowed, NeedInfo, Refused, applications
from registry.rules.applications import parse
from registry.rules.eligibility import PublicRegistration, Situation
from registry.rules.grading import Grade
from registry.rules.later_forms import CorrectionForm
from registry.rules.profiles import Kind, Profile
from registry.rules.public_data import (
    PublicRecord,
    attested_before,
    correction,
    public_product,
    revocation,
)
from registry.rules.public_form import PublicForm
from registry.rules.validity import BEIJING
from tests.registry.rules.sample_form import Form, a_form, flaws_of
from tests.registry.rules.sample_later import (
    NATIONAL,
    PUBLIC,
    PUBLIC_CODE,
    SANDBOX,
    A,
    B,
    a_later_form,
    a_person,
    a_public_form,
    a_public_subject,
    a_subject,
    papers,
    settled,
)

ORDER = "发改数据规〔2025〕26号"


def public_flaws(form: Form) -> list[tuple[str, str]]:
    with pytest.raises((Malformed, NotAllowed)) as refusal:
        parse(Kind.INITIAL, form, profile=PUBLIC)
    return [(flaw.pointer, flaw.rule) for flaw in refusal.value.flaws]


class TestFirstRegistration:
    @pytest.mark.parametrize(
        ("spoil", "pointer", "rule"),
        [
            (
                lambda f: f["applicants"][0].update(kind="NATURAL"),
                "/applicants/0/kind",
                f"{ORDER} art. 3",
            ),
            (lambda f: f["source"].update(basis="DUTIES"), "/source/basis", f"{ORDER} art. 3"),
            (lambda f: f.pop("operation"), "/operation", f"{ORDER} arts. 3, 15"),
            (lambda f: f.pop("product"), "/product", f"{ORDER} arts. 5, 9(1)"),
            (
                lambda f: f.update(agreeing=[{"name": "示范乙", "id": "0"}]),
                "/papers",
                f"{ORDER} art. 7",
            ),
            (lambda f: f["papers"].pop(), "/papers", f"{ORDER} art. 9(1)"),
            (
                lambda f: f["resource"].update(industry="Z99"),
                "/resource/industry",
                "industry_shape",
            ),
            (
                lambda f: f["resource"]["time_scope"].update(last="2023-12-31"),
                "/resource/time_scope/last",
                "time_scope",
            ),
            (lambda f: f["operation"].update(last="2025-12-31"), "/operation/last", "time_scope"),
            (lambda f: f.pop("attestation"), "/attestation", "missing"),
            (lambda f: f.pop("scenario"), "/scenario", "missing"),
            (lambda f: f.update(scenario="甲\u202e乙"), "/scenario", "format_control"),
        ],
    )
    def test_is_refused_where_it_is_wrong(
        self, spoil: Callable[[Form], Any], pointer: str, rule: str
    ) -> None:
        form = a_public_form()
        spoil(form)
        assert public_flaws(form) == [(pointer, rule)]

    @pytest.mark.parametrize(
        ("capacity", "basis", "is_sound"),
        [
            ("HOLDER", "DUTIES", True),
            ("HOLDER", "PUBLIC_SERVICE", True),
            ("UTILITY", "PUBLIC_SERVICE", True),
            ("UTILITY", "DUTIES", False),
            ("HOLDER", "AUTHORISED_OPERATION", False),
            ("OPERATOR", "AUTHORISED_OPERATION", True),
        ],
    )
    def test_is_by_whoever_has_such_data(self, capacity: str, basis: str, is_sound: bool) -> None:
        form = a_public_form()
        form["applicants"][0]["capacity"] = capacity
        form["source"]["basis"] = basis
        if is_sound:
            assert parse(Kind.INITIAL, form, profile=PUBLIC)
        else:
            assert public_flaws(form) == [("/source/basis", f"{ORDER} art. 3")]

    def test_of_a_resource_has_no_product_and_no_operation(self) -> None:
        form = a_public_form()
        form["applicants"][0]["capacity"] = "HOLDER"
        form["source"]["basis"] = "DUTIES"
        del form["product"], form["operation"]
        assert parse(Kind.INITIAL, form, profile=PUBLIC)

    def test_by_one_for_several_needs_their_consent(self) -> None:
        form = a_public_form() | {"agreeing": [{"name": "示范乙", "id": "0"}]}
        form["papers"] += papers("JOINT_CONSENT")
        assert parse(Kind.INITIAL, form, profile=PUBLIC)

    def test_follows_the_attestation(self) -> None:
        form = parse(Kind.INITIAL, a_public_form(), profile=PUBLIC)
        assert isinstance(form, PublicForm)
        before, on = (datetime(2026, m, d, 9, tzinfo=BEIJING) for m, d in ((9, 30), (10, 1)))
        assert attested_before(form, filed=before) == Refused(
            "Attested on 2026-10-01, applied for on 2026-09-30. 存证日期为2026-10-01，晚于申请日2026-09-30。",
            f"{ORDER} art. 7",
        )
        assert isinstance(attested_before(form, filed=on), Allowed)

    def test_of_core_data_is_refused_wherever_it_is_judged(self) -> None:
        form = parse(Kind.INITIAL, a_public_form(), profile=PUBLIC)
        core = form.model_copy(update={"grade": Grade.CORE})
        (flaw,) = applications.review(core, profile=PUBLIC).refusals
        assert flaw.pointer == "/grade"


class TestCorrection:
    def form(self, role: str = "INTERESTED_PARTY", *kinds: str) -> CorrectionForm:
        raw = a_later_form(Kind.CORRECTION)
        raw["applicants"] = [a_person(A if role == "APPLICANT" else B, role)]
        raw["papers"] = papers(*(kinds or ("OTHER",)))
        found = parse(Kind.CORRECTION, raw, profile=PUBLIC)
        assert isinstance(found, CorrectionForm)
        return found

    def answer(self, form: CorrectionForm, is_error_shown: bool | None = None) -> object:
        return correction(form, a_public_subject(), profile=PUBLIC, is_error_shown=is_error_shown)

    def test_by_the_registrant_is_its_consent(self) -> None:
        assert isinstance(self.answer(self.form("APPLICANT")), Allowed)

    def test_by_another_needs_consent_or_evidence(self) -> None:
        asked = self.answer(self.form())
        assert asked == NeedInfo(("consent", "evidence"), f"{ORDER} art. 9(3)")
        assert isinstance(self.answer(self.form("INTERESTED_PARTY", "CONSENT")), Allowed)

    def test_on_evidence_waits_for_what_the_registrar_makes_of_it(self) -> None:
        form = self.form("INTERESTED_PARTY", "EVIDENCE")
        assert self.answer(form) == NeedInfo(("is_error_shown",), f"{ORDER} art. 9(3)")
        assert isinstance(self.answer(form, True), Allowed)
        assert isinstance(self.answer(form, False), Refused)

    def test_by_who_claims_to_be_the_registrant_is_refused(self) -> None:
        form = self.form("APPLICANT")
        stranger = form.applicants[0].model_copy(update={"party": B})
        claimed = form.model_copy(update={"applicants": (stranger,)})
        assert isinstance(self.answer(claimed), Refused)

    def test_of_another_or_an_ended_registration_is_refused(self) -> None:
        for subject in (
            replace(a_public_subject(), is_ended=True),
            replace(a_public_subject(), certificate="another-code"),
        ):
            found = correction(self.form("APPLICANT"), subject, profile=PUBLIC, is_error_shown=None)
            assert isinstance(found, Refused)

    def test_is_not_known_to_the_guide(self) -> None:
        found = correction(
            self.form("APPLICANT"), a_subject(), profile=SANDBOX, is_error_shown=True
        )
        assert isinstance(found, Refused)


class TestRevocation:
    @pytest.mark.parametrize("ground", [101, 102, 103, 104])
    def test_is_on_a_verified_ground(self, ground: int) -> None:
        def answer(is_verified: bool | None) -> object:
            return revocation(
                ground,
                a_public_subject(),
                profile=PUBLIC,
                is_verified=is_verified,
            )

        assert answer(True) == Allowed(f"{ORDER} art. 20")
        assert answer(None) == NeedInfo(("is_verified",), f"{ORDER} art. 20")
        assert isinstance(answer(False), Refused)

    def test_is_refused_without_one(self) -> None:
        for ground, subject, profile in (
            (5, a_public_subject(), PUBLIC),
            (1, replace(a_public_subject(), is_ended=True), PUBLIC),
            (1, a_subject(), NATIONAL),
        ):
            found = revocation(ground, subject, profile=profile, is_verified=True)
            assert isinstance(found, Refused)


class TestPublicProduct:
    PRODUCT = PublicRecord(PUBLIC_CODE, PublicRegistration.PRODUCT, stands=True)

    def answer(self, code: str | None, record: PublicRecord | None) -> object:
        return public_product(Situation.AUTHORISED_PRODUCT, code, record, profile=NATIONAL)

    def test_needs_its_own_code(self) -> None:
        assert isinstance(self.answer(PUBLIC_CODE, self.PRODUCT), Allowed)
        assert self.answer(None, None) == NeedInfo(("public_product_code",), "guide art. 15(2)")
        assert self.answer(PUBLIC_CODE, None) == NeedInfo(("public_record",), "guide art. 15(2)")

    @pytest.mark.parametrize(
        ("code", "record"),
        [
            (PUBLIC_CODE, replace(PRODUCT, registered=PublicRegistration.RESOURCE_ONLY)),
            (PUBLIC_CODE, replace(PRODUCT, registered=PublicRegistration.NONE)),
            (PUBLIC_CODE, replace(PRODUCT, stands=False)),
            (PUBLIC_CODE, replace(PRODUCT, code="another-code")),
            ("无", PRODUCT),
        ],
    )
    def test_is_refused_without_it(self, code: str, record: PublicRecord) -> None:
        found = self.answer(code, record)
        assert isinstance(found, Refused)
        assert found.basis == "guide art. 15(2)"

    def test_is_asked_of_products_of_operation_alone(self) -> None:
        found = public_product(Situation.UTILITIES, None, None, profile=NATIONAL)
        assert isinstance(found, Allowed)


class TestPropertyRegistration:
    """What art. 15 keeps out of the register of property rights, and what it lets in."""

    def duty(self, situation: str, sandbox: Profile) -> list[tuple[str, str]]:
        form = a_form()
        form["data"]["source"]["situation"] = situation
        return flaws_of(form, sandbox)

    @pytest.mark.parametrize("situation", ["DUTY_DATA", "DUTY_DATA_COMMISSIONED"])
    def test_refuses_duty_data_and_what_others_collect_for_authorities(
        self, situation: str, sandbox: Profile
    ) -> None:
        assert self.duty(situation, sandbox) == [("/applicants/0/claim/rights", "guide art. 15(1)")]

    @pytest.mark.parametrize("situation", ["SELF_GENERATED", "UTILITIES"])
    def test_refuses_them_under_any_other_name(self, situation: str, sandbox: Profile) -> None:
        form = a_form()
        form["data"]["source"]["situation"] = situation
        form["data"]["facts"] |= {
            "duty_of": "PARTY_OR_GOVERNMENT",
            "from_public_service": True,
            "otherwise_provided": False,
        }
        assert flaws_of(form, sandbox) == [("/applicants/0/claim/rights", "guide art. 15(1)")]

    def test_takes_utilities_data_from_the_public_service(self, sandbox: Profile) -> None:
        form = a_form()
        form["data"]["source"]["situation"] = "UTILITIES"
        form["data"]["facts"] |= {"from_public_service": True, "otherwise_provided": False}
        assert parse(Kind.INITIAL, form, profile=sandbox)

    @pytest.mark.parametrize(
        ("registered", "code", "flaw"),
        [
            ("PRODUCT", PUBLIC_CODE, None),
            ("RESOURCE_ONLY", PUBLIC_CODE, ("/applicants/0/claim/rights", "guide art. 15(2)")),
            ("PRODUCT", None, ("/data/facts/public_product_code", "unanswered")),
            ("PRODUCT", "已登记", ("/data/facts/public_product_code", "public_code")),
        ],
    )
    def test_takes_a_product_of_operation_with_its_code(
        self,
        registered: str,
        code: str | None,
        flaw: tuple[str, str] | None,
        sandbox: Profile,
    ) -> None:
        form = a_form()
        form["data"]["source"] = {"way": "BY_AGREEMENT", "situation": "AUTHORISED_PRODUCT"}
        form["data"]["facts"] |= {
            "public_registration": registered,
            "public_product_code": code,
            "contract_states": True,
            "contract_grants": ["HOLD", "USE", "OPERATE"],
        }
        if flaw is None:
            assert parse(Kind.INITIAL, form, profile=sandbox)
            return
        assert flaws_of(form, sandbox) == [flaw]
        lenient = settled(sandbox, public_product_refused_at="REGISTRATION")
        if flaw[1] == "public_code":
            assert flaws_of(form, lenient) == [flaw]
        else:
            taken = parse(Kind.INITIAL, form, profile=lenient)
            (warning,) = applications.review(taken, profile=lenient).warnings
            assert (warning.pointer, warning.rule) == flaw
