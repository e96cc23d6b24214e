"""How long papers are kept, and having them erased, as a registrar's desk sees it."""

import time
from typing import Any

from registry.client.client import Client, SigningKey
from registry.erasure import Erase


class Keeping:
    """The papers of filings at one registry."""

    def __init__(self, client: Client) -> None:
        self.client = client

    def of(self, registration: str) -> dict[str, Any]:
        """Until when the papers of a filing are kept, and whether they may go. Raises: NotFound."""
        found: dict[str, Any] = self.client.line.get(f"/v1/retention/{registration}")["papers"]
        return found

    def all(self, *, registrar: int | None = None) -> list[dict[str, Any]]:
        """The same of every filing, in the order in which they were made."""
        found: list[dict[str, Any]] = []
        after = None
        while True:
            page = self.client.line.get(
                "/v1/retention", registrar=registrar, after=after, limit=200
            )
            found += page["papers"]
            after = page["next"]
            if after is None:
                return found

    def erase(
        self,
        registration: str,
        key: SigningKey,
        *,
        ground: str = "",
        reference: str = "",
        lifetime: int = 300,
    ) -> dict[str, Any]:
        """Has the papers of a filing erased for good, at an officer's word; a repeat is no error.

        `ground` is a name among those of the profile, empty where the term of keeping is over.
        Raises: NotAllowed with day and article, Forbidden, NotFound.
        """
        message = Erase(
            registration=registration,
            ground=ground,
            reference=reference,
            officer=key.address,
            until=int(time.time()) + lifetime,
        )
        signature = self.client.sign(message, key)[0]
        body = {"message": message.model_dump(mode="json"), "signature": signature}
        return dict(self.client.line.post("/v1/erasures", body).json())
