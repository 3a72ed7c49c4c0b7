"""Bringing the frames of several paths to one shape where the paths meet.

Each `Arrival` is one path: the block it ends in (whose last instruction is the jump), the edge, and the abstract frame it
brings. Positions count locals first, then the stack.
"""

from __future__ import annotations

from collections.abc import Sequence

from whitehot.build.builder import MACHINE_TYPES, Region
from whitehot.build.entries import (
    MAYBE,
    UNBOUND,
    Compound,
    Entry,
    Plain,
    Same,
    Shape,
    Virtual,
    instantiate,
    join_shapes,
    shape_of,
)
from whitehot.build.flow import Loop, slot_count
from whitehot.ir import ops
from whitehot.ir.graph import Block, Edge, FrameState, Instruction, Value
from whitehot.ir.types import OBJECT, Kind, Type, object_of
from whitehot.reasons import Reason
from whitehot.record import dataclass


@dataclass(eq=False, slots=True)
class Arrival:
    """One path to a block."""

    block: Block
    edge: Edge
    locals: list[Entry]
    stack: list[Entry]
    #: What the guards on this path have shown (`Unit.learned`).
    learned: dict[Value, str]

    def entries(self) -> list[Entry]:
        return [*self.locals, *self.stack]


def learned_on_all(arrivals: Sequence[Arrival]) -> dict[Value, str]:
    """What is known where paths meet: what the guards on each of them have shown."""
    if len(arrivals) == 1:
        return arrivals[0].learned
    first, *others = (arrival.learned for arrival in arrivals)
    return {value: python for value, python in first.items() if all(other.get(value) == python for other in others)}


def join(region: Region, target: Block, arrivals: Sequence[Arrival]) -> list[Entry]:
    """Merge forward paths; the entries that hold in `target`, whose parameters are made here."""
    if len(arrivals) == 1:
        return arrivals[0].entries()
    columns = list(zip(*(arrival.entries() for arrival in arrivals), strict=True))
    made: list[Value] = []

    def parameter(type: Type) -> Value:
        made.append(target.parameter(type))
        return made[-1]

    entries: list[Entry] = []
    shapes: list[Shape] = []
    for column in columns:
        shape = _join_column(column)
        shapes.append(shape)
        entry = instantiate(shape, parameter)
        entries.append(entry)
        if made and entry is made[-1]:
            hints = {region.full_hint(arriving) for arriving in column}
            if len(hints) == 1:
                made[-1].hint = hints.pop()
    if made:
        for arrival in arrivals:
            pass_arguments(region, arrival, shapes, None)
    return entries


def _join_column(column: Sequence[Entry]) -> Shape:
    first = column[0]
    for entry in column:
        if entry is not first:
            break
    else:
        return Same(first)
    shape: Shape = shape_of(first)
    for entry in column[1:]:
        shape = join_shapes(shape, shape_of(entry))
    return shape


def pass_arguments(region: Region, arrival: Arrival, shapes: Sequence[Shape], header: int | None) -> dict[int, Shape]:
    """Convert an arrival's entries to the shapes. For a loop header (its offset given) conversions may guard, leaving to the header.

    The shapes of those entries that do not fit, by position: only a loop header has such.
    """
    saved = region.block, region.before_locals, region.before_stack, region._state, region.unit.learned
    terminator = arrival.block.instructions.pop()
    region.block, region.unit.learned = arrival.block, arrival.learned
    region.before_locals, region.before_stack, region._state = arrival.locals, arrival.stack, None
    state: list[FrameState] = []
    guesses = header is not None and not region.unit.is_rejected(region.code, header, Reason.TYPE)

    def leaving() -> FrameState:
        if not state:
            assert header is not None
            state.append(region.state_at(header, arrival.locals, arrival.stack))
        return state[0]

    unfit: dict[int, Shape] = {}
    arguments = arrival.edge.arguments
    try:
        for position, (entry, shape) in enumerate(zip(arrival.entries(), shapes, strict=True)):
            if shape.__class__ is Same and entry is shape.entry:
                continue
            if not _convert(region, entry, shape, arguments, leaving if guesses else None):
                unfit[position] = shape_of(entry)
    finally:
        arrival.block.instructions.append(terminator)
        region.block, region.before_locals, region.before_stack, region._state, region.unit.learned = saved
    assert header is not None or not unfit
    return unfit


