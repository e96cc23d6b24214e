"""The procedure of objection to what stands registered, as one table (guide art. 29): what may follow what.

The contract enforces it, `docs/objections.md` is printed from it. Guards are sentences here and code
in `Objections.sol`. Objections during the public notice (art. 25) are in `states`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Final


class State(IntEnum):
    """Where an objection stands, numbered as on chain."""

    NONE = 0
    FILED = 1
    EVIDENCE_REQUESTED = 2
    NOTIFIED = 3
    ADMITTED = 4
    CONTESTED = 5
    CONCLUDED = 6
    SETTLED = 7
    REFERRED = 8
    DECIDED = 9
    CLOSED = 10
    LAPSED = 11
    DROPPED = 12


class Answer(IntEnum):
    """What a holder says to an objection, numbered as on chain."""

    NONE = 0
    ADMITTED = 1
    CONTESTED = 2


class Outcome(IntEnum):
    """How an objection is decided, numbered as on chain."""

    NONE = 0
    DISMISSED = 1
    UPHELD = 2


class Forum(IntEnum):
    """Where an effective instrument comes from, numbered as on chain."""

    NONE = 0
    ARBITRATION = 1
    COURT = 2


class Verb(StrEnum):
    """Acts of the procedure, named as the contract's functions."""

    CONTEST = "contest"
    REQUEST_EVIDENCE = "requestEvidence"
    SUPPLY_EVIDENCE = "supplyEvidence"
    NOTIFY_HOLDER = "notifyHolder"
    RESPOND = "respond"
    CONCLUDE = "conclude"
    ACCEPT_CONCLUSION = "acceptConclusion"
    REFUSE_CONCLUSION = "refuseConclusion"
    RECORD_INSTRUMENT = "recordInstrument"
    CLOSE_OBJECTION = "closeObjection"
    LAPSE_OBJECTION = "lapseObjection"
    DROP_OBJECTION = "dropObjection"


class Signer(StrEnum):
    """Who signs; that anyone may send what is signed goes for every act."""

    ANYONE = "anyone"
    OBJECTOR = "the objector"
    HOLDER = "any one holder"
    EITHER_SIDE = "the objector or any one holder"
    REVIEWER = "a reviewer of the registrar"
    APPROVER = "an approver of the registrar"


@dataclass(frozen=True)
class Row:
    """One permitted act. `article` is of the guide, or says that the rule is ours.

    `after` has more than one state where it hangs on the act itself, the usual one first.
    """

    before: State
    verb: Verb
    signer: Signer
    guard: str
    after: tuple[State, ...]
    article: str

    @property
    def message(self) -> str:
        """The name of the message: the verb's, capitalised."""
        return self.verb[0].upper() + self.verb[1:]


ENDED: Final = (State.CLOSED, State.LAPSED, State.DROPPED)
# While one of these lasts a dispute over the registration is unresolved (art. 22(3)).
OPEN: Final = tuple(state for state in State if state and state not in ENDED)


def _each(
    states: Iterable[State], verb: Verb, signer: Signer, guard: str, **more: str
) -> list[Row]:
    after = State[more["after"]]
    return [Row(state, verb, signer, guard, (after,), more["article"]) for state in states]


