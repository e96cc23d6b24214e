"""What must be true of a filing before it is taken in: form, law, commitment, registrar, tickets.

Knows neither HTTP nor RPC.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection

from registry.bodies import malformed
from registry.directory import Directory
from registry.documents import Documents
from registry.enclosures import check_tickets
from registry.errors import Flaw, NotAllowed, NotFound, RegistryError
from registry.hashes import content_hash
from registry.messages import ZERO, Bytes32
from registry.registrations import later
from registry.registrations.acts import File, commitment
from registry.rules import Refused, applications, profiles
from registry.rules.form_checks import FormReview
from registry.rules.initial_form import InitialForm, Matter
from registry.rules.later_forms import LaterForm
from registry.rules.profiles import Kind, Profile
from registry.rules.public_data import attested_before
from registry.rules.public_form import PublicForm
from registry.rules.simplified import simplification


class Papers(BaseModel):
    """What opens the commitment of a filing: the salt, the fingerprint's root and the form itself.

    `tickets` are what we answered when the documents that the form names were given to us, by hash.
    """

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    salt: Bytes32
    fingerprint: Bytes32
    form: dict[str, Any]
    tickets: dict[Bytes32, Bytes32] = Field(default_factory=dict)


@dataclass(frozen=True)
class Checked:
    """A form that may be filed, in canonical bytes, and what advises against its wording or lengths."""

    form: bytes
    warnings: tuple[Flaw, ...]


def check(
    message: File,
    papers: Papers,
    directory: Directory,
    documents: Documents,
    connection: Connection,
    *,
    chain_id: int,
    registrations: str,
) -> Checked:
    """The form, which the commitment binds, if the filing may be taken in.

    Raises: Malformed for shape, claims or commitment; NotAllowed when the law or the registrar stands
    against it.
    """
    profile = profiles.load_by_number(message.profile)
    kind = _kind(message, profile)
    form, content, review = _checked_form(kind, papers.form, profile)
    if isinstance(form, LaterForm):
        later.check(message, form, papers.fingerprint, documents, connection, profile=profile)
    else:
        _check_claims(message, form, profile)
        _check_first(form, profile)
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
    check_tickets(papers.tickets, set(applications.documents(form)), documents)
    return Checked(content, _in_body(review.warnings))


def warnings(digest: str, message: File, documents: Documents) -> tuple[Flaw, ...]:
    """What was advised of a filing that we hold already; nothing where its form is not here any more."""
    profile = profiles.load_by_number(message.profile)
    try:
        content = documents.form(documents.opening(digest).form)
    except NotFound:
        return ()
    form = applications.shape(Kind(message.kind), profile=profile).model_validate_json(content)
    return _in_body(applications.review(form, profile=profile).warnings)


def _kind(message: File, profile: Profile) -> Kind:
    if message.kind not in profile.kinds:
        known = ", ".join(f"{kind.name} {kind}" for kind in sorted(profile.kinds))
        raise malformed(
            "/message/kind", "kind", f"got {message.kind}, under {profile.name} there are {known}"
        )
    if (message.kind == Kind.INITIAL) != (message.subject == ZERO):
        raise malformed(
            "/message/subject", "subject", "INITIAL concerns none, every other kind concerns one"
        )
    return Kind(message.kind)


def _check_claims(message: File, form: applications.Form, profile: Profile) -> None:
    claimed = tuple((claim.party, claim.rights) for claim in message.claims)
    stated = applications.claims_to_sign(form, held={}, profile=profile)
    if claimed != stated:
        raise malformed(
            "/message/claims",
            "allocation",
            f"expected what the form allocates, in ascending order of party: {stated}",
        )


def _check_first(form: applications.Form, profile: Profile) -> None:
    """What only a first registration can lack: an attestation before it, a prior one that may be had."""
    now = datetime.now(UTC)
    if isinstance(form, PublicForm):
        later.insist(attested_before(form, filed=now), "/papers/form/attestation/on")
    if isinstance(form, InitialForm) and form.prior_registration is not None:
        # How far it shortens the review is the reviewer's finding; that it may be had at all is not.
        answer = simplification(
            form.prior_registration, filed=now, agreed=frozenset(Matter), profile=profile
        )
        if isinstance(answer, Refused):
            later.insist(answer, "/papers/form/prior_registration")


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


def _checked_form(
    kind: Kind, value: dict[str, Any], profile: Profile
) -> tuple[applications.Form, bytes, FormReview]:
    try:
        return applications.reviewed(kind, value, profile=profile)
    except RegistryError as e:
        raise type(e)(e.detail, flaws=_in_body(e.flaws)) from e


def _in_body(flaws: tuple[Flaw, ...]) -> tuple[Flaw, ...]:
    # The form knows its own members; in a body they lie below /papers/form.
    return tuple(Flaw(f"/papers/form{f.pointer}", f.rule, f.detail) for f in flaws)
