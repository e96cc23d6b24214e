"""What a number in a fact means, in both languages: by the profile of the record, or where the contract
fixes it by `meanings.json`.

A number that no table has is told as unknown (None), for the chain takes any.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Literal

from registry.rules.profiles import Ground, Profile, RemarkKind
from registry.rules.tables import FOLDER, Table, read

Fixed = Literal["outcome", "answer", "forum"]


@dataclass(frozen=True)
class Meaning:
    """`name` is the code word, where the table has one."""

    number: int
    name: str | None
    article: str
    zh: str
    en: str


class _Words(Table):
    note: str
    words: dict[Fixed, tuple[RemarkKind, ...]]


def refusal(number: int, *, profile: Profile) -> Meaning | None:
    """Of a ground of refusal (guide art. 22)."""
    return _of(profile.refusal_grounds, number)


def cancellation(number: int, *, profile: Profile) -> Meaning | None:
    """Of a ground on which the registrar ended rights (guide art. 37), or revoked them for fraud.

    None for 0: who applied for it gave the ground in the form.
    """
    return _of({**profile.revocation_grounds, **profile.cancellation_grounds}, number)


def remark(number: int, *, profile: Profile) -> Meaning | None:
    """Of a kind of remark (guide art. 23)."""
    return _of(profile.remark_kinds, number)


def fixed(what: Fixed, number: int) -> Meaning | None:
    """Of an outcome, an answer or a forum."""
    return _of(_fixed()[what], number)


def _of(table: Mapping[int, Ground], number: int) -> Meaning | None:
    found = table.get(number)
    if found is None:
        return None
    name = found.name if isinstance(found, RemarkKind) else None
    return Meaning(number, name, found.article, found.text.zh, found.text.en)


@cache
def _fixed() -> dict[Fixed, dict[int, RemarkKind]]:
    words = read(FOLDER / "meanings.json", _Words)[0].words
    return {what: {each.number: each for each in table} for what, table in words.items()}
