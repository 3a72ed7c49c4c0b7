"""Truth values."""

from __future__ import annotations

from whitehot.ir.operation import op
from whitehot.lowlevel.intrinsics import address_of, cast, select, side_exit
from whitehot.lowlevel.types import BoolObject, Object, f64, i64
from whitehot.reasons import Reason


@op()
def bool_not(value: bool) -> bool:
    """`not value`."""
    return not value


@op()
def bool_and(left: bool, right: bool) -> bool:
    """`left & right`."""
    return left & right


@op()
def bool_or(left: bool, right: bool) -> bool:
    """`left | right`."""
    return left | right


@op()
def bool_xor(left: bool, right: bool) -> bool:
    """`left ^ right`."""
    return left ^ right


@op()
def bool_eq(left: bool, right: bool) -> bool:
    """`left == right`."""
    return not (left ^ right)


@op()
def bool_ne(left: bool, right: bool) -> bool:
    """`left != right`."""
    return left ^ right


@op()
def bool_to_int(value: bool) -> i64:
    """`int(value)`."""
    return i64(value)


@op()
def bool_to_float(value: bool) -> f64:
    """`float(value)`."""
    return select(value, 1.0, 0.0)


@op(exits=Reason.TYPE)
def unbox_bool(value: Object) -> bool:
    """The value of True or False; leaves for anything else."""
    if value is address_of("_Py_TrueStruct"):
        return True
    if value is not address_of("_Py_FalseStruct"):
        side_exit()
    return False


@op()
def box_bool(value: bool) -> BoolObject:
    """True or False, which are immortal."""
    return cast(BoolObject, select(value, address_of("_Py_TrueStruct"), address_of("_Py_FalseStruct")))


@op(nullable=True)
def box_bool_if(bound: bool, value: bool) -> Object | None:
    """True or False for a variable's value; NULL where the variable is unbound."""
    if not bound:
        return None
    return select(value, address_of("_Py_TrueStruct"), address_of("_Py_FalseStruct"))
