"""AArch64 stencils, run: filled in, linked and laid out as in a process on such a machine, and executed by QEMU where this machine is none."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any

import pytest
from tests.ops.copied import value_of, word
from tests.ops.numbers import LEFT, MACHINE, VALUES, bits, is_allowed
from tests.stencil import single
from tests.stencil.cases import AARCH64, Cases, Done
from tests.stencil.machine import PAGE, needs_aarch64
from tests.stencil.targets import Stencils, used

from whitehot.cpython import capi
from whitehot.elf import Machine
from whitehot.ir.operation import Operation
from whitehot.ir.types import Kind
from whitehot.lowlevel.errors import SideExit
from whitehot.stencil.assemble import Assembler
from whitehot.stencil.make import TARGETS
from whitehot.stencil.text import template_of, variants

pytestmark = needs_aarch64

type Call = tuple[str, tuple[float, ...]]


@contextmanager
def calls_noted(log: list[tuple[Call, float]]) -> Iterator[None]:
    """Have bodies that run as Python note what they call functions of C with, and what these give."""

    def noting(name: str, form: Callable[..., float]) -> Callable[..., float]:
        def call(*arguments: float) -> float:
            result = form(*arguments)
            log.append(((name, arguments), result))
            return result

        return call

    with pytest.MonkeyPatch.context() as patch:
        for name in capi._PYTHON_FORMS:
            patch.setitem(capi._PYTHON_FORMS, name, noting(name, capi._PYTHON_FORMS[name]))
        yield


def variants_of(cases: Cases, operation: Operation) -> list[tuple[single.Unit, int]]:
    """All variants of an operation in the program's code, and the addresses of their descriptions."""
    assembler = Assembler(Machine.AARCH64)
    marked = [
        (kinds, result, single.put(assembler, f"f{number}", operation, kinds, result, number=number))
        for number, (kinds, result) in enumerate(variants(operation))
    ]
    # Constants are written in the process, so they are on a page of their own (`Program.load`).
    assembler.code += bytes(-len(assembler.code) % PAGE)
    made = assembler.finish()
    start = cases.code.align(PAGE)
    image = cases.program.load(made, cases.code)
    found = []
    for number, (kinds, result, marks) in enumerate(marked):
        unit = single.Unit(operation, kinds, result, made, single.places(made, marks))
        pool = {int(name[1:]): start + offset for name, offset in unit.pool.items()}
        found.append((unit, cases.describe(image.symbols[f"f{number}"], pool)))
    return found


def outcome_of(unit: single.Unit, done: Done) -> object:
    """The result as bits, or LEFT."""
    if done.status == single.LEFT:
        return LEFT
    assert unit.operation.result is not None
    if unit.result == "B":
        return bits({single.YES: True, single.NO: False}[done.status])
    assert done.status == single.DONE
    if unit.result == "D":
        assert done.stored == done.kept
    return bits(value_of(done.kept if unit.result == "R" else done.stored, unit.operation.result.kind))


def some_operands(operation: Operation, random: Random) -> Iterator[tuple[Any, ...]]:
    """Operands at the edges, as many combinations as there is time for, and anywhere."""
    values = [VALUES[operand.type.kind] for operand in operation.operands]
    count = math.prod(map(len, values))
    if count <= EDGES:
        yield from itertools.product(*values)
    else:
        for _ in range(EDGES):
            yield tuple(random.choice(value) for value in values)
    anywhere: dict[Kind, Callable[[], Any]] = {
        Kind.I64: lambda: random.randint(-(2**63), 2**63 - 1) >> random.randrange(64),
        Kind.F64: lambda: random.uniform(-1, 1) * 10.0 ** random.randint(-20, 20),
        Kind.BOOL: lambda: random.random() < 0.5,
    }
    for _ in range(ANYWHERE):
        yield tuple(anywhere[operand.type.kind]() for operand in operation.operands)


#: Combinations of operands for each operation, done by one variant after the other; and how many of all are done by every variant.
EDGES, ANYWHERE, EVERYWHERE = 400, 100, 0.25


def test_machine_operations(stencils: Stencils, tmp_path: Path) -> None:
    """Every variant of every operation over machine values does what the body does in Python, bit by bit: exits are the same, functions of C are called with
    the same arguments, and nothing is written but the result.
    """
    log: list[tuple[Call, float]] = []
    expected: list[tuple[single.Unit, tuple[Any, ...], object, list[object]]] = []
    names = set()
    random = Random(1)
    cases = Cases(Machine.AARCH64)
    with used({**stencils(AARCH64), **single.support(TARGETS[AARCH64])}), calls_noted(log):
        for operation in MACHINE:
            units = variants_of(cases, operation)
            names |= {unit.name for unit, _ in units}
            turns = itertools.cycle(units)
            types = template_of(operation).operands
            for operands in some_operands(operation, random):
                if not is_allowed(operation, operands):
                    continue
                outcome, calls, answers = done_in_python(operation, operands, log)
                words = [word(value, type) for value, type in zip(operands, types, strict=True)]
                for unit, description in units if random.random() < EVERYWHERE else [next(turns)]:
                    cases.add(description, words, [word(answer, "double") for answer in answers])
                    expected.append((unit, operands, outcome, calls))
    assert names == {name for name in stencils(AARCH64) if name.split(".")[0] in {o.name for o in MACHINE}}
    for done, (unit, operands, outcome, calls) in zip(cases.run(tmp_path), expected, strict=True):
        assert outcome_of(unit, done) == outcome, (unit.name, operands)
        called = [(name, *(bits(value_of(given, Kind.F64)) for given in words)) for name, words in done.calls]
        assert (called, done.called) == (calls, len(calls)), (unit.name, operands)
        assert done.spoilt == 0, (unit.name, operands)


def done_in_python(
    operation: Operation, operands: tuple[Any, ...], log: list[tuple[Call, float]]
) -> tuple[object, list[object], list[float]]:
    """What the body gives as Python, what it calls functions of C with, and what these answer."""
    assert operation.body is not None
    log.clear()
    try:
        outcome = bits(operation.body(*operands))
    except SideExit:
        outcome = LEFT
    calls: list[object] = [(name, *map(bits, arguments)) for (name, arguments), _ in log]
    return outcome, calls, [answer for _, answer in log]
