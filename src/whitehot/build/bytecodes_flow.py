"""Jumps, conditions, iteration, returning."""

from __future__ import annotations

from whitehot.build.builder import Region, bytecode
from whitehot.build.entries import Entry, Virtual, values_of
from whitehot.build.flow import target_of
from whitehot.build.virtuals import adopt_iterator, iterator_of
from whitehot.bytecode.snapshot import BytecodeInstruction
from whitehot.ir import ops
from whitehot.ir.graph import Instruction, Value
from whitehot.ir.types import OBJECT, Kind
from whitehot.reasons import Reason


@bytecode("NOP", "RESUME", "NOT_TAKEN", "END_FOR")
def nothing(region: Region, instruction: BytecodeInstruction) -> None:
    if instruction.opcode == "RESUME" and region.parent is None and not region.unit.assumptions.has_frame:
        region.emit(ops.check_breaker)


@bytecode("JUMP_FORWARD")
def jump_forward(region: Region, instruction: BytecodeInstruction) -> None:
    assert instruction.target is not None
    region.goto(instruction.target)


@bytecode("JUMP_BACKWARD", "JUMP_BACKWARD_NO_INTERRUPT")
def jump_backward(region: Region, instruction: BytecodeInstruction) -> None:
    assert instruction.target is not None
    if instruction.opcode == "JUMP_BACKWARD":
        region.emit(ops.check_breaker)
    region.goto(instruction.target)


@bytecode("RETURN_VALUE")
def return_value(region: Region, instruction: BytecodeInstruction) -> None:
    entry = region.pop()
    if region.give_back is not None:
        region.give_back(entry)
        return
    if region.unit.snapshot.entry is not None:
        region.leave(Reason.LOOP_EXIT)
        return
    value = region.value(entry)
    _let_go_of_locals(region, value)
    assert region.block is not None
    if not region.unit.assumptions.has_frame:
        region.emit(ops.leave_function)
    else:
        value = region.as_object(value)
    region.unit.returned.append(value)
    region.block.instructions.append(Instruction(ops.return_, [value]))
    region.block = None


def _let_go_of_locals(region: Region, result: Value) -> None:
    """Locals die in the order of their slots, the last first. On a real frame they die with that, after it has been taken off the thread. Elsewhere each that would die
    visibly leaves to the interpreter, which then does the return.
    """
    held = region.held_objects()
    kept = region.unit.root(result)
    for slot, entry in reversed(list(enumerate(region.locals))):
        roots = [region.unit.root(value) for value in values_of(entry)]
        mine = [root for root in roots if root in held and root is not kept and not _is_in_frame(root)]
        if not mine:
            continue
        before = list(region.locals)
        region.locals[slot] = None
        left = region.held_objects()
        gone = [root for root in mine if root not in left]
        if gone and region.unit.assumptions.has_frame:
            region.locals[slot] = entry
            value = region.as_object(entry)
            region.locals[slot] = None
            region.emit(ops.drop_local, region.unit.root(value), attributes=(slot,))
        elif gone:
            state = region.state_at(region.instruction.offset, before, region.before_stack)
            for root in region.as_they_die(set(gone), (entry,)):
                region.emit(ops.drop, root, state=state)


def _is_in_frame(value: Value) -> bool:
    return isinstance(value.producer, Instruction) and value.producer.operation is ops.frame_local


@bytecode("POP_JUMP_IF_TRUE", "POP_JUMP_IF_FALSE")
def pop_jump_if(region: Region, instruction: BytecodeInstruction) -> None:
    condition = region.as_bool(region.pop())
    yes, no = region.branch(condition)
    assert instruction.target is not None
    to_target, to_next = (yes, no) if instruction.opcode == "POP_JUMP_IF_TRUE" else (no, yes)
    region.block = to_target
    region.goto(instruction.target)
    region.block = to_next
    region.goto(instruction.next_offset)


@bytecode("POP_JUMP_IF_NONE", "POP_JUMP_IF_NOT_NONE")
def pop_jump_if_none(region: Region, instruction: BytecodeInstruction) -> None:
    held = region.held_objects()
    entry = region.pop()
    known = region.python_type(entry)
    if known is not None:
        condition = region.constant(known == "NoneType")
    else:
        condition = region.emit(ops.is_none, region.as_object(entry))
    yes, no = region.branch(condition)
    assert instruction.target is not None
    to_target, to_next = (yes, no) if instruction.opcode == "POP_JUMP_IF_NONE" else (no, yes)
    for block, offset in ((to_target, instruction.target), (to_next, instruction.next_offset)):
        region.block = block
        region.let_go(held, region.state_at(offset, region.locals, region.stack))
        region.goto(offset)


@bytecode("TO_BOOL")
def to_bool(region: Region, instruction: BytecodeInstruction) -> None:
    entry = region.pop()
    region.push(truth(region, entry, instruction))


def truth(region: Region, entry: Entry, instruction: BytecodeInstruction) -> Value:
    """bool(entry) as a machine bool."""
    python = region.python_type(entry) or region.seen_type(0) or region.likely_type(entry)
    if python == "NoneType" and region.python_type(entry):
        return region.constant(False)
    if python == "bool":
        return region.as_bool(entry)
    if python == "int":
        return region.emit(ops.int_is_true, region.as_int(entry))
    if python == "float":
        return region.emit(ops.float_is_true, region.as_float(entry))
    if python in ("list", "tuple", "str"):
        length = {"list": ops.list_len, "tuple": ops.tuple_len, "str": ops.str_len}[python]
        return region.emit(ops.int_is_true, region.emit(length, region.guard(entry, python)))
    return region.arbitrary(ops.object_is_true, region.as_object(entry))


