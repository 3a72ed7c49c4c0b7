"""Compiled code reads and writes live Python objects, memory of its own, global variables, and calls C functions."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable
from typing import Any

import pytest
from tests.lowlevel.native import Native, compiled

from whitehot.cpython.capi import PyErr_Format, PyList_New, PyLong_FromLongLong, PyObject_IsTrue, PyUnicode_FromFormat
from whitehot.lowlevel import module_of
from whitehot.lowlevel.intrinsics import (
    add_bytes,
    address_bits,
    address_of,
    c_string,
    call,
    cast,
    copy_bytes,
    element_address,
    field_address,
    fill_bytes,
    global_variable,
    inline,
    load,
    mask_pointer,
    null,
    routine,
    stack_array,
    store,
)
from whitehot.lowlevel.types import (
    Array,
    FloatObject,
    IntObject,
    ListObject,
    Object,
    Pointer,
    StrObject,
    TupleObject,
    c_int,
    f64,
    i8,
    i32,
    i64,
    offset_of,
    size_of,
    u8,
    u32,
    u64,
)


@inline
def new_reference(value: Object) -> Object:
    count = value.ob_refcnt
    if count < 3 << 30:
        value.ob_refcnt = count + 1
    return value


def list_size(items: ListObject) -> i64:
    return items.ob_size


def list_item(items: ListObject, index: i64) -> Object | None:
    if 0 <= index < items.ob_size:
        return new_reference(items.ob_item[index])
    return None


def tuple_item(items: TupleObject, index: i64) -> Object:
    return new_reference(items.ob_item[index])


def float_value(value: FloatObject) -> f64:
    return value.ob_fval


def int_value(value: IntObject) -> i64:
    total = 0
    digits = i64(value.lv_tag >> 3)
    for i in range(digits):
        total |= value.ob_digit[i] << (30 * i)
    return -total if value.lv_tag & 3 == 2 else total


def str_code(text: StrObject, index: i64) -> i64:
    characters = cast(Array[u8], add_bytes(text, size_of(StrObject)))
    return characters[index]


def is_list(value: Object) -> bool:
    return value.ob_type is address_of("PyList_Type")


def set_float(value: FloatObject, new: f64) -> None:
    value.ob_fval = new
    value.ob_fval += 0.5


def make_list(first: i64) -> Object | None:
    made = PyList_New(2)
    if made is None:
        return None
    made.ob_item[0] = PyLong_FromLongLong(first)
    made.ob_item[1] = new_reference(address_of("_Py_TrueStruct"))
    return made


def truth(value: Object) -> bool:
    return PyObject_IsTrue(value) != 0


def fail(number: i64) -> Object:
    return PyErr_Format(
        load(Object, address_of("PyExc_ValueError")), c_string('number %lld, "%s"'), number, c_string("é")
    )


def formatted(value: Object) -> Object:
    return PyUnicode_FromFormat(c_string("<%R>"), value)


def call_slot(value: Object) -> i64:
    return call(value.ob_type.tp_hash, value, result=i64)


def as_object(address: int) -> Any:
    return ctypes.cast(ctypes.c_void_p(address), ctypes.py_object).value


def owned(address: int) -> Any:
    """The object whose one new reference compiled code has given."""
    value = as_object(address)
    ctypes.pythonapi.Py_DecRef(ctypes.c_void_p(address))
    return value


def test_fields_of_live_objects_are_read() -> None:
    """Sizes, items, values, digits and characters of objects, as Python knows them."""
    value = object()
    items = [value, 1.5]
    pair = (1, items)
    assert compiled(list_size)(id(items)) == 2
    references = sys.getrefcount(value)
    assert owned(compiled(list_item)(id(items), 0)) is value
    assert sys.getrefcount(value) == references
    assert compiled(list_item)(id(items), 2) is None
    assert owned(compiled(tuple_item)(id(pair), 1)) is items
    assert compiled(float_value)(id(items[1])) == 1.5
    for number in (0, 5, -5, 2**30, -(2**40), 2**59 + 12345):
        assert compiled(int_value)(id(number)) == number
    assert compiled(str_code)(id("abc"), 2) == ord("c")
    assert compiled(is_list)(id(items)) is True
    assert compiled(is_list)(id(pair)) is False


def test_fields_of_live_objects_are_written() -> None:
    """A float's value changes; a new list's items are set."""
    value = float("2.25")
    compiled(set_float)(id(value), 8.0)
    assert value == 8.5
    made = owned(compiled(make_list)(2**40))
    assert made == [2**40, True]


def test_c_functions_are_called() -> None:
    """Calls with narrow results, variadic calls, calls through a type's slot."""
    assert [compiled(truth)(id(value)) for value in (0, (), "x")] == [False, False, True]
    assert owned(compiled(formatted)(id("x"))) == "<'x'>"
    assert compiled(call_slot)(id("hash me")) == hash("hash me")
    with pytest.raises(ValueError, match='number -7, "é"'):
        compiled(fail)(-7)


