"""Floats: IEEE doubles with Python's signs of zero and rounding, and its exceptions left to the interpreter.

Source of the semantics: `Objects/floatobject.c`.
"""

from __future__ import annotations

from whitehot.cpython.capi import PyFloat_FromDouble, fmod
from whitehot.cpython.capi import pow as c_pow
from whitehot.ir.effects import ALLOCATES
from whitehot.ir.operation import op
from whitehot.ir.ops.integers import EXACT, int_value
from whitehot.ir.ops.memory import existing
from whitehot.lowlevel.intrinsics import (
    address_of,
    cast,
    ceil,
    copysign,
    fabs,
    floor,
    inline,
    is_finite,
    is_nan,
    likely,
    round_half_even,
    select,
    side_exit,
    to_f64,
    truncate_to_i64,
    unsigned,
)
from whitehot.lowlevel.types import FloatObject, Object, f64, i64
from whitehot.reasons import Reason

#: The least normal float. Powers below it may have set errno, so they are left to the interpreter.
LEAST_NORMAL = 2.2250738585072014e-308

#: 2**63: the first float beyond the machine's integers.
BEYOND = 9223372036854775808.0


@op()
def float_add(left: f64, right: f64) -> f64:
    """`left + right`."""
    return left + right


@op()
def float_sub(left: f64, right: f64) -> f64:
    """`left - right`."""
    return left - right


@op()
def float_mul(left: f64, right: f64) -> f64:
    """`left * right`."""
    return left * right


@op(exits=Reason.ZERO_DIVISION)
def float_div(left: f64, right: f64) -> f64:
    """`left / right`; leaves for a zero divisor."""
    if right == 0.0:
        side_exit()
    return left / right


@op(exits=Reason.ZERO_DIVISION)
def float_mod(left: f64, right: f64) -> f64:
    """`left % right`, with the divisor's sign; leaves for a zero divisor."""
    if right == 0.0:
        side_exit()
    remainder = fmod(left, right)
    if remainder != 0.0:
        return select((right < 0.0) != (remainder < 0.0), remainder + right, remainder)
    return copysign(0.0, right)


@op(exits=Reason.ZERO_DIVISION)
def float_floordiv(left: f64, right: f64) -> f64:
    """`left // right`; leaves for a zero divisor. The quotient is found through the remainder, as CPython does."""
    if right == 0.0:
        side_exit()
    remainder = fmod(left, right)
    quotient = (left - remainder) / right
    if remainder != 0.0 and (right < 0.0) != (remainder < 0.0):
        quotient = quotient - 1.0
    if quotient != 0.0:
        whole = floor(quotient)
        return select(quotient - whole > 0.5, whole + 1.0, whole)
    return copysign(0.0, left / right)


@op(exits=Reason.RANGE)
def float_pow(left: f64, right: f64) -> f64:
    """`left ** right`; leaves for infinities and NaN, for zero to a negative power, for complex results, on overflow and underflow.

    A negative base is made positive and the result given its sign, as CPython does.
    """
    if right == 0.0:
        return 1.0
    if not (is_finite(left) & is_finite(right)):
        side_exit()
    if left == 0.0 and right < 0.0:
        side_exit()
    if left <= 0.0 and right != floor(right):
        side_exit()
    is_odd = fmod(fabs(right), 2.0) == 1.0
    base = fabs(left)
    result = 1.0
    if base != 1.0:
        result = c_pow(base, right)
        if not (result >= LEAST_NORMAL or result == 0.0) or not is_finite(result):
            side_exit()
    return select(is_odd & (copysign(1.0, left) < 0.0), -result, result)


@op()
def float_neg(value: f64) -> f64:
    """`-value`."""
    return -value


@op()
def float_abs(value: f64) -> f64:
    """`abs(value)`."""
    return fabs(value)


@op()
def float_eq(left: f64, right: f64) -> bool:
    """`left == right`."""
    return left == right


@op()
def float_ne(left: f64, right: f64) -> bool:
    """`left != right`."""
    return left != right


@op()
def float_lt(left: f64, right: f64) -> bool:
    """`left < right`."""
    return left < right


@op()
def float_le(left: f64, right: f64) -> bool:
    """`left <= right`."""
    return left <= right


@op()
def float_gt(left: f64, right: f64) -> bool:
    """`left > right`."""
    return left > right


@op()
def float_ge(left: f64, right: f64) -> bool:
    """`left >= right`."""
    return left >= right


@op()
def float_min(left: f64, right: f64) -> f64:
    """`min(left, right)`: the first unless the second is less, also for NaN and zeros."""
    return select(right < left, right, left)


@op()
def float_max(left: f64, right: f64) -> f64:
    """`max(left, right)`: the first unless the second is greater, also for NaN and zeros."""
    return select(right > left, right, left)


@op()
def float_is_true(value: f64) -> bool:
    """`bool(value)`; NaN is true."""
    return value != 0.0


@op()
def float_is_nan(value: f64) -> bool:
    """`math.isnan(value)`."""
    return is_nan(value)


@op()
def float_is_infinite(value: f64) -> bool:
    """`math.isinf(value)`."""
    return not is_finite(value) and not is_nan(value)


@op()
def float_is_finite(value: f64) -> bool:
    """`math.isfinite(value)`."""
    return is_finite(value)


@inline
def integral(value: f64) -> i64:
    """The i64 of a float; leaves for NaN and for what does not fit."""
    if not (value >= -BEYOND and value < BEYOND):
        side_exit()
    return truncate_to_i64(value)


@op(exits=Reason.RANGE)
def float_to_int(value: f64) -> i64:
    """`int(value)`; leaves for NaN and what does not fit a machine word."""
    return integral(value)


@op(exits=Reason.RANGE)
def float_floor_to_int(value: f64) -> i64:
    """`math.floor(value)`; leaves for NaN and what does not fit a machine word."""
    return integral(floor(value))


@op(exits=Reason.RANGE)
def float_ceil_to_int(value: f64) -> i64:
    """`math.ceil(value)`; leaves for NaN and what does not fit a machine word."""
    return integral(ceil(value))


@op(exits=Reason.RANGE)
def float_round_to_int(value: f64) -> i64:
    """`round(value)`, half to even; leaves for NaN and what does not fit a machine word."""
    return integral(round_half_even(value))


@op(exits=Reason.TYPE)
def unbox_float(value: Object) -> f64:
    """The value of an exact float; leaves for anything else."""
    if value.ob_type is not address_of("PyFloat_Type"):
        side_exit()
    return cast(FloatObject, value).ob_fval


@op(exits=Reason.TYPE)
def unbox_number(value: Object) -> f64:
    """The value of an exact float, or of an exact int that is a float without rounding; leaves for anything else."""
    if likely(value.ob_type is address_of("PyFloat_Type")):
        return cast(FloatObject, value).ob_fval
    if value.ob_type is not address_of("PyLong_Type"):
        side_exit()
    whole = int_value(value)
    if unsigned(whole + EXACT) > 2 * EXACT:
        side_exit()
    return to_f64(whole)


@op(effects=ALLOCATES, new_reference=True, lazy=True)
def box_float(value: f64) -> FloatObject:
    """The float object of a value."""
    return cast(FloatObject, existing(PyFloat_FromDouble(value)))


@op(effects=ALLOCATES, new_reference=True, lazy=True, nullable=True)
def box_float_if(bound: bool, value: f64) -> Object | None:
    """The float object of a variable's value; NULL where the variable is unbound."""
    if not bound:
        return None
    return existing(PyFloat_FromDouble(value))
