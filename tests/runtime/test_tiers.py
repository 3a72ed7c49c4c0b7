"""From the interpreter to baseline code, to optimized code, and back."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from whitehot.runtime.retirement import is_quiet
from whitehot.runtime.tiering import Budget, HottestFirst
from whitehot.runtime.worker import Task
from whitehot.tiers import Tier

HEAD = """
import gc, os, sys, time
import whitehot
from whitehot.reasons import Reason
from whitehot.runtime import control

def engine():
    return control._controller.engine

def tiers(name):
    return [unit["tier"] for unit in whitehot.stats().get("units", ()) if unit["name"] == name]

def tier_of(name):
    (found,) = tiers(name)
    return found

def discarded():
    return whitehot.stats()["discarded"]

"""


def output(tmp_path: Path, program: str, **variables: str) -> str:
    """What a program prints whose hot code is soon compiled and soon optimized, while it waits."""
    path = tmp_path / "program.py"
    path.write_text(HEAD + program, encoding="utf-8")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "WHITEHOT"))} | {
        "WHITEHOT_KEEP_UNITS": "0"
    }
    environment |= {
        "WHITEHOT": "1",
        "WHITEHOT_COMPILE_THREAD": "inline",
        "WHITEHOT_CALL_THRESHOLD": "40",
        "WHITEHOT_LOOP_THRESHOLD": "10",
        "WHITEHOT_OPTIMIZE_AFTER": "1000",
    }
    words = [sys.executable, "-X", "faulthandler", str(path)]
    done = subprocess.run(words, env=environment | variables, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert done.returncode == 0
    return done.stdout


LOOP = """
def summed(n):
    total = 0
    for i in range(n):
        total += i & 7
    return total
"""


def test_a_running_loop_moves_up(tmp_path: Path) -> None:
    """In the middle of the only time that it runs: it leaves the baseline unit at a back edge, once, and enters the optimized one, once."""
    program = """
print(summed(100_003) == sum(i & 7 for i in range(100_003)), tier_of("summed"))
found = whitehot.stats()["tiers"]
print(found["baseline"]["exits"], found["baseline"]["entered"], found["optimizing"]["exits"], found["optimizing"]["entered"])
print(discarded(), whitehot.stats()["discarded_code_bytes"] > 0)
summed(100)
engine().inventory.retirement.release()
print(whitehot.stats()["discarded_code_bytes"])
"""
    shown = "True optimizing\n{'TIER_UP': 1} 1 {'LOOP_EXIT': 1} 1\n{'SUPERSEDED': 1} True\n0\n"
    assert output(tmp_path, LOOP + program) == shown


@pytest.mark.parametrize("tier", ["baseline", "optimizing"])
def test_one_tier_only(tmp_path: Path, tier: str) -> None:
    """WHITEHOT_TIERS=baseline: its code runs as long as it likes. WHITEHOT_TIERS=optimizing: there is no other."""
    program = "print(summed(100_003) == sum(i & 7 for i in range(100_003)), tier_of('summed'), discarded())"
    assert output(tmp_path, LOOP + program, WHITEHOT_TIERS=tier) == f"True {tier} {{}}\n"


CALLS = """
def scaled(n):
    found = n * 3 + 1
    if found > 10_000_000:
        found -= 7
    return found

def caller(n):
    return scaled(n) + scaled(n + 1)

def units(name):
    return [unit for unit in engine().inventory.units if unit.unit.name == name]

def right(count):
    return all(caller(n) == (n * 3 + 1) + (n * 3 + 4) for n in range(count))

for n in range(100):
    scaled(n)
assert right(100)
(old,), (calling,) = units("scaled"), units("caller")
print(tier_of("scaled"), tier_of("caller"), calling in old.callers)
"""


def test_native_callers_go_on_with_better_code(tmp_path: Path) -> None:
    """Who calls a function directly calls what has taken its place from then on, and is not compiled anew. The old code goes."""
    program = """
