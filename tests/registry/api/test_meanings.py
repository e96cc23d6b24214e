"""What numbers mean, in words, in the answers about registrations and rights

- why a filing was refused: in the registration, its history and the life of a right that it concerned
- how an objection was decided, during the notice and after registration
- on which ground a right was cancelled ex officio; who applied for it gave it in the form, which is not public
- of what kind a remark is, also after a transfer carried it to another
- a number that no table has is told as unknown
"""

from typing import Any

import pytest

from registry.keys import Key
from registry.messages import party_of
from registry.registrations.acts import Object, Refuse, Resolve
from registry.rights.questions import id_of
from registry.rules import meanings
from registry.rules.objections import Answer, Forum, Outcome
from registry.rules.profiles import Kind, load
from registry.rules.rights import Exercise, Right
from tests.registry.api.desk import PROFILE, Desk
from tests.registry.api.life import Life
from tests.registry.api.test_objections import Dispute
from tests.registry.sandbox import REGISTRAR

PAPER = "0x" + "6e" * 32
SEIZED = PROFILE.remark_kinds[2].text.zh


def refuse(desk: Desk, id: str, step: int, ground: int) -> None:
    officer = desk.sandbox.staff.reviewer
    act = Refuse(
        registrar=REGISTRAR,
        officer=officer.address,
        registration=id,
        step=step,
        ground=ground,
        decision=PAPER,
        deadline=desk.soon(),
    )
    desk.do(act, officer)


def history(desk: Desk, id: str) -> dict[str, Any]:
    found: dict[str, Any] = desk.http.get(f"/v1/registrations/{id}/history").json()
    return found


def moments(desk: Desk, right: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = desk.http.get(f"/v1/rights/{right}/timeline").json()["moments"]
    return found


class TestRefusal:
    def test_is_told_in_the_registration_and_its_history(self, desk: Desk, applicant: Key) -> None:
        id = desk.file(applicant)
        assert desk.http.get(f"/v1/registrations/{id}").json()["registration"]["ground"] is None
        desk.accept(id)
        refuse(desk, id, 2, 2)
        words = PROFILE.refusal_grounds[2]
        meant = {
            "number": 2,
            "name": None,
            "article": words.article,
            "zh": words.text.zh,
            "en": words.text.en,
        }
        one = desk.http.get(f"/v1/registrations/{id}").json()["registration"]
        (among,) = [
            each
            for each in desk.http.get("/v1/registrations?state=REFUSED").json()["registrations"]
            if each["id"] == id
        ]
        assert one["ground"] == among["ground"] == meant
        assert [each["means"] for each in history(desk, id)["changes"]] == [
            {},
            {},
            {"ground": meant},
        ]

    def test_of_a_later_application_is_told_in_the_life_of_the_right(
        self, desk: Desk, applicant: Key
    ) -> None:
        life = Life.begin(desk, applicant)
        id = life.apply(Kind.CANCELLATION, life.cancellation("USE"))
        refuse(desk, id, 1, 4)
        (told,) = [each["means"] for each in moments(desk, life.right) if each["means"]]
        assert told["ground"]["zh"] == PROFILE.refusal_grounds[4].text.zh


class TestOutcome:
    def test_of_an_objection_to_the_notice(self, desk: Desk, applicant: Key) -> None:
        id, objector = desk.file(applicant), Key.fresh()
        desk.accept(id)
        desk.publish(id)
        party = party_of(objector.address)
        made = Object(
            objector=party, registration=id, serial=0, grounds=PAPER, deadline=desk.soon()
        )
        desk.do(made, objector)
        assert history(desk, id)["objections"][0]["means"] == {}
        officer = desk.sandbox.staff.reviewer
        decided = Resolve(
            registrar=REGISTRAR,
            officer=officer.address,
            registration=id,
            objectors=(party,),
            serials=(0,),
            outcome=1,
            decision=PAPER,
            deadline=desk.soon(),
        )
        desk.do(decided, officer)
        told = history(desk, id)["objections"][0]["means"]["outcome"]
        assert (told["name"], told["zh"]) == ("DISMISSED", "异议不成立")

    def test_of_an_objection_to_what_stands(self, desk: Desk, applicant: Key) -> None:
        dispute = Dispute(desk, applicant, desk.attested(applicant))
        dispute.contest()
        dispute.notify()
        dispute.respond(Answer.CONTESTED, dispute.papers("不认可"))
        dispute.conclude(Outcome.UPHELD)
        changes = desk.http.get(f"/v1/objections/{dispute.id}").json()["changes"]
        told = [{name: each["name"] for name, each in one["means"].items()} for one in changes]
        assert told == [{}, {}, {"answer": "CONTESTED"}, {"outcome": "UPHELD"}]


class TestCancellation:
    def test_ground_is_told_ex_officio_and_left_in_the_form_by_application(
        self, desk: Desk, applicant: Key
    ) -> None:
        life = Life.begin(desk, applicant)
        desk.do(life.cancel(Right.USE, 2), desk.sandbox.staff.approver)
        life.registered(Kind.CANCELLATION, life.cancellation("HOLD"))
        told = [
            each["means"] for each in moments(desk, life.right) if each["event"] == "RightCancelled"
        ]
        assert told[0]["ground"]["zh"] == PROFILE.cancellation_grounds[2].text.zh
        assert told[1] == {}


class TestRemark:
    def test_kind_is_told_wherever_it_was_carried(self, desk: Desk, applicant: Key) -> None:
        life, other = Life.begin(desk, applicant), Key.fresh()
        barred = life.remark(Right.HOLD, Exercise.CANCELLATION)
        desk.do(barred, desk.sandbox.staff.reviewer)
        assert life.entry()["remarks"][0]["means"]["zh"] == SEIZED
        (told,) = [each["means"] for each in moments(desk, life.right) if each["means"]]
        assert told["kind"]["zh"] == SEIZED
        moved = life.registered(
            Kind.TRANSFER,
            life.transfer(other, "HOLD"),
            life.holder,
            other,
            expiry=life.entry()["expiry"],
        )
        theirs = life.entry(id_of(moved, party_of(other.address)))
        assert theirs["remarks"][0]["means"]["zh"] == SEIZED


class TestTables:
    @pytest.mark.parametrize("what", ["outcome", "answer", "forum"])
    def test_name_every_number_that_the_contracts_fix(self, what: Any) -> None:
        kinds: dict[str, Any] = {"outcome": Outcome, "answer": Answer, "forum": Forum}
        for each in kinds[what]:
            meaning = meanings.fixed(what, int(each))
            assert (meaning and meaning.name) == (each.name if each else None)

    def test_say_nothing_of_a_number_that_they_lack(self) -> None:
        assert meanings.refusal(200, profile=PROFILE) is None
        assert meanings.remark(200, profile=PROFILE) is None

    def test_of_a_revocation_are_its_own(self) -> None:
        public = load("CN_PUBLIC_2025")
        number = min(public.revocation_grounds)
        revoked = meanings.cancellation(number, profile=public)
        assert revoked is not None
        assert revoked.zh == public.revocation_grounds[number].text.zh
