"""Operations as machine code, one by one, to be called on Python values and live objects: compiled by LLVM, or as stencils (`copied.py`)."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from functools import cache
from typing import Any

import llvmlite.binding as llvm

from whitehot.cpython.layout import ListObject
from whitehot.cpython.structure import offset_of
from whitehot.cpython.symbols import address_of
from whitehot.ir.graph import Attribute, Symbol
from whitehot.ir.operation import Operation
from whitehot.ir.types import Kind
from whitehot.lowlevel.translate import METADATA, translate
from whitehot.lowlevel.values import symbol_literal
from whitehot.runtime.compilers import for_each_tier
from whitehot.runtime.native import Native
from whitehot.tiers import Tier


class _Null:
    """Stands for NULL among operands and results."""

    address = None


NULL = _Null()


class Left(Exception):
    """The compiled operation took its side exit."""


_LLVM_TYPES: dict[str, Any] = {
    "i64": ctypes.c_int64,
    "double": ctypes.c_double,
    "i1": ctypes.c_bool,
    "ptr": ctypes.c_void_p,
}
_STATUS_OK, _STATUS_EXIT = 0, 1


llvm.initialize_native_target()
llvm.initialize_native_asmprinter()


def _literal(value: Attribute) -> str:
    if isinstance(value, Symbol):
        return symbol_literal(value.name)
    return "null" if value is None else str(value)


def module_text(operation: Operation, attributes: Sequence[Attribute], literals: Sequence[str | None]) -> str:
    """A module with one function `f`: operands (those without literal), then where to put the result, frame, thread and breaker; gives a status."""
    assert operation.body is not None
    template = translate(operation.body, attributes=operation.attributes)
    parameters, operands, unpacked = [], [], []
    for number, type_ in enumerate(template.operands):
        literal = literals[number] if number < len(literals) else None
        if literal is not None:
            operands.append(literal)
            continue
        parameters.append(f"{'i8' if type_ == 'i1' else type_} %p{number}")
        operands.append(f"%p{number}")
        if type_ == "i1":
            unpacked.append(f"  %q{number} = trunc i8 %p{number} to i1")
            operands[-1] = f"%q{number}"
    piece = template.instantiate("v.", operands, [_literal(value) for value in attributes], "left", "raised")
    lines = [
        f"define i64 @f({', '.join([*parameters, 'ptr %out', 'ptr %frame', 'ptr %thread', 'i64 %breaker'])}) {{",
        *unpacked,
        piece.entry_allocas,
        piece.text,
    ]
    if template.result_type == "i1":
        lines.append(f"  %wide = zext i1 {piece.result} to i8\n  store i8 %wide, ptr %out")
    elif template.result_type is not None:
        lines.append(f"  store {template.result_type} {piece.result}, ptr %out")
    lines.append("  ret i64 0\nleft:\n  ret i64 1\nraised:\n  ret i64 2\n}")
    declarations = dict(template.declarations)
    for value in attributes:
        if isinstance(value, Symbol):
            declarations.setdefault(value.name, f"{symbol_literal(value.name)} = external global i8")
    return "\n".join([*declarations.values(), *lines, METADATA])


class Compiled:
    """A compiled operation. Call it with Python values; objects are passed by address."""

    def __init__(self, operation: Operation, attributes: Sequence[Attribute], literals: Sequence[str | None]) -> None:
        assert operation.body is not None
        self.operation = operation
        self.template = translate(operation.body, attributes=operation.attributes)
        text = module_text(operation, attributes, literals)
        self.module = llvm.parse_assembly(text)
        self.module.verify()
        machine = llvm.Target.from_default_triple().create_target_machine(opt=2, codemodel="large")
        builder = llvm.create_pass_builder(machine, llvm.create_pipeline_tuning_options(speed_level=2))
        builder.getModulePassManager().run(self.module, builder)
        symbols = [*self.module.functions, *self.module.global_variables]
        for symbol in symbols:
            if symbol.is_declaration and not symbol.name.startswith("llvm."):
                llvm.add_symbol(symbol.name, symbol_address(symbol.name))
        self.engine = llvm.create_mcjit_compiler(self.module, machine)
        types = [t for n, t in enumerate(self.template.operands) if n >= len(literals) or literals[n] is None]
        self.types = types
        prototype = ctypes.PYFUNCTYPE(
            ctypes.c_int64,
            *(_LLVM_TYPES[t] for t in types),
            ctypes.c_void_p,
            ctypes.c_void_p,
            ctypes.c_void_p,
            ctypes.c_uint64,
        )
        self.function = prototype(self.engine.get_function_address("f"))

    def __call__(self, *operands: Any, frame: int = 0, breaker: int = 0) -> Any:
        """The result; an object with a reference that the caller of C code would own is given up where it is new. Raises Left, or what was raised."""
        given = [passed(value, type_) for value, type_ in zip(operands, self.types, strict=True)]
        kind = self.template.result_type
        out = _LLVM_TYPES[kind]() if kind is not None else ctypes.c_int64()
        status = self.function(*given, ctypes.addressof(out), frame, current_thread(), breaker)
        if status == _STATUS_EXIT:
            raise Left
        assert status == _STATUS_OK
        if kind != "ptr":
            return None if kind is None else out.value
        if self.operation.result is not None and self.operation.result.kind is Kind.ROW:
            return out.value
        result = object_at(out.value)
        if result is not NULL and self.operation.new_reference:
            release(result)
        return result


def object_at(address: int | None) -> Any:
    """The object there, or NULL."""
    return ctypes.cast(address, ctypes.py_object).value if address else NULL


def passed(value: Any, type_: str) -> Any:
    """What C code is given for an operand."""
    if type_ != "ptr":
        return value
    if isinstance(value, Row | Borrowed | Items | Owned | _Null):
        return value.address
    return id(value)


_SYMBOLS: dict[str, Any] = {}


def symbol(value: Any, name: str) -> Symbol:
    """A Symbol for a live object, which stays alive."""
    _SYMBOLS[name] = value
    return Symbol(name)


def symbol_address(name: str) -> int:
    """Where a symbol of bodies is in this process."""
    if name in _SYMBOLS:
        return id(_SYMBOLS[name])
    # What bodies call beyond CPython: routines of the runtime.
    return _native().address(name) if name.startswith("whitehot_") else address_of(name)


@cache
def _native() -> Native:
    return Native(for_each_tier(own_interpreters=False)[Tier.BASELINE])


@cache
def current_thread() -> int:
    """The address of this thread's state: tests run in one thread."""
    get = ctypes.pythonapi.PyThreadState_Get
    get.restype = ctypes.c_void_p
    thread: int = get()
    return thread


