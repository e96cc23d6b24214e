"""Who reads which papers that are not public, and on which ground (guide arts. 10(6), 13, 29, 30).

The table is the profile's `reading_grounds`. Knows neither the database nor the documents.
"""

from collections.abc import Set
from enum import StrEnum

from registry.rules import Refused
from registry.rules.profiles import PaperGround, Profile


class Matter(StrEnum):
    """What is asked for: what opens a commitment, the form alone, a paper, or what an objection holds."""

    OPENING = "OPENING"
    FORM = "FORM"
    PAPERS = "PAPERS"
    OBJECTIONS = "OBJECTIONS"


# On these the reader stands by what an officer signed, on the others by what it is on the ledger.
ADMITTED = frozenset({"CONCERNED", "AUTHORITY"})


def ground_for(matter: Matter, names: Set[str], *, profile: Profile) -> PaperGround | Refused:
    """The first of the reader's grounds that opens a matter; `names` are those on which it stands.

    Who may read the opening may read the form. Refused says which grounds open the matter.
    """
    table = sorted(profile.reading_grounds.values(), key=lambda each: each.number)
    opening = [each for each in table if _opens(each, matter)]
    for each in opening:
        if each.name in names:
            return each
    wanted = "; ".join(f"{each.name}: {each.text.en} ({each.article})" for each in opening)
    held = [each for each in table if each.name in names]
    if held:
        least = held[0]
        return Refused(
            f"{least.name} opens {', '.join(least.reaches)} and not {matter}; that is open to {wanted}",
            least.article,
        )
    basis = ", ".join(dict.fromkeys(each.article for each in opening))
    return Refused(f"the reader stands on no ground; {matter} is open to {wanted}", basis)


def _opens(ground: PaperGround, matter: Matter) -> bool:
    is_more = matter is Matter.FORM and Matter.OPENING.value in ground.reaches
    return is_more or matter.value in ground.reaches
