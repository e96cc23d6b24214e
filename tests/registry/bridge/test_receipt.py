"""The form of a receipt

- a sound one is read as it was written; its digest binds every member
- what it cannot be is refused, each fault with its place: unknown or missing members, a publication with
  a code, an attestation with a notice, a term that ended before it began, a registration or a code twice
- signed by a key of the national service where keys are known; unsigned where none is
"""

from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from registry.bridge.receipt import check_signature, parse, signed_bytes
from registry.errors import BadSignature, Malformed
from registry.hashes import to_hex
from tests.registry.bridge.sample_receipt import ID, fresh, item, receipt, written

NOTICE = item(until=1_790_500_000)
RESULT = item(code="SJ4412026090001", expiry=1_947_700_000)


def faults(value: dict[str, Any]) -> str:
    with pytest.raises(Malformed) as refusal:
        parse(written(value))
    return " ".join(f"{each.pointer} {each.detail}" for each in refusal.value.flaws)


class TestForm:
    def test_is_read_as_it_was_written(self) -> None:
        value = receipt("ATTESTATION", RESULT, item(fresh()))
        found = parse(written(value))
        assert found.model_dump(mode="json") == value
        assert found.of(ID) == found.items[0]
        assert found.of(fresh()) is None

    @pytest.mark.parametrize(
        ("member", "other"),
        [
            ("kind", "ATTESTATION"),
            ("issuer", "其他系统"),
            ("reference", "x"),
            ("registrar", 1),
            ("effective", 1_790_000_001),
            ("items", [item(until=1_790_500_001)]),
            ("original", "0x" + "11" * 32),
            ("replaces", "0x" + "11" * 32),
        ],
    )
    def test_its_digest_binds_every_member(self, member: str, other: Any) -> None:
        value = receipt("PUBLICATION", NOTICE)
        spoilt = value | {member: other}
        if member == "kind":
            spoilt["items"] = [item()]
        assert "/digest" in faults(spoilt)

    @pytest.mark.parametrize(
        ("kind", "items", "said"),
        [
            ("PUBLICATION", (item(),), "items/0/until"),
            ("PUBLICATION", (item(until=1),), "items/0/until"),
            ("PUBLICATION", (NOTICE | {"code": RESULT["code"]},), "neither code nor expiry"),
            ("ATTESTATION", (NOTICE,), "opens no notice"),
            ("ATTESTATION", (item(expiry=1),), "after the attestation"),
            ("ATTESTATION", (item(code="SJ44120260900001"),), "/items/0/code"),
            ("ATTESTATION", (item(code="SJ4412026130001"),), "/items/0/code"),
            ("ATTESTATION", (item(), item()), "named twice"),
            ("ATTESTATION", (RESULT, item(fresh(), code=RESULT["code"])), "given twice"),
            ("ATTESTATION", (), "/items"),
            ("REMARK", (item(),), "/kind"),
        ],
    )
    def test_what_it_cannot_be_is_refused(
        self, kind: str, items: tuple[dict[str, Any], ...], said: str
    ) -> None:
        assert said in faults(receipt(kind, *items))

    def test_unknown_and_missing_members_are_refused(self) -> None:
        value = receipt("PUBLICATION", NOTICE)
        assert "/seal" in faults(value | {"seal": "红章"})
        del value["original"]
        assert "/original" in faults(value)


class TestSignature:
    @pytest.fixture
    def key(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.generate()

    def signed(self, key: Ed25519PrivateKey, **changes: Any) -> dict[str, Any]:
        value = receipt("PUBLICATION", NOTICE)
        signature = {
            "algorithm": "ED25519",
            "key": public(key),
            "signature": to_hex(key.sign(signed_bytes(value["digest"]))),
        }
        return value | {"signature": signature | changes}

    def test_of_a_known_key_holds(self, key: Ed25519PrivateKey) -> None:
        check_signature(parse(written(self.signed(key))), [public(key)])

    def test_is_needed_once_a_key_is_known(self, key: Ed25519PrivateKey) -> None:
        unsigned = parse(written(receipt("PUBLICATION", NOTICE)))
        check_signature(unsigned, [])
        with pytest.raises(BadSignature, match="must be signed"):
            check_signature(unsigned, [public(key)])

    def test_of_another_key_or_of_another_receipt_does_not_hold(
        self, key: Ed25519PrivateKey
    ) -> None:
        stranger = Ed25519PrivateKey.generate()
        with pytest.raises(BadSignature, match="must be signed"):
            check_signature(parse(written(self.signed(stranger))), [public(key)])
        other = self.signed(key)["signature"]["signature"]
        with pytest.raises(BadSignature, match="does not hold"):
            check_signature(parse(written(self.signed(key, signature=other))), [public(key)])


def public(key: Ed25519PrivateKey) -> str:
    return to_hex(key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))
