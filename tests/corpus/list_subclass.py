"""List and tuple subclasses with methods of their own, given to functions hot with plain lists.

Breaks guards that take a subclass for a list: its __getitem__, __len__, __iter__ and append must run.
"""


class Logged(list):
    def __getitem__(self, index):
        log.append(("get", index if isinstance(index, int) else "slice"))
        return list.__getitem__(self, index)

    def __setitem__(self, index, value):
        log.append(("set", index))
        list.__setitem__(self, index, value)

    def __len__(self):
        log.append(("len",))
        return 3

    def __iter__(self):
        log.append(("iter",))
        return iter([7, 8])

    def append(self, value):
        log.append(("append", value))
        list.append(self, value)


class Plain(list):
    pass


class Row(tuple):
    def __getitem__(self, index):
        return "row item"


def use(items):
    total = []
    for i in range(len(items)):
        total.append(items[i])
    for item in items:
        total.append(item)
    total.append(items[-1:])
    return total


def change(items):
    for i in range(3):
        items[i] = i
    items.append(len(items))
    return items


log = []
for _ in range(100):
    use([1, 2, 3])
    change([1, 2, 3, 4])
for items in (Logged([1, 2, 3, 4]), Plain([1, 2, 3, 4]), Row((1, 2, 3))):
    print(type(items).__name__, use(items), log)
    log.clear()
    if not isinstance(items, tuple):
        changed = change(items)
        print(type(changed).__name__, list.__len__(changed), log)
        log.clear()
print(use([1, 2, 3]), use((4, 5, 6)), use("abc"), use(range(3)), use(b"xyz"))
