"""One variant of an operation as a C function, for any machine.

The function takes the address of a block of words, which serves as the native frame, and the thread state; it gives back how the code went on. So whoever
calls it lays out the operands in the block, and finds there what was written:

    word 0, 1       the runtime's context, the interpreter's frame
    word 8, 9, ..   operands, wherever the variant wants them: it is given them in a register where it takes them from one
    word 16         the result where the variant stores it
    word 17         the result where the variant leaves it in a register
    word 20, ..     the row of a variadic operation
"""

from __future__ import annotations

import marshal
from functools import cache

from whitehot.deopt.descriptors import Address
from whitehot.elf import Machine, ObjectFile
from whitehot.ir.graph import Attribute
from whitehot.ir.operation import Operation
from whitehot.ir.ops import OPERATIONS
from whitehot.record import dataclass
from whitehot.stencil import library
from whitehot.stencil.assemble import Assembler, Label
from whitehot.stencil.make import compiled
from whitehot.stencil.places import attribute_word
from whitehot.stencil.special import Made
from whitehot.stencil.stencil import Stencil, stencil_name
from whitehot.stencil.text import (
    ATTRIBUTES,
    CONVENTION,
    RESULT,
    Externals,
    address_of_slot,
    function,
    going_on,
    load,
    store,
    template_of,
)

#: Words of a block, and what they are for.
CONTEXT, FRAME, OPERANDS, RESULT_WORD, KEPT_WORD, ROW, WORDS = 0, 1, 8, 16, 17, 20, 64

#: How the code went on.
DONE, LEFT, RAISED, YES, NO = range(5)

_REGISTERS = {"i64": "%word", "i1": "%word", "ptr": "%pointer", "double": "%float"}

#: Pool words that are filled in later contain these numbers meanwhile.
_MARK = 0x5AFE_1DEA_0000_0000


def support_texts() -> list[tuple[str, Made]]:
    """Stencils that only tests need: the C function, operands into registers, results from them, the end."""

    def made(name: str, lines: list[str]) -> tuple[str, Made]:
        return name, (function(name, lines), Externals())

    run = [
        f'define i64 @"test.run"(ptr %slots, ptr %thread) {ATTRIBUTES} {{',
        f"  %whole = call {CONVENTION} {RESULT} @CONTINUE(ptr %slots, ptr %thread, i64 poison, ptr poison, double poison)",
        f"  %status = extractvalue {RESULT} %whole, 0",
        "  ret i64 %status",
        "}",
    ]
    texts: list[tuple[str, Made]] = [("test.run", (run, Externals()))]
    for type in ("i64", "ptr", "double"):
        given = [address_of_slot("%at", "S0"), *load("%o0", type, "%at"), *going_on("next", "CONTINUE", (type, "%o0"))]
        texts.append(made(f"test.give.{type}", given))
        texts.append(
            made(f"test.keep.{type}", [*store(_REGISTERS[type], type, "R", "r"), *going_on("next", "CONTINUE")])
        )
    done = ["  %status = load i64, ptr @N", f"  %answer = insertvalue {RESULT} poison, i64 %status, 0"]
    texts.append(made("test.done", [*done, f"  ret {RESULT} %answer"]))
    return texts


@cache
def support(triple: str) -> dict[str, Stencil]:
    """These stencils for a target."""
    return compiled(triple, (made for _, made in support_texts()))


def add_support(triple: str) -> None:
    """Have the assembler know them besides those that it uses."""
    if not library.has("test.run"):
        library._data.update((name, marshal.dumps(stencil.data)) for name, stencil in support(triple).items())


@dataclass(frozen=True, slots=True)
class Unit:
    """A variant of an operation. `object` exports `f`; `pool` says at which offset in its code a constant operand (by number) or the length of a row
    ("N") has to be put.
    """

    operation: Operation
    kinds: str
    result: str
    object: ObjectFile
    pool: dict[str, int]

    @property
    def name(self) -> str:
        return stencil_name(self.operation, self.kinds, self.result)


def unit(
    machine: Machine, operation: Operation, kinds: str, result: str, attributes: tuple[Attribute, ...] = ()
) -> Unit:
    """A variant as an object."""
    assembler = Assembler(machine)
    marks = put(assembler, "f", operation, kinds, result, attributes)
    made = assembler.finish()
    return Unit(operation, kinds, result, made, places(made, marks))


def places(made: ObjectFile, marks: dict[str, int]) -> dict[str, int]:
    """Where in the code of a finished object the marks are."""
    code = made.sections[0].data
    return {name: code.index(mark.to_bytes(8, "little")) for name, mark in marks.items()}


def put(
    assembler: Assembler,
    name: str,
    operation: Operation,
    kinds: str,
    result: str,
    attributes: tuple[Attribute, ...] = (),
    number: int = 0,
) -> dict[str, int]:
    """Put a variant between stencils that give it operands and keep its result: a function `name`. The answer says what its constant operands contain meanwhile,
    which depends on `number`.
    """
    types = template_of(operation).operands
    start = Label()
    assembler.begin_function(name)
    assembler.put("test.run", {}, {}, {"CONTINUE": start})
    assembler.end_function()
    assembler.begin_function("code." + name)
    assembler.place(start)
    slots = {"R": 8 * RESULT_WORD, "W": 8 * ROW}
    marks: dict[str, int] = {}
    pool: dict[str, int] = {}
    for index, value in enumerate(attributes):
        word = attribute_word(value)
        pool[f"A{index}"] = assembler.address(word.symbol) if isinstance(word, Address) else assembler.word(word)
    for index, kind in enumerate(kinds):
        place = 8 * (OPERANDS + index)
        if kind == "S":
            slots[f"S{index}"] = place
        elif kind == "K":
            marks[f"P{index}"] = _MARK + 16 * number + index
        else:
            assembler.put(f"test.give.{_word_type(types[index])}", {"S0": place}, {}, {})
    if operation.variadic:
        marks["N"] = _MARK + 16 * number + 9
    pool |= {hole: assembler.word(mark) for hole, mark in marks.items()}
    labels = {target: Label() for target in ("EXIT", "RAISE", "YES", "NO")}
    tail = assembler.put(stencil_name(operation, kinds, result), slots, pool, labels)
    if tail in ("YES", "NO"):
        assembler.jump(labels[tail])
    elif result in "RD":
        assembler.put(f"test.keep.{_word_type(_result_type(operation))}", {"R": 8 * KEPT_WORD}, {}, {})
    _end(assembler, DONE)
    for label, status in zip(labels.values(), (LEFT, RAISED, YES, NO), strict=True):
        assembler.place(label)
        _end(assembler, status)
    assembler.end_function()
    return marks


def _end(assembler: Assembler, status: int) -> None:
    assembler.put("test.done", {}, {"N": assembler.word(status)}, {})


def _word_type(type: str) -> str:
    """A bool is passed as a word."""
    return "i64" if type == "i1" else type


def _result_type(operation: Operation) -> str:
    """The machine type of what an operation passes on: those that give an operand back have it from their template too."""
    type = template_of(operation).result_type
    assert type is not None
    return type


OPERATIONS_WITH_BODY = [operation for operation in OPERATIONS.values() if operation.body is not None]
