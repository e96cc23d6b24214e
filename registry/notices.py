"""Public notices: the extract of a form that art. 24 publishes, and the search over its words.

An application that ended without attestation is shown no more: the notice was for objections, and
what an applicant hands in is otherwise confidential (art. 10(6)).

Derived from a fact and a document, so each row falls with the block of its publication and goes when
the document is erased. Knows neither HTTP nor RPC.
"""

import json
import re
import unicodedata
from dataclasses import dataclass
from typing import Any

import structlog
from sqlalchemy import (
    Connection,
    Engine,
    ForeignKey,
    Index,
    bindparam,
    delete,
    exists,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.orm import Mapped, mapped_column

from registry.documents import Documents
from registry.errors import Mismatch, NotFound
from registry.facts import Bytes32, ReadModel
from registry.registrations import later, questions
from registry.registrations.facts import Progress, RegistrationPublished
from registry.registrations.questions import Registration
from registry.rules import applications
from registry.rules.states import UNATTESTED

log = structlog.get_logger()


class Notice(ReadModel):
    """What the public may read of one registration. `extract` is None where the form is not ours."""

    __tablename__ = "notice"
    __table_args__ = (Index("notice_block", "block"),)

    registration: Mapped[Bytes32] = mapped_column(primary_key=True)
    block: Mapped[int] = mapped_column(ForeignKey("block.number", ondelete="CASCADE"))
    name: Mapped[str]
    extract: Mapped[str]


class NoticeGram(ReadModel):
    """Each pair of neighbouring characters of a name: a Chinese word of two characters is one row."""

    __tablename__ = "notice_gram"
    __table_args__ = (Index("notice_gram_block", "block"),)

    gram: Mapped[str] = mapped_column(primary_key=True)
    registration: Mapped[Bytes32] = mapped_column(primary_key=True)
    block: Mapped[int] = mapped_column(ForeignKey("block.number", ondelete="CASCADE"))


@dataclass(frozen=True)
class Found:
    """One hit of a search by name."""

    registration: str
    name: str


_IS_SHOWN = ~exists().where(
    Progress.registration == Notice.registration,
    Progress.state.in_(UNATTESTED),
)
# Built once: to build a statement takes longer than to run it.
_EXTRACT = select(Notice.extract).where(Notice.registration == bindparam("registration"), _IS_SHOWN)


def enter_new(engine: Engine, documents: Documents) -> int:
    """Enters the notices of all registrations published since the last ones; how many there were."""
    with engine.begin() as connection:
        entered = select(func.coalesce(func.max(Notice.block), -1)).scalar_subquery()
        published = connection.execute(
            select(RegistrationPublished.registration, RegistrationPublished.block)
            .where(RegistrationPublished.block > entered)
            .order_by(RegistrationPublished.block, RegistrationPublished.position)
        ).all()
        for registration, block in published:
            found = questions.registration(connection, registration)
            _enter(connection, registration, block, _extract(documents, found))
    return len(published)


def forget(connection: Connection, registration: str) -> None:
    """Takes from the read model what a notice said, when its form was erased.

    What stays is the empty row that a reading of the chain without the form makes.
    """
    connection.execute(delete(NoticeGram).where(NoticeGram.registration == registration))
    connection.execute(
        update(Notice).where(Notice.registration == registration).values(name="", extract="")
    )


def notice(connection: Connection, registration: str) -> dict[str, Any] | None:
    """The public extract; None before publication, where this installation has no form, and once the
    application ended without attestation."""
    text = connection.execute(_EXTRACT, {"registration": registration}).scalar()
    return None if not text else json.loads(text)


def search(connection: Connection, words: str, *, limit: int = 20) -> list[Found]:
    """Registrations whose name or applicants contain all words, each of at least two characters."""
    wanted = [_folded(word) for word in words.split()]
    if not wanted or any(len(word) < 2 for word in wanted):
        return []
    question = select(Notice.registration, Notice.name).where(_IS_SHOWN).limit(limit)
    for gram in sorted({gram for word in wanted for gram in _grams(word)}):
        holders = select(NoticeGram.registration).where(NoticeGram.gram == gram)
        question = question.where(Notice.registration.in_(holders))
    rows = connection.execute(question.order_by(Notice.block, Notice.registration))
    return [Found(row.registration, row.name) for row in rows]


def _extract(documents: Documents, found: Registration) -> dict[str, Any] | None:
    try:
        form = later.form_of(found, documents)
    except NotFound:
        return None
    except Mismatch as e:
        # One damaged document must not keep everybody's facts out of the read model.
        log.error("notices.damaged", registration=found.id, reason=e.detail)
        return None
    return applications.public_extract(form)


def _enter(
    connection: Connection, registration: str, block: int, extract: dict[str, Any] | None
) -> None:
    name = "" if extract is None else extract["name"]
    connection.execute(
        insert(Notice),
        {
            "registration": registration,
            "block": block,
            "name": name,
            "extract": "" if extract is None else json.dumps(extract, ensure_ascii=False),
        },
    )
    if extract is None:
        return
    texts = [name, *extract["applicants"]]
    grams = {gram for text in texts for gram in _grams(_folded(text))}
    connection.execute(
        insert(NoticeGram),
        [{"gram": gram, "registration": registration, "block": block} for gram in sorted(grams)],
    )


def _folded(text: str) -> str:
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text).casefold())


def _grams(text: str) -> set[str]:
    return {text[i : i + 2] for i in range(len(text) - 1)}
