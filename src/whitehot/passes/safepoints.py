"""Safepoint polls in small loops: the eval breaker is checked in every eighth round only.

A check loads two words and compares them, in loops of twenty machine instructions. What asks for attention (a signal, another thread, an exception from elsewhere) comes at
a moment of its own choosing, and nobody can tell whether it was seen some rounds later. Not so where a round calls anything or makes objects
that the collector keeps track of: it runs where the interpreter would run it, after so many of them. Such loops are left alone.

    check_breaker                 exit 8 [%0, %2]          check_breaker_sometimes %3         exit 8 [%0, %2]

Baseline code does the same, for loops that count nothing too, with a countdown of its own that looks after its work as well (`passes/counters.py`).
"""

from __future__ import annotations

from functools import cache

from whitehot.ir import ops
from whitehot.ir.effects import ARBITRARY
from whitehot.ir.flow import flow_of, loops_of
from whitehot.ir.types import Kind
from whitehot.passes.counting import counts_by_one

TYPE_CHECKING = False
if TYPE_CHECKING:
    from whitehot.ir.flow import Loop
    from whitehot.ir.graph import Block, Function, Value
    from whitehot.ir.operation import Operation

#: New objects that the collector does not keep track of.
_UNTRACKED = frozenset({ops.box_int, ops.box_float, ops.str_item, ops.str_chr, ops.str_concat, ops.str_slice})

#: Instructions of a loop beyond which a check is not worth talking about.
_SMALL = 60


def space_safepoints(function: Function) -> int:
    """Let small innermost loops check the eval breaker in every eighth round. Returns the number of checks changed."""
    changes = 0
    loops = loops_of(flow_of(function))
    headers = {loop.header for loop in loops}
    for loop in loops:
        if len(headers & loop.blocks) > 1 or not _is_quiet(loop):
            continue
        count = _counter(loop)
        if count is None:
            continue
        for latch in loop.latches:
            for instruction in latch.instructions:
                if instruction.operation is ops.check_breaker:
                    instruction.operation = ops.check_breaker_sometimes
                    instruction.operands = [count]
                    changes += 1
    return changes


def _is_quiet(loop: Loop) -> bool:
    """Whether a round is short, calls nothing and makes nothing that the collector keeps track of."""
    size = 0
    for block in loop.blocks:
        size += len(block.instructions)
        if size > _SMALL or not all(_is_harmless(instruction.operation) for instruction in block.instructions):
            return False
    return True


def quiet_latches(blocks: list[Block]) -> set[Block]:
    """The blocks with a jump back to the header of such a small, quiet, innermost loop; of `blocks` in reverse postorder.

    A loop is found from its jumps back up, and given up at the first thing that is too much: cheaper than with all loops and dominators known.
    """
    place = {block: index for index, block in enumerate(blocks)}
    latches: dict[Block, list[Block]] = {}
    before: dict[Block, list[Block]] = {}
    for block in blocks:
        for edge in block.instructions[-1].targets:
            before.setdefault(edge.block, []).append(block)
            if place[edge.block] <= place[block]:
                latches.setdefault(edge.block, []).append(block)
    quiet: set[Block] = set()
    for header, jumps in latches.items():
        inside, size = {header, *jumps}, 0
        todo = list(inside)
        while todo:
            block = todo.pop()
            size += len(block.instructions)
            # What an entry or another loop leads to is not this one's alone.
            is_first = block is header
            if size > _SMALL or (not is_first and (block in latches or block not in before)):
                break
            if not all(_is_harmless(instruction.operation) for instruction in block.instructions):
                break
            if not is_first:
                for other in before[block]:
                    if other not in inside:
                        inside.add(other)
                        todo.append(other)
        else:
            quiet.update(jumps)
    return quiet


@cache
def _is_harmless(operation: Operation) -> bool:
    if operation.effects is ARBITRARY or operation is ops.call_unit:
        return False
    return not operation.new_reference or operation.lazy or operation in _UNTRACKED


def _counter(loop: Loop) -> Value | None:
    """A number that changes by one in each round."""
    for parameter in loop.header.parameters:
        if parameter.type.kind is Kind.I64 and counts_by_one(loop, parameter):
            return parameter
    return None
