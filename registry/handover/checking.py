"""Whether a hand-over is whole, claim by claim: from its folder, a trust file, a node and the key."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

from sqlalchemy import Engine

from registry.chain import CONTRACTS, BlockHeader, Chain
from registry.checkpoints import Checkpoint
from registry.database import open_read_model
from registry.documents import Enclosure, Opening
from registry.errors import RegistryError, Unavailable
from registry.facts import Log
from registry.handover import listing
from registry.handover.folder import Folder
from registry.hashes import content_hash, to_hex
from registry.indexer import Reader, tip_of
from registry.messages import Domain
from registry.registrars import RegistrarHandedOver
from registry.registrations.acts import commitment
from registry.registrations.facts import RegistrationFiled
from registry.signatures import recover

BLOCKS_AT_ONCE = 500

Verdict = Literal["established", "not established", "false"]


class Unknown(Exception):
    """What was given neither shows nor contradicts the claim."""


class Wrong(Exception):
    """What was given contradicts the claim."""


@dataclass(frozen=True)
class Claim:
    """One fact of a hand-over; `needed` ones must be established for it to count as complete."""

    name: str
    claim: dict[str, str]
    verdict: Verdict
    because: str
    needed: bool = True


def check(
    path: Path,
    trust: dict[str, Any],
    *,
    chain: Chain | None = None,
    key: bytes | None = None,
) -> tuple[Claim, ...]:
    """Every claim in order; no folder makes it raise.

    `trust` is a trust file of the right shape, from another source than the folder. Without `chain`
    the heads are compared with nothing; without `key` nothing sealed is opened.
    """
    with TemporaryDirectory(prefix="registry-handover-") as beside:
        case = Case(Folder(path), trust, chain, key, Path(beside))
        claims: list[Claim] = []
        failed = False
        for step, en, zh, needed in STEPS:
            # All rests on the manifest and on the facts that it names.
            if failed:
                verdict, because = _not_looked_at()
            else:
                verdict, because = _answer(step, case)
            failed = failed or (verdict != "established" and step in (manifest, facts))
            claims.append(Claim(step.__name__, {"en": en, "zh": zh}, verdict, because, needed))
        case.close()
    return tuple(claims)


def is_complete(claims: tuple[Claim, ...]) -> bool:
    return all(
        each.verdict == "established" or (not each.needed and each.verdict != "false")
        for each in claims
    )


class Case:
    """A folder with what it is checked against."""

    def __init__(
        self,
        folder: Folder,
        trust: dict[str, Any],
        chain: Chain | None,
        key: bytes | None,
        beside: Path,
    ) -> None:
        self.folder, self.trust, self.chain, self.key = folder, trust, chain, key
        self._beside = beside

    def close(self) -> None:
        if "engine" in self.__dict__:
            self.engine.dispose()

    @cached_property
    def manifest(self) -> dict[str, Any]:
        return self.folder.manifest()[0]

    @cached_property
    def at(self) -> int:
        return int(self.manifest["block"]["number"])

    @cached_property
    def engine(self) -> Engine:
        """A read model of the folder's own facts."""
        engine = open_read_model(self._beside / "read.db")
        reader = Reader(self.manifest["contracts"], engine)
        headers: list[BlockHeader] = []
        logs: list[Log] = []
        for line in self.folder.lines():
            if "block" in line:
                if len(headers) == BLOCKS_AT_ONCE:
                    reader.read(headers, logs)
                    headers, logs = [], []
                headers.append(BlockHeader(**line["block"], raw={}))
            else:
                log = Log(**line["log"])
                if not headers or log.block_hash != headers[-1].hash:
                    raise Wrong(f"a log of block {log.block} does not follow its block")
                logs.append(log)
        if headers:
            reader.read(headers, logs)
        return engine

    def papers(self) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
        """Each registration with what was sealed of it."""
        by_id = {each["registration"]: each for each in self.manifest["papers"]}
        for each in self.manifest["registrations"]:
            if each["registration"] not in by_id:
                raise Wrong(f"no papers are listed for {each['registration']}")
            yield each, by_id[each["registration"]]


def manifest(case: Case) -> str:
    _, digest = case.folder.manifest()
    return f"its hash is {digest}"


