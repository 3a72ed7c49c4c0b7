"""Programs without a C compiler or a C library: objects linked into an image, and ELF's headers before it. AArch64 programs are run by QEMU, or on such a machine.

The objects are placed and linked by the code that does it in a process too (`code/link.py`, `relocate.py`). Where they lie makes calls between them too
far for one instruction on AArch64, so stubs are used.

Sources: System V ABI, chapters 4 and 5 (ELF-64); the procedure call standards for both machines, and Linux's numbers of system calls, for `_SYSTEM`.
"""

from __future__ import annotations

import shutil
import struct
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from whitehot.code.link import LinkedImage, lay_out, link
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
    host_machine,
)

#: Where set-up puts an emulator.
_FETCHED = Path(__file__).parents[2] / ".python" / "emulator" / "qemu-aarch64"

PAGE = 4096

_EMULATORS = {
    Machine.AARCH64: (str(_FETCHED), "qemu-aarch64-static", "qemu-aarch64"),
    Machine.X86_64: ("qemu-x86_64-static", "qemu-x86_64"),
}


@cache
def command(machine: Machine) -> tuple[str, ...] | None:
    """The words before the name of a Linux program for a machine that run it here; None where nothing does."""
    if not sys.platform.startswith("linux"):
        return None
    if host_machine() is machine:
        return ()
    for name in _EMULATORS[machine]:
        found = shutil.which(name)
        if found is not None and subprocess.run([found, "--version"], capture_output=True, check=False).returncode == 0:
            return (found,)
    return None


needs_aarch64 = pytest.mark.skipif(
    command(Machine.AARCH64) is None,
    reason="nothing runs AArch64 programs here: set-up fetches QEMU where the system is Debian, or have qemu-aarch64 on the path",
)
needs_x86_64 = pytest.mark.skipif(
    command(Machine.X86_64) is None, reason="nothing runs x86-64 programs here: have qemu-x86_64 on the path"
)

#: system_write(file, start, size) and system_exit(status).
_CALLS = {
    Machine.AARCH64: (
        struct.pack("<3I", 0xD2800808, 0xD4000001, 0xD65F03C0),  # mov x8, #64; svc #0; ret
        struct.pack("<3I", 0xD2800BA8, 0xD4000001, 0xD4200000),  # mov x8, #93; svc #0; brk #0
    ),
    Machine.X86_64: (
        b"\xb8\x01\0\0\0\x0f\x05\xc3",  # mov eax, 1; syscall; ret
        b"\xb8\x3c\0\0\0\x0f\x05\x0f\x0b",  # mov eax, 60; syscall; ud2
    ),
}

#: _start: clears the frame pointer and calls `test_main`, with the offset of that call's field, its relocation and addend.
_START = {
    Machine.AARCH64: (struct.pack("<3I", 0xD280001D, 0x94000000, 0xD4200000), 4, Arm64Relocation.CALL26, 0),
    Machine.X86_64: (b"\x31\xed\xe8\0\0\0\0\x0f\x0b", 3, X86Relocation.PLT32, -4),
}


def system_calls(machine: Machine) -> ObjectFile:
    """Functions that ask Linux for something."""
    write, leave = _CALLS[machine]
    return _object(machine, write.ljust(16, b"\0") + leave, {"system_write": 0, "system_exit": 16})


def beginning(machine: Machine) -> ObjectFile:
    """Where a process begins: it goes on in `test_main`."""
    code, offset, form, addend = _START[machine]
    made = _object(machine, code, {"_start": 0})
    main = Symbol("test_main", Place.UNDEFINED, 0, 0, Binding.GLOBAL, SymbolKind.UNTYPED)
    call = Relocation(0, offset, form, len(made.symbols), addend)
    return ObjectFile(machine, made.sections, (*made.symbols, main), (call,))


def _object(machine: Machine, code: bytes, places: dict[str, int]) -> ObjectFile:
    section = Section(".text", SectionFlag.ALLOCATE | SectionFlag.EXECUTE, 16, len(code), code)
    none = Symbol("", Place.UNDEFINED, 0, 0, Binding.LOCAL, SymbolKind.UNTYPED)
    symbols = [Symbol(name, 0, place, 0, Binding.GLOBAL, SymbolKind.FUNCTION) for name, place in places.items()]
    return ObjectFile(machine, (section,), (none, *symbols), ())


