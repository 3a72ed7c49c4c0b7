"""The units in use: how one comes into use, takes the place of another, and goes out of use again.

Workers install; the program's threads discard, at any moment. So whoever installs looks at the end whether the unit is still valid.
"""

from __future__ import annotations

import _thread
import sys
from collections import Counter
from types import CodeType, FunctionType

from whitehot.bytecode.objects import ObjectTable
from whitehot.bytecode.snapshot import Snapshot
from whitehot.reasons import Reason
from whitehot.request import CodeUnit
from whitehot.runtime.native import Native
from whitehot.runtime.records import CodeRecord, Job, Linker
from whitehot.runtime.retirement import Retirement, make_room
from whitehot.runtime.units import CallCell, InstalledUnit
from whitehot.runtime.watch import Watch
from whitehot.runtime.watchers import Watchers
from whitehot.settings import Settings
from whitehot.tiers import Tier

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


class Gone:
    """What units of one tier did that are no longer in use."""

    def __init__(self) -> None:
        self.exits: Counter[str] = Counter()
        self.entered = 0


class Inventory:
    """All units of one process, what is known of code, and what rests on what. `changed` is told of changes of what is watched (see Watchers)."""

    def __init__(
        self, settings: Settings, watch: Watch, native: Native, changed: Callable[[int, int, int], None]
    ) -> None:
        self.settings = settings
        self.watch = watch
        self.native = native
        self.linker = Linker(native)
        self.retirement = Retirement(self.linker)
        self.watchers = Watchers(native, changed)
        self.records: dict[int, CodeRecord] = {}
        self.units: list[InstalledUnit] = []
        self.units_of_function: dict[int, InstalledUnit] = {}
        #: Address of a dict or function -> key (None: any) -> units that rest on it.
        self.dependents: dict[int, dict[str | None, set[InstalledUnit]]] = {}
        self.discarded: Counter[str] = Counter()
        self.gone = {tier: Gone() for tier in Tier}
        #: Told of each unit that is thrown away (`whitehot explain` remembers them).
        self.on_discard: Callable[[InstalledUnit, Reason], None] | None = None
        #: Held by the worker that is installing: there are two.
        self._installing = _thread.allocate_lock()

    def record_of(self, code: CodeType) -> CodeRecord:
        record = self.records.get(id(code))
        if record is None:
            record = self.records[id(code)] = CodeRecord(code)
        return record

    def forget_unused(self) -> None:
        """Let go of what is known of code that only we still have and that has no units."""
        for key, record in list(self.records.items()):
            in_use = record.function_unit is not None or record.loops or record.pending
            # References: the record's, the argument's, the watch's.
            if not in_use and sys.getrefcount(record.code) <= 2 + (key in self.watch.kept):
                self.linker.unpublish(record)
                del self.records[key]

    def callable_units(self) -> dict[str, InstalledUnit]:
        """The units that native code may call directly, by the symbols of their cells."""
        return {unit.cell.symbol: unit for unit in list(self.units) if unit.is_valid and unit.cell is not None}

    # --- coming into use ---

    def install(
        self, job: Job, snapshot: Snapshot, unit: CodeUnit, table: ObjectTable, heat: int
    ) -> InstalledUnit | None:
        """Load a unit and let the program enter it; None where that cannot be (any more). Raises StaleCallee.

        `heat` is how much baseline code may do before it is to be optimized. A unit for the same code is superseded.
        """
        with self._installing:
            self.retirement.release()
            installed = InstalledUnit(
                unit, job.record.code, job.entry, table, self.native, self.callable_units(), snapshot
            )
            installed.heat.value = heat
            installed.hints = job.hints
            installed.namespaces = (id(job.globals), id(job.builtins))
            if job.function is not None:
                installed.remember_owner(job.function)
            if not self._watch_assumptions(installed) or not job.is_wanted():
                installed.valid.value = 0
                self.retirement.add(installed)
                return None
            self.units.append(installed)
            if not self._has_room(installed):
                self.discard(installed, Reason.MEMORY_CAP)
                raise MemoryError
            self._open_doors(job, installed)
            if not installed.is_valid:
                # Discarded meanwhile, for want of room or by another thread. Only this thread releases memory, so it is still there.
                self._withdraw(installed)
                return None
            return installed

    def _open_doors(self, job: Job, installed: InstalledUnit) -> None:
        """Let loops, calls and native callers lead to a unit, which takes the place of the one that is there."""
        record = job.record
        record.misses = 0
        old = record.unit_at(job.entry)
        if old is not None and (not old.is_valid or old.namespaces != installed.namespaces):
            old = None
        if job.entry is not None:
            record.loops[job.entry] = installed
            self.linker.publish(record)
            if old is None:  # else its events have not been given up
                self.watch.restart_loops(record.code)
        else:
            self._make_callable(installed, old)
            record.function_unit = installed
            self.linker.publish(record)
            # Where it has died meanwhile, others with its code come this way when they are called.
            if job.function is not None:
                self.units_of_function[id(job.function)] = installed
                self.linker.link(job.function, installed)
        if old is not None:
            self._supersede(old, installed)

    def _make_callable(self, installed: InstalledUnit, old: InstalledUnit | None) -> None:
        """Give a function's unit the cell that it is called through: that of the unit whose place it takes, if callers can go on as they are."""
        signature = installed.unit.signature
        if signature is None:
            return
        cell = old.cell if old is not None else None
        if old is None or cell is None or not cell.fits(signature):
            cell = CallCell(signature)
        else:
            # Callers fall with whom they call: with the new one from now on. That somebody is in the old one still shows in its own callers.
            for caller in list(old.callers):
                installed.callers.add(caller)
                caller.callees.add(installed)
        installed.cell = cell
        cell.word.value = installed.body

    def _supersede(self, old: InstalledUnit, new: InstalledUnit) -> None:
        """A unit for the same code has opened the doors of `old`: whoever is in that leaves at the next check, and comes back through them."""
        if old.entry_offset is None:
            for owner, other in list(self.units_of_function.items()):
                if other is old:
                    self.units_of_function[owner] = new
            for function in old.linked():
                if self.linker.entry_of(function) == old.entry:
                    self.linker.link(function, new)
        if not self._invalidate(old, Reason.SUPERSEDED):
            return
        if old.cell is not new.cell:
            for caller in list(old.callers):
                self.discard(caller, Reason.SUPERSEDED)
        self.retirement.add(old)

    def _withdraw(self, unit: InstalledUnit) -> None:
        """Let nothing lead into a unit any more."""
        record = self.record_of(unit.code)
        if unit.entry_offset is None:
            if record.function_unit is unit:
                record.function_unit = None
            for function in unit.linked():
                self.linker.unlink(function)
            for owner, other in list(self.units_of_function.items()):
                if other is unit:
                    del self.units_of_function[owner]
        elif record.loops.get(unit.entry_offset) is unit:
            del record.loops[unit.entry_offset]
        self.linker.publish(record)

    def _has_room(self, installed: InstalledUnit) -> bool:
        """Make room for a new unit by discarding cold ones; False where that is not enough."""

        def in_use() -> int:
            self.retirement.release()
            return sum(unit.size for unit in list(self.units)) + self.retirement.size

        limit = self.settings.memory_limit << 20
        others = [unit for unit in self.units if unit not in installed.callees and unit is not installed]
        return in_use() <= limit or make_room(others, in_use, limit, lambda unit: self.discard(unit, Reason.MEMORY_CAP))

    def _watch_assumptions(self, installed: InstalledUnit) -> bool:
        """Watch what the unit assumes, then look whether it (still) holds."""
        table = installed.table
        for assumption in installed.unit.assumptions:
            dictionary = table.value_of(assumption.dictionary)
            assert isinstance(dictionary, dict)
            key = sys.intern(assumption.key)
            self.watchers.watch(dictionary, key)
            self._depend(id(dictionary), key, installed)
            now = dictionary.get(key)
            wanted = None if assumption.value is None else table.value_of(assumption.value)
            if now is not wanted or (wanted is None and assumption.value is None and key in dictionary):
                return False
        for symbol in installed.unit.functions:
            function = table.value_of(symbol)
            assert isinstance(function, FunctionType)
            fact = installed.snapshot.objects.get(symbol)
            if fact is not None and fact.code is not None and table.value_of(fact.code.symbol) is not function.__code__:
                return False
            self._depend(id(function), None, installed)
        for callee in installed.callees:
            callee.callers.add(installed)
            if not callee.is_valid:
                return False
        return True

    def _depend(self, owner: int, key: str | None, installed: InstalledUnit) -> None:
        self.dependents.setdefault(owner, {}).setdefault(key, set()).add(installed)

    # --- going out of use ---

    def discard(self, unit: InstalledUnit, reason: Reason) -> None:
        """Take a unit out of use: nobody enters it any more, and who is in it leaves at the next check."""
        if not unit.is_valid or not self._invalidate(unit, reason):
            return
        record = self.record_of(unit.code)
        if reason is not Reason.SUPERSEDED:
            record.failures[unit.entry_offset] += 1
            if record.failures[unit.entry_offset] > self.settings.max_recompiles:
                self.give_up(record, unit.entry_offset)
        self._withdraw(unit)
        self.watch.forget_rounds(unit.code)
        self.watch.calls[id(unit.code)] = max(2, self.watch.call_threshold // 4)
        for caller in list(unit.callers):
            self.discard(caller, reason)
        # Not before: a worker may release it at once.
        self.retirement.add(unit)

    def give_up(self, record: CodeRecord, entry: int | None) -> None:
        """Leave code to the interpreter for good."""
        if entry not in record.given_up:
            record.given_up.add(entry)
            self.discarded[Reason.GAVE_UP.name] += 1

    def _invalidate(self, unit: InstalledUnit, reason: Reason) -> bool:
        """Make whoever is in a unit leave, and count it as gone; False where another thread has done so."""
        unit.valid.value = 0
        unit.heat.value = 0
        try:
            self.units.remove(unit)
        except ValueError:
            return False
        self.discarded[reason.name] += 1
        if self.on_discard is not None:
            self.on_discard(unit, reason)
        gone = self.gone[unit.tier]
        gone.exits.update(unit.exit_counts())
        gone.entered += unit.entered.value
        # Other threads may be adding to these dicts.
        for by_key in list(self.dependents.values()):
            for units in list(by_key.values()):
                units.discard(unit)
        return True

    def stop(self) -> None:
        """Let nothing enter native code any more."""
        for unit in list(self.units):
            unit.valid.value = 0
            unit.heat.value = 0
            for function in unit.linked():
                self.linker.unlink(function)
