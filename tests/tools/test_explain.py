"""`whitehot explain` runs real programs, and says what became of their functions."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from whitehot.tools import explain
from whitehot.tools.explain_run import matching, walk

PROGRAM = """\
import sys

FACTOR = 3

def fib(n):
    if n < 2:
        return n
    return fib(n - 1) + fib(n - 2)

def total(rows):
    found = 0.0
    for row in rows:
        for item in row:
            found += item * 2.0
    return found

def add(a, b):
    return a * b + a * 2 - b * 3

def scaled(x):
    return x * FACTOR + x * x - x * 2 + FACTOR

def numbers(n):
    for i in range(n):
        yield i

def cold(x):
    for i in range(3):
        x += i
    return x

def outer():
    def inner(x):
        return x + 1
    return inner

print(fib(12), sys.argv, __name__, sys.path[0])
print(total([[1.0, 2.0, 3.0]] * 200))
print([add(i, i) for i in range(40)][-1], [add(i + 0.5, i) for i in range(200)][-1])
print([scaled(i) for i in range(40)][-1])
FACTOR = 4
print(scaled(2), sum(numbers(100)), cold(1))
print([outer()(i) for i in range(40)][-1])
"""


def explained(folder: Path, *words: str, status: int = 0, **variables: str) -> tuple[str, str]:
    """Standard output and error of `whitehot explain` with these words."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("WHITEHOT")}
    environment |= {
        "WHITEHOT_COMPILE_THREAD": "inline",
        "WHITEHOT_CALL_THRESHOLD": "20",
        "WHITEHOT_LOOP_THRESHOLD": "50",
        "WHITEHOT_EXIT_LIMIT": "20",
    } | variables
    done = subprocess.run(
        [sys.executable, "-m", "whitehot", "explain", *words],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    assert done.returncode == status, done.stderr
    return done.stdout, done.stderr


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the program as a script and as a module of a package."""
    path = tmp_path_factory.mktemp("explained")
    (path / "app.py").write_text(PROGRAM)
    (path / "package").mkdir()
    (path / "package" / "__init__.py").touch()
    (path / "package" / "__main__.py").write_text(
        "import json\nfrom package import part\n" + PROGRAM + "json.loads('[1]')\nprint(__package__, part.twice(2))\n"
    )
    (path / "package" / "part.py").write_text("def twice(x):\n    return 2 * x\n")
    return path


@pytest.fixture(scope="module")
def summary(folder: Path) -> str:
    """What is said of all of the program's functions."""
    return explained(folder, "app.py", "a", "--stage")[0]


def section(text: str, start: str) -> str:
    """The lines from one that starts so to the next empty one."""
    lines = text.splitlines()
    first = next(number for number, line in enumerate(lines) if line.startswith(start))
    rest = lines[first:]
    return "\n".join(rest[: rest.index("")] if "" in rest else rest)


def test_program_runs_as_usual(folder: Path, summary: str) -> None:
    """Output, arguments, `__main__` and the path are the program's own."""
    plain = subprocess.run(
        [sys.executable, "app.py", "a", "--stage"], cwd=folder, capture_output=True, text=True, check=True
    )
    assert summary.startswith(plain.stdout)
    assert f"['app.py', 'a', '--stage'] __main__ {folder.resolve()}" in plain.stdout


def test_summary_of_compiled_function(summary: str) -> None:
    """Size, times, what it rests on, and how native code calls it."""
    assert "function  compiled" in section(summary, "fib  ")
    text = section(summary, "fib: native code of the function")
    assert re.search(r"compile time +\d+\.\d ms: build \d", text)
    assert "(n: i64) -> i64" in text
    assert "globals.__main__['fib'] is function.__main__.fib" in text


def test_summary_of_loop(summary: str) -> None:
    """A loop entered while it runs is a unit of its own; exits that were taken are counted, with their lines."""
    text = section(summary, "total  ")
    assert re.search(r"loop at line 12, offset \d+ +compiled as a unit of its own", text)
    unit = section(summary, "total: native code of the loop at line 12")
    assert re.search(r"\d+  exit \d+ +loop exit +exit +line 1[23], offset \d+", unit)


def test_discarded_units_and_their_causes(summary: str) -> None:
    """Broken assumptions and guards that kept failing are named."""
    assert "(globals.__main__['FACTOR'] has changed)" in section(
        summary, "scaled: native code of the function (discarded)"
    )
    text = section(summary, "add: native code of the function (discarded)")
    assert re.search(r"fate +discarded: One guard kept failing.* \(.*(argument 'a'|guard at offset).*\)", text)


def test_why_not_compiled(summary: str) -> None:
    """Refusals have their reasons, code that was never hot its counts."""
    assert "not compiled: The code is a generator" in section(summary, "numbers  ")
    text = section(summary, "cold  ")
    assert "not hot: called once, and is compiled after 20 (WHITEHOT_CALL_THRESHOLD)" in text
    assert "not hot: went round 3 times in the interpreter" in text
    assert "runs once" in section(summary, "<module>  ")


def test_bytecode_with_feedback(folder: Path) -> None:
    """Specialized forms, operand types, loops, lines, and where native code was left."""
    text = explained(folder, "--stage=bytecode", "app.py:total")[0]
    assert re.search(r"^ +12 +\d+ +LOAD_FAST\w* +rows$", text, re.MULTILINE)
    assert re.search(r"loop at offset \d+:", text)
    assert re.search(r"BINARY_OP +\* +BINARY_OP_MULTIPLY_FLOAT; float, float$", text, re.MULTILINE)
    assert re.search(r"left \d+ times \(loop exit\)", text)


def test_stages_of_the_compiler(folder: Path) -> None:
    """IR after each pass, LLVM's input and output; in the order of the compiler, whatever the order asked for."""
    text = explained(
        folder, "--stage", "llvm-opt,build,llvm", "--stage", "ir", "app.py:fib", WHITEHOT_TIERS="optimizing"
    )[0]
    titles = re.findall(r"^fib: native code of the function: (.*)$", text, re.MULTILINE)
    assert titles == ["build", "ir", "llvm", "llvm-opt"]
    assert "%2: bool = int_lt %0, %1" in text
    assert text.count('define { i64, i64 } @"unit.function.__main__.fib"') == 1
    assert text.count("define { i64, i64 } @unit.function.__main__.fib(") == 1


def test_stencils(folder: Path) -> None:
    """Of baseline code, each instruction stands beside the stencils that were copied for it."""
    text = explained(folder, "--stage", "stencils", "app.py:fib", WHITEHOT_TIERS="baseline")[0]
    assert re.search(r"^  %2: bool = int_lt %0, %1 +int_lt\.SK\.B +S0=\[\d+\] +\d+ bytes$", text, re.MULTILINE)
    assert re.search(r"^entries:\n +entry\.i64 ", text, re.MULTILINE)


def test_all_stages(folder: Path) -> None:
    """Every stage has its title; the second run of a pass is told from the first."""
    text = explained(folder, "app.py:fib", "--stage", "all", "--", "a", WHITEHOT_TIERS="optimizing")[0]
    titles = re.findall(r"^fib: (?:native code of the function: )?([a-z0-9_-]+)$", text, re.MULTILINE)
    names = [name for name in explain.stage_names() if name not in ("summary", "ir")]
    assert [name for name in names if name in titles] == titles
    assert {"bytecode", "build", "fold", "fold-2", "count_references", "llvm", "asm", "deopts", "why"} <= set(titles)


def test_tiers(folder: Path) -> None:
    """The summary names the tier of each unit; baseline code has stages of its own; what refused to optimize it is said."""
    for tier in ("baseline", "optimizing"):
        text = explained(folder, "app.py:fib", "--stage", "summary,count_work", WHITEHOT_TIERS=tier)[0]
        assert re.search(rf"^ +tier +{tier}$", section(text, "fib: native code of the function"), re.MULTILINE)
        assert ("fib: native code of the function: count_work" in text) == (tier == "baseline")


@pytest.mark.parametrize("tier", ["baseline", "optimizing"])
def test_machine_code(folder: Path, tier: str) -> None:
    """Calls, variables and exits have names, jumps have labels."""
    pytest.importorskip("capstone")
    text = explained(folder, "--stage", "asm", "app.py:fib", WHITEHOT_TIERS=tier)[0]
    for name in ("unit.function.__main__.fib", "PyLong_FromLongLong", "unit.valid", r"exit \d+: overflow"):
        assert re.search(rf"; {name}$", text, re.MULTILINE), name
    labels = re.findall(r"^(L\d+):$", text, re.MULTILINE)
    assert labels
    assert set(re.findall(r"\bL\d+$", text, re.MULTILINE)) <= set(labels)


def test_machine_code_without_capstone(folder: Path, tmp_path: Path) -> None:
    """The missing package is named in one line."""
    (tmp_path / "capstone.py").write_text("raise ImportError('not here')\n")
    text = explained(folder, "--stage", "asm", "app.py:fib", PYTHONPATH=str(tmp_path))[0]
    assert section(text, "fib: native code").splitlines()[1:] == [
        "the machine code is not shown: capstone is not installed (pip install whitehot[explain])"
    ]


def test_deopts(folder: Path) -> None:
    """Exits that were never taken are listed too."""
    text = explained(folder, "--stage", "deopts", "app.py:fib")[0]
    assert re.search(r"^ +0  exit \d+ +overflow +int_sub +line 8, offset \d+$", text, re.MULTILINE)


def test_force(folder: Path) -> None:
    """Code that was not hot can be compiled afterwards; nothing to show is said, with the reason."""
    text = explained(folder, "--stage", "ir", "app.py:cold")[0]
    assert "cold: there is no native code" in text
    assert "not hot: called once" in text
    text = explained(folder, "--stage", "ir", "--force", "app.py:cold")[0]
    assert "--force: compiled after the program had ended" in text
    assert "func cold(" in text


def test_module(folder: Path) -> None:
    """-m runs a package's `__main__`; functions of other modules are found by their full names."""
    text = explained(folder, "-m", "package:inner", "x")[0]
    assert f"['{folder.resolve()}/package/__main__.py', 'x'] __main__ {folder.resolve()}\n" in text
    assert "package 4\n" in text
    assert "function  " in section(text, "outer.<locals>.inner  ")
    assert "called once" in section(explained(folder, "-m", "package:package.part.twice")[0], "twice  ")
    assert "called once" in section(explained(folder, "-m", "package:json.loads")[0], "loads  ")


@pytest.mark.parametrize(
    ("program", "ending", "error"),
    [
        ("import sys; sys.exit(3)", "the program exited with status 3", ""),
        ("import sys; sys.exit('gone')", "the program exited with status 1", "gone\n"),
        (
            "1 / 0",
            "the program ended with ZeroDivisionError",
            "Traceback (most recent call last):\n  File {file}, line 1",
        ),
    ],
)
def test_endings(tmp_path: Path, program: str, ending: str, error: str) -> None:
    """However a program ends, it is explained; tracebacks have no frames of ours."""
    path = tmp_path / "end.py"
    path.write_text(program + "\n")
    output, errors = explained(tmp_path, "end.py")
    assert output.startswith(f"{ending}\n\n<module>  ")
    assert errors.startswith(error.format(file=f'"{path}"'))


def test_child_of_fork_explains_nothing(tmp_path: Path) -> None:
    """A forked child that reaches the program's end is not explained a second time."""
    (tmp_path / "app.py").write_text("import os\npid = os.fork()\nif pid:\n    os.waitpid(pid, 0)\n")
    assert explained(tmp_path, "app.py")[0].count("<module>  ") == 1


def test_bad_input(folder: Path, tmp_path: Path) -> None:
    """Mistakes get one clear line, and nothing is explained."""
    (tmp_path / "bad.py").write_text("x = (\n")
    assert "SyntaxError" in explained(tmp_path, "bad.py:f", status=1)[1]
    assert explained(tmp_path, "absent.py:f", status=1) == (
        "",
        "whitehot explain: cannot read absent.py: No such file or directory\n",
    )
    assert "did you mean total?" in explained(folder, "app.py:totl", status=1)[1]
    assert "there is no module package.absent" in explained(folder, "-m", "package.absent:f", status=1)[1]
    assert explained(folder, "app.py:fib", status=1, WHITEHOT="0")[1].endswith("WHITEHOT=0 keeps it off\n")


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ([], "which function?"),
        (["--stage"], "--stage needs a name"),
        (["--stage", "bytecod", "a.py:f"], "did you mean bytecode?"),
        (["--fast", "a.py:f"], "no such option: --fast"),
    ],
)
def test_usage_errors(capsys: pytest.CaptureFixture[str], words: list[str], text: str) -> None:
    """A command line that makes no sense is status 2."""
    assert explain.main(words) == 2
    assert text in capsys.readouterr().err


