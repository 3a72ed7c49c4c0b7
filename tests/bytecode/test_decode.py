"""Decoded instructions and exception tables against `dis`, on a great many code objects."""

from __future__ import annotations

import argparse
import asyncio.base_events
import dataclasses
import dis
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

import pytest

from whitehot.bytecode.decode import decode, read_handlers
from whitehot.bytecode.objects import ObjectTable
from whitehot.cpython import opcodes

ROOT = Path(__file__).parent.parent.parent
SOURCES = [
    *sorted((ROOT / "benchmarks").glob("*.py")),
    *(Path(module.__file__ or "") for module in (argparse, asyncio.base_events, dataclasses)),
]


def nested(code: CodeType) -> Iterator[CodeType]:
    """A code object and all inside it."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from nested(constant)


def expected(code: CodeType) -> list[tuple[object, ...]]:
    """Offset, offset of the opcode, name, argument, target and line of each instruction as `dis` has them."""
    found: list[tuple[object, ...]] = []
    for instruction in dis.get_instructions(code):
        if instruction.opname == "EXTENDED_ARG":
            continue
        target = instruction.jump_target if instruction.opname != "END_ASYNC_FOR" else None
        found.append((
            instruction.start_offset, instruction.offset, instruction.opname, instruction.arg or 0, target,
            instruction.line_number,
        ))  # fmt: skip
    return found


def check(code: CodeType) -> None:
    instructions = decode(code, ObjectTable())
    assert [
        (it.offset, it.opcode_offset, it.opcode, it.argument, it.target, it.line) for it in instructions
    ] == expected(code)
    assert [it.next_offset for it in instructions[:-1]] == [it.offset for it in instructions[1:]]
    assert not instructions or instructions[-1].next_offset == len(code.co_code)
    entries = dis._parse_exception_table(code)  # type: ignore[attr-defined]  # not in typeshed
    assert [(it.start, it.end, it.target, it.depth, it.push_lasti) for it in read_handlers(code.co_exceptiontable)] == [
        (entry.start, entry.end, entry.target, entry.depth, entry.lasti) for entry in entries
    ]


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_like_dis(source: Path) -> None:
    """Instructions, targets, lines and handlers of whole modules are what `dis` says."""
    for code in nested(compile(source.read_text(encoding="utf-8"), str(source), "exec")):
        check(code)


def long_function() -> Callable[[int], int]:
    """A function whose jumps and constants need EXTENDED_ARG."""
    body = "\n".join(f"        total += {300 + number} + n" for number in range(400))
    text = f"def long(n):\n    total = 0\n    while n:\n{body}\n        n -= 1\n    return total\n"
    namespace: dict[str, Any] = {}
    exec(text, namespace)
    function: Callable[[int], int] = namespace["long"]
    return function


def test_extended_arguments() -> None:
    """EXTENDED_ARG is part of the instruction that it precedes, whose own opcode is behind it."""
    function = long_function()
    function(2)
    check(function.__code__)
    prefixed = [it for it in decode(function.__code__, ObjectTable()) if it.prefix]
    assert {it.opcode for it in prefixed} >= {"LOAD_CONST", "JUMP_BACKWARD", "POP_JUMP_IF_FALSE"}
    assert all(it.opcode_offset == it.offset + it.prefix for it in prefixed)


def sample(values: list[int]) -> int:
    total = 0
    for value in values:
        if value > 2:
            total += value
    return total


def test_instrumented_code() -> None:
    """Monitoring hides what an instruction was specialized to, never what it is."""
    fresh = FunctionType(sample.__code__.replace(), {})
    for _ in range(20):
        fresh([1, 2, 3, 4])
    before = decode(fresh.__code__, ObjectTable())
    monitoring = sys.monitoring
    monitoring.use_tool_id(3, "test")
    try:
        for events in (
            monitoring.events.JUMP | monitoring.events.PY_START,
            monitoring.events.LINE,
            monitoring.events.BRANCH_LEFT | monitoring.events.BRANCH_RIGHT,
            monitoring.events.INSTRUCTION,
        ):
            monitoring.set_local_events(3, fresh.__code__, events)
            fresh([1, 2, 3, 4])
            after = decode(fresh.__code__, ObjectTable())
            check(fresh.__code__)
            adaptive: bytes = fresh.__code__._co_code_adaptive  # type: ignore[attr-defined]  # not in typeshed
            assert any(opcodes.HIDING[number] for number in adaptive[::2])
            for old, new in zip(before, after, strict=True):
                assert new.opcode == old.opcode
                assert new.specialized in {old.specialized, old.opcode, "RESUME"}
                assert new.types in {old.types, ()}
        monitoring.set_local_events(3, fresh.__code__, monitoring.events.JUMP | monitoring.events.PY_START)
        fresh([1, 2, 3, 4])
        # The events that whitehot itself asks for hide no feedback that matters.
        after = decode(fresh.__code__, ObjectTable())
        assert {it.specialized for it in after} >= {"FOR_ITER_LIST", "COMPARE_OP_INT", "BINARY_OP_ADD_INT"}
    finally:
        monitoring.set_local_events(3, fresh.__code__, 0)
        monitoring.free_tool_id(3)
