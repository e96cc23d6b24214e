"""Objecting with the client, against a whole running registry

- object with a document, answer with a statement, and with none where one admits
- what was put forward is read by whom it concerns; what was never given cannot be named
- the domain of what is signed is the trust file's
"""

import time
from pathlib import Path

import pytest

from registry.client import Client
from registry.client.objecting import Objections
from registry.demo.desk import Desk
from registry.errors import Conflict, Forbidden
from registry.keys import Key
from registry.messages import party_of
from registry.objections.acts import NotifyHolder
from registry.rules.objections import Answer
from registry.up import REGISTRAR, Running
from tests.registry.filed import form_of, fresh_root


@pytest.fixture
def client(running: Running, tmp_path: Path) -> Client:
    return Client(running.url, papers=tmp_path / "papers")


def attested(client: Client, desk: Desk, holder: Key) -> str:
    id = client.file(fresh_root(), form_of(holder), holder).digest
    client.wait(id)
    desk.accept([id])
    desk.publish([id], seconds=10)
    desk.attest_when_allowed([id])
    return id


def test_a_dispute_by_the_client(running: Running, client: Client) -> None:
    desk, holder, objector = Desk(client, running.staff), Key.fresh(), Key.fresh()
    registration = attested(client, desk, holder)
    disputes = Objections(client)
    with pytest.raises(Conflict, match="give"):
        disputes.contest(registration, "权属争议", objector, documents=["0x" + "12" * 32])
    document = client.document(b"a contract")
    id = disputes.contest(registration, "权属争议", objector, documents=[document]).digest
    client.wait(id)
    assert disputes.objections(registration=registration)["objections"][0]["id"] == id
    assert disputes.read(id, id, objector, "核对", document=document) == b"a contract"
    with pytest.raises(Forbidden):
        disputes.read(id, id, holder, "了解异议")
    told = NotifyHolder(
        registrar=REGISTRAR,
        officer=running.staff.reviewer.address,
        objection=id,
        step=disputes.step(id),
        notice="0x" + "34" * 32,
        until=int(time.time()) + 600,
        deadline=int(time.time()) + 600,
    )
    client.wait(client.send(told, running.staff.reviewer).digest)
    shown = disputes.read(id, id, holder, "了解异议")
    assert isinstance(shown, dict)
    assert (shown["statement"], shown["documents"]) == ("权属争议", [document])
    client.wait(disputes.respond(id, Answer.ADMITTED, holder).digest)
    found = disputes.objection(id)
    assert found["objection"]["answers"] == {party_of(holder.address): "ADMITTED"}
    assert found["changes"][-1]["article"].startswith("art. 29")


def test_is_signed_for_the_contract_of_the_trust_file(running: Running, client: Client) -> None:
    pinned = Client(running.url, papers=client.papers, trust=client.trust_file())
    domain = pinned.domain(NotifyHolder)
    assert domain.contract == running.house.deployment.contracts["Objections"]
