"""Dominators and loops, on a function with a loop in a loop, against their definitions on random functions."""

from __future__ import annotations

from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.passes.programs import program

from whitehot.ir.flow import flow_of, loops_of
from whitehot.ir.graph import Block, Function
from whitehot.ir.parser import parse_function


def _reachable_without(function: Function, avoided: Block) -> set[Block]:
    found: set[Block] = set()
    work = [function.entry]
    while work:
        block = work.pop()
        if block is not avoided and block not in found:
            found.add(block)
            work.extend(block.successors())
    return found


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32))
def test_dominance_is_what_it_means(seed: int) -> None:
    """One block dominates another if the other cannot be reached without it."""
    function = program(Random(seed))
    flow = flow_of(function)
    for above in flow.blocks:
        free = _reachable_without(function, above)
        for below in flow.blocks:
            assert flow.dominates(above, below) == (below not in free)


def test_loops() -> None:
    """Inner loops come first; two edges back to one header make one loop."""
    function = parse_function("""
    func f(%0: bool) -> bool {
    b0:
      jump b1()
    b1:
      branch %0 b2(), b5()
    b2:
      branch %0 b2(), b3()
    b3:
      branch %0 b1(), b4()
    b4:
      jump b1()
    b5:
      return %0
    }
    """)
    flow = flow_of(function)
    inner, outer = loops_of(flow)
    number = {block: position for position, block in enumerate(flow.blocks)}
    assert [number[block] for block in inner.latches] == [number[inner.header]]
    assert inner.blocks == {inner.header}
    assert inner.header in outer.blocks
    assert outer.header is flow.blocks[1]
    assert len(outer.latches) == 2
    assert len(outer.blocks) == 4
    assert flow.dominator[outer.header] is function.entry
    assert flow.dominator[function.entry] is None
