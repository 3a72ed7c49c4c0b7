"""Value numbering: what has been computed on every path here is not computed again.

A walk down the dominator tree keeps the operations that dominate the place it is at. A guard is an operation like any other:
where an equal one dominates it, it cannot fail. An operation that reads the heap is equal to a dominating one only if nothing
between them writes what it reads: each part of the heap has a *version* at each place, and writing makes a new one.

    b0:                                              b0:
      %2: i64 = unbox_int %0      exit 4 [%0]          %2: i64 = unbox_int %0      exit 4 [%0]
      %3: i64 = int_add %2, %1    exit 8 [%0]          %3: i64 = int_add %2, %1    exit 8 [%0]
      %4: i64 = unbox_int %0      exit 12 [%0]         %4: i64 = int_mul %3, %2    exit 12 [%0]
      %5: i64 = int_mul %3, %4    exit 12 [%0]

A block parameter that gets the same value from everywhere (or itself, around a loop) is that value. A guard's result is the same object as
what it was given, so a variable that a loop's body only guards is the one that came in, and its guards are invariant.
"""

from __future__ import annotations

import struct

from whitehot.ir.flow import Flow, flow_of, loops_of
from whitehot.ir.graph import Instruction
from whitehot.ir.ops import int_add, int_and, int_eq, int_max, int_min, int_mul, int_ne, int_or, int_xor, is_same
from whitehot.ir.states import SAME_OBJECT
from whitehot.passes.memory import Part, is_movable, read_by, written_by

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Hashable

    from whitehot.ir.graph import Attribute, Block, Edge, Function, Value

#: Operations whose operands may be exchanged. Not those of floats: which of two NaNs comes out depends on the order.
_COMMUTATIVE = frozenset({int_add, int_mul, int_and, int_or, int_xor, int_eq, int_ne, int_min, int_max, is_same})

type _Key = tuple[Hashable, ...]


def value_numbering(function: Function) -> int:
    """Replace values by equal ones that dominate them. Returns the number of instructions and parameters that are gone."""
    flow = flow_of(function)
    changes = _single_valued(function, flow)
    replaced = _Numbering(function, flow).run()
    if replaced:
        changes += replaced + _single_valued(function, flow)
    return changes


class _Numbering:
    def __init__(self, function: Function, flow: Flow) -> None:
        self._function = function
        self._flow = flow
        self._change: dict[Value, Value] = {}
        self._known: dict[_Key, Value] = {}
        self._order: dict[Value, int] = {}
        #: The versions of list items and of the rest at the end of each block that the walk has passed.
        self._versions: dict[Block, tuple[int, int]] = {}
        self._last_version = 0
        self._written = _written_in_loops(flow)

    def run(self) -> int:
        """Walk the dominator tree; what a subtree adds to `_known` is forgotten after it."""
        stack: list[tuple[Block, list[_Key] | None]] = [(self._flow.blocks[0], None)]
        while stack:
            block, added = stack.pop()
            if added is not None:
                for key in added:
                    del self._known[key]
                continue
            stack.append((block, self._block(block)))
            stack.extend((child, None) for child in reversed(self._flow.children[block]))
        self._function.replace(self._change)
        return len(self._change)

    def _block(self, block: Block) -> list[_Key]:
        items, rest = self._entry_version(block, Part.ITEMS), self._entry_version(block, Part.EVERYTHING)
        change, known = self._change, self._known
        added: list[_Key] = []
        kept: list[Instruction] = []
        for instruction in block.instructions:
            if change:
                instruction.operands = [change.get(value, value) for value in instruction.operands]
            operation, result = instruction.operation, instruction.result
            if (written := written_by(operation)) is not Part.NOTHING:
                items = self._new_version()
                rest = items if written is Part.EVERYTHING else rest
            elif result is not None and is_movable(operation):
                read = read_by(operation)
                key = self._key(instruction, result, 0 if read is None else items if read is Part.ITEMS else rest)
                same = known.setdefault(key, result)
                if same is not result:
                    change[result] = same
                    continue
                added.append(key)
            kept.append(instruction)
        block.instructions[:] = kept
        self._versions[block] = items, rest
        return added

    def _key(self, instruction: Instruction, result: Value, version: int) -> _Key:
        operands = instruction.operands
        if instruction.operation in _COMMUTATIVE:
            order = self._order
            operands = sorted(operands, key=lambda value: order.setdefault(value, len(order)))
        attributes = tuple(map(_exact, instruction.attributes)) if instruction.attributes else ()
        return (instruction.operation, result.type, version, *operands, *attributes)

    def _entry_version(self, block: Block, part: Part) -> int:
        """The version that all ways here agree on; a new one where they do not, or where a loop may have written."""
        found: set[int] = set()
        index = 0 if part is Part.ITEMS else 1
        for before, _ in self._flow.predecessors[block]:
            if before in self._versions:
                found.add(self._versions[before][index])
            elif self._written.get(block, Part.EVERYTHING) >= part:
                return self._new_version()
        return found.pop() if len(found) == 1 else self._new_version()

    def _new_version(self) -> int:
        self._last_version += 1
        return self._last_version


def _exact(attribute: Attribute) -> Hashable:
    """A key that tells 1, 1.0 and True, and 0.0 and -0.0, apart."""
    if isinstance(attribute, float):
        return struct.pack("<d", attribute)
    return type(attribute), attribute


def _written_in_loops(flow: Flow) -> dict[Block, Part]:
    """The part of the heap that a loop writes, by its header."""
    loops = loops_of(flow)
    if not loops:
        return {}
    written = {block: max(written_by(i.operation) for i in block.instructions) for block in flow.blocks}
    return {loop.header: max(written[block] for block in loop.blocks) for loop in loops}


def _single_valued(function: Function, flow: Flow) -> int:
    """Replace parameters that can only be one value."""
    change: dict[Value, Value] = {}
    while True:
        before = len(change)
        for block in flow.blocks[1:]:
            _reduce(block, [edge for _, edge in flow.predecessors[block]], change)
        if len(change) == before:
            break
    function.replace(change)
    return len(change)


def _reduce(block: Block, edges: list[Edge], change: dict[Value, Value]) -> None:
    for position in range(len(block.parameters) - 1, -1, -1):
        parameter = block.parameters[position]
        only: Value | None = None
        for edge in edges:
            chain = _same_objects(edge.arguments[position], change)
            if parameter in chain or only in chain:
                continue
            if only is not None and chain[0] not in _same_objects(only, change):
                break
            only = chain[0]
        else:
            if only is not None:
                change[parameter] = only
                del block.parameters[position]
                for edge in edges:
                    edge.arguments = edge.arguments[:position] + edge.arguments[position + 1 :]


def _same_objects(value: Value, change: dict[Value, Value]) -> list[Value]:
    """The value as it will be, and the ones it is the same object as: what its guards were given."""
    chain: list[Value] = []
    while True:
        while value in change:
            value = change[value]
        chain.append(value)
        producer = value.producer
        if producer.__class__ is not Instruction or producer.operation not in SAME_OBJECT:
            return chain
        value = producer.operands[0]
