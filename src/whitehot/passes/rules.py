"""The rewrite rules, one equation each; `whitehot.passes.patterns` has the form, `tests/passes/rules.md` an example of each.

Integers are Python's: a rule is right where it gives the mathematical result, or leaves where that does not fit. Floats keep
every bit: -0.0 and NaN make `x + 0.0` and `x * 0.0` no rules.
"""

from __future__ import annotations

from whitehot.ir.graph import Edge, Instruction, Symbol, Value
from whitehot.ir.ops import (
    bool_and,
    bool_eq,
    bool_ne,
    bool_not,
    bool_or,
    bool_to_int,
    bool_xor,
    box_bool,
    box_float,
    box_int,
    branch,
    constant,
    float_abs,
    float_add,
    float_div,
    float_eq,
    float_mul,
    float_ne,
    float_neg,
    float_sub,
    float_to_int,
    guard_bound,
    guard_type,
    has_type,
    int_abs,
    int_add,
    int_and,
    int_eq,
    int_floordiv,
    int_ge,
    int_gt,
    int_invert,
    int_is_true,
    int_le,
    int_lshift,
    int_lt,
    int_max,
    int_min,
    int_mod,
    int_mul,
    int_ne,
    int_neg,
    int_or,
    int_pow,
    int_rshift,
    int_sub,
    int_to_float_exact,
    int_xor,
    is_none,
    is_null,
    is_same,
    jump,
    unbox_bool,
    unbox_float,
    unbox_int,
    unbox_number,
)
from whitehot.passes.patterns import New, Variable, match, rule

x, y = Variable("x"), Variable("y")
m, n = Variable("m", constant=True), Variable("n", constant=True)


# Boxes.


@rule(match(unbox_int, match(box_int, x)))
def unbox_int_box_int(x: Value) -> Value:
    """unbox(box(x)) = x"""
    return x


@rule(match(unbox_float, match(box_float, x)))
def unbox_float_box_float(x: Value) -> Value:
    """unbox(box(x)) = x"""
    return x


@rule(match(unbox_bool, match(box_bool, x)))
def unbox_bool_box_bool(x: Value) -> Value:
    """unbox(box(x)) = x"""
    return x


@rule(match(unbox_number, match(box_float, x)))
def unbox_number_box_float(x: Value) -> Value:
    """number(box(x)) = x"""
    return x


@rule(match(unbox_number, match(box_int, x)))
def unbox_number_box_int(x: Value) -> New:
    """number(box(x)) = float(x), leaving where float(x) is not exact"""
    return New(int_to_float_exact, (x,))


@rule(match(unbox_int, n))
def unbox_int_constant(n: float) -> int | None:
    """unbox(7) = 7 for an int object that fits"""
    return n if type(n) is int and -(2**63) <= n < 2**63 else None


@rule(match(unbox_float, n))
def unbox_float_constant(n: float) -> float | None:
    """unbox(7.5) = 7.5"""
    return n if type(n) is float else None


@rule(match(box_bool, n))
def box_bool_constant(n: bool) -> New:
    """box(True) = True, the object"""
    return New(constant, (), (Symbol("_Py_TrueStruct" if n else "_Py_FalseStruct"),))


@rule(match(box_int, match(unbox_int, x)))
def box_int_unbox_int(x: Value) -> Value:
    """box(unbox(x)) = x: the object that was there"""
    return x


@rule(match(box_float, match(unbox_float, x)))
def box_float_unbox_float(x: Value) -> Value:
    """box(unbox(x)) = x: the object that was there"""
    return x


@rule(match(box_bool, match(unbox_bool, x)))
def box_bool_unbox_bool(x: Value) -> Value:
    """box(unbox(x)) = x: the object that was there"""
    return x


# What is known of objects.


@rule(match(guard_type, x))
def guard_type_known(instruction: Instruction, x: Value) -> Value | None:
    """a guard of a type that is known is its operand"""
    return x if _knows(x) and instruction.result is not None and instruction.result.type == x.type else None


@rule(match(guard_type, match(guard_type, x)))
def guard_type_twice(instruction: Instruction, x: Value) -> Value | None:  # noqa: ARG001 - the pattern binds x
    """a guard of what such a guard gave is its operand"""
    inner = instruction.operands[0]
    producer = inner.producer
    return inner if isinstance(producer, Instruction) and producer.attributes == instruction.attributes else None


@rule(match(has_type, match(guard_type, x)))
def has_type_guarded(instruction: Instruction, x: Value) -> bool | None:  # noqa: ARG001 - the pattern binds x
    """what a guard let pass has its type"""
    producer = instruction.operands[0].producer
    return True if isinstance(producer, Instruction) and producer.attributes == instruction.attributes else None


@rule(match(guard_bound, x))
def guard_bound_known(x: Value) -> Value | None:
    """what cannot be NULL is bound"""
    return None if x.type.nullable else x


