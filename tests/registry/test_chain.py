"""The door to a chain

- what a contract said when it refused is read by our errors' names
- a stranger's contract that borrows the selector of one of ours is unknown, not our fault
"""

import pytest
from eth_abi.abi import encode

from registry.chain import decode_revert
from registry.hashes import keccak

ALREADY_FILED = keccak(b"AlreadyFiled(bytes32)")[:4]
REHEARSED = keccak(b"Rehearsed(bool[],bytes[])")[:4]


def test_an_error_of_ours_is_told_with_its_arguments() -> None:
    found = decode_revert(ALREADY_FILED + encode(["bytes32"], [b"\xab" * 32]))
    assert (found.error, found.arguments) == ("AlreadyFiled", {"registration": "0x" + "ab" * 32})


@pytest.mark.parametrize("said", [b"", b"\x01", b"\xff" * 31, b"\xff" * 96, bytes(32) * 9])
@pytest.mark.parametrize("selector", [ALREADY_FILED, REHEARSED, b"none"])
def test_whatever_follows_a_selector_is_an_answer(selector: bytes, said: bytes) -> None:
    found = decode_revert(selector + said)
    assert found.error in ("AlreadyFiled", "Rehearsed", "Unknown")
    assert found.data == "0x" + (selector + said).hex()


def test_an_error_that_lacks_its_arguments_is_none_of_ours() -> None:
    assert decode_revert(ALREADY_FILED).error == "Unknown"
