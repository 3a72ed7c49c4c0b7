"""Keeping the real frame true wherever arbitrary code runs.

A unit on a real frame keeps its locals in registers. Before an operation that may run any Python code (which may look
at `locals()`, `sys._getframe()`, a traceback) this pass stores those locals whose slot does not hold them yet, and the instruction
pointer. A forward data flow knows what each slot holds; a value that never changes is stored once.

    %5 = call_object %1(%2)          frame_store {3} box(%4); frame_set_instruction {24}; %5 = call_object %1(%2)

A slot that still holds an object which the interpreter lets go of (`drop`), or something made of it, is cleared there, so that it dies in time. What still lies in its own slot at a `return` dies
with the frame; slots of variables that have been bound anew since are cleared before.
"""

from __future__ import annotations

from functools import cached_property

from whitehot.ir import ops
from whitehot.ir.boxes import BOX, BOX_IF_BOUND
from whitehot.ir.effects import ARBITRARY
from whitehot.ir.graph import Block, Edge, FrameState, Function, Instruction, Value
from whitehot.ir.types import OBJECT
from whitehot.passes.profit import runs_code
from whitehot.passes.references import root

#: What a slot holds: an SSA value (boxed if it is a machine value), None for nothing, or an unknown thing.
type Content = Value | str | None

UNKNOWN = "unknown"

#: How often all blocks are looked at before what still changes is unknown: more than nested loops need that swap nothing.
_ROUNDS = 8


def synchronize_frame(function: Function) -> int:
    """Insert the stores. Returns how many. Units that make frames only when they leave have nothing to keep true."""
    if not function.has_frame or not runs_code(function.blocks()):
        return 0
    return _Sync(function).run()


def _runs_code(instruction: Instruction) -> bool:
    return instruction.operation.effects is ARBITRARY and instruction.state is not None


