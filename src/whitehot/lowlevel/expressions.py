"""Expressions of the low-level language."""

from __future__ import annotations

import ast
from collections.abc import Callable

from whitehot.cpython.structure import (
    ArrayType,
    Field,
    FieldType,
    ScalarType,
    Structure,
    field_of,
    name_of,
)
from whitehot.lowlevel.builder import Builder
from whitehot.lowlevel.constants import constant
from whitehot.lowlevel.intrinsics import PURE, Global
from whitehot.lowlevel.source import Source, annotated
from whitehot.lowlevel.values import (
    BOOL,
    F64,
    I64,
    NULL,
    U64,
    Value,
    adapted,
    common_type,
    number,
    register_type,
    symbol_literal,
)
from whitehot.record import dataclass, field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn

_INTEGER = {
    ast.Add: "add",
    ast.Sub: "sub",
    ast.Mult: "mul",
    ast.BitAnd: "and",
    ast.BitOr: "or",
    ast.BitXor: "xor",
    ast.LShift: "shl",
}
_FLOAT = {ast.Add: "fadd", ast.Sub: "fsub", ast.Mult: "fmul", ast.Div: "fdiv"}
_BITWISE = {ast.BitAnd: "and", ast.BitOr: "or", ast.BitXor: "xor"}
_COMPARISONS = {ast.Eq: "eq", ast.NotEq: "ne", ast.Lt: "lt", ast.LtE: "le", ast.Gt: "gt", ast.GtE: "ge"}


@dataclass(slots=True)
class Scope:
    """One function being translated, or one call of an inline function: its source and its variables.

    `variables` maps names to current values; None marks one that some path leaves unset or sets to another type. `declared` holds the types
    of annotated variables and parameters.
    """

    source: Source
    variables: dict[str, Value | None] = field(default_factory=dict)
    declared: dict[str, FieldType] = field(default_factory=dict)
    callers: tuple[Callable[..., Any], ...] = ()


