"""The runtime's own native code, loaded when first needed (`runtime/kit.py` says how it is made)."""

from __future__ import annotations

import _thread
import ctypes

from whitehot.code.loader import LoadedCode, load
from whitehot.code.memory import CodeMemory
from whitehot.cpython import facts, prototypes, symbols
from whitehot.elf import read_object
from whitehot.runtime import cache
from whitehot.runtime.compilers import Compiler


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

    def __init__(self, compiler: Compiler) -> None:
        self.memory = CodeMemory(near=symbols.address_of("PyLong_FromLong"))
        routines = cache.get("routines", compiler.routines)
        self.loaded: LoadedCode = load(read_object(routines), self.memory, symbols.address_of)
        self._definitions: list[_MethodDefinition] = []
        self.on_jump = self._builtin("whitehot_on_jump")
        self.on_start = self._builtin("whitehot_on_start")

    def _builtin(self, name: str) -> object:
        """A routine as a builtin function."""
        definition = _MethodDefinition(name.encode(), self.address(name), _METH_FASTCALL, None)
        self._definitions.append(definition)
        make = prototypes.function(ctypes.py_object, *[ctypes.c_void_p] * 4)(symbols.address_of("PyCMethod_New"))
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
        prototypes.function(None, ctypes.py_object)(symbols.address_of("Py_IncRef"))(error)
        main = _thread.get_ident() == _thread._get_main_thread_ident()  # type: ignore[attr-defined]  # not in typeshed
        self.set_word("whitehot_error_in_main", int(main))
        self.set_word("whitehot_error_thread", facts.current_thread_state())
        self.set_word("whitehot_error", id(error))
