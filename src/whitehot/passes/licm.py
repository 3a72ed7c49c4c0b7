"""Loop-invariant code motion: what is the same in each round of a loop is computed once, before it.

An operation that cannot leave moves wherever its operands allow. A guard moves only where each round would come to it, and its copy
before the loop leaves with the loop header's state on entry: the interpreter then does the loop that native code did not begin,
so leaving early is always right, and worth it as long as the guard holds. Reads of the heap move out of loops that do not write what is read.

    b0:                                              b0:
      jump b1(%0)                                      %2: i64 = unbox_int %1       exit 6 [%0, %1]
    b1(%2: i64): header 6 [%2, %1]                     jump b1(%0)
      %3: i64 = unbox_int %1      exit 8 [%2, %1]    b1(%3: i64): header 6 [%3, %1]
      ...                                              ...

An index that grows by the same in each round of a loop whose rounds can be counted (passes/counting.py) is looked at before the loop, for all rounds
at once, and needs no look in it:

    b1(%3: i64, %4: i64): ...                        b0:
      ...                                              guard_places %0, 0, 1, 0, %2      exit 6 [0]
      %6: i64 = list_place %0, %3    exit 8 [%3]       jump b1(0, %2)
"""

from __future__ import annotations

from whitehot.ir import ops
from whitehot.ir.effects import PURE
from whitehot.ir.flow import Flow, Loop, flow_of, loops_of
from whitehot.ir.graph import Block, Edge, FrameState, Function, Instruction, Value
from whitehot.passes.counting import Rounds, rounds_of, step_of
from whitehot.passes.memory import Part, is_movable, read_by, written_by


def hoist(function: Function) -> int:
    """Move invariant operations, guards too, out of loops. Returns the number of instructions moved."""
    return _Hoisting(function, guards=True).run()


def hoist_unguarded(function: Function) -> int:
    """Like `hoist`, without guards: for code whose hoisted guards have kept failing."""
    return _Hoisting(function, guards=False).run()


