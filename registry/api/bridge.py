"""The bridge to the national service: what happened, for it; and where the two do not say the same."""

import time
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, Field

from registry.api.answers import Answer, AtBlock, Cursor, HouseOf, Limit, place_of, reading
from registry.bridge import events as telling
from registry.bridge.events import BEGINNING, Event
from registry.bridge.reconciliation import reconcile
from registry.bridge.schemas import schema

router = APIRouter(prefix="/v1/bridge", tags=["bridge"])

Registrar = Annotated[int | None, Query(ge=0, le=999, description="Of this one alone.")]


class EventsAnswer(Answer):
    events: list[Event]
    next: str | None = Field(
        description="Ask `after` it for what follows; as it was given where nothing does."
    )
    more: bool = Field(description="Whether more is final already.")


class RowBody(BaseModel):
    """One difference between the ledger and the national service."""

    finding: str = Field(examples=["CODE_MISMATCH"])
    registration: str
    ours: str | None = Field(description="What the ledger says; null for nothing.")
    theirs: str | None = Field(description="What the national service says; null for nothing.")
    receipt: str | None = Field(description="The receipt that says it.")
    since: int | None = Field(description="Unix seconds from which one side waits for the other.")


class ReconciliationAnswer(Answer):
    clean: bool
    moment: int = Field(description="Unix seconds at which lateness was judged.")
    compared: int = Field(description="Registrations that one side has published or attested.")
    counts: dict[str, int] = Field(description="Rows of each finding, also of those left out here.")
    rows: list[RowBody]


@router.get("/events", response_model=EventsAnswer)
def events(
    house: HouseOf, after: Cursor = None, limit: Limit = 200, registrar: Registrar = None
) -> dict[str, Any]:
    """What happened to registrations, in the order of the chain and without gaps: `registry.bridge/1`.

    Final facts alone, so that the same cursor is the same event for ever. Nobody is named but in what
    art. 24 has published.
    """
    with house.engine.connect() as connection:
        last = telling.reach(connection)
        now = reading(connection, None if last < 0 else last)
        found = telling.events(
            connection,
            chain_id=house.deployment.chain_id,
            contracts=house.deployment.contracts,
            after=place_of(after) or BEGINNING,
            limit=limit + 1,
            registrar=registrar,
        )
    page = found[:limit]
    return now.envelope() | {
        "events": page,
        "next": page[-1].cursor if page else after,
        "more": len(found) > limit,
    }


@router.get("/reconciliation", response_model=ReconciliationAnswer)
def reconciliation(
    house: HouseOf,
    registrar: Registrar = None,
    at_block: AtBlock = None,
    limit: Annotated[int, Query(ge=0, le=1000, description="Rows of the answer.")] = 200,
) -> dict[str, Any]:
    """Where the ledger and the receipts of the national service differ, in the order of filing."""
    with house.engine.connect() as connection:
        now = reading(connection, at_block)
        report = reconcile(
            connection,
            house.documents,
            now=int(time.time()),
            registrar=registrar,
            patience=house.settings.bridge_patience,
            at=at_block,
        )
    return now.envelope() | {
        "clean": report.is_clean,
        "moment": report.moment,
        "compared": report.compared,
        "counts": report.counts,
        "rows": [asdict(each) for each in report.rows[:limit]],
    }


@router.get("/schemas/{form}")
def form_schema(form: Annotated[str, Path(examples=["event"])]) -> dict[str, Any]:
    """The JSON Schema of a form of the bridge: event, receipt or standing."""
    return schema(form)
