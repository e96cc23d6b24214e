"""Every verb at every moment by anybody, against the plain Python model; after each act the invariants.

Machine
├── filings of one to three applicants, for any registrar, profile and kind
├── every later verb on any registration, with right and wrong steps, officers, witnesses and moments
├── applications of every later kind, in their window and out of it
├── remarks, liftings, cancellations and executions on what stands and on what ended
├── acts sent again, acts voided, keys replaced, officers dismissed, registrars suspended, halts
└── after every act
    ├── the contract refused with the model's reason, or took effect as the model did
    ├── every record, objection and entry is the model's
    └── the numbered invariants that can be seen from outside hold (contracts/README.md)
"""

from typing import Any, ClassVar

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from registry.messages import ZERO, Void
from registry.parties import ReplaceKey
from registry.registrations.acts import (
    Correct,
    DeemAccepted,
    File,
    Refuse,
    RequestCorrection,
    RequestSupplement,
    Supplement,
    Terminate,
    Withdraw,
)
from registry.rights.questions import id_of
from registry.rules.profiles import Kind
from registry.rules.states import State
from tests.contracts import later
from tests.contracts.acts import resolution
from tests.contracts.house import (
    ALICE,
    APPROVER,
    APPROVING,
    BOB,
    CAROL,
    DAY,
    GATED,
    GRACE,
    NOTICE,
    OTHER_REGISTRAR,
    OTHER_REVIEWING,
    REGISTRAR,
    RENEWAL_WINDOW,
    REVIEWING,
    SANDBOX,
    SILENCE,
    STRANGER,
    VALIDITY,
    Person,
    commitment,
)
from tests.contracts.model import Model
from tests.contracts.watched import PEOPLE, REACHED, Sent, Watched, uniform


