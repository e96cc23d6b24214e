"""Rights: what each party holds."""

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, Field

from registry import rights
from registry.api.answers import (
    Answer,
    AtBlock,
    Cursor,
    Hash,
    HouseOf,
    Id,
    Limit,
    Reading,
    cursor_of,
    hash_of,
    place_of,
    reading,
)
from registry.rules.rights import names

router = APIRouter(prefix="/v1", tags=["rights"])


class RightBody(BaseModel):
    id: str
    registration: str
    holder: str
    rights: list[str]
    standing: list[str] = Field(description="Those that stand at the answer's block.")
    since: int
    expiry: int


class RightAnswer(Answer):
    right: RightBody


class RightsAnswer(Answer):
    rights: list[RightBody]
    next: str | None


@router.get("/rights/{id}", response_model=RightAnswer)
async def right(id: Id, house: HouseOf, at_block: AtBlock = None) -> dict[str, Any]:
    """What one party holds from one registration."""
    with house.engine.connect() as connection:
        now = reading(connection, at_block)
        found = rights.entry(connection, hash_of(id, "/id"), at=at_block)
        return now.envelope() | {"right": _right(now, found)}


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
        rows = rights.entries(
            connection,
            registration=registration,
            holder=holder,
            after=place_of(after),
            limit=limit,
            at=at_block,
        )
        return now.envelope() | {
            "rights": [_right(now, found) for _, found in rows],
            "next": cursor_of(rows[-1][0]) if len(rows) == limit else None,
        }


def _right(now: Reading, found: rights.Entry) -> dict[str, Any]:
    return {
        "id": found.id,
        "registration": found.registration,
        "holder": found.holder,
        "rights": list(names(found.rights)),
        "standing": list(names(found.standing(now.as_of["time"]))),
        "since": found.since,
        "expiry": found.expiry,
    }
