"""Operations on live objects: results, exits, reference counts. Numbers in and out of objects, lists, tuples, references."""

from __future__ import annotations

import gc
import sys
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.ops.harness import NULL, Borrowed, Items, Left, Owned, Row, compiled, retain
from tests.ops.numbers import FLOATS, INTS, bits

from whitehot.ir import ops
from whitehot.ir.graph import Symbol

IN_EVERY_TIER = True

quick = settings(max_examples=200, deadline=None, database=None)


class IntSubclass(int):
    """No exact int."""


class FloatSubclass(float):
    """No exact float."""


class Watched:
    """An object whose death is seen."""

    def __init__(self, deaths: list[str]) -> None:
        self.deaths = deaths

    def __del__(self) -> None:
        self.deaths.append("dead")


@contextmanager
def balanced(*objects: object) -> Iterator[None]:
    """Reference counts are the same afterwards."""
    before = [sys.getrefcount(value) for value in objects]
    yield
    gc.collect()  # exceptions that were caught refer to frames
    assert [sys.getrefcount(value) for value in objects] == before


HUGE = [2**63, -(2**63) - 1, 2**64, 2**90, -(2**90), 10**40]


def test_unbox_int() -> None:
    """Exact ints that fit; no others, no subclasses, no bools."""
    for value in INTS:
        assert compiled(ops.unbox_int)(value) == value
    for other in (*HUGE, 1.0, True, IntSubclass(3), "1", None):
        with pytest.raises(Left):
            compiled(ops.unbox_int)(other)


@quick
@given(st.integers(-(2**70), 2**70))
def test_unbox_any_int(value: int) -> None:
    """Any int is unboxed if it fits, else left."""
    if -(2**63) <= value < 2**63:
        assert compiled(ops.unbox_int)(value) == value
    else:
        with pytest.raises(Left):
            compiled(ops.unbox_int)(value)


def test_box_int() -> None:
    """Boxing gives an exact int, the shared one where it is small; nothing leaks."""
    for shared in INTS:
        value = int(str(shared))  # an object to which nobody else refers
        with balanced(value):
            made = compiled(ops.box_int)(value)
            assert made == value
            assert type(made) is int
            del made
        assert compiled(ops.box_int_if)(True, value) == value
        assert compiled(ops.box_int_if)(False, value) is NULL
    assert sys.getrefcount(compiled(ops.box_int)(10**15)) <= sys.getrefcount(int(str(10**15)))


def test_floats() -> None:
    """Exact floats are unboxed to the bit; boxing is the inverse."""
    for value in FLOATS:
        assert bits(compiled(ops.unbox_float)(value)) == bits(value)
        assert bits(compiled(ops.unbox_number)(value)) == bits(value)
        made = compiled(ops.box_float)(value)
        assert bits(made) == bits(value)
        assert type(made) is float
        assert bits(compiled(ops.box_float_if)(True, value)) == bits(value)
    assert compiled(ops.box_float_if)(False, 1.0) is NULL
    for other in (1, True, FloatSubclass(1.0), None):
        with pytest.raises(Left):
            compiled(ops.unbox_float)(other)


def test_unbox_number() -> None:
    """Ints stand for the float equal to them; where there may be none, it leaves."""
    for value in (*INTS, *HUGE):
        if abs(value) <= 2**53:
            assert bits(compiled(ops.unbox_number)(value)) == bits(float(value))
        else:
            with pytest.raises(Left):
                compiled(ops.unbox_number)(value)
    for other in (True, FloatSubclass(1.0), IntSubclass(1), "1"):
        with pytest.raises(Left):
            compiled(ops.unbox_number)(other)


def test_bools() -> None:
    """True and False, and nothing equal to them."""
    for value in (False, True):
        assert compiled(ops.unbox_bool)(value) is value
        assert compiled(ops.box_bool)(value) is value
        assert compiled(ops.box_bool_if)(True, value) is value
        assert compiled(ops.box_bool_if)(False, value) is NULL
    for other in (0, 1, 1.0, None):
        with pytest.raises(Left):
            compiled(ops.unbox_bool)(other)


