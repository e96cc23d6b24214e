"""Objections to what stands registered, over HTTP on a chain

- a whole dispute: grounds with a document, evidence asked for and supplied, the holder told and
  answering, a conclusion that both accept, closed with the act that did what followed; each step with
  its article, the clock of art. 29 while it runs, the registration disputed as long as it lasts
- an admission needs no papers; a refusal leads to an instrument
- at the door: papers that open the commitment, documents that were their sender's; rounds, times,
  silence and measures as the profile has them; a registration from which no right comes
- reading: by whoever gave them and the officers; the objector's by the holders once they were told
- lists: by registration, party, registrar and state, page by page, as of a past block
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from registry.hashes import to_hex
from registry.keys import Key
from registry.messages import ZERO, Message, party_of
from registry.objections import papers as disputed
from registry.objections import questions
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
from registry.objections.papers import Papers, ReadObjection
from registry.rules.objections import Answer, Outcome
from tests.registry.api.desk import Desk, refusal
from tests.registry.sandbox import REGISTRAR

PAPER = "0x" + "77" * 32


@dataclass
class Dispute:
    """Those who dispute what `holder` has registered, before one desk."""

    desk: Desk
    holder: Key
    registration: str
    objector: Key = field(default_factory=Key.fresh)
    id: str = ZERO

    def papers(self, statement: str = "该数据由我方采集。", *documents: bytes) -> Papers:
        tickets = {}
        for data in documents:
            kept = self.desk.http.post("/v1/documents", content=data).json()
            tickets[kept["hash"]] = kept["ticket"]
        salt = to_hex(secrets.token_bytes(32))
        return Papers(salt=salt, statement=statement, tickets=tickets)

    def committed(self, message: Message, papers: Papers) -> Message:
        domain = self.desk.house.deployment.domain("Objections")
        member = disputed.COMMITTED[type(message)]
        bound = disputed.of(message, papers, domain=domain)
        return type(message)(**message.model_dump() | {member: bound})

    def put_forward(self, message: Message, key: Key, papers: Papers | None = None) -> str:
        papers = papers or self.papers()
        bound = self.committed(message, papers)
        return self.desk.do(bound, key, papers=papers.model_dump(mode="json"))

    def opening(self, registration: str | None = None) -> Contest:
        return Contest(
            objector=party_of(self.objector.address),
            registration=registration or self.registration,
            registrar=REGISTRAR,
            grounds=ZERO,
            deadline=self.soon(),
        )

    def contest(self, papers: Papers | None = None) -> str:
        self.id = self.put_forward(self.opening(), self.objector, papers)
        return self.id

    def officer(self, kind: Callable[..., Message], **more: Any) -> Message:
        staff = self.desk.sandbox.staff
        who = staff.approver if kind is CloseObjection else staff.reviewer
        return kind(registrar=REGISTRAR, officer=who.address, **self.step(), **more)

    def step(self) -> dict[str, Any]:
        step = self.shown()["step"]
        return {"objection": self.id, "step": step, "deadline": self.soon()}

    def rule(self, kind: Callable[..., Message], **more: Any) -> str:
        """An officer's act, taken in and final."""
        staff = self.desk.sandbox.staff
        key = staff.approver if kind is CloseObjection else staff.reviewer
        return self.desk.do(self.officer(kind, **more), key)

    def refused(self, status: int, code: str, kind: Callable[..., Message], **more: Any) -> Any:
        staff = self.desk.sandbox.staff
        key = staff.approver if kind is CloseObjection else staff.reviewer
        return refusal(self.desk.send(self.officer(kind, **more), key), status, code)

    def say(self, kind: Callable[..., Message], key: Key) -> str:
        return self.desk.do(kind(party=party_of(key.address), **self.step()), key)

    def notify(self) -> None:
        self.rule(NotifyHolder, notice=PAPER, until=self.desk.now() + 60)

    def respond(self, answer: Answer, papers: Papers | None = None) -> str:
        message = Respond(
            party=party_of(self.holder.address), answer=int(answer), papers=ZERO, **self.step()
        )
        if papers is None:
            return self.desk.do(message, self.holder)
        return self.put_forward(message, self.holder, papers)

    def conclude(self, outcome: Outcome) -> None:
        until = self.desk.now() + 60
        self.rule(Conclude, outcome=int(outcome), decision=PAPER, until=until)

    def soon(self) -> int:
        """By the chain's clock, which tests move ahead."""
        return self.desk.now() + 3600

    def over(self) -> None:
        self.desk.sandbox.node.request("evm_increaseTime", [70])
        self.desk.sandbox.node.request("evm_mine")

    def shown(self) -> dict[str, Any]:
        found: dict[str, Any] = self.desk.http.get(f"/v1/objections/{self.id}").json()["objection"]
        return found

    def clocks(self) -> list[str]:
        asked = {"limit": 1000, "moment": self.desk.now() + 1}
        found = self.desk.http.get("/v1/deadlines", params=asked).json()["deadlines"]
        return [each["clock"] for each in found if each["objection"] == self.id]

    def is_disputed(self) -> bool:
        with self.desk.house.engine.connect() as connection:
            return questions.is_disputed(connection, self.registration)


