"""Building a registry on a chain: plan first, then step by step, from wherever the last run stopped.

Configuration is never done twice: what the chain once said is done, even when it was undone since;
a second run must not reappoint an officer whom the guardian dismissed.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import rlp  # type: ignore[import-untyped]
from eth_abi.abi import encode as abi_encode
from eth_utils.address import to_checksum_address

from registry.chain import Chain, Reverted, artefact
from registry.deployment.blueprint import (
    ADMIN,
    CONTRACTS,
    WIRING,
    call_data,
    code_fault,
    immutable,
)
from registry.deployment.checks import check, refuse_milliseconds, said
from registry.deployment.record import Deployment
from registry.deployment.sender import CREATION, PATIENCE_SECONDS, Journal, Sender
from registry.deployment.steps import Call, Plan
from registry.errors import Conflict, Forbidden, WrongChain
from registry.facts import Fact
from registry.hashes import from_hex, keccak, to_hex
from registry.keys import Key
from registry.registrars import CheckpointKeyAuthorised, OfficerAppointed, RegistrarAdmitted
from registry.registrations.facts import ProfileEnacted
from registry.rights.facts import SourceAdmitted

# So many calls in one transaction stay well below the gas that one may have.
CALLS_AT_ONCE = 40
ROLE_GRANTED = "RoleGranted(uint64,address,uint32,uint48,bool)"
# The fact that says that a grant was made, and how many of its words name it.
SAID_BY: Mapping[str, tuple[str, type[Fact] | str, int]] = {
    "admitSource": ("Rights", SourceAdmitted, 1),
    "admit": ("Registrars", RegistrarAdmitted, 1),
    "appoint": ("Registrars", OfficerAppointed, 3),
    "authorise": ("Registrars", CheckpointKeyAuthorised, 1),
    "enact": ("Registrations", ProfileEnacted, 2),
    "grantRole": ("AccessManager", ROLE_GRANTED, 3),
}


class NotYet(Conflict):
    """A scheduled call may not run before `until`, in Unix seconds; the same command then goes on."""

    code = "not_yet"
    title = {"en": "Scheduled, not yet executable", "zh": "已排期，尚不可执行"}

    def __init__(self, detail: str, until: int) -> None:
        super().__init__(f"{detail}: scheduled, executable from {until} (Unix seconds) for a week")
        self.until = until


def deploy(
    chain: Chain, key: Key, plan: Plan, journal: Path, *, patience: float = PATIENCE_SECONDS
) -> Deployment:
    """Does what the chain does not yet say is done; safe to kill anywhere, and to run again.

    `journal` is the file that remembers what was sent; keep it. Raises: NotYet while a grant waits
    for its delay; Conflict when the deployer's nonce is used by another; WrongChain; Unavailable.
    """
    if key.address != plan.deployer:
        raise Forbidden(f"the plan is for {plan.deployer}, and the key is {key.address}'s")
    refuse_milliseconds(chain)
    with Journal.open(journal, chain, key.address) as kept:
        sender = Sender(chain, key, kept, patience=patience)
        sender.resume()
        contracts = addresses(key.address, kept.base_nonce)
        _create(sender, contracts, plan)
        _require_notice(chain, contracts, plan)
        hashes = {name: to_hex(keccak(chain.code(at))) for name, at in contracts.items()}
        deployment = Deployment(kept.chain_id, kept.genesis, kept.base_block + 1, contracts, hashes)
        check(chain, deployment)
        _configure(sender, deployment, "roles", plan.roles)
        _grant(sender, deployment, plan)
        _configure(sender, deployment, "handover", plan.handover)
    return deployment


def addresses(deployer: str, base_nonce: int) -> dict[str, str]:
    """Where each contract will be, known before anything is sent."""
    return {
        name: str(to_checksum_address(keccak(rlp.encode([from_hex(deployer), nonce]))[12:]))
        for nonce, name in enumerate(CONTRACTS, base_nonce)
    }


def administer(
    chain: Chain,
    deployment: Deployment,
    key: Key,
    contract: str,
    function: str,
    *arguments: Any,
    patience: float = PATIENCE_SECONDS,
) -> dict[str, Any]:
    """One restricted call by a holder of its role; the receipt.

    Where the role has a delay, the first run schedules and raises NotYet, a later one executes.
    Raises: Forbidden when the key lacks the role; Reverted; WrongChain; Conflict; Unavailable.
    """
    check(chain, deployment)
    call = Call(contract, function, arguments)
    data = call.data(deployment.contracts)
    manager, target = deployment.contracts["AccessManager"], deployment.contracts[contract]
    sender = Sender(chain, key, patience=patience)
    if contract == "AccessManager":
        is_member, delay = chain.ask(contract, manager, "hasRole", ADMIN, key.address)
        is_immediate = is_member and not delay
    else:
        is_immediate, delay = chain.ask(
            "AccessManager", manager, "canCall", key.address, target, data[:4]
        )
    if not is_immediate and not delay:
        raise Forbidden(f"{key.address} may not call {contract}.{function}")
    if is_immediate:
        return sender.run(str(call), target, data)
    _schedule(sender, deployment, [call])
    return _execute(sender, deployment, [call])


def _create(sender: Sender, contracts: Mapping[str, str], plan: Plan) -> None:
    chain, base = sender.chain, sender.journal.base_nonce
    missing = []
    for nonce, (name, address) in enumerate(contracts.items(), base):
        code = chain.code(address)
        if not code:
            missing.append((nonce, name, address))
        elif (fault := code_fault(name, code)) is not None:
            raise Conflict(f"{name} at {address} is not the contract of this package: {fault}")
    next_nonce = chain.nonce(sender.key.address)
    for nonce, name, _ in missing:
        if nonce < next_nonce:
            raise Conflict(_why_lost(sender, nonce, name))
        code = from_hex(artefact(name)["bytecode"])
        data = code + abi_encode(*_arguments(name, contracts, plan))
        sender.deliver(sender.sign(f"create {name}", CREATION, data, nonce=nonce))
    for nonce, name, address in missing:
        receipt = sender.settle(nonce)
        if int(receipt["status"], 16) != 1:
            raise Conflict(_why_lost(sender, nonce, name))
        if receipt["contractAddress"].lower() != address.lower():
            raise WrongChain(
                f"{name} was created at {receipt['contractAddress']}, expected {address}: "
                "this chain derives addresses otherwise than by keccak256"
            )
        if (fault := code_fault(name, chain.code(address))) is not None:
            raise WrongChain(f"{name} at {address} is not what was sent: {fault}")


def _arguments(
    name: str, contracts: Mapping[str, str], plan: Plan
) -> tuple[list[str], list[str | int]]:
    """The types and the values that a contract is created with."""
    if name == "AccessManager":
        return ["address"], [plan.deployer]
    values: list[str | int] = [contracts[each] for each in WIRING.get(name, {}).values()]
    kinds = ["address"] * len(values)
    if name == "Parties":
        return [*kinds, "uint40"], [*values, plan.key_notice]
    return kinds, values


def _require_notice(chain: Chain, contracts: Mapping[str, str], plan: Plan) -> None:
    # An earlier run may have created it by another plan; no later call could mend that.
    got = immutable("Parties", "_notice", chain.code(contracts["Parties"]))
    if got != plan.key_notice:
        raise Conflict(
            f"Parties at {contracts['Parties']} announces a new key {got} s ahead, the plan says "
            f"{plan.key_notice} s; begin anew with a fresh journal"
        )


def _why_lost(sender: Sender, nonce: int, name: str) -> str:
    for sent in sender.journal.attempts(nonce):
        if sender.chain.receipt(sent.hash) is not None:
            return f"the creation of {name} failed in {sent.hash}; begin anew with a fresh journal"
    return (
        f"nonce {nonce} of {sender.key.address} was to create {name} and was used by another "
        "transaction: the key is in use elsewhere; begin anew with a fresh journal and a key of its own"
    )


def _configure(sender: Sender, deployment: Deployment, title: str, calls: Sequence[Call]) -> None:
    missing = _missing(sender.chain, deployment, calls)
    if missing:
        data = [call.data(deployment.contracts) for call in missing]
        _together(sender, deployment, f"{title}: {len(missing)} calls", data)
    _require_done(sender.chain, deployment, calls)


def _grant(sender: Sender, deployment: Deployment, plan: Plan) -> None:
    missing = _missing(sender.chain, deployment, plan.grants)
    for first in range(0, len(missing), CALLS_AT_ONCE):
        calls = missing[first : first + CALLS_AT_ONCE]
        if plan.grant_delay:
            _schedule(sender, deployment, calls)
    for first in range(0, len(missing), CALLS_AT_ONCE):
        _execute(sender, deployment, missing[first : first + CALLS_AT_ONCE])
    _require_done(sender.chain, deployment, plan.grants)


def _schedule(sender: Sender, deployment: Deployment, calls: Sequence[Call]) -> None:
    data = [
        call_data("AccessManager", "schedule", deployment.contracts[call.contract], inner, 0)
        for call in calls
        for inner in [call.data(deployment.contracts)]
        if _scheduled(sender, deployment, call) == 0
    ]
    if data:
        _together(sender, deployment, f"schedule {len(data)} calls", data)


def _execute(sender: Sender, deployment: Deployment, calls: Sequence[Call]) -> dict[str, Any]:
    data = [
        call_data(
            "AccessManager",
            "execute",
            deployment.contracts[call.contract],
            call.data(deployment.contracts),
        )
        for call in calls
    ]
    title = f"grants: {len(calls)} calls" if len(calls) > 1 else str(calls[0])
    try:
        return _together(sender, deployment, title, data)
    except Reverted as e:
        # The node judges the moment: our clock and its next block's need not agree.
        if e.error != "AccessManagerNotReady":
            raise
        raise NotYet(title, max(_scheduled(sender, deployment, call) for call in calls)) from e


def _scheduled(sender: Sender, deployment: Deployment, call: Call) -> int:
    """From when a scheduled call may run, in Unix seconds; 0 when it is not, or no longer, scheduled."""
    operation = keccak(
        abi_encode(
            ["address", "address", "bytes"],
            [
                sender.key.address,
                deployment.contracts[call.contract],
                call.data(deployment.contracts),
            ],
        )
    )
    manager = deployment.contracts["AccessManager"]
    return int(sender.chain.ask("AccessManager", manager, "getSchedule", operation))


def _together(
    sender: Sender, deployment: Deployment, title: str, data: Sequence[bytes]
) -> dict[str, Any]:
    """Calls of AccessManager in one transaction, all or none."""
    multicall = call_data("AccessManager", "multicall", list(data))
    return sender.run(title, deployment.contracts["AccessManager"], multicall)


def _require_done(chain: Chain, deployment: Deployment, calls: Sequence[Call]) -> None:
    if missing := _missing(chain, deployment, calls):
        raise Conflict(
            f"executed, and yet the chain does not say so: {', '.join(map(str, missing))}"
        )


def _missing(chain: Chain, deployment: Deployment, calls: Sequence[Call]) -> list[Call]:
    history = {
        function: [words for _, words in said(chain, deployment, contract, event)]
        for function, (contract, event, _) in SAID_BY.items()
        if any(call.function == function for call in calls)
    }
    return [call for call in calls if not _is_done(chain, deployment, call, history)]


def _is_done(
    chain: Chain, deployment: Deployment, call: Call, history: Mapping[str, list[list[int]]]
) -> bool:
    manager, values = deployment.contracts["AccessManager"], call.resolved(deployment.contracts)
    if call.function == "setTargetFunctionRole":
        target, selectors, role = values
        question = "getTargetFunctionRole"
        return all(
            chain.ask("AccessManager", manager, question, target, each) == role
            for each in selectors
        )
    if call.function == "setRoleGuardian":
        return bool(chain.ask("AccessManager", manager, "getRoleGuardian", values[0]) == values[1])
    if call.function == "renounceRole":
        return not chain.ask("AccessManager", manager, "hasRole", *values)[0]
    words = SAID_BY[call.function][2]
    wanted = [_word(value) for value in values[:words]]
    done = any(each[:words] == wanted for each in history[call.function])
    if call.function == "enact" and not done and any(e[0] == wanted[0] for e in history["enact"]):
        raise Conflict(f"profile {values[0]} stands in another version than 0x{wanted[1]:064x}")
    return done


def _word(value: Any) -> int:
    if isinstance(value, bytes):
        return int.from_bytes(value, "big")
    return int(value, 16) if isinstance(value, str) else int(value)