def test_guards() -> None:
    """Guards give the object or leave."""
    items = [1]
    with balanced(items):
        assert compiled(ops.guard_type, Symbol("PyList_Type"))(items) is items
        assert compiled(ops.guard_bound)(items) is items
        with pytest.raises(Left):
            compiled(ops.guard_type, Symbol("PyTuple_Type"))(items)
        with pytest.raises(Left):
            compiled(ops.guard_unique)(items)
        assert compiled(ops.has_type, Symbol("PyList_Type"))(items)
        assert not compiled(ops.has_type, Symbol("PyTuple_Type"))(items)
    assert compiled(ops.guard_value, Symbol("PyList_Type"))(list) is list
    with pytest.raises(Left):
        compiled(ops.guard_value, Symbol("PyList_Type"))(tuple)
    with pytest.raises(Left):
        compiled(ops.guard_bound)(NULL)
    holder = [[2]]
    assert compiled(ops.guard_unique)(Borrowed(holder)) == [2]


def test_guard_true() -> None:
    """A condition that has to hold."""
    compiled(ops.guard_true)(True)
    with pytest.raises(Left):
        compiled(ops.guard_true)(False)


def test_check_recursion() -> None:
    """There is room for one frame, and not for as many as the interpreter allows in all."""
    compiled(ops.check_recursion, 1)()
    with pytest.raises(Left):
        compiled(ops.check_recursion, sys.getrecursionlimit())()


def test_identity() -> None:
    """Identity, None and NULL."""
    first, second = [1], [1]
    assert compiled(ops.is_same)(first, first)
    assert not compiled(ops.is_same)(first, second)
    assert compiled(ops.is_same)(NULL, NULL)
    assert compiled(ops.is_none)(None)
    assert not compiled(ops.is_none)(first)
    assert not compiled(ops.is_none)(NULL)
    assert compiled(ops.is_null)(NULL)
    assert not compiled(ops.is_null)(first)


INDEXES = [0, 1, 2, 3, 4, -1, -2, -3, -4, 2**62, -(2**62), 2**63 - 1, -(2**63)]


@pytest.mark.parametrize(("operation", "make"), [(ops.list_item, list), (ops.tuple_item, tuple)], ids=str)
def test_item(operation: Any, make: Any) -> None:
    """Items by Python's indexes; outside it leaves."""
    for size in range(4):
        items = make(f"item {n}" for n in range(size))
        with balanced(items, *items):
            for index in INDEXES:
                try:
                    wanted = items[index]
                except IndexError:
                    with pytest.raises(Left):
                        compiled(operation)(items, index)
                else:
                    assert compiled(operation)(items, index) is wanted
                    del wanted


def test_row() -> None:
    """Where the items of a list lie."""
    items = [1, 2, 3]
    assert compiled(ops.list_row)(items) == Items(items).address


def test_lengths() -> None:
    """Length and truth of lists and tuples."""
    for size in range(4):
        assert compiled(ops.list_len)([0] * size) == size
        assert compiled(ops.tuple_len)((0,) * size) == size
        assert compiled(ops.list_is_true)([0] * size) is (size > 0)
        assert compiled(ops.tuple_is_true)((0,) * size) is (size > 0)


def set_item(items: list[Any], index: int, value: object) -> None:
    """`items[index] = value` by the operation that does all of it."""
    compiled(ops.list_set_item)(items, index, value)


def put_item(items: list[Any], index: int, value: object) -> None:
    """The same in parts."""
    place = compiled(ops.list_place)(len(items), index)
    compiled(ops.list_put)(items, Items(items), place, value)


@pytest.mark.parametrize("store", [set_item, put_item])
def test_list_set_item(store: Callable[[list[Any], int, object], None]) -> None:
    """The item is replaced, its reference taken over; unobserved old items die, others make it leave."""
    deaths: list[str] = []
    for old in (10**30, 1.5e300, "a text " + str(len(deaths)), b"bytes" * 3, None, True):
        items: list[object] = [0, old]
        new = ["new"]
        with balanced(old):
            retain(new)
            store(items, -1, new)
            assert items == [0, new]
            assert items[1] is new
            items[1] = old
    items = [Watched(deaths)]
    value = ["value"]
    with balanced(value), pytest.raises(Left):
        store(items, 0, value)
    assert not deaths
    assert isinstance(items[0], Watched)
    kept = items[0]
    retain(value)
    store(items, 0, value)
    assert items == [value]
    assert not deaths
    del kept
    assert deaths == ["dead"]
    with pytest.raises(Left):
        store(items, 1, value)


@pytest.mark.parametrize("store", [set_item, put_item])
def test_list_set_item_releases(store: Callable[[list[Any], int, object], None]) -> None:
    """The old item is really let go of."""
    old = str(len(sys.argv)) + " old"
    items = [old]
    before = sys.getrefcount(old)
    new = "new"
    retain(new)
    store(items, 0, new)
    assert sys.getrefcount(old) == before - 1
    # The last reference: memory is given back, and may be had again.
    for number in range(100):
        items[0] = "text " * number
        retain(new)
        store(items, 0, new)


