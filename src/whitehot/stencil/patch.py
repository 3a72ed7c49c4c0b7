"""Putting a slot's offset into an instruction, per machine.

The offset was compiled as the address of a symbol: on x86-64 that is a displacement of 32 bits; on AArch64 a page and what is added to it.
"""

from __future__ import annotations

from struct import pack_into

from whitehot.elf import X86Relocation

_X86 = frozenset({int(X86Relocation.ABS32), int(X86Relocation.ABS32S)})


def patch_slot(code: bytearray, place: int, form: int, offset: int) -> None:
    """Fill in a hole of relocation type `form` at `place`. Raises ValueError for a type that is not understood."""
    if form in _X86:
        pack_into("<i", code, place, offset)
        return
    raise ValueError(f"relocation type {form} for a slot")
