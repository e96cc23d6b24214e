"""Who reads what, by the table of the profile

- every profile has every ground, and every matter is open to somebody
- the first ground that opens the matter is the one that is logged
- a refusal says what the reader's ground opens, or that it has none, and on what the matter is open
- docs/privacy.md has the table, ground for ground
"""

import re

import pytest

from registry.rules import Refused
from registry.rules.profiles import PaperGround, Profile, load
from registry.rules.reading import ADMITTED, Matter, ground_for
from registry.rules.retention import Ending
from tests.machine import ROOT

NATIONAL = load("CN_NDA_2026")


@pytest.mark.parametrize("name", ["CN_NDA_2026", "CN_PUBLIC_2025", "SANDBOX"])
def test_every_matter_is_open_to_somebody_and_every_ground_is_there(name: str) -> None:
    profile: Profile = load(name)
    grounds = profile.reading_grounds.values()
    known = {each.name for each in NATIONAL.reading_grounds.values()}
    assert {each.name for each in grounds} == known > ADMITTED
    for matter in Matter:
        assert any(matter.value in each.reaches for each in grounds if each.name != "AUTHORITY")


def test_the_first_ground_that_opens_it_is_taken() -> None:
    found = ground_for(Matter.OPENING, {"OFFICER", "OBJECTOR", "APPLICANT"}, profile=NATIONAL)
    assert isinstance(found, PaperGround)
    assert found.name == "APPLICANT"
    found = ground_for(Matter.OBJECTIONS, {"APPLICANT", "HOLDER"}, profile=NATIONAL)
    assert isinstance(found, PaperGround)
    assert found.name == "HOLDER"


def test_who_may_read_the_opening_may_read_the_form() -> None:
    assert isinstance(ground_for(Matter.FORM, {"APPLICANT"}, profile=NATIONAL), PaperGround)
    assert isinstance(ground_for(Matter.OPENING, {"AUTHORITY"}, profile=NATIONAL), Refused)


def test_a_refusal_says_what_is_lacking() -> None:
    found = ground_for(Matter.OPENING, {"HOLDER"}, profile=NATIONAL)
    assert isinstance(found, Refused)
    assert found.basis == "art. 29 ¶2, ¶4"
    assert "HOLDER opens OBJECTIONS and not OPENING" in found.why
    assert "OFFICER" in found.why
    found = ground_for(Matter.FORM, set(), profile=NATIONAL)
    assert isinstance(found, Refused)
    assert "no ground" in found.why
    assert "art. 30 ¶2" in found.basis


def test_the_docs_have_the_table() -> None:
    text = (ROOT / "docs/privacy.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \| .* \| (.*) \|$", text, re.MULTILINE)
    grounds = sorted(NATIONAL.reading_grounds.values(), key=lambda each: each.number)
    stated = [(each.name, re.sub(r"^arts?\. ", "", each.article)) for each in grounds]
    assert rows == stated


@pytest.mark.parametrize("name", ["CN_NDA_2026", "CN_PUBLIC_2025", "SANDBOX"])
def test_every_ground_reaches_what_there_is(name: str) -> None:
    profile = load(name)
    for reading in profile.reading_grounds.values():
        assert set(reading.reaches) <= {each.value for each in Matter}
    for erasing in profile.erasure_grounds.values():
        assert set(erasing.reaches) <= {each.value for each in Ending} - {"OPEN"}
