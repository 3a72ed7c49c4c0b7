"""One declaration per operation; everything else is derived from it.

An operation is a typed Python function under the `@op` decorator. Its parameters are operands (machine types or object
types from `whitehot.lowlevel.types`), attributes (those named in `attributes`) or implicit (`frame`, `thread`, `breaker`:
what every native function has). Its body says what it does in the low-level subset of Python: LLVM code is made from it,
and a pure one over machine values also runs as Python. Operations without a body (`body=None`: control flow, constants,
calls between units) are known to the back ends by name.
"""

from __future__ import annotations

from collections.abc import Callable

from whitehot.ir import types
from whitehot.ir.effects import ARBITRARY, PURE, Effects
from whitehot.ir.types import BOOL, F64, I64, NULLABLE, OBJECT, Type, object_of
from whitehot.reasons import Reason
from whitehot.record import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

#: Spelling of machine and object types in the annotations of operations. Structure names of `lowlevel` map to exact Python types.
TYPE_NAMES: dict[str, Type] = {
    "i64": I64,
    "f64": F64,
    "bool": BOOL,
    "Object": OBJECT,
    "Object | None": NULLABLE,
    "Array[Object]": types.ROW,
    "IntObject": object_of("int"),
    "FloatObject": object_of("float"),
    "BoolObject": object_of("bool"),
    "ListObject": object_of("list"),
    "TupleObject": object_of("tuple"),
    "StrObject": object_of("str"),
    "DictObject": object_of("dict"),
    "CellObject": object_of("cell"),
    "RangeObject": object_of("range"),
    "RangeIterObject": object_of("range_iterator"),
    "ListIterObject": object_of("list_iterator"),
    "TupleIterObject": object_of("tuple_iterator"),
    "StrIterObject": object_of("str_ascii_iterator"),
    "EnumerateObject": object_of("enumerate"),
    "ZipObject": object_of("zip"),
    "SliceObject": object_of("slice"),
    "SetObject": object_of("set"),
    "ListReverseIterObject": object_of("list_reverseiterator"),
}

#: Parameters of bodies that stand for what every native function has: the running frame, the thread, and the value of its
#: `eval_breaker` that asks for nothing.
IMPLICIT = ("frame", "thread", "breaker")

#: Parameters of a variadic operation's body that stand for its further operands: the address of the first and their number.
#: One more word lies before the first, which the body may use (PY_VECTORCALL_ARGUMENTS_OFFSET).
ROW = ("items", "count")


@dataclass(frozen=True, slots=True)
class Operand:
    """A formal operand. `consumed`: the operation takes over the reference that its user held."""

    name: str
    type: Type
    consumed: bool = False


@dataclass(frozen=True, eq=False, slots=True)
class Operation:
    """What is known of one operation; see `op` for the meaning of the fields."""

    name: str
    operands: tuple[Operand, ...]
    attributes: tuple[str, ...]
    implicit: tuple[str, ...]
    result: Type | None
    effects: Effects
    exits: Reason | None
    raises: bool
    new_reference: bool
    variadic: bool
    terminator: bool
    lazy: bool
    body: Callable[..., Any] | None
    doc: str

    # What follows from these, found once: passes ask for it at each instruction.

    #: Whether an instruction of this operation needs a frame state.
    can_leave: bool
    #: Whether an instruction whose result is unused may be deleted.
    #:
    #: Its exit must not stand for anything that the program could notice: an int that overflows is no event, but a wrong type
    #: may mean a call of `__add__`, a zero divisor or an index outside an exception. What only allocates raises nothing but
    #: MemoryError, which nobody misses.
    is_removable: bool
    #: Whether instructions of this operation may be merged with equal ones and moved past others that write nothing.
    is_movable: bool
    #: Whether the body may be run as Python: pure, and over machine values only.
    runs_in_python: bool
    #: Whether it takes over the reference of an operand.
    consumes: bool

    def __str__(self) -> str:
        return self.name


OPERATIONS: dict[str, Operation] = {}

#: Operations that leave by their overflow exit for operands, too, of which Python raises an error: 1 << -1, 0 ** -1.
_RAISE_BY_OVERFLOW = frozenset({"int_lshift", "int_pow"})


def op(
    *,
    effects: Effects = PURE,
    exits: Reason | None = None,
    raises: bool = False,
    new_reference: bool = False,
    consumes: tuple[str, ...] = (),
    attributes: tuple[str, ...] = (),
    variadic: bool = False,
    terminator: bool = False,
    nullable: bool = False,
    lazy: bool = False,
    has_body: bool = True,
) -> Callable[[Callable[..., Any]], Operation]:
    """Declare an operation.

    `exits` names why its `side_exit()` leaves to the interpreter *before* the bytecode of its frame state (the chief reason, where there
    are several). `raises`: it may fail with a Python exception set (`raise_exit()` in the body) and leaves *at* the bytecode.
    `new_reference`: the result is owned by whoever asked; otherwise a resulting object is borrowed (it lives as long as nothing writes
    the heap). `nullable`: the resulting object may be NULL. `consumes` names operands whose reference the operation takes over (where it
    leaves or raises instead, it has not). `attributes` names those parameters that are not SSA values (in this order in
    `Instruction.attributes`). `variadic`: any number of further operands may follow, of objects where the operation has a body, which gets
    them as a row (`items: Array[Object]`, `count: i64`). `lazy`: an allocation that nobody can observe: paths that do
    not use the result need not do it.
    """

    def declare(function: Callable[..., Any]) -> Operation:
        name = function.__name__.rstrip("_")
        code = function.__code__
        parameters = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
        aside = {*attributes, *IMPLICIT, *(ROW if variadic else ())}
        annotations = function.__annotations__
        returned = annotations.get("return")
        operands = tuple(
            Operand(parameter, TYPE_NAMES[annotations[parameter]], parameter in consumes)
            for parameter in parameters
            if parameter not in aside
        )
        implicit = tuple(parameter for parameter in parameters if parameter in IMPLICIT)
        result = NULLABLE if nullable else None if returned in (None, "None") else TYPE_NAMES[returned]
        # The type of a constant is the builder's choice, so its declaration names no result.
        is_value = result is not None or name == "constant"
        is_quiet = exits is None or (exits is Reason.OVERFLOW and name not in _RAISE_BY_OVERFLOW)
        is_machine = result is not None and not any(type.is_object for type in (result, *(o.type for o in operands)))
        made = Operation(
            name=name,
            operands=operands,
            attributes=attributes,
            implicit=implicit,
            result=result,
            effects=effects,
            exits=exits,
            raises=raises,
            new_reference=new_reference,
            variadic=variadic,
            terminator=terminator,
            lazy=lazy,
            body=function if has_body else None,
            doc=(function.__doc__ or "").strip(),
            can_leave=exits is not None or raises or effects is ARBITRARY,
            is_removable=is_value and is_quiet and effects < Effects.WRITES_HEAP,
            is_movable=is_value and effects <= Effects.READS_HEAP,
            runs_in_python=is_machine and effects is PURE and has_body and not attributes and not implicit,
            consumes=any(operand.consumed for operand in operands),
        )
        if name in OPERATIONS:
            raise ValueError(f"operation {name} declared twice")
        OPERATIONS[name] = made
        return made

    return declare
