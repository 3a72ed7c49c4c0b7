"""Control flow of bytecode: basic blocks, their order, and the natural loops.

Exception handlers are left out: they are only reached by raising, which leaves native code.
"""

from __future__ import annotations

from itertools import pairwise

from whitehot.bytecode.snapshot import BytecodeInstruction, CodeSnapshot
from whitehot.record import dataclass, field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from whitehot.bytecode.snapshot import ObjectFact

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
    #: What is likely to be bound to slots inside (`likely_types`), once that was asked for.
    likely: dict[int, str] | None = None


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
    bound = {offset: _bound_in(code, sections[offset]) for offset in order} if back_edges else {}
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
        bindings = [binding for offset in members for binding in bound[offset]]
        lent = frozenset(slot for slot, type in bindings if type is _LENT)
        loops[header] = Loop(header, members, frozenset(slot for slot, _ in bindings), lent, _seen(bindings))
    return Flow(entry, sections, order, loops)


#: Types of what specialized instructions leave on the stack, by the ends of their names.
_RESULTS = {"FOR_ITER_RANGE": "int"} | {
    f"BINARY_OP_{operator}_{type.upper()}": type
    for operator in ("ADD", "SUBTRACT", "MULTIPLY")
    for type in ("int", "float")
}


#: Stands for the type of what a comprehension puts where its variable is: nothing.
_LENT = "lent"


def _bound_in(code: CodeSnapshot, section: Section) -> list[tuple[int, str | None]]:
    """The slots that a section binds or unbinds, with the number types that the interpreter has seen bound to them, if any."""
    bound: list[tuple[int, str | None]] = []
    before = code.instruction_before(section.offset)
    for instruction in section.instructions:
        opcode = instruction.opcode
        if opcode in _STORES:
            type = None
            if opcode == "STORE_FAST" and before is not None:
                type = _RESULTS.get(before.specialized)
            elif opcode == "LOAD_FAST_AND_CLEAR":
                type = _LENT
            bound += [(slot, type) for slot in stored_slots(instruction)]
        before = instruction
    return bound


def _seen(bindings: list[tuple[int, str | None]]) -> dict[int, str]:
    """The number types of slots, where all that is bound to them is of one."""
    types: dict[int, set[str | None]] = {}
    for slot, type in bindings:
        types.setdefault(slot, set()).add(type)
    return {slot: type for slot, (type, *others) in types.items() if type in ("int", "float") and not others}


_LOADS = {
    "LOAD_FAST": (0,),
    "LOAD_FAST_BORROW": (0,),
    "LOAD_FAST_CHECK": (0,),
    "LOAD_FAST_LOAD_FAST": (4, 0),
    "LOAD_FAST_BORROW_LOAD_FAST_BORROW": (4, 0),
}

#: What is known of a slot beside types: that it is read, and where what is bound to it comes from: from a container, or who knows.
_READ, _ITEM, _OTHER = "read", "item", "other"

_NUMBERS = frozenset({"int", "float", "bool"})


def likely_types(code: CodeSnapshot, flow: Flow, loop: Loop, facts: dict[str, ObjectFact]) -> dict[int, str]:
    """What is likely to be bound to the slots that a loop binds: "int", "float" or "object", by what is bound and by what the interpreter has seen used as
    what. Only a guess, which the builder checks. Slots of which nothing can be told, and those that the loop may leave unbound, are left out.
    """
    if loop.likely is None:
        found: dict[int, set[str]] = {slot: set() for slot in loop.stored - loop.lent}
        for offset in sorted(loop.sections):
            _look_at_types(code, flow.sections[offset], facts, found)
        loop.likely = {slot: likely for slot, known in found.items() if (likely := _likely_type(known)) is not None}
    return loop.likely


def _likely_type(known: set[str]) -> str | None:
    types = known - {_READ, _ITEM, _OTHER}
    if types:
        if types.isdisjoint(_NUMBERS):
            return "object"
        return types.pop() if len(types) == 1 and types != {"bool"} else None
    return "object" if known == {_ITEM} else None


