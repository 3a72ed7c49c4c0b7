"""Stencils from LLVM: all variants of all operations in one module, its object taken apart.

Nothing here depends on the machine it runs on: stencils are for a target's plainest processor, so that they can be made anywhere and shipped.
"""

from __future__ import annotations

from whitehot import lowlevel
from whitehot.elf import ObjectFile, Relocation, Symbol, SymbolKind, read_object
from whitehot.ir.ops import OPERATIONS
from whitehot.llvm.machine import loaded_llvm
from whitehot.stencil.special import Made, special_texts
from whitehot.stencil.stencil import JUMPS, RESERVED, Hole, Stencil, stencil_name
from whitehot.stencil.text import CONVENTION, RESULT, operation_text, variants

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

#: The targets that stencils are made for, by the name of the platform: objects are ELF on all of them, so one reader serves.
TARGETS = {
    "x86_64-linux": "x86_64-unknown-linux-gnu",
    "aarch64-linux": "aarch64-unknown-linux-gnu",
    "x86_64-macos": "x86_64-apple-macosx11-elf",
    "aarch64-macos": "arm64-apple-macosx11-elf",
    "x86_64-windows": "x86_64-pc-windows-msvc-elf",
    "aarch64-windows": "aarch64-pc-windows-msvc-elf",
}


def texts() -> Iterator[tuple[str, Made]]:
    """The definitions of all stencils, by name."""
    for operation in OPERATIONS.values():
        if operation.body is not None:
            for kinds, result in variants(operation):
                yield stencil_name(operation, kinds, result), operation_text(operation, kinds, result)
    yield from special_texts()


def module_text(triple: str) -> str:
    """The text of the module with all stencils."""
    declarations: dict[str, str] = {}
    symbols: set[str] = set()
    lines: list[str] = []
    for _, (text, externals) in texts():
        lines += text
        symbols |= externals.loads.keys()
        lowlevel.merge_declarations(declarations, externals.declarations)
    offsets = [f"{letter}{number}" for letter in "S" for number in range(9)] + ["R", "W", "FRAME"]
    offsets += [f"X.{name}" for name in RESERVED]
    words = [f"{letter}{number}" for letter in "PA" for number in range(4)] + ["N"]
    words += [f'"G.{symbol}"' for symbol in sorted(symbols)]
    head = [f'target triple = "{triple}"']
    head += [f"@{name} = external hidden global i8" for name in offsets]
    head += [f"@{name} = external hidden global i64" for name in words]
    types = "ptr, ptr, i64, ptr, double"
    head += [f"declare {CONVENTION} {RESULT} @{name}({types})" for name in JUMPS]
    head += [line for line in declarations.values() if line.startswith("declare") and "@CALLEE(" not in line]
    return "\n".join([*head, "@CALLEE = external hidden global i8", *lines, lowlevel.METADATA])


def make(triple: str) -> dict[str, Stencil]:
    """All stencils for a target. Raises RuntimeError with LLVM's message where it rejects one, ValueError for code that cannot be patched."""
    binding = loaded_llvm()
    binding.initialize_all_targets()
    binding.initialize_all_asmprinters()
    module = binding.parse_assembly(module_text(triple))
    module.verify()
    target = binding.Target.from_triple(triple)
    machine = target.create_target_machine(opt=2, codemodel="small", reloc="static")
    tuning = binding.create_pipeline_tuning_options(speed_level=2)
    tuning.loop_vectorization = tuning.slp_vectorization = tuning.loop_unrolling = False
    builder = binding.create_pass_builder(machine, tuning)
    builder.getModulePassManager().run(module, builder)
    return taken_apart(read_object(bytes(machine.emit_object(module))))


def taken_apart(obj: ObjectFile) -> dict[str, Stencil]:
    """The functions of an object as stencils."""
    by_section: dict[int, list[Relocation]] = {}
    for relocation in obj.relocations:
        by_section.setdefault(relocation.section, []).append(relocation)
    for relocations in by_section.values():
        relocations.sort(key=lambda relocation: relocation.offset)
    found = {}
    for symbol in obj.symbols:
        if symbol.kind is SymbolKind.FUNCTION and isinstance(symbol.section, int):
            end = symbol.value + symbol.size
            inside = [r for r in by_section.get(symbol.section, ()) if symbol.value <= r.offset < end]
            code = obj.sections[symbol.section].data[symbol.value : end]
            found[symbol.name] = _stencil(obj, symbol, code, inside)
    return found


def _stencil(obj: ObjectFile, function: Symbol, code: bytes, relocations: list[Relocation]) -> Stencil:
    holes: list[Hole] = []
    constants = bytearray()
    for relocation in relocations:
        symbol = obj.symbols[relocation.symbol]
        offset = relocation.offset - function.value
        if isinstance(symbol.section, int):
            place, addend = _own_constant(obj, symbol, relocation, constants)
            holes.append((offset, int(relocation.type), f"={place}", addend))
        else:
            holes.append((offset, int(relocation.type), symbol.name, relocation.addend))
    tail = None
    if holes and holes[-1][2] in JUMPS:
        offset, _, name, _ = holes[-1]
        # A jump at the very end is put there only where the code goes on elsewhere.
        if obj.machine.name == "X86_64" and code[offset - 1] == 0xE9 and offset + 4 == len(code):
            code, tail = code[: offset - 1], name
            holes.pop()
        elif obj.machine.name == "AARCH64" and offset + 4 == len(code):
            code, tail = code[:offset], name
            holes.pop()
    return Stencil(code, tuple(holes), tail, bytes(constants))


def _own_constant(obj: ObjectFile, symbol: Symbol, relocation: Relocation, constants: bytearray) -> tuple[int, int]:
    """Copy a constant that the code refers to; its place among the stencil's constants, and what to add to its address."""
    assert isinstance(symbol.section, int)
    section = obj.sections[symbol.section]
    width = section.alignment
    if section.name.startswith(".text") or width not in (4, 8, 16):
        raise ValueError(f"a stencil refers to {section.name}+{relocation.addend}")
    # Relative addresses count from the end of an instruction, up to eight bytes after the field.
    target = symbol.value + relocation.addend
    start = -(-target // width) * width if relocation.addend < 0 or target % width else target
    while len(constants) % width:
        constants.append(0)
    place = len(constants)
    constants += section.data[start : start + width]
    return place, target - start
