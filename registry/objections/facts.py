"""What Objections says, as tables. Knows neither HTTP nor RPC."""

from typing import ClassVar

from sqlalchemy import ForeignKey, Index, bindparam, insert, literal, select, text, tuple_, update
from sqlalchemy.orm import Mapped, mapped_column

from registry.facts import DERIVED, Bytes32, Fact, ReadModel, Uint8, Uint16, Uint40
from registry.rules.objections import State, Verb


class ObjectionFiled(Fact):
    """The members of the message that opened it; `objection` is its digest."""

    contracts: ClassVar[tuple[str, ...]] = ("Objections",)
    __tablename__ = "objection_filed"

    objection: Mapped[Bytes32] = mapped_column(unique=True)
    objector: Mapped[Bytes32] = mapped_column(index=True)
    registration: Mapped[Bytes32] = mapped_column(index=True)
    registrar: Mapped[Uint16]
    grounds: Mapped[Bytes32]
    deadline: Mapped[Uint40]


class EvidenceRequested(Fact):
    """`reached` is the state that it led to, here and below."""

    contracts: ClassVar[tuple[str, ...]] = ("Objections",)
    __tablename__ = "evidence_requested"

    objection: Mapped[Bytes32] = mapped_column(index=True)
    act: Mapped[Bytes32]
    step: Mapped[Uint16]
    reached: Mapped[Uint8]
    list: Mapped[Bytes32]
    until: Mapped[Uint40]


class EvidenceSupplied(Fact):
    contracts: ClassVar[tuple[str, ...]] = ("Objections",)
    __tablename__ = "evidence_supplied"

    objection: Mapped[Bytes32] = mapped_column(index=True)
    act: Mapped[Bytes32]
    step: Mapped[Uint16]
    reached: Mapped[Uint8]
    papers: Mapped[Bytes32]


class HolderNotified(Fact):
    contracts: ClassVar[tuple[str, ...]] = ("Objections",)
    __tablename__ = "holder_notified"

    objection: Mapped[Bytes32] = mapped_column(index=True)
    act: Mapped[Bytes32]
    step: Mapped[Uint16]
    reached: Mapped[Uint8]
    notice: Mapped[Bytes32]
    until: Mapped[Uint40]


class ObjectionAnswered(Fact):
    contracts: ClassVar[tuple[str, ...]] = ("Objections",)
    __tablename__ = "objection_answered"

    objection: Mapped[Bytes32] = mapped_column(index=True)
    act: Mapped[Bytes32]
    step: Mapped[Uint16]
    reached: Mapped[Uint8]
    party: Mapped[Bytes32]
    answer: Mapped[Uint8]
    papers: Mapped[Bytes32]


class ObjectionConcluded(Fact):
    contracts: ClassVar[tuple[str, ...]] = ("Objections",)
    __tablename__ = "objection_concluded"

    objection: Mapped[Bytes32] = mapped_column(index=True)
    act: Mapped[Bytes32]
    step: Mapped[Uint16]
    reached: Mapped[Uint8]
    outcome: Mapped[Uint8]
    decision: Mapped[Bytes32]
    until: Mapped[Uint40]


class ConclusionAccepted(Fact):
    contracts: ClassVar[tuple[str, ...]] = ("Objections",)
    __tablename__ = "conclusion_accepted"

    objection: Mapped[Bytes32] = mapped_column(index=True)
    act: Mapped[Bytes32]
    step: Mapped[Uint16]
    reached: Mapped[Uint8]
    party: Mapped[Bytes32]


class ConclusionRefused(Fact):
    contracts: ClassVar[tuple[str, ...]] = ("Objections",)
    __tablename__ = "conclusion_refused"

    objection: Mapped[Bytes32] = mapped_column(index=True)
    act: Mapped[Bytes32]
    step: Mapped[Uint16]
    reached: Mapped[Uint8]
    party: Mapped[Bytes32]


class InstrumentRecorded(Fact):
    contracts: ClassVar[tuple[str, ...]] = ("Objections",)
    __tablename__ = "instrument_recorded"

    objection: Mapped[Bytes32] = mapped_column(index=True)
    act: Mapped[Bytes32]
    step: Mapped[Uint16]
    reached: Mapped[Uint8]
    forum: Mapped[Uint8]
    instrument: Mapped[Bytes32]
    outcome: Mapped[Uint8]


class ObjectionClosed(Fact):
    contracts: ClassVar[tuple[str, ...]] = ("Objections",)
    __tablename__ = "objection_closed"

    objection: Mapped[Bytes32] = mapped_column(index=True)
    act: Mapped[Bytes32]
    step: Mapped[Uint16]
    reached: Mapped[Uint8]
    measure: Mapped[Bytes32]


