"""Runs a program as a process of its own, under plain CPython or under whitehot, and compares what it did.

A mode is a set of environment variables; everything else about the two processes is equal, so any difference in
standard output, standard error or exit status is a fault of whitehot:

    outcome = run_program(path, "deopt")
    assert not difference(plain_outcome(path), outcome)
"""

from __future__ import annotations

import difflib
import functools
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

TIERS: dict[str, dict[str, str]] = {
    "baseline": {"WHITEHOT_TIERS": "baseline"},
    "optimizing": {"WHITEHOT_TIERS": "optimizing"},
    "both": {"WHITEHOT_TIERS": "both", "WHITEHOT_OPTIMIZE_AFTER": "50"},
}
"""Which native code there is; with both, code soon moves from one tier to the other."""

LOW_THRESHOLDS = {"WHITEHOT_CALL_THRESHOLD": "5", "WHITEHOT_LOOP_THRESHOLD": "10", "WHITEHOT_COMPILE_THREAD": "inline"}

#: The stress modes compile hundreds of units: without LLVM's optimizer, which the other modes test, they take seconds each.
FAST_COMPILER = {"WHITEHOT_OPT_LEVEL": "0"}

STRESS: dict[str, dict[str, str]] = {
    "": LOW_THRESHOLDS,
    "compile-": {"WHITEHOT_STRESS": "compile", "WHITEHOT_COMPILE_THREAD": "inline", **FAST_COMPILER},
    "deopt-": {"WHITEHOT_STRESS": "deopt", **LOW_THRESHOLDS, **FAST_COMPILER},
}
"""What else is set, by what the name of the mode begins with."""

MODES: dict[str, dict[str, str]] = {
    "plain": {"WHITEHOT": "0"},
    **{
        stress + tier: {"WHITEHOT": "1", **of_stress, **of_tier}
        for stress, of_stress in STRESS.items()
        for tier, of_tier in TIERS.items()
    },
    "background": {"WHITEHOT": "1"},
}
"""The environment variables of each mode, by its name: `baseline`, `deopt-both`, ..."""

DEFAULT_MODES = ("both",)
"""What the tests run over everything unless WHITEHOT_TEST_MODES names others, or `all`: each takes several minutes.
"plain" checks that a program is deterministic.
"""

TIME_LIMIT = 110.0
"""Seconds a program may take, in any mode: less than the test's own limit, so that its output is still shown."""

MOST_DIFF_LINES = 80


@dataclass(frozen=True)
class Outcome:
    """What a program did, as far as another process can see it.

    `status` is the exit status, negative for the signal that ended the process, None when it ran out of time.
    `stats` is what whitehot counted (WHITEHOT_STATS_FILE), None when it wrote nothing; never compared.
    """

    stdout: str
    stderr: str
    status: int | None
    stats: Mapping[str, object] | None = field(default=None, compare=False)


def selected_modes() -> list[str]:
    """The modes to test: those named by WHITEHOT_TEST_MODES, separated by commas; `all` for all; else the default ones.

    Raises:
        ValueError: a name is not a mode.
    """
    names = [name.strip() for name in os.environ.get("WHITEHOT_TEST_MODES", "").split(",") if name.strip()]
    if names == ["all"]:
        return list(MODES)
    for name in names:
        if name not in MODES:
            raise ValueError(f"WHITEHOT_TEST_MODES: {name!r} is not one of {', '.join(MODES)}")
    return names or list(DEFAULT_MODES)


def environment(mode: str) -> dict[str, str]:
    """This process's environment without anything that steers Python or whitehot, plus what the mode sets."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "WHITEHOT"))} | {
        "WHITEHOT_KEEP_UNITS": "0"
    }
    fixed = {"PYTHONHASHSEED": "0", "PYTHONUTF8": "1", "PYTHON_COLORS": "0", "COLUMNS": "80"}
    return inherited | fixed | MODES[mode]


def run_program(path: Path, mode: str, time_limit: float = TIME_LIMIT) -> Outcome:
    """Run a program in a mode, in its own directory.

    The process group is killed at the time limit (seconds), so that forked children go too.
    """
    with tempfile.TemporaryDirectory() as folder:
        stats_file = Path(folder, "stats.json")
        variables = environment(mode)
        if mode != "plain":
            variables["WHITEHOT_STATS_FILE"] = str(stats_file)
        process = subprocess.Popen(
            [sys.executable, "-B", path.name],
            cwd=path.parent,
            env=variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        status: int | None
        try:
            stdout, stderr = process.communicate(timeout=time_limit)
            status = process.returncode
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            stdout, stderr = process.communicate()
            status = None
        return Outcome(_text(stdout), _text(stderr), status, _read_stats(stats_file))


def _text(output: bytes) -> str:
    return output.decode("utf-8", "backslashreplace")


def _read_stats(path: Path) -> Mapping[str, object] | None:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    if not isinstance(found, dict):
        raise TypeError(f"the counts should be a JSON object, not {found!r}")
    return found


@functools.cache
def plain_outcome(path: Path) -> Outcome:
    """What the program does under plain CPython; run once per session."""
    return run_program(path, "plain")


def difference(expected: Outcome, found: Outcome) -> str:
    """Where two outcomes differ, as text for people; empty when they do not."""
    parts = []
    if expected.status != found.status:
        parts.append(f"exit status: {_status(expected.status)} under plain CPython, {_status(found.status)} here")
    for name in ("stdout", "stderr"):
        before, after = getattr(expected, name), getattr(found, name)
        if before != after:
            lines = list(_diff(before, after, name))
            hidden = len(lines) - MOST_DIFF_LINES
            parts += lines[:MOST_DIFF_LINES] + ([f"... {hidden} more lines"] if hidden > 0 else [])
    return "\n".join(parts)


def _diff(before: str, after: str, name: str) -> list[str]:
    return list(
        difflib.unified_diff(
            before.splitlines(), after.splitlines(), f"{name}: plain CPython", f"{name}: here", n=2, lineterm=""
        )
    )


def _status(status: int | None) -> str:
    if status is None:
        return "out of time"
    return f"killed by {signal.Signals(-status).name}" if status < 0 else str(status)


def compiled_names(stats: Mapping[str, object]) -> set[str]:
    """The qualified names of the code that was compiled and still in use at exit."""
    units = stats.get("units", ())
    assert isinstance(units, list)
    return {str(unit["name"]) for unit in units}


def units_in(stats: Mapping[str, object], tier: str) -> int:
    """How many units were compiled for a tier and entered at least once in all, 0 where none was entered."""
    tiers = stats.get("tiers", {})
    assert isinstance(tiers, dict)
    counts = tiers.get(tier, {})
    return int(counts["compiled_units"]) if counts.get("entered") else 0
