"""Entering native code: calls of functions whose units run on a real frame, and loops that the interpreter is in the middle of.

A loop is entered from the JUMP event of `sys.monitoring`: the interpreter calls `whitehot_on_jump` at a backward jump, re-reads the frame's stack pointer and
instruction pointer afterwards, and goes on from there (`_Py_call_instrumentation_jump`, Python/instrumentation.c).
"""

from __future__ import annotations

from whitehot.cpython.capi import (
    PyErr_GetRaisedException,
    PyErr_SetRaisedException,
    PyEval_RestoreThread,
    PyEval_SaveThread,
    PyFunction_SetVectorcall,
    PyLong_AsLongLong,
    PyObject_Vectorcall,
    _PyEval_FrameClearAndPop,
    _PyThreadState_GetCurrent,
)
from whitehot.cpython.layout import CodeObject, Frame, FunctionObject, StrObject, ThreadState, TupleObject
from whitehot.cpython.structure import Array, Pointer, Structure, c_int, i64
from whitehot.cpython.v314 import EVENT_BITS
from whitehot.ir.ops.handover import MOST_ARGUMENTS, frame_of_call, total_of
from whitehot.ir.ops.memory import let_go
from whitehot.lowlevel.intrinsics import (
    address_bits,
    address_of,
    call,
    cast,
    divide_truncated,
    element_address,
    global_variable,
    load,
    null,
    routine,
    stack_array,
)
from whitehot.lowlevel.types import Object
from whitehot.runtime.native_context import (
    Context,
    begin_own_code,
    end_own_code,
    use_recursion,
    whitehot_begin,
    whitehot_breaker,
    whitehot_finish,
)
from whitehot.runtime.native_errors import whitehot_raise_now, whitehot_raise_soon
from whitehot.runtime.native_leave import whitehot_leave_loop, whitehot_notify

#: Which of a code object's extras is ours (`PyUnstable_Eval_RequestCodeExtraIndex`).
whitehot_extra_index = global_variable("whitehot_extra_index", i64, 0)
#: Python callables for what native code does not handle: backward jumps that are still being counted; changes of watched things.
whitehot_count_jump = global_variable("whitehot_count_jump", Pointer, 0)
whitehot_count_call = global_variable("whitehot_count_call", Pointer, 0)
whitehot_changed = global_variable("whitehot_changed", Pointer, 0)
#: The table of watched (object, key) pairs: its address and its size minus one (a power of two minus one).
whitehot_watched = global_variable("whitehot_watched", Pointer, 0)
whitehot_watched_mask = global_variable("whitehot_watched_mask", i64, 0)
#: How much a loop has to do on average each time it is entered. Whether it does is looked at every so many times.
whitehot_least_work = global_variable("whitehot_least_work", i64, 0)
LOOKS = 255

#: The table of counters (runtime/counters.py): its address and its size minus one.
whitehot_counters = global_variable("whitehot_counters", Pointer, 0)
whitehot_counters_mask = global_variable("whitehot_counters_mask", i64, 0)


#: Microseconds that the program waits at most for what it has just asked the compiler for; 0 when that is there. `usleep` of the C library.
whitehot_patience = global_variable("whitehot_patience", i64, 0)
whitehot_usleep = global_variable("whitehot_usleep", Pointer, 0)
#: Microseconds between two looks whether it is there.
LOOK = 100
REQUESTS = (1 << EVENT_BITS) - 1


class CodeExtras(Structure):
    """`_PyCodeObjectExtra` (Include/internal/pycore_code.h)."""

    ce_size: i64
    ce_extras: Array[Pointer]


class CodeUnits(Structure):
    """What whitehot hangs on a code object: the entry for calls with the globals and builtins it is for, and `count` loops after it.

    A loop is five words: its header's byte offset, the unit's address, the address of its validity word, globals and builtins.
    """

    entry: Pointer
    globals: Object
    builtins: Object
    entry_valid: Array[i64]
    count: i64


@routine
def whitehot_units_of(code: CodeObject) -> CodeUnits | None:
    """What hangs on a code object, if anything."""
    extras = cast(Array[i64], code.co_extra)
    if extras is None:
        return None
    index = whitehot_extra_index.value
    if index >= extras[0]:
        return None
    return load(CodeUnits, element_address(extras, index + 1))


