"""Generated programs do the same under whitehot, in every mode, as under plain CPython.

WHITEHOT_TEST_BATCHES=20 runs more of them (2 batches of 30 by default); `python -m tests.differential.fuzz` runs
until told to stop.
"""

from __future__ import annotations

import os
import random
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from tests.differential import fuzz
from tests.differential.fuzz import programs_of
from tests.differential.generate import batch, program, programs
from tests.differential.harness import MODES, difference, run_program, selected_modes
from tests.differential.reduce import reduced

BATCHES = int(os.environ.get("WHITEHOT_TEST_BATCHES", "2"))


def assert_same(text: str, mode: str) -> None:
    """The text does the same in the mode as under plain CPython, where it ends well."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "generated.py")
        path.write_text(text, encoding="utf-8")
        expected = run_program(path, "plain")
        assert expected.status == 0, expected
        assert not expected.stderr
        different = difference(expected, run_program(path, mode))
        assert not different, f"mode {mode}:\n{different}"


@pytest.mark.parametrize("number", range(BATCHES))
@pytest.mark.parametrize("mode", selected_modes())
def test_batch_does_what_it_does_under_cpython(mode: str, number: int) -> None:
    """Thirty programs in one process, so that compiled code of many functions is alive together."""
    assert_same(batch(programs_of(2026, number, 30)), mode)


@pytest.mark.parametrize("mode", selected_modes()[-1:])
@settings(max_examples=5, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(text=programs())
def test_single_program_does_what_it_does_under_cpython(mode: str, text: str) -> None:
    """One program in a process; a failing one is made smaller by Hypothesis."""
    assert_same(batch([text]), mode)


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(text=programs())
def test_generated_text_is_a_program(text: str) -> None:
    """Whatever the choices, the text compiles, without a warning."""
    compile(batch([text]), "<generated>", "exec")


def test_same_seed_gives_the_same_program() -> None:
    """A failure of the fuzzer can be had again from its seed."""
    assert program(random.Random(5), "a") == program(random.Random(5), "a")
    assert program(random.Random(5), "a") != program(random.Random(6), "a")


def test_reducer_keeps_only_what_fails() -> None:
    """A program that "fails" when it has a certain constant loses everything else, down to the constant."""
    text = (
        batch(programs_of(1, 0, 2))
        + "\n\ndef culprit(x):\n    if x:\n        y = 5\n        return y * 12345\n    return x\n"
    )
    assert reduced(text, lambda source: "12345" in source) == "def culprit(x):\n    return 12345"


def test_reducer_returns_what_it_cannot_make_fail() -> None:
    """A failure that goes away with the layout is kept as it was."""
    assert reduced("x  =  1", lambda source: "x  =" in source) == "x  =  1"


def test_fuzzer_finds_and_reduces_a_difference(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """With a mode that drops `assert` statements, it stores small programs in which one matters."""
    monkeypatch.setitem(MODES, "both", {"PYTHONOPTIMIZE": "1"})
    words = ["--seconds", "0.1", "--programs", "3", "--seed", "3", "--reduce-seconds", "3", "--folder", str(tmp_path)]
    assert fuzz.main(words) == 1
    stored = sorted(tmp_path.glob("*.py"))
    assert stored
    for path in stored:
        text = path.read_text(encoding="utf-8")
        assert "assert" in text
        assert path.with_suffix(".txt").read_text(encoding="utf-8").startswith("mode both\n--- stdout")