def chain(case: Case) -> str:
    for name in ("chain_id", "genesis", "contracts"):
        if case.manifest[name] != case.trust[name]:
            raise Wrong(f"{name}: {case.manifest[name]}, in the trust file {case.trust[name]}")
    return f"chain {case.trust['chain_id']} with genesis {case.trust['genesis']}"


def checkpoint(case: Case) -> str:
    block, signed = case.manifest["block"], case.manifest["checkpoint"]
    domain = Domain(case.manifest["chain_id"], case.manifest["contracts"]["Registrars"])
    digest = Checkpoint(number=block["number"], hash=block["hash"]).digest(domain)
    by = recover(digest, signed["signature"])
    periods = [each for each in case.trust["checkpoint_keys"] if each["key"] == by]
    for each in periods:
        until = each["until"]
        if each["since"] <= case.at and (until is None or case.at <= until):
            return f"block {case.at} ({block['hash']}), by {by}"
    raise Wrong(f"{by} is no checkpoint key at block {case.at} by the trust file")


def facts(case: Case) -> str:
    with case.engine.connect() as connection:
        for name in CONTRACTS:
            head, count = tip_of(connection, name)
            found = {"head": to_hex(head), "count": count}
            if found != case.manifest["tips"][name]:
                raise Wrong(f"{name}: {found}, in the manifest {case.manifest['tips'][name]}")
    total = sum(each["count"] for each in case.manifest["tips"].values())
    return f"{total} facts give the heads and counts of {', '.join(CONTRACTS)}"


def tips(case: Case) -> str:
    if case.chain is None:
        raise Unknown("no node was asked")
    block = case.chain.block(case.at)
    if block is None or block.hash != case.manifest["block"]["hash"]:
        raise Wrong(f"block {case.at} of the node is {block and block.hash}")
    for name in CONTRACTS:
        address = case.manifest["contracts"][name]
        head, count = case.chain.ask(name, address, "tip", at=block.hash)
        said = {"head": to_hex(head), "count": count}
        if said != case.manifest["tips"][name]:
            raise Wrong(f"{name}: the chain says {said}")
    return f"the contracts say the same of themselves at block {case.at}: no fact is missing"


def records(case: Case) -> str:
    with case.engine.connect() as connection:
        ours = listing.listed(connection, case.manifest["registrar"], at=case.at)
    for name, value in ours.items():
        if case.manifest[name] != value:
            raise Wrong(
                f"{name}: {len(case.manifest[name])} listed do not equal those of the facts"
            )
    counted = ", ".join(f"{len(value)} {name}" for name, value in ours.items())
    return f"{counted}, as the facts have them"


def openings(case: Case) -> str:
    key, lacking, opened = _key(case), [], 0
    for record, papers in case.papers():
        id = record["registration"]
        if papers["opening"] is None:
            lacking.append(f"{id}: {papers['lacking']['opening']}")
            continue
        opening = Opening.decode(case.folder.get("openings", id, key=key))
        opens = commitment(
            salt=opening.salt,
            fingerprint=opening.fingerprint_root,
            form=opening.form,
            parties=opening.parties,
            chain_id=case.manifest["chain_id"],
            registrations=case.manifest["contracts"]["Registrations"],
        )
        parties = tuple(each["party"] for each in record["claims"])
        if opens != record["data"] or opening.registration != id or opening.parties != parties:
            raise Wrong(f"the opening of {id} does not open its commitment")
        promised = {opening.form, *opening.documents}
        given = {each["name"] for each in papers["documents"]} | set(papers["lacking"])
        if promised - given:
            raise Wrong(f"{id}: neither given nor said to be lacking: {sorted(promised - given)}")
        opened += 1
    if lacking:
        raise Unknown("; ".join(lacking))
    return f"{opened} commitments opened"


def documents(case: Case) -> str:
    key, seen = _key(case), set()
    lacking = []
    for record, papers in case.papers():
        for each in papers["documents"]:
            data = case.folder.get("documents", each["name"], key=key)
            if content_hash(data) != each["name"]:
                raise Wrong(f"document {each['name']} has the hash {content_hash(data)}")
            seen.add(each["name"])
        lacking += [f"{record['registration']}: {name}" for name in papers["lacking"]]
    surplus = case.folder.names("documents") - seen
    if surplus:
        raise Wrong(f"{len(surplus)} documents belong to no registration")
    _check_enclosures(case, key)
    note = (
        f"; {len(lacking)} named things are not in it: {', '.join(lacking[:3])}" if lacking else ""
    )
    return f"{len(seen)} documents are what their names say{note}"


