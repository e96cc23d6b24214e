"""Rules of former law

serve to import a certificate, and nothing is filed under them
say of each value how it was learnt
"""

import json
import re
from typing import Any

import pytest

from registry.errors import NotFound
from registry.rules import prior
from registry.rules.tables import FOLDER


def test_nothing_is_filed_under_them() -> None:
    rules = prior.load("SZ_2023")
    assert (rules.number, rules.kinds, rules.serves) == (3, (), "IMPORT")


def test_refuses_an_unknown_name_and_what_is_still_filed_under() -> None:
    for name in ("SZ_2024", "CN_NDA_2026"):
        with pytest.raises(NotFound, match="known are SZ_2023"):
            prior.load(name)


def test_a_licence_credential_is_no_certificate_to_import() -> None:
    papers = prior.load("SZ_2023").papers
    importable = {name for name, paper in papers.items() if paper.is_certificate}
    assert importable == {"RESOURCE_CERTIFICATE", "PRODUCT_CERTIFICATE"}
    assert "remark" in papers["LICENCE_CREDENTIAL"].reason


def test_any_number_without_spaces_may_be_one_for_its_form_is_unknown() -> None:
    pattern = prior.load("SZ_2023").certificate_pattern
    assert re.fullmatch(pattern, "深数登〔2024〕第0001号")
    assert not re.fullmatch(pattern, "a b")
    assert not re.fullmatch(pattern, "")


def test_a_new_registration_comes_of_it_with_its_own_term_and_notice() -> None:
    settings = prior.load("SZ_2023").settings
    assert settings["imported_by"].value == "NEW_REGISTRATION"
    assert settings["validity_from"].value == "NEW_ATTESTATION"
    assert settings["old_number"].value == "REFERENCE"
    assert settings["notice_waived"].value is False


def test_what_was_not_read_is_not_marked_as_read() -> None:
    told = list(marked(json.loads((FOLDER / "profiles/SZ_2023.json").read_text())))
    assert len(told) > 8
    for each in told:
        assert each["source"]
        assert ("opening of" in each["source"]) or each["mark"] != "V"
        assert each["mark"] != "K" or each["certainty"] < 75
    assert prior.load("SZ_2023").years.mark == "K"


def marked(node: Any) -> Any:
    """Every value of a file that says how it was learnt."""
    if isinstance(node, dict):
        if "mark" in node:
            yield node
        for value in node.values():
            yield from marked(value)
    elif isinstance(node, list):
        for value in node:
            yield from marked(value)
