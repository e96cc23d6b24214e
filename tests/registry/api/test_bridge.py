"""The bridge over HTTP

- events: a whole life in the order of the chain, each with what came before it, page by page without
  gaps; the same cursor is the same event; of one registrar alone; final facts alone
- nobody is named: no party, objector or signer, no paper; the notice once art. 24 has published it, and
  no more once the application came to nothing
- each event's proof is the log that a node gives
- the schemas hold; every fact of these contracts is told, or is said not to be
- reconciliation: ours against theirs, as of a past block
- every answer of every route says that legal registration completes elsewhere
"""

import json
import re
import time
from typing import Any

import jsonschema_rs
import pytest
from sqlalchemy import func, select, update

from registry.bridge.events import reach
from registry.bridge.told import TOLD, UNTOLD
from registry.facts import Block, Final, fact_types
from registry.keys import Key
from registry.messages import ZERO, party_of
from registry.objections import papers as disputed
from registry.objections.acts import Contest, NotifyHolder
from registry.objections.papers import Papers
from registry.registrations.acts import Object, Refuse, Resolve, Withdraw
from registry.rules.profiles import Kind
from registry.rules.rights import Exercise, Right
from tests.registry.api.desk import Desk, refusal
from tests.registry.api.life import Life
from tests.registry.bridge.sample_receipt import fresh
from tests.registry.sandbox import REGISTRAR

PAPER = "0x" + "5c" * 32
Told = dict[str, Any]


def pages(desk: Desk, limit: int = 200, **query: Any) -> list[Told]:
    """All events, page by page."""
    found: list[Told] = []
    after = query.pop("after", None)
    while True:
        asked = query | {"limit": limit} | ({"after": after} if after else {})
        answer = desk.http.get("/v1/bridge/events", params=asked)
        assert answer.status_code == 200, answer.text
        found += answer.json()["events"]
        after = answer.json()["next"]
        if not answer.json()["more"]:
            return found


def of(desk: Desk, registration: str) -> list[Told]:
    """All events of a registration, once every block that was read can be told: notices come after facts."""
    deadline = time.monotonic() + 30
    with desk.house.engine.connect() as connection:
        head = connection.execute(select(func.max(Block.number))).scalar_one()
        while reach(connection) < head:
            assert time.monotonic() < deadline
            connection.rollback()
            time.sleep(0.02)
    return [each for each in pages(desk) if each["registration"] == registration]


def place(event: Told) -> tuple[int, ...]:
    return tuple(map(int, event["cursor"].split("-")))


def objection(desk: Desk, id: str, key: Key) -> str:
    message = Object(
        objector=party_of(key.address),
        registration=id,
        serial=0,
        grounds=PAPER,
        deadline=desk.soon(),
    )
    return desk.do(message, key)


