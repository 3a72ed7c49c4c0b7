"""Switching on and off in a process of its own, the public functions, and what happens when something goes wrong."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

HOT = """
def total(n):
    found = 0.0
    for i in range(n):
        found += i * 0.5
    return found


def scaled(n):
    return n * 3 + 1

"""


def python(
    tmp_path: Path, program: str, *, before: str = "", enabled: str | None = "1", **variables: str
) -> subprocess.CompletedProcess[str]:
    """Run a program with the hot functions above; `before` runs ahead of switching on, where `enabled` is None by the program itself."""
    path = tmp_path / "program.py"
    path.write_text(before + "import whitehot\n" + HOT + program, encoding="utf-8")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "WHITEHOT"))} | {
        "WHITEHOT_KEEP_UNITS": "0"
    }
    environment |= {
        "WHITEHOT_COMPILE_THREAD": "inline",
        "WHITEHOT_CALL_THRESHOLD": "5",
        "WHITEHOT_LOOP_THRESHOLD": "10",
    }
    if enabled is not None:
        environment["WHITEHOT"] = enabled
    words = [sys.executable, "-X", "faulthandler", str(path)]
    return subprocess.run(words, env=environment | variables, capture_output=True, text=True, check=False)


def output(done: subprocess.CompletedProcess[str]) -> str:
    """What a healthy run printed: nothing on standard error."""
    assert done.stderr == ""
    assert done.returncode == 0
    return done.stdout


RUN = """
assert [total(300) for _ in range(50)] == [22425.0] * 50
assert [scaled(n) for n in range(50)] == [n * 3 + 1 for n in range(50)]
"""
UNITS = "print(sorted({unit['name'] for unit in whitehot.stats()['units']} & {'total', 'scaled'}))\n"


def test_on_from_the_start(tmp_path: Path) -> None:
    """`WHITEHOT=1`: hot code is compiled, and nothing is printed."""
    assert output(python(tmp_path, RUN + UNITS + "print(whitehot.is_enabled())")) == "['scaled', 'total']\nTrue\n"


@pytest.mark.parametrize("module", ["opcode", "dataclasses", "inspect"])
def test_warm_imports(tmp_path: Path, module: str) -> None:
    """Loops of modules that whitehot needs itself become warm while they are being imported: nothing of that reaches the program."""
    done = python(tmp_path, f"import {module}\n" + RUN, WHITEHOT_COMPILE_THREAD="background")
    assert output(done) == ""


def test_not_on(tmp_path: Path) -> None:
    """Without being asked to, whitehot does nothing, and disable() and stats() may be called all the same."""
    program = RUN + "print(whitehot.is_enabled(), whitehot.stats()['compiled_units'])\nwhitehot.disable()"
    assert output(python(tmp_path, program, enabled=None)) == "False 0\n"


def test_enable_and_disable(tmp_path: Path) -> None:
    """On, off and on again within a program, each twice; native code is there only while it is on."""
    program = """
for _ in range(2):
    whitehot.enable()
    whitehot.enable()
    print(whitehot.is_enabled())
    RUN
    UNITS
    whitehot.disable()
    whitehot.disable()
    print(whitehot.is_enabled())
    RUN
"""
    program = program.replace("RUN", RUN.strip().replace("\n", "\n    ")).replace("UNITS", UNITS.strip())
    assert output(python(tmp_path, program, enabled=None)) == "True\n['scaled', 'total']\nFalse\n" * 2


def test_zero_beats_enable(tmp_path: Path) -> None:
    """`WHITEHOT=0` keeps it off whatever the program asks for."""
    program = "whitehot.enable()\nprint(whitehot.is_enabled(), whitehot.compile(scaled))" + RUN
    assert output(python(tmp_path, program, enabled="0")) == "False False\n"


def test_counts_stay_after_disable(tmp_path: Path) -> None:
    """stats() still says afterwards what was done."""
    program = RUN + "whitehot.disable()\nprint(whitehot.stats()['compiled_units'] > 0)"
    assert output(python(tmp_path, program)) == "True\n"


def test_compile(tmp_path: Path) -> None:
    """A function is compiled on demand, and does the same as before."""
    program = "print(whitehot.compile(scaled), whitehot.compile(total))\n" + UNITS + RUN
    assert output(python(tmp_path, program)) == "True True\n['scaled', 'total']\n"


def test_compile_what_is_no_function(tmp_path: Path) -> None:
    """Builtins, classes and bound methods have no bytecode of their own."""
    program = "print([whitehot.compile(f) for f in (len, int, [].append, lambda: (yield))])"
    assert output(python(tmp_path, program)) == "[False, False, False, False]\n"


def test_never(tmp_path: Path) -> None:
    """What is decorated with never() stays as it is and has no native code."""
    program = "assert whitehot.never(total) is total\nassert whitehot.never(len) is len\n" + RUN + UNITS
    assert output(python(tmp_path, program)) == "['scaled']\n"


BREAK_COMPILER = """
import whitehot.service as service

def broken(*arguments):
    raise {error}

service.compile_unit = broken
"""


def breaks_compiler(error: str) -> str:
    """A program that puts a broken compiler in place: in one of whitehot's own files, as far as tracebacks tell."""
    program = BREAK_COMPILER.replace("{error}", error)
    return f"import whitehot.service\nexec(compile({program!r}, whitehot.service.__file__, 'exec'))\n"


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        ("ZeroDivisionError('in the compiler')", "COMPILER_ERROR: ZeroDivisionError: in the compiler"),
        ("RuntimeError('LLVM is unhappy')", "LLVM_ERROR: LLVM is unhappy"),
        ("MemoryError", "MEMORY_CAP"),
        ("RecursionError('too deep')", "LLVM_ERROR: too deep"),
    ],
)
def test_compiler_error(tmp_path: Path, error: str, reason: str) -> None:
    """What goes wrong in the compiler is counted, and the program is right and hears nothing of it."""
    shown = f"refused = whitehot.stats()['refused']\nprint({reason!r} in refused, whitehot.stats()['units'], whitehot.compile(scaled))"
    done = python(tmp_path, breaks_compiler(error) + RUN + shown, WHITEHOT_OWN_INTERPRETER="0")
    assert output(done) == "True [] False\n"


