"""The outbox: signed acts that we promised to bring to the chain, on the disk before the promise.

Knows neither HTTP nor RPC. What happens to an act after its receipt is written by `registry.lane`.
"""

import json
import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Connection,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Row,
    String,
    Table,
    event,
    func,
    select,
    text,
)
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.engine import Engine
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import ConnectionPoolEntry

from registry.database import open_sqlite
from registry.deployment import Deployment
from registry.errors import RegistryError, Unavailable
from registry.messages import Message
from registry.registrations.acts import File

OUTBOX = MetaData()

submissions = Table(
    "submission",
    OUTBOX,
    Column("position", Integer, primary_key=True),
    Column("digest", String(66), nullable=False, unique=True),
    Column("type", String(32), nullable=False),
    Column("message", JSON, nullable=False),
    Column("signatures", JSON, nullable=False),
    Column("contract", String(32), nullable=False),
    Column("calldata", LargeBinary, nullable=False),
    Column("deadline", BigInteger, nullable=False),
    Column("received_at", BigInteger, nullable=False),  # Unix seconds
    Column("state", String(8), nullable=False),
    Column("version", Integer, nullable=False),
    Column("transaction", String(66)),  # the newest that carries it; while received, none: it waits
    Column("block", BigInteger),
    Column("block_hash", String(66)),
    Column("watched", Boolean, nullable=False),  # the outcome falls if its block does
    Column("error", JSON(none_as_null=True)),
    Column("attempts", Integer, nullable=False),  # transactions mined without an outcome for it
    Column("gas", BigInteger),  # its limit, once the derived one was too small
    Column("crowd", Integer),  # acts in its transaction at most, once a larger one failed whole
    # A position is never given twice, so that a reader's place in the list stays good.
    sqlite_autoincrement=True,
)
Index(
    "submission_received",
    submissions.c.position,
    sqlite_where=text("state = 'received'"),
)
Index("submission_watched", submissions.c.block_hash, sqlite_where=text("watched"))

attempts = Table(
    "attempt",
    OUTBOX,
    Column("position", Integer, primary_key=True),  # a later attempt on a nonce has a higher one
    Column("transaction", String(66), nullable=False, unique=True),
    Column("sender", String(42), nullable=False),
    Column("nonce", BigInteger, nullable=False),
    Column("raw", LargeBinary, nullable=False),
    Column("created_at", BigInteger, nullable=False),  # Unix milliseconds
    Column("state", String(8), nullable=False),  # open, mined, replaced, final, lost
    Column("block", BigInteger),
    Column("block_hash", String(66)),
)
Index("attempt_state", attempts.c.sender, attempts.c.state, attempts.c.nonce)

attempt_acts = Table(
    "attempt_act",
    OUTBOX,
    Column("transaction", ForeignKey("attempt.transaction"), primary_key=True),
    Column("place", Integer, primary_key=True),
    Column("digest", ForeignKey("submission.digest"), nullable=False, index=True),
)

lanes = Table(
    "lane",
    OUTBOX,
    Column("sender", String(42), primary_key=True),
    Column("next_nonce", BigInteger, nullable=False),
    Column("holder", String(255), nullable=False),
    Column("lease_until", BigInteger, nullable=False),  # Unix milliseconds
    Column("token", BigInteger, nullable=False),
)

M = TypeVar("M", bound=Message)
Crash = Callable[[str], None]

# Another process may write into the same file, and no condition of ours hears of it.
ASK_AGAIN_SECONDS = 0.25
ROWS_PER_QUESTION = 500


class State(StrEnum):
    """What has become of a submission."""

    RECEIVED = "received"
    INCLUDED = "included"
    FINAL = "final"
    REJECTED = "rejected"


@dataclass(frozen=True)
class Rejection:
    """Why an act did not take effect. `error` is the contract's word, or one of ours: NotRun, TooLarge.

    The signature is not spent: anyone may execute the act until `executable_until`, in Unix seconds.
    """

    error: str
    arguments: dict[str, Any]
    executable_until: int


