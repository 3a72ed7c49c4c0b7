"""What is learnt from specialized instructions and their caches."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FunctionType
from typing import Any

import pytest

from whitehot.bytecode.decode import decode
from whitehot.bytecode.feedback import KnownTypes, taken_share
from whitehot.bytecode.objects import ObjectTable
from whitehot.bytecode.snapshot import BytecodeInstruction


def learnt(
    function: Callable[..., Any], *arguments: object, times: int = 30, known: KnownTypes | None = None
) -> list[BytecodeInstruction]:
    """The instructions of a fresh copy of a function that has run with these arguments."""
    assert isinstance(function, FunctionType)
    fresh = FunctionType(function.__code__.replace(), function.__globals__, closure=function.__closure__)
    for _ in range(times):
        fresh(*arguments)
    return list(decode(fresh.__code__, ObjectTable(), known))


def one(instructions: list[BytecodeInstruction], opcode: str) -> BytecodeInstruction:
    (found,) = [it for it in instructions if it.opcode == opcode]
    return found


BINARY: list[tuple[Callable[..., Any], tuple[Any, ...], tuple[str | None, ...]]] = [
    (lambda a, b: a + b, (10**6, 10**6), ("int", "int")),
    (lambda a, b: a * b, (1.5, 2.5), ("float", "float")),
    (lambda a, b: a / b, (1.5, 2), ("float", "int")),
    (lambda a, b: a - b, (3, 2.5), ("int", "float")),
    (lambda a, b: a & b, (3, 2), ("int", "int")),
    (lambda a, b: a + b, ("x", "y"), ("str", "str")),
    (lambda a, b: a[b], ([1, 2], 1), ("list", "int")),
    (lambda a, b: a[b], ((1, 2), 1), ("tuple", "int")),
    (lambda a, b: a[b], ("ab", 1), ("str", "int")),
    (lambda a, b: a[b], ({"k": 1}, "k"), ("dict", None)),
    (lambda a, b: a + b, ([1], [2]), ()),
]


@pytest.mark.parametrize(("function", "arguments", "types"), BINARY)
def test_binary_operands(
    function: Callable[..., Any], arguments: tuple[Any, ...], types: tuple[str | None, ...]
) -> None:
    """The types of an operator's operands, also of the mixed ones that share one specialization."""
    found = one(learnt(function, *arguments), "BINARY_OP")
    assert (found.types, found.ran) == (types, True)
    assert found.caches == ()


def test_methods() -> None:
    """The owner of a method of a builtin type, and the method itself by its name."""
    found = one(learnt(lambda items: items.append(1), []), "LOAD_ATTR")
    assert found.types == ("list",)
    assert found.cached == (("descr", "builtin.list.append"),)


class Point:
    def __init__(self) -> None:
        self.x = 1.0

    def get(self) -> float:
        return self.x


def test_attributes_of_classes() -> None:
    """A field's owner and place, where the class is known to be alive; only versions where it is not."""
    known = KnownTypes([Point])
    point = Point()
    point.get()
    found = one(learnt(lambda p: p.x, point, known=known), "LOAD_ATTR")
    if not found.types:  # the class got its version tag after the table was made
        found = one(learnt(lambda p: p.x, point, known=KnownTypes([Point])), "LOAD_ATTR")
    assert found.types == (f"{__name__}.Point",)
    assert found.cache("index") is not None
    unknown = one(learnt(lambda p: p.x, point), "LOAD_ATTR")
    assert unknown.types == ()
    assert unknown.cache("version") == found.cache("version")


def test_a_stale_method_is_not_followed() -> None:
    """The cache may still hold a method that was replaced and has died: it is looked up by name, and no longer found there."""

    class Changing:
        def method(self) -> int:
            return 1

    instance = Changing()

    def call(owner: Any) -> Any:
        return owner.method()

    fresh = FunctionType(call.__code__.replace(), {})
    for _ in range(30):
        fresh(instance)
    assert one(list(decode(fresh.__code__, ObjectTable(), KnownTypes([Changing]))), "LOAD_ATTR").cached
    Changing.method = lambda self: 2  # type: ignore[method-assign]
    assert instance.method() == 2
    found = one(list(decode(fresh.__code__, ObjectTable(), KnownTypes([Changing]))), "LOAD_ATTR")
    assert found.specialized == "LOAD_ATTR_METHOD_WITH_VALUES"
    assert found.cached == ()


def branching(value: int) -> float:
    if value > 100:
        return value * 3.5
    return 1.5


def test_what_never_ran() -> None:
    """A path that was never taken is known, by its counters and constants; before any run everything is."""
    found = {it.line: it for it in learnt(branching, 5) if it.ran is False and it.line is not None}
    assert list(found) == [branching.__code__.co_firstlineno + 2]
    assert {it.ran for it in learnt(branching, 5, times=0)} == {False, None}


def test_history_of_jumps() -> None:
    """How often a conditional jump was taken lately, on builds that keep it."""
    found = one(learnt(branching, 5), "POP_JUMP_IF_FALSE")
    share = taken_share(found.cache("history"))
    assert share in {None, 0.0, 1.0}
    assert taken_share(None) is None
    assert taken_share(0b1100_0000_0000_0011) == 0.25


def test_iteration_and_unpacking() -> None:
    """Iterators, unpacked sequences and truth values by exact type."""

    def unpack(pairs: list[tuple[int, int]]) -> None:
        for left, right in pairs:
            if not left:
                assert right

    found = learnt(unpack, [(1, 2)] * 5)
    assert one(found, "FOR_ITER").types == ("list_iterator",)
    assert one(found, "UNPACK_SEQUENCE").types == ("tuple",)
    assert next(it for it in found if it.opcode == "TO_BOOL").types == ("int",)


def test_stores() -> None:
    """Stores see the container below the key, and the owner above the value."""

    def store(items: Any, owner: Any) -> None:
        items[0] = 1
        owner.x = 2.0

    point = Point()
    found = learnt(store, [1], point, known=KnownTypes([Point]))
    assert one(found, "STORE_SUBSCR").types == (None, "list", "int")
    assert one(found, "STORE_ATTR").types == (None, f"{__name__}.Point")


def test_no_addresses() -> None:
    """No cache holds an address of this process."""
    for function, arguments, _ in BINARY:
        for instruction in learnt(function, *arguments):
            assert all(0 <= value < 2**32 for _, value in instruction.caches)
    assert all(value < 2**32 for it in learnt(lambda: sys.maxsize) for _, value in it.caches)
