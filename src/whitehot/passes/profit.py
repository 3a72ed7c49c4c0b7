"""Whether native code would pay: an estimate over the optimized IR.

An operation that runs arbitrary code costs what it costs in the interpreter, plus what it takes to keep the real frame true around
it. Native code wins by what lies between: unboxed arithmetic, guards done once, no dispatch. Blocks count by the depth of their loops.
"""

from __future__ import annotations

from whitehot.ir import ops
from whitehot.ir.effects import ARBITRARY
from whitehot.ir.flow import flow_of, loops_of
from whitehot.ir.graph import Block, Function, Instruction

#: Executions of a loop's body that one execution of the code around it stands for.
_ROUNDS = 8

#: Operations with bodies that save nothing by themselves: they stand for loads and stores of the interpreter's.
_FREE = frozenset(
    {
        ops.constant,
        ops.drop,
        ops.drop_local,
        ops.check_world,
        ops.check_breaker,
        ops.check_breaker_sometimes,
        ops.count_heat,
        ops.safepoint,
        ops.guard_frame,
        ops.frame_local,
        ops.frame_take,
        ops.frame_stack,
        # What `open_lists` makes of one operation counts as one.
        ops.list_row,
        ops.list_place,
    }
)

#: Native operations that make up for one that runs arbitrary code.
_PRICE = 4


def pays(function: Function) -> bool:
    """Whether the function is likely to run faster than in the interpreter."""
    if not runs_code(function.blocks()):
        return True
    flow = flow_of(function)
    depth = dict.fromkeys(flow.blocks, 0)
    for loop in loops_of(flow):
        for block in loop.blocks:
            depth[block] += 1
    lengths = {i.operands[0] for i in function.instructions() if i.operation is ops.list_place}
    gain = cost = 0
    for block in flow.blocks:
        if block.cold:
            continue
        weight = _ROUNDS ** min(depth[block], 4)
        for instruction in block.instructions:
            if instruction.operation.effects is ARBITRARY:
                cost += weight
            elif _saves(instruction) and instruction.result not in lengths:
                gain += weight
    return cost == 0 or gain >= _PRICE * cost


def runs_code(blocks: list[Block]) -> bool:
    """Whether anything there runs arbitrary code."""
    for block in blocks:
        for instruction in block.instructions:
            if instruction.operation.effects is ARBITRARY:
                return True
    return False


def _saves(instruction: Instruction) -> bool:
    operation = instruction.operation
    return not operation.terminator and not operation.lazy and operation not in _FREE
