"""What an officer's act on a right must not do, judged from the rules; what the contract cannot know.

Knows neither HTTP nor RPC.
"""

from collections.abc import Mapping
from datetime import UTC, datetime

from sqlalchemy import Connection

from registry.bodies import malformed
from registry.messages import ZERO, Message
from registry.registrations import later
from registry.registrations import questions as registrations
from registry.rights import questions
from registry.rights.acts import Cancel, Execute, Lift, Remark, RightAct
from registry.rules import profiles
from registry.rules.cancellations import cancellation_ex_officio
from registry.rules.later_forms import Share
from registry.rules.profiles import Ground, Kind, Profile, RemarkKind
from registry.rules.public_data import revocation
from registry.rules.rights import Exercise, Right


def check(message: Message, connection: Connection) -> None:
    """Raises: Malformed for a number that the profile lacks, for a paper that is not named; NotFound."""
    if not isinstance(message, RightAct):
        return
    paper = "decision" if isinstance(message, Cancel) else "instrument"
    if message.__dict__[paper] == ZERO:
        raise malformed(f"/message/{paper}", paper, "expected the hash of the paper it rests on")
    if isinstance(message, Execute):
        registrations.registration(connection, message.registration)
    elif isinstance(message, Remark):
        _require(message.kind, _profile_of(connection, message.right).remark_kinds, "kind")
        _check_acts(message)
    elif isinstance(message, Cancel):
        _check_cancellation(message, connection)
    elif isinstance(message, Lift):
        _profile_of(connection, message.right)


def _check_cancellation(message: Cancel, connection: Connection) -> None:
    """On the registrar's own motion (guide art. 37 ¶2), or for fraud in public data (their art. 20)."""
    entry = questions.entry(connection, message.right)
    found = registrations.registration(connection, entry.registration)
    profile = profiles.load_by_number(found.profile)
    grounds = profile.cancellation_grounds
    _require(message.ground, {**grounds, **profile.revocation_grounds}, "ground")
    moment = datetime.now(UTC)
    subject = later.subject_of(connection, found, Kind.CANCELLATION, None, moment)
    if message.ground in grounds:
        share = Share(party=entry.holder, rights=Right(message.rights))
        answer = cancellation_ex_officio(
            message.ground,
            (share,),
            subject,
            profile=profile,
            notice=message.decision,
            instrument=message.decision,
        )
    else:
        # An approver signs it: whoever signs has verified it.
        answer = revocation(message.ground, subject, profile=profile, is_verified=True)
    later.insist(answer, "/message/ground")


def _profile_of(connection: Connection, right: str) -> Profile:
    entry = questions.entry(connection, right)
    found = registrations.registration(connection, entry.registration)
    return profiles.load_by_number(found.profile)


def _require(number: int, known: Mapping[int, Ground | RemarkKind], member: str) -> None:
    if number not in known:
        listed = ", ".join(f"{each} {ground.text.zh}" for each, ground in known.items())
        raise malformed(f"/message/{member}", member, f"got {number}, expected one of {listed}")


def _check_acts(message: Remark) -> None:
    unknown = message.acts & ~sum(Exercise)
    if unknown:
        named = ", ".join(f"{each.name} {int(each)}" for each in Exercise)
        raise malformed("/message/acts", "acts", f"{unknown:#x} is no act; there are {named}")
