"""The second story: what becomes of a right after its attestation, told over HTTP."""

import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from registry.client import Client, Objections, Receipt
from registry.demo.desk import HOUR, Desk
from registry.demo.people import Form, People, Person
from registry.errors import Mismatch, NotAllowed
from registry.objections.acts import AcceptConclusion
from registry.rights.questions import id_of
from registry.rules.objections import Answer, Outcome
from registry.rules.rights import Exercise, Right
from registry.rules.validity import BEIJING, end_of

NOTICE_SECONDS = 3
# Time to answer: nobody in the story lets it pass.
ANSWER_SECONDS = 60
# Short enough that renewal may be applied for at once: its window opens six months before the end.
AGREED_DAYS = 60
PRESERVATION = 2
BY_REQUEST = 1


@dataclass
class Life:
    """What became of one right; rights are code words, ids and codes as the registry gives them."""

    registration: str
    code: str
    right: str
    transfer: dict[str, Any] = field(default_factory=dict)
    freeze: dict[str, Any] = field(default_factory=dict)
    renewal: dict[str, Any] = field(default_factory=dict)
    objection: dict[str, Any] = field(default_factory=dict)
    cancellation: dict[str, Any] = field(default_factory=dict)
    left: list[str] = field(default_factory=list)
    moments: list[dict[str, Any]] = field(default_factory=list)


def agreed_day() -> str:
    """The last day of the right in this story, in Beijing."""
    return (datetime.now(BEIJING) + timedelta(days=AGREED_DAYS)).date().isoformat()


