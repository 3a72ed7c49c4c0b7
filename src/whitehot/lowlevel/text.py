"""Text with holes, filled in many times: split once, joined at each use.

A hole is written as its number between two marks. Numbers 0 to 2 are the prefix and the two exit labels, further ones operands and attributes.
"""

from __future__ import annotations

from collections.abc import Sequence

#: Branch weights and the range of lengths, defined once by each module; see `docs/lowlevel.md`.
METADATA = (
    '!9001 = !{!"branch_weights", i32 1, i32 2000}\n'
    '!9002 = !{!"branch_weights", i32 2000, i32 1}\n'
    f"!9003 = !{{i64 0, i64 {(1 << 63) - 1}}}\n"
)

_MARK = "\x01"


def hole(number: int) -> str:
    """The text that stands for a hole."""
    return f"{_MARK}{number}{_MARK}"


PREFIX = hole(0)
EXIT_LABEL = hole(1)
RAISE_LABEL = hole(2)
#: The number of the first operand's hole.
FIRST_OPERAND = 3


class HoledText:
    """Text with holes."""

    __slots__ = ("_holes", "_parts")

    def __init__(self, text: str) -> None:
        self._parts = text.split(_MARK)
        self._holes = [int(number) for number in self._parts[1::2]]

    def fill(self, values: Sequence[str]) -> str:
        """The text with `values[n]` in place of hole `n`."""
        if not self._holes:
            return self._parts[0]
        parts = self._parts.copy()
        parts[1::2] = [values[number] for number in self._holes]
        return "".join(parts)
