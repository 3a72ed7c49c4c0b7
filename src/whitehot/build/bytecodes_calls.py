"""Calls: typed forms of builtins, inlining, calls of other native units, and everything else through vectorcall."""

from __future__ import annotations

from collections.abc import Sequence

from whitehot.build.builder import BYTECODES, Region, bytecode
from whitehot.build.context import SectionEnded
from whitehot.build.entries import Entry, Virtual
from whitehot.build.merge import Arrival, join, learned_on_all
from whitehot.build.typed_calls import TYPED_CALLS
from whitehot.bytecode.snapshot import BytecodeInstruction, CodeSnapshot, ObjectFact
from whitehot.ir import ops
from whitehot.ir.graph import Block, Edge, Instruction, Symbol, Value
from whitehot.ir.types import Kind, Type
from whitehot.reasons import Reason
from whitehot.request import UnitSignature

_NOT_INLINED_FLAGS = 0x4 | 0x8 | 0x20 | 0x80 | 0x200


@bytecode("CALL")
def call(region: Region, instruction: BytecodeInstruction) -> None:
    arguments = region.pop_many(instruction.argument)
    self_or_null = region.pop()
    callee = region.pop()
    if self_or_null is not None:
        arguments.insert(0, self_or_null)
    fact = region.fact(callee)
    if fact is not None:
        if fact.builtin is not None and _typed(region, fact.builtin, arguments):
            return
        if fact.type_name == "function" and _direct(region, fact, arguments):
            return
    _call_object(region, callee, arguments, None)


@bytecode("CALL_KW")
def call_with_keywords(region: Region, instruction: BytecodeInstruction) -> None:
    names = region.pop()
    arguments = region.pop_many(instruction.argument)
    self_or_null = region.pop()
    callee = region.pop()
    if self_or_null is not None:
        arguments.insert(0, self_or_null)
    fact = region.fact(names)
    if fact is None:
        region.abandon(Reason.NOT_CARRIED)
    _call_object(region, callee, arguments, Symbol(fact.name))


def _call_object(region: Region, callee: Entry, arguments: Sequence[Entry], names: Symbol | None) -> None:
    """Call whatever it is. The arguments are no longer the frame's as the call begins: the callee may take them over."""
    values = [region.as_object(entry) for entry in (callee, *arguments)]
    state = region.state_at(region.instruction.offset, region.locals, region.stack)
    region.push(region.arbitrary(ops.call_object, *values, attributes=(names, 0), state=state))
    region.transferred.update(region.unit.root(value) for value in values[1:])


def _typed(region: Region, name: str, arguments: list[Entry]) -> bool:
    form = TYPED_CALLS.get(name)
    if form is None:
        return False
    result = form(region, arguments)
    if result is NotImplemented:
        return False
    region.push(result)
    return True


def _direct(region: Region, fact: ObjectFact, arguments: list[Entry]) -> bool:
    """Inline a Python function, or call its native unit."""
    if fact.code is None:
        return False
    bound = _bind(region, fact, arguments)
    if bound is None:
        return False
    path = (*region.path, region.instruction.offset)
    if path not in region.unit.assumptions.no_inline and _may_inline(region, fact, fact.code):
        _inline(region, fact, fact.code, bound)
        return True
    signature = region.unit.request.units.get(fact.name)
    if fact.name == region.unit.snapshot.function:
        signature = region.unit.signature
        region.unit.calls_itself = True
    return signature is not None and _call_unit(region, fact, signature, bound)


def _bind(region: Region, fact: ObjectFact, arguments: list[Entry]) -> list[Entry] | None:
    """Arguments for all parameters, defaults filled in; None where binding is not plain."""
    code = fact.code
    assert code is not None
    if code.flags & _NOT_INLINED_FLAGS or code.keyword_only:
        return None
    missing = code.argument_count - len(arguments)
    if missing < 0 or missing > len(fact.defaults):
        return None
    from whitehot.build.bytecodes_data import constant_entry

    defaults = fact.defaults[len(fact.defaults) - missing :] if missing else ()
    return [*arguments, *(constant_entry(region, symbol) for symbol in defaults)]


