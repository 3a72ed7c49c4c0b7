"""Low-level functions as LLVM IR: templates of operations, modules of routines.

A `Template` is translated once and instantiated many times, which costs one `str.join`. Neither needs llvmlite. What translates is
loaded when the first function has to be translated; templates that were kept from an earlier process (`keep`) are not.
"""

from __future__ import annotations

import marshal
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache

from whitehot.lowlevel.text import METADATA, HoledText
from whitehot.record import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

#: Parameters of operation bodies that are no operands, with the type they must be annotated with; `%name` in every native function.
IMPLICIT = {"frame": "Frame", "thread": "ThreadState", "breaker": "u64"}

#: What `Template` is made of, in the order of its parameters: strings, numbers, lists and dicts, so that it can be kept in a file.
type TemplateData = tuple[Any, ...]


@dataclass(frozen=True)
class Expansion:
    """One instance of a template; see `docs/lowlevel.md`."""

    text: str
    entry_allocas: str
    result: str | None
    last_label: str | None


class Template:
    """An operation's body as LLVM IR with holes.

    Attributes:
        name: the function's name.
        operands: LLVM types of the operands, attributes and implicit parameters excepted.
        attributes: LLVM types of the attributes.
        result_type: LLVM type of the result, None for none.
        can_exit, can_raise: whether the text branches to the exit labels.
        declarations: the module-level lines it needs, by symbol.
        data: the arguments it was made with.
    """

    def __init__(
        self,
        name: str,
        operands: list[str],
        attributes: list[str],
        result_type: str | None,
        can_exit: bool,
        can_raise: bool,
        declarations: dict[str, str],
        text: str,
        allocas: str,
        result: str | None,
        last_label: str | None,
    ) -> None:
        self.name = name
        self.operands = operands
        self.attributes = attributes
        self.result_type = result_type
        self.can_exit = can_exit
        self.can_raise = can_raise
        self.declarations: Mapping[str, str] = declarations
        self.data: TemplateData = (
            name, operands, attributes, result_type, can_exit, can_raise, declarations, text, allocas, result, last_label,
        )  # fmt: skip
        self._text = HoledText(text)
        self._allocas = HoledText(allocas)
        self._result = None if result is None else HoledText(result)
        self._last_label = None if last_label is None else HoledText(last_label)

    def __repr__(self) -> str:
        return f"<Template {self.name}>"

    def instantiate(
        self,
        prefix: str,
        operands: Sequence[str],
        attributes: Sequence[str] = (),
        exit_label: str | None = None,
        raise_label: str | None = None,
    ) -> Expansion:
        """The text of one use. `prefix` begins with a letter and is used once per function; labels come without `%`.

        Raises ValueError where the number of operands is wrong or a label is missing.
        """
        if len(operands) != len(self.operands) or len(attributes) != len(self.attributes):
            raise ValueError(f"{self.name} takes {len(self.operands)} operands and {len(self.attributes)} attributes")
        if (self.can_exit and exit_label is None) or (self.can_raise and raise_label is None):
            raise ValueError(f"{self.name} needs an exit label")
        values = [prefix, exit_label or "", raise_label or "", *operands, *attributes]
        return Expansion(
            self._text.fill(values),
            self._allocas.fill(values),
            None if self._result is None else self._result.fill(values),
            None if self._last_label is None else self._last_label.fill(values),
        )


#: Templates of an earlier process: what they are made of, by module and name of the function.
_kept: dict[str, bytes] = {}


def _key(function: Callable[..., Any], attributes: tuple[str, ...]) -> str:
    return " ".join((function.__module__, function.__qualname__, *attributes))


def keep(templates: Mapping[str, bytes]) -> None:
    """Use these templates, which `kept` gave in a process that runs the same source, rather than translate anew. Each is as `marshal` writes it."""
    _kept.update(templates)


def kept(functions: Iterable[tuple[Callable[..., Any], tuple[str, ...]]]) -> dict[str, TemplateData]:
    """The templates of functions, each with its attributes, as data for `keep`."""
    return {_key(function, attributes): translate(function, attributes).data for function, attributes in functions}


@cache
def translate(function: Callable[..., Any], attributes: tuple[str, ...] = ()) -> Template:
    """An operation's body as a template, made once. Raises LowLevelError where the body is not in the language."""
    if _kept:
        data = _kept.get(_key(function, attributes))
        if data is not None:
            return Template(*marshal.loads(data))
    from whitehot.lowlevel.translator import template_of

    return template_of(function, attributes)


def merge_declarations(into: dict[str, str], new: Mapping[str, str]) -> None:
    """Add declarations to a module's. Where one knows a symbol as a function or has its contents, and another only its address, the former stays."""
    for symbol, line in new.items():
        if symbol not in into or " = external global i8" in into[symbol]:
            into[symbol] = line


def module_of(routines: Iterable[Callable[..., Any]], attributes: str = "nounwind") -> str:
    """The text of an LLVM module that exports these routines, and those they call, as C functions under their own names.

    It defines the global variables they use, and has no target triple. `attributes` are given to every function. Raises LowLevelError.
    """
    from whitehot.lowlevel.translator import module_text

    return module_text(routines, attributes)


__all__ = [
    "IMPLICIT",
    "METADATA",
    "Expansion",
    "Template",
    "TemplateData",
    "keep",
    "kept",
    "merge_declarations",
    "module_of",
    "translate",
]
