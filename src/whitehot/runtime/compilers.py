"""Where compiling happens: in an interpreter of its own, beside the program's GIL, one for each tier; or, where that cannot be had, in this one.

The compiler is Python, and in the program's interpreter it would take turns with the program. In another interpreter of the same process it
runs at the same time, the program sees none of its modules and objects, and loading it takes nothing from the program but memory.
"""

from __future__ import annotations

import _tracemalloc
import marshal
import sys
from _thread import allocate_lock

from whitehot.cpython import interpreters
from whitehot.errors import Cancelled, CompilationFailed, Unsupported
from whitehot.tiers import Tier

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, NoReturn

    from whitehot.request import Choices, CodeUnit, Request

#: Units after which garbage is collected, where there is always another one to compile.
_BETWEEN_COLLECTIONS = 8

#: Modules written in C that the compiler imports, or that are imported on the way.
_EXTENSIONS = (
    "_abc", "_bisect", "_collections", "_contextvars", "_ctypes", "_functools", "_heapq", "_interpreters", "_opcode", "_operator", "_stat", "_struct",
    "_types", "_typing", "errno", "gc", "itertools", "math", "zlib",
)  # fmt: skip


class Compiler:
    """Compiles for one tier, one request after the other. `close` ends its interpreter; the next request begins another."""

    def __init__(self, *, own_interpreter: bool) -> None:
        self._own = own_interpreter and _is_possible()
        self._interpreter: int | None = None
        self._is_loaded = False
        self._garbage = 0
        self._stopped = False
        self._lock = allocate_lock()
        self._unwanted = interpreters.Flag()

    @property
    def is_elsewhere(self) -> bool:
        """Whether it runs beside the program's GIL."""
        return self._own

    def open(self) -> None:
        """Make the interpreter, on the program's thread.

        Modules written in C begin their life in the main interpreter, wherever they are imported (`import_run_extension` in Python/import.c), so what
        imports them waits for the program's GIL: for some 5 ms each time, if the program is busy. Here it need not.
        """
        with self._lock:
            if self._own and not self._unwanted:
                self._open()

    def load(self) -> None:
        """Have everything ready for the first request."""
        with self._lock:
            if self._own and not self._unwanted:
                self._ask(None, None)

    def routines(self) -> bytes:
        """The object file of the runtime's routines."""
        with self._lock:
            if self._own:
                found = self._ask(None, None)
                if isinstance(found, bytes):
                    return found
            if self._unwanted:
                raise Cancelled
        from whitehot import service

        return service.routines()

    def compile(self, request: Request, choices: Choices, is_wanted: Callable[[], bool]) -> CodeUnit:
        """Compile. Raises Unsupported, Cancelled, and CompilationFailed for whatever else goes wrong."""
        with self._lock:
            if self._own and not self._unwanted:
                found = self._ask(request, choices)
                if isinstance(found, tuple):
                    _raise(*found)
                if found is not None and is_wanted():
                    return found  # type: ignore[return-value]  # a CodeUnit
            if self._unwanted or not is_wanted():
                raise Cancelled
        from whitehot import service

        return service.compile_here(request, choices, is_wanted)

    def tidy(self, is_idle: bool) -> None:
        """Collect what compiling has left behind, between units: while one is compiled, the collector of its interpreter is off."""
        with self._lock:
            if self._interpreter is None or self._unwanted:
                return
            self._garbage += 1
            if is_idle or self._garbage >= _BETWEEN_COLLECTIONS:
                self._garbage = 0
                try:
                    interpreters.call(self._interpreter, _collect, b"")
                except interpreters.InterpreterLost:
                    self._own = False

    def interrupt(self) -> None:
        """What is being done is not wanted any more, nor is anything until `resume`."""
        self._unwanted.set(on=True)

    def stop(self) -> None:
        """What is being done is not wanted any more, nor is anything else."""
        self._stopped = True
        self._unwanted.set(on=True)

    def close(self) -> None:
        """End the interpreter, as soon as it has answered. There is none when the process forks: the child could not get rid of it."""
        with self._lock:
            if self._interpreter is not None:
                interpreters.destroy(self._interpreter)
                self._interpreter = None

    def resume(self) -> None:
        """After `interrupt` and `close`: begin anew when there is something to do."""
        self._unwanted.set(on=self._stopped)

    def begin_anew(self) -> None:
        """The same in a forked child, where a thread that held the lock is gone."""
        self._lock = allocate_lock()
        self.resume()

    def _open(self) -> int | None:
        """The interpreter, made now if there is none; None where that fails. The lock is held."""
        if self._interpreter is None:
            try:
                self._interpreter = interpreters.create()
                interpreters.call(self._interpreter, _open, marshal.dumps(_EXTENSIONS))
                self._is_loaded = False
            except interpreters.InterpreterLost:
                self._own = False
        return self._interpreter

    def _ask(self, request: Request | None, choices: Choices | None) -> object:
        """The answer; None where there is none: from then on everything happens in this interpreter. The lock is held."""
        interpreter = self._open()
        if interpreter is None:
            return None
        try:
            if not self._is_loaded:
                interpreters.call(interpreter, _load, marshal.dumps((_path(), self._unwanted.address)))
                self._is_loaded = True
            from whitehot import wire

            question = wire.dumps((self._unwanted.address, request, choices))
            found: object = wire.loads(interpreters.call(interpreter, _answer, question))
        except interpreters.InterpreterLost:
            self._own = bool(self._unwanted)  # loading it may have been broken off
            return None
        return found


def _raise(kind: str, *arguments: Any) -> NoReturn:
    raise {"Unsupported": Unsupported, "Cancelled": Cancelled, "CompilationFailed": CompilationFailed}[kind](*arguments)


def for_each_tier(*, own_interpreters: bool) -> dict[Tier, Compiler]:
    """Compilers for the tiers, that of the first tier first."""
    return {tier: Compiler(own_interpreter=own_interpreters) for tier in Tier}


def _is_possible() -> bool:
    """Whether an interpreter of our own can be had unnoticed: not where the program has others too and counts them, nor where it traces memory."""
    return not interpreters.others() and not _tracemalloc.is_tracing() and not sys.flags.dev_mode


def _path() -> list[str]:
    """Where modules are, those of the standard library first: whatever the program has put before them is not for us."""
    library = [place for place in sys.path if place.startswith(sys.base_prefix) and "-packages" not in place]
    return library + [place for place in sys.path if place not in library]


# These run in the other interpreter, where they arrive as code: all they use, they import.


def _open(data: bytes) -> bytes:
    import marshal

    for name in marshal.loads(data):
        try:
            __import__(name)
        except ImportError:
            continue
    return b""


def _load(data: bytes) -> bytes:
    import gc
    import marshal
    import sys

    gc.disable()
    sys.path[:], address = marshal.loads(data)
    from whitehot import isolation
    from whitehot.cpython.interpreters import Flag
    from whitehot.runtime import ahead

    unwanted = Flag(address)
    isolation.is_wanted = lambda: not unwanted
    were_read = ahead.read_modules("compiler")
    isolation.run_ahead()
    __import__("whitehot.service")
    __import__("whitehot.stencil.emit")
    if not were_read:
        ahead.write_modules("compiler")
    gc.freeze()
    return b""


def _collect(_: bytes) -> bytes:
    import gc

    gc.collect()
    return b""


def _answer(question: bytes) -> bytes:
    import whitehot.service

    return whitehot.service.answer(question)
