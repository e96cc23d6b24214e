"""A lane: the nonces of one sending key, and the transactions that carry received acts on them.

One holder at a time, by a lease; each write proves with a fencing token, in its own transaction, that
the lane was not taken meanwhile. Knows neither HTTP nor RPC.
"""

import os
import socket
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, and_, delete, func, insert, null, select, union, update

from registry.errors import Conflict
from registry.outbox import (
    Outbox,
    Rejection,
    State,
    Submission,
    attempt_acts,
    attempts,
    lanes,
    rejection_values,
    submission_of,
    submissions,
)
from registry.transactions import Again, Attempt, Place, Settlement, Slot

# After so many transactions without an outcome an act is given up: it cannot be run here.
MOST_ATTEMPTS = 12


class LeaseLost(Conflict):
    """Another relay holds the lane; nothing of ours was written."""

    code = "lease_lost"
    title = {"en": "Another relay sends with this key", "zh": "另一中继正使用此密钥"}


class Lane:
    """Held by this object until `release`, or until another takes it once the lease has run out."""

    def __init__(self, outbox: Outbox, sender: str, holder: str, token: int, lease: float) -> None:
        self.outbox = outbox
        self.sender = sender
        self.holder = holder
        self._token = token
        self._lease = lease
        self._renew_at = time.monotonic() + lease / 2

    @staticmethod
    def take(outbox: Outbox, sender: str, *, nonce: int, lease: float) -> "Lane | None":
        """None while another holds it.

        `nonce` is the chain's: the first that is free there. `lease` is in seconds. A holder on this
        machine whose process is gone is not waited for.
        """
        holder = f"{socket.gethostname()}/{os.getpid()}/{uuid.uuid4().hex}"
        now = _now()
        with outbox.writing() as connection:
            row = connection.execute(select(lanes).where(lanes.c.sender == sender)).first()
            if row is not None and row.lease_until > now and _may_live(row.holder):
                return None
            token = 1 if row is None else row.token + 1
            values = {
                "sender": sender,
                "next_nonce": nonce if row is None else max(nonce, row.next_nonce),
                "holder": holder,
                "lease_until": now + int(lease * 1000),
                "token": token,
            }
            connection.execute(delete(lanes).where(lanes.c.sender == sender))
            connection.execute(insert(lanes).values(values))
        return Lane(outbox, sender, holder, token, lease)

    def renew(self) -> None:
        """Called often, writes seldom. Raises: LeaseLost."""
        if time.monotonic() < self._renew_at:
            return
        with self._writing() as connection:
            until = _now() + int(self._lease * 1000)
            connection.execute(self._mine(update(lanes)).values(lease_until=until))
        self._renew_at = time.monotonic() + self._lease / 2

    def release(self) -> None:
        """Another may take the lane at once."""
        with self.outbox.writing() as connection:
            connection.execute(self._mine(update(lanes)).values(lease_until=0))

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with self.outbox.writing() as connection:
            if connection.execute(self._mine(select(lanes.c.token))).first() is None:
                raise self._lost()
            yield connection
        self.outbox.tell()

    def _lost(self) -> LeaseLost:
        return LeaseLost(f"the lane of {self.sender} was taken by another relay")

    def _mine(self, statement: Any) -> Any:
        return statement.where(lanes.c.sender == self.sender, lanes.c.token == self._token)

    def next_nonce(self) -> int:
        with self.outbox.engine.connect() as connection:
            found = connection.execute(self._mine(select(lanes.c.next_nonce))).scalar()
        if found is None:
            raise self._lost()
        return int(found)

    def first_unsettled(self) -> int:
        """The lowest nonce that the chain may still lack; all below it were final to us."""
        unsettled = select(func.min(attempts.c.nonce)).where(
            attempts.c.sender == self.sender, attempts.c.state.in_(("open", "mined"))
        )
        with self.outbox.engine.connect() as connection:
            lowest = connection.execute(unsettled).scalar()
        return self.next_nonce() if lowest is None else int(lowest)

    def waiting(self, limit: int) -> list[Submission]:
        """Received and in no transaction, in order of arrival."""
        waits = and_(submissions.c.state == State.RECEIVED, submissions.c.transaction.is_(None))
        question = select(submissions).where(waits).order_by(submissions.c.position).limit(limit)
        with self.outbox.engine.connect() as connection:
            return [submission_of(row) for row in connection.execute(question)]

    def slots(self) -> list[Slot]:
        """The nonces that no block has used yet, lowest first."""
        still_open = and_(attempts.c.sender == self.sender, attempts.c.state == "open")
        tried = select(attempts.c.transaction, attempts.c.nonce, attempts.c.raw).where(still_open)
        carried = select(attempt_acts.c.transaction, attempt_acts.c.digest).where(
            attempt_acts.c.transaction.in_(select(attempts.c.transaction).where(still_open))
        )
        with self.outbox.engine.connect() as connection:
            rows = connection.execute(tried.order_by(attempts.c.nonce, attempts.c.position)).all()
            acts: dict[str, list[str]] = {}
            for transaction, digest in connection.execute(carried.order_by(attempt_acts.c.place)):
                acts.setdefault(transaction, []).append(digest)
        return [
            Slot(
                nonce,
                tuple(
                    Attempt(row.transaction, nonce, row.raw, tuple(acts.get(row.transaction, ())))
                    for row in group
                ),
            )
            for nonce, group in groupby(rows, key=lambda row: row.nonce)
        ]

    def is_idle(self) -> bool:
        """Whether nothing waits, is on its way, or may still fall with its block."""
        questions = (
            select(submissions.c.position).where(submissions.c.state == State.RECEIVED),
            select(submissions.c.position).where(submissions.c.watched),
            select(attempts.c.position).where(
                attempts.c.sender == self.sender, attempts.c.state.in_(("open", "mined"))
            ),
        )
        with self.outbox.engine.connect() as connection:
            return all(connection.execute(each.limit(1)).first() is None for each in questions)

    def commit(self, new: Sequence[Attempt]) -> None:
        """On the disk before the first send: the next nonces, with the bytes that use them.

        Raises: LeaseLost; ValueError for nonces that are not the next ones.
        """
        with self._writing() as connection:
            first = connection.execute(self._mine(select(lanes.c.next_nonce))).scalar_one()
            if [each.nonce for each in new] != list(range(first, first + len(new))):
                raise ValueError(f"expected nonces from {first} on")
            connection.execute(self._mine(update(lanes)).values(next_nonce=first + len(new)))
            for attempt in new:
                self._add(connection, attempt)

    def replace(self, slot: Slot, attempt: Attempt, *, again: Mapping[str, Again]) -> None:
        """A further attempt on a nonce; acts that it leaves out wait for another transaction."""
        with self._writing() as connection:
            self._add(connection, attempt)
            for digest, how in again.items():
                _send_again(connection, slot, digest, how)

    def give_up(self, digest: str, why: Rejection) -> None:
        """Rejects an act that no transaction can carry, or that is not worth one any more."""
        with self._writing() as connection:
            statement = update(submissions).where(submissions.c.digest == digest)
            connection.execute(
                statement.values(
                    state=State.REJECTED, error=rejection_values(why), transaction=null(), **_NEXT
                )
            )

    def found(self, places: Mapping[str, Place]) -> None:
        """Acts that took effect by another's transaction while they waited for one of ours."""
        with self._writing() as connection:
            for digest, place in places.items():
                _include(connection, [digest], place)

    def lose(self, slot: Slot, *, free: int) -> None:
        """Another transaction of our key has used the nonce: all on it must be sent on another.

        `free` is the first nonce that the chain has free.
        """
        with self._writing() as connection:
            behind = self._mine(update(lanes)).where(lanes.c.next_nonce < free)
            connection.execute(behind.values(next_nonce=free))
            self._mark(connection, slot.nonce, "lost")
            for digest in {act for attempt in slot.attempts for act in attempt.acts}:
                _send_again(connection, slot, digest, Again())

    def settle(self, settlement: Settlement) -> None:
        """Writes what a mined transaction did; what was refused may wait for what came earlier.

        An act is rejected only when nothing received before it is still on its way: the earlier act
        may be the very one that it needs.
        """
        slot, place = settlement.slot, settlement.place
        with self._writing() as connection:
            self._mark(connection, slot.nonce, "replaced")
            statement = update(attempts).where(attempts.c.transaction == place.transaction)
            state = "final" if place.is_final else "mined"
            connection.execute(
                statement.values(state=state, block=place.block, block_hash=place.block_hash)
            )
            _include(connection, settlement.included, place)
            for digest, found in settlement.elsewhere.items():
                _include(connection, [digest], found)
            carried = {each for attempt in slot.attempts for each in attempt.acts}
            accounted = {
                *settlement.included,
                *settlement.elsewhere,
                *settlement.refused,
                *settlement.again,
            }
            for digest, how in settlement.again.items():
                _send_again(connection, slot, digest, how, spent=1)
            for digest in carried - accounted:  # in an attempt that another one replaced
                _send_again(connection, slot, digest, Again())
            self._reject(connection, settlement)

    def _reject(self, connection: Connection, settlement: Settlement) -> None:
        slot, place, refused = settlement.slot, settlement.place, settlement.refused
        if not refused:
            return
        earliest = connection.execute(
            select(func.min(submissions.c.position)).where(
                submissions.c.state == State.RECEIVED, submissions.c.digest.not_in(list(refused))
            )
        ).scalar()
        columns = (submissions.c.digest, submissions.c.position, submissions.c.attempts)
        question = select(*columns).where(
            submissions.c.digest.in_(list(refused)), _carried_by(slot)
        )
        for digest, position, spent in connection.execute(question).all():
            if earliest is not None and earliest < position and spent < MOST_ATTEMPTS:
                _send_again(connection, slot, digest, Again(), spent=1)
                continue
            connection.execute(
                update(submissions)
                .where(submissions.c.digest == digest)
                .values(
                    state=State.REJECTED,
                    error=rejection_values(refused[digest]),
                    transaction=place.transaction,
                    block=place.block,
                    block_hash=place.block_hash,
                    watched=not place.is_final,
                    **_NEXT,
                )
            )

    def unfinal_blocks(self) -> list[tuple[int, str]]:
        """Number and hash of each block whose fall would change what we say, lowest first."""
        ours = select(attempts.c.block, attempts.c.block_hash).where(
            attempts.c.sender == self.sender, attempts.c.state == "mined"
        )
        seen = select(submissions.c.block, submissions.c.block_hash).where(submissions.c.watched)
        with self.outbox.engine.connect() as connection:
            return sorted((row[0], row[1]) for row in connection.execute(union(ours, seen)))

    def make_final(self, blocks: Sequence[str]) -> None:
        with self._writing() as connection:
            connection.execute(
                update(attempts)
                .where(attempts.c.state == "mined", attempts.c.block_hash.in_(blocks))
                .values(state="final")
            )
            seen = and_(submissions.c.watched, submissions.c.block_hash.in_(blocks))
            connection.execute(
                update(submissions)
                .where(seen, submissions.c.state == State.INCLUDED)
                .values(state=State.FINAL, watched=False, **_NEXT)
            )
            connection.execute(update(submissions).where(seen).values(watched=False))

    def forget(self, block: str) -> None:
        """The chain took a block back: its transactions are on their way again, and so are their acts."""
        with self._writing() as connection:
            fallen = select(attempts.c.nonce).where(
                attempts.c.sender == self.sender,
                attempts.c.state == "mined",
                attempts.c.block_hash == block,
            )
            nonces = [row.nonce for row in connection.execute(fallen)]
            ours = select(attempts.c.transaction).where(attempts.c.sender == self.sender)
            statement = update(submissions).where(
                submissions.c.watched, submissions.c.block_hash == block
            )
            undone = {
                "state": State.RECEIVED,
                "block": null(),
                "block_hash": null(),
                "watched": False,
                "error": null(),
                **_NEXT,
            }
            by_others = submissions.c.transaction.not_in(ours)
            connection.execute(statement.where(by_others).values(**undone, transaction=null()))
            connection.execute(statement.values(**undone))
            for nonce in nonces:
                self._mark(connection, nonce, "open")

    def _add(self, connection: Connection, attempt: Attempt) -> None:
        connection.execute(
            insert(attempts).values(
                transaction=attempt.transaction,
                sender=self.sender,
                nonce=attempt.nonce,
                raw=attempt.raw,
                created_at=_now(),
                state="open",
            )
        )
        if not attempt.acts:
            return
        connection.execute(
            insert(attempt_acts),
            [
                {"transaction": attempt.transaction, "place": place, "digest": digest}
                for place, digest in enumerate(attempt.acts)
            ],
        )
        connection.execute(
            update(submissions)
            .where(submissions.c.digest.in_(attempt.acts), submissions.c.state == State.RECEIVED)
            .values(transaction=attempt.transaction, **_NEXT)
        )

    def _mark(self, connection: Connection, nonce: int, state: str) -> None:
        same = and_(attempts.c.sender == self.sender, attempts.c.nonce == nonce)
        connection.execute(
            update(attempts).where(same).values(state=state, block=null(), block_hash=null())
        )


