"""The life of a right after its attestation, over HTTP

- transfer: both sign; the giver's entry shrinks, the receiver's is born under a code of its own
- amendment: the closed list alone; the certificate keeps its code
- renewal: within its window, of what it names
- cancellation: by right, on application and by the registrar of its own motion
- remarks: a record bars nothing, an instrument what it names and no more, until it is lifted; a
  transfer takes them along
- instruments: a court's order moves or ends rights whatever is remarked
- questions: as of any block, the whole life in order, later registrations by what they concern
- papers: what does not fit its registration is refused, and nothing is kept
"""

from datetime import datetime, timedelta
from typing import Any

import pytest

from registry.keys import Key
from registry.messages import party_of
from registry.rights.questions import id_of
from registry.rules.profiles import Kind
from registry.rules.rights import ALL_RIGHTS, Exercise, Right
from registry.rules.validity import BEIJING
from tests.registry.api.desk import Desk, refusal
from tests.registry.api.life import DAY, Life
from tests.registry.rules.sample_form import Form


@pytest.fixture
def life(desk: Desk, applicant: Key) -> Life:
    return Life.begin(desk, applicant)


@pytest.fixture
def other() -> Key:
    return Key.fresh()


class TestTransfer:
    def test_moves_the_right_and_shrinks_what_is_left(
        self, desk: Desk, life: Life, other: Key
    ) -> None:
        # domain vector "Rights.": A transfers OPERATE to E keeping HOLD, USE.
        before = life.entry()
        id = life.registered(
            Kind.TRANSFER,
            life.transfer(other, "OPERATE"),
            life.holder,
            other,
            expiry=before["expiry"],
        )
        assert life.entry()["rights"] == ["HOLD", "USE"]
        received = life.entry(id_of(id, party_of(other.address)))
        assert received["rights"] == received["standing"] == ["OPERATE"]
        assert received["expiry"] == before["expiry"]
        record = desk.http.get(f"/v1/registrations/{id}").json()["registration"]
        assert (record["kind"], record["subject"]) == ("TRANSFER", life.registration)
        assert record["code"] not in (None, life.code)
        assert {each["party"]: each["gives"] for each in record["applicants"]} == {
            party_of(life.holder.address): True,
            party_of(other.address): False,
        }

    def test_needs_both_signatures(self, desk: Desk, life: Life, other: Key) -> None:
        message, papers = life.filing(Kind.TRANSFER, life.transfer(other, "OPERATE"))
        kept = desk.kept()
        answer = desk.send(message, life.holder, life.holder, papers=papers)
        refusal(answer, 422, "bad_signature")
        assert desk.kept() == kept

    def test_of_what_is_not_held_is_refused(self, life: Life, other: Key) -> None:
        taker = Key.fresh()
        own = life.registered(Kind.CANCELLATION, life.cancellation("OPERATE"))
        assert own
        answer = life.send(Kind.TRANSFER, life.transfer(taker, "OPERATE"), life.holder, taker)
        assert refusal(answer, 422, "not_allowed")[0]["rule"] == "guide art. 34"

    def test_lasts_no_longer_than_was_agreed(self, desk: Desk, life: Life, other: Key) -> None:
        last = (datetime.now(BEIJING) + timedelta(days=10)).date().isoformat()
        form = life.transfer(other, "USE", until=last)
        id = life.apply(Kind.TRANSFER, form, life.holder, other)
        desk.accept(id)
        desk.publish(id)
        life.pass_notice()
        late = life.attestation(id, expiry=desk.now() + 20 * DAY)
        answer = desk.send(late, desk.sandbox.staff.approver)
        assert refusal(answer, 422, "not_allowed")[0]["pointer"] == "/message/expiry"


class TestAmendment:
    def test_changes_the_description_and_keeps_code_and_rights(
        self, desk: Desk, life: Life
    ) -> None:
        form = life.amendment("/data/time_scope/last", "2024-12-31", "2025-12-31")
        id = life.registered(Kind.AMENDMENT, form)
        found = desk.http.get(f"/v1/registrations/{id}").json()["registration"]
        assert (found["state"], found["code"]) == ("ATTESTED", None)
        assert life.entry()["rights"] == ["HOLD", "USE", "OPERATE"]
        # A second one is judged by what is registered since.
        again = life.send(Kind.AMENDMENT, form)
        assert refusal(again, 422, "malformed")[0]["rule"] == "outdated"

    def test_of_holder_rights_or_source_is_refused_with_the_article(self, life: Life) -> None:
        for at, before, after in (
            ("/applicants/0/claim/rights", ["HOLD", "USE", "OPERATE"], ["HOLD"]),
            ("/applicants/0/claim/limits", "无", "仅限本市"),
            ("/data/facts/contract_kept", True, False),
        ):
            answer = life.send(Kind.AMENDMENT, life.amendment(at, before, after))
            assert refusal(answer, 422, "not_allowed")[0]["rule"].startswith("guide art"), at