assert right(700)
(new,) = units("scaled")
print(tier_of("scaled"), old.is_valid, units("caller") == [calling], calling in new.callers)
print(new.cell is old.cell, new.cell.word.value == new.body)
engine().inventory.retirement.release()
print(engine().inventory.retirement.units, discarded(), right(100))
"""
    first = "baseline baseline True\noptimizing False True True\nTrue True\n"
    assert output(tmp_path, CALLS + program, WHITEHOT_INLINE_LIMIT="0") == first + "[] {'SUPERSEDED': 1} True\n"


def test_callers_fall_where_they_cannot_go_on(tmp_path: Path) -> None:
    """Better code that is called in another way: callers are compiled anew, and that does not count as a failure."""
    program = """
from whitehot.runtime.units import CallCell
CallCell.fits = lambda self, signature: False
assert right(700)
(new,) = units("scaled")
print(tier_of("scaled"), new.cell is old.cell, calling.is_valid, units("caller")[0] in new.callers)
print(discarded(), dict(engine().inventory.record_of(caller.__code__).failures), right(100))
"""
    shown = "baseline baseline True\noptimizing False False True\n"
    assert output(tmp_path, CALLS + program, WHITEHOT_INLINE_LIMIT="0").startswith(shown)


def test_callers_fall_with_what_took_its_place(tmp_path: Path) -> None:
    """An assumption of the better code breaks: nobody may go on calling it."""
    program = """
assert right(700)
print(tier_of("scaled"))
FACTOR = 4
print(caller(1), units("scaled"), units("caller"))
"""
    watched = "FACTOR = 3\n" + CALLS.replace("n * 3 + 1\n", "n * FACTOR + 1\n")
    shown = "baseline baseline True\noptimizing\n14 [] []\n"
    assert output(tmp_path, watched + program, WHITEHOT_INLINE_LIMIT="0") == shown


class _Unit:
    """As much of an installed unit as decides whether somebody is in it."""

    def __init__(self, active: int, *callers: _Unit) -> None:
        self.active = SimpleNamespace(value=active)
        self.callers = set(callers)


def test_somebody_inside_an_old_callee() -> None:
    """Native code that was superseded is in use as long as somebody is in what called it, though that calls other code by now."""
    outermost = _Unit(1)
    caller = _Unit(0, outermost)
    old, new = _Unit(0, caller), _Unit(0, caller)
    units: Any = old, new
    assert [is_quiet(unit) for unit in units] == [False, False]
    outermost.active.value = 0
    assert [is_quiet(unit) for unit in units] == [True, True]


def test_functions_that_nobody_keeps_a_list_of(tmp_path: Path) -> None:
    """Function objects that native code pointed at the baseline unit come to the better one too."""
    program = """
def make():
    def scaled(n):
        return n * 3 + n * 6 - n
    return scaled

early = make()
for n in range(100):
    early(4)
made = [make() for _ in range(50)]
link = engine().inventory.linker
(old,) = [unit for unit in engine().inventory.units if unit.entry_offset is None and unit.unit.name.endswith("scaled")]
print(old.tier.value, link.entry_of(made[7]) == old.entry)
for n in range(2000):
    early(4)
new = engine().inventory.record_of(early.__code__).function_unit
print(new.tier.value, link.entry_of(early) == new.entry)
print({scaled(4) for scaled in made})
print({scaled(4) for scaled in made}, {link.entry_of(scaled) == new.entry for scaled in made})
"""
    assert output(tmp_path, program) == "baseline True\noptimizing True\n{32}\n{32} {True}\n"


def test_closures_that_come_and_go(tmp_path: Path) -> None:
    """A loop is optimized for whichever function object runs it; the one that it was compiled for is long gone. None is kept."""
    program = """
import weakref

def make(k):
    def looped(n):
        total = 0
        for i in range(n):
            total += (i & 7) * k
        return total
    return looped

found = []
for k in range(50):
    looped = make(k)
    found.append(weakref.ref(looped))
    assert looped(200) == 700 * k
print(tiers("make.<locals>.looped"))
del looped
print({reference() for reference in found})
"""
    assert output(tmp_path, program) == "['optimizing']\n{None}\n"


def test_functions_that_die_while_their_code_waits(tmp_path: Path) -> None:
    """Code that waits to be compiled keeps no function alive; the next one that runs it asks again."""
    program = """
import weakref
from whitehot.tiers import Tier

def make(k):
    def looped(n):
        total = 0
        for i in range(n):
            total += (i & 7) * k
        return total
    return looped

