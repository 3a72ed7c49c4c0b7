"""Running code of ours on a thread of the program's, or on one of our own, unseen by tools and by our own watch, before there is native code."""

from __future__ import annotations

import ctypes

from whitehot.cpython import prototypes

_thread_state = prototypes.function(ctypes.c_void_p)(("PyThreadState_Get", ctypes.pythonapi))
_enter = prototypes.function(None, ctypes.c_void_p)(("PyThreadState_EnterTracing", ctypes.pythonapi))
_leave = prototypes.function(None, ctypes.c_void_p)(("PyThreadState_LeaveTracing", ctypes.pythonapi))


def begin() -> None:
    """What the calling thread runs from now on is seen by nobody."""
    _enter(_thread_state())


def end() -> None:
    """After `begin`."""
    _leave(_thread_state())