class ObjectionLapsed(Fact):
    contracts: ClassVar[tuple[str, ...]] = ("Objections",)
    __tablename__ = "objection_lapsed"

    objection: Mapped[Bytes32] = mapped_column(index=True)
    act: Mapped[Bytes32]
    step: Mapped[Uint16]
    reached: Mapped[Uint8]
    decision: Mapped[Bytes32]


class ObjectionDropped(Fact):
    contracts: ClassVar[tuple[str, ...]] = ("Objections",)
    __tablename__ = "objection_dropped"

    objection: Mapped[Bytes32] = mapped_column(index=True)
    act: Mapped[Bytes32]
    step: Mapped[Uint16]
    reached: Mapped[Uint8]


# All after the first, which has the step 1 and led to FILED.
LATER: dict[Verb, type[Fact]] = {
    Verb.REQUEST_EVIDENCE: EvidenceRequested,
    Verb.SUPPLY_EVIDENCE: EvidenceSupplied,
    Verb.NOTIFY_HOLDER: HolderNotified,
    Verb.RESPOND: ObjectionAnswered,
    Verb.CONCLUDE: ObjectionConcluded,
    Verb.ACCEPT_CONCLUSION: ConclusionAccepted,
    Verb.REFUSE_CONCLUSION: ConclusionRefused,
    Verb.RECORD_INSTRUMENT: InstrumentRecorded,
    Verb.CLOSE_OBJECTION: ObjectionClosed,
    Verb.LAPSE_OBJECTION: ObjectionLapsed,
    Verb.DROP_OBJECTION: ObjectionDropped,
}
VERB_OF = {ObjectionFiled.event: Verb.CONTEST} | {f.event: verb for verb, f in LATER.items()}


class ObjectionProgress(ReadModel):
    """Every change of every objection in one table; where one stands is the row without a successor.

    `filing` is the ordinal of its `ObjectionFiled`, the order of lists; `superseded` the block of the
    next change. A row falls with its block, and takes back what it superseded.
    """

    __tablename__ = "objection_progress"
    __table_args__ = (
        Index(
            "objection_progress_standing",
            "state",
            "filing",
            sqlite_where=text("superseded IS NULL"),
        ),
        Index("objection_progress_block", "block"),
        Index(
            "objection_progress_superseded",
            "superseded",
            sqlite_where=text("superseded IS NOT NULL"),
        ),
    )

    objection: Mapped[Bytes32] = mapped_column(primary_key=True)
    step: Mapped[Uint16] = mapped_column(primary_key=True)
    filing: Mapped[int]
    block: Mapped[int] = mapped_column(ForeignKey("block.number", ondelete="CASCADE"))
    position: Mapped[int]
    state: Mapped[Uint8]
    event: Mapped[str]
    act: Mapped[Bytes32]
    superseded: Mapped[int | None] = mapped_column(ForeignKey("block.number", ondelete="SET NULL"))


_NAMES = ["objection", "step", "filing", "block", "position", "state", "event", "act"]


def _derive_first() -> None:
    filed = ObjectionFiled.__table__.columns
    rows = select(
        filed["objection"],
        literal(1),
        filed["ordinal"],
        filed["block"],
        filed["position"],
        literal(int(State.FILED)),
        literal(ObjectionFiled.event),
        filed["objection"],
    ).where(filed["block"].between(bindparam("first"), bindparam("last")))
    DERIVED.append(insert(ObjectionProgress).from_select(_NAMES, rows))


def _derive(fact: type[Fact]) -> None:
    said, filed = fact.__table__.columns, ObjectionFiled.__table__.columns
    rows = select(
        said["objection"],
        said["step"],
        filed["ordinal"],
        said["block"],
        said["position"],
        said["reached"],
        literal(fact.event),
        said["act"],
    ).where(
        said["block"].between(bindparam("first"), bindparam("last")),
        filed["objection"] == said["objection"],
    )
    DERIVED.append(insert(ObjectionProgress).from_select(_NAMES, rows))


def _supersede() -> None:
    later = ObjectionProgress.__table__.alias("later")
    earlier_of_new = select(later.c.objection, later.c.step - 1).where(
        later.c.block.between(bindparam("first"), bindparam("last")), later.c.step > 1
    )
    superseded = (
        select(later.c.block)
        .where(
            later.c.objection == ObjectionProgress.objection,
            later.c.step == ObjectionProgress.step + 1,
        )
        .scalar_subquery()
    )
    DERIVED.append(
        update(ObjectionProgress)
        .where(tuple_(ObjectionProgress.objection, ObjectionProgress.step).in_(earlier_of_new))
        .values(superseded=superseded)
    )


_derive_first()
for _fact in LATER.values():
    _derive(_fact)
_supersede()
