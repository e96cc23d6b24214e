"""A grade

is the highest to which any impact leads (GB/T 43697-2024)
decides what registration asks
├── CORE is refused whatever else is known
├── IMPORTANT needs proof, and an assessment before supply abroad
└── GENERAL needs nothing, and a route before supply abroad
"""

from functools import partial

import pytest

from registry.rules import Allowed, NeedInfo, Refused, grading
from registry.rules.grading import Degree, Grade, Impact, Outbound, highest
from registry.rules.initial_form import PaperKind
from registry.rules.profiles import load

LAW = load("CN_NDA_2026")
grade_of = partial(grading.grade_of, profile=LAW)
important_papers = partial(grading.important_papers, LAW)
question = partial(grading.question, profile=LAW)
registrable = partial(grading.registrable, profile=LAW)

EXTREME, SERIOUS, ORDINARY = Degree.EXTREME, Degree.SERIOUS, Degree.ORDINARY
CORE, IMPORTANT, GENERAL = Grade.CORE, Grade.IMPORTANT, Grade.GENERAL

ROWS = {
    Impact.NATIONAL_SECURITY: (CORE, CORE, IMPORTANT),
    Impact.ECONOMIC_OPERATION: (CORE, IMPORTANT, GENERAL),
    Impact.SOCIAL_ORDER: (CORE, IMPORTANT, GENERAL),
    Impact.PUBLIC_INTEREST: (CORE, IMPORTANT, GENERAL),
    Impact.ORGANISATION_RIGHTS: (GENERAL, GENERAL, GENERAL),
    Impact.PERSONAL_RIGHTS: (GENERAL, GENERAL, GENERAL),
}


class TestGradeOf:
    @pytest.mark.parametrize("impact", Impact)
    def test_follows_the_matrix(self, impact: Impact) -> None:
        found = tuple(grade_of({impact: degree}) for degree in (EXTREME, SERIOUS, ORDINARY))
        assert found == ROWS[impact]

    @pytest.mark.parametrize(
        ("impacts", "grade"),
        [
            ({Impact.ECONOMIC_OPERATION: SERIOUS, Impact.PERSONAL_RIGHTS: EXTREME}, IMPORTANT),
            ({Impact.NATIONAL_SECURITY: ORDINARY}, IMPORTANT),
            ({Impact.ORGANISATION_RIGHTS: EXTREME}, GENERAL),
            ({}, GENERAL),
        ],
    )
    def test_takes_the_highest(self, impacts: dict[Impact, Degree], grade: Grade) -> None:
        assert grade_of(impacts) is grade

    def test_a_set_has_the_grade_of_its_highest_part(self) -> None:
        assert highest([GENERAL, IMPORTANT]) is IMPORTANT
        assert highest([]) is GENERAL


class TestRegistrable:
    @pytest.mark.parametrize("outbound", [None, *Outbound])
    @pytest.mark.parametrize("proof", [None, True, False])
    def test_refuses_core_whatever_else_is_known(
        self, outbound: Outbound | None, proof: bool | None
    ) -> None:
        answer = registrable(CORE, outbound, has_important_data_proof=proof)
        assert isinstance(answer, Refused)
        assert "22(1)" in answer.basis

    def test_asks_what_it_does_not_know(self) -> None:
        answer = registrable(IMPORTANT, None, has_important_data_proof=None)
        assert isinstance(answer, NeedInfo)
        assert answer.what == ("outbound", "important_data_proof")
        assert all(question(fact).zh for fact in answer.what)

    def test_every_paper_it_asks_for_is_a_kind_that_the_form_knows(self) -> None:
        assert important_papers() <= set(PaperKind)
        assert len(important_papers()) == 2

    def test_refuses_important_data_without_proof(self) -> None:
        answer = registrable(IMPORTANT, Outbound.NONE, has_important_data_proof=False)
        assert isinstance(answer, Refused)

    def test_important_data_need_one_more_thing_to_go_abroad(self) -> None:
        at_home = registrable(IMPORTANT, Outbound.NONE, has_important_data_proof=True)
        abroad = registrable(IMPORTANT, Outbound.INTENDED, has_important_data_proof=True)
        assert isinstance(at_home, Allowed)
        assert isinstance(abroad, Allowed)
        assert len(at_home.conditions) == 2
        assert len(abroad.conditions) == 3

    def test_general_data_need_nothing_at_home_and_a_route_abroad(self) -> None:
        at_home = registrable(GENERAL, Outbound.NONE, has_important_data_proof=None)
        abroad = registrable(GENERAL, Outbound.INTENDED, has_important_data_proof=None)
        assert isinstance(at_home, Allowed)
        assert isinstance(abroad, Allowed)
        assert (at_home.basis, at_home.conditions) == ("guide art. 22(1)", ())
        assert "CAC Order 16" in abroad.basis
        assert len(abroad.conditions) == 1
