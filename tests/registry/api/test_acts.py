"""Acts over HTTP

- messages: what to sign is told; an act is received once, waited for, followed
- the same data: a party files it once, and again after a withdrawal
- advice: what a form should not do is told with the answer, and bars nothing
- many in one request: one line of answer each; a later one is judged upon the earlier
- review: corrections once, no attestation beyond what was agreed, no national code without its receipt
- refusal: on a ground of the profile and no other
- the procedure: before its time the contract's refusal is told, with how long the signature lives
"""

import json
import secrets
from pathlib import Path
from typing import Any

import pytest

from registry.documents import Opening
from registry.errors import Unavailable
from registry.hashes import canonical, to_hex
from registry.house import House
from registry.keys import Key
from registry.messages import Message, party_of
from registry.registrations.acts import (
    Accept,
    Correct,
    File,
    Object,
    Refuse,
    RequestCorrection,
    Resolve,
    Withdraw,
)
from registry.rules import profiles, states
from registry.rules.states import State, Verb
from registry.settings import Settings
from tests.registry.api.desk import Desk, refusal, spoilt
from tests.registry.filed import fresh_root
from tests.registry.rules.sample_form import a_form
from tests.registry.sandbox import REGISTRAR


class TestMessages:
    def test_tells_what_to_sign(self, desk: Desk) -> None:
        found = desk.http.get("/v1/messages/File").json()
        assert found["type_string"] == File.type_string
        assert (
            found["domain"]["verifyingContract"] == desk.house.deployment.contracts["Registrations"]
        )

    def test_an_unknown_type_is_not_found(self, desk: Desk) -> None:
        refusal(desk.http.get("/v1/messages/Mint"), 404, "not_found")

    def test_a_received_act_becomes_final(self, desk: Desk, applicant: Key) -> None:
        message, papers = desk.filing(applicant)
        answer = desk.send(message, applicant, papers=papers)
        assert answer.status_code == 202
        assert answer.headers["location"] == f"/v1/submissions/{desk.digest(message)}"
        desk.settle(desk.digest(message))
        found = desk.http.get(f"/v1/registrations/{desk.digest(message)}").json()
        assert found["registration"]["state"] == "SUBMITTED"

    def test_a_repeat_gets_the_first_answer(self, desk: Desk, applicant: Key) -> None:
        message, papers = desk.filing(applicant)
        first = desk.send(message, applicant, papers=papers).json()
        again = desk.send(message, applicant, papers=papers)
        assert again.status_code == 202
        assert again.json()["received_at"] == first["received_at"]
        desk.settle(first["digest"])

    def test_events_end_with_final(self, desk: Desk, applicant: Key) -> None:
        id = desk.file(applicant)
        text = desk.http.get(f"/v1/submissions/{id}/events").text
        assert text.count("event: final") == 1

    def test_many_at_once_answer_line_by_line(self, desk: Desk) -> None:
        keys = [Key.fresh() for _ in range(3)]
        made = [desk.filing(key) for key in keys]
        lines = [
            json.dumps({"type": "File", **desk.body(message, key, papers=papers)})
            for key, (message, papers) in zip(keys, made, strict=True)
        ]
        lines.insert(1, '{"type": "File", "message": 5}')
        answer = desk.http.post(
            "/v1/messages",
            content="\n".join(lines),
            headers={"content-type": "application/x-ndjson"},
        )
        found = [json.loads(line) for line in answer.text.splitlines()]
        assert [each.get("code") for each in found] == [None, "malformed", None, None]
        for each in found:
            if "digest" in each:
                desk.settle(each["digest"])


