"""What frame states need: the values that must be there so that an instruction can leave with its state.

Found once for the last pass, which counts references, and for the baseline's slots: states and what they hold are not changed in between.
"""

from __future__ import annotations

from whitehot.ir import ops
from whitehot.ir.graph import Instruction

TYPE_CHECKING = False
if TYPE_CHECKING:
    from whitehot.ir.graph import Block, FrameState, Function, Value

#: Operations whose result is the very object they are given.
SAME_OBJECT = frozenset({ops.guard_type, ops.guard_value, ops.guard_bound, ops.known_bound, ops.guard_unique})


class StateValues:
    """The values that the states of a function need.

    `same` maps values to those that are the same object (guards give back what they were given), `constants` are results of `constant`; `lazy` are results
    of `lazy` operations that only leaving paths need (through frame states and each other): made there, if at all.
    """

    __slots__ = ("_entries", "_indirect", "_made_from", "_states", "constants", "lazy", "same")

    def __init__(self, blocks: list[Block]) -> None:
        self.same: dict[Value, Value] = {}
        self.constants: set[Value] = set()
        self.lazy: set[Value] = set()
        self._look(blocks)
        #: Values that states need something else for than themselves, and what that is.
        self._made_from: dict[Value, set[Value]] = {}
        self._indirect = self.lazy | self.same.keys()
        self._states: dict[FrameState, set[Value]] = {}
        self._entries: dict[tuple[Value | None, ...], set[Value]] = {}

    def _look(self, blocks: list[Block]) -> None:
        same, constants = self.same, self.constants
        lazy: dict[Value, Instruction] = {}
        used: set[Value] = set()
        for block in blocks:
            for instruction in block.instructions:
                operation, result = instruction.operation, instruction.result
                if operation is ops.constant:
                    constants.add(result)  # type: ignore[arg-type]  # it has one
                elif operation.lazy and result is not None:
                    lazy[result] = instruction
                else:
                    used.update(instruction.operands)
                    if operation in SAME_OBJECT and result is not None:
                        operand = instruction.operands[0]
                        same[result] = same.get(operand, operand)
            for edge in block.instructions[-1].targets:
                used.update(edge.arguments)
        # What is needed for anything else than states and each other is not lazy.
        wanted = [value for value in lazy if value in used]
        while wanted:
            maker = lazy.pop(wanted.pop(), None)
            if maker is not None:
                wanted += maker.operands
        self.lazy.update(lazy)

    def of(self, state: FrameState) -> set[Value]:
        """What leaving with a state needs, but for constants; many instructions share one, and inlined ones that of the call."""
        found = self._states.get(state)
        if found is None:
            found = self._of_entries(state.locals)
            if state.stack:
                found = found | self._of_entries(state.stack)
            if state.caller is not None:
                found = found | self.of(state.caller)
            self._states[state] = found
        return found

    def all(self) -> set[Value]:
        """What some of the states that were asked for need."""
        return set().union(*self._entries.values())

    def _of_entries(self, entries: tuple[Value | None, ...]) -> set[Value]:
        """What these entries of states are made from. Found once: the locals of many states are the same."""
        found = self._entries.get(entries)
        if found is None:
            found = set(filter(None, entries))
            indirect = found & self._indirect
            if indirect:
                found -= indirect
                for value in indirect:
                    found |= self._made_from.get(value) or self._parts_of(value)
            found -= self.constants
            self._entries[entries] = found
        return found

    def _parts_of(self, value: Value) -> set[Value]:
        """What stands for a value, constants included."""
        found: set[Value] = set()
        todo = [value]
        while todo:
            one = todo.pop()
            one = self.same.get(one, one)
            if one in self.lazy:
                producer = one.producer
                assert isinstance(producer, Instruction)
                todo += producer.operands
            else:
                found.add(one)
        self._made_from[value] = found
        return found


def lazy_values(function: Function) -> set[Value]:
    """Results of `lazy` operations that only leaving paths need."""
    return StateValues(function.blocks()).lazy
