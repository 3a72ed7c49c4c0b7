"""Counters in baseline code: how much it does decides whether better code is made of it (`runtime/tiering.py`).

After each check of the eval breaker, which functions have where they begin and loops where they go round, comes one that takes
the work of a round off the unit's heat. When none is left the unit leaves there, with the same frame state.

    check_breaker                 exit 8 [%0, %2]          check_breaker         exit 8 [%0, %2]
    jump b1(%2)                                            count_heat {1}        exit 8 [%0, %2]
                                                           jump b1(%2)

A function on a real frame does not check the eval breaker where it begins (its entry has done that): it counts before the first
instruction that has a frame state. Nothing that the program could notice has happened before that.
"""

from __future__ import annotations

from whitehot.ir import ops
from whitehot.ir.graph import Block, Function, Instruction

#: Instructions of a unit that make its rounds count for one more.
_INSTRUCTIONS_OF_WORK = 40


def count_work(function: Function) -> int:
    """Insert the counters. Returns how many."""
    blocks = function.blocks()
    # About as much for the same time: a round of a large unit does more than one of a small unit.
    amount = 1 + sum(len(block.instructions) for block in blocks) // _INSTRUCTIONS_OF_WORK
    inserted = 0
    if function.has_frame and not function.is_loop:
        inserted += _count_entry(function, amount)
    for block in blocks:
        made: list[Instruction] = []
        for instruction in block.instructions:
            made.append(instruction)
            if instruction.operation is ops.check_breaker:
                made.append(Instruction(ops.count_heat, [], (amount,), instruction.state))
                inserted += 1
        block.instructions = made
    return inserted


def _count_entry(function: Function, amount: int) -> int:
    """Count before the first instruction with a frame state that every call comes to; there may be none."""
    block: Block | None = function.entry
    seen: set[Block] = set()
    while block is not None and block not in seen:
        seen.add(block)
        for place, instruction in enumerate(block.instructions):
            if instruction.state is not None:
                block.instructions.insert(place, Instruction(ops.count_heat, [], (amount,), instruction.state))
                return 1
        successors = block.successors()
        block = successors[0] if len(successors) == 1 else None
    return 0
