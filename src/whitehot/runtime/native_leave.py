"""Leaving native code: records become interpreter frames, and the interpreter goes on.

All frames are made, outermost first, as they lie on the thread's data stack; then the innermost runs to its end, its result is pushed on the
stack of the one outside, which runs on after its call, and so on (see `design`, "Leaving in the middle"). An exception gets its traceback
entry in each frame it passes, and is handed to the handler that covers the bytecode, found when the unit was compiled.

Sources: `_PyEval_EvalFrameDefault`, labels `error` and `exception_unwind`, `_PyEval_FrameClearAndPop` (Python/ceval.c, Python/bytecodes.c).
"""

from __future__ import annotations

from whitehot.cpython.capi import (
    Py_FatalError,
    PyErr_GetRaisedException,
    PyErr_SetRaisedException,
    PyEval_GetFrame,
    PyFloat_FromDouble,
    PyLong_FromLongLong,
    PyMem_RawFree,
    PyMem_RawMalloc,
    PyTraceBack_Here,
    _PyEval_EvalFrameDefault,
    _PyEval_FrameClearAndPop,
    _PyEvalFramePushAndInit,
    _PyThreadState_GetCurrent,
)
from whitehot.cpython.layout import CodeObject, Frame, FunctionObject, ThreadState
from whitehot.cpython.structure import Array, Pointer, i64
from whitehot.ir.ops.memory import let_go, retain
from whitehot.lowlevel.intrinsics import (
    add_bytes,
    address_bits,
    address_of,
    c_string,
    call,
    cast,
    element_address,
    field_address,
    float_from_bits,
    global_variable,
    inline,
    load,
    mask_pointer,
    null,
    routine,
    store,
    unlikely,
    unreachable,
)
from whitehot.lowlevel.types import Object
from whitehot.runtime.native_context import (
    AFTER,
    COUNTER,
    DEPTH,
    FRAME_HEAD,
    FRAMES,
    HANDLER,
    HEAD,
    KEPT,
    KIND,
    LASTI,
    LOCALS,
    OFFSET,
    OWNED,
    OWNER,
    STACK,
    VALUES,
    Context,
    begin_own_code,
    end_own_code,
    use_recursion,
    whitehot_finish,
)
from whitehot.runtime.native_errors import whitehot_raise_soon

#: Called with the address of an exit's counter when that reaches a multiple of the limit, or of a `unit.valid` (a C function of the runtime's).
whitehot_attention = global_variable("whitehot_attention", Pointer, 0)
whitehot_exit_limit = global_variable("whitehot_exit_limit", i64, 50)

RESUME, RAISE, CALLER, TIER_UP = 0, 1, 2, 3
IMMORTAL_BIT = 2**31


@inline
def tagged(value: Object | None) -> Object:
    """A stack reference that holds a count of its own (immortal objects: tagged as borrowed); NULL is the tag alone."""
    if value is None:
        return add_bytes(null(Object), 1)
    if value.ob_refcnt >= IMMORTAL_BIT:
        return add_bytes(value, 1)
    retain(value)
    return value


@inline
def close_reference(reference: Object) -> None:
    """Give up what a stack reference holds."""
    if (address_bits(reference) & 1) == 0:
        if reference is not None:
            let_go(reference)


@routine
def whitehot_slot(word: i64, values: Array[i64]) -> Object:
    """The new stack reference that a slot's word describes."""
    encoding = word & 7
    position = word >> 3
    if encoding == 0:
        return add_bytes(null(Object), 1)
    if encoding == 1:
        return tagged(load(Object, element_address(values, position)))
    if encoding == 2:
        return owned(PyLong_FromLongLong(values[position]))
    if encoding == 3:
        return owned(PyFloat_FromDouble(float_from_bits(values[position])))
    if values[position] != 0:
        return add_bytes(address_of("_Py_TrueStruct"), 1)
    return add_bytes(address_of("_Py_FalseStruct"), 1)


