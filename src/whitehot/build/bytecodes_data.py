"""Loading and storing: locals, constants, globals, the stack, attributes, subscripts, building and unpacking."""

from __future__ import annotations

from math import isnan

from whitehot.build.builder import Region, bytecode
from whitehot.build.entries import MAYBE, Entry, Virtual
from whitehot.bytecode.snapshot import BytecodeInstruction, ObjectFact
from whitehot.ir import ops
from whitehot.ir.graph import Symbol, Value
from whitehot.ir.types import NULLABLE, OBJECT, object_of
from whitehot.reasons import Reason


@bytecode("LOAD_FAST", "LOAD_FAST_BORROW", "LOAD_FAST_CHECK")
def load_fast(region: Region, instruction: BytecodeInstruction) -> None:
    _load(region, instruction.argument)


def _load(region: Region, slot: int) -> None:
    entry = region.locals[slot]
    if isinstance(entry, Virtual) and entry.kind == MAYBE:
        bound, value = (region.value(part) for part in entry.parts)
        region.emit(ops.guard_true, bound)
        entry = value
        _rebind(region, slot, value)
    elif isinstance(entry, Value) and entry.type.nullable:
        bound = region.emit(ops.guard_bound, entry, type=OBJECT)
        region.unit.aliases[bound] = entry
        region.refine(entry, bound)
        entry = bound
    elif entry is None:
        region.abandon(Reason.UNBOUND)
    region.push(entry)


def _rebind(region: Region, slot: int, value: Value) -> None:
    region.locals[slot] = value


@bytecode("LOAD_FAST_LOAD_FAST", "LOAD_FAST_BORROW_LOAD_FAST_BORROW")
def load_two(region: Region, instruction: BytecodeInstruction) -> None:
    _load(region, instruction.argument >> 4)
    _load(region, instruction.argument & 15)


@bytecode("LOAD_FAST_AND_CLEAR")
def load_and_clear(region: Region, instruction: BytecodeInstruction) -> None:
    region.push(region.locals[instruction.argument])
    region.locals[instruction.argument] = None


@bytecode("STORE_FAST")
def store_fast(region: Region, instruction: BytecodeInstruction) -> None:
    region.locals[instruction.argument] = region.pop()


@bytecode("STORE_FAST_LOAD_FAST")
def store_load(region: Region, instruction: BytecodeInstruction) -> None:
    region.locals[instruction.argument >> 4] = region.pop()
    _load(region, instruction.argument & 15)


@bytecode("STORE_FAST_STORE_FAST")
def store_two(region: Region, instruction: BytecodeInstruction) -> None:
    region.locals[instruction.argument >> 4] = region.pop()
    region.locals[instruction.argument & 15] = region.pop()


@bytecode("DELETE_FAST")
def delete_fast(region: Region, instruction: BytecodeInstruction) -> None:
    entry = region.locals[instruction.argument]
    if (
        entry is None
        or (isinstance(entry, Virtual) and entry.kind == MAYBE)
        or (isinstance(entry, Value) and entry.type.nullable)
    ):
        region.abandon(Reason.UNBOUND)
    region.locals[instruction.argument] = None


@bytecode("LOAD_CONST")
def load_const(region: Region, instruction: BytecodeInstruction) -> None:
    region.push(constant_entry(region, region.code.constants[instruction.argument]))


def constant_entry(region: Region, symbol: str) -> Entry:
    """A known object: as a machine constant where it is an int, float or bool, otherwise by reference."""
    fact = region.unit.snapshot.objects.get(symbol)
    if fact is not None and fact.has_value:
        value = fact.value
        if (
            isinstance(value, bool)
            or (isinstance(value, int) and -(2**63) <= value < 2**63)
            or (isinstance(value, float) and not isnan(value))  # containers find a NaN by what it is, not by its value
        ):
            return region.constant(value)
        if value is None:
            return region.none()
    return region.object_constant(symbol)


