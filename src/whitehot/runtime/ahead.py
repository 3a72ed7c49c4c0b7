"""Reading ahead what loading the compiler needs, on the program's own thread.

Loading happens on another thread, which a busy program lets run for a few milliseconds after each time it waited for a file: with a hundred
modules that would take half a second. Here the program's thread reads all files at once, which takes some milliseconds; the other thread then
only runs what has been read.

The code of our own modules is kept in one file of the cache folder. The first process that loads the compiler without it writes it.
"""

from __future__ import annotations

import os
import sys

from whitehot import isolation

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

#: Modules of the standard library that the compiler imports.
_STANDARD = (
    "bisect", "collections.abc", "ctypes._layout", "enum", "functools", "heapq", "itertools", "math", "mmap", "opcode", "operator", "reprlib", "struct",
    "typing", "weakref", "zlib",
)  # fmt: skip

#: Folders whose modules only tools import, or are imported when stencils are made.
_LEFT_OUT = frozenset({"tools", "kits", "__pycache__"})


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

        modules: dict[str, tuple[bool, bytes]] | None = cache.stored("modules")
        cache.read_ahead("kit")
    except ImportError, RecursionError:
        return False
    finally:
        unseen.end()
    if modules is None:
        return False
    isolation.ahead.update(modules)
    return True


def write() -> None:
    """Keep the code of our modules for the next process."""
    from whitehot.runtime import cache

    cache.get("modules", lambda: dict(_modules()))


def _is_unfinished(name: str) -> bool:
    spec = getattr(sys.modules.get(name), "__spec__", None)
    return bool(getattr(spec, "_initializing", False))


def _modules() -> Iterator[tuple[str, tuple[bool, bytes]]]:
    """Each module's name, whether it is a package, and its code as `marshal` writes it."""
    import marshal

    from whitehot.runtime.cache import SOURCES

    for folder, folders, files in os.walk(SOURCES):
        folders[:] = [name for name in folders if name not in _LEFT_OUT]
        parts = ["whitehot", *os.path.relpath(folder, SOURCES).replace(os.curdir, "", 1).split(os.sep)]
        package = ".".join(filter(None, parts))
        for file in files:
            if file.endswith(".py") and (package != "whitehot" or file != "__init__.py"):
                name = package if file == "__init__.py" else f"{package}.{file.removesuffix('.py')}"
                code = isolation.Loader(name, os.path.join(folder, file)).get_code(name)
                if code is not None:
                    yield name, (file == "__init__.py", marshal.dumps(code))
