"""Memory that LLVM does not need at the moment, given back: its library's pages, and what it has freed.

Linux maps sixteen pages for each that is touched, and keeps them mapped. Of a library as large as LLVM that is many times what is in use at any moment.
The pages stay in the system's page cache: touched again they are mapped again, sixteen at a time.
"""

from __future__ import annotations

import ctypes
import sys

from whitehot.cpython import prototypes

#: A mapping's address and size in bytes.
type Region = tuple[int, int]

_MADV_DONTNEED = 4


def unmodified(path: str) -> list[Region]:
    """The mappings of a file that nobody can write to and where nothing differs from the file; none where that cannot be told.

    What the dynamic linker has written, addresses above all, it makes read-only afterwards: that must stay, and shows as anonymous memory.
    """
    found: list[Region] = []
    here: Region | None = None
    try:
        with open("/proc/self/smaps", encoding="utf-8", errors="surrogateescape") as file:
            for line in file:
                words = line.split(None, 5)
                if not words[0].endswith(":"):
                    named = len(words) == 6 and words[5].rstrip("\n") == path and "w" not in words[1]
                    start, _, end = words[0].partition("-")
                    here = (int(start, 16), int(end, 16) - int(start, 16)) if named else None
                elif here is not None and words[0] == "Anonymous:" and words[1] == "0":
                    found.append(here)
    except OSError, ValueError, IndexError:
        return []
    return found


def let_go(regions: list[Region]) -> None:
    """Take the pages of unmodified mappings out of the process until they are touched again."""
    if sys.platform == "linux" and regions:
        advise = prototypes.function(ctypes.c_int, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)(
            ("madvise", ctypes.pythonapi)
        )
        for address, size in regions:
            advise(address, size, _MADV_DONTNEED)


#: Bytes of freed memory beyond which it is left alone: the program's would take long to go through, and be wanted again.
_MOST_FREED = 64 << 20


class _Counts(ctypes.Structure):
    """`struct mallinfo2` of the GNU C library; `free` is `fordblks`: the bytes of all free blocks."""

    _fields_ = [("_before", ctypes.c_size_t * 8), ("free", ctypes.c_size_t), ("_after", ctypes.c_size_t)]
    free: int


class _Heap:
    """The C library's memory. Once there was so much freed that it takes long to go through, nobody looks again."""

    is_large = False


def give_back_freed() -> None:
    """Have the C library give the system what lies between blocks that are in use, where it is one that keeps that otherwise."""
    library = ctypes.pythonapi
    if _Heap.is_large or not hasattr(library, "mallinfo2") or not hasattr(library, "malloc_trim"):
        return
    counts: _Counts = prototypes.function(_Counts)(("mallinfo2", library))()
    _Heap.is_large = counts.free > _MOST_FREED
    if not _Heap.is_large:
        prototypes.function(ctypes.c_int, ctypes.c_size_t)(("malloc_trim", library))(0)
