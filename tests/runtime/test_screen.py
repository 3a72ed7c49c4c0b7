"""The first look at hot code."""

from __future__ import annotations

import dis
import importlib
import opcode
import sys
from collections.abc import Iterator
from types import CodeType, FunctionType, SimpleNamespace
from typing import Any, cast

import pytest

from whitehot.build import builder
from whitehot.runtime.screen import UNCARRIED, is_promising

TOOL = 4


def summed(values: list[float]) -> float:
    """Arithmetic in a loop."""
    total = 0.0
    for value in values:
        total = total + value * value - 0.5
    return total


def described(values: list[str]) -> list[str]:
    """Calls in a loop."""
    found = []
    for value in values:
        found.extend(value.strip().split(value.upper()))
        found.remove(value.title().join(value.lower()))
    return found


@pytest.fixture(params=["not instrumented", "PY_START", "JUMP", "LINE", "CALL"])
def instrumented(request: Any) -> Iterator[None]:
    """Another tool looks at these functions."""
    codes = (summed.__code__, described.__code__)
    for _ in range(100):
        summed([1.0, 2.0, 3.0])
        described(["a", "b"])
    if request.param == "not instrumented":
        yield
        return
    sys.monitoring.use_tool_id(TOOL, "test")
    for code in codes:
        sys.monitoring.set_local_events(TOOL, code, getattr(sys.monitoring.events, request.param))
    summed([1.0])
    described(["a"])
    yield
    for code in codes:
        sys.monitoring.set_local_events(TOOL, code, 0)
    sys.monitoring.free_tool_id(TOOL)


def test_instrumented(instrumented: None) -> None:
    """What it says does not depend on who looks at the code."""
    assert is_promising(summed.__code__)
    assert not is_promising(described.__code__)


def test_caches_are_no_instructions() -> None:
    """The cache of an instrumented instruction may look like anything, such as the load of a name that there is not."""
    jump, load = opcode.opmap["JUMP_BACKWARD"], opcode.opmap["LOAD_GLOBAL"]
    returns = bytes([opcode.opmap["RETURN_VALUE"], 0])
    code = SimpleNamespace(
        _co_code_adaptive=bytes([opcode.opmap["INSTRUMENTED_JUMP_BACKWARD"], 2, load, 200]) + returns,
        co_code=bytes([jump, 2, 0, 0]) + returns,
        co_names=(),
    )
    assert not is_promising(cast("CodeType", code))


class RefusedError(Exception):
    """What the functions below raise."""


def checked(value: int, limit: int) -> int:
    """Arithmetic, and a check."""
    total = value + value * 2 - 1
    if total > limit:
        raise RefusedError("too much")
    return total + 1


def summed_if_possible(values: list[int], limit: int) -> int:
    """A loop that goes on after what was raised in it: there are two jumps back to its beginning."""
    total = 0
    for value in values:
        try:
            total = total + checked(value, limit) * 2 - 1
        except RefusedError:
            total = total + 1
            continue
    return total


@pytest.mark.parametrize("limit", [10, 10**9])
def test_raising(limit: int) -> None:
    """Code that raises often is left to the interpreter; code that could raise is not."""
    functions: list[Any] = [FunctionType(one.__code__.replace(), globals()) for one in (checked, summed_if_possible)]
    for _ in range(100):
        functions[1]([1000, 2000], limit)
        try:
            functions[0](1000, limit)
        except RefusedError:
            continue
    check, loop = (one.__code__ for one in functions)
    assert is_promising(check) == (limit > 10)
    header, end = min(
        (jump.jump_target, jump.offset) for jump in dis.get_instructions(loop) if jump.opname == "JUMP_BACKWARD"
    )
    assert is_promising(loop, header, end) == (limit > 10)


def test_names_beyond_a_byte() -> None:
    """Names are found where there are more of them than fit the argument of one instruction."""
    names = [f"name{i}" for i in range(300)]
    text = f"def many(x):\n    ({', '.join(names)},)\n    return " + " + ".join(["min(x, 1)"] * 8) + "\n"
    space: dict[str, Any] = dict.fromkeys(names, 0)
    exec(text, space)
    for _ in range(100):
        space["many"](3)
    assert is_promising(space["many"].__code__)


def named(numbers: list[int]) -> list[str]:
    """Arithmetic, and an f-string in each round."""
    found: list[str] = []
    for number in numbers:
        changed = (number * 48271 + 7) * 3 - number
        found.append(f"word {changed + number * 2}")
    return found


def tabled(numbers: list[int]) -> dict[int, int]:
    """Arithmetic, and an item of a dict in each round."""
    return {i: (number * 3 + i * 7) - number for i, number in enumerate(numbers)}


def guarded(numbers: list[int]) -> int:
    """Arithmetic, and an f-string in what never runs."""
    total = 0
    for number in numbers:
        if number < 0:
            raise RefusedError(f"{number} is less than nothing, after {total}")
        total = total + number * 3 - 1
    return total


@pytest.mark.parametrize(("function", "promising"), [(named, False), (tabled, False), (guarded, True)])
def test_what_native_code_leaves_at(function: Any, promising: bool) -> None:
    """Code that leaves in each round is left to the interpreter; code that could leave is not."""
    for _ in range(200):
        function([1000, 2000, 3000])
    code = function.__code__
    header, end = next(
        (jump.jump_target, jump.offset)
        for jump in dis.get_instructions(code)
        if jump.opname.startswith("JUMP_BACKWARD")
    )
    assert is_promising(code, header, end) == promising


def test_what_the_builder_carries() -> None:
    """None of the opcodes that are said to leave have a form."""
    importlib.import_module("whitehot.build.driver")
    assert not UNCARRIED & builder.BYTECODES.keys()
