"""Refusals as `application/problem+json` (RFC 9457), in the reader's language."""

from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from registry.errors import Flaw, Malformed, RegistryError, TooLarge

log = structlog.get_logger()


class FlawBody(BaseModel):
    pointer: str = Field(description="RFC 6901 pointer to the fault.", examples=["/papers/form/id"])
    rule: str = Field(description="Stable word for the rule.", examples=["check_digit"])
    detail: str = Field(examples=["expected check digit 5, got 6"])


class Problem(BaseModel):
    """What was refused, and why (RFC 9457)."""

    type: str = Field(examples=["/problems/malformed"])
    title: str = Field(examples=["Malformed input"])
    status: int = Field(examples=[422])
    detail: str
    instance: str = Field(description="The request's id.")
    code: str = Field(description="Stable word for the kind of refusal.", examples=["malformed"])
    errors: list[FlawBody]


RESPONSES: dict[int | str, dict[str, Any]] = {
    status: {
        "model": Problem,
        "description": text,
        "content": {
            "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
        },
    }
    for status, text in {
        400: "The request cannot be read",
        404: "Not found",
        405: "Method not allowed",
        413: "Too large",
        422: "Malformed or not allowed",
        503: "Temporarily unavailable",
    }.items()
}


def install(app: FastAPI) -> None:
    """Makes every failure of the application a problem document."""

    @app.exception_handler(RegistryError)
    async def ours(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, RegistryError)
        if error.status >= 500:
            log.error("api.failed", code=error.code, detail=error.detail, path=request.url.path)
        return problem(request, error)

    @app.exception_handler(RequestValidationError)
    async def shape(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, RequestValidationError)
        flaws = tuple(
            Flaw("/" + "/".join(map(str, each["loc"])), each["type"], each["msg"])
            for each in error.errors()
        )
        return problem(request, Malformed("the request has the wrong shape", flaws=flaws))

    @app.exception_handler(HTTPException)
    async def protocol(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, HTTPException)
        if error.status_code == 413:
            return problem(request, TooLarge("the body is larger than this route takes"))
        body: dict[str, Any] = {
            "type": "about:blank",
            "title": str(error.detail),
            "status": error.status_code,
            "detail": str(error.detail),
            "instance": getattr(request.state, "id", ""),
            "code": "http_error",
            "errors": [],
        }
        return JSONResponse(
            body, error.status_code, headers=error.headers, media_type="application/problem+json"
        )

    @app.exception_handler(Exception)
    async def unforeseen(request: Request, error: Exception) -> JSONResponse:
        log.error("api.broke", path=request.url.path, error=repr(error))
        return problem(
            request, RegistryError("an error of ours; it was logged with this request's id")
        )


def problem(request: Request, error: RegistryError) -> JSONResponse:
    """A refusal as a response; `Accept-Language` chooses the title."""
    chinese = request.headers.get("accept-language", "").lower().startswith("zh")
    headers = {"retry-after": "1"} if error.status == 503 else None
    return JSONResponse(
        body_of(
            error, instance=getattr(request.state, "id", ""), language="zh" if chinese else "en"
        ),
        error.status,
        headers=headers,
        media_type="application/problem+json",
    )


def body_of(error: RegistryError, *, instance: str = "", language: str = "en") -> dict[str, Any]:
    """A refusal as JSON."""
    return {
        "type": f"/problems/{error.code}",
        "title": error.title[language],
        "status": error.status,
        "detail": _sayable(error.detail),
        "instance": instance,
        "code": error.code,
        "errors": [
            {
                "pointer": _sayable(flaw.pointer),
                "rule": flaw.rule,
                "detail": _sayable(flaw.detail),
            }
            for flaw in error.flaws
        ],
    }


def _sayable(text: str) -> str:
    """The text, lone surrogates escaped: a refusal repeats what was sent, and UTF-8 has none of them."""
    return text.encode("utf-8", "backslashreplace").decode()