@routine
def whitehot_same_slot(slots: Array[Object], described: Array[i64], place: i64) -> Object | None:
    """A new reference to what an earlier slot made of the same unboxed number, so that two names of it stay identical; NULL if none did."""
    word = described[FRAME_HEAD + place]
    if (word & 6) == 2:  # an int or a float
        for index in range(place):
            if described[FRAME_HEAD + index] == word:
                reference = slots[index]
                if (address_bits(reference) & 1) == 0:
                    retain(reference)
                return reference
    return null(Object)


@inline
def owned(made: Object | None) -> Object:
    """The reference to an object just made."""
    if made is None:
        Py_FatalError(c_string("whitehot: no memory to leave native code"))
        unreachable()
    if made.ob_refcnt >= IMMORTAL_BIT:
        return add_bytes(made, 1)
    return made


@routine
def whitehot_code_of(frame: Frame) -> CodeObject:
    """The code object that a frame runs."""
    return cast(CodeObject, mask_pointer(frame.f_executable, -2))


@inline
def instruction_at(frame: Frame, offset: i64) -> Pointer:
    return add_bytes(field_address(whitehot_code_of(frame), "co_code_adaptive"), offset)


@routine
def whitehot_push_frame(thread: ThreadState, function: FunctionObject, previous: Frame) -> Frame:
    """A fresh frame of a function with plain parameters, on the data stack, linked to `previous`; its locals hold nothing of value."""
    count = function.func_code.co_argcount
    row = PyMem_RawMalloc(count * 8 + 8)
    arguments = cast(Array[Object], row)
    for index in range(count):
        arguments[index] = add_bytes(address_of("_Py_NoneStruct"), 1)
    retain(function)
    frame = _PyEvalFramePushAndInit(
        thread, cast(Pointer, function), null(Object), arguments, count, null(Object), previous
    )
    PyMem_RawFree(row)
    if unlikely(frame is None):
        Py_FatalError(c_string("whitehot: no memory for a frame"))
    return frame


@routine
def whitehot_fill_frame(frame: Frame, described: Array[i64], values: Array[i64], innermost: bool) -> None:
    """Write locals, stack and instruction pointer; what the frame held before is let go of afterwards. The innermost frame stands at what was done last meanwhile."""
    slots = cast(Array[Object], field_address(frame, "localsplus"))
    count = described[LOCALS] + described[STACK]
    held = (address_bits(frame.stackpointer) - address_bits(slots)) >> 3
    old_count = i64(held)
    most = old_count
    if count > most:
        most = count
    old = cast(Array[Object], PyMem_RawMalloc(most * 8 + 8))
    for index in range(old_count):
        old[index] = slots[index]
    for index in range(count):
        same = whitehot_same_slot(slots, described, index)
        if described[FRAME_HEAD + index] == KEPT:
            old[index] = add_bytes(null(Object), 1)
        elif same is None:
            slots[index] = whitehot_slot(described[FRAME_HEAD + index], values)
        else:
            slots[index] = same
    frame.stackpointer = cast(Array[Object], element_address(slots, count))
    offset = described[OFFSET]
    if innermost and described[AFTER] != 0:
        offset = described[AFTER]
    frame.instr_ptr = instruction_at(frame, offset)
    for index in range(old_count):
        close_reference(old[index])
    PyMem_RawFree(cast(Pointer, old))


