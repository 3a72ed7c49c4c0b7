"""Operations on any objects: results, exceptions with their text, reference counts; cells, calls and frames."""

from __future__ import annotations

import ctypes
import operator
from collections.abc import Callable
from types import CellType, CodeType
from typing import Any

import pytest
from tests.ops.harness import NULL, Left, Owned, Row, compiled, release, retain, symbol
from tests.ops.test_objects import Watched, balanced

from whitehot.ir import ops
from whitehot.ir.graph import Symbol
from whitehot.ir.operation import Operation
from whitehot.lowlevel.types import CodeObject, Frame, offset_of

IN_EVERY_TIER = True

BINARY: dict[str, Callable[[Any, Any], Any]] = {
    "PyNumber_Add": operator.add,
    "PyNumber_Subtract": operator.sub,
    "PyNumber_Multiply": operator.mul,
    "PyNumber_TrueDivide": operator.truediv,
    "PyNumber_FloorDivide": operator.floordiv,
    "PyNumber_Remainder": operator.mod,
    "PyNumber_Lshift": operator.lshift,
    "PyNumber_And": operator.and_,
    "PyNumber_InPlaceAdd": operator.iadd,
}
OBJECTS: list[Any] = [0, 7, -3, 2.5, "text", (1, 2), None, 10**30, frozenset({1})]


def both(ours: Callable[..., Any], theirs: Callable[..., Any], *operands: object) -> None:
    """The same result, or the same exception."""
    failure: Exception | None = None
    wanted = None
    try:
        wanted = theirs(*operands)
    except Exception as error:  # noqa: BLE001 - whatever it is
        failure = error
    if failure is None:
        made = ours(*operands)
        assert made == wanted
        assert type(made) is type(wanted)
    else:
        with pytest.raises(type(failure)) as caught:
            ours(*operands)
        assert str(caught.value) == str(failure)


COMPARISONS = (operator.lt, operator.le, operator.eq, operator.ne, operator.gt, operator.ge)


@pytest.mark.parametrize("a", OBJECTS, ids=repr)
def test_binary(a: Any) -> None:
    """Binary operators, powers, comparisons, membership."""
    for b in OBJECTS:
        for name, meaning in BINARY.items():
            both(compiled(ops.object_binary, Symbol(name)), meaning, a, b)
        if b != 10**30:
            both(compiled(ops.object_power), operator.pow, a, b)
        for code, compare in enumerate(COMPARISONS):
            both(compiled(ops.object_compare, code), compare, a, b)
        both(compiled(ops.object_contains), operator.contains, a, b)


@pytest.mark.parametrize("a", OBJECTS, ids=repr)
def test_unary(a: Any) -> None:
    """Unary operators, and the builtin functions behind bytecodes."""
    both(compiled(ops.object_unary, Symbol("PyNumber_Negative")), operator.neg, a)
    both(compiled(ops.object_unary, Symbol("PyNumber_Invert")), operator.invert, a)
    both(compiled(ops.object_length), len, a)
    both(compiled(ops.object_is_true), bool, a)
    both(compiled(ops.object_str), str, a)
    both(compiled(ops.object_repr), repr, a)
    both(compiled(ops.object_ascii), ascii, a)
    both(compiled(ops.object_format), format, a, ">9")
    assert compiled(ops.object_format)(a, NULL) == format(a)
    both(lambda value: list(compiled(ops.object_iter)(value)), list, a)


def test_operators_leak_nothing() -> None:
    """References are kept and given up in pairs."""
    left, right = ["left"], ["right"]
    with balanced(left, right):
        assert compiled(ops.object_binary, Symbol("PyNumber_Add"))(left, right) == ["left", "right"]
        with pytest.raises(TypeError):
            compiled(ops.object_binary, Symbol("PyNumber_Subtract"))(left, right)
        assert compiled(ops.object_compare, 0)(left, right) is True
        assert compiled(ops.object_repr)(left) == "['left']"


def test_inplace_power() -> None:
    """`**=`, also for those who define it."""

    class Powerful:
        def __ipow__(self, other: object) -> tuple[str, object]:
            return "ipow", other

    assert compiled(ops.object_inplace_power)(Powerful(), 3) == ("ipow", 3)
    assert compiled(ops.object_inplace_power)(3, 4) == 81


def test_items() -> None:
    """Reading, writing and deleting items and slices."""
    items = [0, 1, 2, 3, 4]
    key, value = "key", ["value"]
    mapping: dict[str, object] = {}
    with balanced(items, value):
        assert compiled(ops.object_item)(items, -1) == 4
        compiled(ops.object_set_item)(mapping, key, value)
        assert mapping == {"key": value}
        compiled(ops.object_delete_item)(mapping, key)
        assert mapping == {}
        with pytest.raises(KeyError):
            compiled(ops.object_delete_item)(mapping, key)
        assert compiled(ops.object_slice)(items, 1, None) == [1, 2, 3, 4]
        compiled(ops.object_set_slice)(items, None, 3, value)
        assert items == ["value", 3, 4]
        assert compiled(ops.make_slice)(1, None, NULL) == slice(1, None)
        assert compiled(ops.make_slice)(1, 2, 3) == slice(1, 2, 3)
        with pytest.raises(TypeError):
            compiled(ops.object_slice)(5, 1, 2)


