"""Application, evidence and answers: what their commitments on the chain bind, and who may read them.

Knows neither HTTP nor RPC.
"""

import json
from dataclasses import dataclass
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection

from registry import parties
from registry.bodies import malformed, parse
from registry.documents import Documents
from registry.enclosures import check_tickets
from registry.errors import BadSignature, NotFound
from registry.hashes import canonical, content_hash, from_hex, keccak, to_hex
from registry.messages import (
    ZERO,
    Address,
    Bytes32,
    Domain,
    Message,
    Signable,
    Signer,
    Text,
    Uint40,
)
from registry.objections import questions
from registry.objections.acts import Contest, Respond, SupplyEvidence
from registry.objections.questions import Objection
from registry.reading import (
    Admission,
    check_admission,
    check_until,
    forbidden,
    log,
    officers_of,
)
from registry.registrations import questions as registrations
from registry.registrations.questions import Registration
from registry.rules import Refused, profiles
from registry.rules.reading import ADMITTED, Matter, ground_for
from registry.rules.text import clean
from registry.signatures import recover

COMMITMENT_TAG = keccak(b"data-rights-registry/objection/1")
LONGEST_STATEMENT = 20_000
MOST_DOCUMENTS = 50
# Acts that commit to papers, each with the member that holds the commitment.
COMMITTED: dict[type[Message], str] = {
    Contest: "grounds",
    SupplyEvidence: "papers",
    Respond: "papers",
}


class Papers(BaseModel):
    """What opens a commitment: a statement, and the documents that were given to us, by hash.

    `tickets` are what we answered when each document was given.
    """

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    salt: Bytes32
    statement: str
    tickets: dict[Bytes32, Bytes32] = Field(default_factory=dict, max_length=MOST_DOCUMENTS)

    @property
    def content(self) -> bytes:
        """What is kept, in canonical form."""
        return canonical({"statement": self.statement, "documents": sorted(self.tickets)})


class ReadObjection(Signable):
    """Asks for the papers of one act on an objection, or for one document of them; no chain sees it.

    `document` is a content hash, or zero for the statement.
    """

    contract: ClassVar[str] = "Objections"

    objection: Bytes32
    act: Bytes32
    document: Bytes32
    purpose: Text
    reader: Address
    until: Uint40

    def signers(self) -> tuple[Signer, ...]:
        return (Signer("key", self.reader),)


@dataclass(frozen=True)
class Opened:
    """What opens the commitment of an act, the salt None for whom an officer admits; `content` is
    canonical JSON."""

    salt: str | None
    content: bytes


def commitment(
    *, salt: str, content: str, party: str, subject: str, chain_id: int, objections: str
) -> str:
    """What stands on the chain for papers.

    keccak256 over seven 32-byte words: tag, salt, content hash, whose they are, the registration
    (of an opening) or the objection they belong to, chain id, address of Objections.
    """
    words = (
        COMMITMENT_TAG,
        from_hex(salt),
        from_hex(content),
        from_hex(party),
        from_hex(subject),
        chain_id.to_bytes(32, "big"),
        bytes(12) + from_hex(objections),
    )
    return to_hex(keccak(b"".join(words)))


def of(message: Message, papers: Papers, *, domain: Domain) -> str:
    """The commitment to these papers in this act."""
    values = message.model_dump()
    return commitment(
        salt=papers.salt,
        content=content_hash(papers.content),
        party=values.get("objector") or values["party"],
        subject=values.get("objection") or values["registration"],
        chain_id=domain.chain_id,
        objections=domain.contract,
    )


