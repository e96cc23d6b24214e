"""The registrar's desk: what its reviewer and its approver sign, through the same door as everyone."""

import time
from collections.abc import Callable, Sequence
from typing import Any

from registry.client import Client, Objections, Pending
from registry.errors import Mismatch, WouldRevert
from registry.hashes import canonical, content_hash
from registry.messages import ZERO, Message
from registry.objections.acts import CloseObjection, Conclude, NotifyHolder
from registry.registrations.acts import Accept, Attest, Publish, Resolve, commitment
from registry.rights.acts import Lift, Remark
from registry.rules import forms, profiles
from registry.rules.objections import Outcome
from registry.rules.rights import Exercise, Right
from registry.up import REGISTRAR, Staff

HOUR = 3600
YEAR = 365 * 86400
DISMISSED = 1
PATIENCE_SECONDS = 60


class Desk:
    """示范登记机构, number 990, which is fictitious."""

    def __init__(self, client: Client, staff: Staff) -> None:
        self.client = client
        self.staff = staff
        self.profile = profiles.load(profiles.DEMO)

    def review(self, registration: str) -> dict[str, Any]:
        """Reads the papers for review, logged, and judges them as the service did. Raises: Mismatch."""
        found = self.client.read(registration, self.staff.reviewer, "初次登记审查")
        assert isinstance(found, dict)
        record = self.client.registration(registration)["registration"]
        domain = self.client.domain(Accept)
        opened = commitment(
            salt=found["salt"],
            fingerprint=found["fingerprint"],
            form=content_hash(canonical(found["form"])),
            parties=tuple(each["party"] for each in record["applicants"]),
            chain_id=domain.chain_id,
            registrations=domain.contract,
        )
        if opened != record["data"]:
            raise Mismatch(f"the papers of {registration} open {opened}, not {record['data']}")
        forms.check(found["form"], profile=self.profile)
        return dict(found["form"])

    def accept(self, ids: Sequence[str]) -> str:
        return self._do(
            Accept(officer=self.staff.reviewer.address, **self._many(ids)), self.staff.reviewer
        )

    def publish(self, ids: Sequence[str], *, seconds: int) -> tuple[str, int]:
        """The act, and the last second of the notice."""
        until = int(time.time()) + seconds
        act = Publish(
            officer=self.staff.reviewer.address,
            profile=self.profile.number,
            until=until,
            receipt=ZERO,
            effective=0,
            **self._many(ids),
        )
        return self._do(act, self.staff.reviewer), until

    def dismiss(self, registration: str, objector: str, decision: str) -> str:
        """Dismisses an objection; `decision` is the hash of the reasons."""
        act = Resolve(
            registrar=REGISTRAR,
            officer=self.staff.reviewer.address,
            registration=registration,
            objectors=(objector,),
            serials=(0,),
            outcome=DISMISSED,
            decision=decision,
            deadline=int(time.time()) + HOUR,
        )
        return self._do(act, self.staff.reviewer)

    def attest(self, ids: Sequence[str], *, expiry: int | None = None) -> str:
        """Raises: WouldRevert while the notice or its grace runs, or an objection is open."""
        act = Attest(
            officer=self.staff.approver.address,
            profile=self.profile.number,
            expiry=expiry or int(time.time()) + 3 * YEAR,
            receipt=ZERO,
            effective=0,
            **self._many(ids),
        )
        return self._do(act, self.staff.approver)

    def attest_when_allowed(self, ids: Sequence[str], *, expiry: int | None = None) -> str:
        """Asks again until the contract's clocks have run out."""
        return _once_allowed(lambda: self.attest(ids, expiry=expiry))

    def remark(self, right: str, kind: int, instrument: str, rights: Right, acts: Exercise) -> int:
        """Bars acts on rights for a year; the remark's serial."""
        found = self.client.right(right)["right"]
        act = Remark(
            registrar=REGISTRAR,
            officer=self.staff.reviewer.address,
            right=right,
            step=found["step"],
            kind=kind,
            instrument=instrument,
            rights=int(rights),
            acts=int(acts),
            until=int(time.time()) + YEAR,
            deadline=int(time.time()) + HOUR,
        )
        self._do(act, self.staff.reviewer)
        return len(found["remarks"])

    def lift(self, right: str, serial: int, instrument: str) -> str:
        act = Lift(
            registrar=REGISTRAR,
            officer=self.staff.reviewer.address,
            right=right,
            step=self.client.right(right)["right"]["step"],
            serial=serial,
            instrument=instrument,
            deadline=int(time.time()) + HOUR,
        )
        return self._do(act, self.staff.reviewer)

    def tell_holders(self, objection: str, notice: str, *, seconds: int) -> str:
        """Tells the holders of an objection to what stands registered (guide art. 29 ¶2)."""
        act = NotifyHolder(
            notice=notice,
            until=int(time.time()) + seconds,
            officer=self.staff.reviewer.address,
            **self._on(objection),
        )
        return self._do(act, self.staff.reviewer)

    def conclude(self, objection: str, outcome: Outcome, decision: str, *, seconds: int) -> str:
        act = Conclude(
            outcome=int(outcome),
            decision=decision,
            until=int(time.time()) + seconds,
            officer=self.staff.reviewer.address,
            **self._on(objection),
        )
        return self._do(act, self.staff.reviewer)

    def close(self, objection: str, measure: str = ZERO) -> str:
        """`measure` is the digest of the act that did what followed, if anything did."""
        act = CloseObjection(
            measure=measure, officer=self.staff.approver.address, **self._on(objection)
        )
        return self._do(act, self.staff.approver)

    def _on(self, objection: str) -> dict[str, Any]:
        step = Objections(self.client).step(objection)
        deadline = int(time.time()) + HOUR
        return {"registrar": REGISTRAR, "objection": objection, "step": step, "deadline": deadline}

    def _do(self, act: Message, key: Any) -> str:
        return str(self.client.wait(self.client.send(act, key).digest)["digest"])

    def _many(self, ids: Sequence[str]) -> dict[str, Any]:
        steps = tuple(self.client.registration(id)["registration"]["step"] for id in ids)
        return {
            "registrar": REGISTRAR,
            "registrations": tuple(ids),
            "steps": steps,
            "deadline": int(time.time()) + HOUR,
        }


def _once_allowed(act: Callable[[], str]) -> str:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            return act()
        except WouldRevert as e:
            if time.monotonic() > deadline:
                raise Pending(f"the contract still refuses: {e.detail}") from e
            time.sleep(0.5)
