"""A code object and the objects it refers to, as a Snapshot: plain data, with every live object behind a name.

`take` makes the Snapshot of a function or of module-level code: the code itself, the functions that it calls by name and that are
small enough to be inlined, and a fact for each object that any of this code refers to. Functions are not read recursively: they
wait in a queue and each is read once, so that code which calls itself, or each other, just refers to a name.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from types import CodeType, FunctionType, ModuleType

from whitehot.bytecode.decode import decode, read_handlers
from whitehot.bytecode.feedback import KnownTypes, type_name
from whitehot.bytecode.objects import ObjectTable, builtin_name, exported_symbol, plain_value
from whitehot.bytecode.snapshot import Assumption, BytecodeInstruction, CodeSnapshot, ObjectFact, Snapshot
from whitehot.cpython import v314 as version
from whitehot.record import dataclass, field, replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

#: Whether `dictionary[key]`, or its absence, may be taken for constant.
type Policy = Callable[[dict[str, Any], str], bool]

#: A function that is called by name is read too when its bytecode has no more bytes than this, caches included ...
MAX_CALLEE_SIZE = 600
#: ... and it is no further away than this many calls.
MAX_DEPTH = 3

_READS_NAME = frozenset({"LOAD_GLOBAL", "LOAD_NAME"})
_WRITES_NAME = frozenset({"STORE_GLOBAL", "DELETE_GLOBAL", "STORE_NAME", "DELETE_NAME"})


def always(dictionary: dict[str, Any], key: str) -> bool:  # noqa: ARG001  # a policy's parameters
    """The policy that takes everything for constant."""
    return True


@dataclass(frozen=True, slots=True)
class Scope:
    """Where code runs: its globals and builtins dictionaries; `function` where the function object is known and fixed.

    `locals_are_globals` is true for module-level code.
    """

    global_names: dict[str, Any]
    builtin_names: dict[str, Any]
    function: FunctionType | None
    locals_are_globals: bool

    @staticmethod
    def of(function: FunctionType) -> Scope:
        """The scope of one function object and no other: its closure is known."""
        return Scope(function.__globals__, function.__builtins__, function, locals_are_globals=False)  # type: ignore[attr-defined, unused-ignore]  # mypy forgets it in its cache

    @staticmethod
    def shared(global_names: dict[str, Any], builtin_names: dict[str, Any]) -> Scope:
        """The scope of all function objects that have one code and these globals."""
        return Scope(global_names, builtin_names, None, locals_are_globals=False)

    @staticmethod
    def of_module(global_names: dict[str, Any], builtin_names: dict[str, Any]) -> Scope:
        """The scope of module-level code, from its frame's `f_globals` and `f_builtins`."""
        return Scope(global_names, builtin_names, None, locals_are_globals=True)


def take(
    code: CodeType,
    objects: ObjectTable,
    scope: Scope,
    *,
    entry: int | None = None,
    live_locals: Sequence[type | None] = (),
    live_stack: Sequence[type | None] = (),
    rejected: frozenset[tuple[str, int, str]] = frozenset(),
    may_assume: Policy = always,
) -> Snapshot:
    """The Snapshot of code that is to be compiled: the whole of it, or (`entry`) the loop with its header at that byte offset.

    Every symbol in it is in `objects`, which must live as long as the machine code made from the Snapshot. Give `scope.function` only
    where that machine code serves this one function object. `live_locals` and `live_stack` are what `cpython.facts.live_types` says of the
    running frame.
    """
    known = KnownTypes(exact for exact in (*live_locals, *live_stack) if exact is not None)
    reader = _Reader(objects, known, may_assume)
    snapshot = reader.read(code, scope, 0)
    function = None
    if scope.function is not None:
        fixed: Any = scope.function  # mypy takes a function in a field for a method
        function = reader.function_symbol(fixed)
        reader.facts[function] = reader.function_fact(function, fixed, snapshot)
    reader.follow()
    return Snapshot(
        code=snapshot,
        entry=entry,
        objects=reader.facts,
        function=function,
        live_locals=tuple(map(_live_name, live_locals)),
        live_stack=tuple(map(_live_name, live_stack)),
        rejected=rejected,
    )


def _live_name(exact: type | None) -> str | None:
    return None if exact is None else type_name(exact)