_NEXT = {"version": submissions.c.version + 1}


def _include(connection: Connection, digests: Sequence[str], place: Place) -> None:
    if not digests:
        return
    # A rejected one too: its signature was alive, and by a reorg or another's hand it took effect.
    outcome_open = submissions.c.state.in_((State.RECEIVED, State.REJECTED))
    connection.execute(
        update(submissions)
        .where(submissions.c.digest.in_(digests), outcome_open)
        .values(
            state=State.FINAL if place.is_final else State.INCLUDED,
            transaction=place.transaction,
            block=place.block,
            block_hash=place.block_hash,
            watched=not place.is_final,
            error=null(),
            **_NEXT,
        )
    )


def _send_again(
    connection: Connection, slot: Slot, digest: str, how: Again, *, spent: int = 0
) -> None:
    values = {name: value for name, value in vars(how).items() if value is not None}
    connection.execute(
        update(submissions)
        .where(submissions.c.digest == digest, _carried_by(slot))
        .values(transaction=null(), attempts=submissions.c.attempts + spent, **values, **_NEXT)
    )


def _carried_by(slot: Slot) -> Any:
    """Received and on its way on this nonce, and not since then on another."""
    ours = submissions.c.transaction.in_([each.transaction for each in slot.attempts])
    return and_(submissions.c.state == State.RECEIVED, ours)


def _now() -> int:
    return int(time.time() * 1000)


def _may_live(holder: str) -> bool:
    """Whether the holder's process may still run; on another machine it always may."""
    host, number, _ = holder.split("/")
    if os.name != "posix" or host != socket.gethostname():
        return True
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
