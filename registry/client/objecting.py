"""Objecting to what stands registered, answering, and reading what was put forward (guide art. 29)."""

import secrets
import time
from collections.abc import Sequence
from typing import Any

from registry.client.client import HOUR, Client, SigningKey
from registry.client.receipts import Receipt
from registry.errors import Conflict
from registry.hashes import to_hex
from registry.messages import ZERO, Message, party_of
from registry.objections import papers
from registry.objections.acts import Contest, Respond, SupplyEvidence
from registry.objections.papers import Papers, ReadObjection
from registry.rules.objections import Answer


class Objections:
    """The procedure of objection as a party sees it; acts without papers go by `Client.send`.

    Whatever is put forward is kept by the registry alone: keep the statement and the salt of
    `Papers` yourself if you want to open its commitment without it.
    """

    def __init__(self, client: Client) -> None:
        self.client = client

    def contest(
        self,
        registration: str,
        statement: str,
        key: SigningKey,
        *,
        documents: Sequence[str] = (),
        lifetime: int = HOUR,
    ) -> Receipt:
        """Objects to an attested registration; the receipt's digest is the objection's id.

        `documents` are hashes of what `Client.document` gave to the registry, here and below.
        """
        standing = self.client.registration(registration)["registration"]
        given = self._papers(statement, documents)
        unsigned = Contest(
            objector=party_of(key.address),
            registration=registration,
            registrar=int(standing["registrar"]),
            grounds=ZERO,
            deadline=int(time.time()) + lifetime,
        )
        return self._put_forward(unsigned, given, key)

    def supply(
        self,
        objection: str,
        statement: str,
        key: SigningKey,
        *,
        documents: Sequence[str] = (),
        lifetime: int = HOUR,
    ) -> Receipt:
        """Supplies what the registrar asked for."""
        unsigned = SupplyEvidence(
            objector=party_of(key.address),
            objection=objection,
            step=self.step(objection),
            papers=ZERO,
            deadline=int(time.time()) + lifetime,
        )
        return self._put_forward(unsigned, self._papers(statement, documents), key)

    def respond(
        self,
        objection: str,
        answer: Answer,
        key: SigningKey,
        *,
        statement: str | None = None,
        documents: Sequence[str] = (),
        lifetime: int = HOUR,
    ) -> Receipt:
        """Answers as a holder; an admission needs no statement."""
        unsigned = Respond(
            party=party_of(key.address),
            objection=objection,
            step=self.step(objection),
            answer=int(answer),
            papers=ZERO,
            deadline=int(time.time()) + lifetime,
        )
        if statement is None:
            return self.client.send(unsigned, key)
        return self._put_forward(unsigned, self._papers(statement, documents), key)

    def objection(self, id: str, *, at_block: int | None = None) -> dict[str, Any]:
        """Where it stands, and every step with the article behind it. Raises: NotFound."""
        return self.client.line.get(f"/v1/objections/{id}", at_block=at_block)

    def objections(
        self,
        *,
        registration: str | None = None,
        party: str | None = None,
        state: str | None = None,
        after: str | None = None,
        limit: int = 50,
    ) -> dict[str, Any]:
        """Objections in the order in which they were made; `party` objects, or holds what is contested."""
        return self.client.line.get(
            "/v1/objections",
            registration=registration,
            party=party,
            state=state,
            after=after,
            limit=limit,
        )

    def step(self, objection: str) -> int:
        """The step that the next act must name."""
        return int(self.objection(objection)["objection"]["step"])

    def read(
        self,
        objection: str,
        act: str,
        key: SigningKey,
        purpose: str,
        *,
        document: str = ZERO,
        lifetime: int = 300,
    ) -> dict[str, Any] | bytes:
        """What an act put forward, or one document of it; who reads, and for what, is logged."""
        message = ReadObjection(
            objection=objection,
            act=act,
            document=document,
            purpose=purpose,
            reader=key.address,
            until=int(time.time()) + lifetime,
        )
        signature = self.client.sign(message, key)[0]
        body = {"message": message.model_dump(mode="json"), "signature": signature}
        answer = self.client.line.post("/v1/objections/read", body)
        return dict(answer.json()) if document == ZERO else bytes(answer.content)

    def _papers(self, statement: str, documents: Sequence[str]) -> Papers:
        missing = [each for each in documents if each not in self.client.tickets]
        if missing:
            raise Conflict(f"give {missing[0]} to the registry first, with this client")
        return Papers(
            salt=to_hex(secrets.token_bytes(32)),
            statement=statement,
            tickets={each: self.client.tickets[each] for each in documents},
        )

    def _put_forward(self, unsigned: Message, given: Papers, key: SigningKey) -> Receipt:
        committed = papers.of(unsigned, given, domain=self.client.domain(type(unsigned)))
        member = papers.COMMITTED[type(unsigned)]
        message = type(unsigned)(**unsigned.model_dump() | {member: committed})
        return self.client.submit(
            message, self.client.sign(message, key), papers=given.model_dump(mode="json")
        )
