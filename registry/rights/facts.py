"""What Rights says, as tables. Knows neither HTTP nor RPC."""

from typing import ClassVar

from sqlalchemy import ColumnElement, ForeignKey, Index, bindparam, insert, literal, select
from sqlalchemy.orm import Mapped, mapped_column

from registry.facts import (
    DERIVED,
    Address,
    Bytes32,
    Fact,
    ReadModel,
    Uint8,
    Uint16,
    Uint40,
)


class SourceAdmitted(Fact):
    contracts: ClassVar[tuple[str, ...]] = ("Rights",)
    __tablename__ = "source_admitted"

    source: Mapped[Address]


class SourceRetired(Fact):
    contracts: ClassVar[tuple[str, ...]] = ("Rights",)
    __tablename__ = "source_retired"

    source: Mapped[Address]


class RightAttested(Fact):
    """`right` is keccak256(registration ‖ holder); `rights` the sum of HOLD 1, USE 2, OPERATE 4."""

    contracts: ClassVar[tuple[str, ...]] = ("Rights",)
    __tablename__ = "right_attested"

    right: Mapped[Bytes32] = mapped_column(unique=True)
    registration: Mapped[Bytes32]
    holder: Mapped[Bytes32]
    rights: Mapped[Uint8]
    since: Mapped[Uint40]
    expiry: Mapped[Uint40]


class RightGiven(Fact):
    """A transfer took rights from their holder; `registration` is the transfer."""

    contracts: ClassVar[tuple[str, ...]] = ("Rights",)
    __tablename__ = "right_given"

    right: Mapped[Bytes32]
    registration: Mapped[Bytes32]
    step: Mapped[Uint16]
    rights: Mapped[Uint8]


class RightAmended(Fact):
    contracts: ClassVar[tuple[str, ...]] = ("Rights",)
    __tablename__ = "right_amended"

    right: Mapped[Bytes32]
    registration: Mapped[Bytes32]
    step: Mapped[Uint16]
    rights: Mapped[Uint8]


class RenewalAnnounced(Fact):
    """A renewal was applied for: until it is decided the rights do not lapse (guide art. 36)."""

    contracts: ClassVar[tuple[str, ...]] = ("Rights",)
    __tablename__ = "renewal_announced"

    right: Mapped[Bytes32]
    registration: Mapped[Bytes32]
    step: Mapped[Uint16]
    rights: Mapped[Uint8]


class RightRenewed(Fact):
    contracts: ClassVar[tuple[str, ...]] = ("Rights",)
    __tablename__ = "right_renewed"

    right: Mapped[Bytes32]
    registration: Mapped[Bytes32]
    step: Mapped[Uint16]
    rights: Mapped[Uint8]
    expiry: Mapped[Uint40]


class RightCancelled(Fact):
    """`cause` is the cancellation registered, or the act of the registrar's own motion."""

    contracts: ClassVar[tuple[str, ...]] = ("Rights",)
    __tablename__ = "right_cancelled"

    right: Mapped[Bytes32] = mapped_column(index=True)
    cause: Mapped[Bytes32]
    step: Mapped[Uint16]
    rights: Mapped[Uint8]
    ground: Mapped[Uint8]
    decision: Mapped[Bytes32]


class RightExecuted(Fact):
    """An instrument took rights from their holder; `receiver` is who holds them now, or zero."""

    contracts: ClassVar[tuple[str, ...]] = ("Rights",)
    __tablename__ = "right_executed"

    right: Mapped[Bytes32] = mapped_column(index=True)
    act: Mapped[Bytes32]
    step: Mapped[Uint16]
    rights: Mapped[Uint8]
    receiver: Mapped[Bytes32]
    instrument: Mapped[Bytes32]


class RightReceived(Fact):
    """A party holds rights on the strength of an instrument; `step` is zero for an entry born by it."""

    contracts: ClassVar[tuple[str, ...]] = ("Rights",)
    __tablename__ = "right_received"

    right: Mapped[Bytes32]
    act: Mapped[Bytes32]
    step: Mapped[Uint16]
    registration: Mapped[Bytes32]
    holder: Mapped[Bytes32]
    rights: Mapped[Uint8]
    since: Mapped[Uint40]
    expiry: Mapped[Uint40]


