"""What a running frame holds, as hints for the compiler: exact types of locals and stack, and what the items of its lists are."""

from __future__ import annotations

from types import CodeType, FunctionType

from whitehot.bytecode.feedback import type_name
from whitehot.cpython import facts, layout, prototypes
from whitehot.cpython.structure import Structure, offset_of

#: How many items of a container are looked at, and how deep containers in containers.
_SAMPLE, _DEPTH = 4, 3

#: How many frames above a callback of ours the watched one can be.
_NEAR = 12

type Hints = tuple[tuple[str | None, ...], tuple[str | None, ...]]


def running_frame(code: CodeType) -> int | None:
    """The address of the calling thread's innermost frame that runs this code.

    Found without making a frame object: native code takes one for a sign that somebody looks at the frame.
    """
    frame = facts.read(layout.ThreadState, "current_frame", facts.current_thread_state())
    executable, previous = offset_of(layout.Frame, "f_executable"), offset_of(layout.Frame, "previous")
    for _ in range(_NEAR):
        if not frame:
            break
        if facts.word(frame + executable) & ~3 == id(code):
            return frame
        frame = facts.word(frame + previous)
    return None


def hints_of(frame: int) -> Hints:
    """Hints for the slots of a frame's locals (cells and free variables too) and of its evaluation stack; None for NULL."""
    first = frame + offset_of(layout.Frame, "localsplus")
    code = facts.word(frame + offset_of(layout.Frame, "f_executable")) & ~3
    count = facts.half_word(code + offset_of(layout.CodeObject, "co_nlocalsplus"))
    end = facts.word(frame + offset_of(layout.Frame, "stackpointer"))
    total = max(count, (end - first) // 8) if end else count
    hints = tuple(_hint_at(reference) for reference in prototypes.words(total).from_address(first))
    return hints[:count], hints[count:]


def _hint_at(reference: int) -> str | None:
    try:
        value = facts.object_at(reference)
    except ValueError:
        return None
    return hint(value, _DEPTH)


def hint(value: object, depth: int = 1) -> str:
    """The name of a value's exact type; of a list or tuple also its items' if they agree: `list[list[float]]`."""
    exact = type(value)
    name = type_name(exact)
    if depth and (exact is list or exact is tuple):
        items = value[:_SAMPLE]  # type: ignore[index]
        inner = {hint(item, depth - 1) for item in items}
        if len(inner) == 1:
            return f"{name}[{inner.pop()}]"
    if exact is enumerate:
        return f"{name}[{_inner(value, layout.EnumerateObject, 'en_sit')}]"
    if exact is zip:
        iterators = facts.object_at(facts.read(layout.ZipObject, "ittuple", id(value)))
        return f"{name}[{'|'.join(hint(iterator) for iterator in iterators)}]"  # type: ignore[attr-defined]  # a tuple
    reader = _ITERATED.get(name)
    if reader is not None and facts.read(reader, "it_seq", id(value)):
        return f"{name}[{_inner(value, reader, 'it_seq')}]"
    return name


_ITERATED = {"list_iterator": layout.ListIterObject, "tuple_iterator": layout.TupleIterObject}


def _inner(value: object, structure: type[Structure], field: str) -> str:
    """The hint of the object that a field of `value` refers to."""
    return hint(facts.object_at(facts.read(structure, field, id(value))), _DEPTH)


def function_of(frame: int, code: CodeType) -> FunctionType | None:
    """The function object whose call a frame is; None for module-level and class bodies."""
    found = _object(frame, "f_funcobj")
    return found if isinstance(found, FunctionType) and found.__code__ is code and code.co_flags & 1 else None


def namespaces_of(frame: int) -> tuple[dict[str, object], dict[str, object]]:
    """A frame's globals and builtins."""
    return _object(frame, "f_globals"), _object(frame, "f_builtins")  # type: ignore[return-value]  # they are dicts


def is_module_level(frame: int, code: CodeType) -> bool:
    """Whether the frame's local names are its globals."""
    return not code.co_flags & 1 and _object(frame, "f_locals") is _object(frame, "f_globals")


def _object(frame: int, field: str) -> object:
    try:
        return facts.object_at(facts.word(frame + offset_of(layout.Frame, field)))
    except ValueError:
        return None