class Sequel:
    """Plays it on a filing of the collector's whose term was agreed until `agreed_day`."""

    def __init__(self, client: Client, desk: Desk, people: People, tell: Any) -> None:
        self.client, self.desk, self.people, self.tell = client, desk, people, tell

    def play(self, filed: Receipt, fingerprint: str) -> Life:
        """Raises: Mismatch where a scene does not end as it must."""
        self.filed, self.fingerprint = filed, fingerprint
        self.first_attested()
        moved = self.transfer_applied_for()
        renewed = self.renewal_applied_for()
        self.frozen_by_a_court()
        self.both_attested(moved, renewed)
        self.objected_to()
        self.cancelled_and_lifted()
        self.looked_back()
        return self.life

    def first_attested(self) -> None:
        self.tell("7. A right agreed for sixty days is attested 约定期限六十日的权利完成存证")
        id = self.filed.digest
        self._published([id])
        self.desk.attest_when_allowed([id], expiry=self._last_second())
        record = self.client.registration(id)["registration"]
        holder = self.people.collector.party
        self.life = Life(id, record["code"], id_of(id, holder))
        self.tell(f"   {record['code']}: {', '.join(self._right()['rights'])}")

    def transfer_applied_for(self) -> Receipt:
        self.tell(
            "8. Its holder transfers the right to operate; both sign 转让经营权，双方共同申请"
        )
        giver, taker = self.people.collector, self.people.operator
        return self._apply("TRANSFER", self._conveyance("OPERATE"), giver, taker)

    def renewal_applied_for(self) -> Receipt:
        self.tell(
            "   and applies for renewal of what it keeps, within the window 在续期窗口内申请续期"
        )
        person = self.people.collector
        form = self._form("CERTIFICATE", person.as_applicant()) | {
            "shares": [{"party": person.party, "rights": ["HOLD", "USE"]}],
            "matter": "持有权、使用权续期一年",
        }
        return self._apply("RENEWAL", form, person)

    def frozen_by_a_court(self) -> None:
        self.tell("9. A court has the right to hold frozen 法院查封持有权")
        order = self.people.objector.paper("协助执行通知书", "查封持有权，禁止转让、注销。")
        acts = Exercise.TRANSFER | Exercise.CANCELLATION
        self.serial = self.desk.remark(
            self.life.right, PRESERVATION, self.client.document(order), Right.HOLD, acts
        )
        refusal = self._refused("CANCELLATION", self._cancellation("HOLD"))
        self.life.freeze = {"barred": self._right()["barred"], "refused": refusal}
        self.tell(f"   cancelling it is refused 注销被拒: {refusal}")

    def both_attested(self, moved: Receipt, renewed: Receipt) -> None:
        self.tell(
            "10. Transfer and renewal are attested; the freeze bars neither 转让与续期完成存证"
        )
        ids = [moved.digest, renewed.digest]
        self._published(ids)
        before = self._right()
        self.desk.attest_when_allowed([moved.digest], expiry=before["expiry"])
        year = self._last_second() + 365 * 86400
        self.desk.attest([renewed.digest], expiry=year)
        taker = self.client.right(id_of(moved.digest, self.people.operator.party))["right"]
        record = self.client.registration(moved.digest)["registration"]
        self.life.transfer = {
            "id": moved.digest,
            "code": record["code"],
            "to": self.people.operator.name,
            "received": taker["rights"],
            "left": self._right()["rights"],
        }
        self.life.renewal = {"id": renewed.digest, "from": before["expiry"], "to": year}
        self.tell(
            f"   {record['code']}: {', '.join(taker['rights'])} 归 {self.people.operator.name}"
        )

    def objected_to(self) -> None:
        self.tell("11. Somebody objects to what stands registered 登记后提出异议")
        objector, holder = self.people.objector, self.people.collector
        procedure = Objections(self.client)
        evidence = self.client.document(objector.paper("证据", "主张记录采集自其设备。"))
        made = procedure.contest(
            self.life.registration, "主张数据来源于我方设备。", objector.key, documents=[evidence]
        )
        self.client.wait(made.digest)
        is_disputed = self._right()["disputed"]
        refusal = self._refused("TRANSFER", self._conveyance("USE"), self.people.operator)
        self.tell(f"   while it lasts a transfer is refused 争议期间转让被拒: {refusal}")
        notice = self.client.document(objector.paper("异议通知", "请权利人答复。"))
        self.desk.tell_holders(made.digest, notice, seconds=ANSWER_SECONDS)
        answered = procedure.respond(
            made.digest, Answer.CONTESTED, holder.key, statement="设备为我方自有，附采购凭证。"
        )
        self.client.wait(answered.digest)
        reasons = self.client.document(
            holder.paper("异议处理结论", "设备为权利人自有，异议不成立。")
        )
        self.desk.conclude(made.digest, Outcome.DISMISSED, reasons, seconds=ANSWER_SECONDS)
        for person in (objector, holder):
            said = AcceptConclusion(
                party=person.party,
                objection=made.digest,
                step=procedure.step(made.digest),
                deadline=int(time.time()) + HOUR,
            )
            self.client.wait(self.client.send(said, person.key).digest)
        self.desk.close(made.digest)
        found = procedure.objection(made.digest)["objection"]
        self.life.objection = {
            "id": made.digest,
            "disputed": [is_disputed, self._right()["disputed"]],
            "refused": refusal,
            "state": found["state"],
            "outcome": found["outcome"],
        }
        self.tell(f"   {found['state']}, {found['outcome']}: 双方接受结论，异议不成立")

    def cancelled_and_lifted(self) -> None:
        self.tell(
            "12. The holder cancels its right to use; the freeze is lifted 注销使用权，解除查封"
        )
        receipt = self._apply("CANCELLATION", self._cancellation("USE"), self.people.collector)
        self.desk.accept([receipt.digest])
        self.desk.attest([receipt.digest], expiry=self._last_second())
        order = self.people.objector.paper("解除查封通知书", "解除对持有权的查封。")
        self.desk.lift(self.life.right, self.serial, self.client.document(order))
        found = self._right()
        self.life.cancellation = {"id": receipt.digest, "rights": ["USE"]}
        self.life.left = found["rights"]
        if found["rights"] != ["HOLD"] or found["barred"]:
            raise Mismatch(f"expected HOLD alone and nothing barred, found {found}")

    def looked_back(self) -> None:
        self.life.moments = self.client.timeline(self.life.right)["moments"]
        self.tell(f"13. The whole life of the right, {len(self.life.moments)} steps 权利全程")
        for each in self.life.moments:
            if each["right"]:
                told = time.strftime("%H:%M:%S", time.localtime(each["time"]))
                self.tell(
                    f"   {told} {each['event']} {each['article']} {', '.join(each['rights'])}"
                )

    def _conveyance(self, right: str) -> Form:
        giver, taker = self.people.collector, self.people.operator
        form = self._form("TRANSFER_CONTRACT", giver.as_applicant("TRANSFEROR")) | {
            "conveyances": [
                {
                    "transferor": giver.party,
                    "transferee": taker.party,
                    "rights": [right],
                    "is_whole": True,
                    "data_range": "全部数据",
                    "scope": "全国，非独占",
                    "use_range": "不限",
                }
            ],
            "is_retained": False,
        }
        form["applicants"].append(taker.as_applicant("TRANSFEREE"))
        return form

    def _cancellation(self, right: str) -> Form:
        person = self.people.collector
        return self._form("CERTIFICATE", person.as_applicant()) | {
            "shares": [{"party": person.party, "rights": [right]}],
            "ground": BY_REQUEST,
            "reason": "不再需要登记该项权利",
        }

    def _form(self, paper: str, applicant: Form) -> Form:
        person = self.people.collector
        kinds = dict.fromkeys(("CERTIFICATE", paper))
        return {
            "subject": self.life.registration,
            "certificate": self.life.code,
            "name": "示范机房服务器运行记录",
            "applicants": [applicant],
            "papers": [
                {"kind": kind, "hash": self.client.document(person.paper(kind, "见申请表。"))}
                for kind in kinds
            ],
        }

    def _apply(self, kind: str, form: Form, *people: Person) -> Receipt:
        keys = [person.key for person in people]
        receipt = self.client.file(self.fingerprint, form, keys, kind=kind)
        self.client.wait(receipt.digest)
        self.tell(f"   received 已收到: {kind} {receipt.digest}")
        return receipt

    def _refused(self, kind: str, form: Form, *others: Person) -> str:
        keys = [person.key for person in (self.people.collector, *others)]
        insisted = self.client.prepare(self.fingerprint, form, keys, kind=kind)
        try:
            self.client.present(insisted)
        except NotAllowed as e:
            return e.detail
        raise Mismatch(f"{insisted.registration} had to be refused and was taken in")

    def _published(self, ids: list[str]) -> None:
        self.desk.accept(ids)
        self.desk.publish(ids, seconds=NOTICE_SECONDS)

    def _right(self) -> dict[str, Any]:
        return dict(self.client.right(self.life.right)["right"])

    @staticmethod
    def _last_second() -> int:
        return int(end_of(datetime.fromisoformat(agreed_day()).date()).timestamp())
