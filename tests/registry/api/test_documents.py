"""Papers over HTTP

- read for a signed purpose by applicants and officers alone, and logged
- kept by no cache; a request is good for a day at most
- a document that a form names is read through it only where its filer had it
    ├── as the ticket shows that we gave for its content
    └── not by naming the hash of what another gave us
"""

import secrets
import time
from typing import Any

from registry.keys import Key
from registry.messages import ZERO
from registry.reading import LONGEST, Read
from registry.registrations.acts import File
from tests.registry.api.desk import Desk, refusal, spoilt


class TestPapers:
    def ask(
        self,
        desk: Desk,
        id: str,
        reader: Key,
        purpose: str = "审查",
        document: str = ZERO,
        until: int | None = None,
    ) -> Any:
        message = Read(
            registration=id,
            document=document,
            purpose=purpose,
            reader=reader.address,
            until=until or desk.soon(),
        )
        digest = message.digest(desk.house.deployment.domain("Registrations"))
        body = {"message": message.model_dump(mode="json"), "signature": reader.sign(digest)}
        return desk.http.post("/v1/read", json=body)

    def test_are_read_by_officer_and_applicant_and_logged(self, desk: Desk, applicant: Key) -> None:
        id = desk.file(applicant)
        for reader in (desk.sandbox.staff.reviewer, applicant):
            answer = self.ask(desk, id, reader)
            assert answer.status_code == 200, answer.text
            assert answer.json()["form"]["applicants"][0]["phone"]
        readers = [each.reader for each in desk.house.documents.reads(f"{id}/{ZERO}")]
        assert readers == [desk.sandbox.staff.reviewer.address, applicant.address]

    def test_are_kept_by_no_cache(self, desk: Desk, applicant: Key) -> None:
        answer = self.ask(desk, desk.file(applicant), applicant)
        assert answer.headers["cache-control"] == "no-store"

    def test_are_asked_for_anew_each_day(self, desk: Desk, applicant: Key) -> None:
        id = desk.file(applicant)
        for until in (1, int(time.time()) + 2 * LONGEST):
            flaws = refusal(self.ask(desk, id, applicant, until=until), 422, "malformed")
            assert flaws[0]["pointer"] == "/message/until"

    def test_are_closed_to_a_stranger(self, desk: Desk, applicant: Key) -> None:
        id = desk.file(applicant)
        refusal(self.ask(desk, id, Key.fresh()), 403, "forbidden")
        assert not desk.house.documents.reads(f"{id}/{ZERO}")

    def give(self, desk: Desk, content: bytes) -> tuple[str, str]:
        answer = desk.http.post("/v1/documents", content=content).json()
        return answer["hash"], answer["ticket"]

    def naming(
        self, desk: Desk, applicant: Key, sample: str, tickets: dict[str, str]
    ) -> tuple[File, dict[str, Any]]:
        message, papers = desk.filing(applicant, form=spoilt("sample", sample))
        return message, {**papers, "tickets": tickets}

    def test_a_document_is_read_through_the_filing_that_it_was_given_for(
        self, desk: Desk, applicant: Key
    ) -> None:
        content = secrets.token_bytes(40)
        name, ticket = self.give(desk, content)
        message, papers = self.naming(desk, applicant, name, {name: ticket})
        id = desk.do(message, applicant, papers=papers)
        for reader in (applicant, desk.sandbox.staff.reviewer):
            answer = self.ask(desk, id, reader, document=name)
            assert (answer.status_code, answer.content) == (200, content)

    def test_naming_what_another_gave_opens_nothing(self, desk: Desk, applicant: Key) -> None:
        thief = Key.fresh()
        name, ticket = self.give(desk, secrets.token_bytes(40))
        message, papers = self.naming(desk, applicant, name, {name: ticket})
        id = desk.do(message, applicant, papers=papers)
        form = desk.house.documents.opening(id).form
        for wanted in (name, form):
            message, papers = self.naming(desk, thief, wanted, {})
            own = desk.do(message, thief, papers=papers)
            refusal(self.ask(desk, own, thief, document=wanted), 404, "not_found")

    def test_a_wrong_ticket_is_refused(self, desk: Desk, applicant: Key) -> None:
        name, _ = self.give(desk, secrets.token_bytes(40))
        _, other = self.give(desk, secrets.token_bytes(40))
        message, papers = self.naming(desk, applicant, name, {name: other})
        before = desk.kept()
        errors = refusal(desk.send(message, applicant, papers=papers), 422, "malformed")
        assert errors[0]["pointer"] == f"/papers/tickets/{name}"
        assert desk.kept() == before

    def test_a_ticket_for_what_the_form_does_not_name_is_refused(
        self, desk: Desk, applicant: Key
    ) -> None:
        name, ticket = self.give(desk, secrets.token_bytes(40))
        message, papers = desk.filing(applicant)
        answer = desk.send(message, applicant, papers={**papers, "tickets": {name: ticket}})
        assert refusal(answer, 422, "malformed")[0]["rule"] == "unnamed"
