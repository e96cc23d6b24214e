"""What may be entered into the file of a case, and which entries move a clock.

Knows neither the database nor the chain.
"""

from enum import StrEnum
from functools import cache
from typing import Annotated, Final

from pydantic import Field, model_validator

from registry.rules.tables import Origin, Table, Words, edition

EDITION: Final = "casework/1"


class Subject(StrEnum):
    """What a file is of."""

    REGISTRATION = "REGISTRATION"
    OBJECTION = "OBJECTION"


class Moves(StrEnum):
    """Which moment or length of a case a note states."""

    ACCEPTANCE = "ACCEPTANCE"
    NON_ACCEPTANCE = "NON_ACCEPTANCE"
    EXTENSION = "EXTENSION"


class EntryKind(Table):
    """A kind of entry; `article` is of the 2026 guide, or says that the rule is ours."""

    number: Annotated[int, Field(ge=1, le=255)]
    name: Annotated[str, Field(pattern=r"^[A-Z_]+$")]
    article: str
    text: Words
    certainty: Annotated[int, Field(ge=0, le=100)]


class NoteKind(EntryKind):
    """A kind of an officer's step; None for `moves` where no clock asks for it."""

    subjects: Annotated[tuple[Subject, ...], Field(min_length=1)]
    needs_document: bool
    moves: Moves | None


class ReportKind(EntryKind):
    """A kind of a third party's report."""


class Kinds(Table):
    """The table; numbers and names are unique in each list."""

    origin: Origin
    notes: tuple[NoteKind, ...]
    reports: tuple[ReportKind, ...]

    @model_validator(mode="after")
    def _is_sound(self) -> "Kinds":
        for entries in (self.notes, self.reports):
            for taken in ([each.number for each in entries], [each.name for each in entries]):
                if len(set(taken)) != len(taken):
                    raise ValueError(f"an entry occurs twice among {taken}")
        return self

    def note(self, number: int) -> NoteKind | None:
        """None for a number that nobody gave a meaning: it was entered past our door."""
        return next((each for each in self.notes if each.number == number), None)

    def report(self, number: int) -> ReportKind | None:
        return next((each for each in self.reports if each.number == number), None)


@cache
def kinds() -> Kinds:
    return edition(EDITION).as_table(Kinds)


@cache
def moving() -> dict[int, Moves]:
    """The numbers of those notes that move a clock."""
    return {each.number: each.moves for each in kinds().notes if each.moves is not None}
