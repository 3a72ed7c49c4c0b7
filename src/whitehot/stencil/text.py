"""Stencils of operations as LLVM IR.

A variant of an operation says where its operands are and what becomes of its result, a letter each:

    operand   S  in a slot of the native frame     K  a constant, in the pool     R  in the register the instruction before left it in
    result    S  into a slot     R  left in a register     D  both     B  the code branches on it (bools)     -  there is none

`int_add.SK.S` adds a constant to a slot and stores the sum. All variants have the same body: that of the operation's template.

A stencil takes and passes on what the whole unit needs in registers (`PARAMETERS`): the native frame's address, the thread state, and three
registers for results, one of which may be in use from one instruction to the next. Operations that run arbitrary code have the plainest variant only, as
loads and stores are not what they spend their time on.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from whitehot import lowlevel
from whitehot.ir.operation import Operation
from whitehot.ir.states import SAME_OBJECT
from whitehot.ir.types import Kind
from whitehot.stencil.stencil import KINDS, is_light, stencil_name

RESULT = "{ i64, i64, double }"
PARAMETERS = "ptr %slots, ptr %thread, i64 %word, ptr %pointer, double %float"
CONVENTION = "preserve_nonecc"
#: No jump tables, since they hold addresses; no call of a function that grows the C stack (`special.py` does that).
ATTRIBUTES = 'optsize nounwind "no-jump-tables"="true" "frame-pointer"="none" "no-stack-arg-probe"'

#: The register for a result of each type.
_REGISTERS = {"i64": "%word", "i1": "%word", "ptr": "%pointer", "double": "%float"}

_SYMBOL = re.compile(r"@([\w.$]+(?![\w.$(])|\"[^\"]+\"(?!\())")


@cache
def template_of(operation: Operation) -> lowlevel.Template:
    """The operation's body as a template; translated once per process."""
    assert operation.body is not None
    return lowlevel.translate(operation.body, attributes=operation.attributes)


def variants(operation: Operation) -> Iterator[tuple[str, str]]:
    """All variants of an operation: where the operands are, and what becomes of the result."""
    light = is_light(operation)
    same = operation in SAME_OBJECT
    if operation.result is None:
        results = "-"
    elif same:
        results = "-R" if light else "-"
    else:
        results = "S" if not light else "SRDB" if operation.result.kind is Kind.BOOL else "SRD"
    for kinds in KINDS[len(operation.operands)] if light else ("S" * len(operation.operands),):
        for result in results:
            # The object that an operation gives back is passed on in a register where it came in one.
            if not same or result == "-" or kinds[0] == "R":
                yield kinds, result


def address_of_slot(name: str, hole: str) -> str:
    """A line that gives the address of a slot."""
    return f"  {name} = getelementptr i8, ptr %slots, i64 ptrtoint (ptr @{hole} to i64)"


def going_on(name: str, target: str, result: tuple[str, str] | None = None) -> list[str]:
    """Lines that end a stencil: go on at a target, with a result (its type and name) in its register."""
    registers = {"%word": "poison", "%pointer": "poison", "%float": "poison"}
    lines = []
    if result is not None:
        type, value = result
        if type == "i1":
            lines.append(f"  %{name}.wide = zext i1 {value} to i64")
            value = f"%{name}.wide"
        registers[_REGISTERS[type]] = value
    given = (
        f"ptr %slots, ptr %thread, i64 {registers['%word']}, ptr {registers['%pointer']}, double {registers['%float']}"
    )
    lines.append(f"  %{name} = musttail call {CONVENTION} {RESULT} @{target}({given})")
    lines.append(f"  ret {RESULT} %{name}")
    return lines


def store(value: str, type: str, hole: str, prefix: str) -> list[str]:
    """Lines that put a value into a slot: a word, whatever its type."""
    lines = []
    if type == "i1":
        lines.append(f"  %{prefix}.word = zext i1 {value} to i64")
        type, value = "i64", f"%{prefix}.word"
    return [*lines, address_of_slot(f"%{prefix}.at", hole), f"  store {type} {value}, ptr %{prefix}.at"]


def load(name: str, type: str, address: str) -> list[str]:
    """Lines that get a value from a slot or from the pool."""
    if type == "i1":
        return [f"  {name}.word = load i64, ptr {address}", f"  {name} = icmp ne i64 {name}.word, 0"]
    return [f"  {name} = load {type}, ptr {address}"]


def function(name: str, lines: list[str]) -> list[str]:
    """A stencil's definition."""
    return [f'define {CONVENTION} {RESULT} @"{name}"({PARAMETERS}) {ATTRIBUTES} {{', *lines, "}"]


