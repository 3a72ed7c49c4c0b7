"""match statements in hot loops: literals, sequences, mappings, classes, guards and captures.

Breaks pattern matching on types seen later, and names bound by failed patterns.
"""


class Point:
    __match_args__ = ("x", "y")

    def __init__(self, x, y):
        self.x = x
        self.y = y


def literal(value):
    match value:
        case 0:
            return "zero"
        case 1 | 2 | 3:
            return "small"
        case -1:
            return "minus"
        case 2.5:
            return "float"
        case "text":
            return "text"
        case True:
            return "never: True == 1"
        case None:
            return "none"
        case _:
            return "other"


def shape(value):
    match value:
        case []:
            return "empty"
        case [x]:
            return "one", x
        case [x, y] if x == y:
            return "twins", x
        case (x, *rest, y):
            return "many", x, len(rest), y
        case {"kind": "circle", "r": r}:
            return "circle", r
        case {"kind": kind, **rest}:
            return kind, sorted(rest)
        case Point(0, y):
            return "on axis", y
        case Point(x=x, y=int(y)):
            return "point", x, y
        case str() as text:
            return "str", text
        case int(n) | float(n):
            return "number", n
    return "nothing"


def machine(program):
    stack = []
    for step in program:
        match step:
            case ("push", value):
                stack.append(value)
            case ("add",):
                stack.append(stack.pop() + stack.pop())
            case ("mul",):
                stack.append(stack.pop() * stack.pop())
            case ("dup",):
                stack.append(stack[-1])
    return stack


VALUES = [
    0,
    1,
    2,
    -1,
    2.5,
    "text",
    True,
    False,
    None,
    1.0,
    0.0,
    [],
    (5,),
    [1, 1],
    [1, 2, 3],
    (1, 2),
    {"kind": "circle", "r": 2},
    {"kind": "box", "w": 1},
    Point(0, 5),
    Point(1, 2),
    Point(1, 2.5),
    "word",
    7,
    2**70,
    {},
    b"ab",
    range(3),
    {1, 2},
]
for _ in range(20):
    first = [literal(value) for value in VALUES]
    second = [shape(value) for value in VALUES]
print(first)
print(second)
print(machine([("push", 3), ("push", 4), ("add",), ("dup",), ("mul",)] * 40)[-2:])
