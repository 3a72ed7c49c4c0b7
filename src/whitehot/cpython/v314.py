"""What is particular to CPython 3.14, as plain tables; nothing here looks at the running process.

Another version gets a module beside this one with the same names. Sources, in CPython's tree: `Include/internal/
pycore_debug_offsets.h`, `pycore_code.h` (inline caches), `pycore_backoff.h` (counters), `Python/bytecodes.c` (what each
specialized instruction checks), `Python/specialize.c`, `Lib/opcode.py`.
"""

from __future__ import annotations

VERSION = (3, 14)


def _words(text: str, prefix: str = "") -> tuple[str, ...]:
    return tuple(prefix + word for word in text.split())


#: The groups of `_Py_DebugOffsets` in order, each a row of 64-bit words, after the cookie, the version and the free-threading flag.
DEBUG_OFFSETS: dict[str, tuple[str, ...]] = {
    "runtime_state": _words("size finalizing interpreters_head"),
    "interpreter_state": _words(
        "size id next threads_head threads_main gc imports_modules sysdict builtins ceval_gil gil_runtime_state "
        "gil_runtime_state_enabled gil_runtime_state_locked gil_runtime_state_holder code_object_generation tlbc_generation"
    ),
    "thread_state": _words("size prev next interp current_frame thread_id native_thread_id datastack_chunk status"),
    "interpreter_frame": _words("size previous executable instr_ptr localsplus owner stackpointer tlbc_index"),
    "code_object": _words(
        "size filename name qualname linetable firstlineno argcount localsplusnames localspluskinds co_code_adaptive co_tlbc"
    ),
    "pyobject": _words("size ob_type"),
    "type_object": _words("size tp_name tp_repr tp_flags"),
    "tuple_object": _words("size ob_item ob_size"),
    "list_object": _words("size ob_item ob_size"),
    "set_object": _words("size used table mask"),
    "dict_object": _words("size ma_keys ma_values"),
    "float_object": _words("size ob_fval"),
    "long_object": _words("size lv_tag ob_digit"),
    "bytes_object": _words("size ob_size ob_sval"),
    "unicode_object": _words("size state length asciiobject_size"),
    "gc": _words("size collecting"),
    "gen_object": _words("size gi_name gi_iframe gi_frame_state"),
    "llist_node": _words("next prev"),
    "debugger_support": _words(
        "eval_breaker remote_debugger_support remote_debugging_enabled debugger_pending_call debugger_script_path "
        "debugger_script_path_size"
    ),
}

#: Bits of a stack reference: set when it holds no count of its own; a reference that is only the bit is NULL.
BORROWED_TAG = 1
#: Both low bits set mark a C integer on the stack (the saved instruction index of an exception handler).
INTEGER_TAG = 3

#: Bits of a thread's `eval_breaker` that ask for something; those above are the version of the instrumentation (`_PY_EVAL_EVENTS_BITS`).
EVENT_BITS = 8

#: `owner` of frames that belong to a generator (0: to a thread); greater ones are no frames of running Python code.
FRAME_OWNED_BY_GENERATOR = 1
#: Bit of `co_flags`: the code keeps its local variables in the frame, not in a dict.
CODE_OPTIMIZED = 1

#: Bytes from the start of a frame object (`sys._getframe()`) to the pointer to its interpreter frame (`PyFrameObject.f_frame`).
FRAME_OBJECT_FRAME = 24

#: Inline cache entries by instruction, in memory order: name and length in 16-bit units. The first is the adaptive counter, except
#: for conditional jumps, where a build with CPython's own JIT keeps one bit for each of the last 16 times: 1 where the jump was taken.
CACHES: dict[str, tuple[tuple[str, int], ...]] = {
    "LOAD_GLOBAL": (("counter", 1), ("module_keys_version", 1), ("builtin_keys_version", 1), ("index", 1)),
    "BINARY_OP": (("counter", 1), ("descr", 4)),
    "UNPACK_SEQUENCE": (("counter", 1),),
    "COMPARE_OP": (("counter", 1),),
    "CONTAINS_OP": (("counter", 1),),
    "FOR_ITER": (("counter", 1),),
    "LOAD_SUPER_ATTR": (("counter", 1),),
    "LOAD_ATTR": (("counter", 1), ("version", 2), ("keys_version", 2), ("descr", 4)),
    "STORE_ATTR": (("counter", 1), ("version", 2), ("index", 1)),
    "CALL": (("counter", 1), ("func_version", 2)),
    "CALL_KW": (("counter", 1), ("func_version", 2)),
    "STORE_SUBSCR": (("counter", 1),),
    "SEND": (("counter", 1),),
    "JUMP_BACKWARD": (("counter", 1),),
    "TO_BOOL": (("counter", 1), ("version", 2)),
    "POP_JUMP_IF_TRUE": (("history", 1),),
    "POP_JUMP_IF_FALSE": (("history", 1),),
    "POP_JUMP_IF_NONE": (("history", 1),),
    "POP_JUMP_IF_NOT_NONE": (("history", 1),),
}

