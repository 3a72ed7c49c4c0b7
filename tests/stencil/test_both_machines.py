"""Stencils of operations on objects do the same on AArch64 as on x86-64, where `tests/ops` compare them with CPython.

Both run in programs of their own (`machine.py`) with the same objects at the same addresses (`arena.py`). Functions of C are answered by the case. Results, exits,
what is written, and what functions are called with have to be the same to the bit.
"""

from __future__ import annotations

import types
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

from tests.ops.copied import word
from tests.ops.harness import is_machine
from tests.ops.numbers import FLOATS, INTS
from tests.stencil import single
from tests.stencil.arena import DEPTH, SLOTS, Arena, add_frame
from tests.stencil.cases import TARGETS_BY_MACHINE, Cases
from tests.stencil.machine import PAGE, needs_aarch64, needs_x86_64
from tests.stencil.runner import ROW_WORDS
from tests.stencil.targets import Stencils, used

from whitehot.cpython.layout import ListObject
from whitehot.cpython.structure import offset_of
from whitehot.elf import Machine
from whitehot.ir import ops
from whitehot.ir.graph import Attribute, Symbol
from whitehot.ir.operation import Operation
from whitehot.ir.types import Kind, Type
from whitehot.stencil.assemble import Assembler, Label
from whitehot.stencil.make import TARGETS
from whitehot.stencil.stencil import RESERVED
from whitehot.stencil.text import template_of, variants

pytestmark = [needs_aarch64, needs_x86_64]

#: What is left out, and why.
LEFT_OUT = {ops.iterator_next: "calls a function whose address is in the iterator's type"}

OPERATIONS = [
    operation
    for operation in ops.OPERATIONS.values()
    if operation.body is not None and not is_machine(operation) and operation not in LEFT_OUT
]

VARIABLES = (
    "PyLong_Type", "PyFloat_Type", "PyBool_Type", "PyUnicode_Type", "PyList_Type", "PyTuple_Type", "PyRange_Type", "PyRangeIter_Type",
    "PyListRevIter_Type", "PyEnum_Type", "PyZip_Type", "PyExc_StopIteration", "_Py_TrueStruct", "_Py_FalseStruct", "_Py_NoneStruct",
)  # fmt: skip


def new_arena() -> Arena:
    """Objects of all types that operations know."""
    numbers = [
        0,
        1,
        2,
        3,
        7,
        9,
        20,
        -3,
        10**6,
        2**40,
        2**62,
        2**63,
        -(2**70),
        2.5,
        -0.0,
        3.0,
        float("nan"),
        float(2**53),
    ]
    texts = ["", "a", "abc", "abd", "hello, world", "\xe9", "caf\xe9", "\u65e5\u672c\u8a9e", "\U0001f600x"]
    items = [0.5, 1.5, 2.5, 3.5]
    mixed = [10**7, "text", (1, "pair"), [2.25, 4.5, 8.125], 2**41]
    lists = [items, mixed, [1.0, 2.0, 3.0], []]
    tuples = [(1.25, "x", 2**42), (), (mixed,), ("p", "q", "r", "s")]
    rows = [range(3, 20, 2), range(7)]
    used_up = iter(items)
    list(used_up)
    iterators = [
        iter(rows[0]), iter(rows[1]), iter(items), used_up, iter(tuples[0]), iter("some text"), iter("caf\xe9"), reversed(items),
        enumerate(items), enumerate(mixed, 2**80), zip(items, mixed, strict=False), zip(items, strict=True),
    ]  # fmt: skip
    others: list[Any] = [types.CellType("content"), types.CellType(), slice(1, 2, 3), {"k": 1.75}, {4.75}]
    arena = Arena([*numbers, *texts, *lists, *tuples, *rows, *iterators, *others], VARIABLES)
    arena.objects["bool"] = [arena.symbols["_Py_TrueStruct"], arena.symbols["_Py_FalseStruct"]]
    arena.objects["NoneType"] = [arena.symbols["_Py_NoneStruct"]]
    arena.symbols["a_text"] = arena.objects["str"][2]
    arena.symbols["a_list"] = arena.objects["list"][0]
    add_frame(arena)
    return arena


#: Attributes, one after the other.
ATTRIBUTES: dict[str, tuple[Attribute, ...]] = {
    "slot": tuple(range(SLOTS)),
    "depth": tuple(range(DEPTH)),
    "offset": (6,),
    "kwnames": (None,),
    "given": (0, 5),
    "code": (2,),
    "size": (3,),
    "index": (0, 1),
    "amount": (3, 100),
    "python": (Symbol("PyLong_Type"), Symbol("PyList_Type"), Symbol("PyFloat_Type")),
    "expected": (Symbol("a_text"), Symbol("_Py_NoneStruct")),
    "name": (Symbol("a_text"),),
    "namespace": (Symbol("a_list"),),
    "builtins": (Symbol("a_list"),),
    "function": (Symbol("PyObject_GetItem"),),
}


