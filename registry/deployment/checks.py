"""What proves that a node holds a registry's contracts: a quick look, and a whole comparison."""

from collections.abc import Iterator
from dataclasses import dataclass
from secrets import token_bytes

from eth_utils.address import to_checksum_address
from sqlalchemy import Connection, select

from registry.chain import Chain, Reverted
from registry.deployment.blueprint import (
    CONTRACTS,
    GRANTOR,
    GUARDIAN,
    NOBODY,
    ROLES,
    WIRING,
    code_fault,
    immutable,
    selector,
    terms,
)
from registry.deployment.record import Deployment
from registry.errors import NotAllowed, NotFound, RegistryError, WrongChain, WrongRules
from registry.facts import Fact
from registry.hashes import from_hex, keccak, to_hex
from registry.messages import Domain
from registry.registrations.facts import ProfileEnacted
from registry.rights.facts import SourceAdmitted, SourceRetired
from registry.rules import profiles
from registry.rules.key_notice import key_notice

# Seconds would pass this in the year 5138; milliseconds did in 1973.
MILLISECONDS = 100_000_000_000
BLOCKS_OF_LOGS = 10_000


@dataclass(frozen=True)
class Finding:
    """Two things that must be equal and are not; `subject` says of what."""

    subject: str
    expected: str
    got: str


def check(chain: Chain, deployment: Deployment) -> None:
    """The quick look at each connect: chain id, genesis, code, the EVM's hash and clock.

    Raises: WrongChain with got and expected; Unavailable when the node does not answer.
    """
    held = {
        name: address
        for name, address in deployment.contracts.items()
        if name in deployment.code_hashes
    }
    answers = chain.rpc_many(
        [
            ("eth_chainId", ()),
            ("eth_getBlockByNumber", ("0x0", False)),
            ("eth_getBlockByNumber", ("latest", False)),
            *(("eth_getCode", (address, "latest")) for address in held.values()),
        ]
    )
    for answer in answers:
        if isinstance(answer, RegistryError):
            raise answer
    chain_id, genesis, head, *codes = answers
    _require("chain id", deployment.chain_id, int(chain_id, 16))
    _require("genesis", deployment.genesis, "none" if genesis is None else genesis["hash"])
    _require_seconds(0 if head is None else int(head["timestamp"], 16))
    for name, code in zip(held, codes, strict=True):
        _require(f"code of {name}", deployment.code_hashes[name], _hash_of_code(from_hex(code)))
    _require_keccak(chain, deployment)


def refuse_milliseconds(chain: Chain) -> None:
    """The contracts would adapt to such a chain; what reads it does not. Raises: WrongChain."""
    _require_seconds(chain.head().time)


def verify(chain: Chain, deployment: Deployment) -> list[Finding]:
    """A live registry against the sources of this package; empty when all is as it should be.

    True of the newest block. Code is compared with the committed artefacts, not with the hashes that
    the deployment remembers. Raises: Unavailable.
    """
    try:
        check(chain, deployment)
    except WrongChain as e:
        quick = [Finding("the deployment's chain", "as it was deployed", e.detail)]
    else:
        quick = []
    missing = [name for name in CONTRACTS if name not in deployment.contracts]
    if missing:
        return [*quick, *(Finding(name, "an address", "none") for name in missing)]
    code = [
        Finding(f"code of {name}", "the committed artefact", fault)
        for name in CONTRACTS
        if (fault := code_fault(name, chain.code(deployment.contracts[name]))) is not None
    ]
    if code:
        # Whatever other code answers about itself proves nothing.
        return quick + code
    return [
        *quick,
        *_wiring_findings(chain, deployment),
        *_notice_findings(chain, deployment),
        *_role_findings(chain, deployment),
        *_profile_findings(chain, deployment),
        *_source_findings(chain, deployment),
    ]


def said(
    chain: Chain, deployment: Deployment, contract: str, event: type[Fact] | str
) -> list[tuple[int, list[int]]]:
    """Every log of one event, in order of the chain: its block, and its words as numbers.

    An event of a contract that keeps no ledger is named by its signature.
    """
    topic = to_hex(keccak(event.encode())) if isinstance(event, str) else event.topic
    last = chain.head().number
    found = []
    for first in range(deployment.start_block, last + 1, BLOCKS_OF_LOGS):
        question = {
            "address": deployment.contracts[contract],
            "topics": [topic],
            "fromBlock": hex(first),
            "toBlock": hex(min(first + BLOCKS_OF_LOGS - 1, last)),
        }
        for log in chain.rpc("eth_getLogs", question):
            body = "".join(each[2:] for each in (*log["topics"][1:], log["data"]))
            words = [int(body[at : at + 64], 16) for at in range(0, len(body), 64)]
            found.append((int(log["blockNumber"], 16), words))
    return found


def _wiring_findings(chain: Chain, deployment: Deployment) -> Iterator[Finding]:
    for contract, getters in WIRING.items():
        for getter, target in getters.items():
            got = chain.ask(contract, deployment.contracts[contract], getter)
            expected = deployment.contracts[target]
            yield from _unequal(f"{contract}.{getter}()", expected, to_checksum_address(got))
    for contract in ("Parties", "Registrations", "Objections"):
        address = deployment.contracts[contract]
        domain = chain.ask(contract, address, "eip712Domain")
        yield from _unequal(
            f"EIP-712 domain of {contract}",
            (Domain.name, Domain.version, deployment.chain_id, address),
            (domain[1], domain[2], domain[3], to_checksum_address(domain[4])),
        )
        unit = immutable(contract, "_unit", chain.code(address))
        yield from _unequal(f"clock ticks a second in {contract}", 1, unit)


