"""Checkpoints

- signs a final block for the domain of Registrars; anyone can recover the key
- a repeat answers the first signature, also with another key
- never signs two hashes for one number, also from two processes' connections at once
- what was signed is there after reopening
- finds the first at or after a block, and the latest
- without a key signs nothing, but still compares
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from registry.checkpoints import Checkpoint, Checkpoints, SignedCheckpoint
from registry.errors import Mismatch
from registry.keys import Key
from registry.messages import Domain
from registry.signatures import recover

DOMAIN = Domain(4_294_967_299, "0x" + "11" * 20)


@dataclass(frozen=True)
class Place:
    number: int
    hash: str


def block(number: int, digit: str = "a") -> Place:
    return Place(number, "0x" + digit * 64)


@pytest.fixture
def key() -> Key:
    return Key.fresh()


@pytest.fixture
def checkpoints(tmp_path: Path, key: Key) -> Iterator[Checkpoints]:
    opened = Checkpoints.open(tmp_path / "checkpoints.db", key.secret, DOMAIN)
    yield opened
    opened.close()


class TestSigning:
    def test_the_key_can_be_recovered(self, checkpoints: Checkpoints, key: Key) -> None:
        signed = checkpoints.sign_final(block(7))
        assert signed is not None
        digest = Checkpoint(number=7, hash=block(7).hash).digest(DOMAIN)
        assert recover(digest, signed.signature) == signed.key == key.address

    def test_a_repeat_answers_the_first_signature(
        self, checkpoints: Checkpoints, tmp_path: Path
    ) -> None:
        first = checkpoints.sign_final(block(7))
        other = Checkpoints.open(tmp_path / "checkpoints.db", Key.fresh().secret, DOMAIN)
        assert other.sign_final(block(7)) == checkpoints.sign_final(block(7)) == first
        other.close()

    def test_refuses_a_second_hash_for_a_number(self, checkpoints: Checkpoints) -> None:
        checkpoints.sign_final(block(7))
        with pytest.raises(Mismatch, match="rewritten"):
            checkpoints.sign_final(block(7, "b"))
        assert checkpoints.latest() == checkpoints.sign_final(block(7))

    def test_of_many_at_once_one_hash_wins(self, tmp_path: Path, key: Key) -> None:
        path = tmp_path / "checkpoints.db"
        many = [Checkpoints.open(path, key.secret, DOMAIN) for _ in range(8)]

        def attempt(place: int) -> SignedCheckpoint | None:
            try:
                return many[place].sign_final(block(3, "0123456789abcdef"[place]))
            except Mismatch:
                return None

        with ThreadPoolExecutor(8) as threads:
            signed = [each for each in threads.map(attempt, range(8)) if each is not None]
        assert len(signed) == 1
        assert many[0].latest() == signed[0]
        for each in many:
            each.close()

    def test_without_a_key_signs_nothing_but_compares(
        self, checkpoints: Checkpoints, tmp_path: Path
    ) -> None:
        known = checkpoints.sign_final(block(7))
        keyless = Checkpoints.open(tmp_path / "checkpoints.db", None, DOMAIN)
        assert keyless.sign_final(block(8)) is None
        assert keyless.sign_final(block(7)) == known
        with pytest.raises(Mismatch):
            keyless.sign_final(block(7, "b"))
        keyless.close()


class TestFinding:
    def test_what_was_signed_is_there_after_reopening(
        self, checkpoints: Checkpoints, tmp_path: Path, key: Key
    ) -> None:
        signed = checkpoints.sign_final(block(7))
        checkpoints.close()
        again = Checkpoints.open(tmp_path / "checkpoints.db", key.secret, DOMAIN)
        assert again.latest() == signed
        again.close()

    def test_the_first_at_or_after_and_the_latest(self, checkpoints: Checkpoints) -> None:
        assert checkpoints.latest() is None
        three, nine = checkpoints.sign_final(block(3)), checkpoints.sign_final(block(9))
        assert checkpoints.at_or_after(3) == three
        assert checkpoints.at_or_after(4) == checkpoints.at_or_after(9) == nine
        assert checkpoints.at_or_after(10) is None
        assert checkpoints.latest() == nine

    def test_the_json_names_what_was_signed(self, checkpoints: Checkpoints, key: Key) -> None:
        signed = checkpoints.sign_final(block(7))
        assert signed is not None
        assert signed.as_json() == {
            "number": 7,
            "hash": block(7).hash,
            "key": key.address,
            "signature": signed.signature,
        }
