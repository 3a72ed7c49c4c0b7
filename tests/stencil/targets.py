"""What tests know of targets: their instructions, and how to have the assembler use their stencils."""

from __future__ import annotations

import marshal
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, Protocol

import capstone

from whitehot.elf import Machine
from whitehot.ir.operation import Operation
from whitehot.ir.ops import OPERATIONS
from whitehot.stencil import library
from whitehot.stencil.forms import plain_letter
from whitehot.stencil.stencil import Stencil, stencil_name

#: Targets whose stencils are made in full; of the others, those that `is_representative` names.
WHOLE = ("x86_64-linux", "aarch64-linux")


class Stencils(Protocol):
    """The fixture `stencils`."""

    def __call__(self, target: str, whole: bool = True) -> dict[str, Stencil]: ...


@cache
def _plain_names() -> frozenset[str]:
    return frozenset(plain_name(operation) for operation in OPERATIONS.values() if operation.body is not None)


def plain_name(operation: Operation) -> str:
    """The name of an operation's plainest variant."""
    return stencil_name(operation, "S" * len(operation.operands), plain_letter(operation))


def is_representative(name: str) -> bool:
    """Whether this is the plainest variant of an operation, one of a comparison that branches, or no variant of an operation at all."""
    operation = name.split(".", maxsplit=1)[0]
    return operation not in OPERATIONS or name in _plain_names() or name.endswith(".B")


def machine_of(target: str) -> Machine:
    """A target's processor."""
    return Machine.AARCH64 if target.startswith("aarch64") else Machine.X86_64


@cache
def disassembler(machine: Machine) -> Any:
    """Capstone for a processor, with details."""
    x86 = machine is Machine.X86_64
    found = capstone.Cs(
        capstone.CS_ARCH_X86 if x86 else capstone.CS_ARCH_ARM64, capstone.CS_MODE_64 if x86 else capstone.CS_MODE_ARM
    )
    found.detail = True
    return found


def listing(machine: Machine, stencil: Stencil) -> str:
    """A stencil's instructions, each with its holes, and where it goes on at its end."""
    lines = []
    for instruction in disassembler(machine).disasm(stencil.code, 0):
        inside = range(instruction.address, instruction.address + instruction.size)
        holes = [name for offset, _, name, _ in stencil.holes if offset in inside]
        text = f"{instruction.address:3}  {instruction.mnemonic} {instruction.op_str}".rstrip()
        lines.append(f"{text:48} {' '.join(holes)}".rstrip())
    if stencil.tail is not None:
        lines.append(f"     -> {stencil.tail}")
    return "\n".join([*lines, ""])


@contextmanager
def used(stencils: dict[str, Stencil]) -> Iterator[None]:
    """Have the assembler copy these stencils."""
    before = dict(library._data)
    library.keep({name: marshal.dumps(stencil.data) for name, stencil in stencils.items()})
    try:
        yield
    finally:
        library.keep(before)
