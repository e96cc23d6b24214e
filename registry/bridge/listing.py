"""What the national service says stands there, in the form `registry.standing/1`. Knows neither HTTP nor RPC."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from registry.bodies import parse_body
from registry.bridge.receipt import Code, Hash, Moment, Part, Words


class Listed(Part):
    """One registration as it stands there."""

    registration: Hash = Field(description="Our id of it.")
    record: Words | None = Field(
        description="The national service's own number of it, if it has one."
    )
    state: Literal["PUBLISHED", "ATTESTED"] = Field(description="How far it has come there.")
    effective: Moment = Field(description="Unix seconds of the publication or attestation there.")
    code: Code | None = Field(description="The certificate's code; null where it is given none.")
    expiry: Moment | None = Field(
        description="The last second of validity, Unix seconds; null for none."
    )


class Listing(Part):
    """All of one registrar's registrations that the national service shows at a moment."""

    form: Literal["registry.standing/1"] = Field(description="Form and version.")
    issuer: Words = Field(description="The system that was asked, by its name.")
    registrar: Annotated[int, Field(ge=0, le=999)] = Field(description="Whose registrations.")
    as_of: Moment = Field(description="Unix seconds when it was asked.")
    registrations: tuple[Listed, ...] = Field(description="The registrations, each once.")

    @model_validator(mode="after")
    def _names_each_once(self) -> "Listing":
        if len({each.registration for each in self.registrations}) != len(self.registrations):
            raise ValueError("registrations: a registration is named twice")
        return self


def parse(data: bytes) -> Listing:
    """Raises: Malformed."""
    return parse_body(Listing, data)
