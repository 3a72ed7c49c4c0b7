"""The monitoring tool's callbacks, on what only extension modules do."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

FIRES = """
import sys
import _testcapi

start = sys.monitoring.events.PY_START.bit_length() - 1
codelike = _testcapi.CodeLike(1)
for _ in range(20):
    _testcapi.monitoring_enter_scope(codelike, start)
    _testcapi.fire_event_py_start(codelike, 0)
    _testcapi.monitoring_exit_scope()
print("fired")
"""


def test_events_of_what_is_no_code_object_are_let_pass() -> None:
    """Extension modules may fire events with an object of theirs in the place of code (PyMonitoring_FirePyStartEvent)."""
    pytest.importorskip("_testcapi")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "WHITEHOT"))} | {
        "WHITEHOT_KEEP_UNITS": "0"
    }
    environment |= {"WHITEHOT": "1", "WHITEHOT_CALL_THRESHOLD": "5", "WHITEHOT_COMPILE_THREAD": "inline"}
    done = subprocess.run([sys.executable, "-c", FIRES], env=environment, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr, done.returncode) == ("fired\n", "", 0)
