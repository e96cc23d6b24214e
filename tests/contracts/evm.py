"""A Prague machine in memory for contract tests: real transactions, no blocks, a clock to set.

Forking is free: a state is a tree of nodes named by their hashes, and forks share what they have in
common. What is done on one fork is never seen on another.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, cast

from eth._utils.address import generate_contract_address
from eth.constants import BLANK_ROOT_HASH, CREATE_CONTRACT_ADDRESS
from eth.db.atomic import AtomicDB
from eth.db.backends.memory import MemoryDB
from eth.exceptions import Revert
from eth.vm.chain_context import ChainContext
from eth.vm.forks.prague import PragueVM
from eth.vm.forks.prague.blocks import PragueBlockHeader
from eth.vm.forks.prague.transactions import PragueTransactionBuilder
from eth.vm.spoof import SpoofTransaction
from eth_abi.abi import decode, encode
from eth_typing import Address, BlockNumber, Hash32
from eth_utils.address import to_canonical_address, to_checksum_address

from registry.hashes import keccak, to_hex
from tests.machine import ROOT

ARTEFACTS = (ROOT / "registry/abi", ROOT / "tests/contracts/abi")
GAS = 500_000_000


@dataclass(frozen=True)
class Fact:
    """A decoded event; hashes and short byte strings as `0x` text, addresses checksummed."""

    contract: str
    event: str
    members: dict[str, Any]


@dataclass(frozen=True)
class Fault:
    """A decoded custom error. A revert without data is `Fault("", ())`, no gas `Fault("OutOfGas", ())`."""

    error: str
    members: tuple[Any, ...] = ()


class Refused(Exception):
    """A transaction reverted."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(f"{fault.error}{fault.members}")
        self.fault = fault


@dataclass(frozen=True)
class RawLog:
    address: str
    topics: tuple[str, ...]
    data: str


@dataclass(frozen=True)
class Receipt:
    gas: int
    output: bytes
    logs: tuple[RawLog, ...]
    fault: Fault | None


@cache
def artefact(name: str) -> dict[str, Any]:
    """A compiled contract: the package's own, or one that stands in for a stranger's."""
    for folder in ARTEFACTS:
        path = folder / f"{name}.json"
        if path.is_file():
            return cast(dict[str, Any], json.loads(path.read_text(encoding="utf-8")))
    raise FileNotFoundError(name)


def abi_type(member: dict[str, Any]) -> str:
    """`tuple[]` written out as eth_abi takes it."""
    kind = cast(str, member["type"])
    if not kind.startswith("tuple"):
        return kind
    return "(" + ",".join(map(abi_type, member["components"])) + ")" + kind[5:]


def as_text(kind: str, value: Any) -> Any:
    if kind.endswith("]"):
        return tuple(as_text(kind[: kind.rindex("[")], item) for item in value)
    if kind.startswith("bytes"):
        return to_hex(value)
    return to_checksum_address(value) if kind == "address" else value


@dataclass(frozen=True)
class _Shape:
    name: str
    members: tuple[tuple[str, str], ...]

    def values(self, data: bytes) -> tuple[Any, ...]:
        kinds = [kind for _, kind in self.members]
        return tuple(as_text(k, v) for k, v in zip(kinds, decode(kinds, data), strict=True))


@cache
def _shapes(kind: str) -> dict[bytes, _Shape]:
    """Topic of each event, or selector of each error, that any contract can say."""
    found: dict[bytes, _Shape] = {}
    for folder in ARTEFACTS:
        for path in sorted(folder.glob("*.json")):
            if path.name == "standard-input.json":
                continue
            for entry in json.loads(path.read_text(encoding="utf-8"))["abi"]:
                if entry["type"] == kind:
                    members = tuple((m["name"], abi_type(m)) for m in entry["inputs"])
                    text = f"{entry['name']}({','.join(k for _, k in members)})"
                    found[keccak(text.encode())] = _Shape(entry["name"], members)
    return found if kind == "event" else {topic[:4]: shape for topic, shape in found.items()}


def fault_of(data: bytes) -> Fault:
    if data[:4] == bytes.fromhex("4e487b71"):
        return Fault("Panic", (int.from_bytes(data[4:36]),))
    if data[:4] in (shapes := _shapes("error")):
        return Fault(shapes[data[:4]].name, shapes[data[:4]].values(data[4:]))
    return Fault("", (to_hex(data),) if data else ())


def fact_of(contract: str, log: RawLog) -> Fact:
    shape = _shapes("event")[bytes.fromhex(log.topics[0][2:])]
    # The subject is the one indexed member and comes first, as test_lint.py makes sure.
    values = shape.values(bytes.fromhex(log.topics[1][2:] + log.data[2:]))
    names = [name for name, _ in shape.members]
    return Fact(contract, shape.name, dict(zip(names, values, strict=True)))


