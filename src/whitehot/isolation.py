"""Modules of whitehot keep the builtins that they were written for, whatever the program does to its own.

A program may replace `len`, `print` or `__import__` in the module `builtins`. The compiler runs in the same process, and must neither call
such a replacement, which the program would notice, nor be led astray by what it returns. A module's functions find builtins in the dict that its
globals name under `__builtins__` (`PyFunction_NewWithQualName` in Objects/funcobject.c); this loader puts a copy there before the module runs.

Only whitehot's own folders get another finder (`sys.path_importer_cache`), so no other import is touched.
"""

from __future__ import annotations

import builtins
import sys
from _frozen_importlib import ModuleSpec, _ModuleLockManager  # type: ignore[attr-defined]  # not in typeshed
from _frozen_importlib_external import FileFinder, SourceFileLoader, spec_from_file_location

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType, ModuleType

_own = dict(vars(builtins))

#: Modules that have been read ahead (runtime/ahead.py): whether they are packages, and their code.
ahead: dict[str, tuple[bool, CodeType]] = {}

#: The modules that have been run, in the order in which that ended: each after those that it imports.
finished: list[str] = []


def is_wanted() -> bool:
    """Whether to go on loading modules; replaced where that may change."""
    return True


class Loader(SourceFileLoader):
    """Loads one module of whitehot."""

    def get_code(self, fullname: str) -> CodeType | None:
        """Its code, from memory where it has been read ahead."""
        read = ahead.pop(fullname, None)
        return super().get_code(fullname) if read is None else read[1]

    def exec_module(self, module: ModuleType) -> None:
        """Run the module's code on builtins of its own. Raises ImportError where nobody wants it any more."""
        _prepare(module)
        super().exec_module(module)
        finished.append(module.__name__)


def _prepare(module: ModuleType) -> None:
    if not is_wanted():
        raise ImportError(f"{module.__name__} is not needed any more")
    module.__dict__["__builtins__"] = _own
    isolate(getattr(module, "__path__", []))


class _Finder:
    """Finds the modules in one of our folders, without a look at the folder where they have been read ahead."""

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self.files = FileFinder(folder, (Loader, [".py"]))

    def find_spec(self, fullname: str, target: ModuleType | None = None) -> ModuleSpec | None:
        """See `importlib.abc.PathEntryFinder`."""
        read = ahead.get(fullname)
        if read is None:
            return self.files.find_spec(fullname, target)
        place = f"{self.folder}/{fullname.rpartition('.')[2]}"
        path = f"{place}/__init__.py" if read[0] else f"{place}.py"
        within = [place] if read[0] else None
        return spec_from_file_location(fullname, path, loader=Loader(fullname, path), submodule_search_locations=within)

    def invalidate_caches(self) -> None:
        """See `importlib.abc.PathEntryFinder`."""
        self.files.invalidate_caches()


def run_ahead() -> None:
    """Run what has been read ahead, in the order in which it was read, each module with what it imports before it.

    That is what `import` would do, without looking for each module: a third of the time that importing them takes. What another thread imports meanwhile waits
    for the same locks. Raises ImportError where nobody wants them any more, and whatever a module raises.
    """
    for name, (is_package, _) in list(ahead.items()):
        __import__(name.rpartition(".")[0])  # a package that imports what is in it has ended after that
        with _ModuleLockManager(name):
            read = None if name in sys.modules else ahead.pop(name, None)
            if read is not None:
                _run(name, is_package, read[1])
    ahead.clear()


def _run(name: str, is_package: bool, code: CodeType) -> None:
    package, _, last = name.rpartition(".")
    parent = sys.modules[package]
    folder = f"{parent.__path__[0]}/{last}"
    path = f"{folder}/__init__.py" if is_package else f"{folder}.py"
    spec = ModuleSpec(name, Loader(name, path), origin=path, is_package=is_package)
    module = type(sys)(name)
    attributes: dict[str, object] = {
        "__file__": path,
        "__loader__": spec.loader,
        "__spec__": spec,
        "__package__": spec.parent,
    }
    if is_package:
        attributes["__path__"] = spec.submodule_search_locations = [folder]
    vars(module).update(attributes)
    spec.has_location = spec._initializing = True  # type: ignore[attr-defined]
    sys.modules[name] = module
    try:
        _prepare(module)
        exec(code, vars(module))
    except BaseException:
        sys.modules.pop(name, None)
        raise
    finally:
        spec._initializing = False  # type: ignore[attr-defined]
    setattr(parent, last, module)
    finished.append(name)


def isolate(folders: list[str]) -> None:
    """Load the modules in these folders, and those in their packages, with the builtins as they are now."""
    for folder in folders:
        sys.path_importer_cache[folder] = _Finder(folder)
