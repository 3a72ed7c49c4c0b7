"""Names for generated code in the profiles of Linux `perf`.

perf looks for a file `/tmp/perf-PID.map` with one line `START SIZE name` per function, numbers in hexadecimal without a
prefix. CPython's own `-X perf` writes to the same file, so lines are appended.

Source: Linux, tools/perf/Documentation/jit-interface.txt.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from whitehot.code.link import Function

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

PERF_DIRECTORY: Final = Path("/tmp")  # perf looks nowhere else
_NOT_FOLLOWED: Final = getattr(os, "O_NOFOLLOW", 0)


class PerfMap:
    """The map file of this process; after a fork, that of the child. The file is made by the first `add`."""

    def __init__(self, directory: Path = PERF_DIRECTORY) -> None:
        self._directory = directory

    @property
    def path(self) -> Path:
        """Where the lines go."""
        return self._directory / f"perf-{os.getpid()}.map"

    def add(self, functions: Iterable[Function], prefix: str = "") -> None:
        """Append functions, each name with `prefix` before it. Raises OSError if the file cannot be written.

        All lines go out in one write, which the system does not mix with those of other writers.
        """
        lines = "".join(f"{one.address:x} {one.size:x} {_one_line(prefix + one.name)}\n" for one in functions)
        # The directory is everybody's: never write through somebody else's link.
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | _NOT_FOLLOWED
        file = os.open(self.path, flags, 0o600)
        try:
            os.write(file, lines.encode(errors="replace"))
        finally:
            os.close(file)


def _one_line(name: str) -> str:
    """A name without line breaks and other control characters, which would make lines of their own."""
    return "".join(character if character.isprintable() else "?" for character in name)
