"""What is kept from one process to the next: one small file in the user's cache folder, made of plain data.

The file names everything that its contents depend on, and is made anew where that is not what it was: the package's own sources,
the interpreter, LLVM. Sources go by path, size and time of change, which takes far less time than reading them.
"""

from __future__ import annotations

import marshal
import os
import sys
import time
from zlib import crc32

import whitehot
from whitehot.llvm.machine import llvm_version

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

#: The package, and the folders in it whose sources decide what native routines, templates and stencils look like.
SOURCES = os.path.dirname(os.path.abspath(whitehot.__file__))
_FOLDERS = ("cpython", "deopt", "ir", "ir/ops", "llvm", "lowlevel", "passes", "runtime", "stencil")
#: The other folders of the compiler: the code of modules is kept too.
_OTHER_FOLDERS = ("", "build", "bytecode", "code")


def source_files() -> list[str]:
    """The paths of these sources within the package, in order."""
    return sorted(
        os.path.join(folder, name)
        for folder in _FOLDERS
        for name in os.listdir(os.path.join(SOURCES, folder))
        if _is_source(folder, name)
    )


def _is_source(folder: str, name: str) -> bool:
    """Whether a kit depends on a file: of the runtime only the routines are compiled."""
    return name.endswith(".py") and (folder != "runtime" or name.startswith(("native_", "kit")))


def _sources(folders: tuple[str, ...], is_source: Callable[[str, str], bool]) -> str:
    """Every source file's path, size and time of change."""
    found = [SOURCES, whitehot.__version__]
    for folder in folders:
        with os.scandir(os.path.join(SOURCES, folder)) as files:
            for file in files:
                if is_source(folder, file.name):
                    state = file.stat()
                    found.append(f"{folder}/{file.name} {state.st_size} {state.st_mtime_ns}")
    return "\n".join(sorted(found))


def key(name: str = "kit") -> str:
    """Everything that the kept data of this name depends on."""
    machine = os.uname().machine if hasattr(os, "uname") else os.environ.get("PROCESSOR_ARCHITECTURE", "")
    if name.endswith("-modules"):
        return f"{sys.version}\n{sys.flags.optimize}\n{_sources(_FOLDERS + _OTHER_FOLDERS, lambda _, name: name.endswith('.py'))}"
    return f"{sys.version}\n{llvm_version()}\n{machine}\n{_sources(_FOLDERS, _is_source)}"


def folder() -> str:
    """The user's cache folder for whitehot, which need not exist."""
    if sys.platform == "linux":  # what platformdirs says, which takes longer to load than the compiler
        home = os.environ.get("XDG_CACHE_HOME", "").strip() or os.path.expanduser("~/.cache")
        return os.path.join(home, "whitehot")
    import platformdirs

    return platformdirs.user_cache_dir("whitehot")


def get[T](name: str, make: Callable[[], T]) -> T:
    """What `make` gave in an earlier process of the same key, else what it gives now, which is kept for the next one.

    It must consist of what `marshal` writes: strings, bytes, numbers, tuples, lists and dicts. A damaged file is replaced, and a folder
    that cannot be written only costs time. Raises what `make` raises.
    """
    found: T | None = _read_ahead.pop(name, None)
    if found is None:
        found = stored(name)
    if found is None:
        found = make()
        wanted = key(name)
        kept: Any = found
        write(_path(name, wanted), marshal.dumps((wanted, kept)))
        _remove_unused(folder())
    return found


#: What has been read and is going to be asked for.
_read_ahead: dict[str, Any] = {}


def read_ahead(name: str) -> None:
    """Read what `get` will be asked for, if it is there."""
    _read_ahead[name] = stored(name)


def stored(name: str) -> Any:
    """What an earlier process of the same key has kept, or None."""
    wanted = key(name)
    return _read(_path(name, wanted), wanted)


def _path(name: str, wanted: str) -> str:
    return os.path.join(folder(), f"{name}-{crc32(wanted.encode()):08x}")


_WRITABLE_BY_OTHERS = 0o022

#: Seconds, and how many days a file is kept that nobody has read: those of earlier versions and other interpreters.
_DAY, _KEPT = 86400, 30


def _read(path: str, wanted: str) -> Any:
    """The data of a file if it is whole and has this key, else None."""
    data = contents(path)
    if data is None:
        return None
    try:
        had, value = marshal.loads(data)
    except EOFError, ValueError, TypeError:
        return None
    return value if had == wanted else None


def contents(path: str) -> bytes | None:
    """What `write` put into a file; None where there is none, or where it was cut off, damaged, or may be somebody else's."""
    try:
        with open(path, "rb") as file:
            if hasattr(
                os, "geteuid"
            ):  # the folder may be a shared one: not what somebody else has written, or may have
                state = os.fstat(file.fileno())
                if state.st_uid != os.geteuid() or state.st_mode & _WRITABLE_BY_OTHERS:
                    return None
                if time.time() - state.st_mtime > _DAY:
                    os.utime(path)  # it is in use
            data = file.read()
    except OSError:
        return None
    whole = data[4:]
    return whole if len(data) >= 4 and crc32(whole) == int.from_bytes(data[:4], "little") else None


def write(path: str, data: bytes) -> None:
    """Put a file in its place in one step, so that no process ever sees half of it. A folder that cannot be written is no error."""
    temporary = f"{path}.{os.getpid()}"
    try:
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        file = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            with open(file, "wb") as out:
                out.write(crc32(data).to_bytes(4, "little") + data)
            os.replace(temporary, path)
        except BaseException:
            os.unlink(temporary)
            raise
    except OSError:
        pass


def _remove_unused(place: str) -> None:
    """Remove files, and folders of ours, that nobody has used for long."""
    try:
        with os.scandir(place) as files:
            old = [file for file in files if time.time() - file.stat().st_mtime > _KEPT * _DAY]
        for file in old:
            if file.is_dir(follow_symlinks=False):
                _remove_unused(file.path)
                os.rmdir(file.path)  # unless something in it is in use
            else:
                os.unlink(file)
    except OSError:
        pass
