"""The program's garbage collector does not notice that the compiler is loaded.

Some twenty thousand objects of ours come and stay. The collector would look at all that the program has, several times, because of them; and of the
types that modules make and let go of it would say that it found garbage.
"""

from __future__ import annotations

import gc
import sys


class Pause:
    """Keeps the collector off while the program waits. What is kept here is no garbage."""

    def __init__(self) -> None:
        self._types: list[type] = []
        self._is_off = False
        self._count = 0
        self._modules: set[str] = set()

    def begin(self, *, alone: bool) -> None:
        """The program's thread begins to wait; nothing happens unless it is `alone`: others could see that the collector is off."""
        if alone and gc.isenabled() and not self._is_off:
            self._modules = set(sys.modules)
            self._count = gc.get_count()[0]
            self._is_off = True
            gc.disable()

    def end(self, *, loaded: bool) -> None:
        """The program goes on, with its engine or without one."""
        if not self._is_off:
            return
        self._is_off = False
        if loaded:
            from whitehot.cpython import collector

            self._types += collector.types_of(sys.modules.keys() - self._modules)
            collector.set_count(self._count)
        gc.enable()