class TestRenewal:
    def test_extends_what_it_names(self, desk: Desk, life: Life) -> None:
        before = life.entry()["expiry"]
        life.registered(Kind.RENEWAL, life.renewal("HOLD", "USE"), expiry=before + 365 * DAY)
        ends = {each["right"]: each["expiry"] for each in life.entry()["ends"]}
        assert ends == {
            "HOLD": before + 365 * DAY,
            "USE": before + 365 * DAY,
            "OPERATE": before,
        }

    def test_before_its_window_is_refused(self, desk: Desk, applicant: Key) -> None:
        early = Life.begin(desk, applicant, days=300)
        answer = early.send(Kind.RENEWAL, early.renewal("HOLD"))
        assert refusal(answer, 422, "not_allowed")[0]["rule"] == "guide art. 36"


class TestCancellation:
    def test_on_application_ends_the_rights_it_names(self, life: Life) -> None:
        life.registered(Kind.CANCELLATION, life.cancellation("USE"))
        assert life.entry()["rights"] == ["HOLD", "OPERATE"]

    def test_ex_officio_needs_a_ground_of_the_registrars_own(self, desk: Desk, life: Life) -> None:
        approver = desk.sandbox.staff.approver
        wish = desk.send(life.cancel(Right.USE, 1), approver)
        assert refusal(wish, 422, "not_allowed")[0]["pointer"] == "/message/ground"
        unknown = desk.send(life.cancel(Right.USE, 9), approver)
        assert refusal(unknown, 422, "malformed")[0]["pointer"] == "/message/ground"
        desk.do(life.cancel(Right.USE, 2), approver)
        assert life.entry()["rights"] == ["HOLD", "OPERATE"]

    def test_without_any_right_left_the_same_data_may_be_filed_again(
        self, desk: Desk, life: Life
    ) -> None:
        twice, papers = desk.filing(life.holder, fingerprint=life.root)
        refusal(desk.send(twice, life.holder, papers=papers), 409, "conflict")
        desk.do(life.cancel(ALL_RIGHTS, 2), desk.sandbox.staff.approver)
        desk.file(life.holder, fingerprint=life.root)


class TestRemarks:
    def test_a_record_bars_nothing(self, desk: Desk, life: Life) -> None:
        desk.do(life.remark(Right(0), 0, kind=1), desk.sandbox.staff.reviewer)
        found = life.entry()
        assert found["barred"] == []
        assert [each["kind"] for each in found["remarks"]] == [1]
        life.registered(Kind.CANCELLATION, life.cancellation("HOLD"))

    def test_an_instrument_bars_what_it_names_until_it_is_lifted(
        self, desk: Desk, life: Life, other: Key
    ) -> None:
        reviewer = desk.sandbox.staff.reviewer
        desk.do(life.remark(Right.HOLD, Exercise.TRANSFER), reviewer)
        assert life.entry()["barred"] == ["TRANSFER"]
        hold = life.send(Kind.TRANSFER, life.transfer(other, "HOLD"), life.holder, other)
        assert refusal(hold, 422, "not_allowed")[0]["rule"].startswith("guide art. 23")
        # E's OPERATE is untouched, since the court named HOLD alone.
        expiry = life.entry()["expiry"]
        life.registered(
            Kind.TRANSFER, life.transfer(other, "OPERATE"), life.holder, other, expiry=expiry
        )
        desk.do(life.lift(0), reviewer)
        assert life.entry()["barred"] == []
        life.registered(
            Kind.TRANSFER, life.transfer(other, "HOLD"), life.holder, other, expiry=expiry
        )
        assert life.entry()["rights"] == ["USE"]

    def test_what_limits_a_right_goes_with_it(self, desk: Desk, life: Life, other: Key) -> None:
        reviewer = desk.sandbox.staff.reviewer
        desk.do(life.remark(Right.HOLD | Right.OPERATE, Exercise.CANCELLATION), reviewer)
        expiry = life.entry()["expiry"]
        moved = life.registered(
            Kind.TRANSFER, life.transfer(other, "OPERATE"), life.holder, other, expiry=expiry
        )
        right = id_of(moved, party_of(other.address))
        (carried,) = life.entry(right)["remarks"]
        assert (carried["rights"], carried["bars"]) == (["OPERATE"], ["CANCELLATION"])
        assert carried["act"] == moved
        told = desk.http.get(f"/v1/rights/{right}/timeline").json()["moments"]
        assert [each["event"] for each in told if each["right"]] == [
            "RightAttested",
            "RemarkCarried",
        ]

    def test_renewal_goes_on_under_a_seizure(self, desk: Desk, life: Life) -> None:
        acts = Exercise.TRANSFER | Exercise.CANCELLATION
        desk.do(life.remark(ALL_RIGHTS, acts), desk.sandbox.staff.reviewer)
        before = life.entry()["expiry"]
        life.registered(Kind.RENEWAL, life.renewal("HOLD"), expiry=before + DAY)

    def test_names_a_kind_and_acts_that_exist_and_a_paper(self, desk: Desk, life: Life) -> None:
        reviewer = desk.sandbox.staff.reviewer
        for pointer, changes in (
            ("/message/kind", {"kind": 99}),
            ("/message/acts", {"acts": 1 << 14}),
            ("/message/instrument", {"instrument": "0x" + "00" * 32}),
        ):
            act = life.remark(Right.HOLD, Exercise.TRANSFER, **changes)
            answer = desk.send(act, reviewer)
            assert refusal(answer, 422, "malformed")[0]["pointer"] == pointer