@dataclass(slots=True)
class _Reader:
    """The facts collected for one Snapshot, and the functions that wait to be read, each with its distance in calls."""

    objects: ObjectTable
    known: KnownTypes
    may_assume: Policy
    facts: dict[str, ObjectFact] = field(default_factory=dict)
    waiting: deque[tuple[str, FunctionType, int]] = field(default_factory=deque)
    queued: set[str] = field(default_factory=set)
    codes: dict[tuple[str, str, str | None], CodeSnapshot] = field(default_factory=dict)

    def follow(self) -> None:
        """Read the waiting functions, and those that they call in turn; describe those that are too large or too far away."""
        while self.waiting:
            symbol, function, depth = self.waiting.popleft()
            if symbol in self.facts:
                continue
            small = depth <= MAX_DEPTH and len(function.__code__.co_code) <= MAX_CALLEE_SIZE
            snapshot = self.read(function.__code__, Scope.of(function), depth if small else None)
            self.facts[symbol] = self.function_fact(symbol, function, snapshot)

    def read(self, code: CodeType, scope: Scope, depth: int | None) -> CodeSnapshot:
        """One code object at a distance of `depth` calls; where that is None, only how it is called, without its body."""
        symbol = self.objects.symbol_for(code)
        namespace = self.objects.symbol_for(scope.global_names, f"globals.{scope.global_names.get('__name__')}")
        closed: Any = scope.function if code.co_freevars else None
        key = (symbol, namespace, None if closed is None else self.function_symbol(closed))
        known = self.codes.get(key)
        if known is not None and (known.instructions or depth is None):
            return known
        builtins = self.objects.symbol_for(scope.builtin_names, "globals.builtins")
        snapshot = _outline(code, scope, symbol, namespace, builtins)
        if depth is not None:
            snapshot = self._with_body(snapshot, code, scope, depth)
        self.codes[key] = snapshot
        return snapshot

    def _with_body(self, outline: CodeSnapshot, code: CodeType, scope: Scope, depth: int) -> CodeSnapshot:
        """The outline with instructions and everything that they refer to."""
        self._learn_classes(code, scope.global_names)
        instructions = decode(code, self.objects, self.known)
        for instruction in instructions:
            for _, cached in instruction.cached:
                self._describe(self.objects.value_of(cached), cached, depth)
        name = code.co_qualname
        values, assumed = self._globals(code, instructions, scope, outline, depth)
        closure = {}
        if scope.function is not None:
            for slot, cell in zip(outline.free_slots, scope.function.__closure__ or (), strict=True):
                closure[slot] = self._refer(cell, f"cell.{name}.{outline.varnames[slot]}", depth)
        return replace(
            outline,
            constants=tuple(self._refer(value, f"const.{name}.{i}", depth) for i, value in enumerate(code.co_consts)),
            name_symbols=tuple(self._refer(value, f"name.{value}", depth) for value in code.co_names),
            instructions=instructions,
            handlers=read_handlers(code.co_exceptiontable),
            global_values=values,
            assumed=assumed,
            closure=closure,
        )

    def _learn_classes(self, code: CodeType, global_names: dict[str, Any]) -> None:
        """Make the classes known that this code's caches are likely to refer to by version: those it names, and its own."""
        for name in (*code.co_names, code.co_qualname.partition(".")[0]):
            value = global_names.get(name)
            if isinstance(value, type):
                self.known.add(value)

    def _globals(
        self,
        code: CodeType,
        instructions: Iterable[BytecodeInstruction],
        scope: Scope,
        outline: CodeSnapshot,
        depth: int,
    ) -> tuple[dict[str, str], dict[str, tuple[Assumption, ...]]]:
        """The global names that may be taken for constant: their symbols, and what is assumed for each."""
        values: dict[str, str] = {}
        assumed: dict[str, tuple[Assumption, ...]] = {}
        names, attributes = _names_read(code, instructions, locals_are_globals=scope.locals_are_globals)
        if type(scope.global_names) is not dict or type(scope.builtin_names) is not dict:
            return values, assumed  # dictionaries of another type may answer anything
        for name in names:
            if not self.may_assume(scope.global_names, name):
                continue
            if name in scope.global_names:
                values[name] = self._refer_global(scope.global_names[name], f"global.{name}", depth, attributes)
                assumed[name] = (Assumption(outline.globals_symbol, name, values[name]),)
            elif name in scope.builtin_names and self.may_assume(scope.builtin_names, name):
                values[name] = self._refer_global(scope.builtin_names[name], f"global.{name}", depth, attributes)
                assumed[name] = (
                    Assumption(outline.globals_symbol, name, None),
                    Assumption(outline.builtins_symbol, name, values[name]),
                )
        return values, assumed

    def _refer_global(self, value: object, hint: str, depth: int, attributes: Iterable[str]) -> str:
        """The symbol of a global's value; of a module also those attributes that the code reads."""
        if type(value) is not ModuleType:
            return self._refer(value, hint, depth)
        symbol = self._refer(value, hint, depth)
        namespace = vars(value)
        found = dict(self.facts[symbol].attributes)
        for name in attributes:
            if name not in found and name in namespace and self.may_assume(namespace, name):
                found[name] = self._refer(namespace[name], f"global.{value.__name__}.{name}", depth)
        dictionary = self.objects.symbol_for(namespace, f"globals.{value.__name__}")
        self.facts[symbol] = replace(self.facts[symbol], dictionary=dictionary, attributes=found)
        return symbol

    def _refer(self, value: object, hint: str, depth: int) -> str:
        """The symbol of an object, with a fact for it."""
        symbol = self.objects.symbol_for(value, hint)
        self._describe(value, symbol, depth)
        return symbol

    def _describe(self, value: object, symbol: str, depth: int) -> None:
        if symbol in self.facts or symbol in self.queued:
            return
        if type(value) is FunctionType:
            self.queued.add(symbol)
            self.waiting.append((symbol, value, depth + 1))
            return
        has_value = plain_value(value)
        self.facts[symbol] = ObjectFact(
            name=symbol,
            type_name=type_name(type(value)),
            has_value=has_value,
            value=value if has_value else None,
            builtin=builtin_name(value),
            exported=exported_symbol(value) is not None,
        )

    def function_symbol(self, function: FunctionType) -> str:
        """The symbol of a function object."""
        return self.objects.symbol_for(function)

    def function_fact(self, symbol: str, function: FunctionType, snapshot: CodeSnapshot) -> ObjectFact:
        """The fact for a function whose code is at hand. Its defaults are objects like any other."""
        name = function.__qualname__
        keywords = function.__kwdefaults__ or {}
        return ObjectFact(
            name=symbol,
            type_name="function",
            code=snapshot,
            defaults=tuple(
                self._refer(value, f"default.{name}.{place}", MAX_DEPTH)
                for place, value in enumerate(function.__defaults__ or ())
            ),
            keyword_defaults=tuple(
                (key, self._refer(value, f"default.{name}.{key}", MAX_DEPTH)) for key, value in keywords.items()
            ),
        )