@pytest.fixture
def dispute(desk: Desk, applicant: Key) -> Dispute:
    return Dispute(desk, applicant, desk.attested(applicant))


class TestDispute:
    def test_from_grounds_to_the_act_that_did_what_followed(self, dispute: Dispute) -> None:
        assert not dispute.is_disputed()
        dispute.contest(dispute.papers("权属争议", b"a contract"))
        assert dispute.is_disputed()
        assert dispute.clocks() == ["objection_forwarding"]
        dispute.rule(RequestEvidence, list=PAPER, until=dispute.desk.now() + 60)
        assert dispute.clocks() == []
        supplied = SupplyEvidence(
            objector=party_of(dispute.objector.address), papers=ZERO, **dispute.step()
        )
        dispute.put_forward(supplied, dispute.objector)
        assert dispute.clocks() == ["objection_forwarding"]
        dispute.notify()
        assert dispute.clocks() == []
        dispute.respond(Answer.CONTESTED, dispute.papers("我方持有合同"))
        dispute.conclude(Outcome.UPHELD)
        for key in (dispute.objector, dispute.holder):
            dispute.say(AcceptConclusion, key)
        assert dispute.shown()["state"] == "SETTLED"
        # What followed: any act that was executed; here the registration's own attestation stands in.
        changes = dispute.desk.http.get(f"/v1/registrations/{dispute.registration}/history").json()[
            "changes"
        ]
        dispute.rule(CloseObjection, measure=changes[-1]["act"])
        shown = dispute.shown()
        assert (shown["state"], shown["is_open"], shown["until"]) == ("CLOSED", False, None)
        assert shown["outcome"] == "UPHELD"
        assert shown["measure"] == changes[-1]["act"]
        assert shown["answers"] == {party_of(dispute.holder.address): "CONTESTED"}
        assert not dispute.is_disputed()

    def test_tells_each_step_with_its_article(self, dispute: Dispute) -> None:
        dispute.contest()
        dispute.notify()
        dispute.respond(Answer.ADMITTED)
        body = dispute.desk.http.get(f"/v1/objections/{dispute.id}").json()
        assert [each["event"] for each in body["changes"]] == [
            "ObjectionFiled",
            "HolderNotified",
            "ObjectionAnswered",
        ]
        assert [each["state"] for each in body["changes"]] == ["FILED", "NOTIFIED", "ADMITTED"]
        assert all("29" in each["article"] for each in body["changes"])
        signers = [dispute.objector, dispute.desk.sandbox.staff.reviewer, dispute.holder]
        assert [each["signer"] for each in body["changes"]] == [key.address for key in signers]
        assert body["changes"][2]["said"]["papers"] == ZERO
        assert body["as_of"]["final"] is True

    def test_of_which_a_court_has_the_last_word(self, dispute: Dispute) -> None:
        dispute.contest()
        dispute.notify()
        dispute.respond(Answer.CONTESTED, dispute.papers("不认可"))
        dispute.conclude(Outcome.UPHELD)
        dispute.say(RefuseConclusion, dispute.holder)
        shown = dispute.shown()
        assert (shown["state"], shown["until"]) == ("REFERRED", None)
        assert shown["refused_by"] == party_of(dispute.holder.address)
        dispute.rule(RecordInstrument, forum=2, instrument=PAPER, outcome=int(Outcome.DISMISSED))
        dispute.rule(CloseObjection, measure=ZERO)
        shown = dispute.shown()
        assert (shown["state"], shown["forum"], shown["outcome"]) == (
            "CLOSED",
            "COURT",
            "DISMISSED",
        )

    def test_lapses_for_want_of_papers(self, dispute: Dispute) -> None:
        dispute.contest()
        dispute.rule(RequestEvidence, list=PAPER, until=dispute.desk.now() + 60)
        dispute.refused(409, "contract_refuses", LapseObjection, decision=PAPER)
        dispute.over()
        dispute.rule(LapseObjection, decision=PAPER)
        assert dispute.shown()["state"] == "LAPSED"
        dispute.contest()
        assert dispute.is_disputed()

    def test_is_taken_back_by_its_objector(self, dispute: Dispute) -> None:
        dispute.contest()
        message = DropObjection(objector=party_of(dispute.objector.address), **dispute.step())
        dispute.desk.do(message, dispute.objector)
        assert not dispute.is_disputed()


