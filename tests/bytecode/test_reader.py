"""Snapshots: what they say of code and of the objects it refers to."""

from __future__ import annotations

import builtins
import math
import pickle
import re
from collections.abc import Callable, Iterator
from types import FunctionType
from typing import Any

import pytest

from whitehot.bytecode import reader
from whitehot.bytecode.objects import MAX_PLAIN_LENGTH, ObjectTable, builtin_name, natural_name, plain_value
from whitehot.bytecode.reader import Scope, take
from whitehot.bytecode.snapshot import Assumption, Snapshot

LIMIT = 12
ITEMS = [1, 2, 3]


def snapshot(function: Callable[..., Any], objects: ObjectTable | None = None, **keywords: Any) -> Snapshot:
    assert isinstance(function, FunctionType)
    table = ObjectTable() if objects is None else objects
    return take(function.__code__, table, Scope.of(function), **keywords)


def fib(n: int) -> int:
    return n if n < 2 else fib(n - 1) + fib(n - 2)


def even(n: int) -> bool:
    return n == 0 or odd(n - 1)


def odd(n: int) -> bool:
    return n != 0 and even(n - 1)


def uses_much(values: list[float], scale: float = 2.5, *, start: int = 1) -> float:
    """Globals, builtins, a module's functions, constants, methods and handlers."""
    total = 0.0
    out: list[float] = []
    for number, value in enumerate(values, start):
        try:
            out.append(math.sqrt(abs(value)) * scale + len(values) + LIMIT)
        except ValueError:
            total += number
    return total + max(out) + math.pi + fib(3) + ITEMS[0]


def closure(step: int) -> Callable[[int], int]:
    def inner(value: int) -> int:
        return value + step

    return inner


def generator(n: int) -> Iterator[int]:
    yield from range(n)


def shadows(len: Callable[[object], int]) -> int:  # noqa: A002  # shadowing is the point
    return len("abc")


def writes_global() -> None:
    global LIMIT
    LIMIT += 1


SAMPLES: list[Callable[..., Any]] = [
    fib, even, uses_much, closure, closure(3), generator, shadows, writes_global, lambda: (1, "a", (2.5, None)),
]  # fmt: skip


@pytest.mark.parametrize("function", SAMPLES, ids=lambda function: function.__qualname__)
def test_snapshots_are_plain_data(function: Callable[..., Any]) -> None:
    """A Snapshot survives pickling, two of the same code are equal, and no address is in it."""
    made = snapshot(function)
    copy = pickle.loads(pickle.dumps(made))
    assert copy == made == snapshot(function)
    assert not re.search(r"0x[0-9a-f]{6}", repr(made))


@pytest.mark.parametrize("function", SAMPLES, ids=lambda function: function.__qualname__)
def test_every_symbol_is_known(function: Callable[..., Any]) -> None:
    """Whatever the code refers to has a live object, and what it refers to by value has a fact."""
    table = ObjectTable()
    made = snapshot(function, table)
    codes = [made.code, *(fact.code for fact in made.objects.values() if fact.code is not None)]
    for code in codes:
        assert table.value_of(code.symbol).co_qualname == code.qualified_name  # type: ignore[attr-defined]  # a code object
        assert {code.globals_symbol, code.builtins_symbol} <= set(table)
        for symbol in (*code.constants, *code.name_symbols, *code.global_values.values(), *code.closure.values()):
            assert symbol in made.objects
        for instruction in code.instructions:
            assert all(symbol in made.objects for _, symbol in instruction.cached)
    for symbol, fact in made.objects.items():
        assert fact.name == symbol
        assert table.address_of(symbol) == id(table.value_of(symbol))
        if fact.has_value:
            assert fact.value is table.value_of(symbol)
        assert {*fact.defaults, *(name for _, name in fact.keyword_defaults), *fact.attributes.values()} <= set(
            made.objects
        )


def test_shape_of_code() -> None:
    """What a code object says of its parameters and variables."""
    code = snapshot(uses_much).code
    assert (code.argument_count, code.positional_only, code.keyword_only) == (2, 0, 1)
    assert code.varnames[:3] == ("values", "scale", "start")
    assert code.local_count == len(code.varnames) == len(uses_much.__code__.co_varnames)
    assert code.size == len(uses_much.__code__.co_code)
    assert code.names == uses_much.__code__.co_names
    outer = snapshot(closure).code
    assert [outer.varnames[slot] for slot in outer.cell_slots] == ["step"]
    inner = snapshot(closure(3)).code
    assert [inner.varnames[slot] for slot in inner.free_slots] == ["step"]


