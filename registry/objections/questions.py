"""Questions about objections to what stands registered, answered from the facts.

Knows neither HTTP nor RPC. `at` is always a block number, the last whose facts count; None for all
that was read.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    bindparam,
    exists,
    or_,
    select,
    tuple_,
)

from registry.errors import NotFound
from registry.facts import ActSigned, Block
from registry.objections.acts import Contest
from registry.objections.facts import (
    LATER,
    VERB_OF,
    ObjectionFiled,
    ObjectionProgress,
)
from registry.registrations.questions import NEVER, up_to
from registry.rights import questions as rights
from registry.rights.facts import EntryChange
from registry.rules import objections as rules
from registry.rules.objections import ENDED, OPEN, Answer, Forum, Outcome, State, Verb

# Holders of one registration: 32 applicants, and whoever received rights since.
MOST_HOLDERS = 1000
CHANGE = ObjectionProgress.__table__.alias("change_of_objection")


@dataclass(frozen=True)
class Objection:
    """Where one objection stands. Times are Unix seconds.

    `until` is the last second of the time that was given last, None when none runs; `complete` the
    receipt of complete material, None while something is asked for; `notified` when the holders were
    told. `answers` and `accepted` are by party. `outcome` is that of the conclusion, or of the
    instrument after it; `decision` and `instrument` are hashes; `measure` is the digest of the act
    that did what followed.
    """

    id: str
    registration: str
    registrar: int
    objector: str
    grounds: str
    filed: int
    state: State
    step: int
    changed: int
    block: int
    until: int | None = None
    complete: int | None = None
    notified: int | None = None
    answers: dict[str, Answer] = field(default_factory=dict)
    outcome: Outcome = Outcome.NONE
    decision: str | None = None
    accepted: tuple[str, ...] = ()
    refused_by: str | None = None
    forum: Forum = Forum.NONE
    instrument: str | None = None
    measure: str | None = None

    @property
    def is_open(self) -> bool:
        return self.state in OPEN


@dataclass(frozen=True)
class Step:
    """One step of an objection's life; `article` is of the guide, or says that the rule is ours."""

    step: int
    event: str
    article: str
    state: State
    act: str
    signer: str | None
    block: int
    position: int
    time: int


@dataclass(frozen=True)
class Change(Step):
    """A step with the further members of its fact."""

    said: dict[str, Any]


def stands(at: Any) -> ColumnElement[bool]:
    """That a row of CHANGE is an objection's newest, after block `at` or after all that was read."""
    is_newest: ColumnElement[bool] = CHANGE.c.superseded.is_(None)
    if at is None:
        return is_newest
    return and_(CHANGE.c.block <= at, or_(is_newest, CHANGE.c.superseded > at))


def is_disputed(connection: Connection, registration: str, *, at: int | None = None) -> bool:
    """Whether an objection to a registration has not ended (guide arts. 22(3), 23(5))."""
    return bool(disputed(connection, [registration], at=at))


def disputed(
    connection: Connection, registrations: Sequence[str], *, at: int | None = None
) -> frozenset[str]:
    """Those of these registrations to which an objection has not ended."""
    question = (
        select(ObjectionFiled.registration)
        .join(CHANGE, and_(CHANGE.c.objection == ObjectionFiled.objection, stands(at)))
        .where(
            ObjectionFiled.registration.in_(registrations),
            CHANGE.c.state.not_in([int(state) for state in ENDED]),
        )
        .distinct()
    )
    return frozenset(connection.execute(question).scalars())


def objection(connection: Connection, id: str, *, at: int | None = None) -> Objection:
    """One objection. Raises: NotFound, also when it was filed after block `at`."""
    row = connection.execute(_standings(at).where(ObjectionFiled.objection == id)).first()
    if row is None:
        raise NotFound(f"no objection {id}" + (f" at block {at}" if at is not None else ""))
    return _assemble(connection, [row], at)[0]


def of_registration(
    connection: Connection, registration: str, *, at: int | None = None
) -> list[str]:
    """The ids of all objections to a registration, first one first."""
    filed = ObjectionFiled.__table__.c
    question = (
        select(filed.objection)
        .where(filed.registration == registration, up_to(filed.block, at))
        .order_by(filed.block, filed.position)
    )
    return list(connection.execute(question).scalars())


