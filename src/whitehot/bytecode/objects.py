"""Names for the live objects that code refers to: outside of the Snapshot, which knows only the names.

Names are made from qualified names and places (`const.f.3`, `function.pkg.mod.f`), never from addresses, so that the same program gets the
same names in every run. One table belongs to one snapshot and the machine code made from it: it keeps the objects alive for as
long as that code may refer to them.
"""

from __future__ import annotations

import builtins
import sys
from collections.abc import Iterator
from functools import cache
from types import BuiltinFunctionType, CodeType, FunctionType, ModuleType

from whitehot.bytecode.feedback import type_name
from whitehot.cpython import facts

_USUAL = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.<>")

#: Longer strings and tuples, and integers of more words, are known by name only: a Snapshot is copied between processes.
MAX_PLAIN_LENGTH = 256

_SMALL = frozenset({float, bool, type(None)})


def _plain(name: str) -> str:
    """A name without what symbols cannot have."""
    return name if _USUAL.issuperset(name) else "".join(letter if letter in _USUAL else "_" for letter in name)


class ObjectTable:
    """Symbols for live objects, one per object; holds a strong reference to each."""

    def __init__(self) -> None:
        self._objects: dict[str, object] = {}
        self._symbols: dict[int, str] = {}

    def symbol_for(self, value: object, hint: str | None = None) -> str:
        """The object's symbol. The first time it is made: the name CPython exports it by, its own qualified name, or else `hint`."""
        known = self._symbols.get(id(value))
        if known is not None:
            return known
        name = exported_symbol(value)
        if name is None:
            name = self._unused(_plain(natural_name(value) or hint or f"object.{type_name(type(value))}"))
        self._objects[name] = value
        self._symbols[id(value)] = name
        return name

    def _unused(self, name: str) -> str:
        candidate, number = name, 2
        while candidate in self._objects:
            candidate, number = f"{name}.{number}", number + 1
        return candidate

    def value_of(self, symbol: str) -> object:
        """The object with this symbol. Raises KeyError."""
        return self._objects[symbol]

    def address_of(self, symbol: str) -> int:
        """The address of the object with this symbol. Raises KeyError."""
        return id(self._objects[symbol])

    def __contains__(self, symbol: object) -> bool:
        return symbol in self._objects

    def __iter__(self) -> Iterator[str]:
        return iter(self._objects)

    def __len__(self) -> int:
        return len(self._objects)


def natural_name(value: object) -> str | None:
    """The name that an object has of itself, after its kind: `function.mod.f`, `module.math`, `code.f`; None for most objects."""
    builtin = builtin_name(value)
    if builtin is not None:
        return builtin
    if type(value) is ModuleType:
        return f"module.{value.__name__}"
    if type(value) is FunctionType:
        return f"function.{value.__module__}.{value.__qualname__}"
    if type(value) is CodeType:
        return f"code.{value.co_qualname}"
    return f"type.{type_name(value)}" if isinstance(value, type) else None


def plain_value(value: object) -> bool:
    """Whether an object may be known by value: a number, string, bytes, None, or a tuple of such, and none of them long."""
    if type(value) is int:
        return value.bit_length() <= 64 * MAX_PLAIN_LENGTH
    if type(value) in {str, bytes, tuple}:
        short = len(value) <= MAX_PLAIN_LENGTH  # type: ignore[arg-type]
        return short and (type(value) is not tuple or all(map(plain_value, value)))
    return type(value) in _SMALL


def exported_symbol(value: object) -> str | None:
    """The name by which CPython (or `cpython.symbols`) knows the object, or None."""
    return facts.exported_objects().get(id(value))


def object_of_name(symbol: str) -> object | None:
    """The object that a symbol stands for in any process, as `exported_symbol` gives it; None for all other symbols."""
    address = _exported_addresses().get(symbol)
    return None if address is None else facts.object_at(address)


@cache
def _exported_addresses() -> dict[str, int]:
    return {symbol: address for address, symbol in facts.exported_objects().items()}


#: Py_TPFLAGS_HEAPTYPE: set for every class that Python code makes.
_HEAP_TYPE = 1 << 9

#: Builtin types that are called in programs: by identity, so that a replaced `builtins.int` is not mistaken for the real one.
_BUILTIN_TYPES: dict[int, str] = {
    id(value): f"builtins.{name}"
    for name, value in vars(builtins).items()
    if type(value) is type and not value.__flags__ & _HEAP_TYPE and value.__name__ == name
}


def builtin_name(value: object) -> str | None:
    """The dotted name of a builtin function, of a function of `math` or of a builtin type; None for everything else.

    Recognized by what the object is, never by where it was found: a builtin function's name and its module cannot be changed from Python.
    """
    if type(value) is BuiltinFunctionType:
        home = value.__self__
        if home is builtins:
            return f"builtins.{value.__name__}"
        if type(home) is ModuleType and home is sys.modules.get("math") and home.__name__ == "math":
            return f"math.{value.__name__}"
        return None
    return _BUILTIN_TYPES.get(id(value))