def test_globals() -> None:
    """Globals and builtins that may be assumed, each with the entries of dictionaries that it rests on."""
    table = ObjectTable()
    code = snapshot(uses_much, table).code
    assert set(code.global_values) == {"enumerate", "math", "abs", "len", "LIMIT", "ValueError", "max", "fib", "ITEMS"}
    assert code.assumed["LIMIT"] == (Assumption(code.globals_symbol, "LIMIT", "global.LIMIT"),)
    assert code.assumed["len"] == (
        Assumption(code.globals_symbol, "len", None),
        Assumption(code.builtins_symbol, "len", "builtins.len"),
    )
    assert table.value_of(code.globals_symbol) is globals()
    assert table.value_of(code.builtins_symbol) is vars(builtins)


def test_facts() -> None:
    """Facts by kind: numbers by value, builtins by name, functions with their code and defaults, modules with attributes."""
    table = ObjectTable()
    made = snapshot(uses_much, table)
    facts = made.objects
    assert (facts["global.LIMIT"].has_value, facts["global.LIMIT"].value) == (True, LIMIT)
    assert (facts["global.ITEMS"].type_name, facts["global.ITEMS"].has_value) == ("list", False)
    assert facts["builtins.abs"].builtin == "builtins.abs"
    assert facts[made.code.global_values["enumerate"]].name == "PyEnum_Type"
    assert facts["PyEnum_Type"].builtin == "builtins.enumerate"
    assert facts["PyEnum_Type"].exported
    module = facts["module.math"]
    assert module.attributes == {"sqrt": "math.sqrt", "pi": "global.math.pi"}
    assert facts["math.sqrt"].builtin == "math.sqrt"
    assert module.assumption("pi") == Assumption("globals.math", "pi", "global.math.pi")
    assert table.value_of("globals.math") is vars(math)
    assert made.function is not None
    own = facts[made.function]
    assert own.code is made.code
    assert [facts[name].value for name in own.defaults] == [2.5]
    assert {key: facts[name].value for key, name in own.keyword_defaults} == {"start": 1}
    with pytest.raises(KeyError):
        own.assumption("anything")


def test_policy() -> None:
    """What the policy refuses is looked up when the code runs; a name that the code writes is never assumed."""
    refused = snapshot(uses_much, may_assume=lambda namespace, name: name not in {"LIMIT", "pi", "len"})
    assert {"LIMIT", "len"}.isdisjoint(refused.code.global_values)
    assert set(refused.objects["module.math"].attributes) == {"sqrt"}
    assert snapshot(writes_global).code.global_values == {}
    # Where only the builtins dictionary is refused, its values are not assumed.
    namespaces = snapshot(uses_much, may_assume=lambda namespace, name: namespace is not vars(builtins))
    assert "len" not in namespaces.code.global_values


def test_recursion() -> None:
    """Code that calls itself, or each other, is read once and refers to itself by symbol."""
    made = snapshot(fib)
    assert made.function == made.code.global_values["fib"]
    assert made.objects[made.function].code is made.code
    made = snapshot(even)
    other = made.objects[made.code.global_values["odd"]].code
    assert other is not None
    assert other.instructions
    assert other.global_values["even"] == made.function


def test_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """A function too long or too far away is described without its body."""
    monkeypatch.setattr(reader, "MAX_CALLEE_SIZE", 0)
    made = snapshot(even)
    other = made.objects[made.code.global_values["odd"]].code
    assert other is not None
    assert (other.instructions, other.argument_count) == ((), 1)
    assert other.size > 0
    namespace: dict[str, Any] = {}
    exec("\n".join(f"def f{n}(x): return f{n + 1}(x)" for n in range(6)) + "\ndef f6(x): return x", namespace)
    monkeypatch.setattr(reader, "MAX_CALLEE_SIZE", 1000)
    made = snapshot(namespace["f0"])
    read = {fact.code.qualified_name: bool(fact.code.instructions) for fact in made.objects.values() if fact.code}
    assert read == {"f0": True, "f1": True, "f2": True, "f3": True, "f4": False}


def test_closures() -> None:
    """The cells of one function object are known; code that serves several has none."""
    function = closure(3)
    assert isinstance(function, FunctionType)
    table = ObjectTable()
    made = snapshot(function, table)
    assert function.__closure__ is not None
    assert [table.value_of(symbol) for symbol in made.code.closure.values()] == list(function.__closure__)
    shared = take(function.__code__, ObjectTable(), Scope.shared(function.__globals__, vars(builtins)))
    assert (shared.code.closure, shared.function) == ({}, None)


