"""Copying stencils and filling in their holes: code, a pool of constants behind it, and data, as an object.

The pool lies with the code, which is never written again; data are what the runtime writes, and what exits are described by.
"""

from __future__ import annotations

from struct import Struct, pack

from whitehot.deopt.descriptors import Address, Word
from whitehot.elf import (
    Addresses,
    Arm64Relocation,
    Binding,
    Calls,
    Machine,
    ObjectFile,
    Place,
    Section,
    SectionFlag,
    Symbol,
    SymbolKind,
    X86Relocation,
)
from whitehot.relocate import ARCHITECTURES
from whitehot.stencil import library
from whitehot.stencil.library import Prepared
from whitehot.stencil.patch import patch_near, patch_slot

_WORD = 8
_BITS = 0xFFFF_FFFF_FFFF_FFFF
_pack_offset = Struct("<i").pack_into
_SIGN = 1 << 63

#: Bytes, and instructions that do nothing, of one byte, of two, …
_LOOP_ALIGNMENT = 32
_X86_NOPS = tuple(
    bytes.fromhex(text)
    for text in (
        "90",
        "6690",
        "0f1f00",
        "0f1f4000",
        "0f1f440000",
        "660f1f440000",
        "0f1f8000000000",
        "0f1f840000000000",
        "660f1f840000000000",
    )
)
_ARM_NOP = bytes.fromhex("1f2003d5")

_LEAVING = frozenset({"EXIT", "RAISE"})


class Label:
    """A place in the code, known once it is put there."""

    __slots__ = ("offset",)

    offset: int


