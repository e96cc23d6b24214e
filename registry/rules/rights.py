"""The three rights in data, as one set."""

from enum import STRICT, IntFlag
from types import MappingProxyType
from typing import Annotated, Final

from pydantic import PlainSerializer, PlainValidator, WithJsonSchema


class Right(IntFlag, boundary=STRICT):
    """What may be held in data (guide art. 3); several parties may hold the same right (art. 21).

    Article 3 ends its list in 等, so the law may know more rights; a record knows these three.
    """

    HOLD = 1
    USE = 2
    OPERATE = 4


NO_RIGHT: Final = Right(0)
# Added to the rights of a claim in a TRANSFER by whoever gives them up.
GIVEN: Final = 8
ALL_RIGHTS: Final = Right.HOLD | Right.USE | Right.OPERATE

LABELS: Final = MappingProxyType(
    {
        Right.HOLD: MappingProxyType({"zh": "数据持有权", "en": "right to hold data"}),
        Right.USE: MappingProxyType({"zh": "数据使用权", "en": "right to use data"}),
        Right.OPERATE: MappingProxyType({"zh": "数据经营权", "en": "right to operate data"}),
    }
)


def names(rights: Right) -> tuple[str, ...]:
    """The English code words of a set, in ascending order: `("HOLD", "USE")`."""
    return tuple(right.name for right in Right if right in rights and right.name)


def parse(value: object) -> Right:
    """A set from a `Right` or from a list of code words, as JSON has it; an empty list is no right.

    Raises: ValueError for an unknown or repeated word.
    """
    if isinstance(value, Right):
        return value
    if not isinstance(value, list | tuple):
        raise ValueError(f"got {type(value).__name__}, expected a list of HOLD, USE, OPERATE")
    found = NO_RIGHT
    for word in value:
        if not isinstance(word, str) or word not in Right.__members__:
            raise ValueError(f"got {str(word)[:20]!r}, expected HOLD, USE or OPERATE")
        if Right[word] in found:
            raise ValueError(f"{word} occurs twice")
        found |= Right[word]
    return found


# A set of rights as a field: JSON has a list of code words, Python has a `Right`.
Rights = Annotated[
    Right,
    PlainValidator(parse),
    PlainSerializer(names, return_type=tuple[str, ...]),
    WithJsonSchema(
        {
            "type": "array",
            "items": {"enum": [right.name for right in Right]},
            "uniqueItems": True,
        }
    ),
]


class Exercise(IntFlag, boundary=STRICT):
    """What is done with a right that a remark may bar, numbered by bit as on chain (guide arts. 3, 23, 32).

    Bit k is the kind of registration k; what comes after registration follows from bit 8 on.
    """

    TRANSFER = 1 << 2
    AMENDMENT = 1 << 3
    RENEWAL = 1 << 4
    CANCELLATION = 1 << 5
    LICENCE = 1 << 8
    PLEDGE = 1 << 9


def exercises(acts: int) -> tuple[str, ...]:
    """The code words of a mask, in ascending order; bits without a word are left out."""
    return tuple(each.name for each in Exercise if acts & each and each.name)