def _notice_findings(chain: Chain, deployment: Deployment) -> Iterator[Finding]:
    """That a lost key is announced as long as the table says; a sandbox enacts SANDBOX alone."""
    enacted = {words[0] for _, words in said(chain, deployment, "Registrations", ProfileEnacted)}
    is_sandbox = enacted <= {profiles.load("SANDBOX").number}
    table = key_notice()
    least = (table.sandbox if is_sandbox else table.law).seconds
    got = immutable("Parties", "_notice", chain.code(deployment.contracts["Parties"]))
    if got < least:
        yield Finding("notice of Parties", f"{least} s or more", f"{got} s")


def _role_findings(chain: Chain, deployment: Deployment) -> Iterator[Finding]:
    manager = deployment.contracts["AccessManager"]
    for role, contracts in ROLES.items():
        for contract, functions in contracts.items():
            target = deployment.contracts[contract]
            for function in functions:
                got = chain.ask(
                    "AccessManager",
                    manager,
                    "getTargetFunctionRole",
                    target,
                    selector(contract, function),
                )
                yield from _unequal(f"role of {contract}.{function}", role, got)
    yield from _unequal(
        "guardian of the granting role",
        GUARDIAN,
        chain.ask("AccessManager", manager, "getRoleGuardian", GRANTOR),
    )


def check_rules(connection: Connection) -> None:
    """Whether every profile that the chain enacted, as far as it was read, is a file of ours.

    Records under it would else be judged by other words than those they were filed under. Raises:
    WrongRules.
    """
    for number, version in connection.execute(
        select(ProfileEnacted.profile, ProfileEnacted.version)
    ):
        for found in _rule_findings(number, version):
            raise WrongRules(
                f"{found.subject}: the chain enacted {found.got}, this package has {found.expected}; "
                "install the package that has those rules, or deploy anew"
            )


def _rule_findings(number: int, version: str) -> Iterator[Finding]:
    try:
        profile = profiles.load_by_number(number)
    except (NotFound, NotAllowed):
        yield Finding(f"profile {number}", "no rules to file under", version)
        return
    subject = f"version of profile {profile.name} ({number})"
    yield from _unequal(subject, profiles.version_hash(profile), version)


def _profile_findings(chain: Chain, deployment: Deployment) -> Iterator[Finding]:
    """Every profile ever enacted is a file of ours, word for word; its gate is none or ours."""
    for _, (number, version, *_) in said(chain, deployment, "Registrations", ProfileEnacted):
        yield from _rule_findings(number, f"0x{version:064x}")
        try:
            profile = profiles.load_by_number(number)
        except (NotFound, NotAllowed):
            continue
        subject = f"profile {profile.name} ({number})"
        address = deployment.contracts["Registrations"]
        *floors, gate = chain.ask("Registrations", address, "profileOf", number)
        yield from _unequal(f"terms of {subject}", terms(profile)[:-1], tuple(floors))
        gates = (NOBODY, deployment.contracts["BarredParties"])
        if to_checksum_address(gate) not in gates:
            yield Finding(f"gate of {subject}", " or ".join(gates), str(to_checksum_address(gate)))


def _source_findings(chain: Chain, deployment: Deployment) -> Iterator[Finding]:
    admitted = said(chain, deployment, "Rights", SourceAdmitted)
    retired = said(chain, deployment, "Rights", SourceRetired)
    # Within one block an admission counts as the later, so that a source is rather named than missed.
    moves = [(block, True, words[0]) for block, words in admitted]
    moves += [(block, False, words[0]) for block, words in retired]
    sources: set[str] = set()
    for _, is_admitted, source in sorted(moves):
        address = str(to_checksum_address(f"0x{source:040x}"))
        (sources.add if is_admitted else sources.discard)(address)
    yield from _unequal(
        "sources of Rights", {deployment.contracts["Registrations"]}, sources or "none"
    )


def _require_keccak(chain: Chain, deployment: Deployment) -> None:
    """SM groups of FISCO BCOS hash with SM3 at run time, while constants stay keccak256."""
    rights = deployment.contracts.get("Rights")
    if rights is None:
        return
    # Fresh words, so that no answer is the right one by chance or from memory.
    registration, holder = token_bytes(32), token_bytes(32)
    try:
        got = to_hex(chain.ask("Rights", rights, "idOf", registration, holder))
    except Reverted as e:
        got = e.detail
    _require("hash function of the EVM", to_hex(keccak(registration + holder)), got)


def _require_seconds(time: int) -> None:
    unit = "milliseconds" if time > MILLISECONDS else "seconds"
    _require("unit of block times", "seconds", unit)


def _require(subject: str, expected: object, got: object) -> None:
    if got != expected:
        raise WrongChain(f"{subject}: expected {expected}, got {got}")


def _unequal(subject: str, expected: object, got: object) -> Iterator[Finding]:
    if got != expected:
        yield Finding(subject, str(expected), str(got))


def _hash_of_code(code: bytes) -> str:
    return to_hex(keccak(code)) if code else "no code"
