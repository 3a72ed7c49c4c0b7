"""Is this function well formed? Run after every pass in tests, and after building when asked to.

A function is well formed where each block ends in its only terminator, each value is defined once and its definition
dominates its uses (frame states and edges included), operands, results and edge arguments have the types that are asked
for, and those instructions have a frame state that can leave, and no others.
"""

from __future__ import annotations

from whitehot.errors import CompilerBug
from whitehot.ir.flow import Flow, flow_of
from whitehot.ir.printer import Names

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import NoReturn

    from whitehot.ir.graph import Block, Function, Instruction, Value
    from whitehot.ir.operation import Operation


class IRError(CompilerBug):
    """A function that is not well formed; names the function, the block, the instruction, what was expected and what found."""


#: How many edges terminators have.
TARGETS = {"jump": 1, "branch": 2}


def check(function: Function) -> None:
    """Raises IRError for the first thing found wrong."""
    _Checker(function).run()


class _Checker:
    def __init__(self, function: Function) -> None:
        self._function = function
        self._block: Block = function.entry
        self._instruction: Instruction | None = None
        #: Block and position of each definition; parameters stand before position 0.
        self._definitions: dict[Value, tuple[Block, int]] = {}

    def run(self) -> None:
        for block in self._function.blocks():
            self._block = block
            self._shape(block)
        flow = flow_of(self._function)
        if flow.predecessors[self._function.entry]:
            self._fail("no jump to the entry block", "one", self._function.entry)
        for block in flow.blocks:
            self._block, self._instruction = block, None
            self._define(block)
        for block in flow.blocks:
            self._block, self._instruction = block, None
            if block.header is not None:
                # It may refer to objects that the block makes for leaving paths; whoever uses the state elsewhere makes them anew.
                self._uses(flow, block.header.values(), len(block.instructions), "the header state")
            for position, instruction in enumerate(block.instructions):
                self._instruction = instruction
                self._uses(flow, instruction.operands, position, "an operand")
                self._types(instruction)
                self._state(flow, instruction, position)
                self._edges(flow, instruction, position)

    def _fail(self, expected: str, found: str, block: Block | None = None) -> NoReturn:
        names = Names(self._function)
        where = f"{self._function.name}, {names.block(block or self._block)}"
        if self._instruction is not None:
            where += f", `{' '.join(names.instruction(self._instruction).split())}`"
        raise IRError(f"{where}: expected {expected}, found {found}")

    def _name(self, value: Value) -> str:
        return Names(self._function).value(value)

    def _shape(self, block: Block) -> None:
        """One terminator, at the end, with as many targets as it needs."""
        if not block.instructions:
            self._fail("a terminator", "an empty block")
        for instruction in block.instructions:
            self._instruction = instruction
            terminates = instruction.operation.terminator
            if terminates != (instruction is block.instructions[-1]):
                self._fail("one terminator, at the end", "one earlier" if terminates else "none at the end")
            wanted = TARGETS.get(instruction.name, 0)
            if len(instruction.targets) != wanted:
                self._fail(f"{wanted} targets", str(len(instruction.targets)))
        self._instruction = None

    def _define(self, block: Block) -> None:
        for value in block.parameters:
            self._definition(value, block, -1, block)
        for position, instruction in enumerate(block.instructions):
            self._instruction = instruction
            if instruction.result is not None:
                self._definition(instruction.result, block, position, instruction)

    def _definition(self, value: Value, block: Block, position: int, producer: Instruction | Block) -> None:
        if value in self._definitions:
            self._fail(f"one definition of {self._name(value)}", "two")
        if value.producer is not producer:
            self._fail(f"{self._name(value)} to name this as its producer", "another")
        self._definitions[value] = block, position

    def _uses(self, flow: Flow, values: Iterable[Value], position: int, what: str) -> None:
        for value in values:
            defined = self._definitions.get(value)
            if defined is None:
                self._fail(f"{what} that a reachable block defines", self._name(value))
            block, line = defined
            before = line < position if block is self._block else flow.dominates(block, self._block)
            if not before and not (block is self._block and line == -1):
                self._fail(f"a definition of {self._name(value)} that dominates its use", "one that does not")

    def _types(self, instruction: Instruction) -> None:
        operation, formals, operands = instruction.operation, instruction.operation.operands, instruction.operands
        if operation.name == "return":
            if len(operands) != 1 or not self._function.result.accepts(operands[0].type):
                self._fail(
                    f"one operand of type {self._function.result}", ", ".join(str(v.type) for v in operands) or "none"
                )
            return
        if len(operands) < len(formals) or (len(operands) > len(formals) and not operation.variadic):
            self._fail(f"{len(formals)} operands", str(len(operands)))
        for formal, value in zip(formals, operands, strict=False):
            if not formal.type.accepts(value.type):
                self._fail(f"{formal.name} to be {formal.type}", f"{self._name(value)}: {value.type}")
        if len(instruction.attributes) != len(operation.attributes):
            self._fail(f"{len(operation.attributes)} attributes", str(len(instruction.attributes)))
        self._result(instruction, operation)

    def _result(self, instruction: Instruction, operation: Operation) -> None:
        result, declared = instruction.result, operation.result
        if operation.body is None and not operation.terminator:
            # Of constants and calls the builder says whether and of what type they give a value.
            if operation.name == "constant" and result is None:
                self._fail("a result", "none")
        elif result is None or declared is None:
            if result is not None or declared is not None:
                self._fail("a result" if result is None else "no result", "none" if result is None else "one")
        elif not declared.accepts(result.type):
            self._fail(f"a result of type {declared}", f"{self._name(result)}: {result.type}")

    def _state(self, flow: Flow, instruction: Instruction, position: int) -> None:
        leaves = instruction.operation.can_leave
        if leaves != (instruction.state is not None):
            self._fail("a frame state" if leaves else "no frame state", "none" if leaves else "one")
        if instruction.state is not None:
            self._uses(flow, instruction.state.values(), position, "a value in the frame state")
        self._uses(flow, instruction.owned, position, "an owned value")

    def _edges(self, flow: Flow, instruction: Instruction, position: int) -> None:
        for edge in instruction.targets:
            self._uses(flow, edge.arguments, position, "an argument")
            parameters = edge.block.parameters
            if len(parameters) != len(edge.arguments):
                self._fail(
                    f"{len(parameters)} arguments for {Names(self._function).block(edge.block)}",
                    str(len(edge.arguments)),
                )
            for parameter, value in zip(parameters, edge.arguments, strict=True):
                if not parameter.type.accepts(value.type):
                    where = f"{self._name(parameter)} of {Names(self._function).block(edge.block)}"
                    self._fail(f"{where} to get {parameter.type}", f"{self._name(value)}: {value.type}")
