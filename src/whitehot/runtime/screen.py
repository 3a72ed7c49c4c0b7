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

_LOAD_FORMS = ("LOAD_GLOBAL", "LOAD_GLOBAL_BUILTIN", "LOAD_GLOBAL_MODULE", "LOAD_ATTR_MODULE")
_JUMPS_BACK = ("JUMP_BACKWARD", "JUMP_BACKWARD_JIT", "JUMP_BACKWARD_NO_JIT", "JUMP_BACKWARD_NO_INTERRUPT")

#: What native code is left by, each time, which takes as long as several calls: raising, and where handlers begin. Where each round leaves, no round is
#: worth beginning; loops within are looked at by themselves.
_LEAVING, _ALWAYS_LEAVING = 4.0, 1000.0

#: Of instructions that the interpreter specializes when they have run a few times: whether that has happened. They stand before a raise and in a handler.
_HAS_RUN = {
    number: name in _BASES
    for name, number in _NUMBERS.items()
    if _BASES.get(name, name) in ("CALL", "CALL_KW", "LOAD_GLOBAL")
}

#: Opcodes at which native code is left as well: the builder has no form for them yet. Where they stand in what never runs, so does the call that follows.
UNCARRIED = frozenset({
    "BUILD_SET", "BUILD_STRING", "CALL_FUNCTION_EX", "CONVERT_VALUE", "DICT_MERGE", "DICT_UPDATE", "FORMAT_SIMPLE", "FORMAT_WITH_SPEC", "IMPORT_NAME",
    "LOAD_SPECIAL", "LOAD_SUPER_ATTR", "MAKE_FUNCTION", "MAP_ADD", "SET_ADD", "SET_UPDATE", "UNPACK_EX",
})  # fmt: skip

_OTHER, _TYPED_FORM, _GENERIC_FORM, _OPERATION, _LOAD, _RAISE, _HANDLER, _BACKWARD, _EXTENDED, _UNCARRIED_FORM = range(
    10
)


def _class_of(name: str) -> int:
    """What an instruction says about the code that it is in."""
    if name in _TYPED:
        return _TYPED_FORM
    if name in _LOAD_FORMS:
        return _LOAD
    if name in _JUMPS_BACK:
        return _BACKWARD
    if _BASES.get(name, name) in UNCARRIED:
        return _UNCARRIED_FORM
    found = {"BINARY_OP": _OPERATION, "RAISE_VARARGS": _RAISE, "PUSH_EXC_INFO": _HANDLER, "EXTENDED_ARG": _EXTENDED}
    if name in found:
        return found[name]
    return _GENERIC_FORM if name.startswith(_GENERIC) and name not in _NEUTRAL else _OTHER


_CLASSES, _SIZES = [_OTHER] * 256, [2] * 256
for _name, _number in _NUMBERS.items():
    if _number < _FIRST_INSTRUMENTED:
        _CLASSES[_number] = _class_of(_name)
        _SIZES[_number] += 2 * opcode._inline_cache_entries.get(_BASES.get(_name, _name), 0)  # type: ignore[attr-defined]
_PLAIN_CALL = _NUMBERS["CALL"]


def is_promising(code: CodeType, start: int = 0, end: int | None = None, *, calls_native: bool = False) -> bool:
    """Whether the code, or its loop from one byte offset with a jump back before another, has enough typed instructions for each that runs arbitrary code.

    `calls_native`: some functions have native code. The interpreter does not specialize calls of those, so such a call says nothing.
    """
    adaptive: bytes = code._co_code_adaptive  # type: ignore[attr-defined]  # the specialized bytes; not in typeshed
    plain: bytes | None = None
    size = len(adaptive)
    place = start
    #: Of the last EXTENDED_ARG: what it adds to the argument of which instruction.
    extension = extended = 0
    typed = generic = 0.0
    has_run = in_handler = leaves = False
    found: tuple[float, float] | None = None
    while place < size:
        number = adaptive[place]
        if number >= _FIRST_INSTRUMENTED:
            # Which instruction that is, and how many caches it has, is to be seen where the code is as it was compiled.
            if plain is None:
                plain = code.co_code
            number = plain[place]
        kind = _CLASSES[number]
        if kind == _OTHER:
            place += _SIZES[number]
            continue
        if number in _HAS_RUN:
            has_run = _HAS_RUN[number]
            generic += _LEAVING * (in_handler and has_run) + _ALWAYS_LEAVING * (leaves and has_run)
            in_handler = leaves = False
        if kind == _TYPED_FORM:
            typed += 1
        elif kind == _GENERIC_FORM:
            generic += not (calls_native and number == _PLAIN_CALL)
        elif kind == _OPERATION:
            typed += 0.5
        elif kind == _RAISE:
            generic += _LEAVING * has_run
        elif kind == _HANDLER:
            in_handler = True
        elif kind == _UNCARRIED_FORM:
            leaves = True
        else:
            argument = adaptive[place + 1] | (extension if extended == place else 0)
            if kind == _LOAD:
                generic -= code.co_names[argument >> 1] in _TYPED_BUILTINS
            elif kind == _EXTENDED:
                extension, extended = argument << 8, place + 2
            elif place + _SIZES[number] - 2 * argument == start:
                found = typed, generic + _ALWAYS_LEAVING * leaves  # there may be other jumps back
        place += _SIZES[number]
    if end is not None and found is not None:
        typed, generic = found
    elif leaves:
        generic += _ALWAYS_LEAVING
    return typed >= 2 and typed >= 1.5 * max(generic, 0)
