"""Switching whitehot on and off, and asking what it did: what the package's public functions call.

Cheap to import and to switch on: the compiler is loaded when the first code has become hot.
"""

from __future__ import annotations

import _thread
import os
import time

from whitehot import settings as settings_module
from whitehot.errors import WhitehotError
from whitehot.runtime.watch import Watch

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType, FunctionType

    from whitehot.runtime.engine import Engine


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
        self.lock = _thread.allocate_lock()
        #: Threads of ours are to end.
        self.stopping = False

    def enable(self) -> None:
        """Begin to watch. Raises WhitehotError with a text for people where that is not possible."""
        if self.watch is not None:
            return
        self.stopping = False
        settings = settings_module.current()
        low = "compile" in settings.stress
        self.takes_all = bool(settings.stress)
        watch = Watch(
            1 if low else settings.call_threshold,
            1 if low else settings.loop_threshold,
            self._on_function,
            self._on_loop,
        )
        if not watch.start():
            raise WhitehotError("all tool ids of sys.monitoring are taken")
        self.watch = watch
        if settings.compile_thread == "inline":
            # Compiling in the middle of the program's own imports would find half-imported modules.
            self.loading = True
            self.load()
            self.loading = False
        if not self.registered:
            self.registered = True
            import atexit

            atexit.register(self.disable)
            os.register_at_fork(
                before=self._before_fork, after_in_parent=self._after_fork, after_in_child=self._in_child
            )

    def disable(self) -> None:
        """Stop: no event, watcher or native entry of ours is left."""
        self.stopping = True
        # Imports on the loading thread may go on; an engine that has begun to register itself must be there to be stopped.
        with self.lock:
            pass
        if self.engine is not None:
            engine, self.engine = self.engine, None
            try:
                self.last_stats = engine.stats()
            finally:
                engine.stop()
        if self.watch is not None:
            self.watch.stop()
            self.watch = None

    last_stats: dict[str, object] | None = None

    def load(self) -> Engine | None:
        """The engine, loaded now if it is not there yet; None where it cannot run (said once)."""
        try:
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
                self.engine = engine_class(settings_module.current(), self.watch)
            except Exception as error:  # noqa: BLE001 - whatever it is, the program runs on
                self._give_up(error)
        return self.engine

    def _give_up(self, error: Exception) -> None:
        """Say once why there is no native code; the program runs on."""
        self.trouble = " ".join(str(error).split()) or type(error).__name__
        settings_module.complain(f"{self.trouble}; running on plain CPython")
        if self.watch is not None:
            self.watch.stop()

    def _load_soon(self) -> None:
        """Load the engine on a thread of its own: the program may be in the middle of importing what the compiler needs too."""
        if not self.loading and self.trouble is None:
            self.loading = True
            _thread.start_new_thread(self._load_in_background, ())

    def _load_in_background(self) -> None:
        try:
            import ctypes

            # Nothing that this thread runs is the program's, so no tool is to see it.
            thread = ctypes.PYFUNCTYPE(ctypes.c_void_p)(("PyThreadState_Get", ctypes.pythonapi))
            ctypes.PYFUNCTYPE(None, ctypes.c_void_p)(("PyThreadState_EnterTracing", ctypes.pythonapi))(thread())
            # A program that is over soon is better off without a compiler.
            threshold = settings_module.current().load_after / 1000
            while self.watch is not None and not self.stopping and (missing := threshold - time.process_time()) > 0:
                time.sleep(min(missing, 0.02))
            if self.watch is None or self.stopping:
                return
            self.load()
            if self.engine is not None and self.watch is not None:
                self.watch.resume()
        finally:
            self.loading = False

    def _is_promising(self, code: CodeType, start: int, end: int | None) -> bool:
        """A cheap look before the compiler is troubled, or loaded."""
        if self.takes_all:
            return True
        from whitehot.runtime.screen import is_promising

        promising = is_promising(code, start, end)
        self.screened += not promising
        return promising

    def _on_function(self, code: CodeType) -> bool:
        """A function became hot. Errors of ours end here; those of the program's signal handlers, which may run in here, go on to it."""
        try:
            return self._function_is_hot(code)
        except Exception as error:
            if not is_ours(error):
                raise
            return False

    def _on_loop(self, code: CodeType, header: int, end: int) -> bool:
        """A loop became hot; errors as in `_on_function`."""
        try:
            return self._loop_is_hot(code, header, end)
        except Exception as error:
            if not is_ours(error):
                raise
            return False

    def _function_is_hot(self, code: CodeType) -> bool:
        if id(code) in self.never or not self._is_promising(code, 0, None):
            return False
        engine = self.engine
        if engine is None:
            self._load_soon()
            return False  # counted again once the engine is there
        return engine.on_function(code)

    def _loop_is_hot(self, code: CodeType, header: int, end: int) -> bool:
        if id(code) in self.never or not self._is_promising(code, header, end):
            return False
        engine = self.engine
        if engine is None:
            self._load_soon()
            return False
        return engine.on_loop(code, header)

    def _before_fork(self) -> None:
        # The thread that loads ends first; what was hot then becomes hot again.
        self.stopping = True
        # Imports on the loading thread may go on; an engine that has begun to register itself must be there to be stopped.
        with self.lock:
            pass
        if self.engine is not None:
            self.engine.worker.pause()

    def _after_fork(self) -> None:
        self.stopping = False
        if self.engine is not None:
            self.engine.worker.resume()

    def _in_child(self) -> None:
        # Imports that the loading thread had begun will never end here: only a child that was forked at another time may load.
        self.stopping = self.loading and self.engine is None
        if self.engine is not None:
            self.engine.worker.forget()


_OWN_FOLDER = __file__.rpartition("runtime")[0]


def is_ours(error: BaseException) -> bool:
    """Whether an exception was raised by whitehot's own code (or what that calls), not by a signal handler of the program."""
    trace = error.__traceback__
    inside = True
    while trace is not None:
        name = trace.tb_frame.f_code.co_filename
        inside = name.startswith((_OWN_FOLDER, "<frozen")) or "llvmlite" in name
        trace = trace.tb_next
    return inside


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


def stats() -> dict[str, object]:
    """What was compiled, refused, left and discarded so far."""
    engine = _controller.engine
    if engine is None:
        found = dict(_controller.last_stats or {"compiled_units": 0, "trouble": _controller.trouble or ""})
    else:
        found = engine.stats()
    return {**found, "not_promising": _controller.screened}
