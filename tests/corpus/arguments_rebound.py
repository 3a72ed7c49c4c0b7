"""Arguments that nobody else holds die as the callee binds their parameter anew, whoever calls. # carried

Breaks callees that only borrow what the interpreter would have moved into their frame, and callers that give up an argument twice.
"""


class Noisy:
    def __init__(self, name):
        self.name = name

    def __del__(self):
        log.append(self.name)

    def method(self, other):
        other = None
        log.append("other cleared")
        return other


class Number(int):
    def __del__(self):
        log.append(f"number {int(self)}")

    def __mod__(self, other):
        log.append("mod")
        return 0

    __rmod__ = __mod__


def cleared(a, b):
    a = None
    log.append("a cleared")
    b = a
    log.append("b cleared")
    return b


def deleted(a, b=2, c=3):
    del a
    log.append("a deleted")
    b = c = None
    log.append("b and c cleared")


def keywords(a, *, b, c=1):
    a = b = c = None
    log.append("keywords cleared")


def variable(*rest):
    rest = 0
    log.append("rest cleared")
    return rest


def failing(a, b):
    a = None
    log.append("failing")
    raise ValueError("no")


def kept(a, b):
    held = Noisy("held")
    log.append(f"kept {a.name}")
    return b


def by_cell(a):
    def inner():
        nonlocal a
        a = None
        log.append("cell cleared")

    inner()
    log.append("by cell")


def divisor(a, b):
    while b:
        a, b = b, a % b
    return a


def one_round():
    """Every kind of call once."""
    cleared(Noisy("a"), Noisy("b"))
    log.append("1")
    deleted(Noisy("a"))
    log.append("2")
    deleted(Noisy("a"), Noisy("b"), c=Noisy("c"))
    log.append("3")
    keywords(Noisy("a"), b=Noisy("b"))
    log.append("4")
    variable(Noisy("a"), Noisy("b"))
    log.append("5")
    by_cell(Noisy("a"))
    log.append("6")
    method = Noisy("owner").method
    method(Noisy("other"))
    log.append("7")
    method = None
    Noisy("owner").method(Noisy("other"))
    log.append("8")
    shared = Noisy("shared")
    cleared(shared, shared)
    log.append("9")
    shared = None
    kept(Noisy("a"), Noisy("b"))
    log.append("10")
    try:
        failing(Noisy("a"), Noisy("b"))
    except ValueError:
        log.append("caught")
    try:
        cleared(Noisy("a"))
    except TypeError as error:
        log.append(str(error))
    divisor(12, 8)
    divisor(Number(5), Number(7))
    log.append("11")
    isinstance(Noisy("a"), Noisy)
    log.append("12")
    list(map(cleared, [Noisy("a")], [Noisy("b")]))
    log.append("13")


def from_a_generator():
    """The interpreter itself calls: generators are not compiled."""
    for _ in range(12):
        yield one_round()
        cleared(Noisy("a"), Noisy("b"))
        log.append("1")
        deleted(Noisy("a"), Noisy("b"), c=Noisy("c"))
        log.append("2")
        variable(Noisy("a"), Noisy("b"))
        log.append("3")
        Noisy("owner").method(Noisy("other"))
        log.append("4")
        try:
            failing(Noisy("a"), Noisy("b"))
        except ValueError:
            log.append("caught")
        try:
            cleared(Noisy("a"))
        except TypeError as error:
            log.append(str(error))
        divisor(12, 8)
        divisor(Number(5), Number(7))
        kept(Noisy("a"), Noisy("b"))
        log.append("5")
        shared = Noisy("shared")
        cleared(shared, [shared])
        log.append("6")


def run_generator():
    for _ in from_a_generator():
        log.append("yielded")


def repeat():
    for _ in range(12):
        one_round()


log = []
for runner in (repeat, run_generator):
    runner()
    print(runner.__name__, len(log), hash(tuple(log)))
    print(log[:150])
    print(log[-150:])
    log.clear()
