"""Open cases as the clocks of their profiles see them: what has happened to each, and what runs out when.

Knows neither HTTP nor RPC. Moments on the chain are those of blocks; a notice runs from publication on
the national system where the registrar named its receipt (guide art. 24), else from our own block.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

from sqlalchemy import Connection, Select, and_, select

from registry.facts import Block
from registry.registrations.facts import (
    CorrectionRequested,
    ObjectionMade,
    ObjectionResolved,
    Progress,
    RegistrationFiled,
    RegistrationPublished,
)
from registry.registrations.questions import CHANGE, stands, up_to
from registry.rules import profiles
from registry.rules.clocks import Deadline, History, NonAcceptance, Span, deadlines
from registry.rules.profiles import Kind
from registry.rules.states import PENDING, State


@dataclass(frozen=True)
class Case:
    """An open registration with the moments that its clocks count from."""

    registration: str
    registrar: int
    profile: int
    state: State
    history: History


@dataclass(frozen=True)
class Due:
    """One clock of one case, in a state of its procedure."""

    registration: str
    registrar: int
    state: State
    deadline: Deadline


def due(cases: Iterable[Case], *, at: datetime) -> Iterator[Due]:
    """Every statutory clock that runs or stands still in these cases at a moment, case by case."""
    for case in cases:
        profile = profiles.load_by_number(case.profile)
        for each in deadlines(case.history, at=at, profile=profile):
            yield Due(case.registration, case.registrar, case.state, each)


def open_cases(
    connection: Connection, *, registrar: int | None = None, at: int | None = None
) -> list[Case]:
    """All cases that are open after block `at`, in the order of filing."""
    rows = connection.execute(_open(registrar, at)).all()
    if not rows:
        return []
    ids = _open_ids(registrar, at)
    times = _times(connection, ids, at)
    corrections = _untils(connection, ids, at)
    published = _published(connection, ids, at)
    objections = _objections(connection, ids, at)
    return [
        Case(
            row.registration,
            row.registrar,
            row.profile,
            State(row.state),
            _history(
                times[row.registration],
                corrections.get(row.registration, {}),
                published.get(row.registration),
                objections.get(row.registration, ()),
                Kind(row.kind),
            ),
        )
        for row in rows
    ]


def _open_ids(registrar: int | None, at: int | None) -> Select[Any]:
    is_open = and_(stands(at), CHANGE.c.state.in_([int(state) for state in PENDING]))
    if registrar is None:
        return select(CHANGE.c.registration).where(is_open)
    return _open(registrar, at).with_only_columns(CHANGE.c.registration).order_by(None)


def _open(registrar: int | None, at: int | None) -> Select[Any]:
    question = (
        select(
            RegistrationFiled.registration,
            RegistrationFiled.registrar,
            RegistrationFiled.profile,
            RegistrationFiled.kind,
            CHANGE.c.state,
        )
        .join(CHANGE, and_(CHANGE.c.registration == RegistrationFiled.registration, stands(at)))
        .where(CHANGE.c.state.in_([int(state) for state in PENDING]))
        .order_by(CHANGE.c.filing)
    )
    if registrar is not None:
        question = question.where(RegistrationFiled.registrar == registrar)
    return question


_Change = tuple[int, str, datetime]  # step, event, moment


def _times(connection: Connection, ids: Select[Any], at: int | None) -> dict[str, list[_Change]]:
    found: dict[str, list[_Change]] = defaultdict(list)
    for id, step, event, time in connection.execute(
        select(Progress.registration, Progress.step, Progress.event, Block.time)
        .join(Block, Block.number == Progress.block)
        .where(Progress.registration.in_(ids), up_to(Progress.block, at))
        .order_by(Progress.registration, Progress.step)
    ):
        found[id].append((step, event, _moment(time)))
    return found


def _untils(
    connection: Connection, ids: Select[Any], at: int | None
) -> dict[str, dict[int, datetime]]:
    """Until when a correction may be made, by registration and step."""
    found: dict[str, dict[int, datetime]] = defaultdict(dict)
    for id, step, until in connection.execute(
        select(
            CorrectionRequested.registration, CorrectionRequested.step, CorrectionRequested.until
        ).where(CorrectionRequested.registration.in_(ids), up_to(CorrectionRequested.block, at))
    ):
        found[id][step] = _moment(until)
    return found


def _published(connection: Connection, ids: Select[Any], at: int | None) -> dict[str, datetime]:
    return {
        id: _moment(effective or time)
        for id, effective, time in connection.execute(
            select(RegistrationPublished.registration, RegistrationPublished.effective, Block.time)
            .join(Block, Block.number == RegistrationPublished.block)
            .where(
                RegistrationPublished.registration.in_(ids), up_to(RegistrationPublished.block, at)
            )
        )
    }


def _objections(connection: Connection, ids: Select[Any], at: int | None) -> dict[str, list[Span]]:
    made, decided = ObjectionMade.__table__, ObjectionResolved.__table__
    decision_block = Block.__table__.alias("decision_block")
    found: dict[str, list[Span]] = defaultdict(list)
    for id, begun, ended in connection.execute(
        select(made.c.registration, Block.time, decision_block.c.time)
        .join(Block, Block.number == made.c.block)
        .outerjoin(
            decided,
            and_(
                decided.c.registration == made.c.registration,
                decided.c.objector == made.c.objector,
                decided.c.serial == made.c.serial,
                up_to(decided.c.block, at),
            ),
        )
        .outerjoin(decision_block, decision_block.c.number == decided.c.block)
        .where(made.c.registration.in_(ids), up_to(made.c.block, at))
        .order_by(made.c.step)
    ):
        found[id].append(Span(_moment(begun), None if ended is None else _moment(ended)))
    return found


def _history(
    changes: list[_Change],
    corrections: dict[int, datetime],
    published: datetime | None,
    objections: Iterable[Span],
    kind: Kind,
) -> History:
    non_acceptances, supplements, accepted = [], [], None
    for (step, event, moment), (_, following, next_moment) in pairwise([*changes, _OPEN_END]):
        if event == "CorrectionRequested":
            corrected = next_moment if following == "RegistrationCorrected" else None
            non_acceptances.append(NonAcceptance(moment, corrections[step], corrected=corrected))
        elif event == "SupplementRequested":
            ended = next_moment if following == "RegistrationSupplemented" else None
            supplements.append(Span(moment, ended))
        elif event == "RegistrationAccepted":
            accepted = moment
    return History(
        received=changes[0][2],
        non_acceptances=tuple(non_acceptances),
        told_accepted=accepted,
        supplements=tuple(supplements),
        published=published,
        objections=tuple(objections),
        kind=kind,
    )


_OPEN_END: _Change = (0, "", datetime.max.replace(tzinfo=UTC))


def _moment(time: int) -> datetime:
    return datetime.fromtimestamp(time, UTC)
