"""Hundreds of function objects of one code, with their own cells, defaults and globals. # carried

Breaks code compiled once per function object, and cells or defaults taken from another object of the code.
"""


def make(n, step=1):
    count = 0

    def bump(by=n):
        nonlocal count
        count += by * step
        return count

    return bump


def adder(n):
    return lambda x: x + n


def apply(functions, count):
    total = 0
    for i in range(count):
        total += functions[i % len(functions)](i)
    return total


def inner_each_time(count):
    total = 0
    for i in range(count):

        def local(x, y=i):
            return x * 2 + y + i

        total += local(i)
    return total


def late_binding(count):
    functions = []
    for i in range(count):
        functions.append(lambda: i)
    return {function() for function in functions}


def accumulate(count):
    total = 0

    def add(x):
        nonlocal total
        total += x

    for i in range(count):
        add(i)
        if i == 100:
            total = 0.5
    return total


def three_levels(a):
    def second(b):
        def third(c):
            return a * 100 + b * 10 + c

        return third

    return second


def chained(count):
    function = lambda x: x
    for i in range(count):
        function = (lambda inner, i: lambda x: inner(x) + i)(function, i)
    return function(0)


bumps = [make(i, step) for i in range(100) for step in (1, 0.5)]
for _ in range(20):
    last = [bump() for bump in bumps]
print(last[:6], last[-2:], [bump(1000) for bump in bumps[:3]])
print(
    apply([adder(i) for i in range(150)], 600),
    apply([adder("x".__len__() + 0.5)], 50),
    inner_each_time(200),
    late_binding(100),
)
print(accumulate(300), sum(three_levels(i)(j)(k) for i in range(6) for j in range(6) for k in range(6)), chained(60))
counter = make(1)
print([counter() for _ in range(100)][-1], counter.__closure__[0].cell_contents, make(2).__code__ is counter.__code__)
counter.__closure__[0].cell_contents = 5000
print(counter(), [counter() for _ in range(50)][-1])
