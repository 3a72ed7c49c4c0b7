"""Linking at made-up addresses: every relocation type, near and far, on both machines, checked by disassembling."""

from __future__ import annotations

import copy
import struct
from collections.abc import Mapping
from typing import Final

import capstone
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.code.objects import ARM, MIXED, X86, compile_ir

from whitehot.code.link import LinkedImage, LoadError, RelocationOverflow, UnresolvedSymbol, lay_out, link
from whitehot.elf import (
    Addresses,
    Arm64Relocation,
    Binding,
    Calls,
    Machine,
    ObjectFile,
    Place,
    Relocation,
    RelocationType,
    Section,
    SectionFlag,
    Symbol,
    SymbolKind,
    X86Relocation,
    read_object,
)

CODE: Final = 0x7F12_3450_0000
DATA: Final = 0x7F12_3460_0000
FAR: Final = 0x0000_5555_0000_1238
OUTSIDE: Final = {"outside_function": FAR, "outside_direct": FAR + 0x100, "outside_variable": FAR + 0x1000}


def linked(ir: str, triple: str, outside: Mapping[str, int] = OUTSIDE) -> LinkedImage:
    """Some IR, compiled and linked at the addresses above."""
    return link(lay_out(read_object(compile_ir(ir, triple)), outside.__getitem__), CODE, DATA)


def listing(image: LinkedImage, name: str, machine: Machine) -> list[str]:
    """The instructions of one function."""
    function = next(one for one in image.functions if one.name == name)
    return disassembled(image.code, function.address, function.size, machine)


def disassembled(code: bytes, address: int, size: int, machine: Machine) -> list[str]:
    """The instructions at an address of a code block that lies at CODE."""
    if machine is Machine.X86_64:
        decoder = capstone.Cs(capstone.CS_ARCH_X86, capstone.CS_MODE_64)
    else:
        decoder = capstone.Cs(capstone.CS_ARCH_ARM64, capstone.CS_MODE_ARM)
    start = address - CODE
    return [f"{one.mnemonic} {one.op_str}" for one in decoder.disasm(code[start : start + size], address)]


def word_at(image: LinkedImage, address: int) -> int:
    """A 64-bit word of the data block."""
    value: int = struct.unpack_from("<Q", image.data, address - DATA)[0]
    return value


def target_of_arm_pair(first: str, second: str) -> int:
    """The address that an adrp and the instruction using its register make together."""
    assert first.startswith("adrp ")
    low = second.rstrip("]").rpartition("#")[2] if "#" in second else "0"
    return int(first.rpartition("#")[2], 16) + int(low, 0)


def test_arm_calls() -> None:
    """A call inside is direct; a call to something far away goes through a stub, whose slot holds the address."""
    image = linked(MIXED, ARM)
    calls = [line for line in listing(image, "four_times", Machine.AARCH64) if line.startswith(("bl ", "b "))]
    assert {line.rpartition("#")[2] for line in calls} == {hex(image.symbols["twice"])}
    (jump,) = [line for line in listing(image, "tail_outside", Machine.AARCH64) if line.startswith("b ")]
    stub = disassembled(image.code, int(jump.rpartition("#")[2], 16), 12, Machine.AARCH64)
    assert [line.split()[0] for line in stub] == ["adrp", "ldr", "br"]
    assert word_at(image, target_of_arm_pair(*stub[:2])) == FAR


def test_arm_near_call() -> None:
    """A call that reaches its target goes there directly."""
    near = OUTSIDE | {"outside_function": CODE - (1 << 27) + 0x10000}
    (jump,) = [line for line in listing(linked(MIXED, ARM, near), "tail_outside", Machine.AARCH64) if line[:2] == "b "]
    assert int(jump.rpartition("#")[2], 16) == near["outside_function"]


def test_arm_slots() -> None:
    """Outside data and global variables are reached through slots that hold their addresses."""
    image = linked(MIXED, ARM)
    first, second, *_ = listing(image, "read_outside", Machine.AARCH64)
    assert second.startswith("ldr ")
    assert word_at(image, target_of_arm_pair(first, second)) == OUTSIDE["outside_variable"]


