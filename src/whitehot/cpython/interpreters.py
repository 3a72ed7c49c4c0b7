"""Interpreters in the same process with a GIL of their own, as `concurrent.interpreters` offers them to programs (PEP 734, PEP 684).

That module would bring `threading` and `queue` along; what is below it is all that is needed here (Modules/_interpretersmodule.c).
"""

from __future__ import annotations

import _interpreters
import ctypes
import sys

from whitehot.cpython import prototypes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


_config_of_this = prototypes.function(ctypes.c_void_p)(("_Py_GetConfig", ctypes.pythonapi))


class _WideStringList(ctypes.Structure):
    """`PyWideStringList`."""

    _fields_ = (("length", ctypes.c_ssize_t), ("items", ctypes.c_void_p))


def _fields(names: str, type: object) -> Any:
    return [(name, type) for name in names.split()]


class _Config(ctypes.Structure):
    """The beginning of `PyConfig` (Include/cpython/initconfig.h): what a new interpreter starts with is a copy of this one's."""

    _fields_ = (
        *_fields("config_init isolated use_environment dev_mode install_signal_handlers use_hash_seed", ctypes.c_int),
        ("hash_seed", ctypes.c_ulong),
        *_fields("faulthandler tracemalloc perf_profiling remote_debug import_time code_debug_ranges", ctypes.c_int),
        *_fields("show_ref_count dump_refs", ctypes.c_int),
        ("dump_refs_file", ctypes.c_void_p),
        ("malloc_stats", ctypes.c_int),
        *_fields("filesystem_encoding filesystem_errors pycache_prefix", ctypes.c_void_p),
        ("parse_argv", ctypes.c_int),
        *_fields("orig_argv argv xoptions warnoptions", _WideStringList),
        ("site_import", ctypes.c_int),
    )


def _own_config() -> _Config:
    """This interpreter's configuration. Raises InterpreterLost where it does not look as it should."""
    config = _Config.from_address(_config_of_this())
    flags = sys.flags
    if (
        (config.isolated, config.use_environment, config.dev_mode, config.site_import)
        != (flags.isolated, 1 - flags.ignore_environment, flags.dev_mode, 1 - flags.no_site)
        or config.orig_argv.length != len(sys.orig_argv)
    ):  # fmt: skip
        raise InterpreterLost("PyConfig is not what it was in CPython 3.14")
    return config


class InterpreterLost(Exception):
    """An interpreter cannot be made, or does not answer; the text says why."""


class Flag:
    """A word of memory that all interpreters see: whoever made it keeps it alive, others look at its address."""

    def __init__(self, address: int | None = None) -> None:
        self._word = ctypes.c_int64(0) if address is None else ctypes.c_int64.from_address(address)
        self.address = ctypes.addressof(self._word)

    def set(self, *, on: bool) -> None:
        self._word.value = on

    def __bool__(self) -> bool:
        return bool(self._word.value)


def others() -> int:
    """How many interpreters the process has besides the main one."""
    return len(_interpreters.list_all()) - 1


def create() -> int:
    """A new interpreter with a GIL of its own, that has not run `site`: start-up files and `sitecustomize` are the program's. Its number.

    Raises InterpreterLost.
    """
    config = _own_config()
    had_site, config.site_import = config.site_import, 0
    try:
        found: int = _interpreters.create("isolated")
    except Exception as error:
        raise InterpreterLost(str(error)) from error
    finally:
        config.site_import = had_site
    return found


def call(interpreter: int, function: Callable[[bytes], bytes], data: bytes) -> bytes:
    """What a function that uses nothing from outside (it goes there as code) makes of some bytes in another interpreter, on this thread.

    Raises InterpreterLost where it raises.
    """
    try:
        result, error = _interpreters.call(interpreter, function, (data,))
    except Exception as problem:
        raise InterpreterLost(str(problem)) from problem
    if error is not None:
        raise InterpreterLost(error.formatted)
    assert isinstance(result, bytes)
    return result


def destroy(interpreter: int) -> None:
    """End an interpreter that runs nothing. One that has gone is none of our business."""
    try:
        _interpreters.destroy(interpreter)
    except _interpreters.InterpreterError:
        return
