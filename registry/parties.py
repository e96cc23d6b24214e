"""Parties: who stands behind an id today. Knows neither HTTP nor RPC."""

from typing import ClassVar

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


class KeyReplaced(facts.Fact):
    """A party signs with another key from now on."""

    contracts: ClassVar[tuple[str, ...]] = ("Parties",)
    __tablename__ = "key_replaced"

    party: Mapped[facts.Bytes32] = mapped_column(index=True)
    act: Mapped[facts.Bytes32]
    step: Mapped[facts.Uint16]
    key: Mapped[facts.Address]


def key_of(connection: Connection, party: str, *, at: int | None = None) -> str:
    """The address that signs for a party after block `at`: its first one until it was replaced."""
    question = select(KeyReplaced.key).where(KeyReplaced.party == party)
    if at is not None:
        question = question.where(KeyReplaced.block <= at)
    found = connection.execute(question.order_by(KeyReplaced.step.desc()).limit(1)).scalar()
    return address_of(party) if found is None else found
