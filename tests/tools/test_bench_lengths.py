"""How the benchmark runner finds out how much work takes plain CPython so long: with made-up timings."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from whitehot.tools.bench_lengths import Calibrator, Trial, next_size
from whitehot.tools.bench_measure import whole_seconds

START = 0.03


class Machine:
    """A machine on which work of some size takes exactly `work(size)` seconds; it notes what it was asked to run."""

    def __init__(self, work: Callable[[int], float]) -> None:
        self.work = work
        self.asked: list[tuple[int, int]] = []

    def run(self, size: int, repeat: int) -> Trial:
        self.asked.append((size, repeat))
        seconds = self.work(size) * repeat
        return Trial(START + seconds, seconds)


# How the time of a size grows, and the default size.
GROWING: dict[str, tuple[Callable[[int], float], int]] = {
    "linear": (lambda size: size * 1e-5, 60_000),
    "square": (lambda size: size * size * 5e-6, 400),
    "cube": (lambda size: size**3 * 1.5e-7, 190),
    "with a constant part": (lambda size: 0.02 + size * 1e-6, 700_000),
    "n log n": (lambda size: size * size.bit_length() * 2e-6, 12_000),
}


@pytest.mark.parametrize("name", sorted(GROWING))
@pytest.mark.parametrize("seconds", [1.0, 0.2])
def test_a_size_is_found(name: str, seconds: float) -> None:
    """However the work grows, the length is near what was wanted, start-up included, after a few trials."""
    work, default = GROWING[name]
    machine = Machine(work)
    length = Calibrator(machine.run, default).whole(seconds)
    assert length.repeat == 1
    assert length.seconds == START + work(length.size)
    assert length.seconds == pytest.approx(seconds, rel=0.13)
    assert len(machine.asked) <= 8


@pytest.mark.parametrize("seconds", [1.0, 0.2])
def test_steep_work_is_repeated(seconds: float) -> None:
    """Where the next size takes nine times as long, a smaller one is repeated."""
    machine = Machine(lambda size: 9.0**size * 1.5e-9)
    length = Calibrator(machine.run, 9).whole(seconds)
    assert length.repeat > 1
    assert machine.work(length.size) < seconds / 4
    assert length.seconds == pytest.approx(seconds, rel=0.13)
    assert max(size for size, _ in machine.asked) <= 10


def test_a_size_that_comes_roughly_near_is_not_repeated() -> None:
    """Steps of a factor of 1.6 are no reason to do the work several times."""
    length = Calibrator(Machine(lambda size: 1.618**size * 6.5e-8).run, 30).whole(1.0)
    assert length.repeat == 1
    assert length.seconds == pytest.approx(1.0, rel=0.3)


def test_growing_work_is_never_run_at_a_size_out_of_reach() -> None:
    """The power law between a size that takes next to nothing and a known one keeps guesses small."""
    machine = Machine(lambda size: 1.618**size * 6.5e-8)
    calibrator = Calibrator(machine.run, 30)
    calibrator.whole(1.0)
    calibrator.whole(0.2)
    assert max(machine.work(size) * repeat for size, repeat in machine.asked) < 10


def test_sizes_are_tried_once() -> None:
    """A second length begins with all that is known from the first one."""
    machine = Machine(lambda size: size * 1e-5)
    calibrator = Calibrator(machine.run, 60_000)
    first = calibrator.whole(1.0)
    tried = len(machine.asked)
    assert calibrator.whole(1.0) == first
    assert len(machine.asked) == tried
    calibrator.whole(0.2)
    assert len(set(machine.asked)) == len(machine.asked)


def test_an_iteration_is_its_own_work() -> None:
    """Start-up does not count for an iteration, and an iteration is never repeated."""
    machine = Machine(lambda size: size * size * 5e-6)
    length = Calibrator(machine.run, 400).iteration(0.02)
    assert length.repeat == 1
    assert machine.work(length.size) == length.seconds == pytest.approx(0.02, rel=0.13)


def test_noise_does_not_keep_the_search_going() -> None:
    """Timings that contradict each other end in some size after a bounded number of trials."""
    noise = iter([1.0, 1.7, 0.6, 1.3, 0.8] * 10)
    machine = Machine(lambda size: size * 1e-5 * next(noise))
    length = Calibrator(machine.run, 60_000).whole(0.2)
    assert length.size > 1000
    assert len(machine.asked) < 30


def test_work_that_takes_no_time_is_repeated() -> None:
    """A program whose size does nothing still ends the search."""
    machine = Machine(lambda _: 1e-5)
    assert Calibrator(machine.run, 3).whole(0.1).repeat > 1000


def test_guesses_follow_the_power_law() -> None:
    """Between two sizes and beyond them, to three digits, at most twice as far; none when the guess is known."""
    assert next_size({100: 0.01, 400: 0.16}, 0.04) == 200
    assert next_size({6_000: 0.25, 12_000: 0.5}, 0.1477) == 3540
    assert next_size({6_000: 0.25, 12_000: 0.5}, 5.0) == 24_000
    assert next_size({8: 0.1, 9: 0.9}, 0.3) is None


def test_lengths_are_written_as_seconds() -> None:
    """`1s` and `0.2s` are times; `steady` and `warmup` are none; anything else is a mistake."""
    assert [whole_seconds(word) for word in ("1s", "0.2s", "steady", "warmup")] == [1.0, 0.2, None, None]
    with pytest.raises(ValueError, match="no length 'long'"):
        whole_seconds("long")
