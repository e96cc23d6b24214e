"""The whole life of a right, from the first filing on: every step with the article behind it.

What was objected to it, and what officers did, belongs to it.

Knows neither HTTP nor RPC.
"""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, select

from registry.objections import questions as objections
from registry.registrations import questions as registrations
from registry.registrations.facts import SubjectNamed
from registry.registrations.questions import up_to
from registry.rights import questions
from registry.rules.rights import NO_RIGHT, Right

# Of the 2026 guide; what a public body registers follows the same acts under its own measure.
ARTICLES: Final = {
    "RightAttested": "arts. 26, 27",
    "RightReceived": "art. 29",
    "RightGiven": "art. 34",
    "RightAmended": "art. 35",
    "RenewalAnnounced": "art. 36",
    "RightRenewed": "arts. 26, 36",
    "RightCancelled": "art. 37",
    "RightExecuted": "art. 29",
    "RightRemarked": "art. 23",
    "RemarkCarried": "arts. 23, 34",
    "RemarkLifted": "art. 23",
}


@dataclass(frozen=True)
class Moment:
    """One step. `registration` is the one that it belongs to, `right` the entry that it changes.

    `act` is what was signed, `signer` by whom; None where a registration's attestation brought it
    about. `expiry` is the end that the step sets, in Unix seconds.
    """

    time: int
    block: int
    position: int
    event: str
    article: str
    registration: str
    kind: int
    right: str | None
    rights: Right
    expiry: int | None
    act: str
    signer: str | None


def timeline(connection: Connection, id: str, *, at: int | None = None) -> list[Moment]:
    """The life of an entry: its registration's, its own, that of all that was filed about it, and the
    objections to what it comes from.

    A right that was transferred begins with the registration of whoever held it before, to which
    `subject` of its own leads. Raises: NotFound.
    """
    entry = questions.entry(connection, id, at=at)
    named = SubjectNamed.__table__.c
    later = connection.execute(
        select(named.registration)
        .where(named.subject == entry.registration, up_to(named.block, at))
        .order_by(named.block, named.position)
    ).scalars()
    found: list[Moment] = []
    for registration in (entry.registration, *later):
        found += _procedure(connection, registration, at)
    kinds = {each.registration: each.kind for each in found}
    found += _objected(connection, entry.registration, kinds[entry.registration], at)
    for change in questions.changes(connection, [id], at=at):
        cause = change.cause if change.cause in kinds else entry.registration
        found.append(
            Moment(
                time=change.time,
                block=change.block,
                position=change.position,
                event=change.event,
                article=ARTICLES[change.event],
                registration=cause,
                kind=kinds[cause],
                right=id,
                rights=change.rights,
                expiry=change.expiry,
                act=change.cause,
                signer=change.signer,
            )
        )
    return sorted(found, key=lambda each: (each.block, each.position))


def _objected(connection: Connection, registration: str, kind: int, at: int | None) -> list[Moment]:
    found = objections.of_registration(connection, registration, at=at)
    return [
        Moment(
            time=change.time,
            block=change.block,
            position=change.position,
            event=change.event,
            article=change.article,
            registration=registration,
            kind=kind,
            right=None,
            rights=NO_RIGHT,
            expiry=None,
            act=change.act,
            signer=change.signer,
        )
        for each in found
        for change in objections.history(connection, each, at=at)
    ]


def _procedure(connection: Connection, registration: str, at: int | None) -> list[Moment]:
    kind = registrations.registration(connection, registration, at=at).kind
    return [
        Moment(
            time=change.time,
            block=change.block,
            position=change.position,
            event=change.event,
            article=change.article,
            registration=registration,
            kind=kind,
            right=None,
            rights=NO_RIGHT,
            expiry=None,
            act=change.act,
            signer=change.signer,
        )
        for change in registrations.history(connection, registration, at=at)
    ]
