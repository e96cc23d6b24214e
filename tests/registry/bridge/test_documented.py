"""docs/bridge.md names every member of every form, every event, and every way in which the sides can differ."""

import re

import pytest
from pydantic import BaseModel

from registry.bridge.events import Event, Proof, Rules
from registry.bridge.listing import Listed, Listing
from registry.bridge.receipt import Item, Receipt, Signed
from registry.bridge.reconciliation import Finding
from registry.bridge.told import TOLD, UNTOLD
from tests.machine import ROOT

SAID = (ROOT / "docs/bridge.md").read_text(encoding="utf-8")
ROWS = dict(re.findall(r"^\| `([A-Za-z_]+)` \| (.*) \|$", SAID, re.MULTILINE))


@pytest.mark.parametrize("form", [Event, Rules, Proof, Receipt, Item, Signed, Listing, Listed])
def test_says_what_each_member_is(form: type[BaseModel]) -> None:
    for name, field in form.model_fields.items():
        assert f"| `{name}` | {field.description or 'as its name says'} |" in SAID


def test_says_what_goes_along_with_each_event() -> None:
    for fact, members in TOLD.items():
        assert re.findall(r"`(\w+)`", ROWS[fact.event]) == list(members)


def test_says_what_is_not_told_and_each_difference() -> None:
    assert UNTOLD.items() <= ROWS.items()
    assert {each.value for each in Finding} <= ROWS.keys()
