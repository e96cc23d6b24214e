"""Parties: who stands behind an id today, and who is proposed. Knows neither HTTP nor RPC."""

from dataclasses import dataclass
from typing import Any, ClassVar

from sqlalchemy import Connection, select
from sqlalchemy.orm import Mapped, mapped_column

from registry import facts
from registry.messages import Address, Bytes32, Message, Signer, Uint16, Uint40, address_of


class ReplaceKey(Message):
    """Puts another key behind a party; the old key and the new one sign."""

    contract: ClassVar[str] = "Parties"
    verb: ClassVar[str] = "replaceKey"
    many_signatures: ClassVar[bool] = True

    party: Bytes32
    key: Address
    step: Uint16
    deadline: Uint40

    def signers(self) -> tuple[Signer, ...]:
        return Signer("party", self.party), Signer("key", self.key)


class ProposeKey(Message):
    """A registrar proposes another key for a party that lost its own; officer and new key sign."""

    contract: ClassVar[str] = "Parties"
    verb: ClassVar[str] = "proposeKey"
    many_signatures: ClassVar[bool] = True

    registrar: Uint16
    officer: Address
    party: Bytes32
    step: Uint16
    instrument: Bytes32
    until: Uint40
    key: Address
    deadline: Uint40

    def signers(self) -> tuple[Signer, ...]:
        return Signer("key", self.officer), Signer("key", self.key)


class KeepKey(Message):
    """Ends a proposal: by the party's key of today, or by an approver of the registrar that made it."""

    contract: ClassVar[str] = "Parties"
    verb: ClassVar[str] = "keepKey"

    party: Bytes32
    signer: Address
    instrument: Bytes32
    step: Uint16
    deadline: Uint40

    def signers(self) -> tuple[Signer, ...]:
        return (Signer("key", self.signer),)


class ConcludeKey(Message):
    """Anyone states that the notice of a proposed key has passed."""

    contract: ClassVar[str] = "Parties"
    verb: ClassVar[str] = "concludeKey"

    sender: Address
    party: Bytes32
    step: Uint16
    deadline: Uint40

    def signers(self) -> tuple[Signer, ...]:
        return (Signer("key", self.sender),)


class KeyReplaced(facts.Fact):
    """A party signs with another key from now on."""

    contracts: ClassVar[tuple[str, ...]] = ("Parties",)
    __tablename__ = "key_replaced"

    party: Mapped[facts.Bytes32] = mapped_column(index=True)
    act: Mapped[facts.Bytes32]
    step: Mapped[facts.Uint16]
    key: Mapped[facts.Address]


class KeyProposed(facts.Fact):
    """A registrar proposed another key for a party; the notice has begun."""

    contracts: ClassVar[tuple[str, ...]] = ("Parties",)
    __tablename__ = "key_proposed"

    party: Mapped[facts.Bytes32] = mapped_column(index=True)
    act: Mapped[facts.Bytes32]
    step: Mapped[facts.Uint16]
    registrar: Mapped[facts.Uint16]
    officer: Mapped[facts.Address]
    key: Mapped[facts.Address]
    instrument: Mapped[facts.Bytes32]
    until: Mapped[facts.Uint40]


class KeyKept(facts.Fact):
    """A proposal ended and the party's key stays."""

    contracts: ClassVar[tuple[str, ...]] = ("Parties",)
    __tablename__ = "key_kept"

    party: Mapped[facts.Bytes32] = mapped_column(index=True)
    act: Mapped[facts.Bytes32]
    step: Mapped[facts.Uint16]
    instrument: Mapped[facts.Bytes32]


@dataclass(frozen=True)
class Proposal:
    """A key proposed for a party: `until` is the last second of its notice, `proposed` that of its block.

    Whether it can be concluded hangs on the officer, too: who is an approver no more proposed in vain.
    """

    registrar: int
    officer: str
    key: str
    instrument: str
    proposed: int
    until: int


def key_of(connection: Connection, party: str, *, at: int | None = None) -> str:
    """The address that signs for a party after block `at`: its first one until it was replaced."""
    question = select(KeyReplaced.key).where(KeyReplaced.party == party)
    if at is not None:
        question = question.where(KeyReplaced.block <= at)
    found = connection.execute(question.order_by(KeyReplaced.step.desc()).limit(1)).scalar()
    return address_of(party) if found is None else found


def step_of(connection: Connection, party: str, *, at: int | None = None) -> int:
    """The party's step after block `at`, which its next act must name."""
    return max(
        (row.step for fact in CHANGES if (row := _last(connection, fact, party, at)) is not None),
        default=0,
    )


def proposal(connection: Connection, party: str, *, at: int | None = None) -> Proposal | None:
    """The proposal that stands after block `at`, its notice over or not; None when none does."""
    found = _last(connection, KeyProposed, party, at)
    if found is None or found.step < step_of(connection, party, at=at):
        return None
    begun = select(facts.Block.time).where(facts.Block.number == found.block)
    return Proposal(
        registrar=found.registrar,
        officer=found.officer,
        key=found.key,
        instrument=found.instrument,
        proposed=connection.execute(begun).scalar_one(),
        until=found.until,
    )


def _last(connection: Connection, fact: type[facts.Fact], party: str, at: int | None) -> Any:
    table = fact.__table__
    question = select(table).where(table.c.party == party)
    if at is not None:
        question = question.where(table.c.block <= at)
    return connection.execute(question.order_by(table.c.step.desc()).limit(1)).first()


CHANGES = (KeyReplaced, KeyProposed, KeyKept)