worker = engine().workers[Tier.BASELINE]
worker.pause()
looped = make(2)
print(looped(200), len(worker.queue._tasks))
gone = weakref.ref(looped)
del looped
print(gone())
worker.resume()
worker.drain()
print(tiers("make.<locals>.looped"), make(3)(200), tiers("make.<locals>.looped"))
"""
    assert output(tmp_path, program) == "1400 1\nNone\n[] 2100 ['baseline']\n"


def test_recursion_in_the_middle(tmp_path: Path) -> None:
    """A function that calls itself moves up deep in its recursion: all its calls go on in the interpreter, and those after them in the better code."""
    program = """
def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)

print([fib(n) for n in range(12)], fib(20), tier_of("fib"), discarded())
"""
    shown = "[0, 1, 1, 2, 3, 5, 8, 13, 21, 34, 55, 89] 6765 optimizing {'SUPERSEDED': 1}\n"
    assert output(tmp_path, program, WHITEHOT_CALL_THRESHOLD="200") == shown


def test_failing_guard_goes_back_to_the_baseline(tmp_path: Path) -> None:
    """Optimized code whose guess is wrong by now: first there is baseline code without that guess, which stays longer, then optimized code."""
    program = """
def mixed(items):
    total = 0
    for i in range(len(items)):
        a = (i * 7 + 3) & 255
        b = (a * a - i) ^ (a >> 2)
        c = (b + a) * (b - i) + (a & 15)
        if c > a:
            b = b + c - a * 2
        total = total + items[i] + ((b ^ b) & c)
    return total

fates = []
engine().inventory.on_discard = lambda unit, reason: fates.append((unit.tier.value, reason.name))
for _ in range(300):
    assert mixed([1, 2, 3, 4]) == 10
print(tier_of("mixed"), fates)
while len(fates) < 2:
    assert mixed([1, 2, 3.5, 4]) == 10.5
print(fates[1])
while "baseline" not in tiers("mixed"):
    assert mixed([1, 2, 3.5, 4]) == 10.5
record = engine().inventory.record_of(mixed.__code__)
unit = record.function_unit or next(iter(record.loops.values()))
print(unit.tier.value, bool(unit.snapshot.rejected), unit.heat.value > 1000)
while fates[-1] != ("baseline", "SUPERSEDED"):
    assert mixed([1, 2, 3.5, 4]) == 10.5
print(tiers("mixed"), record.given_up)
"""
    shown = (
        "optimizing [('baseline', 'SUPERSEDED')]\n('optimizing', 'GUARD_FAILURES')\nbaseline True True\n"
        "['optimizing'] set()\n"
    )
    assert output(tmp_path, program, WHITEHOT_EXIT_LIMIT="5", WHITEHOT_LOOP_THRESHOLD="1000000") == shown


def test_what_cannot_be_optimized_stays(tmp_path: Path) -> None:
    """Where the optimizing tier refuses or fails, baseline code goes on and is not asked again."""
    program = """
import whitehot.service as module
from whitehot.errors import Unsupported
from whitehot.tiers import Tier

original = module.compile_unit

def refusing(request, choices, *rest):
    if choices.tier is Tier.OPTIMIZING:
        asked.append(1)
        raise Unsupported(Reason.NOT_PROFITABLE)
    return original(request, choices, *rest)

asked = []
module.compile_unit = refusing
print([summed(5003) for _ in range(3)] == [sum(i & 7 for i in range(5003))] * 3, tier_of("summed"))
print(asked, whitehot.stats()["refused"], discarded(), whitehot.stats()["tiers"]["baseline"]["exits"]["TIER_UP"])
"""
    assert (
        output(tmp_path, LOOP + program, WHITEHOT_OWN_INTERPRETER="0")
        == "True baseline\n[1] {'NOT_PROFITABLE': 1} {} 1\n"
    )


def test_discarded_while_it_waits(tmp_path: Path) -> None:
    """The code that is compiled in its place is optimized, though its predecessor still waits for that when it is to be."""
    program = """
from whitehot.tiers import Tier

FACTOR = 3

def scaled(n):
    total = 0
    for i in range(n):
        total += i * FACTOR - (i & 3)
    return total

