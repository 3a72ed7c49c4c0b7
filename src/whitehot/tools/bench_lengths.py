"""Lengths: how much work makes plain CPython run for a second, or for a fifth of one.

Programs are asked for a *size*; how long a size takes is their own and the machine's business. So the lengths that a
comparison is made at are found by running plain CPython, in processor time, which a busy machine disturbs little:

    wanted: 0.2 s     sizes 12000: 0.66 s, 6000: 0.34 s  ->  3540: 0.204 s       size 3540, once
    wanted: 1 s       sizes 30: 0.15 s, ..., 34: 0.86 s, 35: 1.4 s  ->  too coarse: size 30, 8 times

Between two known sizes time is taken for a power of the size. Where the work grows so steeply that no size comes
near, a smaller one is repeated, as a program with that much to do would.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

# A length this near to the wanted one will do at once, and one this near will do when there is no better.
NEAR = 0.12
ROUGHLY = 0.3
STEPS = 8
# A repeated size takes at most this share of the wanted time.
SHARE = 0.2
# Seconds: what takes less is taken to take that.
LEAST = 1e-5


@dataclass(frozen=True)
class Trial:
    """What one process of plain CPython took: seconds in all, and those of them spent in the work itself."""

    whole: float
    work: float


@dataclass(frozen=True)
class Length:
    """The work of one process: a size, how often it is repeated, and the seconds that plain CPython took for it."""

    size: int
    repeat: int
    seconds: float


class Calibrator:
    """Finds lengths of one program, and remembers every size it has tried.

    `run(size, repeat)` runs plain CPython once. `default` is a size at which the work takes neither no time nor
    minutes.
    """

    def __init__(self, run: Callable[[int, int], Trial], default: int) -> None:
        self._run = run
        self._default = default
        self._trials: dict[int, Trial] = {}

    def whole(self, seconds: float) -> Length:
        """The work for which a whole process, from its start to its end, takes so many seconds."""
        start = self._trial(self._default)
        # A process whose start takes longer than that still does some work.
        wanted = max(seconds - (start.whole - start.work), 0.1 * seconds)
        size = self._nearest(wanted)
        if _within(ROUGHLY, self._trial(size).work, wanted):
            return Length(size, 1, self._trial(size).whole)
        while size > 1 and self._trial(size).work > SHARE * wanted:
            size = min(size - 1, round(size * 0.9))
        # From several repetitions: the first one may have to load or fill something.
        each = max((self._run(size, 4).work - self._trial(size).work) / 3, LEAST)
        repeat = 1 + max(0, round((wanted - self._trial(size).work) / each))
        done = self._run(size, repeat)
        if not _within(NEAR, done.work, wanted):
            repeat = max(1, round(repeat * wanted / done.work))
            done = self._run(size, repeat)
        return Length(size, repeat, done.whole)

    def iteration(self, seconds: float) -> Length:
        """The work, never repeated, that by itself takes nearest to so many seconds."""
        size = self._nearest(seconds)
        return Length(size, 1, self._trial(size).work)

    def _nearest(self, wanted: float) -> int:
        """The size, of those tried now or before, whose work comes nearest; far off where the work is coarse."""
        for size in (self._default, max(1, self._default // 2)):
            self._trial(size)
        for _ in range(STEPS):
            known = {size: max(trial.work, LEAST) for size, trial in self._trials.items()}
            guess = next_size(known, wanted)
            if guess is None or any(_within(NEAR, seconds, wanted) for seconds in known.values()):
                break
            self._trial(guess)
        return min(self._trials, key=lambda size: abs(math.log(max(self._trials[size].work, LEAST) / wanted)))

    def _trial(self, size: int) -> Trial:
        if size not in self._trials:
            self._trials[size] = self._run(size, 1)
        return self._trials[size]


def next_size(known: Mapping[int, float], wanted: float) -> int | None:
    """The size to try next, to three digits, given what sizes take: by a power law through those around what is wanted.

    Where all are on one side of it, through the nearest two, and no further than twice the largest. None when that is
    a size already known: no other would come nearer.
    """
    sizes = sorted(known)
    above = next((place for place, size in enumerate(sizes) if known[size] > wanted), len(sizes))
    first = min(max(above - 1, 0), max(len(sizes) - 2, 0))
    small, large = sizes[first], sizes[min(first + 1, len(sizes) - 1)]
    guess = small * (wanted / known[small]) ** (1 / _exponent(known, small, large))
    size = max(1, round(float(f"{min(guess, 2 * sizes[-1]):.2e}")))
    return None if size in known else size


def _exponent(known: Mapping[int, float], small: int, large: int) -> float:
    """How time grows between two sizes; at least like a square root, whatever noise says."""
    if small == large:
        return 1.0
    return max(math.log(known[large] / known[small]) / math.log(large / small), 0.5)


def _within(share: float, seconds: float, wanted: float) -> bool:
    return abs(seconds - wanted) <= share * wanted
