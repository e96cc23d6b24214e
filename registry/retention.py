"""How long the papers of each filing are kept: its life as the ledger has it, judged by its profile.

Knows neither HTTP nor RPC.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, select

from registry.documents import Documents, Tombstone
from registry.errors import Mismatch, NotFound
from registry.registrations import later, questions
from registry.registrations.facts import SubjectNamed
from registry.registrations.questions import Registration
from registry.rights import questions as rights
from registry.rules import Allowed, NeedInfo, Refused, profiles
from registry.rules.initial_form import InitialForm
from registry.rules.profiles import Kind, Profile
from registry.rules.retention import Ending, Keeping, Life, erasable, keeping
from registry.rules.settled import is_so, word
from registry.rules.states import UNATTESTED, State
from registry.rules.validity import has_lapsed


@dataclass(frozen=True)
class Kept:
    """The papers of one filing at a moment.

    `erased` is the tombstone of what was erased, `answer` whether the rest may be now, without any
    ground beyond time; `grounds` name those on which it may. `is_to_go` says whether papers must go,
    unasked, once their time is over.
    """

    registration: str
    registrar: int
    ending: Ending
    keeping: Keeping | NeedInfo
    answer: Allowed | Refused | NeedInfo
    erased: Tombstone | None
    is_to_go: bool
    grounds: tuple[str, ...]

    @property
    def must_go(self) -> bool:
        """Whether they must be erased, unasked, and were not."""
        return self.is_due and self.is_to_go

    @property
    def is_due(self) -> bool:
        """Whether they may be erased and were not."""
        return self.erased is None and isinstance(self.answer, Allowed)


def due(
    connection: Connection,
    documents: Documents,
    *,
    at: datetime,
    registrar: int | None = None,
    after: tuple[int, int] | None = None,
    limit: int = 50,
) -> list[tuple[tuple[int, int], Kept]]:
    """Filings in the order in which they were made, each with its cursor: what may be erased, what not, why."""
    rows = questions.registrations(connection, registrar=registrar, after=after, limit=limit)
    return [(place, _kept(connection, documents, found, at)) for place, found in rows]


def of(connection: Connection, documents: Documents, id: str, *, at: datetime) -> Kept:
    """One filing's. Raises: NotFound."""
    return _kept(connection, documents, questions.registration(connection, id), at)


def life(connection: Connection, documents: Documents, found: Registration, at: datetime) -> Life:
    """What the clock counts from, as far as the ledger goes."""
    profile = profiles.load_by_number(found.profile)
    ending, ended, awaits = _ending(found, at, profile), None, ""
    if ending is Ending.ATTESTED:
        ended, awaits = _end_of_entries(connection, found, at, profile)
    elif ending is Ending.LAPSED:
        assert found.until is not None
        ended = _moment(found.until)
    elif ending is not Ending.OPEN:
        ended = _moment(found.changed)
    return Life(
        ending=ending,
        filed=_moment(found.filed),
        attested=None if found.attestation is None else _moment(found.attestation.since),
        ended=ended,
        awaits=awaits,
        prior=_prior(documents, found),
    )


def _kept(connection: Connection, documents: Documents, found: Registration, at: datetime) -> Kept:
    profile = profiles.load_by_number(found.profile)
    lived = life(connection, documents, found, at)
    return Kept(
        registration=found.id,
        registrar=found.registrar,
        ending=lived.ending,
        keeping=keeping(lived, profile=profile),
        answer=erasable(lived, at=at, profile=profile),
        erased=documents.erasure(found.id),
        is_to_go=word(profile, "papers_after_retention") == "GO",
        grounds=tuple(
            ground.name
            for ground in profile.erasure_grounds.values()
            if lived.ending.value in ground.reaches
        ),
    )


def _ending(found: Registration, at: datetime, profile: Profile) -> Ending:
    if found.state is State.ATTESTED or found.state in UNATTESTED:
        return Ending[found.state.name]
    has_missed = found.state is State.CORRECTION_REQUESTED and (
        found.until is not None and at > _moment(found.until)
    )
    if has_missed and is_so(profile, "missed_correction_lapses"):
        return Ending.LAPSED
    return Ending.OPEN


def _end_of_entries(
    connection: Connection, found: Registration, at: datetime, profile: Profile
) -> tuple[datetime | None, str]:
    """When the last right that came of a registration ended, or will; else what it goes on for."""
    last = datetime.fromtimestamp(0, UTC)
    for member in _family(connection, found, profile):
        ending = _ending(member, at, profile)
        if ending is Ending.OPEN:
            return None, f"{member.id} is about it and is open"
        if ending is not Ending.ATTESTED:
            continue
        last = max(last, _moment(member.changed))
        for entry in rights.of_registration(connection, member.id):
            ended = _end_of_entry(connection, entry, at, profile)
            if ended is None:
                return None, f"right {entry.id} stands until the registrar cancels or renews it"
            last = max(last, ended)
    return last, ""


def _end_of_entry(
    connection: Connection, entry: rights.Entry, at: datetime, profile: Profile
) -> datetime | None:
    changed = rights.changes(connection, [entry.id])
    if not entry.ends:
        return _moment(changed[-1].time)
    assert entry.expiry is not None
    expiry, now = _moment(entry.expiry), int(at.timestamp())
    is_pending = entry.renewal is not None and now <= entry.renewal_until
    if at <= expiry and not is_pending:
        return expiry
    lapsed = has_lapsed(expiry, at=at, is_renewal_pending=is_pending, profile=profile)
    return expiry if lapsed else None


def _family(
    connection: Connection, found: Registration, profile: Profile
) -> Iterable[Registration]:
    """The first registration of the data, and all that was filed about it or about what came of it."""
    follows = is_so(profile, "retention_follows_transfers")
    root = found
    while root.subject is not None and (follows or root.kind != Kind.TRANSFER):
        root = questions.registration(connection, root.subject)
    named = SubjectNamed.__table__.c
    generation = [root.id]
    while generation:
        members = [questions.registration(connection, id) for id in generation]
        if not follows:
            members = [each for each in members if each.kind != Kind.TRANSFER or each is members[0]]
        yield from members
        generation = list(
            connection.execute(
                select(named.registration)
                .where(named.subject.in_([each.id for each in members]))
                .order_by(named.block, named.position)
            ).scalars()
        )


def _prior(documents: Documents, found: Registration) -> str | None:
    """The rules of former law under which the data were registered before, as far as the form is ours."""
    try:
        form = later.form_of(found, documents)
    except (NotFound, Mismatch):
        return None
    if isinstance(form, InitialForm) and form.prior_registration is not None:
        return form.prior_registration.profile
    return None


def _moment(time: int) -> datetime:
    return datetime.fromtimestamp(time, UTC)