#: Whether `compiled` gives stencils.
_copies = False


def use_stencils(wanted: bool) -> None:
    """Have `compiled` give an operation's stencils from now on, or what LLVM makes of it."""
    global _copies
    _copies = wanted


def compiled(operation: Operation, *attributes: Attribute, literals: tuple[str | None, ...] = ()) -> Any:
    """The operation as machine code, with these attributes; `literals` puts constants in the place of leading operands."""
    if _copies and not literals:
        from tests.ops.copied import copied

        return copied(operation, *attributes)
    return _compiled(operation, attributes, literals)


@cache
def _compiled(operation: Operation, attributes: tuple[Attribute, ...], literals: tuple[str | None, ...]) -> Compiled:
    return Compiled(operation, attributes, literals)


class Row:
    """The further operands of a variadic operation: a row of addresses with a free word in front."""

    def __init__(self, *values: object) -> None:
        self.values = values
        self.words = (ctypes.c_void_p * (len(values) + 1))(0, *(id(value) for value in values))

    @property
    def address(self) -> int:
        return ctypes.addressof(self.words) + ctypes.sizeof(ctypes.c_void_p)


class Borrowed:
    """The first item of a list, passed by address while only the list refers to it."""

    def __init__(self, holder: list[Any]) -> None:
        self.holder = holder

    @property
    def address(self) -> int:
        return id(self.holder[0])


class Items:
    """Where the items of a list lie."""

    def __init__(self, holder: list[Any]) -> None:
        self.address = ctypes.c_void_p.from_address(id(holder) + offset_of(ListObject, "ob_item")).value


class Owned:
    """An object whose only reference is this address, to be consumed by an operation. Pass a temporary."""

    def __init__(self, value: object) -> None:
        retain(value)
        self.address = id(value)


def retain(value: object) -> None:
    """Take a reference, for operations that consume one."""
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(value))


def release(value: object) -> None:
    """Give up a reference."""
    ctypes.pythonapi.Py_DecRef(ctypes.py_object(value))


def is_machine(operation: Operation) -> bool:
    """Whether the operation is over machine values only."""
    types = [operand.type for operand in operation.operands]
    return operation.result is not None and all(t.kind is not Kind.OBJECT for t in (*types, operation.result))
