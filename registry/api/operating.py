"""For those who run it, and those who trust nobody: liveness, readiness, metrics, checkpoints, trust."""

from typing import Any

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest
from pydantic import BaseModel

from registry.api.answers import HouseOf
from registry.certificates import trust_file
from registry.errors import NotFound, RegistryError, Unavailable
from registry.house import House
from registry.indexer import newest

router = APIRouter(tags=["operating"])

MOST_LAG = 10


class Live(BaseModel):
    alive: bool


class Ready(BaseModel):
    ready: bool
    faults: dict[str, str]
    block: int | None
    head: int | None
    waiting: int


@router.get("/livez", response_model=Live)
async def live() -> dict[str, bool]:
    """Whether the process answers."""
    return {"alive": True}


@router.get("/readyz", response_model=Ready, responses={503: {"model": Ready}})
def ready(house: HouseOf, response: Response) -> dict[str, Any]:
    """Whether it can serve: the chain is ours and answers, the read model keeps up, nothing broke."""
    state = _ready(house)
    response.status_code = 200 if state["ready"] else 503
    return state


@router.get("/metrics", response_class=Response)
def metrics(house: HouseOf) -> Response:
    """Prometheus metrics."""
    state = _ready(house)
    collected = CollectorRegistry()
    for name, about, value in (
        ("registry_ready", "Whether the service is ready.", float(state["ready"])),
        ("registry_block", "Newest block in the read model.", float(state["block"] or 0)),
        ("registry_head", "Newest block of the node.", float(state["head"] or 0)),
        ("registry_waiting_acts", "Acts received and not yet settled.", float(state["waiting"])),
        ("registry_faults", "Parts that stopped.", float(len(state["faults"]))),
    ):
        Gauge(name, about, registry=collected).set(value)
    return Response(generate_latest(collected), media_type=CONTENT_TYPE_LATEST)


@router.get("/v1/checkpoints/latest")
def checkpoint(house: HouseOf) -> dict[str, Any]:
    """The newest signed checkpoint. Keep it: it shows a rewrite to whoever compares."""
    found = house.checkpoints.latest()
    if found is None:
        raise NotFound("no checkpoint was signed yet")
    return found.as_json()


@router.get("/v1/trust")
def trust(house: HouseOf) -> dict[str, Any]:
    """What a verifier must take on trust or check elsewhere: genesis, contracts, officers, keys.

    Taken from here it proves only that we are consistent; get it from someone you trust.
    """
    with house.engine.connect() as connection:
        return trust_file(house.chain, house.deployment, connection)


def _ready(house: House) -> dict[str, Any]:
    faults = dict(house.faults)
    with house.engine.connect() as connection:
        reach = newest(connection)
    head: int | None = None
    try:
        head = house.chain.head().number
    except (Unavailable, RegistryError) as e:
        faults["chain"] = e.detail
    block = None if reach is None else reach.number
    if head is not None and (block is None or head - block > MOST_LAG):
        faults["lag"] = f"the node is at block {head}, the read model at {block}"
    return {
        "ready": not faults,
        "faults": faults,
        "block": block,
        "head": head,
        "waiting": house.outbox.waiting(),
    }
