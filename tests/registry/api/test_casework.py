"""The file of a case, over HTTP on a chain

- the log: acts of the procedure, notes and reports in one order, each with who, when, article and paper
- as of a past block it ends there; heads and counts are the contracts' own
- notes and reports of an objection to what stands are in the file of the registration
- a telling moves the acceptance, an extension the end; a second one counts on top of the first
- at the door: more than the cap in all, an extension before acceptance or after the end; a stranger's
  note, another's case, a kind without a meaning, a paper or length that lacks, a moment that cannot be
- a report is entered without the registrar; neither applicant nor officer is a third party
- an auditor computes it all again: a late answer, one person for two, a fault of nobody's
- a suspended registrar's cases stay in the list of deadlines, marked
"""

import time
from datetime import UTC, datetime
from typing import Any

import pytest

from registry.casework import faults
from registry.casework.acts import Note, Report
from registry.deployment.building import administer
from registry.keys import Key
from registry.messages import ZERO, party_of
from registry.objections.acts import Contest
from registry.registrations.acts import RequestCorrection
from tests.registry.api.desk import Desk, refusal
from tests.registry.sandbox import REGISTRAR

PAPER = "0x" + "77" * 32
TOLD, TOLD_NON_ACCEPTANCE, EXTENSION, EXAMINED, OTHER = 1, 2, 3, 5, 18


def log(desk: Desk, id: str, **asked: Any) -> dict[str, Any]:
    found: dict[str, Any] = desk.http.get(f"/v1/registrations/{id}/casework", params=asked).json()
    return found


def note(desk: Desk, subject: str, kind: int, serial: int = 0, **changes: Any) -> Note:
    values: dict[str, Any] = {
        "registrar": REGISTRAR,
        "officer": desk.sandbox.staff.reviewer.address,
        "subject": subject,
        "serial": serial,
        "kind": kind,
        "document": PAPER,
        "occurred": desk.now(),
        "length": 0,
        "deadline": desk.soon(),
    }
    return Note(**values | changes)


def report(desk: Desk, subject: str, issuer: Key, **changes: Any) -> Report:
    values: dict[str, Any] = {
        "issuer": party_of(issuer.address),
        "subject": subject,
        "serial": 0,
        "kind": 3,
        "document": PAPER,
        "issued": desk.now(),
        "deadline": desk.soon(),
    }
    return Report(**values | changes)


def enter(desk: Desk, subject: str, kind: int, serial: int = 0, **changes: Any) -> str:
    return desk.do(note(desk, subject, kind, serial, **changes), desk.sandbox.staff.reviewer)


def refused(desk: Desk, message: Note, status: int = 422, code: str = "malformed") -> Any:
    return refusal(desk.send(message, desk.sandbox.staff.reviewer), status, code)[0]


def ends(desk: Desk, id: str, clock: str = "finish") -> Any:
    asked = {"limit": 1000, "moment": desk.now()}
    body = desk.http.get("/v1/deadlines", params=asked).json()
    (found,) = [
        each for each in body["deadlines"] if (each["registration"], each["clock"]) == (id, clock)
    ]
    return found


@pytest.fixture
def accepted(desk: Desk, applicant: Key) -> str:
    id = desk.file(applicant)
    desk.accept(id)
    return id