@routine
def whitehot_build_frames(
    thread: ThreadState, context: Context, root: Frame | None, function: FunctionObject | None
) -> i64:
    """Make all recorded frames; how many. `context.links` gets a pair for each: the frame and its description. The outermost frame is `root`, or a new one of
    `function`: code may serve many function objects.
    """
    total = 0
    at = context.last
    records = context.records
    while at >= 0:
        descriptor = load(Array[i64], element_address(records, at))
        total += descriptor[FRAMES]
        at = records[at + 1]
    context.links = cast(Array[i64], PyMem_RawMalloc(total * 16 + 16))
    links = context.links
    made = 0
    previous = thread.current_frame
    at = context.last
    while at >= 0:
        descriptor = load(Array[i64], element_address(records, at))
        values = cast(Array[i64], element_address(records, at + 2))
        described = cast(Array[i64], element_address(descriptor, HEAD))
        for _ in range(descriptor[FRAMES]):
            if made == 0 and root is not None:
                frame = root
            elif made == 0 and function is not None:
                frame = whitehot_push_frame(thread, function, previous)
            else:
                frame = whitehot_push_frame(thread, load(FunctionObject, element_address(described, OWNER)), previous)
            whitehot_fill_frame(frame, described, values, made == total - 1)
            store(Frame, element_address(links, made * 2), frame)
            store(Array[i64], element_address(links, made * 2 + 1), described)
            previous = frame
            thread.current_frame = frame
            made += 1
            described = cast(Array[i64], element_address(described, FRAME_HEAD + described[LOCALS] + described[STACK]))
        at = records[at + 1]
    return total


@routine
def whitehot_let_go_of_records(context: Context, frames: i64) -> None:
    """Let go of what native code owned, now that the frames hold references of their own; then the innermost one of so many frames stands where it goes on."""
    records = context.records
    at = context.last
    while at >= 0:
        descriptor = load(Array[i64], element_address(records, at))
        values = cast(Array[i64], element_address(records, at + 2))
        count = descriptor[VALUES]
        for index in range(count - descriptor[OWNED], count):
            value = load(Object, element_address(values, index))
            if value is not None:
                let_go(value)
        at = records[at + 1]
    links = context.links
    frame = load(Frame, element_address(links, frames * 2 - 2))
    described = load(Array[i64], element_address(links, frames * 2 - 1))
    frame.instr_ptr = instruction_at(frame, described[OFFSET])


@routine
def whitehot_notify(place: Pointer) -> None:
    """Tell Python that something about a unit is to be looked at: the counter of an exit, or its `unit.valid`.

    Python code of ours calls the library, which may be native code: what it leaves is not told, since our code is in the middle of something.
    """
    notify = whitehot_attention.value
    if _PyThreadState_GetCurrent().tracing != 0:
        return
    if notify is not None:
        raised = PyErr_GetRaisedException()
        granted = begin_own_code()
        call(notify, place, result=None)
        end_own_code(granted)
        PyErr_SetRaisedException(raised)
        whitehot_raise_soon()


@routine
def whitehot_count_exit(context: Context) -> i64:
    """Count the innermost exit; its kind. Tells the policy where it has been taken too often, or baseline code has done enough.

    The policy is Python code, in the middle of which signal handlers and other threads run: by now frames hold all that native code had.
    """
    records = context.records
    at = context.last
    innermost = at
    while at >= 0:
        innermost = at
        at = records[at + 1]
    descriptor = load(Array[i64], element_address(records, innermost))
    counter = load(Array[i64], element_address(descriptor, COUNTER))
    count = counter[0] + 1
    counter[0] = count
    limit = whitehot_exit_limit.value
    kind = descriptor[KIND]
    if kind == TIER_UP or count == limit or count == limit * 10 or count == limit * 100:
        whitehot_notify(cast(Pointer, counter))
    return kind


