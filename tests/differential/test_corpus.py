"""Every program of tests/corpus does the same under whitehot, in every mode, as under plain CPython.

A mode is named after the tiers that there are, and stress: `baseline`, `compile-both`, `deopt-optimizing`.
WHITEHOT_TEST_MODES=baseline,deopt-both chooses the modes, WHITEHOT_TEST_MODES=all takes every one of them; `-k float_` chooses
programs. By default all programs run with both tiers, where the program waits for the compiler so that it is certain what gets
compiled, and a few in the other modes.
"""

from __future__ import annotations

import ast
import os
from collections.abc import Mapping
from pathlib import Path
from types import CodeType

import pytest
from tests.differential.harness import (
    MODES,
    TIERS,
    compiled_names,
    difference,
    plain_outcome,
    run_program,
    selected_modes,
    units_in,
)

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

NOT_IN_BACKGROUND = {
    "dying_functions": "a function may die in the moment in which the compiler's thread looks at it, and lives until it has",
}
"""Programs that show something else where the program does not wait for the compiler, and why."""


STRESSED = ("arguments_r*", "del_order", "float_*", "frame_*", "int_o*", "list_*")
"""What runs in the mode "deopt-both" by default, where each guard fails once."""

SAMPLE = ("arguments_rebound", "exc_own_handler", "float_simulations", "recursion_classics", "list_index_types")
"""What runs in every other mode by default."""


def runs_in(program: Path, mode: str) -> bool:
    """Whether a program can do the same in the mode at all."""
    return program.stem not in (NOT_IN_BACKGROUND if mode == "background" else BACKGROUND_ONLY) or mode == "plain"


def cases() -> list[tuple[str, Path]]:
    """Modes and programs to run in them."""
    found = [(mode, program) for mode in selected_modes() for program in PROGRAMS if runs_in(program, mode)]
    if not os.environ.get("WHITEHOT_TEST_MODES"):
        found += [(mode, CORPUS / f"{stem}.py") for mode in ("plain", "background") for stem in EVERY_TIME]
        stressed = [program for program in PROGRAMS if any(program.match(f"{name}.py") for name in STRESSED)]
        found += [("deopt-both", program) for program in stressed]
        others = [mode for mode in MODES if mode not in {mode for mode, _ in found}]
        found += [(mode, CORPUS / f"{stem}.py") for mode in others for stem in SAMPLE]
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
    if found.stats is not None:
        check_that_it_ran(program, mode, found.stats)


def check_that_it_ran(program: Path, mode: str, stats: Mapping[str, object]) -> None:
    """The mode's native code is what ran, and no other; and where whitehot takes everything, it carried the code."""
    stress, _, tiers = mode.rpartition("-")
    for tier in TIERS:
        if tiers in TIERS and tiers not in ("both", tier):
            assert not units_in(stats, tier), f"{tier} code in mode {mode}"
    # Elsewhere a program may be over too soon, or seem not worth it; "deopt" throws all away.
    if stress == "compile" and first_line(program).endswith(CARRIED):
        assert units_in(stats, "baseline" if tiers == "both" else tiers), f"nothing ran in mode {mode}: {dict(stats)}"
        mine = compiled_names(stats) & own_names(program)
        assert mine, f"none of the program's own code was compiled: {dict(stats)}"


@pytest.mark.parametrize("program", PROGRAMS, ids=name)
def test_program_says_what_it_would_break(program: Path) -> None:
    """A docstring: what the program does in one line, then what kind of mistake it would show."""
    tree = ast.parse(program.read_text(encoding="utf-8"))
    summary, _, rest = (ast.get_docstring(tree) or "").partition("\n")
    assert summary.removesuffix(CARRIED).strip().endswith(".")
    assert rest.strip().startswith("Breaks ")
