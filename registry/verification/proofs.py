"""What the bundle shows by itself: blocks, facts, signatures, the opening, the procedure.

Each step answers why its claim is established, or raises Wrong or Unknown.
"""

from collections.abc import Iterable
from hashlib import sha256
from typing import Any

import rfc8785

from registry.verification import evidence
from registry.verification.case import Case
from registry.verification.evidence import (
    Header,
    Unknown,
    Wrong,
    keccak,
    octets,
    require_signature,
    text,
)
from registry.verification.shapes import ACTS, BUNDLE, CERTIFICATE, check

COMMITMENT_TAG = keccak(b"data-rights-registry/data/1")
MOST_HEADERS = 1024
DISMISSED = 1


def shape(case: Case) -> str:
    check(case.bundle, "Bundle", "")
    if case.bundle["bundle"] != BUNDLE or case.certificate["certificate"] != CERTIFICATE:
        raise Wrong(f"/bundle, /certificate/certificate: expected {BUNDLE} and {CERTIFICATE}")
    for place, act in enumerate(case.bundle["acts"]):
        if act["type"] not in ACTS or act["type"] in ("Claim", "Checkpoint"):
            raise Wrong(f"/acts/{place}/type: there is no act {act['type'][:40]}")
        check(act["message"], act["type"], f"/acts/{place}/message")
        for signature in act["signatures"]:
            if signature["kind"] not in ("ecdsa", "erc1271"):
                raise Wrong(f"/acts/{place}/signatures: expected the kind ecdsa or erc1271")
    hashes = [each["hash"] for each in case.bundle["blocks"]]
    places = [(each["block"], each["index"]) for each in case.bundle["receipts"]]
    if len({*hashes}) != len(hashes) or len({*places}) != len(places):
        raise Wrong("/blocks, /receipts: one of them is there twice")
    idle = {*hashes} - {block for block, _ in places} - {case.certificate["as_of"]["hash"]}
    if idle:
        raise Wrong(f"/blocks: nothing refers to {', '.join(sorted(idle))}")
    return f"all members are there and of their types ({BUNDLE})"


def headers(case: Case) -> str:
    for given, header in case.blocks.items():
        if given != header.hash:
            raise Wrong(f"the header given for block {given} hashes to {header.hash}")
    return f"{len(case.blocks)} headers hash to their blocks: {_numbers(case.blocks.values())}"


def checkpoints(case: Case) -> str:
    for place, block in enumerate(case.bundle["blocks"]):
        tip = signed_block(case, block, f"/blocks/{place}")
        digest = case.digest("Checkpoint", {"number": tip.number, "hash": tip.hash}, "Registrars")
        signed = block["checkpoint"]
        require_signature(digest, signed["signature"], signed["key"], f"/blocks/{place}/checkpoint")
    return f"signed for {len(case.blocks)} blocks by {', '.join(sorted(case.checkpoint_keys))}"


def signed_block(case: Case, block: dict[str, Any], at: str) -> Header:
    """The block whose hash was signed: the last of a chain of headers above this one."""
    if len(block["descendants"]) > MOST_HEADERS:
        raise Wrong(f"{at}/descendants: more than {MOST_HEADERS} headers")
    tip = case.blocks[block["hash"]]
    for encoded in block["descendants"]:
        above = evidence.header(encoded)
        if above.parent != tip.hash or above.number != tip.number + 1:
            raise Wrong(f"{at}/descendants: block {above.number} does not follow {tip.number}")
        tip = above
    return tip


def facts(case: Case) -> str:
    case.one("RegistrationFiled"), case.one("RegistrationAttested")
    said = [f"{fact.event} in block {fact.block.number}" for fact in case.facts]
    return "proven into the receipts root: " + ", ".join(dict.fromkeys(said))


def identity(case: Case) -> str:
    found = case.digest("File", case.filing["message"])
    if found != case.certificate["registration"]:
        raise Wrong(f"the File message hashes to {found}")
    return f"{found}, filed in block {case.one('RegistrationFiled').block.number}"


