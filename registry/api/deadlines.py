"""What runs out when: for a registrar's desk, as a list and as a calendar (RFC 5545)."""

import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from heapq import nsmallest
from typing import Annotated, Any

import icalendar
from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field
from sqlalchemy import Connection

from registry import registrars
from registry.api.answers import Answer, AtBlock, HouseOf, reading
from registry.bodies import malformed
from registry.objections import cases as disputes
from registry.registrars import Registrar, Standing
from registry.registrations.cases import Due, due, open_cases
from registry.rules import NeedInfo, Refused
from registry.rules.terms import Term
from registry.verification.shapes import LEGAL

AnyDue = Due | disputes.Due

# After every moment that a clock can end at.
_NEVER = datetime.max.replace(tzinfo=UTC)

router = APIRouter(prefix="/v1", tags=["deadlines"])

Number = Annotated[int | None, Query(ge=0, le=999, description="Cases of this one alone.")]
Moment = Annotated[
    int | None,
    Query(
        ge=0,
        lt=2**33,
        description="Unix seconds; judged at this moment, now by default. For the past ask `at_block`.",
    ),
]
Before = Annotated[int | None, Query(ge=0, lt=2**33, description="Only those that end by then.")]


class StepBody(BaseModel):
    """One step of the computation, with the article that makes it."""

    event: str
    at: int = Field(description="Unix seconds.")
    article: str
    note: str


class DeadlineBody(BaseModel):
    """A statutory clock of an open case, or of an objection to what stands registered."""

    registration: str
    objection: str | None = Field(description="The objection whose clock it is; none of a case.")
    registrar: str = Field(description="Three digits.", examples=["990"])
    registrar_standing: str = Field(
        description="ADMITTED, or why it may not act: SUSPENDED, EXPELLED, EXITED (guide arts. 13, 38)."
    )
    served_by: str | None = Field(
        description="The registrar whose officers act in the case: itself, or its successor."
    )
    state: str
    clock: str = Field(examples=["answer"])
    due: int | None = Field(
        description="Unix seconds, the last second in time; none while the clock stands still."
    )
    is_late: bool
    left: int | None = Field(description="What is left while it stands still, in `unit`.")
    unit: str | None = Field(examples=["WORKING_DAY"])
    unknown: str | None = Field(description="Why no date can be said; it is never guessed.")
    steps: list[StepBody]


class DeadlinesAnswer(Answer):
    moment: int = Field(description="Unix seconds.")
    deadlines: list[DeadlineBody]


@router.get("/deadlines", response_model=DeadlinesAnswer)
def deadlines(
    house: HouseOf,
    registrar: Number = None,
    before: Before = None,
    moment: Moment = None,
    at_block: AtBlock = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 200,
) -> dict[str, Any]:
    """The statutory clocks of open cases, first to end first; those that stand still come last."""
    with house.engine.connect() as connection:
        now = reading(connection, at_block)
        asked = _asked(moment, now.as_of["time"], at_block)
        known = registrars.registrars(connection, at=at_block)
        found = _due(connection, registrar, at_block, asked)
        if before is not None:
            latest = datetime.fromtimestamp(before, UTC)
            found = (each for each in found if _end(each) <= latest)
        first = nsmallest(limit, found, key=lambda each: (_end(each), each.registration))
    return now.envelope() | {
        "moment": int(asked.timestamp()),
        "deadlines": [_body(each, asked, known) for each in first],
    }


@router.get(
    "/deadlines.ics",
    response_class=Response,
    responses={200: {"content": {"text/calendar": {}}}},
)
def feed(house: HouseOf, registrar: Number = None) -> Response:
    """The same as a calendar to subscribe to: an entry a clock that runs, ending when it ends."""
    with house.engine.connect() as connection:
        reading(connection, None)
        asked = datetime.now(UTC)
        known = registrars.registrars(connection)
        found = list(_due(connection, registrar, None, asked))
    calendar = icalendar.Calendar()
    calendar.add("prodid", "-//Data Rights Registry//deadlines//EN")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", "Deadlines 办理期限")
    calendar.add("x-wr-caldesc", " ".join(LEGAL[False].values()))
    for each in found:
        ends = each.deadline.ends
        if isinstance(ends, Term) and ends.due is not None:
            calendar.add_component(_entry(each, ends, ends.due, asked, known[each.registrar]))
    return Response(calendar.to_ical(), media_type="text/calendar")


def _due(
    connection: Connection, registrar: int | None, at: int | None, asked: datetime
) -> Iterator[AnyDue]:
    yield from due(open_cases(connection, registrar=registrar, at=at), at=asked)
    yield from disputes.due(disputes.open_cases(connection, registrar=registrar, at=at))


def _entry(
    each: AnyDue, term: Term, ends: datetime, asked: datetime, registrar: Registrar
) -> icalendar.Event:
    entry = icalendar.Event()
    subject = each.objection if isinstance(each, disputes.Due) else each.registration
    entry.add("uid", f"{subject}-{each.deadline.clock}@data-rights-registry")
    entry.add("dtstamp", asked)
    entry.add("dtstart", ends)
    entry.add("dtend", ends + timedelta(seconds=1))
    standing = "" if registrar.standing is Standing.ADMITTED else f" ({registrar.standing.name})"
    summary = f"{each.deadline.clock}: {each.registration[:10]}… {each.state.name}{standing}"
    entry.add("summary", summary)
    told = [f"{step.at:%Y-%m-%d} {step.event} {step.article} {step.note}" for step in term.steps]
    entry.add("description", "\n".join((each.registration, *told)))
    entry.add("transp", "TRANSPARENT")
    return entry


def _asked(moment: int | None, block_time: int, at_block: int | None) -> datetime:
    if moment is None:
        moment = block_time if at_block is not None else max(block_time, int(time.time()))
    if moment < block_time:
        # What happened since would be judged before it happened.
        raise malformed("/moment", "past", f"got {moment}, expected {block_time} or later")
    return datetime.fromtimestamp(moment, UTC)


def _end(each: AnyDue) -> datetime:
    """When a clock ends; after all others where that cannot be said."""
    ends = each.deadline.ends
    return ends.due if isinstance(ends, Term) and ends.due is not None else _NEVER


def _body(each: AnyDue, asked: datetime, known: Mapping[int, Registrar]) -> dict[str, Any]:
    serving = registrars.office(known, each.registrar)
    ends = each.deadline.ends
    term = ends if isinstance(ends, Term) else None
    unknown = None
    if isinstance(ends, NeedInfo | Refused):
        unknown = "; ".join(f"{name}: {value}" for name, value in asdict(ends).items() if value)
    last = None if term is None else term.due
    return {
        "registration": each.registration,
        "objection": each.objection if isinstance(each, disputes.Due) else None,
        "registrar": f"{each.registrar:03d}",
        "registrar_standing": known[each.registrar].standing.name,
        "served_by": f"{serving.number:03d}" if serving is not None else None,
        "state": each.state.name,
        "clock": each.deadline.clock,
        "due": None if last is None else int(last.timestamp()),
        "is_late": last is not None and asked > last,
        "left": None if term is None else term.left,
        "unit": None if term is None else term.rule.unit.value,
        "unknown": unknown,
        "steps": [
            {
                "event": step.event.value,
                "at": int(step.at.timestamp()),
                "article": step.article,
                "note": step.note,
            }
            for step in (() if term is None else term.steps)
        ],
    }
