"""The tiering policy: what hot code becomes, when it is compiled anew, and when it is given up.

    hot function or loop ──▶ job ──▶ worker: snapshot, compile, install ──▶ native entry, OSR
            ▲                                                                     │
            └── counted again ◀── discard: an assumption broke, a guard kept failing

Loaded when the first code has become hot; until then only `watch` runs.
"""

from __future__ import annotations

import ctypes
import sys
from collections import Counter
from collections.abc import Callable
from types import CodeType, FunctionType

from whitehot.build.context import Options, Request, UnitSignature
from whitehot.bytecode.objects import ObjectTable
from whitehot.bytecode.reader import Scope, take
from whitehot.bytecode.snapshot import Snapshot
from whitehot.compiler import Choices, CodeUnit, compile_unit
from whitehot.cpython import selftest
from whitehot.errors import SelfTestFailure, Unsupported
from whitehot.llvm.machine import Cancelled
from whitehot.reasons import Reason
from whitehot.runtime.counters import Counters
from whitehot.runtime.interrupts import is_ours, without_our_frames
from whitehot.runtime.live import Hints, function_of, hints_of, is_module_level, namespaces_of, running_frame
from whitehot.runtime.native import Native
from whitehot.runtime.records import CodeRecord, Linker
from whitehot.runtime.retirement import Retirement, make_room
from whitehot.runtime.units import InstalledUnit
from whitehot.runtime.watch import Watch
from whitehot.runtime.watchers import FUNCTION_EVENTS, Watchers
from whitehot.runtime.worker import Worker
from whitehot.settings import Settings

#: Exits that are no failure of a guess.
BENIGN = frozenset({Reason.LOOP_EXIT, Reason.BREAKER, Reason.RAISE, Reason.CALLEE_LEFT, Reason.RECURSION, Reason.STACK})

_ATTENTION = ctypes.PYFUNCTYPE(None, ctypes.c_void_p)

#: Rounds that a loop has to go on average each time it is entered. Measured: with less, entering and leaving takes longer than interpreting them.
_LEAST_WORK = 6

#: Calls with other arguments than a unit was compiled for, before it is compiled anew.
_MISSES = 50


type Namespaces = tuple[dict[str, object], dict[str, object]]


class Job:
    """What is to be compiled: code as it was found hot. Built on the program's thread, so small."""

    def __init__(
        self, record: CodeRecord, entry: int | None, hints: Hints, namespaces: Namespaces, function: FunctionType | None
    ) -> None:
        self.record = record
        self.entry = entry
        self.hints = hints
        self.function = function
        self.globals, self.builtins = namespaces