@bytecode("LOAD_SMALL_INT")
def load_small_int(region: Region, instruction: BytecodeInstruction) -> None:
    region.push(region.constant(instruction.argument))


@bytecode("POP_TOP")
def pop_top(region: Region, instruction: BytecodeInstruction) -> None:
    region.pop()


@bytecode("PUSH_NULL")
def push_null(region: Region, instruction: BytecodeInstruction) -> None:
    region.push(None)


@bytecode("COPY")
def copy(region: Region, instruction: BytecodeInstruction) -> None:
    region.push(region.stack[-instruction.argument])


@bytecode("SWAP")
def swap(region: Region, instruction: BytecodeInstruction) -> None:
    stack, depth = region.stack, instruction.argument
    stack[-1], stack[-depth] = stack[-depth], stack[-1]


# --- globals and names ---


@bytecode("LOAD_GLOBAL")
def load_global(region: Region, instruction: BytecodeInstruction) -> None:
    name = region.code.names[instruction.argument >> 1]
    _push_global(region, name)
    if instruction.argument & 1:
        region.push(None)


def _push_global(region: Region, name: str) -> None:
    code = region.code
    symbol = code.global_values.get(name)
    if symbol is not None:
        region.unit.dependencies.update(code.assumed[name])
        region.push(constant_entry(region, symbol))
        return
    attributes = (Symbol(code.globals_symbol), Symbol(code.builtins_symbol), name_symbol(region, name))
    region.push(region.arbitrary(ops.load_global, attributes=attributes))


def name_symbol(region: Region, name: str) -> Symbol:
    """The interned string of a name in co_names."""
    code = region.code
    return Symbol(code.name_symbols[code.names.index(name)])


@bytecode("STORE_GLOBAL")
def store_global(region: Region, instruction: BytecodeInstruction) -> None:
    name = region.code.names[instruction.argument]
    value = region.as_object(region.pop())
    region.arbitrary(
        ops.store_global, value, attributes=(Symbol(region.code.globals_symbol), name_symbol(region, name))
    )


@bytecode("LOAD_NAME")
def load_name(region: Region, instruction: BytecodeInstruction) -> None:
    # Only module-level code is carried, whose local names are its globals: LOAD_NAME then finds what LOAD_GLOBAL finds.
    _push_global(region, region.code.names[instruction.argument])


@bytecode("STORE_NAME")
def store_name(region: Region, instruction: BytecodeInstruction) -> None:
    store_global(region, instruction)


@bytecode("LOAD_DEREF")
def load_deref(region: Region, instruction: BytecodeInstruction) -> None:
    cell = _cell(region, instruction.argument)
    content = region.emit(ops.cell_get, cell, type=NULLABLE)
    region.push(region.emit(ops.guard_bound, content, type=OBJECT))
    region.unit.aliases[region.stack[-1]] = content  # type: ignore[index]


@bytecode("STORE_DEREF")
def store_deref(region: Region, instruction: BytecodeInstruction) -> None:
    cell = _cell(region, instruction.argument)
    region.arbitrary(ops.cell_set, cell, region.as_object(region.pop()))


def _cell(region: Region, slot: int) -> Value:
    entry = region.locals[slot]
    if entry is None:
        raise region.unsupported(Reason.CELL_VARIABLES, region.code.varnames[slot])
    return region.guard(entry, "cell")


# --- attributes ---

#: Methods of builtin types with typed forms (see bytecodes_calls), by type and name.
TYPED_METHODS = frozenset({("list", "append"), ("list", "pop")})


@bytecode("LOAD_ATTR")
def load_attr(region: Region, instruction: BytecodeInstruction) -> None:
    name = region.code.names[instruction.argument >> 1]
    owner = region.pop()
    is_method = bool(instruction.argument & 1)
    if _load_known_attribute(region, owner, name, is_method):
        return
    python = region.python_type(owner) or region.seen_type(0) or region.likely_type(owner)
    if is_method and python is not None and (python, name) in TYPED_METHODS:
        real = region.guard(owner, python)
        region.push(method_constant(region, python, name))
        region.push(real)
        return
    region.push(
        region.arbitrary(ops.object_attribute, region.as_object(owner), attributes=(name_symbol(region, name),))
    )
    if is_method:
        region.push(None)