class _Sync:
    def __init__(self, function: Function) -> None:
        self.function = function
        self.blocks = function.blocks()
        state = next(i.state for i in function.instructions() if i.state is not None)
        self.count = len(state.frames()[0].locals)
        #: Slots of locals that the unit never binds: it borrows the objects from there, so they are left alone.
        self.fixed = {
            int(instruction.attributes[0])  # type: ignore[arg-type]
            for instruction in function.instructions()
            if instruction.operation is ops.frame_local
            and instruction.result is not None
            and not instruction.result.type.nullable
        }
        #: Slots that the unit borrows objects from, which may be unbound.
        self.borrowed = {int(i.attributes[0]) for i in function.instructions() if i.operation is ops.frame_local}  # type: ignore[arg-type]
        self.at_entry: dict[Block, tuple[Content, ...]] = {}
        self.held: dict[Value | int, set[Value]] = {}
        self.inserted = 0

    def run(self) -> int:
        predecessors = self.function.predecessors()
        at_end: dict[Block, tuple[Content, ...]] = {}
        changed = True
        rounds = 0
        while changed:
            changed = False
            rounds += 1
            for block in self.blocks:
                start = self._meet(block, predecessors[block], at_end)
                if rounds > _ROUNDS:
                    # A slot may be found to hold one variable, then another, and so on round and round: values that are swapped in nested loops.
                    before = self.at_entry[block]
                    start = tuple([new if new is old else UNKNOWN for new, old in zip(start, before, strict=True)])
                self.at_entry[block] = start
                end = self._walk(block, list(start), None)
                if at_end.get(block) != end:
                    at_end[block] = end
                    changed = True
        for block in self.blocks:
            made: list[Instruction] = []
            self._walk(block, list(self.at_entry[block]), made)
            block.instructions = made
        return self.inserted

    def _meet(
        self, block: Block, predecessors: list[tuple[Block, Edge]], at_end: dict[Block, tuple[Content, ...]]
    ) -> tuple[Content, ...]:
        known = [(at_end[before], edge) for before, edge in predecessors if before in at_end]
        if not known:
            return (None,) * self.count
        if len(known) == 1 and not block.parameters:
            return known[0][0]
        columns = list(zip(*[arriving for arriving, _ in known], strict=True))
        met: list[Content] = [column[0] if column.count(column[0]) == len(column) else UNKNOWN for column in columns]
        # Slots that hold what the paths pass for a parameter hold the parameter; the first one where there are several.
        for index, parameter in reversed(list(enumerate(block.parameters))):
            passed = tuple([root(edge.arguments[index]) for _, edge in known])
            if passed in columns:
                met = [parameter if column == passed else content for column, content in zip(columns, met, strict=True)]
        return tuple(met)

    def _walk(self, block: Block, slots: list[Content], made: list[Instruction] | None) -> tuple[Content, ...]:
        """Follow the contents through a block; with `made`, rewrite it."""
        returns = False
        for instruction in block.instructions:
            if instruction.operation is ops.frame_local:
                assert instruction.result is not None
                slots[int(instruction.attributes[0])] = instruction.result  # type: ignore[arg-type]
            elif instruction.operation is ops.frame_take:
                slots[int(instruction.attributes[0])] = None  # type: ignore[arg-type]
            elif instruction.operation is ops.drop:
                self._drop(instruction, slots, made)
            elif instruction.operation is ops.drop_local:
                if not returns:
                    self._clear_stale(block, slots, made)
                returns = True
            elif _runs_code(instruction):
                assert instruction.state is not None
                self._store(instruction.state.frames()[0], slots, made)
            if made is not None:
                made.append(instruction)
        return tuple(slots)

    def _drop(self, instruction: Instruction, slots: list[Content], made: list[Instruction] | None) -> None:
        assert instruction.state is not None
        dropped = root(instruction.operands[0])
        for slot, (content, local) in enumerate(zip(slots, instruction.state.frames()[0].locals, strict=True)):
            if content is None or slot in self.fixed:
                continue
            is_stale = local is None or root(local) is not content
            if content is dropped or (is_stale and dropped in self._held(slot, content)):
                slots[slot] = None
                self._emit(made, Instruction(ops.frame_clear, [], (slot,)))

    def _held(self, slot: int, content: Value | str) -> set[Value]:
        """All that a slot may keep alive. It is called what its local has become since, which may be a parameter."""
        key = content if isinstance(content, Value) else slot
        found = self.held.get(key)
        if found is None:
            found = self.held[key] = set()
            waiting = [content] if isinstance(content, Value) else self._ever_in(slot)
            while waiting:
                value = waiting.pop()
                if value not in found:
                    found.add(value)
                    waiting += self.passed.get(value, ())
                    producer = value.producer
                    if isinstance(producer, Instruction) and producer.operation.lazy:
                        # A tuple or an iterator that native code has taken apart: the interpreter lets go of the parts by name.
                        waiting += [root(part) for part in producer.operands if part.type.is_object]
        return found

    def _ever_in(self, slot: int) -> list[Value]:
        """What a local ever is."""
        found: list[Value] = []
        for instruction in self.function.instructions():
            if instruction.state is not None and (value := instruction.state.frames()[0].locals[slot]) is not None:
                found.append(root(value))
            if instruction.operation is ops.frame_local and instruction.attributes[0] == slot:
                assert instruction.result is not None
                found.append(instruction.result)
        return found

    @cached_property
    def passed(self) -> dict[Value, list[Value]]:
        """The parameters that a value is passed for."""
        found: dict[Value, list[Value]] = {}
        for block in self.blocks:
            for edge in block.terminator.targets:
                for parameter, argument in zip(edge.block.parameters, edge.arguments, strict=True):
                    found.setdefault(root(argument), []).append(parameter)
        return found

    def _clear_stale(self, block: Block, slots: list[Content], made: list[Instruction] | None) -> None:
        """Before a block that returns lets go of the locals: clear the slots that hold something else than what will die with them. While all locals are still held
        nothing dies of that.
        """
        dropped = {
            instruction.attributes[0]: root(instruction.operands[0])
            for instruction in block.instructions
            if instruction.operation is ops.drop_local
        }
        for slot, content in enumerate(slots):
            if content is not None and content is not dropped.get(slot) and slot not in self.borrowed:
                slots[slot] = None
                self._emit(made, Instruction(ops.frame_clear, [], (slot,)))

    def _store(self, state: FrameState, slots: list[Content], made: list[Instruction] | None) -> None:
        for slot, value in enumerate(state.locals):
            wanted = None if value is None else root(value)
            if slots[slot] is wanted or slot in self.fixed:
                continue
            slots[slot] = wanted
            if value is None:
                self._emit(made, Instruction(ops.frame_clear, [], (slot,)))
                continue
            if made is not None:
                self._emit(made, Instruction(ops.frame_store, [_boxed(value, made)], (slot,)))
        self._emit(made, Instruction(ops.frame_set_instruction, [], (state.offset,)))

    def _emit(self, made: list[Instruction] | None, instruction: Instruction) -> None:
        if made is not None:
            made.append(instruction)
            self.inserted += 1


def _boxed(value: Value, made: list[Instruction]) -> Value:
    """The object for a value. One of a variable that may be unbound is made here anew: the box itself is where its paths meet, perhaps in a loop, and made for this in
    each round.
    """
    box = BOX.get(value.type.kind)
    operands = [value]
    producer = value.producer
    if isinstance(producer, Instruction) and producer.operation in BOX_IF_BOUND:
        box, operands = producer.operation, producer.operands
    if box is None:
        return value
    boxing = Instruction(box, [*operands])
    boxing.result = Value(box.result or OBJECT, boxing)
    made.append(boxing)
    return boxing.result
