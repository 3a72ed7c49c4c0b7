"""The compiler as the runtime uses it: in this interpreter, or asked from another one, bytes in and bytes out (runtime/compilers.py)."""

from __future__ import annotations

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


def routines() -> bytes:
    """The object file of the runtime's routines. The first call of `routines` or `compile` reads or makes the kit of this platform."""
    if not _routines:
        found, templates, stencils = cache.get("kit", kit.found_or_made)
        lowlevel.keep(templates)
        library.keep(stencils)
        _routines.append(found)
    return _routines[0]


def compile(request: Request, choices: Choices, is_wanted: Callable[[], bool]) -> CodeUnit:
    """Compile. Raises Unsupported, Cancelled, and CompilationFailed for whatever else goes wrong."""
    try:
        routines()
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
    """What is asked from another interpreter: None for the routines, else a request, choices, and the address of a word that comes to be set when nobody
    wants the result any more. The answer is the routines, the unit, or the exception to raise: its name and arguments.
    """
    asked = wire.loads(question)
    if asked is None:
        return wire.dumps(routines())
    request, choices, address = asked
    unwanted = Flag(address)
    try:
        return wire.dumps(compile(request, choices, lambda: not unwanted))
    except (Unsupported, Cancelled, CompilationFailed) as error:
        return wire.dumps((type(error).__name__, *error.args))
