"""From a request to an IR function: sections in order, joins, loops, inlined callees."""

from __future__ import annotations

from whitehot.build import bytecodes_calls, bytecodes_data, bytecodes_flow, bytecodes_numbers  # noqa: F401 - they register
from whitehot.build.builder import BYTECODES, MACHINE_TYPES, Region, Unit
from whitehot.build.context import Assumptions, Restart, SectionEnded
from whitehot.build.entries import UNBOUND, Entry, Plain, Shape, instantiate, join_shapes, shape_of
from whitehot.build.flow import Flow, Loop, likely_types, restrict_to_loop, slot_count, stored_slots
from whitehot.build.merge import Arrival, join, learned_on_all, loop_shapes, pass_arguments
from whitehot.build.virtuals import adopt_iterator
from whitehot.bytecode.snapshot import Assumption, CodeSnapshot
from whitehot.errors import CompilerBug, Unsupported
from whitehot.ir import ops
from whitehot.ir.graph import Block, Edge, FrameState, Function, Instruction, Value
from whitehot.ir.types import NULLABLE, OBJECT, Type
from whitehot.reasons import Reason
from whitehot.record import dataclass
from whitehot.request import Request, UnitSignature

#: co_flags of code that whitehot leaves to the interpreter (Include/cpython/code.h).
_VARARGS, _VARKEYWORDS, _GENERATOR, _COROUTINE, _ASYNC_GENERATOR, _OPTIMIZED = 0x4, 0x8, 0x20, 0x80, 0x200, 0x1

_MOST_RESTARTS = 60


@dataclass(frozen=True, slots=True)
class Built:
    """A built function and what it rests on."""

    function: Function
    dependencies: frozenset[Assumption]
    #: Symbols of functions whose code, defaults or native unit were used.
    functions: frozenset[str]
    #: How other units may call this one; None for loops and for units on a frame.
    signature: UnitSignature | None


def build(request: Request) -> Built:
    """Build the unit that a request asks for. Raises Unsupported (with a reason) for code that stays with the interpreter."""
    snapshot = request.snapshot
    _refuse_what_is_not_carried(snapshot.code, request)
    assumptions = Assumptions()
    for _ in range(_MOST_RESTARTS):
        unit = Unit(request, assumptions)
        try:
            return _build_once(unit)
        except Restart:
            continue
        except Unsupported:
            if not unit.must_restart:
                raise
    raise CompilerBug(f"{snapshot.code.qualified_name}: assumptions did not settle")


def _refuse_what_is_not_carried(code: CodeSnapshot, request: Request) -> None:
    if code.flags & (_GENERATOR | _ASYNC_GENERATOR):
        raise Unsupported(Reason.GENERATOR, code.qualified_name)
    if code.flags & _COROUTINE:
        raise Unsupported(Reason.COROUTINE, code.qualified_name)
    if len(code.instructions) > request.options.max_code:
        raise Unsupported(Reason.TOO_LARGE, str(len(code.instructions)))


def _build_once(unit: Unit) -> Built:
    snapshot = unit.snapshot
    code = snapshot.code
    flow = unit.assumptions.flow_of(code)
    is_loop = snapshot.entry is not None
    if is_loop:
        assert snapshot.entry is not None
        if snapshot.entry not in flow.loops:
            raise Unsupported(Reason.BYTECODE, "loop header not found")
        flow = restrict_to_loop(flow, snapshot.entry)
        unit.assumptions.has_frame = True
    region = Region(unit, code, snapshot.function, None, ())
    entry = Block()
    region.block = entry
    if is_loop:
        _enter_loop(region, flow.loops[flow.entry])
    else:
        _enter_function(region, unit)
    interpret(region, flow)
    if unit.must_restart:
        raise Restart
    return _finish(unit, entry, is_loop)