class Engine:
    """One process's compiler at work."""

    def __init__(self, settings: Settings, watch: Watch) -> None:
        failures = selftest.failures()
        if failures:
            raise SelfTestFailure(f"the self-test found {failures[0].name}: {failures[0].detail}")
        self.settings = settings
        self.watch = watch
        self.native = Native()
        self.worker = Worker()
        # Called as a C function: it must work where the limit leaves a new thread no level of recursion for a Python one.
        self.worker.prepare = ctypes.PYFUNCTYPE(None)(self.native.address("whitehot_own_thread"))
        self.linker = Linker(self.native)
        self.retirement = Retirement(self.linker)
        self.records: dict[int, CodeRecord] = {}
        self.units: list[InstalledUnit] = []
        self.units_of_function: dict[int, InstalledUnit] = {}
        #: Address of a dict or function -> key (None: any) -> units that rest on it.
        self.dependents: dict[int, dict[str | None, set[InstalledUnit]]] = {}
        self.unstable: set[tuple[int, str]] = set()
        self.counts: dict[str, Counter[str]] = {"refused": Counter(), "discarded": Counter()}
        self.errors: list[str] = []
        self.seconds: dict[str, float] = {}
        self.compiled = 0
        self._dead_exits: Counter[str] = Counter()
        self._dead_entered = 0
        self._active = True
        #: Told of each unit that is thrown away (`whitehot explain` remembers them).
        self.on_discard: Callable[[InstalledUnit, Reason], None] | None = None
        self.watchers = Watchers(self.native, self._changed)
        self._attention = _ATTENTION(self._exit_limit)
        self.native.set_word("whitehot_attention", ctypes.cast(self._attention, ctypes.c_void_p).value or 0)
        self.native.set_word("whitehot_exit_limit", settings.exit_limit)
        watch.before_sweep = self._forget_unused
        self.native.set_word("whitehot_least_work", 0 if settings.stress else _LEAST_WORK)
        self._callbacks = {"whitehot_count_call": watch.count_call, "whitehot_count_jump": watch.count_jump}
        for name, callback in self._callbacks.items():
            self.native.set_word(name, id(callback))
        watch.use_native(self.native.on_start, self.native.on_jump, Counters(self._publish_counters))
        self.refresh_breaker()

    def _publish_counters(self, address: int, mask: int) -> None:
        # Native code on another thread must never see the one without the other.
        self.native.set_word("whitehot_counters", 0)
        self.native.set_word("whitehot_counters_mask", mask)
        self.native.set_word("whitehot_counters", address)

    # --- what the watch reports ---

    def on_function(self, code: CodeType) -> bool:
        """A function was called often, or called in the interpreter although it has a unit. False: do not count it any more."""
        record = self.record_of(code)
        if record.is_closed(None):
            return False
        unit = record.function_unit
        if unit is not None and unit.is_valid:
            return self._called_interpreted(record, unit)
        if None in record.pending:
            return True
        if not self._may_compile():
            return True
        frame = running_frame(code)
        function = None if frame is None else function_of(frame, code)
        if frame is None or function is None:
            return False
        self._submit(Job(record, None, hints_of(frame), namespaces_of(frame), function))
        return True

    def on_loop(self, code: CodeType, header: int) -> bool:
        """A loop went round often. False: do not count it any more (installing a unit for it switches its events on again)."""
        record = self.record_of(code)
        if record.is_closed(header) or header in record.pending:
            return False
        unit = record.loops.get(header)
        if unit is not None and unit.is_valid:
            self.refresh_breaker()
            return True
        if not self._may_compile():
            return True
        frame = running_frame(code)
        if frame is None:
            return False
        function = function_of(frame, code)
        if function is None and not is_module_level(frame, code):
            record.refuse(header, Reason.BYTECODE)
            return False
        self._submit(Job(record, header, hints_of(frame), namespaces_of(frame), function))
        return self.settings.compile_thread == "inline"

    def _called_interpreted(self, record: CodeRecord, unit: InstalledUnit) -> bool:
        frame = running_frame(record.code)
        function = None if frame is None else function_of(frame, record.code)
        if frame is None or function is None:
            return False
        if self.linker.entry_of(function) != unit.entry:
            if (id(function.__globals__), id(function.__builtins__)) == unit.namespaces:  # type: ignore[attr-defined, unused-ignore]  # mypy forgets it in its cache
                self.linker.link(function, unit)
            return True
        self.refresh_breaker()
        record.misses += 1
        if record.misses < _MISSES:
            return True
        record.misses = 0
        signature = unit.unit.signature
        hints, _ = hints_of(frame)
        if signature is None or record.compilations[None] > self.settings.max_recompiles:
            return False
        for slot, type in enumerate(signature.arguments):
            if not type.is_object and hints[slot] != type.python:
                record.rejected.add((self._code_symbol(unit), -1 - slot, Reason.TYPE.name))
        self.discard(unit, Reason.GUARD_FAILURES)
        return True

    def _code_symbol(self, unit: InstalledUnit) -> str:
        return unit.snapshot.code.symbol

    def _may_compile(self) -> bool:
        return self._active and self.watch.is_alone()

    def record_of(self, code: CodeType) -> CodeRecord:
        record = self.records.get(id(code))
        if record is None:
            record = self.records[id(code)] = CodeRecord(code)
        return record

    def _forget_unused(self) -> None:
        """Let go of what is known of code that only we still have and that has no units."""
        for key, record in list(self.records.items()):
            in_use = record.function_unit is not None or record.loops or record.pending
            # References: the record's, the argument's, the watch's.
            if not in_use and sys.getrefcount(record.code) <= 2 + (key in self.watch.kept):
                self.linker.unpublish(record)
                del self.records[key]

    def forget_jobs(self) -> None:
        """In a forked child: what the parent was about to compile becomes hot here anew."""
        waiting = [record for record in self.records.values() if record.pending]
        for record in waiting:
            record.pending.clear()
        if waiting:
            self.watch.resume()

    # --- compiling ---

    def _submit(self, job: Job) -> None:
        job.record.pending.add(job.entry)
        if self.settings.compile_thread == "inline":
            self.worker.run(lambda: self.compile(job))
        else:
            self.worker.submit(lambda: self.compile(job))

    def compile(self, job: Job) -> None:
        """Compile and install; whatever goes wrong is remembered and counted, and never reaches the program."""
        record = job.record
        try:
            self._compile(job)
        except Cancelled:
            pass
        except Unsupported as error:
            self._refuse(job, error.reason, error.detail)
        except RuntimeError as error:
            self._refuse(job, Reason.LLVM_ERROR, str(error).partition("\n")[0], _trace(error))
        except MemoryError:
            self._refuse(job, Reason.MEMORY_CAP, "")
        except Exception as error:  # noqa: BLE001 - a bug in the compiler is no bug in the program
            self._refuse(
                job, Reason.COMPILER_ERROR, f"{type(error).__name__}: {error}".partition("\n")[0], _trace(error)
            )
        finally:
            record.pending.discard(job.entry)

    def _refuse(self, job: Job, reason: Reason, detail: str, trace: str = "") -> None:
        job.record.refuse(job.entry, reason, detail)
        self.counts["refused"][f"{reason.name}: {detail}" if detail else reason.name] += 1
        if trace:
            self.errors.append(f"{job.record.code.co_qualname}: {trace}")

    def _compile(self, job: Job) -> InstalledUnit | None:
        record = job.record
        table = ObjectTable()
        request = self.request_for(job, table)
        choices = Choices(
            level=self.settings.opt_level,
            tier=__import__("os").environ.get("WHITEHOT_TIERS", "optimizing"),
            stress_exits="deopt" in self.settings.stress,
            even_if_slow=bool(self.settings.stress) or record.eager,
        )
        unit = compile_unit(request, choices, None, lambda: self._active)
        record.compilations[job.entry] += 1
        self.compiled += 1
        for stage, seconds in unit.seconds.items():
            self.seconds[stage] = self.seconds.get(stage, 0.0) + seconds
        installed = self._install(job, request.snapshot, unit, table)
        if installed is not None:
            installed.request = request
        return installed

    def request_for(self, job: Job, table: ObjectTable) -> Request:
        """The request for a job, as of now."""
        record = job.record
        code = record.code
        if job.function is None:
            scope = Scope.of_module(job.globals, job.builtins)
        elif code.co_freevars or code.co_cellvars:
            scope = Scope.shared(job.function)
        else:
            scope = Scope.of(job.function)
        snapshot = take(
            code, table, scope, entry=job.entry, rejected=frozenset(record.rejected), may_assume=self._may_assume
        )
        snapshot = _with_hints(snapshot, job.hints)
        options = Options(
            inline_limit=self.settings.inline_limit,
            max_code=self.settings.max_code,
            prune_never_run="compile" not in self.settings.stress and not record.eager,
        )
        return Request(snapshot, options, self._signatures(snapshot, table))

    def _signatures(self, snapshot: Snapshot, table: ObjectTable) -> dict[str, UnitSignature]:
        """Native units of the functions that the snapshot mentions."""
        found: dict[str, UnitSignature] = {}
        for symbol, fact in snapshot.objects.items():
            if fact.code is None or symbol not in table:
                continue
            unit = self.units_of_function.get(id(table.value_of(symbol)))
            if unit is not None and unit.is_valid and unit.unit.signature is not None:
                signature = unit.unit.signature
                found[symbol] = UnitSignature(unit.global_symbol, signature.arguments, signature.result)
        return found

    def _may_assume(self, dictionary: dict[str, object], key: str) -> bool:
        return (id(dictionary), key) not in self.unstable

    # --- installing ---

    def _install(self, job: Job, snapshot: Snapshot, unit: CodeUnit, table: ObjectTable) -> InstalledUnit | None:
        record = job.record
        if not self._active:
            return None
        others = {
            other.global_symbol: other for other in self.units if other.is_valid and other.unit.signature is not None
        }
        self.retirement.release()
        installed = InstalledUnit(unit, record.code, job.entry, table, self.native, others, snapshot)
        if not self._watch_assumptions(installed):
            installed.valid.value = 0
            self.retirement.add(installed)
            return None
        self.units.append(installed)
        self._stay_below_limit(job, installed)
        self.refresh_breaker()
        if self.settings.perf_map:
            from whitehot.code.perfmap import PerfMap

            PerfMap().add(installed.loaded.functions, f"whitehot:{unit.name}:")
        installed.namespaces = (id(job.globals), id(job.builtins))
        if job.entry is not None:
            record.loops[job.entry] = installed
            self.linker.publish(record)
            self.watch.restart_loops(record.code)
        else:
            assert job.function is not None
            record.function_unit = installed
            self.units_of_function[id(job.function)] = installed
            self.linker.publish(record)
            self.linker.link(job.function, installed)
        if not installed.is_valid:
            # Discarded meanwhile, for want of room or by another thread. Only this thread releases memory, so it is still there.
            self._withdraw(installed)
            return None
        return installed

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

    def _stay_below_limit(self, job: Job, installed: InstalledUnit) -> None:
        """Make room for a new unit by discarding cold ones; where that is not enough, the new one goes."""

        def in_use() -> int:
            self.retirement.release()
            return sum(unit.size for unit in self.units) + self.retirement.size

        limit = self.settings.memory_limit << 20
        others = [unit for unit in self.units if unit not in installed.callees and unit is not installed]
        if in_use() > limit and not make_room(
            others, in_use, limit, lambda unit: self.discard(unit, Reason.MEMORY_CAP)
        ):
            self.discard(installed, Reason.MEMORY_CAP)
            self._refuse(job, Reason.MEMORY_CAP, "")

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

    # --- the world changes ---

    def _changed(self, event: int, owner: int, key: int) -> None:
        """A watched dict or a function is about to change (called in the middle of that)."""
        try:
            if event >= FUNCTION_EVENTS:
                self._function_changed(owner)
                return
            found = self.dependents.get(owner)
            if not found:
                return
            name = ctypes.cast(key, ctypes.py_object).value if key else None
            for watched in list(found):
                if name is None or name == watched:
                    if watched is not None:
                        self.unstable.add((owner, watched))
                    for unit in list(found[watched]):
                        self.discard(unit, Reason.ASSUMPTION_BROKEN)
        except BaseException as error:  # noqa: BLE001 - there is nobody above to tell
            self.pass_on(error)

    def _function_changed(self, owner: int) -> None:
        function = ctypes.cast(owner, ctypes.py_object).value
        self.linker.unlink(function)
        for units in list(self.dependents.get(owner, {}).values()):
            for unit in list(units):
                self.discard(unit, Reason.ASSUMPTION_BROKEN)
        linked = self.units_of_function.pop(owner, None)
        if linked is not None:
            self.discard(linked, Reason.ASSUMPTION_BROKEN)

    def _exit_limit(self, counter: int) -> None:
        """An exit was taken often, or entering a loop does not pay (called while native code leaves)."""
        try:
            for unit in self.units:
                if unit.state == counter:
                    self._left_soon(unit)
                    return
                number = unit.exit_of_counter(counter)
                if number is not None:
                    self._failed(unit, number)
                    return
        except BaseException as error:  # noqa: BLE001 - there is nobody above to tell
            self.pass_on(error)

    def pass_on(self, error: BaseException) -> bool:
        """After an exception in a callback: ours are remembered, those of signal handlers go to the program. Whether it was one of these."""
        if is_ours(error):
            self.errors.append(_trace(error))
            return False
        self.native.raise_soon(without_our_frames(error))
        return True

    def _left_soon(self, unit: InstalledUnit) -> None:
        """A loop that is not worth entering is left to the interpreter, unless one around it is compiled."""
        self.discard(unit, Reason.SHORT_LOOP)
        self.record_of(unit.code).given_up.add(unit.entry_offset)

    def _failed(self, unit: InstalledUnit, number: int) -> None:
        point = unit.unit.exits[number]
        if point.reason in BENIGN or point.operation == "guard_frame" or not unit.is_valid:
            return
        record = self.record_of(unit.code)
        owner = unit.snapshot.objects.get(point.code)
        symbol = owner.code.symbol if owner is not None and owner.code is not None else unit.snapshot.code.symbol
        guess = symbol, point.offset, point.reason.name
        record.rejected.add(guess)
        self.discard(unit, Reason.GUARD_FAILURES)
        if guess in unit.snapshot.rejected and unit.entry_offset not in record.given_up:
            # It was compiled without that guess already: the same once more would fail once more.
            record.given_up.add(unit.entry_offset)
            self.counts["discarded"][Reason.GAVE_UP.name] += 1

    def discard(self, unit: InstalledUnit, reason: Reason) -> None:
        """Take a unit out of use: nobody enters it any more, and who is in it leaves at the next check."""
        if not unit.is_valid:
            return
        unit.valid.value = 0
        try:
            self.units.remove(unit)
        except ValueError:  # another thread is at it
            return
        self.counts["discarded"][reason.name] += 1
        record = self.record_of(unit.code)
        if self.on_discard is not None:
            self.on_discard(unit, reason)
        if record.compilations[unit.entry_offset] > self.settings.max_recompiles:
            record.given_up.add(unit.entry_offset)
            self.counts["discarded"][Reason.GAVE_UP.name] += 1
        self._withdraw(unit)
        self.watch.forget_rounds(unit.code)
        self.watch.calls[id(unit.code)] = max(2, self.settings.call_threshold // 4)
        for caller in list(unit.callers):
            self.discard(caller, reason)
        for name, count in unit.exit_counts().items():
            self._dead_exits[name] += count
        self._dead_entered += unit.entered.value
        # Other threads may be adding to these dicts.
        for by_key in list(self.dependents.values()):
            for units in list(by_key.values()):
                units.discard(unit)
        self.retirement.add(unit)

    def refresh_breaker(self) -> None:
        """Tell native code what a quiet `eval_breaker` looks like now; while others instrument the program, nothing does."""
        from whitehot.cpython import facts, layout

        word = facts.read(layout.ThreadState, "eval_breaker", facts.current_thread_state())
        version = word & ~0xFF
        self.native.set_word("whitehot_breaker", version if self.watch.is_alone() else -1)

    # --- for people ---

    def compile_now(self, function: FunctionType) -> bool:
        """Compile a function without waiting for it to become hot."""
        record = self.record_of(function.__code__)
        record.refused.pop(None, None)
        record.eager = True
        count = function.__code__.co_nlocals
        namespaces = function.__globals__, function.__builtins__  # type: ignore[attr-defined, unused-ignore]  # mypy forgets it in its cache
        self.worker.run(lambda: self.compile(Job(record, None, ((None,) * count, ()), namespaces, function)))
        unit = record.function_unit
        return unit is not None and unit.is_valid

    def stats(self) -> dict[str, object]:
        exits: Counter[str] = Counter(self._dead_exits)
        for unit in self.units:
            exits.update(unit.exit_counts())
        return {
            "compiled_units": self.compiled,
            "installed_units": len(self.units),
            "entered": self._dead_entered + sum(unit.entered.value for unit in self.units),
            "code_bytes": sum(unit.size for unit in self.units),
            "discarded_code_bytes": self.retirement.size,
            "compile_seconds": {stage: round(seconds, 6) for stage, seconds in self.seconds.items()},
            "background_seconds": round(self.worker.seconds, 6),
            "exits": dict(exits),
            "refused": dict(self.counts["refused"]),
            "discarded": dict(self.counts["discarded"]),
            "units": [unit.describe() for unit in self.units],
            "errors": list(self.errors),
        }

    def stop(self) -> None:
        """Before the interpreter goes: nothing of ours may be called any more."""
        self._active = False
        self.watchers.stop()
        self.worker.stop()
        self.native.set_word("whitehot_breaker", -1)
        self.native.set_word("whitehot_attention", 0)
        for name in self._callbacks:
            self.native.set_word(name, 0)
        self._publish_counters(0, 0)
        for unit in list(self.units):
            unit.valid.value = 0
            for function in unit.linked():
                self.linker.unlink(function)


def _trace(error: BaseException) -> str:
    """Where an exception was raised, as text. (The module `traceback` would first have to be imported, in the middle of the program.)"""
    lines = [f"{type(error).__name__}: {error}"]
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        lines.append(f"  {code.co_filename}:{trace.tb_lineno} in {code.co_qualname}")
        trace = trace.tb_next
    return "\n".join(lines)


def _with_hints(snapshot: Snapshot, hints: Hints) -> Snapshot:
    from whitehot.record import replace

    return replace(snapshot, live_locals=hints[0], live_stack=hints[1])
