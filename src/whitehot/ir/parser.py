"""Text to function: the inverse of `whitehot.ir.printer`, whose docstring shows the form.

Blocks may stand in any order, and values may be used above the line that defines them; numbers need not be in order.
`#` starts a comment. What the text says is built as it is: `whitehot.ir.checker` decides whether it makes sense.
"""

from __future__ import annotations

import ast
import re
import struct

from whitehot.errors import WhitehotError
from whitehot.ir.graph import Attribute, Block, Edge, FrameState, Function, Instruction, Symbol, Value
from whitehot.ir.operation import OPERATIONS
from whitehot.ir.types import OBJECT, Type, parse_type
from whitehot.record import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn


class ParseError(WhitehotError):
    """Text that is not a function; the message shows the line and points at the column."""

    def __init__(self, message: str, text: str, position: int) -> None:
        self.line = text.count("\n", 0, position) + 1
        start = text.rfind("\n", 0, position) + 1
        self.column = position - start + 1
        end = text.find("\n", start)
        source = text[start : end if end >= 0 else len(text)]
        super().__init__(
            f"line {self.line}, column {self.column}: {message}\n  {source}\n  {' ' * (position - start)}^"
        )


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    position: int


_TOKENS = re.compile(
    r"""
    (?P<space>[ \t]+|\#[^\n]*)
  | (?P<newline>\n)
  | (?P<value>%[0-9]+)
  | (?P<symbol>@(?:'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|[A-Za-z0-9_.<>$:]+))
  | (?P<type>object\?|object\[[^\]\n]*\])
  | (?P<hint>\?(?:'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|[A-Za-z0-9_.<>$:]+))
  | (?P<string>'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*")
  | (?P<number>nan:0x[0-9a-f]+|-?(?:inf|nan)\b|-?[0-9]+(?:\.[0-9]+)?(?:e[+-]?[0-9]+)?(?![A-Za-z_]))
  | (?P<name>[A-Za-z_<][A-Za-z0-9_.<>$]*)
  | (?P<mark>->|[(){}\[\],:=-])
    """,
    re.VERBOSE,
)


def parse_function(text: str) -> Function:
    """The one function in `text`. Raises ParseError."""
    functions = parse_functions(text)
    if len(functions) != 1:
        raise ParseError(f"one function expected, found {len(functions)}", text, 0)
    return functions[0]


def parse_functions(text: str) -> list[Function]:
    """Every function in `text`. Raises ParseError."""
    import whitehot.ir.ops  # noqa: F401 - the declarations fill OPERATIONS

    parser = _Parser(text)
    functions = []
    while not parser.skip_lines():
        functions.append(parser.function())
    return functions


def _tokens(text: str) -> list[_Token]:
    tokens: list[_Token] = []
    position = 0
    while position < len(text):
        match = _TOKENS.match(text, position)
        if match is None:
            raise ParseError(f"unexpected character {text[position]!r}", text, position)
        if match.lastgroup != "space":
            tokens.append(_Token(match.lastgroup or "", match.group(), position))
        position = match.end()
    tokens.append(_Token("end", "", position))
    return tokens


