"""Any changed byte of a bundle that matters is caught and named

- every leaf that is another value: an established claim falls
- every member left out, doubled or null: the same
- any character of any text (property)
- no bundle makes the verifier raise (property); what is no bundle is malformed
- signature, date, name, holder, fingerprint, form, proof, header, checkpoint, genesis are named
"""

import copy
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from eth_utils.address import to_checksum_address
from hypothesis import given, settings
from hypothesis import strategies as st

from registry.verification import verify
from tests.registry.exported import Exported, because, verdicts

Place = tuple[int | str, ...]


def fallen(exported: Exported, bundle: Any) -> set[str]:
    """The claims that a changed bundle no longer establishes."""
    before = verdicts(verify(exported.bundle, exported.trust))
    after = verdicts(verify(bundle, exported.trust))
    return {
        name
        for name, verdict in before.items()
        if verdict == "established" and after[name] != "established"
    }


def leaves(value: Any, place: Place = ()) -> Iterator[Place]:
    if isinstance(value, dict | list):
        for key in value if isinstance(value, dict) else range(len(value)):
            yield from leaves(value[key], (*place, key))
    else:
        yield place


def members(value: Any, place: Place = ()) -> Iterator[Place]:
    """The place of every member of every object and list."""
    if isinstance(value, dict | list):
        for key in value if isinstance(value, dict) else range(len(value)):
            yield (*place, key)
            yield from members(value[key], (*place, key))


def at(value: Any, place: Place) -> Any:
    for key in place:
        value = value[key]
    return value


def changed(bundle: Any, place: Place, change: Callable[[Any], Any]) -> Any:
    found = copy.deepcopy(bundle)
    at(found, place[:-1])[place[-1]] = change(at(found, place))
    return found


def another(value: Any) -> Any:
    """A value of the same type and shape that is not this one."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    if value is None:
        return {"receipt": "0x" + "11" * 32, "effective": 1}
    if not value.startswith("0x"):
        return "ecdsa" if value == "erc1271" else "erc1271" if value == "ecdsa" else value + "x"
    last = format(int(value[-1], 16) ^ 1, "x") if len(value) > 2 else "00"
    other = value[:-1] + last
    return to_checksum_address(other.lower()) if len(value) == 42 else other


class TestAnyChangedByteThatMatters:
    def test_every_leaf_that_is_another_value_fells_a_claim(self, exported: Exported) -> None:
        unmoved = [
            place
            for place in leaves(exported.bundle)
            if not fallen(exported, changed(exported.bundle, place, another))
        ]
        assert unmoved == []

    def test_every_member_that_is_left_out_fells_a_claim(self, exported: Exported) -> None:
        unmoved = []
        for place in members(exported.bundle):
            bundle = copy.deepcopy(exported.bundle)
            del at(bundle, place[:-1])[place[-1]]
            if not fallen(exported, bundle):
                unmoved.append(place)
        assert unmoved == []

    def test_every_member_that_is_null_or_twice_there_fells_a_claim(
        self, exported: Exported
    ) -> None:
        unmoved = []
        for place in members(exported.bundle):
            nulled = changed(exported.bundle, place, lambda _: None)
            is_null = at(exported.bundle, place) is None
            if not is_null and not fallen(exported, nulled):
                unmoved.append(place)
            if isinstance(place[-1], int):
                twice = copy.deepcopy(exported.bundle)
                at(twice, place[:-1]).append(at(twice, place))
                if not fallen(exported, twice):
                    unmoved.append((*place, "twice"))
        assert unmoved == []

    @given(st.data())
    @settings(max_examples=300, deadline=None)
    def test_any_character_of_any_text_fells_a_claim(
        self, exported: Exported, data: st.DataObject
    ) -> None:
        places = [p for p in leaves(exported.bundle) if isinstance(at(exported.bundle, p), str)]
        place = data.draw(st.sampled_from(places))
        text = at(exported.bundle, place)
        spot = data.draw(st.integers(0, len(text) - 1))
        new = data.draw(
            st.sampled_from("0123456789abcdefABCDEFxX").filter(lambda c: c != text[spot])
        )
        bundle = changed(exported.bundle, place, lambda _: text[:spot] + new + text[spot + 1 :])
        assert fallen(exported, bundle)

    @given(st.data())
    @settings(max_examples=200, deadline=None)
    def test_no_bundle_makes_it_raise(self, exported: Exported, data: st.DataObject) -> None:
        place = data.draw(st.sampled_from(list(members(exported.bundle))))
        json_like = st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
            lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
            max_leaves=5,
        )
        value = data.draw(json_like)
        report = verify(changed(exported.bundle, place, lambda _: value), exported.trust)
        assert len(report.claims) == 17

    @pytest.mark.parametrize("hostile", [None, [], 7, "0x", {}, {"bundle": 1}])
    def test_what_is_no_bundle_is_malformed_and_nothing_is_established(self, hostile: Any) -> None:
        found = verdicts(verify(hostile))
        assert found.pop("shape") == "false"
        assert set(found.values()) == {"not established"}

    @pytest.mark.parametrize(
        ("place", "claim", "word"),
        [
            (("acts", 0, "signatures", 0, "signature"), "applicants", "party"),
            (("certificate", "expiry"), "certificate", "expiry"),
            (("certificate", "described", "name"), "names", "certificate says"),
            (("certificate", "described", "restrictions"), "names", "certificate says"),
            (("certificate", "rights", 0, "holder"), "certificate", "rights"),
            (("opening", "fingerprint"), "opening", "on the ledger stands"),
            (("opening", "form", "data", "name"), "opening", "the form hashes to"),
            (("receipts", 2, "proof", 0), "facts", "/receipts/2"),
            (("blocks", 1, "header"), "headers", "hashes to"),
            (("blocks", 1, "checkpoint", "signature"), "checkpoints", "/blocks/1"),
            (("genesis",), "chain", "genesis"),
        ],
    )
    def test_what_was_tampered_with_is_named(
        self, exported: Exported, place: Place, claim: str, word: str
    ) -> None:
        report = verify(changed(exported.bundle, place, another), exported.trust)
        assert verdicts(report)[claim] == "false"
        assert word in because(report, claim)
        assert report.exit_code == 7
