"""What may be entered into the file of a case

- numbers keep their meaning for good: a chain remembers them
- what moves a clock is told apart from what does not, and rests on a paper
- an article stands behind each kind, or the word that it is ours
- a number or a name that occurs twice is a fault of the file
"""

import json

import pytest
from pydantic import ValidationError

from registry.rules.casework import Kinds, Moves, Subject, kinds, moving

NOTES = {
    1: "TOLD_ACCEPTANCE",
    2: "TOLD_NON_ACCEPTANCE",
    3: "EXTENSION",
    4: "DESCRIPTION_EXAMINED",
    5: "SOURCE_EXAMINED",
    6: "RIGHTS_EXAMINED",
    7: "OTHERS_ASKED",
    8: "TOLD_REFUSAL",
    9: "NON_PUBLICATION_ASKED",
    10: "NON_PUBLICATION_DECIDED",
    11: "EXPLANATION_ASKED",
    12: "CERTIFICATE_HANDED_OVER",
    13: "TOLD_CONCLUSION",
    14: "MEDIATED",
    15: "TOLD_CANCELLATION",
    16: "SIMPLIFIED",
    17: "RECTIFIED",
    18: "OTHER",
}
REPORTS = {
    1: "SUBSTANTIVE_REVIEW",
    2: "LEGAL_OPINION",
    3: "QUALITY",
    4: "VALUE",
    5: "SECURITY",
    6: "TECHNICAL",
}


def test_numbers_keep_their_meaning() -> None:
    assert {each.number: each.name for each in kinds().notes} == NOTES
    assert {each.number: each.name for each in kinds().reports} == REPORTS


def test_what_moves_a_clock_is_of_a_registration_and_rests_on_a_paper() -> None:
    assert moving() == {1: Moves.ACCEPTANCE, 2: Moves.NON_ACCEPTANCE, 3: Moves.EXTENSION}
    for number in moving():
        kind = kinds().note(number)
        assert kind is not None
        assert (kind.subjects, kind.needs_document) == ((Subject.REGISTRATION,), True)


def test_every_kind_names_its_source() -> None:
    for each in (*kinds().notes, *kinds().reports):
        assert each.article.startswith(("art. ", "arts. ", "ours", "former Shenzhen measures"))


def test_a_number_without_a_meaning_is_none() -> None:
    assert kinds().note(255) is None
    assert kinds().report(255) is None


@pytest.mark.parametrize("member", ["notes", "reports"])
@pytest.mark.parametrize("taken", ["number", "name"])
def test_what_occurs_twice_is_refused(member: str, taken: str) -> None:
    table = kinds().model_dump(mode="json")
    table[member][1][taken] = table[member][0][taken]
    with pytest.raises(ValidationError, match="occurs twice"):
        Kinds.model_validate_json(json.dumps(table))
