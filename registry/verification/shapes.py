"""What a bundle, a trust file, the signed messages and the events look like, as tables of members."""

import re
from collections.abc import Iterator
from typing import Any

from registry.verification.evidence import Wrong, checksummed

BUNDLE = "data-rights-registry/bundle/1"
CERTIFICATE = "data-rights-registry/certificate/1"
TRUST = "data-rights-registry/trust/1"

# What a certificate and every answer say of their effect, without and with a receipt of the national
# system (guide arts. 24, 26).
LEGAL = {
    False: {
        "en": "Legal registration is not completed here: it completes on the national system.",
        "zh": "依法登记不在本系统完成：登记自国家数据产权登记服务系统存证时完成。",
    },
    True: {
        "en": "Legal registration completes on the national system, not here: the registrar names its "
        "receipt, and what that system says prevails.",
        "zh": "依法登记于国家数据产权登记服务系统完成，不在本系统：登记机构载明了其回执，以该系统记载为准。",
    },
}

# What is signed (EIP-712), by type.
_OFFICER = "uint16 registrar,address officer,"
_ONE, _MANY = "bytes32 registration,uint16 step,", "bytes32[] registrations,uint16[] steps,"
_END = "bytes32 receipt,uint40 effective,uint40 deadline"
ACTS = {
    "Claim": "bytes32 party,uint8 rights",
    "File": "Claim[] claims,bytes32 data,bytes32 subject,uint16 registrar,uint16 profile,uint8 kind,uint40 deadline",
    "Accept": f"{_OFFICER}{_MANY}uint40 deadline",
    "DeemAccepted": f"address sender,{_ONE}uint40 deadline",
    "RequestCorrection": f"{_OFFICER}{_ONE}bytes32 list,uint40 until,uint40 deadline",
    "Correct": f"bytes32 party,{_ONE}bytes32 papers,uint40 deadline",
    "RequestSupplement": f"{_OFFICER}{_ONE}bytes32 list,uint40 until,uint40 deadline",
    "Supplement": f"bytes32 party,{_ONE}bytes32 papers,uint40 deadline",
    "Publish": f"{_OFFICER}uint16 profile,{_MANY}uint40 until,{_END}",
    "Object": "bytes32 objector,bytes32 registration,uint16 serial,bytes32 grounds,uint40 deadline",
    "Resolve": f"{_OFFICER}bytes32 registration,bytes32[] objectors,uint16[] serials,"
    "uint8 outcome,bytes32 decision,uint40 deadline",
    "Attest": f"{_OFFICER}uint16 profile,{_MANY}uint40 expiry,{_END}",
    "Checkpoint": "uint64 number,bytes32 hash",
}
# What the contracts say: the first member is the second topic, the others the words of the data.
_STEP = "bytes32 registration,bytes32 act,uint16 step"
_CHANGE = "bytes32 right,bytes32 registration,uint16 step,uint8 rights"
EVENTS = {
    "RegistrationFiled": "bytes32 registration,bytes32 data,uint16 registrar,uint16 profile,"
    "uint8 kind,uint8 applicants,bytes32 party,uint8 rights,uint40 deadline",
    "RegistrationAccepted": _STEP,
    "RegistrationDeemedAccepted": _STEP,
    "CorrectionRequested": f"{_STEP},bytes32 list,uint40 until",
    "RegistrationCorrected": f"{_STEP},bytes32 party,bytes32 papers",
    "SupplementRequested": f"{_STEP},bytes32 list,uint40 until",
    "RegistrationSupplemented": f"{_STEP},bytes32 party,bytes32 papers",
    "RegistrationPublished": f"{_STEP},uint40 until,bytes32 receipt,uint40 effective",
    "ObjectionMade": f"{_STEP},bytes32 objector,uint16 serial,bytes32 grounds",
    "ObjectionResolved": f"{_STEP},bytes32 objector,uint16 serial,uint8 outcome,bytes32 decision",
    "RegistrationAttested": f"{_STEP},bytes15 code,uint40 since,uint40 expiry,bytes32 receipt,"
    "uint40 effective",
    "SubjectNamed": "bytes32 registration,bytes32 subject",
    "ActSigned": "bytes32 act,address signer",
    "RightAttested": "bytes32 right,bytes32 registration,bytes32 holder,uint8 rights,"
    "uint40 since,uint40 expiry",
    "RightGiven": _CHANGE,
    "RightAmended": _CHANGE,
    "RenewalAnnounced": _CHANGE,
    "RightRenewed": f"{_CHANGE},uint40 expiry",
    "RightCancelled": "bytes32 right,bytes32 cause,uint16 step,uint8 rights,uint8 ground,"
    "bytes32 decision",
    "RightExecuted": "bytes32 right,bytes32 act,uint16 step,uint8 rights,bytes32 receiver,"
    "bytes32 instrument",
    "RightReceived": "bytes32 right,bytes32 act,uint16 step,bytes32 registration,bytes32 holder,"
    "uint8 rights,uint40 since,uint40 expiry",
    "RightRemarked": "bytes32 right,bytes32 act,uint16 step,uint8 serial,uint8 kind,"
    "bytes32 instrument,uint8 rights,uint16 acts,uint40 until",
    "RemarkLifted": "bytes32 right,bytes32 act,uint16 step,uint8 serial,bytes32 instrument",
    "KeyReplaced": "bytes32 party,bytes32 act,uint16 step,address key",
}
# All else is said by Registrations, but ActSigned by whichever contract executed the act.
OF_RIGHTS = (
    "RightAttested",
    "RightGiven",
    "RightAmended",
    "RenewalAnnounced",
    "RightRenewed",
    "RightCancelled",
    "RightExecuted",
    "RightReceived",
    "RightRemarked",
    "RemarkLifted",
)
SAID_BY = dict.fromkeys(OF_RIGHTS, "Rights") | {"KeyReplaced": "Parties"}

