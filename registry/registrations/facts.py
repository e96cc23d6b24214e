"""What Registrations says, as tables. Knows neither HTTP nor RPC."""

from typing import ClassVar

from sqlalchemy import ForeignKey, Index, bindparam, insert, literal, select, text, tuple_, update
from sqlalchemy.orm import Mapped, mapped_column

from registry.facts import (
    DERIVED,
    Address,
    Bytes2,
    Bytes15,
    Bytes32,
    Fact,
    ReadModel,
    Uint8,
    Uint16,
    Uint32,
    Uint40,
    fact_types,
)
from registry.rules.states import State, Verb


class ProfileEnacted(Fact):
    contracts: ClassVar[tuple[str, ...]] = ("Registrations",)
    __tablename__ = "profile_enacted"

    profile: Mapped[Uint16] = mapped_column(index=True)
    version: Mapped[Bytes32]
    prefix: Mapped[Bytes2]
    silence: Mapped[Uint32]
    notice: Mapped[Uint32]
    grace: Mapped[Uint32]
    validity: Mapped[Uint32]
    renewal: Mapped[Uint32]
    kinds: Mapped[Uint16]
    noticed: Mapped[Uint16]
    coded: Mapped[Uint16]
    bears: Mapped[Uint8]
    gate: Mapped[Address]


class FilingsHalted(Fact):
    contracts: ClassVar[tuple[str, ...]] = ("Registrations",)
    __tablename__ = "filings_halted"

    by: Mapped[Address]
    until: Mapped[Uint32]


class RegistrationFiled(Fact):
    """The first applicant is named here, each further one in `ApplicantJoined`."""

    contracts: ClassVar[tuple[str, ...]] = ("Registrations",)
    verb: ClassVar[Verb] = Verb.FILE
    state: ClassVar[State] = State.SUBMITTED
    __tablename__ = "registration_filed"
    __table_args__ = (Index("registration_filed_transaction", "transaction"),)

    registration: Mapped[Bytes32] = mapped_column(unique=True)
    data: Mapped[Bytes32] = mapped_column(index=True)
    registrar: Mapped[Uint16] = mapped_column(index=True)
    profile: Mapped[Uint16]
    kind: Mapped[Uint8]
    applicants: Mapped[Uint8]
    party: Mapped[Bytes32] = mapped_column(index=True)
    rights: Mapped[Uint8]
    deadline: Mapped[Uint40]


class SubjectNamed(Fact):
    """The attested registration that a filing of a later kind concerns."""

    contracts: ClassVar[tuple[str, ...]] = ("Registrations",)
    __tablename__ = "subject_named"

    registration: Mapped[Bytes32] = mapped_column(unique=True)
    subject: Mapped[Bytes32] = mapped_column(index=True)


class ApplicantJoined(Fact):
    contracts: ClassVar[tuple[str, ...]] = ("Registrations",)
    __tablename__ = "applicant_joined"

    registration: Mapped[Bytes32] = mapped_column(index=True)
    party: Mapped[Bytes32] = mapped_column(index=True)
    rights: Mapped[Uint8]


class RegistrationAccepted(Fact):
    contracts: ClassVar[tuple[str, ...]] = ("Registrations",)
    verb: ClassVar[Verb] = Verb.ACCEPT
    state: ClassVar[State] = State.ACCEPTED
    __tablename__ = "registration_accepted"

    registration: Mapped[Bytes32] = mapped_column(index=True)
    act: Mapped[Bytes32]
    step: Mapped[Uint16]


class RegistrationDeemedAccepted(Fact):
    contracts: ClassVar[tuple[str, ...]] = ("Registrations",)
    verb: ClassVar[Verb] = Verb.DEEM_ACCEPTED
    state: ClassVar[State] = State.ACCEPTED
    __tablename__ = "registration_deemed_accepted"

    registration: Mapped[Bytes32] = mapped_column(index=True)
    act: Mapped[Bytes32]
    step: Mapped[Uint16]


class CorrectionRequested(Fact):
    contracts: ClassVar[tuple[str, ...]] = ("Registrations",)
    verb: ClassVar[Verb] = Verb.REQUEST_CORRECTION
    state: ClassVar[State] = State.CORRECTION_REQUESTED
    __tablename__ = "correction_requested"

    registration: Mapped[Bytes32] = mapped_column(index=True)
    act: Mapped[Bytes32]
    step: Mapped[Uint16]
    list: Mapped[Bytes32]
    until: Mapped[Uint40]


