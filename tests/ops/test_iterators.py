"""Real iterators from their state, and their state from real iterators."""

from __future__ import annotations

import copy
import sys
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.ops.harness import Left, Row, compiled
from tests.ops.test_objects import balanced

from whitehot.ir import ops

IN_EVERY_TIER = True

quick = settings(max_examples=100, deadline=None, database=None)

EDGES = [0, 1, -1, 5, 2**30, 2**62, 2**63 - 1, 2**63 - 2, -(2**63), -(2**63) + 1]
words = st.sampled_from(EDGES) | st.integers(-20, 20)


@quick
@given(words, words, words.filter(bool))
def test_ranges(start: int, stop: int, step: int) -> None:
    """A range and its iterator in any state, beside Python's own."""
    made = compiled(ops.make_range)(start, stop, step)
    wanted = range(start, stop, step)
    assert made == wanted
    assert (made.start, made.stop, made.step) == (start, stop, step)
    assert compiled(ops.range_start)(wanted) == start
    assert compiled(ops.range_stop)(wanted) == stop
    assert compiled(ops.range_step)(wanted) == step
    iterator = iter(wanted)
    if type(iterator).__name__ != "range_iterator":
        with pytest.raises(Left):
            compiled(ops.range_length)(start, stop, step)
        return
    length = compiled(ops.range_length)(start, stop, step)
    for _ in range(3):
        state = tuple(
            compiled(read)(iterator) for read in (ops.range_iter_start, ops.range_iter_step, ops.range_iter_length)
        )
        assert state[2] == length
        ours = compiled(ops.make_range_iterator)(*state)
        assert type(ours) is type(iterator)
        assert ours.__reduce__() == iterator.__reduce__()
        assert [next(ours, None) for _ in range(3)] == [next(copy.copy(iterator), None), *rest(iterator, 2)]
        next(iterator, None)
        length = max(length - 1, 0)


def rest(iterator: Any, count: int) -> list[Any]:
    """The items after the next one, the iterator left as it is."""
    other = copy.copy(iterator)
    next(other, None)
    return [next(other, None) for _ in range(count)]


def test_big_ranges() -> None:
    """Bounds that do not fit leave."""
    big = range(2**70, 2**71, 2**69)
    for read in (ops.range_start, ops.range_stop, ops.range_step):
        with pytest.raises(Left):
            compiled(read)(big)
    with pytest.raises(Left):
        compiled(ops.range_length)(0, 5, 0)


CASES = [
    ([10, 20, 30], iter, ops.make_list_iterator, ops.list_iter_index, ops.list_iter_list),
    ((10, 20, 30), iter, ops.make_tuple_iterator, ops.tuple_iter_index, ops.tuple_iter_tuple),
    ("abc", iter, ops.make_str_iterator, ops.str_iter_index, ops.str_iter_str),
    ("aé\u0100", iter, ops.make_str_iterator, ops.str_iter_index, ops.str_iter_str),
    ([10, 20, 30], reversed, ops.make_list_reverse_iterator, ops.list_reverse_iter_index, ops.list_reverse_iter_list),
]


@pytest.mark.parametrize(
    ("source", "begin", "make", "index", "owner"), CASES, ids=lambda value: getattr(value, "name", None)
)
def test_sequences(source: Any, begin: Any, make: Any, index: Any, owner: Any) -> None:
    """Iterators of sequences: taken apart, made again, used up."""
    with balanced(source):
        for steps in range(4):
            real = begin(source)
            for _ in range(steps):
                next(real)
            assert compiled(owner)(real) is source
            ours = compiled(make)(source, compiled(index)(real))
            assert type(ours) is type(real)
            assert list(ours) == list(real)
            if begin is reversed:
                assert compiled(index)(real) == -1
            else:
                with pytest.raises(Left):
                    compiled(owner)(real)
            del ours, real


def test_subclasses() -> None:
    """The iterator of a list subclass is no iterator of an exact list."""

    class Items(list[int]):
        pass

    with pytest.raises(Left):
        compiled(ops.list_iter_list)(iter(Items([1])))


def test_enumerate() -> None:
    """`enumerate` in any state; beyond machine words it leaves."""
    source = iter([7, 8, 9])
    with balanced(None):
        made = compiled(ops.make_enumerate)(source, 5)
        assert type(made) is enumerate
        assert compiled(ops.enumerate_iterator)(made) is source
        assert next(made) == (5, 7)
        assert compiled(ops.enumerate_count)(made) == 6
        assert list(made) == [(6, 8), (7, 9)]
        del made
    assert list(compiled(ops.make_enumerate)(iter("ab"), 2**63 - 1)) == list(enumerate("ab", 2**63 - 1))
    assert sys.getrefcount(source) == sys.getrefcount(iter([]))  # ours only
    with pytest.raises(Left):
        compiled(ops.enumerate_count)(enumerate([], 2**70))


class Loud:
    """Dies with a noise."""

    def __del__(self) -> None:
        pass


@pytest.mark.parametrize(("made", "forget"), [(enumerate, ops.enumerate_forget), (zip, ops.zip_forget)])
def test_forgetting_what_was_given(made: Any, forget: Any) -> None:
    """Iterators that use their tuples again let go of what is in them; not where that would be heard, nor where somebody has the tuple."""
    item = [1]
    source = made([item, item])
    kept = next(source)
    before = sys.getrefcount(item)
    compiled(forget)(source)
    assert sys.getrefcount(item) == before
    assert kept[-1] is item
    del kept
    compiled(forget)(source)
    assert sys.getrefcount(item) == before - 1
    assert next(source)[-1] is item
    items: list[Any] = [Loud(), 5]
    source = made(items)
    next(source)
    items[0] = None
    with pytest.raises(Left):
        compiled(forget)(source)
    assert next(source)[-1] == 5


def test_zip() -> None:
    """`zip` of any number of iterators."""
    first, second = iter([1, 2, 3]), iter("ab")
    with balanced(None):
        made = compiled(ops.make_zip)(Row(first, second), 2)
        assert type(made) is zip
        assert compiled(ops.zip_iterator, 0)(made) is first
        assert compiled(ops.zip_iterator, 1)(made) is second
        with pytest.raises(Left):
            compiled(ops.zip_iterator, 2)(made)
        assert list(made) == [(1, "a"), (2, "b")]
        del made
    with pytest.raises(Left):
        compiled(ops.zip_iterator, 0)(zip("a", "b", strict=True))
    assert list(compiled(ops.make_zip)(Row(iter([1]), iter([2]), iter([3])), 3)) == [(1, 2, 3)]
