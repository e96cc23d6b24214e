"""Writing a hand-over; safe to kill anywhere: without its manifest it is none, and is begun anew."""

import json
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from registry.certificates.statement import final_block
from registry.chain import CONTRACTS, BlockHeader, Chain
from registry.checkpoints import Checkpoints
from registry.deployment import Deployment
from registry.documents import Documents
from registry.documents.store import JSON
from registry.errors import Mismatch, NotFound, Unavailable
from registry.facts import Log
from registry.handover import listing
from registry.handover.folder import FACTS, FORMAT, Folder, make_key
from registry.hashes import to_hex
from registry.indexer import OUTSIDE, tip_of
from registry.registrars import registrars

BLOCKS_AT_ONCE = 2000

Progress = Callable[[int, int], None]


def write(
    chain: Chain,
    deployment: Deployment,
    connection: Connection,
    documents: Documents,
    checkpoints: Checkpoints,
    registrar: int,
    *,
    out: Path,
    key_file: Path,
    progress: Progress = lambda done, total: None,
) -> str:
    """Writes all that the successor of a registrar needs, as of the newest final block; the hash of
    the manifest, for `handOver`.

    `key_file` is made if it is not there, and must reach the successor by another way than `out`.
    `progress` is told registrations written and in all. Raises: NotFound when the registrar never was;
    Conflict when `out` is whole or holds other things; Unavailable when no checkpoint can be signed.
    """
    folder = Folder(out)
    if key_file.resolve().is_relative_to(out.resolve()):
        raise Mismatch(f"{key_file} lies in {out}: the key must not travel with what it opens")
    at = final_block(connection)
    block = chain.block(at) if at >= 0 else None
    if block is None:
        raise Unavailable("no block is final yet")
    _require_known(connection, registrar, at)
    signed = checkpoints.sign_final(block)
    if signed is None:
        raise Unavailable(f"no checkpoint of block {at}, and no key is here to sign one")
    folder.begin()
    key = make_key(key_file)
    tips = _write_facts(folder, chain, deployment, block)
    for name, tip in tips.items():
        head, count = tip_of(connection, name, at)
        if tip != {"head": to_hex(head), "count": count}:
            raise Mismatch(f"{name}: its logs give {tip}, the read model {to_hex(head)} {count}")
    ids = listing.filings(connection, registrar, at=at)
    papers = []
    for place, id in enumerate(ids, 1):
        papers.append(_write_papers(folder, connection, documents, id, at=at, key=key))
        progress(place, len(ids))
    return folder.end(
        {
            "handover": FORMAT,
            "chain_id": deployment.chain_id,
            "genesis": deployment.genesis,
            "contracts": {name: deployment.contracts[name] for name in CONTRACTS},
            "registrar": registrar,
            "block": {"number": block.number, "hash": block.hash, "time": block.time},
            "checkpoint": {"key": signed.key, "signature": signed.signature},
            "tips": tips,
            **listing.listed(connection, registrar, at=at),
            "papers": papers,
        }
    )


def _require_known(connection: Connection, registrar: int, at: int) -> None:
    if registrar not in registrars(connection, at=at):
        raise NotFound(f"registrar {registrar:03d} was never in the directory")


def _write_facts(
    folder: Folder, chain: Chain, deployment: Deployment, last: BlockHeader
) -> dict[str, dict[str, Any]]:
    """All logs of the contracts, each block before what was said in it; heads and counts of them."""
    names = {deployment.contracts[name].lower(): name for name in CONTRACTS}
    tips = {name: (bytes(24), 0) for name in CONTRACTS}
    with (folder.path / FACTS).open("w") as file:
        for first in range(deployment.start_block, last.number + 1, BLOCKS_AT_ONCE):
            end = min(first + BLOCKS_AT_ONCE - 1, last.number)
            logs = chain.logs(list(deployment.contracts[name] for name in CONTRACTS), first, end)
            speaking = {log.block for log in logs} | ({last.number} & {end})
            headers = {each.number: each for each in chain.blocks(first, end)}
            for number in sorted(speaking):
                header = headers[number]
                fields = ("number", "hash", "parent", "time")
                _line(file, {"block": {name: getattr(header, name) for name in fields}})
                for log in (each for each in logs if each.block == number):
                    if log.block_hash != header.hash:
                        raise Unavailable(f"block {number} changed while its logs were read")
                    _line(file, {"log": _as_json(log)})
                    if len(log.topics) == 2 and log.topics[0] not in OUTSIDE:
                        name = names[log.address.lower()]
                        head, count = tips[name]
                        tips[name] = log.extend(head), count + 1
        file.flush()
        os.fsync(file.fileno())
    return {name: {"head": to_hex(head), "count": count} for name, (head, count) in tips.items()}


def _as_json(log: Log) -> dict[str, Any]:
    names = ("address", "topics", "data", "block_number", "block_hash", "log_index")
    return {name: getattr(log, name) for name in (*names, "transaction_hash")}


def _line(file: Any, value: dict[str, Any]) -> None:
    file.write(json.dumps(value, separators=(",", ":")) + "\n")


def _write_papers(
    folder: Folder,
    connection: Connection,
    documents: Documents,
    id: str,
    *,
    at: int,
    key: bytes,
) -> dict[str, Any]:
    """Seals opening, form and papers of one registration; what there is, and what there is not."""
    found: dict[str, Any] = {"registration": id, "opening": None, "lacking": {}}
    found |= {kind: [] for kind in ("documents", "enclosures", "papers")}
    named = {name: False for name in listing.named_papers(connection, id, at=at)}
    try:
        opening = documents.opening(id)
    except NotFound as e:  # erased, or filed past us
        found["lacking"]["opening"] = e.detail
    else:
        folder.put("openings", id, opening.encode(), key=key)
        found["opening"] = True
        named |= dict.fromkeys(opening.documents, True)
        _write_form(folder, documents, opening.form, found, key=key)
    for each in documents.enclosures(id):
        folder.put("enclosures", each.act, each.encode(), key=key)
        found["enclosures"].append(each.act)
        named |= dict.fromkeys(each.documents, True)
        with suppress(NotFound):  # only an objection, or an answer to one, commits to papers
            folder.put("papers", each.act, documents.papers(each.act), key=key)
            found["papers"].append(each.act)
    for name, is_promised in sorted(named.items()):
        if any(each["name"] == name for each in found["documents"]):
            continue  # a form that is a paper as well
        try:
            data, media = documents.get(name), documents.media(name)
        except NotFound as e:
            # What only a fact names may be a salted commitment, or never have been given to us.
            found["lacking"][name] = (
                e.detail if is_promised else "named by a fact, not in the store"
            )
            continue
        folder.put("documents", name, data, key=key)
        found["documents"].append({"name": name, "media": media, "bytes": len(data)})
    return found


def _write_form(
    folder: Folder, documents: Documents, name: str, found: dict[str, Any], *, key: bytes
) -> None:
    try:
        data = documents.form(name)
    except NotFound as e:
        found["lacking"][name] = e.detail
        return
    folder.put("documents", name, data, key=key)
    found["documents"].append({"name": name, "media": JSON, "bytes": len(data)})
