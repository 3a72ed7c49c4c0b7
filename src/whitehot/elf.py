"""Read an ELF64 little-endian relocatable object (x86-64 or AArch64) into plain data.

LLVM writes such an object for every platform we support, so this one reader serves all of them. It keeps what a loader
needs: the sections that take memory at run time, the symbols, and the relocations of those sections. Debug information,
notes and string tables are dropped.

The reader trusts nothing: a wrong offset, count or index raises ObjectFormatError, which says what was wrong and where.

Sources: System V ABI, chapters 4 and 5 (ELF-64), and the processor supplements for x86-64 and for the Arm 64-bit
architecture (relocation numbers).
"""

from __future__ import annotations

import enum
import os
import struct
from collections.abc import Iterator

from whitehot.record import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Final

_HEADER: Final = struct.Struct("<16sHHIQQQIHHHHHH")
_SECTION_HEADER: Final = struct.Struct("<IIQQQQIIQQ")
_SYMBOL: Final = struct.Struct("<IBBHQQ")
_RELOCATION: Final = struct.Struct("<QQq")

_IDENT: Final = b"\x7fELF\x02\x01\x01"  # magic, 64-bit, little-endian, version 1
_TYPE_RELOCATABLE: Final = 1

_SECTION_SYMTAB: Final = 2
_SECTION_STRTAB: Final = 3
_SECTION_RELA: Final = 4
_SECTION_NOBITS: Final = 8
_SECTION_REL: Final = 9

_INDEX_RESERVED: Final = 0xFF00  # section indexes from here on are not positions in the table


class ObjectFormatError(Exception):
    """The bytes are not an object this reader understands; the message says what is wrong and where."""


class Machine(enum.IntEnum):
    """The processor an object is for (ELF `e_machine`)."""

    X86_64 = 62
    AARCH64 = 183


class X86Relocation(enum.IntEnum):
    """Relocation types of x86-64 that LLVM emits for position-independent code in the small code model."""

    NONE = 0
    ABS64 = 1
    PC32 = 2
    PLT32 = 4
    GOTPCREL = 9
    ABS32 = 10
    ABS32S = 11
    PC64 = 24
    GOTPCRELX = 41
    REX_GOTPCRELX = 42


class Arm64Relocation(enum.IntEnum):
    """Relocation types of AArch64 that LLVM emits for position-independent code in the small code model."""

    NONE = 0
    ABS64 = 257
    PREL64 = 260
    PREL32 = 261
    ADR_PREL_PG_HI21 = 275
    ADD_ABS_LO12_NC = 277
    LDST8_ABS_LO12_NC = 278
    JUMP26 = 282
    CALL26 = 283
    LDST16_ABS_LO12_NC = 284
    LDST32_ABS_LO12_NC = 285
    LDST64_ABS_LO12_NC = 286
    LDST128_ABS_LO12_NC = 299
    ADR_GOT_PAGE = 311
    LD64_GOT_LO12_NC = 312


def host_name() -> str:
    """How the system calls this processor, as `platform.machine` has it."""
    return os.uname().machine if hasattr(os, "uname") else os.environ.get("PROCESSOR_ARCHITECTURE", "")


def host_machine() -> Machine | None:
    """The processor of this process, or None if it is one we have no objects for."""
    return _MACHINES.get(host_name())


_MACHINES = {
    "x86_64": Machine.X86_64,
    "AMD64": Machine.X86_64,
    "aarch64": Machine.AARCH64,
    "arm64": Machine.AARCH64,
    "ARM64": Machine.AARCH64,
}


type RelocationType = X86Relocation | Arm64Relocation | int
"""A relocation's type: a member of its machine's enumeration, or the bare number where we do not know it."""


class SectionFlag:
    """What a section is for: bits of ELF `sh_flags`. Plain numbers, since `enum.Flag` would run Python code of the standard library."""

    WRITE = 0x1
    ALLOCATE = 0x2
    EXECUTE = 0x4
    MERGE = 0x10
    STRINGS = 0x20
    GROUP = 0x200
    THREAD_LOCAL = 0x400


class Binding(enum.IntEnum):
    """Who sees a symbol."""

    LOCAL = 0
    GLOBAL = 1
    WEAK = 2


class SymbolKind(enum.IntEnum):
    """What a symbol names."""

    UNTYPED = 0
    OBJECT = 1
    FUNCTION = 2
    SECTION = 3
    FILE = 4
    COMMON = 5
    THREAD_LOCAL = 6
    INDIRECT_FUNCTION = 10


class Place(enum.Enum):
    """Where a symbol lives when it lives in no section that takes memory."""

    UNDEFINED = enum.auto()  # somebody else has it
    ABSOLUTE = enum.auto()  # its value is its address
    COMMON = enum.auto()  # the linker is to make room for it
    DROPPED = enum.auto()  # in a section this reader drops, such as debug information


