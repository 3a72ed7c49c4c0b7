"""Reference counts: the last pass, which makes ownership explicit.

Before it, operations only say whether their result is a new reference and which operands they take over. The pass decides for each
object who keeps it alive:

- *stable*: somebody else does for as long as the unit runs (constants, arguments, locals that stay in the frame);
- *owned*: native code holds one reference, from the definition until the value's last use;
- *borrowed*: found in a container. It is used without counting as long as nothing that may release references comes
  between; otherwise it is made owned right away.

    %1 = list_item %0, %i                        %1 = list_item %0, %i
    %2 = unbox_float %1        no counting       list_set_item %0, %j, %v     incref %1 before, decref after its last use
                                                 %2 = unbox_float %1

A reference ends by being handed over (stored, returned, passed to a block parameter) or by a decref after the last use. `drop` marks
where the *interpreter* would let go of an object whose death somebody could see: there, and not earlier, an owned one is released. At a
`return` (`drop_local`) it goes to the variable's slot in the real frame, where there is one, and is given up with that.
Each instruction that can leave is told what native code owns at that moment (`Instruction.owned`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from enum import Enum
from functools import cache

from whitehot.ir import ops
from whitehot.ir.effects import ARBITRARY, Effects
from whitehot.ir.graph import Block, Edge, FrameState, Function, Instruction, Value
from whitehot.ir.states import SAME_OBJECT, StateValues
from whitehot.ir.types import is_unobserved

TYPE_CHECKING = False
if TYPE_CHECKING:
    from whitehot.ir.operation import Operation

#: Operations that write the heap but let go of nothing.
_RELEASES_NOTHING = frozenset(
    {ops.list_append, ops.list_init, ops.tuple_init, ops.incref, ops.xincref, ops.count_heat, ops.safepoint}
)

#: Where the interpreter lets go of a reference.
_DROPS = frozenset({ops.drop, ops.drop_local})

#: Arguments of a call that may be taken over, at most: they are told by the bits of a word.
_MOST_GIVEN = 60


class Ownership(Enum):
    STABLE = "stable"
    OWNED = "owned"
    BORROWED = "borrowed"


def count_references(function: Function) -> int:
    """Insert reference counting. Returns the number of instructions inserted or changed."""
    return _Counting(function, split_edges(function)).run()


def split_edges(function: Function) -> list[Block]:
    """Afterwards a branch passes no arguments, and each of its targets has no other predecessor. Gives the blocks."""
    blocks = function.blocks()
    arriving = Counter(edge.block for block in blocks for edge in block.instructions[-1].targets)
    was_split = False
    for block in blocks:
        targets = block.instructions[-1].targets
        if len(targets) < 2:
            continue
        for edge in targets:
            if edge.arguments or arriving[edge.block] > 1:
                was_split = True
                between = Block(
                    [], [Instruction(ops.jump, [], targets=[Edge(edge.block, edge.arguments)])], None, edge.block.cold
                )
                edge.block, edge.arguments = between, []
    return function.blocks() if was_split else blocks


def root(value: Value) -> Value:
    """The value that this one is the same object as."""
    while isinstance(value.producer, Instruction) and value.producer.operation in SAME_OBJECT:
        value = value.producer.operands[0]
    return value


class _Counting:
    def __init__(self, function: Function, blocks: list[Block]) -> None:
        self.function = function
        self.blocks = blocks
        self.states = function.states = StateValues(self.blocks)
        self.lazy = self.states.lazy
        self.same = self.states.same
        self.ownership: dict[Value, Ownership] = {}
        self.promoted: set[Value] = set()
        #: Objects that somebody has to look after: those that are not stable.
        self.counted: set[Value] = set()
        #: Those of which native code holds a reference.
        self.owned: set[Value] = set()
        self._needed: dict[FrameState, set[Value]] = {}
        #: For each block, what is live after each of its instructions, where it starts, parameters included, and where it ends.
        self._after: dict[Block, list[set[Value]]] = {}
        self._at_start: dict[Block, set[Value]] = {}
        self._live_out: dict[Block, set[Value]] = {}
        #: What is live where a block starts, but for its parameters.
        self.live_in: dict[Block, set[Value]] = {}
        self._predecessors: dict[Block, list[Block]] = {block: [] for block in self.blocks}
        #: The values that were last put in order, and in order.
        self._last_ordered: tuple[Collection[Value], list[Value]] = ((), [])
        self._numbers: dict[Value, int] = {}
        self.changes = 0

    def root(self, value: Value) -> Value:
        return self.same.get(value, value)

    def run(self) -> int:
        self._classify()
        self._liveness()
        self._promote()
        self.owned = {value for value in self.counted if self.ownership[value] is Ownership.OWNED}
        for block in self.blocks:
            for edge in block.instructions[-1].targets:
                self._predecessors[edge.block].append(block)
        for block in self.blocks:
            self._rewrite(block)
        return self.changes

    # --- classification ---

    def _classify(self) -> None:
        ownership, lazy, same = self.ownership, self.lazy, self.same
        parameters: list[Value] = []
        incoming: dict[Value, list[Value]] = {}
        for block in self.blocks:
            for parameter in block.parameters:
                if parameter.type.is_object:
                    parameters.append(parameter)
                    ownership[parameter] = Ownership.STABLE
            for instruction in block.instructions:
                result = instruction.result
                if result is not None and result.type.is_object and result not in same:
                    found = ownership[result] = _of_result(instruction.operation)
                    if found is not Ownership.STABLE and result not in lazy:
                        self.counted.add(result)
            for edge in block.instructions[-1].targets:
                for parameter, argument in zip(edge.block.parameters, edge.arguments, strict=True):
                    if parameter.type.is_object:
                        incoming.setdefault(parameter, []).append(same.get(argument, argument))
        changed = True
        while changed:
            changed = False
            for parameter in parameters:
                if parameter not in self.counted and any(
                    ownership[argument] is not Ownership.STABLE for argument in incoming.get(parameter, ())
                ):
                    ownership[parameter] = Ownership.OWNED
                    self.counted.add(parameter)
                    changed = True

    def is_owned(self, value: Value) -> bool:
        return self.ownership[value] is Ownership.OWNED

    # --- liveness of everything that is not stable ---

    def used(self, instruction: Instruction) -> set[Value]:
        """Roots that must be alive when an instruction starts."""
        found = self.counted.intersection(map(self.root, instruction.uses()))
        return found if instruction.state is None else found | self._needed_by(instruction.state)

    def _needed_by(self, state: FrameState) -> set[Value]:
        """Roots that leaving with a state needs."""
        found = self._needed.get(state)
        if found is None:
            found = self._needed[state] = self.states.of(state) & self.counted
        return found

    def defined(self, instruction: Instruction) -> Value | None:
        """The result, if somebody has to look after it."""
        result = instruction.result
        return result if result in self.counted else None

    def _liveness(self) -> None:
        """First as if nothing went round in loops. What a loop needs from before it is live all through it, since nothing in the loop defines it."""
        live_in, live_out = self.live_in, self._live_out
        for block in reversed(self.blocks):
            live: set[Value] = set()
            for edge in block.instructions[-1].targets:
                live |= live_in.get(edge.block, live)
            live_out[block] = live
            self._walk(block, live)
        extra: dict[Block, set[Value]] = {}
        changed = True
        while changed:
            changed = False
            for block in reversed(self.blocks):
                live = live_out[block]
                for edge in block.instructions[-1].targets:
                    if not live_in[edge.block] <= live:
                        more = live_in[edge.block] - live
                        extra[block] = more.union(extra.get(block, more))
                        live_out[block] = live = live | more
                        live_in[block] = live_in[block] | more
                        changed = True
        for block, more in extra.items():
            self._at_start[block] = self._at_start[block] | more
            after = self._after[block]
            before = found = more
            for place, live in enumerate(after):
                if live is not before:
                    before, found = live, live | more
                after[place] = found

    def _walk(self, block: Block, live: set[Value]) -> None:
        """Walk up through a block from what is live at its end: one set as long as nothing changes."""
        counted, lazy, same = self.counted, self.lazy, self.same
        after: list[set[Value]] = []
        state: FrameState | None = None
        for instruction in reversed(block.instructions):
            after.append(live)
            result = instruction.result
            if result is not None:
                if result in lazy:
                    continue
                if result in live:
                    live = live - {result}
            for value in instruction.operands:
                value = same.get(value, value)  # noqa: PLW2901
                if value in counted and value not in live:
                    live = live | {value}
            for edge in instruction.targets:
                used = counted.intersection([same.get(value, value) for value in edge.arguments])
                if not used <= live:
                    live = live | used
            # What a state needs was there before all that leave with it.
            if instruction.state is not None and instruction.state is not state:
                state = instruction.state
                needed = self._needed_by(state)
                if not needed <= live:
                    live = live | needed
        after.reverse()
        self._after[block] = after
        self._at_start[block] = live
        self.live_in[block] = live.difference(block.parameters)

    # --- borrowed values that have to be owned after all ---

    def _promote(self) -> None:
        if Ownership.BORROWED not in self.ownership.values():
            return
        dangers = [
            (instruction, after)
            for block in self.blocks
            for instruction, after in zip(block.instructions, self._after[block], strict=True)
            if instruction.operation in _DROPS or _may_release(instruction.operation)
        ]
        changed = True
        while changed:
            changed = False
            for instruction, after in dangers:
                for value in self._endangered(instruction, after):
                    if self.ownership[value] is Ownership.BORROWED:
                        self.ownership[value] = Ownership.OWNED
                        self.promoted.add(value)
                        changed = True

    def _endangered(self, instruction: Instruction, after: set[Value]) -> Iterable[Value]:
        """Values that the instruction may take the last reference of while they are still needed."""
        operation = instruction.operation
        if operation in _DROPS:
            dropped = self.root(instruction.operands[0])
            if not self.is_owned(dropped):
                return ()
            return [value for value in after if self._is_borrowed_from(value, dropped)]
        across = set(after)
        defined = self.defined(instruction)
        if defined is not None:
            across.discard(defined)
        if operation.effects is ARBITRARY or operation is ops.call_unit:
            across |= self.used(instruction)
        return across

    def _is_borrowed_from(self, value: Value, container: Value) -> bool:
        """Whether a value was found in a container, or in something borrowed that was found there."""
        producer = value.producer
        if self.ownership[value] is not Ownership.BORROWED or not isinstance(producer, Instruction):
            return False
        origins = {self.root(operand) for operand in producer.operands if operand.type.is_object}
        return container in origins or any(self._is_borrowed_from(origin, container) for origin in origins)

    # --- rewriting ---

    def _rewrite(self, block: Block) -> None:
        after_each, at_start = self._after[block], self._at_start[block]
        made: list[Instruction] = []
        predecessors = self._predecessors[block]
        if len(predecessors) == 1:
            self._release(made, self._dying_on_edge(predecessors[0], block))
        self._release(made, [p for p in block.parameters if p in self.owned and p not in at_start])
        owned, lazy = self.owned, self.lazy
        live = at_start & owned
        for place, (instruction, after) in enumerate(zip(block.instructions, after_each, strict=True)):
            operation, result = instruction.operation, instruction.result
            if result in lazy or (not live and result not in owned and not _moves_references(operation)):
                made.append(instruction)
            elif operation in _DROPS:
                live = self._rewrite_drop(instruction, live, after, made, self._dropped_from(block.instructions, place))
            else:
                dropped = self._dropped_next(block.instructions, place, after_each) if operation.consumes else None
                live = self._rewrite_one(instruction, live, after, made, dropped)
        block.instructions = made

    def _dropped_next(self, instructions: list[Instruction], place: int, after: list[set[Value]]) -> Value | None:
        """The value that is let go of right after an instruction: what takes it over may have the very reference, as the interpreter's would."""
        following = instructions[place + 1]
        # A local that dies with the frame has a reference of its own until then.
        if following.operation is not ops.drop:
            return None
        value = self.root(following.operands[0])
        return None if value in after[place + 1] else value

    def _dropped_from(self, instructions: list[Instruction], place: int) -> list[Value]:
        """What is let go of here and right after, in that order."""
        found: list[Value] = []
        for instruction in instructions[place:]:
            if instruction.operation not in _DROPS:
                break
            found.append(self.root(instruction.operands[0]))
        return found

    def _dying_on_edge(self, predecessor: Block, block: Block) -> list[Value]:
        """Owned values that another way out of the predecessor needs and this one does not."""
        if len(predecessor.successors()) < 2:
            return []
        return [
            value
            for value in self._ordered(self._live_out[predecessor])
            if value in self.owned and value not in self.live_in[block]
        ]

    def _ordered(self, values: Collection[Value]) -> list[Value]:
        """A stable order: that of definition."""
        if not values:
            return []
        last, ordered = self._last_ordered
        if last is values:
            return ordered
        if not self._numbers:
            for block in self.blocks:
                for parameter in block.parameters:
                    self._numbers[parameter] = len(self._numbers)
                for instruction in block.instructions:
                    if instruction.result is not None:
                        self._numbers[instruction.result] = len(self._numbers)
        ordered = sorted(values, key=self._numbers.__getitem__)
        self._last_ordered = values, ordered
        return ordered

    def _consumed(self, instruction: Instruction) -> dict[Value, int]:
        """How many references to each root the instruction takes over."""
        taken: dict[Value, int] = {}
        operation = instruction.operation
        if operation is ops.return_:
            taken = {self.root(value): 1 for value in instruction.operands if value.type.is_object}
        elif operation.consumes:
            for formal, value in zip(operation.operands, instruction.operands, strict=False):
                if formal.consumed and value.type.is_object:
                    root = self.root(value)
                    taken[root] = taken.get(root, 0) + 1
        for edge in instruction.targets:
            for parameter, argument in zip(edge.block.parameters, edge.arguments, strict=True):
                if parameter in self.owned:
                    root = self.root(argument)
                    taken[root] = taken.get(root, 0) + 1
        return taken

    def _rewrite_one(
        self,
        instruction: Instruction,
        live: set[Value],
        after: set[Value],
        made: list[Instruction],
        dropped: Value | None,
    ) -> set[Value]:
        """Append the instruction with its counting; what is owned and live after it. `dropped` is used once more, by the `drop` that follows."""
        extra: list[Value] = []
        moved: set[Value] = set()
        operation = instruction.operation
        if operation.consumes or instruction.targets or operation is ops.return_:
            for value, uses in self._consumed(instruction).items():
                count = uses
                if value in live and (value not in after or value is dropped):
                    moved.add(value)
                    count -= 1
                if count and not _is_immortal(value):
                    extra.extend([value] * count)
            for value in extra:
                self._emit(made, ops.xincref if value.type.nullable else ops.incref, value)
        if operation is ops.call_object:
            moved |= self._give(instruction, live - after)
        if live or extra:
            self._say_what_is_owned(instruction, live, moved, extra)
        made.append(instruction)
        if moved:
            live = live - moved
        defined = self.defined(instruction)
        if defined is not None and defined in self.owned:
            if defined in self.promoted:
                self._emit(made, ops.xincref if defined.type.nullable else ops.incref, defined)
            live = live | {defined}
        if operation.terminator:
            self._before_terminator(instruction, live, made)
            return set()
        if live <= after:
            return live
        dying = [value for value in self._ordered(live) if value not in after]
        self._release(made, dying)
        return live - set(dying)

    def _say_what_is_owned(
        self, instruction: Instruction, live: set[Value], moved: set[Value], extra: list[Value]
    ) -> None:
        """Tell an instruction that can leave what native code owns then."""
        if not instruction.operation.can_leave and instruction.state is None:
            return
        owned = self._ordered(live)
        if not instruction.operation.raises:
            owned = owned + extra
        elif moved:
            owned = [value for value in owned if value not in moved]
        instruction.owned = tuple(owned)

    def _give(self, call: Instruction, dying: set[Value]) -> set[Value]:
        """Say which arguments of a call it may take over: those that native code owns and needs no more, not even to leave."""
        kept = {self.root(call.operands[0])}
        if call.state is not None:
            kept |= self._needed_by(call.state)
        given: set[Value] = set()
        bits = 0
        for index, operand in enumerate(call.operands[1:]):
            value = self.root(operand)
            if value in dying and value not in kept and value not in given and index < _MOST_GIVEN:
                given.add(value)
                bits |= 1 << index
        call.attributes = (call.attributes[0], bits)
        return given

    def _before_terminator(self, instruction: Instruction, live: set[Value], made: list[Instruction]) -> None:
        """What a jump or a return does not take along dies before it; a branch leaves that to its targets."""
        if instruction.operation is ops.exit or len(instruction.targets) > 1:
            return
        kept = self.live_in[instruction.targets[0].block] if instruction.targets else set()
        dying = [value for value in self._ordered(live) if value not in kept]
        if dying:
            terminator = made.pop()
            self._release(made, dying)
            made.append(terminator)

    def _rewrite_drop(
        self,
        instruction: Instruction,
        live: set[Value],
        after: set[Value],
        made: list[Instruction],
        dropped: list[Value],
    ) -> set[Value]:
        """Let go of a value. Whoever leaves there does so with all that is `dropped` from here on, in that order."""
        value = self.root(instruction.operands[0])
        self.changes += 1
        if instruction.operation is ops.drop_local and self.ownership[value] is Ownership.BORROWED:
            # The interpreter's local has a reference, which may be the last one while the frame is cleared.
            self._emit(made, ops.xincref if value.type.nullable else ops.incref, value)
            self._emit_with_frame(made, instruction, value)
        if value not in live or value in after:
            # It was handed over, or is needed still. What only this instruction's state held goes nevertheless.
            self._release(made, self._ordered(live - after))
            return {other for other in live if other in after}
        # Values whose last use is this instruction's state die with it, but after it: whoever leaves there needs them.
        others = self._ordered(live - after - {value})
        if is_unobserved(value.type):
            self._release(made, [value])
        elif instruction.operation is ops.drop_local:
            self._emit_with_frame(made, instruction, value)
        else:
            release = Instruction(ops.xrelease if value.type.nullable else ops.release, [value], (), instruction.state)
            first = [other for other in dropped if other in live]
            release.owned = (*first, *[other for other in self._ordered(live) if other not in first])
            made.append(release)
        self._release(made, others)
        return {other for other in live if other in after and other is not value}

    def _emit_with_frame(self, made: list[Instruction], drop: Instruction, value: Value) -> None:
        operation = ops.xrelease_with_frame if value.type.nullable else ops.release_with_frame
        made.append(Instruction(operation, [value], drop.attributes))

    def _release(self, made: list[Instruction], values: Iterable[Value]) -> None:
        for value in values:
            if value.type.nullable:
                operation = ops.xdecref
            elif is_unobserved(value.type):
                operation = ops.decref_unobserved
            else:
                operation = ops.decref
            self._emit(made, operation, value)

    def _emit(self, made: list[Instruction], operation: Operation, value: Value) -> None:
        made.append(Instruction(operation, [value], (), None, None, [], ()))
        self.changes += 1


@cache
def _of_result(operation: Operation) -> Ownership:
    """Who keeps the object alive that an operation gives."""
    if operation.new_reference or operation is ops.call_unit:
        return Ownership.OWNED
    if operation in (ops.constant, ops.box_bool, ops.frame_local, ops.frame_stack):
        return Ownership.STABLE
    return Ownership.BORROWED


@cache
def _moves_references(operation: Operation) -> bool:
    """Whether something may have to be done for an operation though native code owns nothing there."""
    return operation.consumes or operation.terminator or operation in _DROPS or operation is ops.call_object


@cache
def _may_release(operation: Operation) -> bool:
    """Whether the operation may let go of objects."""
    return operation.effects >= Effects.WRITES_HEAP and operation not in _RELEASES_NOTHING


def _is_immortal(value: Value) -> bool:
    """Constants None, True and False, whose counts do not matter."""
    producer = value.producer
    return isinstance(producer, Instruction) and (
        producer.operation is ops.box_bool or (value.type.python in ("NoneType", "bool") and not value.type.nullable)
    )
