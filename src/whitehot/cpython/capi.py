"""C functions that low-level code may call: one line each, name, parameters and result.

`C[[parameters], result]` is an ordinary function, `Variadic[...]` one that takes further arguments as `printf` does. The functions exist
only as symbols: they are called by compiled code. Those of the C library's mathematics also run as Python (`float_pow` and
such are folded that way). Source: CPython 3.14's headers; all of these are exported, private names included.
"""

from __future__ import annotations

import math

from whitehot.cpython.layout import (
    CodeObject,
    Frame,
    FunctionObject,
    IntObject,
    ListObject,
    Object,
    ThreadState,
    TypeObject,
)
from whitehot.cpython.structure import (
    Array,
    FieldType,
    Pointer,
    c_int,
    c_long,
    c_size,
    f64,
    i64,
    parse_type,
    u32,
    u64,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


class Signature:
    """Parameter types and result type (None: void) of a C function; `variadic`: more arguments may follow."""

    __slots__ = ("parameters", "result", "variadic")

    def __init__(self, parameters: tuple[FieldType, ...], result: FieldType | None, *, variadic: bool = False) -> None:
        self.parameters = parameters
        self.result = result
        self.variadic = variadic


class _Function:
    """A C function; `name` is its symbol."""

    variadic = False

    def __init__(self, name: str, annotation: str) -> None:
        self.name = name
        self._annotation = annotation
        self._signature: Signature | None = None

    def __repr__(self) -> str:
        return f"{self.name}: {self._annotation}"

    @property
    def signature(self) -> Signature:
        """The types, parsed when first asked for. Raises ValueError where one is no low-level type."""
        if self._signature is None:
            inner = self._annotation.partition("[")[2][:-1]
            parameters, _, result = inner.rpartition("], ")
            types = [parse_type(part) for part in parameters[1:].split(", ") if part]
            given = None if result == "None" else parse_type(result)
            self._signature = Signature(tuple(types), given, variadic=self.variadic)
        return self._signature

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        """Run the Python form of a mathematical function. Raises TypeError for all others: they need compiled code."""
        form = _PYTHON_FORMS.get(self.name)
        if form is None or self.variadic:
            raise TypeError(f"{self.name} is called by compiled code only")
        return form(*arguments, **keywords)


if TYPE_CHECKING:
    # A generic class would load `typing`, in every program.
    class C[**P, R](_Function):
        """A C function of these parameters and this result."""

        def __call__(self, *arguments: P.args, **keywords: P.kwargs) -> R: ...

    class Variadic[**P, R](C[P, R]):
        """A C function that takes any number of further arguments."""

        def __call__(self, *arguments: Any, **keywords: Any) -> R: ...

else:

    class C(_Function):
        """A C function."""

    class Variadic(C):
        """A C function that takes any number of further arguments."""

        variadic = True


# Numbers
PyNumber_Add: C[[Object, Object], Object]
PyNumber_Subtract: C[[Object, Object], Object]
PyNumber_Multiply: C[[Object, Object], Object]
PyNumber_MatrixMultiply: C[[Object, Object], Object]
PyNumber_TrueDivide: C[[Object, Object], Object]
PyNumber_FloorDivide: C[[Object, Object], Object]
PyNumber_Remainder: C[[Object, Object], Object]
PyNumber_Divmod: C[[Object, Object], Object]
PyNumber_Power: C[[Object, Object, Object], Object]
PyNumber_Lshift: C[[Object, Object], Object]
PyNumber_Rshift: C[[Object, Object], Object]
PyNumber_And: C[[Object, Object], Object]
PyNumber_Or: C[[Object, Object], Object]
PyNumber_Xor: C[[Object, Object], Object]
PyNumber_InPlaceAdd: C[[Object, Object], Object]
PyNumber_InPlaceSubtract: C[[Object, Object], Object]
PyNumber_InPlaceMultiply: C[[Object, Object], Object]
PyNumber_InPlaceMatrixMultiply: C[[Object, Object], Object]
PyNumber_InPlaceTrueDivide: C[[Object, Object], Object]
PyNumber_InPlaceFloorDivide: C[[Object, Object], Object]
PyNumber_InPlaceRemainder: C[[Object, Object], Object]
PyNumber_InPlacePower: C[[Object, Object, Object], Object]
PyNumber_InPlaceLshift: C[[Object, Object], Object]
PyNumber_InPlaceRshift: C[[Object, Object], Object]
PyNumber_InPlaceAnd: C[[Object, Object], Object]
PyNumber_InPlaceOr: C[[Object, Object], Object]
PyNumber_InPlaceXor: C[[Object, Object], Object]
PyNumber_Negative: C[[Object], Object]
PyNumber_Positive: C[[Object], Object]
PyNumber_Invert: C[[Object], Object]
PyNumber_Absolute: C[[Object], Object]
PyNumber_Index: C[[Object], Object]
PyNumber_Long: C[[Object], Object]
PyNumber_Float: C[[Object], Object]
PyNumber_AsSsize_t: C[[Object, Object], i64]
PyLong_FromLongLong: C[[i64], IntObject]
PyLong_FromSsize_t: C[[i64], IntObject]
PyLong_FromLong: C[[c_long], IntObject]
PyLong_FromUnsignedLongLong: C[[u64], IntObject]
PyLong_FromDouble: C[[f64], IntObject]
PyLong_AsLongLong: C[[Object], i64]
PyLong_AsSsize_t: C[[Object], i64]
PyLong_AsLongLongAndOverflow: C[[Object, Pointer], i64]
PyLong_AsDouble: C[[Object], f64]
_PyLong_Add: C[[Object, Object], Object]
_PyLong_Subtract: C[[Object, Object], Object]
_PyLong_Multiply: C[[Object, Object], Object]
_PyLong_ExactDealloc: C[[Object], None]
PyFloat_FromDouble: C[[f64], Object]
PyFloat_AsDouble: C[[Object], f64]
_PyFloat_ExactDealloc: C[[Object], None]
PyBool_FromLong: C[[c_long], Object]

# Objects
PyObject_Not: C[[Object], c_int]
PyObject_IsTrue: C[[Object], c_int]
PyObject_RichCompare: C[[Object, Object, c_int], Object]
PyObject_RichCompareBool: C[[Object, Object, c_int], c_int]
PyObject_GetItem: C[[Object, Object], Object]
PyObject_SetItem: C[[Object, Object, Object], c_int]
PyObject_DelItem: C[[Object, Object], c_int]
PyObject_GetAttr: C[[Object, Object], Object]
PyObject_SetAttr: C[[Object, Object, Object | None], c_int]
PyObject_GetOptionalAttr: C[[Object, Object, Pointer], c_int]
PyObject_GenericGetAttr: C[[Object, Object], Object]
PyObject_GenericSetAttr: C[[Object, Object, Object | None], c_int]
_PyObject_GetMethod: C[[Object, Object, Pointer], c_int]
PyObject_Length: C[[Object], i64]
PyObject_Size: C[[Object], i64]
PyObject_GetIter: C[[Object], Object]
PyIter_Next: C[[Object], Object]
PyIter_NextItem: C[[Object, Pointer], c_int]
PyObject_Hash: C[[Object], i64]
PyObject_Str: C[[Object], Object]
PyObject_Repr: C[[Object], Object]
PyObject_ASCII: C[[Object], Object]
PyObject_Format: C[[Object, Object | None], Object]
PyObject_IsInstance: C[[Object, Object], c_int]
PyObject_IsSubclass: C[[Object, Object], c_int]
PyObject_Dir: C[[Object], Object]
PyObject_Type: C[[Object], Object]
PyType_IsSubtype: C[[TypeObject, TypeObject], c_int]
_PyType_Lookup: C[[TypeObject, Object], Object]
PyCallable_Check: C[[Object], c_int]
PySequence_Check: C[[Object], c_int]
PySequence_Contains: C[[Object, Object], c_int]
PySequence_GetItem: C[[Object, i64], Object]
PySequence_SetItem: C[[Object, i64, Object], c_int]
PySequence_Concat: C[[Object, Object], Object]
PySequence_Repeat: C[[Object, i64], Object]
PySequence_InPlaceConcat: C[[Object, Object], Object]
PySequence_List: C[[Object], Object]
PySequence_Tuple: C[[Object], Object]
PySequence_GetSlice: C[[Object, i64, i64], Object]
PySlice_New: C[[Object | None, Object | None, Object | None], Object]
PyCell_New: C[[Object | None], Object]
PyCell_Get: C[[Object], Object]
PyCell_Set: C[[Object, Object | None], c_int]
PySeqIter_New: C[[Object], Object]
PyMethod_New: C[[Object, Object], Object]
PyCMethod_New: C[[Pointer, Object | None, Object | None, TypeObject | None], Object]

# Calls
PyObject_Call: C[[Object, Object, Object | None], Object]
PyObject_CallNoArgs: C[[Object], Object]
PyObject_CallOneArg: C[[Object, Object], Object]
PyObject_CallObject: C[[Object, Object | None], Object]
PyObject_Vectorcall: C[[Object, Array[Object], c_size, Object | None], Object]
PyObject_VectorcallMethod: C[[Object, Array[Object], c_size, Object | None], Object]
PyObject_VectorcallDict: C[[Object, Array[Object], c_size, Object | None], Object]
PyObject_CallFunctionObjArgs: Variadic[[Object], Object]
PyVectorcall_Call: C[[Object, Object, Object | None], Object]
PyVectorcall_Function: C[[Object], Pointer]
_PyFunction_Vectorcall: C[
    [Object, Array[Object], c_size, Object | None], Object
]  # not exported: read from a new function's `vectorcall`
_PyObject_MakeTpCall: C[[ThreadState, Object, Array[Object], i64, Object | None], Object]
_Py_CheckFunctionResult: C[[ThreadState, Object, Object | None, Pointer | None], Object]
PyFunction_SetVectorcall: C[[FunctionObject, Pointer], None]
PyFunction_New: C[[Object, Object], Object]

# Memory and reference counts
_Py_Dealloc: C[[Object], None]
_Py_IncRef: C[[Object], None]
_Py_DecRef: C[[Object], None]
Py_IncRef: C[[Object | None], None]
Py_DecRef: C[[Object | None], None]
PyMem_Malloc: C[[c_size], Pointer]
PyMem_Calloc: C[[c_size, c_size], Pointer]
PyMem_Realloc: C[[Pointer | None, c_size], Pointer]
PyMem_Free: C[[Pointer | None], None]
PyMem_RawMalloc: C[[c_size], Pointer]
PyMem_RawRealloc: C[[Pointer | None, c_size], Pointer]
PyMem_RawFree: C[[Pointer | None], None]
PyObject_Malloc: C[[c_size], Pointer]
PyObject_Free: C[[Pointer | None], None]
PyObject_GC_Track: C[[Object], None]
PyObject_GC_UnTrack: C[[Object], None]
PyObject_GC_Del: C[[Object], None]
_PyObject_New: C[[TypeObject], Object]
_PyObject_NewVar: C[[TypeObject, i64], Object]
_PyObject_GC_New: C[[TypeObject], Object]
PyType_GenericAlloc: C[[TypeObject, i64], Object]
PyObject_ClearWeakRefs: C[[Object], None]
PyObject_CallFinalizerFromDealloc: C[[Object], c_int]

# Lists, tuples, sets
PyList_New: C[[i64], ListObject]
PyList_Append: C[[Object, Object], c_int]
PyList_Insert: C[[Object, i64, Object], c_int]
PyList_SetSlice: C[[Object, i64, i64, Object | None], c_int]
PyList_GetSlice: C[[Object, i64, i64], Object]
PyList_AsTuple: C[[Object], Object]
PyList_Sort: C[[Object], c_int]
PyList_Reverse: C[[Object], c_int]
PyList_Extend: C[[Object, Object], c_int]
_PyList_AppendTakeRefListResize: C[[ListObject, Object], c_int]
_PyList_Extend: C[[ListObject, Object], Object]
_PyList_SliceSubscript: C[[Object, Object], Object]
_PyList_AsTupleAndClear: C[[ListObject], Object]
PyTuple_New: C[[i64], Object]
PyTuple_GetSlice: C[[Object, i64, i64], Object]
PyTuple_Pack: Variadic[[i64], Object]
_PyTuple_FromArray: C[[Array[Object], i64], Object]
_PyTuple_FromArraySteal: C[[Array[Object], i64], Object]
PySet_New: C[[Object | None], Object]
PySet_Add: C[[Object, Object], c_int]
PySet_Contains: C[[Object, Object], c_int]
PySet_Discard: C[[Object, Object], c_int]
PySet_Size: C[[Object], i64]
_PySet_Update: C[[Object, Object], c_int]

# Dicts
PyDict_New: C[[], Object]
PyDict_Copy: C[[Object], Object]
PyDict_Size: C[[Object], i64]
PyDict_GetItemRef: C[[Object, Object, Pointer], c_int]
PyDict_GetItemWithError: C[[Object, Object], Object]
PyDict_SetItem: C[[Object, Object, Object], c_int]
PyDict_DelItem: C[[Object, Object], c_int]
PyDict_Contains: C[[Object, Object], c_int]
PyDict_Update: C[[Object, Object], c_int]
PyDict_Merge: C[[Object, Object, c_int], c_int]
PyDict_SetDefaultRef: C[[Object, Object, Object, Pointer | None], c_int]
PyDict_Pop: C[[Object, Object, Pointer | None], c_int]
PyDict_Next: C[[Object, Pointer, Pointer | None, Pointer | None], c_int]
_PyDict_MergeEx: C[[Object, Object, c_int], c_int]
_PyDict_SetItem_Take2: C[[Object, Object, Object], c_int]
_PyDict_GetItem_KnownHash: C[[Object, Object, i64], Object]
_PyDict_SetItem_KnownHash: C[[Object, Object, Object, i64], c_int]
_PyDict_LoadGlobal: C[[Object, Object, Object], Object]
_PyDict_FromItems: C[[Array[Object], i64, Array[Object], i64, i64], Object]
PyObject_GenericGetDict: C[[Object, Pointer | None], Object]

# Strings and bytes
PyUnicode_New: C[[i64, u32], Object]
PyUnicode_FromOrdinal: C[[c_int], Object]
PyUnicode_FromString: C[[Pointer], Object]
PyUnicode_FromStringAndSize: C[[Pointer, i64], Object]
PyUnicode_FromKindAndData: C[[c_int, Pointer, i64], Object]
PyUnicode_FromFormat: Variadic[[Pointer], Object]
PyUnicode_Concat: C[[Object, Object], Object]
PyUnicode_Append: C[[Pointer, Object | None], None]
PyUnicode_Compare: C[[Object, Object], c_int]
PyUnicode_Equal: C[[Object, Object], c_int]
PyUnicode_RichCompare: C[[Object, Object, c_int], Object]
PyUnicode_Contains: C[[Object, Object], c_int]
PyUnicode_Substring: C[[Object, i64, i64], Object]
PyUnicode_Join: C[[Object, Object], Object]
PyUnicode_Find: C[[Object, Object, i64, i64, c_int], i64]
PyUnicode_FindChar: C[[Object, u32, i64, i64, c_int], i64]
PyUnicode_Count: C[[Object, Object, i64, i64], i64]
PyUnicode_Replace: C[[Object, Object, Object, i64], Object]
PyUnicode_Split: C[[Object, Object | None, i64], Object]
PyUnicode_Tailmatch: C[[Object, Object, i64, i64, c_int], i64]
PyUnicode_ReadChar: C[[Object, i64], u32]
PyUnicode_CopyCharacters: C[[Object, i64, Object, i64, i64], i64]
PyUnicode_InternInPlace: C[[Pointer], None]
PyUnicode_Resize: C[[Pointer, i64], c_int]
PyUnicode_Format: C[[Object, Object], Object]
_PyUnicode_Equal: C[[Object, Object], c_int]
_PyUnicode_JoinArray: C[[Object, Array[Object], i64], Object]
_PyUnicode_ExactDealloc: C[[Object], None]
PyBytes_FromStringAndSize: C[[Pointer | None, i64], Object]

# Exceptions
PyErr_Occurred: C[[], Object]
PyErr_Clear: C[[], None]
PyErr_SetObject: C[[Object, Object | None], None]
PyErr_SetString: C[[Object, Pointer], None]
PyErr_SetNone: C[[Object], None]
PyErr_NoMemory: C[[], Object]
PyErr_BadInternalCall: C[[], None]
PyErr_Format: Variadic[[Object, Pointer], Object]
PyErr_ExceptionMatches: C[[Object], c_int]
PyErr_GivenExceptionMatches: C[[Object, Object], c_int]
PyErr_GetRaisedException: C[[], Object]
PyErr_SetRaisedException: C[[Object | None], None]
PyErr_GetHandledException: C[[], Object]
PyErr_SetHandledException: C[[Object | None], None]
PyErr_WriteUnraisable: C[[Object | None], None]
PyErr_CheckSignals: C[[], c_int]
PyErr_SetInterrupt: C[[], None]
_PyErr_SetKeyError: C[[Object], None]
_PyErr_GetRaisedException: C[[ThreadState], Object]
_PyErr_SetRaisedException: C[[ThreadState, Object | None], None]
_PyErr_ExceptionMatches: C[[ThreadState, Object], c_int]
_PyErr_Clear: C[[ThreadState], None]
_PyErr_SetString: C[[ThreadState, Object, Pointer], None]
_PyErr_Format: Variadic[[ThreadState, Object, Pointer], Object]
PyTraceBack_Here: C[[Object], c_int]
PyException_SetTraceback: C[[Object, Object], c_int]
PyException_SetContext: C[[Object, Object | None], None]
PyException_SetCause: C[[Object, Object | None], None]
_PyEval_FormatExcCheckArg: C[[ThreadState, Object, Pointer, Object], None]
_PyEval_FormatExcUnbound: C[[ThreadState, CodeObject, c_int], None]
_PyEval_CheckExceptTypeValid: C[[ThreadState, Object], c_int]

# Threads, frames, evaluation
PyThreadState_Get: C[[], ThreadState]
PyThreadState_GetUnchecked: C[[], ThreadState]
_PyThreadState_GetCurrent: C[[], ThreadState]
PyThreadState_GetFrame: C[[ThreadState], Object]
_PyThreadState_PopFrame: C[[ThreadState, Frame], None]
PyEval_GetFrame: C[[], Object]
PyEval_GetGlobals: C[[], Object]
PyEval_GetBuiltins: C[[], Object]
PyEval_SaveThread: C[[], ThreadState]
PyEval_RestoreThread: C[[ThreadState], None]
_PyEval_EvalFrameDefault: C[[ThreadState, Frame, c_int], Object]
_PyEvalFramePushAndInit: C[
    [ThreadState, Pointer, Object | None, Array[Object] | None, c_size, Object | None, Frame | None], Frame
]
_PyInterpreterState_GetEvalFrameFunc: C[[Pointer], Pointer]
_PyEval_FrameClearAndPop: C[[ThreadState, Frame], None]
_PyEval_GetBuiltin: C[[Object], Object]
_PyEval_MakePendingCalls: C[[ThreadState], c_int]
_Py_HandlePending: C[[ThreadState], c_int]
_Py_CheckRecursiveCall: C[[ThreadState, Pointer], c_int]
_PyEval_NoToolsForUnwind: C[[ThreadState], bool]
_PyEval_ImportName: C[[ThreadState, Frame, Object, Object, Object], Object]
_PyEval_ImportFrom: C[[ThreadState, Object, Object], Object]
_PyEval_LoadName: C[[ThreadState, Frame, Object], Object]
_PyEval_LoadGlobalStackRef: C[[Object, Object, Object, Pointer], None]
_PyObject_LookupSpecial: C[[Object, Object], Object]
Py_EnterRecursiveCall: C[[Pointer], c_int]
Py_LeaveRecursiveCall: C[[], None]
Py_AddPendingCall: C[[Pointer, Pointer | None], c_int]
PyThreadState_EnterTracing: C[[ThreadState], None]
PyThreadState_SetAsyncExc: C[[u64, Object], c_int]
PyThread_get_thread_ident: C[[], u64]
Py_FatalError: C[[Pointer], None]
Py_IsFinalizing: C[[], c_int]
PyCode_Addr2Line: C[[CodeObject, c_int], c_int]
PyImport_ImportModule: C[[Pointer], Object]

# The C library
memcmp: C[[Pointer, Pointer, c_size], c_int]
memchr: C[[Pointer, c_int, c_size], Pointer]
strlen: C[[Pointer], c_size]
sin: C[[f64], f64]
cos: C[[f64], f64]
tan: C[[f64], f64]
asin: C[[f64], f64]
acos: C[[f64], f64]
atan: C[[f64], f64]
atan2: C[[f64, f64], f64]
sinh: C[[f64], f64]
cosh: C[[f64], f64]
tanh: C[[f64], f64]
asinh: C[[f64], f64]
acosh: C[[f64], f64]
atanh: C[[f64], f64]
exp: C[[f64], f64]
exp2: C[[f64], f64]
expm1: C[[f64], f64]
log: C[[f64], f64]
log2: C[[f64], f64]
log10: C[[f64], f64]
log1p: C[[f64], f64]
cbrt: C[[f64], f64]
erf: C[[f64], f64]
erfc: C[[f64], f64]
pow: C[[f64, f64], f64]  # noqa: A001 - C's name
fmod: C[[f64, f64], f64]
hypot: C[[f64, f64], f64]
ldexp: C[[f64, c_int], f64]
modf: C[[f64, Pointer], f64]
nextafter: C[[f64, f64], f64]


def _c_pow(base: float, exponent: float) -> float:
    """C's `pow`, whose errors are NaN and infinities."""
    try:
        return math.pow(base, exponent)
    except OverflowError:
        return -math.inf if base < 0 and exponent % 2 == 1 else math.inf
    except ValueError:
        if base == 0:
            return math.copysign(math.inf, base) if exponent % 2 == 1 else math.inf
        return math.nan


def _c_fmod(left: float, right: float) -> float:
    """C's `fmod`, whose errors are NaN."""
    try:
        return math.fmod(left, right)
    except ValueError:
        return math.nan


_SAME = "sin cos tan asin acos atan atan2 sinh cosh tanh asinh acosh atanh exp exp2 expm1 log log2 log10 log1p cbrt erf erfc"

#: Python forms of mathematical functions, exact where the C function reports no error (bodies exclude the errors before they call).
_PYTHON_FORMS: dict[str, Callable[..., Any]] = {
    **{name: getattr(math, name) for name in _SAME.split()},
    **{name: getattr(math, name) for name in ("hypot", "ldexp", "nextafter")},
    "pow": _c_pow,
    "fmod": _c_fmod,
}


def _declared() -> dict[str, C[..., Any]]:
    kinds = {"C": C, "Variadic": Variadic}
    return {
        name: kinds[annotation.partition("[")[0]](name, annotation)
        for name, annotation in __annotations__.items()
        if annotation.startswith(("C[", "Variadic["))
    }


#: Every C function by name; each is also a global of this module.
FUNCTIONS = _declared()
globals().update(FUNCTIONS)
