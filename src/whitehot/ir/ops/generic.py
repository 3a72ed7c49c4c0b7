"""Operations on any objects, done by CPython's own functions, as its interpreter does them; they may run any Python code.

Source: `Python/bytecodes.c` for what each bytecode calls. Operands are borrowed: who has the references keeps them.
"""

from __future__ import annotations

from whitehot.cpython.capi import (
    PyDict_New,
    PyDict_Pop,
    PyDict_SetItem,
    PyErr_Clear,
    PyErr_ExceptionMatches,
    PyErr_Format,
    PyErr_Occurred,
    PyNumber_InPlacePower,
    PyNumber_Power,
    PyObject_ASCII,
    PyObject_DelItem,
    PyObject_Format,
    PyObject_GetAttr,
    PyObject_GetItem,
    PyObject_GetIter,
    PyObject_IsTrue,
    PyObject_Length,
    PyObject_Repr,
    PyObject_RichCompare,
    PyObject_SetAttr,
    PyObject_SetItem,
    PyObject_Str,
    PySequence_Check,
    PySequence_Contains,
    PySet_Add,
    PySet_New,
    PySlice_New,
    PyUnicode_New,
    _PyEval_FormatExcCheckArg,
    _PyEval_LoadGlobalStackRef,
    _PyList_Extend,
    _PyUnicode_JoinArray,
)
from whitehot.ir.effects import ALLOCATES, ARBITRARY
from whitehot.ir.operation import op
from whitehot.ir.ops.memory import checked, let_go, retain
from whitehot.lowlevel.intrinsics import (
    address_bits,
    address_of,
    c_string,
    call,
    cast,
    inline,
    load,
    mask_pointer,
    raise_exit,
    routine,
    stack_array,
)
from whitehot.lowlevel.types import (
    Array,
    DictObject,
    ListObject,
    Object,
    Pointer,
    SetObject,
    SliceObject,
    StrObject,
    ThreadState,
    i64,
)


@inline
def succeeded(status: i64) -> None:
    """Raise where a C function said by a negative number that it has raised."""
    if status < 0:
        raise_exit()


@op(effects=ARBITRARY, raises=True, new_reference=True, attributes=("function",))
def object_binary(left: Object, right: Object, function: Pointer) -> Object:
    """A binary operator, by its C function (a Symbol: `PyNumber_Add`, `PyNumber_InPlaceAdd`, ...)."""
    return checked(call(function, left, right, result=Object))


@op(effects=ARBITRARY, raises=True, new_reference=True)
def object_power(left: Object, right: Object) -> Object:
    """`left ** right`."""
    return checked(PyNumber_Power(left, right, address_of("_Py_NoneStruct")))


@op(effects=ARBITRARY, raises=True, new_reference=True)
def object_inplace_power(left: Object, right: Object) -> Object:
    """`left **= right`."""
    return checked(PyNumber_InPlacePower(left, right, address_of("_Py_NoneStruct")))


@op(effects=ARBITRARY, raises=True, new_reference=True, attributes=("function",))
def object_unary(value: Object, function: Pointer) -> Object:
    """A unary operator, by its C function (a Symbol: `PyNumber_Negative`, ...)."""
    return checked(call(function, value, result=Object))


@op(effects=ARBITRARY, raises=True)
def object_is_true(value: Object) -> bool:
    """`bool(value)`."""
    status = PyObject_IsTrue(value)
    succeeded(status)
    return status != 0


@op(effects=ARBITRARY, raises=True, new_reference=True, attributes=("code",))
def object_compare(left: Object, right: Object, code: i64) -> Object:
    """A comparison by its code (`Py_LT` 0, `LE` 1, `EQ` 2, `NE` 3, `GT` 4, `GE` 5); the result may be any object."""
    return checked(PyObject_RichCompare(left, right, code))


