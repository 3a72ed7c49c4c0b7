"""What LLVM makes for the runtime, once: its own routines, the templates of the operations, the stencils of the baseline tier.

A *kit* is that for one platform, as plain data. Wheels bring one for each platform (`kits/`, made as the wheel is built), with the digest of the sources
that it was made from. Where that is not the digest of the sources at hand, the kit is made anew, which takes LLVM some seconds, once: the
cache folder keeps it (`runtime/cache.py`).
"""

from __future__ import annotations

import marshal
import os
import sys

from whitehot.runtime.cache import SOURCES, source_files
from whitehot.stencil import library

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    #: The object file of the routines, templates by name, stencils by name; the latter two each as `marshal` writes them, as few are ever looked at.
    type Kit = tuple[bytes, dict[str, bytes], dict[str, bytes]]

FOLDER = os.path.join(SOURCES, "kits")


def routines_text() -> str:
    """The LLVM IR of the runtime's routines."""
    from whitehot.ir.ops import dying, generic, handover, iterators, lists, memory
    from whitehot.lowlevel import module_of
    from whitehot.runtime import native_context, native_enter, native_errors, native_leave

    routines = [
        value
        for module in (
            native_context,
            native_errors,
            native_leave,
            native_enter,
            handover,
            dying,
            generic,
            iterators,
            lists,
            memory,
        )
        for name, value in vars(module).items()
        if name.startswith("whitehot_") and callable(value) and value.__module__ == module.__name__
    ]
    return module_of(routines)


def make(target: str, is_wanted: Callable[[], bool] = lambda: True) -> Kit:
    """A platform's kit, made by LLVM now. Raises Cancelled where nobody wants it any more."""
    from whitehot.ir.ops import OPERATIONS
    from whitehot.llvm.machine import compile_for
    from whitehot.lowlevel import kept
    from whitehot.stencil.make import TARGETS
    from whitehot.stencil.make import make as make_stencils

    templates = kept((operation.body, operation.attributes) for operation in OPERATIONS.values() if operation.body)
    stencils = make_stencils(TARGETS[target], is_wanted)
    return (
        compile_for(TARGETS[target], routines_text()),
        {name: marshal.dumps(data) for name, data in templates.items()},
        {name: marshal.dumps(stencil.data) for name, stencil in stencils.items()},
    )


def digest() -> str:
    """What a kit depends on: the package's sources by content, and the version of Python whose structures they describe."""
    import hashlib

    found = hashlib.blake2b(f"{sys.version_info[:2]}".encode(), digest_size=16)
    for path in source_files():
        with open(os.path.join(SOURCES, path), "rb") as file:
            found.update(path.replace(os.sep, "/").encode())
            found.update(file.read())
    return found.hexdigest()


def shipped(target: str) -> Kit | None:
    """The kit that came with the package, if it was made from these sources."""
    try:
        with open(os.path.join(FOLDER, f"{target}.kit"), "rb") as file:
            wanted, kit = marshal.load(file)
    except OSError, EOFError, ValueError, TypeError:
        return None
    return kit if wanted == digest() else None


def write(target: str, path: str) -> None:
    """Put a platform's kit into a file, to be shipped."""
    data = marshal.dumps((digest(), make(target)))
    with open(path, "wb") as file:
        file.write(data)


def found_or_made(is_wanted: Callable[[], bool] = lambda: True) -> Kit:
    """This platform's kit: that of the package, or one made now. Raises Cancelled where nobody wants it any more."""
    target = library.target()
    return shipped(target) or make(target, is_wanted)