def applicants(case: Case) -> str:
    claims, signatures = case.filing["message"]["claims"], case.filing["signatures"]
    filed = case.one("RegistrationFiled").block.number
    accepted = f"accepted by the contract in block {filed}"
    if not signatures:
        raise Unknown(f"the bundle has no signatures; they were {accepted}")
    if len(claims) != len(signatures):
        raise Wrong(f"{len(signatures)} signatures of {len(claims)} applicants")
    unknown = []
    for claim, signature in zip(claims, signatures, strict=True):
        party, by = claim["party"], signature["by"]
        # The party's first address is its name; later ones are facts of the ledger.
        keys = {evidence.checksummed("0x" + party[26:])}
        keys |= {f.said["key"] for f in case.all("KeyReplaced") if f.said["party"] == party}
        _require(case.certificate["registration"], signature, f"party {party}")
        if by not in keys:
            unknown.append(
                f"{by} is not shown to be a key of party {party}; whose signature the contract "
                f"accepted in block {filed} is not shown"
            )
        elif signature["kind"] == "erc1271":
            unknown.append(f"the contract account {by} cannot be asked offline, but was {accepted}")
    if unknown:
        raise Unknown("; ".join(unknown))
    return f"signed by {', '.join(signature['by'] for signature in signatures)}"


def _require(digest: str, signature: dict[str, Any], whose: str) -> None:
    if signature["kind"] == "ecdsa":
        require_signature(digest, signature["signature"], signature["by"], whose)


def opening(case: Case) -> str:
    given, message = case.bundle["opening"], case.filing["message"]
    if given is None:
        raise Unknown("the holder did not disclose the salt: existence and time alone are shown")
    form_note = "the form itself is not disclosed, its hash is"
    if given["form"] is not None:
        found = text(sha256(rfc8785.dumps(given["form"])).digest())
        if found != given["form_hash"]:
            raise Wrong(f"the form hashes to {found}, the bundle says {given['form_hash']}")
        form_note = f"the form hashes to {found}"
    words = [octets(given[name]) for name in ("salt", "fingerprint", "form_hash")]
    words.append(keccak(b"".join(octets(claim["party"]) for claim in message["claims"])))
    words.append(case.bundle["chain_id"].to_bytes(32, "big"))
    words.append(octets(case.bundle["contracts"]["Registrations"]).rjust(32, b"\0"))
    found = text(keccak(COMMITMENT_TAG + b"".join(words)))
    if found != message["data"]:
        raise Wrong(f"they give {found}, on the ledger stands {message['data']}")
    return f"they give {found}, as filed; {form_note}"


def acts(case: Case) -> str:
    named = {fact.said["act"]: fact for fact in case.changes}
    if len(case.later_acts) != len(case.bundle["acts"]) - 1:
        raise Wrong("a message is there twice")
    for digest, act in case.later_acts.items():
        if digest not in named:
            raise Wrong(
                f"the message {act['type']} is no act of which a proven fact speaks: {digest}"
            )
    unknown, shown = [], []
    for digest, fact in named.items():
        signer = case.signer(digest)
        if digest not in case.later_acts:
            unknown.append(f"no message for {fact.event}; the contract accepted it from {signer}")
            continue
        act = case.later_acts[digest]
        signature = act["signatures"][0]
        if len(act["signatures"]) != 1 or signature["by"] != signer:
            raise Wrong(f"{act['type']}: expected one signature, by {signer}")
        _require(digest, signature, act["type"])
        if signature["kind"] == "erc1271":
            accepted = f"accepted by the contract in block {fact.block.number}"
            unknown.append(f"{act['type']} by the contract account {signer}: {accepted}")
        else:
            shown.append(f"{act['type']} by {signer}")
    if unknown:
        raise Unknown("; ".join(unknown))
    return ", ".join(shown)


def history(case: Case) -> str:
    taken = [fact.said["step"] for fact in case.changes]
    if taken != list(range(2, len(taken) + 2)) or case.changes[-1].event != "RegistrationAttested":
        raise Unknown(f"steps proven after the filing: {taken}; a step is missing in between")
    decided = {
        (f.said["objector"], f.said["serial"]): f.said["outcome"]
        for f in case.all("ObjectionResolved")
    }
    made = [(f.said["objector"], f.said["serial"]) for f in case.all("ObjectionMade")]
    if any(decided.get(each) != DISMISSED for each in made):
        raise Wrong("an objection was open or upheld at attestation")
    published, attested = case.all("RegistrationPublished")[-1], case.one("RegistrationAttested")
    if case.signer(published.said["act"]) == case.signer(attested.said["act"]):
        raise Wrong("one key published and attested")
    return f"steps 1 to {taken[-1]} without a gap; {len(made)} objections, all of them dismissed"


def _numbers(headers: Iterable[Header]) -> str:
    return ", ".join(str(number) for number in sorted(header.number for header in headers))
