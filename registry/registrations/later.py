"""What must be true of an application about a registration that stands (guide arts. 33 to 37).

Reads the ledger and the papers for what the pure rules ask. Knows neither HTTP nor RPC.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime

from sqlalchemy import Connection

from registry.bodies import malformed
from registry.documents import Documents
from registry.errors import Erased, Flaw, NotAllowed, NotFound, RegistryError
from registry.objections import questions as objections
from registry.registrations import questions
from registry.registrations.acts import File
from registry.registrations.questions import Registration
from registry.rights import questions as rights
from registry.rules import (
    Allowed,
    Answer,
    NeedInfo,
    amendments,
    applications,
    cancellations,
    profiles,
    public_data,
    renewals,
    transfers,
)
from registry.rules.initial_form import InitialForm
from registry.rules.later_forms import (
    AmendmentForm,
    CancellationForm,
    CorrectionForm,
    RenewalForm,
    TransferForm,
)
from registry.rules.profiles import Kind, Profile
from registry.rules.public_form import PublicForm
from registry.rules.rights import NO_RIGHT, Exercise, Right
from registry.rules.states import State
from registry.rules.subjects import Bar, Entry, Subject
from registry.rules.validity import end_of, renewed_until

Later = TransferForm | AmendmentForm | RenewalForm | CancellationForm | CorrectionForm
_EXERCISE = {
    Kind.TRANSFER: Exercise.TRANSFER,
    Kind.AMENDMENT: Exercise.AMENDMENT,
    Kind.RENEWAL: Exercise.RENEWAL,
    Kind.CANCELLATION: Exercise.CANCELLATION,
}


def check(
    message: File,
    form: Later,
    fingerprint: str,
    documents: Documents,
    connection: Connection,
    *,
    profile: Profile,
) -> None:
    """Judges an application by the registration that it concerns.

    Raises: Malformed where message, form and fingerprint do not belong together; NotAllowed where the
    law stands against it or must know more.
    """
    kind = Kind(message.kind)
    if form.subject != message.subject:
        raise malformed("/message/subject", "subject", f"the form is about {form.subject}")
    concerned = _attested(connection, message)
    held = rights.of_registration(connection, message.subject)
    _check_claims(message, form, {each.holder: each.rights for each in held}, profile)
    _check_fingerprint(message, fingerprint, documents)
    registered = registered_form(connection, documents, message.subject)
    moment = datetime.now(UTC)
    subject = subject_of(connection, concerned, kind, registered, moment)
    insist(_judged(form, subject, registered, moment, profile), "/papers/form")


def check_attestation(
    found: Registration, since: int, expiry: int, documents: Documents, connection: Connection
) -> None:
    """Judges it once more when it is to take effect; `since` and `expiry` in Unix seconds.

    What is applied for in time is judged by the moment of filing (guide art. 36). Without its papers
    only the contract judges. Raises: NotAllowed.
    """
    profile = profiles.load_by_number(found.profile)
    try:
        form = form_of(found, documents)
    except (NotFound, Erased):
        return
    if found.subject is None or isinstance(form, InitialForm | PublicForm):
        return
    concerned = questions.registration(connection, found.subject)
    registered = registered_form(connection, documents, found.subject)
    moment = datetime.fromtimestamp(found.filed, UTC)
    subject = subject_of(connection, concerned, Kind(found.kind), registered, moment)
    insist(_judged(form, subject, registered, moment, profile), "/message/registrations")
    longest = _longest(form, subject, datetime.fromtimestamp(since, UTC), profile)
    if longest is not None and expiry > longest.timestamp():
        why = f"got an expiry of {expiry}, the last second is {int(longest.timestamp())}"
        raise NotAllowed(why, flaws=(Flaw("/message/expiry", "term", why),))


def _longest(form: Later, subject: Subject, since: datetime, profile: Profile) -> datetime | None:
    """The last second of what a renewal or a transfer may give; None for kinds that give no term."""
    asked: list[datetime] = []
    if isinstance(form, RenewalForm):
        asked += [end_of(form.until)] if form.until else []
        for share in form.shares:
            for entry in subject.entries_of(share.party):
                if entry.rights & share.rights or not share.rights:
                    asked.append(renewed_until(entry.expiry, attested=since, profile=profile))
    elif isinstance(form, TransferForm):
        asked += [end_of(each.until) for each in form.conveyances if each.until]
    return min(asked, default=None)


def insist(answer: Answer, pointer: str) -> None:
    """Raises: NotAllowed unless the rule permits it."""
    if isinstance(answer, Allowed):
        return
    why = (
        f"it must be known: {', '.join(answer.what)}"
        if isinstance(answer, NeedInfo)
        else answer.why
    )
    raise NotAllowed(why, flaws=(Flaw(pointer, answer.basis, why),))


def form_of(found: Registration, documents: Documents) -> applications.Form:
    """The form that a registration was filed with. Raises: NotFound, Erased."""
    profile = profiles.load_by_number(found.profile)
    shape = applications.shape(Kind(found.kind), profile=profile)
    return shape.model_validate_json(documents.form(documents.opening(found.id).form))


def registered_form(
    connection: Connection, documents: Documents, id: str, *, at: int | None = None
) -> InitialForm | PublicForm | None:
    """The form of an initial registration with every amendment that was attested since; None when the
    papers are not ours to read.

    A transfer's registration is of the same data as that which it concerns.
    """
    found = questions.registration(connection, id, at=at)
    if found.subject is not None:
        return registered_form(connection, documents, found.subject, at=at)
    try:
        form = form_of(found, documents)
        assert isinstance(form, InitialForm | PublicForm)
        for change in _amendments(connection, documents, id, at):
            value = amendments.amended(form, change.changes)
            form = type(form).model_validate_json(json.dumps(value))
    except (NotFound, Erased):
        return None
    return form


def _amendments(
    connection: Connection, documents: Documents, id: str, at: int | None
) -> Iterator[AmendmentForm | CorrectionForm]:
    for _, each in questions.registrations(connection, subject=id, limit=1000, at=at):
        if each.state is State.ATTESTED and each.kind in (Kind.AMENDMENT, Kind.CORRECTION):
            form = form_of(each, documents)
            assert isinstance(form, AmendmentForm | CorrectionForm)
            yield form


def _attested(connection: Connection, message: File) -> Registration:
    try:
        found = questions.registration(connection, message.subject)
    except NotFound as e:
        raise malformed("/message/subject", "subject", str(e)) from e
    if found.state is not State.ATTESTED:
        raise NotAllowed(
            f"{message.subject} is {found.state.name}, and nothing follows but an attestation",
            flaws=(Flaw("/message/subject", "guide art. 33", "expected an attested registration"),),
        )
    if found.registrar != message.registrar:
        raise NotAllowed(
            f"{message.subject} is with registrar {found.registrar:03d}",
            flaws=(Flaw("/message/registrar", "guide art. 33", "the registrar that attested it"),),
        )
    return found


def _check_claims(message: File, form: Later, held: dict[str, Right], profile: Profile) -> None:
    expected = applications.claims_to_sign(form, held=held, profile=profile)
    if tuple((claim.party, claim.rights) for claim in message.claims) != expected:
        raise malformed(
            "/message/claims",
            "allocation",
            f"expected what the form names, in ascending order of party: {expected}",
        )


def _check_fingerprint(message: File, fingerprint: str, documents: Documents) -> None:
    """An amendment may be of data that grew; whatever else is applied for is about the same data."""
    if message.kind in (Kind.AMENDMENT, Kind.CORRECTION):
        return
    try:
        registered = documents.opening(message.subject).fingerprint_root
    except (NotFound, Erased):
        return
    if fingerprint != registered:
        raise malformed("/papers/fingerprint", "other_data", "not that of the data registered")


def subject_of(
    connection: Connection,
    found: Registration,
    kind: Kind,
    registered: InitialForm | PublicForm | None,
    moment: datetime,
) -> Subject:
    """A registration as the rules of a kind see it at a moment, with what bars that kind."""
    held = rights.of_registration(connection, found.id)
    remarks = rights.remarks(connection, [each.id for each in held])
    act, now = _EXERCISE.get(kind), int(moment.timestamp())
    entries = []
    for entry in held:
        filed = None
        if entry.renewal and now <= entry.renewal_until:
            filed = datetime.fromtimestamp(
                questions.registration(connection, entry.renewal).filed, UTC
            )
        for right, end in entry.ends.items():
            is_barred = act is not None and any(
                each.bars(right, act, now) for each in remarks.get(entry.id, [])
            )
            entries.append(
                Entry(
                    party=entry.holder,
                    rights=right,
                    expiry=datetime.fromtimestamp(end, UTC),
                    is_transferred=found.kind == Kind.TRANSFER,
                    bars=(Bar(right, act),) if act is not None and is_barred else (),
                    renewing=entry.renewing if filed else NO_RIGHT,
                    renewal_filed=filed,
                )
            )
    is_fused = None
    if isinstance(registered, InitialForm):
        is_fused = registered.data.source.situation == "FUSED"
    return Subject(
        registration=found.id,
        certificate=code_of(connection, found),
        entries=tuple(entries),
        is_disputed=objections.is_disputed(connection, found.id),
        is_fused=is_fused,
        is_ended=not entries,
    )


def code_of(connection: Connection, found: Registration) -> str:
    """The certificate's code of an attested registration; that of its subject where it has none."""
    if found.attestation is not None and found.attestation.code:
        return found.attestation.code
    if found.subject is None:
        return ""
    return code_of(connection, questions.registration(connection, found.subject))


