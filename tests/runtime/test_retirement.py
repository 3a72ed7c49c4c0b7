"""Memory of discarded code: given back once nobody runs it, and not before; the cap on all of it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

HEAD = """
import gc, sys
from whitehot.runtime import control

def engine():
    return control._controller.engine

def in_use():
    engine().inventory.retirement.release()
    return engine().native.memory.use().code_in_use

"""


def output(tmp_path: Path, program: str, **variables: str) -> str:
    """What a program prints that compiles each function when it is first called."""
    path = tmp_path / "program.py"
    path.write_text(HEAD + program, encoding="utf-8")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "WHITEHOT"))} | {
        "WHITEHOT_KEEP_UNITS": "0"
    }
    environment |= {
        "WHITEHOT": "1",
        "WHITEHOT_STRESS": "compile",
        "WHITEHOT_COMPILE_THREAD": "inline",
        "WHITEHOT_OPT_LEVEL": "0",
    }
    words = [sys.executable, "-X", "faulthandler", str(path)]
    done = subprocess.run(words, env=environment | variables, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert done.returncode == 0
    return done.stdout


CHURN = r"""
SOURCE = "def scaled(n):\n    return n * FACTOR + 1\n"

def churn(rounds):
    for number in range(rounds):
        names = {"FACTOR": 2}
        exec(SOURCE, names)
        scaled = names["scaled"]
        assert [scaled(n) for n in range(5)] == [n * 2 + 1 for n in range(5)]
        names["FACTOR"] = 3  # what was compiled is thrown away
        assert scaled(2) == 7
"""


def test_discarded_code_is_released(tmp_path: Path) -> None:
    """Code that comes and goes does not pile up."""
    program = """
churn(5)
before = in_use()
churn(40)
assert engine().stats()["discarded"]["ASSUMPTION_BROKEN"] >= 40
after = in_use()
print(len(engine().inventory.retirement.units), after < 3 * before)
"""
    assert output(tmp_path, CHURN + program) == "0 True\n"


def test_running_code_is_kept(tmp_path: Path) -> None:
    """A unit that discards itself in the middle goes on; its memory is free when it has returned."""
    program = """
FACTOR = 2

class Change:
    def __int__(self):
        global FACTOR
        FACTOR += 1
        churn(3)  # new code takes whatever memory is free
        found.append(len(engine().inventory.retirement.units))
        return 1

def changing(n, change):
    total = 0
    for i in range(n):
        total += i * FACTOR
        total += int(change)
    return total

found = []
FACTOR = 2
expected = sum(i * (2 + i) + 1 for i in range(6))
print(changing(6, Change()) == expected)
FACTOR = 2
print(changing(6, Change()) == expected)
print(max(found) > 0)
engine().inventory.retirement.release()
print(engine().inventory.retirement.units)
"""
    assert output(tmp_path, CHURN + program) == "True\nTrue\nTrue\n[]\n"


def test_calls_left_to_the_interpreter_are_not_inside(tmp_path: Path) -> None:
    """An entry that hands its call to the interpreter is done: nothing returns to its memory, which may be free by then."""
    program = """
FACTOR = 2

class Change:
    def __mul__(self, other):
        global FACTOR
        FACTOR += 1
        found.append(engine().inventory.linker.entry_of(scaled) == engine().inventory.linker.plain)
        in_use()
        found.append(len(engine().inventory.retirement.units))
        for lines in range(1, 12):  # other code takes the memory
            names = {}
            exec("def other(a):\\n" + "    a = a * a - 1\\n" * lines + "    return a", names)
            names["other"](1), names["other"](0)
        return 1

def scaled(n):
    return n * FACTOR + 1

found = []
print([scaled(n) for n in range(5)], engine().inventory.linker.entry_of(scaled) == engine().inventory.linker.plain)
print(scaled(Change()), found)
"""
    assert output(tmp_path, CHURN + program) == "[1, 3, 5, 7, 9] False\n2 [True, 0]\n"


def test_functions_made_later_do_not_enter_released_code(tmp_path: Path) -> None:
    """Closures whose entry native code filled in are found when their unit goes."""
    program = """
FACTOR = 2

def make():
    def scaled(n):
        return n * FACTOR + 1
    return scaled

early = make()
early(1), early(2)
made = [make() for _ in range(50)]
print(engine().inventory.linker.entry_of(made[9]) != engine().inventory.linker.plain)
FACTOR = 3
churn(10)
print(engine().inventory.linker.entry_of(made[9]) == engine().inventory.linker.plain, in_use() > 0)
print({scaled(2) for scaled in made})
"""
    assert output(tmp_path, CHURN + program) == "True\nTrue True\n{7}\n"


def test_memory_has_a_cap(tmp_path: Path) -> None:
    """Beyond WHITEHOT_MEMORY_LIMIT the coldest code is discarded, and everything still works."""
    program = """
from whitehot.runtime.units import InstalledUnit

InstalledUnit.size = property(lambda self: 1 << 17)  # as large as eight of them may be
units = []
for number in range(20):
    names = {}
    exec(f"def f(a, b):\\n    t = {number}\\n    for i in range(a):\\n        t += i * b + a\\n        b += 1\\n    return t\\n", names)
    f = names["f"]
    assert [f(n, 2) for n in range(4)] == [number, number + 1, number + 7, number + 20], [f(n, 2) for n in range(4)]
    units.append(f)
stats = engine().stats()
print(stats["discarded"]["MEMORY_CAP"] > 0, stats["code_bytes"] + stats["discarded_code_bytes"] <= 1 << 20)
print(all(f(3, 2) == number + 20 for number, f in enumerate(units)))
"""
    assert output(tmp_path, program, WHITEHOT_MEMORY_LIMIT="1") == "True True\nTrue\n"
