"""Machine code of installed units as text, with names for what it refers to. Needs capstone.

Addresses mean nothing to people, so operands get comments: the function that is called, the variable or object that is
loaded, the exit whose descriptor is passed on.
"""

from __future__ import annotations

import ctypes
import platform
import re
from collections.abc import Callable, Iterator

from whitehot.cpython import symbols
from whitehot.elf import Place
from whitehot.runtime.engine import Engine
from whitehot.runtime.units import InstalledUnit

MISSING = "the machine code is not shown: capstone is not installed (pip install whitehot[explain])"

_ADDRESS = re.compile(r"#?(0x[0-9a-f]+)$")
_RELATIVE = re.compile(r"\[rip ([+-]) (0x[0-9a-f]+|\d+)\]")
#: Jumps and calls of x86-64 and of AArch64.
_BRANCH = re.compile(r"(?:j[a-z]+|call|b|bl|b\.[a-z]+|cbn?z|tbn?z)$")


def disassemble(unit: InstalledUnit, engine: Engine) -> list[str]:
    """The unit's functions, an instruction a line; one line that says why where that is not possible."""
    try:
        import capstone
    except ImportError:
        return [MISSING]
    machine = platform.machine().lower()
    if machine in {"x86_64", "amd64"}:
        decoder = capstone.Cs(capstone.CS_ARCH_X86, capstone.CS_MODE_64)
    elif machine in {"arm64", "aarch64"}:
        decoder = capstone.Cs(capstone.CS_ARCH_ARM64, capstone.CS_MODE_ARM)
    else:
        return [f"the machine code is not shown: no disassembler for {machine} is set up"]
    names = _Names(unit, engine)
    lines: list[str] = []
    for function in unit.loaded.functions:
        code = ctypes.string_at(function.address, function.size)
        instructions = list(decoder.disasm_lite(code, function.address))
        lines += [f"{function.name}: {function.size} bytes", *_listing(instructions, function.address, names.of), ""]
    return lines[:-1]


def _listing(
    instructions: list[tuple[int, int, str, str]], start: int, name_of: Callable[[str, int], str | None]
) -> Iterator[str]:
    """Instructions (address, size, mnemonic, operands) with labels where jumps lead, offsets from the start, comments."""
    places = {address for address, *_ in instructions}
    # The start has a name already, which says more of a call of itself.
    targets = {_target(mnemonic, operands) for _, _, mnemonic, operands in instructions} & places - {start}
    labels = {address: f"L{number}" for number, address in enumerate(sorted(filter(None, targets)), 1)}
    for address, size, mnemonic, operands in instructions:
        if address in labels:
            yield f"{labels[address]}:"
        target = _target(mnemonic, operands)
        shown = operands
        if target in labels:
            shown = operands[: _ADDRESS.search(operands).start()] + labels[target]  # type: ignore[union-attr]
        comment = None if target in labels else name_of(operands, address + size)
        text = f"  {address - start:5x}  {mnemonic:<8} {shown}".rstrip()
        yield f"{text:<58} ; {comment}" if comment else text


def _target(mnemonic: str, operands: str) -> int | None:
    """Where a jump or call leads, if the instruction says so."""
    found = _ADDRESS.search(operands)
    return int(found[1], 16) if found and _BRANCH.match(mnemonic) else None


class _Names:
    """What addresses in one unit's code mean."""

    def __init__(self, unit: InstalledUnit, engine: Engine) -> None:
        self.unit = unit
        self.exits = ctypes.addressof(unit.counts)
        # The data block lies around the variables that every unit has; slots and descriptors are in it.
        size = unit.loaded.data_size
        self.data = range(self.exits - size, self.exits + size)
        self.known: dict[int, str] = {}
        others = engine.inventory.callable_units()
        for symbol in unit.unit.object.symbols:
            address = self._address(symbol.name, engine, others) if symbol.section is Place.UNDEFINED else None
            if address is not None:
                other = others.get(symbol.name)
                self.known[address] = symbol.name if other is None else f"native code of {other.unit.name}"
        for function in (*engine.native.loaded.functions, *unit.loaded.functions):
            self.known[function.address] = function.name
        self.known |= {address: name for name, address in unit.loaded.symbols.items()}

    def _address(self, name: str, engine: Engine, others: dict[str, InstalledUnit]) -> int | None:
        """The address of an outside symbol, found as `InstalledUnit` finds it."""
        if not name:
            return None
        if name in self.unit.table:
            return self.unit.table.address_of(name)
        try:
            cell = others[name].cell if name in others else None
            if cell is not None:
                return cell.address
            return engine.native.address(name) if name.startswith("whitehot_") else symbols.address_of(name)
        except KeyError:
            return None

    def of(self, operands: str, following: int) -> str | None:
        """A comment for an instruction's operands; `following` is the next instruction's address."""
        relative = _RELATIVE.search(operands)
        if relative:
            distance = int(relative[2], 0)
            address = following + (distance if relative[1] == "+" else -distance)
            return self._name(address, is_load=True)
        found = _ADDRESS.search(operands)
        return self._name(int(found[1], 16), is_load=False) if found else None

    def _name(self, address: int, *, is_load: bool) -> str | None:
        known = self.known.get(address)
        if known is not None:
            return known
        exits = self.unit.unit.exits
        number, rest = divmod(address - self.exits, 8)
        if not rest and 0 <= number < len(exits):
            return f"count of exit {number}"
        if is_load and not address % 8 and (address in self.data or address in self.unit.loaded.code_range):
            return self._datum(address)
        return self._stub(address) if address in self.unit.loaded.code_range else None

    def _datum(self, address: int) -> str | None:
        """A slot (of baseline code: a pool word) that holds a known address; an exit's descriptor, or the address of one (kind, address of its
        count, number: see deopt/descriptors).
        """
        word: int = ctypes.c_int64.from_address(address).value
        if word in self.known:
            return self.known[word]
        descriptor = word if word in self.data and not word % 8 else address
        _, counter, number = (ctypes.c_int64 * 3).from_address(descriptor)
        exits = self.unit.unit.exits
        if 0 <= number < len(exits) and counter == self.exits + 8 * number:
            return f"exit {number}: {exits[number].reason.label}"
        return None

    def _stub(self, address: int) -> str | None:
        """The target of `jmp [rip + slot]`, by which calls reach what is far away on x86-64."""
        code = ctypes.string_at(address, 6)
        if code[:2] != b"\xff\x25":
            return None
        slot = address + 6 + int.from_bytes(code[2:], "little", signed=True)
        return self.known.get(ctypes.c_int64.from_address(slot).value) if slot in self.data else None
