"""AArch64 programs without a C compiler or a C library, run by QEMU or on such a processor: objects linked into an image, and ELF's headers before it.

The objects are placed and linked by the code that does it in a process too (`code/link.py`, `relocate.py`). Where they lie makes calls between them too
far for one instruction, so stubs are used.

Sources: System V ABI, chapters 4 and 5 (ELF-64); Procedure Call Standard for the Arm 64-bit Architecture, for `SYSTEM_CALL`.
"""

from __future__ import annotations

import platform
import shutil
import struct
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from whitehot.code.link import LinkedImage, lay_out, link
from whitehot.elf import Binding, Machine, ObjectFile, Place, Section, SectionFlag, Symbol, SymbolKind

#: Where set-up puts an emulator.
_FETCHED = Path(__file__).parents[2] / ".python" / "emulator" / "qemu-aarch64"

PAGE = 4096


@cache
def command() -> tuple[str, ...] | None:
    """The words before the name of an AArch64 program that run it here; None where nothing does."""
    if not sys.platform.startswith("linux"):
        return None
    if platform.machine() == "aarch64":
        return ()
    for name in (str(_FETCHED), "qemu-aarch64-static", "qemu-aarch64"):
        found = shutil.which(name)
        if found is not None and subprocess.run([found, "--version"], capture_output=True, check=False).returncode == 0:
            return (found,)
    return None


needs_aarch64 = pytest.mark.skipif(
    command() is None,
    reason="nothing runs AArch64 programs here: set-up fetches QEMU where the system is Debian, or have qemu-aarch64 on the path",
)

#: system_call(number, first, second, third): mov x8, x0; mov x0, x1; mov x1, x2; mov x2, x3; svc #0; ret
_SYSTEM_CALL = struct.pack("<6I", 0xAA0003E8, 0xAA0103E0, 0xAA0203E1, 0xAA0303E2, 0xD4000001, 0xD65F03C0)

SYSTEM_CALL = ObjectFile(
    Machine.AARCH64,
    (Section(".text", SectionFlag.ALLOCATE | SectionFlag.EXECUTE, 4, len(_SYSTEM_CALL), _SYSTEM_CALL),),
    (
        Symbol("", Place.UNDEFINED, 0, 0, Binding.LOCAL, SymbolKind.UNTYPED),
        Symbol("system_call", 0, 0, len(_SYSTEM_CALL), Binding.GLOBAL, SymbolKind.FUNCTION),
    ),
    (),
)

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

    def __init__(self) -> None:
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
            b"\x7fELF\x02\x01\x01".ljust(16, b"\0"), _EXECUTABLE, Machine.AARCH64, 1, self.symbols["_start"],
            _HEADER.size, 0, 0, _HEADER.size, _PROGRAM_HEADER.size, len(regions), 0, 0, 0,
        )  # fmt: skip
        return b"".join([b"".join([head, *heads]).ljust(PAGE, b"\0"), *bodies])

    def run(self, folder: Path) -> bytes:
        """What the program writes to standard output. Raises CalledProcessError."""
        before = command()
        assert before is not None
        path = folder / "program"
        path.write_bytes(self.file())
        path.chmod(0o700)
        return subprocess.run([*before, str(path)], stdout=subprocess.PIPE, check=True).stdout
