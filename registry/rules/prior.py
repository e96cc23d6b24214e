"""Rules of former law under which nothing is filed: what importing their certificates needs (guide art. 41).

A prior registration gives no right here. It is registered anew, by a procedure that the guide lets a
registrar simplify; what is known of the old certificate, and how surely, is data.
"""

from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Generic, Literal, TypeVar

from pydantic import Field

from registry.errors import NotFound
from registry.rules.profiles import Header, Setting
from registry.rules.tables import FOLDER, Origin, Table, Words, read

V = TypeVar("V")
_Certainty = Annotated[int, Field(ge=0, le=100)]


class Told(Table, Generic[V]):
    """A value as it was learnt: V read in the text itself, V2 in a secondary source, K believed."""

    value: V
    mark: Literal["V", "V2", "K"]
    certainty: _Certainty
    source: str


class PriorPaper(Table):
    """A paper that the former law issued; only one that is a `certificate` can be imported."""

    title: Told[Words]
    is_certificate: bool
    reason: str


class ReviewedItem(Table):
    """Something that the former review asked; `guide` is the article that asks it now."""

    text: Told[Words]
    guide: str


class PriorRules(Table):
    """One version of former law.

    `kinds` is what can be filed under it: nothing. `in_force` are its first and last day. `papers` go
    by code words. `certificate_number` says what is known of a certificate's number, and
    `certificate_pattern` is all that is asked of it. `years` are those of its validity, `kept_years`
    those that its files are kept. `reviewed` is compared before a procedure is simplified.
    """

    serves: Literal["IMPORT"]
    number: Annotated[int, Field(ge=1, lt=2**16)]
    name: Annotated[str, Field(pattern=r"^[A-Z0-9_]+$")]
    version: Annotated[int, Field(ge=1)]
    title: Words
    law: Origin
    kinds: tuple[()]
    in_force: Told[tuple[date, date]]
    papers: dict[str, PriorPaper]
    certificate_number: Told[Words]
    certificate_pattern: str
    years: Told[Annotated[int, Field(gt=0)]]
    kept_years: Told[Annotated[int, Field(gt=0)]]
    reviewed: tuple[ReviewedItem, ...]
    settings: dict[str, Setting]


def load(name: str) -> PriorRules:
    """The newest version of rules of former law. Raises: NotFound."""
    versions = [rules for rules in _ours().values() if rules.name == name]
    if not versions:
        known = ", ".join(sorted({rules.name for rules in _ours().values()}))
        raise NotFound(f"no rules of former law are called {name[:40]!r}; known are {known}")
    return max(versions, key=lambda rules: rules.version)


def all_in(folder: Path) -> Mapping[int, PriorRules]:
    """All rules of former law in `folder/profiles`, by number. Raises as `tables.read`."""
    found = (
        read(path, PriorRules)[0]
        for path in sorted((folder / "profiles").glob("*.json"))
        if Header.model_validate_json(path.read_bytes()).serves == "IMPORT"
    )
    return MappingProxyType({rules.number: rules for rules in found})


@cache
def _ours() -> Mapping[int, PriorRules]:
    return all_in(FOLDER)
