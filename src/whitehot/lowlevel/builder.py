"""LLVM IR text under construction: blocks, fresh names, declarations, memory, conversions.

The text has holes (see `text.py`): local names and labels begin with the hole for the prefix of an instance. The block the text begins in
has no known label until somebody needs it; then the text gets an entry block of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from whitehot.cpython.capi import Signature
from whitehot.cpython.structure import ArrayType, FieldType, ScalarType, storage_size
from whitehot.lowlevel.text import EXIT_LABEL, PREFIX, RAISE_LABEL
from whitehot.lowlevel.values import (
    BOOL,
    I64,
    LENGTH,
    U64,
    Value,
    c_type,
    extension,
    integer_type,
    memory_type,
    register_type,
    symbol_literal,
    widened,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from whitehot.lowlevel.intrinsics import Global

UNLIKELY = ", !prof !9001"
LIKELY = ", !prof !9002"
NOT_NEGATIVE = ", !range !9003"

#: The largest stack alignment that native code may count on.
_ARRAY_ALIGNMENT = 8


def returned(signature: Signature) -> str:
    """The LLVM type and attribute of a C function's result."""
    return "void" if signature.result is None else f"{extension(signature.result)}{c_type(signature.result)}"


def declaration(symbol: str, signature: Signature) -> str:
    """The LLVM line that declares a C function.

    Functions of numbers alone that give a float are the C library's mathematics. LLVM must not put something else in their place: it takes
    `x * x` for `pow(x, 2.0)`, which differs in the last bit.
    """
    parameters = [f"{c_type(p)} {extension(p)}".rstrip() for p in signature.parameters] + ["..."] * signature.variadic
    numbers = all(isinstance(type_, ScalarType) for type_ in signature.parameters)
    computes = numbers and isinstance(signature.result, ScalarType) and signature.result.kind == "float"
    attributes = "nobuiltin nofree nosync nounwind willreturn memory(none)" if computes else "nounwind"
    return f"declare {returned(signature)} {symbol}({', '.join(parameters)}) {attributes}"


