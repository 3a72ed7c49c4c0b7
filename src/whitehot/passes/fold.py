"""Constant folding and the rewrite rules, in one walk.

An operation of constants is run: its body is Python as well (one that would leave is left alone, and so is one whose result is
a NaN, since the bits of a NaN depend on the machine). Otherwise the rules of `whitehot.passes.rules` are tried until none applies.

A box that is made from what was unboxed stands for the object it came from:

    %1: i64 = unbox_int %0         exit 4 [%0]
    %2: object[int] = box_int %1
    return %2                      becomes    return %0

where the user of the box asks for no more than is known of the object.
"""

from __future__ import annotations

import whitehot.passes.rules  # noqa: F401 - declares the rules
from whitehot.ir.graph import Instruction, Value
from whitehot.ir.ops import constant
from whitehot.ir.types import BOOL, F64, I64, Type
from whitehot.lowlevel.errors import LowLevelError, RaiseExit, SideExit
from whitehot.passes.patterns import RULES_OF, New, NotConstant, apply_rules, constant_of, firings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from whitehot.ir.graph import FrameState, Function
    from whitehot.ir.operation import Operation


def fold(function: Function) -> int:
    """Fold constants and apply the rules. Returns the number of instructions changed."""
    return _Folder(function).run()


class _Folder:
    def __init__(self, function: Function) -> None:
        self._function = function
        self._change: dict[Value, Value] = {}
        #: Values that a rule finds equal to an object of which less is known: the object, and the rule's name.
        self._originals: dict[Value, tuple[Value, str]] = {}
        #: What became of frame states by the originals that are known.
        self._mapped: dict[FrameState, FrameState] = {}
        self._count = 0

    def run(self) -> int:
        for block in self._function.blocks():
            kept: list[Instruction] = []
            for instruction in block.instructions:
                if self._change:
                    instruction.operands = [_resolve(self._change, value) for value in instruction.operands]
                if self._originals:
                    self._use_originals(instruction)
                if not self._simplify(instruction, kept):
                    kept.append(instruction)
            block.instructions[:] = kept
        self._function.replace(self._change)
        return self._count

    def _simplify(self, instruction: Instruction, before: list[Instruction]) -> bool:
        """Fold or rewrite until nothing applies; whether the instruction is no longer needed."""
        while True:
            operation, result = instruction.operation, instruction.result
            if instruction.operands and operation.runs_in_python:
                number = _run(operation, instruction.operands)
                if number is not None:
                    self._become(instruction, New(constant, (), (number,)), before)
                    return False
            applied = apply_rules(instruction) if operation in RULES_OF else None
            if applied is None:
                return False
            rule, outcome = applied
            if isinstance(outcome, Value):
                if result is None:
                    raise TypeError(f"rule {rule.name} gives a value for {operation}, which has none")
                if not result.type.accepts(outcome.type):
                    self._originals[result] = outcome, rule.name
                    self._mapped = {}
                    return False
                self._change[result] = outcome
                self._fired(rule.name)
                return True
            self._fired(rule.name)
            self._become(instruction, outcome if isinstance(outcome, New) else New(constant, (), (outcome,)), before)

    def _fired(self, rule: str) -> None:
        firings[rule] += 1
        self._count += 1

    def _become(self, instruction: Instruction, new: New, before: list[Instruction]) -> None:
        """Make `instruction` another operation in place; constants that it needs go to `before`."""
        if new.operation is constant:
            self._count += 1
        instruction.operation = new.operation
        instruction.operands = [
            value if isinstance(value, Value) else _constant(value, before) for value in new.operands
        ]
        instruction.attributes = new.attributes
        instruction.targets = list(new.targets)
        if not new.operation.can_leave:
            instruction.state = None

    def _use_originals(self, instruction: Instruction) -> None:
        """Let operands, arguments and frame states that need to know no more be the object itself."""
        known = self._originals.keys()
        if not known.isdisjoint(instruction.operands):
            formals = [formal.type for formal in instruction.operation.operands]
            if instruction.name == "return":
                formals = [self._function.result]
            # Of operands beyond the formal ones nothing is said: they stay.
            wanted = formals + [None] * (len(instruction.operands) - len(formals))
            instruction.operands = [self._original(*pair) for pair in zip(instruction.operands, wanted, strict=True)]
        for edge in instruction.targets:
            if not known.isdisjoint(edge.arguments):
                types = [parameter.type for parameter in edge.block.parameters]
                edge.arguments = [self._original(*pair) for pair in zip(edge.arguments, types, strict=True)]
        if instruction.state is not None and not known.isdisjoint(instruction.state.values()):
            change = {value: original for value, (original, _) in self._originals.items()}
            instruction.state = instruction.state.map(change, self._mapped)

    def _original(self, value: Value, wanted: Type | None) -> Value:
        if wanted is None or value not in self._originals:
            return value
        original, rule = self._originals[value]
        if not wanted.accepts(original.type):
            return value
        self._fired(rule)
        return original


def _resolve(change: dict[Value, Value], value: Value) -> Value:
    while value in change:
        value = change[value]
    return value


def _run(operation: Operation, operands: list[Value]) -> int | float | None:
    """The result of a pure operation on constants, or None where it is not to be folded."""
    numbers: list[Any] = []
    for value in operands:
        number = constant_of(value)
        if number is NotConstant or not isinstance(number, int | float):
            return None
        numbers.append(number)
    if operation.body is None:
        return None
    try:
        result: int | float = operation.body(*numbers)
    except SideExit, RaiseExit, LowLevelError, AssertionError:  # the last: `unreachable`, on a path that never runs
        return None
    return result if result == result else None  # noqa: PLR0124 - a NaN


def _constant(number: float, before: list[Instruction]) -> Value:
    made = Instruction(constant, [], (number,))
    made.result = Value(BOOL if isinstance(number, bool) else I64 if isinstance(number, int) else F64, made)
    before.append(made)
    return made.result
