"""String operators with strings, subclasses and other types, aliasing of += results, and interning.

Breaks specialised concatenation: an alias that sees the append, a subclass that loses its method.
"""

import traceback


class Text(str):
    def __add__(self, other):
        return Text("<" + str.__str__(self) + "+" + str(other) + ">")

    def __getitem__(self, index):
        return "item"

    def __len__(self):
        return 1000

    def __eq__(self, other):
        return "equal"

    __hash__ = str.__hash__


def aliases(count):
    text = "start"
    kept = []
    for i in range(count):
        if i % 10 == 0:
            kept.append(text)
        other = text
        text += "x"
        if len(other) + 1 != len(text):
            return "alias changed"
    return [len(item) for item in kept]


def join(a, b):
    return a + b


def use(text):
    return text[0], len(text), text == "a", text + "z", text * 2, "a" in text


def global_append(count):
    global shared
    for i in range(count):
        shared += "y"
        if i == 50:
            snapshot = shared
    return len(shared), len(snapshot)


def repeat(count):
    total = 0
    for i in range(-2, count):
        total += len("ab" * i) + len(i * "é")
    return total


shared = ""
for i in range(100):
    join("a", "b")
    use("abc")
print(aliases(100), global_append(100), repeat(60))
for a, b in (
    ("a", "é"),
    ("é", "日"),
    ("", "x"),
    (Text("t"), "u"),
    ("t", Text("u")),
    ("a", 1),
    (1, "a"),
    ("a", None),
    ("a", b"b"),
    ("a", ["b"]),
):
    try:
        result = join(a, b)
        print(type(result).__name__, result)
    except TypeError:
        print(traceback.format_exc())
print(use("é"), use(Text("abc")), use(b"abc" and "b"))
for bad in ("x", None, 1.5, -1):
    try:
        for i in range(40):
            text = "ab" * (i if i < 30 else bad)
        print(repr(text))
    except TypeError:
        print(traceback.format_exc())
try:
    for i in range(40):
        text = "ab" * (i if i < 30 else 2**62)
except (MemoryError, OverflowError) as error:
    print(type(error).__name__)
