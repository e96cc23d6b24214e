"""py-evm's Prague with the commonest opcodes run in fewer Python calls; nothing else differs.

Some twenty opcodes, with their PUSH, DUP and SWAP brothers, are nine tenths of what our contracts run.
py-evm asks its code for the next opcode and looks up what to do; our code does the common ones itself,
on py-evm's own stack, memory and gas meter, and hands out the others. Effects and errors are those of
the operations stood in for; a test runs random programs through both. A word on the stack stays what
py-evm allows: an int, or big-endian bytes.
"""

from collections.abc import Callable, Iterator
from functools import lru_cache
from operator import and_, or_, xor
from typing import Any

from eth.abc import MessageAPI, StateAPI, TransactionContextAPI
from eth.exceptions import (
    FullStack,
    InsufficientStack,
    InvalidInstruction,
    InvalidJumpDestination,
    OutOfGas,
)
from eth.vm import opcode_values as op
from eth.vm.code_stream import CodeStream
from eth.vm.forks.prague import PragueVM
from eth.vm.forks.prague.computation import PragueComputation
from eth.vm.forks.prague.opcodes import PRAGUE_OPCODES
from eth.vm.forks.prague.state import PragueState

WORD = 2**256 - 1
DEEPEST = 1024
# Distinct contracts whose jumps are remembered; ours are fewer.
CODES = 64

Stack = list[Any]
Operation = Callable[["Code", Stack], None]


class Code(CodeStream):
    """The code of one computation."""

    def __init__(self, code: bytes, computation: Any) -> None:
        super().__init__(code)
        self.bytes = bytes(code)
        self.computation = computation
        self.destinations = jump_destinations(self.bytes)

    def __iter__(self) -> Iterator[int]:
        """The opcodes that are left to py-evm, each when its turn comes; the others are done on the way."""
        meter, stack = self.computation._gas_meter, self.computation._stack.values
        code, end = self.bytes, len(self.bytes)
        while (position := self.program_counter) < end:
            self.program_counter = position + 1
            entry = COMMON[code[position]]
            if entry is None:
                yield code[position]
                continue
            gas, needed, operate = entry
            left = meter.gas_remaining - gas
            if left < 0:
                raise OutOfGas(f"Out of gas: Needed {gas} - Remaining {meter.gas_remaining}")
            meter.gas_remaining = left
            if len(stack) < needed:
                raise InsufficientStack(f"Wanted {needed} stack items, only had {len(stack)}")
            operate(self, stack)
        yield op.STOP


@lru_cache(maxsize=CODES)
def jump_destinations(code: bytes) -> frozenset[int]:
    """Where a JUMPDEST is an instruction, and not a byte that some PUSH carries."""
    found, position = [], 0
    while position < len(code):
        opcode = code[position]
        if opcode == op.JUMPDEST:
            found.append(position)
        position += 1 + (opcode - op.PUSH1 + 1 if op.PUSH1 <= opcode <= op.PUSH32 else 0)
    return frozenset(found)


def _int(word: Any) -> int:
    return word if type(word) is int else int.from_bytes(word, "big")


def _push(size: int) -> Operation:
    def push(code: Code, stack: Stack) -> None:
        if len(stack) >= DEEPEST:
            raise FullStack("Stack limit reached")
        start = code.program_counter
        code.program_counter = end = start + size
        word = int.from_bytes(code.bytes[start:end], "big")
        # Code that ends within its last PUSH goes on in zeros.
        stack.append(
            word if end <= len(code.bytes) else word << 8 * min(size, end - len(code.bytes))
        )

    return push


def _dup(depth: int) -> Operation:
    def dup(_: Code, stack: Stack) -> None:
        if len(stack) >= DEEPEST:
            raise FullStack("Stack limit reached")
        stack.append(stack[-depth])

    return dup


def _swap(depth: int) -> Operation:
    below = -1 - depth

    def swap(_: Code, stack: Stack) -> None:
        stack[-1], stack[below] = stack[below], stack[-1]

    return swap


