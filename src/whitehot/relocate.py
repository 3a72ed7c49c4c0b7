"""What each relocation type means: which address it wants, and how that address is written into the code.

One table per machine. A rule says whose address is wanted (`Wants`) and how to encode it; `link` walks an object's
relocations and applies them. In the comments of the ABI documents: S is the symbol's address, A the addend, P the address
of the field (`place`), G the address of the symbol's slot in the address table (the GOT).

Sources: System V ABI, AMD64 supplement, tables 4.9 to 4.11 and section B.2 (relaxation); ELF for the Arm 64-bit
Architecture, section 5.7.
"""

from __future__ import annotations

import enum
import struct
from collections.abc import Callable, Mapping

from whitehot.elf import Arm64Relocation, Machine, X86Relocation
from whitehot.record import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final


class Wants(enum.Enum):
    """Whose address a relocation is about."""

    NOTHING = enum.auto()  # the relocation does nothing
    TARGET = enum.auto()  # S + A
    CALL = enum.auto()  # S + A; a stub may stand in for a symbol that is too far away
    SLOT = enum.auto()  # G + A, where the slot holds S (x86-64: A corrects for the end of the instruction)
    SLOT_OF_TARGET = enum.auto()  # G, where the slot holds S + A (AArch64)


type Encode = Callable[[bytearray, int, int, int], None]
"""encode(image, offset, value, place): write `value` into the field at image[offset:], whose address is `place`.

Raises ValueError where the value does not fit, with the reason."""


@dataclass(frozen=True, slots=True)
class Rule:
    """How to apply one relocation type: the address wanted, the encoding, and the field's width in bytes."""

    wants: Wants
    encode: Encode
    width: int


@dataclass(frozen=True, slots=True)
class Architecture:
    """What linking needs to know of a machine.

    `call_reach`: a call reaches targets from -call_reach to call_reach (exclusive) bytes away.
    `padding`: one byte that fills the gaps between code sections, so that running into a gap stops at once.
    `make_stub(stub address, slot address)`: a jump to the address that the slot holds, `stub_size` bytes.
    """

    rules: Mapping[int, Rule]
    call_reach: int
    padding: int
    stub_size: int
    make_stub: Callable[[int, int], bytes]


def fits_signed(value: int, bits: int) -> bool:
    """Whether `value` is a two's complement number of so many bits."""
    return -(1 << (bits - 1)) <= value < 1 << (bits - 1)


def _check(value: int, bits: int) -> int:
    if not fits_signed(value, bits):
        raise ValueError(f"{value:#x} does not fit in {bits} bits")
    return value


def _nothing(_image: bytearray, _offset: int, _value: int, _place: int) -> None:
    pass


def _absolute_64(image: bytearray, offset: int, value: int, _place: int) -> None:
    struct.pack_into("<Q", image, offset, value & 0xFFFF_FFFF_FFFF_FFFF)


def _absolute_unsigned_32(image: bytearray, offset: int, value: int, _place: int) -> None:
    if not 0 <= value < 1 << 32:
        raise ValueError(f"{value:#x} does not fit in 32 bits, unsigned")
    struct.pack_into("<I", image, offset, value)


def _absolute_signed_32(image: bytearray, offset: int, value: int, _place: int) -> None:
    struct.pack_into("<i", image, offset, _check(value, 32))


def _relative_64(image: bytearray, offset: int, value: int, place: int) -> None:
    struct.pack_into("<Q", image, offset, (value - place) & 0xFFFF_FFFF_FFFF_FFFF)


def _relative_32(image: bytearray, offset: int, value: int, place: int) -> None:
    try:
        _pack_signed_32(image, offset, value - place)
    except struct.error:
        _check(value - place, 32)
        raise


_pack_signed_32 = struct.Struct("<i").pack_into


def _set_bits(image: bytearray, offset: int, mask: int, bits: int) -> None:
    """Replace the bits of `mask` in the instruction word at `offset`."""
    (word,) = struct.unpack_from("<I", image, offset)
    struct.pack_into("<I", image, offset, (word & ~mask) | bits)


def _arm_branch(image: bytearray, offset: int, value: int, place: int) -> None:
    """B and BL: a count of instruction words in the low 26 bits."""
    distance = _check(value - place, 28)
    if distance & 3:
        raise ValueError(f"the target is {distance:#x} bytes away, not a whole number of instructions")
    _set_bits(image, offset, 0x03FF_FFFF, (distance >> 2) & 0x03FF_FFFF)


def _arm_page(image: bytearray, offset: int, value: int, place: int) -> None:
    """ADRP: a count of 4 KiB pages, its two low bits in bits 29 and 30, the other nineteen from bit 5."""
    pages = _check((value >> 12) - (place >> 12), 21)
    _set_bits(image, offset, 0x60FF_FFE0, (pages & 3) << 29 | ((pages >> 2) & 0x7FFFF) << 5)


def _arm_low_bits(scale: int) -> Encode:
    """ADD, LDR, STR: the address within its 4 KiB page, counted in units of 2**scale bytes, from bit 10."""

    def encode(image: bytearray, offset: int, value: int, _place: int) -> None:
        low = value & 0xFFF
        if low & ((1 << scale) - 1):
            raise ValueError(f"{value:#x} is not a multiple of {1 << scale}")
        _set_bits(image, offset, 0x003F_FC00, low >> scale << 10)

    return encode