def _outline(code: CodeType, scope: Scope, symbol: str, namespace: str, builtins: str) -> CodeSnapshot:
    """What there is to say about calling a code object, without its body."""
    arguments_and_locals = len(code.co_varnames)
    own_cells = sum(name not in code.co_varnames for name in code.co_cellvars)
    count = arguments_and_locals + own_cells + len(code.co_freevars)
    slots = tuple(code._varname_from_oparg(slot) for slot in range(count))  # type: ignore[attr-defined, unused-ignore]  # mypy forgets it in its cache
    first_free = count - len(code.co_freevars)
    return CodeSnapshot(
        qualified_name=code.co_qualname,
        file=code.co_filename,
        first_line=code.co_firstlineno,
        flags=code.co_flags,
        argument_count=code.co_argcount,
        positional_only=code.co_posonlyargcount,
        keyword_only=code.co_kwonlyargcount,
        local_count=code.co_nlocals,
        stack_size=code.co_stacksize,
        varnames=slots,
        cell_slots=tuple(slot for slot, name in enumerate(slots[:first_free]) if name in code.co_cellvars),
        free_slots=tuple(range(first_free, count)),
        names=code.co_names,
        constants=(),
        instructions=(),
        handlers=(),
        symbol=symbol,
        globals_symbol=namespace,
        builtins_symbol=builtins,
        locals_are_globals=scope.locals_are_globals,
        size=len(code.co_code),
    )


def _names_read(
    code: CodeType, instructions: Iterable[BytecodeInstruction], *, locals_are_globals: bool
) -> tuple[list[str], list[str]]:
    """The global names that code reads and does not write itself, and the attribute names that it reads, in order."""
    reading: dict[str, None] = {}
    attributes: dict[str, None] = {}
    written = set()
    for instruction in instructions:
        opcode = instruction.opcode
        if opcode in _READS_NAME:
            if opcode == "LOAD_GLOBAL" or locals_are_globals:
                reading[code.co_names[instruction.argument >> version.NAME_SHIFTS[opcode]]] = None
        elif opcode in _WRITES_NAME:
            written.add(code.co_names[instruction.argument])
        elif opcode == "LOAD_ATTR":
            attributes[code.co_names[instruction.argument >> version.NAME_SHIFTS[opcode]]] = None
    return [name for name in reading if name not in written], list(attributes)
