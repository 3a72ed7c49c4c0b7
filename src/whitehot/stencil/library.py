"""The stencils of this process: given by the runtime, which keeps them in the cache folder, or else made when the first one is needed."""

from __future__ import annotations

import platform
import sys

from whitehot.elf import Machine
from whitehot.stencil.stencil import JUMPS, StencilData

#: Holes of a stencil by what fills them: offset, relocation type, name, addend.
type Holes = tuple[tuple[int, int, str, int], ...]


class Prepared:
    """A stencil, its holes sorted for filling in."""

    __slots__ = ("calls", "code", "constants", "jumps", "own", "pool", "slots", "tail")

    def __init__(self, code: bytes, holes: list[tuple[int, int, str, int]], tail: str | None, constants: bytes) -> None:
        slots, pool, jumps, calls, own = [], [], [], [], []
        for hole in holes:
            name = hole[2]
            if name in JUMPS:
                jumps.append(hole)
            elif name[0] == "=":
                own.append(hole)
            elif name in _POOL or name[:2] == "G.":
                pool.append(hole)
            elif name in _SLOTS or name[:2] == "X.":
                slots.append(hole)
            else:
                calls.append(hole)
        self.code = code
        self.tail = tail
        self.constants = constants
        self.slots: Holes = tuple(slots)
        self.pool: Holes = tuple(pool)
        self.jumps: Holes = tuple(jumps)
        self.calls: Holes = tuple(calls)
        self.own: Holes = tuple(own)


_SLOTS = frozenset({f"S{number}" for number in range(9)} | {"R", "W", "FRAME"})
_POOL = frozenset({f"{letter}{number}" for letter in "PA" for number in range(4)} | {"N"})

_data: dict[str, StencilData] = {}
_prepared: dict[str, Prepared] = {}


def target() -> str:
    """The name of the target that this process needs stencils for."""
    machine = {"AMD64": "x86_64", "arm64": "aarch64", "ARM64": "aarch64"}.get(platform.machine(), platform.machine())
    return f"{machine}-{ {'darwin': 'macos', 'win32': 'windows'}.get(sys.platform, sys.platform) }"


def machine() -> Machine:
    """The processor that this process needs stencils for."""
    return Machine.AARCH64 if target().startswith("aarch64") else Machine.X86_64


def made() -> dict[str, StencilData]:
    """The stencils for this process as data for `keep`, made now. This loads LLVM."""
    from whitehot.stencil.make import TARGETS, make

    return {name: stencil.data for name, stencil in make(TARGETS[target()]).items()}


def keep(data: dict[str, StencilData]) -> None:
    """Use these stencils, which `made` gave in this process or an earlier one that runs the same source."""
    _data.clear()
    _prepared.clear()
    _data.update(data)


def has(name: str) -> bool:
    """Whether there is a stencil of this name."""
    if not _data:
        keep(made())
    return name in _data


def get(name: str) -> Prepared:
    """A stencil. Raises KeyError for one that there is not."""
    found = _prepared.get(name)
    if found is None:
        if not _data:
            keep(made())
        found = _prepared[name] = Prepared(*_data[name])
    return found