def objections(
    connection: Connection,
    *,
    after: tuple[int, int] | None = None,
    limit: int = 50,
    registration: str | None = None,
    party: str | None = None,
    registrar: int | None = None,
    state: State | None = None,
    at: int | None = None,
) -> list[tuple[tuple[int, int], Objection]]:
    """Objections in order of filing, each with its cursor (block, position); all after `after`.

    `party` is the objector, or holds what is objected to.
    """
    filed = ObjectionFiled.__table__.c
    question = _standings(at).order_by(filed.block, filed.position).limit(limit)
    if after is not None:
        question = question.where(tuple_(filed.block, filed.position) > tuple_(*after))
    if registration is not None:
        question = question.where(filed.registration == registration)
    if party is not None:
        held = select(EntryChange.registration).where(EntryChange.holder == party)
        question = question.where(or_(filed.objector == party, filed.registration.in_(held)))
    if registrar is not None:
        question = question.where(filed.registrar == registrar)
    if state is not None:
        question = question.where(CHANGE.c.state == int(state))
    rows = connection.execute(question).all()
    found = _assemble(connection, rows, at)
    return [((row.block, row.position), each) for row, each in zip(rows, found, strict=True)]


def history(connection: Connection, id: str, *, at: int | None = None) -> list[Change]:
    """Every change of an objection, first one first. Raises: NotFound."""
    life = steps(connection, [id], at=at).get(id)
    if life is None:
        raise NotFound(f"no objection {id}" + (f" at block {at}" if at is not None else ""))
    said = {row.step: row.members for row in _said(connection, [id], at)[id]}
    return [Change(**vars(each), said=said.get(each.step, {})) for each in life]


def steps(
    connection: Connection, ids: Sequence[str], *, at: int | None = None
) -> dict[str, list[Step]]:
    """The lives of these objections, each first step first; none for one that is unknown."""
    lives: dict[str, list[Step]] = {}
    for row in connection.execute(_STEPS, {"ids": list(ids), "at": NEVER if at is None else at}):
        life = lives.setdefault(row.objection, [])
        before = life[-1].state if life else State.NONE
        life.append(
            Step(
                step=row.step,
                event=row.event,
                article=_article(before, VERB_OF[row.event]),
                state=State(row.state),
                act=row.act,
                signer=row.signer,
                block=row.block,
                position=row.position,
                time=row.time,
            )
        )
    return lives


_STEPS = (
    select(CHANGE, Block.time, ActSigned.signer)
    .join(Block, Block.number == CHANGE.c.block)
    .outerjoin(ActSigned, and_(ActSigned.act == CHANGE.c.act, ActSigned.contract == "Objections"))
    .where(
        CHANGE.c.objection.in_(bindparam("ids", expanding=True)),
        CHANGE.c.block <= bindparam("at"),
    )
    .order_by(CHANGE.c.objection, CHANGE.c.step)
)


def opening(connection: Connection, id: str) -> Contest:
    """The message that opened an objection, rebuilt from what the chain said. Raises: NotFound."""
    row = connection.execute(
        select(ObjectionFiled.__table__).where(ObjectionFiled.objection == id)
    ).first()
    if row is None:
        raise NotFound(f"no objection {id}")
    return Contest(
        objector=row.objector,
        registration=row.registration,
        registrar=row.registrar,
        grounds=row.grounds,
        deadline=row.deadline,
    )


def holders(connection: Connection, registration: str) -> frozenset[str]:
    """Whoever has, or had, an entry from a registration."""
    found = rights.entries(connection, registration=registration, limit=MOST_HOLDERS)
    return frozenset(entry.holder for _, entry in found)


def rounds(connection: Connection, id: str) -> int:
    """How often the objector was asked to complete the material."""
    fact = LATER[Verb.REQUEST_EVIDENCE].__table__.c
    asked = select(fact.step).where(
        fact.objection == id, fact.reached == int(State.EVIDENCE_REQUESTED)
    )
    return len(connection.execute(asked).all())


def is_known_act(connection: Connection, act: str) -> bool:
    """Whether a signed act was executed, at whatever contract."""
    return bool(connection.execute(select(exists().where(ActSigned.act == act))).scalar_one())


