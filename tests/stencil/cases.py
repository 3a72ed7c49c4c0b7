"""A program that does cases of stencils on AArch64, one after the other (`emulated.py`), and what becomes of them."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.ops.copied import value_of, word
from tests.ops.numbers import bits
from tests.stencil import emulated
from tests.stencil.emulated import (
    ANSWERS,
    CALL_WORDS,
    CALLED,
    CALLS,
    CASE_WORDS,
    DESCRIPTION_WORDS,
    FUNCTION,
    GIVEN,
    KEPT,
    MOST_CALLS,
    RECORD_HEAD,
    SPOILT,
    STATUS,
    STORED,
)
from tests.stencil.machine import PAGE, SYSTEM_CALL, Program
from tests.stencil.units import Record

from whitehot.cpython import capi
from whitehot.elf import read_object
from whitehot.ir.types import Kind
from whitehot.llvm.machine import compile_for
from whitehot.lowlevel import module_of
from whitehot.record import dataclass
from whitehot.stencil.make import TARGETS

TARGET = "aarch64-linux"

#: Functions of C that operations over machine values call, by the numbers that `emulated.test_called` notes.
FUNCTIONS = sorted(
    name for name in capi._PYTHON_FORMS if {str(t) for t in capi.FUNCTIONS[name].signature.parameters} == {"f64"}
)

_CASE = struct.Struct(f"<{CASE_WORDS}Q")
_ROOM_FOR_RECORDS = 1 << 26


def answering(name: str, number: int) -> str:
    """A function of C that notes what it is called with and answers what the case says."""
    count = len(capi.FUNCTIONS[name].signature.parameters)
    parameters = ", ".join(f"double %x{index}" for index in range(count))
    given = ", ".join(f"double {f'%x{index}' if index < count else '0.0'}" for index in range(2))
    call = f"%answer = call double @test_called(i64 {number}, {given})"
    return f"define double @{name}({parameters}) nounwind {{\n  {call}\n  ret double %answer\n}}\n"


def runner_text() -> str:
    """The module of all that is no stencil. LLVM must not make calls of a C library that is not there."""
    called = "".join(answering(name, number) for number, name in enumerate(FUNCTIONS))
    return module_of(emulated.ROUTINES, 'nounwind "no-builtins"') + called


@dataclass(frozen=True, slots=True)
class Done:
    """What became of a case: how the code went on, the words it stored and kept in a register, what functions of C it called with what, what it recorded
    when it left.
    """

    status: int
    stored: int
    kept: int
    calls: list[object]
    records: list[Record]


class Cases:
    """Cases, as they are added; `code` is where what they call belongs."""

    def __init__(self) -> None:
        self.program = program = Program()
        self.code = program.region(0x4000_0000)
        runner = program.region(0x8000_0000)
        self.data = program.region(0xA000_0000)
        self._cases = program.region(0xC000_0000)
        self._records = program.region(0x1_0000_0000, _ROOM_FOR_RECORDS)
        self._count = program.region(0x9000_0000)
        program.symbols |= {
            "thread": self.data.add(bytes(PAGE)),
            "whitehot_breaker": self.data.add(bytes(8)),
            "count": self._count.start,
            "cases": self._cases.start,
            "records": self._records.start,
        }
        program.load(SYSTEM_CALL, runner)
        program.load(read_object(compile_for(TARGETS[TARGET], runner_text())), runner)

    def describe(self, function: int, pool: Mapping[int, int]) -> int:
        """Say that a function is called with a block, and which operands are put into which words of the pool before; the description's address."""
        row = [function, *(pool.get(index, 0) for index in range(DESCRIPTION_WORDS - 1))]
        return self.data.add(struct.pack(f"<{DESCRIPTION_WORDS}Q", *row))

    def add(self, description: int, operands: Sequence[int], answers: Sequence[float] = ()) -> None:
        """Add a case: words, and what functions of C answer."""
        row = [0] * CASE_WORDS
        row[FUNCTION] = description
        row[GIVEN : GIVEN + len(operands)] = operands
        row[ANSWERS : ANSWERS + len(answers)] = [word(answer, "double") for answer in answers]
        self._cases.bytes += _CASE.pack(*row)

    def run(self, folder: Path) -> list[Done]:
        """What became of each case. Fails where one wrote what it should not. Raises CalledProcessError where the program did not come to its end."""
        size = len(self._cases.bytes)
        self._count.add(struct.pack("<q", size // _CASE.size))
        output = self.program.run(folder)
        assert len(output) >= size
        records = _records_of(output[size:])
        done = []
        for number, case in enumerate(_CASE.iter_unpack(output[:size])):
            assert case[SPOILT] == 0, number
            found = records.get(number * _CASE.size, [])
            done.append(Done(case[STATUS], case[STORED], case[KEPT], _calls_of(case), found))
        return done


def _calls_of(case: tuple[int, ...]) -> list[object]:
    """What functions of C were called with."""
    assert case[CALLS] <= MOST_CALLS
    found: list[object] = []
    for place in range(CALLED, CALLED + CALL_WORDS * case[CALLS], CALL_WORDS):
        name = FUNCTIONS[case[place]]
        count = len(capi.FUNCTIONS[name].signature.parameters)
        found.append((name, *(bits(value_of(given, Kind.F64)) for given in case[place + 1 : place + 1 + count])))
    return found


def _records_of(output: bytes) -> dict[int, list[Record]]:
    """Records by their case."""
    words = struct.unpack(f"<{len(output) // 8}Q", output)
    found: dict[int, list[Record]] = {}
    at = 0
    while at < len(words):
        case, descriptor, slots, constants = words[at : at + RECORD_HEAD]
        at += RECORD_HEAD
        found.setdefault(case, []).append(Record(descriptor, words[at : at + slots + constants]))
        at += slots + constants
    return found
