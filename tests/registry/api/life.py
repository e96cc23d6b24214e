"""What is applied for, remarked and executed after an attestation, through the desk's door."""

import secrets
from dataclasses import dataclass
from typing import Any

from registry.hashes import canonical, content_hash, to_hex
from registry.keys import Key
from registry.messages import ZERO, party_of
from registry.registrations.acts import Attest, Claim, File, commitment
from registry.rights.acts import Cancel, Execute, Lift, Remark
from registry.rights.questions import id_of
from registry.rules import applications
from registry.rules.identifiers import make_fictitious_uscc
from registry.rules.profiles import Kind
from registry.rules.rights import Right, parse
from tests.registry.api.desk import PROFILE, Desk
from tests.registry.filed import fresh_root
from tests.registry.rules.sample_form import HASH, Form, a_form
from tests.registry.sandbox import REGISTRAR

DAY = 86_400
PAPER = "0x" + "5c" * 32


@dataclass
class Life:
    """One attested registration of one holder, and all that can be done about it."""

    desk: Desk
    holder: Key
    registration: str
    code: str
    root: str

    @staticmethod
    def begin(desk: Desk, holder: Key, *, days: int = 60, form: Form | None = None) -> "Life":
        """Attested for so many days, so that renewal may be applied for at once."""
        root = fresh_root()
        id = desk.file(holder, form=form or a_form(), fingerprint=root)
        desk.accept(id)
        desk.publish(id)
        life = Life(desk, holder, id, "", root)
        life.pass_notice()
        life.attest(id, expiry=desk.now() + days * DAY)
        life.code = desk.http.get(f"/v1/registrations/{id}").json()["registration"]["code"]
        return life

    @property
    def right(self) -> str:
        return id_of(self.registration, party_of(self.holder.address))

    def entry(self, right: str | None = None, **query: Any) -> dict[str, Any]:
        answer = self.desk.http.get(f"/v1/rights/{right or self.right}", params=query)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()["right"]
        return found

    def pass_notice(self) -> None:
        self.desk.sandbox.node.request("evm_increaseTime", [90])
        self.desk.sandbox.node.request("evm_mine")

    def attestation(self, id: str, *, expiry: int | None = None) -> Attest:
        step = self.desk.http.get(f"/v1/registrations/{id}").json()["registration"]["step"]
        changes = {} if expiry is None else {"expiry": expiry}
        return self.desk.attestation(id, step=step).model_copy(update=changes)

    def attest(self, id: str, *, expiry: int | None = None) -> None:
        self.desk.do(self.attestation(id, expiry=expiry), self.desk.sandbox.staff.approver)

    # --- applications ---------------------------------------------------------------------------

    def person(self, key: Key, role: str = "APPLICANT") -> Form:
        name = f"示范{key.address[2:10]}有限公司"
        return {
            "party": party_of(key.address),
            "role": role,
            "name": name,
            "kind": "LEGAL",
            "id": make_fictitious_uscc(name),
            "contact": "联系人甲",
            "phone": "0755-00000000",
            "address": "示范市示范区示范路1号",
        }

    def form(self, *people: Form, **more: Any) -> Form:
        kinds = ("CERTIFICATE", "TRANSFER_CONTRACT", "PROOF_OF_CHANGE", "PROOF_OF_GROUND")
        return {
            "subject": self.registration,
            "certificate": self.code,
            "name": "2024年全国城市轨道交通客流数据集",
            "applicants": list(people) or [self.person(self.holder)],
            "papers": [{"kind": kind, "hash": HASH} for kind in kinds],
            **more,
        }

    def transfer(self, to: Key, *rights: str, until: str | None = None) -> Form:
        conveyance = {
            "transferor": party_of(self.holder.address),
            "transferee": party_of(to.address),
            "rights": list(rights),
            "is_whole": True,
            "data_range": "全部数据",
            "scope": "全国，非独占",
            "use_range": "不限",
        } | ({} if until is None else {"until": until})
        people = (self.person(self.holder, "TRANSFEROR"), self.person(to, "TRANSFEREE"))
        return self.form(*people, conveyances=[conveyance], is_retained=False)

    def renewal(self, *rights: str) -> Form:
        return self.form(shares=[self.share(*rights)], matter="续期")

    def cancellation(self, *rights: str) -> Form:
        return self.form(shares=[self.share(*rights)], ground=1, reason="不再需要登记")

    def amendment(self, at: str, before: Any, after: Any) -> Form:
        return self.form(changes=[{"at": at, "cause": "CHANGED", "before": before, "after": after}])

    def share(self, *rights: str) -> Form:
        return {"party": party_of(self.holder.address), "rights": list(rights)}

    def filing(self, shape: Kind, form: Form, **changes: Any) -> tuple[File, dict[str, Any]]:
        """The message that the form asks for, and its papers."""
        filled = applications.shape(shape, profile=PROFILE).model_validate_json(canonical(form))
        held = {}
        for each in self.desk.http.get(f"/v1/rights?registration={self.registration}").json()[
            "rights"
        ]:
            held[each["holder"]] = parse(each["rights"])
        claims = applications.claims_to_sign(filled, held=held, profile=PROFILE)
        papers: dict[str, Any] = {
            "salt": to_hex(secrets.token_bytes(32)),
            "fingerprint": self.root,
            "form": form,
        }
        deployment = self.desk.house.deployment
        values: dict[str, Any] = {
            "claims": tuple(Claim(party=party, rights=rights) for party, rights in claims),
            "data": commitment(
                salt=papers["salt"],
                fingerprint=papers["fingerprint"],
                form=content_hash(canonical(form)),
                parties=tuple(party for party, _ in claims),
                chain_id=deployment.chain_id,
                registrations=deployment.contracts["Registrations"],
            ),
            "subject": self.registration,
            "registrar": REGISTRAR,
            "profile": PROFILE.number,
            "kind": int(shape),
            "deadline": self.desk.soon(),
        }
        return File(**values | changes), papers

    def send(self, shape: Kind, form: Form, *keys: Key, **changes: Any) -> Any:
        message, papers = self.filing(shape, form, **changes)
        by_party = {party_of(key.address): key for key in keys or (self.holder,)}
        signers = [by_party[claim.party] for claim in message.claims]
        return self.desk.send(message, *signers, papers=papers)

    def apply(self, kind: Kind, form: Form, *keys: Key) -> str:
        answer = self.send(kind, form, *keys)
        assert answer.status_code == 202, answer.text
        return self.desk.settle(answer.json()["digest"])

    def registered(self, kind: Kind, form: Form, *keys: Key, expiry: int | None = None) -> str:
        """Applied for, accepted, published where its kind is, and attested."""
        id = self.apply(kind, form, *keys)
        self.desk.accept(id)
        if PROFILE.noticed_mask >> kind & 1:
            self.desk.publish(id)
            self.pass_notice()
        self.attest(id, expiry=expiry)
        return id

    # --- acts of officers -----------------------------------------------------------------------

    def remark(self, named: Right, barred: int, **changes: Any) -> Remark:
        values: dict[str, Any] = {
            "kind": 2,
            "instrument": PAPER,
            "rights": int(named),
            "acts": int(barred),
            "until": self.desk.now() + 30 * DAY,
        }
        return Remark(**self._officer("reviewer") | values | changes)

    def lift(self, serial: int) -> Lift:
        return Lift(serial=serial, instrument=PAPER, **self._officer("reviewer"))

    def cancel(self, rights: Right, ground: int, decision: str = PAPER) -> Cancel:
        more = {"rights": int(rights), "ground": ground, "decision": decision}
        return Cancel(**self._officer("approver") | more)

    def execute(self, rights: Right, receiver: Key | None) -> Execute:
        values = self._officer("approver")
        del values["right"]
        return Execute(
            registration=self.registration,
            holder=party_of(self.holder.address),
            receiver=ZERO if receiver is None else party_of(receiver.address),
            rights=int(rights),
            instrument=PAPER,
            **values,
        )

    def _officer(self, who: str) -> dict[str, Any]:
        return {
            "registrar": REGISTRAR,
            "officer": getattr(self.desk.sandbox.staff, who).address,
            "right": self.right,
            "step": self.entry()["step"],
            "deadline": self.desk.soon(),
        }