class Procedure(Watched):
    steps: ClassVar[Any] = uniform([0, 0, 0, 0, 0, 0, 1, -1])
    people: ClassVar[Any] = uniform(PEOPLE)
    officers: ClassVar[Any] = uniform([REVIEWING] * 5 + [APPROVING, OTHER_REVIEWING])

    has_filing = precondition(lambda self: bool(self.filings))

    @initialize()
    def open(self) -> None:
        self.furnish()
        for number, who in enumerate([{ALICE}, {BOB, CAROL}, {ALICE, BOB}, {CAROL}]):
            self.file(
                who, rights=7, registrar=REGISTRAR, profile=1 + number // 3, kind=1, forged=False
            )
            if number < 2:
                self.take_on(self.house.digest(self.sent[-1].message))

    # --- time and offices -----------------------------------------------------------------------

    @rule(seconds=uniform([1, 3600, DAY, NOTICE, NOTICE + DAY, SILENCE, 40 * DAY]))
    def wait(self, seconds: int) -> None:
        self.house.now += seconds
        self.model.now += seconds

    @rule(data=st.data())
    @has_filing
    def wait_for_the_end_of_something(self, data: st.DataObject) -> None:
        r = self.model.record(self.some(data))
        # The very second is as likely as the one after it.
        target = r.until + data.draw(uniform([0, 1, GRACE, GRACE + 1]))
        if self.model.now < target < self.model.now + 60 * DAY:
            self.house.now = self.model.now = target

    @rule(
        data=st.data(),
        kind=uniform(["halt", "end", "key", "key", "office", "suspension", "void", "silence"]),
        person=people,
    )
    def upheaval(self, data: st.DataObject, kind: str, person: Person) -> None:
        if kind in ("halt", "end"):
            self.halt(2 if kind == "halt" else -1)
        elif kind == "key":
            self.replace_key(person)
        elif kind == "office":
            self.dismiss_or_appoint()
        elif kind == "suspension":
            self.suspend_or_resume()
        elif kind == "void":
            self.void(data)
        else:
            self.wait(data.draw(uniform([1, SILENCE, SILENCE])))
            self.deem_accepted(data, off=data.draw(self.steps))

    def halt(self, days: int) -> None:
        until = self.house.now + days * DAY
        self.house.revoke("Registrations", "haltFilings", until)
        self.model.halted_until = until
        self.resync()

    def replace_key(self, person: Person) -> None:
        step = self.model.key_steps.get(person.party, 0)
        new = Person(f"{person.name} {step + 1}")
        message = ReplaceKey(
            party=person.party, key=new.address, step=step, deadline=self.house.now
        )
        self.send(message, self.key(person), new)
        self.keys[person.party] = new

    def dismiss_or_appoint(self) -> None:
        """An applicant's first key is an officer's for a while."""
        officer = (REGISTRAR, ALICE.address)
        if officer in self.model.officers:
            self.house.revoke("Registrars", "dismiss", *officer)
            del self.model.officers[officer]
        else:
            self.house.grant(("Registrars", "appoint", *officer, APPROVER))
            self.model.now = self.house.now
            self.model.officers[officer] = APPROVER
        self.resync()

    def suspend_or_resume(self) -> None:
        if OTHER_REGISTRAR in self.model.suspended:
            self.house.grant(("Registrars", "resume", OTHER_REGISTRAR, bytes(32)))
            self.model.now = self.house.now
            self.model.suspended.clear()
        else:
            self.house.revoke("Registrars", "suspend", OTHER_REGISTRAR, bytes(32))
            self.model.suspended.add(OTHER_REGISTRAR)
        self.resync()

    # --- applicants -----------------------------------------------------------------------------

    @rule(
        who=st.sets(people, min_size=1, max_size=3),
        rights=uniform([1, 3, 7, 7, 7, 0, 8]),
        registrar=uniform([REGISTRAR] * 8 + [OTHER_REGISTRAR]),
        profile=uniform([SANDBOX] * 6 + [GATED, 77]),
        kind=uniform([1] * 12 + [2]),
        forged=uniform([False] * 8 + [True]),
    )
    def file(
        self, who: set[Person], rights: int, registrar: int, profile: int, kind: int, forged: bool
    ) -> None:
        message = self.house.file(
            *who,
            number=len(self.sent),
            rights=rights,
            registrar=registrar,
            profile=profile,
            kind=kind,
        )
        signers = [self.key(person) for person in sorted(who, key=lambda p: p.party)]
        if forged:
            signers[-1] = STRANGER
        self.sent.append(Sent(message, tuple(signers), ()))
        self.filings[self.house.digest(message)] = message
        self.send(message, *signers)

    @rule(
        data=st.data(),
        kind=uniform([None, None, Correct, Supplement, Withdraw]),
        off=steps,
        astray=uniform([False] * 8 + [True]),
        stranger=uniform([False] * 8 + [True]),
    )
    @has_filing
    def answer(
        self, data: st.DataObject, kind: Any, off: int, astray: bool, stranger: bool
    ) -> None:
        asked = (State.CORRECTION_REQUESTED, State.SUPPLEMENT_REQUESTED)
        id = self.some(data, *asked) if kind is None else self.some(data)
        if kind is None:
            supplement = self.model.record(id).state == State.SUPPLEMENT_REQUESTED
            kind = Supplement if supplement else Correct
        applicants = [p for p in PEOPLE if p.party in self.filings[id].parties()]
        person = STRANGER if stranger else data.draw(uniform(applicants))
        papers = {} if kind is Withdraw else {"papers": commitment(3)}
        message = kind(
            party=person.party,
            registration=id,
            step=max(self.step_of(id) + off, 0),
            deadline=self.house.now,
            **papers,
        )
        witness = self.filings[self.some(data) if astray else id]
        self.send(message, self.keys.get(person.party, person), filings=(witness,))

    @rule(data=st.data(), person=people, serial=uniform([0, 0, 0, 1]))
    @has_filing
    def object(self, data: st.DataObject, person: Person, serial: int) -> None:
        id = self.some(data, State.PUBLISHED)
        made, _ = self.model.objections.get((id, person.party), (0, False))
        message = self.house.object(person, id, serial=made + serial)
        self.send(message, self.key(person))

    def deem_accepted(self, data: st.DataObject, off: int) -> None:
        id = self.some(data, State.SUBMITTED)
        message = DeemAccepted(
            sender=STRANGER.address,
            registration=id,
            step=max(self.step_of(id) + off, 0),
            deadline=self.house.now,
        )
        self.send(message, STRANGER)

    # --- officers -------------------------------------------------------------------------------

    @rule(
        data=st.data(),
        kind=uniform([RequestCorrection, RequestSupplement, Refuse, Terminate]),
        officer=officers,
        off=steps,
        ahead=uniform([DAY, DAY, 0]),
        anywhere=uniform([False] * 4 + [True]),
    )
    @has_filing
    def officer_act(
        self,
        data: st.DataObject,
        kind: Any,
        officer: Person,
        off: int,
        ahead: int,
        anywhere: bool,
    ) -> None:
        fitting = {
            RequestCorrection: (State.SUBMITTED,),
            RequestSupplement: (State.ACCEPTED,),
            Terminate: (State.SUPPLEMENT_REQUESTED,),
            Refuse: (),
        }
        id = self.some(data, *(() if anywhere else fitting[kind]))
        more: dict[str, Any] = {"decision": commitment(4)}
        if kind in (RequestCorrection, RequestSupplement):
            more = {"list": commitment(4), "until": self.house.now + ahead}
        elif kind is Refuse:
            more["ground"] = min(ahead, 1)
        step = max(self.step_of(id) + off, 0)
        values = self.house.officer(id, step, officer=officer.address, **more)
        self.send(kind(**values), officer)

    @rule(
        data=st.data(),
        verb=uniform(["accept", "accept", "publish", "publish", "attest", "attest"]),
        officer=officers,
        profile=uniform([SANDBOX] * 6 + [GATED]),
        short=uniform([0] * 6 + [1]),
        lawful=uniform([True] * 6 + [False]),
    )
    @has_filing
    def many(
        self,
        data: st.DataObject,
        verb: str,
        officer: Person,
        profile: int,
        short: int,
        lawful: bool,
    ) -> None:
        ids = data.draw(st.lists(uniform(sorted(self.filings)), min_size=1, max_size=4))
        house = self.house
        changes: dict[str, Any] = {"steps": tuple(self.step_of(id) for id in ids)[short:]}
        filings: tuple[File, ...] = ()
        if verb == "attest":
            officer = APPROVING if officer is REVIEWING else officer
            filings = tuple(self.filings[id] for id in ids)
            changes["profile"] = profile
            if not lawful:
                changes["effective"] = house.now - DAY
                changes["expiry"] = house.now + data.draw(uniform([VALIDITY, -2 * DAY]))
        elif verb == "publish":
            changes["profile"] = profile
            if not lawful:
                changes["until"] = house.now + NOTICE - 1
        message = getattr(house, verb)(*ids, officer=officer.address, **changes)
        self.send(message, officer, filings=filings)

    @rule(
        data=st.data(),
        state=uniform([State.ACCEPTED, State.SUBMITTED]),
        answered=st.booleans(),
        late=uniform([0, 0, 1]),
    )
    @has_filing
    def ask_and_answer(self, data: st.DataObject, state: State, answered: bool, late: int) -> None:
        """A request and what becomes of it: an answer in time or too late, or an end."""
        id = self.some(data, state)
        if state is State.ACCEPTED and self.model.record(id).state == State.SUBMITTED:
            self.together("accept", [id])
        early = self.model.record(id).state == State.SUBMITTED
        until = self.house.now + DAY
        request = RequestCorrection if early else RequestSupplement
        values = self.house.officer(id, self.step_of(id), list=commitment(4), until=until)
        if self.send(request(**values), REVIEWING).fault is not None:
            return
        self.house.now = self.model.now = until + late
        party = self.filings[id].claims[0].party
        if answered or early:
            answer = (Correct if early else Supplement)(
                party=party,
                registration=id,
                step=self.step_of(id),
                papers=commitment(3),
                deadline=self.house.now,
            )
            self.send(answer, self.keys[party], filings=(self.filings[id],))
        else:
            values = self.house.officer(id, self.step_of(id), decision=commitment(4))
            self.send(Terminate(**values), REVIEWING)

    @rule(data=st.data(), ahead=uniform([1, 1, 2, 3]))
    def go_on(self, data: st.DataObject, ahead: int) -> None:
        """What a diligent registrar would do next, for some of the filings: else few get far."""
        house = self.house
        left_out = data.draw(uniform(sorted(self.filings)))
        for _ in range(ahead):
            ids = sorted(id for id, r in self.model.records.items() if r.registrar == REGISTRAR)
            ids = [id for id in ids if id != left_out]
            at = {id: self.model.record(id) for id in ids}
            waiting = [id for id in ids if at[id].state == State.PUBLISHED and at[id].open == 0]
            accepted = [id for id in ids if at[id].state == State.ACCEPTED]
            submitted = [id for id in ids if at[id].state == State.SUBMITTED]
            reviewed = [
                id
                for id in accepted
                if at[id].kind not in later.NOTICED and self.model.records[id].reviewer
            ]
            accepted = [id for id in accepted if id not in reviewed]
            if reviewed:
                self.together("attest", reviewed)
            elif waiting:
                latest = max(at[id].until for id in waiting) + GRACE + 1
                house.now = self.model.now = max(latest, house.now)
                self.together("attest", waiting)
            elif accepted:
                self.together("publish", accepted)
            elif submitted:
                self.together("accept", submitted)

    def together(self, verb: str, ids: list[str]) -> None:
        officer = APPROVING if verb == "attest" else REVIEWING
        changes: dict[str, Any] = {"steps": tuple(self.step_of(id) for id in ids)}
        filings: tuple[File, ...] = ()
        if verb != "accept":
            changes["profile"] = self.model.record(ids[0]).profile
        if verb == "attest":
            filings = tuple(self.filings[id] for id in ids)
        message = getattr(self.house, verb)(*ids, **changes)
        self.send(message, officer, filings=filings)

    @rule(
        data=st.data(),
        outcome=uniform([1, 1, 1, 2, 0]),
        more=st.lists(people, max_size=1),
        all_open=uniform([True, True, False]),
    )
    @has_filing
    def resolve(
        self, data: st.DataObject, outcome: int, more: list[Person], all_open: bool
    ) -> None:
        disputed = sorted({id for (id, _), (_, is_open) in self.objections() if is_open})
        id = data.draw(uniform(disputed)) if disputed else self.some(data)
        who = [p for p in PEOPLE if self.model.objections.get((id, p.party), (0, False))[1]]
        who = who if all_open else who + more
        serials = tuple(
            max(self.model.objections.get((id, p.party), (0, False))[0] - 1, 0) for p in who
        )
        self.send(resolution(self.house, id, tuple(who), outcome, serials=serials), REVIEWING)

    @rule(data=st.data(), outcome=uniform([1, 1, 2]), person=people)
    @has_filing
    def dispute(self, data: st.DataObject, outcome: int, person: Person) -> None:
        """An objection and its decision, on whatever is published."""
        id = self.some(data, State.PUBLISHED)
        made, _ = self.model.objections.get((id, person.party), (0, False))
        self.send(self.house.object(person, id, serial=made), self.key(person))
        self.send(resolution(self.house, id, (person,), outcome, serials=(made,)), REVIEWING)

    def objections(self) -> Any:
        return self.model.objections.items()

    # --- what stands ----------------------------------------------------------------------------

    def holdings(self, *, standing: bool = True) -> list[tuple[str, Person]]:
        """Registrations and their holders."""
        return [
            (id, person)
            for id in sorted(self.filings)
            for person in PEOPLE
            if (held := self.model.rights.get(id_of(id, person.party)))
            and (held.ends if not standing else self.model.standing(id_of(id, person.party)))
        ]

    @rule(
        data=st.data(),
        kind=uniform(
            [Kind.TRANSFER] * 4
            + [Kind.AMENDMENT, Kind.CANCELLATION, Kind.CORRECTION]
            + [Kind.RENEWAL] * 2
        ),
        rights=uniform([1, 2, 4, 7, 7]),
        other=people,
        short=uniform([False] * 6 + [True]),
        attested=uniform([True] * 3 + [False]),
    )
    def apply(
        self,
        data: st.DataObject,
        kind: Kind,
        rights: int,
        other: Person,
        short: bool,
        attested: bool,
    ) -> None:
        """An application of a later kind, taken on to its end more often than not."""
        holdings = self.holdings()
        subject, holder = data.draw(
            uniform(holdings or [(id, ALICE) for id in sorted(self.filings)])
        )
        stands = self.model.standing(id_of(subject, holder.party))
        rights = rights & stands or stands or rights
        claims = {holder: rights}
        if kind is Kind.TRANSFER and other is not holder:
            claims = {holder: rights | later.GIVE, other: 1 if short else rights}
        if kind is Kind.RENEWAL:
            self.go_to_the_window(data, subject, holder, rights)
        message = later.application(
            self.house, kind, subject, claims, number=len(self.sent), profile=SANDBOX
        )
        signers = [self.key(person) for person in sorted(claims, key=lambda p: p.party)]
        self.sent.append(Sent(message, tuple(signers), ()))
        self.filings[self.house.digest(message)] = message
        if self.send(message, *signers).fault is None and attested:
            self.take_on(self.house.digest(message))

    def go_to_the_window(
        self, data: st.DataObject, subject: str, holder: Person, rights: int
    ) -> None:
        held = self.model.rights.get(id_of(subject, holder.party))
        if held is not None:
            before = data.draw(
                uniform([RENEWAL_WINDOW + 1, RENEWAL_WINDOW, 9 * DAY, 2 * DAY, DAY, 0, -1])
            )
            moment = held.earliest(rights) - before
            self.house.now = self.model.now = max(moment, self.house.now)

    def take_on(self, id: str) -> None:
        """From filing to attestation, as far as it goes."""
        self.together("accept", [id])
        if self.model.record(id).kind in later.NOTICED:
            self.together("publish", [id])
            if self.model.record(id).state == State.PUBLISHED:
                until = self.model.record(id).until
                self.house.now = self.model.now = until + GRACE + 1
        self.together("attest", [id])

    @rule(
        data=st.data(),
        verb=uniform(["remark"] * 3 + ["lift", "cancel", "execute", "execute"]),
        officer=uniform([APPROVING] * 6 + [REVIEWING, OTHER_REVIEWING]),
        rights=uniform([1, 2, 4, 7, 7, 0, 8]),
        acts=uniform([1 << 2, 1 << 2 | 1 << 5, 1 << 4, 0xFFFF, 0]),
        off=steps,
        receiver=uniform([ALICE, BOB, CAROL, None]),
        lapsed=uniform([False] * 4 + [True]),
    )
    def of_own_motion(
        self,
        data: st.DataObject,
        verb: str,
        officer: Person,
        rights: int,
        acts: int,
        off: int,
        receiver: Person | None,
        lapsed: bool,
    ) -> None:
        """An officer's act on what somebody holds, or held."""
        holdings = self.holdings(standing=not lapsed)
        if not holdings:
            return
        subject, holder = data.draw(uniform(holdings))
        right = id_of(subject, holder.party)
        held = self.model.rights[right]
        changes: dict[str, Any] = {
            "officer": officer.address,
            "step": max(held.step + off, 0),
            "registrar": OTHER_REGISTRAR if officer is OTHER_REVIEWING else REGISTRAR,
        }
        if verb in ("cancel", "execute"):
            changes["rights"] = rights & sum(held.ends) or rights
        message: Any
        if verb == "remark":
            until = self.house.now + data.draw(uniform([40 * DAY, 400 * DAY, 0, -1]))
            message = later.remark(
                self.house, right, rights=rights, acts=acts, until=until, **changes
            )
        elif verb == "lift":
            standing = [i for i, limit in enumerate(held.remarks) if limit] or [0]
            serial = data.draw(uniform(standing))
            message = later.lift(self.house, right, serial, **changes)
        elif verb == "cancel":
            message = later.cancel(self.house, right, ground=min(acts, 1), **changes)
        else:
            to = ZERO if receiver is None else receiver.party
            message = later.execute(self.house, subject, holder, to, **changes)
        self.send(message, officer)
        self.compare(subject)

    # --- again ----------------------------------------------------------------------------------

    @rule(data=st.data())
    @precondition(lambda self: bool(self.done))
    def send_again(self, data: st.DataObject) -> None:
        """I3: an act that was executed is never executed again, whatever happened meanwhile."""
        sent = data.draw(uniform(self.done))
        receipt = self.send(sent.message, *sent.signers, filings=sent.filings)
        if receipt.fault is None:
            # Acts on many records may have skipped some that they can serve now; none is served twice.
            assert hasattr(sent.message, "registrations")

    def void(self, data: st.DataObject) -> None:
        """I5: voided before it is sent, an act is refused for good."""
        id = self.some(data)
        act = self.house.accept(id, step=self.step_of(id))
        void = Void(act=self.house.digest(act), signer=REVIEWING.address, deadline=self.house.now)
        self.send(void, REVIEWING)
        assert self.send(act, REVIEWING).fault is not None