@op(effects=ARBITRARY, raises=True)
def object_contains(container: Object, item: Object) -> bool:
    """`item in container`."""
    status = PySequence_Contains(container, item)
    succeeded(status)
    return status != 0


@op(effects=ARBITRARY, raises=True, new_reference=True)
def object_item(container: Object, key: Object) -> Object:
    """`container[key]`."""
    return checked(PyObject_GetItem(container, key))


@op(effects=ARBITRARY, raises=True)
def object_set_item(container: Object, key: Object, value: Object) -> None:
    """`container[key] = value`."""
    succeeded(PyObject_SetItem(container, key, value))


@op(effects=ARBITRARY, raises=True)
def object_delete_item(container: Object, key: Object) -> None:
    """`del container[key]`."""
    succeeded(PyObject_DelItem(container, key))


@op(effects=ARBITRARY, raises=True, new_reference=True, attributes=("name",))
def object_attribute(owner: Object, name: Object) -> Object:
    """`owner.name`."""
    return checked(PyObject_GetAttr(owner, name))


@op(effects=ARBITRARY, raises=True, attributes=("name",))
def object_set_attribute(owner: Object, value: Object, name: Object) -> None:
    """`owner.name = value`."""
    succeeded(PyObject_SetAttr(owner, name, value))


@op(effects=ARBITRARY, raises=True, attributes=("name",))
def object_delete_attribute(owner: Object, name: Object) -> None:
    """`del owner.name`."""
    succeeded(PyObject_SetAttr(owner, name, None))


@op(effects=ARBITRARY, raises=True)
def object_length(value: Object) -> i64:
    """`len(value)`."""
    length = PyObject_Length(value)
    succeeded(length)
    return length


@op(effects=ARBITRARY, raises=True, new_reference=True)
def object_iter(value: Object) -> Object:
    """`iter(value)`."""
    return checked(PyObject_GetIter(value))


@op(effects=ARBITRARY, raises=True, new_reference=True, nullable=True)
def iterator_next(iterator: Object) -> Object | None:
    """`next(iterator)`; NULL when it is exhausted."""
    item: Object | None = call(iterator.ob_type.tp_iternext, iterator, result=Object)
    if item is None and PyErr_Occurred() is not None:
        if PyErr_ExceptionMatches(load(Object, address_of("PyExc_StopIteration"))) == 0:
            raise_exit()
        PyErr_Clear()
    return item


@op(effects=ARBITRARY, raises=True, new_reference=True)
def object_slice(container: Object, start: Object, stop: Object) -> Object:
    """`container[start:stop]`."""
    bounds = checked(PySlice_New(start, stop, None))
    result: Object | None = PyObject_GetItem(container, bounds)
    let_go(bounds)
    return checked(result)


@op(effects=ARBITRARY, raises=True)
def object_set_slice(container: Object, start: Object, stop: Object, value: Object) -> None:
    """`container[start:stop] = value`."""
    bounds = checked(PySlice_New(start, stop, None))
    status = PyObject_SetItem(container, bounds, value)
    let_go(bounds)
    succeeded(status)


@op(effects=ARBITRARY, raises=True, new_reference=True)
def object_str(value: Object) -> Object:
    """`str(value)`."""
    return checked(PyObject_Str(value))


@op(effects=ARBITRARY, raises=True, new_reference=True)
def object_repr(value: Object) -> Object:
    """`repr(value)`."""
    return checked(PyObject_Repr(value))


@op(effects=ARBITRARY, raises=True, new_reference=True)
def object_ascii(value: Object) -> Object:
    """`ascii(value)`."""
    return checked(PyObject_ASCII(value))


@op(effects=ARBITRARY, raises=True, new_reference=True)
def object_format(value: Object, specification: Object | None) -> Object:
    """`format(value, specification)`; NULL stands for none."""
    return checked(PyObject_Format(value, specification))


