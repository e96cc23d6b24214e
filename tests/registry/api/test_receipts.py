"""Acts that rest on receipts of the national service, under the law's own profile, on a chain

- taking in: kept whole before anything is signed, once, matched to registrations of its registrar; a
  correction takes the place of what it corrects; what is refused leaves nothing behind
- publishing: rests on a receipt of publication that the desk took in, with its moment and its end
- attesting: rests on one of attestation, with its moment, its term and the code that the ledger gives
- later kinds likewise; in the sandbox none is needed, and one taken in may not be contradicted
- a receipt altered in the store is never relied upon
"""

import sqlite3
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from registry.api import create_app
from registry.bridge import taking
from registry.documents import Taken
from registry.errors import Conflict, Malformed, Mismatch, NotAllowed, NotFound, RegistryError
from registry.hashes import content_hash
from registry.house import House
from registry.keys import Key
from registry.messages import ZERO
from registry.registrations.acts import Attest, Publish
from registry.rules import profiles
from registry.rules.identifiers import check_digit
from registry.rules.profiles import Kind
from registry.rules.validity import BEIJING, last_second
from registry.settings import Settings
from tests.registry.api.desk import Desk, refusal
from tests.registry.api.life import Life
from tests.registry.bridge.sample_receipt import Value, fresh, item, receipt, written
from tests.registry.filed import fresh_root
from tests.registry.rules.sample_form import a_form
from tests.registry.sandbox import REGISTRAR, Staff, deployed_on, embedded

LAW = profiles.load("CN_NDA_2026")
DAY = 86_400


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A house under the law's own profile, whose notice takes days of the chain's clock."""
    folder, staff = tmp_path_factory.mktemp("office"), Staff()
    chosen = Settings(data=folder / "house", longest_deadline=400 * DAY)
    with embedded(folder, staff.owner, staff.relayer) as (node, url):
        sandbox = deployed_on(node, url, staff, folder, rules=LAW.name)
        sandbox.deployment.save(chosen.deployment)
        house = House.open(chosen, url, relay_key=staff.relayer.secret)
        house.start()
        with TestClient(create_app(house), base_url="http://127.0.0.1") as http:
            deadline = time.monotonic() + 10
            while house.indexer.reach() is None and time.monotonic() < deadline:
                time.sleep(0.01)
            yield Desk(http, house, sandbox, LAW)
        house.close()


@dataclass
class Counter:
    """An application at the registrar's counter, and the receipts that are handed over it."""

    desk: Desk
    holder: Key = field(default_factory=Key.fresh)
    id: str = ""
    root: str = field(default_factory=fresh_root)

    def file(self) -> "Counter":
        form = a_form()
        body = "91440300" + f"{int(self.holder.address[2:9], 16) % 10**9:09d}"
        form["applicants"][0]["id"] = body + check_digit(body)
        self.id = self.desk.file(self.holder, form=form, fingerprint=self.root)
        self.desk.accept(self.id)
        return self

    def take(self, kind: str, **changes: Any) -> Taken:
        """Takes in a receipt about this application alone."""
        one = {name: changes.pop(name) for name in ("until", "code", "expiry") if name in changes}
        return take(self.desk, self.said(kind, item(self.id, **one), **changes))

    def said(self, kind: str, *items: Value, **changes: Any) -> Value:
        return receipt(kind, *items, **{"effective": self.desk.now()} | changes)

    def publish(self, name: str, **changes: Any) -> Any:
        """Sends the notice that rests on a receipt."""
        return self.desk.send(self.publication(name, **changes), self.reviewer)

    def publication(self, name: str, **changes: Any) -> Publish:
        values: dict[str, Any] = {
            "officer": self.reviewer.address,
            "until": self.desk.now() + 6 * DAY,
        }
        return Publish(**self._common(name, 2) | values | changes)

    def attest(self, name: str, **changes: Any) -> Any:
        return self.desk.send(self.attestation(name, **changes), self.approver)

    def attestation(self, name: str, **changes: Any) -> Attest:
        values: dict[str, Any] = {"officer": self.approver.address, "expiry": self.longest}
        return Attest(**self._common(name, 3) | values | changes)

    def _common(self, name: str, step: int) -> dict[str, Any]:
        kept = self.desk.house.documents.receipts.by_name(name)
        found = None if kept is None else taking.read(self.desk.house.documents, kept, self.id)
        return {
            "registrar": REGISTRAR,
            "profile": self.desk.profile.number,
            "registrations": (self.id,),
            "steps": (step,),
            "receipt": name,
            "effective": self.desk.now() if found is None else found.receipt.effective,
            "deadline": self.desk.soon(),
        }

    def noticed(self) -> "Counter":
        """Published on a receipt, and the notice has ended."""
        self.file()
        until = self.desk.now() + 5 * DAY + 600
        answer = self.publish(self.take("PUBLICATION", until=until).name, until=until)
        assert answer.status_code == 202, answer.text
        self.desk.settle(answer.json()["digest"])
        self.desk.wait(6 * DAY)
        return self

    @property
    def longest(self) -> int:
        now = datetime.fromtimestamp(self.desk.now(), UTC)
        return int(last_second(now, profile=LAW).timestamp())

    @property
    def reviewer(self) -> Key:
        return self.desk.sandbox.staff.reviewer

    @property
    def approver(self) -> Key:
        return self.desk.sandbox.staff.approver

    def code(self, serial: int) -> str:
        month = datetime.fromtimestamp(self.desk.now(), UTC).astimezone(BEIJING)
        return f"SJ{REGISTRAR}{month:%Y%m}{serial:04d}"

    def next_code(self) -> str:
        """The one that the ledger gives now."""
        serial = 1
        while self.desk.http.get(f"/v1/certificates/{self.code(serial)}").status_code == 200:
            serial += 1
        return self.code(serial)


