"""Who holds the arguments of a call. Routines and pieces of bodies; no operations are declared here.

Where the interpreter calls a Python function it moves the arguments from its evaluation stack into the callee's frame: one that nobody
else holds dies when the callee binds the parameter anew. A function entered by vectorcall only borrows its arguments. So that they die
in the same moment, entries of ours take over what the caller is going to give up anyway:

- from native code, which says so (`whitehot_given`) as it calls;
- from the interpreter's stack, where one of its instructions CALL and CALL_KW is what calls: `None` is left there to be given up instead.
  A method's `self` cannot be taken, of which the instruction keeps a copy.

C code that calls a function holds the arguments until it returns, here as there.

Source: the instructions CALL and CALL_KW (Python/bytecodes.c), `_PyEval_Vector` (Python/ceval.c).
"""

from __future__ import annotations

from whitehot.cpython.capi import (
    PyObject_Vectorcall,
    _PyEval_EvalFrameDefault,
    _PyEvalFramePushAndInit,
    _PyFunction_Vectorcall,
    _PyInterpreterState_GetEvalFrameFunc,
    _PyThreadState_GetCurrent,
)
from whitehot.cpython.layout import Frame, FunctionObject, MethodObject, ThreadState, TupleObject
from whitehot.cpython.opcodes import CALL, CALL_FORMS, CALL_KW, CALL_KW_FORMS, FIRST_FORM
from whitehot.cpython.structure import Array, Pointer, i64, u8
from whitehot.cpython.v314 import CODE_OPTIMIZED, FRAME_OWNED_BY_GENERATOR
from whitehot.ir.ops.frames import ADDRESS, code_of, reference_to
from whitehot.ir.ops.memory import let_go, retain
from whitehot.lowlevel.intrinsics import (
    add_bytes,
    address_bits,
    address_of,
    call,
    cast,
    element_address,
    field_address,
    global_variable,
    inline,
    load,
    mask_pointer,
    null,
    routine,
    stack_array,
)
from whitehot.lowlevel.types import Object

#: The row of arguments of the call that native code is just making, and a bit for each whose reference the callee may take.
#: It puts NULL there; what it leaves, the caller gives up.
whitehot_given = global_variable("whitehot_given", Pointer, 0)
whitehot_given_bits = global_variable("whitehot_given_bits", i64, 0)

#: `PY_VECTORCALL_ARGUMENTS_OFFSET`: the word before the arguments may be used.
ARGUMENTS_OFFSET = -(2**63)

#: Calls with more arguments are left to the interpreter.
MOST_ARGUMENTS = 16


@inline
def positional_of(flags: i64) -> i64:
    """How many positional arguments a vectorcall passes."""
    return flags & 0x7FFFFFFFFFFFFFFF


@inline
def total_of(flags: i64, names: TupleObject | None) -> i64:
    """How many arguments a vectorcall passes, those by keyword included."""
    total = positional_of(flags)
    if names is not None:
        total += names.ob_size
    return total


@inline
def counted(value: Object) -> Object:
    """A stack reference to an object with a count of its own."""
    retain(value)
    return reference_to(value)


@inline
def object_of(reference: Object) -> Object:
    """The object of a stack reference."""
    return mask_pointer(reference, ADDRESS)


@inline
def is_form(opcode: i64, base: i64, forms: i64) -> bool:
    """Whether an opcode is this one or what it was specialized to."""
    special = opcode - FIRST_FORM
    known = special >= 0 and special < 63
    return opcode == base or (known and (forms >> (special & 63)) & 1 != 0)


@routine
def whitehot_stack_of_call(
    thread: ThreadState, function: FunctionObject, arguments: Array[Object], total: i64, names: TupleObject | None
) -> Array[Object] | None:
    """Where the interpreter's stack holds the arguments of this call, if an instruction of it is calling; the first may be `self`, one place before."""
    frame = thread.current_frame
    if frame is None:
        return null(Array[Object])
    if frame.owner > FRAME_OWNED_BY_GENERATOR:
        return null(Array[Object])
    slots = cast(Array[Object], field_address(frame, "localsplus"))
    depth = i64(address_bits(frame.stackpointer) - address_bits(slots)) >> 3
    opcode = load(u8, frame.instr_ptr)
    count = load(u8, add_bytes(frame.instr_ptr, 1))
    # An instruction that is still specialized for another callee has found out and does what it does in general.
    if names is None:
        if not is_form(opcode, CALL, CALL_FORMS):
            return null(Array[Object])
    else:
        depth -= 1
        if not is_form(opcode, CALL_KW, CALL_KW_FORMS):
            return null(Array[Object])
    first = total - count
    start = depth - count
    if start - 2 < code_of(frame).co_nlocalsplus or first < 0 or first > 1:
        return null(Array[Object])
    fits = object_of(slots[start - 2]) is function
    if first == 1:
        fits = fits & (object_of(slots[start - 1]) is arguments[0])
    else:
        fits = fits & (object_of(slots[start - 1]) is None)
    for index in range(count):
        fits = fits & (object_of(slots[start + index]) is arguments[first + index])
    if not fits:
        return null(Array[Object])
    return cast(Array[Object], element_address(slots, start - first))


