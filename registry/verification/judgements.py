"""What follows from the proofs: the certificate, the trust file, the clocks, the limits of it all.

Each step answers why its claim is established, or raises Wrong or Unknown.
"""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from registry.verification.case import Case, Fact
from registry.verification.evidence import Unknown, Wrong
from registry.verification.proofs import signed_block
from registry.verification.shapes import LEGAL, described

RIGHTS = {"HOLD": 1, "USE": 2, "OPERATE": 4}
REVIEWER, APPROVER = 1, 2
BEIJING = timedelta(hours=8)
BY_OFFICERS = (
    "RegistrationAccepted",
    "CorrectionRequested",
    "SupplementRequested",
    "RegistrationPublished",
    "ObjectionResolved",
    "RegistrationAttested",
)


def certificate(case: Case) -> str:
    filed, attested = case.one("RegistrationFiled").said, case.one("RegistrationAttested")
    published = case.all("RegistrationPublished")[-1]
    said = case.certificate
    as_of = case.blocks.get(said["as_of"]["hash"])
    if as_of is None or as_of.number < attested.block.number:
        raise Wrong("/as_of: not a block of the bundle, or one before the attestation")
    entries, remarks = _lives(case)
    national = {"publication": _reference(published), "attestation": _reference(attested)}
    ledger = {
        "ledger": {
            "chain_id": case.bundle["chain_id"],
            "registrations": case.bundle["contracts"]["Registrations"],
        },
        **{name: filed[name] for name in ("registration", "data", "kind", "registrar")},
        **{name: attested.said[name] for name in ("code", "since")},
        "subject": next((f.said["subject"] for f in case.all("SubjectNamed")), None),
        "expiry": max((end for ends in entries.values() for end in ends.values()), default=None),
        "profile": {**said["profile"], "number": filed["profile"]},
        "rights": [
            {
                "right": right,
                "holder": holder,
                "ends": [{"right": n, "expiry": ends[n]} for n in RIGHTS if n in ends],
            }
            for (right, holder), ends in entries.items()
        ],
        "national": national,
        "remarks": [remarks[each] for each in sorted(remarks)],
        "legal": LEGAL[national["attestation"] is not None],
        "as_of": {"block": as_of.number, "hash": as_of.hash, "final": True},
    }
    differing = [
        f"{name} (certificate: {said[name]}, ledger: {value})"
        for name, value in ledger.items()
        if said[name] != value
    ]
    if differing:
        raise Wrong("the ledger prevails; the certificate differs in " + "; ".join(differing))
    return f"{', '.join(ledger)} agree"


def _lives(case: Case) -> tuple[dict[tuple[str, str], dict[str, int]], dict[Any, dict[str, Any]]]:
    """What each entry came to by the proven facts: ends by right, and the remarks that stand."""
    entries: dict[tuple[str, str], dict[str, int]] = {}
    remarks: dict[Any, dict[str, Any]] = {}
    steps: dict[str, int] = {}
    holders = {
        fact.said["right"]: fact.said["holder"]
        for fact in case.facts
        if "holder" in fact.said and fact.said["registration"] == case.certificate["registration"]
    }
    for fact in case.facts:
        said, right = fact.said, str(fact.said.get("right"))
        if right not in holders:
            continue
        if said.get("step", 0) != steps.get(right, -1) + 1:
            raise Unknown(f"{fact.event}: a step of the right {right} is missing before it")
        steps[right] = said.get("step", 0)
        ends = entries.setdefault((right, holders[right]), {})
        named = [name for name, bit in RIGHTS.items() if said.get("rights", 0) & bit]
        if fact.event in ("RightAttested", "RightReceived", "RightRenewed"):
            ends |= dict.fromkeys(named, said["expiry"])
        elif fact.event in ("RightGiven", "RightCancelled", "RightExecuted"):
            for name in named:
                ends.pop(name, None)
        elif fact.event == "RightRemarked":
            kept = ("right", "serial", "kind", "instrument", "acts", "until")
            remarks[right, said["serial"]] = {k: said[k] for k in kept} | {"rights": named}
        elif fact.event == "RemarkLifted":
            remarks.pop((right, said["serial"]), None)
    return entries, remarks


def _reference(fact: Fact) -> dict[str, Any] | None:
    if not int(fact.said["receipt"], 16):
        return None
    return {"receipt": fact.said["receipt"], "effective": fact.said["effective"]}


def names(case: Case) -> str:
    said, form = case.certificate["described"], case.bundle["opening"]["form"]
    if said is None or form is None:
        raise Unknown("the form is not disclosed" if form is None else "the certificate names none")
    stated = described(form, [claim["party"] for claim in case.filing["message"]["claims"]])
    if said != stated:
        raise Wrong(f"the certificate says {said}, the form {stated}")
    return f"{stated['name']}; {', '.join(stated['holders'])}"


def chain(case: Case) -> str:
    trust = _trust(case)
    for name in ("chain_id", "genesis", "contracts"):
        if case.bundle[name] != trust[name]:
            raise Wrong(f"{name}: bundle {case.bundle[name]}, trust file {trust[name]}")
    return f"chain {trust['chain_id']} with genesis {trust['genesis']}"


def checkpoint_keys(case: Case) -> str:
    periods = _trust(case)["checkpoint_keys"]
    for place, block in enumerate(case.bundle["blocks"]):
        key, number = (
            block["checkpoint"]["key"],
            signed_block(case, block, f"/blocks/{place}").number,
        )
        if not any(_runs(each, number) for each in periods if each["key"] == key):
            raise Wrong(f"{key} is no checkpoint key at block {number} by the trust file")
    return f"trusted: {', '.join(sorted(case.checkpoint_keys))}"