class _Hoisting:
    def __init__(self, function: Function, *, guards: bool) -> None:
        self._function = function
        self._flow: Flow = flow_of(function)
        self._guards = guards
        self._loops = loops_of(self._flow)
        #: Places in lists that are the index itself.
        self._equal: dict[Value, Value] = {}
        #: The block of each definition.
        self._home: dict[Value, Block] = {}
        #: Blocks made before loop headers, by their header, where they stand in the dominator tree too.
        self._made: dict[Block, Block] = {}
        #: What each block writes; what is moved writes nothing.
        self._written: dict[Block, Part] = {}
        if self._loops:
            home = self._home
            for block in self._flow.blocks:
                for value in block.parameters:
                    home[value] = block
                for instruction in block.instructions:
                    if instruction.result is not None:
                        home[instruction.result] = block

    def run(self) -> int:
        """Inner loops first: what leaves one may then leave the next."""
        moved = sum(self._loop(loop) for loop in self._loops)
        self._function.replace(self._equal)
        return moved

    def _loop(self, loop: Loop) -> int:
        written = max([self._written_in(block) for block in loop.blocks])
        before: Block | None = None
        state: FrameState | None = None
        moved = 0
        for block in self._in_order(loop):
            if block.cold:
                continue
            each_round = self._guards and loop.header.header is not None and self._in_each_round(loop, block)
            kept: list[Instruction] = []
            for instruction in block.instructions:
                operation = instruction.operation
                ahead = (
                    self._look_ahead(instruction, loop, block) if operation is ops.list_place and each_round else None
                )
                may_move = ahead is not None or self._may_move(instruction, loop, written)
                if not may_move or (operation.can_leave and not each_round):
                    kept.append(instruction)
                    continue
                if before is None:
                    before, state = self._preheader(loop)
                if instruction.state is not None:
                    if state is None:
                        kept.append(instruction)
                        continue
                    instruction.state = state
                    if ahead is not None:
                        self._widen(instruction, ahead, loop, before)
                before.instructions.insert(-1, instruction)
                if instruction.result is not None:
                    self._home[instruction.result] = before
                moved += 1
            block.instructions[:] = kept
        return moved

    def _look_ahead(self, place: Instruction, loop: Loop, block: Block) -> tuple[Value, Rounds] | None:
        """What the index of a `list_place` grows by in each round, and how many of these there are, where it can be looked at before the loop for all of them."""
        size, index = place.operands
        step = step_of(loop, index)
        if step is None or {self._home[size], self._home[step]} & loop.blocks:
            return None
        # What the header computes has moved out by now.
        rounds = rounds_of(loop, lambda value: self._home[value] not in loop.blocks)
        if rounds is None:
            return None
        body = self._made.get(rounds.body, rounds.body)
        return (step, rounds) if self._flow.dominates(body, self._made.get(block, block)) else None

    def _widen(self, place: Instruction, ahead: tuple[Value, Rounds], loop: Loop, before: Block) -> None:
        """Make a `list_place` that moves before the loop look at all the places that its index will mean there. In the loop the index is the place."""
        size, index = place.operands
        step, rounds = ahead
        assert place.result is not None
        (entering,) = [edge for edge in before.terminator.targets if edge.block is loop.header]
        first = dict(zip(loop.header.parameters, entering.arguments, strict=True))
        self._equal[place.result] = index
        place.operation = ops.guard_places
        place.operands = [first.get(value, value) for value in (size, index, step, rounds.low, rounds.high)]
        place.result = Value(place.result.type, place)

    def _written_in(self, block: Block) -> Part:
        found = self._written.get(block)
        if found is None:
            found = self._written[block] = max(map(written_by, {i.operation for i in block.instructions}))
        return found

    def _may_move(self, instruction: Instruction, loop: Loop, written: Part) -> bool:
        operation, home, inside = instruction.operation, self._home, loop.blocks
        if not is_movable(operation):
            return False
        for value in instruction.operands:
            if home[value] in inside:
                return False
        read = read_by(operation)
        return read is None or written < read

    def _in_order(self, loop: Loop) -> list[Block]:
        """The loop's blocks so that definitions come before uses."""
        index = self._flow.index

        def place(block: Block) -> tuple[int, int]:
            header = self._made.get(block)
            return (index[block], 1) if header is None else (index[header], 0)

        return sorted(loop.blocks, key=place)

    def _in_each_round(self, loop: Loop, block: Block) -> bool:
        block = self._made.get(block, block)
        return all(self._flow.dominates(block, self._made.get(latch, latch)) for latch in loop.latches)

    def _preheader(self, loop: Loop) -> tuple[Block, FrameState | None]:
        """The block that jumps into the loop, made if there is none, and the state there: the header's with the arguments in it."""
        header = loop.header
        ways = [(block, edge) for block, edge in self._flow.predecessors[header] if block not in loop.blocks]
        if len(ways) == 1 and len(ways[0][0].terminator.targets) == 1:
            block, edge = ways[0]
            return block, self._entering(header, edge, block)
        before = Block(cold=header.cold)
        edge = Edge(header, [])
        if len(ways) == 1:
            edge.arguments, ways[0][1].arguments = ways[0][1].arguments, []
        else:
            for parameter in header.parameters:
                edge.arguments.append(before.parameter(parameter.type, parameter.hint))
                self._home[edge.arguments[-1]] = before
        for _, way in ways:
            way.block = before
        before.instructions.append(Instruction(ops.jump, [], targets=[edge]))
        self._made[before] = header
        latches = [(block, way) for block, way in self._flow.predecessors[header] if block in loop.blocks]
        self._flow.predecessors[header] = [(before, edge), *latches]
        self._flow.predecessors[before] = ways
        for around in self._loops:
            if around is not loop and header in around.blocks:
                around.blocks.add(before)
        return before, self._entering(header, edge, before)

    def _entering(self, header: Block, edge: Edge, before: Block) -> FrameState | None:
        """The header's state in terms of what enters; None where it cannot be had.

        Objects that the header makes for leaving paths only are made anew before the loop.
        """
        if header.header is None:
            return None
        change = dict(zip(header.parameters, edge.arguments, strict=True))
        made: list[Instruction] = []
        if not all(self._remake(value, header, change, made) for value in header.header.values()):
            return None
        for instruction in made:
            before.instructions.insert(-1, instruction)
            if instruction.result is not None:
                self._home[instruction.result] = before
        return header.header.map(change, {})

    def _remake(self, value: Value, header: Block, change: dict[Value, Value], made: list[Instruction]) -> bool:
        """Make a copy of what the header computes for its state, in terms of what enters; whether that can be done."""
        producer = value.producer
        if value in change or self._home[value] is not header or not isinstance(producer, Instruction):
            return True
        operation = producer.operation
        harmless = operation.lazy or operation.effects is PURE
        if operation.can_leave or not harmless:
            return False
        if not all(self._remake(operand, header, change, made) for operand in producer.operands):
            return False
        copy = Instruction(
            operation, [change.get(operand, operand) for operand in producer.operands], producer.attributes
        )
        copy.result = change[value] = Value(value.type, copy, value.hint)
        made.append(copy)
        return True
