"""Operations over machine values: body as Python == LLVM's code == stencils == Python's own arithmetic, to the bit, exits included."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.ops.copied import copied
from tests.ops.harness import Left, compiled
from tests.ops.numbers import FLOATS, INTS, LEFT, MACHINE, VALUES, bits, is_allowed

from whitehot.ir import ops
from whitehot.ir.operation import Operation
from whitehot.ir.types import Kind
from whitehot.lowlevel.errors import SideExit

#: What each operation is to compute.
MEANING: dict[Operation, Callable[..., Any]] = {
    ops.int_add: lambda a, b: a + b,
    ops.int_sub: lambda a, b: a - b,
    ops.int_mul: lambda a, b: a * b,
    ops.int_neg: lambda a: -a,
    ops.int_abs: abs,
    ops.int_floordiv: lambda a, b: a // b,
    ops.int_mod: lambda a, b: a % b,
    ops.int_truediv: lambda a, b: a / b,
    ops.int_and: lambda a, b: a & b,
    ops.int_or: lambda a, b: a | b,
    ops.int_xor: lambda a, b: a ^ b,
    ops.int_invert: lambda a: ~a,
    ops.int_lshift: lambda a, b: a << b if b <= 100 else 0 if a == 0 else 2**100,
    ops.int_rshift: lambda a, b: a >> b,
    ops.int_pow: lambda a, b: a**b if abs(a) < 2 or b < 100 else 2**100,
    ops.int_eq: lambda a, b: a == b,
    ops.int_ne: lambda a, b: a != b,
    ops.int_lt: lambda a, b: a < b,
    ops.int_le: lambda a, b: a <= b,
    ops.int_gt: lambda a, b: a > b,
    ops.int_ge: lambda a, b: a >= b,
    ops.int_min: min,
    ops.int_max: max,
    ops.int_add_in_range: lambda a, b: a + b,
    ops.int_sub_in_range: lambda a, b: a - b,
    ops.list_place: lambda size, index: range(size)[index],
    ops.guard_places: lambda size, start, step, low, high: last_place(size, start, step, high - low),
    ops.int_bit_length: lambda a: a.bit_length(),
    ops.int_bit_count: lambda a: a.bit_count(),
    ops.int_to_float: float,
    ops.int_to_float_exact: float,
    ops.int_is_true: bool,
    ops.float_add: lambda a, b: a + b,
    ops.float_sub: lambda a, b: a - b,
    ops.float_mul: lambda a, b: a * b,
    ops.float_div: lambda a, b: a / b,
    ops.float_floordiv: lambda a, b: a // b,
    ops.float_mod: lambda a, b: a % b,
    ops.float_pow: lambda a, b: a**b,
    ops.float_neg: lambda a: -a,
    ops.float_abs: abs,
    ops.float_eq: lambda a, b: a == b,
    ops.float_ne: lambda a, b: a != b,
    ops.float_lt: lambda a, b: a < b,
    ops.float_le: lambda a, b: a <= b,
    ops.float_gt: lambda a, b: a > b,
    ops.float_ge: lambda a, b: a >= b,
    ops.float_min: min,
    ops.float_max: max,
    ops.float_is_true: bool,
    ops.float_is_nan: math.isnan,
    ops.float_is_infinite: math.isinf,
    ops.float_is_finite: math.isfinite,
    ops.float_to_int: int,
    ops.float_floor_to_int: math.floor,
    ops.float_ceil_to_int: math.ceil,
    ops.float_round_to_int: round,
    ops.bool_not: lambda a: not a,
    ops.bool_and: lambda a, b: a & b,
    ops.bool_or: lambda a, b: a | b,
    ops.bool_xor: lambda a, b: a ^ b,
    ops.bool_eq: lambda a, b: a == b,
    ops.bool_ne: lambda a, b: a != b,
    ops.bool_to_int: int,
    ops.bool_to_float: float,
    ops.range_length: lambda a, b, c: len_of(range(a, b, c)),
}
for _name in [
    "sqrt",
    "sin",
    "cos",
    "tan",
    "asin",
    "acos",
    "atan",
    "sinh",
    "cosh",
    "tanh",
    "asinh",
    "acosh",
    "atanh",
    "exp",
    "exp2",
    "expm1",
    "log",
    "log2",
    "log10",
    "log1p",
    "cbrt",
    "erf",
    "erfc",
    "degrees",
    "radians",
    "atan2",
    "copysign",
    "fmod",
]:
    MEANING[getattr(ops, f"float_{_name}")] = getattr(math, _name)

EXACT = range(-(2**53), 2**53 + 1)


def len_of(source: range) -> int:
    """The length, if the iterator is one of machine words."""
    if type(iter(source)).__name__ != "range_iterator":
        raise OverflowError
    return len(source)


def last_place(size: int, start: int, step: int, count: int) -> int:
    """The last of so many numbers from `start` on, all of which have to be places."""
    if count <= 0:
        return start
    last = start + (count - 1) * step
    if min(start, last) < 0 or max(start, last) >= size:
        raise IndexError
    return last


#: Operands for which an operation may leave although Python has a result that fits.
MAY_LEAVE: dict[Operation, Callable[..., bool]] = {
    ops.int_truediv: lambda a, b: a not in EXACT or b not in EXACT,
    ops.int_to_float_exact: lambda a: a not in EXACT,
    ops.int_mod: lambda a, b: (a, b) == (-(2**63), -1),
    ops.guard_places: lambda size, start, step, low, high: high - low >= 2**63,
    ops.int_lshift: lambda a, b: b > 62,
    ops.float_pow: lambda a, b: (
        not math.isfinite(a) or not math.isfinite(b) or (a == 0.0 and b != math.floor(b)) or abs(a**b) < 2.3e-308
    ),
    ops.float_sin: math.isnan,
    ops.float_cos: math.isnan,
    ops.float_tan: math.isnan,
    ops.float_sinh: lambda a: not abs(a) <= 709,
    ops.float_cosh: lambda a: not abs(a) <= 709,
    ops.float_exp: lambda a: not a <= 709,
    ops.float_expm1: lambda a: not a <= 709,
    ops.float_exp2: lambda a: not a <= 1023,
    ops.float_fmod: lambda a, b: not (math.isfinite(a) and math.isfinite(b)),
}
for _name in ["asin", "acos", "acosh", "atanh", "log", "log2", "log10", "log1p"]:
    MAY_LEAVE[getattr(ops, f"float_{_name}")] = math.isnan

PYTHON_ERRORS = (ZeroDivisionError, OverflowError, ValueError, IndexError)


def outcome(call: Callable[..., Any], operands: Iterable[Any]) -> object:
    """The result as bits, or LEFT."""
    try:
        return bits(call(*operands))
    except Left, SideExit:
        return LEFT


def expected(operation: Operation, operands: tuple[Any, ...]) -> object:
    """What Python computes, LEFT where it raises or the result is no machine value of the result's type."""
    assert operation.result is not None
    try:
        result = MEANING[operation](*operands)
    except PYTHON_ERRORS:
        return LEFT
    if operation.result.kind is Kind.I64 and not (isinstance(result, int) and -(2**63) <= result < 2**63):
        return LEFT
    if operation.result.kind is Kind.F64 and not isinstance(result, float):
        return LEFT  # complex
    return bits(result)


