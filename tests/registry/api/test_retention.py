"""Keeping and erasing papers over HTTP

- retention: shown to everybody as a term with its article, no date while the procedure is open
- an erasure is signed by an officer: refused with day and article, to strangers, and without a reference
- on a ground it takes form, papers, statements and notice; what remains is said; a repeat is no error
- what acts on rights and on objections name goes with its registration, unless another names it too
- readings stand on a ground of the profile and are logged with it; each refusal names the article
    ├── applicant and officer get what opens the commitment; whom an officer admits gets the form alone
    ├── an authority is admitted to the statement of an objection, whoever is concerned is not
    └── a stranger, and an admission on a ground that is none, are refused
"""

from typing import Any

from registry.erasure import Erase
from registry.keys import Key
from registry.messages import ZERO, Signable, party_of
from registry.objections.acts import Conclude
from registry.objections.papers import ReadObjection
from registry.reading import Admit, Read
from registry.registrations.acts import Withdraw
from registry.rules.objections import Answer, Outcome
from registry.rules.rights import Exercise, Right
from tests.registry.api.desk import Desk, refusal
from tests.registry.api.life import Life
from tests.registry.api.test_objections import Dispute


def signed(desk: Desk, message: Signable, key: Key) -> dict[str, Any]:
    digest = message.digest(desk.house.deployment.domain(getattr(message, "contract", "")))
    return {"message": message.model_dump(mode="json"), "signature": key.sign(digest)}


def erase(desk: Desk, id: str, key: Key, **more: str) -> Any:
    values = {"ground": "", "reference": ""} | more
    message = Erase(registration=id, officer=key.address, until=desk.soon(), **values)
    return desk.http.post("/v1/erasures", json=signed(desk, message, key))


def withdrawn(desk: Desk, applicant: Key) -> str:
    id = desk.file(applicant)
    act = Withdraw(party=party_of(applicant.address), registration=id, step=1, deadline=desk.soon())
    desk.do(act, applicant)
    return id


def kept(desk: Desk, id: str) -> dict[str, Any]:
    found: dict[str, Any] = desk.http.get(f"/v1/retention/{id}").json()["papers"]
    return found


class TestRetention:
    def test_is_a_term_with_its_article(self, desk: Desk, applicant: Key) -> None:
        id = desk.attested(applicant)
        found = kept(desk, id)
        assert found["ending"] == "ATTESTED"
        assert found["years"] == 20
        assert found["until"] > found["since"] + 20 * 365 * 86400
        assert "10(2)" in found["basis"]
        assert not found["may_go"]
        assert not found["must_go"]
        assert found["grounds"] == ["INSTRUMENT"]

    def test_has_no_date_while_the_procedure_is_open(self, desk: Desk, applicant: Key) -> None:
        found = kept(desk, desk.file(applicant))
        assert (found["since"], found["until"]) == (None, None)
        assert found["why"] == "the procedure is open"
        assert found["grounds"] == []

    def test_is_listed_page_by_page(self, desk: Desk, applicant: Key) -> None:
        ids = [desk.file(applicant), desk.file(applicant)]
        found, after = [], None
        while True:
            query = {"limit": 1} | ({} if after is None else {"after": after})
            page = desk.http.get("/v1/retention", params=query).json()
            found += [each["registration"] for each in page["papers"]]
            after = page["next"]
            if after is None:
                break
        assert [id for id in found if id in ids] == ids
        assert desk.http.get("/v1/retention?due=true").json()["papers"] == []

    def test_of_what_nobody_filed_is_not_found(self, desk: Desk) -> None:
        refusal(desk.http.get(f"/v1/retention/0x{'9' * 64}"), 404, "not_found")


