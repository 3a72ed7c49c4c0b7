"""C types for type checkers and for the low-level language, and the layout of structures made of them.

A structure is a class derived from `Structure`; its annotations are the fields, in C's order and with C's alignment. A derived
class goes on where its base ends. An annotation that names a structure, `Pointer` or `Array[T]` is a pointer field;
`InlineArray[T]` is an array inside the structure (of unknown length: only as the last field), and
`Annotated[InlineArray[T], n]` one of `n` elements.

This is read at the start of every program: nothing that is slow to import is used here.

For a type checker `i64` and the like are `int`, `f64` is `float`. Calling one wraps a value to its range, as a C cast does.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Self


class ScalarType:
    """A number as it lies in memory: `bits` wide, `kind` one of `int`, `uint`, `float`, `bool`. Calling it converts a Python number."""

    __slots__ = ("bits", "kind", "name")

    def __init__(self, name: str, kind: str, bits: int) -> None:
        self.name = name
        self.kind = kind
        self.bits = bits

    def __repr__(self) -> str:
        return self.name

    def __call__(self, value: float) -> float:
        if self.kind == "float":
            return float(value)
        if isinstance(value, float):
            raise TypeError(f"{self.name}(float): use truncate_to_i64")
        wrapped = value & ((1 << self.bits) - 1)
        return wrapped - (1 << self.bits) if self.kind == "int" and wrapped >> (self.bits - 1) else wrapped


_WINDOWS = sys.platform == "win32"

if TYPE_CHECKING:
    i8 = int
    i16 = int
    i32 = int
    i64 = int
    u8 = int
    u16 = int
    u32 = int
    u64 = int
    c_int = int
    c_uint = int
    c_long = int
    c_ulong = int
    c_size = int
    length = int
    f64 = float
else:
    i8, i16, i32, i64 = (ScalarType(f"i{bits}", "int", bits) for bits in (8, 16, 32, 64))
    u8, u16, u32, u64 = (ScalarType(f"u{bits}", "uint", bits) for bits in (8, 16, 32, 64))
    f64 = ScalarType("f64", "float", 64)
    c_int, c_uint = i32, u32
    c_long, c_ulong = (i32, u32) if _WINDOWS else (i64, u64)
    c_size = u64
    #: A `Py_ssize_t` that is never negative: LLVM may rely on that.
    length = ScalarType("length", "int", 64)

#: `bool` is Python's own type in annotations; a C `_Bool` in memory.
BOOL_TYPE = ScalarType("bool", "bool", 8)

#: Scalars by the names that annotations use.
SCALARS: dict[str, ScalarType] = {
    **{name: globals()[name] for name in ["i8", "i16", "i32", "i64", "u8", "u16", "u32", "u64", "f64"]},
    **{name: globals()[name] for name in ["c_int", "c_uint", "c_long", "c_ulong", "c_size", "length"]},
    "bool": BOOL_TYPE,
}


class Pointer:
    """An address."""

    __slots__ = ()


if TYPE_CHECKING:

    class Array[T](Pointer):
        """The address of a row of `T`."""

        def __getitem__(self, index: int) -> T: ...

        def __setitem__(self, index: int, value: T) -> None: ...

    class InlineArray[T](Array[T]):
        """A row of `T` that is part of a structure."""

else:

    class Array(Pointer):
        """The address of a row; which elements it has, annotations say."""

        __slots__ = ()

        def __class_getitem__(cls, element: object) -> type[Array]:
            return cls

    class InlineArray(Array):
        """A row that is part of a structure."""

        __slots__ = ()


#: Structures by class name, for annotations.
STRUCTURES: dict[str, type[Structure]] = {}


class Structure(Pointer):
    """The address of a C structure; derive from it and annotate fields."""

    __slots__ = ()

    def __init_subclass__(cls, **keywords: Any) -> None:
        super().__init_subclass__(**keywords)
        STRUCTURES[cls.__name__] = cls

    if TYPE_CHECKING:

        def __new__(cls) -> Self: ...


class ArrayType:
    """A row of `element`. `inline`: it is where the field is, not behind a pointer; then `count` elements, 0 if unknown."""

    __slots__ = ("count", "element", "inline")

    def __init__(self, element: FieldType, *, inline: bool = False, count: int = 0) -> None:
        self.element = element
        self.inline = inline
        self.count = count

    def _key(self) -> tuple[FieldType, bool, int]:
        return self.element, self.inline, self.count

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ArrayType) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def __repr__(self) -> str:
        return f"{'InlineArray' if self.inline else 'Array'}[{name_of(self.element)}]"


#: What a field, a parameter or a variable may be: a number, a row, or the class of a pointer.
type FieldType = ScalarType | ArrayType | type[Pointer]


class Field:
    """One field: its type and where it is, in bytes from the structure's start."""

    __slots__ = ("name", "offset", "type")

    def __init__(self, name: str, type_: FieldType, offset: int) -> None:
        self.name = name
        self.type = type_
        self.offset = offset


