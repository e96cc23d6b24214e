"""The directory: registrars, their officers, the keys that sign checkpoints. Knows neither HTTP nor RPC."""

from dataclasses import dataclass
from typing import ClassVar

from sqlalchemy import Connection, literal, select, union_all
from sqlalchemy.orm import Mapped, mapped_column

from registry.facts import Address, Bytes32, Fact, Uint8, Uint16

REVIEWER = 1
APPROVER = 2


class RegistrarAdmitted(Fact):
    contracts: ClassVar[tuple[str, ...]] = ("Registrars",)
    __tablename__ = "registrar_admitted"

    registrar: Mapped[Uint16] = mapped_column(index=True)


class RegistrarSuspended(Fact):
    contracts: ClassVar[tuple[str, ...]] = ("Registrars",)
    __tablename__ = "registrar_suspended"

    registrar: Mapped[Uint16] = mapped_column(index=True)
    instrument: Mapped[Bytes32]


class RegistrarResumed(Fact):
    contracts: ClassVar[tuple[str, ...]] = ("Registrars",)
    __tablename__ = "registrar_resumed"

    registrar: Mapped[Uint16] = mapped_column(index=True)
    instrument: Mapped[Bytes32]


class OfficerAppointed(Fact):
    contracts: ClassVar[tuple[str, ...]] = ("Registrars",)
    __tablename__ = "officer_appointed"

    registrar: Mapped[Uint16] = mapped_column(index=True)
    officer: Mapped[Address]
    roles: Mapped[Uint8]


class OfficerDismissed(Fact):
    contracts: ClassVar[tuple[str, ...]] = ("Registrars",)
    __tablename__ = "officer_dismissed"

    registrar: Mapped[Uint16] = mapped_column(index=True)
    officer: Mapped[Address]


class CheckpointKeyAuthorised(Fact):
    contracts: ClassVar[tuple[str, ...]] = ("Registrars",)
    __tablename__ = "checkpoint_key_authorised"

    key: Mapped[Address]


class CheckpointKeyRetired(Fact):
    contracts: ClassVar[tuple[str, ...]] = ("Registrars",)
    __tablename__ = "checkpoint_key_retired"

    key: Mapped[Address]


@dataclass(frozen=True)
class Registrar:
    """A registrar as the directory has it: its officers' keys with their roles."""

    number: int
    is_suspended: bool
    officers: dict[str, int]


def registrars(connection: Connection, *, at: int | None = None) -> dict[int, Registrar]:
    """Every registrar ever admitted, by number, as it stands after block `at`."""
    found: dict[int, Registrar] = {}
    for event, number, officer, roles in _said(connection, at):
        if event == "RegistrarAdmitted":
            found[number] = Registrar(number, False, {})
            continue
        standing = found[number]
        officers = dict(standing.officers)
        suspended = standing.is_suspended
        if event == "OfficerAppointed":
            officers[officer] = roles
        elif event == "OfficerDismissed":
            officers.pop(officer, None)
        else:
            suspended = event == "RegistrarSuspended"
        found[number] = Registrar(number, suspended, officers)
    return found


def checkpoint_keys(connection: Connection, *, at: int | None = None) -> frozenset[str]:
    """The keys that may sign checkpoints after block `at`."""
    rows = connection.execute(
        union_all(
            *(
                select(fact.block, fact.position, fact.key, literal(fact.event).label("event"))
                for fact in (CheckpointKeyAuthorised, CheckpointKeyRetired)
            )
        )
    )
    keys: set[str] = set()
    for row in sorted(rows):
        if at is not None and row.block > at:
            break
        if row.event == "CheckpointKeyAuthorised":
            keys.add(row.key)
        else:
            keys.discard(row.key)
    return frozenset(keys)


def _said(connection: Connection, at: int | None) -> list[tuple[str, int, str, int]]:
    nobody, nothing = literal("").label("officer"), literal(0).label("roles")
    rows = []
    for fact in (
        RegistrarAdmitted,
        RegistrarSuspended,
        RegistrarResumed,
        OfficerAppointed,
        OfficerDismissed,
    ):
        columns = fact.__table__.columns
        question = select(
            columns["block"],
            columns["position"],
            columns["registrar"],
            columns.get("officer", nobody),
            columns.get("roles", nothing),
        )
        if at is not None:
            question = question.where(columns["block"] <= at)
        rows += [(row[0], row[1], fact.event, *row[2:]) for row in connection.execute(question)]
    return [(event, number, officer, roles) for _, _, event, number, officer, roles in sorted(rows)]