def test_attributes() -> None:
    """Reading, writing and deleting attributes; the error is Python's."""

    class Owner:
        field: object

    name = symbol("field", "name.field")
    owner, value = Owner(), ["value"]
    with balanced(owner, value):
        compiled(ops.object_set_attribute, name)(owner, value)
        assert compiled(ops.object_attribute, name)(owner) is value
        compiled(ops.object_delete_attribute, name)(owner)
        both(compiled(ops.object_attribute, name), operator.attrgetter("field"), owner)
        both(compiled(ops.object_attribute, name), operator.attrgetter("field"), 3)


def test_iteration() -> None:
    """`next`: an item, NULL at the end, or what was raised."""

    def generate() -> Any:
        yield "first"
        raise ValueError("in the generator")

    iterator = generate()
    assert compiled(ops.iterator_next)(iterator) == "first"
    with pytest.raises(ValueError, match="in the generator"):
        compiled(ops.iterator_next)(iterator)
    assert compiled(ops.iterator_next)(iterator) is NULL
    assert compiled(ops.iterator_next)(iter([])) is NULL
    assert compiled(ops.iterator_next)(iter([5])) == 5

    class Ends:
        def __iter__(self) -> Ends:
            return self

        def __next__(self) -> int:
            raise StopIteration(3)

    assert compiled(ops.iterator_next)(Ends()) is NULL


def test_displays() -> None:
    """Dicts, sets and lists built piece by piece."""
    mapping = compiled(ops.dict_new)()
    compiled(ops.dict_set)(mapping, "a", 1)
    assert mapping == {"a": 1}
    members = compiled(ops.set_new)()
    compiled(ops.set_add)(members, 5)
    assert members == {5}
    with pytest.raises(TypeError):
        compiled(ops.set_add)(members, [])
    items: list[object] = [1]
    compiled(ops.list_extend)(items, range(2))
    assert items == [1, 0, 1]
    both(compiled(ops.list_extend), lambda given, source: [*given, *source], items, 5)


def test_globals() -> None:
    """Globals, then builtins; the error is Python's."""
    namespace: dict[str, object] = {"here": ["value"]}
    builtins: dict[str, object] = {"there": 5}
    spaces = symbol(namespace, "test.globals"), symbol(builtins, "test.builtins")
    here, there, nowhere = (symbol(name, f"name.{name}") for name in ("here", "there", "nowhere"))
    with balanced(namespace["here"], namespace, builtins):
        assert compiled(ops.load_global, *spaces, here)() is namespace["here"]
        assert compiled(ops.load_global, *spaces, there)() == 5
        with pytest.raises(NameError, match=r"name 'nowhere' is not defined") as caught:
            compiled(ops.load_global, *spaces, nowhere)()
        assert caught.value.name == "nowhere"
    compiled(ops.store_global, spaces[0], nowhere)("now")
    assert namespace["nowhere"] == "now"
    compiled(ops.delete_global, spaces[0], nowhere)()
    assert "nowhere" not in namespace
    with pytest.raises(NameError, match=r"name 'nowhere' is not defined"):
        compiled(ops.delete_global, spaces[0], nowhere)()


def test_cells() -> None:
    """Reading and binding a shared variable."""
    deaths: list[str] = []
    value = ["value"]
    cell = CellType()
    assert compiled(ops.cell_get)(cell) is NULL
    with balanced(value):
        retain(value)
        compiled(ops.cell_set)(cell, value)
        assert cell.cell_contents is value
        assert compiled(ops.cell_get)(cell) is value
        cell.cell_contents = Watched(deaths)
        retain(value)
        compiled(ops.cell_set)(cell, value)
        assert deaths == ["dead"]
        del cell.cell_contents


def test_call_object() -> None:
    """Calls with positional and keyword arguments; what they raise is raised."""

    def callee(*arguments: object, **keywords: object) -> object:
        return arguments, keywords

    a, b = ["a"], ["b"]
    names = symbol(("x",), "test.names")
    with balanced(a, b, callee):
        assert compiled(ops.call_object, None, 0)(callee, Row(a, b), 2) == ((a, b), {})
        assert compiled(ops.call_object, None, 0)(callee, Row(), 0) == ((), {})
        assert compiled(ops.call_object, names, 0)(callee, Row(a, b), 2) == ((a,), {"x": b})
        assert compiled(ops.call_object, None, 0)([].append, Row(a), 1) is None
        with pytest.raises(ValueError, match="invalid literal"):
            compiled(ops.call_object, None, 0)(int, Row("x"), 1)


