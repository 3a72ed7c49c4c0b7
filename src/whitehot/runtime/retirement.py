"""Giving the memory of discarded units back, and keeping all native code below its cap.

A discarded unit may still be running: in a thread that gave up the GIL, or further up the stack of this one. Entries count who is inside
(`unit.valid[2]`, llvm/emit.py); code that is called directly from other units is inside as long as they are. Once nobody is, its memory is free.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable
from types import FunctionType

from whitehot.runtime.records import Linker
from whitehot.runtime.units import InstalledUnit


class Retirement:
    """The discarded units whose memory is still in use."""

    def __init__(self, linker: Linker) -> None:
        self.linker = linker
        #: Whether somebody else reads a unit's memory (the sampler).
        self.is_read: Callable[[InstalledUnit], bool] = lambda _: False
        self.units: list[InstalledUnit] = []

    @property
    def size(self) -> int:
        """Bytes that discarded units still take."""
        return sum(unit.size for unit in self.units)

    def add(self, unit: InstalledUnit) -> None:
        """A unit that was discarded."""
        self.units.append(unit)

    def release(self) -> None:
        """Give back what nobody runs any more."""
        for unit in list(self.units):
            if is_quiet(unit) and not self.is_read(unit) and self._unlink_all(unit):
                unit.release()
                if unit in self.units:  # else another thread was here meanwhile
                    self.units.remove(unit)

    def _unlink_all(self, unit: InstalledUnit) -> bool:
        """Let no function point at the unit any more; False where they cannot all be found.

        Functions made after their code was compiled were pointed at it by native code, which keeps no list of them.
        """
        if not unit.linked_natively.value:
            return True
        if gc.get_freeze_count():
            return False  # frozen objects are not looked at
        for function in gc.get_referrers(unit.code):
            if isinstance(function, FunctionType) and self.linker.entry_of(function) == unit.entry:
                self.linker.unlink(function)
        return True


def is_quiet(unit: InstalledUnit) -> bool:
    """Whether no thread is in the unit, or in units that call it directly."""
    seen = set()
    todo = [unit]
    while todo:
        one = todo.pop()
        if one.active.value:
            return False
        if one not in seen:
            seen.add(one)
            todo += one.callers
    return True


def make_room(
    units: Iterable[InstalledUnit], in_use: Callable[[], int], limit: int, discard: Callable[[InstalledUnit], None]
) -> bool:
    """Discard units, those entered least often since they were last asked first, until `in_use` bytes are at most `limit`."""
    for unit in sorted(units, key=InstalledUnit.recent_entries):
        if in_use() <= limit:
            break
        if unit.is_valid and is_quiet(unit):
            discard(unit)
    return in_use() <= limit
