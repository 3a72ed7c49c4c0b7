"""What an operation changes of the heap, and what one that reads it depends on: finer than effects, for merging and moving reads.

Letting go of references changes nothing that a read could see: where an object dies whose death anyone could notice, native
code leaves instead. Storing an item changes no length.
"""

from __future__ import annotations

from enum import IntEnum
from functools import cache

from whitehot.ir.effects import PURE, Effects
from whitehot.ir.ops import (
    count_heat,
    decref_unobserved,
    drop,
    frame_set_instruction,
    guard_unique,
    incref,
    list_get,
    list_item,
    list_put,
    list_put_float,
    list_set_float,
    list_set_item,
    release,
    safepoint,
    xdecref_unobserved,
    xincref,
    xrelease,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from whitehot.ir.operation import Operation


class Part(IntEnum):
    """Parts of the heap; a larger one includes the smaller ones."""

    NOTHING = 0
    ITEMS = 1
    """The items of lists."""
    EVERYTHING = 2


_WRITES = {
    **dict.fromkeys((list_set_item, list_set_float, list_put, list_put_float), Part.ITEMS),
    **dict.fromkeys(
        (
            drop,
            release,
            xrelease,
            incref,
            xincref,
            decref_unobserved,
            xdecref_unobserved,
            frame_set_instruction,
            count_heat,
            safepoint,
        ),
        Part.NOTHING,
    ),
}


@cache
def written_by(operation: Operation) -> Part:
    """The part that the operation may change."""
    if operation.effects < Effects.WRITES_HEAP:
        return Part.NOTHING
    return _WRITES.get(operation, Part.EVERYTHING)


@cache
def read_by(operation: Operation) -> Part | None:
    """The part that the operation's result depends on: a write of it, or of a larger one, may change the result. None: on no part."""
    if operation.effects is PURE:
        return None
    return Part.ITEMS if operation in (list_item, list_get) else Part.EVERYTHING


@cache
def is_movable(operation: Operation) -> bool:
    """Whether the operation may be merged with an equal one, or moved, where what it reads is not written between."""
    # Reference counts change without any operation showing it: they are put in later.
    return operation.is_movable and operation is not guard_unique
