"""Why an application is refused

is said in both languages, with the same things found in each
└── rights by their names
is worded for every refusal that a rule knows, and for no other
"""

import re
from string import Formatter

from registry.rules.refusals import refused, sentences
from registry.rules.rights import Right
from registry.rules.tables import FOLDER


def found_in(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def test_says_the_same_in_both_languages() -> None:
    for name, words in sentences().items():
        assert found_in(words.en) == found_in(words.zh), name
        assert words.en.endswith(".")
        assert words.zh.endswith("。")


def test_calls_rights_by_their_names() -> None:
    found = refused("transferor_lacks", "guide art. 34", rights=Right.HOLD | Right.OPERATE)
    assert found.why == (
        "The transferor does not hold: right to hold data, right to operate data. "
        "转让方不享有数据持有权、数据经营权。"
    )


def test_repeats_what_was_found_to_the_letter() -> None:
    found = refused("not_the_registrant", "art. 9(3)", name="{rights} {0}")
    assert found.why.startswith("{rights} {0} is not the registrant.")


def test_has_a_sentence_for_each_refusal_and_no_other() -> None:
    used: set[str] = set()
    for path in FOLDER.glob("*.py"):
        text = path.read_text()
        used |= set(re.findall(r"\brefused\(\s*\"([a-z_]+)\"", text))
        used |= set(re.findall(r"\"/[a-z_/*]+\", \"([a-z_]+)\"\),", text))
    assert used == set(sentences())
