"""Memory for stencils of operations on objects: objects of this process, copied to where a program of `machine.py` has its arena.

What they refer to and is copied too is found there; type objects and other exported variables have a place of their own, under their symbol. Nothing else that
they refer to is in the program.
"""

from __future__ import annotations

import ctypes
import gc
import struct
import sys
from collections.abc import Iterable
from typing import Any

from whitehot.cpython.layout import AsciiCharacter, CodeObject, Frame, ListObject, ThreadState
from whitehot.cpython.structure import offset_of, size_of
from whitehot.cpython.symbols import address_of
from whitehot.ir.ops.memory import IMMORTAL

#: Where it is.
ARENA = 0x6000_0000

_HAVE_GC = 1 << 14  # Py_TPFLAGS_HAVE_GC
_GC_HEAD = 16
#: What a type object takes up, roughly; those of Python classes take more, which nobody reads.
_TYPE_SIZE = 416


class Arena:
    """The arena in the making: `contents`, `symbols` with the addresses of variables, and the addresses of `objects` by the name of their type."""

    def __init__(self, objects: Iterable[Any], variables: Iterable[str]) -> None:
        self._bytes = bytearray()
        self._alive: list[Any] = []
        #: Addresses there by addresses here.
        self._moved: dict[int, int] = {}
        self.symbols: dict[str, int] = {}
        self.objects: dict[str, list[int]] = {}
        pieces: list[tuple[int, bytes]] = []
        for name in variables:
            here = address_of(name)
            pieces.append(self._piece(here, ctypes.string_at(here, _TYPE_SIZE if name.endswith("_Type") else 32)))
            self.symbols[name] = self._moved[here]
        for value in objects:
            self._take_in(value, pieces)
        for there, data in pieces:
            self._bytes[there - ARENA : there - ARENA + len(data)] = self._translated(data)

    @property
    def contents(self) -> bytes:
        """The bytes, a whole number of words."""
        return bytes(self._bytes)

    def room(self, size: int) -> int:
        """The address of room for something, behind which more is free for code that reads a little too far."""
        there = ARENA + len(self._bytes)
        self._bytes += bytes(-(-size // 16) * 16 + 32)
        return there

    def write(self, address: int, *words: int) -> None:
        """Put words there."""
        struct.pack_into(f"<{len(words)}Q", self._bytes, address - ARENA, *words)

    def _take_in(self, value: Any, pieces: list[tuple[int, bytes]]) -> None:
        """Take an object in, with what it consists of. Whether others hold it, too, is different from one to the next."""
        if id(value) in self._moved or isinstance(value, type):
            return
        self._alive.append(value)
        size = sys.getsizeof(value) - (_GC_HEAD if type(value).__flags__ & _HAVE_GC else 0)
        data = bytearray(ctypes.string_at(id(value), list.__basicsize__ if isinstance(value, list) else size))
        count = int.from_bytes(data[:4], "little")
        if count < IMMORTAL:
            data[:4] = (1 + len(self._alive) % 2).to_bytes(4, "little")
        pieces.append(self._piece(id(value), bytes(data)))
        self.objects.setdefault(type(value).__name__, []).append(self._moved[id(value)])
        if isinstance(value, list) and value:
            row = ctypes.c_uint64.from_address(id(value) + offset_of(ListObject, "ob_item")).value
            pieces.append(self._piece(row, ctypes.string_at(row, 8 * len(value))))
        for part in gc.get_referents(value):
            self._take_in(part, pieces)

    def word_at(self, address: int) -> int:
        """A word of it."""
        return int.from_bytes(self._bytes[address - ARENA : address - ARENA + 8], "little")

    def _piece(self, here: int, data: bytes) -> tuple[int, bytes]:
        there = self._moved[here] = self.room(len(data))
        return there, data

    def _translated(self, data: bytes) -> bytes:
        """Bytes with addresses of what was copied, as far as they are whole words."""
        count = len(data) // 8
        words = struct.unpack_from(f"<{count}Q", data)
        return struct.pack(f"<{count}Q", *(self._moved.get(word, word) for word in words)) + data[8 * count :]


#: How many slots the frame has, and how many of them are on its stack.
SLOTS, DEPTH = 8, 3


def add_frame(arena: Arena) -> None:
    """A thread state, a frame whose slots hold objects, references without a count and NULL, and an object as functions of C give it back: its fields may be
    written whatever it is to be.
    """
    thread = arena.symbols["thread"] = arena.room(1024)
    arena.write(thread + offset_of(ThreadState, "py_recursion_remaining"), 100)
    frame = arena.symbols["frame"] = arena.room(256)
    code = arena.symbols["code"] = arena.room(256)
    slots = frame + offset_of(Frame, "localsplus")
    values = [value for row in arena.objects.values() for value in row]
    arena.write(slots, values[0], values[1] | 1, 1, values[2], values[3], values[4], values[5] | 1, 1)
    arena.write(frame + offset_of(Frame, "f_executable"), code | 1)
    arena.write(frame + offset_of(Frame, "stackpointer"), slots + 8 * SLOTS)
    arena.write(code + offset_of(CodeObject, "co_nlocalsplus"), SLOTS - DEPTH)
    fresh = arena.symbols["fresh"] = arena.room(256)
    row = arena.room(64)
    arena.write(fresh, 1, arena.symbols["PyList_Type"], 4, row, 4)
    arena.symbols["whitehot_breaker"] = arena.room(8)
    arena.symbols["ascii_characters"] = arena.room(128 * size_of(AsciiCharacter))
    arena.symbols["unit.heat"] = arena.room(8)
    arena.symbols["unit.valid"] = arena.room(8)
    arena.write(arena.symbols["unit.heat"], 7)
    arena.write(arena.symbols["unit.valid"], 1)
