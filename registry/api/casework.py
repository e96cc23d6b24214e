"""The file of a case: every step with who, when, and the hash of its paper."""

from dataclasses import asdict
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, Field

from registry.api.answers import Answer, AtBlock, HouseOf, Id, hash_of, reading
from registry.api.registrations import envelope_of
from registry.casework import questions
from registry.casework.facts import StepNoted
from registry.casework.questions import Step
from registry.registrations import questions as registrations
from registry.rules import casework as rules
from registry.rules.casework import NoteKind, ReportKind, Subject

router = APIRouter(prefix="/v1", tags=["casework"])


class StepBody(BaseModel):
    """One step, by an act of the procedure, an officer's note, or a third party's report."""

    subject: str = Field(description="The registration, or one of the objections to it.")
    event: str = Field(examples=["RegistrationAccepted", "StepNoted", "ReportEntered"])
    kind: str | None = Field(
        description="What was noted or reported; none for an act, or a number that has no meaning.",
        examples=["EXTENSION"],
    )
    number: int | None = Field(description="The number of the kind.")
    article: str = Field(description="Of the guide, or that the rule is ours.")
    by: str = Field(description="The role of whoever signed.", examples=["every applicant"])
    signer: str | None = Field(description="The key that signed; none where every party did.")
    parties: list[str] = Field(description="The parties named as acting.")
    entered: int = Field(description="Unix seconds; the block's time.")
    occurred: int = Field(
        description="Unix seconds; when it was done, as whoever signed says, else as entered."
    )
    papers: dict[str, str] = Field(description="Hashes by what they are.")
    serial: int | None = Field(description="The number of a note, or of an issuer's report.")
    length: int | None = Field(description="Of an extension, in units of the profile's clock.")
    act: str
    block: int
    position: int


class TipBody(BaseModel):
    head: str
    count: int


class CaseworkAnswer(Answer):
    steps: list[StepBody]
    serials: dict[str, int] = Field(
        description="The serial of the next note, by registration and objection."
    )
    tips: dict[str, TipBody] = Field(
        description="Head and count of each contract that speaks here: compared with the chain's "
        "they prove that no step is lacking."
    )


class KindBody(BaseModel):
    number: int
    name: str
    article: str
    text: dict[str, str]
    subjects: list[str] = Field(description="REGISTRATION, OBJECTION.")
    moves: str | None = Field(description="The moment or length that it gives to a clock.")


class KindsAnswer(BaseModel):
    """What may be entered into a file."""

    notes: list[KindBody]
    reports: list[KindBody]


@router.get("/registrations/{id}/casework", response_model=CaseworkAnswer)
def casework(id: Id, house: HouseOf, at_block: AtBlock = None) -> dict[str, Any]:
    """All steps of a registration and of the objections to it, in the order of the chain."""
    with house.engine.connect() as connection:
        now = reading(connection, at_block)
        found = registrations.registration(connection, hash_of(id, "/id"), at=at_block)
        steps = questions.log(connection, found.id, at=at_block)
        tips = questions.tips(connection, at=at_block)
    serials = dict.fromkeys((each.subject for each in steps), 0)
    for each in steps:
        serials[each.subject] += each.event == StepNoted.event
    return envelope_of(now, found) | {
        "steps": [_step(each) for each in steps],
        "serials": serials,
        "tips": {name: {"head": head, "count": count} for name, (head, count) in tips.items()},
    }


@router.get("/casework/kinds", response_model=KindsAnswer)
def kinds() -> dict[str, Any]:
    """The kinds of notes and reports, by the numbers that acts carry."""
    table = rules.kinds()
    return {
        "notes": [_kind(each) for each in table.notes],
        "reports": [_kind(each) for each in table.reports],
    }


def _step(step: Step) -> dict[str, Any]:
    values = asdict(step)
    return values | {"entered": values.pop("time"), "parties": list(step.parties)}


def _kind(kind: NoteKind | ReportKind) -> dict[str, Any]:
    subjects, moves = (
        (kind.subjects, kind.moves) if isinstance(kind, NoteKind) else (tuple(Subject), None)
    )
    return {
        "number": kind.number,
        "name": kind.name,
        "article": kind.article,
        "text": kind.text.model_dump(),
        "subjects": list(subjects),
        "moves": moves,
    }
