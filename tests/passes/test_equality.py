"""Passes do not change what a function does: random functions, run by the reference interpreter before and after.

A pass may leave early, at a loop header that the function would have come through, since the interpreter then does the rest; and an
overflow that nobody would have seen need not be one. Everything else is the same to the bit.
"""

from __future__ import annotations

import struct
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.passes.programs import arguments, program

from whitehot.ir.checker import check
from whitehot.ir.graph import Function, Instruction
from whitehot.ir.interpreter import Frame, Left, Returned, interpret
from whitehot.ir.ops import int_pow
from whitehot.ir.parser import parse_function
from whitehot.ir.printer import format_function
from whitehot.passes import (
    BASELINE,
    OPTIMIZING,
    cautious,
    dead_code,
    fold,
    hoist,
    hoist_unguarded,
    run,
    value_numbering,
)
from whitehot.passes.patterns import constant_of
from whitehot.passes.runner import Pass

seeds = st.integers(0, 2**32)
few = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def _bits(value: Any) -> Any:
    if isinstance(value, float):
        return struct.pack("<d", value)
    if isinstance(value, tuple):
        return tuple(map(_bits, value))
    if isinstance(value, Frame):
        return value.code, value.offset, _bits(value.locals), _bits(value.stack)
    return type(value), value


class _Text:
    """What is shown where functions differ; made only then."""

    def __init__(self, *parts: object) -> None:
        self._parts = parts

    def __repr__(self) -> str:
        return "\n".join(format_function(part) if isinstance(part, Function) else repr(part) for part in self._parts)


def _is_quiet(instruction: Instruction) -> bool:
    """Whether leaving here only says that a number is too large for a machine word, so that it need not be said of one that nobody uses.

    A power leaves for negative exponents too, which is another matter; it becomes a product where the exponent is known.
    """
    if instruction.operation is int_pow:
        exponent = constant_of(instruction.operands[1])
        return isinstance(exponent, int) and exponent >= 0
    return instruction.operation.is_removable


def _assert_same(before: Function, after: Function, values: list[Any], *, exact: bool) -> None:
    headers: list[tuple[Frame, ...]] = []
    expected = interpret(before, values, headers=headers)
    found = interpret(after, values)
    text = _Text(values, before, after, expected, found)
    if isinstance(expected, Left) and not exact and _is_quiet(expected.instruction):
        return
    if isinstance(found, Left):
        places = [] if exact else [_bits(frames) for frames in headers]
        if isinstance(expected, Left):
            places.append(_bits(expected.frames))
        assert _bits(found.frames) in places, text
    else:
        assert isinstance(expected, Returned), text
        assert _bits(found.value) == _bits(expected.value), text


def _compare(seed: int, pipeline: tuple[Pass, ...], *, exact: bool) -> None:
    random = Random(seed)
    before = program(random)
    after = parse_function(format_function(before))
    run(after, pipeline, verify=True)
    for _ in range(4):
        _assert_same(before, after, arguments(random), exact=exact)


@few
@given(seeds)
def test_text(seed: int) -> None:
    """Random functions are well formed, and come back from their text."""
    function = program(Random(seed))
    check(function)
    text = format_function(function)
    assert format_function(parse_function(text)) == text


@pytest.mark.parametrize("step", [fold, value_numbering, hoist_unguarded], ids=lambda step: step.__name__)
@few
@given(seed=seeds)
def test_exact_passes(step: Pass, seed: int) -> None:
    """These leave where the function left, and nowhere else."""
    _compare(seed, (step,), exact=True)


@pytest.mark.parametrize(
    "pipeline",
    [
        (hoist,),
        (dead_code,),
        (dead_code, dead_code),
        OPTIMIZING,
        OPTIMIZING + OPTIMIZING,
        cautious(OPTIMIZING),
        BASELINE,
    ],
    ids=lambda pipeline: "-".join(step.__name__ for step in pipeline),
)
@few
@given(seed=seeds)
def test_pipelines(pipeline: tuple[Pass, ...], seed: int) -> None:
    """These may also leave at a loop header on the way, or not leave where nobody would notice."""
    _compare(seed, pipeline, exact=False)
