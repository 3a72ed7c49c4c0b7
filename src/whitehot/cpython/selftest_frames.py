"""Checks of the self-test that look at the running thread and its frames: where things are, and how references to them are tagged."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable, Iterator
from types import FrameType, FunctionType

from whitehot.cpython import layout, prototypes, symbols
from whitehot.cpython import v314 as version
from whitehot.cpython.facts import code_address, current_thread_state, frame_address, read, word
from whitehot.cpython.structure import offset_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

type Facts = Iterator[tuple[str, object, object]]


def _frame_objects() -> Facts:
    """Where frame objects keep the frame: among the frames of the thread, which are found by what the debug offsets confirm."""
    frames: list[int] = []
    frame = word(current_thread_state() + offset_of(layout.ThreadState, "current_frame"))
    while frame and len(frames) < 4:
        frames.append(frame)
        frame = word(frame + offset_of(layout.Frame, "previous"))
    # The first is that of `word`, which has ended.
    yield "frame object's frame", frames[1], frame_address(sys._getframe())


def _frames() -> Facts:
    marker = object()
    fact = {name: (expected, found) for name, expected, found in _inspect_frame(marker, sys._getframe())}
    yield from ((f"frame: {name}", expected, found) for name, (expected, found) in fact.items())


def _inspect_frame(argument: object, caller: FrameType) -> list[tuple[str, object, object]]:
    """Facts about this call's own frame. A plain function, so that the frame lies on the thread's stack."""
    owned, nothing = object(), None
    frame_object = sys._getframe()
    code = frame_object.f_code
    frame = frame_address(frame_object)
    thread = current_thread_state()
    slots = code.co_varnames.index
    row = frame + offset_of(layout.Frame, "localsplus")
    instruction = word(frame + offset_of(layout.Frame, "instr_ptr"))
    stack_at = ctypes.c_uint64.from_address(frame + offset_of(layout.Frame, "stackpointer"))
    # No Python function is called while these are read: its frame would come to lie on top.
    top_at = ctypes.c_uint64.from_address(thread + offset_of(layout.ThreadState, "datastack_top"))
    stack, top = stack_at.value, top_at.value
    stack_slots = (stack - row) // 8 - code.co_nlocals
    found: list[tuple[str, object, object]] = [
        ("f_executable", id(code), word(frame) & ~version.BORROWED_TAG),
        ("f_funcobj", id(_inspect_frame), word(frame + offset_of(layout.Frame, "f_funcobj")) & ~version.BORROWED_TAG),
        ("f_globals", id(globals()), read(layout.Frame, "f_globals", frame)),
        ("f_builtins", id(frame_object.f_builtins), read(layout.Frame, "f_builtins", frame)),
        ("f_locals", 0, read(layout.Frame, "f_locals", frame)),
        ("frame_obj", id(frame_object), read(layout.Frame, "frame_obj", frame)),
        ("previous", frame_address(caller), read(layout.Frame, "previous", frame)),
        # The instruction CALL and its inline cache, in units of two bytes.
        ("return_offset of the caller", 4, read(layout.Frame, "return_offset", frame_address(caller))),
        ("owner: the thread", 0, read(layout.Frame, "owner", frame)),
        ("instr_ptr is within the code", True, 0 <= instruction - code_address(code) < len(code.co_code)),
        ("stack pointer is within the frame", True, 0 <= stack_slots <= code.co_stacksize),
        ("datastack_top", frame + 8 * read(layout.CodeObject, "co_framesize", id(code)), top),
        ("a borrowed local", id(argument) | version.BORROWED_TAG, word(row + 8 * slots("argument"))),
        ("an owned local", id(owned), word(row + 8 * slots("owned"))),
        ("an immortal local", id(nothing) | version.BORROWED_TAG, word(row + 8 * slots("nothing"))),
        ("an unbound local", version.BORROWED_TAG, word(row + 8 * slots("unbound"))),
    ]
    unbound = True
    assert unbound
    del frame_object  # it refers to itself through this variable: the program's collector would find it
    return found


def _thread() -> Facts:
    thread = current_thread_state()
    interpreter = prototypes.function(ctypes.c_size_t)(symbols.address_of("PyInterpreterState_Get"))()
    yield "thread: address", True, thread != 0
    yield "thread: interp", interpreter, read(layout.ThreadState, "interp", thread)
    yield "thread: holds_gil", 1, read(layout.ThreadState, "holds_gil", thread)
    yield "thread: py_recursion_limit", sys.getrecursionlimit(), read(layout.ThreadState, "py_recursion_limit", thread)
    remaining = offset_of(layout.ThreadState, "py_recursion_remaining")
    here = ctypes.c_int32.from_address(thread + remaining)
    yield "thread: py_recursion_remaining", here.value - 1, _remaining_inside(thread + remaining)
    yield "thread: current_exception", 0, read(layout.ThreadState, "current_exception", thread)
    # -1 outside of callbacks of sys.monitoring, else the number of the event.
    yield "thread: what_event", True, -1 <= read(layout.ThreadState, "what_event", thread) < 32
    yield "thread: refcount", True, 1 <= read(layout.ThreadState, "refcount", thread) < 1000
    breaker = read(layout.ThreadState, "eval_breaker", thread)
    instrumented = read(layout.CodeObject, "_co_instrumentation_version", id(_remaining_inside.__code__))
    if read(layout.ThreadState, "tracing", thread) == 0:
        # Within a callback of sys.monitoring, code is not brought up to date as it starts.
        yield "thread: version in eval_breaker", instrumented >> 8, breaker >> 8


def _remaining_inside(address: int) -> int:
    """py_recursion_remaining, one call deeper."""
    value: int = ctypes.c_int32.from_address(address).value
    return value


def _tracing() -> Facts:
    thread = current_thread_state()
    counter = ctypes.c_int32.from_address(thread + offset_of(layout.ThreadState, "tracing"))
    enter, leave = (
        prototypes.function(None, ctypes.c_size_t)(symbols.address_of(name))
        for name in ("PyThreadState_EnterTracing", "PyThreadState_LeaveTracing")
    )
    before = counter.value
    enter(thread)
    inside = counter.value
    leave(thread)
    yield "thread: tracing", [before + 1, before], [inside, counter.value]


def _stacks() -> Facts:
    thread = current_thread_state()
    top, soft, hard = (
        read(layout.ThreadState, name, thread) for name in ("c_stack_top", "c_stack_soft_limit", "c_stack_hard_limit")
    )
    yield "thread: order of the C stack's limits", True, 0 < hard < soft < top
    chunk, limit = (read(layout.ThreadState, name, thread) for name in ("datastack_chunk", "datastack_limit"))
    upper = read(layout.ThreadState, "datastack_top", thread)
    yield "thread: order of the data stack's limits", True, 0 < chunk < upper <= limit
    # A chunk begins with a pointer and its size in bytes.
    yield "thread: datastack_limit", chunk + word(chunk + 8) if chunk else None, limit


def _exceptions() -> Facts:
    thread = current_thread_state()
    error = ValueError()
    try:
        raise error
    except ValueError:
        item = read(layout.ThreadState, "exc_info", thread)
        own = thread + offset_of(layout.ThreadState, "exc_state_value")
        values: list[int] = []
        # Generators (this is one) put their own items on top of the thread's; the caller may be any number of them.
        while item != own and _could_be_address(item) and len(values) < 1000:
            values.append(read(layout.ErrStackItem, "exc_value", item))
            item = read(layout.ErrStackItem, "previous_item", item)
        yield "thread: exception being handled", id(error), next(iter(values), None)
        yield "thread: last exception item", own, item
    del error  # as above


def _could_be_address(number: int) -> bool:
    return 4096 <= number < 2**47 and number % 8 == 0


def _entry() -> Facts:
    """`PyFunction_SetVectorcall` changes what a function object is entered by."""

    def sample() -> None:
        pass

    set_entry: Any = prototypes.function(None, ctypes.py_object, ctypes.c_void_p)(
        symbols.address_of("PyFunction_SetVectorcall")
    )
    entry = symbols.address_of("_PyFunction_Vectorcall")
    assert isinstance(sample, FunctionType)
    set_entry(sample, entry + 1)
    yield "function: entry can be set", entry + 1, read(layout.FunctionObject, "vectorcall", id(sample))
    yield "function: setting the entry clears its version", 1, read(layout.FunctionObject, "func_version", id(sample))


#: What the other checks need to find a frame.
FRAME_OBJECTS: Callable[[], Facts] = _frame_objects

CHECKS: tuple[Callable[[], Facts], ...] = (_thread, _frames, _stacks, _tracing, _exceptions, _entry)
