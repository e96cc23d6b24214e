"""Whether a party files the same data for the first time (guide arts. 33, 39); another party's filing is sound.

Asks the documents, the read model and the outbox, since a filing counts from the moment it was received.
"""

import time
from dataclasses import dataclass

from sqlalchemy import Engine

from registry.documents import Documents
from registry.errors import Conflict, Flaw, NotFound
from registry.outbox import Outbox, State
from registry.registrations import questions
from registry.registrations.acts import File
from registry.rights import questions as rights
from registry.rules.rights import NO_RIGHT
from registry.rules.states import UNATTESTED


@dataclass(frozen=True)
class Firsts:
    """What was filed before, wherever it stands now."""

    documents: Documents
    engine: Engine
    outbox: Outbox

    def check(self, digest: str, message: File, fingerprint: str, beside: set[str]) -> None:
        """Raises: Conflict for a party's second INITIAL of the same data.

        `beside` are those whose papers were kept a moment ago and whose acts will be.
        """
        for party in message.parties():
            for earlier in self.documents.filings_by(fingerprint, party):
                # Its own: we kept its papers once, and died before we kept the act.
                if earlier == digest or not (earlier in beside or self._may_stand(earlier, party)):
                    continue
                raise Conflict(
                    f"this party filed the same data before, as {earlier}",
                    flaws=(Flaw("/papers/fingerprint", "filed_before", earlier),),
                )

    def _may_stand(self, id: str, party: str) -> bool:
        """Whether a party has rights by a filing, or may yet come to have them."""
        with self.engine.connect() as connection:
            try:
                found = questions.registration(connection, id)
                if found.attestation is None:
                    return found.state not in UNATTESTED
                entry = rights.entry(connection, rights.id_of(id, party))
                return entry.standing(max(int(time.time()), entry.since)) != NO_RIGHT
            except NotFound:
                held = self.outbox.find(id)
        if held is None:
            return False
        # One that was rejected can still be executed until its deadline, by whoever has its bytes.
        return held.state is not State.REJECTED or held.deadline >= time.time()
