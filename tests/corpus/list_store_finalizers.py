"""Storing over a list item runs the old item's finalizer, which may change the very list. # carried

Breaks code that keeps the list's storage or length in a register across a store or a decref.
"""


class Bomb:
    def __init__(self, name, action):
        self.name = name
        self.action = action

    def __del__(self):
        log.append(self.name)
        self.action()


def overwrite(items, value):
    for i in range(len(items)):
        items[i] = value
    return len(items)


def overwrite_to(items, count):
    done = 0
    for i in range(count):
        try:
            items[i] = i
            done += 1
        except IndexError:
            break
    return done


def rebind_in_loop(count):
    last = None
    for i in range(count):
        last = Bomb(i, lambda: None) if i % 20 == 0 else i
    return last


def shift(items):
    for i in range(1, len(items)):
        items[i - 1] = items[i]
    return len(items)


log = []
print(overwrite(list(range(200)), 0), overwrite_to(list(range(200)), 100))
items = list(range(100))
items[50] = Bomb("extend", lambda: items.extend([1, 2, 3]))
print(overwrite(items, -1), len(items), items[-4:], log)
log.clear()
items = list(range(100))
items[60] = Bomb("clear", lambda: items.clear())
print(overwrite_to(items, 100), len(items), log)
log.clear()
items = list(range(100))
items[30] = Bomb("replace", lambda: items.__setitem__(31, "seen"))
items[31] = Bomb("second", lambda: items.append("more"))
print(overwrite(items, 5), items[29:33], items[-1], log)
log.clear()
print(rebind_in_loop(105), log)
log.clear()
items = [Bomb(i, lambda: None) if i % 25 == 0 else i for i in range(100)]
print(shift(items), log)
del items
print(log)
