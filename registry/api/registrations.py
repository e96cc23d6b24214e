"""Registrations: where they stand, what became of them."""

from dataclasses import asdict, dataclass
from enum import IntEnum
from functools import cache
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel, Field

from registry import meanings, notices
from registry.api.answers import (
    Answer,
    AtBlock,
    Cursor,
    Hash,
    HouseOf,
    Id,
    Limit,
    MeaningBody,
    Reading,
    cursor_of,
    hash_of,
    place_of,
    reading,
    reply,
)
from registry.errors import Flaw, Malformed
from registry.objections import questions as disputes
from registry.registrations import objections, questions
from registry.registrations.acts import Claim
from registry.registrations.history import Change, life
from registry.registrations.questions import Registration
from registry.rules import profiles
from registry.rules.identifiers import SANDBOX_PREFIX
from registry.rules.meanings import Meaning
from registry.rules.profiles import Kind
from registry.rules.rights import GIVEN, Right, names
from registry.rules.states import State

router = APIRouter(prefix="/v1", tags=["registrations"])
E = TypeVar("E", bound=IntEnum)


class ApplicantBody(BaseModel):
    party: str
    rights: list[str] = Field(examples=[["HOLD", "USE"]])
    gives: bool = Field(description="In a transfer, whether this party gives the rights up.")


class RegistrationBody(BaseModel):
    """Where a registration stands."""

    id: str = Field(description="The digest of the File message.")
    data: str = Field(description="The salted commitment to fingerprint and form.")
    registrar: str = Field(description="Three digits.", examples=["990"])
    profile: str = Field(examples=["SANDBOX"])
    profile_version: str = Field(description="The hash of the rule file that applies for good.")
    kind: str = Field(examples=["INITIAL"])
    subject: str | None = Field(description="The attested registration that a later kind concerns.")
    applicants: list[ApplicantBody]
    state: str = Field(examples=["PUBLISHED"])
    disputed: bool = Field(
        description="Whether an objection is open, to the notice or to what stands (guide arts. 25, 29)."
    )
    lapsed: bool = Field(description="Whether a correction asked for was not filed in time.")
    expired: bool = Field(description="Whether the certificate's term is over.")
    step: int
    filed_at: int = Field(description="Unix seconds.")
    changed_at: int = Field(description="Unix seconds.")
    until: int | None = Field(
        description="Unix seconds; end of the notice or other term that runs."
    )
    open_objections: int
    upheld: bool
    ground: MeaningBody | None = Field(description="Why it was refused (guide art. 22).")
    code: str | None = Field(description="The certificate's code.", examples=["XX9902026110001"])
    since: int | None
    expiry: int | None
    notice: dict[str, Any] | None = Field(
        description="What art. 24 publishes; from publication on."
    )


class RegistrationAnswer(Answer):
    registration: RegistrationBody


class RegistrationsAnswer(Answer):
    registrations: list[RegistrationBody]
    next: str | None = Field(description="Cursor of the next page; none at the end.")


class HistoryAnswer(Answer):
    changes: list[dict[str, Any]] = Field(
        description="`means` says in words on which ground, by member."
    )
    objections: list[dict[str, Any]] = Field(description="`means` says the outcome in words.")


@router.get("/registrations/{id}", response_model=RegistrationAnswer)
async def registration(id: Id, house: HouseOf, at_block: AtBlock = None) -> Response:
    """One registration: where it stands, what it claims, what was published of it."""
    with house.engine.connect() as connection:
        now = reading(connection, at_block)
        found = questions.registration(connection, hash_of(id, "/id"), at=at_block)
        return reply(envelope_of(now, found) | {"registration": _registrations(now, [found])[0]})


@router.get("/registrations", response_model=RegistrationsAnswer)
def registrations(
    house: HouseOf,
    state: Annotated[str | None, Query(examples=["PUBLISHED"])] = None,
    registrar: Annotated[int | None, Query(ge=0, le=999)] = None,
    party: Hash = None,
    data: Hash = None,
    subject: Hash = None,
    kind: Annotated[str | None, Query(examples=["TRANSFER"])] = None,
    after: Cursor = None,
    limit: Limit = 50,
    at_block: AtBlock = None,
) -> dict[str, Any]:
    """Registrations in the order of filing; those of later kinds also by what they concern."""
    with house.engine.connect() as connection:
        now = reading(connection, at_block)
        rows = questions.registrations(
            connection,
            after=place_of(after),
            limit=limit,
            state=_state(state),
            registrar=registrar,
            party=party,
            data=data,
            subject=subject,
            kind=_kind(kind),
            at=at_block,
        )
        return now.envelope() | {
            "registrations": _registrations(now, [found for _, found in rows]),
            "next": cursor_of(rows[-1][0]) if len(rows) == limit else None,
        }


