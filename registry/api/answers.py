"""What every answer carries: the block it is true at, and what it is worth in law."""

from dataclasses import dataclass
from typing import Annotated, Any

import msgspec
from fastapi import Depends, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection, bindparam, select

from registry.errors import Flaw, Malformed, NotFound, TooLarge
from registry.facts import Block, Final
from registry.house import House
from registry.verification.shapes import LEGAL

# The same on every answer, also where a body has no place for it.
LEGAL_HEADER = ("registry-legal", "not-completed-here; completes-on=national-system")


def worth(*, receipts: tuple[str, ...] = (), completed: bool = False) -> dict[str, Any]:
    """What an answer is worth in law; `receipts` are those of the national system that it rests on."""
    return {"completed": completed, "note": LEGAL[bool(receipts)]}


class AsOf(BaseModel):
    """The block that an answer is true at."""

    block: int = Field(examples=[42])
    hash: str
    time: int = Field(description="Unix seconds.")
    final: bool = Field(description="Whether no reorganisation can take the block any more.")


class Legal(BaseModel):
    """What an answer is worth in law; we are not the national system."""

    completed: bool
    note: dict[str, str]


class MeaningBody(BaseModel):
    """What a number says, in words of the table that was in force for the record."""

    number: int
    name: str | None = Field(description="The code word, where there is one.")
    article: str
    zh: str
    en: str


class Answer(BaseModel):
    """The root of every answer of a reading route."""

    model_config = ConfigDict(extra="forbid")

    as_of: AsOf
    legal: Legal


async def house_of(request: Request) -> House:  # a plain function would cost a thread
    house: House = request.app.state.house
    return house


Id = Annotated[
    str, Path(examples=["0x" + "ab" * 32], description="0x and 64 lower-case hex digits.")
]
Hash = Annotated[str | None, Query(pattern="^0x[0-9a-f]{64}$")]
HouseOf = Annotated[House, Depends(house_of)]
AtBlock = Annotated[
    int | None,
    Query(ge=0, lt=2**53, description="Answer as of this block; the newest when left out."),
]
Limit = Annotated[int, Query(ge=1, le=200, description="Rows of a page.")]
Cursor = Annotated[
    str | None,
    Query(pattern=r"^\d{1,15}-\d{1,9}$", description="`next` of the page before."),
]


@dataclass(frozen=True)
class Reading:
    """One connection with the moment that all of its answers are true at."""

    connection: Connection
    as_of: dict[str, Any]
    at: int | None

    def envelope(
        self, *, receipts: tuple[str, ...] = (), completed: bool = False
    ) -> dict[str, Any]:
        return {"as_of": self.as_of, "legal": worth(receipts=receipts, completed=completed)}


def reading(connection: Connection, at: int | None) -> Reading:
    """Raises: NotFound before the first block was read, or for a block that was not read."""
    row = connection.execute(_MOMENT, {"at": 2**53 if at is None else at}).first()
    if row is None or at not in (None, row.number):
        what = "nothing was read from the chain yet" if at is None else f"block {at} was not read"
        raise NotFound(what)
    as_of = {
        "block": row.number,
        "hash": row.hash,
        "time": row.time,
        "final": row.final is not None and row.number <= row.final,
    }
    return Reading(connection, as_of, at)


_MOMENT = (
    select(
        Block.number,
        Block.hash,
        Block.time,
        select(Final.number).scalar_subquery().label("final"),
    )
    .where(Block.number <= bindparam("at"))
    .order_by(Block.number.desc())
    .limit(1)
)


def reply(body: dict[str, Any]) -> Response:
    """An answer of ours as it stands: to validate our own rows again would double what a look-up costs."""
    return Response(msgspec.json.encode(body), media_type="application/json")


def place_of(cursor: str | None) -> tuple[int, int] | None:
    """A cursor as (block, position)."""
    if cursor is None:
        return None
    block, position = cursor.split("-")
    return int(block), int(position)


def cursor_of(place: tuple[int, int]) -> str:
    return f"{place[0]}-{place[1]}"


def hash_of(text: str, pointer: str) -> str:
    """A 32-byte hash from a path. Raises: Malformed."""
    if len(text) != 66 or not text.startswith("0x") or set(text[2:]) - set("0123456789abcdef"):
        detail = "expected 0x and 64 lower-case hex digits"
        raise Malformed(detail, flaws=(Flaw(pointer, "hash", detail),))
    return text


async def body_of(request: Request, most: int) -> bytes:
    """The body, read no further than it may be long. Raises: TooLarge."""
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > most:
            raise TooLarge(f"expected at most {most} bytes")
    return bytes(body)


def body_as(shape: type[BaseModel]) -> dict[str, Any]:
    """What OpenAPI says of a body that our own parser reads, in one piece: its references would
    else be looked for where they are not."""
    schema = shape.model_json_schema()
    parts = schema.pop("$defs", {})

    def whole(value: Any) -> Any:
        if isinstance(value, list):
            return [whole(each) for each in value]
        if not isinstance(value, dict):
            return value
        if "$ref" in value:
            return whole(parts[value["$ref"].rpartition("/")[2]])
        return {name: whole(each) for name, each in value.items()}

    content = {"application/json": {"schema": whole(schema)}}
    return {"requestBody": {"required": True, "content": content}}
