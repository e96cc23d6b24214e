"""The directory: registrars, parties, and what the rules answer before anything is signed."""

from dataclasses import asdict
from datetime import UTC, datetime
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
from registry.errors import Flaw, Malformed, NotFound
from registry.registrations.cases import open_cases
from registry.rules import Allowed, Refused, profiles
from registry.rules.eligibility import Facts, Situation, Source, Way, eligibility
from registry.rules.exits import Leaving, exit_deadlines
from registry.rules.profiles import load
from registry.rules.terms import Term

router = APIRouter(prefix="/v1", tags=["directory"])


class RegistrarBody(BaseModel):
    number: str = Field(description="Three digits.", examples=["990"])
    standing: str = Field(description="ADMITTED, SUSPENDED, EXPELLED or EXITED.")
    suspended: bool
    exit: str = Field(description="NONE, REPORTED, AGREED, FORWARDED or CONSENTED (art. 13).")
    successor: str | None = Field(description="To whom it handed its records over.")
    office: str = Field(
        description="Who serves its records: itself, or the last of its successors."
    )
    officers: list[dict[str, Any]]


class RegistrarsAnswer(Answer):
    registrars: list[RegistrarBody]


class RegistrarStep(BaseModel):
    """One step in a registrar's standing, with the article behind it."""

    event: str
    article: str
    block: int
    moment: int = Field(description="Unix seconds, in law where the directory states it.")
    stage: str | None
    successor: str | None
    papers: dict[str, str] = Field(description="Hashes, by what the papers are.")


class RegistrarClock(BaseModel):
    """A clock of an exit; `exit_report` is the end of the six months."""

    clock: str
    article: str
    due: int | None = Field(description="Unix seconds, the last second in time.")
    unknown: str | None = Field(description="Why no date can be said; it is never guessed.")


class RegistrarAnswer(Answer):
    registrar: RegistrarBody
    steps: list[RegistrarStep]
    clocks: list[RegistrarClock]
    open_cases: int = Field(description="Filings under its number that are not at their end.")


class ProposalBody(BaseModel):
    """Another key, proposed for a party that is said to have lost its own."""

    key: str
    registrar: str = Field(description="Three digits.")
    officer: str
    instrument: str = Field(description="Hash of what the party proved itself by.")
    proposed: int = Field(description="Unix seconds.")
    until: int = Field(description="Unix seconds, the last second of the notice.")


class PartyAnswer(Answer):
    party: str
    key: str = Field(description="The address that signs for the party.")
    step: int = Field(description="What the next message about its key must name.")
    proposal: ProposalBody | None


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
        return now.envelope() | {"registrars": [_registrar(each, found) for each in found.values()]}


@router.get("/registrars/{number}", response_model=RegistrarAnswer)
async def registrar(
    number: Annotated[str, Path(pattern=r"^\d{3}$", examples=["990"])],
    house: HouseOf,
    at_block: AtBlock = None,
) -> dict[str, Any]:
    """One registrar: how it stands, what became of it, who serves its records, what runs in its exit."""
    with house.engine.connect() as connection:
        now = reading(connection, at_block)
        found = registrars.registrars(connection, at=at_block)
        if int(number) not in found:
            raise NotFound(f"registrar {number} was never in the directory")
        steps = registrars.steps(connection, int(number), at=at_block)
        return now.envelope() | {
            "registrar": _registrar(found[int(number)], found),
            "steps": [_step(each) for each in steps],
            "clocks": _clocks(found[int(number)], steps, house.settings.profile),
            "open_cases": len(open_cases(connection, registrar=int(number), at=at_block)),
        }


@router.get("/parties/{party}", response_model=PartyAnswer)
async def party(
    party: Annotated[str, Path(examples=["0x" + "00" * 12 + "ab" * 20])],
    house: HouseOf,
    at_block: AtBlock = None,
) -> dict[str, Any]:
    """The key that signs for a party, and another that is proposed for it with the end of its notice."""
    if int(hash_of(party, "/party"), 16) >> 160:
        detail = "expected twelve zero bytes and an address"
        raise Malformed(detail, flaws=(Flaw("/party", "party", detail),))
    with house.engine.connect() as connection:
        now = reading(connection, at_block)
        return now.envelope() | {
            "party": party,
            "key": parties.key_of(connection, party, at=at_block),
            "step": parties.step_of(connection, party, at=at_block),
            "proposal": _proposal(parties.proposal(connection, party, at=at_block)),
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


def _registrar(
    each: registrars.Registrar, known: dict[int, registrars.Registrar]
) -> dict[str, Any]:
    office = registrars.office(known, each.number) or each
    return {
        "number": _digits(each.number),
        "standing": each.standing.name,
        "suspended": each.standing is registrars.Standing.SUSPENDED,
        "exit": each.exit.name,
        "successor": None if each.successor is None else _digits(each.successor),
        "office": _digits(office.number),
        "officers": [{"key": key, "roles": _roles(roles)} for key, roles in each.officers.items()],
    }


def _step(step: registrars.Step) -> dict[str, Any]:
    return asdict(step) | {
        "stage": None if step.stage is None else step.stage.name,
        "successor": None if step.successor is None else _digits(step.successor),
    }


def _clocks(
    each: registrars.Registrar, steps: tuple[registrars.Step, ...], profile: str
) -> list[dict[str, Any]]:
    """The clocks of an exit that runs; the newest report begins it."""
    has_left = each.standing not in (registrars.Standing.ADMITTED, registrars.Standing.SUSPENDED)
    if has_left or each.exit is registrars.ExitStage.NONE:
        return []
    last = max(n for n, step in enumerate(steps) if step.event == "ExitReported")
    moments = {
        step.stage or registrars.ExitStage.REPORTED: datetime.fromtimestamp(step.moment, UTC)
        for step in steps[last:]
        if step.event in ("ExitReported", "ExitMoved")
    }
    leaving = Leaving(
        moments[registrars.ExitStage.REPORTED],
        moments.get(registrars.ExitStage.AGREED),
        moments.get(registrars.ExitStage.FORWARDED),
    )
    rules = load(profile)
    found = []
    for clock in exit_deadlines(leaving, profile=rules):
        ends = clock.ends
        due = ends.due if isinstance(ends, Term) else None
        found.append(
            {
                "clock": clock.clock,
                "article": rules.clocks[clock.clock].article,
                "due": None if due is None else int(due.timestamp()),
                "unknown": None if isinstance(ends, Term) else str(ends),
            }
        )
    return found


def _proposal(proposal: parties.Proposal | None) -> dict[str, Any] | None:
    if proposal is None:
        return None
    return asdict(proposal) | {"registrar": _digits(proposal.registrar)}


def _digits(number: int) -> str:
    return f"{number:03d}"


def _roles(mask: int) -> list[str]:
    return [
        name
        for bit, name in ((registrars.REVIEWER, "REVIEWER"), (registrars.APPROVER, "APPROVER"))
        if mask & bit
    ]
