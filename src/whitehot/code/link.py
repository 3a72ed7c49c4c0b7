"""Link one object: give its sections places, then fill in every relocated field. Pure: addresses in, bytes out.

Two blocks of memory are needed, at most 2 GiB apart. For an object that calls an outside function `f`, reads an outside
variable `v` and has a table of constants, they come out as

    code block                            data block
      .text                                 .rodata   the table
      stub of f   jmp *slot_f(%rip)         .data, .bss
                                            slot_f    address of f
                                            slot_v    address of v

The slots are ELF's global offset table. A stub is used only by calls that cannot reach `f` themselves, which is known
once the blocks have addresses; its room is set aside always. `.eh_frame` is left out: nothing unwinds through this code
by tables.

The steps are `lay_out` (sizes; outside symbols are resolved here), then `link` (with the blocks' addresses).
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping

from whitehot.elf import (
    Addresses,
    Arm64Relocation,
    Binding,
    Calls,
    ObjectFile,
    Place,
    Relocation,
    RelocationType,
    Section,
    SectionFlag,
    Symbol,
    SymbolKind,
    X86Relocation,
)
from whitehot.record import dataclass
from whitehot.relocate import ARCHITECTURES, RELAXABLE, Architecture, Rule, Wants, fits_signed, relax_x86

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

MAXIMUM_ALIGNMENT: Final = 4096
"""The strictest alignment a section may ask for, in bytes: the smallest page of any platform."""

_MAXIMUM_BLOCK: Final = 1 << 30  # a code and a data block of this size still reach each other
_SLOT_SIZE: Final = 8
_WORD: Final = 8
_LEFT_OUT: Final = frozenset({".eh_frame"})


class LoadError(Exception):
    """An object that is well-formed cannot be loaded; the message says why."""


class UnresolvedSymbol(LoadError):
    """Nobody knows the address of an outside symbol. `name` is its name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"unresolved symbol {name!r}")
        self.name = name


class UnsupportedRelocation(LoadError):
    """A relocation type that `relocate` has no rule for. `number` is ELF's number of it."""

    def __init__(self, number: int, where: str) -> None:
        super().__init__(f"relocation type {number} at {where} is not supported")
        self.number = number


class RelocationOverflow(LoadError):
    """An address does not fit in the field that is to hold it."""


@dataclass(frozen=True, slots=True)
class Function:
    """A function in loaded code: its name, address and size in bytes."""

    name: str
    address: int
    size: int


@dataclass(frozen=True, slots=True)
class Layout:
    """Where each part of an object goes, relative to its two blocks.

    `code` and `data` map a section's index to its offset in that block. `slots` maps (symbol index, addend) to the offset
    in the data block of the word that holds that address; `stubs` maps a symbol index to an offset in the code block;
    `outside` maps the index of each undefined symbol to its address. Sizes and alignments are in bytes.
    """

    object: ObjectFile
    code: Mapping[int, int]
    data: Mapping[int, int]
    slots: Mapping[tuple[int, int], int]
    stubs: Mapping[int, int]
    outside: Mapping[int, int]
    code_size: int
    data_size: int
    code_alignment: int
    data_alignment: int


@dataclass(frozen=True, slots=True)
class LinkedImage:
    """The bytes of the two blocks, right for the addresses they were linked at.

    `symbols` maps each global symbol that the object defines to its address; `functions` also has the local ones.
    """

    code: bytes
    data: bytes
    symbols: Mapping[str, int]
    functions: tuple[Function, ...]