@dataclass(frozen=True)
class Submission:
    """A signed act that we hold, and what has become of it.

    `message` is its JSON, `contract` the name of the contract it is for, `deadline` and `received_at`
    are Unix seconds. `transaction` is, while the state is received, the one on its way, or None while
    it waits for one. `version` counts the changes; `position` is its place in the order of arrival,
    0 before it is stored.
    """

    digest: str
    type: str
    message: dict[str, Any]
    signatures: tuple[str, ...]
    contract: str
    calldata: bytes
    deadline: int
    received_at: int
    state: State = State.RECEIVED
    transaction: str | None = None
    block: int | None = None
    block_hash: str | None = None
    error: Rejection | None = None
    position: int = 0
    version: int = 0
    attempts: int = 0
    gas: int | None = None
    crowd: int | None = None

    @staticmethod
    def of(
        message: Message,
        signatures: tuple[str, ...],
        *,
        deployment: Deployment,
        filings: tuple[Message, ...] = (),
    ) -> "Submission":
        """Received now. `filings` are the File messages that the act needs as witnesses."""
        return Submission(
            digest=message.digest(deployment.domain(message.contract)),
            type=type(message).__name__,
            message=message.model_dump(mode="json"),
            signatures=signatures,
            contract=message.contract,
            calldata=message.calldata(signatures, filings),
            deadline=message.deadline,
            received_at=int(time.time()),
        )

    @property
    def is_settled(self) -> bool:
        return self.state in (State.FINAL, State.REJECTED)


@dataclass
class _Arrival:
    """Submissions of one caller, waiting for a commit that others may share."""

    submissions: tuple[Submission, ...]
    kept: list[Submission] = field(default_factory=list)
    fault: Exception | None = None
    is_done: bool = False