def put_float(items: list[Any], place: int, value: float) -> None:
    """Store a float without a box."""
    compiled(ops.list_put_float)(items, Items(items), place, value)


def set_float(items: list[Any], index: int, value: float) -> None:
    """The same by the operation that does all of it."""
    compiled(ops.list_set_float)(items, index, value)


@pytest.mark.parametrize("put_float", [put_float, set_float])
@pytest.mark.parametrize("value", FLOATS)
def test_list_put_float(put_float: Callable[[list[Any], int, float], None], value: float) -> None:
    """A float that only the list holds gets the value; one that others hold, and any other object, is replaced."""
    items: list[Any] = [float(str(len(sys.argv))), 2.5]
    address = id(items[0])
    put_float(items, 0, value)
    assert bits(items[0]) == bits(value)
    assert id(items[0]) == address
    kept = items[0]
    with balanced(kept):
        put_float(items, 0, 1.25)
        assert items[0] == 1.25
        assert bits(kept) == bits(value)
        items[0] = kept
    for old in (10**30, "a text", b"bytes", None, True, 7, kept):
        items[1] = old
        with balanced(old):
            put_float(items, 1, value)
            assert type(items[1]) is float
            assert bits(items[1]) == bits(value)
            items[1] = old


def test_containers_die_quietly() -> None:
    """A container dies unnoticed unless an object dies with it, be it held there twice, whose death may be noticed."""
    deaths: list[str] = []
    kept = Watched(deaths)
    kept_twice = [kept, kept]
    quiet: list[Callable[[], object]] = [
        lambda: [kept, 1.5, 10**30],
        lambda: (kept, kept, "text " + str(len(deaths))),
        lambda: slice(0, 10**30, kept),
        lambda: kept.__init__,  # type: ignore[misc]
    ]
    seen: list[Callable[[], object]] = [
        lambda: [Watched(deaths)],
        lambda: [Watched(deaths)] * 2,
        lambda: (Watched(deaths),) * 5,
        lambda: [Watched(deaths)] * 100,
        lambda: [set()],
        lambda: slice(0, Watched(deaths)),
        lambda: Watched(deaths).__init__,  # type: ignore[misc]
        lambda: {0: Watched(deaths)},
    ]
    for make in quiet:
        items: list[Any] = [None]
        with balanced(kept):
            items[0] = make()
            retain(None)
            compiled(ops.list_put)(items, Items(items), 0, None)
            assert items == [None]
            items[0] = None
    for make in seen:
        items = [make()]
        before = len(deaths)
        with pytest.raises(Left):
            compiled(ops.list_put)(items, Items(items), 0, None)
        assert items[0] is not None
        assert len(deaths) == before
    assert kept_twice == [kept, kept]


def test_watched_method_is_seen() -> None:
    """A bound method that somebody has a weak reference to does not die unnoticed."""
    kept = Watched([])
    items: list[Any] = [kept.__init__]  # type: ignore[misc]
    reference = weakref.ref(items[0])
    with pytest.raises(Left):
        compiled(ops.list_put)(items, Items(items), 0, None)
    assert reference() is items[0]


@pytest.mark.parametrize("put_float", [put_float, set_float])
def test_list_put_float_leaves(put_float: Callable[[list[Any], int, float], None]) -> None:
    """What dies with notice makes it leave; a subclass of float is replaced, not written."""
    deaths: list[str] = []
    items: list[Any] = [Watched(deaths), FloatSubclass(2.0)]
    with pytest.raises(Left):
        put_float(items, 0, 1.0)
    assert isinstance(items[0], Watched)
    with pytest.raises(Left):
        put_float(items, 1, 1.0)
    assert items[1] == 2.0
    kept = items[1]
    put_float(items, 1, 1.0)
    assert (type(items[1]), items[1], kept) == (float, 1.0, FloatSubclass(2.0))
    assert not deaths


def test_list_get() -> None:
    """What lies at a place of the row."""
    items = ["a text", 2.5, None]
    for place, item in enumerate(items):
        with balanced(item):
            assert compiled(ops.list_get)(items, Items(items), place) is item


def test_list_append() -> None:
    """Appending grows the list as `append` does, to the byte."""
    ours: list[object] = []
    theirs: list[object] = []
    value = ["value"]
    for _ in range(200):
        retain(value)
        compiled(ops.list_append)(ours, value)
        theirs.append(value)
        assert sys.getsizeof(ours) == sys.getsizeof(theirs)
    assert ours == theirs
    before = sys.getrefcount(value)
    del ours[:], theirs[:]
    assert sys.getrefcount(value) == before - 400


