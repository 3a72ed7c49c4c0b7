"""Records as bytes and back."""

from __future__ import annotations

import math
from enum import Enum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whitehot import wire
from whitehot.record import dataclass


class Colour(Enum):
    RED = 1
    BLUE = (2, "blue")


@dataclass(frozen=True)
class Point:
    x: object
    y: object = 0


@dataclass(frozen=True)
class Single:
    only: object


@dataclass(frozen=True)
class Empty:
    pass


PLAIN = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.binary() | st.just(Ellipsis)
)
HASHABLE = st.recursive(
    PLAIN | st.sampled_from(Colour),
    lambda inner: st.tuples(inner, inner) | st.frozensets(inner, max_size=3) | st.builds(Point, inner, inner),
    max_leaves=8,
)
VALUES = st.recursive(
    HASHABLE,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(PLAIN, inner, max_size=3)
        | st.sets(HASHABLE, max_size=3)
        | st.builds(Point, inner, inner)
        | st.builds(Single, inner)
    ),
    max_leaves=12,
)


def kinds(value: object) -> object:
    """The types of which a value consists, in the same arrangement; those of what sets hold, in any order."""
    if isinstance(value, set | frozenset):
        return type(value), sorted(map(repr, map(kinds, value)))
    if isinstance(value, list | tuple):
        return type(value), list(map(kinds, value))
    if isinstance(value, dict):
        return dict, [(kinds(key), kinds(item)) for key, item in value.items()]
    if isinstance(value, Point):
        return Point, kinds(value.x), kinds(value.y)
    return (Single, kinds(value.only)) if isinstance(value, Single) else type(value)


@given(VALUES)
def test_round_trip(value: object) -> None:
    """What comes back is the same."""
    copy = wire.loads(wire.dumps(value))
    assert copy == value
    assert kinds(copy) == kinds(value)


ROWS = st.one_of(
    st.lists(st.builds(Point, HASHABLE, HASHABLE), max_size=8),
    st.lists(st.builds(Point, PLAIN, st.tuples(PLAIN, PLAIN)), max_size=8),
    st.lists(st.builds(Single, st.sampled_from(Colour)), max_size=8),
    st.lists(st.sampled_from(Colour), max_size=8),
    st.lists(st.builds(Empty) | st.builds(Single, PLAIN), max_size=8),
)


@given(ROWS)
def test_rows(items: list[object]) -> None:
    """Many records or members of enumerations of one class in a row, which become columns, come back as they were."""
    row = tuple(items)
    copy = wire.loads(wire.dumps(row))
    assert copy == row
    assert kinds(copy) == kinds(row)


def test_edges() -> None:
    """Numbers that equality does not tell apart; members of enumerations are the very same."""
    assert math.isnan(wire.loads(wire.dumps(math.nan)))
    assert math.copysign(1, wire.loads(wire.dumps(-0.0))) == -1
    assert wire.loads(wire.dumps([True, 1, 1.0])) == [True, 1, 1.0]
    assert list(map(type, wire.loads(wire.dumps([True, 1, 1.0])))) == [bool, int, float]
    assert wire.loads(wire.dumps(Point(Colour.BLUE, [Colour.RED]))).x is Colour.BLUE
    assert wire.loads(wire.dumps("\ud800")) == "\ud800"


def test_unknown() -> None:
    """Other objects are refused."""
    with pytest.raises((ValueError, AttributeError)):
        wire.dumps(object())