ROWS: Final[tuple[Row, ...]] = (
    Row(
        State.NONE,
        Verb.CONTEST,
        Signer.ANYONE,
        "the registration is ATTESTED by this registrar; the objector has no other objection open "
        "to it; fewer than 255 are open; no limit of time",
        (State.FILED,),
        "art. 29 ¶1; one at a time and the number are ours",
    ),
    Row(
        State.FILED,
        Verb.REQUEST_EVIDENCE,
        Signer.REVIEWER,
        "the material is incomplete; a deadline that lies ahead",
        (State.EVIDENCE_REQUESTED,),
        "art. 29 ¶2; the deadline is ours",
    ),
    Row(
        State.EVIDENCE_REQUESTED,
        Verb.SUPPLY_EVIDENCE,
        Signer.OBJECTOR,
        "by the deadline given",
        (State.FILED,),
        "art. 29 ¶2; the deadline is ours",
    ),
    Row(
        State.FILED,
        Verb.NOTIFY_HOLDER,
        Signer.REVIEWER,
        "the hash of the written notice; a deadline to answer that lies ahead",
        (State.NOTIFIED,),
        "art. 29 ¶2; the deadline to answer is ours",
    ),
    Row(
        State.NOTIFIED,
        Verb.RESPOND,
        Signer.HOLDER,
        "each holder once, also after the deadline",
        (State.CONTESTED, State.ADMITTED),
        "art. 29 ¶3, ¶4",
    ),
    Row(
        State.ADMITTED,
        Verb.RESPOND,
        Signer.HOLDER,
        "another holder; one who contests outweighs all who admit",
        (State.CONTESTED, State.ADMITTED),
        "art. 29 ¶3, ¶4; that one suffices is ours",
    ),
    Row(
        State.CONTESTED,
        Verb.RESPOND,
        Signer.HOLDER,
        "another holder",
        (State.CONTESTED,),
        "art. 29 ¶4",
    ),
    Row(
        State.CONTESTED,
        Verb.CONCLUDE,
        Signer.REVIEWER,
        "DISMISSED or UPHELD; the hash of the written conclusion; a deadline to accept it that lies "
        "ahead",
        (State.CONCLUDED,),
        "art. 29 ¶4; the deadline to accept is ours",
    ),
    *_each(
        (State.NOTIFIED, State.ADMITTED),
        Verb.CONCLUDE,
        Signer.REVIEWER,
        "as above, and the deadline to answer has passed while not every holder admitted",
        after="CONCLUDED",
        article="ours: the guide is silent on silence (art. 29 ¶4)",
    ),
    Row(
        State.CONCLUDED,
        Verb.ACCEPT_CONCLUSION,
        Signer.EITHER_SIDE,
        "each party once; SETTLED once the objector and a holder have",
        (State.CONCLUDED, State.SETTLED),
        "art. 29 ¶4",
    ),
    Row(
        State.SETTLED,
        Verb.ACCEPT_CONCLUSION,
        Signer.EITHER_SIDE,
        "another holder",
        (State.SETTLED,),
        "art. 29 ¶4",
    ),
    *_each(
        (State.CONCLUDED, State.SETTLED),
        Verb.REFUSE_CONCLUSION,
        Signer.EITHER_SIDE,
        "until it is acted upon, even after an acceptance: arbitration by agreement, or a court; "
        "meanwhile nothing is done to the entry",
        after="REFERRED",
        article="art. 29 ¶5",
    ),
    Row(
        State.REFERRED,
        Verb.REQUEST_EVIDENCE,
        Signer.REVIEWER,
        "for proof that proceedings are pending; nothing else is asked for; a deadline that lies "
        "ahead",
        (State.REFERRED,),
        "ours: else a refusal alone would keep a dispute open for ever",
    ),
    Row(
        State.REFERRED,
        Verb.SUPPLY_EVIDENCE,
        Signer.OBJECTOR,
        "asked for, and by the deadline given",
        (State.REFERRED,),
        "ours, as above",
    ),
    *_each(
        OPEN,
        Verb.RECORD_INSTRUMENT,
        Signer.REVIEWER,
        "an effective instrument (生效法律文书) of an arbitral body or a court, whatever went before; "
        "a later one takes the place of an earlier",
        after="DECIDED",
        article="art. 29 ¶5",
    ),
    Row(
        State.ADMITTED,
        Verb.CLOSE_OBJECTION,
        Signer.APPROVER,
        "the digest of the act that changed, cancelled or transferred what was registered",
        (State.CLOSED,),
        "arts. 29 ¶3, 37(3); a second person is ours",
    ),
    Row(
        State.SETTLED,
        Verb.CLOSE_OBJECTION,
        Signer.APPROVER,
        "that digest where the conclusion is UPHELD, zero where it is DISMISSED",
        (State.CLOSED,),
        "arts. 29 ¶4, 37(3); a second person is ours",
    ),
    Row(
        State.DECIDED,
        Verb.CLOSE_OBJECTION,
        Signer.APPROVER,
        "that digest where the instrument is UPHELD, zero where it is DISMISSED",
        (State.CLOSED,),
        "arts. 29 ¶5, 37(3); a second person is ours",
    ),
    Row(
        State.CONCLUDED,
        Verb.CLOSE_OBJECTION,
        Signer.APPROVER,
        "the deadline to accept has passed and nobody refused; as for SETTLED; what the profile's "
        "setting `conclusion_silence` makes of silence",
        (State.CLOSED,),
        "ours: the guide is silent on silence (art. 29 ¶4)",
    ),
    *_each(
        (State.EVIDENCE_REQUESTED, State.REFERRED),
        Verb.LAPSE_OBJECTION,
        Signer.REVIEWER,
        "the deadline given for the papers asked for has passed; the hash of the written decision",
        after="LAPSED",
        article="ours: art. 29 ¶2 asks for complete material and says nothing of its lack",
    ),
    *_each(
        (state for state in OPEN if state is not State.DECIDED),
        Verb.DROP_OBJECTION,
        Signer.OBJECTOR,
        "an effective instrument has not arrived yet",
        after="DROPPED",
        article="ours: whoever may object need not",
    ),
)


