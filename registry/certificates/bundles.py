"""The bundle of a certificate: all that a stranger needs to check it offline."""

import itertools
import json
from collections.abc import Iterable
from typing import Any, Literal

from sqlalchemy import Connection, select

from registry.certificates.calldata import acts_in
from registry.certificates.receipts import ReceiptTrie
from registry.certificates.statement import certificate, final_block
from registry.chain import CONTRACTS, BlockHeader, Chain, header_rlp
from registry.checkpoints import Checkpoints, SignedCheckpoint
from registry.deployment import Deployment
from registry.documents import Documents
from registry.errors import BadSignature, Mismatch, NotFound, Unavailable
from registry.facts import Block, fact_types
from registry.messages import Message, address_of
from registry.parties import KeyReplaced
from registry.registrations import questions
from registry.registrations.history import Change, life
from registry.registrations.questions import Registration
from registry.rights import questions as rights
from registry.rights.facts import CHANGES
from registry.signatures import recover
from registry.verification.proofs import MOST_HEADERS
from registry.verification.shapes import BUNDLE, EVENTS

Disclosure = Literal["data", "form"]


def bundle(
    chain: Chain,
    deployment: Deployment,
    connection: Connection,
    documents: Documents,
    checkpoints: Checkpoints,
    registration: str,
    *,
    disclose: Iterable[Disclosure] = (),
) -> dict[str, Any]:
    """All that an offline check needs (docs/verification.md); canonical JSON makes a file of it.

    It says what stood after the newest checkpoint that the read model has. `disclose` adds "data"
    (salt, fingerprint and form hash) or "form" (these and the whole form). Needs neither outbox nor
    index of acts: the signed messages are read from the transactions.

    Raises: NotFound; Unavailable while the attestation is not final, or no checkpoint covers it.
    """
    found = questions.registration(connection, registration)
    if found.attestation is None:
        raise NotFound(f"{registration} is not attested, so that it has no certificate")
    newest = _newest_checkpoint(chain, connection, checkpoints, found.attestation.block)
    said = _said(connection, found, newest.number)
    blocks = {n: _block(chain, connection, n) for n in {newest.number, *(n for n, _ in said)}}
    receipts = []
    for number in sorted({number for number, _ in said}):
        trie = ReceiptTrie(chain, blocks[number])
        for place in sorted(trie.places[tx] for block, tx in said if block == number):
            receipts.append(
                {"block": blocks[number].hash, "index": place, "proof": trie.proof(place)}
            )
    return {
        "bundle": BUNDLE,
        "chain_id": deployment.chain_id,
        "genesis": deployment.genesis,
        "contracts": {name: deployment.contracts[name] for name in CONTRACTS},
        "certificate": certificate(
            connection, documents, registration, deployment=deployment, at=newest.number
        ),
        "opening": _opening(documents, registration, frozenset(disclose)),
        "acts": _acts(chain, deployment, connection, found, said),
        "receipts": receipts,
        "blocks": [_evidence(chain, checkpoints, blocks[number]) for number in sorted(blocks)],
    }


def _opening(
    documents: Documents, registration: str, disclose: frozenset[Disclosure]
) -> dict[str, Any] | None:
    if not disclose:
        return None
    kept = documents.opening(registration)
    return {
        "salt": kept.salt,
        "fingerprint": kept.fingerprint_root,
        "form_hash": kept.form,
        "form": json.loads(documents.form(kept.form)) if "form" in disclose else None,
    }


def _newest_checkpoint(
    chain: Chain, connection: Connection, checkpoints: Checkpoints, attested: int
) -> SignedCheckpoint:
    """The newest that the read model has, at least of the block of attestation."""
    final = final_block(connection)
    if final < attested:
        raise Unavailable(f"block {attested} is not final yet: a certificate waits for it")
    newest = checkpoints.latest()
    if newest is None or not attested <= newest.number <= final:
        newest = checkpoints.sign_final(_block(chain, connection, final))
    if newest is None:
        raise Unavailable(f"no checkpoint covers block {attested} and no key is here to sign one")
    return newest


def _block(chain: Chain, connection: Connection, number: int) -> BlockHeader:
    """A block by the node, if it is the one that the read model has."""
    known = connection.execute(select(Block.hash).where(Block.number == number)).scalar()
    block = chain.block(number)
    if block is None or known != block.hash:
        raise Unavailable(f"node and read model differ on block {number}")
    return block


