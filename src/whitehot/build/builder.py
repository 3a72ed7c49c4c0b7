"""The builder: emits instructions, keeps the abstract frame, makes frame states.

A `Region` interprets one code object: the unit's own, or an inlined callee's, which has the region of its caller as `parent`.
Each bytecode is one function registered by `@bytecode` (in the modules `bytecodes_*`); it takes the region and the
instruction, pops its operands from the abstract stack, emits operations and pushes results.

What keeps this exact: an operation that may leave carries the state *before* the bytecode (`Region.state`), so the interpreter does the whole bytecode again; a bytecode's function
therefore emits everything that can leave before anything that changes the heap.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from whitehot.build.context import Assumptions, Path, Restart, SectionEnded
from whitehot.build.entries import MAYBE, Entry, Virtual, replace_among, values_of
from whitehot.build.flow import slot_count, stored_slots
from whitehot.build.virtuals import materialize, recorded
from whitehot.bytecode.operands import let_go_by
from whitehot.bytecode.snapshot import Assumption, BytecodeInstruction, CodeSnapshot, ObjectFact
from whitehot.errors import CompilerBug, Unsupported
from whitehot.ir import ops
from whitehot.ir.effects import ARBITRARY
from whitehot.ir.graph import Attribute, Block, Edge, FrameState, Instruction, Symbol, Value
from whitehot.ir.operation import Operation
from whitehot.ir.types import BOOL, F64, I64, NULLABLE, OBJECT, UNOBSERVED, Kind, Type, object_of
from whitehot.reasons import Reason
from whitehot.request import Request, UnitSignature

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

type Handler = Callable[[Region, BytecodeInstruction], None]

BYTECODES: dict[str, Handler] = {}

#: C names of the type objects that guards compare with.
TYPE_SYMBOLS = {
    "int": "PyLong_Type",
    "float": "PyFloat_Type",
    "bool": "PyBool_Type",
    "str": "PyUnicode_Type",
    "list": "PyList_Type",
    "tuple": "PyTuple_Type",
    "dict": "PyDict_Type",
    "range": "PyRange_Type",
    "range_iterator": "PyRangeIter_Type",
    "list_iterator": "PyListIter_Type",
    "tuple_iterator": "PyTupleIter_Type",
    "enumerate": "PyEnum_Type",
    "zip": "PyZip_Type",
    "slice": "PySlice_Type",
    "cell": "PyCell_Type",
    "set": "PySet_Type",
    "frozenset": "PyFrozenSet_Type",
    "str_ascii_iterator": "whitehot_type_str_ascii_iterator",
}

MACHINE_TYPES = {"int": I64, "float": F64, "bool": BOOL}


def bytecode(*names: str) -> Callable[[Handler], Handler]:
    """Register the function that builds these bytecodes."""

    def register(handler: Handler) -> Handler:
        for name in names:
            BYTECODES[name] = handler
        return handler

    return register


class Unit:
    """What all regions of one build share."""

    def __init__(self, request: Request, assumptions: Assumptions) -> None:
        self.request = request
        self.snapshot = request.snapshot
        self.assumptions = assumptions
        self.dependencies: set[Assumption] = set()
        #: Functions whose code was inlined or called natively: their symbols (watched for changes).
        self.functions: set[str] = set()
        #: Values that are objects known by a fact.
        self.facts: dict[Value, ObjectFact] = {}
        #: Exact Python types that guards on the way to the present place have shown of values whose own type says less.
        self.learned: dict[Value, str] = {}
        #: Guard results to the value they are the same object as.
        self.aliases: dict[Value, Value] = {}
        #: Blocks to one that every way to them passes, as far as that is plain.
        self.above: dict[Block, Block] = {}
        self.returned: list[Value] = []
        #: Bytecodes without a form that were met: their paths leave to the interpreter.
        self.not_carried: set[str] = set()
        self.signature: UnitSignature | None = None
        #: Whether the signature was looked at, so that its result must be right.
        self.calls_itself = False
        #: Whether an assumption has turned out wrong. Building goes on, to find all that are; what it makes is thrown away.
        self.must_restart = False

    def root(self, value: Value) -> Value:
        while value in self.aliases:
            value = self.aliases[value]
        return value

    def is_rejected(self, code: CodeSnapshot, offset: int, reason: Reason) -> bool:
        return bool(self.snapshot.rejected) and (code.symbol, offset, reason.name) in self.snapshot.rejected


class Region:
    """The abstract interpretation of one code object."""

    def __init__(self, unit: Unit, code: CodeSnapshot, function: str | None, parent: Region | None, path: Path) -> None:
        self.unit = unit
        self.code = code
        self.owner = Symbol(function or code.symbol)
        self.parent = parent
        self.path = path
        self.locals: list[Entry] = [None] * slot_count(code)
        #: Objects in slots of the real frame that the unit never binds: states name these very objects, whatever is known of them.
        self.fixed: dict[int, Value] = {}
        self.stack: list[Entry] = []
        self.block: Block | None = None
        self.before_locals: list[Entry] = []
        self.before_stack: list[Entry] = []
        self.instruction = code.instructions[0]
        self._state: FrameState | None = None
        #: The locals that a state was last made for, where that was, and their values.
        self._last_recorded: tuple[Block | None, Sequence[Entry], tuple[Value | None, ...]] = (None, (), ())
        #: The state of the inlined call that this region is the body of.
        self.caller: FrameState | None = None
        #: Goes to the section at an offset (set by whoever walks the sections).
        self.goto: Callable[[int], None] = self._no_sections
        #: What to do with the value that the code returns.
        self.give_back: Callable[[Entry], None] | None = None
        #: Objects that the current bytecode handed to an inlined callee, which lets go of them.
        self.transferred: set[Value] = set()
        self.world_may_have_changed = False
        #: Whether types that were only seen may be guessed at the current bytecode: not where such a guess kept failing.
        self.speculates = True

    # --- the abstract stack ---

    def push(self, entry: Entry) -> None:
        self.stack.append(entry)

    def pop(self) -> Entry:
        return self.stack.pop()

    def pop_many(self, count: int) -> list[Entry]:
        """The top `count` entries, deepest first."""
        if count == 0:
            return []
        taken = self.stack[-count:]
        del self.stack[-count:]
        return taken

    # --- emitting ---

    def emit(
        self,
        operation: Operation,
        *operands: Value,
        attributes: Sequence[Attribute] = (),
        type: Type | None = None,
        state: FrameState | None = None,
        hint: str | None = None,
    ) -> Value:
        """Append an instruction; its result (only to be used where the operation has one)."""
        block = self.block
        assert block is not None
        if not operation.can_leave:
            state = None
        else:
            if operation.effects is ARBITRARY and not self.unit.assumptions.has_frame:
                self._require_frame()
            if state is None:
                state = self.state()
        # All fields are given: the interpreter then makes an object several times faster.
        made = Instruction(operation, [*operands], tuple(attributes), state, None, [], ())
        if type is None:
            type = operation.result
        if type is not None:
            made.result = Value(type, made, hint)
        block.instructions.append(made)
        return made.result  # type: ignore[return-value]  # callers of operations without result ignore it

    def _require_frame(self) -> NoReturn:
        if not self.unit.must_restart:
            self.unit.assumptions.has_frame = True
        raise Restart

    def do_not_inline(self) -> NoReturn:
        """Build again without inlining the code of this region."""
        if not self.unit.must_restart:
            self.unit.assumptions.no_inline.add(self.path)
        raise Restart

    def arbitrary(
        self,
        operation: Operation,
        *operands: Value,
        attributes: Sequence[Attribute] = (),
        type: Type | None = None,
        state: FrameState | None = None,
    ) -> Value:
        """Emit an operation that runs arbitrary code. Not within inlined code, whose frame is not real."""
        if self.parent is not None:
            self.do_not_inline()
        if self.must_leave_to_raise():
            self.abandon(Reason.NOT_CARRIED)
        result = self.emit(operation, *operands, attributes=attributes, type=type, state=state)
        self.world_may_have_changed = True
        return result

    def must_leave_to_raise(self) -> bool:
        """Whether an exception here cannot be handed to the interpreter: in a loop unit, raising where no handler is while the
        loop header has one would find that one (see runtime/native_leave).
        """
        entry = self.unit.snapshot.entry
        if entry is None or self.parent is not None:
            return False
        return self.code.handler_at(entry) is not None and self.code.handler_at(self.instruction.offset) is None

    def constant(self, value: Attribute, type: Type | None = None) -> Value:
        """A constant of machine type, or an object by its symbol; None is NULL."""
        if type is None:
            if isinstance(value, bool):
                type = BOOL
            elif isinstance(value, int):
                type = I64
            elif isinstance(value, float):
                type = F64
            else:
                type = NULLABLE if value is None else OBJECT
        return self.emit(ops.constant, attributes=(value,), type=type)

    def object_constant(self, symbol: str) -> Value:
        """The object of this symbol, with what is known of it."""
        fact = self.unit.snapshot.objects.get(symbol)
        value = self.constant(Symbol(symbol), object_of(fact.type_name) if fact else OBJECT)
        if fact is not None:
            self.unit.facts[value] = fact
        return value

    def none(self) -> Value:
        return self.constant(Symbol("_Py_NoneStruct"), object_of("NoneType"))

    def fact(self, entry: Entry) -> ObjectFact | None:
        return self.unit.facts.get(entry) if isinstance(entry, Value) else None

    # --- frame states ---

    def begin(self, instruction: BytecodeInstruction) -> None:
        """Start a bytecode: what holds now is the state to leave by."""
        self.instruction = instruction
        self.before_locals = list(self.locals)
        self.before_stack = list(self.stack)
        self._state = None
        if self.transferred:
            self.transferred = set()
        self.world_may_have_changed = False
        if self.unit.snapshot.rejected:
            self.speculates = not self.unit.is_rejected(self.code, instruction.offset, Reason.TYPE)

    def state(self) -> FrameState:
        """The frame before the current bytecode."""
        if self._state is None:
            self._state = self.state_at(self.instruction.offset, self.before_locals, self.before_stack)
        return self._state

    def state_after(self) -> FrameState:
        """The frame after the current bytecode, which has done all it does."""
        return self.state_at(self.instruction.next_offset, self.locals, self.stack)

    def state_at(self, offset: int, locals: Sequence[Entry], stack: Sequence[Entry]) -> FrameState:
        """A frame state with these entries; virtual objects get values that only leaving paths compute."""
        kept = tuple(self._values(stack)) if stack else ()
        return FrameState(self.owner, offset, self._recorded(locals), kept, self.caller)

    def _recorded(self, locals: Sequence[Entry]) -> tuple[Value | None, ...]:
        """The values of locals: the same tuple as long as they are the same, which those who look at states know them by."""
        block, last, found = self._last_recorded
        if block is self.block and last == locals:
            return found
        values = self._values(locals)
        for slot, value in self.fixed.items():
            values[slot] = value
        found = tuple(values)
        self._last_recorded = self.block, list(locals), found
        return found

    def _values(self, entries: Sequence[Entry]) -> list[Value | None]:
        """What states hold in place of these entries."""
        if Virtual not in map(type, entries):
            return list(entries)  # type: ignore[arg-type]  # none is virtual
        block = self.block
        return [
            (entry.recorded_as if entry.recorded_in is block else recorded(self, entry))
            if isinstance(entry, Virtual)
            else entry
            for entry in entries
        ]

    def state_at_in(self, emitter: Region, offset: int) -> FrameState:
        """This region's present frame at an offset, whose virtual objects are made where another region emits."""
        saved, self.block = self.block, emitter.block
        try:
            return self.state_at(offset, self.locals, self.stack)
        finally:
            self.block = saved

    def leave(self, reason: Reason, state: FrameState | None = None) -> None:
        """End the block by leaving to the interpreter."""
        assert self.block is not None
        self.block.instructions.append(Instruction(ops.exit, [], (reason.name,), state or self.state()))
        self.block.cold = True
        self.block = None

    def trusts_feedback(self, instruction: BytecodeInstruction) -> bool:
        """Whether "this has never run" is reason enough not to compile an instruction."""
        prunes = self.unit.request.options.prune_never_run
        return prunes and not self.unit.is_rejected(self.code, instruction.offset, Reason.NOT_CARRIED)

    def abandon(self, reason: Reason, state: FrameState | None = None) -> NoReturn:
        """Leave to the interpreter; nothing more of this section is reached."""
        self.leave(reason, state)
        raise SectionEnded

    def refine(self, old: Value, new: Value) -> None:
        """From here on `new` (unboxed, or known better) stands wherever `old` is held."""
        was_bound = self.before_locals != self.locals
        for entries in (self.locals, self.stack, self.before_stack):
            replace_among(entries, old, new)
        if was_bound:
            replace_among(self.before_locals, old, new)
        else:
            self.before_locals[:] = self.locals
        self._state = None

    # --- what is known of an entry ---

    def python_type(self, entry: Entry) -> str | None:
        """The exact Python type, if it is certain."""
        if entry is None:
            return None
        if isinstance(entry, Virtual):
            return None if entry.kind == MAYBE else entry.kind
        known = entry.type.python
        return self.unit.learned.get(entry) if known is None else known

    def likely_type(self, entry: Entry) -> str | None:
        """The exact Python type that is certain or was seen."""
        known = self.python_type(entry)
        if known is None and isinstance(entry, Value) and self.speculates:
            return self._hint(entry).partition("[")[0] or None
        return known

    def seen_type(self, operand: int) -> str | None:
        """The type of an operand that the interpreter specialized the current bytecode for; operand 0 lies deepest on the stack."""
        types = self.instruction.types
        return types[operand] if self.speculates and operand < len(types) else None

    def likely_item_type(self, entry: Entry) -> str | None:
        """What the items of a container were seen to be: hints of containers are written `list[float]`."""
        inner = self._hint(entry).partition("[")[2] if isinstance(entry, Value) else ""
        return inner[:-1] or None

    def full_hint(self, entry: Entry) -> str | None:
        """The likely type, with that of the items where it was seen: `list[float]`."""
        known = self.python_type(entry)
        hint = self._hint(entry) if isinstance(entry, Value) else ""
        return hint if hint and (known is None or hint.partition("[")[0] == known) else known

    def _hint(self, value: Value) -> str:
        while True:
            if value.hint:
                return value.hint
            if value not in self.unit.aliases:
                return ""
            value = self.unit.aliases[value]

    def is_observed(self, value: Value) -> bool:
        """Whether somebody could notice when this object dies."""
        return value.type.is_object and self.python_type(value) not in UNOBSERVED and value not in self.unit.facts

    # --- conversions; each may leave with the state before the bytecode ---

    def value(self, entry: Entry) -> Value:
        """The entry as a value of whatever type; virtual objects are made."""
        if entry is None:
            return self.constant(None)
        return materialize(self, entry) if isinstance(entry, Virtual) else entry

    def as_object(self, entry: Entry) -> Value:
        """The entry as a reference to an object, boxed if need be."""
        value = self.value(entry)
        if value.type.kind is Kind.I64:
            return self.emit(ops.box_int, value)
        if value.type.kind is Kind.F64:
            return self.emit(ops.box_float, value)
        if value.type.kind is Kind.BOOL:
            return self.emit(ops.box_bool, value)
        return value

    def as_int(self, entry: Entry, python: str | None = None) -> Value:
        """The entry, an int or bool, as i64. `python` says which of them it must be, where the result depends on it."""
        value = self.value(entry)
        if value.type.kind is Kind.I64:
            return value
        if value.type.kind is Kind.BOOL:
            return self.emit(ops.bool_to_int, value)
        if (python or self.likely_type(value)) == "bool":
            return self.emit(ops.bool_to_int, self._unbox(ops.unbox_bool, value, "bool"))
        return self._unbox(ops.unbox_int, value, "int")

    def as_float(self, entry: Entry) -> Value:
        """The entry, a float, as f64."""
        value = self.value(entry)
        return value if value.type.kind is Kind.F64 else self._unbox(ops.unbox_float, value, "float")

    def as_bool(self, entry: Entry) -> Value:
        """The entry, a bool, as bool."""
        value = self.value(entry)
        return value if value.type.kind is Kind.BOOL else self._unbox(ops.unbox_bool, value, "bool")

    def as_number(self, entry: Entry, python: str | None = None) -> Value:
        """The entry, a float, int or bool, as f64. `python` says which of them it must be, where the result depends on it."""
        value = self.value(entry)
        if value.type.kind is Kind.I64:
            return self.emit(ops.int_to_float, value)
        if value.type.kind is Kind.BOOL:
            return self.emit(ops.int_to_float, self.emit(ops.bool_to_int, value))
        if (python or self.likely_type(value)) in ("int", "bool"):
            return self.emit(ops.int_to_float, self.as_int(value, python))
        return self.as_float(value)

    def _unbox(self, operation: Operation, value: Value, python: str) -> Value:
        known = self.python_type(value)
        if known is not None and known != python:
            # Feedback and what is known contradict each other.
            self.abandon(Reason.TYPE)
        unboxed = self.emit(operation, value)
        self.unit.learned[value] = python
        self._learn_item(value, python)
        self.refine(value, unboxed)
        return unboxed

    def _learn_item(self, item: Value, python: str) -> None:
        """What one item of a list was seen to be, others are likely to be: the interpreter tells nothing of instructions that it does not specialize."""
        producer = item.producer
        if isinstance(producer, Instruction) and producer.operation is ops.list_item:
            items = producer.operands[0]
            if self.likely_item_type(items) is None:
                items.hint = f"list[{python}]"

    def guard(self, entry: Entry, python: str) -> Value:
        """The entry as an object that is known to be exactly of this type."""
        value = self.as_object(entry)
        known = self.python_type(value)
        if known == python:
            return value if value.type.python == python else self._retype(value, python)
        if known is not None:
            self.abandon(Reason.TYPE)
        guarded = self.emit(ops.guard_type, value, attributes=(Symbol(TYPE_SYMBOLS[python]),), type=object_of(python))
        self.unit.aliases[guarded] = value
        self.unit.learned[value] = python
        self.refine(value, guarded)
        return guarded

    def _retype(self, value: Value, python: str) -> Value:
        guarded = self.emit(ops.guard_type, value, attributes=(Symbol(TYPE_SYMBOLS[python]),), type=object_of(python))
        self.unit.aliases[guarded] = value
        return guarded

    # --- jumps ---

    def edge_block(self) -> tuple[Block, Edge]:
        """A new block for one way out of a branch, and the edge to it."""
        block = Block()
        return block, Edge(block, [])

    def branch(self, condition: Value) -> tuple[Block, Block]:
        """End the block by a branch; the blocks for true and for false."""
        assert self.block is not None
        (yes, yes_edge), (no, no_edge) = self.edge_block(), self.edge_block()
        self.block.instructions.append(
            Instruction(ops.branch, [condition], (None,), None, None, [yes_edge, no_edge], ())
        )
        self.unit.above[yes] = self.unit.above[no] = self.block
        self.block = None
        return yes, no

    def held_objects(self) -> set[Value]:
        """Objects in the abstract frame whose death somebody could notice."""
        return {self.unit.root(value) for value in self._objects() if self.is_observed(value)}

    def without_held(self, objects: set[Value]) -> set[Value]:
        """Those of some objects that the abstract frame does not hold."""
        left, aliases = objects, self.unit.aliases
        for value in self._objects():
            root = self.unit.root(value) if value in aliases else value
            if root in left and self.is_observed(value):
                left = left - {root}
                if not left:
                    break
        return left

    def _objects(self) -> Iterator[Value]:
        """The references to objects in the abstract frame, with repetitions."""
        for entries in (self.locals, self.stack):
            for entry in entries:
                if entry.__class__ is Value:
                    if entry.type.is_object:
                        yield entry
                elif entry is not None:
                    for value in values_of(entry):
                        if value.type.is_object:
                            yield value

    def has_removed(self) -> bool:
        """Whether the present bytecode has removed anything from the abstract frame. Most only push; entries are compared by identity."""
        before = self.before_stack
        return self.before_locals != self.locals or before != self.stack[: len(before)]

    def removed_objects(self) -> set[Value]:
        """Those that the present bytecode has removed from the abstract frame."""
        gone = {*self.before_locals, *self.before_stack}.difference(self.locals, self.stack)
        removed: set[Value] = set()
        for entry in gone:
            if entry.__class__ is Value and not entry.type.is_object:
                continue
            for value in values_of(entry):
                if value.type.is_object and self.is_observed(value):
                    removed.add(self.unit.root(value))
        return self.without_held(removed) if removed else removed

    def let_go(self, held: set[Value], state: FrameState) -> None:
        """Drop the objects of `held` that no frame holds any more; `state` is the frame without them, and for nothing else."""
        state.done = self.instruction.opcode_offset
        gone = held - self.transferred
        region: Region | None = self
        while region is not None and gone:
            gone = region.without_held(gone)
            region = region.parent
        for value in self.as_they_die(gone, self._entries_let_go()):
            if self.is_observed(value):
                self.emit(ops.drop, value, state=state)

    def _entries_let_go(self) -> list[Entry]:
        """What was in the frame before the present bytecode, in the order in which the interpreter lets go of what it removes."""
        instruction, stack = self.instruction, self.before_stack
        stored = [self.before_locals[slot] for slot in stored_slots(instruction)]
        order = let_go_by(instruction)
        if order is None:
            return [*self.before_locals, *stored, *stack[::-1]]
        return [*self.before_locals, *stored, *[stack[-depth] for depth in order]]

    def as_they_die(self, gone: set[Value], entries: Sequence[Entry]) -> list[Value]:
        """Values in the order in which they die where these entries are let go of one after the other: each with the last that
        holds it. Tuples let go of the last item first (`tuple_dealloc` in Objects/tupleobject.c).
        """
        if len(gone) < 2:
            return list(gone)
        parts = [self.unit.root(part) for entry in entries for part in values_of(entry)[::-1]]
        last = {part: index for index, part in enumerate(parts)}
        return sorted(gone, key=lambda value: last.get(value, len(parts)))

    def _no_sections(self, offset: int) -> None:
        raise CompilerBug(f"{self.code.qualified_name}: jump to {offset} outside of any walk")

    def unsupported(self, reason: Reason, detail: str) -> Unsupported:
        return Unsupported(reason, detail)