@routine
def whitehot_push_call(
    thread: ThreadState, function: FunctionObject, arguments: Array[Object], flags: i64, names: TupleObject | None
) -> Frame | None:
    """A frame with the call's arguments bound, current in the thread; NULL with an exception set where they do not fit the parameters."""
    frame = frame_of_call(thread, function, arguments, flags, names, thread.current_frame)
    if frame is not None:
        thread.current_frame = frame
        thread.py_recursion_remaining = thread.py_recursion_remaining - 1
    return frame


@routine
def whitehot_can_push(thread: ThreadState, flags: i64, names: TupleObject | None) -> bool:
    """Whether `whitehot_push_call` may be used for such a call."""
    return total_of(flags, names) <= MOST_ARGUMENTS and thread.py_recursion_remaining > 0


@routine
def whitehot_pop_call(thread: ThreadState, context: Context, frame: Frame) -> None:
    """Take a finished call's frame away."""
    thread.current_frame = frame.previous
    _PyEval_FrameClearAndPop(thread, frame)
    use_recursion(thread, context.recursion)
    whitehot_finish(context)


@routine
def whitehot_on_jump(self: Object, arguments: Array[Object], count: i64) -> Object | None:
    """The JUMP callback (METH_FASTCALL): code, offset of the jump, offset it goes to."""
    code = cast(CodeObject, arguments[0])
    units = whitehot_units_of(code)
    if units is not None:
        if units.count > 0:
            target = PyLong_AsLongLong(arguments[2])
            rows = cast(Array[i64], element_address(cast(Array[i64], units), 5))
            for index in range(units.count):
                if rows[index * 5] == target:
                    return whitehot_run_loop(code, cast(Array[i64], element_address(rows, index * 5)))
    if whitehot_count(cast(Object, code), PyLong_AsLongLong(arguments[2])):
        return cast(Object, address_of("_Py_NoneStruct"))
    return whitehot_ask(whitehot_count_jump.value, arguments, count)


@routine
def whitehot_on_start(self: Object, arguments: Array[Object], count: i64) -> Object | None:
    """The PY_START callback (METH_FASTCALL): code, offset."""
    if whitehot_count(arguments[0], -1):
        return cast(Object, address_of("_Py_NoneStruct"))
    return whitehot_ask(whitehot_count_call.value, arguments, count)


@routine
def whitehot_ask(callback: Pointer | None, arguments: Array[Object], count: i64) -> Object | None:
    """Leave an event to Python."""
    if callback is None:
        return cast(Object, address_of("_Py_NoneStruct"))
    whitehot_patience.value = 0
    granted = begin_own_code()
    answer = PyObject_Vectorcall(cast(Object, callback), arguments, count, null(Object))
    end_own_code(granted)
    if whitehot_patience.value > 0:
        whitehot_wait()
    if answer is not None:
        if whitehot_raise_now():
            let_go(answer)
            return null(Object)
    return answer


@routine
def whitehot_wait() -> None:
    """Let the compiler have the GIL for a moment. Whatever asks for this thread's attention ends that: a signal handler is to run in the program, not in the middle of code of ours."""
    thread = _PyThreadState_GetCurrent()
    sleep = whitehot_usleep.value
    if sleep is not None:
        looks = divide_truncated(whitehot_patience.value, LOOK)
        saved = PyEval_SaveThread()
        while looks > 0 and whitehot_patience.value > 0 and (thread.eval_breaker & REQUESTS) == 0:
            call(sleep, LOOK, result=c_int)
            looks -= 1
        PyEval_RestoreThread(saved)
    whitehot_patience.value = 0


@routine
def whitehot_count(code: Object, place: i64) -> bool:
    """Count an event; False where it is for Python to look at: nobody counts it here, or it was the last one."""
    table = cast(Array[i64], whitehot_counters.value)
    if table is None:
        return False
    mask = whitehot_counters_mask.value
    address = i64(address_bits(code))
    row = ((address >> 4) ^ (place >> 1)) & mask
    while True:
        at = row * 3
        if table[at] == 0:
            return False
        if table[at] == address and table[at + 1] == place:
            if table[at + 2] <= 0:
                return False
            table[at + 2] = table[at + 2] - 1
            return True
        row = (row + 1) & mask
    return False


