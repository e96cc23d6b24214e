"""The rule files beside this module: read once, checked field by field, never altered.

Knows nothing of what the tables mean.
"""

import json
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, Field

from registry.hashes import canonical, keccak, to_hex

FOLDER = Path(__file__).parent


class Table(BaseModel):
    """A part of a rule file; an unknown or missing field is a fault of the file."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Words(Table):
    """One thing said in both languages."""

    zh: str = Field(min_length=1)
    en: str = Field(min_length=1)

    def both(self) -> str:
        return f"{self.en} {self.zh}"


class Origin(Table):
    """Where a file's values come from, and how far they were checked against it."""

    title: Words
    number: str
    source: str
    verified: bool
    note: str


T = TypeVar("T", bound=Table)


@dataclass(frozen=True)
class Edition:
    """One version of a table, such as `eligibility/1`: a file that is never edited once it is used.

    `content` is canonical (RFC 8785), `hash` its keccak-256 as `0x` text.
    """

    name: str
    hash: str
    content: bytes = field(repr=False, compare=False)

    def as_table(self, kind: type[T]) -> T:
        """What it says. Raises: pydantic.ValidationError when it is no such table."""
        table = _table(self, kind)
        assert isinstance(table, kind)
        return table


def edition(name: str, folder: Path = FOLDER) -> Edition:
    """The edition in `folder/name.json`. Raises: OSError, ValueError as `read`."""
    content = _canonical((folder / f"{name}.json").read_text(encoding="utf-8"))
    return Edition(name, to_hex(keccak(content)), content)


def read(path: Path, kind: type[T]) -> tuple[T, bytes]:
    """A rule file and its canonical bytes (RFC 8785), which name its version.

    Raises: pydantic.ValidationError or ValueError when the file is not what it must be; the package
    is broken then, and nothing may start.
    """
    text = path.read_text(encoding="utf-8")
    return kind.model_validate_json(text), _canonical(text)


@cache
def _table(edition: Edition, kind: type[Table]) -> Table:
    return kind.model_validate_json(edition.content)


def _canonical(text: str) -> bytes:
    return canonical(json.loads(text, object_pairs_hook=_unique))


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    # JSON lets a key occur twice and readers then differ in what they see; a law may not.
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError(f"a key occurs twice among {[key for key, _ in pairs]}")
    return found
