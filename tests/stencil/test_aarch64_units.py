"""Whole units of the baseline tier for AArch64, run: frames on the C stack, jumps, moves, exits with what they record, calls between units."""

from __future__ import annotations

import itertools
import math
import struct
from pathlib import Path
from random import Random
from typing import Any

from tests.ops.copied import value_of, word
from tests.passes.programs import MACHINE_ARGUMENTS, arguments, program
from tests.stencil import single
from tests.stencil.cases import AARCH64, Cases, Done
from tests.stencil.machine import needs_aarch64
from tests.stencil.targets import Stencils, used
from tests.stencil.units import Exit, assert_same, emitted, example, frames_of, with_signature

from whitehot.elf import Machine
from whitehot.ir.graph import Function
from whitehot.ir.interpreter import Frame, Returned, interpret
from whitehot.ir.parser import parse_function
from whitehot.ir.types import Kind, abi_order
from whitehot.stencil import library
from whitehot.stencil.assemble import Assembler, Label
from whitehot.stencil.emit import Emitted
from whitehot.stencil.make import TARGETS
from whitehot.stencil.special import signatures
from whitehot.stencil.stencil import signature_name

pytestmark = needs_aarch64

#: Where what units for AArch64 use of CPython would be. Nothing is there.
NOWHERE = 0x7000_0000

#: The owners of frames, by address.
OWNERS = {0x7100_0000: "f", 0x7100_0010: "inner", 0x7100_0020: "g", 0x7100_0030: "power", 0x7100_0040: "most"}


class Loaded:
    """A unit in a program, and a function that calls it with operands from a block: through a cell, or directly."""

    def __init__(self, cases: Cases, function: Function, symbol: str, *, directly: bool = False) -> None:
        self.cases = cases
        self.function = function
        self.unit: Emitted = emitted(function, Machine.AARCH64, symbol)
        program = cases.program
        image = program.load(self.unit.object, cases.code, missing=NOWHERE)
        self.cell = program.symbols["cell." + symbol] = cases.data.add(struct.pack("<Q", image.symbols[symbol]))
        types = [value.type for value in function.entry.parameters]
        floats = sum(type.kind is Kind.F64 for type in types)
        result = "f" if function.result.kind is Kind.F64 else "i"
        slots = {f"S{place}": 8 * (single.OPERANDS + index) for place, index in enumerate(abi_order(types))}
        assembler = Assembler(Machine.AARCH64)
        start, left = Label(), Label()
        assembler.begin_function("call." + symbol)
        assembler.put("test.run", {}, {}, {"CONTINUE": start})
        assembler.end_function()
        assembler.begin_function("code")
        assembler.place(start)
        assembler.put(
            f"{'call' if directly else 'call_cell'}.{signature_name(len(types) - floats, floats, result)}",
            slots | {"R": 8 * single.RESULT_WORD},
            {"P0": assembler.address("cell." + symbol)},
            {"EXIT": left},
            callee=symbol,
        )
        assembler.put("test.done", {}, {"N": assembler.word(single.DONE)}, {})
        assembler.place(left)
        assembler.put("test.done", {}, {"N": assembler.word(single.LEFT)}, {})
        assembler.end_function()
        called = program.load(assembler.finish(), cases.code)
        self._description = cases.describe(called.symbols["call." + symbol], {})

    def add(self, *operands: Any) -> None:
        """A case."""
        kinds = [value.type.kind for value in self.function.entry.parameters]
        words = [
            word(value, "double" if kind is Kind.F64 else "i64") for value, kind in zip(operands, kinds, strict=True)
        ]
        self.cases.add(self._description, words)

    def outcome(self, done: Done) -> Returned | Exit:
        """What the unit returned, or left with."""
        if done.status == single.DONE:
            assert not done.records
            return Returned(value_of(done.stored, self.function.result.kind))
        return self.exits(done)[-1]

    def exits(self, done: Done, *callees: Loaded) -> list[Exit]:
        """What it and the units that it called left with, the innermost first; `callees` are those that are not this one."""
        assert done.status == single.LEFT
        found = []
        for record in done.records:
            number, frames = frames_of(record, self.cases.program.word_at, OWNERS)
            units = [loaded.unit for loaded in (self, *callees) if loaded.function.name == frames[0].code]
            found.append(Exit(units[0].exits[number], frames))
        return found


def begun() -> Cases:
    """A program without cases, that knows the owners of frames."""
    cases = Cases(Machine.AARCH64)
    cases.program.symbols |= {name: address for address, name in OWNERS.items()}
    return cases


def test_examples(stencils: Stencils, tmp_path: Path) -> None:
    """Straight lines, branches, values that change places in loops, many arguments: beside the reference interpreter."""
    operands: dict[str, list[tuple[Any, ...]]] = {
        "straight_line": [(2, 3), (2**63 - 1, 3), (2**62, 3), (-(2**61) - 20, 4), (-(2**61), 4)],
        "branch": [(1.0, 2.0), (2.0, 1.0), (math.nan, 1.5), (-0.0, 0.0)],
        "swap": [(5, 7, rounds) for rounds in range(7)],
        "rotate": [(rounds, 2.0, 3.5, -7.25) for rounds in range(7)],
        "most": [
            (3, 0.25, True, 4, 8.5, 6, 2.0, 27),
            (3, 3.25, True, 4, 8.5, 6, 2.0, 28),
            (2**62, 0.25, False, 4, 8.5, 6, 2.0, 27),
        ],
    }
    cases = begun()
    expected = []
    with used({**stencils(AARCH64), **single.support(TARGETS[AARCH64])}):
        for name, rows in operands.items():
            loaded = Loaded(cases, example(name), "unit." + name)
            for given in rows:
                loaded.add(*given)
                expected.append((loaded, given, interpret(loaded.function, given)))
    for done, (loaded, given, wanted) in zip(cases.run(tmp_path), expected, strict=True):
        assert_same(wanted, loaded.outcome(done), loaded.function.name, given)


