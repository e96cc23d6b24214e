"""The relay: brings received acts to the chain, each once, and says what became of them.

Nonce and bytes are on the disk before the first send. What a lost reply hides is asked of the chain;
an answer that does not come is never taken for "absent".
"""

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import structlog
from coincurve import PrivateKey

from registry.chain import BlockHeader, Chain, RpcError
from registry.deployment import Deployment
from registry.errors import Unavailable, WrongChain
from registry.outbox import Outbox, Rejection, Submission
from registry.relay.batches import Batch, Limits, cut
from registry.relay.lane import Lane, LeaseLost
from registry.relay.outcomes import Outcomes
from registry.relay.pace import Pace
from registry.settings import Settings
from registry.signatures import address_of_key
from registry.transactions import Again, Attempt, Slot, Transaction, least_gas

log = structlog.get_logger()

# Acts that may overtake one another because they need different gas limits.
WINDOW_BATCHES = 8
PAUSE_SECONDS = 1.0

# What nodes say of a transaction that they will never take, in whatever block.
UNFIT = ("oversized", "too large", "gas limit", "intrinsic gas", "gas floor", "exceeds block gas")
UNDERPRICED = ("underpriced", "max fee per gas less than block base fee", "fee too low")


@dataclass
class _Sent:
    """When an attempt was first and last handed over, monotonic seconds, and at which head."""

    first: float
    last: float
    head: int
    is_underpriced: bool = False


@dataclass
class _Memory:
    """What may be forgotten at any moment: then everything open is sent once more."""

    sent: dict[str, _Sent] = field(default_factory=dict)
    # The head whose receipts were read.
    head: str | None = None
    # Head and changes with which there was nothing to do, and until when there can be nothing.
    quiet: tuple[str, int] | None = None
    quiet_until: float = 0.0


