"""Rights: what each party holds, what limits it, and what became of it."""

from dataclasses import asdict
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, Field

from registry import meanings
from registry.api.answers import (
    Answer,
    AtBlock,
    Cursor,
    Hash,
    HouseOf,
    Id,
    Limit,
    MeaningBody,
    Reading,
    cursor_of,
    hash_of,
    place_of,
    reading,
)
from registry.objections import questions as disputes
from registry.rights import questions
from registry.rights.questions import Entry, Remark
from registry.rules.meanings import Meaning
from registry.rules.profiles import Kind
from registry.rules.rights import Exercise, exercises, names
from registry.timeline import Moment, timeline

router = APIRouter(prefix="/v1", tags=["rights"])


class RemarkBody(BaseModel):
    """A remark on what a party holds (guide art. 23)."""

    serial: int
    kind: int = Field(description="The number of the kind of remark in the rule profile.")
    means: MeaningBody | None = Field(description="The same in words.")
    instrument: str = Field(description="The hash of the paper on which it rests.")
    rights: list[str]
    bars: list[str] = Field(description="What it bars of these rights.", examples=[["TRANSFER"]])
    until: int = Field(description="Unix seconds; the last second at which it bars.")
    act: str
    block: int
    lifted: int | None = Field(description="The block of its lifting.")
    lifting: str | None = Field(description="The hash of the paper on which the lifting rests.")


class EndBody(BaseModel):
    right: str = Field(examples=["HOLD"])
    expiry: int = Field(description="Unix seconds; the last second at which it stands.")


class RightBody(BaseModel):
    id: str
    registration: str
    holder: str
    rights: list[str] = Field(description="Those held, whether their time is over or not.")
    standing: list[str] = Field(description="Those that stand at the answer's block.")
    barred: list[str] = Field(
        description="What a standing remark bars of any of them.", examples=[["TRANSFER"]]
    )
    since: int
    expiry: int | None = Field(
        description="Of the right that stands longest; none without a right."
    )
    ends: list[EndBody]
    renewal: str | None = Field(
        description="The pending renewal, which keeps rights from lapsing (guide art. 36)."
    )
    step: int
    disputed: bool = Field(
        description="Whether an objection to what stands registered is open (guide art. 29)."
    )
    remarks: list[RemarkBody]


class RightAnswer(Answer):
    right: RightBody


class RightsAnswer(Answer):
    rights: list[RightBody]
    next: str | None


class MomentBody(BaseModel):
    time: int = Field(description="Unix seconds.")
    block: int
    position: int
    event: str = Field(examples=["RightGiven"])
    article: str = Field(examples=["art. 34"])
    registration: str
    kind: str = Field(examples=["TRANSFER"])
    right: str | None
    rights: list[str]
    expiry: int | None
    act: str
    signer: str | None
    means: dict[str, MeaningBody] = Field(
        description="Ground, kind, outcome, answer and forum among its members, in words."
    )


class TimelineAnswer(Answer):
    right: RightBody
    moments: list[MomentBody]


@router.get("/rights/{id}", response_model=RightAnswer)
async def right(id: Id, house: HouseOf, at_block: AtBlock = None) -> dict[str, Any]:
    """What one party holds from one registration."""
    with house.engine.connect() as connection:
        now = reading(connection, at_block)
        found = questions.entry(connection, hash_of(id, "/id"), at=at_block)
        return now.envelope() | {"right": _rights(now, [found])[0]}


@router.get("/rights/{id}/timeline", response_model=TimelineAnswer)
def life(id: Id, house: HouseOf, at_block: AtBlock = None) -> dict[str, Any]:
    """The whole life of a right, from the first filing on: each step with the article behind it."""
    with house.engine.connect() as connection:
        now = reading(connection, at_block)
        moments = timeline(connection, hash_of(id, "/id"), at=at_block)
        found = questions.entry(connection, id, at=at_block)
        means = meanings.of_facts(connection, moments)
        return now.envelope() | {
            "right": _rights(now, [found])[0],
            "moments": [
                _moment(each, means.get((each.block, each.position), {})) for each in moments
            ],
        }


@router.get("/rights", response_model=RightsAnswer)
async def rights_list(
    house: HouseOf,
    holder: Hash = None,
    registration: Hash = None,
    after: Cursor = None,
    limit: Limit = 50,
    at_block: AtBlock = None,
) -> dict[str, Any]:
    """Rights in the order of their birth; not exclusive: several may hold the same right."""
    with house.engine.connect() as connection:
        now = reading(connection, at_block)
        rows = questions.entries(
            connection,
            registration=registration,
            holder=holder,
            after=place_of(after),
            limit=limit,
            at=at_block,
        )
        return now.envelope() | {
            "rights": _rights(now, [found for _, found in rows]),
            "next": cursor_of(rows[-1][0]) if len(rows) == limit else None,
        }


def _rights(now: Reading, found: list[Entry]) -> list[dict[str, Any]]:
    remarks = questions.remarks(now.connection, [each.id for each in found], at=now.at)
    registrations = sorted({each.registration for each in found})
    disputed = disputes.disputed(now.connection, registrations, at=now.at)
    made = {(remark.origin, remark.kind) for some in remarks.values() for remark in some}
    kinds = meanings.of_kinds(now.connection, made) if made else {}
    return [
        _right(
            now.as_of["time"], each, remarks.get(each.id, []), kinds, each.registration in disputed
        )
        for each in found
    ]


def _right(
    moment: int,
    found: Entry,
    remarks: list[Remark],
    kinds: dict[tuple[str, int], Meaning],
    is_disputed: bool,
) -> dict[str, Any]:
    barred = 0
    for act in Exercise:
        if any(each.bars(found.rights, act, moment) for each in remarks):
            barred |= act
    return {
        "id": found.id,
        "registration": found.registration,
        "holder": found.holder,
        "rights": list(names(found.rights)),
        "standing": list(names(found.standing(moment))),
        "barred": list(exercises(barred)),
        "since": found.since,
        "expiry": found.expiry,
        "ends": [{"right": right.name, "expiry": end} for right, end in found.ends.items()],
        "renewal": found.renewal if moment <= found.renewal_until else None,
        "step": found.step,
        "disputed": is_disputed,
        "remarks": [_remark(each, kinds.get((each.origin, each.kind))) for each in remarks],
    }


def _remark(found: Remark, meaning: Meaning | None) -> dict[str, Any]:
    return {
        "serial": found.serial,
        "kind": found.kind,
        "means": None if meaning is None else asdict(meaning),
        "instrument": found.instrument,
        "rights": list(names(found.rights)),
        "bars": list(exercises(found.acts)),
        "until": found.until,
        "act": found.act,
        "block": found.block,
        "lifted": found.lifted,
        "lifting": found.lifting,
    }


def _moment(found: Moment, means: dict[str, Meaning]) -> dict[str, Any]:
    told = {name: asdict(each) for name, each in means.items()}
    values = asdict(found) | {"means": told}
    return values | {"rights": list(names(found.rights)), "kind": Kind(found.kind).name}
