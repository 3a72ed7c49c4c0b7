"""Exit descriptors: constant data that tell the runtime how to rebuild frames from what native code recorded.

Leaving native code appends a *record* to the thread's context: the descriptor's address and words with the values.
The layout of a descriptor, in words (read by `runtime/native_leave.py`):

    kind              0 go on at the bytecode, 1 an exception was raised there, 2 a native callee left, 3 as 0, and the runtime is told
    counter           address of the word that counts how often this exit was taken
    exit number       within the unit
    values            how many words the record has
    owned             how many of these, at the end, are references to let go of once frames hold their own
    frames            how many frames follow, outermost first; for each:
        owner         function object (code object for the frame of a loop unit)
        offset        bytes from the start of the code to go on at (an exception: that raised)
        after         of frames with a call going on: byte offset after that; of the innermost one: that of the instruction that was done just before, at
                      which objects die (0: of none)
        handler       byte offset of the exception handler that covers the offset, or -1
        depth         stack depth the handler wants
        lasti         1 if the handler wants the offset pushed
        locals, stack how many slots of each follow, a word each: position in the record * 8 + encoding

The locals of a real frame that arbitrary code has just run under are told to stay as they are (`KEPT`): they were stored before it ran
(`passes/frame_sync.py`), and it may have written them through `frame.f_locals`. So are those of a frame that turns out not to be as a loop was compiled for.
"""

from __future__ import annotations

from enum import IntEnum

from whitehot.bytecode.snapshot import CodeSnapshot
from whitehot.ir.effects import ARBITRARY
from whitehot.ir.graph import FrameState, Function, Instruction, Value
from whitehot.ir.ops import check_world, guard_frame
from whitehot.ir.types import Kind
from whitehot.record import dataclass


class Leaving(IntEnum):
    """Why a record was made."""

    RESUME = 0
    RAISE = 1
    CALLER = 2
    TIER_UP = 3


class Encoding(IntEnum):
    """How a slot's word in the record becomes a reference."""

    NULL = 0
    OBJECT = 1
    I64 = 2
    F64 = 3
    BOOL = 4
    KEPT = 5


_ENCODINGS = {
    Kind.OBJECT: int(Encoding.OBJECT),
    Kind.I64: int(Encoding.I64),
    Kind.F64: int(Encoding.F64),
    Kind.BOOL: int(Encoding.BOOL),
}

#: Words before the first frame, and of each frame before its slots.
HEAD_WORDS = 6
FRAME_WORDS = 8


@dataclass(frozen=True, slots=True)
class Address:
    """A word that holds the address of a symbol, plus so many bytes."""

    symbol: str
    offset: int = 0


@dataclass(frozen=True, slots=True)
class Layout:
    """How the values of a state lie in a record: their positions, how many words it has, how many references at the end are to be let go of."""

    positions: dict[Value, int]
    count: int
    owned: int


type Word = int | Address


def describe(
    number: int,
    leaving: Leaving,
    state: FrameState,
    layout: Layout,
    codes: dict[str, CodeSnapshot],
    *,
    keeps_locals: bool,
) -> list[Word]:
    """The words of an exit's descriptor."""
    frames = state.frames()
    words: list[Word] = [*describe_exit(number, leaving, layout.count, layout.owned, len(frames))]
    words[COUNTER] = counter_of(number)
    for frame in frames:
        is_call = frame is not state or leaving is Leaving.CALLER
        kept = keeps_locals and frame is frames[0]
        words.append(Address(frame.code.name))
        words += describe_frame(frame, codes[frame.code.name], is_call=is_call, keeps_locals=kept)
        for value in recorded_slots(frame, keeps_locals=kept):
            words.append(0 if value is None else describe_slot(value, layout.positions[value]))
    return words


#: Which word of a descriptor is the address of its exit's counter.
COUNTER = 1


def counter_of(number: int) -> Address:
    """Where an exit is counted."""
    return Address("unit.exits", 8 * number)


def describe_exit(number: int, leaving: Leaving, count: int, owned: int, frames: int) -> tuple[int, ...]:
    """The words before the first frame; for the counter, where it is in `unit.exits`. The record has `count` words, the last `owned` of them references
    to let go of.
    """
    return leaving, 8 * number, number, count, owned, frames


def are_locals_kept(function: Function, instruction: Instruction, leaving: Leaving) -> bool:
    """Whether the locals of the real frame are in it: nothing has been done yet, or arbitrary code has just run and may have written them."""
    if leaving is Leaving.RAISE:
        return function.has_frame and instruction.operation.effects is ARBITRARY
    return instruction.operation is check_world or instruction.operation is guard_frame


def recorded_values(state: FrameState, *, keeps_locals: bool) -> list[Value]:
    """The values that a record of this state holds, with repetitions. `keeps_locals`: those of the outermost frame's locals are in the frame."""
    return [
        value
        for index, frame in enumerate(state.frames())
        for value in recorded_slots(frame, keeps_locals=keeps_locals and index == 0)
        if value is not None
    ]


def recorded_slots(frame: FrameState, *, keeps_locals: bool) -> tuple[Value | None, ...]:
    """The slots of one frame whose values are recorded."""
    return frame.stack if keeps_locals else (*frame.locals, *frame.stack)


def describe_slot(value: Value, position: int) -> int:
    """The word of a slot that holds a value, which lies at this position in the record."""
    return position * 8 + _ENCODINGS[value.type.kind]


def describe_slots(positions: dict[Value, int]) -> dict[Value | None, int]:
    """The words of slots that hold these values, which lie at these positions, or nothing."""
    words: dict[Value | None, int] = {
        value: position * 8 + _ENCODINGS.get(value.type.kind, 0)  # rows are in no state
        for value, position in positions.items()
    }
    words[None] = 0
    return words


def describe_frame(frame: FrameState, code: CodeSnapshot, *, is_call: bool, keeps_locals: bool) -> list[int]:
    """The words of a frame between its owner and the slots whose values are recorded (`recorded_slots`)."""
    after, target, depth, lasti = frame.done, -1, 0, 0
    if is_call or code.handlers:
        instruction = code.instruction_at(frame.offset)
        if is_call:
            after = instruction.next_offset
        handler = code.handler_at(instruction.opcode_offset)
        if handler is not None:
            target, depth, lasti = handler.target, handler.depth, int(handler.push_lasti)
    words = [frame.offset, after, target, depth, lasti, len(frame.locals), len(frame.stack)]
    return words + [int(Encoding.KEPT)] * len(frame.locals) if keeps_locals else words
