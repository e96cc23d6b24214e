"""The contracts on a test's own chain, and filings signed for them."""

import time
from pathlib import Path
from secrets import token_bytes

from registry.chain import Chain
from registry.deployment import Deployment, building
from registry.deployment.sender import Sender
from registry.deployment.steps import plan
from registry.hashes import to_hex
from registry.keys import Key
from registry.messages import party_of
from registry.outbox import Submission
from registry.registrations.acts import INITIAL, Claim, File
from registry.signatures import sign

PATIENCE_SECONDS = 30


def address_of(key: bytes) -> str:
    return Key.of(key).address


def sender(chain: Chain, key: bytes) -> Sender:
    """Sends transactions of this key's own, and awaits each."""
    return Sender(chain, Key.of(key), patience=PATIENCE_SECONDS)


def deploy(chain: Chain, key: bytes, folder: Path) -> Deployment:
    """All contracts, owned by `key`; no rules are enacted, and nobody is admitted."""
    owner = Key.of(key)
    return building.deploy(
        chain,
        owner,
        plan(owner.address, rules=[]),
        folder / "deployment.journal",
        patience=PATIENCE_SECONDS,
    )


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