# `?` may be null, `[]` is a list, `{}` an object by any key; `json` is looked into later.
SHAPES = ACTS | {
    "Bundle": "string bundle,uint53 chain_id,bytes32 genesis,Contracts contracts,"
    "Certificate certificate,Opening? opening,Act[] acts,Receipt[] receipts,Block[] blocks",
    "Contracts": "address Casework,address Objections,address Parties,address Registrars,"
    "address Registrations,address Rights",
    "Certificate": "string certificate,Ledger ledger,string code,bytes32 registration,bytes32 data,uint8 kind,"
    "bytes32? subject,uint16 registrar,NamedProfile profile,Entry[] rights,uint40 since,"
    "uint40? expiry,National national,Described? described,Remark[] remarks,Words legal,AsOf as_of",
    "Ledger": "uint53 chain_id,address registrations",
    "NamedProfile": "uint16 number,string name,bytes32 version",
    "Entry": "bytes32 right,bytes32 holder,End[] ends",
    "End": "string right,uint40 expiry",
    "Remark": "bytes32 right,uint8 serial,uint8 kind,bytes32 instrument,string[] rights,"
    "uint16 acts,uint40 until",
    "National": "Reference? publication,Reference? attestation",
    "Reference": "bytes32 receipt,uint40 effective",
    "Described": "string name,string[] holders,string restrictions,Limit[] limits",
    "Limit": "string? until,string text",
    "Words": "string en,string zh",
    "AsOf": "uint53 block,bytes32 hash,bool final",
    "Opening": "bytes32 salt,bytes32 fingerprint,bytes32 form_hash,json? form",
    "Act": "string type,json message,Signature[] signatures",
    "Signature": "string kind,address by,bytes signature",
    "Receipt": "bytes32 block,uint32 index,bytes[] proof",
    "Block": "bytes32 hash,bytes header,bytes[] descendants,Signed checkpoint",
    "Signed": "address key,bytes signature",
    "Trust": "string trust,uint53 chain_id,bytes32 genesis,Contracts contracts,"
    "Period[] checkpoint_keys,Registrar{} registrars,Profile{} profiles",
    "Period": "address key,uint53 since,uint53? until",
    "Registrar": "Officer[] officers,Suspension[] suspensions,HandOver? handed_over",
    "Officer": "address key,uint8 roles,uint53 since,uint53? until",
    "Suspension": "uint53 since,uint53? until",
    "HandOver": "uint53 since,uint16 successor",
    "Profile": "string name,bytes32 version,string prefix,uint32 silence,uint32 notice,"
    "uint32 grace,uint32 validity",
}


