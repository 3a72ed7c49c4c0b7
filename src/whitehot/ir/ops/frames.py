"""The interpreter's frame, where a unit runs on one: its slots, by number, and where it stands.

A slot is a stack reference (`Include/internal/pycore_stackref.h`): bit 0 says that no count is held for it; 1 alone is NULL.
"""

from __future__ import annotations

from whitehot.ir.effects import ARBITRARY, READS_HEAP, WRITES_HEAP
from whitehot.ir.operation import op
from whitehot.ir.ops.memory import IMMORTAL, let_go, retain
from whitehot.lowlevel.intrinsics import (
    add_bytes,
    address_bits,
    cast,
    field_address,
    inline,
    mask_pointer,
    null,
)
from whitehot.lowlevel.types import CodeObject, Frame, Object, i64

#: The bits of an address; the others are tags.
ADDRESS = -4


@inline
def empty_slot() -> Object:
    """The NULL of a slot."""
    return add_bytes(null(Object), 1)


@inline
def code_of(frame: Frame) -> CodeObject:
    """The code that a frame runs."""
    return cast(CodeObject, mask_pointer(frame.f_executable, ADDRESS))


@inline
def stack_slot(frame: Frame, depth: i64) -> i64:
    """The slot of a place on the evaluation stack."""
    return code_of(frame).co_nlocalsplus + depth


@inline
def take(frame: Frame, slot: i64) -> Object | None:
    """A slot's reference, counted; the slot is NULL afterwards."""
    found = frame.localsplus[slot]
    value = mask_pointer(found, ADDRESS)
    if address_bits(found) & 1 != 0 and value is not None:
        retain(value)
    frame.localsplus[slot] = empty_slot()
    return value


@inline
def reference_to(value: Object | None) -> Object:
    """The stack reference that takes over a counted reference: immortal objects are tagged as not counted, as the interpreter expects."""
    if value is None:
        return empty_slot()
    if value.ob_refcnt >= IMMORTAL:
        return add_bytes(value, 1)
    return value


@inline
def put(frame: Frame, slot: i64, value: Object | None) -> None:
    """Put a counted reference or NULL into a slot whose own reference is not counted or will be given up."""
    frame.localsplus[slot] = reference_to(value)


@inline
def give_up(found: Object) -> None:
    """Give up what a slot held."""
    if address_bits(found) & 1 == 0:
        let_go(found)


@op(effects=READS_HEAP, nullable=True, attributes=("slot",))
def frame_local(slot: i64, frame: Frame) -> Object | None:
    """The object in a local variable's slot, borrowed from it."""
    return mask_pointer(frame.localsplus[slot], ADDRESS)


@op(effects=WRITES_HEAP, new_reference=True, nullable=True, attributes=("slot",))
def frame_take(slot: i64, frame: Frame) -> Object | None:
    """The object in a local variable's slot, with the slot's reference; the slot becomes NULL."""
    return take(frame, slot)


@op(effects=READS_HEAP, nullable=True, attributes=("depth",))
def frame_stack(depth: i64, frame: Frame) -> Object | None:
    """The object at a place of the evaluation stack (0 is the deepest), borrowed from it."""
    return mask_pointer(frame.localsplus[stack_slot(frame, depth)], ADDRESS)


@op(effects=WRITES_HEAP, new_reference=True, nullable=True, attributes=("depth",))
def frame_take_stack(depth: i64, frame: Frame) -> Object | None:
    """The object at a place of the evaluation stack, with the stack's reference; the place becomes NULL."""
    return take(frame, stack_slot(frame, depth))


@op(effects=ARBITRARY, consumes=("value",), attributes=("slot",))
def frame_store(value: Object | None, slot: i64, frame: Frame) -> None:
    """Bind a local variable in its slot; what was there may die and run any code."""
    old = frame.localsplus[slot]
    frame.localsplus[slot] = reference_to(value)
    give_up(old)


@op(effects=WRITES_HEAP, consumes=("value",), attributes=("slot",))
def frame_put(value: Object | None, slot: i64, frame: Frame) -> None:
    """Bind a local variable in its slot, which holds no counted reference (NULL, or one that is only borrowed)."""
    put(frame, slot, value)


@op(effects=ARBITRARY, attributes=("slot",))
def frame_clear(slot: i64, frame: Frame) -> None:
    """Unbind a local variable in its slot; what was there may die and run any code."""
    old = frame.localsplus[slot]
    frame.localsplus[slot] = empty_slot()
    give_up(old)


@op(effects=WRITES_HEAP, attributes=("offset",))
def frame_set_instruction(offset: i64, frame: Frame) -> None:
    """Say that the frame is at the instruction at this byte offset of its code, as line numbers of running code have it."""
    frame.instr_ptr = add_bytes(field_address(code_of(frame), "co_code_adaptive"), offset)