def _judged(
    form: Later,
    subject: Subject,
    registered: InitialForm | PublicForm | None,
    moment: datetime,
    profile: Profile,
) -> Answer:
    match form:
        case TransferForm():
            return transfers.transfer(form, subject, at=moment, profile=profile)
        case RenewalForm():
            return renewals.renewal(form, subject, filed=moment, profile=profile)
        case CancellationForm():
            return cancellations.cancellation(form, subject, profile=profile)
        case AmendmentForm():
            return _amendment(form, registered, profile)
        case CorrectionForm():
            # What the evidence shows is for the reviewer to find.
            return public_data.correction(form, subject, profile=profile, is_error_shown=True)


def _amendment(
    form: AmendmentForm, registered: InitialForm | PublicForm | None, profile: Profile
) -> Answer:
    if registered is None:
        return NeedInfo(("the form as registered",), "guide art. 35")
    try:
        amended = applications.parse(
            Kind.INITIAL, amendments.amended(registered, form.changes), profile=profile
        )
    except RegistryError as e:
        flaws = (Flaw(f"/papers/form{each.pointer}", each.rule, each.detail) for each in e.flaws)
        raise type(e)(e.detail, flaws=tuple(flaws)) from e
    # That a new number is still the same holder, or a slip of the pen, is for the reviewer to find.
    if isinstance(registered, PublicForm):
        assert isinstance(amended, PublicForm)
        return amendments.amendment(
            registered, amended, profile=profile, same_holder=True, is_clerical=True
        )
    assert isinstance(amended, InitialForm)
    return amendments.amendment(
        registered, amended, profile=profile, same_holder=True, is_clerical=True
    )
