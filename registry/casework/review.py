"""What may not be entered into a file, judged from facts and rules; what the contract cannot know.

Knows neither HTTP nor RPC.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime

from sqlalchemy import Connection, select

from registry import registrars
from registry.bodies import malformed
from registry.casework.acts import Note, Report
from registry.directory import Directory
from registry.errors import Flaw, Forbidden, NotAllowed, NotFound
from registry.facts import Block
from registry.messages import ZERO, Message
from registry.objections import questions as disputes
from registry.registrations import questions as registrations
from registry.registrations.cases import Case, case
from registry.rules import NeedInfo, casework, profiles
from registry.rules.casework import Moves, NoteKind, Subject
from registry.rules.clocks import Extension, acceptance, count_extensions


@dataclass(frozen=True)
class _File:
    """The case that an entry is of; `begun` in Unix seconds."""

    subject: Subject
    registration: registrations.Registration
    begun: int


def check(message: Message, directory: Directory, connection: Connection, *, now: int) -> None:
    """`now` is in Unix seconds; what was read may be later by the chain's clock, which then counts.

    Raises: Malformed, Forbidden, NotAllowed, NotFound.
    """
    if not isinstance(message, Note | Report):
        return
    read = connection.execute(select(Block.time).order_by(Block.number.desc()).limit(1)).scalar()
    now = max(now, read or 0)
    found = _file_of(connection, message.subject)
    if isinstance(message, Note):
        _check_officer(message, found, directory)
        kind = _check_note(message, found, now)
        _check_move(message, kind.moves, connection, now)
    else:
        _check_report(message, now)
        _check_third_party(message, found, directory)


def _file_of(connection: Connection, subject: str) -> _File:
    try:
        objection = disputes.objection(connection, subject)
    except NotFound:
        try:
            found = registrations.registration(connection, subject)
        except NotFound:
            raise NotFound(f"no registration and no objection {subject}") from None
        return _File(Subject.REGISTRATION, found, found.filed)
    found = registrations.registration(connection, objection.registration)
    return _File(Subject.OBJECTION, found, objection.filed)


def _check_officer(message: Note, found: _File, directory: Directory) -> None:
    registrar = found.registration.registrar
    if message.registrar != registrar:
        raise NotAllowed(
            f"the case is with registrar {registrar:03d}",
            flaws=(Flaw("/message/registrar", "registrar", f"got {message.registrar:03d}"),),
        )
    office = registrars.office(directory.registrars, registrar)
    if office is None or not office.is_admitted or message.officer not in office.officers:
        raise Forbidden(
            f"{message.officer} is no officer who may act for registrar {registrar:03d}",
            flaws=(Flaw("/message/officer", "officer", "expected an officer's key"),),
        )


def _check_note(message: Note, found: _File, now: int) -> NoteKind:
    kind = casework.kinds().note(message.kind)
    if kind is None or found.subject not in kind.subjects:
        known = ", ".join(
            f"{each.number} {each.text.zh}"
            for each in casework.kinds().notes
            if found.subject in each.subjects
        )
        raise malformed("/message/kind", "kind", f"got {message.kind}, expected one of {known}")
    if kind.needs_document and message.document == ZERO:
        raise malformed("/message/document", "document", f"{kind.name} rests on a paper")
    is_extension = kind.moves is Moves.EXTENSION
    if is_extension != (message.length > 0):
        expected = "1 or more" if is_extension else "0"
        raise malformed("/message/length", "length", f"got {message.length}, expected {expected}")
    if not found.begun <= message.occurred <= now:
        raise malformed(
            "/message/occurred",
            "moment",
            f"got {message.occurred}, expected {found.begun} to {now}: between the filing and now",
        )
    return kind


def _check_move(message: Note, moves: Moves | None, connection: Connection, now: int) -> None:
    if moves is None:
        return
    found = case(connection, message.subject)
    assert found is not None
    if moves is Moves.EXTENSION:
        _check_extension(message, found, now)
    elif moves is Moves.ACCEPTANCE:
        if found.history.told_accepted is None:
            raise NotAllowed(
                "nobody accepted the application yet, so that nobody can be told",
                flaws=(Flaw("/message/kind", "guide art. 17", f"it is {found.state.name}"),),
            )
    elif not found.history.non_acceptances:
        raise NotAllowed(
            "no correction was asked for",
            flaws=(Flaw("/message/kind", "guide art. 17", f"it is {found.state.name}"),),
        )


def _check_extension(message: Note, found: Case, now: int) -> None:
    """At most ten working days in all, while the clock runs (guide art. 28)."""
    profile = profiles.load_by_number(found.profile)
    moment = datetime.fromtimestamp(now, UTC)
    if found.history.closed is not None:
        raise NotAllowed(
            f"the case is {found.state.name}, and nothing of it runs",
            flaws=(Flaw("/message/kind", "guide art. 28", "expected an open case"),),
        )
    accepted = acceptance(found.history, at=moment, profile=profile)
    if isinstance(accepted, NeedInfo):
        what = ", ".join(accepted.what)
        raise NotAllowed(what, flaws=(Flaw("/message/length", accepted.basis, what),))
    if accepted.since is None:
        raise NotAllowed(
            "the time to finish runs from acceptance",
            flaws=(Flaw("/message/kind", "guide art. 28", f"it is {accepted.standing}"),),
        )
    wanted = Extension(moment, message.length, message.document)
    history = replace(found.history, extensions=(*found.history.extensions, wanted))
    _, void = count_extensions(accepted.since, history, profile=profile)
    for extension, refused in void:
        if extension is wanted:
            raise NotAllowed(
                f"{refused.why}; got {message.length}",
                flaws=(Flaw("/message/length", refused.basis, refused.why),),
            )


def _check_report(message: Report, now: int) -> None:
    if casework.kinds().report(message.kind) is None:
        known = ", ".join(f"{each.number} {each.text.zh}" for each in casework.kinds().reports)
        raise malformed("/message/kind", "kind", f"got {message.kind}, expected one of {known}")
    if message.document == ZERO:
        raise malformed("/message/document", "document", "a report is a document")
    if message.issued > now:
        raise malformed("/message/issued", "moment", f"got {message.issued}, it is {now}")


def _check_third_party(message: Report, found: _File, directory: Directory) -> None:
    """Neither whoever applies nor whoever registers is a third party (guide arts. 10(7), 31 ¶2)."""
    applicants = {claim.party for claim in found.registration.claims}
    if message.issuer in applicants:
        raise NotAllowed(
            "the issuer is an applicant of this very case",
            flaws=(Flaw("/message/issuer", "third_party", "expected somebody else"),),
        )
    office = registrars.office(directory.registrars, found.registration.registrar)
    if office is not None and directory.key_of(message.issuer) in office.officers:
        raise NotAllowed(
            "the issuer is an officer of the registrar",
            flaws=(Flaw("/message/issuer", "third_party", "expected somebody else"),),
        )
