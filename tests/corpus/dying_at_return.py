"""Several variables die when a function returns, one of them visibly. # carried

Breaks code that lets go of the quiet ones first, and then leaves to the interpreter, which needs them all.
"""


class Loud:
    """Says when it dies."""

    def __init__(self, name):
        self.name = name

    def __del__(self):
        deaths.append(self.name)


deaths = []


def joined(items, text):
    for item in items:
        pass
    text += "-" + text
    number = len(text) * 1.5


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
    results.append(joined([Loud(number)], text))
    results.append(counted([Loud(-number)], text, number))
    assert text == "text" + str(number)
print(deaths)
print(results)
