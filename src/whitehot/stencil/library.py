"""The stencils of this process: given by the runtime, which keeps them in the cache folder, or else made when the first one is needed."""

from __future__ import annotations

import marshal
import sys

from whitehot.elf import Machine, host_machine
from whitehot.stencil.patch import patch_slot
from whitehot.stencil.stencil import JUMPS, POOL_HOLES, RESERVED, SLOT_HOLES, StencilData

TYPE_CHECKING = False
if TYPE_CHECKING:
    from whitehot.ir.operation import Operation
    from whitehot.stencil.forms import Form

#: Holes of a stencil by what fills them: offset, relocation type, name, addend.
type Holes = tuple[tuple[int, int, str, int], ...]


class Prepared:
    """A stencil, its holes sorted by what fills them; reserved slots are filled in."""

    __slots__ = (
        "calls", "code", "constants", "frames", "is_straight", "jumps", "name", "own", "pool", "rare", "slots", "symbols", "tail",
    )  # fmt: skip

    def __init__(
        self,
        code: bytes,
        holes: list[tuple[int, int, str, int]],
        tail: str | None,
        constants: bytes,
        own_name: str = "",
    ) -> None:
        slots, pool, symbols, jumps, calls, frames, own = [], [], [], [], [], [], []
        filled = bytearray(code)
        for offset, form, name, addend in holes:
            if name in JUMPS:
                jumps.append((offset, form, name, addend))
            elif name in SLOT_HOLES:
                slots.append((offset, form, name, addend))
            elif name in POOL_HOLES:
                pool.append((offset, form, name, addend))
            elif name[:2] == "G.":
                symbols.append((offset, form, name[2:], addend))
            elif name[:2] == "X.":
                patch_slot(filled, offset, form, 8 * RESERVED.index(name[2:]) + addend)
            elif name == "FRAME":
                frames.append((offset, form, name, addend))
            elif name[0] == "=":
                own.append((offset, form, name, addend))
            else:
                calls.append((offset, form, name, addend))
        self.name = own_name
        self.code = bytes(filled)
        self.tail = tail
        self.constants = constants
        self.slots: Holes = tuple(slots)
        self.pool: Holes = tuple(pool)
        self.symbols: Holes = tuple(symbols)
        self.jumps: Holes = tuple(jumps)
        self.calls: Holes = tuple(calls)
        self.frames: Holes = tuple(frames)
        self.own: Holes = tuple(own)
        self.rare = bool(calls or frames or own)
        #: Whether it has operands and constants only, and goes on behind.
        self.is_straight = tail == "CONTINUE" and not (self.rare or symbols or jumps)


_data: dict[str, bytes] = {}
_prepared: dict[str, Prepared] = {}

#: What is known of operations by these stencils (`forms.py`).
forms: dict[Operation, Form] = {}


def target() -> str:
    """The name of the target that this process needs stencils for."""
    system = {"darwin": "macos", "win32": "windows"}.get(sys.platform, sys.platform)
    return f"{machine().name.lower()}-{system}"


def machine() -> Machine:
    """The processor that this process needs stencils for."""
    return host_machine() or Machine.X86_64


def keep(data: dict[str, bytes]) -> None:
    """Use these stencils. Each is as `marshal` writes it."""
    _data.clear()
    _prepared.clear()
    forms.clear()
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
        found = _prepared[name] = Prepared(*data, name)
    return found