@pytest.fixture
def counter(office: Desk) -> Counter:
    return Counter(office)


def take(desk: Desk, value: Value) -> Taken:
    with desk.house.engine.connect() as connection:
        return taking.take(written(value), desk.house.documents, connection)


def refused(desk: Desk, value: Value, error: type[RegistryError]) -> RegistryError:
    """The refusal of a receipt, which leaves nothing behind."""
    before = desk.house.documents.receipts.until(2**40)
    with pytest.raises(error) as refusal:
        take(desk, value)
    assert desk.house.documents.receipts.until(2**40) == before
    assert not desk.house.documents.has(content_hash(written(value)))
    return refusal.value


class TestTaking:
    def test_keeps_it_whole_and_once(self, counter: Counter) -> None:
        value = counter.file().said("PUBLICATION", item(counter.id, until=2**39))
        taken = take(counter.desk, value)
        documents = counter.desk.house.documents
        assert documents.get(taken.name) == written(value)
        assert taken.name == content_hash(written(value))
        assert take(counter.desk, value) == taken
        # The same one, written in other bytes, is the same one.
        with counter.desk.house.engine.connect() as connection:
            again = taking.take(written(value) + b"\n", documents, connection)
        assert again == taken
        assert documents.receipts.of(counter.id) == (taken,)

    def test_another_may_not_bear_its_number(self, counter: Counter) -> None:
        value = counter.file().said("PUBLICATION", item(counter.id, until=2**39), reference="甲1")
        take(counter.desk, value)
        other = counter.said("PUBLICATION", item(counter.id, until=2**39 - 1), reference="甲1")
        refused(counter.desk, other, Conflict)

    def test_matches_it_to_registrations_of_its_registrar(self, counter: Counter) -> None:
        stranger = counter.file().said("PUBLICATION", item(fresh(), until=2**39))
        found = refused(counter.desk, stranger, NotFound)
        assert found.flaws[0].pointer == "/items/0/registration"
        foreign = counter.said("PUBLICATION", item(counter.id, until=2**39), registrar=443)
        assert refused(counter.desk, foreign, NotAllowed).flaws[0].pointer == "/registrar"

    def test_one_of_the_future_is_refused(self, counter: Counter) -> None:
        effective = counter.file().desk.now() + DAY
        value = counter.said("PUBLICATION", item(counter.id, until=2**39), effective=effective)
        assert refused(counter.desk, value, Malformed).flaws[0].pointer == "/effective"

    def test_an_original_must_be_given_with_it(self, counter: Counter) -> None:
        paper = b"%PDF-1.7 " + counter.file().id.encode()
        name = content_hash(paper)
        value = counter.said("PUBLICATION", item(counter.id, until=2**39), original=name)
        refused(counter.desk, value, NotFound)
        counter.desk.house.documents.put(paper, media="application/pdf")
        take(counter.desk, value)

    def test_a_second_one_must_name_what_it_corrects(self, counter: Counter) -> None:
        first = counter.file().take("PUBLICATION", until=2**39)
        second = counter.said("PUBLICATION", item(counter.id, until=2**39 - 1))
        assert first.name in str(refused(counter.desk, second, Conflict))
        corrected = take(
            counter.desk,
            counter.said("PUBLICATION", item(counter.id, until=2**39 - 1), replaces=first.name),
        )
        stands = taking.standing(counter.desk.house.documents, counter.id, "PUBLICATION")
        assert stands is not None
        assert stands.taken == corrected
        third = counter.said("PUBLICATION", item(counter.id, until=2**39), replaces=first.name)
        assert corrected.name in str(refused(counter.desk, third, Conflict))
        unknown = counter.said("PUBLICATION", item(counter.id, until=2**39), replaces=fresh())
        refused(counter.desk, unknown, NotFound)

    def test_a_correction_leaves_nobody_out(self, office: Desk) -> None:
        both = Counter(office).file(), Counter(office).file()
        items = [item(each.id, until=2**39) for each in both]
        first = take(office, both[0].said("PUBLICATION", *items))
        half = both[0].said("PUBLICATION", items[0], replaces=first.name)
        assert both[1].id in str(refused(office, half, Malformed))

    def test_a_code_is_of_its_registrar_and_of_one_registration(self, office: Desk) -> None:
        first, second = Counter(office).file(), Counter(office).file()
        foreign = first.said("ATTESTATION", item(first.id, code="SJ4432026110001"))
        assert refused(office, foreign, Malformed).flaws[0].pointer == "/items/0/code"
        first.take("ATTESTATION", code=first.code(7777))
        again = second.said("ATTESTATION", item(second.id, code=first.code(7777)))
        assert first.id in str(refused(office, again, Conflict))


