"""Arithmetic and comparison: typed where types are known or were seen, otherwise through CPython's generic functions."""

from __future__ import annotations

from whitehot.build.builder import Region, bytecode
from whitehot.build.bytecodes_data import load_subscript
from whitehot.build.entries import Entry, Virtual
from whitehot.bytecode.snapshot import BytecodeInstruction
from whitehot.ir import ops
from whitehot.ir.graph import Instruction, Symbol, Value
from whitehot.ir.operation import Operation
from whitehot.ir.types import Kind
from whitehot.reasons import Reason

#: BINARY_OP's oparg (Include/opcode.h, NB_*): the operator, and whether it is the in-place form.
OPERATORS = ("+", "&", "//", "<<", "@", "*", "%", "|", "**", ">>", "-", "/", "^")
SUBSCRIPT = 26

INT_OPERATIONS: dict[str, Operation] = {
    "+": ops.int_add,
    "-": ops.int_sub,
    "*": ops.int_mul,
    "//": ops.int_floordiv,
    "%": ops.int_mod,
    "/": ops.int_truediv,
    "&": ops.int_and,
    "|": ops.int_or,
    "^": ops.int_xor,
    "<<": ops.int_lshift,
    ">>": ops.int_rshift,
    "**": ops.int_pow,
}
FLOAT_OPERATIONS: dict[str, Operation] = {
    "+": ops.float_add,
    "-": ops.float_sub,
    "*": ops.float_mul,
    "/": ops.float_div,
    "//": ops.float_floordiv,
    "%": ops.float_mod,
    "**": ops.float_pow,
}
GENERIC = {
    "+": "Add",
    "-": "Subtract",
    "*": "Multiply",
    "//": "FloorDivide",
    "%": "Remainder",
    "/": "TrueDivide",
    "&": "And",
    "|": "Or",
    "^": "Xor",
    "<<": "Lshift",
    ">>": "Rshift",
    "@": "MatrixMultiply",
}

_NUMBERS = frozenset({"int", "float", "bool"})

_REPEATED_BY = frozenset({"int", "bool"})

#: Operators that are there for ints before all.
_INT_OPERATORS = frozenset({"&", "|", "^", "<<", ">>", "%", "//"})


@bytecode("BINARY_OP")
def binary_op(region: Region, instruction: BytecodeInstruction) -> None:
    right = region.pop()
    left = region.pop()
    if instruction.argument == SUBSCRIPT:
        region.push(load_subscript(region, left, right, instruction))
        return
    operator = OPERATORS[instruction.argument % len(OPERATORS)]
    in_place = instruction.argument >= len(OPERATORS)
    region.push(binary(region, operator, in_place, left, right, instruction))


def operand_types(
    region: Region, left: Entry, right: Entry, instruction: BytecodeInstruction
) -> tuple[str | None, str | None]:
    """The types to compile for: what is certain, else what the interpreter specialized for, else what was seen."""
    types = [
        region.python_type(entry) or region.seen_type(operand) or region.likely_type(entry)
        for operand, entry in enumerate((left, right))
    ]
    return types[0], types[1]


