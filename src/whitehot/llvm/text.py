"""Pieces of LLVM IR text that the emitter puts together."""

from __future__ import annotations

from whitehot.ir.types import Kind, Type
from whitehot.record import dataclass, field

LLVM_TYPES = {Kind.OBJECT: "ptr", Kind.I64: "i64", Kind.F64: "double", Kind.BOOL: "i1", Kind.ROW: "ptr"}


def llvm_type(type: Type) -> str:
    return LLVM_TYPES[type.kind]


def abi_type(type: Type) -> str:
    """How units pass a value of this type to each other: a bool takes a whole word."""
    return "i64" if type.kind is Kind.BOOL else llvm_type(type)


@dataclass(eq=False, slots=True)
class Text:
    """A block's text, and the label it ends in."""

    label: str
    lines: list[str] = field(default_factory=list)
    end: str = ""
