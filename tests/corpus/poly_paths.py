"""Arguments that are a number on one path, and asked on another whether they are None, true or of some class. # carried

Breaks a compiler that takes what a guard on one path has shown for true on paths that do not pass it.
"""


def looked_at(*anything):
    return len(anything)


def none_or_added(look, x):
    looked_at(look)
    total = 0
    for i in range(4):
        total = total + i * 2 - 1 + i * i
        if look:
            if x is None:
                total = total + 100
            else:
                total = total + 1000
        else:
            total = total + x
    return total


def true_or_added(look, x):
    looked_at(look)
    total = 0
    for i in range(4):
        total = total + i * 2 - 1 + i * i
        if look:
            if x:
                total = total + 100
            else:
                total = total + 1000
        else:
            total = total + x
    return total


def class_or_added(look, x):
    looked_at(look)
    total = 0
    for i in range(4):
        total = total + i * 2 - 1 + i * i
        if look:
            if isinstance(x, int):
                total = total + 100
            elif isinstance(x, float):
                total = total + 1000
            else:
                total = total + 10000
        else:
            total = total + x
    return total


def same_or_added(look, x):
    looked_at(look)
    total = 0
    for i in range(4):
        total = total + i * 2 - 1 + i * i
        if look:
            if x is none_or_added:
                total = total + 100
            else:
                total = total + 1000
        else:
            total = total + x
    return total


def after_the_paths(look, x):
    looked_at(look)
    total = 0
    for i in range(4):
        if look:
            total = total + i * 2 - 1 + i * i
        else:
            total = total + x * 2
        if x is None:
            total = total + 100
    return total


OTHERS = {
    none_or_added: [None, 5],
    true_or_added: [None, 5, 0, 0.5, "", [], [0]],
    class_or_added: [None, 5, True, 0.5, "five"],
    same_or_added: [none_or_added, None, same_or_added],
    after_the_paths: [None, 5],
}

for function, others in OTHERS.items():
    for i in range(40):
        results = [function(False, i), function(True, i), *(function(True, other) for other in others)]
    print(function.__name__, results)
