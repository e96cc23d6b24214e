"""The rule files beside this module: read once, checked field by field, never altered.

Knows nothing of what the tables mean.
"""

import json
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, Field

from registry.hashes import canonical

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


def read(path: Path, kind: type[T]) -> tuple[T, bytes]:
    """A rule file and its canonical bytes (RFC 8785), which name its version.

    Raises: pydantic.ValidationError or ValueError when the file is not what it must be; the package
    is broken then, and nothing may start.
    """
    text = path.read_text(encoding="utf-8")
    return kind.model_validate_json(text), canonical(json.loads(text, object_pairs_hook=_unique))


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    # JSON lets a key occur twice and readers then differ in what they see; a law may not.
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError(f"a key occurs twice among {[key for key, _ in pairs]}")
    return found
