"""Switching whitehot on and off, and asking what it did: what the package's public functions call.

Cheap to import and to switch on: the compiler is loaded when the first code has become hot.
"""

from __future__ import annotations

import _thread
import os
import time

from whitehot import isolation
from whitehot import settings as settings_module
from whitehot.errors import WhitehotError
from whitehot.runtime.collection import Pause
from whitehot.runtime.proof import Proof
from whitehot.runtime.watch import Watch

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType, FunctionType

    from whitehot.runtime.compilers import Compiler
    from whitehot.runtime.engine import Engine
    from whitehot.tiers import Tier


#: Seconds that the program waits at most for the thread that loads the engine: a good deal more than that takes. It may need a module that the program
#: is in the middle of importing, and then goes on later.
_USUAL_LOAD = 0.06

#: Seconds that a thread sleeps at a time that waits for the program to use processor time.
_LONGEST_NAP = 0.005
_NEVER = float("inf")

#: Seconds that `fork` waits at most for the thread that loads the compiler.
_LONGEST_LOAD = 10.0


#: Calls and rounds before code is compiled, where LLVM is to do it at once: that takes a hundred times as long as baseline code.
_STRAIGHT_TO_LLVM = 1000


def thresholds(settings: settings_module.Settings) -> tuple[int, int]:
    """How many calls of a function, and rounds of a loop, there are before it is compiled for the first time."""
    if "compile" in settings.stress:
        return 1, 1
    calls, rounds = settings.call_threshold, settings.loop_threshold
    if settings.tiers == "optimizing":
        changed = {entry.name for entry in settings_module.entries() if entry.is_changed(settings)}
        calls = calls if "call_threshold" in changed else _STRAIGHT_TO_LLVM
        rounds = rounds if "loop_threshold" in changed else _STRAIGHT_TO_LLVM
    return calls, rounds