@router.get("/registrations/{id}/history", response_model=HistoryAnswer)
def history(id: Id, house: HouseOf, at_block: AtBlock = None) -> dict[str, Any]:
    """Every change of a registration and every objection to it, first one first."""
    with house.engine.connect() as connection:
        now = reading(connection, at_block)
        found = questions.registration(connection, hash_of(id, "/id"), at=at_block)
        changes = life(connection, id, at=at_block)
        means = meanings.of_facts(connection, changes)
        return envelope_of(now, found) | {
            "changes": [
                _change(each, means.get((each.block, each.position), {})) for each in changes
            ],
            "objections": [_objection(each) for each in objections.of(connection, id, at=at_block)],
        }


@router.get("/data/{data}", response_model=RegistrationsAnswer)
def data(
    data: Annotated[str, Path(examples=["0x" + "cd" * 32])],
    house: HouseOf,
    at_block: AtBlock = None,
) -> dict[str, Any]:
    """The registrations under one commitment. That two commitments are of the same data is never public."""
    return registrations(house, data=hash_of(data, "/data"), limit=50, at_block=at_block)


def _change(found: Change, means: dict[str, Meaning]) -> dict[str, Any]:
    told = {name: asdict(each) for name, each in means.items()}
    return asdict(found) | {"state": found.state.name, "means": told}


def _objection(found: objections.Objection) -> dict[str, Any]:
    told = asdict(found)
    means = meanings.of_members(told)
    return told | {"means": {name: asdict(each) for name, each in means.items()}}


def _state(name: str | None) -> State | None:
    return None if name is None else _member(State, name, "state")


def _kind(name: str | None) -> Kind | None:
    return None if name is None else _member(Kind, name, "kind")


def _member(among: type[E], name: str, what: str) -> E:
    try:
        return among[name]
    except KeyError:
        known = ", ".join(each.name for each in among if each)
        raise Malformed(
            f"no {what} {name[:40]!r}; there are {known}",
            flaws=(Flaw(f"/{what}", what, f"expected one of {known}"),),
        ) from None


def _applicant(claim: Claim) -> dict[str, Any]:
    gives = bool(claim.rights & GIVEN)
    return {
        "party": claim.party,
        "rights": list(names(Right(claim.rights & ~GIVEN))),
        "gives": gives,
    }


def envelope_of(now: Reading, found: Registration) -> dict[str, Any]:
    # The sandbox's registrars can write a receipt as well; nothing of it is completed anywhere.
    receipts = () if _profile(found.profile).is_sandbox else found.receipts
    attested = found.attestation is not None and found.attestation.receipt in receipts
    return now.envelope(receipts=receipts, completed=attested)


@dataclass(frozen=True)
class _Profile:
    """What never changes of a rule profile once it has its number."""

    name: str
    version: str
    is_sandbox: bool


@cache
def _profile(number: int) -> _Profile:
    profile = profiles.load_by_number(number)
    return _Profile(
        profile.name, profiles.version_hash(profile), profile.code_prefix == SANDBOX_PREFIX
    )


def _registrations(now: Reading, found: list[Registration]) -> list[dict[str, Any]]:
    attested = [each.id for each in found if each.attestation is not None]
    disputed = disputes.disputed(now.connection, attested, at=now.at)
    refused = [each.id for each in found if each.state is State.REFUSED]
    grounds = meanings.of_refusals(now.connection, refused, at=now.at) if refused else {}
    return [_registration(now, each, disputed, grounds.get(each.id)) for each in found]


def _registration(
    now: Reading, found: Registration, disputed: frozenset[str], ground: Meaning | None
) -> dict[str, Any]:
    profile = _profile(found.profile)
    attested = found.attestation
    moment = now.as_of["time"]
    running_out = found.until is not None and found.until < moment
    return {
        "id": found.id,
        "data": found.data,
        "registrar": f"{found.registrar:03d}",
        "profile": profile.name,
        "profile_version": profile.version,
        "kind": Kind(found.kind).name,
        "subject": found.subject,
        "applicants": [_applicant(claim) for claim in found.claims],
        "state": found.state.name,
        "disputed": found.id in disputed
        or (found.state is State.PUBLISHED and found.open_objections > 0),
        "lapsed": found.state is State.CORRECTION_REQUESTED and running_out,
        "expired": attested is not None and attested.expiry < moment,
        "step": found.step,
        "filed_at": found.filed,
        "changed_at": found.changed,
        "until": found.until,
        "open_objections": found.open_objections,
        "upheld": found.upheld,
        "ground": None if ground is None else asdict(ground),
        "code": attested.code or None if attested else None,
        "since": attested.since if attested else None,
        "expiry": attested.expiry if attested else None,
        "notice": notices.notice(now.connection, found.id) if found.publication else None,
    }
