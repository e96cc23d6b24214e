"""The verifier in step with the rest

- types and events are those of the package
- RLP and proofs agree with py-evm's; reading RLP takes no longer than its length
- the page that explains it names every type, event and claim
- it imports nothing else of the package
"""

import ast
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import rlp  # type: ignore[import-untyped]
from hypothesis import given
from hypothesis import strategies as st

from registry import verification
from registry.checkpoints import Checkpoint
from registry.facts import fact_types
from registry.hashes import to_hex
from registry.indexer import NOUNS
from registry.messages import Struct, message_types
from registry.registrations.acts import Claim
from registry.verification import evidence
from registry.verification.claims import STEPS
from registry.verification.shapes import ACTS, EVENTS, LEGAL, SAID_BY, SHAPES


class TestInStep:
    @pytest.mark.parametrize("name", sorted(ACTS))
    def test_types_are_those_of_the_package(self, name: str) -> None:
        known: dict[str, type[Struct]] = {kind.__name__: kind for kind in message_types()}
        known |= {"Claim": Claim, "Checkpoint": Checkpoint}
        listed = ",".join(f"{kind} {member}" for member, kind in known[name].members.items())
        assert ACTS[name] == listed

    def test_every_act_of_the_procedure_is_known(self) -> None:
        procedure = {
            kind.__name__
            for kind in message_types()
            if kind.__module__ == "registry.registrations.acts" and "verb" in vars(kind)
        }
        # These end a procedure without attestation, so that no certificate follows them.
        assert procedure - set(ACTS) == {"Refuse", "Terminate", "Withdraw"}

    def test_events_are_those_of_the_package(self) -> None:
        # Said by the indexer's own list, since a fact counts once its module is imported.
        assert {noun.__name__ for noun in NOUNS} <= set(sys.modules)
        known = {fact.event: fact for fact in fact_types()}
        for event, listed in EVENTS.items():
            members = known[event].members.items()
            assert listed == ",".join(f"{kind} {name}" for name, kind in members)
            speakers = (SAID_BY.get(event, "Registrations"),)
            # Of signed acts a certificate needs those on the registration and on its parties' keys.
            expected = ("Parties", "Registrations", "Rights") if event == "ActSigned" else speakers
            assert set(expected) <= set(known[event].contracts)

    @given(
        st.recursive(
            st.binary(max_size=80), lambda inner: st.lists(inner, max_size=20), max_leaves=60
        )
    )
    def test_rlp_is_read_as_written(self, value: Any) -> None:
        assert evidence.rlp(rlp.encode(value)) == value

    def test_rlp_of_many_items_is_not_copied_for_each_of_them(self) -> None:
        copied = 0

        class Watched(bytes):
            def __getitem__(self, place: Any) -> Any:
                nonlocal copied
                found = super().__getitem__(place)
                if isinstance(found, int):
                    return found
                copied += len(found)
                return Watched(found)

        data = rlp.encode([b"\x01"] * 1000)
        assert len(evidence.rlp(Watched(data))) == 1000
        assert copied <= len(data)

    @given(st.binary(max_size=200))
    def test_rlp_of_anything_is_read_or_wrong(self, data: bytes) -> None:
        with suppress(evidence.Wrong):
            evidence.rlp(data)

    @pytest.mark.parametrize("count", [1, 2, 16, 127, 128, 129, 300])
    def test_a_receipt_is_proven_at_its_own_place_alone(self, count: int) -> None:
        from trie.hexary import HexaryTrie

        trie: Any = HexaryTrie({})
        values = [rlp.encode([place, b"x" * 40]) for place in range(count)]
        for place, value in enumerate(values):
            trie.set(rlp.encode(place), value)
        for place in {0, 1, count // 2, count - 1} & set(range(count)):
            proof = [to_hex(rlp.encode(node)) for node in trie.get_proof(rlp.encode(place))]
            assert evidence.prove(trie.root_hash, place, proof) == values[place]
            for other in {place + 1, place + 128, place + 256}:
                with pytest.raises(evidence.Wrong):
                    evidence.prove(trie.root_hash, other, proof)
            with pytest.raises(evidence.Wrong):
                evidence.prove(trie.root_hash, place, [*proof, proof[-1]])

    def test_the_page_that_explains_it_names_every_type_event_and_claim(self) -> None:
        root = Path(verification.__file__).parent.parent.parent
        page = (root / "docs/verification.md").read_text()
        for name, listed in (SHAPES | EVENTS).items():
            assert f"\n{name}({listed})\n" in page
        for number, step in enumerate(STEPS, 1):
            rests = ", ".join(step.after) or "—"
            needed = "yes" if step.needed else "no"
            row = f"| {number} | {step.name} | {step.en} | {step.zh} | {rests} | {needed} |"
            assert row in page
            assert f"\n{number}. **{step.name}**" in page
        for sentence in LEGAL.values():
            assert sentence["en"] in page
            assert sentence["zh"] in page

    def test_it_needs_nothing_else_of_the_package(self) -> None:
        allowed = {"coincurve", "eth_hash", "rfc8785", "registry.verification"}
        standard = {"argparse", "hashlib", "json", "re", "sys", "collections", "dataclasses"}
        standard |= {"datetime", "functools", "pathlib", "typing", "unicodedata"}
        for path in Path(verification.__file__).parent.glob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.ImportFrom):
                    assert node.module is not None
                    parts = node.module.split(".")
                    own = ".".join(parts[:2]) if parts[0] == "registry" else parts[0]
                    assert own in allowed | standard, f"{path.name} imports {node.module}"
                elif isinstance(node, ast.Import):
                    assert {alias.name for alias in node.names} <= allowed | standard