class Controller:
    """The state of whitehot in this process."""

    def __init__(self) -> None:
        self.watch: Watch | None = None
        self.engine: Engine | None = None
        self.trouble: str | None = None
        self.never: set[int] = set()
        self.never_codes: list[CodeType] = []
        self.registered = False
        #: Compile everything that runs (the stress modes).
        self.takes_all = False
        #: Hot code that was left to the interpreter at first sight.
        self.screened = 0
        #: A thread is loading the engine.
        self.loading = False
        self.load_again = False
        #: The engine that does nothing while the process forks.
        self.paused: Engine | None = None
        #: Whether what it needs had been read ahead.
        self.was_read = False
        #: The native ids of the threads that load, or did.
        self.loader = self.compiler_loader = self.waiter = 0
        #: A thread waits for the processor time at which hot code is to be looked at again.
        self.waiting = False
        self.look_at = _NEVER
        self.compilers: dict[Tier, Compiler] = {}
        self.proof: Proof | None = None
        self.pause = Pause()
        self.lock = _thread.allocate_lock()
        #: Threads of ours are to end.
        self.stopping = False

    def enable(self) -> None:
        """Begin to watch. Raises WhitehotError with a text for people where that is not possible."""
        if self.watch is not None:
            return
        self.stopping = False
        settings = settings_module.current()
        self.takes_all = bool(settings.stress)
        self.proof = Proof(settings.load_after / 1000)
        watch = Watch(
            *thresholds(settings),
            self._on_function,
            self._on_loop,
            self._is_promising,
        )
        if not watch.start():
            raise WhitehotError("all tool ids of sys.monitoring are taken")
        self.watch = watch
        if settings.compile_thread == "inline":
            # Compiling in the middle of the program's own imports would find half-imported modules.
            self._load_here(settings.tiers != "baseline")
        if not self.registered:
            self.registered = True
            import atexit

            atexit.register(self.disable)
            os.register_at_fork(
                before=self._before_fork, after_in_parent=self._after_fork, after_in_child=self._in_child
            )

    def _load_here(self, optimizer: bool) -> None:
        """Load everything now, on this thread, unseen by our own watch."""
        from whitehot.runtime import unseen

        self.loading = True
        unseen.begin()
        try:
            engine = self.load()
            if engine is not None and optimizer and not all(one.is_elsewhere for one in self.compilers.values()):
                from whitehot.compiler import load_optimizer

                load_optimizer()
        finally:
            unseen.end()
            self.loading = False

    def disable(self) -> None:
        """Stop: no event, watcher or native entry of ours is left."""
        self.stopping = True
        for compiler in self.compilers.values():
            compiler.stop()
        # Imports on the loading thread may go on; an engine that has begun to register itself must be there to be stopped.
        with self.lock:
            pass
        if self.engine is not None:
            engine, self.engine = self.engine, None
            try:
                self.last_stats = engine.stats()
            finally:
                engine.stop()
        for compiler in self.compilers.values():
            compiler.close()
        self.compilers = {}
        if self.watch is not None:
            self.watch.stop()
            self.watch = None

    last_stats: dict[str, object] | None = None

    def load(self) -> Engine | None:
        """The engine, loaded now if it is not there yet; None where it cannot run (said once)."""
        try:
            isolation.run_ahead()
            from whitehot.runtime.engine import Engine
        except Exception as error:  # noqa: BLE001 - whatever it is, the program runs on
            self._give_up(error)
            return None
        with self.lock:
            return self._start_engine(Engine)

    def _start_engine(self, engine_class: type[Engine]) -> Engine | None:
        if self.engine is None and self.trouble is None and self.watch is not None and not self.stopping:
            # One engine per process: a second one would take the watchers of the first away from under it.
            try:
                self.engine = engine_class(settings_module.current(), self.watch, self._compilers())
            except Exception as error:  # noqa: BLE001 - whatever it is, the program runs on
                if not self.stopping:
                    self._give_up(error)
        return self.engine

    def _compilers(self) -> dict[Tier, Compiler]:
        if not self.compilers:
            from whitehot.runtime.compilers import for_each_tier

            self.compilers = for_each_tier(own_interpreters=settings_module.current().own_interpreter)
        return self.compilers

    def _give_up(self, error: Exception) -> None:
        """Say once why there is no native code; the program runs on."""
        self.trouble = " ".join(str(error).split()) or type(error).__name__
        settings_module.complain(f"{self.trouble}; running on plain CPython")
        if self.watch is not None:
            self.watch.stop()

    def _load_soon(self, code: CodeType, start: int, end: int | None) -> Engine | None:
        """Load the engine on a thread of its own: the program may be in the middle of importing what the compiler needs too. A program that is
        over soon is better off without a compiler: it has to have used some processor time before; until then events are given up. The engine, if it
        is there at once.
        """
        if self.loading or self.trouble is not None or self.stopping:
            return None
        if self.proof is not None and self.watch is not None:
            events = self.watch.call_threshold if end is None else self.watch.loop_threshold
            missing = self.proof.missing(code, start, end, events, lambda: self._is_kept(code))
            if missing:
                self._look_again(time.process_time() + missing)
                return None
        self.loading = True
        try:
            self._load_now(code)
        except BaseException:
            self.loading = False
            raise
        return self.engine

    def _load_now(self, code: CodeType) -> None:
        """Begin to load, and wait for as long as that usually takes. The compiler has time where an earlier process has compiled what is hot."""
        self.pause.begin(alone=_thread._count() <= self.waiting)
        if not self._is_kept(code):
            first = next(iter(self._compilers().values()))
            first.open()
            _thread.start_new_thread(self._load_compiler, (first,))
        from whitehot.runtime import ahead

        self.was_read = ahead.read()
        loaded = _thread.allocate_lock()
        loaded.acquire()
        _thread.start_new_thread(self._load_in_background, (loaded,))
        # Else the two threads would take turns, and it would take twice as long until there is native code.
        loaded.acquire(timeout=_USUAL_LOAD)

    def _is_kept(self, code: CodeType) -> bool:
        settings = settings_module.current()
        if not settings.keep_units or self.takes_all:
            return False
        from whitehot.runtime.kept_units import kept_units

        return kept_units(settings.opt_level).knows(code)

    def _look_again(self, at: float) -> None:
        """Count what is hot from the beginning when the program has used so much processor time, or earlier if that has been asked for."""
        self.look_at = min(at, self.look_at)
        if not self.waiting:
            self.waiting = True
            _thread.start_new_thread(self._wait, ())

    def _wait(self) -> None:
        self.waiter = _thread.get_native_id()
        while not self.stopping and not self.loading and (missing := self.look_at - time.process_time()) > 0:
            time.sleep(min(missing, _LONGEST_NAP))
        self.look_at = _NEVER
        self.waiting = False
        if self.watch is not None and self.proof is not None and not self.stopping and not self.loading:
            self.watch.count_anew(self.proof.begin())

    def _load_in_background(self, loaded: _thread.LockType) -> None:
        self.loader = _thread.get_native_id()
        try:
            # Nothing that this thread runs is the program's, so no tool is to see it.
            from whitehot.runtime import unseen

            unseen.begin()
            if self.watch is None or self.stopping:
                return
            self.load()
            self.pause.loaded()
            if self.engine is not None and self.watch is not None:
                self.proof = None
                self.watch.resume()
            if not self.was_read and not self.stopping:
                from whitehot.runtime import ahead

                ahead.write_modules("engine")
        finally:
            self.loading = False
            loaded.release()

    def _load_compiler(self, compiler: Compiler) -> None:
        """Have the first tier's compiler ready when there is something to compile: its interpreter loads it while this one loads the engine."""
        self.compiler_loader = _thread.get_native_id()
        from whitehot.runtime import unseen

        unseen.begin()
        compiler.load()

    def _is_promising(self, code: CodeType, start: int, end: int | None) -> bool:
        """A cheap look before the compiler is troubled, or loaded."""
        if self.takes_all:
            return True
        try:
            from whitehot.runtime.screen import is_promising
        except ImportError, AttributeError:
            return True  # the program is in the middle of importing what that needs: there is time to look when the code is hot

        engine = self.engine
        if engine is not None:
            promising = is_promising(code, start, end, calls_native=bool(engine.inventory.units))
        elif self.proof is not None:
            promising = self.proof.look((id(code), start), lambda: is_promising(code, start, end))
        else:
            promising = is_promising(code, start, end)
        self.screened += not promising
        return promising

    def _on_function(self, code: CodeType) -> bool:
        """A function became hot. Errors of ours end here; those of the program's signal handlers, which may run in here, go on to it."""
        try:
            return self._function_is_hot(code)
        except BaseException as error:  # noqa: BLE001 - a bug in whitehot is no bug in the program
            return self._pass_on(error)

    def _on_loop(self, code: CodeType, header: int, end: int) -> bool:
        """A loop became hot; errors as in `_on_function`."""
        try:
            return self._loop_is_hot(code, header, end)
        except BaseException as error:  # noqa: BLE001 - a bug in whitehot is no bug in the program
            return self._pass_on(error)

    def _pass_on(self, error: BaseException) -> bool:
        """Whether to go on counting after an exception in a callback; the program's own ones are raised in the program."""
        if self.engine is not None:
            return self.engine.pass_on(error)
        from whitehot.runtime.interrupts import is_ours, without_our_frames

        if is_ours(error):
            return False
        raise without_our_frames(error)

    def _function_is_hot(self, code: CodeType) -> bool:
        if id(code) in self.never or not self._is_promising(code, 0, None):
            return False
        try:
            engine = self.engine or self._load_soon(code, 0, None)
            return engine is not None and engine.on_function(code)  # without one it is counted again once there is one
        finally:
            self.pause.end(loaded=self.engine is not None)

    def _loop_is_hot(self, code: CodeType, header: int, end: int) -> bool:
        if id(code) in self.never or not self._is_promising(code, header, end):
            return False
        try:
            engine = self.engine or self._load_soon(code, header, end)
            return engine is not None and engine.on_loop(code, header)
        finally:
            self.pause.end(loaded=self.engine is not None)

    def _before_fork(self) -> None:
        """Let threads of ours end: a process that forks must have one thread."""
        self.stopping = True
        self.load_again = (self.loading or self.waiting) and self.engine is None
        if self.load_again:
            for compiler in self.compilers.values():
                compiler.interrupt()
        # The thread may need a module that this one is in the middle of importing: there is an end to waiting.
        deadline = time.monotonic() + _LONGEST_LOAD
        while (self.loading or self.waiting) and time.monotonic() < deadline:
            time.sleep(0.0005)
        self.paused = self.engine
        if self.paused is not None:
            self.paused.pause()
        for compiler in self.compilers.values():
            compiler.interrupt()
            compiler.close()
        if (self.waiter or self.loader) and not self.loading:
            from whitehot.runtime.worker import wait_until_gone

            wait_until_gone(self.waiter)
            wait_until_gone(self.loader)
            wait_until_gone(self.compiler_loader)

    def _after_fork(self) -> None:
        """In the parent: take up again what was interrupted."""
        self.stopping = False
        for compiler in self.compilers.values():
            compiler.resume()
        if self.paused is not None:
            self.paused.resume()
        elif self.load_again and self.watch is not None:
            self.watch.resume()

    def _in_child(self) -> None:
        """Imports that a thread had begun will never end here: only a child that was forked at another time may load."""
        self.stopping = self.loading and self.engine is None
        for compiler in self.compilers.values():
            compiler.begin_anew()
        if self.paused is not None:
            self.paused.begin_anew()
        elif self.load_again and self.watch is not None:
            self.watch.resume()


