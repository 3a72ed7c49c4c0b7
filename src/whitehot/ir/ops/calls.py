"""Calls of Python objects, and of other native code."""

from __future__ import annotations

from whitehot.cpython.capi import PyObject_Vectorcall
from whitehot.ir.effects import ARBITRARY, WRITES_HEAP
from whitehot.ir.operation import op
from whitehot.ir.ops.handover import ARGUMENTS_OFFSET, whitehot_call_giving
from whitehot.ir.ops.memory import checked
from whitehot.lowlevel.types import Array, Object, Pointer, TupleObject, i64
from whitehot.reasons import Reason


@op(effects=ARBITRARY, raises=True, new_reference=True, variadic=True, attributes=("kwnames", "given"))
def call_object(callee: Object, items: Array[Object], count: i64, kwnames: TupleObject | None, given: i64) -> Object:
    """Call `callee` with the further operands; the last of them are keyword arguments where `kwnames` is a Symbol of a tuple of names.

    A method that was loaded without being bound is called with its owner as the first argument. `given` has a bit for each further operand
    whose reference the call takes over; the pass for reference counts sets them.
    """
    positional = count
    if kwnames is not None:
        positional = count - kwnames.ob_size
    if given != 0:
        return checked(whitehot_call_giving(callee, items, positional, kwnames, given))
    return checked(PyObject_Vectorcall(callee, items, positional | ARGUMENTS_OFFSET, kwnames))


@op(effects=WRITES_HEAP, exits=Reason.CALLEE_LEFT, variadic=True, attributes=("unit",), has_body=False)
def call_unit(unit: Pointer) -> None:
    """Call another unit of native code, by the Symbol of the cell that holds the address of its body (this unit itself: of the body), with the operands as they are. The result is of the unit's type.

    Only units without arbitrary code are called so. When one leaves, its callers leave with it.
    """
