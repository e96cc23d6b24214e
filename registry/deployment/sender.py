"""One key's own transactions: on the disk before they are sent, and awaited one by one.

For what an operator sends himself: a deployment, an appointment. Acts of the registry go by the relay.
"""

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from registry.chain import Chain, RpcError
from registry.errors import Conflict, Malformed, Unavailable
from registry.hashes import from_hex, to_hex
from registry.keys import Key, sync_folder
from registry.transactions import Transaction, hash_of

CREATION = "0x"
# EIP-7825: since Osaka no transaction may have more.
MOST_GAS = 16_777_216
PATIENCE_SECONDS = 120.0
# How long a node may know that a nonce is used, but not yet by which transaction.
LAG_SECONDS = 5.0


@dataclass(frozen=True)
class Sent:
    """A signed transaction; `step` says for people what it is for."""

    step: str
    nonce: int
    raw: bytes

    @property
    def hash(self) -> str:
        return hash_of(self.raw)


@dataclass
class Journal:
    """What was signed, in order, and where it began; one process at a time.

    A line is on the disk before its transaction is sent: what is not in here was never sent.
    """

    chain_id: int
    genesis: str
    sender: str
    base_nonce: int
    base_block: int
    sent: list[Sent] = field(default_factory=list)
    file: BinaryIO | None = None

    @staticmethod
    @contextmanager
    def open(path: Path, chain: Chain, sender: str) -> Iterator["Journal"]:
        """Goes on where the file ends, or begins it. Raises: Conflict when it is of another chain or key."""
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a+b") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as e:
                raise Conflict(f"another process is deploying by {path}") from e
            begun = Journal._begun(chain, sender)
            journal = _read(path, file) or begun
            for name in ("chain_id", "genesis", "sender"):
                was, now = getattr(journal, name), getattr(begun, name)
                if was != now:
                    raise Conflict(f"{path} is of {name} {was}, and this is {now}")
            journal.file = file
            if file.tell() == 0:
                names = ("chain_id", "genesis", "sender", "base_nonce", "base_block")
                journal._write({name: getattr(journal, name) for name in names})
                sync_folder(path.parent)
            yield journal

    @staticmethod
    def _begun(chain: Chain, sender: str) -> "Journal":
        genesis, head = chain.block(0), chain.head()
        if genesis is None:
            raise Unavailable("the node has no block 0")
        return Journal(chain.chain_id(), genesis.hash, sender, chain.nonce(sender), head.number)

    def keep(self, sent: Sent) -> None:
        self._write({"step": sent.step, "nonce": sent.nonce, "raw": to_hex(sent.raw)})
        self.sent.append(sent)

    def attempts(self, nonce: int) -> list[Sent]:
        return [each for each in self.sent if each.nonce == nonce]

    def _write(self, line: dict[str, Any]) -> None:
        if self.file is None:  # one that is kept in memory only
            return
        self.file.write(json.dumps(line).encode() + b"\n")
        self.file.flush()
        os.fsync(self.file.fileno())