worker = engine().workers[Tier.OPTIMIZING]
worker.pause()
scaled(5000)
FACTOR = 4
print(discarded(), len(engine().inventory.record_of(scaled.__code__).rising))
scaled(5000)
print(tiers("scaled"), len(worker.queue._tasks))
worker.resume()
worker.drain()
scaled(5000)
print(tiers("scaled"), len(engine().inventory.record_of(scaled.__code__).rising))
"""
    shown = "{'ASSUMPTION_BROKEN': 1} 1\n['baseline'] 1\n['optimizing'] 0\n"
    assert output(tmp_path, program) == shown


def test_other_code_runs_while_it_is_decided(tmp_path: Path) -> None:
    """The policy is Python code: while it runs, other threads may change what native code was just looking at."""
    program = """
class Held:
    pass

def look(rows, n):
    total = 0
    for i in range(n):
        row = rows[i & 1]
        total += row[0]
    return total, row

rows = [[1], [2]]
original = type(engine())._rise

def meanwhile(self, unit):
    kept.extend(rows)
    ids = [id(row) for row in rows]
    del kept[:]
    rows[:] = [[10], [20]]
    garbage.extend([number] for number in range(1000))  # takes the memory of what died
    original(self, unit)

kept, garbage = [], []
type(engine())._rise = meanwhile
total, row = look(rows, 5000)
print(total > 7500, row, tier_of("look"))
"""
    assert output(tmp_path, program) == "True [20] optimizing\n"


def test_error_in_a_handler_while_it_is_decided(tmp_path: Path) -> None:
    """What a signal handler raises in the middle of the policy is raised in the program, in the loop that was running."""
    program = """
import signal, traceback
from whitehot.runtime.engine import Engine

def handler(number, frame):
    raise KeyError("of the program")

def interrupted(self, unit):
    signal.raise_signal(signal.SIGUSR1)

signal.signal(signal.SIGUSR1, handler)
Engine._rise = interrupted
try:
    summed(5000)
except KeyError as error:
    print([entry.name for entry in traceback.extract_tb(error.__traceback__)], error)
"""
    shown = "['<module>', 'summed', 'interrupted', 'handler'] 'of the program'\n"
    assert output(tmp_path, LOOP + program) == shown


@pytest.mark.parametrize("stress", ["compile", "deopt"])
def test_stress_reaches_both_tiers(tmp_path: Path, stress: str) -> None:
    """In the stress modes code moves up soon, whatever WHITEHOT_OPTIMIZE_AFTER says."""
    program = """
for _ in range(20):
    assert summed(300) == sum(i & 7 for i in range(300))
print([whitehot.stats()["tiers"][tier]["compiled_units"] > 0 for tier in ("baseline", "optimizing")])
"""
    variables = {"WHITEHOT_STRESS": stress, "WHITEHOT_OPTIMIZE_AFTER": "1000000", "WHITEHOT_OPT_LEVEL": "0"}
    assert output(tmp_path, LOOP + program, **variables) == "[True, True]\n"


def test_compile_gives_the_best_code(tmp_path: Path) -> None:
    """`whitehot.compile` does not begin with the baseline, and what has that moves up; once is enough."""
    program = """
print(whitehot.compile(summed), tier_of("summed"), whitehot.compile(summed), whitehot.stats()["compiled_units"])
def doubled(n):
    return n * 2 + n - n
for n in range(100):
    doubled(n)
print(tier_of("doubled"), whitehot.compile(doubled), tier_of("doubled"), doubled(4))
"""
    assert output(tmp_path, LOOP + program) == "True optimizing True 1\nbaseline True optimizing 8\n"


IN_BACKGROUND = {"WHITEHOT_COMPILE_THREAD": "background", "WHITEHOT_LOAD_AFTER": "0", "WHITEHOT_COMPILE_SHARE": "100"}


def test_fork_while_both_compile(tmp_path: Path) -> None:
    """Parent and child go on: what was waiting or at work is compiled in each, for both tiers."""
    program = """
def until(tier):
    deadline = time.monotonic() + 60
    while tier not in tiers("summed"):
        assert summed(3000) == sum(i & 7 for i in range(3000))
        assert time.monotonic() < deadline, (tiers("summed"), whitehot.stats())

until("baseline")
record = engine().inventory.record_of(summed.__code__)
while not record.rising and "optimizing" not in tiers("summed"):
    summed(3000)
