"""The counters of the watch, without switching it on."""

from __future__ import annotations

from collections.abc import Callable
from types import CodeType

import pytest

from whitehot.runtime.counters import Counters
from whitehot.runtime.watch import Watch


def _watch() -> Watch:
    return Watch(10, 10, lambda code: True, lambda code, header, end: True, lambda code, start, end: True)


def _code(number: int) -> CodeType:
    return compile(f"{number} + x", "made.py", "eval")


def test_code_that_is_gone_is_let_go() -> None:
    """Programs that make code without end do not fill the memory; what they keep goes on being counted."""
    watch = _watch()
    in_use = [_code(number) for number in range(10)]
    for code in in_use:
        watch.count_call(code, 0)
        watch.rounds[id(code), 8] = 5
    for number in range(20_000):
        watch.count_call(_code(number), 0)
    assert len(watch.kept) <= 2100
    assert len(watch.calls) <= 2100
    for code in in_use:
        assert watch.kept[id(code)] is code
        assert watch.calls[id(code)] == 9
        assert watch.rounds[id(code), 8] == 5


def test_a_function_is_hot_after_its_threshold() -> None:
    """`on_function` is asked at the tenth call, and again at each one after it until it says no."""
    asked: list[CodeType] = []

    def on_function(code: CodeType) -> bool:
        asked.append(code)
        return len(asked) < 3

    watch = Watch(10, 10, on_function, lambda code, header, end: True, lambda code, start, end: True)
    code = _code(0)
    answers = [watch.count_call(code, 0) for _ in range(12)]
    assert len(asked) == 3
    assert [answer is None for answer in answers] == [True] * 11 + [False]


def test_counters_are_found_after_growing_and_forgetting() -> None:
    """Rows survive a larger table; those that are forgotten are gone."""
    published: list[tuple[int, int]] = []
    counters = Counters(lambda address, mask: published.append((address, mask)))
    rows = [(key * 16, place, key % 7) for key in range(1, 200) for place in (-1, 8, 32)]
    for row in rows:
        counters.put(*row)
    assert sorted(counters.rows()) == sorted(rows)
    counters.put(16, -1, 100)
    assert (16, -1, 100) in counters.rows()
    counters.forget(lambda key, place: key > 160 or place == 8)
    assert {(key, place) for key, place, _ in counters.rows()} == {(k * 16, p) for k in range(1, 11) for p in (-1, 32)}
    assert published[-1][0] != 0
    assert (published[-1][1] & (published[-1][1] + 1)) == 0


def test_native_code_takes_the_counting_over() -> None:
    """Python sees the first event and the last one; in between the table counts."""
    watch = _watch()
    watch.counters = Counters(lambda address, mask: None)
    code = _code(0)
    assert watch.count_call(code, 0) is None
    assert watch.count_call(code, 0) is None
    assert watch.counters.rows() == [(id(code), -1, 7)]
    assert watch.calls[id(code)] == 1
    assert watch.left()[0][id(code)] == 8
    watch.count_jump(code, 20, 4)
    assert watch.left()[1] == {(id(code), 4): 9}
    watch.forget_rounds(code)
    assert watch.left() == ({id(code): 8}, {})


@pytest.mark.parametrize("native", [False, True])
def test_code_that_does_not_look_promising_is_left_alone(native: bool) -> None:
    """After an eighth of the threshold somebody looks at it, once; with native counting too."""
    looked: list[tuple[int, int | None]] = []

    def is_promising(code: CodeType, start: int, end: int | None) -> bool:
        looked.append((start, end))
        return False

    watch = Watch(80, 160, lambda code: True, lambda code, header, end: True, is_promising)
    counters = watch.counters = Counters(lambda address, mask: None) if native else None
    code = _code(0)

    def events(event: Callable[[], object], place: int) -> int:
        """How many events happen until they are given up."""
        count = 1
        while event() is None:
            left = {row[1]: row[2] for row in counters.rows()}.get(place, 0) if counters else 0
            if counters and left:
                counters.put(id(code), place, 0)
            count += 1 + left
        return count

    assert events(lambda: watch.count_call(code, 0), -1) == 11
    assert events(lambda: watch.count_jump(code, 20, 4), 4) == 21
    assert looked == [(0, None), (4, 20)]
