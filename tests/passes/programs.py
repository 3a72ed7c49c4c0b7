"""Random functions of machine values for property tests: straight lines, branches that join, counted loops, nested."""

from __future__ import annotations

import math
from random import Random
from typing import Any

from whitehot.ir.graph import Attribute, Block, Edge, FrameState, Function, Instruction, Symbol, Value
from whitehot.ir.operation import OPERATIONS, Operation
from whitehot.ir.ops import (
    box_float,
    box_int,
    branch,
    constant,
    float_floordiv,
    float_mod,
    float_pow,
    int_add,
    int_lt,
    jump,
    return_,
    unbox_float,
    unbox_int,
    unbox_number,
)
from whitehot.ir.types import BOOL, F64, I64, OBJECT, Type

INTEGERS = (0, 1, -1, 2, 3, 8, 7, 2**30, 2**53 + 1, 2**62, 2**63 - 1, -(2**63))
FLOATS = (0.0, -0.0, 1.0, -1.5, 2.0, 1e308, 5e-324, math.inf, -math.inf, math.nan, 2.0**53)
ARGUMENTS = (I64, I64, F64, F64, BOOL, OBJECT, OBJECT)
MACHINE_ARGUMENTS = ARGUMENTS[:5]

_BOXES = (box_int, box_float, unbox_int, unbox_float, unbox_number)
#: Python's own arithmetic, and boxes. The mathematical functions are no different from each other here.
_POOL = [
    operation
    for operation in OPERATIONS.values()
    if operation.runs_in_python
    and operation.operands
    and (operation.body is None or "mathematics" not in operation.body.__module__)
    and not operation.name.endswith("_in_range")  # only for operands that the code around keeps small
]
#: What calls functions of C.
_CALLING = (float_mod, float_floordiv, float_pow)


def arguments(random: Random) -> list[Any]:
    """Values for `ARGUMENTS`, edges preferred; objects are ints, floats, None and True."""

    def number(type: Type) -> Any:
        if type is I64:
            return random.choice(INTEGERS) if random.random() < 0.6 else random.randint(-20, 20)
        if type is F64:
            return random.choice(FLOATS) if random.random() < 0.6 else random.uniform(-9, 9)
        if type is BOOL:
            return random.random() < 0.5
        return random.choice((number(I64), number(F64), number(I64), None, True, 2**70))

    return [number(type) for type in ARGUMENTS]


def program(random: Random, *, self_contained: bool = False) -> Function:
    """A function of `ARGUMENTS` that returns an int or a float, or leaves. `self_contained`: without objects (`MACHINE_ARGUMENTS`) and functions of C."""
    return _Program(random, self_contained).function()


class _Program:
    def __init__(self, random: Random, self_contained: bool) -> None:
        self._random = random
        self._self_contained = self_contained
        self._pool = [o for o in _POOL if o not in _CALLING] if self_contained else _POOL
        self._kinds = (I64, F64) if self_contained else (I64, F64, OBJECT)
        self._block = Block()
        self._offset = 0
        #: What may be used here.
        self._scope: list[Value] = []

    def function(self) -> Function:
        """All of it."""
        random, entry = self._random, self._block
        types = MACHINE_ARGUMENTS if self._self_contained else ARGUMENTS
        self._scope = [entry.parameter(type) for type in types]
        self._statements(3)
        result = self._value(random.choice((I64, F64)))
        self._emit(return_, result)
        return Function("f", entry, result.type)

    def _statements(self, depth: int) -> None:
        for _ in range(self._random.randint(1, 5)):
            choice = self._random.random()
            if depth and choice < 0.15:
                self._branch(depth - 1)
            elif depth and choice < 0.35:
                self._loop(depth - 1)
            else:
                self._operation()

    def _operation(self) -> None:
        boxes = not self._self_contained and self._random.random() < 0.3
        operation = self._random.choice(_BOXES if boxes else self._pool)
        self._emit(operation, *(self._value(formal.type) for formal in operation.operands))

    def _value(self, type: Type) -> Value:
        """One in scope, recent ones preferred, or a constant."""
        found = [value for value in self._scope if type.accepts(value.type)]
        if type is OBJECT or (found and self._random.random() < 0.8):
            return self._random.choice(found[-5:] if self._random.random() < 0.5 else found)
        constants: dict[Type, tuple[Attribute, ...]] = {I64: INTEGERS, F64: FLOATS[:9], BOOL: (True, False)}
        return self._emit(constant, type=type, attributes=(self._random.choice(constants[type]),))

    def _emit(
        self,
        operation: Operation,
        *operands: Value,
        type: Type | None = None,
        attributes: tuple[Attribute, ...] = (),
        targets: tuple[Edge, ...] = (),
    ) -> Value:
        self._offset += 2
        attributes = attributes or (None,) * len(operation.attributes)
        instruction = Instruction(operation, list(operands), attributes, targets=list(targets))
        if operation.can_leave:
            instruction.state = self._state()
        self._block.instructions.append(instruction)
        type = type or operation.result
        if type is None:
            return Value(OBJECT, instruction)
        instruction.result = Value(type, instruction)
        self._scope.append(instruction.result)
        return instruction.result

    def _state(self) -> FrameState:
        locals = tuple(self._random.choices((*self._scope[-4:], *self._scope, None), k=3))
        return FrameState(Symbol("f"), self._offset, locals, ())

    def _branch(self, depth: int) -> None:
        condition = self._value(BOOL)
        types = self._random.choices((*self._kinds[:2], BOOL, *self._kinds[2:]), k=self._random.randint(0, 2))
        ways, join = (Block(), Block()), Block()
        outside = list(self._scope)
        self._emit(branch, condition, targets=tuple(Edge(way, []) for way in ways))
        for way in ways:
            self._block, self._scope = way, list(outside)
            if self._random.random() < 0.7:
                self._statements(depth)
            self._emit(jump, targets=(Edge(join, [self._value(type) for type in types]),))
        self._block = join
        self._scope = outside + [join.parameter(type) for type in types]

    def _loop(self, depth: int) -> None:
        """`for i in range(n)` with up to three variables that change; some have a `break`."""
        types = [I64, *self._random.choices(self._kinds, k=self._random.randint(0, 3))]
        first = self._emit(constant, type=I64, attributes=(0,))
        last = self._emit(constant, type=I64, attributes=(self._random.randint(0, 4),))
        one = self._emit(constant, type=I64, attributes=(1,))
        header, body, after = Block(), Block(), Block()
        self._emit(jump, targets=(Edge(header, [first, *(self._value(type) for type in types[1:])]),))
        variables = [header.parameter(type) for type in types]
        self._block = header
        self._scope += variables
        outside = list(self._scope)
        if self._random.random() < 0.8 and not self._self_contained:
            box = self._emit(box_int, variables[0])
            header.header = FrameState(
                Symbol("f"), self._offset, tuple(self._random.choices(outside, k=2)), (*variables, box)
            )
        in_range = self._emit(int_lt, variables[0], last)
        self._emit(branch, in_range, targets=(Edge(body, []), Edge(after, [])))
        self._block = body
        self._statements(depth)
        if self._random.random() < 0.3:
            rest = Block()
            self._emit(branch, self._value(BOOL), targets=(Edge(after, []), Edge(rest, [])))
            self._block = rest
            self._statements(depth)
        following = self._emit(int_add, variables[0], one)
        self._emit(jump, targets=(Edge(header, [following, *(self._value(type) for type in types[1:])]),))
        self._block, self._scope = after, outside
