"""Exceptions that Python callbacks of ours leave to be raised in the program, once none of our own Python code is on the stack."""

from __future__ import annotations

from whitehot.cpython.capi import (
    Py_AddPendingCall,
    PyErr_SetRaisedException,
    PyThread_get_thread_ident,
    PyThreadState_SetAsyncExc,
    _PyThreadState_GetCurrent,
)
from whitehot.cpython.structure import Pointer, c_int, i64
from whitehot.ir.ops.memory import let_go
from whitehot.lowlevel.intrinsics import address_bits, address_of, cast, global_variable, null, routine
from whitehot.lowlevel.types import Object

#: The exception (a reference), the thread state that it is for, and whether that is the main thread's. Set by `Native.raise_soon`.
whitehot_error = global_variable("whitehot_error", Pointer, 0)
whitehot_error_thread = global_variable("whitehot_error_thread", i64, 0)
whitehot_error_in_main = global_variable("whitehot_error_in_main", i64, 0)


@routine
def whitehot_take_error() -> Object | None:
    """What was left for the calling thread; a reference of the caller's."""
    error = whitehot_error.value
    if error is not None:
        if i64(address_bits(cast(Object, _PyThreadState_GetCurrent()))) == whitehot_error_thread.value:
            whitehot_error.value = null(Pointer)
            return cast(Object, error)
    return null(Object)


@routine
def whitehot_raise(error: Object) -> c_int:
    """A pending call: raises the exception, whose reference it takes over."""
    PyErr_SetRaisedException(error)
    return -1


@routine
def whitehot_raise_soon() -> None:
    """At the end of a callback that cannot raise: have what was left raised when the thread next looks at its eval breaker."""
    error = whitehot_take_error()
    if error is not None:
        if whitehot_error_in_main.value != 0:
            Py_AddPendingCall(cast(Pointer, address_of(whitehot_raise)), cast(Pointer, error))
        else:
            PyThreadState_SetAsyncExc(PyThread_get_thread_ident(), cast(Object, error.ob_type))
            let_go(error)


@routine
def whitehot_raise_now() -> bool:
    """At the end of a callback that may raise: raise what was left; whether there was anything."""
    error = whitehot_take_error()
    if error is None:
        return False
    PyErr_SetRaisedException(error)
    return True
