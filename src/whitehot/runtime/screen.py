"""A first look at hot code, before the compiler is loaded: might native code pay at all?

Most programs never do arithmetic in a loop; they must not pay for a compiler that would tell them so. The specialized opcodes say
which instructions have typed forms and which run arbitrary code. `passes/profit.py` decides again, with the optimized code at hand.
"""

from __future__ import annotations

import _opcode_metadata  # type: ignore[import-not-found]  # not in typeshed
import opcode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType

_NUMBERS = {**_opcode_metadata.opmap, **_opcode_metadata._specialized_opmap}
_BASES = {form: base for base, forms in _opcode_metadata._specializations.items() for form in forms}
_CACHES = {number: opcode._inline_cache_entries.get(_BASES.get(name, name), 0) for name, number in _NUMBERS.items()}  # type: ignore[attr-defined]

_FIRST_INSTRUMENTED: int = _opcode_metadata.MIN_INSTRUMENTED_OPCODE

#: Specialized forms that native code does unboxed, by the start of their name.
_TYPED = (
    "BINARY_OP_ADD_INT", "BINARY_OP_SUBTRACT_INT", "BINARY_OP_MULTIPLY_INT", "BINARY_OP_ADD_FLOAT", "BINARY_OP_SUBTRACT_FLOAT",
    "BINARY_OP_MULTIPLY_FLOAT", "BINARY_OP_EXTEND", "BINARY_OP_SUBSCR_LIST_INT", "BINARY_OP_SUBSCR_TUPLE_INT", "BINARY_OP_SUBSCR_STR_INT",
    "COMPARE_OP_INT", "COMPARE_OP_FLOAT", "COMPARE_OP_STR", "STORE_SUBSCR_LIST_INT", "FOR_ITER_RANGE", "FOR_ITER_LIST", "FOR_ITER_TUPLE",
    "CALL_LEN", "CALL_LIST_APPEND", "TO_BOOL_INT", "UNPACK_SEQUENCE_TWO_TUPLE", "UNPACK_SEQUENCE_TUPLE",
)  # fmt: skip

#: Opcodes that mean arbitrary code, by the start of their name, unless they are typed or listed below.
_GENERIC = (
    "CALL", "LOAD_ATTR", "STORE_ATTR", "CONTAINS_OP", "BUILD_MAP", "BUILD_SET", "LIST_EXTEND", "DICT_", "SET_", "FORMAT_", "BUILD_STRING",
    "BINARY_OP_SUBSCR_DICT", "BINARY_OP_SUBSCR_GETITEM", "STORE_SUBSCR_DICT", "FOR_ITER_GEN", "LOAD_NAME", "STORE_NAME", "STORE_GLOBAL",
    "LOAD_SUPER_ATTR", "IMPORT_", "MAKE_FUNCTION", "GET_AWAITABLE", "SEND", "YIELD_VALUE", "LOAD_SPECIAL", "BINARY_OP_INPLACE_ADD_UNICODE",
    "BINARY_OP_ADD_UNICODE",
)  # fmt: skip
_NEUTRAL = frozenset(
    {"CALL_PY_EXACT_ARGS", "CALL_ISINSTANCE", "LOAD_ATTR_MODULE", "CALL_INTRINSIC_1", "CALL_PY_GENERAL"}
)

#: Builtins with typed forms: loading one makes up for the generic call that follows.
_TYPED_BUILTINS = frozenset(
    {
        "min",
        "max",
        "abs",
        "int",
        "float",
        "ord",
        "chr",
        "range",
        "enumerate",
        "zip",
        "len",
        "isinstance",
        "sqrt",
        "floor",
    }
)

_TYPED_NUMBERS = frozenset(number for name, number in _NUMBERS.items() if name in _TYPED)
_GENERIC_NUMBERS = frozenset(
    number
    for name, number in _NUMBERS.items()
    if name.startswith(_GENERIC) and name not in _TYPED and name not in _NEUTRAL
)
_PLAIN_OPERATION = _NUMBERS["BINARY_OP"]
_PLAIN_CALL = _NUMBERS["CALL"]
_LOADS = {
    number: shift
    for name, shift in (
        ("LOAD_GLOBAL_BUILTIN", 1),
        ("LOAD_GLOBAL", 1),
        ("LOAD_GLOBAL_MODULE", 1),
        ("LOAD_ATTR_MODULE", 1),
    )
    for number in (_NUMBERS[name],)
}


def is_promising(code: CodeType, start: int = 0, end: int | None = None, *, calls_native: bool = False) -> bool:
    """Whether the code (its part between two byte offsets) has enough typed instructions for each that runs arbitrary code.

    `calls_native`: some functions have native code. The interpreter does not specialize calls of those, so such a call says nothing.
    """
    adaptive = code._co_code_adaptive  # type: ignore[attr-defined]  # the specialized bytes; not in typeshed
    place, stop = start, len(adaptive) if end is None else end
    typed = generic = 0.0
    plain: bytes | None = None
    while place < stop:
        number = adaptive[place]
        if number >= _FIRST_INSTRUMENTED:
            # Which instruction that is, and how many caches it has, is to be seen where the code is as it was compiled.
            if plain is None:
                plain = code.co_code
            number = plain[place]
        if number in _TYPED_NUMBERS:
            typed += 1
        elif number == _PLAIN_CALL and calls_native:
            pass
        elif number in _GENERIC_NUMBERS:
            generic += 1
        elif number == _PLAIN_OPERATION:
            typed += 0.5
        elif number in _LOADS and code.co_names[adaptive[place + 1] >> 1] in _TYPED_BUILTINS:
            generic -= 1
        place += 2 + 2 * _CACHES.get(number, 0)
    return typed >= 2 and typed >= 1.5 * max(generic, 0)
