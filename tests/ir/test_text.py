"""Printing and parsing are inverses; wrong text gets an error that points at it."""

from __future__ import annotations

import math
import struct
from pathlib import Path

import pytest
from tests.golden import sections

from whitehot.ir.checker import check
from whitehot.ir.graph import Symbol
from whitehot.ir.ops import constant
from whitehot.ir.parser import ParseError, parse_function, parse_functions
from whitehot.ir.printer import format_function

EVERYTHING = """\
func everything(%0: object ?int, %1: object?, %2: object[list] ?'my type') -> object frame loop {
b0:
  %3: i64 = constant {-3}
  %4: f64 = constant {-0.0}
  %5: f64 = constant {inf}
  %6: bool = constant {True}
  %7: object[int] = constant {@math.pi:1}
  %8: object = constant {@"an odd 'name'"}
  %9: object = constant {None}
  %10: f64 = constant {1e+300}
  %11: f64 = constant {nan}
  %12: i64 = unbox_int %0                    exit 4 [%0, -, %2]
  branch %6 b1(%12), b3() {False}
b1(%13: i64): header 6 [%0] stack [-, %13]
  %14: object = call_object %8, %0           raise 8 [%0] @inner from 12 [%2] stack [%13] from 2 [] @'the caller'
  list_append %2, %14                        raise 10 [%0] owns [%14, %2]
  %15: object = object_binary %0, %14 {@PyNumber_Add} raise 14 []
  branch %6 b1(%13), b2(%13, %15)
b2(%16: i64, %17: object): cold header 20 []
  return %17
b3: cold
  exit {'NOT_CARRIED'}                       exit 16 [%0]
}
"""


def test_printing_a_parsed_print_gives_the_same_text() -> None:
    """Every form the printer has is read back."""
    function = parse_function(EVERYTHING)
    check(function)
    assert format_function(function) == EVERYTHING
    assert function.has_frame
    assert function.is_loop
    assert function.entry.parameters[2].hint == "my type"
    state = function.entry.instructions[-2].state
    assert state is not None
    assert state.code == Symbol("everything")


def test_golden_files_are_printed_as_they_are_read() -> None:
    """Every function that the golden tests hold."""
    for path in sorted((Path(__file__).parent.parent / "passes").glob("*.md")):
        for section in sections(path):
            for block in section.outputs():
                if "\n...\n" not in block.text:
                    assert format_function(parse_function(block.text)) == block.text, section.name


def test_numbers_and_order_of_the_text_do_not_matter() -> None:
    """Values may be used above their definitions, blocks stand in any order; printing puts both in order."""
    text = """
    func 'my <function>'(%7: i64) -> i64 {
    b5:  # the entry comes first
      jump b9(%7)
    b7:
      return %3
    b9(%3: i64):
      jump b7()
    }
    """
    function = parse_function(text)
    check(function)
    assert format_function(function) == (
        "func 'my <function>'(%0: i64) -> i64 {\nb0:\n  jump b1(%0)\nb1(%1: i64):\n  jump b2()\nb2:\n  return %1\n}\n"
    )


@pytest.mark.parametrize("bits", [0x7FF8000000000000, 0xFFF8000000000000, 0x7FF0000000000001, 0x8000000000000000, 1])
def test_floats_keep_every_bit(bits: int) -> None:
    """NaNs with a payload, a negative zero and the smallest subnormal come back as they were."""
    (number,) = struct.unpack("<d", struct.pack("<Q", bits))
    function = parse_function("func f() -> f64 {\nb0:\n  %0: f64 = constant {1.5}\n  return %0\n}\n")
    instruction = function.entry.instructions[0]
    assert instruction.operation is constant
    instruction.attributes = (number,)
    again = parse_function(format_function(function)).entry.instructions[0].attributes[0]
    assert isinstance(again, float)
    assert struct.unpack("<Q", struct.pack("<d", again)) == (bits,)
    assert math.isnan(number) == math.isnan(again)


def test_several_functions() -> None:
    """A text may hold several functions."""
    one = "func f(%0: i64) -> i64 {\nb0:\n  return %0\n}\n"
    assert [f.name for f in parse_functions(one + "\n" + one.replace("func f", "func g"))] == ["f", "g"]
    with pytest.raises(ParseError, match="one function expected, found 2"):
        parse_function(one + one)


@pytest.mark.parametrize(
    ("line", "column", "message"),
    [
        ("%1: i64 = int_sum %0, %0", 13, "no operation int_sum"),
        ("%1: i46 = int_add %0, %0 exit 0 []", 7, "not a type: 'i46'"),
        ("%1: i64 = int_add %0, %9 exit 0 []", 25, "%9 is never defined"),
        ("%0: i64 = int_add %0, %0 exit 0 []", 3, "%0 is defined twice"),
        ("%1: i64 = int_add %0, %0 exit x []", 33, "a bytecode offset expected, found x"),
        ("%1: i64 = int_add %0, %0 exit -4 []", 33, "a bytecode offset expected"),
        ("%1: i64 = int_add %0, %0 exit 4 [%0", 38, "']' expected, found 'the end of the line'"),
        ("%1: i64 = int_add %0, %0 exit 4 [] owns [-]", 43, "only values can be owned"),
        ("%1: i64 = constant {}", 23, "an attribute expected"),
        ("%1: i64 = constant {1, 2}", 22, "at most 1 attributes expected, found 2"),
        ("%1 i64 = constant {1}", 6, "':' expected, found 'i64'"),
        ("jump b7()", 8, "b7 is never defined"),
        ("return %0 §", 13, "unexpected character '§'"),
        ("return %0 %0", 13, "end of line expected, found %0"),
    ],
)
def test_errors_point_at_the_spot(line: str, column: int, message: str) -> None:
    """Line, column, what was expected and what found, and the line itself."""
    with pytest.raises(ParseError) as caught:
        parse_function(f"func f(%0: i64) -> i64 {{\nb0:\n  {line}\n  return %0\n}}\n")
    assert (caught.value.line, caught.value.column) == (3, column)
    text = str(caught.value)
    assert message in text
    assert text.endswith(f"  {line}\n  {' ' * (column - 1)}^")
