"""Cutting received acts into transactions of `Batch`: by bytes, by gas, by count. Knows no node."""

from collections.abc import Sequence
from dataclasses import dataclass

from eth_abi.abi import encode as abi_encode

from registry.hashes import keccak
from registry.outbox import Submission
from registry.transactions import INTRINSIC_GAS, calldata_gas

RUN = keccak(b"run(address,uint256,bytes[])")[:4]

# Gas, measured on the contracts of this release with a third on top (docs/decisions/0012).
FILING = 45_000
FURTHER_APPLICANT = 20_000
OTHER_ACT = 80_000
CONTEST = 150_000
RECORD = 25_000
ATTESTED_RECORD = 80_000
HEADROOM = 120_000
# What a wallet may burn to check one signature (ERC-1271).
WALLET = 200_000
LEAST_LIMIT = 200_000
# Batch keeps 20,000 back to report a failure; the rest is its loop.
RESERVE = 30_000
PER_ACT = 6_000

ECDSA_SIGNATURE = 2 + 2 * 65
ENVELOPE_BYTES = 256
PER_ACT_BYTES = 96


@dataclass(frozen=True)
class Limits:
    """How large one transaction may be: acts in it, its bytes, its gas."""

    acts: int = 100
    bytes: int = 100_000
    gas: int = 15_000_000


@dataclass(frozen=True)
class Batch:
    """Acts of one contract that each may burn `limit` gas; `is_full` when no further one would fit."""

    contract: str
    limit: int
    acts: tuple[Submission, ...]
    is_full: bool

    def data(self, address: str) -> bytes:
        """The call of `Batch.run`; `address` is that of the contract."""
        calls = [act.calldata for act in self.acts]
        return RUN + abi_encode(["address", "uint256", "bytes[]"], [address, self.limit, calls])

    def gas(self, limits: Limits) -> int:
        """Enough for every act to run as expected, and for the last one to burn its limit."""
        return min(limits.gas, _gas([cost_of(act, limits) for act in self.acts]))


@dataclass(frozen=True)
class Cost:
    """`limit` is what an act may burn at most, `expected` what it can be trusted to burn at most."""

    limit: int
    expected: int
    data: int


def cut(waiting: Sequence[Submission], limits: Limits) -> list[Batch]:
    """All of `waiting`, in transactions; the order within one contract and limit is kept."""
    batches = []
    left = [(each, cost_of(each, limits)) for each in waiting]
    while left:
        first, cost = left[0]
        key = (first.contract, cost.limit)
        alike = [each for each in left if (each[0].contract, each[1].limit) == key]
        count = _fitting(alike, limits)
        acts = tuple(act for act, _ in alike[:count])
        batches.append(Batch(first.contract, cost.limit, acts, is_full=count < len(alike)))
        taken = {act.digest for act in acts}
        left = [each for each in left if each[0].digest not in taken]
    # A batch of exactly the most acts is full, even with nobody left outside.
    return [
        batch
        if len(batch.acts) < limits.acts
        else Batch(batch.contract, batch.limit, batch.acts, is_full=True)
        for batch in batches
    ]


def rehearsals(acts: Sequence[Submission], limits: Limits) -> list[Batch]:
    """All of `acts`, one contract at a time and in their order, in calls that take the gas of one transaction.

    Unlike what is sent, acts of different limits share a call: each is to be judged upon those before it.
    """
    found = []
    for contract in dict.fromkeys(act.contract for act in acts):
        left = [(act, cost_of(act, limits)) for act in acts if act.contract == contract]
        while left:
            count, gas = 0, 0
            while count < len(left) and (count == 0 or gas + left[count][1].expected <= limits.gas):
                gas += left[count][1].expected
                count += 1
            some, left = left[:count], left[count:]
            limit = max(cost.limit for _, cost in some)
            found.append(Batch(contract, limit, tuple(act for act, _ in some), is_full=False))
    return found


def _fitting(alike: Sequence[tuple[Submission, Cost]], limits: Limits) -> int:
    """How many from the first on fit into one transaction; one always does."""
    size, crowd = ENVELOPE_BYTES, limits.acts
    gas = _gas([])
    for i, (act, cost) in enumerate(alike):
        size += len(act.calldata) + PER_ACT_BYTES
        crowd = min(crowd, act.crowd or limits.acts)
        gas += cost.expected + cost.data + PER_ACT
        worst = gas - cost.expected + cost.limit * 64 // 63
        if i > 0 and (i >= crowd or size > limits.bytes or worst > limits.gas):
            return i
    return len(alike)


def _gas(costs: Sequence[Cost]) -> int:
    spent = sum(cost.expected + cost.data + PER_ACT for cost in costs)
    last = costs[-1].limit * 64 // 63 - costs[-1].expected if costs else 0
    return INTRINSIC_GAS + RESERVE + spent + last


def cost_of(act: Submission, limits: Limits) -> Cost:
    data = calldata_gas(act.calldata) + 4 * PER_ACT_BYTES
    wallets = sum(len(signature) != ECDSA_SIGNATURE for signature in act.signatures)
    usual = _usual(act) + wallets * WALLET
    # A transaction of its own must be able to hold it: above this the limit can only be an error.
    most = (limits.gas - _gas([]) - data - PER_ACT) * 63 // 64
    limit = min(most, act.gas or _class(usual + HEADROOM))
    is_trusted = wallets == 0 and act.gas is None
    return Cost(limit=limit, expected=min(usual, limit) if is_trusted else limit, data=data)


def _usual(act: Submission) -> int:
    message = act.message
    claims = len(message.get("claims", ()))
    records = len(message.get("registrations", ())) + len(message.get("objectors", ()))
    each = ATTESTED_RECORD if act.type == "Attest" else RECORD
    base = {"File": FILING, "Contest": CONTEST}.get(act.type, OTHER_ACT)
    return base + max(0, claims - 1) * FURTHER_APPLICANT + records * each


def _class(gas: int) -> int:
    """The limit rounded up to one of a few, so that different acts can share a transaction."""
    limit = LEAST_LIMIT
    while limit < gas:
        limit *= 2
    return limit
