"""Stencils of all targets as data: complete, decodable, with no holes but those that the assembler fills in."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import capstone
import pytest
from tests import golden
from tests.ops.harness import is_machine, symbol_address
from tests.stencil.targets import WHOLE, Stencils, disassembler, is_representative, listing, machine_of

from whitehot.elf import (
    Arm64Relocation,
    Binding,
    Machine,
    ObjectFile,
    Place,
    Relocation,
    Section,
    SectionFlag,
    Symbol,
    SymbolKind,
    X86Relocation,
)
from whitehot.ir.ops import OPERATIONS
from whitehot.stencil import library
from whitehot.stencil.holes import HoleKind, check, kind_of
from whitehot.stencil.make import TARGETS, taken_apart, texts
from whitehot.stencil.stencil import Stencil

every_target = pytest.mark.parametrize("target", TARGETS)


def of(stencils: Stencils, target: str) -> dict[str, Stencil]:
    """A target's stencils: all of them, or a representative part."""
    return stencils(target, target in WHOLE)


@every_target
def test_all_are_there(stencils: Stencils, target: str) -> None:
    """There is a stencil for every text."""
    names = {name for name, _ in texts(TARGETS[target])}
    assert of(stencils, target).keys() == (names if target in WHOLE else set(filter(is_representative, names)))


@every_target
def test_instructions(stencils: Stencils, target: str) -> None:
    """Every byte belongs to an instruction, every hole lies in one, and holes do not overlap."""
    machine = machine_of(target)
    decode = disassembler(machine).disasm_lite
    for name, stencil in of(stencils, target).items():
        ends = [0]
        for address, size, _, _ in decode(stencil.code, 0):
            assert address == ends[-1], name
            ends.append(address + size)
        assert ends[-1] == len(stencil.code), name
        offsets = [hole[0] for hole in stencil.holes]
        assert all(after - before >= 4 for before, after in pairwise([*offsets, len(stencil.code)])), name


@every_target
def test_holes(stencils: Stencils, target: str) -> None:
    """The assembler can fill in every hole, and the loader knows every function."""
    machine = machine_of(target)
    for name, stencil in of(stencils, target).items():
        check(machine, name, stencil.holes)
        prepared = library.Prepared(*stencil.data)
        assert len(prepared.code) == len(stencil.code)
        for offset, _, place, _ in stencil.holes:
            assert offset + 4 <= len(stencil.code)
            if place[0] == "=":
                assert int(place[1:]) < len(stencil.constants), name


#: Functions of the C library that LLVM calls by itself, by the system.
LIBRARY = {"memcmp", "bcmp", "memcpy", "memset", "ceil", "floor", "rint", "trunc", "nearbyint"}


@every_target
def test_functions(stencils: Stencils, target: str) -> None:
    """Stencils call what bodies name, and nothing that a compiler brings along."""
    called, declared = set(), {"CALLEE", *LIBRARY}
    for stencil in of(stencils, target).values():
        called |= {hole[2] for hole in stencil.holes if kind_of(hole[2]) is HoleKind.CALL}
    for _, (_, externals) in texts(TARGETS[target]):
        declared |= externals.declarations.keys()
    assert called <= declared


def test_functions_of_this_machine(stencils: Stencils) -> None:
    """All functions and variables that stencils use are found in this process."""
    for stencil in stencils(library.target()).values():
        for _, _, name, _ in stencil.holes:
            if kind_of(name) is HoleKind.CALL and name != "CALLEE":
                assert symbol_address(name)
            elif name[:2] == "G." and name not in ("G.unit.valid", "G.unit.heat"):
                assert symbol_address(name[2:])


def _slots_register(machine: Machine) -> str:
    return "r12" if machine is Machine.X86_64 else "x20"


@pytest.mark.parametrize("target", WHOLE)
def test_slots(stencils: Stencils, target: str) -> None:
    """What is addressed in the native frame is a slot that the assembler chooses."""
    machine = machine_of(target)
    for name, stencil in of(stencils, target).items():
        if name.startswith(("body.", "entry.")):
            continue  # these make the frame
        holes = {hole[0] for hole in stencil.holes if kind_of(hole[2]) is HoleKind.SLOT}
        for instruction in disassembler(machine).disasm(stencil.code, 0):
            for operand in instruction.operands:
                if operand.type != capstone.CS_OP_MEM or instruction.reg_name(operand.mem.base) != _slots_register(
                    machine
                ):
                    continue
                if machine is Machine.X86_64:
                    assert holes & set(range(instruction.address, instruction.address + instruction.size)), name
                else:
                    assert operand.mem.index, name


