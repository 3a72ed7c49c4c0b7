"""Executable memory that is never writable and executable at once.

Memory comes in spans: one contiguous stretch of address space, code in its first half, data in its second, so that code
reaches its data with 32-bit displacements.

    span:  | code: readable, executable            | data: readable, writable |
             ^ the same pages, seen a second time
    view:  | code: readable, writable              |    somewhere else

The usual way to write code is that second view of the same pages (an anonymous file mapped twice): no page that may be
executing ever changes its protection. Where the system has no such files, code pages are made writable, filled, and made
executable; blocks then have pages of their own, so that no running code is on them. Memory is given back to a free list
and reused; spans are kept until `close`.

Forks: a child gets a copy of ordinary memory, but shares the pages of an anonymous file with its parent. So neither may
overwrite code that existed at the fork while the other may be running it: a block that lived through a fork is never
reused, and the child makes new spans of its own. Whoever compiles tells the memory of forks (`before_fork` and the two
after it), since he must stop before the memory does and go on after it.
"""

from __future__ import annotations

import mmap
from _thread import allocate_lock, get_ident
from collections import deque

from whitehot.code.pages import EXECUTE, READ, WRITE, Pages, system_pages
from whitehot.code.ranges import FreeRanges
from whitehot.record import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

_FIRST_SPAN: Final = 1 << 20
_LARGEST_USUAL_SPAN: Final = 16 << 20
_GRANULE: Final = 64  # a cache line: blocks of different units never share one


class MemoryDenied(Exception):
    """The system does not let this process have executable memory; the message says what was refused."""


@dataclass(frozen=True, slots=True)
class Allocation:
    """A block of code and a block of data: their addresses and sizes in bytes."""

    code: int
    code_size: int
    data: int
    data_size: int


@dataclass(frozen=True, slots=True)
class MemoryUse:
    """Bytes handed out and not yet freed, and bytes of address space reserved (pages count when they are used)."""

    code_in_use: int
    data_in_use: int
    reserved: int


@dataclass(frozen=True, slots=True)
class _Span:
    """One stretch of address space. `view` is the address of the writable view of the code, if there is one.

    Without a view, code blocks are whole pages, since writing one changes the protection of its pages.
    """

    code: int
    size: int  # of the code, and of the data as well
    view: int | None
    free_code: FreeRanges
    free_data: FreeRanges

    @property
    def data(self) -> int:
        return self.code + self.size

    def take(self, code_size: int, data_size: int, alignment: int, forks: int) -> _Live | None:
        """Blocks of these sizes, rounded up; None where there is no room."""
        granule = mmap.PAGESIZE if self.view is None else _GRANULE
        code_size, data_size = _round_up(code_size, granule), _round_up(data_size, _GRANULE)
        code = self.free_code.take(code_size, max(alignment, granule))
        if code is None:
            return None
        data = self.free_data.take(data_size, max(alignment, _GRANULE))
        if data is None:
            self.free_code.give(code, code_size)
            return None
        return _Live(self, (code, code_size), (data, data_size), forks)

    def give(self, live: _Live) -> None:
        """Take blocks back."""
        self.free_code.give(*live.code)
        self.free_data.give(*live.data)


@dataclass(frozen=True, slots=True)
class _Live:
    """An allocation in use: its span, its offsets and sizes there, and how many forks there had been when it was made."""

    span: _Span
    code: tuple[int, int]
    data: tuple[int, int]
    forks: int


class _Owning:
    """Remembers which thread holds a memory's lock, so that `allocate` can refuse to wait for itself."""

    def __init__(self, memory: CodeMemory) -> None:
        self.memory = memory

    def __enter__(self) -> None:
        self.memory._lock_owner = get_ident()

    def __exit__(self, *_: object) -> None:
        self.memory._lock_owner = None


