"""Addresses of what CPython, the C library and its mathematics export, by name.

Besides real symbols there are names of our own for objects that CPython does not export and that live as long as it: methods of
builtin types (`builtin.list.append`), the type of iterators over ASCII strings (`whitehot_type_str_ascii_iterator`), and the first of the strings of
one ASCII character (`ascii_characters`).
`_PyFunction_Vectorcall`, the entry of every Python function, is exported by some builds only; it is read from a function object.
"""

from __future__ import annotations

import ctypes
import sys
from functools import cache
from types import MethodDescriptorType

from whitehot.cpython.layout import FunctionObject
from whitehot.cpython.structure import offset_of


def _unexported() -> dict[str, object]:
    found: dict[str, object] = {"whitehot_type_str_ascii_iterator": type(iter("")), "ascii_characters": chr(0)}
    for owner in (list, tuple, str, bytes, bytearray, dict, set, frozenset, int, float, complex, range, slice):
        for name, value in vars(owner).items():
            if type(value) is MethodDescriptorType:
                found[f"builtin.{owner.__name__}.{name}"] = value
    return found


#: Objects that have no exported symbol, by the name that whitehot gives them.
UNEXPORTED: dict[str, object] = _unexported()

_LIBRARIES = {
    "linux": ("libm.so.6", "libc.so.6"),
    "darwin": ("libSystem.B.dylib",),
    "win32": ("ucrtbase",),
}


def is_present(name: str) -> bool:
    """Whether `address_of` finds the symbol."""
    try:
        address_of(name)
    except KeyError:
        return False
    return True


@cache
def address_of(name: str) -> int:
    """The address of an exported function or datum of CPython, libm or libc. Raises KeyError where there is none.

    CPython's own names are looked up in CPython first. Others are looked up in their libraries first: the executable's entry
    for `sin` would be a jump to the real one.
    """
    if name in UNEXPORTED:
        return id(UNEXPORTED[name])
    if name == "_PyFunction_Vectorcall":
        return ctypes.c_size_t.from_address(id(_unexported) + offset_of(FunctionObject, "vectorcall")).value
    libraries = _libraries()
    for library in libraries if name.startswith(("Py", "_Py")) else (*libraries[1:], libraries[0]):
        try:
            return ctypes.addressof(ctypes.c_char.in_dll(library, name))
        except ValueError:
            continue
    raise KeyError(name)


@cache
def _libraries() -> tuple[ctypes.CDLL, ...]:
    found: list[ctypes.CDLL] = [ctypes.pythonapi]
    for library in _LIBRARIES.get(sys.platform, ()):
        try:
            found.append(ctypes.CDLL(library))
        except OSError:  # another C library, musl for instance: what the process has loaded must do
            continue
    return tuple(found)