@rule(match(is_null, x))
def is_null_known(x: Value) -> bool | None:
    """what cannot be NULL is not"""
    return None if x.type.nullable else False


@rule(match(is_none, x))
def is_none_known(x: Value) -> bool | None:
    """an object whose type is known is None or is not"""
    return x.type.python == "NoneType" if _knows(x) else None


@rule(match(is_same, x, x))
def is_same_self(x: Value) -> bool:  # noqa: ARG001 - the pattern binds x
    """x is x"""
    return True


@rule(match(is_same, x, y))
def is_same_other_type(x: Value, y: Value) -> bool | None:
    """objects of different types are not the same"""
    return False if _knows(x) and _knows(y) and x.type != y.type else None


def _knows(value: Value) -> bool:
    return value.type.python is not None and not value.type.nullable


# Integers.


@rule(match(int_add, x, 0), match(int_add, 0, x), match(int_sub, x, 0))
def int_add_zero(x: Value) -> Value:
    """x + 0 = 0 + x = x - 0 = x"""
    return x


@rule(match(int_sub, x, x), match(int_xor, x, x))
def int_sub_self(x: Value) -> int:  # noqa: ARG001 - the pattern binds x
    """x - x = x ^ x = 0"""
    return 0


@rule(match(int_mul, x, 1), match(int_mul, 1, x), match(int_floordiv, x, 1), match(int_pow, x, 1))
def int_mul_one(x: Value) -> Value:
    """x * 1 = 1 * x = x // 1 = x ** 1 = x"""
    return x


@rule(match(int_mul, x, 0), match(int_mul, 0, x), match(int_and, x, 0), match(int_and, 0, x), match(int_mod, x, 1))
def int_mul_zero(x: Value) -> int:  # noqa: ARG001 - the pattern binds x
    """x * 0 = 0 * x = x & 0 = 0 & x = x % 1 = 0"""
    return 0


@rule(match(int_pow, x, 0))
def int_pow_zero(x: Value) -> int:  # noqa: ARG001 - the pattern binds x
    """x ** 0 = 1"""
    return 1


@rule(match(int_pow, x, 2))
def int_pow_two(x: Value) -> New:
    """x ** 2 = x * x"""
    return New(int_mul, (x, x))


@rule(match(int_add, match(int_add, x, m), n))
def int_add_constants(x: Value, m: int, n: int) -> New | None:
    """(x + m) + n = x + (m + n)"""
    return New(int_add, (x, m + n)) if -(2**63) <= m + n < 2**63 else None


@rule(match(int_floordiv, x, n))
def int_floordiv_power(x: Value, n: int) -> New | None:
    """x // 2**k = x >> k"""
    return New(int_rshift, (x, n.bit_length() - 1)) if n > 1 and n & (n - 1) == 0 else None


@rule(match(int_mod, x, n))
def int_mod_power(x: Value, n: int) -> New | None:
    """x % 2**k = x & (2**k - 1)"""
    return New(int_and, (x, n - 1)) if n > 1 and n & (n - 1) == 0 else None


@rule(
    match(int_or, x, 0),
    match(int_or, 0, x),
    match(int_xor, x, 0),
    match(int_xor, 0, x),
    match(int_and, x, -1),
    match(int_and, -1, x),
)
def int_or_zero(x: Value) -> Value:
    """x | 0 = 0 | x = x ^ 0 = 0 ^ x = x & -1 = -1 & x = x"""
    return x


@rule(match(int_and, x, x), match(int_or, x, x), match(int_min, x, x), match(int_max, x, x))
def int_and_self(x: Value) -> Value:
    """x & x = x | x = min(x, x) = max(x, x) = x"""
    return x


@rule(match(int_lshift, x, 0), match(int_rshift, x, 0))
def int_shift_zero(x: Value) -> Value:
    """x << 0 = x >> 0 = x"""
    return x


@rule(match(int_neg, match(int_neg, x)), match(int_invert, match(int_invert, x)))
def int_neg_twice(x: Value) -> Value:
    """-(-x) = ~~x = x"""
    return x


@rule(match(int_abs, match(int_abs, x)))
def int_abs_twice(instruction: Instruction, x: Value) -> Value:  # noqa: ARG001 - the pattern binds x
    """abs(abs(x)) = abs(x)"""
    return instruction.operands[0]


@rule(match(int_eq, x, x), match(int_le, x, x), match(int_ge, x, x))
def int_eq_self(x: Value) -> bool:  # noqa: ARG001 - the pattern binds x
    """x == x, x <= x, x >= x"""
    return True


@rule(match(int_ne, x, x), match(int_lt, x, x), match(int_gt, x, x))
def int_ne_self(x: Value) -> bool:  # noqa: ARG001 - the pattern binds x
    """not x != x, x < x, x > x"""
    return False


# Truth values.


