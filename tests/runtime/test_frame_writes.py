"""Locals of a real frame that a callee writes through `frame.f_locals`: native code that leaves then keeps what was written."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

HEAD = """
import sys, whitehot

def poke(name, value):
    sys._getframe(1).f_locals[name] = value
    if value == "raises":
        raise ValueError

"""

FUNCTIONS = {
    "a call": (
        """
def written(n):
    step = total = 0
    for i in range(n):
        total += step
        if i == 5:
            poke("step", 10)
    return total
""",
        "140",
    ),
    "a call of a temporary": (
        """
class Writes:
    def __call__(self):
        sys._getframe(1).f_locals["step"] = 10

def written(n):
    step = total = 0
    for i in range(n):
        total += step
        if i == 5:
            Writes()()
    return total
""",
        "140",
    ),
    "a call that raises": (
        """
def written(n):
    step = total = 0
    for i in range(n):
        try:
            poke("step", "raises" if i == 5 else i)
        except ValueError:
            return i, step
""",
        "(5, 'raises')",
    ),
    "a comparison": (
        """
class Writes:
    def __lt__(self, other):
        poke_two_up(other)
        return False

def poke_two_up(value):
    sys._getframe(2).f_locals["limit"] = value

def written(n):
    limit = 0
    writes = Writes()
    for i in range(n):
        if writes < i:
            return None
    return limit
""",
        "19",
    ),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_written_locals_are_kept(tmp_path: Path, name: str) -> None:
    """Written by what the function calls, in the middle of a loop."""
    source, expected = FUNCTIONS[name]
    program = tmp_path / "program.py"
    shown = "names = {unit['name'] for unit in whitehot.stats()['units']}\nprint(found, 'written' in names)\n"
    program.write_text(f"{HEAD}{source}\nfound = written(20)\n{shown}", encoding="utf-8")
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "WHITEHOT"))} | {
        "WHITEHOT_KEEP_UNITS": "0"
    }
    environment |= {
        "WHITEHOT": "1",
        "WHITEHOT_STRESS": "compile",
        "WHITEHOT_COMPILE_THREAD": "inline",
        "WHITEHOT_OPT_LEVEL": "0",
    }
    done = subprocess.run([sys.executable, str(program)], env=environment, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert done.stdout == f"{expected} True\n"