class Layout:
    """The fields of a structure by name, and its size and alignment in bytes."""

    __slots__ = ("alignment", "fields", "size")

    def __init__(self, fields: dict[str, Field], size: int, alignment: int) -> None:
        self.fields = fields
        self.size = size
        self.alignment = alignment


def name_of(field_type: FieldType) -> str:
    """The name of a type as it is written in annotations."""
    return field_type.__name__ if isinstance(field_type, type) else repr(field_type)


def parse_type(annotation: str) -> FieldType:
    """The type that the text of an annotation names. Raises ValueError with the reason if it names none."""
    text = annotation.strip().strip("\"'").removesuffix("| None").strip()
    head, bracket, rest = text.partition("[")
    inner = rest[:-1] if rest.endswith("]") else ""
    if not bracket:
        return _named_type(text.rpartition(".")[2])
    if head == "Array" and inner:
        return ArrayType(parse_type(inner))
    if head == "InlineArray" and inner:
        return ArrayType(parse_type(inner), inline=True)
    if head == "Annotated":
        row, _, count = inner.rpartition(",")
        parsed = parse_type(row)
        if isinstance(parsed, ArrayType) and parsed.inline and count.strip().isdecimal():
            return ArrayType(parsed.element, inline=True, count=int(count))
    raise ValueError(f"not a low-level type: {annotation}")


def _named_type(name: str) -> FieldType:
    if name in SCALARS:
        return SCALARS[name]
    if name in STRUCTURES:
        return STRUCTURES[name]
    if name == "Pointer":
        return Pointer
    wanted = {
        "": "a type of lowlevel.types",
        "int": "i64 (or another width)",
        "float": "f64",
        "str": "Object or c_string(...)",
    }.get(name, "a type of lowlevel.types")
    raise ValueError(f"{name} is not a low-level type; use {wanted}")


def storage_size(field_type: FieldType) -> int:
    """Bytes that a value of this type takes in memory."""
    if isinstance(field_type, ScalarType):
        return field_type.bits // 8
    if isinstance(field_type, ArrayType) and field_type.inline:
        return storage_size(field_type.element) * field_type.count
    return 8


def _alignment(field_type: FieldType) -> int:
    inline = isinstance(field_type, ArrayType) and field_type.inline
    return _alignment(field_type.element) if inline else storage_size(field_type)  # type: ignore[union-attr]


def _round_up(offset: int, alignment: int) -> int:
    return (offset + alignment - 1) & -alignment


_layouts: dict[type[Structure], Layout] = {}


def layout_of(structure: type[Structure]) -> Layout:
    """The layout of a structure, computed once from its annotations. Raises ValueError where one is no low-level type."""
    if structure not in _layouts:
        _layouts[structure] = _computed_layout(structure)
    return _layouts[structure]


def _computed_layout(structure: type[Structure]) -> Layout:
    base = structure.__mro__[1]
    fields: dict[str, Field] = {}
    offset, alignment = 0, 1
    if base is not Structure and issubclass(base, Structure):
        inherited = layout_of(base)
        fields, offset, alignment = dict(inherited.fields), inherited.size, inherited.alignment
    for name, annotation in structure.__annotations__.items():
        field_type = parse_type(annotation)
        at = _round_up(offset, _alignment(field_type))
        fields[name] = Field(name, field_type, at)
        offset = at + storage_size(field_type)
        alignment = max(alignment, _alignment(field_type))
    return Layout(fields, _round_up(offset, alignment), alignment)


def field_of(structure: type[Structure], name: str) -> Field:
    """A field by name. Raises AttributeError that lists the fields there are."""
    fields = layout_of(structure).fields
    if name not in fields:
        raise AttributeError(f"{structure.__name__} has no field {name}; it has {', '.join(fields)}")
    return fields[name]


def offset_of(structure: type[Structure], name: str) -> int:
    """Bytes from the start of a structure to a field. Raises AttributeError."""
    return field_of(structure, name).offset


def size_of(of: Any) -> int:
    """Bytes that a structure (not its address), a scalar or a pointer (`Pointer`) takes."""
    if isinstance(of, type) and issubclass(of, Structure):
        return layout_of(of).size
    return BOOL_TYPE.bits // 8 if of is bool else storage_size(of)
