"""Counters that native code decrements, so that code which is still cold costs one table look-up an event.

A row is the address of a code object, a place in it (the byte offset of a loop's header; -1 for the function as a whole) and how many events are still to
come. Rows are found by open addressing; `whitehot_count` in runtime/native_enter.py reads the table.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable

from whitehot.cpython import prototypes


class Counters:
    """The table. `publish(address, mask)` tells native code where it is."""

    def __init__(self, publish: Callable[[int, int], None]) -> None:
        self._publish = publish
        self._rebuild([], 64)

    def put(self, key: int, place: int, left: int) -> None:
        """Count `left` events of a code object (by address) before Python is asked again."""
        if 2 * self._used >= self._size:
            self._rebuild(self.rows(), 2 * self._size)
        self._insert(key, place, left)

    def rows(self) -> list[tuple[int, int, int]]:
        """All counters: code address, place, events left."""
        table = self._table
        return [(table[at], table[at + 1], table[at + 2]) for at in range(0, 3 * self._size, 3) if table[at]]

    def forget(self, gone: Callable[[int, int], bool]) -> None:
        """Drop the counters for whose address and place `gone` is true."""
        self._rebuild([row for row in self.rows() if not gone(row[0], row[1])], self._size)

    def _rebuild(self, rows: list[tuple[int, int, int]], size: int) -> None:
        self._publish(0, 0)
        self._size, self._used = size, 0
        self._table = prototypes.signed_words(3 * size)()
        for row in rows:
            self._insert(*row)
        self._publish(ctypes.addressof(self._table), size - 1)

    def _insert(self, key: int, place: int, left: int) -> None:
        table, mask = self._table, self._size - 1
        row = ((key >> 4) ^ (place >> 1)) & mask
        while table[3 * row] and (table[3 * row], table[3 * row + 1]) != (key, place):
            row = (row + 1) & mask
        self._used += not table[3 * row]
        table[3 * row : 3 * row + 3] = [key, place, left]
