"""Python code of ours that runs where the program has next to no levels of recursion left."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

PROGRAM = """
import sys, whitehot

def product(a, b):
    return a * b

FACTOR = 1

def scaled(n):
    return n * FACTOR

[product(n, 2) for n in range(5)]
[scaled(n) for n in range(5)]
results = set()
usual = sys.getrecursionlimit()
for spare in range(2, 14):
    sys.setrecursionlimit(1 + spare)
    try:
        for _ in range(60):
            results.add(product(2**62, 4))  # leaves, and is given up after a while
        FACTOR += 1  # what was compiled is thrown away
        results.add(scaled(1))
    except RecursionError as error:
        results.add(str(error))
    sys.setrecursionlimit(usual)
stats = whitehot.stats()
print(results == {2**64, *range(2, 14)}, stats["errors"], stats["exits"]["OVERFLOW"] >= 50)
"""


def test_no_levels_left(tmp_path: Path) -> None:
    """What is told of exits and of broken assumptions is done, without an error that the program would see."""
    program = tmp_path / "program.py"
    program.write_text(PROGRAM, encoding="utf-8")
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
    assert done.stdout == "True [] True\n"
