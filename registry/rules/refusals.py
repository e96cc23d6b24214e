"""Why an application of a later kind is refused, said to the applicant in both languages.

The sentences are `refusals.json`; braces stand for what the rule found.
"""

from collections.abc import Mapping
from functools import cache

from registry.rules import Refused
from registry.rules.rights import LABELS, Right
from registry.rules.tables import FOLDER, Table, Words, read


class _Refusals(Table):
    note: str
    sentences: dict[str, Words]


@cache
def _table() -> _Refusals:
    return read(FOLDER / "refusals.json", _Refusals)[0]


def sentences() -> Mapping[str, Words]:
    """All sentences by the word that names them."""
    return _table().sentences


def refused(sentence: str, basis: str, **found: object) -> Refused:
    """The refusal that a sentence words; rights among `found` are called by their names."""
    words = sentences()[sentence]
    en = {
        name: called(value, "en") if isinstance(value, Right) else value
        for name, value in found.items()
    }
    zh = {
        name: called(value, "zh") if isinstance(value, Right) else value
        for name, value in found.items()
    }
    return Refused(f"{words.en.format(**en)} {words.zh.format(**zh)}", basis)


def called(rights: Right, language: str) -> str:
    """What a set of rights is called in `en` or `zh`."""
    return ("、" if language == "zh" else ", ").join(LABELS[right][language] for right in rights)
