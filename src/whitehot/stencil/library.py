"""The stencils of this process: given by the runtime, which keeps them in the cache folder, or else made when the first one is needed."""

from __future__ import annotations

import marshal
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

_data: dict[str, bytes] = {}
_prepared: dict[str, Prepared] = {}


def target() -> str:
    """The name of the target that this process needs stencils for."""
    machine = {"AMD64": "x86_64", "arm64": "aarch64", "ARM64": "aarch64"}.get(platform.machine(), platform.machine())
    return f"{machine}-{ {'darwin': 'macos', 'win32': 'windows'}.get(sys.platform, sys.platform) }"


def machine() -> Machine:
    """The processor that this process needs stencils for."""
    return Machine.AARCH64 if target().startswith("aarch64") else Machine.X86_64


def keep(data: dict[str, bytes]) -> None:
    """Use these stencils. Each is as `marshal` writes it."""
    _data.clear()
    _prepared.clear()
    _data.update(data)


def _all() -> dict[str, bytes]:
    """The stencils, made now where nobody has given any: this loads LLVM."""
    if not _data:
        from whitehot.stencil.make import TARGETS, make

        keep({name: marshal.dumps(stencil.data) for name, stencil in make(TARGETS[target()]).items()})
    return _data


def has(name: str) -> bool:
    """Whether there is a stencil of this name."""
    return name in _all()


def get(name: str) -> Prepared:
    """A stencil. Raises KeyError for one that there is not."""
    found = _prepared.get(name)
    if found is None:
        data: StencilData = marshal.loads(_all()[name])
        found = _prepared[name] = Prepared(*data)
    return found
