"""Constant expressions: literals, module-level numbers, and what is computed from them while translating."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Container

from whitehot.cpython.structure import ScalarType, offset_of, size_of
from whitehot.lowlevel.source import Source, annotated

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_BINARY: dict[type[ast.operator], Callable[[Any, Any], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
    ast.LShift: operator.lshift,
    ast.RShift: operator.rshift,
    ast.BitAnd: operator.and_,
    ast.BitOr: operator.or_,
    ast.BitXor: operator.xor,
}
_UNARY: dict[type[ast.unaryop], Callable[[Any], float]] = {
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
    ast.Invert: operator.invert,
    ast.Not: operator.not_,
}


def constant(node: ast.expr, source: Source, local: Container[str]) -> float | bool | None:
    """The number that an expression of constants alone gives, None for any other expression."""
    match node:
        case ast.Constant(value=int() | float() as value):
            return value
        case ast.Name() | ast.Attribute():
            return _named(node, source, local)
        case ast.UnaryOp(op=op, operand=operand):
            operated = constant(operand, source, local)
            return None if operated is None else _UNARY[type(op)](operated)
        case ast.BinOp(left=left, op=op, right=right):
            one, other = constant(left, source, local), constant(right, source, local)
            if one is None or other is None or type(op) not in _BINARY:
                return None
            return _BINARY[type(op)](one, other)
        case ast.Call(func=ast.Name() | ast.Attribute() as function, args=arguments, keywords=[]):
            return _called(function, arguments, source, local)
    return None


def _named(node: ast.expr, source: Source, local: Container[str]) -> float | bool | None:
    try:
        found = source.object_of(node, local)
    except LookupError:
        return None
    if isinstance(found, bool | float):
        return found
    return int(found) if isinstance(found, int) else None


def _called(function: ast.expr, arguments: list[ast.expr], source: Source, local: Container[str]) -> float | None:
    try:
        found = source.object_of(function, local)
    except LookupError:
        return None
    if isinstance(found, ScalarType) and len(arguments) == 1:
        value = constant(arguments[0], source, local)
        if value is None or (isinstance(value, float) and found.kind != "float"):
            return None
        return found(value)
    if found is size_of and len(arguments) == 1:
        of = annotated(arguments[0])
        size: int = size_of(of)
        return size
    if found is offset_of:
        match arguments:
            case [ast.Name() | ast.Attribute() as structure, ast.Constant(value=str(field))]:
                offset: int = offset_of(source.object_of(structure, local), field)
                return offset
    return None
