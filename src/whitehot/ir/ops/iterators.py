"""Builtin iterators as objects: reading the state of one, and making one that is in a given state.

Loops keep the state of their iterators in registers; a real one is made for the interpreter when native code leaves, or
taken apart when native code is entered in the middle of a loop. Whoever makes one here makes it as the object's own type
does: the same allocator, the same fields.
"""

from __future__ import annotations

from whitehot.cpython.capi import (
    PyLong_FromLongLong,
    PyObject_GC_Track,
    PyObject_GetIter,
    PyObject_Vectorcall,
    PyTuple_New,
    PyType_GenericAlloc,
    _PyObject_GC_New,
    _PyObject_New,
    _PyTuple_FromArray,
)
from whitehot.ir.effects import ALLOCATES, READS_HEAP, WRITES_HEAP
from whitehot.ir.operation import op
from whitehot.ir.ops.dying import whitehot_dies_quietly
from whitehot.ir.ops.integers import LEAST, int_value
from whitehot.ir.ops.memory import existing, let_go, retain
from whitehot.lowlevel.intrinsics import (
    address_of,
    cast,
    divide_truncated,
    routine,
    side_exit,
    signed,
    stack_array,
    unsigned,
)
from whitehot.lowlevel.types import (
    Array,
    EnumerateObject,
    ListIterObject,
    ListObject,
    ListReverseIterObject,
    Object,
    RangeIterObject,
    RangeObject,
    StrIterObject,
    StrObject,
    TupleIterObject,
    TupleObject,
    TypeObject,
    ZipObject,
    i64,
)
from whitehot.reasons import Reason

MOST = 2**63 - 1


@op(exits=Reason.RANGE)
def range_length(start: i64, stop: i64, step: i64) -> i64:
    """`len(range(start, stop, step))`; leaves for step 0, and where the iterator would not be one of machine words (`range_iter`)."""
    if step > 0:
        if start >= stop:
            return 0
        if stop > MOST - (step - 1):
            side_exit()
        length = 1 + divide_truncated(unsigned(stop - 1 - start), unsigned(step))
    else:
        if step == 0:
            side_exit()
        if start <= stop:
            return 0
        if stop < LEAST + (-1 - step):
            side_exit()
        length = 1 + divide_truncated(unsigned(start - 1 - stop), unsigned(-step))
    if signed(length) < 0:
        side_exit()
    return signed(length)


@op(exits=Reason.RANGE)
def range_start(source: RangeObject) -> i64:
    """`source.start`; leaves when it does not fit."""
    return int_value(source.start)


@op(exits=Reason.RANGE)
def range_stop(source: RangeObject) -> i64:
    """`source.stop`; leaves when it does not fit."""
    return int_value(source.stop)


@op(exits=Reason.RANGE)
def range_step(source: RangeObject) -> i64:
    """`source.step`; leaves when it does not fit."""
    return int_value(source.step)


@op(effects=ALLOCATES, new_reference=True, lazy=True)
def make_range(start: i64, stop: i64, step: i64) -> RangeObject:
    """`range(start, stop, step)`; the step is not 0."""
    bounds = stack_array(Object, 3)
    bounds[0] = existing(PyLong_FromLongLong(start))
    bounds[1] = existing(PyLong_FromLongLong(stop))
    bounds[2] = existing(PyLong_FromLongLong(step))
    made = existing(PyObject_Vectorcall(address_of("PyRange_Type"), bounds, 3, None))
    for index in range(3):
        let_go(bounds[index])
    return cast(RangeObject, made)


@op(effects=READS_HEAP)
def range_iter_start(iterator: RangeIterObject) -> i64:
    """The next value, if any."""
    return iterator.start


@op(effects=READS_HEAP)
def range_iter_step(iterator: RangeIterObject) -> i64:
    """From one value to the next."""
    return iterator.step


