"""Documents in, and out again for those who sign for what purpose they read."""

import json
import time
from typing import Annotated, Any

from fastapi import APIRouter, Header, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from registry.api.answers import HouseOf, body_as, body_of
from registry.bodies import parse_body
from registry.reading import Admission, Admit, Papers, Read, read

router = APIRouter(prefix="/v1", tags=["documents"])


class DocumentBody(BaseModel):
    """Where a document was put."""

    hash: str = Field(description="SHA-256 of the bytes; the document's name.")
    size: int = Field(description="Bytes.")
    ticket: str = Field(
        description="Send it with a filing that names the document: it shows that you had it."
    )


class AdmissionBody(BaseModel):
    """An officer's signed admission of somebody who is concerned, or of an authority (guide art. 30)."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    message: Admit
    signature: str

    def signed(self) -> Admission:
        return Admission(self.message, self.signature)


class ReadBody(BaseModel):
    """A signed request to read; with an admission from whoever is neither applicant nor officer."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    message: Read
    signature: str
    admission: AdmissionBody | None = None


# What was read for a purpose may lie in no cache on the way.
SECRET = {"cache-control": "no-store"}
OCTETS: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}
READ = body_as(ReadBody)


@router.post("/documents", status_code=201, response_model=DocumentBody, openapi_extra=OCTETS)
async def put(
    request: Request,
    house: HouseOf,
    content_type: Annotated[str, Header()] = "application/octet-stream",
) -> dict[str, Any]:
    """Keeps a paper or a sample, encrypted, under the hash of its content. A repeat is no error."""
    data = await body_of(request, house.settings.document_bytes)
    media = content_type.split(";")[0][:100]
    name = await run_in_threadpool(lambda: house.documents.put(data, media=media))
    return {"hash": name, "size": len(data), "ticket": house.documents.ticket(name)}


@router.post("/read", openapi_extra=READ)
async def read_papers(request: Request, house: HouseOf) -> Response:
    """Hands out papers to those who may and who sign for what purpose; each reading is logged.

    Applicants and officers may; an objector what its own objection is about; whoever an officer admits
    what the admission names, for its purpose, and discloses nothing without the holder's consent.
    """
    wanted = parse_body(ReadBody, await body_of(request, house.settings.body_bytes))
    admitted = wanted.admission

    def answer() -> Papers | bytes:
        with house.engine.connect() as connection:
            return read(
                connection,
                house.documents,
                wanted.message,
                wanted.signature,
                domain=house.deployment.domain(Read.contract),
                now=int(time.time()),
                admission=None if admitted is None else admitted.signed(),
            )

    found = await run_in_threadpool(answer)
    if isinstance(found, bytes):
        return Response(found, media_type="application/octet-stream", headers=SECRET)
    body = {
        "salt": found.salt,
        "fingerprint": found.fingerprint,
        "form": json.loads(found.form),
    }
    return Response(
        json.dumps(body, ensure_ascii=False), media_type="application/json", headers=SECRET
    )