class TestAdvice:
    """What the annexes advise against bars nothing, and is told with the answer."""

    def wordy(self, desk: Desk, applicant: Key) -> tuple[File, dict[str, Any]]:
        form = a_form()
        form["data"]["name"] += "长" * 40
        return desk.filing(applicant, form=form)

    def test_comes_with_the_answer_and_with_every_repeat(self, desk: Desk, applicant: Key) -> None:
        message, papers = self.wordy(desk, applicant)
        for _ in range(2):
            answer = desk.send(message, applicant, papers=papers)
            assert answer.status_code == 202
            told = [(each["pointer"], each["rule"]) for each in answer.json()["warnings"]]
            assert told == [("/papers/form/data/name", "long")]
        desk.settle(desk.digest(message))

    def test_comes_with_each_of_many_lines(self, desk: Desk, applicant: Key) -> None:
        wordy, plain, other = self.wordy(desk, applicant), desk.filing(key := Key.fresh()), key
        lines = [
            json.dumps({"type": "File", **desk.body(message, who, papers=papers)})
            for (message, papers), who in ((wordy, applicant), (plain, other))
        ]
        answer = desk.http.post("/v1/messages", content="\n".join(lines).encode())
        warned = [len(json.loads(line)["warnings"]) for line in answer.text.splitlines()]
        assert warned == [1, 0]

    def test_there_is_none_about_an_act_that_is_no_filing(self, desk: Desk, applicant: Key) -> None:
        id = desk.file(applicant)
        act = Withdraw(
            party=party_of(applicant.address), registration=id, step=1, deadline=desk.soon()
        )
        assert desk.send(act, applicant).json()["warnings"] == []


class TestSameData:
    def test_refuses_a_partys_second_filing_and_names_the_first(
        self, desk: Desk, applicant: Key
    ) -> None:
        fingerprint = fresh_root()
        first = desk.file(applicant, fingerprint=fingerprint)
        message, papers = desk.filing(applicant, fingerprint=fingerprint)
        errors = refusal(desk.send(message, applicant, papers=papers), 409, "conflict")
        assert errors[0]["detail"] == first

    def test_takes_again_what_it_died_over(self, desk: Desk, applicant: Key) -> None:
        message, papers = desk.filing(applicant)
        self.keep_papers_alone(desk, message, papers)
        assert desk.do(message, applicant, papers=papers) == desk.digest(message)

    def test_a_filing_that_never_came_about_is_in_nobodys_way(
        self, desk: Desk, applicant: Key
    ) -> None:
        lost, papers = desk.filing(applicant)
        self.keep_papers_alone(desk, lost, papers)
        desk.file(applicant, fingerprint=papers["fingerprint"])

    def keep_papers_alone(self, desk: Desk, message: File, papers: dict[str, Any]) -> None:
        """What a death between the papers and the act leaves behind."""
        desk.house.documents.keep_opening(
            Opening(
                registration=desk.digest(message),
                data=message.data,
                salt=papers["salt"],
                fingerprint_root=papers["fingerprint"],
                form=desk.house.documents.put_form(canonical(papers["form"])),
                parties=message.parties(),
            )
        )

    def test_refuses_a_second_filing_in_the_same_request(self, desk: Desk, applicant: Key) -> None:
        fingerprint = to_hex(secrets.token_bytes(32))
        lines = []
        for _ in range(2):
            message, papers = desk.filing(applicant, fingerprint=fingerprint)
            lines.append(
                json.dumps({"type": "File", **desk.body(message, applicant, papers=papers)})
            )
        answer = desk.http.post("/v1/messages", content="\n".join(lines))
        first, second = (json.loads(line) for line in answer.text.splitlines())
        assert (first["state"], second["code"]) == ("received", "conflict")
        assert second["errors"][0]["rule"] == "filed_before"

    def test_takes_another_partys_filing_of_the_same_data(self, desk: Desk) -> None:
        fingerprint = fresh_root()
        assert desk.file(Key.fresh(), fingerprint=fingerprint) != desk.file(
            Key.fresh(), fingerprint=fingerprint
        )

    def test_takes_it_again_after_a_withdrawal(self, desk: Desk, applicant: Key) -> None:
        fingerprint = fresh_root()
        first = desk.file(applicant, fingerprint=fingerprint)
        desk.do(
            Withdraw(
                party=party_of(applicant.address), registration=first, step=1, deadline=desk.soon()
            ),
            applicant,
        )
        assert desk.file(applicant, fingerprint=fingerprint) != first


