"""Where compiling happens: in interpreters of whitehot's own, unseen by the program, which may also have to do without them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

HEAD = """
import sys, time
import whitehot
from whitehot.runtime import control

def summed(n):
    total = 0
    for i in range(n):
        total += i & 7
    return total

def until(what):
    deadline = time.monotonic() + 60
    while not what():
        assert summed(3000) == sum(i & 7 for i in range(3000))
        assert time.monotonic() < deadline, whitehot.stats()

def compiled(tier="baseline"):
    return any(unit["name"] == "summed" and unit["tier"] == tier for unit in whitehot.stats().get("units", ()))

def elsewhere():
    return {tier.value: compiler.is_elsewhere for tier, compiler in control._controller.compilers.items()}

"""


def run(tmp_path: Path, program: str, *options: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a program whose hot code is compiled at once, while it goes on."""
    path = tmp_path / "program.py"
    path.write_text(HEAD + program, encoding="utf-8")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "WHITEHOT"))} | {
        "WHITEHOT_KEEP_UNITS": "0"
    }
    environment |= {
        "WHITEHOT": "1",
        "WHITEHOT_LOAD_AFTER": "0",
        "WHITEHOT_COMPILE_SHARE": "100",
        "WHITEHOT_OPTIMIZE_AFTER": "1000",
    }
    words = [sys.executable, "-X", "faulthandler", *options, str(path)]
    return subprocess.run(words, env=environment | variables, capture_output=True, text=True, check=False)


def output(done: subprocess.CompletedProcess[str]) -> str:
    """What a healthy run printed: nothing on standard error, so no warning of interpreters that were left over either."""
    assert done.stderr == ""
    assert done.returncode == 0
    return done.stdout


def test_the_program_sees_nothing_of_the_compiler(tmp_path: Path) -> None:
    """Neither its modules nor LLVM are in the program's interpreter, in which both tiers' code runs."""
    program = """
until(lambda: compiled("optimizing"))
print(elsewhere())
print([name for name in sys.modules if name.startswith(("whitehot.compiler", "whitehot.build", "whitehot.passes", "whitehot.stencil", "llvmlite"))])
"""
    assert output(run(tmp_path, program)) == "{'baseline': True, 'optimizing': True}\n[]\n"


def test_start_up_files_run_once(tmp_path: Path) -> None:
    """`sitecustomize` is the program's: interpreters of ours do not run it."""
    (tmp_path / "sitecustomize.py").write_text("print('customized')\n", encoding="utf-8")
    program = "until(compiled)\nprint(elsewhere()['baseline'])"
    assert output(run(tmp_path, program, PYTHONPATH=str(tmp_path))) == "customized\nTrue\n"


def test_modules_of_the_program_are_not_imported(tmp_path: Path) -> None:
    """A file of the program's that is named like a module of the standard library is no part of the compiler."""
    (tmp_path / "heapq.py").write_text("print('the wrong one')\n", encoding="utf-8")
    assert output(run(tmp_path, "until(compiled)\nprint(elsewhere()['baseline'])")) == "True\n"


@pytest.mark.parametrize(
    ("before", "options", "variables"),
    [
        ("", [], {"WHITEHOT_OWN_INTERPRETER": "0"}),
        ("", ["-X", "dev"], {}),
        ("", ["-X", "tracemalloc"], {}),
        ("from concurrent import interpreters\nother = interpreters.create()\n", [], {}),
    ],
    ids=["setting", "development mode", "tracemalloc", "other interpreters"],
)
def test_without_interpreters_of_our_own(
    tmp_path: Path, before: str, options: list[str], variables: dict[str, str]
) -> None:
    """Then the compiler runs in the program's."""
    program = before + "until(lambda: compiled('optimizing'))\nprint(elsewhere())\nwhitehot.disable()\n"
    program += "other.close()\n" if before else ""
    assert output(run(tmp_path, program, *options, **variables)) == "{'baseline': False, 'optimizing': False}\n"