class Sender:
    """Signs with one key. A journal in memory only makes what is sent once and for all."""

    def __init__(
        self, chain: Chain, key: Key, journal: Journal | None = None, *, patience: float
    ) -> None:
        self.chain = chain
        self.key = key
        self.journal = journal or Journal._begun(chain, key.address)
        self.patience = patience

    def resume(self) -> None:
        """Sends again what no block holds, in order, at today's price, and awaits it."""
        next_nonce = self.chain.nonce(self.key.address)
        nonces = sorted({each.nonce for each in self.journal.sent if each.nonce >= next_nonce})
        for nonce in nonces:
            newest = self.journal.attempts(nonce)[-1]
            transaction = Transaction.read(newest.raw)
            fee, tip = self._price()
            if transaction.fee < fee // 2:
                dearer = transaction.paying(fee=fee, tip=tip).sign(self.key.secret)
                newest = Sent(newest.step, nonce, dearer)
                self.journal.keep(newest)
            self.deliver(newest)
        for nonce in nonces:
            self.settle(nonce)

    def sign(self, step: str, to: str, data: bytes, *, nonce: int | None = None) -> Sent:
        """A signed transaction, in the journal. Raises: Reverted when it would fail."""
        fee, tip = self._price()
        transaction = Transaction(
            chain_id=self.journal.chain_id,
            nonce=self.chain.nonce(self.key.address) if nonce is None else nonce,
            tip=tip,
            fee=fee,
            gas=self._gas(to, data),
            to=to,
            data=data,
        )
        sent = Sent(step, transaction.nonce, transaction.sign(self.key.secret))
        self.journal.keep(sent)
        return sent

    def deliver(self, sent: Sent) -> None:
        """Hands it to the node. Raises: Conflict when another transaction has its nonce."""
        try:
            self.chain.send(sent.raw)
        except RpcError as e:
            said = e.message.lower()
            if "nonce too low" in said:
                return  # mined meanwhile, ours or not: `settle` finds out
            if "underpriced" in said or "nonce too high" in said:
                raise Conflict(
                    f"{sent.step}: the node refuses our nonce {sent.nonce} ({e.message}); "
                    f"is the key {self.key.address} in use elsewhere?"
                ) from e
            raise RpcError(e.number, f"{sent.step}: {e.message}", e.data) from e

    def run(self, step: str, to: str, data: bytes) -> dict[str, Any]:
        """Signs, sends, awaits; the receipt. Raises: Reverted when it would fail, Conflict, Unavailable."""
        sent = self.sign(step, to, data)
        self.deliver(sent)
        receipt = self.settle(sent.nonce)
        if int(receipt["status"], 16) != 1:
            raise Conflict(
                f"{step}: the transaction {receipt['transactionHash']} failed when mined"
            )
        return receipt

    def settle(self, nonce: int) -> dict[str, Any]:
        """The receipt, good or bad, of whichever attempt took the nonce, once a block holds it.

        Raises: Conflict when the nonce was used by none of ours; Unavailable after the patience.
        """
        attempts = self.journal.attempts(nonce)
        deadline = time.monotonic() + self.patience
        pause, used_since = 0.01, None
        while True:
            # The nonce first: were it read after the receipts, one mined in between looked foreign.
            is_used = self.chain.nonce(self.key.address) > nonce
            for sent in attempts:
                receipt = self.chain.receipt(sent.hash)
                if receipt is not None:
                    return receipt
            now = time.monotonic()
            if is_used:
                used_since = used_since or now
                if now - used_since > LAG_SECONDS or not attempts:
                    raise Conflict(
                        f"nonce {nonce} of {self.key.address} was used by another transaction than "
                        f"{attempts[-1].step if attempts else 'ours'}: is the key in use elsewhere?"
                    )
            if now > deadline:
                raise Unavailable(
                    f"{attempts[-1].step if attempts else 'nonce ' + str(nonce)}: in no block after "
                    f"{self.patience:.0f} s; it stays sent, and a second run goes on from there"
                )
            time.sleep(pause)
            pause = min(pause * 1.5, 0.5)

    def _gas(self, to: str, data: bytes) -> int:
        call = {"from": self.key.address, "data": to_hex(data)}
        if to != CREATION:
            call["to"] = to
        estimated = int(self.chain.rpc("eth_estimateGas", call), 16)
        # A quarter more, since what else is in the block may make a cold slot of a warm one.
        return min(estimated + estimated // 4, MOST_GAS)

    def _price(self) -> tuple[int, int]:
        """The most wei per gas, room for the base fee to double included; and the tip of it."""
        base = int(self.chain.head().raw.get("baseFeePerGas") or "0x0", 16)
        tip = int(self.chain.rpc("eth_maxPriorityFeePerGas"), 16)
        return 2 * base + tip, tip


def _read(path: Path, file: BinaryIO) -> Journal | None:
    file.seek(0)
    content = file.read()
    # A line that the disk holds in part was never sent: it goes before the next is written.
    whole = content[: content.rfind(b"\n") + 1]
    if whole != content:
        file.truncate(len(whole))
    file.seek(0, os.SEEK_END)
    if not whole:
        return None
    try:
        head, *lines = map(json.loads, whole.splitlines())
        journal = Journal(**head)
        journal.sent = [Sent(each["step"], each["nonce"], from_hex(each["raw"])) for each in lines]
    except (ValueError, TypeError, KeyError) as e:
        raise Malformed(f"{path} is no journal of ours: {type(e).__name__} {e}") from e
    return journal
