"""How long papers are kept, what may or must go, and its erasure at an officer's word (guide art. 10(2))."""

import time
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from registry import erasure, retention
from registry.api.answers import (
    Answer,
    Cursor,
    HouseOf,
    Id,
    Limit,
    body_as,
    body_of,
    cursor_of,
    hash_of,
    place_of,
    reading,
)
from registry.api.deadlines import Number
from registry.bodies import parse_body
from registry.retention import Kept
from registry.rules import NeedInfo

router = APIRouter(prefix="/v1", tags=["retention"])


class KeptBody(BaseModel):
    """The papers of one filing: until when they are kept, and what may become of them now."""

    registration: str
    registrar: str = Field(description="Three digits.", examples=["990"])
    ending: str = Field(
        description="What became of the filing; OPEN while the procedure lasts.",
        examples=["ATTESTED"],
    )
    since: int | None = Field(
        description="Unix seconds, when the term began or will; none while it cannot begin."
    )
    until: int | None = Field(description="Unix seconds, the last second of the term.")
    years: int | None
    why: str = Field(description="From when the term counts, or what it waits for.")
    basis: str = Field(examples=["art. 10(2)"])
    may_go: bool = Field(description="Whether their time is over, so that they may be erased.")
    must_go: bool = Field(description="Whether they must, unasked, and are still here.")
    grounds: list[str] = Field(description="On which of the profile's grounds they may go before.")
    unknown: str | None = Field(description="Why no date can be said; it is never guessed.")
    erased_at: int | None = Field(description="Unix seconds.")
    erased_why: str | None


class KeptAnswer(Answer):
    papers: KeptBody


class AllKeptAnswer(Answer):
    moment: int = Field(description="Unix seconds.")
    papers: list[KeptBody]
    next: str | None = Field(description="Cursor of the next page; none at the end.")


class EraseBody(BaseModel):
    """An officer's signed order; it cannot be undone."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    message: erasure.Erase
    signature: str


class ErasedAnswer(BaseModel):
    """What was erased stays erased in every copy of the store that has its tombstones."""

    registration: str
    erased_at: int = Field(description="Unix seconds.")
    erased_why: str
    remains: list[str] = Field(description="What tells of the filing still, and why it may.")


REMAINS = [
    "the facts on the chain, of which the commitment is a bare number without its salt",
    "papers that another filing names",
    "the log of readings, the tombstones, and what officers signed for either",
]
ERASE = body_as(EraseBody)


@router.get("/retention", response_model=AllKeptAnswer)
def all_kept(
    house: HouseOf,
    registrar: Number = None,
    due: Annotated[bool, Query(description="Only what may be erased now.")] = False,
    after: Cursor = None,
    limit: Limit = 50,
) -> dict[str, Any]:
    """The papers of filings, in the order in which these were made; `next` leads on even past a page
    of which nothing is due."""
    with house.engine.connect() as connection:
        now = reading(connection, None)
        asked = _now(now.as_of["time"])
        rows = retention.due(
            connection,
            house.documents,
            at=asked,
            registrar=registrar,
            after=place_of(after),
            limit=limit,
        )
    return now.envelope() | {
        "moment": int(asked.timestamp()),
        "papers": [_body(each) for _, each in rows if each.is_due or not due],
        "next": cursor_of(rows[-1][0]) if len(rows) == limit else None,
    }


@router.get("/retention/{id}", response_model=KeptAnswer)
def kept(id: Id, house: HouseOf) -> dict[str, Any]:
    """Until when the papers of one filing are kept, from when that counts, and what says so."""
    with house.engine.connect() as connection:
        now = reading(connection, None)
        asked = _now(now.as_of["time"])
        found = retention.of(connection, house.documents, hash_of(id, "/id"), at=asked)
    return now.envelope() | {"papers": _body(found)}


@router.post("/erasures", response_model=ErasedAnswer, openapi_extra=ERASE)
async def erase(request: Request, house: HouseOf) -> dict[str, Any]:
    """Erases the papers of a filing for good: form, salt, papers, statements, notice. A repeat is no error.

    Refused, with day and article, while they must be kept. Signed by an officer of whoever serves the
    registrar's records.
    """
    wanted = parse_body(EraseBody, await body_of(request, house.settings.body_bytes))

    def work() -> Any:
        return erasure.ordered(
            house.engine,
            house.documents,
            wanted.message,
            wanted.signature,
            domain=house.deployment.domain(erasure.Erase.contract),
            now=int(time.time()),
        )

    done = await run_in_threadpool(work)
    return {
        "registration": wanted.message.registration,
        "erased_at": done.at,
        "erased_why": done.reason,
        "remains": REMAINS,
    }


def _now(block_time: int) -> datetime:
    return datetime.fromtimestamp(max(block_time, int(time.time())), UTC)


def _body(each: Kept) -> dict[str, Any]:
    term = each.keeping
    body = {
        "registration": each.registration,
        "registrar": f"{each.registrar:03d}",
        "ending": each.ending.value,
        "may_go": each.is_due,
        "must_go": each.must_go,
        "grounds": list(each.grounds),
        "erased_at": None if each.erased is None else each.erased.at,
        "erased_why": None if each.erased is None else each.erased.reason,
    }
    if isinstance(term, NeedInfo):
        unknown = ", ".join(term.what)
        nothing = dict.fromkeys(("since", "until", "years"))
        return body | nothing | {"why": "", "basis": term.basis, "unknown": unknown}
    return body | {
        "since": None if term.since is None else int(term.since.timestamp()),
        "until": None if term.until is None else int(term.until.timestamp()),
        "years": term.years,
        "why": term.why,
        "basis": term.basis,
        "unknown": None,
    }
