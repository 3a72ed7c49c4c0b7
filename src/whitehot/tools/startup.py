"""Switching whitehot on as Python starts, before the program's first line.

The wheel puts two small files at the top of `site-packages`. Python reads them when it starts:

- `whitehot.pth`, whose one line looks at the environment and at `-X whitehot`, and calls `activate` only
  when one of them asks for it. Programs that do not ask pay for two dictionary look-ups.
- `whitehot.start`, which Python 3.15 and later reads instead (PEP 829), and which always calls `activate`.

Nothing here may keep a program from running: whatever goes wrong is one line on standard error. For the same
reason this file imports only what Python has already loaded, and keeps to a syntax that older versions read.
"""

from __future__ import annotations

import sys

from whitehot import settings

trouble: str | None = None
"""Why whitehot could not be switched on in this process, when that was tried."""


def obstacle() -> str | None:
    """Why whitehot cannot run on this interpreter, as far as that can be told at a glance, or None."""
    if sys.implementation.name != "cpython":
        return f"only CPython is supported, and this is {sys.implementation.name}"
    if sys.version_info[:2] != (3, 14):
        return f"only CPython 3.14 is supported, and this is {sys.version_info[0]}.{sys.version_info[1]}"
    if "t" in getattr(sys, "abiflags", ""):
        return "the free-threaded build of CPython is not supported"
    return None


def is_installed() -> bool:
    """Whether the start-up file lies where Python looks for it."""
    import os
    import site

    folders = [*site.getsitepackages(), *([site.getusersitepackages()] if site.ENABLE_USER_SITE else [])]
    return any(os.path.exists(os.path.join(folder, "whitehot.pth")) for folder in folders)


_was_tried = False


def activate() -> None:
    """Switch whitehot on when the environment or `-X whitehot` asks for it; never raises.

    Only the first call does anything: in a virtual environment Python reads its start-up files twice.
    """
    global _was_tried
    if _was_tried:
        return
    _was_tried = True
    try:
        if not settings.current().enabled:
            return
        cause = obstacle()
        if cause:
            give_up(cause)
        elif _is_main_interpreter():
            import whitehot

            whitehot.enable()
    except Exception as error:  # noqa: BLE001 - a program must start whatever is wrong with whitehot
        give_up(error)


def give_up(cause: Exception | str) -> None:
    """Say once, in one line, that the program runs without whitehot."""
    global trouble
    if trouble is None:
        trouble = _one_line(cause)
        settings.complain(f"{trouble}; running on plain CPython")


def _one_line(cause: Exception | str) -> str:
    """The cause in one line; errors that are not whitehot's own are named by their type."""
    if isinstance(cause, str):
        return cause
    from whitehot.errors import WhitehotError

    text = " ".join(str(cause).split())
    return text if isinstance(cause, WhitehotError) else f"could not start ({type(cause).__name__}: {text})"


def _is_main_interpreter() -> bool:
    """Subinterpreters read the start-up files too; whitehot stays out of them."""
    import _interpreters

    return _interpreters.get_current() == _interpreters.get_main()
