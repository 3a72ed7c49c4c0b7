"""The structures of CPython 3.14 that native code reads and writes, field by field in C's order.

Source: the headers and C files of CPython 3.14 named at each structure, for the default build (with the GIL, not Py_DEBUG) on
64-bit little-endian platforms. `cpython/selftest.py` verifies them against the running interpreter.
"""

from __future__ import annotations

from whitehot.cpython.structure import (
    Array,
    InlineArray,
    Pointer,
    Structure,
    c_int,
    c_long,
    c_uint,
    c_ulong,
    f64,
    i8,
    i64,
    length,
    u8,
    u16,
    u32,
    u64,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Annotated


class Object(Structure):
    """Any Python object (`Include/object.h`). `ob_refcnt` is negative as an `i32` for immortal objects."""

    ob_refcnt: u32
    ob_overflow: u16
    ob_flags: u16
    ob_type: TypeObject


class VarObject(Object):
    """An object that says its number of items (`Include/object.h`)."""

    ob_size: length


class TypeObject(VarObject):
    """A type (`Include/cpython/object.h`)."""

    tp_name: Pointer
    tp_basicsize: i64
    tp_itemsize: i64
    tp_dealloc: Pointer
    tp_vectorcall_offset: i64
    tp_getattr: Pointer
    tp_setattr: Pointer
    tp_as_async: Pointer
    tp_repr: Pointer
    tp_as_number: NumberMethods
    tp_as_sequence: SequenceMethods
    tp_as_mapping: MappingMethods
    tp_hash: Pointer
    tp_call: Pointer
    tp_str: Pointer
    tp_getattro: Pointer
    tp_setattro: Pointer
    tp_as_buffer: Pointer
    tp_flags: c_ulong
    tp_doc: Pointer
    tp_traverse: Pointer
    tp_clear: Pointer
    tp_richcompare: Pointer
    tp_weaklistoffset: i64
    tp_iter: Pointer
    tp_iternext: Pointer
    tp_methods: Pointer
    tp_members: Pointer
    tp_getset: Pointer
    tp_base: TypeObject
    tp_dict: Object
    tp_descr_get: Pointer
    tp_descr_set: Pointer
    tp_dictoffset: i64
    tp_init: Pointer
    tp_alloc: Pointer
    tp_new: Pointer
    tp_free: Pointer
    tp_is_gc: Pointer
    tp_bases: Object
    tp_mro: Object
    tp_cache: Object
    tp_subclasses: Pointer
    tp_weaklist: Object
    tp_del: Pointer
    tp_version_tag: c_uint
    tp_finalize: Pointer
    tp_vectorcall: Pointer
    tp_watched: u8
    tp_versions_used: u16


class NumberMethods(Structure):
    """`PyNumberMethods`: slots of arithmetic (`Include/cpython/object.h`)."""

    nb_add: Pointer
    nb_subtract: Pointer
    nb_multiply: Pointer
    nb_remainder: Pointer
    nb_divmod: Pointer
    nb_power: Pointer
    nb_negative: Pointer
    nb_positive: Pointer
    nb_absolute: Pointer
    nb_bool: Pointer
    nb_invert: Pointer
    nb_lshift: Pointer
    nb_rshift: Pointer
    nb_and: Pointer
    nb_xor: Pointer
    nb_or: Pointer
    nb_int: Pointer
    nb_reserved: Pointer
    nb_float: Pointer


class SequenceMethods(Structure):
    """`PySequenceMethods` (`Include/cpython/object.h`)."""

    sq_length: Pointer
    sq_concat: Pointer
    sq_repeat: Pointer
    sq_item: Pointer
    was_sq_slice: Pointer
    sq_ass_item: Pointer
    was_sq_ass_slice: Pointer
    sq_contains: Pointer
    sq_inplace_concat: Pointer
    sq_inplace_repeat: Pointer


class MappingMethods(Structure):
    """`PyMappingMethods` (`Include/cpython/object.h`)."""

    mp_length: Pointer
    mp_subscript: Pointer
    mp_ass_subscript: Pointer


class IntObject(Object):
    """An int (`Include/cpython/longintrepr.h`): the tag holds the number of digits << 3, a small-int flag (4) and the sign (0, 1 zero, 2 minus)."""

    lv_tag: u64
    ob_digit: InlineArray[u32]


class BoolObject(IntObject):
    """True or False."""


class FloatObject(Object):
    """A float (`Include/cpython/floatobject.h`)."""

    ob_fval: f64


class ListObject(VarObject):
    """A list (`Include/cpython/listobject.h`)."""

    ob_item: Array[Object]
    allocated: i64


class TupleObject(VarObject):
    """A tuple (`Include/cpython/tupleobject.h`)."""

    ob_hash: i64
    ob_item: InlineArray[Object]


class StrObject(Object):
    """A string (`PyASCIIObject`). `state`: interned 2 bits, kind 3 bits (1, 2, 4), compact, ascii, static 1 bit each.

    The characters of a compact ASCII string begin at `size_of(StrObject)`, of another compact one at `size_of(CompactStrObject)`.
    """

    length: i64
    hash: i64
    state: u32


class AsciiCharacter(StrObject):
    """A string of one ASCII character, as they lie in a row (`struct _Py_global_strings`)."""

    data: Annotated[InlineArray[u8], 2]


class CompactStrObject(StrObject):
    """A compact string that is not ASCII (`PyCompactUnicodeObject`)."""

    utf8_length: i64
    utf8: Pointer


class BytesObject(VarObject):
    """A bytes object (`Include/cpython/bytesobject.h`)."""

    ob_shash: i64
    ob_sval: InlineArray[u8]


class DictObject(Object):
    """A dict (`Include/cpython/dictobject.h`); `ma_values` is null for a combined table."""

    ma_used: i64
    ma_watcher_tag: u64
    ma_keys: DictKeys
    ma_values: DictValues


class DictKeys(Structure):
    """`PyDictKeysObject` (`Include/internal/pycore_dict.h`): the table's index bytes follow, then its entries."""

    dk_refcnt: i64
    dk_log2_size: u8
    dk_log2_index_bytes: u8
    dk_kind: u8
    dk_version: u32
    dk_usable: i64
    dk_nentries: i64
    dk_indices: InlineArray[i8]


class DictKeyEntry(Structure):
    """An entry of a general dict (`PyDictKeyEntry`)."""

    me_hash: i64
    me_key: Object
    me_value: Object


class DictUnicodeEntry(Structure):
    """An entry of a dict whose keys are all strings (`PyDictUnicodeEntry`)."""

    me_key: Object
    me_value: Object


class DictValues(Structure):
    """The values of a split dict, or an object's inline values (`PyDictValues`)."""

    capacity: u8
    size: u8
    embedded: u8
    valid: u8
    values: InlineArray[Object]


class SetObject(Object):
    """A set (`Include/cpython/setobject.h`); its fields are the C functions' business."""


class CellObject(Object):
    """A cell (`Include/cpython/cellobject.h`); null when empty."""

    ob_ref: Object


class SliceObject(Object):
    """A slice (`Include/sliceobject.h`)."""

    start: Object
    stop: Object
    step: Object


class RangeObject(Object):
    """A range (`Objects/rangeobject.c`): Python ints."""

    start: Object
    stop: Object
    step: Object
    length: Object


class RangeIterObject(Object):
    """The iterator of a range that fits C longs (`Include/internal/pycore_range.h`): the next value, the step, how many are left."""

    start: c_long
    step: c_long
    len: c_long


class ListIterObject(Object):
    """The iterator of a list (`Include/internal/pycore_list.h`); `it_seq` is null once exhausted."""

    it_index: i64
    it_seq: ListObject


class ListReverseIterObject(Object):
    """The `reversed` iterator of a list (`Objects/listobject.c`); `it_seq` is null once exhausted."""

    it_index: i64
    it_seq: ListObject


class ReversedObject(Object):
    """`reversed` of other sequences (`Objects/enumobject.c`)."""

    index: i64
    seq: Object


class TupleIterObject(Object):
    """The iterator of a tuple (`Include/internal/pycore_tuple.h`); `it_seq` is null once exhausted."""

    it_index: i64
    it_seq: TupleObject


class StrIterObject(Object):
    """The iterator of a string (`Objects/unicodeobject.c`); `it_seq` is null once exhausted."""

    it_index: i64
    it_seq: StrObject


class EnumerateObject(Object):
    """`enumerate` (`Objects/enumobject.c`); `en_longindex` counts beyond `PY_SSIZE_T_MAX`."""

    en_index: i64
    en_sit: Object
    en_result: TupleObject
    en_longindex: Object
    one: Object


class ZipObject(Object):
    """`zip` (`Python/bltinmodule.c`)."""

    tuplesize: i64
    ittuple: TupleObject
    result: TupleObject
    strict: c_int


class MethodObject(Object):
    """A bound method (`Include/cpython/classobject.h`)."""

    im_func: Object
    im_self: Object
    im_weakreflist: Object
    vectorcall: Pointer


class BuiltinObject(Object):
    """A builtin function, or a bound method of a builtin type (`PyCFunctionObject`, `Include/cpython/methodobject.h`)."""

    m_ml: Pointer
    m_self: Object
    m_module: Object
    m_weakreflist: Object
    vectorcall: Pointer


class FunctionObject(Object):
    """A function (`Include/cpython/funcobject.h`)."""

    func_globals: Object
    func_builtins: Object
    func_name: Object
    func_qualname: Object
    func_code: CodeObject
    func_defaults: TupleObject
    func_kwdefaults: Object
    func_closure: TupleObject
    func_doc: Object
    func_dict: Object
    func_weakreflist: Object
    func_module: Object
    func_annotations: Object
    func_annotate: Object
    func_typeparams: Object
    vectorcall: Pointer
    func_version: u32


class CodeObject(VarObject):
    """A code object (`Include/cpython/code.h`); the instructions lie at `co_code_adaptive`."""

    co_consts: TupleObject
    co_names: TupleObject
    co_exceptiontable: Object
    co_flags: c_int
    co_argcount: c_int
    co_posonlyargcount: c_int
    co_kwonlyargcount: c_int
    co_stacksize: c_int
    co_firstlineno: c_int
    co_nlocalsplus: c_int
    co_framesize: c_int
    co_nlocals: c_int
    co_ncellvars: c_int
    co_nfreevars: c_int
    co_version: u32
    co_localsplusnames: TupleObject
    co_localspluskinds: Object
    co_filename: Object
    co_name: Object
    co_qualname: Object
    co_linetable: Object
    co_weakreflist: Object
    co_executors: Pointer
    _co_cached: Pointer
    _co_instrumentation_version: u64
    _co_monitoring: Pointer
    _co_unique_id: i64
    _co_firsttraceable: c_int
    co_extra: Pointer
    co_code_adaptive: InlineArray[u8]


class Frame(Structure):
    """An interpreter frame (`Include/internal/pycore_interpframe_structs.h`).

    `f_executable`, `f_funcobj` and the slots are stack references: bit 0 set says that no count is held; 1 alone is NULL.
    """

    f_executable: Pointer
    previous: Frame
    f_funcobj: Pointer
    f_globals: Object
    f_builtins: Object
    f_locals: Object
    frame_obj: Object
    instr_ptr: Pointer
    stackpointer: Array[Object]
    return_offset: u16
    owner: i8
    visited: u8
    localsplus: InlineArray[Object]


class ThreadState(Structure):
    """A thread's state (`Include/cpython/pystate.h`), then what `Include/internal/pycore_tstate.h` adds from `refcount` on."""

    prev: Pointer
    next: Pointer
    interp: Pointer
    eval_breaker: u64
    _status: c_uint
    holds_gil: c_int
    _whence: c_int
    state: c_int
    py_recursion_remaining: c_int
    py_recursion_limit: c_int
    recursion_headroom: c_int
    tracing: c_int
    what_event: c_int
    current_frame: Frame
    c_profilefunc: Pointer
    c_tracefunc: Pointer
    c_profileobj: Object
    c_traceobj: Object
    current_exception: Object
    exc_info: ErrStackItem
    dict: Object
    gilstate_counter: c_int
    async_exc: Object
    thread_id: c_ulong
    native_thread_id: c_ulong
    delete_later: Object
    critical_section: u64
    coroutine_origin_tracking_depth: c_int
    async_gen_firstiter: Object
    async_gen_finalizer: Object
    context: Object
    context_ver: u64
    id: u64
    datastack_chunk: Pointer
    datastack_top: Array[Object]
    datastack_limit: Array[Object]
    exc_state_value: Object
    exc_state_previous: ErrStackItem
    current_executor: Object
    dict_global_version: u64
    threading_local_key: Object
    threading_local_sentinel: Object
    debugger_pending_call: c_int
    debugger_script_path: Annotated[InlineArray[i8], 512]
    datastack_cached_chunk: Pointer
    refcount: i64
    c_stack_top: u64
    c_stack_soft_limit: u64
    c_stack_hard_limit: u64


class ErrStackItem(Structure):
    """`_PyErr_StackItem`: an exception being handled, and the one outside of it (`Include/cpython/pystate.h`)."""

    exc_value: Object
    previous_item: ErrStackItem
