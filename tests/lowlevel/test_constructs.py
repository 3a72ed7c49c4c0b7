"""Every construct of the low-level language, compiled and compared with the same function run by Python."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any

import pytest
from tests.lowlevel.native import compiled

from whitehot.lowlevel.intrinsics import inline, likely, remainder_truncated, routine, select, unlikely, unreachable
from whitehot.lowlevel.types import f64, i8, i16, i32, i64, u8, u16, u32, u64

INTEGERS = [0, 1, -1, 2, 3, 7, 63, 100, -100, 2**31, -(2**31), 2**53 + 1, 2**62, 2**63 - 1, -(2**63)]
SMALL = [0, 1, 2, 3, 5, 8, -1, -4]
FLOATS = [0.0, -0.0, 1.0, -1.5, 1e300, 5e-324, math.inf, -math.inf, math.nan]
LIMIT = 10


def wrapping(left: i64, right: i64) -> i64:
    return i64((left + right) * 3 - (left ^ right)) & i64(~left | right)


def shifts(value: i64, count: i64) -> i64:
    count = count & 31
    return i64(value << count) ^ (value >> count) ^ (i64(u64(value) >> count))


def unsigned_compare(left: i64, right: i64) -> bool:
    return u64(left) < u64(right)


def narrowing(value: i64, other: i64) -> i64:
    return i64(i8(value) + i16(value) + i32(other) + u8(value) + u16(other) + u32(value))


def chained(left: i64, right: i64) -> bool:
    return -LIMIT <= left < right <= 2 * LIMIT or left == right != 1


def logic(left: i64, right: i64) -> bool:
    return (left > 0 and not right > 0) or (left < 0) ^ (right < 0)


def branches(left: i64, right: i64) -> i64:
    if left > right:
        result = left
        extra = 1
    elif left == right:
        return 77
    else:
        result = right
        extra = 2
    result ^= extra
    return result


def early_returns(left: i64, right: i64) -> i64:
    if left < 0:
        if right < 0:
            return 1
        return 2
    if right < 0:
        return 3
    return 4


def conditional(left: i64, right: i64) -> i64:
    return (max(right, left)) ^ select(left == 3, 1, 2)


def divides(left: i64, right: i64) -> i64:
    return remainder_truncated(left, right) if right > 0 else -1


def greatest_divisor(left: i64, right: i64) -> i64:
    while right != 0:
        left, right = right, remainder_truncated(left, right)
    return left


def nested_loops(rows: i64, columns: i64) -> i64:
    total = 0
    last: i64 = -1
    for row in range(rows):
        for column in range(1, columns, 2):
            if column == 7:
                break
            if row == column:
                continue
            total += row * column
            last = column
        if total > 100:
            return total
    return total * 100 + last


def backwards(start: i64, stop: i64) -> i64:
    total = 0
    for i in range(start, stop, -3):
        total = total * 2 + i
    return total


def endless(limit: i64, step: i64) -> i64:
    count = 0
    while True:
        count += 1
        if count >= limit or step < 0:
            break
        if count > 1000:
            return -1
    return count


@inline
def ordered(left: i64, right: i64) -> tuple[i64, i64]:
    if left <= right:
        return left, right
    return right, left


@inline
def clamp(value: i64, low: i64, high: i64) -> i64:
    if value < low:
        return low
    return min(value, high)


def inlined(left: i64, right: i64) -> i64:
    low, high = ordered(left, right)
    return clamp(5, low, high) * 10 + clamp(value=low, low=-3, high=3)


@routine
def power(base: i64, exponent: i64) -> i64:
    result: i64 = 1
    for _ in range(exponent):
        result = i64(result * base)
    return result


def calls_routine(left: i64, right: i64) -> i64:
    return power(left, right & 7) ^ right


def expectations(left: i64, right: i64) -> i64:
    if likely(left < right):
        return 1
    if unlikely(left > right):
        return 2
    if left != right:
        unreachable()
    return 3


def float_arithmetic(left: f64, right: f64) -> f64:
    return -(left + right * 2) - (left - 0.5) * right


def extremes(left: f64, right: f64) -> f64:
    return max(min(left, right), -1.0) + min(right, 2)


def float_compare(left: f64, right: f64) -> i64:
    return (
        int(left < right) + 2 * int(left <= right) + 4 * int(left == right)
        + 8 * int(left != right) + 16 * int(left > right) + 32 * int(left >= right)
    )  # fmt: skip


def mixed(left: i64, right: i64) -> f64:
    return float(left) / 3 + f64(right > left) + (1 if left > 0 else 0.25)


def bools(left: i64, right: i64) -> bool:
    flag = left > right
    other = not flag
    while flag and right < 5:
        flag = other | (left < right)
        right += 1
    return flag & True if left != 3 else other


def small_results(left: i32, right: i16) -> i32:
    return left + right


def unsigned_results(left: u8, right: u32) -> u16:
    return left * 3 + right


@pytest.mark.parametrize(
    ("function", "values"),
    [
        (wrapping, INTEGERS),
        (shifts, INTEGERS),
        (unsigned_compare, INTEGERS),
        (narrowing, INTEGERS),
        (chained, SMALL),
        (logic, INTEGERS),
        (branches, INTEGERS),
        (early_returns, SMALL),
        (conditional, INTEGERS),
        (divides, INTEGERS),
        (greatest_divisor, SMALL),
        (nested_loops, SMALL),
        (backwards, SMALL),
        (endless, SMALL),
        (inlined, SMALL),
        (calls_routine, SMALL),
        (expectations, SMALL),
        (float_arithmetic, FLOATS),
        (extremes, FLOATS),
        (float_compare, FLOATS),
        (mixed, INTEGERS),
        (bools, SMALL),
        (small_results, SMALL),
        (unsigned_results, [0, 1, 200, 255]),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_compiled_does_what_python_does(function: Callable[..., Any], values: list[Any]) -> None:
    """The compiled function and the Python function agree on every pair of values, to the bit."""
    native = compiled(function)
    for left, right in itertools.product(values, repeat=2):
        assert repr(native(left, right)) == repr(function(left, right)), (left, right)
