"""Checks of the self-test that look at objects made for it: each field that generated code uses holds what it should.

A pointer is compared with the address that is expected, and followed only after that.
"""

from __future__ import annotations

import ctypes
import gc
import weakref
from collections.abc import Callable, Iterator

from whitehot.cpython import layout, symbols
from whitehot.cpython.facts import code_address, half_word, read, type_version, word
from whitehot.cpython.structure import Structure, offset_of, size_of

type Facts = Iterator[tuple[str, object, object]]


def _ids(structure: type[Structure], owner: object, **expected: object) -> Facts:
    """Facts for pointer fields: each holds the address of the object given for it, NULL where that is None."""
    kind = type(owner).__name__
    for field, value in expected.items():
        yield f"{kind}.{field}", 0 if value is None else id(value), read(structure, field, id(owner))


def _numbers(structure: type[Structure], owner: object, **expected: int) -> Facts:
    """Facts for number fields."""
    kind = type(owner).__name__
    for field, value in expected.items():
        yield f"{kind}.{field}", value, read(structure, field, id(owner))


def _references() -> Facts:
    fresh = object()
    before = read(layout.Object, "ob_refcnt", id(fresh))
    kept = [fresh] * 3
    yield "reference counts", before + len(kept), read(layout.Object, "ob_refcnt", id(fresh))
    yield "object.ob_type", id(object), read(layout.Object, "ob_type", id(fresh))
    for immortal in (None, True, 1, "", ()):
        # Bit 31 is what makes an object immortal; the count itself may move away from its initial value.
        yield f"{immortal!r} is immortal", 1, half_word(id(immortal)) >> 31
    yield "a new object is mortal", 0, half_word(id(fresh)) >> 31


def _ints() -> Facts:
    first, of_bool = (offset_of(structure, "ob_digit") for structure in (layout.IntObject, layout.BoolObject))
    flag = 4  # set for the small integers that exist once and for ever
    samples = (
        (0, 1 | flag),
        (7, 8 | flag),
        (-3, 8 | 2 | flag),
        (10**9, 8),
        (-(10**9), 8 | 2),
        (2**40 + 5, 16),
        (-(2**61), 24 | 2),
    )
    for value, tag in samples:
        yield f"tag of {value}", tag, read(layout.IntObject, "lv_tag", id(value))
        digits = [half_word(id(value) + first + 4 * place) for place in range(tag >> 3)]
        yield f"digits of {value}", abs(value), sum(digit << (30 * place) for place, digit in enumerate(digits))
    yield "digit of True", 1, half_word(id(True) + of_bool)
    yield "digit of False", 0, half_word(id(False) + of_bool)