_controller = Controller()


def enable() -> None:
    """Begin to watch the program. Raises WhitehotError where that is not possible."""
    _controller.enable()


def disable() -> None:
    """Stop watching, and leave all code to the interpreter."""
    _controller.disable()


def is_enabled() -> bool:
    """Whether the program is being watched."""
    return _controller.watch is not None


def compile_now(function: FunctionType) -> bool:
    """Compile a function now; whether it has native code afterwards."""
    engine = _controller.load()
    return engine is not None and engine.compile_now(function)


def never(function: Callable[..., object]) -> None:
    """Leave this function to the interpreter."""
    code = getattr(function, "__code__", None)
    if code is not None:
        _controller.never.add(id(code))
        _controller.never_codes.append(code)


def _why_not_loaded() -> str:
    """Why there is no compiler in this process, where nothing is wrong."""
    if _controller.watch is None:
        return "not switched on"
    if _controller.loading:
        used, needed = time.process_time() * 1000, settings_module.current().load_after
        return f"not loaded: the program used {used:.0f} ms of processor time, and WHITEHOT_LOAD_AFTER is {needed}"
    return "not loaded: nothing became hot that it would make faster"


def stats() -> dict[str, object]:
    """What was compiled, refused, left and discarded so far."""
    engine = _controller.engine
    if engine is None:
        found = dict(
            _controller.last_stats or {"compiled_units": 0, "trouble": _controller.trouble or _why_not_loaded()}
        )
    else:
        found = engine.stats()
    return {**found, "not_promising": _controller.screened}
