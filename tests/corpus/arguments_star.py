"""*args and **kwargs, passed on, empty, large and changed, in hot loops.

Breaks tuples and dicts of arguments that are shared, reordered or not copied.
"""


def star(*args):
    return len(args), sum(args)


def both(first, *args, key=0, **kwargs):
    return first, args, key, sorted(kwargs.items())


def forward(*args, **kwargs):
    return both(*args, **kwargs)


def change_kwargs(**kwargs):
    kwargs["added"] = 1
    return len(kwargs)


def keep(*args):
    return args


def loop(count):
    out = []
    for i in range(count):
        out.append(star(*range(i % 30)))
        out.append(star(i, *[1, 2], i, *(3,)))
        out.append(forward(i, 2, *"ab", key=i, other=1, **{"z": i}))
    return out[-3:]


def same_dict(count):
    options = {"a": 1}
    for _ in range(count):
        size = change_kwargs(**options)
    return size, options


def same_tuple(count):
    items = (1, 2, 3)
    return sum(keep(*items) is items for _ in range(count)), keep() is keep()


def big(count):
    return [star(*range(n)) for n in range(0, count, 100)][-1]


def recursive(*args):
    return 0 if not args else args[0] + recursive(*args[1:])


print(loop(90), same_dict(60), same_tuple(60), big(2000), recursive(*range(60)))
print(
    [both(*(i,), **dict(a=i, b=2))[3] for i in range(40)][-1],
    (lambda *a, **k: (a, k))(*[1], x=2),
    max(*range(50)),
    print(*[1, 2], sep="-"),
)
