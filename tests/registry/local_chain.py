"""The contracts on a test's own chain, and filings signed for them."""

import time
from collections.abc import Sequence
from secrets import token_bytes
from typing import Any

from coincurve import PrivateKey
from eth_abi.abi import encode as abi_encode

from registry.chain import Chain, artefact
from registry.deployment import Deployment
from registry.hashes import from_hex, keccak, to_hex
from registry.messages import party_of
from registry.outbox import Submission
from registry.registrations.acts import INITIAL, Claim, File
from registry.signatures import address_of_key, sign
from registry.transactions import Transaction, hash_of

CONTRACTS = ("AccessManager", "Parties", "Registrars", "Rights", "Registrations", "Batch")
DEPLOY_GAS = 8_000_000
PATIENCE_SECONDS = 30


def address_of(key: bytes) -> str:
    return address_of_key(PrivateKey(key).public_key)


class Sender:
    """One key's own transactions, each sent and awaited."""

    def __init__(self, chain: Chain, key: bytes) -> None:
        self.chain = chain
        self.key = key
        self.address = address_of(key)
        self.chain_id = chain.chain_id()

    def send(self, to: str, data: bytes, *, nonce: int | None = None) -> dict[str, Any]:
        """The receipt. `to` is 0x for a creation."""
        base = int(self.chain.head().raw["baseFeePerGas"], 16)
        raw = Transaction(
            chain_id=self.chain_id,
            nonce=self.chain.nonce(self.address) if nonce is None else nonce,
            tip=10**9,
            fee=2 * base + 10**9,
            gas=DEPLOY_GAS,
            to=to,
            data=data,
        ).sign(self.key)
        self.chain.send(raw)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while (receipt := self.chain.receipt(hash_of(raw))) is None:
            assert time.monotonic() < deadline, "the transaction was not mined"
        assert int(receipt["status"], 16) == 1
        return receipt

    def call(
        self, contract: str, address: str, verb: str, kinds: Sequence[str], *values: Any
    ) -> None:
        selector = keccak(f"{verb}({','.join(kinds)})".encode())[:4]
        self.send(address, selector + abi_encode(kinds, values))


def deploy(chain: Chain, key: bytes) -> Deployment:
    """All contracts, with `key` the AccessManager's admin."""
    sender = Sender(chain, key)
    start = chain.head().number
    made: dict[str, str] = {}
    for name in CONTRACTS:
        arguments = {
            "AccessManager": (sender.address,),
            "Registrars": (made.get("AccessManager"),),
            "Rights": (made.get("AccessManager"),),
            "Registrations": tuple(
                made.get(each) for each in ("AccessManager", "Parties", "Registrars", "Rights")
            ),
        }.get(name, ())
        code = from_hex(artefact(name)["bytecode"])
        receipt = sender.send("0x", code + abi_encode(["address"] * len(arguments), arguments))
        made[name] = receipt["contractAddress"]
    genesis = chain.block(0)
    assert genesis is not None
    hashes = {name: to_hex(keccak(chain.code(address))) for name, address in made.items()}
    return Deployment(sender.chain_id, genesis.hash, start, made, hashes)


def filing(
    deployment: Deployment,
    key: bytes,
    *,
    deadline: int | None = None,
    signatures: tuple[str, ...] | None = None,
) -> Submission:
    """A filing of fresh data by the holder of `key`, executable for an hour."""
    message = File(
        claims=(Claim(party=party_of(address_of(key)), rights=7),),
        data=to_hex(token_bytes(32)),
        registrar=1,
        profile=1,
        kind=INITIAL,
        deadline=int(time.time()) + 3600 if deadline is None else deadline,
    )
    digest = message.digest(deployment.domain("Registrations"))
    return Submission.of(message, signatures or (sign(digest, key),), deployment=deployment)


def filings_on_chain(chain: Chain, deployment: Deployment) -> list[str]:
    """The id of each filing that the chain says, in its order, repeats and all."""
    from registry.registrations.facts import RegistrationFiled

    address = deployment.contracts["Registrations"]
    logs = chain.logs([address], deployment.start_block, chain.head().number)
    return [log.topics[1] for log in logs if log.topics[0] == RegistrationFiled.topic]
