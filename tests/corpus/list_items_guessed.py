"""Lists of which one item is a number and another is not, used by instructions that the interpreter does not specialize. # carried

Breaks what is guessed of a list's items: that they are of the type that one of them was seen to have.
"""


class Text(str):
    def __add__(self, other):
        return ("added", str(self), other)


def mixed(row, flag):
    first = row[0] + 1
    second = row[1] + flag  # int + bool, or whatever there is
    return first, second


def doubled(row, n):
    total = 0
    found = []
    for i in range(n):
        total += row[0] + i
        found.append(row[1] * 2)
    return total, found


ROWS = ([1, 2], [1, 2.5], [1, True], [2**70, 3], [1, 2**70], [1, -(2**63)], [1, 2**63 - 1], [5, Text("x")], [7, "abc"])

for _ in range(300):
    for row in ROWS[:3]:
        mixed(row, True)

for row in ROWS:
    for flag in (True, False):
        try:
            print(row, mixed(row, flag))
        except TypeError as error:
            print(row, "TypeError", error)

for row in ([1, 2], [1, "ab"], [1, [3]], [1, 2.5], [1, 2**62], [1, (4,)]):
    total, found = 0, []
    for _ in range(60):
        total, found = doubled(row, 40)
    print(row, total, found[0], type(found[-1]).__name__, len(found))
