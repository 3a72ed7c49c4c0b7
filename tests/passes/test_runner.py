"""The runner times, counts, dumps and checks, and names the pass that broke something."""

from __future__ import annotations

import pytest

from whitehot.ir.checker import IRError
from whitehot.ir.graph import Function
from whitehot.ir.parser import parse_function
from whitehot.ir.printer import format_function
from whitehot.passes import dead_code, fold, run

TEXT = """
func f(%0: i64) -> i64 {
b0:
  %1: i64 = constant {0}
  %2: i64 = int_add %0, %1   exit 4 [%0]
  return %2
}
"""


def test_report_and_dump() -> None:
    """One step for each pass, the rules that fired, and the text after each."""
    texts: list[tuple[str, str]] = []
    report = run(parse_function(TEXT), (fold, dead_code), dump=lambda name, f: texts.append((name, format_function(f))))
    assert [(step.name, step.changes) for step in report.steps] == [("fold", 1), ("dead_code", 1)]
    assert report.changes == 2
    assert report.seconds == sum(step.seconds for step in report.steps) > 0
    assert report.rules == {"int_add_zero": 1}
    assert texts[0][0] == "fold"
    assert texts[1] == ("dead_code", "func f(%0: i64) -> i64 {\nb0:\n  return %0\n}\n")


def test_checks_name_the_pass() -> None:
    """Only where asked for."""

    def breaks(function: Function) -> int:
        function.entry.instructions.pop()
        return 1

    with pytest.raises(IRError, match=r"^after breaks: f, b0"):
        run(parse_function(TEXT), (fold, breaks), verify=True)
    assert run(parse_function(TEXT), (breaks,)).changes == 1
    broken = parse_function(TEXT)
    breaks(broken)
    with pytest.raises(IRError, match=r"^after building: f, b0"):
        run(broken, (fold,), verify=True)