child = os.fork()
until("optimizing")
assert not engine().errors, engine().errors
if not child:
    os._exit(0)
assert os.waitpid(child, 0)[1] == 0
"""
    assert output(tmp_path, LOOP + program, **IN_BACKGROUND) == ""


def test_nothing_is_optimized_before_it_can_pay(tmp_path: Path) -> None:
    """A program that is over before the processor time allows it ends with baseline code, without waiting for anything."""
    program = """
while "baseline" not in tiers("summed"):
    summed(3000)
record = engine().inventory.record_of(summed.__code__)
while not record.rising:
    summed(3000)
started = time.process_time()
while time.process_time() < started + 0.2:
    summed(3000)
print(set(tiers("summed")), whitehot.stats()["tiers"]["optimizing"]["compiled_units"])
"""
    patch = """
from whitehot.runtime.tiering import Budget
from whitehot.tiers import Tier
Budget.missing = lambda self, size: 1e6 if self.tier is Tier.OPTIMIZING else 0.0
"""
    assert output(tmp_path, LOOP + patch + program, **IN_BACKGROUND) == "{'baseline'} 0\n"


def test_sampled_time(tmp_path: Path) -> None:
    """Where statistics are asked for, they say how long the program was in native code of each tier."""
    program = """
deadline = time.monotonic() + 60
found = lambda: [counts["native_seconds"] > 0 for counts in whitehot.stats().get("tiers", {}).values()]
while found() != [True, True] and time.monotonic() < deadline:
    summed(3_000_000)
print(found())
"""
    variables = IN_BACKGROUND | {
        "WHITEHOT_STATS_FILE": str(tmp_path / "stats.json"),
        "WHITEHOT_OPTIMIZE_AFTER": "90000000",
    }
    assert output(tmp_path, LOOP + program, **variables) == "[True, True]\n"


class Clock:
    """A process whose processor time is what the test says."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 0.0
        monkeypatch.setattr(time, "process_time", lambda: self.now)


def test_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was spent and what the next task is likely to take are at most the share; the estimate follows what tasks took."""
    clock = Clock(monkeypatch)
    budget = Budget(Tier.OPTIMIZING, 0.25)
    likely = budget.estimate(1000)
    assert budget.missing(1000) == pytest.approx(likely / 0.25)
    clock.now = likely / 0.25
    assert budget.missing(1000) == 0
    load = budget.estimate(0)
    budget.spend(100_000, 1.0 + load)
    assert budget.estimate(100_000) == pytest.approx(1.0, rel=0.01)
    assert budget.missing(100_000) == pytest.approx(8.0 + 4 * load - clock.now, rel=0.01)


def test_loading_llvm_has_to_pay_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """That is part of what the first task takes, and of no later one."""
    Clock(monkeypatch)
    cold, baseline = Budget(Tier.OPTIMIZING, 0.5), Budget(Tier.BASELINE, 0.5)
    before, load = cold.estimate(100), cold.estimate(0)
    cold.spend(0, load)
    assert load > 0.01
    assert cold.estimate(100) == pytest.approx(before - load)
    assert baseline.missing(100) < 0.1


def test_the_hottest_goes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """By what they have done when one is taken, not when they came; who somebody waits for goes before all. Nothing is taken without a budget."""
    clock = Clock(monkeypatch)
    clock.now = 1e9
    work = {"a": 3, "b": 2, "c": 1}
    dropped: list[str] = []
    queue = HottestFirst(Budget(Tier.OPTIMIZING, 0.3), most=3)

    def put(name: str, **options: bool) -> None:
        queue.put(Task(lambda: name, 100, lambda: work[name], lambda: dropped.append(name), **options))

    def take() -> object:
        task = queue.take()
        return None if task is None else task.run()

    for name in "abc":
        put(name)
    work["c"] = 9
    assert take() == "c"
    work |= {"d": 0, "e": 1}
    put("d")
    put("e")  # one too many
    assert dropped == ["d"]
    put("d", urgent=True)
    assert dropped == ["d", "e"]
    assert [take(), take()] == ["d", "a"]
    clock.now = 0.0
    assert take() is None
    assert queue
    assert queue.retry_after > 0
    queue.hurry()
    assert [take(), take()] == ["b", None]
