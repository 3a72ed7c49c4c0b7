"""Random programs that always end: a few functions over numbers, lists and strings, and a main part that calls them.

One program is a piece of text that needs PRELUDE before it. Its main part calls each function many times with
arguments of one kind, then with others, and prints each distinct result or traceback with the numbers of the calls
that had it.

Two rules keep programs small and finite, without checks that would change the shape of the code:

- each loop turns at most LONGEST_LOOP times, and a function is called only where the product of the loops around
  the call and the callee's own cost stays below a budget;
- a value that lives from one turn of a loop to the next grows by a few bits or items a turn at most: expressions
  that may multiply their size (`wild`) are cut down by a modulus before they are stored.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

from hypothesis import strategies
from tests.differential.expressions import (
    DIVISIONS,
    EDGES,
    FLOATS,
    OPERATORS,
    SMALL,
    STRINGS,
    Expressions,
    Function,
    Scope,
)

LONGEST_LOOP = 12
DEEPEST_BLOCK = 3

PRELUDE = '''\
"""Generated."""
import traceback

INF = float("inf")
NAN = float("nan")


class Odd:
    """Stands where a number is expected: some operators work, others are missing, some answers are strange."""

    def __init__(self, n):
        self.n = n

    def __add__(self, other):
        return Odd(self.n + 1 & 7)

    __radd__ = __mul__ = __rmul__ = __mod__ = __add__

    def __sub__(self, other):
        return self.n

    def __lt__(self, other):
        return self.n < 4

    def __bool__(self):
        return self.n != 3

    def __index__(self):
        return self.n

    def __repr__(self):
        return f"Odd({self.n})"


def run(name, function, arguments, calls):
    """Call the function with arguments[k]() for each k in calls; print each distinct outcome."""
    outcomes = {}
    for index, k in enumerate(calls):
        try:
            text = repr(function(*arguments[k]()))
        except Exception:
            text = traceback.format_exc()
        outcomes.setdefault(text, []).append(index)
    for text, indexes in outcomes.items():
        print(name, len(indexes), indexes[0], indexes[-1], text)

'''

ERRORS = ("ZeroDivisionError", "TypeError", "IndexError", "ValueError", "OverflowError", "ArithmeticError", "Exception")
FIRST_ARGUMENTS = {"int": ("small", "small", "edge"), "float": ("float", "float", "small"), "mixed": ("small", "float")}
ARGUMENTS = {
    "small": SMALL[:7],
    "edge": SMALL + EDGES,
    "float": (*FLOATS, "2.5", "1.25"),
    "odd": ("Odd(2)", "Odd(5)", "None", "1j", "2", "0.5"),
}


class Generator(Expressions):
    """Draws one program from a source of random choices, which may be Hypothesis's."""

    def __init__(self, source: random.Random, tag: str) -> None:
        super().__init__(source)
        self.tag = tag
        self.names = 0
        self.composable = True

    def fresh(self, prefix: str) -> str:
        self.names += 1
        return f"{prefix}{self.names}"

    def variable(self, names: list[str], prefix: str, percent: int) -> str:
        """One of the names, with that chance, or a new one, which is added to them."""
        if names and self.chance(percent):
            return self.pick(names)
        names.append(self.fresh(prefix))
        return names[-1]

    # Statements: each returns its lines, not yet indented

    def block(self, scope: Scope, longest: int = 4) -> list[str]:
        lines = []
        for _ in range(1 + self.source.randrange(longest)):
            scope.cost[0] += scope.turns
            lines += self.statement(scope)
        return lines

    def statement(self, scope: Scope) -> list[str]:
        if scope.depth < DEEPEST_BLOCK and self.chance(45):
            return self.pick((self.if_, self.if_, self.for_, self.for_, self.while_, self.try_))(scope)
        if self.chance(8):
            return self.leave(scope)
        often = (self.assign, self.assign, self.augment, self.augment)
        return self.pick((*often, self.change_list, self.change_text, self.swap, self.change_global))(scope)

    def assign(self, scope: Scope) -> list[str]:
        value = self.number(scope)  # before its variable may be made: otherwise it would read that, unbound
        return [f"{self.variable(scope.numbers, 'n', 60)} = {value}"]

    def augment(self, scope: Scope) -> list[str]:
        if not scope.numbers:
            return self.assign(scope)
        operator = self.pick(OPERATORS[self.flavour])
        target = self.item(scope, 1) if scope.lists and self.chance(30) else self.pick(scope.numbers)
        value = self.number(scope, 1)
        if operator in DIVISIONS and self.chance(75):
            value = f"({value} or 3)"
        return [f"{target} {operator}= {value}"]

    def swap(self, scope: Scope) -> list[str]:
        if len(scope.numbers) < 2:
            return self.assign(scope)
        a, b = self.pick(scope.numbers), self.pick(scope.numbers)
        forms = (
            f"{a}, {b} = {b}, {a}",
            f"{a}, {b} = {b}, {a} + {b}",
            f"{a}, {b} = [{self.number(scope, 1)}, {a}]",
            f"{a} = {b}",
        )
        return [self.pick(forms)]

    def change_list(self, scope: Scope) -> list[str]:
        if not scope.lists or self.chance(20):
            value = self.items(scope)
            return [f"{self.variable(scope.lists, 'l', 50)} = {value}"]
        name, value, index = self.pick(scope.lists), self.number(scope, 1), self.index(scope, 1)
        forms = (
            f"{name}.append({value})", f"{name}.append({value})", f"{name}[{index}] = {value}", f"{name}[-1] = {value}",
            f"{name}[{index} % len({name})] = {value}", f"{name}[1:3] = [{value}]", f"del {name}[{index}]", f"{name}.pop()",
            f"{name}[0], {name}[-1] = {name}[-1], {name}[0]",
        )  # fmt: skip
        return [self.pick(forms)]

    def change_text(self, scope: Scope) -> list[str]:
        if scope.strings and self.chance(40):
            return [f"{self.pick(scope.strings)} += {self.pick(STRINGS)}"]
        value = self.text(scope)
        return [f"{self.variable(scope.strings, 's', 60)} = {value}"]

    def change_global(self, scope: Scope) -> list[str]:
        return [f"total_{self.tag} {self.pick(('+=', '-='))} {self.number(scope, 1)}"]

    def leave(self, scope: Scope) -> list[str]:
        """A jump out: mostly under a condition, sometimes always."""
        jumps = [
            f"return {self.result(scope)}",
            f"raise {self.pick(ERRORS)}({self.number(scope, 1)})",
            f"assert {self.condition(scope)}",
        ]
        if scope.in_loop:
            jumps += ["break", "continue", "break", "continue"]
        jump = self.pick(jumps)
        return [f"if {self.condition(scope)}:", f"    {jump}"] if self.chance(85) else [jump]

    def if_(self, scope: Scope) -> list[str]:
        lines = [f"if {self.condition(scope)}:", *indented(self.block(scope.inside()))]
        if self.chance(30):
            lines += [f"elif {self.condition(scope)}:", *indented(self.block(scope.inside()))]
        if self.chance(50):
            lines += ["else:", *indented(self.block(scope.inside()))]
        return lines

    def for_(self, scope: Scope) -> list[str]:
        turns = 2 + self.source.randrange(LONGEST_LOOP - 1)
        name, other, start = self.fresh("i"), self.fresh("j"), self.index(scope, 1)
        heads = [
            f"for {name} in range({turns}):",
            f"for {name} in range({start}, {start} + {turns}):",
            f"for {name} in range({turns}, {self.pick(('0', '-1', '1'))}, {self.pick(('-1', '-2', '-3'))}):",
            f"for {name} in range({start} % {turns}):",
            f"for {name} in ({', '.join(self.number(scope, 0) for _ in range(3))}):",
            f"for {name}, {other} in zip(range({turns}), range({start}, 2**64)):",
        ]
        if scope.lists:
            items = self.pick(scope.lists)
            # A copy of bounded length: the body may append to the list.
            heads += [f"for {name} in {items}[:{turns}]:", f"for {other}, {name} in enumerate({items}[-{turns}:]):"]
        head = self.pick(heads)
        inner = scope.inside(turns, loop=True)
        inner.numbers += [name, other] if other in head else [name]
        lines = [head, *indented(self.block(inner))]
        if self.chance(15):
            lines += ["else:", *indented(self.block(scope.inside()))]
        return lines

    def while_(self, scope: Scope) -> list[str]:
        turns = 2 + self.source.randrange(LONGEST_LOOP - 1)
        fuel = self.fresh("w")  # in no scope, so that nothing else assigns it
        condition = self.pick(
            (f"{fuel} > 0", f"{fuel} > 0 and ({self.condition(scope.inside(turns))})", fuel, f"0 < {fuel}")
        )
        body = self.block(scope.inside(turns, loop=True))
        return [f"{fuel} = {turns}", f"while {condition}:", f"    {fuel} -= 1", *indented(body)]

    def try_(self, scope: Scope) -> list[str]:
        lines = ["try:", *indented(self.block(scope.inside()))]
        handled = self.chance(85)
        if handled:
            bound = self.chance(30)
            lines.append(f"except {self.pick(ERRORS)}{' as error' if bound else ''}:")
            lines += indented(self.block(scope.inside(), 2) + (["s0 = str(error)[:40]"] if bound else []))
            if self.chance(20):
                lines += ["else:", *indented(self.block(scope.inside(), 2))]
        if not handled or self.chance(20):
            # Only assignments: a jump out of `finally` is a SyntaxWarning.
            lines += ["finally:", *indented(self.assign(scope.inside()) + self.change_global(scope))]
        return lines

    def result(self, scope: Scope) -> str:
        """What a function returns: a number, or a tuple of all it has, which would grow in a caller's loop."""
        if self.composable:
            return self.number(scope)
        return f"({', '.join([self.number(scope, 1), *scope.numbers[-2:], *scope.lists[-1:], *scope.strings[-1:]])},)"

    # Functions and the main part

    def function(self) -> list[str]:
        self.flavour = self.pick(("int", "int", "float", "mixed"))
        self.composable = self.chance(75)
        name = self.fresh(f"f{self.tag}_")
        kinds = (
            "n" * (1 + self.source.randrange(3)) + ("l" if self.chance(45) else "") + ("s" if self.chance(25) else "")
        )
        parameters = [f"{kind}_{index}" for index, kind in enumerate(kinds)]
        numbers, lists, strings = ([parameter for parameter in parameters if parameter[0] == kind] for kind in "nls")
        scope = Scope(numbers, lists, strings)
        body = self.block(scope, 6)
        lines = [f"def {name}({', '.join(parameters)}):", f"    global total_{self.tag}", *indented(body)]
        lines.append(f"    return {self.result(scope)}")
        self.functions.append(Function(name, kinds, scope.cost[0], self.flavour, self.composable))
        return lines

    def recursive(self) -> list[str]:
        """A function that calls itself, at most eight deep whatever its first argument is."""
        self.flavour = "int"
        name = self.fresh(f"r{self.tag}_")
        scope = Scope(["n_0", "n_1"], [], [])
        step = self.number(scope, 1)
        lines = [
            f"def {name}(n_0, n_1):",
            f"    if not 0 < n_0 < 8 or {self.condition(scope)}:",
            f"        return {self.number(scope, 1)}",
        ]
        lines += [
            f"    n2 = {step}",
            f"    return {name}(n_0 - 1, n2) {self.pick(('+', '-', '^'))} {self.number(scope, 1)}",
        ]
        self.functions.append(Function(name, "nn", 8 * scope.cost[0] + 8, self.flavour, composable=True))
        return lines

    def argument(self, kind: str, group: str) -> str:
        if kind == "l":
            return "[" + ", ".join(self.argument("n", group) for _ in range(self.pick((0, 1, 3, 4, 6, 9)))) + "]"
        return self.pick(STRINGS if kind == "s" else ARGUMENTS[group])

    def calls(self, function: Function) -> list[str]:
        """The main part's calls of one function: hot with one kind of arguments, then others, then both in turn."""
        first = self.pick(FIRST_ARGUMENTS[function.flavour])
        groups = [first, first, first, "small", "edge", "float", "odd"]
        arguments = [
            f"lambda: ({''.join(self.argument(kind, group) + ', ' for kind in function.kinds)})" for group in groups
        ]
        warm = self.pick(("[0] * 40", "[0, 1, 2] * 20", "[0, 1, 2] * 20"))
        lines = [f"run({function.name!r}, {function.name}, [", *(f"    {argument}," for argument in arguments)]
        return [*lines, f"], {warm} + [3, 4, 5, 6] * 3 + [0, 1, 2] * 8 + [4] * 15 + [5] * 15)"]

    def program(self) -> str:
        """The text of one program, without the prelude."""
        lines = [f"total_{self.tag} = 0"]
        for _ in range(1 + self.source.randrange(4)):
            lines += ["", "", *(self.recursive() if self.chance(12) else self.function())]
        for function in self.functions:
            lines += ["", "", *self.calls(function)]
        return "\n".join([*lines, f'print("total", total_{self.tag})', ""])


def indented(lines: Sequence[str]) -> list[str]:
    return ["    " + line for line in lines]


def program(source: random.Random, tag: str) -> str:
    """One program; the tag (letters and digits) is in its global names, so that programs can share a file."""
    return Generator(source, tag).program()


def batch(programs: Sequence[str]) -> str:
    """One file of several programs, each announced in the output by its number."""
    parts = [f'print("=== program {number}")\n{text}' for number, text in enumerate(programs)]
    return PRELUDE + "\n".join(parts)


def programs(tag: str = "a") -> strategies.SearchStrategy[str]:
    """Hypothesis's strategy for programs; what it finds is made smaller through the choices that made it."""
    return strategies.builds(lambda source: program(source, tag), strategies.randoms(use_true_random=False))