@routine
def whitehot_take_arguments(
    thread: ThreadState,
    function: FunctionObject,
    arguments: Array[Object],
    total: i64,
    names: TupleObject | None,
    row: Array[Object],
) -> None:
    """Fill a row with stack references to the arguments: the caller's own where it is going to give them up, else new ones."""
    if cast(Pointer, arguments) is whitehot_given.value:
        given = whitehot_given_bits.value
        whitehot_given.value = null(Pointer)
        for index in range(total):
            if (given >> index) & 1 != 0:
                row[index] = reference_to(arguments[index])
                arguments[index] = null(Object)
            else:
                row[index] = counted(arguments[index])
    else:
        for index in range(total):
            row[index] = counted(arguments[index])
        held = whitehot_stack_of_call(thread, function, arguments, total, names)
        if held is not None:
            own_frame = thread.current_frame
            count = load(u8, add_bytes(own_frame.instr_ptr, 1))
            for index in range(total - count, total):
                taken = held[index]
                if address_bits(taken) & 1 == 0:
                    held[index] = add_bytes(address_of("_Py_NoneStruct"), 1)
                    let_go(object_of(taken))


@inline
def frame_of_call(
    thread: ThreadState,
    function: FunctionObject,
    arguments: Array[Object],
    flags: i64,
    names: TupleObject | None,
    previous: Frame | None,
) -> Frame | None:
    """A frame with the call's arguments, of which there may be MOST_ARGUMENTS; NULL with an exception set where they do not fit."""
    row = stack_array(Object, 16)
    whitehot_take_arguments(thread, function, arguments, total_of(flags, names), names, row)
    return _PyEvalFramePushAndInit(
        thread, cast(Pointer, counted(function)), null(Object), row, positional_of(flags), names, previous
    )


@routine
def whitehot_interpret(
    function: FunctionObject, arguments: Array[Object], flags: i64, names: TupleObject | None
) -> Object | None:
    """Call a function in the interpreter."""
    thread = _PyThreadState_GetCurrent()
    evaluates = _PyInterpreterState_GetEvalFrameFunc(thread.interp)
    usual = evaluates is address_of("_PyEval_EvalFrameDefault") and function.func_code.co_flags & CODE_OPTIMIZED != 0
    if usual and total_of(flags, names) <= MOST_ARGUMENTS:
        frame = frame_of_call(thread, function, arguments, flags, names, null(Frame))
        if frame is None:
            return null(Object)
        return _PyEval_EvalFrameDefault(thread, frame, 0)
    return _PyFunction_Vectorcall(function, arguments, flags, names)


@routine
def whitehot_call_giving(
    callee: Object, arguments: Array[Object], positional: i64, names: TupleObject | None, given: i64
) -> Object | None:
    """Call an object, and give up the references to those arguments whose bits are set: a Python function takes them over.

    One word before the arguments may be used. A bound method is called as its function, which is how the interpreter does it.
    """
    result: Object | None = null(Object)
    total = positional
    if names is not None:
        total += names.ob_size
    target = callee
    row = arguments
    bits = given
    count = positional
    if callee.ob_type is address_of("PyMethod_Type"):
        method = cast(MethodObject, callee)
        target = method.im_func
        row = cast(Array[Object], element_address(arguments, -1))
        row[0] = method.im_self
        bits = given << 1
        count += 1
    if target.ob_type is address_of("PyFunction_Type"):
        whitehot_given.value = cast(Pointer, row)
        whitehot_given_bits.value = bits
        function = cast(FunctionObject, target)
        if function.vectorcall is address_of("_PyFunction_Vectorcall"):
            result = whitehot_interpret(function, row, count, names)
        else:
            result = call(function.vectorcall, function, row, count, names, result=Object)
        whitehot_given.value = null(Pointer)
    else:
        result = PyObject_Vectorcall(callee, arguments, positional | ARGUMENTS_OFFSET, names)
    while total > 0:
        total -= 1
        if (given >> total) & 1 != 0:
            left = arguments[total]
            if left is not None:
                let_go(left)
    return result
