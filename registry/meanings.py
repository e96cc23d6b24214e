"""What the facts about registrations and rights mean in words, each by its own record's profile.

Knows neither HTTP nor RPC.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

from sqlalchemy import Connection, select, tuple_

from registry.facts import Fact
from registry.objections.facts import InstrumentRecorded, ObjectionAnswered, ObjectionConcluded
from registry.registrations.facts import ObjectionResolved, RegistrationFiled, RegistrationRefused
from registry.registrations.questions import up_to
from registry.rights.facts import EntryChange, RightCancelled, RightRemarked
from registry.rules import meanings, profiles
from registry.rules.meanings import Fixed, Meaning
from registry.rules.profiles import Profile

FIXED: tuple[Fixed, ...] = ("outcome", "answer", "forum")
SAYING: tuple[type[Fact], ...] = (
    RegistrationRefused,
    ObjectionResolved,
    ObjectionAnswered,
    ObjectionConcluded,
    InstrumentRecorded,
    RightRemarked,
    RightCancelled,
)
Place = tuple[int, int]
K = TypeVar("K")


class Told(Protocol):
    """A step as it is told, which a fact of this name said at this place."""

    @property
    def event(self) -> str: ...
    @property
    def block(self) -> int: ...
    @property
    def position(self) -> int: ...


def of_facts(connection: Connection, told: Iterable[Told]) -> dict[Place, dict[str, Meaning]]:
    """What the numbers among the members of facts mean, by block and position, then by member."""
    places: dict[str, list[Place]] = defaultdict(list)
    for each in told:
        places[each.event].append((each.block, each.position))
    found: dict[Place, dict[str, Meaning]] = {}
    for fact in SAYING:
        if fact.event not in places:
            continue
        rows = _at(connection, fact, places[fact.event])
        laws = _laws(connection, fact, rows)
        for row, law in zip(rows, laws, strict=True):
            found[row.block, row.position] = _of_row(fact, row._mapping, law)
    return found


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
    return _known(
        {
            row.registration: meanings.refusal(
                row.ground, profile=profiles.load_by_number(row.profile)
            )
            for row in rows
        }
    )


def of_kinds(
    connection: Connection, remarked: Iterable[tuple[str, int]]
) -> dict[tuple[str, int], Meaning]:
    """What kinds of remarks are, by the entry on which each was made and its number."""
    wanted = list(remarked)
    laws = _profiles(connection, {right for right, _ in wanted})
    return _known(
        {(right, kind): meanings.remark(kind, profile=laws[right]) for right, kind in wanted}
    )


def of_members(members: Mapping[str, Any]) -> dict[str, Meaning]:
    """What the outcome, the answer and the forum among a fact's members mean."""
    return _known(
        {name: meanings.fixed(name, members[name]) for name in FIXED if members.get(name)}
    )


def _of_row(fact: type[Fact], row: Mapping[str, Any], law: Profile | None) -> dict[str, Meaning]:
    if law is None:
        return of_members(row)
    if fact is RegistrationRefused:
        return _known({"ground": meanings.refusal(row["ground"], profile=law)})
    if fact is RightCancelled:
        return _known({"ground": meanings.cancellation(row["ground"], profile=law)})
    return _known({"kind": meanings.remark(row["kind"], profile=law)})


def _laws(
    connection: Connection, fact: type[Fact], rows: Sequence[Any]
) -> Sequence[Profile | None]:
    """The rules that say what each row's numbers mean; None where the contract itself does."""
    if fact is RegistrationRefused:
        filed = RegistrationFiled.__table__.c
        ids = {row.registration for row in rows}
        question = select(filed.registration, filed.profile).where(filed.registration.in_(ids))
        numbers = {row.registration: row.profile for row in connection.execute(question)}
        return [profiles.load_by_number(numbers[row.registration]) for row in rows]
    if fact in (RightCancelled, RightRemarked):
        laws = _profiles(connection, {row.right for row in rows})
        return [laws[row.right] for row in rows]
    return [None] * len(rows)


def _at(connection: Connection, fact: type[Fact], places: Sequence[Place]) -> Sequence[Any]:
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
