"""The directory: registrars, parties, and what the rules answer before anything is signed."""

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from pydantic import BaseModel, ConfigDict, Field

from registry import parties, registrars
from registry.api.answers import (
    Answer,
    AtBlock,
    HouseOf,
    body_of,
    hash_of,
    reading,
)
from registry.bodies import parse_body
from registry.errors import Flaw, Malformed
from registry.rules import Allowed, Refused, profiles
from registry.rules.eligibility import Facts, Situation, Source, Way, eligibility

router = APIRouter(prefix="/v1", tags=["directory"])


class RegistrarBody(BaseModel):
    number: str
    suspended: bool
    officers: list[dict[str, Any]]


class RegistrarsAnswer(Answer):
    registrars: list[RegistrarBody]


class PartyAnswer(Answer):
    party: str
    key: str = Field(description="The address that signs for the party.")


class EligibilityBody(BaseModel):
    """A way of obtaining data, and what is known of it."""

    model_config = ConfigDict(extra="forbid")

    source: Source
    facts: Facts
    profile: str | None = None


class EligibilityBodyOut(BaseModel):
    answers: dict[str, dict[str, Any]]


# Read by our own parser: what is strict takes no enumerations from FastAPI's parsed JSON.
ELIGIBILITY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["source", "facts"],
                    "additionalProperties": False,
                    "properties": {
                        "source": {
                            "type": "object",
                            "required": ["way", "situation"],
                            "properties": {
                                "way": {"enum": [each.value for each in Way]},
                                "situation": {"enum": [each.value for each in Situation]},
                            },
                        },
                        "facts": {
                            "type": "object",
                            "description": "By name; what is left out is asked for when it matters.",
                        },
                        "profile": {
                            "type": "string",
                            "description": "The rules asked for; by default those that filings default to.",
                        },
                    },
                },
                "example": {
                    "source": {"way": "AUTOMATED_PUBLIC", "situation": "PUBLIC_WEB"},
                    "facts": {"lawfully_obtained": True, "publicly_available": True},
                },
            }
        },
    }
}


@router.get("/registrars", response_model=RegistrarsAnswer)
async def registrars_list(house: HouseOf, at_block: AtBlock = None) -> dict[str, Any]:
    """The directory: registrars and the keys of their officers."""
    with house.engine.connect() as connection:
        now = reading(connection, at_block)
        found = registrars.registrars(connection, at=at_block)
        return now.envelope() | {
            "registrars": [
                {
                    "number": f"{each.number:03d}",
                    "suspended": each.is_suspended,
                    "officers": [
                        {"key": key, "roles": _roles(roles)} for key, roles in each.officers.items()
                    ],
                }
                for each in found.values()
            ]
        }


@router.get("/parties/{party}", response_model=PartyAnswer)
async def party(
    party: Annotated[str, Path(examples=["0x" + "00" * 12 + "ab" * 20])],
    house: HouseOf,
    at_block: AtBlock = None,
) -> dict[str, Any]:
    """The key that signs for a party."""
    if int(hash_of(party, "/party"), 16) >> 160:
        detail = "expected twelve zero bytes and an address"
        raise Malformed(detail, flaws=(Flaw("/party", "party", detail),))
    with house.engine.connect() as connection:
        now = reading(connection, at_block)
        return now.envelope() | {
            "party": party,
            "key": parties.key_of(connection, party, at=at_block),
        }


@router.post("/eligibility", response_model=EligibilityBodyOut, openapi_extra=ELIGIBILITY)
async def eligible(request: Request, house: HouseOf) -> dict[str, Any]:
    """Which rights may be claimed for a way of obtaining data, each with the article that says so."""
    body = parse_body(EligibilityBody, await body_of(request, house.settings.body_bytes))
    rules = profiles.load(body.profile or house.settings.profile)
    answers = eligibility(body.source, body.facts, profile=rules)
    return {"answers": {right.name: _answer(answer) for right, answer in answers.items()}}


def _answer(answer: Any) -> dict[str, Any]:
    verdict = (
        "allowed"
        if isinstance(answer, Allowed)
        else "refused"
        if isinstance(answer, Refused)
        else "need_info"
    )
    return {"verdict": verdict, **asdict(answer)}


def _roles(mask: int) -> list[str]:
    return [
        name
        for bit, name in ((registrars.REVIEWER, "REVIEWER"), (registrars.APPROVER, "APPROVER"))
        if mask & bit
    ]