#: Where LOAD_ATTR's specializations that read a field or a module's value keep its place: the first unit of `keys_version`.
ATTRIBUTE_INDEX: frozenset[str] = frozenset(
    {"LOAD_ATTR_INSTANCE_VALUE", "LOAD_ATTR_MODULE", "LOAD_ATTR_WITH_HINT", "LOAD_ATTR_SLOT"}
)
#: Specializations whose `version` is a module's keys version instead of a type's.
MODULE_VERSION: frozenset[str] = frozenset({"LOAD_ATTR_MODULE"})
#: Specializations of LOAD_ATTR whose `version` is that of the class the attribute is read *from*, not of its type.
CLASS_VERSION: frozenset[str] = frozenset({"LOAD_ATTR_CLASS", "LOAD_ATTR_CLASS_WITH_METACLASS_CHECK"})

#: The adaptive counter of an instruction that has never run, and the one of code that is never to be specialized.
COUNTER_WARMUP = 0x11
COUNTER_NEVER = 0x0F
#: The history of a conditional jump that has never run (or of a build that keeps none).
HISTORY_NONE = 0x5555

#: Instructions that are specialized the first time they run, whatever their operands.
SPECIALIZED_AT_ONCE: frozenset[str] = frozenset({"LOAD_CONST", "JUMP_BACKWARD"})

#: Exact types of the operands that a specialized instruction has checked, deepest on the stack first; None where it says nothing.
OPERAND_TYPES: dict[str, tuple[str | None, ...]] = {
    "BINARY_OP_ADD_FLOAT": ("float", "float"),
    "BINARY_OP_ADD_INT": ("int", "int"),
    "BINARY_OP_ADD_UNICODE": ("str", "str"),
    "BINARY_OP_INPLACE_ADD_UNICODE": ("str", "str"),
    "BINARY_OP_MULTIPLY_FLOAT": ("float", "float"),
    "BINARY_OP_MULTIPLY_INT": ("int", "int"),
    "BINARY_OP_SUBSCR_DICT": ("dict", None),
    "BINARY_OP_SUBSCR_LIST_INT": ("list", "int"),
    "BINARY_OP_SUBSCR_LIST_SLICE": ("list", "slice"),
    "BINARY_OP_SUBSCR_STR_INT": ("str", "int"),
    "BINARY_OP_SUBSCR_TUPLE_INT": ("tuple", "int"),
    "BINARY_OP_SUBTRACT_FLOAT": ("float", "float"),
    "BINARY_OP_SUBTRACT_INT": ("int", "int"),
    "COMPARE_OP_FLOAT": ("float", "float"),
    "COMPARE_OP_INT": ("int", "int"),
    "COMPARE_OP_STR": ("str", "str"),
    "CONTAINS_OP_DICT": (None, "dict"),
    "FOR_ITER_GEN": ("generator",),
    "FOR_ITER_LIST": ("list_iterator",),
    "FOR_ITER_RANGE": ("range_iterator",),
    "FOR_ITER_TUPLE": ("tuple_iterator",),
    "STORE_SUBSCR_DICT": (None, "dict", None),
    "STORE_SUBSCR_LIST_INT": (None, "list", "int"),
    "TO_BOOL_BOOL": ("bool",),
    "TO_BOOL_INT": ("int",),
    "TO_BOOL_LIST": ("list",),
    "TO_BOOL_NONE": ("NoneType",),
    "TO_BOOL_STR": ("str",),
    "UNPACK_SEQUENCE_LIST": ("list",),
    "UNPACK_SEQUENCE_TUPLE": ("tuple",),
    "UNPACK_SEQUENCE_TWO_TUPLE": ("tuple",),
}

