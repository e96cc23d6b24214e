"""An application of any kind: the form it must have under a profile, and what a reader of it needs.

Knows neither HTTP nor the document store. What the law says to an application about a registration
that stands is asked of `transfers`, `amendments`, `renewals`, `cancellations` and `public_data`.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from registry.errors import NotAllowed
from registry.hashes import canonical
from registry.rules import forms, later_checks, public_data
from registry.rules.form_checks import FormReview, shaped
from registry.rules.form_fields import labels_of, title_of
from registry.rules.initial_form import InitialForm
from registry.rules.later_forms import (
    AmendmentForm,
    CancellationForm,
    CorrectionForm,
    LaterForm,
    RenewalForm,
    TransferForm,
)
from registry.rules.profiles import Kind, Profile
from registry.rules.public_form import PublicForm
from registry.rules.rights import GIVEN, NO_RIGHT, Right, names
from registry.rules.settled import Regime, regime
from registry.rules.tables import Words

Form = (
    InitialForm
    | PublicForm
    | TransferForm
    | AmendmentForm
    | RenewalForm
    | CancellationForm
    | CorrectionForm
)

_SHAPES: Final[Mapping[Regime, Mapping[Kind, type[Form]]]] = MappingProxyType(
    {
        Regime.PROPERTY_RIGHTS: MappingProxyType(
            {
                Kind.INITIAL: InitialForm,
                Kind.TRANSFER: TransferForm,
                Kind.AMENDMENT: AmendmentForm,
                Kind.RENEWAL: RenewalForm,
                Kind.CANCELLATION: CancellationForm,
            }
        ),
        Regime.PUBLIC_DATA: MappingProxyType(
            {
                Kind.INITIAL: PublicForm,
                Kind.AMENDMENT: AmendmentForm,
                Kind.RENEWAL: RenewalForm,
                Kind.CANCELLATION: CancellationForm,
                Kind.CORRECTION: CorrectionForm,
            }
        ),
    }
)


def parse(kind: Kind, form_json: object, *, profile: Profile) -> Form:
    """The form of a kind, if it may be filed under a profile.

    `form_json` is parsed JSON. Raises: NotAllowed for a kind that nobody can apply for here, and,
    repeating nothing of the form, for CORE data; TooLarge; Malformed for shape and text; NotAllowed
    when only the law stands against it. The flaws are all there are, up to 100.
    """
    return parsed(kind, form_json, profile=profile)[0]


def parsed(kind: Kind, form_json: object, *, profile: Profile) -> tuple[Form, bytes]:
    """The same, with the canonical bytes (RFC 8785) that a commitment binds."""
    form, content, _ = reviewed(kind, form_json, profile=profile)
    return form, content


def reviewed(kind: Kind, form_json: object, *, profile: Profile) -> tuple[Form, bytes, FormReview]:
    """The same, with what there was to say that bars nothing: `warnings`."""
    model = shape(kind, profile=profile)
    _, template = title_of(kind, profile=profile)
    form, content = shaped(form_json, model, template=template, profile=profile)
    found = review(form, profile=profile)
    found.insist()
    return form, content, found


def shape(kind: Kind, *, profile: Profile) -> type[Form]:
    """The class that a kind's forms are of. Raises: NotAllowed where nobody can apply for it."""
    found = _SHAPES[regime(profile)].get(kind)
    if found is None:
        law = regime(profile)
        raise NotAllowed(f"{profile.name} knows no application for {kind.name} ({law.value})")
    return found


def review(form: Form, *, profile: Profile) -> FormReview:
    """All rules over one form; nothing is raised, so that a desk can show what it found."""
    match form:
        case InitialForm():
            return forms.review(form, profile=profile)
        case PublicForm():
            return public_data.review(form, profile=profile)
        case _:
            return later_checks.review(form, profile=profile)


def labels(kind: Kind, *, profile: Profile) -> dict[str, Words]:
    """What each field of a kind's form is called. Raises: NotAllowed as `shape` does."""
    shape(kind, profile=profile)
    return labels_of(kind, profile=profile)


def canonical_form(form: Form) -> bytes:
    """The one byte form of what a form says (RFC 8785), with unanswered fields left out."""
    return canonical(form.model_dump(mode="json", exclude_none=True))


def subject(form: Form) -> str | None:
    """The registration that an application concerns; None for a first one."""
    return form.subject if isinstance(form, LaterForm) else None


def claims(form: Form) -> tuple[tuple[str, Right], ...]:
    """Party id and rights concerned of each who applies, ascending by party; all of them sign.

    Of a transfer: what each transferor gives and each transferee gets. No right where the form
    allocates none: amendments, corrections and public data.
    """
    match form:
        case InitialForm():
            return forms.claims(form)
        case TransferForm():
            shares = dict.fromkeys((person.party for person in form.applicants), NO_RIGHT)
            for conveyance in form.conveyances:
                shares[conveyance.transferor] |= conveyance.rights
                shares[conveyance.transferee] |= conveyance.rights
            return tuple(sorted(shares.items()))
        case RenewalForm() | CancellationForm():
            return tuple(sorted((share.party, share.rights) for share in form.shares))
        case _:
            return tuple(sorted((person.party, NO_RIGHT) for person in form.applicants))


def claims_to_sign(
    form: Form, *, held: Mapping[str, Right], profile: Profile
) -> tuple[tuple[str, int], ...]:
    """What the message `File` claims, ascending by party: rights as a sum, plus 8 for who gives.

    Where a form names no rights, each party names those that it has of the registration concerned, by
    `held`; who has none, and a registrant of public data, names what the profile lets be registered.
    """
    givers = set()
    if isinstance(form, TransferForm):
        givers = {each.transferor for each in form.conveyances}
    return tuple(
        (
            party,
            int(concerned or held.get(party, NO_RIGHT) or profile.bears_mask)
            | (GIVEN if party in givers else 0),
        )
        for party, concerned in claims(form)
    )


def documents(form: Form) -> frozenset[str]:
    """Content hashes of all documents that a form names."""
    named = {paper.hash for paper in form.papers}
    match form:
        case InitialForm():
            named.add(form.sample)
            if form.prior_registration is not None:
                named.add(form.prior_registration.certificate)
        case PublicForm() if form.operation is not None:
            named.add(form.operation.agreement)
    return frozenset(named)


def public_extract(form: Form) -> dict[str, Any]:
    """What a notice publishes of a form (guide art. 24; public data: art. 12), names alone of people.

    Of a later application: who applies as what, the data's name and the rights concerned.
    """
    match form:
        case InitialForm():
            return forms.public_extract(form)
        case PublicForm():
            return public_data.public_extract(form)
    rights = dict(claims(form))
    return {
        "applicants": [person.name for person in form.applicants],
        "name": form.name,
        "limits": {
            "claims": [
                {
                    "applicant": person.name,
                    "role": person.role.value,
                    "rights": list(names(rights[person.party])),
                }
                for person in form.applicants
            ]
        },
    }
