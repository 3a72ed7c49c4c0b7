"""Control flow: predecessors, dominators and natural loops of a function.

A block dominates another where every path from the entry to the other passes it. Dominators are found by the iterative
method of Cooper, Harvey and Kennedy ("A Simple, Fast Dominance Algorithm", 2001). A loop is what an edge back to a
dominating block encloses.
"""

from __future__ import annotations

from whitehot.record import dataclass, field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from whitehot.ir.graph import Block, Edge, Function


@dataclass(eq=False, repr=False, slots=True)
class Flow:
    """The flow graph of the reachable blocks, as it was when `flow_of` was called."""

    #: In reverse postorder, the entry first.
    blocks: list[Block]
    #: Position of each block in `blocks`.
    index: dict[Block, int]
    predecessors: dict[Block, list[tuple[Block, Edge]]]
    #: The immediate dominator of each block; the entry has none.
    dominator: dict[Block, Block | None]
    #: Blocks by their immediate dominator, in the order of `blocks`.
    children: dict[Block, list[Block]]
    _enter: dict[Block, int] = field(default_factory=dict)
    _leave: dict[Block, int] = field(default_factory=dict)

    def dominates(self, above: Block, below: Block) -> bool:
        """Whether `above` dominates `below`; a block dominates itself."""
        return self._enter[above] <= self._enter[below] and self._leave[below] <= self._leave[above]

    def preorder(self) -> list[Block]:
        """Blocks from the dominator tree's root down; all forward predecessors of a block come before it."""
        return sorted(self.blocks, key=self._enter.__getitem__)


@dataclass(eq=False, repr=False, slots=True)
class Loop:
    """A natural loop: the header, the blocks with an edge back to it, and everything in between."""

    header: Block
    latches: list[Block]
    blocks: set[Block]


def flow_of(function: Function) -> Flow:
    """The flow graph of a function whose blocks all end in a terminator."""
    blocks = function.blocks()
    index = {block: number for number, block in enumerate(blocks)}
    predecessors: dict[Block, list[tuple[Block, Edge]]] = {block: [] for block in blocks}
    for block in blocks:
        for edge in block.instructions[-1].targets:
            predecessors[edge.block].append((block, edge))
    immediate = _immediate([[index[block] for block, _ in predecessors[target]] for target in blocks])
    dominator: dict[Block, Block | None] = {blocks[0]: None}
    children: dict[Block, list[Block]] = {block: [] for block in blocks}
    for number in range(1, len(blocks)):
        above = blocks[immediate[number]]
        dominator[blocks[number]] = above
        children[above].append(blocks[number])
    flow = Flow(blocks, index, predecessors, dominator, children)
    _number(flow)
    return flow


def _immediate(predecessors: list[list[int]]) -> list[int]:
    """Immediate dominators by reverse postorder numbers; the entry's is itself."""
    found = [-1] * len(predecessors)
    found[0] = 0
    changed = True
    while changed:
        changed = False
        for block in range(1, len(predecessors)):
            meet = -1
            for other in predecessors[block]:
                if found[other] >= 0:
                    meet = other if meet < 0 else _common(found, meet, other)
            if found[block] != meet:
                found[block] = meet
                changed = True
    return found


def _common(found: list[int], one: int, other: int) -> int:
    """The nearest dominator of both."""
    while one != other:
        while one > other:
            one = found[one]
        while other > one:
            other = found[other]
    return one


def _number(flow: Flow) -> None:
    """Number the dominator tree so that "dominates" is a comparison of intervals."""
    clock = 0
    stack: list[tuple[Block, bool]] = [(flow.blocks[0], False)]
    while stack:
        block, done = stack.pop()
        clock += 1
        if done:
            flow._leave[block] = clock
            continue
        flow._enter[block] = clock
        stack.append((block, True))
        stack.extend((child, False) for child in reversed(flow.children[block]))


def loops_of(flow: Flow) -> list[Loop]:
    """Natural loops, inner ones before those around them; edges back to the same header make one loop."""
    loops: dict[Block, Loop] = {}
    for block in flow.blocks:
        for edge in block.instructions[-1].targets:
            header = edge.block
            if flow.index[header] > flow.index[block] or not flow.dominates(header, block):
                continue
            loop = loops.setdefault(header, Loop(header, [], {header}))
            if block in loop.latches:
                continue
            loop.latches.append(block)
            _enclose(flow, loop, block)
    return sorted(loops.values(), key=lambda loop: len(loop.blocks))


def _enclose(flow: Flow, loop: Loop, latch: Block) -> None:
    work = [latch]
    while work:
        block = work.pop()
        if block not in loop.blocks:
            loop.blocks.add(block)
            work.extend(before for before, _ in flow.predecessors[block])
