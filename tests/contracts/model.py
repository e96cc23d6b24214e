"""The procedure as a plain Python model: what the contracts ought to answer to any act at any time.

It knows keys, not signatures: an act comes with the addresses that truly signed it. Written from the
interfaces, so that two readings of them are compared act by act.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import IntEnum
from typing import Any, ClassVar

from registry.messages import Message, Void, address_of
from registry.parties import ReplaceKey
from registry.registrations.acts import (
    Accept,
    Attest,
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


UPHELD = 2
LAST_SERIAL = 9999
LAST_STEP_TO_OBJECT = 60_000


@dataclass(frozen=True)
class Terms:
    """What the chain enforces of a profile. Seconds; `is_shut` stands for the gate."""

    silence: int
    notice: int
    grace: int
    validity: int
    kinds: int
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
    # (registration, party) → rights, since, expiry
    rights: dict[tuple[str, str], tuple[int, int, int]] = field(default_factory=dict)
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

    def _officer(self, act: str, m: Any, role: int, signers: tuple[str, ...]) -> None:
        roles = self.officers.get((m.registrar, m.officer), 0)
        if m.registrar in self.suspended or not roles & role:
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

    def _knows(self, r: Rec) -> bool:
        terms = self.profiles.get(r.profile)
        return terms is not None and bool(terms.kinds >> r.kind & 1)

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
            if claim.party <= last or not 1 <= claim.rights <= 7:
                raise Refusal("WrongClaims", i)
            last = claim.party
            key = self.key_of(claim.party)
            if signers[i] != key:
                raise Refusal("SignatureRefused", key)
        self.records[act] = Rec(
            State.SUBMITTED, 1, m.registrar, m.profile, m.kind, changed=self.now
        )

    def _accept(self, act: str, m: Accept, signers: tuple[str, ...], _: Any) -> None:
        self._officer(act, m, REVIEWER, signers)
        equal(len(m.steps), len(m.registrations))

        def obstacle_of(i: int, r: Rec) -> Obstacle:
            found = self._obstacle(r, State.SUBMITTED, m.steps[i], m.registrar)
            return found or (Obstacle.NONE if self._knows(r) else Obstacle.NOT_IN_PROFILE)

        self._many(m, obstacle_of, lambda i: self._move(m.registrations[i], State.ACCEPTED))

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
        if self.now > r.until:
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
        terms = self.profiles.get(m.profile)
        if m.until < self.now + (terms.notice if terms else 0):
            raise Refusal("WrongMoment", m.until)

        def obstacle_of(i: int, r: Rec) -> Obstacle:
            found = self._obstacle(r, State.ACCEPTED, m.steps[i], m.registrar)
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
        if m.outcome == 0:
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
        terms = self.profiles.get(m.profile, Terms(0, 0, 0, 0, 0))
        since = m.effective or self.now
        if since > self.now:
            raise Refusal("WrongMoment", since)
        if not since <= m.expiry <= since + terms.validity:
            raise Refusal("WrongMoment", m.expiry)
        stem = m.registrar, self.month_of(since)

        def obstacle_of(i: int, r: Rec) -> Obstacle:
            found = self._obstacle(r, State.PUBLISHED, m.steps[i], m.registrar)
            if found:
                return found
            found = self._attest_obstacle(m, r, terms, since, *filings[i], m.registrations[i])
            if not found and self.serials.get(stem, 0) == LAST_SERIAL:
                return Obstacle.SERIALS_SPENT
            return found

        def serve(i: int) -> None:
            self.serials[stem] = self.serials.get(stem, 0) + 1
            self._move(m.registrations[i], State.ATTESTED, until=m.expiry)
            for claim in filings[i][1].claims:
                key = m.registrations[i], claim.party
                self.rights[key] = claim.rights, since, m.expiry

        self._many(m, obstacle_of, serve)

    def _attest_obstacle(
        self,
        m: Attest,
        r: Rec,
        terms: Terms,
        since: int,
        digest: str,
        filing: File,
        registration: str,
    ) -> Obstacle:
        if r.profile != m.profile:
            return Obstacle.NOT_IN_PROFILE
        if self.now <= r.until + terms.grace or since <= r.until:
            return Obstacle.TOO_EARLY
        if r.open:
            return Obstacle.OBJECTION_OPEN
        if r.upheld:
            return Obstacle.OBJECTION_UPHELD
        if r.reviewer == m.officer:
            return Obstacle.REVIEWER_IS_APPROVER
        if digest != registration:
            return Obstacle.NOT_THE_FILING
        for claim in filing.claims:
            if self.officers.get((m.registrar, self.key_of(claim.party)), 0):
                return Obstacle.REGISTRAR_IS_APPLICANT
            if terms.is_shut(claim.party):
                return Obstacle.GATE_SHUT
        return Obstacle.NONE

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
