"""The form of rewrite rules: patterns over operations, and the registry that counts how often each rule fires.

    @rule(match(int_add, x, 0))
    def int_add_zero(x: Value) -> Value:
        \"\"\"x + 0 = x\"\"\"
        return x

A rule says that the operation it matches gives the same as what the rule returns, and never leaves where it applies (a `New`
operation that can leave may leave in its place, with its frame state). Rules only go downhill: what they return is cheaper.
"""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Callable

from whitehot.ir.graph import Attribute, Edge, Instruction, Value
from whitehot.ir.operation import Operation
from whitehot.record import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

type Number = int | float | bool
type Term = Variable | Pattern | Number
type Outcome = Value | New | Number | None


@dataclass(frozen=True, slots=True)
class Variable:
    """Stands for any value; where `constant` is set, for any constant, and the rule gets its number. The same name twice: the same."""

    name: str
    constant: bool = False


@dataclass(frozen=True, eq=False, slots=True)
class Pattern:
    """An operation on terms. A number among the terms matches that constant, of that very type."""

    operation: Operation
    terms: tuple[Term, ...]


@dataclass(frozen=True, eq=False, slots=True)
class New:
    """What to make of the matched instruction: another operation. Numbers among the operands become constants."""

    operation: Operation
    operands: tuple[Value | Number, ...]
    attributes: tuple[Attribute, ...] = ()
    targets: tuple[Edge, ...] = ()


@dataclass(frozen=True, eq=False, slots=True)
class Rule:
    """A named equation. `action` gets what the variables stand for, and the instruction if it has a parameter of that name."""

    name: str
    patterns: tuple[Pattern, ...]
    action: Callable[..., Outcome]
    wants_instruction: bool


#: Every rule by name.
RULES: dict[str, Rule] = {}
#: The rules to try on an instruction, by its operation, with the pattern to try.
RULES_OF: dict[Operation, list[tuple[Rule, Pattern]]] = {}
#: How often each rule has fired in this process.
firings: Counter[str] = Counter()


def match(operation: Operation, *terms: Term) -> Pattern:
    """The pattern of an operation on terms. A last operand list that is shorter than the operation's matches any further operands."""
    return Pattern(operation, terms)


def rule(*patterns: Pattern) -> Callable[[Callable[..., Outcome]], Callable[..., Outcome]]:
    """Register a rule that applies where one of the patterns matches."""

    def register(action: Callable[..., Outcome]) -> Callable[..., Outcome]:
        name = action.__name__
        if name in RULES:
            raise ValueError(f"rule {name} declared twice")
        code = action.__code__
        made = RULES[name] = Rule(name, patterns, action, "instruction" in code.co_varnames[: code.co_argcount])
        for pattern in patterns:
            RULES_OF.setdefault(pattern.operation, []).append((made, pattern))
        return action

    return register


def apply_rules(instruction: Instruction) -> tuple[Rule, Value | New | Number] | None:
    """The first rule that applies, and what it makes of the instruction."""
    operands = instruction.operands
    sources = [value.producer.operation if value.producer.__class__ is Instruction else None for value in operands]
    alike = len(operands) == 2 and operands[0] is operands[1]
    key = instruction.operation, alike, *sources
    candidates = _candidates.get(key)
    if candidates is None:
        rules = RULES_OF.get(instruction.operation, ())
        candidates = _candidates[key] = [made for made in rules if _may_match(made[1].terms, sources, alike=alike)]
    for candidate, pattern in candidates:
        bound: dict[str, Any] = {}
        if not _match_terms(pattern.terms, operands, bound):
            continue
        if candidate.wants_instruction:
            bound["instruction"] = instruction
        outcome = candidate.action(**bound)
        if outcome is not None:
            return candidate, outcome
    return None


#: The rules that may apply to an operation on what these operations gave (None: on a parameter), its two operands being one value or not.
_candidates: dict[tuple[Operation | bool | None, ...], list[tuple[Rule, Pattern]]] = {}


def _may_match(terms: tuple[Term, ...], sources: list[Operation | None], *, alike: bool) -> bool:
    """Whether a pattern may match operands that come from these operations; most are told apart by that."""
    for term, source in zip(terms, sources, strict=False):
        if isinstance(term, Pattern):
            if source is not term.operation:
                return False
        elif not isinstance(term, Variable) or term.constant:
            if source is None or source.name != "constant":
                return False
    first = terms[0] if terms else None
    return alike or not (isinstance(first, Variable) and not first.constant and terms[1:] == (first,))


def constant_of(value: Value) -> Attribute | type[NotConstant]:
    """The attribute of the constant that `value` is, or NotConstant."""
    producer = value.producer
    if isinstance(producer, Instruction) and producer.operation.name == "constant":
        return producer.attributes[0]
    return NotConstant


class NotConstant:
    """What `constant_of` gives for other values; None is a constant."""


def same_number(left: Any, right: Any) -> bool:
    """Whether two constants are the same: of one type, and floats to the bit."""
    if type(left) is not type(right):
        return False
    if type(left) is float:
        return struct.pack("<d", left) == struct.pack("<d", right)
    return bool(left == right)


def _match_terms(terms: tuple[Term, ...], operands: list[Value], bound: dict[str, Any]) -> bool:
    for term, value in zip(terms, operands, strict=False):
        if isinstance(term, Variable):
            found: Any = value
            if term.constant:
                found = constant_of(value)
                if not isinstance(found, int | float):
                    return False
            known = bound.setdefault(term.name, found)
            if known is not found and not (term.constant and same_number(known, found)):
                return False
        elif isinstance(term, Pattern):
            producer = value.producer
            if not isinstance(producer, Instruction) or producer.operation is not term.operation:
                return False
            if not _match_terms(term.terms, producer.operands, bound):
                return False
        elif not same_number(constant_of(value), term):
            return False
    return True
