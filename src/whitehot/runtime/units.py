"""Installed units: machine code in memory, linked to the functions and loops it stands for, and taken away again."""

from __future__ import annotations

import ctypes
import weakref
from collections import Counter
from itertools import count as count_up
from types import CodeType, FunctionType

from whitehot.bytecode.objects import ObjectTable
from whitehot.bytecode.snapshot import Snapshot
from whitehot.code.loader import load
from whitehot.cpython import prototypes, symbols
from whitehot.request import CodeUnit, Request, UnitSignature
from whitehot.runtime.live import Hints
from whitehot.runtime.native import Native
from whitehot.tiers import Tier

_numbers = count_up(1)

#: Heat that no unit ever uses up.
ENDLESS = 2**62

#: What symbols of call cells begin with.
_CELL = "cell."


class StaleCallee(Exception):
    """Code was compiled to call a unit that has gone meanwhile, or that is to be called differently now."""


class CallCell:
    """The word through which native code calls a function directly: it holds the address of the body that is in use, for callers of one
    signature. Better code takes over by being written there.
    """

    def __init__(self, signature: UnitSignature) -> None:
        self.signature = UnitSignature(f"{_CELL}{next(_numbers)}", signature.arguments, signature.result)
        self.word = ctypes.c_int64(0)

    def fits(self, signature: UnitSignature) -> bool:
        """Whether a body of this signature may be called through the cell."""
        return (signature.arguments, signature.result) == (self.signature.arguments, self.signature.result)

    @property
    def symbol(self) -> str:
        return self.signature.symbol

    @property
    def address(self) -> int:
        return ctypes.addressof(self.word)


class InstalledUnit:
    """A unit in memory. `table` keeps alive what its code refers to. `others` are the units that may be called directly, by the symbols of their
    cells; StaleCallee where the code calls any other.
    """

    def __init__(
        self,
        unit: CodeUnit,
        code: CodeType,
        entry_offset: int | None,
        table: ObjectTable,
        native: Native,
        others: dict[str, InstalledUnit],
        snapshot: Snapshot,
    ) -> None:
        self.unit = unit
        self.code = code
        self.entry_offset = entry_offset
        self.table = table
        #: Units that this one calls directly, and the cells that it does it through, which live as long as its code.
        self.callees: set[InstalledUnit] = set()
        self._cells: list[CallCell] = []

        def resolve(name: str) -> int:
            if name in table:
                return table.address_of(name)
            if name.startswith(_CELL):
                callee = others.get(name)
                if callee is None or callee.cell is None:
                    raise StaleCallee
                self.callees.add(callee)
                self._cells.append(callee.cell)
                return callee.cell.address
            if name.startswith("whitehot_"):
                try:
                    return native.address(name)
                except KeyError:
                    pass
            return symbols.address_of(name)

        self.loaded = load(unit.object, native.memory, resolve)
        state = self.loaded.address("unit.valid")
        #: 0 once it is discarded; how often it was entered; how many threads are in it; how many functions native code pointed at it. After the word
        #: for a loop's work: what a baseline unit may still do until it leaves.
        self.state = state
        self.valid, self.entered, self.active, self.linked_natively, _, self.heat = (
            ctypes.c_int64.from_address(state + 8 * index) for index in range(6)
        )
        self._entered_before = 0
        self.counts = prototypes.signed_words(max(1, len(unit.exits))).from_address(self.loaded.address("unit.exits"))
        self.snapshot = snapshot
        #: What it was compiled from, for `whitehot explain`.
        self.request: Request | None = None
        #: Units that call this one directly, and fall with it.
        self.callers: set[InstalledUnit] = set()
        #: Addresses of the globals and builtins dicts that the code runs with; the snapshot's table keeps them alive.
        self.namespaces = (0, 0)
        #: How others call it; None where it is called by nobody directly.
        self.cell: CallCell | None = None
        #: The function it was compiled for, if any, and what was seen in its frame: what it is compiled anew from.
        self.owner: weakref.ref[FunctionType] | None = None
        self.hints: Hints = ((), ())
        self._linked: list[weakref.ref[FunctionType]] = []

    def remember_owner(self, function: FunctionType) -> None:
        """The unit was compiled for this function."""
        self.owner = weakref.ref(function)

    def work(self) -> int:
        """How much it has done since it was given endless heat."""
        return ENDLESS - self.heat.value

    def remember(self, function: FunctionType) -> None:
        """A function was pointed at this unit."""
        self._linked.append(weakref.ref(function))

    def linked(self) -> list[FunctionType]:
        """The functions that were pointed at this unit and are alive."""
        return [function for function in (reference() for reference in self._linked) if function is not None]

    def exit_counts(self) -> Counter[str]:
        """How often the unit was left, by reason."""
        counts: Counter[str] = Counter()
        for point, count in zip(self.unit.exits, self.counts, strict=False):
            if count:
                counts[point.reason.name] += count
        return counts

    def misfits(self) -> int:
        """How often it was left at once, because other variables had values than those that it was compiled for."""
        points = zip(self.unit.exits, self.counts, strict=False)
        return sum(count for point, count in points if point.operation == "guard_frame")

    def describe(self) -> dict[str, object]:
        """For `stats()`."""
        return {
            "name": self.unit.name,
            "file": self.code.co_filename,
            "tier": self.tier.value,
            "kind": "function" if self.entry_offset is None else f"loop at {self.entry_offset}",
            "on_frame": self.unit.has_frame,
            "bytes": self.size,
            "entered": self.entered.value,
            "exits": dict(self.exit_counts()),
        }

    def recent_entries(self) -> int:
        """How often it was entered since this was last asked."""
        entered = self.entered.value
        found, self._entered_before = entered - self._entered_before, entered
        return found

    def release(self) -> None:
        """Give its memory back. Nobody is in it, and nobody can enter it."""
        assert not self.is_valid
        self.counts = type(self.counts)(*self.counts)
        self.valid, self.active = ctypes.c_int64(0), ctypes.c_int64(0)
        self.entered = ctypes.c_int64(self.entered.value)
        self.heat = ctypes.c_int64(0)
        self.loaded.release()

    @property
    def tier(self) -> Tier:
        return self.unit.tier

    @property
    def body(self) -> int:
        return self.loaded.address(self.unit.body)

    @property
    def entry(self) -> int:
        assert self.unit.entry is not None
        return self.loaded.address(self.unit.entry)

    @property
    def is_valid(self) -> bool:
        return bool(self.valid.value)

    @property
    def size(self) -> int:
        """Bytes of machine code and data."""
        return self.loaded.code_size + self.loaded.data_size

    def exit_of_counter(self, address: int) -> int | None:
        """The number of the exit whose counter is at this address, if it is one of this unit's."""
        offset = address - ctypes.addressof(self.counts)
        return offset // 8 if 0 <= offset < 8 * len(self.counts) else None