class RegistrationCorrected(Fact):
    contracts: ClassVar[tuple[str, ...]] = ("Registrations",)
    verb: ClassVar[Verb] = Verb.CORRECT
    state: ClassVar[State] = State.SUBMITTED
    __tablename__ = "registration_corrected"

    registration: Mapped[Bytes32] = mapped_column(index=True)
    act: Mapped[Bytes32]
    step: Mapped[Uint16]
    party: Mapped[Bytes32]
    papers: Mapped[Bytes32]


class SupplementRequested(Fact):
    contracts: ClassVar[tuple[str, ...]] = ("Registrations",)
    verb: ClassVar[Verb] = Verb.REQUEST_SUPPLEMENT
    state: ClassVar[State] = State.SUPPLEMENT_REQUESTED
    __tablename__ = "supplement_requested"

    registration: Mapped[Bytes32] = mapped_column(index=True)
    act: Mapped[Bytes32]
    step: Mapped[Uint16]
    list: Mapped[Bytes32]
    until: Mapped[Uint40]


class RegistrationSupplemented(Fact):
    contracts: ClassVar[tuple[str, ...]] = ("Registrations",)
    verb: ClassVar[Verb] = Verb.SUPPLEMENT
    state: ClassVar[State] = State.ACCEPTED
    __tablename__ = "registration_supplemented"

    registration: Mapped[Bytes32] = mapped_column(index=True)
    act: Mapped[Bytes32]
    step: Mapped[Uint16]
    party: Mapped[Bytes32]
    papers: Mapped[Bytes32]


class RegistrationPublished(Fact):
    contracts: ClassVar[tuple[str, ...]] = ("Registrations",)
    verb: ClassVar[Verb] = Verb.PUBLISH
    state: ClassVar[State] = State.PUBLISHED
    __tablename__ = "registration_published"

    registration: Mapped[Bytes32] = mapped_column(index=True)
    act: Mapped[Bytes32]
    step: Mapped[Uint16]
    until: Mapped[Uint40]
    receipt: Mapped[Bytes32]
    effective: Mapped[Uint40]


class ObjectionMade(Fact):
    contracts: ClassVar[tuple[str, ...]] = ("Registrations",)
    verb: ClassVar[Verb] = Verb.OBJECT
    state: ClassVar[State] = State.PUBLISHED
    __tablename__ = "objection_made"

    registration: Mapped[Bytes32] = mapped_column(index=True)
    act: Mapped[Bytes32]
    step: Mapped[Uint16]
    objector: Mapped[Bytes32] = mapped_column(index=True)
    serial: Mapped[Uint16]
    grounds: Mapped[Bytes32]


class ObjectionResolved(Fact):
    contracts: ClassVar[tuple[str, ...]] = ("Registrations",)
    verb: ClassVar[Verb] = Verb.RESOLVE
    state: ClassVar[State] = State.PUBLISHED
    __tablename__ = "objection_resolved"

    registration: Mapped[Bytes32] = mapped_column(index=True)
    act: Mapped[Bytes32]
    step: Mapped[Uint16]
    objector: Mapped[Bytes32]
    serial: Mapped[Uint16]
    outcome: Mapped[Uint8]
    decision: Mapped[Bytes32]


class RegistrationAttested(Fact):
    contracts: ClassVar[tuple[str, ...]] = ("Registrations",)
    verb: ClassVar[Verb] = Verb.ATTEST
    state: ClassVar[State] = State.ATTESTED
    __tablename__ = "registration_attested"

    registration: Mapped[Bytes32] = mapped_column(index=True)
    act: Mapped[Bytes32]
    step: Mapped[Uint16]
    code: Mapped[Bytes15] = mapped_column(index=True)
    since: Mapped[Uint40]
    expiry: Mapped[Uint40]
    receipt: Mapped[Bytes32]
    effective: Mapped[Uint40]


class RegistrationRefused(Fact):
    contracts: ClassVar[tuple[str, ...]] = ("Registrations",)
    verb: ClassVar[Verb] = Verb.REFUSE
    state: ClassVar[State] = State.REFUSED
    __tablename__ = "registration_refused"

    registration: Mapped[Bytes32] = mapped_column(index=True)
    act: Mapped[Bytes32]
    step: Mapped[Uint16]
    ground: Mapped[Uint8]
    decision: Mapped[Bytes32]