def test_an_interpreter_that_fails(tmp_path: Path) -> None:
    """Where none can be made, or it does not answer, the program's is used from then on."""
    program = """
from whitehot.cpython import interpreters

def broken(*arguments):
    raise interpreters.InterpreterLost("no more of them")

interpreters.{name} = broken
until(compiled)
print(elsewhere()["baseline"])
"""
    for name in ("create", "call"):
        assert output(run(tmp_path, program.replace("{name}", name))) == "False\n"


def test_errors_come_back(tmp_path: Path) -> None:
    """What the compiler refuses, and what goes wrong in it, is known where it was asked."""
    program = """
def breaking(question):
    import whitehot.service

    def broken(*arguments):
        raise ZeroDivisionError("in the compiler")

    whitehot.service.draft = broken
    return whitehot.service.answer(question)

next(iter(control._controller.compilers.values())).front.answer = breaking
until(lambda: whitehot.stats().get("refused"))
print(whitehot.stats()["refused"])
print(elsewhere()["baseline"], "broken" in whitehot.stats()["errors"][0])
"""
    shown = "{'COMPILER_ERROR: ZeroDivisionError: in the compiler': 1}\nTrue True\n"
    assert output(run(tmp_path, program, WHITEHOT_COMPILE_THREAD="inline", WHITEHOT_CALL_THRESHOLD="1000000")) == shown


def test_forks(tmp_path: Path) -> None:
    """There is no other interpreter while the process forks; parent and child make new ones when they have something to compile."""
    program = """
import os
from whitehot.cpython import interpreters

os.register_at_fork(before=lambda: print("before", interpreters.others(), flush=True), after_in_child=lambda: print("child", interpreters.others()))
until(compiled)
sys.stdout.flush()
child = os.fork()

def other(n):
    total = 0
    for i in range(n):
        total += i & 3
    return total

deadline = time.monotonic() + 60
while not any(unit["name"] == "other" for unit in whitehot.stats()["units"]):
    other(3000)
    assert time.monotonic() < deadline
if child:
    assert os.waitpid(child, 0)[1] == 0
sys.stdout.flush()
"""
    # Handlers run in reverse order before the fork: this one before ours.
    assert output(run(tmp_path, program, WHITEHOT_TIERS="baseline")) == "before 1\nchild 0\n"


def test_forks_while_loading(tmp_path: Path) -> None:
    """Loading is broken off, and begins anew in both."""
    program = """
import os

deadline = time.monotonic() + 60
while not control._controller.compilers:
    summed(3000)
    assert time.monotonic() < deadline
child = os.fork()
until(compiled)
if child:
    assert os.waitpid(child, 0)[1] == 0
    print("done")
"""
    assert output(run(tmp_path, program)) == "done\n"


def test_forks_while_waiting(tmp_path: Path) -> None:
    """What was going to be looked at again later is, in both."""
    program = """
import os

deadline = time.monotonic() + 60
while not control._controller.waiting:
    summed(300_000)
    assert time.monotonic() < deadline
child = os.fork()
deadline = time.monotonic() + 20  # nothing else is hot from now on that would have it looked at
while not compiled():
    summed(300_000)
    assert time.monotonic() < deadline
if child:
    assert os.waitpid(child, 0)[1] == 0
    print("done")
"""
    assert output(run(tmp_path, program, WHITEHOT_LOAD_AFTER="300")) == "done\n"


@pytest.mark.parametrize("pause", ["0", "0.01", "0.03", "0.06", "0.1", "0.3"])
def test_exit_at_any_time(tmp_path: Path, pause: str) -> None:
    """The end of the program breaks off what is being loaded or compiled, and leaves nothing over."""
    program = f"""
deadline = time.monotonic() + 60
while not control._controller.compilers:
    summed(3000)
    assert time.monotonic() < deadline
end = time.monotonic() + {pause}
while time.monotonic() < end:
    summed(3000)
print("done")
"""
    assert output(run(tmp_path, program)) == "done\n"
