"""Taking receipts in: checked, kept whole, and only then may anything be signed that names them.

Knows neither HTTP nor RPC.
"""

import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from registry.bodies import malformed
from registry.bridge.receipt import Item, Receipt, check_signature, parse
from registry.documents import Documents, Taken
from registry.errors import Conflict, Flaw, NotAllowed, NotFound
from registry.facts import Block
from registry.hashes import content_hash
from registry.registrations import questions
from registry.rules.identifiers import CertificateCode


@dataclass(frozen=True)
class Standing:
    """The receipt of a kind that holds for one registration, and what it says of it."""

    taken: Taken
    receipt: Receipt
    item: Item


def take(
    data: bytes,
    documents: Documents,
    connection: Connection,
    *,
    keys: Iterable[str] = (),
    now: int | None = None,
) -> Taken:
    """Keeps a receipt; its name, the SHA-256 of these bytes, is what `Publish` and `Attest` carry.

    On the disk when it returns; a repeat answers as the first time. `keys` are the issuer's, none where
    it signs none; `now` is Unix seconds. Raises: Malformed, BadSignature; NotFound for a registration
    or an original paper that is not here; NotAllowed for another registrar's; Conflict with a receipt
    that stands.
    """
    receipt = parse(data)
    check_signature(receipt, keys)
    now = int(time.time()) if now is None else now
    name = content_hash(data)
    # The unique number of it: theirs are unique within their system, and nowhere else.
    reference = f"{receipt.issuer}\n{receipt.reference}"
    taken = Taken(name, receipt.kind, reference, receipt.replaces, now)
    with documents.together():
        known = documents.receipts.by_reference(reference)
        if known is not None:
            _require_same(receipt, documents.get(known.name), known)
            return known
        _check_moment(receipt, connection, now)
        if receipt.original is not None and not documents.has(receipt.original):
            raise NotFound(f"the original {receipt.original} is not here: give it with the receipt")
        if receipt.replaces is not None:
            _check_replaced(receipt, documents)
        for place, item in enumerate(receipt.items):
            _check_item(receipt, place, item, documents, connection)
        codes = {each.registration: each.code for each in receipt.items}
        documents.put(data)
        documents.receipts.enter(taken, codes)
    return taken


def standing(documents: Documents, registration: str, kind: str) -> Standing | None:
    """The receipt of a kind that holds for a registration; None before one was taken in.

    Raises: Mismatch when what is kept was altered; Erased.
    """
    of_kind = [each for each in documents.receipts.of(registration) if each.kind == kind]
    if not of_kind:
        return None
    # A replacement names all registrations of what it replaces, so that the last one holds.
    return read(documents, of_kind[-1], registration)


def read(documents: Documents, taken: Taken, registration: str) -> Standing | None:
    """A receipt and what it says of a registration; None when it is not about it."""
    receipt = parse(documents.get(taken.name))
    item = receipt.of(registration)
    return None if item is None else Standing(taken, receipt, item)


def _require_same(receipt: Receipt, kept: bytes, known: Taken) -> None:
    """The same receipt may be written in other bytes; another one may not bear its number."""
    if parse(kept).digest != receipt.digest:
        raise Conflict(
            f"receipt {receipt.reference} of {receipt.issuer} was taken in as {known.name}, and says "
            "otherwise there",
            flaws=(Flaw("/reference", "taken", f"the other one is {known.name}"),),
        )


def _check_moment(receipt: Receipt, connection: Connection, now: int) -> None:
    newest = connection.execute(select(func.max(Block.time))).scalar() or 0
    latest = max(now, newest)
    if receipt.effective > latest:
        raise malformed("/effective", "future", f"got {receipt.effective}, it is {latest}")


def _check_replaced(receipt: Receipt, documents: Documents) -> None:
    assert receipt.replaces is not None
    known = documents.receipts.by_name(receipt.replaces)
    if known is None or known.kind != receipt.kind:
        raise NotFound(f"no {receipt.kind} receipt {receipt.replaces} was taken in to be replaced")
    later = documents.receipts.replacement(receipt.replaces)
    if later is not None:
        raise Conflict(
            f"{receipt.replaces} was replaced by {later.name} already",
            flaws=(Flaw("/replaces", "replaced", f"expected {later.name}"),),
        )
    left = [
        each.registration
        for each in parse(documents.get(receipt.replaces)).items
        if receipt.of(each.registration) is None
    ]
    if left:
        raise malformed("/items", "left_out", f"what it replaces is also about {', '.join(left)}")


def _check_item(
    receipt: Receipt, place: int, item: Item, documents: Documents, connection: Connection
) -> None:
    pointer = f"/items/{place}"
    try:
        found = questions.registration(connection, item.registration)
    except NotFound as e:
        raise NotFound(
            f"{e.detail}: {receipt.reference} cannot be matched",
            flaws=(Flaw(f"{pointer}/registration", "unknown", e.detail),),
        ) from e
    if found.registrar != receipt.registrar:
        why = f"{found.id} is with registrar {found.registrar:03d}, not {receipt.registrar:03d}"
        raise NotAllowed(why, flaws=(Flaw("/registrar", "registrar", why),))
    _check_alone(receipt, pointer, item, documents)
    if item.code is not None:
        _check_code(receipt, f"{pointer}/code", item.registration, item.code, documents, connection)


def _check_alone(receipt: Receipt, pointer: str, item: Item, documents: Documents) -> None:
    stands = standing(documents, item.registration, receipt.kind)
    if stands is None or stands.taken.name == receipt.replaces:
        return
    why = f"{stands.taken.name} is the {receipt.kind} receipt of {item.registration}"
    raise Conflict(
        f"{why}; one that corrects it must name it in `replaces`",
        flaws=(Flaw(f"{pointer}/registration", "taken", why),),
    )


def _check_code(
    receipt: Receipt,
    pointer: str,
    registration: str,
    text: str,
    documents: Documents,
    connection: Connection,
) -> None:
    """It is the registrar's own, and nobody else's (guide annex 6)."""
    code = CertificateCode.parse(text)
    if f"{code.region}{code.registrar}" != f"{receipt.registrar:03d}":
        raise malformed(pointer, "registrar", f"{text} is not of registrar {receipt.registrar:03d}")
    others = documents.receipts.registrations_with(text) - {registration}
    with suppress(NotFound):
        others |= {questions.by_code(connection, text)} - {registration}
    if others:
        why = f"{text} was given to {', '.join(sorted(others))}"
        raise Conflict(why, flaws=(Flaw(pointer, "taken", why),))
