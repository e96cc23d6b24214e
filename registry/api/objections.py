"""Objections to what stands registered: where they stand, what became of them, what was put forward."""

import json
import time
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

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
    body_as,
    body_of,
    cursor_of,
    hash_of,
    place_of,
    reading,
)
from registry.api.documents import SECRET, AdmissionBody
from registry.bodies import parse_body
from registry.errors import Flaw, Malformed
from registry.objections import papers, questions
from registry.objections.questions import Change, Objection
from registry.reading import Admit
from registry.rules.objections import Forum, Outcome, State

router = APIRouter(prefix="/v1", tags=["objections"])


class ObjectionBody(BaseModel):
    """Where an objection to an attested registration stands (guide art. 29)."""

    id: str = Field(description="The digest of the Contest message.")
    registration: str
    registrar: str = Field(description="Three digits.", examples=["990"])
    objector: str
    grounds: str = Field(description="The salted commitment to application and first evidence.")
    state: str = Field(examples=["NOTIFIED"])
    is_open: bool = Field(description="Whether it still makes the registration a disputed one.")
    step: int
    filed_at: int = Field(description="Unix seconds.")
    changed_at: int = Field(description="Unix seconds.")
    until: int | None = Field(description="Unix seconds; end of the time that was given last.")
    complete_at: int | None = Field(description="Unix seconds; receipt of complete material.")
    notified_at: int | None = Field(description="Unix seconds; when the holders were told.")
    answers: dict[str, str] = Field(description="ADMITTED or CONTESTED, by holder.")
    outcome: str | None = Field(description="DISMISSED or UPHELD.", examples=["UPHELD"])
    decision: str | None = Field(description="The hash of the registrar's conclusion.")
    accepted: list[str] = Field(description="Parties that accepted the conclusion.")
    refused_by: str | None
    forum: str | None = Field(description="ARBITRATION or COURT.")
    instrument: str | None = Field(description="The hash of the effective instrument.")
    measure: str | None = Field(description="The act that did what followed; zero for none.")


class ObjectionChangeBody(BaseModel):
    """One step, with the article behind it."""

    step: int
    event: str
    article: str
    state: str
    act: str
    signer: str | None
    block: int
    position: int
    time: int = Field(description="Unix seconds.")
    said: dict[str, Any] = Field(description="The further members of the fact.")
    means: dict[str, MeaningBody] = Field(
        description="Outcome, answer and forum among them in words."
    )


class ObjectionAnswer(Answer):
    objection: ObjectionBody
    changes: list[ObjectionChangeBody]


class ObjectionsAnswer(Answer):
    objections: list[ObjectionBody]
    next: str | None = Field(description="Cursor of the next page; none at the end.")


class ReadObjectionBody(BaseModel):
    """A signed request to read."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    message: papers.ReadObjection
    signature: str
    admission: AdmissionBody | None = None


READ = body_as(ReadObjectionBody)


@router.get("/objections", response_model=ObjectionsAnswer)
def objections(
    house: HouseOf,
    registration: Hash = None,
    party: Annotated[
        str | None,
        Query(
            pattern="^0x[0-9a-f]{64}$",
            description="The objector, or a holder of what is contested.",
        ),
    ] = None,
    registrar: Annotated[int | None, Query(ge=0, le=999)] = None,
    state: Annotated[str | None, Query(examples=["NOTIFIED"])] = None,
    after: Cursor = None,
    limit: Limit = 50,
    at_block: AtBlock = None,
) -> dict[str, Any]:
    """Objections to attested registrations, in the order in which they were made."""
    with house.engine.connect() as connection:
        now = reading(connection, at_block)
        rows = questions.objections(
            connection,
            after=place_of(after),
            limit=limit,
            registration=registration,
            party=party,
            registrar=registrar,
            state=_state(state),
            at=at_block,
        )
    return now.envelope() | {
        "objections": [_body(found) for _, found in rows],
        "next": cursor_of(rows[-1][0]) if len(rows) == limit else None,
    }


@router.get("/objections/{id}", response_model=ObjectionAnswer)
def objection(id: Id, house: HouseOf, at_block: AtBlock = None) -> dict[str, Any]:
    """One objection: where it stands, and every step with the article behind it."""
    with house.engine.connect() as connection:
        now = reading(connection, at_block)
        found = questions.objection(connection, hash_of(id, "/id"), at=at_block)
        changes = questions.history(connection, id, at=at_block)
    return now.envelope() | {
        "objection": _body(found),
        "changes": [_change(each) for each in changes],
    }


@router.post("/objections/read", openapi_extra=READ)
async def read_papers(request: Request, house: HouseOf) -> Response:
    """Hands out what an act of the procedure committed to, to those it concerns; each reading is logged."""
    wanted = parse_body(ReadObjectionBody, await body_of(request, house.settings.body_bytes))

    def answer() -> papers.Opened | bytes:
        with house.engine.connect() as connection:
            return papers.read(
                connection,
                house.documents,
                wanted.message,
                wanted.signature,
                domain=house.deployment.domain(papers.ReadObjection.contract),
                admitting=house.deployment.domain(Admit.contract),
                now=int(time.time()),
                admission=None if wanted.admission is None else wanted.admission.signed(),
            )

    found = await run_in_threadpool(answer)
    if isinstance(found, bytes):
        return Response(found, media_type="application/octet-stream", headers=SECRET)
    body = {"salt": found.salt, **json.loads(found.content)}
    return Response(
        json.dumps(body, ensure_ascii=False), media_type="application/json", headers=SECRET
    )


def _state(name: str | None) -> State | None:
    if name is None:
        return None
    try:
        return State[name]
    except KeyError:
        known = ", ".join(each.name for each in State if each)
        raise Malformed(
            f"no state {name[:40]!r}; there are {known}",
            flaws=(Flaw("/state", "state", f"expected one of {known}"),),
        ) from None


def _body(found: Objection) -> dict[str, Any]:
    return {
        "id": found.id,
        "registration": found.registration,
        "registrar": f"{found.registrar:03d}",
        "objector": found.objector,
        "grounds": found.grounds,
        "state": found.state.name,
        "is_open": found.is_open,
        "step": found.step,
        "filed_at": found.filed,
        "changed_at": found.changed,
        "until": found.until,
        "complete_at": found.complete,
        "notified_at": found.notified,
        "answers": {party: answer.name for party, answer in found.answers.items()},
        "outcome": None if found.outcome is Outcome.NONE else found.outcome.name,
        "decision": found.decision,
        "accepted": list(found.accepted),
        "refused_by": found.refused_by,
        "forum": None if found.forum is Forum.NONE else found.forum.name,
        "instrument": found.instrument,
        "measure": found.measure,
    }


def _change(change: Change) -> dict[str, Any]:
    means = meanings.of_members(change.said)
    return asdict(change) | {
        "state": change.state.name,
        "means": {name: asdict(each) for name, each in means.items()},
    }