@op(effects=READS_HEAP)
def range_iter_length(iterator: RangeIterObject) -> i64:
    """How many values are left."""
    return iterator.len


@op(effects=ALLOCATES, new_reference=True, lazy=True)
def make_range_iterator(start: i64, step: i64, length: i64) -> RangeIterObject:
    """The iterator of a range that has `length` values left, the next of which is `start`."""
    made = cast(RangeIterObject, existing(_PyObject_New(cast(TypeObject, address_of("PyRangeIter_Type")))))
    made.start = start
    made.step = step
    made.len = length
    return made


@op(effects=READS_HEAP)
def list_iter_index(iterator: ListIterObject) -> i64:
    """The index of the next item, if the iterator is not exhausted."""
    return iterator.it_index


@op(effects=READS_HEAP, exits=Reason.NOT_CARRIED)
def list_iter_list(iterator: ListIterObject) -> ListObject:
    """The list; leaves when the iterator is exhausted or the list is of a subclass."""
    items = iterator.it_seq
    if items is None:
        side_exit()
    if items.ob_type is not address_of("PyList_Type"):
        side_exit()
    return items


@op(effects=ALLOCATES, new_reference=True, lazy=True)
def make_list_iterator(items: ListObject, index: i64) -> ListIterObject:
    """The iterator of a list whose next item has this index."""
    made = cast(ListIterObject, existing(PyObject_GetIter(items)))
    made.it_index = index
    return made


@op(effects=READS_HEAP)
def tuple_iter_index(iterator: TupleIterObject) -> i64:
    """The index of the next item, if the iterator is not exhausted."""
    return iterator.it_index


@op(effects=READS_HEAP, exits=Reason.NOT_CARRIED)
def tuple_iter_tuple(iterator: TupleIterObject) -> TupleObject:
    """The tuple; leaves when the iterator is exhausted or the tuple is of a subclass."""
    items = iterator.it_seq
    if items is None:
        side_exit()
    if items.ob_type is not address_of("PyTuple_Type"):
        side_exit()
    return items


@op(effects=ALLOCATES, new_reference=True, lazy=True)
def make_tuple_iterator(items: TupleObject, index: i64) -> TupleIterObject:
    """The iterator of a tuple whose next item has this index."""
    made = cast(TupleIterObject, existing(PyObject_GetIter(items)))
    made.it_index = index
    return made


@op(effects=READS_HEAP)
def str_iter_index(iterator: Object) -> i64:
    """The index of the next character of a `str_iterator` or `str_ascii_iterator`, if it is not exhausted."""
    return cast(StrIterObject, iterator).it_index


@op(effects=READS_HEAP, exits=Reason.NOT_CARRIED)
def str_iter_str(iterator: Object) -> StrObject:
    """The string of a `str_iterator` or `str_ascii_iterator`; leaves when it is exhausted or the string is of a subclass."""
    text = cast(StrIterObject, iterator).it_seq
    if text is None:
        side_exit()
    if text.ob_type is not address_of("PyUnicode_Type"):
        side_exit()
    return text


@op(effects=ALLOCATES, new_reference=True, lazy=True)
def make_str_iterator(text: StrObject, index: i64) -> Object:
    """The iterator of a string (of one of two types) whose next character has this index."""
    made = cast(StrIterObject, existing(PyObject_GetIter(text)))
    made.it_index = index
    return made


@op(effects=READS_HEAP)
def list_reverse_iter_index(iterator: ListReverseIterObject) -> i64:
    """The index of the next item, -1 if the iterator is exhausted."""
    return iterator.it_index


@op(effects=READS_HEAP, exits=Reason.NOT_CARRIED)
def list_reverse_iter_list(iterator: ListReverseIterObject) -> ListObject:
    """The list; leaves when the iterator is exhausted or the list is of a subclass."""
    items = iterator.it_seq
    if items is None:
        side_exit()
    if items.ob_type is not address_of("PyList_Type"):
        side_exit()
    return items