def method_constant(region: Region, python: str, name: str) -> Value:
    """The method descriptor of a builtin type, as an object."""
    dotted = f"{python}.{name}"
    value = region.constant(Symbol(f"builtin.{dotted}"), OBJECT)
    region.unit.facts[value] = ObjectFact(f"builtin.{dotted}", "method_descriptor", builtin=dotted)
    return value


def _load_known_attribute(region: Region, owner: Entry, name: str, is_method: bool) -> bool:
    """Attributes of module objects whose value the snapshot knows (`math.sqrt`)."""
    fact = region.fact(owner)
    if fact is None or fact.type_name != "module" or name not in fact.attributes:
        return False
    region.unit.dependencies.add(fact.assumption(name))
    region.push(constant_entry(region, fact.attributes[name]))
    if is_method:
        region.push(None)
    return True


@bytecode("STORE_ATTR")
def store_attr(region: Region, instruction: BytecodeInstruction) -> None:
    owner = region.as_object(region.pop())
    value = region.as_object(region.pop())
    region.arbitrary(
        ops.object_set_attribute,
        owner,
        value,
        attributes=(name_symbol(region, region.code.names[instruction.argument]),),
    )


# --- subscripts ---


def load_subscript(region: Region, container: Entry, key: Entry, instruction: BytecodeInstruction) -> Entry:
    """container[key]"""
    python = region.python_type(container) or region.seen_type(0) or region.likely_type(container)
    index_type = region.python_type(key) or region.seen_type(1) or region.likely_type(key)
    if python in ("list", "tuple", "str") and index_type == "int" and not isinstance(key, Virtual):
        if isinstance(container, Virtual):
            container = region.value(container)
        real = region.guard(container, python)
        index = region.as_int(key)
        operation = {"list": ops.list_item, "tuple": ops.tuple_item, "str": ops.str_item}[python]
        item = region.emit(operation, real, index)
        item.hint = region.likely_item_type(real)
        return item
    return _generic_item(region, container, key)


def _generic_item(region: Region, container: Entry, key: Entry) -> Value:
    return region.arbitrary(ops.object_item, region.as_object(container), region.as_object(key))


@bytecode("STORE_SUBSCR")
def store_subscript(region: Region, instruction: BytecodeInstruction) -> None:
    key = region.pop()
    container = region.pop()
    value = region.pop()
    # The specialized instruction's operands are value, container, key.
    python = region.python_type(container) or region.seen_type(1) or region.likely_type(container)
    index_type = region.python_type(key) or region.seen_type(2) or region.likely_type(key)
    if python == "list" and index_type == "int" and not isinstance(key, Virtual):
        real = region.guard(container, "list")
        index = region.as_int(key)
        region.emit(ops.list_set_item, real, index, region.as_object(value))
        return
    region.arbitrary(ops.object_set_item, region.as_object(container), region.as_object(key), region.as_object(value))


@bytecode("DELETE_SUBSCR")
def delete_subscript(region: Region, instruction: BytecodeInstruction) -> None:
    key = region.pop()
    container = region.pop()
    region.arbitrary(ops.object_delete_item, region.as_object(container), region.as_object(key))


