"""When the compiler is worth loading, told by a clock of the test's own."""

from __future__ import annotations

import pytest

from whitehot.runtime import proof
from whitehot.runtime.proof import Proof


class Clock:
    """Stands in for the module `time`."""

    def __init__(self) -> None:
        self.now = 0.1

    def process_time(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    found = Clock()
    monkeypatch.setattr(proof, "time", found)
    return found


def hot() -> None:
    """Some code."""


CODE = hot.__code__
PLACE = (id(CODE), 0)


def become_hot(judge: Proof, clock: Clock, seconds: float, *, is_kept: bool = False) -> float:
    """200 calls take so long; what is missing then."""
    assert judge.look(PLACE, lambda: True)
    clock.now += seconds
    return judge.missing(CODE, 0, None, 200, lambda: is_kept)


def test_busy_code_proves_itself_twice(clock: Clock) -> None:
    """After the time that every program is given; and a little later once more."""
    judge = Proof(0.2)
    assert become_hot(judge, clock, 0.0001) == pytest.approx(0.0999)
    clock.now = 0.21
    assert judge.begin() == {id(CODE)}
    assert become_hot(judge, clock, 0.0001) == proof._BETWEEN_PROOFS
    clock.now += proof._BETWEEN_PROOFS
    assert judge.begin() == {id(CODE)}
    assert become_hot(judge, clock, 0.0001) == 0


def test_code_that_runs_now_and_then_proves_nothing(clock: Clock) -> None:
    """It is looked at again when the program has run for a quarter longer, and has to prove itself twice then."""
    judge = Proof(0.05)
    assert become_hot(judge, clock, 0.0001) == proof._BETWEEN_PROOFS
    judge.begin()
    assert become_hot(judge, clock, 0.02) == pytest.approx(clock.now / 4)
    judge.begin()
    assert become_hot(judge, clock, 0.0001) == proof._BETWEEN_PROOFS
    judge.begin()
    assert become_hot(judge, clock, 0.0001) == 0


def test_loop_around_hot_code_disproves_nothing(clock: Clock) -> None:
    """What takes its time is the code within, which is found to be hot in every other look."""
    judge = Proof(0.05)
    outer = (PLACE[0], 20)
    assert become_hot(judge, clock, 0.0001) == proof._BETWEEN_PROOFS
    judge.begin()
    assert judge.look(outer, lambda: True)
    clock.now += 0.02
    assert judge.missing(CODE, 20, 90, 200, lambda: False) > proof._BETWEEN_PROOFS
    judge.begin()
    assert become_hot(judge, clock, 0.0001) == 0


def test_code_with_native_code_proves_itself_once(clock: Clock) -> None:
    """An earlier process has found it worth while: once is enough then, but not to run now and then, and not earlier."""
    judge = Proof(0.2)
    assert become_hot(judge, clock, 0.0001, is_kept=True) == pytest.approx(0.0999)
    clock.now = 0.21
    judge.begin()
    assert become_hot(judge, clock, 0.02, is_kept=True) == pytest.approx(clock.now / 4)
    judge.begin()
    assert become_hot(judge, clock, 0.0001, is_kept=True) == 0


def test_no_waiting(clock: Clock) -> None:
    """WHITEHOT_LOAD_AFTER=0: the first hot code is enough, whatever else the program does."""
    assert become_hot(Proof(0), clock, 5.0) == 0


def test_code_never_seen_warm(clock: Clock) -> None:
    """With thresholds so low that code is never warm before it is hot, there is nothing to measure."""
    clock.now = 1.0
    assert Proof(0.03).missing(CODE, 0, None, 1, lambda: False) == 0


def test_a_bad_impression_lasts(clock: Clock) -> None:
    """Code of another kind is not looked at again before the program has run for twice as long."""
    judge = Proof(0.03)
    looks = []

    def is_promising() -> bool:
        looks.append(clock.now)
        return False

    for clock.now in (0.1, 0.15, 0.199, 0.2, 0.3, 0.41):
        assert not judge.look(PLACE, is_promising)
    assert looks == [0.1, 0.2, 0.41]


def test_memory_is_bounded() -> None:
    """A program may make code without end."""
    judge = Proof(0.03)
    for address in range(3 * proof._MOST):
        judge.look((address, 0), (lambda: True) if address % 2 else (lambda: False))
    assert len(judge._warm_at) + len(judge._turned_down) <= proof._MOST + 1
