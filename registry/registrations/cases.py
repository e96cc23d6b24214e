"""Cases as the clocks of their profiles see them: what has happened to each, and what runs out when.

Knows neither HTTP nor RPC. Moments on the chain are those of blocks; a notice runs from publication on
the national system where the registrar named its receipt (guide art. 24), else from our own block; a
telling counts from the day noted, an extension from its entry (rules/casework).
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, Select, and_, func, select

from registry.casework.facts import StepNoted
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
from registry.rules.casework import Moves, moving
from registry.rules.clocks import (
    Deadline,
    Extension,
    History,
    NonAcceptance,
    Span,
    deadlines,
)
from registry.rules.profiles import Kind, Profile
from registry.rules.states import ENDED, PENDING, State


class Case(Struct, frozen=True, gc=False):
    """A registration with the moments that its clocks count from."""

    registration: str
    registrar: int
    profile: int
    state: State
    history: History


class Due(Struct, frozen=True, gc=False):
    """One clock of one case, in a state of its procedure."""

    registration: str
    registrar: int
    state: State
    deadline: Deadline


def due(cases: Iterable[Case], *, at: datetime) -> Iterator[Due]:
    """Every statutory clock that runs or stands still in these cases at a moment, case by case."""
    known: dict[int, Profile] = {}
    for case in cases:
        profile = known.get(case.profile)
        if profile is None:
            profile = known[case.profile] = profiles.load_by_number(case.profile)
        for each in deadlines(case.history, at=at, profile=profile):
            yield Due(case.registration, case.registrar, case.state, each)


def open_cases(
    connection: Connection, *, registrar: int | None = None, at: int | None = None
) -> Iterator[Case]:
    """All cases that are open after block `at`, in the order of filing, read as they are asked for."""
    return cases(connection, PENDING, registrar=registrar, at=at)


def count_open(
    connection: Connection, *, registrar: int | None = None, at: int | None = None
) -> int:
    """How many `open_cases` there are."""
    question = _Chosen(PENDING, registrar, None, at).of(func.count())
    return int(connection.execute(question).scalar_one())


def case(connection: Connection, registration: str, *, at: int | None = None) -> Case | None:
    """One case, open or ended, after block `at`; None when it is unknown then."""
    return next(cases(connection, tuple(State), registration=registration, at=at), None)


def cases(
    connection: Connection,
    states: Sequence[State],
    *,
    registrar: int | None = None,
    registration: str | None = None,
    at: int | None = None,
) -> Iterator[Case]:
    """The cases that stand in these states after block `at`, in the order of filing.

    Asks each table once and keeps what few cases have; the cases themselves pass by.
    """
    chosen = _Chosen(states, registrar, registration, at)
    moments = _Moments()
    published = _published(connection, chosen, moments)
    corrections = _corrections(connection, chosen, moments)
    objections = _objections(connection, chosen, moments)
    noted = _noted(connection, chosen, moments)
    earlier = _earlier(connection, chosen)
    ahead = next(earlier, None)
    for filing, id, with_, profile, kind, state, step, event, time in _rows(connection, chosen):
        newest, known = moments[time], _STATES[state]
        if step == 1 and filing not in noted:
            # Nothing but its filing is known of it; of these there are most.
            history = History(newest, kind=_KINDS[kind])
        else:
            changes: list[_Change] = []
            while ahead is not None and ahead[0] == filing:
                changes.append((ahead[1], ahead[2], moments[ahead[3]]))
                ahead = next(earlier, None)
            changes.append((step, event, newest))
            history = _history(
                changes,
                corrections.get(filing, _NO_CORRECTIONS),
                published.get(filing),
                objections.get(filing, ()),
                noted.get(filing, ()),
                newest if known in ENDED else None,
                _KINDS[kind],
            )
        yield Case(id, with_, profile, known, history)


@dataclass(frozen=True)
class _Chosen:
    """Which cases are asked for; every question below joins the same rows of CHANGE."""

    states: Sequence[State]
    registrar: int | None
    registration: str | None
    at: int | None

    def of(self, *columns: Any) -> Select[Any]:
        """A question about the newest change of each."""
        is_chosen: ColumnElement[bool] = and_(
            stands(self.at), CHANGE.c.state.in_([int(state) for state in self.states])
        )
        question = select(*columns).select_from(CHANGE).where(is_chosen)
        if self.registration is not None:
            question = question.where(CHANGE.c.registration == self.registration)
        if self.registrar is not None:
            filed = RegistrationFiled.__table__.alias("filed_with")
            question = question.join(filed, filed.c.registration == CHANGE.c.registration).where(
                filed.c.registrar == self.registrar
            )
        return question


class _Moments(dict[int, datetime]):
    """Unix seconds as moments; many facts share a block."""

    def __missing__(self, time: int) -> datetime:
        self[time] = found = datetime.fromtimestamp(time, UTC)
        return found


_STATES = {int(state): state for state in State}
_KINDS = {int(kind): kind for kind in Kind}
_Change = tuple[int, str, datetime]  # step, event, moment
_Corrections = dict[int, datetime]  # until when, by step
_NO_CORRECTIONS: _Corrections = {}
# As large as fits a processor's cache: rows are taken up while they are warm.
_ROWS = 1000


def _stream(connection: Connection, question: Select[Any]) -> Iterator[Any]:
    for part in connection.execute(question).partitions(_ROWS):
        yield from part


def _rows(connection: Connection, chosen: _Chosen) -> Iterator[Any]:
    filed = RegistrationFiled.__table__.c
    return _stream(
        connection,
        chosen.of(
            CHANGE.c.filing,
            CHANGE.c.registration,
            filed.registrar,
            filed.profile,
            filed.kind,
            CHANGE.c.state,
            CHANGE.c.step,
            CHANGE.c.event,
            Block.time,
        )
        .join(RegistrationFiled, filed.registration == CHANGE.c.registration)
        .join(Block, Block.number == CHANGE.c.block)
        .order_by(CHANGE.c.filing),
    )


def _earlier(connection: Connection, chosen: _Chosen) -> Iterator[Any]:
    """Filing, step, event and time of the changes before the newest."""
    earlier = Progress.__table__.alias("earlier")
    return _stream(
        connection,
        chosen.of(CHANGE.c.filing, earlier.c.step, earlier.c.event, Block.time)
        .join(
            earlier,
            and_(earlier.c.registration == CHANGE.c.registration, earlier.c.step < CHANGE.c.step),
        )
        .join(Block, Block.number == earlier.c.block)
        .order_by(CHANGE.c.filing, earlier.c.step),
    )


def _published(connection: Connection, chosen: _Chosen, moments: _Moments) -> dict[int, datetime]:
    """Publication on the national system, by filing, where the registrar stated it."""
    said = RegistrationPublished.__table__.c
    question = (
        chosen.of(CHANGE.c.filing, said.effective)
        .join(RegistrationPublished, said.registration == CHANGE.c.registration)
        .where(CHANGE.c.step > 1, said.effective != 0, up_to(said.block, chosen.at))
    )
    return {filing: moments[effective] for filing, effective in connection.execute(question)}


def _corrections(
    connection: Connection, chosen: _Chosen, moments: _Moments
) -> dict[int, _Corrections]:
    said = CorrectionRequested.__table__.c
    found: dict[int, _Corrections] = defaultdict(dict)
    for filing, step, until in connection.execute(
        chosen.of(CHANGE.c.filing, said.step, said.until)
        .join(CorrectionRequested, said.registration == CHANGE.c.registration)
        .where(CHANGE.c.step > 1, up_to(said.block, chosen.at))
    ):
        found[filing][step] = moments[until]
    return found


def _objections(
    connection: Connection, chosen: _Chosen, moments: _Moments
) -> dict[int, list[Span]]:
    made, decided = ObjectionMade.__table__, ObjectionResolved.__table__
    decision_block = Block.__table__.alias("decision_block")
    found: dict[int, list[Span]] = defaultdict(list)
    for filing, begun, ended in connection.execute(
        chosen.of(CHANGE.c.filing, Block.time, decision_block.c.time)
        .join(made, made.c.registration == CHANGE.c.registration)
        .join(Block, Block.number == made.c.block)
        .outerjoin(
            decided,
            and_(
                decided.c.registration == made.c.registration,
                decided.c.objector == made.c.objector,
                decided.c.serial == made.c.serial,
                up_to(decided.c.block, chosen.at),
            ),
        )
        .outerjoin(decision_block, decision_block.c.number == decided.c.block)
        .where(CHANGE.c.step > 1, up_to(made.c.block, chosen.at))
        .order_by(CHANGE.c.filing, made.c.step)
    ):
        found[filing].append(Span(moments[begun], None if ended is None else moments[ended]))
    return found


@dataclass(frozen=True, slots=True)
class _Noted:
    """A note that moves a clock."""

    moves: Moves
    entered: datetime
    occurred: datetime
    length: int
    document: str


def _noted(connection: Connection, chosen: _Chosen, moments: _Moments) -> dict[int, list[_Noted]]:
    """In the order of entry."""
    said = StepNoted.__table__.c
    found: dict[int, list[_Noted]] = defaultdict(list)
    for filing, kind, entered, occurred, length, document in connection.execute(
        chosen.of(CHANGE.c.filing, said.kind, Block.time, said.occurred, said.length, said.document)
        .join(StepNoted, said.subject == CHANGE.c.registration)
        .join(Block, Block.number == said.block)
        .where(said.kind.in_(list(moving())), up_to(said.block, chosen.at))
        .order_by(CHANGE.c.filing, said.serial)
    ):
        found[filing].append(
            _Noted(moving()[kind], moments[entered], moments[occurred], length, document)
        )
    return found


def _history(
    changes: list[_Change],
    corrections: _Corrections,
    effective: datetime | None,
    objections: Iterable[Span],
    noted: Sequence[_Noted],
    closed: datetime | None,
    kind: Kind,
) -> History:
    non_acceptances: tuple[NonAcceptance, ...] = ()
    supplements: tuple[Span, ...] = ()
    accepted = published = None
    received = since = changes[0][2]
    for place, (step, event, moment) in enumerate(changes, 1):
        if event == "RegistrationAccepted":
            accepted = _told(noted, Moves.ACCEPTANCE, since, _NEVER) or moment
        elif event == "RegistrationPublished":
            published = effective or moment
        elif event == "RegistrationCorrected":
            since = moment
        elif event in _ASKED:
            following, then = _NOTHING if place == len(changes) else changes[place][1:]
            if event == "SupplementRequested":
                ended = then if following == "RegistrationSupplemented" else None
                supplements += (Span(moment, ended),)
            else:
                corrected = then if following == "RegistrationCorrected" else None
                told = _told(noted, Moves.NON_ACCEPTANCE, since, then) or moment
                refusal = NonAcceptance(told, corrections[step], corrected=corrected)
                non_acceptances += (refusal,)
    return History(
        received,
        non_acceptances,
        accepted,
        supplements,
        published,
        tuple(objections),
        _extensions(noted),
        closed,
        kind,
    )


def _extensions(noted: Sequence[_Noted]) -> tuple[Extension, ...]:
    return tuple(
        [
            Extension(each.entered, each.length, each.document)
            for each in noted
            if each.moves is Moves.EXTENSION
        ]
    )


def _told(
    noted: Sequence[_Noted], moves: Moves, since: datetime, before: datetime
) -> datetime | None:
    """When the applicant was first noted to be told, within what the chain itself leaves open.

    The first entry counts: a later one cannot make a late telling timely.
    """
    for each in noted:
        if each.moves is moves and since <= each.occurred <= before:
            return each.occurred
    return None


_NEVER = datetime.max.replace(tzinfo=UTC)
_NOTHING = ("", _NEVER)
_ASKED = ("CorrectionRequested", "SupplementRequested")
