"""The context of one entry into native code, and the records that leaving code makes in it.

A record is `[descriptor, index of the previous record, values...]` (see `deopt/descriptors.py`). The code that leaves first records first, then its
native callers on their way out: the innermost frames come first, the last record is that of the outermost unit.
"""

from __future__ import annotations

from whitehot.cpython.capi import (
    Py_FatalError,
    PyMem_RawFree,
    PyMem_RawRealloc,
    PyThreadState_EnterTracing,
    _PyThreadState_GetCurrent,
)
from whitehot.cpython.layout import ThreadState
from whitehot.cpython.structure import Array, Pointer, Structure, i64
from whitehot.lowlevel.intrinsics import (
    c_string,
    cast,
    copy_bytes,
    element_address,
    global_variable,
    inline,
    null,
    routine,
    select,
    store,
    unlikely,
)
from whitehot.lowlevel.types import u64

#: What `eval_breaker` is when nothing is to be done: the instrumentation version, no request bits. Set by the runtime.
whitehot_breaker = global_variable("whitehot_breaker", u64, 1)


class Context(Structure):
    """What an entry into native code keeps on the C stack. `last` is the word index of the outermost record, -1 if none.

    `recursion` is how many levels of recursion were in use: the limit itself may change meanwhile.
    """

    records: Array[i64]
    used: i64
    capacity: i64
    last: i64
    recursion: i64
    links: Array[i64]
    unused1: i64
    unused2: i64


#: Word positions within a descriptor (deopt/descriptors.py).
KIND, COUNTER, NUMBER, VALUES, OWNED, FRAMES, HEAD = 0, 1, 2, 3, 4, 5, 6
KEPT = 5
OWNER, OFFSET, AFTER, HANDLER, DEPTH, LASTI, LOCALS, STACK, FRAME_HEAD = 0, 1, 2, 3, 4, 5, 6, 7, 8


@routine
def whitehot_begin(context: Context, thread: ThreadState) -> None:
    """Make a context ready."""
    context.records = null(Array[i64])
    context.used = 0
    context.capacity = 0
    context.last = -1
    context.recursion = thread.py_recursion_limit - thread.py_recursion_remaining
    context.links = null(Array[i64])


@inline
def use_recursion(thread: ThreadState, levels: i64) -> None:
    """Count so many levels of recursion as in use."""
    thread.py_recursion_remaining = thread.py_recursion_limit - levels


#: Levels of recursion that Python code of ours needs at most: where it is called on a thread of the program's, and on our own.
OWN_LEVELS = 500
OWN_THREAD_LEVELS = 1000


@routine
def whitehot_own_thread() -> None:
    """Make the calling thread ours: whatever limit the program sets leaves it levels of recursion, and no tool sees what it runs."""
    thread = _PyThreadState_GetCurrent()
    thread.py_recursion_remaining = thread.py_recursion_remaining + OWN_THREAD_LEVELS
    PyThreadState_EnterTracing(thread)


@inline
def begin_own_code() -> i64:
    """Let Python code of ours run, unseen by tools (and by our own watch), and also where the program has used up its levels of recursion; how
    many were granted, to be taken back.
    """
    thread = _PyThreadState_GetCurrent()
    thread.tracing = thread.tracing + 1
    granted = select(thread.py_recursion_remaining < OWN_LEVELS, OWN_LEVELS, 0)
    thread.py_recursion_remaining = thread.py_recursion_remaining + granted
    return granted


@inline
def end_own_code(granted: i64) -> None:
    """After `begin_own_code`."""
    thread = _PyThreadState_GetCurrent()
    thread.tracing = thread.tracing - 1
    thread.py_recursion_remaining = thread.py_recursion_remaining - granted


@routine
def whitehot_may_enter(context: Context) -> ThreadState | None:
    """The thread state, if native code may run in it now: nothing is requested and nobody else instruments. The context is made ready."""
    thread = _PyThreadState_GetCurrent()
    if thread.eval_breaker != whitehot_breaker.value:
        return None
    whitehot_begin(context, thread)
    return thread


@routine
def whitehot_record(context: Context, descriptor: Array[i64]) -> Array[i64]:
    """Add a record; where its values go."""
    start = context.used
    end = start + 2 + descriptor[VALUES]
    if end > context.capacity:
        capacity = end * 2 + 64
        grown = PyMem_RawRealloc(cast(Pointer, context.records), capacity * 8)
        if unlikely(grown is None):
            Py_FatalError(c_string("whitehot: no memory to leave native code"))
        context.records = cast(Array[i64], grown)
        context.capacity = capacity
    records = context.records
    store(Pointer, element_address(records, start), cast(Pointer, descriptor))
    records[start + 1] = context.last
    context.last = start
    context.used = end
    return cast(Array[i64], element_address(records, start + 2))


@routine
def whitehot_record_slots(
    context: Context, slots: Array[i64], descriptor: Array[i64], count: i64, constants: Array[i64], more: i64
) -> None:
    """Add a record for code that has its values in slots: all of its `count` slots, then `more` constants, then the references to let go of,
    whose places among these stand before the descriptor.
    """
    row = whitehot_record(context, descriptor)
    copy_bytes(cast(Pointer, row), cast(Pointer, slots), count * 8)
    for index in range(more):
        row[count + index] = constants[index]
    for index in range(descriptor[OWNED]):
        row[count + more + index] = row[descriptor[-1 - index]]


@routine
def whitehot_finish(context: Context) -> None:
    """Free what a context holds."""
    PyMem_RawFree(cast(Pointer, context.records))
    PyMem_RawFree(cast(Pointer, context.links))
    context.records = null(Array[i64])
    context.links = null(Array[i64])