class Externals:
    """The symbols of the running process that a stencil uses. Their addresses may be anywhere: those of data come from the pool."""

    def __init__(self) -> None:
        self.declarations: dict[str, str] = {}
        self.loads: dict[str, str] = {}

    def resolve(self, text: str, declarations: dict[str, str]) -> str:
        """The text with pool words in place of addresses."""
        defined = {}
        for symbol, line in declarations.items():
            if line.startswith("declare"):
                self.declarations[symbol] = line
            elif " external global " not in line:
                defined[symbol] = self.declarations[symbol] = line

        def replaced(match: re.Match[str]) -> str:
            symbol = match[1].strip('"')
            if symbol in defined or symbol in HOLES or symbol[:2] in _HOLE_PREFIXES:
                return match[0]
            self.loads[symbol] = f'  %"at.{symbol}" = load volatile ptr, ptr @"G.{symbol}"'
            return f'%"at.{symbol}"'

        return _SYMBOL.sub(replaced, text)


HOLES = frozenset({"CONTINUE", "EXIT", "RAISE", "YES", "NO", "R", "W", "N", "FRAME"})
_HOLE_PREFIXES = frozenset({f"{letter}{digit}" for letter in "SPA" for digit in "0123456789"} | {"X.", "G."})


def operation_text(operation: Operation, kinds: str, result: str) -> tuple[list[str], Externals]:
    """A variant's definition."""
    template = template_of(operation)
    head: list[str] = []
    operands = []
    for index, (type, kind) in enumerate(zip(template.operands, _padded(operation, kinds), strict=True)):
        operands.append(_operand(index, type, kind, head))
        if kind == "S" and type == "i64" and operation.result is not None and operation.result.kind is Kind.I64:
            operands[-1] = _loaded_apart(operands[-1], head)
    attributes = []
    for index, type in enumerate(template.attributes):
        head.append(f"  %a{index} = load {type}, ptr @A{index}")
        attributes.append(f"%a{index}")
    if "frame" in operation.implicit:
        head += [address_of_slot("%frame.at", "X.frame"), "  %frame = load ptr, ptr %frame.at"]
    if "breaker" in operation.implicit:
        head.append("  %breaker = load i64, ptr @whitehot_breaker")
    body = template.instantiate("v.", operands, attributes, "exit", "raise")
    after = _after(template.result_type, result, body.result)
    whole = "\n".join([*body.entry_allocas.splitlines(), *head, body.text.rstrip("\n"), *after])
    externals = Externals()
    text = externals.resolve(whole, dict(template.declarations))
    lines = ["begin:", *externals.loads.values(), text]
    if template.can_exit:
        lines += ["exit:", *going_on("left", "EXIT")]
    if template.can_raise:
        lines += ["raise:", *going_on("raised", "RAISE")]
    return function(stencil_name(operation, kinds, result), lines), externals


def _padded(operation: Operation, kinds: str) -> str:
    """The kinds of all parameters of the body: after the operands a variadic operation has a row and a count."""
    return kinds + ("WN" if operation.variadic else "")


def _operand(index: int, type: str, kind: str, head: list[str]) -> str:
    name = f"%o{index}"
    if kind == "R":
        if type != "i1":
            return _REGISTERS[type]
        head.append(f"  {name} = icmp ne i64 %word, 0")
    elif kind == "K":
        head += load(name, type, f"@P{index}")
    elif kind == "W":
        head.append(address_of_slot(name, "W"))
    elif kind == "N":
        head.append(f"  {name} = load i64, ptr @N")
    else:
        head.append(address_of_slot(f"{name}.at", f"S{index}"))
        head += load(name, type, f"{name}.at")
    return name


def _loaded_apart(name: str, head: list[str]) -> str:
    """Keep LLVM from making a load and the operation on what is loaded one instruction. Processors tell from a plain load of a slot that its value is the one that was
    stored there last, and have it at once; not so from an addition to what is in memory, which takes seven cycles then (Zen 4). Variables of loops are stored in one round
    and loaded in the next.
    """
    head.append(f'  {name}.apart = call i64 asm "", "=r,0"(i64 {name})')
    return f"{name}.apart"


def _after(type: str | None, result: str, value: str | None) -> list[str]:
    """What a stencil does with its result."""
    if type is None or value is None or result == "-":
        return going_on("next", "CONTINUE")
    if result == "B":
        return [
            f"  br i1 {value}, label %yes, label %no, !prof !9002",
            "yes:", *going_on("then", "YES"),
            "no:", *going_on("else", "NO"),
        ]  # fmt: skip
    lines = [] if result == "R" else store(value, type, "R", "result")
    return [*lines, *going_on("next", "CONTINUE", None if result == "S" else (type, value))]
