"""Units from IR: which stencils are copied for them, and what they do, beside the reference interpreter."""

from __future__ import annotations

import ctypes
import math
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.passes.programs import arguments, program
from tests.stencil.targets import Stencils, machine_of, used
from tests.stencil.units import BODY, EXAMPLES, Exit, Native, example, listing, with_signature

from whitehot.deopt.points import ExitPoint
from whitehot.ir.interpreter import Frame, Returned
from whitehot.ir.ops.control import SPACING
from whitehot.ir.types import Kind
from whitehot.reasons import Reason
from whitehot.stencil.special import signatures


@pytest.mark.parametrize("name", [name for name, section in EXAMPLES.items() if section.outputs()])
def test_listing(name: str, stencils: Stencils, update: bool) -> None:
    """The stencils of the examples."""
    section = EXAMPLES[name]
    for block in section.outputs():
        target = block.words["after"]
        with used(stencils(target)):
            section.compare(block, listing(example(name), machine_of(target)), update=update)


def test_straight_line() -> None:
    """Results in registers, in slots, in both; constants at either side."""
    unit = Native(example("straight_line"))
    assert unit.agrees(2, 3) == Returned((10 - 36) ^ 36)
    assert isinstance(unit.agrees(2**63 - 1, 3), Exit)
    assert isinstance(unit.agrees(2**62, 3), Exit)
    assert unit.agrees(-(2**61), 4) == Returned(-54)
    assert isinstance(unit.agrees(-(2**61) - 20, 4), Exit)


def test_branches() -> None:
    """Both ways of two branches, and neither less nor greater."""
    unit = Native(example("branch"))
    assert unit.agrees(1.0, 2.0) == Returned(3.0)
    assert unit.agrees(2.0, 1.0) == Returned(1.0)
    assert unit.agrees(math.nan, 1.5) == Returned(1.5)
    assert unit.agrees(-0.0, 0.0) == Returned(0.0)


def test_loop() -> None:
    """It ends when it should, and leaves in the round in which the eval breaker asks for something."""
    unit = Native(example("loop"))
    assert unit(10) == Returned(45)
    assert unit(0) == Returned(0)
    unit.breaker.value = 1
    assert unit(0) == Returned(0)
    assert unit(10) == Exit(ExitPoint("f", 8, Reason.BREAKER, "check_breaker"), (Frame("f", 8, (10, 0, 0), ()),))


def test_spaced() -> None:
    """A safepoint looks once in so many rounds: at the eval breaker, then at the heat, off which it takes so many; for the first time after half of them."""
    unit = Native(example("spaced"))
    heat = ctypes.c_int64.from_address(unit.code.address("unit.heat"))
    heat.value = 1000
    first = SPACING // 2
    assert unit(first + SPACING + 3) == Returned(sum(range(first + SPACING + 3)))
    assert heat.value == 1000 - 2 * SPACING * 3
    state = (Frame("f", 8, (20, first, sum(range(first))), ()),)
    heat.value = SPACING * 3
    assert unit(first - 1) == Returned(sum(range(first - 1)))
    assert unit(20) == Exit(ExitPoint("f", 8, Reason.TIER_UP, "safepoint"), state)
    unit.breaker.value = 1
    heat.value = 1000
    assert unit(20) == Exit(ExitPoint("f", 8, Reason.BREAKER, "safepoint"), state)
    assert heat.value == 1000


@pytest.mark.parametrize("rounds", range(7))
def test_moves_at_once(rounds: int) -> None:
    """Variables that get each other's values."""
    assert Native(example("swap")).agrees(5, 7, rounds) == Returned(3 * 7 - 5 if rounds % 2 else 3 * 5 - 7)
    Native(example("rotate")).agrees(rounds, 2.0, 3.5, -7.25)