def attributes_of(operation: Operation) -> list[tuple[Attribute, ...]]:
    """Rows of attributes for an operation."""
    if operation is ops.guard_frame:
        return [(0b111_1011, 0, SLOTS), (0b111_1010, 0, SLOTS), (3, 0, 2)]
    values = [ATTRIBUTES[name] for name in operation.attributes]
    return [tuple(value[turn % len(value)] for value in values) for turn in range(max(map(len, values), default=1))]


class Choice:
    """Operands for operations."""

    def __init__(self, arena: Arena, random: Random) -> None:
        self.arena = arena
        self.random = random
        self.all = [value for row in arena.objects.values() for value in row]

    def operands(self, operation: Operation) -> list[int]:
        """Words for the operands. Where a body takes for granted what an index is, it is that."""
        random, found = self.random, []
        items = 0
        for operand in operation.operands:
            if operand.type.kind is Kind.ROW:
                value = self.arena.word_at(items + offset_of(ListObject, "ob_item"))
            elif operand.name == "place":
                value = random.randrange(3)
            elif operand.type.python == "list" and operation in _WITHIN:
                value = random.choice(self.arena.objects["list"][:3])
            elif operation in _OF_TEXT:
                value = random.choice(self.arena.objects["str_ascii_iterator"])
            else:
                value = self.value(operand.type)
            if operand.name == "items":
                items = value
            found.append(value)
        return found

    def value(self, type: Type) -> int:
        """A word for a value of a type."""
        random = self.random
        if type.kind is Kind.I64:
            return word(
                random.choice((0, 1, 2, 3, -1, -2, 97, 300)) if random.random() < 0.7 else random.choice(INTS), "i64"
            )
        if type.kind is Kind.F64:
            return word(random.choice(FLOATS), "double")
        if type.kind is Kind.BOOL:
            return int(random.random() < 0.5)
        if type.nullable and random.random() < 0.2:
            return 0
        return random.choice(self.all if type.python is None else self.arena.objects[type.python])

    def answers(self, operation: Operation) -> list[int]:
        """What functions of C answer. Where a body cannot go on without memory, there is some."""
        never_fails = "whitehot_no_memory" in template_of(operation).declarations
        return [word(self.random.choice((0, 2, 6) if never_fails else (0, 0, 1, 2, -1)), "i64") for _ in range(4)]


#: Operations that do not look whether an index is within the list or tuple.
_WITHIN = frozenset({ops.list_get, ops.list_put, ops.list_put_float, ops.list_init})
#: Operations that take an object for an iterator of a string.
_OF_TEXT = frozenset({ops.str_iter_index, ops.str_iter_str})