@dataclass(frozen=True, slots=True)
class Section:
    """A section that takes memory at run time.

    `data` is empty and `size` is not where the section is all zeros and takes no room in the file (.bss).
    `alignment` is a power of two, in bytes.
    """

    name: str
    flags: int
    alignment: int
    size: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Symbol:
    """A name for a place: `value` bytes into section `section` (an index into ObjectFile.sections), or a Place."""

    name: str
    section: int | Place
    value: int
    size: int
    binding: Binding
    kind: SymbolKind


@dataclass(frozen=True, slots=True)
class Relocation:
    """A field to fill in, `offset` bytes into `section`, from the address of `symbol` plus `addend`.

    `section` indexes ObjectFile.sections and `symbol` indexes ObjectFile.symbols.
    """

    section: int
    offset: int
    type: RelocationType
    symbol: int
    addend: int


@dataclass(frozen=True, slots=True)
class Addresses:
    """Words of `section`, at these offsets, which are multiples of 8, that are to hold the address of `symbol` plus what they hold already.

    What many relocations would say one by one: a unit of the baseline has a word for each of its exits.
    """

    section: int
    symbol: int
    offsets: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Calls:
    """Fields of `section`, at these offsets, to fill in alike: what many relocations of one type, symbol and addend would say one by one.

    A unit of the baseline calls the same few routines again and again.
    """

    section: int
    type: RelocationType
    symbol: int
    addend: int
    offsets: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ObjectFile:
    """What a loader needs of an object. `symbols[0]` is ELF's null symbol, so relocations index it as in the file.

    Object files have neither `addresses` nor `calls`.
    """

    machine: Machine
    sections: tuple[Section, ...]
    symbols: tuple[Symbol, ...]
    relocations: tuple[Relocation, ...]
    addresses: tuple[Addresses, ...] = ()
    calls: tuple[Calls, ...] = ()


#: Nothing.
NO_OBJECT = ObjectFile(Machine.X86_64, (), (), ())


def read_object(data: bytes) -> ObjectFile:
    """Read an object file.

    Raises ObjectFormatError for anything but a well-formed ELF64 little-endian relocatable object for x86-64 or AArch64.
    """
    machine, headers = _read_headers(data)
    kept = [header for header in headers if header.flags & SectionFlag.ALLOCATE]
    position = {header.index: place for place, header in enumerate(kept)}
    sections = tuple(_read_section(data, header) for header in kept)
    symbols = _read_symbols(data, headers, position)
    relocations = tuple(_read_relocations(data, machine, headers, position, sections, len(symbols)))
    return ObjectFile(machine, sections, symbols, relocations)


@dataclass(frozen=True, slots=True)
class _Header:
    """One row of the section header table."""

    index: int
    name: str
    type: int
    flags: int
    offset: int
    size: int
    link: int
    info: int
    alignment: int
    entry_size: int

    @property
    def label(self) -> str:
        """How messages call this section."""
        return f"section {self.index} ({self.name!r})"


def _unpack(layout: struct.Struct, data: bytes, offset: int, what: str) -> tuple[Any, ...]:
    if offset < 0 or offset + layout.size > len(data):
        raise ObjectFormatError(f"{what} at {offset:#x} lies beyond the end of the file ({len(data):#x} bytes)")
    return layout.unpack_from(data, offset)


def _read_headers(data: bytes) -> tuple[Machine, list[_Header]]:
    """Read the file header and the section header table, names included."""
    if data[:7] != _IDENT:
        raise ObjectFormatError(f"not an ELF64 little-endian file: it begins with {data[:7]!r}")
    fields = _unpack(_HEADER, data, 0, "the file header")
    _ident, kind, machine_number, _version, _entry, _programs, table, *rest = fields
    _flags, _size, _program_size, _program_count, entry_size, count, names_index = rest
    if kind != _TYPE_RELOCATABLE:
        raise ObjectFormatError(f"not a relocatable object: file type {kind}")
    try:
        machine = Machine(machine_number)
    except ValueError:
        raise ObjectFormatError(f"machine {machine_number} is neither x86-64 nor AArch64") from None
    if entry_size != _SECTION_HEADER.size:
        raise ObjectFormatError(f"section headers of {entry_size} bytes; {_SECTION_HEADER.size} expected")
    if count == 0:
        raise ObjectFormatError("no section headers")
    rows = [_unpack(_SECTION_HEADER, data, table + i * entry_size, f"section header {i}") for i in range(count)]
    if names_index >= count:
        raise ObjectFormatError(f"section names in section {names_index}, of {count}")
    names = _contents(data, _header(names_index, "", rows[names_index]))
    return machine, [_header(i, _name(names, row[0], f"section {i}"), row) for i, row in enumerate(rows)]