@routine
def whitehot_raise_into(thread: ThreadState, frame: Frame, described: Array[i64], add_traceback: bool) -> bool:
    """Hand the raised exception to a frame: True if a handler of it takes over (the frame stands there)."""
    thread.current_frame = frame
    frame.instr_ptr = instruction_at(frame, described[OFFSET])
    if described[HANDLER] < 0:
        if add_traceback:
            PyTraceBack_Here(PyEval_GetFrame())
        return False
    PyTraceBack_Here(PyEval_GetFrame())
    slots = cast(Array[Object], field_address(frame, "localsplus"))
    keep = described[LOCALS] + described[DEPTH]
    count = i64((address_bits(frame.stackpointer) - address_bits(slots)) >> 3)
    while count > keep:
        count -= 1
        top = slots[count]
        frame.stackpointer = cast(Array[Object], element_address(slots, count))
        close_reference(top)
    if described[LASTI] != 0:
        slots[keep] = owned(PyLong_FromLongLong(described[OFFSET] >> 1))
        keep += 1
    slots[keep] = PyErr_GetRaisedException()
    frame.stackpointer = cast(Array[Object], element_address(slots, keep + 1))
    frame.instr_ptr = instruction_at(frame, described[HANDLER])
    return True


@routine
def whitehot_run_frames(thread: ThreadState, context: Context, stop: i64, kind: i64, base: i64) -> Object | None:
    """Run the frames from the innermost down to number `stop`; the result of that one, or NULL with an exception set.

    `base` is how many levels of recursion were in use when frame 0 was about to be entered.
    """
    links = context.links
    last = load(i64, field_address(context, "unused1")) - 1
    result = null(Object)
    raised = kind == RAISE
    index = last
    while index >= stop:
        frame = load(Frame, element_address(links, index * 2))
        described = load(Array[i64], element_address(links, index * 2 + 1))
        previous = frame.previous
        runs = True
        if index < last:
            if raised:
                runs = whitehot_raise_into(thread, frame, described, True)
            else:
                push_result(frame, result)
                frame.instr_ptr = instruction_at(frame, described[AFTER])
        elif raised:
            runs = whitehot_raise_into(thread, frame, described, True)
        thread.current_frame = previous
        use_recursion(thread, base + index)
        if runs:
            result = _PyEval_EvalFrameDefault(thread, frame, 0)
        else:
            _PyEval_FrameClearAndPop(thread, frame)
            result = null(Object)
        raised = result is None
        index -= 1
    return result


@inline
def push_result(frame: Frame, result: Object) -> None:
    """Give a frame the result of the call it stands at."""
    top = frame.stackpointer
    reference = result
    if result.ob_refcnt >= IMMORTAL_BIT:
        reference = add_bytes(result, 1)
    top[0] = reference
    frame.stackpointer = cast(Array[Object], element_address(top, 1))


@routine
def whitehot_leave_function(
    thread: ThreadState, context: Context, root: Frame | None, function: FunctionObject
) -> Object | None:
    """Finish a call of a function in the interpreter. `root` is its frame if it runs on one (pushed by the entry, popped here)."""
    base = context.recursion
    total = whitehot_build_frames(thread, context, root, function)
    store(i64, field_address(context, "unused1"), total)
    whitehot_let_go_of_records(context, total)
    kind = whitehot_count_exit(context)
    result = whitehot_run_frames(thread, context, 0, kind, base)
    use_recursion(thread, base)
    whitehot_finish(context)
    return result


@routine
def whitehot_leave_loop(thread: ThreadState, context: Context, root: Frame) -> bool:
    """Make a running frame stand where its loop unit left; False if an exception goes on from there (no handler in this frame)."""
    base = context.recursion - 1
    total = whitehot_build_frames(thread, context, root, null(FunctionObject))
    store(i64, field_address(context, "unused1"), total)
    whitehot_let_go_of_records(context, total)
    kind = whitehot_count_exit(context)
    described = load(Array[i64], element_address(context.links, 1))
    raised = kind == RAISE
    if total > 1:
        result = whitehot_run_frames(thread, context, 1, kind, base)
        raised = result is None
        if not raised:
            push_result(root, cast(Object, result))
            root.instr_ptr = instruction_at(root, described[AFTER])
    use_recursion(thread, base + 1)
    thread.current_frame = root
    handled = True
    if raised:
        handled = whitehot_raise_into(thread, root, described, False)
    whitehot_finish(context)
    return handled
