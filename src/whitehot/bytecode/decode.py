"""The instructions and the exception table of a code object, decoded by tables, with what the interpreter has learnt.

`dis` would give the same and more, at several times the cost; the tests hold the two together.
"""

from __future__ import annotations

from collections.abc import Iterator
from types import CodeType

from whitehot.bytecode.feedback import NOTHING, KnownTypes, learn
from whitehot.bytecode.objects import ObjectTable
from whitehot.bytecode.snapshot import BytecodeInstruction, Handler
from whitehot.cpython import opcodes


def decode(code: CodeType, objects: ObjectTable, known: KnownTypes | None = None) -> tuple[BytecodeInstruction, ...]:
    """The instructions of a code object, with what the interpreter has learnt; cached objects get symbols from `objects`.

    Opcodes are those the program was compiled with, whatever monitoring has put in their place. EXTENDED_ARG is part of the
    instruction that it precedes.
    """
    known = known or KnownTypes()
    adaptive: bytes = code._co_code_adaptive  # type: ignore[attr-defined]  # not in typeshed
    names = code.co_names
    lines = _Lines(code)
    instructions = []
    for start, position, base, argument, end in _walk(code.co_code):
        seen = adaptive[position]
        hidden = opcodes.HIDING[seen]
        specialized = base if hidden else opcodes.NAMES[seen]
        learnt = NOTHING if hidden else learn(base, specialized, adaptive, position, names, argument, known)
        cached: tuple[tuple[str, str], ...] = ()
        if learnt.descriptor is not None:
            cached = (("descr", objects.symbol_for(learnt.descriptor)),)
        instructions.append(
            BytecodeInstruction(
                start, base, specialized, argument, end, _target(base, argument, end), lines.at(position),
                learnt.caches, learnt.types, learnt.ran, cached, position - start,
            )
        )  # fmt: skip
    return tuple(instructions)


def loops_of(code: CodeType) -> dict[int, int]:
    """The byte offsets of the loops' headers, and of the last jump back to each."""
    found: dict[int, int] = {}
    for _, position, base, argument, end in _walk(code.co_code):
        target = _target(base, argument, end)
        if target is not None and target < position:
            found[target] = position
    return found


def _walk(plain: bytes) -> Iterator[tuple[int, int, str, int, int]]:
    """Of each instruction: where it starts, where its opcode is (behind EXTENDED_ARG), the opcode, its argument, and where it ends (behind its caches)."""
    start = position = argument = 0
    while position < len(plain):
        number = plain[position]
        argument = argument << 8 | plain[position + 1]
        if number == opcodes.EXTENDED_ARG:
            position += 2
            continue
        base = opcodes.NAMES[number]
        end = position + 2 + opcodes.cache_length(base)
        yield start, position, base, argument, end
        start = position = end
        argument = 0


def _target(base: str, argument: int, end: int) -> int | None:
    jump = opcodes.jump_of(base)
    if jump is None:
        return None
    return end - 2 * argument if jump.backward else end + 2 * argument


class _Lines:
    """Line numbers of a code object, asked for in increasing order of offset."""

    def __init__(self, code: CodeType) -> None:
        self._ranges: Iterator[tuple[int, int, int | None]] = code.co_lines()
        self._end = 0
        self._line: int | None = None

    def at(self, offset: int) -> int | None:
        while offset >= self._end:
            following = next(self._ranges, None)
            if following is None:
                return None
            _, self._end, self._line = following
        return self._line


def read_handlers(table: bytes) -> tuple[Handler, ...]:
    """Decode `co_exceptiontable`: four numbers an entry in 6-bit groups, the first byte of each entry marked by its top bit."""
    handlers = []
    position = 0

    def number() -> int:
        nonlocal position
        byte = table[position]
        value = byte & 63
        while byte & 64:
            position += 1
            byte = table[position]
            value = value << 6 | byte & 63
        position += 1
        return value

    while position < len(table):
        start, length, target, depth = (number() for _ in range(4))
        # The numbers count instruction units of two bytes; the depth carries the lasti flag in its lowest bit.
        handlers.append(Handler(2 * start, 2 * (start + length), 2 * target, depth >> 1, bool(depth & 1)))
    return tuple(handlers)