class Expressions:
    """Translates expressions of one scope; `calls.py` adds calls, `statements.py` statements."""

    def __init__(self, builder: Builder, scope: Scope) -> None:
        self.builder = builder
        self.scope = scope

    def refuse(self, node: ast.AST, message: str) -> NoReturn:
        """Raise LowLevelError for a node."""
        self.scope.source.refuse(node, message)

    # Names and types

    def type_of(self, node: ast.expr | None, at: ast.AST) -> FieldType:
        """The type that an annotation or a type argument names."""
        if node is None:
            self.refuse(at, "an annotation is missing")
        try:
            return annotated(node)
        except ValueError as error:
            return self.refuse(at, str(error))

    def object(self, node: ast.expr) -> Any:
        """The Python object that a global name means, None for anything else."""
        try:
            return self.scope.source.object_of(node, self.scope.variables)
        except LookupError:
            return None

    def adapt(self, value: Value, wanted: FieldType, node: ast.AST) -> Value:
        """The value as a `wanted` one; refuses where only an explicit conversion gives it."""
        found = adapted(value, wanted)
        if found is not None:
            return found
        if value.is_pointer and not isinstance(wanted, ScalarType):
            hint = f"use cast({name_of(wanted)}, ...)"
        elif value.is_pointer or not isinstance(wanted, ScalarType):
            hint = "addresses and numbers are different things (address_bits gives an address as a number)"
        elif wanted is BOOL:
            hint = "compare it (x != 0)"
        elif value.type is F64:
            hint = "use truncate_to_i64(...)"
        else:
            hint = f"use {wanted}(...)"
        return self.refuse(node, f"{name_of(value.type)} where {name_of(wanted)} is wanted; {hint}")

    # Evaluation

    def value(self, node: ast.expr) -> Value:
        """Translate an expression that has one value."""
        found = self.evaluate(node)
        if isinstance(found, Value):
            return found
        what = "gives nothing" if found is None else f"gives {len(found)} values: assign them to names"
        return self.refuse(node, f"{ast.unparse(node)} {what}")

    def evaluate(self, node: ast.expr) -> Value | tuple[Value, ...] | None:
        """Translate any expression: one value, several, or none."""
        folded = constant(node, self.scope.source, self.scope.variables)
        if folded is not None:
            return number(folded)
        match node:
            case ast.Constant(value=None):
                return NULL
            case ast.Name():
                return self._name(node)
            case ast.Attribute():
                address, of = self.place(node)
                return self.builder.load(of, address)
            case ast.Subscript():
                address, of = self.place(node)
                return self.builder.load(of, address)
            case ast.BinOp(left=left, op=op, right=right):
                return self.binary(op, self.value(left), self.value(right), node)
            case ast.UnaryOp():
                return self._unary(node)
            case ast.Compare():
                return self._compare(node)
            case ast.BoolOp():
                return self._short_circuit(node.op, node.values)
            case ast.IfExp():
                return self._conditional(node)
            case ast.Call():
                return self.call(node)
            case ast.Tuple(elts=elements):
                return tuple(self.value(element) for element in elements)
        return self.refuse(node, f"{ast.unparse(node)}: not in the low-level language")

    def call(self, node: ast.Call) -> Value | tuple[Value, ...] | None:
        """Translate a call."""
        raise NotImplementedError

    def _name(self, node: ast.Name) -> Value:
        if node.id not in self.scope.variables:
            return self.refuse(node, f"{node.id} is neither a variable nor a numeric constant")
        value = self.scope.variables[node.id]
        if value is None:
            self.refuse(
                node, f"{node.id} is not set, or of another type, on some path to here; set it before, annotated"
            )
        return value

    def condition(self, node: ast.expr) -> Value:
        """Translate an expression that must be a bool."""
        value = self.value(node)
        if value.type is not BOOL:
            how = "is not None" if value.is_pointer else "!= 0"
            self.refuse(node, f"a condition must be bool, not {name_of(value.type)}; write {ast.unparse(node)} {how}")
        return value

    # Places in memory

    def place(self, node: ast.expr) -> tuple[Value, FieldType]:
        """The address and the stored type of a field, an element or a global variable."""
        if isinstance(node, ast.Attribute):
            owner = self.object(node.value)
            if isinstance(owner, Global):
                return self._global(owner, node)
            pointer = self.value(node.value)
            found = self.field(pointer, node.attr, node)
            return self.builder.at_offset(pointer, found.offset, pointer.type), found.type
        if isinstance(node, ast.Subscript):
            row = self.value(node.value)
            if not isinstance(row.type, ArrayType):
                self.refuse(node, f"{name_of(row.type)} has no elements; cast it to Array[...]")
            index = self.value(node.slice)
            if not index.is_integer:
                self.refuse(node, f"an index must be an integer, not {name_of(index.type)}")
            return self.builder.element(row, index), row.type.element
        return self.refuse(node, f"{ast.unparse(node)} is not a place in memory")

    def field(self, pointer: Value, name: str, node: ast.AST) -> Field:
        """A field of the structure that a value is the address of."""
        if not (isinstance(pointer.type, type) and issubclass(pointer.type, Structure)):
            self.refuse(node, f"{name_of(pointer.type)} has no field {name}; cast it to a structure")
        try:
            return field_of(pointer.type, name)
        except (AttributeError, ValueError) as error:
            return self.refuse(node, str(error))

    def _global(self, variable: Global[Any], node: ast.Attribute) -> tuple[Value, FieldType]:
        self.builder.globals[variable.name] = variable
        of: FieldType = BOOL if variable.type is bool else variable.type
        where = Value(symbol_literal(variable.name), ArrayType(of))
        if node.attr == "value":
            return where, of
        if node.attr == "address":
            return where, ArrayType(of, inline=True)
        return self.refuse(node, "a global variable has .value and .address")

    # Operators

    def binary(self, op: ast.operator, left: Value, right: Value, node: ast.AST) -> Value:
        """Translate an arithmetic or bit operator."""
        type_ = common_type(left, right)
        if left.is_integer and right.is_integer and type_ is None:
            type_ = U64
        if isinstance(op, ast.FloorDiv | ast.Mod) or (isinstance(op, ast.Div) and type_ is not F64):
            self.refuse(node, "no //, %, / of integers; use divide_truncated and remainder_truncated")
        instruction = None
        if type_ in (I64, U64):
            right_shift = "lshr" if left.type is U64 else "ashr"
            instruction = right_shift if isinstance(op, ast.RShift) else _INTEGER.get(type(op))
            if isinstance(op, ast.LShift | ast.RShift):
                type_ = left.type
        elif type_ is F64:
            instruction = _FLOAT.get(type(op))
            left, right = self.adapt(left, F64, node), self.adapt(right, F64, node)
        elif type_ is BOOL:
            instruction = _BITWISE.get(type(op))
        if instruction is None or type_ is None:
            hint = " (add_bytes moves an address)" if left.is_pointer else ""
            types = f"{name_of(left.type)} and {name_of(right.type)}"
            return self.refuse(node, f"no operator {type(op).__name__} of {types}{hint}")
        llvm = register_type(type_)
        return self.builder.result(type_, f"{instruction} {llvm} {left.text}, {right.text}")

    def _unary(self, node: ast.UnaryOp) -> Value:
        if isinstance(node.op, ast.Not):
            return self.builder.result(BOOL, f"xor i1 {self.condition(node.operand).text}, true")
        value = self.value(node.operand)
        if isinstance(node.op, ast.USub) and value.type is F64:
            return self.builder.result(F64, f"fneg double {value.text}")
        if isinstance(node.op, ast.USub) and value.is_integer:
            return self.builder.result(value.type, f"sub i64 0, {value.text}")
        if isinstance(node.op, ast.Invert) and value.is_integer:
            return self.builder.result(value.type, f"xor i64 {value.text}, -1")
        return self.refuse(node, f"no operator {type(node.op).__name__} of {name_of(value.type)}")

    def _compare(self, node: ast.Compare) -> Value:
        return self._compare_chain(self.value(node.left), node.ops, node.comparators, node)

    def _compare_chain(self, left: Value, ops: list[ast.cmpop], comparators: list[ast.expr], node: ast.AST) -> Value:
        right = self.value(comparators[0])
        first = self._compare_two(ops[0], left, right, node)
        if len(ops) == 1:
            return first

        def rest() -> Value:
            return self._compare_chain(right, ops[1:], comparators[1:], node)

        return self._and_then(first, rest, stops=False, is_pure=all(map(self.is_pure, comparators[1:])))

    def _compare_two(self, op: ast.cmpop, left: Value, right: Value, node: ast.AST) -> Value:
        if isinstance(op, ast.Is | ast.IsNot):
            if not (left.is_pointer and right.is_pointer):
                self.refuse(node, "`is` compares addresses; use == for numbers")
            return self.builder.result(
                BOOL, f"icmp {'eq' if isinstance(op, ast.Is) else 'ne'} ptr {left.text}, {right.text}"
            )
        name = _COMPARISONS.get(type(op))
        type_ = common_type(left, right)
        if left.is_integer and right.is_integer and type_ is None:
            type_ = U64
        if name is None or type_ is None or not isinstance(type_, ScalarType):
            hint = "compare addresses with `is`" if left.is_pointer else "convert one of them"
            self.refuse(node, f"cannot compare {name_of(left.type)} with {name_of(right.type)} so; {hint}")
        if type_ is F64:
            left, right = self.adapt(left, F64, node), self.adapt(right, F64, node)
            return self.builder.result(
                BOOL, f"fcmp {'une' if name == 'ne' else f'o{name}'} double {left.text}, {right.text}"
            )
        if name in {"eq", "ne"}:
            return self.builder.result(
                BOOL, f"icmp {name} {'i1' if type_ is BOOL else 'i64'} {left.text}, {right.text}"
            )
        if type_ is BOOL:
            self.refuse(node, "bools have no order")
        return self.builder.result(BOOL, f"icmp {'u' if type_ is U64 else 's'}{name} i64 {left.text}, {right.text}")

    # Conditional evaluation

    def is_pure(self, node: ast.expr) -> bool:
        """Whether it may be evaluated although its value may not be wanted: neither loads, nor calls, nor divides."""
        for part in ast.walk(node):
            if (
                isinstance(part, ast.Attribute | ast.Subscript)
                and constant(part, self.scope.source, self.scope.variables) is None
            ):
                return False
            if isinstance(part, ast.Call) and not self._is_pure_call(part):
                return False
        return True

    def _is_pure_call(self, node: ast.Call) -> bool:
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        if name in {"divide_truncated", "remainder_truncated"}:
            return False
        harmless = {
            "int",
            "float",
            "cast",
            "null",
            "select",
            "likely",
            "unlikely",
            "address_bits",
            "address_of",
            "add_bytes",
        }
        return name in PURE or name in harmless or isinstance(self.object(node.func), ScalarType)

    def _short_circuit(self, op: ast.boolop, operands: list[ast.expr]) -> Value:
        first = self.condition(operands[0])
        if len(operands) == 1:
            return first
        is_pure = all(map(self.is_pure, operands[1:]))
        return self._and_then(
            first, lambda: self._short_circuit(op, operands[1:]), stops=isinstance(op, ast.Or), is_pure=is_pure
        )

    def any_of(self, conditions: list[ast.expr]) -> Value:
        """Their `or`."""
        return self._short_circuit(ast.Or(), conditions)

    def _and_then(self, first: Value, rest: Callable[[], Value], *, stops: bool, is_pure: bool) -> Value:
        """`first` if it is `stops`, otherwise `rest()`, which is evaluated only then unless it is pure."""
        stopped = "true" if stops else "false"
        if is_pure or self.builder.block is None:
            chosen = ("true", rest().text) if stops else (rest().text, "false")
            return self.builder.result(BOOL, f"select i1 {first.text}, i1 {chosen[0]}, i1 {chosen[1]}")
        before, more, join = self.builder.here(), self.builder.label(), self.builder.label()
        self.builder.branch(first, *((join, more) if stops else (more, join)))
        self.builder.begin(more)
        last = rest()
        incoming = [(Value(stopped, BOOL), before)]
        if self.builder.block is not None:
            incoming.append((last, self.builder.here()))
            self.builder.jump(join)
        self.builder.begin(join)
        return self.builder.phi(BOOL, incoming)

    def _conditional(self, node: ast.IfExp) -> Value:
        condition = self.condition(node.test)
        if self.is_pure(node.body) and self.is_pure(node.orelse):
            return self.choose(condition, self.value(node.body), self.value(node.orelse), node)
        if self.builder.block is None:
            return self.value(node.body)
        labels = self.builder.label(), self.builder.label()
        join = self.builder.label()
        self.builder.branch(condition, *labels)
        results = []
        for label, branch in zip(labels, (node.body, node.orelse), strict=True):
            self.builder.begin(label)
            value = self.value(branch)
            if self.builder.block is not None:
                results.append((value, self.builder.here()))
                self.builder.jump(join)
        if not results:
            return value
        self.builder.begin(join)
        type_ = results[0][0].type if len(results) == 1 else self.common(results[0][0], results[1][0], node)
        return self.builder.phi(type_, [(self.adapt(value, type_, node), label) for value, label in results])

    def common(self, left: Value, right: Value, node: ast.AST) -> FieldType:
        """The type that either of two values can be taken for."""
        type_ = common_type(left, right)
        if type_ is None:
            self.refuse(node, f"{name_of(left.type)} or {name_of(right.type)}: convert one of them")
        return type_

    def choose(self, condition: Value, chosen: Value, other: Value, node: ast.AST) -> Value:
        """One of two values, both evaluated."""
        type_ = self.common(chosen, other, node)
        chosen, other = self.adapt(chosen, type_, node), self.adapt(other, type_, node)
        llvm = register_type(type_)
        return self.builder.result(type_, f"select i1 {condition.text}, {llvm} {chosen.text}, {llvm} {other.text}")