class TestPublish:
    def test_rests_on_a_receipt_that_was_taken_in(self, counter: Counter) -> None:
        counter.file()
        paper = written(counter.said("PUBLICATION", item(counter.id, until=2**39)))
        # Anybody may give a document: that alone makes it no receipt.
        uploaded = counter.desk.http.post("/v1/documents", content=paper).json()["hash"]
        for name in (uploaded, fresh()):
            flaw = refusal(counter.publish(name), 422, "not_allowed")[0]
            assert (flaw["pointer"], flaw["rule"]) == ("/message/receipt", "guide art. 24")
            assert name in flaw["detail"]
        none = counter.publish(ZERO, effective=0)
        assert refusal(none, 422, "not_allowed")[0]["pointer"] == "/message/receipt"

    def test_says_what_the_receipt_says(self, counter: Counter) -> None:
        until = counter.file().desk.now() + 6 * DAY
        name = counter.take("PUBLICATION", until=until).name
        for changes, pointer in (
            ({"until": until - 1}, "/message/until"),
            ({"effective": counter.desk.now() - 9}, "/message/effective"),
        ):
            answer = counter.publish(name, **{"until": until} | changes)
            flaw = refusal(answer, 422, "not_allowed")[0]
            assert (flaw["pointer"], flaw["rule"]) == (pointer, "guide art. 24")
        found = counter.desk.settle(counter.publish(name, until=until + 60).json()["digest"])
        assert found
        body = counter.desk.http.get(f"/v1/registrations/{counter.id}").json()
        assert body["registration"]["state"] == "PUBLISHED"
        assert body["legal"]["completed"] is False
        assert "prevails" in body["legal"]["note"]["en"]

    def test_is_no_use_of_a_receipt_of_another_kind_or_registration(self, office: Desk) -> None:
        one, other = Counter(office).file(), Counter(office).file()
        attested = one.take("ATTESTATION").name
        assert "ATTESTATION" in refusal(one.publish(attested), 422, "not_allowed")[0]["detail"]
        theirs = other.take("PUBLICATION", until=one.desk.now() + DAY).name
        assert one.id in refusal(one.publish(theirs), 422, "not_allowed")[0]["detail"]

    def test_of_a_receipt_that_was_corrected_since_is_refused(self, counter: Counter) -> None:
        until = counter.file().desk.now() + 5 * DAY
        first = counter.take("PUBLICATION", until=until)
        second = counter.take("PUBLICATION", until=until + 1, replaces=first.name)
        flaw = refusal(counter.publish(first.name), 422, "not_allowed")[0]
        assert (flaw["pointer"], second.name in flaw["detail"]) == ("/message/receipt", True)
        assert counter.publish(second.name).status_code == 202