class Outbox:
    """One precious SQLite file. Safe to share between threads; other processes may use the file too."""

    def __init__(self, engine: Engine, *, crash: Crash) -> None:
        self.engine = engine
        self.crash = crash
        self._told = threading.Condition()
        self._changes = 0
        self._queue: list[_Arrival] = []
        self._queueing = threading.Lock()
        self._committing = threading.Lock()

        @event.listens_for(engine, "connect")
        def prepare(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
            # The driver would begin a transaction at the first write only, after we have read.
            connection.isolation_level = None

        with engine.connect() as connection:
            OUTBOX.create_all(connection)

    @staticmethod
    def open(path: Path, *, crash_at: str | None = None) -> "Outbox":
        """`crash_at` names the point at which to die, for tests."""
        return Outbox(open_sqlite(path, durable=True), crash=crash_point(crash_at))

    def close(self) -> None:
        self.engine.dispose()

    def receive(self, *submissions: Submission) -> list[Submission]:
        """What we hold of each once it is on the disk, in the order given.

        The digest is the key: of an act that we hold, the first submission is returned, whatever its
        signatures. Callers on several threads share one commit. Raises: Unavailable when the disk does
        not take it; then nothing was received.
        """
        arrival = _Arrival(submissions)
        with self._queueing:
            self._queue.append(arrival)
        with self._committing:
            if not arrival.is_done:
                with self._queueing:
                    together, self._queue = self._queue, []
                self._commit(together)
        if arrival.fault is not None:
            raise arrival.fault
        return arrival.kept

    def _commit(self, together: Sequence[_Arrival]) -> None:
        given = [each for arrival in together for each in arrival.submissions]
        try:
            with self.writing() as connection:
                before = connection.execute(select(func.max(submissions.c.position))).scalar()
                self.crash("before_receive")
                if given:
                    statement = insert(submissions).on_conflict_do_nothing()
                    connection.execute(statement, [_values(each) for each in given])
            self.crash("after_receive")
            held = self.held([each.digest for each in given])
            for arrival in together:
                arrival.kept = [held[each.digest] for each in arrival.submissions]
            if any(each.position > (before or 0) for each in held.values()):
                self.tell()
        except RegistryError as e:
            for arrival in together:
                arrival.fault = e
        except BaseException as e:
            for arrival in together:
                arrival.fault = RegistryError(f"the outbox failed: {type(e).__name__}: {e}")
            raise
        finally:
            for arrival in together:
                arrival.is_done = True

    def find(self, digest: str) -> Submission | None:
        return self.held([digest]).get(digest)

    def filing(self, registration: str) -> File | None:
        """The File message that makes, or shall make, this registration; None when we hold none."""
        held = self.find(registration)
        if held is None or held.type != "File":
            return None
        return read_message(File, held.message)

    def submissions(self, *, after: int = 0, limit: int = 100) -> list[Submission]:
        """The next ones above position `after`, in order of arrival."""
        question = select(submissions).where(submissions.c.position > after)
        return self._ask(question.order_by(submissions.c.position).limit(limit))

    def waiting(self) -> int:
        """How many were received and have no outcome yet."""
        question = select(func.count()).where(submissions.c.state == State.RECEIVED)
        with self.engine.connect() as connection:
            return connection.execute(question).scalar_one()

    def changed(self, digest: str, state: State, *, timeout: float) -> Submission | None:
        """The submission once its state is another than `state`; None when `timeout` seconds pass first.

        A state that came and went between two calls may be missed, the newest never.
        """
        deadline = time.monotonic() + timeout
        while True:
            seen = self.changes()
            held = self.find(digest)
            if held is not None and held.state != state:
                return held
            left = deadline - time.monotonic()
            if left <= 0:
                return None
            self.wait_for_change(seen, timeout=min(left, ASK_AGAIN_SECONDS))

    def changes(self) -> int:
        """How many changes this process has made."""
        with self._told:
            return self._changes

    def wait_for_change(self, seen: int, *, timeout: float) -> None:
        """Returns once `changes()` is above `seen`, or after `timeout` seconds."""
        with self._told:
            self._told.wait_for(lambda: self._changes > seen, timeout=timeout)

    def tell(self) -> None:
        """Wakes all who wait."""
        with self._told:
            self._changes += 1
            self._told.notify_all()

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that holds the file's one write lock from its first line.

        Raises: Unavailable when the disk does not take it, or another holds the lock too long.
        """
        try:
            with self.engine.connect() as connection:
                connection.exec_driver_sql("BEGIN IMMEDIATE")
                yield connection
                connection.commit()
        except OperationalError as e:
            raise Unavailable(f"the outbox cannot write: {e.orig}") from e

    def held(self, digests: Sequence[str]) -> dict[str, Submission]:
        """What we hold of these, by digest."""
        held = {}
        for i in range(0, len(digests), ROWS_PER_QUESTION):
            some = digests[i : i + ROWS_PER_QUESTION]
            for each in self._ask(select(submissions).where(submissions.c.digest.in_(some))):
                held[each.digest] = each
        return held

    def _ask(self, question: Any) -> list[Submission]:
        with self.engine.connect() as connection:
            return [submission_of(row) for row in connection.execute(question)]


def crash_point(name: str | None) -> Crash:
    """What to call at each named point: dies at the one named, as by kill -9; with None it never does."""

    def crash(point: str) -> None:
        if point == name:
            os._exit(137)

    return crash


def _values(submission: Submission) -> dict[str, Any]:
    return {
        "digest": submission.digest,
        "type": submission.type,
        "message": submission.message,
        "signatures": list(submission.signatures),
        "contract": submission.contract,
        "calldata": submission.calldata,
        "deadline": submission.deadline,
        "received_at": submission.received_at,
        "state": State.RECEIVED,
        "version": 1,
        "watched": False,
        "attempts": 0,
    }


def read_message(kind: type[M], message: dict[str, Any]) -> M:
    """A message from its JSON."""
    return kind.model_validate_json(json.dumps(message))


def rejection_values(rejection: Rejection) -> dict[str, Any]:
    return asdict(rejection)


def submission_of(row: Row[Any]) -> Submission:
    """A submission from its row."""
    return Submission(
        digest=row.digest,
        type=row.type,
        message=row.message,
        signatures=tuple(row.signatures),
        contract=row.contract,
        calldata=row.calldata,
        deadline=row.deadline,
        received_at=row.received_at,
        state=State(row.state),
        transaction=row.transaction,
        block=row.block,
        block_hash=row.block_hash,
        error=None if row.error is None else Rejection(**row.error),
        position=row.position,
        version=row.version,
        attempts=row.attempts,
        gas=row.gas,
        crowd=row.crowd,
    )
