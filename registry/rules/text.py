"""Text from strangers: what may be stored and shown, and what would deceive a reader.

Refuses rather than repairs: a text that we altered would no longer be what was signed.
"""

import re
import unicodedata
from typing import Final

from registry.errors import Flaw, Malformed

# Default_Ignorable_Code_Point of Unicode 15.1 (DerivedCoreProperties.txt) outside the categories
# refused anyway: fillers, joiners and variation selectors, which a reader cannot see.
_INVISIBLE: Final = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0000-\U000e0fff]"
)

_REFUSED: Final = {
    "Cc": "control",
    "Cf": "format_control",
    "Cs": "surrogate",
    "Co": "private_use",
    "Cn": "unassigned",
    "Zl": "line_separator",
    "Zp": "line_separator",
}

# UTS 39 calls Han with Latin, Bopomofo, kana or Hangul "highly restrictive" and safe; these three
# resemble one another and have no business in one word.
_LOOK_ALIKE: Final = ("LATIN", "CYRILLIC", "GREEK")


def clean(text: str, *, pointer: str, limit: int, multiline: bool = False) -> str:
    """The text itself, if it may be stored.

    `limit` is in characters (code points); `multiline` lets line feeds pass. Raises: Malformed with
    every flaw found.
    """
    flaws = text_flaws(text, pointer=pointer, limit=limit, multiline=multiline)
    if flaws:
        raise Malformed(f"{pointer} holds text that cannot be accepted", flaws=flaws)
    return text


def text_flaws(text: str, *, pointer: str, limit: int, multiline: bool = False) -> tuple[Flaw, ...]:
    """All that is wrong with a text; each rule is named once, at its first place."""
    if len(text) > limit:
        # Looking at the rest of a text of any length is work for an attacker.
        return (Flaw(pointer, "too_long", f"{len(text)} characters, expected at most {limit}"),)
    found: dict[str, Flaw] = {}
    if not text.strip():
        found["empty"] = Flaw(pointer, "empty", "expected visible text")
    elif text != text.strip():
        found["untrimmed"] = Flaw(pointer, "untrimmed", "white space at the beginning or the end")
    for place, character in enumerate("" if _is_plain(text, multiline) else text):
        rule = _rule_against(character, multiline=multiline)
        if rule and rule not in found:
            detail = f"U+{ord(character):04X} at character {place + 1} is not allowed"
            found[rule] = Flaw(pointer, rule, detail)
    if "surrogate" not in found and not unicodedata.is_normalized("NFC", text):
        found["not_nfc"] = Flaw(pointer, "not_nfc", "expected Unicode normalisation form C")
    return tuple(found.values())


def look_alikes(text: str) -> tuple[str, ...]:
    """Scripts of one text whose letters can be mistaken for each other; empty when not in doubt.

    A reason to warn, not to refuse: names do not identify anybody here.
    """
    if text.isascii():
        return ()
    scripts = {unicodedata.name(c, "").split(" ")[0] for c in text if c.isalpha()}
    mixed = tuple(script for script in _LOOK_ALIKE if script in scripts)
    return mixed if len(mixed) > 1 else ()


def _is_plain(text: str, multiline: bool) -> bool:
    # What Python calls printable has none of the refused categories; most texts end here.
    line = text.replace("\n", "") if multiline else text
    return line.isprintable() and not _INVISIBLE.search(line)


def _rule_against(character: str, *, multiline: bool) -> str | None:
    point = ord(character)
    if character == "\n" and multiline:
        return None
    if _INVISIBLE.match(character):
        return "invisible"
    category = unicodedata.category(character)
    if category == "Cn" and _is_ideographic_plane(point):
        return None
    return _REFUSED.get(category)


def _is_ideographic_plane(point: int) -> bool:
    # Planes 2 and 3 hold ideographs only. Python 3.11 knows fewer of them than 3.13; a person's
    # name must not become acceptable by an upgrade, nor be judged differently on two machines.
    return 0x20000 <= point <= 0x3FFFD and point & 0xFFFE != 0xFFFE
