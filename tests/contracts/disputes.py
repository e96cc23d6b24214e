"""Objections in each state, and a sound act of each verb, in a house where ALICE's and BOB's registration stands."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from registry.hashes import from_hex
from registry.messages import ZERO, Message
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
from registry.rules.objections import Answer, Forum, Outcome, State, Verb
from tests.contracts.evm import Fact, Fault
from tests.contracts.house import (
    ALICE,
    APPROVING,
    BOB,
    CAROL,
    DAY,
    REGISTRAR,
    REVIEWING,
    House,
    Person,
    Signing,
    commitment,
)
from tests.contracts.objection_model import Dispute, ObjectionObstacle

GROUNDS, PAPERS, PAPER, MEASURE = (commitment(number) for number in range(80, 84))
WEEK = 7 * DAY


def hindered(id: str, obstacle: ObjectionObstacle) -> Fault:
    return Fault("ObjectionHindered", (id, obstacle))


@dataclass
class Case:
    """CAROL's objection to what ALICE and BOB hold; `id` is the digest of `opening`."""

    house: House
    registration: str
    opening: Contest

    @property
    def id(self) -> str:
        return self.house.digest(self.opening)

    @property
    def stands(self) -> Dispute:
        return dispute(self.house, self.id)

    def act(self, message: Message, signer: Signing) -> list[Fact]:
        return self.house.act(message, signer, filings=self.witness(message))

    def refusal(self, message: Message, signer: Signing) -> Fault:
        return self.house.refusal(message, signer, filings=self.witness(message))

    def witness(self, message: Message) -> tuple[Message, ...]:
        return (self.opening,) if message.witness == "opening" else ()

    def do(self, verb: Verb, **changes: Any) -> list[Fact]:
        message, signer = self.sound(verb, **changes)
        return self.act(message, signer)

    def refuses(self, verb: Verb, **changes: Any) -> Fault:
        message, signer = self.sound(verb, **changes)
        return self.refusal(message, signer)

    def sound(self, verb: Verb, by: Person | None = None, **changes: Any) -> tuple[Message, Person]:
        """An act of this verb with the usual contents, and who signs it; `by` signs for itself."""
        kind, who, more = KINDS[verb]
        who = by or who
        values: dict[str, Any] = {
            "objection": self.id,
            "step": self.stands.step,
            "deadline": self.house.now + 2 * DAY,
        }
        if verb is Verb.CONTEST:
            return kind(**self.opening.model_dump() | changes), who
        if "registrar" in kind.members:
            values |= {"registrar": REGISTRAR, "officer": who.address}
        elif "objector" in kind.members:
            values["objector"] = who.party
        else:
            values["party"] = who.party
        if "until" in kind.members:
            values["until"] = self.house.now + WEEK
        return kind(**values | more | changes), who

    def over(self) -> None:
        """Lets the time that was given last pass."""
        self.house.now = self.stands.until + 1


KINDS: dict[Verb, tuple[Any, Person, dict[str, Any]]] = {
    Verb.CONTEST: (Contest, CAROL, {}),
    Verb.REQUEST_EVIDENCE: (RequestEvidence, REVIEWING, {"list": PAPER}),
    Verb.SUPPLY_EVIDENCE: (SupplyEvidence, CAROL, {"papers": PAPERS}),
    Verb.NOTIFY_HOLDER: (NotifyHolder, REVIEWING, {"notice": PAPER}),
    Verb.RESPOND: (Respond, ALICE, {"answer": int(Answer.CONTESTED), "papers": PAPERS}),
    Verb.CONCLUDE: (Conclude, REVIEWING, {"outcome": int(Outcome.UPHELD), "decision": PAPER}),
    Verb.ACCEPT_CONCLUSION: (AcceptConclusion, ALICE, {}),
    Verb.REFUSE_CONCLUSION: (RefuseConclusion, ALICE, {}),
    Verb.RECORD_INSTRUMENT: (
        RecordInstrument,
        REVIEWING,
        {"forum": int(Forum.COURT), "instrument": PAPER, "outcome": int(Outcome.UPHELD)},
    ),
    Verb.CLOSE_OBJECTION: (CloseObjection, APPROVING, {"measure": MEASURE}),
    Verb.LAPSE_OBJECTION: (LapseObjection, REVIEWING, {"decision": PAPER}),
    Verb.DROP_OBJECTION: (DropObjection, CAROL, {}),
}
ADMITS = {"answer": int(Answer.ADMITTED)}
DISMISSED = {"outcome": int(Outcome.DISMISSED)}
NONE = {"measure": ZERO}


