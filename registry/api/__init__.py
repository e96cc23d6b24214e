"""HTTP: the faces of one house under `/v1`. Here alone is FastAPI known."""

from uuid import uuid4

from fastapi import FastAPI
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from registry import __version__
from registry.api import (
    acts,
    bridge,
    casework,
    certificates,
    deadlines,
    directory,
    documents,
    objections,
    operating,
    problems,
    registrations,
    retention,
    rights,
    search,
)
from registry.api.answers import LEGAL_HEADER
from registry.api.watching import Watch
from registry.house import House

DESCRIPTION = """
Data-rights registrations on a chain: filed by the holder's own signature, attested by a registrar,
verifiable by anyone.

Every act is an EIP-712 message: `GET /v1/messages/{type}` says what to sign, `POST /v1/messages/{type}`
takes it in. The answer is **202** once it is on disk; its digest is its address and its idempotency key.
Every answer of a reading route carries `as_of`, the block it is true at, and `legal`, what it is worth in law.
Legal registration completes on the national system, not here; the header `registry-legal` says so on every
answer whatever.
"""


def create_app(house: House) -> FastAPI:
    """The application over one house; the caller starts and closes the house."""
    app = FastAPI(
        title="Data Rights Registry",
        version=__version__,
        description=DESCRIPTION,
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        max_body_size=house.settings.document_bytes + 1,
        responses=problems.RESPONSES,
    )
    app.state.house = house
    app.state.watch = Watch(house.outbox)
    problems.install(app)
    for routes in (
        acts,
        documents,
        registrations,
        objections,
        rights,
        casework,
        certificates,
        deadlines,
        bridge,
        retention,
        search,
        directory,
        operating,
    ):
        app.include_router(routes.router)

    app.add_middleware(Identified)
    return app


class Identified:
    """Gives each request its id, repeats it on the answer, and forbids guessing at content types.

    Says on every answer that legal registration completes elsewhere.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        given = Headers(scope=scope).get("x-request-id", "")[:64]
        id = given if given.isascii() and given.isprintable() and given else uuid4().hex
        scope.setdefault("state", {})["id"] = id

        async def identified(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["x-request-id"] = id
                headers["x-content-type-options"] = "nosniff"
                headers[LEGAL_HEADER[0]] = LEGAL_HEADER[1]
            await send(message)

        await self.app(scope, receive, identified)
