"""Signed acts: what to sign, taking it in, what became of it."""

import json
import time
from collections.abc import AsyncIterator
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Path, Request, Response
from fastapi.responses import StreamingResponse
from fastapi.sse import EventSourceResponse, ServerSentEvent
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from registry import envelopes
from registry.api import problems
from registry.api.answers import HouseOf, Legal, body_of, hash_of, worth
from registry.api.watching import Watch
from registry.errors import NotFound, RegistryError, TooLarge
from registry.house import House
from registry.intake import Received
from registry.outbox import Submission

router = APIRouter(prefix="/v1", tags=["acts"])

MOST_LINES = 1000
SETTLED = ("final", "rejected")

TypeName = Annotated[str, Path(examples=["File"], description="The name of a message type.")]
Digest = Annotated[str, Path(examples=["0x" + "ab" * 32], description="The act's EIP-712 digest.")]


class SubmissionBody(BaseModel):
    """What became of a signed act."""

    digest: str = Field(
        description="The act's EIP-712 digest; for a filing, the registration's id."
    )
    type: str = Field(examples=["File"])
    state: str = Field(
        description="received: we hold it; included: in a block; final: for good; rejected: see error.",
        examples=["received"],
    )
    received_at: int = Field(description="Unix seconds.")
    deadline: int = Field(
        description="Unix seconds; until then even a rejected act can be executed."
    )
    block: int | None = None
    transaction: str | None = None
    error: dict[str, Any] | None = None
    status_url: str = Field(examples=["/v1/submissions/0x…"])
    legal: Legal = Field(description="An act that is final here is not registered in law by that.")


class FlawBody(BaseModel):
    """Something about a form that bars nothing and is better otherwise."""

    pointer: str = Field(description="RFC 6901, into the body.")
    rule: str = Field(examples=["long"])
    detail: str


class ReceivedBody(SubmissionBody):
    """An act that we hold."""

    warnings: list[FlawBody] = Field(
        description="Of a filing's form: what the annexes advise against (不宜)."
    )


BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["message", "signatures"],
                    "additionalProperties": False,
                    "properties": {
                        "message": {"type": "object", "description": "The members of the message."},
                        "signatures": {
                            "type": "array",
                            "items": {"type": "string", "pattern": "^0x([0-9a-f]{2})+$"},
                            "description": "One for each signer, in the order of the message.",
                        },
                        "papers": {
                            "type": "object",
                            "description": "For File: salt, fingerprint and form. For Contest, "
                            "SupplyEvidence and Respond: salt, statement and tickets. For any other "
                            "act that names documents: `tickets`, what was answered when they were given.",
                        },
                    },
                }
            }
        },
    }
}
LINES: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {"application/x-ndjson": {"schema": {"type": "string"}}},
    }
}


@router.get("/messages/{type}")
def message_type(type: TypeName, house: HouseOf) -> dict[str, Any]:
    """The typed data to sign: types, domain, and the members to fill in (EIP-712)."""
    found = envelopes.type_of(type)
    domain = house.deployment.domain(found.contract)
    return {
        "type": found.__name__,
        "about": (found.__doc__ or "").strip(),
        "type_string": found.type_string,
        "types": found.types(),
        "primaryType": found.primary,
        "domain": {
            "name": domain.name,
            "version": domain.version,
            "chainId": domain.chain_id,
            "verifyingContract": domain.contract,
        },
        "members": [{"name": name, "type": kind} for name, kind in found.members.items()],
        "longest_deadline": house.settings.longest_deadline,
        "executed_by": f"{found.contract}.{found.verb}",
        "legal": worth(),
    }


@router.get("/messages")
def message_types() -> dict[str, list[str]]:
    """The names of all message types."""
    return {"types": sorted(envelopes.types())}


@router.post("/messages/{type}", status_code=202, response_model=ReceivedBody, openapi_extra=BODY)
async def receive(
    type: TypeName,
    request: Request,
    response: Response,
    house: HouseOf,
    prefer: Annotated[str | None, Header(description="`wait=10`: seconds to wait.")] = None,
) -> dict[str, Any]:
    """Takes in a signed act. Answers once it is on disk; a repeat returns the first answer."""
    body = await body_of(request, house.settings.body_bytes)
    received = await run_in_threadpool(house.intake.receive, type, body)
    submission = received.submission
    wait = _seconds(prefer)
    if wait:
        submission = await _settled(request.app.state.watch, submission, wait)
    response.headers["location"] = f"/v1/submissions/{submission.digest}"
    return _received(Received(submission, received.warnings))


@router.post("/messages", openapi_extra=LINES, response_class=StreamingResponse)
async def receive_many(request: Request, house: HouseOf) -> Response:
    """Takes in many acts, one JSON object a line with its `type`; answers one line each."""
    lines = [
        line
        for line in (await body_of(request, house.settings.body_bytes)).split(b"\n")
        if line.strip()
    ]
    if len(lines) > MOST_LINES:
        raise TooLarge(f"{len(lines)} lines, expected at most {MOST_LINES}")
    results = await run_in_threadpool(house.intake.receive_many, lines)
    text = "".join(json.dumps(_line(each), ensure_ascii=False) + "\n" for each in results)
    return Response(text, media_type="application/x-ndjson")


@router.get("/submissions/{digest}", response_model=SubmissionBody)
def submission(digest: Digest, house: HouseOf) -> dict[str, Any]:
    """What became of an act."""
    return _body(_find(house, digest))


def _known(digest: Digest, house: HouseOf) -> Submission:
    return _find(house, digest)


@router.get("/submissions/{digest}/events", response_class=EventSourceResponse)
async def events(
    request: Request,
    # Found before the stream begins: afterwards no status can tell that it is not there.
    known: Annotated[Submission, Depends(_known)],
) -> AsyncIterator[ServerSentEvent]:
    """What becomes of an act, as it happens: one event a state, ending with final or rejected."""
    found = known
    while True:
        yield ServerSentEvent(data=_body(found), event=found.state, id=found.state)
        if found.state in SETTLED:
            return
        found = await request.app.state.watch.changed(found)


def _find(house: House, digest: str) -> Submission:
    found = house.outbox.find(hash_of(digest, "/digest"))
    if found is None:
        raise NotFound(f"no act {digest} was received here")
    return found


async def _settled(watch: Watch, found: Submission, seconds: float) -> Submission:
    """The act once nothing more will become of it, or as it is when `seconds` have passed."""
    deadline = time.monotonic() + seconds
    while found.state not in SETTLED and (left := deadline - time.monotonic()) > 0:
        found = await watch.changed(found, timeout=left)
    return found


def _seconds(prefer: str | None) -> float:
    if prefer is None or not prefer.startswith("wait="):
        return 0.0
    try:
        return min(max(float(prefer[5:]), 0.0), 30.0)
    except ValueError:
        return 0.0


def _line(result: Received | RegistryError) -> dict[str, Any]:
    return problems.body_of(result) if isinstance(result, RegistryError) else _received(result)


def _received(received: Received) -> dict[str, Any]:
    return _body(received.submission) | {"warnings": [asdict(each) for each in received.warnings]}


def _body(submission: Submission) -> dict[str, Any]:
    return {
        "digest": submission.digest,
        "type": submission.type,
        "state": submission.state,
        "received_at": submission.received_at,
        "deadline": submission.deadline,
        "block": submission.block,
        "transaction": submission.transaction,
        "error": None if submission.error is None else asdict(submission.error),
        "status_url": f"/v1/submissions/{submission.digest}",
        "legal": worth(),
    }
