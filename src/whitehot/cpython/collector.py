"""The garbage collector's count of new containers, by which it decides when to look at them.

What whitehot makes is there to stay, but counts like the program's own: without care the program's objects would be looked at, and its garbage would die,
at other times than under plain CPython.
"""

from __future__ import annotations

import ctypes
import gc

from whitehot.cpython import facts, layout
from whitehot.cpython.structure import offset_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Container

#: The youngest generation's threshold and count in `_gc_runtime_state` (Include/internal/pycore_interp_structs.h), in bytes from its start.
_THRESHOLD, _COUNT = 40, 44


def set_count(count: int) -> bool:
    """Have the collector think that so many containers have been made since it last looked; whether that was possible."""
    interpreter = facts.word(facts.current_thread_state() + offset_of(layout.ThreadState, "interp"))
    state = interpreter + facts.debug_offsets().offsets["interpreter_state.gc"]
    threshold = ctypes.c_int.from_address(state + _THRESHOLD)
    made = ctypes.c_int.from_address(state + _COUNT)
    # Nothing between these two may make a container.
    found = made.value
    if (threshold.value, found) != (gc.get_threshold()[0], gc.get_count()[0]):
        return False
    made.value = count
    return True


def types_of(modules: Container[str]) -> list[type]:
    """The types among the youngest objects that were made in these modules.

    A type refers to itself. One that a module makes and lets go of is garbage, which the program could see its collector find; it is none as long as somebody has this list.
    """
    return [found for found in gc.get_objects(generation=0) if isinstance(found, type) and found.__module__ in modules]
