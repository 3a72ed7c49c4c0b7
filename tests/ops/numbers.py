"""Operands of operations over machine values, and how results are compared."""

from __future__ import annotations

import math
import operator
import struct
from collections.abc import Callable
from typing import Any

from tests.ops.harness import is_machine

from whitehot.ir import ops
from whitehot.ir.operation import Operation
from whitehot.ir.types import Kind

#: Stands for the outcome of an operation that leaves.
LEFT = "left"

INTS = sorted(
    {
        sign * (2**bits + near)
        for bits in (0, 1, 5, 15, 30, 31, 32, 52, 53, 60, 62)
        for near in (-1, 0, 1)
        for sign in (1, -1)
    }
    | {2**63 - 1, -(2**63), -(2**63) + 1, 2**63 - 2, 3, 7, 10, -10, 62, 63, 64, 65}
)
FLOATS = [
    sign * value
    for sign in (1.0, -1.0)
    for value in (
        0.0, 5e-324, 1e-310, 2.2250738585072014e-308, 1e-200, 0.1, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, math.pi, 7.0, 10.0, 0.9999999999999999,
        1.0000000000000002, 700.0, 709.5, 710.0, 1023.5, 2.0**31, 2.0**52 + 0.5, 2.0**53, 2.0**53 + 2, 2.0**63, 2.0**62, 9.223372036854775e18,
        1e19, 1e200, 1.7976931348623157e308, math.inf, math.nan,
    )
]  # fmt: skip
VALUES: dict[Kind, list[Any]] = {Kind.I64: INTS, Kind.F64: FLOATS, Kind.BOOL: [False, True]}

#: Operations whose users see to it that the result fits, and the result.
ALWAYS_IN_RANGE: dict[Operation, Callable[[int, int], int]] = {
    ops.int_add_in_range: operator.add,
    ops.int_sub_in_range: operator.sub,
}

MACHINE = [operation for operation in ops.OPERATIONS.values() if operation.body is not None and is_machine(operation)]


def is_allowed(operation: Operation, operands: tuple[Any, ...]) -> bool:
    """Whether users of the operation may give it these operands."""
    result = ALWAYS_IN_RANGE.get(operation)
    if result is not None:
        return -(2**63) <= result(*operands) < 2**63
    return operation not in (ops.list_place, ops.guard_places) or operands[0] >= 0  # no list has such a length


def bits(value: object) -> object:
    """The value, floats by their bits; all NaN alike (which NaN comes out of an operation is the processor's business)."""
    if isinstance(value, float):
        return "nan" if math.isnan(value) else struct.pack("<d", value)
    return value, type(value)
