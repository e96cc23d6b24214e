"""The lives of registrations, step by step, with the article behind each. Knows neither HTTP nor RPC.

`at` is always a block number, the last whose facts count; None for all that was read.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, select

from registry.facts import ActSigned, Block
from registry.registrations.facts import VERB_OF, Progress
from registry.registrations.questions import NEVER
from registry.rules import states
from registry.rules.states import State, Verb


@dataclass(frozen=True)
class Change:
    """One step of a registration's life; `article` is of the guide, or says that the rule is ours."""

    step: int
    event: str
    article: str
    state: State
    act: str
    signer: str | None
    block: int
    position: int
    time: int


def life(connection: Connection, id: str, *, at: int | None = None) -> list[Change]:
    """The whole life of a registration, first step first; empty when it is unknown."""
    return lives(connection, [id], at=at).get(id, [])


def lives(
    connection: Connection, ids: Sequence[str], *, at: int | None = None
) -> dict[str, list[Change]]:
    """The whole lives of these registrations, each first step first; none for one that is unknown."""
    reach = {"ids": list(ids), "at": NEVER if at is None else at}
    found: dict[str, list[Change]] = {}
    for row in connection.execute(_LIVES, reach):
        told = found.setdefault(row.registration, [])
        before = told[-1].state if told else State.NONE
        told.append(
            Change(
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
    return found


_LIVES = (
    select(
        Progress.__table__,
        Block.time,
        # One of them: an act on many records may be executed twice in a block, and says each time who signed.
        select(ActSigned.signer)
        .where(ActSigned.act == Progress.act, ActSigned.block == Progress.block)
        .limit(1)
        .scalar_subquery()
        .label("signer"),
    )
    .join(Block, Block.number == Progress.block)
    .where(
        Progress.registration.in_(bindparam("ids", expanding=True)),
        Progress.block <= bindparam("at"),
    )
    .order_by(Progress.registration, Progress.step)
)


def _article(before: State, verb: Verb) -> str:
    permitted = states.row(before, verb)
    return "" if permitted is None else permitted.article