def binary(
    region: Region, operator: str, in_place: bool, left: Entry, right: Entry, instruction: BytecodeInstruction
) -> Entry:
    types = _guess_other(region, operator, *operand_types(region, left, right, instruction))
    rejected = region.unit.is_rejected(region.code, region.instruction.offset, Reason.OVERFLOW)
    if types == ("str", "str") and operator == "+":
        return _concatenate(region, left, right)
    if "list" in types and not in_place:
        if operator == "+" and types == ("list", "list"):
            return _list_of(region, ops.list_concat, region.guard(left, "list"), region.guard(right, "list"))
        if operator == "*" and not _REPEATED_BY.isdisjoint(types):
            items, times, kind = (left, right, types[1]) if types[0] == "list" else (right, left, types[0])
            return _list_of(region, ops.list_repeat, region.guard(items, "list"), region.as_int(times, kind))
    if set(types) <= _NUMBERS and not isinstance(left, Virtual) and not isinstance(right, Virtual):
        if "float" in types and operator in FLOAT_OPERATIONS:
            return region.emit(
                FLOAT_OPERATIONS[operator], region.as_number(left, types[0]), region.as_number(right, types[1])
            )
        if types == ("bool", "bool") and operator in "&|^":
            operation = {"&": ops.bool_and, "|": ops.bool_or, "^": ops.bool_xor}[operator]
            return region.emit(operation, region.as_bool(left), region.as_bool(right))
        if "float" not in types and operator in INT_OPERATIONS and not rejected:
            if operator == "**" and not _is_constant_exponent(right):
                return _generic(region, operator, in_place, left, right)
            return region.emit(INT_OPERATIONS[operator], region.as_int(left, types[0]), region.as_int(right, types[1]))
    return _generic(region, operator, in_place, left, right)


def _guess_other(region: Region, operator: str, left: str | None, right: str | None) -> tuple[str | None, str | None]:
    """The types, where what nothing is known of is taken for an int because the other operand is one. The interpreter says nothing of most of these operators; those that are done with
    something else than ints have that on the left, as in `text % number`.
    """
    if region.speculates and operator in _INT_OPERATORS:
        if left == "int" and right is None:
            return left, "int"
        if right == "int" and left is None and operator not in ("%", "//"):
            return "int", right
    return left, right


def _is_constant_exponent(entry: Entry) -> bool:
    """int ** negative is a float: only exponents known to be non-negative have an integer form."""
    producer = entry.producer if isinstance(entry, Value) else None
    if not isinstance(producer, Instruction) or producer.operation is not ops.constant:
        return False
    value = producer.attributes[0]
    return isinstance(value, int) and value >= 0


def _concatenate(region: Region, left: Entry, right: Entry) -> Value:
    """str + str. Where the result is stored right back to the variable that held the left operand, the string grows in place as in
    the interpreter (BINARY_OP_INPLACE_ADD_UNICODE), which keeps building a string linear.
    """
    first, second = region.guard(left, "str"), region.guard(right, "str")
    following = region.code.instruction_at(region.instruction.next_offset)
    if following.opcode == "STORE_FAST" and following.argument < len(region.locals):
        held = region.locals[following.argument]
        if isinstance(held, Value) and region.unit.root(held) is region.unit.root(first):
            state = region.state()
            region.locals[following.argument] = None
            return region.emit(ops.str_append, first, second, state=state)
    return region.emit(ops.str_concat, first, second)


def _list_of(region: Region, operation: Operation, items: Value, other: Value) -> Value:
    """A list made of another one, with the like of its items."""
    made = region.emit(operation, items, other)
    hint = region.full_hint(items)
    if not other.type.is_object or region.full_hint(other) == hint:
        made.hint = hint
    return made


def _generic(region: Region, operator: str, in_place: bool, left: Entry, right: Entry) -> Value:
    first, second = region.as_object(left), region.as_object(right)
    if operator == "**":
        return region.arbitrary(ops.object_inplace_power if in_place else ops.object_power, first, second)
    name = f"PyNumber_{'InPlace' if in_place else ''}{GENERIC[operator]}"
    return region.arbitrary(ops.object_binary, first, second, attributes=(Symbol(name),))


@bytecode("UNARY_NEGATIVE")
def unary_negative(region: Region, instruction: BytecodeInstruction) -> None:
    entry = region.pop()
    python = region.likely_type(entry)
    if python in ("int", "bool"):
        region.push(region.emit(ops.int_neg, region.as_int(entry)))
    elif python == "float":
        region.push(region.emit(ops.float_neg, region.as_float(entry)))
    else:
        region.push(
            region.arbitrary(ops.object_unary, region.as_object(entry), attributes=(Symbol("PyNumber_Negative"),))
        )


