"""Receipts as a registrar would write down what the national service answered, to be spoilt by tests."""

import json
import secrets
from typing import Any

from registry.hashes import canonical, content_hash, to_hex

SYSTEM = "国家数据产权登记服务系统（示范）"
ID = "0x" + "1d" * 32
Value = dict[str, Any]


def item(registration: str = ID, **changes: Any) -> Value:
    none = dict.fromkeys(("record", "until", "code", "expiry"))
    return {"registration": registration} | none | changes


def receipt(kind: str, *items: Value, **changes: Any) -> Value:
    """The members, with the digest that they have unless told otherwise."""
    value: Value = {
        "form": "registry.receipt/1",
        "kind": kind,
        "issuer": SYSTEM,
        "reference": f"回执{secrets.token_hex(8)}",
        "registrar": 990,
        "effective": 1_790_000_000,
        "items": list(items),
        "original": None,
        "replaces": None,
        "digest": "0x" + "00" * 32,
        "signature": None,
    } | changes
    if "digest" not in changes:
        said = {name: each for name, each in value.items() if name not in ("digest", "signature")}
        value["digest"] = content_hash(canonical(said))
    return value


def written(value: Value) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=2).encode()


def fresh() -> str:
    return to_hex(secrets.token_bytes(32))
