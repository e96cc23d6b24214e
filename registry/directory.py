"""Who stands behind which key, read once and kept until the chain says otherwise.

Knows neither HTTP nor RPC.
"""

import threading
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from registry import registrars
from registry.facts import Tip
from registry.messages import address_of
from registry.parties import KeyReplaced
from registry.registrars import Registrar


@dataclass(frozen=True)
class Directory:
    """Registrars by number, and the keys of those parties that ever replaced theirs."""

    registrars: dict[int, Registrar]
    replaced: dict[str, str]

    def key_of(self, party: str) -> str:
        """The address that signs for a party."""
        return self.replaced.get(party) or address_of(party)


class KeptDirectory:
    """The directory as of the newest block; asks again only when one of its contracts said something.

    A copy costs a query for each of its tables, and every act that comes in needs it.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._said: tuple[tuple[str, int, int], ...] | None = None
        self._kept = Directory({}, {})

    def read(self, connection: Connection) -> Directory:
        # Block and count: after a reorganisation the count alone may be the same.
        said = tuple((row.contract, row.block, row.said) for row in connection.execute(_SAID))
        with self._lock:
            if said != self._said:
                rows = connection.execute(
                    select(KeyReplaced.party, KeyReplaced.key).order_by(KeyReplaced.step)
                )
                self._kept = Directory(
                    registrars.registrars(connection), {row.party: row.key for row in rows}
                )
                self._said = said
            return self._kept


_SAID = (
    select(Tip.contract, func.max(Tip.block).label("block"), func.max(Tip.count).label("said"))
    .where(Tip.contract.in_(("Parties", "Registrars")))
    .group_by(Tip.contract)
    .order_by(Tip.contract)
)