class TestProcedure:
    def test_refuses_attestation_before_the_notice_is_over(
        self, desk: Desk, applicant: Key
    ) -> None:
        id = desk.file(applicant)
        desk.accept(id)
        desk.publish(id)
        answer = desk.send(desk.attestation(id), desk.sandbox.staff.approver)
        errors = refusal(answer, 409, "contract_refuses")
        assert errors[0]["rule"] == "Hindered"
        assert "executable until" in answer.json()["detail"]

    def test_refuses_attestation_over_an_open_objection(self, desk: Desk, applicant: Key) -> None:
        staff, objector = desk.sandbox.staff, Key.fresh()
        id = desk.file(applicant)
        desk.accept(id)
        desk.publish(id)
        party = party_of(objector.address)
        desk.do(
            Object(
                objector=party,
                registration=id,
                serial=0,
                grounds=to_hex(secrets.token_bytes(32)),
                deadline=desk.soon(),
            ),
            objector,
        )
        desk.sandbox.node.request("evm_increaseTime", [120])
        desk.sandbox.node.request("evm_mine")
        found = desk.http.get(f"/v1/registrations/{id}").json()["registration"]
        assert (found["disputed"], found["open_objections"]) == (True, 1)
        refusal(desk.send(desk.attestation(id, 4), staff.approver), 409, "contract_refuses")

        desk.do(
            Resolve(
                registrar=REGISTRAR,
                officer=staff.reviewer.address,
                registration=id,
                objectors=(party,),
                serials=(0,),
                outcome=1,
                decision=to_hex(secrets.token_bytes(32)),
                deadline=desk.soon(),
            ),
            staff.reviewer,
        )
        desk.do(desk.attestation(id, 5), staff.approver)
        history = desk.http.get(f"/v1/registrations/{id}/history").json()
        assert [each["state"] for each in history["changes"]][-1] == "ATTESTED"
        assert history["objections"][0]["outcome"] == 1
        # Each step with the article that it was taken under.
        assert all("art" in each["article"] for each in history["changes"])
        assert history["changes"][0]["article"] == states.row(State.NONE, Verb.FILE).article  # type: ignore[union-attr]


class TestBeforeReading:
    def test_who_comes_before_anything_was_read_is_told_to_ask_again(
        self, desk: Desk, applicant: Key, tmp_path: Path
    ) -> None:
        settings = Settings(data=tmp_path / "fresh")
        desk.sandbox.deployment.save(settings.deployment)
        house = House.open(settings, desk.sandbox.url)
        message, papers = desk.filing(applicant)
        body = json.dumps(desk.body(message, applicant, papers=papers)).encode()
        with pytest.raises(Unavailable, match="nothing was read"):
            house.intake.receive("File", body)
        house.indexer.catch_up()
        assert house.intake.receive("File", body).submission.digest == desk.digest(message)
        house.close()


class TestMany:
    def sent(self, desk: Desk, *acts: dict[str, Any]) -> list[dict[str, Any]]:
        lines = "\n".join(json.dumps(act) for act in acts)
        answer = desk.http.post("/v1/messages", content=lines)
        return [json.loads(line) for line in answer.text.splitlines()]

    def line(self, desk: Desk, message: Message, *keys: Key, **more: Any) -> dict[str, Any]:
        return {"type": type(message).__name__, **desk.body(message, *keys, **more)}

    def test_each_is_judged_upon_those_before_it(self, desk: Desk, applicant: Key) -> None:
        reviewer = desk.sandbox.staff.reviewer
        message, papers = desk.filing(applicant)
        unfiled, _ = desk.filing(applicant)
        accepts = [
            Accept(
                registrar=REGISTRAR,
                officer=reviewer.address,
                registrations=(desk.digest(each),),
                steps=(1,),
                deadline=desk.soon(),
            )
            for each in (message, unfiled)
        ]
        found = self.sent(
            desk,
            self.line(desk, message, applicant, papers=papers),
            self.line(desk, accepts[0], reviewer),
            self.line(desk, accepts[1], reviewer),
            {"type": "Accept"},
            self.line(desk, accepts[0], reviewer),
        )
        assert [each.get("state") or each["code"] for each in found] == [
            "received",
            "received",
            "contract_refuses",
            "malformed",
            "received",
        ]
        assert found[4] == found[1]
        for each in found[:2]:
            desk.settle(each["digest"])
        state = desk.http.get(f"/v1/registrations/{desk.digest(message)}").json()
        assert state["registration"]["state"] == "ACCEPTED"


