"""Reading what is not public: who asks signs for which purpose, and it is logged (guide art. 30).

Knows neither HTTP nor RPC.
"""

from dataclasses import dataclass
from typing import ClassVar

from sqlalchemy import Connection

from registry import enclosures, parties, registrars
from registry.documents import Documents
from registry.errors import BadSignature, Erased, Flaw, Forbidden, Malformed, NotFound
from registry.hashes import canonical
from registry.messages import ZERO, Address, Bytes32, Domain, Signable, Signer, Text, Uint40
from registry.registrations import questions
from registry.registrations.questions import Registration
from registry.rules.text import clean
from registry.signatures import recover

# Seconds that a request may be repeated in: nothing else ends it.
LONGEST = 86_400
FORM = ZERO


class Read(Signable):
    """Asks for a registration's papers: the form and what opens its commitment, or one document of it.

    `document` is a content hash, or zero for the form; it may have come with the filing or with any
    act upon it. Never sent to a chain.
    """

    contract: ClassVar[str] = "Registrations"

    registration: Bytes32
    document: Bytes32
    purpose: Text
    reader: Address
    until: Uint40

    def signers(self) -> tuple[Signer, ...]:
        return (Signer("key", self.reader),)


class Admit(Signable):
    """An officer lets somebody read necessary papers for a purpose: who is concerned, or an authority.

    `documents` are content hashes, zero for the form; `until` is the last second at which it admits.
    Who reads may use them for nothing else, and disclose nothing without the holder's consent.
    Never sent to a chain.
    """

    contract: ClassVar[str] = "Registrations"

    registration: Bytes32
    documents: tuple[Bytes32, ...]
    reader: Address
    purpose: Text
    officer: Address
    until: Uint40

    def signers(self) -> tuple[Signer, ...]:
        return (Signer("key", self.officer),)


@dataclass(frozen=True)
class Admission:
    """An officer's admission, signed."""

    message: Admit
    signature: str


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
    admission: Admission | None = None,
) -> Papers | bytes:
    """The papers, or the one document asked for; logged before they are handed out.

    Open to the applicants and to the registrar's officers, to an objector as far as its own objection
    goes, and to whom an officer admits: these get the form alone and nothing that opens a commitment.
    Raises: Malformed, BadSignature, Forbidden, NotFound.
    """
    clean(request.purpose, pointer="/message/purpose", limit=200)
    check_until(request.until, now)
    if recover(request.digest(domain), signature) != request.reader:
        raise BadSignature("not signed by the reader named")
    standing = questions.registration(connection, request.registration)
    officers = _officers(connection, standing)
    applicants = {parties.key_of(connection, claim.party) for claim in standing.claims}
    admitted = ""
    if request.reader not in applicants | officers | _objectors(connection, documents, request):
        if admission is None:
            raise Forbidden(
                "open to the applicants, to the registrar's officers, and to whom an officer admits"
            )
        _check_admission(admission, request, officers, domain, now)
        admitted = admission.message.digest(domain)
    answer: Papers | bytes
    if request.document != FORM:
        _check_given(connection, documents, request)
        answer = documents.get(request.document)
    else:
        opening = documents.opening(request.registration)
        form = documents.form(opening.form)
        answer = form if admitted else Papers(opening.salt, opening.fingerprint_root, form)
    with documents.together():
        if admission is not None and admitted:
            kept = {"message": admission.message.model_dump(mode="json")}
            documents.keep_admission(admitted, canonical(kept | {"signature": admission.signature}))
        documents.log_read(
            resource=f"{request.registration}/{request.document}",
            purpose=request.purpose,
            reader=request.reader,
            at=now,
            admission=admitted,
        )
    return answer


def _officers(connection: Connection, standing: Registration) -> set[str]:
    office = registrars.office(registrars.registrars(connection), standing.registrar)
    return set() if office is None or not office.is_admitted else set(office.officers)


def _objectors(connection: Connection, documents: Documents, request: Read) -> set[str]:
    """Keys of those whose objection the document came with, or whose objection it decides."""
    if request.document == FORM:
        return set()
    enclosing = _enclosing(documents, request)
    return {
        parties.key_of(connection, each.party)
        for each in enclosures.named(connection, request.registration)
        if each.document == request.document and each.act in enclosing and each.party is not None
    }


def _enclosing(documents: Documents, request: Read) -> set[str]:
    """The acts with which the document came, executed or not."""
    return {
        each.act
        for each in documents.enclosures(request.registration)
        if request.document in each.documents
    }


def _check_given(connection: Connection, documents: Documents, request: Read) -> None:
    """Not what form or act name: who knows a hash could name it, and read what another gave us."""
    try:
        if request.document in documents.opening(request.registration).documents:
            return
    except Erased:
        raise
    except NotFound:
        pass  # filed through another service; an act may yet have come through ours
    enclosing = _enclosing(documents, request)
    for each in enclosures.named(connection, request.registration):
        if each.document == request.document and each.act in enclosing:
            return
    raise NotFound(f"no document {request.document} was given with {request.registration}")


def _check_admission(
    admission: Admission, request: Read, officers: set[str], domain: Domain, now: int
) -> None:
    message = admission.message
    if recover(message.digest(domain), admission.signature) != message.officer:
        raise BadSignature("the admission is not signed by the officer named")
    if message.officer not in officers:
        raise Forbidden(f"{message.officer} is no officer of the registrar of this registration")
    if message.until < now:
        raise Forbidden(f"the admission ended at {message.until}, it is {now}")
    asked = (request.registration, request.reader, request.purpose)
    if (message.registration, message.reader, message.purpose) != asked:
        raise Forbidden("the admission is for another registration, reader or purpose")
    if request.document not in message.documents:
        raise Forbidden(f"the admission does not name {request.document}")


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
