"""The procedure of registration as one table (guide arts. 14 to 28): what may follow what.

The contracts enforce it, the pages show it, `docs/states.md` is printed from it. Guards are
sentences here and code in `Registrations.sol`; states that only a clock makes are derived on
asking, never stored.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Final


class State(IntEnum):
    """Where a registration stands, numbered as on chain."""

    NONE = 0
    SUBMITTED = 1
    CORRECTION_REQUESTED = 2
    ACCEPTED = 3
    SUPPLEMENT_REQUESTED = 4
    PUBLISHED = 5
    ATTESTED = 6
    REFUSED = 7
    TERMINATED = 8
    WITHDRAWN = 9


class Derived(StrEnum):
    """What a stored state amounts to at a moment."""

    LAPSED = "LAPSED"
    DISPUTED = "DISPUTED"
    EXPIRED = "EXPIRED"


class Verb(StrEnum):
    """Acts of the procedure, named as the contract's functions."""

    FILE = "file"
    ACCEPT = "accept"
    DEEM_ACCEPTED = "deemAccepted"
    REQUEST_CORRECTION = "requestCorrection"
    CORRECT = "correct"
    REQUEST_SUPPLEMENT = "requestSupplement"
    SUPPLEMENT = "supplement"
    PUBLISH = "publish"
    OBJECT = "object"
    RESOLVE = "resolve"
    ATTEST = "attest"
    REFUSE = "refuse"
    TERMINATE = "terminate"
    WITHDRAW = "withdraw"


class Signer(StrEnum):
    """Who signs; that anyone may send what is signed goes for every act."""

    EVERY_APPLICANT = "every applicant"
    AN_APPLICANT = "any one applicant"
    REVIEWER = "a reviewer of the registrar"
    APPROVER = "an approver of the registrar"
    ANYONE = "anyone"


@dataclass(frozen=True)
class Row:
    """One permitted act. `article` is of the guide, or says that the rule is ours."""

    before: State
    verb: Verb
    message: str
    signer: Signer
    guard: str
    after: State
    article: str


PENDING: Final = (
    State.SUBMITTED,
    State.CORRECTION_REQUESTED,
    State.ACCEPTED,
    State.SUPPLEMENT_REQUESTED,
    State.PUBLISHED,
)
# Ends without attestation: no right was entered, and the data are free to be filed again.
UNATTESTED: Final = (State.REFUSED, State.TERMINATED, State.WITHDRAWN)
ENDED: Final = (State.ATTESTED, *UNATTESTED)

_REFUSAL: Final = tuple(
    Row(
        state,
        Verb.REFUSE,
        "Refuse",
        Signer.REVIEWER,
        "a ground of art. 22 by its number in the profile; the hash of the written decision",
        State.REFUSED,
        "arts. 22, 25",
    )
    for state in PENDING
)

_WITHDRAWAL: Final = tuple(
    Row(
        state,
        Verb.WITHDRAW,
        "Withdraw",
        Signer.AN_APPLICANT,
        "a joint application needs all applicants, so one ends it",
        State.WITHDRAWN,
        "art. 16 (voluntary); that one suffices is ours",
    )
    for state in PENDING
)