def widths(address: Pointer) -> i64:
    store(i32, add_bytes(address, 4), -2)
    store(u8, address, 511)
    store(bool, add_bytes(address, 1), True)
    found = load(i32, add_bytes(address, 4)) * 1000 + load(u8, address)
    return found if load(bool, add_bytes(address, 1)) else 0


def sums(count: i64) -> i64:
    row = stack_array(i64, 8)
    fill_bytes(row, 0, 8 * 8)
    for i in range(count):
        row[i] = i * i
        row[i] += 1
    other = stack_array(i64, 8)
    copy_bytes(other, row, 64)
    tail = element_address(other, 2)
    return tail[0] + 100 * other[7] + 10000 * load(i64, element_address(tail, 1))


def tags(address: Pointer) -> bool:
    tagged = add_bytes(address, 1)
    if address_bits(tagged) & 1 == 0:
        return False
    return mask_pointer(tagged, ~1) is address and tagged is not address and null(Object) is None


def places(frame: ListObject) -> u64:
    return address_bits(field_address(frame, "allocated")) - address_bits(frame)


def stores_null(slots: Array[Object | None]) -> None:
    slots[1] = None


def test_raw_memory() -> None:
    """Loads and stores of each width, arrays on the stack, addresses of fields and elements, tag bits."""
    room = ctypes.create_string_buffer(16)
    assert compiled(widths)(ctypes.addressof(room)) == -2000 + 255
    assert compiled(sums)(8) == 5 + 100 * 50 + 10000 * 10
    assert compiled(tags)(ctypes.addressof(room)) is True
    assert compiled(places)(id(places)) == offset_of(ListObject, "allocated")
    words = (ctypes.c_int64 * 3)(1, 2, 3)
    compiled(stores_null)(ctypes.addressof(words))
    assert list(words) == [1, 0, 3]


counter = global_variable("test_counter", i64, 5)
flag = global_variable("test_flag", bool, False)
row = global_variable("test_row", u32, count=4)
ratio = global_variable("test_ratio", f64, 0.1)


@routine
def count(step: i64) -> i64:
    counter.value += step
    flag.value = counter.value > 10
    numbers = row.address
    numbers[3] = numbers[3] + 1
    ratio.value *= 2.0
    return counter.value


def counted() -> i64:
    numbers = cast(Array[u32], row.address)
    return count(1) * 100 + int(flag.value) * 10 + numbers[3]


def test_global_variables() -> None:
    """Globals of every kind keep their values between calls, begin with the initial ones, and have addresses."""
    native = Native(module_of([counted]))
    call_it = native.function("counted")
    assert [call_it() for _ in range(6)] == [601, 702, 803, 904, 1005, 1116]
    assert ctypes.c_int64.from_address(native.address("test_counter")).value == 11
    assert ctypes.c_double.from_address(native.address("test_ratio")).value == 0.1 * 2**6


@routine
def doubled(value: i64) -> i64:
    return value * 2


def through_pointer(value: i64) -> i64:
    small = call(address_of(doubled), i8(value), result=c_int, parameters=(i64,))
    return small + call(address_of(PyObject_IsTrue), address_of("_Py_TrueStruct"), result=c_int)


def test_addresses_of_functions() -> None:
    """Routines and C functions are called through their addresses."""
    assert compiled(through_pointer)(100) == 201


@pytest.mark.parametrize("function", [load, store, cast, address_of, stack_array, c_string])
def test_memory_is_for_compiled_code(function: Callable[..., Any]) -> None:
    """Functions that need memory refuse to run as Python."""
    with pytest.raises(Exception, match="only in compiled code"):
        function(*[None] * len([name for name in function.__annotations__ if name != "return"]))
