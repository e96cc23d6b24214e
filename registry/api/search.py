"""One search box for everything public."""

from string import hexdigits
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from registry import notices
from registry.api.answers import Answer, HouseOf, Limit, Reading, reading
from registry.errors import NotFound
from registry.registrations import questions
from registry.rights import questions as rights

router = APIRouter(prefix="/v1", tags=["search"])


class Hit(BaseModel):
    kind: str = Field(examples=["registration"])
    id: str
    why: str = Field(description="What of it matched.", examples=["name"])
    name: str | None = None


class SearchAnswer(Answer):
    hits: list[Hit]


@router.get("/search", response_model=SearchAnswer)
async def search(
    house: HouseOf,
    q: Annotated[str, Query(min_length=2, max_length=200, examples=["客流"])],
    limit: Limit = 20,
) -> dict[str, Any]:
    """Finds by certificate code, id, hash, address, transaction, or words of a published name."""
    with house.engine.connect() as connection:
        now = reading(connection, None)
        return now.envelope() | {"hits": _hits(now, q.strip(), limit)}


def _hits(now: Reading, text: str, limit: int) -> list[dict[str, Any]]:
    connection = now.connection
    is_hex = text.startswith("0x") and not set(text[2:]) - set(hexdigits)
    if is_hex and len(text) == 66:
        return _hits_by_hash(connection, text.lower())
    if is_hex and len(text) == 42:
        party_id = "0x" + "00" * 12 + text[2:].lower()
        rows = questions.registrations(connection, party=party_id, limit=limit)
        return [{"kind": "registration", "id": each.id, "why": "party"} for _, each in rows]
    try:
        return [
            {
                "kind": "registration",
                "id": questions.by_code(connection, text.upper()),
                "why": "code",
            }
        ]
    except NotFound:
        pass
    found = notices.search(connection, text, limit=limit)
    return [
        {"kind": "registration", "id": each.registration, "why": "name", "name": each.name}
        for each in found
    ]


def _hits_by_hash(connection: Any, text: str) -> list[dict[str, Any]]:
    hits = [
        {"kind": "registration", "id": id, "why": why}
        for id, why in questions.by_hash(connection, text)
    ]
    try:
        entry = rights.entry(connection, text)
        hits.append({"kind": "right", "id": entry.id, "why": "id"})
    except NotFound:
        pass
    return hits