class TestAttest:
    def test_gives_what_the_receipt_says(self, counter: Counter) -> None:
        counter.noticed()
        code, expiry = counter.next_code(), counter.longest
        name = counter.take("ATTESTATION", code=code, expiry=expiry).name
        flaw = refusal(counter.attest(name, expiry=expiry - 1), 422, "not_allowed")[0]
        assert (flaw["pointer"], flaw["rule"]) == ("/message/expiry", "guide art. 26")
        flaw = refusal(
            counter.attest(name, expiry=expiry, effective=counter.desk.now() - DAY),
            *(422, "not_allowed"),
        )[0]
        assert flaw["pointer"] == "/message/effective"
        answer = counter.attest(name, expiry=expiry)
        assert answer.status_code == 202, answer.text
        counter.desk.settle(answer.json()["digest"])
        body = counter.desk.http.get(f"/v1/registrations/{counter.id}").json()
        assert body["registration"]["code"] == code
        assert body["registration"]["expiry"] == expiry
        assert body["legal"]["completed"] is True
        certificate = counter.desk.http.get(f"/v1/certificates/{code}").json()["certificate"]
        assert certificate["national"]["attestation"]["receipt"] == name
        assert "not here" in certificate["legal"]["en"]
        report = counter.desk.http.get("/v1/bridge/reconciliation").json()
        assert counter.id not in {row["registration"] for row in report["rows"]}

    def test_waits_until_the_ledger_comes_to_the_code(self, counter: Counter) -> None:
        counter.noticed()
        code = counter.next_code()
        later = f"{code[:-4]}{int(code[-4:]) + 1:04d}"
        name = counter.take("ATTESTATION", code=later).name
        flaw = refusal(counter.attest(name), 422, "not_allowed")[0]
        assert flaw["pointer"] == "/message/registrations/0"
        assert (code in flaw["detail"], later in flaw["detail"]) == (True, True)
        assert "annex 6" in flaw["rule"]

    def test_may_leave_the_code_to_the_ledger(self, counter: Counter) -> None:
        counter.noticed()
        expected = counter.next_code()
        answer = counter.attest(counter.take("ATTESTATION").name)
        counter.desk.settle(answer.json()["digest"])
        body = counter.desk.http.get(f"/v1/registrations/{counter.id}").json()
        assert body["registration"]["code"] == expected

    def test_needs_its_own_receipt(self, counter: Counter) -> None:
        published = counter.noticed().desk.house.documents.receipts.of(counter.id)[0]
        flaw = refusal(counter.attest(published.name), 422, "not_allowed")[0]
        assert (flaw["pointer"], flaw["rule"]) == ("/message/receipt", "guide art. 26")


class TestAltered:
    def test_is_never_relied_upon(self, counter: Counter, tmp_path: Path) -> None:
        until = counter.file().desk.now() + 6 * DAY
        name = counter.take("PUBLICATION", until=until).name
        documents = counter.desk.house.settings.documents / "documents.db"
        with sqlite3.connect(documents) as connection:
            connection.execute(
                "UPDATE sealed SET content = zeroblob(64) WHERE name = "
                "(SELECT sealed FROM receipt WHERE name = ?)",
                (name,),
            )
        answer = counter.desk.send(
            Publish(
                registrar=REGISTRAR,
                officer=counter.reviewer.address,
                profile=LAW.number,
                registrations=(counter.id,),
                steps=(2,),
                until=until,
                receipt=name,
                effective=counter.desk.now(),
                deadline=counter.desk.soon(),
            ),
            counter.reviewer,
        )
        refusal(answer, 500, "mismatch")
        with pytest.raises(Mismatch):
            taking.standing(counter.desk.house.documents, counter.id, "PUBLICATION")
        with sqlite3.connect(documents) as connection:
            connection.execute("DELETE FROM receipt WHERE name = ?", (name,))


class TestSandbox:
    def test_needs_none_but_keeps_to_one_that_was_taken_in(
        self, desk: Desk, applicant: Key
    ) -> None:
        counter = Counter(desk, applicant)
        counter.id = desk.file(applicant)
        desk.accept(counter.id)
        until = desk.now() + 60
        name = counter.take("PUBLICATION", until=until).name
        flaw = refusal(counter.publish(name, until=until - 1), 422, "not_allowed")[0]
        assert flaw["pointer"] == "/message/until"
        assert counter.publish(name, until=until).status_code == 202

    def test_a_later_kind_is_held_to_its_receipt_likewise(self, desk: Desk, applicant: Key) -> None:
        life = Life.begin(desk, applicant)
        id = life.apply(Kind.CANCELLATION, life.cancellation("USE"))
        desk.accept(id)
        counter = Counter(desk, applicant, id)
        code = f"XX{REGISTRAR}2026110099"
        wrong = counter.take("ATTESTATION", code=code, effective=desk.now()).name
        answer = counter.attest(wrong, steps=(2,))
        assert "none to this kind" in refusal(answer, 422, "not_allowed")[0]["detail"]
        right = counter.take("ATTESTATION", replaces=wrong).name
        answer = counter.attest(right, steps=(2,))
        assert answer.status_code == 202, answer.text
        desk.settle(answer.json()["digest"])