#: In which order instructions let go of their operands, each by its depth on the stack, 1 at the top, where that is not from the top down (`Python/generated_cases.c.h`;
#: slices let go of their parts, `slice_dealloc` in Objects/sliceobject.c).
LET_GO: dict[str, tuple[int, ...]] = {
    "BINARY_OP": (2, 1),
    "BINARY_SLICE": (2, 1, 3),
    "STORE_SLICE": (2, 1, 3, 4),
    "CALL_INTRINSIC_2": (2, 1),
}

#: Jumps: whether the target lies before the instruction, and whether the next instruction may run instead.
#: END_ASYNC_FOR's argument is a distance too, but only monitoring uses it. FOR_ITER's and SEND's targets are where they go at the end of the iterator (FOR_ITER then skips the END_FOR it leads to).
JUMPS: dict[str, tuple[bool, bool]] = {
    "JUMP_FORWARD": (False, False),
    "JUMP_BACKWARD": (True, False),
    "JUMP_BACKWARD_NO_INTERRUPT": (True, False),
    "POP_JUMP_IF_TRUE": (False, True),
    "POP_JUMP_IF_FALSE": (False, True),
    "POP_JUMP_IF_NONE": (False, True),
    "POP_JUMP_IF_NOT_NONE": (False, True),
    "FOR_ITER": (False, True),
    "SEND": (False, True),
}
#: Instructions whose argument, shifted right by this, indexes `co_names`.
NAME_SHIFTS: dict[str, int] = {
    "LOAD_GLOBAL": 1,
    "LOAD_ATTR": 1,
    "LOAD_SUPER_ATTR": 2,
    "LOAD_NAME": 0,
    "STORE_NAME": 0,
    "DELETE_NAME": 0,
    "STORE_GLOBAL": 0,
    "DELETE_GLOBAL": 0,
    "STORE_ATTR": 0,
    "DELETE_ATTR": 0,
    "IMPORT_NAME": 0,
    "IMPORT_FROM": 0,
    "LOAD_FROM_DICT_OR_GLOBALS": 0,
}

#: BINARY_OP's argument: the operator as it is written, by number.
BINARY_OPERATORS: tuple[str, ...] = _words(
    "+ & // << @ * % | ** >> - / ^ += &= //= <<= @= *= %= |= **= >>= -= /= ^= []"
)
#: The names of the same in CPython.
BINARY_NAMES: tuple[str, ...] = _words(
    "ADD AND FLOOR_DIVIDE LSHIFT MATRIX_MULTIPLY MULTIPLY REMAINDER OR POWER RSHIFT SUBTRACT TRUE_DIVIDE XOR "
    "INPLACE_ADD INPLACE_AND INPLACE_FLOOR_DIVIDE INPLACE_LSHIFT INPLACE_MATRIX_MULTIPLY INPLACE_MULTIPLY "
    "INPLACE_REMAINDER INPLACE_OR INPLACE_POWER INPLACE_RSHIFT INPLACE_SUBTRACT INPLACE_TRUE_DIVIDE INPLACE_XOR SUBSCR",
    "NB_",
)

#: COMPARE_OP's argument shifted right by 5: the operator, numbered as in C (Py_LT ... Py_GE). Bit 4 asks for a bool.
COMPARISONS: tuple[str, ...] = ("<", "<=", "==", "!=", ">", ">=")
COMPARISON_SHIFT = 5
COMPARISON_TO_BOOL = 16

