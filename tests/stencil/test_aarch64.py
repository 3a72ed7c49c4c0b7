"""AArch64 stencils, run: filled in, linked and laid out as in a process on such a machine, and executed by QEMU where this machine is none."""

from __future__ import annotations

import itertools
import math
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any

import pytest
from tests.ops.copied import value_of, word
from tests.ops.numbers import LEFT, MACHINE, VALUES, bits, is_allowed
from tests.stencil import emulated, single
from tests.stencil.emulated import (
    ANSWERS,
    CALL_WORDS,
    CALLED,
    CALLS,
    CASE_WORDS,
    FUNCTION,
    GIVEN,
    KEPT,
    MOST_CALLS,
    SPOILT,
    STATUS,
    STORED,
)
from tests.stencil.machine import PAGE, SYSTEM_CALL, Program, command
from tests.stencil.targets import Stencils, used

from whitehot.cpython import capi
from whitehot.elf import Machine, read_object
from whitehot.ir.operation import Operation
from whitehot.ir.types import Kind
from whitehot.llvm.machine import compile_for
from whitehot.lowlevel import module_of
from whitehot.lowlevel.errors import SideExit
from whitehot.stencil.assemble import Assembler
from whitehot.stencil.make import TARGETS
from whitehot.stencil.text import template_of, variants

pytestmark = pytest.mark.skipif(
    command() is None, reason="no QEMU for AArch64: set-up fetches it where the machine is a Debian with apt-get"
)

TARGET = "aarch64-linux"

#: Functions of C that operations over machine values call, by the numbers that `emulated.test_called` notes.
FUNCTIONS = sorted(
    name for name in capi._PYTHON_FORMS if {str(t) for t in capi.FUNCTIONS[name].signature.parameters} == {"f64"}
)

type Call = tuple[str, tuple[float, ...]]


def answering(name: str, number: int) -> str:
    """A function of C that notes what it is called with and answers what the case says."""
    count = len(capi.FUNCTIONS[name].signature.parameters)
    parameters = ", ".join(f"double %x{index}" for index in range(count))
    given = ", ".join(f"double {f'%x{index}' if index < count else '0.0'}" for index in range(2))
    call = f"%answer = call double @test_called(i64 {number}, {given})"
    return f"define double @{name}({parameters}) nounwind {{\n  {call}\n  ret double %answer\n}}\n"


def runner_text() -> str:
    """The module of all that is no stencil."""
    called = "".join(answering(name, number) for number, name in enumerate(FUNCTIONS))
    return module_of([*emulated.ROUTINES, emulated.test_called]) + called


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
        for name in FUNCTIONS:
            patch.setitem(capi._PYTHON_FORMS, name, noting(name, capi._PYTHON_FORMS[name]))
        yield


