"""Where each value of a unit lies in its native frame.

Linear scan (Poletto and Sarkar, 1999) over live intervals that are found in one pass over the SSA form, with the values that come into a loop and are used
in it kept for the whole loop (compare Wimmer and Franz, "Linear Scan Register Allocation on SSA Form", CGO 2010). Slots are words; there are as many
as are needed, so nothing is ever spilled, and the point is to keep frames small and to let a loop's variables stay where they are:

    b1(%i):                      %i gets slot 7
      %j = int_add %i, 1         %j too, if %i is not needed any more: the jump moves nothing
      jump b1(%j)

An interval has no holes. What follows a loop is therefore counted before the loop's body: else a variable that is needed there would be in the way of what it
becomes in the body.

What leaving paths alone need (`lazy` values) has no slot; what these are made from lives as long as somebody may leave with them.
"""

from __future__ import annotations

from collections import Counter
from heapq import heappop, heappush

from whitehot.ir.graph import Block, Value

TYPE_CHECKING = False
if TYPE_CHECKING:
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
        self._allocate()

    def resolve(self, value: Value) -> Value:
        """The value whose place this one shares."""
        return self.same.get(value, value)

    def _find_intervals(self) -> None:
        """One pass up finds where each value is last used and begins; what comes into a loop and is used there lives until the loop ends."""
        end, same, states_of = self._end, self.same, self.states.of
        nowhere: set[Value | None] = {*self.states.lazy, *self.constants}
        firsts: dict[Block, int] = {}
        lasts: dict[Block, int] = {}
        operands: list[Value] = []
        #: Where values begin, the last one first.
        starts: list[tuple[Value, int]] = []
        position = 2 * sum([len(block.instructions) for block in self.blocks])
        for block in reversed(self.blocks):
            lasts[block] = position - 1
            for edge in block.instructions[-1].targets:
                for value in edge.arguments:
                    end.setdefault(value, position - 2)
                operands += edge.arguments
            needed: set[Value] | None = None
            for instruction in reversed(block.instructions):
                position -= 2
                result = instruction.result
                if result in nowhere:
                    continue
                used = instruction.operands
                if instruction.owned:
                    used = [*used, *instruction.owned]
                for value in used:
                    if value not in end:
                        end[value] = position
                operands += used
                state = instruction.state
                if state is not None:
                    before, needed = needed, states_of(state)
                    if needed is not before:
                        end.update(dict.fromkeys(needed.difference(end), position))
                if result is not None and result not in same:
                    starts.append((result, position))
            firsts[block] = position
            starts += [(parameter, position - 1) for parameter in reversed(block.parameters)]
        starts.reverse()
        self._start = start = dict(starts)
        for value, other in same.items():
            end[other] = max(end.get(other, 0), end.get(value, 0))
        self._count(operands)
        for header, inside in self.loops:
            first = firsts[header]
            last = max([lasts[block] for block in inside])
            for value, begin in start.items():
                if begin >= first - 1:
                    break
                if first <= end.get(value, 0) < last:
                    end[value] = last

    def _count(self, operands: list[Value]) -> None:
        """Count uses by instructions, and one more for what states need."""
        same, uses = self.same, self.uses
        uses.update(Counter(operands))
        for value in same.keys() & uses.keys():
            uses[same[value]] = uses.get(same[value], 0) + uses[value]
        for value in self.states.all():
            uses[value] = uses.get(value, 0) + 1

    def _allocate(self) -> None:
        wanted, of, end, count = self._meetings(), self.of, self._end, self.count
        active: list[tuple[int, int]] = []
        free: set[int] = set()
        headers = {parameter for header, _ in self.loops for parameter in header.parameters}
        #: The slots of loops' parameters. What is going to be moved into one of them has nothing to look for in another, where it would have to be moved out of
        #: the way of what is moved there.
        taken: set[int] = set()
        for value, start in self._start.items():
            while active and active[0][0] <= start:
                free.add(heappop(active)[1])
            others = wanted.get(value)
            slot = -1
            if others is not None:
                for other in others:
                    slot = of.get(other, -1)
                    if slot in free:
                        break
                else:
                    places = free - taken
                    slot = places.pop() if places else -1
            elif free:
                slot = free.pop()
            if slot < 0:
                slot = count
                count += 1
            else:
                free.discard(slot)
            if value in headers:
                taken.add(slot)
            of[value] = slot
            heappush(active, (max(end.get(value, start), start + 1), slot))
        self.count = count

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
