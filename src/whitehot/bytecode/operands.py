"""In which order an instruction lets go of its operands."""

from __future__ import annotations

from whitehot.cpython import v314 as version

TYPE_CHECKING = False
if TYPE_CHECKING:
    from whitehot.bytecode.snapshot import BytecodeInstruction


def let_go_by(instruction: BytecodeInstruction) -> tuple[int, ...] | None:
    """The depths on the stack, 1 at the top, of the operands in the order in which they go; None: from the top down."""
    return version.LET_GO.get(instruction.specialized)
