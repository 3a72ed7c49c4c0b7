"""What is known of each code object, and the links from functions and loops to units."""

from __future__ import annotations

import ctypes
import weakref
from collections import Counter
from types import CodeType, FunctionType

from whitehot.cpython import prototypes, symbols
from whitehot.cpython.layout import FunctionObject
from whitehot.cpython.structure import offset_of
from whitehot.reasons import Reason
from whitehot.runtime.live import Hints
from whitehot.runtime.native import Native
from whitehot.runtime.units import InstalledUnit
from whitehot.tiers import Tier


class CodeRecord:
    """One code object: its units, and what was refused or learnt. Loops are named by the byte offset of their header, the function by None."""

    def __init__(self, code: CodeType) -> None:
        self.code = code
        self.function_unit: InstalledUnit | None = None
        self.loops: dict[int, InstalledUnit] = {}
        self.pending: set[int | None] = set()
        self.refused: dict[int | None, tuple[Reason, str]] = {}
        self.rejected: set[tuple[str, int, str]] = set()
        self.compilations: Counter[int | None] = Counter()
        #: How often native code had to be thrown away.
        self.failures: Counter[int | None] = Counter()
        #: Entries whose baseline code is to be optimized, and those whose code the optimizing tier refused.
        self.rising: set[int | None] = set()
        self.stays: dict[int | None, tuple[Reason, str]] = {}
        self.misses = 0
        #: How often loops were left alone when they were hot, for the sake of one around them, by whether that had a unit already.
        self.passed_over: Counter[tuple[int, bool]] = Counter()
        #: Entries that kept failing.
        self.given_up: set[int | None] = set()
        self.never = False
        #: Compiled on request, before it ran: "never run" says nothing.
        self.eager = False
        self.raw: ctypes.Array[ctypes.c_uint64] | None = None

    def is_closed(self, entry: int | None) -> bool:
        """Whether this entry will not be compiled (again)."""
        return self.never or entry in self.given_up or entry in self.refused

    def unit_at(self, entry: int | None) -> InstalledUnit | None:
        """The unit in use for an entry."""
        return self.function_unit if entry is None else self.loops.get(entry)

    def refuse(self, entry: int | None, reason: Reason, detail: str = "") -> None:
        self.refused[entry] = (reason, detail)


type Namespaces = tuple[dict[str, object], dict[str, object]]


class Job:
    """What is to be compiled: code as it was found hot. Built on the program's thread, so small. `origin` is the unit that it is to supersede."""

    def __init__(
        self,
        record: CodeRecord,
        entry: int | None,
        hints: Hints,
        namespaces: Namespaces,
        function: FunctionType | None,
        tier: Tier,
        origin: InstalledUnit | None = None,
    ) -> None:
        self.record = record
        self.entry = entry
        self.hints = hints
        self.function = function
        self.globals, self.builtins = namespaces
        self.tier = tier
        self.origin = origin
        self._resting: weakref.ref[FunctionType] | None = None

    @staticmethod
    def to_optimize(record: CodeRecord, unit: InstalledUnit) -> Job | None:
        """The job of optimizing what a baseline unit does; None where its function is gone."""
        function = None
        if unit.owner is not None:
            function = unit.owner()
            if function is None or function.__code__ is not unit.code:
                return None
        code = unit.snapshot.code
        namespaces = unit.table.value_of(code.globals_symbol), unit.table.value_of(code.builtins_symbol)
        return Job(record, unit.entry_offset, unit.hints, namespaces, function, Tier.OPTIMIZING, unit)  # type: ignore[arg-type]  # they are dicts

    def rest(self) -> None:
        """Until `wake`, do not keep the function alive: jobs may wait for long, and its death is the program's business."""
        if self.function is not None:
            self._resting, self.function = weakref.ref(self.function), None

    def wake(self) -> bool:
        """Whether the function is still there."""
        if self._resting is not None:
            self.function, self._resting = self._resting(), None
            return self.function is not None
        return True

    def is_wanted(self) -> bool:
        """Whether what it is to supersede is still in use. What was learnt when that was discarded is not in the job."""
        return self.origin is None or self.origin.is_valid


class Linker:
    """Points functions at entries, and code objects at what native code looks up (`CodeUnits`, runtime/native_enter.py)."""

    def __init__(self, native: Native) -> None:
        self._vectorcall = offset_of(FunctionObject, "vectorcall")
        self.plain = symbols.address_of("_PyFunction_Vectorcall")
        prototype = prototypes.function(None, ctypes.py_object, ctypes.c_void_p)
        self._set = prototype(symbols.address_of("PyFunction_SetVectorcall"))
        request = prototypes.function(ctypes.c_ssize_t, ctypes.c_void_p)(
            symbols.address_of("PyUnstable_Eval_RequestCodeExtraIndex")
        )
        self._index = request(None)
        native.set_word("whitehot_extra_index", self._index)
        prototype_extra = prototypes.function(ctypes.c_int, ctypes.py_object, ctypes.c_ssize_t, ctypes.c_void_p)
        self._set_extra = prototype_extra(symbols.address_of("PyUnstable_Code_SetExtra"))
        #: Tables that native code may still be looking at.
        self._kept: list[object] = []

    def entry_of(self, function: FunctionType) -> int:
        """Where calls of a function go."""
        return ctypes.c_uint64.from_address(id(function) + self._vectorcall).value

    def link(self, function: FunctionType, unit: InstalledUnit) -> None:
        """Let calls of a function enter a unit."""
        self._set(function, unit.entry)
        unit.remember(function)

    def unlink(self, function: FunctionType) -> None:
        """Let calls of a function go to the interpreter."""
        if self.entry_of(function) != self.plain:
            self._set(function, self.plain)

    def publish(self, record: CodeRecord) -> None:
        """Say in the code object what native code there is for it now."""
        words: list[int] = []
        while words != (
            current := _words(record)
        ):  # another thread may publish at the same time: the last one to look must be right
            words = current
            table = prototypes.words(len(words))(*words)
            self._kept.append(record.raw)
            record.raw = table
            self._set_extra(record.code, self._index, ctypes.addressof(table))

    def unpublish(self, record: CodeRecord) -> None:
        """Take the table out of a code object whose record goes, and the table with it."""
        if record.raw is not None:
            self._set_extra(record.code, self._index, None)


def _words(record: CodeRecord) -> list[int]:
    """What native code is to find of a code object (`CodeUnits`, runtime/native_enter.py)."""
    unit, loops = record.function_unit, list(record.loops.items())
    words = [0, 0, 0, 0, len(loops)]
    if unit is not None:
        words[:4] = [unit.entry, *unit.namespaces, ctypes.addressof(unit.valid)]
    for header, loop in loops:
        words += [header, loop.body, ctypes.addressof(loop.valid), *loop.namespaces]
    return words