def test_machine_operations_write_to_slots_only(stencils: Stencils) -> None:
    """Operations over machine values write to their result's slot, and to the C stack where they call a function."""
    for target in WHOLE:
        machine = machine_of(target)
        stack = {"rsp", "sp", _slots_register(machine)}
        for name, stencil in of(stencils, target).items():
            operation = OPERATIONS.get(name.split(".")[0])
            if operation is None or operation.body is None or not is_machine(operation):
                continue
            for instruction in disassembler(machine).disasm(stencil.code, 0):
                for operand in instruction.operands:
                    if operand.type == capstone.CS_OP_MEM and operand.access & capstone.CS_AC_WRITE:
                        assert instruction.reg_name(operand.mem.base) in stack, name


SECTIONS = golden.sections(Path(__file__).parent / "stencils.md")


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.name)
def test_code(section: golden.Section, stencils: Stencils, update: bool) -> None:
    """The instructions of a few stencils."""
    for block in section.outputs():
        target = block.words["after"]
        section.compare(block, listing(machine_of(target), stencils(target)[section.name]), update=update)


# --- what is refused ---


def object_file(
    machine: Machine,
    code: bytes,
    kind: X86Relocation | Arm64Relocation | int,
    *,
    symbol: str = "S0",
    addend: int = 0,
    constants: str = "",
) -> ObjectFile:
    """An object with one function of this code and one relocation at its byte 4, against a symbol from elsewhere or a section of constants."""
    sections = [Section(".text", SectionFlag.ALLOCATE | SectionFlag.EXECUTE, 16, len(code), code)]
    if constants:
        sections.append(Section(constants, SectionFlag.ALLOCATE, 8, 16, b"8 bytes 8 bytes "))
    symbols = (
        Symbol("", Place.UNDEFINED, 0, 0, Binding.LOCAL, SymbolKind.UNTYPED),
        Symbol("made_up.S.S", 0, 0, len(code), Binding.GLOBAL, SymbolKind.FUNCTION),
        Symbol(symbol, 1 if constants else Place.UNDEFINED, 0, 0, Binding.LOCAL, SymbolKind.UNTYPED),
    )
    return ObjectFile(machine, tuple(sections), symbols, (Relocation(0, 4, kind, 2, addend),))


def test_taken_apart() -> None:
    """A jump at the end is cut off, one that is a call or conditional stays; a constant is copied once."""
    x86 = Machine.X86_64
    for code, tail in ((b"\x90\x90\x90\xe9", "EXIT"), (b"\x90\x90\x90\xe8", None), (b"\x90\x90\x0f\x84", None)):
        made = taken_apart(object_file(x86, code + bytes(4), X86Relocation.PLT32, symbol="EXIT", addend=-4))[
            "made_up.S.S"
        ]
        assert made.tail == tail
        assert len(made.code) == (3 if tail else 8)
    nop, arm = b"\x1f\x20\x03\xd5", Machine.AARCH64
    for code, tail in ((b"\0\0\0\x14", "EXIT"), (b"\0\0\0\x94", None)):
        kind = Arm64Relocation.JUMP26 if tail else Arm64Relocation.CALL26
        made = taken_apart(object_file(arm, nop + code, kind, symbol="EXIT"))["made_up.S.S"]
        assert made.tail == tail
    made = taken_apart(object_file(x86, bytes(8), X86Relocation.PC32, addend=-4, constants=".rodata.cst8"))[
        "made_up.S.S"
    ]
    assert made.constants == b"8 bytes "
    assert made.holes == ((4, 2, "=0", -4),)


@pytest.mark.parametrize(
    ("machine", "kind", "symbol", "constants"),
    [
        (Machine.X86_64, X86Relocation.ABS32S, "constant", ".rodata.cst8"),
        (Machine.X86_64, X86Relocation.ABS64, "S0", ""),
        (Machine.X86_64, X86Relocation.PC32, "S0", ""),
        (Machine.X86_64, X86Relocation.ABS32S, "P0", ""),
        (Machine.X86_64, X86Relocation.REX_GOTPCRELX, "G.PyList_Type", ""),
        (Machine.X86_64, X86Relocation.GOTPCRELX, "PyList_Append", ""),
        (Machine.X86_64, X86Relocation.PC32, "table", ".rodata"),
        (Machine.X86_64, X86Relocation.PC32, "text", ".rodata.str1.1"),
        (Machine.AARCH64, Arm64Relocation.ABS64, "P0", ""),
        (Machine.AARCH64, Arm64Relocation.ADR_GOT_PAGE, "CONTINUE", ""),
        (Machine.AARCH64, Arm64Relocation.LDST64_ABS_LO12_NC, "P0", ""),  # without the page it goes with
        (Machine.AARCH64, 280, "EXIT", ""),
    ],
)  # fmt: skip
def test_refused(machine: Machine, kind: X86Relocation | Arm64Relocation | int, symbol: str, constants: str) -> None:
    """Whatever the assembler could not fill in is refused, with its name."""
    with pytest.raises(
        ValueError, match=rf"stencil made_up\.S\.S: relocation type {int(kind)} against .* cannot be filled in"
    ):
        taken_apart(object_file(machine, bytes(8), kind, symbol=symbol, constants=constants))
