"""Copying stencils and filling in their holes: code, a pool of constants behind it, and data, as an object.

The pool lies with the code, which is never written again; data are what the runtime writes, and what exits are described by.
"""

from __future__ import annotations

from struct import pack_into

from whitehot.deopt.descriptors import Address, Word
from whitehot.elf import (
    Arm64Relocation,
    Binding,
    Machine,
    ObjectFile,
    Place,
    Relocation,
    Section,
    SectionFlag,
    Symbol,
    SymbolKind,
    X86Relocation,
)
from whitehot.relocate import ARCHITECTURES
from whitehot.stencil import library
from whitehot.stencil.stencil import RESERVED

#: Offsets of reserved slots, by the names of their holes.
_RESERVED = {f"X.{name}": 8 * index for index, name in enumerate(RESERVED)}

_WORD = 8
_BITS = 0xFFFF_FFFF_FFFF_FFFF


class Label:
    """A place in the code, known once it is put there."""

    __slots__ = ("offset",)

    def __init__(self) -> None:
        self.offset = -1


class Assembler:
    """The code, pool and data of one unit as they grow."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.rules = ARCHITECTURES[machine].rules
        self.code = bytearray()
        self.frame_size = 0
        self._pool: dict[int | Address, int] = {}
        self._constants: dict[bytes, int] = {}
        self._constants_size = 0
        self._in_pool: list[tuple[int, int, int, int]] = []
        self._in_constants: list[tuple[int, int, int, int]] = []
        self._jumps: list[tuple[int, int, Label, int]] = []
        self._calls: list[tuple[int, int, str, int]] = []
        self._frames: list[tuple[int, int, int]] = []
        self._data: list[Word] = []
        self._names: dict[str, int] = {}
        self._functions: list[tuple[str, int, int]] = []
        is_x86 = machine is Machine.X86_64
        self._jump = (b"\xe9\0\0\0\0", 1, int(X86Relocation.PLT32), -4)
        if not is_x86:
            self._jump = (b"\0\0\0\x14", 0, int(Arm64Relocation.JUMP26), 0)
        self._absolute = X86Relocation.ABS64 if is_x86 else Arm64Relocation.ABS64

    # --- code ---

    def begin_function(self, name: str) -> None:
        """What follows is a function that others know by this name."""
        while len(self.code) % 16:
            self.code.append(0xCC)
        self._functions.append((name, len(self.code), 0))

    def end_function(self) -> None:
        """The function ends here."""
        name, start, _ = self._functions[-1]
        self._functions[-1] = name, start, len(self.code) - start

    def place(self, label: Label) -> None:
        """The label is here."""
        label.offset = len(self.code)

    def jump(self, label: Label) -> None:
        """Go on at a label."""
        code, offset, form, addend = self._jump
        self._jumps.append((len(self.code) + offset, form, label, addend))
        self.code += code

    def put(
        self,
        name: str,
        slots: dict[str, int],
        pool: dict[str, int | Address],
        targets: dict[str, Label],
        callee: str = "",
    ) -> str | None:
        """Copy a stencil. `slots` and `targets` say what its holes of these names are, as `pool` does for words; `callee` is what CALLEE is.

        The code goes on behind it, unless `targets` has a CONTINUE. Where it branches, or goes on elsewhere, the answer is the target that is to
        come next, or else to be jumped to.
        """
        stencil = library.get(name)
        out = self.code
        behind = None if "CONTINUE" in targets else Label()
        base = len(out)
        out += stencil.code
        for offset, form, hole, addend in stencil.slots:
            if hole == "FRAME":
                self._frames.append((base + offset, form, addend))
            else:
                value = slots.get(hole, -1)
                self._patch_slot(base + offset, form, (_RESERVED[hole] if value < 0 else value) + addend)
        for offset, form, hole, addend in stencil.pool:
            word = Address(hole[2:]) if hole[:2] == "G." else pool[hole]
            self._in_pool.append((base + offset, form, self.word(word), addend))
        for offset, form, hole, addend in stencil.jumps:
            label = behind if behind is not None and hole == "CONTINUE" else targets[hole]
            self._jumps.append((base + offset, form, label, addend))
        for offset, form, hole, addend in stencil.calls:
            self._calls.append((base + offset, form, callee if hole == "CALLEE" else hole, addend))
        if stencil.constants:
            start = self._own(stencil.constants)
            for offset, form, hole, addend in stencil.own:
                self._in_constants.append((base + offset, form, start + int(hole[1:]), addend))
        tail = stencil.tail
        if tail in ("EXIT", "RAISE"):
            self.jump(targets[tail])
            tail = None
        if behind is not None:
            behind.offset = len(out)
            if tail == "CONTINUE":
                tail = None
        return tail

    def _patch_slot(self, place: int, form: int, value: int) -> None:
        if self.machine is Machine.X86_64:
            pack_into("<i", self.code, place, value)
        else:
            patch_arm_slot(self.code, place, form, value, self.rules)

    def _own(self, constants: bytes) -> int:
        found = self._constants.get(constants)
        if found is None:
            found = self._constants[constants] = self._constants_size
            self._constants_size += -(-len(constants) // 16) * 16
        return found

    def word(self, word: int | Address) -> int:
        """The number of a pool word."""
        if isinstance(word, int):
            word &= _BITS
        return self._pool.setdefault(word, len(self._pool))

    # --- data ---

    def name(self, name: str) -> None:
        """The data that follow have this name."""
        self._names[name] = len(self._data) * _WORD

    def data(self, words: list[Word]) -> int:
        """Add data; their offset in bytes."""
        start = len(self._data) * _WORD
        self._data += words
        return start

    # --- the object ---

    def finish(self) -> ObjectFile:
        """The object. All labels have been placed."""
        code = self.code
        while len(code) % 16:
            code.append(0xCC)
        constants = len(code)
        for blob in self._constants:
            code += blob.ljust(-(-len(blob) // 16) * 16, b"\0")
        pool = len(code)
        code += bytes(_WORD * len(self._pool))
        self._fill(constants, pool)
        symbols, numbers = self._symbols()
        relocations = []
        for word, index in self._pool.items():
            if isinstance(word, int):
                pack_into("<Q", code, pool + _WORD * index, word)
            else:
                relocations.append(
                    Relocation(0, pool + _WORD * index, self._absolute, numbers[word.symbol], word.offset)
                )
        for offset, form, name, addend in self._calls:
            relocations.append(Relocation(0, offset, form, numbers[name], addend))
        data = bytearray(_WORD * len(self._data))
        for index, item in enumerate(self._data):
            if isinstance(item, int):
                pack_into("<Q", data, _WORD * index, item & _BITS)
            else:
                relocations.append(Relocation(1, _WORD * index, self._absolute, numbers[item.symbol], item.offset))
        sections = (
            Section(".text", SectionFlag.ALLOCATE | SectionFlag.EXECUTE, 16, len(code), bytes(code)),
            Section(".data", SectionFlag.ALLOCATE | SectionFlag.WRITE, 16, len(data), bytes(data)),
        )
        return ObjectFile(self.machine, sections, tuple(symbols), tuple(relocations))

    def _fill(self, constants: int, pool: int) -> None:
        """Fill in what is relative to the code itself."""
        code, rules = self.code, self.rules
        fixes = [(at, form, label.offset + addend) for at, form, label, addend in self._jumps]
        fixes += [(at, form, pool + _WORD * index + addend) for at, form, index, addend in self._in_pool]
        fixes += [(at, form, constants + start + addend) for at, form, start, addend in self._in_constants]
        if self.machine is Machine.X86_64:
            for at, _, target in fixes:
                pack_into("<i", code, at, target - at)
        else:
            for at, form, target in fixes:
                rules[form].encode(code, at, target, at)
        for at, form, addend in self._frames:
            self._patch_slot(at, form, self.frame_size + addend)

    def _symbols(self) -> tuple[list[Symbol], dict[str, int]]:
        symbols = [Symbol("", Place.UNDEFINED, 0, 0, Binding.LOCAL, SymbolKind.UNTYPED)]
        symbols += [
            Symbol(name, 0, start, size, Binding.GLOBAL, SymbolKind.FUNCTION) for name, start, size in self._functions
        ]
        symbols += [
            Symbol(name, 1, offset, 0, Binding.GLOBAL, SymbolKind.OBJECT) for name, offset in self._names.items()
        ]
        numbers = {symbol.name: index for index, symbol in enumerate(symbols)}
        used = [word.symbol for word in self._pool if isinstance(word, Address)]
        used += [name for _, _, name, _ in self._calls]
        used += [word.symbol for word in self._data if isinstance(word, Address)]
        for name in used:
            if name not in numbers:
                numbers[name] = len(symbols)
                symbols.append(Symbol(name, Place.UNDEFINED, 0, 0, Binding.GLOBAL, SymbolKind.UNTYPED))
        return symbols, numbers


def patch_arm_slot(code: bytearray, place: int, form: int, value: int, rules: object) -> None:
    """Put a slot's offset into an instruction of AArch64."""
    raise NotImplementedError
