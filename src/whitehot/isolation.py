"""Modules of whitehot keep the builtins that they were written for, whatever the program does to its own.

A program may replace `len`, `print` or `__import__` in the module `builtins`. The compiler runs in the same process, and must neither call
such a replacement, which the program would notice, nor be led astray by what it returns. A module's functions find builtins in the dict that its
globals name under `__builtins__` (`PyFunction_NewWithQualName` in Objects/funcobject.c); this loader puts a copy there before the module runs.

Only whitehot's own folders get another finder (`sys.path_importer_cache`), so no other import is touched.
"""

from __future__ import annotations

import builtins
import sys
from _frozen_importlib_external import FileFinder, SourceFileLoader

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType

_own = dict(vars(builtins))


class _Loader(SourceFileLoader):
    """Loads one module of whitehot."""

    def exec_module(self, module: ModuleType) -> None:
        """Run the module's code on builtins of its own."""
        module.__dict__["__builtins__"] = _own
        isolate(getattr(module, "__path__", []))
        super().exec_module(module)


def isolate(folders: list[str]) -> None:
    """Load the modules in these folders, and those in their packages, with the builtins as they are now."""
    for folder in folders:
        sys.path_importer_cache[folder] = FileFinder(folder, (_Loader, [".py"]))
