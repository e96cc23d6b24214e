"""What Casework says, as tables. Knows neither HTTP nor RPC."""

from typing import ClassVar

from sqlalchemy.orm import Mapped, mapped_column

from registry.facts import Address, Bytes32, Fact, Uint8, Uint16, Uint40


class StepNoted(Fact):
    """An officer entered a step; `serial` is gapless for each subject."""

    contracts: ClassVar[tuple[str, ...]] = ("Casework",)
    __tablename__ = "step_noted"

    subject: Mapped[Bytes32] = mapped_column(index=True)
    act: Mapped[Bytes32]
    registrar: Mapped[Uint16]
    officer: Mapped[Address]
    serial: Mapped[Uint16]
    kind: Mapped[Uint8]
    document: Mapped[Bytes32]
    occurred: Mapped[Uint40]
    length: Mapped[Uint16]


class ReportEntered(Fact):
    """A third party entered its report; `serial` is gapless for each subject and issuer."""

    contracts: ClassVar[tuple[str, ...]] = ("Casework",)
    __tablename__ = "report_entered"

    subject: Mapped[Bytes32] = mapped_column(index=True)
    act: Mapped[Bytes32]
    issuer: Mapped[Bytes32] = mapped_column(index=True)
    serial: Mapped[Uint16]
    kind: Mapped[Uint8]
    document: Mapped[Bytes32]
    issued: Mapped[Uint40]