def _convert(region: Region, entry: Entry, shape: Shape, out: list[Value], leaving: object) -> bool:
    """Append the values that this entry contributes under this shape; False where it does not fit."""
    if isinstance(shape, Same):
        return entry is shape.entry or _is_same(region, entry, shape.entry)
    if isinstance(shape, Compound):
        return _convert_compound(region, entry, shape, out, leaving)
    wanted = shape.type
    if entry is None:
        if not wanted.nullable:
            return False
        out.append(region.constant(None))
        return True
    if isinstance(entry, Virtual):
        if not wanted.is_object or (entry.kind == MAYBE and not wanted.nullable):
            return False
        out.append(region.as_object(entry))
        return wanted.python is None or wanted.python == entry.kind
    if wanted.accepts(entry.type):
        out.append(entry)
        return True
    if wanted.is_object:
        if entry.type.nullable and not wanted.nullable:
            return False
        if wanted.python is not None and region.python_type(entry) != wanted.python:
            return False
        boxed = region.as_object(entry)
        if wanted.python is not None and boxed.type.python != wanted.python:
            boxed = region.guard(boxed, wanted.python)
        out.append(boxed)
        return True
    if entry.type.is_object and callable(leaving) and not entry.type.nullable:
        if (region.likely_type(entry) or wanted.python) == wanted.python:
            unboxed = {Kind.I64: ops.unbox_int, Kind.F64: ops.unbox_float, Kind.BOOL: ops.unbox_bool}[wanted.kind]
            out.append(region.emit(unboxed, entry, state=leaving()))
            return True
    return False


_UNBOXES = frozenset({ops.unbox_int, ops.unbox_float, ops.unbox_bool})


def _is_same(region: Region, entry: Entry, known: Entry) -> bool:
    """Whether an entry is what it was at a loop's header, of which more is known by now: guarded, or unboxed."""
    if not isinstance(entry, Value) or not isinstance(known, Value):
        return False
    producer = entry.producer
    if isinstance(producer, Instruction) and producer.operation in _UNBOXES:
        entry = producer.operands[0]
    return region.unit.root(entry) is region.unit.root(known)


def _convert_compound(region: Region, entry: Entry, shape: Compound, out: list[Value], leaving: object) -> bool:
    if shape.kind == MAYBE and not (isinstance(entry, Virtual) and entry.kind == MAYBE):
        _, value = shape.parts
        if not isinstance(value, Plain):
            return False
        if entry is None:
            zero: int | float | bool = {Kind.I64: 0, Kind.F64: 0.0, Kind.BOOL: False}[value.type.kind]
            out.extend((region.constant(False), region.constant(zero)))
            return True
        out.append(region.constant(True))
        return _convert(region, entry, value, out, leaving)
    if not isinstance(entry, Virtual) or entry.kind != shape.kind or len(entry.parts) != len(shape.parts):
        return False
    return all(
        _convert(region, part, inner, out, leaving) for part, inner in zip(entry.parts, shape.parts, strict=True)
    )


def loop_shapes(region: Region, loop: Loop, arrivals: Sequence[Arrival]) -> list[Shape]:
    """The shapes to assume at a loop header: what comes in, unless the loop binds it anew; widened by what earlier builds learned."""
    header, count, known = loop.header, slot_count(region.code), region.unit.assumptions.shapes
    shapes: list[Shape] = []
    for position, column in enumerate(zip(*(arrival.entries() for arrival in arrivals), strict=True)):
        assumed = known.get((region.path, header, position)) if known else None
        if assumed is not None:
            shapes.append(assumed)
            continue
        changes = position in loop.stored if position < count else isinstance(column[0], Virtual)
        shape = _join_column(column)
        if changes:
            if isinstance(shape, Same):
                shape = shape_of(shape.entry)
            if shape == UNBOUND and position in loop.seen:
                # Bound in the first round only: what comes back from there is a number, which need not be boxed for that.
                shape = join_shapes(shape, Plain(MACHINE_TYPES[loop.seen[position]]))
            if not region.unit.is_rejected(region.code, header, Reason.TYPE):
                shape = _speculate(region, shape, column)
        shapes.append(shape)
    return shapes


def _speculate(region: Region, shape: Shape, column: Sequence[Entry]) -> Shape:
    """Assume that an object seen to be a number stays one of that type: it then lives unboxed."""
    if shape == Plain(OBJECT) or (isinstance(shape, Plain) and shape.type.is_object and not shape.type.nullable):
        assert isinstance(shape, Plain)
        likely = {region.likely_type(entry) for entry in column}
        if len(likely) == 1:
            machine = MACHINE_TYPES.get(likely.pop() or "")
            if machine is not None:
                return Plain(machine)
        if shape.type.python is not None:
            return Plain(object_of(shape.type.python))
    return shape
