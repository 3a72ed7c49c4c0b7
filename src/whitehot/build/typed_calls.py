"""Typed forms of builtin functions and methods, by dotted name.

Each takes the region and the arguments and gives the result, or NotImplemented where it has no form for these arguments;
it must then have emitted nothing that changes anything.
"""

from __future__ import annotations

from collections.abc import Callable
from types import NotImplementedType

from whitehot.build.builder import Region
from whitehot.build.entries import Entry, Virtual
from whitehot.build.virtuals import iterator_of, range_of
from whitehot.ir import ops
from whitehot.ir.graph import Value
from whitehot.ir.operation import Operation
from whitehot.ir.types import Kind

type TypedCall = Callable[[Region, list[Entry]], Entry | NotImplementedType]

TYPED_CALLS: dict[str, TypedCall] = {}


def typed(*names: str) -> Callable[[TypedCall], TypedCall]:
    def register(form: TypedCall) -> TypedCall:
        for name in names:
            TYPED_CALLS[name] = form
        return form

    return register


def _is_number(region: Region, entry: Entry, *types: str) -> bool:
    return isinstance(entry, Value) and region.likely_type(entry) in types


@typed("builtins.len")
def length(region: Region, arguments: list[Entry]) -> Entry | NotImplementedType:
    if len(arguments) != 1:
        return NotImplemented
    entry = arguments[0]
    if isinstance(entry, Virtual):
        if entry.kind == "tuple":
            return region.constant(len(entry.parts))
        if entry.kind == "range":
            return region.emit(ops.range_length, *(region.value(part) for part in entry.parts))
        return NotImplemented
    python = region.likely_type(entry)
    if python in ("list", "tuple", "str"):
        operation = {"list": ops.list_len, "tuple": ops.tuple_len, "str": ops.str_len}[python]
        return region.emit(operation, region.guard(entry, python))
    return NotImplemented


@typed("builtins.range")
def range_(region: Region, arguments: list[Entry]) -> Entry | NotImplementedType:
    if not 1 <= len(arguments) <= 3 or not all(_is_number(region, entry, "int") for entry in arguments):
        return NotImplemented
    values = [region.as_int(entry) for entry in arguments]
    if len(values) == 1:
        return range_of(region.constant(0), values[0], region.constant(1))
    if len(values) == 2:
        return range_of(values[0], values[1], region.constant(1))
    # range() itself raises for a step of 0, before anybody iterates.
    region.emit(ops.guard_true, region.emit(ops.int_ne, values[2], region.constant(0)))
    return range_of(*values)


@typed("builtins.enumerate")
def enumerate_(region: Region, arguments: list[Entry]) -> Entry | NotImplementedType:
    if not 1 <= len(arguments) <= 2 or (len(arguments) == 2 and not _is_number(region, arguments[1], "int")):
        return NotImplemented
    inner = iterator_of(region, arguments[0])
    if inner is None:
        return NotImplemented
    count = region.as_int(arguments[1]) if len(arguments) == 2 else region.constant(0)
    return Virtual("enumerate", (inner, count))


@typed("builtins.zip")
def zip_(region: Region, arguments: list[Entry]) -> Entry | NotImplementedType:
    if not 1 <= len(arguments) <= 4 or not all(_is_iterable(region, entry) for entry in arguments):
        return NotImplemented
    return Virtual("zip", tuple(iterator_of(region, entry) for entry in arguments))


def _is_iterable(region: Region, entry: Entry) -> bool:
    return region.likely_type(entry) in ("list", "tuple", "str", "range")


def _extremum(of_ints: Operation, of_floats: Operation) -> TypedCall:
    def form(region: Region, arguments: list[Entry]) -> Entry | NotImplementedType:
        if len(arguments) < 2 or not all(isinstance(entry, Value) for entry in arguments):
            return NotImplemented
        # One that nothing is known of is taken for what the others are.
        types = {region.likely_type(entry) for entry in arguments} - ({None} if region.speculates else set())
        if types == {"int"}:
            operation, values = of_ints, [region.as_int(entry) for entry in arguments]
        elif types == {"float"}:
            operation, values = of_floats, [region.as_float(entry) for entry in arguments]
        else:
            return NotImplemented
        result = values[0]
        for value in values[1:]:
            result = region.emit(operation, result, value)
        return result

    return form


TYPED_CALLS["builtins.min"] = _extremum(ops.int_min, ops.float_min)
TYPED_CALLS["builtins.max"] = _extremum(ops.int_max, ops.float_max)


