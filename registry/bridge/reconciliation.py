"""Ours against theirs: where the ledger and the national service's receipts do not say the same.

Knows neither HTTP nor RPC. As of a block: facts until it, and receipts taken in until its time.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Connection, and_, select

from registry.bridge.listing import Listed, Listing
from registry.bridge.receipt import Item, Receipt, ReceiptKind, parse
from registry.documents import Documents
from registry.errors import Malformed, NotFound
from registry.facts import Block
from registry.messages import ZERO
from registry.registrations.facts import (
    ObjectionMade,
    ObjectionResolved,
    RegistrationAttested,
    RegistrationFiled,
    RegistrationPublished,
)
from registry.registrations.questions import CHANGE, stands, up_to
from registry.rules import profiles
from registry.rules.states import UNATTESTED, State

# Seconds that one side may be behind the other before it is called late: our own patience, no term of law.
PATIENCE: Final = 86_400


class Finding(StrEnum):
    """One way in which the two sides differ."""

    PUBLISHED_WITHOUT_RECEIPT = "PUBLISHED_WITHOUT_RECEIPT"
    RECEIPT_WITHOUT_PUBLICATION = "RECEIPT_WITHOUT_PUBLICATION"
    ATTESTED_WITHOUT_RECEIPT = "ATTESTED_WITHOUT_RECEIPT"
    RECEIPT_WITHOUT_ATTESTATION = "RECEIPT_WITHOUT_ATTESTATION"
    RECEIPT_MISMATCH = "RECEIPT_MISMATCH"
    NOTICE_MISMATCH = "NOTICE_MISMATCH"
    CODE_MISMATCH = "CODE_MISMATCH"
    VALIDITY_MISMATCH = "VALIDITY_MISMATCH"
    STATE_MISMATCH = "STATE_MISMATCH"
    UNKNOWN_HERE = "UNKNOWN_HERE"
    UNKNOWN_THERE = "UNKNOWN_THERE"
    WAITING_TOO_LONG = "WAITING_TOO_LONG"


@dataclass(frozen=True)
class Row:
    """One difference; `ours` and `theirs` are what each side says, None for nothing.

    `receipt` is the receipt that says it, None where a listing or nobody does; `since` are Unix seconds
    from which one side waits for the other.
    """

    finding: Finding
    registration: str
    ours: str | None
    theirs: str | None
    receipt: str | None = None
    since: int | None = None


@dataclass(frozen=True)
class Report:
    """All differences after block `block`, in the order of filing; `moment` is in Unix seconds.

    `compared` counts the registrations that at least one side has published or attested.
    """

    block: int
    moment: int
    registrar: int | None
    compared: int
    rows: tuple[Row, ...]

    @property
    def is_clean(self) -> bool:
        return not self.rows

    @property
    def counts(self) -> dict[str, int]:
        """How many rows of each finding, none left out."""
        found = Counter(each.finding for each in self.rows)
        return {each.value: found[each] for each in Finding}


@dataclass(frozen=True)
class _Told:
    """A receipt as it is about one registration; `taken_at` None for one known by our fact alone."""

    name: str
    receipt: Receipt
    item: Item
    taken_at: int | None


@dataclass
class _Case:
    """One registration from both sides."""

    id: str
    filed: Any = None
    publication: Any = None
    attestation: Any = None
    published: _Told | None = None
    attested: _Told | None = None
    listed: Listed | None = None

    @property
    def state(self) -> State:
        return State(self.filed.state)

    @property
    def is_sandbox(self) -> bool:
        return profiles.load_by_number(self.filed.profile).sandbox


@dataclass(frozen=True)
class _Sides:
    """Both sides whole, as of one moment."""

    cases: dict[str, _Case]
    disputed: frozenset[str]
    listing: Listing | None
    moment: int
    patience: int


def reconcile(
    connection: Connection,
    documents: Documents,
    *,
    now: int,
    registrar: int | None = None,
    listing: Listing | None = None,
    patience: int = PATIENCE,
    at: int | None = None,
) -> Report:
    """Compares the ledger with receipts, and with a `listing` of the national service where one is given.

    Lateness is judged at `now`, Unix seconds; as of a past block at its time. Raises: NotFound before
    the first block was read; Malformed for the listing of another registrar; Mismatch for an altered
    receipt.
    """
    if listing is not None and registrar not in (None, listing.registrar):
        raise Malformed(f"the listing is of registrar {listing.registrar:03d}, not {registrar:03d}")
    registrar = registrar if listing is None else listing.registrar
    block, time = _block(connection, at)
    moment = time if at is not None else max(now, time)
    cases = _ours(connection, registrar, at)
    _add_theirs(cases, documents, registrar, moment)
    if listing is not None:
        for each in listing.registrations:
            cases.setdefault(each.registration, _Case(each.registration)).listed = each
    compared = {id: case for id, case in cases.items() if _is_compared(case)}
    sides = _Sides(compared, _disputed(connection, at), listing, moment, patience)
    rows = [row for case in compared.values() for row in _differences(case, sides)]
    return Report(block, moment, registrar, len(compared), tuple(rows))


def _differences(case: _Case, sides: _Sides) -> Iterator[Row]:
    if case.filed is None:
        for told in (case.published, case.attested):
            if told is not None:
                yield Row(Finding.UNKNOWN_HERE, case.id, None, told.receipt.kind, told.name)
        if case.listed is not None:
            yield Row(Finding.UNKNOWN_HERE, case.id, None, case.listed.state)
        return
    yield from _of_publication(case)
    yield from _of_attestation(case)
    yield from _of_listing(case, sides)
    yield from _waiting(case, sides)


def _of_publication(case: _Case) -> Iterator[Row]:
    ours, theirs = case.publication, case.published
    if theirs is None:
        if ours is not None and not case.is_sandbox:
            yield Row(Finding.PUBLISHED_WITHOUT_RECEIPT, case.id, _named(ours), None)
        return
    if ours is None:
        yield _unfollowed(case, theirs, Finding.RECEIPT_WITHOUT_PUBLICATION)
        return
    if ours.receipt != theirs.name:
        yield Row(Finding.RECEIPT_MISMATCH, case.id, _named(ours), theirs.name, theirs.name)
    notice = theirs.item.until
    if ours.effective != theirs.receipt.effective or (notice is not None and ours.until < notice):
        said = (f"{ours.effective} to {ours.until}", f"{theirs.receipt.effective} to {notice}")
        yield Row(Finding.NOTICE_MISMATCH, case.id, *said, theirs.name)


def _of_attestation(case: _Case) -> Iterator[Row]:
    ours, theirs = case.attestation, case.attested
    if theirs is None:
        if ours is not None and not case.is_sandbox:
            yield Row(Finding.ATTESTED_WITHOUT_RECEIPT, case.id, _named(ours), None)
        return
    if ours is None:
        yield _unfollowed(case, theirs, Finding.RECEIPT_WITHOUT_ATTESTATION)
        return
    if ours.receipt != theirs.name:
        yield Row(Finding.RECEIPT_MISMATCH, case.id, _named(ours), theirs.name, theirs.name)
    item, effective = theirs.item, theirs.receipt.effective
    yield from _of_result(case, item.code, effective, item.expiry, theirs.name)


def _of_result(
    case: _Case, code: str | None, effective: int, expiry: int | None, receipt: str | None
) -> Iterator[Row]:
    ours = case.attestation
    if code is not None and code != ours.code:
        yield Row(Finding.CODE_MISMATCH, case.id, ours.code or None, code, receipt)
    if ours.since != effective or (expiry is not None and ours.expiry != expiry):
        said = (f"{ours.since} to {ours.expiry}", f"{effective} to {expiry}")
        yield Row(Finding.VALIDITY_MISMATCH, case.id, *said, receipt)


def _unfollowed(case: _Case, theirs: _Told, finding: Finding) -> Row:
    """They have done what we have not; where we have ended the application, we never can."""
    is_ended = case.state in UNATTESTED
    return Row(
        Finding.STATE_MISMATCH if is_ended else finding,
        case.id,
        case.state.name,
        theirs.receipt.kind,
        theirs.name,
        theirs.taken_at,
    )


def _of_listing(case: _Case, sides: _Sides) -> Iterator[Row]:
    if sides.listing is None:
        return
    listed = case.listed
    if listed is None:
        stands_there = case.state in (State.PUBLISHED, State.ATTESTED)
        if stands_there and not case.is_sandbox:
            yield Row(Finding.UNKNOWN_THERE, case.id, case.state.name, None)
        return
    if case.state.name != listed.state:
        yield Row(Finding.STATE_MISMATCH, case.id, case.state.name, listed.state)
    elif case.attestation is not None:
        yield from _of_result(case, listed.code, listed.effective, listed.expiry, None)


def _waiting(case: _Case, sides: _Sides) -> Iterator[Row]:
    """Who is behind for longer than `patience`: we with an act, or they with an attestation."""
    late = sides.moment - sides.patience
    pairs = ((case.published, case.publication), (case.attested, case.attestation))
    for theirs, ours in pairs:
        if theirs is None or ours is not None or case.state in UNATTESTED:
            continue
        if theirs.taken_at is not None and theirs.taken_at < late:
            said = (case.state.name, theirs.receipt.kind)
            yield Row(Finding.WAITING_TOO_LONG, case.id, *said, theirs.name, theirs.taken_at)
    if case.is_sandbox or case.state is not State.PUBLISHED or case.attested is not None:
        return
    ended = case.publication.until + profiles.load_by_number(case.filed.profile).floors.grace
    if ended < late and case.id not in sides.disputed:
        yield Row(Finding.WAITING_TOO_LONG, case.id, case.state.name, None, None, ended)


def _named(fact: Any) -> str | None:
    return None if fact.receipt == ZERO else str(fact.receipt)


def _is_compared(case: _Case) -> bool:
    sides = (case.publication, case.attestation, case.published, case.attested, case.listed)
    return any(each is not None for each in sides)


def _block(connection: Connection, at: int | None) -> tuple[int, int]:
    question = select(Block.number, Block.time).order_by(Block.number.desc()).limit(1)
    row = connection.execute(question.where(up_to(Block.number, at))).first()
    if row is None or at not in (None, row.number):
        raise NotFound("nothing was read from the chain yet" if at is None else f"no block {at}")
    return row.number, row.time


def _ours(connection: Connection, registrar: int | None, at: int | None) -> dict[str, _Case]:
    filed = RegistrationFiled.__table__
    question = (
        select(
            filed.c.registration, filed.c.profile, filed.c.kind, filed.c.registrar, CHANGE.c.state
        )
        .join(CHANGE, and_(CHANGE.c.registration == filed.c.registration, stands(at)))
        .where(up_to(filed.c.block, at))
        .order_by(filed.c.block, filed.c.position)
    )
    if registrar is not None:
        question = question.where(filed.c.registrar == registrar)
    cases = {row.registration: _Case(row.registration, row) for row in connection.execute(question)}
    for fact, name in (
        (RegistrationPublished, "publication"),
        (RegistrationAttested, "attestation"),
    ):
        table = fact.__table__
        rows = select(table).where(up_to(table.c.block, at)).order_by(table.c.block)
        for row in connection.execute(rows):
            if row.registration in cases:
                setattr(cases[row.registration], name, row)
    return cases


def _disputed(connection: Connection, at: int | None) -> frozenset[str]:
    """Registrations with an objection to their notice that is open or was upheld."""
    made, decided = ObjectionMade.__table__, ObjectionResolved.__table__
    rows = connection.execute(
        select(made.c.registration)
        .outerjoin(
            decided,
            and_(
                decided.c.registration == made.c.registration,
                decided.c.objector == made.c.objector,
                decided.c.serial == made.c.serial,
                up_to(decided.c.block, at),
            ),
        )
        .where(up_to(made.c.block, at), (decided.c.outcome.is_(None)) | (decided.c.outcome == 2))
    )
    return frozenset(rows.scalars())


def _add_theirs(
    cases: dict[str, _Case], documents: Documents, registrar: int | None, moment: int
) -> None:
    """Of several receipts of a kind the last holds: it names all that it replaces."""
    for taken in documents.receipts.until(moment):
        receipt = parse(documents.get(taken.name))
        if registrar not in (None, receipt.registrar):
            continue
        for item in receipt.items:
            told = _Told(taken.name, receipt, item, taken.taken_at)
            _tell(cases.setdefault(item.registration, _Case(item.registration)), told)
    for case in cases.values():
        _add_inherited(case, documents)


def _tell(case: _Case, told: _Told) -> None:
    if told.receipt.kind == ReceiptKind.PUBLICATION:
        case.published = told
    else:
        case.attested = told


def _add_inherited(case: _Case, documents: Documents) -> None:
    """Receipts of records that another registrar handed over: our facts name them, its desk took them in."""
    for kind, fact, told in (
        (ReceiptKind.PUBLICATION, case.publication, case.published),
        (ReceiptKind.ATTESTATION, case.attestation, case.attested),
    ):
        if fact is None or told is not None or fact.receipt == ZERO:
            continue
        with suppress(NotFound, Malformed):
            receipt = parse(documents.get(fact.receipt))
            item = receipt.of(case.id)
            if item is not None and receipt.kind == kind:
                _tell(case, _Told(fact.receipt, receipt, item, None))