def test_list_pop_last() -> None:
    """Popping shrinks the list as `pop` does, to the byte, and hands the list's reference over."""
    values = [[n] for n in range(100)]
    ours, theirs = list(values), list(values)
    with pytest.raises(Left):
        compiled(ops.list_pop_last)([])
    counts = [sys.getrefcount(value) for value in values]
    while theirs:
        assert compiled(ops.list_pop_last)(ours) is theirs.pop()
        assert sys.getsizeof(ours) == sys.getsizeof(theirs)
    assert ours == []
    assert [sys.getrefcount(value) for value in values] == [count - 2 for count in counts]


def test_list_making() -> None:
    """Fresh lists hold references of their own."""
    a, b = ["a"], ["b"]
    with balanced(a, b):
        made = compiled(ops.make_list)(Row(a, b, a), 3)
        assert made == [a, b, a]
        assert sys.getrefcount(a) >= 3
        made.append(a)
        del made
        assert compiled(ops.make_list)(Row(), 0) == []
        assert compiled(ops.list_copy)([a, b]) == [a, b]
        assert compiled(ops.list_concat)([a], [b, a]) == [a, b, a]
        assert compiled(ops.list_repeat)([a, b], 2) == [a, b, a, b]
        assert compiled(ops.list_repeat)([a, b], -2) == []
    with pytest.raises(MemoryError):
        compiled(ops.list_repeat)([a, b], 2**62)


@quick
@given(st.lists(st.integers(0, 9), max_size=6), st.integers(-9, 9) | st.sampled_from(INDEXES), st.integers(-9, 9))
def test_slices(values: list[int], start: int, stop: int) -> None:
    """Slices as Python cuts them."""
    assert compiled(ops.list_slice)(values, start, stop) == values[start:stop]
    assert compiled(ops.tuple_slice)(tuple(values), start, stop) == tuple(values)[start:stop]
    assert compiled(ops.list_slice)(values, stop, start) == values[stop:start]
    text = "".join(map(str, values))
    assert compiled(ops.str_slice)(text, start, stop) == text[start:stop]
    assert compiled(ops.str_slice)(text, stop, start) == text[stop:start]


def test_filling() -> None:
    """`new` and `init` make a list or a tuple piece by piece."""
    a = ["a"]
    with balanced(a):
        for new, init, wanted in (
            (ops.list_new, ops.list_init, [a] * 8),
            (ops.tuple_new, ops.tuple_init, (a,) * 8),
        ):
            made = compiled(new, 8)()
            for index in range(8):
                retain(a)
                compiled(init, index)(made, a)
            assert made == wanted
            del made, wanted


def test_make_tuple() -> None:
    """A tuple of the operands; the empty one is shared."""
    a, b = ["a"], ["b"]
    with balanced(a, b):
        assert compiled(ops.make_tuple)(Row(a, b), 2) == (a, b)
    assert compiled(ops.make_tuple)(Row(), 0) == ()


def test_references() -> None:
    """Counting up and down; NULL where it may be; immortal objects stay as they are."""
    value = ["value"]
    with balanced(value, None, 1):
        for up, down in (
            (ops.incref, ops.decref), (ops.xincref, ops.xdecref), (ops.incref, ops.release), (ops.incref, ops.xrelease),
            (ops.incref, ops.decref_unobserved), (ops.incref, ops.xdecref_unobserved),
        ):  # fmt: skip
            count = sys.getrefcount(value)
            compiled(up)(value)
            assert sys.getrefcount(value) == count + 1
            compiled(down)(value)
            assert sys.getrefcount(value) == count
            for immortal in (None, 1):
                compiled(up)(immortal)
                compiled(down)(immortal)
    for operation in (ops.xincref, ops.xdecref, ops.xrelease, ops.xdecref_unobserved):
        compiled(operation)(NULL)


def test_last_reference() -> None:
    """`decref` ends an object; `release` leaves instead if somebody may notice."""
    deaths: list[str] = []
    owned = Owned(Watched(deaths))
    with pytest.raises(Left):
        compiled(ops.release)(owned)
    with pytest.raises(Left):
        compiled(ops.xrelease)(owned)
    assert not deaths
    compiled(ops.decref)(owned)
    assert deaths == ["dead"]
    for number in (10**30 + len(deaths), 1e300 * len(deaths), "text " * (len(deaths) + 1)):
        compiled(ops.release)(Owned(number))
