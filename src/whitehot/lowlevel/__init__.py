"""The typed subset of Python in which operation bodies and runtime routines are written, and its translation to LLVM IR.

See `docs/lowlevel.md` for the language. Nothing here needs llvmlite: the result is text.
"""

from whitehot.lowlevel.errors import LowLevelError, RaiseExit, SideExit
from whitehot.lowlevel.translate import (
    IMPLICIT,
    METADATA,
    Expansion,
    Template,
    TemplateData,
    keep,
    kept,
    merge_declarations,
    module_of,
    translate,
)
from whitehot.lowlevel.values import float_literal, integer_literal, symbol_literal

__all__ = [
    "IMPLICIT",
    "METADATA",
    "Expansion",
    "LowLevelError",
    "RaiseExit",
    "SideExit",
    "Template",
    "TemplateData",
    "float_literal",
    "integer_literal",
    "keep",
    "kept",
    "merge_declarations",
    "module_of",
    "symbol_literal",
    "translate",
]