@typed("builtins.abs")
def absolute(region: Region, arguments: list[Entry]) -> Entry | NotImplementedType:
    if len(arguments) != 1:
        return NotImplemented
    if _is_number(region, arguments[0], "int"):
        return region.emit(ops.int_abs, region.as_int(arguments[0]))
    if _is_number(region, arguments[0], "float"):
        return region.emit(ops.float_abs, region.as_float(arguments[0]))
    return NotImplemented


@typed("builtins.int")
def to_int(region: Region, arguments: list[Entry]) -> Entry | NotImplementedType:
    if len(arguments) != 1:
        return NotImplemented
    if _is_number(region, arguments[0], "int", "bool"):
        return region.as_int(arguments[0])
    if _is_number(region, arguments[0], "float"):
        return region.emit(ops.float_to_int, region.as_float(arguments[0]))
    return NotImplemented


@typed("builtins.float")
def to_float(region: Region, arguments: list[Entry]) -> Entry | NotImplementedType:
    if len(arguments) != 1 or not _is_number(region, arguments[0], "int", "float", "bool"):
        return NotImplemented
    return region.as_number(arguments[0])


@typed("builtins.ord")
def ordinal(region: Region, arguments: list[Entry]) -> Entry | NotImplementedType:
    if len(arguments) != 1 or region.likely_type(arguments[0]) != "str":
        return NotImplemented
    return region.emit(ops.str_ord, region.guard(arguments[0], "str"))


@typed("builtins.chr")
def character(region: Region, arguments: list[Entry]) -> Entry | NotImplementedType:
    if len(arguments) != 1 or not _is_number(region, arguments[0], "int"):
        return NotImplemented
    return region.emit(ops.str_chr, region.as_int(arguments[0]))


_BASES = {"bool": ("bool", "int", "object")}


@typed("builtins.isinstance")
def is_instance(region: Region, arguments: list[Entry]) -> Entry | NotImplementedType:
    """Decided where the exact type of the object is known (or seen, then guarded) and the class is one builtin type."""
    if len(arguments) != 2:
        return NotImplemented
    fact = region.fact(arguments[1])
    python = region.likely_type(arguments[0])
    if (
        fact is None
        or fact.type_name != "type"
        or fact.builtin is None
        or python not in ("int", "float", "bool", "str", "list", "tuple")
    ):
        return NotImplemented
    if region.python_type(arguments[0]) is None:
        entry = arguments[0]
        {"int": region.as_int, "float": region.as_float, "bool": region.as_bool}.get(
            python, lambda e: region.guard(e, python)
        )(entry)
    wanted = fact.builtin.removeprefix("builtins.")
    return region.constant(wanted in _BASES.get(python, (python, "object")))


@typed("list.append")
def append(region: Region, arguments: list[Entry]) -> Entry | NotImplementedType:
    if len(arguments) != 2:
        return NotImplemented
    items = region.guard(arguments[0], "list")
    region.emit(ops.list_append, items, region.as_object(arguments[1]))
    return region.none()


@typed("list.pop")
def pop(region: Region, arguments: list[Entry]) -> Entry | NotImplementedType:
    if len(arguments) != 1:
        return NotImplemented
    items = region.guard(arguments[0], "list")
    item = region.emit(ops.list_pop_last, items)
    item.hint = region.likely_item_type(items)
    return item


def _math(operation: Operation) -> TypedCall:
    def form(region: Region, arguments: list[Entry]) -> Entry | NotImplementedType:
        if len(arguments) != len(operation.operands) or not all(
            _is_number(region, entry, "int", "float") for entry in arguments
        ):
            return NotImplemented
        return region.emit(operation, *(region.as_number(entry) for entry in arguments))

    return form


for _name in (
    "sqrt",
    "sin",
    "cos",
    "tan",
    "exp",
    "log",
    "log2",
    "log10",
    "atan",
    "atan2",
    "asin",
    "acos",
    "sinh",
    "cosh",
    "tanh",
    "fabs",
):
    _operation: Operation | None = getattr(ops, f"float_{_name}", None)
    if _operation is not None:
        TYPED_CALLS[f"math.{_name}"] = _math(_operation)


def _rounding(operation: Operation) -> TypedCall:
    def form(region: Region, arguments: list[Entry]) -> Entry | NotImplementedType:
        if len(arguments) != 1 or not _is_number(region, arguments[0], "float"):
            return NotImplemented
        value = region.emit(operation, region.as_float(arguments[0]))
        assert value.type.kind is Kind.I64
        return value

    return form


TYPED_CALLS["math.floor"] = _rounding(ops.float_floor_to_int)
TYPED_CALLS["math.ceil"] = _rounding(ops.float_ceil_to_int)