class TestAtTheDoor:
    def test_papers_open_the_commitment(self, dispute: Dispute) -> None:
        papers = dispute.papers()
        bound = dispute.committed(dispute.opening(), papers)
        other = dispute.papers("另一份").model_dump(mode="json")
        answer = dispute.desk.send(bound, dispute.objector, papers=other)
        assert refusal(answer, 422, "malformed")[0]["pointer"] == "/message/grounds"
        answer = dispute.desk.send(bound, dispute.objector)
        assert refusal(answer, 422, "malformed")[0]["pointer"] == "/papers"
        before = dispute.desk.kept()
        for statement in ("", "控制\u0000字符", "x" * 20_001):
            papers = dispute.papers(statement)
            bound = dispute.committed(dispute.opening(), papers)
            given = papers.model_dump(mode="json")
            answer = dispute.desk.send(bound, dispute.objector, papers=given)
            assert refusal(answer, 422, "malformed")[0]["pointer"] == "/papers/statement"
        assert dispute.desk.kept() == before

    def test_documents_are_their_senders(self, dispute: Dispute) -> None:
        papers = dispute.papers("甲", b"somebody else's")
        stolen = papers.model_copy(update={"tickets": dict.fromkeys(papers.tickets, PAPER)})
        bound = dispute.committed(dispute.opening(), stolen)
        given = stolen.model_dump(mode="json")
        answer = dispute.desk.send(bound, dispute.objector, papers=given)
        assert refusal(answer, 422, "malformed")[0]["rule"] == "ticket"

    def test_an_act_without_papers_takes_none(self, dispute: Dispute) -> None:
        dispute.contest()
        message = DropObjection(objector=party_of(dispute.objector.address), **dispute.step())
        given = dispute.papers().model_dump(mode="json")
        answer = dispute.desk.send(message, dispute.objector, papers=given)
        assert refusal(answer, 422, "malformed")[0]["pointer"] == "/papers"

    def test_the_registration_is_one_that_gave_rights(self, dispute: Dispute) -> None:
        pending = dispute.desk.file(Key.fresh())
        papers = dispute.papers()
        bound = dispute.committed(dispute.opening(pending), papers)
        given = papers.model_dump(mode="json")
        answer = dispute.desk.send(bound, dispute.objector, papers=given)
        assert refusal(answer, 422, "not_allowed")[0]["rule"] == "no_rights"

    def test_evidence_is_asked_for_once(self, dispute: Dispute) -> None:
        dispute.contest()
        dispute.rule(RequestEvidence, list=PAPER, until=dispute.desk.now() + 60)
        supplied = SupplyEvidence(
            objector=party_of(dispute.objector.address), papers=ZERO, **dispute.step()
        )
        dispute.put_forward(supplied, dispute.objector)
        until = dispute.desk.now() + 60
        dispute.refused(422, "not_allowed", RequestEvidence, list=PAPER, until=until)

    def test_the_holders_have_time_to_answer(self, dispute: Dispute) -> None:
        dispute.contest()
        until = dispute.desk.now() + 1
        found = dispute.refused(422, "not_allowed", NotifyHolder, notice=PAPER, until=until)
        assert found[0]["rule"] == "objection_response"

    def test_what_is_admitted_is_acted_upon_and_not_concluded(self, dispute: Dispute) -> None:
        dispute.contest()
        dispute.notify()
        dispute.respond(Answer.ADMITTED)
        dispute.over()
        until = dispute.desk.now() + 60
        more = {"outcome": int(Outcome.DISMISSED), "decision": PAPER, "until": until}
        dispute.refused(422, "not_allowed", Conclude, **more)

    def test_silence_lets_a_dismissal_stand_and_takes_no_right(self, dispute: Dispute) -> None:
        act = dispute.contest()
        dispute.notify()
        dispute.over()
        dispute.conclude(Outcome.UPHELD)
        dispute.over()
        found = dispute.refused(422, "not_allowed", CloseObjection, measure=act)
        assert found[0]["rule"] == "conclusion_silence"
        other = Dispute(dispute.desk, dispute.holder, dispute.registration)
        other.contest()
        other.notify()
        other.over()
        other.conclude(Outcome.DISMISSED)
        other.over()
        other.rule(CloseObjection, measure=ZERO)

    def test_a_measure_is_an_act_that_was_executed(self, dispute: Dispute) -> None:
        dispute.contest()
        dispute.notify()
        dispute.respond(Answer.ADMITTED)
        dispute.refused(404, "not_found", CloseObjection, measure=PAPER)


