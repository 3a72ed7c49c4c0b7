"""The dataclasses of `whitehot.record` behave like the standard ones, as far as they go."""

from __future__ import annotations

import copy
import pickle

import pytest

from whitehot.record import dataclass, field, replace


@dataclass(frozen=True, slots=True)
class Point:
    """Equal by value, and hashable."""

    x: int
    y: int = 2

    @property
    def total(self) -> int:
        return self.x + self.y


@dataclass(eq=False, repr=False, slots=True)
class Node:
    """Equal by identity."""

    name: str
    edges: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Loose:
    """Equal by value, not hashable, with a text of its own."""

    value: float = 0.0

    def __repr__(self) -> str:
        return "loose"


def test_frozen() -> None:
    """Frozen instances compare, hash and print by value."""
    assert Point(1) == Point(1, 2) == Point(y=2, x=1) != Point(1, 3)
    assert len({Point(1), Point(1), Point(2)}) == 2
    assert repr(Point(1)) == "Point(x=1, y=2)"
    assert Point(1).total == 3
    assert Point(1) != Loose()  # type: ignore[comparison-overlap]
    match Point(1):
        case Point(x, y):
            assert (x, y) == (1, 2)


def test_by_identity() -> None:
    """Without `eq`, each instance is only equal to itself; factories are called anew."""
    one, other = Node("a"), Node("a")
    assert one != other
    assert len({one, other}) == 2
    assert one.edges is not other.edges
    assert repr(one).startswith("<")


def test_mutable() -> None:
    """What compares by value and may change has no hash; methods of the class stay."""
    assert Loose() == Loose(0.0)
    assert repr(Loose()) == "loose"
    with pytest.raises(TypeError):
        hash(Loose())


def test_replace() -> None:
    """Changed copies; unknown names and missing arguments are refused."""
    assert replace(Point(1), y=5) == copy.replace(Point(1), y=5) == Point(1, 5)
    with pytest.raises(TypeError):
        replace(Point(1), z=1)
    with pytest.raises(TypeError):
        Point()  # type: ignore[call-arg]


def test_slots_and_pickles() -> None:
    """There is no instance dict, and instances can be pickled."""
    assert not hasattr(Point(1), "__dict__")
    assert pickle.loads(pickle.dumps(Point(1, 7))) == Point(1, 7)
    assert Point.__qualname__ == "Point"
    assert Point.__doc__ == "Equal by value, and hashable."
