"""Where values lie in the native frame."""

from __future__ import annotations

from random import Random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.passes.programs import program
from tests.stencil.units import finished

from whitehot.ir import ops
from whitehot.ir.graph import Block, Function, Instruction, Value
from whitehot.ir.parser import parse_function
from whitehot.ir.states import StateValues, lazy_values
from whitehot.passes.references import root
from whitehot.stencil.slots import Slots

FIRST = 6


def slots_of(function: Function) -> Slots:
    """The slots of a function as it is."""
    return Slots(function.blocks(), StateValues(function.blocks()), FIRST)


def results(function: Function) -> list[Value]:
    """The results of its instructions, in order."""
    return [instruction.result for instruction in function.instructions() if instruction.result is not None]


def test_a_loop_moves_nothing() -> None:
    """What a loop's variable becomes lies where it does, also where it is needed behind the loop; what the loop needs keeps its slot all along."""
    function = parse_function("""
func f(%0: i64, %1: i64) -> i64 {
b0:
  %2: i64 = constant {1}
  %3: i64 = int_sub %0, %2            exit 2 [%0, %1]
  jump b1(%3, %1)
b1(%4: i64, %5: i64):
  %6: bool = int_is_true %4
  branch %6 b2(), b3()
b2:
  %7: i64 = int_mul %5, %0            exit 4 [%0, %4]
  %8: i64 = int_sub %4, %2            exit 6 [%0, %7]
  jump b1(%8, %7)
b3:
  return %5
}
""")
    slots = slots_of(function)
    entry, header, body, _ = function.blocks()
    counter, total = header.parameters
    product, less = (body.instructions[index].result for index in (0, 1))
    assert product is not None
    assert less is not None
    assert slots.of[less] == slots.of[counter]
    assert slots.of[product] == slots.of[total] == slots.of[entry.parameters[1]]
    assert slots.of[entry.parameters[0]] not in {slots.of[counter], slots.of[total]}
    assert len(set(slots.of.values())) == slots.count - FIRST


def test_moves_go_round_in_no_circle() -> None:
    """What becomes a loop's variable, but cannot lie where that does yet, does not lie where another one is going to be moved."""
    function = parse_function("""
func f(%0: i64, %1: i64) -> i64 {
b0:
  %2: i64 = constant {1}
  jump b1(%0, %1)
b1(%3: i64, %4: i64): header 2 [%3, %4]
  %5: i64 = int_add_in_range %4, %2
  %6: bool = int_lt %4, %5
  branch %6 b2(), b3()
b2:
  check_breaker                       exit 4 [%4, %5]
  jump b1(%4, %5)
b3:
  return %4
}
""")
    slots = slots_of(function)
    last, current = function.blocks()[1].parameters
    following = results(function)[1]
    assert len({slots.of[last], slots.of[current], slots.of[following]}) == 3


def test_who_has_a_slot() -> None:
    """Not constants, not what only leaving needs; a guard's result lies where its operand does."""
    function = parse_function("""
func f(%0: object, %1: i64) -> i64 {
b0:
  %2: i64 = constant {3}
  %3: object[int] = box_int %1
  %4: object[list] = guard_type %0    {@PyList_Type} exit 2 [%0, %3]
  %5: i64 = list_len %4
  %6: i64 = int_add %5, %2            exit 4 [%0, %3]
  return %6
}
""")
    slots = slots_of(function)
    constant, box, guarded, length, total = results(function)
    assert constant not in slots.of
    assert box not in slots.of
    assert guarded not in slots.of
    assert slots.resolve(guarded) is function.entry.parameters[0]
    assert min(slots.of.values()) == FIRST
    number = slots.of[function.entry.parameters[1]]
    assert number != slots.of[length]  # somebody may leave with the box that is made of it
    assert slots.of[total] == slots.of[length]  # nobody needs that any more
    assert slots.uses[length] == 1


def test_slots_are_used_again() -> None:
    """A chain of values that each need the one before takes two slots, however long it is."""
    lines = [f"  %{number}: f64 = float_add %{number - 1}, %{number - 1}" for number in range(1, 50)]
    function = parse_function("\n".join(["func f(%0: f64) -> f64 {", "b0:", *lines, "  return %49", "}"]))
    assert slots_of(function).count <= FIRST + 2


# --- at no time do two values that are alive share a slot ---


def needed(instruction: Instruction, lazy: set[Value]) -> set[Value]:
    """What an instruction takes from slots, or those need who leave at it."""
    if instruction.operation is ops.constant or instruction.result in lazy:
        return set()
    todo = [*instruction.uses(), *instruction.owned, *(instruction.state.values() if instruction.state else ())]
    found: set[Value] = set()
    while todo:
        value = root(todo.pop())
        if value in lazy:
            assert isinstance(value.producer, Instruction)
            todo += value.producer.operands
        elif not isinstance(value.producer, Instruction) or value.producer.operation is not ops.constant:
            found.add(value)
    return found


def alive_after(function: Function, lazy: set[Value]) -> dict[Instruction, set[Value]]:
    """The values that are needed after each instruction, by going round until nothing changes."""
    blocks = function.blocks()
    at_start: dict[Block, set[Value]] = {block: set() for block in blocks}
    after: dict[Instruction, set[Value]] = {}
    changed = True
    while changed:
        changed = False
        for block in reversed(blocks):
            alive: set[Value] = set()
            for successor in block.successors():
                alive |= at_start[successor]
            for instruction in reversed(block.instructions):
                after[instruction] = set(alive)
                alive = (alive - {instruction.result}) | needed(instruction, lazy)
            alive -= set(block.parameters)
            if alive != at_start[block]:
                at_start[block] = alive
                changed = True
    return after


@settings(max_examples=150, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 2**32))
def test_no_two_share(seed: int) -> None:
    """Of random functions: values alive at the same time have slots of their own, a result and what is alive after it too, and all parameters of a block."""
    function = finished(program(Random(seed)))
    lazy = lazy_values(function)
    slots = slots_of(function)
    for instruction, alive in alive_after(function, lazy).items():
        after = set(alive)
        if instruction.result in slots.of:
            after.add(instruction.result)
        for together in (after, needed(instruction, lazy) | (alive - {instruction.result})):
            places = [slots.of[value] for value in together]
            assert len(set(places)) == len(places)
            assert all(FIRST <= place < slots.count for place in places)
    for block in function.blocks():
        places = [slots.of[parameter] for parameter in block.parameters]
        assert len(set(places)) == len(places)
