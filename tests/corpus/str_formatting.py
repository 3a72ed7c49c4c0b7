"""f-strings, format specs, % formatting and string methods in hot loops.

Breaks the conversions and format specs of f-strings when the formatted type changes.
"""

import traceback


class Custom:
    def __format__(self, spec):
        return f"custom({spec})"

    def __repr__(self):
        return "Custom()"


def show(value, width):
    return f"{value}|{value!r:>{width}}|{value!s:<8}|{value!a}"


def numbers(count):
    out = []
    for i in range(count):
        x = i / 7
        out.append(
            f"{i:05d} {i:x} {i:+} {x:.3f} {x:10.2e} {i:,} {x:%} {i % 3 == 0} {i=} {'even' if i % 2 == 0 else 'odd'}"
        )
    return out[-2:]


def methods(words):
    out = []
    for word in words:
        out.append(
            word.upper().strip()
            + word.replace("a", "o")
            + str(word.find("n"))
            + "-".join(word.split("a"))
            + word.title()
        )
    return out[-2:]


def percent(count):
    out = ""
    for i in range(count):
        out = "%d %s %.2f %r %x" % (i, i, i, str(i), i)
    return out


def specs(value, spec):
    return f"{value:{spec}}"


for i in range(50):
    show(i, 10)
for value in (5, 1.5, "text", None, True, [1, "a"], Custom(), 2**70, -0.0, float("nan"), "é", (1,), 1j):
    print(show(value, 12))
print(numbers(100), methods(["banana", " naïve\t"] * 50), percent(60))
for value, spec in (
    (5, "d"),
    (5.0, "d"),
    ("a", "d"),
    (5, "s"),
    (None, "5"),
    (1.5, ".1f"),
    (True, "d"),
    (True, ""),
    (10**20, "e"),
    (Custom(), "z"),
    (5, "q"),
):
    try:
        for _ in range(20):
            specs(3, "d")
        print(specs(value, spec))
    except (ValueError, TypeError):
        print(traceback.format_exc())
