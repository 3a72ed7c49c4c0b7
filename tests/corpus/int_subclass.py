"""Subclasses of int, plain and with their own operators, in functions that are hot with ints.

Breaks guards that accept subclasses where the operator would have been overridden, or that lose the subclass.
"""


class Plain(int):
    pass


class Loud(int):
    def __add__(self, other):
        return Loud(int(self) + int(other) + 1000)

    def __lt__(self, other):
        return "less"

    def __index__(self):
        return 1

    def __bool__(self):
        return False


class Reflected(int):
    def __radd__(self, other):
        return f"radd({int(other)}, {int(self)})"


def work(a, b):
    return a + b, a < b, a * b, 1 if a else 0, [10, 20, 30][a % 3]


def total(items):
    result = 0
    for item in items:
        result = result + item
    return result


def loop(limit):
    count = 0
    while count < limit:
        count += 1
        if count > 200:
            return "bounded", count
    return count, type(count).__name__


for i in range(100):
    work(i, i + 1)
    total([1, 2, 3])
    loop(20)
for value in (Plain(5), Loud(5), Reflected(5), True):
    print(type(value).__name__, work(value, 3), work(3, value), total([1, 2, value]))
    result = value + 1
    print(type(result).__name__, type(-value).__name__, type(+value).__name__, type(abs(value)).__name__)
print(loop(Plain(50)), loop(Loud(50)))
mixed = list(range(100)) + [Loud(7)] + list(range(20))
result = total(mixed)
print(type(result).__name__, int(result))
