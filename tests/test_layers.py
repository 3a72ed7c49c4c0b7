"""Imports go one way through the folders, in the order in which data flows; heavy modules are imported only where they belong."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src" / "whitehot"
FILES = sorted(SOURCE.rglob("*.py"))

#: What every folder may use.
COMMON = {"record", "errors", "reasons", "tiers"}

#: Folder -> folders and modules at the top that it may use besides itself.
MAY_USE = {
    "cpython": set(),
    "lowlevel": {"cpython"},
    "ir": {"cpython", "lowlevel"},
    "bytecode": {"cpython"},
    "build": {"bytecode", "ir", "request"},
    "passes": {"ir", "lowlevel"},
    "deopt": {"bytecode", "ir"},
    "stencil": {"bytecode", "cpython", "deopt", "elf", "ir", "llvm", "lowlevel", "passes", "relocate"},
    "llvm": {"bytecode", "cpython", "deopt", "elf", "ir", "lowlevel", "passes", "wire"},
    "code": {"elf", "relocate"},
    "runtime": {
        "isolation",
        "settings",
        "cpython",
        "bytecode",
        "ir",
        "lowlevel",
        "request",
        "compiler",
        "service",
        "wire",
        "llvm",
        "stencil",
        "code",
        "elf",
    },
}

#: Modules that only some folders import.
RESERVED = {"ctypes": {"cpython", "code", "runtime", "tools"}, "llvmlite": {"lowlevel", "llvm", "stencil"}}


def imported(path: Path) -> set[str]:
    """The dotted names of all modules that a file imports, anywhere in it."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_imports_go_one_way(path: Path) -> None:
    """No file uses a folder that comes after its own."""
    place = path.relative_to(SOURCE).parts
    folder = place[0] if len(place) > 1 else ""
    for name in imported(path):
        parts = name.split(".")
        for module, folders in RESERVED.items():
            assert parts[0] != module or folder in folders, f"{module} is not for {folder or 'the top'}"
        if parts[0] == "whitehot" and len(parts) > 1 and folder in MAY_USE:
            assert parts[1] in MAY_USE[folder] | COMMON | {folder}, f"{folder} is not to use {name}"