class Relay:
    """Sends with one key. It has no authority: `key`, 32 bytes, pays gas and nothing else."""

    def __init__(
        self,
        chain: Chain,
        deployment: Deployment,
        outbox: Outbox,
        key: bytes,
        settings: Settings,
        *,
        pace: Pace | None = None,
    ) -> None:
        self.chain = chain
        self.deployment = deployment
        self.outbox = outbox
        self.limits = Limits(settings.batch_acts, settings.batch_bytes, settings.batch_gas)
        self.pace = pace or Pace()
        self.finality = settings.finality
        self.sender = address_of_key(PrivateKey(key).public_key)
        self._key = key
        self._outcomes = Outcomes(chain, deployment, self.sender, self.limits, self.finality)
        self._lane: Lane | None = None
        self._memory = _Memory()
        self._is_recognised = False

    def run(self, stop: threading.Event) -> None:
        """Steps until told to stop; while the node does not answer, or another holds the lane, it waits."""
        try:
            while not stop.is_set():
                seen = self.outbox.changes()
                try:
                    did_something = self.step()
                except (Unavailable, RpcError) as e:
                    log.warning("relay.waiting", reason=e.detail)
                    stop.wait(PAUSE_SECONDS)
                except LeaseLost as e:
                    log.warning("relay.lease_lost", reason=e.detail)
                    stop.wait(PAUSE_SECONDS)
                else:
                    if not did_something:
                        self.outbox.wait_for_change(seen, timeout=self.pace.poll)
        finally:
            self.release()

    def release(self) -> None:
        """Lets another relay take the lane at once."""
        if self._lane is not None:
            self._lane.release()
            self._lane = None

    def step(self) -> bool:
        """Settles, watches and sends once; True when anything changed.

        False also while another relay holds the lane. Raises: Unavailable, RpcError, LeaseLost; what
        is durable stays good, and the next step begins from it.
        """
        if not self._is_recognised:
            self._recognise()
        lane = self._hold()
        if lane is None:
            return False
        try:
            if lane.is_idle():
                return False
            head = self.chain.head()
            seen = (head.hash, self.outbox.changes())
            if seen == self._memory.quiet and time.monotonic() < self._memory.quiet_until:
                return False
            slots = lane.slots()
            did_something = False
            if head.hash != self._memory.head:
                self._memory.head = head.hash
                did_something = self._settle(lane, slots, head)
                if self.finality:
                    did_something |= self._watch(lane, head)
                slots = lane.slots()
            did_something |= self._start(lane, slots, head)
            did_something |= self._send(lane, lane.slots(), head)
            if not did_something and self._memory.head == head.hash:
                self._memory.quiet = seen
                self._memory.quiet_until = time.monotonic() + self.pace.resend
            return did_something
        except LeaseLost:
            self._lane = None
            raise
        except Unavailable:
            # Behind the same URL there may soon be another node: one that lacks what we sent, or a
            # chain that is not ours.
            self._is_recognised = False
            self._memory = _Memory()
            raise

    def _recognise(self) -> None:
        """Raises: WrongChain when the node is not the one that our contracts are on."""
        genesis = self.chain.block(0)
        if self.chain.chain_id() != self.deployment.chain_id:
            raise WrongChain(f"expected chain id {self.deployment.chain_id}")
        if genesis is None or genesis.hash != self.deployment.genesis:
            raise WrongChain(f"expected a chain that begins with {self.deployment.genesis}")
        if not self.chain.code(self.deployment.contracts["Batch"]):
            raise WrongChain("no Batch at the address of the deployment")
        self._is_recognised = True

    def _hold(self) -> Lane | None:
        if self._lane is None:
            nonce = self.chain.nonce(self.sender)
            self._lane = Lane.take(self.outbox, self.sender, nonce=nonce, lease=self.pace.lease)
            self._memory = _Memory()
            if self._lane is not None:
                self._compare_nonce(self._lane, nonce)
        else:
            try:
                self._lane.renew()
            except LeaseLost:
                self._lane = None
                raise
        return self._lane

    def _compare_nonce(self, lane: Lane, nonce: int) -> None:
        """Raises: Unavailable when the chain lacks what was final to us."""
        expected = lane.first_unsettled()
        if nonce < expected:
            self.release()
            raise Unavailable(
                f"the chain's nonce of {self.sender} is {nonce}, expected {expected} at least: the "
                "node is behind, or it lost transactions that were final"
            )
        log.info("relay.lane", sender=self.sender, nonce=nonce, next=lane.next_nonce())

    # What blocks say

    def _settle(self, lane: Lane, slots: Sequence[Slot], head: BlockHeader) -> bool:
        tried = [(slot, attempt) for slot in slots for attempt in slot.attempts]
        receipts = self.chain.rpc_many(
            [("eth_getTransactionReceipt", [attempt.transaction]) for _, attempt in tried]
        )
        did_something = False
        for (slot, attempt), receipt in zip(tried, receipts, strict=True):
            if isinstance(receipt, Exception):
                self._memory.head = None  # no answer is no absence: ask again
            if not isinstance(receipt, dict):
                continue
            self.outbox.crash("before_settle")
            acts = {act.digest: act for act in self._acts(attempt)}
            try:
                settlement = self._outcomes.read(slot, attempt, acts, receipt, head)
            except RpcError as e:
                # One transaction that the node cannot be asked about must not hold up the others.
                log.error("relay.unsettled", transaction=attempt.transaction, reason=e.detail)
                self._memory.head = None
                continue
            lane.settle(settlement)
            self.outbox.crash("after_settle")
            did_something = True
            log.info(
                "relay.settled",
                transaction=attempt.transaction,
                block=settlement.place.block,
                included=len(settlement.included) + len(settlement.elsewhere),
                refused=len(settlement.refused),
                again=len(settlement.again),
            )
        return did_something

    def _acts(self, attempt: Attempt) -> list[Submission]:
        held = self.outbox.held(attempt.acts)
        return [held[digest] for digest in attempt.acts]

    def _watch(self, lane: Lane, head: BlockHeader) -> bool:
        """Makes final what is deep enough, and takes back what the chain took back."""
        blocks = lane.unfinal_blocks()
        answers = self.chain.rpc_many(
            [("eth_getBlockByNumber", [hex(number), False]) for number, _ in blocks]
        )
        deep = []
        did_something = False
        for (number, block), answer in zip(blocks, answers, strict=True):
            if isinstance(answer, Exception):
                continue
            if answer is None or answer["hash"] != block:
                log.warning("relay.reorg", block=number, hash=block)
                lane.forget(block)
                self._memory = _Memory()  # what fell may be in the new blocks already, or nowhere
                did_something = True
            elif head.number - number >= self.finality:
                deep.append(block)
        if deep:
            self.outbox.crash("before_final")
            lane.make_final(deep)
            self.outbox.crash("after_final")
        return did_something or bool(deep)

    # What goes out

    def _start(self, lane: Lane, slots: Sequence[Slot], head: BlockHeader) -> bool:
        """Puts waiting acts into new transactions, signed and durable, not yet sent."""
        room = self.pace.flight - len(slots)
        if room <= 0:
            return False
        waiting = lane.waiting(self.limits.acts * min(room, WINDOW_BATCHES))
        late = [act for act in waiting if act.deadline < head.time]
        if late:
            self._pass_by(lane, late, head)
        batches = cut([act for act in waiting if act.deadline >= head.time], self.limits)
        # While something is on its way, only full transactions follow it: the fewer and fuller they
        # are, the more acts a block holds, and a lone act still goes at once.
        chosen = [
            batch for i, batch in enumerate(batches) if batch.is_full or (i == 0 and not slots)
        ]
        if not chosen:
            return bool(late)
        fee, tip = self._price(head)
        first = lane.next_nonce()
        new = [
            self._attempt(batch, nonce=first + i, fee=fee, tip=tip)
            for i, batch in enumerate(chosen[:room])
        ]
        self.outbox.crash("before_sign")
        lane.commit(new)
        self.outbox.crash("after_sign")
        return True

    def _pass_by(self, lane: Lane, late: Sequence[Submission], head: BlockHeader) -> None:
        """Acts whose deadline passed while they waited; someone else may have executed them in time."""
        found = self._outcomes.traces(late, head)
        lane.found(found)
        for act in late:
            if act.digest not in found:
                why = Rejection("DeadlinePassed", {"deadline": act.deadline}, act.deadline)
                lane.give_up(act.digest, why)

    def _price(self, head: BlockHeader) -> tuple[int, int]:
        """Most wei per gas in all, and of it for the proposer; pays for six full blocks in a row."""
        base = int(head.raw.get("baseFeePerGas") or "0x0", 16)
        tip = int(self.chain.rpc("eth_maxPriorityFeePerGas"), 16)
        return min(2 * base + tip, self.pace.most_fee), min(tip, self.pace.most_fee)

    def _attempt(self, batch: Batch, *, nonce: int, fee: int, tip: int) -> Attempt:
        data = batch.data(self.deployment.contracts[batch.contract])
        return self._signed(
            Transaction(
                chain_id=self.deployment.chain_id,
                nonce=nonce,
                tip=tip,
                fee=fee,
                gas=max(least_gas(data), batch.gas(self.limits)),
                to=self.deployment.contracts["Batch"],
                data=data,
            ),
            [act.digest for act in batch.acts],
        )

    def _signed(self, transaction: Transaction, acts: Sequence[str]) -> Attempt:
        return Attempt.of(transaction.sign(self._key), nonce=transaction.nonce, acts=acts)

    def _send(self, lane: Lane, slots: Sequence[Slot], head: BlockHeader) -> bool:
        """Hands over what the node may lack, the lowest nonce first; replaces what is stuck."""
        did_something = False
        for slot in slots:
            sent = self._memory.sent.get(slot.newest.transaction)
            now = time.monotonic()
            if sent is not None and now - sent.last < self.pace.resend:
                continue
            if sent is not None and self._is_stuck(slot.newest, sent, head):
                slot = self._bump(lane, slot, head)
            elif sent is not None and self._is_known(slot.newest):
                sent.last = now
                continue
            did_something |= self._hand_over(lane, slot, head)
        return did_something

    def _is_known(self, attempt: Attempt) -> bool:
        known = self.chain.rpc("eth_getTransactionByHash", attempt.transaction)
        if known is not None and known.get("blockNumber") is not None:
            self._memory.head = None  # it was mined and we missed it
        return known is not None

    def _hand_over(self, lane: Lane, slot: Slot, head: BlockHeader) -> bool:
        attempt, now = slot.newest, time.monotonic()
        sent = self._memory.sent.setdefault(attempt.transaction, _Sent(now, now, head.number))
        try:
            self.chain.send(attempt.raw)
            self.outbox.crash("after_send")
        except Unavailable:
            del self._memory.sent[attempt.transaction]
            raise
        except RpcError as e:
            sent.last = now
            return self._answer(lane, slot, sent, e, head)
        is_first = sent.last == sent.first == now
        sent.last = now
        return is_first

    def _answer(
        self, lane: Lane, slot: Slot, sent: _Sent, refusal: RpcError, head: BlockHeader
    ) -> bool:
        """What to do when the node does not take a transaction. The next head asks for receipts."""
        said = refusal.message.lower()
        log.warning("relay.not_taken", transaction=slot.newest.transaction, reason=refusal.detail)
        self._memory.head = None
        if "nonce too low" in said:
            return self._lose_if_taken(lane, slot, head)
        if any(words in said for words in UNDERPRICED):
            sent.is_underpriced = True
            return False
        if any(words in said for words in UNFIT):
            self._split(lane, slot)
            return True
        return False

    def _is_stuck(self, attempt: Attempt, sent: _Sent, head: BlockHeader) -> bool:
        base = int(head.raw.get("baseFeePerGas") or "0x0", 16)
        # The next block may ask for an eighth more than this one.
        if sent.is_underpriced or Transaction.read(attempt.raw).fee < base + base // 8:
            return True
        # Blocks must have gone by without it: a chain that makes none holds everyone up.
        return time.monotonic() - sent.first > self.pace.patience and head.number - sent.head > 2

    def _bump(self, lane: Lane, slot: Slot, head: BlockHeader) -> Slot:
        """The same acts on the same nonce for more; the slot as it was where the most is reached."""
        fee, tip = self._price(head)
        old = Transaction.read(slot.newest.raw)
        new = old.paying(fee=fee, tip=tip)
        if new.fee > self.pace.most_fee:
            log.error("relay.fee_cap", nonce=slot.nonce, fee=new.fee, most=self.pace.most_fee)
            return slot
        attempt = self._signed(new, slot.newest.acts)
        lane.replace(slot, attempt, again={})
        log.warning("relay.bumped", nonce=slot.nonce, fee=new.fee, before=old.fee)
        return Slot(slot.nonce, (*slot.attempts, attempt))

    def _split(self, lane: Lane, slot: Slot) -> None:
        """The node will never take this one: the nonce is used for nothing, its acts go in smaller ones.

        An act that does not fit alone is given up; that says nothing about the act.
        """
        old = Transaction.read(slot.newest.raw)
        nothing = Transaction(
            old.chain_id, old.nonce, old.tip, old.fee, least_gas(b""), to=self.sender, data=b""
        )
        acts = self._acts(slot.newest)
        if len(acts) == 1:
            size = {"bytes": len(slot.newest.raw), "gas": old.gas}
            lane.give_up(acts[0].digest, Rejection("TooLarge", size, acts[0].deadline))
        crowd = max(1, len(acts) // 2)
        again = {act.digest: Again(crowd=crowd) for act in acts}
        lane.replace(slot, self._signed(nothing, ()), again=again)

    def _lose_if_taken(self, lane: Lane, slot: Slot, head: BlockHeader) -> bool:
        """Whether a transaction that is none of ours has used the nonce, for good."""
        free = self.chain.nonce(self.sender, hex(max(0, head.number - self.finality)))
        if free <= slot.nonce:
            return False
        receipts = [self.chain.receipt(attempt.transaction) for attempt in slot.attempts]
        if any(receipt is not None for receipt in receipts):
            return False
        log.error("relay.nonce_taken", sender=self.sender, nonce=slot.nonce)
        lane.lose(slot, free=free)
        return True
