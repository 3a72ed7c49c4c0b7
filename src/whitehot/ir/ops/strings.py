"""Exact strings. Their text never changes, so that reading it is pure; `str_append` changes only a string nobody else has.

Source: `Objects/unicodeobject.c`, `Include/cpython/unicodeobject.h`. An exact string is compact: its characters follow the
structure, in units of 1, 2 or 4 bytes, as few as its greatest character needs.
"""

from __future__ import annotations

from whitehot.cpython.capi import (
    PyUnicode_Compare,
    PyUnicode_Concat,
    PyUnicode_Contains,
    PyUnicode_CopyCharacters,
    PyUnicode_FromOrdinal,
    PyUnicode_Resize,
    PyUnicode_Substring,
    memcmp,
)
from whitehot.ir.effects import ALLOCATES, WRITES_HEAP
from whitehot.ir.operation import op
from whitehot.ir.ops.memory import checked, let_go, within
from whitehot.lowlevel.intrinsics import (
    add_bytes,
    address_of,
    cast,
    inline,
    likely,
    raise_exit,
    select,
    side_exit,
    stack_array,
    unsigned,
)
from whitehot.lowlevel.types import (
    Array,
    AsciiCharacter,
    CompactStrObject,
    Object,
    Pointer,
    StrObject,
    i64,
    size_of,
    u8,
    u16,
    u32,
)
from whitehot.reasons import Reason

#: Bits of `StrObject.state`.
INTERNED = 3
ASCII = 64


@inline
def kind_of(text: StrObject) -> i64:
    """Bytes of one character: 1, 2 or 4."""
    return i64(text.state >> 2) & 7


@inline
def characters(text: StrObject) -> Pointer:
    """Where the characters are."""
    return add_bytes(
        cast(Pointer, text), select(text.state & ASCII != 0, size_of(StrObject), size_of(CompactStrObject))
    )


@inline
def character(text: StrObject, index: i64) -> i64:
    """The code point at a place within the string."""
    start = characters(text)
    kind = kind_of(text)
    if likely(kind == 1):
        return cast(Array[u8], start)[index]
    if kind == 2:
        return cast(Array[u16], start)[index]
    return cast(Array[u32], start)[index]


@inline
def place_of(text: StrObject, index: i64) -> i64:
    """The place of a character by Python's index; leaves where there is none."""
    size = text.length
    place = select(index < 0, i64(index + size), index)
    if unsigned(place) >= size:
        side_exit()
    return place


@inline
def equal(left: StrObject, right: StrObject) -> bool:
    """Whether two strings have the same characters. Equal strings are of one kind."""
    if left is right:
        return True
    size = left.length
    if size != right.length:
        return False
    kind = kind_of(left)
    if kind != kind_of(right):
        return False
    ours = characters(left)
    theirs = characters(right)
    # Most unequal strings differ in the first byte; an empty string has a terminator there.
    if cast(Array[u8], ours)[0] != cast(Array[u8], theirs)[0]:
        return False
    return memcmp(ours, theirs, size * kind) == 0


@inline
def text_of(code: i64) -> StrObject:
    """The string of one character. Those of ASCII are always there, in a row (`_Py_global_strings` in Include/internal/pycore_global_strings.h)."""
    if likely(unsigned(code) < 128):
        return cast(StrObject, add_bytes(address_of("ascii_characters"), code * size_of(AsciiCharacter)))
    return cast(StrObject, checked(PyUnicode_FromOrdinal(code)))


@op()
def str_len(text: StrObject) -> i64:
    """`len(text)`."""
    return text.length


@op()
def str_is_true(text: StrObject) -> bool:
    """`bool(text)`."""
    return text.length != 0


@op(effects=ALLOCATES, exits=Reason.INDEX, raises=True, new_reference=True)
def str_item(text: StrObject, index: i64) -> StrObject:
    """`text[index]`; leaves when the index is outside. Raises MemoryError."""
    return text_of(character(text, place_of(text, index)))


@op(exits=Reason.RANGE)
def str_ord(text: StrObject) -> i64:
    """`ord(text)`; leaves unless there is one character."""
    if text.length != 1:
        side_exit()
    return character(text, 0)


@op(exits=Reason.INDEX)
def str_ord_at(text: StrObject, index: i64) -> i64:
    """`ord(text[index])`; leaves when the index is outside."""
    return character(text, place_of(text, index))


@op(effects=ALLOCATES, exits=Reason.RANGE, raises=True, new_reference=True)
def str_chr(code: i64) -> StrObject:
    """`chr(code)`; leaves for numbers that are no code points. Raises MemoryError."""
    if unsigned(code) > 0x10FFFF:
        side_exit()
    return text_of(code)


@op()
def str_eq(left: StrObject, right: StrObject) -> bool:
    """`left == right`."""
    return equal(left, right)


@op()
def str_ne(left: StrObject, right: StrObject) -> bool:
    """`left != right`."""
    return not equal(left, right)


@op()
def str_compare(left: StrObject, right: StrObject) -> i64:
    """-1, 0 or 1 as `left` is less than, equal to or greater than `right`."""
    return PyUnicode_Compare(left, right)


@op(effects=ALLOCATES, raises=True, new_reference=True)
def str_concat(left: StrObject, right: StrObject) -> StrObject:
    """`left + right`. Raises MemoryError."""
    return cast(StrObject, checked(PyUnicode_Concat(left, right)))


@inline
def can_grow(left: StrObject, right: StrObject) -> bool:
    """Whether `left` can take up the characters of `right` where it lies: nobody else refers to it, knows its hash, or has it interned."""
    if left.ob_refcnt != 1 or left.hash != -1 or left.state & INTERNED != 0:
        return False
    if left.length == 0 or right.length == 0:
        return False
    return kind_of(right) <= kind_of(left) and left.state & ASCII <= right.state & ASCII


@op(effects=WRITES_HEAP, raises=True, new_reference=True, consumes=("left",))
def str_append(left: StrObject, right: StrObject) -> StrObject:
    """`left += right`: in place if no other reference to `left` exists, so that a loop of these takes linear time. Raises MemoryError."""
    if can_grow(left, right):
        size = left.length
        place = stack_array(Object, 1)
        place[0] = left
        if PyUnicode_Resize(place, size + right.length) != 0:
            raise_exit()
        PyUnicode_CopyCharacters(place[0], size, right, 0, right.length)
        return cast(StrObject, place[0])
    joined = checked(PyUnicode_Concat(left, right))
    let_go(left)
    return cast(StrObject, joined)


@op(effects=ALLOCATES, raises=True, new_reference=True)
def str_slice(text: StrObject, start: i64, stop: i64) -> StrObject:
    """`text[start:stop]`. Raises MemoryError."""
    size = text.length
    first = within(start, size)
    last = within(stop, size)
    return cast(StrObject, checked(PyUnicode_Substring(text, first, select(last < first, first, last))))


@op(effects=ALLOCATES, raises=True)
def str_contains(text: StrObject, part: StrObject) -> bool:
    """`part in text`. Raises MemoryError."""
    found = PyUnicode_Contains(text, part)
    if found < 0:
        raise_exit()
    return found != 0
