"""The procedure of objection as a plain Python model: what Objections ought to answer to any act.

Written from the interface, so that two readings of it are compared act by act. It knows keys, not
signatures: an act comes with the address that truly signed it.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import IntEnum
from typing import Any, ClassVar

from registry.messages import Message, Void, address_of
from registry.objections.acts import (
    AcceptConclusion,
    CloseObjection,
    Conclude,
    Contest,
    DropObjection,
    LapseObjection,
    NotifyHolder,
    RecordInstrument,
    RefuseConclusion,
    RequestEvidence,
    Respond,
    SupplyEvidence,
)
from registry.rules.objections import ENDED, OPEN, Answer, Outcome, State
from tests.contracts.evm import Fault
from tests.contracts.house import APPROVER, REVIEWER
from tests.contracts.model import Refusal

MOST_OPEN = 255
OBJECTOR, HOLDER = 1, 2


class ObjectionObstacle(IntEnum):
    """Numbered as on chain; compared with the interface by test_in_step.py."""

    NONE = 0
    STEP_PASSED = 1
    WRONG_STATE = 2
    OTHER_REGISTRAR = 3
    TOO_EARLY = 4
    TOO_LATE = 5
    NOT_ATTESTED = 6
    ALREADY_OPEN = 7
    TOO_MANY = 8
    NOT_THE_OPENING = 9
    NOT_THE_OBJECTOR = 10
    NOT_A_HOLDER = 11
    NOT_A_SIDE = 12
    ALREADY_SAID = 13
    ALREADY_ASKED = 14
    NOT_ASKED = 15


@dataclass(frozen=True)
class Dispute:
    """What `objection` answers, in its order."""

    state: State = State.NONE
    step: int = 0
    registrar: int = 0
    outcome: Outcome = Outcome.NONE
    accepted: int = 0
    changed: int = 0
    until: int = 0


@dataclass
class ObjectionModel:
    """Everything Objections remembers. `attested` are registrars by registration, `holders` their parties."""

    now: int
    attested: dict[str, int]
    holders: dict[str, set[str]]
    officers: dict[tuple[int, str], int]
    voided: set[tuple[str, str]] = field(default_factory=set)
    disputes: dict[str, Dispute] = field(default_factory=dict)
    openings: dict[str, Contest] = field(default_factory=dict)
    answered: set[tuple[str, str]] = field(default_factory=set)
    accepted: set[tuple[str, str]] = field(default_factory=set)

    def apply(
        self, act: str, message: Message, signer: str, opening: tuple[str, Contest] | None = None
    ) -> Fault | None:
        """Why the act is refused, or None when it took effect; `opening` is the witness with its digest."""
        before = {
            name: value.copy() if isinstance(value, dict | set) else value
            for name, value in self.__dict__.items()
        }
        try:
            self.VERBS[type(message)](self, act, message, signer, opening)
        except Refusal as refusal:
            self.__dict__.update(before)
            return refusal.fault
        return None

    def dispute(self, id: str) -> Dispute:
        return self.disputes.get(id, Dispute())

    def open_to(self, registration: str, objector: str | None = None) -> int:
        """How many objections to a registration are open, of this objector or of all."""
        return sum(
            self.disputes[id].state in OPEN
            for id, opening in self.openings.items()
            if opening.registration == registration and objector in (None, opening.objector)
        )

    # --- who signed -----------------------------------------------------------------------------

    def _signed(self, act: str, key: str, deadline: int, signer: str) -> None:
        if self.now > deadline:
            raise Refusal("DeadlinePassed", deadline)
        if (act, key) in self.voided:
            raise Refusal("ActIsVoid", act)
        if signer != key:
            raise Refusal("SignatureRefused", key)

    def _officer(self, act: str, m: Any, role: int, signer: str) -> None:
        if not self.officers.get((m.registrar, m.officer), 0) & role:
            raise Refusal("NotAnOfficer", m.registrar, m.officer, role)
        self._signed(act, m.officer, m.deadline, signer)

    def _party(self, act: str, party: str, m: Any, signer: str) -> None:
        self._signed(act, address_of(party), m.deadline, signer)

    # --- what stands ----------------------------------------------------------------------------

    def _hinder(self, id: str, obstacle: ObjectionObstacle) -> None:
        raise Refusal("ObjectionHindered", id, obstacle)

    def _at(self, m: Any, *states: State, registrar: int | None = None) -> Dispute:
        d = self.dispute(m.objection)
        if d.step != m.step:
            self._hinder(m.objection, ObjectionObstacle.STEP_PASSED)
        if d.state not in states:
            self._hinder(m.objection, ObjectionObstacle.WRONG_STATE)
        if registrar is not None and d.registrar != registrar:
            self._hinder(m.objection, ObjectionObstacle.OTHER_REGISTRAR)
        return d

    def _opening(self, m: Any, opening: tuple[str, Contest] | None) -> Contest:
        assert opening
        if opening[0] != m.objection:
            self._hinder(m.objection, ObjectionObstacle.NOT_THE_OPENING)
        return opening[1]

    def _is_holder(self, opening: Contest, party: str) -> bool:
        held = party in self.holders.get(opening.registration, set())
        return held and party != opening.objector

    def _side(self, m: Any, opening: Contest) -> int:
        if m.party == opening.objector:
            return OBJECTOR
        if not self._is_holder(opening, m.party):
            self._hinder(m.objection, ObjectionObstacle.NOT_A_SIDE)
        return HOLDER

    def _ahead(self, until: int) -> None:
        if until <= self.now:
            raise Refusal("WrongMoment", until)

    def _over(self, id: str, d: Dispute) -> None:
        if self.now <= d.until:
            self._hinder(id, ObjectionObstacle.TOO_EARLY)

    def _move(self, id: str, to: State, **changes: Any) -> None:
        d = self.dispute(id)
        more = {"state": to, "step": d.step + 1, "changed": self.now} | changes
        if to in ENDED:
            more["until"] = 0
        self.disputes[id] = replace(d, **more)

    # --- verbs ----------------------------------------------------------------------------------

    def _contest(self, act: str, m: Contest, signer: str, _: Any) -> None:
        self._party(act, m.objector, m, signer)
        if act in self.disputes:
            raise Refusal("AlreadyContested", act)
        if m.registration not in self.attested:
            self._hinder(act, ObjectionObstacle.NOT_ATTESTED)
        if self.attested[m.registration] != m.registrar:
            self._hinder(act, ObjectionObstacle.OTHER_REGISTRAR)
        if self.open_to(m.registration, m.objector):
            self._hinder(act, ObjectionObstacle.ALREADY_OPEN)
        if self.open_to(m.registration) == MOST_OPEN:
            self._hinder(act, ObjectionObstacle.TOO_MANY)
        self.openings[act] = m
        self._move(act, State.FILED, registrar=m.registrar)

    def _request_evidence(self, act: str, m: RequestEvidence, signer: str, _: Any) -> None:
        self._officer(act, m, REVIEWER, signer)
        d = self._at(m, State.FILED, State.REFERRED, registrar=m.registrar)
        if d.until:
            self._hinder(m.objection, ObjectionObstacle.ALREADY_ASKED)
        self._ahead(m.until)
        to = State.REFERRED if d.state is State.REFERRED else State.EVIDENCE_REQUESTED
        self._move(m.objection, to, until=m.until)

    def _supply_evidence(self, act: str, m: SupplyEvidence, signer: str, opening: Any) -> None:
        if self._opening(m, opening).objector != m.objector:
            self._hinder(m.objection, ObjectionObstacle.NOT_THE_OBJECTOR)
        self._party(act, m.objector, m, signer)
        d = self._at(m, State.EVIDENCE_REQUESTED, State.REFERRED)
        if not d.until:
            self._hinder(m.objection, ObjectionObstacle.NOT_ASKED)
        if self.now > d.until:
            self._hinder(m.objection, ObjectionObstacle.TOO_LATE)
        to = State.REFERRED if d.state is State.REFERRED else State.FILED
        self._move(m.objection, to, until=0)

    def _notify_holder(self, act: str, m: NotifyHolder, signer: str, _: Any) -> None:
        self._officer(act, m, REVIEWER, signer)
        self._at(m, State.FILED, registrar=m.registrar)
        self._ahead(m.until)
        self._move(m.objection, State.NOTIFIED, until=m.until)

    def _respond(self, act: str, m: Respond, signer: str, opening: Any) -> None:
        if not self._is_holder(self._opening(m, opening), m.party):
            self._hinder(m.objection, ObjectionObstacle.NOT_A_HOLDER)
        self._party(act, m.party, m, signer)
        d = self._at(m, State.NOTIFIED, State.ADMITTED, State.CONTESTED)
        if m.answer == Answer.NONE:
            raise Refusal("NoDecision")
        if (m.objection, m.party) in self.answered:
            self._hinder(m.objection, ObjectionObstacle.ALREADY_SAID)
        self.answered.add((m.objection, m.party))
        is_contested = m.answer == Answer.CONTESTED or d.state is State.CONTESTED
        self._move(m.objection, State.CONTESTED if is_contested else State.ADMITTED)

    def _conclude(self, act: str, m: Conclude, signer: str, _: Any) -> None:
        self._officer(act, m, REVIEWER, signer)
        answerable = State.NOTIFIED, State.ADMITTED, State.CONTESTED
        d = self._at(m, *answerable, registrar=m.registrar)
        if d.state is not State.CONTESTED:
            self._over(m.objection, d)
        if m.outcome == Outcome.NONE:
            raise Refusal("NoDecision")
        self._ahead(m.until)
        outcome = Outcome(m.outcome)
        self._move(m.objection, State.CONCLUDED, until=m.until, outcome=outcome)

    def _accept(self, act: str, m: AcceptConclusion, signer: str, opening: Any) -> None:
        side = self._side(m, self._opening(m, opening))
        self._party(act, m.party, m, signer)
        d = self._at(m, State.CONCLUDED, State.SETTLED)
        if (m.objection, m.party) in self.accepted:
            self._hinder(m.objection, ObjectionObstacle.ALREADY_SAID)
        self.accepted.add((m.objection, m.party))
        accepted = d.accepted | side
        to = State.SETTLED if accepted == OBJECTOR | HOLDER else State.CONCLUDED
        self._move(m.objection, to, accepted=accepted)

    def _refuse(self, act: str, m: RefuseConclusion, signer: str, opening: Any) -> None:
        self._side(m, self._opening(m, opening))
        self._party(act, m.party, m, signer)
        self._at(m, State.CONCLUDED, State.SETTLED)
        self._move(m.objection, State.REFERRED, until=0)

    def _record(self, act: str, m: RecordInstrument, signer: str, _: Any) -> None:
        self._officer(act, m, REVIEWER, signer)
        self._at(m, *OPEN, registrar=m.registrar)
        if not m.outcome or not m.forum:
            raise Refusal("NoDecision")
        self._move(m.objection, State.DECIDED, until=0, outcome=Outcome(m.outcome))

    def _close(self, act: str, m: CloseObjection, signer: str, opening: Any) -> None:
        self._opening(m, opening)
        self._officer(act, m, APPROVER, signer)
        closable = State.ADMITTED, State.CONCLUDED, State.SETTLED, State.DECIDED
        d = self._at(m, *closable, registrar=m.registrar)
        if d.state is State.CONCLUDED:
            self._over(m.objection, d)
        is_owed = d.state is State.ADMITTED or d.outcome is Outcome.UPHELD
        if is_owed != bool(int(m.measure, 16)):
            raise Refusal("WrongMeasure", m.measure)
        self._move(m.objection, State.CLOSED)

    def _lapse(self, act: str, m: LapseObjection, signer: str, opening: Any) -> None:
        self._opening(m, opening)
        self._officer(act, m, REVIEWER, signer)
        d = self._at(m, State.EVIDENCE_REQUESTED, State.REFERRED, registrar=m.registrar)
        if not d.until:
            self._hinder(m.objection, ObjectionObstacle.NOT_ASKED)
        self._over(m.objection, d)
        self._move(m.objection, State.LAPSED)

    def _drop(self, act: str, m: DropObjection, signer: str, opening: Any) -> None:
        if self._opening(m, opening).objector != m.objector:
            self._hinder(m.objection, ObjectionObstacle.NOT_THE_OBJECTOR)
        self._party(act, m.objector, m, signer)
        self._at(m, *(state for state in OPEN if state is not State.DECIDED))
        self._move(m.objection, State.DROPPED)

    VERBS: ClassVar[dict[type[Message], Callable[..., None]]] = {
        Contest: _contest,
        RequestEvidence: _request_evidence,
        SupplyEvidence: _supply_evidence,
        NotifyHolder: _notify_holder,
        Respond: _respond,
        Conclude: _conclude,
        AcceptConclusion: _accept,
        RefuseConclusion: _refuse,
        RecordInstrument: _record,
        CloseObjection: _close,
        LapseObjection: _lapse,
        DropObjection: _drop,
    }

    def void(self, act: str, message: Void, signer: str) -> Fault | None:
        """A voiding goes to the contract that the act was for; here only Objections counts."""
        if self.now > message.deadline:
            return Fault("DeadlinePassed", (message.deadline,))
        if (message.act, message.signer) in self.voided:
            return Fault("ActIsVoid", (message.act,))
        if signer != message.signer:
            return Fault("SignatureRefused", (message.signer,))
        self.voided.add((message.act, message.signer))
        return None
