"""The client, against a whole running registry

- filing: the data stays here, the papers are on the disk before anything is sent, and a line that
  broke is mended by sending the very same again
- refusing: a form that the law does not allow is refused before anything is signed; a key that is
  missing is named; whose contract one signs for can be pinned
- waiting: until a state; a rejection says why; time can run out
- errors come back as what they were, with their flaws
- asking: registrations, rights, search, eligibility, papers for a purpose
"""

import json
import secrets
import time
from pathlib import Path

import pytest

from registry.client import Client, Pending, Receipt
from registry.errors import (
    BadSignature,
    Conflict,
    Forbidden,
    Malformed,
    NotAllowed,
    NotFound,
    Unavailable,
    WrongChain,
)
from registry.fingerprint import fingerprint
from registry.hashes import canonical, content_hash
from registry.keys import Key
from registry.messages import party_of
from registry.registrations.acts import Accept, File, Withdraw
from registry.up import REGISTRAR, Running
from tests.machine import NOBODY
from tests.registry.filed import form_of, fresh_root


def soon() -> int:
    return int(time.time()) + 3600


@pytest.fixture
def client(running: Running, tmp_path: Path) -> Client:
    return Client(running.url, papers=tmp_path / "papers")


@pytest.fixture
def applicant() -> Key:
    return Key.fresh()


@pytest.fixture
def filed(client: Client, applicant: Key) -> Receipt:
    receipt = client.file(fresh_root(), form_of(applicant), applicant)
    client.wait(receipt.digest)
    return receipt


class TestFiling:
    def test_a_folder_is_filed_by_its_fingerprint(
        self, client: Client, applicant: Key, tmp_path: Path
    ) -> None:
        data = tmp_path / "data"
        data.mkdir()
        (data / "a.csv").write_text("month,passengers\n")
        receipt = client.file(data, form_of(applicant), applicant)
        assert receipt.papers is not None
        kept = json.loads(receipt.papers.read_text())
        assert kept["fingerprint"] == fingerprint(data).root
        assert receipt.papers.stat().st_mode & 0o077 == 0
        assert client.wait(receipt.digest)["state"] == "final"
        found = client.registration(receipt.digest)
        assert found["registration"]["state"] == "SUBMITTED"
        assert found["legal"]["completed"] is False

    def test_the_papers_outlive_a_line_that_broke_and_finish_the_filing(
        self, client: Client, applicant: Key, tmp_path: Path
    ) -> None:
        domain = client.domain(File)
        lost = Client(NOBODY, papers=tmp_path / "kept")
        lost.assume(File, {"chainId": domain.chain_id, "verifyingContract": domain.contract})
        with pytest.raises(Unavailable):
            lost.file(fresh_root(), form_of(applicant), applicant)
        (papers,) = (tmp_path / "kept").glob("0x*.json")
        receipt = client.send_again(papers)
        assert papers.stem == receipt.digest
        assert client.send_again(papers) == receipt
        assert client.wait(receipt.digest)["state"] == "final"

    def test_several_applicants_sign_in_any_order_of_keys(self, client: Client) -> None:
        keys = [Key.fresh(), Key.fresh()]
        form = form_of(keys[0])
        second = json.loads(json.dumps(form["applicants"][0]))
        from registry.rules.identifiers import make_fictitious_uscc

        second |= {"party": party_of(keys[1].address), "id": make_fictitious_uscc("second")}
        form["applicants"].append(second | {"name": "示范二公司"})
        receipt = client.file(fresh_root(), form, keys)
        client.wait(receipt.digest)
        found = client.registration(receipt.digest)["registration"]["applicants"]
        assert {each["party"] for each in found} == {party_of(key.address) for key in keys}


class TestRefusing:
    def test_refuses_what_the_law_does_not_allow_before_signing(
        self, client: Client, applicant: Key
    ) -> None:
        form = form_of(applicant)
        form["grade"] = "CORE"
        with pytest.raises(NotAllowed):
            client.file(fresh_root(), form, applicant)
        assert not client.papers.exists()

    def test_the_service_refuses_it_too_and_names_the_place(
        self, client: Client, applicant: Key
    ) -> None:
        form = form_of(applicant)
        form["data"]["source"] = {"way": "AUTOMATED_PUBLIC", "situation": "PUBLIC_WEB"}
        prepared = client.prepare(fresh_root(), form, applicant)
        with pytest.raises(NotAllowed) as refusal:
            client.present(prepared)
        assert "/papers/form/applicants/0/claim/rights" in {
            flaw.pointer for flaw in refusal.value.flaws
        }
        with pytest.raises(NotFound):
            client.submission(prepared.registration)

    def test_names_the_key_that_is_missing(self, client: Client, applicant: Key) -> None:
        with pytest.raises(BadSignature, match=applicant.address):
            client.file(fresh_root(), form_of(applicant), Key.fresh())

    def test_signs_for_no_other_contract_than_the_trusted_one(
        self, running: Running, client: Client, applicant: Key
    ) -> None:
        trust = client.trust_file()
        assert Client(running.url, trust=trust).domain(File) == client.domain(File)
        trust["chain_id"] += 1
        with pytest.raises(WrongChain):
            Client(running.url, trust=trust).file(fresh_root(), form_of(applicant), applicant)


