"""A house behind its HTTP faces, those who act through it, and what it is asked."""

import secrets
import time
from dataclasses import dataclass
from typing import Any

from fastapi.testclient import TestClient

from registry.hashes import canonical, content_hash, to_hex
from registry.house import House
from registry.keys import Key
from registry.messages import ZERO, Message, party_of
from registry.registrations.acts import (
    Accept,
    Attest,
    Claim,
    File,
    Publish,
    commitment,
)
from registry.rules import profiles
from registry.rules.profiles import Profile
from tests.registry.filed import form_of, fresh_root
from tests.registry.rules.sample_form import a_form
from tests.registry.sandbox import REGISTRAR, Sandbox

PROFILE = profiles.load("SANDBOX")


HOUR = 3600


@dataclass
class Desk:
    """A house behind its HTTP faces, and those who act through it."""

    http: TestClient
    house: House
    sandbox: Sandbox
    profile: Profile = PROFILE

    def digest(self, message: Message) -> str:
        return message.digest(self.house.deployment.domain(message.contract))

    def body(self, message: Message, *keys: Key, **more: Any) -> dict[str, Any]:
        digest = self.digest(message)
        return {
            "message": message.model_dump(mode="json"),
            "signatures": [key.sign(digest) for key in keys],
            **more,
        }

    def send(self, message: Message, *keys: Key, **more: Any) -> Any:
        name = type(message).__name__
        return self.http.post(f"/v1/messages/{name}", json=self.body(message, *keys, **more))

    def do(self, message: Message, *keys: Key, **more: Any) -> str:
        """Sends an act and waits until it is final."""
        answer = self.send(message, *keys, **more)
        assert answer.status_code == 202, answer.text
        return self.settle(answer.json()["digest"])

    def settle(self, digest: str) -> str:
        deadline = time.monotonic() + 30
        while True:
            found = self.http.get(f"/v1/submissions/{digest}").json()
            assert found["state"] != "rejected", found
            reached = self.house.indexer.reach()
            if found["state"] == "final" and reached and reached.number >= found["block"]:
                return digest
            assert time.monotonic() < deadline, found
            time.sleep(0.01)

    def filing(
        self, key: Key, form: dict[str, Any] | None = None, fingerprint: str | None = None
    ) -> tuple[File, dict[str, Any]]:
        party = party_of(key.address)
        form = form_of(key, form)
        papers: dict[str, Any] = {
            "salt": to_hex(secrets.token_bytes(32)),
            "fingerprint": fingerprint or fresh_root(),
            "form": form,
        }
        data = commitment(
            salt=papers["salt"],
            fingerprint=papers["fingerprint"],
            form=content_hash(canonical(form)),
            parties=(party,),
            chain_id=self.house.deployment.chain_id,
            registrations=self.house.deployment.contracts["Registrations"],
        )
        message = File(
            claims=(Claim(party=party, rights=7),),
            data=data,
            registrar=REGISTRAR,
            profile=self.profile.number,
            kind=1,
            deadline=self.soon(),
        )
        return message, papers

    def file(self, key: Key, **more: Any) -> str:
        message, papers = self.filing(key, **more)
        return self.do(message, key, papers=papers)

    def soon(self) -> int:
        """A deadline by both clocks: that of the chain, which tests move, runs ahead."""
        return max(int(time.time()), self.now()) + HOUR

    def now(self) -> int:
        return self.sandbox.chain.head().time

    def accept(self, id: str, step: int = 1) -> None:
        staff = self.sandbox.staff
        message = Accept(
            registrar=REGISTRAR,
            officer=staff.reviewer.address,
            registrations=(id,),
            steps=(step,),
            deadline=self.soon(),
        )
        self.do(message, staff.reviewer)

    def publish(self, id: str, step: int = 2) -> None:
        staff = self.sandbox.staff
        message = Publish(
            registrar=REGISTRAR,
            officer=staff.reviewer.address,
            profile=self.profile.number,
            registrations=(id,),
            steps=(step,),
            until=self.now() + 60,
            receipt=ZERO,
            effective=0,
            deadline=self.soon(),
        )
        self.do(message, staff.reviewer)

    def attestation(self, id: str, step: int = 3, receipt: str = ZERO) -> Attest:
        return Attest(
            registrar=REGISTRAR,
            officer=self.sandbox.staff.approver.address,
            profile=self.profile.number,
            registrations=(id,),
            steps=(step,),
            expiry=self.now() + 86400 * 365,
            receipt=receipt,
            effective=0 if receipt == ZERO else self.now(),
            deadline=self.soon(),
        )

    def attested(self, key: Key, receipt: str = ZERO) -> str:
        id = self.file(key)
        self.accept(id)
        self.publish(id)
        self.sandbox.node.request("evm_increaseTime", [120])
        self.sandbox.node.request("evm_mine")
        self.do(self.attestation(id, receipt=receipt), self.sandbox.staff.approver)
        return id

    def wait(self, seconds: int) -> None:
        """Moves the chain's clock, and waits until the house has seen it."""
        self.sandbox.node.request("evm_increaseTime", [seconds])
        self.sandbox.node.request("evm_mine")
        head, deadline = self.sandbox.chain.head().number, time.monotonic() + 30
        while (reached := self.house.indexer.reach()) is None or reached.number < head:
            assert time.monotonic() < deadline, reached
            time.sleep(0.01)

    def kept(self) -> tuple[int, int]:
        """How much the house holds: acts and openings."""
        return len(self.house.outbox.submissions(limit=10_000)), len(
            list(self.house.settings.documents.rglob("*"))
        )


def refusal(answer: Any, status: int, code: str) -> list[dict[str, str]]:
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    body = answer.json()
    assert (answer.status_code, body["code"]) == (status, code), body
    errors: list[dict[str, str]] = body["errors"]
    return errors


def spoilt(path: str, value: Any) -> dict[str, Any]:
    form = a_form()
    *way, last = path.split("/")
    place: Any = form
    for part in way:
        place = place[int(part)] if isinstance(place, list) else place[part]
    place[last] = value
    return form