def _check_enclosures(case: Case, key: bytes) -> None:
    """That what came with each act is there, and that nothing else is."""
    seen: dict[str, set[str]] = {"enclosures": set(), "papers": set()}
    for record, papers in case.papers():
        given = {each["name"] for each in papers["documents"]} | set(papers["lacking"])
        for act in papers["enclosures"]:
            found = Enclosure.decode(case.folder.get("enclosures", act, key=key))
            if (found.act, found.registration) != (act, record["registration"]):
                raise Wrong(f"the enclosure of {act} is another's")
            if set(found.documents) - given:
                raise Wrong(f"{act}: neither given nor said to be lacking: {found.documents}")
        for act in papers["papers"]:
            case.folder.get("papers", act, key=key)
        for kind, acts in seen.items():
            acts |= set(papers[kind])
    for kind, acts in seen.items():
        if case.folder.names(kind) - acts:
            raise Wrong(f"{kind} of acts on no registration of the list")


def handed_over(case: Case) -> str:
    """That the chain names this very manifest, and that nothing happened between it and the hand-over."""
    if case.chain is None:
        raise Unknown("no node was asked")
    digest, registrar = case.folder.manifest()[1], case.manifest["registrar"]
    addresses = [case.manifest["contracts"][name] for name in CONTRACTS]
    ours = {each["registration"] for each in case.manifest["registrations"]}
    later = 0
    last = case.chain.head().number
    for log in case.chain.logs(addresses, case.at + 1, last) if last > case.at else ():
        if log.topics[0] == RegistrarHandedOver.topic and int(log.topics[1], 16) == registrar:
            _, successor, _, named = RegistrarHandedOver.stored(log)
            if to_hex(named) != digest:
                raise Wrong(f"the chain names another manifest: {to_hex(named)}")
            if later:
                raise Wrong(
                    f"{later} facts on its registrations came between this and the hand-over"
                )
            return f"in block {log.block}, to registrar {successor:03d}, with nothing in between"
        is_new = log.topics[0] == RegistrationFiled.topic and int(log.words()[2], 16) == registrar
        later += is_new or (len(log.topics) == 2 and log.topics[1] in ours)
    raise Unknown(f"not handed over yet; {later} facts on its registrations came since")


def _key(case: Case) -> bytes:
    if case.key is None:
        raise Unknown("the key was not given")
    return case.key


def _answer(step: Callable[[Case], str], case: Case) -> tuple[Verdict, str]:
    try:
        return "established", step(case)
    except Unknown as e:
        return "not established", str(e)
    except Unavailable as e:
        return "not established", e.detail
    except Wrong as e:
        return "false", str(e)
    except RegistryError as e:
        return "false", e.detail
    # What a hostile folder can make the reading of it do.
    except (ValueError, LookupError, TypeError, AttributeError) as e:
        return "false", f"it cannot be read: {type(e).__name__}: {e}"


def _not_looked_at() -> tuple[Verdict, str]:
    return "not established", "it rests on what is not established"


STEPS: tuple[tuple[Callable[[Case], str], str, str, bool], ...] = (
    (manifest, "The manifest is well-formed.", "移交清单格式完整。", True),
    (chain, "It is of the chain of the trust file.", "所属链与信任文件一致。", True),
    (checkpoint, "A trusted key signed its block.", "受信检查点密钥签署了该区块。", True),
    (facts, "The facts give the heads and counts named.", "链上事实推得所列链首与计数。", True),
    (tips, "The chain says the same: no fact is missing.", "与链上一致，无事实遗漏。", True),
    (
        records,
        "Every record, right and running clock is listed.",
        "登记、权利、期限无一遗漏。",
        True,
    ),
    (openings, "Every filing's opening opens its commitment.", "各申请的承诺均可打开。", True),
    (documents, "Every document is what its hash says.", "各文件与其哈希一致。", True),
    (handed_over, "The chain hands over by this manifest.", "链上移交载明本清单。", False),
)
