"""The checker finds each kind of malformed function and says where, what was expected and what found."""

from __future__ import annotations

import pytest

from whitehot.ir.checker import IRError, check
from whitehot.ir.graph import Value
from whitehot.ir.parser import parse_function
from whitehot.ir.types import I64

WRONG = {
    "no terminator": (
        "b0:\n  %2: i64 = int_add %0, %0 exit 0 []",
        "f, b0, `%2: i64 = int_add %0, %0 exit 0 []`: expected one terminator, at the end, found none at the end",
    ),
    "terminator in the middle": (
        "b0:\n  return %0\n  return %0",
        "expected one terminator, at the end, found one earlier",
    ),
    "empty block": ("b0:\n  jump b1()\nb1:", "f, b1: expected a terminator, found an empty block"),
    "targets": ("b0:\n  branch %1 b1()\nb1:\n  return %0", "expected 2 targets, found 1"),
    "jump to the entry": ("b0:\n  jump b0()", "f, b0: expected no jump to the entry block, found one"),
    "no dominance in a block": (
        "b0:\n  %2: i64 = int_and %3, %0\n  %3: i64 = int_or %0, %0\n  return %2",
        "`%2: i64 = int_and %3, %0`: expected a definition of %3 that dominates its use, found one that does not",
    ),
    "no dominance between blocks": (
        "b0:\n  branch %1 b1(), b2()\nb1:\n  %2: i64 = constant {1}\n  jump b2()\nb2:\n  return %2",
        "expected a definition of %2 that dominates its use",
    ),
    "unreachable definition": (
        "b0:\n  return %2\nb1:\n  %2: i64 = constant {1}\n  return %2",
        "expected an operand that a reachable block defines, found %?",
    ),
    "operand type": (
        "b0:\n  %2: i64 = int_add %1, %0 exit 0 []\n  return %2",
        "expected left to be i64, found %1: bool",
    ),
    "operand count": ("b0:\n  %2: i64 = int_and %0\n  return %2", "expected 2 operands, found 1"),
    "too many operands": ("b0:\n  %2: i64 = int_and %0, %0, %0\n  return %2", "expected 2 operands, found 3"),
    "result type": ("b0:\n  %2: f64 = int_and %0, %0\n  return %0", "expected a result of type i64, found %2: f64"),
    "no result": ("b0:\n  int_and %0, %0\n  return %0", "expected a result, found none"),
    "constant without result": ("b0:\n  constant {1}\n  return %0", "expected a result, found none"),
    "result of a jump": ("b0:\n  %2: i64 = jump b1()\nb1:\n  return %0", "expected no result, found one"),
    "return type": ("b0:\n  return %1", "expected one operand of type i64, found bool"),
    "no state": ("b0:\n  %2: i64 = int_add %0, %0\n  return %2", "expected a frame state, found none"),
    "needless state": ("b0:\n  %2: i64 = int_and %0, %0 exit 0 []\n  return %2", "expected no frame state, found one"),
    "state dominance": (
        "b0:\n  %2: i64 = int_add %0, %0 exit 0 [%2]\n  return %2",
        "expected a definition of %2 that dominates its use",
    ),
    "header dominance": (
        "b0:\n  jump b1()\nb1: header 0 [%2]\n  jump b2()\nb2:\n  %2: i64 = constant {1}\n  jump b1()",
        "f, b1: expected a definition of %2 that dominates its use",
    ),
    "argument count": ("b0:\n  jump b1()\nb1(%2: i64):\n  return %2", "expected 1 arguments for b1, found 0"),
    "argument type": (
        "b0:\n  jump b1(%1)\nb1(%2: i64):\n  return %2",
        "expected %2 of b1 to get i64, found %1: bool",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_said(name: str) -> None:
    """Each kind of mistake, in a small function."""
    body, message = WRONG[name]
    function = parse_function(f"func f(%0: i64, %1: bool) -> i64 {{\n{body}\n}}\n")
    with pytest.raises(IRError) as caught:
        check(function)
    assert message in str(caught.value)


def test_a_value_has_one_definition_that_it_names() -> None:
    """What text cannot say wrongly, a pass can."""
    function = parse_function("func f(%0: i64) -> i64 {\nb0:\n  %1: i64 = int_and %0, %0\n  return %1\n}\n")
    function.entry.instructions[0].result = Value(I64, function.entry)
    with pytest.raises(IRError, match="to name this as its producer, found another"):
        check(function)
    function.entry.parameters.append(function.entry.parameters[0])
    with pytest.raises(IRError, match="expected one definition of %1, found two"):
        check(function)
    function.entry.parameters.pop()
    function.entry.instructions[0].attributes = (1,)
    function.entry.instructions[0].result = Value(I64, function.entry.instructions[0])
    with pytest.raises(IRError, match="expected 0 attributes, found 1"):
        check(function)
