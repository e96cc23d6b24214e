"""What is to be done to have a registry: the calls that configure it, in order, for people to read first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from registry.deployment.blueprint import (
    ADMIN,
    CONTRACTS,
    GRANTOR,
    GUARDIAN,
    NOBODY,
    ROLES,
    call_data,
    selector,
    terms,
)
from registry.errors import Malformed
from registry.hashes import from_hex
from registry.rules.key_notice import key_notice
from registry.rules.profiles import Profile, version_hash


@dataclass(frozen=True)
class Call:
    """One call of configuration; an argument that is a contract's name stands for its address."""

    contract: str
    function: str
    arguments: tuple[Any, ...]

    def __str__(self) -> str:
        shown = (f"0x{a.hex()}" if isinstance(a, bytes) else str(a) for a in self.arguments)
        return f"{self.contract}.{self.function}({', '.join(shown)})"

    def resolved(self, contracts: Mapping[str, str]) -> tuple[Any, ...]:
        def address(value: Any) -> Any:
            if isinstance(value, tuple):
                return tuple(address(each) for each in value)
            return contracts.get(value, value) if isinstance(value, str) else value

        return tuple(address(each) for each in self.arguments)

    def data(self, contracts: Mapping[str, str]) -> bytes:
        return call_data(self.contract, self.function, *self.resolved(contracts))


@dataclass(frozen=True)
class Plan:
    """What `deploy` will do, in order. `grant_delay` and `key_notice` are in seconds.

    The deployer holds all roles while it builds; `handover` ends that where the owner is another.
    """

    deployer: str
    grant_delay: int
    key_notice: int
    roles: tuple[Call, ...]
    grants: tuple[Call, ...]
    handover: tuple[Call, ...]

    def steps(self) -> list[str]:
        """For people to read before anything is sent."""
        created = [
            f"create {name}" + (f" (notice of {self.key_notice} s)" if name == "Parties" else "")
            for name in CONTRACTS
        ]
        how = f" (scheduled, {self.grant_delay} s later)" if self.grant_delay else ""
        return [
            *created,
            *map(str, self.roles),
            *(f"{each}{how}" for each in self.grants),
            *map(str, self.handover),
        ]


def plan(
    deployer: str,
    *,
    rules: Sequence[Profile],
    owner: str | None = None,
    grantor: str | None = None,
    guardian: str | None = None,
    grant_delay: int = 0,
    key_notice_seconds: int | None = None,
    gate: str | None = None,
    registrars: Mapping[int, Mapping[str, int]] | None = None,
    checkpoint_keys: Sequence[str] = (),
) -> Plan:
    """The steps to a registry under these rules.

    `owner` (of AccessManager), `grantor` and `guardian` are addresses; by default the deployer owns,
    and the owner grants and guards. `key_notice_seconds` is how long at least the replacement of a lost key is
    announced; by default as the law's table says, or the sandbox's under its rules alone.
    `gate` names the contract that the profiles ask before an attestation. `registrars` are numbers
    with the addresses of their officers and these' roles (1 reviewer, 2 approver). Raises: Malformed.
    """
    owner = owner or deployer
    grantor, guardian = grantor or owner, guardian or owner
    if gate not in (None, "BarredParties"):
        raise Malformed(f"no gate is called {gate}; known is BarredParties")
    if not 0 <= grant_delay < 2**32:
        raise Malformed(f"expected a delay of 0 to 2^32 - 1 seconds, got {grant_delay}")
    roles = [
        Call("AccessManager", "setTargetFunctionRole", (contract, selectors, role))
        for role, contracts in ROLES.items()
        for contract, functions in contracts.items()
        for selectors in [tuple(selector(contract, function) for function in functions)]
    ]
    roles += [
        Call("AccessManager", "setRoleGuardian", (GRANTOR, GUARDIAN)),
        _role(GRANTOR, deployer, grant_delay),
        _role(GUARDIAN, guardian, 0),
    ]
    return Plan(
        deployer=deployer,
        grant_delay=grant_delay,
        key_notice=(_key_notice(rules) if key_notice_seconds is None else key_notice_seconds),
        roles=tuple(roles),
        grants=(
            Call("Rights", "admitSource", ("Registrations",)),
            *(
                Call(
                    "Registrations",
                    "enact",
                    (each.number, from_hex(version_hash(each)), terms(each, gate or NOBODY)),
                )
                for each in rules
            ),
            *_directory(registrars or {}),
            *(Call("Registrars", "authorise", (key,)) for key in checkpoint_keys),
        ),
        handover=tuple(_handover(deployer, owner, grantor, grant_delay)),
    )


def _key_notice(rules: Sequence[Profile]) -> int:
    is_sandbox = bool(rules) and all(each.name == "SANDBOX" for each in rules)
    table = key_notice()
    return (table.sandbox if is_sandbox else table.law).seconds


def _directory(registrars: Mapping[int, Mapping[str, int]]) -> list[Call]:
    calls = []
    for number, officers in registrars.items():
        if not 0 <= number <= 999:
            raise Malformed(f"expected a registrar's number of 0 to 999, got {number}")
        calls.append(Call("Registrars", "admit", (number,)))
        for officer, roles in officers.items():
            if roles not in (1, 2, 3):
                raise Malformed(f"expected roles 1, 2 or 3 for {officer}, got {roles}")
            calls.append(Call("Registrars", "appoint", (number, officer, roles)))
    return calls


def _handover(deployer: str, owner: str, grantor: str, grant_delay: int) -> list[Call]:
    calls = []
    if grantor != deployer:
        calls.append(_role(GRANTOR, grantor, grant_delay))
        calls.append(Call("AccessManager", "renounceRole", (GRANTOR, deployer)))
    if owner != deployer or grant_delay:
        # Without a delay of its own the owner could make itself a grantor who need not wait.
        calls.append(_role(ADMIN, owner, grant_delay))
    if owner != deployer:
        calls.append(Call("AccessManager", "renounceRole", (ADMIN, deployer)))
    return calls


def _role(role: int, account: str, delay: int) -> Call:
    return Call("AccessManager", "grantRole", (role, account, delay))