@rule(
    match(int_is_true, match(bool_to_int, x)),
    match(int_ne, match(bool_to_int, x), 0),
    match(int_eq, match(bool_to_int, x), 1),
)
def bool_to_int_true(x: Value) -> Value:
    """bool(int(b)) = (int(b) != 0) = (int(b) == 1) = b"""
    return x


@rule(match(int_eq, match(bool_to_int, x), 0), match(int_ne, match(bool_to_int, x), 1))
def bool_to_int_false(x: Value) -> New:
    """(int(b) == 0) = (int(b) != 1) = not b"""
    return New(bool_not, (x,))


@rule(match(bool_not, match(bool_not, x)))
def bool_not_twice(x: Value) -> Value:
    """not not b = b"""
    return x


_OPPOSITES = {
    int_eq: int_ne,
    int_ne: int_eq,
    int_lt: int_ge,
    int_ge: int_lt,
    int_gt: int_le,
    int_le: int_gt,
    # Not the order of floats: NaN is neither less nor not less.
    float_eq: float_ne,
    float_ne: float_eq,
    bool_eq: bool_ne,
    bool_ne: bool_eq,
}


@rule(*(match(bool_not, match(operation, x, y)) for operation in _OPPOSITES))
def bool_not_compare(instruction: Instruction, x: Value, y: Value) -> New | None:
    """not x < y = x >= y, and so on"""
    producer = instruction.operands[0].producer
    return New(_OPPOSITES[producer.operation], (x, y)) if isinstance(producer, Instruction) else None


@rule(
    match(bool_and, x, x), match(bool_or, x, x), match(bool_and, x, True), match(bool_and, True, x), match(bool_or, x, False),
    match(bool_or, False, x), match(bool_xor, x, False), match(bool_xor, False, x), match(bool_eq, x, True), match(bool_eq, True, x),
    match(bool_ne, x, False), match(bool_ne, False, x),
)  # fmt: skip
def bool_neutral(x: Value) -> Value:
    """b and b = b and True = b or False = b ^ False = (b == True) = (b != False) = b"""
    return x


@rule(match(bool_and, x, False), match(bool_and, False, x), match(bool_xor, x, x), match(bool_ne, x, x))
def bool_never(x: Value) -> bool:  # noqa: ARG001 - the pattern binds x
    """b and False = b ^ b = (b != b) = False"""
    return False


@rule(match(bool_or, x, True), match(bool_or, True, x), match(bool_eq, x, x))
def bool_always(x: Value) -> bool:  # noqa: ARG001 - the pattern binds x
    """b or True = (b == b) = True"""
    return True


# Floats.


@rule(match(float_mul, x, 1.0), match(float_mul, 1.0, x), match(float_div, x, 1.0))
def float_mul_one(x: Value) -> Value:
    """x * 1.0 = 1.0 * x = x / 1.0 = x"""
    return x


@rule(match(float_sub, x, 0.0), match(float_add, x, -0.0), match(float_add, -0.0, x))
def float_sub_zero(x: Value) -> Value:
    """x - 0.0 = x + -0.0 = -0.0 + x = x, of -0.0 too"""
    return x


@rule(match(float_neg, match(float_neg, x)))
def float_neg_twice(x: Value) -> Value:
    """-(-x) = x"""
    return x


@rule(match(float_abs, match(float_abs, x)))
def float_abs_twice(instruction: Instruction, x: Value) -> Value:  # noqa: ARG001 - the pattern binds x
    """abs(abs(x)) = abs(x)"""
    return instruction.operands[0]


@rule(match(float_abs, match(float_neg, x)))
def float_abs_neg(x: Value) -> New:
    """abs(-x) = abs(x)"""
    return New(float_abs, (x,))


@rule(match(float_to_int, match(int_to_float_exact, x)))
def float_to_int_exact(x: Value) -> Value:
    """int(float(x)) = x where float(x) is exact"""
    return x


# Branches.


@rule(match(branch, n))
def branch_constant(instruction: Instruction, n: float) -> New:
    """a branch on a constant is a jump"""
    return New(jump, (), targets=(instruction.targets[0 if n else 1],))


@rule(match(branch, match(bool_not, x)))
def branch_not(instruction: Instruction, x: Value) -> New:
    """a branch on `not b` is one on b with its targets exchanged"""
    first, second = instruction.targets
    (likely,) = instruction.attributes
    return New(branch, (x,), (None if likely is None else not likely,), (second, first))


@rule(match(branch, x))
def branch_same(instruction: Instruction, x: Value) -> New | None:  # noqa: ARG001 - the pattern binds x
    """a branch whose targets are one is a jump"""
    first, second = instruction.targets
    return New(jump, (), targets=(first,)) if _same(first, second) else None


def _same(first: Edge, second: Edge) -> bool:
    return first.block is second.block and all(a is b for a, b in zip(first.arguments, second.arguments, strict=True))
