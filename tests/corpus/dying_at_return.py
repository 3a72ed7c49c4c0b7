"""Several variables die when a function returns, one of them visibly. # carried

Breaks code that lets go of the quiet ones first, and then leaves to the interpreter, which needs them all.
"""


class Loud:
    """Says when it dies."""

    def __init__(self, name):
        self.name = name

    def __del__(self):
        deaths.append(self.name)


def appended(n, items, text):
    n -= n if 0 in items else 1
    if isinstance(bool(n), int):
        for item in items:
            pass
        text += "naïve"


deaths = []


def joined(items, text, wanted):
    if isinstance(bool(wanted), int):
        for item in items:
            pass
        text += "naïve"


def counted(items, text, start):
    total = start
    for item in items:
        total += 1
    text = text + str(total)
    longer = text + text
    return total


results = []
for number in range(60):
    text = "text" + str(number)
    results.append(joined([Loud(number)], text, number))
    results.append(joined([number, -1, 3], text, number))
    results.append(counted([Loud(-number)], text, number))
    assert text == "text" + str(number)
for _ in range(300):
    appended(3, [-1, 0, 10, 3, 1, 1], "naïve")
for arguments in ((3, [3, 3, 2], "x"), (10, [True], ""), (5e-324, [], "a")) * 30:
    appended(*arguments)
print(deaths)
print(results)