def _finish(unit: Unit, entry: Block, is_loop: bool) -> Built:
    assumptions = unit.assumptions
    result = _result_type(unit)
    if unit.calls_itself and assumptions.result is not None and assumptions.result is not result:
        assumptions.result = OBJECT if assumptions.result == OBJECT or result.is_object else result
        if assumptions.result != OBJECT and result == OBJECT:
            assumptions.result = OBJECT
        raise Restart
    function = Function(unit.snapshot.code.qualified_name, entry, result, assumptions.has_frame, is_loop)
    _refuse_what_leaves_at_once(unit, function)
    _bring_returns_to(function, result)
    signature = None
    if not is_loop and not assumptions.has_frame and unit.snapshot.function is not None:
        arguments = tuple(value.type for value in entry.parameters)
        signature = UnitSignature(f"unit.{unit.snapshot.function}", arguments, result)
    return Built(function, frozenset(unit.dependencies), frozenset(unit.functions), signature)


def _refuse_what_leaves_at_once(unit: Unit, function: Function) -> None:
    """A unit whose every path ends at a bytecode that is not carried would only be entered to be left."""
    block = function.entry
    seen = {block}
    while len(block.successors()) == 1 and block.successors()[0] not in seen:
        block = block.successors()[0]
        seen.add(block)
    terminator = block.terminator
    if terminator.operation is ops.exit and terminator.attributes[0] == Reason.NOT_CARRIED.name:
        state = terminator.state
        assert state is not None
        code = unit.snapshot.code
        detail = code.instruction_at(state.frames()[0].offset).opcode
        raise Unsupported(Reason.BYTECODE, detail)


def _result_type(unit: Unit) -> Type:
    """One machine type if all returns agree on it, else an object."""
    types = {value.type for value in unit.returned}
    if unit.assumptions.result == OBJECT or unit.assumptions.has_frame:
        return OBJECT
    if len(types) == 1:
        type = types.pop()
        if not type.is_object:
            return type
    return OBJECT


def _bring_returns_to(function: Function, result: Type) -> None:
    boxes = {"i64": ops.box_int, "f64": ops.box_float, "bool": ops.box_bool}
    for block in function.blocks():
        if not block.instructions or block.terminator.operation is not ops.return_:
            continue
        terminator = block.terminator
        value = terminator.operands[0]
        if result.is_object and not value.type.is_object:
            box = Instruction(boxes[value.type.kind.value], [value])
            box.result = Value(box.operation.result or OBJECT, box)
            block.instructions.insert(-1, box)
            terminator.operands = [box.result]


def _enter_function(region: Region, unit: Unit) -> None:
    """Arguments: machine values where the program was seen to pass numbers; the stub that C code calls unboxes them."""
    code, snapshot = region.code, unit.snapshot
    block = region.block
    assert block is not None
    if unit.assumptions.has_frame:
        _load_locals(region, frozenset(_stored(code)), snapshot.live_locals)
        return
    if code.flags & (_VARARGS | _VARKEYWORDS) or code.keyword_only:
        raise Unsupported(Reason.ARGUMENT_KINDS, code.qualified_name)
    if code.cell_slots or code.free_slots:
        unit.assumptions.has_frame = True
        raise Restart
    live = snapshot.live_locals
    for slot in range(code.argument_count):
        seen = live[slot] if slot < len(live) else None
        rejected = (code.symbol, -1 - slot, Reason.TYPE.name) in snapshot.rejected
        machine = None if rejected else MACHINE_TYPES.get(seen or "")
        region.locals[slot] = block.parameter(machine or OBJECT, None if rejected else seen)
    if snapshot.function is not None:
        guess = unit.assumptions.result
        arguments = tuple(value.type for value in block.parameters)
        unit.signature = UnitSignature(f"unit.{snapshot.function}", arguments, guess or _guess_result(arguments))
        unit.assumptions.result = unit.signature.result
    stored = _stored(code)
    if any(slot in stored and not _is_number(region.locals[slot]) for slot in range(code.argument_count)):
        # A caller keeps its reference until we return, so an argument that is bound anew would die too late: own the frame instead.
        unit.assumptions.has_frame = True
        raise Restart
    region.begin(code.instructions[0])
    region.emit(ops.enter_function)


