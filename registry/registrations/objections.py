"""Questions about objections, answered from the facts. Knows neither HTTP nor RPC."""

from dataclasses import dataclass

from sqlalchemy import Connection, and_, select

from registry.facts import Block
from registry.registrations.facts import ObjectionMade, ObjectionResolved
from registry.registrations.questions import up_to


@dataclass(frozen=True)
class Objection:
    """One party's objection; `outcome` and `decision` are None while it is open."""

    id: str
    registration: str
    objector: str
    serial: int
    grounds: str
    made: int
    outcome: int | None
    decision: str | None
    decided: int | None


def of(connection: Connection, id: str, *, at: int | None = None) -> list[Objection]:
    """All objections to a registration, in the order in which they were made."""
    made, decided = ObjectionMade.__table__, ObjectionResolved.__table__
    decision_block = Block.__table__.alias("decision_block")
    rows = connection.execute(
        select(
            made.c.act,
            made.c.objector,
            made.c.serial,
            made.c.grounds,
            Block.time,
            decided.c.outcome,
            decided.c.decision,
            decision_block.c.time.label("decided"),
        )
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
        .where(made.c.registration == id, up_to(made.c.block, at))
        .order_by(made.c.step)
    )
    return [
        Objection(
            id=row.act,
            registration=id,
            objector=row.objector,
            serial=row.serial,
            grounds=row.grounds,
            made=row.time,
            outcome=row.outcome,
            decision=row.decision,
            decided=row.decided,
        )
        for row in rows
    ]