@op(effects=ALLOCATES, new_reference=True, lazy=True)
def make_list_reverse_iterator(items: ListObject, index: i64) -> ListReverseIterObject:
    """`reversed(items)`, whose next item has this index."""
    kind = cast(TypeObject, address_of("PyListRevIter_Type"))
    made = cast(ListReverseIterObject, existing(_PyObject_GC_New(kind)))
    retain(items)
    made.it_index = index
    made.it_seq = items
    PyObject_GC_Track(made)
    return made


@op(effects=READS_HEAP, exits=Reason.NOT_CARRIED)
def enumerate_count(iterator: EnumerateObject) -> i64:
    """The next number; leaves beyond machine words."""
    if iterator.en_longindex is not None:
        side_exit()
    return iterator.en_index


@op(effects=READS_HEAP)
def enumerate_iterator(iterator: EnumerateObject) -> Object:
    """The iterator whose items are numbered."""
    return iterator.en_sit


@routine
def whitehot_forget(result: TupleObject) -> bool:
    """Let go of what is in the tuple that an iterator gave last and would use again, as its next step does; whether nobody notices, else nothing is done."""
    if result.ob_refcnt == 1:
        for index in range(result.ob_size):
            item = result.ob_item[index]
            if item.ob_refcnt == 1 and not whitehot_dies_quietly(item):
                return False
        for index in range(result.ob_size):
            item = result.ob_item[index]
            result.ob_item[index] = address_of("_Py_NoneStruct")
            let_go(item)
    return True


@op(effects=WRITES_HEAP, exits=Reason.FINALIZER)
def enumerate_forget(iterator: EnumerateObject) -> None:
    """Let go of what an `enumerate` gave last; leaves where that would die and somebody may notice."""
    if not whitehot_forget(iterator.en_result):
        side_exit()


@op(effects=WRITES_HEAP, exits=Reason.FINALIZER)
def zip_forget(source: ZipObject) -> None:
    """Let go of what a `zip` gave last; leaves where that would die and somebody may notice."""
    if not whitehot_forget(source.result):
        side_exit()


@op(effects=ALLOCATES, new_reference=True, lazy=True)
def make_enumerate(iterator: Object, count: i64) -> EnumerateObject:
    """`enumerate` over an iterator, whose next number is `count`."""
    kind = cast(TypeObject, address_of("PyEnum_Type"))
    made = cast(EnumerateObject, existing(PyType_GenericAlloc(kind, 0)))
    pair = stack_array(Object, 2)
    pair[0] = address_of("_Py_NoneStruct")
    pair[1] = address_of("_Py_NoneStruct")
    retain(iterator)
    made.en_index = count
    made.en_sit = iterator
    made.en_result = cast(TupleObject, existing(_PyTuple_FromArray(pair, 2)))
    # Not counted there either: 1 is immortal.
    made.one = PyLong_FromLongLong(1)
    return made


@op(effects=READS_HEAP, exits=Reason.NOT_CARRIED, attributes=("index",))
def zip_iterator(source: ZipObject, index: i64) -> Object:
    """One of the iterators of a `zip`; leaves where it has none of this index, and where it is strict."""
    if source.strict != 0 or index >= source.tuplesize:
        side_exit()
    return source.ittuple.ob_item[index]


@op(effects=ALLOCATES, new_reference=True, lazy=True, variadic=True)
def make_zip(items: Array[Object], count: i64) -> ZipObject:
    """`zip` over the iterators that are the operands."""
    made = cast(ZipObject, existing(PyType_GenericAlloc(cast(TypeObject, address_of("PyZip_Type")), 0)))
    made.tuplesize = count
    made.ittuple = cast(TupleObject, existing(_PyTuple_FromArray(items, count)))
    result = cast(TupleObject, existing(PyTuple_New(count)))
    for index in range(count):
        result.ob_item[index] = address_of("_Py_NoneStruct")
    made.result = result
    return made