def dispute(house: House, id: str) -> Dispute:
    state, step, registrar, outcome, *rest = house.ask("Objections", "objection", from_hex(id))
    return Dispute(State(state), step, registrar, Outcome(outcome), *rest)


def open_objections(house: House, registration: str) -> int:
    return int(house.ask("Objections", "openObjections", from_hex(registration)))


def contest(house: House, registration: str, by: Signing = CAROL, **changes: Any) -> Contest:
    values: dict[str, Any] = {
        "objector": by.party,
        "registration": registration,
        "registrar": REGISTRAR,
        "grounds": GROUNDS,
        "deadline": house.now + DAY,
    }
    return Contest(**values | changes)


def standing(house: House, *holders: Person) -> Case:
    """A registration that stands, of ALICE and BOB unless told otherwise, and CAROL's opening, not sent yet."""
    _, registration = house.attested(*(holders or (ALICE, BOB)))
    return Case(house, registration, contest(house, registration))


def opened(house: House, *holders: Person) -> Case:
    case = standing(house, *holders)
    case.do(Verb.CONTEST)
    return case


_WAYS: dict[State, tuple[tuple[Verb, dict[str, Any]], ...]] = {
    State.FILED: (),
    State.EVIDENCE_REQUESTED: ((Verb.REQUEST_EVIDENCE, {}),),
    State.NOTIFIED: ((Verb.NOTIFY_HOLDER, {}),),
    State.ADMITTED: ((Verb.NOTIFY_HOLDER, {}), (Verb.RESPOND, ADMITS | {"by": BOB})),
    State.CONTESTED: ((Verb.NOTIFY_HOLDER, {}), (Verb.RESPOND, {"by": BOB})),
    State.DECIDED: ((Verb.RECORD_INSTRUMENT, {}),),
    State.DROPPED: ((Verb.DROP_OBJECTION, {}),),
}
_CONCLUDED = (*_WAYS[State.CONTESTED], (Verb.CONCLUDE, {}))
_WAYS |= {
    State.CONCLUDED: _CONCLUDED,
    State.SETTLED: (
        *_CONCLUDED,
        (Verb.ACCEPT_CONCLUSION, {"by": BOB}),
        (Verb.ACCEPT_CONCLUSION, {"by": CAROL}),
    ),
    State.REFERRED: (*_CONCLUDED, (Verb.REFUSE_CONCLUSION, {})),
    State.CLOSED: (*_WAYS[State.DECIDED], (Verb.CLOSE_OBJECTION, {})),
    State.LAPSED: _WAYS[State.EVIDENCE_REQUESTED],
}


def in_state(house: House, state: State) -> Case:
    """CAROL's objection in a state; ALICE has not answered yet."""
    if state is State.NONE:
        return standing(house)
    case = opened(house)
    for verb, changes in _WAYS[state]:
        case.do(verb, **changes)
    if state is State.LAPSED:
        case.over()
        case.do(Verb.LAPSE_OBJECTION)
    assert case.stands.state is state
    return case


def ready(case: Case, verb: Verb) -> None:
    """Makes what a permitted act needs beside the state."""
    state = case.stands.state
    if state is State.REFERRED and verb in (Verb.SUPPLY_EVIDENCE, Verb.LAPSE_OBJECTION):
        case.do(Verb.REQUEST_EVIDENCE)
    needs: dict[Verb, Callable[[], bool]] = {
        Verb.LAPSE_OBJECTION: lambda: True,
        Verb.CONCLUDE: lambda: state is not State.CONTESTED,
        Verb.CLOSE_OBJECTION: lambda: state is State.CONCLUDED,
    }
    if verb in needs and needs[verb]():
        case.over()
