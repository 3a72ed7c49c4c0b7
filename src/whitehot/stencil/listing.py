"""What was made of what: the IR of a unit side by side with the stencils that were copied for it, for `whitehot explain`.

    b1:
      %5: i64 = int_add %3, %4         exit 8 [..    int_add.SK.S        S0=[7] R=[8]     22 bytes
      check_breaker                    exit 12 [..   check_breaker.loop                   31 bytes

A number in brackets is that of a slot of the native frame; `text.py` says what the letters mean.
"""

from __future__ import annotations

from whitehot.ir.printer import Names

TYPE_CHECKING = False
if TYPE_CHECKING:
    from whitehot.ir.graph import Block, Function, Instruction

_LEFT = 64
_NAME = 28


class Listing:
    """Told of each block and instruction as it is emitted; `log` is what the assembler notes meanwhile."""

    def __init__(self, function: Function) -> None:
        self.log: list[tuple[str, dict[str, int], int]] = []
        self._names = Names(function)
        self._lines: list[str] = []

    def block(self, block: Block) -> None:
        """A block begins."""
        self._lines.append(f"{self._names.block(block)}:")

    def instructions(self, done: list[Instruction]) -> None:
        """These instructions have been emitted, together."""
        left = [f"  {self._names.instruction(instruction)}" for instruction in done]
        self._rows(left)

    def rest(self, title: str) -> None:
        """What was emitted since is not for any instruction."""
        if self.log:
            self._lines.append(f"{title}:")
            self._rows([])

    def _rows(self, left: list[str]) -> None:
        right = [
            f"{name.ljust(_NAME)} {' '.join(f'{hole}=[{offset // 8}]' for hole, offset in slots.items()).ljust(28)} {size:3} bytes"
            for name, slots, size in self.log
        ]
        self.log.clear()
        for index in range(max(len(left), len(right))):
            text = left[index] if index < len(left) else ""
            shown = text if len(text) <= _LEFT else text[: _LEFT - 2] + ".."
            self._lines.append(f"{shown.ljust(_LEFT)}  {right[index] if index < len(right) else ''}".rstrip())

    def text(self) -> str:
        """All of it."""
        return "\n".join([*self._lines, ""])