@routine
def whitehot_run_loop(code: CodeObject, row: Array[i64]) -> Object | None:
    """Run a loop unit on the current frame, which then stands where the unit left."""
    thread = _PyThreadState_GetCurrent()
    frame = thread.current_frame
    valid = load(Array[i64], element_address(row, 2))
    fits = (
        load(Object, element_address(row, 3)) is frame.f_globals
        and load(Object, element_address(row, 4)) is frame.f_builtins
    )
    if fits and valid[0] != 0 and thread.eval_breaker == whitehot_breaker.value and thread.tracing == 1:
        context = cast(Context, stack_array(i64, 8))
        whitehot_begin(context, thread)
        # The interpreter counts us as a tracing function; the program's own code that runs from here is none.
        thread.tracing = 0
        valid[1] = valid[1] + 1
        valid[2] = valid[2] + 1
        work = call(load(Pointer, element_address(row, 1)), thread, context, frame, result=i64)
        valid[4] = valid[4] + work
        handled = whitehot_leave_loop(thread, context, frame)
        visits = valid[1]
        if visits & LOOKS == LOOKS and valid[4] < visits * whitehot_least_work.value:
            whitehot_notify(cast(Pointer, valid))
        thread.tracing = 1
        valid[2] = valid[2] - 1
        if not handled:
            return null(Object)
    return cast(Object, address_of("_Py_NoneStruct"))


@routine
def whitehot_is_watched(owner: Object, key: Object | None) -> bool:
    """Whether a change of this object (at this key) concerns anybody. Keys that are not interned are for Python to look at."""
    if key is None:
        return True
    if key.ob_type is address_of("PyUnicode_Type"):
        if (cast(StrObject, key).state & 3) == 0:
            return True
    table = cast(Array[i64], whitehot_watched.value)
    if table is None:
        return False
    mask = whitehot_watched_mask.value
    place = i64((address_bits(owner) ^ (address_bits(key) >> 5)) >> 4) & mask
    while True:
        at = load(Object, element_address(table, place * 2))
        if at is None:
            return False
        if at is owner and load(Object, element_address(table, place * 2 + 1)) is key:
            return True
        place = (place + 1) & mask
    return False


@routine
def whitehot_report(event: i64, owner: Object, key: Object | None) -> None:
    """Tell Python of a change. An exception that is being raised meanwhile stays as it is."""
    notify = whitehot_changed.value
    if notify is not None:
        raised = PyErr_GetRaisedException()
        granted = begin_own_code()
        call(notify, event, owner, key, result=None)
        end_own_code(granted)
        PyErr_SetRaisedException(raised)
        whitehot_raise_soon()


@routine
def whitehot_dict_event(event: c_int, owner: Object, key: Object | None, value: Object | None) -> c_int:
    """The dict watcher's callback."""
    if whitehot_is_watched(owner, key):
        whitehot_report(event, owner, key)
    return 0


@routine
def whitehot_function_event(event: c_int, function: FunctionObject, value: Object | None) -> c_int:
    """The function watcher's callback: new functions of compiled code get its entry; changes of functions are reported."""
    if event == 1:
        return 0
    units = whitehot_units_of(function.func_code)
    if event == 0:
        if units is not None:
            ours = units.globals is function.func_globals and units.builtins is function.func_builtins
            if units.entry is not None and ours:  # type: ignore[redundant-expr]  # NULL until there is one
                valid = units.entry_valid
                if valid[0] != 0:
                    valid[3] = valid[3] + 1
                    PyFunction_SetVectorcall(function, units.entry)
        return 0
    whitehot_report(event + 16, function, null(Object))
    return 0


@routine
def whitehot_stress(counter: Array[i64]) -> bool:
    """Under WHITEHOT_STRESS=deopt: a guard fails the first time it is reached."""
    return counter[0] == 0


@routine
def whitehot_sample(
    rows: Array[i64], count: i64, rounds: i64, sleep: Pointer, microseconds: i64, counts: Array[i64]
) -> i64:
    """Look so many times which units somebody is in (runtime/sampler.py), sleeping before each; the number of times. Runs without the GIL.

    A row is the address of the word that says how many threads are in a unit, and the bit of its tier. What was seen goes by the bits of
    all tiers together into the first four of `counts`; the fifth is set by who wants this to end.
    """
    for look in range(rounds):
        call(sleep, microseconds, result=c_int)
        if counts[4] != 0:
            return look
        seen = 0
        for index in range(count):
            active = load(Array[i64], element_address(rows, index * 2))
            if active[0] > 0:
                seen |= rows[index * 2 + 1]
        counts[seen] = counts[seen] + 1
    return rounds
