"""Tests of operations on objects run twice: on code that LLVM compiled, and on stencils."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from typing import Any

import pytest
from tests.ops import harness


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Modules that want both say so."""
    if getattr(metafunc.module, "IN_EVERY_TIER", False):
        metafunc.parametrize("tier", ["llvm", "stencils"], indirect=True)


@pytest.fixture(autouse=True)
def tier(request: Any) -> Iterator[str]:
    """Which code `harness.compiled` gives."""
    name: str = getattr(request, "param", "llvm")
    harness.use_stencils(name == "stencils")
    yield name
    harness.use_stencils(False)


@pytest.fixture(autouse=True, scope="module")
def few_objects() -> Iterator[None]:
    """Tests collect garbage many times: there is to be little to look at."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()