class TestEvents:
    def test_tell_a_life_in_its_order(self, desk: Desk, applicant: Key) -> None:
        life, other = Life.begin(desk, applicant), Key.fresh()
        staff = desk.sandbox.staff
        desk.do(life.remark(Right.USE, Exercise.TRANSFER), staff.reviewer)
        desk.do(life.lift(0), staff.reviewer)
        moved = life.registered(
            Kind.TRANSFER,
            life.transfer(other, "OPERATE"),
            life.holder,
            other,
            expiry=life.entry()["expiry"],
        )
        told = of(desk, life.registration)
        assert [each["event"] for each in told] == [
            "RegistrationFiled",
            "RegistrationAccepted",
            "RegistrationPublished",
            "RegistrationAttested",
            "RightAttested",
            "RightRemarked",
            "RemarkLifted",
            "RightGiven",
        ]
        filed, _, published, attested, born, remarked, _, given = told
        assert filed["proof"]["digest"] == life.registration
        assert [each["code"] for each in told[:3]] == [None] * 3
        assert {each["code"] for each in told[3:]} == {life.code}
        assert filed["notice"] is None
        assert published["notice"]["name"] == "2024年全国城市轨道交通客流数据集"
        assert attested["notice"] == published["notice"]
        assert (attested["state"], born["state"]) == ("ATTESTED", None)
        assert born["right"] == remarked["right"] == given["right"] == life.right
        assert born["proof"]["digest"] == attested["proof"]["digest"]
        assert remarked["members"]["kind"] == 2
        assert filed["profile"]["name"] == "SANDBOX"
        # What a transfer took away was done by the act that attested it.
        transfer = of(desk, moved)
        assert {each["subject"] for each in transfer} == {life.registration}
        assert {each["kind"] for each in transfer} == {"TRANSFER"}
        assert transfer[0]["code"] == life.code
        act = next(e for e in transfer if e["event"] == "RegistrationAttested")
        assert given["proof"]["digest"] == act["proof"]["digest"]
        assert act["code"] not in (None, life.code)

    def test_tell_objections_without_saying_whose(self, desk: Desk, applicant: Key) -> None:
        stranger, staff = Key.fresh(), desk.sandbox.staff
        id = desk.file(applicant)
        desk.accept(id)
        desk.publish(id)
        objection(desk, id, stranger)
        resolve = Resolve(
            registrar=REGISTRAR,
            officer=staff.reviewer.address,
            registration=id,
            objectors=(party_of(stranger.address),),
            serials=(0,),
            outcome=1,
            decision=PAPER,
            deadline=desk.soon(),
        )
        desk.do(resolve, staff.reviewer)
        made, resolved = of(desk, id)[-2:]
        assert (made["event"], resolved["event"]) == ("ObjectionMade", "ObjectionResolved")
        # The one is known to the other by its place alone.
        assert made["objection"] == resolved["objection"] == made["cursor"]
        assert resolved["members"] == {"outcome": 1, "decision": PAPER}
        desk.wait(120)
        desk.do(desk.attestation(id, step=5), staff.approver)
        contest = Contest(
            objector=party_of(stranger.address),
            registration=id,
            registrar=REGISTRAR,
            grounds=ZERO,
            deadline=desk.soon(),
        )
        with desk.house.engine.connect() as connection:
            before = reach(connection)
        bound = contested(desk, contest, stranger)
        notify = NotifyHolder(
            registrar=REGISTRAR,
            officer=staff.reviewer.address,
            objection=bound,
            step=1,
            notice=PAPER,
            until=desk.now() + 60,
            deadline=desk.soon(),
        )
        desk.do(notify, staff.reviewer)
        later = [each for each in of(desk, id) if place(each)[0] > before]
        assert [each["event"] for each in later] == ["ObjectionFiled", "HolderNotified"]
        assert [each["state"] for each in later] == ["FILED", "NOTIFIED"]
        assert {each["objection"] for each in later} == {bound}
        assert {each["code"] for each in later} != {None}
        told = json.dumps(of(desk, id))
        for key in (applicant, stranger, staff.reviewer, staff.approver):
            assert key.address[2:].lower() not in told.lower()

    def test_a_notice_that_came_to_nothing_is_told_no_more(
        self, desk: Desk, applicant: Key
    ) -> None:
        id = desk.file(applicant)
        desk.accept(id)
        desk.publish(id)
        shown = of(desk, id)[-1]
        assert shown["notice"] is not None
        withdraw = Withdraw(
            party=party_of(applicant.address), registration=id, step=3, deadline=desk.soon()
        )
        desk.do(withdraw, applicant)
        published, withdrawn = of(desk, id)[-2:]
        assert (published["cursor"], published["notice"]) == (shown["cursor"], None)
        assert (withdrawn["event"], withdrawn["state"]) == ("RegistrationWithdrawn", "WITHDRAWN")

    def test_a_refusal_is_told_with_its_ground(self, desk: Desk, applicant: Key) -> None:
        id = desk.file(applicant)
        desk.accept(id)
        refuse = Refuse(
            registrar=REGISTRAR,
            officer=desk.sandbox.staff.reviewer.address,
            registration=id,
            step=2,
            ground=2,
            decision=PAPER,
            deadline=desk.soon(),
        )
        desk.do(refuse, desk.sandbox.staff.reviewer)
        last = of(desk, id)[-1]
        assert last["members"] == {"ground": 2, "decision": PAPER}
        assert last["proof"]["digest"] == desk.digest(refuse)

    def test_nothing_is_between_one_and_the_one_before_it(self, desk: Desk) -> None:
        desk.attested(Key.fresh())
        told = pages(desk)
        assert len(told) > 4
        assert [place(each) for each in told] == sorted({place(each) for each in told})
        before = [None, *(each["cursor"] for each in told[:-1])]
        assert [each["previous"] for each in told] == before
        assert pages(desk, limit=1) == told
        middle = told[len(told) // 2]
        assert pages(desk, limit=3, after=middle["cursor"]) == told[len(told) // 2 + 1 :]
        # After a place where nothing is, the one before is still named.
        number, index = place(middle)
        follows = pages(desk, after=f"{number}-{index + 500}")[0]
        assert follows["previous"] == told[told.index(follows) - 1]["cursor"]

    def test_at_the_end_the_cursor_stays(self, desk: Desk, applicant: Key) -> None:
        desk.file(applicant)
        last = pages(desk)[-1]["cursor"]
        answer = desk.http.get("/v1/bridge/events", params={"after": last}).json()
        assert (answer["events"], answer["next"], answer["more"]) == ([], last, False)
        assert answer["as_of"]["final"] is True

    def test_of_one_registrar_alone(self, desk: Desk, applicant: Key) -> None:
        desk.attested(applicant)
        assert pages(desk, registrar=REGISTRAR) == pages(desk)
        assert pages(desk, registrar=443) == []

    def test_what_is_not_final_is_not_told(self, desk: Desk, applicant: Key) -> None:
        before = pages(desk)
        id = desk.file(applicant)
        with desk.house.engine.begin() as connection:
            final = connection.execute(select(Final.number)).scalar_one()
            block = desk.http.get(f"/v1/submissions/{id}").json()["block"]
            connection.execute(update(Final).values(number=block - 1))
        try:
            assert pages(desk) == before
        finally:
            with desk.house.engine.begin() as connection:
                connection.execute(update(Final).values(number=final))
        assert pages(desk)[-1]["registration"] == id

    def test_its_proof_is_the_log_that_a_node_gives(self, desk: Desk, applicant: Key) -> None:
        for each in of(desk, desk.attested(applicant)):
            proof = each["proof"]
            logs = desk.sandbox.chain.logs([proof["address"]], proof["block"], proof["block"])
            log = next(log for log in logs if log.position == proof["log_index"])
            fact = next(fact for fact in TOLD if fact.event == each["event"])
            assert (log.topics[0], log.transaction) == (fact.topic, proof["transaction"])
            assert log.block_hash == proof["block_hash"]

    def test_a_cursor_that_is_none_is_refused(self, desk: Desk) -> None:
        answer = desk.http.get("/v1/bridge/events", params={"after": "yesterday"})
        refusal(answer, 422, "malformed")


class TestForms:
    def test_every_event_is_of_its_schema(self, desk: Desk, applicant: Key) -> None:
        desk.attested(applicant)
        schema = desk.http.get("/v1/bridge/schemas/event").json()
        validator = jsonschema_rs.validator_for(schema)
        told = pages(desk)
        for each in told:
            validator.validate(each)
        assert not validator.is_valid(told[0] | {"party": ZERO})
        assert not validator.is_valid(told[0] | {"cursor": "yesterday"})

    def test_an_unknown_form_is_not_found(self, desk: Desk) -> None:
        refusal(desk.http.get("/v1/bridge/schemas/deed"), 404, "not_found")

    def test_every_fact_is_told_or_is_said_not_to_be(self) -> None:
        speakers = {"Registrations", "Rights", "Objections"}
        said = {each.event for each in fact_types() if speakers & set(each.contracts)}
        told = {each.event for each in TOLD}
        assert not told & UNTOLD.keys()
        assert said == told | UNTOLD.keys()

    def test_no_member_of_a_person_or_of_its_papers_is_told(self) -> None:
        private = {"party", "objector", "holder", "receiver", "signer", "by"}
        private |= {"papers", "grounds", "list", "notice", "data", "deadline"}
        for fact, members in TOLD.items():
            assert not private & set(members), fact
            assert set(members) <= fact.members.keys(), fact


class TestReconciliation:
    def test_the_sandbox_owes_no_receipt(self, desk: Desk, applicant: Key) -> None:
        id = desk.attested(applicant)
        body = desk.http.get("/v1/bridge/reconciliation").json()
        assert body["compared"] > 0
        assert id not in {row["registration"] for row in body["rows"]}

    def test_answers_as_of_a_past_block(self, desk: Desk, applicant: Key) -> None:
        desk.attested(applicant)
        block = desk.sandbox.chain.head().number
        desk.attested(Key.fresh())
        asked = {"at_block": block, "registrar": REGISTRAR}
        past = desk.http.get("/v1/bridge/reconciliation", params=asked).json()
        now = desk.http.get("/v1/bridge/reconciliation").json()
        assert past["as_of"]["block"] == block
        assert past["compared"] == now["compared"] - 1
        assert past["moment"] == past["as_of"]["time"]
        refusal(
            desk.http.get("/v1/bridge/reconciliation", params={"at_block": 10**9}), 404, "not_found"
        )


class TestLegal:
    """The sentence on every answer, whatever its form and whether or not it is a refusal."""

    @pytest.fixture
    def paths(self, desk: Desk, applicant: Key) -> dict[str, str]:
        id = desk.attested(applicant)
        code = desk.http.get(f"/v1/registrations/{id}").json()["registration"]["code"]
        right = desk.http.get("/v1/rights", params={"registration": id}).json()["rights"][0]["id"]
        known = {"type": "File", "digest": id, "code": code, "form": "event", "number": "990"}
        known |= {"party": party_of(applicant.address), "right": right, "objection": fresh()}
        known |= {"data": desk.http.get(f"/v1/registrations/{id}").json()["registration"]["data"]}
        return known | {"id": id}

    def test_is_on_every_answer_of_every_route(self, desk: Desk, paths: dict[str, str]) -> None:
        described = desk.http.get("/openapi.json").json()["paths"]
        assert len(described) > 30
        for path, methods in described.items():
            known = paths | ({"id": paths["right"]} if "/rights/" in path else {})
            at = path
            for name in re.findall(r"\{(\w+)\}", path):
                at = at.replace(f"{{{name}}}", known[name])
            for method in methods:
                said = desk.http.request(method, at).headers.get("registry-legal", "")
                assert "not-completed-here" in said, (method, at)
                assert "national-system" in said, (method, at)
        for at in ("/v1/nothing", "/openapi.json"):
            assert "national-system" in desk.http.get(at).headers["registry-legal"]

    def test_is_in_the_body_of_every_question_about_records(
        self, desk: Desk, paths: dict[str, str]
    ) -> None:
        id, right, code = paths["id"], paths["right"], paths["code"]
        for at in (
            "/v1/registrations",
            f"/v1/registrations/{id}",
            f"/v1/registrations/{id}/history",
            f"/v1/data/{paths['data']}",
            "/v1/rights",
            f"/v1/rights/{right}",
            f"/v1/rights/{right}/timeline",
            "/v1/objections",
            f"/v1/certificates/{code}",
            "/v1/deadlines",
            "/v1/search?q=客流",
            "/v1/registrars",
            "/v1/registrars/990",
            f"/v1/parties/{paths['party']}",
            f"/v1/submissions/{id}",
            "/v1/messages/File",
            "/v1/bridge/events",
            "/v1/bridge/reconciliation",
        ):
            answer = desk.http.get(at)
            assert answer.status_code == 200, (at, answer.text)
            legal = answer.json()["legal"]
            assert legal["completed"] is False, at
            assert "completes on the national system" in legal["note"]["en"], at
            assert "国家数据产权登记服务系统" in legal["note"]["zh"], at

    def test_is_on_the_certificate_and_in_its_bundle(
        self, desk: Desk, paths: dict[str, str]
    ) -> None:
        certificate = desk.http.get(f"/v1/certificates/{paths['code']}").json()["certificate"]
        assert "completes on the national system" in certificate["legal"]["en"]
        assert "国家数据产权登记服务系统" in certificate["legal"]["zh"]
        bundle = desk.http.get(f"/v1/certificates/{paths['code']}/bundle").json()
        assert bundle["certificate"]["legal"] == certificate["legal"]

    def test_is_in_the_calendar(self, desk: Desk) -> None:
        unfolded = desk.http.get("/v1/deadlines.ics").text.replace("\r\n ", "")
        assert "completes on the national system" in unfolded


def contested(desk: Desk, message: Contest, key: Key) -> str:
    """Puts an objection forward with its statement; its id."""
    papers = Papers(salt=fresh(), statement="权属争议", tickets={})
    domain = desk.house.deployment.domain("Objections")
    bound = disputed.of(message, papers, domain=domain)
    act = Contest(**message.model_dump() | {"grounds": bound})
    return desk.do(act, key, papers=papers.model_dump(mode="json"))
