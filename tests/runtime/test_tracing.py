"""Tracing that begins while native code runs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import sys, whitehot

def callee(n):
    return n + 1

def profiler(frame, event, argument):
    seen.append(frame.f_code.co_name)

def loop(n, switch):
    total = 0
    for i in range(n):
        if i == 5:
            switch()
        total += callee(i)
    return total

seen = []
loop(20, lambda: None)
names = {unit["name"] for unit in whitehot.stats()["units"]}
loop(20, lambda: sys.SETTER(profiler))
sys.SETTER(None)
print(seen.count("callee") / EVENTS, "loop" in names)
"""


@pytest.mark.parametrize(("setter", "events"), [("setprofile", 2), ("settrace", 1)])
def test_all_later_calls_are_seen(tmp_path: Path, setter: str, events: int) -> None:
    """From the next call on, though native code would only look at the eval breaker at the end of the loop's body."""
    program = tmp_path / "program.py"
    program.write_text(PROGRAM.replace("SETTER", setter).replace("EVENTS", str(events)), encoding="utf-8")
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
    assert done.stdout == "15.0 True\n"