def officers(case: Case) -> str:
    filed = case.one("RegistrationFiled")
    number = filed.said["registrar"]
    handed = _registrar(case, number)["handed_over"]
    if handed is not None and handed["since"] < filed.block.number:
        raise Wrong(f"it was filed with registrar {number}, which had handed over before")
    seen = []
    for fact in case.changes:
        if fact.event not in BY_OFFICERS:
            continue
        role = APPROVER if fact.event == "RegistrationAttested" else REVIEWER
        signer, block = case.signer(fact.said["act"]), fact.block.number
        offices = _offices(case, number, block)
        known = [
            e
            for office in offices
            for e in _registrar(case, office)["officers"]
            if e["key"] == signer and e["roles"] & role
        ]
        if not any(_runs(each, block) for each in known):
            raise Wrong(f"{fact.event}: {signer} was no officer for it in block {block}")
        if all(_is_suspended(_registrar(case, office), block) for office in offices):
            raise Wrong(f"{fact.event}: the registrar was suspended in block {block}")
        seen.append(signer)
    return f"of registrar {number}: {', '.join(dict.fromkeys(seen))}"


def _offices(case: Case, number: int, block: int) -> list[int]:
    """Who may have served a registrar's records in a block: both sides in that of the hand-over."""
    found = [number]
    for _ in _trust(case)["registrars"]:
        handed = _registrar(case, found[-1])["handed_over"]
        if handed is None or block < handed["since"]:
            break
        if block > handed["since"]:
            found.clear()
        found.append(handed["successor"])
    return found


def _is_suspended(registrar: dict[str, Any], block: int) -> bool:
    # In the very blocks where it began and ended, the contract alone knows the order.
    return any(
        each["since"] < block and (each["until"] is None or block < each["until"])
        for each in registrar["suspensions"]
    )


def _registrar(case: Case, number: int) -> dict[str, Any]:
    registrar = _trust(case)["registrars"].get(str(number))
    if registrar is None:
        raise Wrong(f"the trust file knows no registrar {number}")
    return dict(registrar)


def clocks(case: Case) -> str:
    said = case.certificate["profile"]
    rules = _trust(case)["profiles"].get(str(case.one("RegistrationFiled").said["profile"]))
    if rules is None:
        raise Wrong(f"the trust file knows no profile {said['number']}")
    published, attested = case.all("RegistrationPublished")[-1], case.one("RegistrationAttested")
    until, moment = published.said["until"], attested.block.time
    registrar = case.one("RegistrationFiled").said["registrar"]
    validity = attested.said["expiry"] - attested.said["since"]
    faults = {
        "the certificate names another profile": said["name"] != rules["name"]
        or said["version"] != rules["version"],
        "the code is none of this registrar and month": not re.fullmatch(
            code_stem(rules["prefix"], registrar, attested.said["since"]) + "(?!0000)[0-9]{4}",
            attested.said["code"],
        ),
        "the notice was too short": until - published.block.time < rules["notice"],
        "it was attested too early": moment <= until + rules["grace"],
        "its start lies in the notice or ahead": not until < attested.said["since"] <= moment,
        # What is transferred stands no longer than it stood before, whenever that began.
        "it is valid too long": case.certificate["subject"] is None
        and not 0 <= validity <= rules["validity"],
    }
    before = case.one("RegistrationFiled").block.time
    for fact in case.changes:
        silent = fact.event == "RegistrationDeemedAccepted"
        if silent and fact.block.time < before + rules["silence"]:
            faults["it was deemed accepted too early"] = True
        before = fact.block.time
    if any(faults.values()):
        raise Wrong("; ".join(fault for fault, holds in faults.items() if holds))
    notice = until - published.block.time
    return f"{rules['name']}: notice of {notice} s, validity of {validity} s, by the blocks' clocks"


def code_stem(prefix: str, registrar: int, since: int) -> str:
    """All but the serial of a certificate code (guide annex 6); its month is Beijing's."""
    try:
        day = datetime.fromtimestamp(since, UTC) + BEIJING
    except (OverflowError, ValueError):
        raise Wrong(f"since: {since} is no moment of a calendar") from None
    return f"{prefix}{registrar:03d}{day.year:04d}{day.month:02d}"


def standing(case: Case) -> str:
    expiry = case.certificate["expiry"]
    raise Unknown(
        "no bundle can show that nothing came later: it speaks of its own block; "
        + (f"by it the rights end with second {expiry} (Unix time)" if expiry else "none is left")
    )


def law(case: Case) -> str:
    fact = case.one("RegistrationAttested")
    raise Unknown(LEGAL[_reference(fact) is not None]["en"])


def data(case: Case) -> str:
    registered = case.bundle["opening"]["fingerprint"]
    if case.data_root != registered:
        raise Wrong(f"the file's fingerprint is {case.data_root}, registered is {registered}")
    return f"its fingerprint is {registered}"


def _trust(case: Case) -> dict[str, Any]:
    if case.trust is None:
        raise Unknown("no trust file was given; who stands behind the keys is not shown")
    return dict(case.trust)


def _runs(period: dict[str, Any], block: int) -> bool:
    ended = period["until"] is not None and block > period["until"]
    return period["since"] <= block and not ended