class TestReading:
    def ask(self, dispute: Dispute, act: str, key: Key, document: str = ZERO) -> Any:
        message = ReadObjection(
            objection=dispute.id,
            act=act,
            document=document,
            purpose="核对异议材料",
            reader=key.address,
            until=dispute.desk.soon(),
        )
        digest = message.digest(dispute.desk.house.deployment.domain("Objections"))
        body = {"message": message.model_dump(mode="json"), "signature": key.sign(digest)}
        return dispute.desk.http.post("/v1/objections/read", json=body)

    def test_is_for_those_it_concerns_once_it_does(self, dispute: Dispute) -> None:
        papers = dispute.papers("我方合同", b"evidence")
        act = dispute.contest(papers)
        (document,) = papers.tickets
        for key in (dispute.objector, dispute.desk.sandbox.staff.reviewer):
            shown = self.ask(dispute, act, key).json()
            assert shown == {
                "salt": papers.salt,
                "statement": "我方合同",
                "documents": [document],
            }
        refusal(self.ask(dispute, act, dispute.holder), 403, "forbidden")
        dispute.notify()
        assert self.ask(dispute, act, dispute.holder, document).content == b"evidence"
        refusal(self.ask(dispute, act, Key.fresh()), 403, "forbidden")
        reads = dispute.desk.house.documents.reads(f"{act}/{document}")
        assert [each.reader for each in reads] == [dispute.holder.address]

    def test_of_an_answer_is_not_the_objectors(self, dispute: Dispute) -> None:
        dispute.contest()
        dispute.notify()
        act = dispute.respond(Answer.CONTESTED, dispute.papers("我方说明"))
        refusal(self.ask(dispute, act, dispute.objector), 403, "forbidden")
        assert self.ask(dispute, act, dispute.holder).json()["statement"] == "我方说明"

    def test_knows_what_was_given_with_which_act(self, dispute: Dispute) -> None:
        act = dispute.contest()
        refusal(self.ask(dispute, PAPER, dispute.objector), 404, "not_found")
        refusal(self.ask(dispute, act, dispute.objector, PAPER), 404, "not_found")


class TestLists:
    def ids(self, desk: Desk, **asked: Any) -> list[str]:
        found = desk.http.get("/v1/objections", params=asked).json()["objections"]
        return [each["id"] for each in found]

    def test_find_by_what_one_knows(self, dispute: Dispute) -> None:
        desk = dispute.desk
        first = dispute.contest()
        other = Dispute(desk, dispute.holder, dispute.registration)
        second = other.contest()
        other.notify()
        assert self.ids(desk, registration=dispute.registration) == [first, second]
        assert self.ids(desk, party=party_of(dispute.objector.address)) == [first]
        assert self.ids(desk, party=party_of(dispute.holder.address)) == [first, second]
        told = self.ids(desk, registration=dispute.registration, state="NOTIFIED")
        assert told == [second]
        assert self.ids(desk, registrar=1) == []
        answer = desk.http.get("/v1/objections", params={"state": "OPEN"})
        assert refusal(answer, 422, "malformed")[0]["pointer"] == "/state"

    def test_come_page_by_page(self, dispute: Dispute) -> None:
        made = [
            Dispute(dispute.desk, dispute.holder, dispute.registration).contest() for _ in range(3)
        ]
        asked: dict[str, Any] = {"registration": dispute.registration, "limit": 2}
        first = dispute.desk.http.get("/v1/objections", params=asked).json()
        asked["after"] = first["next"]
        second = dispute.desk.http.get("/v1/objections", params=asked).json()
        pages = [[each["id"] for each in page["objections"]] for page in (first, second)]
        assert pages == [made[:2], made[2:]]
        assert second["next"] is None

    def test_answer_as_of_a_past_block(self, dispute: Dispute) -> None:
        desk, before = dispute.desk, dispute.desk.sandbox.chain.head().number
        dispute.contest()
        block = desk.sandbox.chain.head().number
        dispute.notify()
        past = desk.http.get(f"/v1/objections/{dispute.id}", params={"at_block": block}).json()
        assert past["objection"]["state"] == "FILED"
        assert past["objection"]["notified_at"] is None
        assert len(past["changes"]) == 1
        answer = desk.http.get(f"/v1/objections/{dispute.id}", params={"at_block": before})
        refusal(answer, 404, "not_found")
        assert self.ids(desk, registration=dispute.registration, at_block=before) == []
        with desk.house.engine.connect() as connection:
            for at, expected in ((before, False), (block, True), (None, True)):
                found = questions.is_disputed(connection, dispute.registration, at=at)
                assert found is expected