class RightRemarked(Fact):
    """`serial` is how many remarks the entry had before."""

    contracts: ClassVar[tuple[str, ...]] = ("Rights",)
    __tablename__ = "right_remarked"

    right: Mapped[Bytes32] = mapped_column(index=True)
    act: Mapped[Bytes32]
    step: Mapped[Uint16]
    serial: Mapped[Uint8]
    kind: Mapped[Uint8]
    instrument: Mapped[Bytes32]
    rights: Mapped[Uint8]
    acts: Mapped[Uint16]
    until: Mapped[Uint40]


class RemarkCarried(Fact):
    """A remark went with the rights that a transfer moved.

    `origin` is the giver's entry, `former` the serial of the remark there.
    """

    contracts: ClassVar[tuple[str, ...]] = ("Rights",)
    __tablename__ = "remark_carried"

    right: Mapped[Bytes32] = mapped_column(index=True)
    registration: Mapped[Bytes32]
    step: Mapped[Uint16]
    serial: Mapped[Uint8]
    origin: Mapped[Bytes32]
    former: Mapped[Uint8]
    rights: Mapped[Uint8]


class RemarkLifted(Fact):
    contracts: ClassVar[tuple[str, ...]] = ("Rights",)
    __tablename__ = "remark_lifted"

    right: Mapped[Bytes32] = mapped_column(index=True)
    act: Mapped[Bytes32]
    step: Mapped[Uint16]
    serial: Mapped[Uint8]
    instrument: Mapped[Bytes32]


class EntryChange(ReadModel):
    """Every change of every entry in one table, its birth being step 0.

    `cause` is the registration or the act that brought it about; `registration`, `holder` and `since`
    are known of a birth alone, `expiry` where the change sets an end. Derived from the facts above,
    block by block: a row falls with its block.
    """

    __tablename__ = "entry_change"
    __table_args__ = (
        Index("entry_change_block", "block"),
        Index("entry_change_cause", "cause"),
    )

    right: Mapped[Bytes32] = mapped_column(primary_key=True)
    # The announcement of a renewal leaves the step as it was.
    step: Mapped[Uint16]
    block: Mapped[int] = mapped_column(
        ForeignKey("block.number", ondelete="CASCADE"), primary_key=True
    )
    position: Mapped[int] = mapped_column(primary_key=True)
    event: Mapped[str]
    cause: Mapped[Bytes32]
    rights: Mapped[Uint8]
    expiry: Mapped[Uint40 | None]
    registration: Mapped[Bytes32 | None] = mapped_column(index=True)
    holder: Mapped[Bytes32 | None] = mapped_column(index=True)
    since: Mapped[Uint40 | None]


_BIRTHS = (RightAttested, RightReceived)
CHANGES: tuple[type[Fact], ...] = (
    *_BIRTHS,
    RightGiven,
    RightAmended,
    RenewalAnnounced,
    RightRenewed,
    RightCancelled,
    RightExecuted,
    RightRemarked,
    RemarkCarried,
    RemarkLifted,
)


def _derive(fact: type[Fact]) -> None:
    columns = fact.__table__.columns

    def member(*names: str) -> ColumnElement[object]:
        found = [columns[name] for name in names if name in columns]
        return found[0] if found else literal(None)

    is_birth = fact in _BIRTHS
    rows = select(
        columns["right"],
        columns["step"] if "step" in columns else literal(0),
        columns["block"],
        columns["position"],
        literal(fact.event),
        member("act", "cause", "registration"),
        columns["rights"] if "rights" in columns else literal(0),
        member("expiry"),
        columns["registration"] if is_birth else literal(None),
        columns["holder"] if is_birth else literal(None),
        columns["since"] if is_birth else literal(None),
    ).where(columns["block"].between(bindparam("first"), bindparam("last")))
    names = [column.name for column in EntryChange.__table__.columns]
    DERIVED.append(insert(EntryChange).from_select(names, rows))


for _fact in CHANGES:
    _derive(_fact)
