"""Open objections as the clocks of their profiles see them. Knows neither HTTP nor RPC."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, and_, func, select

from registry.facts import Block
from registry.objections.facts import EvidenceSupplied, ObjectionFiled
from registry.objections.questions import CHANGE, stands
from registry.registrations.facts import RegistrationFiled
from registry.registrations.questions import up_to
from registry.rules import profiles
from registry.rules.clocks import Deadline
from registry.rules.objection_clocks import History, deadlines
from registry.rules.objections import State


@dataclass(frozen=True)
class Case:
    """An objection whose clock runs, with the moments that it counts from."""

    objection: str
    registration: str
    registrar: int
    profile: int
    state: State
    history: History


@dataclass(frozen=True)
class Due:
    """One clock of one objection, in a state of its procedure."""

    objection: str
    registration: str
    registrar: int
    state: State
    deadline: Deadline


def due(cases: Iterable[Case]) -> Iterator[Due]:
    """Every statutory clock that runs in these cases, case by case."""
    for case in cases:
        profile = profiles.load_by_number(case.profile)
        for each in deadlines(case.history, profile=profile):
            yield Due(case.objection, case.registration, case.registrar, case.state, each)


def open_cases(
    connection: Connection, *, registrar: int | None = None, at: int | None = None
) -> list[Case]:
    """Objections of which the holders are to be told, after block `at`, in the order of filing.

    Complete material is received with the objection, or with what completed it (guide art. 29 ¶2).
    """
    supplied = (
        select(EvidenceSupplied.objection, func.max(EvidenceSupplied.block).label("block"))
        .where(up_to(EvidenceSupplied.block, at))
        .group_by(EvidenceSupplied.objection)
        .subquery()
    )
    received_in = Block.__table__.alias("received_in")
    question: Any = (
        select(
            ObjectionFiled.objection,
            ObjectionFiled.registration,
            ObjectionFiled.registrar,
            RegistrationFiled.profile,
            CHANGE.c.state,
            received_in.c.time,
        )
        .join(CHANGE, and_(CHANGE.c.objection == ObjectionFiled.objection, stands(at)))
        .join(RegistrationFiled, RegistrationFiled.registration == ObjectionFiled.registration)
        .outerjoin(supplied, supplied.c.objection == ObjectionFiled.objection)
        .join(
            received_in,
            received_in.c.number == func.coalesce(supplied.c.block, ObjectionFiled.block),
        )
        .where(CHANGE.c.state == int(State.FILED))
        .order_by(CHANGE.c.filing)
    )
    if registrar is not None:
        question = question.where(ObjectionFiled.registrar == registrar)
    return [
        Case(
            row.objection,
            row.registration,
            row.registrar,
            row.profile,
            State(row.state),
            History(complete=datetime.fromtimestamp(row.time, UTC)),
        )
        for row in connection.execute(question)
    ]