@bytecode("UNARY_INVERT")
def unary_invert(region: Region, instruction: BytecodeInstruction) -> None:
    entry = region.pop()
    if region.likely_type(entry) == "int":
        region.push(region.emit(ops.int_invert, region.as_int(entry)))
    else:
        region.push(
            region.arbitrary(ops.object_unary, region.as_object(entry), attributes=(Symbol("PyNumber_Invert"),))
        )


# --- comparison ---

COMPARISONS = ("<", "<=", "==", "!=", ">", ">=")
_NAMES = {"<": "lt", "<=": "le", "==": "eq", "!=": "ne", ">": "gt", ">=": "ge"}


def _comparison(family: str, operator: str) -> Operation:
    operation: Operation = getattr(ops, f"{family}_{_NAMES[operator]}")
    return operation


@bytecode("COMPARE_OP")
def compare_op(region: Region, instruction: BytecodeInstruction) -> None:
    right = region.pop()
    left = region.pop()
    operator = COMPARISONS[instruction.argument >> 5]
    wants_bool = bool(instruction.argument & 16)
    result = compare(region, operator, left, right, instruction)
    if result is not None:
        region.push(result)
        return
    code = COMPARISONS.index(operator)
    generic = region.arbitrary(ops.object_compare, region.as_object(left), region.as_object(right), attributes=(code,))
    if wants_bool:
        # The comparison's result is asked for its truth within this bytecode.
        generic = region.arbitrary(ops.object_is_true, generic)
    region.push(generic)


def compare(region: Region, operator: str, left: Entry, right: Entry, instruction: BytecodeInstruction) -> Value | None:
    """The typed comparison as a machine bool; None where there is none."""
    types = operand_types(region, left, right, instruction)
    if types == ("str", "str"):
        first, second = region.guard(left, "str"), region.guard(right, "str")
        if operator in ("==", "!="):
            return region.emit(_comparison("str", operator), first, second)
        return region.emit(
            _comparison("int", operator), region.emit(ops.str_compare, first, second), region.constant(0)
        )
    if not set(types) <= _NUMBERS or isinstance(left, Virtual) or isinstance(right, Virtual):
        return None
    if "float" in types:
        return region.emit(
            _comparison("float", operator), _exact_float(region, left, types[0]), _exact_float(region, right, types[1])
        )
    return region.emit(_comparison("int", operator), region.as_int(left), region.as_int(right))


def _exact_float(region: Region, entry: Entry, python: str | None) -> Value:
    """Ints compare with floats by exact value: only those that a float holds take the fast path."""
    if python == "float":
        return region.as_float(entry)
    return region.emit(ops.int_to_float_exact, region.as_int(entry))


@bytecode("IS_OP")
def is_op(region: Region, instruction: BytecodeInstruction) -> None:
    right = region.pop()
    left = region.pop()
    inverted = bool(instruction.argument)
    result = _identity(region, left, right)
    region.push(region.emit(ops.bool_not, result) if inverted else result)


def _identity(region: Region, left: Entry, right: Entry) -> Value:
    if left is right and left is not None:
        return region.constant(True)
    known = region.python_type(left), region.python_type(right)
    if None not in known and known[0] != known[1]:
        return region.constant(False)
    machine = [isinstance(entry, Value) and entry.type.kind is not Kind.OBJECT for entry in (left, right)]
    if known == ("bool", "bool"):
        return region.emit(ops.bool_eq, region.as_bool(left), region.as_bool(right))
    if any(machine) and not any(python in ("NoneType", "bool") for python in known):
        # Which of equal numbers are one object is the interpreter's business: such code keeps the objects it has.
        raise region.unsupported(Reason.BYTECODE, "IS_OP of numbers")
    return region.emit(ops.is_same, region.as_object(left), region.as_object(right))


@bytecode("CONTAINS_OP")
def contains_op(region: Region, instruction: BytecodeInstruction) -> None:
    container = region.pop()
    item = region.pop()
    found = region.arbitrary(ops.object_contains, region.as_object(container), region.as_object(item))
    region.push(region.emit(ops.bool_not, found) if instruction.argument else found)
