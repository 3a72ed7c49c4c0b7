"""The functions of `math`: the C library's, as CPython calls them, where they raise nothing.

Source: `Modules/mathmodule.c`. What CPython raises for, or treats on its own, leaves to the interpreter; so does some of
the ground near by, so that each condition is simple. Compiled code must not simplify these calls: `pow(x, 2.0)` and `x * x`
differ in the last bit.
"""

from __future__ import annotations

from whitehot.cpython.capi import (
    acos,
    acosh,
    asin,
    asinh,
    atan,
    atan2,
    atanh,
    cbrt,
    cos,
    cosh,
    erf,
    erfc,
    exp,
    exp2,
    expm1,
    fmod,
    log,
    log1p,
    log2,
    log10,
    sin,
    sinh,
    tan,
    tanh,
)
from whitehot.ir.operation import op
from whitehot.lowlevel.intrinsics import copysign, is_finite, side_exit, sqrt
from whitehot.lowlevel.types import f64
from whitehot.reasons import Reason

#: `exp` and its kin overflow a little beyond these.
MOST_EXPONENT = 709.0
MOST_POWER_OF_TWO = 1023.0

DEGREES_PER_RADIAN = 180.0 / 3.141592653589793
RADIANS_PER_DEGREE = 3.141592653589793 / 180.0


@op(exits=Reason.RANGE)
def float_sqrt(value: f64) -> f64:
    """`math.sqrt(value)`; leaves for negative numbers."""
    if value < 0.0:
        side_exit()
    return sqrt(value)


@op(exits=Reason.RANGE)
def float_sin(value: f64) -> f64:
    """`math.sin(value)`; leaves for infinities and NaN."""
    if not is_finite(value):
        side_exit()
    return sin(value)


@op(exits=Reason.RANGE)
def float_cos(value: f64) -> f64:
    """`math.cos(value)`; leaves for infinities and NaN."""
    if not is_finite(value):
        side_exit()
    return cos(value)


@op(exits=Reason.RANGE)
def float_tan(value: f64) -> f64:
    """`math.tan(value)`; leaves for infinities and NaN."""
    if not is_finite(value):
        side_exit()
    return tan(value)


@op(exits=Reason.RANGE)
def float_asin(value: f64) -> f64:
    """`math.asin(value)`; leaves outside of -1 to 1."""
    if not (value >= -1.0 and value <= 1.0):
        side_exit()
    return asin(value)


@op(exits=Reason.RANGE)
def float_acos(value: f64) -> f64:
    """`math.acos(value)`; leaves outside of -1 to 1."""
    if not (value >= -1.0 and value <= 1.0):
        side_exit()
    return acos(value)


@op()
def float_atan(value: f64) -> f64:
    """`math.atan(value)`."""
    return atan(value)


@op()
def float_asinh(value: f64) -> f64:
    """`math.asinh(value)`."""
    return asinh(value)


@op(exits=Reason.RANGE)
def float_acosh(value: f64) -> f64:
    """`math.acosh(value)`; leaves below 1."""
    if not (value >= 1.0):
        side_exit()
    return acosh(value)


@op(exits=Reason.RANGE)
def float_atanh(value: f64) -> f64:
    """`math.atanh(value)`; leaves outside of -1 to 1, and for these two."""
    if not (value > -1.0 and value < 1.0):
        side_exit()
    return atanh(value)


@op(exits=Reason.RANGE)
def float_sinh(value: f64) -> f64:
    """`math.sinh(value)`; leaves near overflow and for NaN."""
    if not (value >= -MOST_EXPONENT and value <= MOST_EXPONENT):
        side_exit()
    return sinh(value)


@op(exits=Reason.RANGE)
def float_cosh(value: f64) -> f64:
    """`math.cosh(value)`; leaves near overflow and for NaN."""
    if not (value >= -MOST_EXPONENT and value <= MOST_EXPONENT):
        side_exit()
    return cosh(value)


@op()
def float_tanh(value: f64) -> f64:
    """`math.tanh(value)`."""
    return tanh(value)


@op(exits=Reason.RANGE)
def float_exp(value: f64) -> f64:
    """`math.exp(value)`; leaves near overflow and for NaN."""
    if not (value <= MOST_EXPONENT):
        side_exit()
    return exp(value)


@op(exits=Reason.RANGE)
def float_expm1(value: f64) -> f64:
    """`math.expm1(value)`; leaves near overflow and for NaN."""
    if not (value <= MOST_EXPONENT):
        side_exit()
    return expm1(value)


@op(exits=Reason.RANGE)
def float_exp2(value: f64) -> f64:
    """`math.exp2(value)`; leaves near overflow and for NaN."""
    if not (value <= MOST_POWER_OF_TWO):
        side_exit()
    return exp2(value)


@op(exits=Reason.RANGE)
def float_log(value: f64) -> f64:
    """`math.log(value)`; leaves for zero, negative numbers and NaN."""
    if not (value > 0.0):
        side_exit()
    return log(value)


@op(exits=Reason.RANGE)
def float_log2(value: f64) -> f64:
    """`math.log2(value)`; leaves for zero, negative numbers and NaN."""
    if not (value > 0.0):
        side_exit()
    return log2(value)


@op(exits=Reason.RANGE)
def float_log10(value: f64) -> f64:
    """`math.log10(value)`; leaves for zero, negative numbers and NaN."""
    if not (value > 0.0):
        side_exit()
    return log10(value)


@op(exits=Reason.RANGE)
def float_log1p(value: f64) -> f64:
    """`math.log1p(value)`; leaves for -1, less and NaN."""
    if not (value > -1.0):
        side_exit()
    return log1p(value)


@op()
def float_cbrt(value: f64) -> f64:
    """`math.cbrt(value)`."""
    return cbrt(value)


@op()
def float_erf(value: f64) -> f64:
    """`math.erf(value)`."""
    return erf(value)


@op()
def float_erfc(value: f64) -> f64:
    """`math.erfc(value)`."""
    return erfc(value)


@op()
def float_degrees(value: f64) -> f64:
    """`math.degrees(value)`."""
    return value * DEGREES_PER_RADIAN


@op()
def float_radians(value: f64) -> f64:
    """`math.radians(value)`."""
    return value * RADIANS_PER_DEGREE


@op()
def float_atan2(left: f64, right: f64) -> f64:
    """`math.atan2(left, right)`."""
    return atan2(left, right)


@op()
def float_copysign(left: f64, right: f64) -> f64:
    """`math.copysign(left, right)`."""
    return copysign(left, right)


@op(exits=Reason.RANGE)
def float_fmod(left: f64, right: f64) -> f64:
    """`math.fmod(left, right)`; leaves for a zero divisor, infinities and NaN."""
    if not (is_finite(left) & is_finite(right)) or right == 0.0:
        side_exit()
    return fmod(left, right)