ROWS: Final[tuple[Row, ...]] = (
    Row(
        State.NONE,
        Verb.FILE,
        "File",
        Signer.EVERY_APPLICANT,
        "filings are not halted; its deadline has not passed; the id is new; 1 to 32 applicants, "
        "each naming at least one right; any kind but INITIAL names an attested registration of the "
        "same registrar; a RENEWAL is filed while the rights stand and within the profile's "
        "`renewal` of their end, and no other renewal of them is pending",
        State.SUBMITTED,
        "arts. 16, 32 to 37",
    ),
    Row(
        State.NONE,
        Verb.WITHDRAW,
        "Withdraw",
        Signer.AN_APPLICANT,
        "at step 0: what was signed can no longer be filed",
        State.WITHDRAWN,
        "ours: a signature can be taken back until it is used",
    ),
    Row(
        State.SUBMITTED,
        Verb.ACCEPT,
        "Accept",
        Signer.REVIEWER,
        "the profile knows the kind",
        State.ACCEPTED,
        "art. 17(2)",
    ),
    Row(
        State.SUBMITTED,
        Verb.DEEM_ACCEPTED,
        "DeemAccepted",
        Signer.ANYONE,
        "the profile knows the kind; the registrar was silent for the profile's `silence` since "
        "the last change",
        State.ACCEPTED,
        "art. 17 ¶3",
    ),
    Row(
        State.SUBMITTED,
        Verb.REQUEST_CORRECTION,
        "RequestCorrection",
        Signer.REVIEWER,
        "a written non-acceptance (不予受理) that names all that is missing at once, and a deadline "
        "that lies ahead",
        State.CORRECTION_REQUESTED,
        "art. 17(1)",
    ),
    Row(
        State.CORRECTION_REQUESTED,
        Verb.CORRECT,
        "Correct",
        Signer.AN_APPLICANT,
        "by the deadline given",
        State.SUBMITTED,
        "art. 17(1), (2)",
    ),
    Row(
        State.ACCEPTED,
        Verb.REQUEST_SUPPLEMENT,
        "RequestSupplement",
        Signer.REVIEWER,
        "a deadline that lies ahead",
        State.SUPPLEMENT_REQUESTED,
        "art. 18; the deadline is ours",
    ),
    Row(
        State.SUPPLEMENT_REQUESTED,
        Verb.SUPPLEMENT,
        "Supplement",
        Signer.AN_APPLICANT,
        "while the registrar has not ended it, even after the deadline",
        State.ACCEPTED,
        "art. 18",
    ),
    Row(
        State.SUPPLEMENT_REQUESTED,
        Verb.TERMINATE,
        "Terminate",
        Signer.REVIEWER,
        "the deadline has passed; the decision says that the registrar could not verify by other "
        "lawful means either",
        State.TERMINATED,
        "art. 18; the deadline is ours",
    ),
    *(
        Row(
            state,
            Verb.PUBLISH,
            "Publish",
            Signer.REVIEWER,
            "the notice is at least as long as the profile's `notice`; the national system's "
            "reference and moment, without which it has no effect in law",
            State.PUBLISHED,
            article,
        )
        for state, article in (
            (State.ACCEPTED, "art. 24"),
            (State.SUPPLEMENT_REQUESTED, "arts. 18 (verified by other lawful means), 24"),
        )
    ),
    Row(
        State.PUBLISHED,
        Verb.OBJECT,
        "Object",
        Signer.ANYONE,
        "until attestation, even after the notice; this party has no other objection open to it",
        State.PUBLISHED,
        "art. 25; after the notice our reading of art. 22(3)",
    ),
    Row(
        State.PUBLISHED,
        Verb.RESOLVE,
        "Resolve",
        Signer.REVIEWER,
        "each objection named is open; one that is upheld bars attestation for good, so that only "
        "refusal and withdrawal remain",
        State.PUBLISHED,
        "art. 25; the bar is ours",
    ),
    Row(
        State.PUBLISHED,
        Verb.ATTEST,
        "Attest",
        Signer.APPROVER,
        "later than the end of the notice by the profile's `grace`; no objection open or upheld; "
        "the approver is not the reviewer who published; no applicant is of the registrar; the "
        "validity is within the profile's; the gate is open; a serial is left this month; for later "
        "kinds what the table below says",
        State.ATTESTED,
        "arts. 10(7), 25, 26, 27; grace, gate and two persons are ours",
    ),
    Row(
        State.ACCEPTED,
        Verb.ATTEST,
        "Attest",
        Signer.APPROVER,
        "of a kind that the profile does not publish (`noticed`); a reviewer accepted it, so that "
        "silence alone registers nothing; all else as after a notice",
        State.ATTESTED,
        "arts. 26, 27, 35, 37; which kinds are published is a setting (art. 24)",
    ),
    *_REFUSAL,
    *_WITHDRAWAL,
)


def row(state: State, verb: Verb) -> Row | None:
    """The one row for an act in a state; None when the act is not permitted there."""
    return next((row for row in ROWS if row.before is state and row.verb is verb), None)


def verbs(state: State) -> tuple[Verb, ...]:
    """What may be done in a state, guards aside, in the table's order."""
    return tuple(row.verb for row in ROWS if row.before is state)


def derived(
    state: State, *, at: int, until: int, open_objections: int = 0, renewal_filed: bool = False
) -> frozenset[Derived]:
    """What a stored state amounts to at a moment.

    `at` and `until` are Unix seconds; `until` is the last second of a correction, or of validity.
    A renewal that was filed in time keeps a right from expiring undecided (guide art. 36).
    """
    found = set()
    if state is State.CORRECTION_REQUESTED and at > until:
        found.add(Derived.LAPSED)
    if state is State.PUBLISHED and open_objections > 0:
        found.add(Derived.DISPUTED)
    if state is State.ATTESTED and at > until and not renewal_filed:
        found.add(Derived.EXPIRED)
    return frozenset(found)