def _standings(at: int | None) -> Select[Any]:
    filed_in = Block.__table__.alias("objection_filed_in")
    changed_in = Block.__table__.alias("objection_changed_in")
    return (
        select(
            ObjectionFiled.__table__,
            filed_in.c.time.label("filed"),
            CHANGE.c.step,
            CHANGE.c.state,
            CHANGE.c.block.label("changed_block"),
            changed_in.c.time.label("changed"),
        )
        .join(filed_in, filed_in.c.number == ObjectionFiled.block)
        .join(CHANGE, and_(CHANGE.c.objection == ObjectionFiled.objection, stands(at)))
        .join(changed_in, changed_in.c.number == CHANGE.c.block)
    )


@dataclass(frozen=True)
class _Said:
    """One later fact; `members` are those that differ from kind to kind."""

    step: int
    verb: Verb
    reached: State
    time: int
    members: dict[str, Any]


_SHARED = ("objection", "act", "step", "reached")


def _said(connection: Connection, ids: Sequence[str], at: int | None) -> dict[str, list[_Said]]:
    """All later facts of these objections, in their order."""
    found: dict[str, list[_Said]] = defaultdict(list)
    for verb, fact in LATER.items():
        columns = fact.__table__.c
        question = (
            select(fact.__table__, Block.time)
            .join(Block, Block.number == columns.block)
            .where(columns.objection.in_(ids), up_to(columns.block, at))
        )
        names = [name for name in fact.members if name not in _SHARED]
        for row in connection.execute(question):
            members = {name: getattr(row, name) for name in names}
            said = _Said(row.step, verb, State(row.reached), row.time, members)
            found[row.objection].append(said)
    for facts in found.values():
        facts.sort(key=lambda each: each.step)
    return found


def _assemble(connection: Connection, rows: Sequence[Any], at: int | None) -> list[Objection]:
    if not rows:
        return []
    said = _said(connection, [row.objection for row in rows], at)
    return [_objection(row, said.get(row.objection, [])) for row in rows]


def _objection(row: Any, said: Sequence[_Said]) -> Objection:
    more: dict[str, Any] = {"complete": row.filed, "answers": {}, "accepted": ()}
    for each in said:
        _take(more, each)
    return Objection(
        id=row.objection,
        registration=row.registration,
        registrar=row.registrar,
        objector=row.objector,
        grounds=row.grounds,
        filed=row.filed,
        state=State(row.state),
        step=row.step,
        changed=row.changed,
        block=row.changed_block,
        **more,
    )


_ENDS_A_TIME = (
    Verb.SUPPLY_EVIDENCE,
    Verb.REFUSE_CONCLUSION,
    Verb.RECORD_INSTRUMENT,
    Verb.CLOSE_OBJECTION,
    Verb.LAPSE_OBJECTION,
    Verb.DROP_OBJECTION,
)


def _take(more: dict[str, Any], said: _Said) -> None:
    """What a fact changes in an `Objection`."""
    members = said.members
    if "until" in members:
        more["until"] = members["until"]
    elif said.verb in _ENDS_A_TIME:
        more["until"] = None
    if "outcome" in members:
        more["outcome"] = Outcome(members["outcome"])
    match said.verb:
        case Verb.REQUEST_EVIDENCE if said.reached is State.EVIDENCE_REQUESTED:
            more["complete"] = None
        case Verb.SUPPLY_EVIDENCE if said.reached is State.FILED:
            more["complete"] = said.time
        case Verb.NOTIFY_HOLDER:
            more["notified"] = said.time
        case Verb.RESPOND:
            more["answers"] = more["answers"] | {members["party"]: Answer(members["answer"])}
        case Verb.CONCLUDE:
            more["decision"] = members["decision"]
        case Verb.ACCEPT_CONCLUSION:
            more["accepted"] = (*more["accepted"], members["party"])
        case Verb.REFUSE_CONCLUSION:
            more["refused_by"] = members["party"]
        case Verb.RECORD_INSTRUMENT:
            more |= {"forum": Forum(members["forum"]), "instrument": members["instrument"]}
        case Verb.CLOSE_OBJECTION:
            more["measure"] = members["measure"]


def _article(before: State, verb: Verb) -> str:
    permitted = rules.row(before, verb)
    return "" if permitted is None else permitted.article
