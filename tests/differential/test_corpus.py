"""Every program of tests/corpus does the same under whitehot, in every mode, as under plain CPython.

WHITEHOT_TEST_MODES=whitehot,deopt chooses the modes, WHITEHOT_TEST_MODES=all takes every one of them; `-k float_` chooses
programs. By default all programs run in the modes that compile in the program's own thread, where it is certain what
gets compiled, and a few in the others.
"""

from __future__ import annotations

import ast
import os
from pathlib import Path
from types import CodeType

import pytest
from tests.differential.harness import compiled_names, difference, plain_outcome, run_program, selected_modes

CORPUS = Path(__file__).parent.parent / "corpus"
PROGRAMS = sorted(CORPUS.glob("*.py"))
CARRIED = "# carried"
"""Ends the first line of a program's docstring when whitehot must compile some of its code."""


EVERY_TIME = ("fork_hot", "generators_hot", "loop_long_running", "signal_timer", "threads_progress")
"""What runs in the modes "plain" and "background" by default: long loops, threads, signals and forks."""

BACKGROUND_ONLY = {
    "signal_timer": "a timer that fires while the program waits for the compiler has its handler called from our callback",
}
"""Programs that show something else where the program waits for the compiler, and why."""


STRESSED = ("arguments_r*", "del_order", "float_*", "frame_*", "int_o*", "list_*")
"""What runs in the mode "deopt" by default, where each guard fails once."""


def runs_in(program: Path, mode: str) -> bool:
    """Whether a program can do the same in the mode at all."""
    return program.stem not in BACKGROUND_ONLY or mode in ("plain", "background")


def cases() -> list[tuple[str, Path]]:
    """Modes and programs to run in them."""
    found = [(mode, program) for mode in selected_modes() for program in PROGRAMS if runs_in(program, mode)]
    if not os.environ.get("WHITEHOT_TEST_MODES"):
        found += [(mode, CORPUS / f"{stem}.py") for mode in ("plain", "background") for stem in EVERY_TIME]
        found += [("deopt", program) for program in PROGRAMS if any(program.match(f"{name}.py") for name in STRESSED)]
    return found


def first_line(program: Path) -> str:
    """The first line of a program's docstring, empty without one."""
    return (ast.get_docstring(ast.parse(program.read_text(encoding="utf-8"))) or "").partition("\n")[0]


def own_names(program: Path) -> set[str]:
    """The qualified names of all code in a program: its functions, its module."""
    names = set()
    todo = [compile(program.read_text(encoding="utf-8"), program.name, "exec", dont_inherit=True)]
    while todo:
        code = todo.pop()
        names.add(code.co_qualname)
        todo += [constant for constant in code.co_consts if isinstance(constant, CodeType)]
    return names


def name(value: str | Path) -> str:
    return value.stem if isinstance(value, Path) else value


@pytest.mark.parametrize(("mode", "program"), cases(), ids=name)
def test_program_does_what_it_does_under_cpython(mode: str, program: Path) -> None:
    """Same output, same errors, same exit status; and where whitehot carries the code, it was compiled."""
    expected = plain_outcome(program)
    found = run_program(program, mode)
    assert expected.status is not None, "out of time under plain CPython"
    different = difference(expected, found)
    assert not different, f"{program.name} differs in mode {mode}:\n{different}"
    errors = (found.stats or {}).get("errors")
    assert not errors, f"{program.name}: the compiler failed in mode {mode}: {errors}"
    # Only "compile" takes everything. Elsewhere a program may be over too soon, or seem not worth it; "deopt" throws all away.
    if found.stats is not None and mode == "compile" and first_line(program).endswith(CARRIED):
        mine = compiled_names(found.stats) & own_names(program)
        assert mine, f"none of the program's own code was compiled: {dict(found.stats)}"


@pytest.mark.parametrize("program", PROGRAMS, ids=name)
def test_program_says_what_it_would_break(program: Path) -> None:
    """A docstring: what the program does in one line, then what kind of mistake it would show."""
    tree = ast.parse(program.read_text(encoding="utf-8"))
    summary, _, rest = (ast.get_docstring(tree) or "").partition("\n")
    assert summary.removesuffix(CARRIED).strip().endswith(".")
    assert rest.strip().startswith("Breaks ")