class TestWaiting:
    def test_a_rejection_says_why(self, client: Client, running: Running, filed: Receipt) -> None:
        # Both are sound when they are received; only one of them can be executed.
        reviewer = running.staff.reviewer
        acts = [
            Accept(
                registrar=REGISTRAR,
                officer=reviewer.address,
                registrations=(filed.digest,),
                steps=(1,),
                deadline=soon() + each,
            )
            for each in range(2)
        ]
        sent = [client.send(act, reviewer) for act in acts]
        outcomes = []
        for receipt in sent:
            try:
                outcomes.append(client.wait(receipt.digest)["state"])
            except Conflict as e:
                outcomes.append(e.detail)
        assert outcomes[0] == "final"
        assert "Hindered" in outcomes[1]

    def test_time_can_run_out(self, client: Client, applicant: Key) -> None:
        receipt = client.file(fresh_root(), form_of(applicant), applicant)
        with pytest.raises(Pending):
            client.wait(receipt.digest, timeout=0.001)
        assert client.wait(receipt.digest, until="included")["state"] in ("included", "final")

    def test_nobody_waits_for_what_was_never_sent(self, client: Client) -> None:
        with pytest.raises(NotFound):
            client.wait(fresh_root())


class TestErrors:
    def test_an_expired_deadline_comes_back_with_its_pointer(
        self, client: Client, applicant: Key, filed: Receipt
    ) -> None:
        act = Withdraw(
            party=party_of(applicant.address), registration=filed.digest, step=1, deadline=1
        )
        with pytest.raises(Malformed) as refusal:
            client.send(act, applicant)
        assert refusal.value.flaws[0].pointer == "/message/deadline"

    def test_the_same_data_of_the_same_party_is_a_conflict(
        self, client: Client, applicant: Key
    ) -> None:
        root = fresh_root()
        client.file(root, form_of(applicant), applicant)
        with pytest.raises(Conflict):
            client.file(root, form_of(applicant), applicant)
        other = Key.fresh()
        assert client.file(root, form_of(other), other).state == "received"

    def test_who_is_not_there_is_unavailable(self) -> None:
        with pytest.raises(Unavailable):
            Client(NOBODY).registration(fresh_root())


class TestAsking:
    def test_finds_a_registration_by_its_id(self, client: Client, filed: Receipt) -> None:
        assert [hit["id"] for hit in client.search(filed.digest)] == [filed.digest]

    def test_nothing_is_attested_yet(self, client: Client, filed: Receipt) -> None:
        assert client.rights(registration=filed.digest)["rights"] == []
        with pytest.raises(NotFound):
            client.certificate("XX9902026019999")

    def test_eligibility_tells_the_article(self, client: Client) -> None:
        source = {"way": "AUTOMATED_PUBLIC", "situation": "PUBLIC_WEB"}
        answers = client.eligibility(source, {})
        assert answers["OPERATE"]["verdict"] == "refused"
        assert "21(4)" in answers["OPERATE"]["basis"]
        assert answers["HOLD"]["verdict"] == "need_info"
        assert client.eligibility(source, {}, profile="CN_NDA_2026") == answers

    def test_eligibility_is_no_question_of_public_data_nor_of_former_law(
        self, client: Client
    ) -> None:
        source = {"way": "AUTOMATED_PUBLIC", "situation": "PUBLIC_WEB"}
        with pytest.raises(NotAllowed, match="has no rules called 'eligibility'"):
            client.eligibility(source, {}, profile="CN_PUBLIC_2025")
        with pytest.raises(NotAllowed, match="nothing is filed under SZ_2023"):
            client.eligibility(source, {}, profile="SZ_2023")

    def test_officers_read_papers_for_a_purpose_and_strangers_do_not(
        self, client: Client, running: Running, filed: Receipt
    ) -> None:
        found = client.read(filed.digest, running.staff.reviewer, "审查")
        assert isinstance(found, dict)
        kept = json.loads(filed.papers.read_text()) if filed.papers else {}
        assert content_hash(canonical(found["form"])) == content_hash(canonical(kept["form"]))
        with pytest.raises(Forbidden):
            client.read(filed.digest, Key.fresh(), "好奇")

    def test_a_document_is_called_by_its_hash(self, client: Client) -> None:
        data = secrets.token_bytes(100)
        assert client.document(data) == content_hash(data)