def test_error_in_a_handler_is_the_programs(tmp_path: Path) -> None:
    """What a signal handler raises that runs in the middle of a callback goes on to the program, which does not see the callback."""
    program = """
import signal
import traceback
import whitehot.runtime.engine as engine

def handler(number, frame):
    raise KeyError("of the program")

def interrupted(frame):
    engine.hints_of = original
    signal.raise_signal(signal.SIGUSR1)
    return original(frame)

original, engine.hints_of = engine.hints_of, interrupted
signal.signal(signal.SIGUSR1, handler)
for function in (scaled, total):
    engine.hints_of = interrupted
    try:
        for n in range(50):
            function(n)
    except KeyError as error:
        print([entry.name for entry in traceback.extract_tb(error.__traceback__)], error)
"""
    shown = "['<module>', '{}', 'interrupted', 'handler'] 'of the program'\n"
    assert output(python(tmp_path, program)) == shown.format("scaled") + shown.format("total")


def test_loops_that_are_over_soon_are_left_alone(tmp_path: Path) -> None:
    """Entering a loop for two or three rounds costs more than it gains; for many, or for rounds with much in them, it does not."""
    program = """
def few(*numbers):
    found = 0
    for number in numbers:
        found += number * 3
    return found

def square(size, *unused):
    found = 0
    for i in range(size):
        for j in range(20):
            found += i * j
    return found

assert {few(1, 2, 3) for _ in range(2000)} == {18}
print(whitehot.stats()["discarded"])
assert {few(*range(100)) for _ in range(600)} == {14850}
assert {square(3, n) for n in range(600)} == {570}
print(whitehot.stats()["discarded"], sorted(unit["name"] for unit in whitehot.stats()["units"]))
"""
    first = "{'SHORT_LOOP': 1}\n"
    assert output(python(tmp_path, program)) == first + first.strip() + " ['square', 'square']\n"


def test_loops_are_compiled_for_the_variables_that_have_values(tmp_path: Path) -> None:
    """A loop that was first hot when a variable had no value yet is compiled anew when it has one at most times."""
    program = """
def late(rounds, start):
    i = total = 0
    while i < rounds:
        i += 1
        if i > start:
            last = i * 3
            total += last & 7
    return total

late(2000, 1900)
for _ in range(40):
    late(2000, 1)
    for entry in range(10):
        late(500, 1)
units = [unit for unit in whitehot.stats()["units"] if unit["name"] == "late"]
print([unit["exits"].get("UNBOUND", 0) < unit["entered"] for unit in units])
"""
    done = python(tmp_path, program, WHITEHOT_TIERS="baseline", WHITEHOT_CALL_THRESHOLD="100000")
    assert output(done) == "[True]\n"


def test_no_executable_memory(tmp_path: Path) -> None:
    """A system that denies executable memory: one line on standard error, and the program runs."""
    before = """
import whitehot.code.memory as memory

def denied(*arguments, **named):
    raise PermissionError("no executable memory")

for name in ("CodeMemory",):
    setattr(memory, name, denied)
import whitehot
whitehot.enable()
"""
    done = python(tmp_path, RUN + "print('done')", before=before, enabled=None)
    assert done.stdout == "done\n"
    assert done.stderr == "whitehot: no executable memory; running on plain CPython\n"
    assert done.returncode == 0


def test_failed_self_test(tmp_path: Path) -> None:
    """An interpreter whose structures are not what we think: one line that says what was found, and the program runs."""
    before = """
import types

import whitehot
from whitehot.cpython import selftest

selftest.failures = lambda: [types.SimpleNamespace(name="int", detail="is elsewhere")]
whitehot.enable()
"""
    done = python(
        tmp_path, RUN + "print(whitehot.stats()['trouble'], whitehot.compile(total))", before=before, enabled=None
    )
    assert done.stdout == "the self-test found int: is elsewhere False\n"
    assert done.stderr == "whitehot: the self-test found int: is elsewhere; running on plain CPython\n"
    assert done.returncode == 0


def test_fork_before_the_compiler_is_loaded(tmp_path: Path) -> None:
    """A program that has forked early still gets native code, as does the child."""
    program = """
import os, time

child = os.fork()
if child:
    assert os.waitpid(child, 0)[1] == 0
while not any(unit["name"] == "total" for unit in whitehot.stats().get("units", ())):
    assert total(3000) == 2249250.0
if not child:
    os._exit(0)
print("compiled")
"""
    done = python(tmp_path, program, WHITEHOT_COMPILE_THREAD="background", WHITEHOT_LOAD_AFTER="0")
    assert output(done) == "compiled\n"


FAILING = """
class Watched:
    def __del__(self):
        pass


def replace(rows):
    for i in range(len(rows)):
        rows[i] = i


for _ in range(40):
    replace([Watched() if i > 30 else None for i in range(100)])
stats = whitehot.stats()
print(stats["discarded"])
"""


def test_a_guess_that_cannot_be_avoided(tmp_path: Path) -> None:
    """Code that fails again where it was compiled not to guess is not compiled a third time: nothing was learnt."""
    assert output(python(tmp_path, FAILING)) == "{'GUARD_FAILURES': 2, 'GAVE_UP': 1}\n"
