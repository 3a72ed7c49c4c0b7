"""An interpreter of our own in the program's process, with a GIL of its own, that is asked one question after the other: bytes in, bytes out.

What the program's interpreter would have to take turns with runs there at the same time, the program sees none of its modules and objects, and loading them takes
nothing from the program but memory.
"""

from __future__ import annotations

import _tracemalloc
import marshal
import sys
from _thread import allocate_lock

from whitehot.cpython import interpreters

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

#: Answers after which garbage is collected, where there is always another question.
_BETWEEN_COLLECTIONS = 8


class OwnInterpreter:
    """Made when it is needed. `close` ends it; the next question begins another.

    `load` and `answer` run there, and go there as code: all they use, they import. `load` is given what `marshal` writes of the path for imports and of the address of a flag
    that is set when nothing is wanted any more. `extensions` are modules written in C that they import, for who calls `open`.
    """

    def __init__(
        self,
        load: Callable[[bytes], bytes],
        answer: Callable[[bytes], bytes],
        extensions: tuple[str, ...],
        *,
        is_possible: bool,
    ) -> None:
        self.load = load
        self.answer = answer
        self.extensions = extensions
        #: Whether there is one, or can be. If one is lost there will be no other.
        self.is_possible = is_possible
        #: Set while nothing is wanted.
        self.unwanted = interpreters.Flag()
        self._interpreter: int | None = None
        self._is_loaded = False
        self._garbage = 0
        self._stopped = False
        self._lock = allocate_lock()

    def open(self) -> None:
        """Make it, on the program's thread.

        Modules written in C begin their life in the main interpreter, wherever they are imported (`import_run_extension` in Python/import.c), so what
        imports them waits for the program's GIL: for some 5 ms each time, if the program is busy. Here it need not.
        """
        with self._lock:
            self._open()

    def ask(self, question: bytes) -> bytes | None:
        """The answer; None where there is none, because nothing is wanted, there is no such interpreter any more, or the program has begun to trace memory."""
        with self._lock:
            interpreter = self._open()
            if interpreter is None:
                return None
            try:
                if not self._is_loaded:
                    interpreters.call(interpreter, self.load, marshal.dumps((_path(), self.unwanted.address)))
                    self._is_loaded = True
                return interpreters.call(interpreter, self.answer, question)
            except interpreters.InterpreterLost:
                self.is_possible = bool(self.unwanted)  # loading it may have been broken off
                return None

    def tidy(self, is_idle: bool) -> None:
        """Collect what answering has left behind, between questions: while one is answered, the collector there is off."""
        with self._lock:
            if self._interpreter is None or self.unwanted or _tracemalloc.is_tracing():
                return
            self._garbage += 1
            if is_idle or self._garbage >= _BETWEEN_COLLECTIONS:
                self._garbage = 0
                try:
                    interpreters.call(self._interpreter, _collect, b"")
                except interpreters.InterpreterLost:
                    self.is_possible = False

    def interrupt(self) -> None:
        """What is being done is not wanted any more, nor is anything until `resume`."""
        self.unwanted.set(on=True)

    def stop(self) -> None:
        """What is being done is not wanted any more, nor is anything else."""
        self._stopped = True
        self.unwanted.set(on=True)

    def close(self) -> None:
        """End it, as soon as it has answered. There is none when the process forks: the child could not get rid of it."""
        with self._lock:
            if self._interpreter is not None:
                _destroy(self._interpreter)
                self._interpreter = None

    def resume(self) -> None:
        """After `interrupt` and `close`: begin anew when there is something to do."""
        self.unwanted.set(on=self._stopped)

    def begin_anew(self) -> None:
        """The same in a forked child, where a thread that held the lock is gone."""
        self._lock = allocate_lock()
        self.resume()

    def _open(self) -> int | None:
        """Its number, made now if there is none; None where none is wanted, or that fails. The lock is held."""
        if not self.is_possible or self.unwanted or _tracemalloc.is_tracing():
            return None
        if self._interpreter is None:
            try:
                self._interpreter = interpreters.create()
                interpreters.call(self._interpreter, _import, marshal.dumps(self.extensions))
                self._is_loaded = False
            except interpreters.InterpreterLost:
                self.is_possible = False
        return self._interpreter if self.is_possible else None


def _destroy(interpreter: int) -> None:
    """End it. What tracemalloc has noted of it names files by strings of that interpreter, and the process crashes when they are gone: tracing begins anew."""
    limit = _tracemalloc.get_traceback_limit() if _tracemalloc.is_tracing() else 0
    if limit:
        _tracemalloc.stop()
    interpreters.destroy(interpreter)
    if limit:
        _tracemalloc.start(limit)


def _path() -> list[str]:
    """Where modules are, those of the standard library first: whatever the program has put before them is not for us."""
    library = [place for place in sys.path if place.startswith(sys.base_prefix) and "-packages" not in place]
    return library + [place for place in sys.path if place not in library]


def _import(data: bytes) -> bytes:
    import marshal

    for name in marshal.loads(data):
        try:
            __import__(name)
        except ImportError:
            continue
    return b""


def _collect(_: bytes) -> bytes:
    import gc

    gc.collect()
    return b""