class TestRefuse:
    def refuse(self, desk: Desk, id: str, ground: int) -> Refuse:
        return Refuse(
            registrar=REGISTRAR,
            officer=desk.sandbox.staff.reviewer.address,
            registration=id,
            step=1,
            ground=ground,
            decision=to_hex(secrets.token_bytes(32)),
            deadline=desk.soon(),
        )

    def test_takes_a_ground_of_the_profile_alone(self, desk: Desk, applicant: Key) -> None:
        reviewer = desk.sandbox.staff.reviewer
        id = desk.file(applicant)
        (flaw,) = refusal(desk.send(self.refuse(desk, id, 200), reviewer), 422, "malformed")
        assert flaw["pointer"] == "/message/ground"
        assert "1 " in flaw["detail"]
        desk.do(self.refuse(desk, id, 1), reviewer)


class TestReview:
    def correction(self, desk: Desk, id: str, step: int) -> RequestCorrection:
        return RequestCorrection(
            registrar=REGISTRAR,
            officer=desk.sandbox.staff.reviewer.address,
            registration=id,
            step=step,
            list=to_hex(secrets.token_bytes(32)),
            until=desk.now() + 3600,
            deadline=desk.soon(),
        )

    def test_corrections_are_asked_for_once(self, desk: Desk, applicant: Key) -> None:
        reviewer = desk.sandbox.staff.reviewer
        id = desk.file(applicant)
        desk.do(self.correction(desk, id, 1), reviewer)
        corrected = Correct(
            party=party_of(applicant.address),
            registration=id,
            step=2,
            papers=to_hex(secrets.token_bytes(32)),
            deadline=desk.soon(),
        )
        desk.do(corrected, applicant)
        answer = desk.send(self.correction(desk, id, 3), reviewer)
        assert "17(1)" in refusal(answer, 422, "not_allowed")[0]["rule"]
        desk.accept(id, step=3)

    def test_no_attestation_outlasts_the_term_that_was_agreed(
        self, desk: Desk, applicant: Key
    ) -> None:
        form = spoilt("applicants/0/claim/until", "2099-12-31")
        lasting = desk.file(applicant, form=form)
        form = spoilt("applicants/0/claim/until", "2026-12-31")
        brief = desk.file(Key.fresh(), form=form)
        approver = desk.sandbox.staff.approver
        # The lasting one is hindered as well, by the contract and its state, not by its term.
        for id, rule in ((brief, "agreed_term"), (lasting, "Hindered")):
            act = desk.attestation(id)
            assert act.expiry > 1_798_732_799  # the end of 2026 in Beijing
            found = desk.send(act, approver).json()
            assert [each["rule"] for each in found["errors"]] == [rule]

    def test_a_receipt_and_its_moment_come_together(self, desk: Desk, applicant: Key) -> None:
        id = desk.file(applicant)
        act = desk.attestation(id).model_copy(update={"receipt": "0x" + "ab" * 32})
        answer = desk.send(act, desk.sandbox.staff.approver)
        assert refusal(answer, 422, "malformed")[0]["pointer"] == "/message/receipt"

    def test_the_national_profile_wants_the_national_receipt(
        self, desk: Desk, applicant: Key
    ) -> None:
        national = profiles.load("CN_NDA_2026").number
        act = desk.attestation(desk.file(applicant)).model_copy(update={"profile": national})
        answer = desk.send(act, desk.sandbox.staff.approver)
        assert refusal(answer, 422, "not_allowed")[0]["pointer"] == "/message/receipt"
