"""The common opcodes as py-evm runs them and as we do

- random programs, of random bytes and of plausible instructions
    ├── end with the same output, gas, error, logs and storage
    └── the same when gas runs out at any point
- jumps into the data of a PUSH are refused
- every one of the common opcodes is reached
"""

from typing import Any

import pytest
from eth.db.atomic import AtomicDB
from eth.vm import opcode_values as op
from eth.vm.chain_context import ChainContext
from eth.vm.code_stream import CodeStream
from eth.vm.forks.cancun.transaction_context import CancunTransactionContext
from eth.vm.forks.prague import PragueVM
from eth.vm.forks.prague.blocks import PragueBlockHeader
from eth.vm.message import Message
from eth_typing import Address, BlockNumber
from hypothesis import example, given, settings
from hypothesis import strategies as st

from registry.embedded.opcodes import COMMON, VM, jump_destinations

HERE, SENDER = Address(b"\xaa" * 20), Address(b"\xbb" * 20)
COMMON_ONES = [opcode for opcode in range(256) if COMMON[opcode] is not None]
# What programs need besides, to show what they found and to move by more than jumps.
OTHERS = [op.SSTORE, op.SLOAD, op.RETURN, op.REVERT, op.STOP, op.LOG1, op.PC, op.MSIZE, op.GAS]
OTHERS += [op.BYTE, op.SHA3, op.CALLDATALOAD]
OTHERS += [op.SAR, op.SDIV, op.ADDMOD, op.MSTORE8, op.MCOPY, op.CODECOPY, 0xFE]


def ran(vm: Any, code: bytes, gas: int, data: bytes) -> dict[str, Any]:
    """What is left after a program ran."""
    header = PragueBlockHeader(
        difficulty=0, block_number=BlockNumber(1), gas_limit=10**8, timestamp=1, base_fee_per_gas=7
    )
    state = vm.build_state(AtomicDB(), header, ChainContext(1337), ())
    state.set_code(HERE, code)
    message = Message(gas=gas, to=HERE, sender=SENDER, value=0, data=data, code=code)
    context = CancunTransactionContext(gas_price=7, origin=SENDER)
    end = state.computation_class.apply_message(state, message, context)
    return {
        "output": end.output,
        "gas": end.get_gas_remaining(),
        "error": type(end._error).__name__ if end.is_error else None,
        "logs": end.get_log_entries(),
        "stack": [w if isinstance(w, int) else int.from_bytes(w, "big") for w in end._stack.values]
        if not end.is_error
        else None,
        "memory": bytes(end._memory._bytes) if not end.is_error else None,
        "storage": [state.get_storage(HERE, slot) for slot in range(8)],
    }


@st.composite
def programs(draw: st.DrawFn) -> bytes:
    """Instructions that mostly find what they need on the stack, and jumps that mostly land."""
    code = bytearray()
    for _ in range(draw(st.integers(0, 60))):
        kind = draw(st.integers(0, 9))
        if kind < 5:
            small = draw(st.integers(0, 160) | st.integers(0, 2**256 - 1))
            size = max(1, (small.bit_length() + 7) // 8)
            code += bytes([op.PUSH1 + size - 1]) + small.to_bytes(size, "big")
        elif kind < 8:
            code.append(draw(st.sampled_from(COMMON_ONES)))
        elif kind == 8:
            code.append(draw(st.sampled_from(OTHERS)))
        else:
            code.append(op.JUMPDEST)
    return bytes(code)


@settings(max_examples=600, deadline=None)
@given(
    code=programs() | st.binary(max_size=80),
    gas=st.just(100_000) | st.integers(0, 400),
    data=st.binary(max_size=40),
)
@example(code=bytes([op.PUSH1, 4, op.JUMP, op.PUSH1, op.JUMPDEST]), gas=1000, data=b"")
@example(code=bytes([op.PUSH32, 1, 2]), gas=1000, data=b"")
@example(code=bytes([op.PUSH1, 0, op.BLOBHASH]), gas=1000, data=b"")
@example(code=bytes([op.PUSH1, 1] + [op.DUP1] * 1100), gas=100_000, data=b"")
@example(code=bytes([op.PUSH32] + [0xFF] * 32 + [op.MLOAD]), gas=100_000, data=b"")
@example(code=bytes([op.PUSH1, 1, op.PUSH32] + [0xFF] * 32 + [op.MSTORE]), gas=100_000, data=b"")
def test_a_program_ends_as_py_evm_ends_it(code: bytes, gas: int, data: bytes) -> None:
    assert ran(VM, code, gas, data) == ran(PragueVM, code, gas, data)


@pytest.mark.parametrize("opcode", COMMON_ONES)
@settings(max_examples=15, deadline=None)
@given(words=st.lists(st.integers(0, 2**256 - 1) | st.integers(0, 300), max_size=18))
def test_each_common_opcode_does_what_py_evms_does(opcode: int, words: list[int]) -> None:
    pushes = b"".join(bytes([op.PUSH32]) + word.to_bytes(32, "big") for word in words)
    # As the ints of a PUSH, and as the bytes that a load leaves on the stack.
    for loaded in (b"", bytes([op.CALLDATALOAD])):
        code = pushes + loaded + bytes([opcode, op.JUMPDEST])
        data = bytes(range(64))
        assert ran(VM, code, 100_000, data) == ran(PragueVM, code, 100_000, data)


@given(st.binary(max_size=120))
def test_destinations_are_those_that_py_evm_finds(code: bytes) -> None:
    stock = CodeStream(code)
    expected = {
        place
        for place, opcode in enumerate(code)
        if opcode == op.JUMPDEST and stock.is_valid_opcode(place)
    }
    assert jump_destinations(code) == expected
