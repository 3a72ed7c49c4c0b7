"""Pages of memory from the operating system: reserve, map twice, protect, unmap. The only file that calls it for memory.

Linux and macOS. Every method raises OSError when the system refuses, naming the call.

The calls go through ctypes.PyDLL, which keeps the GIL: between making a page writable and making it executable again no
other Python thread is to run.
"""

from __future__ import annotations

import ctypes
import mmap
import os
import sys
from collections.abc import Callable, Iterator

from whitehot.elf import Machine, host_machine

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

READ: Final = 1
WRITE: Final = 2
EXECUTE: Final = 4
"""Protection bits (POSIX `PROT_READ`, `PROT_WRITE`, `PROT_EXEC`)."""

_NONE: Final = 0
_MAP_FIXED: Final = 0x10  # Linux and macOS; Python's mmap module does not have it
_MAP_FIXED_NOREPLACE: Final = 0x100000  # Linux: like a hint, but refused where something is mapped already
_MFD_EXEC: Final = 0x10  # Linux 6.3: the file may be executable, whatever vm.memfd_noexec says
_FAILED: Final = ctypes.c_void_p(-1).value

_REACH: Final = 1 << 31  # of a 32-bit displacement
_STEP: Final = 64 << 20  # between the places tried

type _InstructionFlush = Callable[[int, int], object]
"""Called with an address and a size."""


def system_pages() -> Pages:
    """The running system's pages. Raises OSError on a system that this module does not know."""
    if sys.platform not in ("linux", "darwin"):
        raise OSError(f"memory on {sys.platform} is not supported yet")
    return Pages()


class Pages:
    """The calls, on whole pages. Addresses and sizes are in bytes."""

    def __init__(self) -> None:
        libc = ctypes.PyDLL(None, use_errno=True)
        self._memmove = libc.memmove
        self._memmove.restype = None
        self._memmove.argtypes = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t
        self._mmap = libc.mmap
        self._mmap.restype = ctypes.c_void_p
        self._mmap.argtypes = (
            ctypes.c_void_p,
            ctypes.c_size_t,
            ctypes.c_int,
            ctypes.c_int,
            ctypes.c_int,
            ctypes.c_int64,  # off_t
        )
        self._mprotect = libc.mprotect
        self._mprotect.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
        self._munmap = libc.munmap
        self._munmap.argtypes = (ctypes.c_void_p, ctypes.c_size_t)
        self._flush = _instruction_flush(libc)

    def reserve(self, size: int, near: int | None) -> int:
        """Address space that nothing may touch yet, within 2 GiB of `near` if there is room; its address."""
        flags = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS
        if sys.platform == "linux":
            flags |= mmap.MAP_NORESERVE
            for address in _places_near(near, size):
                try:
                    found = self._map(address, size, _NONE, flags | _MAP_FIXED_NOREPLACE)
                except OSError:
                    continue
                if found == address:
                    return found
                self.unmap(found, size)  # kernels before 4.17 take the address as a hint
        return self._map(None, size, _NONE, flags)

    def map_twice(self, address: int, size: int) -> int:
        """Replace reserved pages by executable ones that have a second, writable view; the view's address."""
        if sys.platform != "linux":
            raise OSError("no anonymous files")
        file = _anonymous_file()
        try:
            os.ftruncate(file, size)
            view = self._map(None, size, READ | WRITE, mmap.MAP_SHARED, file)
            try:
                self._map(address, size, READ | EXECUTE, mmap.MAP_SHARED | _MAP_FIXED, file)
            except OSError:
                self.unmap(view, size)
                raise
            return view
        finally:
            os.close(file)  # the mappings keep it

    def protect(self, address: int, size: int, protection: int) -> None:
        """Set what may be done with pages."""
        if self._mprotect(address, size, protection):
            raise _os_error("mprotect")

    def unmap(self, address: int, size: int) -> None:
        """Give pages back to the system."""
        if self._munmap(address, size):
            raise _os_error("munmap")

    def write(self, address: int, data: bytes) -> None:
        """Copy bytes to an address. (`ctypes.memmove` would let go of the GIL, and a busy program would keep it for some milliseconds.)"""
        self._memmove(address, data, len(data))

    def code_changed(self, address: int, size: int) -> None:
        """Make the processor see code that was written (x86 does so by itself)."""
        self._flush(address, size)

    def _map(self, address: int | None, size: int, protection: int, flags: int, file: int = -1) -> int:
        found: int | None = self._mmap(address, size, protection, flags, file, 0)
        if found is None or found == _FAILED:
            raise _os_error("mmap")
        return found


def _os_error(call: str) -> OSError:
    number = ctypes.get_errno()
    return OSError(number, f"{call}: {os.strerror(number)}")


def _anonymous_file() -> int:
    """A file that exists in memory only; its descriptor."""
    if sys.platform != "linux":
        raise OSError("no anonymous files")
    try:
        return os.memfd_create("whitehot", os.MFD_CLOEXEC | _MFD_EXEC)
    except OSError:
        return os.memfd_create("whitehot", os.MFD_CLOEXEC)  # kernels before 6.3 do not know the flag


def _places_near(near: int | None, size: int) -> Iterator[int]:
    """Addresses to try so that all of `size` bytes from there reach `near`, the nearest first, below before above."""
    if near is None:
        return
    start = near & -_STEP
    for distance in range(_STEP, _REACH - _STEP - size, _STEP):
        if start - distance > _STEP:
            yield start - distance
        yield start + distance


def _instruction_flush(libc: ctypes.PyDLL) -> _InstructionFlush:
    """How this processor is told of new code."""
    if host_machine() is Machine.X86_64:
        return lambda _address, _size: None
    if sys.platform == "darwin":
        invalidate = libc.sys_icache_invalidate
        invalidate.argtypes = (ctypes.c_void_p, ctypes.c_size_t)
        return invalidate
    # GCC's run-time library, which Python's own extension modules need as well.
    clear = ctypes.PyDLL("libgcc_s.so.1").__clear_cache
    clear.argtypes = (ctypes.c_void_p, ctypes.c_void_p)
    return lambda address, size: clear(address, address + size)
