"""The Snapshot: everything the compiler may know of a piece of running code, as plain data that can be pickled.

Objects of the running program appear as `ObjectFact`s under a name; code refers to them by that name only, and the
loader turns names into addresses. Names of exported CPython data (`PyList_Type`, `_Py_NoneStruct`) need no fact.
"""

from __future__ import annotations

from bisect import bisect_left
from operator import attrgetter

from whitehot.record import dataclass, field


@dataclass(frozen=True, slots=True)
class BytecodeInstruction:
    """One instruction. `opcode` is the name the program was compiled with, `specialized` what the interpreter made of it.

    `offset` and `next_offset` count bytes from the start of the code; `argument` is the oparg with all EXTENDED_ARG folded in.
    `target` is the byte offset a jump leads to. `caches` are the inline cache entries that matter, by name, as integers.
    `line` is None where there is none.

    What the interpreter has learnt: `types` are the exact types (by name) of the operands that the specialized instruction checks,
    deepest on the stack first, None where it says nothing; empty without any. `ran` is False where the instruction has certainly never
    run, True where it certainly has, None where nobody knows. `cached` are the objects that its caches refer to, by symbol.
    """

    offset: int
    opcode: str
    specialized: str
    argument: int
    next_offset: int
    target: int | None = None
    line: int | None = None
    caches: tuple[tuple[str, int], ...] = ()
    types: tuple[str | None, ...] = ()
    ran: bool | None = None
    cached: tuple[tuple[str, str], ...] = ()
    #: Bytes of EXTENDED_ARG before the opcode itself.
    prefix: int = 0

    @property
    def opcode_offset(self) -> int:
        """Where the opcode itself is, behind its EXTENDED_ARG: the offset that exceptions and tracebacks count from."""
        return self.offset + self.prefix

    def cache(self, name: str) -> int | None:
        """An inline cache entry by name, or None."""
        for entry, value in self.caches:
            if entry == name:
                return value
        return None


_OFFSET = attrgetter("offset")


@dataclass(frozen=True, slots=True)
class Assumption:
    """A dictionary's entry taken for constant: `dictionary[key]` is the object `value`, or is absent where `value` is None. All by symbol."""

    dictionary: str
    key: str
    value: str | None


@dataclass(frozen=True, slots=True)
class Handler:
    """One entry of the exception table: byte offsets [start, end), where to go, the stack depth there, and whether to push lasti."""

    start: int
    end: int
    target: int
    depth: int
    push_lasti: bool


@dataclass(frozen=True, slots=True)
class ObjectFact:
    """What is known of an object that code refers to by a symbol.

    `type_name` is its exact type's name (`type.__name__`) where that is a builtin type, otherwise the qualified name. `value` is the object itself where it is an int, float,
    bool, str, bytes, None or a tuple of such (then `has_value`). `code` is set for plain Python functions whose body may be inlined or called natively;
    it refers to other functions by symbol only, and so to itself. `builtin` is the dotted name (`builtins.len`, `math.sqrt`) for builtin functions and types that have
    typed forms. `exported`: the name is a symbol that CPython exports.
    """

    name: str
    type_name: str
    has_value: bool = False
    value: object = None
    builtin: str | None = None
    code: CodeSnapshot | None = None
    #: Number of trailing parameters with plain defaults, as symbols.
    defaults: tuple[str, ...] = ()
    #: Names of keyword-only parameters with defaults, and their symbols.
    keyword_defaults: tuple[tuple[str, str], ...] = ()
    #: Of a module: the symbol of its dictionary, and its attributes that the code reads and that may be assumed constant: name -> symbol.
    dictionary: str | None = None
    attributes: dict[str, str] = field(default_factory=dict)
    exported: bool = False

    def assumption(self, attribute: str) -> Assumption:
        """What has to hold for `attributes[attribute]` to be used. Raises KeyError."""
        if self.dictionary is None:
            raise KeyError(attribute)
        return Assumption(self.dictionary, attribute, self.attributes[attribute])


@dataclass(frozen=True, slots=True)
class CodeSnapshot:
    """One code object. `names`, `varnames` as in the code object (`varnames` covers all of localsplus: locals, cells, free variables).

    `instructions` is empty for a function that code refers to but whose body was not read, being too long or too far away. `size` is the
    length of the bytecode in bytes all the same.
    """

    qualified_name: str
    file: str
    first_line: int
    flags: int
    argument_count: int
    positional_only: int
    keyword_only: int
    local_count: int
    stack_size: int
    varnames: tuple[str, ...]
    cell_slots: tuple[int, ...]
    free_slots: tuple[int, ...]
    names: tuple[str, ...]
    #: Symbols of co_consts, in order (facts for each are in the Snapshot's `objects`).
    constants: tuple[str, ...]
    instructions: tuple[BytecodeInstruction, ...]
    handlers: tuple[Handler, ...]
    #: Symbols of the code object itself, its globals dict and its builtins dict.
    symbol: str
    globals_symbol: str
    builtins_symbol: str
    #: Global name -> symbol, for names whose value may be assumed constant (watched); others are looked up when they run.
    global_values: dict[str, str] = field(default_factory=dict)
    #: Global name -> what has to hold for its `global_values` entry to be used (two entries for a builtin: not in globals, and in builtins).
    assumed: dict[str, tuple[Assumption, ...]] = field(default_factory=dict)
    #: Symbols of `names` (the string objects), in order.
    name_symbols: tuple[str, ...] = ()
    #: Module-level code: its local names are its global ones.
    locals_are_globals: bool = False
    size: int = 0
    #: Free-variable slot -> symbol of the cell object, where the function object is known and fixed; otherwise read from the frame.
    closure: dict[int, str] = field(default_factory=dict)

    def instruction_at(self, offset: int) -> BytecodeInstruction:
        """The instruction that starts at a byte offset. Raises LookupError."""
        place = bisect_left(self.instructions, offset, key=_OFFSET)
        if place < len(self.instructions) and self.instructions[place].offset == offset:
            return self.instructions[place]
        raise LookupError(f"{self.qualified_name} has no instruction at {offset}")

    def instruction_before(self, offset: int) -> BytecodeInstruction | None:
        """The instruction before the one at a byte offset; None for the first one."""
        place = bisect_left(self.instructions, offset, key=_OFFSET)
        return self.instructions[place - 1] if place else None

    def handler_at(self, offset: int) -> Handler | None:
        """The innermost handler that covers a byte offset."""
        for handler in reversed(self.handlers):
            if handler.start <= offset < handler.end:
                return handler
        return None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A request to compile `code`: the whole function, or (`entry` set) the loop whose header is at that byte offset.

    `function` is the symbol of the function object (absent for module-level code). `live_locals` and `live_stack` name the exact types (or None for unbound/NULL) that the
    running frame held when this was asked for; empty where no frame was at hand. `rejected` lists the guards that failed too often in earlier versions of this unit: pairs of
    byte offset and reason name; the code there must be compiled without that speculation.
    """

    code: CodeSnapshot
    entry: int | None
    objects: dict[str, ObjectFact]
    function: str | None = None
    live_locals: tuple[str | None, ...] = ()
    live_stack: tuple[str | None, ...] = ()
    rejected: frozenset[tuple[str, int, str]] = frozenset()
