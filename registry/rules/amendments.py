"""Amendment: the closed list of what may change in a registration that goes on (guide art. 35).

For public data the list is open and a change of source is what amendment is for
(发改数据规〔2025〕26号 art. 9(2)); both lists are settings of the profile.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, TypeVar

from pydantic import JsonValue

from registry.errors import Flaw, Malformed
from registry.rules import Allowed, Answer, NeedInfo, Refused
from registry.rules.initial_form import InitialForm
from registry.rules.later_forms import Change
from registry.rules.profiles import Profile
from registry.rules.public_form import PublicForm
from registry.rules.refusals import refused
from registry.rules.settled import Regime, is_so, regime, words

Registered = TypeVar("Registered", InitialForm, PublicForm)

# What no setting opens: by prefix of the field, and which refusal says where to turn instead.
_BARRED: Final = (
    ("/applicants/*/party", "other_holder"),
    ("/applicants/*/claim/rights", "other_rights"),
    ("/applicants/*/claim/until", "other_term"),
    ("/applicants/*/claim", "other_limits"),
    ("/other_holders", "other_holders"),
)
_SOURCE: Final = ("/data/source", "/data/facts")


def amendment(
    registered: Registered,
    amended: Registered,
    *,
    profile: Profile,
    same_holder: bool | None = None,
    is_clerical: bool | None = None,
) -> Answer:
    """Whether a registered form may become another by amendment, field by field.

    `same_holder`: it was shown that who changes number or kind of person is still the same one.
    `is_clerical`: a difference in the source is a slip of the pen; asked only where the profile lets
    such be corrected.
    """
    law = regime(profile)
    article = law.cite("art. 9(2)" if law is Regime.PUBLIC_DATA else "art. 35")
    found = differences(registered, amended)
    if not found:
        return refused("nothing_differs", article)
    missing: list[str] = []
    for at, pattern in found.items():
        answer = _judged(at, pattern, same_holder, is_clerical, profile, article)
        if isinstance(answer, Refused):
            return answer
        if isinstance(answer, NeedInfo):
            missing += answer.what
    if missing:
        return NeedInfo(tuple(dict.fromkeys(missing)), article)
    return Allowed(article)


def differences(registered: Registered, amended: Registered) -> dict[str, str]:
    """JSON pointer and pattern of each field in which two forms differ; a list of words is a field."""
    before: dict[str, JsonValue] = dict(_fields(registered.model_dump(mode="json")))
    after: dict[str, JsonValue] = dict(_fields(amended.model_dump(mode="json")))
    # What one form lacks is not answered there: the same as null.
    return {
        at: re.sub(r"/[0-9]+(?=/|$)", "/*", at)
        for at in dict.fromkeys((*before, *after))
        if before.get(at) != after.get(at)
    }


def amended(registered: InitialForm | PublicForm, changes: tuple[Change, ...]) -> dict[str, Any]:
    """The registered form with the rows of 变更事项 carried out, as JSON, to be checked as any form.

    Raises: Malformed where a row names no field, or another content before than is registered.
    """
    found: dict[str, Any] = registered.model_dump(mode="json", exclude_none=True)
    flaws: list[Flaw] = []
    for i, change in enumerate(changes):
        *path, last = change.at.strip("/").split("/")
        node = _within(found, path)
        key = _key(node, last)
        if key is None:
            flaws.append(Flaw(f"/changes/{i}/at", "unknown_field", f"got {change.at!r}"))
        elif _value(node, key) != change.before:
            detail = "not what is registered; an amendment says what it finds"
            flaws.append(Flaw(f"/changes/{i}/before", "outdated", detail))
        else:
            node[key] = change.after
    if flaws:
        raise Malformed("the changes do not fit what is registered", flaws=tuple(flaws))
    return found


def _judged(
    at: str,
    pattern: str,
    same_holder: bool | None,
    is_clerical: bool | None,
    profile: Profile,
    article: str,
) -> Answer:
    for prefix, sentence in _BARRED:
        if _is_under(pattern, prefix):
            is_public = regime(profile) is Regime.PUBLIC_DATA
            return refused("other_registrant" if is_public else sentence, article, at=at)
    if any(_is_under(pattern, prefix) for prefix in _SOURCE):
        return _source(at, is_clerical, profile, article)
    if not any(_is_under(pattern, prefix) for prefix in words(profile, "amendable_fields")):
        return refused("not_listed", article, at=at)
    if any(_is_under(pattern, prefix) for prefix in words(profile, "identity_fields")):
        if same_holder is None:
            return NeedInfo(("same_holder",), article)
        if not same_holder:
            return refused("other_holder", article, at=at)
    return Allowed(article)


def _source(at: str, is_clerical: bool | None, profile: Profile, article: str) -> Answer:
    setting = profile.settings["source_text_may_be_corrected"]
    if not is_so(profile, "source_text_may_be_corrected"):
        return refused("source", article, at=at)
    if is_clerical is None:
        return NeedInfo(("is_clerical",), setting.source)
    if not is_clerical:
        return refused("not_clerical", article, at=at)
    return Allowed(setting.source)


def _is_under(pattern: str, prefix: str) -> bool:
    return pattern == prefix or pattern.startswith(prefix + "/")


def _fields(value: JsonValue, at: str = "") -> Iterator[tuple[str, JsonValue]]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _fields(item, f"{at}/{key}")
    elif isinstance(value, list) and any(isinstance(item, Mapping) for item in value):
        for i, item in enumerate(value):
            yield from _fields(item, f"{at}/{i}")
    else:
        yield at, value


def _within(form: dict[str, Any], path: list[str]) -> Any:
    node: Any = form
    for part in path:
        key = _key(node, part)
        if key is None:
            return None
        node = _value(node, key)
    return node


def _key(node: Any, part: str) -> Any:
    # A field not answered yet is a field; a place in a list must exist.
    if isinstance(node, dict) and not part.isdigit():
        return part
    if isinstance(node, list) and part.isdigit() and int(part) < len(node):
        return int(part)
    return None


def _value(node: Any, key: Any) -> Any:
    return node.get(key) if isinstance(node, dict) else node[key]
