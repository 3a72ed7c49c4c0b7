"""Hot code keeps nothing, call after call. In CPython's debug build where there is one: it finds broken reference counts by itself."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest
from tests.differential.harness import MODES

ROOT = Path(__file__).parents[2]
PROGRAM = ROOT / "tests" / "corpus" / "leaks" / "leaks.py"
DEBUG_BUILD = ROOT / ".python" / "debian" / "usr" / "bin" / "python3.14d"

LAUNCH = """
import runpy, sys
from whitehot.tools import startup
startup.activate()
runpy.run_path(sys.argv[1], run_name="__main__")
"""
"""Switches whitehot on by hand: the debug build does not read the start-up file of the virtual environment."""

ALLOWED = 20
"""What a hundred calls may seem to keep: less than one thing in five calls."""


def kept(python: str, mode: str) -> dict[str, int]:
    """What a hundred calls keep, by function; `compiled` is how many of the functions have native code."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "WHITEHOT"))} | {
        "WHITEHOT_KEEP_UNITS": "0"
    }
    environment |= {"PYTHONPATH": os.pathsep.join((str(ROOT / "src"), sysconfig.get_path("purelib")))} | MODES[mode]
    words = [python, "-X", "faulthandler", "-c", LAUNCH, str(PROGRAM)]
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert not done.stderr
    return {name: int(count) for name, count in (line.split() for line in done.stdout.splitlines())}


@pytest.mark.timeout(300)
@pytest.mark.parametrize("mode", ["both", "compile-both", "deopt-both"])
@pytest.mark.parametrize("build", ["stock", "debug"])
def test_nothing_is_kept(build: str, mode: str) -> None:
    """Neither memory nor references to shared objects."""
    if build == "debug" and not DEBUG_BUILD.exists():
        pytest.skip("there is no debug build of CPython here (.python/debian/usr/bin/python3.14d)")
    counts = kept(str(DEBUG_BUILD) if build == "debug" else sys.executable, mode)
    compiled = counts.pop("compiled")
    assert {name: count for name, count in counts.items() if count >= ALLOWED} == {}
    if mode == "compile-both":
        assert compiled >= len(counts) // 2
