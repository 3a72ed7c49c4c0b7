"""What an operation may do besides computing its result.

The effects form a chain of ever larger sets of powers, so that two may be joined by taking the larger one:

    PURE < READS_HEAP < ALLOCATES < WRITES_HEAP < ARBITRARY

`PURE` depends on its operands alone. `READS_HEAP` depends on mutable objects too. `ALLOCATES` also makes objects.
`WRITES_HEAP` also changes objects, and may thereby drop references to objects whose death nobody observes. `ARBITRARY`
may run any Python code: it needs real frames, and whatever was known of mutable objects is no longer known after it.
"""

from __future__ import annotations

from enum import IntEnum


class Effects(IntEnum):
    """The powers of an operation; a larger one includes the smaller ones."""

    PURE = 0
    READS_HEAP = 1
    ALLOCATES = 2
    WRITES_HEAP = 3
    ARBITRARY = 4


PURE = Effects.PURE
READS_HEAP = Effects.READS_HEAP
ALLOCATES = Effects.ALLOCATES
WRITES_HEAP = Effects.WRITES_HEAP
ARBITRARY = Effects.ARBITRARY
