"""A tiny language: a tokenizer, a recursive descent parser and an evaluator for arithmetic with variables."""

from _protocol import benchmark

OPERATORS = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a // b if b else 0,
    "%": lambda a, b: a % b if b else a,
}


class Token:
    def __init__(self, kind, text, line):
        self.kind = kind
        self.text = text
        self.line = line


def tokenize(source):
    """The tokens of a program: names, numbers, signs, and an end for each line."""
    tokens = []
    line = 1
    position = 0
    while position < len(source):
        char = source[position]
        start = position
        if char == "\n":
            tokens.append(Token("end", "", line))
            line += 1
            position += 1
        elif char == " ":
            position += 1
        elif char == "#":
            while position < len(source) and source[position] != "\n":
                position += 1
        elif char.isdigit():
            while position < len(source) and source[position].isdigit():
                position += 1
            tokens.append(Token("number", source[start:position], line))
        elif char.isalpha() or char == "_":
            while position < len(source) and (source[position].isalnum() or source[position] == "_"):
                position += 1
            tokens.append(Token("name", source[start:position], line))
        elif char in "+-*/%()=":
            tokens.append(Token("sign", char, line))
            position += 1
        else:
            raise SyntaxError(f"line {line}: {char!r}?")
    return tokens


class Parser:
    """Statements `name = expression`, one a line, as nested tuples."""

    def __init__(self, tokens):
        self.tokens = tokens
        self.position = 0

    def peek(self):
        return self.tokens[self.position]

    def take(self):
        token = self.tokens[self.position]
        self.position += 1
        return token

    def expect(self, text):
        token = self.take()
        if token.text != text:
            raise SyntaxError(f"line {token.line}: {text!r} expected, not {token.text!r}")

    def program(self):
        statements = []
        while self.position < len(self.tokens):
            if self.peek().kind == "end":
                self.take()
                continue
            name = self.take().text
            self.expect("=")
            statements.append((name, self.sum()))
            self.expect("")
        return statements

    def sum(self):
        left = self.product()
        while self.peek().text in ("+", "-"):
            operator = self.take().text
            left = (operator, left, self.product())
        return left

    def product(self):
        left = self.atom()
        while self.peek().text in ("*", "/", "%"):
            operator = self.take().text
            left = (operator, left, self.atom())
        return left

    def atom(self):
        token = self.take()
        if token.kind == "number":
            return int(token.text)
        if token.kind == "name":
            return token.text
        if token.text == "-":
            return ("-", 0, self.atom())
        if token.text == "(":
            inner = self.sum()
            self.expect(")")
            return inner
        raise SyntaxError(f"line {token.line}: {token.text!r}?")


def evaluate(tree, variables):
    if isinstance(tree, int):
        return tree
    if isinstance(tree, str):
        return variables[tree]
    operator, left, right = tree
    return OPERATORS[operator](evaluate(left, variables), evaluate(right, variables))


def make_program(lines):
    """Assignments to a handful of variables, each from the ones before."""
    names = ["width", "height", "depth", "edge_1", "edge_2", "total"]
    source = ["# made by make_program"] + [f"{name} = {number + 3}" for number, name in enumerate(names)]
    state = 11
    for _ in range(lines):
        state = (state * 22695477 + 1) % 2**32
        a, b, c, target = (names[(state >> shift) % 6] for shift in (8, 12, 16, 20))
        source.append(f"{target} = ({a} * {state >> 24} - {b}) % 9973 + -{c} / 7  # {state % 100}")
    return "\n".join(source) + "\n"


def run(size):
    """The variables after a program of `size` lines, and how many tokens it had."""
    tokens = tokenize(make_program(size))
    variables = {}
    for name, tree in Parser(tokens).program():
        variables[name] = evaluate(tree, variables)
    return f"{len(tokens)} tokens, {variables}"


def main():
    benchmark(run, 10_000)


if __name__ == "__main__":
    main()
