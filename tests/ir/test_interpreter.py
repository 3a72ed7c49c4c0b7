"""The reference interpreter: control flow, exits with their states, and what it does not run."""

from __future__ import annotations

import pytest

from whitehot.ir.interpreter import Frame, Left, NotInterpretable, Returned, interpret
from whitehot.ir.parser import parse_function

FIBONACCI = parse_function("""
func fibonacci(%0: i64) -> object[int] {
b0:
  %1: i64 = constant {0}
  %2: i64 = constant {1}
  jump b1(%1, %2, %0)
b1(%3: i64, %4: i64, %5: i64): header 4 [%3, %4] stack [%5, -]
  %6: bool = int_is_true %5
  branch %6 b2(), b3()
b2:
  %7: i64 = int_add %3, %4            exit 8 [%3, %4] @inner from 12 [-] stack [%5]
  %8: i64 = int_sub %5, %2            exit 10 [%4, %7]
  jump b1(%4, %7, %8)
b3:
  %9: object[int] = box_int %3
  return %9
}
""")


@pytest.mark.parametrize(("count", "value"), [(0, 0), (1, 1), (10, 55), (90, 2880067194370816120)])
def test_a_loop_returns(count: int, value: int) -> None:
    """All arguments of an edge are read before any parameter is written."""
    assert interpret(FIBONACCI, [count]) == Returned(value)


def test_an_exit_carries_the_frames() -> None:
    """The sum of two large Fibonacci numbers overflows; the frames are listed from the outermost."""
    left = interpret(FIBONACCI, [100])
    assert isinstance(left, Left)
    assert left.instruction.name == "int_add"
    outer, inner = left.frames
    assert outer == Frame("fibonacci", 12, (None,), (9,))
    assert inner == Frame("inner", 8, (4660046610375530309, 7540113804746346429), ())


def test_headers_are_collected() -> None:
    """Each round passes the header once."""
    headers: list[tuple[Frame, ...]] = []
    interpret(FIBONACCI, [2], headers=headers)
    assert headers == [
        (Frame("fibonacci", 4, (0, 1), (2, None)),),
        (Frame("fibonacci", 4, (1, 1), (1, None)),),
        (Frame("fibonacci", 4, (1, 2), (0, None)),),
    ]


@pytest.mark.parametrize(
    ("operation", "good", "bad"),
    [
        ("i64 = unbox_int", [(5, 5), (-(2**63), -(2**63))], [True, 5.0, 2**63, None]),
        ("f64 = unbox_float", [(5.5, 5.5)], [5, True]),
        ("f64 = unbox_number", [(5.5, 5.5), (2**53, float(2**53))], [True, 2**53 + 1, "5"]),
        ("bool = unbox_bool", [(True, True)], [1, 0.0]),
    ],
)
def test_boxes_stand_for_their_values(operation: str, good: list[tuple[object, object]], bad: list[object]) -> None:
    """Unboxing leaves for other types and for ints that do not fit."""
    result = operation.split(maxsplit=1)[0]
    function = parse_function(
        f"func f(%0: object) -> {result} {{\nb0:\n  %1: {operation} %0 exit 4 [%0]\n  return %1\n}}\n"
    )
    for value, unboxed in good:
        found = interpret(function, [value])
        assert found == Returned(unboxed)
        assert type(found.value) is type(unboxed)
    for value in bad:
        assert isinstance(interpret(function, [value]), Left)


def test_what_touches_objects_is_not_run() -> None:
    """So is what does not end."""
    function = parse_function("func f(%0: object[list]) -> i64 {\nb0:\n  %1: i64 = list_len %0\n  return %1\n}\n")
    with pytest.raises(NotInterpretable, match="list_len"):
        interpret(function, [[]])
    endless = parse_function("func f() -> i64 {\nb0:\n  jump b1()\nb1:\n  jump b1()\n}\n")
    with pytest.raises(NotInterpretable, match="too many steps"):
        interpret(endless, [], steps=100)
    unreachable = parse_function("func f() -> i64 {\nb0:\n  unreachable\n}\n")
    with pytest.raises(NotInterpretable, match="unreachable ends a block"):
        interpret(unreachable, [])
