"""Exceptions of the program that happen to be raised in the middle of whitehot's own code.

CPython runs signal handlers wherever the main thread is, and that may be one of our callbacks. What a handler raises (KeyboardInterrupt above all)
belongs to the program: it goes on to it, without a trace of where it was raised. The same goes for exceptions that one thread sends another
(`PyThreadState_SetAsyncExc`).
"""

from __future__ import annotations

import os
import sys

from whitehot.runtime.watch import OWN_FOLDER

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType

#: Where the exceptions that whitehot's code may raise are defined.
_OUR_PACKAGES = {"whitehot", "llvmlite", *sys.stdlib_module_names}

#: Where the standard library lies.
_LIBRARY_FOLDER = os.__file__.removesuffix("os.py")


def _is_our_frame(trace: TracebackType) -> bool:
    name = trace.tb_frame.f_code.co_filename
    return name.startswith((OWN_FOLDER, "<frozen")) or "llvmlite" in name


def is_ours(error: BaseException) -> bool:
    """Whether an exception that was caught in whitehot was raised by whitehot (or what that calls), not by a signal handler or another thread.

    The standard library is both whitehot's and the program's: an exception that came through nothing else is taken for ours.
    """
    if not isinstance(error, Exception):
        return False
    if type(error).__module__.partition(".")[0] not in _OUR_PACKAGES:
        return False
    trace = error.__traceback__
    while trace is not None:
        name = trace.tb_frame.f_code.co_filename
        in_library = name.startswith(_LIBRARY_FOLDER) and "-packages" not in name
        if not in_library and not _is_our_frame(trace):
            return False
        trace = trace.tb_next
    return True


def without_our_frames(error: BaseException) -> BaseException:
    """The exception as it would be had the handler run in the program."""
    trace = error.__traceback__
    while trace is not None and _is_our_frame(trace):
        trace = trace.tb_next
    return error.with_traceback(trace)
