"""A registration as it stands when a later application concerns it; what it is made of.

Knows neither the database nor the chain: whoever reads those makes one of these.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from registry.rules.rights import NO_RIGHT, Exercise, Right


@dataclass(frozen=True, slots=True)
class Bar:
    """What an instrument of a court or authority bars: these acts upon these rights (art. 23)."""

    rights: Right
    acts: Exercise


@dataclass(frozen=True, slots=True)
class Entry:
    """What one party has in a registration, until when: `expiry` is the last second, aware.

    `is_transferred`: acquired by transfer, not by this initial registration. A mere remark is no bar.
    `renewing` are the rights whose renewal is applied for and not yet decided, since `renewal_filed`.
    """

    party: str
    rights: Right
    expiry: datetime
    is_transferred: bool = False
    bars: tuple[Bar, ...] = ()
    renewing: Right = NO_RIGHT
    renewal_filed: datetime | None = None

    def barred(self, act: Exercise) -> Right:
        """The rights of this entry upon which an act is barred."""
        found = NO_RIGHT
        for bar in self.bars:
            if act in bar.acts:
                found |= bar.rights & self.rights
        return found


@dataclass(frozen=True, slots=True)
class Subject:
    """A registration. `is_fused`: of data that several developed together (art. 21(5)).

    `is_disputed`: a dispute over the rights is unresolved, None where nobody has looked.
    `is_ended`: cancelled or revoked.
    """

    registration: str
    certificate: str
    entries: tuple[Entry, ...]
    is_disputed: bool | None
    is_fused: bool | None = False
    is_ended: bool = False

    def entries_of(self, party: str) -> tuple[Entry, ...]:
        """The party's entries; more than one where its rights end at different times."""
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
            replace(entry, rights=entry.rights & ~rights) if entry.party == party else entry
            for entry in self.entries
        )
        return replace(
            self,
            entries=tuple(entry for entry in left if entry.rights or entry.party != party),
        )