class Builder:
    """Collects the text of one template or function."""

    def __init__(self, *, exits: bool) -> None:
        self.exits = exits
        self.lines: list[str] = []
        self.allocas: list[str] = []
        self.declarations: dict[str, str] = {}
        self.globals: dict[str, Global[Any]] = {}
        self.routines: dict[str, Callable[..., Any]] = {}
        #: Label of the block under construction: "" for the first, None after a terminator.
        self.block: str | None = ""
        self.needs_entry_label = False
        self.can_exit = False
        self.can_raise = False
        self._names = 0

    # Blocks

    def fresh(self) -> str:
        """A new local name."""
        self._names += 1
        return f"%{PREFIX}{self._names}"

    def label(self) -> str:
        """A new label."""
        self._names += 1
        return f"{PREFIX}b{self._names}"

    def emit(self, line: str) -> None:
        """Add an instruction; ignored where control never arrives."""
        if self.block is not None:
            self.lines.append(f"  {line}")

    def terminate(self, line: str) -> None:
        """Add a terminator."""
        self.emit(line)
        self.block = None

    def begin(self, label: str) -> None:
        """Begin a block."""
        self.lines.append(f"{label}:")
        self.block = label

    def here(self) -> str:
        """The label of the current block, for use by a phi."""
        if self.block == "":
            self.needs_entry_label = True
            return f"{PREFIX}b0"
        if self.block is None:
            raise AssertionError("no current block")
        return self.block

    def jump(self, label: str) -> None:
        self.terminate(f"br label %{label}")

    def branch(self, condition: Value, then: str, otherwise: str, weights: str = "") -> None:
        self.terminate(f"br i1 {condition.text}, label %{then}, label %{otherwise}{weights}")

    def exit_label(self, *, raising: bool) -> str:
        """The label of the exit that an instance gives."""
        if raising:
            self.can_raise = True
            return RAISE_LABEL
        self.can_exit = True
        return EXIT_LABEL

    def phi(self, type_: FieldType, incoming: Iterable[tuple[Value, str]]) -> Value:
        """The value that comes with the edge taken; one that is the same from everywhere is itself."""
        incoming = list(incoming)
        if len({value.text for value, _ in incoming}) == 1:
            return Value(incoming[0][0].text, type_)
        name = self.fresh()
        self.emit(self.phi_line(name, type_, incoming))
        return Value(name, type_)

    def phi_line(self, name: str, type_: FieldType, incoming: Iterable[tuple[Value, str]]) -> str:
        return f"{name} = phi {register_type(type_)} " + ", ".join(
            f"[ {value.text}, %{label} ]" for value, label in incoming
        )

    # Instructions

    def result(self, type_: FieldType, instruction: str) -> Value:
        """Add an instruction that has a result."""
        name = self.fresh()
        self.emit(f"{name} = {instruction}")
        return Value(name, type_)

    def narrowed(self, value: Value, bits: int) -> str:
        """An integer operand cut to fewer bits."""
        if value.literal is not None and isinstance(value.literal, int):
            cut = value.literal & ((1 << bits) - 1)
            return str(cut - (1 << bits) if cut >> (bits - 1) else cut)
        return self.result(I64, f"trunc i64 {value.text} to i{bits}").text if bits < 64 else value.text

    def extended(self, text: str, type_: ScalarType) -> Value:
        """A small integer of the given type as an expression's value."""
        if type_.bits == 64:
            return Value(text, U64 if type_.kind == "uint" else I64)
        return self.result(I64, f"{'sext' if type_.kind == 'int' else 'zext'} i{type_.bits} {text} to i64")

    def wrapped(self, value: Value, type_: ScalarType) -> Value:
        """An integer or bool converted to an integer type, as C does it."""
        if value.type is BOOL:
            return self.result(widened(type_), f"zext i1 {value.text} to i64")
        if type_.bits == 64:
            return Value(value.text, type_, value.literal)
        if type_.kind == "uint":
            return self.result(I64, f"and i64 {value.text}, {(1 << type_.bits) - 1}")
        return self.extended(self.narrowed(value, type_.bits), type_)

    # Memory

    def at_offset(self, pointer: Value, offset: int, type_: FieldType) -> Value:
        """The address some bytes on."""
        if offset == 0:
            return Value(pointer.text, type_)
        return self.result(type_, f"getelementptr inbounds i8, ptr {pointer.text}, i64 {offset}")

    def element(self, row: Value, index: Value) -> Value:
        """The address of a row's element."""
        if not isinstance(row.type, ArrayType):
            raise TypeError("not a row")
        if index.literal == 0:
            return row
        size = memory_type(row.type.element)
        return self.result(row.type, f"getelementptr inbounds {size}, ptr {row.text}, i64 {index.text}")

    def load(self, type_: FieldType, address: Value) -> Value:
        """What lies at an address; a row inside a structure is its own address."""
        if isinstance(type_, ArrayType) and type_.inline:
            return Value(address.text, ArrayType(type_.element))
        alignment = storage_size(type_)
        known = NOT_NEGATIVE if type_ is LENGTH else ""
        raw = self.result(widened(type_), f"load {memory_type(type_)}, ptr {address.text}, align {alignment}{known}")
        if type_ is BOOL:
            return self.result(BOOL, f"trunc i8 {raw.text} to i1")
        integer = integer_type(type_)
        return self.extended(raw.text, integer) if integer else raw

    def store(self, type_: FieldType, address: Value, value: Value) -> None:
        """Put a value, already of the type's kind, to an address."""
        text = value.text
        if type_ is BOOL:
            text = self.result(BOOL, f"zext i1 {text} to i8").text
        elif (integer := integer_type(type_)) is not None:
            text = self.narrowed(value, integer.bits)
        self.emit(f"store {memory_type(type_)} {text}, ptr {address.text}, align {storage_size(type_)}")

    def stack_array(self, element: FieldType, count: int) -> Value:
        """Room on the stack, made once in the function's entry block."""
        name = self.fresh()
        self.allocas.append(f"  {name} = alloca [{count} x {memory_type(element)}], align {_ARRAY_ALIGNMENT}")
        return Value(name, ArrayType(element))

    # Symbols and calls

    def symbol(self, name: str) -> str:
        """A symbol of which only the address is used."""
        literal = symbol_literal(name)
        self.declarations.setdefault(name, f"{literal} = external global i8")
        return literal

    def string(self, data: bytes) -> str:
        """The address of constant bytes, a zero added."""
        import hashlib

        name = f".string.{hashlib.sha1(data, usedforsecurity=False).hexdigest()[:16]}"
        text = "".join(f"\\{byte:02X}" for byte in data + b"\0")
        self.declarations[name] = f'@{name} = private unnamed_addr constant [{len(data) + 1} x i8] c"{text}"'
        return f"@{name}"

    def declare_function(self, name: str, signature: Signature) -> str:
        """A function's symbol, declared."""
        literal = symbol_literal(name)
        self.declarations[name] = declaration(literal, signature)
        return literal

    def call(self, callee: str, signature: Signature, arguments: Sequence[tuple[FieldType, Value]]) -> Value | None:
        """Call a C function; arguments come with their C types."""
        passed = []
        for type_, value in arguments:
            integer = integer_type(type_)
            text = self.narrowed(value, integer.bits) if integer else value.text
            passed.append(f"{c_type(type_)} {extension(type_)}{text}")
        callee_type = returned(signature)
        if signature.variadic:
            callee_type += f" ({', '.join([*map(c_type, signature.parameters), '...'])})"
        instruction = f"call {callee_type} {callee}({', '.join(passed)})"
        if signature.result is None:
            self.emit(instruction)
            return None
        result = self.result(signature.result, instruction)
        integer = integer_type(signature.result)
        return self.extended(result.text, integer) if integer else result
