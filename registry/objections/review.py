"""What an act on an objection must not do, judged from facts and rules; what the contract cannot know.

Knows neither HTTP nor RPC.
"""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, select

from registry.errors import Flaw, NotAllowed, NotFound
from registry.facts import Block
from registry.messages import ZERO, Message
from registry.objections import questions
from registry.objections.acts import (
    CloseObjection,
    Conclude,
    Contest,
    NotifyHolder,
    RequestEvidence,
)
from registry.objections.questions import Objection
from registry.registrations import questions as registrations
from registry.rules import NeedInfo, Refused, profiles
from registry.rules.objection_clocks import ACCEPTANCE, RESPONSE, time_given
from registry.rules.objections import Answer, State
from registry.rules.profiles import Profile


def check(message: Message, connection: Connection, *, now: int) -> None:
    """`now` is in Unix seconds; what was read may be later by the chain's clock, which then counts.

    Raises: NotAllowed, NotFound.
    """
    read = connection.execute(select(Block.time).order_by(Block.number.desc()).limit(1)).scalar()
    now = max(now, read or 0)
    if isinstance(message, Contest):
        _check_subject(message, connection)
    elif isinstance(message, RequestEvidence):
        _check_rounds(message, connection)
    elif isinstance(message, NotifyHolder):
        _check_time(message, RESPONSE, connection, now)
    elif isinstance(message, Conclude):
        _check_conclusion(message, connection)
        _check_time(message, ACCEPTANCE, connection, now)
    elif isinstance(message, CloseObjection):
        _check_closing(message, connection, now)


def _profile_of(connection: Connection, found: Objection) -> Profile:
    number = registrations.registration(connection, found.registration).profile
    return profiles.load_by_number(number)


def _setting(connection: Connection, found: Objection, name: str) -> tuple[Any, str]:
    """A setting's value and source; None where the profile has no such setting, and so no such rule."""
    setting = _profile_of(connection, found).settings.get(name)
    return (None, "") if setting is None else (setting.value, setting.source)


def _check_subject(message: Contest, connection: Connection) -> None:
    """An amendment or a renewal gives nobody an entry; what it changed belongs to another registration."""
    if not questions.holders(connection, message.registration):
        raise NotAllowed(
            f"no right comes from {message.registration}",
            flaws=(
                Flaw(
                    "/message/registration",
                    "no_rights",
                    "expected the registration from which the contested right comes (art. 29)",
                ),
            ),
        )


def _check_rounds(message: RequestEvidence, connection: Connection) -> None:
    found = questions.objection(connection, message.objection)
    allowed, source = _setting(connection, found, "objection_evidence_rounds")
    if found.state is not State.FILED or allowed is None:
        return  # proof that proceedings are pending may be asked for as often as it takes
    asked = questions.rounds(connection, found.id)
    if asked >= int(allowed):
        raise NotAllowed(
            f"the objector was asked {asked} times already",
            flaws=(Flaw("/message/objection", "objection_evidence_rounds", source),),
        )


def _check_time(
    message: NotifyHolder | Conclude, clock: str, connection: Connection, now: int
) -> None:
    found = questions.objection(connection, message.objection)
    given = time_given(
        clock,
        datetime.fromtimestamp(message.until, UTC),
        at=datetime.fromtimestamp(now, UTC),
        profile=_profile_of(connection, found),
    )
    if isinstance(given, Refused):
        raise NotAllowed(given.why, flaws=(Flaw("/message/until", clock, given.basis),))
    if isinstance(given, NeedInfo):
        what = ", ".join(given.what)
        raise NotAllowed(what, flaws=(Flaw("/message/until", clock, given.basis),))


def _check_conclusion(message: Conclude, connection: Connection) -> None:
    found = questions.objection(connection, message.objection)
    if found.state is State.ADMITTED and _all_admitted(connection, found):
        raise NotAllowed(
            "every holder admitted the objection: it is to be acted upon, not concluded (art. 29 ¶3)"
        )
    silence, source = _setting(connection, found, "objection_silence")
    if found.state is State.NOTIFIED and silence not in (None, "REGISTRAR_CONCLUDES"):
        raise NotAllowed(
            "the holders have not answered",
            flaws=(Flaw("/message/objection", "objection_silence", source),),
        )


def _check_closing(message: CloseObjection, connection: Connection, now: int) -> None:
    found = questions.objection(connection, message.objection)
    if message.measure != ZERO and not questions.is_known_act(connection, message.measure):
        raise NotFound(f"no act {message.measure} was executed: first do what follows, then close")
    together, source = _setting(connection, found, "objection_admission")
    if together == "EVERY_HOLDER":
        is_over = found.until is not None and now > found.until
        # A dismissal changes nothing: whoever of the holders is silent loses nothing by it.
        is_lacking = {
            State.ADMITTED: not _all_admitted(connection, found),
            State.SETTLED: not _all_accepted(connection, found)
            and (message.measure != ZERO or not is_over),
        }
        if is_lacking.get(found.state):
            raise NotAllowed(
                "not every holder has agreed",
                flaws=(Flaw("/message/objection", "objection_admission", source),),
            )
    silence, source = _setting(connection, found, "conclusion_silence")
    is_taking = found.state is State.CONCLUDED and message.measure != ZERO
    if is_taking and silence == "DISMISSAL_ONLY":
        raise NotAllowed(
            "both sides must accept before a right is changed; silence does not suffice",
            flaws=(Flaw("/message/objection", "conclusion_silence", source),),
        )


def _others(connection: Connection, found: Objection) -> frozenset[str]:
    """The holders that answer: all but the objector, where it is one of them."""
    return questions.holders(connection, found.registration) - {found.objector}


def _all_admitted(connection: Connection, found: Objection) -> bool:
    others = _others(connection, found)
    return all(found.answers.get(party) is Answer.ADMITTED for party in others)


def _all_accepted(connection: Connection, found: Objection) -> bool:
    return _others(connection, found) <= set(found.accepted)
