"""Integers that fit a machine word. Python's are unbounded: what does not fit leaves to the interpreter.

Source of the semantics: `Objects/longobject.c`. Division rounds down and a remainder has its divisor's sign, as in Python.
"""

from __future__ import annotations

from whitehot.cpython.capi import PyLong_AsLongLongAndOverflow, PyLong_FromLongLong
from whitehot.ir.effects import ALLOCATES
from whitehot.ir.operation import op
from whitehot.ir.ops.memory import existing
from whitehot.lowlevel.intrinsics import (
    add_with_overflow,
    address_of,
    cast,
    count_leading_zeros,
    count_ones,
    divide_truncated,
    inline,
    likely,
    mul_with_overflow,
    remainder_truncated,
    select,
    side_exit,
    stack_array,
    sub_with_overflow,
    to_f64,
    unsigned,
)
from whitehot.lowlevel.types import IntObject, Object, f64, i32, i64
from whitehot.reasons import Reason

#: Integers from -EXACT to EXACT are floats without rounding.
EXACT = 2**53

#: The tag of an int of at most one digit is below this (`_PyLong_IsCompact`).
COMPACT_TAG = 16

LEAST = -(2**63)


@op(exits=Reason.OVERFLOW)
def int_add(left: i64, right: i64) -> i64:
    """`left + right`; leaves when the sum does not fit."""
    total, overflow = add_with_overflow(left, right)
    if overflow:
        side_exit()
    return total


@op(exits=Reason.OVERFLOW)
def int_sub(left: i64, right: i64) -> i64:
    """`left - right`; leaves when the difference does not fit."""
    difference, overflow = sub_with_overflow(left, right)
    if overflow:
        side_exit()
    return difference


@op(exits=Reason.OVERFLOW)
def int_mul(left: i64, right: i64) -> i64:
    """`left * right`; leaves when the product does not fit."""
    product, overflow = mul_with_overflow(left, right)
    if overflow:
        side_exit()
    return product


@op(exits=Reason.OVERFLOW)
def int_neg(value: i64) -> i64:
    """`-value`; leaves for -2**63."""
    if value == LEAST:
        side_exit()
    return -value


@op(exits=Reason.OVERFLOW)
def int_abs(value: i64) -> i64:
    """`abs(value)`; leaves for -2**63."""
    if value == LEAST:
        side_exit()
    return select(value < 0, i64(-value), value)


@op(exits=Reason.ZERO_DIVISION)
def int_floordiv(left: i64, right: i64) -> i64:
    """`left // right`; leaves for a zero divisor, and for -2**63 // -1."""
    if right == 0:
        side_exit()
    if right == -1 and left == LEAST:
        side_exit()
    quotient = divide_truncated(left, right)
    remainder = left - quotient * right
    return quotient - select((remainder != 0) & ((remainder ^ right) < 0), 1, 0)


@op(exits=Reason.ZERO_DIVISION)
def int_mod(left: i64, right: i64) -> i64:
    """`left % right`; leaves for a zero divisor, and for -2**63 % -1, which the machine cannot divide."""
    if right == 0:
        side_exit()
    if right == -1 and left == LEAST:
        side_exit()
    remainder = remainder_truncated(left, right)
    return remainder + select((remainder != 0) & ((remainder ^ right) < 0), right, 0)


@op(exits=Reason.ZERO_DIVISION)
def int_truediv(left: i64, right: i64) -> f64:
    """`left / right`; leaves for a zero divisor, and unless both are floats without rounding (then one division rounds right)."""
    if right == 0:
        side_exit()
    if unsigned(left + EXACT) > 2 * EXACT:
        side_exit()
    if unsigned(right + EXACT) > 2 * EXACT:
        side_exit()
    return to_f64(left) / to_f64(right)


@op()
def int_and(left: i64, right: i64) -> i64:
    """`left & right`."""
    return left & right


@op()
def int_or(left: i64, right: i64) -> i64:
    """`left | right`."""
    return left | right


@op()
def int_xor(left: i64, right: i64) -> i64:
    """`left ^ right`."""
    return left ^ right


@op()
def int_invert(value: i64) -> i64:
    """`~value`."""
    return ~value


