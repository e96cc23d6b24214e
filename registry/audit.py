"""Recomputing the read model from the chain: what differs is named, and what is lost is rebuilt.

The read model is a reading of the chain; a second reading beside it must be equal, row by row.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import Connection, Engine, Table, func, select

from registry import notices
from registry.chain import CONTRACTS, Chain
from registry.database import open_read_model
from registry.deployment import Deployment
from registry.documents import Documents
from registry.errors import Mismatch, NotFound
from registry.facts import Final, ReadModel
from registry.hashes import to_hex
from registry.indexer import Indexer, Step, newest, tip_of

MOST_NAMED = 100

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Difference:
    """One row that is not what the chain says. `expected` is None for a surplus, `got` for a lack."""

    table: str
    row: dict[str, Any]
    expected: dict[str, Any] | None
    got: dict[str, Any] | None

    def __str__(self) -> str:
        where = ", ".join(f"{name} {value}" for name, value in self.row.items())
        if self.got is None:
            return f"{self.table} lacks the row of {where}"
        if self.expected is None:
            return f"{self.table} has a row that the chain does not say: {where}"
        changed = "; ".join(
            f"{name} is {self.got[name]}, expected {value}"
            for name, value in self.expected.items()
            if self.got[name] != value
        )
        return f"{self.table}, {where}: {changed}"


@dataclass
class Findings:
    """What an audit found, true at `block`. `rows` counts those compared, `facts` by contract."""

    block: int
    rows: int = 0
    facts: dict[str, int] = field(default_factory=dict)
    tips: list[str] = field(default_factory=list)
    differences: list[Difference] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        return not self.tips and not self.differences


def audit(
    chain: Chain,
    deployment: Deployment,
    engine: Engine,
    documents: Documents | None = None,
    *,
    progress: Progress = lambda done, total: None,
) -> Findings:
    """Compares every row of the read model with a second reading of the chain.

    Without `documents` the public notices, which come from forms, are left out. `progress` is told
    blocks read and blocks in all. At most 100 differences are named. Raises: NotFound when nothing was
    read yet; Unavailable; Mismatch when the chain does not agree with itself.
    """
    with TemporaryDirectory(prefix="registry-audit-") as folder, engine.connect() as ours:
        reached = newest(ours)
        if reached is None:
            raise NotFound("nothing was read from the chain yet, so that there is nothing to audit")
        second = open_read_model(Path(folder) / "second.db")
        try:
            follow(chain, deployment, second, until=reached.number, progress=progress)
            if documents is not None:
                notices.enter_new(second, documents)
            findings = Findings(reached.number)
            _compare_tips(chain, deployment, ours, reached.hash, findings)
            with second.connect() as theirs:
                for table in _tables(with_notices=documents is not None):
                    _compare(table, ours, theirs, reached.number, findings)
        finally:
            second.dispose()
    return findings


def rebuild(
    chain: Chain,
    deployment: Deployment,
    path: Path,
    documents: Documents,
    *,
    finality: int,
    progress: Progress = lambda done, total: None,
) -> int:
    """Throws the read model at `path` away for a new reading; the block that it reaches.

    Nobody else may use it meanwhile. The new one takes the old one's place when it is whole.
    """
    beside = path.with_name(f"{path.name}.rebuilt")
    _remove(beside)
    engine = open_read_model(beside)
    last = follow(chain, deployment, engine, finality=finality, progress=progress)
    notices.enter_new(engine, documents)
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.dispose()
    # The old log first: beside a new file it would be taken for its own.
    _remove(path)
    beside.replace(path)
    _remove(beside)
    return last


def follow(
    chain: Chain,
    deployment: Deployment,
    engine: Engine,
    *,
    until: int | None = None,
    finality: int = 0,
    progress: Progress = lambda done, total: None,
) -> int:
    """Reads up to block `until`, or the head, and perhaps some blocks beyond; where it stands then."""
    indexer = Indexer(chain, deployment, engine, finality=finality)
    last = chain.head().number if until is None else until
    while True:
        step = indexer.step()
        reached = indexer.reach()
        number = -1 if reached is None else reached.number
        progress(min(number, last), last)
        if number >= last:
            return number
        if step is Step.NOTHING_NEW:
            raise Mismatch(f"the node ends at block {number}, the read model at block {last}")


def _compare_tips(
    chain: Chain, deployment: Deployment, ours: Connection, block: str, findings: Findings
) -> None:
    for name in CONTRACTS:
        head, count = chain.ask(name, deployment.contracts[name], "tip", at=block)
        our_head, our_count = tip_of(ours, name)
        findings.facts[name] = count
        if (head, count) != (our_head, our_count):
            findings.tips.append(
                f"{name} has said {count} facts with head {to_hex(head)}, "
                f"the read model has {our_count} with head {to_hex(our_head)}"
            )


def _tables(*, with_notices: bool) -> Iterator[Table]:
    unread = {Final.__tablename__}  # how deep final was is the reader's own setting
    if not with_notices:
        unread |= {notices.Notice.__tablename__, notices.NoticeGram.__tablename__}
    for table in ReadModel.metadata.sorted_tables:
        if table.name not in unread:
            yield table


def _compare(
    table: Table, ours: Connection, theirs: Connection, last: int, findings: Findings
) -> None:
    block = table.c["number"] if table.name == "block" else table.c["block"]
    key = [column.name for column in table.primary_key]
    question = select(table).where(block <= last).order_by(*table.primary_key)
    got = {tuple(row[name] for name in key): row for row in ours.execute(question).mappings()}
    expected = {
        tuple(row[name] for name in key): row for row in theirs.execute(question).mappings()
    }
    findings.rows += len(expected)
    # Also what stands above our newest block: it cannot be from the chain as we read it.
    beyond = ours.execute(select(func.count()).select_from(table).where(block > last)).scalar_one()
    if beyond:
        findings.tips.append(f"{table.name} has {beyond} rows above block {last}")
    for place in sorted(got.keys() | expected.keys(), key=repr):
        was, is_now = expected.get(place), got.get(place)
        if was != is_now and len(findings.differences) < MOST_NAMED:
            findings.differences.append(
                Difference(
                    table.name,
                    dict(zip(key, place, strict=True)),
                    None if was is None else dict(was),
                    None if is_now is None else dict(is_now),
                )
            )


def _remove(path: Path) -> None:
    for each in (path, path.with_name(path.name + "-wal"), path.with_name(path.name + "-shm")):
        with suppress(FileNotFoundError):
            each.unlink()
