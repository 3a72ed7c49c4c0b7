"""What operations declare is what their bodies do."""

from __future__ import annotations

import re
from functools import cache

import pytest

from whitehot.ir import ops
from whitehot.ir.effects import ALLOCATES, ARBITRARY, PURE, READS_HEAP, WRITES_HEAP, Effects
from whitehot.ir.operation import Operation
from whitehot.ir.types import Kind
from whitehot.lowlevel.translate import Template, translate

WITH_BODY = [operation for operation in ops.OPERATIONS.values() if operation.body is not None]

#: C functions that bodies call, by what they can do at most when given the exact types that the operations have. What is in no
#: row may run any code. `_Py_Dealloc` is in a row of its own: what it can do depends on the object.
FUNCTIONS = {
    PURE: """PyLong_AsLongLongAndOverflow PyUnicode_Compare memcmp fmod pow sin cos tan asin acos atan atan2 sinh cosh tanh asinh
        acosh atanh exp exp2 expm1 log log2 log10 log1p cbrt erf erfc""",
    ALLOCATES: """PyLong_FromLongLong PyFloat_FromDouble PyList_New PyList_GetSlice PySequence_Repeat PySequence_Concat PyTuple_New
        PyTuple_GetSlice _PyTuple_FromArray PyUnicode_New PyUnicode_FromOrdinal PyUnicode_Concat PyUnicode_Substring PyUnicode_Contains
        _PyUnicode_JoinArray PyDict_New PySet_New PySlice_New PyObject_GC_Track PyType_GenericAlloc _PyObject_GC_New _PyObject_New
        Py_FatalError whitehot_no_memory""",
    READS_HEAP: "whitehot_dies_quietly",
    WRITES_HEAP: "whitehot_forget whitehot_replace_last whitehot_replace_boxed PyList_Append PyList_SetSlice PyUnicode_Resize PyUnicode_CopyCharacters",
}
POWERS = {name: effects for effects, names in FUNCTIONS.items() for name in names.split()}

#: Functions that could run any code for other operands than these operations give them.
TAMED = {
    "PyObject_GetIter": {"make_list_iterator", "make_tuple_iterator", "make_str_iterator"},
    "PyObject_Vectorcall": {"make_range"},
}

#: Operations that may let an object die, which only those of unobserved types do, or none that anybody else knew.
DEALLOCATES = {
    "decref_unobserved", "xdecref_unobserved", "release", "xrelease", "str_append", "make_range",
}  # fmt: skip


@cache
def template(operation: Operation) -> Template:
    assert operation.body is not None
    return translate(operation.body, attributes=operation.attributes)


@cache
def text(operation: Operation) -> str:
    """The body as LLVM IR."""
    made = template(operation)
    operands = [f"%p{n}" for n in range(len(made.operands))]
    return made.instantiate("v.", operands, [f"%q{n}" for n in range(len(made.attributes))], "exit", "raise").text


def stores_to_objects(operation: Operation) -> bool:
    """Whether the body writes anywhere but to its own stack."""
    made = template(operation)
    operands = [f"%p{n}" for n in range(len(made.operands))]
    piece = made.instantiate("v.", operands, [f"%q{n}" for n in range(len(made.attributes))], "exit", "raise")
    own = set(re.findall(r"(%\S+) = alloca", piece.entry_allocas))
    own |= {
        name
        for name, base in re.findall(r"(%\S+) = getelementptr inbounds \S+, ptr (%\S+),", piece.text)
        if base in own
    }
    return any(place not in own for place in re.findall(r"store [^\n]*?, ptr (%[\w.]+)", piece.text))


def test_all_are_exported() -> None:
    """Every operation is a name of the package, and every name an operation."""
    spelt = {name.rstrip("_") for name in ops.__all__} - {"OPERATIONS"}
    assert spelt == set(ops.OPERATIONS)


@pytest.mark.parametrize("operation", ops.OPERATIONS.values(), ids=str)
def test_is_documented(operation: Operation) -> None:
    """A sentence says what each operation does."""
    assert operation.doc.rstrip().endswith((".", "`."))


@pytest.mark.parametrize("operation", WITH_BODY, ids=str)
def test_effects(operation: Operation) -> None:
    """A body calls nothing that can do more than is declared, and writes only where that is."""
    effects = operation.effects
    for line in text(operation).splitlines():
        if "call" not in line or "@llvm." in line:
            continue
        called = re.search(r"call .*?([@%])\"?([\w.]+)\"?\(", line)
        assert called is not None, line
        kind, name = called.groups()
        if name == "_Py_Dealloc":
            assert effects is ARBITRARY or operation.name in DEALLOCATES
        elif operation.name not in TAMED.get(name, ()):
            power = POWERS.get(name, ARBITRARY) if kind == "@" else ARBITRARY
            assert power <= effects, name
    if effects <= READS_HEAP:
        assert not stores_to_objects(operation)


@pytest.mark.parametrize("operation", WITH_BODY, ids=str)
def test_pure_reads_only_what_never_changes(operation: Operation) -> None:
    """A pure body over machine values touches no memory."""
    if operation.effects is PURE and all(operand.type.kind is not Kind.OBJECT for operand in operation.operands):
        assert not re.search(r"\b(load|store)\b", text(operation))


@pytest.mark.parametrize("operation", WITH_BODY, ids=str)
def test_exits(operation: Operation) -> None:
    """An operation leaves or raises if and only if it says so."""
    made = template(operation)
    assert made.can_exit == (operation.exits is not None)
    assert made.can_raise == operation.raises


@pytest.mark.parametrize("operation", WITH_BODY, ids=str)
def test_types(operation: Operation) -> None:
    """The body's machine types are the declared ones."""
    made = template(operation)
    spelt = {Kind.I64: "i64", Kind.F64: "double", Kind.BOOL: "i1", Kind.OBJECT: "ptr", Kind.ROW: "ptr"}
    further = ["ptr", "i64"] if operation.variadic else []
    assert made.operands == [spelt[operand.type.kind] for operand in operation.operands] + further
    assert made.result_type == (None if operation.result is None else spelt[operation.result.kind])


@pytest.mark.parametrize("operation", ops.OPERATIONS.values(), ids=str)
def test_flags(operation: Operation) -> None:
    """Flags fit together."""
    assert not operation.lazy or (operation.effects is ALLOCATES and not operation.raises and operation.exits is None)
    assert not operation.new_reference or (operation.result is not None and operation.result.is_object)
    assert not operation.raises or operation.effects >= ALLOCATES
    assert operation.effects is not Effects.ALLOCATES or operation.result is not None
