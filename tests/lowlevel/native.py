"""Compiles low-level routines and operation bodies in this process, so that tests can call them."""

from __future__ import annotations

import ctypes
import linecache
import re
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

import llvmlite.binding as llvm

from whitehot.cpython.structure import SCALARS
from whitehot.lowlevel import METADATA, module_of, translate
from whitehot.lowlevel import intrinsics as _intrinsics
from whitehot.lowlevel import types as _types

_C_TYPES: dict[str, Any] = {
    "i1": ctypes.c_bool,
    "i8": ctypes.c_int8,
    "i16": ctypes.c_int16,
    "i32": ctypes.c_int32,
    "i64": ctypes.c_int64,
    "double": ctypes.c_double,
    "ptr": ctypes.c_void_p,
    "void": None,
    "i8 zeroext": ctypes.c_uint8,
    "i16 zeroext": ctypes.c_uint16,
}


def _c_type(text: str) -> Any:
    """The ctypes type for an LLVM type with its attribute on either side."""
    words = set(text.split())
    (base,) = words - {"signext", "zeroext"}
    return _C_TYPES.get(f"{base} zeroext" if "zeroext" in words else base, _C_TYPES[base])


@cache
def _initialized() -> None:
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()


class Native:
    """An LLVM module, verified, optimized and loaded. Functions are called with Python numbers and, for pointers, addresses."""

    def __init__(self, text: str, *, optimize: bool = True) -> None:
        _initialized()
        module = llvm.parse_assembly(text)
        module.verify()
        for name in re.findall(r"^(?:declare .*?|)@\"?([\w.]+)\"?(?:\(| = external global)", text, re.MULTILINE):
            if not name.startswith("llvm."):
                llvm.add_symbol(name, _address(name))
        machine = llvm.Target.from_default_triple().create_target_machine(codemodel="jitdefault", jit=True)
        if optimize:
            options = llvm.create_pipeline_tuning_options(speed_level=2)
            passes = llvm.create_pass_builder(machine, options)
            passes.getModulePassManager().run(module, passes)
        self._engine = llvm.create_mcjit_compiler(module, machine)
        self._engine.finalize_object()
        self.text = text

    def function(self, name: str) -> Callable[..., Any]:
        """The function as a ctypes one; the GIL stays held."""
        found = re.search(rf"^define (.*?) @{name}\((.*?)\) ", self.text, re.MULTILINE)
        assert found is not None, name
        types = [_c_type(parameter.rpartition(" ")[0]) for parameter in found[2].split(", ") if parameter]
        function: Any = ctypes.PYFUNCTYPE(_c_type(found[1]), *types)(self._engine.get_function_address(name))
        function.module = self  # the code lives as long as its module
        return function  # type: ignore[no-any-return]

    def address(self, name: str) -> int:
        """Where a global variable lies."""
        return int(self._engine.get_global_value_address(name))


def _address(name: str) -> int:
    for library in (ctypes.pythonapi, ctypes.CDLL("libm.so.6")):
        try:
            return ctypes.addressof(ctypes.c_char.in_dll(library, name))
        except ValueError:
            continue
    raise LookupError(name)


def compiled(function: Callable[..., Any], *others: Callable[..., Any]) -> Callable[..., Any]:
    """One routine, compiled together with what it calls."""
    return Native(module_of([function, *others])).function(function.__name__)


#: What a compiled operation gives where its body leaves.
SIDE_EXIT, RAISE_EXIT = "side exit", "raise exit"


def operation(
    body: Callable[..., Any], attributes: Iterable[tuple[str, str]] = (), *, times: int = 1
) -> Callable[..., Any]:
    """An operation's body compiled as a function that returns its result, or SIDE_EXIT or RAISE_EXIT.

    `attributes` are pairs of name and LLVM text. The body is instantiated `times` times, one after the other; the last one counts.
    """
    template = translate(body, tuple(name for name, _ in attributes))
    operands = [f"%a{i}" for i in range(len(template.operands))]
    pieces = [
        template.instantiate(f"v{i}.", operands, [text for _, text in attributes], "side", "raise")
        for i in range(times)
    ]
    parameters = ", ".join(f"{t} {name}" for t, name in zip(template.operands, operands, strict=True))
    result = template.result_type or "i1"
    zero = {"double": "0.0", "ptr": "null"}.get(result, "0")
    store = f"  store i8 {{}}, ptr %way\n  ret {result} {{}}\n"
    separator = ", " if parameters else ""
    text = (
        "\n".join(template.declarations.values())
        + f"\ndefine {result} @operation(ptr %way{separator}{parameters}) nounwind {{\n"
        + "".join(piece.entry_allocas for piece in pieces)
        + "".join(piece.text for piece in pieces)
        + store.format(0, pieces[-1].result or zero)
        + f"side:\n{store.format(1, zero)}raise:\n{store.format(2, zero)}}}\n"
        + METADATA
    )
    function = Native(text).function("operation")

    def run(*operands: Any) -> Any:
        way = ctypes.c_int8()
        found = function(ctypes.addressof(way), *operands)
        return [found, SIDE_EXIT, RAISE_EXIT][way.value]

    return run


def define(source: str) -> Callable[..., Any]:
    """The function that a text defines, with all of the language's names in scope."""
    names: dict[str, Any] = {**vars(_types), **vars(_intrinsics), **SCALARS, "bool": bool}
    path = f"<lowlevel test {abs(hash(source))}>"
    linecache.cache[path] = (len(source), None, source.splitlines(keepends=True), path)
    exec(compile("from __future__ import annotations\n" + source, path, "exec"), names)
    linecache.cache[path] = (len(source), None, ["\n", *source.splitlines(keepends=True)], path)
    found: Callable[..., Any] = names[source.partition("def ")[2].partition("(")[0]]
    return found