def check(operation: Operation, operands: tuple[Any, ...], *, all_variants: bool) -> None:
    """Body, LLVM's code, stencils and Python agree on these operands. `all_variants`: of the stencils, not only the next one."""
    assert operation.body is not None
    if not is_allowed(operation, operands):
        return
    native = outcome(compiled(operation), operands)
    assert outcome(operation.body, operands) == native, operands
    stencils = copied(operation)
    assert outcome(stencils if all_variants else stencils.once, operands) == native, operands
    wanted = expected(operation, operands)
    if native == LEFT and wanted != LEFT:
        assert operation in MAY_LEAVE, operands
        assert MAY_LEAVE[operation](*operands), operands
    else:
        assert native == wanted, operands


def strategies(operation: Operation) -> st.SearchStrategy[tuple[Any, ...]]:
    """Operands at the edges, near them, and anywhere."""
    of = {
        Kind.I64: st.sampled_from(INTS) | st.integers(-(2**63), 2**63 - 1) | st.integers(-300, 300),
        Kind.F64: st.sampled_from(FLOATS) | st.floats() | st.integers(-100, 100).map(float),
        Kind.BOOL: st.booleans(),
    }
    return st.tuples(*(of[operand.type.kind] for operand in operation.operands))


def test_every_machine_operation_has_a_meaning() -> None:
    """A new operation over machine values says here what it is to compute."""
    assert {o.name for o in MACHINE} == {o.name for o in MEANING}


@pytest.mark.parametrize("operation", MACHINE, ids=str)
def test_edges(operation: Operation) -> None:
    """All combinations of the values at the edges, or of some of them for operations with many operands."""
    values = [VALUES[operand.type.kind] for operand in operation.operands]
    if len(values) == 3:
        values = [value[::5] + value[:3] + value[-3:] for value in values]
    elif len(values) > 3:
        values = [[-(2**63), -(2**31), -2, -1, 0, 1, 3, 2**62, 2**63 - 1] for _ in values]
    for operands in itertools.product(*values):
        check(operation, operands, all_variants=len(values) == 1)


@pytest.mark.parametrize("operation", MACHINE, ids=str)
def test_random(operation: Operation) -> None:
    """Random operands."""

    @settings(max_examples=150, deadline=None, database=None)
    @given(strategies(operation))
    def run(operands: tuple[Any, ...]) -> None:
        check(operation, operands, all_variants=True)

    run()


@given(st.floats(-4.0, 4.0))
@settings(max_examples=1000, deadline=None, database=None)
def test_constant_exponent(base: float) -> None:
    """LLVM does not turn a power with a constant exponent into multiplications, which round differently."""
    square = compiled(ops.float_pow, literals=(None, "0x4000000000000000"))
    wanted = expected(ops.float_pow, (base, 2.0))
    native = outcome(square, (base,))
    assert native == wanted or (native == LEFT and MAY_LEAVE[ops.float_pow](base, 2.0))


def test_known_difference_of_square_and_power() -> None:
    """A base for which `x ** 2` and `x * x` differ here, if the C library has one nearby."""
    base = next((x for n in range(1, 20_000) if (x := 1.0 + n * 1.1e-5) ** 2.0 != x * x), None)
    if base is not None:
        assert compiled(ops.float_pow, literals=(None, "0x4000000000000000"))(base) == base**2.0 != base * base
