"""What llvmlite uses of `importlib.resources` to find its library, for an interpreter of our own.

The real one imports fifty modules, some of them written in C, to be ready for packages that are no folders: half of the time that loading llvmlite
takes, and three megabytes.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Self


class Resource(str):
    """A file or folder, as a path that others are found in with `/`, and that need not be unpacked to be used."""

    __slots__ = ()

    def __truediv__(self, name: str) -> Resource:
        return Resource(os.path.join(self, name))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass


def files(package: str) -> Resource:
    """The folder of a package that has been imported from one."""
    return Resource(sys.modules[package].__path__[0])


def as_file(resource: Resource) -> Resource:
    """The resource as a file, in a `with` statement."""
    return resource
