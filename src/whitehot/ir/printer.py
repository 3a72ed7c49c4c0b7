"""The text of a function: what golden tests compare and `whitehot explain` shows.

    func twice(%0: object ?int) -> object {
    b0:
      %1: i64 = unbox_int %0                   exit 4 [%0]
      %2: i64 = int_add %1, %1                 exit 8 [%0]
      %3: object[int] = box_int %2
      return %3
    }

One operation stands on each line. Blocks and values are numbered in printing order, which is reverse postorder. After
the operands come the targets `b1(%2)`, the attributes `{3, @PyNumber_Add}`, and the frame state: `exit` (or `raise`, for an
operation that only raises), the bytecode's offset, the locals, the stack if there is one, the code `@name` where it is not
the function's own, and `from` with the same for each inlined call; `-` stands for an unbound local or a NULL.
`owns [%3]` lists what is let go of there. `b2(%4: i64): cold header 12 [%4]` is a seldom reached loop header
with its state on entry. `?int` is a hint. `whitehot.ir.parser` reads all this back.
"""

from __future__ import annotations

import re
import struct

from whitehot.ir.graph import Attribute, Block, FrameState, Function, Instruction, Symbol, Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

#: Names of symbols and hints that need no quotes, and those of functions.
_PLAIN_NAME = re.compile(r"[A-Za-z0-9_.<>$:]+")
_FUNCTION_NAME = re.compile(r"[A-Za-z_<][A-Za-z0-9_.<>$]*")
_STATE_COLUMN = 42
_USUAL_NAN = struct.pack("<d", float("nan"))


def format_function(function: Function) -> str:
    """The text of a function, of its reachable blocks; ends in a newline."""
    return Names(function).function()


class Names:
    """The numbers of a function's values and blocks, and the text of its parts in terms of them."""

    def __init__(self, function: Function) -> None:
        self._function = function
        self._blocks = {block: number for number, block in enumerate(function.blocks())}
        self._values: dict[Value, int] = {}
        for block in self._blocks:
            for value in block.parameters:
                self._values[value] = len(self._values)
            for instruction in block.instructions:
                if instruction.result is not None:
                    self._values[instruction.result] = len(self._values)

    def value(self, value: Value | None) -> str:
        """`%7`; `%?` for a value that no reachable block defines."""
        return "-" if value is None else f"%{self._values.get(value, '?')}"

    def block(self, block: Block) -> str:
        """`b2`; `b?` for a block that is not reachable."""
        return f"b{self._blocks.get(block, '?')}"

    def function(self) -> str:
        """All of it."""
        function = self._function
        flags = (" frame" if function.has_frame else "") + (" loop" if function.is_loop else "")
        arguments = self._parameters(function.entry)
        name = function.name if _FUNCTION_NAME.fullmatch(function.name) else repr(function.name)
        lines = [f"func {name}({arguments}) -> {function.result}{flags} {{"]
        for block in self._blocks:
            lines.append(self._label(block))
            lines.extend(f"  {self.instruction(instruction)}" for instruction in block.instructions)
        return "\n".join([*lines, "}", ""])

    def instruction(self, instruction: Instruction) -> str:
        """One line, without indentation."""
        text = instruction.name
        if instruction.result is not None:
            text = f"{self._declared(instruction.result)} = {text}"
        if instruction.operands:
            text += f" {self._list(instruction.operands)}"
        if instruction.targets:
            text += " " + ", ".join(
                f"{self.block(edge.block)}({self._list(edge.arguments)})" for edge in instruction.targets
            )
        attributes = list(instruction.attributes)
        # Options that are not given go without saying; but `constant {None}` says what the constant is.
        while attributes and attributes[-1] is None and instruction.operands:
            attributes.pop()
        if attributes:
            text += f" {{{', '.join(map(format_attribute, attributes))}}}"
        tail = ""
        if instruction.state is not None:
            leaves_before = instruction.operation.exits is not None or not instruction.operation.raises
            tail = f" {'exit' if leaves_before else 'raise'} {self.state(instruction.state)}"
        if instruction.owned:
            tail += f" owns [{self._list(instruction.owned)}]"
        return text.ljust(_STATE_COLUMN) + tail if tail else text

    def state(self, state: FrameState) -> str:
        """`4 [%0, -] stack [%1] @f from 8 [%2] @g`, the innermost frame first."""
        texts = []
        for frame in reversed(state.frames()):
            text = f"{frame.offset} [{self._list(frame.locals)}]"
            if frame.stack:
                text += f" stack [{self._list(frame.stack)}]"
            if frame.code.name != self._function.name:
                text += f" {format_attribute(frame.code)}"
            texts.append(text)
        return " from ".join(texts)

    def _label(self, block: Block) -> str:
        arguments = f"({self._parameters(block)})" if block.parameters and block is not self._function.entry else ""
        cold = " cold" if block.cold else ""
        header = f" header {self.state(block.header)}" if block.header is not None else ""
        return f"{self.block(block)}{arguments}:{cold}{header}"

    def _parameters(self, block: Block) -> str:
        return ", ".join(map(self._declared, block.parameters))

    def _declared(self, value: Value) -> str:
        hint = f" ?{_quote(value.hint)}" if value.hint is not None else ""
        return f"{self.value(value)}: {value.type}{hint}"

    def _list(self, values: Iterable[Value | None]) -> str:
        return ", ".join(map(self.value, values))


def _quote(name: str) -> str:
    """A name as it is, or as a Python string where it holds unusual characters."""
    return name if _PLAIN_NAME.fullmatch(name) else repr(name)


def format_attribute(attribute: Attribute) -> str:
    """An attribute by its `repr`; symbols as `@name`; a NaN that is not the usual one with its bits."""
    if isinstance(attribute, Symbol):
        return f"@{_quote(attribute.name)}"
    if isinstance(attribute, float) and attribute != attribute and struct.pack("<d", attribute) != _USUAL_NAN:  # noqa: PLR0124 - a NaN
        (bits,) = struct.unpack("<Q", struct.pack("<d", attribute))
        return f"nan:{bits:#x}"
    return repr(attribute)
