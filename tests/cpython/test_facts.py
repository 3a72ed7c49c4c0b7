"""Facts read from the running process, and addresses by name."""

from __future__ import annotations

import ctypes
import math
import sys
import threading
from collections.abc import Iterator
from types import CellType, FrameType

import pytest

from whitehot.cpython import facts, symbols
from whitehot.cpython import v314 as version


def test_debug_offsets() -> None:
    """The table carries the version of this interpreter, and its last entry is what the header defines."""
    table = facts.debug_offsets()
    assert table.version == sys.hexversion
    assert table.offsets["debugger_support.debugger_script_path_size"] == 512


def test_thread_states_differ() -> None:
    """Each thread has a state of its own."""
    found = [facts.current_thread_state()]
    thread = threading.Thread(target=lambda: found.append(facts.current_thread_state()))
    thread.start()
    thread.join()
    assert found[0] == facts.current_thread_state()
    assert found[0] != found[1]
    assert 0 not in found


def test_live_types() -> None:
    """A running frame's locals (arguments, unbound ones, cells) and what its evaluation stack holds."""
    seen: list[tuple[tuple[type | None, ...], tuple[type | None, ...]]] = []

    def look(frame: FrameType) -> None:
        seen.append(facts.live_types(facts.frame_address(frame)))

    def running(number: int, items: list[int]) -> object:
        shared = 1.5
        nothing = None
        for _item in items:
            look(sys._getframe())
        later = number
        return later, nothing, lambda: shared

    running(3, [1])
    ((names, stack),) = seen
    assert running.__code__.co_cellvars == ("shared",)
    by_name = dict(zip((*running.__code__.co_varnames, "shared", *running.__code__.co_freevars), names, strict=True))
    assert by_name == {
        "number": int,
        "items": list,
        "nothing": type(None),
        "_item": int,
        "later": None,
        "shared": CellType,
        "look": CellType,
    }
    assert type(iter([])) in stack


def test_live_types_of_a_generator() -> None:
    """A suspended generator's frame lies in the generator, and is read in the same way."""

    def counting(limit: float) -> Iterator[float]:
        yield limit

    generator = counting(2.0)
    next(generator)
    local, _ = facts.live_types(facts.frame_address(generator.gi_frame))  # type: ignore[attr-defined]  # it is a generator
    assert local == (float,)


def test_object_at() -> None:
    """References with and without the borrowed bit are objects; NULL and tagged integers are not."""
    value = object()
    assert facts.object_at(id(value)) is value
    assert facts.object_at(id(value) | version.BORROWED_TAG) is value
    for reference in (0, 1, 7, 3):
        with pytest.raises(ValueError, match="no object"):
            facts.object_at(reference)


def test_symbols() -> None:
    """Functions of CPython, the C library and its mathematics are found; other names are not."""
    distance = ctypes.CFUNCTYPE(ctypes.c_double, ctypes.c_double, ctypes.c_double)(symbols.address_of("hypot"))
    assert distance(3.0, 4.0) == math.hypot(3.0, 4.0)
    assert symbols.address_of("PyList_Type") == id(list)
    assert symbols.address_of("builtin.list.append") == id(list.append)
    assert symbols.is_present("memcpy")
    assert not symbols.is_present("PyNo_Such")
    with pytest.raises(KeyError, match="PyNo_Such"):
        symbols.address_of("PyNo_Such")


def test_every_symbol_of_ours_lives_for_ever() -> None:
    """Names that are not CPython's own stand for objects that belong to builtin types."""
    for name, value in symbols.UNEXPORTED.items():
        assert symbols.address_of(name) == id(value)
        assert facts.exported_objects()[id(value)] == name


def test_type_versions() -> None:
    """A class gets a new version tag when it changes."""

    class Sample:
        value = 1

    assert Sample.value == 1
    before = facts.type_version(Sample)
    Sample.value = 2
    assert Sample.value == 2
    assert before != facts.type_version(Sample) != 0
