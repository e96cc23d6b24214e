"""Rights: what each party holds from an attested registration. Knows neither HTTP nor RPC."""

from dataclasses import dataclass
from typing import Any, ClassVar

from sqlalchemy import Connection, Select, select
from sqlalchemy.orm import Mapped, mapped_column

from registry.errors import NotFound
from registry.facts import Address, Bytes32, Fact, Uint8, Uint16, Uint40
from registry.hashes import from_hex, keccak, to_hex
from registry.rules.rights import Right


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
    registration: Mapped[Bytes32] = mapped_column(index=True)
    holder: Mapped[Bytes32] = mapped_column(index=True)
    rights: Mapped[Uint8]
    since: Mapped[Uint40]
    expiry: Mapped[Uint40]


class RightGiven(Fact):
    """A transfer took rights from their holder; `registration` is the transfer."""

    contracts: ClassVar[tuple[str, ...]] = ("Rights",)
    __tablename__ = "right_given"

    right: Mapped[Bytes32] = mapped_column(index=True)
    registration: Mapped[Bytes32] = mapped_column(index=True)
    step: Mapped[Uint16]
    rights: Mapped[Uint8]


class RightAmended(Fact):
    contracts: ClassVar[tuple[str, ...]] = ("Rights",)
    __tablename__ = "right_amended"

    right: Mapped[Bytes32] = mapped_column(index=True)
    registration: Mapped[Bytes32] = mapped_column(index=True)
    step: Mapped[Uint16]
    rights: Mapped[Uint8]


class RenewalAnnounced(Fact):
    """A renewal was applied for: until it is decided the rights do not lapse (guide art. 36)."""

    contracts: ClassVar[tuple[str, ...]] = ("Rights",)
    __tablename__ = "renewal_announced"

    right: Mapped[Bytes32] = mapped_column(index=True)
    registration: Mapped[Bytes32] = mapped_column(index=True)
    step: Mapped[Uint16]
    rights: Mapped[Uint8]


class RightRenewed(Fact):
    contracts: ClassVar[tuple[str, ...]] = ("Rights",)
    __tablename__ = "right_renewed"

    right: Mapped[Bytes32] = mapped_column(index=True)
    registration: Mapped[Bytes32] = mapped_column(index=True)
    step: Mapped[Uint16]
    rights: Mapped[Uint8]
    expiry: Mapped[Uint40]


class RightCancelled(Fact):
    """`cause` is the cancellation registered, or the act of the registrar's own motion."""

    contracts: ClassVar[tuple[str, ...]] = ("Rights",)
    __tablename__ = "right_cancelled"

    right: Mapped[Bytes32] = mapped_column(index=True)
    cause: Mapped[Bytes32] = mapped_column(index=True)
    step: Mapped[Uint16]
    rights: Mapped[Uint8]
    ground: Mapped[Uint8]
    decision: Mapped[Bytes32]


class RightExecuted(Fact):
    """An instrument took rights from their holder; `receiver` is who holds them now, or zero."""

    contracts: ClassVar[tuple[str, ...]] = ("Rights",)
    __tablename__ = "right_executed"

    right: Mapped[Bytes32] = mapped_column(index=True)
    act: Mapped[Bytes32] = mapped_column(index=True)
    step: Mapped[Uint16]
    rights: Mapped[Uint8]
    receiver: Mapped[Bytes32]
    instrument: Mapped[Bytes32]


class RightReceived(Fact):
    """A party holds rights on the strength of an instrument; `step` is zero for an entry born by it."""

    contracts: ClassVar[tuple[str, ...]] = ("Rights",)
    __tablename__ = "right_received"

    right: Mapped[Bytes32] = mapped_column(index=True)
    act: Mapped[Bytes32] = mapped_column(index=True)
    step: Mapped[Uint16]
    registration: Mapped[Bytes32] = mapped_column(index=True)
    holder: Mapped[Bytes32] = mapped_column(index=True)
    rights: Mapped[Uint8]
    since: Mapped[Uint40]
    expiry: Mapped[Uint40]


class RightRemarked(Fact):
    """`serial` is how many remarks the entry had before."""

    contracts: ClassVar[tuple[str, ...]] = ("Rights",)
    __tablename__ = "right_remarked"

    right: Mapped[Bytes32] = mapped_column(index=True)
    act: Mapped[Bytes32] = mapped_column(index=True)
    step: Mapped[Uint16]
    serial: Mapped[Uint8]
    kind: Mapped[Uint8]
    instrument: Mapped[Bytes32]
    rights: Mapped[Uint8]
    acts: Mapped[Uint16]
    until: Mapped[Uint40]


class RemarkLifted(Fact):
    contracts: ClassVar[tuple[str, ...]] = ("Rights",)
    __tablename__ = "remark_lifted"

    right: Mapped[Bytes32] = mapped_column(index=True)
    act: Mapped[Bytes32] = mapped_column(index=True)
    step: Mapped[Uint16]
    serial: Mapped[Uint8]
    instrument: Mapped[Bytes32]


@dataclass(frozen=True)
class Entry:
    """What one party holds from one registration; `expiry` is the last second at which it stands."""

    id: str
    registration: str
    holder: str
    rights: Right
    since: int
    expiry: int
    block: int

    def standing(self, moment: int) -> Right:
        """The rights that stand at a moment in Unix seconds; none before it began or after it ended."""
        return self.rights if self.since <= moment <= self.expiry else Right(0)


def id_of(registration: str, holder: str) -> str:
    """The id of the entry of a party from a registration."""
    return to_hex(keccak(from_hex(registration) + from_hex(holder)))


def entry(connection: Connection, id: str, *, at: int | None = None) -> Entry:
    """One entry. Raises: NotFound, also when it was born after block `at`."""
    row = connection.execute(_entries(at).where(RightAttested.right == id)).first()
    if row is None:
        raise NotFound(f"no right {id}")
    return _entry(row)


def entries(
    connection: Connection,
    *,
    registration: str | None = None,
    holder: str | None = None,
    after: tuple[int, int] | None = None,
    limit: int = 50,
    at: int | None = None,
) -> list[tuple[tuple[int, int], Entry]]:
    """Entries in the order of their birth, each with its cursor (block, position); all after `after`."""
    question = _entries(at).order_by(RightAttested.block, RightAttested.position).limit(limit)
    if registration is not None:
        question = question.where(RightAttested.registration == registration)
    if holder is not None:
        question = question.where(RightAttested.holder == holder)
    if after is not None:
        place = (RightAttested.block, RightAttested.position)
        question = question.where(
            (place[0] > after[0]) | ((place[0] == after[0]) & (place[1] > after[1]))
        )
    return [((row.block, row.position), _entry(row)) for row in connection.execute(question)]


def _entries(at: int | None) -> Select[Any]:
    question = select(RightAttested.__table__)
    return question if at is None else question.where(RightAttested.block <= at)


def _entry(row: Any) -> Entry:
    return Entry(
        id=row.right,
        registration=row.registration,
        holder=row.holder,
        rights=Right(row.rights),
        since=row.since,
        expiry=row.expiry,
        block=row.block,
    )
