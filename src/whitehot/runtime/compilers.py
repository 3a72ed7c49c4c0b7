"""Where compiling happens: in an interpreter of its own, beside the program's GIL, one for each tier; or, where that cannot be had, in this one.

The compiler is Python, and in the program's interpreter it would take turns with the program. In another interpreter of the same process it
runs at the same time, the program sees none of its modules and objects, and loading it takes nothing from the program but memory.
"""

from __future__ import annotations

import marshal
import sys
from _thread import allocate_lock

from whitehot import wire
from whitehot.cpython import interpreters
from whitehot.errors import Cancelled, CompilationFailed, Unsupported
from whitehot.tiers import Tier

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, NoReturn

    from whitehot.request import Choices, CodeUnit, Request


class Compiler:
    """Compiles for one tier, one request after the other. `close` ends its interpreter; the next request begins another."""

    def __init__(self, *, own_interpreter: bool) -> None:
        self._own = own_interpreter and _is_possible()
        self._interpreter: int | None = None
        self._stopped = False
        self._lock = allocate_lock()
        self._unwanted = interpreters.Flag()

    @property
    def is_elsewhere(self) -> bool:
        """Whether it runs beside the program's GIL."""
        return self._own

    def load(self) -> None:
        """Have everything ready for the first request."""
        with self._lock:
            if self._own and not self._stopped:
                self._ask(None)

    def routines(self) -> bytes:
        """The object file of the runtime's routines."""
        with self._lock:
            if self._own:
                found = self._ask(None)
                if isinstance(found, bytes):
                    return found
        from whitehot import service

        return service.routines()

    def compile(self, request: Request, choices: Choices, is_wanted: Callable[[], bool]) -> CodeUnit:
        """Compile. Raises Unsupported, Cancelled, and CompilationFailed for whatever else goes wrong."""
        with self._lock:
            if self._stopped:
                raise Cancelled
            if self._own:
                self._unwanted.set(on=not is_wanted())
                found = self._ask((request, choices, self._unwanted.address))
                if isinstance(found, tuple):
                    _raise(*found)
                if found is not None:
                    if not is_wanted():
                        raise Cancelled
                    return found  # type: ignore[return-value]  # a CodeUnit
        from whitehot import service

        return service.compile(request, choices, is_wanted)

    def stop(self) -> None:
        """What is being compiled is not wanted any more, nor is anything else."""
        self._stopped = True
        self._unwanted.set(on=True)

    def close(self) -> None:
        """End the interpreter, as soon as it has answered."""
        with self._lock:
            if self._interpreter is not None:
                interpreters.destroy(self._interpreter)
                self._interpreter = None

    def _ask(self, question: object) -> object:
        """The answer; None where there is none: from then on everything happens in this interpreter. The lock is held."""
        try:
            if self._interpreter is None:
                self._interpreter = interpreters.create()
                interpreters.call(self._interpreter, _begin, marshal.dumps(_path()))
            found: object = wire.loads(interpreters.call(self._interpreter, _answer, wire.dumps(question)))
        except interpreters.InterpreterLost:
            self._own = False
            return None
        return found


def _raise(kind: str, *arguments: Any) -> NoReturn:
    raise {"Unsupported": Unsupported, "Cancelled": Cancelled, "CompilationFailed": CompilationFailed}[kind](*arguments)


def for_each_tier(*, own_interpreters: bool) -> dict[Tier, Compiler]:
    """Compilers for the tiers, that of the first tier first."""
    return {tier: Compiler(own_interpreter=own_interpreters) for tier in Tier}


def _is_possible() -> bool:
    """Whether an interpreter of our own can be had unnoticed: not where the program has others too and counts them, nor where it traces memory."""
    return not interpreters.others() and "tracemalloc" not in sys.modules and not sys.flags.dev_mode


def _path() -> list[str]:
    """Where modules are, those of the standard library first: whatever the program has put before them is not for us."""
    library = [place for place in sys.path if place.startswith(sys.base_prefix) and "-packages" not in place]
    return library + [place for place in sys.path if place not in library]


# These two run in the other interpreter, where they arrive as code: all they use, they import.


def _begin(data: bytes) -> bytes:
    import marshal
    import sys

    sys.path[:] = marshal.loads(data)
    from whitehot.runtime import ahead

    were_read = ahead.read_modules("compiler")
    __import__("whitehot.service")
    __import__("whitehot.stencil.emit")
    if not were_read:
        ahead.write_modules("compiler")
    return b""


def _answer(question: bytes) -> bytes:
    import whitehot.service

    return whitehot.service.answer(question)