def _numbers_and_rows() -> Facts:
    half = 2.5
    found = ctypes.c_double.from_address(id(half) + offset_of(layout.FloatObject, "ob_fval")).value
    yield "float.ob_fval", half, found
    items = [object()]
    items += [object(), None]
    yield from _numbers(layout.ListObject, items, ob_size=3, allocated=(items.__sizeof__() - list.__basicsize__) // 8)
    row = word(id(items) + offset_of(layout.ListObject, "ob_item"))
    yield "list items", [id(item) for item in items], [word(row + 8 * place) for place in range(3)]
    yield "items of an empty list", 0, read(layout.ListObject, "ob_item", id([]))
    pair = (object(), 2.5)
    row = id(pair) + offset_of(layout.TupleObject, "ob_item")
    yield from _numbers(layout.TupleObject, pair, ob_size=2, ob_hash=-1)
    yield "tuple items", [id(item) for item in pair], [word(row), word(row + 8)]
    yield "tuple.ob_hash once hashed", hash(pair), read(layout.TupleObject, "ob_hash", id(pair))
    text = b"abc"
    yield from _numbers(layout.BytesObject, text, ob_size=3, ob_shash=hash(text))
    yield "bytes data", text, ctypes.string_at(id(text) + offset_of(layout.BytesObject, "ob_sval"), 3)


def _strings() -> Facts:
    compact, ascii_only = 1 << 5, 1 << 6
    for text, kind, flags in (
        ("plain", 1, compact | ascii_only),
        ("p\xe4in", 1, compact),
        ("p\u0101in", 2, compact),
        ("p\U0001f40din", 4, compact),
    ):
        head = size_of(layout.StrObject if flags & ascii_only else layout.CompactStrObject)
        data = ctypes.string_at(id(text) + head, kind * len(text))
        yield f"state of {text!a}", kind << 2 | flags, read(layout.StrObject, "state", id(text)) & 0x7C
        codes = [int.from_bytes(data[place : place + kind], "little") for place in range(0, len(data), kind)]
        yield f"characters of {text!a}", [ord(character) for character in text], codes
        yield f"length of {text!a}", len(text), read(layout.StrObject, "length", id(text))
        yield f"hash of {text!a}", hash(text), read(layout.StrObject, "hash", id(text))


def _characters() -> Facts:
    first = symbols.address_of("ascii_characters")
    places = [first + code * size_of(layout.AsciiCharacter) for code in range(128)]
    yield "strings of one ASCII character", [id(chr(code)) for code in range(128)], places


def _dicts() -> Facts:
    keys, value = ["first", "second", "third"], object()
    table = dict.fromkeys(keys, value)
    yield from _numbers(layout.DictObject, table, ma_used=3, ma_values=0, ma_watcher_tag=0)
    head = word(id(table) + offset_of(layout.DictObject, "ma_keys"))
    yield "dict keys: reference count", 1, read(layout.DictKeys, "dk_refcnt", head)
    yield "dict keys: entries", 3, read(layout.DictKeys, "dk_nentries", head)
    yield "dict keys: kind of string keys", 1, read(layout.DictKeys, "dk_kind", head)
    yield (
        "dict keys: size",
        [3, 3],
        [read(layout.DictKeys, name, head) for name in ("dk_log2_size", "dk_log2_index_bytes")],
    )
    entry = head + offset_of(layout.DictKeys, "dk_indices") + 8
    size = size_of(layout.DictUnicodeEntry)
    for field, expected in (("me_key", keys), ("me_value", [value] * 3)):
        found = [read(layout.DictUnicodeEntry, field, entry + size * place) for place in range(3)]
        yield f"dict entries: {field}", [id(item) for item in expected], found
    # Keys of other types make a table of the general form.
    number = 10**9
    general = {number: value}
    head = word(id(general) + offset_of(layout.DictObject, "ma_keys"))
    yield "dict keys: kind of general keys", 0, read(layout.DictKeys, "dk_kind", head)
    entry = head + offset_of(layout.DictKeys, "dk_indices") + 8
    found = [read(layout.DictKeyEntry, field, entry) for field in ("me_hash", "me_key", "me_value")]
    yield "dict entries: general", [hash(number), id(number), id(value)], found


def _iterators() -> Facts:
    counting = iter(range(3, 30, 4))
    next(counting)
    yield from _numbers(layout.RangeIterObject, counting, start=7, step=4, len=6)
    items, pair, text = [1, 2, 3], (1, 2), "ab"
    for structure, iterator, owner in (
        (layout.ListIterObject, iter(items), items),
        (layout.TupleIterObject, iter(pair), pair),
        (layout.StrIterObject, iter(text), text),
    ):
        next(iterator)
        yield from _numbers(structure, iterator, it_index=1)
        yield from _ids(structure, iterator, it_seq=owner)
    backwards = reversed(items)
    next(backwards)
    yield from _numbers(layout.ListReverseIterObject, backwards, it_index=1)
    yield from _ids(layout.ListReverseIterObject, backwards, it_seq=items)
    other = reversed(pair)
    yield from _numbers(layout.ReversedObject, other, index=1)
    yield from _ids(layout.ReversedObject, other, seq=pair)
    exhausted = iter([0])
    list(exhausted)
    next(exhausted, None)
    yield "sequence of an exhausted list_iterator", 0, read(layout.ListIterObject, "it_seq", id(exhausted))
    inner = iter(items)
    numbered = enumerate(inner, 5)
    next(numbered)
    yield from _numbers(layout.EnumerateObject, numbered, en_index=6)
    given = next(part for part in gc.get_referents(numbered) if type(part) is tuple)
    yield from _ids(layout.EnumerateObject, numbered, en_sit=inner, en_result=given, en_longindex=None, one=1)
    zipped = zip(inner, counting, strict=True)
    parts = next(part for part in gc.get_referents(zipped) if type(part) is tuple and part[0] is inner)
    yield from _numbers(layout.ZipObject, zipped, tuplesize=2, strict=1)
    given = next(part for part in gc.get_referents(zipped) if type(part) is tuple and part is not parts)
    yield from _ids(layout.ZipObject, zipped, ittuple=parts, result=given)


def _containers() -> Facts:
    content = object()
    cell = (lambda: content).__closure__[0]  # type: ignore[index]  # there is one
    yield from _ids(layout.CellObject, cell, ob_ref=content)
    start, stop, step = object(), object(), object()
    yield from _ids(layout.SliceObject, slice(start, stop, step), start=start, stop=stop, step=step)
    whole = range(10**10, 10**11, 10**10)
    yield from _ids(layout.RangeObject, whole, start=whole.start, stop=whole.stop, step=whole.step)
    yield "range.length", id(9), read(layout.RangeObject, "length", id(whole))


def _functions() -> Facts:
    captured = object()

    def sample(first: object, /, second: object = 2.5, *, third: object = 3.5) -> object:
        """Documented."""
        local = captured
        return first, second, third, local

    yield from _ids(
        layout.FunctionObject,
        sample,
        func_globals=sample.__globals__,
        func_builtins=sample.__builtins__,  # type: ignore[attr-defined, unused-ignore]  # mypy forgets it in its cache
        func_name=sample.__name__,
        func_qualname=sample.__qualname__,
        func_code=sample.__code__,
        func_defaults=sample.__defaults__,
        func_kwdefaults=sample.__kwdefaults__,
        func_closure=sample.__closure__,
        func_doc=sample.__doc__,
        func_module=sample.__module__,
    )
    entry = symbols.address_of("_PyFunction_Vectorcall")
    yield "function.vectorcall", entry, read(layout.FunctionObject, "vectorcall", id(sample))
    yield "function.func_version is set", True, read(layout.FunctionObject, "func_version", id(sample)) != 0
    sample.__defaults__ = (4.5,)
    yield "function.func_version is cleared", 1, read(layout.FunctionObject, "func_version", id(sample))
    owner = ObjectWithMethod()
    method = owner.method
    yield from _ids(layout.MethodObject, method, im_func=ObjectWithMethod.__dict__["method"], im_self=owner)
    items: list[int] = []
    builtin = items.append
    yield from _ids(layout.BuiltinObject, builtin, m_self=items, m_module=None, m_weakreflist=None)
    reference = weakref.ref(builtin)
    definition, same, other = (read(layout.BuiltinObject, "m_ml", id(one)) for one in (builtin, [1].append, items.pop))
    yield "a builtin's definition is its own", (True, False), (definition == same, definition == other)
    yield "a builtin's weak reference", id(reference), read(layout.BuiltinObject, "m_weakreflist", id(builtin))
    for exact, structure in (
        (type(sample), layout.FunctionObject),
        (type(method), layout.MethodObject),
        (type(builtin), layout.BuiltinObject),
    ):
        declared = read(layout.TypeObject, "tp_vectorcall_offset", id(exact))
        yield f"entry of a {exact.__name__}", declared, offset_of(structure, "vectorcall")


class ObjectWithMethod:
    """The owner of a bound method to look at."""

    def method(self) -> None:
        """Nothing."""


def _code_objects() -> Facts:
    captured = object()

    def sample(first: object, /, second: object, *, third: object) -> object:
        local = captured
        return (lambda: second), first, third, local

    code = sample.__code__
    count = len(code.co_varnames) + len(code.co_freevars)
    # A frame's fixed part takes ten words.
    size = count + code.co_stacksize + offset_of(layout.Frame, "localsplus") // 8
    yield from _ids(
        layout.CodeObject, code, co_consts=code.co_consts, co_names=code.co_names, co_exceptiontable=code.co_exceptiontable,
        co_filename=code.co_filename, co_name=code.co_name, co_qualname=code.co_qualname, co_linetable=code.co_linetable,
    )  # fmt: skip
    yield from _numbers(
        layout.CodeObject, code, co_flags=code.co_flags, co_argcount=2, co_posonlyargcount=1, co_kwonlyargcount=1,
        co_stacksize=code.co_stacksize, co_firstlineno=code.co_firstlineno, co_nlocalsplus=count, co_framesize=size,
        co_nlocals=code.co_nlocals, co_ncellvars=1, co_nfreevars=1, co_extra=0, _co_monitoring=0,
        ob_size=len(code.co_code) // 2,
    )  # fmt: skip
    yield "code.co_version is set", True, read(layout.CodeObject, "co_version", id(code)) != 0
    adaptive: bytes = code._co_code_adaptive  # type: ignore[attr-defined, unused-ignore]  # mypy forgets it in its cache
    yield "code.co_code_adaptive", adaptive, ctypes.string_at(code_address(code), len(adaptive))
    cached = read(layout.CodeObject, "_co_cached", id(code))
    yield "code._co_cached is set", True, cached != 0
    if cached:
        yield "code._co_cached", id(code.co_code), word(cached)


def _types() -> Facts:
    yield from _numbers(
        layout.TypeObject, int, tp_basicsize=int.__basicsize__, tp_itemsize=int.__itemsize__, tp_flags=int.__flags__,
        tp_dictoffset=int.__dictoffset__, tp_weaklistoffset=int.__weakrefoffset__, tp_as_mapping=0, tp_as_sequence=0,
    )  # fmt: skip
    name = word(id(int) + offset_of(layout.TypeObject, "tp_name"))
    yield "type.tp_name", b"int", ctypes.string_at(name)
    yield from _ids(layout.TypeObject, bool, tp_base=int, tp_mro=bool.__mro__, tp_bases=bool.__bases__)
    for owner, field, symbol in (
        (zip, "tp_iter", "PyObject_SelfIter"),
        (list, "tp_getattro", "PyObject_GenericGetAttr"),
        (list, "tp_alloc", "PyType_GenericAlloc"),
        (list, "tp_free", "PyObject_GC_Del"),
        (list, "tp_hash", "PyObject_HashNotImplemented"),
    ):
        yield f"type.{field}", symbols.address_of(symbol), read(layout.TypeObject, field, id(owner))
    yield "type.tp_as_number of list", 0, read(layout.TypeObject, "tp_as_number", id(list))
    sequence, mapping = (
        word(id(list) + offset_of(layout.TypeObject, name)) for name in ("tp_as_sequence", "tp_as_mapping")
    )
    if sequence and mapping:
        # A list has one length function in two places.
        yield "length slots", word(mapping), word(sequence)

    class Sample:
        value = 1

    yield "class attribute", 1, Sample.value
    assigned = type_version(Sample)
    yield "type.tp_version_tag is set", True, assigned != 0
    Sample.value = 2
    yield "type.tp_version_tag changes", True, type_version(Sample) != assigned


CHECKS: tuple[Callable[[], Facts], ...] = (
    _references,
    _ints,
    _numbers_and_rows,
    _strings,
    _characters,
    _dicts,
    _iterators,
    _containers,
    _functions,
    _code_objects,
    _types,
)
