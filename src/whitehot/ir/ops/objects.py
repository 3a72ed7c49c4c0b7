"""Questions about objects that need none of their code: identity and exact type. The guards among them leave."""

from __future__ import annotations

from whitehot.ir.effects import READS_HEAP
from whitehot.ir.operation import op
from whitehot.lowlevel.intrinsics import address_of, side_exit
from whitehot.lowlevel.types import Object, Pointer
from whitehot.reasons import Reason


@op(exits=Reason.TYPE, attributes=("python",))
def guard_type(value: Object, python: Pointer) -> Object:
    """The object, known to be exactly of the static type `python` (a Symbol); leaves for others. No object becomes or ceases to be of a static type."""
    if value.ob_type is not python:
        side_exit()
    return value


@op(exits=Reason.TYPE, attributes=("expected",))
def guard_value(value: Object, expected: Pointer) -> Object:
    """The object, known to be `expected` (a Symbol); leaves for others."""
    if value is not expected:
        side_exit()
    return value


@op(exits=Reason.UNBOUND)
def guard_bound(value: Object | None) -> Object:
    """The object a variable is bound to; leaves for NULL."""
    if value is None:
        side_exit()
    return value


@op(effects=READS_HEAP, exits=Reason.NOT_CARRIED)
def guard_unique(value: Object) -> Object:
    """The object, known to be held by one reference only; leaves for others."""
    if value.ob_refcnt != 1:
        side_exit()
    return value


@op(attributes=("python",))
def has_type(value: Object, python: Pointer) -> bool:
    """`type(value) is python`, a static type (a Symbol)."""
    return value.ob_type is python


@op()
def is_same(left: Object | None, right: Object | None) -> bool:
    """`left is right`."""
    return left is right


@op()
def is_none(value: Object | None) -> bool:
    """`value is None`."""
    return value is address_of("_Py_NoneStruct")


@op()
def is_null(value: Object | None) -> bool:
    """Whether there is no object: an unbound variable, an exhausted iterator's item."""
    return value is None