@op(effects=ALLOCATES, raises=True, new_reference=True, variadic=True)
def build_string(items: Array[Object], count: i64) -> StrObject:
    """The operands, exact strings, in one. Raises MemoryError."""
    # The string of length 0 is one immortal object.
    return cast(StrObject, checked(_PyUnicode_JoinArray(PyUnicode_New(0, 0), items, count)))


@op(effects=ALLOCATES, raises=True, new_reference=True)
def make_slice(start: Object, stop: Object, step: Object | None) -> SliceObject:
    """`slice(start, stop, step)`; NULL stands for None. Raises MemoryError."""
    return cast(SliceObject, checked(PySlice_New(start, stop, step)))


@op(effects=ALLOCATES, raises=True, new_reference=True)
def dict_new() -> DictObject:
    """`{}`. Raises MemoryError."""
    return cast(DictObject, checked(PyDict_New()))


@op(effects=ARBITRARY, raises=True)
def dict_set(mapping: DictObject, key: Object, value: Object) -> None:
    """`mapping[key] = value` in an exact dict; the key's hash and comparison may run code."""
    succeeded(PyDict_SetItem(mapping, key, value))


@op(effects=ALLOCATES, raises=True, new_reference=True)
def set_new() -> SetObject:
    """`set()`. Raises MemoryError."""
    return cast(SetObject, checked(PySet_New(None)))


@op(effects=ARBITRARY, raises=True)
def set_add(members: SetObject, item: Object) -> None:
    """`members.add(item)` to an exact set; the item's hash and comparison may run code."""
    succeeded(PySet_Add(members, item))


@routine
def whitehot_name_iterable(source: Object) -> None:
    """After a failed `[*items, *source]`: the message of a display where `source` is not iterable."""
    if PyErr_ExceptionMatches(load(Object, address_of("PyExc_TypeError"))) != 0:
        if source.ob_type.tp_iter is None and PySequence_Check(source) == 0:
            PyErr_Clear()
            PyErr_Format(
                load(Object, address_of("PyExc_TypeError")),
                c_string("Value after * must be an iterable, not %.200s"),
                source.ob_type.tp_name,
            )


@op(effects=ARBITRARY, raises=True)
def list_extend(items: ListObject, source: Object) -> None:
    """`[*items, *source]` in place, with the message of a display for what is not iterable."""
    result: Object | None = _PyList_Extend(items, source)
    if result is None:
        whitehot_name_iterable(source)
        raise_exit()


@op(effects=ARBITRARY, raises=True, new_reference=True, attributes=("namespace", "builtins", "name"))
def load_global(namespace: Object, builtins: Object, name: Object) -> Object:
    """A global variable, or a builtin of that name. Module-level names are looked up so, too."""
    place = stack_array(Object, 1)
    _PyEval_LoadGlobalStackRef(namespace, builtins, name, place)
    found = place[0]
    value = mask_pointer(found, -4)
    if value is None:
        raise_exit()
    # A tag says that the reference is not counted.
    if address_bits(found) & 1 != 0:
        retain(value)
    return value


@op(effects=ARBITRARY, raises=True, attributes=("namespace", "name"))
def store_global(value: Object, namespace: Object, name: Object) -> None:
    """Bind a global variable."""
    succeeded(PyDict_SetItem(namespace, name, value))


@routine
def whitehot_name_unbound(thread: ThreadState, name: Object) -> None:
    """Raise the NameError for a global variable."""
    _PyEval_FormatExcCheckArg(
        thread, load(Object, address_of("PyExc_NameError")), c_string("name '%.200s' is not defined"), name
    )


@op(effects=ARBITRARY, raises=True, attributes=("namespace", "name"))
def delete_global(namespace: Object, name: Object, thread: ThreadState) -> None:
    """Unbind a global variable."""
    found = PyDict_Pop(namespace, name, None)
    succeeded(found)
    if found == 0:
        whitehot_name_unbound(thread, name)
        raise_exit()
