"""The whole life of a right, from the first filing on: every step with the article behind it.

What was objected to it, and what officers did, belongs to it.

Knows neither HTTP nor RPC.
"""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, bindparam, select

from registry.objections import questions as objections
from registry.objections.questions import Step
from registry.registrations import questions as registrations
from registry.registrations.facts import SubjectNamed
from registry.registrations.history import Change, lives
from registry.rights import questions as rights
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
    entry = rights.entry(connection, id, at=at)
    filed = [entry.registration, *_later(connection, entry.registration, at)]
    kinds = registrations.kinds(connection, filed)
    told: list[tuple[str, Change | Step]] = [
        (registration, each)
        for registration, life in lives(connection, filed, at=at).items()
        for each in life
    ]
    contested = objections.of_registration(connection, entry.registration, at=at)
    if contested:
        disputes = objections.steps(connection, contested, at=at)
        told += [(entry.registration, each) for life in disputes.values() for each in life]
    found = [_told(each, registration, kinds[registration]) for registration, each in told]
    for change in rights.changes(connection, [id], at=at):
        cause = change.cause if change.cause in kinds else entry.registration
        found.append(_changed(change, cause, kinds[cause]))
    return sorted(found, key=lambda each: (each.block, each.position))


def _later(connection: Connection, registration: str, at: int | None) -> list[str]:
    reach = registrations.NEVER if at is None else at
    return list(connection.execute(_LATER, {"id": registration, "at": reach}).scalars())


_NAMED = SubjectNamed.__table__.c
_LATER = (
    select(_NAMED.registration)
    .where(_NAMED.subject == bindparam("id"), _NAMED.block <= bindparam("at"))
    .order_by(_NAMED.block, _NAMED.position)
)


def _told(each: Change | Step, registration: str, kind: int) -> Moment:
    return Moment(
        time=each.time,
        block=each.block,
        position=each.position,
        event=each.event,
        article=each.article,
        registration=registration,
        kind=kind,
        right=None,
        rights=NO_RIGHT,
        expiry=None,
        act=each.act,
        signer=each.signer,
    )


def _changed(change: rights.Change, cause: str, kind: int) -> Moment:
    return Moment(
        time=change.time,
        block=change.block,
        position=change.position,
        event=change.event,
        article=ARTICLES[change.event],
        registration=cause,
        kind=kind,
        right=change.right,
        rights=change.rights,
        expiry=change.expiry,
        act=change.cause,
        signer=change.signer,
    )
