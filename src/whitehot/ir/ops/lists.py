"""Exact lists. An index is Python's: negative ones count from the end; what is outside leaves to the interpreter.

Source: `Objects/listobject.c`. Sizes stay what CPython would allocate, as `sys.getsizeof` can see.

`list_item` and `list_set_item` do all that `items[index]` does. The pass `open_lists` takes them apart into operations that the other passes
share and move: the length, the address of the items (its *row*), the place that an index means, and what lies there. A row
holds as long as nothing changes the list's length; the list stands beside it among the operands, so that it lives as long as its row is used.
"""

from __future__ import annotations

from whitehot.cpython.capi import (
    PyFloat_FromDouble,
    PyList_Append,
    PyList_GetSlice,
    PyList_New,
    PyList_SetSlice,
    PySequence_Concat,
    PySequence_Repeat,
    _Py_Dealloc,
)
from whitehot.ir.effects import ALLOCATES, READS_HEAP, WRITES_HEAP
from whitehot.ir.operation import op
from whitehot.ir.ops.dying import whitehot_dies_quietly
from whitehot.ir.ops.memory import IMMORTAL, checked, existing, let_go, let_go_shared, retain, within
from whitehot.lowlevel.intrinsics import (
    add_with_overflow,
    address_of,
    cast,
    inline,
    likely,
    mul_with_overflow,
    raise_exit,
    routine,
    side_exit,
    sub_with_overflow,
    unlikely,
    unsigned,
)
from whitehot.lowlevel.types import Array, FloatObject, ListObject, Object, f64, i64
from whitehot.reasons import Reason


@inline
def position(items: ListObject, index: i64) -> i64:
    """The place of an item by Python's index; leaves where there is none."""
    return place_of(items.ob_size, index)


@inline
def place_of(size: i64, index: i64) -> i64:
    """The place that Python's index means among `size` items; leaves where there is none."""
    place = index
    if unlikely(unsigned(index) >= unsigned(size)):
        place = i64(index + size)
        if unsigned(place) >= unsigned(size):
            side_exit()
    return place


@inline
def replace(row: Array[Object], place: i64, value: Object) -> None:
    """Put a counted reference in the place of an item; leaves when the old item would die and somebody may notice."""
    old = row[place]
    count = old.ob_refcnt
    if unlikely(count == 1):
        if not whitehot_replace_last(row, place, value):
            side_exit()
    else:
        row[place] = value
        if count < IMMORTAL:
            old.ob_refcnt = count - 1


@routine
def whitehot_replace_last(row: Array[Object], place: i64, value: Object) -> bool:
    """Put a counted reference in the place of an item that dies of that; whether nobody notices, else nothing is done.

    A routine, so that all else needs no registers that outlive a call.
    """
    old = row[place]
    quiet = whitehot_dies_quietly(old)
    if quiet:
        row[place] = value
        old.ob_refcnt = 0
        _Py_Dealloc(old)
    return quiet


@inline
def replace_float(row: Array[Object], place: i64, value: f64) -> None:
    """`replace` by a float without a box. A float that only the list holds is not replaced but given the value: nobody can tell."""
    old = row[place]
    if likely(old.ob_refcnt == 1 and old.ob_type is address_of("PyFloat_Type")):
        cast(FloatObject, old).ob_fval = value
    elif not whitehot_replace_boxed(row, place, value):
        side_exit()


@routine
def whitehot_replace_boxed(row: Array[Object], place: i64, value: f64) -> bool:
    """Put a new float in the place of an item; whether nobody notices that the old one dies, else nothing is done."""
    old = row[place]
    quiet = old.ob_refcnt != 1 or whitehot_dies_quietly(old)
    if quiet:
        row[place] = existing(PyFloat_FromDouble(value))
        let_go(old)
    return quiet


@op(effects=READS_HEAP)
def list_len(items: ListObject) -> i64:
    """`len(items)`."""
    return items.ob_size


@op(effects=READS_HEAP)
def list_is_true(items: ListObject) -> bool:
    """`bool(items)`."""
    return items.ob_size != 0


@op(effects=READS_HEAP, exits=Reason.INDEX)
def list_item(items: ListObject, index: i64) -> Object:
    """`items[index]`; leaves when the index is outside."""
    return items.ob_item[position(items, index)]


@op(effects=WRITES_HEAP, exits=Reason.INDEX, consumes=("value",))
def list_set_item(items: ListObject, index: i64, value: Object) -> None:
    """`items[index] = value`; leaves when the index is outside, or when the old item would die and somebody may notice."""
    replace(items.ob_item, position(items, index), value)


@op(effects=WRITES_HEAP, exits=Reason.INDEX)
def list_set_float(items: ListObject, index: i64, value: f64) -> None:
    """`list_set_item` of a float without a box."""
    replace_float(items.ob_item, position(items, index), value)