# More of them try more; these reach every verb in a minute.
SEEDS = 30
VERBS = {verb.__name__ for verb in Model.VERBS}
OBSTACLES = {
    "STEP_PASSED",
    "WRONG_STATE",
    "OTHER_REGISTRAR",
    "NOT_IN_PROFILE",
    "TOO_EARLY",
    "TOO_LATE",
    "OBJECTION_OPEN",
    "OBJECTION_UPHELD",
    "REGISTRAR_IS_APPLICANT",
    "NOT_THE_FILING",
    "NOT_AN_APPLICANT",
    "GATE_SHUT",
    "SUBJECT_NOT_ATTESTED",
    "NOT_HELD",
    "BARRED",
    "UNBALANCED",
    "RENEWAL_PENDING",
}


def test_the_contracts_answer_as_the_model_does() -> None:
    for number in range(SEEDS):
        # Several fixed seeds with few examples each, because hypothesis varies what it tried before.
        seed(number)(Procedure)
        run_state_machine_as_test(
            Procedure,
            settings=settings(
                max_examples=3,
                stateful_step_count=40,
                deadline=None,
                database=None,
                # A run that fails is one to read; to shrink it takes minutes.
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            ),
        )
    assert VERBS <= REACHED, f"never took effect: {VERBS - REACHED}"
    # Each obstacle has its own test elsewhere; here most are met in passing.
    assert len(OBSTACLES & REACHED) >= 14, f"never met: {OBSTACLES - REACHED}"