class Evm:
    """The machine. `now` is what the next transaction finds as the block's time, in the chain's unit."""

    def __init__(self, chain_id: int, now: int) -> None:
        self.chain_id = chain_id
        self.now = now
        self.nodes: dict[bytes, bytes] = {}
        self._state = self._open(None)

    def _open(self, root: bytes | None) -> Any:
        header = PragueBlockHeader(
            difficulty=0,
            block_number=BlockNumber(1),
            gas_limit=GAS,
            timestamp=self.now,
            base_fee_per_gas=0,
            state_root=BLANK_ROOT_HASH if root is None else cast(Hash32, root),
        )
        self._header = header
        database = AtomicDB(MemoryDB(self.nodes))
        return PragueVM.build_state(database, header, ChainContext(self.chain_id))

    def fork(self) -> "Evm":
        """Another machine that begins where this one stands."""
        self._state.persist()
        other = Evm.__new__(Evm)
        other.chain_id, other.now, other.nodes = self.chain_id, self.now, dict(self.nodes)
        other._state = other._open(self._state.state_root)
        return other

    def send(
        self,
        to: str | None,
        data: bytes,
        *,
        sender: str,
        gas: int = GAS,
        authorizations: Sequence[dict[str, int | bytes]] = (),
    ) -> Receipt:
        """Runs a transaction, whose gas price is nothing."""
        state = self._at_now()
        state.lock_changes()
        tx = self._transaction(to, data, sender=sender, gas=gas, authorizations=authorizations)
        if gas < tx.intrinsic_gas:
            return Receipt(0, b"", (), Fault("IntrinsicGasTooLow"))
        return self._receipt(tx, state.apply_transaction(tx))

    def call(self, to: str, data: bytes, *, sender: str) -> Receipt:
        """Runs a transaction and forgets what it wrote."""
        state = self._at_now()
        before = state.snapshot()
        tx = self._transaction(to, data, sender=sender, gas=GAS)
        receipt = self._receipt(tx, state.apply_transaction(tx))
        state.revert(before)
        return receipt

    def create(self, name: str, *arguments: Any, sender: str) -> str:
        """Deploys a contract from its artefact; returns its address."""
        made = artefact(name)
        inputs = [e["inputs"] for e in made["abi"] if e["type"] == "constructor"]
        kinds = [abi_type(member) for member in (inputs[0] if inputs else [])]
        canonical = to_canonical_address(sender)
        address = generate_contract_address(canonical, self._state.get_nonce(canonical))
        code = bytes.fromhex(made["bytecode"][2:]) + encode(kinds, arguments)
        receipt = self.send(None, code, sender=sender)
        if receipt.fault is not None:
            raise Refused(receipt.fault)
        return cast(str, to_checksum_address(address))

    def code(self, address: str) -> bytes:
        return cast(bytes, self._state.get_code(to_canonical_address(address)))

    def set_code(self, address: str, code: bytes) -> None:
        self._state.set_code(to_canonical_address(address), code)

    def nonce(self, address: str) -> int:
        return cast(int, self._state.get_nonce(to_canonical_address(address)))

    def storage_root(self, address: str) -> bytes:
        """Equal roots mean byte-identical storage."""
        self._state.persist()
        accounts = self._state._account_db
        return cast(bytes, accounts._get_storage_root(to_canonical_address(address)))

    def word(self, address: str, slot: int) -> int:
        return cast(int, self._state.get_storage(to_canonical_address(address), slot))

    def set_word(self, address: str, slot: int, word: int) -> None:
        """For states that would take tens of thousands of acts to reach."""
        self._state.set_storage(to_canonical_address(address), slot, word)

    def _at_now(self) -> Any:
        header = self._header.copy(timestamp=self.now)
        context = ChainContext(self.chain_id)
        self._state.execution_context = PragueVM.create_execution_context(header, (), context)
        return self._state

    def _transaction(
        self,
        to: str | None,
        data: bytes,
        *,
        sender: str,
        gas: int,
        authorizations: Sequence[dict[str, int | bytes]] = (),
    ) -> Any:
        canonical = to_canonical_address(sender)
        build: Callable[..., Any] = PragueTransactionBuilder.new_unsigned_dynamic_fee_transaction
        more: dict[str, Any] = {}
        if authorizations:
            build = PragueTransactionBuilder.new_unsigned_set_code_transaction
            more["authorization_list"] = authorizations
        plain = build(
            chain_id=self.chain_id,
            nonce=self._state.get_nonce(canonical),
            max_priority_fee_per_gas=0,
            max_fee_per_gas=0,
            gas=gas,
            to=Address(CREATE_CONTRACT_ADDRESS if to is None else to_canonical_address(to)),
            value=0,
            data=data,
            access_list=(),
            **more,
        )
        return SpoofTransaction(plain, from_=canonical)

    def _receipt(self, tx: Any, computation: Any) -> Receipt:
        fault = None
        if computation.is_error:
            error = computation.error
            fault = (
                fault_of(computation.output)
                if isinstance(error, Revert)
                else Fault(type(error).__name__)
            )
        logs = tuple(
            RawLog(
                to_checksum_address(address),
                tuple(to_hex(topic.to_bytes(32, "big")) for topic in topics),
                to_hex(data),
            )
            for address, topics, data in computation.get_log_entries()
        )
        gas = PragueVM.finalize_gas_used(tx, computation)
        return Receipt(gas, bytes(computation.output), logs, fault)
