"""The directory: registrars, their officers, the keys that sign checkpoints. Knows neither HTTP nor RPC."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Any, ClassVar

from sqlalchemy import Connection, literal, select, union_all
from sqlalchemy.orm import Mapped, mapped_column

from registry.facts import Address, Block, Bytes32, Fact, Uint8, Uint16, Uint40

REVIEWER = 1
APPROVER = 2


class Standing(IntEnum):
    """Whether a registrar may act, numbered as on chain (guide arts. 13, 38)."""

    NONE = 0
    ADMITTED = 1
    SUSPENDED = 2
    EXPELLED = 3
    EXITED = 4


class ExitStage(IntEnum):
    """How far an exit has come, numbered as on chain (guide art. 13)."""

    NONE = 0
    REPORTED = 1
    AGREED = 2
    FORWARDED = 3
    CONSENTED = 4


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


class RegistrarExpelled(Fact):
    contracts: ClassVar[tuple[str, ...]] = ("Registrars",)
    __tablename__ = "registrar_expelled"

    registrar: Mapped[Uint16] = mapped_column(index=True)
    instrument: Mapped[Bytes32]


class ExitReported(Fact):
    contracts: ClassVar[tuple[str, ...]] = ("Registrars",)
    __tablename__ = "exit_reported"

    registrar: Mapped[Uint16] = mapped_column(index=True)
    effective: Mapped[Uint40]
    report: Mapped[Bytes32]
    plan: Mapped[Bytes32]


class ExitMoved(Fact):
    contracts: ClassVar[tuple[str, ...]] = ("Registrars",)
    __tablename__ = "exit_moved"

    registrar: Mapped[Uint16] = mapped_column(index=True)
    stage: Mapped[Uint8]
    effective: Mapped[Uint40]
    paper: Mapped[Bytes32]


class ExitCancelled(Fact):
    contracts: ClassVar[tuple[str, ...]] = ("Registrars",)
    __tablename__ = "exit_cancelled"

    registrar: Mapped[Uint16] = mapped_column(index=True)
    effective: Mapped[Uint40]
    paper: Mapped[Bytes32]


class RegistrarHandedOver(Fact):
    contracts: ClassVar[tuple[str, ...]] = ("Registrars",)
    __tablename__ = "registrar_handed_over"

    registrar: Mapped[Uint16] = mapped_column(index=True)
    successor: Mapped[Uint16]
    instrument: Mapped[Bytes32]
    manifest: Mapped[Bytes32]


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
    """A registrar as the directory has it.

    `officers` are its own keys with their roles, whether or not it may act. `successor` serves its
    records once it has EXITED; that one may have a successor of its own: `office` follows the line.
    """

    number: int
    standing: Standing
    officers: Mapping[str, int]
    exit: ExitStage = ExitStage.NONE
    successor: int | None = None

    @property
    def is_admitted(self) -> bool:
        return self.standing is Standing.ADMITTED


def registrars(connection: Connection, *, at: int | None = None) -> dict[int, Registrar]:
    """Every registrar ever admitted, by number, as it stands after block `at`."""
    found: dict[int, Registrar] = {}
    for said in _said(connection, at):
        number = said.registrar
        if said.event == "RegistrarAdmitted":
            found[number] = Registrar(number, Standing.ADMITTED, {})
            continue
        found[number] = replace(found[number], **_changes(found[number], said))
    return found


def office(known: Mapping[int, Registrar], number: int) -> Registrar | None:
    """Who serves a registrar's records: itself, or the end of its line of successors."""
    found = known.get(number)
    while found is not None and found.successor is not None:
        found = known.get(found.successor)
    return found


@dataclass(frozen=True)
class Step:
    """One step in a registrar's standing, as said in a block; `papers` are hashes by what they are.

    `moment` is Unix seconds: when it was taken in law, where the directory states it, else the block's.
    """

    event: str
    article: str
    block: int
    moment: int
    papers: Mapping[str, str]
    stage: ExitStage | None = None
    successor: int | None = None


def steps(connection: Connection, number: int, *, at: int | None = None) -> tuple[Step, ...]:
    """What became of a registrar until block `at`, in order, with the article behind each step."""
    found = []
    for said in _said(connection, at):
        if said.registrar != number or said.event not in ARTICLES:
            continue
        effective = getattr(said, "effective", 0)
        stage = getattr(said, "stage", None)
        found.append(
            Step(
                event=said.event,
                article=ARTICLES[said.event],
                block=said.block,
                moment=effective or said.time,
                papers={name: getattr(said, name) for name in _PAPERS if getattr(said, name, None)},
                stage=None if stage is None else ExitStage(stage),
                successor=getattr(said, "successor", None),
            )
        )
    return tuple(found)


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


def _changes(before: Registrar, said: Any) -> dict[str, Any]:
    officers = dict(before.officers)
    match said.event:
        case "OfficerAppointed":
            return {"officers": officers | {said.officer: said.roles}}
        case "OfficerDismissed":
            officers.pop(said.officer, None)
            return {"officers": officers}
        case "ExitReported":
            return {"exit": ExitStage.REPORTED}
        case "ExitMoved":
            return {"exit": ExitStage(said.stage)}
        case "ExitCancelled":
            return {"exit": ExitStage.NONE}
        case "RegistrarHandedOver":
            return {"standing": Standing.EXITED, "successor": said.successor}
    return {"standing": _STANDINGS[said.event]}


class _Said:
    """A row of a fact's table, with the name of its event and the time of its block."""

    def __init__(self, event: str, row: Any) -> None:
        self.event = event
        self._row = row

    def __getattr__(self, name: str) -> Any:
        return getattr(self._row, name)


def _said(connection: Connection, at: int | None) -> list[Any]:
    rows = []
    for fact in DIRECTORY:
        table = fact.__table__
        question = select(table, Block.time).join(Block, Block.number == table.c.block)
        if at is not None:
            question = question.where(table.c.block <= at)
        rows += [_Said(fact.event, row) for row in connection.execute(question)]
    return sorted(rows, key=lambda said: (said.block, said.position))


DIRECTORY: tuple[type[Fact], ...] = (
    RegistrarAdmitted,
    RegistrarSuspended,
    RegistrarResumed,
    RegistrarExpelled,
    ExitReported,
    ExitMoved,
    ExitCancelled,
    RegistrarHandedOver,
    OfficerAppointed,
    OfficerDismissed,
)
ARTICLES: Mapping[str, str] = {
    "RegistrarAdmitted": "art. 8",
    "RegistrarSuspended": "art. 38",
    "RegistrarResumed": "art. 38",
    "RegistrarExpelled": "art. 38",
    "ExitReported": "art. 13",
    "ExitMoved": "art. 13",
    "ExitCancelled": "art. 13",
    "RegistrarHandedOver": "art. 13",
}
_STANDINGS: Mapping[str, Standing] = {
    "RegistrarSuspended": Standing.SUSPENDED,
    "RegistrarResumed": Standing.ADMITTED,
    "RegistrarExpelled": Standing.EXPELLED,
}
_PAPERS = ("instrument", "report", "plan", "paper", "manifest")
