"""Which parts of a span are free: first fit, with neighbours joined again when they are given back.

Plain numbers, no memory is touched. Worked example, a span of 100 bytes:

    free.take(30, 1) -> 0        free: 30..100
    free.take(16, 16) -> 32      free: 30..32, 48..100
    free.give(0, 30)             free: 0..32, 48..100
"""

from __future__ import annotations

import bisect


class FreeRanges:
    """The free parts of the numbers 0 .. `size` (exclusive)."""

    __slots__ = ("_ranges",)

    def __init__(self, size: int) -> None:
        # Sorted, disjoint, never touching each other: (start, end).
        self._ranges: list[tuple[int, int]] = [(0, size)] if size else []

    def take(self, size: int, alignment: int) -> int | None:
        """Take the first `size` bytes whose start is a multiple of `alignment`; the start, or None if nothing fits."""
        for i, (start, end) in enumerate(self._ranges):
            aligned = -(-start // alignment) * alignment
            if aligned + size <= end:
                pieces = [(start, aligned), (aligned + size, end)]
                self._ranges[i : i + 1] = [piece for piece in pieces if piece[0] < piece[1]]
                return aligned
        return None

    def give(self, start: int, size: int) -> None:
        """Give back `size` bytes from `start`. Raises ValueError where a part of them is free already."""
        end = start + size
        i = bisect.bisect_left(self._ranges, (start, end))
        before = self._ranges[i - 1] if i else None
        after = self._ranges[i] if i < len(self._ranges) else None
        if (before and before[1] > start) or (after and after[0] < end):
            raise ValueError(f"{start}..{end} is free already, or a part of it is")
        low = high = i
        if before and before[1] == start:
            start, low = before[0], i - 1
        if after and after[0] == end:
            end, high = after[1], i + 1
        self._ranges[low:high] = [(start, end)]

    @property
    def free(self) -> int:
        """How many bytes are free."""
        return sum(end - start for start, end in self._ranges)
