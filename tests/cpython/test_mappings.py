"""A library's pages can be let go of while it is in use."""

from __future__ import annotations

import ctypes
import sys
from pathlib import Path

import pytest

from whitehot.cpython import mappings


def resident(path: str) -> int:
    """Kilobytes of a file that the process has in memory."""
    total, is_here = 0, False
    for line in Path("/proc/self/smaps").read_text().splitlines():
        words = line.split(None, 5)
        if not words[0].endswith(":"):
            is_here = words[-1] == path
        elif is_here and words[0] == "Rss:":
            total += int(words[1])
    return total


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_let_go() -> None:
    """Pages of a library that were not changed go, and come back when they are used; what the dynamic linker wrote stays."""
    from llvmlite import binding

    path = binding.ffi.lib._name
    regions = mappings.unmodified(path)
    assert regions
    binding.parse_assembly("define i64 @f() { ret i64 1 }")
    before = resident(path)
    mappings.let_go(regions)
    assert resident(path) < before
    assert "ret i64 2" in str(binding.parse_assembly("define i64 @f() { ret i64 2 }"))


def test_nothing_mapped() -> None:
    """A file that is not mapped has no pages to let go of."""
    assert mappings.unmodified("/no such file") == []
    mappings.let_go([])


@pytest.mark.skipif(not hasattr(ctypes.pythonapi, "mallinfo2"), reason="another C library")
def test_freed_memory_is_given_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was freed between blocks that are in use goes to the system; not where there is so much that it would take long."""
    size = 50_000  # for `malloc`, and too small to be mapped by itself
    blocks = [bytes([1]) * size for _ in range(600)]
    del blocks[::2], blocks[::3]
    before = anonymous()
    monkeypatch.setattr(mappings, "_MOST_FREED", 1 << 20)
    monkeypatch.setattr(mappings._Heap, "is_large", False)
    mappings.give_back_freed()
    assert anonymous() > before - 1000
    assert mappings._Heap.is_large
    monkeypatch.setattr(mappings._Heap, "is_large", False)
    monkeypatch.setattr(mappings, "_MOST_FREED", 64 << 20)
    mappings.give_back_freed()
    assert anonymous() < before - 5000
    assert all(block[0] == block[-1] == 1 for block in blocks)


def anonymous() -> int:
    """Kilobytes of memory that the process has for itself."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("RssAnon"))
