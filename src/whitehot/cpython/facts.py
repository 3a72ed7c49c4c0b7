"""Facts about the running process: what the debug offsets say, and where the thread state, frames and type versions are.

`_PyRuntime` begins with a table of offsets that CPython keeps for out-of-process debuggers; `debug_offsets` reads it. The rest
goes through the structures that `layout` declares; the self-test compares both with live objects before anything relies on them.
"""

from __future__ import annotations

import ctypes
from functools import cache

from whitehot.cpython import layout, prototypes, symbols
from whitehot.cpython import v314 as version
from whitehot.cpython.structure import ScalarType, field_of, offset_of
from whitehot.record import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType, FrameType
    from typing import Any

    from whitehot.cpython.structure import FieldType, Structure

COOKIE = b"xdebugpy"


@dataclass(frozen=True)
class DebugOffsets:
    """`_Py_DebugOffsets` of this process. `offsets` has the keys `group.field`; `version` is PY_VERSION_HEX."""

    cookie: bytes
    version: int
    free_threaded: bool
    offsets: dict[str, int]


@cache
def debug_offsets() -> DebugOffsets:
    """The table at the start of `_PyRuntime`, read by the order of fields that 3.14 has."""
    base = symbols.address_of("_PyRuntime")
    names = [f"{group}.{field}" for group, fields in version.DEBUG_OFFSETS.items() for field in fields]
    header = prototypes.words(3 + len(names)).from_address(base)
    offsets = dict(zip(names, header[3:], strict=True))
    return DebugOffsets(ctypes.string_at(base, 8), header[1], bool(header[2]), offsets)


def word(address: int) -> int:
    """The unsigned 64-bit word at an address."""
    return ctypes.c_uint64.from_address(address).value


def half_word(address: int) -> int:
    """The unsigned 32-bit number at an address."""
    return ctypes.c_uint32.from_address(address).value


def current_thread_state() -> int:
    """The address of the calling thread's PyThreadState."""
    return _thread_state_getter()()


@cache
def _thread_state_getter() -> Callable[[], int]:
    # A prototype of our own: attributes of ctypes.pythonapi are shared by everyone in the process.
    getter: Callable[[], int] = prototypes.function(ctypes.c_size_t)(symbols.address_of("PyThreadState_GetUnchecked"))
    return getter


def frame_address(frame: FrameType) -> int:
    """The address of the interpreter's own frame behind a frame object; it moves when the function returns."""
    return word(id(frame) + version.FRAME_OBJECT_FRAME)


def code_address(code: CodeType) -> int:
    """The address of a code object's first instruction, in the bytes that the interpreter runs and rewrites."""
    return id(code) + offset_of(layout.CodeObject, "co_code_adaptive")


def type_version(type: type) -> int:
    """The version tag that inline caches compare; 0 while the type has none."""
    return half_word(id(type) + offset_of(layout.TypeObject, "tp_version_tag"))


def object_at(reference: int) -> object:
    """The object of a stack reference or plain pointer, which must be one. Raises ValueError for NULL and tagged integers."""
    is_integer = reference & version.INTEGER_TAG == version.INTEGER_TAG
    if is_integer or reference | version.BORROWED_TAG == version.BORROWED_TAG:
        raise ValueError(f"no object: {reference:#x}")
    return ctypes.cast(reference & ~version.BORROWED_TAG, ctypes.py_object).value


def live_types(frame: int) -> tuple[tuple[type | None, ...], tuple[type | None, ...]]:
    """Exact types of what a suspended frame holds: its locals (cells and free variables too) and its evaluation stack.

    None stands for an unbound variable, NULL or a tagged integer. The stack is that of the last time the frame was left for C code, which
    is where callbacks of `sys.monitoring` run.
    """
    code = object_at(word(frame + offset_of(layout.Frame, "f_executable")))
    first = frame + offset_of(layout.Frame, "localsplus")
    local_count = half_word(id(code) + offset_of(layout.CodeObject, "co_nlocalsplus"))
    end = word(frame + offset_of(layout.Frame, "stackpointer"))
    count = max(local_count, (end - first) // 8) if end else local_count
    types = tuple(map(_type_at, prototypes.words(count).from_address(first)))
    return types[:local_count], types[local_count:]


def _type_at(reference: int) -> type | None:
    try:
        return type(object_at(reference))
    except ValueError:
        return None


@cache
def exported_objects() -> dict[int, str]:
    """Symbols of the types, methods of builtin types and single objects that `symbols` knows, by address."""
    names = (*version.TYPE_SYMBOLS.values(), *(symbol for symbol, _ in version.OBJECT_SYMBOLS), *symbols.UNEXPORTED)
    return {symbols.address_of(symbol): symbol for symbol in names if symbols.is_present(symbol)}


@cache
def exported_types() -> tuple[type, ...]:
    """The types that have a symbol."""
    found = (object_at(address) for address in exported_objects())
    return tuple(value for value in found if isinstance(value, type))


def read(structure: type[Structure], field: str, address: int) -> int:
    """A field of the structure at an address: an integer, or the address that a pointer field holds.

    Raises AttributeError where the structure has no such field, KeyError where the field is a C double.
    """
    found = field_of(structure, field)
    value: int = _reader(found.type).from_address(address + found.offset).value
    return value


def _reader(field_type: FieldType) -> Any:
    """The ctypes type that reads a field."""
    if isinstance(field_type, ScalarType):
        return _SCALARS[field_type.kind, field_type.bits]
    return ctypes.c_uint64


_SCALARS: dict[tuple[str, int], Any] = {
    ("bool", 8): ctypes.c_uint8,
    **{("int", bits): getattr(ctypes, f"c_int{bits}") for bits in (8, 16, 32, 64)},
    **{("uint", bits): getattr(ctypes, f"c_uint{bits}") for bits in (8, 16, 32, 64)},
}