def test_exits() -> None:
    """Each exit has its own number, reason and frames; what is in constants, and what is made on the way out, is there too."""
    unit = Native(example("exits"))
    assert [(point.code, point.offset, point.reason, point.operation) for point in unit.unit.exits] == [
        ("f", 4, Reason.OVERFLOW, "int_add"),
        ("f", 4, Reason.OVERFLOW, "int_mul"),
        ("inner", 8, Reason.ZERO_DIVISION, "int_floordiv"),
        ("f", 16, Reason.NOT_CARRIED, "exit"),
    ]
    first, second, third, fourth = unit.unit.exits
    big = 2**63 - 1
    state = (Frame("f", 4, (big, 7, None), (big,)),)
    assert unit.agrees(big, 1) == Exit(first, state)
    assert unit.agrees(big - 5, 3) == Exit(second, (Frame("f", 4, (big - 5, 7, None), (big - 5,)),))
    outer, inner = Frame("f", 12, (0, 9), ()), Frame("inner", 8, (0,), (None, 9))
    assert unit.agrees(9, 0) == Exit(third, (outer, inner))
    assert unit.agrees(9, 2) == Exit(fourth, (Frame("f", 16, (11,), ()),))


def test_call_through_a_cell() -> None:
    """Arguments in the callee's order, a constant among them; where the callee leaves, both record their frames, the callee first."""
    callee = Native(example("callee"))
    cell = ctypes.c_uint64(callee.code.address(BODY))
    unit = Native(example("call"), cells={"cell": ctypes.addressof(cell)})
    assert unit(3, 4.5, 100) == Returned(3 * 4 - 5 + 100)
    assert unit(3, 4.5, 2**63 - 1) == Exit(
        ExitPoint("f", 10, Reason.OVERFLOW, "int_add"), (Frame("f", 10, (3, 2**63 - 1, 7), ()),)
    )
    assert unit(3, math.inf, 1) == Exit(
        ExitPoint("f", 8, Reason.CALLEE_LEFT, "call_unit"), (Frame("f", 8, (3, 1), ()),)
    )
    assert callee(3, math.inf, 5) == Exit(
        ExitPoint("g", 20, Reason.RANGE, "float_to_int"), (Frame("g", 20, (3, math.inf, 5), ()),)
    )


def test_call_of_itself() -> None:
    """A unit that calls itself directly, and all levels of it when the innermost leaves."""
    unit = Native(example("power"))
    assert unit(3.0, 5) == Returned(243.0)
    assert unit(1e300, 1) == Returned(1e300)
    left = [found for found in unit.all_of(1e200, 4) if isinstance(found, Exit)]
    levels = [(found.point.operation, found.frames[0].locals[1]) for found in left]
    assert levels == [("guard_true", 2), ("call_unit", 3), ("call_unit", 4)]


def test_most_arguments() -> None:
    """As many arguments as a unit may have, of all kinds, and a truth value as the result."""
    unit = Native(example("most"))
    assert unit.agrees(3, 0.25, True, 4, 8.5, 6, 2.0, 27) == Returned(True)
    assert unit.agrees(3, 3.25, True, 4, 8.5, 6, 2.0, 28) == Returned(False)
    assert isinstance(unit.agrees(2**62, 0.25, False, 4, 8.5, 6, 2.0, 27), Exit)
    assert isinstance(unit.agrees(2**53 + 1, 0.25, False, 0, 8.5, 1, 2.0, 0), Exit)


def test_signatures() -> None:
    """As many ints and floats as there may be, in every combination."""
    for general, floats in signatures():
        for result in "if":
            function = with_signature(general, floats, result)
            given = [
                7 + n if value.type.kind is Kind.I64 else n + 0.25 for n, value in enumerate(function.entry.parameters)
            ]
            assert isinstance(Native(function).agrees(*given), Returned)


@settings(max_examples=250, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 2**32))
def test_random_functions(seed: int) -> None:
    """Branches, loops, boxes: what returns gives the interpreter's value, what leaves does so where it does, with the same frames."""
    random = Random(seed)
    function = program(random)
    unit = Native(function)
    for _ in range(4):
        unit.agrees(*arguments(random))