@op(exits=Reason.OVERFLOW)
def int_lshift(left: i64, right: i64) -> i64:
    """`left << right`; leaves for counts outside 0 to 62 and when the result does not fit."""
    if unsigned(right) > 62:
        side_exit()
    shifted = i64(left << right)
    if shifted >> right != left:
        side_exit()
    return shifted


@op(exits=Reason.RANGE)
def int_rshift(left: i64, right: i64) -> i64:
    """`left >> right`; leaves for a negative count."""
    if right < 0:
        side_exit()
    return left >> select(right > 63, 63, right)


@op(exits=Reason.OVERFLOW)
def int_pow(base: i64, exponent: i64) -> i64:
    """`base ** exponent`; leaves for a negative exponent (the result is a float) and when the power does not fit."""
    if exponent < 0:
        side_exit()
    result = 1
    factor = base
    left = exponent
    while left != 0:
        if left & 1 != 0:
            result, overflow = mul_with_overflow(result, factor)
            if overflow:
                side_exit()
        left = left >> 1
        if left != 0:
            factor, overflow = mul_with_overflow(factor, factor)
            if overflow:
                side_exit()
    return result


@op()
def int_eq(left: i64, right: i64) -> bool:
    """`left == right`."""
    return left == right


@op()
def int_ne(left: i64, right: i64) -> bool:
    """`left != right`."""
    return left != right


@op()
def int_lt(left: i64, right: i64) -> bool:
    """`left < right`."""
    return left < right


@op()
def int_le(left: i64, right: i64) -> bool:
    """`left <= right`."""
    return left <= right


@op()
def int_gt(left: i64, right: i64) -> bool:
    """`left > right`."""
    return left > right


@op()
def int_ge(left: i64, right: i64) -> bool:
    """`left >= right`."""
    return left >= right


@op()
def int_min(left: i64, right: i64) -> i64:
    """`min(left, right)`."""
    return select(right < left, right, left)


@op()
def int_max(left: i64, right: i64) -> i64:
    """`max(left, right)`."""
    return select(right > left, right, left)


@op()
def int_bit_length(value: i64) -> i64:
    """`value.bit_length()`."""
    return 64 - count_leading_zeros(select(value < 0, i64(-value), value))


@op()
def int_bit_count(value: i64) -> i64:
    """`value.bit_count()`: the ones in the absolute value."""
    return count_ones(select(value < 0, i64(-value), value))


@op()
def int_to_float(value: i64) -> f64:
    """`float(value)`, rounded half to even."""
    return to_f64(value)


@op(exits=Reason.RANGE)
def int_to_float_exact(value: i64) -> f64:
    """The float equal to an int (comparisons of int and float are exact); leaves outside of -2**53 to 2**53."""
    if unsigned(value + EXACT) > 2 * EXACT:
        side_exit()
    return to_f64(value)


@op()
def int_is_true(value: i64) -> bool:
    """`bool(value)`."""
    return value != 0


@inline
def int_value(value: Object) -> i64:
    """The value of an exact int; leaves where it does not fit."""
    number = cast(IntObject, value)
    tag = number.lv_tag
    if likely(tag < COMPACT_TAG):
        return (1 - i64(tag & 3)) * number.ob_digit[0]
    overflowed = stack_array(i32, 1)
    result = PyLong_AsLongLongAndOverflow(value, overflowed)
    if overflowed[0] != 0:
        side_exit()
    return result


@op(exits=Reason.TYPE)
def unbox_int(value: Object) -> i64:
    """The value of an exact int that fits; leaves for anything else."""
    if value.ob_type is not address_of("PyLong_Type"):
        side_exit()
    return int_value(value)


@op(effects=ALLOCATES, new_reference=True, lazy=True)
def box_int(value: i64) -> IntObject:
    """The int object of a value."""
    return cast(IntObject, existing(PyLong_FromLongLong(value)))


@op(effects=ALLOCATES, new_reference=True, lazy=True, nullable=True)
def box_int_if(bound: bool, value: i64) -> Object | None:
    """The int object of a variable's value; NULL where the variable is unbound."""
    if not bound:
        return None
    return existing(PyLong_FromLongLong(value))
