"""A registration of another kind from before the guide

shortens the review of the matters that agree, and nothing else
└── not the notice, the files, the code or the validity of the new registration
is not helped when unknown, too young, lapsed, or when nothing agrees
stands in the initial form as a reference, guarded like any text
"""

import json

import pytest

from registry.rules import NeedInfo, Refused
from registry.rules.applications import parse
from registry.rules.identifiers import CertificateCode
from registry.rules.initial_form import InitialForm, Matter, PriorRegistration
from registry.rules.profiles import Kind, Profile
from registry.rules.simplified import Simplification, Stage, simplification
from tests.registry.rules.sample_form import HASH, Form, flaws_of
from tests.registry.rules.sample_later import ATTESTED, NATIONAL

OLD: Form = {
    "profile": "SZ_2023",
    "paper": "RESOURCE_CERTIFICATE",
    "number": "深数登字2024第0001号",
    "issued_by": "示范登记机构",
    "issued": "2024-12-01",
    "expires": "2027-11-30",
    "certificate": HASH,
    "matters": ["DESCRIPTION", "SOURCE"],
}


def prior(**more: object) -> PriorRegistration:
    return PriorRegistration.model_validate_json(json.dumps(OLD | more))


def answer(
    old: PriorRegistration,
    agreed: frozenset[Matter] | None = frozenset(Matter),
) -> Simplification | Refused | NeedInfo:
    return simplification(old, filed=ATTESTED, agreed=agreed, profile=NATIONAL)


class TestSimplification:
    def test_shortens_the_review_of_what_agrees(self) -> None:
        found = answer(prior(), frozenset({Matter.SOURCE, Matter.RIGHTS}))
        assert isinstance(found, Simplification)
        assert found.stages == (Stage.REVIEW,)
        # RIGHTS were not reviewed then, whatever the registrar thinks of them now.
        assert found.matters == (Matter.SOURCE,)
        assert found.review == (Matter.DESCRIPTION, Matter.RIGHTS)

    def test_waives_nothing_else(self) -> None:
        found = answer(prior())
        assert isinstance(found, Simplification)
        assert set(found.full) == set(Stage) - {Stage.REVIEW}
        assert {Stage.NOTICE, Stage.ATTESTATION, Stage.KEEPING} <= set(found.full)

    def test_waits_for_the_registrars_comparison(self) -> None:
        assert answer(prior(), None) == NeedInfo(("agreed",), "guide art. 41")

    @pytest.mark.parametrize(
        "old",
        [
            prior(profile="GD_2022"),
            prior(paper="LICENCE_CREDENTIAL"),
            prior(paper="MEDAL"),
            prior(number="0 1"),
            prior(issued="2023-06-30"),
            prior(issued="2026-07-01"),
            prior(expires="2026-11-19"),
            prior(matters=[]),
        ],
    )
    def test_is_refused_to_what_the_article_does_not_help(self, old: PriorRegistration) -> None:
        assert isinstance(answer(old), Refused)

    @pytest.mark.parametrize(
        "old",
        [
            prior(issued="2026-06-30"),
            prior(issued="2023-07-01"),
            prior(expires="2026-11-20"),
            prior(expires=None),
        ],
    )
    def test_is_exact_to_the_day(self, old: PriorRegistration) -> None:
        assert isinstance(answer(old), Simplification)


class TestForm:
    def test_holds_it_as_a_reference(self, form: Form, sandbox: Profile) -> None:
        form["prior_registration"] = OLD
        found = parse(Kind.INITIAL, form, profile=sandbox)
        assert isinstance(found, InitialForm)
        assert found.prior_registration == prior()
        with pytest.raises(Exception, match="not a certificate code"):
            CertificateCode.parse(OLD["number"])

    def test_guards_its_text(self, form: Form, sandbox: Profile) -> None:
        form["prior_registration"] = OLD | {"number": "深\u202e1"}
        assert flaws_of(form, sandbox) == [("/prior_registration/number", "format_control")]

    def test_is_as_before_without_it(self, form: Form, sandbox: Profile) -> None:
        found = parse(Kind.INITIAL, form, profile=sandbox)
        assert isinstance(found, InitialForm)
        assert found.prior_registration is None