def described(form: Any, parties: list[str]) -> dict[str, Any]:
    """What a certificate repeats of a form, holders and their limits in the order of the claims.

    In a transfer the holders are who receives, with the terms of what is conveyed to them.
    """
    by_party = {each["party"]: each for each in form["applicants"]}
    about = form.get("data") or form.get("resource") or form
    limits = {
        each["party"]: {"until": each["claim"].get("until"), "text": each["claim"]["limits"]}
        for each in form["applicants"]
        if "claim" in each
    } | {
        each["transferee"]: {"until": each.get("until"), "text": each["use_range"]}
        for each in form.get("conveyances", [])
    }
    holders = [party for party in parties if party in limits or "conveyances" not in form]
    return {
        "name": about["name"],
        "holders": [by_party[party]["name"] for party in holders],
        "restrictions": about.get("restrictions", ""),
        "limits": [limits[party] for party in holders if party in limits],
    }


def members(listed: str) -> Iterator[tuple[str, str]]:
    """(type, name) of each member."""
    for member in listed.split(","):
        kind, name = member.split(" ")
        yield kind, name


def check(value: Any, kind: str, at: str) -> None:
    """Every member there, no other, each of its type. Raises: Wrong, naming the place."""
    if kind.endswith("?"):
        if value is not None:
            check(value, kind[:-1], at)
    elif kind.endswith("{}"):
        for key, each in _expect(value, dict, at).items():
            check(each, kind[:-2], f"{at}/{key}")
    elif kind.endswith("[]"):
        for place, each in enumerate(_expect(value, list, at)):
            check(each, kind[:-2], f"{at}/{place}")
    elif kind in SHAPES:
        shape = {name: part for part, name in members(SHAPES[kind])}
        if set(_expect(value, dict, at)) != set(shape):
            odd = ", ".join(sorted(map(repr, set(value) ^ set(shape))))
            raise Wrong(f"{at or '/'}: missing or unknown members of {kind}: {odd}")
        for name, part in shape.items():
            check(value[name], part, f"{at}/{name}")
    elif kind == "json":
        pass
    elif kind in ("string", "bool"):
        _expect(value, str if kind == "string" else bool, at)
    elif kind.startswith("uint"):
        if type(value) is not int or not 0 <= value < 1 << int(kind[4:]):
            raise Wrong(f"{at}: expected a number of type {kind}, got {str(value)[:80]}")
    elif kind == "address":
        if not isinstance(value, str) or checksummed(value) != value:
            raise Wrong(f"{at}: expected a checksummed address, got {str(value)[:80]}")
    else:
        digits = f"{{{2 * int(kind[5:])}}}" if kind[5:] else "*"
        text = _expect(value, str, at)
        if len(text) % 2 or not re.fullmatch(f"0x[0-9a-f]{digits}", text):
            raise Wrong(f"{at}: expected lower-case 0x text of type {kind}, got {text[:80]}")


def _expect(value: Any, kind: type, at: str) -> Any:
    if not isinstance(value, kind):
        raise Wrong(f"{at or '/'}: expected {kind.__name__}, got {type(value).__name__}")
    return value