class CodeMemory:
    """Executable memory for generated code, with data memory within reach.

    `near`: an address that code will often call, such as a function of CPython's; the spans are put within 2 GiB of it if
    there is room. `two_views=False` asks for the way without a second view, for tests and for systems where it misbehaves.

    Raises MemoryDenied if the system refuses executable memory: at once, not at the first use.

    Threads may share one CodeMemory. `free` may be called from finalizers; `allocate` may not.
    """

    def __init__(self, *, near: int | None = None, two_views: bool = True, span_size: int = _FIRST_SPAN) -> None:
        self._near = near
        self._next_size = span_size
        self._spans: list[_Span] = []
        self._inherited: list[_Span] = []  # from before a fork, in the child: no longer handed out
        self._live: dict[int, _Live] = {}  # by the address of the code
        self._returned: deque[_Live] = deque()  # freed, and not yet in a free list
        self._forks = 0
        self._forking = 0
        self._lock = allocate_lock()
        self._lock_owner: int | None = None
        try:
            self._pages: Pages = system_pages()
        except OSError as error:
            raise MemoryDenied(f"no executable memory on this system: {error}") from error
        self._two_views = two_views
        self._spans.append(self._new_span(span_size))

    @property
    def two_views(self) -> bool:
        """Whether new code is written through a second view (False: by changing the protection of its pages)."""
        return self._two_views

    def allocate(self, code_size: int, data_size: int, *, alignment: int = 16) -> Allocation:
        """Blocks of code and data memory of at least these sizes, both at multiples of `alignment` (a power of two, at
        most a page). What they contain is undefined. Raises MemoryDenied if the system gives no more memory.
        """
        if self._lock_owner == get_ident():
            raise RuntimeError("CodeMemory.allocate was called by a finalizer or a signal handler during itself")
        with self._lock, _Owning(self):
            self._take_back()
            live = self._take(code_size, data_size, alignment)
        span = live.span
        allocation = Allocation(span.code + live.code[0], code_size, span.data + live.data[0], data_size)
        self._live[allocation.code] = live
        return allocation

    def write_code(self, allocation: Allocation, code: bytes, offset: int = 0) -> None:
        """Write machine code into an allocation, `offset` bytes from its start.

        No thread may be executing the allocation unless `two_views` is true. Raises ValueError if it does not fit or if
        it is from before a fork, and MemoryDenied if the system refuses to make the pages executable.
        """
        live = self._checked(allocation, offset, len(code), allocation.code_size)
        if live.span.view is not None:
            if self._forking or live.forks != self._forks:
                raise ValueError(f"the code at {allocation.code:#x} is shared with another process since a fork")
            self._pages.write(live.span.view + live.code[0] + offset, code)
        else:
            start, size = live.span.code + live.code[0], live.code[1]
            try:
                self._pages.protect(start, size, READ | WRITE)
                self._pages.write(start + offset, code)
                self._pages.protect(start, size, READ | EXECUTE)
            except OSError as error:
                raise MemoryDenied(f"the system refuses to make memory executable: {error}") from error
        self._pages.code_changed(allocation.code + offset, len(code))

    def write_data(self, allocation: Allocation, data: bytes, offset: int = 0) -> None:
        """Write into an allocation's data, `offset` bytes from its start. Raises ValueError if it does not fit."""
        self._checked(allocation, offset, len(data), allocation.data_size)
        self._pages.write(allocation.data + offset, data)

    def free(self, allocation: Allocation) -> None:
        """Give an allocation back. No thread may be executing it or be about to.

        Raises ValueError if it is not in use (freed twice, or of another CodeMemory).
        """
        live = self._live.pop(allocation.code, None)
        if live is None:
            raise ValueError(f"no allocation in use at {allocation.code:#x}")
        if self._forking or live.forks != self._forks:
            return  # the other side of a fork may be running it
        self._returned.append(live)
        # A finalizer may run while its own thread is inside `allocate`, which then takes the block back later.
        if self._lock.acquire(blocking=False):
            try:
                with _Owning(self):
                    self._take_back()
            finally:
                self._lock.release()

    def use(self) -> MemoryUse:
        """How much memory is in use and reserved."""
        live = list(self._live.values())
        spans = self._spans + self._inherited
        return MemoryUse(
            code_in_use=sum(one.code[1] for one in live),
            data_in_use=sum(one.data[1] for one in live),
            reserved=sum(2 * span.size for span in spans),
        )

    def close(self) -> None:
        """Unmap everything. No code of this memory may run or be called afterwards.

        A CodeMemory that is merely dropped keeps its memory mapped, since addresses of its code may be anywhere.
        """
        with self._lock:
            for span in self._spans + self._inherited:
                self._unmap(span)
            self._spans, self._inherited = [], []
            self._live.clear()
            self._returned.clear()

    def _checked(self, allocation: Allocation, offset: int, size: int, limit: int) -> _Live:
        live = self._live.get(allocation.code)
        if live is None:
            raise ValueError(f"no allocation in use at {allocation.code:#x}")
        if offset < 0 or offset + size > limit:
            raise ValueError(f"{size} bytes at offset {offset} do not fit in {limit}")
        return live

    def _take_back(self) -> None:
        """Put freed blocks into the free lists. The lock is held."""
        while self._returned:
            live = self._returned.popleft()
            live.span.give(live)

    def _take(self, code_size: int, data_size: int, alignment: int) -> _Live:
        """Find room in a span, or make one. The lock is held."""
        for span in self._spans:
            live = span.take(code_size, data_size, alignment, self._forks)
            if live is not None:
                return live
        self._next_size = min(2 * self._next_size, _LARGEST_USUAL_SPAN)
        span = self._new_span(max(self._next_size, _round_up(max(code_size, data_size), 1 << 20)))
        self._spans.append(span)
        live = span.take(code_size, data_size, alignment, self._forks)
        assert live is not None, "a new span has room for what it was made for"
        return live

    def _new_span(self, size: int) -> _Span:
        """Reserve a span and give its halves their protection."""
        code = None
        try:
            code = self._pages.reserve(2 * size, self._near)
            self._pages.protect(code + size, size, READ | WRITE)
            view = self._map_twice(code, size) if self._two_views else None
            if view is None:
                self._two_views = False
                self._try_protection(code)
        except OSError as error:
            if code is not None:
                self._pages.unmap(code, 2 * size)
            raise MemoryDenied(f"the system refuses executable memory: {error}") from error
        return _Span(code, size, view, FreeRanges(size), FreeRanges(size))

    def _map_twice(self, code: int, size: int) -> int | None:
        """Make the code half of a span executable pages with a writable view; the view, or None if refused."""
        try:
            return self._pages.map_twice(code, size)
        except OSError:
            return None

    def _try_protection(self, code: int) -> None:
        """Find out now whether pages that were writable may become executable."""
        self._pages.protect(code, mmap.PAGESIZE, READ | WRITE)
        self._pages.write(code, b"\xcc")
        self._pages.protect(code, mmap.PAGESIZE, READ | EXECUTE)

    def _unmap(self, span: _Span) -> None:
        self._pages.unmap(span.code, 2 * span.size)
        if span.view is not None:
            self._pages.unmap(span.view, span.size)

    def before_fork(self) -> None:
        """Write no code from now on. Nobody may be about to."""
        self._forks += 1
        self._forking += 1  # a count: two threads may be about to fork

    def after_fork_in_parent(self) -> None:
        """Write code again, on other blocks than there were."""
        self._forks += 1
        self._forking -= 1

    def after_fork_in_child(self) -> None:
        """Write code again, in other spans than there were."""
        # A thread that held the lock, or was changing a free list, is gone: start afresh.
        self._forks += 1
        self._forking = 0
        self._lock = allocate_lock()
        self._lock_owner = None
        self._inherited += self._spans
        self._spans = []
        self._returned.clear()


def _round_up(size: int, granule: int) -> int:
    """A multiple of the granule; one at least, so that every block has an address of its own."""
    if size < 0:
        raise ValueError(f"negative size {size}")
    return max(-(-size // granule), 1) * granule
