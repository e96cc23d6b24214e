"""Bad input over HTTP: each gets its status, code and pointer, and leaves nothing behind"""

import secrets
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from registry.bodies import MOST_FLAWS
from registry.hashes import to_hex
from registry.keys import Key
from registry.rules.identifiers import make_fictitious_uscc
from registry.signatures import HALF_ORDER
from tests.registry.api.desk import Desk, refusal, spoilt

ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141


def wrong_check_digit() -> str:
    sound = make_fictitious_uscc("示范轨道数据有限公司")
    return sound[:-1] + ("A" if sound[-1] != "A" else "B")


FORMS: dict[str, tuple[dict[str, Any], str, str]] = {
    "a wrong check digit": (
        spoilt("applicants/0/id", wrong_check_digit()),
        "malformed",
        "/papers/form/applicants/0/id",
    ),
    "a malformed industry code": (
        spoilt("data/industry", "Z99"),
        "malformed",
        "/papers/form/data/industry",
    ),
    "a bidi control": (
        spoilt("data/name", "2024年客流\u202e数据"),
        "malformed",
        "/papers/form/data/name",
    ),
    "a zero-width space": (
        spoilt("applicants/0/name", "示范\u200b公司"),
        "malformed",
        "/papers/form/applicants/0/name",
    ),
    "an unknown member": (spoilt("data/colour", "red"), "malformed", "/papers/form/data/colour"),
    "core data": (spoilt("grade", "CORE"), "not_allowed", "/papers/form/grade"),
    "a right that the way of obtaining does not give": (
        spoilt("data/source", {"way": "AUTOMATED_PUBLIC", "situation": "PUBLIC_WEB"}),
        "not_allowed",
        "/papers/form/",
    ),
}