def test_command_line() -> None:
    """Options stand before or after the function; what follows is the program's."""
    command = explain.parse(["-m", "a.b:C.f", "--stage", "ir,llvm", "--force", "x", "--force"])
    assert command == explain.Command("a.b", True, "C.f", ("x", "--force"), ("ir", "llvm"), True)
    assert explain.parse(["app.py", "--", "--force"]) == explain.Command(
        "app.py", False, "", ("--force",), ("summary",), False
    )
    assert explain.parse(["C:\\app.py"]) == explain.Command("C:\\app.py", False, "", (), ("summary",), False)


def test_help_names_every_stage(capsys: pytest.CaptureFixture[str]) -> None:
    """The help is made from the pipelines."""
    assert explain.main(["--help"]) == 0
    words = capsys.readouterr().out.split()
    assert set(explain.stage_names()) <= set(words)


def test_matching_names() -> None:
    """A qualified name finds itself; without one that fits, the end of a name does."""
    source = "def f():\n    def g(): pass\nclass C:\n    def g(self): pass\n    def f(self): pass\n"
    codes = list(walk(compile(source, "x.py", "exec")))
    assert [code.co_qualname for code in matching(codes, "f")] == ["f"]
    assert [code.co_qualname for code in matching(codes, "g")] == ["f.<locals>.g", "C.g"]
    assert [code.co_qualname for code in matching(codes, "f.g")] == ["f.<locals>.g"]
    assert matching(codes, "h") == []
