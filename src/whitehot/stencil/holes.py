"""Which holes the assembler can fill in, so that a stencil that it could not is never made."""

from __future__ import annotations

from enum import Enum, auto

from whitehot.elf import Arm64Relocation, Machine, X86Relocation
from whitehot.stencil.patch import LOW, PAGE, X86_SLOTS
from whitehot.stencil.stencil import JUMPS, POOL_HOLES, SLOT_HOLES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from whitehot.stencil.stencil import Hole


class HoleKind(Enum):
    """What fills a hole: an offset in the frame (or its size), the place of something near the code, a place in the unit's code, a function."""

    SLOT = auto()
    NEAR = auto()
    JUMP = auto()
    CALL = auto()


def kind_of(name: str) -> HoleKind:
    """What fills a hole of this name."""
    if name in JUMPS:
        return HoleKind.JUMP
    if name in SLOT_HOLES or name == "FRAME" or name[:2] == "X.":
        return HoleKind.SLOT
    if name in POOL_HOLES or name[:2] == "G." or name[:1] == "=":
        return HoleKind.NEAR
    return HoleKind.CALL


_X86_BRANCH = frozenset({int(X86Relocation.PLT32)})
_ARM_BRANCH = frozenset({int(Arm64Relocation.JUMP26), int(Arm64Relocation.CALL26)})

#: The relocation types that holes of each kind may have.
_FORMS: dict[Machine, dict[HoleKind, frozenset[int]]] = {
    Machine.X86_64: {
        HoleKind.SLOT: X86_SLOTS,
        HoleKind.NEAR: frozenset({int(X86Relocation.PC32)}),
        HoleKind.JUMP: _X86_BRANCH,
        HoleKind.CALL: _X86_BRANCH,
    },
    Machine.AARCH64: {
        HoleKind.SLOT: LOW | {PAGE},
        HoleKind.NEAR: LOW | {PAGE},
        HoleKind.JUMP: _ARM_BRANCH,
        HoleKind.CALL: _ARM_BRANCH,
    },
}


def check(machine: Machine, stencil: str, holes: Sequence[Hole]) -> None:
    """Raise ValueError, naming stencil, relocation type and symbol, for a hole that cannot be filled in."""
    pages: dict[str, int] = {}
    for _, form, name, addend in holes:
        if form not in _FORMS[machine][kind_of(name)]:
            raise _refusal(stencil, form, name, addend)
        if form == PAGE and machine is Machine.AARCH64:
            pages.setdefault(name, addend)
    if machine is Machine.AARCH64:
        # What is patched into the first of a pair of instructions is right for the second one only if both mean the same place.
        for _, form, name, addend in holes:
            if form in LOW | {PAGE} and pages.get(name) != addend:
                raise _refusal(stencil, form, name, addend)


def _refusal(stencil: str, form: int, name: str, addend: int) -> ValueError:
    return ValueError(f"stencil {stencil}: relocation type {form} against {name}{addend:+d} cannot be filled in")