def checked(message: Message, given: Any, documents: Documents, *, domain: Domain) -> Papers | None:
    """The papers given with an act; None where it commits to none.

    Raises: Malformed unless they open the commitment and every document is their sender's.
    """
    member = COMMITTED[type(message)]
    committed = message.model_dump()[member]
    if given is None:
        if committed != ZERO or isinstance(message, Contest):
            raise malformed("/papers", "missing", "expected what opens the commitment")
        return None
    papers = parse(Papers, given, "/papers")
    clean(papers.statement, pointer="/papers/statement", limit=LONGEST_STATEMENT, multiline=True)
    opened = of(message, papers, domain=domain)
    if opened != committed:
        raise malformed(
            f"/message/{member}", "commitment", f"the papers open {opened}, not {committed}"
        )
    check_tickets(papers.tickets, set(papers.tickets), documents)
    return papers


def keep(act: str, papers: Papers, documents: Documents) -> None:
    """Keeps them encrypted, under the act that committed to them. Raises: Conflict, StorageFull."""
    documents.keep_papers(act, canonical({"salt": papers.salt, "papers": papers.content.decode()}))


def read(
    connection: Connection,
    documents: Documents,
    request: ReadObjection,
    signature: str,
    *,
    domain: Domain,
    admitting: Domain,
    now: int,
    admission: Admission | None = None,
) -> Opened | bytes:
    """The papers of an act, or the one document asked for; logged with its ground before they are
    handed out.

    Open to whoever gave them and to the registrar's officers; the objector's, which the holders must
    answer, to these as well once they were told; to whom an officer admits (guide arts. 29, 30).
    `admitting` is the domain of admissions. Raises: Malformed, BadSignature, Forbidden, NotFound.
    """
    clean(request.purpose, pointer="/message/purpose", limit=200)
    check_until(request.until, now)
    if recover(request.digest(domain), signature) != request.reader:
        raise BadSignature("not signed by the reader named")
    found = questions.objection(connection, request.objection)
    standing = registrations.registration(connection, found.registration)
    profile = profiles.load_by_number(standing.profile)
    grounds = _grounds(connection, found, request, standing)
    ground = ground_for(Matter.OBJECTIONS, grounds, profile=profile)
    if isinstance(ground, Refused) and admission is not None:
        item = request.act if request.document == ZERO else request.document
        officers, _ = officers_of(connection, standing)
        check_admission(
            admission, request, item, officers, admitting, now, registration=found.registration
        )
        named = {admission.message.ground} & ADMITTED
        ground = ground_for(Matter.OBJECTIONS, named, profile=profile)
    else:
        admission = None
    if isinstance(ground, Refused):
        raise forbidden(ground)
    kept = json.loads(documents.papers(request.act))
    salt = None if admission is not None else kept["salt"]
    answer: Opened | bytes = Opened(salt, kept["papers"].encode())
    if request.document != ZERO:
        if request.document not in json.loads(kept["papers"])["documents"]:
            raise NotFound(f"no document {request.document} was given with {request.act}")
        answer = documents.get(request.document)
    log(
        documents,
        f"{request.act}/{request.document}",
        request,
        ground=ground.name,
        admission=admission,
        domain=admitting,
        now=now,
    )
    return answer


def _author(connection: Connection, found: Objection, act: str) -> str:
    """Whose act it was. Raises: NotFound."""
    if act == found.id:
        return found.objector
    for change in questions.history(connection, found.id):
        if change.act == act and "papers" in change.said:
            return str(change.said.get("party", found.objector))
    raise NotFound(f"no act {act} of objection {found.id} committed to papers")


def _grounds(
    connection: Connection, found: Objection, request: ReadObjection, standing: Registration
) -> set[str]:
    """On which grounds the reader stands as to the papers of this act."""
    author = _author(connection, found, request.act)
    officers, office_ground = officers_of(connection, standing)
    grounds = {office_ground} if request.reader in officers else set[str]()
    if request.reader == parties.key_of(connection, author):
        grounds.add("OBJECTOR" if author == found.objector else "HOLDER")
    if author == found.objector and found.notified is not None:
        holders = questions.holders(connection, found.registration)
        if request.reader in {parties.key_of(connection, party) for party in holders}:
            grounds.add("HOLDER")
    return grounds