def test_arm_constants() -> None:
    """Constants are reached by page and offset, with an add or in the load itself."""
    image = linked(MIXED, ARM)
    first, second, *_ = listing(image, "item", Machine.AARCH64)
    table = target_of_arm_pair(first, second)
    assert second.startswith("add ")
    assert struct.unpack_from("<5d", image.data, table - DATA) == (1.5, 2.5, 3.5, 4.5, 5.5)


ARM_LOADS: Final = """
@bytes = internal global i8 11
@halves = internal global i16 222
@words = internal global i32 333333
@longs = internal global i64 4444444444
@vectors = internal global <2 x i64> <i64 5, i64 6>
define i8 @load8() {
  %v = load volatile i8, ptr @bytes
  ret i8 %v
}
define i16 @load16() {
  %v = load volatile i16, ptr @halves
  ret i16 %v
}
define i32 @load32() {
  %v = load volatile i32, ptr @words
  ret i32 %v
}
define i64 @load64() {
  %v = load volatile i64, ptr @longs
  ret i64 %v
}
define <2 x i64> @load128() {
  %v = load volatile <2 x i64>, ptr @vectors
  ret <2 x i64> %v
}
"""


@pytest.mark.parametrize(
    ("name", "type", "content"),
    [
        ("load8", Arm64Relocation.LDST8_ABS_LO12_NC, struct.pack("<B", 11)),
        ("load16", Arm64Relocation.LDST16_ABS_LO12_NC, struct.pack("<H", 222)),
        ("load32", Arm64Relocation.LDST32_ABS_LO12_NC, struct.pack("<I", 333333)),
        ("load64", Arm64Relocation.LDST64_ABS_LO12_NC, struct.pack("<Q", 4444444444)),
        ("load128", Arm64Relocation.LDST128_ABS_LO12_NC, struct.pack("<QQ", 5, 6)),
    ],
)
def test_arm_scaled_loads(name: str, type: Arm64Relocation, content: bytes) -> None:
    """The offset of a load counts in units of what is loaded."""
    assert type in {one.type for one in read_object(compile_ir(ARM_LOADS, ARM)).relocations}
    image = linked(ARM_LOADS, ARM)
    first, second, *_ = listing(image, name, Machine.AARCH64)
    offset = target_of_arm_pair(first, second) - DATA
    assert image.data[offset : offset + len(content)] == content


def test_x86_far() -> None:
    """Far away: calls through a stub, variables and addresses through slots."""
    image = linked(MIXED, X86)
    (jump,) = [line for line in listing(image, "tail_outside", Machine.X86_64) if line.startswith("jmp ")]
    stub = int(jump.split()[1], 16)
    (line,) = disassembled(image.code, stub, 6, Machine.X86_64)
    assert line.startswith("jmp qword ptr [rip + 0x")
    assert word_at(image, stub + 6 + int(line.rpartition("+ ")[2].rstrip("]"), 16)) == FAR
    assert listing(image, "read_outside", Machine.X86_64)[0].startswith("mov rax, qword ptr [rip + 0x")


def test_x86_near() -> None:
    """Near by: calls and addresses are direct, and no load from a slot is left."""
    near = {"outside_function": CODE - 0x10000, "outside_direct": CODE - 0x20000, "outside_variable": CODE - 0x30000}
    image = linked(MIXED, X86, near)
    lines = listing(image, "call_outside", Machine.X86_64)
    calls = [int(line.split()[1], 16) for line in lines if line.startswith("call ")]
    assert calls == [near["outside_function"], near["outside_direct"]]
    (lea,) = [line for line in listing(image, "address_of_outside", Machine.X86_64) if line.startswith("lea ")]
    assert lea.startswith("lea rax, [rip - 0x10")
    assert listing(image, "count", Machine.X86_64)[0].startswith("lea ")


def made(type: RelocationType, machine: Machine, *, addend: int = 0, data: bytes = bytes(16)) -> ObjectFile:
    """An object of one field at offset 4 of .text, relocated against the outside symbol `s`."""
    flags = SectionFlag.ALLOCATE | SectionFlag.EXECUTE
    null = Symbol("", Place.UNDEFINED, 0, 0, Binding.LOCAL, SymbolKind.UNTYPED)
    symbol = copy.replace(null, name="s", binding=Binding.GLOBAL)
    return ObjectFile(
        machine,
        (Section(".text", flags, 16, len(data), data),),
        (null, symbol),
        (Relocation(0, 4, type, 1, addend),),
    )