def _look_at_types(
    code: CodeSnapshot, section: Section, facts: dict[str, ObjectFact], found: dict[int, set[str]]
) -> None:
    """Add what a section shows of slots. One that it unbinds is left out."""
    #: What lies on top of the stack, as far as that is plain: the slot it was read from, if any, and its type or where it comes from.
    stack: list[tuple[int, str]] = []
    before = code.instruction_before(section.offset)
    if before is not None and before.opcode == "FOR_ITER":
        stack = [(-1, _RESULTS.get(before.specialized, _ITEM))]
    for instruction in section.instructions:
        opcode, argument = instruction.opcode, instruction.argument
        shifts = _LOADS.get(opcode)
        if shifts is not None:
            for slot in [(argument >> shift) & 15 for shift in shifts] if len(shifts) > 1 else (argument,):
                stack.append((slot, _OTHER))
                if slot in found:
                    found[slot].add(_READ)
        elif opcode == "LOAD_SMALL_INT":
            stack.append((-1, "int"))
        elif opcode == "LOAD_CONST":
            fact = facts.get(code.constants[argument])
            stack.append((-1, _OTHER if fact is None else fact.type_name))
        elif opcode in _STORES:
            for slot in stored_slots(instruction):
                kind = stack.pop()[1] if stack else _OTHER
                if opcode == "DELETE_FAST":
                    found.pop(slot, None)
                elif slot in found:
                    found[slot].add(kind)
            if opcode == "STORE_FAST_LOAD_FAST":
                stack.append((argument & 15, _OTHER))
        else:
            for (slot, _), type in zip(reversed(stack), reversed(instruction.types), strict=False):
                if slot in found and type is not None:
                    found[slot].add(type)
            if opcode == "UNPACK_SEQUENCE":
                stack = [(-1, _ITEM)] * argument
            else:
                stack = stack[: -len(instruction.types)] if instruction.types else []
                stack.append((-1, _RESULTS.get(instruction.specialized, _OTHER)))


def restrict_to_loop(flow: Flow, header: int) -> Flow:
    """The flow of one loop alone, entered at its header. Raises LookupError where there is no such loop."""
    loop = flow.loops[header]
    sections = {offset: flow.sections[offset] for offset in loop.sections}
    order, _ = _depth_first(sections, header)
    return Flow(header, sections, order, {at: inner for at, inner in flow.loops.items() if at in sections})


def target_of(code: CodeSnapshot, instruction: BytecodeInstruction) -> int | None:
    """Where a jump goes. FOR_ITER names END_FOR, which is never executed: an exhausted loop goes on after it."""
    if instruction.target is not None and instruction.opcode == "FOR_ITER":
        end = code.instruction_at(instruction.target)
        return end.next_offset if end.opcode == "END_FOR" else instruction.target
    return instruction.target


def _successors_of(code: CodeSnapshot, instruction: BytecodeInstruction) -> list[int]:
    """Offsets where control may go on, the fall-through first."""
    after = [] if instruction.opcode in ENDS else [instruction.next_offset]
    target = target_of(code, instruction)
    return after if target is None else [*after, target]


def _sections(code: CodeSnapshot, entry: int) -> dict[int, Section]:
    instructions = code.instructions
    places = {instruction.offset: place for place, instruction in enumerate(instructions)}
    starts = {places[entry], len(instructions)}
    for place, instruction in enumerate(instructions):
        if instruction.target is not None:
            starts.update([places[offset] for offset in _successors_of(code, instruction) if offset in places])
            starts.add(place + 1)
        elif instruction.opcode in ENDS:
            starts.add(place + 1)
    sections: dict[int, Section] = {}
    for start, end in pairwise(sorted(starts)):
        row = list(instructions[start:end])
        last = row[-1]
        if last.target is not None or last.opcode in ENDS:
            successors = _successors_of(code, last)
        else:
            successors = [instructions[end].offset] if end < len(instructions) else []
        sections[row[0].offset] = Section(row[0].offset, row, successors)
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
