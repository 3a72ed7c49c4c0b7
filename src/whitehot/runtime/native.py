"""The runtime's own native code: compiled once, kept in the user's cache folder, loaded when first needed.

The templates of the operations are kept along with it.
"""

from __future__ import annotations

import _thread
import ctypes

from whitehot.code.loader import LoadedCode, load
from whitehot.code.memory import CodeMemory
from whitehot.cpython import facts, symbols
from whitehot.elf import ObjectFormatError, read_object
from whitehot.ir.ops import dying, generic, handover, memory
from whitehot.lowlevel import TemplateData, keep, kept, module_of
from whitehot.runtime import cache, native_context, native_enter, native_errors, native_leave
from whitehot.stencil import library

_MODULES = (native_context, native_errors, native_leave, native_enter, handover, dying, generic, memory)


def _text() -> str:
    routines = [
        value
        for module in _MODULES
        for name, value in vars(module).items()
        if name.startswith("whitehot_") and callable(value) and value.__module__ == module.__name__
    ]
    return module_of(routines)


def _object_file() -> bytes:
    """The routines' object file, made anew."""
    from whitehot.llvm.machine import compile_object

    return compile_object(_text(), 2)


def _templates() -> dict[str, TemplateData]:
    """The templates of all operations."""
    from whitehot.ir.ops import OPERATIONS

    return kept(
        (operation.body, operation.attributes) for operation in OPERATIONS.values() if operation.body is not None
    )


class _MethodDefinition(ctypes.Structure):
    """`PyMethodDef`."""

    _fields_ = (
        ("name", ctypes.c_char_p),
        ("function", ctypes.c_void_p),
        ("flags", ctypes.c_int),
        ("doc", ctypes.c_char_p),
    )


_METH_FASTCALL = 0x80


class Native:
    """The loaded routines."""

    def __init__(self) -> None:
        self.memory = CodeMemory(near=symbols.address_of("PyLong_FromLong"))
        data, templates, stencils = cache.get("runtime", lambda: (_object_file(), _templates(), library.made()))
        keep(templates)
        library.keep(stencils)
        try:
            parsed = read_object(data)
        except ObjectFormatError:
            parsed = read_object(_object_file())
        self.loaded: LoadedCode = load(parsed, self.memory, symbols.address_of)
        self._definitions: list[_MethodDefinition] = []
        self.on_jump = self._builtin("whitehot_on_jump")
        self.on_start = self._builtin("whitehot_on_start")

    def _builtin(self, name: str) -> object:
        """A routine as a builtin function."""
        definition = _MethodDefinition(name.encode(), self.address(name), _METH_FASTCALL, None)
        self._definitions.append(definition)
        make = ctypes.PYFUNCTYPE(ctypes.py_object, *[ctypes.c_void_p] * 4)(symbols.address_of("PyCMethod_New"))
        return make(ctypes.addressof(definition), None, None, None)

    def address(self, name: str) -> int:
        """The address of a routine or variable."""
        return self.loaded.address(name)

    def set_word(self, name: str, value: int) -> None:
        """Write a variable."""
        ctypes.c_int64.from_address(self.address(name)).value = value

    def raise_soon(self, error: BaseException) -> None:
        """Raise an exception in the calling thread once the callback that it is in has ended. In other threads than the main one, that may be a new
        exception of the same type.
        """
        ctypes.PYFUNCTYPE(None, ctypes.py_object)(symbols.address_of("Py_IncRef"))(error)
        main = _thread.get_ident() == _thread._get_main_thread_ident()  # type: ignore[attr-defined]  # not in typeshed
        self.set_word("whitehot_error_in_main", int(main))
        self.set_word("whitehot_error_thread", facts.current_thread_state())
        self.set_word("whitehot_error", id(error))
