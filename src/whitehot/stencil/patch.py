"""Filling in holes, per machine.

A slot's offset was compiled as the address of a symbol, and so were a pool word and a constant of a stencil's own, which lie near the code:

    x86-64     mov rax, [r12 + S0]             the offset, in 32 bits
               add rax, [rip + P1]             the distance, in 32 bits
    AArch64    adrp x8, S0                     movz x8, #offset
               add x8, x8, :lo12:S0            add x8, x8, #0
               adrp x9, P1                     adr x9, word
               ldr x9, [x9, :lo12:P1]          ldr x9, [x9]

AArch64's `adrp` counts in pages of 4 KiB, wherever the code comes to lie. The instructions that take its place say all that the two said together, so code
may lie anywhere.
"""

from __future__ import annotations

from struct import Struct

from whitehot.elf import Arm64Relocation, X86Relocation
from whitehot.relocate import fits_signed

_offset = Struct("<i").pack_into
_word = Struct("<I")

PAGE = int(Arm64Relocation.ADR_PREL_PG_HI21)
LOW = frozenset(
    {
        int(Arm64Relocation.ADD_ABS_LO12_NC),
        int(Arm64Relocation.LDST8_ABS_LO12_NC),
        int(Arm64Relocation.LDST16_ABS_LO12_NC),
        int(Arm64Relocation.LDST32_ABS_LO12_NC),
        int(Arm64Relocation.LDST64_ABS_LO12_NC),
        int(Arm64Relocation.LDST128_ABS_LO12_NC),
    }
)
_REGISTER = 0x1F
_MOVZ = 0xD280_0000
_ADR = 0x1000_0000
_IMMEDIATE = 0x003F_FC00

X86_SLOTS = frozenset({int(X86Relocation.ABS32), int(X86Relocation.ABS32S)})


def patch_slot(code: bytearray, place: int, form: int, offset: int) -> None:
    """Fill in a hole of relocation type `form` at `place`. Raises ValueError for a type that is not understood and for an offset that does not fit."""
    if form in X86_SLOTS:
        _offset(code, place, offset)
    elif form == PAGE:
        if not 0 <= offset < 1 << 16:
            raise ValueError(f"{offset} is beyond a native frame of 64 KiB")
        (word,) = _word.unpack_from(code, place)
        _word.pack_into(code, place, _MOVZ | offset << 5 | word & _REGISTER)
    else:
        _clear(code, place, form)


def patch_near(code: bytearray, place: int, form: int, target: int) -> None:
    """Have the AArch64 instruction at `place` use what lies at `target`, both counted from the start of the code. Raises ValueError for a type that is not
    understood and where it is out of reach.
    """
    if form != PAGE:
        _clear(code, place, form)
        return
    distance = target - place
    if not fits_signed(distance, 21):
        raise ValueError(f"a constant is {distance:#x} bytes away, out of reach")
    (word,) = _word.unpack_from(code, place)
    _word.pack_into(code, place, _ADR | (distance & 3) << 29 | (distance >> 2 & 0x7FFFF) << 5 | word & _REGISTER)


def _clear(code: bytearray, place: int, form: int) -> None:
    """The instruction that added the low bits adds nothing: its partner says it all."""
    if form not in LOW:
        raise ValueError(f"relocation type {form} for a slot or a constant")
    (word,) = _word.unpack_from(code, place)
    _word.pack_into(code, place, word & ~_IMMEDIATE)