def _evidence(chain: Chain, checkpoints: Checkpoints, block: BlockHeader) -> dict[str, Any]:
    """A block's header, and those up to the next checkpoint, if no nearer one can be had."""
    # It is final: a checkpoint of its own keeps the bundle short.
    signed = checkpoints.sign_final(block) or checkpoints.at_or_after(block.number)
    if signed is None or signed.number - block.number > MOST_HEADERS:
        raise Unavailable(f"no checkpoint covers block {block.number}, or one too far above it")
    above = chain.blocks(block.number + 1, signed.number) if signed.number > block.number else []
    if (above or [block])[-1].hash != signed.hash:
        raise Mismatch(f"block {signed.number} was signed as {signed.hash}; the chain has another")
    return {
        "hash": block.hash,
        "header": "0x" + header_rlp(block.raw).hex(),
        "descendants": ["0x" + header_rlp(each.raw).hex() for each in above],
        "checkpoint": {"key": signed.key, "signature": signed.signature},
    }


def _said(connection: Connection, found: Registration, last: int) -> set[tuple[int, str]]:
    """(block, transaction) of all that the verifier wants to hear about a registration."""
    said: set[tuple[int, str]] = set()
    for fact in fact_types():
        if fact.event in EVENTS and "registration" in fact.members:
            columns = fact.__table__.columns
            rows = connection.execute(
                select(columns["block"], columns["transaction"]).where(
                    columns["registration"] == found.id, columns["block"] <= last
                )
            )
            said |= {(row[0], row[1]) for row in rows}
    entries = [each.id for each in rights.of_registration(connection, found.id, at=last)]
    for fact in CHANGES:
        columns = fact.__table__.columns
        rows = connection.execute(
            select(columns["block"], columns["transaction"]).where(
                columns["right"].in_(entries), columns["block"] <= last
            )
        )
        said |= {(row[0], row[1]) for row in rows}
    holders = [claim.party for claim in found.claims]
    replaced = connection.execute(
        select(KeyReplaced.block, KeyReplaced.transaction).where(
            KeyReplaced.party.in_(holders), KeyReplaced.block <= last
        )
    )
    return said | {(row[0], row[1]) for row in replaced}


def _acts(
    chain: Chain,
    deployment: Deployment,
    connection: Connection,
    found: Registration,
    said: set[tuple[int, str]],
) -> list[dict[str, Any]]:
    """The messages behind the facts, in the order of the chain, each once with its signatures."""
    # One act can make several changes: a decision on two objections.
    changes = {each.act: each for each in life(connection, found.id)}
    domain = deployment.domain("Registrations")
    # Should a transaction hide the filing from us, the chain's own words make it anew, unsigned.
    acts = {found.id: _act(questions.filing(connection, found.id), [])}
    for _, transaction in sorted(said):
        for sent in acts_in(chain, deployment, transaction):
            digest = sent.message.digest(domain)
            # A copy that failed may stand beside the one that counted: a plain signature decides.
            if digest in changes and not _is_plain(acts.get(digest)):
                keys = _keys(connection, sent.message, changes[digest])
                if len(keys) == len(sent.signatures):
                    signatures = map(_signature, itertools.repeat(digest), sent.signatures, keys)
                    acts[digest] = _act(sent.message, list(signatures))
    return [acts[digest] for digest in changes if digest in acts]


def _act(message: Message, signatures: list[dict[str, str]]) -> dict[str, Any]:
    return {
        "type": type(message).__name__,
        "message": message.model_dump(mode="json"),
        "signatures": signatures,
    }


def _is_plain(act: dict[str, Any] | None) -> bool:
    signatures = [] if act is None else act["signatures"]
    return bool(signatures) and all(each["kind"] == "ecdsa" for each in signatures)


def _keys(connection: Connection, message: Message, change: Change) -> list[list[str]]:
    """For each signature the keys that may have made it, the newest last."""
    if change.signer is not None:
        return [[change.signer]]
    found = []
    for signer in message.signers():
        replaced = connection.execute(
            select(KeyReplaced.key)
            .where(KeyReplaced.party == signer.id, KeyReplaced.block <= change.block)
            .order_by(KeyReplaced.step)
        )
        found.append([address_of(signer.id), *(row.key for row in replaced)])
    return found


def _signature(digest: str, signature: str, keys: list[str]) -> dict[str, str]:
    try:
        by = recover(digest, signature)
    except BadSignature:
        by = ""
    if by in keys:
        return {"kind": "ecdsa", "by": by, "signature": signature}
    # The contract accepted it: what is no key's own is the word of an account that is a contract.
    return {"kind": "erc1271", "by": keys[-1], "signature": signature}