@op(effects=READS_HEAP)
def list_row(items: ListObject) -> Array[Object]:
    """Where the items lie, for as long as nothing changes the length."""
    return items.ob_item


@op(exits=Reason.INDEX)
def list_place(size: i64, index: i64) -> i64:
    """The place among `size` items that the index means; leaves when it is outside."""
    return place_of(size, index)


@op(exits=Reason.INDEX)
def guard_places(size: i64, start: i64, step: i64, low: i64, high: i64) -> i64:
    """The last one of `high` - `low` numbers from `start` on in steps (`start` if that is none); leaves unless all of them are places among `size` items."""
    last = start
    if low < high:
        rounds, many = sub_with_overflow(high, low)
        way, far = mul_with_overflow(rounds - 1, step)
        last, beyond = add_with_overflow(start, way)
        if many or far or beyond or unsigned(start) >= unsigned(size) or unsigned(last) >= unsigned(size):
            side_exit()
    return last


@op(effects=READS_HEAP)
def list_get(items: ListObject, row: Array[Object], place: i64) -> Object:  # noqa: ARG001 - kept alive
    """The item at a place of the row of `items`."""
    return row[place]


@op(effects=WRITES_HEAP, exits=Reason.FINALIZER, consumes=("value",))
def list_put(items: ListObject, row: Array[Object], place: i64, value: Object) -> None:  # noqa: ARG001 - kept alive
    """Replace the item at a place of the row of `items`; leaves when the old item would die and somebody may notice."""
    replace(row, place, value)


@op(effects=WRITES_HEAP, exits=Reason.FINALIZER)
def list_put_float(items: ListObject, row: Array[Object], place: i64, value: f64) -> None:  # noqa: ARG001 - kept alive
    """`list_put` of a float without a box."""
    replace_float(row, place, value)


@op(effects=WRITES_HEAP, raises=True, consumes=("value",))
def list_append(items: ListObject, value: Object) -> None:
    """`items.append(value)`. Raises MemoryError."""
    size = items.ob_size
    if likely(size < items.allocated):
        items.ob_item[size] = value
        items.ob_size = size + 1
    else:
        if PyList_Append(items, value) != 0:
            raise_exit()
        let_go_shared(value)


@op(effects=ALLOCATES, raises=True, new_reference=True, attributes=("size",))
def list_new(size: i64) -> ListObject:
    """A list of `size` NULLs, to be filled by `list_init` before anything else sees it. Raises MemoryError."""
    return cast(ListObject, checked(PyList_New(size)))


@op(effects=WRITES_HEAP, consumes=("value",), attributes=("index",))
def list_init(items: ListObject, value: Object, index: i64) -> None:
    """Fill an item of a list that `list_new` made."""
    items.ob_item[index] = value


@op(effects=ALLOCATES, raises=True, new_reference=True, variadic=True)
def make_list(items: Array[Object], count: i64) -> ListObject:
    """A list of the operands. Raises MemoryError."""
    made = cast(ListObject, checked(PyList_New(count)))
    for index in range(count):
        retain(items[index])
        made.ob_item[index] = items[index]
    return made


@op(effects=ALLOCATES, raises=True, new_reference=True)
def list_slice(items: ListObject, start: i64, stop: i64) -> ListObject:
    """`items[start:stop]`. Raises MemoryError."""
    size = items.ob_size
    return cast(ListObject, checked(PyList_GetSlice(items, within(start, size), within(stop, size))))


@op(effects=ALLOCATES, raises=True, new_reference=True)
def list_copy(items: ListObject) -> ListObject:
    """`items.copy()`, `items[:]`. Raises MemoryError."""
    return cast(ListObject, checked(PyList_GetSlice(items, 0, items.ob_size)))


@op(effects=ALLOCATES, raises=True, new_reference=True)
def list_repeat(items: ListObject, times: i64) -> ListObject:
    """`items * times`. Raises MemoryError."""
    return cast(ListObject, checked(PySequence_Repeat(items, times)))


@op(effects=ALLOCATES, raises=True, new_reference=True)
def list_concat(left: ListObject, right: ListObject) -> ListObject:
    """`left + right`. Raises MemoryError."""
    return cast(ListObject, checked(PySequence_Concat(left, right)))


@op(effects=WRITES_HEAP, exits=Reason.INDEX, raises=True, new_reference=True)
def list_pop_last(items: ListObject) -> Object:
    """`items.pop()`; leaves when the list is empty. Raises MemoryError (where memory cannot even be given back)."""
    size = items.ob_size
    if size == 0:
        side_exit()
    last = size - 1
    item = items.ob_item[last]
    # The list's own reference becomes the result's where the list need not shrink (see list_resize); it never does for the last item.
    if likely(last != 0 and last >= items.allocated >> 1):
        items.ob_size = last
        return item
    retain(item)
    if PyList_SetSlice(items, last, size, None) != 0:
        let_go_shared(item)
        raise_exit()
    return item
