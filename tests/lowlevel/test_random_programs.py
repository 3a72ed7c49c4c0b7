"""Random programs of nested branches and loops: compiled, they compute what Python computes."""

from __future__ import annotations

import random

import pytest
from tests.lowlevel.native import compiled, define

from whitehot.lowlevel.intrinsics import inline


class Writer:
    """Writes one random function of two parameters, its loops bounded by `fuel`."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.lines: list[str] = []
        self.loops = 0

    def number(self, depth: int = 0) -> str:
        """An integer expression."""
        kind = self.random.randrange(8 if depth < 3 else 2)
        if kind == 0:
            return str(self.random.choice([0, 1, -1, 5, 2**40, -(2**63)]))
        if kind <= 2:
            return self.random.choice("abcd")
        if kind == 3:
            return f"({self.number(depth + 1)} if {self.condition(depth + 1)} else {self.number(depth + 1)})"
        if kind == 4:
            return f"helper({self.number(depth + 1)}, {self.number(depth + 1)})"
        operator = self.random.choice("+-*&|^")
        return f"i64({self.number(depth + 1)} {operator} {self.number(depth + 1)})"

    def condition(self, depth: int = 0) -> str:
        """A bool expression."""
        kind = self.random.randrange(5 if depth < 3 else 1)
        if kind <= 1:
            return f"{self.number(depth + 1)} {self.random.choice(['<', '<=', '==', '!='])} {self.number(depth + 1)}"
        if kind == 2:
            return f"not ({self.condition(depth + 1)})"
        if kind == 3:
            return f"{self.number(2)} < {self.number(2)} <= {self.number(2)}"
        return f"({self.condition(depth + 1)} {self.random.choice(['and', 'or'])} {self.condition(depth + 1)})"

    def suite(self, indent: int) -> None:
        """A few statements."""
        for _ in range(self.random.randrange(1, 4)):
            self.statement(indent)

    def statement(self, indent: int) -> None:
        """One statement."""
        pad = "    " * indent
        kind = self.random.randrange(12 if indent < 4 else 5)
        if kind <= 3:
            self.lines.append(f"{pad}{self.random.choice('abcd')} = {self.number()}")
        elif kind == 4:
            self.lines.append(f"{pad}a, b = b, {self.number()}")
        elif kind <= 7:
            self.lines.append(f"{pad}if {self.condition()}:")
            self.suite(indent + 1)
            if self.random.random() < 0.5:
                self.lines.append(f"{pad}else:")
                self.suite(indent + 1)
        elif kind == 8 and self.loops:
            self.lines.append(f"{pad}if {self.condition()}:\n{pad}    {self.random.choice(['break', 'continue'])}")
        elif kind == 9:
            self.lines.append(f"{pad}if {self.condition()}:\n{pad}    return {self.number()}")
        else:
            self.loop(indent)

    def loop(self, indent: int) -> None:
        """A loop, by condition or by range."""
        pad = "    " * indent
        self.loops += 1
        if self.random.random() < 0.5:
            self.lines.append(
                f"{pad}while {self.condition()}:\n{pad}    fuel -= 1\n{pad}    if fuel < 0:\n{pad}        break"
            )
        else:
            self.lines.append(f"{pad}for {self.random.choice('cd')} in range({self.random.choice('ab')} & 7):")
        self.suite(indent + 1)
        self.loops -= 1

    def function(self) -> str:
        """The text of the function."""
        self.suite(1)
        head = "def program(a: i64, b: i64) -> i64:\n    c: i64 = 1\n    d: i64 = a\n    fuel = 20\n"
        return head + "\n".join(self.lines) + "\n    return i64(i64(a + b * 3) + i64(c * 5 ^ d)) ^ fuel\n"


HELPER = """def helper(x: i64, y: i64) -> i64:
    if x < y:
        return i64(y - x)
    while x > 9:
        x >>= 3
        if x == 11:
            return i64(-y)
    return x
"""


@pytest.mark.parametrize("seed", range(60))
def test_random_program(seed: int) -> None:
    """One program on several arguments."""
    source = Writer(seed).function()
    program = define(source)
    program.__globals__["helper"] = inline(define(HELPER))
    native = compiled(program)
    for left in (0, 1, -1, 6, 2**62):
        for right in (0, 3, -9, 2**63 - 1):
            assert native(left, right) == program(left, right), source
