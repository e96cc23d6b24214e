"""The signed requests of the procedure of registration. Knows neither HTTP nor RPC."""

from typing import ClassVar, Literal

from registry.hashes import from_hex, keccak, to_hex
from registry.messages import (
    ZERO,
    Address,
    Bytes32,
    Message,
    Signer,
    Struct,
    Uint8,
    Uint16,
    Uint40,
)

INITIAL = 1
MOST_APPLICANTS = 32
COMMITMENT_TAG = keccak(b"data-rights-registry/data/1")


def commitment(
    *,
    salt: str,
    fingerprint: str,
    form: str,
    parties: tuple[str, ...],
    chain_id: int,
    registrations: str,
) -> str:
    """What stands on the chain for the data of a filing.

    keccak256 over eight 32-byte words: tag, salt, fingerprint root, form hash, keccak256 of the
    parties' words in filing order, chain id, address of Registrations. Nobody who lacks the salt
    can find or confirm a fingerprint from it; with salt and form deleted it is a bare number.
    """
    words = (
        COMMITMENT_TAG,
        from_hex(salt),
        from_hex(fingerprint),
        from_hex(form),
        keccak(b"".join(map(from_hex, parties))),
        chain_id.to_bytes(32, "big"),
        bytes(12) + from_hex(registrations),
    )
    return to_hex(keccak(b"".join(words)))


class Claim(Struct):
    """One applicant and the rights it claims, or that a later kind concerns: HOLD 1, USE 2, OPERATE 4.

    In a TRANSFER plus 8 (`GIVEN`) for whoever gives them up.
    """

    party: Bytes32
    rights: Uint8


class RegistrationAct(Message):
    """An act of the procedure; executed by Registrations."""

    contract: ClassVar[str] = "Registrations"


class OfficerAct(RegistrationAct):
    """An act that an officer of the registrar signs."""

    def signers(self) -> tuple[Signer, ...]:
        return (Signer("key", self.__dict__["officer"]),)


class ApplicantAct(RegistrationAct):
    """A later act of any one of the applicants; the filing is its witness."""

    witness: ClassVar[Literal["none", "filing", "filings"]] = "filing"

    def signers(self) -> tuple[Signer, ...]:
        return (Signer("party", self.__dict__["party"]),)


class File(RegistrationAct):
    """Files an application of any kind; its digest is the registration's id. All applicants sign it.

    `subject` is the attested registration that it concerns, zero for INITIAL alone (guide art. 33).
    """

    verb: ClassVar[str] = "file"
    many_signatures: ClassVar[bool] = True

    claims: tuple[Claim, ...]
    data: Bytes32
    subject: Bytes32 = ZERO
    registrar: Uint16
    profile: Uint16
    kind: Uint8
    deadline: Uint40

    def signers(self) -> tuple[Signer, ...]:
        return tuple(Signer("party", claim.party) for claim in self.claims)

    def parties(self) -> tuple[str, ...]:
        return tuple(claim.party for claim in self.claims)


class Accept(OfficerAct):
    """Accepts filings (guide art. 17)."""

    verb: ClassVar[str] = "accept"

    registrar: Uint16
    officer: Address
    registrations: tuple[Bytes32, ...]
    steps: tuple[Uint16, ...]
    deadline: Uint40


class DeemAccepted(RegistrationAct):
    """States that a filing counts as accepted because the registrar was silent (guide art. 17)."""

    verb: ClassVar[str] = "deemAccepted"

    sender: Address
    registration: Bytes32
    step: Uint16
    deadline: Uint40

    def signers(self) -> tuple[Signer, ...]:
        return (Signer("key", self.sender),)


class RequestCorrection(OfficerAct):
    """Asks once for all corrections before acceptance (guide art. 17)."""

    verb: ClassVar[str] = "requestCorrection"

    registrar: Uint16
    officer: Address
    registration: Bytes32
    step: Uint16
    list: Bytes32
    until: Uint40
    deadline: Uint40


class Correct(ApplicantAct):
    """Files corrected papers (guide art. 17)."""

    verb: ClassVar[str] = "correct"

    party: Bytes32
    registration: Bytes32
    step: Uint16
    papers: Bytes32
    deadline: Uint40


class RequestSupplement(OfficerAct):
    """Asks for further evidence during review (guide art. 18)."""

    verb: ClassVar[str] = "requestSupplement"

    registrar: Uint16
    officer: Address
    registration: Bytes32
    step: Uint16
    list: Bytes32
    until: Uint40
    deadline: Uint40


class Supplement(ApplicantAct):
    """Files further evidence (guide art. 18)."""

    verb: ClassVar[str] = "supplement"

    party: Bytes32
    registration: Bytes32
    step: Uint16
    papers: Bytes32
    deadline: Uint40


class Publish(OfficerAct):
    """Opens the public notice (guide art. 24); receipt and effective come from the national system."""

    verb: ClassVar[str] = "publish"

    registrar: Uint16
    officer: Address
    profile: Uint16
    registrations: tuple[Bytes32, ...]
    steps: tuple[Uint16, ...]
    until: Uint40
    receipt: Bytes32
    effective: Uint40
    deadline: Uint40


class Object(RegistrationAct):
    """Objects to a published filing (guide art. 25)."""

    verb: ClassVar[str] = "object"

    objector: Bytes32
    registration: Bytes32
    serial: Uint16
    grounds: Bytes32
    deadline: Uint40

    def signers(self) -> tuple[Signer, ...]:
        return (Signer("party", self.objector),)


class Resolve(OfficerAct):
    """Decides objections: DISMISSED 1 or UPHELD 2 (guide art. 25)."""

    verb: ClassVar[str] = "resolve"

    registrar: Uint16
    officer: Address
    registration: Bytes32
    objectors: tuple[Bytes32, ...]
    serials: tuple[Uint16, ...]
    outcome: Uint8
    decision: Bytes32
    deadline: Uint40


class Attest(OfficerAct):
    """Attests filings (guide arts. 26, 27); receipt and effective come from the national system."""

    verb: ClassVar[str] = "attest"
    witness: ClassVar[Literal["none", "filing", "filings"]] = "filings"

    registrar: Uint16
    officer: Address
    profile: Uint16
    registrations: tuple[Bytes32, ...]
    steps: tuple[Uint16, ...]
    expiry: Uint40
    receipt: Bytes32
    effective: Uint40
    deadline: Uint40


class Refuse(OfficerAct):
    """Refuses a filing on a numbered ground of its profile (guide art. 22)."""

    verb: ClassVar[str] = "refuse"

    registrar: Uint16
    officer: Address
    registration: Bytes32
    step: Uint16
    ground: Uint8
    decision: Bytes32
    deadline: Uint40


class Terminate(OfficerAct):
    """Ends a filing whose evidence was not supplemented (guide art. 18)."""

    verb: ClassVar[str] = "terminate"

    registrar: Uint16
    officer: Address
    registration: Bytes32
    step: Uint16
    decision: Bytes32
    deadline: Uint40


class Withdraw(ApplicantAct):
    """Takes an application back; at step 0, before it was filed, it makes the filing impossible."""

    verb: ClassVar[str] = "withdraw"

    party: Bytes32
    registration: Bytes32
    step: Uint16
    deadline: Uint40
