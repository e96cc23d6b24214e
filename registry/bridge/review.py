"""At the door: a `Publish` or an `Attest` rests on a receipt that was taken in, and says what it says.

Knows neither HTTP nor RPC.
"""

from datetime import UTC, datetime
from typing import NoReturn

from sqlalchemy import Connection, func, select

from registry.bridge.receipt import ReceiptKind
from registry.bridge.taking import Standing, standing
from registry.documents import Documents
from registry.errors import Flaw, NotAllowed
from registry.registrations import questions
from registry.registrations.acts import Attest, Publish
from registry.registrations.facts import RegistrationAttested
from registry.rules.profiles import Profile
from registry.rules.validity import BEIJING

PUBLISHED, ATTESTED = "guide art. 24", "guide art. 26"


def check(
    message: Publish | Attest, documents: Documents, connection: Connection, *, profile: Profile
) -> None:
    """Judges the receipt that an act names, whatever kinds it registers.

    In the sandbox a receipt may be made up, but not contradicted once it was taken in. Raises:
    NotAllowed, with a flaw for the first member that differs; Mismatch when a receipt was altered.
    """
    kind = ReceiptKind.PUBLICATION if isinstance(message, Publish) else ReceiptKind.ATTESTATION
    article = PUBLISHED if isinstance(message, Publish) else ATTESTED
    taken = documents.receipts.by_name(message.receipt)
    if taken is None:
        if profile.sandbox:
            return
        _refuse("/message/receipt", article, f"no receipt {message.receipt} was taken in")
    elif taken.kind != kind:
        _refuse("/message/receipt", article, f"{message.receipt} is a receipt of {taken.kind}")
    found = [
        _of(message, place, id, kind, documents, article)
        for place, id in enumerate(message.registrations)
    ]
    if isinstance(message, Publish):
        _check_notice(message, found)
    else:
        _check_validity(message, found)
        _check_codes(message, found, connection, profile)


def _of(
    message: Publish | Attest,
    place: int,
    id: str,
    kind: ReceiptKind,
    documents: Documents,
    article: str,
) -> Standing:
    found = standing(documents, id, kind)
    if found is None:
        _refuse(f"/message/registrations/{place}", article, f"no {kind} receipt is about {id}")
    if found.taken.name != message.receipt:
        why = f"the {kind} receipt of {id} is {found.taken.name}"
        pointer = "/message/receipt" if _was(documents, message, id) else _place(place)
        _refuse(pointer, article, why)
    if found.receipt.registrar != message.registrar:
        why = f"the receipt is of registrar {found.receipt.registrar:03d}"
        _refuse("/message/registrar", article, why)
    if found.receipt.effective != message.effective:
        why = f"got {message.effective}, the receipt says {found.receipt.effective}"
        _refuse("/message/effective", article, why)
    return found


def _place(place: int) -> str:
    return f"/message/registrations/{place}"


def _was(documents: Documents, message: Publish | Attest, id: str) -> bool:
    """Whether the receipt named was once that of this registration, and was replaced since."""
    return any(each.name == message.receipt for each in documents.receipts.of(id))


def _check_notice(message: Publish, found: list[Standing]) -> None:
    """Ours may end later, for it counts from our block; never before the one that counts in law."""
    for each in found:
        if each.item.until is not None and message.until < each.item.until:
            why = f"got {message.until}, the national notice ends at {each.item.until}"
            _refuse("/message/until", PUBLISHED, why)


def _check_validity(message: Attest, found: list[Standing]) -> None:
    for each in found:
        if each.item.expiry is not None and message.expiry != each.item.expiry:
            why = f"got {message.expiry}, the receipt says {each.item.expiry}"
            _refuse("/message/expiry", ATTESTED, why)


def _check_codes(
    message: Attest, found: list[Standing], connection: Connection, profile: Profile
) -> None:
    """The ledger counts codes by itself, in the order of attestation: it must come to the same ones."""
    stem = stem_of(message, profile)
    serial = _issued(connection, stem)
    for place, each in enumerate(found):
        kind = questions.registration(connection, each.item.registration).kind
        is_coded = profile.coded_mask >> kind & 1
        serial += is_coded
        expected = f"{stem}{serial:04d}" if is_coded else None
        if each.item.code is not None and each.item.code != expected:
            why = (
                f"the receipt gives {each.item.code}, the ledger {expected or 'none to this kind'}"
            )
            _refuse(_place(place), "guide art. 27, annex 6", why)


def stem_of(message: Attest, profile: Profile) -> str:
    """A code without its serial: the month is that of the attestation, Beijing time (annex 6)."""
    month = datetime.fromtimestamp(message.effective, UTC).astimezone(BEIJING)
    return f"{profile.code_prefix}{message.registrar:03d}{month:%Y%m}"


def _issued(connection: Connection, stem: str) -> int:
    """The last serial that was given under a stem; 0 for none."""
    code = RegistrationAttested.code
    last = connection.execute(
        select(func.max(code)).where(code.between(f"{stem}0000", f"{stem}9999"))
    ).scalar()
    return 0 if last is None else int(last[-4:])


def _refuse(pointer: str, article: str, why: str) -> NoReturn:
    raise NotAllowed(why, flaws=(Flaw(pointer, article, why),))
