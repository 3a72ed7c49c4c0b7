"""What is stored in the real frame before arbitrary code runs."""

from __future__ import annotations

from whitehot.ir import ops
from whitehot.ir.parser import parse_function
from whitehot.ir.states import lazy_values
from whitehot.passes.frame_sync import synchronize_frame


def test_box_of_a_variable_that_is_bound_in_some_rounds() -> None:
    """The call after the loop stores a box of its own. The one in the loop remains one that only leaving paths need, so no round makes it."""
    function = parse_function("""
func f(%0: object) -> object frame {
b0:
  %1: bool = constant {False}
  %2: i64 = constant {0}
  %3: i64 = constant {1}
  %4: bool = constant {True}
  %5: object = frame_local {0}
  %6: i64 = unbox_int %5                     exit 2 [%5, -]
  jump b1(%1, %2, %2)
b1(%7: bool, %8: i64, %9: i64): header 4 [%5, %10]
  %10: object? = box_int_if %7, %8
  %11: bool = int_lt %9, %6
  branch %11 b2(), b3()
b2:
  %12: i64 = int_add %9, %3                  exit 6 [%5, %10]
  check_breaker                              exit 8 [%5, %12]
  jump b1(%4, %12, %12)
b3:
  %13: object = call_object %5 {None, 0}     raise 10 [%5, %10]
  check_world                                exit 12 [%5, %10] stack [%13]
  return %13
}
""")
    synchronize_frame(function)
    _, header, _, last = function.blocks()
    in_loop = header.instructions[0].result
    assert in_loop in lazy_values(function)
    names = [instruction.operation.name for instruction in last.instructions]
    assert names == ["box_int_if", "frame_store", "frame_set_instruction", "call_object", "check_world", "return"]
    boxing, store = last.instructions[:2]
    assert boxing.operands == header.instructions[0].operands
    assert store.operation is ops.frame_store
    assert store.operands == [boxing.result]
    assert store.attributes == (1,)


def test_stale_slots_are_cleared_before_a_return() -> None:
    """A variable was bound anew after the call: its slot still holds what another one refers to, which is to die with that one's slot."""
    function = parse_function("""
func f() -> object frame {
b0:
  %0: object[list] = make_list                       raise 2 [-, -, -]
  %1: object[list] = make_list                       raise 4 [%0, -, -]
  %2: object = call_object %0 {None, 0}              raise 6 [%0, %0, %1]
  check_world                                        exit 8 [%0, %0, %1] stack [%2]
  %3: object[list] = make_list                       raise 10 [%0, %0, %1]
  %4: object[NoneType] = constant {@_Py_NoneStruct}
  drop_local %1 {2}
  drop_local %0 {1}
  drop_local %3 {0}
  return %4
}
""")
    synchronize_frame(function)
    (block,) = function.blocks()
    tail = [(i.operation.name, i.attributes) for i in block.instructions[-5:]]
    assert tail == [
        ("frame_clear", (0,)),
        ("drop_local", (2,)),
        ("drop_local", (1,)),
        ("drop_local", (0,)),
        ("return", ()),
    ]


_LOOP = """
func f(%0: object) -> object frame {{
b0:
  %1: object = frame_local {{0}}
  %2: i64 = unbox_int %1                     exit 2 [%1, -]
  %3: i64 = constant {{0}}
  %4: i64 = constant {{1}}
  %5: object[list] = make_list               raise 4 [%1, -]
  %6: bool = int_lt %3, %2
  branch %6 b1(), b2()
b1:
  %7: object = call_object %1 {{None, 0}}    raise 6 [%1, {local}]
  check_world                                exit 8 [%1, {local}] stack [%7]
  jump b3(%3)
b2:
  jump b3(%4)
b3(%8: i64): header 10 [%1, -]
  %9: object[list] = guard_type %1 {{@PyList_Type}} exit 12 [%1, -]
  %10: object = list_item %9, %3             exit 14 [%1, -]
  drop {dropped}                                   exit 16 [%1, -]
  %11: i64 = int_add %8, %4                  exit 18 [%1, -]
  check_breaker                              exit 20 [%1, -]
  jump b3(%11)
}}
"""


def _cleared_in_loop(local: str, dropped: str) -> list[int]:
    function = parse_function(_LOOP.format(local=local, dropped=dropped))
    synchronize_frame(function)
    loop = function.blocks()[-1]
    return [int(i.attributes[0]) for i in loop.instructions if i.operation is ops.frame_clear]  # type: ignore[arg-type]


def test_slot_that_may_hold_something_else_is_left_alone() -> None:
    """Nobody knows whether the slot holds the number, but what dies in the loop was never in it: clearing it in each round is for nothing."""
    assert _cleared_in_loop(local="%2", dropped="%10") == []


def test_slot_that_may_hold_what_dies_is_cleared() -> None:
    assert _cleared_in_loop(local="%5", dropped="%5") == [1]


def test_slot_that_holds_a_tuple_is_cleared_when_a_part_dies() -> None:
    """Native code has taken the tuple apart, and is told of the parts; the slot holds all of it."""
    function = parse_function("""
func f(%0: object) -> object frame {
b0:
  %1: object = frame_local {0}
  %2: object[list] = make_list               raise 2 [%1, -]
  %3: object[tuple] = make_tuple %2
  %4: object = call_object %1 {None, 0}      raise 4 [%1, %3]
  check_world                                exit 6 [%1, %3] stack [%4]
  drop %2                                    exit 8 [%1, -] stack [%4]
  return %4
}
""")
    synchronize_frame(function)
    names = [(i.operation.name, i.attributes) for i in function.blocks()[0].instructions[-3:]]
    assert names == [("frame_clear", (1,)), ("drop", ()), ("return", ())]
