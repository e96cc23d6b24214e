"""What an officer's act must not do, judged from papers and rules; what the contract cannot know.

Knows neither HTTP nor RPC.
"""

import time
from datetime import UTC, datetime

from sqlalchemy import Connection, func, select

from registry.bodies import malformed
from registry.bridge import review as receipts
from registry.documents import Documents
from registry.errors import Erased, Flaw, NotAllowed, NotFound
from registry.messages import ZERO, Message
from registry.registrations import later, questions
from registry.registrations.acts import INITIAL, Attest, Publish, Refuse, RequestCorrection
from registry.registrations.facts import CorrectionRequested
from registry.registrations.questions import Registration
from registry.rules import profiles
from registry.rules.identifiers import SANDBOX_PREFIX
from registry.rules.initial_form import InitialForm
from registry.rules.profiles import Profile
from registry.rules.validity import end_of, last_second


def check(message: Message, documents: Documents, connection: Connection) -> None:
    """Raises: Malformed for a ground that the profile lacks; NotAllowed; NotFound."""
    if isinstance(message, Refuse):
        _check_ground(message, _profile_of(connection, message.registration))
    elif isinstance(message, RequestCorrection):
        _check_rounds(message, _profile_of(connection, message.registration), connection)
    elif isinstance(message, Publish | Attest):
        _check_receipt(message, documents, connection)
    if isinstance(message, Attest):
        since = message.effective or int(time.time())
        for id in message.registrations:
            found = questions.registration(connection, id)
            if found.kind == INITIAL:
                _check_term(found, since, message.expiry, documents)
            else:
                later.check_attestation(found, since, message.expiry, documents, connection)


def _profile_of(connection: Connection, id: str) -> Profile:
    return profiles.load_by_number(questions.registration(connection, id).profile)


def _check_ground(message: Refuse, profile: Profile) -> None:
    grounds = profile.refusal_grounds
    if message.ground not in grounds:
        known = ", ".join(f"{number} {each.text.zh}" for number, each in grounds.items())
        raise malformed(
            "/message/ground", "ground", f"got {message.ground}, expected one of {known}"
        )


def _check_rounds(message: RequestCorrection, profile: Profile, connection: Connection) -> None:
    """All that is missing is named at once (一次性告知); how often at all is the profile's reading."""
    allowed = profile.settings["correction_rounds"]
    asked = connection.execute(
        select(func.count()).where(CorrectionRequested.registration == message.registration)
    ).scalar_one()
    if asked >= int(str(allowed.value)):
        raise NotAllowed(
            f"corrections were asked for {asked} times already",
            flaws=(Flaw("/message/registration", allowed.source, "all at once, and once"),),
        )


def _check_receipt(message: Publish | Attest, documents: Documents, connection: Connection) -> None:
    """Notice and attestation happen on the national system; what we record names its receipt and moment."""
    named = message.receipt != ZERO
    if named != (message.effective != 0):
        raise malformed(
            "/message/receipt", "receipt", "receipt and moment come together or not at all"
        )
    profile = profiles.load_by_number(message.profile)
    if not named and profile.code_prefix != SANDBOX_PREFIX:
        raise NotAllowed(
            f"under {profile.name} the receipt of the national system is needed",
            flaws=(Flaw("/message/receipt", "guide arts. 24, 26", "expected its hash"),),
        )
    if named:
        receipts.check(message, documents, connection, profile=profile)


def _check_term(found: Registration, since: int, expiry: int, documents: Documents) -> None:
    """No longer than the profile says, to the day, nor than the terms agreed (guide arts. 23(1), 26)."""
    longest = last_second(
        datetime.fromtimestamp(since, UTC), profile=profiles.load_by_number(found.profile)
    )
    if expiry > longest.timestamp():
        why = f"got an expiry of {expiry}, the last second is {int(longest.timestamp())}"
        raise NotAllowed(why, flaws=(Flaw("/message/expiry", "validity", why),))
    try:
        form = later.form_of(found, documents)
    except (NotFound, Erased):
        return  # its papers are not ours to read
    if not isinstance(form, InitialForm):
        return
    agreed = [each.claim.until for each in form.applicants if each.claim.until is not None]
    if agreed and expiry > end_of(min(agreed)).timestamp():
        raise NotAllowed(
            f"{found.id} was agreed until {min(agreed)}, got an expiry of {expiry}",
            flaws=(Flaw("/message/expiry", "agreed_term", "guide art. 23(1), annex 1"),),
        )