def field(obj: ObjectFile, target: int, layout: str) -> int:
    """The field of such an object, linked with `s` at `target`."""
    image = link(lay_out(obj, {"s": target}.__getitem__), CODE, DATA)
    value: int = struct.unpack_from(layout, image.code, 4)[0]
    return value


@given(st.integers(0, 2**64 - 1), st.integers(-(2**31), 2**31 - 1))
def test_x86_fields(target: int, addend: int) -> None:
    """Each field holds what the ABI's formula says, or the link is refused because it would not."""
    place, total = CODE + 4, target + addend
    expected: dict[X86Relocation, tuple[str, int, bool]] = {
        X86Relocation.ABS64: ("<Q", total % 2**64, True),
        X86Relocation.PC64: ("<Q", (total - place) % 2**64, True),
        X86Relocation.PC32: ("<i", total - place, -(2**31) <= total - place < 2**31),
        X86Relocation.ABS32: ("<I", total, 0 <= total < 2**32),
        X86Relocation.ABS32S: ("<i", total, -(2**31) <= total < 2**31),
    }
    for kind, (layout, value, fits) in expected.items():
        obj = made(kind, Machine.X86_64, addend=addend)
        if fits:
            assert field(obj, target, layout) == value
        else:
            with pytest.raises(RelocationOverflow, match=kind.name):
                field(obj, target, layout)


@given(st.integers(0, 2**64 - 1), st.lists(st.integers(0, 2**64 - 1), min_size=1, max_size=4))
def test_rows_of_addresses(target: int, words: list[int]) -> None:
    """Each word of a row gets the address of the row's symbol, an outside one or one of the object's own, added to what it held."""
    null = Symbol("", Place.UNDEFINED, 0, 0, Binding.LOCAL, SymbolKind.UNTYPED)
    own = copy.replace(null, name="own", section=0, value=8, binding=Binding.GLOBAL)
    data = struct.pack(f"<{2 * len(words)}Q", *words, *words)
    size = len(data) // 2
    rows = (
        Addresses(0, 1, tuple(range(0, size, 8))),
        Addresses(0, 2, tuple(range(size, 2 * size, 8))),
    )
    section = Section(".data", SectionFlag.ALLOCATE | SectionFlag.WRITE, 8, len(data), data)
    symbols = (null, copy.replace(null, name="s", binding=Binding.GLOBAL), own)
    obj = ObjectFile(Machine.X86_64, (section,), symbols, (), rows)
    image = link(lay_out(obj, {"s": target}.__getitem__), CODE, DATA)
    found = struct.unpack_from(f"<{2 * len(words)}Q", image.data)
    assert found == tuple((word + address) % 2**64 for address in (target, DATA + 8) for word in words)
    with pytest.raises(UnresolvedSymbol):
        lay_out(obj, dict[str, int]().__getitem__)


@given(st.integers(-(2**31) - 100, 2**31 + 100))
def test_x86_call(distance: int) -> None:
    """A call is direct as far as it reaches, and goes to the stub beyond."""
    obj = made(X86Relocation.PLT32, Machine.X86_64, addend=-4)
    reached = CODE + 8 + field(obj, CODE + 8 + distance, "<i")
    assert reached == (CODE + 8 + distance if -(2**31) <= distance < 2**31 else CODE + 16)


@given(st.integers(-(2**31) - 100, 2**31 + 100), st.lists(st.integers(0, 20), min_size=1, unique=True))
def test_rows_of_calls(distance: int, places: list[int]) -> None:
    """A row of calls is filled in as a relocation for each of them would be, stubs and errors included."""
    alone = made(X86Relocation.PLT32, Machine.X86_64, addend=-4, data=bytes(88))
    offsets = tuple(4 * place for place in places)
    one = alone.relocations[0]
    single = copy.replace(alone, relocations=tuple(copy.replace(one, offset=offset) for offset in offsets))
    row = Calls(one.section, one.type, one.symbol, one.addend, offsets)
    images = [
        link(lay_out(obj, {"s": CODE + distance}.__getitem__), CODE, DATA)
        for obj in (single, copy.replace(alone, relocations=(), calls=(row,)))
    ]
    assert images[0] == images[1]
    beyond = copy.replace(row, offsets=(0, len(alone.sections[0].data) - 3))
    with pytest.raises(LoadError, match="beyond the section"):
        lay_out(copy.replace(alone, relocations=(), calls=(beyond,)), {"s": CODE}.__getitem__)


