"""What must be true of a filing before it is taken in: form, law, commitment, registrar, tickets.

Knows neither HTTP nor RPC.
"""

from hmac import compare_digest
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from registry.bodies import malformed
from registry.directory import Directory
from registry.documents import Documents
from registry.errors import Flaw, NotAllowed, RegistryError
from registry.hashes import content_hash
from registry.messages import Bytes32
from registry.registrations.acts import INITIAL, File, commitment
from registry.rules import forms, profiles


class Papers(BaseModel):
    """What opens the commitment of a filing: the salt, the fingerprint's root and the form itself.

    `tickets` are what we answered when the documents that the form names were given to us, by hash.
    """

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    salt: Bytes32
    fingerprint: Bytes32
    form: dict[str, Any]
    tickets: dict[Bytes32, Bytes32] = Field(default_factory=dict)


def check(
    message: File,
    papers: Papers,
    directory: Directory,
    documents: Documents,
    *,
    chain_id: int,
    registrations: str,
) -> bytes:
    """The form in canonical bytes, which the commitment binds, if the filing may be taken in.

    Raises: Malformed for shape, claims or commitment; NotAllowed when the law or the registrar stands
    against it.
    """
    form, content = _checked_form(papers.form, profiles.load_by_number(message.profile))
    if message.kind != INITIAL:
        raise malformed("/message/kind", "kind", f"got {message.kind}, expected INITIAL {INITIAL}")
    _check_claims(message, form)
    opened = commitment(
        salt=papers.salt,
        fingerprint=papers.fingerprint,
        form=content_hash(content),
        parties=message.parties(),
        chain_id=chain_id,
        registrations=registrations,
    )
    if opened != message.data:
        raise malformed(
            "/message/data", "commitment", f"the papers open {opened}, not {message.data}"
        )
    _check_registrar(message, directory)
    _check_tickets(papers, form, documents)
    return content


def _check_claims(message: File, form: forms.InitialForm) -> None:
    claimed = tuple((claim.party, claim.rights) for claim in message.claims)
    stated = tuple((party, int(rights)) for party, rights in forms.claims(form))
    if claimed != stated:
        raise malformed(
            "/message/claims",
            "allocation",
            f"expected what the form allocates, in ascending order of party: {stated}",
        )


def _check_registrar(message: File, directory: Directory) -> None:
    found = directory.registrars.get(message.registrar)
    if found is None or not found.is_admitted:
        raise NotAllowed(
            f"registrar {message.registrar:03d} is "
            + ("not in the directory" if found is None else found.standing.name.lower()),
            flaws=(Flaw("/message/registrar", "registrar", "expected an admitted registrar"),),
        )
    if {directory.key_of(party) for party in message.parties()} & set(found.officers):
        raise NotAllowed(
            "a registrar may not be an applicant in its own registry",
            flaws=(Flaw("/message/claims", "registrar_is_applicant", "guide art. 10(7)"),),
        )


def _check_tickets(papers: Papers, form: forms.InitialForm, documents: Documents) -> None:
    named = {form.sample, *(paper.hash for paper in form.papers)}
    for name, ticket in papers.tickets.items():
        if name not in named:
            raise malformed(f"/papers/tickets/{name}", "unnamed", "the form names no such document")
        if not compare_digest(ticket, documents.ticket(name)):
            raise malformed(
                f"/papers/tickets/{name}", "ticket", "not what we answered when it was given to us"
            )


def _checked_form(
    value: dict[str, Any], profile: profiles.Profile
) -> tuple[forms.InitialForm, bytes]:
    try:
        return forms.checked(value, profile=profile)
    except RegistryError as e:
        # The form knows its own members; in a body they lie below /papers/form.
        flaws = (Flaw(f"/papers/form{f.pointer}", f.rule, f.detail) for f in e.flaws)
        raise type(e)(e.detail, flaws=tuple(flaws)) from e
