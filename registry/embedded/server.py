"""JSON-RPC 2.0 over HTTP, on this machine only. Knows no method by name."""

import asyncio
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from registry.embedded.node import EmbeddedChain
from registry.embedded.wire import INVALID_REQUEST, RpcError
from registry.errors import Unavailable

PARSE_ERROR = -32700
BODY_BYTES = 32 * 1024 * 1024
BATCH_REQUESTS = 1000


def app(chain: EmbeddedChain) -> Starlette:
    async def answer(request: Request) -> Response:
        # A page in a browser can send text/plain anywhere without asking, but not JSON.
        if request.headers.get("content-type", "").split(";")[0].strip() != "application/json":
            return _failure(415, INVALID_REQUEST, "content type must be application/json")
        body = bytearray()
        async for piece in request.stream():
            body += piece
            if len(body) > BODY_BYTES:
                return _failure(413, INVALID_REQUEST, f"body exceeds {BODY_BYTES} bytes")
        try:
            asked = json.loads(body)
        except (ValueError, RecursionError):
            return _failure(400, PARSE_ERROR, "parse error")
        answered = await _answer(chain, asked)
        return Response(status_code=204) if answered is None else JSONResponse(answered)

    # The host is checked against pages that rebind their own name to this machine.
    trusted = Middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost"])
    return Starlette(routes=[Route("/", answer, methods=["POST"])], middleware=[trusted])


async def _answer(chain: EmbeddedChain, asked: object) -> Any:
    if not isinstance(asked, list):
        return await _one(chain, asked)
    if not 0 < len(asked) <= BATCH_REQUESTS:
        return _envelope(
            None, RpcError(INVALID_REQUEST, f"expected 1 to {BATCH_REQUESTS} requests")
        )
    # All are handed over at once, in order, and each thread keeps the order of its own.
    answers = await asyncio.gather(*(_one(chain, item) for item in asked))
    return [item for item in answers if item is not None] or None


async def _one(chain: EmbeddedChain, asked: object) -> Any:
    """The response to one request; None to a notification."""
    if not isinstance(asked, dict) or not isinstance(asked.get("method"), str):
        return _envelope(None, RpcError(INVALID_REQUEST, "expected a JSON-RPC request object"))
    params = asked.get("params", [])
    if not isinstance(params, list):
        return _envelope(asked.get("id"), RpcError(INVALID_REQUEST, "params must be an array"))
    try:
        outcome = await asyncio.wrap_future(chain.submit(asked["method"], params))
    except RpcError as refusal:
        outcome = refusal
    return _envelope(asked["id"], outcome) if "id" in asked else None


def _envelope(number: object, outcome: Any) -> dict[str, Any]:
    if isinstance(outcome, RpcError):
        return {"jsonrpc": "2.0", "id": number, "error": outcome.as_json()}
    return {"jsonrpc": "2.0", "id": number, "result": outcome}


def _failure(status: int, code: int, message: str) -> Response:
    return JSONResponse(_envelope(None, RpcError(code, message)), status_code=status)


@contextmanager
def serve(chain: EmbeddedChain, *, host: str = "127.0.0.1", port: int = 0) -> Iterator[str]:
    """Answer over HTTP in a thread of our own; yields the URL, port 0 picks a free one.

    Raises: Unavailable when the port cannot be had.
    """
    # With its protocol named, asyncio switches TCP_NODELAY on; without, each answer takes 40 ms.
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError as fault:
        listening.close()
        raise Unavailable(f"cannot listen on {host}:{port}: {fault}") from fault
    # From here on the kernel queues connections, so the URL is good before uvicorn has started.
    listening.listen(128)
    config = uvicorn.Config(
        app(chain),
        log_level="warning",
        access_log=False,
        lifespan="off",
        timeout_graceful_shutdown=5,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(
        target=server.run, kwargs={"sockets": [listening]}, name="chain-http", daemon=True
    )
    thread.start()
    try:
        yield f"http://{host}:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
        listening.close()
