"""How each kind of virtual object becomes a real one, and how a real iterator becomes virtual."""

from __future__ import annotations

from whitehot.build.entries import MAYBE, Entry, Virtual
from whitehot.ir import ops
from whitehot.ir.graph import Symbol, Value
from whitehot.ir.types import NULLABLE, Kind

TYPE_CHECKING = False
if TYPE_CHECKING:
    from whitehot.build.builder import Region

_MAKERS = {
    "range": ops.make_range,
    "range_iterator": ops.make_range_iterator,
    "list_iterator": ops.make_list_iterator,
    "tuple_iterator": ops.make_tuple_iterator,
    "str_iterator": ops.make_str_iterator,
    "enumerate": ops.make_enumerate,
}


def materialize(region: Region, entry: Virtual) -> Value:
    """The object itself, as an operation that makes it; if only leaving paths use it, only they execute it."""
    assert region.block is not None
    made = entry.made.get(region.block)
    if made is None:
        made = entry.made[region.block] = _make(region, entry)
    return made


def recorded(region: Region, entry: Virtual) -> Value:
    """The object itself for a frame state: also what was made on the way to the present place.

    Not for other uses: what nothing but states use is made by those who leave, wherever it stands.
    """
    block, above = region.block, region.unit.above
    made = None
    while block is not None and made is None:
        made = entry.made.get(block)
        block = above.get(block)
    if made is None:
        made = materialize(region, entry)
    entry.recorded_in, entry.recorded_as = region.block, made
    return made


def _make(region: Region, entry: Virtual) -> Value:
    if entry.kind == MAYBE:
        bound, value = (region.value(part) for part in entry.parts)
        maker = {Kind.I64: ops.box_int_if, Kind.F64: ops.box_float_if, Kind.BOOL: ops.box_bool_if}[value.type.kind]
        return region.emit(maker, bound, value, type=NULLABLE)
    if entry.kind == "tuple":
        return region.emit(ops.make_tuple, *(region.as_object(part) for part in entry.parts))
    if entry.kind == "zip":
        return region.emit(ops.make_zip, *(region.as_object(part) for part in entry.parts))
    if entry.kind == "enumerate":
        iterator, count = entry.parts
        return region.emit(ops.make_enumerate, region.as_object(iterator), region.value(count))
    return region.emit(_MAKERS[entry.kind], *(region.value(part) for part in entry.parts))


def range_of(start: Value, stop: Value, step: Value) -> Virtual:
    return Virtual("range", (start, stop, step))


def iterator_of(region: Region, entry: Entry) -> Virtual | None:
    """A virtual iterator over an entry of known (or likely) type; None where there is no virtual form."""
    if isinstance(entry, Virtual):
        if entry.kind == "range":
            start, stop, step = (region.value(part) for part in entry.parts)
            return Virtual("range_iterator", (start, step, region.emit(ops.range_length, start, stop, step)))
        if entry.kind == "tuple":
            entry = materialize(region, entry)
        else:
            return entry if entry.kind in ("enumerate", "zip") or entry.kind.endswith("iterator") else None
    python = region.likely_type(entry)
    zero = region.constant(0)
    if python in ("list", "tuple"):
        return Virtual(f"{python}_iterator", (region.guard(entry, python), zero))
    if python == "str":
        return Virtual("str_iterator", (region.guard(entry, "str"), zero))
    if python == "range":
        source = region.guard(entry, "range")
        start, stop, step = (region.emit(read, source) for read in (ops.range_start, ops.range_stop, ops.range_step))
        return Virtual("range_iterator", (start, step, region.emit(ops.range_length, start, stop, step)))
    return None


def adopt_iterator(region: Region, iterator: Value) -> Virtual | None:
    """The virtual form of a real iterator that only the running frame refers to; None where there is none.

    The object itself stays behind unchanged: whoever leaves gets a new one with the state reached by then. That is only right while nobody
    else holds it, which `guard_unique` checks.
    """
    python = region.likely_type(iterator)
    if python == "range_iterator":
        real = _unique(region, iterator, python)
        return Virtual(
            python,
            tuple(
                region.emit(read, real) for read in (ops.range_iter_start, ops.range_iter_step, ops.range_iter_length)
            ),
        )
    if python in _SEQUENCE_READERS:
        real = _unique(region, iterator, python)
        items, index = _SEQUENCE_READERS[python]
        source = region.emit(items, real)
        source.hint = region.likely_item_type(iterator)
        return Virtual("str_iterator" if python == "str_ascii_iterator" else python, (source, region.emit(index, real)))
    if python == "enumerate":
        real = _unique(region, iterator, python)
        inner = region.emit(ops.enumerate_iterator, real)
        inner.hint = region.likely_item_type(iterator)
        adopted = adopt_iterator(region, inner)
        if adopted is None:
            return None
        count = region.emit(ops.enumerate_count, real)
        region.emit(ops.enumerate_forget, real)
        return Virtual(python, (adopted, count))
    if python == "zip":
        return _adopt_zip(region, iterator)
    return None


_SEQUENCE_READERS = {
    "list_iterator": (ops.list_iter_list, ops.list_iter_index),
    "tuple_iterator": (ops.tuple_iter_tuple, ops.tuple_iter_index),
    "str_ascii_iterator": (ops.str_iter_str, ops.str_iter_index),
}


def _adopt_zip(region: Region, iterator: Value) -> Virtual | None:
    hints = (region.likely_item_type(iterator) or "").split("|")
    real = _unique(region, iterator, "zip")
    parts: list[Virtual] = []
    for index, hint in enumerate(hints):
        inner = region.emit(ops.zip_iterator, real, attributes=(index,))
        inner.hint = hint or None
        adopted = adopt_iterator(region, inner)
        if adopted is None:
            return None
        parts.append(adopted)
    region.emit(ops.zip_forget, real)
    return Virtual("zip", tuple(parts))


def _unique(region: Region, iterator: Value, python: str) -> Value:
    guarded = region.guard(iterator, python)
    unique = region.emit(ops.guard_unique, guarded, type=guarded.type)
    region.unit.aliases[unique] = guarded
    return unique


def symbol_of_builtin(name: str) -> Symbol:
    """The symbol of a builtin function, type or method by its dotted name."""
    return Symbol(f"builtin.{name}")
