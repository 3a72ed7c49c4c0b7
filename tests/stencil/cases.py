"""A program that does cases of stencils, one after the other (`runner.py`), and what becomes of them."""

from __future__ import annotations

import re
import struct
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from tests.stencil import runner
from tests.stencil.arena import ARENA, Arena
from tests.stencil.machine import PAGE, Program, beginning, system_calls
from tests.stencil.runner import (
    ANSWERS,
    CALL_WORDS,
    CALLED,
    CALLS,
    CASE_WORDS,
    DESCRIPTION_WORDS,
    FUNCTION,
    GIVEN,
    MOST_CALLS,
    RECORD_HEAD,
    ROW_GIVEN,
    STATUS,
)
from tests.stencil.units import Record

from whitehot.elf import Machine, read_object
from whitehot.llvm.machine import compile_for
from whitehot.lowlevel import module_of
from whitehot.record import dataclass
from whitehot.stencil.make import TARGETS, texts

TARGETS_BY_MACHINE = {Machine.AARCH64: "aarch64-linux", Machine.X86_64: "x86_64-linux"}
AARCH64 = TARGETS_BY_MACHINE[Machine.AARCH64]

_CASE = struct.Struct(f"<{CASE_WORDS}Q")
_ROOM_FOR_RECORDS = 1 << 26

_DECLARATION = re.compile(r'declare (?P<result>[^@]*?) ?@"?(?P<name>[\w.]+)"?\((?P<parameters>[^)]*)\)')


@cache
def functions() -> dict[str, tuple[str, tuple[str, ...]]]:
    """The functions of C that operations call: LLVM's types of result and parameters. Their order gives them numbers."""
    found = {}
    for _, (_, externals) in texts(TARGETS["aarch64-linux"]):
        for line in externals.declarations.values():
            match = _DECLARATION.match(line)
            if match is not None and not match["name"].startswith("llvm.") and match["name"] not in _NOT_ANSWERED:
                parameters = [part.split()[0] for part in match["parameters"].split(",") if part]
                found[match["name"]] = match["result"].split()[-1], tuple(parameters)
    # LLVM finds out that only equality is asked for.
    found["bcmp"] = found["memcmp"]
    return dict(sorted(found.items()))


#: What `runner.py` defines, and what is an operand of a stencil.
_NOT_ANSWERED = frozenset({"whitehot_record_slots", "CALLEE"})

#: Functions that give something back through a pointer: which parameter that is, and the type.
_OUT = {"PyLong_AsLongLongAndOverflow": (1, "i32"), "PyDict_Pop": (2, "ptr"), "_PyEval_LoadGlobalStackRef": (3, "ptr")}

#: How a parameter becomes a word, and how the word that the case answers with becomes a result: an address is that of the fresh object, or NULL for odd words.
_TO_WORD = {
    "ptr": "call i64 @test_noted(ptr {})",
    "double": "bitcast double {} to i64",
    "i32": "sext i32 {} to i64",
    "i1": "zext i1 {} to i64",
}
_FROM_WORD = {
    "ptr": ["%odd = trunc i64 %answer to i1", "%result = select i1 %odd, ptr null, ptr @fresh"],
    "double": ["%result = bitcast i64 %answer to double"],
    "i64": ["%result = add i64 %answer, 0"],
    "i32": ["%result = trunc i64 %answer to i32"],
    "i1": ["%result = trunc i64 %answer to i1"],
    "void": [],
}


def answering(name: str, number: int) -> str:
    """A function of C that notes what it is called with and answers what the case says."""
    result, types = functions()[name]
    lines = []
    given = ["0"] * 3
    for index, type in enumerate(types):
        if index < len(given):
            given[index] = f"%x{index}"
            if type in _TO_WORD:
                given[index] = f"%w{index}"
                lines.append(f"%w{index} = {_TO_WORD[type].format(f'%x{index}')}")
    words = ", ".join(f"i64 {word}" for word in given)
    lines += [f"%answer = call i64 @test_called(i64 {number}, {words})", *_FROM_WORD[result]]
    if name in _OUT:
        index, type = _OUT[name]
        wanted = f"%wanted = icmp ne ptr %x{index}, null"
        lines += [wanted, f"%place = select i1 %wanted, ptr %x{index}, ptr @test_spare"]
        lines.append("store i32 0, ptr %place" if type == "i32" else "store ptr @fresh, ptr %place")
    lines.append("ret void" if result == "void" else f"ret {result} %result")
    parameters = ", ".join(f"{type} %x{index}" for index, type in enumerate(types))
    extension = "zeroext " if result == "i1" else ""
    return "\n".join([f"define {extension}{result} @{name}({parameters}) nounwind {{", *lines, "}", ""])


