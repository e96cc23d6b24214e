"""Faults of procedure, found by computing every case again from the facts. Knows neither HTTP nor RPC."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, and_, select

from registry.facts import ActSigned, Block
from registry.messages import ZERO, address_of
from registry.objections import questions as disputes
from registry.objections.questions import Objection
from registry.parties import KeyReplaced
from registry.registrations.cases import Case, cases
from registry.registrations.facts import (
    ApplicantJoined,
    Progress,
    RegistrationAttested,
    RegistrationFiled,
    RegistrationPublished,
)
from registry.registrations.questions import up_to
from registry.rules import NeedInfo, profiles
from registry.rules.conduct import Conduct, Fault, dispute_faults, faults
from registry.rules.objection_clocks import History as DisputeHistory
from registry.rules.states import State

PAGE = 500
REVIEWING = frozenset(
    {
        "RegistrationAccepted",
        "CorrectionRequested",
        "SupplementRequested",
        "RegistrationPublished",
        "ObjectionResolved",
    }
)
APPROVING = "RegistrationAttested"
DECIDED = frozenset({State.ATTESTED, State.REFUSED, State.TERMINATED})


@dataclass(frozen=True)
class Found:
    """A fault of a case, or what must be known to compute one of its dates.

    `objection` is set where it is one of an objection to what stands registered.
    """

    registration: str
    registrar: int
    fault: Fault | NeedInfo
    objection: str | None = None

    @property
    def is_fault(self) -> bool:
        """Whether something was done wrong, and not just cannot be computed yet."""
        return isinstance(self.fault, Fault)

    def as_json(self) -> dict[str, Any]:
        """Times in Unix seconds; `unknown` names what is missing where a date cannot be computed."""
        known: dict[str, Any] = {"unknown": None}
        if isinstance(self.fault, NeedInfo):
            known |= {"rule": None, "article": self.fault.basis, "what": "cannot be computed"}
            known |= {"due": None, "done": None, "unknown": list(self.fault.what)}
        else:
            known |= {name: getattr(self.fault, name) for name in ("rule", "article", "what")}
            for name in ("due", "done"):
                moment = getattr(self.fault, name)
                known[name] = None if moment is None else int(moment.timestamp())
        return known | {
            "registration": self.registration,
            "objection": self.objection,
            "registrar": f"{self.registrar:03d}",
        }

    def __str__(self) -> str:
        where = self.registration if self.objection is None else self.objection
        if isinstance(self.fault, NeedInfo):
            return f"{where}: cannot be computed, {', '.join(self.fault.what)}"
        told = [f"{where}: {self.fault.rule} ({self.fault.article}): {self.fault.what}"]
        told += [
            f"{name} {moment:%Y-%m-%d %H:%M:%S} UTC"
            for name, moment in (("due", self.fault.due), ("done", self.fault.done))
            if moment is not None
        ]
        return "; ".join(told)


def audit(connection: Connection, *, now: datetime, at: int | None = None) -> Iterator[Found]:
    """The faults of every case, open or ended, after block `at`: in the order of filing, then those of objections.

    `now` is when open cases are judged.
    """
    known = _Known(connection, at)
    for case in cases(connection, tuple(State), at=at):
        profile = profiles.load_by_number(case.profile)
        for fault in faults(case.history, known.conduct(case), at=now, profile=profile):
            yield Found(case.registration, case.registrar, fault)
    yield from _disputes(connection, now, at)


def _disputes(connection: Connection, now: datetime, at: int | None) -> Iterator[Found]:
    after: tuple[int, int] | None = None
    filed = RegistrationFiled.__table__.c
    while rows := disputes.objections(connection, after=after, limit=PAGE, at=at):
        numbers = dict(
            connection.execute(
                select(filed.registration, filed.profile).where(
                    filed.registration.in_({each.registration for _, each in rows})
                )
            ).all()
        )
        for _, each in rows:
            profile = profiles.load_by_number(numbers[each.registration])
            end = now if each.is_open else _moment(each.changed)
            for fault in dispute_faults(_told(each), at=end, profile=profile):
                yield Found(each.registration, each.registrar, fault, each.id)
        after = rows[-1][0]


def _told(objection: Objection) -> DisputeHistory:
    return DisputeHistory(
        complete=None if objection.complete is None else _moment(objection.complete),
        notified=None if objection.notified is None else _moment(objection.notified),
    )


class _Known:
    """Who acted in each case, and what its publication and attestation said."""

    def __init__(self, connection: Connection, at: int | None) -> None:
        self._keys = _keys(connection, at)
        self._parties = _parties(connection, at)
        self._signers = _signers(connection, at)
        self._published = _by_registration(connection, RegistrationPublished, at)
        self._attested = _by_registration(connection, RegistrationAttested, at)

    def conduct(self, case: Case) -> Conduct:
        acts = self._signers.get(case.registration, [])
        published = self._published.get(case.registration)
        attested = self._attested.get(case.registration)
        applicants = {
            key
            for party in self._parties.get(case.registration, ())
            for key in (address_of(party), *self._keys.get(party, ()))
        }
        stated = [each.receipt != ZERO for each in (published, attested) if each is not None]
        deemed = [time for event, time, _ in acts if event == "RegistrationDeemedAccepted"]
        return Conduct(
            reviewers=frozenset(by for event, _, by in acts if event in REVIEWING and by),
            approvers=frozenset(by for event, _, by in acts if event == APPROVING and by),
            applicants=frozenset(applicants),
            deemed=_moment(deemed[0]) if deemed else None,
            until=None if published is None else _moment(published.until),
            attested=None if attested is None else _moment(attested.since),
            expiry=None if attested is None or not attested.expiry else _moment(attested.expiry),
            is_decided=case.state in DECIDED,
            receipts=tuple(stated),
        )


def _signers(
    connection: Connection, at: int | None
) -> dict[str, list[tuple[str, int, str | None]]]:
    """Event, time and signer of each change after the filing, by registration."""
    change, signed = Progress.__table__.c, ActSigned.__table__.c
    found: dict[str, list[tuple[str, int, str | None]]] = defaultdict(list)
    for id, event, time, signer in connection.execute(
        select(change.registration, change.event, Block.time, signed.signer)
        .select_from(Progress)
        .join(Block, Block.number == change.block)
        .outerjoin(ActSigned, and_(signed.act == change.act, signed.block == change.block))
        .where(change.step > 1, up_to(change.block, at))
        .order_by(change.filing, change.step)
    ):
        found[id].append((event, time, signer))
    return found


def _parties(connection: Connection, at: int | None) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for fact in (RegistrationFiled, ApplicantJoined):
        said = fact.__table__.c
        for id, party in connection.execute(
            select(said.registration, said.party).where(up_to(said.block, at))
        ):
            found[id].append(party)
    return found


def _keys(connection: Connection, at: int | None) -> dict[str, list[str]]:
    """Every key that ever replaced another, by party: who had one is still the same person."""
    found: dict[str, list[str]] = defaultdict(list)
    said = KeyReplaced.__table__.c
    for party, key in connection.execute(select(said.party, said.key).where(up_to(said.block, at))):
        found[party].append(key)
    return found


def _by_registration(connection: Connection, fact: Any, at: int | None) -> dict[str, Any]:
    columns = fact.__table__.c
    rows = connection.execute(select(fact.__table__).where(up_to(columns.block, at)))
    return {row.registration: row for row in rows}


def _moment(time: int) -> datetime:
    return datetime.fromtimestamp(time, UTC)
