"""Erasing what a registrar need not keep any more: papers, salt and notice of a filing, and nothing on chain.

The commitment on the chain is a bare number afterwards. Knows neither HTTP nor RPC.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, ClassVar

from pydantic import Field
from sqlalchemy import Engine

from registry import notices, registrars, retention
from registry.documents import Documents, Tombstone
from registry.errors import BadSignature, Erased, Flaw, Forbidden, NotAllowed, NotFound
from registry.hashes import canonical, content_hash
from registry.messages import (
    Address,
    Bytes32,
    Domain,
    Signable,
    Signer,
    Solidity,
    Uint40,
    Word,
)
from registry.reading import check_until
from registry.registrations import questions
from registry.rules import Allowed, NeedInfo, profiles
from registry.rules.retention import erasable
from registry.rules.text import clean
from registry.signatures import recover

Reference = Annotated[str, Solidity("string"), Field(max_length=200)]


class Erase(Signable):
    """An officer orders that the papers of a filing be erased.

    `ground` is a name among the profile's `erasure_grounds`, empty where time alone allows it;
    `reference` the number or hash of what was asked or ordered. Never sent to a chain.
    """

    contract: ClassVar[str] = "Registrations"

    registration: Bytes32
    ground: Word
    reference: Reference
    officer: Address
    until: Uint40

    def signers(self) -> tuple[Signer, ...]:
        return (Signer("key", self.officer),)


@dataclass(frozen=True)
class Order:
    """Who has a filing erased, and why; it is kept with the tombstone, and must name nobody.

    `by` is the key of an officer of its registrar, or of the successor's (guide art. 13).
    Without a `ground` only time allows it; with one `reference` is the number or the hash of what was
    asked or ordered. `signed` is what shows it.
    """

    by: str
    ground: str | None = None
    reference: str = ""
    signed: bytes | None = None


def ordered(
    engine: Engine,
    documents: Documents,
    request: Erase,
    signature: str,
    *,
    domain: Domain,
    now: int,
) -> Tombstone:
    """Does what an officer signed. Raises: Malformed, BadSignature; as `erase`."""
    check_until(request.until, now)
    if recover(request.digest(domain), signature) != request.officer:
        raise BadSignature("not signed by the officer named")
    shown = {"message": request.model_dump(mode="json"), "signature": signature}
    order = Order(request.officer, request.ground or None, request.reference, canonical(shown))
    at = datetime.fromtimestamp(now, UTC)
    return erase(engine, documents, request.registration, order, at=at)


def erase(
    engine: Engine,
    documents: Documents,
    id: str,
    order: Order,
    *,
    at: datetime,
    crash: Callable[[str], None] = lambda point: None,
) -> Tombstone:
    """Erases the papers of a filing for good, and its notice from the read model.

    Whoever died on the way calls again, with the same end; a repeat changes nothing. `crash` is called
    between any two writes. Raises: NotAllowed with date and article; Forbidden; NotFound where we have
    no papers of it; StorageFull.
    """
    done = documents.erasure(id)
    if done is None:
        reason = _reason(engine, documents, id, order, at)
        crash("judged")
        if order.signed is not None:
            documents.keep_warrant(content_hash(order.signed), order.signed)
        documents.erase_filing(id, reason=reason, crash=crash)
        done = documents.erasure(id)
        assert done is not None
    crash("erased")
    with engine.begin() as connection:
        notices.forget(connection, id)
    crash("forgotten")
    return done


def _reason(engine: Engine, documents: Documents, id: str, order: Order, at: datetime) -> str:
    if order.reference:
        clean(order.reference, pointer="/reference", limit=200)
    if order.ground is not None and not order.reference:
        raise NotAllowed(
            "a ground needs a reference",
            flaws=(Flaw("/reference", "reference", "the number or hash of what was asked"),),
        )
    with engine.connect() as connection:
        found = questions.registration(connection, id)
        office = registrars.office(registrars.registrars(connection), found.registrar)
        if office is None or not office.is_admitted or order.by not in office.officers:
            raise Forbidden(
                f"{order.by} is no officer of whoever serves the records of registrar "
                f"{found.registrar:03d} and is admitted"
            )
        profile = profiles.load_by_number(found.profile)
        lived = retention.life(connection, documents, found, at)
    answer = erasable(lived, at=at, profile=profile, ground=order.ground)
    if not isinstance(answer, Allowed):
        why = (
            f"it must be known: {', '.join(answer.what)}"
            if isinstance(answer, NeedInfo)
            else answer.why
        )
        raise NotAllowed(f"{why} ({answer.basis})", flaws=(Flaw("", answer.basis, why),))
    try:
        documents.opening(id)
    except Erased:
        raise
    except NotFound as e:
        raise NotFound(f"we have no papers of {id}") from e
    said = [f"by {order.by}", order.ground or "TIME_IS_OVER", answer.basis, order.reference]
    if order.signed is not None:
        said.append(f"order {content_hash(order.signed)}")
    return "; ".join(each for each in said if each)
