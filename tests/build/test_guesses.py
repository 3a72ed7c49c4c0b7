"""What the builder guesses: of variables that are unbound before a loop (how often it builds, what comes of wrong guesses), of operands that nothing is known of."""

from __future__ import annotations

from collections.abc import Callable
from types import FunctionType
from typing import Any

import pytest

from whitehot.build import driver
from whitehot.build.builder import Unit
from whitehot.bytecode.objects import ObjectTable
from whitehot.bytecode.reader import Scope, take
from whitehot.ir import ops
from whitehot.ir.checker import check
from whitehot.ir.types import BOOL, NULLABLE, Type
from whitehot.request import Options, Request


def squares(count: int) -> int:
    """A number, bound in each round of two loops."""
    total = 0
    for i in range(count):
        square = i * i
        for j in range(3):
            part = square + j
            total += part
    return total


def lengths(rows: list[list[int]]) -> int:
    """An object, which is used as one."""
    total = 0
    for row in rows:
        total += row[0]
    return total


def mixed(rows: list[Any]) -> int:
    """Used as a number, but an object in the end."""
    total = 0
    for row in rows:
        item = 1
        total += item
        item = row
    return total


def largest(rows: dict[str, list[int]], count: int) -> int:
    """Lists that operators make, and a maximum of something that nothing is known of."""
    found = [0] * count + [1]
    for i in range(count):
        found[i] = max(found[i + 1], rows["a"][i])
    return found[0]


def built(
    function: Callable[..., object], arguments: list[Any], monkeypatch: pytest.MonkeyPatch
) -> tuple[list[list[Type]], int]:
    """The types of the parameters of loops' headers, and how often the function was built."""
    assert isinstance(function, FunctionType)
    for _ in range(100):
        function(*arguments)
    builds: list[Unit] = []
    once = driver._build_once

    def build_once(unit: Unit) -> driver.Built:
        builds.append(unit)
        return once(unit)

    monkeypatch.setattr(driver, "_build_once", build_once)
    live = [*map(type, arguments)]
    snapshot = take(function.__code__, ObjectTable(), Scope.of(function), live_locals=live)
    made = driver.build(Request(snapshot, Options())).function
    check(made)
    return [[value.type for value in block.parameters] for block in made.blocks() if block.header], len(builds)


def test_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    """A number that only the loop binds is unboxed around it, beside whether it is bound: known at once, in nested loops too."""
    headers, builds = built(squares, [20], monkeypatch)
    assert builds == 1
    assert len(headers) == 2
    for types in headers:
        assert BOOL in types
        assert not any(type.nullable for type in types)


def test_objects(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is used as an object is one: a parameter that may be NULL."""
    headers, builds = built(lengths, [[[1], [2]] * 10], monkeypatch)
    assert builds == 1
    assert [type for type in headers[0] if type.is_object and type.python is None] == [NULLABLE]


def test_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    """What turns out to be an object, though it was seen used as a number, is one."""
    headers, builds = built(mixed, [[[1], [2]] * 10], monkeypatch)
    assert builds == 2
    assert NULLABLE in headers[0]
    assert BOOL not in headers[0]


def test_operands() -> None:
    """What `*` and `+` make of lists is a list with such items; of `max` of a number and something unknown, the other is one too."""
    assert isinstance(largest, FunctionType)
    for _ in range(100):
        largest({"a": [3] * 20}, 20)
    snapshot = take(largest.__code__, ObjectTable(), Scope.of(largest), live_locals=[dict, int])
    made = driver.build(Request(snapshot, Options())).function
    check(made)
    found = [instruction for block in made.blocks() for instruction in block.instructions]
    made_by = {item.name: item.result for item in found if item.operation in (ops.list_repeat, ops.list_concat)}
    assert list(made_by) == ["list_repeat", "list_concat"]
    assert all(value is not None and value.hint == "list[int]" for value in made_by.values())
    others = [item.name for item in found if item.operation in (ops.int_max, ops.call_object, ops.object_binary)]
    assert others == ["int_max"]
