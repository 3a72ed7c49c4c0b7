"""Stencils from LLVM: all variants of all operations in one module, its object taken apart.

Nothing here depends on the machine it runs on: stencils are for a target's plainest processor, so that they can be made anywhere and shipped.
"""

from __future__ import annotations

from itertools import batched

from whitehot import lowlevel
from whitehot.elf import Machine, ObjectFile, Relocation, Symbol, SymbolKind, read_object
from whitehot.errors import Cancelled
from whitehot.ir.ops import OPERATIONS
from whitehot.llvm.machine import loaded_llvm
from whitehot.stencil.holes import check
from whitehot.stencil.special import Made, special_texts
from whitehot.stencil.stencil import JUMPS, POOL_HOLES, RESERVED, SLOT_HOLES, Hole, Stencil, stencil_name
from whitehot.stencil.text import CONVENTION, RESULT, operation_text, variants

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

#: The targets that stencils are made for, by the name of the platform: objects are ELF on all of them, so one reader serves.
TARGETS = {
    "x86_64-linux": "x86_64-unknown-linux-gnu",
    "aarch64-linux": "aarch64-unknown-linux-gnu",
    # Functions call each other there as on Linux; for macOS itself LLVM would have all symbols relative to the code, offsets of slots too.
    "x86_64-macos": "x86_64-unknown-linux-gnu",
    "aarch64-macos": "arm64-apple-macosx11-elf",
    "x86_64-windows": "x86_64-pc-windows-msvc-elf",
    "aarch64-windows": "aarch64-pc-windows-msvc-elf",
}


#: How many stencils LLVM makes in one go: it cannot be interrupted, and takes some tenths of a second for these.
_AT_ONCE = 256


def texts(triple: str) -> Iterator[tuple[str, Made]]:
    """The definitions of all stencils for a target, by name."""
    for operation in OPERATIONS.values():
        if operation.body is not None:
            for kinds, result in variants(operation):
                yield stencil_name(operation, kinds, result), operation_text(operation, kinds, result)
    yield from special_texts(touches_pages="-windows-" in triple)


def module_text(triple: str, definitions: Iterable[Made]) -> str:
    """The text of a module with these stencils."""
    declarations: dict[str, str] = {}
    symbols: set[str] = set()
    lines: list[str] = []
    for text, externals in definitions:
        lines += text
        symbols |= externals.loads.keys()
        lowlevel.merge_declarations(declarations, externals.declarations)
    offsets = [*sorted(SLOT_HOLES), "FRAME", *(f"X.{name}" for name in RESERVED)]
    words = [*sorted(POOL_HOLES), *(f'"G.{symbol}"' for symbol in sorted(symbols))]
    head = [f'target triple = "{triple}"']
    head += [f"@{name} = external hidden global i8" for name in offsets]
    head += [f"@{name} = external hidden global i64" for name in words]
    types = "ptr, ptr, i64, ptr, double"
    head += [f"declare hidden {CONVENTION} {RESULT} @{name}({types})" for name in JUMPS]
    # Functions are called directly, not through a table of addresses: the loader puts stubs where they are too far away.
    head += [
        line.replace("declare ", "declare hidden ", 1)
        for line in declarations.values()
        if line.startswith("declare") and "@CALLEE(" not in line
    ]
    return "\n".join([*head, "@CALLEE = external hidden global i8", *lines, lowlevel.METADATA])


def make(triple: str, is_wanted: Callable[[], bool] = lambda: True) -> dict[str, Stencil]:
    """All stencils for a target. Raises RuntimeError with LLVM's message where it rejects one, ValueError for one with holes that cannot be filled in,
    Cancelled where nobody wants them any more.
    """
    found: dict[str, Stencil] = {}
    for some in batched((made for _, made in texts(triple)), _AT_ONCE, strict=False):
        if not is_wanted():
            raise Cancelled
        found |= compiled(triple, some)
    return found