def as_markdown() -> str:
    """`docs/states.md`, whole."""
    return "\n".join([_HEAD, *_table(), _TAIL])


def _table() -> list[str]:
    lines = [
        "| from | verb | message | signed by | guard | to | article |",
        "|---|---|---|---|---|---|---|",
    ]
    for states, row in _merged(ROWS):
        before = ", ".join(state.name for state in states)
        lines.append(
            f"| {before} | `{row.verb}` | `{row.message}` | {row.signer} | {row.guard} "
            f"| {row.after.name} | {row.article} |"
        )
    return lines


def _merged(rows: Iterable[Row]) -> list[tuple[list[State], Row]]:
    # Acts that are the same in every pending state are one line to a reader.
    merged: list[tuple[list[State], Row]] = []
    for row in rows:
        last = merged[-1][1] if merged else None
        if last and (last.verb, last.guard) == (row.verb, row.guard):
            merged[-1][0].append(row.before)
        else:
            merged.append(([row.before], row))
    return merged


_HEAD: Final = f"""# States of a registration

Printed from `registry/rules/states.py`; a test compares the two. Articles are those of the 2026
guide (国数综政策〔2026〕35号). Whoever signs, anyone may send. Every act but `file`, `object` and
`resolve` names the `step` of the record it acts on; every change raises the step, so an act signed
for one state of affairs dies with it.

On chain the states are the numbers 0 to 9: {", ".join(f"{s.value} {s.name}" for s in State)}.
"""

_TAIL: Final = """
## Derived, never stored

| name | when | article |
|---|---|---|
| LAPSED | CORRECTION_REQUESTED past its deadline: counts as never applied for | art. 17(1) |
| DISPUTED | PUBLISHED with an open objection | art. 25 |
| EXPIRED | ATTESTED past its validity, and no renewal was applied for in time: the certificate \
has lapsed; that the rights themselves end the guide does not say | art. 36 |

## What the table does not say

- Silence makes acceptance effective by operation of law on the first working day after the limit
  (art. 17 ¶3). `deemAccepted` only records it; `silence` is a floor in calendar time.
- What ends that silence is a written, compliant and timely non-acceptance alone. One that comes after
  the limit counts as none, and an express acceptance after it does not move the date (art. 17 ¶3);
  neither is refused here, because working days are not counted on chain.
- All that is missing is named once (art. 17(1)); the contract does not count rounds. Papers that
  correct only a part are no correction: the filing counts as never made, which no verb records.
- An express acceptance counts from the day the applicant is told (art. 17 ¶2), and the ten working
  days of art. 28 run from there until the certificate is issued, not until the review is done.
- Notice and attestation happen in law on the national system (arts. 24, 26). Without its reference
  and moment an ATTESTED record here is sealed locally and completes nothing.
- Refusal is open until attestation because a dispute bars registration whenever it is learnt of
  (arts. 22(3), 25). A LAPSED filing can still be refused or withdrawn, which only closes it.
- Termination is a power of the registrar, not a consequence of the deadline (art. 18).
- A kind that is published can leave out its notice on the applicant's reasoned request and the
  registrar's decision (art. 24); that is not served yet.
- An application of an unpublished kind that was accepted by silence alone can still be published,
  refused or withdrawn: nobody reviewed it, so nobody may attest it.

## Kinds

Every kind goes through the same procedure and takes effect when it is attested. Whether its terms are
met is asked again then: an application that can take no effect is skipped, and says why.

| kind | who applies | takes effect when | effect | article |
|---|---|---|---|---|
| INITIAL 1 | whoever claims | the validity is within the profile's | each applicant holds what it claims | art. 33 |
| TRANSFER 2 | givers and receivers together | givers' rights stand; no remark bars it; as many of each \
right given as received | givers' rights end; receivers hold them, no longer than they stood; remarks \
on them go along | art. 34; remarks are ours |
| AMENDMENT 3 | holders | their rights stand; no remark bars it | none on rights: holder, rights and \
end stay | art. 35 |
| RENEWAL 4 | holders | it is the renewal that is pending; no remark bars it; the new end is not \
before the old, nor later than it by more than the profile's `validity` | the rights last longer; \
while undecided they do not lapse | art. 36 |
| CANCELLATION 5 | holders | their rights stand; no remark bars it | the rights named end | art. 37 |
| CORRECTION 6 | anyone the registrar accepts | always | none on rights | public data only |

What an officer does to a standing right without an application (`remark`, `lift`, `cancel`,
`execute`) changes no registration: contracts/README.md has the table.
"""