@given(st.integers(-(2**26) - 100, 2**26 + 100))
def test_arm_call(words: int) -> None:
    """BL reaches 128 MiB each way, and goes to the stub beyond."""
    obj = made(Arm64Relocation.CALL26, Machine.AARCH64, data=struct.pack("<4I", 0, 0x9400_0000, 0, 0))
    word = field(obj, CODE + 4 + 4 * words, "<I")
    assert word >> 26 == 0b100101
    near = -(2**25) <= words < 2**25
    assert word & 0x3FF_FFFF == (words if near else 3) & 0x3FF_FFFF


@given(st.integers(-(2**32) - 5000, 2**32 + 5000))
def test_arm_page(distance: int) -> None:
    """ADRP names the target's page, within 4 GiB."""
    target = CODE + distance
    obj = made(Arm64Relocation.ADR_PREL_PG_HI21, Machine.AARCH64, data=struct.pack("<4I", 0, 0x9000_0000, 0, 0))
    pages = (target >> 12) - (CODE >> 12)
    if -(2**20) <= pages < 2**20:
        word = field(obj, target, "<I")
        (line,) = disassembled(struct.pack("<2I", 0, word), CODE + 4, 4, Machine.AARCH64)
        assert int(line.rpartition("#")[2], 16) == target & ~0xFFF
    else:
        with pytest.raises(RelocationOverflow, match="ADR_PREL_PG_HI21"):
            field(obj, target, "<I")


def test_arm_data_fields() -> None:
    """Words in data: absolute and relative."""
    target = CODE + 0x1234
    assert field(made(Arm64Relocation.ABS64, Machine.AARCH64, addend=8), target, "<Q") == target + 8
    assert field(made(Arm64Relocation.PREL64, Machine.AARCH64), target, "<q") == 0x1230
    assert field(made(Arm64Relocation.PREL32, Machine.AARCH64, addend=-0x2000), target, "<i") == 0x1230 - 0x2000
    with pytest.raises(RelocationOverflow, match="PREL32"):
        field(made(Arm64Relocation.PREL32, Machine.AARCH64), FAR, "<i")


def test_arm_misaligned() -> None:
    """A scaled load cannot name an address between two units; a branch cannot either."""
    for kind in (Arm64Relocation.LDST64_ABS_LO12_NC, Arm64Relocation.JUMP26):
        with pytest.raises(RelocationOverflow, match=r"multiple|whole number"):
            field(made(kind, Machine.AARCH64), CODE + 0x102, "<I")


def test_field_beyond_its_section() -> None:
    """A field that begins in its section and ends after it is refused."""
    with pytest.raises(LoadError, match=r"\.text\+0x4 reaches beyond"):
        field(made(X86Relocation.ABS64, Machine.X86_64, data=bytes(8)), FAR, "<Q")


def test_slot_of_old_style() -> None:
    """GOTPCREL, without leave to change the instruction, keeps its slot even where the symbol is near."""
    code = b"\x90\x48\x8b\x05" + bytes(8)
    old = made(X86Relocation.GOTPCREL, Machine.X86_64, addend=-4, data=code)
    assert field(old, CODE + 0x100, "<i") == DATA - (CODE + 8)
    new = made(X86Relocation.REX_GOTPCRELX, Machine.X86_64, addend=-4, data=code)
    assert field(new, CODE + 0x100, "<i") == 0x100 - 8


def test_wrong_alignment() -> None:
    """Blocks must lie where the layout says they may."""
    layout = lay_out(read_object(compile_ir(MIXED)), OUTSIDE.__getitem__)
    with pytest.raises(ValueError, match="not aligned"):
        link(layout, CODE + 1, DATA)


def test_same_bytes_for_same_addresses() -> None:
    """Linking is a pure function."""
    assert linked(MIXED, X86) == linked(MIXED, X86)
    assert linked(MIXED, ARM) == linked(MIXED, ARM)
