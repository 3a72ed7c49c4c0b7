"""The object reader: what it finds in LLVM's objects, and that it refuses everything else by name."""

from __future__ import annotations

import contextlib
import struct
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.code.objects import ARM, MIXED, compile_ir

from whitehot.elf import (
    Arm64Relocation,
    Binding,
    Machine,
    ObjectFormatError,
    Place,
    SectionFlag,
    SymbolKind,
    X86Relocation,
    read_object,
)


def test_sections() -> None:
    """The sections that take memory are there, with their flags, and no others."""
    obj = read_object(compile_ir(MIXED))
    sections = {section.name: section for section in obj.sections}
    assert sections[".text"].flags == SectionFlag.ALLOCATE | SectionFlag.EXECUTE
    assert sections[".data"].flags == SectionFlag.ALLOCATE | SectionFlag.WRITE
    assert len(sections[".text"].data) == sections[".text"].size
    assert sections[".bss"].size == 800
    assert sections[".bss"].data == b""
    assert not sections.keys() & {".symtab", ".strtab", ".note.GNU-stack"}
    assert struct.pack("<d", 4.5) in sections[".rodata"].data


def test_symbols() -> None:
    """Symbols carry where they live, how they bind and what they name."""
    obj = read_object(compile_ir(MIXED))
    symbols = {symbol.name: symbol for symbol in obj.symbols}
    twice, inner, outside, weak = (symbols[n] for n in ("twice", "select_one", "outside_function", "maybe"))
    assert isinstance(twice.section, int)
    assert obj.sections[twice.section].name == ".text"
    assert (twice.binding, twice.kind) == (Binding.GLOBAL, SymbolKind.FUNCTION)
    assert twice.size > 0
    assert (inner.binding, inner.kind) == (Binding.LOCAL, SymbolKind.FUNCTION)
    assert (outside.section, outside.binding) == (Place.UNDEFINED, Binding.GLOBAL)
    assert (weak.section, weak.binding) == (Place.UNDEFINED, Binding.WEAK)
    assert obj.symbols[0].name == ""


def test_relocations() -> None:
    """Relocations name their section, their field, their symbol and what is to be added."""
    obj = read_object(compile_ir(MIXED))
    assert obj.machine is Machine.X86_64
    calls = [one for one in obj.relocations if obj.symbols[one.symbol].name == "outside_function"]
    assert {one.type for one in calls} == {X86Relocation.PLT32, X86Relocation.REX_GOTPCRELX}
    assert {one.addend for one in calls} == {-4}
    assert {obj.sections[one.section].name for one in calls} == {".text"}


def test_aarch64() -> None:
    """The same reader reads AArch64 objects, with that machine's relocation types."""
    obj = read_object(compile_ir(MIXED, ARM))
    assert obj.machine is Machine.AARCH64
    types = {one.type for one in obj.relocations}
    assert types >= {
        Arm64Relocation.ADR_PREL_PG_HI21,
        Arm64Relocation.ADD_ABS_LO12_NC,
        Arm64Relocation.CALL26,
        Arm64Relocation.JUMP26,
        Arm64Relocation.ADR_GOT_PAGE,
        Arm64Relocation.LD64_GOT_LO12_NC,
        Arm64Relocation.ABS64,
    }
    assert all(isinstance(one, Arm64Relocation) for one in types)


def _patched(offset: int, layout: str, value: int) -> bytes:
    data = bytearray(compile_ir(MIXED))
    struct.pack_into(layout, data, offset, value)
    return bytes(data)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "not an ELF64"),
        (b"MZ\x90\0", "not an ELF64"),
        (b"\x7fELF\x01\x01\x01" + bytes(60), "not an ELF64"),
        (b"\x7fELF\x02\x01\x01", "file header at 0x0 lies beyond"),
        (compile_ir(MIXED)[:200], "section header 0 at .* lies beyond"),
        (_patched(16, "<H", 3), "not a relocatable object: file type 3"),
        (_patched(18, "<H", 40), "machine 40 is neither"),
        (_patched(58, "<H", 40), "section headers of 40 bytes"),
        (_patched(60, "<H", 0), "no section headers"),
        (_patched(62, "<H", 999), "section names in section 999"),
    ],
)
def test_refuses(data: bytes, message: str) -> None:
    """What is not such an object is refused, and the message says what is wrong and where."""
    with pytest.raises(ObjectFormatError, match=message):
        read_object(data)


def _table(kind: int) -> int:
    """Where in the file the first section of a type (ELF `sh_type`) begins."""
    data = compile_ir(MIXED)
    (headers,) = struct.unpack_from("<Q", data, 40)
    (count,) = struct.unpack_from("<H", data, 60)
    rows = [struct.unpack_from("<IIQQQQIIQQ", data, headers + 64 * i) for i in range(count)]
    return next(int(row[4]) for row in rows if row[1] == kind)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (
            _patched(_table(4), "<Q", 1 << 40),
            r"relocation 0 of section \d+ \('.rela.text'\) is for offset 0x10000000000",
        ),
        (
            _patched(_table(4) + 12, "<I", 5000),
            r"relocation 0 of section \d+ \('.rela.text'\) uses symbol 5000, of \d+",
        ),
        (_patched(_table(2) + 24 + 4, "<B", 0xF0), "symbol 1 has the unknown binding or type 0xf0"),
        (_patched(_table(2) + 24 + 6, "<H", 400), "symbol 1 lies in section 0x190"),
        (_patched(_table(2) + 24, "<I", 1 << 30), "the name of symbol 1 starts at 0x40000000"),
        (_patched(_table(3) + 1, "<B", 0xFF), "is not UTF-8"),
    ],
)
def test_refuses_wrong_tables(data: bytes, message: str) -> None:
    """Tables that point beyond what there is are refused, and the row is named."""
    with pytest.raises(ObjectFormatError, match=message):
        read_object(data)


@settings(deadline=None, max_examples=150)
@given(st.lists(st.tuples(st.integers(0, len(compile_ir(MIXED)) - 1), st.integers(0, 255)), max_size=6), st.data())
def test_damaged_objects(changes: list[tuple[int, int]], draw: st.DataObject) -> None:
    """Whatever is overwritten or cut off, the reader reads or refuses; it fails in no other way."""
    data = bytearray(compile_ir(MIXED))
    for offset, value in changes:
        data[offset] = value
    # The headers are where damage matters most, and they are a small part of the file.
    start = struct.unpack_from("<Q", compile_ir(MIXED), 40)[0]
    place = draw.draw(st.integers(start, len(data) - 1))
    data[place] = draw.draw(st.integers(0, 255))
    with contextlib.suppress(ObjectFormatError):
        read_object(bytes(data[: draw.draw(st.integers(len(data) - 100, len(data)))]))


def test_pure() -> None:
    """The reader and the linker need no ctypes: they run anywhere, on made-up addresses."""
    program = "import sys, whitehot.elf, whitehot.code.link, whitehot.code.ranges; print('ctypes' in sys.modules)"
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "False"