def put_variants(
    cases: Cases, operation: Operation, attributes: tuple[Attribute, ...], named: str
) -> list[tuple[str, int]]:
    """All variants of an operation with these attributes in a program's code: names, and the addresses of descriptions."""
    assembler = Assembler(cases.machine)
    marked = [
        (kinds, result, single.put(assembler, f"{named}.{number}", operation, kinds, result, attributes, number))
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
        pool = {int(name[1:]): start + offset for name, offset in unit.pool.items() if name != "N"}
        if operation.variadic:
            cases.program.write_word(start + unit.pool["N"], ROW_WORDS)
        found.append((unit.name, cases.describe(image.symbols[f"{named}.{number}"], pool)))
    return found


def done_on(machine: Machine, stencils: Stencils, folder: Path) -> Iterator[tuple[str, list[int], Any]]:
    """What each case comes to on a machine, with the variant's name and the operands."""
    random = Random(1)
    arena = new_arena()
    choice = Choice(arena, random)
    cases = Cases(machine, arena)
    made: list[tuple[str, list[int]]] = []
    target = TARGETS_BY_MACHINE[machine]
    with used({**stencils(target), **single.support(TARGETS[target])}):
        for operation in OPERATIONS:
            for turn, attributes in enumerate(attributes_of(operation)):
                chosen = put_variants(cases, operation, attributes, f"{operation.name}.{turn}")
                for _ in range(EACH if len(chosen) > 1 else ALONE):
                    operands, answers = choice.operands(operation), choice.answers(operation)
                    row = random.choices(choice.all, k=ROW_WORDS) if operation.variadic else ()
                    for name, description in chosen:
                        cases.add(description, operands, answers, row)
                        made.append((name, operands))
    for (name, operands), done in zip(made, cases.run(folder), strict=True):
        yield name, operands, done


#: How many operands are tried with every variant of an operation that has some, and with one that has none.
EACH, ALONE = 40, 200


def test_objects(stencils: Stencils, tmp_path: Path) -> None:
    """Every variant of every operation on objects."""
    names, statuses = set(), set()
    both = [done_on(machine, stencils, tmp_path) for machine in (Machine.X86_64, Machine.AARCH64)]
    for (name, operands, wanted), (_, _, found) in zip(*both, strict=True):
        assert found == wanted, (name, operands)
        assert found.spoilt == 0, (name, operands)
        names.add(name)
        statuses.add(found.status)
    expected = {operation.name for operation in OPERATIONS}
    assert names == {name for name in stencils("aarch64-linux") if name.split(".")[0] in expected}
    assert statuses == {single.DONE, single.LEFT, single.RAISED, single.YES, single.NO}


#: Stencils that are no operation's, as far as they can be run by themselves, and what else they need: pool words, and how they go on.
SPECIAL: dict[str, tuple[dict[str, int], tuple[str, ...]]] = {
    "copy.S": ({}, ()),
    "copy.K": ({"P0": 0x0123_4567_89AB_CDEF}, ()),
    "argument": ({"N": 2}, ()),
    "branch.S": ({}, ("YES", "NO")),
    "check_breaker": ({}, ("EXIT",)),
    "check_breaker.loop": ({"N": 5}, ("EXIT",)),
    "safepoint.begin": ({}, ()),
    "safepoint": ({}, ("EXIT",)),
    "safepoint.look": ({"N": 8}, ("EXIT", "NO")),
    "count_work": ({"N": 7}, ()),
    "stress": ({"P0": 0}, ("EXIT",)),
    "raised.save": ({}, ()),
    "raised.restore": ({}, ()),
    "exit": ({"P0": 0x1234}, ()),
    "leave.function": ({"N": 40, "P0": 0, "P1": 0}, ()),
    "leave.loop": ({"N": 20, "P0": 0, "P1": 0}, ()),
    "leave.loop.spaced": ({"N": 20, "P0": 0, "P1": 0, "A0": 3}, ()),
    "refuse": ({}, ()),
}

#: Stencils that call the interpreter, which is not there, and those that run a unit on its frame. `test_aarch64_units.py` has all others.
NOT_RUN = ("entry.", "body.frame.")


def put_special(cases: Cases, name: str) -> int:
    """A special stencil in a program's code: the address of its description. The row of arguments is the first operand."""
    pool, targets = SPECIAL[name]
    assembler = Assembler(cases.machine)
    labels = {target: Label() for target in targets}
    start = Label()
    first = 8 * single.OPERANDS
    assembler.begin_function("special." + name)
    assembler.put("test.run", {}, {}, {"CONTINUE": start})
    assembler.end_function()
    assembler.begin_function("code")
    assembler.place(start)
    assembler.put("copy.S", {"S0": first, "R": 8 * RESERVED.index("arguments")}, {}, {})
    numbers = {hole: assembler.word(word) for hole, word in pool.items()}
    tail = assembler.put(name, {"S0": first, "R": 8 * single.RESULT_WORD}, numbers, labels)
    if tail is not None:
        assembler.jump(labels[tail])
    assembler.put("test.done", {}, {"N": assembler.word(single.DONE)}, {})
    for status, label in enumerate(labels.values(), single.LEFT):
        assembler.place(label)
        assembler.put("test.done", {}, {"N": assembler.word(status)}, {})
    assembler.end_function()
    return cases.describe(cases.program.load(assembler.finish(), cases.code).symbols["special." + name], {})


def test_special(stencils: Stencils, tmp_path: Path) -> None:
    """Stencils of what is no operation: moves, checks, ways to leave."""
    results = []
    for machine in (Machine.X86_64, Machine.AARCH64):
        arena = new_arena()
        target = TARGETS_BY_MACHINE[machine]
        for breaker in (0, 1):
            arena.write(arena.symbols["whitehot_breaker"], breaker)
            cases = Cases(machine, arena)
            with used({**stencils(target), **single.support(TARGETS[target])}):
                for name in SPECIAL:
                    description = put_special(cases, name)
                    for answer, operand in enumerate((arena.symbols["frame"], arena.symbols["thread"])):
                        cases.add(description, [operand], [answer])
            results.append(cases.run(tmp_path))
    assert results[:2] == results[2:]
    assert results[0] != results[1]
    known = {name.split(".")[0] for name in SPECIAL} | {
        operation.name for operation in ops.OPERATIONS.values() if operation.body is not None
    }
    others = {name.split(".")[0] for name in stencils("aarch64-linux") if not name.startswith(NOT_RUN)}
    assert others - known == {"body", "call", "call_cell", "return"}
