"""The tables of instructions against what the standard library knows."""

from __future__ import annotations

import _opcode_metadata  # type: ignore[import-not-found]  # not in typeshed
import opcode

import pytest

from whitehot.cpython import opcodes
from whitehot.cpython import v314 as version


@pytest.mark.parametrize(("name", "expected", "found"), list(opcodes.verify()))
def test_tables(name: str, expected: object, found: object) -> None:
    """Each fact that the self-test checks about instructions."""
    assert found == expected


def test_specialized_instructions_know_where_they_come_from() -> None:
    """Names and base instructions by number agree with CPython's own tables."""
    for base, names in _opcode_metadata._specializations.items():
        for name in names:
            assert opcodes.BASES[_opcode_metadata._specialized_opmap[name]] == base
    for name, number in opcode.opmap.items():
        if number < 256:
            assert opcodes.NAMES[number] == name
            assert opcodes.BASES[number] == name
    hiding = {
        opcodes.NAMES[number]
        for number, hides in enumerate(opcodes.HIDING)
        if hides and not opcodes.NAMES[number].startswith("<")
    }
    assert hiding == {name for name in opcode.opmap if name.startswith("INSTRUMENTED_")} | {"ENTER_EXECUTOR"}


@pytest.mark.parametrize(("name", "forms"), [("CALL", opcodes.CALL_FORMS), ("CALL_KW", opcodes.CALL_KW_FORMS)])
def test_forms(name: str, forms: int) -> None:
    """All that an instruction is specialized to has a bit, and nothing else."""
    found = {opcodes.NAMES[opcodes.FIRST_FORM + bit] for bit in range(63) if forms >> bit & 1}
    assert found == set(_opcode_metadata._specializations[name])


def test_jumps() -> None:
    """Every instruction that jumps is known to, END_ASYNC_FOR excepted: it does not jump."""
    jumping = {opcode.opname[number] for number in opcode.hasjump if number < 256}
    assert {name for name in jumping if not name.startswith("INSTRUMENTED_")} == {*version.JUMPS, "END_ASYNC_FOR"}


def test_names() -> None:
    """Every instruction whose argument is a name is known to."""
    assert {opcode.opname[number] for number in opcode.hasname if not opcode.opname[number].startswith("INSTR")} == set(
        version.NAME_SHIFTS
    )


@pytest.mark.parametrize("name", version.OPERAND_TYPES)
def test_operand_types_are_of_specialized_instructions(name: str) -> None:
    """Feedback by name belongs to specialized instructions, and names types that have a symbol."""
    assert opcodes.BASES[opcodes.NAMES.index(name)] != name
    for exact in version.OPERAND_TYPES[name]:
        assert exact is None or exact in version.TYPE_SYMBOLS


def test_comparisons() -> None:
    """COMPARE_OP's argument as the compiler makes it."""
    for text, expected in (("a < b", ("<", False)), ("1 if a != b else 2", ("!=", True)), ("a >= b", (">=", False))):
        code = compile(text, "", "eval").co_code
        place = code[::2].index(opcode.opmap["COMPARE_OP"])
        assert opcodes.decode_comparison(code[2 * place + 1]) == expected


def test_extended_operators() -> None:
    """The descriptors of mixed and bitwise operators are recognized: six of ints, four each of int and float in both orders."""
    pairs = list(opcodes.extended_operand_types().values())
    assert {pair: pairs.count(pair) for pair in pairs} == {("int", "int"): 6, ("int", "float"): 4, ("float", "int"): 4}
