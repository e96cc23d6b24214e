"""Deadlines over HTTP

- an open case runs against its clocks; the answer says when each ends, and by which article
- a closed case has none
- asked for the past it is judged at a block, never at a moment before what it knows
- as a calendar: an entry for each clock that runs, which a calendar's own reader understands
"""

from typing import Any

import icalendar

from registry.keys import Key
from registry.messages import party_of
from registry.registrations.acts import Withdraw
from tests.registry.api.desk import Desk, refusal
from tests.registry.sandbox import REGISTRAR


class TestDeadlines:
    def of(self, desk: Desk, id: str, **asked: Any) -> dict[str, dict[str, Any]]:
        body = desk.http.get("/v1/deadlines", params={"limit": 1000, **asked}).json()
        return {each["clock"]: each for each in body["deadlines"] if each["registration"] == id}

    def test_run_from_phase_to_phase(self, desk: Desk, applicant: Key) -> None:
        id = desk.file(applicant)
        now = desk.now()
        (answer,) = self.of(desk, id, moment=now).values()
        assert (answer["clock"], answer["state"]) == ("answer", "SUBMITTED")
        assert answer["due"] >= now
        assert not answer["is_late"]
        assert "17" in answer["steps"][0]["article"]
        desk.accept(id)
        assert set(self.of(desk, id)) <= {"answer", "finish"}
        desk.publish(id)
        found = self.of(desk, id, moment=desk.now())
        assert {"finish", "notice"} <= set(found)

    def test_end_with_the_case(self, desk: Desk, applicant: Key) -> None:
        id = desk.file(applicant)
        assert self.of(desk, id)
        party = party_of(applicant.address)
        act = Withdraw(party=party, registration=id, step=1, deadline=desk.soon())
        before = desk.sandbox.chain.head().number
        desk.do(act, applicant)
        assert not self.of(desk, id)
        assert self.of(desk, id, at_block=before)

    def test_are_not_asked_at_a_moment_before_what_is_known(
        self, desk: Desk, applicant: Key
    ) -> None:
        desk.file(applicant)
        answer = desk.http.get("/v1/deadlines", params={"moment": desk.now() - 1})
        assert refusal(answer, 422, "malformed")[0]["pointer"] == "/moment"

    def test_come_in_the_order_of_their_ends(self, desk: Desk) -> None:
        for _ in range(3):
            desk.file(Key.fresh())
        found = desk.http.get("/v1/deadlines", params={"registrar": REGISTRAR}).json()["deadlines"]
        ends = [each["due"] for each in found if each["due"] is not None]
        assert ends == sorted(ends)
        assert len(ends) >= 3
        middle = ends[len(ends) // 2]
        some = desk.http.get("/v1/deadlines", params={"before": middle}).json()["deadlines"]
        assert {each["due"] for each in some} == {each for each in ends if each <= middle}

    def test_are_a_calendar(self, desk: Desk, applicant: Key) -> None:
        id = desk.file(applicant)
        answer = desk.http.get("/v1/deadlines.ics")
        assert answer.headers["content-type"].startswith("text/calendar")
        calendar: Any = icalendar.Calendar.from_ical(answer.content)
        entries: dict[str, Any] = {str(each["uid"]): each for each in calendar.walk("VEVENT")}
        entry = entries[f"{id}-answer@data-rights-registry"]
        due = self.of(desk, id)["answer"]["due"]
        assert entry["dtstart"].dt.timestamp() == due
        assert id in str(entry["description"])