class TestLog:
    def test_has_every_step_with_who_when_article_and_paper(
        self, desk: Desk, accepted: str
    ) -> None:
        assessor, staff = Key.fresh(), desk.sandbox.staff
        act = enter(desk, accepted, EXAMINED)
        desk.do(report(desk, accepted, assessor), assessor)
        found = log(desk, accepted)
        steps = found["steps"]
        assert [each["event"] for each in steps] == [
            "RegistrationFiled",
            "RegistrationAccepted",
            "StepNoted",
            "ReportEntered",
        ]
        filed, taken, noted, reported = steps
        assert (filed["by"], filed["signer"]) == ("every applicant", None)
        assert filed["papers"].keys() == {"data"}
        assert (taken["signer"], taken["article"]) == (staff.reviewer.address, "art. 17(2)")
        assert (noted["kind"], noted["article"], noted["act"]) == (
            "SOURCE_EXAMINED",
            "art. 20",
            act,
        )
        assert noted["signer"] == staff.reviewer.address
        assert (noted["papers"], noted["serial"]) == ({"document": PAPER}, 0)
        assert noted["occurred"] <= noted["entered"]
        assert (reported["kind"], reported["by"]) == ("QUALITY", "a third party")
        assert reported["signer"] == assessor.address
        assert reported["parties"] == [party_of(assessor.address)]
        assert found["serials"] == {accepted: 1}

    def test_ends_with_the_block_asked_for(self, desk: Desk, accepted: str) -> None:
        before = log(desk, accepted)
        enter(desk, accepted, OTHER)
        after = log(desk, accepted)
        assert len(after["steps"]) == len(before["steps"]) + 1
        past = log(desk, accepted, at_block=before["as_of"]["block"])
        assert (past["steps"], past["serials"]) == (before["steps"], before["serials"])
        assert past["tips"] == before["tips"] != after["tips"]

    def test_is_proven_by_the_contracts_own_heads(self, desk: Desk, accepted: str) -> None:
        enter(desk, accepted, OTHER)
        found = log(desk, accepted)
        assert set(found["tips"]) == {"Registrations", "Objections", "Casework"}
        chain, contracts = desk.sandbox.chain, desk.house.deployment.contracts
        for name, tip in found["tips"].items():
            head, count = chain.ask(name, contracts[name], "tip", at=found["as_of"]["hash"])
            assert (tip["head"], tip["count"]) == ("0x" + head.hex(), count)

    def test_holds_the_objections_to_what_stands(self, desk: Desk, applicant: Key) -> None:
        id, objector = desk.attested(applicant), Key.fresh()
        opening = contest(desk, id, objector)
        papers = {"salt": PAPER, "statement": "异议", "tickets": {}}
        dispute = desk.do(*opening(papers), papers=papers)
        enter(desk, dispute, 11)
        found = log(desk, id)
        assert [(s["event"], s["subject"]) for s in found["steps"][-2:]] == [
            ("ObjectionFiled", dispute),
            ("StepNoted", dispute),
        ]
        assert found["serials"] == {id: 0, dispute: 1}

    def test_of_nothing_is_not_found(self, desk: Desk) -> None:
        refusal(desk.http.get(f"/v1/registrations/{PAPER}/casework"), 404, "not_found")

    def test_says_what_may_be_entered(self, desk: Desk) -> None:
        table = desk.http.get("/v1/casework/kinds").json()
        moves = {each["name"]: each["moves"] for each in table["notes"] if each["moves"]}
        assert moves["EXTENSION"] == "EXTENSION"
        assert {each["number"] for each in table["reports"]} == set(range(1, 7))


def contest(desk: Desk, id: str, objector: Key) -> Any:
    from registry.objections import papers as disputed

    def opening(papers: dict[str, Any]) -> tuple[Contest, Key]:
        message = Contest(
            objector=party_of(objector.address),
            registration=id,
            registrar=REGISTRAR,
            grounds=PAPER,
            deadline=desk.soon(),
        )
        domain = desk.house.deployment.domain("Objections")
        grounds = disputed.of(message, disputed.Papers(**papers), domain=domain)
        return message.model_copy(update={"grounds": grounds}), objector

    return opening


