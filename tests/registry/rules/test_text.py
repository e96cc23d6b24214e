"""Text from strangers

is accepted as it is
├── Chinese with Latin, rare ideographs of the extensions, plain emoji
└── line feeds, where the field has lines
is refused with the rule and the place
├── controls, bidi controls, zero width, invisible fillers, surrogates, private use, unassigned
├── text not in form C, blank, with white space around it, too long
└── every rule broken, once each
is doubted, not refused, where letters of two scripts look alike
"""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.errors import Malformed
from registry.rules.text import clean, look_alikes, text_flaws


@pytest.mark.parametrize(
    "text",
    [
        "2019年至2024年上海市农业产销数据报告",
        "深圳数据Alpha（第2批）",
        "䶮𬱖",
        "\U00031350",  # extension H, which Python 3.11 does not know yet
        "數据与数据",
        "客流 📊",
        "naïve café",
    ],
)
def test_accepts(text: str) -> None:
    assert clean(text, pointer="/name", limit=40) == text


@pytest.mark.parametrize(
    ("character", "rule"),
    [
        ("\x00", "control"),
        ("\t", "control"),
        ("\n", "control"),
        ("\x85", "control"),
        ("\u202e", "format_control"),
        ("\u2066", "format_control"),
        ("\u200b", "format_control"),
        ("\u200d", "format_control"),
        ("\ufeff", "format_control"),
        ("\u00ad", "format_control"),
        ("\u3164", "invisible"),
        ("\u115f", "invisible"),
        ("\ufe0f", "invisible"),
        ("\U000e0041", "invisible"),
        ("\ud800", "surrogate"),
        ("\ue000", "private_use"),
        ("\U0010ffff", "unassigned"),
        ("\U0002fffe", "unassigned"),
        ("\u0378", "unassigned"),
        ("\u2028", "line_separator"),
    ],
)
def test_refuses_and_names_the_place(character: str, rule: str) -> None:
    with pytest.raises(Malformed) as refusal:
        clean(f"数据{character}集", pointer="/data/name", limit=40)
    (flaw,) = refusal.value.flaws
    assert (flaw.pointer, flaw.rule) == ("/data/name", rule)
    assert f"U+{ord(character):04X} at character 3" in flaw.detail


def test_refuses_text_that_is_not_in_form_c() -> None:
    (flaw,) = text_flaws("cafe\u0301", pointer="", limit=40)
    assert flaw.rule == "not_nfc"
    assert not text_flaws("caf\u00e9", pointer="", limit=40)


@pytest.mark.parametrize("text", ["", " ", "\u3000"])
def test_refuses_blank_text(text: str) -> None:
    assert [flaw.rule for flaw in text_flaws(text, pointer="", limit=40)] == ["empty"]


def test_refuses_white_space_around_the_text() -> None:
    assert [flaw.rule for flaw in text_flaws("数据 ", pointer="", limit=40)] == ["untrimmed"]


def test_allows_line_feeds_where_there_are_lines_and_nothing_else() -> None:
    assert not text_flaws("一\n二", pointer="", limit=40, multiline=True)
    assert text_flaws("一\r\n二", pointer="", limit=40, multiline=True)


def test_counts_characters_not_bytes_and_looks_no_further() -> None:
    assert not text_flaws("𬱖" * 40, pointer="", limit=40)
    (flaw,) = text_flaws("\u202e" * 41, pointer="", limit=40)
    assert (flaw.rule, "41" in flaw.detail) == ("too_long", True)


def test_names_every_rule_broken_once() -> None:
    rules = [f.rule for f in text_flaws("a\u202e\x00\u200b\u0378", pointer="", limit=40)]
    assert sorted(rules) == ["control", "format_control", "unassigned"]


def test_doubts_letters_that_look_alike() -> None:
    assert look_alikes("Аlpha") == ("LATIN", "CYRILLIC")
    assert look_alikes("Alpha深圳") == ()
    assert look_alikes("数据") == ()


@given(st.text(alphabet=st.characters(), min_size=1, max_size=20))
def test_whatever_is_accepted_survives_utf8_and_normalisation(text: str) -> None:
    if not text_flaws(text, pointer="", limit=20):
        assert text.encode().decode() == text
        assert unicodedata.normalize("NFC", text) == text
        assert all(unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co") for c in text)