#: LOAD_COMMON_CONSTANT's argument: names in `builtins`, as they were when the interpreter started.
COMMON_CONSTANTS: tuple[str, ...] = ("AssertionError", "NotImplementedError", "tuple", "all", "any")
#: LOAD_SPECIAL's argument: methods looked up on the type.
SPECIAL_METHODS: tuple[str, ...] = ("__enter__", "__exit__", "__aenter__", "__aexit__")
#: CALL_INTRINSIC_1's argument.
INTRINSICS_1: tuple[str, ...] = _words(
    "1_INVALID PRINT IMPORT_STAR STOPITERATION_ERROR ASYNC_GEN_WRAP UNARY_POSITIVE LIST_TO_TUPLE TYPEVAR PARAMSPEC "
    "TYPEVARTUPLE SUBSCRIPT_GENERIC TYPEALIAS",
    "INTRINSIC_",
)
#: CALL_INTRINSIC_2's argument.
INTRINSICS_2: tuple[str, ...] = _words(
    "2_INVALID PREP_RERAISE_STAR TYPEVAR_WITH_BOUND TYPEVAR_WITH_CONSTRAINTS SET_FUNCTION_TYPE_PARAMS SET_TYPEPARAM_DEFAULT",
    "INTRINSIC_",
)

#: Exported symbols of the exact types, by `type.__name__`.
TYPE_SYMBOLS: dict[str, str] = {
    "NoneType": "_PyNone_Type",
    "bool": "PyBool_Type",
    "builtin_function_or_method": "PyCFunction_Type",
    "bytearray": "PyByteArray_Type",
    "bytes": "PyBytes_Type",
    "cell": "PyCell_Type",
    "code": "PyCode_Type",
    "complex": "PyComplex_Type",
    "dict": "PyDict_Type",
    "dict_itemiterator": "PyDictIterItem_Type",
    "dict_items": "PyDictItems_Type",
    "dict_keyiterator": "PyDictIterKey_Type",
    "dict_keys": "PyDictKeys_Type",
    "dict_valueiterator": "PyDictIterValue_Type",
    "dict_values": "PyDictValues_Type",
    "ellipsis": "PyEllipsis_Type",
    "enumerate": "PyEnum_Type",
    "filter": "PyFilter_Type",
    "float": "PyFloat_Type",
    "frozenset": "PyFrozenSet_Type",
    "function": "PyFunction_Type",
    "generator": "PyGen_Type",
    "int": "PyLong_Type",
    "list": "PyList_Type",
    "list_iterator": "PyListIter_Type",
    "list_reverseiterator": "PyListRevIter_Type",
    "longrange_iterator": "PyLongRangeIter_Type",
    "map": "PyMap_Type",
    "memoryview": "PyMemoryView_Type",
    "method": "PyMethod_Type",
    "method_descriptor": "PyMethodDescr_Type",
    "module": "PyModule_Type",
    "object": "PyBaseObject_Type",
    "property": "PyProperty_Type",
    "range": "PyRange_Type",
    "range_iterator": "PyRangeIter_Type",
    "reversed": "PyReversed_Type",
    "set": "PySet_Type",
    "set_iterator": "PySetIter_Type",
    "slice": "PySlice_Type",
    "str": "PyUnicode_Type",
    "str_ascii_iterator": "whitehot_type_str_ascii_iterator",  # not exported: see symbols.py
    "str_iterator": "PyUnicodeIter_Type",
    "super": "PySuper_Type",
    "tuple": "PyTuple_Type",
    "tuple_iterator": "PyTupleIter_Type",
    "type": "PyType_Type",
    "zip": "PyZip_Type",
}
#: Exported symbols of single objects.
OBJECT_SYMBOLS: tuple[tuple[str, object], ...] = (
    ("_Py_NoneStruct", None),
    ("_Py_TrueStruct", True),
    ("_Py_FalseStruct", False),
    ("_Py_EllipsisObject", ...),
    ("_Py_NotImplementedStruct", NotImplemented),
)

#: Exported functions that whitehot calls besides those that low-level code declares in `capi`.
REQUIRED_SYMBOLS: tuple[str, ...] = _words(
    "PyDict_AddWatcher PyDict_ClearWatcher PyDict_Watch PyDict_Unwatch PyType_AddWatcher PyType_ClearWatcher PyType_Watch "
    "PyType_Unwatch PyFunction_AddWatcher PyFunction_ClearWatcher PyFunction_SetVectorcall PyCode_AddWatcher "
    "PyCode_ClearWatcher PyCMethod_New PyThreadState_GetUnchecked PyThreadState_EnterTracing PyThreadState_LeaveTracing "
    "PyInterpreterState_Get _PyFunction_Vectorcall _PyEval_EvalFrameDefault _PyEvalFramePushAndInit _PyRuntime"
)
