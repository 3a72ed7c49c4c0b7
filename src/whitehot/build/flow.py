"""Control flow of bytecode: basic blocks, their order, and the natural loops.

Exception handlers are left out: they are only reached by raising, which leaves native code.
"""

from __future__ import annotations

from whitehot.bytecode.snapshot import BytecodeInstruction, CodeSnapshot
from whitehot.record import dataclass, field

#: Bytecodes after which control does not go on.
ENDS = frozenset(
    {
        "RETURN_VALUE",
        "RAISE_VARARGS",
        "RERAISE",
        "JUMP_FORWARD",
        "JUMP_BACKWARD",
        "JUMP_BACKWARD_NO_INTERRUPT",
        "INTERPRETER_EXIT",
    }
)

#: Bytecodes that bind a local variable, with the shift of each slot number within the argument.
_STORES = {
    "STORE_FAST": (0,),
    "DELETE_FAST": (0,),
    "LOAD_FAST_AND_CLEAR": (0,),
    "STORE_FAST_LOAD_FAST": (4,),
    "STORE_FAST_STORE_FAST": (4, 0),
    "MAKE_CELL": (0,),
}


def slot_count(code: CodeSnapshot) -> int:
    """Locals, cells and free variables: the slots of a frame below its stack."""
    return len(code.varnames)


def stored_slots(instruction: BytecodeInstruction) -> tuple[int, ...]:
    """The local slots that an instruction binds or unbinds."""
    shifts = _STORES.get(instruction.opcode)
    if shifts is None:
        return ()
    if instruction.opcode in ("STORE_FAST_LOAD_FAST", "STORE_FAST_STORE_FAST"):
        return tuple((instruction.argument >> shift) & 15 for shift in shifts)
    return (instruction.argument,)


@dataclass(eq=False, slots=True)
class Section:
    """A basic block of bytecode."""

    offset: int
    instructions: list[BytecodeInstruction] = field(default_factory=list)
    successors: list[int] = field(default_factory=list)


@dataclass(eq=False, slots=True)
class Loop:
    """A natural loop: the offset of its header, its sections, and the slots bound inside."""

    header: int
    sections: set[int]
    stored: frozenset[int]
    #: The slots that comprehensions inside have for their variables: they put back what was there.
    lent: frozenset[int]
    #: The Python type (int or float) of all that is bound to a slot inside, as far as the interpreter has seen.
    seen: dict[int, str]


@dataclass(eq=False, slots=True)
class Flow:
    """The sections reachable from an entry, in an order where all forward predecessors come first."""

    entry: int
    sections: dict[int, Section]
    order: list[int]
    loops: dict[int, Loop]


def analyse(code: CodeSnapshot, entry: int = 0) -> Flow:
    """The flow of a whole function body from the section that starts at `entry`."""
    sections = _sections(code, entry)
    order, back_edges = _depth_first(sections, entry)
    loops: dict[int, Loop] = {}
    predecessors: dict[int, list[int]] = {offset: [] for offset in order}
    for offset in order:
        for successor in sections[offset].successors:
            predecessors[successor].append(offset)
    slots_of = {offset: {s for i in sections[offset].instructions for s in stored_slots(i)} for offset in order}
    lent_in = {
        offset: {i.argument for i in sections[offset].instructions if i.opcode == "LOAD_FAST_AND_CLEAR"}
        for offset in order
    }
    for latch, header in back_edges:
        members = {header}
        pending = [latch]
        while pending:
            offset = pending.pop()
            if offset not in members:
                members.add(offset)
                pending.extend(predecessors[offset])
        if header in loops:
            members |= loops[header].sections
        stored: set[int] = set()
        lent: set[int] = set()
        for offset in members:
            stored |= slots_of[offset]
            lent |= lent_in[offset]
        seen = _seen_stored(code, sections, members)
        loops[header] = Loop(header, members, frozenset(stored), frozenset(lent), seen)
    return Flow(entry, sections, order, loops)