def _x86_stub(stub: int, slot: int) -> bytes:
    """jmp *slot(%rip), padded with int3 to eight bytes."""
    return b"\xff\x25" + struct.pack("<i", _check(slot - (stub + 6), 32)) + b"\xcc\xcc"


def _arm_stub(stub: int, slot: int) -> bytes:
    """adrp x16, slot; ldr x16, [x16, slot]; br x16. Calls may change x16 by the procedure call standard."""
    code = bytearray(struct.pack("<III", 0x9000_0010, 0xF940_0210, 0xD61F_0200))
    _arm_page(code, 0, slot, stub)
    _arm_low_bits(3)(code, 4, slot, stub + 4)
    return bytes(code)


def relax_x86(image: bytearray, offset: int) -> bool:
    """Turn the use of a slot whose displacement is at `offset` into direct use of the symbol, where the ABI allows it.

    `mov slot(%rip), %reg` becomes `lea symbol(%rip), %reg`, and `call *slot(%rip)` becomes `addr32 call symbol`.
    Returns whether it did; the displacement is then relative to the symbol. Only for the types GOTPCRELX and
    REX_GOTPCRELX, with which the assembler vouches for the shape of the instruction.
    """
    if offset < 2:
        return False
    opcode, operand = image[offset - 2], image[offset - 1]
    # Without REX.W a `lea` would keep 32 bits of the address only.
    if opcode == 0x8B and operand & 0xC7 == 0x05 and offset >= 3 and image[offset - 3] & 0xF8 == 0x48:
        image[offset - 2] = 0x8D
        return True
    if (opcode, operand) == (0xFF, 0x15):
        image[offset - 2 : offset] = b"\x67\xe8"
        return True
    return False


RELAXABLE: Final = frozenset({X86Relocation.GOTPCRELX, X86Relocation.REX_GOTPCRELX})

_X86_RULES: Final[Mapping[int, Rule]] = {
    X86Relocation.NONE: Rule(Wants.NOTHING, _nothing, 0),
    X86Relocation.ABS64: Rule(Wants.TARGET, _absolute_64, 8),
    X86Relocation.ABS32: Rule(Wants.TARGET, _absolute_unsigned_32, 4),
    X86Relocation.ABS32S: Rule(Wants.TARGET, _absolute_signed_32, 4),
    X86Relocation.PC64: Rule(Wants.TARGET, _relative_64, 8),
    X86Relocation.PC32: Rule(Wants.TARGET, _relative_32, 4),
    X86Relocation.PLT32: Rule(Wants.CALL, _relative_32, 4),
    X86Relocation.GOTPCREL: Rule(Wants.SLOT, _relative_32, 4),
    X86Relocation.GOTPCRELX: Rule(Wants.SLOT, _relative_32, 4),
    X86Relocation.REX_GOTPCRELX: Rule(Wants.SLOT, _relative_32, 4),
}

_ARM_RULES: Final[Mapping[int, Rule]] = {
    Arm64Relocation.NONE: Rule(Wants.NOTHING, _nothing, 0),
    Arm64Relocation.ABS64: Rule(Wants.TARGET, _absolute_64, 8),
    Arm64Relocation.PREL64: Rule(Wants.TARGET, _relative_64, 8),
    Arm64Relocation.PREL32: Rule(Wants.TARGET, _relative_32, 4),
    Arm64Relocation.CALL26: Rule(Wants.CALL, _arm_branch, 4),
    Arm64Relocation.JUMP26: Rule(Wants.CALL, _arm_branch, 4),
    Arm64Relocation.ADR_PREL_PG_HI21: Rule(Wants.TARGET, _arm_page, 4),
    Arm64Relocation.ADD_ABS_LO12_NC: Rule(Wants.TARGET, _arm_low_bits(0), 4),
    Arm64Relocation.LDST8_ABS_LO12_NC: Rule(Wants.TARGET, _arm_low_bits(0), 4),
    Arm64Relocation.LDST16_ABS_LO12_NC: Rule(Wants.TARGET, _arm_low_bits(1), 4),
    Arm64Relocation.LDST32_ABS_LO12_NC: Rule(Wants.TARGET, _arm_low_bits(2), 4),
    Arm64Relocation.LDST64_ABS_LO12_NC: Rule(Wants.TARGET, _arm_low_bits(3), 4),
    Arm64Relocation.LDST128_ABS_LO12_NC: Rule(Wants.TARGET, _arm_low_bits(4), 4),
    Arm64Relocation.ADR_GOT_PAGE: Rule(Wants.SLOT_OF_TARGET, _arm_page, 4),
    Arm64Relocation.LD64_GOT_LO12_NC: Rule(Wants.SLOT_OF_TARGET, _arm_low_bits(3), 4),
}

ARCHITECTURES: Final[Mapping[Machine, Architecture]] = {
    Machine.X86_64: Architecture(_X86_RULES, call_reach=1 << 31, padding=0xCC, stub_size=8, make_stub=_x86_stub),
    Machine.AARCH64: Architecture(_ARM_RULES, call_reach=1 << 27, padding=0, stub_size=12, make_stub=_arm_stub),
}
