"""The directory over HTTP

- a registrar: standing, steps with their articles, the clocks of its exit, its open cases, its successor
- a party: a key proposed for it with the end of its notice, kept by the old key, concluded by anyone
- a registrar that has left is filed with no more; its successor reads its papers, its own officers do not
"""

import time

from registry.deployment.building import administer
from registry.hashes import to_hex
from registry.keys import Key
from registry.messages import ZERO, party_of
from registry.parties import ConcludeKey, KeepKey, ProposeKey
from registry.reading import Read
from registry.registrars import APPROVER, REVIEWER
from registry.rules.key_notice import key_notice
from tests.registry.api.desk import Desk, refusal
from tests.registry.sandbox import REGISTRAR

INSTRUMENT = "0x" + "1d" * 32
LEAVES, TAKES = 801, 802


def read_until(desk: Desk) -> None:
    """Waits until the house has read all that the chain said."""
    head = desk.sandbox.chain.head().number
    deadline = time.monotonic() + 30
    while (reach := desk.house.indexer.reach()) is None or reach.number < head:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def order(desk: Desk, function: str, *arguments: object) -> None:
    sandbox = desk.sandbox
    administer(
        sandbox.chain, sandbox.deployment, sandbox.staff.owner, "Registrars", function, *arguments
    )
    read_until(desk)


def proposal(desk: Desk, key: Key, new: Key, step: int = 0) -> ProposeKey:
    return ProposeKey(
        registrar=REGISTRAR,
        officer=desk.sandbox.staff.approver.address,
        party=party_of(key.address),
        step=step,
        instrument=INSTRUMENT,
        # Between the floor and four times it, whichever of the next blocks bears it.
        until=max(desk.now(), int(time.time())) + 3 * key_notice().sandbox.seconds,
        key=new.address,
        deadline=desk.soon(),
    )


def party(desk: Desk, key: Key) -> dict[str, object]:
    found: dict[str, object] = desk.http.get(f"/v1/parties/{party_of(key.address)}").json()
    return found


class TestParty:
    def test_shows_a_proposed_key_until_the_old_one_speaks_up(
        self, desk: Desk, applicant: Key
    ) -> None:
        new, approver = Key.fresh(), desk.sandbox.staff.approver
        message = proposal(desk, applicant, new)
        desk.do(message, approver, new)
        found = party(desk, applicant)
        assert found["key"] == applicant.address
        assert found["step"] == 1
        shown = found["proposal"]
        assert isinstance(shown, dict)
        assert shown.pop("proposed") <= message.until
        assert shown == {
            "key": new.address,
            "registrar": f"{REGISTRAR:03d}",
            "officer": approver.address,
            "instrument": INSTRUMENT,
            "until": message.until,
        }
        kept = KeepKey(
            party=message.party,
            signer=applicant.address,
            instrument=ZERO,
            step=1,
            deadline=desk.soon(),
        )
        desk.do(kept, applicant)
        found = party(desk, applicant)
        assert (found["proposal"], found["step"]) == (None, 2)

    def test_has_the_new_key_once_anyone_concluded(self, desk: Desk, applicant: Key) -> None:
        new, anyone = Key.fresh(), Key.fresh()
        desk.do(proposal(desk, applicant, new), desk.sandbox.staff.approver, new)
        conclude = ConcludeKey(
            sender=anyone.address,
            party=party_of(applicant.address),
            step=1,
            deadline=desk.soon(),
        )
        early = refusal(desk.send(conclude, anyone), 409, "contract_refuses")
        assert early[0]["rule"] == "NoticeRuns"
        before = desk.sandbox.chain.head().number
        desk.sandbox.node.request("evm_increaseTime", [60])
        desk.sandbox.node.request("evm_mine")
        desk.do(conclude, anyone)
        found = party(desk, applicant)
        assert (found["key"], found["proposal"], found["step"]) == (new.address, None, 2)
        past = {"at_block": before}
        path = f"/v1/parties/{party_of(applicant.address)}"
        assert desk.http.get(path, params=past).json()["key"] == applicant.address

    def test_is_not_proposed_another_key_by_who_is_no_approver(
        self, desk: Desk, applicant: Key
    ) -> None:
        new, reviewer = Key.fresh(), desk.sandbox.staff.reviewer
        message = proposal(desk, applicant, new).model_copy(update={"officer": reviewer.address})
        found = refusal(desk.send(message, reviewer, new), 409, "contract_refuses")
        assert found[0]["rule"] == "NotAnApprover"


