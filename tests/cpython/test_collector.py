"""The garbage collector's count."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from whitehot.cpython import collector


@pytest.fixture(autouse=True)
def off() -> Iterator[None]:
    """Nothing is collected meanwhile."""
    was_on = gc.isenabled()
    gc.disable()
    yield
    if was_on:
        gc.enable()


def test_count() -> None:
    """The collector goes by the count that it is given, and by nothing else that was there."""
    others = gc.get_count()[1:], gc.get_threshold()
    kept = [[None] for _ in range(500)]
    assert gc.get_count()[0] >= len(kept)
    assert collector.set_count(100)
    assert 90 < gc.get_count()[0] < 110
    assert (gc.get_count()[1:], gc.get_threshold()) == others


def test_unknown_place(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the count is not where it was thought to be, nothing is written."""
    monkeypatch.setattr(collector, "_COUNT", collector._COUNT - 4)
    before = gc.get_threshold()
    assert not collector.set_count(7)
    assert gc.get_threshold() == before