def lay_out(obj: ObjectFile, resolve: Callable[[str], int]) -> Layout:
    """Decide where everything goes, and ask `resolve(name)` for the address of each outside symbol in use.

    Raises UnresolvedSymbol where `resolve` raises KeyError (an undefined weak symbol gets address 0 then),
    UnsupportedRelocation, and LoadError for what we do not load: thread-local and common variables, indirect functions,
    huge alignments or sizes.
    """
    _refuse_the_unloadable(obj)
    architecture = ARCHITECTURES[obj.machine]
    code, code_end, code_alignment = _place(obj, executable=True)
    data, data_end, data_alignment = _place(obj, executable=False)
    slots: dict[tuple[int, int], int] = {}
    stubs: dict[int, int] = {}
    outside: dict[int, int] = {}
    slots_start = _align(data_end, _SLOT_SIZE)
    stubs_start = _align(code_end, _SLOT_SIZE)
    for fields in _loaded(obj):
        wants = _rule(architecture, obj, fields).wants
        index = fields.symbol
        undefined = obj.symbols[index].section is Place.UNDEFINED
        if undefined and index not in outside and wants is not Wants.NOTHING:
            outside[index] = _resolve(obj.symbols[index], resolve)
        if wants is Wants.CALL and undefined and index not in stubs:
            stubs[index] = stubs_start + len(stubs) * architecture.stub_size
        key = _slot_key(wants, fields)
        if key is not None and (wants is not Wants.CALL or undefined) and key not in slots:
            slots[key] = slots_start + len(slots) * _SLOT_SIZE
    for row in obj.addresses:
        if obj.symbols[row.symbol].section is Place.UNDEFINED and row.symbol not in outside:
            outside[row.symbol] = _resolve(obj.symbols[row.symbol], resolve)
    return Layout(
        obj,
        code,
        data,
        slots,
        stubs,
        outside,
        code_size=stubs_start + len(stubs) * architecture.stub_size,
        data_size=slots_start + len(slots) * _SLOT_SIZE,
        code_alignment=max(code_alignment, _SLOT_SIZE),
        data_alignment=max(data_alignment, _SLOT_SIZE),
    )


def link(layout: Layout, code_address: int, data_address: int) -> LinkedImage:
    """The object's bytes for blocks at these two addresses, which must be aligned as the layout says.

    Raises RelocationOverflow where an address does not fit in its field, and LoadError for a relocation against something
    that is not loaded.
    """
    if code_address % layout.code_alignment or data_address % layout.data_alignment:
        raise ValueError(f"blocks at {code_address:#x} and {data_address:#x} are not aligned as the layout asks")
    return _Linker(layout, code_address, data_address).link()


def _refuse_the_unloadable(obj: ObjectFile) -> None:
    for section in obj.sections:
        if section.flags & SectionFlag.THREAD_LOCAL:
            raise LoadError(f"section {section.name!r} is thread-local")
        if section.alignment > MAXIMUM_ALIGNMENT:
            raise LoadError(f"section {section.name!r} wants alignment {section.alignment}")
    if sum(section.size for section in obj.sections) > _MAXIMUM_BLOCK:
        raise LoadError(f"the sections take more than {_MAXIMUM_BLOCK} bytes")
    for symbol in obj.symbols:
        if symbol.section is Place.COMMON or symbol.kind is SymbolKind.COMMON:
            raise LoadError(f"symbol {symbol.name!r} is a common variable: define it in one module")
        if symbol.kind in (SymbolKind.THREAD_LOCAL, SymbolKind.INDIRECT_FUNCTION):
            raise LoadError(f"symbol {symbol.name!r} is of kind {symbol.kind.name}, which is not supported")


