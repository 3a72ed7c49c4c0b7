"""whitehot: a JIT compiler for stock CPython 3.14, written in Python.

Importing this package costs next to nothing and changes nothing: each function below loads what it needs
when it is called. Programs need none of them; `WHITEHOT=1 python app.py` runs a program unchanged.
"""

from __future__ import annotations

import sys

from whitehot.isolation import isolate

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    Function = TypeVar("Function", bound=Callable[..., object])

isolate(__path__)

__version__ = "0.1.0"
__all__ = ["__version__", "compile", "disable", "enable", "is_enabled", "never", "stats"]


def enable() -> None:
    """Switch whitehot on for this process; does nothing when it is on already, or when WHITEHOT=0.

    Raises:
        WhitehotError: this interpreter or machine cannot run it; the text says why.
    """
    from whitehot import settings

    asked = settings.current()
    if asked.enabled is False:
        return
    from whitehot.errors import WhitehotError
    from whitehot.tools import startup

    obstacle = startup.obstacle()
    if obstacle:
        raise WhitehotError(obstacle)
    from whitehot.runtime import control

    control.enable()
    if asked.stats or asked.stats_file:
        from whitehot.tools import report

        report.print_at_exit()


def disable() -> None:
    """Switch whitehot off; code that is running leaves native code at its next loop turn or call."""
    if is_enabled():
        from whitehot.runtime import control

        control.disable()


def is_enabled() -> bool:
    """Whether whitehot is on."""
    if "whitehot.runtime.control" not in sys.modules:
        return False
    from whitehot.runtime import control

    return control.is_enabled()


def compile(function: Callable[..., object]) -> bool:
    """Compile a function now rather than when it is hot; whether that worked (`stats()` says why not)."""
    from types import FunctionType

    from whitehot.runtime import control

    return isinstance(function, FunctionType) and control.compile_now(function)


def never(function: Function) -> Function:
    """Decorator: this function is left to the interpreter for good."""
    from whitehot.runtime import control

    control.never(function)
    return function


def stats() -> dict[str, object]:
    """Counts of what was compiled, entered, left, refused and thrown away, and why."""
    from whitehot.runtime import control

    return control.stats()