class Assembler:
    """The code, pool and data of one unit as they grow."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.code = bytearray()
        self.frame_size = 0
        #: The stencils put so far, with their slots, for people to look at; kept only where somebody asks.
        self.log: list[tuple[str, dict[str, int], int]] | None = None
        self._rules = ARCHITECTURES[machine].rules
        self._padding = bytes([ARCHITECTURES[machine].padding])
        self._is_x86 = machine is Machine.X86_64
        #: The pool's words by what they hold, and what they hold, as numbers without a sign.
        self._numbers: dict[int | str | tuple[str, int], int] = {}
        self._words: list[int] = []
        #: Words to which the loader adds the address of a symbol: their numbers in the pool and in the data.
        self._in_words: dict[str, list[int]] = {}
        self._in_data: dict[str, list[int]] = {}
        self._constants: dict[bytes, int] = {}
        self._constants_size = 0
        # What is filled in at the end: offset in the code, relocation type, what, addend.
        self._in_pool: list[tuple[int, int, int, int]] = []
        self._in_constants: list[tuple[int, int, int, int]] = []
        self._jumps: list[tuple[int, int, Label, int]] = []
        self._frames: list[tuple[int, int, int]] = []
        #: What the loader fills in: offsets in the code by relocation type, symbol, addend.
        self._calls: dict[tuple[int, str, int], list[int]] = {}
        #: The data: words, as numbers with a sign.
        self.words: list[int] = []
        self._names: dict[str, int] = {}
        self._functions: list[tuple[str, int, int]] = []
        if self._is_x86:
            self._jump, self._jump_offset = b"\xe9\0\0\0\0", 1
            self._jump_form, self._jump_addend = int(X86Relocation.PLT32), -4
        else:
            self._jump, self._jump_offset = b"\0\0\0\x14", 0
            self._jump_form, self._jump_addend = int(Arm64Relocation.JUMP26), 0

    # --- code ---

    def begin_function(self, name: str) -> None:
        """What follows is a function that others know by this name."""
        self._align()
        self._functions.append((name, len(self.code), 0))

    def end_function(self) -> None:
        """The function ends here."""
        name, start, _ = self._functions[-1]
        self._functions[-1] = name, start, len(self.code) - start

    def _align(self) -> None:
        self.code += self._padding * (-len(self.code) % 16)

    def align_loop(self) -> None:
        """A loop begins here, which may be run into: processors take in so many bytes of code at a time."""
        missing = -len(self.code) % _LOOP_ALIGNMENT
        if not self._is_x86:
            self.code += _ARM_NOP * (missing // len(_ARM_NOP))
            return
        while missing:
            size = min(missing, len(_X86_NOPS))
            self.code += _X86_NOPS[size - 1]
            missing -= size

    def place(self, label: Label) -> None:
        """The label is here."""
        label.offset = len(self.code)

    def jump(self, label: Label) -> None:
        """Go on at a label."""
        code = self.code
        self._jumps.append((len(code) + self._jump_offset, self._jump_form, label, self._jump_addend))
        code += self._jump

    def put(
        self,
        name: str,
        slots: dict[str, int],
        pool: dict[str, int],
        targets: dict[str, Label],
        callee: str = "",
    ) -> str | None:
        """Copy the stencil of this name (see `copy`)."""
        return self.copy(library.get(name), slots, pool, targets, callee)

    def copy(
        self,
        stencil: Prepared,
        slots: dict[str, int],
        pool: dict[str, int],
        targets: dict[str, Label],
        callee: str = "",
    ) -> str | None:
        """Copy a stencil. `slots` says at which offsets in the frame its operands are, `pool` which numbers its words have (`word`), `targets` where it
        goes on; `callee` is what CALLEE is.

        The code goes on behind it, unless `targets` has a CONTINUE. Where it branches, or goes on elsewhere, the answer is the target that is to
        come next, or else to be jumped to.
        """
        code = self.code
        base = len(code)
        code += stencil.code
        if self._is_x86:
            for offset, _, hole, addend in stencil.slots:
                _pack_offset(code, base + offset, slots[hole] + addend)
        else:
            for offset, form, hole, addend in stencil.slots:
                patch_slot(code, base + offset, form, slots[hole] + addend)
        for offset, form, hole, addend in stencil.pool:
            self._in_pool.append((base + offset, form, pool[hole], addend))
        if stencil.is_straight and not targets:
            if self.log is not None:
                self.log.append((stencil.name, dict(slots), len(code) - base))
            return None
        for offset, form, hole, addend in stencil.symbols:
            self._in_pool.append((base + offset, form, self.address(hole), addend))
        behind: Label | None = None
        for offset, form, hole, addend in stencil.jumps:
            label = targets.get(hole)
            if label is None:
                assert hole == "CONTINUE"
                label = behind = behind or Label()
            self._jumps.append((base + offset, form, label, addend))
        if stencil.rare:
            self._put_rare(stencil, base, callee)
        tail = stencil.tail
        if tail == "CONTINUE":
            if tail not in targets:
                tail = None
        elif tail in _LEAVING:
            self.jump(targets[tail])
            tail = None
        if behind is not None:
            behind.offset = len(code)
        if self.log is not None:
            self.log.append((stencil.name, dict(slots), len(code) - base))
        return tail

    def put_exits(self, stencil: Prepared, labels: list[Label], then: Label) -> list[int]:
        """Put a copy of a stencil at each of the labels, which goes on at `then`; the numbers of the pool words that they have, to be filled."""
        code, pool, jumps = self.code, self._in_pool, self._jumps
        copied = stencil.code + self._jump
        onward = len(stencil.code) + self._jump_offset
        words = list(range(len(self._words), len(self._words) + len(labels)))
        self._words += [0] * len(labels)
        for label, word in zip(labels, words, strict=True):
            label.offset = base = len(code)
            code += copied
            for offset, form, _, addend in stencil.pool:
                pool.append((base + offset, form, word, addend))
            jumps.append((base + onward, self._jump_form, then, self._jump_addend))
        if self.log is not None:
            self.log += [(stencil.name, {}, len(stencil.code))] * len(labels)
        return words

    def _put_rare(self, stencil: Prepared, base: int, callee: str) -> None:
        """The holes that few stencils have: functions to call, the size of the frame, constants of their own."""
        for offset, form, hole, addend in stencil.calls:
            key = form, callee if hole == "CALLEE" else hole, addend
            self._calls.setdefault(key, []).append(base + offset)
        for offset, form, _, addend in stencil.frames:
            self._frames.append((base + offset, form, addend))
        if stencil.own:
            start = self._constants.get(stencil.constants)
            if start is None:
                start = self._constants[stencil.constants] = self._constants_size
                self._constants_size += -(-len(stencil.constants) // 16) * 16
            for offset, form, hole, addend in stencil.own:
                self._in_constants.append((base + offset, form, start + int(hole[1:]), addend))

    # --- the pool ---

    def word(self, word: int) -> int:
        """The number of the pool word with this content."""
        word &= _BITS
        found = self._numbers.get(word)
        if found is None:
            found = self._numbers[word] = len(self._words)
            self._words.append(word)
        return found

    def address(self, symbol: str, offset: int = 0) -> int:
        """The number of the pool word with this address."""
        key = (symbol, offset) if offset else symbol
        found = self._numbers.get(key)
        if found is None:
            found = self._numbers[key] = len(self._words)
            self._words.append(offset)
            self._in_words.setdefault(symbol, []).append(found)
        return found

    def reserve(self) -> int:
        """The number of a pool word whose content is not known yet."""
        self._words.append(0)
        return len(self._words) - 1

    def fill(self, number: int, word: int, addresses: list[int] | None = None) -> None:
        """Say what a reserved word holds, which may be so much more than the address that is to be added to some words (`words_of`)."""
        self._words[number] = word
        if addresses is not None:
            addresses.append(number)

    def words_of(self, symbol: str) -> list[int]:
        """The numbers of the pool words to which the address of a symbol is to be added."""
        return self._in_words.setdefault(symbol, [])

    # --- data ---

    def name(self, name: str) -> None:
        """The data that follow have this name."""
        self._names[name] = _WORD * len(self.words)

    def data(self, words: list[Word]) -> int:
        """Add data; their offset in bytes."""
        content = self.words
        start = _WORD * len(content)
        for word in words:
            if isinstance(word, Address):
                self.places_of(word.symbol).append(len(content))
                word = word.offset  # noqa: PLW2901
            content.append(((word & _BITS) ^ _SIGN) - _SIGN)
        return start

    def places_of(self, symbol: str) -> list[int]:
        """The numbers of the words in the data to which the address of a symbol is to be added."""
        return self._in_data.setdefault(symbol, [])

    # --- the object ---

    def finish(self) -> ObjectFile:
        """The object. All labels have been placed."""
        self._align()
        code = self.code
        constants = len(code)
        for blob in self._constants:
            code += blob.ljust(-(-len(blob) // 16) * 16, b"\0")
        pool = len(code)
        numbers: dict[str, int] = {}
        symbols = self._symbols(numbers)
        code += pack(f"<{len(self._words)}Q", *self._words)
        addresses = [
            Addresses(section, _number(name, numbers, symbols), tuple([start + _WORD * place for place in places]))
            for section, start, rows in ((0, pool, self._in_words), (1, 0, self._in_data))
            for name, places in rows.items()
        ]
        calls = [
            Calls(0, form, _number(name, numbers, symbols), addend, tuple(offsets))
            for (form, name, addend), offsets in self._calls.items()
        ]
        self._fill(constants, pool)
        data = pack(f"<{len(self.words)}q", *self.words)
        sections = (
            Section(".text", SectionFlag.ALLOCATE | SectionFlag.EXECUTE, _LOOP_ALIGNMENT, len(code), bytes(code)),
            Section(".data", SectionFlag.ALLOCATE | SectionFlag.WRITE, 16, len(data), data),
        )
        return ObjectFile(self.machine, sections, tuple(symbols), (), tuple(addresses), tuple(calls))

    def _fill(self, constants: int, pool: int) -> None:
        """Fill in what is relative to the code itself."""
        code = self.code
        if self._is_x86:
            for at, _, label, addend in self._jumps:
                _pack_offset(code, at, label.offset + addend - at)
            for at, _, index, addend in self._in_pool:
                _pack_offset(code, at, pool + _WORD * index + addend - at)
            for at, _, start, addend in self._in_constants:
                _pack_offset(code, at, constants + start + addend - at)
            for at, _, addend in self._frames:
                _pack_offset(code, at, self.frame_size + addend)
            return
        rules = self._rules
        for at, form, label, addend in self._jumps:
            rules[form].encode(code, at, label.offset + addend, at)
        for at, form, index, addend in self._in_pool:
            patch_near(code, at, form, pool + _WORD * index + addend)
        for at, form, start, addend in self._in_constants:
            patch_near(code, at, form, constants + start + addend)
        for at, form, addend in self._frames:
            patch_slot(code, at, form, self.frame_size + addend)

    def _symbols(self, numbers: dict[str, int]) -> list[Symbol]:
        """What the object defines."""
        symbols = [Symbol("", Place.UNDEFINED, 0, 0, Binding.LOCAL, SymbolKind.UNTYPED)]
        for name, start, size in self._functions:
            symbols.append(Symbol(name, 0, start, size, Binding.GLOBAL, SymbolKind.FUNCTION))
        for name, offset in self._names.items():
            symbols.append(Symbol(name, 1, offset, 0, Binding.GLOBAL, SymbolKind.OBJECT))
        for index, symbol in enumerate(symbols):
            numbers[symbol.name] = index
        return symbols


def _number(name: str, numbers: dict[str, int], symbols: list[Symbol]) -> int:
    """The number of a symbol; one that is not defined here is somebody else's."""
    found = numbers.get(name)
    if found is None:
        found = numbers[name] = len(symbols)
        symbols.append(Symbol(name, Place.UNDEFINED, 0, 0, Binding.GLOBAL, SymbolKind.UNTYPED))
    return found