class TestClocks:
    def test_count_from_the_telling(self, desk: Desk, accepted: str) -> None:
        filed = desk.http.get(f"/v1/registrations/{accepted}").json()["registration"]["filed_at"]
        enter(desk, accepted, TOLD, occurred=filed + 1)
        assert ends(desk, accepted)["due"] == filed + 1 + 20
        # The first entry counts: another cannot move it again.
        enter(desk, accepted, TOLD, 1, occurred=filed)
        assert ends(desk, accepted)["due"] == filed + 1 + 20

    def test_are_extended_and_once_more_on_top(self, desk: Desk, accepted: str) -> None:
        before = ends(desk, accepted)["due"]
        enter(desk, accepted, EXTENSION, length=15)
        once = ends(desk, accepted)
        assert once["due"] == before + 15
        assert [s["article"] for s in once["steps"] if s["event"] == "EXTENDED"] == ["art. 28"]
        fault = refused(desk, note(desk, accepted, EXTENSION, 1, length=6), 422, "not_allowed")
        assert fault["rule"] == "art. 28"
        enter(desk, accepted, EXTENSION, 1, length=5)
        assert ends(desk, accepted)["due"] == before + 20
        block = desk.http.get(f"/v1/registrations/{accepted}").json()["as_of"]["block"]
        past = desk.http.get("/v1/deadlines", params={"limit": 1000, "at_block": block - 1}).json()
        assert before + 15 in {
            each["due"] for each in past["deadlines"] if each["registration"] == accepted
        }

    def test_are_extended_where_silence_accepted_and_nobody_said_so(
        self, desk: Desk, applicant: Key
    ) -> None:
        id = desk.file(applicant)
        filed = desk.http.get(f"/v1/registrations/{id}").json()["registration"]["filed_at"]
        while desk.now() < filed + 4:
            desk.sandbox.node.request("evm_increaseTime", [2])
            desk.sandbox.node.request("evm_mine")
        reach(desk, desk.sandbox.chain.head().number)
        before = ends(desk, id)["due"]
        enter(desk, id, EXTENSION, length=7)
        found = ends(desk, id)
        assert (found["state"], found["due"]) == ("SUBMITTED", before + 7)

    def test_are_not_extended_beyond_the_cap(self, desk: Desk, accepted: str) -> None:
        fault = refused(desk, note(desk, accepted, EXTENSION, length=21), 422, "not_allowed")
        assert (fault["pointer"], fault["rule"]) == ("/message/length", "art. 28")
        assert log(desk, accepted)["serials"] == {accepted: 0}

    def test_what_came_in_past_the_door_moves_nothing(self, desk: Desk, accepted: str) -> None:
        before = ends(desk, accepted)["due"]
        message, reviewer = note(desk, accepted, EXTENSION, length=300), desk.sandbox.staff.reviewer
        digest = desk.digest(message)
        sender = desk.sandbox.staff.owner
        receipt = send(desk, sender, message.calldata((reviewer.sign(digest),)))
        reach(desk, int(receipt["blockNumber"], 16))
        assert ends(desk, accepted)["due"] == before
        assert log(desk, accepted)["steps"][-1]["length"] == 300
        assert "extension" in {each["rule"] for each in audited(desk, accepted)}

    def test_count_a_non_acceptance_from_its_telling(self, desk: Desk, applicant: Key) -> None:
        id, reviewer = desk.file(applicant), desk.sandbox.staff.reviewer
        early = note(desk, id, TOLD_NON_ACCEPTANCE)
        assert refused(desk, early, 422, "not_allowed")["rule"] == "guide art. 17"
        act = RequestCorrection(
            registrar=REGISTRAR,
            officer=reviewer.address,
            registration=id,
            step=1,
            list=PAPER,
            until=desk.now() + 600,
            deadline=desk.soon(),
        )
        desk.do(act, reviewer)
        enter(desk, id, TOLD_NON_ACCEPTANCE)
        assert log(desk, id)["steps"][-1]["kind"] == "TOLD_NON_ACCEPTANCE"


def send(desk: Desk, sender: Key, data: bytes) -> dict[str, Any]:
    from eth_account import Account

    chain = desk.sandbox.chain
    signed = Account.sign_transaction(
        {
            "chainId": desk.house.deployment.chain_id,
            "nonce": chain.nonce(sender.address),
            "gas": 1_000_000,
            "maxFeePerGas": 10**10,
            "maxPriorityFeePerGas": 0,
            "data": data,
            "value": 0,
            "to": desk.house.deployment.contracts["Casework"],
        },
        sender.secret,
    )
    receipt = chain.receipt(chain.send(bytes(signed.raw_transaction)))
    assert receipt is not None
    assert int(receipt["status"], 16) == 1
    return receipt


def reach(desk: Desk, block: int) -> None:
    """Waits until a block was read."""
    deadline = time.monotonic() + 10
    while (reached := desk.house.indexer.reach()) is None or reached.number < block:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def audited(desk: Desk, id: str) -> list[dict[str, Any]]:
    with desk.house.engine.connect() as connection:
        now = datetime.fromtimestamp(desk.now(), UTC)
        found = [each.as_json() for each in faults.audit(connection, now=now)]
    return [each for each in found if each["registration"] == id]