def _align(offset: int, alignment: int) -> int:
    return -(-offset // alignment) * alignment


def _place(obj: ObjectFile, *, executable: bool) -> tuple[dict[int, int], int, int]:
    """Section offsets in the code block or in the data block, where they end, and the strictest alignment."""
    offsets: dict[int, int] = {}
    end, strictest = 0, 1
    for index, section in enumerate(obj.sections):
        if section.name not in _LEFT_OUT and bool(section.flags & SectionFlag.EXECUTE) == executable:
            offsets[index] = _align(end, section.alignment)
            end = offsets[index] + section.size
            strictest = max(strictest, section.alignment)
    return offsets, end, strictest


def _loaded(obj: ObjectFile) -> list[Relocation | Calls]:
    """The relocations of the sections that are loaded, and rows of them."""
    left_out = {index for index, section in enumerate(obj.sections) if section.name in _LEFT_OUT}
    fields: list[Relocation | Calls] = [*obj.relocations, *obj.calls]
    return [one for one in fields if one.section not in left_out]


def _offsets(fields: Relocation | Calls) -> tuple[int, ...]:
    return fields.offsets if isinstance(fields, Calls) else (fields.offset,)


def _where(section: Section, offset: int) -> str:
    return f"{section.name}+{offset:#x}"


def _rule(architecture: Architecture, obj: ObjectFile, fields: Relocation | Calls) -> Rule:
    section = obj.sections[fields.section]
    rule = architecture.rules.get(fields.type)
    last = max(_offsets(fields))
    if rule is None:
        raise UnsupportedRelocation(fields.type, _where(section, last))
    if last + rule.width > section.size:
        raise LoadError(f"the field at {_where(section, last)} reaches beyond the section")
    return rule


def _resolve(symbol: Symbol, resolve: Callable[[str], int]) -> int:
    try:
        return resolve(symbol.name)
    except KeyError:
        if symbol.binding is Binding.WEAK:
            return 0
        raise UnresolvedSymbol(symbol.name) from None


def _slot_key(wants: Wants, fields: Relocation | Calls) -> tuple[int, int] | None:
    """The slot a relocation uses (a call's is for its stub): which symbol's address, plus which addend."""
    match wants:
        case Wants.SLOT | Wants.CALL:
            return fields.symbol, 0
        case Wants.SLOT_OF_TARGET:
            return fields.symbol, fields.addend
        case _:
            return None


def _type_name(kind: RelocationType) -> str:
    return kind.name if isinstance(kind, X86Relocation | Arm64Relocation) else str(kind)


class _Linker:
    """One run of `link`: the layout, the addresses, and the two blocks as they are filled in."""

    def __init__(self, layout: Layout, code_address: int, data_address: int) -> None:
        self.layout = layout
        self.object = layout.object
        self.architecture = ARCHITECTURES[layout.object.machine]
        self.code_address = code_address
        self.data_address = data_address
        self.code = bytearray(bytes([self.architecture.padding]) * layout.code_size)
        self.data = bytearray(layout.data_size)

    def link(self) -> LinkedImage:
        for index, section in enumerate(self.object.sections):
            if (spot := self.spot(index, 0)) is not None:
                block, offset, _address = spot
                # Sections without bytes in the file are zeros, in the code block too.
                block[offset : offset + section.size] = section.data.ljust(section.size, b"\0")
        for (symbol, addend), offset in self.layout.slots.items():
            value = (self.symbol_address(symbol) + addend) & 0xFFFF_FFFF_FFFF_FFFF
            struct.pack_into("<Q", self.data, offset, value)
        for symbol, offset in self.layout.stubs.items():
            stub = self.architecture.make_stub(self.code_address + offset, self.slot(symbol, 0))
            self.code[offset : offset + len(stub)] = stub
        for fields in _loaded(self.object):
            self.apply(fields)
        for row in self.object.addresses:
            self.add(row)
        return LinkedImage(bytes(self.code), bytes(self.data), *self.names())

    def spot(self, section: int, offset: int) -> tuple[bytearray, int, int] | None:
        """Block, offset in it, and address of a place in a section; None for a section that is not loaded."""
        if (start := self.layout.code.get(section)) is not None:
            return self.code, start + offset, self.code_address + start + offset
        if (start := self.layout.data.get(section)) is not None:
            return self.data, start + offset, self.data_address + start + offset
        return None

    def slot(self, symbol: int, addend: int) -> int:
        return self.data_address + self.layout.slots[symbol, addend]

    def symbol_address(self, index: int) -> int:
        symbol = self.object.symbols[index]
        if isinstance(symbol.section, int):
            spot = self.spot(symbol.section, symbol.value)
            if spot is not None:
                return spot[2]
        elif symbol.section is Place.ABSOLUTE:
            return symbol.value
        elif symbol.section is Place.UNDEFINED:
            return self.layout.outside[index]
        raise LoadError(f"symbol {index} ({symbol.name!r}) is in a section that is not loaded")

    def apply(self, fields: Relocation | Calls) -> None:
        """Fill in the field of a relocation, or those of a row."""
        rule = self.architecture.rules[fields.type]
        spot = self.spot(fields.section, 0)
        if rule.wants is Wants.NOTHING or spot is None:
            return
        block, start, address = spot
        target = 0 if rule.wants is Wants.SLOT_OF_TARGET else self.symbol_address(fields.symbol) + fields.addend
        offsets, encode = _offsets(fields), rule.encode
        is_direct = rule.wants is Wants.TARGET or (
            rule.wants is Wants.CALL and self.reaches(fields, offsets, target - address)
        )
        for offset in offsets:
            place = address + offset
            try:
                value = target if is_direct else self.value(rule, fields, target, block, start + offset, place)
                encode(block, start + offset, value, place)
            except ValueError as error:
                where = _where(self.object.sections[fields.section], offset)
                name = self.object.symbols[fields.symbol].name
                kind = _type_name(fields.type)
                raise RelocationOverflow(f"{kind} at {where} against {name!r}: {error}") from None

    def reaches(self, fields: Relocation | Calls, offsets: tuple[int, ...], distance: int) -> bool:
        """Whether all of these calls reach the target, which is so far from the section's beginning, or have no stub."""
        reach = self.architecture.call_reach
        return fields.symbol not in self.layout.stubs or (
            -reach <= distance - max(offsets) and distance - min(offsets) < reach
        )

    def add(self, row: Addresses) -> None:
        """Add a symbol's address to the words of a row."""
        spot = self.spot(row.section, 0)
        if spot is not None:
            block, start, _ = spot
            address = self.symbol_address(row.symbol)
            size = self.object.sections[row.section].size
            words = memoryview(block)[start : start + size - size % _WORD].cast("Q")
            for offset in row.offsets:
                place = offset // _WORD
                words[place] = (words[place] + address) & 0xFFFF_FFFF_FFFF_FFFF

    def value(
        self, rule: Rule, fields: Relocation | Calls, target: int, block: bytearray, offset: int, place: int
    ) -> int:
        """The address that the field is to hold or to point at. `target` is the symbol's with the addend."""
        wants = rule.wants
        if wants is Wants.CALL:
            if not self.reaches(fields, (0,), target - place):
                return self.code_address + self.layout.stubs[fields.symbol] + fields.addend
            return target
        if wants is Wants.SLOT_OF_TARGET:
            return self.slot(fields.symbol, fields.addend)
        if wants is Wants.SLOT:
            near = fields.type in RELAXABLE and fits_signed(target - place, 32)
            return target if near and relax_x86(block, offset) else self.slot(fields.symbol, 0) + fields.addend
        return target

    def names(self) -> tuple[dict[str, int], tuple[Function, ...]]:
        """The addresses of global symbols, and every function."""
        symbols: dict[str, int] = {}
        functions: list[Function] = []
        for index, symbol in enumerate(self.object.symbols):
            if not symbol.name or not isinstance(symbol.section, int) or self.spot(symbol.section, 0) is None:
                continue
            address = self.symbol_address(index)
            if symbol.binding is not Binding.LOCAL:
                symbols[symbol.name] = address
            if symbol.kind is SymbolKind.FUNCTION:
                functions.append(Function(symbol.name, address, symbol.size))
        return symbols, tuple(functions)
