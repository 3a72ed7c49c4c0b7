"""Objects that only the operands of one instruction hold: they die in the interpreter's order, from the top of its stack down or otherwise.

Breaks native code that lets go of operands in an order of its own. What `[]` does with classes of Python is left out: there the interpreter lets go of the key first
or last, as it has specialized the instruction or not.
"""

log = []


class D:
    def __init__(self, n):
        self.n = n

    def __del__(self):
        log.append(self.n)

    def __add__(self, o):
        return 5

    def __radd__(self, o):
        return 6

    def __iadd__(self, o):
        return 7

    def __lt__(self, o):
        return True

    def __eq__(self, o):
        return False

    def __contains__(self, o):
        return True

    def __getitem__(self, o):
        return 1

    def __setitem__(self, o, v):
        pass

    def __delitem__(self, o):
        pass

    def __call__(self, *a, **k):
        return 3

    def __neg__(self):
        return 1

    def __bool__(self):
        return True

    def meth(self, *a):
        return 4

    __hash__ = object.__hash__

    def __iter__(self):
        return iter((1, 2))


def three(a, b, c):
    return 1


def star(*a, **k):
    return 1


class E:
    __slots__ = ("a", "__weakref__")


def take(what):
    got, log[:] = log[:], []
    out.append((what, got))


out = []


def k0(n):
    for i in range(n):
        print(D(1), D(2), D(3), file=null)
        take("print")


def k1(n):
    for i in range(n):
        isinstance(D(1), type(D(2)))
        take("isinstance")


def k2(n):
    for i in range(n):
        D(1) + D(2)
        take("add")


def k3(n):
    for i in range(n):
        D(1) < D(2)
        take("lt")
        D(1) == D(2)
        take("eq")


def k4(n):
    for i in range(n):
        D(1) in D(2)
        take("in")
        D(1) is D(2)
        take("is")


def k6(n):
    for i in range(n):
        D(1)[D(2)] = D(3)
        take("setitem")


def k7(n):
    for i in range(n):
        del D(1)[D(2)]
        take("delitem")


def k8(n):
    for i in range(n):
        D(1)[D(2) : D(3)]
        take("slice")


def k9(n):
    for i in range(n):
        D(1)[D(2) : D(3)] = D(4)
        take("setslice")


def k10(n):
    for i in range(n):
        D(1)(D(2), D(3))
        take("call")


def k11(n):
    for i in range(n):
        D(1)(D(2), D(3), k=D(4))
        take("callkw")


def k12(n):
    for i in range(n):
        D(1).meth(D(2), D(3))
        take("meth")


def k13(n):
    for i in range(n):
        three(D(1), D(2), D(3))
        take("three")


def k14(n):
    for i in range(n):
        star(D(1), D(2), k=D(3), m=D(4))
        take("star")


def k15(n):
    for i in range(n):
        D(1).attr = D(2)
        take("setattr")


def k16(n):
    for i in range(n):
        (D(1), D(2), D(3))
        take("tuple")
        [D(1), D(2), D(3)]
        take("list")
        {D(1), D(1)} and None
        log.clear()
        {1: D(1), 2: D(2)}
        take("dict")


def k17(n):
    for i in range(n):
        d = {}
        d[D(1)] = D(2)
        d = None
        take("dictset")


def k18(n):
    for i in range(n):
        x = [None, None]
        x[0], x[1] = D(1), D(2)
        x[0] = D(3)
        take("replace")
        x = None
        take("gone")


def k19(n):
    for i in range(n):
        max(D(1), D(2))
        take("max")
        min(D(1), D(2), D(3))
        take("min")


def k20(n):
    for i in range(n):
        "%s %s" % (D(1).n, D(2))
        take("mod")
        f"{D(1)!r} {D(2).n}"
        take("fstr")


def k21(n):
    for i in range(n):
        a, b = D(1), D(2)
        a = b = None
        take("unpack")
        a, b = D(3)
        take("unpackd")


def k22(n):
    for i in range(n):
        sorted([D(1), D(2)], key=lambda v: v.n)
        take("sorted")
        len([D(1), D(2)])
        take("len")


def k23(n):
    for i in range(n):
        x = [1, 2]
        x.append(D(1))
        x.insert(0, D(2))
        x.extend((D(3), D(4)))
        x = None
        take("append")
        getattr(D(1), "n", D(2))
        take("getattr")
        pass


def k24(n):
    for i in range(n):
        x = D(1)
        x += D(2)
        take("iadd")
        -D(1)
        take("neg")
        not D(1)
        take("not")
        D(1) and D(2)
        take("and")
        D(1) if D(2) else D(3)
        take("ifelse")


def k25(n):
    for i in range(n):
        (lambda a, b=D(1): 1)(D(2))
        take("lambda")
        [0][D(1) is None]
        take("idx")
        divmod(7, 2), D(1), pow(2, 3), D(2)
        take("mix")


def k26(n):
    for i in range(n):
        star(*[D(1), D(2)], **{"z": D(3)})
        take("ex")
        e = E()
        e.a = D(1)
        e.a = D(2)
        take("slotset")
        del e
        take("slotgone")


def k27(n):
    for i in range(n):
        try:
            three(D(1), D(2), D(3), D(4))
        except TypeError:
            pass
        take("typeerr")


def k28(n):
    c = a = b = None
    for i in range(n):
        b, a = D(1), D(2)
        take("two")
        c = D(3)
        a = c
        c, a = D(4), D(5)
        take("more")
        a, b, c = b, c, a
        take("rot")
        a = b = c = None
        take("none")


def k29(n):
    for i in range(n):
        D(1) < D(2) < D(3)
        take("chain")
        D(1) - 5 if 0 else None
        try:
            D(1) - D(2)
        except TypeError:
            pass
        take("suberr")
        try:
            D(1) < 3 > D(2) and D(3) @ D(4)
        except TypeError:
            pass
        take("materr")
        try:
            three(D(1), D(2))[D(3)]
        except TypeError:
            pass
        take("callerr")


def k30(n):
    for i in range(n):
        [D(1), D(2)][D(3).n - 3]
        take("listitem")
        (D(1), D(2))[D(3).n - 3]
        take("tupleitem")
        {1: D(2)}[D(1).n]
        take("dictitem")
        "abc"[D(1).n]
        take("stritem")
        [D(1), D(2), D(3)][D(0).n : D(2).n]
        take("listslice")
        x = [D(1), D(2), D(3)]
        x[D(0).n : D(2).n] = [D(8), D(9)]
        take("liststoreslice")
        del x[D(0).n]
        take("delitem")
        x = None
        take("xgone")


class Null:
    def write(self, text):
        pass


null = Null()
for f in [
    k0,
    k1,
    k2,
    k3,
    k4,
    k6,
    k7,
    k8,
    k9,
    k10,
    k11,
    k12,
    k13,
    k14,
    k15,
    k16,
    k17,
    k18,
    k19,
    k20,
    k21,
    k22,
    k23,
    k24,
    k25,
    k26,
    k27,
    k28,
    k29,
    k30,
]:
    f(60)
    seen = {}
    for w, g in out:
        seen.setdefault((w, tuple(g)), 0)
        seen[w, tuple(g)] += 1
    print(f.__name__, seen)
    out.clear()
