"""The compiler as the runtime uses it: in this interpreter, or asked from another one, bytes in and bytes out (runtime/compilers.py)."""

from __future__ import annotations

import time

from whitehot import lowlevel, wire
from whitehot.compiler import compile_unit
from whitehot.cpython.interpreters import Flag
from whitehot.errors import Cancelled, CompilationFailed, Unsupported, trace_of
from whitehot.reasons import Reason
from whitehot.request import Choices, CodeUnit, Request
from whitehot.runtime import cache, kit
from whitehot.stencil import library

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_routines: list[bytes] = []


def routines(is_wanted: Callable[[], bool] = lambda: True) -> bytes:
    """The object file of the runtime's routines. The first call of `routines` or `compile` reads or makes the kit of this platform."""
    if not _routines:
        found, templates, stencils = cache.get("kit", lambda: kit.found_or_made(is_wanted))
        lowlevel.keep(templates)
        library.keep(stencils)
        _routines.append(found)
    return _routines[0]


def compile_here(request: Request, choices: Choices, is_wanted: Callable[[], bool]) -> CodeUnit:
    """Compile in the program's interpreter: it gets a turn after each stage."""

    def is_wanted_still() -> bool:
        time.sleep(0)
        return is_wanted()

    return compile(request, choices, is_wanted_still)


def compile(request: Request, choices: Choices, is_wanted: Callable[[], bool]) -> CodeUnit:
    """Compile. Raises Unsupported, Cancelled, and CompilationFailed for whatever else goes wrong."""
    try:
        routines(is_wanted)
        return compile_unit(request, choices, None, is_wanted)
    except Unsupported, Cancelled:
        raise
    except RuntimeError as error:
        raise CompilationFailed(Reason.LLVM_ERROR, str(error).partition("\n")[0], trace_of(error)) from None
    except MemoryError:
        raise CompilationFailed(Reason.MEMORY_CAP) from None
    except Exception as error:  # noqa: BLE001 - a bug in the compiler is no bug in the program
        text = f"{type(error).__name__}: {error}".partition("\n")[0]
        raise CompilationFailed(Reason.COMPILER_ERROR, text, trace_of(error)) from None


def answer(question: bytes) -> bytes:
    """What is asked from another interpreter: the address of a flag that is set when nobody wants the answer any more, and a request with choices, or None twice
    for the routines. The answer is the unit, the routines, or the exception to raise: its name and arguments.
    """
    address, request, choices = wire.loads(question)
    unwanted = Flag(address)
    try:
        if request is None:
            return wire.dumps(routines(lambda: not unwanted))
        return wire.dumps(compile(request, choices, lambda: not unwanted))
    except (Unsupported, Cancelled, CompilationFailed) as error:
        return wire.dumps((type(error).__name__, *error.args))