def row(state: State, verb: Verb) -> Row | None:
    """The one row for an act in a state; None when the act is not permitted there."""
    return next((row for row in ROWS if row.before is state and row.verb is verb), None)


def verbs(state: State) -> tuple[Verb, ...]:
    """What may be done in a state, guards aside, in the table's order."""
    return tuple(row.verb for row in ROWS if row.before is state)


def as_markdown() -> str:
    """`docs/objections.md`, whole."""
    return "\n".join([_HEAD, *_table(), _TAIL])


def _table() -> list[str]:
    lines = [
        "| from | verb | message | signed by | guard | to | article |",
        "|---|---|---|---|---|---|---|",
    ]
    for states, row in _merged(ROWS):
        before = ", ".join(state.name for state in states)
        after = " or ".join(state.name for state in row.after)
        lines.append(
            f"| {before} | `{row.verb}` | `{row.message}` | {row.signer} | {row.guard} "
            f"| {after} | {row.article} |"
        )
    return lines


def _merged(rows: Iterable[Row]) -> list[tuple[list[State], Row]]:
    # Acts that are the same in several states are one line to a reader.
    merged: list[tuple[list[State], Row]] = []
    for row in rows:
        last = merged[-1][1] if merged else None
        if last and (last.verb, last.guard) == (row.verb, row.guard):
            merged[-1][0].append(row.before)
        else:
            merged.append(([row.before], row))
    return merged


_HEAD: Final = f"""# States of an objection

Printed from `registry/rules/objections.py`; a test compares the two. Articles are those of the 2026
guide (国数综政策〔2026〕35号). This is the objection to what stands registered (art. 29); the one during
the public notice (art. 25) is in [states.md](states.md). Whoever signs, anyone may send. Every act but
`contest` names the `step` of the objection it acts on; every change raises the step.

On chain the states are the numbers 0 to 12: {", ".join(f"{s.value} {s.name}" for s in State)}.
"""

_TAIL: Final = """
## Derived, never stored

| name | when | article |
|---|---|---|
| DISPUTED | a registration with an objection that has not ended | art. 22(3); as a remark art. 23(5) |

## What the table does not say

- A holder is whoever has an entry in `Rights` from the registration, also one that is over by now,
  and is not the objector: whoever objects to what it holds with others answers nothing for them.
- The five working days of art. 29 ¶2 run from the receipt of complete material: from `contest`, or from
  the `supplyEvidence` that completed it. Working days are not counted on chain.
- The notice goes to every holder. One who contests outweighs those who admit; only when all have
  admitted, or accepted, is an objection admitted, or settled, for all of them (setting
  `objection_admission`; the contract does not know how many there are).
- Silence is no admission. Once the time to answer is over the registrar investigates and concludes
  (setting `objection_silence`).
- Arbitration is by agreement only; who has none goes to court. Mediation that a local authority
  offers needs no state here: it ends in a drop, an answer or an acceptance.
- Nothing here touches a right. What follows is done by an act of its own (an amendment, a
  cancellation, the execution of an instrument), and its digest closes the objection.
- Art. 29 ¶3 has the content changed even where it is the holder: that is not the amendment of art. 35.
- An objection that lapsed or was dropped may be made anew: the guide sets no limit of time or number.
"""