class _Parser:
    """A recursive descent parser: one method for each form, each leaving the position after what it read."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = _tokens(text)
        self._at = 0
        self._start_function("")

    def _start_function(self, name: str) -> None:
        self._name = name
        self._values: dict[str, Value] = {}
        self._blocks: dict[str, Block] = {}
        self._defined: set[str] = set()
        #: Where each value and block was first mentioned, for the message if it is never defined.
        self._mentioned: dict[str, _Token] = {}

    # Tokens.

    @property
    def _next(self) -> _Token:
        return self._tokens[self._at]

    def _fail(self, message: str, token: _Token | None = None) -> NoReturn:
        raise ParseError(message, self._text, (token or self._next).position)

    def _take(self, kind: str, what: str = "") -> _Token:
        token = self._next
        if token.kind != kind:
            self._fail(
                f"{what or kind} expected, found {token.text.strip() or 'the end of the ' + ('text' if token.kind == 'end' else 'line')}"
            )
        self._at += 1
        return token

    def _accept(self, text: str) -> bool:
        token = self._next
        if token.text == text and token.kind in ("mark", "name"):
            self._at += 1
            return True
        return False

    def _expect(self, text: str) -> None:
        if not self._accept(text):
            self._fail(f"{text!r} expected, found {self._next.text.strip() or 'the end of the line'!r}")

    def skip_lines(self) -> bool:
        """Skip empty lines; whether this was the end of the text."""
        while self._next.kind == "newline":
            self._at += 1
        return self._next.kind == "end"

    def _end_line(self) -> None:
        if self._next.kind != "end":
            self._take("newline", "end of line")
        self.skip_lines()

    # Forms.

    def function(self) -> Function:
        """`func name(arguments) -> type flags {`, blocks, `}`."""
        self._expect("func")
        token = self._next
        if token.kind not in ("name", "string"):
            self._fail("a function name expected")
        self._at += 1
        self._start_function(ast.literal_eval(token.text) if token.kind == "string" else token.text)
        entry = Block()
        self._parameters(entry)
        self._expect("->")
        function = Function(self._name, entry, self._type())
        function.has_frame = self._accept("frame")
        function.is_loop = self._accept("loop")
        self._expect("{")
        self._end_line()
        first = True
        while not self._accept("}"):
            self._block(entry if first else None)
            first = False
        if first:
            self._fail("a function needs a block")
        for name, token in self._mentioned.items():
            if name not in self._defined:
                self._fail(f"{name} is never defined", token)
        self._end_line()
        return function

    def _block(self, entry: Block | None) -> None:
        token = self._take("name", "a block")
        if token.text in self._defined:
            self._fail(f"block {token.text} is defined twice", token)
        self._defined.add(token.text)
        if entry is not None:
            self._blocks[token.text] = entry
        block = entry or self._blocks.setdefault(token.text, Block())
        if self._next.text == "(":
            self._parameters(block)
        self._expect(":")
        block.cold = self._accept("cold")
        if self._accept("header"):
            block.header = self._state()
        self._end_line()
        while not (self._next.text == "}" or self._starts_block()):
            block.instructions.append(self._instruction())

    def _starts_block(self) -> bool:
        after = self._tokens[self._at + 1].text if self._next.kind == "name" else ""
        return after in (":", "(")

    def _parameters(self, block: Block) -> None:
        self._expect("(")
        if self._accept(")"):
            return
        while True:
            block.parameters.append(self._definition(block))
            if not self._accept(","):
                break
        self._expect(")")

    def _type(self) -> Type:
        token = self._next
        if token.kind not in ("name", "type"):
            self._fail("a type expected")
        try:
            type = parse_type(token.text)
        except ValueError as error:
            self._fail(str(error))
        self._at += 1
        return type

    def _value(self, token: _Token) -> Value:
        if token.text not in self._values:
            self._values[token.text] = Value(OBJECT, _NOWHERE)
            self._mentioned[token.text] = token
        return self._values[token.text]

    def _definition(self, producer: Instruction | Block) -> Value:
        token = self._take("value", "a value")
        if token.text in self._defined:
            self._fail(f"{token.text} is defined twice", token)
        value = self._value(token)
        self._defined.add(token.text)
        self._expect(":")
        value.type = self._type()
        value.producer = producer
        if self._next.kind == "hint":
            value.hint = self._unquoted(self._take("hint"))
        return value

    def _instruction(self) -> Instruction:
        # The operation is known only after the result that names the instruction as its producer.
        instruction = Instruction(OPERATIONS["jump"], [])
        if self._next.kind == "value":
            instruction.result = self._definition(instruction)
            self._expect("=")
        token = self._take("name", "an operation")
        if token.text not in OPERATIONS:
            self._fail(f"no operation {token.text}", token)
        instruction.operation = OPERATIONS[token.text]
        while self._next.kind == "value":
            instruction.operands.append(self._value(self._take("value")))
            if not self._accept(","):
                break
        self._targets(instruction)
        instruction.attributes = self._attributes(len(instruction.operation.attributes))
        if self._accept("exit") or self._accept("raise"):
            instruction.state = self._state()
        if self._accept("owns"):
            position = self._next
            owned = self._list()
            instruction.owned = tuple(value for value in owned if value is not None)
            if len(instruction.owned) != len(owned):
                self._fail("only values can be owned", position)
        self._end_line()
        return instruction

    def _targets(self, instruction: Instruction) -> None:
        while self._next.kind == "name" and self._tokens[self._at + 1].text == "(":
            token = self._take("name")
            self._mentioned.setdefault(token.text, token)
            arguments: list[Value] = []
            self._expect("(")
            while self._next.kind == "value":
                arguments.append(self._value(self._take("value")))
                if not self._accept(","):
                    break
            self._expect(")")
            instruction.targets.append(Edge(self._blocks.setdefault(token.text, Block()), arguments))
            if not self._accept(","):
                break

    def _attributes(self, count: int) -> tuple[Attribute, ...]:
        found: list[Attribute] = []
        start = self._next
        if self._accept("{"):
            while True:
                found.append(self._attribute())
                if not self._accept(","):
                    break
            self._expect("}")
        if len(found) > count:
            self._fail(f"at most {count} attributes expected, found {len(found)}", start)
        return tuple(found + [None] * (count - len(found)))

    def _attribute(self) -> Attribute:
        token = self._next
        self._at += 1
        match token.kind, token.text:
            case "symbol", _:
                return Symbol(self._unquoted(token))
            case "string", text:
                return str(ast.literal_eval(text))
            case "name", "True" | "False" | "None":
                constant: Attribute = {"True": True, "False": False, "None": None}[token.text]
                return constant
            case "number", text if text.startswith("nan:"):
                return float(struct.unpack("<d", struct.pack("<Q", int(text[4:], 16)))[0])
            case "number", text:
                return int(text) if text.lstrip("-").isdigit() else float(text)
            case _:
                raise ParseError("an attribute expected", self._text, token.position)

    def _state(self) -> FrameState:
        """`4 [%0, -] stack [%1] @f from …`."""
        position = self._take("number", "a bytecode offset")
        if not position.text.isdigit():
            self._fail("a bytecode offset expected", position)
        locals = self._list()
        stack = self._list() if self._accept("stack") else ()
        code = Symbol(self._unquoted(self._take("symbol")) if self._next.kind == "symbol" else self._name)
        caller = self._state() if self._accept("from") else None
        return FrameState(code, int(position.text), locals, stack, caller)

    def _list(self) -> tuple[Value | None, ...]:
        found: list[Value | None] = []
        self._expect("[")
        if self._accept("]"):
            return ()
        while True:
            found.append(None if self._accept("-") else self._value(self._take("value", "a value or '-'")))
            if not self._accept(","):
                break
        self._expect("]")
        return tuple(found)

    @staticmethod
    def _unquoted(token: _Token) -> str:
        text = token.text[1:]
        return str(ast.literal_eval(text)) if text[0] in "'\"" else text


#: The producer of values that have been mentioned and not yet defined.
_NOWHERE = Block()
