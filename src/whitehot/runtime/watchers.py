"""CPython's watchers of dicts and functions: what units assume is looked after without being checked."""

from __future__ import annotations

import ctypes
from collections.abc import Callable

from whitehot.cpython import prototypes, symbols
from whitehot.runtime.native import Native

_CHANGED = prototypes.function(None, ctypes.c_int64, ctypes.c_void_p, ctypes.c_void_p)

#: Events of functions arrive with this added (runtime/native_enter.py).
FUNCTION_EVENTS = 16


def _api(name: str, result: type | None, *arguments: type) -> Callable[..., int]:
    """A C function as a prototype of our own (attributes of ctypes.pythonapi are shared by all)."""
    function: Callable[..., int] = prototypes.function(result, *arguments)(symbols.address_of(name))
    return function


class Watchers:
    """The registered watchers. `changed(event, owner, key)` gets addresses; key 0 means the whole object."""

    def __init__(self, native: Native, changed: Callable[[int, int, int], None]) -> None:
        self._native = native
        self._callback = _CHANGED(lambda event, owner, key: changed(event, owner or 0, key or 0))
        address = ctypes.cast(self._callback, ctypes.c_void_p).value
        native.set_word("whitehot_changed", address or 0)
        add = _api("PyDict_AddWatcher", ctypes.c_int, ctypes.c_void_p)
        self._dicts = add(native.address("whitehot_dict_event"))
        add = _api("PyFunction_AddWatcher", ctypes.c_int, ctypes.c_void_p)
        self._functions = add(native.address("whitehot_function_event"))
        self._watch_dict = _api("PyDict_Watch", ctypes.c_int, ctypes.c_int, ctypes.py_object)
        self._pairs: set[tuple[int, int]] = set()
        self._table: ctypes.Array[ctypes.c_uint64] | None = None

    def watch(self, dictionary: dict[str, object], key: str) -> None:
        """Be told when `dictionary[key]` changes. The key has to be the interned string that code uses."""
        self._watch_dict(self._dicts, dictionary)
        pair = (id(dictionary), id(key))
        if pair not in self._pairs:
            self._pairs.add(pair)
            self._publish()

    def _publish(self) -> None:
        """Give the native callback a new table: open addressing, at most half full."""
        size = 16
        while size < 2 * len(self._pairs):
            size *= 2
        table = prototypes.words(2 * size)()
        for owner, key in self._pairs:
            place = ((owner ^ (key >> 5)) >> 4) & (size - 1)
            while table[2 * place]:
                place = (place + 1) & (size - 1)
            table[2 * place], table[2 * place + 1] = owner, key
        self._native.set_word("whitehot_watched", 0)
        self._native.set_word("whitehot_watched_mask", size - 1)
        self._native.set_word("whitehot_watched", ctypes.addressof(table))
        self._table = table

    def stop(self) -> None:
        """Unregister: a callback into Python during finalization would crash."""
        self._native.set_word("whitehot_changed", 0)
        self._native.set_word("whitehot_watched", 0)
        _api("PyDict_ClearWatcher", ctypes.c_int, ctypes.c_int)(self._dicts)
        _api("PyFunction_ClearWatcher", ctypes.c_int, ctypes.c_int)(self._functions)