#: Types of what specialized instructions leave on the stack, by the ends of their names.
_RESULTS = {"FOR_ITER_RANGE": "int"} | {
    f"BINARY_OP_{operator}_{type.upper()}": type
    for operator in ("ADD", "SUBTRACT", "MULTIPLY")
    for type in ("int", "float")
}


def _seen_stored(code: CodeSnapshot, sections: dict[int, Section], members: set[int]) -> dict[int, str]:
    """The number types that the interpreter has seen bound to slots in these sections, where they are all the same."""
    seen: dict[int, str] = {}
    mixed: set[int] = set()
    for offset in members:
        before = code.instruction_before(offset)
        for instruction in sections[offset].instructions:
            slots = stored_slots(instruction)
            if slots:
                type = (
                    _RESULTS.get(before.specialized)
                    if before is not None and instruction.opcode == "STORE_FAST"
                    else None
                )
                for slot in slots:
                    if type is None or seen.setdefault(slot, type) != type:
                        mixed.add(slot)
            before = instruction
    return {slot: type for slot, type in seen.items() if slot not in mixed}


def restrict_to_loop(flow: Flow, header: int) -> Flow:
    """The flow of one loop alone, entered at its header. Raises LookupError where there is no such loop."""
    loop = flow.loops[header]
    sections = {offset: flow.sections[offset] for offset in loop.sections}
    order, _ = _depth_first(sections, header)
    return Flow(header, sections, order, {at: inner for at, inner in flow.loops.items() if at in sections})


def target_of(code: CodeSnapshot, instruction: BytecodeInstruction) -> int | None:
    """Where a jump goes. FOR_ITER names END_FOR, which is never executed: an exhausted loop goes on after it."""
    if instruction.opcode == "FOR_ITER" and instruction.target is not None:
        end = code.instruction_at(instruction.target)
        return end.next_offset if end.opcode == "END_FOR" else instruction.target
    return instruction.target


def _successors_of(code: CodeSnapshot, instruction: BytecodeInstruction) -> list[int]:
    """Offsets where control may go on, the fall-through first."""
    after = [] if instruction.opcode in ENDS else [instruction.next_offset]
    target = target_of(code, instruction)
    return after if target is None else [*after, target]


def _sections(code: CodeSnapshot, entry: int) -> dict[int, Section]:
    leaders = {entry}
    for instruction in code.instructions:
        target = target_of(code, instruction)
        if target is not None:
            leaders.add(target)
            leaders.add(instruction.next_offset)
        elif instruction.opcode in ENDS:
            leaders.add(instruction.next_offset)
    sections: dict[int, Section] = {}
    current: Section | None = None
    for instruction in code.instructions:
        if instruction.offset in leaders:
            if current is not None and not current.successors and current.instructions[-1].opcode not in ENDS:
                current.successors = [instruction.offset]
            current = sections[instruction.offset] = Section(instruction.offset)
        if current is None:
            continue
        current.instructions.append(instruction)
        if instruction.target is not None or instruction.opcode in ENDS:
            current.successors = _successors_of(code, instruction)
            current = None
    return sections


def _depth_first(sections: dict[int, Section], entry: int) -> tuple[list[int], list[tuple[int, int]]]:
    """Reverse postorder and the back edges (latch, header); edges that leave `sections` are ignored."""
    order: list[int] = []
    back_edges: list[tuple[int, int]] = []
    done: set[int] = set()
    open_: set[int] = {entry}
    stack = [(entry, iter(sections[entry].successors))]
    while stack:
        offset, successors = stack[-1]
        for successor in successors:
            if successor not in sections:
                continue
            if successor in open_:
                back_edges.append((offset, successor))
            elif successor not in done:
                open_.add(successor)
                stack.append((successor, iter(sections[successor].successors)))
                break
        else:
            stack.pop()
            open_.discard(offset)
            done.add(offset)
            order.append(offset)
    return order[::-1], back_edges
