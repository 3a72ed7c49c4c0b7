"""Loops whose rounds can be counted before the first one, and the numbers that change by the same in each of them.

    b1(%2: i64, %3: i64): header ...            goes round %3 times, as it is when the loop is entered; %2 grows by %1 each time
      %4: bool = int_gt %3, 0
      branch %4 b2(), b3()
    b2:
      %5: i64 = int_add_in_range %2, %1
      %6: i64 = int_sub_in_range %3, 1
      jump b1(%5, %6)

What is so for all values that such a number has can be asked once, before the loop ("loop predication").
"""

from __future__ import annotations

from whitehot.ir import ops
from whitehot.ir.graph import Instruction, Value
from whitehot.record import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from whitehot.ir.flow import Loop
    from whitehot.ir.graph import Block, Edge
    from whitehot.ir.operation import Operation

#: Comparisons as "less than": whether the operands change places, for a branch that goes on where the comparison is true, and where it is false.
_ON_TRUE: dict[Operation, bool] = {ops.int_lt: False, ops.int_gt: True}
_ON_FALSE: dict[Operation, bool] = {ops.int_ge: False, ops.int_le: True}

_ADDING = frozenset({ops.int_add, ops.int_add_in_range})
_SUBTRACTING = frozenset({ops.int_sub, ops.int_sub_in_range})


@dataclass(frozen=True, slots=True)
class Rounds:
    """A loop goes on while `low` is less than `high`: one of them is a parameter of its header that goes towards the other by one each time, that other is the same all the time."""

    low: Value
    high: Value
    #: The block that a round begins with.
    body: Block


def rounds_of(loop: Loop, is_outside: Callable[[Value], bool]) -> Rounds | None:
    """How often a loop goes round, where only its header decides that; `is_outside` tells values that are computed before the loop."""
    header = loop.header
    terminator = header.terminator
    if terminator.operation is not ops.branch:
        return None
    goes_on = [edge.block in loop.blocks for edge in terminator.targets]
    condition = terminator.operands[0].producer
    if sum(goes_on) != 1 or not isinstance(condition, Instruction) or _may_end_elsewhere(loop):
        return None
    swapped = (_ON_TRUE if goes_on[0] else _ON_FALSE).get(condition.operation)
    if swapped is None:
        return None
    low, high = condition.operands[::-1] if swapped else condition.operands
    body = terminator.targets[goes_on.index(True)].block
    counts_down = high.producer is header and _step(loop, high, _SUBTRACTING) == 1
    counts_up = low.producer is header and _step(loop, low, _ADDING) == 1
    if (counts_down and is_outside(low)) or (counts_up and is_outside(high)):
        return Rounds(low, high, body)
    return None


def step_of(loop: Loop, value: Value) -> Value | None:
    """What a parameter of a loop's header grows by in each round; None where that is not always the same operand."""
    if value.producer is not loop.header:
        return None
    place = loop.header.parameters.index(value)
    steps = {_added(edge.arguments[place], value, _ADDING) for edge in _edges_back(loop)}
    return steps.pop() if len(steps) == 1 else None


def counts_by_one(loop: Loop, value: Value) -> bool:
    """Whether a parameter of a loop's header grows, or shrinks, by one in each round."""
    return 1 in (_step(loop, value, _ADDING), _step(loop, value, _SUBTRACTING))


def _step(loop: Loop, value: Value, operations: frozenset[Operation]) -> int | None:
    """The constant that a parameter of the header grows or shrinks by in each round."""
    place = loop.header.parameters.index(value)
    steps = {_constant(_added(edge.arguments[place], value, operations)) for edge in _edges_back(loop)}
    return steps.pop() if len(steps) == 1 else None


def _added(following: Value, value: Value, operations: frozenset[Operation]) -> Value | None:
    producer = following.producer
    if isinstance(producer, Instruction) and producer.operation in operations and producer.operands[0] is value:
        return producer.operands[1]
    return None


def _constant(value: Value | None) -> int | None:
    producer = None if value is None else value.producer
    if isinstance(producer, Instruction) and producer.operation is ops.constant:
        number = producer.attributes[0]
        return number if type(number) is int else None
    return None


def _edges_back(loop: Loop) -> list[Edge]:
    return [edge for latch in loop.latches for edge in latch.terminator.targets if edge.block is loop.header]


def _may_end_elsewhere(loop: Loop) -> bool:
    """Whether a round may end the loop, other than in code that is hardly ever reached."""
    return any(
        edge.block not in loop.blocks and not edge.block.cold
        for block in loop.blocks
        if block is not loop.header and not block.cold
        for edge in block.terminator.targets
    )
