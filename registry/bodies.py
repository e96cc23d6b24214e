"""Request bodies: JSON objects of bounded depth, and models read from them strictly.

Knows neither HTTP nor RPC.
"""

import json
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from registry.errors import Flaw, Malformed
from registry.hashes import from_hex

DEEPEST = 16
# A body of a megabyte can have a fault in every tenth byte; nobody reads an answer of ten.
MOST_FLAWS = 100
Model = TypeVar("Model", bound=BaseModel)


def json_object(body: bytes) -> dict[str, Any]:
    """A JSON object, of bounded depth, without repeated members. Raises: Malformed."""
    try:
        value = json.loads(body, object_pairs_hook=_unique, parse_constant=_no_constant)
    except (ValueError, RecursionError) as e:
        raise malformed("", "json", f"not JSON: {e}") from e
    if not isinstance(value, dict):
        raise malformed("", "json", "expected an object")
    if _depth(value) > DEEPEST:
        raise malformed("", "depth", f"nested deeper than {DEEPEST}")
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a member is repeated")
    return found


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def _depth(value: Any) -> int:
    deepest, row = 0, [value]
    while row:
        deepest += 1
        row = [
            child
            for each in row
            if isinstance(each, dict | list)
            for child in (each.values() if isinstance(each, dict) else each)
        ]
    return deepest


def parse(model: type[Model], value: Any, pointer: str) -> Model:
    if value is None:
        raise malformed(pointer, "missing", "expected this member")
    try:
        return model.model_validate_json(json.dumps(value))
    except ValidationError as e:
        raise Malformed(
            f"{e.error_count()} faults in {pointer}",
            flaws=tuple(
                Flaw(
                    pointer + "".join(f"/{part}" for part in each["loc"]),
                    each["type"],
                    each["msg"],
                )
                for each in e.errors(include_url=False, include_input=False)[:MOST_FLAWS]
            ),
        ) from e


def parse_body(model: type[Model], body: bytes) -> Model:
    """A request body as a model, with depth, repeats and unknown members checked. Raises: Malformed."""
    return parse(model, json_object(body), "")


def signatures_of(value: Any, expected: int) -> tuple[str, ...]:
    if not isinstance(value, list) or len(value) != expected:
        raise malformed("/signatures", "number", f"expected a list of {expected}")
    for place, each in enumerate(value):
        try:
            from_hex(each)
        except (ValueError, AttributeError) as e:
            raise malformed(f"/signatures/{place}", "hex", "expected 0x and hex digits") from e
    return tuple(value)


def malformed(pointer: str, rule: str, detail: str) -> Malformed:
    return Malformed(detail, flaws=(Flaw(pointer, rule, detail),))
