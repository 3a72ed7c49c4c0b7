"""Bit operators, `%` and `//` of an int and something that nothing is known of: bytes' items, values of dicts, attributes.

Breaks native code that takes the other operand for an int without looking, or that asks it in the wrong order or twice when it is something else.
"""


class Asked:
    """Answers for either side, and tells what it was asked."""

    def __init__(self, value):
        self.value = value
        self.log = []

    def _answer(self, name, other):
        self.log.append((name, other))
        return self.value

    def __and__(self, other):
        return self._answer("and", other)

    def __rand__(self, other):
        return self._answer("rand", other)

    def __rxor__(self, other):
        return self._answer("rxor", other)

    def __rlshift__(self, other):
        return self._answer("rlshift", other)

    def __rshift__(self, other):
        return self._answer("rshift", other)

    def __rmod__(self, other):
        return self._answer("rmod", other)

    def __rfloordiv__(self, other):
        return self._answer("rfloordiv", other)


class Loud(int):
    """An int that does as it likes."""

    def __and__(self, other):
        return 1000 + int(self)

    def __rand__(self, other):
        return 2000 + int(self)

    def __rmod__(self, other):
        return 3000 + int(self)


def mixed(data, seed):
    """All of the operators, with the unknown on the right; each result is an int."""
    total = seed
    for item in data:
        total = (total ^ item) & 0xFFFFFF
        total += (total & item) + (total | 1)
        total = total % 100_003
    return total


def by_key(table, keys):
    found = 0
    for key in keys:
        found += 7 & table[key]
        found += table[key] & 7
        found += 5000 // table[key]
        found += 5000 % table[key]
        found += table[key] >> 1
        found &= 0xFFFFFFFF
    return found


def texts(table, numbers):
    """`%` with an int on the right may be a text's."""
    length = 0
    for number in numbers:
        length += len(table["text"] % (number & 63))
    return length


def left_unknown(rows):
    count = 0
    for row in rows:
        for item in row:
            count += item & 3
            count ^= item << 1
    return count


def tried(function, *arguments):
    try:
        return function(*arguments)
    except Exception as error:
        return type(error).__name__, str(error)


def main():
    data = bytes(range(256)) * 3
    for seed in range(3):
        print(mixed(data, seed))
    table = {"one": 3, "two": 11, "big": 2**40 + 5, "more": 2**70 + 9, "true": True}
    keys = ["one", "two"] * 600
    print(by_key(table, keys))
    for key in ("big", "true", "more"):
        print(key, by_key(table, keys + [key] * 3 + keys))
    table["asked"] = Asked(5)
    print(tried(by_key, table, keys + ["asked"] + keys))
    print(table["asked"].log)
    table["loud"] = Loud(6)
    print(by_key(table, keys + ["loud"] * 5 + keys))
    table["zero"] = 0
    print(tried(by_key, table, keys + ["zero"]))
    table["float"] = 2.5
    print(tried(by_key, table, keys + ["float"]))
    print(tried(by_key, {"one": None}, ["one"]))
    print(texts({"text": "a number: %d"}, range(1000)))
    print(tried(texts, {"text": "two numbers: %d %d"}, range(10)))
    rows = [tuple(range(40)), list(range(30)), bytes(range(50))] * 20
    print(left_unknown(rows))
    print(left_unknown(rows + [[True, False, 2**65, -1]] * 3))
    asked = Asked(4)
    print(tried(left_unknown, rows + [[asked]]), asked.log)
    print(tried(left_unknown, rows + [["text"]]))
    print(tried(left_unknown, rows + [[{1, 2}]]))


main()
