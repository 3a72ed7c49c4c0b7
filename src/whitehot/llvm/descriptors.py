"""Exit descriptors: constant data that tell the runtime how to rebuild frames from what native code recorded.

Leaving native code appends a *record* to the thread's context: the descriptor's address and words with the values (see `llvm/leaving.py`).
The layout of a descriptor, in words (read by `runtime/native_leave.py`):

    kind              0 go on at the bytecode, 1 an exception was raised there, 2 a native callee left, 3 as 0, and the runtime is told
    counter           address of the word that counts how often this exit was taken
    exit number       within the unit
    values            how many words the record has
    owned             how many of these, at the end, are references to let go of once frames hold their own
    frames            how many frames follow, outermost first; for each:
        owner         function object (code object for the frame of a loop unit)
        offset        bytes from the start of the code to go on at (an exception: that raised)
        after         byte offset after a call here; 0 where it is none
        handler       byte offset of the exception handler that covers the offset, or -1
        depth         stack depth the handler wants
        lasti         1 if the handler wants the offset pushed
        locals, stack how many slots of each follow, a word each: position in the record * 8 + encoding

The locals of a real frame that arbitrary code has just run under are told to stay as they are (`KEPT`): they were stored before it ran
(`passes/frame_sync.py`), and it may have written them through `frame.f_locals`.
"""

from __future__ import annotations

from enum import IntEnum

from whitehot.bytecode.snapshot import CodeSnapshot
from whitehot.ir.graph import FrameState, Value
from whitehot.ir.types import Kind
from whitehot.llvm.leaving import Record


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


_ENCODINGS = {Kind.OBJECT: Encoding.OBJECT, Kind.I64: Encoding.I64, Kind.F64: Encoding.F64, Kind.BOOL: Encoding.BOOL}

#: Words before the first frame, and of each frame before its slots.
HEAD_WORDS = 6
FRAME_WORDS = 8


def describe(
    number: int,
    leaving: Leaving,
    state: FrameState,
    record: Record,
    codes: dict[str, CodeSnapshot],
    counter: str,
    *,
    keeps_locals: bool,
) -> str:
    """The definition of an exit's descriptor. `counter` is the LLVM constant expression of its counter's address."""
    frames = state.frames()
    described: list[str] = []
    for index, frame in enumerate(frames):
        innermost = index == len(frames) - 1
        described += _describe_frame(frame, codes[frame.code.name], is_call=not innermost or leaving is Leaving.CALLER)
        if keeps_locals and index == 0:
            described += [f"i64 {int(Encoding.KEPT)}"] * len(frame.locals)
        for slot in recorded_slots(frame, keeps_locals=keeps_locals and index == 0):
            described.append(f"i64 {0 if slot is None else record.positions[slot] * 8 + _ENCODINGS[slot.type.kind]}")
    head: list[int | str] = [leaving, counter, number, record.count, record.owned, len(frames)]
    words = [word if isinstance(word, str) else f"i64 {int(word)}" for word in head] + described
    types = ", ".join(word.split(" ", 1)[0] for word in words)
    return f"@exit{number} = internal constant <{{ {types} }}> <{{ {', '.join(words)} }}>, align 8"


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


def _describe_frame(frame: FrameState, code: CodeSnapshot, *, is_call: bool) -> list[str]:
    instruction = code.instruction_at(frame.offset)
    handler = code.handler_at(instruction.opcode_offset)
    return [
        f'ptr @"{frame.code.name}"',
        f"i64 {frame.offset}",
        f"i64 {instruction.next_offset if is_call else 0}",
        f"i64 {handler.target if handler else -1}",
        f"i64 {handler.depth if handler else 0}",
        f"i64 {int(handler.push_lasti) if handler else 0}",
        f"i64 {len(frame.locals)}",
        f"i64 {len(frame.stack)}",
    ]