@bytecode("BINARY_SLICE")
def binary_slice(region: Region, instruction: BytecodeInstruction) -> None:
    container, start, stop = region.pop_many(3)
    python = region.python_type(container) or region.likely_type(container)
    bounds = [region.python_type(start), region.python_type(stop)]
    if python in ("list", "tuple", "str") and all(bound in ("int", "NoneType") for bound in bounds):
        real = region.guard(container, python)
        length, slice_ = {
            "list": (ops.list_len, ops.list_slice),
            "tuple": (ops.tuple_len, ops.tuple_slice),
            "str": (ops.str_len, ops.str_slice),
        }[python]
        first = region.constant(0) if bounds[0] == "NoneType" else region.as_int(start)
        last = region.emit(length, real) if bounds[1] == "NoneType" else region.as_int(stop)
        piece = region.emit(slice_, real, first, last)
        piece.hint = real.hint
        region.push(piece)
        return
    region.push(
        region.arbitrary(ops.object_slice, region.as_object(container), region.as_object(start), region.as_object(stop))
    )


@bytecode("STORE_SLICE")
def store_slice(region: Region, instruction: BytecodeInstruction) -> None:
    value, container, start, stop = (region.as_object(entry) for entry in region.pop_many(4))
    region.arbitrary(ops.object_set_slice, container, start, stop, value)


@bytecode("BUILD_SLICE")
def build_slice(region: Region, instruction: BytecodeInstruction) -> None:
    parts = [region.as_object(entry) for entry in region.pop_many(instruction.argument)]
    if len(parts) == 2:
        parts.append(region.none())
    region.push(region.emit(ops.make_slice, *parts))


# --- building and unpacking ---


@bytecode("BUILD_LIST")
def build_list(region: Region, instruction: BytecodeInstruction) -> None:
    entries = region.pop_many(instruction.argument)
    hints = {region.likely_type(entry) for entry in entries}
    made = region.emit(ops.make_list, *(region.as_object(entry) for entry in entries), type=object_of("list"))
    if len(hints) == 1 and None not in hints:
        made.hint = f"list[{hints.pop()}]"
    region.push(made)


@bytecode("BUILD_TUPLE")
def build_tuple(region: Region, instruction: BytecodeInstruction) -> None:
    region.push(Virtual("tuple", tuple(region.pop_many(instruction.argument))))


@bytecode("LIST_APPEND")
def list_append(region: Region, instruction: BytecodeInstruction) -> None:
    value = region.pop()
    items = region.stack[-instruction.argument]
    region.emit(ops.list_append, region.guard(items, "list"), region.as_object(value))


@bytecode("LIST_EXTEND")
def list_extend(region: Region, instruction: BytecodeInstruction) -> None:
    value = region.as_object(region.pop())
    items = region.stack[-instruction.argument]
    region.arbitrary(ops.list_extend, region.guard(items, "list"), value)


@bytecode("UNPACK_SEQUENCE")
def unpack_sequence(region: Region, instruction: BytecodeInstruction) -> None:
    entry = region.pop()
    count = instruction.argument
    if isinstance(entry, Virtual) and entry.kind == "tuple":
        if len(entry.parts) != count:
            region.abandon(Reason.NOT_CARRIED)
        for part in reversed(entry.parts):
            region.push(part)
        return
    python = region.python_type(entry) or region.seen_type(0) or region.likely_type(entry)
    if python not in ("list", "tuple"):
        region.abandon(Reason.NOT_CARRIED)
    real = region.guard(entry, python)
    length, item = (ops.list_len, ops.list_item) if python == "list" else (ops.tuple_len, ops.tuple_item)
    region.emit(ops.guard_true, region.emit(ops.int_eq, region.emit(length, real), region.constant(count)))
    hint = region.likely_item_type(real)
    parts = []
    for index in range(count):
        part = region.emit(item, real, region.constant(index))
        part.hint = hint
        parts.append(part)
    for part in reversed(parts):
        region.push(part)


@bytecode("BUILD_MAP")
def build_map(region: Region, instruction: BytecodeInstruction) -> None:
    parts = [region.as_object(entry) for entry in region.pop_many(2 * instruction.argument)]
    made = region.emit(ops.dict_new, type=object_of("dict"))
    if parts:
        # A key's __hash__ may run any code while the dict is only in native hands: leave it to the interpreter.
        region.abandon(Reason.NOT_CARRIED)
    region.push(made)