def _is_number(entry: Entry) -> bool:
    return isinstance(entry, Value) and not entry.type.is_object


def _guess_result(arguments: tuple[Type, ...]) -> Type:
    numbers = [type for type in arguments if not type.is_object]
    return numbers[0] if numbers else OBJECT


def _stored(code: CodeSnapshot) -> set[int]:
    return {slot for instruction in code.instructions for slot in stored_slots(instruction)}


def _load_locals(region: Region, stored: frozenset[int], live: tuple[str | None, ...]) -> None:
    """Read the arguments from the real frame of a call. Those that the unit binds are moved out of it, the others stay and are borrowed."""
    code = region.code
    bound = code.argument_count + code.keyword_only + bool(code.flags & _VARARGS) + bool(code.flags & _VARKEYWORDS)
    for slot in range(bound):
        seen = live[slot] if slot < len(live) else None
        _load_local(region, slot, seen, is_stored=slot in stored)


def _load_local(region: Region, slot: int, seen: str | None, *, is_stored: bool) -> None:
    """Read a bound slot of the real frame: one that the unit binds is emptied, another keeps its object."""
    operation = ops.frame_take if is_stored else ops.frame_local
    value = region.emit(operation, attributes=(slot,), type=OBJECT, hint=seen)
    region.locals[slot] = value
    if not is_stored:
        region.fixed[slot] = value


def _enter_loop(region: Region, loop: Loop) -> None:
    """The frame at a loop header, as the interpreter left it: guarded to be bound where it was bound when this was asked for."""
    snapshot = region.unit.snapshot
    code = region.code
    first = code.instruction_at(loop.header)
    live = snapshot.live_locals or (None,) * slot_count(code)
    region.begin(first)
    for depth, seen in enumerate(snapshot.live_stack):
        there = seen is not None  # else NULL: beside a callable, or a comprehension's variable that was unbound before
        region.push(region.emit(ops.frame_stack, attributes=(depth,), type=OBJECT, hint=seen) if there else None)
    # Leaving at once leaves the frame as it is: the locals are not looked at (`are_locals_kept`), what is on the stack is put back.
    places = range(len(snapshot.live_stack))
    stack = tuple(region.emit(ops.frame_stack, attributes=(depth,), type=NULLABLE) for depth in places)
    untouched = FrameState(region.owner, loop.header, (None,) * slot_count(code), stack)
    region.emit(ops.guard_frame, attributes=_bound_masks(code, live + snapshot.live_stack), state=untouched)
    for slot in range(slot_count(code)):
        if live[slot] is not None:
            _load_local(region, slot, live[slot], is_stored=slot in loop.stored)
    region.begin(first)
    for index, entry in enumerate(region.stack):
        if isinstance(entry, Value) and not region.unit.is_rejected(code, first.offset, Reason.NOT_CARRIED):
            adopted = adopt_iterator(region, entry)
            if adopted is not None:
                region.stack[index] = adopted


def _bound_masks(code: CodeSnapshot, live: tuple[str | None, ...]) -> tuple[int, ...]:
    """Which slots of locals and stack must hold something, as two words of 62 bits each, and how many there are; more are not carried."""
    if len(live) > 124:
        raise Unsupported(Reason.TOO_LARGE, f"{slot_count(code)} local variables")
    bits = sum(1 << slot for slot, seen in enumerate(live) if seen is not None)
    return (bits & (2**62 - 1), bits >> 62, len(live))