class Cases:
    """A program that does cases for the variants of operations, and what the bodies make of them."""

    def __init__(self) -> None:
        self.program = program = Program()
        self.units = program.region(0x4000_0000)
        self.runner = program.region(0x8000_0000)
        self.descriptions = program.region(0xA000_0000)
        self.cases = program.region(0xC000_0000)
        program.symbols |= {"count": 0xB000_0000, "thread": 0xB100_0000, "cases": self.cases.start}
        program.load(SYSTEM_CALL, self.runner)
        program.load(read_object(compile_for(TARGETS[TARGET], runner_text())), self.runner)
        self.expected: list[tuple[single.Unit, tuple[Any, ...], object, list[Call]]] = []

    def variants_of(self, operation: Operation) -> list[tuple[single.Unit, int]]:
        """All variants of an operation in the program's code, and the addresses of their descriptions."""
        assembler = Assembler(Machine.AARCH64)
        marked = [
            (kinds, result, single.put(assembler, f"f{number}", operation, kinds, result, number=number))
            for number, (kinds, result) in enumerate(variants(operation))
        ]
        # Constants are written in the process, so they are on a page of their own (`Program.load`).
        assembler.code += bytes(-len(assembler.code) % PAGE)
        made = assembler.finish()
        start = self.units.align(PAGE)
        image = self.program.load(made, self.units)
        found = []
        for number, (kinds, result, marks) in enumerate(marked):
            unit = single.Unit(operation, kinds, result, made, single.places(made, marks))
            row = [image.symbols[f"f{number}"], 0, 0, 0]
            for name, offset in unit.pool.items():
                row[1 + int(name[1:])] = start + offset
            found.append((unit, self.descriptions.add(struct.pack("<4Q", *row))))
        return found

    def add(
        self,
        operation: Operation,
        chosen: list[tuple[single.Unit, int]],
        operands: tuple[Any, ...],
        log: list[tuple[Call, float]],
    ) -> None:
        """A case for each of these variants. What Python does with the operands is found here; `log` notes what it calls."""
        assert operation.body is not None
        log.clear()
        try:
            outcome = bits(operation.body(*operands))
        except SideExit:
            outcome = LEFT
        types = template_of(operation).operands
        row = [0] * CASE_WORDS
        for index, (value, type) in enumerate(zip(operands, types, strict=True)):
            row[GIVEN + index] = word(value, type)
        for index, (_, answer) in enumerate(log):
            row[ANSWERS + index] = word(answer, "double")
        for unit, place in chosen:
            row[FUNCTION] = place
            self.cases.bytes += _CASE.pack(*row)
            self.expected.append((unit, operands, outcome, [call for call, _ in log]))

    def run(self, folder: Path) -> Iterator[tuple[int, ...]]:
        """What became of each case."""
        program = self.program
        program.region(program.symbols["count"]).add(struct.pack("<q", len(self.expected)))
        program.region(program.symbols["thread"]).add(bytes(PAGE))
        return _CASE.iter_unpack(program.run(folder)[: _CASE.size * len(self.expected)])


_CASE = struct.Struct(f"<{CASE_WORDS}Q")


def outcome_of(unit: single.Unit, case: tuple[int, ...]) -> object:
    """The result as bits, or LEFT."""
    status = case[STATUS]
    if status == single.LEFT:
        return LEFT
    assert unit.operation.result is not None
    if unit.result == "B":
        return bits({single.YES: True, single.NO: False}[status])
    assert status == single.DONE
    stored = value_of(case[STORED], unit.operation.result.kind)
    kept = value_of(case[KEPT], unit.operation.result.kind)
    if unit.result == "D":
        assert case[STORED] == case[KEPT]
    return bits(kept if unit.result == "R" else stored)


def calls_of(case: tuple[int, ...]) -> list[object]:
    """What functions of C were called with."""
    assert case[CALLS] <= MOST_CALLS
    found: list[object] = []
    for place in range(CALLED, CALLED + CALL_WORDS * case[CALLS], CALL_WORDS):
        name = FUNCTIONS[case[place]]
        count = len(capi.FUNCTIONS[name].signature.parameters)
        found.append((name, *(bits(value_of(given, Kind.F64)) for given in case[place + 1 : place + 1 + count])))
    return found


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
    with used({**stencils(TARGET), **single.support(TARGETS[TARGET])}), calls_noted(log):
        cases = Cases()
        random = Random(1)
        names = set()
        for operation in MACHINE:
            chosen = cases.variants_of(operation)
            names |= {unit.name for unit, _ in chosen}
            turns = itertools.cycle(chosen)
            for operands in some_operands(operation, random):
                if is_allowed(operation, operands):
                    cases.add(operation, chosen if random.random() < EVERYWHERE else [next(turns)], operands, log)
    assert names == {name for name in stencils(TARGET) if name.split(".")[0] in {o.name for o in MACHINE}}
    for case, (unit, operands, outcome, calls) in zip(cases.run(tmp_path), cases.expected, strict=True):
        assert outcome_of(unit, case) == outcome, (unit.name, operands)
        assert calls_of(case) == [(name, *map(bits, arguments)) for name, arguments in calls], (unit.name, operands)
        assert case[SPOILT] == 0, (unit.name, operands)