class TestErase:
    def test_is_refused_with_day_and_article_while_papers_must_be_kept(
        self, desk: Desk, applicant: Key
    ) -> None:
        id = desk.attested(applicant)
        flaws = refusal(erase(desk, id, desk.sandbox.staff.reviewer), 422, "not_allowed")
        assert "art. 10(2)" in flaws[0]["rule"]
        assert "kept until 20" in flaws[0]["detail"]
        assert desk.house.documents.opening(id)

    def test_on_a_ground_takes_all_and_says_what_remains(self, desk: Desk, applicant: Key) -> None:
        id, officer = withdrawn(desk, applicant), desk.sandbox.staff.reviewer
        more = {"ground": "WITHDRAWN", "reference": "2026-17"}
        answer = erase(desk, id, officer, **more)
        assert answer.status_code == 200, answer.text
        done = answer.json()
        assert "chain" in done["remains"][0]
        for word in (officer.address, "WITHDRAWN", "2026-17", "order 0x"):
            assert word in done["erased_why"]
        again = erase(desk, id, officer).json()
        assert again == done
        assert kept(desk, id)["erased_at"] == done["erased_at"]
        order = done["erased_why"].rpartition("order ")[2]
        assert b"2026-17" in desk.house.documents.warrant(order)
        read = Read(
            registration=id,
            document=ZERO,
            purpose="核对",
            reader=applicant.address,
            until=desk.soon(),
        )
        body = signed(desk, read, applicant)
        refusal(desk.http.post("/v1/read", json=body), 410, "erased")

    def test_is_refused_to_strangers_and_without_a_reference(
        self, desk: Desk, applicant: Key
    ) -> None:
        id, officer = withdrawn(desk, applicant), desk.sandbox.staff.reviewer
        ground = {"ground": "WITHDRAWN"}
        refusal(erase(desk, id, applicant, reference="1", **ground), 403, "forbidden")
        refusal(erase(desk, id, officer, **ground), 422, "not_allowed")
        refusal(erase(desk, id, officer, ground="DISLIKE", reference="1"), 422, "not_allowed")
        forged = Erase(
            registration=id,
            officer=officer.address,
            until=desk.soon(),
            reference="1",
            **ground,
        )
        body = signed(desk, forged, applicant)
        assert desk.http.post("/v1/erasures", json=body).json()["code"] == "bad_signature"
        assert desk.house.documents.opening(id)

    def test_takes_what_was_said_in_objections(self, desk: Desk, applicant: Key) -> None:
        dispute = Dispute(desk, applicant, desk.attested(applicant))
        id = dispute.contest(dispute.papers("权属争议", b"their contract"))
        documents = desk.house.documents
        evidence = documents.enclosures(dispute.registration)[0].documents[0]
        officer = desk.sandbox.staff.reviewer
        more = {"ground": "INSTRUMENT", "reference": "(2026) 1"}
        refusal(erase(desk, dispute.registration, officer), 422, "not_allowed")
        answer = erase(desk, dispute.registration, officer, **more)
        assert answer.status_code == 200, answer.text
        assert not documents.has(evidence)
        act = ReadObjection(
            objection=id,
            act=id,
            document=ZERO,
            purpose="核对",
            reader=dispute.objector.address,
            until=desk.soon(),
        )
        body = signed(desk, act, dispute.objector)
        refusal(desk.http.post("/v1/objections/read", json=body), 410, "erased")


class TestNamedByActs:
    """What an officer's act names is kept, read and erased with the registration that it is about."""

    def paper(self, desk: Desk, text: bytes) -> tuple[str, dict[str, Any]]:
        given = desk.http.post("/v1/documents", content=text).json()
        return given["hash"], {"tickets": {given["hash"]: given["ticket"]}}

    def read(self, desk: Desk, id: str, document: str, reader: Key) -> Any:
        message = Read(
            registration=id,
            document=document,
            purpose="核对",
            reader=reader.address,
            until=desk.soon(),
        )
        return desk.http.post("/v1/read", json=signed(desk, message, reader))

    def gone(self, desk: Desk, id: str, document: str) -> bool:
        more = {"ground": "INSTRUMENT", "reference": "(2026) 2"}
        assert erase(desk, id, desk.sandbox.staff.reviewer, **more).status_code == 200
        return not desk.house.documents.has(document)

    def test_the_instrument_of_a_remark(self, desk: Desk, applicant: Key) -> None:
        life, officer = Life.begin(desk, applicant), desk.sandbox.staff.reviewer
        order, papers = self.paper(desk, f"查封裁定 {life.right}".encode())
        desk.do(
            life.remark(Right.HOLD, Exercise.TRANSFER, instrument=order), officer, papers=papers
        )
        for reader in (officer, applicant):
            assert self.read(desk, life.registration, order, reader).status_code == 200
        refusal(self.read(desk, life.registration, order, Key.fresh()), 403, "forbidden")
        assert self.gone(desk, life.registration, order)

    def test_the_decision_on_an_objection_is_open_to_the_objector(
        self, desk: Desk, applicant: Key
    ) -> None:
        dispute = Dispute(desk, applicant, desk.attested(applicant))
        dispute.contest()
        dispute.notify()
        dispute.respond(Answer.CONTESTED, dispute.papers("不认可"))
        decision, papers = self.paper(desk, f"处理结论 {dispute.id}".encode())
        until = desk.now() + 60
        act = dispute.officer(Conclude, outcome=int(Outcome.UPHELD), decision=decision, until=until)
        desk.do(act, desk.sandbox.staff.reviewer, papers=papers)
        answer = self.read(desk, dispute.registration, decision, dispute.objector)
        assert answer.status_code == 200, answer.text
        (row,) = desk.house.documents.reads(f"{dispute.registration}/{decision}")
        assert row.ground == "OBJECTOR"
        refusal(self.read(desk, dispute.registration, decision, Key.fresh()), 403, "forbidden")
        assert self.gone(desk, dispute.registration, decision)

    def test_a_paper_that_another_filing_names_stays(self, desk: Desk, applicant: Key) -> None:
        officer = desk.sandbox.staff.reviewer
        order, papers = self.paper(desk, f"裁定 {applicant.address}".encode())
        lives = [Life.begin(desk, key) for key in (applicant, Key.fresh())]
        for life in lives:
            act = life.remark(Right.HOLD, Exercise.TRANSFER, instrument=order)
            desk.do(act, officer, papers=papers)
        assert not self.gone(desk, lives[0].registration, order)
        assert self.gone(desk, lives[1].registration, order)


