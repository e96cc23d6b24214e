"""What only the registration of public data knows: by when a registrant must apply (发改数据规〔2025〕26号).

Knows neither the procedure nor the database.
"""

from datetime import datetime

from registry.rules import NeedInfo
from registry.rules.profiles import Profile
from registry.rules.terms import Term, term
from registry.rules.units import opening_of
from registry.rules.workdays import Calendar


def register_by(
    delivered: datetime, *, profile: Profile, calendar: Calendar | None = None
) -> Term | NeedInfo | None:
    """By when the first registration of what an authorised operation delivered is to be applied for.

    What was delivered before the law was in force has a period from its first day (art. 9(1)). To be
    late is no ground of refusal. None under a profile that knows no such duty.
    """
    if "first_registration" not in profile.clocks:
        return None
    if profile.in_force is not None:
        entry = opening_of(profile.in_force.first)
        if delivered < entry:
            return term("legacy_registration", entry, profile=profile, calendar=calendar)
    return term("first_registration", delivered, profile=profile, calendar=calendar)