def _may_inline(region: Region, fact: ObjectFact, code: CodeSnapshot) -> bool:
    options = region.unit.request.options
    if len(code.instructions) > options.inline_limit or len(region.path) >= options.max_inline_depth:
        return False
    if code.cell_slots or code.free_slots or fact.name == region.unit.snapshot.function:
        return False
    outer: Region | None = region
    while outer is not None:
        if outer.owner.name == fact.name:
            return False
        outer = outer.parent
    return any(instruction.opcode in BYTECODES for instruction in code.instructions)


def _inline(region: Region, fact: ObjectFact, code: CodeSnapshot, arguments: Sequence[Entry]) -> None:
    """Interpret the callee's body here, under a frame of its own that only leaving paths make."""
    from whitehot.build.driver import interpret

    unit = region.unit
    unit.functions.add(fact.name)
    region.emit(ops.check_recursion, attributes=(len(region.path) + 1,))
    child = Region(unit, code, fact.name, region, (*region.path, region.instruction.offset))
    child.caller = region.state_at(region.instruction.offset, region.locals, region.stack)
    child.locals[: len(arguments)] = arguments
    child.block = region.block
    continuation = Block()
    arrivals: list[Arrival] = []

    def give_back(entry: Entry) -> None:
        held = child.held_objects()
        child.locals = [None] * len(child.locals)
        child.stack = []
        region.stack.append(entry)
        after = region.state_at_in(child, region.instruction.next_offset)
        gone = {value for value in held if child.is_observed(value)} - region.held_objects()
        # The interpreter clears a frame from the top (`_PyFrame_ClearLocals` in Python/frame.c).
        for value in child.as_they_die(gone, (*child.before_locals, *child.before_stack)[::-1]):
            if not _is_held_above(region, value):
                child.emit(ops.drop, value, state=after)
        region.stack.pop()
        edge = Edge(continuation, [])
        assert child.block is not None
        child.block.instructions.append(Instruction(ops.jump, [], (), None, None, [edge]))
        arrivals.append(Arrival(child.block, edge, [], [entry], dict(unit.learned)))
        child.block = None

    child.give_back = give_back
    region.block = None
    interpret(child, unit.assumptions.flow_of(code))
    if not arrivals:
        raise SectionEnded
    (result,) = join(region, continuation, arrivals)
    region.block = continuation
    unit.learned = learned_on_all(arrivals)
    region.push(result)
    for entry in arguments:
        if isinstance(entry, Value):
            region.transferred.add(unit.root(entry))


def _is_held_above(region: Region, value: Value) -> bool:
    outer = region.parent
    while outer is not None:
        if value in outer.held_objects():
            return True
        outer = outer.parent
    return False


def _call_unit(region: Region, fact: ObjectFact, signature: UnitSignature, arguments: Sequence[Entry]) -> bool:
    """Call a native unit directly, numbers unboxed both ways.

    Inlined frames are not counted towards the recursion limit, so code that is inlined must not call on.
    """
    if region.parent is not None:
        region.do_not_inline()
    converted: list[Value] = []
    for entry, wanted in zip(arguments, signature.arguments, strict=True):
        if not _fits(region, entry, wanted):
            return False
        converted.append(_convert(region, entry, wanted))
    region.unit.functions.add(fact.name)
    state = region.state_at(region.instruction.offset, region.locals, region.stack)
    result = region.emit(
        ops.call_unit, *converted, attributes=(Symbol(signature.symbol),), type=signature.result, state=state
    )
    region.push(result)
    return True


def _fits(region: Region, entry: Entry, wanted: Type) -> bool:
    if wanted.is_object:
        return wanted.python is None or region.python_type(entry) == wanted.python
    return region.likely_type(entry) == wanted.python and not isinstance(entry, Virtual)


def _convert(region: Region, entry: Entry, wanted: Type) -> Value:
    if wanted.kind is Kind.I64:
        return region.as_int(entry)
    if wanted.kind is Kind.F64:
        return region.as_float(entry)
    return region.as_bool(entry) if wanted.kind is Kind.BOOL else region.as_object(entry)