def _header(index: int, name: str, row: tuple[int, ...]) -> _Header:
    _name_offset, kind, flags, _address, offset, size, link, info, alignment, entry_size = row
    return _Header(index, name, kind, flags, offset, size, link, info, alignment, entry_size)


def _contents(data: bytes, header: _Header) -> bytes:
    end = header.offset + header.size
    if end > len(data):
        raise ObjectFormatError(f"{header.label} ends at {end:#x}, beyond the end of the file ({len(data):#x} bytes)")
    return data[header.offset : end]


def _name(table: bytes, start: int, whose: str) -> str:
    end = table.find(b"\0", start)
    if end < 0:
        raise ObjectFormatError(f"the name of {whose} starts at {start:#x} and never ends in its string table")
    try:
        return table[start:end].decode()
    except UnicodeDecodeError:
        raise ObjectFormatError(f"the name of {whose} is not UTF-8: {table[start:end]!r}") from None


def _read_section(data: bytes, header: _Header) -> Section:
    alignment = header.alignment or 1
    if alignment & (alignment - 1):
        raise ObjectFormatError(f"{header.label} has alignment {alignment}, not a power of two")
    content = b"" if header.type == _SECTION_NOBITS else _contents(data, header)
    return Section(header.name, header.flags, alignment, header.size, content)


def _entries(layout: struct.Struct, data: bytes, header: _Header) -> Iterator[tuple[Any, ...]]:
    """The rows of a table section."""
    if header.entry_size != layout.size or header.size % layout.size:
        raise ObjectFormatError(
            f"{header.label}: {header.size} bytes in entries of {header.entry_size}; entries of {layout.size} expected"
        )
    return layout.iter_unpack(_contents(data, header))


def _read_symbols(data: bytes, headers: list[_Header], position: dict[int, int]) -> tuple[Symbol, ...]:
    tables = [header for header in headers if header.type == _SECTION_SYMTAB]
    if not tables:
        return ()
    if len(tables) > 1:
        raise ObjectFormatError(f"{len(tables)} symbol tables; one expected")
    table = tables[0]
    if table.link >= len(headers) or headers[table.link].type != _SECTION_STRTAB:
        raise ObjectFormatError(f"{table.label} names section {table.link} as its string table, which is none")
    names = _contents(data, headers[table.link])
    symbols = []
    for i, (name, info, _other, section, value, size) in enumerate(_entries(_SYMBOL, data, table)):
        label = f"symbol {i}"
        try:
            binding, kind = Binding(info >> 4), SymbolKind(info & 0xF)
        except ValueError:
            raise ObjectFormatError(f"{label} has the unknown binding or type {info:#x}") from None
        home = _home(section, len(headers), position, label)
        symbols.append(Symbol(_name(names, name, label), home, value, size, binding, kind))
    return tuple(symbols)


def _home(section: int, count: int, position: dict[int, int], label: str) -> int | Place:
    """Where a symbol lives, from its section index as the file has it."""
    special = {0: Place.UNDEFINED, 0xFFF1: Place.ABSOLUTE, 0xFFF2: Place.COMMON}.get(section)
    if special is not None:
        return special
    if section >= _INDEX_RESERVED or section >= count:
        raise ObjectFormatError(f"{label} lies in section {section:#x}, of {count}")
    return position.get(section, Place.DROPPED)


def _read_relocations(
    data: bytes,
    machine: Machine,
    headers: list[_Header],
    position: dict[int, int],
    sections: tuple[Section, ...],
    symbol_count: int,
) -> Iterator[Relocation]:
    """The relocations of the sections we keep, in the file's order."""
    for header in headers:
        if header.type not in (_SECTION_RELA, _SECTION_REL) or header.info not in position:
            continue
        if header.type == _SECTION_REL:
            raise ObjectFormatError(f"{header.label} holds relocations without addends")
        target = position[header.info]
        for i, (offset, info, addend) in enumerate(_entries(_RELOCATION, data, header)):
            symbol, number = info >> 32, info & 0xFFFFFFFF
            if offset >= len(sections[target].data):
                raise ObjectFormatError(
                    f"relocation {i} of {header.label} is for offset {offset:#x}, "
                    f"but {sections[target].name!r} holds {len(sections[target].data):#x} bytes"
                )
            if symbol >= symbol_count:
                raise ObjectFormatError(f"relocation {i} of {header.label} uses symbol {symbol}, of {symbol_count}")
            yield Relocation(target, offset, _relocation_type(machine, number), symbol, addend)


def _relocation_type(machine: Machine, number: int) -> RelocationType:
    known: type[X86Relocation | Arm64Relocation]
    known = X86Relocation if machine is Machine.X86_64 else Arm64Relocation
    try:
        return known(number)
    except ValueError:
        return number