class TestBadInput:
    @pytest.fixture(autouse=True)
    def nothing_is_left_behind(self, desk: Desk) -> Iterator[None]:
        before = desk.kept()
        yield
        assert desk.kept() == before

    @pytest.mark.parametrize("name", FORMS)
    def test_refuses_a_form_with(self, desk: Desk, applicant: Key, name: str) -> None:
        form, code, pointer = FORMS[name]
        message, papers = desk.filing(applicant, form=form)
        errors = refusal(desk.send(message, applicant, papers=papers), 422, code)
        assert any(each["pointer"].startswith(pointer) for each in errors), errors

    def test_refuses_a_malleable_signature(self, desk: Desk, applicant: Key) -> None:
        message, papers = desk.filing(applicant)
        body = desk.body(message, applicant, papers=papers)
        raw = bytes.fromhex(body["signatures"][0][2:])
        high = ORDER - int.from_bytes(raw[32:64], "big")
        assert high > HALF_ORDER
        twin = raw[:32] + high.to_bytes(32, "big") + bytes([55 - raw[64]])
        body["signatures"] = [to_hex(twin)]
        errors = refusal(desk.http.post("/v1/messages/File", json=body), 422, "bad_signature")
        assert errors[0]["pointer"] == "/signatures/0"
        assert "low s" in errors[0]["detail"]

    @pytest.mark.parametrize("signature", ["0x", "0x00", "0x" + "11" * 64, "0x" + "11" * 65, "hex"])
    def test_refuses_a_malformed_signature(
        self, desk: Desk, applicant: Key, signature: str
    ) -> None:
        message, papers = desk.filing(applicant)
        body = desk.body(message, applicant, papers=papers) | {"signatures": [signature]}
        answer = desk.http.post("/v1/messages/File", json=body)
        assert answer.json()["errors"][0]["pointer"] == "/signatures/0"
        assert answer.status_code == 422

    def test_refuses_the_signature_of_another(self, desk: Desk, applicant: Key) -> None:
        message, papers = desk.filing(applicant)
        refusal(desk.send(message, Key.fresh(), papers=papers), 422, "bad_signature")

    @pytest.mark.parametrize("seconds", [-1, 30 * 86400])
    def test_refuses_a_deadline_gone_or_far(self, desk: Desk, applicant: Key, seconds: int) -> None:
        message, papers = desk.filing(applicant)
        late = message.model_copy(update={"deadline": int(time.time()) + seconds})
        errors = refusal(desk.send(late, applicant, papers=papers), 422, "malformed")
        assert errors[0]["pointer"] == "/message/deadline"

    def test_refuses_an_unknown_message_member(self, desk: Desk, applicant: Key) -> None:
        message, papers = desk.filing(applicant)
        body = desk.body(message, applicant, papers=papers)
        body["message"]["fee"] = 1
        errors = refusal(desk.http.post("/v1/messages/File", json=body), 422, "malformed")
        assert errors[0]["pointer"] == "/message/fee"

    def test_refuses_an_act_signed_for_another_chain(self, desk: Desk, applicant: Key) -> None:
        message, papers = desk.filing(applicant)
        domain = desk.house.deployment.domain("Registrations")
        elsewhere = replace(domain, chain_id=domain.chain_id + 1)
        body = desk.body(message, applicant, papers=papers)
        body["signatures"] = [applicant.sign(message.digest(elsewhere))]
        refusal(desk.http.post("/v1/messages/File", json=body), 422, "bad_signature")

    def test_refuses_a_body_too_large(self, desk: Desk) -> None:
        text = '{"message": "' + "x" * (desk.house.settings.body_bytes + 1) + '"}'
        answer = desk.http.post(
            "/v1/messages/File", content=text, headers={"content-type": "application/json"}
        )
        refusal(answer, 413, "too_large")

    @pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 50_000, '{"message": ' + "[" * 40])
    def test_refuses_a_body_too_deep(self, desk: Desk, text: str) -> None:
        refusal(desk.http.post("/v1/messages/File", content=text), 422, "malformed")

    def test_refuses_papers_that_open_something_else(self, desk: Desk, applicant: Key) -> None:
        message, papers = desk.filing(applicant)
        papers["salt"] = to_hex(secrets.token_bytes(32))
        errors = refusal(desk.send(message, applicant, papers=papers), 422, "malformed")
        assert errors[0]["rule"] == "commitment"

    def test_refuses_a_registrar_that_files_with_itself(self, desk: Desk) -> None:
        officer = desk.sandbox.staff.reviewer
        message, papers = desk.filing(officer)
        errors = refusal(desk.send(message, officer, papers=papers), 422, "not_allowed")
        assert errors[0]["rule"] == "registrar_is_applicant"

    def test_refuses_an_unknown_registrar(self, desk: Desk, applicant: Key) -> None:
        message, papers = desk.filing(applicant)
        other = message.model_copy(update={"registrar": 123})
        errors = refusal(desk.send(other, applicant, papers=papers), 422, "not_allowed")
        assert errors[0]["pointer"] == "/message/registrar"

    def test_a_lone_surrogate_can_be_refused(self, desk: Desk) -> None:
        answer = desk.http.post("/v1/messages/File", content='{"\\udfff": 1}')
        assert refusal(answer, 422, "malformed")[0]["pointer"] == "/\\udfff"
        lines = '{"type": "\\ud800"}\n{"\\udfff": 1, "type": "File"}'
        answer = desk.http.post("/v1/messages", content=lines)
        assert answer.status_code == 200
        assert len(answer.text.splitlines()) == 2

    @pytest.mark.parametrize("digits", [40, 64])
    def test_what_only_looks_like_a_hash_finds_nothing(self, desk: Desk, digits: int) -> None:
        answer = desk.http.get("/v1/search", params={"q": "0x" + "z" * digits})
        assert (answer.status_code, answer.json()["hits"]) == (200, [])

    def test_a_thousand_faults_are_counted_and_a_hundred_named(self, desk: Desk) -> None:
        message = {f"m{i}": i for i in range(1000)}
        answer = desk.http.post("/v1/messages/File", json={"message": message, "signatures": []})
        assert len(refusal(answer, 422, "malformed")) == MOST_FLAWS
        # Those of File that are missing are faults as well.
        assert answer.json()["detail"] == "1006 faults in /message"
