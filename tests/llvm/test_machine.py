"""LLVM's part of the optimizing tier: what is optimized, and that it can be broken off."""

from __future__ import annotations

import pytest

from whitehot.errors import Cancelled
from whitehot.llvm.machine import compile_object, optimized_text

MODULE = """
define i64 @"unit.body"(i64 %a) {
  %b = add i64 %a, 2
  %c = sub i64 %b, 2
  call void @"leave.0"(i64 %c, i64 poison)
  ret i64 %c
}
define i64 @"entry"(i64 %a) {
  %b = call i64 @"unit.body"(i64 %a)
  ret i64 %b
}
define internal void @"leave.0"(i64 %a, i64 %b) noinline cold {
  call void @record(i64 %a)
  call void @record(i64 %b)
  ret void
}
declare void @record(i64)
"""


def test_optimized() -> None:
    """Functions that others call are simplified, those for leaving lose parameters that are never given, and nothing is inlined."""
    text = optimized_text(MODULE)
    assert "sub i64" not in text
    assert "@leave.0(i64 %a)" in text
    assert "call i64 @unit.body" in text


def test_level_zero() -> None:
    """Nothing is optimized at level 0."""
    assert "sub i64" in optimized_text(MODULE, 0)
    assert compile_object(MODULE, 0).startswith(b"\x7fELF")


def test_rejected() -> None:
    """Text that LLVM rejects, when it is read or when it is verified, is a RuntimeError."""
    with pytest.raises(RuntimeError):
        compile_object("nonsense")
    with pytest.raises(RuntimeError):
        compile_object(
            "define i64 @f(i1 %c) {\n br i1 %c, label %a, label %b\na:\n %x = add i64 1, 1\n br label %b\nb:\n ret i64 %x\n}"
        )


def test_broken_off() -> None:
    """Whether the object is still wanted is asked before each function and each later step."""
    asked = []

    def until(number: int) -> bool:
        asked.append(number)
        return len(asked) < number

    for number in (1, 2, 3, 4):
        asked.clear()
        with pytest.raises(Cancelled):
            compile_object(MODULE, 2, lambda number=number: until(number))  # type: ignore[misc]
        assert len(asked) == number
    asked.clear()
    assert compile_object(MODULE, 2, lambda: until(5)).startswith(b"\x7fELF")
    assert len(asked) == 4
