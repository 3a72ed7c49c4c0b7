"""Free ranges: nothing is handed out twice, and everything given back is whole again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whitehot.code.ranges import FreeRanges


def test_the_worked_example() -> None:
    """The example of the module's docstring."""
    free = FreeRanges(100)
    assert free.take(30, 1) == 0
    assert free.take(16, 16) == 32
    free.give(0, 30)
    assert free.free == 84
    assert free.take(32, 1) == 0


def test_no_room() -> None:
    """What does not fit is refused, by its size or by its alignment."""
    assert FreeRanges(100).take(101, 1) is None
    free = FreeRanges(100)
    assert free.take(1, 1) == 0
    assert free.take(60, 64) is None
    assert FreeRanges(0).take(1, 1) is None


@pytest.mark.parametrize(("start", "size"), [(0, 10), (5, 10), (95, 5), (9, 2), (0, 100)])
def test_giving_what_is_free(start: int, size: int) -> None:
    """Giving back what is free already, in part or whole, is an error."""
    free = FreeRanges(100)
    assert free.take(50, 1) == 0
    free.give(0, 10)
    with pytest.raises(ValueError, match="is free already"):
        free.give(start, size)


@given(st.lists(st.tuples(st.integers(1, 200), st.sampled_from([1, 4, 16, 64]), st.integers(0, 9)), max_size=60))
def test_any_sequence(steps: list[tuple[int, int, int]]) -> None:
    """After any takes and gives, blocks are aligned and disjoint; once all are back, the whole span is free."""
    free = FreeRanges(1000)
    taken: dict[int, int] = {}
    for size, alignment, drop in steps:
        start = free.take(size, alignment)
        if start is not None:
            assert start % alignment == 0
            assert start + size <= 1000
            assert all(start + size <= other or other + length <= start for other, length in taken.items())
            taken[start] = size
        if drop < 5 and len(taken) > drop:
            victim = sorted(taken)[drop]
            free.give(victim, taken.pop(victim))
        assert free.free == 1000 - sum(taken.values())
    for start, size in taken.items():
        free.give(start, size)
    assert free.take(1000, 1) == 0