class RegistrationTerminated(Fact):
    contracts: ClassVar[tuple[str, ...]] = ("Registrations",)
    verb: ClassVar[Verb] = Verb.TERMINATE
    state: ClassVar[State] = State.TERMINATED
    __tablename__ = "registration_terminated"

    registration: Mapped[Bytes32] = mapped_column(index=True)
    act: Mapped[Bytes32]
    step: Mapped[Uint16]
    decision: Mapped[Bytes32]


class RegistrationWithdrawn(Fact):
    contracts: ClassVar[tuple[str, ...]] = ("Registrations",)
    verb: ClassVar[Verb] = Verb.WITHDRAW
    state: ClassVar[State] = State.WITHDRAWN
    __tablename__ = "registration_withdrawn"

    registration: Mapped[Bytes32] = mapped_column(index=True)
    act: Mapped[Bytes32]
    step: Mapped[Uint16]
    party: Mapped[Bytes32]


class RegistrationSkipped(Fact):
    """An act on many records that could not serve this one; `step` is the one the act named."""

    contracts: ClassVar[tuple[str, ...]] = ("Registrations",)
    __tablename__ = "registration_skipped"
    __table_args__ = (Index("registration_skipped_act", "act"),)

    registration: Mapped[Bytes32] = mapped_column(index=True)
    act: Mapped[Bytes32]
    step: Mapped[Uint16]
    obstacle: Mapped[Uint8]


class Progress(ReadModel):
    """Every change of every registration in one table; where one stands is the row without a successor.

    `filing` is the ordinal of its `RegistrationFiled`, the order of lists. `superseded` is the block of
    the next change. Derived from the facts above, block by block: a row falls with its block, and
    takes back what it superseded.
    """

    __tablename__ = "progress"
    __table_args__ = (
        Index("progress_standing", "state", "filing", sqlite_where=text("superseded IS NULL")),
        Index("progress_block", "block"),
        Index("progress_superseded", "superseded", sqlite_where=text("superseded IS NOT NULL")),
        # A filing's act is the registration itself.
        Index("progress_act", "act", sqlite_where=text("step > 1")),
    )

    registration: Mapped[Bytes32] = mapped_column(primary_key=True)
    step: Mapped[Uint16] = mapped_column(primary_key=True)
    filing: Mapped[int]
    block: Mapped[int] = mapped_column(ForeignKey("block.number", ondelete="CASCADE"))
    position: Mapped[int]
    state: Mapped[Uint8]
    event: Mapped[str]
    act: Mapped[Bytes32]
    superseded: Mapped[int | None] = mapped_column(ForeignKey("block.number", ondelete="SET NULL"))


def _derive(fact: type[Fact]) -> None:
    columns, filed = fact.__table__.columns, RegistrationFiled.__table__.columns
    is_filing = fact is RegistrationFiled
    rows = select(
        columns["registration"],
        literal(1) if is_filing else columns["step"],
        filed["ordinal"],
        columns["block"],
        columns["position"],
        literal(int(fact.__dict__["state"])),
        literal(fact.event),
        columns["registration"] if is_filing else columns["act"],
    ).where(columns["block"].between(bindparam("first"), bindparam("last")))
    if not is_filing:
        rows = rows.where(filed["registration"] == columns["registration"])
    names = ["registration", "step", "filing", "block", "position", "state", "event", "act"]
    DERIVED.append(insert(Progress).from_select(names, rows))


def _supersede() -> None:
    later = Progress.__table__.alias("later")
    earlier_of_new = select(later.c.registration, later.c.step - 1).where(
        later.c.block.between(bindparam("first"), bindparam("last")), later.c.step > 1
    )
    superseded = (
        select(later.c.block)
        .where(later.c.registration == Progress.registration, later.c.step == Progress.step + 1)
        .scalar_subquery()
    )
    DERIVED.append(
        update(Progress)
        .where(tuple_(Progress.registration, Progress.step).in_(earlier_of_new))
        .values(superseded=superseded)
    )


VERB_OF: dict[str, Verb] = {}
for _fact in fact_types():
    if "state" in _fact.__dict__:
        VERB_OF[_fact.event] = _fact.__dict__["verb"]
        _derive(_fact)
_supersede()
