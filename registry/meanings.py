"""What the facts about registrations and rights mean in words, each by its own record's profile.

Knows neither HTTP nor RPC.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

from sqlalchemy import Connection, select, tuple_

from registry.facts import Fact
from registry.registrations.facts import RegistrationFiled, RegistrationRefused
from registry.registrations.questions import up_to
from registry.rights.facts import EntryChange, RightCancelled, RightRemarked
from registry.rules import meanings, profiles
from registry.rules.meanings import Fixed, Meaning
from registry.rules.profiles import Profile

FIXED: tuple[Fixed, ...] = ("outcome", "answer", "forum")
Places = Iterable[tuple[int, int]]
K = TypeVar("K")


def of_refusals(
    connection: Connection, registrations: Iterable[str], *, at: int | None = None
) -> dict[str, Meaning]:
    """Why registrations were refused, by their ids; nothing for those that were not."""
    refused, filed = RegistrationRefused.__table__.c, RegistrationFiled.__table__.c
    rows = connection.execute(
        select(refused.registration, refused.ground, filed.profile)
        .join(RegistrationFiled.__table__, filed.registration == refused.registration)
        .where(refused.registration.in_(list(registrations)), up_to(refused.block, at))
    )
    found = {
        row.registration: meanings.refusal(row.ground, profile=profiles.load_by_number(row.profile))
        for row in rows
    }
    return _known(found)


def of_kinds(
    connection: Connection, remarked: Iterable[tuple[str, int]]
) -> dict[tuple[str, int], Meaning]:
    """What kinds of remarks are, by the entry on which each was made and its number."""
    wanted = list(remarked)
    laws = _profiles(connection, {right for right, _ in wanted})
    return _known(
        {(right, kind): meanings.remark(kind, profile=laws[right]) for right, kind in wanted}
    )


def of_remarks(connection: Connection, places: Places) -> dict[tuple[int, int], Meaning]:
    """The same by block and position of the facts that say it."""
    rows = _at(connection, RightRemarked, places)
    kinds = of_kinds(connection, {(row.right, row.kind) for row in rows})
    return _known({(row.block, row.position): kinds.get((row.right, row.kind)) for row in rows})


def of_cancellations(connection: Connection, places: Places) -> dict[tuple[int, int], Meaning]:
    """Why rights were cancelled, by block and position of the facts that say so."""
    rows = _at(connection, RightCancelled, places)
    laws = _profiles(connection, {row.right for row in rows})
    return _known(
        {
            (row.block, row.position): meanings.cancellation(row.ground, profile=laws[row.right])
            for row in rows
        }
    )


def of_members(members: Mapping[str, Any]) -> dict[str, Meaning]:
    """What the outcome, the answer and the forum among a fact's members mean."""
    return _known(
        {name: meanings.fixed(name, members[name]) for name in FIXED if members.get(name)}
    )


def _at(connection: Connection, fact: type[Fact], places: Places) -> Sequence[Any]:
    columns = fact.__table__.columns
    where = tuple_(columns["block"], columns["position"]).in_(list(places))
    return connection.execute(select(fact.__table__).where(where)).all()


def _profiles(connection: Connection, rights: set[str]) -> dict[str, Profile]:
    """The rules of the registration that each entry was born of."""
    born, filed = EntryChange.__table__.c, RegistrationFiled.__table__.c
    rows = connection.execute(
        select(born.right, filed.profile)
        .join(RegistrationFiled.__table__, filed.registration == born.registration)
        .where(born.right.in_(rights), born.registration.is_not(None))
    )
    return {row.right: profiles.load_by_number(row.profile) for row in rows}


def _known(found: Mapping[K, Meaning | None]) -> dict[K, Meaning]:
    return {key: meaning for key, meaning in found.items() if meaning is not None}
