"""Reading ahead what loading the compiler needs, on the program's own thread.

Loading happens on another thread, which a busy program lets run for a few milliseconds after each time it waited for a file: with a hundred
modules that would take half a second. Here the program's thread reads all files at once, which takes some milliseconds; the other thread then
only runs what has been read.

The code of our own modules is kept in one file of the cache folder, for the engine and for the compiler. The first process that loads either without it
writes it.
"""

from __future__ import annotations

import sys

from whitehot import isolation, record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import CodeType

#: Modules of the standard library that the engine imports.
_STANDARD = (
    "bisect", "collections.abc", "ctypes._layout", "enum", "itertools", "math", "mmap", "opcode", "operator", "struct", "weakref", "zlib",
)  # fmt: skip

#: The tools are not part of any engine.
_LEFT_OUT = "whitehot.tools"


def read() -> bool:
    """Read ahead, unless the program is in the middle of importing one of the modules needed; whether anything was left to be read."""
    if any(_is_unfinished(name) for name in _STANDARD):
        return False
    try:
        from whitehot.runtime import unseen
    except ImportError, RecursionError:
        return False
    unseen.begin()
    try:
        for name in _STANDARD:
            __import__(name)
        from whitehot.runtime import cache

        cache.read_ahead("routines")
        return read_modules("engine")
    except ImportError, RecursionError:
        return False
    finally:
        unseen.end()


def read_modules(name: str) -> bool:
    """Read the code of the modules that an earlier interpreter has kept under this name, if there is one."""
    from whitehot.runtime import cache

    kept: tuple[list[tuple[str, bool, CodeType]], dict[str, CodeType]] | None = cache.stored(f"{name}-modules")
    if kept is None:
        return False
    modules, initializers = kept
    isolation.ahead.update({module: (is_package, code) for module, is_package, code in modules})
    record.initializers.update(initializers)
    return True


def write_modules(name: str) -> None:
    """Keep the code of our modules that this interpreter has imported, for the next process."""
    from whitehot.runtime import cache

    cache.get(f"{name}-modules", lambda: (list(_modules()), record.initializers))


def _is_unfinished(name: str) -> bool:
    spec = getattr(sys.modules.get(name), "__spec__", None)
    return bool(getattr(spec, "_initializing", False))


def _modules() -> Iterator[tuple[str, bool, CodeType]]:
    """Each module's name, whether it is a package, and its code, those that it imports before it."""
    for name in isolation.finished:
        module = sys.modules.get(name)
        loader = getattr(module, "__loader__", None)
        if isinstance(loader, isolation.Loader) and not name.startswith(_LEFT_OUT):
            code = isolation.Loader(name, loader.path).get_code(name)
            if code is not None:
                yield name, hasattr(module, "__path__"), code
