"""Records over HTTP: every answer says at which block and what it is worth in law; cursors; as of a past
block
"""

from registry.keys import Key
from registry.messages import party_of
from tests.registry.api.desk import Desk, refusal


class TestRecords:
    def test_every_answer_says_its_block_and_its_worth(self, desk: Desk, applicant: Key) -> None:
        id = desk.file(applicant)
        for path in (
            f"/v1/registrations/{id}",
            "/v1/registrations",
            f"/v1/registrations/{id}/history",
            "/v1/rights",
            "/v1/registrars",
            f"/v1/parties/{party_of(applicant.address)}",
            "/v1/search?q=客流",
        ):
            body = desk.http.get(path).json()
            assert body["as_of"]["final"] is True, path
            assert body["legal"]["completed"] is False
            assert "not completed here" in body["legal"]["note"]["en"]

    def test_a_receipt_written_in_the_sandbox_completes_nothing(
        self, desk: Desk, applicant: Key
    ) -> None:
        id = desk.attested(applicant, receipt="0x" + "12" * 32)
        body = desk.http.get(f"/v1/registrations/{id}").json()
        assert body["registration"]["state"] == "ATTESTED"
        assert body["legal"]["completed"] is False
        assert "not completed here" in body["legal"]["note"]["en"]

    def test_answers_as_of_a_past_block(self, desk: Desk, applicant: Key) -> None:
        id = desk.file(applicant)
        block = desk.http.get(f"/v1/submissions/{id}").json()["block"]
        desk.accept(id)
        past = desk.http.get(f"/v1/registrations/{id}", params={"at_block": block}).json()
        now = desk.http.get(f"/v1/registrations/{id}").json()
        assert past["registration"]["state"] == "SUBMITTED"
        assert now["registration"]["state"] == "ACCEPTED"
        before = desk.http.get(f"/v1/registrations/{id}", params={"at_block": block - 1})
        refusal(before, 404, "not_found")

    def test_cursors_walk_all_of_a_list_once(self, desk: Desk) -> None:
        filed = {desk.file(Key.fresh()) for _ in range(3)}
        seen: list[str] = []
        after = None
        while True:
            params = {"limit": 2} | ({"after": after} if after else {})
            page = desk.http.get("/v1/registrations", params=params).json()
            seen += [each["id"] for each in page["registrations"]]
            after = page["next"]
            if after is None:
                break
        assert len(seen) == len(set(seen))
        assert filed <= set(seen)

    def test_a_list_by_state_holds_no_other(self, desk: Desk, applicant: Key) -> None:
        id = desk.file(applicant)
        submitted = desk.http.get("/v1/registrations", params={"state": "SUBMITTED", "limit": 200})
        assert id in {each["id"] for each in submitted.json()["registrations"]}
        desk.accept(id)
        submitted = desk.http.get("/v1/registrations", params={"state": "SUBMITTED", "limit": 200})
        assert id not in {each["id"] for each in submitted.json()["registrations"]}
        refusal(desk.http.get("/v1/registrations", params={"state": "OWNED"}), 422, "malformed")
