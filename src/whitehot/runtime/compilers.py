"""Where compiling happens: in interpreters of our own, beside the program's GIL; or, where these cannot be had, in the program's.

    request ──▶ front end: IR, passes, stencils ──▶ unit of the baseline tier
                         └──▶ text of a module ──▶ LLVM ──▶ unit of the optimizing tier

The front end is one for both tiers, and LLVM has an interpreter to itself: what takes milliseconds does not wait for what takes a second, and what is for LLVM alone
is loaded, with little else, when something is white-hot.
"""

from __future__ import annotations

import _tracemalloc
import sys

from whitehot.cpython import interpreters
from whitehot.errors import Cancelled, CompilationFailed, Unsupported
from whitehot.record import replace
from whitehot.runtime.own_interpreter import OwnInterpreter
from whitehot.tiers import Tier

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, NoReturn

    from whitehot.request import Choices, CodeUnit, Request

#: Modules written in C that the front end imports, or that are imported on the way.
_EXTENSIONS = (
    "_abc", "_bisect", "_collections", "_ctypes", "_functools", "_heapq", "_interpreters", "_opcode", "_operator", "_stat", "_struct", "_types", "errno",
    "gc", "itertools", "math", "zlib",
)  # fmt: skip


class Compiler:
    """Compiles for one tier, one request after the other."""

    def __init__(self, front: OwnInterpreter, llvm: OwnInterpreter | None = None) -> None:
        self.front = front
        self.llvm = llvm

    @property
    def is_elsewhere(self) -> bool:
        """Whether it runs beside the program's GIL."""
        return all(own.is_possible for own in self._interpreters())

    def open(self) -> None:
        """Make what the first request will need, on the program's thread (`OwnInterpreter.open`)."""
        self.front.open()

    def load(self) -> None:
        """Have everything ready for the first request. What goes wrong, or is given up because the program ends, the first request is told too."""
        try:
            self._ask(self.front, None, None)
        except Unsupported, Cancelled, CompilationFailed:
            return

    def routines(self) -> bytes:
        """The object file of the runtime's routines."""
        found = self._ask(self.front, None, None)
        if isinstance(found, bytes):
            return found
        if self._is_unwanted():
            raise Cancelled
        from whitehot import service

        return service.routines()

    def compile(self, request: Request, choices: Choices, is_wanted: Callable[[], bool]) -> CodeUnit:
        """Compile. Raises Unsupported, Cancelled, and CompilationFailed for whatever else goes wrong."""
        found = self._compile_elsewhere(request, choices, is_wanted)
        if self._is_unwanted() or not is_wanted():
            raise Cancelled
        if found is not None:
            return found
        from whitehot import service

        return service.compile_here(request, choices, is_wanted)

    def _compile_elsewhere(self, request: Request, choices: Choices, is_wanted: Callable[[], bool]) -> CodeUnit | None:
        """The unit; None where there is none to be had in this way."""
        draft = self._ask(self.front, request, choices)
        if self.llvm is None:
            unit: CodeUnit | None = draft
            return unit
        if draft is None or not is_wanted():
            return None
        unit, text = draft
        made = self._ask(self.llvm, text, choices.level)
        if made is None:
            return None
        machine_code, seconds = made
        return replace(unit, object=machine_code, seconds={**unit.seconds, "llvm": seconds})

    def _ask(self, own: OwnInterpreter, *parts: object) -> Any:
        """An answer; None where there is none: unless it is unwanted, that happens in the program's interpreter. Raises what is raised there."""
        if not own.is_possible or own.unwanted:
            return None
        from whitehot import wire

        answer = own.ask(wire.dumps((own.unwanted.address, *parts)))
        if answer is None:
            return None
        raised, found = wire.loads(answer)
        if raised is not None:
            _raise(*raised)
        return found

    def _interpreters(self) -> list[OwnInterpreter]:
        return [self.front] if self.llvm is None else [self.front, self.llvm]

    def _is_unwanted(self) -> bool:
        return any(own.unwanted for own in self._interpreters())

    def tidy(self, is_idle: bool) -> None:
        """Collect what compiling has left behind, between units."""
        if self.llvm is not None:
            self.llvm.tidy(is_idle)
        # The other tier may need the front end now, if this one does not.
        self.front.tidy(is_idle and self.llvm is None)

    def interrupt(self) -> None:
        """What is being done is not wanted any more, nor is anything until `resume`."""
        for own in self._interpreters():
            own.interrupt()

    def stop(self) -> None:
        """What is being done is not wanted any more, nor is anything else."""
        for own in self._interpreters():
            own.stop()

    def close(self) -> None:
        """End the interpreters, as soon as they have answered."""
        for own in self._interpreters():
            own.close()

    def resume(self) -> None:
        """After `interrupt` and `close`: begin anew when there is something to do."""
        for own in self._interpreters():
            own.resume()

    def begin_anew(self) -> None:
        """The same in a forked child, where a thread that held a lock is gone."""
        for own in self._interpreters():
            own.begin_anew()


def _raise(kind: str, *arguments: Any) -> NoReturn:
    raise {"Unsupported": Unsupported, "Cancelled": Cancelled, "CompilationFailed": CompilationFailed}[kind](*arguments)


def for_each_tier(*, own_interpreters: bool) -> dict[Tier, Compiler]:
    """Compilers for the tiers, that of the first tier first."""
    is_possible = own_interpreters and _is_possible()
    front = OwnInterpreter(_load_front_end, _answer, _EXTENSIONS, is_possible=is_possible)
    llvm = OwnInterpreter(_load_llvm, _answer_with_llvm, (), is_possible=is_possible)
    return {Tier.BASELINE: Compiler(front), Tier.OPTIMIZING: Compiler(front, llvm)}


def _is_possible() -> bool:
    """Whether an interpreter of our own can be had unnoticed: not where the program has others too and counts them, nor where it traces memory."""
    return not interpreters.others() and not _tracemalloc.is_tracing() and not sys.flags.dev_mode


# These run in the other interpreters.


def _load_front_end(data: bytes) -> bytes:
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
    for name in ("whitehot.service", "whitehot.stencil.emit", "whitehot.llvm.emit"):
        __import__(name)
    if not were_read:
        ahead.write_modules("compiler")
    gc.freeze()
    return b""


def _answer(question: bytes) -> bytes:
    import whitehot.service

    return whitehot.service.answer(question)


def _load_llvm(data: bytes) -> bytes:
    import gc
    import marshal
    import sys

    gc.disable()
    sys.path[:], address = marshal.loads(data)
    from whitehot import isolation
    from whitehot.cpython.interpreters import Flag

    unwanted = Flag(address)
    isolation.is_wanted = lambda: not unwanted
    from whitehot.llvm import resources

    sys.modules["importlib.resources"] = resources
    __import__("whitehot.llvm.service")
    gc.freeze()
    return b""


def _answer_with_llvm(question: bytes) -> bytes:
    import whitehot.llvm.service

    return whitehot.llvm.service.answer(question)
