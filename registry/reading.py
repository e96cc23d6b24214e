"""Reading what is not public: who asks signs for which purpose, and it is logged (guide art. 30).

Knows neither HTTP nor RPC.
"""

from dataclasses import dataclass
from typing import ClassVar

from sqlalchemy import Connection

from registry import parties, registrars
from registry.documents import Documents
from registry.errors import BadSignature, Flaw, Forbidden, Malformed, NotFound
from registry.messages import ZERO, Address, Bytes32, Domain, Signable, Signer, Text, Uint40
from registry.registrations import questions
from registry.rules.text import clean
from registry.signatures import recover

# Seconds that a request may be repeated in: nothing else ends it.
LONGEST = 86_400


class Read(Signable):
    """Asks for a registration's papers: the form and what opens its commitment, or one document of it.

    `document` is a content hash, or zero for the form. Never sent to a chain.
    """

    contract: ClassVar[str] = "Registrations"

    registration: Bytes32
    document: Bytes32
    purpose: Text
    reader: Address
    until: Uint40

    def signers(self) -> tuple[Signer, ...]:
        return (Signer("key", self.reader),)


@dataclass(frozen=True)
class Papers:
    """What opens a registration's commitment; `form` is canonical JSON."""

    salt: str
    fingerprint: str
    form: bytes


def read(
    connection: Connection,
    documents: Documents,
    request: Read,
    signature: str,
    *,
    domain: Domain,
    now: int,
) -> Papers | bytes:
    """The papers, or the one document asked for; logged before they are handed out.

    Open to the applicants and to the registrar's officers. Raises: Malformed, BadSignature, Forbidden,
    NotFound.
    """
    clean(request.purpose, pointer="/message/purpose", limit=200)
    check_until(request.until, now)
    if recover(request.digest(domain), signature) != request.reader:
        raise BadSignature("not signed by the reader named")
    standing = questions.registration(connection, request.registration)
    applicants = {parties.key_of(connection, claim.party) for claim in standing.claims}
    office = registrars.office(registrars.registrars(connection), standing.registrar)
    officers = set() if office is None or not office.is_admitted else set(office.officers)
    if request.reader not in applicants | officers:
        raise Forbidden("open to the applicants and to the registrar's officers alone")
    opening = documents.opening(request.registration)
    form = documents.get(opening.form)
    answer: Papers | bytes
    if request.document == ZERO:
        answer = Papers(opening.salt, opening.fingerprint_root, form)
    else:
        # Not what the form names: who knows a hash could file it, and read what another gave us.
        if request.document not in opening.documents:
            raise NotFound(f"no document {request.document} was given with {request.registration}")
        answer = documents.get(request.document)
    documents.log_read(
        resource=f"{request.registration}/{request.document}",
        purpose=request.purpose,
        reader=request.reader,
        at=now,
    )
    return answer


def check_until(until: int, now: int) -> None:
    """That a request to read holds now, and not for long. Raises: Malformed."""
    if until < now:
        raise Malformed(
            "the request has expired", flaws=(Flaw("/message/until", "expired", f"it is {now}"),)
        )
    if until > now + LONGEST:
        detail = (
            f"got {until}, expected at most {now + LONGEST}: who sees the request can repeat it"
        )
        raise Malformed(detail, flaws=(Flaw("/message/until", "too_late", detail),))
