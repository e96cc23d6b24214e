"""A receipt of the national service in the form `registry.receipt/1`. Knows neither HTTP nor RPC."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Annotated, Literal

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from registry.bodies import malformed, parse_body
from registry.errors import BadSignature, Flaw, RegistryError
from registry.hashes import canonical, content_hash, from_hex
from registry.rules.identifiers import CertificateCode

FORM = "registry.receipt/1"
MOST_ITEMS = 1000
# What an issuer's key signs, so that a signature of it means this and nothing else.
PURPOSE = b"registry.receipt/1\n"


class ReceiptKind(StrEnum):
    """What the national service did: it published a notice (art. 24), or attested (art. 26)."""

    PUBLICATION = "PUBLICATION"
    ATTESTATION = "ATTESTATION"


def _code(text: str) -> str:
    try:
        return str(CertificateCode.parse(text))
    except RegistryError as e:
        raise ValueError("; ".join(flaw.detail for flaw in e.flaws) or e.detail) from e


Hash = Annotated[str, Field(pattern="^0x[0-9a-f]{64}$")]
Code = Annotated[str, Field(pattern="^[A-Z]{2}[0-9]{13}$"), AfterValidator(_code)]
Moment = Annotated[int, Field(gt=0, lt=2**40, description="Unix seconds.")]
Words = Annotated[str, Field(min_length=1, max_length=200)]


class Part(BaseModel):
    """A part of a form; an unknown or missing member is a fault."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Item(Part):
    """One registration that a receipt is about."""

    registration: Hash = Field(description="Our id of it: the digest of its `File` message.")
    record: Words | None = Field(
        description="The national service's own number of it, if it has one."
    )
    until: Moment | None = Field(
        description="PUBLICATION alone: the last second of the notice, Unix seconds (art. 24)."
    )
    code: Code | None = Field(
        description="ATTESTATION alone: the certificate's code (annex 6); null where the receipt names "
        "none, and for kinds that are given none."
    )
    expiry: Moment | None = Field(
        description="ATTESTATION alone: the last second of validity, Unix seconds (art. 26); null for "
        "kinds that set no term."
    )


class Signed(Part):
    """The issuer's signature."""

    algorithm: Literal["ED25519"]
    key: Hash = Field(description="The public key; must be among the setting `receipt_keys`.")
    signature: Annotated[str, Field(pattern="^0x[0-9a-f]{128}$")] = Field(
        description='Over the bytes "registry.receipt/1", a line feed, and the 32 bytes of `digest`.'
    )


class Receipt(Part):
    """What the national service says that it published or attested."""

    form: Literal["registry.receipt/1"] = Field(description="Form and version.")
    kind: Literal["PUBLICATION", "ATTESTATION"] = Field(description="What was done there.")
    issuer: Words = Field(description="The system that issued it, by its name.")
    reference: Words = Field(
        description="The issuer's number of this receipt; unique with `issuer`."
    )
    registrar: Annotated[int, Field(ge=0, le=999)] = Field(
        description="The registrar it was issued to: region two digits, registrar one."
    )
    effective: Moment = Field(
        description="Unix seconds of the publication or attestation there, from which notice or "
        "validity run (arts. 24, 26)."
    )
    items: Annotated[tuple[Item, ...], Field(min_length=1, max_length=MOST_ITEMS)] = Field(
        description="The registrations, each once."
    )
    original: Hash | None = Field(
        description="SHA-256 of the paper as the issuer gave it, kept beside; null without one."
    )
    replaces: Hash | None = Field(
        description="SHA-256 of the receipt that this one corrects, all of whose registrations it "
        "names; null for a first one."
    )
    digest: Hash = Field(
        description="SHA-256 of the canonical JSON (RFC 8785) of all members but `digest` and `signature`."
    )
    signature: Signed | None = Field(
        description="The issuer's; null where it signs none, and the registrar vouches for the copy."
    )

    @model_validator(mode="after")
    def _fits_its_kind(self) -> "Receipt":
        is_publication = self.kind == ReceiptKind.PUBLICATION
        for place, each in enumerate(self.items):
            if is_publication and (each.until is None or each.until < self.effective):
                raise ValueError(
                    f"items/{place}/until: expected the end of a notice that has begun"
                )
            if is_publication and (each.code is not None or each.expiry is not None):
                raise ValueError(f"items/{place}: a publication gives neither code nor expiry")
            if not is_publication and each.until is not None:
                raise ValueError(f"items/{place}/until: an attestation opens no notice")
            if each.expiry is not None and each.expiry < self.effective:
                raise ValueError(f"items/{place}/expiry: expected a moment after the attestation")
        if len({each.registration for each in self.items}) != len(self.items):
            raise ValueError("items: a registration is named twice")
        codes = [each.code for each in self.items if each.code is not None]
        if len(set(codes)) != len(codes):
            raise ValueError("items: a code is given twice")
        return self

    def of(self, registration: str) -> Item | None:
        """What it says of one registration; None when it is not about it."""
        return next((each for each in self.items if each.registration == registration), None)


def parse(data: bytes) -> Receipt:
    """Reads a receipt whose digest holds. Raises: Malformed."""
    found = parse_body(Receipt, data)
    expected = digest_of(found)
    if found.digest != expected:
        raise malformed("/digest", "digest", f"got {found.digest}, the members give {expected}")
    return found


def digest_of(receipt: Receipt) -> str:
    """What `digest` must be."""
    value = receipt.model_dump(mode="json", exclude={"digest", "signature"})
    return content_hash(canonical(value))


def signed_bytes(digest: str) -> bytes:
    """What the issuer's key signs."""
    return PURPOSE + from_hex(digest)


def check_signature(receipt: Receipt, keys: Iterable[str]) -> None:
    """That one of these keys signed it; nothing where no key is known. Raises: BadSignature."""
    known = set(keys)
    if not known:
        return
    signed = receipt.signature
    if signed is None or signed.key not in known:
        got = "none" if signed is None else signed.key
        raise BadSignature(
            f"receipt {receipt.reference} must be signed by a key of the national service",
            flaws=(Flaw("/signature", "key", f"got {got}, expected one of {sorted(known)}"),),
        )
    try:
        Ed25519PublicKey.from_public_bytes(from_hex(signed.key)).verify(
            from_hex(signed.signature), signed_bytes(receipt.digest)
        )
    except (InvalidSignature, ValueError) as e:
        raise BadSignature(
            f"the signature of receipt {receipt.reference} does not hold",
            flaws=(Flaw("/signature/signature", "signature", f"not that of {signed.key}"),),
        ) from e