def test_two_closures_of_one_code() -> None:
    """Function objects that share their code each have their own cells."""
    namespace: dict[str, Any] = {"first": closure(1), "second": closure(2)}
    exec("def both(x): return first(x) + second(x)", namespace)
    made = snapshot(namespace["both"])
    cells = [fact.code.closure for fact in made.objects.values() if fact.code and fact.code.free_slots]
    assert len(cells) == 2
    assert cells[0] != cells[1]
    assert len({fact.code.symbol for fact in made.objects.values() if fact.code and fact.code.free_slots}) == 1


def test_modules() -> None:
    """Module-level code reads names from its globals, those that it assigns itself excepted."""
    code = compile("total = 0\nfor i in range(LIMIT):\n    total += abs(i)\n", "module.py", "exec")
    scope = Scope.of_module({"__name__": "__main__", "LIMIT": 3}, vars(builtins))
    made = take(code, ObjectTable(), scope, entry=14, live_locals=(int, None), live_stack=(type(iter(range(3))),))
    assert made.code.locals_are_globals
    assert set(made.code.global_values) == {"range", "LIMIT", "abs"}
    assert (made.entry, made.live_locals, made.live_stack) == (14, ("int", None), ("range_iterator",))


def test_odd_namespaces() -> None:
    """Where globals are no plain dictionary, nothing is assumed."""

    class Namespace(dict[str, Any]):
        pass

    code = compile("LIMIT + 1", "odd.py", "exec")
    assert take(code, ObjectTable(), Scope.of_module(Namespace(LIMIT=1), vars(builtins))).code.global_values == {}


def test_replaced_builtins_are_not_mistaken() -> None:
    """A builtin is known by what it is, not by where it was found."""
    namespace: dict[str, Any] = {"len": lambda value: 7, "size": len, "__name__": "odd"}
    exec("def f(x): return len(x) + size(x)", namespace)
    made = snapshot(namespace["f"])
    facts = {name: made.objects[symbol] for name, symbol in made.code.global_values.items()}
    assert facts["len"].builtin is None
    assert facts["len"].code is not None
    assert facts["size"].builtin == "builtins.len"

    class int(builtins.int):  # noqa: A001  # shadowing is the point
        pass

    assert builtin_name(int) is None
    assert builtin_name(builtins.int) == "builtins.int"
    assert builtin_name([].append) is None


def test_names_of_objects() -> None:
    """Names come from what an object is; equal names are numbered; characters that linkers dislike are replaced."""
    table = ObjectTable()
    assert table.symbol_for(fib) == f"function.{__name__}.fib"
    assert table.symbol_for(fib, "another") == f"function.{__name__}.fib"
    assert [table.symbol_for(object(), "const.f.0") for _ in range(3)] == ["const.f.0", "const.f.0.2", "const.f.0.3"]
    assert table.symbol_for([], 'name."\u00fc') == "name.__"
    assert table.symbol_for(object()) == "object.object"
    assert table.symbol_for(list) == "PyList_Type"
    assert natural_name(3) is None
    with pytest.raises(KeyError):
        table.value_of("nothing")


def test_values_are_short() -> None:
    """Long strings, tuples and integers are known by name only."""
    assert all(map(plain_value, (1, 2.5, True, None, "a", b"b", (1, (2, "c")))))
    assert not any(map(plain_value, ([], (1, []), "x" * (MAX_PLAIN_LENGTH + 1), 1 << 100_000, (0,) * 1000, object())))


def test_tables_hold_their_objects() -> None:
    """A table keeps what it has named alive."""
    table = ObjectTable()
    names = [table.symbol_for(object(), f"object.{place}") for place in range(100)]
    assert len({table.address_of(name) for name in names}) == len(table) == 100
    assert names[0] in table


def test_instruction_lookup() -> None:
    """Instructions are found by offset, and only where one starts."""
    code = snapshot(uses_much).code
    for instruction in code.instructions:
        assert code.instruction_at(instruction.offset) is instruction
    with pytest.raises(LookupError):
        code.instruction_at(3)
    loop = next(it for it in code.instructions if it.opcode == "FOR_ITER")
    assert code.handler_at(loop.offset) is None
    assert code.handler_at(code.handlers[0].start) is not None
