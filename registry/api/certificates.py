"""Certificates and the bundles that prove them."""

from typing import Annotated, Any

from fastapi import APIRouter, Path

from registry import certificates
from registry.api.answers import HouseOf, reading
from registry.api.registrations import envelope_of
from registry.objections import questions as disputes
from registry.registrations import questions

router = APIRouter(prefix="/v1", tags=["certificates"])


@router.get("/certificates/{code}")
def certificate(
    code: Annotated[str, Path(examples=["XX9902026110001"])], house: HouseOf
) -> dict[str, Any]:
    """A certificate, derived from the ledger, which prevails over it; and whether it is disputed now."""
    code = code.removesuffix(".json")
    with house.engine.connect() as connection:
        now = reading(connection, None)
        id = questions.by_code(connection, code)
        found = questions.registration(connection, id)
        text = certificates.certificate(
            connection, house.documents, id, deployment=house.deployment
        )
        is_disputed = disputes.is_disputed(connection, id)
        return envelope_of(now, found) | {"disputed": is_disputed, "certificate": text}


@router.get("/certificates/{code}/bundle")
def bundle(
    code: Annotated[str, Path(examples=["XX9902026110001"])], house: HouseOf
) -> dict[str, Any]:
    """All that an offline check of a certificate needs and that is public: no salt, no form.

    The holder adds what it chooses to disclose from its own papers.
    """
    with house.engine.connect() as connection:
        id = questions.by_code(connection, code)
        return certificates.bundle(
            house.chain,
            house.deployment,
            connection,
            house.documents,
            house.checkpoints,
            id,
            disclose=(),
        )
