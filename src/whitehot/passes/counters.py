"""Counters in baseline code: how much it does decides whether better code is made of it (`runtime/tiering.py`).

After each check of the eval breaker, which functions have where they begin and loops where they go round, comes one that takes
the work of a round off the unit's heat. When none is left the unit leaves there, with the same frame state.

    check_breaker                 exit 8 [%0, %2]          check_breaker         exit 8 [%0, %2]
    jump b1(%2)                                            count_heat {1}        exit 8 [%0, %2]
                                                           jump b1(%2)

In small loops (`passes/safepoints.py` says which) both are one countdown, that looks once in so many rounds:

    check_breaker                 exit 8 [%0, %2]          safepoint {1}         exit 8 [%0, %2]
    jump b1(%2)                                            jump b1(%2)

A function on a real frame does not check the eval breaker where it begins (its entry has done that): it counts at the first
instruction that every call comes to and that may leave with a frame state to go on from.
"""

from __future__ import annotations

from whitehot.ir import ops
from whitehot.ir.graph import Block, Function, Instruction
from whitehot.passes.safepoints import quiet_latches

#: Instructions of a unit that make its rounds count for one more.
INSTRUCTIONS_OF_WORK = 40


def count_work(function: Function) -> int:
    """Insert the counters. Returns how many."""
    blocks = function.blocks()
    # About as much for the same time: a round of a large unit does more than one of a small unit.
    amount = 1 + sum(len(block.instructions) for block in blocks) // INSTRUCTIONS_OF_WORK
    quiet = quiet_latches(blocks)
    inserted = 0
    if function.has_frame and not function.is_loop:
        inserted += _count_entry(function, amount)
    for block in blocks:
        made: list[Instruction] = []
        for instruction in block.instructions:
            made.append(instruction)
            if instruction.operation is ops.check_breaker:
                if block in quiet:
                    made[-1] = Instruction(ops.safepoint, [], (amount,), instruction.state)
                else:
                    made.append(Instruction(ops.count_heat, [], (amount,), instruction.state))
                inserted += 1
        block.instructions = made
    return inserted


def _count_entry(function: Function, amount: int) -> int:
    """Count at the first instruction that leaves, in a block that every call comes to; there may be none. The state of one that raises is
    no state to go on from: operands are missing in it. After arbitrary code `check_world` goes first: locals may have been written in the frame.
    """
    block: Block | None = function.entry
    seen: set[Block] = set()
    while block is not None and block not in seen:
        seen.add(block)
        for place, instruction in enumerate(block.instructions):
            operation = instruction.operation
            if operation.exits is not None and not operation.raises and operation is not ops.drop:
                made = Instruction(ops.count_heat, [], (amount,), instruction.state)
                block.instructions.insert(place + (operation is ops.check_world), made)
                return 1
        successors = block.successors()
        block = successors[0] if len(successors) == 1 else None
    return 0