class TestReadingGrounds:
    def ask(self, desk: Desk, id: str, reader: Key, admission: Any = None) -> Any:
        message = Read(
            registration=id,
            document=ZERO,
            purpose="调查",
            reader=reader.address,
            until=desk.soon(),
        )
        body = signed(desk, message, reader)
        return desk.http.post("/v1/read", json=body | {"admission": admission})

    def admission(
        self, desk: Desk, id: str, reader: Key, ground: str, *documents: str
    ) -> dict[str, Any]:
        officer = desk.sandbox.staff.reviewer
        message = Admit(
            registration=id,
            documents=documents or (ZERO,),
            reader=reader.address,
            purpose="调查",
            ground=ground,
            instrument=ZERO,
            officer=officer.address,
            until=desk.soon(),
        )
        return signed(desk, message, officer)

    def test_are_logged_and_decide_what_is_handed_out(self, desk: Desk, applicant: Key) -> None:
        id, court = desk.file(applicant), Key.fresh()
        officer = desk.sandbox.staff.reviewer
        for reader in (applicant, officer):
            assert "salt" in self.ask(desk, id, reader).json()
        admission = self.admission(desk, id, court, "AUTHORITY")
        answer = self.ask(desk, id, court, admission)
        assert answer.status_code == 200, answer.text
        assert "salt" not in answer.json()
        rows = desk.house.documents.reads(f"{id}/{ZERO}")
        assert [each.ground for each in rows] == ["APPLICANT", "OFFICER", "AUTHORITY"]
        assert rows[2].admission
        assert desk.house.documents.warrant(rows[2].admission)

    def test_refuse_a_stranger_with_what_would_open_it(self, desk: Desk, applicant: Key) -> None:
        id = desk.file(applicant)
        flaws = refusal(self.ask(desk, id, Key.fresh()), 403, "forbidden")
        assert "art. 30" in flaws[0]["rule"]
        for word in ("APPLICANT", "CONCERNED", "AUTHORITY"):
            assert word in flaws[0]["detail"]
        assert "HOLDER" not in flaws[0]["detail"]

    def test_refuse_an_admission_on_a_ground_that_is_none(self, desk: Desk, applicant: Key) -> None:
        id, reader = desk.file(applicant), Key.fresh()
        for ground in ("OFFICER", "APPLICANT", "CURIOUS", ""):
            admission = self.admission(desk, id, reader, ground)
            refusal(self.ask(desk, id, reader, admission), 403, "forbidden")
        assert not desk.house.documents.reads(f"{id}/{ZERO}")

    def test_open_what_was_said_in_an_objection_to_an_authority_alone(
        self, desk: Desk, applicant: Key
    ) -> None:
        dispute = Dispute(desk, applicant, desk.attested(applicant))
        id, reader = dispute.contest(), Key.fresh()
        message = ReadObjection(
            objection=id,
            act=id,
            document=ZERO,
            purpose="调查",
            reader=reader.address,
            until=desk.soon(),
        )
        body = signed(desk, message, reader)
        flaws = refusal(desk.http.post("/v1/objections/read", json=body), 403, "forbidden")
        assert "HOLDER" in flaws[0]["detail"]
        for ground in ("CONCERNED", "AUTHORITY"):
            admission = self.admission(desk, dispute.registration, reader, ground, id)
            answer = desk.http.post("/v1/objections/read", json=body | {"admission": admission})
            assert answer.status_code == (403 if ground == "CONCERNED" else 200), answer.text
        assert answer.json()["salt"] is None
        assert answer.json()["statement"]
        rows = desk.house.documents.reads(f"{id}/{ZERO}")
        assert [each.ground for each in rows] == ["AUTHORITY"]