class TestInstruments:
    def test_a_court_moves_rights_whatever_is_remarked(
        self, desk: Desk, life: Life, other: Key
    ) -> None:
        staff = desk.sandbox.staff
        desk.do(life.remark(ALL_RIGHTS, sum(Exercise)), staff.reviewer)
        desk.do(life.execute(Right.HOLD | Right.USE, other), staff.approver)
        assert life.entry()["rights"] == ["OPERATE"]
        received = life.entry(id_of(life.registration, party_of(other.address)))
        assert received["rights"] == ["HOLD", "USE"]

    def test_a_court_ends_rights(self, desk: Desk, life: Life) -> None:
        desk.do(life.execute(ALL_RIGHTS, None), desk.sandbox.staff.approver)
        assert life.entry()["rights"] == []


class TestQuestions:
    def test_answers_as_of_any_block(self, desk: Desk, life: Life) -> None:
        block = desk.http.get("/v1/registrations?limit=1").json()["as_of"]["block"]
        desk.do(life.execute(Right.USE, None), desk.sandbox.staff.approver)
        assert life.entry()["rights"] == ["HOLD", "OPERATE"]
        assert life.entry(at_block=block)["rights"] == ["HOLD", "USE", "OPERATE"]

    def test_tells_the_whole_life_in_order_with_the_article_of_each_step(
        self, desk: Desk, life: Life, other: Key
    ) -> None:
        expiry = life.entry()["expiry"]
        life.registered(
            Kind.TRANSFER, life.transfer(other, "OPERATE"), life.holder, other, expiry=expiry
        )
        life.registered(Kind.CANCELLATION, life.cancellation("USE"))
        answer = desk.http.get(f"/v1/rights/{life.right}/timeline").json()
        moments = answer["moments"]
        assert all(each["article"] for each in moments)
        places = [(each["block"], each["position"]) for each in moments]
        assert places == sorted(places)
        assert [(each["event"], each["article"]) for each in moments if each["right"]] == [
            ("RightAttested", "arts. 26, 27"),
            ("RightGiven", "art. 34"),
            ("RightCancelled", "art. 37"),
        ]
        assert [each["kind"] for each in moments if each["event"] == "RegistrationFiled"] == [
            "INITIAL",
            "TRANSFER",
            "CANCELLATION",
        ]

    def test_finds_later_registrations_by_what_they_concern(self, desk: Desk, life: Life) -> None:
        id = life.apply(Kind.CANCELLATION, life.cancellation("USE"))
        found = desk.http.get(f"/v1/registrations?subject={life.registration}").json()
        assert [each["id"] for each in found["registrations"]] == [id]
        of_kind = desk.http.get(
            f"/v1/registrations?subject={life.registration}&kind=RENEWAL"
        ).json()
        assert of_kind["registrations"] == []
        refusal(desk.http.get("/v1/registrations?kind=GIFT"), 422, "malformed")


class TestPapers:
    def test_that_do_not_fit_their_registration_are_refused_and_leave_nothing(
        self, desk: Desk, life: Life, applicant: Key
    ) -> None:
        form = life.cancellation("USE")
        kept = desk.kept()
        nowhere = "0x" + "77" * 32
        cases: tuple[tuple[Form, dict[str, Any], str, str], ...] = (
            (form, {"subject": nowhere}, "malformed", "/message/subject"),
            (form | {"subject": nowhere}, {"subject": nowhere}, "malformed", "/message/subject"),
            (form | {"certificate": "XX9902026110999"}, {}, "not_allowed", "/papers/form"),
            (form, {"registrar": 991}, "not_allowed", "/message/registrar"),
            (form, {"kind": 1}, "malformed", "/message/subject"),
            (form, {"kind": 6}, "malformed", "/message/kind"),
        )
        for spoilt, changes, code, pointer in cases:
            answer = life.send(Kind.CANCELLATION, spoilt, **changes)
            assert refusal(answer, 422, code)[0]["pointer"] == pointer, (changes, answer.text)
        assert desk.kept() == kept

    def test_about_other_data_are_refused(self, desk: Desk, life: Life) -> None:
        life.root = "0x" + "66" * 32
        answer = life.send(Kind.CANCELLATION, life.cancellation("USE"))
        assert refusal(answer, 422, "malformed")[0]["rule"] == "other_data"

    def test_about_what_is_not_attested_are_refused(self, desk: Desk, life: Life) -> None:
        id = life.apply(Kind.CANCELLATION, life.cancellation("USE"))
        form = life.cancellation("USE") | {"subject": id}
        answer = life.send(Kind.CANCELLATION, form, subject=id)
        assert refusal(answer, 422, "not_allowed")[0]["rule"] == "guide art. 33"