def interpret(region: Region, flow: Flow) -> None:
    """Interpret all sections of a region, whose block and frame stand at the flow's entry."""
    blocks = {offset: Block() for offset in flow.order}
    arrivals: dict[int, list[Arrival]] = {offset: [] for offset in flow.order}
    header_shapes: dict[int, list[Shape]] = {}
    worker = _Interpretation(region, flow, blocks, arrivals, header_shapes)
    worker.arrive(flow.entry)
    for offset in flow.order:
        worker.section(offset)
    worker.check_idle_guesses()


class _Interpretation:
    """The walk over a region's sections."""

    def __init__(
        self,
        region: Region,
        flow: Flow,
        blocks: dict[int, Block],
        arrivals: dict[int, list[Arrival]],
        header_shapes: dict[int, list[Shape]],
    ) -> None:
        self.region = region
        self.flow = flow
        self.blocks = blocks
        self.arrivals = arrivals
        self.header_shapes = header_shapes
        #: Positions at loop headers whose shape was guessed, and the entries there; those of them where anything has arrived that fits.
        self.guessed: dict[int, dict[int, Entry]] = {}
        self.confirmed: set[tuple[int, int]] = set()

    def arrive(self, offset: int) -> None:
        """Go from the region's current block to the section at an offset, or leave where that lies outside."""
        region = self.region
        if region.block is None:
            return
        if offset not in self.blocks:
            region.leave(Reason.LOOP_EXIT, region.state_at(offset, region.locals, region.stack))
            return
        edge = Edge(self.blocks[offset], [])
        region.block.instructions.append(Instruction(ops.jump, [], (), None, None, [edge], ()))
        arrival = Arrival(region.block, edge, list(region.locals), list(region.stack), dict(region.unit.learned))
        region.block = None
        shapes = self.header_shapes.get(offset)
        if shapes is None:
            self.arrivals[offset].append(arrival)
        else:
            self._go_round(arrival, shapes, offset)

    def _go_round(self, arrival: Arrival, shapes: list[Shape], header: int) -> None:
        """Pass what arrives at a loop header; where it does not fit, assume less the next time."""
        for position, shape in pass_arguments(self.region, arrival, shapes, header).items():
            self._widen(header, position, shape)
        if self.guessed:
            self._check_guesses(arrival, header)

    def _widen(self, header: int, position: int, shape: Shape) -> None:
        """Assume less of an entry at a loop header the next time. A variable that was unbound there, and around that loop, comes out of it bound."""
        region = self.region
        assumed = region.unit.assumptions.shapes
        before = self.header_shapes[header][position]
        region.unit.must_restart = True
        for around, guessed in self.guessed.items():
            if position in guessed and header in self.flow.loops[around].sections:
                if self.header_shapes[around][position] == before:
                    return  # that came from the guess
        wider = assumed[region.path, header, position] = join_shapes(before, shape)
        if before != UNBOUND or position >= slot_count(region.code):
            return
        for around, shapes in self.header_shapes.items():
            loop = self.flow.loops[around]
            if (
                header in loop.sections
                and position not in loop.lent
                and around != header
                and shapes[position] == UNBOUND
            ):
                known = assumed.get((region.path, around, position), UNBOUND)
                assumed[region.path, around, position] = join_shapes(known, wider)

    def _guess(self, header: int, loop: Loop, shapes: list[Shape]) -> None:
        """Assume of variables that are unbound at first what they will be bound to in the loop: what else would be learnt by building once more."""
        region = self.region
        if UNBOUND not in shapes or region.unit.is_rejected(region.code, header, Reason.TYPE):
            return
        assumed = region.unit.assumptions.shapes
        guessed: dict[int, Entry] = {}
        for position, type in likely_types(region.code, self.flow, loop, region.unit.snapshot.objects).items():
            if shapes[position] == UNBOUND and (region.path, header, position) not in assumed:
                shapes[position] = join_shapes(UNBOUND, Plain(MACHINE_TYPES.get(type, OBJECT)))
                guessed[position] = None
        self.guessed[header] = guessed

    def _check_guesses(self, arrival: Arrival, header: int) -> None:
        """Where something else arrives than was guessed, here or at a loop around, assume that the next time, as if nothing had been guessed."""
        region, entries = self.region, arrival.entries()
        for around, guessed in self.guessed.items():
            if header not in self.flow.loops[around].sections:
                continue
            for position, own in guessed.items():
                entry = entries[position]
                if entry is None or entry is own:
                    continue
                shape = join_shapes(UNBOUND, shape_of(entry))
                if shape != self.header_shapes[around][position]:
                    region.unit.assumptions.shapes[region.path, around, position] = shape
                    region.unit.must_restart = True
                elif around == header:
                    self.confirmed.add((around, position))

    def check_idle_guesses(self) -> None:
        """Where nothing has arrived that was guessed, leave it unbound."""
        unit = self.region.unit
        if unit.must_restart:
            return
        for header, guessed in self.guessed.items():
            for position in guessed:
                if (header, position) not in self.confirmed:
                    unit.assumptions.shapes[self.region.path, header, position] = UNBOUND
                    unit.must_restart = True

    def section(self, offset: int) -> None:
        """Merge what arrives at a section and interpret it."""
        arrivals = self.arrivals[offset]
        if not arrivals:
            return
        region, block = self.region, self.blocks[offset]
        loop = self.flow.loops.get(offset)
        count = slot_count(region.code)
        if loop is not None:
            shapes = loop_shapes(region, loop, arrivals)
            self._guess(offset, loop, shapes)
            self.header_shapes[offset] = list(shapes)
            entries = self._enter_header(block, offset, arrivals, shapes)
            for position in self.guessed.get(offset, ()):
                self.guessed[offset][position] = entries[position]
        else:
            entries = join(region, block, arrivals)
            if len(arrivals) == 1:
                region.unit.above[block] = arrivals[0].block
        region.block = block
        region.unit.learned = learned_on_all(arrivals)
        region.locals, region.stack = entries[:count], entries[count:]
        if loop is not None:
            region.begin(region.code.instruction_at(offset))
            block.header = region.state()
        self._run(offset)

    def _enter_header(self, block: Block, offset: int, arrivals: list[Arrival], shapes: list[Shape]) -> list[Entry]:
        region = self.region
        made: list[Value] = []

        def parameter(type: Type) -> Value:
            made.append(block.parameter(type))
            return made[-1]

        entries: list[Entry] = []
        for shape, arriving in zip(shapes, arrivals[0].entries(), strict=True):
            entry = instantiate(shape, parameter)
            if isinstance(entry, Value) and entry in made:
                entry.hint = region.full_hint(arriving)
            entries.append(entry)
        for arrival in arrivals:
            self._go_round(arrival, shapes, offset)
        return entries

    def _run(self, offset: int) -> None:
        region = self.region
        section = self.flow.sections[offset]
        region.goto = self.arrive
        for instruction in section.instructions:
            handler = BYTECODES.get(instruction.opcode)
            region.begin(instruction)
            try:
                if handler is None or (instruction.ran is False and region.trusts_feedback(instruction)):
                    if handler is None:
                        region.unit.not_carried.add(instruction.opcode)
                    region.abandon(Reason.NOT_CARRIED)
                handler(region, instruction)
            except SectionEnded:
                return
            if region.block is None:
                return
            if region.world_may_have_changed or region.has_removed():
                after_bytecode(region)
        if section.successors:
            self.arrive(section.successors[0])


def after_bytecode(region: Region) -> None:
    """Look whether arbitrary code changed the world, and let go of the objects that the bytecode removed from the frame.

    In this order: whoever leaves to let go writes the locals, which the arbitrary code may have written itself.
    """
    if region.world_may_have_changed:
        region.emit(ops.check_world, state=region.state_after())
    removed = region.removed_objects()
    if removed:
        region.let_go(removed, region.state_after())