class TestDoor:
    def test_knows_the_kinds_and_what_they_rest_on(self, desk: Desk, accepted: str) -> None:
        assert refused(desk, note(desk, accepted, 99))["pointer"] == "/message/kind"
        of_objections = note(desk, accepted, 13)
        assert refused(desk, of_objections)["pointer"] == "/message/kind"
        bare = note(desk, accepted, TOLD, document=ZERO)
        assert refused(desk, bare)["pointer"] == "/message/document"
        for wrong in (
            note(desk, accepted, TOLD, length=1),
            note(desk, accepted, EXTENSION, length=0),
        ):
            assert refused(desk, wrong)["pointer"] == "/message/length"

    def test_takes_no_moment_before_the_filing_or_to_come(self, desk: Desk, accepted: str) -> None:
        for moment in (1, desk.soon() + 86_400):
            early = note(desk, accepted, OTHER, occurred=moment)
            assert refused(desk, early)["pointer"] == "/message/occurred"

    def test_extends_nothing_before_acceptance_or_after_the_end(
        self, desk: Desk, applicant: Key
    ) -> None:
        id = desk.attested(applicant)
        over = refused(desk, note(desk, id, EXTENSION, length=1), 422, "not_allowed")
        assert over["rule"] == "guide art. 28"

    def test_tells_nobody_of_what_was_not_accepted(self, desk: Desk, applicant: Key) -> None:
        id = desk.file(applicant)
        fault = refused(desk, note(desk, id, TOLD), 422, "not_allowed")
        assert fault["rule"] == "guide art. 17"

    def test_is_shut_to_strangers_and_other_registrars(self, desk: Desk, accepted: str) -> None:
        stranger = Key.fresh()
        message = note(desk, accepted, OTHER, officer=stranger.address)
        assert refusal(desk.send(message, stranger), 403, "forbidden")
        elsewhere = note(desk, accepted, OTHER, registrar=441)
        assert refused(desk, elsewhere, 422, "not_allowed")["pointer"] == "/message/registrar"
        assert desk.send(note(desk, PAPER, OTHER), desk.sandbox.staff.reviewer).status_code == 404

    def test_says_which_serial_has_passed(self, desk: Desk, accepted: str) -> None:
        enter(desk, accepted, OTHER)
        again = refused(desk, note(desk, accepted, OTHER), 409, "contract_refuses")
        assert again["rule"] == "SerialPassed"


class TestReport:
    def test_is_no_applicants_and_no_officers(
        self, desk: Desk, accepted: str, applicant: Key
    ) -> None:
        for issuer in (applicant, desk.sandbox.staff.reviewer):
            answer = desk.send(report(desk, accepted, issuer), issuer)
            assert refusal(answer, 422, "not_allowed")[0]["rule"] == "third_party"

    def test_is_signed_by_its_issuer(self, desk: Desk, accepted: str) -> None:
        answer = desk.send(report(desk, accepted, Key.fresh()), desk.sandbox.staff.reviewer)
        refusal(answer, 422, "bad_signature")

    @pytest.mark.parametrize(
        ("member", "value"), [("kind", 99), ("document", ZERO), ("issued", 2**39)]
    )
    def test_is_a_document_of_a_known_kind(
        self, desk: Desk, accepted: str, member: str, value: Any
    ) -> None:
        issuer = Key.fresh()
        answer = desk.send(report(desk, accepted, issuer, **{member: value}), issuer)
        assert refusal(answer, 422, "malformed")[0]["pointer"] == f"/message/{member}"


class TestAudit:
    def test_finds_a_late_answer_with_both_dates(self, desk: Desk, applicant: Key) -> None:
        id = desk.file(applicant)
        desk.sandbox.node.request("evm_increaseTime", [30])
        desk.sandbox.node.request("evm_mine")
        desk.accept(id)
        (answer,) = [each for each in audited(desk, id) if each["rule"] == "answer"]
        filed = desk.http.get(f"/v1/registrations/{id}").json()["registration"]["filed_at"]
        assert answer["due"] == filed + 2
        assert answer["done"] > answer["due"]
        assert "17" in answer["article"]


class TestSuspension:
    def test_leaves_the_cases_in_the_list_and_marks_them(self, desk: Desk, accepted: str) -> None:
        assert ends(desk, accepted)["registrar_standing"] == "ADMITTED"
        self.order(desk, "suspend")
        try:
            found = ends(desk, accepted)
            assert (found["registrar_standing"], found["served_by"]) == (
                "SUSPENDED",
                f"{REGISTRAR:03d}",
            )
            feed = desk.http.get("/v1/deadlines.ics").text.replace("\r\n ", "")
            assert "(SUSPENDED)" in feed
            fault = refused(desk, note(desk, accepted, OTHER), 403, "forbidden")
            assert fault["pointer"] == "/message/officer"
        finally:
            self.order(desk, "resume")
        assert ends(desk, accepted)["registrar_standing"] == "ADMITTED"

    def order(self, desk: Desk, verb: str) -> None:
        receipt = administer(
            desk.sandbox.chain,
            desk.sandbox.deployment,
            desk.sandbox.staff.owner,
            "Registrars",
            verb,
            REGISTRAR,
            b"i" * 32,
        )
        reach(desk, int(receipt["blockNumber"], 16))
