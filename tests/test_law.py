"""docs/law.md

- has a row for each of the 42 articles of the guide
- names only places and tests that there are
- has in each row a place with a test, or a reason
"""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from tests.machine import ROOT

ARTICLES = 42
SAID = (ROOT / "docs/law.md").read_text(encoding="utf-8")
ROWS = [
    tuple(cell.strip() for cell in line.strip("|").split("|"))
    for line in SAID.splitlines()
    if line.startswith("| ") and not line.startswith(("| art.", "| what |"))
]
OF_ARTICLES = [row for row in ROWS if len(row) == 4]
QUOTED = re.findall(r"`([^` ]+/[^` ]+)`", SAID)
TESTS = [each for each in QUOTED if "::" in each]
PLACES = [each for each in QUOTED if "::" not in each]


@cache
def names(path: Path) -> frozenset[str]:
    """What a file defines: `name`, and `Class::name` of what stands in a class."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".sol":
        return frozenset(re.findall(r"\b(?:function|struct|library|contract)\s+(\w+)", text))
    found = set()
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(node.name)
        if isinstance(node, ast.ClassDef):
            found |= {
                f"{node.name}::{each.name}"
                for each in node.body
                if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)
            }
    return frozenset(found)


def test_each_article_has_its_row() -> None:
    told = {int(number) for row in OF_ARTICLES for number in re.findall(r"^\d+", row[0])}
    assert told == set(range(1, ARTICLES + 1))


@pytest.mark.parametrize("place", sorted(set(PLACES)))
def test_names_places_that_there_are(place: str) -> None:
    path, _, symbol = place.partition(":")
    assert (ROOT / path).exists(), path
    if symbol:
        assert symbol in names(ROOT / path)


@pytest.mark.parametrize("test", sorted(set(TESTS)))
def test_names_tests_that_there_are(test: str) -> None:
    path, _, name = test.partition("::")
    assert name.rpartition("::")[2].startswith("test_")
    assert name in names(ROOT / path)


@pytest.mark.parametrize("row", OF_ARTICLES, ids=lambda row: row[0])
def test_shows_what_it_says_or_gives_a_reason(row: tuple[str, ...]) -> None:
    _, asks, kept, shown = row
    assert asks
    if kept == "—":
        assert "::" not in shown
        assert len(shown) > 10, "a reason"
    else:
        assert "::" in shown
