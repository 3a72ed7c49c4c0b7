"""Values of the low-level language while it is translated: an LLVM operand and its type.

In expressions there are `i64`, `u64`, `f64`, `bool` and pointers; narrower integers exist in memory and in C signatures only.
"""

from __future__ import annotations

import struct

from whitehot.cpython.structure import BOOL_TYPE, SCALARS, ArrayType, FieldType, Pointer, ScalarType
from whitehot.record import dataclass

I64 = SCALARS["i64"]
U64 = SCALARS["u64"]
F64 = SCALARS["f64"]
LENGTH = SCALARS["length"]
BOOL = BOOL_TYPE


@dataclass(frozen=True, slots=True)
class Value:
    """An LLVM operand. `literal` is set for number literals, which adapt to what stands beside them."""

    text: str
    type: FieldType
    literal: float | None = None

    @property
    def is_pointer(self) -> bool:
        return not isinstance(self.type, ScalarType)

    @property
    def is_integer(self) -> bool:
        return self.type is I64 or self.type is U64


NULL = Value("null", Pointer)


def widened(type_: FieldType) -> FieldType:
    """The type that a stored value has in expressions."""
    if isinstance(type_, ScalarType) and type_.kind in {"int", "uint"}:
        return U64 if type_ is U64 else I64
    if isinstance(type_, ArrayType):
        return ArrayType(type_.element)
    return type_


def integer_type(type_: FieldType) -> ScalarType | None:
    """The type if it is an integer type, of whatever width."""
    return type_ if isinstance(type_, ScalarType) and type_.kind in {"int", "uint"} else None


def register_type(type_: FieldType) -> str:
    """The LLVM type of a value in expressions."""
    if not isinstance(type_, ScalarType):
        return "ptr"
    return {"float": "double", "bool": "i1"}.get(type_.kind, "i64")


def c_type(type_: FieldType) -> str:
    """The LLVM type of a C parameter or result."""
    if not isinstance(type_, ScalarType):
        return "ptr"
    return {"float": "double", "bool": "i1"}.get(type_.kind, f"i{type_.bits}")


def memory_type(type_: FieldType) -> str:
    """The LLVM type of a value in memory."""
    return "i8" if type_ is BOOL else c_type(type_)


def extension(type_: FieldType) -> str:
    """How a C caller or callee widens a small integer: an LLVM attribute with a space, or nothing."""
    if not isinstance(type_, ScalarType) or type_.bits >= 32:
        return ""
    return "signext " if type_.kind == "int" else "zeroext "


def integer_literal(value: int) -> str:
    """An integer as LLVM text. Raises OverflowError if it has more than 64 bits."""
    if not -(1 << 63) <= value < 1 << 64:
        raise OverflowError(f"{value} does not fit 64 bits")
    return str(value - (1 << 64) if value >> 63 == 1 else value)


def float_literal(value: float) -> str:
    """A float as LLVM text, exact to the bit."""
    return f"0x{struct.unpack('<Q', struct.pack('<d', value))[0]:016X}"


#: What names consist of that need no quotes.
_PLAIN = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.$")


def symbol_literal(name: str) -> str:
    """A symbol as LLVM text."""
    if _PLAIN.issuperset(name) and not name[:1].isdigit() and name:
        return f"@{name}"
    quoted = "".join(
        chr(byte) if 32 <= byte < 127 and byte not in b'"\\' else f"\\{byte:02X}" for byte in name.encode()
    )
    return f'@"{quoted}"'


def number(value: float) -> Value:
    """A literal."""
    if isinstance(value, bool):
        return Value("true" if value else "false", BOOL)
    if isinstance(value, int):
        return Value(integer_literal(value), U64 if value >> 63 == 1 else I64, value)
    return Value(float_literal(value), F64, value)


def adapted(value: Value, wanted: FieldType) -> Value | None:
    """The value as one of type `wanted` where that is implicit: literals, pointers to derived structures, null."""
    if value.type == wanted:
        return value
    if value.literal is not None and isinstance(wanted, ScalarType):
        if wanted is F64:
            return number(float(value.literal))
        if wanted in {I64, U64} and isinstance(value.literal, int):
            return Value(value.text, wanted, value.literal)
    if value.is_pointer and not isinstance(wanted, ScalarType):
        if value.text == "null" or wanted is Pointer:
            return Value(value.text, wanted)
        if isinstance(value.type, type) and isinstance(wanted, type) and issubclass(value.type, wanted):
            return Value(value.text, wanted)
    return None


def common_type(left: Value, right: Value) -> FieldType | None:
    """The type that both can be adapted to, None if there is none."""
    for one, other in ((left, right), (right, left)):
        if adapted(one, other.type) is not None and (one.literal is not None or other.literal is None):
            return other.type
    if left.is_pointer and right.is_pointer:
        if isinstance(left.type, type) and isinstance(right.type, type):
            return next(base for base in left.type.__mro__ if issubclass(right.type, base))
        return Pointer
    return None
