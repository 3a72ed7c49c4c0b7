"""Where each value of a unit lies in its native frame.

Linear scan (Poletto and Sarkar, 1999) over live intervals that are found in one backward pass over the SSA form, with the values that are alive
at a loop's header kept for the whole loop (Wimmer and Franz, "Linear Scan Register Allocation on SSA Form", CGO 2010). Slots are words; there are as many
as are needed, so nothing is ever spilled, and the point is to keep frames small and to let a loop's variables stay where they are:

    b1(%i):                      %i gets slot 7
      %j = int_add %i, 1         %j too, if %i is not needed any more: the jump moves nothing
      jump b1(%j)

An interval has no holes. What follows a loop is therefore counted before the loop's body: else a variable that is needed there would be in the way of what it
becomes in the body.

What leaving paths alone need (`lazy` values) has no slot; what these are made from lives as long as somebody may leave with them.
"""

from __future__ import annotations

from heapq import heappop, heappush

from whitehot.ir import ops
from whitehot.ir.graph import Block, Instruction, Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from whitehot.ir.graph import FrameState
    from whitehot.ir.states import StateValues


class Slots:
    """The places of a function's values: `of` has their slot numbers, `uses` how often instructions use each, once more for those that states need."""

    def __init__(self, blocks: list[Block], states: StateValues, first: int) -> None:
        self.successors = {block: block.successors() for block in blocks}
        self.loops = _loops(blocks, self.successors)
        self.blocks = _bodies_last(blocks, self.successors, self.loops)
        self.states = states
        #: Values to those whose places they share: guards give back the very object they were given.
        self.same = states.same
        self.constants = states.constants
        self.first = first
        self.count = first
        self.of: dict[Value, int] = {}
        self.uses: dict[Value, int] = {}
        self._start: dict[Value, int] = {}
        self._end: dict[Value, int] = {}
        self._find_intervals()
        for value in states.all():
            self.uses[value] = self.uses.get(value, 0) + 1
        self._allocate()

    def resolve(self, value: Value) -> Value:
        """The value whose place this one shares."""
        return self.same.get(value, value)

    def _find_intervals(self) -> None:
        firsts: dict[Block, int] = {}
        position = 0
        for block in self.blocks:
            firsts[block] = position
            position += 2 * len(block.instructions)
        #: Where a loop ends, by its header.
        ends: dict[Block, int] = {}
        for header, inside in self.loops:
            last = max(firsts[block] + 2 * len(block.instructions) - 1 for block in inside)
            ends[header] = max(ends.get(header, 0), last)
        start, end = self._start, self._end
        live_in: dict[Block, set[Value]] = {}
        for block in reversed(self.blocks):
            live: set[Value] = set()
            for edge in block.instructions[-1].targets:
                live |= live_in.get(edge.block, live)
            for value in live.difference(end):
                end[value] = firsts[block] + 2 * len(block.instructions) - 1
            self._walk(block, live, firsts[block] + 2 * len(block.instructions) - 1)
            for parameter in block.parameters:
                start[parameter] = firsts[block] - 1
            live.difference_update(block.parameters)
            live_in[block] = live
            loop_end = ends.get(block)
            if loop_end is not None:
                for value in live:
                    end[value] = max(end[value], loop_end)

    def _walk(self, block: Block, live: set[Value], position: int) -> None:
        """Walk up through a block, from what is live at its end to what is live at its start."""
        start, end, uses = self._start, self._end, self.uses
        same, constants, lazy = self.same, self.constants, self.states.lazy
        state: FrameState | None = None
        for instruction in reversed(block.instructions):
            position -= 2
            result = instruction.result
            if result is not None:
                if result in constants or result in lazy:
                    continue
                if result not in same:
                    start[result] = position + 1
                    live.discard(result)
            used = instruction.operands
            if instruction.targets:
                used = [*used, *(value for edge in instruction.targets for value in edge.arguments)]
            for value in (*used, *instruction.owned) if instruction.owned else used:
                value = same.get(value, value)  # noqa: PLW2901
                uses[value] = uses.get(value, 0) + 1
                if value not in live and value not in constants:
                    live.add(value)
                    if value not in end:
                        end[value] = position + 1
            # What a state needs was there before all that leave with it.
            if instruction.state is not None and instruction.state is not state:
                state = instruction.state
                needed = self.states.of(state)
                if not needed <= live:
                    for value in needed.difference(live, end):
                        end[value] = position + 1
                    live |= needed

    def _allocate(self) -> None:
        wanted = self._meetings()
        active: list[tuple[int, int]] = []
        free: set[int] = set()
        for value in sorted(self._start, key=self._start.__getitem__):
            start = self._start[value]
            while active and active[0][0] <= start:
                free.add(heappop(active)[1])
            slot = -1
            for other in wanted.get(value, ()):
                place = self.of.get(other, -1)
                if place in free:
                    slot = place
                    free.remove(slot)
                    break
            else:
                if free:
                    slot = free.pop()
                else:
                    slot = self.count
                    self.count += 1
            self.of[value] = slot
            heappush(active, (max(self._end.get(value, start), start + 1), slot))

    def _meetings(self) -> dict[Value, list[Value]]:
        """Which values had better share a slot: parameters of blocks and what is passed for them."""
        wanted: dict[Value, list[Value]] = {}
        same = self.same
        for block in self.blocks:
            for edge in block.instructions[-1].targets:
                for parameter, argument in zip(edge.block.parameters, edge.arguments, strict=True):
                    argument = same.get(argument, argument)  # noqa: PLW2901
                    wanted.setdefault(argument, []).append(parameter)
                    wanted.setdefault(parameter, []).append(argument)
        return wanted


def _bodies_last(
    blocks: list[Block], successors: dict[Block, list[Block]], loops: list[tuple[Block, set[Block]]]
) -> list[Block]:
    """The blocks, which come in reverse postorder, in one in which what follows a loop comes before the loop's body."""
    if not loops:
        return blocks
    depth = dict.fromkeys(blocks, 0)
    for _, inside in loops:
        for block in inside:
            depth[block] += 1
    order: list[Block] = []
    seen = {blocks[0]}
    stack = [(blocks[0], successors[blocks[0]][:])]
    while stack:
        block, left = stack[-1]
        while left:
            # The way that stays in more loops is followed first, and so is laid out last.
            target = left.pop(0 if len(left) == 2 and depth[left[0]] > depth[left[1]] else -1)
            if target not in seen:
                seen.add(target)
                stack.append((target, successors[target][:]))
                break
        else:
            order.append(block)
            stack.pop()
    order.reverse()
    return order


def _loops(blocks: list[Block], successors: dict[Block, list[Block]]) -> list[tuple[Block, set[Block]]]:
    """The header of each loop and the blocks in it. A loop stands there for each of its jumps back."""
    place = {block: index for index, block in enumerate(blocks)}
    back = [(target, block) for block in blocks for target in successors[block] if place[target] <= place[block]]
    if not back:
        return []
    before: dict[Block, list[Block]] = {block: [] for block in blocks}
    for block in blocks:
        for target in successors[block]:
            before[target].append(block)
    found = []
    for header, latch in back:
        inside = {header}
        todo = [latch]
        while todo:
            block = todo.pop()
            if block not in inside:
                inside.add(block)
                todo += before[block]
        found.append((header, inside))
    return found


def is_constant(value: Value) -> bool:
    """Whether a value is a constant."""
    producer = value.producer
    return isinstance(producer, Instruction) and producer.operation is ops.constant