@bytecode("UNARY_NOT")
def unary_not(region: Region, instruction: BytecodeInstruction) -> None:
    region.push(region.emit(ops.bool_not, region.as_bool(region.pop())))


@bytecode("GET_ITER")
def get_iter(region: Region, instruction: BytecodeInstruction) -> None:
    entry = region.pop()
    if isinstance(entry, Value) and region.likely_type(entry) is None:
        entry = _with_feedback_of_loop(region, entry, instruction)
    iterator = iterator_of(region, entry)
    if iterator is None:
        region.push(region.arbitrary(ops.object_iter, region.as_object(entry)))
    else:
        region.push(iterator)


def _with_feedback_of_loop(region: Region, value: Value, instruction: BytecodeInstruction) -> Value:
    """The FOR_ITER that follows knows what it iterates over."""
    following = region.code.instruction_at(instruction.next_offset)
    seen = {"FOR_ITER_LIST": "list", "FOR_ITER_TUPLE": "tuple", "FOR_ITER_RANGE": "range"}.get(following.specialized)
    return value if seen is None or not region.speculates else region.guard(value, seen)


@bytecode("POP_ITER")
def pop_iter(region: Region, instruction: BytecodeInstruction) -> None:
    region.pop()


@bytecode("FOR_ITER")
def for_iter(region: Region, instruction: BytecodeInstruction) -> None:
    done = target_of(region.code, instruction)
    assert done is not None
    iterator = region.stack[-1]
    if isinstance(iterator, Value):
        adopted = adopt_iterator(region, iterator) if region.python_type(iterator) else None
        if adopted is None:
            _next_of_object(region, iterator, instruction, done)
            return
        iterator = adopted
    assert isinstance(iterator, Virtual)
    stepped = _advance(region, iterator, lambda: _exhausted(region, done))
    if stepped is None:
        region.abandon(Reason.NOT_CARRIED)
    item, successor = stepped
    region.stack[-1] = successor
    region.push(item)
    region.goto(instruction.next_offset)


def _exhausted(region: Region, done: int) -> None:
    region.goto(done)


def _next_of_object(region: Region, iterator: Value, instruction: BytecodeInstruction, done: int) -> None:
    item = region.arbitrary(ops.iterator_next, iterator)
    yes, no = region.branch(region.emit(ops.is_null, item))
    region.block = yes
    region.emit(ops.check_world, state=region.state_at(done, region.locals, region.stack))
    region.goto(done)
    region.block = no
    bound = region.emit(ops.known_bound, item, type=OBJECT)
    region.unit.aliases[bound] = item
    region.push(bound)
    region.emit(ops.check_world, state=region.state_after())
    region.goto(instruction.next_offset)


def _advance(region: Region, iterator: Virtual, exhausted: object) -> tuple[Entry, Entry] | None:
    """One step: the item and the iterator after it. Emits the branch to `exhausted`, which is called at the place for it."""
    assert callable(exhausted)
    kind = iterator.kind
    if kind == "range_iterator":
        current, step, remaining = (region.value(part) for part in iterator.parts)
        zero = region.constant(0)
        _branch_or(region, region.emit(ops.int_gt, remaining, zero), exhausted)
        following = region.emit(ops.int_add_in_range, current, step)
        left = region.emit(ops.int_sub_in_range, remaining, region.constant(1))
        return current, Virtual(kind, (following, step, left))
    if kind in ("list_iterator", "tuple_iterator", "str_iterator"):
        return _advance_sequence(region, iterator, exhausted)
    if kind == "enumerate":
        inner, count = iterator.parts
        assert isinstance(inner, Virtual)
        stepped = _advance(region, inner, exhausted)
        if stepped is None:
            return None
        number = region.value(count)
        following = region.emit(ops.int_add, number, region.constant(1))
        return Virtual("tuple", (number, stepped[0])), Virtual(kind, (stepped[1], following))
    if kind == "zip":
        items: list[Entry] = []
        iterators: list[Entry] = []
        for part in iterator.parts:
            assert isinstance(part, Virtual)
            stepped = _advance(region, part, exhausted)
            if stepped is None:
                return None
            items.append(stepped[0])
            iterators.append(stepped[1])
        return Virtual("tuple", tuple(items)), Virtual(kind, tuple(iterators))
    return None


def _advance_sequence(region: Region, iterator: Virtual, exhausted: object) -> tuple[Entry, Entry]:
    items, index = (region.value(part) for part in iterator.parts)
    length, item = {
        "list_iterator": (ops.list_len, ops.list_item),
        "tuple_iterator": (ops.tuple_len, ops.tuple_item),
        "str_iterator": (ops.str_len, ops.str_item),
    }[iterator.kind]
    _branch_or(region, region.emit(ops.int_lt, index, region.emit(length, items)), exhausted)
    value = region.emit(item, items, index)
    value.hint = region.likely_item_type(items)
    following = region.emit(ops.int_add_in_range, index, region.constant(1))
    return value, Virtual(iterator.kind, (items, following))


def _branch_or(region: Region, goes_on: Value, exhausted: object) -> None:
    """Branch: the current block goes on where the condition holds; `exhausted` is built on the other side."""
    assert callable(exhausted)
    yes, no = region.branch(goes_on)
    stack = list(region.stack)
    region.block = no
    exhausted()
    region.stack = stack
    region.block = yes
    assert goes_on.type.kind is Kind.BOOL