#: The object that functions of C give, and what they write where nobody wants it.
_VARIABLES = "@fresh = external global i8\n@test_spare = global i64 0\n"


def runner_text() -> str:
    """The module of all that is no stencil. LLVM must not make calls of a C library that is not there."""
    called = "".join(answering(name, number) for number, name in enumerate(functions()))
    return module_of(runner.ROUTINES, 'nounwind "no-builtins"') + _VARIABLES + called


@dataclass(frozen=True, slots=True)
class Done:
    """What became of a case: how the code went on, the words it stored and kept in a register, how many other words of the block it wrote, what it changed in
    the arena, how many functions of C it called, the first of them with the words they were given, what it recorded when it left.
    """

    status: int
    stored: int
    kept: int
    spoilt: int
    changed: int
    called: int
    calls: list[tuple[str, tuple[int, ...]]]
    records: list[Record]


class Cases:
    """Cases for a machine, as they are added; `code` is where what they call belongs. The arena is memory that they find as it was."""

    def __init__(self, machine: Machine, arena: Arena | None = None) -> None:
        self.machine = machine
        self.program = program = Program(machine)
        self.code = program.region(0x4000_0000)
        where_runner_is = program.region(0x8000_0000)
        self.data = program.region(0xA000_0000)
        self._cases = program.region(0xC000_0000)
        self._records = program.region(0x1_0000_0000, _ROOM_FOR_RECORDS)
        self._count = program.region(0x9000_0000)
        contents = arena.contents if arena is not None else b""
        program.symbols |= {
            "arena": program.region(ARENA, len(contents)).start,
            "pristine": self.data.add(contents),
            "arena_words": self.data.add(struct.pack("<q", len(contents) // 8)),
            "thread": self.data.add(bytes(PAGE)),
            "frame": self.data.add(bytes(PAGE)),
            "fresh": self.data.add(bytes(PAGE)),
            "whitehot_breaker": self.data.add(bytes(8)),
            "count": self._count.start,
            "cases": self._cases.start,
            "records": self._records.start,
        }
        program.symbols |= arena.symbols if arena is not None else {}
        program.load(system_calls(machine), where_runner_is)
        program.load(read_object(compile_for(TARGETS[self.target], runner_text())), where_runner_is)
        program.load(beginning(machine), where_runner_is)

    @property
    def target(self) -> str:
        """The name of the stencils' target."""
        return TARGETS_BY_MACHINE[self.machine]

    def describe(self, function: int, pool: Mapping[int, int]) -> int:
        """Say that a function is called with a block, and which operands are put into which words of the pool before; the description's address."""
        row = [function, *(pool.get(index, 0) for index in range(DESCRIPTION_WORDS - 1))]
        return self.data.add(struct.pack(f"<{DESCRIPTION_WORDS}Q", *row))

    def add(
        self, description: int, operands: Sequence[int], answers: Sequence[int] = (), row: Sequence[int] = ()
    ) -> None:
        """Add a case: words, the row of a variadic operation, and what functions of C answer."""
        case = [0] * CASE_WORDS
        case[FUNCTION] = description
        case[GIVEN : GIVEN + len(operands)] = operands
        case[ROW_GIVEN : ROW_GIVEN + len(row)] = row
        case[ANSWERS : ANSWERS + len(answers)] = answers
        self._cases.bytes += _CASE.pack(*case)

    def run(self, folder: Path) -> list[Done]:
        """What became of each case. Raises CalledProcessError where the program did not come to its end."""
        size = len(self._cases.bytes)
        self._count.add(struct.pack("<q", size // _CASE.size))
        output = self.program.run(folder)
        assert len(output) >= size
        records = _records_of(output[size:])
        done = []
        for number, case in enumerate(_CASE.iter_unpack(output[:size])):
            found = records.get(number * _CASE.size, [])
            status, stored, kept, spoilt, changed, called = case[STATUS : CALLS + 1]
            done.append(Done(status, stored, kept, spoilt, changed, called, _calls_of(case), found))
        return done


def _calls_of(case: tuple[int, ...]) -> list[tuple[str, tuple[int, ...]]]:
    """What functions of C were called with."""
    found = []
    names = list(functions())
    for place in range(CALLED, CALLED + CALL_WORDS * min(case[CALLS], MOST_CALLS), CALL_WORDS):
        name = names[case[place]]
        count = min(len(functions()[name][1]), CALL_WORDS - 1)
        found.append((name, case[place + 1 : place + 1 + count]))
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
