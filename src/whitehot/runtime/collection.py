"""The program's garbage collector does not notice that the compiler is loaded.

Some twenty thousand objects of ours come and stay. The collector would look at all that the program has, several times, because of them; and of the
types that modules make and let go of it would say that it found garbage.
"""

from __future__ import annotations

import gc
import sys

#: How many young objects are looked at at most: a program may keep its collector off.
_MOST = 200_000


class Pause:
    """Keeps the collector off while the program waits, and what would be garbage."""

    def __init__(self) -> None:
        self._types: list[type] = []
        self._is_waiting = self._is_off = False
        self._count = 0
        self._modules: set[str] = set()

    def begin(self, *, alone: bool) -> None:
        """The program's thread begins to wait. The collector stays on unless it is `alone`: others could see that."""
        self._is_waiting = True
        self._is_off = alone and gc.isenabled()
        self._modules = set(sys.modules)
        self._count = gc.get_count()[0]
        if self._is_off:
            gc.disable()

    def end(self, *, loaded: bool) -> None:
        """The program goes on, if it has been waiting, with its engine or without one."""
        if not self._is_waiting:
            return
        self._is_waiting = False
        if loaded and self._keep_types() and self._is_off:
            from whitehot.cpython import collector

            collector.set_count(self._count)
        if self._is_off:
            gc.enable()

    def loaded(self) -> None:
        """The engine is there, while the program waits or later than that."""
        if not self._is_waiting:
            self._keep_types()

    def _keep_types(self) -> bool:
        """Keep what would be garbage of what has been made meanwhile, unless there is too much to look through."""
        if gc.get_count()[0] >= _MOST:
            return False
        from whitehot.cpython import collector

        self._types += collector.types_of(sys.modules.keys() - self._modules)
        return True