def _one(result: Callable[[int], int]) -> Operation:
    def operation(_: Code, stack: Stack) -> None:
        stack[-1] = result(_int(stack[-1]))

    return operation


def _two(result: Callable[[int, int], int]) -> Operation:
    def operation(_: Code, stack: Stack) -> None:
        left, right = stack.pop(), stack[-1]
        if type(left) is not int:
            left = int.from_bytes(left, "big")
        if type(right) is not int:
            right = int.from_bytes(right, "big")
        stack[-1] = result(left, right)

    return operation


def _pop(_: Code, stack: Stack) -> None:
    stack.pop()


def _jumpdest(_: Code, __: Stack) -> None:
    pass


def _jump(code: Code, stack: Stack) -> None:
    code.program_counter = destination = _int(stack.pop())
    if destination not in code.destinations:
        if code.peek() != op.JUMPDEST:
            raise InvalidJumpDestination("Invalid Jump Destination")
        raise InvalidInstruction("Jump resulted in invalid instruction")


def _jumpi(code: Code, stack: Stack) -> None:
    condition = stack.pop(-2)
    if _int(condition):
        _jump(code, stack)
    else:
        stack.pop()


def _mload(code: Code, stack: Stack) -> None:
    start = _int(stack[-1])
    computation = code.computation
    if start + 32 > len(computation._memory._bytes):
        computation.extend_memory(start, 32)
    stack[-1] = int.from_bytes(computation._memory._bytes[start : start + 32], "big")


def _mstore(code: Code, stack: Stack) -> None:
    start, word = _int(stack.pop()), _int(stack.pop())
    computation = code.computation
    if start + 32 > len(computation._memory._bytes):
        computation.extend_memory(start, 32)
    computation._memory._bytes[start : start + 32] = word.to_bytes(32, "big")


def _table() -> tuple[tuple[int, int, Operation] | None, ...]:
    """By opcode: its gas, how many words it needs, and what it does; None for one left to py-evm."""
    found: dict[int, tuple[int, Operation]] = {
        op.POP: (1, _pop),
        op.ADD: (2, _two(lambda left, right: (left + right) & WORD)),
        op.SUB: (2, _two(lambda left, right: (left - right) & WORD)),
        op.MUL: (2, _two(lambda left, right: (left * right) & WORD)),
        op.AND: (2, _two(and_)),
        op.OR: (2, _two(or_)),
        op.XOR: (2, _two(xor)),
        op.LT: (2, _two(lambda left, right: 1 if left < right else 0)),
        op.GT: (2, _two(lambda left, right: 1 if left > right else 0)),
        op.EQ: (2, _two(lambda left, right: 1 if left == right else 0)),
        op.SHL: (2, _two(lambda by, word: (word << by) & WORD if by < 256 else 0)),
        op.SHR: (2, _two(lambda by, word: word >> by if by < 256 else 0)),
        op.ISZERO: (1, _one(lambda word: 0 if word else 1)),
        op.NOT: (1, _one(lambda word: WORD - word)),
        op.JUMP: (1, _jump),
        op.JUMPI: (2, _jumpi),
        op.JUMPDEST: (0, _jumpdest),
        op.MLOAD: (1, _mload),
        op.MSTORE: (2, _mstore),
    }
    found |= {op.PUSH1 + i: (0, _push(i + 1)) for i in range(32)}
    found |= {op.DUP1 + i: (i + 1, _dup(i + 1)) for i in range(16)}
    found |= {op.SWAP1 + i: (i + 2, _swap(i + 1)) for i in range(16)}
    known: Any = PRAGUE_OPCODES
    return tuple(
        (known[opcode].gas_cost, *found[opcode]) if opcode in found else None
        for opcode in range(256)
    )


COMMON = _table()


class Computation(PragueComputation):
    def __init__(
        self, state: StateAPI, message: MessageAPI, transaction_context: TransactionContextAPI
    ) -> None:
        super().__init__(state, message, transaction_context)
        self.code = Code(message.code, self)


class State(PragueState):
    computation_class = Computation


class VM(PragueVM):
    """Prague, as every chain knows it."""

    _state_class = State
