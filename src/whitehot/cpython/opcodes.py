"""Instructions by number, for the interpreter that runs: names, what they were specialized from, inline caches, jumps.

The numbers come from the running interpreter's own `opcode` module, the meaning of caches, arguments and specializations from
the version's module. Arrays are indexed by the opcode byte; `INSTRUMENTED_*` (monitoring) and `ENTER_EXECUTOR` (CPython's own JIT)
replace the opcode of an instruction, and its specialization cannot be seen through them.
"""

from __future__ import annotations

import builtins
import opcode
from collections.abc import Iterator
from functools import cache
from types import CodeType, FunctionType

from whitehot.cpython import v314 as version
from whitehot.record import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


@dataclass(frozen=True)
class Jump:
    """How an instruction jumps: `backward`, to a place before it; `conditional`, the next instruction may run instead."""

    backward: bool
    conditional: bool


_MODULE: dict[str, Any] = vars(opcode)
_BASE_OF: dict[str, str] = {
    specialized: base for base, names in _MODULE["_specializations"].items() for specialized in names
}


def _names() -> tuple[str, ...]:
    names = [f"<{number}>" for number in range(256)]
    for name, number in (_MODULE["opmap"] | _MODULE["_specialized_opmap"]).items():
        if number < 256:
            names[number] = name
    return tuple(names)


#: The name of each opcode, specialized ones too; `<n>` where there is none.
NAMES: tuple[str, ...] = _names()
#: The name of the instruction that each was specialized from: itself for the others.
BASES: tuple[str, ...] = tuple(_BASE_OF.get(name, name) for name in NAMES)
#: Whether the opcode hides the specialization of the instruction in its place.
HIDING: tuple[bool, ...] = tuple(
    number >= _MODULE["MIN_INSTRUMENTED_OPCODE"] or name == "ENTER_EXECUTOR" for number, name in enumerate(NAMES)
)
EXTENDED_ARG: int = _MODULE["EXTENDED_ARG"]

#: The least opcode of a specialized instruction that `forms_of` tells.
FIRST_FORM = 128


def forms_of(name: str) -> int:
    """A bit for each opcode that an instruction was specialized to, counted from FIRST_FORM; there are 63."""
    return sum(
        1 << number - FIRST_FORM for number in range(FIRST_FORM, FIRST_FORM + 63) if _BASE_OF.get(NAMES[number]) == name
    )


#: The instructions that call any object, by position and with keywords, and what they were specialized to.
CALL: int = _MODULE["opmap"]["CALL"]
CALL_KW: int = _MODULE["opmap"]["CALL_KW"]
CALL_FORMS = forms_of("CALL")
CALL_KW_FORMS = forms_of("CALL_KW")

_JUMPS: dict[str, Jump] = {name: Jump(*flags) for name, flags in version.JUMPS.items()}


@dataclass(frozen=True)
class CacheField:
    """One inline cache entry: its place, in bytes from the instruction's opcode, and its length in bytes."""

    name: str
    offset: int
    length: int


@cache
def fields_of(name: str) -> tuple[CacheField, ...]:
    """The inline cache entries of an instruction, by the name of its base opcode."""
    fields = []
    offset = 2
    for field, units in version.CACHES.get(name, ()):
        fields.append(CacheField(field, offset, 2 * units))
        offset += 2 * units
    return tuple(fields)


@cache
def cache_length(name: str) -> int:
    """Bytes of inline cache that follow an instruction, by the name of its base opcode."""
    return sum(field.length for field in fields_of(name))


def jump_of(name: str) -> Jump | None:
    """How an instruction (base opcode) jumps, or None."""
    return _JUMPS.get(name)


def decode_comparison(argument: int) -> tuple[str, bool]:
    """COMPARE_OP's operator as it is written, and whether its result is turned into a bool."""
    return version.COMPARISONS[argument >> version.COMPARISON_SHIFT], bool(argument & version.COMPARISON_TO_BOOL)


@cache
def extended_operand_types() -> dict[int, tuple[str, str]]:
    """What the `descr` cache of a BINARY_OP_EXTEND means: address of the interpreter's descriptor -> exact types of the operands.

    The table of descriptors is not exported: a function that uses them all is run until it is specialized, and its caches are read.
    """
    known: dict[int, tuple[str, str]] = {}
    for probe, left, right in ((_bitwise_probe, 3, 5), (_mixed_probe, 3, 0.5), (_mixed_probe, 0.5, 3)):
        # A fresh copy of the code each time: it specializes for these types, whatever has run before.
        code = probe.__code__.replace()
        function = FunctionType(code, {})
        for _ in range(8):
            function(left, right)
        for descriptor in _descriptors(code):
            known[descriptor] = (type(left).__name__, type(right).__name__)
    return known


def _descriptors(code: CodeType) -> list[int]:
    """The `descr` caches of the BINARY_OP_EXTEND instructions of a code object."""
    adaptive: bytes = code._co_code_adaptive  # type: ignore[attr-defined]  # not in typeshed
    descr = next(field for field in fields_of("BINARY_OP") if field.name == "descr")
    found = []
    position = 0
    while position < len(adaptive):
        name = NAMES[adaptive[position]]
        if name == "BINARY_OP_EXTEND":
            start = position + descr.offset
            found.append(int.from_bytes(adaptive[start : start + descr.length], "little"))
        position += 2 + cache_length(BASES[adaptive[position]])
    return found


def _bitwise_probe(left: Any, right: Any) -> None:
    left | right, left & right, left ^ right
    target = left
    target |= right
    target &= right
    target ^= right


def _mixed_probe(left: Any, right: Any) -> None:
    left + right, left - right, left * right, left / right


def verify() -> Iterator[tuple[str, object, object]]:
    """Facts for the self-test: a name, what is expected, what the running interpreter says."""
    lengths = {name: 2 * units for name, units in _MODULE["_inline_cache_entries"].items()}
    yield "inline caches", lengths, {name: cache_length(name) for name in lengths}
    numbered = {name for name in NAMES if not name.startswith("<")}
    for what, table in (("jumps", version.JUMPS), ("names", version.NAME_SHIFTS), ("feedback", version.OPERAND_TYPES)):
        yield f"instructions in the table of {what}", [], [name for name in table if name not in numbered]
    yield (
        "operators of BINARY_OP",
        list(zip(version.BINARY_NAMES, version.BINARY_OPERATORS, strict=True)),
        _MODULE["_nb_ops"],
    )
    yield "operators of COMPARE_OP", version.COMPARISONS, _MODULE["cmp_op"]
    yield "special methods", list(version.SPECIAL_METHODS), _MODULE["_special_method_names"]
    yield "intrinsics of one argument", list(version.INTRINSICS_1), _MODULE["_intrinsic_1_descs"]
    yield "intrinsics of two arguments", list(version.INTRINSICS_2), _MODULE["_intrinsic_2_descs"]
    yield (
        "common constants",
        [getattr(builtins, name) for name in version.COMMON_CONSTANTS],
        _MODULE["_common_constants"],
    )
    # A copy of a code object starts without anything learnt.
    fresh: bytes = _mixed_probe.__code__.replace()._co_code_adaptive  # type: ignore[attr-defined]  # not in typeshed
    place = next(place for place in range(0, len(fresh), 2) if NAMES[fresh[place]] == "BINARY_OP")
    yield (
        "counter of an instruction that never ran",
        version.COUNTER_WARMUP,
        int.from_bytes(fresh[place + 2 : place + 4], "little"),
    )
    yield (
        "types of mixed operators",
        {("int", "int"), ("int", "float"), ("float", "int")},
        set(extended_operand_types().values()),
    )
