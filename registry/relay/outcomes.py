"""What a mined transaction of `Batch` did to each of its acts. Writes nothing."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

import structlog

from registry.chain import BlockHeader, Chain, Reverted, RpcError, decode_revert
from registry.deployment import Deployment
from registry.facts import SIGNED, ActSigned, ActVoided
from registry.hashes import from_hex, keccak, to_hex
from registry.messages import Void, voiding_at
from registry.outbox import Rejection, Submission, read_message
from registry.registrations.facts import RegistrationFiled
from registry.relay.batches import Limits, cost_of
from registry.relay.lane import MOST_ATTEMPTS
from registry.transactions import Again, Attempt, Place, Settlement, Slot

log = structlog.get_logger()

ACT_FAILED = to_hex(keccak(b"ActFailed(uint256,bytes4,bytes32[4])"))
# An act that ran out of gas so often, each time with twice as much, is given up.
MOST_RUNS = 3


class Outcomes:
    """Reads receipts; asks the chain about what failed."""

    def __init__(
        self, chain: Chain, deployment: Deployment, sender: str, limits: Limits, finality: int
    ) -> None:
        self._chain = chain
        self._deployment = deployment
        self._sender = sender
        self._limits = limits
        self._finality = finality

    def read(
        self,
        slot: Slot,
        attempt: Attempt,
        acts: Mapping[str, Submission],
        receipt: dict[str, Any],
        head: BlockHeader,
    ) -> Settlement:
        """Raises: Unavailable, RpcError when a question that decides is not answered."""
        place = self._place(attempt.transaction, receipt, head)
        settlement = Settlement(slot, place)
        if int(receipt["status"], 16) == 0:
            for digest in attempt.acts:
                self._failed_whole(settlement, acts[digest], len(attempt.acts))
            return settlement
        failures = self._failures(receipt)
        doubtful = []
        for i, digest in enumerate(attempt.acts):
            if i not in failures:
                settlement.included.append(digest)
            else:
                doubtful.append(acts[digest])
        traces = self.traces(doubtful, head) if doubtful else {}
        for act in doubtful:
            fault = failures[attempt.acts.index(act.digest)]
            if act.digest in traces:
                settlement.elsewhere[act.digest] = traces[act.digest]
            elif any(fault):
                settlement.refused[act.digest] = _rejection(act, decode_revert(fault))
            else:
                self._not_run(settlement, act)
        return settlement

    def _place(self, transaction: str, entry: dict[str, Any], head: BlockHeader) -> Place:
        number = int(entry["blockNumber"], 16)
        is_final = self._finality == 0 or head.number - number >= self._finality
        return Place(transaction, number, entry["blockHash"], is_final)

    def _failures(self, receipt: dict[str, Any]) -> dict[int, bytes]:
        """The first bytes of the revert data by the act's place; all zero when it was not run."""
        batch = self._deployment.contracts["Batch"].lower()
        return {
            int(entry["topics"][1], 16): _reason(from_hex(entry["data"]))
            for entry in receipt["logs"]
            if entry["address"].lower() == batch and entry["topics"][0] == ACT_FAILED
        }

    def _failed_whole(self, settlement: Settlement, act: Submission, count: int) -> None:
        """The transaction failed, not the act: it goes again, among fewer."""
        if act.attempts < MOST_ATTEMPTS:
            settlement.again[act.digest] = Again(crowd=max(1, count // 2))
        else:
            settlement.refused[act.digest] = _not_run(act)

    def _not_run(self, settlement: Settlement, act: Submission) -> None:
        """It ran out of gas, or failed without a word; a trial with all the gas there is tells which."""
        call = {
            "from": self._sender,
            "to": self._deployment.contracts[act.contract],
            "data": to_hex(act.calldata),
        }
        before = cost_of(act, self._limits).limit
        larger = 2 * before
        try:
            needed = int(self._chain.rpc("eth_estimateGas", call), 16)
            larger = max(larger, needed + needed // 2)
        except Reverted as e:
            is_named = any(from_hex(e.data)[:4])
            settlement.refused[act.digest] = _rejection(act, e) if is_named else _not_run(act)
            return
        except RpcError as e:
            # Its neighbours must not wait for an act that the node cannot try.
            log.warning("relay.not_tried", act=act.digest, reason=e.detail)
        if act.attempts >= MOST_RUNS or before >= self._limits.gas * 3 // 4:
            settlement.refused[act.digest] = _not_run(act)
        else:
            settlement.again[act.digest] = Again(gas=min(larger, self._limits.gas))

    def traces(self, acts: Sequence[Submission], head: BlockHeader) -> dict[str, Place]:
        """Where acts took effect, by whoever's transaction; absent when the chain has no trace of one."""
        wanted: dict[tuple[str, str, str], list[str]] = {}
        for act in acts:
            trace = _trace(act, self._deployment.contracts[act.contract])
            wanted.setdefault(trace, []).append(act.digest)
        topics = [sorted({trace[i] for trace in wanted}) for i in (0, 1)]
        found: dict[str, Place] = {}
        for entry in self._logs(topics, self._deployment.start_block, head.number):
            topic, subject = entry["topics"]
            voided = ""
            if topic == ActVoided.topic:
                voided = f"0x{entry['data'][26:66]} at {entry['address'].lower()}"
            for digest in wanted.get((topic, subject, voided), ()):
                found.setdefault(digest, self._place(entry["transactionHash"], entry, head))
        return found

    def _logs(self, topics: list[list[str]], first: int, last: int) -> list[dict[str, Any]]:
        question = {
            "address": [self._deployment.contracts[name] for name in SIGNED],
            "topics": topics,
            "fromBlock": hex(first),
            "toBlock": hex(last),
        }
        try:
            return cast(list[dict[str, Any]], self._chain.rpc("eth_getLogs", question))
        except RpcError:
            # Many nodes limit the blocks of one question; half as many may do.
            if first >= last:
                raise
            middle = (first + last) // 2
            return self._logs(topics, first, middle) + self._logs(topics, middle + 1, last)


def _trace(act: Submission, address: str) -> tuple[str, str, str]:
    """Topic and subject of the fact that shows the act's effect; of a voiding, by whom and where, too."""
    if act.type == "File":
        # Not AlreadyFiled alone: a filing that was withdrawn beforehand gives it too.
        return RegistrationFiled.topic, act.digest, ""
    if act.type == voiding_at(act.contract).__name__:
        message = read_message(Void, act.message)
        return ActVoided.topic, message.act, f"{message.signer.lower()} at {address.lower()}"
    return ActSigned.topic, act.digest, ""


def _reason(data: bytes) -> bytes:
    return data[:4] + data[32:]


def _rejection(act: Submission, said: Reverted) -> Rejection:
    return Rejection(said.error, said.arguments, act.deadline)


def _not_run(act: Submission) -> Rejection:
    return Rejection("NotRun", {}, act.deadline)
