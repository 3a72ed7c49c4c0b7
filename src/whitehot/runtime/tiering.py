"""The tiering policy: when code goes from the interpreter to baseline code, to optimized code, and back. docs/policy.md explains it.

    interpreted ──calls, rounds──▶ baseline ──heat──▶ optimized
         ▲                            │                   │
         └──── a guess failed, an assumption broke ───────┘

What is compiled when is decided here: by counts (thresholds, heat, failures), and by how much of the program's processor time may go into
compiling. How it is done is in `engine.py` and `inventory.py`.
"""

from __future__ import annotations

import sys
import time

from whitehot.runtime.records import CodeRecord
from whitehot.runtime.units import ENDLESS, InstalledUnit
from whitehot.runtime.worker import Queue, Task, Worker
from whitehot.settings import Settings
from whitehot.tiers import Tier

#: Baseline units that may wait to be optimized; those that do least are asked again later.
MOST_WAITING = 32

#: Heat of baseline code in the stress modes: it is to be optimized soon.
_STRESS_HEAT = 20

#: How much longer code stays in the baseline after each failure, as a power of two, and the most that this is.
_PATIENCE_STEP, _MOST_PATIENCE = 1, 6

#: Seconds of processor time that compiling takes, for a byte of bytecode with its caches, until it has been measured; and that loading LLVM takes.
_SECONDS_PER_BYTE = {Tier.BASELINE: 20e-6, Tier.OPTIMIZING: 350e-6}
_SECONDS_TO_LOAD = {Tier.BASELINE: 0.0, Tier.OPTIMIZING: 0.06}

#: Seconds that the program waits at most for a piece of baseline code; and how much of its processor time, as a share, for all but the first.
_LONGEST_WAITING, _WAITING = 0.02, 0.1

#: Seconds between two looks at whether a task may be begun, at least and at most.
_SHORTEST_WAIT, _LONGEST_WAIT = 0.005, 0.5


class Budget:
    """Processor time for the tasks of one tier: a share of what the whole process has used."""

    def __init__(self, tier: Tier, share: float) -> None:
        self.tier = tier
        self.share = share
        self.spent = 0.0
        self._load = 0.0
        #: Bytes compiled, and the time that took without loading LLVM.
        self._bytes, self._seconds = 1, _SECONDS_PER_BYTE[tier]

    def estimate(self, size: int) -> float:
        """Seconds that compiling so many bytes of bytecode is likely to take: as those before did."""
        self._load = 0.0 if self.spent else _SECONDS_TO_LOAD[self.tier]
        return self._load + size * self._seconds / self._bytes

    def missing(self, size: int) -> float:
        """Seconds of processor time that the process has still to use before code of this size may be compiled; 0 where it may."""
        return max(0.0, (self.spent + self.estimate(size)) / self.share - time.process_time())

    def spend(self, size: int, seconds: float) -> None:
        """Code of this size was compiled."""
        self.spent += seconds
        self._bytes += size
        self._seconds += max(0.0, seconds - self._load)


class HottestFirst(Queue):
    """Tasks for a worker: the one whose code has done most goes first, when the budget allows it; there are at most so many."""

    def __init__(self, budget: Budget, most: int) -> None:
        self.budget = budget
        self.most = most
        self._waiting: list[Task] = []
        self._unlimited = False

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def put(self, task: Task) -> None:
        self._waiting.append(task)
        if len(self._waiting) > self.most:
            coldest = min(self._waiting, key=lambda task: (task.urgent, task.heat()))
            self._waiting.remove(coldest)
            coldest.drop()

    def take(self) -> Task | None:
        try:
            # If that is too large for now, smaller ones wait too: they would use up what it needs.
            hottest = max(self._waiting, key=lambda task: (task.urgent, task.heat()))
        except ValueError:  # there is none
            return None
        missing = 0.0 if hottest.urgent or self._unlimited else self.budget.missing(hottest.size)
        if missing:
            self.retry_after = min(max(missing, _SHORTEST_WAIT), _LONGEST_WAIT)
            return None
        self._waiting.remove(hottest)
        return hottest

    def done(self, size: int, seconds: float) -> None:
        self.budget.spend(size, seconds)

    def hurry(self) -> None:
        self._unlimited = True

    def clear(self) -> None:
        self._waiting.clear()

    def begin_anew(self) -> None:
        self._waiting.clear()
        self.budget.spent = 0.0  # as the process's own time


class Tiering:
    """The decisions, for the settings of this process."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        #: What hot code is compiled for at first, and what `whitehot.compile` does.
        self.first = Tier.OPTIMIZING if settings.tiers == "optimizing" else Tier.BASELINE
        self.best = Tier.BASELINE if settings.tiers == "baseline" else Tier.OPTIMIZING
        #: Whether the program waits for the compiler.
        self.waits = settings.compile_thread == "inline"
        #: Seconds that the program waited for baseline code, after the first.
        self.waited = 0.0
        #: A worker for each tier.
        self.workers = self._make_workers()

    def _make_workers(self) -> dict[Tier, Worker]:
        """A worker for each tier: what takes milliseconds must not wait behind what takes a second.

        Where the program waits, or nothing is to be left out (stress), or there is only one tier that is slow to compile, time has no limit.
        """
        if self.waits or self.settings.stress or self.settings.tiers == "optimizing":
            return {tier: Worker() for tier in Tier}
        share = self.settings.compile_share / 100
        return {
            Tier.BASELINE: Worker(HottestFirst(Budget(Tier.BASELINE, min(2 * share, 1.0)), sys.maxsize)),
            Tier.OPTIMIZING: Worker(HottestFirst(Budget(Tier.OPTIMIZING, share), MOST_WAITING)),
        }

    def patience(self, task: Task) -> float:
        """Seconds that the program waits at most for something that it asks of the first tier's worker; 0 if it goes on meanwhile.

        What takes a few milliseconds while the program waits takes three times as long while the two take turns, and the program interprets what is hot. But it
        never waits for a large part of its time, nor for what is large itself.
        """
        queue = self.workers[self.first].queue
        if not isinstance(queue, HottestFirst):
            return 0.0
        expected = queue.budget.estimate(task.size)
        waited = self.waited + expected
        if (
            2 * expected > _LONGEST_WAITING
            or waited > _WAITING * time.process_time()
            or queue.budget.missing(task.size)
        ):
            return 0.0
        return 2 * expected

    def heat(self, record: CodeRecord, entry: int | None, tier: Tier) -> int:
        """How much a new unit may do before it is to be optimized. Code that has failed has to prove itself for longer each time."""
        if tier is self.best or entry in record.stays:
            return ENDLESS
        if self.settings.stress:
            return _STRESS_HEAT
        return self.settings.optimize_after << min(_PATIENCE_STEP * record.failures[entry], _MOST_PATIENCE)

    def is_to_rise(self, record: CodeRecord, unit: InstalledUnit) -> bool:
        """Whether a unit that has used up its heat is to be optimized."""
        entry = unit.entry_offset
        return (
            unit.is_valid and unit.tier is not self.best and entry not in record.stays and not record.is_closed(entry)
        )