_HEADER = struct.Struct("<16sHHIQQQIHHHHHH")
_PROGRAM_HEADER = struct.Struct("<IIQQQQQQ")
_EXECUTABLE, _LOAD, _READ_WRITE_EXECUTE = 2, 1, 7


class Region:
    """Memory from an address on, as it is filled."""

    def __init__(self, start: int, room: int) -> None:
        self.start = start
        self.bytes = bytearray()
        #: Bytes that the process finds behind these, all zeros.
        self.room = room

    @property
    def end(self) -> int:
        return self.start + len(self.bytes)

    def align(self, alignment: int) -> int:
        """The next such address."""
        self.bytes += bytes(-len(self.bytes) % alignment)
        return self.end

    def add(self, data: bytes) -> int:
        """Put data at the end; their address."""
        start = self.align(16)
        self.bytes += data
        return start


class Program:
    """A program in the making. `symbols` has the addresses of what its objects export, and whatever else they are to find."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.symbols: dict[str, int] = {}
        self._regions: list[Region] = []

    def region(self, start: int, room: int = 0) -> Region:
        """Memory for something that begins there, with room for what comes when the program runs."""
        self._regions.append(Region(start, room))
        return self._regions[-1]

    def word_at(self, address: int) -> int:
        """A word as the program begins with it. Raises LookupError."""
        region, place = self._find(address)
        return int.from_bytes(region.bytes[place : place + 8], "little")

    def write_word(self, address: int, word: int) -> None:
        """Have the program begin with another word there. Raises LookupError."""
        region, place = self._find(address)
        region.bytes[place : place + 8] = word.to_bytes(8, "little")

    def _find(self, address: int) -> tuple[Region, int]:
        for region in self._regions:
            if region.start <= address < region.end:
                return region, address - region.start
        raise LookupError(hex(address))

    def load(self, obj: ObjectFile, region: Region, *, missing: int | None = None) -> LinkedImage:
        """Place an object, code and data on pages of their own: QEMU translates code anew after writes to its page.

        All that the object uses has an address by now, or is said to be at `missing`. Raises what `lay_out` and `link` raise.
        """

        def address_of(name: str) -> int:
            return self.symbols[name] if missing is None else self.symbols.get(name, missing)

        layout = lay_out(obj, address_of)
        code = region.align(PAGE)
        data = -(-(code + layout.code_size) // PAGE) * PAGE
        image = link(layout, code, data)
        region.bytes += image.code.ljust(data - code, b"\0") + image.data
        self.symbols |= image.symbols
        return image

    def file(self) -> bytes:
        """The executable: begins at `_start`."""
        regions = [region for region in self._regions if region.bytes or region.room]
        heads, bodies = [], []
        offset = PAGE
        for region in regions:
            region.align(PAGE)
            start, size = region.start, len(region.bytes)
            whole = size + region.room
            heads.append(_PROGRAM_HEADER.pack(_LOAD, _READ_WRITE_EXECUTE, offset, start, start, size, whole, PAGE))
            bodies.append(region.bytes)
            offset += size
        head = _HEADER.pack(
            b"\x7fELF\x02\x01\x01".ljust(16, b"\0"), _EXECUTABLE, self.machine, 1, self.symbols["_start"],
            _HEADER.size, 0, 0, _HEADER.size, _PROGRAM_HEADER.size, len(regions), 0, 0, 0,
        )  # fmt: skip
        return b"".join([b"".join([head, *heads]).ljust(PAGE, b"\0"), *bodies])

    def run(self, folder: Path) -> bytes:
        """What the program writes to standard output. Raises CalledProcessError."""
        before = command(self.machine)
        assert before is not None
        path = folder / "program"
        path.write_bytes(self.file())
        path.chmod(0o700)
        return subprocess.run([*before, str(path)], stdout=subprocess.PIPE, check=True).stdout
