"""Load an object into executable memory.

    memory = CodeMemory()
    loaded = load(read_object(object_bytes), memory, addresses.__getitem__)
    function = ctypes.CFUNCTYPE(ctypes.c_long, ctypes.c_long)(loaded.address("twice"))
    loaded.release()

Linking itself is `link`'s; this file finds the memory and carries the bytes there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from whitehot.code.link import Function, Layout, LinkedImage, LoadError, lay_out, link
from whitehot.code.memory import Allocation, CodeMemory
from whitehot.elf import ObjectFile, host_machine, host_name


class LoadedCode:
    """An object in memory, ready to be called. Made by `load`.

    Dropping it leaves the memory in use, since addresses of the code may be anywhere; `release` gives it back.
    """

    __slots__ = ("_allocation", "_functions", "_memory", "_released", "_symbols")

    def __init__(self, memory: CodeMemory, allocation: Allocation, image: LinkedImage) -> None:
        self._memory = memory
        self._allocation = allocation
        self._symbols = MappingProxyType(image.symbols)
        self._functions = image.functions
        self._released = False

    @property
    def symbols(self) -> Mapping[str, int]:
        """The address of each global symbol that the object defines."""
        return self._symbols

    @property
    def functions(self) -> tuple[Function, ...]:
        """Every function, local ones too, as `PerfMap.add` takes them."""
        return self._functions

    @property
    def code_size(self) -> int:
        """Bytes of code, with stubs."""
        return self._allocation.code_size

    @property
    def data_size(self) -> int:
        """Bytes of data, with the slots for outside addresses."""
        return self._allocation.data_size

    @property
    def code_range(self) -> range:
        """The addresses that the code occupies."""
        return range(self._allocation.code, self._allocation.code + self._allocation.code_size)

    def address(self, symbol: str) -> int:
        """The address of a global symbol. Raises KeyError if the object does not define it, LoadError after release."""
        if self._released:
            raise LoadError(f"the code of {symbol!r} has been released")
        return self._symbols[symbol]

    def release(self) -> None:
        """Give the memory back for reuse; a second call does nothing. No thread may run the code now or later."""
        if not self._released:
            self._released = True
            self._memory.free(self._allocation)


def load(obj: ObjectFile, memory: CodeMemory, resolve: Callable[[str], int]) -> LoadedCode:
    """Place an object in memory, link it, and make it callable.

    `resolve(name)` gives the address of a symbol that the object uses and does not define, or raises KeyError.

    Raises UnresolvedSymbol, UnsupportedRelocation, RelocationOverflow or another LoadError if the object cannot be
    loaded, and MemoryDenied if the system gives no memory. Nothing stays allocated then.
    """
    if obj.machine is not host_machine():
        raise LoadError(f"the object is for {obj.machine.name}, this process runs on {host_name()}")
    layout = lay_out(obj, resolve)
    alignment = max(layout.code_alignment, layout.data_alignment)
    allocation = memory.allocate(layout.code_size, layout.data_size, alignment=alignment)
    try:
        image = _write(layout, memory, allocation)
    except BaseException:
        memory.free(allocation)
        raise
    return LoadedCode(memory, allocation, image)


def _write(layout: Layout, memory: CodeMemory, allocation: Allocation) -> LinkedImage:
    image = link(layout, allocation.code, allocation.data)
    memory.write_data(allocation, image.data)
    memory.write_code(allocation, image.code)
    return image
