"""Stencils of every target, made once for all processes that run tests."""

from __future__ import annotations

import marshal
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import pytest
from tests.stencil.targets import Stencils, is_representative

from whitehot.stencil.make import TARGETS, compiled, texts
from whitehot.stencil.stencil import Stencil


@contextmanager
def _only_one(path: Path) -> Iterator[None]:
    """One process at a time does this, where the system has such locks."""
    try:
        import fcntl
    except ImportError:
        yield
        return
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@pytest.fixture(scope="session")
def stencils(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Stencils:
    """Gives the stencils of a target, all or a representative part."""
    folder = tmp_path_factory.getbasetemp()
    if worker_id != "master":
        folder = folder.parent  # all workers' folders are in it

    @cache
    def of(triple: str, whole: bool) -> dict[str, Stencil]:
        path = folder / f"{triple}-{'whole' if whole else 'part'}"
        with _only_one(path.with_suffix(".lock")):
            if path.exists():
                data = marshal.loads(path.read_bytes())
                return {name: Stencil(code, tuple(holes), *rest) for name, (code, holes, *rest) in data.items()}
            found = compiled(triple, (made for name, made in texts(triple) if whole or is_representative(name)))
            path.write_bytes(marshal.dumps({name: stencil.data for name, stencil in found.items()}))
            return found

    return lambda target, whole=True: of(TARGETS[target], whole)