def compiled(triple: str, definitions: Iterable[Made]) -> dict[str, Stencil]:
    """Stencils from their definitions, by name. Raises what `make` raises."""
    binding = loaded_llvm()
    binding.initialize_all_targets()
    binding.initialize_all_asmprinters()
    module = binding.parse_assembly(module_text(triple, definitions))
    module.verify()
    target = binding.Target.from_triple(triple)
    machine = target.create_target_machine(opt=2, codemodel="small", reloc="static")
    tuning = binding.create_pipeline_tuning_options(speed_level=2)
    tuning.loop_vectorization = tuning.slp_vectorization = tuning.loop_unrolling = False
    builder = binding.create_pass_builder(machine, tuning)
    builder.getModulePassManager().run(module, builder)
    return taken_apart(read_object(bytes(machine.emit_object(module))))


def taken_apart(obj: ObjectFile) -> dict[str, Stencil]:
    """The functions of an object as stencils. Raises ValueError for one with holes that cannot be filled in."""
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
    constants = _Constants(obj, function.name)
    for relocation in relocations:
        symbol = obj.symbols[relocation.symbol]
        name, addend = symbol.name, relocation.addend
        if isinstance(symbol.section, int):
            place, addend = constants.place(relocation)
            name = f"={place}"
        holes.append((relocation.offset - function.value, int(relocation.type), name, addend))
    check(obj.machine, function.name, holes)
    tail = None
    if holes and holes[-1][2] in JUMPS:
        offset, _, name, _ = holes[-1]
        # A jump at the very end is put there only where the code goes on elsewhere.
        start = offset - 1 if obj.machine is Machine.X86_64 else offset
        if offset + 4 == len(code) and _is_jump(obj.machine, code, start):
            code, tail = code[:start], name
            holes.pop()
    return Stencil(code, tuple(holes), tail, constants.data)


_JMP = 0xE9  # x86-64
_B, _B_MASK = 0x1400_0000, 0xFC00_0000  # AArch64


def _is_jump(machine: Machine, code: bytes, start: int) -> bool:
    """Whether the instruction is a jump: neither a conditional one nor a call."""
    if machine is Machine.X86_64:
        return code[start] == _JMP
    return int.from_bytes(code[start : start + 4], "little") & _B_MASK == _B


class _Constants:
    """The constants that a stencil's code refers to, copied."""

    def __init__(self, obj: ObjectFile, stencil: str) -> None:
        self._object = obj
        self._stencil = stencil
        self._bytes = bytearray()
        self._places: dict[tuple[int, int], int] = {}

    @property
    def data(self) -> bytes:
        return bytes(self._bytes)

    def place(self, relocation: Relocation) -> tuple[int, int]:
        """A constant's place among the stencil's, and what to add to its address. Raises ValueError for what is no constant of a known size."""
        symbol = self._object.symbols[relocation.symbol]
        assert isinstance(symbol.section, int)
        section = self._object.sections[symbol.section]
        width = _CONSTANTS.get(section.name)
        # On x86-64 addends count from the end of the instruction, which only a symbol for each constant tells apart from a constant's place.
        start, addend = symbol.value, relocation.addend
        if self._object.machine is Machine.AARCH64:
            start, addend = symbol.value + relocation.addend, 0
        elif symbol.kind is SymbolKind.SECTION:
            width = None
        if width is None or start % width or start + width > section.size:
            raise ValueError(
                f"stencil {self._stencil}: relocation type {relocation.type} against {section.name}{start:+#x} cannot be filled in"
            )
        key = symbol.section, start
        found = self._places.get(key)
        if found is None:
            self._bytes += bytes(-len(self._bytes) % width)
            found = self._places[key] = len(self._bytes)
            self._bytes += section.data[start : start + width]
        return found, addend


#: Sections of constants, and their size.
_CONSTANTS = {".rodata.cst4": 4, ".rodata.cst8": 8, ".rodata.cst16": 16}
