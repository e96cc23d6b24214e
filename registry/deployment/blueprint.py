"""What a registry is made of: its contracts, how they are wired, and which role may call what."""

from collections.abc import Mapping
from typing import Any, cast

from eth_abi.abi import encode as abi_encode
from eth_abi.exceptions import EncodingError
from eth_abi.grammar import parse

from registry.chain import artefact
from registry.errors import Malformed, NotFound
from registry.hashes import from_hex
from registry.rules.profiles import Profile

# In the order of their creation; each is told the addresses of some that came before.
CONTRACTS = (
    "AccessManager",
    "Registrars",
    "Parties",
    "Rights",
    "Registrations",
    "Objections",
    "Batch",
    "BarredParties",
)
WIRING: Mapping[str, Mapping[str, str]] = {
    "Registrars": {"authority": "AccessManager"},
    "Rights": {"authority": "AccessManager", "registrars": "Registrars"},
    "Parties": {"registrars": "Registrars"},
    "Registrations": {
        "authority": "AccessManager",
        "parties": "Parties",
        "registrars": "Registrars",
        "rights": "Rights",
    },
    "Objections": {
        "parties": "Parties",
        "registrars": "Registrars",
        "rights": "Rights",
        "registrations": "Registrations",
    },
    "BarredParties": {"authority": "AccessManager"},
}
ADMIN, GRANTOR, GUARDIAN = 0, 1, 2
# What gives is slow, what takes away is at once: hence two roles, as a delay hangs on the function.
ROLES: Mapping[int, Mapping[str, tuple[str, ...]]] = {
    GRANTOR: {
        "Registrars": (
            "admit",
            "appoint",
            "authorise",
            "resume",
            "reportExit",
            "moveExit",
            "cancelExit",
            "handOver",
        ),
        "Registrations": ("enact",),
        "Rights": ("admitSource",),
    },
    GUARDIAN: {
        "Registrars": ("suspend", "expel", "dismiss", "retire"),
        "Registrations": ("haltFilings",),
        "Rights": ("retireSource",),
        "BarredParties": ("bar",),
    },
}
NOBODY = "0x" + "00" * 20


def selector(contract: str, function: str) -> bytes:
    """The four bytes that call a function that is not overloaded."""
    return bytes.fromhex(artefact(contract)["methodIdentifiers"][signature(contract, function)])


def signature(contract: str, function: str) -> str:
    """Such as `admit(uint16)`. Raises: NotFound."""
    known = [
        each
        for each in artefact(contract)["methodIdentifiers"]
        if each.partition("(")[0] == function
    ]
    if len(known) != 1:
        raise NotFound(f"{contract} has {len(known)} functions called {function}, expected one")
    return cast(str, known[0])


def call_data(contract: str, function: str, *arguments: Any) -> bytes:
    """A call of a function that is not overloaded. Raises: NotFound, Malformed."""
    kinds = [
        each.to_type_str()
        for each in parse(signature(contract, function)[len(function) :]).components
    ]
    try:
        return selector(contract, function) + abi_encode(kinds, arguments)
    except (EncodingError, TypeError, ValueError) as e:
        raise Malformed(f"{contract}.{signature(contract, function)}: {e}") from e


def terms(profile: Profile, gate: str = NOBODY) -> tuple[Any, ...]:
    """What the chain enforces of a profile, as `enact` takes it; `gate` is an address."""
    floors = profile.floors
    return (
        profile.code_prefix.encode(),
        floors.silence,
        floors.notice,
        floors.grace,
        floors.longest_validity,
        floors.renewal_window,
        profile.kind_mask,
        profile.noticed_mask,
        profile.coded_mask,
        profile.bears_mask,
        gate,
    )


def code_fault(contract: str, code: bytes) -> str | None:
    """How runtime code differs from the committed artefact, immutables aside; None when it does not."""
    compiled = artefact(contract)
    expected = from_hex(compiled["deployedBytecode"])
    if not code:
        return "no code"
    if len(code) != len(expected):
        return f"{len(code)} bytes instead of {len(expected)}"
    masked = bytearray(code)
    for name, places in compiled["immutableReferences"].items():
        values = {code[at : at + n] for at, n in _places(places)}
        if len(values) != 1:
            return f"immutable {name} has {len(values)} values at once"
        for at, n in _places(places):
            masked[at : at + n] = bytes(n)
    first = next((i for i, (a, b) in enumerate(zip(masked, expected, strict=True)) if a != b), None)
    return None if first is None else f"other code from byte {first}"


def immutable(contract: str, name: str, code: bytes) -> int:
    """The value of an immutable, read from code in which `code_fault` found nothing."""
    at, length = _places(artefact(contract)["immutableReferences"][name])[0]
    return int.from_bytes(code[at : at + length], "big")


def _places(references: list[dict[str, int]]) -> list[tuple[int, int]]:
    return [(each["start"], each["length"]) for each in references]
