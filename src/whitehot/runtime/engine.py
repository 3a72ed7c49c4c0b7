"""The compiler at work in a process: what the watch and native code report becomes jobs, jobs become units.

    hot function or loop ──▶ job ──▶ worker: snapshot, compile, install ──▶ native entry, OSR
            ▲                             ▲                                       │
            │                             └─────── baseline code is hot ──────────┤
            └── counted again ◀── discard: an assumption broke, a guard kept failing

What is compiled for which tier, and when, is decided in `tiering.py`; the units in use are in `inventory.py`. Loaded when the first code has
become hot; until then only `watch` runs.
"""

from __future__ import annotations

import ctypes
import time
from collections import Counter
from types import CodeType, FunctionType

from whitehot.bytecode.decode import loops_of
from whitehot.bytecode.objects import ObjectTable
from whitehot.code.link import UnresolvedSymbol
from whitehot.cpython import prototypes, selftest, symbols
from whitehot.errors import Cancelled, CompilationFailed, SelfTestFailure, Unsupported, trace_of
from whitehot.reasons import Reason
from whitehot.record import replace
from whitehot.request import Choices, CodeUnit, Request
from whitehot.runtime import statistics
from whitehot.runtime.compilers import Compiler
from whitehot.runtime.counters import Counters
from whitehot.runtime.interrupts import is_ours, without_our_frames
from whitehot.runtime.inventory import Inventory
from whitehot.runtime.kept_units import kept_units
from whitehot.runtime.live import function_of, hints_of, is_module_level, namespaces_of, running_frame
from whitehot.runtime.native import Native
from whitehot.runtime.records import CodeRecord, Job
from whitehot.runtime.requests import request_for
from whitehot.runtime.sampler import Sampler
from whitehot.runtime.tiering import Tiering
from whitehot.runtime.units import ENDLESS, InstalledUnit, StaleCallee
from whitehot.runtime.watch import Watch
from whitehot.runtime.watchers import FUNCTION_EVENTS
from whitehot.runtime.worker import Task, pause_all, stop_all
from whitehot.settings import Settings
from whitehot.tiers import Tier

#: Exits that are no failure of a guess.
BENIGN = frozenset({Reason.LOOP_EXIT, Reason.BREAKER, Reason.RAISE, Reason.CALLEE_LEFT, Reason.RECURSION, Reason.STACK})

_ATTENTION = prototypes.function(None, ctypes.c_void_p)

#: Rounds that a loop has to go on average each time it is entered. Measured: with less, entering and leaving takes longer than interpreting them.
_LEAST_WORK = 6

#: Seconds that the program waits at most for its first native code.
_LONGEST_FIRST = 0.04

#: How often a loop may be hot in the interpreter although one around it has native code, which each call enters after the first round only.
_FIRST_ROUNDS = 8

#: Calls with other arguments than a unit was compiled for, before it is compiled anew.
_MISSES = 50


