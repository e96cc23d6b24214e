"""A registration as it stands when a later application concerns it; what it is made of.

Knows neither the database nor the chain: whoever reads those makes one of these.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from registry.rules.rights import NO_RIGHT, Right


@dataclass(frozen=True, slots=True)
class Entry:
    """What one party has in a registration, until when: `expiry` is the last second, aware.

    `is_transferred`: acquired by transfer, not by this initial registration. `frozen` are the rights
    that an instrument of a court or authority bars from being disposed of (art. 23); a mere remark
    bars nothing.
    """

    party: str
    rights: Right
    expiry: datetime
    is_transferred: bool = False
    frozen: Right = NO_RIGHT


@dataclass(frozen=True, slots=True)
class Subject:
    """A registration. `is_fused`: of data that several developed together (art. 21(5)).

    `is_disputed`: a dispute over the rights is unresolved, None where nobody has looked.
    `renewal_filed` is when a renewal that is not yet decided was applied for. `is_ended`: cancelled
    or revoked.
    """

    registration: str
    certificate: str
    entries: tuple[Entry, ...]
    is_disputed: bool | None
    is_fused: bool | None = False
    renewal_filed: datetime | None = None
    is_ended: bool = False

    def entries_of(self, party: str) -> tuple[Entry, ...]:
        """The party's entries; more than one where it acquired rights at different times."""
        return tuple(entry for entry in self.entries if entry.party == party)

    def holds(self, party: str) -> Right:
        """All rights of a party, whether still valid or not."""
        found = NO_RIGHT
        for entry in self.entries_of(party):
            found |= entry.rights
        return found

    def without(self, party: str, rights: Right) -> "Subject":
        """The same with a party's rights taken away; entries left without any right are gone."""
        left = (
            replace(entry, rights=entry.rights & ~rights, frozen=entry.frozen & ~rights)
            if entry.party == party
            else entry
            for entry in self.entries
        )
        return replace(
            self,
            entries=tuple(entry for entry in left if entry.rights or entry.party != party),
        )