class TestRegistrar:
    def test_that_never_was_is_not_found(self, desk: Desk) -> None:
        refusal(desk.http.get("/v1/registrars/123"), 404, "not_found")
        refusal(desk.http.get("/v1/registrars/12"), 422, "malformed")

    def test_shows_its_open_cases(self, desk: Desk, applicant: Key) -> None:
        before = desk.http.get(f"/v1/registrars/{REGISTRAR}").json()["open_cases"]
        desk.file(applicant)
        assert desk.http.get(f"/v1/registrars/{REGISTRAR}").json()["open_cases"] == before + 1

    def test_shows_its_exit_step_by_step_and_then_its_successor(self, desk: Desk) -> None:
        for number in (LEAVES, TAKES):
            order(desk, "admit", number)
        order(desk, "reportExit", LEAVES, 7, b"r" * 32, b"p" * 32)
        shown = desk.http.get(f"/v1/registrars/{LEAVES}").json()
        assert shown["registrar"]["exit"] == "REPORTED"
        assert [each["clock"] for each in shown["clocks"]] == ["exit_report", "exit_decision"]
        assert {each["article"] for each in shown["clocks"]} == {"art. 13"}
        order(desk, "moveExit", LEAVES, 2, 8, b"a" * 32)
        shown = desk.http.get(f"/v1/registrars/{LEAVES}").json()
        assert [each["clock"] for each in shown["clocks"]] == ["exit_report", "exit_forwarding"]
        order(desk, "moveExit", LEAVES, 3, 9, b"f" * 32)
        order(desk, "moveExit", LEAVES, 4, 10, b"c" * 32)
        order(desk, "handOver", LEAVES, TAKES, b"i" * 32, b"m" * 32)
        shown = desk.http.get(f"/v1/registrars/{LEAVES}").json()
        assert shown["clocks"] == []
        about = shown["registrar"]
        assert (about["standing"], about["successor"], about["office"]) == ("EXITED", "802", "802")
        steps = [(s["event"], s["article"], s["stage"], s["moment"]) for s in shown["steps"][1:-1]]
        assert steps == [
            ("ExitReported", "art. 13", None, 7),
            ("ExitMoved", "art. 13", "AGREED", 8),
            ("ExitMoved", "art. 13", "FORWARDED", 9),
            ("ExitMoved", "art. 13", "CONSENTED", 10),
        ]
        last = shown["steps"][-1]
        assert last["successor"] == "802"
        assert last["papers"] == {
            "instrument": to_hex(b"i" * 32),
            "manifest": to_hex(b"m" * 32),
        }

    def test_that_has_left_is_filed_with_no_more(self, desk: Desk, applicant: Key) -> None:
        order(desk, "admit", 803)
        order(desk, "expel", 803, b"x" * 32)
        message, papers = desk.filing(applicant)
        moved = message.model_copy(update={"registrar": 803})
        found = refusal(desk.send(moved, applicant, papers=papers), 422, "not_allowed")
        assert found[0]["rule"] == "registrar"
        shown = desk.http.get("/v1/registrars/803").json()
        assert shown["registrar"]["standing"] == "EXPELLED"
        assert shown["steps"][-1]["article"] == "art. 38"

    def test_once_handed_over_its_papers_are_the_successors_to_read(
        self, desk: Desk, applicant: Key
    ) -> None:
        own, theirs = Key.fresh(), Key.fresh()
        for number, key in ((804, own), (805, theirs)):
            order(desk, "admit", number)
            order(desk, "appoint", number, key.address, REVIEWER | APPROVER)
        message, papers = desk.filing(applicant)
        message = message.model_copy(update={"registrar": 804})
        id = desk.do(message, applicant, papers=papers)

        def status(key: Key) -> int:
            request = Read(
                registration=id,
                document=ZERO,
                purpose="review",
                reader=key.address,
                until=int(time.time()) + 60,
            )
            digest = request.digest(desk.house.deployment.domain("Registrations"))
            body = {"message": request.model_dump(mode="json"), "signature": key.sign(digest)}
            return int(desk.http.post("/v1/read", json=body).status_code)

        assert (status(own), status(theirs)) == (200, 403)
        order(desk, "expel", 804, b"x" * 32)
        assert (status(own), status(theirs)) == (403, 403)
        order(desk, "handOver", 804, 805, b"i" * 32, b"m" * 32)
        assert (status(own), status(theirs)) == (403, 200)
