"""Retention and erasure over a real registry

- the papers of an entry that stands are kept, and the refusal names the day and the article
- when their time is over they are listed as due and are erased: salt, form, papers, notice
- the notice neither stays nor comes back when the read model is made anew, and an audit finds no difference
- whoever orders it is an officer of the registrar; a ground needs a reference and stands on the tombstone
- wherever the process dies, whoever runs it again ends in the same state
"""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from registry import notices, retention
from registry.audit import audit, rebuild
from registry.database import open_read_model
from registry.documents import Documents
from registry.erasure import Order, erase
from registry.errors import Erased, Forbidden, NotAllowed
from registry.keys import Key
from registry.messages import party_of
from registry.registrations import questions
from registry.registrations.acts import Withdraw
from registry.rules import Allowed, NeedInfo
from registry.rules.retention import Ending
from tests.machine import ROOT
from tests.registry.filed import form_of
from tests.registry.procedure import FAR, Holder, World
from tests.registry.rules.sample_form import a_form
from tests.registry.sandbox import Staff, deployed_on, embedded

LONG_AFTER = datetime(2090, 1, 1, tzinfo=UTC)
WORD = a_form()["data"]["name"][:2]


class Office(World):
    """A registry whose applicants fill in whole forms."""

    folder: Path

    def form(self, *holders: Holder) -> dict[str, Any]:
        assert holders[0].key is not None
        return form_of(holders[0].key)

    def attested(self) -> str:
        key = Key.fresh()
        self.attest(self.file(Holder(party_of(key.address), 7, key)))
        self.read()
        return self.registration

    def withdrawn(self) -> str:
        key = Key.fresh()
        filing = self.file(Holder(party_of(key.address), 7, key))
        message = Withdraw(
            party=party_of(key.address), registration=self.registration, step=1, deadline=FAR
        )
        self.act(message, key, filings=(filing,))
        self.read()
        return self.registration

    def read(self) -> None:
        self.follow()
        notices.enter_new(self.engine, self.documents)

    def found(self) -> set[str]:
        with self.engine.connect() as connection:
            return {each.registration for each in notices.search(connection, WORD, limit=100)}

    def kept(self, id: str, at: datetime) -> retention.Kept:
        with self.engine.connect() as connection:
            return retention.of(connection, self.documents, id, at=at)

    def order(self, ground: str | None = None, reference: str = "") -> Order:
        return Order(self.reviewer.address, ground, reference)


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    folder, staff = tmp_path_factory.mktemp("office"), Staff()
    with embedded(folder, staff.owner) as (node, url):
        made = Office(deployed_on(node, url, staff, folder), folder)
        made.folder = folder
        yield made
        made.close()


class TestRetention:
    def test_of_an_entry_that_stands_runs_from_its_expiry(self, office: Office) -> None:
        id = office.attested()
        kept = office.kept(id, datetime.now(UTC))
        assert not isinstance(kept.keeping, NeedInfo)
        with office.engine.connect() as connection:
            attested = questions.registration(connection, id).attestation
        assert attested is not None
        assert kept.keeping.since is not None
        assert kept.keeping.since.timestamp() == attested.expiry
        assert kept.keeping.until is not None
        assert kept.keeping.until.year - kept.keeping.since.year == 20
        assert not kept.is_due
        assert office.kept(id, LONG_AFTER).is_due

    def test_lists_what_is_due_and_why_the_rest_is_not(self, office: Office) -> None:
        attested, withdrawn = office.attested(), office.withdrawn()
        with office.engine.connect() as connection:
            now = retention.due(connection, office.documents, at=datetime.now(UTC), limit=100)
            later = retention.due(connection, office.documents, at=LONG_AFTER, limit=100)
        told = {each.registration: each for _, each in now}
        assert told[withdrawn].ending is Ending.WITHDRAWN
        assert not isinstance(told[attested].answer, Allowed)
        assert {attested, withdrawn} <= {each.registration for _, each in later if each.is_due}

    def test_has_not_begun_while_the_procedure_is_open(self, office: Office) -> None:
        key = Key.fresh()
        office.file(Holder(party_of(key.address), 7, key))
        office.read()
        kept = office.kept(office.registration, LONG_AFTER)
        assert kept.ending is Ending.OPEN
        assert not kept.is_due


