"""The reference interpreter: what a function means, by running it in Python.

It runs functions of machine values: the bodies of pure operations are Python already, and control flow is here. A few
operations on boxes are here as well (a box stands for its value). Whatever else touches objects is not interpretable.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from whitehot.errors import WhitehotError
from whitehot.lowlevel.errors import SideExit
from whitehot.record import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from whitehot.ir.graph import Block, FrameState, Function, Instruction, Value


class NotInterpretable(WhitehotError):
    """The function has an operation that is not pure arithmetic, or it runs longer than allowed."""


@dataclass(frozen=True, slots=True)
class Frame:
    """An interpreter frame's contents; None for unbound locals and NULLs."""

    code: str
    offset: int
    locals: tuple[Any, ...]
    stack: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Returned:
    """The function returned a value."""

    value: Any


@dataclass(frozen=True, slots=True)
class Left:
    """The function left to the interpreter at `instruction`; frames outermost first."""

    instruction: Instruction
    frames: tuple[Frame, ...]


def interpret(
    function: Function,
    arguments: Sequence[Any],
    *,
    steps: int = 100_000,
    headers: list[tuple[Frame, ...]] | None = None,
) -> Returned | Left:
    """Run `function` on ints, floats and bools.

    `steps` limits the number of instructions. `headers` collects the state of each loop header that is passed: places where
    the interpreter could take over. Raises NotInterpretable.
    """
    values: dict[Value, Any] = dict(zip(function.entry.parameters, arguments, strict=True))
    block = function.entry
    while True:
        if headers is not None and block.header is not None:
            _make_lazily(block, values)
            headers.append(_frames(block.header, values))
        for instruction in block.instructions[:-1]:
            try:
                result = _apply(instruction, values)
            except SideExit:
                return _left(instruction, values)
            if instruction.result is not None:
                values[instruction.result] = result
        steps -= len(block.instructions)
        if steps < 0:
            raise NotInterpretable("too many steps")
        last = block.instructions[-1]
        if last.name == "return":
            return Returned(values[last.operands[0]])
        if last.name == "exit":
            return _left(last, values)
        block = _follow(last, values)


def _make_lazily(block: Block, values: dict[Value, Any]) -> None:
    """The objects that a header's state needs and that are made in the block for leaving paths."""
    for instruction in block.instructions:
        lazy = instruction.operation.lazy or instruction.operation.name == "constant"
        if lazy and instruction.result is not None and all(operand in values for operand in instruction.operands):
            values[instruction.result] = _apply(instruction, values)


def _follow(last: Instruction, values: dict[Value, Any]) -> Block:
    """Take a jump or a branch; all arguments are read before any parameter is written."""
    if last.name == "jump":
        edge = last.targets[0]
    elif last.name == "branch":
        edge = last.targets[0 if values[last.operands[0]] else 1]
    else:
        raise NotInterpretable(f"{last.name} ends a block")
    values.update(zip(edge.block.parameters, [values[argument] for argument in edge.arguments], strict=True))
    return edge.block


def _apply(instruction: Instruction, values: dict[Value, Any]) -> Any:
    operation = instruction.operation
    operands = [values[operand] for operand in instruction.operands]
    if operation.name == "constant":
        constant = instruction.attributes[0]
        if constant is None or isinstance(constant, int | float):
            return constant
    elif operation.name in _BOXES:
        return _BOXES[operation.name](*operands)
    elif operation.runs_in_python and operation.body is not None:
        return operation.body(*operands)
    raise NotInterpretable(operation.name)


def _unbox_int(value: Any) -> int:
    if type(value) is not int or not -(2**63) <= value < 2**63:
        raise SideExit
    return value


def _unbox_float(value: Any) -> float:
    if type(value) is not float:
        raise SideExit
    return value


def _unbox_number(value: Any) -> float:
    if type(value) is int and abs(value) <= 2**53:
        return float(value)
    return _unbox_float(value)


def _unbox_bool(value: Any) -> bool:
    if type(value) is not bool:
        raise SideExit
    return value


def _box(value: Any) -> Any:
    return value


_BOXES: dict[str, Callable[..., Any]] = {
    "box_int": _box,
    "box_float": _box,
    "box_bool": _box,
    "unbox_int": _unbox_int,
    "unbox_float": _unbox_float,
    "unbox_number": _unbox_number,
    "unbox_bool": _unbox_bool,
    "is_none": lambda value: value is None,
}


def _frames(state: FrameState, values: dict[Value, Any]) -> tuple[Frame, ...]:
    def read(row: Sequence[Value | None]) -> tuple[Any, ...]:
        return tuple(None if value is None else values[value] for value in row)

    return tuple(
        Frame(frame.code.name, frame.offset, read(frame.locals), read(frame.stack)) for frame in state.frames()
    )


def _left(instruction: Instruction, values: dict[Value, Any]) -> Left:
    if instruction.state is None:
        raise NotInterpretable(f"{instruction.name} leaves without a frame state")
    return Left(instruction, _frames(instruction.state, values))
