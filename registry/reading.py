"""Reading what is not public: who asks signs for which purpose, and it is logged (guide art. 30).

Knows neither HTTP nor RPC.
"""

from collections.abc import Set
from dataclasses import dataclass
from typing import ClassVar, Protocol

from sqlalchemy import Connection

from registry import enclosures, parties, registrars
from registry.documents import Documents
from registry.errors import BadSignature, Erased, Flaw, Forbidden, Malformed, NotFound
from registry.hashes import canonical
from registry.messages import ZERO, Address, Bytes32, Domain, Signable, Signer, Text, Uint40, Word
from registry.registrations import questions
from registry.registrations.questions import Registration
from registry.rules import Refused, profiles
from registry.rules.reading import ADMITTED, Matter, ground_for
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

    `documents` are content hashes, zero for the form, an act's digest for what was stated in an
    objection; `ground` is CONCERNED or AUTHORITY in the profile's `reading_grounds`, `instrument` the
    hash of what shows it, zero for none; `until` is the last second at which it admits. Who reads may
    use them for nothing else, and disclose nothing without the holder's consent. Never sent to a chain.
    """

    contract: ClassVar[str] = "Registrations"

    registration: Bytes32
    documents: tuple[Bytes32, ...]
    reader: Address
    purpose: Text
    ground: Word
    instrument: Bytes32
    officer: Address
    until: Uint40

    def signers(self) -> tuple[Signer, ...]:
        return (Signer("key", self.officer),)


class Asking(Protocol):
    """A signed request to read."""

    @property
    def purpose(self) -> str: ...
    @property
    def reader(self) -> str: ...


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
    """The papers, or the one document asked for; logged with its ground before they are handed out.

    Who may is the profile's table of `reading_grounds`. Only applicants and officers get what opens a
    commitment; whom an officer admits gets the form alone. Raises: Malformed, BadSignature, Forbidden
    naming the article, NotFound.
    """
    clean(request.purpose, pointer="/message/purpose", limit=200)
    check_until(request.until, now)
    if recover(request.digest(domain), signature) != request.reader:
        raise BadSignature("not signed by the reader named")
    standing = questions.registration(connection, request.registration)
    profile = profiles.load_by_number(standing.profile)
    officers, office_ground = officers_of(connection, standing)
    grounds = set()
    if request.reader in officers:
        grounds.add(office_ground)
    if request.reader in {parties.key_of(connection, each.party) for each in standing.claims}:
        grounds.add("APPLICANT")
    if request.reader in _objectors(connection, documents, request):
        grounds.add("OBJECTOR")
    matter = Matter.FORM if request.document == FORM else Matter.PAPERS
    ground = ground_for(matter, grounds, profile=profile)
    if isinstance(ground, Refused) and admission is not None:
        check_admission(
            admission,
            request,
            request.document,
            officers,
            domain,
            now,
            registration=request.registration,
        )
        ground = ground_for(matter, {admission.message.ground} & ADMITTED, profile=profile)
    else:
        admission = None
    if isinstance(ground, Refused):
        raise forbidden(ground)
    answer: Papers | bytes
    if request.document != FORM:
        _check_given(connection, documents, request)
        answer = documents.get(request.document)
    else:
        opening = documents.opening(request.registration)
        form = documents.form(opening.form)
        is_whole = Matter.OPENING.value in ground.reaches
        answer = Papers(opening.salt, opening.fingerprint_root, form) if is_whole else form
    log(
        documents,
        f"{request.registration}/{request.document}",
        request,
        ground=ground.name,
        admission=admission,
        domain=domain,
        now=now,
    )
    return answer


def officers_of(connection: Connection, standing: Registration) -> tuple[frozenset[str], str]:
    """Keys of whoever serves a registration's records, none while suspended, and on which ground."""
    office = registrars.office(registrars.registrars(connection), standing.registrar)
    if office is None or not office.is_admitted:
        return frozenset(), "OFFICER"
    ground = "OFFICER" if office.number == standing.registrar else "SUCCESSOR"
    return frozenset(office.officers), ground


def forbidden(refused: Refused) -> Forbidden:
    """The error that a refusal is."""
    return Forbidden(refused.why, flaws=(Flaw("/message/reader", refused.basis, refused.why),))


def log(
    documents: Documents,
    resource: str,
    request: Asking,
    *,
    ground: str,
    admission: Admission | None,
    domain: Domain,
    now: int,
) -> None:
    """Enters a reading with its ground and, of whom an officer admitted, what shows it.

    `domain` is the one that admissions are signed for.
    """
    admitted = ""
    with documents.together():
        if admission is not None:
            admitted = admission.message.digest(domain)
            kept = {"message": admission.message.model_dump(mode="json")}
            documents.keep_warrant(admitted, canonical(kept | {"signature": admission.signature}))
        documents.log_read(
            resource=resource,
            purpose=request.purpose,
            reader=request.reader,
            at=now,
            ground=ground,
            admission=admitted,
        )


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


def check_admission(
    admission: Admission,
    request: Asking,
    item: str,
    officers: Set[str],
    domain: Domain,
    now: int,
    *,
    registration: str,
) -> None:
    """That it lets the reader have this item of a registration. Raises: BadSignature, Forbidden."""
    message = admission.message
    if recover(message.digest(domain), admission.signature) != message.officer:
        raise BadSignature("the admission is not signed by the officer named")
    if message.officer not in officers:
        raise Forbidden(f"{message.officer} is no officer of the registrar of this registration")
    if message.until < now:
        raise Forbidden(f"the admission ended at {message.until}, it is {now}")
    asked = (registration, request.reader, request.purpose)
    if (message.registration, message.reader, message.purpose) != asked:
        raise Forbidden("the admission is for another registration, reader or purpose")
    if item not in message.documents:
        raise Forbidden(f"the admission does not name {item}")


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