class TestErase:
    def test_is_refused_with_the_day_and_the_article(self, office: Office) -> None:
        id = office.attested()
        with pytest.raises(NotAllowed, match=r"kept until 20\d\d-.*art\. 10\(2\)"):
            erase(office.engine, office.documents, id, office.order(), at=datetime.now(UTC))
        assert id in office.found()

    def test_leaves_a_bare_number_and_no_notice_that_comes_back(
        self, office: Office, tmp_path: Path
    ) -> None:
        other, id = office.attested(), office.attested()
        form = office.documents.opening(id).form
        erase(office.engine, office.documents, id, office.order(), at=LONG_AFTER)
        with pytest.raises(Erased):
            office.documents.opening(id)
        with pytest.raises(Erased):
            office.documents.form(form)
        assert id not in office.found()
        assert other in office.found()
        assert notices.enter_new(office.engine, office.documents) == 0
        findings = audit(office.chain, office.deployment, office.engine, office.documents)
        assert findings.is_clean, findings.differences
        path = tmp_path / "read.db"
        rebuild(office.chain, office.deployment, path, office.documents, finality=0)
        engine = open_read_model(path)
        with engine.connect() as connection:
            found = {each.registration for each in notices.search(connection, WORD, limit=100)}
            assert notices.notice(connection, id) is None
        engine.dispose()
        assert found == office.found()

    def test_on_a_ground_says_who_and_why_on_its_tombstone(self, office: Office) -> None:
        id = office.withdrawn()
        order = office.order(ground="WITHDRAWN", reference="2026-17")
        told = erase(office.engine, office.documents, id, order, at=datetime.now(UTC))
        assert office.reviewer.address in told.reason
        assert "WITHDRAWN; PIPL art. 47" in told.reason
        assert told.reason.endswith("2026-17")
        again = erase(office.engine, office.documents, id, office.order(), at=datetime.now(UTC))
        assert again == told
        assert office.kept(id, LONG_AFTER).erased == told
        assert not office.kept(id, LONG_AFTER).is_due

    def test_is_refused_to_a_stranger_and_without_a_reference(self, office: Office) -> None:
        id, now = office.withdrawn(), datetime.now(UTC)
        stranger = Order(by=Key.fresh().address, ground="WITHDRAWN", reference="1")
        with pytest.raises(Forbidden):
            erase(office.engine, office.documents, id, stranger, at=now)
        with pytest.raises(NotAllowed, match="reference"):
            erase(office.engine, office.documents, id, office.order(ground="WITHDRAWN"), at=now)
        assert office.documents.opening(id)

    @pytest.mark.parametrize("point", ["judged", "form", "opening", "erased", "forgotten"])
    def test_ends_in_the_same_state_wherever_it_dies(self, office: Office, point: str) -> None:
        id = office.attested()
        arguments = [str(office.folder), id, office.reviewer.address, point]
        died = subprocess.run([sys.executable, "-c", ERASER, *arguments], cwd=ROOT, check=False)
        assert died.returncode == 137
        erase(office.engine, office.documents, id, office.order(), at=LONG_AFTER)
        # As whoever opens the store next finds it.
        with closing(Documents.open(office.folder / "documents")) as documents:
            assert documents.erasure(id) is not None
            with pytest.raises(Erased):
                documents.opening(id)
        assert id not in office.found()
        findings = audit(office.chain, office.deployment, office.engine, office.documents)
        assert findings.is_clean, findings.differences


ERASER = """
import os, sys
from datetime import UTC, datetime
from pathlib import Path
from registry.database import open_read_model
from registry.documents import Documents
from registry.erasure import Order, erase

folder, id, by, wanted = Path(sys.argv[1]), *sys.argv[2:]

def crash(point):
    if point == wanted:
        os._exit(137)

engine = open_read_model(folder / "read.db")
documents = Documents.open(folder / "documents")
erase(engine, documents, id, Order(by=by), at=datetime(2090, 1, 1, tzinfo=UTC), crash=crash)
"""
