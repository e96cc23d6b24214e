"""The procedure as a plain Python model: what the contracts ought to answer to any act at any time.

It knows keys, not signatures: an act comes with the addresses that truly signed it. Written from the
interfaces, so that two readings of them are compared act by act.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import IntEnum
from typing import Any, ClassVar

from registry.messages import ZERO, Message, Void, address_of
from registry.parties import ReplaceKey
from registry.registrations.acts import (
    Accept,
    Attest,
    Claim,
    Correct,
    DeemAccepted,
    File,
    Object,
    Publish,
    Refuse,
    RequestCorrection,
    RequestSupplement,
    Resolve,
    Supplement,
    Terminate,
    Withdraw,
)
from registry.rights.acts import Cancel, Execute, Lift, Remark
from registry.rights.questions import id_of
from registry.rules.profiles import Kind
from registry.rules.states import PENDING, State
from tests.contracts.evm import Fault
from tests.contracts.house import APPROVER, REVIEWER, Standing


class Obstacle(IntEnum):
    """Numbered as on chain; compared with the interface by test_in_step.py."""

    NONE = 0
    STEP_PASSED = 1
    WRONG_STATE = 2
    OTHER_REGISTRAR = 3
    NOT_IN_PROFILE = 4
    TOO_EARLY = 5
    TOO_LATE = 6
    TOO_LONG = 7
    OBJECTION_OPEN = 8
    OBJECTION_UPHELD = 9
    REVIEWER_IS_APPROVER = 10
    REGISTRAR_IS_APPLICANT = 11
    NOT_THE_FILING = 12
    NOT_AN_APPLICANT = 13
    GATE_SHUT = 14
    SERIALS_SPENT = 15
    TOO_MANY_OBJECTIONS = 16
    SUBJECT_NOT_ATTESTED = 17
    NOT_HELD = 18
    BARRED = 19
    UNBALANCED = 20
    RENEWAL_PENDING = 21
    NOT_REVIEWED = 22
    TOO_SHORT = 23


UPHELD = 2
LAST_SERIAL = 9999
LAST_STEP_TO_OBJECT = LAST_STEP_TO_ALTER = 60_000
LAST_STEP = 65_535
MOST_REMARKS = 255
ALL_RIGHTS, GIVEN = 7, 8
BITS = (1, 2, 4)


@dataclass(frozen=True)
class Terms:
    """What the chain enforces of a profile. Seconds; `is_shut` stands for the gate."""

    prefix: str = ""
    silence: int = 0
    notice: int = 0
    grace: int = 0
    validity: int = 0
    renewal: int = 0
    kinds: int = 0
    noticed: int = 0
    coded: int = 0
    bears: int = 0
    is_shut: Callable[[str], bool] = lambda party: False


@dataclass(frozen=True)
class Rec:
    """One registration."""

    state: State = State.NONE
    step: int = 0
    registrar: int = 0
    profile: int = 0
    kind: int = 0
    open: int = 0
    upheld: bool = False
    changed: int = 0
    until: int = 0
    reviewer: str = ""


@dataclass(frozen=True)
class Limit:
    """What stands of a remark; a mere record names no right."""

    kind: int
    rights: int
    acts: int
    until: int

    def bars(self, rights: int, act: int, moment: int) -> bool:
        return bool(self.until >= moment and self.rights & rights and self.acts >> act & 1)


@dataclass(frozen=True)
class Held:
    """What one party holds from one registration: the end of each right by its bit."""

    since: int
    ends: dict[int, int]
    registrar: int
    step: int = 0
    # By serial; None once lifted.
    remarks: tuple[Limit | None, ...] = ()
    renewing: int = 0
    renewal: str = ""

    def earliest(self, rights: int) -> int:
        """Zero when one of the rights is not held."""
        return min(self.ends.get(bit, 0) for bit in bits(rights))

    def latest(self, rights: int) -> int:
        return max(self.ends.get(bit, 0) for bit in bits(rights))

    def until(self, rights: int, end: int, **changes: Any) -> "Held":
        ends = {bit: e for bit, e in self.ends.items() if not bit & rights}
        if end:
            ends |= dict.fromkeys(bits(rights), end)
        return replace(self, ends=ends, step=self.step + 1, **changes)


def bits(rights: int) -> list[int]:
    return [bit for bit in BITS if bit & rights]


class Refusal(Exception):
    def __init__(self, error: str, *members: Any) -> None:
        self.fault = Fault(error, members)


@dataclass
class Model:
    """Everything the contracts remember. `now` is in Unix seconds."""

    now: int
    profiles: dict[int, Terms]
    suspended: set[int] = field(default_factory=set)
    officers: dict[tuple[int, str], int] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    key_steps: dict[str, int] = field(default_factory=dict)
    voided: set[tuple[str, str]] = field(default_factory=set)
    halted_until: int = 0
    records: dict[str, Rec] = field(default_factory=dict)
    objections: dict[tuple[str, str], tuple[int, bool]] = field(default_factory=dict)
    # right → what is held under it
    rights: dict[str, Held] = field(default_factory=dict)
    serials: dict[tuple[int, int], int] = field(default_factory=dict)
    skipped: list[tuple[str, Obstacle]] = field(default_factory=list)
    month_of: Callable[[int], int] = lambda moment: 0

    def apply(
        self,
        act: str,
        message: Message,
        signers: tuple[str, ...],
        filings: tuple[tuple[str, File], ...] = (),
    ) -> Fault | None:
        """Why the act `act` is refused, or None when it took effect.

        `filings` are the witnesses with their digests. What an act on many records skipped is in
        `skipped`.
        """
        before = replace_all(self)
        self.skipped = []
        try:
            self.VERBS[type(message)](self, act, message, signers, filings)
        except Refusal as refusal:
            self.__dict__.update(before)
            return refusal.fault
        return None

    def record(self, registration: str) -> Standing:
        r = self.records.get(registration, Rec())
        return Standing(
            int(r.state),
            r.step,
            r.registrar,
            r.profile,
            r.kind,
            r.open,
            r.upheld,
            r.changed,
            r.until,
        )

    def key_of(self, party: str) -> str:
        return self.keys.get(party, address_of(party))

    # --- who signed -----------------------------------------------------------------------------

    def _live(self, deadline: int) -> None:
        if self.now > deadline:
            raise Refusal("DeadlinePassed", deadline)

    def _signed(self, act: str, key: str, deadline: int, signer: str) -> None:
        self._live(deadline)
        if (act, key) in self.voided:
            raise Refusal("ActIsVoid", act)
        if signer != key:
            raise Refusal("SignatureRefused", key)

    def _officer(
        self, act: str, m: Any, role: int, signers: tuple[str, ...], *, records: bool = False
    ) -> None:
        """One who `records` what others have ordered may do so for a suspended registrar."""
        roles = self.officers.get((m.registrar, m.officer), 0)
        if (m.registrar in self.suspended and not records) or not roles & role:
            raise Refusal("NotAnOfficer", m.registrar, m.officer, role)
        self._signed(act, m.officer, m.deadline, signers[0])

    def _applicant(
        self,
        act: str,
        m: Any,
        signers: tuple[str, ...],
        filings: tuple[tuple[str, File], ...],
    ) -> None:
        digest, filing = filings[0]
        if digest != m.registration:
            raise Refusal("Hindered", m.registration, Obstacle.NOT_THE_FILING)
        if m.party not in filing.parties():
            raise Refusal("Hindered", m.registration, Obstacle.NOT_AN_APPLICANT)
        self._signed(act, self.key_of(m.party), m.deadline, signers[0])

    # --- where a record stands ------------------------------------------------------------------

    @staticmethod
    def _obstacle(r: Rec, expected: State, step: int, registrar: int) -> Obstacle:
        if r.step != step:
            return Obstacle.STEP_PASSED
        if r.state != expected:
            return Obstacle.WRONG_STATE
        return Obstacle.NONE if r.registrar == registrar else Obstacle.OTHER_REGISTRAR

    def _pending_obstacle(self, r: Rec, step: int, registrar: int) -> Obstacle:
        if r.state not in PENDING:
            return Obstacle.WRONG_STATE
        return self._obstacle(r, r.state, step, registrar)

    @staticmethod
    def _require(registration: str, obstacle: Obstacle) -> None:
        if obstacle:
            raise Refusal("Hindered", registration, obstacle)

    def _move(self, registration: str, to: State, **changes: Any) -> None:
        r = self.records.get(registration, Rec())
        self.records[registration] = replace(
            r, state=to, step=r.step + 1, changed=self.now, **changes
        )

    def _terms(self, profile: int) -> Terms:
        return self.profiles.get(profile, Terms())

    def _knows(self, r: Rec) -> bool:
        return bool(self._terms(r.profile).kinds >> r.kind & 1)

    def _many(
        self, m: Any, obstacle_of: Callable[[int, Rec], Obstacle], serve: Callable[[int], None]
    ) -> None:
        last = Obstacle.NONE
        for i, registration in enumerate(m.registrations):
            last = obstacle_of(i, self.records.get(registration, Rec()))
            if last:
                self.skipped.append((registration, last))
            else:
                serve(i)
        if len(self.skipped) == len(m.registrations):
            raise Refusal("Hindered", m.registrations[-1], last)

    # --- verbs ----------------------------------------------------------------------------------

    def _file(self, act: str, m: File, signers: tuple[str, ...], _: Any) -> None:
        if self.halted_until >= self.now:
            raise Refusal("FilingsAreHalted", self.halted_until)
        self._live(m.deadline)
        if act in self.records:
            raise Refusal("AlreadyFiled", act)
        if not 1 <= len(m.claims) <= 32:
            raise Refusal("WrongClaims", len(m.claims))
        if len(signers) != len(m.claims):
            raise Refusal("WrongNumber", len(signers), len(m.claims))
        last = "0x" + "00" * 32
        for i, claim in enumerate(m.claims):
            most = ALL_RIGHTS | GIVEN if m.kind == Kind.TRANSFER else ALL_RIGHTS
            if claim.party <= last or not claim.rights & ALL_RIGHTS or claim.rights > most:
                raise Refusal("WrongClaims", i)
            last = claim.party
            key = self.key_of(claim.party)
            if signers[i] != key:
                raise Refusal("SignatureRefused", key)
        if m.kind != Kind.INITIAL or m.subject != ZERO:
            self._subject(act, m)
        self.records[act] = Rec(
            State.SUBMITTED, 1, m.registrar, m.profile, m.kind, changed=self.now
        )
        if m.kind == Kind.RENEWAL:
            for claim in m.claims:
                self._announce(act, m, claim)

    def _subject(self, act: str, m: File) -> None:
        if m.kind == Kind.INITIAL or m.subject == ZERO:
            raise Refusal("WrongSubject", m.kind, m.subject)
        subject = self.records.get(m.subject, Rec())
        if subject.state is not State.ATTESTED or subject.registrar != m.registrar:
            self._require(act, Obstacle.SUBJECT_NOT_ATTESTED)
        if self._terms(subject.profile).prefix != self._terms(m.profile).prefix:
            self._require(act, Obstacle.NOT_IN_PROFILE)

    def _announce(self, act: str, m: File, claim: Claim) -> None:
        right = id_of(m.subject, claim.party)
        held = self.rights.get(right)
        if held is None or held.earliest(claim.rights) < self.now:
            raise Refusal("Hindered", act, Obstacle.NOT_HELD)
        if held.latest(claim.rights) > self.now + self._terms(m.profile).renewal:
            raise Refusal("Hindered", act, Obstacle.TOO_EARLY)
        if self._is_renewing(held):
            raise Refusal("Hindered", act, Obstacle.RENEWAL_PENDING)
        self.rights[right] = replace(held, renewing=claim.rights, renewal=act)

    def _accept(self, act: str, m: Accept, signers: tuple[str, ...], _: Any) -> None:
        self._officer(act, m, REVIEWER, signers)
        equal(len(m.steps), len(m.registrations))

        def obstacle_of(i: int, r: Rec) -> Obstacle:
            found = self._obstacle(r, State.SUBMITTED, m.steps[i], m.registrar)
            return found or (Obstacle.NONE if self._knows(r) else Obstacle.NOT_IN_PROFILE)

        def serve(i: int) -> None:
            self._move(m.registrations[i], State.ACCEPTED, until=0, reviewer=m.officer)

        self._many(m, obstacle_of, serve)

    def _deem_accepted(self, act: str, m: DeemAccepted, signers: tuple[str, ...], _: Any) -> None:
        r = self.records.get(m.registration, Rec())
        self._signed(act, m.sender, m.deadline, signers[0])
        self._require(m.registration, self._obstacle(r, State.SUBMITTED, m.step, r.registrar))
        if not self._knows(r):
            self._require(m.registration, Obstacle.NOT_IN_PROFILE)
        if self.now < r.changed + self.profiles[r.profile].silence:
            self._require(m.registration, Obstacle.TOO_EARLY)
        self._move(m.registration, State.ACCEPTED)

    def _request(
        self, act: str, m: Any, signers: tuple[str, ...], before: State, after: State
    ) -> None:
        r = self.records.get(m.registration, Rec())
        self._officer(act, m, REVIEWER, signers)
        self._require(m.registration, self._obstacle(r, before, m.step, m.registrar))
        if m.until <= self.now:
            raise Refusal("WrongMoment", m.until)
        self._move(m.registration, after, until=m.until)

    def _request_correction(
        self, act: str, m: RequestCorrection, signers: tuple[str, ...], _: Any
    ) -> None:
        self._request(act, m, signers, State.SUBMITTED, State.CORRECTION_REQUESTED)

    def _request_supplement(
        self, act: str, m: RequestSupplement, signers: tuple[str, ...], _: Any
    ) -> None:
        self._request(act, m, signers, State.ACCEPTED, State.SUPPLEMENT_REQUESTED)

    def _answer(
        self,
        act: str,
        m: Any,
        signers: tuple[str, ...],
        filings: tuple[tuple[str, File], ...],
        before: State,
        after: State,
    ) -> None:
        r = self.records.get(m.registration, Rec())
        self._applicant(act, m, signers, filings)
        self._require(m.registration, self._obstacle(r, before, m.step, r.registrar))
        if before is State.CORRECTION_REQUESTED and self.now > r.until:
            self._require(m.registration, Obstacle.TOO_LATE)
        self._move(m.registration, after)

    def _correct(self, act: str, m: Correct, signers: tuple[str, ...], filings: Any) -> None:
        self._answer(act, m, signers, filings, State.CORRECTION_REQUESTED, State.SUBMITTED)

    def _supplement(self, act: str, m: Supplement, signers: tuple[str, ...], filings: Any) -> None:
        self._answer(act, m, signers, filings, State.SUPPLEMENT_REQUESTED, State.ACCEPTED)

    def _publish(self, act: str, m: Publish, signers: tuple[str, ...], _: Any) -> None:
        self._officer(act, m, REVIEWER, signers)
        equal(len(m.steps), len(m.registrations))
        if m.effective > self.now:
            raise Refusal("WrongMoment", m.effective)
        if m.until < self.now + self._terms(m.profile).notice:
            raise Refusal("WrongMoment", m.until)

        def obstacle_of(i: int, r: Rec) -> Obstacle:
            asked = r.state is State.SUPPLEMENT_REQUESTED
            state = State.SUPPLEMENT_REQUESTED if asked else State.ACCEPTED
            found = self._obstacle(r, state, m.steps[i], m.registrar)
            same = r.profile == m.profile
            return found or (Obstacle.NONE if same else Obstacle.NOT_IN_PROFILE)

        def serve(i: int) -> None:
            self._move(m.registrations[i], State.PUBLISHED, until=m.until, reviewer=m.officer)

        self._many(m, obstacle_of, serve)

    def _object(self, act: str, m: Object, signers: tuple[str, ...], _: Any) -> None:
        r = self.records.get(m.registration, Rec())
        made, is_open = self.objections.get((m.registration, m.objector), (0, False))
        self._signed(act, self.key_of(m.objector), m.deadline, signers[0])
        if r.state is not State.PUBLISHED:
            self._require(m.registration, Obstacle.WRONG_STATE)
        if made != m.serial:
            self._require(m.registration, Obstacle.STEP_PASSED)
        if is_open:
            self._require(m.registration, Obstacle.OBJECTION_OPEN)
        if r.open == 255 or r.step > LAST_STEP_TO_OBJECT:
            self._require(m.registration, Obstacle.TOO_MANY_OBJECTIONS)
        self.objections[m.registration, m.objector] = made + 1, True
        self._move(m.registration, State.PUBLISHED, open=r.open + 1)

    def _resolve(self, act: str, m: Resolve, signers: tuple[str, ...], _: Any) -> None:
        r = self.records.get(m.registration, Rec())
        self._officer(act, m, REVIEWER, signers)
        equal(len(m.serials), len(m.objectors))
        if m.outcome == 0 or not m.objectors:
            raise Refusal("NoDecision")
        found = self._obstacle(r, State.PUBLISHED, r.step, m.registrar)
        self._require(m.registration, found)
        for objector, serial in zip(m.objectors, m.serials, strict=True):
            made, is_open = self.objections.get((m.registration, objector), (0, False))
            if not is_open or made != serial + 1:
                self._require(m.registration, Obstacle.STEP_PASSED)
            self.objections[m.registration, objector] = made, False
            r = self.records[m.registration]
            upheld = r.upheld or m.outcome == UPHELD
            self._move(m.registration, State.PUBLISHED, open=r.open - 1, upheld=upheld)

    def _attest(
        self,
        act: str,
        m: Attest,
        signers: tuple[str, ...],
        filings: tuple[tuple[str, File], ...],
    ) -> None:
        self._officer(act, m, APPROVER, signers)
        equal(len(m.steps), len(m.registrations))
        equal(len(filings), len(m.registrations))
        terms = self._terms(m.profile)
        since = m.effective or self.now
        if since > self.now:
            raise Refusal("WrongMoment", since)
        if m.expiry < self.now:
            raise Refusal("WrongMoment", m.expiry)
        stem = m.registrar, self.month_of(since)

        def obstacle_of(i: int, r: Rec) -> Obstacle:
            if terms.coded >> r.kind & 1 and self.serials.get(stem, 0) == LAST_SERIAL:
                return Obstacle.SERIALS_SPENT
            digest, filing = filings[i]
            id = m.registrations[i]
            found = self._attest_obstacle(m, m.steps[i], r, terms, since, digest, filing, id)
            if found or r.kind == Kind.INITIAL:
                return found
            return self._alter_obstacle(id, filing, since, m.expiry, terms)

        def serve(i: int) -> None:
            id, filing = m.registrations[i], filings[i][1]
            kind = self.records[id].kind
            if terms.coded >> kind & 1:
                self.serials[stem] = self.serials.get(stem, 0) + 1
            self._move(id, State.ATTESTED, until=m.expiry)
            if kind == Kind.INITIAL:
                for claim in filing.claims:
                    self._bear(id, claim, since, m.expiry, m.registrar)
            else:
                self._alter(id, filing, since, m.expiry)

        self._many(m, obstacle_of, serve)

    def _attest_obstacle(
        self,
        m: Attest,
        step: int,
        r: Rec,
        terms: Terms,
        since: int,
        digest: str,
        filing: File,
        registration: str,
    ) -> Obstacle:
        found = self._obstacle(r, State.PUBLISHED, step, m.registrar)
        if not found:
            if self.now <= r.until + terms.grace or since <= r.until:
                return Obstacle.TOO_EARLY
        elif found is Obstacle.WRONG_STATE and not terms.noticed >> r.kind & 1:
            found = self._obstacle(r, State.ACCEPTED, step, m.registrar)
            if not found and not r.reviewer:
                return Obstacle.NOT_REVIEWED
            if not found and since < r.changed:
                return Obstacle.TOO_EARLY
        if found:
            return found
        if r.profile != m.profile:
            return Obstacle.NOT_IN_PROFILE
        if r.open:
            return Obstacle.OBJECTION_OPEN
        if r.upheld:
            return Obstacle.OBJECTION_UPHELD
        if r.reviewer == m.officer:
            return Obstacle.REVIEWER_IS_APPROVER
        if digest != registration:
            return Obstacle.NOT_THE_FILING
        if r.kind == Kind.INITIAL and m.expiry - since > terms.validity:
            return Obstacle.TOO_LONG
        for claim in filing.claims:
            if claim.rights & ALL_RIGHTS & ~terms.bears:
                return Obstacle.NOT_IN_PROFILE
            if self.officers.get((m.registrar, self.key_of(claim.party)), 0):
                return Obstacle.REGISTRAR_IS_APPLICANT
            if terms.is_shut(claim.party):
                return Obstacle.GATE_SHUT
        return Obstacle.NONE

    # --- what is held ---------------------------------------------------------------------------

    def standing(self, right: str) -> int:
        """Which rights of an entry stand now."""
        held = self.rights.get(right)
        if held is None or self.now < held.since:
            return 0
        pending = held.renewing if self._is_renewing(held) else 0
        return sum(bit for bit, end in held.ends.items() if end >= self.now or bit & pending)

    def is_barred(self, right: str, rights: int, act: int) -> bool:
        remarks = self.rights[right].remarks if right in self.rights else ()
        return any(limit and limit.bars(rights, act, self.now) for limit in remarks)

    def _is_renewing(self, held: Held) -> bool:
        r = self.records.get(held.renewal, Rec())
        lapsed = r.state is State.CORRECTION_REQUESTED and self.now > r.until
        return r.state in PENDING and not lapsed

    def _bear(self, id: str, claim: Claim, since: int, end: int, registrar: int) -> None:
        ends = dict.fromkeys(bits(claim.rights), end)
        self.rights[id_of(id, claim.party)] = Held(since, ends, registrar)

    def _alter_obstacle(
        self, id: str, filing: File, since: int, expiry: int, terms: Terms
    ) -> Obstacle:
        if filing.kind == Kind.CORRECTION:
            return Obstacle.NONE
        givers = [c for c in filing.claims if c.rights & GIVEN or filing.kind != Kind.TRANSFER]
        remarks = 0
        for claim in givers:
            rights = claim.rights & ALL_RIGHTS
            right = id_of(filing.subject, claim.party)
            held = self.rights.get(right)
            stands = self.standing(right)
            if held and filing.kind == Kind.TRANSFER:
                # A right past its end stands for its holder's renewal alone.
                stands = sum(bit for bit, end in held.ends.items() if end >= self.now)
            if held is None or rights & ~stands:
                return Obstacle.NOT_HELD
            if held.step >= LAST_STEP_TO_ALTER:
                return Obstacle.STEP_PASSED
            if self.is_barred(right, rights, filing.kind):
                return Obstacle.BARRED
            remarks += sum(limit is not None for limit in held.remarks)
            if filing.kind == Kind.TRANSFER and remarks > MOST_REMARKS:
                return Obstacle.BARRED
            if filing.kind == Kind.RENEWAL:
                if held.renewal != id:
                    return Obstacle.STEP_PASSED
                if expiry < held.latest(rights):
                    return Obstacle.TOO_SHORT
                if expiry > max(held.earliest(rights), since) + terms.validity:
                    return Obstacle.TOO_LONG
        if filing.kind == Kind.TRANSFER:
            for bit in BITS:
                named = [c for c in filing.claims if c.rights & bit]
                if 2 * sum(c.rights & GIVEN != 0 for c in named) != len(named):
                    return Obstacle.UNBALANCED
        return Obstacle.NONE

    def _alter(self, id: str, filing: File, since: int, expiry: int) -> None:
        for claim in filing.claims:
            right = id_of(filing.subject, claim.party)
            rights = claim.rights & ALL_RIGHTS
            if filing.kind == Kind.AMENDMENT:
                held = self.rights[right]
                self.rights[right] = replace(held, step=held.step + 1)
            elif filing.kind == Kind.RENEWAL:
                self.rights[right] = self.rights[right].until(
                    rights, expiry, renewing=0, renewal=""
                )
            elif filing.kind == Kind.CANCELLATION:
                self.rights[right] = self.rights[right].until(rights, 0)
        if filing.kind == Kind.TRANSFER:
            self._transfer(id, filing, since, expiry)

    def _transfer(self, id: str, filing: File, since: int, expiry: int) -> None:
        givers = {id_of(filing.subject, c.party): c for c in filing.claims if c.rights & GIVEN}
        end = min(
            expiry, *(self.rights[g].earliest(c.rights & ALL_RIGHTS) for g, c in givers.items())
        )
        registrar = self.records[id].registrar
        for claim in filing.claims:
            if claim.rights & GIVEN:
                continue
            self._bear(id, claim, since, end, registrar)
            carried = [
                limit if not limit.rights else replace(limit, rights=limit.rights & moved)
                for giver, c in givers.items()
                if (moved := c.rights & claim.rights)
                for limit in self.rights[giver].remarks
                if limit
                and (not limit.rights or (limit.rights & moved and limit.until >= self.now))
            ]
            right = id_of(id, claim.party)
            self.rights[right] = replace(
                self.rights[right], remarks=tuple(carried), step=len(carried)
            )
        for giver, claim in givers.items():
            self.rights[giver] = self.rights[giver].until(claim.rights & ALL_RIGHTS, 0)

    # --- acts of the registrar's officers on what is held ---------------------------------------

    def _held(self, right: str, m: Any) -> Held:
        held = self.rights.get(right)
        if held is None:
            raise Refusal("Hindered", right, Obstacle.NOT_HELD)
        if held.step != m.step or m.step == LAST_STEP:
            raise Refusal("Hindered", right, Obstacle.STEP_PASSED)
        if held.registrar != m.registrar:
            raise Refusal("Hindered", right, Obstacle.OTHER_REGISTRAR)
        return held

    @staticmethod
    def _require_rights(right: str, held: Held, rights: int) -> None:
        if not 1 <= rights <= ALL_RIGHTS:
            raise Refusal("WrongRights", rights)
        if held.earliest(rights) == 0:
            raise Refusal("Hindered", right, Obstacle.NOT_HELD)

    def _remark(self, act: str, m: Remark, signers: tuple[str, ...], _: Any) -> None:
        held = self._held(m.right, m)
        wrong = Refusal("WrongLimit", m.rights, m.acts, m.until)
        bars = bool(m.rights and m.acts and m.until >= self.now)
        if not bars and (m.rights or m.acts):
            raise wrong
        if m.rights > ALL_RIGHTS or m.kind == 0:
            raise wrong
        self._officer(act, m, REVIEWER | APPROVER, signers, records=True)
        if len(held.remarks) == MOST_REMARKS:
            raise wrong
        limit = Limit(m.kind, m.rights, m.acts, m.until)
        self.rights[m.right] = replace(held, step=held.step + 1, remarks=(*held.remarks, limit))

    def _lift(self, act: str, m: Lift, signers: tuple[str, ...], _: Any) -> None:
        held = self._held(m.right, m)
        if m.serial >= len(held.remarks) or held.remarks[m.serial] is None:
            raise Refusal("Hindered", m.right, Obstacle.STEP_PASSED)
        self._officer(act, m, REVIEWER | APPROVER, signers, records=True)
        left = tuple(None if i == m.serial else r for i, r in enumerate(held.remarks))
        self.rights[m.right] = replace(held, step=held.step + 1, remarks=left)

    def _cancel(self, act: str, m: Cancel, signers: tuple[str, ...], _: Any) -> None:
        held = self._held(m.right, m)
        self._require_rights(m.right, held, m.rights)
        if m.ground == 0:
            raise Refusal("NoDecision")
        if self.is_barred(m.right, m.rights, Kind.CANCELLATION):
            raise Refusal("Hindered", m.right, Obstacle.BARRED)
        self._officer(act, m, APPROVER, signers)
        self.rights[m.right] = held.until(m.rights, 0)

    def _execute(self, act: str, m: Execute, signers: tuple[str, ...], _: Any) -> None:
        right = id_of(m.registration, m.holder)
        held = self._held(right, m)
        self._require_rights(right, held, m.rights)
        if m.instrument == ZERO:
            raise Refusal("NoDecision")
        if m.receiver == m.holder:
            raise Refusal("SameParty", m.receiver)
        self._officer(act, m, APPROVER, signers, records=True)
        end = held.earliest(m.rights)
        if m.receiver != ZERO and end < self.now:
            raise Refusal("Hindered", right, Obstacle.NOT_HELD)
        self.rights[right] = held.until(m.rights, 0)
        if m.receiver == ZERO:
            return
        other = id_of(m.registration, m.receiver)
        if other not in self.rights:
            ends = dict.fromkeys(bits(m.rights), end)
            self.rights[other] = Held(self.now, ends, m.registrar)
        elif self.standing(other) & m.rights:
            raise Refusal("WrongRights", m.rights)
        else:
            self.rights[other] = self.rights[other].until(m.rights, end)

    def _refuse(self, act: str, m: Refuse, signers: tuple[str, ...], _: Any) -> None:
        r = self.records.get(m.registration, Rec())
        self._officer(act, m, REVIEWER, signers)
        self._require(m.registration, self._pending_obstacle(r, m.step, m.registrar))
        if m.ground == 0:
            raise Refusal("NoDecision")
        self._move(m.registration, State.REFUSED)

    def _terminate(self, act: str, m: Terminate, signers: tuple[str, ...], _: Any) -> None:
        r = self.records.get(m.registration, Rec())
        self._officer(act, m, REVIEWER, signers)
        found = self._obstacle(r, State.SUPPLEMENT_REQUESTED, m.step, m.registrar)
        self._require(m.registration, found)
        if self.now <= r.until:
            self._require(m.registration, Obstacle.TOO_EARLY)
        self._move(m.registration, State.TERMINATED)

    def _withdraw(
        self,
        act: str,
        m: Withdraw,
        signers: tuple[str, ...],
        filings: tuple[tuple[str, File], ...],
    ) -> None:
        r = self.records.get(m.registration, Rec())
        self._applicant(act, m, signers, filings)
        if m.registration in self.records or m.step != 0:
            found = self._pending_obstacle(r, m.step, r.registrar)
            self._require(m.registration, found)
        self._move(m.registration, State.WITHDRAWN)

    def _void(self, act: str, m: Void, signers: tuple[str, ...], _: Any) -> None:
        self._live(m.deadline)
        if (m.act, m.signer) in self.voided:
            raise Refusal("ActIsVoid", m.act)
        if signers[0] != m.signer:
            raise Refusal("SignatureRefused", m.signer)
        self.voided.add((m.act, m.signer))

    def _replace_key(self, act: str, m: ReplaceKey, signers: tuple[str, ...], _: Any) -> None:
        if self.key_steps.get(m.party, 0) != m.step:
            raise Refusal("PartyStepPassed", m.party, m.step)
        if len(signers) != 2:
            raise Refusal("TwoSignatures")
        # Both contracts that take acts keep their own voids; no act here is voided at Parties.
        for key, signer in zip((self.key_of(m.party), m.key), signers, strict=True):
            self._live(m.deadline)
            if signer != key:
                raise Refusal("SignatureRefused", key)
        self.keys[m.party] = m.key
        self.key_steps[m.party] = m.step + 1

    VERBS: ClassVar[dict[type[Message], Callable[..., None]]] = {
        File: _file,
        Accept: _accept,
        DeemAccepted: _deem_accepted,
        RequestCorrection: _request_correction,
        Correct: _correct,
        RequestSupplement: _request_supplement,
        Supplement: _supplement,
        Publish: _publish,
        Object: _object,
        Resolve: _resolve,
        Attest: _attest,
        Refuse: _refuse,
        Terminate: _terminate,
        Withdraw: _withdraw,
        Void: _void,
        ReplaceKey: _replace_key,
        Remark: _remark,
        Lift: _lift,
        Cancel: _cancel,
        Execute: _execute,
    }


def equal(got: int, expected: int) -> None:
    if got != expected or got == 0:
        raise Refusal("WrongNumber", got, expected)


def replace_all(model: Model) -> dict[str, Any]:
    """What a refused act must restore."""
    return {
        name: value.copy() if isinstance(value, dict | set | list) else value
        for name, value in model.__dict__.items()
    }
