"""What holds a unit together: entering and leaving functions, checks that the world is as compiled for."""

from __future__ import annotations

from whitehot.cpython.v314 import EVENT_BITS
from whitehot.ir.effects import READS_HEAP, WRITES_HEAP
from whitehot.ir.operation import op
from whitehot.lowlevel.intrinsics import (
    add_with_overflow,
    address_bits,
    address_of,
    cast,
    load,
    side_exit,
    stack_array,
    sub_with_overflow,
    unreachable,
)
from whitehot.lowlevel.types import Array, Frame, Object, ThreadState, i64, u64
from whitehot.reasons import Reason

#: C stack that a native call and what it calls must find free, in bytes beyond CPython's own margin.
STACK_MARGIN = 64 * 1024


@op(exits=Reason.TYPE)
def guard_true(condition: bool) -> None:
    """Leave unless the condition holds."""
    if not condition:
        side_exit()


@op(has_body=False)
def known_bound(value: Object | None) -> Object:  # type: ignore[empty-body]  # emitted by hand
    """The same object, where control flow says that it is not NULL."""


@op(effects=WRITES_HEAP, exits=Reason.RECURSION)
def enter_function(thread: ThreadState) -> None:
    """Count one level of recursion, as the interpreter does for each Python frame; leave where it would raise or the C stack runs out."""
    remaining = thread.py_recursion_remaining
    if remaining <= 0:
        side_exit()
    if address_bits(stack_array(i64, 1)) < thread.c_stack_soft_limit + STACK_MARGIN:
        side_exit()
    thread.py_recursion_remaining = remaining - 1


@op(effects=WRITES_HEAP)
def leave_function(thread: ThreadState) -> None:
    """Give the level of recursion back."""
    thread.py_recursion_remaining = thread.py_recursion_remaining + 1


@op(effects=READS_HEAP, exits=Reason.RECURSION, attributes=("depth",))
def check_recursion(depth: i64, thread: ThreadState) -> None:
    """Leave where the interpreter could not make so many further frames for inlined calls."""
    if thread.py_recursion_remaining < depth:
        side_exit()


@op(effects=READS_HEAP, exits=Reason.ASSUMPTION)
def check_world(frame: Frame, thread: ThreadState) -> None:
    """After arbitrary code: leave if an assumption of this unit broke, if somebody holds the frame object (and may have changed locals), or
    if somebody has begun to trace: what the rest of the bytecodes until the next check of the eval breaker do is to be seen.
    """
    valid = load(i64, cast(Array[i64], address_of("unit.valid")))
    if valid == 0 or frame.frame_obj is not None:
        side_exit()
    quiet = load(u64, cast(Array[u64], address_of("whitehot_breaker")))
    if (thread.eval_breaker ^ quiet) >> EVENT_BITS != 0:
        side_exit()


@op(effects=WRITES_HEAP, exits=Reason.TIER_UP, attributes=("amount",))
def count_heat(amount: i64) -> None:
    """Take an amount of work off what the unit may still do in this tier; leave when nothing is left of that."""
    heat = cast(Array[i64], address_of("unit.heat"))
    left, overflow = sub_with_overflow(heat[0], amount)
    if overflow:
        unreachable()  # one instruction then subtracts and compares
    heat[0] = left
    if left <= 0:
        side_exit()


@op(effects=READS_HEAP, exits=Reason.UNBOUND, attributes=("low", "high", "count"))
def guard_frame(low: i64, high: i64, count: i64, frame: Frame) -> None:
    """Leave unless exactly the expected slots are bound: bit `n` of `low` (62 bits, then `high`) for slot `n` of `count`."""
    slots = frame.localsplus
    bound_low = 0
    bound_high = 0
    for index in range(count):
        if address_bits(slots[index]) > 1:
            if index < 62:
                bound_low |= 1 << index
            else:
                bound_high |= 1 << (index - 62)
    if bound_low != low or bound_high != high:
        side_exit()


@op()
def int_add_in_range(left: i64, right: i64) -> i64:
    """left + right, for counters that the code around it keeps in range: a machine word always holds the sum."""
    total, overflow = add_with_overflow(left, right)
    if overflow:
        unreachable()
    return total


@op()
def int_sub_in_range(left: i64, right: i64) -> i64:
    """left - right, for counters that the code around it keeps in range."""
    total, overflow = sub_with_overflow(left, right)
    if overflow:
        unreachable()
    return total