class Engine:
    """One process's compiler at work."""

    def __init__(self, settings: Settings, watch: Watch, compilers: dict[Tier, Compiler]) -> None:
        failures = selftest.failures()
        if failures:
            raise SelfTestFailure(f"the self-test found {failures[0].name}: {failures[0].detail}")
        self.settings = settings
        self.watch = watch
        self.compilers = compilers
        self.native = Native(compilers[Tier.BASELINE])
        self.tiering = Tiering(settings)
        self.workers = self.tiering.workers
        for tier, worker in self.workers.items():
            worker.tidy = compilers[tier].tidy
            # Called as a C function: it must work where the limit leaves a new thread no level of recursion for a Python one.
            worker.prepare = prototypes.function(None)(self.native.address("whitehot_own_thread"))
        #: Not in the stress modes, which are there to compile.
        self.kept_units = kept_units(settings.opt_level) if settings.keep_units and not settings.stress else None
        self.inventory = Inventory(settings, watch, self.native, self._changed)
        self.unstable: set[tuple[int, str]] = set()
        self.refused: Counter[str] = Counter()
        self.errors: list[str] = []
        self.work = {tier: statistics.Work() for tier in Tier}
        #: Only where somebody wants to know: it disturbs, and runs would not repeat exactly.
        self.sampler: Sampler | None = None
        if (settings.stats or settings.stats_file) and not self.tiering.waits:
            self.sampler = Sampler(self.native, self.inventory)
            self.inventory.retirement.is_read = self.sampler.reads
            self.sampler.start()
        self._active = True
        self._has_waited = False
        self._attention = _ATTENTION(self._attend)
        self.native.set_word("whitehot_attention", ctypes.cast(self._attention, ctypes.c_void_p).value or 0)
        self.native.set_word("whitehot_exit_limit", settings.exit_limit)
        if symbols.is_present("usleep"):
            self.native.set_word("whitehot_usleep", symbols.address_of("usleep"))
        watch.before_sweep = self.inventory.forget_unused
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
        record = self.inventory.record_of(code)
        if record.is_closed(None):
            return False
        unit = record.function_unit
        if unit is not None and unit.is_valid:
            return self._called_interpreted(record, unit)
        if None in record.pending:
            self.watch.ask_later(code)
            return True
        if not self._may_compile():
            return True
        frame = running_frame(code)
        function = None if frame is None else function_of(frame, code)
        if frame is None or function is None:
            return False
        self._submit(Job(record, None, hints_of(frame), namespaces_of(frame), function, self.tiering.first))
        return True

    def on_loop(self, code: CodeType, header: int) -> bool:
        """A loop went round often. False: do not count it any more (installing a unit for it switches its events on again)."""
        record = self.inventory.record_of(code)
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
        if self._is_left_to_outer(record, header):
            return True
        job = Job(record, header, hints_of(frame), namespaces_of(frame), function, self.tiering.first)
        unit_comes_first = self._submit(job)
        unit = record.loops.get(header)
        return unit_comes_first or (unit is not None and unit.is_valid)

    def _is_left_to_outer(self, record: CodeRecord, header: int) -> bool:
        """Whether a hot loop is left alone for now: a loop around it, whose code has this one in it, is being compiled, or has gone round meanwhile and so will
        soon do so again.
        """
        if self.settings.stress:
            return False
        loops = loops_of(record.code)
        around = [outer for outer, end in loops.items() if outer < header and loops.get(header, 0) < end]
        if not any(outer in record.pending for outer in around):
            outer = max(around, default=header)
            is_there = outer in record.loops
            passed = record.passed_over[header, is_there]
            if not around or record.is_closed(outer) or passed >= (_FIRST_ROUNDS if is_there else 1):
                return False
            if not is_there:
                left = self.watch.left()[1].get((id(record.code), outer), self.watch.loop_threshold)
                if left == self.watch.loop_threshold:
                    return False
                self.watch.hurry(record.code, outer)
            record.passed_over[header, is_there] += 1
        self.watch.ask_later_of_loop(record.code, header)
        return True

    def _called_interpreted(self, record: CodeRecord, unit: InstalledUnit) -> bool:
        frame = running_frame(record.code)
        function = None if frame is None else function_of(frame, record.code)
        if frame is None or function is None:
            return False
        if self.inventory.linker.entry_of(function) != unit.entry:
            if (id(function.__globals__), id(function.__builtins__)) == unit.namespaces:  # type: ignore[attr-defined, unused-ignore]  # mypy forgets it in its cache
                self.inventory.linker.link(function, unit)
            return True
        self.refresh_breaker()
        record.misses += 1
        if record.misses < _MISSES:
            return True
        record.misses = 0
        signature = unit.unit.signature
        hints, _ = hints_of(frame)
        if signature is None or record.failures[None] >= self.settings.max_recompiles:
            return False
        for slot, type in enumerate(signature.arguments):
            if not type.is_object and hints[slot] != type.python:
                record.rejected.add((unit.snapshot.code.symbol, -1 - slot, Reason.TYPE.name))
        self.inventory.discard(unit, Reason.GUARD_FAILURES)
        return True

    def _may_compile(self) -> bool:
        return self._active and self.watch.is_alone()

    # --- fork ---

    def pause(self) -> None:
        """Before `fork`: let the threads that compile end."""
        if self.sampler is not None:
            self.sampler.stop()
        pause_all(self.workers.values())
        self.native.memory.before_fork()

    def resume(self) -> None:
        """In the parent: go on compiling."""
        self.native.memory.after_fork_in_parent()
        for worker in self.workers.values():
            worker.resume()
        if self.sampler is not None:
            self.sampler.start()

    def begin_anew(self) -> None:
        """In a forked child: what the parent was about to compile becomes hot here anew."""
        self.native.memory.after_fork_in_child()
        self.tiering.waited = 0.0  # as the process's own time
        for worker in self.workers.values():
            worker.forget()
        if self.sampler is not None:
            self.sampler.begin_anew()
        for unit in self.inventory.units:
            if unit.entry_offset in self.inventory.record_of(unit.code).rising:
                self._cool(unit)
        waiting = False
        for record in self.inventory.records.values():
            waiting |= bool(record.pending)
            record.pending.clear()
            record.rising.clear()
        if waiting:
            self.watch.resume()

    # --- compiling ---

    def _submit(self, job: Job) -> bool:
        """Have hot code compiled for the first time, or anew. Whether its unit may be there before the program goes on."""
        record = job.record

        def compile_first() -> None:
            if job.wake():
                self.compile(job)
            else:  # the next function object with this code asks again
                record.pending.discard(job.entry)
                self.watch.restart_loops(record.code)

        record.pending.add(job.entry)
        job.rest()
        return self._hand_over(job.tier, Task(compile_first, len(record.code.co_code)))

    def _rise(self, unit: InstalledUnit) -> None:
        """A baseline unit has done enough to be optimized. Whoever holds the task does not hold the program's function: that may be about to die."""
        record = self.inventory.record_of(unit.code)
        unit.heat.value = ENDLESS
        if not self.tiering.is_to_rise(record, unit):
            return
        entry = unit.entry_offset
        if entry in record.rising or not self._may_compile():
            self._cool(unit)  # what is rising is code that was discarded meanwhile
            return
        frame = running_frame(unit.code)
        function = None if frame is None else function_of(frame, unit.code)
        if function is not None:  # the one that it was compiled for may be gone
            unit.remember_owner(function)

        def optimize() -> None:
            job = Job.to_optimize(record, unit) if unit.is_valid else None
            if job is not None:
                self.compile(job)
            drop()

        def drop() -> None:
            record.rising.discard(entry)
            self._cool(unit)

        record.rising.add(entry)
        self._hand_over(Tier.OPTIMIZING, Task(optimize, len(unit.code.co_code), unit.work, drop))

    def _cool(self, unit: InstalledUnit) -> None:
        """Ask again later whether a unit is to be optimized."""
        if unit.is_valid:
            record = self.inventory.record_of(unit.code)
            unit.heat.value = self.tiering.heat(record, unit.entry_offset, unit.tier)

    def _hand_over(self, tier: Tier, task: Task) -> bool:
        """Give a worker something to do, and wait for it where the program is to. Whether it may be done before the program goes on."""
        if self.tiering.waits:
            self.workers[tier].run(task.run)
            return True
        if not self._has_waited:
            # The compiler was loaded for this: it has been found to take most of the program's time.
            self._has_waited = True
            self.workers[tier].run(task.run, task.size, _LONGEST_FIRST)
            return True
        patience = self.tiering.patience(task) if tier is self.tiering.first else 0.0
        if patience:
            self._submit_and_wait(tier, task, patience)
        else:
            self.workers[tier].submit(task)
        return bool(patience)

    def _submit_and_wait(self, tier: Tier, task: Task, patience: float) -> None:
        """Give a worker something to do, and have the program wait for it when the present callback is over, so many seconds at most."""
        started = time.perf_counter()

        def run_and_tell() -> None:
            try:
                task.run()
            finally:
                self.native.set_word("whitehot_patience", 0)
                self.tiering.waited -= max(0.0, started + patience - time.perf_counter())

        self.tiering.waited += patience
        self.native.set_word("whitehot_patience", int(patience * 1e6))
        self.workers[tier].submit(Task(run_and_tell, task.size, task.heat, task.drop, urgent=True))

    def compile(self, job: Job) -> None:
        """Compile and install; whatever goes wrong is remembered and counted, and never reaches the program."""
        record = job.record
        try:
            self._compile(job)
        except Cancelled:
            pass
        except Unsupported as error:
            self._refuse(job, error.reason, error.detail)
        except CompilationFailed as error:
            self._refuse(job, error.reason, error.detail, error.trace)
        except MemoryError:
            self._refuse(job, Reason.MEMORY_CAP, "")
        except Exception as error:  # noqa: BLE001 - a bug in the compiler is no bug in the program
            self._refuse(
                job, Reason.COMPILER_ERROR, f"{type(error).__name__}: {error}".partition("\n")[0], trace_of(error)
            )
        finally:
            if job.origin is None:
                record.pending.discard(job.entry)

    def _refuse(self, job: Job, reason: Reason, detail: str, trace: str = "") -> None:
        """Code is not compiled: it is left to the interpreter, or stays in the baseline."""
        if job.origin is None:
            job.record.refuse(job.entry, reason, detail)
        else:
            job.record.stays[job.entry] = (reason, detail)
        self.refused[f"{reason.name}: {detail}" if detail else reason.name] += 1
        if trace:
            self.errors.append(f"{job.record.code.co_qualname}: {trace}")

    def _compile(self, job: Job) -> InstalledUnit | None:
        """Compile and install. A unit that was to be called may have gone while this was compiled: then once more."""
        while True:
            try:
                return self._compile_once(job)
            except StaleCallee:
                continue

    def _compile_once(self, job: Job) -> InstalledUnit | None:
        record = job.record
        table = ObjectTable()
        request = request_for(job, table, self.settings, self.inventory, self.unstable)
        choices = Choices(
            tier=job.tier,
            level=self.settings.opt_level,
            stress_exits="deopt" in self.settings.stress,
            even_if_slow=bool(self.settings.stress) or record.eager,
        )
        installed = self._install_kept(job, request, table)
        if installed is not None:
            return installed
        if len(record.rejected) > len(request.snapshot.rejected):
            request = replace(request, snapshot=replace(request.snapshot, rejected=frozenset(record.rejected)))
        if request.snapshot.function is None:
            job.rest()
        unit = self.compilers[job.tier].compile(request, choices, lambda: self._is_wanted(job))
        job.wake()
        record.compilations[job.entry] += 1
        self.work[job.tier].add(unit.seconds)
        installed = self._install(job, request, unit, table)
        if installed is not None and self.kept_units is not None and not record.eager:
            self.kept_units.keep(request, unit, table)
        return installed

    def _install(self, job: Job, request: Request, unit: CodeUnit, table: ObjectTable) -> InstalledUnit | None:
        if not self._active:
            return None
        self.refresh_breaker()
        heat = self.tiering.heat(job.record, job.entry, job.tier)
        installed = self.inventory.install(job, request.snapshot, unit, table, heat)
        if installed is not None:
            installed.request = request
            if self.settings.perf_map:
                from whitehot.code.perfmap import PerfMap

                PerfMap().add(installed.loaded.functions, f"whitehot:{unit.name}:")
        return installed

    def _install_kept(self, job: Job, request: Request, table: ObjectTable) -> InstalledUnit | None:
        """What an earlier process has kept for code that is hot for the first time, of the best tier that there is. What that process learnt of wrong guesses is in
        the record then, unit or not. A unit that makes a guess of which more is known by now is not taken.
        """
        record = job.record
        is_first = job.origin is not None or not record.compilations[job.entry]
        if self.kept_units is None or not is_first or record.eager:
            return None
        asked = job.tier
        for tier in (self.tiering.best, asked) if self.tiering.best is not asked else (asked,):
            found = self.kept_units.find(request, tier, table)
            if found is None:
                continue
            snapshot, unit = found
            knows_all = record.rejected <= snapshot.rejected
            record.rejected |= snapshot.rejected
            if unit is None or not knows_all:
                continue
            job.tier = tier
            try:
                installed = self._install(job, replace(request, snapshot=snapshot), unit, table)
            except UnresolvedSymbol, StaleCallee:
                installed = None
            if installed is not None:
                record.compilations[job.entry] += 1
                self.work[tier].kept += 1
                return installed
        job.tier = asked
        return None

    def _is_wanted(self, job: Job) -> bool:
        """Asked between the stages of a compilation."""
        return self._active and job.is_wanted()

    # --- the world changes ---

    def _changed(self, event: int, owner: int, key: int) -> None:
        """A watched dict or a function is about to change (called in the middle of that)."""
        try:
            if event >= FUNCTION_EVENTS:
                self._function_changed(owner)
                return
            found = self.inventory.dependents.get(owner)
            if not found:
                return
            name = ctypes.cast(key, ctypes.py_object).value if key else None
            for watched in list(found):
                if name is None or name == watched:
                    if watched is not None:
                        self.unstable.add((owner, watched))
                    for unit in list(found[watched]):
                        self.inventory.discard(unit, Reason.ASSUMPTION_BROKEN)
        except BaseException as error:  # noqa: BLE001 - there is nobody above to tell
            self.pass_on(error)

    def _function_changed(self, owner: int) -> None:
        function = ctypes.cast(owner, ctypes.py_object).value
        self.inventory.linker.unlink(function)
        for units in list(self.inventory.dependents.get(owner, {}).values()):
            for unit in list(units):
                self.inventory.discard(unit, Reason.ASSUMPTION_BROKEN)
        linked = self.inventory.units_of_function.pop(owner, None)
        if linked is not None:
            self.inventory.discard(linked, Reason.ASSUMPTION_BROKEN)

    def _attend(self, counter: int) -> None:
        """An exit was taken often, entering a loop does not pay, or baseline code has done enough (called while native code leaves)."""
        try:
            for unit in list(self.inventory.units):
                if unit.state == counter:
                    self._left_soon(unit)
                    return
                number = unit.exit_of_counter(counter)
                if number is not None:
                    if unit.unit.exits[number].reason is Reason.TIER_UP:
                        self._rise(unit)
                    else:
                        self._failed(unit, number)
                    return
        except BaseException as error:  # noqa: BLE001 - there is nobody above to tell
            self.pass_on(error)

    def pass_on(self, error: BaseException) -> bool:
        """After an exception in a callback: ours are remembered, those of signal handlers go to the program. Whether it was one of these."""
        if is_ours(error):
            self.errors.append(trace_of(error))
            return False
        self.native.raise_soon(without_our_frames(error))
        return True

    def _left_soon(self, unit: InstalledUnit) -> None:
        """A loop that is not worth entering is left to the interpreter, unless one around it is compiled. One that was compiled when other variables had values
        than at most times is compiled anew.
        """
        if unit.misfits() > unit.entered.value // 2:
            self.inventory.discard(unit, Reason.GUARD_FAILURES)
            return
        self.inventory.discard(unit, Reason.SHORT_LOOP)
        self.inventory.record_of(unit.code).given_up.add(unit.entry_offset)

    def _failed(self, unit: InstalledUnit, number: int) -> None:
        point = unit.unit.exits[number]
        if point.reason in BENIGN or point.operation == "guard_frame" or not unit.is_valid:
            return
        record = self.inventory.record_of(unit.code)
        owner = unit.snapshot.objects.get(point.code)
        symbol = owner.code.symbol if owner is not None and owner.code is not None else unit.snapshot.code.symbol
        guess = symbol, point.offset, point.reason.name
        record.rejected.add(guess)
        self.inventory.discard(unit, Reason.GUARD_FAILURES)
        if self.kept_units is not None and unit.request is not None:
            self.kept_units.reject(unit.request, unit.tier, unit.table, frozenset(record.rejected))
        learns = point.reason is Reason.NOT_CARRIED  # what the interpreter had not come to yet, it has by now
        if guess in unit.snapshot.rejected and not learns and unit.entry_offset not in record.given_up:
            # It was compiled without that guess already: the same once more would fail once more.
            self.inventory.give_up(record, unit.entry_offset)

    def refresh_breaker(self) -> None:
        """Tell native code what a quiet `eval_breaker` looks like now; while others instrument the program, nothing does."""
        from whitehot.cpython import facts, layout
        from whitehot.cpython.v314 import EVENT_BITS

        word = facts.read(layout.ThreadState, "eval_breaker", facts.current_thread_state())
        version = word >> EVENT_BITS << EVENT_BITS
        self.native.set_word("whitehot_breaker", version if self.watch.is_alone() else -1)

    # --- for people ---

    def compile_now(self, function: FunctionType) -> bool:
        """Compile a function without waiting for it to become hot."""
        record = self.inventory.record_of(function.__code__)
        unit = record.function_unit
        if unit is not None and unit.is_valid and unit.tier is self.tiering.best and function in unit.linked():
            return True
        record.refused.pop(None, None)
        record.eager = True
        count = function.__code__.co_nlocals
        namespaces = function.__globals__, function.__builtins__  # type: ignore[attr-defined, unused-ignore]  # mypy forgets it in its cache
        job = Job(record, None, ((None,) * count, ()), namespaces, function, self.tiering.best)
        self.workers[job.tier].run(lambda: self.compile(job), len(function.__code__.co_code))
        unit = record.function_unit
        return unit is not None and unit.is_valid

    def stats(self) -> dict[str, object]:
        """For people and programs: see `statistics`."""
        return statistics.collect(self)

    def stop(self) -> None:
        """Before the interpreter goes: nothing of ours may be called any more."""
        self._active = False
        if self.sampler is not None:
            self.sampler.stop()
        self.inventory.watchers.stop()
        stop_all(self.workers.values())
        self.native.set_word("whitehot_breaker", -1)
        self.native.set_word("whitehot_attention", 0)
        for name in self._callbacks:
            self.native.set_word(name, 0)
        self._publish_counters(0, 0)
        self.inventory.stop()