def test_calls(stencils: Stencils, tmp_path: Path) -> None:
    """Units that call others through cells, and themselves; when the innermost leaves, all do."""
    cases = begun()
    with used({**stencils(AARCH64), **single.support(TARGETS[AARCH64])}):
        callee = Loaded(cases, example("callee"), "unit.callee")
        cases.program.symbols["cell"] = callee.cell
        caller = Loaded(cases, example("call"), "unit.caller")
        power = Loaded(cases, example("power"), "unit.body")
        caller.add(3, 4.5, 100)
        caller.add(3, math.inf, 1)
        power.add(3.0, 5)
        power.add(1e200, 4)
    called, left, powered, all_left = cases.run(tmp_path)
    assert caller.outcome(called) == Returned(3 * 4 - 5 + 100)
    assert [found.frames for found in caller.exits(left, callee)] == [
        (Frame("g", 20, (3, math.inf, 5), ()),), (Frame("f", 8, (3, 1), ()),),
    ]  # fmt: skip
    assert power.outcome(powered) == Returned(243.0)
    levels = [(found.point.operation, found.frames[0].locals[1]) for found in power.exits(all_left)]
    assert levels == [("guard_true", 2), ("call_unit", 3), ("call_unit", 4)]


def test_signatures(stencils: Stencils, tmp_path: Path) -> None:
    """As many ints and floats as there may be, in every combination, for calls of both sorts; all stencils of calls are run so."""
    cases = begun()
    expected = []
    with used({**stencils(AARCH64), **single.support(TARGETS[AARCH64])}):
        for general, floats in signatures():
            for result, directly in itertools.product("if", (False, True)):
                function = with_signature(general, floats, result)
                loaded = Loaded(cases, function, f"unit.{general}.{floats}.{result}.{directly}", directly=directly)
                types = [value.type for value in function.entry.parameters]
                given = [7 + n if type.kind is Kind.I64 else n + 0.25 for n, type in enumerate(types)]
                loaded.add(*given)
                expected.append((loaded, given, interpret(function, given)))
        copied = set(library._prepared)
    for done, (loaded, given, wanted) in zip(cases.run(tmp_path), expected, strict=True):
        assert isinstance(wanted, Returned)
        assert_same(wanted, loaded.outcome(done), given)
    calls = {name for name in stencils(AARCH64) if name.split(".")[0] in ("body", "call", "call_cell")}
    assert calls - copied == {"body.frame.i", "body.frame.f"}


RETURNS = {
    "slot": "return %0",
    "constant": "%1: {0} = constant {{{1}}}\n  return %1",
    "register": "%1: {0} = {2} %0\n  return %1",
}


def test_returns(stencils: Stencils, tmp_path: Path) -> None:
    """Results that are in slots, constants and registers."""
    cases = begun()
    expected = []
    with used({**stencils(AARCH64), **single.support(TARGETS[AARCH64])}):
        for place, text in RETURNS.items():
            for kind, constant, operation, given in (("i64", 12, "int_invert", -77), ("f64", 1.25, "float_neg", 0.75)):
                lines = text.format(kind, constant, operation)
                function = parse_function(f"func f(%0: {kind}) -> {kind} {{\nb0:\n  {lines}\n}}\n")
                loaded = Loaded(cases, function, f"unit.{kind}.{place}")
                loaded.add(given)
                expected.append((loaded, given, interpret(function, [given])))
        copied = set(library._prepared)
    for done, (loaded, given, wanted) in zip(cases.run(tmp_path), expected, strict=True):
        assert_same(wanted, loaded.outcome(done), given)
    assert {name for name in stencils(AARCH64) if name.startswith("return.")} <= copied


def test_eval_breaker(stencils: Stencils, tmp_path: Path) -> None:
    """A loop ends where it should, and leaves where the eval breaker asks for something."""
    outcomes = []
    for breaker in (0, 1):
        cases = begun()
        with used({**stencils(AARCH64), **single.support(TARGETS[AARCH64])}):
            loop = Loaded(cases, example("loop"), "unit.loop")
        cases.program.write_word(cases.program.symbols["whitehot_breaker"], breaker)
        loop.add(10)
        (done,) = cases.run(tmp_path)
        outcomes.append(loop.outcome(done))
    returned, left = outcomes
    assert returned == Returned(45)
    assert isinstance(left, Exit)
    assert left.frames == (Frame("f", 8, (10, 0, 0), ()),)


def test_random_functions(stencils: Stencils, tmp_path: Path) -> None:
    """Random functions of machine values that call nothing: what they return and what they leave with is what the reference interpreter says."""
    cases = begun()
    random = Random(1)
    expected = []
    left = 0
    with used({**stencils(AARCH64), **single.support(TARGETS[AARCH64])}):
        for number in range(250):
            function = program(random, self_contained=True)
            loaded = Loaded(cases, function, f"unit.{number}")
            for _ in range(6):
                given = arguments(random)[: len(MACHINE_ARGUMENTS)]
                loaded.add(*given)
                expected.append((loaded, given, interpret(function, given)))
    for done, (loaded, given, wanted) in zip(cases.run(tmp_path), expected, strict=True):
        assert_same(wanted, loaded.outcome(done), given)
        left += done.status == single.LEFT
    assert 0 < left < len(expected)
