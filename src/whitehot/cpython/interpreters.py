"""Interpreters in the same process with a GIL of their own, as `concurrent.interpreters` offers them to programs (PEP 734, PEP 684).

That module would bring `threading` and `queue` along; what is below it is all that is needed here (Modules/_interpretersmodule.c).
"""

from __future__ import annotations

import _ctypes
import _interpreters
import sys

from whitehot.cpython.structure import InlineArray, Pointer, Structure, c_int, c_ulong, i64, offset_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Annotated


# `ctypes` itself takes longer to load than an interpreter to make.
class _Word(_ctypes._SimpleCData):  # type: ignore[type-arg]
    """A word of memory, as `ctypes.c_int64`."""

    _type_ = "q"


class _Int(_ctypes._SimpleCData):  # type: ignore[type-arg]
    """A C int, as `ctypes.c_int`."""

    _type_ = "i"


class _AddressFunction(_ctypes.CFuncPtr):
    """A C function without arguments that gives back an address, called with the GIL held."""

    _flags_ = _ctypes.FUNCFLAG_CDECL | _ctypes.FUNCFLAG_PYTHONAPI
    _restype_ = _Word


class Config(Structure):
    """The beginning of `PyConfig` (Include/cpython/initconfig.h): what a new interpreter starts with is a copy of this one's."""

    config_init: c_int
    isolated: c_int
    use_environment: c_int
    dev_mode: c_int
    install_signal_handlers: c_int
    use_hash_seed: c_int
    hash_seed: c_ulong
    faulthandler: c_int
    tracemalloc: c_int
    perf_profiling: c_int
    remote_debug: c_int
    import_time: c_int
    code_debug_ranges: c_int
    show_ref_count: c_int
    dump_refs: c_int
    dump_refs_file: Pointer
    malloc_stats: c_int
    filesystem_encoding: Pointer
    filesystem_errors: Pointer
    pycache_prefix: Pointer
    parse_argv: c_int
    orig_argv: Annotated[InlineArray[i64], 2]
    argv: Annotated[InlineArray[i64], 2]
    xoptions: Annotated[InlineArray[i64], 2]
    warnoptions: Annotated[InlineArray[i64], 2]
    site_import: c_int


def _own_config() -> Callable[[str], _Int]:
    """The fields of this interpreter's configuration. Raises InterpreterLost where it does not look as it should."""
    try:
        process = _ctypes.dlopen(None, 0)  # type: ignore[arg-type]  # as in `ctypes.CDLL(None)`
        address: int = _AddressFunction(_ctypes.dlsym(process, "_Py_GetConfig"))()
    except (AttributeError, OSError) as error:
        raise InterpreterLost(str(error)) from error

    def field(name: str) -> _Int:
        return _Int.from_address(address + offset_of(Config, name))

    flags = sys.flags
    expected = {
        "isolated": flags.isolated,
        "use_environment": 1 - flags.ignore_environment,
        "dev_mode": flags.dev_mode,
        "site_import": 1 - flags.no_site,
        "orig_argv": len(sys.orig_argv),
    }
    if any(field(name).value != value for name, value in expected.items()):
        raise InterpreterLost("PyConfig is not what it was in CPython 3.14")
    return field


class InterpreterLost(Exception):
    """An interpreter cannot be made, or does not answer; the text says why."""


class Flag:
    """A word of memory that all interpreters see: whoever made it keeps it alive, others look at its address."""

    def __init__(self, address: int | None = None) -> None:
        self._word = _Word(0) if address is None else _Word.from_address(address)
        self.address = _ctypes.addressof(self._word)

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
    site = _own_config()("site_import")
    had_site, site.value = site.value, 0
    try:
        found: int = _interpreters.create("isolated")
    except Exception as error:
        raise InterpreterLost(str(error)) from error
    finally:
        site.value = had_site
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
