"""Reference counts, put into the IR by the last pass only. Source: `Include/refcount.h`."""

from __future__ import annotations

from whitehot.ir.effects import ARBITRARY, WRITES_HEAP
from whitehot.ir.operation import op
from whitehot.ir.ops.dying import leave_if_observed
from whitehot.ir.ops.frames import put
from whitehot.ir.ops.memory import let_go, let_go_shared, retain
from whitehot.lowlevel.intrinsics import inline
from whitehot.lowlevel.types import Frame, Object, i64
from whitehot.reasons import Reason


@op(effects=WRITES_HEAP)
def incref(value: Object) -> None:
    """Take a reference."""
    retain(value)


@op(effects=WRITES_HEAP)
def xincref(value: Object | None) -> None:
    """Take a reference, if there is an object."""
    if value is not None:
        retain(value)


@op(effects=ARBITRARY)
def decref(value: Object) -> None:
    """Give up a reference; the object may die and run any code."""
    let_go(value)


@op(effects=ARBITRARY)
def xdecref(value: Object | None) -> None:
    """Give up a reference, if there is an object; it may die and run any code."""
    if value is not None:
        let_go(value)


@op(effects=WRITES_HEAP)
def decref_unobserved(value: Object) -> None:
    """Give up a reference to an object whose type is known to be one whose objects die unnoticed."""
    let_go(value)


@op(effects=WRITES_HEAP)
def xdecref_unobserved(value: Object | None) -> None:
    """`decref_unobserved`, if there is an object."""
    if value is not None:
        let_go(value)


@op(effects=WRITES_HEAP, exits=Reason.FINALIZER, has_body=False)
def drop(value: Object | None) -> None:
    """Where the interpreter lets go of a reference. The pass for reference counts turns it into a release or takes it away."""


@op(effects=WRITES_HEAP, attributes=("slot",), has_body=False)
def drop_local(value: Object | None, slot: i64) -> None:
    """Where the interpreter lets go of a local variable with the frame that the unit runs on, right before `return`."""


@op(effects=WRITES_HEAP, attributes=("slot",))
def release_with_frame(value: Object, slot: i64, frame: Frame) -> None:
    """Give a reference to a local variable's object to the variable's slot, which is empty or has one already, right before `return`. Whoever clears the frame
    gives it up where the interpreter would, with the frame off the thread.
    """
    bequeath(value, slot, frame)


@op(effects=WRITES_HEAP, attributes=("slot",))
def xrelease_with_frame(value: Object | None, slot: i64, frame: Frame) -> None:
    """`release_with_frame`, if there is an object."""
    if value is not None:
        bequeath(value, slot, frame)


@inline
def bequeath(value: Object, slot: i64, frame: Frame) -> None:
    if frame.localsplus[slot] is value:
        let_go_shared(value)
    else:
        put(frame, slot, value)


@op(effects=WRITES_HEAP, exits=Reason.FINALIZER)
def release(value: Object) -> None:
    """Give up a reference; leaves with nothing changed when the object would die and somebody may notice."""
    leave_if_observed(value)
    let_go(value)


@op(effects=WRITES_HEAP, exits=Reason.FINALIZER)
def xrelease(value: Object | None) -> None:
    """`release`, if there is an object."""
    if value is not None:
        leave_if_observed(value)
        let_go(value)
