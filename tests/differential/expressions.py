"""Random expressions of generated programs: numbers, conditions, strings and lists over the variables of a scope.

Every method takes the depth that is left; each part of an expression has less, and at 0 there are only names and
literals. An expression's text is made only when it is chosen, so that `Scope.cost` counts what is in the program.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

BUDGET = 600
"""The most that one call of a generated function may cost, in statements, about."""

SMALL = ("0", "1", "-1", "2", "3", "-7", "10", "True", "False")
EDGES = (
    "255", "(2**30 - 1)", "(2**30)", "(-(2**31))", "(2**53 + 1)", "(2**62)", "(-(2**62))", "(2**63 - 1)", "(2**63)", "(-(2**63))", "(10**20)",
)  # fmt: skip
FLOATS = ("0.0", "-0.0", "0.5", "1.5", "-2.25", "3.0", "1e16", "1e308", "5e-324", "INF", "-INF", "NAN")
STRINGS = ('""', '"a"', '"abc"', '"naïve"', '"日本語"', '"zz 9"')
MODULI = {
    "int": ("7", "1000", "2**31", "(2**61 - 1)", "2**64", "-13"),
    "float": ("7", "0.75", "1e6", "-13.5"),
    "mixed": ("7", "2**31", "2**64", "0.75", "-13"),
}
OPERATORS = {
    "int": ("+", "-", "+", "-", "//", "%", "&", "|", "^"),
    "float": ("+", "-", "+", "-", "/", "/", "//", "%"),
    "mixed": ("+", "-", "+", "-", "//", "%", "&", "|", "^", "/"),
}
"""Operators by flavour of function: one that is all type errors from its first line on would test little else."""

DIVISIONS = ("//", "%", "/")
CONVERSIONS = {
    "int": ("abs", "int", "bool"),
    "float": ("abs", "float", "abs"),
    "mixed": ("abs", "int", "float", "bool", "round"),
}
LITERALS = {
    "int": (SMALL, SMALL, SMALL, EDGES),
    "float": (SMALL, FLOATS, FLOATS),
    "mixed": (SMALL, SMALL, EDGES, FLOATS),
}
COMPARISONS = ("<", "<=", "==", "!=", ">", ">=")

type Form = Callable[[Scope, int], str]


@dataclass(frozen=True)
class Function:
    """A generated function: the kinds of its parameters ("n", "l" or "s" each), what one call costs, its flavour.

    `composable` functions return numbers only; others may be called by the main part, but not in expressions.
    """

    name: str
    kinds: str
    cost: int
    flavour: str
    composable: bool


@dataclass
class Scope:
    """Where something is generated: the variables there are, by kind, and what is around it.

    `turns` is the product of the turns of the loops around; `cost` is one counter for the whole function.
    """

    numbers: list[str]
    lists: list[str]
    strings: list[str]
    turns: int = 1
    depth: int = 0
    in_loop: bool = False
    cost: list[int] = field(default_factory=lambda: [1])

    def inside(self, turns: int = 1, *, loop: bool = False) -> Scope:
        """The scope of a block in this one; variables first assigned there may be unbound outside, and are not known."""
        variables = list(self.numbers), list(self.lists), list(self.strings)
        return Scope(*variables, self.turns * turns, self.depth + 1, self.in_loop or loop, self.cost)


class Expressions:
    """Draws expressions from a source of random choices."""

    def __init__(self, source: random.Random) -> None:
        self.source = source
        self.functions: list[Function] = []
        self.flavour = "mixed"

    def pick[T](self, items: Sequence[T]) -> T:
        return items[self.source.randrange(len(items))]

    def chance(self, percent: int) -> bool:
        return self.source.randrange(100) < percent

    # Numbers: at most a few bits longer than their operands, but for `wild`

    def number(self, scope: Scope, depth: int = 2) -> str:
        if depth <= 0 or self.chance(20):
            return self.atom(scope)
        forms: list[Form] = [self.arithmetic, self.arithmetic, self.arithmetic, self.arithmetic,
            self.scaled, self.unary, self.extreme, self.conversion, self.truth, self.either, self.logical, self.reduced,
        ]  # fmt: skip
        if self.flavour != "float":
            forms += [self.shifted, self.masked]
        if scope.lists:
            forms += [self.item, self.item, self.item, self.length]
        if scope.strings:
            forms += [self.code_point]
        if self.callable_in(scope):
            forms += [self.call] * 3
        return self.pick(forms)(scope, depth - 1)

    def atom(self, scope: Scope) -> str:
        return self.pick(scope.numbers) if scope.numbers and self.chance(75) else self.literal()

    def literal(self) -> str:
        return self.pick(self.pick(LITERALS[self.flavour]))

    def arithmetic(self, scope: Scope, depth: int) -> str:
        operator = self.pick(OPERATORS[self.flavour])
        return f"({self.number(scope, depth)} {operator} {self.right(scope, depth, operator)})"

    def right(self, scope: Scope, depth: int, operator: str) -> str:
        """The right operand; of a division mostly one that is not zero."""
        value = self.number(scope, depth)
        if operator in DIVISIONS and self.chance(75):
            return self.pick((f"({value} or 3)", "7", "-3", "10", "2.5" if self.flavour == "float" else "2**31"))
        return value

    def scaled(self, scope: Scope, depth: int) -> str:
        return f"({self.number(scope, depth)} * {self.pick(SMALL)})"

    def shifted(self, scope: Scope, depth: int) -> str:
        return f"({self.number(scope, depth)} >> {self.pick(('0', '1', '31', '63', '64'))})"

    def unary(self, scope: Scope, depth: int) -> str:
        return f"({self.pick(('-', '+', 'not ', '-'))}{self.number(scope, depth)})"

    def extreme(self, scope: Scope, depth: int) -> str:
        operands = ", ".join(self.number(scope, depth) for _ in range(2 + self.chance(30)))
        return f"{self.pick(('min', 'max'))}({operands})"

    def conversion(self, scope: Scope, depth: int) -> str:
        return f"{self.pick(CONVERSIONS[self.flavour])}({self.number(scope, depth)})"

    def truth(self, scope: Scope, depth: int) -> str:
        return f"({self.condition(scope, depth)})"

    def either(self, scope: Scope, depth: int) -> str:
        return f"({self.number(scope, depth)} if {self.condition(scope, depth)} else {self.number(scope, depth)})"

    def logical(self, scope: Scope, depth: int) -> str:
        return f"({self.number(scope, depth)} {self.pick(('and', 'or'))} {self.number(scope, depth)})"

    def reduced(self, scope: Scope, depth: int) -> str:
        return f"({self.wild(scope, depth)} % {self.pick(MODULI[self.flavour])})"

    def masked(self, scope: Scope, depth: int) -> str:
        return f"({self.wild(scope, depth)} & {self.pick(('255', '2**40 - 1', '2**64 - 1'))})"

    def wild(self, scope: Scope, depth: int) -> str:
        """A number that may be much longer than its operands; always cut down before it is stored."""
        a = self.atom(scope)
        forms = [f"({a} * {self.number(scope, depth)})"] * 2 + [
            f"({a} * {a})",
            f"({a} ** {self.pick(('2', '3', '0'))})",
        ]
        if self.flavour != "int":
            forms.append(f"({a} ** {self.pick(('0.5', '-1', '1.5'))})")
        if self.flavour != "float":
            forms += [
                f"(2 ** ({a} % 70))",
                f"({a} << {self.pick(('1', '31', '32', '62', '63', '64'))})",
                f"(1 << ({a} & 63))",
            ]
        return self.pick(forms)

    def item(self, scope: Scope, depth: int) -> str:
        items = self.pick(scope.lists)
        if self.chance(35):
            return f"{items}[{self.pick(('0', '-1', '1', '-3'))}]"
        index = self.index(scope, depth)
        return f"{items}[{index}]" if self.chance(40) else f"{items}[{index} % len({items})]"

    def index(self, scope: Scope, depth: int) -> str:
        """A subscript: loop variables and literals in functions over floats, any number in others."""
        if self.flavour == "float" and self.chance(90):
            return self.pick(("0", "-1", "1", *(name for name in scope.numbers if name[0] in "ij")))
        return self.number(scope, depth)

    def length(self, scope: Scope, depth: int) -> str:
        return f"len({self.pick(scope.lists + scope.strings)})"

    def code_point(self, scope: Scope, depth: int) -> str:
        return f"ord({self.pick(scope.strings)}[{self.index(scope, depth)}])"

    # Calls of functions generated before

    def callable_in(self, scope: Scope) -> list[Function]:
        """The functions cheap enough to be called here."""
        return [
            function
            for function in self.functions
            if function.composable and function.cost * scope.turns + scope.cost[0] <= BUDGET
        ]

    def call(self, scope: Scope, depth: int) -> str:
        function = self.pick(self.callable_in(scope))
        scope.cost[0] += function.cost * scope.turns
        makers = {"n": self.number, "l": self.operand, "s": self.text}
        return f"{function.name}({', '.join(makers[kind](scope, depth) for kind in function.kinds)})"

    def operand(self, scope: Scope, depth: int) -> str:
        return self.pick(scope.lists) if scope.lists and self.chance(70) else self.items(scope, depth)

    # Conditions, strings and lists

    def condition(self, scope: Scope, depth: int = 1) -> str:
        a, operator = self.number(scope, depth), self.pick(COMPARISONS)
        b = self.number(scope, depth)
        forms = [
            f"{a} {operator} {b}", f"{a} {operator} {b}", f"{a} {operator} {self.literal()}", f"{a} % 2 == 0",
            f"{a} < {b} <= {self.literal()}", f"not {a}", f"{a} {operator} 5 {self.pick(('and', 'or'))} {b}",
            f"isinstance({a}, {self.pick(('int', 'float', 'bool'))})",
        ]  # fmt: skip
        if scope.lists:
            forms.append(f"{a} in {self.pick(scope.lists)}")
        if scope.strings and self.chance(20):
            return f"{self.text(scope, depth)} {operator} {self.text(scope, depth)}"
        return self.pick(forms)

    def text(self, scope: Scope, depth: int = 1) -> str:
        """A string no more than a few characters longer than a variable."""
        if not scope.strings or self.chance(30):
            return self.pick(STRINGS)
        name, index = self.pick(scope.strings), self.index(scope, depth - 1)
        forms = (
            name,
            f"{name}[{index}]",
            f"{name}[{index} % 4]",
            f"({name} + {self.pick(STRINGS)})",
            f"{name}[1:]",
            f"{name}[::-1]",
        )
        return self.pick((*forms, f"str({index})[:9]"))

    def items(self, scope: Scope, depth: int = 1) -> str:
        """A list of at most a dozen items more than a variable has."""
        a, b, index = self.number(scope, depth - 1), self.number(scope, depth - 1), self.index(scope, depth - 1)
        forms = [
            f"[{a}, {b}]",
            f"[{a}] * {self.pick(('0', '2', '5'))}",
            f"[{self.atom(scope)} for _ in range(8)]",
            f"list(range({index} % 6))",
        ]
        if scope.lists:
            name = self.pick(scope.lists)
            forms += [
                f"{name}[:]",
                f"{name}[1:9]",
                f"{name}[::-1]",
                f"{name}[:6] + [{b}]",
                f"{name}[{index}:]",
                f"[x + 1 for x in {name}]",
            ]
        return self.pick(forms)
