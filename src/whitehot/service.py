"""The compiler as the runtime uses it: in this interpreter, or asked from another one, bytes in and bytes out (runtime/compilers.py)."""

from __future__ import annotations

import time

from whitehot import lowlevel, wire
from whitehot.compiler import compile_unit, draft
from whitehot.cpython.interpreters import Flag
from whitehot.errors import as_failure
from whitehot.request import Choices, CodeUnit, Request
from whitehot.runtime import cache, kit
from whitehot.stencil import library
from whitehot.tiers import Tier

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
    except Exception as error:  # noqa: BLE001 - a bug in the compiler is no bug in the program
        raise as_failure(error) from None


def answer(question: bytes) -> bytes:
    """What is asked from another interpreter: the address of a flag that is set when nobody wants the answer any more, and a request with choices, or None twice
    for the routines. The answer is a pair: the name and arguments of the exception to raise, or None; and the routines, the unit, or for LLVM the unit without its machine code, and
    the text of its module.
    """
    address, request, choices = wire.loads(question)
    unwanted = Flag(address)

    def is_wanted() -> bool:
        return not unwanted

    found: object
    try:
        found = routines(is_wanted)
        if request is not None:
            unit, text = draft(request, choices, None, is_wanted)
            found = unit if choices.tier is Tier.BASELINE else (unit, text)
    except Exception as error:  # noqa: BLE001 - a bug in the compiler is no bug in the program
        failure = as_failure(error)
        return wire.dumps(((type(failure).__name__, *failure.args), None))
    return wire.dumps((None, found))
