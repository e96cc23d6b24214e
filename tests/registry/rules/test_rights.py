"""A set of rights

is a mask on chain and a list of words in JSON
is refused when a word is unknown or repeated, or a bit has no name
"""

import pytest

from registry.rules.rights import ALL_RIGHTS, LABELS, NO_RIGHT, Right, names, parse


@pytest.mark.parametrize("mask", range(8))
def test_is_read_from_its_words_as_it_was_written(mask: int) -> None:
    rights = Right(mask)
    assert parse(list(names(rights))) == rights
    assert int(rights) == mask


def test_bits_are_those_of_the_contract() -> None:
    assert (Right.HOLD, Right.USE, Right.OPERATE) == (1, 2, 4)
    assert ALL_RIGHTS == 7
    assert names(NO_RIGHT) == ()


@pytest.mark.parametrize("value", [["OWN"], ["HOLD", "HOLD"], [1], "HOLD", 7, None, [["HOLD"]]])
def test_refuses_other_words(value: object) -> None:
    with pytest.raises(ValueError, match=r"expected|twice"):
        parse(value)


def test_refuses_a_bit_without_a_name() -> None:
    with pytest.raises(ValueError, match="8"):
        Right(8)


def test_each_right_bears_the_name_of_2026() -> None:
    assert [LABELS[right]["zh"] for right in Right] == ["数据持有权", "数据使用权", "数据经营权"]
