"""Signed acts as they come in: of a known type and the right shape, and nothing else is known of them.

Knows neither HTTP nor RPC.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any

from registry.bodies import json_object, malformed, parse, signatures_of
from registry.deployment import Deployment
from registry.enclosures import takes_papers
from registry.errors import Flaw, Malformed, NotFound
from registry.messages import Message, act_types


@dataclass(frozen=True)
class Envelope:
    """An act as it came in; `papers` is what came with it, in whatever shape."""

    message: Message
    digest: str
    signatures: tuple[str, ...]
    papers: Any


@cache
def types() -> dict[str, type[Message]]:
    """The message classes of all acts, by name."""
    return act_types()


def type_of(name: str) -> type[Message]:
    """The message class of this name. Raises: NotFound."""
    try:
        return types()[name]
    except KeyError:
        known = ", ".join(sorted(types()))
        raise NotFound(f"no message type {name}; there are {known}") from None


def opened_line(line: bytes, deployment: Deployment) -> Envelope:
    """One of many: an object with its `type`. Raises: Malformed, NotFound."""
    value = json_object(line)
    name = value.pop("type", None)
    if not isinstance(name, str):
        raise malformed("/type", "missing", "expected the name of a message type")
    return opened(name, value, deployment)


def opened(name: str, value: dict[str, Any], deployment: Deployment) -> Envelope:
    """An act of this type. Raises: Malformed, NotFound."""
    message_type = type_of(name)
    unknown = set(value) - {"message", "signatures", "papers"}
    if unknown:
        raise Malformed(
            "unknown members",
            flaws=tuple(Flaw(f"/{each}", "unknown", "no such member") for each in sorted(unknown)),
        )
    message = parse(message_type, value.get("message"), "/message")
    signatures = signatures_of(value.get("signatures"), len(message.signers()))
    if "papers" in value and not takes_papers(message_type):
        raise malformed("/papers", "unknown", f"{name} takes no papers")
    digest = message.digest(deployment.domain(message.contract))
    return Envelope(message, digest, signatures, value.get("papers"))