class FakeFrame:
    """Memory laid out as a frame of some code with `count` slots, all NULL."""

    def __init__(self, code: CodeType, count: int) -> None:
        self.start = offset_of(Frame, "localsplus")
        self.memory = ctypes.create_string_buffer(self.start + 8 * count)
        self.address = ctypes.addressof(self.memory)
        self.write("f_executable", id(code) | 1)
        for slot in range(count):
            self[slot] = 1

    def write(self, field: str, word: int) -> None:
        ctypes.c_uint64.from_buffer(self.memory, offset_of(Frame, field)).value = word

    def read(self, field: str) -> int:
        return ctypes.c_uint64.from_buffer(self.memory, offset_of(Frame, field)).value

    def __getitem__(self, slot: int) -> int:
        return ctypes.c_uint64.from_buffer(self.memory, self.start + 8 * slot).value

    def __setitem__(self, slot: int, word: int) -> None:
        ctypes.c_uint64.from_buffer(self.memory, self.start + 8 * slot).value = word


def two_locals(first: object, second: object) -> object:
    return first, second


def run(operation: Operation, number: int, frame: FakeFrame, *operands: object) -> Any:
    return compiled(operation, number)(*operands, frame=frame.address)


def test_frame_reading() -> None:
    """Slots are read with and without tags; taking one moves or makes its reference."""
    frame = FakeFrame(two_locals.__code__, 4)
    value = ["value"]
    with balanced(value):
        for read, first in ((ops.frame_local, 0), (ops.frame_stack, 2)):
            assert run(read, 0, frame) is NULL
            for tag in (0, 1):
                frame[first] = id(value) | tag
                assert run(read, 0, frame) is value
                frame[first] = 1
        for take, first in ((ops.frame_take, 0), (ops.frame_take_stack, 2)):
            assert run(take, 0, frame) is NULL
            frame[first] = id(value) | 1
            assert run(take, 0, frame) is value
            assert frame[first] == 1
            retain(value)
            frame[first] = id(value)
            assert run(take, 0, frame) is value
            assert frame[first] == 1


def test_guard_frame() -> None:
    """Exactly the slots are bound that are to be; the 63rd counts in the second number."""
    frame = FakeFrame(two_locals.__code__, 64)
    frame[0] = frame[2] = frame[63] = id(None) | 1
    compiled(ops.guard_frame, 0b101, 0b10, 64)(frame=frame.address)
    for low, high, count in ((0b111, 0b10, 64), (0b001, 0b10, 64), (0b101, 0, 64), (0b101, 0b10, 63)):
        with pytest.raises(Left):
            compiled(ops.guard_frame, low, high, count)(frame=frame.address)


def test_frame_writing() -> None:
    """Slots are bound and unbound; what they held is let go of if it was counted."""
    frame = FakeFrame(two_locals.__code__, 4)
    deaths: list[str] = []
    value, other = ["value"], ["other"]
    with balanced(value, other):
        retain(value)
        run(ops.frame_store, 1, frame, value)
        assert frame[1] == id(value)
        retain(other)
        run(ops.frame_store, 1, frame, other)
        run(ops.frame_clear, 1, frame)
        assert frame[1] == 1
        frame[0] = id(value) | 1
        run(ops.frame_clear, 0, frame)
        run(ops.frame_put, 0, frame, NULL)
        assert frame[0] == 1
        retain(value)
        run(ops.frame_put, 0, frame, value)
        assert frame[0] == id(value)
        release(value)
    watched = Watched(deaths)
    retain(watched)
    frame[0] = id(watched)
    del watched
    run(ops.frame_clear, 0, frame)
    assert deaths == ["dead"]


@pytest.mark.parametrize("release_local", [ops.release_with_frame, ops.xrelease_with_frame])
def test_releasing_a_local_with_its_frame(release_local: Operation) -> None:
    """The reference goes to the slot; where that has one already, it is given up."""
    frame = FakeFrame(two_locals.__code__, 4)
    deaths: list[str] = []
    value = [2.5]
    with balanced(value):
        retain(value)
        run(release_local, 1, frame, value)
        assert frame[1] == id(value)
        retain(value)
        run(release_local, 1, frame, value)
        assert frame[1] == id(value)
        run(ops.frame_clear, 1, frame)
        run(release_local, 1, frame, True)
        assert frame[1] == id(True) | 1
        frame[1] = 1
        last = Owned(Watched(deaths))
        run(release_local, 1, frame, last)
        assert frame[1] == last.address
        assert not deaths
    run(ops.frame_clear, 1, frame)
    assert deaths == ["dead"]
    if release_local is ops.xrelease_with_frame:
        run(release_local, 0, frame, NULL)
        assert frame[0] == 1


def test_frame_instruction() -> None:
    """The place in the code is a byte offset."""
    code = two_locals.__code__
    frame = FakeFrame(code, 4)
    run(ops.frame_set_instruction, 6, frame)
    assert frame.read("instr_ptr") == id(code) + offset_of(CodeObject, "co_code_adaptive") + 6
